/* test_check.c - what pd_check lets through: nothing that is deeper, longer or other than it may be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "check.h"
#include "codec.h"
#include "example.h"

#define expect(condition, ...)                                                                                         \
	do {                                                                                                           \
		if (!(condition))                                                                                      \
			fail_msg(__VA_ARGS__);                                                                         \
	} while (0)

/* The length of the value; 0 when it was rejected. */
static size_t length_of(const void *data, size_t bytes)
{
	size_t value_bytes = 0;
	enum pd_detail_name why = PD_DETAIL_none;
	if (pd_check(data, bytes, &value_bytes, &why)) {
		expect(why != PD_DETAIL_none, "rejected without a reason");
		return 0;
	}
	expect(value_bytes > 0 && value_bytes <= bytes, "a value of %zu bytes in %zu", value_bytes, bytes);
	return value_bytes;
}

#define LENGTH_OF(literal) length_of(literal, sizeof(literal) - 1)

/* ---- values ---- */

/* The least value that begins with first, by the msgpack specification; 0: there is none that is used here. */
static size_t least_value(unsigned first, uint8_t out[64])
{
	memset(out, 0, 64);
	out[0] = (uint8_t)first;
	if (first >= 0x80 && first <= 0x8f)
		return 1 + 2 * (first & 15);
	if (first >= 0x90 && first <= 0x9f)
		return 1 + (first & 15);
	if (first >= 0xa0 && first <= 0xbf) {
		memset(out + 1, 'x', first & 31);
		return 1 + (first & 31);
	}
	switch (first) {
	case 0xc1:
	case 0xc7:
	case 0xc8:
	case 0xc9:
	case 0xd4:
	case 0xd5:
	case 0xd6:
	case 0xd7:
	case 0xd8: return 0;
	case 0xc4:
	case 0xcc:
	case 0xd0:
	case 0xd9: return 2;
	case 0xc5:
	case 0xcd:
	case 0xd1:
	case 0xda:
	case 0xdc:
	case 0xde: return 3;
	case 0xc6:
	case 0xca:
	case 0xce:
	case 0xd2:
	case 0xdb:
	case 0xdd:
	case 0xdf: return 5;
	case 0xcb:
	case 0xcf:
	case 0xd3: return 9;
	default: return 1;
	}
}

static void every_first_byte_has_its_length(void **state)
{
	(void)state;
	for (unsigned first = 0; first <= 0xff; first++) {
		uint8_t value[64];
		size_t bytes = least_value(first, value);
		expect(length_of(value, sizeof value) == bytes, "0x%02x: should be %zu bytes", first, bytes);
		for (size_t less = 0; less < bytes; less++)
			expect(length_of(value, less) == 0, "0x%02x: accepted with %zu of %zu bytes", first, less,
			       bytes);
	}
}

static void trailing_bytes_are_left(void **state)
{
	(void)state;
	assert_int_equal(LENGTH_OF("\x92\x01\x02"
				   "\xc1garbage"),
			 3);
	assert_int_equal(LENGTH_OF("\xc0\xc0"), 1);
	assert_int_equal(LENGTH_OF(""), 0);
}

static void lengths_beyond_the_end_are_rejected(void **state)
{
	(void)state;
	/* Each claims much more than there is; an allocation before the check would show. */
	assert_int_equal(LENGTH_OF("\xdd\xff\xff\xff\xff\x01"), 0);
	assert_int_equal(LENGTH_OF("\xdf\xff\xff\xff\xff\x01"), 0);
	assert_int_equal(LENGTH_OF("\xdb\xff\xff\xff\xff\x01"), 0);
	assert_int_equal(LENGTH_OF("\xc6\xff\xff\xff\xff\x01"), 0);
	assert_int_equal(LENGTH_OF("\xdc\xff\xff\x01"), 0);
	assert_int_equal(LENGTH_OF("\xde\xff\xff\x01"), 0);
	assert_int_equal(LENGTH_OF("\xdf\x80\x00\x00\x00\x01\x01"), 0); /* twice this is 2^32 */
	/* One short, and just enough. */
	assert_int_equal(LENGTH_OF("\x93\x01\x02"), 0);
	assert_int_equal(LENGTH_OF("\x93\x01\x02\x03"), 4);
	assert_int_equal(LENGTH_OF("\x82\x01\x02\x03"), 0);
	assert_int_equal(LENGTH_OF("\x82\x01\x02\x03\x04"), 5);
	assert_int_equal(LENGTH_OF("\xa3"
				   "ab"),
			 0);
	assert_int_equal(LENGTH_OF("\xa3"
				   "abc"),
			 4);
	assert_int_equal(LENGTH_OF("\xc4\x03"
				   "ab"),
			 0);
	assert_int_equal(LENGTH_OF("\xc4\x03"
				   "abc"),
			 5);
	/* The count is in order, but not the values behind it. */
	assert_int_equal(LENGTH_OF("\x92\xa2"
				   "ab"),
			 0);
}

