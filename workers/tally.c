#include "tally.h"

#include <inttypes.h>

#include "intl.h"

void tally_add(struct tally *tally, const struct pd_refused *refused)
{
	tally->counts[refused->code < TALLY_CODES ? refused->code : 0]++;
}

void tally_print(const struct tally *tally, FILE *out)
{
	const char *before = " ";
	fputs(_("refused:"), out);
	for (unsigned code = 0; code < TALLY_CODES; code++) {
		const struct pd_refusal_info *info = pd_refusal_info(code);
		if (tally->counts[code] == 0)
			continue;
		fprintf(out, "%s%s %" PRIu64, before, info ? info->name : _("for unknown reasons"),
			tally->counts[code]);
		before = ", ";
	}
	if (*before == ' ')
		fputs(_(" none"), out);
}
