/* lists.h - what is offered and needed, and the claims of it, as the messages' descriptions have it; not as the core
 * has it.
 *
 * Every event is shown here, which says whether it was legal then, and is remembered; what a listing or a claim is at,
 * is read off the events each time. When a crash takes events back, so does lists_cut. Threads: one.
 */
#ifndef PAIDAN_SIM_LISTS_H
#define PAIDAN_SIM_LISTS_H

#include "look.h"

struct core;

void lists_init(void);
void lists_fini(void);
void lists_cut(uint64_t seq);

/* An event of a listing. Fails when it was not legal. */
void lists_event(const struct registry *registry, const struct pd_message *event);
/* A listing that the clock ends: its time must have passed. */
void lists_due(const struct pd_message *event, uint64_t now_ms);
/* Nothing is left that was due. */
void lists_check_none_due(uint64_t now_ms);
/* The listings in memory, their claims and the figures are those that the events make. */
void lists_check(const struct core *core);

void lists_look(struct command_look *look);
/* A command about listings, somebody's who may send it, mostly. */
void lists_make(const struct registry *registry, struct pd_message *command, uint32_t *actor);
/* Some listing's id; false: there is none. */
bool lists_some(struct pd_id *id);

/* ---- what is told ---- */

bool lists_there(const struct pd_id *id);
/* How many fit the listing; of one that has ended: none. */
uint32_t lists_matches(const struct pd_id *id);
/* The figures of an area and all below it; 0: of all. */
struct pd_listing_counts lists_counts(const struct registry *registry, uint32_t area);
/* Fails when they are not the same. */
void lists_compare(const struct pd_listing_counts *wanted, const struct pd_listing_counts *found);
/* A listing that is told of must be as it was after one of the events since from_seq, at which it was asked for. Fails
 * when it is not; returns the first such event. */
uint64_t lists_was(const struct pd_listing *told, uint64_t from_seq);
/* The same of a claim. */
uint64_t lists_claim_was(const struct pd_claim_row *told, uint64_t from_seq);

#endif
