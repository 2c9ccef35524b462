#include "sort.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { DIGITS = 16, DIGIT_BITS = 8, DIGIT_VALUES = 1 << DIGIT_BITS };

static unsigned digit_of(const struct sort_key *key, unsigned digit)
{
	uint64_t part = digit < DIGITS / 2 ? key->low : key->high;
	return part >> digit % (DIGITS / 2) * DIGIT_BITS & (DIGIT_VALUES - 1);
}

/* Whether they are sorted; *differing gets the bits in which some differ. */
static bool look_at(const struct sort_key *keys, size_t count, struct sort_key *differing)
{
	bool sorted = true;
	*differing = (struct sort_key){0};
	for (size_t i = 1; i < count; i++) {
		sorted = sorted && sort_compare(&keys[i - 1], &keys[i]) <= 0;
		differing->high |= keys[i].high ^ keys[0].high;
		differing->low |= keys[i].low ^ keys[0].low;
	}
	return sorted;
}

/* By one digit; those with the same one stay in their order. */
static void sort_by(unsigned digit, const struct sort_key *from, size_t count, struct sort_key *to)
{
	size_t ends[DIGIT_VALUES] = {0}, place = 0;
	for (size_t i = 0; i < count; i++)
		ends[digit_of(&from[i], digit)]++;
	for (unsigned value = 0; value < DIGIT_VALUES; value++) {
		size_t of_value = ends[value];
		ends[value] = place;
		place += of_value;
	}
	for (size_t i = 0; i < count; i++)
		to[ends[digit_of(&from[i], digit)]++] = from[i];
}

void sort_keys(struct sort_key *keys, size_t count)
{
	struct sort_key differing, *from = keys;
	if (look_at(keys, count, &differing))
		return;
	struct sort_key *room = malloc(count * sizeof *room), *to = room;
	if (!room)
		abort();
	for (unsigned digit = 0; digit < DIGITS; digit++) {
		if (digit_of(&differing, digit) == 0)
			continue;
		sort_by(digit, from, count, to);
		struct sort_key *sorted = to;
		to = from;
		from = sorted;
	}
	if (from != keys)
		memcpy(keys, from, count * sizeof *keys);
	free(room);
}