/* depth arrays, or maps of one pair, one inside the other; the innermost is empty. */
static size_t nested(uint8_t *out, unsigned depth, bool maps)
{
	size_t bytes = 0;
	for (unsigned i = 0; i + 1 < depth; i++) {
		out[bytes++] = maps ? 0x81 : 0x91;
		if (maps)
			out[bytes++] = 1;
	}
	out[bytes++] = maps ? 0x80 : 0x90;
	return bytes;
}

static void eight_deep_is_deep_enough(void **state)
{
	(void)state;
	uint8_t value[64];
	for (int maps = 0; maps < 2; maps++)
		for (unsigned depth = 1; depth <= 12; depth++) {
			size_t bytes = nested(value, depth, maps);
			expect((length_of(value, bytes) == bytes) == (depth <= PD_DEPTH_MAX), "%u deep was %s", depth,
			       depth <= PD_DEPTH_MAX ? "rejected" : "accepted");
		}
	/* Side by side is not deep. */
	assert_int_equal(LENGTH_OF("\x93\x91\x90\x91\x90\x91\x90"), 7);
}

static void values_are_counted(void **state)
{
	(void)state;
	uint8_t value[8192] = {0xdc, PD_VALUES_MAX >> 8, PD_VALUES_MAX & 0xff};
	/* The array is one of them. */
	assert_int_equal(length_of(value, 3 + PD_VALUES_MAX), 0);
	value[1] = (PD_VALUES_MAX - 1) >> 8;
	value[2] = (PD_VALUES_MAX - 1) & 0xff;
	assert_int_equal(length_of(value, sizeof value), 3 + PD_VALUES_MAX - 1);
	/* Inside others, too: 8 arrays of 128 are 1,033 values, of 126 they are 1,017. */
	for (unsigned inner = 126; inner <= 128; inner += 2) {
		size_t bytes = 0;
		value[bytes++] = 0x98;
		for (unsigned i = 0; i < 8; i++) {
			value[bytes++] = 0xdc;
			value[bytes++] = 0;
			value[bytes++] = (uint8_t)inner;
			memset(value + bytes, 0, inner);
			bytes += inner;
		}
		assert_int_equal(length_of(value, bytes), inner == 126 ? bytes : 0);
	}
}

static void cut_short_is_rejected(void **state)
{
	(void)state;
	size_t count;
	const struct pd_message_info *messages = pd_messages(&count);
	struct pd_decoder *decoder = pd_decoder_new();
	for (size_t i = 0; i < count; i++) {
		struct pd_example example;
		struct pd_buffer bytes = {0};
		pd_example_init(&example, messages[i].type);
		pd_encode(&example.message, &bytes);
		assert_int_equal(length_of(bytes.data, bytes.count), bytes.count);
		for (size_t cut = 0; cut < bytes.count; cut++) {
			struct pd_message message;
			struct pd_fault fault;
			size_t off = 0;
			enum pd_err err = pd_decode(decoder, bytes.data, cut, &off, &message, &fault);
			expect(err && fault.refusal == PD_REFUSED_malformed && fault.lost,
			       "%s: decoded with %zu of %zu bytes", messages[i].name, cut, bytes.count);
			expect(off == 0, "%s: cut at %zu: the place was moved to %zu", messages[i].name, cut, off);
		}
		pd_buffer_fini(&bytes);
		pd_example_fini(&example);
	}
	pd_decoder_free(decoder);
}

/* ---- UTF-8 ---- */

/* Straight from RFC 3629: the bits of one sequence, and whether they are written in the shortest form and are a
 * character. */
