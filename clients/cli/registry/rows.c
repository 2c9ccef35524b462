#include "rows.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(offsetof(struct pd_put_area, area) == 0 && offsetof(struct pd_put_household, household) == 0 &&
		       offsetof(struct pd_put_person, person) == 0 && offsetof(struct pd_put_category, category) == 0 &&
		       offsetof(struct pd_put_rule, rule) == 0 && offsetof(struct pd_put_shape, area) == 0 &&
		       offsetof(struct pd_put_ladder, ladder) == 0 && offsetof(struct pd_put_calendar, calendar) == 0,
	       "a row's id is its first field");

enum { PAGE_BYTES = 256 * 1024 };

struct rows_page {
	struct rows_page *before;
	size_t used, capacity;
	char bytes[];
};

static const struct {
	const char *file;
	enum pd_type type;
	size_t body_bytes;
} kinds[ROWS_KINDS] = {
	[ROWS_AREAS] = {"areas.csv", PD_MSG_put_area, sizeof(struct pd_put_area)},
	[ROWS_HOUSEHOLDS] = {"households.csv", PD_MSG_put_household, sizeof(struct pd_put_household)},
	[ROWS_PEOPLE] = {"people.csv", PD_MSG_put_person, sizeof(struct pd_put_person)},
	[ROWS_CATEGORIES] = {"categories.csv", PD_MSG_put_category, sizeof(struct pd_put_category)},
	[ROWS_RULES] = {"rules.csv", PD_MSG_put_rule, sizeof(struct pd_put_rule)},
	[ROWS_SHAPES] = {"shapes.geojson", PD_MSG_put_shape, sizeof(struct pd_put_shape)},
	[ROWS_DUTIES] = {"duties.csv", PD_MSG_put_duty, sizeof(struct pd_put_duty)},
	[ROWS_LADDERS] = {"ladders.csv", PD_MSG_put_ladder, sizeof(struct pd_put_ladder)},
	[ROWS_CALENDARS] = {"calendars.csv", PD_MSG_put_calendar, sizeof(struct pd_put_calendar)},
	[ROWS_PLANS] = {"plans.csv", PD_MSG_put_plan, sizeof(struct pd_put_plan)},
};

static void *grown(void *data, size_t bytes)
{
	data = realloc(data, bytes);
	if (!data)
		abort();
	return data;
}

struct rows *rows_new(void)
{
	struct rows *rows = grown(NULL, sizeof *rows);
	*rows = (struct rows){0};
	return rows;
}

void rows_free(struct rows *rows)
{
	if (!rows)
		return;
	for (int kind = 0; kind < ROWS_KINDS; kind++) {
		free(rows->tables[kind].bodies);
		free(rows->tables[kind].marks);
	}
	for (struct rows_page *page = rows->page; page;) {
		struct rows_page *before = page->before;
		free(page);
		page = before;
	}
	free(rows);
}

const char *rows_file(enum rows_kind kind)
{
	assert(kind < ROWS_KINDS);
	return kinds[kind].file;
}

bool rows_optional(enum rows_kind kind)
{
	return kind >= ROWS_RULES;
}

enum pd_type rows_type(enum rows_kind kind)
{
	assert(kind < ROWS_KINDS);
	return kinds[kind].type;
}

void *rows_add(struct rows *rows, enum rows_kind kind, uint32_t line)
{
	struct rows_table *table = &rows->tables[kind];
	size_t bytes = kinds[kind].body_bytes;
	if (table->count == table->capacity) {
		table->capacity = table->capacity ? table->capacity * 2 : 1024;
		table->bodies = grown(table->bodies, bytes * table->capacity);
		table->marks = grown(table->marks, sizeof *table->marks * table->capacity);
	}
	assert(table->count < UINT32_MAX);
	table->marks[table->count] = (struct row_mark){.line = line};
	return memset(table->bodies + bytes * table->count++, 0, bytes);
}

static char *page_room(struct rows *rows, size_t bytes)
{
	struct rows_page *page = rows->page;
	if (!page || page->capacity - page->used < bytes) {
		size_t capacity = bytes < PAGE_BYTES ? PAGE_BYTES : bytes;
		page = grown(NULL, sizeof *page + capacity);
		*page = (struct rows_page){.before = rows->page, .capacity = capacity};
		rows->page = page;
	}
	char *at = page->bytes + page->used;
	page->used += bytes;
	return at;
}

struct pd_slice rows_text(struct rows *rows, const char *text, size_t bytes)
{
	char *at = page_room(rows, bytes + 1);
	if (bytes)
		memcpy(at, text, bytes);
	at[bytes] = 0;
	return (struct pd_slice){at, (uint32_t)bytes};
}

uint64_t *rows_numbers(struct rows *rows, size_t count)
{
	enum { SIZE = sizeof(uint64_t) };
	char *at = page_room(rows, count * SIZE + SIZE - 1);
	return (uint64_t *)(void *)(at + (SIZE - (uintptr_t)at % SIZE) % SIZE);
}

const char *rows_body(const struct rows *rows, enum rows_kind kind, size_t i)
{
	assert(i < rows->tables[kind].count);
	return rows->tables[kind].bodies + kinds[kind].body_bytes * i;
}

void rows_message(const struct rows *rows, enum rows_kind kind, size_t i, struct pd_message *message)
{
	message->type = kinds[kind].type;
	message->request = 0;
	memcpy(&message->ok, rows_body(rows, kind, i), kinds[kind].body_bytes);
}

uint32_t rows_id(const struct rows *rows, enum rows_kind kind, size_t i)
{
	uint32_t id;
	memcpy(&id, rows_body(rows, kind, i), sizeof id);
	return id;
}

static int compare_entries(const void *a, const void *b)
{
	const struct rows_entry *x = a, *y = b;
	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	return (x->row > y->row) - (x->row < y->row);
}

void rows_index_init(struct rows_index *index, const struct rows *rows, enum rows_kind kind)
{
	index->count = rows->tables[kind].count;
	index->entries = grown(NULL, sizeof *index->entries * (index->count + 1));
	bool sorted = true; /* as files mostly are */
	for (size_t i = 0; i < index->count; i++) {
		index->entries[i] = (struct rows_entry){rows_id(rows, kind, i), (uint32_t)i};
		sorted = sorted && (i == 0 || index->entries[i - 1].id <= index->entries[i].id);
	}
	if (!sorted)
		qsort(index->entries, index->count, sizeof *index->entries, compare_entries);
}

void rows_index_fini(struct rows_index *index)
{
	free(index->entries);
	*index = (struct rows_index){0};
}

size_t rows_index_find(const struct rows_index *index, uint32_t id)
{
	size_t low = 0, high = index->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (index->entries[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low < index->count && index->entries[low].id == id ? index->entries[low].row : SIZE_MAX;
}
