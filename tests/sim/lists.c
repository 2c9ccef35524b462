#include "lists.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core.h"
#include "district.h"
#include "id.h"
#include "listings.h"
#include "model.h"
#include "sim.h"
#include "trace.h"

enum { OPEN_MAX = 12 };

/* An event that has happened. */
struct happened {
	enum pd_type type;
	uint64_t seq, time_ms, from_ms, until_ms, said;
	struct pd_id listing, claim, other;
	uint32_t actor, area, by, quantity;
	uint32_t ends; /* of fulfilled: how much was claimed */
	uint8_t side, kind;
	bool expired;
};

static struct {
	struct happened *events;
	size_t count, capacity;
} lists;

void lists_init(void)
{
	lists_fini();
}

void lists_fini(void)
{
	free(lists.events);
	memset(&lists, 0, sizeof lists);
}

void lists_cut(uint64_t seq)
{
	while (lists.count && lists.events[lists.count - 1].seq > seq)
		lists.count--;
}

static bool same_id(const struct pd_id *a, const struct pd_id *b)
{
	return memcmp(a, b, sizeof *a) == 0;
}

static bool is_named(const struct pd_id *id)
{
	static const struct pd_id none;
	return !same_id(id, &none);
}

static uint64_t said_of(struct pd_slice words, uint32_t number)
{
	return sim_hash(sim_hash(0, &number, sizeof number), words.data, words.bytes);
}

/* ---- what a listing and a claim are at ---- */

struct claim_stand {
	const struct happened *claimed, *ended; /* null: not */
};

static struct claim_stand claim_at(const struct pd_id *listing, const struct pd_id *claim, uint64_t seq)
{
	struct claim_stand stand = {0};
	for (size_t i = 0; i < lists.count && lists.events[i].seq <= seq; i++) {
		const struct happened *h = &lists.events[i];
		if (!same_id(&h->listing, listing) || !same_id(&h->claim, claim))
			continue;
		stand.claimed = h->type == PD_MSG_claimed ? h : stand.claimed;
		stand.ended = h->type == PD_MSG_fulfilled ? h : stand.ended;
	}
	return stand;
}

struct stand {
	const struct happened *listed, *over; /* null: not */
	uint32_t claimed, fulfilled, left;
	uint64_t last_seq;
};

/* After event seq. */
static struct stand stand_at(const struct pd_id *id, uint64_t seq)
{
	struct stand stand = {0};
	for (size_t i = 0; i < lists.count && lists.events[i].seq <= seq; i++) {
		const struct happened *h = &lists.events[i];
		if (!same_id(&h->listing, id) && !(is_named(&h->other) && same_id(&h->other, id)))
			continue;
		stand.last_seq = h->seq;
		switch (h->type) {
		case PD_MSG_listed: stand.listed = h; break;
		case PD_MSG_withdrawn: stand.over = h; break;
		case PD_MSG_claimed: stand.claimed += h->quantity; break;
		default: stand.claimed -= h->ends; stand.fulfilled += h->quantity;
		}
	}
	if (stand.listed && !stand.over)
		stand.left = stand.listed->quantity - stand.claimed - stand.fulfilled;
	return stand;
}

static struct stand stand_of(const struct pd_id *id)
{
	return stand_at(id, UINT64_MAX);
}

static unsigned state_of(const struct stand *stand)
{
	if (stand->left)
		return PD_listing_state_open;
	if (stand->claimed)
		return PD_listing_state_claimed;
	if (!stand->over)
		return PD_listing_state_fulfilled;
	return stand->over->expired ? PD_listing_state_expired : PD_listing_state_withdrawn;
}

static bool is_past(const struct stand *stand, uint64_t now_ms)
{
	return stand->listed->until_ms && stand->listed->until_ms <= now_ms;
}

/* Whether the listings fit each other: one is offered, one needed, of one kind, at one time. */
static bool fit(const struct happened *a, const struct happened *b)
{
	uint64_t from_ms = a->from_ms > b->from_ms ? a->from_ms : b->from_ms;
	uint64_t a_until_ms = a->until_ms ? a->until_ms : UINT64_MAX;
	uint64_t b_until_ms = b->until_ms ? b->until_ms : UINT64_MAX;
	return a != b && a->side != b->side && a->kind == b->kind && from_ms < a_until_ms && from_ms < b_until_ms;
}

