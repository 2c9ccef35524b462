/* lookups.h - how many coordinates a second find their micro-grid among the 1,151 polygons of a made district.
 *
 * Half of them are those of households, half lie anywhere around the district: inside, in holes and gaps, and far
 * outside.
 */
#ifndef PAIDAN_BENCH_LOOKUPS_H
#define PAIDAN_BENCH_LOOKUPS_H

#include <stdbool.h>

/* Prints the figures; returns the exit code. */
int lookups_run(unsigned long count, bool json);

#endif
