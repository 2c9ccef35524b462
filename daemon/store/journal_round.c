/* journal_round.c - a round: the events that will be one record, built in memory just as they will stand on disk. */
#include "journal.h"

#include <assert.h>

#include "codec.h"
#include "record.h"

/* Room for the padding is always there: writing the round must not move its bytes, which others may be looking at
 * (journal_round_find). */
static void reserve_padding(struct journal_round *round)
{
	pd_buffer_reserve(&round->bytes, RECORD_ALIGN);
}

void journal_round_begin(struct journal_round *round, uint64_t base_at, uint64_t first_seq, uint64_t time_ms)
{
	assert(base_at % RECORD_ALIGN == 0 && first_seq > 0);
	round->bytes.count = 0;
	memset(pd_buffer_room(&round->bytes, JOURNAL_RECORD_HEAD_BYTES), 0, JOURNAL_RECORD_HEAD_BYTES);
	reserve_padding(round);
	round->base_at = base_at;
	round->first_seq = first_seq;
	round->time_ms = time_ms;
	round->count = 0;
}

uint64_t journal_round_add(struct journal_round *round, const struct pd_message *event, uint64_t prev_at)
{
	size_t start = round->bytes.count;
	uint64_t at = round->base_at + start;
	assert(start >= JOURNAL_RECORD_HEAD_BYTES);
	assert(event->request == round->first_seq + round->count && prev_at < at);
	pd_buffer_room(&round->bytes, JOURNAL_EVENT_HEAD_BYTES);
	pd_encode(event, &round->bytes);
	size_t bytes = round->bytes.count - start - JOURNAL_EVENT_HEAD_BYTES;
	assert(bytes <= EVENT_BYTES_MAX);
	event_seal((uint8_t *)round->bytes.data + start, (uint32_t)bytes, prev_at);
	reserve_padding(round);
	round->count++;
	return at;
}

void journal_round_fini(struct journal_round *round)
{
	pd_buffer_fini(&round->bytes);
	*round = (struct journal_round){0};
}

uint64_t journal_round_end(const struct journal_round *round)
{
	return round->base_at + record_padded(round->bytes.count);
}

bool journal_round_find(const struct journal_round *round, uint64_t at, struct journal_event *event)
{
	if (at < round->base_at || at - round->base_at < JOURNAL_RECORD_HEAD_BYTES ||
	    at - round->base_at >= round->bytes.count)
		return false;
	size_t offset = (size_t)(at - round->base_at);
	return !event_load((const uint8_t *)round->bytes.data + offset, round->bytes.count - offset, at, event);
}
