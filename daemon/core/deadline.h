/* deadline.h - by when an order is to be accepted and completed, and how it climbs when it is not.
 *
 * A time is the category's (or its ladder's, for the level), longer or shorter by the urgency: each step that an order
 * is more urgent than its category halves it, each step less doubles it; where a plan for emergencies is on (modes.h),
 * it is a percentage of that, and the ladder the plan's. It runs by the category's clock. Part of the core.
 */
#ifndef PAIDAN_DEADLINE_H
#define PAIDAN_DEADLINE_H

#include "core.h"

struct plan;

enum { LADDER_STEPS_MAX = 5 };

/* A ladder: through which levels orders climb, and how long they wait on each. */
struct ladder {
	ENTITY;
	uint8_t count;
	uint8_t levels[LADDER_STEPS_MAX];
	uint32_t within_s[LADDER_STEPS_MAX];
};

/* From now on, at this holder: by the plan that is on there, if one is. */
uint64_t deadline_accept(const struct registry *registry, const struct category *category, unsigned urgency,
			 const struct area *holder, uint64_t now_ms);
uint64_t deadline_complete(const struct registry *registry, const struct category *category, unsigned urgency,
			   const struct area *holder, uint64_t now_ms);
/* By this plan, whether it is on or not; null: without one. */
uint64_t deadline_accept_by(const struct registry *registry, const struct plan *plan, const struct category *category,
			    unsigned urgency, unsigned level, uint64_t from_ms);
uint64_t deadline_complete_by(const struct registry *registry, const struct plan *plan, const struct category *category,
			      unsigned urgency, uint64_t from_ms);
/* Where an order climbs to from its holder; the holder itself when there is nothing above. */
const struct area *deadline_above(const struct registry *registry, const struct category *category,
				  const struct area *holder);

/* ---- the moments between ---- */

/* When half of the time from start_ms to due_ms has passed, and when a quarter of an hour is left: a holder is warned
 * of both. The second is 0 where it would come before the first. */
uint64_t deadline_half(uint64_t start_ms, uint64_t due_ms);
uint64_t deadline_soon(uint64_t start_ms, uint64_t due_ms);

/* Of the registry's kinds: whether a put_ladder holds together, and taking in a ladder_set. */
void ladder_check(const struct registry *registry, const struct pd_put_ladder *put, struct registry_decision *decision);
void ladder_apply(struct registry *registry, void *entity, const struct pd_message *event);

#endif
