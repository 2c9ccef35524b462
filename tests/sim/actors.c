#include "actors.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bulletin.h"
#include "codec.h"
#include "district.h"
#include "ground.h"
#include "id.h"
#include "lists.h"
#include "model.h"
#include "modes.h"
#include "net.h"
#include "setup.h"
#include "sim.h"
#include "tally.h"
#include "trace.h"

enum {
	CLIENTS = 12,
	OPERATOR = 0,
	FIXED_CLIENTS = 3,
	COMMANDS_MAX = 40,
	OLD_MAX = 48,
	TRIES_MAX = 40,
	TRIES_PATIENT = 7,
	OPEN_MAX = 50,
	NOTED_VERSION = 100
};

/* A program with a connection, and who it speaks for. */
struct client {
	uint32_t person, peer;
	bool greeted; /* as far as it knows */
};

/* Bytes that were sent, and by whom. */
struct letter {
	unsigned client;
	uint64_t request;
	enum pd_type type;
	size_t bytes;
	char *data;
	uint64_t again_ms;
	unsigned tries;
};

static struct {
	struct client clients[CLIENTS];
	struct letter letters[COMMANDS_MAX]; /* not answered yet */
	unsigned letter_count;
	struct letter old[OLD_MAX]; /* answered, or given up */
	unsigned old_count;
	uint64_t requests, imports;
	struct pd_decoder *decoder;
	char text[4001];
} actors;

void actors_init(void)
{
	actors_fini();
	actors.decoder = pd_decoder_new();
	if (!actors.decoder)
		trace_system("memory");
	static const uint32_t first[FIXED_CLIENTS] = {0, 9001, 9002};
	for (unsigned i = 0; i < CLIENTS; i++)
		actors.clients[i] =
			(struct client){.person = i < FIXED_CLIENTS ? first[i] : 31111 + i, .peer = net_connect()};
	for (size_t i = 0; i + 1 < sizeof actors.text; i++)
		actors.text[i] = (char)('a' + i % 26);
}

void actors_fini(void)
{
	for (unsigned i = 0; i < actors.letter_count; i++)
		free(actors.letters[i].data);
	for (unsigned i = 0; i < actors.old_count && i < OLD_MAX; i++)
		free(actors.old[i].data);
	pd_decoder_free(actors.decoder);
	memset(&actors, 0, sizeof actors);
}

bool actors_waiting(void)
{
	return actors.letter_count > 0;
}

static bool one_in(uint32_t n)
{
	return dice_below(&sim.dice, n) == 0;
}

static const struct registry *registry(void)
{
	return core_registry(sim.store.core);
}

/* So many letters; now and then many. */
static struct pd_slice words(uint32_t most)
{
	uint32_t count = one_in(20) ? most : most < 60 ? most : 60;
	uint32_t start = dice_below(&sim.dice, 26);
	return (struct pd_slice){actors.text + start, 1 + dice_below(&sim.dice, count < 3900 ? count : 3900)};
}

/* ---- sending ---- */

static void say_hello(const struct client *client, struct pd_buffer *frame)
{
	struct pd_message hello = {.type = PD_MSG_hello, .request = ++actors.requests};
	hello.hello = (struct pd_hello){client->person, pd_text("simulated"), PD_PROTOCOL, 0, one_in(2)};
	pd_encode(&hello, frame);
}

static void send_letter(const struct letter *letter, bool sure)
{
	struct client *client = &actors.clients[letter->client];
	struct pd_buffer frame = {0};
	if (!client->greeted)
		say_hello(client, &frame);
	if (one_in(8) && frame.count) { /* it goes on ahead */
		net_send(client->peer, frame.data, frame.count, sure);
		frame.count = 0;
	}
	pd_buffer_add(&frame, letter->data, letter->bytes);
	net_send(client->peer, frame.data, frame.count, sure);
	pd_buffer_fini(&frame);
}

static void keep_old(const struct letter *letter)
{
	struct letter *old = &actors.old[actors.old_count % OLD_MAX];
	if (actors.old_count++ >= OLD_MAX)
		free(old->data);
	*old = *letter;
}

static struct letter make_letter(unsigned client, const struct pd_message *message)
{
	struct pd_buffer bytes = {0};
	pd_encode(message, &bytes);
	return (struct letter){.client = client,
			       .request = message->request,
			       .type = message->type,
			       .bytes = bytes.count,
			       .data = bytes.data};
}

static uint64_t patience(unsigned tries)
{
	if (sim.closing)
		return 100;
	return dice_between(&sim.dice, 1, 4) * (sim.profile.delay_ms_max + 20) *
	       (UINT64_C(1) << (tries < 5 ? tries : 5));
}

