#include "script.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { DAY_MS = 86400000 };

void script_open(struct script *script, const char *path)
{
	*script = (struct script){.path = path, .file = fopen(path, "r")};
	if (!script->file) {
		fprintf(stderr, "paidan-transcript: %s: %s\n", path, strerror(errno));
		exit(100);
	}
}

void script_close(struct script *script)
{
	fclose(script->file);
}

void script_fail(const struct script *script, const char *format, ...)
{
	char what[400];
	va_list args;
	va_start(args, format);
	vsnprintf(what, sizeof what, format, args);
	va_end(args);
	fflush(stdout);
	fprintf(stderr, "%s:%u: %s\n    %s\n", script->path, script->number, what, script->line);
	exit(100);
}

/* One word or text from *at on, which is moved behind it. */
static void cut_word(struct script *script, char **at)
{
	char *begin = *at;
	bool quoted = *begin == '"';
	if (script->count == SCRIPT_WORDS_MAX)
		script_fail(script, "this line has more than %d words", SCRIPT_WORDS_MAX);
	if (quoted)
		begin++;
	char *end = begin + strcspn(begin, quoted ? "\"" : " \t");
	if (quoted && !*end)
		script_fail(script, "the text has no closing quote");
	*at = *end ? end + 1 : end;
	*end = 0;
	script->quoted[script->count] = quoted;
	script->words[script->count++] = begin;
}

bool script_next(struct script *script)
{
	script->count = script->taken = 0;
	if (!fgets(script->line, sizeof script->line, script->file))
		return false;
	script->number++;
	size_t bytes = strlen(script->line);
	if (bytes == 0 || script->line[bytes - 1] != '\n')
		script_fail(script, "this line is longer than %d bytes, or has no end", SCRIPT_LINE_BYTES - 2);
	script->line[bytes - 1] = 0;
	memcpy(script->cut, script->line, bytes);
	if (script->line[0] == '#')
		return true;
	for (char *at = script->cut; *(at += strspn(at, " \t"));)
		cut_word(script, &at);
	return true;
}

const char *script_take(struct script *script)
{
	return script->taken < script->count ? script->words[script->taken++] : NULL;
}

const char *script_need(struct script *script, const char *what)
{
	const char *word = script_take(script);
	if (!word)
		script_fail(script, "%s is missing at the end of the line", what);
	return word;
}

bool script_take_if(struct script *script, const char *word)
{
	if (script->taken == script->count || script->quoted[script->taken] ||
	    strcmp(script->words[script->taken], word) != 0)
		return false;
	script->taken++;
	return true;
}

const char *script_text(struct script *script)
{
	bool comes = script->taken < script->count && script->quoted[script->taken];
	return comes ? script_take(script) : NULL;
}

const char *script_need_text(struct script *script, const char *what)
{
	const char *text = script_text(script);
	if (!text)
		script_fail(script, "%s is missing: it stands in double quotes", what);
	return text;
}

/* The number at *word, which is moved behind it; false when there is none. */
static bool read_number(const char **word, uint32_t *number)
{
	char *end;
	if (**word < '0' || **word > '9')
		return false;
	errno = 0;
	unsigned long value = strtoul(*word, &end, 10);
	*word = end;
	*number = (uint32_t)value;
	return errno == 0 && value <= UINT32_MAX;
}

uint32_t script_need_number(struct script *script, const char *what)
{
	const char *word = script_need(script, what), *at = word;
	uint32_t number;
	if (!read_number(&at, &number) || *at)
		script_fail(script, "%s is a number, not \"%s\"", what, word);
	return number;
}

uint32_t script_need_duration_s(struct script *script, const char *what)
{
	static const struct {
		const char *unit;
		uint32_t seconds;
	} units[] = {{"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}};
	const char *word = script_need(script, what), *at = word;
	uint32_t number;
	bool read = read_number(&at, &number);
	for (unsigned i = 0; read && i < 4; i++)
		if (strcmp(at, units[i].unit) == 0)
			return number * units[i].seconds;
	script_fail(script, "%s is a time like 90s, 30m, 12h or 7d, not \"%s\"", what, word);
}

uint64_t script_need_time_ms(struct script *script, uint64_t now_ms)
{
	uint64_t day = (now_ms - SCRIPT_DAY_1_MS) / DAY_MS;
	if (script_take_if(script, "day"))
		day = script_need_number(script, "the day") - UINT64_C(1);
	const char *word = script_need(script, "a time like 09:30"), *at = word;
	uint32_t hours, minutes, seconds = 0;
	bool read = read_number(&at, &hours) && *at++ == ':' && read_number(&at, &minutes) &&
		    (*at == 0 || (*at++ == ':' && read_number(&at, &seconds) && *at == 0));
	if (!read || hours > 23 || minutes > 59 || seconds > 59)
		script_fail(script, "a time is written like 09:30, 09:30:05 or day 2 09:30, not \"%s\"", word);
	return SCRIPT_DAY_1_MS + day * DAY_MS + ((hours * 60 + minutes) * 60 + seconds) * UINT64_C(1000);
}

void script_need_end(const struct script *script)
{
	if (script->taken < script->count)
		script_fail(script, "\"%s\" is one word too many", script->words[script->taken]);
}

const char *script_time(uint64_t ms, char text[static SCRIPT_TIME_BYTES])
{
	if (ms < SCRIPT_DAY_1_MS) {
		snprintf(text, SCRIPT_TIME_BYTES, "%.1f days before", (double)(SCRIPT_DAY_1_MS - ms) / DAY_MS);
		return text;
	}
	uint64_t since = ms - SCRIPT_DAY_1_MS, seconds = since / 1000 % 86400;
	int used = snprintf(text, SCRIPT_TIME_BYTES, "day %" PRIu64 " %02" PRIu64 ":%02" PRIu64, since / DAY_MS + 1,
			    seconds / 3600, seconds / 60 % 60);
	if (seconds % 60)
		snprintf(text + used, SCRIPT_TIME_BYTES - (size_t)used, ":%02" PRIu64, seconds % 60);
	return text;
}
