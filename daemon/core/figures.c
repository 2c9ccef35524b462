/* figures.c - histograms of times, in four steps an octave: about 10% from the truth. */
#include "order.h"

unsigned figures_bucket(uint64_t ms)
{
	if (ms < 4)
		return (unsigned)ms;
	unsigned e = 63 - (unsigned)__builtin_clzll(ms);
	unsigned bucket = 4 * (e - 1) + (unsigned)((ms >> (e - 2)) & 3);
	return bucket < FIGURES_BUCKETS ? bucket : FIGURES_BUCKETS - 1;
}

uint64_t figures_bucket_ms(unsigned bucket)
{
	if (bucket < 4)
		return bucket;
	unsigned e = bucket / 4 + 1;
	uint64_t low = (uint64_t)(4 + bucket % 4) << (e - 2), width = (uint64_t)1 << (e - 2);
	return low + width / 2;
}

uint64_t figures_percentile(const uint32_t *counts, unsigned percent)
{
	uint64_t total = 0, seen = 0;
	for (unsigned i = 0; i < FIGURES_BUCKETS; i++)
		total += counts[i];
	if (total == 0)
		return 0;
	uint64_t wanted = (total * percent + 99) / 100;
	for (unsigned i = 0; i < FIGURES_BUCKETS; i++) {
		seen += counts[i];
		if (seen >= wanted && seen > 0)
			return figures_bucket_ms(i);
	}
	return figures_bucket_ms(FIGURES_BUCKETS - 1);
}

void figures_add(struct figures *sum, const struct figures *figures)
{
	sum->submitted += figures->submitted;
	sum->accepted += figures->accepted;
	sum->completed += figures->completed;
	sum->closed += figures->closed;
	sum->cancelled += figures->cancelled;
	sum->reopened += figures->reopened;
	sum->declined += figures->declined;
	sum->due += figures->due;
	sum->late += figures->late;
	sum->duplicate += figures->duplicate;
	sum->urged += figures->urged;
	sum->merged += figures->merged;
	sum->escalated += figures->escalated;
	sum->reminded += figures->reminded;
	sum->unconfirmed += figures->unconfirmed;
	for (unsigned i = 0; i < FIGURES_BUCKETS; i++) {
		sum->accept_counts[i] += figures->accept_counts[i];
		sum->complete_counts[i] += figures->complete_counts[i];
	}
}
