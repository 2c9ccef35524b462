/* moment.h - times on a command line: of the clocks here, with an offset, or so long from now. Threads: one. */
#ifndef PAIDAN_MOMENT_H
#define PAIDAN_MOMENT_H

#include "tool.h"

/* The moment that text means, in ms since 1970: 2026-12-01 (when the day begins), 2026-12-01 08:30,
 * 2026-12-01T08:30:00+08:00; or +3d, +2h, +30m, +90s from now on. *ms is untouched when text
 * is null. False: it is none, and stderr says so of what. */
bool moment_read(const struct cli *cli, const char *what, const char *text, uint64_t *ms);
/* The same without a word: PD_EINVAL: it is none; PD_ENOENT: it is before 1970. */
PD_MUST_USE enum pd_err moment_parse(const char *text, uint64_t *ms);

/* Seconds as they are written in files and options: 30m, 1h, 2d, 90s or 90. False: it is none, or more than fits. */
bool moment_span(const char *text, size_t bytes, uint32_t *s);
/* The shortest of these that moment_span reads back: "30m" for 1800. */
enum { MOMENT_SPAN_BYTES = 16 };
char *moment_print_span(uint32_t s, char text[static MOMENT_SPAN_BYTES]);

#endif