/* Send, now or only later, and again until it is answered. */
static void command_surely(unsigned client, struct pd_message *message, bool sure, bool later)
{
	message->request = ++actors.requests;
	struct letter letter = make_letter(client, message);
	if (!later)
		send_letter(&letter, sure);
	letter.again_ms = sim.mono_ms + patience(0);
	if (actors.letter_count == COMMANDS_MAX)
		keep_old(&letter);
	else
		actors.letters[actors.letter_count++] = letter;
}

static void command(unsigned client, struct pd_message *message)
{
	command_surely(client, message, false, false);
}

static void forget_letter(unsigned i)
{
	keep_old(&actors.letters[i]);
	actors.letters[i] = actors.letters[--actors.letter_count];
}

static void connect_again(struct client *client)
{
	client->peer = net_connect();
	client->greeted = false;
}

void actors_hurry(void)
{
	for (unsigned i = 0; i < actors.letter_count; i++)
		actors.letters[i].again_ms = sim.mono_ms;
}

void actors_insist(void)
{
	for (unsigned i = 0; i < actors.letter_count; i++) {
		struct letter *letter = &actors.letters[i];
		if (letter->again_ms > sim.mono_ms)
			continue;
		if (++letter->tries > TRIES_MAX) {
			forget_letter(i--);
			continue;
		}
		if (letter->tries % TRIES_PATIENT == 0) /* perhaps it is the connection */
			connect_again(&actors.clients[letter->client]);
		letter->again_ms = sim.mono_ms + patience(letter->tries);
		send_letter(letter, false);
	}
}

/* ---- receiving ---- */

static struct client *client_of(uint32_t peer)
{
	for (unsigned i = 0; i < CLIENTS; i++)
		if (actors.clients[i].peer == peer)
			return &actors.clients[i];
	return NULL;
}

void actors_disconnected(uint32_t peer)
{
	struct client *client = client_of(peer);
	if (client)
		connect_again(client);
}

void actors_disconnected_all(void)
{
	for (unsigned i = 0; i < CLIENTS; i++)
		if (!one_in(5)) /* some may come to the same number again */
			connect_again(&actors.clients[i]);
}

static void on_push(unsigned client, const struct pd_push *push)
{
	struct pd_message accept = {.type = PD_MSG_accept, .accept = {.order = push->order, .version = push->version}};
	if (!one_in(3))
		command(client, &accept);
}

static void ask_for_work(unsigned i)
{
	const struct person *person = registry_person(registry(), actors.clients[i].person);
	struct pd_message work = {.type = PD_MSG_work};
	work.work = (struct pd_work){person && !one_in(4) ? person->area : district_area(registry()),
				     (uint16_t)dice_below(&sim.dice, 5)};
	command(i, &work);
}

static void on_answer(unsigned i, const struct pd_message *answer)
{
	struct client *client = &actors.clients[i];
	if (answer->type == PD_MSG_push)
		return on_push(i, &answer->push);
	if (answer->type == PD_MSG_welcome) {
		client->greeted = true;
		if (i >= FIXED_CLIENTS && one_in(2) && sim.front)
			ask_for_work(i);
	}
	unsigned k = 0;
	while (k < actors.letter_count &&
	       (actors.letters[k].request != answer->request || actors.letters[k].client != i))
		k++;
	bool more = answer->type == PD_MSG_order || (answer->type >= PD_MSG_area && answer->type <= PD_MSG_category) ||
		    answer->type == PD_MSG_past || answer->type == PD_MSG_route ||
		    (answer->type >= PD_MSG_notice && answer->type <= PD_MSG_answer_row) ||
		    answer->type == PD_MSG_effect || answer->type == PD_MSG_listing ||
		    answer->type == PD_MSG_claim_row || answer->type == PD_MSG_listing_counts;
	if (k == actors.letter_count || more)
		return;
	if (answer->type == PD_MSG_refused && answer->refused.code == PD_REFUSED_no_hello) {
		client->greeted = false;
		actors.letters[k].again_ms = sim.mono_ms;
		return;
	}
	if (actors.letters[k].type == PD_MSG_bye)
		client->greeted = false;
	forget_letter(k);
}

void actors_receive(uint32_t peer, const char *data, size_t bytes)
{
	struct client *client = client_of(peer);
	for (size_t off = 0; client && off < bytes;) {
		struct pd_message message;
		struct pd_fault fault;
		pd_decoder_reset(actors.decoder);
		if (pd_decode(actors.decoder, data, bytes, &off, &message, &fault))
			trace_fail("a client cannot read what it gets: %s", fault.detail);
		on_answer((unsigned)(client - actors.clients), &message);
	}
}

