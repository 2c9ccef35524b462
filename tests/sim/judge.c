#include "judge.h"

#include <inttypes.h>
#include <string.h>

#include "bulletin.h"
#include "duties.h"
#include "id.h"
#include "modes.h"
#include "promises.h"
#include "ground.h"
#include "routes.h"
#include "sim.h"
#include "trace.h"

enum { SUSPENDED_DAYS_MAX = 366 };

static void demand(const struct judging *j, bool holds, const char *what)
{
	char id[PD_ID_TEXT_BYTES];
	if (!holds)
		trace_fail("event %" PRIu64 " (%s of order %s, version %" PRIu32 " by person %" PRIu32
			   ") is not legal: %s",
			   j->event->request, pd_message_info(j->event->type)->name, pd_id_print(&j->common->order, id),
			   j->common->version, j->common->actor, what);
}

static uint32_t parent_of(const struct judging *j, uint32_t id)
{
	const struct area *area = registry_area(j->registry, id);
	return area && area->parent ? area->parent->id : 0;
}

static void demand_from(const struct judging *j, unsigned states, const char *what)
{
	demand(j, states & 1u << j->before->state, what);
}

/* A person with a post of work in the very area that holds it. */
static void demand_of_holder(const struct judging *j)
{
	const struct person *person = registry_person(j->registry, j->common->actor);
	demand(j, person && person->area == j->before->holder, "the actor is not of the holder");
	demand(j, model_works_for(j->registry, j->common->actor, j->before->holder),
	       "the actor does not work for the holder");
}

static void demand_due(const struct judging *j, uint64_t due_ms)
{
	demand(j, j->common->due_ms == due_ms, "the next step is due at another time");
	demand(j, due_ms == 0 || due_ms > j->common->time_ms, "the next step was due before it could be made");
}

/* By when whoever holds it now is to accept it. */
static uint64_t accept_due(const struct judging *j)
{
	return promise_accept(j->registry, j->life->category, j->life->urgency, j->common->holder, j->common->time_ms);
}

static uint32_t level_above(const struct judging *j)
{
	return promise_above(j->registry, j->life->category, j->before->holder);
}

/* The acceptor, or somebody who works for what is above the holder. */
static void demand_acceptor_or_above(const struct judging *j)
{
	uint32_t parent = parent_of(j, j->before->holder);
	demand(j,
	       j->common->actor == j->before->acceptor ||
		       model_works_for(j->registry, j->common->actor, parent ? parent : j->before->holder),
	       "the actor neither accepted it nor is above the holder");
}

static void demand_stays(const struct judging *j)
{
	demand(j, j->common->holder == j->before->holder, "it changes the holder");
}

/* It waits anew: whoever holds it now. An order that waited there already has kept its place in the queue. */
static void wait_until(const struct judging *j, struct version *after, uint64_t due_ms)
{
	bool stays = j->before->state == PD_STATE_waiting && j->common->holder == j->before->holder;
	demand_due(j, due_ms);
	after->state = PD_STATE_waiting;
	after->waiting_ms = j->common->time_ms;
	after->accepted_ms = after->completed_ms = after->ended_ms = 0;
	after->acceptor = after->left_s = 0;
	after->reminded = false;
	if (!stays)
		after->queued_seq = j->event->request;
}

static void wait_again(const struct judging *j, struct version *after)
{
	wait_until(j, after, accept_due(j));
}

/* Its acceptor has taken it on, or says something of it. */
static void touch(const struct judging *j, struct version *after)
{
	uint64_t time_ms = j->common->time_ms, begin_ms = j->life->submitted_ms;
	after->touched_s = time_ms > begin_ms ? (uint32_t)((time_ms - begin_ms) / 1000) : 0;
	after->reminded = false;
}

static void end(const struct judging *j, struct version *after, enum pd_state state)
{
	demand_stays(j);
	demand(j, j->common->due_ms == 0, "something is due after its end");
	after->state = (uint8_t)state;
	after->ended_ms = j->common->time_ms;
}

