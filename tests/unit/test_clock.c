/* test_clock.c - the time that commands get, whatever happens to the time of day. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "clock.h"

static const uint64_t begin_ms = 1763900000000, hour_ms = 3600000;

/* The machine's clock is at own_ms, the time of day skew_ms from where it began. */
struct watch {
	struct clock clock;
	uint64_t own_ms;
	int64_t skew_ms;
	enum clock_news news;
};

static uint64_t look(struct watch *watch, uint64_t later_ms)
{
	watch->own_ms += later_ms;
	return clock_read(&watch->clock, begin_ms + watch->own_ms + (uint64_t)watch->skew_ms, watch->own_ms,
			  &watch->news, NULL);
}

/* skew_ms: how far it is from what the machine's clock says. */
static void expect_at(struct watch *watch, uint64_t later_ms, uint64_t skew_ms)
{
	uint64_t is = look(watch, later_ms);
	assert_int_equal(is, begin_ms + watch->own_ms + skew_ms);
}

static void small_steps_are_followed(void **state)
{
	struct watch watch = {0};
	(void)state;
	assert_int_equal(look(&watch, 5), begin_ms + 5);
	watch.skew_ms = 30000;
	assert_int_equal(look(&watch, 1000), begin_ms + 31005);
	assert_int_equal(watch.news, CLOCK_AS_EVER);
	watch.skew_ms = -20000;
	assert_int_equal(look(&watch, 1000),
			 begin_ms + 2005 - 20000); /* who asks sees to it that time does not go back */
	assert_int_equal(watch.news, CLOCK_AS_EVER);
}

static void a_jump_is_not_believed_at_once(void **state)
{
	struct watch watch = {0};
	(void)state;
	for (int sign = -1; sign <= 1; sign += 2) {
		watch = (struct watch){0};
		look(&watch, 0);
		watch.skew_ms = sign * (int64_t)(3 * hour_ms);
		assert_int_equal(look(&watch, 1000), begin_ms + 1000);
		assert_int_equal(watch.news, CLOCK_JUMPED);
		assert_int_equal(look(&watch, 1000), begin_ms + 2000);
		assert_int_equal(watch.news, CLOCK_AS_EVER);
		assert_int_equal(look(&watch, CLOCK_TRUST_MS - 1001), begin_ms + CLOCK_TRUST_MS + 999);
		assert_int_equal(watch.news, CLOCK_AS_EVER);
		expect_at(&watch, 1, (uint64_t)watch.skew_ms);
		assert_int_equal(watch.news, CLOCK_BELIEVED);
		expect_at(&watch, 7, (uint64_t)watch.skew_ms);
		assert_int_equal(watch.news, CLOCK_AS_EVER);
	}
}

static void what_comes_back_was_never_believed(void **state)
{
	struct watch watch = {0};
	(void)state;
	look(&watch, 0);
	watch.skew_ms = (int64_t)hour_ms;
	look(&watch, 1000);
	watch.skew_ms = 0;
	assert_int_equal(look(&watch, 1000), begin_ms + 2000);
	assert_int_equal(watch.news, CLOCK_RETURNED);
}

/* Who sets the clock twice gets ten minutes from the second time on. */
static void a_second_jump_begins_the_wait_anew(void **state)
{
	struct watch watch = {0};
	(void)state;
	look(&watch, 0);
	watch.skew_ms = (int64_t)hour_ms;
	look(&watch, 1000);
	watch.skew_ms = (int64_t)(5 * hour_ms);
	assert_int_equal(look(&watch, CLOCK_TRUST_MS), begin_ms + CLOCK_TRUST_MS + 1000);
	assert_int_equal(watch.news, CLOCK_JUMPED);
	expect_at(&watch, CLOCK_TRUST_MS, 5 * hour_ms);
	assert_int_equal(watch.news, CLOCK_BELIEVED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(small_steps_are_followed),
		cmocka_unit_test(a_jump_is_not_believed_at_once),
		cmocka_unit_test(what_comes_back_was_never_believed),
		cmocka_unit_test(a_second_jump_begins_the_wait_anew),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
