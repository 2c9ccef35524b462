/* test_record.c - what makes a record or an event a bad one, each by itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "record.h"

enum { AT = 800, FIRST_SEQ = 41, EVENTS = 3, MESSAGE_BYTES = 4, EVENT = JOURNAL_EVENT_HEAD_BYTES + MESSAGE_BYTES };

/* A record of three events [209, seq]. */
struct sample {
	uint8_t bytes[256];
	struct record_head head;
};

static void seal(struct sample *sample)
{
	record_seal(sample->bytes, &sample->head);
}

static uint8_t *event_of(struct sample *sample, unsigned index)
{
	return sample->bytes + JOURNAL_RECORD_HEAD_BYTES + index * EVENT;
}

static struct sample make(void)
{
	struct sample sample = {.head = {.bytes = JOURNAL_RECORD_HEAD_BYTES + EVENTS * EVENT,
					 .count = EVENTS,
					 .at = AT,
					 .first_seq = FIRST_SEQ,
					 .time_ms = 7,
					 .prev = "the hash of the record before it"}};
	for (unsigned i = 0; i < EVENTS; i++) {
		const uint8_t message[MESSAGE_BYTES] = {0x92, 0xcc, 209, (uint8_t)(FIRST_SEQ + i)};
		event_seal(event_of(&sample, i), MESSAGE_BYTES, 0);
		memcpy(event_of(&sample, i) + JOURNAL_EVENT_HEAD_BYTES, message, sizeof message);
	}
	seal(&sample);
	return sample;
}

/* What is wrong must begin so; null: nothing must be. */
static void expect_wrong(const char *what, const char *wanted)
{
	if (wanted ? !what || !strstr(what, wanted) : what != NULL)
		fail_msg("expected \"%s\", got \"%s\"", wanted ? wanted : "nothing wrong",
			 what ? what : "nothing wrong");
}

static const char *load(const struct sample *sample, uint64_t room)
{
	struct record_head head;
	return record_load(sample->bytes, room, &head);
}

static const char *follows(const struct sample *sample)
{
	return record_check_follows(sample->bytes, &sample->head, AT, FIRST_SEQ, sample->head.prev);
}

static void test_good_record(void **state)
{
	(void)state;
	struct sample sample = make();
	struct record_head head;
	expect_wrong(record_load(sample.bytes, sizeof sample.bytes, &head), NULL);
	expect_wrong(record_load(sample.bytes, record_padded(sample.head.bytes), &head), NULL);
	assert_memory_equal(&head, &sample.head, sizeof head);
	expect_wrong(record_check(sample.bytes, &head), NULL);
	expect_wrong(record_check_follows(sample.bytes, &head, AT, FIRST_SEQ, head.prev), NULL);
	expect_wrong(record_check_follows(sample.bytes, &head, AT, FIRST_SEQ, NULL), NULL);
	assert_true(record_padding_clean(sample.bytes, &head));
	assert_false(record_blank(sample.bytes));
	sample.bytes[head.bytes] = 1;
	assert_false(record_padding_clean(sample.bytes, &head));
}

static void test_bad_heads(void **state)
{
	(void)state;
	struct sample sample = make();
	expect_wrong(load(&sample, JOURNAL_RECORD_HEAD_BYTES - 1), "no room for a record");
	expect_wrong(load(&sample, sample.head.bytes - 1), "length is more than there is room for");
	expect_wrong(load(&sample, sample.head.bytes), "length is more than there is room for"); /* for the padding */
	sample.bytes[3] = '2';
	expect_wrong(load(&sample, sizeof sample.bytes), "must begin with PDR1");
	memset(sample.bytes, 0, sizeof sample.bytes);
	expect_wrong(load(&sample, sizeof sample.bytes), "zeros where a record must begin");
	sample.bytes[71] = 1;
	assert_false(record_blank(sample.bytes));
	sample.bytes[71] = 0;
	sample.bytes[72] = 1;
	assert_true(record_blank(sample.bytes));

	static const struct {
		uint32_t count;
		uint64_t at, first_seq;
		const char *wrong;
	} heads[] = {
		{0, AT, FIRST_SEQ, "does not go with its count"},
		{8, AT, FIRST_SEQ, "does not go with its count"},
		{UINT32_MAX, AT, FIRST_SEQ, "does not go with its count"},
		{EVENTS, AT, 0, "out of range"},
		{EVENTS, AT, UINT64_MAX - 1, "out of range"},
		{EVENTS, UINT64_MAX, FIRST_SEQ, "out of range"},
		{1, 0, UINT64_MAX - 1, NULL},
	};
	for (unsigned i = 0; i < sizeof heads / sizeof heads[0]; i++) {
		sample = make();
		sample.head.count = heads[i].count;
		sample.head.at = heads[i].at;
		sample.head.first_seq = heads[i].first_seq;
		seal(&sample);
		expect_wrong(load(&sample, sizeof sample.bytes), heads[i].wrong);
	}
	/* Of this length only a head is there: more must not be looked at. */
	sample = make();
	memset(sample.bytes + 8, 0xff, 4);
	expect_wrong(load(&sample, UINT64_MAX), "length is more than there is room for");
}

