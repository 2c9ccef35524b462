/* moves.c - deciding on commands: one function per move of the work, and what all moves share; begin.c has the first,
 * residents.c those of residents and neighbours.
 */
#include "moves.h"

#include <assert.h>
#include <string.h>

#include "calendar.h"
#include "deadline.h"
#include "id.h"

enum { SUSPEND_DAYS_MAX = 366 };

/* ---- moves ---- */

static const struct category *category_of(const struct move *move)
{
	return move->order->category;
}

/* By when whoever gets the order now is to accept it. */
static uint64_t accept_due(const struct move *move, const struct area *holder)
{
	return deadline_accept(move->core->registry, category_of(move), move->row->urgency, holder, move->now_ms);
}

static const struct area *holder_of(const struct move *move)
{
	return move->order->holder->entity;
}

/* A real person with a post of work in the very area that holds the order. */
static bool of_holder(const struct move *move)
{
	return move->person && move->person->area == move->row->holder &&
	       core_works_for(move->core, move->actor, move->row->holder);
}

static bool need_of_holder(const struct move *move)
{
	if (of_holder(move))
		return true;
	core_refuse(move->decision, PD_REFUSED_not_allowed,
		    PD_DETAIL(only_holder, PD_NUMBER(move->row->holder), PD_COMMAND_ARG(move->command->type)));
	return false;
}

bool moves_need_requester(const struct move *move)
{
	if (move->actor == move->row->requester)
		return true;
	core_refuse(move->decision, PD_REFUSED_not_allowed,
		    PD_DETAIL(only_requester, PD_NUMBER(move->row->requester), PD_COMMAND_ARG(move->command->type)));
	return false;
}

bool moves_need_holder_or_above(const struct move *move)
{
	if (core_works_for(move->core, move->actor, move->row->holder))
		return true;
	core_refuse(move->decision, PD_REFUSED_not_allowed,
		    PD_DETAIL(only_holder_or_above, PD_NUMBER(move->row->holder), PD_COMMAND_ARG(move->command->type)));
	return false;
}

bool moves_need_room(const struct move *move, uint32_t events_max)
{
	if (move->row->version < events_max)
		return true;
	core_refuse(move->decision, PD_REFUSED_too_many, PD_DETAIL(events, PD_NUMBER(events_max)));
	return false;
}

static void decide_accept(const struct move *move)
{
	if (!need_of_holder(move))
		return;
	move->event->due_ms = deadline_complete(move->core->registry, category_of(move), move->row->urgency,
						holder_of(move), move->now_ms);
}

static void decide_decline(const struct move *move)
{
	if (!need_of_holder(move))
		return;
	const struct area *area = holder_of(move);
	const struct area *above = deadline_above(move->core->registry, category_of(move), area);
	if (above == area)
		return core_refuse(move->decision, PD_REFUSED_not_allowed,
				   PD_DETAIL(no_level_above, PD_NUMBER(area->id)));
	move->event->holder = above->id;
	move->event->due_ms = accept_due(move, above);
	move->decision->event.declined.reason = move->command->decline.reason;
}

static void decide_transfer(const struct move *move)
{
	const struct pd_transfer *transfer = &move->command->transfer;
	const struct area *to = registry_area(move->core->registry, transfer->holder);
	if (!moves_need_holder_or_above(move))
		return;
	if (!to || to->retired)
		return core_refuse(move->decision, to ? PD_REFUSED_retired : PD_REFUSED_unknown_area,
				   PD_DETAIL(area, PD_NUMBER(transfer->holder)));
	if (to->id == move->row->holder)
		return core_refuse(move->decision, PD_REFUSED_same_holder, PD_DETAIL(area, PD_NUMBER(to->id)));
	move->event->holder = to->id;
	move->event->due_ms = accept_due(move, to);
	move->decision->event.transferred.reason = transfer->reason;
}

