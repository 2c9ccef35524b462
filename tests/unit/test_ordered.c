/* test_ordered.c - a tree that knows its ends, beside one that is searched. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "ordered.h"

enum { KEYS = 300, STEPS = 200000 };

struct item {
	int key;
	RB_ENTRY(item) by_key;
};

ORDERED_HEAD(items, item);

static int compare(const struct item *a, const struct item *b)
{
	return a->key < b->key ? -1 : a->key > b->key;
}

ORDERED_GENERATE_STATIC(items, item, by_key, compare)

static uint32_t next_random(uint32_t *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 8;
}

/* All that are in it, in order, and the ends. */
static void check(struct items *items, const bool *in)
{
	struct item *item, *first = NULL, *last = NULL;
	int key = -1;
	RB_FOREACH(item, items, items)
	{
		for (key++; key < item->key; key++)
			assert_false(in[key]);
		assert_int_equal(key, item->key);
		assert_true(in[key]);
		first = first ? first : item;
		last = item;
	}
	for (key++; key < KEYS; key++)
		assert_false(in[key]);
	assert_ptr_equal(items->first, first);
	assert_ptr_equal(items->last, last);
}

static void it_knows_its_ends_whatever_comes_and_goes(void **unused)
{
	(void)unused;
	static struct item all[KEYS];
	static bool in[KEYS];
	struct items items = {0};
	uint32_t state = 7;
	for (int i = 0; i < STEPS; i++) {
		/* Few, many, or as a queue is: what comes is last, and what goes is first. */
		int few = i / 20000 % 3 == 0 ? 3 : KEYS, key = (int)(next_random(&state) % (unsigned)few);
		if (i / 20000 % 3 == 2)
			key = in[i % KEYS] ? items.first->key : i % KEYS;
		all[key].key = key;
		if (in[key])
			items_take(&items, &all[key]);
		else
			items_add(&items, &all[key]);
		in[key] = !in[key];
		if (i % 64 == 0 || few == 3)
			check(&items, in);
	}
	for (int key = 0; key < KEYS; key++)
		if (in[key])
			items_take(&items, &all[key]), in[key] = false;
	check(&items, in);
	assert_null(items.first);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(it_knows_its_ends_whatever_comes_and_goes)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
