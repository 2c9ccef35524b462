/* growth.c - the same lives through stores of all sizes, in turns.
 *
 * Each case has a daemon and a store of its own: nothing in it; so many past orders; so many orders that wait in one
 * queue, through which the lives go; all lives through one queue. All daemons run, and one after the other has its
 * turn: what the machine does meanwhile meets all alike. A turn ends when the book holds all that came of it.
 */
#include "growth.h"

#include <dirent.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "id.h"
#include "load.h"
#include "spread.h"

enum { CASES_MAX = GROWTH_SIZES_MAX + 3, BURST = 20000, RECORDS_AT_A_TIME = 4096, DAY_MS = 86400000 };

struct store {
	const char *name;
	unsigned long past, waiting;
	uint32_t queues;
	struct broker broker;
	double built_s, journal_bytes, book_bytes; /* when it was built: what is in it */
	double clean_ms, killed_ms, cold_ms;   /* from exec to the first pong: after a stop, a kill -9, a cold cache */
	double started_mib, ended_mib;         /* memory */
	double *lives_per_s, *ratios, *cpu_us; /* of each round; ratios: to the first case in the same round */
};

struct run {
	const struct growth *growth;
	struct store stores[CASES_MAX];
	int count;
};

/* ---- past orders ---- */

struct recorder {
	struct wire wire;
	unsigned long sent, answered, orders;
	uint64_t first_ms; /* when the first one was submitted; each of the others a millisecond after the one before */
	char text[LOAD_TEXT_BYTES_MAX + 1];
};

static void on_recorded(const struct pd_message *message, void *arg)
{
	struct recorder *recorder = arg;
	recorder->answered += message->type == PD_MSG_ok;
}

static void record(struct recorder *recorder)
{
	unsigned long n = recorder->sent++;
	uint64_t submitted_ms = recorder->first_ms + n;
	uint8_t random[10];
	randombytes_buf(random, sizeof random);
	struct pd_message message = {.type = PD_MSG_record, .request = n};
	char key[24];
	snprintf(key, sizeof key, "%lu", n);
	message.record = (struct pd_record){.order = pd_id_make(submitted_ms, random),
					    .category = LOAD_CATEGORY,
					    .text = pd_text(recorder->text),
					    .submitted_ms = submitted_ms,
					    .ended_ms = submitted_ms + DAY_MS,
					    .state = PD_STATE_closed,
					    .source = pd_text("bench"),
					    .key = pd_text(key),
					    .area = LOAD_FIRST_AREA + (uint32_t)(n * 2654435761u % LOAD_QUEUES),
					    .result = pd_text("done")};
	wire_add(&recorder->wire, &message);
}

/* As `paidan history` brings them in. */
static bool record_all(const struct store *store, unsigned long text_bytes)
{
	struct recorder recorder = {.orders = store->past};
	struct timespec wall;
	clock_gettime(CLOCK_REALTIME, &wall);
	recorder.first_ms = (uint64_t)wall.tv_sec * 1000 - 2 * (uint64_t)DAY_MS - store->past;
	load_text(recorder.text, text_bytes);
	wire_open(&recorder.wire, store->broker.endpoint);
	while (recorder.answered < recorder.orders && recorder.wire.refused == 0) {
		while (recorder.sent < recorder.orders && recorder.sent - recorder.answered < RECORDS_AT_A_TIME)
			record(&recorder);
		wire_flush(&recorder.wire);
		wire_receive(&recorder.wire, on_recorded, &recorder);
	}
	bool good = recorder.wire.refused == 0;
	wire_close(&recorder.wire);
	return good;
}

/* ---- a store ---- */

static void on_end(const struct pd_message *message, void *arg)
{
	*(bool *)arg = *(bool *)arg || message->type == PD_MSG_end;
}

/* Until the book holds all that has happened. */
static void wait_kept(const struct store *store)
{
	struct wire wire;
	bool ended = false;
	struct pd_message list = {.type = PD_MSG_list_orders, .list_orders = {.limit = 1, .after_seq = UINT64_MAX}};
	wire_open(&wire, store->broker.endpoint);
	wire_add(&wire, &list);
	wire_flush(&wire);
	while (!ended)
		wire_receive(&wire, on_end, &ended);
	wire_close(&wire);
}

