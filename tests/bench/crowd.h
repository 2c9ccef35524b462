/* crowd.h - the benchmark of a notice to many households, of whose residents some are connected. */
#ifndef PAIDAN_CROWD_H
#define PAIDAN_CROWD_H

#include <stdbool.h>

struct crowd {
	unsigned long residents, households; /* no more residents than households */
	const char *program;                 /* argv[0]: the daemon is looked for beside it */
	const char *paidand, *dir;
	bool json;
};

/* Returns the exit code. */
int crowd_run(const struct crowd *crowd);

#endif
