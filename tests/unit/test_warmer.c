/* test_warmer.c - memory that was expected is at hand after a while, zero, and each piece its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "table.h"
#include "warmer.h"

enum { WAIT_MS_MAX = 6000, TABLE_BYTES = 4 << 20 };

static struct warmer *warmer;
static const struct slab_source *source;

static int start(void **unused)
{
	(void)unused;
	if (warmer_start(&warmer))
		return 1;
	source = warmer_source(warmer);
	return 0;
}

static int stop(void **unused)
{
	(void)unused;
	warmer_stop(warmer);
	return 0;
}

/* What is made when it was expected; null: nothing is, in all that time. What was looked for too early is expected
 * again, and given longer. */
static void *wait_for(size_t bytes)
{
	void *memory = NULL;
	for (int ms = 5; ms < WAIT_MS_MAX && !memory; ms *= 2) {
		const struct timespec moment = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
		source->expect(bytes, source->arg);
		nanosleep(&moment, NULL);
		memory = source->take(bytes, source->arg);
	}
	return memory;
}

static void expect_zeros(const char *memory, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		assert_int_equal(memory[i], 0);
}

static void nothing_is_at_hand_that_was_not_expected(void **unused)
{
	(void)unused;
	assert_null(source->take(SLAB_CHUNK_BYTES, source->arg));
	void *memory = wait_for(TABLE_BYTES);
	assert_non_null(memory);
	expect_zeros(memory, TABLE_BYTES);
	assert_null(source->take(TABLE_BYTES, source->arg)); /* one was expected */
	assert_null(source->take(SLAB_CHUNK_BYTES, source->arg));
	free(memory);
}

static void several_chunks_are_made(void **unused)
{
	(void)unused;
	char *chunks[3];
	for (int i = 0; i < 3; i++) {
		chunks[i] = wait_for(SLAB_CHUNK_BYTES);
		assert_non_null(chunks[i]);
		expect_zeros(chunks[i], SLAB_CHUNK_BYTES);
		memset(chunks[i], 1, SLAB_CHUNK_BYTES);
	}
	for (int i = 0; i < 3; i++)
		free(chunks[i]);
}

static void what_came_too_late_is_not_kept(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < 30; i++) { /* more than there are places */
		size_t bytes = TABLE_BYTES + (i << 12);
		source->expect(bytes, source->arg);
		free(source->take(bytes, source->arg)); /* hardly ever there yet */
	}
	for (int i = 0; i < 4; i++) {
		void *chunk = wait_for(SLAB_CHUNK_BYTES);
		assert_non_null(chunk);
		free(chunk);
	}
}

static void what_is_too_small_or_too_large_is_not_made(void **unused)
{
	(void)unused;
	const size_t sizes[] = {0, 4096, (size_t)1 << 40};
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
		source->expect(sizes[i], source->arg);
	void *after = wait_for(TABLE_BYTES); /* is made after those */
	assert_non_null(after);
	free(after);
	for (size_t i = 1; i < sizeof sizes / sizeof *sizes; i++)
		assert_null(source->take(sizes[i], source->arg));
}

static void it_may_be_stopped_at_any_time(void **unused)
{
	(void)unused;
	for (int i = 0; i < 20; i++) {
		struct warmer *other;
		assert_int_equal(warmer_start(&other), PD_OK);
		const struct slab_source *of_other = warmer_source(other);
		of_other->expect(SLAB_CHUNK_BYTES, of_other->arg);
		of_other->expect((size_t)SLAB_CHUNK_BYTES << (i % 4), of_other->arg);
		warmer_stop(other);
	}
}

struct thing {
	uint32_t key;
};

static void a_table_grows_into_what_it_expects(void **unused)
{
	(void)unused;
	enum { THINGS = 400000 };
	struct thing *things = calloc(THINGS, sizeof *things);
	struct table table;
	table_init(&table, offsetof(struct thing, key), sizeof(uint32_t), 7);
	table.source = source;
	for (uint32_t i = 0; i < THINGS; i++) {
		things[i].key = i;
		table_add(&table, &things[i]);
	}
	for (uint32_t i = 0; i < THINGS; i++)
		assert_ptr_equal(table_find(&table, &i), &things[i]);
	table_fini(&table);
	free(things);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(nothing_is_at_hand_that_was_not_expected, start, stop),
		cmocka_unit_test_setup_teardown(several_chunks_are_made, start, stop),
		cmocka_unit_test_setup_teardown(what_came_too_late_is_not_kept, start, stop),
		cmocka_unit_test_setup_teardown(what_is_too_small_or_too_large_is_not_made, start, stop),
		cmocka_unit_test(it_may_be_stopped_at_any_time),
		cmocka_unit_test_setup_teardown(a_table_grows_into_what_it_expects, start, stop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
