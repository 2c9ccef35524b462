/* command.c - what a session's messages do: one function per kind. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "front.h"
#include "log.h"
#include "replay.h"

/* An import may hold so much before it is refused: a district of ten times Boshan's size fits. */
enum { IMPORT_ROWS_MAX = 2000000, IMPORT_BYTES_MAX = 512 << 20 };
/* What one session's queries may take of a turn. */
enum { TURN_LOOKED_MAX = 2000000, TURN_OUT_BYTES_MAX = 4 << 20 };

static void reply_ok(struct front *front, struct session *session, uint64_t request, uint64_t seq, uint32_t version)
{
	/* To fill with zeros what this one does not use would take longer than all else here. */
	struct pd_message reply;
	reply.type = PD_MSG_ok;
	reply.ok = (struct pd_ok){seq, version};
	front_reply(front, session, request, &reply);
}

static void end_import(struct front *front)
{
	core_import_free(front->import);
	front->import = NULL;
	front->import_session = NULL;
}

/* ---- session ---- */

/* What it had begun is given back to others. */
static void leave(struct front *front, struct session *session)
{
	push_leave(front->push, session);
	listen_end(&front->listeners, session);
	if (front->import_session == session)
		end_import(front);
	session->staging = false;
	sessions_set_left(&front->sessions, session, false);
}

/* Residents have no work that others would have to be given, and there are many of them: they are asked for a sign of
 * life less often. */
static uint32_t heartbeat_ms(const struct front *front, const struct person *person)
{
	enum { RESIDENT_TIMES = 12, HEARTBEAT_MS_MAX = 3600000 };
	uint64_t ms = front->config->heartbeat_ms;
	if (person && person->post == PD_post_resident)
		ms *= RESIDENT_TIMES;
	return (uint32_t)(ms < HEARTBEAT_MS_MAX ? ms : HEARTBEAT_MS_MAX);
}

static void on_hello(struct front *front, struct session *session, const struct pd_message *message)
{
	const struct pd_hello *hello = &message->hello;
	const struct person *person = registry_person(core_registry(front->core), hello->person);
	session->language = hello->language;
	if (hello->protocol > PD_PROTOCOL) {
		front_refuse(front, session, message->request, PD_REFUSED_protocol,
			     PD_DETAIL(protocol, PD_NUMBER(PD_PROTOCOL)));
		return;
	}
	if (hello->person && (!person || person->retired)) {
		front_refuse(front, session, message->request, person ? PD_REFUSED_retired : PD_REFUSED_unknown_person,
			     PD_NO_DETAIL);
		return;
	}
	leave(front, session);
	session->greeted = true;
	session->person = hello->person;
	session->heartbeat_ms = heartbeat_ms(front, person);
	if (hello->listen)
		listen_begin(&front->listeners, session);
	struct log_quoted quoted;
	log_line(LOG_DEBUG, "hello", "peer=%08" PRIx32 " person=%" PRIu32 " client=%s", session->peer, hello->person,
		 log_quote(hello->client.data, hello->client.bytes, &quoted));
	struct pd_message reply = {.type = PD_MSG_welcome};
	reply.welcome = (struct pd_welcome){PD_PROTOCOL, pd_text("paidand " PAIDAN_VERSION), front->instance,
					    front->synced_seq, session->heartbeat_ms};
	front_reply(front, session, message->request, &reply);
	if (session->listens)
		front_tell_waiting_notices(front, session);
}

/* What is pushed to someone is not pushed to others meanwhile: it goes to those who could accept it, or may act for
 * them. */
static bool may_work(struct front *front, uint32_t person, uint32_t area)
{
	const struct person *worker = registry_person(core_registry(front->core), person);
	if (person == 0 || (worker && !worker->retired && worker->post == PD_post_administrator))
		return true;
	return worker && worker->area == area && core_works_for(front->core, person, area);
}

struct probing {
	struct front *front;
	const struct session *by;
};

