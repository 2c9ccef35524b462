#include "lives.h"

#include <math.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "broker.h"
#include "load.h"
#include "spread.h"

static void report(const struct lives *lives, const struct load *load, const struct load_cost *cost, double stored)
{
	double n = (double)lives->orders;
	uint32_t *ok = load_sorted(load, false), *push = load_sorted(load, true);
	const char *format =
		lives->json ? "{\"outstanding\": %lu, \"orders\": %lu, \"lives_per_s\": %.0f, \"ok_p50_us\": %u, "
			      "\"ok_p99_us\": %u, "
			      "\"push_p50_us\": %u, \"push_p99_us\": %u, \"server_cpu_us_per_life\": %.2f, "
			      "\"written_bytes_per_life\": %.0f, \"stored_bytes_per_life\": %.0f"
			    : "outstanding=%lu orders=%lu lives_per_s=%.0f ok_p50_us=%u ok_p99_us=%u push_p50_us=%u "
			      "push_p99_us=%u "
			      "server_cpu_us_per_life=%.2f written_bytes_per_life=%.0f stored_bytes_per_life=%.0f";
	printf(format, lives->outstanding, lives->orders, n / cost->seconds, spread_at(ok, lives->orders, 0.5),
	       spread_at(ok, lives->orders, 0.99), spread_at(push, lives->orders, 0.5),
	       spread_at(push, lives->orders, 0.99), cost->cpu_us / n, cost->written_bytes / n, stored / n);
	if (!isnan(cost->disk_bytes))
		printf(lives->json ? ", \"disk_bytes_per_life\": %.0f" : " disk_bytes_per_life=%.0f",
		       cost->disk_bytes / n);
	puts(lives->json ? "}" : "");
	free(ok);
	free(push);
}

static int carry(const struct lives *lives, struct broker *broker)
{
	struct load load = {.orders = lives->orders,
			    .outstanding = lives->outstanding,
			    .text_bytes = lives->text_bytes,
			    .queues = LOAD_QUEUES,
			    .times = load_times_new(lives->orders)};
	struct load_cost cost;
	if (!load.times || !load_make_registry(broker->endpoint))
		return 111;
	int code = load_carry(&load, broker, &cost);
	int daemon_code = broker_stop(broker);
	code = code ? code : daemon_code;
	if (code == 0)
		report(lives, &load, &cost, broker_stored_bytes(broker));
	load_times_free(load.times, lives->orders);
	return code;
}

int lives_run(const struct lives *lives)
{
	struct broker broker;
	if (sodium_init() < 0)
		return 111;
	int code = broker_start(&broker, lives->program, lives->paidand, lives->dir) ? carry(lives, &broker) : 111;
	broker_remove(&broker);
	return code;
}
