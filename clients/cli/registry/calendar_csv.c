#include "calendar_csv.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "calendar.h"
#include "csv_rows.h"
#include "intl.h"
#include "registry_csv.h"

enum { COLUMN_DATE, COLUMN_KIND, COLUMN_NAME, COLUMNS, NUMBER_BYTES = 24 };
static const char *const columns[COLUMNS] = {"date", "kind", "name"};

enum kind { KIND_HOLIDAY, KIND_WORKDAY, KIND_HOURS, KINDS };
static const char *const kinds[KINDS][2] = {{"holiday", "放假"}, {"workday", "上班"}, {"hours", "工时"}};

/* A row of the file. date: yyyymmdd; of hours yyyy0000, so that they stand before the days of their year. */
struct entry {
	uint32_t date, line;
	enum kind kind;
	struct pd_slice name;
};

struct reading {
	struct rows *rows;
	struct problems *problems;
	struct entry *entries;
	size_t count, capacity;
	bool headed;
	size_t places[COLUMNS]; /* which field is it */
};

/* ---- hours ---- */

static bool read_two(const char *text, unsigned *number)
{
	if (text[0] < '0' || text[0] > '9' || text[1] < '0' || text[1] > '9')
		return false;
	*number = (unsigned)(text[0] - '0') * 10 + (unsigned)(text[1] - '0');
	return true;
}

/* "08:30" */
static bool read_clock(const char *text, uint64_t *minute)
{
	unsigned hour, minutes;
	if (!read_two(text, &hour) || text[2] != ':' || !read_two(text + 3, &minutes) || minutes > 59 ||
	    hour * 60 + minutes > 1440)
		return false;
	*minute = hour * 60 + minutes;
	return true;
}

bool calendar_csv_hours(const char *text, size_t bytes, uint64_t minutes[static CALENDAR_CSV_HOURS_MAX],
			uint32_t *count)
{
	enum { SPAN_BYTES = sizeof "08:30-12:00" - 1 };
	const char *end = text + bytes;
	*count = 0;
	for (;;) {
		while (text < end && (*text == ' ' || *text == ','))
			text++;
		if (text == end)
			return *count > 0;
		if (*count == CALENDAR_CSV_HOURS_MAX || end - text < SPAN_BYTES || text[5] != '-' ||
		    !read_clock(text, &minutes[*count]) || !read_clock(text + 6, &minutes[*count + 1]))
			return false;
		*count += 2;
		text += SPAN_BYTES;
	}
}

void calendar_csv_print_hours(struct pd_u64s hours, const char *between, struct pd_buffer *out)
{
	char text[NUMBER_BYTES];
	for (uint32_t i = 0; i < hours.count; i++) {
		unsigned minute = (unsigned)hours.values[i];
		int length = snprintf(text, sizeof text, "%02u:%02u", minute / 60 % 100, minute % 60);
		if (i)
			pd_buffer_add(out, i % 2 ? "-" : between, i % 2 ? 1 : strlen(between));
		pd_buffer_add(out, text, (size_t)length);
	}
}

/* ---- rows of the file ---- */

static void add_problem(struct reading *reading, uint32_t line, const char *format, const char *text)
{
	problems_add(reading->problems, ROWS_CALENDARS, line, format, text);
}

static bool read_header(struct reading *reading, const struct csv_row *row)
{
	size_t found = 0;
	for (size_t column = 0; column < COLUMNS; column++)
		for (size_t i = 0; i < row->count && i < CSV_FIELDS_MAX; i++)
			if (strcmp(row->fields[i].data, columns[column]) == 0) {
				reading->places[column] = i;
				found++;
			}
	if (found == COLUMNS && row->count == COLUMNS)
		return true;
	add_problem(reading, row->line, _("the first row must be %s"), "date,kind,name");
	return false;
}

/* "2026-01-01", or for hours "2026". */
static bool read_date(const char *text, enum kind kind, uint32_t *date)
{
	unsigned century, year, month, day;
	uint32_t number;
	size_t bytes = strlen(text);
	if (bytes != (kind == KIND_HOURS ? 4 : 10) || !read_two(text, &century) || !read_two(text + 2, &year))
		return false;
	*date = (century * 100 + year) * 10000;
	if (kind == KIND_HOURS)
		return *date >= 19700000 && *date <= 22000000;
	if (text[4] != '-' || !read_two(text + 5, &month) || text[7] != '-' || !read_two(text + 8, &day))
		return false;
	*date += month * 100 + day;
	return calendar_parse(*date, &number);
}

static bool read_kind(const char *text, enum kind *kind)
{
	for (*kind = 0; *kind < KINDS; ++*kind)
		if (strcmp(text, kinds[*kind][0]) == 0 || strcmp(text, kinds[*kind][1]) == 0)
			return true;
	return false;
}