/* ---- events ---- */

static void demand(bool holds, const struct pd_message *event, const char *what)
{
	char id[PD_ID_TEXT_BYTES];
	if (!holds)
		trace_fail("event %" PRIu64 ", %s of listing %s: %s", event->request,
			   pd_message_info(event->type)->name, pd_id_print(&event->listing_event.listing, id), what);
}

static bool in_use(const struct registry *registry, uint32_t id)
{
	const struct area *area = registry_area(registry, id);
	return area && !area->retired;
}

static void judge_listed(const struct registry *registry, const struct pd_message *event)
{
	const struct pd_listed *e = &event->listed;
	demand(!stand_of(&e->listing).listed, event, "there is one of this id");
	demand(in_use(registry, e->area), event, "its area is not in use");
	demand(model_works_for(registry, e->actor, e->area), event, "the actor does not work for its area");
	demand(e->until_ms == 0 || (e->until_ms > e->time_ms && e->until_ms > e->from_ms), event,
	       "its end is not to be had");
}

static void judge_claimed(const struct registry *registry, const struct pd_message *event, const struct stand *stand)
{
	const struct pd_claimed *e = &event->claimed;
	demand(!is_past(stand, e->time_ms), event, "its time has passed");
	demand(e->quantity <= stand->left && e->left == stand->left - e->quantity, event, "so much of it is not left");
	demand(!claim_at(&e->listing, &e->claim, UINT64_MAX).claimed, event, "it is claimed by this id already");
	demand(in_use(registry, e->by) && model_works_for(registry, e->actor, e->by), event,
	       "the actor does not work for an area that claims");
	if (!is_named(&e->other))
		return;
	struct stand other = stand_of(&e->other);
	demand(other.listed && fit(stand->listed, other.listed), event, "the two do not fit");
	demand(other.listed->area == e->by, event, "the other one is of another area");
	demand(!is_past(&other, e->time_ms) && e->quantity <= other.left, event, "so much of the other is not left");
}

static void judge_fulfilled(const struct registry *registry, const struct pd_message *event, const struct stand *stand)
{
	const struct pd_fulfilled *e = &event->fulfilled;
	struct claim_stand claim = claim_at(&e->listing, &e->claim, UINT64_MAX);
	demand(claim.claimed && !claim.ended, event, "there is no such claim that goes on");
	demand(e->quantity <= claim.claimed->quantity, event, "more is done than was claimed");
	demand(e->by == claim.claimed->by && same_id(&e->other, &claim.claimed->other), event,
	       "it ends another claim than was made");
	demand(model_works_for(registry, e->actor, e->by) || model_works_for(registry, e->actor, e->area), event,
	       "the actor works for neither side");
	uint32_t back = stand->over ? 0 : claim.claimed->quantity - e->quantity;
	demand(e->left == stand->left + back, event, "something else is left");
}

static void judge_withdrawn(const struct registry *registry, const struct pd_message *event, const struct stand *stand)
{
	const struct pd_withdrawn *e = &event->withdrawn;
	demand(stand->left && e->quantity == stand->left, event, "something else was left of it");
	demand(e->expired == is_past(stand, e->time_ms), event, "its time has passed, or has not");
	demand(e->expired ? e->actor == 0 : model_works_for(registry, e->actor, e->area), event,
	       "the actor does not work for its area");
}

static void judge(const struct registry *registry, const struct pd_message *event)
{
	struct stand stand = stand_of(&event->listing_event.listing);
	if (event->type == PD_MSG_listed)
		return judge_listed(registry, event);
	demand(stand.listed && stand.listed->area == event->listing_event.area, event, "there is none of this area");
	if (event->type == PD_MSG_claimed)
		judge_claimed(registry, event, &stand);
	else if (event->type == PD_MSG_fulfilled)
		judge_fulfilled(registry, event, &stand);
	else
		judge_withdrawn(registry, event, &stand);
}

static uint32_t quantity_of_claim(const struct pd_fulfilled *fulfilled)
{
	const struct happened *claimed = claim_at(&fulfilled->listing, &fulfilled->claim, UINT64_MAX).claimed;
	return claimed ? claimed->quantity : 0;
}

