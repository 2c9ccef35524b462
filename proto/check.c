#include "check.h"

#include <endian.h>
#include <string.h>

static uint64_t big_endian(const uint8_t *p, unsigned bytes)
{
	uint64_t v = 0;
	for (unsigned i = 0; i < bytes; i++)
		v = v << 8 | p[i];
	return v;
}

/* What a value's first byte says, from the msgpack specification: how many bytes follow for the number or the length,
 * and what the length counts. */
enum shape { NUMBER, STRING, BYTES, VALUES, PAIRS, REJECTED };

struct head {
	enum shape shape;
	unsigned length_bytes; /* of the number, or of the length */
	uint64_t length;       /* when length_bytes is 0 */
};

static struct head head_of(uint8_t first)
{
	if (first <= 0x7f || first >= 0xe0)
		return (struct head){NUMBER, 0, 0};
	if (first <= 0x8f)
		return (struct head){PAIRS, 0, first & 0x0f};
	if (first <= 0x9f)
		return (struct head){VALUES, 0, first & 0x0f};
	if (first <= 0xbf)
		return (struct head){STRING, 0, first & 0x1f};
	switch (first) {
	case 0xc0:
	case 0xc2:
	case 0xc3: return (struct head){NUMBER, 0, 0};
	case 0xc4: return (struct head){BYTES, 1, 0};
	case 0xc5: return (struct head){BYTES, 2, 0};
	case 0xc6: return (struct head){BYTES, 4, 0};
	case 0xca: return (struct head){NUMBER, 4, 0};
	case 0xcb: return (struct head){NUMBER, 8, 0};
	case 0xcc:
	case 0xd0: return (struct head){NUMBER, 1, 0};
	case 0xcd:
	case 0xd1: return (struct head){NUMBER, 2, 0};
	case 0xce:
	case 0xd2: return (struct head){NUMBER, 4, 0};
	case 0xcf:
	case 0xd3: return (struct head){NUMBER, 8, 0};
	case 0xd9: return (struct head){STRING, 1, 0};
	case 0xda: return (struct head){STRING, 2, 0};
	case 0xdb: return (struct head){STRING, 4, 0};
	case 0xdc: return (struct head){VALUES, 2, 0};
	case 0xdd: return (struct head){VALUES, 4, 0};
	case 0xde: return (struct head){PAIRS, 2, 0};
	case 0xdf: return (struct head){PAIRS, 4, 0};
	default: return (struct head){REJECTED, 0, 0};
	}
}

static enum pd_err bad(enum pd_detail_name *why, enum pd_detail_name name)
{
	*why = name;
	return PD_EINVAL;
}

enum pd_err pd_check(const char *data, size_t bytes, size_t *value_bytes, enum pd_detail_name *why)
{
	const uint8_t *p = (const uint8_t *)data, *end = p + bytes;
	uint64_t left[PD_DEPTH_MAX + 1] = {1}; /* values still to come at each depth */
	unsigned depth = 0, values = 0;
	for (;;) {
		while (left[depth] == 0) {
			if (depth == 0) {
				*value_bytes = (size_t)(p - (const uint8_t *)data);
				return PD_OK;
			}
			depth--;
		}
		left[depth]--;
		if (++values > PD_VALUES_MAX)
			return bad(why, PD_DETAIL_frame_values);
		if (p == end)
			return bad(why, PD_DETAIL_frame_ends);
		struct head head = head_of(*p++);
		if (head.shape == REJECTED)
			return bad(why, PD_DETAIL_frame_type);
		if ((size_t)(end - p) < head.length_bytes)
			return bad(why, PD_DETAIL_frame_ends);
		uint64_t length = head.length_bytes ? big_endian(p, head.length_bytes) : head.length;
		p += head.length_bytes;
		if (head.shape == NUMBER)
			continue;
		if (length > (uint64_t)(end - p) / (head.shape == PAIRS ? 2 : 1))
			return bad(why, PD_DETAIL_frame_length);
		if (head.shape == VALUES || head.shape == PAIRS) {
			if (depth == PD_DEPTH_MAX)
				return bad(why, PD_DETAIL_frame_depth);
			left[++depth] = length * (head.shape == PAIRS ? 2 : 1);
			continue;
		}
		if (head.shape == STRING && !pd_utf8_valid((const char *)p, length))
			return bad(why, PD_DETAIL_frame_utf8);
		p += length;
	}
}

