/* latency.c - the time to an answer.
 *
 * Alone: one order after the other, and nobody else; in turns with what transport and disk take by themselves.
 * At half the peak: orders come at random moments, so many a second, whatever the answers do, and the time of each
 * counts from its moment, also when it could be sent only later; in turns with a daemon that does not bring its book up
 * to date meanwhile, so that one sees what the keeper costs, and with the disk alone, which answers to those who come
 * at random moments, too.
 */
#include "latency.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "floor.h"
#include "load.h"
#include "spread.h"
#include "stolen.h"

enum { ALONE = 400, PEAK_TURNS = 3, PEAK_OUTSTANDING = 1024, AT_ONCE = 4096, DISK_ROUNDS = 3000 };

/* Of each round, in µs. */
struct series {
	double *p50, *p99, *p999, *push_p50, *push_p99, max;
};

struct run {
	const struct latency *latency;
	struct broker kept, unkept; /* unkept: its keeper has time */
	double peak;                /* whole lives a second */
	double *echo, *sync, *direct, *write, *alone, *ratio, *disk_p50, *disk_p99;
	struct series kept_us, unkept_us;
	double stolen; /* percent of the processors' time that the host took in the turns at half the peak, the disk's
			  among them */
};

static double *of_rounds(const struct run *run)
{
	double *values = calloc(run->latency->rounds, sizeof *values);
	if (!values)
		abort();
	return values;
}

static struct load load_of(const struct run *run, unsigned long orders)
{
	return (struct load){.orders = orders,
			     .outstanding = PEAK_OUTSTANDING,
			     .text_bytes = run->latency->text_bytes,
			     .queues = LOAD_QUEUES,
			     .times = load_times_new(orders)};
}

/* ---- alone ---- */

static int submit_alone(struct run *run, const struct broker *broker, unsigned long round)
{
	struct load load = load_of(run, ALONE);
	struct load_cost cost;
	load.outstanding = 1;
	load.unworked = true;
	int code = load.times ? load_carry(&load, broker, &cost) : 111;
	if (code == 0) {
		uint32_t *ok = load_sorted(&load, false);
		run->alone[round] = spread_at(ok, ALONE, 0.5);
		free(ok);
	}
	load_times_free(load.times, ALONE);
	return code;
}

static int take_turns(struct run *run, const struct broker *broker)
{
	struct floor *floor = floor_new(broker->dir);
	int code = floor ? 0 : 111;
	for (unsigned long i = 0; i < run->latency->rounds && code == 0; i++) {
		run->echo[i] = floor_measure(floor, FLOOR_ECHO, ALONE);
		run->sync[i] = floor_measure(floor, FLOOR_SYNC, ALONE);
		run->direct[i] = floor_measure(floor, FLOOR_DIRECT, ALONE);
		code = submit_alone(run, broker, i);
		run->write[i] = run->direct[i] > 0 && run->direct[i] < run->sync[i] ? run->direct[i] : run->sync[i];
		run->ratio[i] = run->alone[i] / (run->echo[i] + run->write[i]);
	}
	floor_free(floor);
	return code;
}

static bool start(const struct run *run, struct broker *broker)
{
	const struct latency *latency = run->latency;
	return broker_start(broker, latency->program, latency->paidand, latency->dir) &&
	       load_make_registry(broker->endpoint);
}

static int measure_alone(struct run *run)
{
	struct broker broker;
	int code = start(run, &broker) ? take_turns(run, &broker) : 111;
	broker_remove(&broker);
	return code;
}

/* ---- among many ---- */

static int find_peak(struct run *run)
{
	double lives_per_s[PEAK_TURNS];
	int code = 0;
	for (int i = 0; i < PEAK_TURNS && code == 0; i++) {
		struct load load = load_of(run, run->latency->orders);
		struct load_cost cost = {0};
		code = load.times ? load_carry(&load, &run->kept, &cost) : 111;
		lives_per_s[i] = (double)load.orders / cost.seconds;
		load_times_free(load.times, load.orders);
	}
	run->peak = code ? 0 : spread_median(lives_per_s, PEAK_TURNS);
	return code;
}

static void take_series(struct series *series, unsigned long round, const struct load *load)
{
	uint32_t *ok = load_sorted(load, false), *push = load_sorted(load, true);
	double max = ok[load->orders - 1];
	series->p50[round] = spread_at(ok, load->orders, 0.5);
	series->p99[round] = spread_at(ok, load->orders, 0.99);
	series->p999[round] = spread_at(ok, load->orders, 0.999);
	series->push_p50[round] = spread_at(push, load->orders, 0.5);
	series->push_p99[round] = spread_at(push, load->orders, 0.99);
	series->max = max > series->max ? max : series->max;
	free(ok);
	free(push);
}

static int submit_at_half(struct run *run, const struct broker *broker, struct series *series, unsigned long round)
{
	struct load load = load_of(run, run->latency->orders);
	struct load_cost cost;
	load.rate = run->peak / 2;
	load.outstanding = AT_ONCE;
	int code = load.times ? load_carry(&load, broker, &cost) : 111;
	if (code == 0)
		take_series(series, round, &load);
	load_times_free(load.times, load.orders);
	return code;
}

static bool start_both(struct run *run)
{
	return start(run, &run->kept) && start(run, &run->unkept) && broker_stop(&run->unkept) == 0 &&
	       broker_start_again(&run->unkept, "keep_ms=60000");
}

