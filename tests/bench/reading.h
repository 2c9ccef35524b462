/* reading.h - the benchmark of reading: queries a second of each kind while the writers are at peak, and what becomes
 * of the writers.
 *
 *   show     one order with its story, any of those that are there
 *   orders   a page of 20 orders of a micro-grid
 *   areas    a page of 500 areas
 *   stats    the figures of the district, with the registry's
 *   journal  a page of 100 events, from anywhere
 */
#ifndef PAIDAN_BENCH_READING_H
#define PAIDAN_BENCH_READING_H

#include <stdbool.h>

struct reading {
	unsigned long orders, turns;
	unsigned long asking; /* queries that are not answered yet, at a time */
	const char *program;  /* argv[0]: the daemon is looked for beside it */
	const char *paidand, *dir;
	bool json;
};

/* Returns the exit code. */
int reading_run(const struct reading *reading);

#endif
