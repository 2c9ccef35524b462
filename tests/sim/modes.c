#include "modes.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "district.h"
#include "kept.h"
#include "model.h"
#include "promises.h"
#include "setup.h"
#include "sim.h"
#include "tally.h"
#include "trace.h"

static const uint64_t year_ms = 366 * (uint64_t)SIM_DAY_MS;

/* An event that has happened: a plan was switched, has sent something, or something changed that times depend on. */
struct happened {
	enum pd_type type;
	uint64_t seq, time_ms, begun_ms, until_ms, said;
	uint32_t plan, area, actor;
	uint8_t kind; /* of a notice */
	bool expired;
};

static struct {
	struct happened *events;
	size_t count, capacity;
} modes;

void modes_init(void)
{
	modes_fini();
}

void modes_fini(void)
{
	free(modes.events);
	memset(&modes, 0, sizeof modes);
}

void modes_cut(uint64_t seq)
{
	while (modes.count && modes.events[modes.count - 1].seq > seq)
		modes.count--;
}

/* ---- what a plan is at ---- */

struct stand {
	const struct happened *begun, *ended; /* the last; ended null: it is on */
	uint32_t nth;                         /* how often it was switched on */
	bool noticed, called;
};

static struct stand stand_of(uint32_t plan)
{
	struct stand stand = {0};
	for (size_t i = 0; i < modes.count; i++) {
		const struct happened *h = &modes.events[i];
		if (h->plan != plan)
			continue;
		switch (h->type) {
		case PD_MSG_mode_begun: stand = (struct stand){.begun = h, .nth = stand.nth + 1}; break;
		case PD_MSG_mode_ended: stand.ended = h; break;
		case PD_MSG_notified:
			stand.noticed |= h->kind == PD_notice_kind_notice;
			stand.called |= h->kind == PD_notice_kind_roll_call;
			break;
		default: break;
		}
	}
	return stand;
}

static bool is_on(const struct stand *stand)
{
	return stand->begun && !stand->ended;
}

bool modes_is_on(uint32_t plan)
{
	struct stand stand = stand_of(plan);
	return is_on(&stand);
}

bool modes_is_over(uint32_t plan, uint64_t seq)
{
	struct stand stand = stand_of(plan);
	return !is_on(&stand) || stand.begun->seq > seq;
}

static bool is_within(const struct registry *registry, uint32_t id, uint32_t top)
{
	const struct area *area = registry_area(registry, id);
	while (area && area->id != top)
		area = area->parent;
	return area != NULL;
}

/* The plans in the registry, in their order. */
static uint32_t plan_at(const struct registry *registry, size_t *at)
{
	size_t count;
	void *const *plans = registry_sorted(registry, REGISTRY_PLANS, &count);
	return *at < count ? ((const struct entity *)plans[(*at)++])->id : 0;
}

uint32_t modes_over(const struct registry *registry, uint32_t id)
{
	for (const struct area *area = registry_area(registry, id); area; area = area->parent) {
		size_t at = 0;
		for (uint32_t plan; (plan = plan_at(registry, &at));) {
			struct stand stand = stand_of(plan);
			if (is_on(&stand) && stand.begun->area == area->id)
				return plan;
		}
	}
	return 0;
}

/* A plan that is on at the area, above or below it; 0: none is. */
static uint32_t plan_near(const struct registry *registry, uint32_t area)
{
	size_t at = 0;
	for (uint32_t plan; (plan = plan_at(registry, &at));) {
		struct stand stand = stand_of(plan);
		if (is_on(&stand) &&
		    (is_within(registry, area, stand.begun->area) || is_within(registry, stand.begun->area, area)))
			return plan;
	}
	return 0;
}

bool modes_take(const struct registry *registry, uint32_t area, uint32_t category)
{
	struct pd_message plan;
	kept_event(registry, REGISTRY_PLANS, modes_over(registry, area), &plan);
	for (uint32_t i = 0; i < plan.plan_set.categories.count; i++)
		if (plan.plan_set.categories.values[i] == category)
			return true;
	return false;
}

/* ---- when orders are due ---- */

static bool runs(const struct version *now)
{
	return now->due_ms && (now->state == PD_STATE_waiting || now->state == PD_STATE_accepted);
}

