#include "publish.h"

#include <stdlib.h>

#include "codec.h"
#include "table.h"

struct counter {
	uint32_t area;
	uint64_t count;
};

struct publish {
	struct table counters;
	struct pd_buffer scratch;
};

/* What stands in out before each publication. */
struct entry {
	uint32_t topic_bytes, bytes;
};

enum { DEPTH_MAX = 8 };

struct publish *publish_new(uint64_t hash_seed)
{
	struct publish *publish = calloc(1, sizeof *publish);
	if (!publish)
		abort();
	table_init(&publish->counters, offsetof(struct counter, area), sizeof(uint32_t), hash_seed);
	return publish;
}

void publish_free(struct publish *publish)
{
	if (!publish)
		return;
	size_t at = 0;
	for (void *entry; (entry = table_next(&publish->counters, &at));)
		free(entry);
	table_fini(&publish->counters);
	pd_buffer_fini(&publish->scratch);
	free(publish);
}

static struct counter *counter_of(struct publish *publish, uint32_t area)
{
	struct counter *counter = table_find(&publish->counters, &area);
	if (counter)
		return counter;
	counter = calloc(1, sizeof *counter);
	if (!counter)
		abort();
	counter->area = area;
	table_add(&publish->counters, counter);
	return counter;
}

/* Count a publication for area and all above it; counts gets the numbers from the district down. */
static uint32_t count(struct publish *publish, const struct area *area, uint64_t counts[static DEPTH_MAX])
{
	uint64_t up[DEPTH_MAX];
	uint32_t depth = 0;
	for (; area && depth < DEPTH_MAX; area = area->parent)
		up[depth++] = ++counter_of(publish, area->id)->count;
	for (uint32_t i = 0; i < depth; i++)
		counts[i] = up[depth - 1 - i];
	return depth;
}

static void append(struct publish *publish, const struct area *area, uint64_t seq, const struct pd_u64s *counts, const char *bytes,
		   size_t count_bytes, struct pd_buffer *out)
{
	char topic[AREA_PATH_BYTES] = "/";
	size_t topic_bytes = area ? area_path(area, topic) : 1;
	struct pd_message published = {.type = PD_MSG_published, .request = seq, .published = {*counts}};
	publish->scratch.count = 0;
	pd_encode(&published, &publish->scratch);
	struct entry entry = {(uint32_t)topic_bytes, (uint32_t)(publish->scratch.count + count_bytes)};
	pd_buffer_add(out, &entry, sizeof entry);
	pd_buffer_add(out, topic, topic_bytes);
	pd_buffer_add(out, publish->scratch.data, publish->scratch.count);
	pd_buffer_add(out, bytes, count_bytes);
}

static void publish_on(struct publish *publish, const struct area *area, uint64_t seq, const char *bytes, size_t event_bytes,
		       bool listening, struct pd_buffer *out)
{
	uint64_t numbers[DEPTH_MAX];
	struct pd_u64s counts = {numbers, count(publish, area, numbers)};
	if (listening)
		append(publish, area, seq, &counts, bytes, event_bytes, out);
}

/* The area to whose supervisors an event of the registry is of interest. */
static const struct area *area_of(const struct registry *registry, const struct pd_message *event)
{
	switch (event->type) {
	case PD_MSG_area_set: return registry_area(registry, event->area_set.area);
	case PD_MSG_household_set: return registry_area(registry, event->household_set.area);
	case PD_MSG_person_set: return registry_area(registry, event->person_set.area);
	default: return NULL;
	}
}

void publish_event(struct publish *publish, const struct registry *registry, const struct pd_message *event, const char *bytes,
		   size_t event_bytes, bool listening, struct pd_buffer *out)
{
	if (!pd_is_order_event(event->type)) {
		publish_on(publish, area_of(registry, event), event->request, bytes, event_bytes, listening, out);
		return;
	}
	const struct pd_order_event *e = (const struct pd_order_event *)&event->submitted;
	const struct area *to = registry_area(registry, e->holder);
	const struct area *from = e->from ? registry_area(registry, e->from) : to;
	publish_on(publish, from, event->request, bytes, event_bytes, listening, out);
	/* Who watches the new holder alone would not see it come. */
	if (from != to && !area_within(from, to))
		publish_on(publish, to, event->request, bytes, event_bytes, listening, out);
}

void publish_message(struct publish *publish, const struct area *area, const struct pd_message *message, struct pd_buffer *out)
{
	struct pd_buffer bytes = {0};
	pd_encode(message, &bytes);
	publish_on(publish, area, message->request, bytes.data, bytes.count, true, out);
	pd_buffer_fini(&bytes);
}

void publish_flush(struct pd_buffer *out, struct bus *bus)
{
	for (size_t off = 0; off < out->count;) {
		struct entry entry;
		memcpy(&entry, out->data + off, sizeof entry);
		const char *topic = out->data + off + sizeof entry;
		bus_publish(bus, topic, entry.topic_bytes, topic + entry.topic_bytes, entry.bytes);
		off += sizeof entry + entry.topic_bytes + entry.bytes;
	}
	out->count = 0;
}

uint64_t publish_count(const struct publish *publish, const struct area *area)
{
	const struct counter *counter = area ? table_find(&publish->counters, &area->id) : NULL;
	return counter ? counter->count : 0;
}
