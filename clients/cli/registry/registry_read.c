#include "registry_csv.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "calendar_csv.h"
#include "codec.h"
#include "csv_rows.h"
#include "deadline.h"
#include "intl.h"
#include "ladder_text.h"
#include "registry_relations.h"
#include "registry_shapes.h"
#include "registry_text.h"

enum { EXCERPT_BYTES = 64 };

/* ---- cells ---- */

/* The file being read, and where in it. */
struct reading {
	struct rows *rows;
	struct problems *problems;
	enum rows_kind kind;
	uint32_t line;
	struct registry_csv_column columns[REGISTRY_CSV_COLUMNS_MAX];
	size_t column_count;
	size_t order[REGISTRY_CSV_COLUMNS_MAX]; /* order[i]: which column stands i-th in the file, of in_file */
	size_t in_file;
	bool headed;
};

/* A cell as it can be shown in a line for people: cut at a character, nothing that a terminal would obey. */
static const char *excerpt(struct pd_slice cell, char shown[static EXCERPT_BYTES])
{
	size_t bytes = cell.bytes;
	bool cut = bytes > EXCERPT_BYTES - 4;
	if (cut)
		for (bytes = EXCERPT_BYTES - 4; bytes && ((unsigned char)cell.data[bytes] & 0xc0) == 0x80;)
			bytes--;
	for (size_t i = 0; i < bytes; i++)
		shown[i] = (unsigned char)cell.data[i] < ' ' || cell.data[i] == 127 ? '?' : cell.data[i];
	memcpy(shown + bytes, cut ? "…" : "", cut ? sizeof "…" : 1);
	return shown;
}

static bool parse_number(struct pd_slice cell, uint64_t *number)
{
	*number = 0;
	for (uint32_t i = 0; i < cell.bytes; i++) {
		if (cell.data[i] < '0' || cell.data[i] > '9' || i >= 18)
			return false;
		*number = *number * 10 + (uint64_t)(cell.data[i] - '0');
	}
	return cell.bytes > 0;
}

static bool read_number(struct reading *reading, const struct registry_csv_column *column, struct pd_slice cell,
			void *body)
{
	const struct pd_field *field = column->field;
	assert(field->kind == PD_U32);
	uint64_t number = 0;
	char shown[EXCERPT_BYTES];
	bool empty = cell.bytes == 0 && field->min == 0;
	if (!empty && !parse_number(cell, &number)) {
		problems_add(reading->problems, reading->kind, reading->line,
			     _("%s: \"%s\" is not a number: write one from %" PRId64 " to %" PRIu64), column->name,
			     excerpt(cell, shown), field->min, field->max);
		return false;
	}
	if ((int64_t)number < field->min || number > field->max) {
		problems_add(reading->problems, reading->kind, reading->line,
			     _("%s: %" PRIu64 " is out of range: it must be %" PRId64 " to %" PRIu64), column->name,
			     number, field->min, field->max);
		return false;
	}
	uint32_t value = (uint32_t)number;
	memcpy((char *)body + field->offset, &value, sizeof value);
	return true;
}

/* "district (区), street (镇街), ..." */
static const char *list_words(const char *set, char *list, size_t bytes)
{
	size_t count, used = 0;
	const struct pd_word *words = pd_words(&count);
	list[0] = 0;
	for (size_t i = 0; i < count && used < bytes; i++)
		if (strcmp(words[i].set, set) == 0)
			used += (size_t)snprintf(list + used, bytes - used, "%s%s (%s)", used ? ", " : "",
						 words[i].name, words[i].zh);
	return list;
}

/* Digits from 1, Monday, to 7. */
static bool read_weekdays(struct reading *reading, const struct registry_csv_column *column, struct pd_slice cell,
			  void *body)
{
	uint8_t *weekdays = (uint8_t *)body + column->field->offset;
	char shown[EXCERPT_BYTES];
	*weekdays = cell.bytes || column->field->min == 0 ? 0 : 127;
	for (uint32_t i = 0; i < cell.bytes; i++) {
		if (cell.data[i] < '1' || cell.data[i] > '7') {
			problems_add(reading->problems, reading->kind, reading->line,
				     _("%s: \"%s\" are no days: write digits from 1 (Monday) to 7, like 12345"),
				     column->name, excerpt(cell, shown));
			return false;
		}
		*weekdays |= (uint8_t)(1u << (cell.data[i] - '1'));
	}
	return true;
}

