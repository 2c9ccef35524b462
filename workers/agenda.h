/* agenda.h - what is due when: a binary heap of entries that stand inside the things they remind of.
 *
 * Invariants: no slot is due before its parent; slots[i].entry->place == i + 1. Entries are borrowed while they are in
 * it. Threads: one.
 */
#ifndef PAIDAN_AGENDA_H
#define PAIDAN_AGENDA_H

#include <stddef.h>
#include <stdint.h>

struct agenda_entry {
	size_t place; /* 0: not in an agenda */
};

struct agenda_slot {
	uint64_t due_ms; /* of agenda_now_ms's clock */
	struct agenda_entry *entry;
};

/* All zeros is an empty agenda. */
struct agenda {
	struct agenda_slot *slots;
	size_t count, capacity;
};

void agenda_fini(struct agenda *agenda);

/* Put entry in, or move it if it is in already. */
void agenda_put(struct agenda *agenda, struct agenda_entry *entry, uint64_t due_ms);
/* Take entry out; nothing happens when it is not in. */
void agenda_drop(struct agenda *agenda, struct agenda_entry *entry);
/* Take out the entry that is due first, if it is due by now_ms; else null. */
struct agenda_entry *agenda_due(struct agenda *agenda, uint64_t now_ms);
/* How long until the first is due: 0 when it is, at most most_ms, which is also the answer when there is none. */
int agenda_wait_ms(const struct agenda *agenda, uint64_t now_ms, int most_ms);

/* Milliseconds of CLOCK_MONOTONIC. */
uint64_t agenda_now_ms(void);

#endif
