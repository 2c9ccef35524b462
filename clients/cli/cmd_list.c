/* cmd_list.c - paidan orders, similar, people, households, categories, ladders. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "intl.h"
#include "ladder_text.h"
#include "names.h"
#include "one_order.h"
#include "pages.h"
#include "print.h"
#include "tell.h"

/* A list that is being shown, as a table or as JSON. */
struct listing {
	struct cli *cli;
	struct pd_client *client;
	struct json json;
	struct table *table;
	uint64_t limit, shown;
	bool more;
	bool stuck;               /* only orders that are stuck; limit is then of these */
	const struct pd_id *near; /* of similar orders: to which they are, and which is left out */
	void (*cells)(struct listing *listing, const struct pd_message *row); /* a row of the table */
};

static bool is_left_out(const struct listing *listing, const struct pd_message *row)
{
	return listing->near && memcmp(&row->order.order, listing->near, sizeof *listing->near) == 0;
}

static void show_row(struct cli *cli, struct pd_client *client, const struct pd_message *row, void *arg)
{
	struct listing *listing = arg;
	if (is_left_out(listing, row))
		return;
	if (listing->stuck && (!row->order.stuck || (listing->limit && listing->shown == listing->limit)))
		return;
	listing->shown++;
	if (cli->json)
		tell_json(&listing->json, NULL, cli, client, row);
	else
		listing->cells(listing, row);
}

static void end_page(void *arg)
{
	struct listing *listing = arg;
	if (listing->table)
		table_print(listing->table, stdout);
}

static void order_cells(struct listing *listing, const struct pd_message *row);

/* Show the whole list on an open connection. */
static int show(struct listing *listing, struct pd_message *query, const char *const *titles)
{
	struct cli *cli = listing->cli;
	json_init(&listing->json, stdout);
	if (cli->json)
		json_array(&listing->json, NULL);
	else
		listing->table = table_new(titles);
	if (listing->table && listing->cells == order_cells)
		table_cut(listing->table, print_terminal_columns());
	/* Which orders are stuck is seen here alone. */
	uint64_t limit = listing->stuck ? 0 : listing->limit;
	int code =
		query->type == PD_MSG_list_setup
			? pages_setup(cli, listing->client, query->list_setup.type, show_row, end_page, listing)
			: pages_show(cli, listing->client, query, limit, show_row, end_page, listing, &listing->more);
	if (cli->json && code == CLI_OK)
		json_end(&listing->json);
	if (code == CLI_OK && listing->more && listing->limit)
		fprintf(stderr, _("(these are the first %" PRIu64 "; there are more)\n"), listing->limit);
	table_free(listing->table);
	return code;
}

/* Connect, find the area if one is named, and show. */
static int open_and_show(struct listing *listing, struct pd_message *query, uint32_t *area, const char *area_text,
			 const char *limit_text, const char *const *titles)
{
	struct cli *cli = listing->cli;
	if (limit_text && !cli_number("--limit", limit_text, 1, UINT64_MAX, &listing->limit))
		return CLI_USAGE;
	enum pd_err err = cli_open(cli, &listing->client);
	if (err)
		return (int)cli_exit_of(err);
	int code = area_text ? names_find_area(cli, listing->client, area_text, area) : CLI_OK;
	if (code == CLI_OK)
		code = show(listing, query, titles);
	pd_client_close(listing->client);
	return code;
}

static int list(struct cli *cli, struct pd_message *query, uint32_t *area, const char *area_text,
		const char *limit_text, const char *const *titles,
		void (*cells)(struct listing *listing, const struct pd_message *row))
{
	struct listing listing = {.cli = cli, .cells = cells};
	return open_and_show(&listing, query, area, area_text, limit_text, titles);
}

static const char *area_name(struct listing *listing, uint32_t area)
{
	return area ? names_get(listing->cli, listing->client, NAME_AREA, area)->text : "-";
}

/* ---- orders ---- */

static const char *const order_titles[] = {N_("ORDER"),     N_("STATE"), N_("URGENCY"),
					   N_("SUBMITTED"), N_("DUE"),   N_("HOLDER"),
					   N_("CATEGORY"),  N_("TEXT"),  NULL};

static void order_cells(struct listing *listing, const struct pd_message *row)
{
	const struct pd_order *order = &row->order;
	char id[PD_ID_TEXT_BYTES], time[PRINT_TIME_BYTES];
	table_cell(listing->table, "%s", pd_id_print(&order->order, id));
	table_cell(listing->table, "%s", intl_word("state", order->state));
	table_cell(listing->table, "%s", intl_word("urgency", order->urgency));
	table_cell(listing->table, "%s", print_time(order->submitted_ms, time));
	table_cell(listing->table, "%s", print_time(order->due_ms, time));
	table_cell(listing->table, "%s", area_name(listing, order->holder));
	table_cell(listing->table, "%s",
		   names_get(listing->cli, listing->client, NAME_CATEGORY, order->category)->text);
	table_text(listing->table, order->text);
}

