#include "answers.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "codec.h"
#include "id.h"
#include "lists.h"
#include "model.h"
#include "pushes.h"
#include "sim.h"
#include "tally.h"
#include "threads.h"
#include "ticks.h"
#include "trace.h"

static struct {
	struct expectation *expectations; /* oldest first */
	uint64_t turns;
	uint64_t promised_seq;
	unsigned bad_frames;
	struct pd_decoder *decoder, *inner;
} answers;

void answers_init(void)
{
	answers_fini();
	answers.decoder = pd_decoder_new();
	answers.inner = pd_decoder_new();
	if (!answers.decoder || !answers.inner)
		trace_system("memory");
}

void answers_fini(void)
{
	answers_forget_all();
	pd_decoder_free(answers.decoder);
	pd_decoder_free(answers.inner);
	memset(&answers, 0, sizeof answers);
}

/* A query that has come before and was not answered yet: its answers cannot be told apart. */
static bool expect_again(const struct expectation *again)
{
	struct expectation *e = answers.expectations;
	while (e && (e->peer != again->peer || e->request != again->request || e->type != again->type || e->met))
		e = e->next;
	if (!e)
		return false;
	struct expectation before = *e;
	if (again->wanted != WANT_REFUSAL)
		*e = *again;
	e->turn = before.turn;
	e->next = before.next;
	e->copies = before.copies + 1;
	e->owed = before.session ? before.owed + 1 : 1;
	e->session = again->session;
	e->doubled = true;
	e->exact = false;
	if (before.looked_seq < e->looked_seq)
		e->looked_seq = before.looked_seq;
	if (before.wanted != WANT_REFUSAL && before.version < e->version)
		e->version = before.version;
	for (int i = 0; i < 2; i++)
		e->reasons.bits[i] = before.reasons.bits[i] | again->reasons.bits[i];
	return true;
}

void answers_expect(const struct expectation *expectation)
{
	if (pd_message_info(expectation->type)->role == PD_QUERY && expect_again(expectation))
		return;
	struct expectation *kept = malloc(sizeof *kept), **end = &answers.expectations;
	if (!kept)
		trace_system("memory");
	while (*end)
		end = &(*end)->next;
	*kept = *expectation;
	kept->owed = 1;
	kept->turn = ++answers.turns;
	*end = kept;
}

void answers_expect_refusal_of_frame(void)
{
	answers.bad_frames++;
}

/* An answer that is not owed may come all the same: a read may be under way, and the peer have a session again. */
void answers_forget_peer(uint32_t peer)
{
	for (struct expectation *e = answers.expectations; e; e = e->next)
		if (e->peer == peer)
			e->session = NULL;
	pushes_forget(peer);
}

void answers_look_at_sessions(void)
{
	for (struct expectation *e = answers.expectations; e; e = e->next)
		if (e->session && sessions_find(&sim.front->sessions, e->peer) != e->session)
			e->session = NULL;
}

void answers_forget_all(void)
{
	while (answers.expectations) {
		struct expectation *expectation = answers.expectations;
		answers.expectations = expectation->next;
		free(expectation);
	}
	answers.bad_frames = 0;
}

uint64_t answers_promised_seq(void)
{
	return answers.promised_seq;
}

/* ---- matching ---- */

void answers_demand_durable(uint64_t seq, const char *what)
{
	if (seq > threads_durable_seq())
		trace_fail("%s tells of event %" PRIu64 ", but only %" PRIu64 " are on disk", what, seq,
			   threads_durable_seq());
	if (seq > answers.promised_seq)
		answers.promised_seq = seq;
}

/* Who lost against somebody else is told where the order stands, and who has it. */
static bool names_rightly(const struct expectation *e, const struct said *said)
{
	if (said->code != PD_REFUSED_stale && said->code != PD_REFUSED_taken)
		return true;
	return said->version == e->version && (said->code == PD_REFUSED_stale || said->person == e->acceptor);
}

