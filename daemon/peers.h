/* peers.h - connections that speak ZMTP as ZeroMQ does: of all who send commands, whose ROUTER we are, and of all who
 * subscribe to events, whose XPUB we are.
 *
 *   accepted ── greeting ──► GREETING ── READY ──► OPEN ── frames ... ──► closed: gone, or dropped
 *
 * The front reads and writes those of commands itself: between a command and its answer there is no other thread. Those
 * of events are the publisher's (publisher.h). What has come of a frame that is not whole, and what a peer does not
 * take at once, is kept with the peer; all else is read into one buffer that they share. Invariants: (1) a peer has a
 * number of its own, which is not used again while the broker runs (but after 2^32 connections); (2) what is sent to a
 * peer leaves in its order; (3) a peer that has not greeted within ENDPOINT_GREETING_MS, or sends what is no ZMTP, is
 * dropped; (4) what a peer has sent is read to its end, also when nothing can be sent to it any more. Threads: that of
 * their owner.
 */
#ifndef PAIDAN_PEERS_H
#define PAIDAN_PEERS_H

#include "bus.h"

enum { PEERS_LISTENERS_MAX = 16 };

struct peers;
struct peer;

/* What we are, and who they may be. */
struct peers_kind {
	const char *ours;       /* our type of socket, as ZeroMQ calls it */
	const char *theirs[4];  /* the types that may speak with it; null ends them */
	size_t frame_bytes_max; /* who sends a longer one is dropped */
	bool commands;          /* of ZMTP, other than PING: they are given on */
};
extern const struct peers_kind peers_router, peers_xpub;

/* Borrows kind. PD_ESYS: errno. */
PD_MUST_USE enum pd_err peers_new(struct peers **peers, const struct peers_kind *kind);
/* What has been sent has a second to leave. */
void peers_free(struct peers *peers);
/* errno as endpoint_listen says, EMFILE: too many endpoints. */
PD_MUST_USE enum pd_err peers_listen(struct peers *peers, const char *endpoint);

/* Readable as long as something has come that peers_receive has not taken from the sockets. */
int peers_fd(const struct peers *peers);
/* Whether something has come that was taken from a socket, and not from here. */
bool peers_at_hand(const struct peers *peers);
/* The next frame, or the news that a peer is gone or takes bytes again. PD_ENOENT: there is none. */
PD_MUST_USE enum pd_err peers_receive(struct peers *peers, struct bus_frame *frame);
/* PD_ENOENT: the peer is gone. PD_EFULL: it does not read what it is sent, and is told nothing any more. */
PD_MUST_USE enum pd_err peers_send(struct peers *peers, uint32_t number, const void *data, size_t bytes);
/* Who is written to past peers_send, without a look at who it is each time; null: the peer is gone. It is there until
 * there is news that it is gone, or peers_drop. */
struct peer *peers_find(const struct peers *peers, uint32_t number);
/* Where whole messages may be written; -1: what was sent before has not left, or nothing can be sent to it any more. */
int peers_socket(const struct peer *peer);
/* The peer did not take all that was written, or there was no socket to write to: it is told when it takes bytes. Until
 * then no PONG gets between them. */
void peers_await(struct peers *peers, struct peer *peer);
/* End a connection; there will be no news of it. */
void peers_drop(struct peers *peers, uint32_t number);
/* To be called once a second: drop those that do not greet. */
void peers_tick(struct peers *peers);

#endif
