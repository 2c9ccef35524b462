/* peers.h - the connections of all who send commands, which speak ZMTP as ZeroMQ's DEALER does.
 *
 *   accepted ── greeting ──► GREETING ── READY ──► OPEN ── frames ... ──► closed: gone, or dropped
 *
 * The front reads and writes them itself: between a command and its answer there is no other thread. What has come of a
 * frame that is not whole, and what a peer does not take at once, is kept with the peer; all else is read into one
 * buffer that they share. Invariants: (1) a peer has a number of its own, which is not used again while the broker runs
 * (but after 2^32 connections); (2) what is sent to a peer leaves in its order; (3) a peer that has not greeted within
 * ENDPOINT_GREETING_MS, or sends what is no ZMTP, is dropped; (4) what a peer has sent is read to its end, also when
 * nothing can be sent to it any more. Threads: the front's.
 */
#ifndef PAIDAN_PEERS_H
#define PAIDAN_PEERS_H

#include "bus.h"

enum { PEERS_LISTENERS_MAX = 16 };

struct peers;

/* PD_ESYS: errno. */
PD_MUST_USE enum pd_err peers_new(struct peers **peers);
/* What has been sent has a second to leave. */
void peers_free(struct peers *peers);
/* errno as endpoint_listen says, EMFILE: too many endpoints. */
PD_MUST_USE enum pd_err peers_listen(struct peers *peers, const char *endpoint);

/* Readable as long as something has come that peers_receive has not taken from the sockets. */
int peers_fd(const struct peers *peers);
/* Whether something has come that was taken from a socket, and not from here. */
bool peers_at_hand(const struct peers *peers);
/* The next frame, or the news that a peer is gone. PD_ENOENT: there is none. */
PD_MUST_USE enum pd_err peers_receive(struct peers *peers, struct bus_frame *frame);
/* PD_ENOENT: the peer is gone. PD_EFULL: it does not read what it is sent, and is told nothing any more. */
PD_MUST_USE enum pd_err peers_send(struct peers *peers, uint32_t number, const void *data, size_t bytes);
/* To be called once a second: drop those that do not greet. */
void peers_tick(struct peers *peers);

#endif
