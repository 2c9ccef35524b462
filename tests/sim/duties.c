#include "duties.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clocks.h"
#include "kept.h"
#include "sim.h"
#include "tally.h"
#include "trace.h"

enum { DAY_S = 86400 };
static const uint64_t zone_ms = 8 * 3600 * UINT64_C(1000);

/* A duty was set, or has made an order. */
struct happened {
	bool made, more;
	uint64_t seq, time_ms, occurrence_ms;
	uint32_t duty, area;
};

static struct {
	struct happened *events;
	size_t count, capacity;
} duties;

void duties_init(void)
{
	duties_fini();
}

void duties_fini(void)
{
	free(duties.events);
	memset(&duties, 0, sizeof duties);
}

void duties_cut(uint64_t seq)
{
	while (duties.count && duties.events[duties.count - 1].seq > seq)
		duties.count--;
}

static const struct happened *last_of(uint32_t duty, bool made)
{
	const struct happened *last = NULL;
	for (size_t i = 0; i < duties.count; i++)
		if (duties.events[i].duty == duty && duties.events[i].made == made)
			last = &duties.events[i];
	return last;
}

/* ---- when ---- */

static struct tm date_of(uint64_t day)
{
	time_t s = (time_t)(day * DAY_S);
	struct tm date;
	gmtime_r(&s, &date);
	return date;
}

static bool falls_on(const struct registry *registry, const struct pd_duty_set *duty, uint64_t day)
{
	struct tm date = date_of(day), next = date_of(day + 1);
	uint32_t yyyymmdd =
		(uint32_t)(date.tm_year + 1900) * 10000 + (uint32_t)(date.tm_mon + 1) * 100 + (uint32_t)date.tm_mday;
	if (yyyymmdd < duty->from_day || (duty->until_day && yyyymmdd > duty->until_day))
		return false;
	bool of_month = date.tm_mday == duty->month_day || (next.tm_mday == 1 && date.tm_mday < duty->month_day);
	bool of_week = duty->weekdays >> (date.tm_wday + 6) % 7 & 1;
	return (duty->month_day ? of_month : of_week) && (!duty->workdays || clocks_worked(registry, day));
}

/* The latest occurrence after since_ms, and not after now_ms; 0: there is none. */
static uint64_t latest(const struct registry *registry, const struct pd_duty_set *duty, uint64_t since_ms,
		       uint64_t now_ms)
{
	for (uint64_t day = (now_ms + zone_ms) / SIM_DAY_MS; day >= (since_ms + zone_ms) / SIM_DAY_MS; day--) {
		uint64_t at_ms = day * SIM_DAY_MS - zone_ms + duty->minute * UINT64_C(60000);
		if (at_ms > since_ms && at_ms <= now_ms && falls_on(registry, duty, day))
			return at_ms;
	}
	return 0;
}

bool duties_sound(const struct pd_put_duty *put)
{
	bool from = put->from_day == 0 || clocks_is_day(put->from_day);
	bool until = put->until_day == 0 || clocks_is_day(put->until_day);
	bool ends_first = put->until_day && put->until_day < put->from_day;
	return from && until && !ends_first && (put->weekdays == 0) != (put->month_day == 0);
}

/* ---- where ---- */

static bool is_within(const struct area *area, uint32_t top)
{
	while (area && area->id != top)
		area = area->parent;
	return area != NULL;
}

/* The first place of an occurrence after that one; 0: none is left. */
static uint32_t place_after(const struct registry *registry, const struct pd_duty_set *duty, uint32_t after)
{
	size_t count;
	void *const *areas = registry_sorted(registry, REGISTRY_AREAS, &count);
	if (!duty->each)
		return after ? 0 : duty->area;
	for (size_t i = 0; i < count; i++) {
		const struct area *area = areas[i];
		if (area->id > after && !area->retired && area->level == PD_level_microgrid &&
		    area->kind < PD_area_kind_agency && is_within(area, duty->area))
			return area->id;
	}
	return 0;
}

/* What a duty is to make now. */
struct due {
	uint64_t occurrence_ms; /* 0: nothing */
	uint32_t area;
	bool goes_on; /* it is not the first of its occurrence */
};

