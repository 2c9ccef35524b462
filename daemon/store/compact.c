/* A row: numbers in the order of row_out; times and places by how far they are from one that stands before them.
 * Figures: the counters, then for each bucket that is not 0 how many are left out before it, and its count.
 */
#include "compact.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

enum { COUNTERS = 15, BUCKETS = 2 * FIGURES_BUCKETS };
_Static_assert(offsetof(struct figures, accept_counts) == 10 * sizeof(uint64_t) &&
		       offsetof(struct figures, complete_counts) ==
			       offsetof(struct figures, accept_counts) + FIGURES_BUCKETS * sizeof(uint32_t) &&
		       offsetof(struct figures, urged) == sizeof(struct figures) - 5 * sizeof(uint64_t),
	       "ten counters, the buckets, five counters");

/* ---- numbers ---- */

static uint8_t *put_number(uint8_t *at, uint64_t value)
{
	while (value >= 0x80) {
		*at++ = (uint8_t)value | 0x80;
		value >>= 7;
	}
	*at++ = (uint8_t)value;
	return at;
}

/* Where it stands in what is read; past the end, or at a number that is too large, it is bad and gives zeros. */
struct source {
	const uint8_t *at, *end;
	bool bad;
};

static uint64_t take_number(struct source *source)
{
	uint64_t value = 0;
	for (unsigned shift = 0; source->at < source->end && shift < 64; shift += 7) {
		uint8_t byte = *source->at++;
		if (shift == 63 && byte > 1)
			break;
		value |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80)
			return value;
	}
	source->bad = true;
	return 0;
}

static uint32_t take_u32(struct source *source)
{
	uint64_t value = take_number(source);
	source->bad |= value > UINT32_MAX;
	return (uint32_t)value;
}

static uint8_t take_byte(struct source *source)
{
	source->bad |= source->at == source->end;
	return source->at < source->end ? *source->at++ : 0;
}

/* Small in both directions. */
static uint8_t *put_difference(uint8_t *at, uint64_t value, uint64_t from)
{
	uint64_t by = value - from;
	return put_number(at, by << 1 ^ (by >> 63 ? UINT64_MAX : 0));
}

static uint64_t take_difference(struct source *source, uint64_t from)
{
	uint64_t by = take_number(source);
	return from + (by >> 1 ^ (by & 1 ? UINT64_MAX : 0));
}

/* What is often 0, and else near another one. */
static uint8_t *put_near(uint8_t *at, uint64_t value, uint64_t from)
{
	*at++ = value != 0;
	return value ? put_difference(at, value, from) : at;
}

static uint64_t take_near(struct source *source, uint64_t from)
{
	uint8_t there = take_byte(source);
	source->bad |= there > 1;
	return there ? take_difference(source, from) : 0;
}

static uint8_t *put_raw(uint8_t *at, uint32_t value)
{
	memcpy(at, &value, sizeof value);
	return at + sizeof value;
}

static uint32_t take_raw(struct source *source)
{
	uint32_t value = 0;
	if ((size_t)(source->end - source->at) < sizeof value) {
		source->bad = true;
		return 0;
	}
	memcpy(&value, source->at, sizeof value);
	source->at += sizeof value;
	return value;
}

static uint8_t *put_signed(uint8_t *at, int32_t value)
{
	return put_difference(at, (uint64_t)(int64_t)value, 0);
}

static int32_t take_signed(struct source *source)
{
	int64_t value = (int64_t)take_difference(source, 0);
	source->bad |= value < INT32_MIN || value > INT32_MAX;
	return (int32_t)value;
}

/* ---- rows ---- */

static uint8_t *put_times(uint8_t *at, const struct order_row *row)
{
	at = put_number(at, row->seq);
	at = put_difference(at, row->last_seq, row->seq);
	at = put_number(at, row->first_at);
	at = put_difference(at, row->last_at, row->first_at);
	at = put_number(at, row->submitted_ms);
	at = put_near(at, row->waiting_ms, row->submitted_ms);
	at = put_near(at, row->accepted_ms, row->submitted_ms);
	at = put_near(at, row->completed_ms, row->submitted_ms);
	at = put_near(at, row->ended_ms, row->submitted_ms);
	at = put_near(at, row->due_ms, row->submitted_ms);
	return put_near(at, row->timed_seq, row->seq);
}

static void take_times(struct source *source, struct order_row *row)
{
	row->seq = take_number(source);
	row->last_seq = take_difference(source, row->seq);
	row->first_at = take_number(source);
	row->last_at = take_difference(source, row->first_at);
	row->submitted_ms = take_number(source);
	row->waiting_ms = take_near(source, row->submitted_ms);
	row->accepted_ms = take_near(source, row->submitted_ms);
	row->completed_ms = take_near(source, row->submitted_ms);
	row->ended_ms = take_near(source, row->submitted_ms);
	row->due_ms = take_near(source, row->submitted_ms);
	row->timed_seq = take_near(source, row->seq);
}

enum { ATTEMPT_BITS = 16, HANDED_OUT_MAX = (1 << 24) - 1 };