/* ---- who does it, by which connection ---- */

static void set_actor(struct pd_message *message, uint32_t actor)
{
	int offset = pd_message_info(message->type)->actor_offset;
	if (offset >= 0)
		memcpy((char *)&message->ok + offset, &actor, sizeof actor);
}

/* A program of actor's own, somebody's who may speak for others, or somebody's who may not. */
static void send_as(uint32_t actor, struct pd_message *message)
{
	unsigned client = dice_below(&sim.dice, CLIENTS);
	uint32_t drawn = dice_below(&sim.dice, 100);
	if (drawn < 55) {
		for (unsigned i = 0; i < CLIENTS; i++)
			if (actors.clients[i].person == actor)
				client = i;
		if (actors.clients[client].person != actor && client >= FIXED_CLIENTS) {
			actors.clients[client].person = actor;
			connect_again(&actors.clients[client]);
		}
	} else if (drawn < 97) {
		client = dice_below(&sim.dice, FIXED_CLIENTS);
	}
	if (actors.clients[client].person != actor)
		set_actor(message, actor);
	command(client, message);
}

/* ---- orders ---- */

static struct life *some_life(bool open)
{
	size_t count;
	struct life *const *lives = model_lives(&count);
	for (int i = 0; i < 30 && count; i++) {
		struct life *life = lives[dice_below(&sim.dice, (uint32_t)count)];
		if (life_open(life) == open && (life->count < NOTED_VERSION || one_in(50)))
			return life;
	}
	return NULL;
}

static uint64_t open_lives(void)
{
	size_t count;
	uint64_t open = 0;
	struct life *const *lives = model_lives(&count);
	for (size_t i = 0; i < count; i++)
		open += life_open(lives[i]);
	return open;
}

static struct pd_id new_id(void)
{
	uint8_t random[10];
	uint64_t now_ms = sim_wall_ms();
	dice_fill(&sim.dice, random, sizeof random);
	if (one_in(10)) /* a program whose clock is wrong */
		now_ms += dice_below(&sim.dice, 2) ? dice_below(&sim.dice, 86400000)
						   : -(uint64_t)dice_below(&sim.dice, 86400000);
	return pd_id_make(now_ms, random);
}

static void submit_one(void)
{
	static const unsigned posts[] = {PD_post_resident, PD_post_merchant, PD_post_centre, PD_post_courier,
					 PD_post_resident};
	struct pd_message message = {.type = PD_MSG_submit};
	struct pd_submit *submit = &message.submit;
	*submit = (struct pd_submit){.order = new_id(), .category = district_category(registry()), .text = words(4000)};
	uint32_t actor = district_person_with(registry(), posts[dice_below(&sim.dice, 5)]);
	if (one_in(4)) { /* for somebody else */
		submit->requester = actor;
		actor = one_in(2) ? 0 : district_person(registry());
	}
	if (one_in(40))
		actor = submit->requester = 0; /* the operator, who lives nowhere */
	if (one_in(6))
		submit->household = district_household(registry());
	else if (one_in(6))
		submit->area = district_area(registry());
	if (one_in(4))
		submit->urgency = (uint8_t)dice_between(&sim.dice, 1, 4);
	if (one_in(5)) {
		submit->place = one_in(2) ? district_place(registry()) : words(100);
		submit->picture = words(300);
	}
	if (one_in(4)) {
		submit->lon_e7 = (int32_t)dice_below(&sim.dice, GROUND_E7 + GROUND_E7 / 10);
		submit->lat_e7 = (int32_t)dice_below(&sim.dice, GROUND_E7 + GROUND_E7 / 10);
	}
	const struct life *other = one_in(30) ? some_life(one_in(2)) : NULL;
	if (other)
		submit->order = other->id;
	if (one_in(60))
		submit->order.bytes[6] &= 0x0f;
	send_as(actor, &message);
}

