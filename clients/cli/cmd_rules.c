/* cmd_rules.c - paidan rules and shapes: what is set up for routing. */
#include <inttypes.h>

#include "cli.h"
#include "intl.h"
#include "names.h"
#include "pages.h"
#include "print.h"
#include "registry_shapes.h"
#include "setup.h"

/* ---- rules ---- */

static const char *const rule_titles[] = {N_(">RULE"),    N_("NAME"),  N_("CATEGORY"), N_("AREA"),    N_("POST"),
					  N_("WEEKDAYS"), N_("HOURS"), N_("KEYWORD"),  N_("HELD BY"), NULL};

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

static void rule_cells(struct setup *setup, const struct pd_message *event)
{
	const struct pd_rule_set *rule = &event->rule_set;
	table_cell(setup->table, "%" PRIu32, rule->rule);
	table_cell(setup->table, rule->retired ? _("%.*s (retired)") : "%.*s", (int)rule->name.bytes, rule->name.data);
	setup_name(setup, NAME_CATEGORY, rule->category);
	setup_name(setup, NAME_AREA, rule->area);
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
		setup_name(setup, NAME_AREA, rule->holder);
}

int cmd_rules(struct cli *cli, int argc, char **argv)
{
	const char *word;
	if (cli_args(cli, argc, argv, NULL, &word, 0, 0) < 0)
		return (int)cli->exit;
	return setup_show(cli, PD_MSG_rule_set, rule_titles, rule_cells);
}

/* ---- shapes ---- */

struct shapes {
	struct cli *cli;
	struct pd_client *client;
	struct rows *rows;
};

static void on_shape(struct cli *cli, struct pd_client *client, const struct pd_message *event, void *arg)
{
	const struct shapes *shapes = arg;
	const struct pd_shape_set *set = &event->shape_set;
	(void)cli;
	(void)client;
	if (set->retired)
		return;
	struct pd_slice rings = rows_text(shapes->rows, set->rings.data, set->rings.bytes);
	struct pd_put_shape *shape = rows_add(shapes->rows, ROWS_SHAPES, 0);
	*shape = (struct pd_put_shape){.area = set->area, .rings = rings};
}

static const char *name_of(uint32_t area, void *arg)
{
	const struct shapes *shapes = arg;
	const struct name *name = names_get(shapes->cli, shapes->client, NAME_AREA, area);
	return name->known ? name->text : "";
}

int cmd_shapes(struct cli *cli, int argc, char **argv)
{
	const char *word;
	struct shapes shapes = {.cli = cli};
	struct pd_buffer text = {0};
	if (cli_args(cli, argc, argv, NULL, &word, 0, 0) < 0)
		return (int)cli->exit;
	enum pd_err err = cli_open(cli, &shapes.client);
	if (err)
		return (int)cli_exit_of(err);
	shapes.rows = rows_new();
	int code = pages_setup(cli, shapes.client, PD_MSG_shape_set, on_shape, NULL, &shapes);
	if (code == CLI_OK) {
		registry_shapes_print(shapes.rows, name_of, &shapes, &text);
		fwrite(text.data, 1, text.count, stdout);
	}
	pd_buffer_fini(&text);
	rows_free(shapes.rows);
	pd_client_close(shapes.client);
	return code;
}
