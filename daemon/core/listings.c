/* listings.c - what events do to listings and claims, and what is to be seen of them; listings_decide.c decides. */
#include "listings.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "id.h"
#include "state.h"

int listing_compare_due(const struct listing_entry *a, const struct listing_entry *b)
{
	if (a->row.until_ms != b->row.until_ms)
		return a->row.until_ms < b->row.until_ms ? -1 : 1;
	return (a->row.seq > b->row.seq) - (a->row.seq < b->row.seq);
}

int claim_compare(const struct claim *a, const struct claim *b)
{
	return memcmp(&a->row.id, &b->row.id, sizeof a->row.id);
}

RB_GENERATE(listing_due, listing_entry, by_due, listing_compare_due)
RB_GENERATE(claim_tree, claim, by_id, claim_compare)

void listings_init(struct listings *listings, uint64_t hash_seed)
{
	table_init(&listings->by_id, offsetof(struct listing_entry, row.id), sizeof(struct pd_id), hash_seed);
	table_init(&listings->tallies, offsetof(struct listing_tally, area), sizeof(uint32_t), hash_seed);
	RB_INIT(&listings->due);
	TAILQ_INIT(&listings->ended);
}

static void free_listing(struct listing_entry *listing)
{
	struct claim *claim, *next;
	RB_FOREACH_SAFE(claim, claim_tree, &listing->claims, next)
	{
		RB_REMOVE(claim_tree, &listing->claims, claim);
		free(claim);
	}
	free(listing);
}

void listings_fini(struct listings *listings)
{
	size_t at = 0;
	for (struct listing_entry *listing; (listing = table_next(&listings->by_id, &at));)
		free_listing(listing);
	at = 0;
	for (struct listing_tally *tally; (tally = table_next(&listings->tallies, &at));)
		free(tally);
	table_fini(&listings->by_id);
	table_fini(&listings->tallies);
}

/* ---- looking ---- */

struct listing_entry *core_listing(const struct core *core, const struct pd_id *id)
{
	return table_find(&core->listings.by_id, id);
}

struct claim *listing_claim(const struct listing_entry *listing, const struct pd_id *id)
{
	struct claim wanted = {.row.id = *id};
	return RB_FIND(claim_tree, (struct claim_tree *)&listing->claims, &wanted);
}

uint32_t listing_left(const struct listing_row *row)
{
	return row->over ? 0 : row->quantity - row->claimed - row->fulfilled;
}

unsigned listing_state(const struct listing_row *row)
{
	if (row->claimed)
		return listing_left(row) ? PD_listing_state_open : PD_listing_state_claimed;
	if (row->over)
		return row->over;
	return row->fulfilled == row->quantity ? PD_listing_state_fulfilled : PD_listing_state_open;
}

static bool has_ended(const struct listing_row *row)
{
	return listing_state(row) > PD_listing_state_claimed;
}

size_t core_listing_count(const struct core *core)
{
	return core->listings.by_id.count;
}

/* ---- figures ---- */

static struct listing_tally *tally_of(struct core *core, uint32_t area)
{
	struct listing_tally *tally = table_find(&core->listings.tallies, &area);
	if (tally)
		return tally;
	tally = calloc(1, sizeof *tally);
	if (!tally)
		abort();
	tally->area = area;
	table_add(&core->listings.tallies, tally);
	return tally;
}

/* The figures of an area, to be changed. */
static struct listing_counts *counts_of(struct core *core, uint32_t area)
{
	struct listing_tally *tally = tally_of(core, area);
	if (!tally->changed) {
		tally->changed = true;
		tally->next_changed = core->listings.changed_tallies;
		core->listings.changed_tallies = tally;
	}
	return &tally->counts;
}

static void add_counts(struct listing_counts *sum, const struct listing_counts *counts)
{
	sum->offered += counts->offered;
	sum->needed += counts->needed;
	sum->claimed += counts->claimed;
	sum->fulfilled += counts->fulfilled;
	sum->failed += counts->failed;
	sum->withdrawn += counts->withdrawn;
	sum->expired += counts->expired;
}

void core_count_listings(const struct core *core, const struct area *top, struct listing_counts *sum,
			 uint64_t open[static PD_listing_side_need + 1])
{
	size_t at = 0;
	*sum = (struct listing_counts){0};
	open[PD_listing_side_offer] = open[PD_listing_side_need] = 0;
	for (const struct listing_tally *tally; (tally = table_next(&core->listings.tallies, &at));) {
		if (top && !area_within(registry_area(core->registry, tally->area), top))
			continue;
		add_counts(sum, &tally->counts);
		open[PD_listing_side_offer] += tally->open[PD_listing_side_offer];
		open[PD_listing_side_need] += tally->open[PD_listing_side_need];
	}
}

