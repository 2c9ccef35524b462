#include "table.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "slab.h"

static uint64_t fold(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;
	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline __attribute__((always_inline)) uint64_t hash(const struct table *table, const void *key)
{
	if (table->key_bytes == 4) {
		/* Each step can be undone: no two keys have the same hash, and an entry need not be looked at. */
		uint32_t k;
		memcpy(&k, key, 4);
		uint64_t h = (k ^ table->seed) * 0x9E3779B97F4A7C15u;
		h = (h ^ h >> 32) * 0xD6E8FEB86659FD93u;
		return h ^ h >> 32;
	}
	uint64_t a, b;
	memcpy(&a, key, 8);
	memcpy(&b, (const char *)key + 8, 8);
	uint64_t h = fold(a ^ table->seed, b ^ (table->seed * 0xD6E8FEB86659FD93u | 1));
	if (table->key_bytes == 16)
		return h;
	uint32_t k;
	memcpy(&k, (const char *)key + 16, 4);
	return fold(h ^ k, 0x9E3779B97F4A7C15u);
}

/* Whether an entry with the same hash as key has this key. */
static bool has_key(const struct table *table, const void *entry, const void *key)
{
	const char *own = (const char *)entry + table->key_offset;
	if (table->key_bytes == 4)
		return true;
	return table->key_bytes == 16 ? memcmp(own, key, 16) == 0 : memcmp(own, key, 20) == 0;
}

/* The slot where the key of this hash stands, or the empty one where it would. */
static size_t slot_of(const struct table *table, const void *key, uint64_t h)
{
	size_t mask = table->capacity - 1;
	size_t i = h & mask;
	while (table->slots[i].entry && (table->slots[i].hash != h || !has_key(table, table->slots[i].entry, key)))
		i = (i + 1) & mask;
	return i;
}

void table_init(struct table *table, size_t key_offset, size_t key_bytes, uint64_t seed)
{
	assert(key_bytes == 4 || key_bytes == 16 || key_bytes == 20);
	*table = (struct table){.key_offset = (uint16_t)key_offset, .key_bytes = (uint8_t)key_bytes, .seed = seed};
}

void table_fini(struct table *table)
{
	free(table->slots);
	table->slots = NULL;
	table->count = table->capacity = 0;
}

void *table_find(const struct table *table, const void *key)
{
	return table->capacity ? table->slots[slot_of(table, key, hash(table, key))].entry : NULL;
}

void table_prefetch(const struct table *table, const void *key)
{
	if (table->capacity)
		__builtin_prefetch(&table->slots[hash(table, key) & (table->capacity - 1)]);
}

const void *table_guess(const struct table *table, const void *key)
{
	return table->capacity ? table->slots[hash(table, key) & (table->capacity - 1)].entry : NULL;
}

static size_t bytes_of(size_t capacity)
{
	return capacity * sizeof(struct table_slot);
}

static void grow(struct table *table)
{
	struct table old = *table;
	table->capacity = old.capacity ? old.capacity * 2 : 64;
	table->slots = slab_large_from(table->source, bytes_of(table->capacity));
	size_t mask = table->capacity - 1;
	for (size_t from = 0; from < old.capacity; from++) {
		if (!old.slots[from].entry)
			continue;
		size_t to = old.slots[from].hash & mask;
		while (table->slots[to].entry)
			to = (to + 1) & mask;
		table->slots[to] = old.slots[from];
	}
	free(old.slots);
}

void table_add(struct table *table, void *entry)
{
	if (table->count + 1 > table->capacity / 4 * 3)
		grow(table);
	else if (table->source && table->count == table->capacity / 2)
		table->source->expect(bytes_of(2 * table->capacity), table->source->arg);
	const void *key = (const char *)entry + table->key_offset;
	uint64_t h = hash(table, key);
	size_t i = slot_of(table, key, h);
	assert(!table->slots[i].entry);
	table->slots[i] = (struct table_slot){entry, h};
	table->count++;
}

/* Entries behind the gap that could stand nearer to their place are moved into it, so no tombstones are needed. */
static void close_gap(struct table *table, size_t gap)
{
	size_t mask = table->capacity - 1;
	for (size_t i = (gap + 1) & mask; table->slots[i].entry; i = (i + 1) & mask) {
		size_t home = table->slots[i].hash & mask;
		if (((i - home) & mask) >= ((i - gap) & mask)) {
			table->slots[gap] = table->slots[i];
			gap = i;
		}
	}
	table->slots[gap].entry = NULL;
}

void table_remove(struct table *table, const void *key)
{
	size_t i = slot_of(table, key, hash(table, key));
	assert(table->slots[i].entry);
	close_gap(table, i);
	table->count--;
}

void *table_next(const struct table *table, size_t *at)
{
	while (*at < table->capacity) {
		void *entry = table->slots[(*at)++].entry;
		if (entry)
			return entry;
	}
	return NULL;
}

void **table_sorted(const struct table *table, bool (*wanted)(const void *entry),
		    int (*compare)(const void *, const void *), size_t *count)
{
	void **entries = malloc((table->count + 1) * sizeof *entries);
	if (!entries)
		abort();
	size_t at = 0;
	*count = 0;
	for (void *entry; (entry = table_next(table, &at));)
		if (wanted(entry))
			entries[(*count)++] = entry;
	qsort(entries, *count, sizeof *entries, compare);
	return entries;
}