static struct happened happened_of(const struct pd_message *event)
{
	const struct pd_listing_event *e = &event->listing_event;
	struct happened h = {.type = event->type,
			     .seq = event->request,
			     .time_ms = e->time_ms,
			     .listing = e->listing,
			     .actor = e->actor,
			     .area = e->area};
	switch (event->type) {
	case PD_MSG_listed:
		h.side = event->listed.side;
		h.kind = event->listed.kind;
		h.quantity = event->listed.quantity;
		h.from_ms = event->listed.from_ms;
		h.until_ms = event->listed.until_ms;
		h.said = said_of(event->listed.text, 0);
		break;
	case PD_MSG_claimed:
		h.claim = event->claimed.claim;
		h.other = event->claimed.other;
		h.by = event->claimed.by;
		h.quantity = event->claimed.quantity;
		break;
	case PD_MSG_fulfilled:
		h.claim = event->fulfilled.claim;
		h.other = event->fulfilled.other;
		h.by = event->fulfilled.by;
		h.quantity = event->fulfilled.quantity;
		h.ends = quantity_of_claim(&event->fulfilled);
		h.said = said_of(event->fulfilled.result, 0);
		break;
	default:
		h.quantity = event->withdrawn.quantity;
		h.expired = event->withdrawn.expired;
		h.said = said_of(event->withdrawn.reason, 0);
	}
	return h;
}

void lists_event(const struct registry *registry, const struct pd_message *event)
{
	judge(registry, event);
	if (lists.count == lists.capacity) {
		lists.capacity = lists.capacity ? 2 * lists.capacity : 256;
		lists.events = realloc(lists.events, lists.capacity * sizeof *lists.events);
		if (!lists.events)
			trace_system("memory");
	}
	lists.events[lists.count++] = happened_of(event);
}

/* ---- the clock ---- */

void lists_due(const struct pd_message *event, uint64_t now_ms)
{
	struct stand stand = stand_of(&event->withdrawn.listing);
	demand(stand.listed && event->withdrawn.expired && is_past(&stand, now_ms), event, "it is not due");
}

void lists_check_none_due(uint64_t now_ms)
{
	for (size_t i = 0; i < lists.count; i++) {
		const struct happened *h = &lists.events[i];
		if (h->type != PD_MSG_listed || h->until_ms == 0 || h->until_ms > now_ms)
			continue;
		if (stand_of(&h->listing).left)
			trace_fail("of a listing until %" PRIu64 " something is left at %" PRIu64, h->until_ms, now_ms);
	}
}

/* ---- what is in memory ---- */

static void check_claims(const struct listing_entry *entry)
{
	for (size_t i = 0; i < lists.count; i++) {
		const struct happened *h = &lists.events[i];
		if (h->type != PD_MSG_claimed || !same_id(&h->listing, &entry->row.id))
			continue;
		const struct claim *claim = listing_claim(entry, &h->claim);
		const struct happened *ended = claim_at(&h->listing, &h->claim, UINT64_MAX).ended;
		if (!claim || claim->row.seq != h->seq || claim->row.by != h->by ||
		    claim->row.quantity != h->quantity || claim->row.actor != h->actor ||
		    claim->row.claimed_ms != h->time_ms || !same_id(&claim->row.other, &h->other) ||
		    claim->row.ended_seq != (ended ? ended->seq : 0) ||
		    claim->row.fulfilled != (ended ? ended->quantity : 0))
			trace_fail("the claim of event %" PRIu64 " is another in memory", h->seq);
	}
}

static void check_listing(const struct core *core, const struct happened *listed)
{
	const struct listing_entry *entry = core_listing(core, &listed->listing);
	struct stand stand = stand_of(&listed->listing);
	if (!entry && state_of(&stand) <= PD_listing_state_claimed)
		trace_fail("the listing of event %" PRIu64 " is not ended, and not in memory", listed->seq);
	if (!entry)
		return;
	const struct listing_row *row = &entry->row;
	if (row->seq != listed->seq || row->last_seq != stand.last_seq || row->quantity != listed->quantity ||
	    row->claimed != stand.claimed || row->fulfilled != stand.fulfilled || row->area != listed->area ||
	    row->actor != listed->actor || row->side != listed->side || row->kind != listed->kind ||
	    row->from_ms != listed->from_ms || row->until_ms != listed->until_ms || row->listed_ms != listed->time_ms ||
	    row->over_seq != (stand.over ? stand.over->seq : 0) || listing_left(row) != stand.left ||
	    listing_state(row) != state_of(&stand))
		trace_fail("the listing of event %" PRIu64 " is another in memory", listed->seq);
	check_claims(entry);
}

