#include "timers.h"

#include <assert.h>
#include <stdlib.h>

static struct timer timer_of(struct order *order)
{
	return (struct timer){order->alarm_ms, order->row.seq, order};
}

static bool before(const struct timer *a, const struct timer *b)
{
	return a->alarm_ms != b->alarm_ms ? a->alarm_ms < b->alarm_ms : a->seq < b->seq;
}

static void set(struct timers *timers, size_t i, const struct timer *timer)
{
	timers->heap[i] = *timer;
	if (timer->order)
		timer->order->timer = (uint32_t)i;
}

static void rise(struct timers *timers, size_t i, struct timer timer)
{
	for (; i > 0 && before(&timer, &timers->heap[(i - 1) / 2]); i = (i - 1) / 2)
		set(timers, i, &timers->heap[(i - 1) / 2]);
	set(timers, i, &timer);
}

static void sink(struct timers *timers, size_t i, struct timer timer)
{
	for (size_t child; (child = 2 * i + 1) < timers->count; i = child) {
		if (child + 1 < timers->count && before(&timers->heap[child + 1], &timers->heap[child]))
			child++;
		if (!before(&timers->heap[child], &timer))
			break;
		set(timers, i, &timers->heap[child]);
	}
	set(timers, i, &timer);
}

void timers_fini(struct timers *timers)
{
	free(timers->heap);
	*timers = (struct timers){0};
}

/* Without those that are gone. */
static void tidy(struct timers *timers)
{
	size_t count = timers->count;
	timers->count = timers->gone = 0;
	for (size_t i = 0; i < count; i++)
		if (timers->heap[i].order)
			rise(timers, timers->count++, timers->heap[i]);
}

static void add(struct timers *timers, struct order *order)
{
	if (timers->count == timers->capacity && timers->gone > timers->count / 2)
		tidy(timers);
	if (timers->count == timers->capacity) {
		timers->capacity = timers->capacity ? timers->capacity * 2 : 64;
		timers->heap = realloc(timers->heap, timers->capacity * sizeof *timers->heap);
		if (!timers->heap)
			abort();
	}
	rise(timers, timers->count++, timer_of(order));
}

void timers_set(struct timers *timers, struct order *order, uint64_t at_ms)
{
	bool there = order->timer != TIMER_NONE;
	if (there && order->alarm_ms <= at_ms)
		return;
	order->alarm_ms = at_ms;
	if (there)
		rise(timers, order->timer, timer_of(order));
	else
		add(timers, order);
}

void timers_put_off(struct timers *timers, struct order *order, uint64_t at_ms)
{
	assert(order->timer == 0 && order->alarm_ms <= at_ms);
	order->alarm_ms = at_ms;
	sink(timers, 0, timer_of(order));
}

/* The last one goes where the one at i was. */
static void take_out(struct timers *timers, size_t i)
{
	struct timer last = timers->heap[--timers->count];
	if (i == timers->count)
		return;
	if (i > 0 && before(&last, &timers->heap[(i - 1) / 2]))
		rise(timers, i, last);
	else
		sink(timers, i, last);
}

void timers_remove(struct timers *timers, struct order *order)
{
	size_t i = order->timer;
	if (i == TIMER_NONE)
		return;
	assert(i < timers->count && timers->heap[i].order == order);
	order->timer = TIMER_NONE;
	timers->heap[i].order = NULL;
	timers->gone++;
}

struct order *timers_first(struct timers *timers)
{
	while (timers->count && !timers->heap[0].order) {
		if (timers->gone > timers->count / 2) {
			tidy(timers);
		} else {
			take_out(timers, 0);
			timers->gone--;
		}
	}
	return timers->count ? timers->heap[0].order : NULL;
}
