#include "registry_csv.h"

#include <assert.h>
#include <csv.h>
#include <stdio.h>
#include <string.h>

#include "calendar_csv.h"
#include "ladder_text.h"
#include "registry_shapes.h"

/* With "?" before what may be left out. */
static const char *const names[ROWS_KINDS][REGISTRY_CSV_COLUMNS_MAX] = {
	[ROWS_AREAS] = {"id", "parent", "level", "kind", "name"},
	[ROWS_HOUSEHOLDS] = {"id", "area", "centre", "address", "lon", "lat", "?priority"},
	[ROWS_PEOPLE] = {"id", "post", "area", "household", "name", "phone"},
	[ROWS_CATEGORIES] = {"id", "name", "level", "urgency", "accept_within_s", "complete_within_s", "?area",
			     "?accept_clock", "?complete_clock", "?ladder", "?idle_within_s", "?emergency_only"},
	[ROWS_RULES] = {"id", "name", "category", "area", "post", "weekdays", "from", "to", "keyword", "holder",
			"level"},
	[ROWS_DUTIES] = {"id", "name", "category", "area", "each", "weekdays", "month_day", "minute", "text", "from",
			 "until", "workdays"},
	[ROWS_LADDERS] = {"id", "name", "steps"},
	[ROWS_PLANS] = {"id", "name", "area", "accept_percent", "complete_percent", "running", "lasts_s", "ladder",
			"notice", "roll_call", "roll_category", "?categories", "?call_out"},
};

/* A column is called like its field in proto/messages.def, but for the id, which comes first, and without the units of
 * degrees, times of day and days. */
static const struct pd_field *field_of(const struct pd_message_info *info, const char *name)
{
	if (strcmp(name, "id") == 0)
		return &info->fields[0];
	for (size_t i = 0; i < info->field_count; i++) {
		const char *field = info->fields[i].name;
		size_t length = strlen(name);
		if (strncmp(field, name, length) == 0 &&
		    (!field[length] || strcmp(field + length, "_e7") == 0 || strcmp(field + length, "_min") == 0 ||
		     strcmp(field + length, "_day") == 0))
			return &info->fields[i];
	}
	assert(!"a column without a field");
	return NULL;
}

size_t registry_csv_columns(enum rows_kind kind, struct registry_csv_column columns[static REGISTRY_CSV_COLUMNS_MAX])
{
	const struct pd_message_info *info = pd_message_info(rows_type(kind));
	size_t count = 0;
	for (; count < REGISTRY_CSV_COLUMNS_MAX && names[kind][count]; count++) {
		bool optional = names[kind][count][0] == '?';
		const char *name = names[kind][count] + optional;
		columns[count] = (struct registry_csv_column){name, field_of(info, name), optional};
	}
	return count;
}

const char *registry_csv_words(const struct pd_field *field)
{
	static const char prefix[] = "enum ";
	return strncmp(field->unit, prefix, sizeof prefix - 1) == 0 ? field->unit + sizeof prefix - 1 : NULL;
}

/* ---- printing ---- */

static void print_number(struct pd_buffer *out, uint64_t number)
{
	char digits[20];
	size_t at = sizeof digits;
	do
		digits[--at] = (char)('0' + number % 10);
	while (number /= 10);
	pd_buffer_add(out, digits + at, sizeof digits - at);
}

static void print_degrees(struct pd_buffer *out, int32_t degrees_e7)
{
	char text[24];
	uint32_t size = degrees_e7 < 0 ? -(uint32_t)degrees_e7 : (uint32_t)degrees_e7;
	int bytes = snprintf(text, sizeof text, "%s%u.%07u", degrees_e7 < 0 ? "-" : "", size / REGISTRY_CSV_DEGREE_E7,
			     size % REGISTRY_CSV_DEGREE_E7);
	pd_buffer_add(out, text, (size_t)bytes);
}

/* RFC 4180, section 2; blanks at the ends are quoted, too, for a reader may drop them. */
static bool needs_quotes(struct pd_slice text)
{
	for (uint32_t i = 0; i < text.bytes; i++)
		if (strchr("\",\r\n", text.data[i]))
			return true;
	return text.bytes && (strchr(" \t", text.data[0]) || strchr(" \t", text.data[text.bytes - 1]));
}

void registry_csv_print_text(struct pd_buffer *out, struct pd_slice text)
{
	if (!needs_quotes(text)) {
		pd_buffer_add(out, text.data, text.bytes);
		return;
	}
	size_t bytes = csv_write(NULL, 0, text.data, text.bytes);
	csv_write(pd_buffer_room(out, bytes), bytes, text.data, text.bytes);
}

