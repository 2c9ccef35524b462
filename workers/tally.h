/* tally.h - how often commands were refused, by the refusal's code. Threads: one. */
#ifndef PAIDAN_TALLY_H
#define PAIDAN_TALLY_H

#include <stdio.h>

#include "proto.h"

enum { TALLY_CODES = 1000 };

/* All zeros is an empty tally. */
struct tally {
	uint64_t counts[TALLY_CODES];
};

void tally_add(struct tally *tally, const struct pd_refused *refused);
/* "refused: stale 3, busy 1", or "refused: none". */
void tally_print(const struct tally *tally, FILE *out);

#endif
