#include "oracle.h"

#include <string.h>

#include "bulletin.h"
#include "clocks.h"
#include "duties.h"
#include "id.h"
#include "kept.h"
#include "lists.h"
#include "model.h"
#include "modes.h"
#include "promises.h"
#include "routes.h"
#include "sim.h"
#include "tally.h"

enum { EVENTS_MAX = 1000, EVENTS_LAST = 2000, FOLLOWERS_MOST = 1000, SUSPENDED_DAYS_MAX = 366 };

/* What is looked at. */
struct look {
	const struct front *front;
	const struct session *session;
	const struct pd_message *message;
	const struct registry *registry;
	uint32_t actor;
	struct prophecy *prophecy;
	struct reasons *reasons;
};

static void refusable(const struct look *look, bool holds, enum pd_refusal refusal)
{
	if (holds)
		reasons_add(look->reasons, refusal);
}

static void want_ok(const struct look *look, uint64_t seq, uint32_t version)
{
	struct expectation *e = &look->prophecy->expectation;
	e->wanted = WANT_OK;
	e->seq = seq;
	e->version = version;
	*look->reasons = (struct reasons){0};
}

static void want_repeat(const struct look *look, uint64_t seq, uint32_t version, bool looked_back)
{
	want_ok(look, seq, version);
	look->prophecy->expectation.repeat = true;
	look->prophecy->expectation.looked_back = looked_back;
}

/* If nothing speaks against it, it becomes an event. */
static void want_event(const struct look *look, enum pd_type event, uint32_t version)
{
	struct expectation *e = &look->prophecy->expectation;
	if (reasons_any(look->reasons)) {
		e->wanted = WANT_REFUSAL;
		return;
	}
	look->prophecy->event = event;
	want_ok(look, model_last_seq() + 1, version);
}

/* ---- people ---- */

static bool keeps_registry(const struct look *look, uint32_t id)
{
	const struct person *person = registry_person(look->registry, id);
	return id == 0 || (person && !person->retired && person->post == PD_post_administrator);
}

static void look_at_person(const struct look *look, uint32_t id)
{
	const struct person *person = registry_person(look->registry, id);
	refusable(look, id && !person, PD_REFUSED_unknown_person);
	refusable(look, id && person && person->retired, PD_REFUSED_retired);
}

static bool works_for(const struct look *look, uint32_t area)
{
	return model_works_for(look->registry, look->actor, area);
}

/* ---- session ---- */

static void look_at_hello(const struct look *look)
{
	const struct pd_hello *hello = &look->message->hello;
	look_at_person(look, hello->person);
	refusable(look, hello->protocol > PD_PROTOCOL, PD_REFUSED_protocol);
	look->prophecy->expectation.person = hello->person;
	look->prophecy->expectation.wanted = reasons_any(look->reasons) ? WANT_REFUSAL : WANT_WELCOME;
}

static void look_at_work(const struct look *look)
{
	const struct pd_work *work = &look->message->work;
	const struct area *area = registry_area(look->registry, work->area);
	struct expectation *e = &look->prophecy->expectation;
	refusable(look, !area, PD_REFUSED_unknown_area);
	refusable(look, area && area->retired, PD_REFUSED_retired);
	const struct person *person = registry_person(look->registry, look->session->person);
	bool everywhere = keeps_registry(look, look->session->person);
	bool here = person && person->area == work->area && model_works_for(look->registry, person->id, work->area);
	refusable(look, !everywhere && !here, PD_REFUSED_not_allowed);
	e->wanted = reasons_any(look->reasons) ? WANT_REFUSAL : WANT_OK;
	e->area = work->area;
	e->credit = work->credit;
}

static void look_at_session(const struct look *look)
{
	switch (look->message->type) {
	case PD_MSG_hello: look_at_hello(look); break;
	case PD_MSG_work: look_at_work(look); break;
	case PD_MSG_ping: look->prophecy->expectation.wanted = WANT_PONG; break;
	default: look->prophecy->expectation.wanted = WANT_OK; break;
	}
}

/* ---- submit ---- */

/* The area an order comes from; what speaks against it is noted. */
static const struct area *look_at_origin(const struct look *look, const struct route_said *said)
{
	enum pd_route_step step;
	uint32_t household;
	const struct area *area = route_area(look->registry, said, &household, &step, look->reasons);
	look->prophecy->route = (uint8_t)step;
	look->prophecy->area = area ? area->id : 0;
	look->prophecy->household = household;
	return area;
}

/* What is said of urgency and area beside the contents; what the first left open is not known any more. */
static bool same_choices(const struct pd_submit *submit, const struct life *life)
{
	if (submit->urgency && submit->urgency != life->urgency)
		return false;
	return !submit->area || submit->household || (life->household == 0 && submit->area == life_now(life)->area);
}

