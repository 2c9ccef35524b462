#include "listen.h"

#include <stdlib.h>

/* One person, with as many connections as they have. */
struct listener {
	uint32_t person;
	struct session_list sessions;
};

void listen_init(struct listeners *listeners, uint64_t hash_seed)
{
	*listeners = (struct listeners){0};
	table_init(&listeners->by_person, offsetof(struct listener, person), sizeof(uint32_t), hash_seed);
	LIST_INIT(&listeners->all);
}

void listen_fini(struct listeners *listeners)
{
	size_t at = 0;
	for (struct listener *listener; (listener = table_next(&listeners->by_person, &at));)
		free(listener);
	table_fini(&listeners->by_person);
}

void listen_begin(struct listeners *listeners, struct session *session)
{
	struct listener *listener = table_find(&listeners->by_person, &session->person);
	if (session->listens)
		return;
	if (!listener) {
		listener = calloc(1, sizeof *listener);
		if (!listener)
			abort();
		listener->person = session->person;
		LIST_INIT(&listener->sessions);
		table_add(&listeners->by_person, listener);
	}
	LIST_INSERT_HEAD(&listener->sessions, session, of_person);
	LIST_INSERT_HEAD(&listeners->all, session, of_all);
	session->listens = true;
	listeners->count++;
}

void listen_end(struct listeners *listeners, struct session *session)
{
	if (!session->listens)
		return;
	struct listener *listener = table_find(&listeners->by_person, &session->person);
	LIST_REMOVE(session, of_person);
	LIST_REMOVE(session, of_all);
	session->listens = false;
	listeners->count--;
	if (!LIST_EMPTY(&listener->sessions))
		return;
	table_remove(&listeners->by_person, &session->person);
	free(listener);
}

const struct session_list *listen_of(const struct listeners *listeners, uint32_t person)
{
	const struct listener *listener = table_find(&listeners->by_person, &person);
	return listener ? &listener->sessions : NULL;
}
