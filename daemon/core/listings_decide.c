/* listings_decide.c - deciding on what is offered and needed: who may put, claim, end and withdraw what. */
#include <string.h>

#include "id.h"
#include "state.h"

uint32_t listing_content(const struct pd_message *message)
{
	uint32_t number = 0;
	struct pd_slice said = pd_said(message);
	switch (message->type) {
	case PD_MSG_fulfil: number = message->fulfil.quantity; break;
	case PD_MSG_fulfilled: number = message->fulfilled.quantity; break;
	default: break;
	}
	return (uint32_t)core_mix(core_mix(0, &number, sizeof number), said.data, said.bytes);
}

static bool need_worker(const struct core *core, uint32_t actor, uint32_t area, struct core_decision *decision)
{
	if (core_works_for(core, actor, area))
		return true;
	core_refuse(decision, PD_REFUSED_not_allowed, PD_DETAIL(only_listers, PD_NUMBER(area)));
	return false;
}

static bool need_area(const struct core *core, uint32_t id, struct core_decision *decision)
{
	const struct area *area = registry_area(core->registry, id);
	if (area && area->event && !area->retired)
		return true;
	core_refuse(decision, area ? PD_REFUSED_retired : PD_REFUSED_unknown_area, PD_DETAIL(area, PD_NUMBER(id)));
	return false;
}

static struct listing_entry *need_listing(const struct core *core, const struct pd_id *id,
					  struct core_decision *decision)
{
	struct listing_entry *listing = core_listing(core, id);
	if (!listing)
		core_refuse(decision, PD_REFUSED_unknown_listing, PD_DETAIL(id, PD_ID_ARG(*id)));
	return listing;
}

static void repeated(struct core_decision *decision, uint64_t seq)
{
	decision->outcome = CORE_REPEATED;
	decision->seq = seq;
}

/* Something is left of it, and its time has not passed. */
static bool need_some_left(const struct listing_row *row, uint64_t now_ms, struct core_decision *decision)
{
	bool expired = row->over == PD_listing_state_expired || (row->until_ms && row->until_ms <= now_ms);
	if (listing_left(row) && !expired)
		return true;
	struct pd_detail why = expired        ? PD_DETAIL(listing_expired)
			       : row->over    ? PD_DETAIL(listing_withdrawn)
			       : row->claimed ? PD_DETAIL(listing_claimed)
					      : PD_DETAIL(listing_fulfilled);
	core_refuse(decision, PD_REFUSED_listing_over, why);
	return false;
}

/* ---- put_listing ---- */

static bool says_the_same(const struct listing_row *row, const struct pd_message *put, uint32_t actor)
{
	const struct pd_put_listing *p = &put->put_listing;
	return row->area == p->area && row->actor == actor && row->side == p->side && row->kind == p->kind &&
	       row->quantity == p->quantity && (p->from_ms == 0 || p->from_ms == row->from_ms) &&
	       row->until_ms == p->until_ms && row->content == listing_content(put);
}

static void decide_put(const struct core *core, const struct pd_message *command, uint32_t actor, uint64_t now_ms,
		       struct core_decision *decision)
{
	const struct pd_put_listing *put = &command->put_listing;
	const struct listing_entry *known = core_listing(core, &put->listing);
	uint64_t from_ms = put->from_ms ? put->from_ms : now_ms;
	if (known && says_the_same(&known->row, command, actor))
		return repeated(decision, known->row.seq);
	if (known)
		return core_refuse(decision, PD_REFUSED_listing_exists, PD_DETAIL(listed_otherwise));
	if (!pd_id_valid(&put->listing))
		return core_refuse(decision, PD_REFUSED_bad_id, PD_DETAIL(not_uuidv7));
	if (!need_area(core, put->area, decision) || !need_worker(core, actor, put->area, decision))
		return;
	if (put->until_ms && put->until_ms <= now_ms)
		return core_refuse(decision, PD_REFUSED_bad_period, PD_DETAIL(ended_already));
	if (put->until_ms && put->until_ms <= from_ms)
		return core_refuse(decision, PD_REFUSED_bad_period, PD_DETAIL(ends_before));
	decision->event.type = PD_MSG_listed;
	decision->event.listed = (struct pd_listed){.time_ms = now_ms,
						    .actor = actor,
						    .area = put->area,
						    .listing = put->listing,
						    .side = put->side,
						    .kind = put->kind,
						    .quantity = put->quantity,
						    .from_ms = from_ms,
						    .until_ms = put->until_ms,
						    .text = put->text};
}

