/* cmd_listing.c - paidan offer, need, claim, fulfil, withdraw: what is done with offers and needs. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "intl.h"
#include "moment.h"
#include "names.h"
#include "print.h"
#include "tell.h"

enum { WORDS_MAX = 4, LABEL_COLUMNS = 11 };

struct words {
	const char *words[WORDS_MAX]; /* without their options */
	int count;
	const char *kind, *area, *quantity, *from, *until, *id, *by, *with;
};

/* ---- what came of it ---- */

struct report {
	struct pd_buffer listing; /* as a message */
};

static void on_answer(struct pd_client *client, const struct pd_message *answer, bool last, void *arg)
{
	struct report *report = arg;
	(void)client, (void)last;
	if (answer->type == PD_MSG_listing && report->listing.count == 0)
		pd_encode(answer, &report->listing);
}

static void print_pair(const char *label, const char *text)
{
	print_column(stdout, label, LABEL_COLUMNS);
	printf("%s\n", text);
}

static void print_listing(const struct pd_listing *listing, const struct pd_id *claim)
{
	char id[PD_ID_TEXT_BYTES];
	print_pair(_("listing"), pd_id_print(&listing->listing, id));
	if (claim)
		print_pair(_("claim"), pd_id_print(claim, id));
	print_column(stdout, _("state"), LABEL_COLUMNS);
	printf(_("%s: %u left of %u, %u claimed, %u done\n"), tell_listing_state(listing), listing->left,
	       listing->quantity, listing->claimed, listing->fulfilled);
}

/* How the listing stands after a command that was done under seq; claim: the new one, may be null. */
static int tell_result(struct cli *cli, struct pd_client *client, const struct pd_id *listing,
		       const struct pd_id *claim, uint64_t seq)
{
	struct pd_message query = {.type = PD_MSG_list_matches, .list_matches = {*listing, 1}}, found;
	struct report report = {{0}};
	struct pd_decoder *decoder = pd_decoder_new_client();
	struct pd_fault fault;
	struct json json;
	size_t off = 0;
	int code = cli_query(cli, client, &query, on_answer, &report, NULL);
	if (code == CLI_OK && pd_decode(decoder, report.listing.data, report.listing.count, &off, &found, &fault))
		code = cli_fail(cli, CLI_SYSTEM, _("the broker answered without the listing"));
	if (code == CLI_OK && cli->json) {
		json_init(&json, stdout);
		json_object(&json, NULL);
		json_number(&json, "seq", seq);
		if (claim)
			json_id(&json, "claim", claim);
		tell_json(&json, "listing", cli, client, &found);
		json_end(&json);
	} else if (code == CLI_OK) {
		print_listing(&found.listing, claim);
	}
	pd_buffer_fini(&report.listing);
	pd_decoder_free(decoder);
	return code;
}

/* ---- the commands ---- */

/* The words of an offer or a need into the message, but for the area, which the broker must be asked about. */
static int fill_put(struct cli *cli, const struct words *words, struct pd_message *message)
{
	struct pd_put_listing *put = &message->put_listing;
	uint64_t quantity = 1;
	put->side = strcmp(cli->command->name, "offer") == 0 ? PD_listing_side_offer : PD_listing_side_need;
	put->text = pd_text(words->words[0]);
	put->actor = cli->person;
	if (!words->kind)
		return cli_fail(cli, CLI_USAGE,
				_("of what kind? --kind volunteers, skill, goods, place, money, service or activity"));
	if (!words->area)
		return cli_fail(cli, CLI_USAGE, _("whose is it? --area A"));
	if (!cli_word("--kind", "listing_kind", words->kind, &put->kind) ||
	    (words->quantity && !cli_number("--quantity", words->quantity, 1, UINT32_MAX, &quantity)) ||
	    !moment_read(cli, "--from", words->from, &put->from_ms) ||
	    !moment_read(cli, "--until", words->until, &put->until_ms) ||
	    (words->id && !cli_uuid(words->id, &put->listing)))
		return CLI_USAGE;
	put->quantity = (uint32_t)quantity;
	return CLI_OK;
}

static int fill_claim(struct cli *cli, const struct words *words, struct pd_message *message)
{
	struct pd_claim *claim = &message->claim;
	uint64_t quantity;
	claim->actor = cli->person;
	if (!words->by)
		return cli_fail(cli, CLI_USAGE, _("which area claims it? --by AREA"));
	if (!cli_uuid(words->words[0], &claim->listing) ||
	    !cli_number("QUANTITY", words->words[1], 1, UINT32_MAX, &quantity) ||
	    (words->with && !cli_uuid(words->with, &claim->other)) ||
	    (words->id && !cli_uuid(words->id, &claim->claim)))
		return CLI_USAGE;
	claim->quantity = (uint32_t)quantity;
	return CLI_OK;
}

