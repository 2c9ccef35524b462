/* setup.h - calendars, ladders, rules, duties and plans: how those who keep them put them, often wrongly. Threads: one.
 */
#ifndef PAIDAN_SIM_SETUP_H
#define PAIDAN_SIM_SETUP_H

#include "registry.h"

enum { SETUP_ROWS_MAX = 8 };

/* What was made before is no longer needed. */
void setup_forget(void);
/* What the district begins with; returns how many. */
size_t setup_begin(struct pd_message rows[static SETUP_ROWS_MAX]);
/* A put_ message that adds or changes something, or is wrong, or is of no effect. */
void setup_change(const struct registry *registry, struct pd_message *put);
/* An entity as it is, to live until setup_forget. */
void setup_row_of(const struct registry *registry, enum registry_kind kind, const void *entity, struct pd_message *put);
/* A ladder's id: mostly of one that is in use; 0: none. */
uint32_t setup_ladder(const struct registry *registry);
/* A plan's id, mostly of one that is there. */
uint32_t setup_plan(void);

#endif
