/* script.h - a script's lines: words, texts in quotes, times. What cannot be read ends the program with 100 and says
 * where.
 *
 * A line's words are taken one after the other. A line that begins with # is a remark and has no words.
 */
#ifndef PAIDAN_SCRIPT_H
#define PAIDAN_SCRIPT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { SCRIPT_WORDS_MAX = 40, SCRIPT_LINE_BYTES = 4096 };

struct script {
	FILE *file;
	const char *path;
	unsigned number;              /* of the line */
	char line[SCRIPT_LINE_BYTES]; /* as it stands, without its end */
	char cut[SCRIPT_LINE_BYTES];  /* the same, cut into words */
	const char *words[SCRIPT_WORDS_MAX];
	bool quoted[SCRIPT_WORDS_MAX];
	unsigned count, taken;
};

/* Day 1 begins here: 2026-01-05, a Monday, 00:00 in China. */
#define SCRIPT_DAY_1_MS UINT64_C(1767542400000)

void script_open(struct script *script, const char *path);
void script_close(struct script *script);
/* The next line, cut into words; false at the end. */
bool script_next(struct script *script);

/* Ends the program: format says what is wrong with the line and what would be right. */
__attribute__((format(printf, 2, 3))) _Noreturn void script_fail(const struct script *script, const char *format, ...);

/* The next word or text, null when there is none left. */
const char *script_take(struct script *script);
/* The next one; what says what it should be. */
const char *script_need(struct script *script, const char *what);
/* Take the next word if it is this one. */
bool script_take_if(struct script *script, const char *word);
/* A text in quotes; null when none comes next. */
const char *script_text(struct script *script);
const char *script_need_text(struct script *script, const char *what);
uint32_t script_need_number(struct script *script, const char *what);
/* A duration like 30m, 12h or 7d, in s. */
uint32_t script_need_duration_s(struct script *script, const char *what);
/* `[day N] HH:MM[:SS]`; without the day, that of now_ms. */
uint64_t script_need_time_ms(struct script *script, uint64_t now_ms);
/* All words must have been taken. */
void script_need_end(const struct script *script);

enum { SCRIPT_TIME_BYTES = 32 };
/* A time as scripts write it, with seconds only if there are some. */
const char *script_time(uint64_t ms, char text[static SCRIPT_TIME_BYTES]);

#endif
