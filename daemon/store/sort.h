/* sort.h - numbers of 128 bits, sorted without comparing: byte by byte from the last one, and only by those bytes in
 * which they differ. Ten thousands of them take a fifth of qsort's time; sorted ones are left alone.
 */
#ifndef PAIDAN_SORT_H
#define PAIDAN_SORT_H

#include <stddef.h>
#include <stdint.h>

struct sort_key {
	uint64_t high, low;
	uint32_t index; /* of what it belongs to, which stays where it is */
};

static inline int sort_compare(const struct sort_key *a, const struct sort_key *b)
{
	if (a->high != b->high)
		return a->high < b->high ? -1 : 1;
	return (a->low > b->low) - (a->low < b->low);
}

/* Equal ones stay in their order. */
void sort_keys(struct sort_key *keys, size_t count);

#endif
