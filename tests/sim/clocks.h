/* clocks.h - how time runs by a category's clock, found out step by step: minute by minute, day by day. The model's
 * own: no code of the core's calendar is called. Threads: one. */
#ifndef PAIDAN_SIM_CLOCKS_H
#define PAIDAN_SIM_CLOCKS_H

#include "registry.h"

/* When s of clock (enum pd_clock; 0: always) have passed from from_ms on. */
uint64_t clocks_add(const struct registry *registry, uint64_t from_ms, uint32_t s, unsigned clock);
/* How much of clock lies between, in s; 0 when to_ms is not later. */
uint32_t clocks_between(const struct registry *registry, uint64_t from_ms, uint64_t to_ms, unsigned clock);

/* Whether a day, counted from 1970-01-01 by China's time, is worked. */
bool clocks_worked(const struct registry *registry, uint64_t day);
bool clocks_is_day(uint64_t yyyymmdd);
/* Whether the days are days of this year, each named once, the worked ones weekends, and the hours rise. */
bool clocks_calendar_sound(uint32_t year, struct pd_u64s holidays, struct pd_u64s workdays, struct pd_u64s hours);

#endif
