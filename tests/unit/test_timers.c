/* test_timers.c - orders come out of the timers by the time when they are due, then by seq; any of them can be taken
 * out. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "expect.h"
#include "timers.h"

enum { ORDERS = 500, STEPS = 20000 };

static bool before(const struct order *a, const struct order *b)
{
	return a->alarm_ms != b->alarm_ms ? a->alarm_ms < b->alarm_ms : a->row.seq < b->row.seq;
}

/* Each order knows its place, and nothing stands below what is due after it. */
static void check_heap(const struct timers *timers)
{
	size_t gone = 0;
	for (size_t i = 0; i < timers->count; i++) {
		const struct timer *timer = &timers->heap[i], *above = &timers->heap[(i - 1) / 2];
		gone += timer->order == NULL;
		expect(!timer->order || (timer->order->timer == i && timer->order->alarm_ms == timer->alarm_ms),
		       "the order at %zu thinks that it is at %" PRIu32 "", i, timer->order->timer);
		expect(i == 0 || above->alarm_ms < timer->alarm_ms ||
			       (above->alarm_ms == timer->alarm_ms && above->seq <= timer->seq),
		       "what is at %zu is due before what is above it", i);
	}
	expect(gone == timers->gone, "%zu are gone, it counts %zu", gone, timers->gone);
}

static void no_timers_have_no_first(void **state)
{
	(void)state;
	struct timers timers = {0};
	assert_null(timers_first(&timers));
	timers_fini(&timers);
}

static void the_earliest_comes_first(void **state)
{
	(void)state;
	struct timers timers = {0};
	struct order orders[ORDERS] = {0};
	for (unsigned i = 0; i < ORDERS; i++) {
		/* Many are due at once, and they are added against the order of their seqs. */
		orders[i].row.seq = ORDERS - i;
		orders[i].timer = TIMER_NONE;
		timers_set(&timers, &orders[i], 1000 + i * 7919u % 50);
	}
	check_heap(&timers);
	struct order last = {0};
	for (unsigned i = 0; i < ORDERS; i++) {
		struct order *first = timers_first(&timers);
		expect(before(&last, first),
		       "due %" PRIu64 " of seq %" PRIu64 " came after due %" PRIu64 " of seq %" PRIu64, first->alarm_ms,
		       first->row.seq, last.alarm_ms, last.row.seq);
		last = *first;
		timers_remove(&timers, first);
		expect(first->timer == TIMER_NONE, "an order that was taken out still has the place %" PRIu32,
		       first->timer);
	}
	assert_null(timers_first(&timers));
	timers_fini(&timers);
}

static const struct order *earliest(const struct order *orders)
{
	const struct order *first = NULL;
	for (const struct order *order = orders; order < orders + ORDERS; order++)
		if (order->timer != TIMER_NONE && (!first || before(order, first)))
			first = order;
	return first;
}

/* To an earlier time it moves at once; to a later one when it comes first. */
static void move(struct timers *timers, struct order *order, uint64_t at_ms)
{
	uint64_t before_ms = order->alarm_ms;
	timers_set(timers, order, at_ms);
	assert_int_equal(order->alarm_ms, at_ms < before_ms ? at_ms : before_ms);
	if (timers_first(timers) == order && at_ms > before_ms) {
		timers_put_off(timers, order, at_ms);
		assert_int_equal(order->alarm_ms, at_ms);
	}
}

static void any_order_can_be_taken_out(void **state)
{
	(void)state;
	struct timers timers = {0};
	struct order orders[ORDERS] = {0};
	const char *given = getenv("PAIDAN_SEED");
	uint64_t seed = given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL), random = seed * 2 + 1;
	size_t count = 0;
	print_message("to repeat this: PAIDAN_SEED=%" PRIu64 " build/tests/test_timers\n", seed);
	for (unsigned i = 0; i < ORDERS; i++)
		orders[i].timer = TIMER_NONE;
	for (unsigned step = 0; step < STEPS; step++) {
		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		struct order *order = &orders[random % ORDERS];
		if (order->timer == TIMER_NONE) {
			order->row.seq = (uint64_t)(order - orders) + 1;
			timers_set(&timers, order, random >> 32 & 127);
			count++;
		} else if (random >> 40 & 1) {
			move(&timers, order, random >> 32 & 127);
		} else {
			timers_remove(&timers, order);
			count--;
		}
		check_heap(&timers);
		expect(timers.count - timers.gone == count, "seed %" PRIu64 ": %zu are there, expected %zu", seed,
		       timers.count - timers.gone, count);
		expect(timers_first(&timers) == earliest(orders),
		       "seed %" PRIu64 ": another order than the earliest is first", seed);
	}
	check_heap(&timers);
	timers_fini(&timers);
}

/* The places of those that are gone are used again, also when nobody asks for the first one. */
static void many_come_and_go_in_little_room(void **state)
{
	(void)state;
	struct timers timers = {0};
	struct order orders[ORDERS] = {0};
	for (unsigned i = 0; i < ORDERS; i++)
		orders[i].timer = TIMER_NONE;
	for (unsigned i = 0; i < 1000 * ORDERS; i++) {
		struct order *order = &orders[i % ORDERS];
		timers_remove(&timers, order);
		order->row.seq = i + 1;
		timers_set(&timers, order, 1000 + i);
	}
	check_heap(&timers);
	expect(timers.capacity <= 8 * ORDERS, "%zu places for %d orders", timers.capacity, ORDERS);
	assert_ptr_equal(timers_first(&timers), &orders[0]);
	timers_fini(&timers);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(many_come_and_go_in_little_room),
		cmocka_unit_test(no_timers_have_no_first),
		cmocka_unit_test(the_earliest_comes_first),
		cmocka_unit_test(any_order_can_be_taken_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
