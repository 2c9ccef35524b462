/* state.h - what the core's files share: the state itself. Nobody else includes this. */
#ifndef PAIDAN_STATE_H
#define PAIDAN_STATE_H

#include "core.h"
#include "duty.h"
#include "lapse.h"
#include "listings.h"
#include "modes.h"
#include "slab.h"
#include "table.h"
#include "timers.h"

/* Holders whose orders are to be looked through, because the registry has changed. (reroute.c) */
struct sweep {
	TAILQ_HEAD(, holder) holders;
	struct order_row from; /* of the first one: from this urgency and seq on, of this state or the waiting ones */
	bool fresh;            /* all are marked, and nothing has happened since */
	bool wanted;           /* the event that is being applied is such a change */
};

struct core {
	struct registry *registry;
	struct table orders, holders, origins;
	struct slab order_slab;
	struct order *found; /* the order that was looked for last: it will be again; null: none */
	struct timers timers;
	/* In no queue any more, and in memory still: those that the book was asked for, then the others, what happened
	 * last behind. */
	struct order_list done;
	struct core_periods periods;
	struct core_map map;
	struct sweep sweep;
	uint64_t last_seq, last_ms;
	struct holder *changed;
	struct notices notices;
	struct lapses lapses;
	struct members members; /* of open orders and notices; of ended ones while these are in memory */
	struct listings listings;
	struct duties duties;
};

void core_refuse(struct core_decision *decision, enum pd_refusal refusal, struct pd_detail detail);
/* The commands by which orders begin; the order's id is in memory if it is known. (begin.c) */
void begin_submit(const struct core *core, const struct pd_submit *submit, uint32_t actor, uint64_t now_ms,
		  struct core_decision *decision);
void begin_record(const struct core *core, const struct pd_record *record, uint32_t actor, uint64_t now_ms,
		  struct core_decision *decision);

/* By when a suspended order that goes on now is to be completed: what was left of its time runs from now on. (due.c) */
uint64_t due_resumed(const struct core *core, const struct order *order, uint64_t now_ms);
/* Notices: what commands do, and what the clock brings. (notice_decide.c) */
void notice_decide(const struct core *core, const struct pd_message *command, uint32_t actor, uint64_t now_ms,
		   struct core_decision *decision);
bool notice_decide_due(const struct core *core, uint64_t now_ms, struct pd_message *event);
uint64_t notice_next_due(const struct core *core);
/* The end of a notice whose plan is on no longer; false: there is none. */
bool notice_decide_outlived(const struct core *core, uint64_t now_ms, struct pd_message *event);
/* 0, or UINT64_MAX: there is none. */
uint64_t notice_next_outlived(const struct core *core);
/* Their events, applied; a micro-grid got its order. (notices.c) */
void notice_apply(struct core *core, const struct pd_message *event, uint64_t at);
void notice_handed_out(struct core *core, const struct pd_submitted *submitted, struct order *order);

/* Order events, applied. */
struct order *life_apply(struct core *core, const struct pd_message *event, uint64_t at);
/* Put an order into the lists of its state, or take it out of them. */
void life_enter(struct core *core, struct order *order);
void life_leave(struct core *core, struct order *order);
/* How far the warnings of an order have gone. They are no part of the state: nobody promised them. */
enum life_warned { LIFE_WARNED_NONE, LIFE_WARNED_HALF, LIFE_WARNED_SOON, LIFE_WARNED_ALL };
/* Set the alarm of an open order. Warnings of a time that is past when it begins are not given. */
void life_begin_alarm(struct core *core, struct order *order);
/* What the alarm of the first of the timers is for, which has come: due_ms, or silence of its acceptor; a warning,
 * which is taken; or neither: its time has moved since, or something is due by now, which comes in its turn. */
enum life_alarm { LIFE_ALARM_DUE, LIFE_ALARM_IDLE, LIFE_ALARM_WARNING, LIFE_ALARM_PUT_OFF };
enum life_alarm life_alarm(struct core *core, struct order *order, uint64_t now_ms, enum pd_warning *why);
/* Bring the waiting orders that were read from the book into the order of their ages. */
void life_sort_by_age(struct holder *holder);
struct holder *life_holder(struct core *core, uint32_t area);

/* Registry events, before and after they are applied. (reroute.c) */
void reroute_registry_changes(struct core *core, const struct pd_message *event);
void reroute_registry_changed(struct core *core);
/* An order has come to holder from another one. */
void reroute_came(struct core *core, struct holder *holder);
/* Holder's orders are to be looked through: one of them was over for a while, and nobody has looked at it meanwhile. */
void reroute_mark(struct core *core, struct holder *holder);
/* All may have changed: at the start. */
void reroute_mark_all(struct core *core);
/* The event of one order that is elsewhere now; false: none was found, in a bounded look. */
bool reroute_due(struct core *core, uint64_t now_ms, struct core_due_thing *thing);
/* Mix data into a hash of what was said before. */
uint64_t core_mix(uint64_t hash, const void *data, size_t bytes);
/* A hash over what a listing's command or event says in words and of quantities done. */
uint32_t listing_content(const struct pd_message *message);
/* Whether two listings could be matched; if not, why. */
bool listings_fit(const struct listing_row *a, const struct listing_row *b, struct pd_detail *why);

/* A hash over what a submit says, by which its repeat is recognised. */
uint32_t submit_content(const struct pd_message *submitted);
/* The same for a record. Who recorded it does not count: the past is the same whoever brings it. */
uint32_t record_content(const struct pd_message *recorded);

#endif