static bool fits(const struct expectation *e, const struct said *said)
{
	if (said->turn < e->turn)
		return false;
	switch (said->type) {
	case PD_MSG_ok:
		return (e->wanted == WANT_OK || e->wanted == WANT_EITHER) && said->seq == e->seq &&
		       said->version == e->version;
	case PD_MSG_refused: return reasons_have(&e->reasons, said->code) && names_rightly(e, said);
	case PD_MSG_welcome: return e->wanted == WANT_WELCOME;
	case PD_MSG_pong: return e->wanted == WANT_PONG;
	case PD_MSG_imported: return e->wanted == WANT_IMPORTED && said->seq == e->seq;
	case PD_MSG_stats:
	case PD_MSG_counts:
	case PD_MSG_digest: return e->wanted == WANT_ONE;
	case PD_MSG_route: return e->type == PD_MSG_explain_route; /* the steps before the one that is refused, too */
	default: return e->wanted == WANT_ROWS;
	}
}

static int describe_reasons(const struct expectation *e, char text[static 200], int used)
{
	for (unsigned code = 1; code < 128 && used < 160; code++)
		if (reasons_have(&e->reasons, code))
			used += snprintf(text + used, 200 - (size_t)used, "%s, ", pd_refusal_info(code)->name);
	return used;
}

static const char *describe(const struct expectation *e, char text[static 200])
{
	if (!e)
		return "nothing is expected";
	int used = snprintf(text, 200, "expected for %s: ", pd_message_info(e->type)->name);
	if (e->wanted == WANT_OK)
		snprintf(text + used, 200 - (size_t)used, "ok with seq %" PRIu64 " and version %" PRIu32 "%s", e->seq,
			 e->version, e->repeat ? ", for it is a repeat" : "");
	else if (reasons_any(&e->reasons))
		used = describe_reasons(e, text, used);
	if (e->version && e->wanted == WANT_REFUSAL)
		snprintf(text + used, 200 - (size_t)used, "at version %" PRIu32, e->version);
	return text;
}

static _Noreturn void unexpected(uint32_t peer, const struct pd_message *reply, const struct expectation *e)
{
	char wanted[200], got[300] = "";
	if (reply->type == PD_MSG_ok)
		snprintf(got, sizeof got, " seq %" PRIu64 " version %" PRIu32, reply->ok.seq, reply->ok.version);
	else if (reply->type == PD_MSG_refused)
		snprintf(got, sizeof got, " %.*s, %.*s, version %" PRIu32 ", person %" PRIu32,
			 (int)reply->refused.name.bytes, reply->refused.name.data, (int)reply->refused.detail.bytes,
			 reply->refused.detail.data, reply->refused.version, reply->refused.person);
	trace_fail("peer %" PRIu32 ", request %" PRIu64 " is answered %s%s; %s", peer, reply->request,
		   pd_message_info(reply->type)->name, got, describe(e, wanted));
}

/* ---- which reply is for which message ----
 *
 * A message may have come several times, and the replies to it leave in any order, for some of them wait for the disk:
 * which of them is for which time cannot be known. But each must be for one time, and for another than the rest. What
 * an expectation is said to be met by is one possibility of that; when a later reply fits nowhere else, it goes to
 * another. Hence those of one peer and request are kept until all of them are met. What a reply brings about (granted,
 * session_answered) is the same whichever time it is for.
 */

static struct said said_by(const struct pd_message *reply)
{
	struct said said = {.turn = ++answers.turns, .type = reply->type};
	if (reply->type == PD_MSG_ok) {
		said.seq = reply->ok.seq;
		said.version = reply->ok.version;
	} else if (reply->type == PD_MSG_refused) {
		said.code = reply->refused.code;
		said.version = reply->refused.version;
		said.person = reply->refused.person;
	} else if (reply->type == PD_MSG_imported) {
		said.seq = reply->imported.seq;
	}
	return said;
}

