#include "moment.h"

#include <string.h>

#include "intl.h"
#include "print.h"
#include "zone.h"

static const struct unit {
	char letter;
	uint32_t s;
} units[] = {{'d', 86400}, {'h', 3600}, {'m', 60}, {'s', 1}};
enum { UNITS = sizeof units / sizeof units[0] };

bool moment_span(const char *text, size_t bytes, uint32_t *s)
{
	uint64_t number = 0;
	uint32_t unit = 1;
	for (size_t i = 0; bytes > 1 && i < UNITS; i++)
		if (text[bytes - 1] == units[i].letter) {
			unit = units[i].s;
			bytes--;
			break;
		}
	for (size_t i = 0; i < bytes; i++) {
		if (text[i] < '0' || text[i] > '9' || number > UINT32_MAX)
			return false;
		number = number * 10 + (uint64_t)(text[i] - '0');
	}
	*s = (uint32_t)(number * unit);
	return bytes > 0 && number <= UINT32_MAX / unit;
}

char *moment_print_span(uint32_t s, char text[static MOMENT_SPAN_BYTES])
{
	const struct unit *unit = units;
	while (s % unit->s || s < unit->s)
		if (++unit == units + UNITS - 1)
			break;
	snprintf(text, MOMENT_SPAN_BYTES, "%u%c", s / unit->s, unit->letter);
	return text;
}

static enum pd_err parse_date(const char *text, uint64_t *ms)
{
	static const char *const formats[] = {"%Y-%m-%d",          "%Y-%m-%d %H:%M",
					      "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S%z",
					      "%Y-%m-%dT%H:%M",    "%Y-%m-%dT%H:%M:%S"};
	char why[ZONE_WHY_BYTES];
	struct zone_date date;
	uint64_t second_ms;
	for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
		if (!zone_read(formats[i], text, &date, why))
			return zone_moment(&date, ms, &second_ms) == ZONE_OUT ? PD_ENOENT : PD_OK;
	return PD_EINVAL;
}

enum pd_err moment_parse(const char *text, uint64_t *ms)
{
	uint32_t s;
	if (text[0] != '+' || !moment_span(text + 1, strlen(text + 1), &s))
		return parse_date(text, ms);
	*ms = print_wall_ms() + s * UINT64_C(1000);
	return PD_OK;
}

bool moment_read(const struct cli *cli, const char *what, const char *text, uint64_t *ms)
{
	enum pd_err err = text ? moment_parse(text, ms) : PD_OK;
	if (err == PD_ENOENT)
		cli_fail(cli, CLI_USAGE, _("%s: %s is before 1970"), what, text);
	else if (err)
		cli_fail(cli, CLI_USAGE,
			 _("%s: \"%s\" is no time; one is written like 2025-11-23, 2025-11-23 15:57, "
			   "2025-11-23T15:57:00+08:00 or, so long from now, +3d or +2h"),
			 what, text);
	return !err;
}
