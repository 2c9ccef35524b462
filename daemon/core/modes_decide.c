/* modes_decide.c - which plans may be, where they may be switched on, and by whom. */
#include <string.h>

#include "modes.h"
#include "registry_kinds.h"
#include "state.h"

static const uint64_t year_ms = 366 * UINT64_C(86400000);

static void refuse(struct registry_decision *decision, enum pd_refusal refusal, struct pd_detail detail)
{
	decision->refusal = refusal;
	decision->detail = detail;
}

static const struct mode *mode_of(const struct registry *registry, uint32_t plan)
{
	return (const struct mode *)registry_find(registry, REGISTRY_MODES, plan);
}

/* ---- plans ---- */

static bool in_use(const struct entity *entity)
{
	return entity && entity->event && !entity->retired;
}

void plan_check(const struct registry *registry, const struct pd_put_plan *put, struct registry_decision *decision)
{
	const struct mode *mode = mode_of(registry, put->plan);
	if (mode && mode->on)
		return refuse(decision, PD_REFUSED_mode_on,
			      PD_DETAIL(plan_is_on, PD_NUMBER(put->plan), PD_NUMBER(mode->area)));
	if (put->retired)
		return;
	if (!in_use(registry_find(registry, REGISTRY_AREAS, put->area)))
		return refuse(decision, PD_REFUSED_unknown_area,
			      PD_DETAIL(plan_area, PD_NUMBER(put->plan), PD_NUMBER(put->area)));
	if (put->ladder && !in_use(registry_find(registry, REGISTRY_LADDERS, put->ladder)))
		return refuse(decision, PD_REFUSED_unknown_ladder,
			      PD_DETAIL(plan_ladder, PD_NUMBER(put->plan), PD_NUMBER(put->ladder)));
	if (put->roll_call.bytes && !put->roll_category)
		return refuse(decision, PD_REFUSED_unknown_category, PD_DETAIL(plan_roll_call, PD_NUMBER(put->plan)));
	if (put->roll_category && !in_use(registry_find(registry, REGISTRY_CATEGORIES, put->roll_category)))
		return refuse(decision, PD_REFUSED_unknown_category,
			      PD_DETAIL(plan_category, PD_NUMBER(put->plan), PD_NUMBER(put->roll_category)));
	for (unsigned i = 0; i < put->categories.count; i++) {
		uint64_t id = put->categories.values[i];
		if (id > UINT32_MAX || !in_use(registry_find(registry, REGISTRY_CATEGORIES, (uint32_t)id)))
			return refuse(decision, PD_REFUSED_unknown_category,
				      PD_DETAIL(plan_category, PD_NUMBER(put->plan), PD_NUMBER(id)));
	}
}

/* ---- switching ---- */

/* Staff and supervisors: leaders do the work, they do not say when it is an emergency. */
static bool may_switch(const struct core *core, uint32_t actor, uint32_t area)
{
	const struct person *person = registry_person(core->registry, actor);
	return actor == 0 || (person && person->post >= PD_post_staff && core_works_for(core, actor, area));
}

/* The area at, above or below the one given where a plan is on. */
static const struct mode *mode_near(const struct registry *registry, const struct area *area)
{
	size_t at = 0;
	for (const struct mode *mode; (mode = registry_next(registry, REGISTRY_MODES, &at));) {
		const struct area *there = registry_area(registry, mode->area);
		if (mode->on && (area_within(area, there) || area_within(there, area)))
			return mode;
	}
	return NULL;
}

static bool not_found(enum pd_refusal *refusal, struct pd_detail *detail, enum pd_refusal why, struct pd_detail what)
{
	*refusal = why;
	*detail = what;
	return false;
}

bool modes_find(const struct registry *registry, uint32_t plan_id, uint32_t area_id, const struct plan **plan,
		const struct area **area, enum pd_refusal *refusal, struct pd_detail *detail)
{
	*plan = (const struct plan *)registry_find(registry, REGISTRY_PLANS, plan_id);
	if (!*plan || (*plan)->retired)
		return not_found(refusal, detail, *plan ? PD_REFUSED_retired : PD_REFUSED_unknown_plan,
				 PD_DETAIL(plan, PD_NUMBER(plan_id)));
	const struct area *top = registry_area(registry, (*plan)->area);
	*area = area_id ? registry_area(registry, area_id) : top;
	if (!*area || !(*area)->event || (*area)->retired)
		return not_found(refusal, detail, *area ? PD_REFUSED_retired : PD_REFUSED_unknown_area,
				 PD_DETAIL(area, PD_NUMBER(area_id ? area_id : (*plan)->area)));
	if (!area_within(*area, top))
		return not_found(refusal, detail, PD_REFUSED_not_allowed,
				 PD_DETAIL(plan_elsewhere, PD_NUMBER(plan_id), PD_NUMBER(top->id), PD_NUMBER(area_id)));
	return true;
}

/* Who switched it on is part of the kept event. */
static bool said_by(const struct registry *registry, const struct mode *mode, uint32_t actor)
{
	struct pd_message head = {.type = PD_MSG_mode_begun};
	registry_head_of(registry, &mode->entity, &head);
	return head.mode_begun.actor == actor;
}