/* A past order of one of few keys, so that some are recorded again, by the same words or by others. */
static void record_one(void)
{
	static const uint8_t states[] = {PD_STATE_closed,    PD_STATE_waiting,  PD_STATE_completed,
					 PD_STATE_cancelled, PD_STATE_accepted, PD_STATE_suspended};
	struct pd_message message = {.type = PD_MSG_record};
	struct pd_record *record = &message.record;
	uint32_t n = dice_below(&sim.dice, 400);
	uint8_t random[10] = {(uint8_t)n, (uint8_t)(n >> 8)};
	char key[16];
	snprintf(key, sizeof key, "%u", n);
	/* Long ago; now and then it is not yet past. */
	uint64_t begin_ms = one_in(40) ? sim_wall_ms() + SIM_DAY_MS : (uint64_t)SIM_DAY_MS * (1000 + n);
	*record = (struct pd_record){.order = pd_id_make(begin_ms, random),
				     .category = 1 + n % 4,
				     .text = {actors.text, 1 + n % 50},
				     .submitted_ms = begin_ms,
				     .state = states[one_in(30) ? 4 + n % 2 : n % 4],
				     .source = pd_text("past"),
				     .key = pd_text(key),
				     .duplicate = n % 7 == 0,
				     .target_ms = n % 3 ? begin_ms + SIM_DAY_MS : 0,
				     .area = n % 5 ? district_area(registry()) : 0,
				     .household = n % 5 ? 0 : district_household(registry()),
				     .requester = n % 2 ? 0 : district_person(registry())};
	if ((record->state != PD_STATE_waiting) != one_in(40))
		record->ended_ms = begin_ms + (one_in(2) ? 2 * SIM_DAY_MS : SIM_DAY_MS / 2);
	uint32_t actor = one_in(20) ? district_person(registry()) : one_in(2) ? 0 : actors.clients[1].person;
	send_as(actor, &message);
}

/* What residents and neighbours do while others work. */
static enum pd_type resident_move_for(unsigned state)
{
	static const enum pd_type while_open[] = {PD_MSG_urge,   PD_MSG_follow,   PD_MSG_follow,
						  PD_MSG_follow, PD_MSG_unfollow, PD_MSG_merge},
				  at_the_end[] = {PD_MSG_endorse, PD_MSG_endorse, PD_MSG_follow, PD_MSG_unfollow};
	if (one_in(12))
		return while_open[dice_below(&sim.dice, 6)];
	return state <= PD_STATE_accepted ? while_open[dice_below(&sim.dice, 6)] : at_the_end[dice_below(&sim.dice, 4)];
}

static enum pd_type move_for(unsigned state)
{
	static const enum pd_type of_waiting[] = {PD_MSG_accept,   PD_MSG_accept, PD_MSG_accept, PD_MSG_decline,
						  PD_MSG_transfer, PD_MSG_cancel, PD_MSG_note},
				  of_accepted[] = {PD_MSG_complete, PD_MSG_complete, PD_MSG_complete, PD_MSG_transfer,
						   PD_MSG_release,  PD_MSG_suspend,  PD_MSG_suspend,  PD_MSG_note},
				  of_suspended[] = {PD_MSG_resume, PD_MSG_resume, PD_MSG_release, PD_MSG_transfer,
						    PD_MSG_note},
				  of_completed[] = {PD_MSG_confirm, PD_MSG_confirm, PD_MSG_reopen, PD_MSG_note},
				  all[] = {PD_MSG_accept,  PD_MSG_decline, PD_MSG_transfer, PD_MSG_complete,
					   PD_MSG_confirm, PD_MSG_reopen,  PD_MSG_cancel,   PD_MSG_note,
					   PD_MSG_release, PD_MSG_suspend, PD_MSG_resume};
	if (one_in(8))
		return all[dice_below(&sim.dice, sizeof all / sizeof all[0])];
	if (one_in(3))
		return resident_move_for(state);
	switch (state) {
	case PD_STATE_waiting: return of_waiting[dice_below(&sim.dice, 7)];
	case PD_STATE_accepted: return of_accepted[dice_below(&sim.dice, 8)];
	case PD_STATE_suspended: return of_suspended[dice_below(&sim.dice, 5)];
	case PD_STATE_completed: return of_completed[dice_below(&sim.dice, 4)];
	default: return PD_MSG_reopen;
	}
}

/* Somebody of the level above; at the top, of the very area. */
static uint32_t person_above(uint32_t holder)
{
	const struct area *area = registry_area(registry(), holder);
	return district_person_of(registry(), area && area->parent ? area->parent->id : holder);
}

/* A time from a few minutes to weeks ahead; now and then too far, or past. */
static uint64_t some_day(void)
{
	static const uint64_t most_ms[] = {600000, 7200000, 2 * SIM_DAY_MS, 20 * (uint64_t)SIM_DAY_MS};
	uint64_t now_ms = sim_wall_ms();
	if (one_in(12))
		return one_in(2) ? now_ms - dice_below(&sim.dice, 100000) : now_ms + 400 * (uint64_t)SIM_DAY_MS;
	return now_ms + dice_u64(&sim.dice) % most_ms[dice_below(&sim.dice, 4)];
}

