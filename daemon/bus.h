/* bus.h - the broker's two sockets: a ROUTER for commands, replies and pushes, an XPUB for events.
 *
 * A peer is told apart by the number that ZeroMQ gave its connection. Threads: the front's.
 */
#ifndef PAIDAN_BUS_H
#define PAIDAN_BUS_H

#include "proto.h"

struct bus;

/* Opens the sockets; no endpoint is bound yet. PD_ESYS: errno. */
PD_MUST_USE enum pd_err bus_open(struct bus **bus);
void bus_close(struct bus *bus);
/* errno says why not: EADDRINUSE, EINVAL (malformed), EPROTONOSUPPORT, ... */
PD_MUST_USE enum pd_err bus_listen(struct bus *bus, const char *endpoint);
PD_MUST_USE enum pd_err bus_publish_on(struct bus *bus, const char *endpoint);

/* Descriptors that become readable when something may have happened. Edge-triggered: after a wake, and after every
 * send, test bus_readable. */
int bus_fd(const struct bus *bus);
int bus_publish_fd(const struct bus *bus);
bool bus_readable(struct bus *bus);

struct bus_frame {
	uint32_t peer;
	bool chosen_identity; /* the peer set its own routing id: it cannot be told apart safely */
	const char *data;     /* until the next bus_receive */
	size_t bytes;
};

/* The next frame that has come. PD_ENOENT: none. Messages of more than one data frame are taken frame by frame. */
PD_MUST_USE enum pd_err bus_receive(struct bus *bus, struct bus_frame *frame);
/* PD_ENOENT: the peer is gone. PD_EFULL: it does not read what it is sent. */
PD_MUST_USE enum pd_err bus_send(struct bus *bus, uint32_t peer, const void *data, size_t bytes);
/* Answer a peer with an identity of its own, named by the last frame received. */
void bus_send_back(struct bus *bus, const void *data, size_t bytes);

/* To what anyone has ever subscribed. */
struct bus_wanted {
	bool topics;   /* areas' */
	bool gathered; /* BUS_GATHERED */
};

/* The topic of all that is published, gathered. */
#define BUS_GATHERED "*"

/* Takes in what subscriptions have come. Cancellations are not counted: a peer may send some that cancel nothing, and
 * other bytes, and must not silence the others by it. */
struct bus_wanted bus_wanted(struct bus *bus);
void bus_publish(struct bus *bus, const char *topic, size_t topic_bytes, const void *data, size_t bytes);

#endif
