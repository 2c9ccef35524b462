#include "csv_rows.h"

#include <csv.h>
#include <string.h>

#include "buffer.h"
#include "intl.h"

/* By how much libcsv's buffer grows: a field that is never closed takes in the rest of the file. */
enum { BLOCK_BYTES = 64 * 1024 };

struct reading {
	csv_row_fn *fn;
	void *arg;
	struct pd_buffer texts; /* of the row's fields so far */
	size_t starts[CSV_FIELDS_MAX], bytes[CSV_FIELDS_MAX];
	size_t count;
	uint32_t row_line;
	bool row_open;  /* the row of row_line has not ended */
	bool row_ended; /* a row ended in the line that is being parsed */
	bool lone_cr, stopped;
};

static void on_field(void *text, size_t bytes, void *arg)
{
	struct reading *reading = arg;
	/* libcsv ends a row at a carriage return, too; when more follows in the same line, it was not that of a CRLF.
	 */
	reading->lone_cr = reading->lone_cr || reading->row_ended;
	if (reading->count < CSV_FIELDS_MAX) {
		reading->starts[reading->count] = reading->texts.count;
		reading->bytes[reading->count] = bytes;
		pd_buffer_add(&reading->texts, text, bytes);
		pd_buffer_add(&reading->texts, "", 1);
	}
	reading->count++;
}

static void on_row(int terminator, void *arg)
{
	(void)terminator;
	struct reading *reading = arg;
	struct pd_slice fields[CSV_FIELDS_MAX];
	for (size_t i = 0; i < reading->count && i < CSV_FIELDS_MAX; i++)
		fields[i] = (struct pd_slice){reading->texts.data + reading->starts[i], (uint32_t)reading->bytes[i]};
	struct csv_row row = {reading->row_line, reading->count, fields};
	if (!reading->stopped && !reading->lone_cr)
		reading->stopped = !reading->fn(reading->arg, &row);
	reading->count = 0;
	reading->texts.count = 0;
	reading->row_open = false;
	reading->row_ended = true;
}

static bool is_blank(const char *text, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		if (!strchr(" \t\r\n", text[i]) || !text[i])
			return false;
	return true;
}

static enum pd_err fail(struct csv_fault *fault, uint32_t line, const char *what)
{
	*fault = (struct csv_fault){line, what};
	return PD_EINVAL;
}

/* libcsv does not tell where it is, so it gets the text line by line. */
static enum pd_err parse_lines(struct csv_parser *parser, const char *text, size_t bytes, struct reading *reading,
			       struct csv_fault *fault)
{
	uint32_t line = 0;
	for (size_t at = 0, end; at < bytes && !reading->stopped; at = end) {
		const char *newline = memchr(text + at, '\n', bytes - at);
		end = newline ? (size_t)(newline - text) + 1 : bytes;
		line++;
		if (!reading->row_open && is_blank(text + at, end - at))
			continue;
		if (!reading->row_open) {
			reading->row_open = true;
			reading->row_line = line;
		}
		reading->row_ended = false;
		if (csv_parse(parser, text + at, end - at, on_field, on_row, reading) != end - at)
			return fail(fault, line,
				    _("a quotation mark stands in the middle of a field: put the whole field in "
				      "quotation marks, and write "
				      "each one inside it twice"));
		if (reading->lone_cr)
			return fail(fault, line, _("a carriage return without a line feed: end lines with LF or CRLF"));
	}
	if (csv_fini(parser, on_field, on_row, reading) && !reading->stopped)
		return fail(fault, reading->row_line,
			    _("a quoted field of this row does not end: close it with a quotation mark"));
	return reading->lone_cr
		       ? fail(fault, line, _("a carriage return without a line feed: end lines with LF or CRLF"))
		       : PD_OK;
}

enum pd_err csv_rows_read(const char *text, size_t bytes, csv_row_fn *fn, void *arg, struct csv_fault *fault)
{
	struct reading reading = {.fn = fn, .arg = arg};
	struct csv_parser parser;
	if (csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI))
		return fail(fault, 0, _("the parser could not be set up"));
	csv_set_blk_size(&parser, BLOCK_BYTES);
	enum pd_err err = parse_lines(&parser, text, bytes, &reading, fault);
	csv_free(&parser);
	pd_buffer_fini(&reading.texts);
	return err;
}
