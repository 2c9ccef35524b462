/* test_slab.c - memory for things of one size: each is zero when it is taken, its own, and used again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "slab.h"

enum { ITEM_BYTES = 300, ITEMS = 20000 };

static bool is_filled(const unsigned char *item, unsigned char with)
{
	for (size_t i = 0; i < ITEM_BYTES; i++)
		if (item[i] != with)
			return false;
	return true;
}

static void each_item_is_its_own(void **state)
{
	(void)state;
	struct slab slab;
	unsigned char **items = calloc(ITEMS, sizeof *items);
	assert_non_null(items);
	slab_init(&slab, ITEM_BYTES);
	for (size_t i = 0; i < ITEMS; i++) {
		items[i] = slab_take(&slab);
		assert_true(is_filled(items[i], 0));
		assert_int_equal((uintptr_t)items[i] % 16, 0);
		memset(items[i], (int)(i % 255 + 1), ITEM_BYTES);
	}
	for (size_t i = 0; i < ITEMS; i++)
		assert_true(is_filled(items[i], (unsigned char)(i % 255 + 1)));
	free(items);
	slab_fini(&slab);
}

static void what_was_given_back_is_taken_again(void **state)
{
	(void)state;
	struct slab slab;
	slab_init(&slab, ITEM_BYTES);
	void *first = slab_take(&slab), *second = slab_take(&slab);
	memset(first, 7, ITEM_BYTES);
	memset(second, 8, ITEM_BYTES);
	slab_give(&slab, first);
	slab_give(&slab, second);
	void *again = slab_take(&slab);
	assert_ptr_equal(again, second);
	assert_true(is_filled(again, 0));
	assert_ptr_equal(slab_take(&slab), first);
	void *third = slab_take(&slab);
	assert_true(third != first && third != second);
	slab_fini(&slab);
}

static void a_large_one_is_zero(void **state)
{
	(void)state;
	for (size_t bytes = 100; bytes < (5 << 20); bytes *= 7) {
		unsigned char *large = slab_large(bytes);
		for (size_t i = 0; i < bytes; i++)
			assert_int_equal(large[i], 0);
		memset(large, 1, bytes);
		free(large);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_item_is_its_own),
		cmocka_unit_test(what_was_given_back_is_taken_again),
		cmocka_unit_test(a_large_one_is_zero),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
