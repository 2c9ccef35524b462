#include "id.h"

#include <stdio.h>
#include <string.h>

struct pd_id pd_id_make(uint64_t unix_ms, const uint8_t random[10])
{
	struct pd_id id;
	for (int i = 0; i < 6; i++)
		id.bytes[i] = (uint8_t)(unix_ms >> (40 - 8 * i));
	memcpy(id.bytes + 6, random, 10);
	id.bytes[6] = (uint8_t)(0x70 | (id.bytes[6] & 0x0f));
	id.bytes[8] = (uint8_t)(0x80 | (id.bytes[8] & 0x3f));
	return id;
}

bool pd_id_valid(const struct pd_id *id)
{
	return (id->bytes[6] & 0xf0) == 0x70 && (id->bytes[8] & 0xc0) == 0x80;
}

uint64_t pd_id_time_ms(const struct pd_id *id)
{
	uint64_t ms = 0;
	for (int i = 0; i < 6; i++)
		ms = ms << 8 | id->bytes[i];
	return ms;
}

int pd_id_compare(const struct pd_id *a, const struct pd_id *b)
{
	return memcmp(a->bytes, b->bytes, sizeof a->bytes);
}

char *pd_id_print(const struct pd_id *id, char text[static PD_ID_TEXT_BYTES])
{
	static const char digits[] = "0123456789abcdef";
	char *p = text;
	for (int i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*p++ = '-';
		*p++ = digits[id->bytes[i] >> 4];
		*p++ = digits[id->bytes[i] & 15];
	}
	*p = 0;
	return text;
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

enum pd_err pd_id_parse(const char *text, struct pd_id *id)
{
	struct pd_id parsed = {0};
	int digits = 0;
	for (const char *p = text; *p; p++) {
		if (*p == '-' && (digits == 8 || digits == 12 || digits == 16 || digits == 20) && p[-1] != '-')
			continue;
		int value = digit(*p);
		if (value < 0 || digits == 32)
			return PD_EINVAL;
		parsed.bytes[digits / 2] = (uint8_t)(parsed.bytes[digits / 2] << 4 | value);
		digits++;
	}
	if (digits != 32)
		return PD_EINVAL;
	*id = parsed;
	return PD_OK;
}
