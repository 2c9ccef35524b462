/* cmd_order.c - paidan order: a new order. */
#include <stdlib.h>

#include "cli.h"
#include "intl.h"
#include "names.h"
#include "one_order.h"
#include "place_hint.h"
#include "similar_orders.h"

struct order_words {
	const char *category, *household, *area, *urgency, *place, *at, *requester, *id, *picture;
	bool anyway;
};

static bool parse_order(struct cli *cli, const struct order_words *words, struct pd_submit *submit)
{
	if (!words->category) {
		cli_fail(cli, CLI_USAGE, _("what is it about? --category C, see paidan categories"));
		return false;
	}
	if (words->household && words->area) {
		cli_fail(cli, CLI_USAGE, _("--household and --area: name one of them; a household says where it is"));
		return false;
	}
	submit->actor = cli->person;
	submit->place = pd_text(words->place ? words->place : "");
	submit->picture = pd_text(words->picture ? words->picture : "");
	return cli_id32("--household", words->household, &submit->household) &&
	       cli_id32("--for", words->requester, &submit->requester) &&
	       cli_word("--urgency", "urgency", words->urgency, &submit->urgency) &&
	       cli_place("--at", words->at, &submit->lon_e7, &submit->lat_e7) &&
	       (!words->id || cli_uuid(words->id, &submit->order));
}

/* Somebody at a terminal may find their matter among the open orders; *done: they have, and follow it now. */
static int offer_similar(struct cli *cli, struct pd_client *client, const struct pd_submit *submit, bool *done)
{
	struct similar similar;
	int code = similar_ask(cli, client, submit, &similar);
	if (code == CLI_OK && similar.count)
		code = similar_offer(cli, client, &similar, submit->requester ? submit->requester : cli->person, done);
	similar_fini(&similar);
	return code;
}

static void hint_similar(struct cli *cli, struct pd_client *client, const struct pd_submit *submit)
{
	struct similar similar;
	if (similar_ask(cli, client, submit, &similar) == CLI_OK && similar.count > 1)
		similar_hint(&similar, &submit->order);
	similar_fini(&similar);
}

static int submit_order(struct cli *cli, struct pd_client *client, const struct order_words *words,
			struct pd_message *message)
{
	struct pd_submit *submit = &message->submit;
	bool done = false, ask = !words->anyway && !words->id, asked = ask && similar_may_ask(cli);
	int code = names_find_category(cli, client, words->category, &submit->category);
	if (code == CLI_OK && words->area)
		code = names_find_area(cli, client, words->area, &submit->area);
	if (code == CLI_OK && asked)
		code = offer_similar(cli, client, submit, &done);
	if (code != CLI_OK || done)
		return code;
	if (!words->id)
		submit->order = pd_client_new_id(client);
	struct pd_id id = submit->order;
	code = one_order_change(cli, client, message, &id);
	if (code == CLI_OK)
		place_hint_order(cli, client, submit);
	if (code == CLI_OK && ask && !asked)
		hint_similar(cli, client, submit);
	return code;
}

int cmd_order(struct cli *cli, int argc, char **argv)
{
	struct order_words words = {0};
	const char *text;
	const struct cli_option options[] = {
		{"category", "C", N_("what it is about: id or name; needed"), &words.category, NULL},
		{"household", "H", N_("the household it is about, by id"), &words.household, NULL},
		{"area", "A", N_("the area it is in, by id or name, when there is no household"), &words.area, NULL},
		{"urgency", "U", N_("emergency, high, normal or low; otherwise as the category says"), &words.urgency,
		 NULL},
		{"place", "P", N_("where exactly, in words"), &words.place, NULL},
		{"at", "LON,LAT", N_("where exactly, in degrees"), &words.at, NULL},
		{"picture", "URL", N_("where a picture of it is to be found"), &words.picture, NULL},
		{"anyway", NULL, N_("do not ask whether it is one of the open orders nearby"), NULL, &words.anyway},
		{"for", "PERSON", N_("whose order it is, by id, when somebody else submits it"), &words.requester,
		 NULL},
		{"id", "UUID", N_("the order's id, a UUIDv7; to repeat an order that may have arrived"), &words.id,
		 NULL},
		{0},
	};
	struct pd_message message = {.type = PD_MSG_submit};
	struct pd_client *client;
	if (cli_args(cli, argc, argv, options, &text, 1, 1) < 0)
		return (int)cli->exit;
	message.submit.text = pd_text(text);
	if (!parse_order(cli, &words, &message.submit))
		return CLI_USAGE;
	enum pd_err err = cli_open(cli, &client);
	if (err)
		return (int)cli_exit_of(err);
	int code = submit_order(cli, client, &words, &message);
	pd_client_close(client);
	return code;
}
