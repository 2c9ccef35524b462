/* slab.h - memory for many things of one size: side by side, so that they are found in few pages, and used again at
 * once.
 *
 * What it took from the system it keeps until the end: as much as there ever were of these things at a time. Large
 * tables ask for large pages, too: a thing that is looked for among a million is then found with one miss of the cache
 * and not with another one for the page's address. Part of the core. Running out of memory ends the process.
 */
#ifndef PAIDAN_SLAB_H
#define PAIDAN_SLAB_H

#include <stddef.h>

/* Who has large memory at hand that is zero and was touched already: to touch it for the first time takes long. */
struct slab_source {
	/* bytes of it, as slab_large gives them; null: there is none. */
	void *(*take)(size_t bytes, void *arg);
	/* So many bytes will soon be taken. */
	void (*expect)(size_t bytes, void *arg);
	void *arg;
};

enum { SLAB_CHUNK_BYTES = 2 << 20 }; /* what a slab that has become large takes at a time: a large page */

struct slab {
	size_t item_bytes;
	const struct slab_source *source; /* may be null, as at first */
	void *free;                       /* each of them points to the next one */
	char *fresh, *fresh_end;          /* the last chunk's part that was not used yet */
	struct slab_chunk *chunks;
	size_t next_bytes;
};

void slab_init(struct slab *slab, size_t item_bytes);
/* All that was taken from it is gone. */
void slab_fini(struct slab *slab);
/* Filled with zeros. */
void *slab_take(struct slab *slab);
void slab_give(struct slab *slab, void *item);

/* Zeros, to be freed; in large pages where the system has them. */
void *slab_large(size_t bytes);
/* The same, from the source if it has them. */
void *slab_large_from(const struct slab_source *source, size_t bytes);

#endif
