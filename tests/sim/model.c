#include "model.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "id.h"
#include "sim.h"
#include "trace.h"

enum { BUCKETS = 1024 };

struct logged {
	uint64_t hash, time_ms;
	bool published;
};

static struct {
	struct life *buckets[BUCKETS];
	struct life **lives;
	size_t count, capacity;
	struct logged *log; /* log[i] is of seq i + 1 */
	uint64_t last_seq, last_ms;
	size_t log_capacity;
	uint64_t confirm_within_ms, reopen_within_ms;
} model;

static void *grown(void *array, size_t *capacity, size_t item_bytes)
{
	*capacity = *capacity ? *capacity * 2 : 256;
	array = realloc(array, *capacity * item_bytes);
	if (!array)
		trace_system("memory");
	return array;
}

void model_init(void)
{
	model_fini();
}

static void free_life(struct life *life)
{
	free(life->versions);
	free(life);
}

void model_fini(void)
{
	for (size_t i = 0; i < model.count; i++)
		free_life(model.lives[i]);
	free(model.lives);
	free(model.log);
	memset(&model, 0, sizeof model);
}

static struct life **bucket_of(const struct pd_id *id)
{
	return &model.buckets[sim_hash(0, id, sizeof *id) % BUCKETS];
}

struct life *model_find(const struct pd_id *id)
{
	struct life *life = *bucket_of(id);
	while (life && memcmp(&life->id, id, sizeof *id) != 0)
		life = life->next;
	return life;
}

struct life *const *model_lives(size_t *count)
{
	*count = model.count;
	return model.lives;
}

uint64_t model_last_seq(void)
{
	return model.last_seq;
}

uint64_t model_event_hash(uint64_t seq)
{
	return seq >= 1 && seq <= model.last_seq ? model.log[seq - 1].hash : 0;
}

bool model_event_published(uint64_t seq)
{
	return seq >= 1 && seq <= model.last_seq && model.log[seq - 1].published;
}

void model_will_publish(uint64_t seq)
{
	model.log[seq - 1].published = true;
}

void model_set_periods(uint64_t confirm_within_ms, uint64_t reopen_within_ms)
{
	model.confirm_within_ms = confirm_within_ms;
	model.reopen_within_ms = reopen_within_ms;
}

uint64_t model_reopen_within_ms(void)
{
	return model.reopen_within_ms;
}

uint64_t model_contents(const struct pd_submit *submit, uint32_t actor, uint32_t requester, uint32_t household)
{
	uint32_t numbers[] = {actor,
			      requester,
			      household,
			      submit->category,
			      (uint32_t)submit->lon_e7,
			      (uint32_t)submit->lat_e7,
			      submit->text.bytes};
	uint64_t hash = sim_hash(1, numbers, sizeof numbers);
	hash = sim_hash(hash, submit->text.data, submit->text.bytes);
	return sim_hash(hash, submit->place.data, submit->place.bytes);
}

uint64_t model_past(const struct pd_record *record)
{
	uint64_t numbers[] = {
		record->submitted_ms,     record->ended_ms,         record->target_ms,  record->state,
		record->duplicate,        record->requester,        record->household,  record->category,
		(uint32_t)record->lon_e7, (uint32_t)record->lat_e7, record->text.bytes, record->place.bytes,
		record->source.bytes,     record->key.bytes};
	uint64_t hash = sim_hash(3, numbers, sizeof numbers);
	hash = sim_hash(hash, record->text.data, record->text.bytes);
	hash = sim_hash(hash, record->place.data, record->place.bytes);
	hash = sim_hash(hash, record->source.data, record->source.bytes);
	hash = sim_hash(hash, record->key.data, record->key.bytes);
	return sim_hash(hash, record->result.data, record->result.bytes);
}

uint64_t model_pushed(const struct pd_submitted *s)
{
	uint64_t numbers[] = {s->time_ms,  s->requester, s->household,        s->area,
			      s->category, s->urgency,   (uint32_t)s->lon_e7, (uint32_t)s->lat_e7};
	uint64_t hash = sim_hash(4, &s->order, sizeof s->order);
	hash = sim_hash(hash, numbers, sizeof numbers);
	hash = sim_hash(hash, s->text.data, s->text.bytes);
	return sim_hash(hash, s->place.data, s->place.bytes);
}

static uint64_t said(uint32_t choice, struct pd_slice words)
{
	return sim_hash(sim_hash(2, &choice, sizeof choice), words.data, words.bytes);
}

