#include "export_out.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <xlsxwriter.h>

#include "csv_scan.h"
#include "intl.h"

enum { PATH_BYTES = 4096, SHEET_ROWS_MAX = 1048576, CELL_BYTES = 64, LINKS_MAX = 40 };

struct export_out {
	const struct cli *cli;
	const struct export_table *table;
	enum export_format format;
	bool named, straight; /* straight: a device, a pipe: written itself, nothing can take its place */
	mode_t mode;          /* of what takes the place of path */
	char path[PATH_BYTES], temporary[PATH_BYTES + 32], folder[PATH_BYTES];
	int error; /* errno of the first write that failed; 0: none */

	FILE *file;            /* of CSV and JSON */
	struct pd_buffer line; /* of CSV */

	lxw_workbook *book;
	lxw_worksheet *sheet;
	lxw_format *title_format, *time_format, *degrees_format;
	unsigned sheets;
	lxw_row_t row; /* the next one of the sheet */
};

/* ---- sheets ---- */

static void put_titles(struct export_out *out, const char *const *titles, int count)
{
	for (int i = 0; i < count; i++)
		worksheet_write_string(out->sheet, out->row, (lxw_col_t)i, titles[i], out->title_format);
	out->row++;
}

static void new_sheet(struct export_out *out)
{
	const struct export_table *table = out->table;
	const char *titles[EXPORT_CELLS_MAX];
	char name[40];
	out->sheets++;
	if (out->sheets == 1)
		snprintf(name, sizeof name, "%s", table->title);
	else
		snprintf(name, sizeof name, "%s%u", table->title, out->sheets);
	out->sheet = workbook_add_worksheet(out->book, name);
	out->row = 0;
	for (unsigned i = 0; i < table->count; i++) {
		titles[i] = table->columns[i].title;
		worksheet_set_column(out->sheet, (lxw_col_t)i, (lxw_col_t)i, table->columns[i].width, NULL);
	}
	worksheet_freeze_panes(out->sheet, 1, 0);
	put_titles(out, titles, (int)table->count);
}

static int open_book(struct export_out *out)
{
	lxw_workbook_options options = {.constant_memory = LXW_TRUE, .tmpdir = out->folder, .use_zip64 = LXW_FALSE};
	out->book = workbook_new_opt(out->temporary, &options);
	if (!out->book)
		return cli_fail(out->cli, CLI_SYSTEM, _("the sheet cannot be made: out of memory"));
	out->title_format = workbook_add_format(out->book);
	format_set_bold(out->title_format);
	format_set_bg_color(out->title_format, 0xDDEBF7);
	format_set_bottom(out->title_format, LXW_BORDER_THIN);
	out->time_format = workbook_add_format(out->book);
	format_set_num_format(out->time_format, "yyyy-mm-dd hh:mm:ss");
	out->degrees_format = workbook_add_format(out->book);
	format_set_num_format(out->degrees_format, "0.000000");
	new_sheet(out);
	return CLI_OK;
}

static void put_text(struct export_out *out, lxw_col_t column, struct pd_slice text)
{
	out->line.count = 0;
	pd_buffer_add(&out->line, text.data, text.bytes);
	pd_buffer_add(&out->line, "", 1);
	worksheet_write_string(out->sheet, out->row, column, out->line.data, NULL);
}

/* A sheet's times have no zone: they are those of the clocks here. */
static void put_time(struct export_out *out, lxw_col_t column, int64_t ms)
{
	time_t seconds = (time_t)(ms / 1000);
	struct tm local;
	if (!localtime_r(&seconds, &local))
		return;
	lxw_datetime date = {local.tm_year + 1900, local.tm_mon + 1, local.tm_mday,
			     local.tm_hour,        local.tm_min,     local.tm_sec};
	worksheet_write_datetime(out->sheet, out->row, column, &date, out->time_format);
}

static void put_cell(struct export_out *out, lxw_col_t column, const struct export_cell *cell)
{
	double number = (double)cell->number;
	switch (cell->kind) {
	case EXPORT_EMPTY: break;
	case EXPORT_TEXT:
	case EXPORT_NAMED: put_text(out, column, cell->text); break;
	case EXPORT_NUMBER: worksheet_write_number(out->sheet, out->row, column, number, NULL); break;
	case EXPORT_DEGREES:
		worksheet_write_number(out->sheet, out->row, column, number / 1e7, out->degrees_format);
		break;
	case EXPORT_TIME: put_time(out, column, cell->number); break;
	case EXPORT_WORD: put_text(out, column, pd_text(export_word(cell->set, (unsigned)cell->number))); break;
	case EXPORT_EVENT: put_text(out, column, pd_text(export_event_word((enum pd_type)cell->number))); break;
	case EXPORT_YES: put_text(out, column, pd_text(cell->number ? "是" : "否")); break;
	}
}

/* What a sheet's rows are kept in until it is closed; the library does not look whether they could be written. */
static void check_sheet(struct export_out *out)
{
	FILE *kept = out->sheet ? out->sheet->optimize_tmpfile : NULL;
	if (kept && (fflush(kept) || ferror(kept)) && !out->error)
		out->error = errno ? errno : EIO;
}

