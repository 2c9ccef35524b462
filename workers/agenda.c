#include "agenda.h"

#include <stdlib.h>
#include <time.h>

void agenda_fini(struct agenda *agenda)
{
	free(agenda->slots);
	*agenda = (struct agenda){0};
}

static void set(struct agenda *agenda, size_t i, struct agenda_slot slot)
{
	agenda->slots[i] = slot;
	slot.entry->place = i + 1;
}

static size_t rise(struct agenda *agenda, size_t i)
{
	struct agenda_slot slot = agenda->slots[i];
	while (i > 0 && slot.due_ms < agenda->slots[(i - 1) / 2].due_ms) {
		set(agenda, i, agenda->slots[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	set(agenda, i, slot);
	return i;
}

static void sink(struct agenda *agenda, size_t i)
{
	struct agenda_slot slot = agenda->slots[i];
	for (size_t child; (child = 2 * i + 1) < agenda->count; i = child) {
		if (child + 1 < agenda->count && agenda->slots[child + 1].due_ms < agenda->slots[child].due_ms)
			child++;
		if (agenda->slots[child].due_ms >= slot.due_ms)
			break;
		set(agenda, i, agenda->slots[child]);
	}
	set(agenda, i, slot);
}

static void make_room(struct agenda *agenda)
{
	if (agenda->count < agenda->capacity)
		return;
	agenda->capacity = agenda->capacity ? agenda->capacity * 2 : 64;
	agenda->slots = reallocarray(agenda->slots, agenda->capacity, sizeof *agenda->slots);
	if (!agenda->slots)
		abort();
}

void agenda_put(struct agenda *agenda, struct agenda_entry *entry, uint64_t due_ms)
{
	agenda_drop(agenda, entry);
	make_room(agenda);
	agenda->slots[agenda->count++] = (struct agenda_slot){due_ms, entry};
	rise(agenda, agenda->count - 1);
}

void agenda_drop(struct agenda *agenda, struct agenda_entry *entry)
{
	if (!entry->place)
		return;
	size_t i = entry->place - 1;
	struct agenda_slot last = agenda->slots[--agenda->count];
	entry->place = 0;
	if (last.entry == entry)
		return;
	set(agenda, i, last);
	sink(agenda, rise(agenda, i));
}

struct agenda_entry *agenda_due(struct agenda *agenda, uint64_t now_ms)
{
	if (agenda->count == 0 || agenda->slots[0].due_ms > now_ms)
		return NULL;
	struct agenda_entry *entry = agenda->slots[0].entry;
	agenda_drop(agenda, entry);
	return entry;
}

int agenda_wait_ms(const struct agenda *agenda, uint64_t now_ms, int most_ms)
{
	if (agenda->count == 0)
		return most_ms;
	uint64_t due_ms = agenda->slots[0].due_ms;
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
