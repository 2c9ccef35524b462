/* agenda.h - what people are going to do, by the time when they do it. Threads: one. */
#ifndef PAIDAN_YEAR_AGENDA_H
#define PAIDAN_YEAR_AGENDA_H

#include <stdbool.h>

#include "proto.h"

/* One thing to be done: what means something to whoever planned it. */
struct act {
	uint64_t at_ms, turn; /* turn: of those at the same time, the one that was planned first comes first */
	uint32_t what, person, number;
	struct pd_id id;
};

struct agenda {
	struct act *heap;
	size_t count, capacity;
	uint64_t turns;
};

void agenda_fini(struct agenda *agenda);
void agenda_add(struct agenda *agenda, struct act act);
/* The time of the next act; UINT64_MAX: there is none. */
uint64_t agenda_next_ms(const struct agenda *agenda);
/* Take the next act, which must be there. */
struct act agenda_take(struct agenda *agenda);

#endif
