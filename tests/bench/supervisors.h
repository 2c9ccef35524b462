/* supervisors.h - the benchmark of many who watch everything: whole lives a second with them against without, in turns.
 *
 * The first of them reads each event, and counts those that are missing; of the others the bytes must be as many.
 */
#ifndef PAIDAN_BENCH_SUPERVISORS_H
#define PAIDAN_BENCH_SUPERVISORS_H

#include <stdbool.h>

struct supervisors {
	unsigned long supervisors, orders, turns;
	const char *topic;   /* what they subscribe to */
	const char *program; /* argv[0]: the daemon is looked for beside it */
	const char *paidand, *dir;
	bool json;
};

/* Returns the exit code. */
int supervisors_run(const struct supervisors *supervisors);

#endif
