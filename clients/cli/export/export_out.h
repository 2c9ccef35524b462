/* export_out.h - rows of cells as a file: CSV (RFC 4180), or a sheet for Excel; and lines of JSON, which the caller
 * writes.
 *
 * A file that is named is written beside it under another name, and takes its place when it is whole: until then an
 * older one stays, and after a failure, too. It keeps the older one's mode; a new one is 0640 within the umask. A link
 * stays, and what it names is replaced. A device or a pipe is written straight. Constant memory. Threads: one.
 */
#ifndef PAIDAN_EXPORT_OUT_H
#define PAIDAN_EXPORT_OUT_H

#include <stdio.h>

#include "export_table.h"

enum export_format { EXPORT_CSV, EXPORT_JSONL, EXPORT_XLSX };

struct export_out;

/* path null: standard output, which a sheet cannot go to. bom: a CSV file begins with a byte order mark, without which
 * Excel takes it for another encoding. CLI_OK, or stderr says why not. */
PD_MUST_USE int export_out_open(struct export_out **out, const struct cli *cli, enum export_format format,
				const char *path, bool bom, const struct export_table *table);
/* Where lines of JSON go. */
FILE *export_out_file(struct export_out *out);
void export_out_row(struct export_out *out, const struct export_cell *cells);
/* Whether everything could be written so far. */
bool export_out_well(const struct export_out *out);

/* A further sheet: begin, then rows of a label and numbers (negative: an empty cell). Other formats leave it out. */
void export_out_totals(struct export_out *out);
void export_out_total(struct export_out *out, const char *label, const int64_t *numbers, int count);
void export_out_total_titles(struct export_out *out, const char *const *titles, int count);

/* Finish the file and put it in its place; with keep false, throw away what there is. Frees out; accepts null. CLI_OK,
 * or stderr says what went wrong. */
PD_MUST_USE int export_out_close(struct export_out *out, bool keep);

#endif