/* By when it is to be accepted or completed by the plan, 0: without one, counted from from_ms. */
static uint64_t due_by(const struct registry *registry, const struct life *life, uint32_t plan, uint64_t from_ms)
{
	const struct version *now = life_now(life);
	if (now->state == PD_STATE_accepted)
		return promise_complete_by(registry, plan, life->category, life->urgency, from_ms);
	return promise_accept_by(registry, plan, life->category, life->urgency, now->holder, from_ms);
}

static uint64_t start_of(const struct version *now)
{
	return now->state == PD_STATE_waiting ? now->waiting_ms : now->accepted_ms;
}

static uint64_t due_in(const struct registry *registry, const struct life *life, uint32_t plan, uint64_t begun_ms)
{
	const struct version *now = life_now(life);
	struct pd_message event;
	kept_event(registry, REGISTRY_PLANS, plan, &event);
	if (event.plan_set.running == PD_running_restart)
		return due_by(registry, life, plan, begun_ms);
	if (event.plan_set.running == PD_running_keep)
		return now->due_ms;
	uint64_t due_ms = due_by(registry, life, plan, start_of(now));
	due_ms = due_ms > begun_ms ? due_ms : begun_ms;
	return due_ms < now->due_ms ? due_ms : now->due_ms;
}

static uint64_t due_after(const struct registry *registry, const struct life *life)
{
	const struct version *now = life_now(life);
	uint64_t due_ms = now->by_plan ? due_by(registry, life, 0, start_of(now)) : 0;
	return due_ms > now->due_ms ? due_ms : now->due_ms;
}

bool modes_redates(const struct registry *registry, const struct life *life, uint32_t plan, bool ended,
		   uint64_t *due_ms)
{
	const struct version *now = life_now(life);
	struct stand stand = stand_of(plan);
	const struct happened *last = stand.ended ? stand.ended : stand.begun;
	if (!last || ended != (stand.ended != NULL) || !runs(now) || now->timed_seq > last->seq ||
	    !is_within(registry, now->holder, last->area) || (ended && modes_over(registry, now->holder)))
		return false;
	*due_ms = ended ? due_after(registry, life) : due_in(registry, life, plan, last->begun_ms);
	return true;
}

struct pd_effect modes_effect(const struct registry *registry, uint32_t plan, uint32_t area, uint64_t now_ms)
{
	struct pd_effect effect = {.area = area};
	size_t count;
	struct life *const *lives = model_lives(&count);
	for (size_t i = 0; i < count; i++) {
		const struct version *now = life_now(lives[i]);
		if (!runs(now) || !is_within(registry, now->holder, area))
			continue;
		uint64_t due_ms = due_in(registry, lives[i], plan, now_ms);
		effect.open++;
		effect.changed += due_ms != now->due_ms;
		effect.earlier += due_ms < now->due_ms;
		effect.overdue += due_ms < now->due_ms && due_ms <= now_ms;
	}
	return effect;
}

/* ---- events ---- */

static void demand(bool holds, const struct pd_message *event, const char *what)
{
	if (!holds)
		trace_fail("event %" PRIu64 ", %s of plan %" PRIu32 ": %s", event->request,
			   pd_message_info(event->type)->name, event->mode_begun.plan, what);
}

static bool in_use(const struct registry *registry, uint32_t id)
{
	const struct area *area = registry_area(registry, id);
	return area && !area->retired;
}

static bool may_switch(const struct registry *registry, uint32_t actor, uint32_t area)
{
	const struct person *person = registry_person(registry, actor);
	bool leads = person && (person->post == PD_post_staff || person->post == PD_post_supervisor ||
				person->post == PD_post_administrator);
	return actor == 0 || (leads && model_works_for(registry, actor, area));
}

static void judge_begun(const struct registry *registry, const struct pd_message *event)
{
	const struct pd_mode_begun *e = &event->mode_begun;
	struct pd_message plan;
	bool there = kept_event(registry, REGISTRY_PLANS, e->plan, &plan);
	demand(there && !plan.plan_set.retired && !modes_is_on(e->plan), event, "it is not to be switched on");
	demand(in_use(registry, e->area) && is_within(registry, e->area, plan.plan_set.area), event,
	       "its area is not one of the plan's");
	demand(!plan_near(registry, e->area), event, "one is on there, above or below");
	demand(may_switch(registry, e->actor, e->area), event, "the actor may not");
	demand(e->until_ms > e->time_ms && e->until_ms <= e->time_ms + year_ms, event, "its end is not to be had");
	demand(e->told == 0, event, "it has told of itself before it began");
	demand(e->nth == stand_of(e->plan).nth + 1, event, "it is another time than the next");
}

