/* entries.h - the orders that a leader sees, under numbers that stay theirs for the session.
 *
 * An order gets its number when it is shown. When it is gone its entry stays for a while, so that its story and what
 * the resident says of it can be told under the same number. Invariants: numbers rise from 1 on in the order of
 * showing; at most ENTRIES_GONE_MAX entries are without an order. Threads: one.
 */
#ifndef PAIDAN_ENTRIES_H
#define PAIDAN_ENTRIES_H

#include <sys/queue.h>

#include "worker.h"

enum { ENTRIES_GONE_MAX = 200 };

struct entry {
	TAILQ_ENTRY(entry) next;
	unsigned number; /* 0: not shown yet */
	struct pd_id id;
	struct worker_order *order; /* null: it is not ours any more; its data is the entry */
	char gone[80];              /* why */
};
TAILQ_HEAD(entry_list, entry);

struct entries {
	struct entry_list list; /* in the order of coming */
	unsigned next_number, gone;
};

void entries_init(struct entries *entries);
void entries_fini(struct entries *entries);

struct entry *entries_add(struct entries *entries, struct worker_order *order);
/* Give it its number; it is shown. */
void entries_number(struct entries *entries, struct entry *entry);
/* The order is not ours any more. An entry that was never shown is freed at once. */
void entries_gone(struct entries *entries, struct entry *entry, const char *why);

/* Null when there is none. */
struct entry *entries_by_number(const struct entries *entries, unsigned number);
/* Of an order that was here, went and came back, the newest. */
struct entry *entries_by_id(const struct entries *entries, const struct pd_id *id);
struct entry *entries_first_unshown(const struct entries *entries);

#endif