enum {
	WAITING = 1 << PD_STATE_waiting,
	ACCEPTED = 1 << PD_STATE_accepted,
	COMPLETED = 1 << PD_STATE_completed,
	CLOSED = 1 << PD_STATE_closed,
	SUSPENDED = 1 << PD_STATE_suspended,
	GOES_ON = WAITING | ACCEPTED | SUSPENDED
};

static void judge_accepted(const struct judging *j, struct version *after)
{
	demand_from(j, WAITING, "only a waiting order can be accepted");
	demand_of_holder(j);
	demand_stays(j);
	demand_due(j, promise_complete(j->registry, j->life->category, j->life->urgency, j->common->holder,
				       j->common->time_ms));
	after->state = PD_STATE_accepted;
	after->acceptor = j->common->actor;
	after->accepted_ms = j->common->time_ms;
	after->stuck = false;
	touch(j, after);
}

static void judge_declined(const struct judging *j, struct version *after)
{
	demand_from(j, WAITING, "only a waiting order can be declined");
	demand_of_holder(j);
	demand(j, j->common->holder != j->before->holder && j->common->holder == level_above(j),
	       "it does not go to the level above");
	after->stuck = false;
	wait_again(j, after);
}

static void judge_transferred(const struct judging *j, struct version *after)
{
	const struct area *to = registry_area(j->registry, j->common->holder);
	demand_from(j, WAITING | ACCEPTED | SUSPENDED, "only an order that waits or is worked on can be transferred");
	demand(j, model_works_for(j->registry, j->common->actor, j->before->holder),
	       "the actor does not work for the holder");
	demand(j, j->common->holder != j->before->holder, "it stays where it is");
	demand(j, to && !to->retired, "it goes to an area that is not in use");
	after->stuck = false;
	wait_again(j, after);
}

static void judge_completed(const struct judging *j, struct version *after)
{
	demand_from(j, ACCEPTED, "only an accepted order can be completed");
	demand(j, j->common->actor == j->before->acceptor, "the actor did not accept it");
	demand_stays(j);
	demand_due(j, j->common->time_ms + model_confirm_within_ms());
	after->state = PD_STATE_completed;
	after->completed_ms = j->common->time_ms;
	after->late = j->before->late || j->common->time_ms > j->before->due_ms;
	touch(j, after);
}

static void judge_confirmed(const struct judging *j, struct version *after)
{
	demand_from(j, COMPLETED, "only a completed order can be confirmed");
	demand(j, j->common->actor == j->life->requester, "the actor is not the requester");
	end(j, after, PD_STATE_closed);
	after->rating = j->event->confirmed.rating;
}

static void judge_closed(const struct judging *j, struct version *after)
{
	demand_from(j, COMPLETED, "only a completed order closes by itself");
	demand(j, j->common->actor == 0 && j->common->time_ms >= j->before->due_ms, "it is not yet due");
	end(j, after, PD_STATE_closed);
}

/* Where a reopened order goes: the level above, or the next in use above that. */
static uint32_t parent_in_use(const struct judging *j)
{
	const struct area *area = registry_area(j->registry, j->before->holder);
	if (area->parent)
		area = area->parent;
	while (area->retired && area->parent)
		area = area->parent;
	return area->id;
}

static void judge_reopened(const struct judging *j, struct version *after)
{
	demand_from(j, COMPLETED | CLOSED, "only a completed or closed order can be reopened");
	demand(j, j->common->actor == j->life->requester, "the actor is not the requester");
	demand(j, j->common->time_ms <= j->before->completed_ms + model_reopen_within_ms(), "it is too late");
	demand(j, !bulletin_is_over(&j->life->notice), "the notice that handed it out has ended");
	demand(j, j->before->attempt <= model_reopen_max(), "it was reopened too often");
	demand(j, j->common->holder == parent_in_use(j), "it does not go to the level above");
	demand(j, j->event->reopened.attempt == j->before->attempt + 1, "the attempt is not the next");
	wait_again(j, after);
	after->attempt = j->event->reopened.attempt;
	after->rating = after->step = 0;
	after->stuck = false;
}