uint64_t model_said(const struct pd_message *c)
{
	switch (c->type) {
	case PD_MSG_decline: return said(0, c->decline.reason);
	case PD_MSG_transfer: return said(c->transfer.holder, c->transfer.reason);
	case PD_MSG_complete: return said(0, c->complete.result);
	case PD_MSG_confirm: return said(c->confirm.rating, c->confirm.text);
	case PD_MSG_reopen: return said(0, c->reopen.reason);
	case PD_MSG_cancel: return said(0, c->cancel.reason);
	case PD_MSG_note: return said(0, c->note.text);
	default: return said(0, (struct pd_slice){"", 0});
	}
}

static uint64_t event_said(const struct pd_message *e)
{
	switch (e->type) {
	case PD_MSG_declined: return said(0, e->declined.reason);
	case PD_MSG_transferred: return said(e->transferred.holder, e->transferred.reason);
	case PD_MSG_completed: return said(0, e->completed.result);
	case PD_MSG_confirmed: return said(e->confirmed.rating, e->confirmed.text);
	case PD_MSG_reopened: return said(0, e->reopened.reason);
	case PD_MSG_cancelled: return said(0, e->cancelled.reason);
	case PD_MSG_noted: return said(0, e->noted.text);
	default: return said(0, (struct pd_slice){"", 0});
	}
}

/* ---- people ---- */

bool model_in_use(const struct registry *registry, uint32_t id)
{
	const struct person *person = registry_person(registry, id);
	return id == 0 || (person && !person->retired);
}

bool model_works_for(const struct registry *registry, uint32_t id, uint32_t area)
{
	const struct person *person = registry_person(registry, id);
	if (id == 0)
		return true;
	if (!person || person->retired)
		return false;
	switch (person->post) {
	case PD_post_administrator: return true;
	case PD_post_centre:
	case PD_post_leader:
	case PD_post_grid_leader:
	case PD_post_staff:
	case PD_post_supervisor: break;
	default: return false;
	}
	for (const struct area *at = registry_area(registry, area); at; at = at->parent)
		if (at->id == person->area)
			return true;
	return false;
}

/* ---- whether an event is legal ---- */

struct judging {
	const struct registry *registry;
	const struct pd_message *event;
	const struct pd_order_event *common;
	const struct life *life;
	const struct version *before;
};

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

