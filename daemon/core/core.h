/* core.h - the state of a district, and what commands do to it: decide and apply.
 *
 *   core_decide(state, command, actor, now) -> an event, or a refusal        changes nothing
 *   core_apply(state, event, place)                                          cannot refuse
 *
 * Pure: no clock, no I/O, no randomness. A state is made by applying events alone, so the journal's events, applied in
 * their order, give the same state again, byte for byte (core_dump). Orders that are completed or have ended may be
 * forgotten (core_forget) and restored (core_restore) without a trace: the dump shows those in queues alone.
 *
 * Invariants: DESIGN of the whole in daemon/ARCHITECTURE.md, "What must always hold", 3 and 4. Threads: one.
 */
#ifndef PAIDAN_CORE_H
#define PAIDAN_CORE_H

#include "detail.h"
#include "followers.h"
#include "members.h"
#include "listings.h"
#include "notices.h"
#include "order.h"
#include "registry.h"
#include "route.h"

struct core;

/* Periods that decide uses; the events carry what came of them, so that a replay needs none of them. */
struct core_periods {
	uint64_t confirm_within_ms; /* a completed order closes by itself after this */
	uint64_t reopen_within_ms;  /* an order can be reopened for this long after its completion */
	uint32_t reopen_max;        /* and so often; below 65,535 */
	uint64_t urge_every_ms;     /* an order can be urged once in this */
};

struct core *core_new(uint64_t hash_seed, const struct core_periods *periods);
void core_free(struct core *core);
void core_set_periods(struct core *core, const struct core_periods *periods);
/* Where the orders' memory comes from; borrowed until it is another one, or null. */
void core_set_memory(struct core *core, const struct slab_source *source);

/* Who knows the polygons; the map's arg is borrowed for as long as the core lives. */
void core_set_map(struct core *core, const struct core_map *map);
/* Where an order that says what explain says would go: each step is told (route.h). person: whose connection it is. A
 * refusal: what it names is not there. Changes nothing. */
enum pd_refusal core_explain_route(const struct core *core, const struct pd_explain_route *explain, uint32_t person,
				   uint64_t now_ms, route_tell *tell, void *arg, struct pd_detail *detail);
/* Where an order that says this would come from; found says what is wrong with it otherwise. */
void core_find_origin(const struct core *core, const struct pd_explain_route *explain, uint32_t person, uint64_t now_ms,
		      struct route_found *found);

const struct registry *core_registry(const struct core *core);
uint64_t core_last_seq(const struct core *core);
/* Never less than the time of any event: what the next command is to be given as now, if the clock says less. */
uint64_t core_last_ms(const struct core *core);

/* Null when it is not in memory. */
struct order *core_order(const struct core *core, const struct pd_id *id);
/* Steps that bring what a command will need near, each a while after the one before it. (ahead.c) */
void core_ahead_slots(const struct core *core, const struct pd_message *command, uint32_t actor);
void core_ahead_entries(const struct core *core, const struct pd_message *command, uint32_t actor);
struct core_likely {
	const struct order *order; /* null: there is none yet, or another one is in the way */
	const struct holder *holder;
};
struct core_likely core_ahead_holder(const struct core *core, const struct pd_message *command);
/* Null when nothing was ever held there. */
struct holder *core_holder(const struct core *core, uint32_t area);
size_t core_order_count(const struct core *core);
/* How many areas have ever held an order. */
size_t core_holder_count(const struct core *core);

enum core_outcome {
	CORE_EVENT,    /* decision.event is to be journaled and applied */
	CORE_REPEATED, /* the same command was done before: answer with decision.seq and version */
	CORE_REFUSED,
	CORE_LOOK_BACK, /* refused, unless the order's event of version event_version is of event_type, by actor and of
			   content: then repeated */
};

struct core_decision {
	enum core_outcome outcome;
	enum pd_refusal refusal;
	struct pd_detail detail;
	uint32_t version, person, event_version, actor, content;
	uint64_t look_at; /* CORE_LOOK_BACK on an answer: the place of the member's last event */
	enum pd_type event_type;
	uint64_t seq;
	struct pd_message event; /* texts are borrowed from the command */
};

/* For every command but import_begin and import_commit. The order that it names must be in memory if it exists. actor:
 * who acts, already known to be entitled; 0 is the operator. */
void core_decide(const struct core *core, const struct pd_message *command, uint32_t actor, uint64_t now_ms,
		 struct core_decision *decision);
