/* test_sort.c - keys come out as qsort would put them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "expect.h"
#include "sort.h"

static uint64_t state;

static uint64_t next(void)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return state >> 11;
}

static int compare(const void *a, const void *b)
{
	const struct sort_key *x = a, *y = b;
	int by_key = sort_compare(x, y);
	return by_key ? by_key : (x->index > y->index) - (x->index < y->index);
}

enum { MOST = 3000 };

/* As qsort does it; equal ones stay in their order. */
static void expect_sorted(struct sort_key *keys, size_t count, const char *what)
{
	static struct sort_key wanted[MOST];
	for (size_t i = 0; i < count; i++)
		keys[i].index = (uint32_t)i;
	memcpy(wanted, keys, count * sizeof *keys);
	qsort(wanted, count, sizeof *wanted, compare);
	sort_keys(keys, count);
	for (size_t i = 0; i < count; i++)
		expect(compare(&keys[i], &wanted[i]) == 0, "%s, %zu keys: another one stands at %zu", what, count, i);
}

static void few_and_none_are_sorted(void **test)
{
	(void)test;
	struct sort_key keys[2] = {{.high = 2}, {.high = 1, .low = UINT64_MAX}};
	expect_sorted(keys, 0, "none");
	expect_sorted(keys, 1, "one");
	expect_sorted(keys, 2, "two");
}

static void all_bytes_count(void **test)
{
	(void)test;
	static struct sort_key keys[MOST];
	for (unsigned shift = 0; shift < 128; shift += 8) {
		for (size_t i = 0; i < 300; i++) {
			uint64_t byte = next() % 256;
			keys[i] = (struct sort_key){.high = shift < 64 ? 77 : byte << (shift - 64),
						    .low = shift < 64 ? byte << shift : 77};
		}
		expect_sorted(keys, 300, "one byte");
	}
}

static void any_keys_are_sorted(void **test)
{
	(void)test;
	static struct sort_key keys[MOST];
	for (unsigned turn = 0; turn < 200; turn++) {
		size_t count = next() % MOST;
		uint64_t high = next() % 3 ? next() % 5000 << 16 : UINT64_MAX, low = next() % 2 ? 50 : UINT64_MAX;
		for (size_t i = 0; i < count; i++)
			keys[i] = (struct sort_key){.high = high == UINT64_MAX ? next() << 13 : next() % (high + 1),
						    .low = low == UINT64_MAX ? next() << 13 : next() % low};
		expect_sorted(keys, count, "any");
		expect_sorted(keys, count, "sorted before");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(few_and_none_are_sorted),
		cmocka_unit_test(all_bytes_count),
		cmocka_unit_test(any_keys_are_sorted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
