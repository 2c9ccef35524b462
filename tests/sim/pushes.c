#include "pushes.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "answers.h"
#include "codec.h"
#include "model.h"
#include "sim.h"
#include "tally.h"
#include "trace.h"

/* An order that was pushed to a worker: it takes up credit as long as it waits there since that event. */
struct pushed {
	struct pd_id order;
	uint64_t queued_seq;
};

struct desk {
	uint32_t peer, area;
	const struct session *session;
	uint16_t credit;
	struct pushed *pushed;
	uint32_t count, capacity;
	struct desk *next;
};

static struct desk *desks;

enum { SPEAKERS = 64 }; /* more than connections at a time */
static struct {
	uint32_t peer, person;
} speakers[SPEAKERS];

void pushes_greeted(uint32_t peer, uint32_t person)
{
	speakers[peer % SPEAKERS].peer = peer;
	speakers[peer % SPEAKERS].person = person;
}

static void free_desk(struct desk *desk)
{
	free(desk->pushed);
	free(desk);
}

/* The desks of a peer, or of all whose session is another by now. */
static void forget_desks(uint32_t peer, bool gone)
{
	for (struct desk **link = &desks; *link;) {
		struct desk *desk = *link;
		if (gone ? sessions_find(&sim.front->sessions, desk->peer) == desk->session : desk->peer != peer) {
			link = &desk->next;
			continue;
		}
		*link = desk->next;
		free_desk(desk);
	}
}

void pushes_forget(uint32_t peer)
{
	forget_desks(peer, false);
}

void pushes_look_at_sessions(void)
{
	forget_desks(0, true);
}

void pushes_forget_all(void)
{
	while (desks) {
		struct desk *desk = desks;
		desks = desk->next;
		free_desk(desk);
	}
}

static struct desk *find_desk(uint32_t peer, uint32_t area)
{
	struct desk *desk = desks;
	while (desk && (desk->peer != peer || desk->area != area))
		desk = desk->next;
	if (desk)
		return desk;
	desk = calloc(1, sizeof *desk);
	if (!desk)
		trace_system("memory");
	*desk = (struct desk){.peer = peer, .area = area, .next = desks};
	desks = desk;
	return desk;
}

void pushes_credit(uint32_t peer, uint32_t area, uint16_t credit)
{
	struct desk *desk = find_desk(peer, area);
	desk->session = sessions_find(&sim.front->sessions, peer);
	desk->credit = credit;
	if (credit == 0)
		desk->count = 0;
}

bool pushes_works_for(uint32_t peer, uint32_t area)
{
	for (const struct desk *desk = desks; desk; desk = desk->next)
		if (desk->peer == peer && desk->area == area)
			return desk->credit > 0;
	return false;
}

static bool still_there(const struct pushed *pushed, uint32_t area)
{
	const struct life *life = model_find(&pushed->order);
	const struct version *now = life ? life_now(life) : NULL;
	return now && now->state == PD_STATE_waiting && now->holder == area && now->queued_seq == pushed->queued_seq;
}

static void count_push(struct desk *desk, const struct pushed *pushed)
{
	uint32_t kept = 0;
	bool repeated =
		false; /* with another version: it takes up its credit already, which may have been lowered since */
	for (uint32_t i = 0; i < desk->count; i++) {
		bool again = memcmp(&desk->pushed[i].order, &pushed->order, sizeof pushed->order) == 0;
		repeated |= again && desk->pushed[i].queued_seq == pushed->queued_seq;
		if (!again && still_there(&desk->pushed[i], desk->area))
			desk->pushed[kept++] = desk->pushed[i];
	}
	desk->count = kept;
	if (desk->count == desk->capacity) {
		desk->capacity = desk->capacity ? desk->capacity * 2 : 8;
		desk->pushed = realloc(desk->pushed, desk->capacity * sizeof *desk->pushed);
		if (!desk->pushed)
			trace_system("memory");
	}
	desk->pushed[desk->count++] = *pushed;
	if (!repeated && still_there(pushed, desk->area) && desk->count > desk->credit)
		trace_fail("peer %" PRIu32 " has credit %u for area %" PRIu32 " and gets a push when it has %u",
			   desk->peer, desk->credit, desk->area, desk->count - 1);
}

