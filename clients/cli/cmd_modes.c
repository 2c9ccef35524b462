/* cmd_modes.c - paidan plans and mode: plans for emergencies, and where they are on. */
#include <inttypes.h>
#include <string.h>

#include "cli.h"
#include "intl.h"
#include "moment.h"
#include "names.h"
#include "pages.h"
#include "print.h"
#include "setup.h"
#include "tell.h"

/* ---- plans ---- */

static const char *const plan_titles[] = {N_(">PLAN"),     N_("NAME"),    N_("AREA"),  N_(">ACCEPT"),
					  N_(">COMPLETE"), N_("RUNNING"), N_("LASTS"), NULL};

static void plan_cells(struct setup *setup, const struct pd_message *event)
{
	const struct pd_plan_set *plan = &event->plan_set;
	char time[PRINT_TIME_BYTES];
	table_cell(setup->table, "%" PRIu32, plan->plan);
	table_cell(setup->table, plan->retired ? _("%.*s (retired)") : "%.*s", (int)plan->name.bytes, plan->name.data);
	setup_name(setup, NAME_AREA, plan->area);
	table_cell(setup->table, "%u%%", plan->accept_percent);
	table_cell(setup->table, "%u%%", plan->complete_percent);
	table_cell(setup->table, "%s", intl_word("running", plan->running));
	table_cell(setup->table, "%s", print_duration(plan->lasts_s * UINT64_C(1000), time));
}

int cmd_plans(struct cli *cli, int argc, char **argv)
{
	const char *word;
	if (cli_args(cli, argc, argv, NULL, &word, 0, 0) < 0)
		return (int)cli->exit;
	return setup_show(cli, PD_MSG_plan_set, plan_titles, plan_cells);
}

/* ---- what is on ---- */

static const char *const mode_titles[] = {N_(">PLAN"), N_("AREA"), N_("SINCE"), N_("UNTIL"), NULL};

static void mode_cells(struct setup *setup, const struct pd_message *event)
{
	const struct pd_mode_begun *mode = &event->mode_begun;
	char time[PRINT_TIME_BYTES];
	if (event->type != PD_MSG_mode_begun)
		return;
	table_cell(setup->table, "%" PRIu32, mode->plan);
	setup_name(setup, NAME_AREA, mode->area);
	table_cell(setup->table, "%s", print_time(mode->time_ms, time));
	table_cell(setup->table, "%s", print_time(mode->until_ms, time));
}

/* ---- switching ---- */

static const char *const effect_titles[] = {N_("AREA"),     N_(">OPEN"),    N_(">CHANGED"),
					    N_(">EARLIER"), N_(">OVERDUE"), NULL};

static void effect_cells(struct cli *cli, struct pd_client *client, struct table *table, const struct pd_effect *effect)
{
	table_cell(table, "%s", names_get(cli, client, NAME_AREA, effect->area)->text);
	table_cell(table, "%" PRIu32, effect->open);
	table_cell(table, "%" PRIu32, effect->changed);
	table_cell(table, "%" PRIu32, effect->earlier);
	table_cell(table, "%" PRIu32, effect->overdue);
}

struct preview {
	struct json json;
	struct table *table;
};

static void on_effect(struct cli *cli, struct pd_client *client, const struct pd_message *row, void *arg)
{
	struct preview *preview = arg;
	if (cli->json)
		tell_json(&preview->json, NULL, cli, client, row);
	else
		effect_cells(cli, client, preview->table, &row->effect);
}

static int show_preview(struct cli *cli, struct pd_client *client, const struct pd_switch_on *on)
{
	struct pd_message query = {.type = PD_MSG_preview_mode, .preview_mode = {on->plan, on->area}};
	struct preview preview = {.table = NULL};
	bool more;
	json_init(&preview.json, stdout);
	if (cli->json)
		json_array(&preview.json, NULL);
	else
		preview.table = table_new(effect_titles);
	int code = pages_show(cli, client, &query, 0, on_effect, NULL, &preview, &more);
	if (code == CLI_OK && cli->json)
		json_end(&preview.json);
	else if (code == CLI_OK)
		table_print(preview.table, stdout);
	table_free(preview.table);
	return code;
}

static int tell_done(struct cli *cli, const struct pd_message *answer, const char *done)
{
	struct json json;
	if (!cli->json) {
		puts(done);
		return CLI_OK;
	}
	json_init(&json, stdout);
	json_object(&json, NULL);
	json_number(&json, "seq", answer->ok.seq);
	json_end(&json);
	return CLI_OK;
}

