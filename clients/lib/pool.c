#include "pool.h"

#include <assert.h>
#include <stdlib.h>

enum { SLAB_BYTES = 256 * 1024 };

struct pool_block {
	struct pool_block *next;
};

struct pool_slab {
	struct pool_slab *next;
	_Alignas(16) char bytes[SLAB_BYTES];
};

static unsigned class_of(size_t bytes)
{
	assert(bytes <= POOL_BYTES_MAX);
	unsigned class = 0;
	while ((size_t)POOL_BYTES_MIN << class < bytes)
		class ++;
	return class;
}

void *pool_take(struct pool *pool, size_t bytes)
{
	unsigned class = class_of(bytes);
	struct pool_block *block = pool->free[class];
	if (block) {
		pool->free[class] = block->next;
		return block;
	}
	size_t need = (size_t)POOL_BYTES_MIN << class;
	if (pool->left < need) {
		struct pool_slab *slab = malloc(sizeof *slab);
		if (!slab)
			abort();
		slab->next = pool->slabs;
		pool->slabs = slab;
		pool->left = SLAB_BYTES;
	}
	pool->left -= need;
	return pool->slabs->bytes + pool->left;
}

void pool_give(struct pool *pool, void *block, size_t bytes)
{
	unsigned class = class_of(bytes);
	struct pool_block *given = block;
	given->next = pool->free[class];
	pool->free[class] = given;
}

void pool_fini(struct pool *pool)
{
	for (struct pool_slab *slab = pool->slabs, *next; slab; slab = next) {
		next = slab->next;
		free(slab);
	}
	*pool = (struct pool){0};
}