static void probe(struct session *session, void *arg)
{
	const struct probing *probing = arg;
	struct front *front = probing->front;
	struct pd_message pong = {.type = PD_MSG_pong, .pong = {front->instance}};
	if (session == probing->by || session->person != probing->by->person || session->probed_ms == front->now_ms)
		return;
	session->probed_ms = front->now_ms;
	front_reply(front, session, 0, &pong);
}

/* Who begins to work where they do already has probably lost the other connection. The broker finds out by sending
 * something, and what was pushed there need not wait until it has been silent for too long. */
static void probe_others(struct front *front, const struct session *session, uint32_t area)
{
	struct probing probing = {front, session};
	push_each_session(front->push, area, probe, &probing);
}

static void on_work(struct front *front, struct session *session, const struct pd_message *message)
{
	const struct pd_work *work = &message->work;
	const struct area *area = registry_area(core_registry(front->core), work->area);
	if (!area || area->retired) {
		front_refuse(front, session, message->request, area ? PD_REFUSED_retired : PD_REFUSED_unknown_area,
			     PD_DETAIL(area, PD_NUMBER(work->area)));
		return;
	}
	if (!may_work(front, session->person, work->area)) {
		front_refuse(front, session, message->request, PD_REFUSED_not_allowed,
			     PD_DETAIL(no_post, PD_NUMBER(session->person), PD_NUMBER(work->area)));
		return;
	}
	reply_ok(front, session, message->request, 0, 0);
	probe_others(front, session, work->area);
	push_work(front->push, session, work->area, work->credit);
}

static void on_session(struct front *front, struct session *session, const struct pd_message *message)
{
	struct pd_message pong = {.type = PD_MSG_pong, .pong = {front->instance}};
	switch (message->type) {
	case PD_MSG_hello: on_hello(front, session, message); break;
	case PD_MSG_work: on_work(front, session, message); break;
	case PD_MSG_ping: front_reply(front, session, message->request, &pong); break;
	case PD_MSG_bye:
		leave(front, session);
		session->greeted = false;
		sessions_set_left(&front->sessions, session, true);
		reply_ok(front, session, message->request, 0, 0);
		break;
	default: break;
	}
}

/* ---- orders and single entries of the registry ---- */

/* The refusal of a decision, its detail in the session's language, in text. */
static struct pd_message refusal_of(const struct session *session, const struct core_decision *decision,
				    char text[static PD_DETAIL_BYTES])
{
	struct pd_message reply = pd_refuse(decision->refusal, &decision->detail, session->language, text);
	reply.refused.version = decision->version;
	reply.refused.person = decision->person;
	return reply;
}

/* The command names an older version: perhaps it was done then, and only its answer was lost. The journal knows. */
static void look_back(struct front *front, struct session *session, const struct pd_message *command,
		      const struct core_decision *decision)
{
	struct read *read = front_new_read(front, session, READ_LOOK_BACK, command->request);
	if (!read)
		return;
	struct core_decision kept = *decision;
	if (pd_is_notice_command(command->type))
		read->row.last_at = decision->look_at;
	else
		read->row = core_order(front->core, &command->order_command.order)->row;
	read->wanted.version = decision->event_version;
	read->wanted.type = decision->event_type;
	read->wanted.actor = decision->actor;
	read->wanted.content = decision->content;
	read->refusal = refusal_of(session, &kept, read->refusal_text);
	front_read(front, read);
}

/* New orders and registry entries need room; what is under way can be brought to its end from the reserve. */
static bool needs_room(enum pd_type type)
{
	bool moves = (pd_is_listing_command(type) && type != PD_MSG_put_listing) ||
		     (pd_is_notice_command(type) && type != PD_MSG_notify) || type == PD_MSG_switch_on ||
		     type == PD_MSG_switch_off;
	return type == PD_MSG_submit || type == PD_MSG_record || (type >= PD_MSG_put_area && !moves);
}

static bool keeps_registry(struct front *front, uint32_t actor)
{
	const struct person *person = registry_person(core_registry(front->core), actor);
	return actor == 0 || (person && !person->retired && person->post == PD_post_administrator);
}

