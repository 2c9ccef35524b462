/* problems.h - what is wrong with a folder of files: gathered in any order, said in the order of files and lines.
 *
 * Invariant: a text is one line, without file and line: "what is wrong: what would be right". Threads: one.
 */
#ifndef PAIDAN_PROBLEMS_H
#define PAIDAN_PROBLEMS_H

#include <stdint.h>
#include <stdio.h>

#include "rows.h"

enum { PROBLEMS_SHOWN_MAX = 20, PROBLEM_TEXT_BYTES = 400 };

struct problem {
	enum rows_kind kind; /* whose file */
	uint32_t line;       /* 0: the file as a whole */
	size_t seq;          /* the order in which they were added */
	char *text;
};

struct problems {
	struct problem *list;
	size_t count, capacity;
};

__attribute__((format(printf, 4, 5))) void problems_add(struct problems *problems, enum rows_kind kind, uint32_t line,
							const char *format, ...);
/* By file, then by line; of one line in the order in which they were added. */
void problems_sort(struct problems *problems);
/* "DIR/FILE:LINE: text" each, at most PROBLEMS_SHOWN_MAX of them, then how many there are besides. folder: path is DIR;
 * else it is the file itself. */
void problems_print(const struct problems *problems, const char *path, bool folder, FILE *out);
void problems_fini(struct problems *problems);

#endif
