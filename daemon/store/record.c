#include "record.h"

#include <assert.h>
#include <endian.h>
#include <sodium.h>

#include "crc32c.h"
#include "intl.h"

enum {
	AT_MAGIC = 0,
	AT_CRC = 4,
	AT_BYTES = 8,
	AT_COUNT = 12,
	AT_AT = 16,
	AT_FIRST_SEQ = 24,
	AT_TIME_MS = 32,
	AT_PREV = 40
};
_Static_assert(AT_PREV + JOURNAL_HASH_BYTES == JOURNAL_RECORD_HEAD_BYTES, "the head's fields fill it");
enum { EVENT_BYTES_MIN = JOURNAL_EVENT_HEAD_BYTES + 1 };

static void store32(uint8_t *to, uint32_t value)
{
	value = htole32(value);
	memcpy(to, &value, sizeof value);
}

static void store64(uint8_t *to, uint64_t value)
{
	value = htole64(value);
	memcpy(to, &value, sizeof value);
}

static uint32_t load32(const uint8_t *from)
{
	uint32_t value;
	memcpy(&value, from, sizeof value);
	return le32toh(value);
}

static uint64_t load64(const uint8_t *from)
{
	uint64_t value;
	memcpy(&value, from, sizeof value);
	return le64toh(value);
}

/* ---- records ---- */

void record_seal(uint8_t *record, const struct record_head *head)
{
	store32(record + AT_MAGIC, record_magic);
	store32(record + AT_BYTES, head->bytes);
	store32(record + AT_COUNT, head->count);
	store64(record + AT_AT, head->at);
	store64(record + AT_FIRST_SEQ, head->first_seq);
	store64(record + AT_TIME_MS, head->time_ms);
	memcpy(record + AT_PREV, head->prev, JOURNAL_HASH_BYTES);
	store32(record + AT_CRC, crc32c(record + AT_BYTES, head->bytes - AT_BYTES));
	memset(record + head->bytes, 0, record_padded(head->bytes) - head->bytes);
}

void record_hash(const uint8_t *record, const struct record_head *head, uint8_t hash[static JOURNAL_HASH_BYTES])
{
	int rc = crypto_generichash(hash, JOURNAL_HASH_BYTES, record, head->bytes, NULL, 0);
	assert(rc == 0); /* it can only fail for wrong lengths */
}

bool record_blank(const uint8_t head[static JOURNAL_RECORD_HEAD_BYTES])
{
	return head[0] == 0 && memcmp(head, head + 1, JOURNAL_RECORD_HEAD_BYTES - 1) == 0;
}

const char *record_load(const uint8_t *data, uint64_t room, struct record_head *head)
{
	if (room < JOURNAL_RECORD_HEAD_BYTES)
		return N_("there is no room for a record");
	if (record_blank(data))
		return N_("there are zeros where a record must begin");
	if (load32(data + AT_MAGIC) != record_magic)
		return N_("a record must begin with PDR1 and this does not");
	*head = (struct record_head){
		.bytes = load32(data + AT_BYTES),
		.count = load32(data + AT_COUNT),
		.at = load64(data + AT_AT),
		.first_seq = load64(data + AT_FIRST_SEQ),
		.time_ms = load64(data + AT_TIME_MS),
	};
	memcpy(head->prev, data + AT_PREV, JOURNAL_HASH_BYTES);
	if (head->bytes > RECORD_BYTES_MAX || record_padded(head->bytes) > room)
		return N_("the record's length is more than there is room for");
	if (head->count == 0 || head->bytes < JOURNAL_RECORD_HEAD_BYTES + (uint64_t)head->count * EVENT_BYTES_MIN)
		return N_("the record's length does not go with its count of events");
	if (head->first_seq == 0 || head->first_seq > UINT64_MAX - head->count ||
	    head->at > UINT64_MAX - RECORD_BYTES_MAX - RECORD_ALIGN)
		return N_("the record's seq or place is out of range");
	return NULL;
}

