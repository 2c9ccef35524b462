/* test_metrics.c - counting, the text that is served, who is called alive and ready, and which addresses will do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "metrics.h"
#include "metrics_http.h"
#include "order.h"

static const uint64_t second_ns = 1000000000;

/* A histogram with the same bounds as the metrics' own. */
static void observations_fall_at_or_below_their_bound(void **state)
{
	struct metrics_histogram histogram = {.bounds = &metrics_EVENTS};
	(void)state;
	metrics_observe(&histogram, 0, 1);
	metrics_observe(&histogram, 1, 1);
	metrics_observe(&histogram, 2, 5);
	metrics_observe(&histogram, 3, 1);
	metrics_observe(&histogram, 8192, 1);
	metrics_observe(&histogram, 8193, 2);
	assert_int_equal(metrics_get(&histogram.counts[0]), 2);
	assert_int_equal(metrics_get(&histogram.counts[1]), 5);
	assert_int_equal(metrics_get(&histogram.counts[2]), 1);
	assert_int_equal(metrics_get(&histogram.counts[13]), 1);
	assert_int_equal(metrics_get(&histogram.counts[14]), 2);
	assert_int_equal(metrics_get(&histogram.sum), 1 + 10 + 3 + 8192 + 2 * 8193);
}

static void bounds_rise_and_fit(void **state)
{
	static const struct metrics_bounds *const all[] = {&metrics_TIMES, &metrics_EVENTS, &metrics_BYTES,
							   &metrics_WAITS};
	(void)state;
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		assert_in_range(all[i]->count, 1, METRICS_BOUNDS_MAX);
		for (unsigned b = 1; b < all[i]->count; b++)
			assert_true(all[i]->at_most[b] > all[i]->at_most[b - 1]);
	}
}

/* The district's own buckets end where those of the metrics do: no time is counted on the wrong side of a bound. */
static void bounds_of_waits_part_the_figures(void **state)
{
	(void)state;
	for (unsigned b = 0; b < metrics_WAITS.count; b++) {
		uint64_t bound_ms = metrics_WAITS.at_most[b];
		assert_int_equal(metrics_bucket(&metrics_WAITS, figures_bucket_ms(figures_bucket(bound_ms - 1))), b);
		assert_int_equal(metrics_bucket(&metrics_WAITS, figures_bucket_ms(figures_bucket(bound_ms))), b + 1);
	}
}

/* ---- the text ---- */

static char *render(const struct metrics_seen *seen, const struct metrics_here *here)
{
	struct pd_buffer text = {0};
	metrics_render(seen, here, &text);
	pd_buffer_add(&text, "", 1);
	return text.data;
}

static void assert_line(const char *text, const char *line)
{
	char whole[300];
	snprintf(whole, sizeof whole, "\n%s\n", line);
	if (!strstr(text, whole))
		fail_msg("no line \"%s\" in the text", line);
}

static void the_text_has_what_was_counted(void **state)
{
	struct metrics_seen seen = {
		.waiting = {[PD_level_grid] = 7}, .oldest = {[PD_level_grid] = 61042}, .lag = {1500000}};
	struct metrics_here here = {.build = {1}, .start = {UINT64_C(1764108768123)}};
	(void)state;
	metrics_add(&metrics.front.events[PD_MSG_accepted], 3);
	metrics_add(&metrics.front.refusals[PD_REFUSED_stale], 2);
	metrics_add(&metrics.front.ended[METRICS_SILENT], 4);
	metrics_observe(&metrics.scribe.sync, 150000, 2);
	metrics_observe(&metrics.scribe.sync, 11 * second_ns, 1);
	char *text = render(&seen, &here);
	assert_line(text, "# TYPE paidan_events_total counter");
	assert_line(text, "paidan_events_total{event=\"accepted\"} 3");
	assert_line(text, "paidan_events_total{event=\"submitted\"} 0");
	assert_line(text, "paidan_refusals_total{name=\"stale\"} 2");
	assert_line(text, "paidan_sessions_ended_total{why=\"silent\"} 4");
	assert_line(text, "# TYPE paidan_waiting_orders gauge");
	assert_line(text, "paidan_waiting_orders{level=\"grid\"} 7");
	assert_line(text, "paidan_oldest_waiting_seconds{level=\"grid\"} 61.042");
	assert_line(text, "paidan_keeper_lag_seconds 0.001500000");
	assert_line(text, "process_start_time_seconds 1764108768.123");
	assert_line(text, "paidan_build_info{version=\"" PAIDAN_VERSION "\"} 1");
	assert_line(text, "# TYPE paidan_journal_sync_seconds histogram");
	assert_line(text, "paidan_journal_sync_seconds_bucket{le=\"0.0001\"} 0");
	assert_line(text, "paidan_journal_sync_seconds_bucket{le=\"0.0002\"} 2");
	assert_line(text, "paidan_journal_sync_seconds_bucket{le=\"10\"} 2");
	assert_line(text, "paidan_journal_sync_seconds_bucket{le=\"+Inf\"} 3");
	assert_line(text, "paidan_journal_sync_seconds_sum 11.000300000");
	assert_line(text, "paidan_journal_sync_seconds_count 3");
	assert_null(strstr(text, "event=\"published\"")); /* it frames an event, and is none */
	free(text);
}