/* What GEOS says of polygons, before the core says what it has to say; the area is there. */
static enum pd_refusal check_shape(struct front *front, const struct registry *registry, const struct pd_put_shape *put,
				   struct pd_detail *detail)
{
	const struct area *area = registry_area(registry, put->area);
	if (put->retired || !area || area->retired)
		return PD_REFUSED_none;
	return places_check(front->places, registry, put->area, put->rings, detail);
}

/* With the polygons that are there already. */
static enum pd_refusal check_new_shape(struct front *front, const struct pd_put_shape *put, struct pd_detail *detail)
{
	const struct registry *registry = core_registry(front->core);
	const struct area *area = registry_area(registry, put->area);
	enum pd_refusal refusal = check_shape(front, registry, put, detail);
	if (refusal || put->retired || !area)
		return refusal;
	places_update(front->places, registry);
	return places_check_overlap(front->places, area, put->rings, detail);
}

static void decide_and_answer(struct front *front, struct session *session, const struct pd_message *command,
			      uint32_t actor)
{
	struct core_decision decision;
	struct pd_message reply;
	struct pd_detail detail;
	char text[PD_DETAIL_BYTES];
	enum pd_refusal bad = command->type == PD_MSG_put_shape && keeps_registry(front, actor)
				      ? check_new_shape(front, &command->put_shape, &detail)
				      : PD_REFUSED_none;
	if (bad) {
		front_refuse(front, session, command->request, bad, detail);
		return;
	}
	core_decide(front->core, command, actor, front->now_ms, &decision);
	switch (decision.outcome) {
	case CORE_EVENT:
		if (front->disk_low && needs_room(command->type)) { /* a repeat needs none, and gets its answer */
			front_refuse(front, session, command->request, PD_REFUSED_disk_full, PD_NO_DETAIL);
			break;
		}
		front_emit(front, &decision.event, session);
		reply_ok(front, session, command->request, decision.event.request, decision.version);
		break;
	case CORE_REPEATED: reply_ok(front, session, command->request, decision.seq, decision.version); break;
	case CORE_LOOK_BACK: look_back(front, session, command, &decision); break;
	case CORE_REFUSED:
		reply = refusal_of(session, &decision, text);
		front_reply(front, session, command->request, &reply);
		break;
	}
}

uint32_t front_actor_of(const struct session *session, const struct pd_message *command)
{
	int offset = pd_message_info(command->type)->actor_offset;
	uint32_t actor = 0;
	if (offset >= 0)
		memcpy(&actor, (const char *)&command->ok + offset, sizeof actor);
	return actor ? actor : session->person;
}

/* ---- import ---- */

static void on_import_begin(struct front *front, struct session *session, const struct pd_message *message)
{
	session->staging = true;
	if (!keeps_registry(front, session->person)) {
		front_refuse(front, session, message->request, PD_REFUSED_not_allowed, PD_DETAIL(only_keepers));
		return;
	}
	if (front->import && front->import_session != session) {
		front_refuse(front, session, message->request, PD_REFUSED_import_busy, PD_NO_DETAIL);
		return;
	}
	end_import(front);
	front->import = core_import_new(front->core);
	front->import_session = session;
	front->import_id = message->import_begin.import;
	reply_ok(front, session, message->request, 0, 0);
}

static void check_staged(struct front *front, const struct pd_message *put)
{
	struct pd_detail detail;
	if (put->type != PD_MSG_put_shape)
		return;
	enum pd_refusal refusal = check_shape(front, core_import_registry(front->import), &put->put_shape, &detail);
	if (refusal)
		core_import_refuse(front->import, REGISTRY_SHAPES, put->put_shape.area, refusal, detail);
}

/* Polygons that would lie on each other when all has been taken in. */
static void check_staged_shapes(struct front *front)
{
	const struct registry *trial = core_import_registry(front->import), *now = core_registry(front->core);
	struct pd_detail detail;
	uint32_t areas[2];
	if (registry_kind_version(trial, REGISTRY_SHAPES) == registry_kind_version(now, REGISTRY_SHAPES) &&
	    registry_kind_version(trial, REGISTRY_AREAS) == registry_kind_version(now, REGISTRY_AREAS))
		return;
	struct places *places = places_new();
	places_update(places, trial);
	enum pd_refusal refusal = places_check_all(places, areas, &detail);
	places_free(places);
	if (!refusal)
		return;
	/* The row to be named is that of the one that has come with this import. */
	bool came = registry_find(trial, REGISTRY_SHAPES, areas[0])->seen;
	core_import_refuse(front->import, REGISTRY_SHAPES, areas[came ? 0 : 1], refusal, detail);
}

