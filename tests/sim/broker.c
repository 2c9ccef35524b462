#include "broker.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "actors.h"
#include "answers.h"
#include "book_shelf.h"
#include "check.h"
#include "disk.h"
#include "model.h"
#include "net.h"
#include "place.h"
#include "publications.h"
#include "pushes.h"
#include "sim.h"
#include "start.h"
#include "tally.h"
#include "threads.h"
#include "trace.h"

/* Of the lives before. */
static struct {
	uint64_t durable_seq; /* on disk for certain */
	uint64_t written_seq; /* there as long as the power does not fail */
} past;

void broker_init(void)
{
	memset(&past, 0, sizeof past);
}

void broker_settings_read(void)
{
	struct model_periods periods = {.confirm_within_ms = sim.config.confirm_days * (uint64_t)SIM_DAY_MS,
					.reopen_within_ms = sim.config.reopen_days * (uint64_t)SIM_DAY_MS,
					.urge_every_ms = sim.config.urge_every_minutes * UINT64_C(60000),
					.reopen_max = sim.config.reopen_max};
	model_set_periods(&periods);
}

static const char *journal_dir(void)
{
	return place_path("data/journal");
}

/* The broker is gone: what is left of it, and what goes on meanwhile. */
static void aftermath(enum end end)
{
	if (sim.store.journal && !disk_failed() && journal_last_seq(sim.store.journal) > past.written_seq)
		past.written_seq = journal_last_seq(sim.store.journal);
	net_broker_gone();
	answers_forget_all();
	pushes_forget_all();
	actors_disconnected_all();
	start_close(&sim.store);
	sim.store = (struct store){0};
	if (end == END_POWER) {
		disk_lose_power(journal_dir());
		book_shelf_shuffle();
		past.written_seq = past.durable_seq;
	}
	disk_be_well();
	if (sim.step >= sim.steps)
		return;
	if (dice_below(&sim.dice, 3) == 0)
		sim_pass_time();
	if (dice_below(&sim.dice, 12) == 0) {
		trace_line("the broker is left alone for days");
		sim.mono_ms += dice_u64(&sim.dice) % (10 * (uint64_t)SIM_DAY_MS);
		tally_add(TALLY_LEFT_ALONE);
	}
}

static void plan_start_trouble(void)
{
	if (sim.step >= sim.steps)
		return;
	if (dice_permille(&sim.dice, 120))
		disk_cut_power_after(dice_between(&sim.dice, 1, 16));
	else if (dice_permille(&sim.dice, 80))
		disk_fail_after(dice_between(&sim.dice, 1, 16), EIO);
}

/* Open the store, as main.c does; false: it broke off, for the disk has failed. */
static bool start(void)
{
	char why[400] = "";
	plan_start_trouble();
	enum pd_err err = start_store(&sim.config, &sim.store, why);
	bool excused = !disk_has_power() || disk_failed();
	if (err && !excused)
		trace_fail("the broker does not start: %s", why);
	if (err || !disk_has_power()) {
		trace_line("the start is broken off: %s", why);
		tally_add(TALLY_START_BROKEN);
		return false;
	}
	disk_be_well();
	return true;
}

static void tally_end(enum end end)
{
	static const enum tally tallies[] = {
		[END_KILLED] = TALLY_KILLED, [END_POWER] = TALLY_POWER, [END_STOPPED] = TALLY_STOPPED};
	tally_add(tallies[end]);
	if (end == END_STOPPED)
		return;
	threads_tally_end();
	if (sim.front->import)
		tally_add(TALLY_IMPORT_CUT);
}

void broker_ends(void)
{
	if (sim.end == END_STOPPED) {
		if (sim.front->held_reads || journal_last_seq(sim.store.journal) != sim.front->kept_seq)
			trace_fail("the broker stops with work left: event %" PRIu64
				   " is on disk, the book has %" PRIu64,
				   journal_last_seq(sim.store.journal), sim.front->kept_seq);
		answers_check_none_owed();
		if (!check_replay())
			trace_fail("the broker stops with a round under way");
	}
	tally_end(sim.end);
}

void broker_live(void)
{
	sim.end = END_NONE;
	sim.stopping = sim.power_fails_unsynced = false;
	sim.front = NULL;
	if (!start()) {
		aftermath(disk_has_power() ? END_KILLED : END_POWER);
		return;
	}
	check_recovered(past.written_seq > past.durable_seq ? past.written_seq : past.durable_seq);
	past.durable_seq = past.written_seq = journal_last_seq(sim.store.journal);
	threads_begin();
	publications_begin_life();
	broker_settings_read();
	trace_line("the broker runs from event %" PRIu64, past.durable_seq);
	if (front_run(&sim.config, &sim.store, NULL))
		trace_fail("the front does not run");
	sim.front = NULL;
	if (threads_durable_seq() > past.durable_seq)
		past.durable_seq = threads_durable_seq();
	aftermath(sim.end);
}
