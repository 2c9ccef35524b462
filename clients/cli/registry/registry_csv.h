/* registry_csv.h - a registry as a folder of files: areas.csv, households.csv, people.csv, categories.csv; and if there
 * are any, rules.csv, duties.csv, plans.csv, ladders.csv, calendars.csv (calendar_csv.h), shapes.geojson
 * (registry_shapes.h).
 *
 * A table has a header row. Its columns are fields of the put_ message (proto/messages.def), in any order; those in
 * brackets may be left out:
 *
 *   areas.csv        id,parent,level,kind,name
 *   households.csv   id,area,centre,address,lon,lat[,priority]
 *   people.csv       id,post,area,household,name,phone
 *   categories.csv   id,name,level,urgency,accept_within_s,complete_within_s[,area][,accept_clock][,complete_clock]
 *                    [,ladder][,idle_within_s][,emergency_only]
 *   rules.csv        id,name,category,area,post,weekdays,from,to,keyword,holder,level
 *   duties.csv       id,name,category,area,each,weekdays,month_day,minute,text,from,until,workdays
 *   ladders.csv      id,name,steps
 *   plans.csv        id,name,area,accept_percent,complete_percent,running,lasts_s,ladder,notice,roll_call,roll_category
 *                    [,categories][,call_out]
 *
 * id is the area, household, person, category, ...; lon and lat are decimal degrees (WGS84); level, kind, post,
 * urgency, priority and clocks are words of proto/enums.def, in English or Chinese; what may be 0 may be left empty.
 * weekdays are digits, 1 Monday to 7 Sunday, empty: all, of duties none; each, workdays and emergency_only are yes, or
 * no or empty; of duties minute is a time of day, from and until are days like 20260105; of rules from and to are times
 * of day like 08:30, empty: the whole day. Steps are as ladder_text.h says; categories are ids and call_out posts with
 * blanks between them. UTF-8, with or without a byte order mark. Threads: one.
 */
#ifndef PAIDAN_REGISTRY_CSV_H
#define PAIDAN_REGISTRY_CSV_H

#include "buffer.h"
#include "problems.h"
#include "rows.h"

enum { REGISTRY_CSV_COLUMNS_MAX = 13, REGISTRY_CSV_FILE_MIB_MAX = 256, REGISTRY_CSV_DEGREE_E7 = 10000000 };

/* A column and the field of the put_ message behind it. */
struct registry_csv_column {
	const char *name;
	const struct pd_field *field;
	bool optional;
};

/* The columns of a file in the order in which they are written; returns their number. Not of calendars and shapes. */
size_t registry_csv_columns(enum rows_kind kind, struct registry_csv_column columns[static REGISTRY_CSV_COLUMNS_MAX]);

/* The set of words behind a field, e.g. "level"; null when it holds no word. */
const char *registry_csv_words(const struct pd_field *field);

/* Whether a small number is a day of the month, and not days of the week. */
bool registry_csv_is_day(const struct pd_field *field);
/* Whether a number is a percentage, and not a time of day. */
bool registry_csv_is_percent(const struct pd_field *field);
/* Whether a number is a set of posts. */
bool registry_csv_is_posts(const struct pd_field *field);
/* Whether numbers are a list of ids, and not the steps of a ladder. */
bool registry_csv_is_list(const struct pd_field *field);

/* Read the files of dir and check all that can be checked without the broker: each cell, each row, and how the
 * rows fit together. What is wrong is added to problems, in the order of the files; the rows are good only if nothing
 * was. Never null; free with rows_free. */
struct rows *registry_csv_read(const char *dir, struct problems *problems);

/* Read one file of a table alone; what it names is not looked for. As above. */
struct rows *registry_csv_read_file(const char *path, enum rows_kind kind, struct problems *problems);

/* Append the file of a kind to out: of shapes GeoJSON, else a table: UTF-8, LF, fields quoted where RFC 4180 asks for
 * it. Returns how many rows it has. */
size_t registry_csv_print(const struct rows *rows, enum rows_kind kind, struct pd_buffer *out);
/* Append a field, quoted if it has to be. */
void registry_csv_print_text(struct pd_buffer *out, struct pd_slice text);

#endif