int cmd_orders(struct cli *cli, int argc, char **argv)
{
	const char *area = NULL, *requester = NULL, *state = NULL, *limit = NULL;
	struct listing listing = {.cli = cli, .cells = order_cells};
	bool away = false;
	const struct cli_option options[] = {
		{"away", NULL, N_("open ones that come from AREA and are held elsewhere"), NULL, &away},
		{"requester", "PERSON", N_("only of this requester, by id; not together with AREA"), &requester, NULL},
		{"state", "S", N_("only waiting, accepted, suspended, completed, closed, cancelled or merged ones"),
		 &state, NULL},
		{"stuck", NULL, N_("only those that wait with the district, past their last time"), NULL,
		 &listing.stuck},
		{"limit", "N", N_("at most so many; otherwise all"), &limit, NULL},
		{0},
	};
	struct pd_message query = {.type = PD_MSG_list_orders};
	if (cli_args(cli, argc, argv, options, &area, 0, 1) < 0)
		return (int)cli->exit;
	if (area && requester)
		return cli_fail(cli, CLI_USAGE, _("name an area or a requester, not both"));
	if (away && (!area || state))
		return cli_fail(cli, CLI_USAGE, _("--away: name the AREA, and no state"));
	if (away) {
		query.type = PD_MSG_list_away;
		return list(cli, &query, &query.list_away.area, area, limit, order_titles, order_cells);
	}
	if (!cli_id32("--requester", requester, &query.list_orders.requester) ||
	    !cli_word("--state", "state", state, &query.list_orders.state))
		return CLI_USAGE;
	if (listing.stuck && !state)
		query.list_orders.state = PD_STATE_waiting;
	return open_and_show(&listing, &query, &query.list_orders.area, area, limit, order_titles);
}

static int show_similar(struct cli *cli, struct pd_client *client, const struct pd_id *id)
{
	struct listing listing = {.cli = cli, .client = client, .cells = order_cells, .near = id};
	struct pd_message query = {.type = PD_MSG_list_similar};
	struct pd_order order;
	int code = one_order_read(cli, client, id, &order);
	if (code != CLI_OK)
		return code;
	query.list_similar = (struct pd_list_similar){.category = order.category,
						      .household = order.household,
						      .lon_e7 = order.lon_e7,
						      .lat_e7 = order.lat_e7,
						      .area = order.area,
						      .limit = 100};
	return show(&listing, &query, order_titles);
}

int cmd_similar(struct cli *cli, int argc, char **argv)
{
	const char *word;
	struct pd_client *client;
	struct pd_id id;
	if (cli_args(cli, argc, argv, NULL, &word, 1, 1) < 0)
		return (int)cli->exit;
	if (!cli_uuid(word, &id))
		return CLI_USAGE;
	enum pd_err err = cli_open(cli, &client);
	if (err)
		return (int)cli_exit_of(err);
	int code = show_similar(cli, client, &id);
	pd_client_close(client);
	return code;
}

/* ---- people, households, categories ---- */

static const char *const person_titles[] = {N_(">ID"),        N_("NAME"),  N_("POST"), N_("AREA"),
					    N_(">HOUSEHOLD"), N_("PHONE"), NULL};

static void person_cells(struct listing *listing, const struct pd_message *row)
{
	const struct pd_person *person = &row->person;
	table_cell(listing->table, "%" PRIu32, person->person);
	table_text(listing->table, person->name);
	table_cell(listing->table, person->retired ? _("%s, retired") : "%s", intl_word("post", person->post));
	table_cell(listing->table, "%s", area_name(listing, person->area));
	if (person->household)
		table_cell(listing->table, "%" PRIu32, person->household);
	else
		table_cell(listing->table, "-");
	table_text(listing->table, person->phone);
}

int cmd_people(struct cli *cli, int argc, char **argv)
{
	const char *area = NULL, *post = NULL, *limit = NULL, *word;
	const struct cli_option options[] = {
		{"area", "A", N_("with a post in this area (id or name) or below it"), &area, NULL},
		{"post", "P",
		 N_("only residents, merchants, leaders, ...: resident, merchant, centre, leader, grid_leader, staff, "
		    "supervisor, courier or administrator"),
		 &post, NULL},
		{"limit", "N", N_("at most so many; otherwise all"), &limit, NULL},
		{0},
	};
	struct pd_message query = {.type = PD_MSG_list_people};
	if (cli_args(cli, argc, argv, options, &word, 0, 0) < 0)
		return (int)cli->exit;
	if (!cli_word("--post", "post", post, &query.list_people.post))
		return CLI_USAGE;
	return list(cli, &query, &query.list_people.area, area, limit, person_titles, person_cells);
}

