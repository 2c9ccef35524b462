/* timers.h - orders by the time when they are to be looked at, and of those looked at at once by seq: a binary heap.
 * Part of the core. */
#ifndef PAIDAN_TIMERS_H
#define PAIDAN_TIMERS_H

#include "order.h"

#define TIMER_NONE SIZE_MAX

/* Invariant: order->timer is its index in heap for every order in it. */
struct timers {
	struct order **heap;
	size_t count, capacity;
};

void timers_fini(struct timers *timers);
/* By alarm_ms, which must not change while it is in. */
void timers_add(struct timers *timers, struct order *order);
void timers_remove(struct timers *timers, struct order *order);
/* Null when there is none. */
static inline struct order *timers_first(const struct timers *timers)
{
	return timers->count ? timers->heap[0] : NULL;
}

#endif