static bool read_percent(struct reading *reading, const struct registry_csv_column *column, struct pd_slice cell,
			 void *body)
{
	char shown[EXCERPT_BYTES];
	uint64_t percent = 0;
	if (!parse_number(cell, &percent) || (int64_t)percent < column->field->min || percent > column->field->max) {
		problems_add(reading->problems, reading->kind, reading->line,
			     _("%s: \"%s\" is no percentage: write a number from %" PRId64 " to %" PRIu64),
			     column->name, excerpt(cell, shown), column->field->min, column->field->max);
		return false;
	}
	uint16_t value = (uint16_t)percent;
	memcpy((char *)body + column->field->offset, &value, sizeof value);
	return true;
}

/* A day of the month. */
static bool read_day(struct reading *reading, const struct registry_csv_column *column, struct pd_slice cell,
		     void *body)
{
	char shown[EXCERPT_BYTES];
	uint64_t day = 0;
	if (cell.bytes && (!parse_number(cell, &day) || day > column->field->max)) {
		problems_add(reading->problems, reading->kind, reading->line,
			     _("%s: \"%s\" is no day of a month: write a number from 1 to 31, or nothing"),
			     column->name, excerpt(cell, shown));
		return false;
	}
	*((uint8_t *)body + column->field->offset) = (uint8_t)day;
	return true;
}

static bool read_yes(struct reading *reading, const struct registry_csv_column *column, struct pd_slice cell,
		     void *body)
{
	char shown[EXCERPT_BYTES];
	bool yes = strcmp(cell.data, "yes") == 0 || strcmp(cell.data, "是") == 0;
	if (!yes && cell.bytes && strcmp(cell.data, "no") != 0 && strcmp(cell.data, "否") != 0) {
		problems_add(reading->problems, reading->kind, reading->line, _("%s: \"%s\" is neither yes nor no"),
			     column->name, excerpt(cell, shown));
		return false;
	}
	*(bool *)((char *)body + column->field->offset) = yes;
	return true;
}

/* "08:30"; empty: the least that the field may be, or else the most, as it is the beginning or the end of a span. */
static bool read_time_of_day(struct reading *reading, const struct registry_csv_column *column, struct pd_slice cell,
			     void *body)
{
	const struct pd_field *field = column->field;
	char shown[EXCERPT_BYTES];
	uint64_t hours = 0, minutes = 0, value = field->min ? field->max : 0;
	const char *colon = cell.bytes ? memchr(cell.data, ':', cell.bytes) : NULL;
	bool good = cell.bytes == 0;
	if (colon) {
		struct pd_slice before = {cell.data, (uint32_t)(colon - cell.data)};
		struct pd_slice behind = {colon + 1, cell.bytes - before.bytes - 1};
		good = parse_number(before, &hours) && parse_number(behind, &minutes) && hours <= 24 &&
		       behind.bytes == 2 && minutes < 60;
		value = hours * 60 + minutes;
	}
	if (!good || (int64_t)value < field->min || value > field->max) {
		problems_add(reading->problems, reading->kind, reading->line,
			     _("%s: \"%s\" is no time of day: write one like 08:30"), column->name,
			     excerpt(cell, shown));
		return false;
	}
	uint16_t minute = (uint16_t)value;
	memcpy((char *)body + field->offset, &minute, sizeof minute);
	return true;
}

static bool read_word(struct reading *reading, const struct registry_csv_column *column, struct pd_slice cell,
		      void *body)
{
	const struct pd_field *field = column->field;
	assert(field->kind == PD_U8);
	const char *set = registry_csv_words(field);
	unsigned code = pd_word_code(set, cell.data);
	if (code || (cell.bytes == 0 && field->min == 0)) {
		*((uint8_t *)body + field->offset) = (uint8_t)code;
		return true;
	}
	char shown[EXCERPT_BYTES], list[300];
	problems_add(reading->problems, reading->kind, reading->line, _("%s: \"%s\" is unknown: write one of %s"),
		     column->name, excerpt(cell, shown), list_words(set, list, sizeof list));
	return false;
}