/* Whether it is on already, and was switched on by the same person in the same place until then. */
static bool is_on_so(const struct registry *registry, const struct pd_switch_on *command, uint32_t actor,
		     const struct mode *mode)
{
	const struct plan *plan = (const struct plan *)registry_find(registry, REGISTRY_PLANS, command->plan);
	return mode && mode->on && (!command->nth || command->nth == mode->nth) &&
	       mode->area == (command->area ? command->area : plan->area) && said_by(registry, mode, actor) &&
	       (!command->until_ms || command->until_ms == mode->until_ms);
}

/* Whether a command means the time that it can: next or the last. An old copy of one does not. */
static bool means(const struct mode *mode, uint32_t plan, uint32_t nth, uint32_t can, struct core_decision *decision)
{
	if (nth == 0 || nth == can)
		return true;
	core_refuse(decision, PD_REFUSED_not_next,
		    PD_DETAIL(switched, PD_NUMBER(plan), PD_NUMBER(mode ? mode->nth : 0), PD_NUMBER(nth)));
	return false;
}

static void decide_on(const struct core *core, const struct pd_switch_on *command, uint32_t actor, uint64_t now_ms,
		      struct core_decision *decision)
{
	const struct registry *registry = core->registry;
	const struct mode *mode = mode_of(registry, command->plan);
	const struct plan *plan;
	const struct area *area;
	enum pd_refusal refusal;
	struct pd_detail detail;
	if (is_on_so(registry, command, actor, mode)) { /* whatever has become of its area since */
		decision->outcome = CORE_REPEATED;
		decision->seq = mode->seq;
		return;
	}
	if (!modes_find(registry, command->plan, command->area, &plan, &area, &refusal, &detail))
		return core_refuse(decision, refusal, detail);
	if (!may_switch(core, actor, area->id))
		return core_refuse(decision, PD_REFUSED_not_allowed, PD_DETAIL(only_switchers, PD_NUMBER(area->id)));
	uint32_t nth = mode ? mode->nth + 1 : 1;
	if (!means(mode, plan->id, command->nth, nth, decision))
		return;
	const struct mode *near = mode && mode->on ? mode : mode_near(registry, area);
	if (near)
		return core_refuse(decision, PD_REFUSED_mode_on,
				   near == mode ? PD_DETAIL(plan_on_once, PD_NUMBER(near->id), PD_NUMBER(near->area))
						: PD_DETAIL(plan_is_on, PD_NUMBER(near->id), PD_NUMBER(near->area)));
	uint64_t until_ms = command->until_ms ? command->until_ms : now_ms + plan->lasts_s * UINT64_C(1000);
	if (until_ms <= now_ms)
		return core_refuse(decision, PD_REFUSED_bad_period, PD_DETAIL(ended_already));
	if (until_ms > now_ms + year_ms)
		return core_refuse(decision, PD_REFUSED_bad_period, PD_DETAIL(until_a_year));
	decision->event.type = PD_MSG_mode_begun;
	decision->event.mode_begun = (struct pd_mode_begun){.time_ms = now_ms,
							    .actor = actor,
							    .plan = plan->id,
							    .area = area->id,
							    .until_ms = until_ms,
							    .nth = nth};
}

/* What was said when it was switched off. */
static bool said_so(const struct registry *registry, const struct mode *mode, struct pd_slice reason)
{
	struct pd_message ended;
	registry_event_kept(registry, &mode->entity, &ended);
	struct pd_slice was = ended.mode_ended.reason;
	return !ended.mode_ended.expired && was.bytes == reason.bytes &&
	       (was.bytes == 0 || memcmp(was.data, reason.data, was.bytes) == 0);
}

static void decide_off(const struct core *core, const struct pd_switch_off *command, uint32_t actor, uint64_t now_ms,
		       struct core_decision *decision)
{
	const struct registry *registry = core->registry;
	const struct mode *mode = mode_of(registry, command->plan);
	if (!registry_find(registry, REGISTRY_PLANS, command->plan))
		return core_refuse(decision, PD_REFUSED_unknown_plan, PD_DETAIL(plan, PD_NUMBER(command->plan)));
	bool of_last = mode && (!command->nth || command->nth == mode->nth);
	if (of_last && !mode->on && said_by(registry, mode, actor) && said_so(registry, mode, command->reason)) {
		decision->outcome = CORE_REPEATED;
		decision->seq = mode->seq;
		return;
	}
	if (!means(mode, command->plan, command->nth, mode ? mode->nth : 0, decision))
		return;
	if (!mode || !mode->on)
		return core_refuse(decision, PD_REFUSED_mode_off, PD_DETAIL(plan, PD_NUMBER(command->plan)));
	if (!may_switch(core, actor, mode->area))
		return core_refuse(decision, PD_REFUSED_not_allowed, PD_DETAIL(only_switchers, PD_NUMBER(mode->area)));
	decision->event.type = PD_MSG_mode_ended;
	decision->event.mode_ended = (struct pd_mode_ended){.time_ms = now_ms,
							    .actor = actor,
							    .plan = mode->id,
							    .area = mode->area,
							    .begun_ms = mode->begun_ms,
							    .nth = mode->nth,
							    .reason = command->reason};
}

void modes_decide(const struct core *core, const struct pd_message *command, uint32_t actor, uint64_t now_ms,
		  struct core_decision *decision)
{
	if (command->type == PD_MSG_switch_on)
		decide_on(core, &command->switch_on, actor, now_ms, decision);
	else
		decide_off(core, &command->switch_off, actor, now_ms, decision);
}
