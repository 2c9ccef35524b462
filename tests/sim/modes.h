/* modes.h - where plans for emergencies are on, and what that does to times, as the messages' descriptions have it; not
 * as the core has it.
 *
 * Every event that has to do with it is shown here, which says whether it was legal then. When a crash takes events
 * back, so does modes_cut. Threads: one.
 */
#ifndef PAIDAN_SIM_MODES_H
#define PAIDAN_SIM_MODES_H

#include "look.h"

void modes_init(void);
void modes_fini(void);
void modes_cut(uint64_t seq);

/* An event that plans or times depend on, or a notice; others are let pass. Fails when it was not legal. */
void modes_event(const struct registry *registry, const struct pd_message *event);
/* What the clock has brought: a mode_ended or notified that was due. */
void modes_due(const struct pd_message *event, uint64_t now_ms);
/* Nothing is left that was due: no plan is on past its time, all is sent, and every order has the time that is its. */
void modes_check_none_due(const struct registry *registry, uint64_t now_ms);

/* The plan that is on over an area; 0: none is. */
uint32_t modes_over(const struct registry *registry, uint32_t area);
/* Whether a category for emergencies alone is taken in the area. */
bool modes_take(const struct registry *registry, uint32_t area, uint32_t category);
bool modes_is_on(uint32_t plan);
/* Whether a plan is no longer on as it was at event seq, at which it was. */
bool modes_is_over(uint32_t plan, uint64_t seq);

/* When the order is due for the plan was switched on or has ended; false: that is nothing to the order. */
bool modes_redates(const struct registry *registry, const struct life *life, uint32_t plan, bool ended,
		   uint64_t *due_ms);

void modes_look(struct command_look *look);
/* What speaks against a plan, or an area for it (0: its own); returns the area, 0: none. */
uint32_t modes_look_at_plan(const struct registry *registry, uint32_t plan, uint32_t area, struct reasons *reasons);
/* What the plan would do to orders in the area and below it. */
struct pd_effect modes_effect(const struct registry *registry, uint32_t plan, uint32_t area, uint64_t now_ms);
/* A command that switches a plan, somebody's who may, mostly. */
void modes_make(const struct registry *registry, struct pd_message *command, uint32_t *actor);

#endif
