#include "supervisors.h"

#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "beside.h"
#include "callers.h"
#include "spread.h"

enum { OUTSTANDING = 1024, TEXT_BYTES = 200, EVENTS_A_LIFE = 3 };
enum { KEPT_BYTES_MAX = 128 << 20 }; /* a turn of 200,000 orders is 76 MB */

struct run {
	const struct supervisors *wanted;
	struct broker broker;
	char events[PATH_MAX + 16];
	struct callers callers;
	struct caller *all;
	struct pd_decoder *decoder;
	char *kept; /* payloads of the first one, each behind its size_t bytes */
	size_t kept_bytes;
	uint64_t seen;                   /* the greatest seq that the first one has seen */
	unsigned long events_seen, lost; /* by the first one */
	unsigned long reached;           /* supervisors whom anything has reached */
	uint64_t swept_us;               /* when those who discard were last asked to */
};

struct figures {
	double without, with, ratio, cpu_without_us, cpu_with_us; /* lives a second; the daemon's CPU time for a life */
	double late_s;        /* from the last answer until all had all that was published; the longest turn's */
	double bytes_a_life;  /* to each */
	unsigned long behind; /* supervisors who have got less than the first one, though it is over */
};

/* ---- what comes ---- */

/* The seqs of all events are one sequence; of those on two topics the second is known already. */
static void read_events(struct run *run, const char *payload, size_t bytes)
{
	for (size_t off = 0; off < bytes;) {
		struct pd_message message;
		struct pd_fault fault;
		pd_decoder_reset(run->decoder);
		if (pd_decode(run->decoder, payload, bytes, &off, &message, &fault))
			return;
		if (message.type == PD_MSG_published || message.type == PD_MSG_stats || message.request <= run->seen)
			continue;
		if (run->seen)
			run->lost += message.request - run->seen - 1;
		run->seen = message.request;
		run->events_seen++;
	}
}

/* What was kept: to look into it at once would take the machine from the broker. */
static void read_kept(struct run *run)
{
	for (size_t at = 0, bytes; at < run->kept_bytes; at += bytes) {
		memcpy(&bytes, run->kept + at, sizeof bytes);
		at += sizeof bytes;
		read_events(run, run->kept + at, bytes);
	}
	run->kept_bytes = 0;
}

static void on_payload(struct callers *callers, struct caller *caller, const char *payload, size_t bytes)
{
	struct run *run = callers->arg;
	run->reached += caller->taken == 1;
	if (!payload)
		return;
	if (sizeof bytes + bytes > KEPT_BYTES_MAX - run->kept_bytes)
		read_kept(run);
	memcpy(run->kept + run->kept_bytes, &bytes, sizeof bytes);
	memcpy(run->kept + run->kept_bytes + sizeof bytes, payload, bytes);
	run->kept_bytes += sizeof bytes + bytes;
}

static void turn(void *arg)
{
	struct run *run = arg;
	enum { SWEEP_US = 3000 };
	callers_turn(&run->callers, 2);
	uint64_t now_us = bench_now_us();
	if (now_us - run->swept_us < SWEEP_US)
		return;
	run->swept_us = now_us;
	callers_discard(&run->callers, run->all, run->wanted->supervisors);
}

/* ---- subscribing ---- */

static void count_any(const struct pd_message *message, void *arg)
{
	*(unsigned long *)arg += message->type == PD_MSG_ok;
}

/* Something that is published to everybody. */
static bool publish_something(struct run *run, unsigned number)
{
	struct wire wire;
	struct pd_message put = {.type = PD_MSG_put_category};
	unsigned long answered = 0;
	put.put_category = (struct pd_put_category){.category = 100 + number,
						    .name = pd_text("bench"),
						    .level = PD_level_microgrid,
						    .urgency = PD_urgency_normal,
						    .accept_within_s = 1800,
						    .complete_within_s = 86400};
	wire_open(&wire, run->broker.endpoint);
	wire_add(&wire, &put);
	wire_flush(&wire);
	wire_receive(&wire, count_any, &answered);
	wire_close(&wire);
	return answered == 1;
}

static uint64_t taken_by_all(const struct run *run)
{
	uint64_t bytes = 0;
	for (unsigned long i = 0; i < run->wanted->supervisors; i++)
		bytes += run->all[i].bytes_taken;
	return bytes;
}

/* Until nothing more comes but the figures of each second; what is lost then stays so. How long it took, in seconds. */
static double drain(struct run *run)
{
	enum { QUIET_US = 1500000, FIGURES_BYTES = 4096 };
	uint64_t start_us = bench_now_us(), last_us = start_us, taken = taken_by_all(run);
	while (bench_now_us() - last_us < QUIET_US) {
		turn(run);
		uint64_t now_taken = taken_by_all(run);
		if (now_taken - taken <= run->wanted->supervisors * FIGURES_BYTES)
			continue;
		taken = now_taken;
		last_us = bench_now_us();
	}
	read_kept(run);
	return (double)(last_us - start_us) / 1e6;
}

/* Nobody says when a subscription has come: something is published until it has reached them all. */
static bool subscribe_all(struct run *run)
{
	enum { TRIES = 100, TURNS_EACH = 100 };
	run->reached = 0;
	run->seen = 0;
	for (unsigned long i = 0; i < run->wanted->supervisors; i++) {
		run->all[i].taken = 0;
		run->all[i].discards = i > 0;
		if (!caller_connect(&run->callers, &run->all[i]))
			return false;
	}
	for (unsigned i = 0; i < TRIES && run->reached < run->wanted->supervisors; i++) {
		if (!publish_something(run, i))
			return false;
		for (int k = 0; k < TURNS_EACH; k++)
			turn(run);
	}
	drain(run);
	for (unsigned long i = 0; i < run->wanted->supervisors; i++)
		run->all[i].bytes_taken = 0;
	return run->reached == run->wanted->supervisors;
}