static void sheet_row(struct export_out *out, const struct export_cell *cells)
{
	if (out->row == SHEET_ROWS_MAX) {
		check_sheet(out);
		new_sheet(out);
	}
	for (unsigned i = 0; i < out->table->count; i++)
		put_cell(out, (lxw_col_t)i, &cells[i]);
	out->row++;
}

/* ---- CSV ---- */

/* 2025-11-23T15:57:01.250Z */
static void print_utc(char *text, size_t bytes, int64_t ms)
{
	time_t seconds = (time_t)(ms / 1000);
	struct tm utc;
	text[0] = 0;
	if (!gmtime_r(&seconds, &utc))
		return;
	size_t used = strftime(text, bytes, "%Y-%m-%dT%H:%M:%S", &utc);
	snprintf(text + used, bytes - used, ".%03dZ", (int)(ms % 1000));
}

static void csv_cell(struct export_out *out, const struct export_cell *cell)
{
	char text[CELL_BYTES] = "";
	switch (cell->kind) {
	case EXPORT_EMPTY: return;
	case EXPORT_TEXT: csv_scan_put(&out->line, cell->text); return;
	case EXPORT_NAMED:
	case EXPORT_NUMBER: snprintf(text, sizeof text, "%" PRId64, cell->number); break;
	case EXPORT_DEGREES: snprintf(text, sizeof text, "%.7f", (double)cell->number / 1e7); break;
	case EXPORT_TIME: print_utc(text, sizeof text, cell->number); break;
	case EXPORT_WORD: snprintf(text, sizeof text, "%s", pd_word(cell->set, (unsigned)cell->number)); break;
	case EXPORT_EVENT: snprintf(text, sizeof text, "%s", pd_message_info((unsigned)cell->number)->name); break;
	case EXPORT_YES: snprintf(text, sizeof text, "%s", cell->number ? "yes" : "no"); break;
	}
	pd_buffer_add(&out->line, text, strlen(text));
}

static void write_line(struct export_out *out)
{
	pd_buffer_add(&out->line, "\r\n", 2);
	if (fwrite(out->line.data, 1, out->line.count, out->file) != out->line.count && !out->error)
		out->error = errno;
}

static void csv_row(struct export_out *out, const struct export_cell *cells)
{
	out->line.count = 0;
	for (unsigned i = 0; i < out->table->count; i++) {
		pd_buffer_add(&out->line, ",", i > 0);
		csv_cell(out, &cells[i]);
	}
	write_line(out);
}

static void csv_titles(struct export_out *out, bool bom)
{
	out->line.count = 0;
	if (bom)
		pd_buffer_add(&out->line, "\xef\xbb\xbf", 3);
	for (unsigned i = 0; i < out->table->count; i++) {
		pd_buffer_add(&out->line, ",", i > 0);
		csv_scan_put(&out->line, pd_text(out->table->columns[i].key));
	}
	write_line(out);
}

/* ---- opening ---- */

static int open_file(struct export_out *out)
{
	if (!out->named) {
		out->file = stdout;
		return CLI_OK;
	}
	int fd = out->straight ? open(out->path, O_WRONLY | O_CLOEXEC) : mkstemp(out->temporary);
	out->file = fd < 0 ? NULL : fdopen(fd, "w");
	if (!out->file)
		return cli_fail(out->cli, CLI_SYSTEM, _("%s cannot be written: %s"), out->path, intl_error(errno));
	return CLI_OK;
}

/* A sheet's file is made by the library when it is closed: whether it can be is tried now. */
static int try_folder(struct export_out *out)
{
	if (out->straight)
		return cli_fail(out->cli, CLI_USAGE, _("%s is no regular file: a sheet cannot be written to it"),
				out->path);
	int fd = mkstemp(out->temporary);
	if (fd < 0)
		return cli_fail(out->cli, CLI_SYSTEM, _("%s cannot be written: %s"), out->path, intl_error(errno));
	close(fd);
	return open_book(out);
}

/* Where path leads through links, also when nothing is there yet: a link stays, and what it names is replaced. */
static void follow_links(char path[static PATH_BYTES])
{
	char link[PATH_BYTES], joined[2 * PATH_BYTES];
	for (int i = 0; i < LINKS_MAX; i++) {
		ssize_t bytes = readlink(path, link, sizeof link - 1);
		if (bytes < 0)
			return;
		link[bytes] = 0;
		const char *slash = link[0] == '/' ? NULL : strrchr(path, '/');
		snprintf(joined, sizeof joined, "%.*s%s", slash ? (int)(slash - path + 1) : 0, path, link);
		if (strlen(joined) >= PATH_BYTES)
			return;
		memcpy(path, joined, strlen(joined) + 1);
	}
}

