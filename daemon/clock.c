#include "clock.h"

static int64_t difference(uint64_t a, uint64_t b)
{
	return (int64_t)(a - b);
}

static bool near(int64_t by_ms)
{
	return by_ms >= -CLOCK_STEP_MS && by_ms <= CLOCK_STEP_MS;
}

static uint64_t agree(struct clock *clock, uint64_t day_ms, uint64_t own_ms)
{
	*clock = (struct clock){.set = true, .day_ms = day_ms, .own_ms = own_ms};
	return day_ms;
}

static void doubt(struct clock *clock, uint64_t day_ms, uint64_t own_ms)
{
	clock->doubted = true;
	clock->doubt_day_ms = day_ms;
	clock->doubt_own_ms = own_ms;
}

uint64_t clock_read(struct clock *clock, uint64_t day_ms, uint64_t own_ms, enum clock_news *news, int64_t *by_ms)
{
	uint64_t expected_ms = clock->set ? clock->day_ms + (own_ms - clock->own_ms) : day_ms;
	int64_t by = difference(day_ms, expected_ms);
	if (by_ms)
		*by_ms = by;
	if (near(by)) {
		*news = clock->doubted ? CLOCK_RETURNED : CLOCK_AS_EVER;
		return agree(clock, day_ms, own_ms);
	}
	bool stands = clock->doubted && near(difference(day_ms, clock->doubt_day_ms + (own_ms - clock->doubt_own_ms)));
	if (!stands) { /* it has jumped, or jumped once more */
		*news = CLOCK_JUMPED;
		doubt(clock, day_ms, own_ms);
	} else if (own_ms - clock->doubt_own_ms >= CLOCK_TRUST_MS) {
		*news = CLOCK_BELIEVED;
		return agree(clock, day_ms, own_ms);
	} else {
		*news = CLOCK_AS_EVER;
	}
	return expected_ms;
}
