/* csv_rows.h - comma-separated text (RFC 4180) as rows with line numbers: a thin layer on libcsv.
 *
 * Rows end with LF or CRLF; blank lines are skipped; blanks around a field that is not quoted are dropped; a quoted
 * field may hold commas, line breaks and doubled quotation marks. It is strict about quotation marks: elsewhere they
 * are a fault.
 */
#ifndef PAIDAN_CSV_ROWS_H
#define PAIDAN_CSV_ROWS_H

#include "proto.h"

/* Of a row with more fields than these only the first are kept; their number is right all the same. */
enum { CSV_FIELDS_MAX = 64 };

struct csv_row {
	uint32_t line; /* where it begins, counted from 1 */
	size_t count;  /* of fields */
	const struct pd_slice
		*fields; /* min(count, CSV_FIELDS_MAX), each with a terminating zero; they die with the call */
};

/* Gets each row; false ends the reading. */
typedef bool csv_row_fn(void *arg, const struct csv_row *row);

struct csv_fault {
	uint32_t line;
	const char *what; /* for people */
};

/* Give the rows of text to fn. PD_EINVAL: text is not well-formed, *fault says where and why; fn has got the rows
 * before. */
PD_MUST_USE enum pd_err csv_rows_read(const char *text, size_t bytes, csv_row_fn *fn, void *arg,
				      struct csv_fault *fault);

#endif