/* Decimal degrees to 10^-7 degrees, rounded; at most three digits before the point. */
static bool parse_degrees(struct pd_slice cell, int64_t *degrees_e7)
{
	const char *c = cell.data, *end = c + cell.bytes;
	bool negative = c < end && *c == '-';
	c += negative;
	int64_t value = 0;
	int whole = 0, decimals = 0;
	for (; c < end && *c >= '0' && *c <= '9' && whole < 4; c++, whole++)
		value = value * 10 + (*c - '0');
	if (whole < 1 || whole > 3)
		return false;
	if (c < end && *c == '.')
		c++;
	for (; c < end && *c >= '0' && *c <= '9'; c++, decimals++) {
		if (decimals < 7)
			value = value * 10 + (*c - '0');
		else if (decimals == 7 && *c >= '5')
			value++;
	}
	for (; decimals < 7; decimals++)
		value *= 10;
	*degrees_e7 = negative ? -value : value;
	return c == end;
}

static bool read_degrees(struct reading *reading, const struct registry_csv_column *column, struct pd_slice cell,
			 void *body)
{
	int64_t degrees_e7;
	char shown[EXCERPT_BYTES];
	if (!parse_degrees(cell, &degrees_e7)) {
		problems_add(reading->problems, reading->kind, reading->line,
			     _("%s: \"%s\" is not decimal degrees: write them like 117.8580000"), column->name,
			     excerpt(cell, shown));
		return false;
	}
	/* A latitude beyond 90 is judged together with the longitude. */
	if (degrees_e7 > 180LL * REGISTRY_CSV_DEGREE_E7 || degrees_e7 < -180LL * REGISTRY_CSV_DEGREE_E7) {
		problems_add(reading->problems, reading->kind, reading->line,
			     _("%s: %s is out of range: it must be %s"), column->name, excerpt(cell, shown),
			     strcmp(column->name, "lon") ? "-90 to 90" : "-180 to 180");
		return false;
	}
	int32_t value = (int32_t)degrees_e7;
	memcpy((char *)body + column->field->offset, &value, sizeof value);
	return true;
}

static bool read_steps(struct reading *reading, const struct registry_csv_column *column, struct pd_slice cell,
		       void *body)
{
	struct pd_u64s steps = {NULL, 0};
	uint64_t *numbers = rows_numbers(reading->rows, LADDER_TEXT_NUMBERS_MAX);
	struct pd_slice wrong;
	char shown[EXCERPT_BYTES];
	steps.values = numbers;
	bool read = ladder_text_read(cell, numbers, &steps.count, &wrong);
	if (!read)
		problems_add(reading->problems, reading->kind, reading->line,
			     _("%s: \"%s\" is not a level and a time, or one too many: write them like microgrid 30m > "
			       "community 1h > district 4h"),
			     column->name, excerpt(wrong, shown));
	memcpy((char *)body + column->field->offset, &steps, sizeof steps);
	return read;
}

/* Ids with blanks between them. */
static bool read_list(struct reading *reading, const struct registry_csv_column *column, struct pd_slice cell,
		      void *body)
{
	struct pd_u64s list = {NULL, 0};
	uint64_t *ids = rows_numbers(reading->rows, column->field->max);
	const char *at = cell.data, *end = cell.data + cell.bytes;
	list.values = ids;
	while (at < end) {
		struct pd_slice word = {at, 0};
		while (at + word.bytes < end && at[word.bytes] != ' ')
			word.bytes++;
		at += word.bytes + 1;
		if (word.bytes == 0)
			continue;
		if (list.count == column->field->max || !parse_number(word, &ids[list.count++])) {
			char shown[EXCERPT_BYTES];
			problems_add(reading->problems, reading->kind, reading->line,
				     _("%s: \"%s\" is not a number, or one too many: write ids with blanks between "
				       "them, like 3 16 25"),
				     column->name, excerpt(word, shown));
			return false;
		}
	}
	memcpy((char *)body + column->field->offset, &list, sizeof list);
	return true;
}