/* The length of the valid sequence at p, 0 when there is none: table 3-7 of the Unicode standard. */
static unsigned utf8_sequence(const uint8_t *p, size_t left)
{
	unsigned need = p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : p[0] < 0xf5 ? 4 : 0;
	if (need == 0 || left < need)
		return 0;
	uint8_t low = p[0] == 0xe0 ? 0xa0 : p[0] == 0xf0 ? 0x90 : 0x80;
	uint8_t high = p[0] == 0xed ? 0x9f : p[0] == 0xf4 ? 0x8f : 0xbf;
	if (p[1] < low || p[1] > high)
		return 0;
	for (unsigned i = 2; i < need; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return need;
}

/* Eight bytes that are all ASCII, and none of them zero. */
static bool utf8_plain(const uint8_t *p)
{
	uint64_t eight;
	memcpy(&eight, p, 8);
	return !((eight | (eight - 0x0101010101010101u)) & 0x8080808080808080u);
}

/* The first three of four bytes are a character of the blocks where any two continuation bytes will do: nearly all of
 * Chinese. */
static bool utf8_chinese(const uint8_t *p)
{
	uint32_t four;
	memcpy(&four, p, 4);
	four = htobe32(four);
	return (four & 0xf0c0c000) == 0xe0808000 && p[0] != 0xe0 && p[0] != 0xed;
}

/* Whether any byte of x is zero. */
static inline uint64_t zero_byte(uint64_t x)
{
	return (x - 0x0101010101010101u) & ~x & 0x8080808080808080u;
}

/* The same of eight characters in a row, in 24 bytes. In each word, first and others tell the bytes that begin a
 * character from those that go on. */
static bool utf8_chinese_eight(const uint8_t *p)
{
	static const uint64_t first[3] = {0x00f00000f00000f0, 0xf00000f00000f000, 0x0000f00000f00000};
	static const uint64_t others[3] = {0xc000c0c000c0c000, 0x00c0c000c0c000c0, 0xc0c000c0c000c0c0};
	uint64_t bad = 0;
	for (int i = 0; i < 3; i++) {
		uint64_t word, wanted = (first[i] & 0xe0e0e0e0e0e0e0e0) | (others[i] & 0x8080808080808080);
		memcpy(&word, p + (ptrdiff_t)i * 8, 8);
		word = le64toh(word);
		bad |= (word & (first[i] | others[i])) ^ wanted;
		uint64_t low = word | ~(first[i] >> 4); /* e0 and ed may not be followed by all */
		bad |= zero_byte(low & 0x0f0f0f0f0f0f0f0f) | zero_byte((low ^ 0x0d0d0d0d0d0d0d0d) & 0x0f0f0f0f0f0f0f0f);
	}
	return bad == 0;
}

bool pd_utf8_valid(const char *text, size_t bytes)
{
	const uint8_t *p = (const uint8_t *)text;
	while (bytes > 0) {
		size_t length;
		if (bytes >= 24 && utf8_chinese_eight(p))
			length = 24;
		else if (bytes >= 4 && utf8_chinese(p))
			length = 3;
		else if (bytes >= 8 && utf8_plain(p))
			length = 8;
		else if (*p < 0x80)
			length = *p != 0;
		else
			length = utf8_sequence(p, bytes);
		if (length == 0)
			return false;
		p += length;
		bytes -= length;
	}
	return true;
}

size_t pd_utf8_chars(const char *text, size_t bytes)
{
	size_t chars = 0;
	for (size_t i = 0; i < bytes; i++)
		chars += ((uint8_t)text[i] & 0xc0) != 0x80;
	return chars;
}
