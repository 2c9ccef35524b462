/* cmd_reports.c - paidan reports: how many orders a person has asked for. */
#include <inttypes.h>

#include "cli.h"
#include "intl.h"
#include "names.h"
#include "print.h"
#include "tell.h"
#include "moment.h"

enum { PATH_BYTES = 1100, LABEL_COLUMNS = 12 };

static void print_count(const char *label, uint64_t count)
{
	print_column(stdout, label, LABEL_COLUMNS);
	printf("%10" PRIu64 "\n", count);
}

static void print_counts(struct cli *cli, struct pd_client *client, const struct pd_counts *counts)
{
	char who[PATH_BYTES];
	print_text(stdout, pd_text(tell_person(cli, client, counts->requester, who, sizeof who)));
	putchar('\n');
	print_count(_("orders"), counts->orders);
	for (uint32_t i = 0; i < counts->states.count; i++)
		if (counts->states.values[i])
			print_count(intl_word("state", i + 1), counts->states.values[i]);
	print_column(stdout, _("rated"), LABEL_COLUMNS);
	printf("%10" PRIu64, counts->rated);
	if (counts->rated)
		printf(_("   %.1f of 5 on average"), (double)counts->stars / (double)counts->rated);
	putchar('\n');
	if (counts->more)
		puts(_("(there are older ones, which were not counted)"));
}

/* What answered a query lives until the next call, and names are looked up by calls. */
static void tell_counts(struct cli *cli, struct pd_client *client, const struct pd_message *answer)
{
	uint64_t states[PD_STATE_count];
	struct pd_message kept = *answer;
	struct json json;
	kept.counts.states.values = states;
	for (uint32_t i = 0; i < answer->counts.states.count && i < PD_STATE_count; i++)
		states[i] = answer->counts.states.values[i];
	if (kept.counts.states.count > PD_STATE_count)
		kept.counts.states.count = PD_STATE_count;
	if (!cli->json) {
		print_counts(cli, client, &kept.counts);
		return;
	}
	json_init(&json, stdout);
	tell_json(&json, NULL, cli, client, &kept);
}

int cmd_reports(struct cli *cli, int argc, char **argv)
{
	const char *person, *since = NULL, *until = NULL;
	const struct cli_option options[] = {
		{"since", "T", N_("submitted at this time or later: 2025-11-23, 2025-11-23 15:57"), &since, NULL},
		{"until", "T", N_("... before this time"), &until, NULL},
		{0},
	};
	/* Up to what has happened by now. */
	struct pd_message query = {.type = PD_MSG_count_orders, .count_orders = {.after_seq = UINT64_MAX}}, answer;
	struct pd_client *client;
	if (cli_args(cli, argc, argv, options, &person, 1, 1) < 0)
		return (int)cli->exit;
	if (!cli_id32("PERSON", person, &query.count_orders.requester) ||
	    !moment_read(cli, "--since", since, &query.count_orders.since_ms) ||
	    !moment_read(cli, "--until", until, &query.count_orders.until_ms))
		return CLI_USAGE;
	if (since && until && query.count_orders.until_ms <= query.count_orders.since_ms)
		return cli_fail(cli, CLI_USAGE, _("--until %s is not after --since %s"), until, since);
	enum pd_err err = cli_open(cli, &client);
	if (err)
		return (int)cli_exit_of(err);
	int code = cli_call(cli, client, &query, &answer);
	if (code == CLI_OK)
		tell_counts(cli, client, &answer);
	pd_client_close(client);
	return code;
}
