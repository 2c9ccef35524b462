#include "connections.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "beside.h"
#include "callers.h"
#include "spread.h"
#include "town.h"

enum { HOUSEHOLDS = 85605, CREDIT = 16, SLOTS = 4 * CREDIT, OUTSTANDING = 1024, TEXT_BYTES = 200 };
/* Of the residents one in so many has an order in flight when the storm begins. */
enum { STORM_ONE_IN = 10, HELLO_AGAIN_MS = 1 };

/* A worker's order under way: the request id of an accept is twice the slot, that of a complete one more. What was not
 * answered is sent again after a cut. */
struct slot {
	struct pd_id order;
	uint32_t version; /* that is named next */
	enum { FREE, ACCEPTING, COMPLETING } state;
};

struct worker {
	struct slot slots[SLOTS];
};

/* A resident's order in the storm. */
struct wish {
	struct pd_id order;
	bool asked, answered;
};

struct run {
	const struct connections *wanted;
	struct broker broker;
	struct callers callers;
	struct caller *all; /* the workers, then the residents */
	struct worker *workers;
	struct wish *wishes; /* of each resident */
	unsigned long count, workers_beat, residents_beat;
	uint64_t heartbeat_ms[2]; /* of workers and of residents, by their welcome */
	unsigned long welcomed, working, completed, answered, refused;
	bool resting; /* the workers take no orders */
};

struct figures {
	double connect_s, rss_before, rss, kib_each, kernel_mib, idle_cpu, pings_s;
	double own_without, own_with, own_ratio, one_without, one_with, one_ratio; /* lives a second */
	double storm_welcome_s, storm_s;
	unsigned long storm_orders, carried, counted_submitted, counted_completed;
};

/* ---- what comes ---- */

static bool is_worker(const struct run *run, const struct caller *caller)
{
	return (size_t)(caller - run->all) < run->wanted->workers;
}

static void ask_for_work(const struct run *run, struct caller *caller)
{
	struct pd_message work = {.type = PD_MSG_work, .request = 2 * SLOTS};
	work.work = (struct pd_work){caller->person, run->resting ? 0 : CREDIT};
	caller_send(caller, &work);
}

static void send_slot(struct caller *caller, const struct slot *slot, unsigned number)
{
	struct pd_message accept = {.type = PD_MSG_accept, .request = 2 * number},
			  complete = {.type = PD_MSG_complete, .request = 2 * number + 1};
	accept.accept = (struct pd_accept){slot->order, slot->version, caller->person};
	complete.complete = (struct pd_complete){slot->order, slot->version, pd_text("done"), caller->person};
	if (slot->state != FREE)
		caller_send(caller, slot->state == ACCEPTING ? &accept : &complete);
}

static void submit_wish(struct caller *caller, const struct wish *wish)
{
	char text[LOAD_TEXT_BYTES_MAX + 1];
	struct pd_message submit = {.type = PD_MSG_submit, .request = 2};
	load_text(text, TEXT_BYTES);
	submit.submit = (struct pd_submit){.order = wish->order, .category = TOWN_CATEGORY, .text = pd_text(text)};
	caller_send(caller, &submit);
}

static struct wish *wish_of(const struct run *run, const struct caller *caller)
{
	return &run->wishes[(size_t)(caller - run->all) - run->wanted->workers];
}

static void on_welcome(struct run *run, struct caller *caller, const struct pd_welcome *welcome)
{
	run->welcomed++;
	run->heartbeat_ms[!is_worker(run, caller)] = welcome->heartbeat_ms;
	if (is_worker(run, caller)) {
		ask_for_work(run, caller);
		for (unsigned i = 0; i < SLOTS; i++)
			send_slot(caller, &run->workers[caller - run->all].slots[i], i);
		return;
	}
	const struct wish *wish = wish_of(run, caller);
	if (wish->asked && !wish->answered)
		submit_wish(caller, wish);
}