static void look_at_submit(const struct look *look)
{
	const struct pd_submit *submit = &look->message->submit;
	const struct category *category = registry_category(look->registry, submit->category);
	const struct life *life = model_find(&submit->order);
	uint32_t requester = submit->requester ? submit->requester : look->actor;
	struct route_said said = {.household = submit->household,
				  .area = submit->area,
				  .requester = requester,
				  .category = submit->category,
				  .place = submit->place,
				  .lon_e7 = submit->lon_e7,
				  .lat_e7 = submit->lat_e7};
	look->prophecy->expectation.order = submit->order;
	if (life) {
		uint64_t contents = model_contents(submit, look->actor, requester,
						   submit->household ? submit->household : life->household);
		if (contents == life->contents && same_choices(submit, life))
			return want_repeat(look, life->versions[0].seq, 1, false);
		reasons_add(look->reasons, PD_REFUSED_order_exists);
	}
	refusable(look, look->front->disk_low, PD_REFUSED_disk_full);
	refusable(look, !pd_id_valid(&submit->order), PD_REFUSED_bad_id);
	look_at_person(look, requester);
	refusable(look, !category, PD_REFUSED_unknown_category);
	refusable(look, category && category->retired, PD_REFUSED_retired);
	const struct area *area = look_at_origin(look, &said);
	refusable(look, area && look->actor != requester && !works_for(look, area->id), PD_REFUSED_not_allowed);
	refusable(look,
		  area && category && category->emergency_only &&
			  !modes_take(look->registry, area->id, submit->category),
		  PD_REFUSED_mode_off);
	want_event(look, PD_MSG_submitted, 1);
}

/* ---- record ---- */

static void look_at_times(const struct look *look, const struct pd_record *record)
{
	uint64_t now_ms = look->front->now_ms;
	bool waits = record->state == PD_STATE_waiting;
	refusable(look, record->submitted_ms > now_ms || record->ended_ms > now_ms, PD_REFUSED_bad_times);
	refusable(look, waits != (record->ended_ms == 0), PD_REFUSED_bad_times);
	refusable(look, !waits && record->ended_ms < record->submitted_ms, PD_REFUSED_bad_times);
}

static void look_at_record(const struct look *look)
{
	const struct pd_record *record = &look->message->record;
	const struct category *category = registry_category(look->registry, record->category);
	const struct life *life = model_find(&record->order);
	struct pd_submit where = {.household = record->household, .urgency = record->urgency, .area = record->area};
	struct route_said said = {.household = record->household,
				  .area = record->area,
				  .requester = record->requester,
				  .category = record->category,
				  .place = record->place,
				  .lon_e7 = record->lon_e7,
				  .lat_e7 = record->lat_e7};
	look->prophecy->expectation.order = record->order;
	if (life) {
		if (life->recorded && model_past(record) == life->contents && same_choices(&where, life))
			return want_repeat(look, life->versions[0].seq, 1, false);
		reasons_add(look->reasons, PD_REFUSED_order_exists);
	}
	refusable(look, !keeps_registry(look, look->actor), PD_REFUSED_not_allowed);
	refusable(look, look->front->disk_low, PD_REFUSED_disk_full);
	refusable(look, !pd_id_valid(&record->order), PD_REFUSED_bad_id);
	refusable(look, record->state == PD_STATE_accepted || record->state == PD_STATE_suspended,
		  PD_REFUSED_bad_field);
	look_at_times(look, record);
	look_at_person(look, record->requester);
	refusable(look, !category, PD_REFUSED_unknown_category);
	refusable(look, category && category->retired, PD_REFUSED_retired);
	look_at_origin(look, &said);
	want_event(look, PD_MSG_recorded, 1);
}

/* ---- moves ---- */

enum {
	WAITING = 1 << PD_STATE_waiting,
	ACCEPTED = 1 << PD_STATE_accepted,
	GOES_ON = WAITING | ACCEPTED | 1 << PD_STATE_suspended,
	COMPLETED = 1 << PD_STATE_completed,
	CLOSED = 1 << PD_STATE_closed,
	SUSPENDED = 1 << PD_STATE_suspended
};

/* Each move: the event that it becomes, and the states that it is allowed in. */
static const struct ruling {
	enum pd_type command, event;
	unsigned states;
} rules[] = {
	{PD_MSG_accept, PD_MSG_accepted, WAITING},
	{PD_MSG_decline, PD_MSG_declined, WAITING},
	{PD_MSG_transfer, PD_MSG_transferred, WAITING | ACCEPTED | SUSPENDED},
	{PD_MSG_complete, PD_MSG_completed, ACCEPTED},
	{PD_MSG_confirm, PD_MSG_confirmed, COMPLETED},
	{PD_MSG_reopen, PD_MSG_reopened, COMPLETED | CLOSED},
	{PD_MSG_cancel, PD_MSG_cancelled, WAITING},
	{PD_MSG_note, PD_MSG_noted, WAITING | ACCEPTED | SUSPENDED | COMPLETED},
	{PD_MSG_release, PD_MSG_released, ACCEPTED | SUSPENDED},
	{PD_MSG_suspend, PD_MSG_suspended, ACCEPTED},
	{PD_MSG_resume, PD_MSG_resumed, SUSPENDED},
	{PD_MSG_urge, PD_MSG_urged, GOES_ON},
	{PD_MSG_follow, PD_MSG_followed, GOES_ON | COMPLETED},
	{PD_MSG_unfollow, PD_MSG_unfollowed, GOES_ON | COMPLETED},
	{PD_MSG_merge, PD_MSG_merged, GOES_ON},
	{PD_MSG_endorse, PD_MSG_endorsed, COMPLETED | CLOSED},
};

