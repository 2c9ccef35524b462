/* spread.h - medians and percentiles of measured values. */
#ifndef PAIDAN_BENCH_SPREAD_H
#define PAIDAN_BENCH_SPREAD_H

#include <stddef.h>
#include <stdint.h>

void spread_sort(uint32_t *values, size_t count);
/* The value that the given share (0 to 1) of sorted ones lie below. */
uint32_t spread_at(const uint32_t *sorted, size_t count, double share);
/* Sorts the values. */
double spread_median(double *values, size_t count);

#endif