/* An export holds residents' data: a new one is not for everybody; an older one stays for whom it was. */
static void name_target(struct export_out *out, const char *path)
{
	struct stat there;
	mode_t mask = umask(0);
	umask(mask);
	snprintf(out->path, sizeof out->path, "%s", path);
	follow_links(out->path);
	bool exists = stat(out->path, &there) == 0;
	out->straight = exists && !S_ISREG(there.st_mode);
	out->mode = exists ? there.st_mode & 07777 : 0640 & ~mask;
	const char *slash = strrchr(out->path, '/');
	snprintf(out->folder, sizeof out->folder, "%.*s", slash ? (int)(slash - out->path + (slash == out->path)) : 1,
		 slash ? out->path : ".");
	snprintf(out->temporary, sizeof out->temporary, "%s.part-XXXXXX", out->path);
}

int export_out_open(struct export_out **made, const struct cli *cli, enum export_format format, const char *path,
		    bool bom, const struct export_table *table)
{
	struct export_out *out = calloc(1, sizeof *out);
	if (!out)
		abort();
	*out = (struct export_out){.cli = cli, .table = table, .format = format, .named = path != NULL};
	if (path)
		name_target(out, path);
	int code = format == EXPORT_XLSX ? try_folder(out) : open_file(out);
	if (code == CLI_OK && format == EXPORT_CSV)
		csv_titles(out, bom);
	if (code != CLI_OK) {
		free(out);
		out = NULL;
	}
	*made = out;
	return code;
}

FILE *export_out_file(struct export_out *out)
{
	return out->file;
}

void export_out_row(struct export_out *out, const struct export_cell *cells)
{
	if (out->format == EXPORT_XLSX)
		sheet_row(out, cells);
	else
		csv_row(out, cells);
}

bool export_out_well(const struct export_out *out)
{
	return !out->error && !(out->file && ferror(out->file)) &&
	       !(out->sheet && out->sheet->optimize_tmpfile && ferror(out->sheet->optimize_tmpfile));
}

/* ---- totals ---- */

void export_out_totals(struct export_out *out)
{
	if (out->format != EXPORT_XLSX)
		return;
	check_sheet(out);
	out->sheet = workbook_add_worksheet(out->book, "合计");
	out->row = 0;
	worksheet_set_column(out->sheet, 0, 0, 40, NULL);
	worksheet_set_column(out->sheet, 1, 8, 12, NULL);
}

void export_out_total_titles(struct export_out *out, const char *const *titles, int count)
{
	if (out->format != EXPORT_XLSX)
		return;
	out->row += out->row > 0; /* a blank one between two tables */
	put_titles(out, titles, count);
}

void export_out_total(struct export_out *out, const char *label, const int64_t *numbers, int count)
{
	if (out->format != EXPORT_XLSX)
		return;
	worksheet_write_string(out->sheet, out->row, 0, label, NULL);
	for (int i = 0; i < count; i++)
		if (numbers[i] >= 0)
			worksheet_write_number(out->sheet, out->row, (lxw_col_t)(i + 1), (double)numbers[i], NULL);
	out->row++;
}

/* ---- closing ---- */

static const char *finish_book(struct export_out *out)
{
	check_sheet(out);
	errno = 0;
	lxw_error error = workbook_close(out->book);
	if (out->error)
		return intl_error(out->error);
	if (error)
		return errno ? intl_error(errno) : lxw_strerror(error);
	return NULL;
}

/* Whether another file takes the place of what is at path. */
static bool is_replaced(const struct export_out *out)
{
	return out->named && !out->straight;
}

/* Null when all went well. */
static const char *finish_file(struct export_out *out)
{
	bool failed = fflush(out->file) || ferror(out->file) || (is_replaced(out) && fsync(fileno(out->file)));
	int error = out->error ? out->error : failed ? errno : 0;
	if (failed && !out->named) { /* it has been said: nobody need try again */
		__fpurge(stdout);
		clearerr(stdout);
	}
	if (out->named && fclose(out->file) && !error)
		error = errno;
	return error ? intl_error(error) : NULL;
}

/* What the library wrote is on disk before it takes another's place. */
static const char *sync_path(const char *path)
{
	FILE *file = fopen(path, "r+");
	bool failed = !file || fsync(fileno(file));
	const char *why = failed ? intl_error(errno) : NULL;
	if (file)
		fclose(file);
	return why;
}

static int fail_close(const struct export_out *out, const char *why)
{
	if (!out->named)
		return cli_fail(out->cli, CLI_SYSTEM, _("the export could not be written: %s"), why);
	if (out->straight)
		return cli_fail(out->cli, CLI_SYSTEM, _("%s could not be written: %s"), out->path, why);
	return cli_fail(out->cli, CLI_SYSTEM, _("%s could not be written: %s; what was there before is unchanged"),
			out->path, why);
}

int export_out_close(struct export_out *out, bool keep)
{
	if (!out)
		return CLI_OK;
	const char *why = out->book ? finish_book(out) : finish_file(out);
	if (!why && out->book && keep)
		why = sync_path(out->temporary);
	if (is_replaced(out) && !why && keep && (chmod(out->temporary, out->mode) || rename(out->temporary, out->path)))
		why = intl_error(errno);
	if (is_replaced(out) && (why || !keep))
		unlink(out->temporary);
	int code = CLI_OK;
	if (why && keep)
		code = fail_close(out, why);
	pd_buffer_fini(&out->line);
	free(out);
	return code;
}
