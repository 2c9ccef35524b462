/* cmd_complete.c - paidan __complete: names for the shells' completion, which is in completion/. Not in --help.
 *
 * Prints a line "WORD<tab>what it is" for each; a word means one thing alone when it is given to a command.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "intl.h"
#include "names.h"

enum { ORDERS_MAX = 200, PAGE = 500 };

struct candidate {
	char *name, *what;
	uint32_t id;
};

struct candidates {
	struct candidate *list;
	size_t count, capacity;
};

static void add(struct candidates *candidates, uint32_t id, struct pd_slice name, const char *what)
{
	if (candidates->count == candidates->capacity) {
		candidates->capacity = candidates->capacity ? candidates->capacity * 2 : 256;
		candidates->list = realloc(candidates->list, candidates->capacity * sizeof *candidates->list);
		if (!candidates->list)
			abort();
	}
	struct candidate *candidate = &candidates->list[candidates->count++];
	*candidate = (struct candidate){strndup(name.data, name.bytes), strdup(what), id};
	if (!candidate->name || !candidate->what)
		abort();
	/* A name is one line here; who has another kind of name is named by id. */
	if (strpbrk(candidate->name, "\t\n"))
		candidate->name[0] = 0;
}

static void on_row(struct pd_client *client, const struct pd_message *row, bool last, void *arg)
{
	struct candidates *candidates = arg;
	char text[PD_ID_TEXT_BYTES];
	(void)client, (void)last;
	if (row->type == PD_MSG_area && !row->area.retired)
		add(candidates, row->area.area, row->area.name, intl_word("level", row->area.level));
	else if (row->type == PD_MSG_category && !row->category.retired)
		add(candidates, row->category.category, row->category.name, intl_word("level", row->category.level));
	else if (row->type == PD_MSG_order)
		add(candidates, 0, pd_text(pd_id_print(&row->order.order, text)), intl_word("state", row->order.state));
}

/* The newest orders of each state in which something can still be done with them. */
static int ask_orders(struct cli *cli, struct pd_client *client, struct candidates *candidates)
{
	static const uint8_t states[] = {PD_STATE_waiting, PD_STATE_accepted, PD_STATE_suspended, PD_STATE_completed};
	int code = CLI_OK;
	for (size_t i = 0; i < sizeof states && code == CLI_OK; i++) {
		struct pd_message query = {.type = PD_MSG_list_orders,
					   .list_orders = {.state = states[i], .limit = ORDERS_MAX}};
		code = cli_query(cli, client, &query, on_row, candidates, NULL);
	}
	return code;
}

static int ask_areas(struct cli *cli, struct pd_client *client, struct candidates *candidates)
{
	struct pd_message last, query = {.type = PD_MSG_list_areas, .list_areas.limit = PAGE};
	int code = cli_query(cli, client, &query, on_row, candidates, &last);
	while (code == CLI_OK && last.end.more) {
		query.list_areas.after = last.end.after;
		code = cli_query(cli, client, &query, on_row, candidates, &last);
	}
	return code;
}

static int ask_categories(struct cli *cli, struct pd_client *client, struct candidates *candidates)
{
	struct pd_message query = {.type = PD_MSG_list_categories};
	return cli_query(cli, client, &query, on_row, candidates, NULL);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct candidate *)a)->name, ((const struct candidate *)b)->name);
}

static void print(const struct candidates *candidates)
{
	const struct candidate *list = candidates->list;
	size_t count = candidates->count;
	for (size_t i = 0; i < count; i++) {
		bool shared = (i > 0 && strcmp(list[i].name, list[i - 1].name) == 0) ||
			      (i + 1 < count && strcmp(list[i].name, list[i + 1].name) == 0);
		if (list[i].name[0] && !shared)
			printf("%s\t%s\n", list[i].name, list[i].what);
		else if (list[i].id)
			printf("%" PRIu32 "\t%s %s\n", list[i].id, list[i].what, list[i].name);
	}
}

static void free_candidates(struct candidates *candidates)
{
	for (size_t i = 0; i < candidates->count; i++) {
		free(candidates->list[i].name);
		free(candidates->list[i].what);
	}
	free(candidates->list);
}

static const struct kind {
	const char *name;
	int (*ask)(struct cli *cli, struct pd_client *client, struct candidates *candidates);
} kinds[] = {{"area", ask_areas}, {"category", ask_categories}, {"order", ask_orders}, {0}};

int cmd_complete(struct cli *cli, int argc, char **argv)
{
	const char *name;
	const struct kind *kind = kinds;
	struct pd_client *client;
	struct candidates candidates = {0};
	if (cli_args(cli, argc, argv, NULL, &name, 1, 1) < 0)
		return (int)cli->exit;
	while (kind->name && strcmp(kind->name, name) != 0)
		kind++;
	if (!kind->name)
		return cli_fail(cli, CLI_USAGE, _("\"%s\" is none of area, category, order"), name);
	enum pd_err err = cli_open(cli, &client);
	if (err)
		return (int)cli_exit_of(err);
	int code = kind->ask(cli, client, &candidates);
	pd_client_close(client);
	if (candidates.count)
		qsort(candidates.list, candidates.count, sizeof *candidates.list, by_name);
	if (code == CLI_OK)
		print(&candidates);
	free_candidates(&candidates);
	return code;
}