/* The holder is mostly where it comes from, the last who acted its acceptor; hardly any order is handed out. */
static uint8_t *put_names(uint8_t *at, const struct order_row *row)
{
	at = put_number(at, row->requester);
	at = put_number(at, row->household);
	at = put_number(at, row->holder);
	at = put_number(at, row->area ^ row->holder);
	at = put_number(at, row->acceptor);
	at = put_number(at, row->last_actor ^ row->acceptor);
	at = put_number(at, row->category);
	at = put_number(at, row->version);
	return put_number(at, row->attempt | (uint64_t)row->handed_out << ATTEMPT_BITS);
}

static void take_names(struct source *source, struct order_row *row)
{
	row->requester = take_u32(source);
	row->household = take_u32(source);
	row->holder = take_u32(source);
	row->area = take_u32(source) ^ row->holder;
	row->acceptor = take_u32(source);
	row->last_actor = take_u32(source) ^ row->acceptor;
	row->category = take_u32(source);
	row->version = take_u32(source);
	uint64_t attempt = take_number(source);
	source->bad |= attempt >> ATTEMPT_BITS > HANDED_OUT_MAX;
	row->attempt = (uint16_t)attempt;
	row->handed_out = attempt >> ATTEMPT_BITS & HANDED_OUT_MAX;
}

static uint8_t *put_rest(uint8_t *at, const struct order_row *row)
{
	const uint8_t small[] = {row->last_type, row->state, row->urgency,      row->rating,
				 row->marks,     row->urges, (uint8_t)row->step};
	memcpy(at, small, sizeof small);
	at = put_raw(at + sizeof small, row->content);
	at = put_raw(at, row->last_content);
	at = put_signed(at, row->lon_e7);
	at = put_signed(at, row->lat_e7);
	at = put_number(at, row->left_s);
	at = put_number(at, row->touched_s);
	return put_number(at, row->urged_s);
}

static void take_rest(struct source *source, struct order_row *row)
{
	uint8_t *const small[] = {&row->last_type, &row->state, &row->urgency, &row->rating, &row->marks, &row->urges};
	for (size_t i = 0; i < sizeof small / sizeof small[0]; i++)
		*small[i] = take_byte(source);
	row->step = take_byte(source);
	row->content = take_raw(source);
	row->last_content = take_raw(source);
	row->lon_e7 = take_signed(source);
	row->lat_e7 = take_signed(source);
	row->left_s = take_u32(source);
	row->touched_s = take_u32(source);
	row->urged_s = take_u32(source);
}

size_t compact_row(const struct order_row *row, uint8_t bytes[static COMPACT_ROW_BYTES_MAX])
{
	size_t count = (size_t)(put_rest(put_names(put_times(bytes, row), row), row) - bytes);
	assert(count <= COMPACT_ROW_BYTES_MAX);
	if (count >= COMPACT_ROW_ROOM)
		return count;
	memset(bytes + count, 0, COMPACT_ROW_ROOM - count);
	return COMPACT_ROW_ROOM;
}

enum pd_err compact_read_row(const void *data, size_t bytes, const struct pd_id *id, struct order_row *row)
{
	struct source source = {data, (const uint8_t *)data + bytes, bytes < COMPACT_ROW_ROOM};
	*row = (struct order_row){.id = *id};
	take_times(&source, row);
	take_names(&source, row);
	take_rest(&source, row);
	while (source.at < source.end && bytes == COMPACT_ROW_ROOM && *source.at == 0)
		source.at++;
	return source.bad || source.at < source.end ? PD_ECORRUPT : PD_OK;
}

/* ---- figures ---- */

size_t compact_figures(const struct figures *figures, uint8_t bytes[static COMPACT_FIGURES_BYTES_MAX])
{
	uint64_t counters[COUNTERS];
	uint8_t *at = bytes;
	memcpy(counters, figures, 10 * sizeof *counters);
	memcpy(counters + 10, &figures->urged, 5 * sizeof *counters);
	for (int i = 0; i < COUNTERS; i++)
		at = put_number(at, counters[i]);
	for (unsigned i = 0, left_out = 0; i < BUCKETS; i++) {
		uint32_t count =
			i < FIGURES_BUCKETS ? figures->accept_counts[i] : figures->complete_counts[i - FIGURES_BUCKETS];
		if (count == 0) {
			left_out++;
			continue;
		}
		at = put_number(put_number(at, left_out), count);
		left_out = 0;
	}
	return (size_t)(at - bytes);
}

enum pd_err compact_read_figures(const void *data, size_t bytes, struct figures *figures)
{
	struct source source = {data, (const uint8_t *)data + bytes, false};
	uint64_t counters[COUNTERS];
	memset(figures, 0, sizeof *figures);
	for (int i = 0; i < COUNTERS; i++)
		counters[i] = take_number(&source);
	memcpy(figures, counters, 10 * sizeof *counters);
	memcpy(&figures->urged, counters + 10, 5 * sizeof *counters);
	for (uint64_t i = 0; source.at < source.end && !source.bad; i++) {
		uint64_t left_out = take_number(&source);
		uint32_t count = take_u32(&source);
		if (left_out >= BUCKETS || (i += left_out) >= BUCKETS || count == 0)
			return PD_ECORRUPT;
		*(i < FIGURES_BUCKETS ? &figures->accept_counts[i] : &figures->complete_counts[i - FIGURES_BUCKETS]) =
			count;
	}
	return source.bad ? PD_ECORRUPT : PD_OK;
}
