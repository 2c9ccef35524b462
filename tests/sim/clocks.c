#include "clocks.h"

#include <stdlib.h>
#include <time.h>

#include "codec.h"
#include "sim.h"
#include "trace.h"

enum { MINUTE_MS = 60000, DAY_S = 86400 };
static const uint64_t zone_ms = 8 * 3600 * UINT64_C(1000);
static const uint64_t usual_hours[] = {510, 720, 810, 1050};

/* The calendar of the year that was looked at last. */
struct walk {
	const struct registry *registry;
	struct pd_decoder *decoder;
	struct pd_calendar_set calendar;
	uint32_t year;
};

static struct walk begin_walk(const struct registry *registry)
{
	struct walk walk = {.registry = registry, .decoder = pd_decoder_new()};
	if (!walk.decoder)
		trace_system("memory");
	return walk;
}

static void look_at_year(struct walk *walk, uint32_t year)
{
	const struct entity *entity = registry_find(walk->registry, REGISTRY_CALENDARS, year);
	struct pd_message event = {0};
	struct pd_fault fault;
	size_t off = 0;
	if (walk->year == year)
		return;
	pd_decoder_reset(walk->decoder);
	if (entity && pd_decode(walk->decoder, entity->event, entity->event_bytes, &off, &event, &fault))
		trace_fail("the calendar of %u cannot be read: %s", year, fault.detail);
	walk->year = year;
	walk->calendar = event.calendar_set;
	if (!entity || walk->calendar.retired)
		walk->calendar = (struct pd_calendar_set){0};
	if (walk->calendar.hours.count == 0)
		walk->calendar.hours = (struct pd_u64s){usual_hours, 4};
}

static bool named(struct pd_u64s days, uint64_t yyyymmdd)
{
	for (uint32_t i = 0; i < days.count; i++)
		if (days.values[i] == yyyymmdd)
			return true;
	return false;
}

/* Whether a day is worked; day: days since 1970-01-01, by China's time as all here. */
static bool worked(struct walk *walk, uint64_t day)
{
	time_t s = (time_t)(day * DAY_S);
	struct tm date;
	gmtime_r(&s, &date);
	uint32_t year = (uint32_t)date.tm_year + 1900;
	uint64_t yyyymmdd = year * UINT64_C(10000) + (uint32_t)(date.tm_mon + 1) * 100 + (uint32_t)date.tm_mday;
	look_at_year(walk, year);
	if (named(walk->calendar.holidays, yyyymmdd))
		return false;
	return named(walk->calendar.workdays, yyyymmdd) || (date.tm_wday != 0 && date.tm_wday != 6);
}

/* Of the day that was looked at last. */
static bool open_at(const struct walk *walk, uint64_t minute)
{
	const struct pd_u64s *hours = &walk->calendar.hours;
	for (uint32_t i = 0; i + 1 < hours->count; i += 2)
		if (hours->values[i] <= minute && minute < hours->values[i + 1])
			return true;
	return false;
}

/* Goes on from from_ms until left_ms of working time have passed or to_ms is reached; *passed_ms: how much has. */
static uint64_t walk_minutes(struct walk *walk, uint64_t from_ms, uint64_t to_ms, uint64_t left_ms, uint64_t *passed_ms)
{
	uint64_t at = from_ms + zone_ms, end = to_ms == UINT64_MAX ? to_ms : to_ms + zone_ms;
	*passed_ms = 0;
	while (at < end) {
		uint64_t day = at / SIM_DAY_MS, next;
		if (!worked(walk, day)) {
			at = (day + 1) * SIM_DAY_MS;
			continue;
		}
		for (; at < end && at / SIM_DAY_MS == day; at = next) {
			next = (at / MINUTE_MS + 1) * MINUTE_MS;
			next = next < end ? next : end;
			if (!open_at(walk, at % SIM_DAY_MS / MINUTE_MS))
				continue;
			if (*passed_ms + next - at >= left_ms)
				return at + left_ms - *passed_ms - zone_ms;
			*passed_ms += next - at;
		}
	}
	return to_ms;
}

static uint64_t work_ends(struct walk *walk, uint64_t day)
{
	const struct pd_u64s *hours = &walk->calendar.hours;
	worked(walk, day);
	if (!hours->values)
		abort(); /* no calendar is without hours */
	return day * SIM_DAY_MS - zone_ms + hours->values[hours->count - 1] * MINUTE_MS;
}