/* What is pushed again is under way already. */
static void on_push(struct run *run, struct caller *caller, const struct pd_push *push)
{
	struct slot *slots = run->workers[caller - run->all].slots;
	unsigned empty = SLOTS;
	for (unsigned i = SLOTS; i-- > 0;) {
		if (slots[i].state != FREE && memcmp(&slots[i].order, &push->order, sizeof push->order) == 0)
			return;
		if (slots[i].state == FREE)
			empty = i;
	}
	if (empty == SLOTS)
		abort(); /* the broker pushes no more than the credit, and there are slots for more than that */
	slots[empty] = (struct slot){push->order, push->version, ACCEPTING};
	send_slot(caller, &slots[empty], empty);
}

static void on_worker_ok(struct run *run, struct caller *caller, const struct pd_message *message)
{
	unsigned number = (unsigned)message->request / 2;
	struct slot *slot = &run->workers[caller - run->all].slots[number < SLOTS ? number : 0];
	if (number >= SLOTS) {
		run->working++;
	} else if (message->request & 1) {
		slot->state = FREE;
		run->completed++;
	} else {
		slot->state = COMPLETING;
		slot->version = message->ok.version;
		send_slot(caller, slot, number);
	}
}

static void on_message(struct callers *callers, struct caller *caller, const struct pd_message *message)
{
	struct run *run = callers->arg;
	if (message->type == PD_MSG_welcome) {
		on_welcome(run, caller, &message->welcome);
	} else if (message->type == PD_MSG_push && is_worker(run, caller)) {
		on_push(run, caller, &message->push);
	} else if (message->type == PD_MSG_ok && is_worker(run, caller)) {
		on_worker_ok(run, caller, message);
	} else if (message->type == PD_MSG_ok) {
		struct wish *wish = wish_of(run, caller);
		run->answered += !wish->answered;
		wish->answered = true;
	} else if (message->type == PD_MSG_refused && message->refused.code == PD_REFUSED_no_hello) {
		/* One hello for all that was refused: the answers to the rest are on their way. */
		uint64_t now_ms = bench_now_us() / 1000;
		if (now_ms - caller->beat_ms > HELLO_AGAIN_MS)
			caller_hello(callers, caller);
	} else if (message->type == PD_MSG_refused && run->refused++ == 0) {
		fprintf(stderr, "paidan-bench: refused: %.*s %.*s\n", (int)message->refused.sentence.bytes,
			message->refused.sentence.data, (int)message->refused.detail.bytes,
			message->refused.detail.data);
	}
}

/* ---- connecting ---- */

static void turn_for(struct run *run, int wait_ms)
{
	callers_turn(&run->callers, wait_ms);
	unsigned long workers = run->wanted->workers;
	callers_beat(run->all, workers, &run->workers_beat, run->heartbeat_ms[0]);
	callers_beat(run->all + workers, run->wanted->residents, &run->residents_beat, run->heartbeat_ms[1]);
}

static void turn(void *arg)
{
	turn_for(arg, 5);
}

/* Until *count has come to wanted, while everybody goes on saying that they are there. */
static bool turn_until(struct run *run, const unsigned long *count, unsigned long wanted)
{
	unsigned long before = *count;
	uint64_t since_us = bench_now_us();
	while (*count < wanted) {
		turn(run);
		if (*count != before)
			since_us = bench_now_us();
		before = *count;
		if (bench_now_us() - since_us < 60000000)
			continue;
		fprintf(stderr, "paidan-bench: %lu of %lu have come, %lu connections were lost\n", *count, wanted,
			run->callers.lost);
		return false;
	}
	return true;
}

/* All in [from, to) connect at once, and are welcomed. */
static bool connect_range(struct run *run, unsigned long from, unsigned long to)
{
	enum { TAKE_IN_EVERY = 64 };
	run->welcomed = 0;
	for (unsigned long i = from; i < to; i++) {
		if (!caller_connect(&run->callers, &run->all[i]))
			return false;
		if (i % TAKE_IN_EVERY == 0)
			turn_for(run, 0);
	}
	return turn_until(run, &run->welcomed, to - from);
}

static void cut_range(struct run *run, unsigned long from, unsigned long to)
{
	for (unsigned long i = from; i < to; i++)
		caller_cut(&run->callers, &run->all[i]);
}

