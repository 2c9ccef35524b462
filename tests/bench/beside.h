/* beside.h - a load that is carried while this process does something else. */
#ifndef PAIDAN_BENCH_BESIDE_H
#define PAIDAN_BENCH_BESIDE_H

#include "load.h"

/* Carry load in processes of its own, and call turn, which waits a little itself, again and again meanwhile. Returns
 * the exit code of what failed, or 0. */
int beside_carry(const struct load *load, const struct broker *broker, struct load_cost *cost, void (*turn)(void *arg),
		 void *arg);

#endif