static void judge_cancelled(const struct judging *j, struct version *after)
{
	demand_from(j, WAITING, "only a waiting order can be cancelled");
	demand(j, j->common->actor == j->life->requester, "the actor is not the requester");
	end(j, after, PD_STATE_cancelled);
}

/* Nobody can answer its roll-call any more. */
static void judge_lapsed(const struct judging *j, struct version *after)
{
	const struct pd_lapsed *l = &j->event->lapsed;
	demand_from(j, GOES_ON, "nobody had to work on it any more");
	demand(j, l->actor == 0, "somebody did it");
	demand(j, memcmp(&l->notice, &j->life->notice, sizeof l->notice) == 0, "another notice handed it out, or none");
	demand(j, bulletin_is_over(&l->notice), "its notice has not ended");
	end(j, after, PD_STATE_cancelled);
}

static void judge_noted(const struct judging *j, struct version *after)
{
	demand_from(j, WAITING | ACCEPTED | SUSPENDED | COMPLETED, "the order is over");
	demand_stays(j);
	demand(j, j->common->due_ms == j->before->due_ms, "a note changes when it is due");
	demand(j,
	       j->common->actor == j->life->requester ||
		       model_works_for(j->registry, j->common->actor, j->before->holder) ||
		       model_works_for(j->registry, j->common->actor, j->before->area),
	       "the actor may not see it");
	if (j->before->acceptor && j->common->actor == j->before->acceptor)
		touch(j, after);
}

/* ---- put off, given back ---- */

static void judge_released(const struct judging *j, struct version *after)
{
	demand_from(j, ACCEPTED | SUSPENDED, "only an order that is worked on can be given back");
	demand_acceptor_or_above(j);
	demand_stays(j);
	after->stuck = false;
	wait_again(j, after);
}

static void judge_suspended(const struct judging *j, struct version *after)
{
	const struct pd_suspended *s = &j->event->suspended;
	demand_from(j, ACCEPTED, "only an accepted order can be put off");
	demand(j, j->common->actor == j->before->acceptor, "the actor did not accept it");
	demand_stays(j);
	demand(j, s->due_ms > s->time_ms && s->due_ms <= s->time_ms + SUSPENDED_DAYS_MAX * (uint64_t)SIM_DAY_MS,
	       "it is not put off until a day within a year");
	demand(j, s->left_s == promise_left(j->registry, j->life->category, s->time_ms, j->before->due_ms),
	       "another time is left");
	after->state = PD_STATE_suspended;
	after->left_s = s->left_s;
}

/* By people, or by the broker on the day: ticks.c looks at when that is. */
static void judge_resumed(const struct judging *j, struct version *after)
{
	demand_from(j, SUSPENDED, "only a suspended order can go on");
	demand_acceptor_or_above(j);
	demand_stays(j);
	demand_due(j, promise_resumed(j->registry, j->life->category, j->before->left_s, j->common->time_ms));
	after->state = PD_STATE_accepted;
	after->left_s = 0;
	touch(j, after);
}

/* ---- what the clock brings ---- */

/* What does not touch the work: it stays where it is, and so does when it is due. */
static void demand_untouched(const struct judging *j)
{
	demand_stays(j);
	demand(j, j->common->due_ms == j->before->due_ms, "it changes when the order is due");
}

static void judge_urged(const struct judging *j, struct version *after)
{
	demand_from(j, GOES_ON, "there is nothing to be hastened");
	demand_untouched(j);
	demand(j, j->common->actor == j->life->requester || model_follows(j->life, j->common->actor),
	       "the actor neither asked for it nor follows it");
	demand(j, j->common->time_ms >= model_urge_from_ms(j->life), "it was urged a short while ago");
	after->urges = j->before->urges + 1;
	after->urged_ms = j->common->time_ms;
	demand(j, j->event->urged.urges == after->urges, "the count of urges is wrong");
}