static void count_event(const struct happened *h, struct pd_listing_counts *counts)
{
	bool open = h->type == PD_MSG_listed && stand_of(&h->listing).left;
	counts->offered += h->type == PD_MSG_listed && h->side == PD_listing_side_offer;
	counts->needed += h->type == PD_MSG_listed && h->side == PD_listing_side_need;
	counts->claimed += h->type == PD_MSG_claimed;
	counts->fulfilled += h->type == PD_MSG_fulfilled && h->quantity > 0;
	counts->failed += h->type == PD_MSG_fulfilled && h->quantity == 0;
	counts->withdrawn += h->type == PD_MSG_withdrawn && !h->expired;
	counts->expired += h->type == PD_MSG_withdrawn && h->expired;
	counts->open_offers += open && h->side == PD_listing_side_offer;
	counts->open_needs += open && h->side == PD_listing_side_need;
}

struct pd_listing_counts lists_counts(const struct registry *registry, uint32_t area)
{
	struct pd_listing_counts counts = {.area = area};
	for (size_t i = 0; i < lists.count; i++) {
		const struct area *at = registry_area(registry, lists.events[i].area);
		while (area && at && at->id != area)
			at = at->parent;
		if (at)
			count_event(&lists.events[i], &counts);
	}
	return counts;
}

void lists_compare(const struct pd_listing_counts *wanted, const struct pd_listing_counts *found)
{
	const uint64_t pairs[][2] = {{wanted->offered, found->offered},      {wanted->needed, found->needed},
				     {wanted->claimed, found->claimed},      {wanted->fulfilled, found->fulfilled},
				     {wanted->failed, found->failed},        {wanted->withdrawn, found->withdrawn},
				     {wanted->expired, found->expired},      {wanted->open_offers, found->open_offers},
				     {wanted->open_needs, found->open_needs}};
	for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
		if (pairs[i][0] != pairs[i][1])
			trace_fail("of the lists of area %" PRIu32 ", figure %zu is %" PRIu64 ", it should be %" PRIu64,
				   wanted->area, i, pairs[i][1], pairs[i][0]);
}

static void check_figures(const struct core *core, uint32_t area)
{
	const struct registry *registry = core_registry(core);
	struct pd_listing_counts wanted = lists_counts(registry, area);
	struct listing_counts counts;
	uint64_t open[PD_listing_side_need + 1];
	core_count_listings(core, area ? registry_area(registry, area) : NULL, &counts, open);
	struct pd_listing_counts found = {.offered = counts.offered,
					  .needed = counts.needed,
					  .claimed = counts.claimed,
					  .fulfilled = counts.fulfilled,
					  .failed = counts.failed,
					  .withdrawn = counts.withdrawn,
					  .expired = counts.expired,
					  .open_offers = open[PD_listing_side_offer],
					  .open_needs = open[PD_listing_side_need]};
	lists_compare(&wanted, &found);
}

void lists_check(const struct core *core)
{
	size_t count, there = 0;
	void *const *areas = registry_sorted(core_registry(core), REGISTRY_AREAS, &count);
	for (size_t i = 0; i < lists.count; i++) {
		if (lists.events[i].type != PD_MSG_listed)
			continue;
		check_listing(core, &lists.events[i]);
		there += core_listing(core, &lists.events[i].listing) != NULL;
	}
	if (there != core_listing_count(core))
		trace_fail("%zu listings are in memory, %zu of them have happened", core_listing_count(core), there);
	check_figures(core, 0);
	for (size_t i = 0; i < count; i++)
		check_figures(core, ((const struct area *)areas[i])->id);
}

/* ---- what a command must lead to ---- */

static void need_worker(struct command_look *look, uint32_t area)
{
	const struct area *there = registry_area(look->registry, area);
	look_refusable(look, !there, PD_REFUSED_unknown_area);
	look_refusable(look, there && there->retired, PD_REFUSED_retired);
	look_refusable(look, !model_works_for(look->registry, look->actor, area), PD_REFUSED_not_allowed);
}

