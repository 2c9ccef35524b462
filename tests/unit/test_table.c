/* test_table.c - the hash table against a model: every key that went in is found, and no other, whatever the order. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "expect.h"
#include "table.h"

enum { ENTRIES = 3000, STEPS = 40000 };

/* Keys of all sizes, none at the beginning. */
struct entry {
	bool in;
	char before[3];
	uint32_t small;
	uint8_t large[20];
};

struct world {
	struct table table;
	struct entry entries[ENTRIES];
	size_t count;
	uint64_t seed, random;
};

static uint64_t next(struct world *world)
{
	world->random ^= world->random << 13;
	world->random ^= world->random >> 7;
	world->random ^= world->random << 17;
	return world->random;
}

static const void *key_of(const struct world *world, const struct entry *entry)
{
	return world->table.key_bytes == 4 ? (const void *)&entry->small : entry->large;
}

/* PAIDAN_SEED repeats a run. */
static struct world *world_new(size_t key_bytes)
{
	struct world *world = calloc(1, sizeof *world);
	assert_non_null(world);
	const char *given = getenv("PAIDAN_SEED");
	world->seed = given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);
	world->random = world->seed * 2 + 1;
	size_t offset = key_bytes == 4 ? offsetof(struct entry, small) : offsetof(struct entry, large);
	table_init(&world->table, offset, key_bytes, next(world));
	return world;
}

static void world_free(struct world *world)
{
	table_fini(&world->table);
	free(world);
}

static void add(struct world *world, struct entry *entry)
{
	table_add(&world->table, entry);
	entry->in = true;
	world->count++;
}

static void take(struct world *world, struct entry *entry)
{
	table_remove(&world->table, key_of(world, entry));
	entry->in = false;
	world->count--;
}

/* The table says what the model says. */
static void compare(const struct world *world)
{
	size_t at = 0, seen = 0;
	for (const struct entry *entry; (entry = table_next(&world->table, &at)); seen++)
		expect(entry->in, "seed %" PRIu64 ": table_next gave an entry that was taken out", world->seed);
	expect(seen == world->count, "seed %" PRIu64 ": table_next gave %zu entries, expected %zu", world->seed, seen,
	       world->count);
	expect(world->table.count == world->count, "seed %" PRIu64 ": count is %zu, expected %zu", world->seed,
	       world->table.count, world->count);
	expect(world->table.count <= world->table.capacity / 4 * 3,
	       "seed %" PRIu64 ": %zu entries in %zu slots, expected at most 3/4", world->seed, world->table.count,
	       world->table.capacity);
	for (const struct entry *entry = world->entries; entry < world->entries + ENTRIES; entry++) {
		const struct entry *found = table_find(&world->table, key_of(world, entry));
		expect(found == (entry->in ? entry : NULL), "seed %" PRIu64 ": entry %td is %s, expected it to be %s",
		       world->seed, entry - world->entries, found ? "found" : "not found",
		       entry->in ? "found" : "not found");
	}
}

/* ---- tests ---- */

static void an_empty_table_has_nothing(void **state)
{
	(void)state;
	struct table table;
	uint32_t key = 0;
	size_t at = 0;
	table_init(&table, 0, 4, 1);
	assert_null(table_find(&table, &key));
	assert_null(table_next(&table, &at));
	assert_int_equal(table.count, 0);
	table_fini(&table);
}

static void equal_looking_keys_are_told_apart(void **state)
{
	(void)state;
	struct world *world = world_new(20);
	/* They differ in one bit each, in the first byte or the last. */
	for (int i = 0; i < 8; i++) {
		world->entries[i].large[0] = (uint8_t)(1 << i);
		world->entries[8 + i].large[19] = (uint8_t)(1 << i);
	}
	for (int i = 0; i < 16; i++)
		add(world, &world->entries[i]);
	for (int i = 0; i < 16; i++)
		assert_ptr_equal(table_find(&world->table, world->entries[i].large), &world->entries[i]);
	world_free(world);
}

/* Keys as a district has them: dense runs, and steps of powers of two that a weak hash would pile up. */
static void fill_keys(struct world *world, unsigned pattern)
{
	for (uint32_t i = 0; i < ENTRIES; i++) {
		struct entry *entry = &world->entries[i];
		uint32_t key = pattern == 0   ? i
			       : pattern == 1 ? i << 16
			       : pattern == 2 ? i * 4096 + 7
					      : (uint32_t)next(world) / 2;
		if (pattern == 3)
			key = key / ENTRIES * ENTRIES + i; /* no two alike */
		entry->small = key;
		memset(entry->large, 0x55, sizeof entry->large);
		memcpy(entry->large + (pattern % 2 ? 0 : world->table.key_bytes == 20 ? 16 : 12), &i, sizeof i);
	}
}

