#include "history_report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* A row of the file. */
struct place {
	uint32_t line;
	size_t at, bytes;
};

void history_report_init(struct history_report *report, const char *path, const char *read_path,
			 const struct csv_scan *header)
{
	const char *slash = strrchr(read_path, '/'), *name = slash ? slash + 1 : read_path;
	size_t length = strlen(name);
	if (length > 4 && strcmp(name + length - 4, ".csv") == 0)
		length -= 4;
	*report = (struct history_report){.header = header};
	if (path)
		snprintf(report->path, sizeof report->path, "%s", path);
	else
		snprintf(report->path, sizeof report->path, "%.*s.rejected.csv", (int)length, name);
}

static void put_row(struct history_report *report, const char *first, const char *second, const struct csv_scan *row)
{
	struct pd_buffer line = {0};
	csv_scan_put(&line, pd_text(first));
	pd_buffer_add(&line, ",", 1);
	csv_scan_put(&line, pd_text(second));
	for (size_t i = 0; i < row->count && i < CSV_SCAN_FIELDS_MAX; i++) {
		pd_buffer_add(&line, ",", 1);
		csv_scan_put(&line, row->fields[i]);
	}
	if (row->fault) { /* its fields are not known */
		struct pd_slice text = {row->text + row->row_at, (uint32_t)row->row_bytes};
		while (text.bytes && strchr("\r\n", text.data[text.bytes - 1]))
			text.bytes--;
		pd_buffer_add(&line, ",", 1);
		csv_scan_put(&line, text);
	}
	pd_buffer_add(&line, "\n", 1);
	fwrite(line.data, 1, line.count, report->file);
	report->bytes += line.count;
	pd_buffer_fini(&line);
}

void history_report_add(struct history_report *report, const struct csv_scan *row, const char *why)
{
	char line[16];
	report->rows++;
	if (!report->file && !report->error) {
		report->file = fopen(report->path, "w+");
		if (!report->file)
			report->error = errno;
		else
			put_row(report, "line", "reason", report->header);
	}
	snprintf(line, sizeof line, "%" PRIu32, row->line);
	if (!report->file)
		return;
	struct place place = {.line = row->line, .at = report->bytes};
	put_row(report, line, why, row);
	place.bytes = report->bytes - place.at;
	report->disordered |= report->last_line > place.line;
	report->last_line = place.line;
	pd_buffer_add(&report->places, (const char *)&place, sizeof place);
}

static int compare_lines(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	return (x->line > y->line) - (x->line < y->line);
}

/* The rows behind the titles are read back, and written in their order. When they cannot be read (a pipe), they stay as
 * they came. */
static void put_in_order(struct history_report *report)
{
	struct place *places = (struct place *)report->places.data;
	size_t count = report->places.count / sizeof *places;
	size_t begin = places[0].at, bytes = report->bytes - begin;
	char *rows = malloc(bytes);
	if (!rows)
		abort();
	if (fseeko(report->file, (off_t)begin, SEEK_SET) == 0 && fread(rows, 1, bytes, report->file) == bytes &&
	    fseeko(report->file, (off_t)begin, SEEK_SET) == 0) {
		qsort(places, count, sizeof *places, compare_lines);
		for (size_t i = 0; i < count; i++)
			fwrite(rows + (places[i].at - begin), 1, places[i].bytes, report->file);
	} else {
		clearerr(report->file);
	}
	free(rows);
}

bool history_report_close(struct history_report *report)
{
	if (report->file) {
		bool failed = fflush(report->file) || ferror(report->file);
		if (!failed && report->disordered)
			put_in_order(report);
		failed = failed || fflush(report->file) || ferror(report->file);
		if (failed && !report->error)
			report->error = errno;
		if (fclose(report->file) && !report->error)
			report->error = errno;
		report->file = NULL;
	}
	pd_buffer_fini(&report->places);
	return report->error == 0;
}
