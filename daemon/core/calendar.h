/* calendar.h - which days are worked and when; times that run always, in working hours, or by days.
 *
 * All by China's time, which is UTC+8 all the year. A year without a calendar has its weekends alone, and the usual
 * working hours. Part of the core.
 */
#ifndef PAIDAN_CALENDAR_H
#define PAIDAN_CALENDAR_H

#include "registry.h"

#define CALENDAR_OFFSET_MS (8 * UINT64_C(3600000))
#define CALENDAR_DAY_MS UINT64_C(86400000)
enum { CALENDAR_DAY_S = 86400, CALENDAR_HOURS_MAX = 8 };

enum calendar_day { CALENDAR_PLAIN, CALENDAR_HOLIDAY, CALENDAR_WORKDAY };

struct calendar {
	ENTITY;                             /* id: the year */
	uint8_t days[366];                  /* enum calendar_day, from the first of January */
	uint16_t hours[CALENDAR_HOURS_MAX]; /* minutes of the day, from and to by turns */
	uint8_t hours_count;
};

/* A day's number: days since 1970-01-01. */
static inline uint32_t calendar_day_of(uint64_t ms)
{
	return (uint32_t)((ms + CALENDAR_OFFSET_MS) / CALENDAR_DAY_MS);
}
/* When the day begins. */
static inline uint64_t calendar_day_ms(uint32_t day)
{
	return day * CALENDAR_DAY_MS - CALENDAR_OFFSET_MS;
}
/* 0 is Monday. */
static inline unsigned calendar_weekday(uint32_t day)
{
	return (day + 3) % 7;
}
struct calendar_date {
	uint32_t year, month, day; /* month and day from 1 */
};
struct calendar_date calendar_date_of(uint32_t day);
uint32_t calendar_day_at(struct calendar_date date);
/* The day of yyyymmdd; false: there is no such day. */
bool calendar_parse(uint64_t yyyymmdd, uint32_t *day);

bool calendar_is_worked(const struct registry *registry, uint32_t day);
/* When s of the clock (enum pd_clock; 0: always) have passed from from_ms on: later than that. By days, s is of whole
 * days, and the time is the end of the last one; what is less than a day lasts until the next end of a day. */
uint64_t calendar_add(const struct registry *registry, uint64_t from_ms, uint32_t s, unsigned clock);
/* How much of the clock lies between: what calendar_add takes to come from from_ms to to_ms again, as near as the clock
 * tells. 0 when to_ms is not later. */
uint32_t calendar_between(const struct registry *registry, uint64_t from_ms, uint64_t to_ms, unsigned clock);

/* Of the registry's kinds: whether a put_calendar holds together, and taking in a calendar_set. */
void calendar_check(const struct pd_put_calendar *put, struct registry_decision *decision);
void calendar_apply(struct registry *registry, void *entity, const struct pd_message *event);

#endif
