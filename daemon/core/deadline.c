#include "deadline.h"

#include "calendar.h"
#include "modes.h"
#include "registry_kinds.h"

enum { WITHIN_S_MIN = 60, WITHIN_S_MAX = 31536000 };
#define SOON_MS (15 * UINT64_C(60000))

/* The category's time as the order's urgency has it, and so much of it. */
static uint32_t scaled(uint32_t within_s, unsigned clock, unsigned category_urgency, unsigned urgency, unsigned percent)
{
	uint64_t s = within_s;
	bool by_days = clock == PD_clock_days || clock == PD_clock_workdays;
	s = urgency < category_urgency ? s >> (category_urgency - urgency) : s << (urgency - category_urgency);
	s = s * percent / 100;
	if (by_days) /* of whole days, and of one at least */
		s = s < CALENDAR_DAY_S ? CALENDAR_DAY_S : s;
	return s > WITHIN_S_MAX ? WITHIN_S_MAX : s ? (uint32_t)s : 1;
}

static const struct ladder *ladder_of(const struct registry *registry, const struct plan *plan,
				      const struct category *category)
{
	uint32_t id = plan && plan->ladder ? plan->ladder : category->ladder;
	if (id == 0)
		return NULL;
	return (const struct ladder *)registry_find(registry, REGISTRY_LADDERS, id);
}

uint64_t deadline_accept_by(const struct registry *registry, const struct plan *plan, const struct category *category,
			    unsigned urgency, unsigned level, uint64_t from_ms)
{
	const struct ladder *ladder = ladder_of(registry, plan, category);
	uint32_t within_s = category->accept_within_s;
	for (unsigned i = 0; ladder && i < ladder->count; i++)
		if (ladder->levels[i] == level)
			within_s = ladder->within_s[i];
	within_s =
		scaled(within_s, category->accept_clock, category->urgency, urgency, plan ? plan->accept_percent : 100);
	return calendar_add(registry, from_ms, within_s, category->accept_clock);
}

uint64_t deadline_complete_by(const struct registry *registry, const struct plan *plan, const struct category *category,
			      unsigned urgency, uint64_t from_ms)
{
	uint32_t s = scaled(category->complete_within_s, category->complete_clock, category->urgency, urgency,
			    plan ? plan->complete_percent : 100);
	return calendar_add(registry, from_ms, s, category->complete_clock);
}

uint64_t deadline_accept(const struct registry *registry, const struct category *category, unsigned urgency,
			 const struct area *holder, uint64_t now_ms)
{
	return deadline_accept_by(registry, mode_over(registry, holder), category, urgency, holder->level, now_ms);
}

uint64_t deadline_complete(const struct registry *registry, const struct category *category, unsigned urgency,
			   const struct area *holder, uint64_t now_ms)
{
	return deadline_complete_by(registry, mode_over(registry, holder), category, urgency, now_ms);
}

const struct area *deadline_above(const struct registry *registry, const struct category *category,
				  const struct area *holder)
{
	const struct ladder *ladder = ladder_of(registry, mode_over(registry, holder), category);
	const struct area *above = holder->parent;
	for (unsigned i = 0; ladder && i < ladder->count; i++)
		if (ladder->levels[i] < holder->level) {
			above = area_at_level(holder, ladder->levels[i]);
			break;
		}
	while (above && above->retired && above->parent)
		above = above->parent;
	return above ? above : holder;
}

uint64_t deadline_half(uint64_t start_ms, uint64_t due_ms)
{
	return start_ms < due_ms ? start_ms + (due_ms - start_ms) / 2 : due_ms;
}

uint64_t deadline_soon(uint64_t start_ms, uint64_t due_ms)
{
	return due_ms > start_ms && due_ms - start_ms > 2 * SOON_MS ? due_ms - SOON_MS : 0;
}

/* ---- ladders ---- */

static void refuse(struct registry_decision *decision, enum pd_refusal refusal, struct pd_detail detail)
{
	decision->refusal = refusal;
	decision->detail = detail;
}

static bool used(const struct registry *registry, uint32_t ladder, uint32_t *category_id)
{
	size_t at = 0;
	for (const struct category *category; (category = registry_next(registry, REGISTRY_CATEGORIES, &at));) {
		*category_id = category->id;
		if (category->ladder == ladder && !category->retired)
			return true;
	}
	return false;
}

static bool used_by_plan(const struct registry *registry, uint32_t ladder, uint32_t *plan_id)
{
	size_t at = 0;
	for (const struct plan *plan; (plan = registry_next(registry, REGISTRY_PLANS, &at));) {
		*plan_id = plan->id;
		if (plan->ladder == ladder && !plan->retired)
			return true;
	}
	return false;
}

void ladder_check(const struct registry *registry, const struct pd_put_ladder *put, struct registry_decision *decision)
{
	uint32_t user;
	if (put->retired && used(registry, put->ladder, &user))
		return refuse(decision, PD_REFUSED_in_use,
			      PD_DETAIL(ladder_in_use, PD_NUMBER(put->ladder), PD_NUMBER(user)));
	if (put->retired && used_by_plan(registry, put->ladder, &user))
		return refuse(decision, PD_REFUSED_in_use,
			      PD_DETAIL(ladder_of_plan, PD_NUMBER(put->ladder), PD_NUMBER(user)));
	if (put->steps.count % 2)
		return refuse(decision, PD_REFUSED_bad_ladder, PD_DETAIL(ladder_pairs, PD_NUMBER(put->steps.count)));
	uint64_t above = PD_level_end;
	for (unsigned i = 0; i < put->steps.count; i += 2) {
		uint64_t level = put->steps.values[i], s = put->steps.values[i + 1];
		if (level < PD_level_district || level > PD_level_microgrid)
			return refuse(decision, PD_REFUSED_bad_ladder, PD_DETAIL(ladder_level, PD_NUMBER(level)));
		if (level >= above)
			return refuse(decision, PD_REFUSED_bad_ladder,
				      PD_DETAIL(ladder_loop, PD_NUMBER(level), PD_NUMBER(above)));
		if (s < WITHIN_S_MIN || s > WITHIN_S_MAX)
			return refuse(decision, PD_REFUSED_bad_ladder,
				      PD_DETAIL(ladder_time, PD_NUMBER(level), PD_NUMBER(s)));
		above = level;
	}
	if (above != PD_level_district)
		refuse(decision, PD_REFUSED_bad_ladder, PD_DETAIL(ladder_top, PD_NUMBER(above)));
}

void ladder_apply(struct registry *registry, void *entity, const struct pd_message *event)
{
	const struct pd_ladder_set *set = &event->ladder_set;
	struct ladder *ladder = entity;
	(void)registry;
	ladder->count = (uint8_t)(set->steps.count / 2);
	for (unsigned i = 0; i < ladder->count; i++) {
		ladder->levels[i] = (uint8_t)set->steps.values[2 * i];
		ladder->within_s[i] = (uint32_t)set->steps.values[2 * i + 1];
	}
	ladder->retired = set->retired;
}
