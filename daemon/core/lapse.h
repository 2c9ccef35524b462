/* lapse.h - orders that roll-calls and rounds of visits handed out: when these have ended, nobody can answer any more,
 * and what is still open of their orders lapses, one order at a time, by the clock.
 *
 * An order's row and its notice's name each other by a number, which is the state; the lists here follow from that, and
 * are made again when a book is loaded. An order that was handed out is of no use to anybody without its notice, so one
 * that is completed cannot be reopened once that has ended. Plain orders have the number 0, and are not looked at.
 *
 * Invariants: (1) there is a list for each open notice that hands out orders, and for each other one of which an order
 * can lapse; (2) it holds every order of its notice that is open, in the order in which they came, and perhaps others;
 * (3) those whose notice is not open stand in lapsing. Part of the core.
 */
#ifndef PAIDAN_LAPSE_H
#define PAIDAN_LAPSE_H

#include <sys/queue.h>

#include "order.h"
#include "table.h"

enum { LAPSE_NUMBER_MAX = (1 << 24) - 1 }; /* the bits that a row has for it */

struct core;
struct lapse_list;
TAILQ_HEAD(lapse_lists, lapse_list);

struct lapses {
	struct table by_number;
	struct lapse_lists lapsing;
	uint32_t last_number;     /* of the last notice that hands out orders, */
	uint64_t last_number_seq; /* which is the one with this seq */
};

void lapse_init(struct lapses *lapses, uint64_t hash_seed);
void lapse_fini(struct lapses *lapses);

/* The number of a notice that begins now. They begin anew after LAPSE_NUMBER_MAX: by then the first ones are long over.
 */
uint32_t lapse_next_number(const struct core *core);
/* A notice with a number is there, open or not: it was sent, or comes from the book. */
void lapse_notice(struct core *core, uint32_t number, const struct pd_id *notice, uint64_t seq, bool open);
/* It has ended. */
void lapse_notice_ended(struct core *core, uint32_t number);
/* An order with a number: it was handed out, or comes from the book. */
void lapse_order(struct core *core, const struct order_row *row);
/* It was reopened. Of journals that knew nothing of all this: its notice had ended; then it is the requester's own. */
void lapse_reopened(struct core *core, struct order *order);
/* All that the book has of orders and notices is there. */
void lapse_loaded(struct core *core);

/* Whether the notice that handed it out, if one did, has ended. */
bool lapse_is_over(const struct core *core, const struct order_row *row);
/* The event of an order that lapses; false: there is none. */
bool lapse_decide_due(const struct core *core, uint64_t now_ms, struct pd_message *event);
/* 0, or UINT64_MAX: nothing lapses. */
uint64_t lapse_next_due(const struct core *core);

#endif
