/* publisher.h - events to all who subscribed, by ZMTP: an XPUB of the broker's own, in a thread of its own.
 *
 *   front: publisher_add ... publisher_flush ──► handed over ──► tape ──► each subscriber's pieces ──► its socket
 *
 * What is published lies on a tape once (tape.h), and each subscriber has a list of the pieces of it that it wants and
 * has not been given, of which neighbours are one. Invariants: (1) a subscriber gets whole messages, in their order,
 * and each once; (2) one that does not read, so that the tape has no room or the list is too long, loses all that waits
 * for it, is counted once (metrics.publisher.overflows), and gets nothing until it has taken the rest of the piece
 * that it was reading; (3) who publishes never waits. Threads: publisher_new, _listen, _start, _free the owner's, who
 * is the only one but between start and free; publisher_wanted, _add and _flush the front's.
 */
#ifndef PAIDAN_PUBLISHER_H
#define PAIDAN_PUBLISHER_H

#include "bus.h"

struct publisher;

/* PD_ESYS: errno. */
PD_MUST_USE enum pd_err publisher_new(struct publisher **publisher);
/* What has been published has ENDPOINT_LINGER_MS to leave. */
void publisher_free(struct publisher *publisher);
/* Before it is started. errno: see peers_listen. */
PD_MUST_USE enum pd_err publisher_listen(struct publisher *publisher, const char *endpoint);
/* PD_ESYS: errno. */
PD_MUST_USE enum pd_err publisher_start(struct publisher *publisher);

/* Readable when publisher_wanted has something new to tell. */
int publisher_fd(const struct publisher *publisher);
/* What is subscribed to, or was a moment ago. */
struct bus_wanted publisher_wanted(struct publisher *publisher);
/* A message of two frames; it leaves with the next flush. */
void publisher_add(struct publisher *publisher, const char *topic, size_t topic_bytes, const void *data, size_t bytes);
void publisher_flush(struct publisher *publisher);

#endif
