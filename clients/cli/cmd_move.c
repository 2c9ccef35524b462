/* cmd_move.c - the moves of an order: accept, decline, transfer, ..., endorse. */
#include <string.h>

#include "cli.h"
#include "intl.h"
#include "moment.h"
#include "names.h"
#include "one_order.h"

enum { ANSWER_BYTES = 4 * 500 + 2, BAD_RATING = 2 };

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

static bool read_into(const struct cli *cli, const char *word, struct pd_message *message)
{
	(void)cli;
	return cli_uuid(word, &message->merge.into);
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
	{"urge", PD_MSG_urge, 0, 1, false, MOVE_TEXT(urge, text), NULL},
	{"follow", PD_MSG_follow, 0, 0, true, 0, NULL},
	{"unfollow", PD_MSG_unfollow, 0, 0, true, 0, NULL},
	{"merge", PD_MSG_merge, 1, 2, false, MOVE_TEXT(merge, reason), read_into},
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

static void set_actor(struct pd_message *message, uint32_t actor)
{
	*(uint32_t *)((char *)&message->ok + pd_message_info(message->type)->actor_offset) = actor;
}

/* Who did not ask for the order agrees with it as one of its followers. */
static void endorse_instead(struct pd_message *message)
{
	struct pd_confirm confirm = message->confirm;
	message->type = PD_MSG_endorse;
	message->endorse =
		(struct pd_endorse){confirm.order, confirm.version, confirm.rating, confirm.text, confirm.actor};
}

/* What the order's state says of the command: its version, unless it is named, and who confirms. */
static int look_at_order(struct cli *cli, struct pd_client *client, struct pd_message *message, bool named)
{
	struct pd_order order = {0};
	if (named && message->type != PD_MSG_confirm)
		return CLI_OK;
	int code = one_order_read(cli, client, &message->accept.order, &order);
	if (code != CLI_OK)
		return code;
	if (!named)
		message->accept.version = order.version;
	if (message->type == PD_MSG_confirm && cli->person && cli->person != order.requester)
		endorse_instead(message);
	return CLI_OK;
}

/* These do not depend on what others do to the order meanwhile. */
static bool may_try_again(enum pd_type type)
{
	return type == PD_MSG_urge || type == PD_MSG_follow || type == PD_MSG_unfollow || type == PD_MSG_endorse;
}

/* Send it; once more, for the order as it is then, if it has moved on in between. */
static int send(struct cli *cli, struct pd_client *client, struct pd_message *message, bool named, uint64_t *seq)
{
	struct pd_message answer;
	int code = CLI_OK;
	for (bool again = !named && may_try_again(message->type);; again = false) {
		enum pd_err err = pd_client_call(client, message, &answer, cli->timeout_ms);
		if (err)
			return cli_fail(cli, cli_exit_of(err), "%s", pd_client_why(client));
		if (answer.type != PD_MSG_refused || answer.refused.code != PD_REFUSED_stale || !again)
			break;
		code = look_at_order(cli, client, message, false);
		if (code != CLI_OK)
			return code;
	}
	*seq = answer.ok.seq;
	return answer.type == PD_MSG_refused ? cli_refused(&answer) : CLI_OK;
}

/* Who rates it badly may say at once that it is not done. */
static int offer_reopen(struct cli *cli, struct pd_client *client, const struct pd_confirm *confirm)
{
	char line[ANSWER_BYTES], id[PD_ID_TEXT_BYTES];
	const char *reason = one_order_ask(
		cli, _("Is it not done? Say why, and it is reopened; Enter leaves it closed: "), line, sizeof line);
	struct pd_message reopen = {.type = PD_MSG_reopen};
	reopen.reopen =
		(struct pd_reopen){.order = confirm->order, .version = confirm->version + 1, .actor = confirm->actor};
	if (!reason)
		fprintf(stderr, _("(if it is not done: paidan reopen %s REASON --as %u)\n"),
			pd_id_print(&confirm->order, id), cli->person);
	if (!reason || !*reason)
		return CLI_OK;
	reopen.reopen.reason = pd_text(reason);
	return one_order_change(cli, client, &reopen, &confirm->order);
}

static int make_move(struct cli *cli, struct pd_client *client, struct pd_message *message, const char *to)
{
	bool named = message->accept.version != 0;
	uint64_t seq = 0;
	int code = look_at_order(cli, client, message, named);
	if (code == CLI_OK && to)
		code = names_find_area(cli, client, to, &message->transfer.holder);
	if (code == CLI_OK)
		code = send(cli, client, message, named, &seq);
	struct pd_id id = message->accept.order;
	if (code == CLI_OK)
		code = one_order_report(cli, client, &id, seq);
	if (code == CLI_OK && message->type == PD_MSG_confirm && message->confirm.rating <= BAD_RATING)
		code = offer_reopen(cli, client, &message->confirm);
	return code;
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
	set_actor(&message, cli->person);
	enum pd_err err = cli_open(cli, &client);
	if (err)
		return (int)cli_exit_of(err);
	int code = make_move(cli, client, &message, move->type == PD_MSG_transfer ? words[1] : NULL);
	pd_client_close(client);
	return code;
}
