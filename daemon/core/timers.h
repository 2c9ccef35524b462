/* timers.h - orders by the time when they are to be looked at, and of those looked at at once by seq: a binary heap.
 *
 * An order whose time moves back stays where it is, and is put where it belongs when its old time comes: most orders
 * are done long before. Part of the core.
 */
#ifndef PAIDAN_TIMERS_H
#define PAIDAN_TIMERS_H

#include "order.h"

#define TIMER_NONE UINT32_MAX

/* An order in the heap, with what it is compared by: to rise and sink, no order needs to be looked at. */
struct timer {
	uint64_t alarm_ms, seq;
	struct order *order;
};

/* Invariants: order->timer is its index in heap for every order in it; order->alarm_ms, by which it stands there, is
 * not later than the time for which it was set last. */
struct timers {
	struct timer *heap;
	size_t count, capacity;
};

void timers_fini(struct timers *timers);
/* Have the order looked at at at_ms, or earlier. */
void timers_set(struct timers *timers, struct order *order, uint64_t at_ms);
/* Put an order that stands first to the time for which it is set. */
void timers_put_off(struct timers *timers, struct order *order, uint64_t at_ms);
/* It may be in it or not. */
void timers_remove(struct timers *timers, struct order *order);
/* Null when there is none. */
static inline struct order *timers_first(const struct timers *timers)
{
	return timers->count ? timers->heap[0].order : NULL;
}

#endif
