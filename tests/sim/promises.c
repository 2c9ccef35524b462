#include "promises.h"

#include "clocks.h"
#include "kept.h"
#include "modes.h"
#include "trace.h"

enum { DAY_S = 86400, YEAR_S = 365 * DAY_S, STEPS_MAX = 10 };

static const struct category *category_of(const struct registry *registry, uint32_t id)
{
	const struct category *category = registry_category(registry, id);
	if (!category)
		trace_fail("category %u is not there", id);
	return category;
}

/* The steps of the ladder that orders of the category climb, level and time by turns; returns how many numbers these
 * are. */
static unsigned read_ladder(const struct registry *registry, const struct pd_plan_set *plan,
			    const struct category *category, uint64_t steps[static STEPS_MAX])
{
	struct pd_message event;
	kept_event(registry, REGISTRY_LADDERS, plan->ladder ? plan->ladder : category->ladder, &event);
	unsigned count = event.ladder_set.steps.count;
	for (unsigned i = 0; i < count && i < STEPS_MAX; i++)
		steps[i] = event.ladder_set.steps.values[i];
	return count;
}

/* A plan as it is set; 0: such as changes nothing. */
static struct pd_plan_set read_plan(const struct registry *registry, uint32_t plan)
{
	struct pd_message event;
	if (kept_event(registry, REGISTRY_PLANS, plan, &event))
		return event.plan_set;
	return (struct pd_plan_set){.accept_percent = 100, .complete_percent = 100};
}

/* Each step of urgency above the category's halves the time, each step below doubles it; the plan has so much of it: up
 * to a year, and not below a second, or a day where days are counted. */
static uint32_t scaled(const struct category *category, uint64_t s, unsigned clock, unsigned urgency, unsigned percent)
{
	bool by_days = clock == PD_clock_days || clock == PD_clock_workdays;
	uint64_t least = by_days ? DAY_S : 1;
	for (unsigned u = urgency; u < category->urgency; u++)
		s /= 2;
	for (unsigned u = category->urgency; u < urgency; u++)
		s *= 2;
	s = s * percent / 100;
	s = s < least ? least : s;
	return (uint32_t)(s > YEAR_S ? YEAR_S : s);
}

uint64_t promise_accept_by(const struct registry *registry, uint32_t plan_id, uint32_t id, unsigned urgency,
			   uint32_t holder, uint64_t now_ms)
{
	const struct category *category = category_of(registry, id);
	struct pd_plan_set plan = read_plan(registry, plan_id);
	uint64_t steps[STEPS_MAX], s = category->accept_within_s;
	unsigned count = read_ladder(registry, &plan, category, steps);
	for (unsigned i = 0; i < count; i += 2)
		if (steps[i] == registry_area(registry, holder)->level)
			s = steps[i + 1];
	return clocks_add(registry, now_ms, scaled(category, s, category->accept_clock, urgency, plan.accept_percent),
			  category->accept_clock);
}

uint64_t promise_complete_by(const struct registry *registry, uint32_t plan_id, uint32_t id, unsigned urgency,
			     uint64_t now_ms)
{
	const struct category *category = category_of(registry, id);
	struct pd_plan_set plan = read_plan(registry, plan_id);
	return clocks_add(
		registry, now_ms,
		scaled(category, category->complete_within_s, category->complete_clock, urgency, plan.complete_percent),
		category->complete_clock);
}

uint64_t promise_accept(const struct registry *registry, uint32_t category, unsigned urgency, uint32_t holder,
			uint64_t now_ms)
{
	return promise_accept_by(registry, modes_over(registry, holder), category, urgency, holder, now_ms);
}

uint64_t promise_complete(const struct registry *registry, uint32_t category, unsigned urgency, uint32_t holder,
			  uint64_t now_ms)
{
	return promise_complete_by(registry, modes_over(registry, holder), category, urgency, now_ms);
}

uint64_t promise_resumed(const struct registry *registry, uint32_t category, uint32_t left_s, uint64_t now_ms)
{
	return clocks_add(registry, now_ms, left_s ? left_s : 1, category_of(registry, category)->complete_clock);
}

uint32_t promise_left(const struct registry *registry, uint32_t category, uint64_t now_ms, uint64_t due_ms)
{
	return clocks_between(registry, now_ms, due_ms, category_of(registry, category)->complete_clock);
}

uint64_t promise_idle(const struct registry *registry, uint32_t id, uint64_t touched_ms)
{
	const struct category *category = category_of(registry, id);
	bool at_work = category->complete_clock == PD_clock_working || category->complete_clock == PD_clock_workdays;
	if (category->idle_within_s == 0)
		return UINT64_MAX;
	return clocks_add(registry, touched_ms, category->idle_within_s, at_work ? PD_clock_working : PD_clock_always);
}

uint32_t promise_above(const struct registry *registry, uint32_t id, uint32_t holder)
{
	const struct category *category = category_of(registry, id);
	const struct area *area = registry_area(registry, holder), *above = area->parent;
	struct pd_plan_set plan = read_plan(registry, modes_over(registry, holder));
	uint64_t steps[STEPS_MAX];
	unsigned count = read_ladder(registry, &plan, category, steps), next = 0;
	while (next < count && steps[next] >= area->level)
		next += 2;
	while (next < count && above && above->parent && above->level > steps[next])
		above = above->parent;
	while (above && above->retired && above->parent)
		above = above->parent;
	return above ? above->id : holder;
}

bool promise_ladder_sound(struct pd_u64s steps)
{
	if (steps.count == 0 || steps.count % 2)
		return false;
	for (uint32_t i = 0; i < steps.count; i += 2)
		if (steps.values[i] < PD_level_district || steps.values[i] > PD_level_microgrid ||
		    (i > 0 && steps.values[i] >= steps.values[i - 2]) || steps.values[i + 1] < 60 ||
		    steps.values[i + 1] > YEAR_S)
			return false;
	return steps.values[steps.count - 2] == PD_level_district;
}