/* ---- where a listing stands ---- */

static bool expires(const struct listing_row *row)
{
	return row->until_ms && listing_left(row);
}

static void enter(struct core *core, struct listing_entry *listing)
{
	const struct listing_row *row = &listing->row;
	if (listing_left(row))
		tally_of(core, row->area)->open[row->side]++;
	if (expires(row))
		RB_INSERT(listing_due, &core->listings.due, listing);
	if (has_ended(row))
		TAILQ_INSERT_TAIL(&core->listings.ended, listing, by_end);
}

static void leave(struct core *core, struct listing_entry *listing)
{
	const struct listing_row *row = &listing->row;
	if (listing_left(row))
		tally_of(core, row->area)->open[row->side]--;
	if (expires(row))
		RB_REMOVE(listing_due, &core->listings.due, listing);
	if (has_ended(row))
		TAILQ_REMOVE(&core->listings.ended, listing, by_end);
}

static void mark_changed(struct core *core, struct listing_entry *listing)
{
	if (listing->changed)
		return;
	listing->changed = true;
	listing->next_changed = core->listings.changed;
	core->listings.changed = listing;
}

static void mark_claim_changed(struct core *core, struct claim *claim)
{
	if (claim->changed)
		return;
	claim->changed = true;
	claim->next_changed = core->listings.changed_claims;
	core->listings.changed_claims = claim;
}

/* ---- applying ---- */

static void apply_listed(struct core *core, const struct pd_message *event, uint64_t at)
{
	const struct pd_listed *e = &event->listed;
	struct listing_row row = {.id = e->listing,
				  .seq = event->request,
				  .last_seq = event->request,
				  .first_at = at,
				  .listed_ms = e->time_ms,
				  .from_ms = e->from_ms,
				  .until_ms = e->until_ms,
				  .area = e->area,
				  .actor = e->actor,
				  .quantity = e->quantity,
				  .content = listing_content(event),
				  .side = e->side,
				  .kind = e->kind};
	struct listing_counts *counts = counts_of(core, e->area);
	counts->offered += e->side == PD_listing_side_offer;
	counts->needed += e->side == PD_listing_side_need;
	mark_changed(core, core_restore_listing(core, &row));
}

/* Change what is claimed and done of a listing. */
static void change(struct core *core, const struct pd_id *id, uint64_t seq, int64_t claimed, uint32_t fulfilled)
{
	struct listing_entry *listing = core_listing(core, id);
	assert(listing);
	leave(core, listing);
	listing->row.claimed = (uint32_t)(listing->row.claimed + claimed);
	listing->row.fulfilled += fulfilled;
	listing->row.last_seq = seq;
	assert((uint64_t)listing->row.claimed + listing->row.fulfilled <= listing->row.quantity);
	enter(core, listing);
	mark_changed(core, listing);
}

static void apply_claimed(struct core *core, const struct pd_message *event)
{
	const struct pd_claimed *e = &event->claimed;
	struct claim_row row = {.listing = e->listing,
				.id = e->claim,
				.other = e->other,
				.seq = event->request,
				.claimed_ms = e->time_ms,
				.by = e->by,
				.actor = e->actor,
				.quantity = e->quantity};
	core_restore_claim(core, &row);
	mark_claim_changed(core, listing_claim(core_listing(core, &e->listing), &e->claim));
	change(core, &e->listing, event->request, e->quantity, 0);
	if (!pd_id_is_zero(&e->other))
		change(core, &e->other, event->request, e->quantity, 0);
	counts_of(core, e->area)->claimed++;
}

static void apply_fulfilled(struct core *core, const struct pd_message *event, uint64_t at)
{
	const struct pd_fulfilled *e = &event->fulfilled;
	struct claim *claim = listing_claim(core_listing(core, &e->listing), &e->claim);
	assert(claim && !claim->row.ended_seq);
	struct claim_row *row = &claim->row;
	row->fulfilled = e->quantity;
	row->ended_seq = event->request;
	row->ended_at = at;
	row->ended_actor = e->actor;
	row->ended_content = listing_content(event);
	mark_claim_changed(core, claim);
	change(core, &e->listing, event->request, -(int64_t)row->quantity, e->quantity);
	if (!pd_id_is_zero(&e->other))
		change(core, &e->other, event->request, -(int64_t)row->quantity, e->quantity);
	struct listing_counts *counts = counts_of(core, e->area);
	counts->fulfilled += e->quantity > 0;
	counts->failed += e->quantity == 0;
}

