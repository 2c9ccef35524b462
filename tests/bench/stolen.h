/* stolen.h - what a virtual machine's host takes of its processors: nobody in the machine gets on meanwhile. */
#ifndef PAIDAN_BENCH_STOLEN_H
#define PAIDAN_BENCH_STOLEN_H

#include <stdint.h>

/* Ticks of all processors since the machine began; zeros when /proc/stat does not say. */
struct stolen {
	uint64_t stolen, all;
};

struct stolen stolen_now(void);
/* The share of the processors' time since then that was stolen, in percent. */
double stolen_percent(const struct stolen *since);

#endif
