/* csv_scan.h - other people's comma-separated files (RFC 4180), row by row; a row that is broken costs no other one.
 *
 * Rows end with LF or CRLF, and blank lines are skipped; a quoted field may hold delimiters, line breaks and doubled
 * quotation marks; one inside a field that is not quoted stands for itself. A row whose quotation marks do not fit, or
 * that does not end within CSV_SCAN_ROW_BYTES_MAX, is a fault, and reading goes on in the line after its first.
 * Threads: one.
 */
#ifndef PAIDAN_CSV_SCAN_H
#define PAIDAN_CSV_SCAN_H

#include "buffer.h"
#include "proto.h"

enum { CSV_SCAN_FIELDS_MAX = 256, CSV_SCAN_ROW_BYTES_MAX = 256 * 1024 };

struct csv_scan {
	const char *text; /* the whole file; borrowed */
	size_t bytes, at; /* at: where the next row begins */
	uint32_t next_line;
	char delimiter;

	/* the row that was read last; what it points to lives until the next one */
	uint32_t line; /* where it begins, counted from 1 */
	size_t row_at, row_bytes;
	size_t count; /* of fields; at most CSV_SCAN_FIELDS_MAX are kept */
	struct pd_slice fields[CSV_SCAN_FIELDS_MAX];
	const char *fault; /* for people: what is wrong with it; null: nothing */
	struct pd_buffer unquoted;
};

/* A byte order mark at the beginning is skipped. */
void csv_scan_init(struct csv_scan *scan, const char *text, size_t bytes, char delimiter);
void csv_scan_fini(struct csv_scan *scan);
/* Read the next row, which may be at fault. False: there is none. */
bool csv_scan_next(struct csv_scan *scan);
/* Read the row at a place where one began before, of that line, as csv_scan_next would. */
bool csv_scan_again(struct csv_scan *scan, size_t row_at, uint32_t line);

/* Write a field, with quotation marks where it needs them. */
void csv_scan_put(struct pd_buffer *out, struct pd_slice field);

#endif
