/* cmd_order.c - paidan order, and the moves of an order: accept, decline, release, ..., note. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "intl.h"
#include "moment.h"
#include "names.h"
#include "print.h"
#include "tell.h"

enum { PATH_BYTES = 1100, WHO_BYTES = 400, LABEL_COLUMNS = 9 };

/* ---- what came of it ---- */

struct found {
	struct cli *cli;
	struct pd_client *client;
	struct pd_buffer bytes; /* the order, as a message */
};

static void on_order(struct pd_client *client, const struct pd_message *answer, bool last, void *arg)
{
	struct found *found = arg;
	(void)client;
	(void)last;
	if (answer->type == PD_MSG_order) {
		found->bytes.count = 0;
		pd_encode(answer, &found->bytes);
	}
}

/* Read an order; it lives in found and decoder. */
static int read_order(struct found *found, const struct pd_id *id, struct pd_decoder *decoder, struct pd_message *order)
{
	struct pd_message query = {.type = PD_MSG_get_order, .get_order = {.order = *id}};
	struct pd_fault fault;
	size_t off = 0;
	int code = cli_query(found->cli, found->client, &query, on_order, found, NULL);
	if (code != CLI_OK)
		return code;
	if (found->bytes.count == 0 || pd_decode(decoder, found->bytes.data, found->bytes.count, &off, order, &fault))
		return cli_fail(found->cli, CLI_SYSTEM, _("the broker answered without the order"));
	return CLI_OK;
}

static void print_order(struct cli *cli, struct pd_client *client, const struct pd_order *order)
{
	char id[PD_ID_TEXT_BYTES], path[PATH_BYTES], who[WHO_BYTES], time[PRINT_TIME_BYTES];
	print_column(stdout, _("order"), LABEL_COLUMNS);
	printf("%s\n", pd_id_print(&order->order, id));
	print_column(stdout, _("state"), LABEL_COLUMNS);
	printf(_("%s, version %u\n"), intl_word("state", order->state), order->version);
	print_column(stdout, _("holder"), LABEL_COLUMNS);
	print_text(stdout, pd_text(names_path(cli, client, order->holder, path, sizeof path)));
	printf(" (%u)\n", order->holder);
	if (order->acceptor) {
		print_column(stdout, _("acceptor"), LABEL_COLUMNS);
		print_text(stdout, pd_text(tell_person(cli, client, order->acceptor, who, sizeof who)));
		putchar('\n');
	}
	if (order->due_ms) {
		print_column(stdout, order->state == PD_STATE_suspended ? _("goes on") : _("due"), LABEL_COLUMNS);
		printf("%s\n", print_time(order->due_ms, time));
	}
}

/* Say how the order stands after a command that was done under seq. */
static int report(struct cli *cli, struct pd_client *client, const struct pd_id *id, uint64_t seq)
{
	struct found found = {cli, client, {0}};
	struct pd_decoder *decoder = pd_decoder_new_client();
	struct pd_message order = {0};
	struct json json;
	int code = read_order(&found, id, decoder, &order);
	if (code == CLI_OK && cli->json) {
		json_init(&json, stdout);
		json_object(&json, NULL);
		json_number(&json, "seq", seq);
		tell_json(&json, "order", cli, client, &order);
		json_end(&json);
	} else if (code == CLI_OK) {
		print_order(cli, client, &order.order);
	}
	pd_buffer_fini(&found.bytes);
	pd_decoder_free(decoder);
	return code;
}

/* Send a command about an order, and say what came of it. */
static int carry_out(struct cli *cli, struct pd_client *client, struct pd_message *message, const struct pd_id *id)
{
	struct pd_message answer;
	int code = cli_call(cli, client, message, &answer);
	return code == CLI_OK ? report(cli, client, id, answer.ok.seq) : code;
}

/* ---- order ---- */

struct order_words {
	const char *category, *household, *area, *urgency, *place, *at, *requester, *id;
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
	return cli_id32("--household", words->household, &submit->household) &&
	       cli_id32("--for", words->requester, &submit->requester) &&
	       cli_word("--urgency", "urgency", words->urgency, &submit->urgency) &&
	       cli_place("--at", words->at, &submit->lon_e7, &submit->lat_e7) &&
	       (!words->id || cli_uuid(words->id, &submit->order));
}

