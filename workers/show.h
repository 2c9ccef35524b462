/* show.h - orders and events as a leader reads them at a terminal.
 *
 * What residents wrote is shown without control characters, so that a text cannot take hold of the terminal. Threads:
 * one.
 */
#ifndef PAIDAN_SHOW_H
#define PAIDAN_SHOW_H

#include "roster.h"
#include "worker.h"

/* A time of day, with the date unless it is today's. */
enum { SHOW_TIME_BYTES = 32 };
char *show_time(uint64_t time_ms, char text[static SHOW_TIME_BYTES]);

/* text on stdout without control characters; further lines begin with indent. */
void show_text(struct pd_slice text, const char *indent);

/* The order in two or three lines: number, urgency, category, address (null: none), request, what is due. */
void show_order(const struct roster *roster, unsigned number, const struct worker_order *order, const char *address);

/* "person 2001 王秀英", as far as the roster knows them. Returns text. */
enum { SHOW_NAME_BYTES = 320 };
const char *show_person(const struct roster *roster, uint32_t person, char text[static SHOW_NAME_BYTES]);

/* What happened, in one line without time and number: "accepted by ...". */
void show_event(const struct roster *roster, const struct pd_message *event);
/* A line with time for each event of an order's story. */
void show_past(const struct roster *roster, const struct pd_message *event);

#endif
