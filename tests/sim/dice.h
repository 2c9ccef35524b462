/* dice.h - all chance of a run comes from here: the same seed gives the same draws on every machine.
 *
 * xoshiro256** (Blackman and Vigna, 2018), seeded by splitmix64. Threads: one.
 */
#ifndef PAIDAN_SIM_DICE_H
#define PAIDAN_SIM_DICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dice {
	uint64_t state[4];
};

void dice_init(struct dice *dice, uint64_t seed);
uint64_t dice_u64(struct dice *dice);
/* From 0 to below - 1; below is at least 1. */
uint32_t dice_below(struct dice *dice, uint32_t below);
/* From low to high. */
uint32_t dice_between(struct dice *dice, uint32_t low, uint32_t high);
/* True so many times in a thousand. */
bool dice_permille(struct dice *dice, uint32_t permille);
/* An index into weights, each as likely as its weight. */
size_t dice_weighted(struct dice *dice, const unsigned *weights, size_t count);
void dice_fill(struct dice *dice, void *data, size_t bytes);

#endif