static void apply_withdrawn(struct core *core, const struct pd_message *event)
{
	const struct pd_withdrawn *e = &event->withdrawn;
	struct listing_entry *listing = core_listing(core, &e->listing);
	assert(listing);
	leave(core, listing);
	struct listing_row *row = &listing->row;
	row->over = e->expired ? PD_listing_state_expired : PD_listing_state_withdrawn;
	row->over_seq = row->last_seq = event->request;
	row->over_actor = e->actor;
	row->over_content = listing_content(event);
	enter(core, listing);
	mark_changed(core, listing);
	struct listing_counts *counts = counts_of(core, e->area);
	counts->withdrawn += !e->expired;
	counts->expired += e->expired;
}

bool core_listing_takes(const struct core *core, const struct pd_message *event)
{
	const struct listing_entry *listing = core_listing(core, &event->listing_event.listing);
	const struct claim *claim = NULL;
	switch (event->type) {
	case PD_MSG_listed: return !listing && registry_area(core->registry, event->listed.area);
	case PD_MSG_claimed:
		return listing && !listing_claim(listing, &event->claimed.claim) &&
		       event->claimed.quantity <= listing_left(&listing->row);
	case PD_MSG_fulfilled:
		claim = listing ? listing_claim(listing, &event->fulfilled.claim) : NULL;
		return claim && !claim->row.ended_seq && event->fulfilled.quantity <= claim->row.quantity;
	default: return listing && !listing->row.over;
	}
}

void listings_apply(struct core *core, const struct pd_message *event, uint64_t at)
{
	switch (event->type) {
	case PD_MSG_listed: apply_listed(core, event, at); break;
	case PD_MSG_claimed: apply_claimed(core, event); break;
	case PD_MSG_fulfilled: apply_fulfilled(core, event, at); break;
	case PD_MSG_withdrawn: apply_withdrawn(core, event); break;
	default: assert(!"not an event of a listing");
	}
}

/* ---- the clock ---- */

bool listings_decide_due(const struct core *core, uint64_t now_ms, struct pd_message *event)
{
	const struct listing_entry *first = RB_MIN(listing_due, (struct listing_due *)&core->listings.due);
	if (!first || first->row.until_ms > now_ms)
		return false;
	event->type = PD_MSG_withdrawn;
	event->withdrawn = (struct pd_withdrawn){.time_ms = now_ms,
						 .area = first->row.area,
						 .listing = first->row.id,
						 .expired = true,
						 .quantity = listing_left(&first->row),
						 .reason = pd_text("")};
	return true;
}

uint64_t listings_next_due(const struct core *core)
{
	const struct listing_entry *first = RB_MIN(listing_due, (struct listing_due *)&core->listings.due);
	return first ? first->row.until_ms : UINT64_MAX;
}

/* ---- what fits ---- */

static bool times_overlap(const struct listing_row *a, const struct listing_row *b)
{
	return (!a->until_ms || b->from_ms < a->until_ms) && (!b->until_ms || a->from_ms < b->until_ms);
}

/* How far two areas are from each other: 0 of one community, 1 of one street, 2 of the district. */
static unsigned distance(const struct area *a, const struct area *b)
{
	while (a && !area_within(b, a))
		a = a->parent;
	if (a && a->level >= PD_level_community)
		return 0;
	return a && a->level == PD_level_street ? 1 : 2;
}

struct match {
	const struct listing_entry *listing;
	unsigned distance;
};

static int compare_matches(const void *a, const void *b)
{
	const struct match *x = a, *y = b;
	if (x->distance != y->distance)
		return x->distance < y->distance ? -1 : 1;
	return (x->listing->row.seq > y->listing->row.seq) - (x->listing->row.seq < y->listing->row.seq);
}

bool listings_fit(const struct listing_row *a, const struct listing_row *b, struct pd_detail *why)
{
	*why = PD_NO_DETAIL;
	if (memcmp(&a->id, &b->id, sizeof a->id) == 0)
		*why = PD_DETAIL(match_itself);
	else if (a->side == b->side)
		*why = PD_DETAIL(match_side);
	else if (a->kind != b->kind)
		*why = PD_DETAIL(match_kind);
	else if (!times_overlap(a, b))
		*why = PD_DETAIL(match_times);
	return why->name == PD_DETAIL_none;
}

