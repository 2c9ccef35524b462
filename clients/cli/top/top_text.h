/* top_text.h - texts on a screen of cells: cut to a width, filled up to it, and rows of numbers as little bars.
 *
 * A character that takes two columns is never halved: where it would be, a blank stands. Threads: one, after
 * print_init.
 */
#ifndef PAIDAN_TOP_TEXT_H
#define PAIDAN_TOP_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* The most bytes that a text of so many columns takes: a character has at most four bytes, and one that takes no column
 * of its own is left out once the room is short. */
enum { TOP_TEXT_BYTES_A_COLUMN = 8 };

/* TOP_END: as TOP_LEFT, but what has no room is cut at its beginning: names of areas differ at their end. */
enum top_align { TOP_LEFT, TOP_RIGHT, TOP_END };

/* Write text into exactly so many columns: filled up with blanks on the other side than align says, or cut, with an
 * ellipsis ("~" with ascii) as its last column, or its first. Control characters become blanks. out has room for
 * columns * TOP_TEXT_BYTES_A_COLUMN + 1 bytes. Returns out. */
char *top_fit(char *out, const char *text, unsigned columns, enum top_align align, bool ascii);

/* One bar a column for each of count values, the last one last, from nothing (0) to full (highest or more), in eight
 * steps; what is more than 0 shows. With ascii ".:-=+*#@" stand for the bars. out has room for 3 * count + 1 bytes.
 * Returns out. */
char *top_spark(char *out, const float *values, unsigned count, float highest, bool ascii);

#endif