static void judge_ended(const struct registry *registry, const struct pd_message *event)
{
	const struct pd_mode_ended *e = &event->mode_ended;
	struct stand stand = stand_of(e->plan);
	demand(is_on(&stand), event, "it is not on");
	demand(e->area == stand.begun->area && e->begun_ms == stand.begun->time_ms && e->nth == stand.nth, event,
	       "another one ends");
	demand(!e->expired || stand.begun->until_ms <= e->time_ms, event, "its time has not passed");
	demand(e->expired ? e->actor == 0 : may_switch(registry, e->actor, e->area), event, "the actor may not");
}

static bool same_text(struct pd_slice a, struct pd_slice b)
{
	return a.bytes == b.bytes && (a.bytes == 0 || memcmp(a.data, b.data, a.bytes) == 0);
}

static void judge_notified(const struct registry *registry, const struct pd_message *event)
{
	const struct pd_notified *e = &event->notified;
	struct stand stand = stand_of(e->plan);
	struct pd_message kept;
	kept_event(registry, REGISTRY_PLANS, e->plan, &kept);
	const struct pd_plan_set *plan = &kept.plan_set;
	bool call = e->kind == PD_notice_kind_roll_call;
	if (!is_on(&stand))
		trace_fail("event %" PRIu64 ": a plan sends something that is not on", event->request);
	if (call ? stand.called : stand.noticed)
		trace_fail("event %" PRIu64 ": plan %" PRIu32 " sends it twice", event->request, e->plan);
	if (e->area != stand.begun->area || e->actor != stand.begun->actor || e->until_ms != stand.begun->until_ms ||
	    !same_text(e->text, call ? plan->roll_call : plan->notice) ||
	    e->category != (call ? plan->roll_category : 0) || e->sort != PD_member_sort_household)
		trace_fail("event %" PRIu64 ": plan %" PRIu32 " sends something else", event->request, e->plan);
	tally_add(call ? TALLY_PLAN_CALLED : TALLY_PLAN_NOTICED);
}

static uint64_t said_of(struct pd_slice words)
{
	return sim_hash(0, words.data, words.bytes);
}

static void add(const struct happened *happened)
{
	if (modes.count == modes.capacity) {
		modes.capacity = modes.capacity ? 2 * modes.capacity : 256;
		modes.events = realloc(modes.events, modes.capacity * sizeof *modes.events);
		if (!modes.events)
			trace_system("memory");
	}
	modes.events[modes.count++] = *happened;
}

void modes_event(const struct registry *registry, const struct pd_message *event)
{
	struct happened h = {.type = event->type,
			     .seq = event->request,
			     .time_ms = event->area_set.time_ms,
			     .actor = event->area_set.actor};
	switch (event->type) {
	case PD_MSG_mode_begun:
		judge_begun(registry, event);
		h.plan = event->mode_begun.plan;
		h.area = event->mode_begun.area;
		h.begun_ms = h.time_ms;
		h.until_ms = event->mode_begun.until_ms;
		break;
	case PD_MSG_mode_ended:
		judge_ended(registry, event);
		h.plan = event->mode_ended.plan;
		h.area = event->mode_ended.area;
		h.begun_ms = event->mode_ended.begun_ms;
		h.expired = event->mode_ended.expired;
		h.said = said_of(event->mode_ended.reason);
		break;
	case PD_MSG_notified:
		if (!event->notified.plan)
			return;
		judge_notified(registry, event);
		h.plan = event->notified.plan;
		h.kind = event->notified.kind;
		break;
	case PD_MSG_plan_set: demand(!modes_is_on(event->plan_set.plan), event, "it is on, and changes"); return;
	case PD_MSG_area_set:
	case PD_MSG_category_set:
	case PD_MSG_calendar_set:
	case PD_MSG_ladder_set: break;
	default: return;
	}
	add(&h);
}

/* ---- the clock ---- */

