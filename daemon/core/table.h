/* table.h - a hash table of pointers to things that carry their own key of 4, 16 or 20 bytes.
 *
 * Invariants: linear probing, at most 3/4 full; no two entries have equal keys. The hash is seeded, for ids are chosen
 * by clients; so the order of entries means nothing and nothing may depend on it. Part of the core.
 */
#ifndef PAIDAN_TABLE_H
#define PAIDAN_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "slab.h"

/* The hash stands beside the entry, so that only the entry that is looked for is touched. */
struct table_slot {
	void *entry; /* null: empty */
	uint64_t hash;
};

struct table {
	struct table_slot *slots;
	size_t count, capacity; /* capacity: 0 or a power of two */
	uint64_t seed;
	const struct slab_source *source; /* of the memory of a large one; may be null, as at first */
	uint16_t key_offset;              /* where the key stands in an entry */
	uint8_t key_bytes;                /* 4, 16 or 20 */
};

void table_init(struct table *table, size_t key_offset, size_t key_bytes, uint64_t seed);
void table_fini(struct table *table); /* the entries are not the table's */

/* Null when there is none. */
void *table_find(const struct table *table, const void *key);
/* Have the slot of key brought into the cache: a table of a million entries answers from memory, and memory is slow. */
void table_prefetch(const struct table *table, const void *key);
/* The entry where that of key most likely stands, which may be another one's; null: there is none. Nothing but the slot
 * is looked at. */
const void *table_guess(const struct table *table, const void *key);
/* The key must not be in it yet. */
void table_add(struct table *table, void *entry);
/* The key must be in it. */
void table_remove(struct table *table, const void *key);

/* Entries one by one: start with *at = 0; null at the end. Not to be mixed with adding or removing. */
void *table_next(const struct table *table, size_t *at);
/* Those that wanted picks, sorted; to be freed. */
void **table_sorted(const struct table *table, bool (*wanted)(const void *entry),
		    int (*compare)(const void *, const void *), size_t *count);

#endif