static void stage(struct front *front, struct session *session, const struct pd_message *put)
{
	size_t bytes;
	core_import_events(front->import, &bytes);
	if (core_import_rows(front->import) < IMPORT_ROWS_MAX && bytes < IMPORT_BYTES_MAX) {
		core_import_put(front->import, put, session->person, front->now_ms);
		check_staged(front, put);
		return;
	}
	front_refuse(front, session, put->request, PD_REFUSED_import_large, PD_DETAIL(import_large));
	end_import(front);
}

static void emit_import(struct front *front, const struct session *session, uint32_t actor)
{
	size_t bytes;
	const char *events = core_import_events(front->import, &bytes);
	struct pd_decoder *decoder = pd_decoder_new();
	if (!decoder)
		abort();
	for (size_t off = 0; off < bytes;) {
		struct pd_message event;
		struct pd_fault fault;
		if (pd_decode(decoder, events, bytes, &off, &event, &fault))
			abort(); /* we encoded it ourselves */
		event.request = core_last_seq(front->core) + 1;
		event.area_set.actor = actor;
		event.area_set.time_ms = front->now_ms; /* rows came earlier: time must not go back */
		front_emit(front, &event, session);
		pd_decoder_reset(decoder);
	}
	pd_decoder_free(decoder);
}

static void refuse_row(struct front *front, struct session *session, uint64_t request, enum pd_refusal refusal,
		       uint64_t row, const struct pd_detail *detail)
{
	char text[PD_DETAIL_BYTES];
	struct pd_message reply = pd_refuse(refusal, detail, session->language, text);
	reply.refused.row = row;
	front_reply(front, session, request, &reply);
}

static void on_import_commit(struct front *front, struct session *session, const struct pd_message *message,
			     uint32_t actor)
{
	const struct pd_import_commit *commit = &message->import_commit;
	struct pd_detail detail = PD_NO_DETAIL;
	uint64_t row = 0;
	session->staging = false;
	if (!keeps_registry(front, actor)) {
		front_refuse(front, session, message->request, PD_REFUSED_not_allowed, PD_DETAIL(only_keepers));
		return;
	}
	if (!front->import || front->import_session != session || memcmp(&front->import_id, &commit->import, 16) != 0) {
		front_refuse(front, session, message->request, PD_REFUSED_no_import, PD_NO_DETAIL);
		return;
	}
	enum pd_refusal refusal = PD_REFUSED_none;
	if (core_import_rows(front->import) != commit->rows) {
		refusal = PD_REFUSED_import_rows;
		detail = PD_DETAIL(import_rows, PD_NUMBER(core_import_rows(front->import)), PD_NUMBER(commit->rows));
	} else {
		check_staged_shapes(front);
		refusal = core_import_finish(front->import, front->core, commit->complete, actor, front->now_ms, &row,
					     &detail);
	}
	if (refusal) {
		refuse_row(front, session, message->request, refusal, row, &detail);
		end_import(front);
		return;
	}
	const uint64_t(*effects)[REGISTRY_EFFECTS] = core_import_effects(front->import);
	uint64_t before = core_last_seq(front->core);
	if (!commit->dry_run)
		emit_import(front, session, actor);
	uint64_t after = core_last_seq(front->core);
	uint64_t setup[REGISTRY_EFFECTS] = {0};
	for (enum registry_kind kind = REGISTRY_CATEGORIES + 1; kind < REGISTRY_KINDS; kind++)
		for (int i = 0; i < REGISTRY_EFFECTS && kind != REGISTRY_RULES && kind != REGISTRY_SHAPES; i++)
			setup[i] += effects[kind][i];
	struct pd_message reply = {.type = PD_MSG_imported};
	reply.imported = (struct pd_imported){.seq = after > before ? after : 0,
					      .areas = {effects[REGISTRY_AREAS], REGISTRY_EFFECTS},
					      .households = {effects[REGISTRY_HOUSEHOLDS], REGISTRY_EFFECTS},
					      .people = {effects[REGISTRY_PEOPLE], REGISTRY_EFFECTS},
					      .categories = {effects[REGISTRY_CATEGORIES], REGISTRY_EFFECTS},
					      .rules = {effects[REGISTRY_RULES], REGISTRY_EFFECTS},
					      .shapes = {effects[REGISTRY_SHAPES], REGISTRY_EFFECTS},
					      .setup = {setup, REGISTRY_EFFECTS}};
	front_reply(front, session, message->request, &reply);
	end_import(front);
}

