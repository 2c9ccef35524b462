/* cmd_listings.c - paidan listings and matches: what is offered and needed. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "intl.h"
#include "names.h"
#include "pages.h"
#include "print.h"
#include "tell.h"

struct showing {
	struct cli *cli;
	struct pd_client *client;
	struct json json;
	struct table *table;
};

static const char *area_name(const struct showing *showing, uint32_t area)
{
	return area ? names_get(showing->cli, showing->client, NAME_AREA, area)->text : _("all");
}

/* ---- rows ---- */

static const char *const listing_titles[] = {N_("LISTING"), N_("SIDE"),  N_("KIND"), N_("STATE"), N_(">LEFT"),
					     N_(">OF"),     N_("UNTIL"), N_("AREA"), N_("TEXT"),  NULL};

static void listing_cells(struct showing *showing, const struct pd_listing *listing)
{
	char id[PD_ID_TEXT_BYTES], time[PRINT_TIME_BYTES];
	table_cell(showing->table, "%s", pd_id_print(&listing->listing, id));
	table_cell(showing->table, "%s", intl_word("listing_side", listing->side));
	table_cell(showing->table, "%s", intl_word("listing_kind", listing->kind));
	table_cell(showing->table, "%s", tell_listing_state(listing));
	table_cell(showing->table, "%" PRIu32, listing->left);
	table_cell(showing->table, "%" PRIu32, listing->quantity);
	table_cell(showing->table, "%s", print_time(listing->until_ms, time));
	table_cell(showing->table, "%s", area_name(showing, listing->area));
	table_text(showing->table, listing->text);
}

static const char *const count_titles[] = {
	N_("AREA"),       N_(">OFFERED"), N_(">NEEDED"),      N_(">CLAIMED"),    N_(">DONE"), N_(">FAILED"),
	N_(">WITHDRAWN"), N_(">EXPIRED"), N_(">OPEN OFFERS"), N_(">OPEN NEEDS"), NULL};

static void count_cells(struct showing *showing, const struct pd_listing_counts *counts)
{
	const uint64_t numbers[] = {counts->offered,   counts->needed,      counts->claimed,
				    counts->fulfilled, counts->failed,      counts->withdrawn,
				    counts->expired,   counts->open_offers, counts->open_needs};
	table_cell(showing->table, "%s", area_name(showing, counts->area));
	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
		table_cell(showing->table, "%" PRIu64, numbers[i]);
}

static const char *const claim_titles[] = {N_("CLAIM"), N_("CLAIMED BY"), N_(">QUANTITY"), N_(">DONE"),
					   N_("SINCE"), N_("WITH"),       N_("RESULT"),    NULL};

static void claim_cells(struct showing *showing, const struct pd_claim_row *claim)
{
	char id[PD_ID_TEXT_BYTES], time[PRINT_TIME_BYTES];
	static const struct pd_id none;
	bool matched = memcmp(&claim->other, &none, sizeof none) != 0;
	table_cell(showing->table, "%s", pd_id_print(&claim->claim, id));
	table_cell(showing->table, "%s", area_name(showing, claim->by));
	table_cell(showing->table, "%" PRIu32, claim->quantity);
	if (claim->ended)
		table_cell(showing->table, "%" PRIu32, claim->fulfilled);
	else
		table_cell(showing->table, "-");
	table_cell(showing->table, "%s", print_time(claim->claimed_ms, time));
	table_cell(showing->table, "%s", matched ? pd_id_print(&claim->other, id) : "-");
	table_text(showing->table, claim->result);
}

/* ---- listings ---- */

static void on_row(struct cli *cli, struct pd_client *client, const struct pd_message *row, void *arg)
{
	struct showing *showing = arg;
	if (cli->json)
		tell_json(&showing->json, NULL, cli, client, row);
	else if (row->type == PD_MSG_listing)
		listing_cells(showing, &row->listing);
	else if (row->type == PD_MSG_listing_counts)
		count_cells(showing, &row->listing_counts);
}

static void on_page_end(void *arg)
{
	struct showing *showing = arg;
	if (showing->table)
		table_print(showing->table, stdout);
}

static int show(struct showing *showing, struct pd_message *query, uint64_t limit)
{
	struct cli *cli = showing->cli;
	bool counts = query->list_listings.counts, more = false;
	json_init(&showing->json, stdout);
	if (cli->json)
		json_array(&showing->json, NULL);
	else
		showing->table = table_new(counts ? count_titles : listing_titles);
	if (showing->table && !counts)
		table_cut(showing->table, print_terminal_columns());
	int code = pages_show(cli, showing->client, query, limit, on_row, on_page_end, showing, &more);
	if (cli->json && code == CLI_OK)
		json_end(&showing->json);
	if (code == CLI_OK && more && limit)
		fprintf(stderr, _("(these are the first %" PRIu64 "; there are more)\n"), limit);
	table_free(showing->table);
	return code;
}

