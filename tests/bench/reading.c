#include "reading.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "beside.h"
#include "spread.h"
#include "town.h"

enum { HOUSEHOLDS = 85605, OUTSTANDING = 1024, TEXT_BYTES = 200, ORDERS_BEFORE = 50000, IDS_MAX = 5000 };
enum { SHOW, ORDERS, AREAS, STATS, JOURNAL, KINDS };

static const char *const names[KINDS] = {"show", "orders", "areas", "stats", "journal"};

struct run {
	const struct reading *wanted;
	struct broker broker;
	struct wire wire;
	int kind;
	struct pd_id *ids; /* orders that are there */
	unsigned long id_count, asked, answered, rows;
	uint64_t last_seq;
	struct pd_slice cursor;
	char cursor_bytes[64];
};

struct figures {
	double without, per_s[KINDS], rows[KINDS], with[KINDS], ratio[KINDS];
};

/* ---- asking ---- */

static struct pd_message query(const struct run *run)
{
	struct pd_message message = {.type = PD_MSG_get_stats, .request = 1};
	uint32_t random = randombytes_random();
	switch (run->kind) {
	case SHOW:
		message.type = PD_MSG_get_order;
		message.get_order = (struct pd_get_order){run->ids[random % run->id_count], true};
		break;
	case ORDERS:
		message.type = PD_MSG_list_orders;
		message.list_orders =
			(struct pd_list_orders){.area = TOWN_FIRST_AREA + random % LOAD_QUEUES, .limit = 20};
		break;
	case AREAS:
		message.type = PD_MSG_list_areas;
		message.list_areas = (struct pd_list_areas){.limit = 500};
		break;
	case STATS: message.get_stats = (struct pd_get_stats){.area = TOWN_DISTRICT}; break;
	default:
		message.type = PD_MSG_read_events;
		message.read_events = (struct pd_read_events){.after_seq = random % run->last_seq, .limit = 100};
		break;
	}
	return message;
}

static void on_answer(const struct pd_message *message, void *arg)
{
	struct run *run = arg;
	bool last = message->type == PD_MSG_end || message->type == PD_MSG_stats || message->type == PD_MSG_refused;
	run->answered += last;
	run->rows += !last || message->type == PD_MSG_stats;
}

/* So many queries are always under way. */
static void turn(void *arg)
{
	enum { WAIT_US = 5000 };
	struct run *run = arg;
	uint64_t until_us = bench_now_us() + WAIT_US;
	for (; run->asked - run->answered < run->wanted->asking; run->asked++) {
		struct pd_message message = query(run);
		wire_add(&run->wire, &message);
	}
	wire_flush(&run->wire);
	if (wire_wait(&run->wire, until_us))
		wire_receive(&run->wire, on_answer, run);
}

static void idle(void *arg)
{
	enum { WAIT_US = 5000 };
	struct run *run = arg;
	wire_wait(&run->wire, bench_now_us() + WAIT_US);
}

/* ---- what is there ---- */

static void take_id(const struct pd_message *message, void *arg)
{
	struct run *run = arg;
	if (message->type == PD_MSG_order && run->id_count < IDS_MAX)
		run->ids[run->id_count++] = message->order.order;
	on_answer(message, arg);
	if (message->type != PD_MSG_end)
		return;
	run->cursor = (struct pd_slice){run->cursor_bytes, message->end.cursor.bytes};
	if (run->cursor.bytes)
		memcpy(run->cursor_bytes, message->end.cursor.data, run->cursor.bytes);
	run->last_seq = message->end.seq;
}

static bool find_ids(struct run *run)
{
	while (run->id_count < IDS_MAX) {
		struct pd_message list = {.type = PD_MSG_list_orders, .request = 1};
		unsigned long before = run->id_count, answered = run->answered;
		list.list_orders = (struct pd_list_orders){
			.limit = 500, .cursor = run->cursor, .after_seq = UINT64_MAX}; /* all that there is */
		wire_add(&run->wire, &list);
		wire_flush(&run->wire);
		while (run->answered == answered)
			wire_receive(&run->wire, take_id, run);
		if (run->id_count == before)
			break;
	}
	return run->id_count > 0 && run->last_seq > 0;
}