static void judge_followed(const struct judging *j)
{
	uint32_t actor = j->common->actor;
	demand_from(j, GOES_ON | COMPLETED, "the order is over");
	demand_untouched(j);
	demand(j, actor && actor != j->life->requester && !model_follows(j->life, actor),
	       "the actor hears of it anyway");
	demand(j, model_is_neighbour(j->registry, actor, j->life) || model_reads(j->registry, actor),
	       "the actor is no neighbour and has no post of work");
}

static void judge_unfollowed(const struct judging *j)
{
	demand_from(j, GOES_ON | COMPLETED, "the order is over");
	demand_untouched(j);
	demand(j, model_follows(j->life, j->common->actor), "the actor does not follow it");
}

static void judge_merged(const struct judging *j, struct version *after)
{
	const struct life *into = model_find(&j->event->merged.into);
	demand_from(j, GOES_ON, "the order is over");
	demand(j, model_works_for(j->registry, j->common->actor, j->before->holder),
	       "the actor does not work for the holder");
	demand(j, into && into != j->life && GOES_ON & 1u << life_now(into)->state, "the other order does not go on");
	end(j, after, PD_STATE_merged);
	after->into = j->event->merged.into;
}

static void judge_endorsed(const struct judging *j)
{
	demand_from(j, COMPLETED | CLOSED, "there is nothing to agree with");
	demand_untouched(j);
	demand(j, model_follows(j->life, j->common->actor), "the actor does not follow it");
	demand(j, !model_rating(j->life, j->common->actor), "the actor has rated it already");
}

static uint64_t idle_ms(const struct judging *j)
{
	return model_idle_ms(j->registry, j->life);
}

/* Whether the time is over that would make the order climb for this reason. */
static bool may_escalate(const struct judging *j, unsigned why)
{
	const struct version *before = j->before;
	bool due = before->due_ms && j->common->time_ms >= before->due_ms;
	switch (why) {
	case PD_escalation_not_accepted: return before->state == PD_STATE_waiting && due;
	case PD_escalation_not_completed: return before->state == PD_STATE_accepted && due;
	default: return before->state == PD_STATE_accepted && before->reminded && j->common->time_ms >= idle_ms(j);
	}
}

static void judge_escalated(const struct judging *j, struct version *after)
{
	unsigned why = j->event->escalated.why;
	bool top = j->common->holder == j->before->holder;
	demand(j, j->common->actor == 0, "somebody did it");
	demand(j, may_escalate(j, why), "its time is not over");
	demand(j, j->common->holder == level_above(j), "it does not climb to where it should");
	wait_until(j, after, top ? 0 : accept_due(j));
	after->step = (uint8_t)(after->step + (!top && after->step < UINT8_MAX));
	after->stuck |= top;
	after->late |= why == PD_escalation_not_completed;
}

static void judge_reminded(const struct judging *j, struct version *after)
{
	demand_from(j, ACCEPTED, "only the acceptor of an order can be reminded of it");
	demand(j, j->common->actor == 0, "somebody did it");
	demand(j, !j->before->reminded && j->common->time_ms >= idle_ms(j), "it was not silent for long");
	demand_stays(j);
	demand(j, j->common->due_ms == j->before->due_ms, "a reminder changes when it is due");
	touch(j, after); /* as much time again */
	after->reminded = true;
}

/* A plan was switched on or has ended where it is held. */
static void judge_redated(const struct judging *j)
{
	const struct pd_redated *r = &j->event->redated;
	uint64_t due_ms = 0;
	demand_stays(j);
	demand(j, r->actor == 0, "somebody did it");
	demand(j, modes_redates(j->registry, j->life, r->plan, r->ended, &due_ms), "the plan is nothing to it");
	demand(j, r->due_ms == due_ms, "it is due at another time");
	demand(j, r->due_ms != j->before->due_ms, "it is due when it was");
}

/* ---- the registry has changed ---- */

/* Who holds it after it has come from another area: what is above the new area as the old holder was above the old one,
 * unless it is above both, or none of the old area's. */
