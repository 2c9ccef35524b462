#include "keeper.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "metrics.h"

struct keeper {
	struct book *book;
	void (*done)(void *arg);
	void *arg;
	pthread_t thread;
	sem_t given;
	struct book_batch *batch;
	_Atomic bool kept;
};

/* Here, for nobody else may look at the map while it grows. */
static void measure_room(struct book *book)
{
	struct book_room room;
	book_room(book, &room);
	metrics_set(metrics.keeper.used_bytes, room.used_bytes);
	metrics_set(metrics.keeper.map_bytes, room.map_bytes);
}

static void *keep_batches(void *arg)
{
	struct keeper *keeper = arg;
	pthread_setname_np(pthread_self(), "paidand-keeper");
	measure_room(keeper->book);
	for (;;) {
		while (sem_wait(&keeper->given) != 0 && errno == EINTR)
			;
		if (!keeper->batch)
			return NULL;
		char why[300];
		uint64_t begun_ns = metrics_clock_ns();
		enum pd_err err = book_keep(keeper->book, keeper->batch, why);
		if (err) {
			/* After a failed sync a later commit could seem to succeed: only a restart knows what is on
			 * disk. */
			struct log_quoted quoted;
			log_line(LOG_ERROR, "book_failed", "error=%s", log_quote(why, (unsigned)strlen(why), &quoted));
			_exit(111);
		}
		metrics_observe(&metrics.keeper.transaction, metrics_clock_ns() - begun_ns, 1);
		measure_room(keeper->book);
		keeper->batch = NULL;
		keeper->kept = true;
		keeper->done(keeper->arg);
	}
}

enum pd_err keeper_start(struct keeper **out, struct book *book, void (*done)(void *arg), void *arg)
{
	struct keeper *keeper = calloc(1, sizeof *keeper);
	if (!keeper)
		abort();
	*keeper = (struct keeper){.book = book, .done = done, .arg = arg};
	sem_init(&keeper->given, 0, 0);
	if (pthread_create(&keeper->thread, NULL, keep_batches, keeper) != 0) {
		free(keeper);
		return PD_ESYS;
	}
	*out = keeper;
	return PD_OK;
}

void keeper_stop(struct keeper *keeper)
{
	if (!keeper)
		return;
	sem_post(&keeper->given);
	pthread_join(keeper->thread, NULL);
	sem_destroy(&keeper->given);
	free(keeper);
}

void keeper_give(struct keeper *keeper, struct book_batch *batch)
{
	keeper->batch = batch;
	sem_post(&keeper->given);
}

bool keeper_take(struct keeper *keeper)
{
	return atomic_exchange(&keeper->kept, false);
}
