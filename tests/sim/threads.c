#include "threads.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "book_shelf.h"
#include "disk.h"
#include "keeper.h"
#include "place.h"
#include "scribe.h"
#include "sim.h"
#include "tally.h"
#include "trace.h"
#include "warmer.h"

struct scribe {
	struct journal *journal;
	void (*done)(void *arg);
	void *arg;
	struct journal_round *round;
	bool on_disk; /* the round is written, and not yet synced */
	bool written; /* and synced; to be taken */
};

struct keeper {
	struct book *book;
	void (*done)(void *arg);
	void *arg;
	struct book_batch *batch;
	bool kept;
};

static struct {
	struct scribe scribe;
	struct keeper keeper;
	uint64_t durable_seq;
} threads;

void threads_begin(void)
{
	memset(&threads, 0, sizeof threads);
	threads.durable_seq = journal_last_seq(sim.store.journal);
}

uint64_t threads_durable_seq(void)
{
	return threads.durable_seq;
}

bool threads_unsynced(void)
{
	return threads.scribe.on_disk;
}

/* Exit 111, or no power to exit with. */
static void give_up(const char *what, enum pd_err err)
{
	if (disk_has_power() && !disk_failed())
		trace_fail("%s failed though the disk is well: %s", what, pd_err_text(err));
	trace_line("%s failed: the broker ends", what);
	tally_add(TALLY_DISK_ENDED);
	sim.end = disk_has_power() ? END_KILLED : END_POWER;
}

/* ---- scribe.h ---- */

enum pd_err scribe_start(struct scribe **out, struct journal *journal, void (*done)(void *arg), void *arg)
{
	threads.scribe = (struct scribe){.journal = journal, .done = done, .arg = arg};
	*out = &threads.scribe;
	return PD_OK;
}

void scribe_stop(struct scribe *scribe)
{
	(void)scribe;
}

void scribe_give(struct scribe *scribe, struct journal_round *round)
{
	if (scribe->round)
		trace_fail("the scribe is given a round while it has one");
	scribe->round = round;
}

bool scribe_take(struct scribe *scribe)
{
	bool written = scribe->written;
	scribe->written = false;
	return written;
}

static void write_round(struct scribe *scribe)
{
	trace_line("scribe writes events %" PRIu64 " to %" PRIu64 " at place %" PRIu64, scribe->round->first_seq,
		   scribe->round->first_seq + scribe->round->count - 1, scribe->round->base_at);
	enum pd_err err = journal_write(scribe->journal, scribe->round);
	if (err)
		give_up("journal_write", err);
	else
		scribe->on_disk = true;
}

static void sync_round(struct scribe *scribe)
{
	enum pd_err err = journal_sync(scribe->journal);
	if (err) {
		give_up("journal_sync", err);
		return;
	}
	scribe->round = NULL;
	scribe->on_disk = false;
	scribe->written = true;
	if (disk_unsafe(place_path("data/journal")) == 0)
		threads.durable_seq = journal_last_seq(scribe->journal);
	trace_line("scribe has synced up to event %" PRIu64, journal_last_seq(scribe->journal));
	scribe->done(scribe->arg);
}

/* Now and then a round is written at once. */
bool scribe_try(struct scribe *scribe, struct journal_round *round)
{
	if (!dice_permille(&sim.dice, 300))
		return false;
	scribe_give(scribe, round);
	write_round(scribe);
	if (scribe->on_disk)
		sync_round(scribe);
	scribe->round = NULL; /* after a failure it is the end of this broker, whatever the front does with it */
	return scribe_take(scribe);
}

void scribe_settle(struct scribe *scribe)
{
	journal_settle(scribe->journal);
}

bool threads_write_step(void)
{
	struct scribe *scribe = &threads.scribe;
	if (!scribe->round)
		return false;
	if (scribe->on_disk)
		sync_round(scribe);
	else
		write_round(scribe);
	return true;
}

bool threads_prepare_step(void)
{
	bool made = false;
	enum pd_err err = journal_prepare(sim.store.journal, &made);
	if (err && disk_has_power() && !disk_failed())
		trace_fail("journal_prepare failed though the disk is well: %s", pd_err_text(err));
	if (made)
		tally_add(TALLY_SEGMENTS);
	if (!disk_has_power())
		sim.end = END_POWER;
	return made;
}

/* ---- keeper.h ---- */

enum pd_err keeper_start(struct keeper **out, struct book *book, void (*done)(void *arg), void *arg)
{
	threads.keeper = (struct keeper){.book = book, .done = done, .arg = arg};
	*out = &threads.keeper;
	return PD_OK;
}

void keeper_stop(struct keeper *keeper)
{
	(void)keeper;
}

void keeper_give(struct keeper *keeper, struct book_batch *batch)
{
	if (keeper->batch)
		trace_fail("the keeper is given a batch while it has one");
	keeper->batch = batch;
}

bool keeper_take(struct keeper *keeper)
{
	bool kept = keeper->kept;
	keeper->kept = false;
	return kept;
}

bool threads_keep_step(void)
{
	struct keeper *keeper = &threads.keeper;
	char why[300];
	if (!keeper->batch)
		return false;
	if (keeper->batch->meta.seq > threads.durable_seq)
		trace_fail("the keeper keeps up to event %" PRIu64 ", but only %" PRIu64 " are on disk",
			   keeper->batch->meta.seq, threads.durable_seq);
	trace_line("keeper keeps up to event %" PRIu64, keeper->batch->meta.seq);
	if (book_keep(keeper->book, keeper->batch, why))
		trace_fail("the book could not be written: %s", why);
	tally_add(TALLY_KEPT);
	book_shelf_copy();
	keeper->batch = NULL;
	keeper->kept = true;
	keeper->done(keeper->arg);
	return true;
}

void threads_tally_end(void)
{
	const struct scribe *scribe = &threads.scribe;
	if (scribe->round)
		tally_add(scribe->on_disk ? TALLY_BEFORE_SYNC : TALLY_BEFORE_WRITE);
	if (scribe->written)
		tally_add(TALLY_BEFORE_ANSWERS);
	if (threads.keeper.kept)
		tally_add(TALLY_BEFORE_FORGET);
}

/* ---- the warmer: memory comes from the system ---- */

enum pd_err warmer_start(struct warmer **out)
{
	*out = NULL;
	return PD_OK;
}

void warmer_stop(struct warmer *warmer)
{
	(void)warmer;
}

const struct slab_source *warmer_source(const struct warmer *warmer)
{
	(void)warmer;
	return NULL;
}