static const struct ruling *ruling_of(enum pd_type command)
{
	const struct ruling *rule = rules;
	while (rule->command != command)
		rule++;
	return rule;
}

/* Whether a person may make this move of an order as it is now. */
static bool may_move(const struct look *look, const struct life *life, const struct version *now)
{
	const struct person *person = registry_person(look->registry, look->actor);
	bool of_holder = person && person->area == now->holder && works_for(look, now->holder);
	const struct area *holder = registry_area(look->registry, now->holder);
	switch (look->message->type) {
	case PD_MSG_accept: return of_holder;
	case PD_MSG_decline: return of_holder && holder->parent;
	case PD_MSG_transfer:
	case PD_MSG_merge: return works_for(look, now->holder);
	case PD_MSG_complete:
	case PD_MSG_suspend: return now->state != PD_STATE_accepted || look->actor == now->acceptor;
	case PD_MSG_release:
	case PD_MSG_resume:
		return look->actor == now->acceptor ||
		       works_for(look, holder->parent ? holder->parent->id : holder->id);
	case PD_MSG_urge: return look->actor == life->requester || model_follows(life, look->actor);
	case PD_MSG_follow:
		return look->actor && (model_is_neighbour(look->registry, look->actor, life) ||
				       model_reads(look->registry, look->actor));
	case PD_MSG_unfollow:
	case PD_MSG_endorse: return true; /* but see look_at_follower */
	case PD_MSG_note:
		return look->actor == life->requester || works_for(look, now->holder) || works_for(look, now->area);
	default: return look->actor == life->requester;
	}
}

static void look_at_transfer(const struct look *look, const struct version *now)
{
	const struct area *to = registry_area(look->registry, look->message->transfer.holder);
	refusable(look, !to, PD_REFUSED_unknown_area);
	refusable(look, to && to->retired, PD_REFUSED_retired);
	refusable(look, to && to->id == now->holder, PD_REFUSED_same_holder);
}

static void look_at_suspend(const struct look *look)
{
	uint64_t now_ms = look->front->now_ms, until_ms = look->message->suspend.until_ms;
	refusable(look, until_ms <= now_ms || until_ms > now_ms + SUSPENDED_DAYS_MAX * (uint64_t)SIM_DAY_MS,
		  PD_REFUSED_bad_until);
}

static void look_at_follower(const struct look *look, const struct life *life, enum pd_type move)
{
	bool follows = model_follows(life, look->actor);
	uint32_t count = model_followers(life).count;
	switch (move) {
	case PD_MSG_urge:
		refusable(look, look->front->now_ms < model_urge_from_ms(life), PD_REFUSED_too_soon);
		refusable(look, life->count >= EVENTS_MAX, PD_REFUSED_too_many);
		break;
	case PD_MSG_follow:
		refusable(look, follows || look->actor == life->requester, PD_REFUSED_already);
		refusable(look, life->count >= EVENTS_MAX || count >= FOLLOWERS_MOST, PD_REFUSED_too_many);
		break;
	case PD_MSG_endorse:
		refusable(look, follows && model_rating(life, look->actor), PD_REFUSED_already); /* fall through */
	case PD_MSG_unfollow:
		refusable(look, !follows, PD_REFUSED_not_following);
		refusable(look, life->count >= EVENTS_LAST, PD_REFUSED_too_many);
		break;
	default: break;
	}
}

static void look_at_merge(const struct look *look, const struct life *life)
{
	const struct life *into = model_find(&look->message->merge.into);
	refusable(look, !into, PD_REFUSED_unknown_order);
	refusable(look, into && (into == life || !(GOES_ON & 1u << life_now(into)->state)), PD_REFUSED_bad_merge);
	refusable(look, into && model_followers(into).count + model_followers(life).count + 1 > FOLLOWERS_MOST,
		  PD_REFUSED_too_many);
}

