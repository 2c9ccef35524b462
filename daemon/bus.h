/* bus.h - the broker's two sockets: a ROUTER for commands, replies and pushes (peers.h), an XPUB for events
 * (publisher.h).
 *
 * A peer is told apart by the number of its connection. Threads: the front's.
 */
#ifndef PAIDAN_BUS_H
#define PAIDAN_BUS_H

#include "proto.h"

struct bus;

/* Opens the sockets; no endpoint is bound yet. PD_ESYS: errno. */
PD_MUST_USE enum pd_err bus_open(struct bus **bus);
void bus_close(struct bus *bus);
/* errno says why not: EADDRINUSE, EINVAL (malformed), EPROTONOSUPPORT, ...; all before bus_start. */
PD_MUST_USE enum pd_err bus_listen(struct bus *bus, const char *endpoint);
PD_MUST_USE enum pd_err bus_publish_on(struct bus *bus, const char *endpoint);
/* From now on subscribers are served. PD_ESYS: errno. */
PD_MUST_USE enum pd_err bus_start(struct bus *bus);

/* Readable as long as there is something for bus_receive; but not for what bus_at_hand tells of. */
int bus_fd(const struct bus *bus);
/* Readable when bus_wanted has something new to tell. */
int bus_publish_fd(const struct bus *bus);
/* Whether more has come than bus_receive gave, which bus_fd does not tell. */
bool bus_at_hand(const struct bus *bus);
/* To be called once a second. */
void bus_tick(struct bus *bus);

struct bus_frame {
	uint32_t peer;
	bool chosen_identity; /* the peer set its own routing id */
	bool gone;            /* no frame: the peer's connection has ended */
	const char *data;     /* until the next bus_receive */
	size_t bytes;
	/* Of subscribers alone: */
	bool command; /* of ZMTP, and no message */
	bool takes;   /* no frame: the peer takes bytes again */
};

/* The next frame that has come. PD_ENOENT: none now. Messages of more than one frame are taken frame by frame. */
PD_MUST_USE enum pd_err bus_receive(struct bus *bus, struct bus_frame *frame);
/* PD_ENOENT: the peer is gone. PD_EFULL: it does not read what it is sent, and is told nothing any
 * more. */
PD_MUST_USE enum pd_err bus_send(struct bus *bus, uint32_t peer, const void *data, size_t bytes);

/* To what anyone subscribes, or did a moment ago. */
struct bus_wanted {
	bool topics;   /* areas' */
	bool gathered; /* BUS_GATHERED */
};

/* The topic of all that is published, gathered. */
#define BUS_GATHERED "*"

struct bus_wanted bus_wanted(struct bus *bus);
/* Who subscribes to the topic, or a beginning of it, gets it after bus_flush. */
void bus_publish(struct bus *bus, const char *topic, size_t topic_bytes, const void *data, size_t bytes);
void bus_flush(struct bus *bus);

#endif
