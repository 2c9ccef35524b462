#include "duty.h"

#include <string.h>

#include "calendar.h"
#include "deadline.h"
#include "id.h"
#include "registry_kinds.h"
#include "state.h"

/* How far ahead an occurrence is looked for: a day of the month that must be worked can be away for long. */
enum { AHEAD_DAYS = 800 };

/* ---- when ---- */

static uint32_t days_of_month(struct calendar_date date)
{
	uint32_t first = calendar_day_at((struct calendar_date){date.year, date.month, 1});
	struct calendar_date next = {date.year + date.month / 12, date.month % 12 + 1, 1};
	return calendar_day_at(next) - first;
}

static bool falls_on(const struct registry *registry, const struct duty *duty, uint32_t day)
{
	if (day < duty->from_day || day > duty->until_day)
		return false;
	if (duty->month_day) {
		struct calendar_date date = calendar_date_of(day);
		uint32_t last = days_of_month(date);
		if (date.day != (duty->month_day < last ? duty->month_day : last))
			return false;
	} else if (!(duty->weekdays & 1u << calendar_weekday(day))) {
		return false;
	}
	return !duty->workdays || calendar_is_worked(registry, day);
}

static uint64_t time_on(const struct duty *duty, uint32_t day)
{
	return calendar_day_ms(day) + duty->minute * UINT64_C(60000);
}

uint64_t duty_next(const struct registry *registry, const struct duty *duty, uint64_t after_ms)
{
	uint32_t first = calendar_day_of(after_ms);
	if (first < duty->from_day)
		first = duty->from_day;
	for (uint32_t day = first; day <= duty->until_day && day - first < AHEAD_DAYS; day++)
		if (time_on(duty, day) > after_ms && falls_on(registry, duty, day))
			return time_on(duty, day);
	return UINT64_MAX;
}

uint64_t duty_since(const struct duty *duty)
{
	return duty->last_ms > duty->set_ms ? duty->last_ms : duty->set_ms;
}

/* The latest occurrence up to now_ms; there is one after since. */
static uint64_t latest(const struct registry *registry, const struct duty *duty, uint64_t now_ms)
{
	uint32_t day = calendar_day_of(now_ms);
	while (time_on(duty, day) > now_ms || !falls_on(registry, duty, day))
		day--;
	return time_on(duty, day);
}

/* ---- where ---- */

/* Micro-grids of organisations are none that anybody could look after in turn. */
static bool is_microgrid(const struct area *area)
{
	return area->event && !area->retired && area->level == PD_level_microgrid &&
	       area->kind <= PD_area_kind_dedicated;
}

/* The first place after the one given that gets an order of the duty; null: there is none. */
static const struct area *next_place(const struct registry *registry, const struct duty *duty, uint32_t after)
{
	const struct area *top = registry_area(registry, duty->area);
	size_t count;
	if (!duty->each)
		return after == 0 && !top->retired ? top : NULL;
	void *const *areas = registry_sorted(registry, REGISTRY_AREAS, &count);
	for (size_t i = 0; i < count; i++) {
		const struct area *area = areas[i];
		if (area->id > after && is_microgrid(area) && area_within(area, top))
			return area;
	}
	return NULL;
}

/* ---- the clock ---- */

static bool rests(const struct registry *registry, const struct duty *duty)
{
	const struct area *area = registry_area(registry, duty->area);
	const struct category *category = registry_category(registry, duty->category);
	return duty->retired || !area || !area->event || area->retired || !category || category->retired;
}

/* Orders of its last occurrence are still to be made. */
static bool goes_on(const struct registry *registry, const struct duty *duty)
{
	return duty->last_area && next_place(registry, duty, duty->last_area);
}

static uint64_t look_at(const struct registry *registry, const struct duty *duty)
{
	if (rests(registry, duty))
		return UINT64_MAX;
	if (goes_on(registry, duty))
		return duty->last_ms;
	return next_place(registry, duty, 0) ? duty_next(registry, duty, duty_since(duty)) : UINT64_MAX;
}

static struct duty *duty_at(const struct registry *registry, size_t *at)
{
	return registry_next(registry, REGISTRY_DUTIES, at);
}

/* The earliest of all; null: none will ever be. */
static struct duty *first_duty(const struct registry *registry)
{
	struct duty *first = NULL;
	size_t at = 0;
	for (struct duty *duty; (duty = duty_at(registry, &at));)
		if (!first || duty->next_ms < first->next_ms ||
		    (duty->next_ms == first->next_ms && duty->id < first->id))
			first = duty;
	return first && first->next_ms != UINT64_MAX ? first : NULL;
}

/* Whatever was set, it may be another duty's turn. */
static void refresh(const struct core *core)
{
	struct duties *duties = (struct duties *)&core->duties; /* a cache */
	size_t at = 0;
	if (duties->version == registry_version(core->registry))
		return;
	for (struct duty *duty; (duty = duty_at(core->registry, &at));)
		duty->next_ms = look_at(core->registry, duty);
	const struct duty *first = first_duty(core->registry);
	duties->next_ms = first ? first->next_ms : UINT64_MAX;
	duties->version = registry_version(core->registry);
}

/* Of the duty, the place and the occurrence, and of a number, if somebody else has an order of this id. */
static struct pd_id order_id(const struct core *core, const struct duty *duty, uint32_t area, uint64_t occurrence_ms)
{
	struct pd_id id;
	for (uint32_t number = 0;; number++) {
		uint32_t from[] = {duty->id, area, number};
		uint64_t low = core_mix(occurrence_ms, from, sizeof from), high = core_mix(low, from, sizeof from);
		uint8_t random[10];
		memcpy(random, &high, 2);
		memcpy(random + 2, &low, 8);
		id = pd_id_make(occurrence_ms, random);
		if (!core_order(core, &id))
			return id;
	}
}

