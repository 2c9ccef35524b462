/* record.h - the bytes of a record: its head, its checks, its events. The format stands in journal.h.
 *
 * Head, little-endian: u32 magic "PDR1", u32 CRC32C of all from the next field to the record's end, u32 bytes of the
 * whole record before padding, u32 count of events, u64 place, u64 first seq, u64 time in ms, 32 bytes BLAKE2b-256 of
 * the record before. A record is padded with zeros to 8 bytes; the padding is in neither checksum nor hash. Checks
 * answer what is wrong, for people, or null. Threads: pure, any thread.
 */
#ifndef PAIDAN_RECORD_H
#define PAIDAN_RECORD_H

#include "journal.h"

enum {
	RECORD_ALIGN = 8,
	RECORD_BYTES_MAX = 1 << 30,
	EVENT_BYTES_MAX = 1 << 20, /* of an event's message */
};
static const uint32_t record_magic = 0x31524450;

struct record_head {
	uint32_t bytes, count;
	uint64_t at, first_seq, time_ms;
	uint8_t prev[JOURNAL_HASH_BYTES];
};

static inline uint64_t record_padded(uint64_t bytes)
{
	return (bytes + RECORD_ALIGN - 1) & ~(uint64_t)(RECORD_ALIGN - 1);
}

/* Fill in the head, checksum included, in front of the events; record has room for head->bytes and the padding, which
 * is made zero. */
void record_seal(uint8_t *record, const struct record_head *head);
void record_hash(const uint8_t *record, const struct record_head *head, uint8_t hash[static JOURNAL_HASH_BYTES]);

/* Whether nothing was ever written where a head would stand. */
bool record_blank(const uint8_t head[static JOURNAL_RECORD_HEAD_BYTES]);
/* Decode the head at data; wrong when it cannot be one of a record that ends within room bytes. */
const char *record_load(const uint8_t *data, uint64_t room, struct record_head *head);
/* Check the checksum. */
const char *record_check(const uint8_t *record, const struct record_head *head);
/* Check that a record of the right checksum is the one of this place and first seq, its prev the hash of the record
 * before (null: not known), and that it is made of its count of events. */
const char *record_check_follows(const uint8_t *record, const struct record_head *head, uint64_t at, uint64_t first_seq,
				 const uint8_t *prev);
bool record_padding_clean(const uint8_t *record, const struct record_head *head);

/* Fill in an event's head, in front of its message. */
void event_seal(uint8_t *event, uint32_t bytes, uint64_t prev_at);
/* The event at data, of place at, that must end within room bytes; wrong when its head cannot be that of an event. */
const char *event_load(const uint8_t *data, uint64_t room, uint64_t at, struct journal_event *event);
/* The seq that stands in an event's message; false when it does not begin like a message. */
bool event_seq(const struct journal_event *event, uint64_t *seq);

#endif