static void look_at_current(const struct look *look, const struct life *life, const struct ruling *rule)
{
	const struct version *now = life_now(life);
	bool allowed = rule->states & 1u << now->state;
	bool taken = now->state == PD_STATE_accepted && now->acceptor != look->actor;
	refusable(look, !allowed, PD_REFUSED_wrong_state);
	refusable(look, !allowed && rule->command == PD_MSG_accept && taken, PD_REFUSED_taken);
	refusable(look, !may_move(look, life, now), PD_REFUSED_not_allowed);
	if (rule->command == PD_MSG_transfer)
		look_at_transfer(look, now);
	if (rule->command == PD_MSG_suspend)
		look_at_suspend(look);
	refusable(look, rule->command == PD_MSG_note && life->count >= EVENTS_MAX, PD_REFUSED_too_many);
	refusable(look,
		  rule->command == PD_MSG_reopen && look->front->now_ms > now->completed_ms + model_reopen_within_ms(),
		  PD_REFUSED_too_late);
	refusable(look, rule->command == PD_MSG_reopen && now->attempt > model_reopen_max(), PD_REFUSED_too_many);
	refusable(look, rule->command == PD_MSG_reopen && bulletin_is_over(&life->notice), PD_REFUSED_notice_over);
	look_at_follower(look, life, rule->command);
	if (rule->command == PD_MSG_merge)
		look_at_merge(look, life);
	want_event(look, rule->event, life->count + 1);
	if (look->prophecy->expectation.wanted == WANT_REFUSAL)
		look->prophecy->expectation.version = life->count;
}

/* Another version is named: unless that is what the actor has done before, in the same words, somebody else was faster.
 */
static void look_at_stale(const struct look *look, const struct life *life, const struct ruling *rule, uint32_t named)
{
	const struct version *now = life_now(life);
	const struct version *made = named < life->count ? &life->versions[named] : NULL;
	if (made && made->type == rule->event && made->actor == look->actor && made->said == model_said(look->message))
		return want_repeat(look, made->seq, named + 1, named + 1 < life->count);
	reasons_add(look->reasons, PD_REFUSED_stale);
	refusable(look,
		  rule->command == PD_MSG_accept && now->state == PD_STATE_accepted && now->acceptor != look->actor,
		  PD_REFUSED_taken);
	look->prophecy->expectation.wanted = WANT_REFUSAL;
	look->prophecy->expectation.version = life->count;
}

static void look_at_move(const struct look *look)
{
	const struct pd_order_command *command = &look->message->order_command;
	const struct life *life = model_find(&command->order);
	const struct ruling *rule = ruling_of(look->message->type);
	struct expectation *e = &look->prophecy->expectation;
	e->order = command->order;
	if (!life) {
		reasons_add(look->reasons, PD_REFUSED_unknown_order);
		e->wanted = WANT_REFUSAL;
		return;
	}
	e->acceptor = life_now(life)->acceptor;
	if (command->version == life->count)
		look_at_current(look, life, rule);
	else
		look_at_stale(look, life, rule, command->version);
}

/* ---- registry ---- */

static void add_registry_reasons(const struct look *look)
{
	static const enum pd_refusal refusals[] = {
		PD_REFUSED_bad_parent,       PD_REFUSED_bad_centre,    PD_REFUSED_in_use,
		PD_REFUSED_bad_level,        PD_REFUSED_unknown_area,  PD_REFUSED_unknown_household,
		PD_REFUSED_bad_calendar,     PD_REFUSED_bad_ladder,    PD_REFUSED_bad_clock,
		PD_REFUSED_unknown_ladder,   PD_REFUSED_never_matches, PD_REFUSED_bad_target,
		PD_REFUSED_unknown_category, PD_REFUSED_bad_shape,     PD_REFUSED_shape_overlaps,
		PD_REFUSED_bad_period,       PD_REFUSED_mode_on,       PD_REFUSED_retired};
	for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++)
		reasons_add(look->reasons, refusals[i]);
}

static enum pd_type set_of(enum pd_type put)
{
	switch (put) {
	case PD_MSG_put_calendar: return PD_MSG_calendar_set;
	case PD_MSG_put_ladder: return PD_MSG_ladder_set;
	case PD_MSG_put_rule: return PD_MSG_rule_set;
	case PD_MSG_put_shape: return PD_MSG_shape_set;
	case PD_MSG_put_plan: return PD_MSG_plan_set;
	case PD_MSG_put_duty: return PD_MSG_duty_set;
	default: return PD_MSG_area_set + (put - PD_MSG_put_area);
	}
}

static bool ladder_used(const struct registry *registry, uint32_t ladder)
{
	size_t count;
	void *const *plans = registry_sorted(registry, REGISTRY_PLANS, &count);
	for (size_t i = 0; i < count; i++) {
		struct pd_message event;
		kept_event(registry, REGISTRY_PLANS, ((const struct entity *)plans[i])->id, &event);
		if (event.plan_set.ladder == ladder && !event.plan_set.retired)
			return true;
	}
	void *const *categories = registry_sorted(registry, REGISTRY_CATEGORIES, &count);
	for (size_t i = 0; i < count; i++) {
		const struct category *category = categories[i];
		if (category->ladder == ladder && !category->retired)
			return true;
	}
	return false;
}

