/* values.c - words of a command line: numbers, ids, words of the field, what was probably meant; and what is said about
 * them. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "intl.h"
#include "tool.h"

enum { NAMES_MAX = 64 };

__attribute__((format(printf, 2, 0))) static void say(const struct cli *cli, const char *format, va_list args)
{
	fflush(stdout);
	fputs(program_invocation_short_name, stderr);
	if (cli && cli->command)
		fprintf(stderr, " %s", cli->command->name);
	fputs(": ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
}

int cli_fail(const struct cli *cli, enum cli_exit code, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	say(cli, format, args);
	va_end(args);
	return (int)code;
}

void cli_say(const struct cli *cli, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	say(cli, format, args);
	va_end(args);
}

/* ---- numbers ---- */

bool cli_is_number(const char *text, uint64_t *number)
{
	uint64_t value = 0;
	bool fits = *text != 0;
	for (const char *p = text; *p && fits; p++) {
		unsigned digit = (unsigned)(*p - '0');
		fits = digit <= 9 && !__builtin_mul_overflow(value, 10, &value) &&
		       !__builtin_add_overflow(value, digit, &value);
	}
	if (fits)
		*number = value;
	return fits;
}

bool cli_number(const char *what, const char *text, uint64_t min, uint64_t max, uint64_t *number)
{
	uint64_t value;
	if (!cli_is_number(text, &value) || value < min || value > max) {
		cli_say(NULL, _("%s: \"%s\" is not a number from %" PRIu64 " to %" PRIu64), what, text, min, max);
		return false;
	}
	*number = value;
	return true;
}

static bool is_real(const char *text, double min, double max, double *number)
{
	char *end;
	*number = strtod(text, &end);
	return end != text && !*end && isfinite(*number) && *number >= min && *number <= max;
}

bool cli_real(const char *what, const char *text, double min, double max, double *number)
{
	if (is_real(text, min, max, number))
		return true;
	cli_say(NULL, _("%s: \"%s\" is not a number from %g to %.15g"), what, text, min, max);
	return false;
}

bool cli_seconds(const char *what, const char *text, int min_ms, int max_ms, int *ms)
{
	double seconds;
	if (!is_real(text, min_ms / 1000.0, max_ms / 1000.0, &seconds)) {
		cli_say(NULL, _("%s: \"%s\" is not a number of seconds from %g to %g"), what, text, min_ms / 1000.0,
			max_ms / 1000.0);
		return false;
	}
	*ms = (int)(seconds * 1000 + 0.5);
	return true;
}

/* ---- ids and words ---- */

bool cli_id32(const char *what, const char *text, uint32_t *id)
{
	uint64_t number = 0;
	if (text && !cli_number(what, text, 1, UINT32_MAX, &number))
		return false;
	*id = (uint32_t)number;
	return true;
}

bool cli_uuid(const char *text, struct pd_id *id)
{
	if (pd_id_parse(text, id) == PD_OK)
		return true;
	cli_say(NULL, _("\"%s\" is not an id, which has 32 hexadecimal digits, with hyphens or without"), text);
	return false;
}

static bool is_among(const struct pd_word *word, const char *set, uint32_t among)
{
	return strcmp(word->set, set) == 0 && (among == CLI_WORDS_ALL || (word->code < 32 && among >> word->code & 1));
}

bool cli_word_among(const char *what, const char *set, uint32_t among, const char *text, uint8_t *code)
{
	size_t count;
	const struct pd_word *words = pd_words(&count);
	char names[400] = "", number[16];
	size_t used = 0;
	if (!text)
		return true;
	unsigned meant = pd_word_code(set, text);
	*code = 0;
	for (size_t i = 0; i < count; i++) {
		if (!is_among(&words[i], set, among))
			continue;
		snprintf(number, sizeof number, "%u", words[i].code);
		if (words[i].code == meant || strcmp(number, text) == 0) {
			*code = (uint8_t)words[i].code;
			return true;
		}
		if (used < sizeof names)
			used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", used ? _(", ") : "",
						 intl_word(set, words[i].code));
	}
	cli_say(NULL, _("%s: \"%s\" is none of these: %s"), what, text, names);
	return false;
}

bool cli_word(const char *what, const char *set, const char *text, uint8_t *code)
{
	return cli_word_among(what, set, CLI_WORDS_ALL, text, code);
}

/* ---- what was probably meant ---- */

static unsigned least(unsigned a, unsigned b, unsigned c)
{
	unsigned ab = a < b ? a : b;
	return ab < c ? ab : c;
}

/* Levenshtein's distance: letters to put in, take out or change. */
static unsigned distance(const char *a, const char *b)
{
	unsigned row[NAMES_MAX + 1];
	size_t width = strlen(b);
	if (width > NAMES_MAX)
		return UINT32_MAX;
	for (unsigned i = 0; i <= width; i++)
		row[i] = i;
	for (unsigned y = 1; *a; a++, y++) {
		unsigned diagonal = row[0];
		row[0] = y;
		for (size_t x = 1; x <= width; x++) {
			unsigned changed = diagonal + (*a != b[x - 1]);
			diagonal = row[x];
			row[x] = least(changed, row[x] + 1, row[x - 1] + 1);
		}
	}
	return row[width];
}

const char *cli_nearest(const char *word, const char *const *names)
{
	const char *nearest = NULL;
	unsigned fewest = UINT32_MAX;
	for (; *names; names++) {
		bool begins = *word && strncmp(*names, word, strlen(word)) == 0;
		unsigned changes = begins ? 1 : distance(word, *names);
		if (changes < fewest && (begins || changes * 2 <= strlen(*names))) {
			fewest = changes;
			nearest = *names;
		}
	}
	return nearest;
}

static bool parse_degrees(const char *text, char **end, double limit, int32_t *e7)
{
	double degrees = strtod(text, end);
	if (*end == text || !(degrees >= -limit && degrees <= limit))
		return false;
	*e7 = (int32_t)llround(degrees * 1e7);
	return true;
}

bool cli_place(const char *what, const char *text, int32_t *lon_e7, int32_t *lat_e7)
{
	char *end;
	if (!text)
		return true;
	if (parse_degrees(text, &end, 180, lon_e7) && *end == ',' && parse_degrees(end + 1, &end, 90, lat_e7) &&
	    *end == 0)
		return true;
	cli_say(NULL, _("%s: \"%s\" is not LON,LAT in degrees, such as 117.858,36.497"), what, text);
	return false;
}