void modes_due(const struct pd_message *event, uint64_t now_ms)
{
	struct stand stand = stand_of(event->type == PD_MSG_notified ? event->notified.plan : event->mode_ended.plan);
	if (!is_on(&stand))
		trace_fail("the clock brings %s of a plan that is not on", pd_message_info(event->type)->name);
	if ((stand.begun->until_ms <= now_ms) != (event->type == PD_MSG_mode_ended))
		trace_fail("a plan that is on until %" PRIu64 " gets %s at %" PRIu64, stand.begun->until_ms,
			   pd_message_info(event->type)->name, now_ms);
}

static void check_sent(const struct registry *registry, uint32_t id, const struct stand *stand)
{
	struct pd_message kept;
	kept_event(registry, REGISTRY_PLANS, id, &kept);
	const struct pd_plan_set *plan = &kept.plan_set;
	const struct category *category = registry_category(registry, plan->roll_category);
	if (plan->notice.bytes && !stand->noticed)
		trace_fail("plan %" PRIu32 " is on, and has not sent its notice", id);
	if (plan->roll_call.bytes && category && !category->retired && !stand->called)
		trace_fail("plan %" PRIu32 " is on, and has not handed out its roll-call", id);
}

/* Since then nothing has changed that times and areas depend on. */
static bool is_settled_since(uint64_t seq)
{
	for (size_t i = modes.count; i > 0 && modes.events[i - 1].seq > seq; i--)
		if (modes.events[i - 1].plan == 0)
			return false;
	return true;
}

/* It has come from elsewhere with the time that it had. */
static bool has_come_along(const struct life *life)
{
	const struct version *now = life_now(life), *timed = now;
	while (timed->seq != now->timed_seq)
		timed--;
	return timed->holder != now->holder;
}

static void check_times(const struct registry *registry, uint32_t plan, const struct stand *stand)
{
	const struct happened *last = stand->ended ? stand->ended : stand->begun;
	size_t count;
	struct life *const *lives = model_lives(&count);
	if (!is_settled_since(last->seq))
		return;
	for (size_t i = 0; i < count; i++) {
		uint64_t due_ms;
		if (modes_redates(registry, lives[i], plan, stand->ended != NULL, &due_ms) &&
		    due_ms != life_now(lives[i])->due_ms && !has_come_along(lives[i]))
			trace_fail("for plan %" PRIu32 " an order of version %" PRIu32 " should be due at %" PRIu64
				   ", and is at %" PRIu64,
				   plan, lives[i]->count, due_ms, life_now(lives[i])->due_ms);
	}
}

void modes_check_none_due(const struct registry *registry, uint64_t now_ms)
{
	size_t at = 0;
	for (uint32_t plan; (plan = plan_at(registry, &at));) {
		struct stand stand = stand_of(plan);
		if (!stand.begun)
			continue;
		if (is_on(&stand) && stand.begun->until_ms <= now_ms)
			trace_fail("plan %" PRIu32 " is on at %" PRIu64 ", its time passed at %" PRIu64, plan, now_ms,
				   stand.begun->until_ms);
		if (is_on(&stand))
			check_sent(registry, plan, &stand);
		check_times(registry, plan, &stand);
	}
}

/* ---- what a command must lead to ---- */

static void note(struct reasons *reasons, bool holds, enum pd_refusal refusal)
{
	if (holds)
		reasons_add(reasons, refusal);
}

uint32_t modes_look_at_plan(const struct registry *registry, uint32_t id, uint32_t area_id, struct reasons *reasons)
{
	struct pd_message plan;
	bool there = kept_event(registry, REGISTRY_PLANS, id, &plan);
	note(reasons, !there, PD_REFUSED_unknown_plan);
	if (!there)
		return 0;
	uint32_t wanted = area_id ? area_id : plan.plan_set.area;
	const struct area *area = registry_area(registry, wanted);
	note(reasons, plan.plan_set.retired || (area && area->retired), PD_REFUSED_retired);
	note(reasons, !area, PD_REFUSED_unknown_area);
	note(reasons, area && !is_within(registry, wanted, plan.plan_set.area), PD_REFUSED_not_allowed);
	return area ? wanted : 0;
}

