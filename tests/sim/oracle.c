#include "oracle.h"

#include <string.h>

#include "id.h"
#include "model.h"
#include "sim.h"
#include "tally.h"

enum { EVENTS_MAX = 1000 };

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
static const struct area *look_at_origin(const struct look *look, const struct pd_submit *submit, uint32_t requester,
					 uint32_t *household_id)
{
	const struct person *person = registry_person(look->registry, requester);
	*household_id = submit->household;
	if (!submit->household && !submit->area && person)
		*household_id = person->household;
	if (*household_id) {
		const struct household *household = registry_household(look->registry, *household_id);
		refusable(look, !household, PD_REFUSED_unknown_household);
		refusable(look, household && household->retired, PD_REFUSED_retired);
		return household ? registry_area(look->registry, household->area) : NULL;
	}
	uint32_t id = submit->area ? submit->area : person ? person->area : 0;
	const struct area *area = registry_area(look->registry, id);
	refusable(look, id == 0, PD_REFUSED_no_place);
	refusable(look, id && !area, PD_REFUSED_unknown_area);
	refusable(look, area && area->retired, PD_REFUSED_retired);
	return area;
}

/* What is said of urgency and area beside the contents; what the first left open is not known any more. */
static bool same_choices(const struct pd_submit *submit, const struct life *life)
{
	if (submit->urgency && submit->urgency != life->urgency)
		return false;
	return !submit->area || submit->household || (life->household == 0 && submit->area == life->area);
}

static void look_at_submit(const struct look *look)
{
	const struct pd_submit *submit = &look->message->submit;
	const struct category *category = registry_category(look->registry, submit->category);
	const struct life *life = model_find(&submit->order);
	uint32_t requester = submit->requester ? submit->requester : look->actor, household;
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
	const struct area *area = look_at_origin(look, submit, requester, &household);
	refusable(look, area && look->actor != requester && !works_for(look, area->id), PD_REFUSED_not_allowed);
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
	uint32_t household;
	look->prophecy->expectation.order = record->order;
	if (life) {
		if (life->recorded && model_past(record) == life->contents && same_choices(&where, life))
			return want_repeat(look, life->versions[0].seq, 1, false);
		reasons_add(look->reasons, PD_REFUSED_order_exists);
	}
	refusable(look, !keeps_registry(look, look->actor), PD_REFUSED_not_allowed);
	refusable(look, look->front->disk_low, PD_REFUSED_disk_full);
	refusable(look, !pd_id_valid(&record->order), PD_REFUSED_bad_id);
	refusable(look, record->state == PD_STATE_accepted, PD_REFUSED_bad_field);
	look_at_times(look, record);
	look_at_person(look, record->requester);
	refusable(look, !category, PD_REFUSED_unknown_category);
	refusable(look, category && category->retired, PD_REFUSED_retired);
	look_at_origin(look, &where, record->requester, &household);
	want_event(look, PD_MSG_recorded, 1);
}

/* ---- moves ---- */

enum {
	WAITING = 1 << PD_STATE_waiting,
	ACCEPTED = 1 << PD_STATE_accepted,
	COMPLETED = 1 << PD_STATE_completed,
	CLOSED = 1 << PD_STATE_closed
};

/* Each move: the event that it becomes, and the states that it is allowed in. */
static const struct ruling {
	enum pd_type command, event;
	unsigned states;
} rules[] = {
	{PD_MSG_accept, PD_MSG_accepted, WAITING},
	{PD_MSG_decline, PD_MSG_declined, WAITING},
	{PD_MSG_transfer, PD_MSG_transferred, WAITING | ACCEPTED},
	{PD_MSG_complete, PD_MSG_completed, ACCEPTED},
	{PD_MSG_confirm, PD_MSG_confirmed, COMPLETED},
	{PD_MSG_reopen, PD_MSG_reopened, COMPLETED | CLOSED},
	{PD_MSG_cancel, PD_MSG_cancelled, WAITING},
	{PD_MSG_note, PD_MSG_noted, WAITING | ACCEPTED | COMPLETED},
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
	switch (look->message->type) {
	case PD_MSG_accept: return of_holder;
	case PD_MSG_decline: return of_holder && registry_area(look->registry, now->holder)->parent;
	case PD_MSG_transfer: return works_for(look, now->holder);
	case PD_MSG_complete: return now->state != PD_STATE_accepted || look->actor == now->acceptor;
	case PD_MSG_note:
		return look->actor == life->requester || works_for(look, now->holder) || works_for(look, life->area);
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
	refusable(look, rule->command == PD_MSG_note && life->count >= EVENTS_MAX, PD_REFUSED_too_many);
	refusable(look,
		  rule->command == PD_MSG_reopen && look->front->now_ms > now->completed_ms + model_reopen_within_ms(),
		  PD_REFUSED_too_late);
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
	static const enum pd_refusal refusals[] = {PD_REFUSED_bad_parent,   PD_REFUSED_bad_centre,
						   PD_REFUSED_in_use,       PD_REFUSED_bad_level,
						   PD_REFUSED_unknown_area, PD_REFUSED_unknown_household};
	for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++)
		reasons_add(look->reasons, refusals[i]);
}

static enum pd_type set_of(enum pd_type put)
{
	return PD_MSG_area_set + (put - PD_MSG_put_area);
}

/* Whether a row fits the registry is the registry's own matter: what comes of it is looked at by check.c. */
static void look_at_put(const struct look *look)
{
	struct expectation *e = &look->prophecy->expectation;
	refusable(look, !keeps_registry(look, look->actor), PD_REFUSED_not_allowed);
	if (reasons_any(look->reasons)) {
		e->wanted = WANT_REFUSAL;
		return;
	}
	e->wanted = WANT_EITHER;
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

static void look_at_command(const struct look *look)
{
	enum pd_type type = look->message->type;
	uint32_t speaker = look->session->person;
	bool put = type >= PD_MSG_put_area && type <= PD_MSG_put_category;
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
		*working += life_now(lives[i])->state == PD_STATE_accepted;
	}
}

static bool may_read(const struct look *look)
{
	const struct person *person = registry_person(look->registry, look->session->person);
	return look->session->person == 0 || (person && model_works_for(look->registry, person->id, person->area));
}

static void look_at_get_order(const struct look *look)
{
	const struct pd_get_order *get = &look->message->get_order;
	const struct life *life = model_find(&get->order);
	struct expectation *e = &look->prophecy->expectation;
	bool visible = life && (may_read(look) || life->requester == look->session->person);
	e->order = get->order;
	e->story = get->story;
	refusable(look, !visible, PD_REFUSED_unknown_order);
	if (life && !visible)
		e->wanted = WANT_REFUSAL;
	if (life) {
		e->version = life->count;
		e->exact = core_order(look->front->core, &get->order) != NULL;
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

static void look_at_query(const struct look *look)
{
	const struct pd_message *query = look->message;
	struct expectation *e = &look->prophecy->expectation;
	uint32_t area = 0;
	e->wanted = WANT_ROWS;
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
