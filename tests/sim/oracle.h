/* oracle.h - what a message must lead to: written from states.def and the descriptions of the messages.
 *
 * Of a command that several refusals fit, any of them will do; one that none fits must be done, and one that some fits
 * must not. Threads: one.
 */
#ifndef PAIDAN_SIM_ORACLE_H
#define PAIDAN_SIM_ORACLE_H

#include "answers.h"
#include "front.h"

/* What is to be answered to message, from session, now. event: the type of event it is to become; PD_MSG_none: it is to
 * change nothing; only where free_choice, it may become an event of that kind or not. */
struct prophecy {
	struct expectation expectation;
	enum pd_type event;
	bool free_choice;
	/* Of an order that begins: where it comes from, and what told that. */
	uint32_t area, household;
	uint8_t route;
};
void oracle_look(const struct front *front, const struct session *session, const struct pd_message *message,
		 struct prophecy *prophecy);

#endif