/* The acceptor, or somebody with a post above the holder. */
static bool need_acceptor_or_above(const struct move *move)
{
	const struct area *above = holder_of(move)->parent;
	if (move->actor == move->row->acceptor || (above && core_works_for(move->core, move->actor, above->id)) ||
	    (!above && core_works_for(move->core, move->actor, move->row->holder)))
		return true;
	core_refuse(move->decision, PD_REFUSED_not_allowed,
		    PD_DETAIL(only_acceptor_or_above, PD_NUMBER(move->row->acceptor), PD_NUMBER(move->row->holder),
			      PD_COMMAND_ARG(move->command->type)));
	return false;
}

static void decide_release(const struct move *move)
{
	if (!need_acceptor_or_above(move))
		return;
	move->event->due_ms = accept_due(move, holder_of(move));
	move->decision->event.released.reason = move->command->release.reason;
}

static void decide_suspend(const struct move *move)
{
	const struct pd_suspend *suspend = &move->command->suspend;
	if (move->actor != move->row->acceptor)
		return core_refuse(
			move->decision, PD_REFUSED_not_allowed,
			PD_DETAIL(only_acceptor, PD_NUMBER(move->row->acceptor), PD_COMMAND_ARG(PD_MSG_suspend)));
	if (suspend->until_ms <= move->now_ms)
		return core_refuse(move->decision, PD_REFUSED_bad_until, PD_DETAIL(until_past));
	if (suspend->until_ms > move->now_ms + SUSPEND_DAYS_MAX * CALENDAR_DAY_MS)
		return core_refuse(move->decision, PD_REFUSED_bad_until,
				   PD_DETAIL(until_days, PD_NUMBER(SUSPEND_DAYS_MAX)));
	move->event->due_ms = suspend->until_ms;
	move->decision->event.suspended.left_s = calendar_between(move->core->registry, move->now_ms, move->row->due_ms,
								  category_of(move)->complete_clock);
	move->decision->event.suspended.reason = suspend->reason;
}

static void decide_resume(const struct move *move)
{
	if (!need_acceptor_or_above(move))
		return;
	move->event->due_ms = due_resumed(move->core, move->order, move->now_ms);
	move->decision->event.resumed.reason = move->command->resume.reason;
}

static void decide_complete(const struct move *move)
{
	if (move->actor != move->row->acceptor)
		return core_refuse(
			move->decision, PD_REFUSED_not_allowed,
			PD_DETAIL(only_acceptor, PD_NUMBER(move->row->acceptor), PD_COMMAND_ARG(PD_MSG_complete)));
	move->event->due_ms = move->now_ms + move->core->periods.confirm_within_ms;
	move->decision->event.completed.result = move->command->complete.result;
}

static void decide_confirm(const struct move *move)
{
	if (!moves_need_requester(move))
		return;
	move->event->due_ms = 0;
	move->decision->event.confirmed.rating = move->command->confirm.rating;
	move->decision->event.confirmed.text = move->command->confirm.text;
}

/* Where a reopened order waits: one level up, and past what was retired since the order ended. */
static const struct area *area_above(const struct move *move)
{
	const struct area *area = registry_area(move->core->registry, move->row->holder);
	if (area->parent)
		area = area->parent;
	while (area->retired && area->parent)
		area = area->parent;
	return area;
}

static void decide_reopen(const struct move *move)
{
	if (!moves_need_requester(move))
		return;
	if (lapse_is_over(move->core, move->row))
		return core_refuse(move->decision, PD_REFUSED_notice_over, PD_DETAIL(reopen_handed_out));
	if (move->now_ms > move->row->completed_ms + move->core->periods.reopen_within_ms)
		return core_refuse(move->decision, PD_REFUSED_too_late,
				   PD_DETAIL(reopen_hours, PD_NUMBER(move->core->periods.reopen_within_ms / 3600000)));
	if (move->row->attempt > move->core->periods.reopen_max)
		return core_refuse(move->decision, PD_REFUSED_too_many,
				   PD_DETAIL(reopened_often, PD_NUMBER(move->row->attempt - 1u)));
	move->event->holder = area_above(move)->id;
	move->event->due_ms = accept_due(move, registry_area(move->core->registry, move->event->holder));
	move->decision->event.reopened.attempt = (uint16_t)(move->row->attempt + 1);
	move->decision->event.reopened.reason = move->command->reopen.reason;
}

