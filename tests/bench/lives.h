/* lives.h - the benchmark of whole lives. */
#ifndef PAIDAN_LIVES_H
#define PAIDAN_LIVES_H

#include <stdbool.h>

struct lives {
	unsigned long orders, outstanding, text_bytes;
	const char *program; /* argv[0]: the daemon is looked for beside it */
	const char *paidand, *dir;
	bool json;
};

/* Returns the exit code. */
int lives_run(const struct lives *lives);

#endif