/* Posts with blanks between them. */
static bool read_posts(struct reading *reading, const struct registry_csv_column *column, struct pd_slice cell,
		       void *body)
{
	uint16_t posts = 0;
	char word[32], shown[EXCERPT_BYTES], list[300];
	for (const char *at = cell.data, *end = cell.data + cell.bytes; at < end; at++) {
		struct pd_slice one = {at, 0};
		while (at < end && *at != ' ')
			at++;
		one.bytes = (uint32_t)(at - one.data);
		if (one.bytes == 0)
			continue;
		snprintf(word, sizeof word, "%.*s", (int)one.bytes, one.data);
		unsigned post = pd_word_code("post", word);
		if (!post) {
			problems_add(reading->problems, reading->kind, reading->line,
				     _("%s: \"%s\" is unknown: write one of %s"), column->name, excerpt(one, shown),
				     list_words("post", list, sizeof list));
			return false;
		}
		posts |= (uint16_t)(1u << post);
	}
	memcpy((char *)body + column->field->offset, &posts, sizeof posts);
	return true;
}

static bool read_cell(struct reading *reading, const struct registry_csv_column *column, struct pd_slice cell,
		      void *body)
{
	switch (column->field->kind) {
	case PD_TEXT: {
		struct pd_slice text = rows_text(reading->rows, cell.data, cell.bytes);
		memcpy((char *)body + column->field->offset, &text, sizeof text);
		return true;
	}
	case PD_I32: return read_degrees(reading, column, cell, body);
	case PD_BOOL: return read_yes(reading, column, cell, body);
	case PD_U64S:
		return registry_csv_is_list(column->field) ? read_list(reading, column, cell, body)
							   : read_steps(reading, column, cell, body);
	case PD_U16:
		if (registry_csv_is_percent(column->field))
			return read_percent(reading, column, cell, body);
		if (registry_csv_is_posts(column->field))
			return read_posts(reading, column, cell, body);
		return read_time_of_day(reading, column, cell, body);
	case PD_U8:
		if (registry_csv_is_day(column->field))
			return read_day(reading, column, cell, body);
		if (!registry_csv_words(column->field))
			return read_weekdays(reading, column, cell, body);
		return read_word(reading, column, cell, body);
	default:
		return registry_csv_words(column->field) ? read_word(reading, column, cell, body)
							 : read_number(reading, column, cell, body);
	}
}

/* ---- rows ---- */

static bool in_china(double lon, double lat)
{
	return lon >= 73 && lon <= 136 && lat >= 3 && lat <= 54;
}

static bool check_place(struct reading *reading, const struct pd_put_household *household)
{
	double lon = household->lon_e7 / (double)REGISTRY_CSV_DEGREE_E7,
	       lat = household->lat_e7 / (double)REGISTRY_CSV_DEGREE_E7;
	if (household->lon_e7 == 0 && household->lat_e7 == 0)
		problems_add(reading->problems, reading->kind, reading->line,
			     _("lon and lat are 0,0, which is in the sea off Africa: write where the household is"));
	else if (in_china(lat, lon) && (lat > 66 || lat < -66))
		problems_add(
			reading->problems, reading->kind, reading->line,
			_("lon %.7f and lat %.7f look swapped: lon is the longitude (east), lat the latitude (north)"),
			lon, lat);
	else if (lat > 90 || lat < -90)
		problems_add(reading->problems, reading->kind, reading->line,
			     _("lat: %.7f is out of range: it must be -90 to 90"), lat);
	else
		return true;
	return false;
}

/* What the cells cannot tell alone: places, and the limits of proto/messages.def. */
static bool check_ladder(struct reading *reading, const struct pd_put_ladder *ladder)
{
	struct registry_decision decision = {0};
	char detail[PD_DETAIL_BYTES];
	ladder_check(NULL, ladder, &decision); /* as the broker will ask */
	if (!decision.refusal)
		return true;
	problems_add(reading->problems, reading->kind, reading->line, "%s",
		     pd_detail_text(&decision.detail, intl_language(), detail));
	return false;
}