static void look_at_put(struct command_look *look)
{
	const struct pd_put_listing *p = &look->command->put_listing;
	const struct happened *h = stand_of(&p->listing).listed;
	uint64_t from_ms = p->from_ms ? p->from_ms : look->now_ms;
	if (h && h->actor == look->actor && h->area == p->area && h->side == p->side && h->kind == p->kind &&
	    h->quantity == p->quantity && (p->from_ms == 0 || p->from_ms == h->from_ms) && h->until_ms == p->until_ms &&
	    h->said == said_of(p->text, 0)) {
		look->repeats = h->seq;
		return;
	}
	look_refusable(look, h != NULL, PD_REFUSED_listing_exists);
	look_refusable(look, !pd_id_valid(&p->listing), PD_REFUSED_bad_id);
	need_worker(look, p->area);
	look_refusable(look, p->until_ms && (p->until_ms <= from_ms || p->until_ms <= look->now_ms),
		       PD_REFUSED_bad_period);
	look_refusable(look, look->disk_low, PD_REFUSED_disk_full);
	look_become(look, PD_MSG_listed);
}

static void need_left(struct command_look *look, const struct stand *stand, uint32_t quantity)
{
	bool over = stand->left == 0 || is_past(stand, look->now_ms);
	look_refusable(look, over, PD_REFUSED_listing_over);
	look_refusable(look, quantity > stand->left, PD_REFUSED_not_left);
}

static void look_at_claim(struct command_look *look, const struct stand *stand)
{
	const struct pd_claim *c = &look->command->claim;
	const struct happened *h = claim_at(&c->listing, &c->claim, UINT64_MAX).claimed;
	if (h && h->actor == look->actor && h->by == c->by && h->quantity == c->quantity &&
	    same_id(&h->other, &c->other)) {
		look->repeats = h->seq;
		return;
	}
	look_refusable(look, h != NULL, PD_REFUSED_listing_exists);
	look_refusable(look, !pd_id_valid(&c->claim), PD_REFUSED_bad_id);
	need_worker(look, c->by);
	need_left(look, stand, c->quantity);
	if (is_named(&c->other)) {
		struct stand other = stand_of(&c->other);
		look_refusable(look, !other.listed, PD_REFUSED_unknown_listing);
		look_refusable(look, other.listed && (!fit(stand->listed, other.listed) || other.listed->area != c->by),
			       PD_REFUSED_bad_match);
		if (other.listed)
			need_left(look, &other, c->quantity);
	}
	look_become(look, PD_MSG_claimed);
}

static void look_at_fulfil(struct command_look *look, const struct stand *stand)
{
	const struct pd_fulfil *f = &look->command->fulfil;
	struct claim_stand claim = claim_at(&f->listing, &f->claim, UINT64_MAX);
	const struct happened *ended = claim.ended;
	if (ended && ended->actor == look->actor && ended->quantity == f->quantity &&
	    ended->said == said_of(f->result, 0)) {
		look->repeats = ended->seq;
		return;
	}
	look_refusable(look, !claim.claimed, PD_REFUSED_unknown_claim);
	look_refusable(look, ended != NULL, PD_REFUSED_listing_over);
	look_refusable(look, claim.claimed && f->quantity > claim.claimed->quantity, PD_REFUSED_not_left);
	look_refusable(look,
		       claim.claimed && !model_works_for(look->registry, look->actor, claim.claimed->by) &&
			       !model_works_for(look->registry, look->actor, stand->listed->area),
		       PD_REFUSED_not_allowed);
	look_become(look, PD_MSG_fulfilled);
}

static void look_at_withdraw(struct command_look *look, const struct stand *stand)
{
	const struct happened *over = stand->over;
	if (over && !over->expired && over->actor == look->actor &&
	    over->said == said_of(look->command->withdraw_listing.reason, 0)) {
		look->repeats = over->seq;
		return;
	}
	look_refusable(look, !model_works_for(look->registry, look->actor, stand->listed->area),
		       PD_REFUSED_not_allowed);
	look_refusable(look, stand->left == 0 || is_past(stand, look->now_ms), PD_REFUSED_listing_over);
	look_become(look, PD_MSG_withdrawn);
}

