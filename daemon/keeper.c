#include "keeper.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"

struct keeper {
	struct book *book;
	void (*done)(void *arg);
	void *arg;
	pthread_t thread;
	sem_t given;
	struct book_batch *batch;
	_Atomic bool kept;
};

static void *keep_batches(void *arg)
{
	struct keeper *keeper = arg;
	for (;;) {
		while (sem_wait(&keeper->given) != 0 && errno == EINTR)
			;
		if (!keeper->batch)
			return NULL;
		char why[300];
		enum pd_err err = book_keep(keeper->book, keeper->batch, why);
		if (err) {
			/* After a failed sync a later commit could seem to succeed: only a restart knows what is on
			 * disk. */
			struct log_quoted quoted;
			log_line(LOG_ERROR, "book_failed", "error=%s", log_quote(why, (unsigned)strlen(why), &quoted));
			_exit(111);
		}
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
