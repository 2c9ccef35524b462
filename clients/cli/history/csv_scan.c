#include "csv_scan.h"

#include "intl.h"

void csv_scan_init(struct csv_scan *scan, const char *text, size_t bytes, char delimiter)
{
	*scan = (struct csv_scan){.text = text, .bytes = bytes, .next_line = 1, .delimiter = delimiter};
	if (bytes >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		scan->at = 3;
}

void csv_scan_fini(struct csv_scan *scan)
{
	pd_buffer_fini(&scan->unquoted);
}

static bool at_line_end(const struct csv_scan *scan, size_t at)
{
	return at == scan->bytes || scan->text[at] == '\n' ||
	       (scan->text[at] == '\r' && (at + 1 == scan->bytes || scan->text[at + 1] == '\n'));
}

/* Behind the line break at at. */
static size_t after_line(const struct csv_scan *scan, size_t at)
{
	if (at < scan->bytes && scan->text[at] == '\r')
		at++;
	return at < scan->bytes ? at + 1 : at;
}

static void skip_blank_lines(struct csv_scan *scan)
{
	for (;;) {
		size_t at = scan->at;
		while (at < scan->bytes && (scan->text[at] == ' ' || scan->text[at] == '\t') &&
		       scan->text[at] != scan->delimiter)
			at++;
		if (at == scan->bytes || !at_line_end(scan, at)) {
			if (at == scan->bytes)
				scan->at = at;
			return;
		}
		scan->at = after_line(scan, at);
		scan->next_line++;
	}
}

/* Fields point into unquoted by their places until the row is complete: it may move. */
static void add_field(struct csv_scan *scan, const char *data, size_t bytes)
{
	if (scan->count < CSV_SCAN_FIELDS_MAX)
		scan->fields[scan->count] = (struct pd_slice){data, (uint32_t)bytes};
	scan->count++;
}

/* A quoted field, whose opening mark is at at; returns the place behind the closing one, 0 when it is at fault. */
static size_t scan_quoted(struct csv_scan *scan, size_t at, size_t row_at)
{
	size_t begin = scan->unquoted.count;
	for (size_t from = ++at;; at++) {
		if (at == scan->bytes || at - row_at > CSV_SCAN_ROW_BYTES_MAX) {
			scan->fault = _("a quotation mark is opened here and not closed");
			return 0;
		}
		if (scan->text[at] == '\n')
			scan->next_line++;
		if (scan->text[at] != '"')
			continue;
		bool doubled = at + 1 < scan->bytes && scan->text[at + 1] == '"';
		pd_buffer_add(&scan->unquoted, scan->text + from, at - from + doubled);
		if (!doubled)
			break;
		from = ++at + 1;
	}
	at++;
	if (!at_line_end(scan, at) && scan->text[at] != scan->delimiter) {
		scan->fault =
			_("something stands between a closing quotation mark and the next delimiter: inside a quoted "
			  "field write each quotation mark twice");
		return 0;
	}
	/* Null data marks a field of unquoted; see settle_fields. */
	add_field(scan, NULL, scan->unquoted.count - begin);
	return at;
}

static size_t scan_plain(struct csv_scan *scan, size_t at)
{
	size_t begin = at;
	while (!at_line_end(scan, at) && scan->text[at] != scan->delimiter)
		at++;
	add_field(scan, scan->text + begin, at - begin);
	return at;
}

static void settle_fields(struct csv_scan *scan)
{
	size_t at = 0;
	for (size_t i = 0; i < scan->count && i < CSV_SCAN_FIELDS_MAX; i++) {
		if (scan->fields[i].data)
			continue;
		scan->fields[i].data = scan->unquoted.data ? scan->unquoted.data + at : "";
		at += scan->fields[i].bytes;
	}
}

static void give_up(struct csv_scan *scan)
{
	const char *newline = memchr(scan->text + scan->row_at, '\n', scan->bytes - scan->row_at);
	scan->at = newline ? (size_t)(newline - scan->text) + 1 : scan->bytes;
	scan->next_line = scan->line + 1;
	scan->count = 0;
}

static void scan_row(struct csv_scan *scan)
{
	size_t at = scan->row_at;
	scan->unquoted.count = scan->count = 0;
	scan->fault = NULL;
	for (;;) {
		bool quoted = at < scan->bytes && scan->text[at] == '"';
		at = quoted ? scan_quoted(scan, at, scan->row_at) : scan_plain(scan, at);
		if (at - scan->row_at > CSV_SCAN_ROW_BYTES_MAX && !scan->fault)
			scan->fault = _("the row has more than 262,144 bytes");
		if (scan->fault)
			break;
		if (at_line_end(scan, at))
			break;
		at++;
	}
	if (scan->fault) {
		give_up(scan);
	} else {
		scan->at = after_line(scan, at);
		scan->next_line++;
		settle_fields(scan);
	}
	scan->row_bytes = scan->at - scan->row_at;
}

bool csv_scan_next(struct csv_scan *scan)
{
	skip_blank_lines(scan);
	if (scan->at == scan->bytes)
		return false;
	scan->row_at = scan->at;
	scan->line = scan->next_line;
	scan_row(scan);
	return true;
}

bool csv_scan_again(struct csv_scan *scan, size_t row_at, uint32_t line)
{
	scan->at = row_at;
	scan->next_line = line;
	return csv_scan_next(scan);
}

void csv_scan_put(struct pd_buffer *out, struct pd_slice field)
{
	bool quoted = field.bytes && (field.data[0] == ' ' || field.data[field.bytes - 1] == ' ');
	for (uint32_t i = 0; i < field.bytes && !quoted; i++)
		quoted = field.data[i] && strchr(",\"\r\n;\t", field.data[i]);
	if (!quoted) {
		pd_buffer_add(out, field.data, field.bytes);
		return;
	}
	pd_buffer_add(out, "\"", 1);
	for (uint32_t i = 0; i < field.bytes; i++) {
		if (field.data[i] == '"')
			pd_buffer_add(out, "\"", 1);
		pd_buffer_add(out, field.data + i, 1);
	}
	pd_buffer_add(out, "\"", 1);
}