/* ---- claim ---- */

static bool need_left(const struct listing_row *row, uint32_t quantity, struct core_decision *decision)
{
	if (quantity <= listing_left(row))
		return true;
	core_refuse(decision, PD_REFUSED_not_left,
		    PD_DETAIL(left_of_it, PD_NUMBER(listing_left(row)), PD_NUMBER(quantity)));
	return false;
}

/* Whether the other listing can be claimed along. */
static bool need_match(const struct core *core, const struct listing_row *row, const struct pd_claim *claim,
		       uint64_t now_ms, struct core_decision *decision)
{
	const struct listing_entry *other = need_listing(core, &claim->other, decision);
	struct pd_detail why;
	if (!other)
		return false;
	if (!listings_fit(row, &other->row, &why)) {
		core_refuse(decision, PD_REFUSED_bad_match, why);
		return false;
	}
	if (other->row.area != claim->by) {
		core_refuse(decision, PD_REFUSED_bad_match,
			    PD_DETAIL(match_by, PD_NUMBER(other->row.area), PD_NUMBER(claim->by)));
		return false;
	}
	return need_some_left(&other->row, now_ms, decision) && need_left(&other->row, claim->quantity, decision);
}

static bool claims_the_same(const struct claim_row *row, const struct pd_claim *claim, uint32_t actor)
{
	return row->by == claim->by && row->actor == actor && row->quantity == claim->quantity &&
	       memcmp(&row->other, &claim->other, sizeof row->other) == 0;
}

static void decide_claim(const struct core *core, const struct pd_claim *command, uint32_t actor, uint64_t now_ms,
			 struct core_decision *decision)
{
	const struct listing_entry *listing = need_listing(core, &command->listing, decision);
	if (!listing)
		return;
	const struct listing_row *row = &listing->row;
	const struct claim *known = listing_claim(listing, &command->claim);
	if (known && claims_the_same(&known->row, command, actor))
		return repeated(decision, known->row.seq);
	if (known)
		return core_refuse(decision, PD_REFUSED_listing_exists, PD_DETAIL(claimed_otherwise));
	if (!pd_id_valid(&command->claim))
		return core_refuse(decision, PD_REFUSED_bad_id, PD_DETAIL(not_uuidv7));
	if (!need_area(core, command->by, decision) || !need_worker(core, actor, command->by, decision) ||
	    !need_some_left(row, now_ms, decision) || !need_left(row, command->quantity, decision))
		return;
	if (!pd_id_is_zero(&command->other) && !need_match(core, row, command, now_ms, decision))
		return;
	decision->event.type = PD_MSG_claimed;
	decision->event.claimed = (struct pd_claimed){.time_ms = now_ms,
						      .actor = actor,
						      .area = row->area,
						      .listing = row->id,
						      .claim = command->claim,
						      .by = command->by,
						      .other = command->other,
						      .quantity = command->quantity,
						      .left = listing_left(row) - command->quantity};
}

/* ---- fulfil ---- */