const char *record_check(const uint8_t *record, const struct record_head *head)
{
	if (load32(record + AT_CRC) != crc32c(record + AT_BYTES, head->bytes - AT_BYTES))
		return N_("the record's checksum is wrong");
	return NULL;
}

static const char *check_events(const uint8_t *record, const struct record_head *head)
{
	uint64_t offset = JOURNAL_RECORD_HEAD_BYTES;
	for (uint32_t i = 0; i < head->count; i++) {
		struct journal_event event;
		uint64_t seq;
		const char *what = event_load(record + offset, head->bytes - offset, head->at + offset, &event);
		if (what)
			return what;
		if (!event_seq(&event, &seq))
			return N_("an event of the record is not a message");
		if (seq != head->first_seq + i)
			return N_("an event of the record has another seq than its turn");
		offset += JOURNAL_EVENT_HEAD_BYTES + event.bytes;
	}
	return offset == head->bytes ? NULL : N_("the record goes on behind its last event");
}

const char *record_check_follows(const uint8_t *record, const struct record_head *head, uint64_t at, uint64_t first_seq,
				 const uint8_t *prev)
{
	if (head->at != at)
		return N_("the record is of another place");
	if (head->first_seq != first_seq)
		return N_("the record does not go on with the next seq");
	if (prev && memcmp(head->prev, prev, JOURNAL_HASH_BYTES) != 0)
		return N_("the hash chain is broken: the record was made behind another one than stands before it");
	return check_events(record, head);
}

bool record_padding_clean(const uint8_t *record, const struct record_head *head)
{
	for (uint64_t i = head->bytes; i < record_padded(head->bytes); i++)
		if (record[i])
			return false;
	return true;
}

/* ---- events ---- */

void event_seal(uint8_t *event, uint32_t bytes, uint64_t prev_at)
{
	store32(event, bytes);
	store32(event + 4, 0);
	store64(event + 8, prev_at);
}

const char *event_load(const uint8_t *data, uint64_t room, uint64_t at, struct journal_event *event)
{
	if (room < EVENT_BYTES_MIN)
		return N_("there is no room for an event");
	*event = (struct journal_event){
		.message = (const char *)data + JOURNAL_EVENT_HEAD_BYTES,
		.bytes = load32(data),
		.at = at,
		.prev_at = load64(data + 8),
	};
	if (event->bytes == 0 || event->bytes > EVENT_BYTES_MAX || event->bytes > room - JOURNAL_EVENT_HEAD_BYTES)
		return N_("an event's length is impossible");
	if (load32(data + 4) != 0)
		return N_("an event's head has a bit where zeros must be");
	if (event->prev_at >= at || (event->prev_at && event->prev_at < JOURNAL_RECORD_HEAD_BYTES))
		return N_("an event names a previous one at an impossible place");
	return NULL;
}

/* The unsigned integer of msgpack at *p, which is moved behind it. */
static bool unpack_unsigned(const uint8_t **p, const uint8_t *end, uint64_t *value)
{
	if (*p == end)
		return false;
	uint8_t first = *(*p)++;
	*value = first;
	if (first <= 0x7f)
		return true;
	if (first < 0xcc || first > 0xcf)
		return false;
	int bytes = 1 << (first - 0xcc);
	if (end - *p < bytes)
		return false;
	*value = 0;
	for (int i = 0; i < bytes; i++)
		*value = *value << 8 | *(*p)++;
	return true;
}

bool event_seq(const struct journal_event *event, uint64_t *seq)
{
	const uint8_t *p = (const uint8_t *)event->message, *end = p + event->bytes;
	uint64_t type;
	if (*p >= 0x92 && *p <= 0x9f) /* an array of up to 15 */
		p++;
	else if (*p == 0xdc && end - p >= 3) /* one of up to 65,535 */
		p += 3;
	else
		return false;
	return unpack_unsigned(&p, end, &type) && unpack_unsigned(&p, end, seq);
}
