/* order.h - an order, the queues in which it stands, the holders of the queues and their figures.
 *
 * Invariants: (1) a waiting order is in its holder's waiting queue and in its by_age list, an accepted or suspended one
 * in its working queue, no other order is in any; (2) queues are ordered by (urgency, seq), by_age by (waiting_ms, as
 * they came); (3) an open order for which something is due stands in the timers, an ended one does not; (4) an order
 * in a queue that is held elsewhere than it comes from is in its origin's away list. Part of the core.
 */
#ifndef PAIDAN_ORDER_H
#define PAIDAN_ORDER_H

#include <sys/queue.h>

#include "ordered.h"
#include "proto.h"

enum {
	ORDER_DUE = 1,       /* it counts in figures.due */
	ORDER_LATE = 2,      /* it counts in figures.late */
	ORDER_DUPLICATE = 4, /* it counts in figures.duplicate */
	ORDER_RECORDED = 8,  /* it began with recorded */
	ORDER_STUCK = 16,    /* it passed its last deadline: it stays with the district */
	ORDER_REMINDED = 32, /* its acceptor was reminded, and has said nothing since */
	ORDER_REDATED = 64,  /* a plan for emergencies gave it the time that it has */
	ORDER_PLACED = 128,  /* its coordinate told the area it comes from */
};

/* What the book stores of an order: f(its events). Whoever adds a field adds it in store/compact.c. */
struct order_row {
	struct pd_id id;
	uint64_t seq, last_seq;     /* of its first and last event */
	uint64_t first_at, last_at; /* their places in the journal */
	uint64_t submitted_ms, waiting_ms, accepted_ms, completed_ms, ended_ms, due_ms;
	uint64_t timed_seq; /* of the event that gave it due_ms */
	uint32_t requester, household, holder, area, acceptor, category;
	uint32_t version;    /* the number of its events */
	uint32_t last_actor; /* of its last event; with last_type and last_content it recognises a repeated command */
	uint32_t content;    /* a hash of what was submitted, to tell a repeat from another order with the same id */
	uint16_t attempt;
	uint8_t last_type; /* enum pd_type of its last event */
	uint8_t state, urgency, rating;
	uint8_t marks;               /* ORDER_ */
	uint8_t urges;               /* how often it was urged */
	uint32_t last_content;       /* a hash of what its last event says in words and numbers, see core_content */
	int32_t lon_e7, lat_e7;      /* of its place, if the submission said so; 0, 0: it did not */
	uint32_t left_s;             /* of a suspended one: what was left of the time to complete it */
	uint32_t touched_s, urged_s; /* when its acceptor last said something of it or was reminded, when it was last
					urged: s after submitted_ms */
	uint32_t step : 8;           /* how many levels it has climbed in this attempt because a time passed */
	uint32_t handed_out : 24;    /* the number of the roll-call or round of visits that handed it out; 0: none */
};
_Static_assert(sizeof(struct order_row) == 176, "the book keeps each of its fields");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the book and the journal are little-endian");

struct order {
	struct order_row row;
	RB_ENTRY(order) by_urgency;  /* in the waiting or working queue of its holder */
	TAILQ_ENTRY(order) by_age;   /* in the holder's by_age, or among those that are done */
	struct holder *holder;       /* that of row.holder */
	struct category *category;   /* that of row.category */
	LIST_ENTRY(order) by_origin; /* in the origin's away, while it is */
	void *dispatch;              /* the front's, not the core's: where it was pushed; null at first */
	uint64_t alarm_ms;           /* by which it stands among the timers: a warning, or something due */
	uint64_t batch;              /* the store's: the first seq of the batch that has its row, and where there; */
	uint32_t batch_row;          /* 0 at first */
	uint32_t timer;              /* its place among the timers; TIMER_NONE */
	uint8_t warned;              /* which of its warnings have been: enum life_warned */
	bool away;                   /* it is held elsewhere than it comes from */
};

/* In a queue of its holder, and therefore in memory. */
static inline bool order_is_queued(const struct order_row *row)
{
	return row->state < PD_STATE_completed || row->state == PD_STATE_suspended;
}

/* Not ended: in a queue, or completed and neither confirmed nor closed yet. */
static inline bool order_is_open(const struct order_row *row)
{
	return order_is_queued(row) || row->state == PD_STATE_completed;
}

ORDERED_HEAD(order_queue, order);
TAILQ_HEAD(order_list, order);
LIST_HEAD(away_list, order);
ORDERED_PROTOTYPE(order_queue, order, by_urgency, order_compare_urgency)

int order_compare_urgency(const struct order *a, const struct order *b);

/* Histogram of times: bucket v for v < 4 ms; else with e = floor(log2 v), bucket 4 * (e - 1) + the two bits below the
 * highest. */
enum { FIGURES_BUCKETS = 128 };

/* What an area's supervisors see of it. The book makes it compact (store/compact.c).
 *
 * Each figure counts at the holder that held the order then. due: orders that began with a time by which something was
 * due: every submitted one, and the recorded ones that had one in their source. late: orders that were not completed by
 * that time: live ones by the time for completing that their acceptance set, recorded ones by the source's; an
 * order counts once, whatever comes later. Of recorded orders, accepted and the times to accept and complete know
 * nothing, and completed, closed and cancelled count those that were recorded so. urged, escalated and reminded count
 * times, not orders. unconfirmed is a number of now: orders that are completed and still open. */
struct figures {
	uint64_t submitted, accepted, completed, closed, cancelled, reopened, declined, due, late, duplicate;
	uint32_t accept_counts[FIGURES_BUCKETS], complete_counts[FIGURES_BUCKETS];
	uint64_t urged, merged, escalated, reminded, unconfirmed;
};
_Static_assert(sizeof(struct figures) == 120 + 8 * FIGURES_BUCKETS, "the book keeps each of its fields");

/* An area as where orders come from. */
struct origin {
	uint32_t area;
	struct away_list away;
};

/* An area as a holder of orders. */
struct holder {
	/* What each event looks at stands before the times in figures: so much is brought near (ahead.c). */
	uint32_t area;
	struct area *entity; /* the area of that id */
	void *desk;          /* the front's, not the core's: who works for it; null at first */
	uint32_t waiting_count, working_count;
	struct order_queue waiting, working;
	struct order_list by_age; /* the waiting ones, the one that waits longest first */
	struct holder *next_changed;
	bool changed; /* figures or queues have changed since core_take_changed */
	bool unswept;
	struct figures figures;       /* of what happened while it was the holder, areas below not counted in */
	TAILQ_ENTRY(holder) by_sweep; /* reroute.c; in it if unswept */
};

/* How many open orders a holder has, null: none. */
static inline uint64_t holder_open_orders(const struct holder *holder)
{
	return holder ? holder->waiting_count + holder->working_count + holder->figures.unconfirmed : 0;
}

unsigned figures_bucket(uint64_t ms);
/* The middle of a bucket, in ms. */
uint64_t figures_bucket_ms(unsigned bucket);
/* The time below which the given share (0 to 100) of the counted lie; 0 when there are none. */
uint64_t figures_percentile(const uint32_t *counts, unsigned percent);
void figures_add(struct figures *sum, const struct figures *figures);

#endif