/* What is left of less than a working day is there until work ends: today, or on the next day that is worked. */
static uint64_t walk_workdays(struct walk *walk, uint64_t from_ms, uint32_t days)
{
	uint64_t day = (from_ms + zone_ms) / SIM_DAY_MS;
	for (uint32_t left = days; left > 0; left -= worked(walk, day))
		day++;
	while (!worked(walk, day) || work_ends(walk, day) <= from_ms)
		day++;
	return work_ends(walk, day);
}

uint64_t clocks_add(const struct registry *registry, uint64_t from_ms, uint32_t s, unsigned clock)
{
	struct walk walk = begin_walk(registry);
	uint64_t passed, to_ms = from_ms + s * UINT64_C(1000);
	if (clock == PD_clock_working)
		to_ms = walk_minutes(&walk, from_ms, UINT64_MAX, s * UINT64_C(1000), &passed);
	else if (clock == PD_clock_days)
		to_ms = ((from_ms + zone_ms) / SIM_DAY_MS + s / DAY_S + 1) * SIM_DAY_MS - zone_ms - 1;
	else if (clock == PD_clock_workdays)
		to_ms = walk_workdays(&walk, from_ms, s / DAY_S);
	pd_decoder_free(walk.decoder);
	return to_ms;
}

uint32_t clocks_between(const struct registry *registry, uint64_t from_ms, uint64_t to_ms, unsigned clock)
{
	struct walk walk = begin_walk(registry);
	uint64_t passed_ms = 0, first = (from_ms + zone_ms) / SIM_DAY_MS, last = (to_ms + zone_ms) / SIM_DAY_MS;
	if (to_ms > from_ms && clock == PD_clock_working)
		walk_minutes(&walk, from_ms, to_ms, UINT64_MAX, &passed_ms);
	else if (to_ms > from_ms && (clock == PD_clock_days || clock == PD_clock_workdays))
		for (uint64_t day = first + 1; day <= last; day++)
			passed_ms += clock == PD_clock_days || worked(&walk, day) ? SIM_DAY_MS : 0;
	else if (to_ms > from_ms)
		passed_ms = to_ms - from_ms;
	pd_decoder_free(walk.decoder);
	return (uint32_t)(passed_ms / 1000);
}

bool clocks_worked(const struct registry *registry, uint64_t day)
{
	struct walk walk = begin_walk(registry);
	bool is = worked(&walk, day);
	pd_decoder_free(walk.decoder);
	return is;
}

/* ---- whether a calendar is one ---- */

static bool is_day(uint32_t year, uint64_t yyyymmdd, bool weekend)
{
	struct tm date = {.tm_year = (int)year - 1900,
			  .tm_mon = (int)(yyyymmdd / 100 % 100) - 1,
			  .tm_mday = (int)(yyyymmdd % 100)};
	struct tm same = date;
	if (yyyymmdd / 10000 != year || timegm(&same) == -1 || same.tm_mon != date.tm_mon ||
	    same.tm_mday != date.tm_mday)
		return false;
	return !weekend || same.tm_wday == 0 || same.tm_wday == 6;
}

bool clocks_is_day(uint64_t yyyymmdd)
{
	return is_day((uint32_t)(yyyymmdd / 10000), yyyymmdd, false);
}

static uint32_t times_named(struct pd_u64s days, uint64_t day)
{
	uint32_t times = 0;
	for (uint32_t i = 0; i < days.count; i++)
		times += days.values[i] == day;
	return times;
}

static bool days_sound(uint32_t year, struct pd_u64s days, struct pd_u64s others, bool weekends)
{
	for (uint32_t i = 0; i < days.count; i++)
		if (!is_day(year, days.values[i], weekends) ||
		    times_named(days, days.values[i]) + times_named(others, days.values[i]) != 1)
			return false;
	return true;
}

bool clocks_calendar_sound(uint32_t year, struct pd_u64s holidays, struct pd_u64s workdays, struct pd_u64s hours)
{
	for (uint32_t i = 0; i < hours.count; i++)
		if (hours.values[i] > 24 * 60 || (i > 0 && hours.values[i] <= hours.values[i - 1]))
			return false;
	return hours.count % 2 == 0 && days_sound(year, holidays, workdays, false) &&
	       days_sound(year, workdays, holidays, true);
}