bool registry_csv_is_percent(const struct pd_field *field)
{
	return strcmp(field->unit, "%") == 0;
}

bool registry_csv_is_day(const struct pd_field *field)
{
	return strcmp(field->name, "month_day") == 0;
}

bool registry_csv_is_list(const struct pd_field *field)
{
	return strcmp(field->name, "categories") == 0;
}

bool registry_csv_is_posts(const struct pd_field *field)
{
	return strcmp(field->name, "call_out") == 0;
}

static void print_posts(struct pd_buffer *out, unsigned posts)
{
	const char *between = "";
	for (unsigned post = 1; post < PD_post_end; post++) {
		if (!(posts & 1u << post))
			continue;
		pd_buffer_add(out, between, strlen(between));
		registry_csv_print_text(out, pd_text(pd_word("post", post)));
		between = " ";
	}
}

static void print_list(struct pd_buffer *out, struct pd_u64s numbers)
{
	for (uint32_t i = 0; i < numbers.count; i++) {
		pd_buffer_add(out, " ", i > 0);
		print_number(out, numbers.values[i]);
	}
}

static void print_weekdays(struct pd_buffer *out, unsigned weekdays)
{
	for (unsigned day = 0; day < 7; day++)
		if (weekdays & 1u << day)
			pd_buffer_add(out, &"1234567"[day], 1);
}

static void print_time_of_day(struct pd_buffer *out, const char *at)
{
	uint16_t minute;
	char text[16];
	memcpy(&minute, at, sizeof minute);
	int bytes = snprintf(text, sizeof text, "%02u:%02u", minute / 60, minute % 60);
	pd_buffer_add(out, text, (size_t)bytes);
}

static void print_cell(struct pd_buffer *out, const struct registry_csv_column *column, const char *at)
{
	const struct pd_field *field = column->field;
	const char *set = registry_csv_words(field);
	uint32_t number;
	uint16_t percent;
	int32_t degrees_e7;
	struct pd_slice text;
	struct pd_u64s numbers;
	switch (field->kind) {
	case PD_U64S:
		memcpy(&numbers, at, sizeof numbers);
		if (registry_csv_is_list(field))
			print_list(out, numbers);
		else
			ladder_text_print(numbers, pd_word, out);
		break;
	case PD_TEXT:
		memcpy(&text, at, sizeof text);
		registry_csv_print_text(out, text);
		break;
	case PD_I32:
		memcpy(&degrees_e7, at, sizeof degrees_e7);
		print_degrees(out, degrees_e7);
		break;
	case PD_U8:
		if (set && *(const uint8_t *)at)
			registry_csv_print_text(out, pd_text(pd_word(set, *(const uint8_t *)at)));
		else if (!set && registry_csv_is_day(field) && *(const uint8_t *)at)
			print_number(out, *(const uint8_t *)at);
		else if (!set && !registry_csv_is_day(field))
			print_weekdays(out, *(const uint8_t *)at);
		break;
	case PD_U16:
		if (!registry_csv_is_percent(field) && !registry_csv_is_posts(field)) {
			print_time_of_day(out, at);
			break;
		}
		memcpy(&percent, at, sizeof percent);
		if (registry_csv_is_posts(field)) {
			print_posts(out, percent);
			break;
		}
		print_number(out, percent);
		break;
	case PD_BOOL: registry_csv_print_text(out, pd_text(*(const bool *)at ? "yes" : "")); break;
	default:
		memcpy(&number, at, sizeof number);
		if (number || !column->optional)
			print_number(out, number);
	}
}

size_t registry_csv_print(const struct rows *rows, enum rows_kind kind, struct pd_buffer *out)
{
	struct registry_csv_column columns[REGISTRY_CSV_COLUMNS_MAX];
	if (kind == ROWS_CALENDARS)
		return calendar_csv_print(rows, out);
	if (kind == ROWS_SHAPES) {
		registry_shapes_print(rows, NULL, NULL, out);
		return rows->tables[kind].count;
	}
	size_t count = registry_csv_columns(kind, columns);
	for (size_t i = 0; i < count; i++) {
		pd_buffer_add(out, columns[i].name, strlen(columns[i].name));
		pd_buffer_add(out, i + 1 < count ? "," : "\n", 1);
	}
	for (size_t row = 0; row < rows->tables[kind].count; row++)
		for (size_t i = 0; i < count; i++) {
			print_cell(out, &columns[i], rows_body(rows, kind, row) + columns[i].field->offset);
			pd_buffer_add(out, i + 1 < count ? "," : "\n", 1);
		}
	return rows->tables[kind].count;
}