/* Somebody who follows the order; 0: nobody does, or it is somebody else's turn. */
static uint32_t follower_of(const struct life *life)
{
	for (uint32_t i = life->following_count; i > 0; i--)
		if (model_follows(life, life->followings[i - 1].person) && !one_in(3))
			return life->followings[i - 1].person;
	return 0;
}

static uint32_t actor_for(const struct life *life, enum pd_type type)
{
	const struct version *now = life_now(life);
	if (one_in(10))
		return district_person(registry());
	switch (type) {
	case PD_MSG_accept:
	case PD_MSG_decline: return district_person_of(registry(), now->holder);
	case PD_MSG_transfer: return one_in(2) ? 0 : district_person_of(registry(), now->holder);
	case PD_MSG_complete:
	case PD_MSG_suspend: return now->acceptor;
	case PD_MSG_release:
	case PD_MSG_resume: return one_in(2) ? now->acceptor : person_above(now->holder);
	case PD_MSG_merge: return one_in(2) ? 0 : district_person_of(registry(), now->holder);
	case PD_MSG_follow: return district_person_with(registry(), one_in(3) ? PD_post_leader : PD_post_resident);
	case PD_MSG_urge: return one_in(2) ? follower_of(life) : life->requester;
	case PD_MSG_unfollow:
	case PD_MSG_endorse: return follower_of(life);
	case PD_MSG_note: return one_in(2) ? life->requester : 0;
	default: return life->requester;
	}
}

static uint32_t version_for(const struct life *life)
{
	uint32_t drawn = dice_below(&sim.dice, 20), older = 1 + dice_below(&sim.dice, life->count);
	return drawn == 0 ? life->count + 1 : drawn <= 2 ? older : life->count;
}

static void fill_move(struct pd_message *message)
{
	const struct life *other;
	switch (message->type) {
	case PD_MSG_decline: message->decline.reason = words(500); break;
	case PD_MSG_transfer:
		message->transfer.holder = district_area(registry());
		message->transfer.reason = words(500);
		break;
	case PD_MSG_complete: message->complete.result = words(4000); break;
	case PD_MSG_confirm:
		message->confirm.rating = (uint8_t)dice_between(&sim.dice, 1, 5);
		message->confirm.text = words(500);
		break;
	case PD_MSG_reopen: message->reopen.reason = words(500); break;
	case PD_MSG_cancel: message->cancel.reason = words(500); break;
	case PD_MSG_note: message->note.text = words(4000); break;
	case PD_MSG_release: message->release.reason = words(500); break;
	case PD_MSG_suspend:
		message->suspend.until_ms = some_day();
		message->suspend.reason = words(500);
		break;
	case PD_MSG_resume:
		if (one_in(2))
			message->resume.reason = words(500);
		break;
	case PD_MSG_urge: message->urge.text = words(500); break;
	case PD_MSG_merge:
		other = some_life(!one_in(6));
		message->merge.into = other && !one_in(20) ? other->id : new_id();
		message->merge.reason = words(500);
		break;
	case PD_MSG_endorse:
		message->endorse.rating = (uint8_t)dice_between(&sim.dice, 1, 5);
		message->endorse.text = words(500);
		break;
	default: break;
	}
}

static void move_one(void)
{
	const struct life *life = some_life(!one_in(4));
	if (!life)
		return submit_one();
	struct pd_message message = {.type = move_for(life_now(life)->state)};
	message.accept = (struct pd_accept){.order = life->id, .version = version_for(life)};
	if (one_in(100))
		message.accept.order = new_id();
	fill_move(&message);
	send_as(actor_for(life, message.type), &message);
	if (message.type == PD_MSG_accept && one_in(3)) /* and a colleague at the same moment */
		send_as(district_person_of(registry(), life_now(life)->holder), &message);
}

/* Notes without end, on the order that has most: a frame full of them. */
static void note_much(void)
{
	enum { NOTES = 70 };
	size_t count;
	struct life *const *lives = model_lives(&count);
	const struct life *most = NULL;
	struct pd_buffer frame = {0};
	for (size_t i = 0; i < count; i++)
		if (life_open(lives[i]) && (!most || lives[i]->count > most->count))
			most = lives[i];
	if (!most)
		return;
	say_hello(&actors.clients[OPERATOR], &frame);
	for (uint32_t i = 0; i < NOTES; i++) {
		struct pd_message note = {.type = PD_MSG_note, .request = ++actors.requests};
		note.note = (struct pd_note){.order = most->id, .version = most->count + i, .text = pd_text("again")};
		pd_encode(&note, &frame);
	}
	net_send(actors.clients[OPERATOR].peer, frame.data, frame.count, true);
	pd_buffer_fini(&frame);
}

