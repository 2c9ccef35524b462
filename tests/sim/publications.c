#include "publications.h"

#include <inttypes.h>
#include <string.h>

#include "answers.h"
#include "codec.h"
#include "model.h"
#include "sim.h"
#include "tally.h"
#include "trace.h"

enum { AREAS_MAX = 64 };

static struct {
	struct pd_decoder *decoder;
	uint64_t seq, gathered_seq; /* of the last event that was published; and gathered */
	struct {
		uint32_t area;
		uint64_t count;
	} counts[AREAS_MAX]; /* as told last */
	unsigned count_count;
} published;

void publications_init(void)
{
	publications_fini();
	published.decoder = pd_decoder_new();
	if (!published.decoder)
		trace_system("memory");
}

void publications_fini(void)
{
	pd_decoder_free(published.decoder);
	memset(&published, 0, sizeof published);
}

void publications_begin_life(void)
{
	published.seq = published.gathered_seq = 0;
	published.count_count = 0;
}

static uint64_t *count_of(uint32_t area)
{
	unsigned i = 0;
	while (i < published.count_count && published.counts[i].area != area)
		i++;
	if (i == published.count_count) {
		if (i == AREAS_MAX)
			trace_fail("more than %d areas", AREAS_MAX);
		published.counts[published.count_count++].area = area;
		published.counts[i].count = 0;
	}
	return &published.counts[i].count;
}

/* Each area of the topic must have been counted on. */
static void check_counts(const char *topic, size_t topic_bytes, const struct pd_u64s *counts)
{
	uint32_t i = 0;
	for (size_t at = 1; at < topic_bytes; i++) {
		uint32_t area = 0;
		for (; at < topic_bytes && topic[at] != '/'; at++)
			area = area * 10 + (uint32_t)(topic[at] - '0');
		at++;
		uint64_t *count = count_of(area);
		if (i >= counts->count || counts->values[i] <= *count)
			trace_fail("a publication does not count for area %" PRIu32, area);
		*count = counts->values[i];
	}
	if (i != counts->count)
		trace_fail("a publication counts for %" PRIu32 " areas, its topic has %" PRIu32, counts->count, i);
}

/* Events are published in their order, none is left out but those that nobody listened to. */
static void check_published(const struct pd_message *event, const char *data, size_t bytes, uint64_t *last)
{
	uint64_t seq = event->request;
	answers_demand_durable(seq, "a publication");
	if (event->type == PD_MSG_stats)
		return;
	if (sim_hash(0, data, bytes) != model_event_hash(seq))
		trace_fail("event %" PRIu64 " is published otherwise than it happened", seq);
	for (uint64_t between = *last + 1; *last && between < seq; between++)
		if (model_event_published(between))
			trace_fail("event %" PRIu64 " is published after event %" PRIu64 ", and event %" PRIu64
				   " is not",
				   seq, *last, between);
	if (seq < *last)
		trace_fail("event %" PRIu64 " is published after event %" PRIu64, seq, *last);
	*last = seq;
	tally_add(TALLY_PUBLISHED);
}

void publications_leave(const char *topic, size_t topic_bytes, const void *data, size_t bytes)
{
	struct pd_message head, event;
	struct pd_fault fault;
	size_t off = 0;
	pd_decoder_reset(published.decoder);
	if (pd_decode(published.decoder, data, bytes, &off, &head, &fault) || head.type != PD_MSG_published)
		trace_fail("what is published does not begin with published: %s", fault.detail);
	bool gathered = topic_bytes == 1 && topic[0] == '*';
	if (gathered && (head.published.counts.count || bytes > PD_FRAME_BYTES_MAX || off == bytes))
		trace_fail("a gathered frame of %zu bytes has %" PRIu32 " counts", bytes, head.published.counts.count);
	if (!gathered)
		check_counts(topic, topic_bytes, &head.published.counts);
	do {
		size_t start = off;
		if (pd_decode(published.decoder, data, bytes, &off, &event, &fault) || (!gathered && off != bytes))
			trace_fail("what is published cannot be read: %s", fault.detail);
		check_published(&event, (const char *)data + start, off - start,
				gathered ? &published.gathered_seq : &published.seq);
	} while (off < bytes);
}
