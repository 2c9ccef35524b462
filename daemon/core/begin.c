/* begin.c - deciding on how an order begins: submitted here, or recorded as the past of another system. */
#include "deadline.h"
#include "id.h"
#include "state.h"

/* ---- submit ---- */

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

/* The order is there already: by the same command, or by another one. */
static void begun_before(const struct order_row *row, bool same, struct pd_detail other, struct core_decision *decision)
{
	if (!same)
		return core_refuse(decision, PD_REFUSED_order_exists, other);
	decision->outcome = CORE_REPEATED;
	decision->seq = row->seq;
	decision->version = 1;
}

void begin_submit(const struct core *core, const struct pd_submit *submit, uint32_t actor, uint64_t now_ms,
		  struct core_decision *decision)
{
	uint32_t requester_id = submit->requester ? submit->requester : actor;
	const struct person *requester = registry_person(core->registry, requester_id);
	const struct category *category = registry_category(core->registry, submit->category);
	if (!pd_id_valid(&submit->order))
		return core_refuse(decision, PD_REFUSED_bad_id, PD_DETAIL(not_uuidv7));
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
						 .picture = submit->picture,
						 .household = submit->household};
	if (known) {
		if (submit->household == 0)
			event->submitted.household = known->row.household;
		bool same = known->row.content == submit_content(event) && same_choices(&known->row, submit);
		return begun_before(&known->row, same, PD_DETAIL(other_contents), decision);
	}
	if (requester_id && (!requester || requester->retired))
		return core_refuse(decision, requester ? PD_REFUSED_retired : PD_REFUSED_unknown_person,
				   PD_DETAIL(person, PD_NUMBER(requester_id)));
	if (!category || category->retired)
		return core_refuse(decision, category ? PD_REFUSED_retired : PD_REFUSED_unknown_category,
				   PD_DETAIL(category, PD_NUMBER(submit->category)));
	struct route_found found;
	route_find(&(struct route_asked){.registry = core->registry,
					 .map = &core->map,
					 .requester = requester,
					 .category = category,
					 .household = submit->household,
					 .area = submit->area,
					 .lon_e7 = submit->lon_e7,
					 .lat_e7 = submit->lat_e7,
					 .place = submit->place,
					 .text = submit->text,
					 .now_ms = now_ms},
		   &found, NULL, NULL);
	if (found.refusal)
		return core_refuse(decision, found.refusal, found.detail);
	if (!may_submit(core, actor, requester_id, found.area->id))
		return core_refuse(decision, PD_REFUSED_not_allowed,
				   PD_DETAIL(not_for_requester, PD_NUMBER(actor), PD_NUMBER(found.area->id)));
	if (category->emergency_only && !mode_takes(core->registry, found.area, category))
		return core_refuse(decision, PD_REFUSED_mode_off,
				   PD_DETAIL(category_emergency, PD_NUMBER(category->id), PD_NUMBER(found.area->id)));
	event->submitted.household = found.household;
	event->submitted.area = found.area->id;
	event->submitted.holder = found.holder->id;
	event->submitted.route = (uint8_t)found.step;
	event->submitted.rule = found.rule;
	event->submitted.urgency = submit->urgency ? submit->urgency : category->urgency;
	event->submitted.due_ms =
		deadline_accept(core->registry, category, event->submitted.urgency, found.holder, now_ms);
	decision->version = 1;
}

/* What is asked as a question to the routes; a refusal if it names what is not in use. */
static enum pd_refusal ask_route(const struct core *core, const struct pd_explain_route *explain, uint32_t person,
				 uint64_t now_ms, struct route_asked *asked, struct pd_detail *detail)
{
	uint32_t requester = explain->requester ? explain->requester : person;
	*asked = (struct route_asked){.registry = core->registry,
				      .map = &core->map,
				      .requester = registry_person(core->registry, requester),
				      .category = registry_category(core->registry, explain->category),
				      .household = explain->household,
				      .area = explain->area,
				      .lon_e7 = explain->lon_e7,
				      .lat_e7 = explain->lat_e7,
				      .place = explain->place,
				      .text = explain->text,
				      .now_ms = explain->time_ms ? explain->time_ms : now_ms};
	*detail = PD_DETAIL(category, PD_NUMBER(explain->category));
	if (!asked->category || asked->category->retired)
		return asked->category ? PD_REFUSED_retired : PD_REFUSED_unknown_category;
	*detail = PD_DETAIL(person, PD_NUMBER(requester));
	if (requester && (!asked->requester || asked->requester->retired))
		return asked->requester ? PD_REFUSED_retired : PD_REFUSED_unknown_person;
	return PD_REFUSED_none;
}

