/* duty.h - recurring orders: duties of the registry, when they occur, and the orders that the clock makes of them.
 *
 * A duty occurs on days of the week or on a day of the month, at a minute of the day. When it has occurred, an order is
 * made for its area, or one for each of its micro-grids, by their ids. What was missed while nothing ran is not made up
 * for, but for the latest occurrence. A duty whose area or category is out of use rests.
 *
 * Invariant: (last_ms, last_area) say how far its orders are made; they follow from submitted events, are part of the
 * kept event, and are not touched by a duty_set: so none is made twice, whatever stops in between. Part of the core.
 */
#ifndef PAIDAN_DUTY_H
#define PAIDAN_DUTY_H

#include "registry.h"

struct core;

struct duty {
	ENTITY;
	uint32_t category, area;
	uint32_t from_day, until_day; /* calendar.h's days; until_day UINT32_MAX: for ever */
	uint16_t minute;
	uint8_t weekdays, month_day;
	bool each, workdays;
	struct pd_slice name, text;
	uint64_t set_ms;    /* occurrences up to then are none of its */
	uint64_t last_ms;   /* the occurrence for which orders were made last; 0: none yet */
	uint32_t last_area; /* the micro-grid of the last order of it; 0: all are made */
	uint64_t next_ms;   /* when it is looked at next, see struct duties; UINT64_MAX: it rests */
};

/* The core's: when the next duty is looked at. A cache of what follows from the registry of that version. */
struct duties {
	uint64_t version, next_ms;
};

/* The first occurrence after after_ms; UINT64_MAX: there is none, in two years at least. */
uint64_t duty_next(const struct registry *registry, const struct duty *duty, uint64_t after_ms);
/* The time after which its next occurrence lies: that of the last one, or when it was set. */
uint64_t duty_since(const struct duty *duty);

/* An order of a duty; false: none is due at now_ms. */
bool duties_decide_due(const struct core *core, uint64_t now_ms, struct pd_message *event);
uint64_t duties_next_due(const struct core *core);
/* An order that a duty made was submitted. */
void duties_apply(struct core *core, const struct pd_submitted *submitted);

/* Of the registry's kinds: whether a put_duty holds together; what a duty keeps of its own when an event sets it;
 * taking in a duty_set. */
void duty_check(const struct registry *registry, const struct pd_put_duty *put, struct registry_decision *decision);
void duty_merge(const void *entity, struct pd_message *event);
void duty_apply(struct registry *registry, void *entity, const struct pd_message *event);

#endif
