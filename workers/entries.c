#include "entries.h"

#include <stdio.h>
#include <stdlib.h>

void entries_init(struct entries *entries)
{
	*entries = (struct entries){.next_number = 1};
	TAILQ_INIT(&entries->list);
}

static void drop(struct entries *entries, struct entry *entry)
{
	TAILQ_REMOVE(&entries->list, entry, next);
	entries->gone -= !entry->order;
	free(entry);
}

void entries_fini(struct entries *entries)
{
	for (struct entry *entry = TAILQ_FIRST(&entries->list), *next; entry; entry = next) {
		next = TAILQ_NEXT(entry, next);
		free(entry);
	}
	entries_init(entries);
}

struct entry *entries_add(struct entries *entries, struct worker_order *order)
{
	struct entry *entry = calloc(1, sizeof *entry);
	if (!entry)
		abort();
	entry->id = order->id;
	entry->order = order;
	order->data = entry;
	TAILQ_INSERT_TAIL(&entries->list, entry, next);
	return entry;
}

void entries_number(struct entries *entries, struct entry *entry)
{
	entry->number = entries->next_number++;
}

static struct entry *oldest_gone(const struct entries *entries)
{
	struct entry *entry = TAILQ_FIRST(&entries->list);
	while (entry && entry->order)
		entry = TAILQ_NEXT(entry, next);
	return entry;
}

void entries_gone(struct entries *entries, struct entry *entry, const char *why)
{
	if (entry->number == 0) {
		drop(entries, entry);
		return;
	}
	entry->order = NULL;
	snprintf(entry->gone, sizeof entry->gone, "%s", why);
	if (++entries->gone > ENTRIES_GONE_MAX)
		drop(entries, oldest_gone(entries));
}

struct entry *entries_by_number(const struct entries *entries, unsigned number)
{
	struct entry *entry = TAILQ_FIRST(&entries->list);
	while (entry && (number == 0 || entry->number != number))
		entry = TAILQ_NEXT(entry, next);
	return entry;
}

struct entry *entries_by_id(const struct entries *entries, const struct pd_id *id)
{
	struct entry *entry = TAILQ_LAST(&entries->list, entry_list);
	while (entry && pd_id_compare(&entry->id, id) != 0)
		entry = TAILQ_PREV(entry, entry_list, next);
	return entry;
}

struct entry *entries_first_unshown(const struct entries *entries)
{
	struct entry *entry = TAILQ_FIRST(&entries->list);
	while (entry && entry->number)
		entry = TAILQ_NEXT(entry, next);
	return entry;
}
