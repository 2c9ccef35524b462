/* timers.h - orders by the time when they are to be looked at, and of those looked at at once by seq: a binary heap.
 *
 * An order whose time moves back stays where it is, and is put where it belongs when its old time comes: most orders
 * are done long before. One that is taken out leaves its place behind, which nobody has any more: to close it would
 * touch an order at each step down, and most are taken out. Part of the core.
 */
#ifndef PAIDAN_TIMERS_H
#define PAIDAN_TIMERS_H

#include "order.h"

#define TIMER_NONE UINT32_MAX

/* An order in the heap, with what it is compared by: to rise and sink, no order needs to be looked at. */
struct timer {
	uint64_t alarm_ms, seq;
	struct order *order; /* null: it is gone */
};

/* Invariants: order->timer is its index in heap for every order in it; order->alarm_ms, by which it stands there, is
 * not later than the time for which it was set last; the heap does not grow while more than half of it is gone. */
struct timers {
	struct timer *heap;
	size_t count, gone, capacity;
};

void timers_fini(struct timers *timers);
/* Have the order looked at at at_ms, or earlier. */
void timers_set(struct timers *timers, struct order *order, uint64_t at_ms);
/* Put an order that stands first to the time for which it is set. */
void timers_put_off(struct timers *timers, struct order *order, uint64_t at_ms);
/* It may be in it or not. */
void timers_remove(struct timers *timers, struct order *order);
/* Null when there is none. */
struct order *timers_first(struct timers *timers);

#endif
