/* moves.c - deciding on commands: one function per move, and what all moves share. */
#include <assert.h>
#include <string.h>

#include "id.h"
#include "state.h"

/* Notes end here; moves that bring an order further do not. */
enum { EVENTS_MAX = 1000 };

static void refuse(struct core_decision *decision, enum pd_refusal refusal, struct pd_detail detail)
{
	decision->outcome = CORE_REFUSED;
	decision->refusal = refusal;
	decision->detail = detail;
}

/* ---- submit ---- */

/* Where the order comes from: the household named, or the area, or the requester's household or post. */
static const struct area *origin(const struct core *core, const struct pd_submit *submit,
				 const struct person *requester, uint32_t *household_id, struct core_decision *decision)
{
	const struct registry *registry = core->registry;
	*household_id = submit->household;
	if (*household_id == 0 && submit->area == 0 && requester)
		*household_id = requester->household;
	if (*household_id) {
		const struct household *household = registry_household(registry, *household_id);
		if (household && !household->retired)
			return registry_area(registry, household->area);
		refuse(decision, household ? PD_REFUSED_retired : PD_REFUSED_unknown_household,
		       PD_DETAIL(household, PD_NUMBER(*household_id)));
		return NULL;
	}
	uint32_t id = submit->area ? submit->area : requester ? requester->area : 0;
	const struct area *area = registry_area(registry, id);
	if (id == 0)
		refuse(decision, PD_REFUSED_no_place, PD_DETAIL(no_place));
	else if (!area || area->retired)
		refuse(decision, area ? PD_REFUSED_retired : PD_REFUSED_unknown_area, PD_DETAIL(area, PD_NUMBER(id)));
	return area && !area->retired ? area : NULL;
}

static bool may_submit(const struct core *core, uint32_t actor, uint32_t requester, uint32_t area)
{
	return actor == requester || core_works_for(core, actor, area);
}

/* Whether submit says of urgency and area what the first one said. What was left open then is not known: it may be left
 * open again. */
static bool same_choices(const struct order_row *row, const struct pd_submit *submit)
{
	if (submit->urgency && submit->urgency != row->urgency)
		return false;
	bool by_area = submit->area && !submit->household; /* an area beside a household does not count */
	return !by_area || (row->household == 0 && row->area == submit->area);
}

static void submit_again(const struct order_row *row, const struct pd_submit *submit, const struct pd_message *event,
			 struct core_decision *decision)
{
	if (row->content != submit_content(event) || !same_choices(row, submit))
		return refuse(decision, PD_REFUSED_order_exists, PD_DETAIL(other_contents));
	decision->outcome = CORE_REPEATED;
	decision->seq = row->seq;
	decision->version = 1;
}

static void decide_submit(const struct core *core, const struct pd_submit *submit, uint32_t actor, uint64_t now_ms,
			  struct core_decision *decision)
{
	uint32_t requester_id = submit->requester ? submit->requester : actor;
	const struct person *requester = registry_person(core->registry, requester_id);
	const struct category *category = registry_category(core->registry, submit->category);
	uint32_t household = 0;
	if (!pd_id_valid(&submit->order))
		return refuse(decision, PD_REFUSED_bad_id, PD_DETAIL(not_uuidv7));
	const struct order *known = core_order(core, &submit->order);
	struct pd_message *event = &decision->event;
	event->type = PD_MSG_submitted;
	event->submitted = (struct pd_submitted){.time_ms = now_ms,
						 .actor = actor,
						 .order = submit->order,
						 .version = 1,
						 .requester = requester_id,
						 .category = submit->category,
						 .text = submit->text,
						 .place = submit->place,
						 .lon_e7 = submit->lon_e7,
						 .lat_e7 = submit->lat_e7,
						 .household = submit->household};
	if (known) {
		if (submit->household == 0)
			event->submitted.household = known->row.household;
		return submit_again(&known->row, submit, event, decision);
	}
	if (requester_id && (!requester || requester->retired))
		return refuse(decision, requester ? PD_REFUSED_retired : PD_REFUSED_unknown_person,
			      PD_DETAIL(person, PD_NUMBER(requester_id)));
	if (!category || category->retired)
		return refuse(decision, category ? PD_REFUSED_retired : PD_REFUSED_unknown_category,
			      PD_DETAIL(category, PD_NUMBER(submit->category)));
	const struct area *area = origin(core, submit, requester, &household, decision);
	if (!area)
		return;
	if (!may_submit(core, actor, requester_id, area->id))
		return refuse(decision, PD_REFUSED_not_allowed,
			      PD_DETAIL(not_for_requester, PD_NUMBER(actor), PD_NUMBER(area->id)));
	event->submitted.household = household;
	event->submitted.area = area->id;
	event->submitted.holder = area_at_level(area, category->level)->id;
	event->submitted.urgency = submit->urgency ? submit->urgency : category->urgency;
	event->submitted.due_ms = now_ms + category->accept_within_s * UINT64_C(1000);
	decision->version = 1;
}

