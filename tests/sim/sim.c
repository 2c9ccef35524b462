#include "ground.h"
#include "sim.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "actors.h"
#include "answers.h"
#include "book_shelf.h"
#include "broker.h"
#include "check.h"
#include "disk.h"
#include "kept.h"
#include "district.h"
#include "log.h"
#include "loop.h"
#include "machine.h"
#include "model.h"
#include "net.h"
#include "place.h"
#include "publications.h"
#include "pushes.h"
#include "tally.h"
#include "ticks.h"
#include "threads.h"
#include "trace.h"
#include "watch.h"

enum { CLOSING_STEPS_MAX = 30000 };
static const uint64_t wall_begin_ms = 1763900000000;

struct sim sim;

static unsigned closing_steps;

uint64_t sim_hash(uint64_t hash, const void *data, size_t bytes)
{
	const char *p = data;
	uint64_t word;
	hash ^= (uint64_t)bytes * UINT64_C(0xD6E8FEB86659FD93);
	for (; bytes >= sizeof word; bytes -= sizeof word, p += sizeof word) {
		memcpy(&word, p, sizeof word);
		hash = (hash ^ word) * UINT64_C(0x9E3779B97F4A7C15);
		hash ^= hash >> 32;
	}
	word = 0;
	if (bytes)
		memcpy(&word, p, bytes);
	hash = (hash ^ word) * UINT64_C(0x9E3779B97F4A7C15);
	return hash ^ hash >> 29;
}

/* ---- time and misfortune ---- */

void sim_pass_time(void)
{
	static const struct {
		uint32_t low_ms, high_ms;
	} leaps[] = {{1, 50},
		     {50, 2000},
		     {2000, 60000},
		     {60000, 7200000},
		     {7200000, 3 * SIM_DAY_MS},
		     {3 * SIM_DAY_MS, 20 * SIM_DAY_MS}};
	static const unsigned weights[4][6] = {
		{90, 9, 1, 0, 0, 0}, {80, 14, 4, 2, 0, 0}, {70, 18, 6, 3, 2, 1}, {50, 20, 10, 10, 6, 4}};
	size_t leap = dice_weighted(&sim.dice, weights[sim.profile.hurry], 6);
	uint32_t ms = dice_between(&sim.dice, leaps[leap].low_ms, leaps[leap].high_ms);
	sim.mono_ms += ms;
	if (ms > 1000)
		trace_line("%" PRIu32 " ms go by", ms);
}

static void shift_clock(void)
{
	/* By up to an hour or, now and then, by up to half a day. */
	int64_t most_ms = dice_below(&sim.dice, 3) ? 3600000 : SIM_DAY_MS / 2;
	int64_t by_ms = (int64_t)(dice_u64(&sim.dice) % (uint64_t)(2 * most_ms)) - most_ms;
	trace_line("the clock is set by %" PRIi64 " ms", by_ms);
	sim.wall_skew_ms += by_ms;
}

static void change_settings(void)
{
	FILE *file = fopen(sim.config.file, "w");
	if (!file)
		trace_system(sim.config.file);
	fprintf(file, "[paidand]\nconfirm_days = %u\nreopen_days = %u\nreopen_max = %u\nurge_every_minutes = %u\n",
		dice_between(&sim.dice, 1, 10), dice_between(&sim.dice, 1, 20), dice_between(&sim.dice, 0, 4),
		dice_between(&sim.dice, 1, 3000));
	fclose(file);
	loop_signal(SIGHUP);
	tally_add(TALLY_RELOADED);
}

static void end_now(enum end end)
{
	trace_line(end == END_KILLED ? "the broker is killed" : "the power fails");
	sim.end = end;
}

/* Something happens that ends the broker, now or soon. */
static void strike(void)
{
	switch (dice_below(&sim.dice, 9)) {
	case 0:
	case 1: end_now(END_KILLED); break;
	case 2:
	case 3: end_now(END_POWER); break;
	case 4:
	case 5: disk_cut_power_after(dice_between(&sim.dice, 1, 12)); break;
	case 6: sim.power_fails_unsynced = true; break;
	case 7: net_die_sending(dice_between(&sim.dice, 1, 20)); break;
	default:
		trace_line("the broker is asked to stop");
		sim.stopping = true;
		loop_signal(SIGTERM);
	}
}

static void misfortune(void)
{
	if (dice_permille(&sim.dice, sim.profile.end_permille))
		strike();
	if (dice_permille(&sim.dice, sim.profile.fault_permille))
		disk_fail_after(dice_between(&sim.dice, 1, 20), dice_below(&sim.dice, 2) ? EIO : ENOSPC);
	if (!sim.end && sim.power_fails_unsynced && threads_unsynced())
		end_now(END_POWER);
	if (dice_permille(&sim.dice, sim.disk_low ? 20 : 2))
		sim.disk_low = !sim.disk_low;
	if (dice_permille(&sim.dice, 2))
		shift_clock();
	if (dice_permille(&sim.dice, 2))
		net_toggle_subscriber();
	if (dice_permille(&sim.dice, 1))
		change_settings();
}

/* ---- steps ---- */