static uint32_t holder_after(const struct judging *j, uint32_t to)
{
	const struct area *old = registry_area(j->registry, j->before->area), *new = registry_area(j->registry, to);
	const struct area *holder = registry_area(j->registry, j->before->holder), *of_old = old, *of_new = new;
	unsigned level = registry_category(j->registry, j->life->category)->level;
	if (!old || !new || !holder)
		return 0; /* nobody */
	while (of_old->parent && of_old->level > level)
		of_old = of_old->parent;
	bool above_old = false, above_new = false;
	for (; old; old = old->parent)
		above_old |= old == holder;
	for (; new; new = new->parent)
		above_new |= new == holder;
	if (holder != of_old && (!above_old || above_new))
		return holder->id;
	if (holder != of_old)
		level = holder->level;
	while (of_new->parent && of_new->level > level)
		of_new = of_new->parent;
	return of_new->id;
}

/* Where its household is, or its place; 0: nobody knows. */
static uint32_t area_now(const struct judging *j)
{
	const struct household *household = registry_household(j->registry, j->life->household);
	struct core_place place;
	if (j->life->household)
		return household && !household->retired ? household->area : 0;
	if (!j->life->placed)
		return 0;
	ground_find(j->registry, j->life->lon_e7, j->life->lat_e7, &place);
	return place.area;
}

static void judge_rerouted(const struct judging *j, struct version *after)
{
	const struct pd_rerouted *r = &j->event->rerouted;
	const struct person *acceptor = registry_person(j->registry, j->before->acceptor);
	demand_from(j, WAITING | ACCEPTED | SUSPENDED, "nobody holds it");
	demand(j, r->actor == 0, "somebody did it");
	demand(j, r->area == area_now(j) && r->area != j->before->area,
	       "its household or place is not there, or was there before");
	demand(j, r->holder == holder_after(j, r->area), "another should hold it");
	bool moved = r->holder != j->before->holder;
	bool along = acceptor && !acceptor->retired && acceptor->area == r->holder;
	demand(j, r->state == (moved && !along ? PD_STATE_waiting : j->before->state), "its state should be another");
	if (moved && !along)
		wait_again(j, after);
	else
		demand(j, r->due_ms == j->before->due_ms, "it is due at another time for no reason");
	after->area = r->area;
}

/* ---- the first event ---- */

void judge_submitted(const struct judging *j)
{
	const struct pd_submitted *s = &j->event->submitted;
	const struct category *category = registry_category(j->registry, s->category);
	const struct area *area = registry_area(j->registry, s->area);
	demand(j, !j->life, "there is an order of this id");
	demand(j, s->version == 1 && s->from == 0, "a new order begins with version 1 and comes from nobody");
	bool by_broker = bulletin_is_handed_out(s) || duties_is_made(s);
	demand(j, category && (!category->retired || by_broker), "its category is not in use");
	demand(j, area && !area->retired, "its area is not in use");
	demand(j, by_broker || (model_in_use(j->registry, s->actor) && model_in_use(j->registry, s->requester)),
	       "its people are not in use");
	demand_due(j, promise_accept(j->registry, s->category, s->urgency, s->holder, s->time_ms));
	if (by_broker) /* bulletin.h, duties.h */
		return;
	demand(j, !category->emergency_only || modes_take(j->registry, s->area, s->category),
	       "its category is for emergencies alone");
	demand(j, s->actor == s->requester || model_works_for(j->registry, s->actor, s->area),
	       "the actor neither is the requester nor works for the area");
	uint32_t rule;
	const struct area *holder = route_holder(j->registry, s, &rule);
	demand(j, s->rule == rule && s->holder == holder->id, "another should hold it");
}

/* Whoever holds it here has seen it for the first time: it has its time to accept, whatever the other system said. */
static uint64_t recorded_due(const struct judging *j, const struct area *holder)
{
	const struct pd_recorded *r = &j->event->recorded;
	uint64_t due_ms = promise_accept(j->registry, r->category, r->urgency, holder->id, r->time_ms);
	switch (r->state) {
	case PD_STATE_waiting: return r->target_ms > due_ms ? r->target_ms : due_ms;
	case PD_STATE_completed: return r->time_ms + model_confirm_within_ms();
	default: return 0;
	}
}

