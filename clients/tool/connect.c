/* connect.c - the connection of the command line to the broker, and what it says when something is wrong with it. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "intl.h"
#include "tool.h"
#include "print.h"

enum cli_exit cli_exit_of(enum pd_err err)
{
	switch (err) {
	case PD_OK: return CLI_OK;
	case PD_EINVAL: return CLI_USAGE;
	default: return CLI_SYSTEM;
	}
}

static const char *environment(const char *variable)
{
	const char *value = getenv(variable);
	return value && *value ? value : NULL;
}

const char *cli_endpoint(const struct cli *cli)
{
	const char *named = cli->connect ? cli->connect : environment("PAIDAN_CONNECT");
	return named ? named : PD_CONNECT_DEFAULT;
}

/* ---- callbacks: the link is watched here, all else is passed on ---- */

static void on_push(struct pd_client *client, const struct pd_message *push, void *arg)
{
	const struct pd_client_options *program = &((struct cli *)arg)->callbacks;
	if (program->on_push)
		program->on_push(client, push, program->arg);
}

static void on_event(struct pd_client *client, const struct pd_message *event, void *arg)
{
	const struct pd_client_options *program = &((struct cli *)arg)->callbacks;
	if (program->on_event)
		program->on_event(client, event, program->arg);
}

static void on_stats(struct pd_client *client, const struct pd_message *stats, void *arg)
{
	const struct pd_client_options *program = &((struct cli *)arg)->callbacks;
	if (program->on_stats)
		program->on_stats(client, stats, program->arg);
}

static void on_follow_refused(struct pd_client *client, const struct pd_message *refused, void *arg)
{
	const struct pd_client_options *program = &((struct cli *)arg)->callbacks;
	if (program->on_follow_refused)
		program->on_follow_refused(client, refused, program->arg);
}

static void on_link(struct pd_client *client, enum pd_link link, const struct pd_message *message, void *arg)
{
	struct cli *cli = arg;
	const struct pd_client_options *program = &cli->callbacks;
	cli->welcomed = link != PD_LINK_DOWN;
	if (link == PD_LINK_DOWN && message && !cli->turned_away) {
		cli->turned_away = true;
		cli_refused(message);
	}
	if (program->on_link)
		program->on_link(client, link, message, program->arg);
}

static enum pd_err await_welcome(struct cli *cli, struct pd_client *client, const char *connect)
{
	uint64_t until_ms = print_now_ms() + (uint64_t)cli->timeout_ms;
	while (!cli->welcomed && !cli->turned_away) {
		uint64_t now_ms = print_now_ms();
		if (now_ms >= until_ms) {
			cli_fail(cli, CLI_SYSTEM,
				 _("no paidand answers at %s: is it running? Start it with 'paidand --data DIR', or "
				   "name "
				   "another with --connect"),
				 connect);
			return PD_ETIMEDOUT;
		}
		enum pd_err err = pd_client_step(client, (int)(until_ms - now_ms));
		if (err) {
			cli_fail(cli, CLI_SYSTEM, "%s", pd_client_why(client));
			return err;
		}
	}
	return cli->welcomed ? PD_OK : PD_EVERSION;
}

enum pd_err cli_open_with(struct cli *cli, const struct pd_client_options *options, struct pd_client **client)
{
	const char *connect = cli_endpoint(cli), *why = "";
	struct pd_client_options own = {
		.connect = connect,
		.subscribe = cli->subscribe,
		.name = "paidan " PAIDAN_VERSION,
		.language = (uint8_t)intl_language(),
		.person = options ? options->person : 0,
		.listen = options && options->listen,
		.arg = cli,
		.on_push = on_push,
		.on_event = on_event,
		.on_stats = on_stats,
		.on_link = on_link,
		.on_follow_refused = on_follow_refused,
	};
	if (options) {
		own.person = options->person;
		own.listen = options->listen;
	}
	cli->callbacks = options ? *options : (struct pd_client_options){0};
	cli->welcomed = cli->turned_away = false;
	enum pd_err err = pd_client_open(client, &own, &why);
	if (err) {
		cli_fail(cli, cli_exit_of(err), "%s", why);
		return err;
	}
	err = await_welcome(cli, *client, connect);
	if (err) {
		pd_client_close(*client);
		*client = NULL;
	}
	return err;
}

enum pd_err cli_open(struct cli *cli, struct pd_client **client)
{
	return cli_open_with(cli, NULL, client);
}

/* ---- asking ---- */

char *cli_refusal(const struct pd_refused *refused, char text[static CLI_REFUSAL_BYTES])
{
	const struct pd_refusal_info *info = pd_refusal_info(refused->code);
	char bare[CLI_REFUSAL_BYTES], said[CLI_REFUSAL_BYTES / 2];
	snprintf(said, sizeof said, "%.*s", (int)refused->sentence.bytes, refused->sentence.data);
	const char *sentence = _(said);
	/* Said in words that our catalogue does not have, by a broker of another version: then ours for the same code.
	 */
	if (sentence == said && info && intl_language() != PD_language_english)
		sentence = _(info->sentence);
	if (refused->detail.bytes)
		snprintf(bare, sizeof bare, _("%s (%.*s)"), sentence, (int)refused->detail.bytes, refused->detail.data);
	else
		snprintf(bare, sizeof bare, "%s", sentence);
	return print_clean(pd_text(bare), text, CLI_REFUSAL_BYTES);
}

const char *cli_advice(const struct pd_refused *refused)
{
	const struct pd_refusal_info *info = pd_refusal_info(refused->code);
	return info && info->advice ? _(info->advice) : "";
}

int cli_refused(const struct pd_message *message)
{
	char text[CLI_REFUSAL_BYTES];
	const char *advice = cli_advice(&message->refused);
	cli_say(NULL, "%s", cli_refusal(&message->refused, text));
	if (*advice)
		fprintf(stderr, "  %s\n", advice);
	return CLI_REFUSED;
}

int cli_call(struct cli *cli, struct pd_client *client, struct pd_message *message, struct pd_message *answer)
{
	enum pd_err err = pd_client_call(client, message, answer, cli->timeout_ms);
	if (err)
		return cli_fail(cli, cli_exit_of(err), "%s", pd_client_why(client));
	return answer->type == PD_MSG_refused ? cli_refused(answer) : CLI_OK;
}

struct asking {
	pd_answer_fn *fn;
	void *arg;
};

static void on_answer(struct pd_client *client, const struct pd_message *answer, bool last, void *arg)
{
	const struct asking *asking = arg;
	if (asking->fn && answer->type != PD_MSG_refused)
		asking->fn(client, answer, last, asking->arg);
}

int cli_query(struct cli *cli, struct pd_client *client, struct pd_message *message, pd_answer_fn *fn, void *arg,
	      struct pd_message *last)
{
	struct asking asking = {fn, arg};
	struct pd_message end;
	if (!last)
		last = &end;
	enum pd_err err = pd_client_query(client, message, on_answer, &asking, last, cli->timeout_ms);
	if (err)
		return cli_fail(cli, cli_exit_of(err), "%s", pd_client_why(client));
	return last->type == PD_MSG_refused ? cli_refused(last) : CLI_OK;
}