static void look_at_category(const struct look *look)
{
	const struct pd_put_category *put = &look->message->put_category;
	const struct entity *ladder = registry_find(look->registry, REGISTRY_LADDERS, put->ladder);
	bool accept_by_days = put->accept_clock == PD_clock_days || put->accept_clock == PD_clock_workdays;
	bool complete_by_days = put->complete_clock == PD_clock_days || put->complete_clock == PD_clock_workdays;
	refusable(look, put->area && !put->retired && !registry_in_use(look->registry, put->area),
		  PD_REFUSED_unknown_area);
	refusable(look, put->ladder && !put->retired && (!ladder || ladder->retired), PD_REFUSED_unknown_ladder);
	refusable(look,
		  (accept_by_days && put->accept_within_s % (SIM_DAY_MS / 1000)) ||
			  (complete_by_days && put->complete_within_s % (SIM_DAY_MS / 1000)),
		  PD_REFUSED_bad_clock);
}

static void look_at_duty(const struct look *look)
{
	const struct pd_put_duty *put = &look->message->put_duty;
	const struct area *area = registry_area(look->registry, put->area);
	const struct category *category = registry_category(look->registry, put->category);
	refusable(look, !duties_sound(put), PD_REFUSED_bad_period);
	if (put->retired)
		return;
	refusable(look, !area, PD_REFUSED_unknown_area);
	refusable(look, !category, PD_REFUSED_unknown_category);
	refusable(look, (area && area->retired) || (category && category->retired), PD_REFUSED_retired);
}

static bool category_in_use(const struct look *look, uint64_t id)
{
	const struct category *category = registry_category(look->registry, (uint32_t)id);
	return category && !category->retired;
}

static void look_at_plan(const struct look *look)
{
	const struct pd_put_plan *put = &look->message->put_plan;
	const struct area *area = registry_area(look->registry, put->area);
	const struct entity *ladder = registry_find(look->registry, REGISTRY_LADDERS, put->ladder);
	bool categories = true;
	for (uint32_t i = 0; i < put->categories.count; i++)
		categories &= category_in_use(look, put->categories.values[i]);
	if (put->roll_category || put->roll_call.bytes)
		categories &= category_in_use(look, put->roll_category);
	refusable(look, modes_is_on(put->plan), PD_REFUSED_mode_on);
	if (put->retired)
		return;
	refusable(look, !area || area->retired, PD_REFUSED_unknown_area);
	refusable(look, put->ladder && (!ladder || ladder->retired), PD_REFUSED_unknown_ladder);
	refusable(look, !categories, PD_REFUSED_unknown_category);
}

/* What is set up depends on little: whether it holds together is known. Returns whether it is of such a kind. */
static bool look_at_setup(const struct look *look)
{
	const struct pd_put_calendar *calendar = &look->message->put_calendar;
	const struct pd_put_ladder *ladder = &look->message->put_ladder;
	switch (look->message->type) {
	case PD_MSG_put_calendar:
		refusable(look,
			  !clocks_calendar_sound(calendar->calendar, calendar->holidays, calendar->workdays,
						 calendar->hours),
			  PD_REFUSED_bad_calendar);
		return true;
	case PD_MSG_put_ladder:
		refusable(look, !promise_ladder_sound(ladder->steps), PD_REFUSED_bad_ladder);
		refusable(look, ladder->retired && ladder_used(look->registry, ladder->ladder), PD_REFUSED_in_use);
		return true;
	case PD_MSG_put_category: look_at_category(look); return true;
	case PD_MSG_put_duty: look_at_duty(look); return true;
	case PD_MSG_put_plan: look_at_plan(look); return true;
	default: return false;
	}
}

/* Whether a row fits the registry is the registry's own matter: what comes of it is looked at by check.c. */
static void look_at_put(const struct look *look)
{
	struct expectation *e = &look->prophecy->expectation;
	refusable(look, !keeps_registry(look, look->actor), PD_REFUSED_not_allowed);
	bool setup = look_at_setup(look);
	if (reasons_any(look->reasons)) {
		e->wanted = WANT_REFUSAL;
		refusable(look, look->front->disk_low, PD_REFUSED_disk_full);
		return;
	}
	e->wanted = WANT_EITHER;
	if (!setup)
		add_registry_reasons(look);
	refusable(look, look->front->disk_low, PD_REFUSED_disk_full);
	look->prophecy->event = look->front->disk_low ? PD_MSG_none : set_of(look->message->type);
	look->prophecy->free_choice = true;
}

static void look_at_import_begin(const struct look *look)
{
	bool other = look->front->import && look->front->import_session != look->session;
	refusable(look, !keeps_registry(look, look->session->person), PD_REFUSED_not_allowed);
	refusable(look, other, PD_REFUSED_import_busy);
	look->prophecy->expectation.wanted = reasons_any(look->reasons) ? WANT_REFUSAL : WANT_OK;
}