static bool is_of(const struct expectation *e, uint32_t peer, uint64_t request)
{
	return e->peer == peer && e->request == request;
}

/* All that it waits for has come, or one of the copies of a query is answered. */
static void meet(struct expectation *e, const struct said *said)
{
	if (e->copies > 0) {
		e->copies--;
		e->owed -= e->owed > 0;
		e->rows = e->story_version = e->listings = 0;
		e->after_seq = e->begin_seq;
		e->after_id = e->begin_id;
		return;
	}
	e->met = true;
	e->by = *said;
}

static bool is_owed(const struct expectation *e)
{
	return e->session && e->owed;
}

/* The oldest open expectation that the reply fits; rather one that is owed. */
static struct expectation *find_open(uint32_t peer, uint64_t request, const struct said *said)
{
	struct expectation *open = NULL;
	for (struct expectation *e = answers.expectations; e; e = e->next)
		if (is_of(e, peer, request) && !e->met && fits(e, said) && (!open || (is_owed(e) && !is_owed(open))))
			open = e;
	return open;
}

/* The same; where there is none, one becomes open when what has met it goes to another. */
static struct expectation *find_room(uint32_t peer, uint64_t request, const struct said *said)
{
	struct expectation *open = find_open(peer, request, said);
	for (struct expectation *e = answers.expectations; e && !open; e = e->next) {
		if (!is_of(e, peer, request) || e->tried == answers.turns || !fits(e, said))
			continue;
		e->tried = answers.turns;
		struct expectation *other = find_room(peer, request, &e->by);
		if (!other)
			continue;
		meet(other, &e->by);
		e->met = false;
		open = e;
	}
	return open;
}

/* An open expectation takes what has met another that nobody owes any more, or that can take from another in turn. */
static bool get_from_another(struct expectation *open)
{
	for (struct expectation *e = answers.expectations; e; e = e->next) {
		if (!is_of(e, open->peer, open->request) || e->tried == answers.turns || !e->met || !fits(open, &e->by))
			continue;
		e->tried = answers.turns;
		struct said by = e->by;
		e->met = false;
		if (is_owed(e) && !get_from_another(e)) {
			e->met = true;
			continue;
		}
		meet(open, &by);
		return true;
	}
	return false;
}

void answers_check_none_owed(void)
{
	answers_look_at_sessions();
	for (struct expectation *e = answers.expectations; e; e = e->next) {
		answers.turns++;
		if (is_owed(e) && !e->met && !get_from_another(e))
			trace_fail("peer %" PRIu32 " was never answered: %s, request %" PRIu64, e->peer,
				   pd_message_info(e->type)->name, e->request);
	}
}

/* One of the same request, to be named when there is none that fits. */
static const struct expectation *find_near(uint32_t peer, uint64_t request)
{
	const struct expectation *near = NULL;
	for (const struct expectation *e = answers.expectations; e; e = e->next)
		if (is_of(e, peer, request) && (!near || near->met))
			near = e;
	return near;
}

static void forget_if_all_met(uint32_t peer, uint64_t request)
{
	for (const struct expectation *e = answers.expectations; e; e = e->next)
		if (is_of(e, peer, request) && !e->met)
			return;
	for (struct expectation **link = &answers.expectations; *link;) {
		struct expectation *e = *link;
		if (!is_of(e, peer, request)) {
			link = &e->next;
			continue;
		}
		*link = e->next;
		free(e);
	}
}

/* ---- replies ---- */

