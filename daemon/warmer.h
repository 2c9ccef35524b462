/* warmer.h - a thread that has large memory at hand for the front, touched already.
 *
 * A page that a virtual machine touches for the first time is fetched from its host, which for a large page takes
 * milliseconds, in which the front would serve nobody. What was taken once is expected again. Threads: the front takes
 * and expects.
 */
#ifndef PAIDAN_WARMER_H
#define PAIDAN_WARMER_H

#include "proto.h"
#include "slab.h"

struct warmer;

PD_MUST_USE enum pd_err warmer_start(struct warmer **warmer);
/* What was taken stays. */
void warmer_stop(struct warmer *warmer);
/* Borrowed until warmer_stop. */
const struct slab_source *warmer_source(const struct warmer *warmer);

#endif