static unsigned rfc_sequence(const uint8_t *p, size_t bytes)
{
	static const uint32_t least[] = {0, 1, 0x80, 0x800, 0x10000};
	unsigned length = p[0] < 0x80             ? 1
			  : (p[0] & 0xe0) == 0xc0 ? 2
			  : (p[0] & 0xf0) == 0xe0 ? 3
			  : (p[0] & 0xf8) == 0xf0 ? 4
						  : 0;
	if (length == 0 || length > bytes)
		return 0;
	uint32_t code = length == 1 ? p[0] : p[0] & (0x7fu >> length);
	for (unsigned i = 1; i < length; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (p[i] & 0x3f);
	}
	bool surrogate = code >= 0xd800 && code <= 0xdfff;
	return code >= least[length] && code <= 0x10ffff && !surrogate ? length : 0;
}

static bool rfc_valid(const uint8_t *p, size_t bytes)
{
	while (bytes) {
		unsigned length = rfc_sequence(p, bytes);
		if (!length)
			return false;
		p += length;
		bytes -= length;
	}
	return true;
}

static void expect_like_rfc(const uint8_t *text, size_t bytes)
{
	if (pd_utf8_valid((const char *)text, bytes) != rfc_valid(text, bytes))
		fail_msg("%zu bytes that begin with %02x %02x should be %s", bytes, text[0], bytes > 1 ? text[1] : 0,
			 rfc_valid(text, bytes) ? "valid" : "invalid");
}

/* All first two bytes with all that matters behind them: at the end of the text, before ASCII and before Chinese. */
static void utf8_is_as_in_the_rfc(void **state)
{
	(void)state;
	static const uint8_t third[] = {0x00, 0x41, 0x7f, 0x80, 0x9f, 0xa0, 0xbf, 0xc0, 0xe4, 0xff};
	static const char *const tails[] = {"", "a", "abcdefghi", "楼道灯", "\xe6", "\xe6\xa5"};
	for (unsigned two = 0; two <= 0xffff; two++)
		for (size_t c = 0; c < sizeof third; c++) {
			const uint8_t four[] = {(uint8_t)(two >> 8), (uint8_t)two, third[c], third[two % sizeof third]};
			for (size_t head = 1; head <= sizeof four; head++)
				for (size_t tail = 0; tail < sizeof tails / sizeof tails[0]; tail++) {
					uint8_t text[32];
					memcpy(text, four, head);
					memcpy(text + head, tails[tail], strlen(tails[tail]));
					expect_like_rfc(text, head + strlen(tails[tail]));
				}
		}
}

struct sequence {
	const char *bytes, *what;
};

static void each_wrong_sequence_is_found_anywhere(void **state)
{
	(void)state;
	static const struct sequence wrong[] = {
		{"\xc0\x80", "zero, overlong"},
		{"\xc1\xbf", "overlong, two bytes"},
		{"\xe0\x80\xaf", "overlong, three bytes"},
		{"\xe0\x9f\xbf", "overlong, three bytes"},
		{"\xf0\x80\x80\xaf", "overlong, four bytes"},
		{"\xf0\x8f\xbf\xbf", "overlong, four bytes"},
		{"\xed\xa0\x80", "first surrogate"},
		{"\xed\xbf\xbf", "last surrogate"},
		{"\xed\xa0\x80\xed\xb0\x80", "pair of surrogates"},
		{"\xf4\x90\x80\x80", "U+110000"},
		{"\xf5\x80\x80\x80", "above U+10FFFF"},
		{"\xf8\x88\x80\x80\x80", "five bytes"},
		{"\xfe", "no first byte"},
		{"\xff", "no first byte"},
		{"\x80", "a continuation alone"},
		{"\xbf", "a continuation alone"},
		{"\xe6\xa5", "cut after two of three"},
		{"\xe6", "cut after one of three"},
		{"\xf0\x9f\x98", "cut after three of four"},
		{"\xc3", "cut after one of two"},
		{"\xe6\xa5\x41", "ASCII where a continuation should be"},
		{"\xe6\xc3\xa9", "a first byte where a continuation should be"},
	};
	static const char *const around[] = {"",       "a",    "abcdefg", "abcdefgh", "abcdefghijklmno", "楼", "楼道",
					     "楼道灯", "a楼b", "é",       "😀"};
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		for (size_t k = 0; k < sizeof around / sizeof around[0]; k++) {
			char message[80] = {(char)0x93, 1, 1, (char)0xd9}, *text = message + 5;
			size_t bytes = (size_t)snprintf(text, sizeof message - 5, "%s%s%s", around[k], wrong[i].bytes,
							around[k]);
			expect(!pd_utf8_valid(text, bytes), "%s between \"%s\" is taken for valid", wrong[i].what,
			       around[k]);
			message[4] = (char)bytes;
			assert_int_equal(length_of(message, 5 + bytes), 0);
			message[3] = (char)0xc4; /* bytes may be anything */
			assert_int_equal(length_of(message, 5 + bytes), 5 + bytes);
		}
}