/* ---- record ---- */

/* What is wrong with a past order's times; PD_NO_DETAIL: nothing. */
static struct pd_detail wrong_times(const struct pd_record *record, uint64_t now_ms)
{
	bool waits = record->state == PD_STATE_waiting;
	if (record->submitted_ms > now_ms || record->ended_ms > now_ms)
		return PD_DETAIL(past_of_future);
	if (waits && record->ended_ms)
		return PD_DETAIL(past_waits_with_end);
	if (!waits && !record->ended_ms)
		return PD_DETAIL(past_without_end);
	if (!waits && record->ended_ms < record->submitted_ms)
		return PD_DETAIL(past_ends_first);
	return PD_NO_DETAIL;
}

/* By when the next step is due here. */
static uint64_t record_due(const struct core *core, const struct pd_record *record, const struct category *category,
			   uint64_t now_ms)
{
	switch (record->state) {
	case PD_STATE_waiting:
		return record->target_ms ? record->target_ms : now_ms + category->accept_within_s * UINT64_C(1000);
	case PD_STATE_completed: return now_ms + core->periods.confirm_within_ms;
	default: return 0;
	}
}

/* Filled with what the command says; what the registry makes of it is still missing. */
static void record_event(const struct pd_record *record, uint32_t actor, uint64_t now_ms, struct pd_message *event)
{
	event->type = PD_MSG_recorded;
	event->recorded = (struct pd_recorded){.time_ms = now_ms,
					       .actor = actor,
					       .order = record->order,
					       .version = 1,
					       .requester = record->requester,
					       .household = record->household,
					       .category = record->category,
					       .text = record->text,
					       .place = record->place,
					       .lon_e7 = record->lon_e7,
					       .lat_e7 = record->lat_e7,
					       .state = record->state,
					       .submitted_ms = record->submitted_ms,
					       .ended_ms = record->ended_ms,
					       .target_ms = record->target_ms,
					       .duplicate = record->duplicate,
					       .source = record->source,
					       .key = record->key,
					       .result = record->result};
}

static void record_again(const struct order_row *row, const struct pd_record *record, const struct pd_message *event,
			 struct core_decision *decision)
{
	struct pd_submit where = {.household = record->household, .urgency = record->urgency, .area = record->area};
	if (row->content != record_content(event) || !same_choices(row, &where))
		return refuse(decision, PD_REFUSED_order_exists, PD_DETAIL(recorded_otherwise));
	decision->outcome = CORE_REPEATED;
	decision->seq = row->seq;
	decision->version = 1;
}

static void decide_record(const struct core *core, const struct pd_record *record, uint32_t actor, uint64_t now_ms,
			  struct core_decision *decision)
{
	const struct registry *registry = core->registry;
	const struct person *person = registry_person(registry, actor);
	const struct person *requester = registry_person(registry, record->requester);
	const struct category *category = registry_category(registry, record->category);
	struct pd_recorded *recorded = &decision->event.recorded;
	if (!pd_id_valid(&record->order))
		return refuse(decision, PD_REFUSED_bad_id, PD_DETAIL(not_uuidv7));
	record_event(record, actor, now_ms, &decision->event);
	const struct order *known = core_order(core, &record->order);
	if (known)
		return record_again(&known->row, record, &decision->event, decision);
	if (actor && (!person || person->post != PD_post_administrator))
		return refuse(decision, PD_REFUSED_not_allowed, PD_DETAIL(only_recorders));
	if (record->state == PD_STATE_accepted)
		return refuse(decision, PD_REFUSED_bad_field, PD_DETAIL(past_accepted));
	struct pd_detail wrong = wrong_times(record, now_ms);
	if (wrong.name != PD_DETAIL_none)
		return refuse(decision, PD_REFUSED_bad_times, wrong);
	if (record->requester && (!requester || requester->retired))
		return refuse(decision, requester ? PD_REFUSED_retired : PD_REFUSED_unknown_person,
			      PD_DETAIL(person, PD_NUMBER(record->requester)));
	if (!category || category->retired)
		return refuse(decision, category ? PD_REFUSED_retired : PD_REFUSED_unknown_category,
			      PD_DETAIL(category, PD_NUMBER(record->category)));
	struct pd_submit where = {.household = record->household, .area = record->area};
	uint32_t household;
	const struct area *area = origin(core, &where, requester, &household, decision);
	if (!area)
		return;
	recorded->area = area->id;
	recorded->holder = area_at_level(area, category->level)->id;
	recorded->urgency = record->urgency ? record->urgency : category->urgency;
	recorded->due_ms = record_due(core, record, category, now_ms);
	decision->version = 1;
}

