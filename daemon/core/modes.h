/* modes.h - peace and emergency (平战): plans of the registry, where one is on, and what that does to running times.
 *
 * A plan that is on makes times shorter or longer, and may lead orders up another ladder, in an area and all below it.
 * At most one is on over any area. When it is switched on and when it ends, the clock gives the orders that wait or are
 * worked on there the times that are theirs then: redated. By what these say a second look finds nothing more to do, so
 * nothing of it need be remembered, and a stop in between does no harm.
 *
 * Invariant: a mode is kept as the event that last switched its plan on or ended it. A plan that is on does not change.
 * Part of the core.
 */
#ifndef PAIDAN_MODES_H
#define PAIDAN_MODES_H

#include "order.h"
#include "registry.h"

enum { PLAN_CATEGORIES_MAX = 64 };

struct core;
struct core_decision;

struct plan {
	ENTITY;
	uint32_t area, ladder, lasts_s; /* ladder 0: the categories' own */
	uint16_t accept_percent, complete_percent;
	uint16_t call_out; /* posts, 1 << enum pd_post; 0: nobody is */
	uint8_t running;   /* enum pd_running */
	uint8_t category_count;
	uint32_t categories[PLAN_CATEGORIES_MAX]; /* for emergencies alone */
	uint32_t roll_category;
	struct pd_slice name, notice, roll_call; /* what is sent at the start; empty: nothing */
};

/* What a mode has sent, a bit each. */
enum { MODE_NOTICE = 1, MODE_ROLL_CALL = 2, MODE_CALL_OUT = 4 };

/* Where the looking at orders has come to, in the order of the areas' ids. No part of the state. */
struct mode_look {
	bool done;
	uint32_t area;
	bool working; /* in the queue of those that are worked on */
	uint8_t urgency;
	uint64_t seq; /* of the last order that was looked at; 0: none in this queue */
};

struct mode {
	ENTITY;             /* id: the plan's */
	uint32_t area, nth; /* nth: how often its plan was switched on */
	bool on;
	uint64_t seq;                        /* of the event */
	uint64_t begun_ms, until_ms, end_ms; /* end_ms: when it ended; 0: it is on */
	uint32_t actor;                      /* who switched it */
	uint8_t told;                        /* MODE_; follows from notified, and is part of the kept event */
	struct mode_look look;
};

/* The plan that is on over an area; null: none is. */
const struct plan *mode_over(const struct registry *registry, const struct area *area);
/* How many plans are on in areas below it; null: anywhere. */
uint32_t modes_below(const struct registry *registry, const struct area *area);
/* Whether an order of a category for emergencies alone may begin in the area. */
bool mode_takes(const struct registry *registry, const struct area *area, const struct category *category);

/* What a plan would do to the open orders held at top and below it, were it switched on now. */
struct mode_effect {
	uint32_t open, changed, earlier, overdue;
};
void modes_preview(const struct core *core, const struct plan *plan, const struct area *top, uint64_t now_ms,
		   struct mode_effect *effect);
/* The plan and the area (0: the plan's own) of a switch_on or a preview; false: refused. */
bool modes_find(const struct registry *registry, uint32_t plan_id, uint32_t area_id, const struct plan **plan,
		const struct area **area, enum pd_refusal *refusal, struct pd_detail *detail);

/* For switch_on and switch_off. */
void modes_decide(const struct core *core, const struct pd_message *command, uint32_t actor, uint64_t now_ms,
		  struct core_decision *decision);
/* A plan whose time has passed, or an order that gets another time; false: there is none. */
bool modes_decide_due(const struct core *core, uint64_t now_ms, struct pd_message *event);
uint64_t modes_next_due(const struct core *core);

/* Whether a plan is no longer on as it was at event seq, at which it was. */
bool mode_is_over(const struct registry *registry, uint32_t plan, uint64_t seq);
/* A plan has sent its notice or roll-call. */
void modes_told(struct core *core, const struct pd_notified *notified);

/* Of the registry's kinds: whether a put_plan holds together; taking in a plan_set, and a mode_begun or mode_ended. */
void plan_check(const struct registry *registry, const struct pd_put_plan *put, struct registry_decision *decision);
void plan_apply(struct registry *registry, void *entity, const struct pd_message *event);
void mode_merge(const void *entity, struct pd_message *event);
void mode_apply(struct registry *registry, void *entity, const struct pd_message *event);

#endif
