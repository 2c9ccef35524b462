/* cmd_rules.c - paidan rules and shapes: what is set up for routing. */
#include <inttypes.h>
#include <stdlib.h>

#include "cli.h"
#include "intl.h"
#include "names.h"
#include "pages.h"
#include "print.h"
#include "registry_shapes.h"
#include "tell.h"

/* Events of one kind, as they are listed; rows is for shapes, the table for rules. */
struct setup {
	struct cli *cli;
	struct pd_client *client;
	struct pd_decoder *decoder;
	struct json json;
	struct table *table;
	struct rows *rows;
	void (*take)(struct setup *setup, const struct pd_message *event);
};

static void on_past(struct cli *cli, struct pd_client *client, const struct pd_message *row, void *arg)
{
	struct setup *setup = arg;
	struct pd_message event;
	struct pd_fault fault;
	size_t off = 0;
	(void)cli;
	(void)client;
	pd_decoder_reset(setup->decoder);
	if (!pd_decode(setup->decoder, row->past.event.data, row->past.event.bytes, &off, &event, &fault))
		setup->take(setup, &event);
}

/* Gives each event of the type to setup->take. */
static int list_setup(struct setup *setup, enum pd_type type)
{
	struct pd_message query = {.type = PD_MSG_list_setup, .list_setup = {.type = (uint8_t)type}};
	bool more;
	enum pd_err err = cli_open(setup->cli, &setup->client);
	if (err)
		return (int)cli_exit_of(err);
	setup->decoder = pd_decoder_new_client();
	int code = pages_show(setup->cli, setup->client, &query, 0, on_past, NULL, setup, &more);
	pd_decoder_free(setup->decoder);
	return code;
}

/* ---- rules ---- */

static const char *const rule_titles[] = {N_(">RULE"),    N_("NAME"),  N_("CATEGORY"), N_("AREA"),    N_("POST"),
					  N_("WEEKDAYS"), N_("HOURS"), N_("KEYWORD"),  N_("HELD BY"), NULL};

static void name_cell(struct setup *setup, enum name_kind kind, uint32_t id)
{
	table_cell(setup->table, "%s", id ? names_get(setup->cli, setup->client, kind, id)->text : "-");
}

static void weekdays_cell(struct setup *setup, unsigned weekdays)
{
	char digits[8];
	int count = 0;
	for (int day = 0; day < 7; day++)
		if (weekdays & 1u << day)
			digits[count++] = (char)('1' + day);
	digits[count] = 0;
	table_cell(setup->table, "%s", count == 7 ? "-" : digits);
}

static void take_rule(struct setup *setup, const struct pd_message *event)
{
	const struct pd_rule_set *rule = &event->rule_set;
	if (setup->cli->json) {
		tell_json(&setup->json, NULL, setup->cli, setup->client, event);
		return;
	}
	table_cell(setup->table, "%" PRIu32, rule->rule);
	table_cell(setup->table, rule->retired ? _("%.*s (retired)") : "%.*s", (int)rule->name.bytes, rule->name.data);
	name_cell(setup, NAME_CATEGORY, rule->category);
	name_cell(setup, NAME_AREA, rule->area);
	table_cell(setup->table, "%s", rule->post ? intl_word("post", rule->post) : "-");
	weekdays_cell(setup, rule->weekdays);
	if (rule->from_min == 0 && rule->to_min == 1440)
		table_cell(setup->table, "-");
	else
		table_cell(setup->table, "%02u:%02u-%02u:%02u", rule->from_min / 60, rule->from_min % 60,
			   rule->to_min / 60, rule->to_min % 60);
	table_text(setup->table, rule->keyword.bytes ? rule->keyword : pd_text("-"));
	if (rule->level)
		table_cell(setup->table, "%s", intl_word("level", rule->level));
	else
		name_cell(setup, NAME_AREA, rule->holder);
}

int cmd_rules(struct cli *cli, int argc, char **argv)
{
	const char *word;
	struct setup setup = {.cli = cli, .take = take_rule};
	if (cli_args(cli, argc, argv, NULL, &word, 0, 0) < 0)
		return (int)cli->exit;
	json_init(&setup.json, stdout);
	if (cli->json)
		json_array(&setup.json, NULL);
	else
		setup.table = table_new(rule_titles);
	int code = list_setup(&setup, PD_MSG_rule_set);
	if (code == CLI_OK && cli->json)
		json_end(&setup.json);
	else if (code == CLI_OK)
		table_print(setup.table, stdout);
	table_free(setup.table);
	pd_client_close(setup.client);
	return code;
}

/* ---- shapes ---- */

static void take_shape(struct setup *setup, const struct pd_message *event)
{
	const struct pd_shape_set *set = &event->shape_set;
	if (set->retired)
		return;
	struct pd_slice rings = rows_text(setup->rows, set->rings.data, set->rings.bytes);
	struct pd_put_shape *shape = rows_add(setup->rows, ROWS_SHAPES, 0);
	*shape = (struct pd_put_shape){.area = set->area, .rings = rings};
}

static const char *name_of(uint32_t area, void *arg)
{
	struct setup *setup = arg;
	const struct name *name = names_get(setup->cli, setup->client, NAME_AREA, area);
	return name->known ? name->text : "";
}

int cmd_shapes(struct cli *cli, int argc, char **argv)
{
	const char *word;
	struct setup setup = {.cli = cli, .take = take_shape};
	struct pd_buffer text = {0};
	if (cli_args(cli, argc, argv, NULL, &word, 0, 0) < 0)
		return (int)cli->exit;
	setup.rows = rows_new();
	int code = list_setup(&setup, PD_MSG_shape_set);
	if (code == CLI_OK) {
		registry_shapes_print(setup.rows, name_of, &setup, &text);
		fwrite(text.data, 1, text.count, stdout);
	}
	pd_buffer_fini(&text);
	rows_free(setup.rows);
	pd_client_close(setup.client);
	return code;
}
