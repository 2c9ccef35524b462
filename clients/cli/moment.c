#include "moment.h"

#include "intl.h"
#include "zone.h"

bool moment_read(const struct cli *cli, const char *option, const char *text, uint64_t *ms)
{
	static const char *const formats[] = {"%Y-%m-%d",          "%Y-%m-%d %H:%M",
					      "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S%z",
					      "%Y-%m-%dT%H:%M",    "%Y-%m-%dT%H:%M:%S"};
	char why[ZONE_WHY_BYTES];
	struct zone_date date;
	uint64_t second_ms;
	if (!text)
		return true;
	for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
		if (!zone_read(formats[i], text, &date, why))
			return zone_moment(&date, ms, &second_ms) != ZONE_OUT ||
			       !cli_fail(cli, CLI_USAGE, _("%s: %s is before 1970"), option, text);
	cli_fail(cli, CLI_USAGE,
		 _("%s: \"%s\" is no time; one is written like 2025-11-23, 2025-11-23 15:57 or "
		   "2025-11-23T15:57:00+08:00"),
		 option, text);
	return false;
}
