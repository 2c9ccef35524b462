/* campaigns.h - what a district calls for in a year: a round of visits a month, a roll-call a quarter, notices with
 * receipts, and an emergency drill. Leaders answer for most of their households, and not where nobody is there.
 * Threads: one.
 */
#ifndef PAIDAN_YEAR_CAMPAIGNS_H
#define PAIDAN_YEAR_CAMPAIGNS_H

#include "people.h"

enum campaigns_act {
	CAMPAIGNS_VISITS = PEOPLE_ACTS, /* a round of visits begins */
	CAMPAIGNS_ROLL_CALL,
	CAMPAIGNS_NOTICE,
	CAMPAIGNS_DRILL,
	CAMPAIGNS_ASK,     /* somebody asks at a household */
	CAMPAIGNS_RECEIVE, /* a household gets, reads or confirms a notice */
	CAMPAIGNS_ACTS,
};

struct campaigns;

/* Plan the year's from from_ms to until_ms. The plan with the smallest id, if there is one, is the drill's. */
struct campaigns *campaigns_new(struct world *world, struct agenda *agenda, const struct people *people,
				uint64_t from_ms, uint64_t until_ms);
void campaigns_free(struct campaigns *campaigns);

void campaigns_act(struct campaigns *campaigns, const struct act *act);
/* A roll-call or visits were handed out to a micro-grid: its people plan their rounds. */
void campaigns_hear(struct campaigns *campaigns, const struct pd_message *event);

#endif
