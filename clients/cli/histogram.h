/* histogram.h - the buckets in which the broker counts durations, as PROTOCOL.md describes them under "Histograms".
 *
 * A value v in ms below 4 has bucket v; above, with e = floor(log2 v), bucket 4 * (e - 1) + the two bits behind the
 * highest one. The last of HISTOGRAM_BUCKETS takes all that is longer. So a bucket is at most a quarter as wide as its
 * values are long. Threads: any.
 */
#ifndef PAIDAN_HISTOGRAM_H
#define PAIDAN_HISTOGRAM_H

#include "proto.h"

enum { HISTOGRAM_BUCKETS = 128 };

/* The middle of a bucket, in ms. */
double histogram_middle_ms(unsigned bucket);
/* The median of what was counted from before to after, two states of the same counters; negative when nothing was.
 * Missing buckets at the end are 0. */
double histogram_median_ms(const struct pd_u64s *before, const struct pd_u64s *after);

#endif
