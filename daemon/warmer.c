#include "warmer.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>

/* So many chunks of a slab are at hand once one was expected: at its greatest speed a broker needs one in 40 ms. What
 * is larger than LARGEST_BYTES is not made ahead: it may not be needed for long. */
enum { CHUNKS = 4, PLACES = 8, LARGEST_BYTES = 256 << 20 };

struct place {
	size_t bytes; /* 0: nothing is expected here */
	void *memory; /* null: it is still to be made */
};

struct warmer {
	struct slab_source source;
	pthread_t thread;
	pthread_mutex_t lock;
	sem_t wanted;
	struct place places[PLACES]; /* under the lock */
	bool stopping;               /* under the lock */
};

static struct place *find(struct warmer *warmer, size_t bytes, bool made)
{
	for (int i = 0; i < PLACES; i++)
		if (warmer->places[i].bytes == bytes && (warmer->places[i].memory != NULL) == made)
			return &warmer->places[i];
	return NULL;
}

static int count(const struct warmer *warmer, size_t bytes)
{
	int n = 0;
	for (int i = 0; i < PLACES; i++)
		n += warmer->places[i].bytes == bytes;
	return n;
}

/* With the lock; whether something is to be made. */
static bool add(struct warmer *warmer, size_t bytes)
{
	int wanted = bytes == SLAB_CHUNK_BYTES ? CHUNKS : 1;
	bool added = false;
	while (count(warmer, bytes) < wanted) {
		struct place *place = find(warmer, 0, false);
		if (!place)
			break; /* it is made when it is needed */
		place->bytes = bytes;
		added = true;
	}
	return added;
}

static void expect(size_t bytes, void *arg)
{
	struct warmer *warmer = arg;
	if (bytes < SLAB_CHUNK_BYTES || bytes > LARGEST_BYTES)
		return;
	pthread_mutex_lock(&warmer->lock);
	bool added = add(warmer, bytes);
	pthread_mutex_unlock(&warmer->lock);
	if (added)
		sem_post(&warmer->wanted);
}

static void *take(size_t bytes, void *arg)
{
	struct warmer *warmer = arg;
	void *memory = NULL;
	pthread_mutex_lock(&warmer->lock);
	struct place *place = find(warmer, bytes, true);
	if (!place && bytes > SLAB_CHUNK_BYTES)
		place = find(warmer, bytes, false); /* too late: no other one of this size will be needed */
	if (place) {
		memory = place->memory;
		*place = (struct place){0};
	}
	pthread_mutex_unlock(&warmer->lock);
	return memory;
}

/* The next size that is to be made; 0: none. */
static size_t next(struct warmer *warmer)
{
	for (int i = 0; i < PLACES; i++)
		if (warmer->places[i].bytes && !warmer->places[i].memory)
			return warmer->places[i].bytes;
	return 0;
}

/* With the lock, which is let go meanwhile. */
static void make(struct warmer *warmer, size_t bytes)
{
	pthread_mutex_unlock(&warmer->lock);
	void *memory = slab_large(bytes);
	pthread_mutex_lock(&warmer->lock);
	struct place *place = find(warmer, bytes, false);
	if (place)
		place->memory = memory;
	else
		free(memory); /* it was needed before it was made */
}

static void *warm(void *arg)
{
	struct warmer *warmer = arg;
	pthread_setname_np(pthread_self(), "paidand-warmer");
	pthread_mutex_lock(&warmer->lock);
	while (!warmer->stopping) {
		size_t bytes = next(warmer);
		if (bytes) {
			make(warmer, bytes);
			continue;
		}
		pthread_mutex_unlock(&warmer->lock);
		while (sem_wait(&warmer->wanted) != 0 && errno == EINTR)
			;
		pthread_mutex_lock(&warmer->lock);
	}
	pthread_mutex_unlock(&warmer->lock);
	return NULL;
}

enum pd_err warmer_start(struct warmer **out)
{
	struct warmer *warmer = calloc(1, sizeof *warmer);
	if (!warmer)
		abort();
	warmer->source = (struct slab_source){take, expect, warmer};
	pthread_mutex_init(&warmer->lock, NULL);
	sem_init(&warmer->wanted, 0, 0);
	if (pthread_create(&warmer->thread, NULL, warm, warmer) != 0) {
		free(warmer);
		return PD_ESYS;
	}
	*out = warmer;
	return PD_OK;
}

void warmer_stop(struct warmer *warmer)
{
	if (!warmer)
		return;
	pthread_mutex_lock(&warmer->lock);
	warmer->stopping = true;
	pthread_mutex_unlock(&warmer->lock);
	sem_post(&warmer->wanted);
	pthread_join(warmer->thread, NULL);
	for (int i = 0; i < PLACES; i++)
		free(warmer->places[i].memory);
	sem_destroy(&warmer->wanted);
	pthread_mutex_destroy(&warmer->lock);
	free(warmer);
}

const struct slab_source *warmer_source(const struct warmer *warmer)
{
	return &warmer->source;
}