static struct due due_of(const struct registry *registry, uint32_t id, uint64_t now_ms)
{
	struct pd_message event;
	const struct pd_duty_set *duty = &event.duty_set;
	kept_event(registry, REGISTRY_DUTIES, id, &event);
	const struct area *area = registry_area(registry, duty->area);
	const struct category *category = registry_category(registry, duty->category);
	if (duty->retired || !area || area->retired || !category || category->retired)
		return (struct due){0};
	const struct happened *set = last_of(id, false), *made = last_of(id, true);
	uint32_t next = made && made->more ? place_after(registry, duty, made->area) : 0;
	if (next)
		return (struct due){made->occurrence_ms, next, true};
	uint64_t since_ms = made && made->occurrence_ms > set->time_ms ? made->occurrence_ms : set->time_ms;
	struct due due = {.area = place_after(registry, duty, 0)};
	if (due.area)
		due.occurrence_ms = latest(registry, duty, since_ms, now_ms);
	return due;
}

/* ---- events ---- */

static void demand(bool holds, const struct pd_message *event, const char *what)
{
	const struct pd_submitted *s = &event->submitted;
	if (!holds)
		trace_fail("event %" PRIu64 ": duty %" PRIu32 " makes an order for area %" PRIu32
			   ", of its occurrence at %" PRIu64 ": %s",
			   event->request, s->duty, s->area, s->occurrence_ms, what);
}

static void judge_made(const struct registry *registry, const struct pd_message *event)
{
	const struct pd_submitted *s = &event->submitted;
	struct pd_message kept;
	demand(kept_event(registry, REGISTRY_DUTIES, s->duty, &kept), event, "there is no such duty");
	const struct pd_duty_set *duty = &kept.duty_set;
	const struct category *category = registry_category(registry, duty->category);
	for (size_t i = 0; i < duties.count; i++)
		demand(!duties.events[i].made || duties.events[i].duty != s->duty || duties.events[i].area != s->area ||
			       duties.events[i].occurrence_ms != s->occurrence_ms,
		       event, "it is doubled");
	struct due due = due_of(registry, s->duty, s->time_ms);
	demand(due.occurrence_ms == s->occurrence_ms, event, "it is not the latest that is due");
	demand(due.area == s->area, event, "another place is the next");
	demand(s->more == (duty->each && place_after(registry, duty, s->area)), event, "it is the last, or is not");
	const struct area *holder = registry_area(registry, s->area);
	while (holder->parent && holder->level > category->level)
		holder = holder->parent;
	demand(s->holder == holder->id, event, "another should hold it");
	demand(!s->actor && !s->requester && s->category == duty->category && s->urgency == category->urgency &&
		       s->text.bytes == duty->text.bytes && memcmp(s->text.data, duty->text.data, s->text.bytes) == 0,
	       event, "it says something else than the duty");
	if (due.goes_on)
		tally_add(TALLY_DUTY_GOES_ON);
}

static void add(const struct happened *happened)
{
	if (duties.count == duties.capacity) {
		duties.capacity = duties.capacity ? 2 * duties.capacity : 256;
		duties.events = realloc(duties.events, duties.capacity * sizeof *duties.events);
		if (!duties.events)
			trace_system("memory");
	}
	duties.events[duties.count++] = *happened;
}

void duties_event(const struct registry *registry, const struct pd_message *event)
{
	const struct pd_submitted *s = &event->submitted;
	struct happened happened = {.seq = event->request, .time_ms = event->duty_set.time_ms};
	if (event->type == PD_MSG_duty_set) {
		happened.duty = event->duty_set.duty;
		return add(&happened);
	}
	judge_made(registry, event);
	happened.made = true;
	happened.more = s->more;
	happened.duty = s->duty;
	happened.area = s->area;
	happened.occurrence_ms = s->occurrence_ms;
	add(&happened);
}

void duties_check_none_due(const struct registry *registry, uint64_t now_ms)
{
	size_t count;
	void *const *entities = registry_sorted(registry, REGISTRY_DUTIES, &count);
	for (size_t i = 0; i < count; i++) {
		uint32_t id = ((const struct entity *)entities[i])->id;
		struct due due = due_of(registry, id, now_ms);
		if (due.occurrence_ms)
			trace_fail("duty %" PRIu32 " should have made an order for area %" PRIu32
				   ", of its occurrence at %" PRIu64 ", at %" PRIu64,
				   id, due.area, due.occurrence_ms, now_ms);
	}
}
