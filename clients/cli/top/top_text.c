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

/* The end of text that fits into so many columns. */
static const char *end_that_fits(const char *text, size_t bytes, unsigned columns)
{
	size_t at = 0, length;
	for (int width = 0; at < bytes; at += length) {
		bool whole = print_width(text + at, bytes - at) <= columns;
		length = print_char(text + at, bytes - at, &width);
		if (whole && width != 0) /* a mark that belongs to what is cut goes with it */
			break;
	}
	return text + at;
}

char *top_fit(char *out, const char *text, unsigned columns, enum top_align align, bool ascii)
{
	const char *ellipsis = ascii ? "~" : "…";
	size_t bytes = strlen(text);
	unsigned used;
	char *end = out;
	size_t fits = fitting(text, bytes, columns, &used);
	bool cut = fits < bytes && columns > 0;
	if (cut && align == TOP_END) {
		text = end_that_fits(text, bytes, columns - 1);
		bytes = strlen(text);
	}
	if (cut)
		fits = fitting(text, bytes, columns - 1, &used);
	unsigned missing = columns - used - cut;
	if (align == TOP_RIGHT)
		end = blanks(end, missing);
	if (cut && align == TOP_END)
		end = stpcpy(end, ellipsis);
	end = add_clean(end, text, fits);
	if (cut && align != TOP_END)
		end = stpcpy(end, ellipsis);
	if (align != TOP_RIGHT)
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
