#include "slab.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "fetch.h"

enum { CHUNK_BYTES_FIRST = 32 << 10, LARGE_PAGE_BYTES = SLAB_CHUNK_BYTES, ALIGN = 16, LINE_BYTES = 64 };

struct slab_chunk {
	struct slab_chunk *next;
};

void *slab_large(size_t bytes)
{
	if (bytes < LARGE_PAGE_BYTES) {
		void *small = calloc(1, bytes);
		if (!small)
			abort();
		return small;
	}
	size_t whole = (bytes + LARGE_PAGE_BYTES - 1) / LARGE_PAGE_BYTES * LARGE_PAGE_BYTES;
	void *large = aligned_alloc(LARGE_PAGE_BYTES, whole);
	if (!large)
		abort();
	madvise(large, whole, MADV_HUGEPAGE); /* a wish */
	return memset(large, 0, whole);
}

void *slab_large_from(const struct slab_source *source, size_t bytes)
{
	void *at_hand = source ? source->take(bytes, source->arg) : NULL;
	return at_hand ? at_hand : slab_large(bytes);
}

void slab_init(struct slab *slab, size_t item_bytes)
{
	size_t whole = (item_bytes + ALIGN - 1) / ALIGN * ALIGN;
	*slab = (struct slab){.item_bytes = whole, .next_bytes = CHUNK_BYTES_FIRST};
	assert(whole >= sizeof(void *) && whole <= CHUNK_BYTES_FIRST - LINE_BYTES);
}

void slab_fini(struct slab *slab)
{
	while (slab->chunks) {
		struct slab_chunk *chunk = slab->chunks;
		slab->chunks = chunk->next;
		free(chunk);
	}
	*slab = (struct slab){0};
}

/* Each is twice as large as the one before, up to a large page. */
static void add_chunk(struct slab *slab)
{
	struct slab_chunk *chunk = slab_large_from(slab->source, slab->next_bytes);
	chunk->next = slab->chunks;
	slab->chunks = chunk;
	slab->fresh = (char *)chunk + LINE_BYTES;
	slab->fresh_end = (char *)chunk + slab->next_bytes;
	if (slab->next_bytes < LARGE_PAGE_BYTES)
		slab->next_bytes *= 2;
	else if (slab->source)
		slab->source->expect(slab->next_bytes, slab->source->arg);
}

void *slab_take(struct slab *slab)
{
	void *item = slab->free;
	if (item) {
		memcpy(&slab->free, item, sizeof slab->free);
		fetch(slab->free, slab->item_bytes); /* what was given back lies anywhere */
		return memset(item, 0, slab->item_bytes);
	}
	if ((size_t)(slab->fresh_end - slab->fresh) < slab->item_bytes)
		add_chunk(slab);
	item = slab->fresh;
	slab->fresh += slab->item_bytes;
	return item;
}

void slab_give(struct slab *slab, void *item)
{
	memcpy(item, &slab->free, sizeof slab->free);
	slab->free = item;
}
