#include "histogram.h"

double histogram_middle_ms(unsigned bucket)
{
	if (bucket < 4)
		return bucket;
	unsigned shift = bucket / 4 - 1;
	double width = (double)((uint64_t)1 << shift);
	return (double)(4 + bucket % 4) * width + width / 2;
}

static uint64_t counted(const struct pd_u64s *before, const struct pd_u64s *after, uint32_t bucket)
{
	uint64_t b = bucket < before->count ? before->values[bucket] : 0,
		 a = bucket < after->count ? after->values[bucket] : 0;
	return a > b ? a - b : 0;
}

double histogram_median_ms(const struct pd_u64s *before, const struct pd_u64s *after)
{
	uint64_t all = 0, so_far = 0;
	for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++)
		all += counted(before, after, i);
	for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
		so_far += counted(before, after, i);
		if (all && so_far >= (all + 1) / 2)
			return histogram_middle_ms(i);
	}
	return -1;
}