static void names_of_streets_are_escaped(void **state)
{
	struct metrics_seen seen = {.street_waiting = {1, 2}, .street_count = 2};
	struct metrics_here here = {.build = {1}};
	(void)state;
	seen.streets[1].id = 10;
	snprintf(seen.streets[1].name, sizeof seen.streets[1].name, "城\"东\\街\n道");
	char *text = render(&seen, &here);
	assert_line(text, "paidan_street_waiting_orders{street=\"other\",name=\"\"} 1");
	assert_line(text, "paidan_street_waiting_orders{street=\"10\",name=\"城\\\"东\\\\街\\n道\"} 2");
	free(text);
}

static void what_the_front_saw_is_handed_over_whole(void **state)
{
	struct metrics_seen put = {.sessions = {5}, .street_count = 1}, got;
	(void)state;
	metrics_seen_put(&put);
	metrics_seen_get(&got);
	assert_memory_equal(&put, &got, sizeof put);
}

/* ---- health ---- */

static void assert_health(uint64_t now_ns, bool alive, bool ready, const char *words)
{
	char why[160];
	assert_int_equal(metrics_alive(now_ns, why), alive);
	assert_int_equal(metrics_ready(now_ns, why), ready);
	if (!strstr(why, words))
		fail_msg("\"%s\" does not say \"%s\"", why, words);
}

static void health_is_told_by_the_loop_the_disk_and_the_journal(void **state)
{
	uint64_t now_ns = 1000 * second_ns;
	(void)state;
	metrics_set(&metrics.front.turned_ns, 0);
	assert_health(now_ns, true, false, "starting");
	metrics_set(&metrics.front.turned_ns, now_ns);
	assert_health(now_ns, true, true, "ready");
	assert_health(now_ns - 1, true, true, "ready"); /* the clock was read before the loop turned */
	assert_health(now_ns + METRICS_TURN_WITHIN_S * second_ns - 1, true, true, "ready");
	assert_health(now_ns + METRICS_TURN_WITHIN_S * second_ns, false, false, "10 s");
	metrics_set(&metrics.front.disk_low, 1);
	assert_health(now_ns, true, false, "disk");
	metrics_set(&metrics.front.disk_low, 0);
	metrics_set(&metrics.scribe.writing_since_ns, now_ns - METRICS_WRITE_WITHIN_S * second_ns + 1);
	assert_health(now_ns, true, true, "ready");
	metrics_set(&metrics.scribe.writing_since_ns, now_ns - METRICS_WRITE_WITHIN_S * second_ns);
	assert_health(now_ns, true, false, "the journal has waited for the disk for 5 s");
	metrics_set(&metrics.scribe.writing_since_ns, 0);
	metrics_set(&metrics.front.stopping, 1);
	assert_health(now_ns, true, false, "stopping");
	metrics_set(&metrics.front.stopping, 0);
	assert_health(now_ns, true, true, "ready");
}

static void addresses(void **state)
{
	static const char *const good[] = {"127.0.0.1:9750", "0.0.0.0:1", "localhost:65535", "[::1]:9750", "[::]:0"};
	static const char *const wrong[] = {"",
					    ":",
					    "9750",
					    ":9750",
					    "127.0.0.1",
					    "127.0.0.1:",
					    "127.0.0.1:x",
					    "127.0.0.1:65536",
					    "127.0.0.1:-1",
					    "127.0.0.1:000009",
					    "::1:9750",
					    "[::1]",
					    "[::1:9750",
					    "[]:9750",
					    "tcp://127.0.0.1:9750",
					    "host:9750",
					    "127.0.0:9750"};
	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
		if (!metrics_address_good(good[i]))
			fail_msg("\"%s\" should be an address", good[i]);
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		if (metrics_address_good(wrong[i]))
			fail_msg("\"%s\" should not be an address", wrong[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(observations_fall_at_or_below_their_bound),
		cmocka_unit_test(bounds_rise_and_fit),
		cmocka_unit_test(bounds_of_waits_part_the_figures),
		cmocka_unit_test(the_text_has_what_was_counted),
		cmocka_unit_test(names_of_streets_are_escaped),
		cmocka_unit_test(what_the_front_saw_is_handed_over_whole),
		cmocka_unit_test(health_is_told_by_the_loop_the_disk_and_the_journal),
		cmocka_unit_test(addresses),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