/* ---- moves ---- */

struct move {
	const struct core *core;
	const struct order_row *row;
	const struct pd_message *command;
	uint32_t actor;
	uint64_t now_ms;
	struct core_decision *decision;
	struct pd_order_event *event; /* the event's common part, filled with what stays as it is */
};

static uint64_t accept_due(const struct move *move)
{
	const struct category *category = registry_category(move->core->registry, move->row->category);
	return move->now_ms + category->accept_within_s * UINT64_C(1000);
}

/* A real person with a post of work in the very area that holds the order. */
static bool of_holder(const struct move *move)
{
	const struct person *person = registry_person(move->core->registry, move->actor);
	return person && person->area == move->row->holder &&
	       core_works_for(move->core, move->actor, move->row->holder);
}

static bool need_of_holder(const struct move *move)
{
	if (of_holder(move))
		return true;
	refuse(move->decision, PD_REFUSED_not_allowed,
	       PD_DETAIL(only_holder, PD_NUMBER(move->row->holder), PD_COMMAND_ARG(move->command->type)));
	return false;
}

static bool need_requester(const struct move *move)
{
	if (move->actor == move->row->requester)
		return true;
	refuse(move->decision, PD_REFUSED_not_allowed,
	       PD_DETAIL(only_requester, PD_NUMBER(move->row->requester), PD_COMMAND_ARG(move->command->type)));
	return false;
}

static void decide_accept(const struct move *move)
{
	if (!need_of_holder(move))
		return;
	const struct category *category = registry_category(move->core->registry, move->row->category);
	move->event->due_ms = move->now_ms + category->complete_within_s * UINT64_C(1000);
}

static void decide_decline(const struct move *move)
{
	if (!need_of_holder(move))
		return;
	const struct area *area = registry_area(move->core->registry, move->row->holder);
	if (!area->parent)
		return refuse(move->decision, PD_REFUSED_not_allowed, PD_DETAIL(no_level_above, PD_NUMBER(area->id)));
	move->event->holder = area->parent->id;
	move->event->due_ms = accept_due(move);
	move->decision->event.declined.reason = move->command->decline.reason;
}

static void decide_transfer(const struct move *move)
{
	const struct pd_transfer *transfer = &move->command->transfer;
	const struct area *to = registry_area(move->core->registry, transfer->holder);
	if (!core_works_for(move->core, move->actor, move->row->holder))
		return refuse(
			move->decision, PD_REFUSED_not_allowed,
			PD_DETAIL(only_holder_or_above, PD_NUMBER(move->row->holder), PD_COMMAND_ARG(PD_MSG_transfer)));
	if (!to || to->retired)
		return refuse(move->decision, to ? PD_REFUSED_retired : PD_REFUSED_unknown_area,
			      PD_DETAIL(area, PD_NUMBER(transfer->holder)));
	if (to->id == move->row->holder)
		return refuse(move->decision, PD_REFUSED_same_holder, PD_DETAIL(area, PD_NUMBER(to->id)));
	move->event->holder = to->id;
	move->event->due_ms = accept_due(move);
	move->decision->event.transferred.reason = transfer->reason;
}

static void decide_complete(const struct move *move)
{
	if (move->actor != move->row->acceptor)
		return refuse(
			move->decision, PD_REFUSED_not_allowed,
			PD_DETAIL(only_acceptor, PD_NUMBER(move->row->acceptor), PD_COMMAND_ARG(PD_MSG_complete)));
	move->event->due_ms = move->now_ms + move->core->periods.confirm_within_ms;
	move->decision->event.completed.result = move->command->complete.result;
}

static void decide_confirm(const struct move *move)
{
	if (!need_requester(move))
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
	if (!need_requester(move))
		return;
	if (move->now_ms > move->row->completed_ms + move->core->periods.reopen_within_ms)
		return refuse(move->decision, PD_REFUSED_too_late,
			      PD_DETAIL(reopen_hours, PD_NUMBER(move->core->periods.reopen_within_ms / 3600000)));
	if (move->row->attempt == UINT16_MAX)
		return refuse(move->decision, PD_REFUSED_too_many, PD_DETAIL(attempts, PD_NUMBER(UINT16_MAX)));
	move->event->holder = area_above(move)->id;
	move->event->due_ms = accept_due(move);
	move->decision->event.reopened.attempt = (uint16_t)(move->row->attempt + 1);
	move->decision->event.reopened.reason = move->command->reopen.reason;
}

