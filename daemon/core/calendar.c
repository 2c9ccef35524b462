#include "calendar.h"

#include <string.h>

#include "registry_kinds.h"

/* 08:30 to 12:00 and 13:30 to 17:30. */
static const struct calendar usual = {.hours = {510, 720, 810, 1050}, .hours_count = 4};

/* ---- days ---- */

/* The Gregorian calendar in eras of 400 years that begin with March, so that the leap day is the last of a year. */
struct calendar_date calendar_date_of(uint32_t day)
{
	uint32_t shifted = day + 719468, era = shifted / 146097, of_era = shifted % 146097;
	uint32_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	uint32_t of_year = of_era - (365 * year + year / 4 - year / 100), month = (5 * of_year + 2) / 153;
	struct calendar_date date = {.day = of_year - (153 * month + 2) / 5 + 1,
				     .month = month < 10 ? month + 3 : month - 9};
	date.year = era * 400 + year + (date.month <= 2);
	return date;
}

uint32_t calendar_day_at(struct calendar_date date)
{
	uint32_t year = date.year - (date.month <= 2), era = year / 400, of_era = year % 400;
	uint32_t month = date.month > 2 ? date.month - 3 : date.month + 9;
	uint32_t of_year = (153 * month + 2) / 5 + date.day - 1;
	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

bool calendar_parse(uint64_t yyyymmdd, uint32_t *day)
{
	struct calendar_date date = {(uint32_t)(yyyymmdd / 10000), yyyymmdd / 100 % 100, yyyymmdd % 100};
	if (yyyymmdd < 19700101 || yyyymmdd > 22001231 || date.month < 1 || date.month > 12 || date.day < 1)
		return false;
	*day = calendar_day_at(date);
	struct calendar_date again = calendar_date_of(*day);
	return again.day == date.day && again.month == date.month;
}

static uint32_t first_of(uint32_t year)
{
	return calendar_day_at((struct calendar_date){year, 1, 1});
}

static const struct calendar *of_year(const struct registry *registry, uint32_t year)
{
	const struct calendar *calendar = (const struct calendar *)registry_find(registry, REGISTRY_CALENDARS, year);
	return calendar && !calendar->retired ? calendar : &usual;
}

/* The calendar of a day; *worked: whether the day is. */
static const struct calendar *look_up(const struct registry *registry, uint32_t day, bool *worked)
{
	uint32_t year = calendar_date_of(day).year;
	const struct calendar *calendar = of_year(registry, year);
	enum calendar_day kind = calendar->days[day - first_of(year)];
	*worked = kind == CALENDAR_PLAIN ? calendar_weekday(day) < 5 : kind == CALENDAR_WORKDAY;
	return calendar;
}

bool calendar_is_worked(const struct registry *registry, uint32_t day)
{
	bool worked;
	look_up(registry, day, &worked);
	return worked;
}

/* ---- times ---- */

/* When work ends on the day. */
static uint64_t close_of(const struct registry *registry, uint32_t day)
{
	bool worked;
	const struct calendar *calendar = look_up(registry, day, &worked);
	return calendar_day_ms(day) + calendar->hours[calendar->hours_count - 1] * UINT64_C(60000);
}

/* Walks over working time, day by day, until span_ms of it have passed or to_ms is reached; returns where it ended, and
 * in *walked_ms how much of it was passed. */
static uint64_t walk_working(const struct registry *registry, uint64_t from_ms, uint64_t to_ms, uint64_t span_ms,
			     uint64_t *walked_ms)
{
	*walked_ms = 0;
	for (uint32_t day = calendar_day_of(from_ms);; day++) {
		bool worked;
		const struct calendar *calendar = look_up(registry, day, &worked);
		uint64_t start = calendar_day_ms(day);
		if (start >= to_ms)
			return to_ms;
		for (unsigned i = 0; worked && i < calendar->hours_count; i += 2) {
			uint64_t begin = start + calendar->hours[i] * UINT64_C(60000);
			uint64_t end = start + calendar->hours[i + 1] * UINT64_C(60000);
			begin = begin < from_ms ? from_ms : begin;
			end = end > to_ms ? to_ms : end;
			if (begin >= end)
				continue;
			if (end - begin >= span_ms - *walked_ms)
				return begin + span_ms - *walked_ms;
			*walked_ms += end - begin;
		}
	}
}

static bool counts(const struct registry *registry, uint32_t day, unsigned clock)
{
	return clock == PD_clock_days || calendar_is_worked(registry, day);
}

uint64_t calendar_add(const struct registry *registry, uint64_t from_ms, uint32_t s, unsigned clock)
{
	uint64_t walked;
	if (clock == PD_clock_working)
		return walk_working(registry, from_ms, UINT64_MAX, s * UINT64_C(1000), &walked);
	if (clock != PD_clock_days && clock != PD_clock_workdays)
		return from_ms + s * UINT64_C(1000);
	uint32_t day = calendar_day_of(from_ms), left = s / CALENDAR_DAY_S;
	while (left > 0)
		left -= counts(registry, ++day, clock);
	if (clock == PD_clock_days)
		return calendar_day_ms(day + 1) - 1;
	/* Less than a day lasts until work ends: on this day, if that is still to come. */
	while (!calendar_is_worked(registry, day) || close_of(registry, day) <= from_ms)
		day++;
	return close_of(registry, day);
}

uint32_t calendar_between(const struct registry *registry, uint64_t from_ms, uint64_t to_ms, unsigned clock)
{
	uint64_t walked;
	if (to_ms <= from_ms)
		return 0;
	if (clock == PD_clock_working) {
		walk_working(registry, from_ms, to_ms, UINT64_MAX, &walked);
		return (uint32_t)(walked / 1000);
	}
	if (clock != PD_clock_days && clock != PD_clock_workdays)
		return (uint32_t)((to_ms - from_ms) / 1000);
	uint32_t days = 0;
	for (uint32_t day = calendar_day_of(from_ms); day < calendar_day_of(to_ms);)
		days += counts(registry, ++day, clock);
	return days * CALENDAR_DAY_S;
}

/* ---- the entity ---- */

static bool check_days(uint32_t year, struct pd_u64s days, enum calendar_day kind, uint8_t marks[static 366],
		       struct registry_decision *decision)
{
	for (unsigned i = 0; i < days.count; i++) {
		uint32_t day;
		struct pd_detail what = PD_DETAIL(calendar_no_day, PD_NUMBER(days.values[i]));
		if (calendar_parse(days.values[i], &day)) {
			uint8_t *mark = &marks[(day - first_of(year)) % 366];
			if (days.values[i] / 10000 != year)
				what = PD_DETAIL(calendar_other_year, PD_NUMBER(days.values[i]), PD_NUMBER(year));
			else if (*mark)
				what = PD_DETAIL(calendar_day_twice, PD_NUMBER(days.values[i]));
			else if (kind == CALENDAR_WORKDAY && calendar_weekday(day) < 5)
				what = PD_DETAIL(calendar_not_weekend, PD_NUMBER(days.values[i]));
			else {
				*mark = kind;
				continue;
			}
		}
		decision->refusal = PD_REFUSED_bad_calendar;
		decision->detail = what;
		return false;
	}
	return true;
}

void calendar_check(const struct pd_put_calendar *put, struct registry_decision *decision)
{
	uint8_t marks[366] = {0};
	uint64_t before = 0;
	if (!check_days(put->calendar, put->holidays, CALENDAR_HOLIDAY, marks, decision) ||
	    !check_days(put->calendar, put->workdays, CALENDAR_WORKDAY, marks, decision))
		return;
	bool rising = put->hours.count % 2 == 0;
	for (unsigned i = 0; i < put->hours.count; i++) {
		rising = rising && put->hours.values[i] <= 1440 && (i == 0 || put->hours.values[i] > before);
		before = put->hours.values[i];
	}
	if (!rising) {
		decision->refusal = PD_REFUSED_bad_calendar;
		decision->detail = PD_DETAIL(calendar_hours);
	}
}

static void mark_days(struct calendar *calendar, struct pd_u64s days, enum calendar_day kind)
{
	for (unsigned i = 0; i < days.count; i++) {
		uint32_t day;
		if (calendar_parse(days.values[i], &day) && days.values[i] / 10000 == calendar->id)
			calendar->days[day - first_of(calendar->id)] = kind;
	}
}

void calendar_apply(struct registry *registry, void *entity, const struct pd_message *event)
{
	const struct pd_calendar_set *set = &event->calendar_set;
	struct calendar *calendar = entity;
	(void)registry;
	memset(calendar->days, 0, sizeof calendar->days);
	memcpy(calendar->hours, usual.hours, sizeof calendar->hours);
	calendar->hours_count = usual.hours_count;
	mark_days(calendar, set->holidays, CALENDAR_HOLIDAY);
	mark_days(calendar, set->workdays, CALENDAR_WORKDAY);
	if (set->hours.count)
		calendar->hours_count = (uint8_t)set->hours.count;
	for (unsigned i = 0; i < set->hours.count; i++)
		calendar->hours[i] = (uint16_t)set->hours.values[i];
	calendar->retired = set->retired;
}