static void look_at_on(struct command_look *look)
{
	const struct pd_switch_on *c = &look->command->switch_on;
	struct stand stand = stand_of(c->plan);
	struct pd_message plan;
	kept_event(look->registry, REGISTRY_PLANS, c->plan, &plan);
	uint32_t wanted = c->area ? c->area : plan.plan_set.area;
	if (is_on(&stand) && (c->nth == 0 || c->nth == stand.nth) && stand.begun->area == wanted &&
	    stand.begun->actor == look->actor && (c->until_ms == 0 || c->until_ms == stand.begun->until_ms)) {
		look->repeats = stand.begun->seq;
		return;
	}
	uint64_t until_ms = c->until_ms ? c->until_ms : look->now_ms + plan.plan_set.lasts_s * UINT64_C(1000);
	uint32_t area = modes_look_at_plan(look->registry, c->plan, c->area, look->reasons);
	look_refusable(look, !may_switch(look->registry, look->actor, area), PD_REFUSED_not_allowed);
	look_refusable(look, c->nth && c->nth != stand.nth + 1, PD_REFUSED_not_next);
	look_refusable(look, is_on(&stand) || plan_near(look->registry, area), PD_REFUSED_mode_on);
	look_refusable(look, until_ms <= look->now_ms || until_ms > look->now_ms + year_ms, PD_REFUSED_bad_period);
	look_become(look, PD_MSG_mode_begun);
}

static void look_at_off(struct command_look *look)
{
	const struct pd_switch_off *c = &look->command->switch_off;
	struct stand stand = stand_of(c->plan);
	const struct happened *ended = stand.ended;
	struct pd_message plan;
	if (ended && (c->nth == 0 || c->nth == stand.nth) && !ended->expired && ended->actor == look->actor &&
	    ended->said == said_of(c->reason)) {
		look->repeats = ended->seq;
		return;
	}
	look_refusable(look, !kept_event(look->registry, REGISTRY_PLANS, c->plan, &plan), PD_REFUSED_unknown_plan);
	look_refusable(look, c->nth && c->nth != stand.nth, PD_REFUSED_not_next);
	look_refusable(look, !is_on(&stand), PD_REFUSED_mode_off);
	look_refusable(look, is_on(&stand) && !may_switch(look->registry, look->actor, stand.begun->area),
		       PD_REFUSED_not_allowed);
	look_become(look, PD_MSG_mode_ended);
}

void modes_look(struct command_look *look)
{
	if (look->command->type == PD_MSG_switch_on)
		look_at_on(look);
	else
		look_at_off(look);
}

/* ---- commands ---- */

static bool one_in(uint32_t n)
{
	return dice_below(&sim.dice, n) == 0;
}

/* Somebody in use who may say when it is an emergency there; 0: the operator does. */
static uint32_t some_switcher(const struct registry *registry, uint32_t area)
{
	for (const struct area *at = registry_area(registry, area); at; at = at->parent) {
		uint32_t person = district_person_of(registry, at->id);
		if (person && may_switch(registry, person, area) && !one_in(4))
			return person;
	}
	return one_in(8) ? district_person(registry) : 0;
}

void modes_make(const struct registry *registry, struct pd_message *command, uint32_t *actor)
{
	uint32_t plan = setup_plan();
	struct stand stand = stand_of(plan);
	bool off = is_on(&stand) != one_in(8);
	*command = (struct pd_message){.type = off ? PD_MSG_switch_off : PD_MSG_switch_on};
	if (off) {
		command->switch_off.plan = plan;
		command->switch_off.nth = one_in(8) ? dice_below(&sim.dice, 3) : stand.nth;
		command->switch_off.reason = pd_text(one_in(2) ? "" : "it is over");
		*actor = some_switcher(registry, stand.begun ? stand.begun->area : 0);
		return;
	}
	struct pd_switch_on *on = &command->switch_on;
	struct pd_message kept;
	kept_event(registry, REGISTRY_PLANS, plan, &kept);
	*on = (struct pd_switch_on){.plan = plan, .area = one_in(2) ? 0 : district_area(registry)};
	on->nth = one_in(8) ? dice_below(&sim.dice, 3) : stand.nth + 1;
	if (one_in(3))
		on->until_ms = sim_wall_ms() + dice_below(&sim.dice, 5 * SIM_DAY_MS);
	if (one_in(20))
		on->until_ms = one_in(2) ? sim_wall_ms() - SIM_DAY_MS : sim_wall_ms() + 2 * year_ms;
	*actor = some_switcher(registry, on->area ? on->area : kept.plan_set.area);
}
