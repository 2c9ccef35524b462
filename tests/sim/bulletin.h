/* bulletin.h - notices, roll-calls and visits as the messages' descriptions have them; not as the core has them.
 *
 * Every event is shown here, which says whether it was legal then, and is remembered; what a notice or a member is at,
 * is read off the events each time. When a crash takes events back, so does bulletin_cut. Threads: one.
 */
#ifndef PAIDAN_SIM_BULLETIN_H
#define PAIDAN_SIM_BULLETIN_H

#include "look.h"

void bulletin_init(void);
void bulletin_fini(void);
void bulletin_cut(uint64_t seq);

/* An event of a notice, or an order that one has handed out. Fails when it was not legal. */
void bulletin_event(const struct registry *registry, const struct pd_message *event);
bool bulletin_is_handed_out(const struct pd_submitted *submitted);
/* Whether there was such a notice, and it has ended. */
bool bulletin_is_over(const struct pd_id *id);
/* What the clock has brought: it must have been due. */
void bulletin_due(const struct pd_message *event, uint64_t now_ms);
/* Nothing is left that was due. */
void bulletin_check_none_due(const struct registry *registry, uint64_t now_ms);

/* What a command about a notice must lead to. */
void bulletin_look(struct command_look *look);

/* A command about notices, somebody's who may send it, mostly. */
void bulletin_make(const struct registry *registry, struct pd_message *command, uint32_t *actor);
/* To whom a notice was sent; 0: there is none. */
uint32_t bulletin_area(const struct pd_id *id);
/* Some notice's id; false: there is none. */
bool bulletin_some(struct pd_id *id);

#endif