void lists_look(struct command_look *look)
{
	const struct pd_message *command = look->command;
	if (command->type == PD_MSG_put_listing)
		return look_at_put(look);
	struct stand stand = stand_of(&command->claim.listing); /* all begin alike */
	if (!stand.listed)
		return look_refusable(look, true, PD_REFUSED_unknown_listing);
	if (command->type == PD_MSG_claim)
		look_at_claim(look, &stand);
	else if (command->type == PD_MSG_fulfil)
		look_at_fulfil(look, &stand);
	else
		look_at_withdraw(look, &stand);
}

/* ---- what is told ---- */

bool lists_there(const struct pd_id *id)
{
	return stand_of(id).listed != NULL;
}

uint32_t lists_matches(const struct pd_id *id)
{
	struct stand stand = stand_of(id);
	bool goes_on = stand.listed && state_of(&stand) <= PD_listing_state_claimed;
	uint32_t matches = 0;
	for (size_t i = 0; i < lists.count && goes_on; i++) {
		const struct happened *h = &lists.events[i];
		matches += h->type == PD_MSG_listed && fit(stand.listed, h) && stand_of(&h->listing).left;
	}
	return matches;
}

static bool is_told(const struct pd_listing *told, const struct stand *stand)
{
	const struct happened *h = stand->listed;
	return h && told->area == h->area && told->side == h->side && told->kind == h->kind &&
	       told->state == state_of(stand) && told->quantity == h->quantity && told->left == stand->left &&
	       told->claimed == stand->claimed && told->fulfilled == stand->fulfilled && told->from_ms == h->from_ms &&
	       told->until_ms == h->until_ms && told->listed_ms == h->time_ms && told->actor == h->actor &&
	       told->seq == h->seq && said_of(told->text, 0) == h->said;
}

uint64_t lists_was(const struct pd_listing *told, uint64_t from_seq)
{
	char id[PD_ID_TEXT_BYTES];
	uint64_t was = 0;
	for (uint64_t seq = model_last_seq();;) {
		struct stand stand = stand_at(&told->listing, seq);
		if (is_told(told, &stand))
			was = stand.last_seq;
		if (stand.last_seq <= from_seq || stand.last_seq == 0)
			break;
		seq = stand.last_seq - 1;
	}
	if (!was)
		trace_fail("listing %s is told of otherwise than it was since event %" PRIu64,
			   pd_id_print(&told->listing, id), from_seq);
	return was;
}

uint64_t lists_claim_was(const struct pd_claim_row *told, uint64_t from_seq)
{
	struct claim_stand now = claim_at(&told->listing, &told->claim, UINT64_MAX);
	const struct happened *h = now.claimed, *ended = told->ended ? now.ended : NULL;
	bool same = h && told->by == h->by && told->quantity == h->quantity && told->actor == h->actor &&
		    told->claimed_ms == h->time_ms && same_id(&told->other, &h->other);
	bool ended_too = now.ended && now.ended->seq <= from_seq;
	if (!same || (told->ended ? !ended : ended_too) || told->fulfilled != (ended ? ended->quantity : 0) ||
	    (ended && said_of(told->result, 0) != ended->said))
		trace_fail("a claim is told of otherwise than it was since event %" PRIu64, from_seq);
	return ended ? ended->seq : h->seq;
}

/* ---- commands ---- */

static bool one_in(uint32_t n)
{
	return dice_below(&sim.dice, n) == 0;
}

static struct pd_id new_id(void)
{
	uint8_t random[10];
	dice_fill(&sim.dice, random, sizeof random);
	return pd_id_make(sim_wall_ms(), random);
}

static const struct happened *some(enum pd_type type, bool open)
{
	for (int i = 0; i < 40 && lists.count; i++) {
		const struct happened *h = &lists.events[dice_below(&sim.dice, (uint32_t)lists.count)];
		bool goes_on = h->type == PD_MSG_claimed ? !claim_at(&h->listing, &h->claim, UINT64_MAX).ended
							 : stand_of(&h->listing).left > 0;
		if (h->type == type && (!open || goes_on))
			return h;
	}
	return NULL;
}

bool lists_some(struct pd_id *id)
{
	const struct happened *h = some(PD_MSG_listed, one_in(2));
	if (h)
		*id = h->listing;
	return h != NULL;
}