static bool check_row(struct reading *reading, size_t row)
{
	struct pd_message message;
	struct pd_fault fault;
	char detail[PD_DETAIL_BYTES];
	rows_message(reading->rows, reading->kind, row, &message);
	if (reading->kind == ROWS_HOUSEHOLDS && !check_place(reading, &message.put_household))
		return false;
	if (pd_validate(&message, &fault) == PD_OK)
		return reading->kind != ROWS_LADDERS || check_ladder(reading, &message.put_ladder);
	problems_add(reading->problems, reading->kind, reading->line, "%s",
		     pd_detail_text(&fault.what, intl_language(), detail));
	return false;
}

/* "id, parent, ..." of the columns as they stand in the file, or as they are to be. */
static const char *list_columns(const struct reading *reading, bool in_file, char *list, size_t bytes)
{
	size_t used = 0;
	list[0] = 0;
	for (size_t i = 0; i < (in_file ? reading->in_file : reading->column_count) && used < bytes; i++) {
		const struct registry_csv_column *column = &reading->columns[in_file ? reading->order[i] : i];
		used += (size_t)snprintf(list + used, bytes - used, column->optional && !in_file ? "%s[%s]" : "%s%s",
					 i ? ", " : "", column->name);
	}
	return list;
}

/* Add the row if its id can be read, so that what names it finds it. Null: it cannot. */
static void *add_row(struct reading *reading, const struct csv_row *row)
{
	for (size_t i = 0; i < reading->in_file && i < row->count; i++) {
		uint32_t id[1] = {0};
		if (reading->order[i] != 0)
			continue;
		if (!read_number(reading, &reading->columns[0], row->fields[i], id))
			break;
		void *body = rows_add(reading->rows, reading->kind, row->line);
		return memcpy(body, id, sizeof id);
	}
	reading->rows->tables[reading->kind].incomplete = true;
	return NULL;
}

static void read_row(struct reading *reading, const struct csv_row *row)
{
	struct rows_table *table = &reading->rows->tables[reading->kind];
	bool good = row->count == reading->in_file;
	char list[200];
	if (!good)
		problems_add(reading->problems, reading->kind, row->line,
			     _("%zu fields, the header has %zu: write %s, and quote a field that holds a comma"),
			     row->count, reading->in_file, list_columns(reading, true, list, sizeof list));
	void *body = add_row(reading, row);
	if (!body)
		return;
	if (good)
		for (size_t i = 0; i < reading->in_file; i++)
			if (reading->order[i] != 0)
				good = read_cell(reading, &reading->columns[reading->order[i]], row->fields[i], body) &&
				       good;
	table->marks[table->count - 1].faulty = !good || !check_row(reading, table->count - 1);
}

/* ---- the header ---- */

static size_t find_column(const struct reading *reading, const char *name)
{
	for (size_t i = 0; i < reading->column_count; i++)
		if (strcmp(reading->columns[i].name, name) == 0)
			return i;
	return SIZE_MAX;
}

/* The header's cells as they stand there, for people. */
static const char *list_header(const struct csv_row *row, char *list, size_t bytes)
{
	size_t used = 0;
	char shown[EXCERPT_BYTES];
	list[0] = 0;
	for (size_t i = 0; i < row->count && i < CSV_FIELDS_MAX && used < bytes; i++)
		used += (size_t)snprintf(list + used, bytes - used, "%s%s", i ? ", " : "",
					 excerpt(row->fields[i], shown));
	return list;
}