static void churn(size_t key_bytes, unsigned pattern)
{
	struct world *world = world_new(key_bytes);
	print_message("to repeat this: PAIDAN_SEED=%" PRIu64 " build/tests/test_table\n", world->seed);
	fill_keys(world, pattern);
	for (unsigned step = 0; step < STEPS; step++) {
		struct entry *entry = &world->entries[next(world) % ENTRIES];
		/* Now the table grows, now it shrinks: growing and gaps meet in all ways. */
		bool growing = step / 5000 % 2 == 0;
		if (!entry->in && (growing || next(world) % 4 == 0))
			add(world, entry);
		else if (entry->in && (!growing || next(world) % 4 == 0))
			take(world, entry);
		if (step % 1000 == 0)
			compare(world);
	}
	compare(world);
	for (struct entry *entry = world->entries; entry < world->entries + ENTRIES; entry++)
		if (entry->in)
			take(world, entry);
	compare(world);
	world_free(world);
}

static void keys_of_4_bytes_come_and_go(void **state)
{
	(void)state;
	for (unsigned pattern = 0; pattern < 4; pattern++)
		churn(4, pattern);
}

static void keys_of_16_bytes_come_and_go(void **state)
{
	(void)state;
	for (unsigned pattern = 0; pattern < 2; pattern++)
		churn(16, pattern);
}

static void keys_of_20_bytes_come_and_go(void **state)
{
	(void)state;
	for (unsigned pattern = 0; pattern < 2; pattern++)
		churn(20, pattern);
}

enum { RUN = 40, SLOTS = 64, RUN_SEED = 77 };

/* The slot where a key stands in a table of its own. */
static uint32_t home_of(uint32_t key)
{
	struct table table;
	struct entry entry = {.small = key};
	uint32_t home = 0;
	table_init(&table, offsetof(struct entry, small), 4, RUN_SEED);
	table_add(&table, &entry);
	assert_int_equal(table.capacity, SLOTS);
	while (!table.slots[home].entry)
		home++;
	table_fini(&table);
	return home;
}

/* Entries whose home is start or one of the three slots behind it. */
static void pile_up(struct entry run[RUN], uint32_t start)
{
	uint32_t key = 0;
	for (unsigned i = 0; i < RUN; i++) {
		while ((home_of(key) - start) % SLOTS >= 4)
			key++;
		run[i].small = key++;
	}
}

/* A whole run of slots is taken, also around the table's end; after any one is removed, all others are still found. */
static void every_gap_in_a_run_is_closed(void **state)
{
	(void)state;
	struct entry run[RUN] = {0};
	for (uint32_t start = 0; start < SLOTS; start += 9) {
		pile_up(run, start);
		for (unsigned gap = 0; gap < RUN; gap++) {
			struct table table;
			table_init(&table, offsetof(struct entry, small), 4, RUN_SEED);
			for (unsigned i = 0; i < RUN; i++)
				table_add(&table, &run[i]);
			table_remove(&table, &run[gap].small);
			for (unsigned i = 0; i < RUN; i++)
				expect((table_find(&table, &run[i].small) == &run[i]) == (i != gap),
				       "run at slot %u: after removing entry %u, entry %u is %s", start, gap, i,
				       i == gap ? "still there" : "lost");
			table_fini(&table);
		}
	}
}

static void the_seed_decides_where_things_stand(void **state)
{
	(void)state;
	struct entry all[48];
	struct table a, b;
	memset(all, 0, sizeof all);
	table_init(&a, offsetof(struct entry, small), 4, 1);
	table_init(&b, offsetof(struct entry, small), 4, 2);
	for (uint32_t i = 0; i < 48; i++) {
		all[i].small = i;
		table_add(&a, &all[i]);
		table_add(&b, &all[i]);
	}
	bool differ = false;
	for (size_t i = 0; i < a.capacity && i < b.capacity; i++)
		differ |= a.slots[i].entry != b.slots[i].entry;
	expect(differ, "two seeds gave the same order: whoever knows the hash could choose ids that collide");
	table_fini(&a);
	table_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_table_has_nothing),
		cmocka_unit_test(equal_looking_keys_are_told_apart),
		cmocka_unit_test(keys_of_4_bytes_come_and_go),
		cmocka_unit_test(keys_of_16_bytes_come_and_go),
		cmocka_unit_test(keys_of_20_bytes_come_and_go),
		cmocka_unit_test(every_gap_in_a_run_is_closed),
		cmocka_unit_test(the_seed_decides_where_things_stand),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