/* A recorded order is told as if it had been submitted. */
static void check_words(const struct life *life, struct pd_slice submitted)
{
	struct pd_decoder *decoder = pd_decoder_new();
	struct pd_message message;
	struct pd_fault fault;
	size_t off = 0;
	bool same = sim_hash(0, submitted.data, submitted.bytes) == model_event_hash(life->versions[0].seq);
	if (life->recorded)
		same = decoder && !pd_decode(decoder, submitted.data, submitted.bytes, &off, &message, &fault) &&
		       message.type == PD_MSG_submitted && message.request == life->versions[0].seq &&
		       model_pushed(&message.submitted) == life->pushed;
	pd_decoder_free(decoder);
	if (!same)
		trace_fail("an order is pushed with another text than it was submitted with");
}

void pushes_leave(uint32_t peer, const struct pd_push *push)
{
	const struct life *life = model_find(&push->order);
	if (!life || push->version > life->count)
		trace_fail("version %" PRIu32 " of an order is pushed that is not there", push->version);
	const struct version *v = &life->versions[push->version - 1];
	answers_demand_durable(v->seq, "a push");
	if (v->state != PD_STATE_waiting || v->holder != push->holder || v->attempt != push->attempt ||
	    v->waiting_ms != push->waiting_ms || v->due_ms != push->due_ms)
		trace_fail("an order is pushed otherwise than it was at version %" PRIu32, push->version);
	check_words(life, push->submitted);
	struct pushed pushed = {push->order, v->queued_seq};
	count_push(find_desk(peer, push->holder), &pushed);
	tally_add(TALLY_PUSHES);
}

/* Who asked for the order or follows it; when it has lapsed, who had taken it on; of haste, also who has taken it on or
 * works there: by a post that they have, or had when they came to work. */
static bool is_concerned(uint32_t peer, uint32_t person, const struct life *life, const struct pd_message *event)
{
	const struct version *v = &life->versions[event->order_event.version - 1];
	if (person == life->requester || model_follows_at(life, person, event->request))
		return true;
	if (event->type == PD_MSG_lapsed && person == v->acceptor)
		return true;
	return event->type == PD_MSG_urged && (person == v->acceptor || pushes_works_for(peer, v->holder) ||
					       model_works_for(core_registry(sim.store.core), person, v->holder));
}

void pushes_told(uint32_t peer, struct pd_slice bytes)
{
	const struct session *session = sessions_find(&sim.front->sessions, peer);
	struct pd_decoder *decoder = pd_decoder_new();
	struct pd_message event;
	struct pd_fault fault;
	size_t off = 0;
	if (!decoder || pd_decode(decoder, bytes.data, bytes.bytes, &off, &event, &fault))
		trace_fail("a move that is told cannot be read");
	answers_demand_durable(event.request, "a move that is told");
	if (sim_hash(0, bytes.data, bytes.bytes) != model_event_hash(event.request))
		trace_fail("event %" PRIu64 " is told of, and is not the one that happened", event.request);
	const struct life *life = model_find(&event.order_event.order);
	uint32_t person = speakers[peer % SPEAKERS].person;
	bool known = session && session->listens && speakers[peer % SPEAKERS].peer == peer;
	if (known && !is_concerned(peer, person, life, &event))
		trace_fail("person %" PRIu32 " is told of event %" PRIu64 ", which does not concern them", person,
			   event.request);
	pd_decoder_free(decoder);
	tally_add(TALLY_TOLD);
}

/* ---- whether all is pushed that can be ---- */

static uint32_t outstanding(const struct desk *desk, const struct life *life, bool *has)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < desk->count; i++) {
		bool there = still_there(&desk->pushed[i], desk->area);
		count += there;
		*has |= there && memcmp(&desk->pushed[i].order, &life->id, sizeof life->id) == 0;
	}
	return count;
}

void pushes_check_none_left(void)
{
	size_t count;
	struct life *const *lives = model_lives(&count);
	for (size_t i = 0; i < count; i++) {
		const struct version *now = life_now(lives[i]);
		const struct desk *idle = NULL;
		bool has = now->state != PD_STATE_waiting;
		for (const struct desk *desk = desks; desk && !has; desk = desk->next)
			if (desk->area == now->holder && outstanding(desk, lives[i], &has) < desk->credit)
				idle = desk;
		if (idle && !has)
			trace_fail("an order waits at area %" PRIu32 " and peer %" PRIu32
				   " has credit left, but no push",
				   idle->area, idle->peer);
	}
}
