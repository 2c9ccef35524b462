/* judge.h - whether an event was legal when it happened, and what the order is after it. Threads: one. */
#ifndef PAIDAN_SIM_JUDGE_H
#define PAIDAN_SIM_JUDGE_H

#include "model.h"

struct judging {
	const struct registry *registry; /* as it was before the event */
	const struct pd_message *event;
	const struct pd_order_event *common;
	const struct life *life;      /* null: there is no such order */
	const struct version *before; /* null, too */
};

/* An event that was not legal ends the program. *after: the order's version before it, which is changed. */
void judge_submitted(const struct judging *judging);
void judge_recorded(const struct judging *judging, struct version *after);
void judge_move(const struct judging *judging, struct version *after);

#endif