size_t core_matches(const struct core *core, const struct listing_entry *listing, const struct listing_entry **found,
		    size_t limit)
{
	const struct table *table = &core->listings.by_id;
	if (has_ended(&listing->row)) /* it may be forgotten any time, and is answered alike then */
		return 0;
	const struct area *area = registry_area(core->registry, listing->row.area);
	struct match *matches = malloc((table->count + 1) * sizeof *matches);
	if (!matches)
		abort();
	size_t count = 0, at = 0;
	struct pd_detail why;
	for (const struct listing_entry *other; (other = table_next(table, &at));)
		if (listing_left(&other->row) && listings_fit(&listing->row, &other->row, &why))
			matches[count++] =
				(struct match){other, distance(area, registry_area(core->registry, other->row.area))};
	qsort(matches, count, sizeof *matches, compare_matches);
	if (count > limit)
		count = limit;
	for (size_t i = 0; i < count; i++)
		found[i] = matches[i].listing;
	free(matches);
	return count;
}

/* ---- the book ---- */

struct listing_entry *core_take_changed_listings(struct core *core)
{
	struct listing_entry *first = core->listings.changed;
	for (struct listing_entry *listing = first; listing; listing = listing->next_changed)
		listing->changed = false;
	core->listings.changed = NULL;
	return first;
}

struct claim *core_take_changed_claims(struct core *core)
{
	struct claim *first = core->listings.changed_claims;
	for (struct claim *claim = first; claim; claim = claim->next_changed)
		claim->changed = false;
	core->listings.changed_claims = NULL;
	return first;
}

struct listing_tally *core_take_changed_tallies(struct core *core)
{
	struct listing_tally *first = core->listings.changed_tallies;
	for (struct listing_tally *tally = first; tally; tally = tally->next_changed)
		tally->changed = false;
	core->listings.changed_tallies = NULL;
	return first;
}

struct listing_entry *core_restore_listing(struct core *core, const struct listing_row *row)
{
	struct listing_entry *listing = calloc(1, sizeof *listing);
	if (!listing)
		abort();
	listing->row = *row;
	RB_INIT(&listing->claims);
	table_add(&core->listings.by_id, listing);
	enter(core, listing);
	return listing;
}

void core_restore_claim(struct core *core, const struct claim_row *row)
{
	struct claim *claim = calloc(1, sizeof *claim);
	struct listing_entry *listing = core_listing(core, &row->listing);
	if (!claim)
		abort();
	claim->row = *row;
	assert(listing);
	struct claim *same = RB_INSERT(claim_tree, &listing->claims, claim);
	assert(!same);
}

void core_restore_tally(struct core *core, uint32_t area, const struct listing_counts *counts)
{
	tally_of(core, area)->counts = *counts;
}

void core_forget_listings(struct core *core, uint64_t kept_seq)
{
	struct listings *listings = &core->listings;
	struct listing_entry *listing;
	while ((listing = TAILQ_FIRST(&listings->ended)) && listing->row.last_seq <= kept_seq && !listing->changed) {
		leave(core, listing);
		table_remove(&listings->by_id, &listing->row.id);
		free_listing(listing);
	}
}

/* ---- the state as bytes ---- */

static int compare_ids(const void *a, const void *b)
{
	return memcmp(&(*(struct listing_entry *const *)a)->row.id, &(*(struct listing_entry *const *)b)->row.id,
		      sizeof(struct pd_id));
}

static int compare_areas(const void *a, const void *b)
{
	uint32_t x = (*(struct listing_tally *const *)a)->area, y = (*(struct listing_tally *const *)b)->area;
	return (x > y) - (x < y);
}

static bool listing_wanted(const void *entry)
{
	return !has_ended(&((const struct listing_entry *)entry)->row);
}

static bool tally_wanted(const void *entry)
{
	static const struct listing_counts none;
	return memcmp(&((const struct listing_tally *)entry)->counts, &none, sizeof none) != 0;
}

void listings_dump(const struct core *core, void (*sink)(const void *data, size_t bytes, void *arg), void *arg)
{
	size_t count;
	void **entries = table_sorted(&core->listings.by_id, listing_wanted, compare_ids, &count);
	for (size_t i = 0; i < count; i++) {
		struct listing_entry *listing = entries[i];
		struct claim *claim;
		sink(&listing->row, sizeof listing->row, arg);
		RB_FOREACH(claim, claim_tree, &listing->claims)
		sink(&claim->row, sizeof claim->row, arg);
	}
	free(entries);
	entries = table_sorted(&core->listings.tallies, tally_wanted, compare_areas, &count);
	for (size_t i = 0; i < count; i++) {
		const struct listing_tally *tally = entries[i];
		sink(&tally->area, sizeof tally->area, arg);
		sink(&tally->counts, sizeof tally->counts, arg);
	}
	free(entries);
}
