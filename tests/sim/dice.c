#include "dice.h"

#include <assert.h>
#include <string.h>

static uint64_t rotate(uint64_t value, int bits)
{
	return value << bits | value >> (64 - bits);
}

void dice_init(struct dice *dice, uint64_t seed)
{
	for (int i = 0; i < 4; i++) {
		uint64_t z = (seed += 0x9E3779B97F4A7C15u);
		z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
		z = (z ^ z >> 27) * 0x94D049BB133111EBu;
		dice->state[i] = z ^ z >> 31;
	}
}

uint64_t dice_u64(struct dice *dice)
{
	uint64_t *s = dice->state, result = rotate(s[1] * 5, 7) * 9, t = s[1] << 17;
	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotate(s[3], 45);
	return result;
}

uint32_t dice_below(struct dice *dice, uint32_t below)
{
	assert(below > 0);
	return (uint32_t)((dice_u64(dice) >> 32) * below >> 32);
}

uint32_t dice_between(struct dice *dice, uint32_t low, uint32_t high)
{
	return low + dice_below(dice, high - low + 1);
}

bool dice_permille(struct dice *dice, uint32_t permille)
{
	return dice_below(dice, 1000) < permille;
}

size_t dice_weighted(struct dice *dice, const unsigned *weights, size_t count)
{
	unsigned total = 0;
	for (size_t i = 0; i < count; i++)
		total += weights[i];
	uint32_t drawn = dice_below(dice, total);
	size_t i = 0;
	while (drawn >= weights[i])
		drawn -= weights[i++];
	return i;
}

void dice_fill(struct dice *dice, void *data, size_t bytes)
{
	char *to = data;
	while (bytes > 0) {
		uint64_t drawn = dice_u64(dice);
		size_t part = bytes < sizeof drawn ? bytes : sizeof drawn;
		memcpy(to, &drawn, part);
		to += part;
		bytes -= part;
	}
}
