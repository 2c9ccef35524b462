#include "scribe.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "metrics.h"

struct scribe {
	struct journal *journal;
	void (*done)(void *arg);
	void *arg;
	pthread_t writer, preparer;
	sem_t given, wanted;
	struct journal_round *round;
	_Atomic bool written, stopping;
};

/* Nothing of the round was answered; a restart reads the truth from disk. */
static _Noreturn void give_up(const char *what, enum pd_err err)
{
	struct log_quoted quoted;
	const char *why = err == PD_ESYS || err == PD_EFULL ? strerror(errno) : pd_err_text(err);
	log_line(LOG_ERROR, what, "error=%s", log_quote(why, (unsigned)strlen(why), &quoted));
	_exit(111);
}

static void wait_for(sem_t *semaphore)
{
	while (sem_wait(semaphore) != 0 && errno == EINTR)
		;
}

static void measure(const struct journal_round *round, uint64_t begun_ns, uint64_t written_ns)
{
	metrics_observe(&metrics.scribe.write, written_ns - begun_ns, 1);
	metrics_observe(&metrics.scribe.sync, metrics_clock_ns() - written_ns, 1);
	metrics_observe(&metrics.scribe.round_events, round->count, 1);
	metrics_observe(&metrics.scribe.round_bytes, round->bytes.count, 1);
	metrics_set(&metrics.scribe.writing_since_ns, 0);
}

static void *write_rounds(void *arg)
{
	struct scribe *scribe = arg;
	for (;;) {
		wait_for(&scribe->given);
		if (!scribe->round)
			return NULL;
		uint64_t begun_ns = metrics_clock_ns();
		metrics_set(&metrics.scribe.writing_since_ns, begun_ns);
		enum pd_err err = journal_write(scribe->journal, scribe->round);
		if (err)
			give_up("journal_write_failed", err);
		uint64_t written_ns = metrics_clock_ns();
		err = journal_sync(scribe->journal);
		if (err)
			give_up("journal_sync_failed", err);
		measure(scribe->round, begun_ns, written_ns);
		scribe->round = NULL;
		scribe->written = true;
		scribe->done(scribe->arg);
		sem_post(&scribe->wanted);
	}
}

/* Filling a segment with zeros takes long: it is done beside the writing. A full disk is no reason to end: there may be
 * room later. */
static void *prepare_segments(void *arg)
{
	struct scribe *scribe = arg;
	while (!scribe->stopping) {
		bool made = false;
		enum pd_err err = journal_prepare(scribe->journal, &made);
		if (err)
			log_line(LOG_WARN, "segment_not_made", "error=\"%s\"",
				 err == PD_EFULL ? "disk full" : strerror(errno));
		if (!made || err)
			wait_for(&scribe->wanted);
	}
	return NULL;
}

enum pd_err scribe_start(struct scribe **out, struct journal *journal, void (*done)(void *arg), void *arg)
{
	struct scribe *scribe = calloc(1, sizeof *scribe);
	if (!scribe)
		abort();
	*scribe = (struct scribe){.journal = journal, .done = done, .arg = arg};
	sem_init(&scribe->given, 0, 0);
	sem_init(&scribe->wanted, 0, 0);
	if (pthread_create(&scribe->writer, NULL, write_rounds, scribe) != 0) {
		free(scribe);
		return PD_ESYS;
	}
	if (pthread_create(&scribe->preparer, NULL, prepare_segments, scribe) != 0) {
		sem_post(&scribe->given);
		pthread_join(scribe->writer, NULL);
		free(scribe);
		return PD_ESYS;
	}
	*out = scribe;
	return PD_OK;
}

void scribe_stop(struct scribe *scribe)
{
	if (!scribe)
		return;
	scribe->stopping = true;
	sem_post(&scribe->given);
	sem_post(&scribe->wanted);
	pthread_join(scribe->writer, NULL);
	pthread_join(scribe->preparer, NULL);
	sem_destroy(&scribe->given);
	sem_destroy(&scribe->wanted);
	free(scribe);
}

void scribe_give(struct scribe *scribe, struct journal_round *round)
{
	scribe->round = round;
	sem_post(&scribe->given);
}

bool scribe_take(struct scribe *scribe)
{
	return atomic_exchange(&scribe->written, false);
}
