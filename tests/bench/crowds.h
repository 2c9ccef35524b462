/* crowds.h - the benchmarks of many who are connected, subscribed, or asking: their options, and which is meant. */
#ifndef PAIDAN_BENCH_CROWDS_H
#define PAIDAN_BENCH_CROWDS_H

#include <stdbool.h>

extern const char crowds_help[];

/* Whether name is one of them. */
bool crowds_has(const char *name);
/* argv as main's, with the name in argv[1]; returns the exit code. */
int crowds_main(int argc, char **argv);

#endif
