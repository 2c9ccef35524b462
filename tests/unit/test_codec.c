/* test_codec.c - messages to bytes and back: every field of every message at its limits and beyond them. */
#include <setjmp.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "check.h"
#include "codec.h"
#include "example.h"
#include "id.h"

#define expect(condition, ...)                                                                                         \
	do {                                                                                                           \
		if (!(condition))                                                                                      \
			fail_msg(__VA_ARGS__);                                                                         \
	} while (0)

static struct pd_decoder *decoder;

/* Decode the only message of a frame. */
static enum pd_err decode(const void *frame, size_t bytes, struct pd_message *message, struct pd_fault *fault)
{
	size_t off = 0;
	enum pd_err err = pd_decode(decoder, frame, bytes, &off, message, fault);
	expect(err || off == bytes, "decoded %zu of %zu bytes", off, bytes);
	return err;
}

static void *body_of(struct pd_message *message)
{
	return &message->ok;
}

/* ---- comparing ---- */

static bool same_slice(const struct pd_slice *a, const struct pd_slice *b)
{
	return a->bytes == b->bytes && (a->bytes == 0 || (b->data && memcmp(a->data, b->data, a->bytes) == 0));
}

static bool same_list(const struct pd_u64s *a, const struct pd_u64s *b)
{
	return a->count == b->count &&
	       (a->count == 0 || (b->values && memcmp(a->values, b->values, a->count * sizeof *a->values) == 0));
}

static bool same_field(enum pd_kind kind, const void *a, const void *b)
{
	static const size_t bytes[] = {
		[PD_U8] = 1, [PD_U16] = 2, [PD_U32] = 4, [PD_U64] = 8, [PD_I32] = 4, [PD_BOOL] = 1, [PD_ID] = 16};
	if (kind == PD_TEXT || kind == PD_BIN)
		return same_slice(a, b);
	return kind == PD_U64S ? same_list(a, b) : memcmp(a, b, bytes[kind]) == 0;
}

static void expect_same(struct pd_message *a, struct pd_message *b)
{
	const struct pd_message_info *info = pd_message_info(a->type);
	expect(a->type == b->type && a->request == b->request, "%s: type or request id differ", info->name);
	for (unsigned f = 0; f < info->field_count; f++) {
		size_t offset = info->fields[f].offset;
		expect(same_field(info->fields[f].kind, (char *)body_of(a) + offset, (char *)body_of(b) + offset),
		       "%s.%s differs", info->name, info->fields[f].name);
	}
}

/* ---- making messages: values for a field, in memory that lives until the test ends ---- */

enum { TEXT_CHARS_MAX = 4000, LIST_MAX = 512 };
static const char *const characters[] = {"a", "é", "楼", "😀"};

static char text_of[4][4 * TEXT_CHARS_MAX + 8];
static char bytes_of[PD_FRAME_BYTES_MAX];
static uint64_t numbers_of[LIST_MAX];

static uint64_t random_state = 20251123;

static uint64_t draw(void)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return random_state ^ random_state >> 29;
}

static int setup(void **state)
{
	(void)state;
	for (unsigned width = 1; width <= 4; width++)
		for (size_t i = 0; i < TEXT_CHARS_MAX; i++)
			memcpy(text_of[width - 1] + i * width, characters[width - 1], width);
	for (size_t i = 0; i < LIST_MAX; i++)
		numbers_of[i] = draw() >> draw() % 64;
	decoder = pd_decoder_new();
	return decoder ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	pd_decoder_free(decoder);
	return 0;
}

static struct pd_slice text_with(size_t chars, unsigned width)
{
	return (struct pd_slice){text_of[width - 1], (uint32_t)(chars * width)};
}

static void set_number(const struct pd_field *field, void *at, uint64_t value)
{
	switch (field->kind) {
	case PD_U8: *(uint8_t *)at = (uint8_t)value; break;
	case PD_U16: *(uint16_t *)at = (uint16_t)value; break;
	case PD_U32: *(uint32_t *)at = (uint32_t)value; break;
	case PD_I32: *(int32_t *)at = (int32_t)value; break;
	case PD_BOOL: *(bool *)at = value; break;
	default: *(uint64_t *)at = value; break;
	}
}

/* Set a field to size, of what its limits are about. */
static void set_size(const struct pd_field *field, void *at, uint64_t size)
{
	switch (field->kind) {
	case PD_ID: memset(at, field->required ? (int)draw() : 0, 16); break;
	case PD_TEXT: *(struct pd_slice *)at = text_with(size, 1 + (unsigned)(draw() % 4)); break;
	case PD_BIN: *(struct pd_slice *)at = (struct pd_slice){bytes_of, (uint32_t)size}; break;
	case PD_U64S: *(struct pd_u64s *)at = (struct pd_u64s){numbers_of, (uint32_t)size}; break;
	default: set_number(field, at, size); break;
	}
}

enum how { LEAST, MOST, RANDOM };