/* At most one acceptance is in force: between two that were promised the order must have waited again. */
static void granted(const struct expectation *e)
{
	struct life *life = model_find(&e->order);
	if (!life)
		trace_fail("an acceptance was granted of an order that is not there");
	uint32_t a = life->granted_version, b = e->version;
	if (a == b && life->granted_actor != e->actor)
		trace_fail("version %" PRIu32 " was granted to person %" PRIu32 " and to person %" PRIu32, a,
			   life->granted_actor, e->actor);
	bool waited = a == 0 || a == b;
	for (uint32_t v = (a < b ? a : b) + 1; v < (a < b ? b : a); v++)
		waited |= life->versions[v - 1].state == PD_STATE_waiting;
	if (!waited)
		trace_fail("two acceptances are in force: version %" PRIu32 " by person %" PRIu32 ", version %" PRIu32
			   " by person %" PRIu32,
			   a, life->granted_actor, b, e->actor);
	if (b > a) {
		life->granted_version = b;
		life->granted_actor = e->actor;
	}
}

static void session_answered(const struct expectation *e)
{
	if (e->type == PD_MSG_bye || e->type == PD_MSG_hello)
		pushes_forget(e->peer);
	if (e->type == PD_MSG_hello)
		pushes_greeted(e->peer, e->person);
	else if (e->type == PD_MSG_work)
		pushes_credit(e->peer, e->area, e->credit);
}

static void check_ok(const struct expectation *e, uint64_t seq)
{
	answers_demand_durable(seq, "an ok");
	session_answered(e);
	if (e->repeat)
		tally_add(e->looked_back ? TALLY_LOOKED_BACK : TALLY_REPEATED);
	if (e->type == PD_MSG_accept)
		granted(e);
}

/* ---- answers to queries ---- */

enum { GOES_ON = 1 << PD_STATE_waiting | 1 << PD_STATE_accepted | 1 << PD_STATE_suspended };

static bool same_into(const struct pd_order *o, const struct version *v)
{
	if (v->state != PD_STATE_merged)
		return o->merged_into.bytes == 0;
	return o->merged_into.bytes == sizeof v->into && memcmp(o->merged_into.data, &v->into, sizeof v->into) == 0;
}

static void check_order(struct expectation *e, const struct pd_order *o)
{
	const struct life *life = model_find(&o->order);
	if (!life || o->version > life->count)
		trace_fail("an order is told of at version %" PRIu32 " that is not there", o->version);
	const struct version *v = &life->versions[o->version - 1];
	bool same = o->state == v->state && o->holder == v->holder && o->area == v->area &&
		    o->requester == life->requester && o->household == life->household &&
		    o->category == life->category && o->urgency == life->urgency && o->attempt == v->attempt &&
		    o->acceptor == v->acceptor && o->rating == v->rating && o->submitted_ms == life->submitted_ms &&
		    o->waiting_ms == v->waiting_ms && o->accepted_ms == v->accepted_ms &&
		    o->completed_ms == v->completed_ms && o->ended_ms == v->ended_ms && o->due_ms == v->due_ms &&
		    o->seq == life->versions[0].seq && o->last_seq == v->seq && o->late == v->late &&
		    o->duplicate == life->duplicate && o->step == v->step && o->stuck == v->stuck &&
		    o->left_s == v->left_s && o->lon_e7 == life->lon_e7 && o->lat_e7 == life->lat_e7 &&
		    o->urges == v->urges && same_into(o, v);
	if (!same)
		trace_fail("an order is told of otherwise than it was at version %" PRIu32, o->version);
	answers_demand_durable(o->last_seq, "an order");
	if (e->type == PD_MSG_get_order && (e->exact ? o->version != e->version : o->version < e->version))
		trace_fail("an order is told of at version %" PRIu32 ", it was at %" PRIu32, o->version, e->version);
	if (e->type == PD_MSG_get_order && e->exact &&
	    (o->followers != e->followers.count || o->endorsements != e->followers.endorsements ||
	     o->endorsed_stars != e->followers.stars))
		trace_fail("an order is told of with %" PRIu32 " followers, it has %" PRIu32, o->followers,
			   e->followers.count);
	if (e->type == PD_MSG_list_similar && !e->doubled &&
	    (o->category != e->category || !(GOES_ON & 1u << o->state)))
		trace_fail("an order is called similar that is not");
	if (e->type == PD_MSG_list_away && o->holder == o->area)
		trace_fail("an order is called away that is at home");
	if (e->type == PD_MSG_list_orders && !e->doubled &&
	    ((e->requester && e->requester != o->requester) || (e->state && e->state != o->state)))
		trace_fail("a list has an order that it should not have");
}