static int carry(const struct growth *growth, const struct store *store, unsigned long orders, bool unworked,
		 struct load_cost *cost)
{
	struct load load = {.orders = orders,
			    .outstanding = growth->outstanding,
			    .text_bytes = growth->text_bytes,
			    .queues = store->queues,
			    .unworked = unworked,
			    .others_wait = store->waiting > 0,
			    .times = load_times_new(orders)};
	int code = load.times ? load_carry(&load, &store->broker, cost) : 111;
	load_times_free(load.times, orders);
	return code;
}

static void on_pong(const struct pd_message *message, void *arg)
{
	*(bool *)arg = message->type == PD_MSG_pong;
}

static bool start_timed(struct store *store, double *ms)
{
	struct wire wire;
	bool pong = false;
	struct pd_message ping = {.type = PD_MSG_ping};
	uint64_t begun_us = bench_now_us();
	if (!broker_start_again(&store->broker, NULL))
		return false;
	wire_open(&wire, store->broker.endpoint);
	wire_add(&wire, &ping);
	wire_flush(&wire);
	wire_receive(&wire, on_pong, &pong);
	*ms = (double)(bench_now_us() - begun_us) / 1e3;
	wire_close(&wire);
	return pong;
}

/* Have the files of a folder read from disk the next time. */
static void drop_cache(const char *dir, const char *folder)
{
	char path[2 * PATH_MAX];
	snprintf(path, sizeof path, "%s/%s", dir, folder);
	DIR *files = opendir(path);
	for (const struct dirent *entry; files && (entry = readdir(files));) {
		int fd = openat(dirfd(files), entry->d_name, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			continue;
		fdatasync(fd); /* only clean pages go */
		posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
		close(fd);
	}
	if (files)
		closedir(files);
}

/* After a stop, after a kill -9 right behind a burst of lives, and with nothing of it in memory. */
static int time_restarts(const struct growth *growth, struct store *store)
{
	struct load_cost cost;
	if (!start_timed(store, &store->clean_ms))
		return 111;
	int code = carry(growth, store, BURST, false, &cost);
	if (code)
		return code;
	broker_kill(&store->broker);
	if (!start_timed(store, &store->killed_ms) || broker_stop(&store->broker) != 0)
		return 111;
	drop_cache(store->broker.data, "journal");
	drop_cache(store->broker.data, "book");
	return start_timed(store, &store->cold_ms) ? 0 : 111;
}

static int build(const struct growth *growth, struct store *store)
{
	struct load_cost cost;
	uint64_t begun_us = bench_now_us();
	if (!broker_start(&store->broker, growth->program, growth->paidand, growth->dir) ||
	    !load_make_registry(store->broker.endpoint))
		return 111;
	if (store->past && !record_all(store, growth->text_bytes))
		return 1;
	int code = store->waiting ? carry(growth, store, store->waiting, true, &cost) : 0;
	wait_kept(store);
	if (code || broker_stop(&store->broker) != 0)
		return code ? code : 111;
	store->built_s = (double)(bench_now_us() - begun_us) / 1e6;
	store->journal_bytes = broker_journal_bytes(&store->broker);
	store->book_bytes = broker_book_bytes(&store->broker);
	code = time_restarts(growth, store);
	store->started_mib = broker_memory_mib(&store->broker);
	return code;
}

/* ---- the turns ---- */

static int take_turn(const struct growth *growth, struct store *store, unsigned long round)
{
	struct load_cost cost = {0};
	int code = carry(growth, store, growth->orders, false, &cost);
	if (code)
		return code;
	wait_kept(store);
	store->lives_per_s[round] = (double)growth->orders / cost.seconds;
	store->cpu_us[round] = cost.cpu_us / (double)growth->orders;
	return 0;
}

static int take_turns(struct run *run)
{
	int code = 0;
	for (unsigned long round = 0; round < run->growth->rounds && code == 0; round++) {
		for (int i = 0; i < run->count && code == 0; i++) /* another one begins each time */
			code = take_turn(run->growth,
					 &run->stores[((unsigned long)i + round) % (unsigned long)run->count], round);
		for (int i = 0; i < run->count; i++)
			run->stores[i].ratios[round] =
				run->stores[i].lives_per_s[round] / run->stores[0].lives_per_s[round];
	}
	return code;
}

/* ---- the report ---- */

static void report(const struct growth *growth, struct store *store)
{
	double lives = (double)(growth->rounds * growth->orders + BURST);
	double grown = broker_journal_bytes(&store->broker) - store->journal_bytes;
	const char *format =
		growth->json
			? "{\"case\": \"%s\", \"past\": %lu, \"waiting\": %lu, \"queues\": %u, \"lives_per_s\": %.0f, "
			  "\"ratio\": %.2f, \"server_cpu_us_per_life\": %.2f, \"started_mib\": %.0f, \"ended_mib\": "
			  "%.0f, "
			  "\"restart_ms\": %.0f, \"restart_killed_ms\": %.0f, \"restart_cold_ms\": %.0f, "
			  "\"built_s\": %.1f, \"journal_mib\": %.0f, \"book_mib\": %.0f, "
			  "\"journal_bytes_per_life\": %.0f, \"book_bytes_per_life\": %.0f}\n"
			: "%-18s past=%lu waiting=%lu queues=%u lives_per_s=%.0f ratio=%.2f "
			  "server_cpu_us_per_life=%.2f "
			  "started_mib=%.0f ended_mib=%.0f restart_ms=%.0f restart_killed_ms=%.0f restart_cold_ms=%.0f "
			  "built_s=%.1f journal_mib=%.0f book_mib=%.0f journal_bytes_per_life=%.0f "
			  "book_bytes_per_life=%.0f\n";
	printf(format, store->name, store->past, store->waiting, store->queues,
	       spread_median(store->lives_per_s, growth->rounds), spread_median(store->ratios, growth->rounds),
	       spread_median(store->cpu_us, growth->rounds), store->started_mib, store->ended_mib, store->clean_ms,
	       store->killed_ms, store->cold_ms, store->built_s, store->journal_bytes / 1048576,
	       store->book_bytes / 1048576, grown / lives,
	       (broker_book_bytes(&store->broker) - store->book_bytes) / lives);
	fflush(stdout);
}

/* ---- all of it ---- */

static void add_case(struct run *run, const char *name, unsigned long past, unsigned long waiting, uint32_t queues)
{
	size_t bytes = run->growth->rounds * sizeof(double);
	struct store *store = &run->stores[run->count++];
	*store = (struct store){.name = name,
				.past = past,
				.waiting = waiting,
				.queues = queues,
				.lives_per_s = calloc(1, bytes),
				.ratios = calloc(1, bytes),
				.cpu_us = calloc(1, bytes)};
	if (!store->lives_per_s || !store->ratios || !store->cpu_us)
		abort();
}

static int measure(struct run *run)
{
	int code = 0;
	for (int i = 0; i < run->count && code == 0; i++)
		code = build(run->growth, &run->stores[i]);
	if (code == 0)
		code = take_turns(run);
	for (int i = 0; i < run->count && code == 0; i++) {
		struct store *store = &run->stores[i];
		store->ended_mib = broker_memory_mib(&store->broker);
		code = broker_stop(&store->broker);
	}
	for (int i = 0; i < run->count && code == 0; i++)
		report(run->growth, &run->stores[i]);
	return code;
}

int growth_run(const struct growth *growth)
{
	struct run run = {.growth = growth};
	if (sodium_init() < 0)
		return 111;
	add_case(&run, "none", 0, 0, LOAD_QUEUES);
	for (int i = 0; i < growth->size_count; i++)
		add_case(&run, "past", growth->sizes[i], 0, LOAD_QUEUES);
	add_case(&run, "one-queue", 0, 0, 1);
	add_case(&run, "waiting-in-one", 0, growth->waiting, 1);
	int code = measure(&run);
	for (int i = 0; i < run.count; i++) {
		broker_remove(&run.stores[i].broker);
		free(run.stores[i].lives_per_s);
		free(run.stores[i].ratios);
		free(run.stores[i].cpu_us);
	}
	return code;
}