static int wait_for_disk(struct run *run, struct floor *floor, unsigned long round)
{
	struct floor_waits waits = floor_wait(floor, DISK_ROUNDS);
	run->disk_p50[round] = waits.p50_us;
	run->disk_p99[round] = waits.p99_us;
	return waits.p50_us > 0 ? 0 : 111;
}

static int measure_many(struct run *run)
{
	int code = start_both(run) ? find_peak(run) : 111;
	struct floor *floor = code ? NULL : floor_new(run->kept.dir);
	struct stolen before = stolen_now();
	if (code == 0 && !floor)
		code = 111;
	for (unsigned long i = 0; i < run->latency->rounds && code == 0; i++) {
		code = wait_for_disk(run, floor, i);
		for (unsigned long turn = 0; turn < 2 && code == 0; turn++) /* another one begins each time */
			code = (turn + i) % 2 == 0 ? submit_at_half(run, &run->kept, &run->kept_us, i)
						   : submit_at_half(run, &run->unkept, &run->unkept_us, i);
	}
	run->stolen = stolen_percent(&before);
	floor_free(floor);
	broker_remove(&run->kept);
	broker_remove(&run->unkept);
	return code;
}

/* ---- the report ---- */

static void report(const struct run *run)
{
	unsigned long n = run->latency->rounds;
	const struct series *kept = &run->kept_us, *unkept = &run->unkept_us;
	double p50 = spread_median(kept->p50, n), p99 = spread_median(kept->p99, n);
	double disk_p50 = spread_median(run->disk_p50, n), disk_p99 = spread_median(run->disk_p99, n);
	printf(run->latency->json ? "{\"alone_ok_p50_us\": %.0f, \"echo_p50_us\": %.0f, \"write_p50_us\": %.0f, "
				    "\"sync_p50_us\": %.0f, "
				    "\"direct_p50_us\": %.0f, \"alone_ratio\": %.2f, "
				  : "alone: ok_p50_us=%.0f echo_p50_us=%.0f write_p50_us=%.0f (sync=%.0f direct=%.0f) "
				    "ratio=%.2f\n",
	       spread_median(run->alone, n), spread_median(run->echo, n), spread_median(run->write, n),
	       spread_median(run->sync, n), spread_median(run->direct, n), spread_median(run->ratio, n));
	printf(run->latency->json
		       ? "\"peak_lives_per_s\": %.0f, \"rate_per_s\": %.0f, \"ok_p50_us\": %.0f, \"ok_p99_us\": %.0f, "
			 "\"ok_p999_us\": %.0f, \"ok_max_us\": %.0f, \"p99_to_p50\": %.1f, \"push_p50_us\": %.0f, "
			 "\"push_p99_us\": %.0f, \"stolen_percent\": %.1f, "
		       : "half the peak: peak_lives_per_s=%.0f rate_per_s=%.0f ok_p50_us=%.0f ok_p99_us=%.0f "
			 "ok_p999_us=%.0f ok_max_us=%.0f p99_to_p50=%.1f push_p50_us=%.0f push_p99_us=%.0f "
			 "stolen_percent=%.1f\n",
	       run->peak, run->peak / 2, p50, p99, spread_median(kept->p999, n), kept->max, p99 / p50,
	       spread_median(kept->push_p50, n), spread_median(kept->push_p99, n), run->stolen);
	printf(run->latency->json
		       ? "\"unkept_ok_p50_us\": %.0f, \"unkept_ok_p99_us\": %.0f, \"unkept_ok_p999_us\": %.0f, "
			 "\"unkept_ok_max_us\": %.0f, "
		       : "... without the keeper: ok_p50_us=%.0f ok_p99_us=%.0f ok_p999_us=%.0f ok_max_us=%.0f\n",
	       spread_median(unkept->p50, n), spread_median(unkept->p99, n), spread_median(unkept->p999, n),
	       unkept->max);
	printf(run->latency->json ? "\"disk_p50_us\": %.0f, \"disk_p99_us\": %.0f, \"disk_p99_to_p50\": %.1f}\n"
				  : "... the disk alone, rounds of 16 KiB: p50_us=%.0f p99_us=%.0f p99_to_p50=%.1f\n",
	       disk_p50, disk_p99, disk_p99 / disk_p50);
}

/* ---- all of it ---- */

static void make_series(const struct run *run, struct series *series)
{
	*series = (struct series){of_rounds(run), of_rounds(run), of_rounds(run), of_rounds(run), of_rounds(run), 0};
}

static void free_series(struct series *series)
{
	free(series->p50);
	free(series->p99);
	free(series->p999);
	free(series->push_p50);
	free(series->push_p99);
}

int latency_run(const struct latency *latency)
{
	struct run run = {.latency = latency};
	if (sodium_init() < 0)
		return 111;
	double **const lists[] = {&run.echo,  &run.sync,  &run.direct,   &run.write,
				  &run.alone, &run.ratio, &run.disk_p50, &run.disk_p99};
	for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
		*lists[i] = of_rounds(&run);
	make_series(&run, &run.kept_us);
	make_series(&run, &run.unkept_us);
	int code = measure_alone(&run);
	code = code ? code : measure_many(&run);
	if (code == 0)
		report(&run);
	for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
		free(*lists[i]);
	free_series(&run.kept_us);
	free_series(&run.unkept_us);
	return code;
}