static const struct category *category_of(const struct judging *j)
{
	const struct category *category = registry_category(j->registry, j->life->category);
	demand(j, category, "its category is not there");
	return category;
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

static void demand_due(const struct judging *j, uint64_t within_ms)
{
	demand(j, j->common->due_ms == j->common->time_ms + within_ms, "the next step is due at another time");
}

static void demand_stays(const struct judging *j)
{
	demand(j, j->common->holder == j->before->holder, "it changes the holder");
}

/* It waits anew: whoever holds it now. */
static void wait_again(const struct judging *j, struct version *after)
{
	demand_due(j, category_of(j)->accept_within_s * UINT64_C(1000));
	after->state = PD_STATE_waiting;
	after->waiting_ms = j->common->time_ms;
	after->accepted_ms = after->completed_ms = after->ended_ms = 0;
	after->acceptor = 0;
	after->queued_seq = j->event->request;
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
	CLOSED = 1 << PD_STATE_closed
};

static void judge_accepted(const struct judging *j, struct version *after)
{
	demand_from(j, WAITING, "only a waiting order can be accepted");
	demand_of_holder(j);
	demand_stays(j);
	demand_due(j, category_of(j)->complete_within_s * UINT64_C(1000));
	after->state = PD_STATE_accepted;
	after->acceptor = j->common->actor;
	after->accepted_ms = j->common->time_ms;
}

static void judge_declined(const struct judging *j, struct version *after)
{
	demand_from(j, WAITING, "only a waiting order can be declined");
	demand_of_holder(j);
	uint32_t parent = parent_of(j, j->before->holder);
	demand(j, parent && j->common->holder == parent, "it does not go to the level above");
	wait_again(j, after);
}

static void judge_transferred(const struct judging *j, struct version *after)
{
	const struct area *to = registry_area(j->registry, j->common->holder);
	demand_from(j, WAITING | ACCEPTED, "only a waiting or accepted order can be transferred");
	demand(j, model_works_for(j->registry, j->common->actor, j->before->holder),
	       "the actor does not work for the holder");
	demand(j, j->common->holder != j->before->holder, "it stays where it is");
	demand(j, to && !to->retired, "it goes to an area that is not in use");
	wait_again(j, after);
}

static void judge_completed(const struct judging *j, struct version *after)
{
	demand_from(j, ACCEPTED, "only an accepted order can be completed");
	demand(j, j->common->actor == j->before->acceptor, "the actor did not accept it");
	demand_stays(j);
	demand_due(j, model.confirm_within_ms);
	after->state = PD_STATE_completed;
	after->completed_ms = j->common->time_ms;
	after->late = j->before->late || j->common->time_ms > j->before->due_ms;
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
static uint32_t level_above(const struct judging *j)
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
	demand(j, j->common->time_ms <= j->before->completed_ms + model.reopen_within_ms, "it is too late");
	demand(j, j->common->holder == level_above(j), "it does not go to the level above");
	demand(j, j->event->reopened.attempt == j->before->attempt + 1, "the attempt is not the next");
	wait_again(j, after);
	after->attempt = j->event->reopened.attempt;
	after->rating = 0;
}

static void judge_cancelled(const struct judging *j, struct version *after)
{
	demand_from(j, WAITING, "only a waiting order can be cancelled");
	demand(j, j->common->actor == j->life->requester, "the actor is not the requester");
	end(j, after, PD_STATE_cancelled);
}

static void judge_noted(const struct judging *j, struct version *after)
{
	(void)after;
	demand_from(j, WAITING | ACCEPTED | COMPLETED, "the order is over");
	demand_stays(j);
	demand(j, j->common->due_ms == j->before->due_ms, "a note changes when it is due");
	demand(j,
	       j->common->actor == j->life->requester ||
		       model_works_for(j->registry, j->common->actor, j->before->holder) ||
		       model_works_for(j->registry, j->common->actor, j->life->area),
	       "the actor may not see it");
}

static void judge_submitted(const struct judging *j)
{
	const struct pd_submitted *s = &j->event->submitted;
	const struct category *category = registry_category(j->registry, s->category);
	const struct area *area = registry_area(j->registry, s->area);
	demand(j, !j->life, "there is an order of this id");
	demand(j, s->version == 1 && s->from == 0, "a new order begins with version 1 and comes from nobody");
	demand(j, category && !category->retired, "its category is not in use");
	demand(j, area && !area->retired, "its area is not in use");
	demand(j, model_in_use(j->registry, s->actor) && model_in_use(j->registry, s->requester),
	       "its people are not in use");
	demand(j, s->actor == s->requester || model_works_for(j->registry, s->actor, s->area),
	       "the actor neither is the requester nor works for the area");
	while (area->parent && area->level > category->level)
		area = area->parent;
	demand(j, s->holder == area->id, "its holder is not the area of the category's level");
	demand_due(j, category->accept_within_s * UINT64_C(1000));
}

static uint64_t recorded_due(const struct judging *j, const struct category *category)
{
	const struct pd_recorded *r = &j->event->recorded;
	switch (r->state) {
	case PD_STATE_waiting:
		return r->target_ms ? r->target_ms : r->time_ms + category->accept_within_s * UINT64_C(1000);
	case PD_STATE_completed: return r->time_ms + model.confirm_within_ms;
	default: return 0;
	}
}

static void judge_recorded(const struct judging *j, struct version *after)
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
	demand(j, r->state != PD_STATE_accepted, "nobody has accepted it");
	demand(j, (r->state == PD_STATE_waiting) == (r->ended_ms == 0), "its end does not fit its state");
	demand(j, r->ended_ms == 0 || r->ended_ms >= r->submitted_ms, "it ended before it began");
	while (area->parent && area->level > category->level)
		area = area->parent;
	demand(j, r->holder == area->id, "its holder is not the area of the category's level");
	demand(j, r->due_ms == recorded_due(j, category), "the next step is due at another time");
	bool cancelled = r->state == PD_STATE_cancelled, closed = r->state == PD_STATE_closed;
	*after = (struct version){.state = r->state,
				  .attempt = 1,
				  .waiting_ms = r->time_ms,
				  .completed_ms = cancelled ? 0 : r->ended_ms,
				  .ended_ms = cancelled || closed ? r->ended_ms : 0,
				  .late = !cancelled && r->target_ms && r->ended_ms > r->target_ms,
				  .queued_seq = j->event->request};
}

static void judge_move(const struct judging *j, struct version *after)
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
	case PD_MSG_noted: judge_noted(j, after); break;
	default: demand(j, false, "there is no such move");
	}
}

/* ---- taking events in, and back ---- */

static struct life *add_life(struct life *life)
{
	struct life **bucket = bucket_of(&life->id);
	life->next = *bucket;
	*bucket = life;
	if (model.count == model.capacity)
		model.lives = grown(model.lives, &model.capacity, sizeof(struct life *));
	model.lives[model.count++] = life;
	return life;
}

static struct life *new_life(const struct pd_submitted *s)
{
	struct life *life = calloc(1, sizeof *life);
	if (!life)
		trace_system("memory");
	struct pd_submit said = {
		.category = s->category, .text = s->text, .place = s->place, .lon_e7 = s->lon_e7, .lat_e7 = s->lat_e7};
	*life = (struct life){.id = s->order,
			      .requester = s->requester,
			      .household = s->household,
			      .area = s->area,
			      .category = s->category,
			      .actor = s->actor,
			      .urgency = s->urgency,
			      .due = true,
			      .submitted_ms = s->time_ms,
			      .contents = model_contents(&said, s->actor, s->requester, s->household)};
	return add_life(life);
}