static uint64_t size_for(const struct pd_field *field, enum how how)
{
	uint64_t range = field->max - (uint64_t)field->min;
	if (how != RANDOM)
		return how == LEAST ? (uint64_t)field->min : field->max;
	/* Of every order of magnitude. */
	uint64_t drawn = draw() >> draw() % 64;
	return (uint64_t)field->min + (range == UINT64_MAX ? drawn : drawn % (range + 1));
}

static void make(struct pd_message *message, const struct pd_message_info *info, enum how how)
{
	memset(message, 0, sizeof *message);
	message->type = info->type;
	message->request = how == LEAST ? 0 : how == MOST ? UINT64_MAX : draw();
	for (unsigned f = 0; f < info->field_count; f++) {
		const struct pd_field *field = &info->fields[f];
		set_size(field, (char *)body_of(message) + field->offset, size_for(field, how));
	}
}

static void for_each_message(void (*check)(const struct pd_message_info *info))
{
	size_t count;
	const struct pd_message_info *messages = pd_messages(&count);
	for (size_t i = 0; i < count; i++) {
		check(&messages[i]);
		pd_decoder_reset(decoder);
	}
}

/* ---- there and back ---- */

static void round_trip(struct pd_message *message)
{
	struct pd_buffer bytes = {0}, again = {0};
	struct pd_message decoded;
	struct pd_fault fault;
	const char *name = pd_message_info(message->type)->name;
	expect(pd_validate(message, &fault) == PD_OK, "%s: %s", name, fault.detail);
	pd_encode(message, &bytes);
	memset(&decoded, 0xaa, sizeof decoded);
	expect(decode(bytes.data, bytes.count, &decoded, &fault) == PD_OK, "%s: %s", name, fault.detail);
	expect_same(message, &decoded);
	pd_encode(&decoded, &again);
	expect(again.count == bytes.count && memcmp(again.data, bytes.data, bytes.count) == 0,
	       "%s: encoded otherwise again", name);
	pd_buffer_fini(&bytes);
	pd_buffer_fini(&again);
}

static void check_round_trips(const struct pd_message_info *info)
{
	struct pd_message message;
	struct pd_example example;
	pd_example_init(&example, info->type);
	round_trip(&example.message);
	pd_example_fini(&example);
	make(&message, info, LEAST);
	round_trip(&message);
	make(&message, info, MOST);
	round_trip(&message);
	for (int i = 0; i < 100; i++) {
		make(&message, info, RANDOM);
		round_trip(&message);
	}
}

static void every_message_comes_back(void **state)
{
	(void)state;
	for_each_message(check_round_trips);
}

static void the_bytes_are_these(void **state)
{
	(void)state;
	static const uint8_t expected[] = {0x95, 0x0b, 0xcd, 0x01, 0x2c, 0xc4, 0x10, 0x01, 0x7f,
					   0x22, 0xe2, 0x79, 0xb0, 0x7c, 0xc3, 0x98, 0xc4, 0xdc,
					   0x0c, 0x0c, 0x07, 0x39, 0x8f, 0x01, 0xcd, 0x07, 0xd1};
	struct pd_message accept = {.type = PD_MSG_accept, .request = 300, .accept = {.version = 1, .actor = 2001}};
	struct pd_buffer bytes = {0};
	assert_int_equal(pd_id_parse("017f22e2-79b0-7cc3-98c4-dc0c0c07398f", &accept.accept.order), PD_OK);
	pd_encode(&accept, &bytes);
	assert_int_equal(bytes.count, sizeof expected);
	assert_memory_equal(bytes.data, expected, sizeof expected);
	pd_buffer_fini(&bytes);
}

/* ---- a message in parts, to be put together otherwise ---- */

enum { PARTS_MAX = 64 };

struct parts {
	const struct pd_message_info *info;
	struct pd_buffer whole;
	struct pd_slice
		part[PARTS_MAX]; /* 0: type, 1: request id, then all fields, whether they were left out or not */
	unsigned count;
};