static bool check_entry(struct reading *reading, const struct entry *entry, const char *date)
{
	uint64_t minutes[CALENDAR_CSV_HOURS_MAX];
	uint32_t count, day = 0;
	if (entry->kind == KIND_HOURS && !calendar_csv_hours(entry->name.data, entry->name.bytes, minutes, &count))
		add_problem(reading, entry->line,
			    _("\"%s\" is not working hours: write them like 08:30-12:00 13:30-17:30"),
			    entry->name.data);
	else if (entry->kind == KIND_WORKDAY && calendar_parse(entry->date, &day) && calendar_weekday(day) < 5)
		add_problem(reading, entry->line,
			    _("%s is a working day anyway: only Saturdays and Sundays are named as worked"), date);
	else if (memchr(entry->name.data, '\n', entry->name.bytes))
		add_problem(reading, entry->line, _("%s: a name is one line"), date);
	else
		return true;
	return false;
}

static void read_entry(struct reading *reading, const struct csv_row *row)
{
	struct entry entry = {.line = row->line};
	if (row->count != COLUMNS) {
		add_problem(reading, row->line, _("a row has three fields: %s"), "date,kind,name");
		return;
	}
	const char *date = row->fields[reading->places[COLUMN_DATE]].data;
	const char *kind = row->fields[reading->places[COLUMN_KIND]].data;
	struct pd_slice name = row->fields[reading->places[COLUMN_NAME]];
	entry.name = rows_text(reading->rows, name.data, name.bytes);
	if (!read_kind(kind, &entry.kind))
		add_problem(reading, row->line,
			    _("kind: \"%s\" is unknown: write holiday (放假), workday (上班) or hours (工时)"), kind);
	else if (!read_date(date, entry.kind, &entry.date))
		add_problem(reading, row->line,
			    entry.kind == KIND_HOURS
				    ? _("date: \"%s\" is no year from 1970 to 2200: hours are of a year, like 2026")
				    : _("date: \"%s\" is no day from 1970 to 2200: write it like 2026-01-01"),
			    date);
	else if (check_entry(reading, &entry, date)) {
		if (reading->count == reading->capacity) {
			reading->capacity = reading->capacity ? reading->capacity * 2 : 128;
			reading->entries = realloc(reading->entries, reading->capacity * sizeof *reading->entries);
			if (!reading->entries)
				abort();
		}
		reading->entries[reading->count++] = entry;
	}
}

static bool on_row(void *arg, const struct csv_row *row)
{
	struct reading *reading = arg;
	if (reading->headed) {
		read_entry(reading, row);
		return true;
	}
	reading->headed = read_header(reading, row);
	return reading->headed;
}

/* ---- years ---- */

static int compare_entries(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	if (x->date != y->date)
		return x->date < y->date ? -1 : 1;
	return (x->line > y->line) - (x->line < y->line);
}

static void find_twice(struct reading *reading)
{
	for (size_t i = 1; i < reading->count; i++) {
		const struct entry *entry = &reading->entries[i], *before = entry - 1;
		if (entry->date == before->date)
			problems_add(reading->problems, ROWS_CALENDARS, entry->line, _("the same stands in line %u"),
				     before->line);
	}
}

static struct pd_u64s gather(struct rows *rows, const struct entry *entries, size_t count, enum kind kind,
			     struct pd_buffer *names)
{
	uint64_t *days = rows_numbers(rows, count);
	struct pd_u64s list = {days, 0};
	for (size_t i = 0; i < count; i++) {
		if (entries[i].kind != kind)
			continue;
		days[list.count++] = entries[i].date;
		pd_buffer_add(names, entries[i].name.data, entries[i].name.bytes);
		pd_buffer_add(names, "\n", 1);
	}
	return list;
}

/* A row of the entries of one year, of which hours come first. */
static void add_year(struct reading *reading, const struct entry *entries, size_t count)
{
	struct pd_buffer names = {0};
	struct registry_decision decision = {0};
	char detail[PD_DETAIL_BYTES];
	uint32_t line = entries[0].line;
	for (size_t i = 1; i < count; i++)
		line = entries[i].line < line ? entries[i].line : line;
	struct pd_put_calendar put = {.calendar = entries[0].date / 10000};
	put.holidays = gather(reading->rows, entries, count, KIND_HOLIDAY, &names);
	put.workdays = gather(reading->rows, entries, count, KIND_WORKDAY, &names);
	put.names = rows_text(reading->rows, names.data, names.count ? names.count - 1 : 0);
	pd_buffer_fini(&names);
	if (entries[0].kind == KIND_HOURS) {
		uint64_t *minutes = rows_numbers(reading->rows, CALENDAR_CSV_HOURS_MAX);
		uint32_t minute_count = 0;
		calendar_csv_hours(entries[0].name.data, entries[0].name.bytes, minutes, &minute_count);
		put.hours = (struct pd_u64s){minutes, minute_count};
	}
	calendar_check(&put, &decision);
	if (decision.refusal)
		problems_add(reading->problems, ROWS_CALENDARS, line, "%s",
			     pd_detail_text(&decision.detail, intl_language(), detail));
	*(struct pd_put_calendar *)rows_add(reading->rows, ROWS_CALENDARS, line) = put;
}

