/* chance.h - seeded draws from the distributions that the simulated people follow.
 *
 * The same seed gives the same draws on every machine with the same C library (erand48, POSIX). Threads: one for each
 * chance.
 */
#ifndef PAIDAN_CHANCE_H
#define PAIDAN_CHANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct chance {
	unsigned short state[3];
};

void chance_init(struct chance *chance, uint64_t seed);

/* From 0 up to but not 1. */
double chance_unit(struct chance *chance);
/* From 0 to below - 1, each as likely; below is at least 1. */
uint32_t chance_below(struct chance *chance, uint32_t below);
bool chance_happens(struct chance *chance, double probability);

/* Times between the arrivals of a Poisson process. */
double chance_exponential(struct chance *chance, double mean);
/* exp(N(ln median, sigma)): most answers are quick, some take long. */
double chance_lognormal(struct chance *chance, double median, double sigma);

/* An index into weights, each as likely as its weight; the weights add up to total > 0. */
size_t chance_weighted(struct chance *chance, const double *weights, size_t count, double total);

#endif
