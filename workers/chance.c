#include "chance.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

void chance_init(struct chance *chance, uint64_t seed)
{
	/* Seeds that lie side by side shall not begin with draws that do: the bits are mixed first (splitmix64). */
	seed += 0x9E3779B97F4A7C15u;
	seed = (seed ^ (seed >> 30)) * 0xBF58476D1CE4E5B9u;
	seed = (seed ^ (seed >> 27)) * 0x94D049BB133111EBu;
	seed ^= seed >> 31;
	for (int i = 0; i < 3; i++)
		chance->state[i] = (unsigned short)(seed >> (16 * i));
}

double chance_unit(struct chance *chance)
{
	return erand48(chance->state);
}

uint32_t chance_below(struct chance *chance, uint32_t below)
{
	assert(below > 0);
	return (uint32_t)(chance_unit(chance) * below);
}

bool chance_happens(struct chance *chance, double probability)
{
	return chance_unit(chance) < probability;
}

double chance_exponential(struct chance *chance, double mean)
{
	return -mean * log1p(-chance_unit(chance));
}

double chance_lognormal(struct chance *chance, double median, double sigma)
{
	/* Box and Muller's transform; 1 - unit is never 0. */
	double radius = sqrt(-2 * log1p(-chance_unit(chance)));
	return median * exp(sigma * radius * cos(2 * M_PI * chance_unit(chance)));
}

size_t chance_weighted(struct chance *chance, const double *weights, size_t count, double total)
{
	assert(count > 0);
	double left = chance_unit(chance) * total;
	for (size_t i = 0; i + 1 < count; i++) {
		left -= weights[i];
		if (left < 0)
			return i;
	}
	return count - 1;
}