static void check_past(struct expectation *e, struct pd_slice bytes)
{
	struct pd_message event;
	struct pd_fault fault;
	size_t off = 0;
	pd_decoder_reset(answers.inner);
	if (pd_decode(answers.inner, bytes.data, bytes.bytes, &off, &event, &fault) || off != bytes.bytes)
		trace_fail("a past event cannot be read: %s", fault.detail);
	bool same = e->type == PD_MSG_list_setup
			    ? model_plain_hash(&event) == model_event_plain_hash(event.request)
			    : sim_hash(0, bytes.data, bytes.bytes) == model_event_hash(event.request);
	if (!same)
		trace_fail("past event %" PRIu64 " is not the one that happened", event.request);
	answers_demand_durable(event.request, "a past event");
	if (e->type == PD_MSG_get_order) {
		const struct pd_order_event *common = &event.order_event;
		if (common->version != ++e->story_version || memcmp(&common->order, &e->order, sizeof e->order) != 0)
			trace_fail("a story has version %" PRIu32 " where version %" PRIu32 " should stand",
				   common->version, e->story_version);
		return;
	}
	if (e->type == PD_MSG_list_setup) {
		uint32_t id = event.area_set.area;
		if (registry_kind_of(event.type) != registry_kind_of(e->setup) || id <= e->after_id)
			trace_fail("%s %" PRIu32 " is listed after %" PRIu32, pd_message_info(event.type)->name, id,
				   e->after_id);
		e->after_id = id;
		return;
	}
	if (e->all_events ? event.request != e->after_seq + 1 : event.request <= e->after_seq)
		trace_fail("event %" PRIu64 " is read after event %" PRIu64, event.request, e->after_seq);
	e->after_seq = event.request;
}

static void check_route(const struct expectation *e, const struct pd_route *route)
{
	bool told = route->step <= PD_route_step_desk &&
		    (route->why == PD_route_why_decided || route->why == PD_route_why_border);
	if (told && !e->doubled && route->area != e->area)
		trace_fail("a route leads to area %" PRIu32 ", it should lead to %" PRIu32, route->area, e->area);
}

/* ---- what is told of lists ---- */

static bool is_wanted(uint8_t wanted, uint8_t is)
{
	return wanted == 0 || wanted == is;
}

static void check_listing(struct expectation *e, const struct pd_listing *told)
{
	answers_demand_durable(lists_was(told, e->looked_seq), "a listing");
	e->listings++;
	if (e->type == PD_MSG_list_listings && !e->doubled &&
	    (!is_wanted(e->listing.side, told->side) || !is_wanted(e->listing.kind, told->kind) ||
	     !is_wanted(e->listing.state, told->state)))
		trace_fail("a listing is told of that was not asked for");
}

static void check_claim(const struct expectation *e, const struct pd_claim_row *told)
{
	answers_demand_durable(lists_claim_was(told, e->looked_seq), "a claim");
	if (memcmp(&told->listing, &e->order, sizeof e->order) != 0 &&
	    memcmp(&told->other, &e->order, sizeof e->order) != 0)
		trace_fail("a claim of another listing is told of");
}

static void check_effect(const struct expectation *e, const struct pd_effect *told)
{
	const struct pd_effect *wanted = &e->effect;
	if (!e->doubled && told->area == wanted->area && memcmp(told, wanted, sizeof *told) != 0)
		trace_fail("a plan is said to change %" PRIu32 " of %" PRIu32 " orders, it should be %" PRIu32
			   " of %" PRIu32,
			   told->changed, told->open, wanted->changed, wanted->open);
}

