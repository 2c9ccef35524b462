#include "setup.h"

#include <stdlib.h>

#include "pages.h"
#include "tell.h"

static void on_past(struct cli *cli, struct pd_client *client, const struct pd_message *row, void *arg)
{
	struct setup *setup = arg;
	struct pd_message event;
	struct pd_fault fault;
	size_t off = 0;
	(void)cli;
	(void)client;
	pd_decoder_reset(setup->decoder);
	if (pd_decode(setup->decoder, row->past.event.data, row->past.event.bytes, &off, &event, &fault))
		return;
	setup->take(setup, &event);
}

int setup_each(struct setup *setup, enum pd_type type)
{
	struct pd_message query = {.type = PD_MSG_list_setup, .list_setup = {.type = (uint8_t)type}};
	bool more;
	setup->decoder = pd_decoder_new_client();
	if (!setup->decoder)
		abort();
	int code = pages_show(setup->cli, setup->client, &query, 0, on_past, NULL, setup, &more);
	pd_decoder_free(setup->decoder);
	return code;
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