static int submit_order(struct cli *cli, struct pd_client *client, const struct order_words *words,
			struct pd_message *message)
{
	int code = names_find_category(cli, client, words->category, &message->submit.category);
	if (code == CLI_OK && words->area)
		code = names_find_area(cli, client, words->area, &message->submit.area);
	if (code != CLI_OK)
		return code;
	if (!words->id)
		message->submit.order = pd_client_new_id(client);
	struct pd_id id = message->submit.order;
	return carry_out(cli, client, message, &id);
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

/* ---- moves ---- */

static bool read_rating(const struct cli *cli, const char *word, struct pd_message *message)
{
	uint64_t rating;
	(void)cli;
	if (!cli_number("RATING", word, 1, 5, &rating))
		return false;
	message->confirm.rating = (uint8_t)rating;
	return true;
}

static bool read_until(const struct cli *cli, const char *word, struct pd_message *message)
{
	return moment_read(cli, "UNTIL", word, &message->suspend.until_ms);
}

/* Its name is the broker's to know. */
static bool leave_area(const struct cli *cli, const char *word, struct pd_message *message)
{
	(void)cli;
	(void)word;
	(void)message;
	return true;
}

/* What stands behind the id on the command line, and in which field it goes. */
static const struct move {
	const char *name;
	enum pd_type type;
	int words_min, words_max; /* behind the id */
	bool as;                  /* only a person can do it */
	size_t text;              /* the field of the last word */
	/* Takes the word before the text; null: there is none. False: it is wrong, and stderr says why. */
	bool (*first)(const struct cli *cli, const char *word, struct pd_message *message);
} moves[] = {
#define MOVE_TEXT(name, field) offsetof(struct pd_##name, field)
	{"accept", PD_MSG_accept, 0, 0, true, 0, NULL},
	{"decline", PD_MSG_decline, 1, 1, true, MOVE_TEXT(decline, reason), NULL},
	{"transfer", PD_MSG_transfer, 2, 2, false, MOVE_TEXT(transfer, reason), leave_area},
	{"complete", PD_MSG_complete, 1, 1, true, MOVE_TEXT(complete, result), NULL},
	{"release", PD_MSG_release, 1, 1, false, MOVE_TEXT(release, reason), NULL},
	{"suspend", PD_MSG_suspend, 2, 2, true, MOVE_TEXT(suspend, reason), read_until},
	{"resume", PD_MSG_resume, 0, 1, false, MOVE_TEXT(resume, reason), NULL},
	{"confirm", PD_MSG_confirm, 1, 2, false, MOVE_TEXT(confirm, text), read_rating},
	{"reopen", PD_MSG_reopen, 1, 1, false, MOVE_TEXT(reopen, reason), NULL},
	{"cancel", PD_MSG_cancel, 0, 1, false, MOVE_TEXT(cancel, reason), NULL},
	{"note", PD_MSG_note, 1, 1, false, MOVE_TEXT(note, text), NULL},
};
enum { MOVES = sizeof moves / sizeof moves[0], WORDS_MAX = 3 };

static const struct move *move_named(const char *name)
{
	for (int i = 0; i < MOVES; i++)
		if (strcmp(moves[i].name, name) == 0)
			return &moves[i];
	return NULL;
}

/* The words behind the id into the message, but for an area's name, which the broker must be asked about. */
static bool fill_move(const struct cli *cli, const struct move *move, const char **words, int count,
		      struct pd_message *message)
{
	if (move->first && !move->first(cli, words[0], message))
		return false;
	if (count > (move->first ? 1 : 0)) {
		struct pd_slice *text = (struct pd_slice *)((char *)&message->ok + move->text);
		*text = pd_text(words[count - 1]);
	}
	return true;
}

static int find_version(struct cli *cli, struct pd_client *client, struct pd_message *message)
{
	struct found found = {cli, client, {0}};
	struct pd_decoder *decoder = pd_decoder_new_client();
	struct pd_message order = {0};
	int code = read_order(&found, &message->accept.order, decoder, &order);
	if (code == CLI_OK)
		message->accept.version = order.order.version;
	pd_buffer_fini(&found.bytes);
	pd_decoder_free(decoder);
	return code;
}

static int make_move(struct cli *cli, struct pd_client *client, struct pd_message *message, const char *to)
{
	int code = message->accept.version ? CLI_OK : find_version(cli, client, message);
	if (code == CLI_OK && to)
		code = names_find_area(cli, client, to, &message->transfer.holder);
	struct pd_id id = message->accept.order;
	return code == CLI_OK ? carry_out(cli, client, message, &id) : code;
}

int cmd_move(struct cli *cli, int argc, char **argv)
{
	const struct move *move = move_named(argv[0]);
	const char *words[WORDS_MAX], *version = NULL;
	const struct cli_option options[] = {
		{"order-version", "N", N_("the order's version that you mean; otherwise the one it has now"), &version,
		 NULL},
		{0},
	};
	struct pd_client *client;
	int count = cli_args(cli, argc, argv, options, words, 1 + move->words_min, 1 + move->words_max);
	if (count < 0)
		return (int)cli->exit;
	struct pd_message message = {.type = move->type};
	if (!cli_uuid(words[0], &message.accept.order) ||
	    !cli_id32("--order-version", version, &message.accept.version) ||
	    !fill_move(cli, move, words + 1, count - 1, &message))
		return CLI_USAGE;
	if (move->as && !cli->person)
		return cli_fail(
			cli, CLI_USAGE,
			_("who does it? --as PERSON; paidan people --area A --post leader lists those who may"));
	*(uint32_t *)((char *)&message.ok + pd_message_info(move->type)->actor_offset) = cli->person;
	enum pd_err err = cli_open(cli, &client);
	if (err)
		return (int)cli_exit_of(err);
	int code = make_move(cli, client, &message, move->type == PD_MSG_transfer ? words[1] : NULL);
	pd_client_close(client);
	return code;
}
