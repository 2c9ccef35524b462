#include "model.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bulletin.h"
#include "codec.h"
#include "duties.h"
#include "judge.h"
#include "lists.h"
#include "modes.h"
#include "promises.h"
#include "sim.h"
#include "trace.h"

enum { BUCKETS = 1024 };

struct logged {
	uint64_t hash, plain_hash, time_ms;
	bool published;
};

static struct {
	struct life *buckets[BUCKETS];
	struct life **lives;
	size_t count, capacity;
	struct logged *log; /* log[i] is of seq i + 1 */
	uint64_t last_seq, last_ms;
	size_t log_capacity;
	struct model_periods periods;
	uint64_t clocks_seq;
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
	bulletin_init();
	lists_init();
	duties_init();
	modes_init();
	model_fini();
}

static void free_life(struct life *life)
{
	free(life->followings);
	free(life->versions);
	free(life);
}

void model_fini(void)
{
	bulletin_fini();
	lists_fini();
	duties_fini();
	modes_fini();
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

uint64_t model_plain_hash(const struct pd_message *event)
{
	struct pd_message plain = *event;
	struct pd_buffer bytes = {0};
	if (event->type == PD_MSG_duty_set) {
		plain.duty_set.last_ms = 0;
		plain.duty_set.last_area = 0;
	} else if (event->type == PD_MSG_mode_begun) {
		plain.mode_begun.told = 0;
	}
	pd_encode(&plain, &bytes);
	uint64_t hash = sim_hash(0, bytes.data, bytes.count);
	pd_buffer_fini(&bytes);
	return hash;
}

uint64_t model_event_plain_hash(uint64_t seq)
{
	return seq >= 1 && seq <= model.last_seq ? model.log[seq - 1].plain_hash : 0;
}

bool model_event_published(uint64_t seq)
{
	return seq >= 1 && seq <= model.last_seq && model.log[seq - 1].published;
}

void model_will_publish(uint64_t seq)
{
	model.log[seq - 1].published = true;
}

void model_set_periods(const struct model_periods *periods)
{
	model.periods = *periods;
}

uint64_t model_confirm_within_ms(void)
{
	return model.periods.confirm_within_ms;
}

uint64_t model_reopen_within_ms(void)
{
	return model.periods.reopen_within_ms;
}

uint32_t model_reopen_max(void)
{
	return model.periods.reopen_max;
}

/* ---- followers ---- */

uint64_t model_urge_from_ms(const struct life *life)
{
	const struct version *now = life_now(life);
	uint64_t since_ms = (now->urged_ms - life->submitted_ms) / 1000 * 1000;
	return now->urges ? life->submitted_ms + since_ms + model.periods.urge_every_ms : 0;
}

bool model_follows_at(const struct life *life, uint32_t person, uint64_t seq)
{
	bool follows = false;
	for (uint32_t i = 0; i < life->following_count && life->followings[i].seq <= seq; i++)
		if (life->followings[i].person == person && !life->followings[i].rating)
			follows = life->followings[i].begins;
	return follows;
}

bool model_follows(const struct life *life, uint32_t person)
{
	return model_follows_at(life, person, UINT64_MAX);
}

unsigned model_rating(const struct life *life, uint32_t person)
{
	unsigned rating = 0;
	for (uint32_t i = 0; i < life->following_count; i++)
		if (life->followings[i].person == person && life->followings[i].attempt == life_now(life)->attempt)
			rating = life->followings[i].rating;
	return rating;
}

/* Whether nothing before place i is of the same person. */
static bool is_first_of(const struct life *life, uint32_t i)
{
	for (uint32_t k = 0; k < i; k++)
		if (life->followings[k].person == life->followings[i].person)
			return false;
	return true;
}

struct model_followers model_followers(const struct life *life)
{
	struct model_followers sum = {0};
	for (uint32_t i = 0; i < life->following_count; i++) {
		uint32_t person = life->followings[i].person;
		if (!is_first_of(life, i))
			continue;
		sum.count += model_follows(life, person);
		sum.endorsements += model_rating(life, person) > 0;
		sum.stars += model_rating(life, person);
	}
	return sum;
}

static void add_following(struct life *life, struct following following)
{
	if (life->following_count == life->following_capacity) {
		life->following_capacity = life->following_capacity ? life->following_capacity * 2 : 4;
		life->followings = realloc(life->followings, life->following_capacity * sizeof *life->followings);
		if (!life->followings)
			trace_system("memory");
	}
	life->followings[life->following_count++] = following;
}

static void join(struct life *into, uint32_t person, uint64_t seq)
{
	if (person && person != into->requester && !model_follows(into, person))
		add_following(into, (struct following){.seq = seq, .person = person, .begins = true});
}

static void join_all(const struct life *life, struct life *into, uint64_t seq)
{
	join(into, life->requester, seq);
	for (uint32_t i = 0; i < life->following_count; i++)
		if (model_follows(life, life->followings[i].person))
			join(into, life->followings[i].person, seq);
}

static void take_following(struct life *life, const struct pd_message *event)
{
	struct following following = {.seq = event->request, .person = event->order_event.actor};
	struct life *into = event->type == PD_MSG_merged ? model_find(&event->merged.into) : NULL;
	switch (event->type) {
	case PD_MSG_followed:
		following.begins = true;
		add_following(life, following);
		break;
	case PD_MSG_unfollowed: add_following(life, following); break;
	case PD_MSG_endorsed:
		following.rating = event->endorsed.rating;
		following.attempt = life_now(life)->attempt;
		add_following(life, following);
		break;
	case PD_MSG_merged: join_all(life, into, event->request); break;
	default: break;
	}
}

bool model_is_neighbour(const struct registry *registry, uint32_t id, const struct life *life)
{
	const struct person *person = registry_person(registry, id);
	if (!person || person->retired)
		return false;
	const struct household *household = registry_household(registry, person->household);
	const struct area *community = registry_area(registry, life_now(life)->area);
	while (community->parent && community->level > PD_level_community)
		community = community->parent;
	const struct area *at = registry_area(registry, household ? household->area : person->area);
	while (at && at != community)
		at = at->parent;
	return at != NULL;
}

uint64_t model_idle_ms(const struct registry *registry, const struct life *life)
{
	const struct version *now = life_now(life);
	if (now->state != PD_STATE_accepted)
		return UINT64_MAX;
	return promise_idle(registry, life->category, life->submitted_ms + now->touched_s * UINT64_C(1000));
}

uint64_t model_clocks_seq(void)
{
	return model.clocks_seq;
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
	hash = sim_hash(hash, submit->picture.data, submit->picture.bytes);
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

static uint32_t choice_of(const struct pd_id *id)
{
	return (uint32_t)sim_hash(5, id, sizeof *id);
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
	case PD_MSG_release: return said(0, c->release.reason);
	case PD_MSG_suspend: return said((uint32_t)(c->suspend.until_ms / 1000), c->suspend.reason);
	case PD_MSG_resume: return said(0, c->resume.reason);
	case PD_MSG_urge: return said(0, c->urge.text);
	case PD_MSG_merge: return said(choice_of(&c->merge.into), c->merge.reason);
	case PD_MSG_endorse: return said(c->endorse.rating, c->endorse.text);
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
	case PD_MSG_released: return said(0, e->released.reason);
	case PD_MSG_suspended: return said((uint32_t)(e->suspended.due_ms / 1000), e->suspended.reason);
	case PD_MSG_resumed: return said(0, e->resumed.reason);
	case PD_MSG_urged: return said(0, e->urged.text);
	case PD_MSG_merged: return said(choice_of(&e->merged.into), e->merged.reason);
	case PD_MSG_endorsed: return said(e->endorsed.rating, e->endorsed.text);
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

bool model_reads(const struct registry *registry, uint32_t id)
{
	const struct person *person = registry_person(registry, id);
	return id == 0 || (person && model_works_for(registry, id, person->area));
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
	struct pd_submit said = {.category = s->category,
				 .text = s->text,
				 .place = s->place,
				 .picture = s->picture,
				 .lon_e7 = s->lon_e7,
				 .lat_e7 = s->lat_e7};
	*life = (struct life){.id = s->order,
			      .requester = s->requester,
			      .household = s->household,
			      .category = s->category,
			      .actor = s->actor,
			      .urgency = s->urgency,
			      .lon_e7 = s->lon_e7,
			      .lat_e7 = s->lat_e7,
			      .due = true,
			      .notice = s->notice,
			      .placed = s->route == PD_route_step_coordinate || s->route == PD_route_step_nearest,
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
			      .category = r->category,
			      .actor = r->actor,
			      .urgency = r->urgency,
			      .lon_e7 = r->lon_e7,
			      .lat_e7 = r->lat_e7,
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

/* Whether the event says when the order is due, be it the time that it was. */
static bool gives_time(const struct pd_message *event, const struct version *before)
{
	bool aside = event->type >= PD_MSG_urged && event->type <= PD_MSG_endorsed && event->type != PD_MSG_merged;
	if (event->type == PD_MSG_rerouted)
		return event->rerouted.state == PD_STATE_waiting && event->rerouted.holder != before->holder;
	return !aside && event->type != PD_MSG_noted && event->type != PD_MSG_reminded;
}

/* Orders are due by the plan that is on where they are held. */
static void give_time(const struct registry *registry, const struct pd_message *event, struct version *after)
{
	bool begins = after->state == PD_STATE_waiting || after->state == PD_STATE_accepted;
	after->timed_seq = event->request;
	if (event->type == PD_MSG_redated)
		after->by_plan = !event->redated.ended;
	else
		after->by_plan = begins && event->type != PD_MSG_resumed && modes_over(registry, after->holder);
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
					 .area = event->submitted.area,
					 .attempt = 1,
					 .waiting_ms = common->time_ms,
					 .queued_seq = event->request};
	} else if (event->type == PD_MSG_recorded) {
		judge_recorded(&judging, &after);
		life = new_past(&event->recorded);
	} else {
		judge_move(&judging, &after);
	}
	bool aside = event->type >= PD_MSG_urged && event->type <= PD_MSG_endorsed && event->type != PD_MSG_merged;
	bool runs_on = aside || event->type == PD_MSG_noted || event->type == PD_MSG_reminded ||
		       (event->type == PD_MSG_rerouted && life && event->rerouted.holder == life_now(life)->holder);
	if (!runs_on)
		after.state_seq = event->request;
	after.type = (uint8_t)event->type;
	after.said = event_said(event);
	after.seq = event->request;
	after.time_ms = common->time_ms;
	after.actor = common->actor;
	after.holder = common->holder;
	after.due_ms = common->due_ms;
	if (!judging.before || gives_time(event, judging.before))
		give_time(registry, event, &after);
	take_following(life, event);
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
	modes_event(registry, event);
	if (pd_is_order_event(event->type))
		order_event(registry, event);
	if (event->type == PD_MSG_duty_set || (event->type == PD_MSG_submitted && duties_is_made(&event->submitted)))
		duties_event(registry, event);
	if (pd_is_notice_event(event->type) ||
	    (event->type == PD_MSG_submitted && bulletin_is_handed_out(&event->submitted)))
		bulletin_event(registry, event);
	if (pd_is_listing_event(event->type))
		lists_event(registry, event);
	if (event->type == PD_MSG_category_set || event->type == PD_MSG_calendar_set)
		model.clocks_seq = event->request;
	if (model.last_seq == model.log_capacity)
		model.log = grown(model.log, &model.log_capacity, sizeof *model.log);
	model.log[model.last_seq++] = (struct logged){
		.hash = sim_hash(0, data, bytes), .plain_hash = model_plain_hash(event), .time_ms = time_ms};
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
	bulletin_cut(seq);
	lists_cut(seq);
	duties_cut(seq);
	modes_cut(seq);
	size_t kept = 0;
	for (size_t i = 0; i < model.count; i++) {
		struct life *life = model.lives[i];
		while (life->count > 0 && life_now(life)->seq > seq)
			life->count--;
		while (life->following_count > 0 && life->followings[life->following_count - 1].seq > seq)
			life->following_count--;
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
