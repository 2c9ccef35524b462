/* moved.h - telling residents what becomes of the orders that they asked for or follow, and workers of haste, or that
 * what they have accepted has lapsed.
 *
 * Threads: the front's.
 */
#ifndef PAIDAN_MOVED_H
#define PAIDAN_MOVED_H

#include "core.h"
#include "listen.h"
#include "push.h"

struct moved {
	const struct listeners *listeners;
	struct sessions *sessions;
	const struct push *push;
	int round; /* with which it goes out */
};

/* The event has been applied to order; bytes is it as a message. by made it (null: nobody), and is not told. */
void moved_tell(const struct moved *moved, const struct core *core, const struct order *order,
		const struct pd_message *event, const char *bytes, size_t event_bytes, const struct session *by);

#endif