/* ---- all commands ---- */

/* The orders that a command names, into memory. */
static enum pd_err fetch_named(struct front *front, const struct pd_message *command)
{
	enum pd_err err = front_fetch(front, &command->order_command.order);
	if (err == PD_OK && command->type == PD_MSG_merge)
		err = front_fetch(front, &command->merge.into);
	return err;
}

static void on_command(struct front *front, struct session *session, const struct pd_message *command)
{
	uint32_t actor = front_actor_of(session, command);
	bool put = command->type >= PD_MSG_put_area && registry_kind_of(command->type) < REGISTRY_KINDS;
	if (put && session->staging) {
		if (front->import_session == session)
			stage(front, session, command);
		return;
	}
	enum pd_refusal refusal = core_entitled(front->core, session->person, actor);
	if (!refusal && front->disk_low &&
	    (command->type == PD_MSG_import_begin || command->type == PD_MSG_import_commit))
		refusal = PD_REFUSED_disk_full;
	if (refusal) {
		front_refuse(front, session, command->request, refusal, PD_NO_DETAIL);
		return;
	}
	if (command->type == PD_MSG_import_begin)
		on_import_begin(front, session, command);
	else if (command->type == PD_MSG_import_commit)
		on_import_commit(front, session, command, actor);
	else if (pd_is_listing_command(command->type) &&
		 replay_fetch_listings(front->core, front->book_reader, command))
		front_refuse(front, session, command->request, PD_REFUSED_read_failed, PD_NO_DETAIL);
	else if ((pd_is_order_command(command->type) && fetch_named(front, command)) ||
		 (pd_is_notice_command(command->type) && front_fetch_notice(front, command, actor)))
		front_refuse(front, session, command->request, PD_REFUSED_read_failed, PD_NO_DETAIL);
	else
		decide_and_answer(front, session, command, actor);
}

/* What costs more to answer than to ask: one session gets so much of a turn, and is then refused. It is counted, not
 * timed, so that a busy machine refuses nobody. */
static bool may_ask(struct front *front, struct session *session)
{
	if (session->asked_ms != front->now_ms) {
		session->asked_ms = front->now_ms;
		session->looked = 0;
	}
	return session->looked < TURN_LOOKED_MAX && session->out[front->filling].bytes.count < TURN_OUT_BYTES_MAX;
}

void front_on_message(struct front *front, struct session *session, const struct pd_message *message)
{
	enum pd_role role = pd_message_info(message->type)->role;
	metrics_add(&metrics.front.messages[message->type], 1);
	if (role > PD_QUERY) {
		front_refuse(front, session, message->request, PD_REFUSED_not_a_command,
			     PD_DETAIL(message_name, PD_NAME(pd_message_info(message->type)->name)));
		return;
	}
	if (!session->greeted && message->type != PD_MSG_hello) {
		front_refuse(front, session, message->request, PD_REFUSED_no_hello, PD_NO_DETAIL);
		return;
	}
	bool asks = role == PD_QUERY || message->type == PD_MSG_work;
	if (asks && !may_ask(front, session)) {
		front_refuse(front, session, message->request, PD_REFUSED_busy, PD_DETAIL(answers_first));
		return;
	}
	switch (role) {
	case PD_SESSION: on_session(front, session, message); break;
	case PD_COMMAND: on_command(front, session, message); break;
	default: front_on_query(front, session, message); break;
	}
}
