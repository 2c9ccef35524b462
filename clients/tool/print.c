#include "print.h"

#include <assert.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>

#include "intl.h"

void print_init(void)
{
	intl_utf8();
}

/* ---- texts ---- */

size_t print_char(const char *text, size_t bytes, int *columns)
{
	wchar_t wide;
	mbstate_t state = {0};
	size_t length = mbrtowc(&wide, text, bytes, &state);
	if (length == 0 || length > bytes) {
		*columns = -1;
		return 1;
	}
	*columns = wcwidth(wide);
	return length;
}

static void add_clean(struct pd_buffer *out, const char *text, size_t bytes)
{
	int columns;
	for (size_t at = 0, length; at < bytes; at += length) {
		length = print_char(text + at, bytes - at, &columns);
		pd_buffer_add(out, columns < 0 ? " " : text + at, columns < 0 ? 1 : length);
	}
}

void print_text(FILE *out, struct pd_slice text)
{
	struct pd_buffer clean = {0};
	add_clean(&clean, text.data, text.bytes);
	fwrite(clean.data, 1, clean.count, out);
	pd_buffer_fini(&clean);
}

char *print_clean(struct pd_slice text, char *clean, size_t clean_bytes)
{
	struct pd_buffer all = {0};
	add_clean(&all, text.data, text.bytes);
	snprintf(clean, clean_bytes, "%.*s", (int)all.count, all.data);
	pd_buffer_fini(&all);
	return clean;
}

unsigned print_width(const char *text, size_t bytes)
{
	unsigned width = 0;
	int columns;
	for (size_t at = 0; at < bytes;) {
		at += print_char(text + at, bytes - at, &columns);
		width += columns < 0 ? 1 : (unsigned)columns;
	}
	return width;
}

unsigned print_terminal_columns(void)
{
	struct winsize size;
	return isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

void print_column(FILE *out, const char *text, unsigned columns)
{
	unsigned width = print_width(text, strlen(text));
	print_text(out, pd_text(text));
	fprintf(out, "%*s", width < columns ? (int)(columns - width) : 0, "");
}

/* ---- times ---- */

char *print_time(uint64_t unix_ms, char text[static PRINT_TIME_BYTES])
{
	time_t seconds = (time_t)(unix_ms / 1000);
	struct tm local;
	if (unix_ms == 0 || !localtime_r(&seconds, &local) ||
	    strftime(text, PRINT_TIME_BYTES, "%Y-%m-%d %H:%M:%S", &local) == 0)
		memcpy(text, "-", 2);
	return text;
}

char *print_duration(uint64_t ms, char text[static PRINT_TIME_BYTES])
{
	double s = (double)ms / 1000;
	if (ms < 1000)
		snprintf(text, PRINT_TIME_BYTES, _("%u ms"), (unsigned)ms);
	else if (s < 60)
		snprintf(text, PRINT_TIME_BYTES, _("%.1f s"), s);
	else if (s < 2 * 3600)
		snprintf(text, PRINT_TIME_BYTES, _("%.0f min"), s / 60);
	else if (s < 2 * 86400)
		snprintf(text, PRINT_TIME_BYTES, _("%g h"), round(s / 360) / 10);
	else
		snprintf(text, PRINT_TIME_BYTES, _("%g d"), round(s / 8640) / 10);
	return text;
}

static uint64_t clock_ms(clockid_t clock)
{
	struct timespec t;
	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

uint64_t print_now_ms(void)
{
	return clock_ms(CLOCK_MONOTONIC);
}

uint64_t print_wall_ms(void)
{
	return clock_ms(CLOCK_REALTIME);
}

/* ---- tables ---- */

enum { COLUMNS_MAX = 16, CUT_COLUMNS_MIN = 16 };

struct table {
	const char *titles[COLUMNS_MAX];
	bool right[COLUMNS_MAX];
	unsigned width[COLUMNS_MAX];
	unsigned columns, column; /* column: of the next cell */
	unsigned terminal;        /* see table_cut */
	struct pd_buffer cells;   /* texts, each with a zero behind it */
	bool begun;
};

struct table *table_new(const char *const *titles)
{
	struct table *table = calloc(1, sizeof *table);
	if (!table)
		abort();
	for (; titles[table->columns]; table->columns++) {
		unsigned column = table->columns;
		assert(column < COLUMNS_MAX);
		table->right[column] = titles[column][0] == '>';
		const char *title = _(titles[column]);
		table->titles[column] = title + (title[0] == '>');
		table->width[column] = print_width(table->titles[column], strlen(table->titles[column]));
	}
	return table;
}

void table_free(struct table *table)
{
	if (!table)
		return;
	pd_buffer_fini(&table->cells);
	free(table);
}

void table_cut(struct table *table, unsigned columns)
{
	table->terminal = columns;
}

void table_text(struct table *table, struct pd_slice text)
{
	size_t start = table->cells.count;
	add_clean(&table->cells, text.data, text.bytes);
	unsigned width = print_width(table->cells.data + start, table->cells.count - start);
	pd_buffer_add(&table->cells, "", 1);
	if (width > table->width[table->column])
		table->width[table->column] = width;
	table->column = (table->column + 1) % table->columns;
}

void table_cell(struct table *table, const char *format, ...)
{
	char text[1200];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	table_text(table, pd_text(text));
}

/* What is left of the terminal's line behind the other columns; of the next one, when that is too little. */
static unsigned last_room(const struct table *table)
{
	unsigned before = 0;
	for (unsigned column = 0; column + 1 < table->columns; column++)
		before += table->width[column] + 2;
	unsigned room = table->terminal - before % table->terminal;
	return room < CUT_COLUMNS_MIN ? room + table->terminal : room;
}

static void print_last(const struct table *table, const char *text, FILE *out)
{
	static const char ellipsis[] = "\xe2\x80\xa6";
	size_t bytes = strlen(text), at = 0;
	unsigned room = table->terminal ? last_room(table) : UINT_MAX, used = 0;
	if (print_width(text, bytes) <= room) {
		fputs(text, out);
		return;
	}
	while (at < bytes) {
		int columns;
		size_t length = print_char(text + at, bytes - at, &columns);
		used += columns < 0 ? 1 : (unsigned)columns;
		if (used > room - 1)
			break;
		at += length;
	}
	fprintf(out, "%.*s%s", (int)at, text, ellipsis);
}

static void print_cell(const struct table *table, unsigned column, const char *text, FILE *out)
{
	bool last = column + 1 == table->columns;
	unsigned width = print_width(text, strlen(text)), missing = table->width[column] - width;
	if (table->right[column])
		fprintf(out, "%*s", (int)missing, "");
	if (last)
		print_last(table, text, out);
	else
		fputs(text, out);
	if (!last && !table->right[column])
		fprintf(out, "%*s", (int)missing, "");
	fputs(last ? "\n" : "  ", out);
}

void table_print(struct table *table, FILE *out)
{
	assert(table->columns > 0 && table->column == 0);
	for (unsigned column = 0; column < table->columns && !table->begun; column++)
		print_cell(table, column, table->titles[column], out);
	table->begun = true;
	unsigned column = 0;
	for (size_t at = 0; at < table->cells.count; column = (column + 1) % table->columns) {
		const char *text = table->cells.data + at;
		print_cell(table, column, text, out);
		at += strlen(text) + 1;
	}
	table->cells.count = 0;
}