/* A hash of what a move's command or event says beyond who, when and where: equal for a command and the event it makes.
 */
uint32_t core_content(const struct pd_message *move);

/* What the clock brings. */
enum core_due {
	CORE_DUE_NOTHING,
	CORE_DUE_EVENT,   /* thing.event is to be journaled and applied */
	CORE_DUE_WARNING, /* those who work for thing.order's holder are to be told: thing.why */
};
struct core_due_thing {
	struct pd_message event;
	struct order *order; /* of an event: null when it is of none that is there */
	enum pd_warning why;
};
/* One thing that is due at now_ms, the earliest first. The state stays as it is; a warning is not given twice. */
enum core_due core_decide_due(struct core *core, uint64_t now_ms, struct core_due_thing *thing);
/* Before this, nothing is due of what is in memory; UINT64_MAX: never. */
uint64_t core_next_due(const struct core *core);

/* Take in an event, whose seq is event->request; at is its place in the journal. Returns the order it happened to, null
 * for the registry's and notices'. The order must be in memory, but for submitted and recorded. */
struct order *core_apply(struct core *core, const struct pd_message *event, uint64_t at);

/* Whether the session's person may act on this connection as actor, and whether they are known: a refusal, or none. */
enum pd_refusal core_entitled(const struct core *core, uint32_t person, uint32_t actor);
/* Whether person works for area: holds a post of work there or above it. The operator and administrators do everywhere.
 */
bool core_works_for(const struct core *core, uint32_t person, uint32_t area);
/* Whether person may read what is not theirs. */
bool core_may_read(const struct core *core, uint32_t person);
/* Whether person may see an order: it is theirs, they follow it or might, or they may read all. */
bool core_may_see(const struct core *core, uint32_t person, const struct order_row *row);

/* What the followers of an order that is in memory come to. */
void core_followers(const struct core *core, const struct order_row *row, struct followers *sum);
/* By when an order will be accepted and completed, as things stand; 0: it has been, or never will be. */
struct core_promise {
	uint64_t accept_by_ms, complete_by_ms;
};
struct core_promise core_promise(const struct core *core, const struct order *order);
/* Orders in queues that come from an area and are held elsewhere, in no order; null: there were never any. */
const struct away_list *core_away(const struct core *core, uint32_t area);

/* The areas to whose supervisors an event is of interest beyond those of orders: at most two go to areas, 0: none.
 */
void core_event_areas(const struct pd_message *event, uint32_t areas[static 2]);

/* ---- orders that are done leave memory ---- */

/* Forget up to limit orders that are in no queue and whose last event is not after kept_seq; returns how many. *last
 * (may be null) gets the greatest id among them, if it is greater than what is there. Of the completed ones something
 * will be due: who has them brings them back by then. */
size_t core_forget(struct core *core, uint64_t kept_seq, size_t limit, struct pd_id *last,
		   void (*gone)(struct order *order, void *arg), void *arg);
/* Take in an order as the book has it: at the start, or because a command names it. Returns it. */
struct order *core_restore(struct core *core, const struct order_row *row);
void core_restore_figures(struct core *core, uint32_t area, const struct figures *figures);
/* The book has been read: the state is that after last_seq. */
void core_restore_end(struct core *core, uint64_t last_seq, uint64_t last_ms);
/* All that was is there, and what the clock brings begins: warnings that were due before the last event have been
 * given, or come too late. */
void core_begin(struct core *core);

/* ---- members of orders and notices (members.h) ---- */

/* Null when there is none, or its owner's are not in memory. */
const struct member *core_member(const struct core *core, const struct pd_id *owner, uint32_t member);
/* All of an owner that are in memory, linked by of_owner, in no order; null when there are none. */
const struct member_list *core_members(const struct core *core, const struct pd_id *owner);
/* The members that changed since the last call, linked by next_changed; their marks are taken off. */
struct member *core_take_changed_members(struct core *core);
/* Take in a member as the book has it. */
void core_restore_member(struct core *core, const struct member_row *row);

/* ---- notices (notices.h) ---- */

/* Null when it is not in memory. */
struct notice *core_notice(const struct core *core, const struct pd_id *id);
/* The open ones, the one that ends first at the head; linked by by_until. */
const struct notice_list *core_open_notices(const struct core *core);
/* Whose answer it is: the member that it names, or the actor's own; 0: they have none. */
uint32_t core_answer_member(const struct core *core, const struct notice_row *notice, const struct pd_answer *answer,
			    uint32_t actor);