void judge_recorded(const struct judging *j, struct version *after)
{
	const struct pd_recorded *r = &j->event->recorded;
	const struct category *category = registry_category(j->registry, r->category);
	const struct area *area = registry_area(j->registry, r->area);
	const struct person *actor = registry_person(j->registry, r->actor);
	demand(j, !j->life, "there is an order of this id");
	demand(j, r->version == 1 && r->from == 0, "a new order begins with version 1 and comes from nobody");
	demand(j, category && !category->retired, "its category is not in use");
	demand(j, area && !area->retired, "its area is not in use");
	demand(j, r->actor == 0 || (actor && !actor->retired && actor->post == PD_post_administrator),
	       "the actor may not record");
	demand(j, r->submitted_ms <= r->time_ms && r->ended_ms <= r->time_ms, "it lies in the future");
	demand(j, r->state <= PD_STATE_cancelled && r->state != PD_STATE_accepted, "nobody has accepted it");
	demand(j, (r->state == PD_STATE_waiting) == (r->ended_ms == 0), "its end does not fit its state");
	demand(j, r->ended_ms == 0 || r->ended_ms >= r->submitted_ms, "it ended before it began");
	while (area->parent && area->level > category->level)
		area = area->parent;
	demand(j, r->holder == area->id, "its holder is not the area of the category's level");
	demand_due(j, recorded_due(j, area));
	bool cancelled = r->state == PD_STATE_cancelled, closed = r->state == PD_STATE_closed;
	*after = (struct version){.state = r->state,
				  .area = r->area,
				  .attempt = 1,
				  .waiting_ms = r->time_ms,
				  .completed_ms = cancelled ? 0 : r->ended_ms,
				  .ended_ms = cancelled || closed ? r->ended_ms : 0,
				  .late = !cancelled && r->target_ms && r->ended_ms > r->target_ms,
				  .queued_seq = j->event->request};
}

void judge_move(const struct judging *j, struct version *after)
{
	demand(j, j->life, "there is no such order");
	demand(j, j->common->version == j->life->count + 1, "the version is not the next");
	demand(j, j->common->from == j->before->holder, "it comes from another holder than it was at");
	demand(j, model_in_use(j->registry, j->common->actor), "the actor is not in use");
	switch (j->event->type) {
	case PD_MSG_accepted: judge_accepted(j, after); break;
	case PD_MSG_declined: judge_declined(j, after); break;
	case PD_MSG_transferred: judge_transferred(j, after); break;
	case PD_MSG_completed: judge_completed(j, after); break;
	case PD_MSG_confirmed: judge_confirmed(j, after); break;
	case PD_MSG_closed: judge_closed(j, after); break;
	case PD_MSG_reopened: judge_reopened(j, after); break;
	case PD_MSG_cancelled: judge_cancelled(j, after); break;
	case PD_MSG_lapsed: judge_lapsed(j, after); break;
	case PD_MSG_noted: judge_noted(j, after); break;
	case PD_MSG_urged: judge_urged(j, after); break;
	case PD_MSG_followed: judge_followed(j); break;
	case PD_MSG_unfollowed: judge_unfollowed(j); break;
	case PD_MSG_merged: judge_merged(j, after); break;
	case PD_MSG_endorsed: judge_endorsed(j); break;
	case PD_MSG_released: judge_released(j, after); break;
	case PD_MSG_suspended: judge_suspended(j, after); break;
	case PD_MSG_resumed: judge_resumed(j, after); break;
	case PD_MSG_escalated: judge_escalated(j, after); break;
	case PD_MSG_reminded: judge_reminded(j, after); break;
	case PD_MSG_redated: judge_redated(j); break;
	case PD_MSG_rerouted: judge_rerouted(j, after); break;
	default: demand(j, false, "there is no such move");
	}
}