static void decide_cancel(const struct move *move)
{
	if (!need_requester(move))
		return;
	move->event->due_ms = 0;
	move->decision->event.cancelled.reason = move->command->cancel.reason;
}

static void decide_note(const struct move *move)
{
	bool may = move->actor == move->row->requester || core_works_for(move->core, move->actor, move->row->holder) ||
		   core_works_for(move->core, move->actor, move->row->area);
	if (!may)
		return refuse(move->decision, PD_REFUSED_not_allowed, PD_DETAIL(only_concerned));
	if (move->row->version >= EVENTS_MAX)
		return refuse(move->decision, PD_REFUSED_too_many, PD_DETAIL(events, PD_NUMBER(EVENTS_MAX)));
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
		refuse(decision, PD_REFUSED_taken, PD_DETAIL(accepted_by, PD_NUMBER(row->acceptor)));
	} else {
		refuse(decision, PD_REFUSED_stale,
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
	refuse(decision, PD_REFUSED_wrong_state,
	       PD_DETAIL(state_needed, PD_STATES(1u << row->state), PD_STATES(kind->from),
			 PD_EVENT_ARG(kind->event_type)));
}

static void decide_move(const struct core *core, const struct pd_message *command, uint32_t actor, uint64_t now_ms,
			struct core_decision *decision)
{
	const struct order *order = core_order(core, &command->order_command.order);
	if (!order)
		return refuse(decision, PD_REFUSED_unknown_order,
			      PD_DETAIL(id, PD_ID_ARG(command->order_command.order)));
	const struct order_row *row = &order->row;
	const struct pd_move *kind = pd_move_of(command->type);
	if (command->order_command.version != row->version)
		return decide_stale(row, command, actor, decision);
	decision->version = row->version;
	if (!(kind->from & 1u << row->state)) {
		if (command->type == PD_MSG_accept && row->state == PD_STATE_accepted && row->acceptor != actor) {
			decision->person = row->acceptor;
			return refuse(decision, PD_REFUSED_taken, PD_DETAIL(accepted_by, PD_NUMBER(row->acceptor)));
		}
		return refuse_state(row, kind, decision);
	}
	struct pd_message *event = &decision->event;
	event->type = kind->event_type;
	memset(&event->submitted, 0, pd_message_info(event->type)->body_bytes);
	struct pd_order_event *common = &event->order_event;
	*common = (struct pd_order_event){now_ms,      actor,       row->id,    row->version + 1,
					  row->holder, row->holder, row->due_ms};
	struct move move = {core, row, command, actor, now_ms, decision, common};
	switch (command->type) {
	case PD_MSG_accept: decide_accept(&move); break;
	case PD_MSG_decline: decide_decline(&move); break;
	case PD_MSG_transfer: decide_transfer(&move); break;
	case PD_MSG_complete: decide_complete(&move); break;
	case PD_MSG_confirm: decide_confirm(&move); break;
	case PD_MSG_reopen: decide_reopen(&move); break;
	case PD_MSG_cancel: decide_cancel(&move); break;
	case PD_MSG_note: decide_note(&move); break;
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
		return refuse(decision, PD_REFUSED_not_allowed, PD_DETAIL(only_keepers));
	struct registry_decision put;
	registry_decide(core->registry, command, false, &put);
	if (put.refusal)
		return refuse(decision, put.refusal, put.detail);
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
		decide_submit(core, &command->submit, actor, now_ms, decision);
	else if (command->type == PD_MSG_record)
		decide_record(core, &command->record, actor, now_ms, decision);
	else if (pd_is_move(command->type))
		decide_move(core, command, actor, now_ms, decision);
	else if (!gone)
		decide_put(core, command, actor, now_ms, decision);
	/* A repeat gets the first answer, whoever has left since. */
	if (gone && decision->outcome != CORE_REPEATED && decision->outcome != CORE_LOOK_BACK)
		refuse(decision, person ? PD_REFUSED_retired : PD_REFUSED_unknown_person,
		       PD_DETAIL(person, PD_NUMBER(actor)));
	decision->event.request = core->last_seq + 1;
}

bool core_decide_due(const struct core *core, uint64_t now_ms, struct pd_message *event)
{
	const struct order *order = timers_first(&core->timers);
	if (!order || order->row.due_ms > now_ms)
		return false;
	const struct order_row *row = &order->row;
	event->type = PD_MSG_closed;
	event->request = core->last_seq + 1;
	event->closed = (struct pd_closed){.time_ms = now_ms,
					   .order = row->id,
					   .version = row->version + 1,
					   .holder = row->holder,
					   .from = row->holder};
	return true;
}

uint64_t core_next_due(const struct core *core)
{
	const struct order *order = timers_first(&core->timers);
	return order ? order->row.due_ms : UINT64_MAX;
}
