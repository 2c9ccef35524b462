#include "options.h"

#include <stdio.h>
#include <stdlib.h>

bool bench_number(const char *text, unsigned long min, unsigned long max, const char *name, unsigned long *value)
{
	char *end;
	*value = strtoul(text, &end, 10);
	if (end != text && *end == 0 && *value >= min && *value <= max)
		return true;
	fprintf(stderr, "paidan-bench: --%s %s: must be a number from %lu to %lu\n", name, text, min, max);
	return false;
}