static void decide_cancel(const struct move *move)
{
	if (!moves_need_requester(move))
		return;
	move->event->due_ms = 0;
	move->decision->event.cancelled.reason = move->command->cancel.reason;
}

static void decide_note(const struct move *move)
{
	bool may = move->actor == move->row->requester || core_works_for(move->core, move->actor, move->row->holder) ||
		   core_works_for(move->core, move->actor, move->row->area);
	if (!may)
		return core_refuse(move->decision, PD_REFUSED_not_allowed, PD_DETAIL(only_concerned));
	if (!moves_need_room(move, MOVES_EVENTS_MAX))
		return;
	move->decision->event.noted.text = move->command->note.text;
}

/* The sender knows an older version: the command may have been done already. */
static void decide_stale(const struct order_row *row, const struct pd_message *command, uint32_t actor,
			 struct core_decision *decision)
{
	uint32_t named = command->order_command.version;
	const struct pd_move *move = pd_move_of(command->type);
	uint32_t content = core_content(command);
	decision->version = row->version;
	if (named < row->version && named + 1 == row->version && row->last_type == move->event_type &&
	    row->last_actor == actor && row->last_content == content) {
		decision->outcome = CORE_REPEATED;
		decision->seq = row->last_seq;
		return;
	}
	if (command->type == PD_MSG_accept && row->acceptor && row->acceptor != actor &&
	    row->state == PD_STATE_accepted) {
		decision->person = row->acceptor;
		core_refuse(decision, PD_REFUSED_taken, PD_DETAIL(accepted_by, PD_NUMBER(row->acceptor)));
	} else {
		core_refuse(
			decision, PD_REFUSED_stale,
			PD_DETAIL(moved_on, PD_NUMBER(row->version), PD_STATES(1u << row->state), PD_NUMBER(named)));
	}
	if (named < row->version) {
		decision->outcome = CORE_LOOK_BACK;
		decision->event_version = named + 1;
		decision->event_type = move->event_type;
		decision->actor = actor;
		decision->content = content;
	}
}

/* "it is closed; it must be waiting, accepted or completed to be noted" */
static void refuse_state(const struct order_row *row, const struct pd_move *kind, struct core_decision *decision)
{
	core_refuse(decision, PD_REFUSED_wrong_state,
		    PD_DETAIL(state_needed, PD_STATES(1u << row->state), PD_STATES(kind->from),
			      PD_EVENT_ARG(kind->event_type)));
}

