#include "top_text.h"

#include <math.h>
#include <string.h>

#include "print.h"

/* The bytes of text that fit into so many columns; *used: the columns that they take. */
static size_t fitting(const char *text, size_t bytes, unsigned columns, unsigned *used)
{
	size_t at = 0;
	*used = 0;
	while (at < bytes) {
		int width;
		size_t length = print_char(text + at, bytes - at, &width);
		unsigned takes = width < 0 ? 1 : (unsigned)width;
		bool room = at + length <= (size_t)columns * (TOP_TEXT_BYTES_A_COLUMN - 3);
		if (*used + takes > columns || !room)
			break;
		*used += takes;
		at += length;
	}
	return at;
}

static char *blanks(char *out, unsigned count)
{
	memset(out, ' ', count);
	return out + count;
}

static char *add_clean(char *out, const char *text, size_t bytes)
{
	for (size_t at = 0, length; at < bytes; at += length) {
		int width;
		length = print_char(text + at, bytes - at, &width);
		if (width < 0)
			*out++ = ' ';
		else
			out = (char *)memcpy(out, text + at, length) + length;
	}
	return out;
}

char *top_fit(char *out, const char *text, unsigned columns, enum top_align align, bool ascii)
{
	const char *ellipsis = ascii ? "~" : "…";
	size_t bytes = strlen(text);
	unsigned used;
	char *end = out;
	size_t fits = fitting(text, bytes, columns, &used);
	bool cut = fits < bytes && columns > 0;
	if (cut)
		fits = fitting(text, bytes, columns - 1, &used);
	unsigned missing = columns - used - cut;
	if (align == TOP_RIGHT)
		end = blanks(end, missing);
	end = add_clean(end, text, fits);
	if (cut)
		end = (char *)memcpy(end, ellipsis, strlen(ellipsis)) + strlen(ellipsis);
	if (align == TOP_LEFT)
		end = blanks(end, missing);
	*end = 0;
	return out;
}

char *top_spark(char *out, const float *values, unsigned count, float highest, bool ascii)
{
	static const char *const bars[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
	static const char *const letters[] = {" ", ".", ":", "-", "=", "+", "*", "#", "@"};
	char *end = out;
	for (unsigned i = 0; i < count; i++) {
		float share = highest > 0 ? values[i] / highest : 0;
		int step = values[i] <= 0 ? 0 : share >= 1 ? 8 : (int)ceilf(share * 8);
		const char *bar = (ascii ? letters : bars)[step];
		end = (char *)memcpy(end, bar, strlen(bar)) + strlen(bar);
	}
	*end = 0;
	return out;
}
