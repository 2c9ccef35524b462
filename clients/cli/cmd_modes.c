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

static const char *const mode_titles[] = {N_(">PLAN"), N_("NAME"), N_("AREA"), N_("SINCE"),
					  N_("UNTIL"), N_("BY"),   NULL};

static void mode_cells(struct setup *setup, const struct pd_message *event)
{
	const struct pd_mode_begun *mode = &event->mode_begun;
	char time[PRINT_TIME_BYTES];
	if (event->type != PD_MSG_mode_begun)
		return;
	table_cell(setup->table, "%" PRIu32, mode->plan);
	setup_name(setup, NAME_PLAN, mode->plan);
	setup_name(setup, NAME_AREA, mode->area);
	table_cell(setup->table, "%s", print_time(mode->time_ms, time));
	table_cell(setup->table, "%s", print_time(mode->until_ms, time));
	table_cell(setup->table, "%s",
		   mode->actor ? names_get(setup->cli, setup->client, NAME_PERSON, mode->actor)->text
			       : _("the operator"));
}

static void learn_plan(struct cli *cli, struct pd_client *client, const struct pd_message *event, void *arg)
{
	(void)client;
	(void)arg;
	names_learn(cli->names, event);
}

/* Asks for the plans' names first, on a connection of its own. */
static int show_modes(struct cli *cli)
{
	struct pd_client *client;
	enum pd_err err = cli_open(cli, &client);
	if (err)
		return (int)cli_exit_of(err);
	int code = pages_setup(cli, client, PD_MSG_plan_set, learn_plan, NULL, NULL);
	pd_client_close(client);
	return code == CLI_OK ? setup_show(cli, PD_MSG_mode_begun, mode_titles, mode_cells) : code;
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

struct words {
	const char *words[3], *area, *until;
	bool preview;
	int count;
};

/* A plan that is switched. */
struct switching {
	struct cli *cli;
	struct pd_client *client;
	uint32_t plan;
	bool has_notice, has_roll_call, calls_out;
	uint32_t area;           /* where it is on, or was the last time */
	uint64_t until_ms;       /* 0: it is not on */
	uint32_t nth;            /* how often it was switched on */
	struct pd_effect effect; /* what switching it on does to the orders there */
};

static void on_switched(struct cli *cli, struct pd_client *client, const struct pd_message *event, void *arg)
{
	struct switching *switching = arg;
	bool on = event->type == PD_MSG_mode_begun;
	(void)cli;
	(void)client;
	if (event->mode_begun.plan != switching->plan) /* both events begin alike */
		return;
	switching->area = event->mode_begun.area;
	switching->until_ms = on ? event->mode_begun.until_ms : 0;
	switching->nth = on ? event->mode_begun.nth : event->mode_ended.nth;
}

static int read_mode(struct switching *switching)
{
	return pages_setup(switching->cli, switching->client, PD_MSG_mode_begun, on_switched, NULL, switching);
}

static void on_plan(struct cli *cli, struct pd_client *client, const struct pd_message *event, void *arg)
{
	struct switching *switching = arg;
	learn_plan(cli, client, event, NULL);
	if (event->plan_set.plan != switching->plan)
		return;
	switching->has_notice = event->plan_set.notice.bytes;
	switching->has_roll_call = event->plan_set.roll_call.bytes;
	switching->calls_out = event->plan_set.call_out;
}

/* The plan that text means, by its id or its name. */
static int find_plan(struct switching *switching, const char *text)
{
	struct cli *cli = switching->cli;
	int code = pages_setup(cli, switching->client, PD_MSG_plan_set, learn_plan, NULL, NULL);
	if (code == CLI_OK)
		code = names_find_plan(cli, switching->client, text, &switching->plan);
	return code == CLI_OK ? pages_setup(cli, switching->client, PD_MSG_plan_set, on_plan, NULL, switching) : code;
}

static void on_first_effect(struct pd_client *client, const struct pd_message *answer, bool last, void *arg)
{
	struct switching *switching = arg;
	(void)client;
	(void)last;
	if (answer->type == PD_MSG_effect && switching->effect.area == 0) /* of the area itself, then of those below */
		switching->effect = answer->effect;
}

static void print_on(const struct switching *switching)
{
	const struct pd_effect *effect = &switching->effect;
	char time[PRINT_TIME_BYTES];
	printf(_("%s is on in %s until %s.\n"),
	       names_get(switching->cli, switching->client, NAME_PLAN, switching->plan)->text,
	       names_get(switching->cli, switching->client, NAME_AREA, switching->area)->text,
	       print_time(switching->until_ms, time));
	if (effect->open)
		printf(_("Of its open orders (%u) %u get another time, %u an earlier one; %u are overdue at once.\n"),
		       effect->open, effect->changed, effect->earlier, effect->overdue);
	else
		puts(_("No order is open there."));
	if (switching->has_notice)
		puts(_("Its notice goes to the households: paidan notice list."));
	if (switching->has_roll_call)
		puts(_("Its roll-call is handed out: paidan rollcall list."));
}

static void json_on(const struct switching *switching, uint64_t seq)
{
	const struct pd_effect *effect = &switching->effect;
	struct json json;
	json_init(&json, stdout);
	json_object(&json, NULL);
	json_number(&json, "seq", seq);
	json_number(&json, "plan", switching->plan);
	json_number(&json, "area", switching->area);
	json_number(&json, "until_ms", switching->until_ms);
	json_number(&json, "open", effect->open);
	json_number(&json, "changed", effect->changed);
	json_number(&json, "earlier", effect->earlier);
	json_number(&json, "overdue", effect->overdue);
	json_bool(&json, "notice", switching->has_notice);
	json_bool(&json, "roll_call", switching->has_roll_call);
	json_end(&json);
}

/* Names the time that is meant, so that a copy that comes late switches nothing. */
static int switch_on(struct switching *switching, const struct words *words, struct pd_switch_on *on)
{
	struct cli *cli = switching->cli;
	struct pd_client *client = switching->client;
	struct pd_message answer, message = {.type = PD_MSG_switch_on};
	int code = words->area ? names_find_area(cli, client, words->area, &on->area) : CLI_OK;
	if (code != CLI_OK || words->preview)
		return code == CLI_OK ? show_preview(cli, client, on) : code;
	struct pd_message query = {.type = PD_MSG_preview_mode, .preview_mode = {on->plan, on->area}};
	code = cli_query(cli, client, &query, on_first_effect, switching, NULL);
	if (code == CLI_OK)
		code = read_mode(switching);
	on->nth = switching->nth + 1;
	message.switch_on = *on;
	if (code == CLI_OK)
		code = cli_call(cli, client, &message, &answer);
	uint64_t seq = code == CLI_OK ? answer.ok.seq : 0;
	if (code == CLI_OK)
		code = read_mode(switching);
	if (code == CLI_OK && cli->json)
		json_on(switching, seq);
	else if (code == CLI_OK)
		print_on(switching);
	return code;
}

static void print_off(const struct switching *switching)
{
	printf(_("%s is on no longer in %s.\n"),
	       names_get(switching->cli, switching->client, NAME_PLAN, switching->plan)->text,
	       names_get(switching->cli, switching->client, NAME_AREA, switching->area)->text);
	if (switching->has_notice || switching->calls_out)
		puts(_("What it sent ends with it."));
	if (switching->has_roll_call)
		puts(_("Its roll-call ends with it; the orders of it that are open lapse."));
}

static int switch_off(struct switching *switching, struct pd_switch_off *off)
{
	struct cli *cli = switching->cli;
	struct pd_message answer, message = {.type = PD_MSG_switch_off};
	struct json json;
	int code = read_mode(switching);
	off->nth = switching->nth;
	message.switch_off = *off;
	if (code == CLI_OK)
		code = cli_call(cli, switching->client, &message, &answer);
	if (code != CLI_OK)
		return code;
	if (!cli->json) {
		print_off(switching);
		return CLI_OK;
	}
	json_init(&json, stdout);
	json_object(&json, NULL);
	json_number(&json, "seq", answer.ok.seq);
	json_number(&json, "plan", switching->plan);
	json_number(&json, "area", switching->area);
	json_end(&json);
	return CLI_OK;
}

static int run(struct cli *cli, const struct words *words)
{
	bool on = strcmp(words->words[0], "on") == 0;
	struct switching switching = {.cli = cli};
	uint64_t until_ms = 0;
	if (!on && strcmp(words->words[0], "off") != 0)
		return cli_fail(cli, CLI_USAGE, _("\"%s\" is neither on nor off"), words->words[0]);
	if (words->count < 2)
		return cli_fail(cli, CLI_USAGE, _("which plan? paidan plans lists them"));
	if (on && words->count > 2)
		return cli_fail(cli, CLI_USAGE, _("a reason is for paidan mode off"));
	if (!on && (words->area || words->until || words->preview))
		return cli_fail(cli, CLI_USAGE, _("--area, --until and --preview are for paidan mode on"));
	if (!moment_read(cli, "--until", words->until, &until_ms))
		return CLI_USAGE;
	enum pd_err err = cli_open(cli, &switching.client);
	if (err)
		return (int)cli_exit_of(err);
	int code = find_plan(&switching, words->words[1]);
	if (code == CLI_OK && on)
		code = switch_on(
			&switching, words,
			&(struct pd_switch_on){.plan = switching.plan, .until_ms = until_ms, .actor = cli->person});
	else if (code == CLI_OK)
		code = switch_off(&switching,
				  &(struct pd_switch_off){.plan = switching.plan,
							  .reason = pd_text(words->count > 2 ? words->words[2] : ""),
							  .actor = cli->person});
	pd_client_close(switching.client);
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
	return words.count ? run(cli, &words) : show_modes(cli);
}