enum pd_refusal core_explain_route(const struct core *core, const struct pd_explain_route *explain, uint32_t person,
				   uint64_t now_ms, route_tell *tell, void *arg, struct pd_detail *detail)
{
	struct route_asked asked;
	struct route_found found;
	enum pd_refusal refusal = ask_route(core, explain, person, now_ms, &asked, detail);
	if (refusal)
		return refusal;
	route_find(&asked, &found, tell, arg);
	*detail = found.detail;
	return found.refusal;
}

void core_find_origin(const struct core *core, const struct pd_explain_route *explain, uint32_t person, uint64_t now_ms,
		      struct route_found *found)
{
	struct route_asked asked;
	struct pd_detail detail;
	enum pd_refusal refusal = ask_route(core, explain, person, now_ms, &asked, &detail);
	if (refusal)
		*found = (struct route_found){.refusal = refusal, .detail = detail};
	else
		route_origin(&asked, found, NULL, NULL);
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

/* By when the next step is due here. A time to accept begins now, for whatever was to be done by when elsewhere: who
 * holds it here has seen it for the first time. */
static uint64_t record_due(const struct core *core, const struct pd_record *record, const struct category *category,
			   const struct pd_recorded *recorded, uint64_t now_ms)
{
	uint64_t due_ms = deadline_accept(core->registry, category, recorded->urgency,
					  registry_area(core->registry, recorded->holder), now_ms);
	switch (record->state) {
	case PD_STATE_waiting: return record->target_ms > due_ms ? record->target_ms : due_ms;
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

void begin_record(const struct core *core, const struct pd_record *record, uint32_t actor, uint64_t now_ms,
		  struct core_decision *decision)
{
	const struct registry *registry = core->registry;
	const struct person *person = registry_person(registry, actor);
	const struct person *requester = registry_person(registry, record->requester);
	const struct category *category = registry_category(registry, record->category);
	struct pd_recorded *recorded = &decision->event.recorded;
	if (!pd_id_valid(&record->order))
		return core_refuse(decision, PD_REFUSED_bad_id, PD_DETAIL(not_uuidv7));
	record_event(record, actor, now_ms, &decision->event);
	const struct order *known = core_order(core, &record->order);
	struct pd_submit where = {.household = record->household, .urgency = record->urgency, .area = record->area};
	if (known) {
		bool same = known->row.content == record_content(&decision->event) && same_choices(&known->row, &where);
		return begun_before(&known->row, same, PD_DETAIL(recorded_otherwise), decision);
	}
	if (actor && (!person || person->post != PD_post_administrator))
		return core_refuse(decision, PD_REFUSED_not_allowed, PD_DETAIL(only_recorders));
	if (record->state == PD_STATE_accepted || record->state > PD_STATE_cancelled)
		return core_refuse(decision, PD_REFUSED_bad_field, PD_DETAIL(past_accepted));
	struct pd_detail wrong = wrong_times(record, now_ms);
	if (wrong.name != PD_DETAIL_none)
		return core_refuse(decision, PD_REFUSED_bad_times, wrong);
	if (record->requester && (!requester || requester->retired))
		return core_refuse(decision, requester ? PD_REFUSED_retired : PD_REFUSED_unknown_person,
				   PD_DETAIL(person, PD_NUMBER(record->requester)));
	if (!category || category->retired)
		return core_refuse(decision, category ? PD_REFUSED_retired : PD_REFUSED_unknown_category,
				   PD_DETAIL(category, PD_NUMBER(record->category)));
	struct route_found found;
	route_origin(&(struct route_asked){.registry = core->registry,
					   .map = &core->map,
					   .requester = requester,
					   .category = category,
					   .household = record->household,
					   .area = record->area,
					   .lon_e7 = record->lon_e7,
					   .lat_e7 = record->lat_e7,
					   .place = record->place,
					   .now_ms = now_ms},
		     &found, NULL, NULL);
	if (found.refusal)
		return core_refuse(decision, found.refusal, found.detail);
	recorded->area = found.area->id;
	recorded->holder = found.holder->id;
	recorded->urgency = record->urgency ? record->urgency : category->urgency;
	recorded->due_ms = record_due(core, record, category, recorded, now_ms);
	decision->version = 1;
}