/* ---- registry ---- */

/* The frames of an import: begin, rows, commit, which alone is insisted on. */
static void import_rows(unsigned client, const struct pd_message *rows, size_t count, struct pd_import_commit commit,
			bool sure, bool later)
{
	struct pd_buffer frame = {0};
	struct pd_message begin = {.type = PD_MSG_import_begin, .request = ++actors.requests};
	begin.import_begin.import = commit.import;
	size_t frame_bytes = dice_between(&sim.dice, 500, 20000);
	if (!actors.clients[client].greeted)
		say_hello(&actors.clients[client], &frame);
	pd_encode(&begin, &frame);
	for (size_t i = 0; i < count; i++) {
		struct pd_message row = rows[i];
		row.request = ++actors.requests;
		if (frame.count > frame_bytes) {
			net_send(actors.clients[client].peer, frame.data, frame.count, sure);
			frame.count = 0;
		}
		pd_encode(&row, &frame);
	}
	net_send(actors.clients[client].peer, frame.data, frame.count, sure);
	pd_buffer_fini(&frame);
	struct pd_message message = {.type = PD_MSG_import_commit, .import_commit = commit};
	command_surely(client, &message, sure, later);
}

static struct pd_message district[DISTRICT_ROWS_MAX];

static void open_district(void)
{
	struct pd_import_commit commit = {
		.import = new_id(), .rows = (uint32_t)district_begin(district), .complete = true};
	import_rows(OPERATOR, district, commit.rows, commit, true, false);
}

/* Somebody gives an order to an area that the import under way is going to retire. */
static void hand_over(void)
{
	const struct life *life = some_life(true);
	if (!life || !district_left_out())
		return;
	struct pd_message message = {.type = PD_MSG_transfer};
	message.transfer = (struct pd_transfer){
		.order = life->id, .version = life->count, .holder = district_left_out(), .reason = words(500)};
	command(OPERATOR, &message);
}

static void import_again(void)
{
	struct pd_import_commit commit = {.import = new_id(), .dry_run = one_in(4), .complete = one_in(2)};
	bool later = one_in(3);
	commit.rows = (uint32_t)district_import(registry(), district);
	size_t sent = commit.rows;
	if (one_in(10))
		commit.rows++;
	import_rows(one_in(10) ? dice_below(&sim.dice, CLIENTS) : dice_below(&sim.dice, FIXED_CLIENTS), district, sent,
		    commit, !one_in(3), later);
	for (int i = 0; i < 4 && later; i++)
		hand_over();
}

static void change_registry(void)
{
	struct pd_message put;
	if (one_in(6))
		return import_again();
	district_change(registry(), &put);
	if (one_in(10))
		send_as(district_person(registry()), &put);
	else
		command(dice_below(&sim.dice, FIXED_CLIENTS), &put);
}

/* ---- questions, sessions, nonsense ---- */

/* From anywhere, or what is new. */
static void fill_read_events(struct pd_read_events *read, uint32_t area)
{
	uint32_t last = (uint32_t)model_last_seq(), back = dice_below(&sim.dice, one_in(2) ? 10 : last + 1);
	*read = (struct pd_read_events){.after_seq = back < last ? last - back : 0,
					.limit = (uint16_t)dice_below(&sim.dice, 40),
					.area = one_in(2) ? 0 : area};
}

static struct pd_id some_notice(void)
{
	struct pd_id id;
	return bulletin_some(&id) && !one_in(10) ? id : new_id();
}

static struct pd_id some_listing(void)
{
	struct pd_id id;
	return lists_some(&id) && !one_in(10) ? id : new_id();
}

