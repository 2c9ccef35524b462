/* telling.h - what happens in a district, told line by line so that a person can follow: of each sort of thing the
 * first, and then one in a set time at most. Notices, plans and what is done about needs are told each time.
 *
 * Threads: one.
 */
#ifndef PAIDAN_TELLING_H
#define PAIDAN_TELLING_H

#include "roster.h"

struct telling;

/* every_ms: how long nothing of the same sort is told. roster is borrowed until telling_free. */
struct telling *telling_new(const struct roster *roster, uint64_t every_ms);
void telling_free(struct telling *telling);

/* Print a line on stdout if the event is worth one now, by the clock of agenda_now_ms. */
void telling_event(struct telling *telling, const struct pd_message *event, uint64_t now_ms);

#endif