int cmd_listings(struct cli *cli, int argc, char **argv)
{
	const char *area = NULL, *side = NULL, *kind = NULL, *state = NULL, *limit_text = NULL;
	struct pd_message query = {.type = PD_MSG_list_listings};
	struct pd_list_listings *list = &query.list_listings;
	const struct cli_option options[] = {
		{"side", "S", N_("only what is on this side: offer or need"), &side, NULL},
		{"kind", "K", N_("only volunteers, skill, goods, place, money, service or activity"), &kind, NULL},
		{"state", "S", N_("only open, claimed, fulfilled, withdrawn or expired ones"), &state, NULL},
		{"limit", "N", N_("at most so many; otherwise all"), &limit_text, NULL},
		{"counts", NULL, N_("figures instead: of the area, and of each one directly below it"), NULL,
		 &list->counts},
		{0},
	};
	struct showing showing = {.cli = cli};
	uint64_t limit = 0;
	if (cli_args(cli, argc, argv, options, &area, 0, 1) < 0)
		return (int)cli->exit;
	if (!cli_word("--side", "listing_side", side, &list->side) ||
	    !cli_word("--kind", "listing_kind", kind, &list->kind) ||
	    !cli_word("--state", "listing_state", state, &list->state) ||
	    (limit_text && !cli_number("--limit", limit_text, 1, UINT64_MAX, &limit)))
		return CLI_USAGE;
	enum pd_err err = cli_open(cli, &showing.client);
	if (err)
		return (int)cli_exit_of(err);
	int code = area ? names_find_area(cli, showing.client, area, &list->area) : CLI_OK;
	if (code == CLI_OK)
		code = show(&showing, &query, limit);
	pd_client_close(showing.client);
	return code;
}

/* ---- matches ---- */

/* The answers, as messages back to back: the names in them can be looked up only when the query is over. */
struct answers {
	struct pd_buffer listing, claims, matches;
};

static void on_answer(struct pd_client *client, const struct pd_message *answer, bool last, void *arg)
{
	struct answers *answers = arg;
	(void)client, (void)last;
	if (answer->type == PD_MSG_claim_row)
		pd_encode(answer, &answers->claims);
	else if (answer->type == PD_MSG_listing)
		pd_encode(answer, answers->listing.count ? &answers->matches : &answers->listing);
}

/* key: null in an array. */
static void show_row(struct showing *showing, const char *key, const struct pd_message *row)
{
	if (showing->cli->json)
		tell_json(&showing->json, key, showing->cli, showing->client, row);
	else if (row->type == PD_MSG_claim_row)
		claim_cells(showing, &row->claim_row);
	else
		listing_cells(showing, &row->listing);
}

/* One part of the answers, under a key or below titles. many: they are a list. */
static void show_part(struct showing *showing, const struct pd_buffer *bytes, const char *key,
		      const char *const *titles, bool many)
{
	struct pd_decoder *decoder = pd_decoder_new_client();
	struct pd_message row;
	struct pd_fault fault;
	if (!showing->cli->json)
		showing->table = table_new(titles);
	else if (many)
		json_array(&showing->json, key);
	for (size_t off = 0; off < bytes->count && !pd_decode(decoder, bytes->data, bytes->count, &off, &row, &fault);
	     pd_decoder_reset(decoder))
		show_row(showing, many ? NULL : key, &row);
	if (!showing->cli->json)
		table_print(showing->table, stdout);
	else if (many)
		json_end(&showing->json);
	table_free(showing->table);
	showing->table = NULL;
	pd_decoder_free(decoder);
}

static void show_answers(struct showing *showing, const struct answers *answers)
{
	bool json = showing->cli->json;
	json_init(&showing->json, stdout);
	if (json)
		json_object(&showing->json, NULL);
	show_part(showing, &answers->listing, "listing", listing_titles, false);
	if (json || answers->claims.count) {
		if (!json)
			printf("\n%s\n", _("claims"));
		show_part(showing, &answers->claims, "claims", claim_titles, true);
	}
	if (!json)
		printf("\n%s\n", answers->matches.count ? _("what fits it") : _("nothing fits it"));
	if (json || answers->matches.count)
		show_part(showing, &answers->matches, "matches", listing_titles, true);
	if (json)
		json_end(&showing->json);
}

int cmd_matches(struct cli *cli, int argc, char **argv)
{
	const char *word, *limit_text = NULL;
	const struct cli_option options[] = {
		{"limit", "N", N_("at most so many that fit, up to 500; otherwise 100"), &limit_text, NULL},
		{0},
	};
	struct pd_message query = {.type = PD_MSG_list_matches};
	struct showing showing = {.cli = cli};
	struct answers answers = {.listing = {0}};
	uint64_t limit = 0;
	if (cli_args(cli, argc, argv, options, &word, 1, 1) < 0)
		return (int)cli->exit;
	if (!cli_uuid(word, &query.list_matches.listing) ||
	    (limit_text && !cli_number("--limit", limit_text, 1, 500, &limit)))
		return CLI_USAGE;
	query.list_matches.limit = (uint16_t)limit;
	enum pd_err err = cli_open(cli, &showing.client);
	if (err)
		return (int)cli_exit_of(err);
	int code = cli_query(cli, showing.client, &query, on_answer, &answers, NULL);
	if (code == CLI_OK)
		show_answers(&showing, &answers);
	pd_buffer_fini(&answers.listing);
	pd_buffer_fini(&answers.claims);
	pd_buffer_fini(&answers.matches);
	pd_client_close(showing.client);
	return code;
}