static void check_list_counts(const struct expectation *e, const struct pd_listing_counts *told)
{
	if (!e->doubled && told->area == e->area)
		lists_compare(&e->counts, told);
}

static void check_row(struct expectation *e, const struct pd_message *reply)
{
	e->rows++;
	if (reply->type == PD_MSG_order)
		check_order(e, &reply->order);
	else if (reply->type == PD_MSG_past)
		check_past(e, reply->past.event);
	else if (reply->type == PD_MSG_route)
		check_route(e, &reply->route);
	else if (reply->type == PD_MSG_listing)
		check_listing(e, &reply->listing);
	else if (reply->type == PD_MSG_effect)
		check_effect(e, &reply->effect);
	else if (reply->type == PD_MSG_claim_row)
		check_claim(e, &reply->claim_row);
	else if (reply->type == PD_MSG_listing_counts)
		check_list_counts(e, &reply->listing_counts);
}

static void check_end(const struct expectation *e, const struct pd_end *end)
{
	answers_demand_durable(end->seq, "an end");
	if (end->count != e->rows || (e->limit && e->rows > e->limit))
		trace_fail("the end of %s counts %" PRIu32 " rows, there were %" PRIu32 ", asked for were %" PRIu32,
			   pd_message_info(e->type)->name, end->count, e->rows, e->limit);
	if (e->story && e->story_version + 1 != e->rows)
		trace_fail("a story of %" PRIu32 " events has %" PRIu32 " rows", e->story_version, e->rows);
	if (e->type == PD_MSG_list_matches && !e->doubled && e->listings != 1 + e->matches)
		trace_fail("%" PRIu32 " listings are said to fit, it should be %" PRIu32, e->listings - 1, e->matches);
}

static uint64_t seq_of(const struct pd_message *reply)
{
	switch (reply->type) {
	case PD_MSG_stats: return reply->stats.seq;
	case PD_MSG_counts: return reply->counts.seq;
	default: return reply->digest.seq;
	}
}

static void check_counts(const struct expectation *e, const struct pd_counts *counts)
{
	uint64_t sum = 0;
	for (uint32_t i = 0; i < counts->states.count; i++)
		sum += counts->states.values[i];
	if (sum != counts->orders || (!e->doubled && counts->requester != e->requester))
		trace_fail("%" PRIu64 " orders are counted, %" PRIu64 " by state", counts->orders, sum);
}

static void check_one(const struct expectation *e, const struct pd_message *reply)
{
	answers_demand_durable(seq_of(reply), pd_message_info(reply->type)->name);
	if (reply->type == PD_MSG_counts)
		check_counts(e, &reply->counts);
	if (reply->type == PD_MSG_stats && e->area == 0 && !e->doubled &&
	    (reply->stats.waiting != e->waiting || reply->stats.working != e->working))
		trace_fail("stats tell of %" PRIu64 " waiting and %" PRIu64 " accepted, there were %" PRIu64
			   " and %" PRIu64,
			   reply->stats.waiting, reply->stats.working, e->waiting, e->working);
}

/* ---- any reply ---- */

/* Whether it is right, and the last for this message: what follows rows is their end. */
static bool check_reply(struct expectation *e, const struct pd_message *reply)
{
	switch (reply->type) {
	case PD_MSG_refused:
		if (e->type == PD_MSG_import_commit)
			tally_add(TALLY_IMPORT_REFUSED);
		return true;
	case PD_MSG_ok: check_ok(e, reply->ok.seq); break;
	case PD_MSG_imported: answers_demand_durable(reply->imported.seq, "an import"); break;
	case PD_MSG_pong: break;
	case PD_MSG_welcome:
		answers_demand_durable(reply->welcome.seq, "a welcome");
		session_answered(e);
		break;
	case PD_MSG_stats:
	case PD_MSG_counts:
	case PD_MSG_digest: check_one(e, reply); break;
	case PD_MSG_end: check_end(e, &reply->end); break;
	default: check_row(e, reply); return false;
	}
	tally_answer(e->type);
	return true;
}