static void test_checksum_covers_all(void **state)
{
	(void)state;
	struct sample sample = make();
	for (unsigned i = 4; i < sample.head.bytes; i++) {
		sample.bytes[i] ^= 0x10;
		expect_wrong(record_check(sample.bytes, &sample.head), "checksum is wrong");
		sample.bytes[i] ^= 0x10;
	}
	expect_wrong(record_check(sample.bytes, &sample.head), NULL);
}

static void test_record_out_of_turn(void **state)
{
	(void)state;
	struct sample sample = make();
	const uint8_t *prev = sample.head.prev;
	uint8_t other[JOURNAL_HASH_BYTES] = {0};
	expect_wrong(record_check_follows(sample.bytes, &sample.head, AT + 8, FIRST_SEQ, prev), "of another place");
	expect_wrong(record_check_follows(sample.bytes, &sample.head, AT, FIRST_SEQ + 1, prev), "the next seq");
	expect_wrong(record_check_follows(sample.bytes, &sample.head, AT, FIRST_SEQ, other),
		     "the hash chain is broken");
}

static void test_bad_events(void **state)
{
	(void)state;
	struct sample sample = make();
	event_of(&sample, 1)[JOURNAL_EVENT_HEAD_BYTES + 3]++;
	expect_wrong(follows(&sample), "another seq than its turn");
	sample = make();
	event_of(&sample, 1)[JOURNAL_EVENT_HEAD_BYTES] = 0xc0;
	expect_wrong(follows(&sample), "is not a message");
	sample = make();
	event_of(&sample, 2)[0]++;
	expect_wrong(follows(&sample), "length is impossible");
	sample = make();
	event_of(&sample, 2)[0] = 0;
	expect_wrong(follows(&sample), "length is impossible");
	sample = make();
	event_of(&sample, 2)[0]--;
	expect_wrong(follows(&sample), "is not a message");
	sample = make();
	event_of(&sample, 0)[4] = 1;
	expect_wrong(follows(&sample), "zeros must be");
	sample = make();
	sample.head.count--;
	expect_wrong(follows(&sample), "goes on behind its last event");
	sample = make();
	sample.head.count++;
	expect_wrong(follows(&sample), "no room for an event");
}

static void test_previous_places(void **state)
{
	(void)state;
	struct sample sample = make();
	static const struct {
		uint64_t prev_at;
		bool good;
	} prevs[] = {{0, true},       {1, false},       {71, false},        {72, true},
		     {AT + 71, true}, {AT + 72, false}, {UINT64_MAX, false}};
	for (unsigned i = 0; i < sizeof prevs / sizeof prevs[0]; i++) {
		event_seal(event_of(&sample, 0), MESSAGE_BYTES, prevs[i].prev_at);
		expect_wrong(follows(&sample), prevs[i].good ? NULL : "impossible place");
	}
}

static void test_seq_of_a_message(void **state)
{
	(void)state;
	static const struct {
		const char *message;
		uint32_t bytes;
		bool good;
		uint64_t seq;
	} messages[] = {
		{"\x92\x05\x07", 3, true, 7},
		{"\x9f\xcc\xd1\xcd\x01\x02", 6, true, 0x102},
		{"\xdc\x00\x10\xcc\xd1\xce\x01\x02\x03\x04", 10, true, 0x1020304},
		{"\x93\xcd\x00\xd1\xcf\x01\x02\x03\x04\x05\x06\x07\x08\xc0", 14, true, 0x102030405060708},
		{"\x91\x05\x07", 3, false, 0}, /* too few elements */
		{"\x92\x05", 2, false, 0},     /* cut off */
		{"\x92", 1, false, 0},
		{"\x92\x05\xcd\x01", 4, false, 0}, /* in the number */
		{"\xdc\x00", 2, false, 0},         /* in the count */
		{"\x92\x05\xff", 3, false, 0},     /* a negative number */
		{"\x92\xa1x\x07", 4, false, 0},    /* a text for the type */
		{"\x82\x05\x07", 3, false, 0},     /* a map */
	};
	for (unsigned i = 0; i < sizeof messages / sizeof messages[0]; i++) {
		struct journal_event event = {.message = messages[i].message, .bytes = messages[i].bytes};
		uint64_t seq = 0;
		if (event_seq(&event, &seq) != messages[i].good || (messages[i].good && seq != messages[i].seq))
			fail_msg("message %u: got seq %llu, expected %llu (a good message: %d)", i,
				 (unsigned long long)seq, (unsigned long long)messages[i].seq, messages[i].good);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good_record),         cmocka_unit_test(test_bad_heads),
		cmocka_unit_test(test_checksum_covers_all), cmocka_unit_test(test_record_out_of_turn),
		cmocka_unit_test(test_bad_events),          cmocka_unit_test(test_previous_places),
		cmocka_unit_test(test_seq_of_a_message),
	};
	return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