static bool connect_workers(struct run *run)
{
	run->working = 0;
	return connect_range(run, 0, run->wanted->workers) && turn_until(run, &run->working, run->wanted->workers);
}

static void rest(struct run *run, bool resting)
{
	run->resting = resting;
	run->working = 0;
	for (unsigned long i = 0; i < run->wanted->workers; i++)
		ask_for_work(run, &run->all[i]);
	turn_until(run, &run->working, run->wanted->workers);
}

/* ---- lives ---- */

/* It takes minutes: say on stderr how far it is. */
static void tell(const struct run *run, const char *what, double value)
{
	fprintf(stderr, "%s %.1f (%lu connected, %lu lost)\n", what, value, run->callers.connected, run->callers.lost);
}

/* Lives a second; 0: something failed. */
static double lives(struct run *run, struct figures *figures, bool own)
{
	struct load load = {.orders = run->wanted->orders,
			    .outstanding = OUTSTANDING,
			    .text_bytes = TEXT_BYTES,
			    .queues = (uint32_t)run->wanted->workers,
			    .unworked = own,
			    .times = load_times_new(run->wanted->orders)};
	struct load_cost cost;
	unsigned long before = run->completed;
	if (!load.times)
		return 0;
	rest(run, !own);
	uint64_t start_us = bench_now_us();
	int code = beside_carry(&load, &run->broker, &cost, turn, run);
	bool done = code == 0 && (!own || turn_until(run, &run->completed, before + load.orders));
	double seconds = own ? (double)(bench_now_us() - start_us) / 1e6 : cost.seconds;
	load_times_free(load.times, load.orders);
	figures->carried += load.orders;
	tell(run, own ? "lives a second, each worker with a connection:" : "lives a second, one connection works:",
	     (double)load.orders / seconds);
	return done ? (double)load.orders / seconds : 0;
}

/* What the machine's kernel holds for itself. The connections' part is for both their ends. */
static double kernel_memory_mib(void)
{
	static const char *const not_its_own[] = {"MemFree", "Buffers", "Cached", "SwapCached", "AnonPages"};
	char line[256], name[64];
	double mib = 0;
	unsigned long kib;
	FILE *f = fopen("/proc/meminfo", "r");
	while (f && fgets(line, sizeof line, f)) {
		if (sscanf(line, "%63[^:]: %lu", name, &kib) != 2)
			continue;
		mib += strcmp(name, "MemTotal") == 0 ? (double)kib / 1024 : 0;
		for (size_t i = 0; i < sizeof not_its_own / sizeof *not_its_own; i++)
			mib -= strcmp(name, not_its_own[i]) == 0 ? (double)kib / 1024 : 0;
	}
	if (f)
		fclose(f);
	return mib;
}

/* Residents have come at all times, and so do their signs of life: not all of them in one part of each heartbeat. */
static void spread_beats(struct run *run)
{
	uint64_t beat_ms = run->heartbeat_ms[1], now_ms = bench_now_us() / 1000;
	unsigned long residents = run->wanted->residents;
	struct caller *all = run->all + run->wanted->workers;
	for (unsigned long i = 0; i < residents; i++)
		all[(run->residents_beat + i) % residents].beat_ms = now_ms - beat_ms + beat_ms * i / residents;
}

static bool connect_residents(struct run *run, struct figures *figures, bool first)
{
	unsigned long workers = run->wanted->workers;
	double rss = broker_memory_mib(&run->broker), kernel_mib = kernel_memory_mib();
	uint64_t start_us = bench_now_us();
	if (!connect_range(run, workers, run->count))
		return false;
	figures->connect_s = (double)(bench_now_us() - start_us) / 1e6;
	tell(run, "all are connected, after seconds:", figures->connect_s);
	spread_beats(run);
	if (first) {
		figures->kib_each = (broker_memory_mib(&run->broker) - rss) * 1024 / (double)run->wanted->residents;
		figures->kernel_mib = kernel_memory_mib() - kernel_mib;
	}
	return true;
}