/* Many characters are looked at together: one of another kind is seen at each place among them. */
static void one_among_many_is_seen(void **state)
{
	(void)state;
	enum { CHARS = 20 };
	static const char *const others[] = {"\xe0\xa0\x80", "\xe0\x9f\xbf", "\xed\x9f\xbf", "\xed\xa0\x80",
					     "\xee\x80\x80", "\xef\xbf\xbf", "\xe1\x80\x80", "\xe6\xa5\x41",
					     "\xe6\x25\xbc", "\xf6\xa5\xbc", "\xe6\xe5\xbc", "abc",
					     "\xe6\xa5\xfc"};
	for (size_t other = 0; other < sizeof others / sizeof others[0]; other++)
		for (size_t at = 0; at < CHARS; at++)
			for (size_t lead = 0; lead < 3; lead++) {
				uint8_t text[lead + CHARS * 3];
				memset(text, 'x', lead);
				for (size_t i = 0; i < CHARS * 3; i++)
					text[lead + i] = (uint8_t)(i / 3 == at ? others[other] : "楼")[i % 3];
				expect_like_rfc(text, sizeof text);
				expect_like_rfc(text, sizeof text - 1);
			}
}

static void zero_is_not_text(void **state)
{
	(void)state;
	for (size_t bytes = 1; bytes < 40; bytes++)
		for (size_t at = 0; at < bytes; at++) {
			char text[40];
			memset(text, 'a', bytes);
			assert_true(pd_utf8_valid(text, bytes));
			text[at] = 0;
			expect(!pd_utf8_valid(text, bytes), "zero at %zu of %zu bytes is taken for valid", at, bytes);
		}
}

static void all_that_is_allowed_is_valid(void **state)
{
	(void)state;
	static const char *const good[] = {"",
					   "\x01",
					   "\x7f",
					   "\xc2\x80",
					   "\xdf\xbf",
					   "\xe0\xa0\x80",
					   "\xed\x9f\xbf",
					   "\xee\x80\x80",
					   "\xef\xbf\xbf",
					   "\xf0\x90\x80\x80",
					   "\xf4\x8f\xbf\xbf",
					   "三号楼二单元楼道灯不亮 (unit 2) – déjà vu 😀"};
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
		for (size_t pad = 0; pad < 10; pad++) {
			char text[100], *exact;
			size_t bytes = (size_t)snprintf(text, sizeof text, "%.*s%s%s", (int)pad, "abcdefghij", good[i],
							pad % 2 ? "楼z" : "楼");
			exact = malloc(bytes); /* a sanitizer sees what is read beyond it */
			assert_non_null(exact);
			for (size_t at = 0; at < bytes; at++)
				exact[at] = text[at];
			expect(pd_utf8_valid(exact, bytes), "valid text %zu is not taken", i);
			free(exact);
		}
	assert_true(pd_utf8_valid(NULL, 0));
}

static void characters_are_counted(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		size_t chars;
	} rows[] = {{"", 0}, {"abc", 3}, {"é", 1}, {"楼道灯", 3}, {"a楼é😀", 4}, {"三号楼二单元楼道灯不亮", 11}};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_int_equal(pd_utf8_chars(rows[i].text, strlen(rows[i].text)), rows[i].chars);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_first_byte_has_its_length),
		cmocka_unit_test(trailing_bytes_are_left),
		cmocka_unit_test(lengths_beyond_the_end_are_rejected),
		cmocka_unit_test(eight_deep_is_deep_enough),
		cmocka_unit_test(values_are_counted),
		cmocka_unit_test(cut_short_is_rejected),
		cmocka_unit_test(utf8_is_as_in_the_rfc),
		cmocka_unit_test(each_wrong_sequence_is_found_anywhere),
		cmocka_unit_test(one_among_many_is_seen),
		cmocka_unit_test(zero_is_not_text),
		cmocka_unit_test(all_that_is_allowed_is_valid),
		cmocka_unit_test(characters_are_counted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