static void look_at_import_commit(const struct look *look)
{
	const struct front *front = look->front;
	const struct pd_import_commit *commit = &look->message->import_commit;
	bool mine = front->import && front->import_session == look->session &&
		    memcmp(&front->import_id, &commit->import, sizeof commit->import) == 0;
	struct expectation *e = &look->prophecy->expectation;
	refusable(look, !keeps_registry(look, look->actor), PD_REFUSED_not_allowed);
	refusable(look, !mine, PD_REFUSED_no_import);
	refusable(look, mine && core_import_rows(front->import) != commit->rows, PD_REFUSED_import_rows);
	if (reasons_any(look->reasons)) {
		e->wanted = WANT_REFUSAL;
		return;
	}
	e->wanted = WANT_IMPORTED;
	add_registry_reasons(look);
	reasons_add(look->reasons, PD_REFUSED_import_busy); /* the registry has changed since it began */
	look->prophecy->event = commit->dry_run ? PD_MSG_none : PD_MSG_area_set;
	look->prophecy->free_choice = true;
}

/* ---- subjects with a model of their own ---- */

static void look_at_subject(const struct look *look, void (*look_at)(struct command_look *look))
{
	struct expectation *e = &look->prophecy->expectation;
	struct command_look at = {.registry = look->registry,
				  .command = look->message,
				  .actor = look->actor,
				  .now_ms = look->front->now_ms,
				  .disk_low = look->front->disk_low,
				  .reasons = look->reasons};
	look_at(&at);
	e->order = look->message->answer.notice; /* or listing: all begin alike */
	if (at.repeats && at.perhaps) {
		e->wanted = WANT_EITHER;
		e->seq = at.repeats;
	} else if (at.repeats) {
		want_repeat(look, at.repeats, 0, false);
	} else if (at.event) {
		want_event(look, at.event, 0);
	} else {
		e->wanted = WANT_REFUSAL;
	}
}

static void look_at_command(const struct look *look)
{
	enum pd_type type = look->message->type;
	uint32_t speaker = look->session->person;
	bool switches = type == PD_MSG_switch_on || type == PD_MSG_switch_off;
	bool put = registry_kind_of(type) < REGISTRY_KINDS;
	if (put && look->session->staging) {
		look->prophecy->expectation.wanted = WANT_NOTHING;
		return;
	}
	refusable(look, look->actor != speaker && !keeps_registry(look, speaker), PD_REFUSED_not_entitled);
	bool import = type == PD_MSG_import_begin || type == PD_MSG_import_commit;
	refusable(look, import && look->front->disk_low, PD_REFUSED_disk_full);
	if (reasons_any(look->reasons)) {
		look->prophecy->expectation.wanted = WANT_REFUSAL;
		return;
	}
	if (type == PD_MSG_import_begin)
		return look_at_import_begin(look);
	if (type == PD_MSG_import_commit)
		return look_at_import_commit(look);
	look_at_person(look, look->actor);
	if (type == PD_MSG_submit)
		look_at_submit(look);
	else if (type == PD_MSG_record)
		look_at_record(look);
	else if (put)
		look_at_put(look);
	else if (pd_is_notice_command(type))
		look_at_subject(look, bulletin_look);
	else if (switches)
		look_at_subject(look, modes_look);
	else if (pd_is_listing_command(type))
		look_at_subject(look, lists_look);
	else
		look_at_move(look);
}

/* ---- queries ---- */

static void count_queues(uint64_t *waiting, uint64_t *working)
{
	size_t count;
	struct life *const *lives = model_lives(&count);
	*waiting = *working = 0;
	for (size_t i = 0; i < count; i++) {
		*waiting += life_now(lives[i])->state == PD_STATE_waiting;
		unsigned state = life_now(lives[i])->state;
		*working += state == PD_STATE_accepted || state == PD_STATE_suspended;
	}
}

static bool may_read(const struct look *look)
{
	return model_reads(look->registry, look->session->person);
}

static void look_at_get_order(const struct look *look)
{
	const struct pd_get_order *get = &look->message->get_order;
	const struct life *life = model_find(&get->order);
	struct expectation *e = &look->prophecy->expectation;
	uint32_t person = look->session->person;
	/* For who may not read all it is brought there. */
	bool in_memory = !may_read(look) || core_order(look->front->core, &get->order) != NULL;
	bool visible = life && (may_read(look) || life->requester == person || model_follows(life, person) ||
				(in_memory && model_is_neighbour(look->registry, person, life)));
	e->order = get->order;
	e->story = get->story;
	refusable(look, !visible, PD_REFUSED_unknown_order);
	if (life && !visible)
		e->wanted = WANT_REFUSAL;
	if (life) {
		e->version = life->count;
		e->exact = in_memory;
		e->followers = model_followers(life);
	}
}