struct words {
	const char *words[3], *area, *until;
	bool preview;
	int count;
};

/* How often a plan was switched on. */
struct times {
	uint32_t plan, nth;
};

static void on_switched(struct cli *cli, struct pd_client *client, const struct pd_message *event, void *arg)
{
	struct times *times = arg;
	(void)cli;
	(void)client;
	if (event->mode_begun.plan == times->plan) /* both events begin alike */
		times->nth = event->type == PD_MSG_mode_begun ? event->mode_begun.nth : event->mode_ended.nth;
}

/* Names the time that is meant, so that a copy that comes late switches nothing. */
static int name_time(struct cli *cli, struct pd_client *client, struct pd_message *message)
{
	struct times times = {.plan = message->switch_on.plan};
	int code = pages_setup(cli, client, PD_MSG_mode_begun, on_switched, NULL, &times);
	if (message->type == PD_MSG_switch_on)
		message->switch_on.nth = times.nth + 1;
	else
		message->switch_off.nth = times.nth;
	return code;
}

static int switch_on(struct cli *cli, struct pd_client *client, const struct words *words, struct pd_message *message)
{
	struct pd_message answer;
	int code = words->area ? names_find_area(cli, client, words->area, &message->switch_on.area) : CLI_OK;
	if (code != CLI_OK || words->preview)
		return code == CLI_OK ? show_preview(cli, client, &message->switch_on) : code;
	code = name_time(cli, client, message);
	if (code == CLI_OK)
		code = cli_call(cli, client, message, &answer);
	return code == CLI_OK ? tell_done(cli, &answer, _("The plan is on.")) : code;
}

static int switch_off(struct cli *cli, struct pd_client *client, struct pd_message *message)
{
	struct pd_message answer;
	int code = name_time(cli, client, message);
	if (code == CLI_OK)
		code = cli_call(cli, client, message, &answer);
	return code == CLI_OK ? tell_done(cli, &answer, _("The plan is on no longer.")) : code;
}

static int run(struct cli *cli, const struct words *words)
{
	bool on = strcmp(words->words[0], "on") == 0;
	struct pd_message message = {.type = on ? PD_MSG_switch_on : PD_MSG_switch_off};
	uint32_t plan = 0;
	struct pd_client *client;
	if (!on && strcmp(words->words[0], "off") != 0)
		return cli_fail(cli, CLI_USAGE, _("\"%s\" is neither on nor off"), words->words[0]);
	if (words->count < 2)
		return cli_fail(cli, CLI_USAGE, _("which plan? paidan plans lists them"));
	if (on && words->count > 2)
		return cli_fail(cli, CLI_USAGE, _("a reason is for paidan mode off"));
	if (!on && (words->area || words->until || words->preview))
		return cli_fail(cli, CLI_USAGE, _("--area, --until and --preview are for paidan mode on"));
	if (!cli_id32("PLAN", words->words[1], &plan) ||
	    (on && !moment_read(cli, "--until", words->until, &message.switch_on.until_ms)))
		return CLI_USAGE;
	message.switch_on.plan = plan; /* both have it first */
	if (on)
		message.switch_on.actor = cli->person;
	else
		message.switch_off = (struct pd_switch_off){
			.plan = plan, .reason = pd_text(words->count > 2 ? words->words[2] : ""), .actor = cli->person};
	enum pd_err err = cli_open(cli, &client);
	if (err)
		return (int)cli_exit_of(err);
	int code = on ? switch_on(cli, client, words, &message) : switch_off(cli, client, &message);
	pd_client_close(client);
	return code;
}

int cmd_mode(struct cli *cli, int argc, char **argv)
{
	struct words words = {.count = 0};
	const struct cli_option options[] = {
		{"area", "A", N_("where, by id or name; otherwise in the plan's own area"), &words.area, NULL},
		{"until", "T", N_("when it ends by itself, such as 2026-07-21 08:00; otherwise after the plan's time"),
		 &words.until, NULL},
		{"preview", NULL, N_("only say what it would do to the orders that are open"), NULL, &words.preview},
		{0},
	};
	words.count = cli_args(cli, argc, argv, options, words.words, 0, 3);
	if (words.count < 0)
		return (int)cli->exit;
	return words.count ? run(cli, &words) : setup_show(cli, PD_MSG_mode_begun, mode_titles, mode_cells);
}
