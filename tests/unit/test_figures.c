/* test_figures.c - the histograms: every time has a bucket near it, and percentiles are what a sorted list would say.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "expect.h"
#include "order.h"

/* Times up to here have a bucket of their own kind: 2^33 ms, 99 days. */
static const uint64_t last_ms = (UINT64_C(1) << 33) - 1;

/* By order.h's words: 4 * (e - 1) + the two bits below the highest. */
static unsigned bucket_by_the_header(uint64_t ms)
{
	unsigned e = 0;
	if (ms < 4)
		return (unsigned)ms;
	while (ms >> (e + 1))
		e++;
	return 4 * (e - 1) + (unsigned)(ms >> (e - 2) & 3);
}

static void expect_bucket(uint64_t ms)
{
	unsigned wanted = bucket_by_the_header(ms);
	expect(figures_bucket(ms) == wanted, "%" PRIu64 " ms: bucket %u, expected %u", ms, figures_bucket(ms), wanted);
	uint64_t middle = figures_bucket_ms(wanted), off = middle > ms ? middle - ms : ms - middle;
	expect(off * 8 <= ms, "%" PRIu64 " ms: its bucket's middle is %" PRIu64 " ms, more than an eighth away", ms,
	       middle);
}

static void times_fall_into_buckets_near_them(void **state)
{
	(void)state;
	for (uint64_t ms = 0; ms < 100000; ms++)
		expect_bucket(ms);
	for (unsigned e = 17; e < 33; e++)
		for (uint64_t ms = (UINT64_C(1) << e) - 3; ms <= (UINT64_C(1) << e) + 3; ms++)
			expect_bucket(ms);
	expect_bucket(last_ms);
	assert_int_equal(figures_bucket(last_ms), FIGURES_BUCKETS - 1);
}

static void longer_times_fall_into_the_last_bucket(void **state)
{
	(void)state;
	assert_int_equal(figures_bucket(last_ms + 1), FIGURES_BUCKETS - 1);
	assert_int_equal(figures_bucket(UINT64_MAX), FIGURES_BUCKETS - 1);
}

static void buckets_rise_and_their_middles_lie_in_them(void **state)
{
	(void)state;
	for (unsigned bucket = 0; bucket < FIGURES_BUCKETS; bucket++) {
		uint64_t middle = figures_bucket_ms(bucket);
		expect(figures_bucket(middle) == bucket,
		       "the middle of bucket %u, %" PRIu64 " ms, falls into bucket %u", bucket, middle,
		       figures_bucket(middle));
		expect(bucket == 0 || middle > figures_bucket_ms(bucket - 1), "bucket %u is not above the one before",
		       bucket);
	}
}

static void percentiles_of_nothing_are_0(void **state)
{
	(void)state;
	const uint32_t none[FIGURES_BUCKETS] = {0};
	assert_int_equal(figures_percentile(none, 0), 0);
	assert_int_equal(figures_percentile(none, 50), 0);
	assert_int_equal(figures_percentile(none, 100), 0);
}

static void percentiles_of_one_are_that_one(void **state)
{
	(void)state;
	uint32_t counts[FIGURES_BUCKETS] = {0};
	counts[figures_bucket(60000)] = 1;
	for (unsigned percent = 0; percent <= 100; percent++)
		expect(figures_percentile(counts, percent) == figures_bucket_ms(figures_bucket(60000)),
		       "%u%%: got %" PRIu64, percent, figures_percentile(counts, percent));
}

/* As many as the nearest-rank method asks: the least time that at least the share of all do not exceed. */
static void percentiles_count_by_nearest_rank(void **state)
{
	(void)state;
	uint32_t counts[FIGURES_BUCKETS] = {0};
	counts[2] = 90; /* 90 of 2 ms, 9 of 4 ms, 1 of 8 ms */
	counts[4] = 9;
	counts[8] = 1;
	static const struct {
		unsigned percent;
		uint64_t ms;
	} cases[] = {{0, 2}, {1, 2}, {50, 2}, {90, 2}, {91, 4}, {99, 4}, {100, 9}};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		expect(figures_percentile(counts, cases[i].percent) == cases[i].ms,
		       "%u%%: got %" PRIu64 ", expected %" PRIu64, cases[i].percent,
		       figures_percentile(counts, cases[i].percent), cases[i].ms);
}

static void a_share_of_few_is_rounded_up(void **state)
{
	(void)state;
	uint32_t counts[FIGURES_BUCKETS] = {0};
	counts[0] = counts[1] = counts[2] = 1;
	assert_int_equal(figures_percentile(counts, 33), 0);
	assert_int_equal(figures_percentile(counts, 34), 1);
	assert_int_equal(figures_percentile(counts, 50), 1);
	assert_int_equal(figures_percentile(counts, 67), 2);
}

static void full_counts_do_not_overflow(void **state)
{
	(void)state;
	uint32_t counts[FIGURES_BUCKETS];
	for (unsigned i = 0; i < FIGURES_BUCKETS; i++)
		counts[i] = UINT32_MAX;
	assert_int_equal(figures_percentile(counts, 100), figures_bucket_ms(FIGURES_BUCKETS - 1));
	assert_int_equal(figures_percentile(counts, 50), figures_bucket_ms(FIGURES_BUCKETS / 2 - 1));
}

static void sums_add_every_figure(void **state)
{
	(void)state;
	struct figures sum = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, {0}, {0}, 11, 12, 13, 14, 15},
		       more = {10, 20, 30, 40, 50, 60, 70, 80, 90, 100, {0}, {0}, 110, 120, 130, 140, 150};
	for (unsigned i = 0; i < FIGURES_BUCKETS; i++) {
		sum.accept_counts[i] = i;
		more.accept_counts[i] = 1000;
		sum.complete_counts[i] = 2 * i;
		more.complete_counts[i] = 5000;
	}
	figures_add(&sum, &more);
	const uint64_t wanted[] = {11, 22, 33, 44, 55, 66, 77, 88, 99, 110};
	assert_memory_equal(&sum, wanted, sizeof wanted);
	const uint64_t wanted_last[] = {121, 132, 143, 154, 165};
	assert_memory_equal(&sum.urged, wanted_last, sizeof wanted_last);
	for (unsigned i = 0; i < FIGURES_BUCKETS; i++) {
		assert_int_equal(sum.accept_counts[i], 1000 + i);
		assert_int_equal(sum.complete_counts[i], 5000 + 2 * i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_fall_into_buckets_near_them),
		cmocka_unit_test(longer_times_fall_into_the_last_bucket),
		cmocka_unit_test(buckets_rise_and_their_middles_lie_in_them),
		cmocka_unit_test(percentiles_of_nothing_are_0),
		cmocka_unit_test(percentiles_of_one_are_that_one),
		cmocka_unit_test(percentiles_count_by_nearest_rank),
		cmocka_unit_test(a_share_of_few_is_rounded_up),
		cmocka_unit_test(full_counts_do_not_overflow),
		cmocka_unit_test(sums_add_every_figure),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