static void leave_all(struct run *run)
{
	for (unsigned long i = 0; i < run->wanted->supervisors; i++)
		caller_cut(&run->callers, &run->all[i]);
}

static unsigned long count_behind(const struct run *run)
{
	unsigned long behind = 0;
	for (unsigned long i = 1; i < run->wanted->supervisors; i++)
		behind += run->all[i].bytes_taken != run->all[0].bytes_taken;
	return behind;
}

/* ---- in turns ---- */

static bool lives(struct run *run, bool with, double *per_s, double *cpu_us, struct figures *figures)
{
	struct load load = {.orders = run->wanted->orders,
			    .outstanding = OUTSTANDING,
			    .text_bytes = TEXT_BYTES,
			    .queues = LOAD_QUEUES,
			    .times = load_times_new(run->wanted->orders)};
	struct load_cost cost;
	if (!load.times || (with && !subscribe_all(run)))
		return false;
	unsigned long seen = run->events_seen, lost = run->lost;
	bool done = beside_carry(&load, &run->broker, &cost, turn, run) == 0;
	load_times_free(load.times, load.orders);
	*per_s = (double)load.orders / cost.seconds;
	*cpu_us = cost.cpu_us / (double)load.orders;
	fprintf(stderr, "lives a second, %s: %.0f\n", with ? "with supervisors" : "without", *per_s);
	if (!with)
		return done;
	double late_s = drain(run);
	if (late_s > figures->late_s)
		figures->late_s = late_s;
	figures->behind += count_behind(run);
	figures->bytes_a_life = (double)run->all[0].bytes_taken / (double)load.orders;
	/* What was lost at the end shows in no gap. */
	unsigned long of_lives = EVENTS_A_LIFE * load.orders, got = run->events_seen - seen;
	if (got < of_lives && run->lost - lost < of_lives - got)
		run->lost = lost + of_lives - got;
	leave_all(run);
	return done;
}

static bool in_turns(struct run *run, struct figures *figures)
{
	double got[4][SPREAD_TURNS_MAX];
	unsigned long turns = run->wanted->turns;
	for (unsigned long i = 0; i < turns; i++)
		if (!lives(run, false, &got[0][i], &got[2][i], figures) ||
		    !lives(run, true, &got[1][i], &got[3][i], figures))
			return false;
	figures->ratio = spread_ratio(got[1], got[0], turns);
	figures->without = spread_median(got[0], turns);
	figures->with = spread_median(got[1], turns);
	figures->cpu_without_us = spread_median(got[2], turns);
	figures->cpu_with_us = spread_median(got[3], turns);
	return true;
}

static int measure(struct run *run)
{
	const struct supervisors *wanted = run->wanted;
	struct figures f = {0};
	if (!load_make_registry(run->broker.endpoint))
		return 111;
	if (!in_turns(run, &f))
		return 1;
	int code = broker_stop(&run->broker);
	printf(wanted->json ? "{\"supervisors\": %lu, \"topic\": \"%s\", \"lives_s_without\": %.0f, "
			      "\"lives_s_with\": %.0f, \"ratio\": %.2f, \"server_cpu_us_without\": %.2f, "
			      "\"server_cpu_us_with\": %.2f, \"bytes_a_life_each\": %.0f, \"late_s\": %.2f, "
			      "\"events_lost\": %lu, \"behind\": %lu}\n"
			    : "supervisors=%lu topic=%s lives_s_without=%.0f lives_s_with=%.0f ratio=%.2f "
			      "server_cpu_us_without=%.2f server_cpu_us_with=%.2f bytes_a_life_each=%.0f "
			      "late_s=%.2f events_lost=%lu behind=%lu\n",
	       wanted->supervisors, wanted->topic, f.without, f.with, f.ratio, f.cpu_without_us, f.cpu_with_us,
	       f.bytes_a_life, f.late_s, run->lost, f.behind);
	return code;
}

int supervisors_run(const struct supervisors *supervisors)
{
	struct run run = {.wanted = supervisors, .decoder = pd_decoder_new()};
	int code = 111;
	if (sodium_init() < 0 || !run.decoder)
		return 111;
	if (callers_allow(supervisors->supervisors + 256) < supervisors->supervisors + 256) {
		callers_tell_limit(supervisors->supervisors + 256);
		return 111;
	}
	run.all = calloc(supervisors->supervisors, sizeof *run.all);
	/* There from the start, and shared, so that no turn has to wait for pages or to copy them. */
	run.kept = mmap(NULL, KEPT_BYTES_MAX, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (!run.all || run.kept == MAP_FAILED)
		abort();
	if (broker_start(&run.broker, supervisors->program, supervisors->paidand, supervisors->dir)) {
		snprintf(run.events, sizeof run.events, "ipc://%s/events", run.broker.dir);
		run.callers = (struct callers){
			.endpoint = run.events, .subscribe = supervisors->topic, .on_payload = on_payload, .arg = &run};
		callers_init(&run.callers);
		code = measure(&run);
		leave_all(&run);
		callers_fini(&run.callers);
	}
	broker_remove(&run.broker);
	pd_decoder_free(run.decoder);
	munmap(run.kept, KEPT_BYTES_MAX);
	free(run.all);
	return code;
}