static void make_order(const struct core *core, const struct duty *duty, const struct area *area,
		       uint64_t occurrence_ms, uint64_t now_ms, struct pd_message *event)
{
	const struct registry *registry = core->registry;
	const struct category *category = registry_category(registry, duty->category);
	const struct area *holder = area_at_level(area, category->level);
	event->type = PD_MSG_submitted;
	event->submitted =
		(struct pd_submitted){.time_ms = now_ms,
				      .order = order_id(core, duty, area->id, occurrence_ms),
				      .version = 1,
				      .holder = holder->id,
				      .due_ms = deadline_accept(registry, category, category->urgency, holder, now_ms),
				      .area = area->id,
				      .category = category->id,
				      .urgency = category->urgency,
				      .text = duty->text,
				      .place = pd_text(""),
				      .duty = duty->id,
				      .occurrence_ms = occurrence_ms,
				      .more = duty->each && next_place(registry, duty, area->id)};
}

bool duties_decide_due(const struct core *core, uint64_t now_ms, struct pd_message *event)
{
	const struct registry *registry = core->registry;
	refresh(core);
	if (core->duties.next_ms > now_ms)
		return false;
	const struct duty *duty = first_duty(registry);
	if (!duty) /* that time never comes */
		return false;
	bool on = goes_on(registry, duty);
	make_order(core, duty, next_place(registry, duty, on ? duty->last_area : 0),
		   on ? duty->last_ms : latest(registry, duty, now_ms), now_ms, event);
	return true;
}

uint64_t duties_next_due(const struct core *core)
{
	refresh(core);
	return core->duties.next_ms;
}

/* ---- a kind of the registry ---- */

void duty_merge(const void *entity, struct pd_message *event)
{
	const struct duty *duty = entity;
	event->duty_set.last_ms = duty->last_ms;
	event->duty_set.last_area = duty->last_area;
}

void duty_apply(struct registry *registry, void *entity, const struct pd_message *event)
{
	const struct pd_duty_set *set = &event->duty_set;
	struct duty *duty = entity;
	(void)registry;
	duty->name = registry_kept_text(&duty->entity, set->name);
	duty->text = registry_kept_text(&duty->entity, set->text);
	duty->category = set->category;
	duty->area = set->area;
	duty->from_day = 0;
	duty->until_day = UINT32_MAX;
	if (set->from_day)
		calendar_parse(set->from_day, &duty->from_day);
	if (set->until_day)
		calendar_parse(set->until_day, &duty->until_day);
	duty->minute = set->minute;
	duty->weekdays = set->weekdays;
	duty->month_day = set->month_day;
	duty->each = set->each;
	duty->workdays = set->workdays;
	duty->retired = set->retired;
	duty->set_ms = set->time_ms;
	duty->last_ms = set->last_ms;
	duty->last_area = set->last_area;
}

void duties_apply(struct core *core, const struct pd_submitted *submitted)
{
	struct duty *duty = (struct duty *)registry_find(core->registry, REGISTRY_DUTIES, submitted->duty);
	if (!duty)
		return;
	duty->last_ms = submitted->occurrence_ms;
	duty->last_area = submitted->more ? submitted->area : 0;
	registry_keep_merged(core->registry, REGISTRY_DUTIES, &duty->entity);
	duty->next_ms = look_at(core->registry, duty);
	const struct duty *first = first_duty(core->registry);
	core->duties.next_ms = first ? first->next_ms : UINT64_MAX;
}

static void refuse(struct registry_decision *decision, enum pd_refusal refusal, struct pd_detail detail)
{
	decision->refusal = refusal;
	decision->detail = detail;
}

void duty_check(const struct registry *registry, const struct pd_put_duty *put, struct registry_decision *decision)
{
	const struct area *area = registry_area(registry, put->area);
	const struct category *category = registry_category(registry, put->category);
	uint32_t from = 0, until = UINT32_MAX;
	if ((put->weekdays == 0) == (put->month_day == 0))
		return refuse(decision, PD_REFUSED_bad_period, PD_DETAIL(duty_days, PD_NUMBER(put->duty)));
	if ((put->from_day && !calendar_parse(put->from_day, &from)) ||
	    (put->until_day && !calendar_parse(put->until_day, &until)))
		return refuse(
			decision, PD_REFUSED_bad_period,
			PD_DETAIL(duty_no_day, PD_NUMBER(put->duty),
				  PD_NUMBER(put->from_day && !calendar_parse(put->from_day, &from) ? put->from_day
												   : put->until_day)));
	if (until < from)
		return refuse(decision, PD_REFUSED_bad_period,
			      PD_DETAIL(duty_ends_first, PD_NUMBER(put->duty), PD_NUMBER(put->from_day),
					PD_NUMBER(put->until_day)));
	if (put->retired)
		return;
	if (!area || !area->event || area->retired)
		return refuse(decision, area && area->event ? PD_REFUSED_retired : PD_REFUSED_unknown_area,
			      PD_DETAIL(duty_area, PD_NUMBER(put->duty), PD_NUMBER(put->area)));
	if (!category || category->retired)
		refuse(decision, category ? PD_REFUSED_retired : PD_REFUSED_unknown_category,
		       PD_DETAIL(duty_category, PD_NUMBER(put->duty), PD_NUMBER(put->category)));
}
