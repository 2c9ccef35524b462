/* session.h - the connections, and what is to be sent to each when its round is on disk.
 *
 * Every session has two outboxes, one for each of the two rounds there are (filling and in flight). Invariants: (1) a
 * session with anything in outbox r is in the list of round r; (2) a closed session gets nothing more, and is freed
 * when it is in no list. Threads: the front's.
 */
#ifndef PAIDAN_SESSION_H
#define PAIDAN_SESSION_H

#include <sys/queue.h>

#include "buffer.h"
#include "bus.h"
#include "proto.h"
#include "table.h"

struct read;
struct worker;
LIST_HEAD(worker_list, worker);
LIST_HEAD(session_list, session);

struct outbox {
	struct pd_buffer bytes;
	struct pd_buffer cuts; /* size_t: where frames end */
	bool listed;
	struct session *next;
};

struct session {
	uint32_t peer;
	uint32_t person;
	uint8_t language; /* of what its refusals say: enum pd_language */
	bool greeted, closed;
	bool left;    /* said bye */
	bool staging; /* between import_begin and import_commit: put_ messages are rows, even if the import has failed
		       */
	uint32_t heartbeat_ms; /* it has been told to be heard so often */
	uint64_t seen_ms;
	uint64_t probed_ms;                 /* when it was last sent something to see whether it is still there */
	uint64_t asked_ms;                  /* the turn of its last query */
	uint64_t looked;                    /* entities and orders that its queries of that turn have looked at */
	uint32_t reads_open, reads_running; /* queries from disk: not answered yet; of these, in other threads now */
	struct read *reads_waiting, **reads_tail; /* those whose turn has not come, oldest first */
	struct outbox out[2];
	struct worker_list workers; /* what it works for (push.h) */
	bool listens;               /* it stands among the listeners (listen.h) */
	LIST_ENTRY(session) of_person, of_all, of_left;
	uint64_t told_seq; /* the last event that it was told of (moved.h) */
};

struct sessions {
	struct table by_peer;
	struct session_list left; /* those that said bye */
	size_t swept;             /* where sessions_sweep goes on */
	struct session *listed[2];
	size_t pending_bytes[2]; /* in all outboxes of a round */
};

void sessions_init(struct sessions *sessions, uint64_t hash_seed);
void sessions_fini(struct sessions *sessions);
/* Null when the peer has none. */
struct session *sessions_find(const struct sessions *sessions, uint32_t peer);
struct session *sessions_new(struct sessions *sessions, uint32_t peer, uint32_t heartbeat_ms, uint64_t now_ms);
/* Whether it has said bye, and no hello since: then it is ended when the answer has gone (sessions_sweep). */
void sessions_set_left(struct sessions *sessions, struct session *session, bool left);
/* Nothing more is sent to it; what it works for must have been given back before. */
void sessions_close(struct sessions *sessions, struct session *session);

/* Append a message, or ready-made bytes of whole messages, to what goes to session after round. */
void session_send(struct sessions *sessions, struct session *session, int round, const struct pd_message *message);
void session_send_bytes(struct sessions *sessions, struct session *session, int round, const void *data, size_t bytes);
bool sessions_pending(const struct sessions *sessions, int round);
/* Send what waited for round. failed is told of each session that is gone (PD_ENOENT) or does not read (PD_EFULL). */
void sessions_flush(struct sessions *sessions, int round, struct bus *bus,
		    void (*failed)(struct session *session, enum pd_err err, void *arg), void *arg);
/* Look at one in parts of all sessions, another one each time: over is told of those that have been silent for three of
 * their heartbeats, and ends them; the buffers of those that have been so for one are given back. Of those that said
 * bye it is told of all. */
void sessions_sweep(struct sessions *sessions, uint64_t now_ms, unsigned parts,
		    void (*over)(struct session *session, void *arg), void *arg);

#endif
