/* listings.h - what is offered and what is needed (双报到): listings, their claims, and their figures.
 *
 *   put_listing → open ─ claim → (nothing left) claimed ─ fulfil → fulfilled
 *                  │                 └─ fulfil of less than was claimed → open again
 *                  └─ withdraw_listing, until_ms → withdrawn, expired; claims of it are still ended
 *
 * Invariants: (1) claimed + fulfilled <= quantity, of both listings of a match; (2) claimed is the sum of the claims
 * that are not ended, those through a match counted at both listings; (3) a listing of which something is left and that
 * ends stands in due; (4) an ended one stands in ended until the book has it, and is then forgotten. Part of the core.
 */
#ifndef PAIDAN_LISTINGS_H
#define PAIDAN_LISTINGS_H

#include <bsd/sys/tree.h>
#include <sys/queue.h>

#include "registry.h"
#include "table.h"

/* What the book stores of a listing, in this layout, little-endian: f(its events). */
struct listing_row {
	struct pd_id id;
	uint64_t seq, last_seq; /* of its first and last event */
	uint64_t over_seq;      /* of the event that ended it before all was done; 0: none */
	uint64_t first_at;      /* the place of its first event, where its text stands */
	uint64_t listed_ms, from_ms, until_ms;
	uint32_t area, actor; /* whose it is, and who put it there */
	uint32_t quantity, claimed, fulfilled;
	uint32_t content; /* a hash of what was said, to tell a repeat from another listing with the same id */
	uint32_t over_actor, over_content;
	uint8_t side, kind; /* enum pd_listing_side, pd_listing_kind */
	uint8_t over;       /* PD_listing_state_withdrawn or _expired; 0: neither */
	uint8_t zero[5];
};
_Static_assert(sizeof(struct listing_row) == 112, "the book stores this layout");

/* The same of a claim. */
struct claim_row {
	struct pd_id listing, id;
	struct pd_id other;           /* the listing that it is matched with; all zero: none */
	uint64_t seq, ended_seq;      /* of claimed and fulfilled; ended_seq 0: it is not ended */
	uint64_t ended_at;            /* the place of fulfilled, where its result stands */
	uint64_t claimed_ms;          /* when */
	uint32_t by, actor;           /* for which area, and who */
	uint32_t quantity, fulfilled; /* claimed, and done */
	uint32_t ended_actor, ended_content;
};
_Static_assert(sizeof(struct claim_row) == 104, "the book stores this layout");

/* What has happened in an area's lists so far; a claim counts at the listing that it names, not at the other one. */
struct listing_counts {
	uint64_t offered, needed, claimed, fulfilled, failed, withdrawn, expired;
};
_Static_assert(sizeof(struct listing_counts) == 56, "the book stores this layout");

struct claim {
	struct claim_row row;
	RB_ENTRY(claim) by_id;
	bool changed;
	struct claim *next_changed;
};
RB_HEAD(claim_tree, claim);
RB_PROTOTYPE(claim_tree, claim, by_id, claim_compare)

int claim_compare(const struct claim *a, const struct claim *b);

struct listing_entry {
	struct listing_row row;
	struct claim_tree claims; /* that name it, by id */
	RB_ENTRY(listing_entry) by_due;
	TAILQ_ENTRY(listing_entry) by_end;
	bool changed;
	struct listing_entry *next_changed;
};
RB_HEAD(listing_due, listing_entry);
RB_PROTOTYPE(listing_due, listing_entry, by_due, listing_compare_due)

int listing_compare_due(const struct listing_entry *a, const struct listing_entry *b);
TAILQ_HEAD(listing_list, listing_entry);

/* An area's figures. */
struct listing_tally {
	uint32_t area;
	uint32_t open[PD_listing_side_need + 1]; /* by side: of which something is left, now */
	struct listing_counts counts;
	bool changed;
	struct listing_tally *next_changed;
};

/* The core's. */
struct listings {
	struct table by_id, tallies;
	struct listing_due due; /* by (until_ms, seq) */
	struct listing_list ended;
	struct listing_entry *changed;
	struct claim *changed_claims;
	struct listing_tally *changed_tallies;
};

struct core;
struct core_decision;

void listings_init(struct listings *listings, uint64_t hash_seed);
void listings_fini(struct listings *listings);

/* ---- the core's commands, events and clock ---- */

/* For put_listing, claim, fulfil and withdraw_listing. The listing that is named, and that of a match (listings_other),
 * must be in memory if they exist. */
void listings_decide(const struct core *core, const struct pd_message *command, uint32_t actor, uint64_t now_ms,
		     struct core_decision *decision);
/* The listing that a command or an event names beside the first; false: none. Of fulfil it is the claim that knows. */
bool listings_other(const struct core *core, const struct pd_message *message, struct pd_id *other);
/* Whether the event can happen to the listing that it names, as it is in memory. */
bool core_listing_takes(const struct core *core, const struct pd_message *event);
/* Take in an event; its listings must be in memory, but for listed. */
void listings_apply(struct core *core, const struct pd_message *event, uint64_t at);
/* A listing that expires; false: none does. */
bool listings_decide_due(const struct core *core, uint64_t now_ms, struct pd_message *event);
uint64_t listings_next_due(const struct core *core);

/* ---- looking ---- */

/* Null when it is not in memory. */
struct listing_entry *core_listing(const struct core *core, const struct pd_id *id);
/* Null when there is none. */
struct claim *listing_claim(const struct listing_entry *listing, const struct pd_id *id);
/* enum pd_listing_state. */
unsigned listing_state(const struct listing_row *row);
/* How much can be claimed still; of one that is over: 0. */
uint32_t listing_left(const struct listing_row *row);
/* How many listings are in memory. */
size_t core_listing_count(const struct core *core);
/* Listings of the other side and the same kind of which something is left, and whose times overlap with this one's: the
 * nearest first, then the oldest. At most limit of them go to found; returns how many. One that has ended has none. */
size_t core_matches(const struct core *core, const struct listing_entry *listing, const struct listing_entry **found,
		    size_t limit);
/* Sums for top and all below it; null: for all. open gets the numbers by side. */
void core_count_listings(const struct core *core, const struct area *top, struct listing_counts *sum,
			 uint64_t open[static PD_listing_side_need + 1]);

/* ---- the book ---- */

/* What changed since the last call, linked by next_changed; their marks are taken off. */
struct listing_entry *core_take_changed_listings(struct core *core);
struct claim *core_take_changed_claims(struct core *core);
struct listing_tally *core_take_changed_tallies(struct core *core);
/* As the book has it; a claim's listing comes before it. */
struct listing_entry *core_restore_listing(struct core *core, const struct listing_row *row);
void core_restore_claim(struct core *core, const struct claim_row *row);
void core_restore_tally(struct core *core, uint32_t area, const struct listing_counts *counts);
/* Forget ended listings that the book has: whose last event is not after kept_seq. */
void core_forget_listings(struct core *core, uint64_t kept_seq);

/* For core_dump: listings by id, each with its claims, then the figures by area. */
void listings_dump(const struct core *core, void (*sink)(const void *data, size_t bytes, void *arg), void *arg);

#endif
