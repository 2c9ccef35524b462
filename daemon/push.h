/* push.h - dispatching: waiting orders go to the workers of their holder, as long as these have credit.
 *
 * A desk is an area as seen from here: its workers, and the waiting orders that are with none of them, most urgent
 * first, then oldest. A dispatch is a waiting order's place: at its desk, or with a worker, where it takes up credit
 * until it leaves the queue or the worker leaves. A push promises nothing; nothing of this is stored.
 *
 * Invariants: (1) every waiting order has one dispatch, at the desk of its holder; (2) it is either among the desk's
 * ready ones or with exactly one of its workers; (3) a worker's outstanding dispatches are counted in used. Threads:
 * the front's.
 */
#ifndef PAIDAN_PUSH_H
#define PAIDAN_PUSH_H

#include "core.h"
#include "journal.h"
#include "session.h"

struct push;

struct push_options {
	struct sessions *sessions;
	const int *round; /* the round that is being filled: pushes go out with it */
	uint64_t hash_seed;
	/* The event at a place in the journal, written or not yet; PD_OK, or it cannot be read. */
	enum pd_err (*event_at)(uint64_t at, struct journal_event *event, void *arg);
	/* It will be asked for soon. */
	void (*expect_event)(uint64_t at, void *arg);
	void *arg;
};

struct push *push_new(const struct push_options *options);
void push_free(struct push *push);

/* The order has changed, or is new here: put it where it belongs, and push what can be pushed. by: the session whose
 * command did it (null: none), which is not told what it knows. */
void push_update(struct push *push, struct order *order, const struct session *by);
/* Something will probably happen to an order, at a holder: bring the dispatch and the desk near. */
void push_ahead(const struct core_likely *likely);
/* Tell those who work for the order's holder of it. */
void push_warn(struct push *push, const struct order *order, enum pd_warning why);
/* session works for area with so much credit from now on; 0: no more. */
void push_work(struct push *push, struct session *session, uint32_t area, uint16_t credit);
/* Tell fn each session that works for an area; each once. */
void push_each_session(const struct push *push, uint32_t area, void (*fn)(struct session *session, void *arg),
		       void *arg);
/* session is gone: what it had goes to others. */
void push_leave(struct push *push, struct session *session);

struct push_counts {
	uint64_t pushed; /* since the start */
	uint32_t workers;
};
/* Counts for top and all below it; null: all. */
void push_count(const struct push *push, const struct registry *registry, const struct area *top,
		struct push_counts *counts);
struct push_credit {
	uint32_t workers;
	uint64_t given, used; /* orders: asked for, and with workers now */
};
/* Of all workers together. */
void push_credit(const struct push *push, struct push_credit *credit);
/* Counts of one area alone. */
void push_count_one(const struct push *push, uint32_t area, struct push_counts *counts);

#endif