static bool lives_in_turns(struct run *run, struct figures *figures)
{
	double got[4][SPREAD_TURNS_MAX];
	unsigned long workers = run->wanted->workers, turns = run->wanted->turns;
	for (unsigned long i = 0; i < turns; i++) {
		if (i > 0)
			cut_range(run, workers, run->count);
		got[0][i] = lives(run, figures, true);
		got[1][i] = lives(run, figures, false);
		if (!connect_residents(run, figures, i == 0))
			return false;
		got[2][i] = lives(run, figures, true);
		got[3][i] = lives(run, figures, false);
		for (int k = 0; k < 4; k++)
			if (got[k][i] <= 0)
				return false;
	}
	figures->own_ratio = spread_ratio(got[2], got[0], turns);
	figures->one_ratio = spread_ratio(got[3], got[1], turns);
	figures->own_without = spread_median(got[0], turns);
	figures->one_without = spread_median(got[1], turns);
	figures->own_with = spread_median(got[2], turns);
	figures->one_with = spread_median(got[3], turns);
	return true;
}

/* ---- holding ---- */

static bool hold(struct run *run, struct figures *figures)
{
	double cpu_before, cpu, written;
	unsigned long pings = run->callers.zmtp_pings;
	uint64_t start_us = bench_now_us();
	broker_costs(&run->broker, &cpu_before, &written);
	while (bench_now_us() - start_us < run->wanted->hold_s * 1000000)
		turn(run);
	broker_costs(&run->broker, &cpu, &written);
	double us = (double)(bench_now_us() - start_us);
	figures->idle_cpu = us > 0 ? 100 * (cpu - cpu_before) / us : 0;
	figures->pings_s = us > 0 ? (double)(run->callers.zmtp_pings - pings) * 1e6 / us : 0;
	figures->rss = broker_memory_mib(&run->broker);
	if (run->callers.lost)
		fprintf(stderr, "paidan-bench: %lu connections were lost\n", run->callers.lost);
	return run->callers.lost == 0;
}

/* ---- the storm ---- */

static bool storm(struct run *run, struct figures *figures)
{
	unsigned long workers = run->wanted->workers, completed = run->completed;
	rest(run, false);
	for (unsigned long i = 0; i < run->wanted->residents; i += STORM_ONE_IN) {
		run->wishes[i] = (struct wish){town_new_id(), true, false};
		submit_wish(&run->all[workers + i], &run->wishes[i]);
		figures->storm_orders++;
	}
	uint64_t start_us = bench_now_us();
	cut_range(run, 0, run->count);
	run->working = 0;
	if (!connect_range(run, 0, run->count))
		return false;
	figures->storm_welcome_s = (double)(bench_now_us() - start_us) / 1e6;
	if (!turn_until(run, &run->answered, figures->storm_orders) ||
	    !turn_until(run, &run->completed, completed + figures->storm_orders))
		return false;
	figures->storm_s = (double)(bench_now_us() - start_us) / 1e6;
	return town_count(run->broker.endpoint, &figures->counted_submitted, &figures->counted_completed);
}

/* ---- all of it ---- */