static void look_at_list_orders(const struct look *look)
{
	const struct pd_list_orders *list = &look->message->list_orders;
	struct expectation *e = &look->prophecy->expectation;
	refusable(look, list->area && !registry_area(look->registry, list->area), PD_REFUSED_unknown_area);
	refusable(look, (list->area || list->whole) && list->requester, PD_REFUSED_bad_field);
	refusable(look, list->whole && !may_read(look), PD_REFUSED_not_allowed);
	e->limit = list->limit ? list->limit : 100;
	e->requester = may_read(look) ? list->requester : look->session->person;
	e->state = list->state;
}

static void look_at_explain_route(const struct look *look)
{
	const struct pd_explain_route *explain = &look->message->explain_route;
	const struct category *category = registry_category(look->registry, explain->category);
	uint32_t speaker = look->session->person, requester = explain->requester ? explain->requester : speaker;
	struct route_said said = {explain->household, explain->area,   requester,      explain->category,
				  explain->place,     explain->lon_e7, explain->lat_e7};
	refusable(look, requester != speaker && !may_read(look), PD_REFUSED_not_allowed);
	refusable(look, !category, PD_REFUSED_unknown_category);
	refusable(look, category && category->retired, PD_REFUSED_retired);
	look_at_person(look, requester);
	const struct area *area = look_at_origin(look, &said);
	look->prophecy->expectation.area = area ? area->id : 0;
}

static void look_at_list_setup(const struct look *look)
{
	const struct pd_list_setup *list = &look->message->list_setup;
	struct expectation *e = &look->prophecy->expectation;
	bool setup =
		registry_kind_of(list->type) > REGISTRY_CATEGORIES && registry_kind_of(list->type) < REGISTRY_KINDS;
	refusable(look, !setup, PD_REFUSED_bad_field);
	e->setup = list->type;
	e->begin_id = e->after_id = list->after;
	e->limit = list->limit ? list->limit : 100;
}

static void look_at_similar(const struct look *look)
{
	const struct pd_list_similar *list = &look->message->list_similar;
	const struct category *category = registry_category(look->registry, list->category);
	const struct household *household = registry_household(look->registry, list->household);
	const struct area *area = registry_area(look->registry, list->household ? 0 : list->area);
	struct expectation *e = &look->prophecy->expectation;
	look_at_person(look, list->requester ? list->requester : look->session->person);
	refusable(look, !category, PD_REFUSED_unknown_category);
	refusable(look, category && category->retired, PD_REFUSED_retired);
	refusable(look, list->household && !household, PD_REFUSED_unknown_household);
	refusable(look, household && household->retired, PD_REFUSED_retired);
	refusable(look, !list->household && list->area && !area, PD_REFUSED_unknown_area);
	refusable(look, area && area->retired, PD_REFUSED_retired);
	e->limit = list->limit ? list->limit : 10;
	e->category = list->category;
}

static void look_at_counts(const struct look *look)
{
	struct expectation *e = &look->prophecy->expectation;
	uint32_t own = look->session->person, named = look->message->count_orders.requester;
	e->requester = named ? named : own;
	e->wanted = WANT_ONE;
	refusable(look, e->requester != own && !may_read(look), PD_REFUSED_not_allowed);
	refusable(look, !registry_person(look->registry, e->requester), PD_REFUSED_unknown_person);
}

/* The notice that a query names, and an area within its own. */
static void look_at_named(const struct look *look, const struct pd_id *notice, uint32_t id)
{
	const struct area *area = registry_area(look->registry, id);
	uint32_t top = bulletin_area(notice);
	refusable(look, !top, PD_REFUSED_unknown_notice);
	refusable(look, top && area && !area_within(area, registry_area(look->registry, top)), PD_REFUSED_bad_field);
}

static void look_at_preview(const struct look *look)
{
	const struct pd_preview_mode *preview = &look->message->preview_mode;
	struct expectation *e = &look->prophecy->expectation;
	refusable(look, !may_read(look), PD_REFUSED_not_allowed);
	uint32_t area = modes_look_at_plan(look->registry, preview->plan, preview->area, look->reasons);
	if (area)
		e->effect = modes_effect(look->registry, preview->plan, area, look->front->now_ms);
}

static void look_at_list_listings(const struct look *look)
{
	const struct pd_list_listings *list = &look->message->list_listings;
	struct expectation *e = &look->prophecy->expectation;
	refusable(look, !may_read(look), PD_REFUSED_not_allowed);
	e->area = list->area;
	e->looked_seq = list->after_seq < e->looked_seq ? list->after_seq : e->looked_seq;
	e->listing = (struct pd_listing){.side = list->side, .kind = list->kind, .state = list->state};
	if (list->counts)
		e->counts = lists_counts(look->registry, list->area);
	else
		e->limit = list->limit ? list->limit : 100;
}

static void look_at_list_matches(const struct look *look)
{
	const struct pd_list_matches *list = &look->message->list_matches;
	struct expectation *e = &look->prophecy->expectation;
	uint32_t limit = list->limit ? list->limit : 100, matches = lists_matches(&list->listing);
	refusable(look, !may_read(look), PD_REFUSED_not_allowed);
	refusable(look, !lists_there(&list->listing), PD_REFUSED_unknown_listing);
	e->order = list->listing;
	e->matches = matches < limit ? matches : limit;
}