/* The notices that changed since the last call, linked by next_changed; their marks are taken off. */
struct notice *core_take_changed_notices(struct core *core);
/* Take in a notice as the book has it; event is notified, as a message of row->event_bytes. Of an open one the members
 * follow, then core_restore_notice_counts. */
struct notice *core_restore_notice(struct core *core, const struct notice_row *row, const char *event);
/* At the start, of one that has ended: it stays in the book, and orders that it handed out may still be open. */
void core_restore_ended_notice(struct core *core, const struct notice_row *row);
void core_restore_notice_counts(struct core *core, struct notice *notice);
/* As core_forget: notices that have ended, with their members. */
size_t core_forget_notices(struct core *core, uint64_t kept_seq, size_t limit);

/* Sums for top and all below it, which is within the notice's area: the members there now, nothing else counted yet.
 * With below the areas directly below top have sums of their own, in the order of their ids, and the first one is what
 * is left at top itself (core_notice_total). The caller frees them. */
struct notice_count *core_notice_sums(const struct core *core, const struct notice_row *row, const struct area *top,
				      bool below, size_t *count);
/* Count an open notice's answers in. What was answered in an area that has left the notice's since counts in the whole
 * alone. */
void core_notice_count(const struct core *core, const struct notice *notice, const struct area *top,
		       struct notice_count *sums, size_t count);
/* For who counts elsewhere: pairs of an area's id and the index of the sum to which it belongs, or UINT32_MAX, sorted
 * by id; *areas gets the number of pairs. The caller frees them. */
uint32_t *core_notice_places(const struct core *core, const struct notice_row *row, const struct area *top,
			     const struct notice_count *sums, size_t count, size_t *areas);
/* Add the sums below to the first one. */
void core_notice_total(struct notice_count *sums, size_t count);

/* ---- figures ---- */

/* The holders that changed since the last call, linked by next_changed; their marks are taken off. */
struct holder *core_take_changed(struct core *core);

struct core_sums {
	struct figures figures;
	uint64_t waiting, working, oldest_ms;
};
/* Sums for top and all below it; null: for all. */
void core_sum(const struct core *core, const struct area *top, struct core_sums *sums);
/* Set waiting_below of every area: the orders that wait there and at all below it. */
void core_mark_waiting(const struct core *core);
/* Sums for every area at once, each with all below it: sums[i] is that of registry_sorted's i-th area. */
void core_sum_all(const struct core *core, struct core_sums *sums);
/* registry of the stats message for top and all below it (null: all); returns the number of values. */
enum { CORE_REGISTRY_FIGURES = 19 };
void core_count_registry(const struct core *core, const struct area *top,
			 uint64_t values[static CORE_REGISTRY_FIGURES]);

/* ---- import: a trial registry takes the rows one by one, and the whole is journaled at the end or not at all ---- */

struct core_import;
struct core_import *core_import_new(const struct core *core);
void core_import_free(struct core_import *import);
/* The registry as the rows so far would have it. */
const struct registry *core_import_registry(const struct core_import *import);
/* An entity is at fault for a reason that the core does not know; of no effect when another one was before. */
void core_import_refuse(struct core_import *import, enum registry_kind kind, uint32_t id, enum pd_refusal refusal,
			struct pd_detail detail);
/* Take in a put_ message; row is its request id. After the first row at fault, further ones are not looked at. */
void core_import_put(struct core_import *import, const struct pd_message *put, uint32_t actor, uint64_t now_ms);
/* The end: retire what was not named if complete, check the whole. On refusal *row is the row at fault, 0 when it is
 * none. */
enum pd_refusal core_import_finish(struct core_import *import, const struct core *core, bool complete, uint32_t actor,
				   uint64_t now_ms, uint64_t *row, struct pd_detail *detail);
/* Rows so far. */
uint32_t core_import_rows(const struct core_import *import);
/* What the rows do: [kind][effect]. */
const uint64_t (*core_import_effects(const struct core_import *import))[REGISTRY_EFFECTS];
/* The events, as messages back to back, with seqs from 1 on, which are to be replaced by the real ones; to be applied
 * in order. */
const char *core_import_events(const struct core_import *import, size_t *bytes);

/* ---- the state as bytes ---- */

/* Give the whole state to sink, piece by piece: registry by id, orders in queues by id, open
 * notices by id, members of both by owner and id, figures by area. Two states that
 * behave alike dump alike. */
void core_dump(const struct core *core, void (*sink)(const void *data, size_t bytes, void *arg), void *arg);

#endif
