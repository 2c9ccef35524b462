/* spread.h - medians and percentiles of measured values. */
#ifndef PAIDAN_BENCH_SPREAD_H
#define PAIDAN_BENCH_SPREAD_H

#include <stddef.h>
#include <stdint.h>

enum { SPREAD_TURNS_MAX = 15 };

void spread_sort(uint32_t *values, size_t count);
/* The value that the given share (0 to 1) of sorted ones lie below. */
uint32_t spread_at(const uint32_t *sorted, size_t count, double share);
/* Sorts the values. */
double spread_median(double *values, size_t count);
/* What is measured with something by what is measured without it: the median of each turn's own, since what else the
 * machine does falls on both halves of one. At most SPREAD_TURNS_MAX turns. */
double spread_ratio(const double *with, const double *without, size_t turns);

#endif
