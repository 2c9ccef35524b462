/* latency.h - how long an answer takes: to one who is alone, and to many who do not wait for each other. */
#ifndef PAIDAN_BENCH_LATENCY_H
#define PAIDAN_BENCH_LATENCY_H

#include <stdbool.h>

struct latency {
	unsigned long orders; /* of a turn at half the peak rate, and of the search for the peak */
	unsigned long rounds;
	unsigned long text_bytes;
	const char *program; /* argv[0]: the daemon is looked for beside it */
	const char *paidand, *dir;
	bool json;
};

/* Prints the figures; returns the exit code. */
int latency_run(const struct latency *latency);

#endif