static void fill_query(struct pd_message *query)
{
	static const uint8_t states[] = {0,
					 PD_STATE_waiting,
					 PD_STATE_accepted,
					 PD_STATE_completed,
					 PD_STATE_closed,
					 PD_STATE_cancelled,
					 PD_STATE_suspended};
	const struct life *life = some_life(one_in(2));
	uint32_t area = one_in(3) ? 0 : district_area(registry());
	switch (query->type) {
	case PD_MSG_get_order:
		query->get_order =
			(struct pd_get_order){.order = life && !one_in(10) ? life->id : new_id(), .story = one_in(2)};
		break;
	case PD_MSG_list_orders:
		query->list_orders = (struct pd_list_orders){.area = area,
							     .state = states[dice_below(&sim.dice, 7)],
							     .limit = (uint16_t)dice_below(&sim.dice, 30),
							     .after_seq = one_in(2) ? model_last_seq() : 0,
							     .whole = one_in(3)};
		if (area == 0 || one_in(20))
			query->list_orders.requester = one_in(2) ? district_person(registry()) : 0;
		break;
	case PD_MSG_list_areas: query->list_areas.area = area; break;
	case PD_MSG_list_people: query->list_people.area = area; break;
	case PD_MSG_list_households: query->list_households.area = area; break;
	case PD_MSG_get_stats: query->get_stats = (struct pd_get_stats){area, one_in(4), one_in(4)}; break;
	case PD_MSG_explain_route:
		query->explain_route =
			(struct pd_explain_route){.category = district_category(registry()),
						  .household = one_in(5) ? district_household(registry()) : 0,
						  .area = one_in(5) ? area : 0,
						  .requester = one_in(2) ? district_person(registry()) : 0,
						  .lon_e7 = one_in(3) ? (int32_t)dice_below(&sim.dice, GROUND_E7) : 0,
						  .lat_e7 = (int32_t)dice_below(&sim.dice, GROUND_E7 / 4),
						  .place = one_in(2) ? district_place(registry()) : words(100),
						  .text = words(100)};
		break;
	case PD_MSG_list_setup:
		query->list_setup =
			(struct pd_list_setup){.type = one_in(8)   ? PD_MSG_category_set
						       : one_in(4) ? PD_MSG_rule_set
						       : one_in(4) ? PD_MSG_shape_set
						       : one_in(4) ? PD_MSG_duty_set
						       : one_in(4) ? PD_MSG_plan_set
						       : one_in(4) ? PD_MSG_mode_begun
						       : one_in(2) ? PD_MSG_calendar_set
								   : PD_MSG_ladder_set,
					       .limit = (uint16_t)dice_below(&sim.dice, 4),
					       .after = one_in(2) ? 0 : dice_below(&sim.dice, one_in(2) ? 4 : 2028)};
		break;
	case PD_MSG_read_events: fill_read_events(&query->read_events, area); break;
	case PD_MSG_list_similar:
		query->list_similar =
			(struct pd_list_similar){.category = district_category(registry()),
						 .household = one_in(2) ? district_household(registry()) : 0,
						 .lon_e7 = one_in(3) ? 1 : 0,
						 .area = area,
						 .limit = (uint16_t)dice_below(&sim.dice, 20),
						 .requester = one_in(2) ? district_person(registry()) : 0};
		break;
	case PD_MSG_list_away:
		query->list_away = (struct pd_list_away){.area = district_area(registry()),
							 .limit = (uint16_t)dice_below(&sim.dice, 20)};
		break;
	case PD_MSG_list_notices:
		query->list_notices = (struct pd_list_notices){
			.area = area, .ended = one_in(2), .person = one_in(3) ? district_person(registry()) : 0};
		break;
	case PD_MSG_get_progress:
		query->get_progress.notice = some_notice();
		query->get_progress.area = one_in(2) ? 0 : area;
		break;
	case PD_MSG_list_missing:
		query->list_missing.notice = some_notice();
		query->list_missing.area = one_in(2) ? 0 : area;
		break;
	case PD_MSG_list_answers:
		query->list_answers.notice = some_notice();
		query->list_answers.area = area;
		break;
	case PD_MSG_preview_mode:
		query->preview_mode = (struct pd_preview_mode){.plan = setup_plan(), .area = one_in(2) ? 0 : area};
		break;
	case PD_MSG_list_listings:
		query->list_listings = (struct pd_list_listings){.area = area,
								 .side = (uint8_t)dice_below(&sim.dice, 3),
								 .kind = (uint8_t)dice_below(&sim.dice, 3),
								 .state = (uint8_t)dice_below(&sim.dice, 6),
								 .counts = one_in(3),
								 .limit = (uint16_t)dice_below(&sim.dice, 20),
								 .after_seq = one_in(2) ? model_last_seq() : 0};
		break;
	case PD_MSG_list_matches:
		query->list_matches = (struct pd_list_matches){.listing = some_listing(),
							       .limit = (uint16_t)dice_below(&sim.dice, 5)};
		break;
	case PD_MSG_count_orders: query->count_orders.requester = one_in(2) ? 0 : district_person(registry()); break;
	default: break;
	}
}

