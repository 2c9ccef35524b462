#include "promises.h"

#include "clocks.h"
#include "codec.h"
#include "trace.h"

enum { DAY_S = 86400, YEAR_S = 365 * DAY_S, STEPS_MAX = 10 };

static const struct category *category_of(const struct registry *registry, uint32_t id)
{
	const struct category *category = registry_category(registry, id);
	if (!category)
		trace_fail("category %u is not there", id);
	return category;
}

/* The steps of the category's ladder, level and time by turns; returns how many numbers these are. */
static unsigned read_ladder(const struct registry *registry, const struct category *category,
			    uint64_t steps[static STEPS_MAX])
{
	const struct entity *entity =
		category->ladder ? registry_find(registry, REGISTRY_LADDERS, category->ladder) : NULL;
	struct pd_decoder *decoder = pd_decoder_new();
	struct pd_message event = {0};
	struct pd_fault fault;
	size_t off = 0;
	if (!decoder)
		trace_system("memory");
	if (entity && pd_decode(decoder, entity->event, entity->event_bytes, &off, &event, &fault))
		trace_fail("ladder %u cannot be read: %s", category->ladder, fault.detail);
	unsigned count = event.ladder_set.steps.count;
	for (unsigned i = 0; i < count && i < STEPS_MAX; i++)
		steps[i] = event.ladder_set.steps.values[i];
	pd_decoder_free(decoder);
	return count;
}

/* Each step of urgency above the category's halves the time, each step below doubles it: up to a year, and not below a
 * second, or a day where days are counted. */
static uint32_t scaled(const struct category *category, uint64_t s, unsigned clock, unsigned urgency)
{
	bool by_days = clock == PD_clock_days || clock == PD_clock_workdays;
	uint64_t least = by_days ? DAY_S : 1;
	for (unsigned u = urgency; u < category->urgency; u++)
		s /= 2;
	for (unsigned u = category->urgency; u < urgency; u++)
		s *= 2;
	s = s < least ? least : s;
	return (uint32_t)(s > YEAR_S ? YEAR_S : s);
}

uint64_t promise_accept(const struct registry *registry, uint32_t id, unsigned urgency, unsigned level, uint64_t now_ms)
{
	const struct category *category = category_of(registry, id);
	uint64_t steps[STEPS_MAX], s = category->accept_within_s;
	unsigned count = read_ladder(registry, category, steps);
	for (unsigned i = 0; i < count; i += 2)
		if (steps[i] == level)
			s = steps[i + 1];
	return clocks_add(registry, now_ms, scaled(category, s, category->accept_clock, urgency),
			  category->accept_clock);
}

uint64_t promise_complete(const struct registry *registry, uint32_t id, unsigned urgency, uint64_t now_ms)
{
	const struct category *category = category_of(registry, id);
	return clocks_add(registry, now_ms,
			  scaled(category, category->complete_within_s, category->complete_clock, urgency),
			  category->complete_clock);
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
	uint64_t steps[STEPS_MAX];
	unsigned count = read_ladder(registry, category, steps), next = 0;
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
