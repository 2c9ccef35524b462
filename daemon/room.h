/* room.h - whether there are descriptors left for further connections.
 *
 * Each connection takes one, and so does each file of the journal: without one for that the broker could write nothing
 * more. So it takes no connections before it comes to the end of them. Threads: the front's.
 */
#ifndef PAIDAN_ROOM_H
#define PAIDAN_ROOM_H

#include "bus.h"

struct room {
	uint64_t limit;   /* of descriptors */
	size_t looked_at; /* sessions there were when it was looked */
	bool full;
};

/* Take as many descriptors as the system allows, before any connection. */
void room_init(struct room *room);
/* Shut the bus when there is hardly a descriptor left, and open it when there are some again; the log says so.
 * sessions: how many there are. */
void room_watch(struct room *room, struct bus *bus, size_t sessions);
/* The same when there are many more sessions than at the last look. */
static inline void room_watch_growth(struct room *room, struct bus *bus, size_t sessions)
{
	enum { SESSIONS_EACH = 64 };
	if (sessions >= room->looked_at + SESSIONS_EACH)
		room_watch(room, bus, sessions);
}

#endif
