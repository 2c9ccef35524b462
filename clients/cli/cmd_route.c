/* cmd_route.c - paidan route: where an order would go, and with --explain why. */
#include <inttypes.h>

#include "cli.h"
#include "intl.h"
#include "names.h"
#include "print.h"
#include "tell.h"
#include "zone.h"

enum { PATH_BYTES = 1100 };

struct route_words {
	const char *category, *household, *area, *place, *at, *requester, *text, *time;
};

/* The answers, kept until all are there: then their names are asked for. */
static void on_step(struct pd_client *client, const struct pd_message *answer, bool last, void *arg)
{
	(void)client;
	if (!last && answer->type == PD_MSG_route)
		pd_encode(answer, arg);
}

static bool parse_time(const char *text, uint64_t *time_ms)
{
	struct zone_date date;
	char why[ZONE_WHY_BYTES];
	uint64_t second_ms;
	if (!text)
		return true;
	if (!zone_read("%Y-%m-%d %H:%M", text, &date, why) && zone_moment(&date, time_ms, &second_ms) != ZONE_OUT)
		return true;
	cli_say(NULL, _("--time: \"%s\" is not a date and a time, such as 2025-11-28 18:30"), text);
	return false;
}

static bool parse(const struct cli *cli, const struct route_words *words, struct pd_explain_route *asked)
{
	if (!words->category) {
		cli_fail(cli, CLI_USAGE, _("what is it about? --category C, see paidan categories"));
		return false;
	}
	asked->place = pd_text(words->place ? words->place : "");
	asked->text = pd_text(words->text ? words->text : "");
	asked->requester = cli->person;
	return cli_id32("--household", words->household, &asked->household) &&
	       (!words->requester || cli_id32("--for", words->requester, &asked->requester)) &&
	       cli_place("--at", words->at, &asked->lon_e7, &asked->lat_e7) && parse_time(words->time, &asked->time_ms);
}

static const char *where(struct cli *cli, struct pd_client *client, uint32_t area, char path[static PATH_BYTES])
{
	return area ? names_path(cli, client, area, path, PATH_BYTES) : "-";
}

static const char *const titles[] = {N_("STEP"), N_("OUTCOME"), N_(">AREA"), N_("NAME"), N_("REMARK"), NULL};

static void show_step(struct table *table, struct cli *cli, struct pd_client *client, const struct pd_route *row)
{
	char path[PATH_BYTES], rule[32];
	snprintf(rule, sizeof rule, _("rule %" PRIu32), row->rule);
	table_cell(table, "%s", row->step == PD_route_step_rule ? rule : intl_word("route_step", row->step));
	table_cell(table, "%s", intl_word("route_why", row->why));
	if (row->area)
		table_cell(table, "%" PRIu32, row->area);
	else
		table_cell(table, "-");
	table_cell(table, "%s", where(cli, client, row->area, path));
	if (row->metres)
		table_cell(table, _("%" PRIu32 " m away"), row->metres);
	else
		table_text(table, row->name.bytes ? row->name : pd_text("-"));
}

/* The last step: who holds it. */
static void show_holder(struct cli *cli, struct pd_client *client, const struct pd_route *row)
{
	char path[PATH_BYTES];
	if (row->rule)
		printf(_("%s (%" PRIu32 "), by rule %" PRIu32 "\n"), where(cli, client, row->area, path), row->area,
		       row->rule);
	else
		printf(_("%s (%" PRIu32 "), by the level of its category\n"), where(cli, client, row->area, path),
		       row->area);
}

static void show(struct cli *cli, struct pd_client *client, const struct pd_buffer *steps, bool explain)
{
	struct pd_decoder *decoder = pd_decoder_new_client();
	struct table *table = table_new(titles);
	struct pd_message row;
	struct pd_fault fault;
	struct json json;
	json_init(&json, stdout);
	if (cli->json)
		json_array(&json, NULL);
	for (size_t off = 0; off < steps->count && !pd_decode(decoder, steps->data, steps->count, &off, &row, &fault);
	     pd_decoder_reset(decoder)) {
		bool last = row.route.step == PD_route_step_holder;
		if (cli->json && (explain || last))
			tell_json(&json, NULL, cli, client, &row);
		else if (!cli->json && explain)
			show_step(table, cli, client, &row.route);
		else if (!cli->json && last)
			show_holder(cli, client, &row.route);
	}
	if (cli->json)
		json_end(&json);
	else if (explain)
		table_print(table, stdout);
	table_free(table);
	pd_decoder_free(decoder);
}

int cmd_route(struct cli *cli, int argc, char **argv)
{
	struct route_words words = {0};
	const char *none;
	bool explain = false;
	const struct cli_option options[] = {
		{"category", "C", N_("what the order is about: id or name; needed"), &words.category, NULL},
		{"explain", NULL, N_("every step and every rule: what was looked at, and what came of it"), NULL,
		 &explain},
		{"household", "H", N_("the household it is about, by id"), &words.household, NULL},
		{"area", "A", N_("the area it is in, by id or name"), &words.area, NULL},
		{"at", "LON,LAT", N_("where it is, in degrees"), &words.at, NULL},
		{"place", "P", N_("where it is, in words"), &words.place, NULL},
		{"for", "PERSON", N_("whose order it is, by id"), &words.requester, NULL},
		{"text", "T", N_("the request, in which rules look for their words"), &words.text, NULL},
		{"time", "TIME", N_("when it is submitted, e.g. \"2025-11-28 18:30\"; otherwise now"), &words.time,
		 NULL},
		{0},
	};
	struct pd_message query = {.type = PD_MSG_explain_route};
	struct pd_client *client;
	struct pd_buffer steps = {0};
	if (cli_args(cli, argc, argv, options, &none, 0, 0) < 0)
		return (int)cli->exit;
	if (!parse(cli, &words, &query.explain_route))
		return CLI_USAGE;
	enum pd_err err = cli_open(cli, &client);
	if (err)
		return (int)cli_exit_of(err);
	int code = names_find_category(cli, client, words.category, &query.explain_route.category);
	if (code == CLI_OK && words.area)
		code = names_find_area(cli, client, words.area, &query.explain_route.area);
	if (code == CLI_OK)
		code = cli_query(cli, client, &query, on_step, &steps, NULL);
	if (code == CLI_OK)
		show(cli, client, &steps, explain);
	pd_buffer_fini(&steps);
	pd_client_close(client);
	return code;
}
