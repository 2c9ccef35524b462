/* room.h - no more connections than there are descriptors for.
 *
 * Each connection takes one, and so does each file of the journal. So the limit is raised as high as the system allows,
 * and some are kept back: a connection that goes beyond that is closed at once. Clients then try again, slower and
 * slower. Threads: the front's; room_accept any.
 */
#ifndef PAIDAN_ROOM_H
#define PAIDAN_ROOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct room {
	uint64_t limit; /* of descriptors */
	uint64_t most;  /* that were in use since memory was given back */
	bool low;
};

/* A connection, non-blocking; -1: errno, EAGAIN also when one was closed for want of room. */
int room_accept(int listener);
/* Take as many descriptors as the system allows, before any connection. */
void room_init(struct room *room);
/* To be called once a second. Look how many are left: the log says when it is less than a tenth, when it is more again,
 * and how many connections were closed since the last time. When many connections have ended, their memory goes back to
 * the system. sessions: how many there are. */
void room_watch(struct room *room, size_t sessions);

#endif
