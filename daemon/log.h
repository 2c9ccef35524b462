/* log.h - one line of logfmt per happening, on standard error. Threads: any. */
#ifndef PAIDAN_LOG_H
#define PAIDAN_LOG_H

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

void log_set_level(enum log_level level);
/* -1: there is no such level. */
int log_level_parse(const char *name);
/* fields: the rest of the line in logfmt, e.g. log_line(LOG_INFO, "listening", "endpoint=%s", endpoint). Text that may
 * hold blanks is to be put into log_quote first. */
__attribute__((format(printf, 3, 4))) void log_line(enum log_level level, const char *what, const char *fields, ...);

struct log_quoted {
	char text[512];
};
/* Text as a logfmt value: quoted, with quotes and control characters escaped, cut if too long. */
const char *log_quote(const char *text, unsigned bytes, struct log_quoted *quoted);

#endif