static const char *const household_titles[] = {N_(">ID"),       N_(">CENTRE"),  N_("AREA"),    N_("PRIORITY"),
					       N_("LONGITUDE"), N_("LATITUDE"), N_("ADDRESS"), NULL};

static void household_cells(struct listing *listing, const struct pd_message *row)
{
	const struct pd_household *household = &row->household;
	table_cell(listing->table, "%" PRIu32, household->household);
	table_cell(listing->table, "%" PRIu32, household->centre);
	table_cell(listing->table, "%s", area_name(listing, household->area));
	table_cell(listing->table, "%s",
		   household->priority ? intl_word("household_priority", household->priority) : "");
	table_cell(listing->table, "%.6f", household->lon_e7 / 1e7);
	table_cell(listing->table, "%.6f", household->lat_e7 / 1e7);
	table_cell(listing->table, household->retired ? _("%.*s (retired)") : "%.*s", (int)household->address.bytes,
		   household->address.data);
}

int cmd_households(struct cli *cli, int argc, char **argv)
{
	const char *area = NULL, *limit = NULL;
	const struct cli_option options[] = {
		{"limit", "N", N_("at most so many; otherwise all"), &limit, NULL},
		{0},
	};
	struct pd_message query = {.type = PD_MSG_list_households};
	if (cli_args(cli, argc, argv, options, &area, 0, 1) < 0)
		return (int)cli->exit;
	return list(cli, &query, &query.list_households.area, area, limit, household_titles, household_cells);
}

static const char *const category_titles[] = {N_(">ID"),     N_("NAME"),          N_("HELD BY"),
					      N_("URGENCY"), N_("ACCEPT WITHIN"), N_("COMPLETE WITHIN"),
					      N_(">LADDER"), N_("REMIND AFTER"),  NULL};

/* A time as its clock counts it. */
static void within_cell(struct listing *listing, uint32_t s, unsigned clock)
{
	unsigned days = s / 86400;
	char time[PRINT_TIME_BYTES];
	print_duration((uint64_t)s * 1000, time);
	switch (clock) {
	case PD_clock_working: table_cell(listing->table, _("%s of work"), time); break;
	case PD_clock_days: table_cell(listing->table, P_("%u day", "%u days", days), days); break;
	case PD_clock_workdays: table_cell(listing->table, P_("%u working day", "%u working days", days), days); break;
	default: table_cell(listing->table, "%s", time);
	}
}

static void category_cells(struct listing *listing, const struct pd_message *row)
{
	const struct pd_category *category = &row->category;
	char time[PRINT_TIME_BYTES];
	table_cell(listing->table, "%" PRIu32, category->category);
	table_cell(listing->table, category->retired ? _("%.*s (retired)") : "%.*s", (int)category->name.bytes,
		   category->name.data);
	table_cell(listing->table, "%s", intl_word("level", category->level));
	table_cell(listing->table, "%s", intl_word("urgency", category->urgency));
	within_cell(listing, category->accept_within_s, category->accept_clock);
	within_cell(listing, category->complete_within_s, category->complete_clock);
	if (category->ladder)
		table_cell(listing->table, "%" PRIu32, category->ladder);
	else
		table_cell(listing->table, "-");
	uint64_t idle_ms = (uint64_t)category->idle_within_s * 1000;
	table_cell(listing->table, "%s", idle_ms ? print_duration(idle_ms, time) : "-");
}

int cmd_categories(struct cli *cli, int argc, char **argv)
{
	const char *word;
	struct pd_message query = {.type = PD_MSG_list_categories};
	if (cli_args(cli, argc, argv, NULL, &word, 0, 0) < 0)
		return (int)cli->exit;
	return list(cli, &query, NULL, NULL, NULL, category_titles, category_cells);
}

/* ---- ladders ---- */

static const char *const ladder_titles[] = {N_(">ID"), N_("NAME"), N_("STEPS"), NULL};

static void ladder_cells(struct listing *listing, const struct pd_message *row)
{
	const struct pd_ladder_set *ladder = &row->ladder_set;
	struct pd_buffer steps = {0};
	ladder_text_print(ladder->steps, intl_word, &steps);
	table_cell(listing->table, "%" PRIu32, ladder->ladder);
	table_cell(listing->table, ladder->retired ? _("%.*s (retired)") : "%.*s", (int)ladder->name.bytes,
		   ladder->name.data);
	table_text(listing->table, (struct pd_slice){steps.data, (uint32_t)steps.count});
	pd_buffer_fini(&steps);
}

int cmd_ladders(struct cli *cli, int argc, char **argv)
{
	const char *word;
	struct pd_message query = {.type = PD_MSG_list_setup, .list_setup.type = PD_MSG_ladder_set};
	if (cli_args(cli, argc, argv, NULL, &word, 0, 0) < 0)
		return (int)cli->exit;
	return list(cli, &query, NULL, NULL, NULL, ladder_titles, ladder_cells);
}
