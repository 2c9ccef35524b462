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

/* A round is written in the front's thread only if rounds are small, and the disk usually quick. */
enum { TRY_BYTES_MAX = 32 << 10, TRY_NS_MAX = 1000000, USUAL_OF = 16 };

struct scribe {
	struct journal *journal;
	void (*done)(void *arg);
	void *arg;
	pthread_t writer, preparer;
	sem_t given, wanted;
	pthread_mutex_t writing;        /* who writes the journal, or finishes what was written */
	uint64_t usual_ns, usual_bytes; /* of rounds of late; they belong to who writes */
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

static void measure(struct scribe *scribe, const struct journal_round *round, uint64_t begun_ns, uint64_t written_ns)
{
	uint64_t now_ns = metrics_clock_ns();
	metrics_observe(&metrics.scribe.write, written_ns - begun_ns, 1);
	metrics_observe(&metrics.scribe.sync, now_ns - written_ns, 1);
	metrics_observe(&metrics.scribe.round_events, round->count, 1);
	metrics_observe(&metrics.scribe.round_bytes, round->bytes.count, 1);
	metrics_set(&metrics.scribe.writing_since_ns, 0);
	scribe->usual_ns += (now_ns - begun_ns) / USUAL_OF - scribe->usual_ns / USUAL_OF;
	scribe->usual_bytes += round->bytes.count / USUAL_OF - scribe->usual_bytes / USUAL_OF;
}

/* With the journal to itself. */
static void write_round(struct scribe *scribe, struct journal_round *round)
{
	uint64_t begun_ns = metrics_clock_ns();
	metrics_set(&metrics.scribe.writing_since_ns, begun_ns);
	enum pd_err err = journal_write(scribe->journal, round);
	if (err)
		give_up("journal_write_failed", err);
	uint64_t written_ns = metrics_clock_ns();
	err = journal_sync(scribe->journal);
	if (err)
		give_up("journal_sync_failed", err);
	measure(scribe, round, begun_ns, written_ns);
	if (journal_short(scribe->journal))
		sem_post(&scribe->wanted);
}

static void *write_rounds(void *arg)
{
	struct scribe *scribe = arg;
	pthread_setname_np(pthread_self(), "paidand-scribe");
	for (;;) {
		wait_for(&scribe->given);
		if (!scribe->round)
			return NULL;
		pthread_mutex_lock(&scribe->writing);
		write_round(scribe, scribe->round);
		scribe->round = NULL;
		scribe->written = true;
		scribe->done(scribe->arg);
		journal_settle(scribe->journal);
		pthread_mutex_unlock(&scribe->writing);
	}
}

/* Filling a segment with zeros takes long: it is done beside the writing. A full disk is no reason to end: there may be
 * room later. */
static void *prepare_segments(void *arg)
{
	struct scribe *scribe = arg;
	pthread_setname_np(pthread_self(), "paidand-prepare");
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
	pthread_mutex_init(&scribe->writing, NULL);
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
	pthread_mutex_destroy(&scribe->writing);
	free(scribe);
}

bool scribe_try(struct scribe *scribe, struct journal_round *round)
{
	if (round->bytes.count > TRY_BYTES_MAX || pthread_mutex_trylock(&scribe->writing) != 0)
		return false;
	bool quick = scribe->usual_ns < TRY_NS_MAX && scribe->usual_bytes < TRY_BYTES_MAX;
	if (quick)
		write_round(scribe, round);
	pthread_mutex_unlock(&scribe->writing);
	return quick;
}

void scribe_settle(struct scribe *scribe)
{
	pthread_mutex_lock(&scribe->writing);
	journal_settle(scribe->journal);
	pthread_mutex_unlock(&scribe->writing);
}

void scribe_give(struct scribe *scribe, struct journal_round *round)
{
	scribe->round = round;
	sem_post(&scribe->given);
}

bool scribe_take(struct scribe *scribe)
{
	return atomic_load_explicit(&scribe->written, memory_order_relaxed) && atomic_exchange(&scribe->written, false);
}
