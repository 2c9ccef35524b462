/* actors.h - the people and their programs: residents, leaders, staff, merchants, operator, administrators and
 * strangers.
 *
 * They send what is right for the order at hand, and often enough what is not: as somebody else, of an older version,
 * in another state. Each command is sent again, as it was, until it is answered; some are sent again long after.
 * Threads: one.
 */
#ifndef PAIDAN_SIM_ACTORS_H
#define PAIDAN_SIM_ACTORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void actors_init(void);
void actors_fini(void);

/* Somebody does something new. */
void actors_act(void);
/* Whoever has waited long enough for an answer sends again. */
void actors_insist(void);
/* Everybody sends again now what was not answered. */
void actors_hurry(void);
/* A frame has come for a peer. */
void actors_receive(uint32_t peer, const char *data, size_t bytes);
/* The connection is broken. */
void actors_disconnected(uint32_t peer);
/* The broker is gone: all connections are. */
void actors_disconnected_all(void);
/* Whether somebody waits for an answer. */
bool actors_waiting(void);

#endif