static struct pd_slice zero_of(enum pd_kind kind)
{
	switch (kind) {
	case PD_TEXT: return (struct pd_slice){"\xa0", 1};
	case PD_BIN: return (struct pd_slice){"\xc4\x00", 2};
	case PD_U64S: return (struct pd_slice){"\x90", 1};
	case PD_BOOL: return (struct pd_slice){"\xc2", 1};
	case PD_ID: return (struct pd_slice){"\xc4\x10\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 18};
	default: return (struct pd_slice){"\x00", 1};
	}
}

/* The parts of info's example. */
static void parts_init(struct parts *parts, const struct pd_message_info *info)
{
	struct pd_example example;
	*parts = (struct parts){.info = info, .count = info->field_count + 2u};
	pd_example_init(&example, info->type);
	pd_encode(&example.message, &parts->whole);
	pd_example_fini(&example);
	size_t at = (uint8_t)parts->whole.data[0] == 0xdc ? 3 : 1;
	for (unsigned i = 0; i < parts->count; i++) {
		size_t bytes;
		enum pd_detail_name why;
		parts->part[i] = i >= 2 ? zero_of(info->fields[i - 2].kind) : (struct pd_slice){0};
		if (at == parts->whole.count)
			continue;
		assert_int_equal(pd_check(parts->whole.data + at, parts->whole.count - at, &bytes, &why), PD_OK);
		parts->part[i] = (struct pd_slice){parts->whole.data + at, (uint32_t)bytes};
		at += bytes;
	}
	assert_int_equal(at, parts->whole.count);
}

/* The first count parts as a message, with further ones behind them. */
static void join(const struct parts *parts, unsigned count, const struct pd_slice *further, unsigned further_count,
		 struct pd_buffer *out)
{
	unsigned elements = count + further_count;
	const char head[] = {(char)0xdc, (char)(elements >> 8), (char)elements};
	out->count = 0;
	pd_buffer_add(out, head, sizeof head);
	for (unsigned i = 0; i < count; i++)
		pd_buffer_add(out, parts->part[i].data, parts->part[i].bytes);
	for (unsigned i = 0; i < further_count; i++)
		pd_buffer_add(out, further[i].data, further[i].bytes);
}

static void check_left_out(const struct pd_message_info *info)
{
	struct parts parts;
	struct pd_buffer bytes = {0};
	parts_init(&parts, info);
	for (unsigned given = info->required_count; given <= info->field_count; given++) {
		struct pd_message message, expected;
		struct pd_fault fault;
		join(&parts, 2 + info->field_count, NULL, 0, &bytes);
		expect(decode(bytes.data, bytes.count, &expected, &fault) == PD_OK, "%s: %s", info->name, fault.detail);
		join(&parts, 2 + given, NULL, 0, &bytes);
		memset(&message, 0xaa, sizeof message);
		expect(decode(bytes.data, bytes.count, &message, &fault) == PD_OK, "%s with %u fields: %s", info->name,
		       given, fault.detail);
		for (unsigned f = given; f < info->field_count; f++) {
			static const char zeros[16];
			const struct pd_field *field = &info->fields[f];
			expect(same_field(field->kind, (char *)body_of(&message) + field->offset, zeros),
			       "%s.%s was left out, and is not zero", info->name, field->name);
		}
	}
	pd_buffer_fini(&bytes);
	pd_buffer_fini(&parts.whole);
}

static void what_is_left_out_is_zero(void **state)
{
	(void)state;
	for_each_message(check_left_out);
}

static void check_not_sent(const struct pd_message_info *info)
{
	struct pd_message message;
	struct pd_buffer bytes = {0};
	make(&message, info, LEAST);
	for (unsigned f = info->required_count; f < info->field_count; f++)
		set_size(&info->fields[f], (char *)body_of(&message) + info->fields[f].offset, 0);
	pd_encode(&message, &bytes);
	unsigned elements =
		((uint8_t)bytes.data[0] & 0xf0) == 0x90 ? (uint8_t)bytes.data[0] & 15 : (uint8_t)bytes.data[2];
	expect(elements == 2u + info->required_count, "%s: %u elements, %u are required", info->name, elements,
	       2 + info->required_count);
	pd_buffer_fini(&bytes);
}

static void zeros_at_the_end_are_not_sent(void **state)
{
	(void)state;
	for_each_message(check_not_sent);
}

static void check_further(const struct pd_message_info *info)
{
	static const struct pd_slice further[] = {{"\xc0", 1},
						  {"\x81\xa1k\x92\x01\xc3", 6},
						  {"\xcb\x40\x09\x21\xfb\x54\x44\x2d\x18", 9},
						  {"\xff", 1},
						  {"\xc4\x01\xff", 3}};
	struct parts parts;
	struct pd_buffer bytes = {0};
	struct pd_message message, expected;
	struct pd_fault fault;
	parts_init(&parts, info);
	assert_int_equal(decode(parts.whole.data, parts.whole.count, &expected, &fault), PD_OK);
	join(&parts, parts.count, further, sizeof further / sizeof further[0], &bytes);
	expect(decode(bytes.data, bytes.count, &message, &fault) == PD_OK, "%s with further fields: %s", info->name,
	       fault.detail);
	expect_same(&expected, &message);
	pd_buffer_fini(&bytes);
	pd_buffer_fini(&parts.whole);
}

static void further_fields_are_ignored(void **state)
{
	(void)state;
	for_each_message(check_further);
}

static void expect_bad_field(const struct parts *parts, struct pd_buffer *bytes, unsigned f, const char *what)
{
	struct pd_message message;
	struct pd_fault fault = {0};
	size_t off = 0, name_bytes = strlen(parts->info->fields[f].name);
	enum pd_err err = pd_decode(decoder, bytes->data, bytes->count, &off, &message, &fault);
	expect(err == PD_EINVAL && fault.refusal == PD_REFUSED_bad_field, "%s.%s: %s was not refused as bad_field",
	       parts->info->name, parts->info->fields[f].name, what);
	expect(strncmp(fault.detail, parts->info->fields[f].name, name_bytes) == 0 && fault.detail[name_bytes] == ':',
	       "%s.%s: %s: the detail does not name the field: %s", parts->info->name, parts->info->fields[f].name,
	       what, fault.detail);
	expect(!fault.lost && off == bytes->count, "%s.%s: %s: the rest of the frame was lost", parts->info->name,
	       parts->info->fields[f].name, what);
	expect(fault.request != 0 || parts->info->role == PD_PUSH, "%s: the request id was lost", parts->info->name);
}

static void check_missing(const struct pd_message_info *info)
{
	struct parts parts;
	struct pd_buffer bytes = {0};
	parts_init(&parts, info);
	for (unsigned given = 0; given < info->required_count; given++) {
		join(&parts, 2 + given, NULL, 0, &bytes);
		expect_bad_field(&parts, &bytes, given, "to leave it out");
	}
	pd_buffer_fini(&bytes);
	pd_buffer_fini(&parts.whole);
}

static void what_is_required_must_be_there(void **state)
{
	(void)state;
	for_each_message(check_missing);
}

/* Put value in the place of field f, and expect it to be refused. */
static void refuse(struct parts *parts, unsigned f, struct pd_slice value, const char *what)
{
	struct pd_buffer bytes = {0};
	struct pd_slice before = parts->part[2 + f];
	parts->part[2 + f] = value;
	join(parts, parts->count, NULL, 0, &bytes);
	expect_bad_field(parts, &bytes, f, what);
	parts->part[2 + f] = before;
	pd_buffer_fini(&bytes);
}

static void check_wrong_kinds(const struct pd_message_info *info)
{
	static const struct {
		struct pd_slice value;
		unsigned good; /* bit 1 << kind for each kind that may be written so */
		const char *what;
	} rows[] = {
		{{"\xc0", 1}, 0, "nil"},
		{{"\xc3", 1}, 1u << PD_BOOL, "true"},
		{{"\xca\x3f\x80\x00\x00", 5}, 0, "1.0"},
		{{"\xa2hm", 3}, 1u << PD_TEXT, "text"},
		{{"\xc4\x02xx", 4}, 1u << PD_BIN, "two bytes"},
		{{"\xc4\x0fxxxxxxxxxxxxxxx", 17}, 1u << PD_BIN, "fifteen bytes"},
		{{"\xc4\x11xxxxxxxxxxxxxxxxx", 19}, 1u << PD_BIN, "seventeen bytes"},
		{{"\x80", 1}, 0, "a map"},
		{{"\x91\xa1x", 3}, 0, "an array of text"},
		{{"\x93\x01\xff\x01", 4}, 0, "an array with a negative number"},
		{{"\x01", 1}, 1u << PD_U8 | 1u << PD_U16 | 1u << PD_U32 | 1u << PD_U64 | 1u << PD_I32, "1"},
		{{"\xff", 1}, 1u << PD_I32, "-1"},
		{{"\xd3\x80\x00\x00\x00\x00\x00\x00\x00", 9}, 0, "-2^63"},
	};
	struct parts parts;
	parts_init(&parts, info);
	for (unsigned f = 0; f < info->field_count; f++)
		for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
			if (!(rows[i].good & 1u << info->fields[f].kind))
				refuse(&parts, f, rows[i].value, rows[i].what);
	pd_buffer_fini(&parts.whole);
}

static void other_kinds_are_refused(void **state)
{
	(void)state;
	for_each_message(check_wrong_kinds);
}

/* value as an integer of 8 bytes. */
static struct pd_slice integer(char out[9], bool negative, uint64_t magnitude)
{
	uint64_t value = negative ? -magnitude : magnitude;
	out[0] = (char)(negative ? 0xd3 : 0xcf);
	for (int i = 0; i < 8; i++)
		out[1 + i] = (char)(value >> (56 - 8 * i));
	return (struct pd_slice){out, 9};
}

static void append_size(struct pd_buffer *out, uint8_t code, uint64_t size)
{
	const char head[] = {(char)code, (char)(size >> 24), (char)(size >> 16), (char)(size >> 8), (char)size};
	pd_buffer_add(out, head, sizeof head);
}

/* A value of the field's kind of this size. */
static struct pd_slice sized(const struct pd_field *field, uint64_t size, struct pd_buffer *out)
{
	out->count = 0;
	if (field->kind == PD_TEXT) {
		append_size(out, 0xdb, 3 * size);
		for (uint64_t i = 0; i < size; i++)
			pd_buffer_add(out, "楼", 3);
	} else if (field->kind == PD_BIN) {
		append_size(out, 0xc6, size);
		memset(pd_buffer_room(out, size), 7, size);
	} else {
		append_size(out, 0xdd, size);
		memset(pd_buffer_room(out, size), 7, size);
	}
	return (struct pd_slice){out->data, (uint32_t)out->count};
}

static void check_field_limits(struct parts *parts, unsigned f)
{
	const struct pd_field *field = &parts->info->fields[f];
	struct pd_buffer out = {0};
	char number[9];
	if (field->kind == PD_ID || field->kind == PD_BOOL)
		return;
	if (field->kind >= PD_TEXT) {
		refuse(parts, f, sized(field, field->max + 1, &out), "one more than max");
		if (field->min > 0)
			refuse(parts, f, sized(field, (uint64_t)field->min - 1, &out), "one less than min");
	} else {
		if (field->max < UINT64_MAX)
			refuse(parts, f, integer(number, false, field->max + 1), "max + 1");
		if (field->kind != PD_U64)
			refuse(parts, f, integer(number, false, UINT64_MAX), "2^64 - 1");
		if (field->min > 0)
			refuse(parts, f, integer(number, false, (uint64_t)field->min - 1), "min - 1");
		else
			refuse(parts, f, integer(number, true, (uint64_t)-field->min + 1), "min - 1");
	}
	pd_buffer_fini(&out);
}

static void check_limits(const struct pd_message_info *info)
{
	struct parts parts;
	parts_init(&parts, info);
	for (unsigned f = 0; f < info->field_count; f++)
		check_field_limits(&parts, f);
	pd_buffer_fini(&parts.whole);
}

static void beyond_the_limits_is_refused(void **state)
{
	(void)state;
	for_each_message(check_limits);
}

/* pd_validate sees what pd_decode would: each field of a struct one beyond its limits, if the struct can hold that. */
static void check_validation(const struct pd_message_info *info)
{
	static const uint64_t most[] = {[PD_U8] = UINT8_MAX,
					[PD_U16] = UINT16_MAX,
					[PD_U32] = UINT32_MAX,
					[PD_U64] = UINT64_MAX,
					[PD_I32] = INT32_MAX,
					[PD_BOOL] = 1,
					[PD_ID] = 0,
					[PD_TEXT] = TEXT_CHARS_MAX - 1,
					[PD_BIN] = PD_FRAME_BYTES_MAX - 1,
					[PD_U64S] = LIST_MAX - 1};
	for (unsigned f = 0; f < info->field_count; f++) {
		const struct pd_field *field = &info->fields[f];
		struct pd_message message;
		struct pd_fault fault;
		for (int below = 0; below < 2; below++) {
			if (below ? field->min == 0 || (field->kind == PD_I32 && field->min == INT32_MIN)
				  : field->max >= most[field->kind])
				continue;
			make(&message, info, MOST);
			set_size(field, (char *)body_of(&message) + field->offset,
				 below ? (uint64_t)field->min - 1 : field->max + 1);
			expect(pd_validate(&message, &fault) == PD_EINVAL, "%s.%s %s its limits is valid", info->name,
			       field->name, below ? "below" : "above");
			expect(strncmp(fault.detail, field->name, strlen(field->name)) == 0, "%s.%s is not named: %s",
			       info->name, field->name, fault.detail);
			expect(fault.request == message.request && !fault.lost, "%s: the request id is lost",
			       info->name);
		}
	}
}

static void validation_sees_the_limits(void **state)
{
	(void)state;
	for_each_message(check_validation);
}

static void validation_sees_wrong_text(void **state)
{
	(void)state;
	struct pd_message note = {.type = PD_MSG_note, .note = {.version = 1, .text = pd_text("\xed\xa0\x80")}};
	struct pd_fault fault;
	assert_int_equal(pd_validate(&note, &fault), PD_EINVAL);
	assert_int_equal(fault.refusal, PD_REFUSED_bad_field);
	assert_string_equal(fault.detail, "text: is not valid UTF-8");
}

static void details_say_what_would_be_right(void **state)
{
	(void)state;
	static const struct {
		const char *frame;
		size_t bytes;
		const char *detail;
	} rows[] = {
		{"\x95\x01\x07\x01\xa0\x01", 6, "client: is 0 characters, must be 1 to 64"},
		{"\x94\x03\x07\x01\xcd\x10\x01", 7, "credit: is 4097, must be 0 to 4096"},
		{"\x94\x03\x07\x00\x01", 5, "area: is 0, must be 1 to 4294967295"},
		{"\x94\x03\x07\xff\x01", 5, "area: is -1, must be 1 to 4294967295"},
		{"\x94\x03\x07\xd3\x80\x00\x00\x00\x00\x00\x00\x00\x01", 13,
		 "area: is -9223372036854775808, must be 1 to 4294967295"},
		{"\x94\x03\x07\xa1x\x01", 6, "area: must be an unsigned integer"},
		{"\x93\x03\x07\x01", 4, "credit: is missing; work has 2 required fields"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct pd_message message;
		struct pd_fault fault;
		assert_int_equal(decode(rows[i].frame, rows[i].bytes, &message, &fault), PD_EINVAL);
		assert_string_equal(fault.detail, rows[i].detail);
		assert_int_equal(fault.request, 7);
	}
}

/* ---- texts ---- */

static void texts_are_counted_in_characters(void **state)
{
	(void)state;
	const struct pd_message_info *info = pd_message_info(PD_MSG_submit);
	const struct pd_field *text = &info->fields[2];
	struct parts parts;
	struct pd_buffer value = {0}, bytes = {0};
	struct pd_message message;
	struct pd_fault fault;
	assert_string_equal(text->name, "text");
	parts_init(&parts, info);
	parts.part[2 + 2] = sized(text, 4000, &value);
	join(&parts, parts.count, NULL, 0, &bytes);
	assert_int_equal(decode(bytes.data, bytes.count, &message, &fault), PD_OK);
	assert_int_equal(message.submit.text.bytes, 12000);
	assert_int_equal(pd_validate(&message, &fault), PD_OK);
	parts.part[2 + 2] = sized(text, 4001, &value);
	join(&parts, parts.count, NULL, 0, &bytes);
	assert_int_equal(decode(bytes.data, bytes.count, &message, &fault), PD_EINVAL);
	assert_string_equal(fault.detail, "text: is 4001 characters, must be 1 to 4000");
	assert_int_equal(pd_validate(&message, &fault), PD_EINVAL);
	pd_buffer_fini(&value);
	pd_buffer_fini(&bytes);
	pd_buffer_fini(&parts.whole);
}

/* ---- numbers ---- */

static void integers_may_be_written_in_any_width(void **state)
{
	(void)state;
	static const struct pd_slice five[] = {
		{"\x05", 1},
		{"\xcc\x05", 2},
		{"\xcd\x00\x05", 3},
		{"\xce\x00\x00\x00\x05", 5},
		{"\xcf\x00\x00\x00\x00\x00\x00\x00\x05", 9},
		{"\xd0\x05", 2},
		{"\xd1\x00\x05", 3},
		{"\xd2\x00\x00\x00\x05", 5},
		{"\xd3\x00\x00\x00\x00\x00\x00\x00\x05", 9},
	};
	struct parts parts;
	struct pd_buffer bytes = {0};
	parts_init(&parts, pd_message_info(PD_MSG_work));
	for (size_t i = 0; i < sizeof five / sizeof five[0]; i++) {
		struct pd_message message;
		struct pd_fault fault;
		parts.part[1] = parts.part[2] = parts.part[3] = five[i];
		join(&parts, parts.count, NULL, 0, &bytes);
		expect(decode(bytes.data, bytes.count, &message, &fault) == PD_OK, "5 written as %02x: %s",
		       (unsigned)(uint8_t)five[i].data[0], fault.detail);
		assert_int_equal(message.request, 5);
		assert_int_equal(message.work.area, 5);
		assert_int_equal(message.work.credit, 5);
	}
	pd_buffer_fini(&bytes);
	pd_buffer_fini(&parts.whole);
}

/* Whatever a decoder takes is one msgpack value within its limits, and ends where that ends; whatever it does not take
 * and is no such value is malformed. */
static void what_is_taken_is_msgpack(void **state)
{
	(void)state;
	const char *given = getenv("PAIDAN_SEED");
	uint64_t random = given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);
	size_t messages, taken = 0;
	const struct pd_message_info *infos = pd_messages(&messages);
	print_message("to repeat this: PAIDAN_SEED=%" PRIu64 " build/tests/test_codec\n", random);
	for (size_t step = 0; step < 200 * messages; step++) {
		struct pd_example example;
		struct pd_buffer bytes = {0};
		struct pd_message message;
		struct pd_fault fault;
		size_t off = 0, length = 0;
		enum pd_detail_name why;
		pd_example_init(&example, infos[step % messages].type);
		pd_encode(&example.message, &bytes);
		pd_buffer_add(&bytes, "\x93\x01\x02\x03", 4); /* something behind it */
		for (unsigned flips = 0; flips < step % 4; flips++) {
			random = random * 6364136223846793005u + 1442695040888963407u;
			bytes.data[(random >> 33) % bytes.count] ^= (char)(1 << (random >> 60 & 7));
		}
		enum pd_err checked = pd_check(bytes.data, bytes.count, &length, &why);
		enum pd_err err = pd_decode(decoder, bytes.data, bytes.count, &off, &message, &fault);
		expect(err || (checked == PD_OK && off == length), "step %zu: %zu bytes are taken, %zu are a value",
		       step, off, length);
		expect(err == PD_OK || fault.lost == (checked != PD_OK), "step %zu: %s", step, fault.detail);
		expect(err == PD_OK || fault.lost || off == length, "step %zu: %zu bytes are skipped, %zu are a value",
		       step, off, length);
		taken += err == PD_OK;
		pd_buffer_fini(&bytes);
		pd_example_fini(&example);
		pd_decoder_reset(decoder);
	}
	assert_true(taken > 50 * messages);
}

/* ---- frames ---- */

static void malformed_messages_are_refused(void **state)
{
	(void)state;
	static const struct {
		const char *frame;
		size_t bytes;
		enum pd_refusal refusal;
		bool lost;
		uint64_t request;
	} rows[] = {
		{"", 0, PD_REFUSED_malformed, true, 0},
		{"\xc1", 1, PD_REFUSED_malformed, true, 0},
		{"\xd4\x01\x02", 3, PD_REFUSED_malformed, true, 0},                 /* an extension */
		{"\x94\x03\x07\x01", 4, PD_REFUSED_malformed, true, 0},             /* an element is missing */
		{"\x95\x01\x07\x01\xa1\xff\x01", 7, PD_REFUSED_malformed, true, 0}, /* not UTF-8 */
		{"\x93\x02\x07\x91\x91\x91\x91\x91\x91\x91\x90", 11, PD_REFUSED_malformed, true, 0}, /* 9 deep */
		{"\x02", 1, PD_REFUSED_malformed, false, 0},                                         /* no array */
		{"\x81\x02\x07", 3, PD_REFUSED_malformed, false, 0},
		{"\x90", 1, PD_REFUSED_malformed, false, 0},
		{"\x91\x02", 2, PD_REFUSED_malformed, false, 0}, /* no request id */
		{"\x92\x02\xff", 3, PD_REFUSED_malformed, false, 0},
		{"\x92\x02\xa1x", 4, PD_REFUSED_malformed, false, 0},
		{"\x92\xff\x07", 3, PD_REFUSED_malformed, false, 7}, /* no type */
		{"\x92\xa1x\x07", 4, PD_REFUSED_malformed, false, 7},
		{"\x92\x00\x07", 3, PD_REFUSED_unknown_type, false, 7},
		{"\x92\x63\x07", 3, PD_REFUSED_unknown_type, false, 7},
		{"\x92\xcd\x01\x02\x07", 5, PD_REFUSED_unknown_type, false, 7},                          /* 2 + 256 */
		{"\x92\xcf\x00\x00\x00\x01\x00\x00\x00\x02\x07", 11, PD_REFUSED_unknown_type, false, 7}, /* 2 + 2^32 */
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct pd_message message;
		struct pd_fault fault;
		size_t off = 0;
		enum pd_err err = pd_decode(decoder, rows[i].frame, rows[i].bytes, &off, &message, &fault);
		expect(err == PD_EINVAL && fault.refusal == rows[i].refusal, "row %zu: not refused as %s", i,
		       pd_strerror(rows[i].refusal));
		expect(fault.request == rows[i].request, "row %zu: request id %llu", i,
		       (unsigned long long)fault.request);
		expect(fault.lost == rows[i].lost && off == (rows[i].lost ? 0 : rows[i].bytes), "row %zu: place %zu", i,
		       off);
		expect(strlen(fault.detail) > 5, "row %zu: no detail", i);
	}
}

/* All examples back to back; returns how many. */
static size_t all_examples(struct pd_buffer *frame)
{
	size_t count;
	const struct pd_message_info *messages = pd_messages(&count);
	for (size_t i = 0; i < count; i++) {
		struct pd_example example;
		pd_example_init(&example, messages[i].type);
		pd_encode(&example.message, frame);
		pd_example_fini(&example);
	}
	return count;
}

/* Decode a frame to its end or loss; counts what came out. */
static void decode_all(const struct pd_buffer *frame, size_t *good, size_t *bad, bool *lost)
{
	struct pd_message message;
	struct pd_fault fault = {0};
	size_t off = 0;
	*good = *bad = 0;
	while (off < frame->count && !fault.lost) {
		if (pd_decode(decoder, frame->data, frame->count, &off, &message, &fault))
			++*bad;
		else
			++*good;
	}
	*lost = fault.lost;
}

static void frames_hold_many_messages(void **state)
{
	(void)state;
	struct pd_buffer frame = {0};
	size_t good, bad, count = all_examples(&frame);
	bool lost;
	decode_all(&frame, &good, &bad, &lost);
	assert_int_equal(good, count);
	assert_int_equal(bad, 0);
	/* A message that is refused does not take others with it. */
	pd_buffer_add(&frame,
		      "\x94\x03\x07\x00\x01"
		      "\x92\x63\x07"
		      "\x91\x02"
		      "\x05",
		      11);
	all_examples(&frame);
	decode_all(&frame, &good, &bad, &lost);
	assert_int_equal(good, 2 * count);
	assert_int_equal(bad, 4);
	assert_false(lost);
	/* One that is not well-formed does, but only with those behind it. */
	pd_buffer_add(&frame, "\xc1", 1);
	all_examples(&frame);
	decode_all(&frame, &good, &bad, &lost);
	assert_int_equal(good, 2 * count);
	assert_int_equal(bad, 5);
	assert_true(lost);
	pd_buffer_fini(&frame);
}

static void slices_point_into_the_frame(void **state)
{
	(void)state;
	struct pd_message a = {.type = PD_MSG_published, .request = 1}, b = a, decoded_a, decoded_b;
	struct pd_buffer frame = {0};
	struct pd_fault fault;
	size_t off = 0;
	a.published.counts = (struct pd_u64s){(const uint64_t[]){1, 2, 3}, 3};
	b.published.counts = (struct pd_u64s){(const uint64_t[]){4, 5}, 2};
	pd_encode(&a, &frame);
	pd_encode(&b, &frame);
	assert_int_equal(pd_decode(decoder, frame.data, frame.count, &off, &decoded_a, &fault), PD_OK);
	assert_int_equal(pd_decode(decoder, frame.data, frame.count, &off, &decoded_b, &fault), PD_OK);
	/* Until the reset, the arrays of both are there. */
	expect_same(&a, &decoded_a);
	expect_same(&b, &decoded_b);
	struct pd_message note = {.type = PD_MSG_note,
				  .request = 1,
				  .note = {.version = 1, .text = pd_text("配件明天到")}},
			  decoded;
	frame.count = 0;
	pd_encode(&note, &frame);
	assert_int_equal(decode(frame.data, frame.count, &decoded, &fault), PD_OK);
	assert_true(decoded.note.text.data > frame.data && decoded.note.text.data < frame.data + frame.count);
	pd_buffer_fini(&frame);
}

/* ---- bugs end the process ---- */

static void expect_abort(const struct pd_message *message)
{
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct pd_buffer bytes = {0};
		fclose(stderr);
		signal(SIGABRT, SIG_DFL);
		pd_encode(message, &bytes);
		_exit(0);
	}
	int status;
	assert_true(waitpid(child, &status, 0) == child);
	expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT, "a %s beyond its limits was encoded",
	       pd_message_info(message->type)->name);
}

