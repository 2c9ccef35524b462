/* listen.h - the sessions that want to be told what concerns their person, by person.
 *
 * Invariant: a session stands here from listen_begin to listen_end, once. Threads: the front's.
 */
#ifndef PAIDAN_LISTEN_H
#define PAIDAN_LISTEN_H

#include "session.h"

struct listeners {
	struct table by_person;
	struct session_list all;
	size_t count;
};

void listen_init(struct listeners *listeners, uint64_t hash_seed);
void listen_fini(struct listeners *listeners);
/* The session's person is set already. */
void listen_begin(struct listeners *listeners, struct session *session);
/* Nothing is told to it any more; it need not have begun. */
void listen_end(struct listeners *listeners, struct session *session);
/* The sessions of a person, linked by of_person; null when there are none. */
const struct session_list *listen_of(const struct listeners *listeners, uint32_t person);

#endif
