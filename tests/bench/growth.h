/* growth.h - whether whole lives cost the same, however much is stored and wherever it waits. */
#ifndef PAIDAN_BENCH_GROWTH_H
#define PAIDAN_BENCH_GROWTH_H

#include <stdbool.h>

enum { GROWTH_SIZES_MAX = 8 };

struct growth {
	unsigned long sizes[GROWTH_SIZES_MAX]; /* past orders in the store */
	int size_count;
	unsigned long waiting; /* in one queue */
	unsigned long orders;  /* lives in a turn */
	unsigned long rounds;
	unsigned long outstanding, text_bytes;
	const char *program; /* argv[0]: the daemon is looked for beside it */
	const char *paidand, *dir;
	bool json;
};

/* Prints a line for each case; returns the exit code. */
int growth_run(const struct growth *growth);

#endif
