#include "setup.h"

#include "pages.h"
#include "tell.h"

static void on_event(struct cli *cli, struct pd_client *client, const struct pd_message *event, void *arg)
{
	struct setup *setup = arg;
	(void)cli;
	(void)client;
	setup->take(setup, event);
}

int setup_each(struct setup *setup, enum pd_type type)
{
	return pages_setup(setup->cli, setup->client, type, on_event, NULL, setup);
}

void setup_name(struct setup *setup, enum name_kind kind, uint32_t id)
{
	table_cell(setup->table, "%s", id ? names_get(setup->cli, setup->client, kind, id)->text : "-");
}

static void show_event(struct setup *setup, const struct pd_message *event)
{
	if (setup->cli->json)
		tell_json(&setup->json, NULL, setup->cli, setup->client, event);
	else
		setup->cells(setup, event);
}

int setup_show(struct cli *cli, enum pd_type type, const char *const *titles,
	       void (*cells)(struct setup *setup, const struct pd_message *event))
{
	struct setup setup = {.cli = cli, .take = show_event, .cells = cells};
	enum pd_err err = cli_open(cli, &setup.client);
	if (err)
		return (int)cli_exit_of(err);
	json_init(&setup.json, stdout);
	if (cli->json)
		json_array(&setup.json, NULL);
	else
		setup.table = table_new(titles);
	int code = setup_each(&setup, type);
	if (code == CLI_OK && cli->json)
		json_end(&setup.json);
	else if (code == CLI_OK)
		table_print(setup.table, stdout);
	table_free(setup.table);
	pd_client_close(setup.client);
	return code;
}
