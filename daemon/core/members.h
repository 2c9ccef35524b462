/* members.h - who has answered what: people and households beside an owner, an order that they follow or a notice that
 * they were sent.
 *
 * A member has a row from its first event on, and never before: a notice to a whole district costs nothing until people
 * answer. A row is changed, never taken away; what it says of its owner is the owner's business.
 *
 * Invariants: (1) no two members of an owner have one id; (2) all members of an owner in memory stand in its list.
 * Which owners' members are in memory is for the owner to say: all of them (members_restore for each), or none
 * (members_forget). Part of the core.
 */
#ifndef PAIDAN_MEMBERS_H
#define PAIDAN_MEMBERS_H

#include <sys/queue.h>

#include "proto.h"
#include "table.h"

/* The first bytes of a member's row, and its key in memory and in the book. */
struct member_key {
	struct pd_id owner; /* an order's or a notice's id */
	uint32_t member;    /* a person's or a household's, as the owner says */
};
_Static_assert(sizeof(struct member_key) == 20, "the book stores this layout");

enum { MEMBER_STEPS = 4, MEMBER_NUMBERS = 4 };

/* What the book stores of a member, in this layout, little-endian: f(its events). */
struct member_row {
	struct member_key key;
	uint32_t area;               /* where it belonged when it first answered */
	uint64_t at;                 /* the place of its last event in the journal */
	uint64_t last_seq, time_ms;  /* of its last event */
	uint64_t seqs[MEMBER_STEPS]; /* of the event that took each step first or, of an answer, last; 0: not yet */
	uint32_t numbers[MEMBER_NUMBERS];
	uint32_t actor;   /* of its last event */
	uint32_t content; /* a hash of what it answered, to tell a repeat from another answer */
	uint8_t reached;  /* the last step that it has taken: 0, or enum receipt of a notice */
	uint8_t answer;   /* enum answer; 0: none */
	uint8_t flags;    /* the owner's */
	uint8_t zero;
	uint32_t events; /* their number */
};
_Static_assert(sizeof(struct member_row) == 112, "the book stores this layout");

struct member {
	struct member_row row;
	LIST_ENTRY(member) of_owner;
	bool changed; /* since members_take_changed */
	struct member *next_changed;
};
LIST_HEAD(member_list, member);

struct members {
	struct table by_key, by_owner;
	struct member *changed;
};

void members_init(struct members *members, uint64_t hash_seed);
void members_fini(struct members *members);

/* Null when it has no row, or its owner's members are not in memory. */
struct member *members_find(const struct members *members, const struct pd_id *owner, uint32_t member);
/* For apply: the member's row, made if there is none, which is about to change. */
struct member_row *members_change(struct members *members, const struct pd_id *owner, uint32_t member);
/* All members of an owner that are in memory, in no order; null when there are none. */
const struct member_list *members_of(const struct members *members, const struct pd_id *owner);
/* Those that have changed since the last call, linked by next_changed; their marks are taken off. */
struct member *members_take_changed(struct members *members);

/* Take in a row as the book has it. One that is here already is left as it is: the book's is older. */
void members_restore(struct members *members, const struct member_row *row);
/* All members of an owner leave memory. None of them may have changed since members_take_changed. */
void members_forget(struct members *members, const struct pd_id *owner);

#endif
