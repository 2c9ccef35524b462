/* publish.h - events to those who subscribed, on topics that are area paths; and the counts by which they notice a
 * loss.
 *
 * Every publication counts for every area of its topic, whether anyone listens or not, so that a subscriber to any
 * subtree sees its own number grow by one each time. The counts stand in the areas (area->publications). Threads: the
 * front's.
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

/* Append the publications of event to out, to be sent when its round is on disk; event_bytes is it as a message; order:
 * that of an order event, which has happened. With listening false they are only counted. */
void publish_event(struct publish *publish, const struct registry *registry, const struct pd_message *event,
		   const struct order *order, const char *bytes, size_t event_bytes, bool listening, struct pd_buffer *out);
/* A message on the topic of area. */
void publish_message(struct publish *publish, struct area *area, const struct pd_message *message,
		     struct pd_buffer *out);
/* Send what was appended to out, and empty it. */
void publish_flush(struct pd_buffer *out, struct bus *bus);

#endif
