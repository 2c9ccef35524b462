/* duties.h - the orders that recur, day by day, as the messages' descriptions have it; not as the core has it.
 *
 * Every event of a duty is shown here, which says whether it was legal then. When a crash takes events back, so does
 * duties_cut. Threads: one.
 */
#ifndef PAIDAN_SIM_DUTIES_H
#define PAIDAN_SIM_DUTIES_H

#include "registry.h"

void duties_init(void);
void duties_fini(void);
void duties_cut(uint64_t seq);

/* A duty was set, or an order submitted that it has made. Fails when it was not legal. */
void duties_event(const struct registry *registry, const struct pd_message *event);
static inline bool duties_is_made(const struct pd_submitted *submitted)
{
	return submitted->duty != 0;
}
/* Nothing is left that was due. */
void duties_check_none_due(const struct registry *registry, uint64_t now_ms);

/* Whether the days of a duty are to be had. */
bool duties_sound(const struct pd_put_duty *put);

#endif