static void encoding_asserts_the_limits(void **state)
{
	(void)state;
	struct pd_message work = {.type = PD_MSG_work, .work = {.area = 1, .credit = 4097}};
	struct pd_message note = {.type = PD_MSG_note, .note = {.version = 1}};
	struct pd_message digest = {.type = PD_MSG_digest, .digest = {.hash = {"0123456789", 10}}};
	struct pd_message household = {.type = PD_MSG_put_household,
				       .put_household = {1, 1, 1, pd_text("x"), 1800000001, 0, false, 0}};
	expect_abort(&work);
	expect_abort(&note);
	expect_abort(&digest);
	expect_abort(&household);
}

/* Every word of an answer or an event may be one of a newer broker: to a client's decoder, and to it alone. */
static void a_client_takes_words_that_it_does_not_know(void **state)
{
	(void)state;
	static const char newer[] = {(char)0xcc, (char)200}, beyond[] = {(char)0xce, 0, 1, 0, 0};
	struct pd_decoder *client = pd_decoder_new_client();
	size_t count;
	unsigned words = 0;
	const struct pd_message_info *info = pd_messages(&count);
	for (const struct pd_message_info *end = info + count; info < end; info++) {
		for (unsigned f = 0; info->role >= PD_REPLY && f < info->field_count; f++) {
			if (strncmp(info->fields[f].unit, "enum ", 5) != 0 || info->fields[f].max > 200)
				continue;
			struct parts parts;
			struct pd_buffer bytes = {0}, again = {0};
			struct pd_message message;
			struct pd_fault fault;
			size_t off = 0;
			parts_init(&parts, info);
			parts.part[2 + f] = (struct pd_slice){newer, sizeof newer};
			join(&parts, parts.count, NULL, 0, &bytes);
			assert_int_equal(decode(bytes.data, bytes.count, &message, &fault), PD_EINVAL);
			assert_int_equal(pd_decode(client, bytes.data, bytes.count, &off, &message, &fault), PD_OK);
			assert_int_equal(*((const uint8_t *)&message.ok + info->fields[f].offset), 200);
			pd_encode(&message, &again); /* a program may keep it */
			off = 0;
			assert_int_equal(pd_decode(client, again.data, again.count, &off, &message, &fault), PD_OK);
			assert_int_equal(*((const uint8_t *)&message.ok + info->fields[f].offset), 200);
			parts.part[2 + f] = (struct pd_slice){beyond, sizeof beyond};
			off = bytes.count = 0;
			join(&parts, parts.count, NULL, 0, &bytes);
			assert_int_equal(pd_decode(client, bytes.data, bytes.count, &off, &message, &fault), PD_EINVAL);
			pd_decoder_reset(client);
			pd_buffer_fini(&again);
			pd_buffer_fini(&bytes);
			pd_buffer_fini(&parts.whole);
			words++;
		}
	}
	assert_true(words > 10);
	pd_decoder_free(client);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_message_comes_back),
		cmocka_unit_test(the_bytes_are_these),
		cmocka_unit_test(what_is_left_out_is_zero),
		cmocka_unit_test(zeros_at_the_end_are_not_sent),
		cmocka_unit_test(further_fields_are_ignored),
		cmocka_unit_test(what_is_required_must_be_there),
		cmocka_unit_test(other_kinds_are_refused),
		cmocka_unit_test(beyond_the_limits_is_refused),
		cmocka_unit_test(validation_sees_the_limits),
		cmocka_unit_test(validation_sees_wrong_text),
		cmocka_unit_test(details_say_what_would_be_right),
		cmocka_unit_test(texts_are_counted_in_characters),
		cmocka_unit_test(a_client_takes_words_that_it_does_not_know),
		cmocka_unit_test(integers_may_be_written_in_any_width),
		cmocka_unit_test(what_is_taken_is_msgpack),
		cmocka_unit_test(malformed_messages_are_refused),
		cmocka_unit_test(frames_hold_many_messages),
		cmocka_unit_test(slices_point_into_the_frame),
		cmocka_unit_test(encoding_asserts_the_limits),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
