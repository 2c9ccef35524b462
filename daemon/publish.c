#include "publish.h"

#include <stdlib.h>

#include "codec.h"
#include "fetch.h"

struct publish {
	uint64_t instance;
	struct bus_wanted wanted;
	struct area *uncounted; /* linked by publications.next_uncounted */
	struct pd_buffer scratch, frame;
	unsigned frames; /* gathered, and not flushed yet */
};

/* What stands in out before each publication. */
struct entry {
	uint32_t topic_bytes; /* 0: it is gathered */
	uint32_t bytes;
	uint64_t seq;
};

enum { DEPTH_MAX = 8 };
/* So many gathered frames leave together: what each subscriber costs is for the most part that it is turned to. */
enum { FRAMES_AT_ONCE = 3 };
/* Of a frame of what is gathered: with its topic and its heads it fills no page more than it must. */
enum { GATHERED_BYTES_MAX = PD_FRAME_BYTES_MAX - 64 };

struct publish *publish_new(uint64_t instance)
{
	struct publish *publish = calloc(1, sizeof *publish);
	if (!publish)
		abort();
	publish->instance = instance;
	return publish;
}

void publish_free(struct publish *publish)
{
	if (!publish)
		return;
	pd_buffer_fini(&publish->scratch);
	pd_buffer_fini(&publish->frame);
	free(publish);
}

void publish_set(struct publish *publish, const struct bus_wanted *wanted)
{
	publish->wanted = *wanted;
}

void publish_ahead(const struct area *area)
{
	fetch(&area->publications, sizeof area->publications);
}

/* Count a publication for area and all above it, later. */
static void count(struct publish *publish, struct area *area)
{
	if (!area || area->publications.uncounted++)
		return;
	area->publications.next_uncounted = publish->uncounted;
	publish->uncounted = area;
}

void publish_settle(struct publish *publish)
{
	while (publish->uncounted) {
		struct area *area = publish->uncounted;
		uint64_t more = area->publications.uncounted;
		publish->uncounted = area->publications.next_uncounted;
		area->publications.uncounted = 0;
		for (; area; area = area->parent)
			area->publications.count += more;
	}
}

uint64_t publish_count(struct publish *publish, const struct area *area)
{
	publish_settle(publish);
	return area->publications.count;
}

/* What area and all above it have counted, from the district down; returns how many they are. */
static uint32_t counts_of(const struct area *area, uint64_t counts[static DEPTH_MAX])
{
	uint32_t depth = 0, i = 0;
	for (const struct area *a = area; a && depth < DEPTH_MAX; a = a->parent)
		depth++;
	for (; area && i < depth; area = area->parent)
		counts[depth - ++i] = area->publications.count;
	return depth;
}

static void append(struct publish *publish, const char *topic, size_t topic_bytes, uint64_t seq,
		   const struct pd_u64s *counts, const char *bytes, size_t count_bytes, struct pd_buffer *out)
{
	struct pd_message published = {
		.type = PD_MSG_published, .request = seq, .published = {*counts, publish->instance}};
	publish->scratch.count = 0;
	pd_encode(&published, &publish->scratch);
	struct entry entry = {(uint32_t)topic_bytes, (uint32_t)(publish->scratch.count + count_bytes), seq};
	pd_buffer_add(out, &entry, sizeof entry);
	pd_buffer_add(out, topic, topic_bytes);
	pd_buffer_add(out, publish->scratch.data, publish->scratch.count);
	pd_buffer_add(out, bytes, count_bytes);
}

static void append_gathered(uint64_t seq, const char *bytes, size_t count_bytes, struct pd_buffer *out)
{
	struct entry entry = {0, (uint32_t)count_bytes, seq};
	pd_buffer_add(out, &entry, sizeof entry);
	pd_buffer_add(out, bytes, count_bytes);
}

/* again: it has been published on another topic, and is among what is gathered. */
static void publish_on(struct publish *publish, struct area *area, uint64_t seq, const char *bytes, size_t event_bytes,
		       bool again, struct pd_buffer *out)
{
	count(publish, area);
	if (publish->wanted.topics) {
		publish_settle(publish);
		uint64_t numbers[DEPTH_MAX];
		char topic[AREA_PATH_BYTES] = "/";
		struct pd_u64s counts = {numbers, counts_of(area, numbers)};
		append(publish, topic, area ? area_path(area, topic) : 1, seq, &counts, bytes, event_bytes, out);
	}
	if (publish->wanted.gathered && !again)
		append_gathered(seq, bytes, event_bytes, out);
}

void publish_event(struct publish *publish, const struct registry *registry, const struct pd_message *event,
		   const struct order *order, const char *bytes, size_t event_bytes, struct pd_buffer *out)
{
	struct area *from, *to;
	if (order) {
		const struct pd_order_event *e = &event->order_event;
		to = order->holder->entity;
		from = e->from && e->from != e->holder ? registry_area(registry, e->from) : to;
	} else {
		uint32_t areas[2];
		core_event_areas(event, areas);
		from = areas[0] ? registry_area(registry, areas[0]) : NULL;
		to = areas[1] ? registry_area(registry, areas[1]) : from;
	}
	publish_on(publish, from, event->request, bytes, event_bytes, false, out);
	/* Who watches the new holder alone would not see it come. */
	if (from != to && !area_within(from, to))
		publish_on(publish, to, event->request, bytes, event_bytes, true, out);
}

void publish_message(struct publish *publish, struct area *area, const struct pd_message *message,
		     struct pd_buffer *out)
{
	struct pd_buffer bytes = {0};
	pd_encode(message, &bytes);
	publish_on(publish, area, message->request, bytes.data, bytes.count, false, out);
	pd_buffer_fini(&bytes);
}

static void publish_frame(struct publish *publish, struct bus *bus)
{
	if (publish->frame.count == 0)
		return;
	bus_publish(bus, BUS_GATHERED, sizeof BUS_GATHERED - 1, publish->frame.data, publish->frame.count);
	publish->frame.count = 0;
	publish->frames++;
}

static void flush(struct publish *publish, struct bus *bus)
{
	bus_flush(bus);
	publish->frames = 0;
}

void publish_gathered(struct publish *publish, struct bus *bus)
{
	publish_frame(publish, bus);
	flush(publish, bus);
}

static void gather(struct publish *publish, const struct entry *entry, const char *bytes, struct bus *bus)
{
	if (publish->frame.count + entry->bytes > GATHERED_BYTES_MAX)
		publish_frame(publish, bus);
	if (publish->frame.count == 0) {
		struct pd_message published = {
			.type = PD_MSG_published, .request = entry->seq, .published = {{0}, publish->instance}};
		pd_encode(&published, &publish->frame);
	}
	pd_buffer_add(&publish->frame, bytes, entry->bytes);
}

bool publish_flush(struct publish *publish, struct pd_buffer *out, struct bus *bus)
{
	bool alone = false;
	for (size_t off = 0; off < out->count;) {
		struct entry entry;
		memcpy(&entry, out->data + off, sizeof entry);
		const char *topic = out->data + off + sizeof entry;
		off += sizeof entry + entry.topic_bytes + entry.bytes;
		if (entry.topic_bytes)
			bus_publish(bus, topic, entry.topic_bytes, topic + entry.topic_bytes, entry.bytes);
		else
			gather(publish, &entry, topic, bus);
		alone |= entry.topic_bytes > 0;
	}
	out->count = 0;
	if (alone || publish->frames >= FRAMES_AT_ONCE)
		flush(publish, bus);
	return publish->frame.count > 0 || publish->frames > 0;
}
