/* look.h - a command of one of the subjects that have a model of their own, to be looked at before the broker has it.
 * Threads: one. */
#ifndef PAIDAN_SIM_LOOK_H
#define PAIDAN_SIM_LOOK_H

#include "answers.h"
#include "registry.h"

/* What a command must lead to. */
struct command_look {
	const struct registry *registry;
	const struct pd_message *command;
	uint32_t actor;
	uint64_t now_ms;
	bool disk_low;
	struct reasons *reasons;
	/* the answer: */
	enum pd_type event; /* it is to become this event; PD_MSG_none: none */
	uint64_t repeats;   /* seq of the event that it repeats; 0: of none */
	bool perhaps;       /* a repeat, or refused */
};

static inline void look_refusable(struct command_look *look, bool holds, enum pd_refusal refusal)
{
	if (holds)
		reasons_add(look->reasons, refusal);
}

static inline void look_become(struct command_look *look, enum pd_type event)
{
	look->event = reasons_any(look->reasons) ? PD_MSG_none : event;
}

#endif