static bool read_header(struct reading *reading, const struct csv_row *row)
{
	size_t before = reading->problems->count, known = 0;
	bool there[REGISTRY_CSV_COLUMNS_MAX] = {false};
	char shown[EXCERPT_BYTES], wanted[200], found[200];
	list_columns(reading, false, wanted, sizeof wanted);
	list_header(row, found, sizeof found);
	reading->in_file = row->count;
	for (size_t i = 0; i < row->count && i < CSV_FIELDS_MAX; i++)
		known += find_column(reading, row->fields[i].data) != SIZE_MAX;
	if (known == 0) {
		problems_add(reading->problems, reading->kind, row->line,
			     _("the first row is no header (%s): put %s there"), found, wanted);
		return false;
	}
	for (size_t i = 0; i < row->count && i < CSV_FIELDS_MAX; i++) {
		size_t column = find_column(reading, row->fields[i].data);
		if (column == SIZE_MAX)
			problems_add(reading->problems, reading->kind, reading->line,
				     _("column %s is unknown: the columns are %s"), excerpt(row->fields[i], shown),
				     wanted);
		else if (there[column])
			problems_add(reading->problems, reading->kind, reading->line,
				     _("column %s is there twice: the columns are %s"), reading->columns[column].name,
				     wanted);
		else
			there[column] = true;
		if (column != SIZE_MAX && i < reading->column_count)
			reading->order[i] = column;
	}
	for (size_t i = 0; i < reading->column_count; i++)
		if (!there[i] && !reading->columns[i].optional)
			problems_add(reading->problems, reading->kind, reading->line,
				     _("column %s is missing: add it; the header has %s"), reading->columns[i].name,
				     found);
	return reading->problems->count == before;
}

/* ---- files ---- */

static bool on_row(void *arg, const struct csv_row *row)
{
	struct reading *reading = arg;
	reading->line = row->line;
	if (!reading->headed) {
		reading->headed = true;
		reading->rows->tables[reading->kind].incomplete = !read_header(reading, row);
		return !reading->rows->tables[reading->kind].incomplete;
	}
	read_row(reading, row);
	return true;
}

static bool read_rows(struct rows *rows, enum rows_kind kind, struct problems *problems, const char *text, size_t bytes)
{
	struct reading reading = {.rows = rows, .problems = problems, .kind = kind};
	struct csv_fault fault;
	char list[200];
	if (kind == ROWS_CALENDARS)
		return calendar_csv_read(rows, text, bytes, problems);
	reading.column_count = registry_csv_columns(kind, reading.columns);
	if (csv_rows_read(text, bytes, on_row, &reading, &fault)) {
		problems_add(problems, kind, fault.line, _("%s; the rest of the file was not read"), fault.what);
		return false;
	}
	if (!reading.headed)
		problems_add(problems, kind, 0, _("the file is empty: its first row must be %s"),
			     list_columns(&reading, false, list, sizeof list));
	return reading.headed;
}

static void read_file(struct rows *rows, enum rows_kind kind, const char *path, struct problems *problems)
{
	struct pd_buffer text = {0};
	size_t start;
	if (!registry_text_read(path, kind, problems, &text, &start) ||
	    !read_rows(rows, kind, problems, text.data + start, text.count - start))
		rows->tables[kind].incomplete = true;
	pd_buffer_fini(&text);
}

struct rows *registry_csv_read(const char *dir, struct problems *problems)
{
	struct rows *rows = rows_new();
	for (enum rows_kind kind = 0; kind < ROWS_KINDS; kind++) {
		char *path = NULL;
		if (asprintf(&path, "%s/%s", dir, rows_file(kind)) < 0)
			abort();
		bool missing = rows_optional(kind) && access(path, F_OK) != 0;
		rows->tables[kind].absent = missing;
		if (kind == ROWS_SHAPES && !missing)
			registry_shapes_read(rows, path, &(struct registry_shapes){.crs = SHAPES_CRS_OF_FILE},
					     problems);
		else if (!missing)
			read_file(rows, kind, path, problems);
		free(path);
	}
	registry_relations_check(rows, problems);
	problems_sort(problems);
	return rows;
}

struct rows *registry_csv_read_file(const char *path, enum rows_kind kind, struct problems *problems)
{
	struct rows *rows = rows_new();
	read_file(rows, kind, path, problems);
	registry_relations_check_ids(rows, kind, problems);
	problems_sort(problems);
	return rows;
}