static void one_thing(void)
{
	static const unsigned weights[] = {400, 170, 140, 40, 30, 90, 60};
	switch (dice_weighted(&sim.dice, weights, sizeof weights / sizeof weights[0])) {
	case 0: loop_turn(); break;
	case 1: actors_act(); break;
	case 2: threads_write_step(); break;
	case 3: threads_keep_step(); break;
	case 4: threads_prepare_step(); break;
	case 5: loop_work_step(); break;
	default: sim_pass_time(); break;
	}
}

/* The last steps: nothing goes wrong any more, and everybody must get their answer. */
static void bring_to_an_end(void)
{
	if (!sim.closing) {
		sim.closing = true;
		actors_hurry();
	}
	disk_be_well();
	sim.disk_low = false;
	if (++closing_steps > CLOSING_STEPS_MAX)
		trace_fail("nothing went wrong for %d steps, and still the broker %s", CLOSING_STEPS_MAX,
			   sim.stopping ? "has not stopped" : "owes an answer");
	sim.mono_ms += dice_below(&sim.dice, 10);
	loop_turn();
	threads_write_step();
	threads_keep_step();
	loop_work_step();
	if (actors_waiting() || sim.stopping)
		return;
	check_quiet();
	sim.stopping = true;
	loop_signal(SIGTERM);
}

void sim_step(void)
{
	trace_step(++sim.step);
	sim.mono_ms += dice_below(&sim.dice, 3);
	net_arrive();
	actors_insist();
	if (sim.step > sim.steps) {
		bring_to_an_end();
		return;
	}
	if (district_there(core_registry(sim.store.core)) ||
	    dice_below(&sim.dice, 8) == 0) /* let the district be opened first */
		misfortune();
	if (!sim.end)
		one_thing();
	if (!sim.end && sim.step % 512 == 0)
		check_replay();
	if (!sim.end && sim.step % 16 == 0)
		check_quiet();
	if (!disk_has_power())
		sim.end = END_POWER;
}

/* ---- runs ---- */

static void draw_profile(struct profile *profile)
{
	static const uint64_t segments[] = {4096, 8192, 16384, 65536};
	struct dice *dice = &sim.dice;
	bool calm = dice_below(dice, 4) == 0;
	*profile = (struct profile){
		.loss_permille = calm ? 0 : dice_below(dice, 150),
		.repeat_permille = calm ? 0 : dice_below(dice, 100),
		.delay_ms_max = dice_below(dice, calm ? 3 : 200),
		.slow_permille = calm ? 0 : dice_below(dice, 30),
		.end_permille = dice_below(dice, 12),
		.fault_permille = dice_below(dice, 3) ? 0 : dice_below(dice, 6),
		.registry_permille = 20 + dice_below(dice, 120),
		.hurry = dice_below(dice, 4),
		.segment_bytes = segments[dice_below(dice, 4)],
		.notes = dice_below(dice, 12) == 0,
	};
}

static void draw_config(struct config *config)
{
	static const uint32_t heartbeats[] = {5000, 60000, 3600000}, paces[] = {20, 200, 30000};
	memset(config, 0, sizeof *config);
	config->heartbeat_ms = heartbeats[dice_below(&sim.dice, 3)];
	config->keep_ms = paces[dice_below(&sim.dice, 3)];
	config->confirm_days = dice_between(&sim.dice, 1, 10);
	config->reopen_days = dice_between(&sim.dice, 1, 20);
	config->reopen_max = dice_between(&sim.dice, 0, 4);
	config->urge_every_minutes = dice_between(&sim.dice, 1, 3000);
	config->similar_m = dice_between(&sim.dice, 1, 2000);
	config->similar_hours = dice_between(&sim.dice, 1, 2000);
	config->segment_mib = config->reserve_mib = 1;
	config->nearest_m = GROUND_NEAR_M;
	config->log_level = LOG_WARN;
	snprintf(config->data, sizeof config->data, "%s", place_path("data"));
	snprintf(config->file, sizeof config->file, "%s", place_path("paidand.conf"));
}

static void begin_run(uint64_t seed, unsigned steps)
{
	memset(&sim, 0, sizeof sim);
	sim.seed = seed;
	sim.steps = steps;
	dice_init(&sim.dice, seed);
	sim.mono_ms = 1000;
	sim.wall_skew_ms = (int64_t)(wall_begin_ms - sim.mono_ms);
	machine_init();
	place_clear();
	draw_profile(&sim.profile);
	draw_config(&sim.config);
	closing_steps = 0;
	if (mkdir(place_path("scratch"), 0750) != 0)
		trace_system("scratch");
	trace_begin(seed);
	disk_init(&sim.dice);
	book_shelf_init();
	broker_init();
	net_init();
	model_init();
	watch_init();
	answers_init();
	publications_init();
	check_init();
	ticks_init();
	actors_init();
}

static void end_run(void)
{
	actors_fini();
	ticks_fini();
	check_fini();
	publications_fini();
	pushes_forget_all();
	answers_fini();
	watch_fini();
	model_fini();
	kept_fini();
	net_fini();
	disk_fini();
}

void sim_run(uint64_t seed, unsigned steps)
{
	begin_run(seed, steps);
	do
		broker_live();
	while (sim.step <= sim.steps || sim.end != END_STOPPED);
	tally_run(sim.step);
	end_run();
}
