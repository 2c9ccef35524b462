/* publish.h - events to those who subscribed, on topics that are area paths; and the counts by which they notice a
 * loss.
 *
 * Every publication counts for every area of its topic, whether anyone listens or not, so that a subscriber to any
 * subtree sees its own number grow by one each time. The counts stand in the areas (area->publications): as long as
 * nobody listens to areas, that of an event is noted at its own area alone, and counted above when somebody asks, or
 * when the registry changes. Threads: the front's.
 *
 * Who wants everything gets it gathered: all events, one behind the other, in frames on a topic of their own. One
 * message for each event and each of a hundred supervisors is more than a machine can carry. An event is there once, so
 * a loss shows in the seqs, and no counts are needed.
 */
#ifndef PAIDAN_PUBLISH_H
#define PAIDAN_PUBLISH_H

#include "buffer.h"
#include "bus.h"
#include "core.h"

struct publish;

/* instance: of the broker's run, which publications bear. */
struct publish *publish_new(uint64_t instance);
void publish_free(struct publish *publish);
/* What is published from now on, and not only counted. */
void publish_set(struct publish *publish, const struct bus_wanted *wanted);

/* How many publications had area in their topics so far. */
uint64_t publish_count(struct publish *publish, const struct area *area);
/* To be called before an event of the registry happens: so far its areas stand where they stand. */
void publish_settle(struct publish *publish);

/* Something will probably be published on the topic of area: bring its count near. */
void publish_ahead(const struct area *area);
/* Append the publications of event to out, to be sent when its round is on disk; event_bytes is it as a message; order:
 * that of an order event, which has happened. */
void publish_event(struct publish *publish, const struct registry *registry, const struct pd_message *event,
		   const struct order *order, const char *bytes, size_t event_bytes, struct pd_buffer *out);
/* A message on the topic of area. */
void publish_message(struct publish *publish, struct area *area, const struct pd_message *message,
		     struct pd_buffer *out);
/* Send what was appended to out, and empty it; of what is gathered only whole frames, a few at a time. True: there is
 * some left, for publish_gathered. */
bool publish_flush(struct publish *publish, struct pd_buffer *out, struct bus *bus);
/* Send what is gathered. */
void publish_gathered(struct publish *publish, struct bus *bus);

#endif