static int report(const struct run *run, const struct figures *f)
{
	const struct connections *wanted = run->wanted;
	unsigned long all = f->carried + f->storm_orders;
	bool lost = f->counted_submitted != all || f->counted_completed != all;
	const char *format =
		wanted->json
			? "{\"residents\": %lu, \"workers\": %lu, \"connect_s\": %.1f, \"rss_mib_before\": %.0f, "
			  "\"rss_mib\": %.0f, \"kib_each\": %.1f, \"kernel_mib\": %.0f, \"idle_cpu_percent\": %.1f, "
			  "\"zmtp_pings_s\": %.0f, "
			  "\"own_lives_s_without\": %.0f, \"own_lives_s_with\": %.0f, \"own_ratio\": %.2f, "
			  "\"one_lives_s_without\": %.0f, \"one_lives_s_with\": %.0f, \"one_ratio\": %.2f, "
			  "\"storm_welcome_s\": %.1f, \"storm_s\": %.1f, \"storm_orders\": %lu, "
			  "\"orders_sent\": %lu, \"orders_counted\": %lu, \"orders_completed\": %lu}\n"
			: "residents=%lu workers=%lu connect_s=%.1f rss_mib_before=%.0f rss_mib=%.0f kib_each=%.1f "
			  "kernel_mib=%.0f idle_cpu_percent=%.1f zmtp_pings_s=%.0f\n"
			  "own_lives_s_without=%.0f own_lives_s_with=%.0f own_ratio=%.2f "
			  "one_lives_s_without=%.0f one_lives_s_with=%.0f one_ratio=%.2f\n"
			  "storm_welcome_s=%.1f storm_s=%.1f storm_orders=%lu orders_sent=%lu orders_counted=%lu "
			  "orders_completed=%lu\n";
	printf(format, wanted->residents, wanted->workers, f->connect_s, f->rss_before, f->rss, f->kib_each,
	       f->kernel_mib, f->idle_cpu, f->pings_s, f->own_without, f->own_with, f->own_ratio, f->one_without,
	       f->one_with, f->one_ratio, f->storm_welcome_s, f->storm_s, f->storm_orders, all, f->counted_submitted,
	       f->counted_completed);
	if (lost)
		fprintf(stderr, "paidan-bench: %lu orders were sent, %lu were counted and %lu completed\n", all,
			f->counted_submitted, f->counted_completed);
	return lost || run->refused ? 1 : 0;
}

static int measure(struct run *run)
{
	const struct connections *wanted = run->wanted;
	struct figures figures = {0};
	struct wire wire;
	struct town town = {(uint32_t)wanted->workers, HOUSEHOLDS, (uint32_t)wanted->residents};
	wire_open(&wire, run->broker.endpoint);
	bool made = town_make(&wire, &town);
	wire_close(&wire);
	if (!made || !connect_workers(run))
		return 111;
	figures.rss_before = broker_memory_mib(&run->broker);
	if (!lives_in_turns(run, &figures) || !hold(run, &figures) || !storm(run, &figures))
		return 1;
	int code = report(run, &figures), daemon_code = broker_stop(&run->broker);
	return code ? code : daemon_code;
}

static void people(struct run *run)
{
	unsigned long workers = run->wanted->workers;
	for (unsigned long i = 0; i < run->count; i++)
		run->all[i].person = (uint32_t)(i < workers ? TOWN_FIRST_AREA + i : TOWN_FIRST_PERSON + i - workers);
}

/* As many residents as are wanted; if that is not said, as many as there may be. False: too many are wanted. */
static bool allow(struct connections *wanted)
{
	enum { RESIDENTS = 100000, SPARE = 512 }; /* the daemon keeps some back */
	unsigned long others = wanted->workers + SPARE, residents = wanted->residents ? wanted->residents : RESIDENTS;
	unsigned long room = callers_allow(others + residents);
	if (room < others + residents) {
		callers_tell_limit(others + residents);
		if (wanted->residents || room <= others)
			return false;
		residents = room - others;
		fprintf(stderr, "paidan-bench: %lu residents are connected instead of %d\n", residents, RESIDENTS);
	}
	wanted->residents = residents;
	return true;
}

int connections_run(const struct connections *connections)
{
	struct connections wanted = *connections;
	struct run run = {.wanted = &wanted};
	int code = 111;
	if (sodium_init() < 0 || !allow(&wanted))
		return 111;
	connections = &wanted;
	run.count = wanted.workers + wanted.residents;
	run.all = calloc(run.count, sizeof *run.all);
	run.workers = calloc(connections->workers, sizeof *run.workers);
	run.wishes = calloc(connections->residents, sizeof *run.wishes);
	if (!run.all || !run.workers || !run.wishes)
		abort();
	people(&run);
	run.callers = (struct callers){
		.endpoint = run.broker.endpoint, .listen = true, .on_message = on_message, .arg = &run};
	callers_init(&run.callers);
	if (broker_start(&run.broker, connections->program, connections->paidand, connections->dir))
		code = measure(&run);
	broker_remove(&run.broker);
	cut_range(&run, 0, run.count);
	callers_fini(&run.callers);
	free(run.all);
	free(run.workers);
	free(run.wishes);
	return code;
}