static void ask(void)
{
	static const enum pd_type types[] = {
		PD_MSG_get_order,     PD_MSG_get_order,     PD_MSG_list_orders,     PD_MSG_list_orders,
		PD_MSG_list_areas,    PD_MSG_list_people,   PD_MSG_list_households, PD_MSG_list_categories,
		PD_MSG_get_stats,     PD_MSG_read_events,   PD_MSG_get_digest,      PD_MSG_list_setup,
		PD_MSG_explain_route, PD_MSG_list_similar,  PD_MSG_list_away,       PD_MSG_count_orders,
		PD_MSG_list_notices,  PD_MSG_get_progress,  PD_MSG_list_missing,    PD_MSG_list_answers,
		PD_MSG_list_listings, PD_MSG_list_listings, PD_MSG_list_matches,    PD_MSG_list_matches,
		PD_MSG_preview_mode,  PD_MSG_preview_mode};
	struct pd_message query = {.type = types[dice_below(&sim.dice, sizeof types / sizeof types[0])]};
	fill_query(&query);
	command(dice_below(&sim.dice, CLIENTS), &query);
}

static void speak_of_session(void)
{
	unsigned client = dice_below(&sim.dice, CLIENTS);
	struct pd_message message = {.type = PD_MSG_ping};
	switch (dice_below(&sim.dice, 5)) {
	case 0: message.type = PD_MSG_bye; break;
	case 1:
		message.type = PD_MSG_hello;
		message.hello = (struct pd_hello){actors.clients[client].person, pd_text("simulated"),
						  one_in(3) ? PD_PROTOCOL + 1 : PD_PROTOCOL, 0, one_in(2)};
		break;
	case 2: ask_for_work(client); return;
	case 3: ask_for_work(dice_between(&sim.dice, FIXED_CLIENTS, CLIENTS - 1)); return;
	default: break;
	}
	command(client, &message);
}

static void spoil(struct pd_buffer *frame)
{
	for (unsigned i = dice_below(&sim.dice, 3); i > 0 && frame->count; i--)
		frame->data[dice_below(&sim.dice, (uint32_t)frame->count)] ^= (char)(1 << dice_below(&sim.dice, 8));
	if (one_in(3))
		frame->count = dice_below(&sim.dice, (uint32_t)frame->count + 1);
}

static void talk_nonsense(void)
{
	const struct client *client = &actors.clients[dice_below(&sim.dice, CLIENTS)];
	struct pd_buffer frame = {0};
	struct pd_message message = {.type = PD_MSG_ok, .request = ++actors.requests};
	static const char unknown[] = "\x92\xcc\xff\x01"; /* [255, 1] */
	switch (dice_below(&sim.dice, 5)) {
	case 0: pd_encode(&message, &frame); break; /* only the broker says that */
	case 1: pd_buffer_add(&frame, unknown, sizeof unknown - 1); break;
	case 2: dice_fill(&sim.dice, pd_buffer_room(&frame, 40), 40); break;
	default:
		if (actors.old_count) {
			unsigned there = actors.old_count < OLD_MAX ? actors.old_count : OLD_MAX;
			const struct letter *old = &actors.old[dice_below(&sim.dice, there)];
			pd_buffer_add(&frame, old->data, old->bytes);
			spoil(&frame);
		}
	}
	net_send(client->peer, frame.data, frame.count, false);
	pd_buffer_fini(&frame);
}

/* What was sent long ago comes once more: a copy that lay somewhere, or a program that was never told. */
static void haunt(void)
{
	unsigned there = actors.old_count < OLD_MAX ? actors.old_count : OLD_MAX;
	if (there)
		send_letter(&actors.old[dice_below(&sim.dice, there)], false);
}

static void speak_of(void (*make)(const struct registry *registry, struct pd_message *command, uint32_t *actor))
{
	struct pd_message message;
	uint32_t actor = 0;
	make(registry(), &message, &actor);
	send_as(actor, &message);
}

void actors_act(void)
{
	if (!district_there(registry())) {
		if (one_in(6))
			open_district();
		return;
	}
	if (dice_permille(&sim.dice, sim.profile.registry_permille))
		return change_registry();
	if (sim.profile.notes && one_in(8))
		return note_much();
	static const unsigned weights[] = {30, 55, 8, 4, 3, 8, 15, 8, 2};
	switch (dice_weighted(&sim.dice, weights, sizeof weights / sizeof weights[0])) {
	case 0:
		if (open_lives() >= OPEN_MAX)
			break;
		if (one_in(6))
			record_one();
		else
			submit_one();
		break;
	case 1: move_one(); break;
	case 2: ask(); break;
	case 3: speak_of_session(); break;
	case 4: talk_nonsense(); break;
	case 5: haunt(); break;
	case 6: speak_of(bulletin_make); break;
	case 7: speak_of(lists_make); break;
	default: speak_of(modes_make); break;
	}
}
