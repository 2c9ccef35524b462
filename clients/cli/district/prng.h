/* prng.h - numbers that look random and are the same on every machine: SplitMix64 (Steele, Lea, Flood: "Fast Splittable
 * Pseudorandom Number Generators", OOPSLA 2014). Not for secrets.
 */
#ifndef PAIDAN_PRNG_H
#define PAIDAN_PRNG_H

#include <stdint.h>

struct prng {
	uint64_t state; /* the seed, at first */
};

static inline uint64_t prng_next(struct prng *prng)
{
	uint64_t z = prng->state += 0x9e3779b97f4a7c15;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

/* From 0 to below - 1; below is at least 1. */
static inline uint32_t prng_below(struct prng *prng, uint32_t below)
{
	return (uint32_t)((prng_next(prng) >> 32) * below >> 32);
}

/* From min to max. */
static inline uint32_t prng_between(struct prng *prng, uint32_t min, uint32_t max)
{
	return min + prng_below(prng, max - min + 1);
}

#endif
