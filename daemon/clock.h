/* clock.h - the time that commands are given, from a clock that people set and one that nobody can.
 *
 * Deadlines follow the time of day, and that may be set wrongly: hours forward, and every order would climb at once. So
 * the time of day is believed as long as it runs like the machine's own clock, to a minute. When it jumps further, time
 * runs on as before, and the new time of day is believed when it has stood for ten minutes. Time never goes back: where
 * the time of day is believed and behind, time stands until it has come.
 */
#ifndef PAIDAN_CLOCK_H
#define PAIDAN_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

enum { CLOCK_STEP_MS = 60000, CLOCK_TRUST_MS = 600000 };

struct clock {
	bool set, doubted;
	uint64_t day_ms, own_ms;             /* the time of day and the machine's clock when they agreed last */
	uint64_t doubt_day_ms, doubt_own_ms; /* the same when the jump was seen */
};

/* What there is to tell of a reading. */
enum clock_news {
	CLOCK_AS_EVER,
	CLOCK_JUMPED,   /* it has jumped, and is not believed yet */
	CLOCK_RETURNED, /* it is again as it was before it jumped */
	CLOCK_BELIEVED, /* what it jumped to is believed now */
};

/* The time, in ms since 1970 UTC. day_ms: the time of day; own_ms: since some beginning, by a clock that runs even and
 * also while the machine sleeps. by_ms (may be null) gets how far the time of day is from what was expected. */
uint64_t clock_read(struct clock *clock, uint64_t day_ms, uint64_t own_ms, enum clock_news *news, int64_t *by_ms);

#endif