static void add_years(struct reading *reading)
{
	for (size_t i = 0, next; i < reading->count; i = next) {
		for (next = i + 1;
		     next < reading->count && reading->entries[next].date / 10000 == reading->entries[i].date / 10000;)
			next++;
		add_year(reading, reading->entries + i, next - i);
	}
}

bool calendar_csv_read(struct rows *rows, const char *text, size_t bytes, struct problems *problems)
{
	struct reading reading = {.rows = rows, .problems = problems};
	struct csv_fault fault;
	size_t before = problems->count;
	enum pd_err err = csv_rows_read(text, bytes, on_row, &reading, &fault);
	if (err)
		problems_add(problems, ROWS_CALENDARS, fault.line, _("%s; the rest of the file was not read"),
			     fault.what);
	else if (!reading.headed && problems->count == before)
		add_problem(&reading, 0, _("the file is empty: its first row must be %s"), "date,kind,name");
	if (reading.count)
		qsort(reading.entries, reading.count, sizeof *reading.entries, compare_entries);
	find_twice(&reading);
	if (problems->count == before)
		add_years(&reading);
	free(reading.entries);
	return !err && reading.headed;
}

/* ---- printing ---- */

struct pd_slice calendar_csv_name(struct pd_slice names, uint32_t i)
{
	const char *at = names.data, *end = names.data + names.bytes, *stop = NULL;
	for (; at && at < end; at = stop + 1, i--) {
		stop = memchr(at, '\n', (size_t)(end - at));
		if (i == 0)
			return (struct pd_slice){at, (uint32_t)((stop ? stop : end) - at)};
		if (!stop)
			break;
	}
	return pd_text("");
}

static void print_line(struct pd_buffer *out, const char *date, enum kind kind, struct pd_slice name)
{
	pd_buffer_add(out, date, strlen(date));
	pd_buffer_add(out, ",", 1);
	pd_buffer_add(out, kinds[kind][0], strlen(kinds[kind][0]));
	pd_buffer_add(out, ",", 1);
	registry_csv_print_text(out, name);
	pd_buffer_add(out, "\n", 1);
}

static void print_day(struct pd_buffer *out, uint64_t yyyymmdd, enum kind kind, struct pd_slice name)
{
	char date[NUMBER_BYTES];
	snprintf(date, sizeof date, "%04u-%02u-%02u", (unsigned)(yyyymmdd / 10000 % 10000),
		 (unsigned)(yyyymmdd / 100 % 100), (unsigned)(yyyymmdd % 100));
	print_line(out, date, kind, name);
}

/* Holidays and worked days by date. */
static size_t print_year(const struct pd_put_calendar *calendar, struct pd_buffer *out)
{
	const struct pd_u64s *holidays = &calendar->holidays, *workdays = &calendar->workdays;
	uint32_t h = 0, w = 0;
	while (h < holidays->count || w < workdays->count) {
		if (w == workdays->count || (h < holidays->count && holidays->values[h] < workdays->values[w])) {
			print_day(out, holidays->values[h], KIND_HOLIDAY, calendar_csv_name(calendar->names, h));
			h++;
		} else {
			print_day(out, workdays->values[w], KIND_WORKDAY,
				  calendar_csv_name(calendar->names, holidays->count + w));
			w++;
		}
	}
	return h + w;
}

size_t calendar_csv_print(const struct rows *rows, struct pd_buffer *out)
{
	static const char header[] = "date,kind,name\n";
	size_t lines = 0;
	pd_buffer_add(out, header, sizeof header - 1);
	for (size_t i = 0; i < rows->tables[ROWS_CALENDARS].count; i++) {
		const struct pd_put_calendar *calendar = rows_calendar(rows, i);
		char year[NUMBER_BYTES];
		lines += print_year(calendar, out);
		if (calendar->hours.count == 0)
			continue;
		struct pd_buffer hours = {0};
		snprintf(year, sizeof year, "%04u", (unsigned)calendar->calendar);
		calendar_csv_print_hours(calendar->hours, " ", &hours);
		print_line(out, year, KIND_HOURS, (struct pd_slice){hours.data, (uint32_t)hours.count});
		pd_buffer_fini(&hours);
		lines++;
	}
	return lines;
}