/* What could not be read is refused, and a connection is tried by a pong. */
static bool take_unasked(const struct pd_message *reply)
{
	bool of_frame = reply->type == PD_MSG_refused && (reply->refused.code < PD_REFUSED_not_a_command ||
							  reply->refused.code == PD_REFUSED_bad_identity);
	if (of_frame && answers.bad_frames) {
		answers.bad_frames--;
		return true;
	}
	return reply->type == PD_MSG_pong && reply->request == 0;
}

static void take_reply(uint32_t peer, const struct pd_message *reply)
{
	struct said said = said_by(reply);
	struct expectation *e = find_room(peer, reply->request, &said);
	if (reply->type == PD_MSG_refused)
		tally_refusal(reply->refused.code);
	if (!e && take_unasked(reply))
		return;
	if (!e)
		unexpected(peer, reply, find_near(peer, reply->request));
	if (!check_reply(e, reply))
		return;
	meet(e, &said);
	forget_if_all_met(peer, reply->request);
}

/* ---- leaving ---- */

static void trace_message(uint32_t peer, const struct pd_message *message)
{
	const char *name = pd_message_info(message->type)->name;
	if (message->type == PD_MSG_ok)
		trace_line("to peer %" PRIu32 ": %s %" PRIu64 ", seq %" PRIu64 " version %" PRIu32, peer, name,
			   message->request, message->ok.seq, message->ok.version);
	else if (message->type == PD_MSG_refused)
		trace_line("to peer %" PRIu32 ": %s %" PRIu64 " as %.*s", peer, name, message->request,
			   (int)message->refused.name.bytes, message->refused.name.data);
	else if (message->type != PD_MSG_past)
		trace_line("to peer %" PRIu32 ": %s %" PRIu64, peer, name, message->request);
}

/* Nobody is told of a notice that a crash could take back. */
static void take_notice(const struct pd_notice_push *push)
{
	struct pd_message notified;
	struct pd_fault fault;
	size_t off = 0;
	pd_decoder_reset(answers.inner);
	if (pd_decode(answers.inner, push->notified.data, push->notified.bytes, &off, &notified, &fault) ||
	    notified.type != PD_MSG_notified)
		trace_fail("a notice that is told cannot be read");
	answers_demand_durable(notified.request, "a notice");
}

void answers_leave(uint32_t peer, const void *data, size_t bytes)
{
	if (bytes > PD_FRAME_BYTES_MAX)
		trace_fail("a frame of %zu bytes leaves for peer %" PRIu32 "; %d are the most", bytes, peer,
			   PD_FRAME_BYTES_MAX);
	for (size_t off = 0; off < bytes;) {
		struct pd_message message;
		struct pd_fault fault;
		pd_decoder_reset(answers.decoder);
		if (pd_decode(answers.decoder, data, bytes, &off, &message, &fault))
			trace_fail("what leaves cannot be read: %s", fault.detail);
		trace_message(peer, &message);
		switch (pd_message_info(message.type)->role) {
		case PD_REPLY: take_reply(peer, &message); break;
		case PD_PUSH:
			if (message.type == PD_MSG_push)
				pushes_leave(peer, &message.push);
			else if (message.type == PD_MSG_warned)
				ticks_warned(peer, &message.warned);
			else if (message.type == PD_MSG_moved)
				pushes_told(peer, message.moved.event);
			else if (message.type == PD_MSG_notice_push)
				take_notice(&message.notice_push);
			break;
		default: trace_fail("a %s leaves for peer %" PRIu32, pd_message_info(message.type)->name, peer);
		}
	}
}