static void make_put(const struct registry *registry, struct pd_put_listing *p, uint32_t *actor)
{
	uint64_t now_ms = sim_wall_ms();
	*p = (struct pd_put_listing){.listing = new_id(),
				     .side = (uint8_t)dice_between(&sim.dice, 1, 2),
				     .kind = (uint8_t)dice_between(&sim.dice, 1, one_in(4) ? 7 : 2),
				     .area = district_area(registry),
				     .text = pd_text(one_in(2) ? "a pair of hands" : "a van"),
				     .quantity = dice_between(&sim.dice, 1, 6)};
	if (one_in(3))
		p->from_ms = now_ms + dice_below(&sim.dice, SIM_DAY_MS) - SIM_DAY_MS / 2;
	if (one_in(2))
		p->until_ms = now_ms + dice_below(&sim.dice, 10 * SIM_DAY_MS);
	if (one_in(20))
		p->until_ms = now_ms - SIM_DAY_MS;
	const struct happened *other = one_in(12) ? some(PD_MSG_listed, false) : NULL;
	if (other)
		p->listing = other->listing;
	if (one_in(40))
		p->listing.bytes[6] = 0;
	*actor = one_in(2) ? 0 : district_person_of(registry, p->area);
}

/* The other one that fits it; null: none is found. */
static const struct happened *match_of(const struct happened *listed)
{
	for (size_t i = 0; i < lists.count; i++) {
		const struct happened *h = &lists.events[i];
		if (h->type == PD_MSG_listed && fit(listed, h) && stand_of(&h->listing).left && !one_in(3))
			return h;
	}
	return NULL;
}

static void make_claim(const struct registry *registry, const struct happened *listed, struct pd_claim *c,
		       uint32_t *actor)
{
	const struct happened *other = match_of(listed), *made = one_in(15) ? some(PD_MSG_claimed, false) : NULL;
	uint32_t left = stand_of(&listed->listing).left;
	if (one_in(10))
		other = some(PD_MSG_listed, !one_in(3));
	*c = (struct pd_claim){.listing = listed->listing,
			       .claim = made ? made->claim : new_id(),
			       .quantity = left && !one_in(10) ? dice_between(&sim.dice, 1, left) : left + 1,
			       .by = district_area(registry)};
	if (made && one_in(2))
		c->listing = made->listing;
	if (other && !one_in(3)) {
		c->other = other->listing;
		c->by = one_in(10) ? c->by : other->area;
	}
	if (one_in(30))
		c->other = new_id();
	if (one_in(40))
		c->claim.bytes[6] = 0;
	*actor = one_in(2) ? 0 : district_person_of(registry, c->by);
}

static void make_fulfil(const struct registry *registry, const struct happened *claim, struct pd_fulfil *f,
			uint32_t *actor)
{
	*f = (struct pd_fulfil){.listing = claim->listing,
				.claim = one_in(15) ? new_id() : claim->claim,
				.quantity = dice_below(&sim.dice, claim->quantity + 1) + one_in(20),
				.result = pd_text(one_in(2) ? "done" : "it rained")};
	*actor = one_in(2) ? 0 : district_person_of(registry, one_in(2) ? claim->by : claim->area);
}

static uint32_t open_listings(void)
{
	uint32_t open = 0;
	for (size_t i = 0; i < lists.count; i++)
		open += lists.events[i].type == PD_MSG_listed && stand_of(&lists.events[i].listing).left;
	return open;
}

void lists_make(const struct registry *registry, struct pd_message *command, uint32_t *actor)
{
	const struct happened *listed = some(PD_MSG_listed, !one_in(8));
	*command = (struct pd_message){.type = PD_MSG_put_listing};
	if (!listed || (open_listings() < OPEN_MAX && one_in(4)))
		return make_put(registry, &command->put_listing, actor);
	const struct happened *claim = one_in(2) ? some(PD_MSG_claimed, !one_in(6)) : NULL;
	if (claim) {
		command->type = PD_MSG_fulfil;
		return make_fulfil(registry, claim, &command->fulfil, actor);
	}
	if (!one_in(6)) {
		command->type = PD_MSG_claim;
		return make_claim(registry, listed, &command->claim, actor);
	}
	command->type = PD_MSG_withdraw_listing;
	command->withdraw_listing = (struct pd_withdraw_listing){.listing = one_in(20) ? new_id() : listed->listing,
								 .reason = pd_text(one_in(2) ? "" : "no longer")};
	*actor = one_in(2) ? 0 : district_person_of(registry, listed->area);
}