static uint64_t pushed_of(const struct pd_recorded *r)
{
	struct pd_submitted submitted = {.time_ms = r->submitted_ms,
					 .order = r->order,
					 .requester = r->requester,
					 .household = r->household,
					 .area = r->area,
					 .category = r->category,
					 .urgency = r->urgency,
					 .text = r->text,
					 .place = r->place,
					 .lon_e7 = r->lon_e7,
					 .lat_e7 = r->lat_e7};
	return model_pushed(&submitted);
}

static struct life *new_past(const struct pd_recorded *r)
{
	struct life *life = calloc(1, sizeof *life);
	if (!life)
		trace_system("memory");
	struct pd_record said = {.submitted_ms = r->submitted_ms,
				 .ended_ms = r->ended_ms,
				 .target_ms = r->target_ms,
				 .state = r->state,
				 .duplicate = r->duplicate,
				 .requester = r->requester,
				 .household = r->household,
				 .category = r->category,
				 .lon_e7 = r->lon_e7,
				 .lat_e7 = r->lat_e7,
				 .text = r->text,
				 .place = r->place,
				 .source = r->source,
				 .key = r->key,
				 .result = r->result};
	*life = (struct life){.id = r->order,
			      .requester = r->requester,
			      .household = r->household,
			      .area = r->area,
			      .category = r->category,
			      .actor = r->actor,
			      .urgency = r->urgency,
			      .recorded = true,
			      .due = r->target_ms != 0,
			      .duplicate = r->duplicate,
			      .submitted_ms = r->submitted_ms,
			      .contents = model_past(&said),
			      .pushed = pushed_of(r)};
	return add_life(life);
}
static void add_version(struct life *life, const struct version *version)
{
	if (life->count == life->capacity) {
		life->capacity = life->capacity ? life->capacity * 2 : 8;
		life->versions = realloc(life->versions, life->capacity * sizeof *life->versions);
		if (!life->versions)
			trace_system("memory");
	}
	life->versions[life->count++] = *version;
}

static void order_event(const struct registry *registry, const struct pd_message *event)
{
	const struct pd_order_event *common = &event->order_event;
	struct life *life = model_find(&common->order);
	struct judging judging = {registry, event, common, life, life ? life_now(life) : NULL};
	struct version after = life ? *life_now(life) : (struct version){0};
	if (event->type == PD_MSG_submitted) {
		judge_submitted(&judging);
		life = new_life(&event->submitted);
		after = (struct version){.state = PD_STATE_waiting,
					 .attempt = 1,
					 .waiting_ms = common->time_ms,
					 .queued_seq = event->request};
	} else if (event->type == PD_MSG_recorded) {
		judge_recorded(&judging, &after);
		life = new_past(&event->recorded);
	} else {
		judge_move(&judging, &after);
	}
	after.type = (uint8_t)event->type;
	after.said = event_said(event);
	after.seq = event->request;
	after.time_ms = common->time_ms;
	after.actor = common->actor;
	after.holder = common->holder;
	after.due_ms = common->due_ms;
	add_version(life, &after);
}

void model_event(const struct registry *registry, const struct pd_message *event, const void *data, size_t bytes)
{
	uint64_t time_ms = event->area_set.time_ms; /* all events begin alike */
	if (event->request != model.last_seq + 1)
		trace_fail("event %" PRIu64 " comes after event %" PRIu64, event->request, model.last_seq);
	if (time_ms < model.last_ms)
		trace_fail("event %" PRIu64 " is of %" PRIu64 " ms, the one before of %" PRIu64 ": time went back",
			   event->request, time_ms, model.last_ms);
	if (pd_is_order_event(event->type))
		order_event(registry, event);
	if (model.last_seq == model.log_capacity)
		model.log = grown(model.log, &model.log_capacity, sizeof *model.log);
	model.log[model.last_seq++] = (struct logged){.hash = sim_hash(0, data, bytes), .time_ms = time_ms};
	model.last_ms = time_ms;
}

static void remove_life(struct life *life)
{
	struct life **link = bucket_of(&life->id);
	while (*link != life)
		link = &(*link)->next;
	*link = life->next;
	free_life(life);
}

void model_cut(uint64_t seq)
{
	size_t kept = 0;
	for (size_t i = 0; i < model.count; i++) {
		struct life *life = model.lives[i];
		while (life->count > 0 && life_now(life)->seq > seq)
			life->count--;
		if (life->count > 0)
			model.lives[kept++] = life;
		else
			remove_life(life);
	}
	model.count = kept;
	if (seq < model.last_seq)
		model.last_seq = seq;
	model.last_ms = model.last_seq ? model.log[model.last_seq - 1].time_ms : 0;
}