static void decide_move(const struct core *core, const struct pd_message *command, uint32_t actor,
			const struct person *person, uint64_t now_ms, struct core_decision *decision)
{
	const struct order *order = core_order(core, &command->order_command.order);
	if (!order)
		return core_refuse(decision, PD_REFUSED_unknown_order,
				   PD_DETAIL(id, PD_ID_ARG(command->order_command.order)));
	const struct order_row *row = &order->row;
	const struct pd_move *kind = pd_move_of(command->type);
	if (command->order_command.version != row->version)
		return decide_stale(row, command, actor, decision);
	decision->version = row->version;
	if (!(kind->from & 1u << row->state)) {
		if (command->type == PD_MSG_accept && row->state == PD_STATE_accepted && row->acceptor != actor) {
			decision->person = row->acceptor;
			return core_refuse(decision, PD_REFUSED_taken,
					   PD_DETAIL(accepted_by, PD_NUMBER(row->acceptor)));
		}
		return refuse_state(row, kind, decision);
	}
	struct pd_message *event = &decision->event;
	event->type = kind->event_type;
	memset(&event->submitted, 0, pd_message_info(event->type)->body_bytes);
	struct pd_order_event *common = &event->order_event;
	*common = (struct pd_order_event){now_ms,      actor,       row->id,    row->version + 1,
					  row->holder, row->holder, row->due_ms};
	struct move move = {core, order, row, command, actor, person, now_ms, decision, common};
	switch (command->type) {
	case PD_MSG_accept: decide_accept(&move); break;
	case PD_MSG_decline: decide_decline(&move); break;
	case PD_MSG_transfer: decide_transfer(&move); break;
	case PD_MSG_release: decide_release(&move); break;
	case PD_MSG_suspend: decide_suspend(&move); break;
	case PD_MSG_resume: decide_resume(&move); break;
	case PD_MSG_complete: decide_complete(&move); break;
	case PD_MSG_confirm: decide_confirm(&move); break;
	case PD_MSG_reopen: decide_reopen(&move); break;
	case PD_MSG_cancel: decide_cancel(&move); break;
	case PD_MSG_note: decide_note(&move); break;
	case PD_MSG_urge: residents_urge(&move); break;
	case PD_MSG_follow: residents_follow(&move); break;
	case PD_MSG_unfollow: residents_unfollow(&move); break;
	case PD_MSG_merge: residents_merge(&move); break;
	case PD_MSG_endorse: residents_endorse(&move); break;
	default: assert(!"not a move");
	}
	if (decision->outcome == CORE_EVENT)
		decision->version = row->version + 1;
}

static void decide_put(const struct core *core, const struct pd_message *command, uint32_t actor, uint64_t now_ms,
		       struct core_decision *decision)
{
	const struct person *person = registry_person(core->registry, actor);
	if (actor && (person->retired || person->post != PD_post_administrator))
		return core_refuse(decision, PD_REFUSED_not_allowed, PD_DETAIL(only_keepers));
	struct registry_decision put;
	registry_decide(core->registry, command, false, &put);
	if (put.refusal)
		return core_refuse(decision, put.refusal, put.detail);
	if (put.effect == REGISTRY_UNCHANGED) {
		decision->outcome = CORE_REPEATED;
		return;
	}
	decision->event = put.event;
	decision->event.area_set.time_ms = now_ms;
	decision->event.area_set.actor = actor;
}

void core_decide(const struct core *core, const struct pd_message *command, uint32_t actor, uint64_t now_ms,
		 struct core_decision *decision)
{
	decision->outcome = CORE_EVENT;
	decision->refusal = PD_REFUSED_none;
	decision->detail.name = PD_DETAIL_none;
	decision->version = decision->person = 0;
	decision->seq = 0;
	const struct person *person = registry_person(core->registry, actor);
	bool gone = actor && (!person || person->retired);
	if (command->type == PD_MSG_submit)
		begin_submit(core, &command->submit, actor, now_ms, decision);
	else if (command->type == PD_MSG_record)
		begin_record(core, &command->record, actor, now_ms, decision);
	else if (pd_is_move(command->type))
		decide_move(core, command, actor, person, now_ms, decision);
	else if (command->type == PD_MSG_switch_on || command->type == PD_MSG_switch_off)
		modes_decide(core, command, actor, now_ms, decision);
	else if (pd_is_listing_command(command->type))
		listings_decide(core, command, actor, now_ms, decision);
	else if (pd_is_notice_command(command->type))
		notice_decide(core, command, actor, now_ms, decision);
	else if (!gone)
		decide_put(core, command, actor, now_ms, decision);
	/* A repeat gets the first answer, whoever has left since. */
	if (gone && decision->outcome != CORE_REPEATED && decision->outcome != CORE_LOOK_BACK)
		core_refuse(decision, person ? PD_REFUSED_retired : PD_REFUSED_unknown_person,
			    PD_DETAIL(person, PD_NUMBER(actor)));
	decision->event.request = core->last_seq + 1;
}