static void look_at_query(const struct look *look)
{
	const struct pd_message *query = look->message;
	struct expectation *e = &look->prophecy->expectation;
	uint32_t area = 0;
	e->wanted = WANT_ROWS;
	e->looked_seq = model_last_seq();
	switch (query->type) {
	case PD_MSG_get_order: look_at_get_order(look); break;
	case PD_MSG_list_orders: look_at_list_orders(look); break;
	case PD_MSG_list_areas: area = query->list_areas.area; break;
	case PD_MSG_list_people: area = query->list_people.area; break;
	case PD_MSG_list_households:
		area = query->list_households.area;
		refusable(look, !may_read(look), PD_REFUSED_not_allowed);
		break;
	case PD_MSG_read_events:
		area = query->read_events.area;
		refusable(look, !may_read(look), PD_REFUSED_not_allowed);
		e->begin_seq = e->after_seq = query->read_events.after_seq;
		e->all_events = area == 0;
		e->limit = query->read_events.limit ? query->read_events.limit : 100;
		break;
	case PD_MSG_get_stats:
		area = e->area = query->get_stats.area;
		e->wanted = WANT_ONE;
		count_queues(&e->waiting, &e->working);
		break;
	case PD_MSG_get_digest: e->wanted = WANT_ONE; break;
	case PD_MSG_list_setup: look_at_list_setup(look); break;
	case PD_MSG_explain_route: look_at_explain_route(look); break;
	case PD_MSG_list_similar: look_at_similar(look); break;
	case PD_MSG_list_away:
		area = query->list_away.area;
		e->limit = query->list_away.limit ? query->list_away.limit : 100;
		refusable(look, !may_read(look), PD_REFUSED_not_allowed);
		break;
	case PD_MSG_count_orders: look_at_counts(look); break;
	case PD_MSG_list_notices:
		area = query->list_notices.area;
		refusable(look,
			  query->list_notices.person && query->list_notices.person != look->session->person &&
				  !may_read(look),
			  PD_REFUSED_not_allowed);
		break;
	case PD_MSG_get_progress:
		area = query->get_progress.area;
		look_at_named(look, &query->get_progress.notice, area);
		break;
	case PD_MSG_list_missing:
		area = query->list_missing.area;
		look_at_named(look, &query->list_missing.notice, area);
		refusable(look, !may_read(look), PD_REFUSED_not_allowed);
		break;
	case PD_MSG_list_answers:
		area = query->list_answers.area;
		look_at_named(look, &query->list_answers.notice, 0);
		refusable(look,
			  query->list_answers.member == 0 &&
				  memcmp(&query->list_answers.notice, &(struct pd_id){{0}}, sizeof(struct pd_id)) == 0,
			  PD_REFUSED_bad_field);
		break;
	case PD_MSG_list_listings:
		area = query->list_listings.area;
		look_at_list_listings(look);
		break;
	case PD_MSG_list_matches: look_at_list_matches(look); break;
	case PD_MSG_preview_mode: look_at_preview(look); break;
	default: break;
	}
	refusable(look, area && !registry_area(look->registry, area), PD_REFUSED_unknown_area);
	/* An order that is not there yet may be there when the book is read. */
	if (reasons_any(look->reasons) && query->type != PD_MSG_get_order)
		e->wanted = WANT_REFUSAL;
}

/* ---- any message ---- */

static uint32_t actor_of(const struct session *session, const struct pd_message *message)
{
	int offset = pd_message_info(message->type)->actor_offset;
	uint32_t actor = 0;
	if (offset >= 0)
		memcpy(&actor, (const char *)&message->ok + offset, sizeof actor);
	return actor ? actor : session->person;
}

void oracle_look(const struct front *front, const struct session *session, const struct pd_message *message,
		 struct prophecy *prophecy)
{
	*prophecy = (struct prophecy){0};
	struct expectation *e = &prophecy->expectation;
	uint32_t actor = actor_of(session, message);
	struct look look = {front, session, message, core_registry(front->core), actor, prophecy, &e->reasons};
	enum pd_role role = pd_message_info(message->type)->role;
	*e = (struct expectation){.peer = session->peer,
				  .request = message->request,
				  .session = session,
				  .type = message->type,
				  .wanted = WANT_REFUSAL,
				  .actor = actor};
	refusable(&look, role > PD_QUERY, PD_REFUSED_not_a_command);
	refusable(&look, !session->greeted && message->type != PD_MSG_hello, PD_REFUSED_no_hello);
	if (reasons_any(&e->reasons))
		return;
	switch (role) {
	case PD_SESSION: look_at_session(&look); break;
	case PD_COMMAND: look_at_command(&look); break;
	default: look_at_query(&look); break;
	}
}