static void decide_fulfil(const struct core *core, const struct pd_message *command, uint32_t actor, uint64_t now_ms,
			  struct core_decision *decision)
{
	const struct pd_fulfil *fulfil = &command->fulfil;
	const struct listing_entry *listing = need_listing(core, &fulfil->listing, decision);
	if (!listing)
		return;
	const struct listing_row *row = &listing->row;
	const struct claim *known = listing_claim(listing, &fulfil->claim);
	if (!known)
		return core_refuse(decision, PD_REFUSED_unknown_claim, PD_DETAIL(id, PD_ID_ARG(fulfil->claim)));
	const struct claim_row *claim = &known->row;
	if (claim->ended_seq && claim->ended_actor == actor && claim->ended_content == listing_content(command))
		return repeated(decision, claim->ended_seq);
	if (claim->ended_seq)
		return core_refuse(decision, PD_REFUSED_listing_over,
				   PD_DETAIL(claim_ended, PD_NUMBER(claim->fulfilled)));
	if (!core_works_for(core, actor, claim->by) && !core_works_for(core, actor, row->area))
		return core_refuse(decision, PD_REFUSED_not_allowed,
				   PD_DETAIL(only_fulfillers, PD_NUMBER(claim->by), PD_NUMBER(row->area)));
	if (fulfil->quantity > claim->quantity)
		return core_refuse(decision, PD_REFUSED_not_left,
				   PD_DETAIL(claimed_of_it, PD_NUMBER(claim->quantity), PD_NUMBER(fulfil->quantity)));
	uint32_t back = row->over ? 0 : claim->quantity - fulfil->quantity;
	decision->event.type = PD_MSG_fulfilled;
	decision->event.fulfilled = (struct pd_fulfilled){.time_ms = now_ms,
							  .actor = actor,
							  .area = row->area,
							  .listing = row->id,
							  .claim = claim->id,
							  .by = claim->by,
							  .other = claim->other,
							  .quantity = fulfil->quantity,
							  .left = listing_left(row) + back,
							  .result = fulfil->result};
}

/* ---- withdraw_listing ---- */

static void decide_withdraw(const struct core *core, const struct pd_message *command, uint32_t actor, uint64_t now_ms,
			    struct core_decision *decision)
{
	const struct listing_entry *listing = need_listing(core, &command->withdraw_listing.listing, decision);
	if (!listing)
		return;
	const struct listing_row *row = &listing->row;
	if (row->over == PD_listing_state_withdrawn && row->over_actor == actor &&
	    row->over_content == listing_content(command))
		return repeated(decision, row->over_seq);
	if (!need_worker(core, actor, row->area, decision) || !need_some_left(row, now_ms, decision))
		return;
	decision->event.type = PD_MSG_withdrawn;
	decision->event.withdrawn = (struct pd_withdrawn){.time_ms = now_ms,
							  .actor = actor,
							  .area = row->area,
							  .listing = row->id,
							  .quantity = listing_left(row),
							  .reason = command->withdraw_listing.reason};
}

/* ---- all of them ---- */

bool listings_other(const struct core *core, const struct pd_message *message, struct pd_id *other)
{
	*other = (struct pd_id){{0}};
	switch (message->type) {
	case PD_MSG_claim: *other = message->claim.other; break;
	case PD_MSG_claimed: *other = message->claimed.other; break;
	case PD_MSG_fulfilled: *other = message->fulfilled.other; break;
	case PD_MSG_fulfil: {
		const struct listing_entry *listing = core_listing(core, &message->fulfil.listing);
		const struct claim *claim = listing ? listing_claim(listing, &message->fulfil.claim) : NULL;
		if (claim)
			*other = claim->row.other;
		break;
	}
	default: break;
	}
	return !pd_id_is_zero(other);
}

void listings_decide(const struct core *core, const struct pd_message *command, uint32_t actor, uint64_t now_ms,
		     struct core_decision *decision)
{
	switch (command->type) {
	case PD_MSG_put_listing: decide_put(core, command, actor, now_ms, decision); break;
	case PD_MSG_claim: decide_claim(core, &command->claim, actor, now_ms, decision); break;
	case PD_MSG_fulfil: decide_fulfil(core, command, actor, now_ms, decision); break;
	default: decide_withdraw(core, command, actor, now_ms, decision); break;
	}
}