static int fill_fulfil(struct cli *cli, const struct words *words, struct pd_message *message)
{
	struct pd_fulfil *fulfil = &message->fulfil;
	uint64_t quantity;
	if (!cli_uuid(words->words[0], &fulfil->listing) || !cli_uuid(words->words[1], &fulfil->claim) ||
	    !cli_number("QUANTITY", words->words[2], 0, UINT32_MAX, &quantity))
		return CLI_USAGE;
	fulfil->quantity = (uint32_t)quantity;
	fulfil->result = pd_text(words->words[3]);
	fulfil->actor = cli->person;
	return CLI_OK;
}

static int fill_withdraw(struct cli *cli, const struct words *words, struct pd_message *message)
{
	struct pd_withdraw_listing *withdraw = &message->withdraw_listing;
	withdraw->reason = pd_text(words->count > 1 ? words->words[1] : "");
	withdraw->actor = cli->person;
	return cli_uuid(words->words[0], &withdraw->listing) ? CLI_OK : CLI_USAGE;
}

static const struct action {
	const char *name;
	enum pd_type type;
	int words_min, words_max;
	int (*fill)(struct cli *cli, const struct words *words, struct pd_message *message);
} actions[] = {
	{"offer", PD_MSG_put_listing, 1, 1, fill_put},
	{"need", PD_MSG_put_listing, 1, 1, fill_put},
	{"claim", PD_MSG_claim, 2, 2, fill_claim},
	{"fulfil", PD_MSG_fulfil, 4, 4, fill_fulfil},
	{"withdraw", PD_MSG_withdraw_listing, 1, 2, fill_withdraw},
};

static const struct action *action_named(const char *name)
{
	const struct action *action = actions;
	while (strcmp(action->name, name) != 0)
		action++;
	return action;
}

static int carry_out(struct cli *cli, struct pd_client *client, const struct words *words, struct pd_message *message)
{
	struct pd_message answer;
	struct pd_id claim = message->claim.claim;
	bool claims = message->type == PD_MSG_claim, puts = message->type == PD_MSG_put_listing;
	int code = CLI_OK;
	if (puts)
		code = names_find_area(cli, client, words->area, &message->put_listing.area);
	else if (claims)
		code = names_find_area(cli, client, words->by, &message->claim.by);
	if (code != CLI_OK)
		return code;
	if (puts && !words->id)
		message->put_listing.listing = pd_client_new_id(client);
	if (claims && !words->id)
		claim = message->claim.claim = pd_client_new_id(client);
	struct pd_id listing = message->claim.listing; /* all have it first */
	code = cli_call(cli, client, message, &answer);
	return code == CLI_OK ? tell_result(cli, client, &listing, claims ? &claim : NULL, answer.ok.seq) : code;
}

static int run(struct cli *cli, int argc, char **argv, const struct cli_option *options, struct words *words)
{
	const struct action *action = action_named(argv[0]);
	struct pd_client *client;
	words->count = cli_args(cli, argc, argv, options, words->words, action->words_min, action->words_max);
	if (words->count < 0)
		return (int)cli->exit;
	struct pd_message message = {.type = action->type};
	int code = action->fill(cli, words, &message);
	if (code != CLI_OK)
		return code;
	enum pd_err err = cli_open(cli, &client);
	if (err)
		return (int)cli_exit_of(err);
	code = carry_out(cli, client, words, &message);
	pd_client_close(client);
	return code;
}

int cmd_listing(struct cli *cli, int argc, char **argv)
{
	struct words words = {0};
	const struct cli_option put_options[] = {
		{"kind", "K", N_("volunteers, skill, goods, place, money, service or activity; needed"), &words.kind,
		 NULL},
		{"area", "A", N_("whose it is: a community, an organisation; id or name; needed"), &words.area, NULL},
		{"quantity", "N", N_("how much there is or is needed; otherwise 1"), &words.quantity, NULL},
		{"from", "T", N_("from when, such as 2026-03-01 or 2026-03-01 09:00; otherwise from now on"),
		 &words.from, NULL},
		{"until", "T", N_("until when; otherwise until it is withdrawn"), &words.until, NULL},
		{"id", "UUID", N_("its id, a UUIDv7; to repeat what may have arrived"), &words.id, NULL},
		{0},
	};
	const struct cli_option claim_options[] = {
		{"by", "AREA", N_("the area that claims it, by id or name; needed"), &words.by, NULL},
		{"with", "LISTING", N_("the offer or need of that area that it is matched with"), &words.with, NULL},
		{"id", "UUID", N_("the claim's id, a UUIDv7; to repeat a claim that may have arrived"), &words.id,
		 NULL},
		{0},
	};
	switch (action_named(argv[0])->type) {
	case PD_MSG_put_listing: return run(cli, argc, argv, put_options, &words);
	case PD_MSG_claim: return run(cli, argc, argv, claim_options, &words);
	default: return run(cli, argc, argv, NULL, &words);
	}
}