/* ---- in turns ---- */

/* Lives a second beside queries of run->kind (KINDS: none); 0: something failed. */
static double lives(struct run *run, unsigned long orders, double *seconds)
{
	struct load load = {.orders = orders,
			    .outstanding = OUTSTANDING,
			    .text_bytes = TEXT_BYTES,
			    .queues = LOAD_QUEUES,
			    .times = load_times_new(orders)};
	struct load_cost cost = {0};
	if (!load.times)
		return 0;
	run->asked = run->answered = run->rows = 0;
	int code = beside_carry(&load, &run->broker, &cost, run->kind == KINDS ? idle : turn, run);
	*seconds = cost.seconds;
	load_times_free(load.times, load.orders);
	double per_s = code == 0 ? (double)orders / cost.seconds : 0;
	fprintf(stderr, "lives a second, %s: %.0f\n", run->kind == KINDS ? "nobody asks" : names[run->kind], per_s);
	while (run->answered < run->asked)
		wire_receive(&run->wire, on_answer, run);
	return per_s;
}

static bool in_turns(struct run *run, struct figures *figures)
{
	double without[SPREAD_TURNS_MAX], with[KINDS][SPREAD_TURNS_MAX], per_s[KINDS][SPREAD_TURNS_MAX], seconds = 0;
	unsigned long turns = run->wanted->turns, orders = run->wanted->orders;
	for (unsigned long i = 0; i < turns; i++) {
		run->kind = KINDS;
		without[i] = lives(run, orders, &seconds);
		if (without[i] <= 0)
			return false;
		for (run->kind = 0; run->kind < KINDS; run->kind++) {
			int kind = run->kind;
			with[kind][i] = lives(run, orders, &seconds);
			if (with[kind][i] <= 0)
				return false;
			per_s[kind][i] = (double)run->answered / seconds;
			figures->rows[kind] = (double)run->rows / (double)(run->answered ? run->answered : 1);
		}
	}
	for (int kind = 0; kind < KINDS; kind++) {
		figures->ratio[kind] = spread_ratio(with[kind], without, turns);
		figures->with[kind] = spread_median(with[kind], turns);
		figures->per_s[kind] = spread_median(per_s[kind], turns);
	}
	figures->without = spread_median(without, turns);
	return true;
}

static void report(const struct reading *wanted, const struct figures *f)
{
	printf(wanted->json ? "{\"asking\": %lu, \"lives_s_without\": %.0f" : "asking=%lu lives_s_without=%.0f\n",
	       wanted->asking, f->without);
	for (int kind = 0; kind < KINDS; kind++)
		printf(wanted->json ? ", \"%s_s\": %.0f, \"%s_rows\": %.1f, \"%s_lives_s\": %.0f, \"%s_ratio\": %.2f"
				    : "%s_s=%.0f %s_rows=%.1f %s_lives_s=%.0f %s_ratio=%.2f\n",
		       names[kind], f->per_s[kind], names[kind], f->rows[kind], names[kind], f->with[kind], names[kind],
		       f->ratio[kind]);
	if (wanted->json)
		puts("}");
}

static int measure(struct run *run)
{
	struct town town = {LOAD_QUEUES, HOUSEHOLDS, HOUSEHOLDS};
	struct figures figures = {0};
	double seconds;
	wire_open(&run->wire, run->broker.endpoint);
	run->kind = KINDS;
	if (!town_make(&run->wire, &town) || lives(run, ORDERS_BEFORE, &seconds) <= 0 || !find_ids(run))
		return 111;
	if (!in_turns(run, &figures) || run->wire.refused)
		return 1;
	wire_close(&run->wire);
	report(run->wanted, &figures);
	return broker_stop(&run->broker);
}

int reading_run(const struct reading *reading)
{
	struct run run = {.wanted = reading, .ids = calloc(IDS_MAX, sizeof *run.ids)};
	int code = 111;
	if (!run.ids)
		abort();
	if (sodium_init() >= 0 && broker_start(&run.broker, reading->program, reading->paidand, reading->dir))
		code = measure(&run);
	broker_remove(&run.broker);
	free(run.ids);
	return code;
}
