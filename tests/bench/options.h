/* options.h - what the options of all measurements have in common. */
#ifndef PAIDAN_BENCH_OPTIONS_H
#define PAIDAN_BENCH_OPTIONS_H

#include <stdbool.h>

/* The number that text is, from min to max. False: stderr says what is wrong with the option of this name. */
bool bench_number(const char *text, unsigned long min, unsigned long max, const char *name, unsigned long *value);

#endif
