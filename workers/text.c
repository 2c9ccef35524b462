#include "text.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

static const char replacement[] = "\xEF\xBF\xBD"; /* U+FFFD */
static const char ellipsis[] = "\xE2\x80\xA6";    /* U+2026 */

/* Bytes of the valid character at p, 0 when there is none. */
static size_t character(const char *p, size_t left)
{
	for (size_t bytes = 1; bytes <= 4 && bytes <= left; bytes++)
		if (pd_utf8_valid(p, bytes))
			return bytes;
	return 0;
}

static bool is_control(const char *p)
{
	unsigned char c = (unsigned char)p[0];
	if (c == 0xc2 && (unsigned char)p[1] < 0xa0) /* U+0080 to U+009F */
		return true;
	return c < 0x20 ? c != '\t' && c != '\n' : c == 0x7f;
}

/* Append bytes as valid UTF-8 without control characters. */
static void make_valid(struct pd_buffer *out, const char *bytes, size_t count)
{
	for (size_t i = 0; i < count;) {
		size_t length = character(bytes + i, count - i);
		if (length && !is_control(bytes + i))
			pd_buffer_add(out, bytes + i, length);
		else if (!length && bytes[i] != 0)
			pd_buffer_add(out, replacement, 3);
		i += length ? length : 1;
	}
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

static struct pd_slice trim(const struct pd_buffer *text)
{
	const char *data = text->data;
	size_t bytes = text->count;
	while (bytes && is_space(data[bytes - 1]))
		bytes--;
	while (bytes && is_space(*data)) {
		data++;
		bytes--;
	}
	return (struct pd_slice){data, (uint32_t)bytes};
}

/* The place of the character number chars. */
static size_t place_of(struct pd_slice text, size_t chars)
{
	size_t at = 0;
	while (at < text.bytes && (chars > 0 || ((unsigned char)text.data[at] & 0xc0) == 0x80)) {
		chars -= ((unsigned char)text.data[at] & 0xc0) != 0x80;
		at++;
	}
	return at;
}

void text_tidy(struct pd_buffer *out, const char *bytes, size_t count, size_t chars_max)
{
	struct pd_buffer valid = {0};
	make_valid(&valid, bytes, count);
	struct pd_slice text = trim(&valid);
	if (pd_utf8_chars(text.data, text.bytes) <= chars_max) {
		pd_buffer_add(out, text.data, text.bytes);
	} else {
		pd_buffer_add(out, text.data, place_of(text, chars_max - 1));
		pd_buffer_add(out, ellipsis, 3);
	}
	pd_buffer_fini(&valid);
}

void text_tidy_end(struct pd_buffer *out, const char *bytes, size_t count, size_t chars_max)
{
	struct pd_buffer valid = {0};
	make_valid(&valid, bytes, count);
	struct pd_slice text = trim(&valid);
	size_t chars = pd_utf8_chars(text.data, text.bytes);
	if (chars > chars_max) {
		size_t at = place_of(text, chars - (chars_max - 1));
		pd_buffer_add(out, ellipsis, 3);
		text = (struct pd_slice){text.data + at, text.bytes - (uint32_t)at};
	}
	pd_buffer_add(out, text.data, text.bytes);
	pd_buffer_fini(&valid);
}

__attribute__((format(printf, 1, 0))) static char *made(const char *format, va_list args)
{
	char *text;
	if (vasprintf(&text, format, args) < 0)
		abort();
	return text;
}

char *text_new(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	char *text = made(format, args);
	va_end(args);
	return text;
}

void text_print(struct pd_buffer *out, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	char *text = made(format, args);
	va_end(args);
	pd_buffer_add(out, text, strlen(text));
	free(text);
}
