#include "spread.h"

#include <assert.h>
#include <stdlib.h>

static int compare_u32(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}

static int compare_double(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

void spread_sort(uint32_t *values, size_t count)
{
	qsort(values, count, sizeof *values, compare_u32);
}

uint32_t spread_at(const uint32_t *sorted, size_t count, double share)
{
	size_t at = (size_t)((double)count * share);
	return sorted[at < count ? at : count - 1];
}

double spread_median(double *values, size_t count)
{
	qsort(values, count, sizeof *values, compare_double);
	return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

double spread_ratio(const double *with, const double *without, size_t turns)
{
	double ratios[SPREAD_TURNS_MAX];
	assert(turns <= SPREAD_TURNS_MAX);
	for (size_t i = 0; i < turns; i++)
		ratios[i] = with[i] / without[i];
	return spread_median(ratios, turns);
}
