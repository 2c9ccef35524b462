#include "log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char *const level_names[] = {"error", "warn", "info", "debug"};
static _Atomic int level_now = LOG_INFO;

void log_set_level(enum log_level level)
{
	level_now = (int)level;
}

int log_level_parse(const char *name)
{
	for (int i = LOG_ERROR; i <= LOG_DEBUG; i++)
		if (strcmp(name, level_names[i]) == 0)
			return i;
	return -1;
}

void log_line(enum log_level level, const char *what, const char *fields, ...)
{
	if ((int)level > level_now)
		return;
	char line[1400];
	struct timespec now;
	struct tm utc;
	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &utc);
	size_t used = strftime(line, sizeof line, "time=%Y-%m-%dT%H:%M:%S", &utc);
	used += (size_t)snprintf(line + used, sizeof line - used, ".%03ldZ level=%s what=%s ", now.tv_nsec / 1000000,
				 level_names[level], what);
	va_list args;
	va_start(args, fields);
	int more = vsnprintf(line + used, sizeof line - used - 1, fields, args);
	va_end(args);
	used += more < 0 ? 0 : (size_t)more;
	if (used > sizeof line - 2)
		used = sizeof line - 2;
	line[used++] = '\n';
	/* One write a line, so that lines of several threads do not mix. There is nobody to tell if it fails. */
	if (write(STDERR_FILENO, line, used) < 0)
		return;
}

const char *log_quote(const char *text, unsigned bytes, struct log_quoted *quoted)
{
	size_t n = 0;
	quoted->text[n++] = '"';
	for (unsigned i = 0; i < bytes && n < sizeof quoted->text - 4; i++) {
		unsigned char c = (unsigned char)text[i];
		if (c == '"' || c == '\\')
			quoted->text[n++] = '\\';
		quoted->text[n++] = c < 0x20 || c == 0x7f ? ' ' : (char)c;
	}
	quoted->text[n++] = '"';
	quoted->text[n] = 0;
	return quoted->text;
}
