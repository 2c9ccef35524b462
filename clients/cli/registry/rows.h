/* rows.h - a whole registry as rows: what `paidan district` makes up and `paidan import` reads and sends.
 *
 * Invariants: a row is the body of its put_ message (struct pd_put_area, ...), whose first field is the id; the texts
 * of the rows live as long as the rows. Running out of memory ends the process. Threads: one.
 */
#ifndef PAIDAN_ROWS_H
#define PAIDAN_ROWS_H

#include "proto.h"

/* In the order in which a person would read the files. */
enum rows_kind {
	ROWS_AREAS,
	ROWS_HOUSEHOLDS,
	ROWS_PEOPLE,
	ROWS_CATEGORIES,
	ROWS_RULES,
	ROWS_SHAPES,
	ROWS_DUTIES,
	ROWS_LADDERS,
	ROWS_CALENDARS, /* a row for each year; its file has a row for each day, see calendar_csv.h */
	ROWS_PLANS,
	ROWS_KINDS
};

struct row_mark {
	uint32_t line; /* where the row begins in its file, of shapes which feature it is; 0: it comes from no file */
	bool faulty;   /* it has a problem: only its id can be relied on */
};

struct rows_table {
	char *bodies;
	struct row_mark *marks;
	size_t count, capacity;
	bool incomplete; /* rows are missing from it for they could not be read: what is not found may yet be there */
	bool absent;     /* there is no such file, which says nothing: what is set up may be there already */
};

struct rows_page;

struct rows {
	struct rows_table tables[ROWS_KINDS];
	struct rows_page *page;
};

struct rows *rows_new(void);
void rows_free(struct rows *rows);

/* "areas.csv", ... */
const char *rows_file(enum rows_kind kind);
/* A registry may be without this file. */
bool rows_optional(enum rows_kind kind);
enum pd_type rows_type(enum rows_kind kind);

/* A new row, all zero; it is valid until the next one of its kind is added. */
void *rows_add(struct rows *rows, enum rows_kind kind, uint32_t line);
/* A copy of text that lives as long as the rows, with a terminating zero that is not counted. */
struct pd_slice rows_text(struct rows *rows, const char *text, size_t bytes);
/* Room for so many numbers that live as long as the rows. */
uint64_t *rows_numbers(struct rows *rows, size_t count);
/* The body of row i. */
const char *rows_body(const struct rows *rows, enum rows_kind kind, size_t i);
/* Row i as the message that puts it; it borrows the row's texts. */
void rows_message(const struct rows *rows, enum rows_kind kind, size_t i, struct pd_message *message);

uint32_t rows_id(const struct rows *rows, enum rows_kind kind, size_t i);

static inline struct pd_put_area *rows_area(const struct rows *rows, size_t i)
{
	return (struct pd_put_area *)(void *)rows->tables[ROWS_AREAS].bodies + i;
}

static inline struct pd_put_household *rows_household(const struct rows *rows, size_t i)
{
	return (struct pd_put_household *)(void *)rows->tables[ROWS_HOUSEHOLDS].bodies + i;
}

static inline struct pd_put_person *rows_person(const struct rows *rows, size_t i)
{
	return (struct pd_put_person *)(void *)rows->tables[ROWS_PEOPLE].bodies + i;
}

static inline struct pd_put_category *rows_category(const struct rows *rows, size_t i)
{
	return (struct pd_put_category *)(void *)rows->tables[ROWS_CATEGORIES].bodies + i;
}

static inline struct pd_put_rule *rows_rule(const struct rows *rows, size_t i)
{
	return (struct pd_put_rule *)(void *)rows->tables[ROWS_RULES].bodies + i;
}

static inline struct pd_put_shape *rows_shape(const struct rows *rows, size_t i)
{
	return (struct pd_put_shape *)(void *)rows->tables[ROWS_SHAPES].bodies + i;
}

static inline struct pd_put_ladder *rows_ladder(const struct rows *rows, size_t i)
{
	return (struct pd_put_ladder *)(void *)rows->tables[ROWS_LADDERS].bodies + i;
}

static inline struct pd_put_calendar *rows_calendar(const struct rows *rows, size_t i)
{
	return (struct pd_put_calendar *)(void *)rows->tables[ROWS_CALENDARS].bodies + i;
}

/* ---- finding rows by id ---- */

struct rows_entry {
	uint32_t id, row;
};

/* The rows of one kind by id, equal ids in the order of the rows. Valid as long as none is added. */
struct rows_index {
	struct rows_entry *entries;
	size_t count;
};

void rows_index_init(struct rows_index *index, const struct rows *rows, enum rows_kind kind);
void rows_index_fini(struct rows_index *index);
/* The first row with this id; SIZE_MAX when there is none. */
size_t rows_index_find(const struct rows_index *index, uint32_t id);

#endif
