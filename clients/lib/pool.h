/* pool.h - blocks of bytes in sizes of powers of two, which are used again and again.
 *
 * Invariant: what was taken is given back with the same number of bytes. The pool grows to the most that was ever taken
 * at a time, and keeps that until pool_fini. Running out of memory ends the process, as in buffer.h. Threads: one.
 */
#ifndef PAIDAN_POOL_H
#define PAIDAN_POOL_H

#include <stddef.h>

enum { POOL_BYTES_MIN = 64, POOL_BYTES_MAX = 128 * 1024, POOL_CLASSES = 12 };

struct pool_block;
struct pool_slab;

/* All zero: empty. */
struct pool {
	struct pool_block *free[POOL_CLASSES]; /* by size: POOL_BYTES_MIN << class */
	struct pool_slab *slabs;               /* where blocks are cut from, the newest first */
	size_t left;                           /* bytes of the newest slab that no block was cut from */
};

/* A block of at least bytes, which are at most POOL_BYTES_MAX. */
void *pool_take(struct pool *pool, size_t bytes);
void pool_give(struct pool *pool, void *block, size_t bytes);
void pool_fini(struct pool *pool);

#endif
