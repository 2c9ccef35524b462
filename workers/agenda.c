#include "agenda.h"

#include <stdlib.h>
#include <time.h>

void agenda_fini(struct agenda *agenda)
{
	free(agenda->entries);
	*agenda = (struct agenda){0};
}

static void set(struct agenda *agenda, size_t i, struct agenda_entry *entry)
{
	agenda->entries[i] = entry;
	entry->place = i + 1;
}

static void rise(struct agenda *agenda, size_t i)
{
	struct agenda_entry *entry = agenda->entries[i];
	while (i > 0 && entry->due_ms < agenda->entries[(i - 1) / 2]->due_ms) {
		set(agenda, i, agenda->entries[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	set(agenda, i, entry);
}

static void sink(struct agenda *agenda, size_t i)
{
	struct agenda_entry *entry = agenda->entries[i];
	for (size_t child; (child = 2 * i + 1) < agenda->count; i = child) {
		if (child + 1 < agenda->count && agenda->entries[child + 1]->due_ms < agenda->entries[child]->due_ms)
			child++;
		if (agenda->entries[child]->due_ms >= entry->due_ms)
			break;
		set(agenda, i, agenda->entries[child]);
	}
	set(agenda, i, entry);
}

static void make_room(struct agenda *agenda)
{
	if (agenda->count < agenda->capacity)
		return;
	agenda->capacity = agenda->capacity ? agenda->capacity * 2 : 64;
	agenda->entries = reallocarray(agenda->entries, agenda->capacity, sizeof *agenda->entries);
	if (!agenda->entries)
		abort();
}

void agenda_put(struct agenda *agenda, struct agenda_entry *entry, uint64_t due_ms)
{
	agenda_drop(agenda, entry);
	make_room(agenda);
	entry->due_ms = due_ms;
	agenda->entries[agenda->count++] = entry;
	rise(agenda, agenda->count - 1);
}

void agenda_drop(struct agenda *agenda, struct agenda_entry *entry)
{
	if (!entry->place)
		return;
	size_t i = entry->place - 1;
	struct agenda_entry *last = agenda->entries[--agenda->count];
	entry->place = 0;
	if (last == entry)
		return;
	set(agenda, i, last);
	rise(agenda, i);
	sink(agenda, last->place - 1);
}

struct agenda_entry *agenda_due(struct agenda *agenda, uint64_t now_ms)
{
	if (agenda->count == 0 || agenda->entries[0]->due_ms > now_ms)
		return NULL;
	struct agenda_entry *entry = agenda->entries[0];
	agenda_drop(agenda, entry);
	return entry;
}

int agenda_wait_ms(const struct agenda *agenda, uint64_t now_ms, int most_ms)
{
	if (agenda->count == 0)
		return most_ms;
	uint64_t due_ms = agenda->entries[0]->due_ms;
	if (due_ms <= now_ms)
		return 0;
	return due_ms - now_ms < (uint64_t)most_ms ? (int)(due_ms - now_ms) : most_ms;
}

uint64_t agenda_now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}
