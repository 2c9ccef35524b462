/* print.h - for people: tables whose columns stand under each other in Chinese, too; times, durations, texts.
 *
 * Texts come from anybody: what would control a terminal is never printed as it is. Threads: one.
 */
#ifndef PAIDAN_PRINT_H
#define PAIDAN_PRINT_H

#include <stdio.h>

#include "paidan.h"

enum { PRINT_TIME_BYTES = 32 };

/* Have characters be understood as UTF-8. To be called once, at the start. */
void print_init(void);

/* Text in one line: control characters become blanks. */
void print_text(FILE *out, struct pd_slice text);
/* The same into clean, cut off where it ends. Returns clean. */
char *print_clean(struct pd_slice text, char *clean, size_t clean_bytes);
/* The next character of text: its bytes and columns. Columns are negative when it must not be printed. */
size_t print_char(const char *text, size_t bytes, int *columns);
/* Columns that text takes on a terminal. */
unsigned print_width(const char *text, size_t bytes);

/* Columns of the terminal that stdout is; 0: it is none. */
unsigned print_terminal_columns(void);

/* Text in one line, with blanks behind it up to so many columns. */
void print_column(FILE *out, const char *text, unsigned columns);

/* "2025-11-23 23:57:01" in local time; "-" for 0. Return text. */
char *print_time(uint64_t unix_ms, char text[static PRINT_TIME_BYTES]);
/* "850 ms", "12.3 s", "25 min", "3 h", "2.5 d". */
char *print_duration(uint64_t ms, char text[static PRINT_TIME_BYTES]);
/* Milliseconds of a clock that never goes back; of the wall clock. */
uint64_t print_now_ms(void);
uint64_t print_wall_ms(void);

/* ---- tables ---- */

struct table;

/* Columns are separated by blanks; a title that begins with ">" is of a column of numbers, set to the right. Ends with
 * null; in N_(): it is translated here. */
struct table *table_new(const char *const *titles);
void table_free(struct table *table);
/* Cut what stands in the last column so that a row, which may take several lines of a terminal, ends within one of so
 * many columns. 0: nothing is cut. */
void table_cut(struct table *table, unsigned columns);
/* Add a cell to the last row; with the last column the row is done. The text is copied. */
void table_text(struct table *table, struct pd_slice text);
__attribute__((format(printf, 2, 3))) void table_cell(struct table *table, const char *format, ...);
/* Print the rows that were added since the last time, below the titles the first time. Widths only ever grow. */
void table_print(struct table *table, FILE *out);

#endif
