/* calendar_csv.h - calendars as a file of days, of one year or of several:
 *
 *   date,kind,name
 *   2026-01-01,holiday,元旦
 *   2026-01-04,workday,元旦调休
 *   2026,hours,08:30-12:00 13:30-17:30
 *
 * The columns may stand in any order. kind is holiday (放假), workday (上班: a Saturday or Sunday that is worked) or
 * hours (工时: of the year that stands for the date, and its working hours for the name; without it they are the usual
 * ones).
 */
#ifndef PAIDAN_CALENDAR_CSV_H
#define PAIDAN_CALENDAR_CSV_H

#include "buffer.h"
#include "problems.h"
#include "rows.h"

enum { CALENDAR_CSV_HOURS_MAX = 8 };

/* Add a row of ROWS_CALENDARS for each year of text, the earliest first, and what is wrong to problems. False: the text
 * could not be read to its end. */
bool calendar_csv_read(struct rows *rows, const char *text, size_t bytes, struct problems *problems);

/* Append the file of the rows; returns how many rows it has below its header. */
size_t calendar_csv_print(const struct rows *rows, struct pd_buffer *out);

/* "08:30-12:00 13:30-17:30", also with commas, as minutes of the day. False: it is not that, or more than fits. */
bool calendar_csv_hours(const char *text, size_t bytes, uint64_t minutes[static CALENDAR_CSV_HOURS_MAX],
			uint32_t *count);
/* Append them, with between between from and to of each and the next. */
void calendar_csv_print_hours(struct pd_u64s hours, const char *between, struct pd_buffer *out);

/* Line i of a calendar's names; empty when there are not so many. */
struct pd_slice calendar_csv_name(struct pd_slice names, uint32_t i);

#endif
