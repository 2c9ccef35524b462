/* cmd_show.c - paidan show: an order and its story. */
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "intl.h"
#include "names.h"
#include "notice_show.h"
#include "print.h"
#include "tell.h"

enum { PATH_BYTES = 1100, WHO_BYTES = 400, LABEL_COLUMNS = 11 };

/* The answers, as messages back to back: the names in them can be looked up only when the query is over. */
struct story {
	struct pd_buffer order, events;
};

static void on_answer(struct pd_client *client, const struct pd_message *answer, bool last, void *arg)
{
	struct story *story = arg;
	(void)client;
	(void)last;
	if (answer->type == PD_MSG_order)
		pd_encode(answer, &story->order);
	else if (answer->type == PD_MSG_past)
		pd_buffer_add(&story->events, answer->past.event.data, answer->past.event.bytes);
}

static void print_pair(const char *label, const char *text)
{
	print_column(stdout, label, LABEL_COLUMNS);
	print_text(stdout, pd_text(text));
	putchar('\n');
}

static void print_moment(const char *label, uint64_t unix_ms)
{
	char time[PRINT_TIME_BYTES];
	if (unix_ms)
		print_pair(label, print_time(unix_ms, time));
}

static void print_due(const struct pd_order *order)
{
	char time[PRINT_TIME_BYTES], away[PRINT_TIME_BYTES];
	uint64_t now_ms = print_wall_ms();
	if (!order->due_ms)
		return;
	if (order->state == PD_STATE_suspended) {
		print_moment(_("goes on"), order->due_ms);
		print_pair(_("left"), print_duration(order->left_s * UINT64_C(1000), away));
		return;
	}
	bool late = now_ms > order->due_ms, closes = order->state == PD_STATE_completed;
	print_duration(late ? now_ms - order->due_ms : order->due_ms - now_ms, away);
	print_column(stdout, closes ? _("closes") : _("due"), LABEL_COLUMNS);
	printf(late ? _("%s (%s ago)\n") : _("%s (in %s)\n"), print_time(order->due_ms, time), away);
}

/* How far it has come because times passed. */
static void print_climb(const struct pd_order *order)
{
	if (order->step) {
		print_column(stdout, _("climbed"), LABEL_COLUMNS);
		printf(P_("%u level, for a time passed\n", "%u levels, for times passed\n", order->step), order->step);
	}
	if (order->stuck)
		print_pair(_("stuck"), _("past its last time, with the district"));
}

/* "in 25 min", or "5 min ago" in a sentence of its own. */
static void say_by(uint64_t by_ms, uint64_t now_ms, const char *will, const char *should)
{
	char time[PRINT_TIME_BYTES], away[PRINT_TIME_BYTES];
	bool late = now_ms > by_ms;
	if (!by_ms)
		return;
	print_duration(late ? now_ms - by_ms : by_ms - now_ms, away);
	printf(late ? should : will, print_time(by_ms, time), away);
}

/* Who holds it since when, and by when it goes on. */
static void say_where(struct cli *cli, struct pd_client *client, const struct pd_order *order)
{
	char path[PATH_BYTES], who[WHO_BYTES], time[PRINT_TIME_BYTES];
	names_path(cli, client, order->holder, path, sizeof path);
	switch (order->state) {
	case PD_STATE_waiting:
		printf(_("It has waited at %s since %s.\n"), path, print_time(order->waiting_ms, time));
		break;
	case PD_STATE_accepted:
		printf(_("%s of %s has taken it on, %s.\n"), tell_person(cli, client, order->acceptor, who, sizeof who),
		       path, print_time(order->accepted_ms, time));
		break;
	case PD_STATE_suspended:
		printf(_("%s of %s has put it off until %s.\n"),
		       tell_person(cli, client, order->acceptor, who, sizeof who), path,
		       print_time(order->due_ms, time));
		break;
	case PD_STATE_completed:
		printf(_("It is done, as %s of %s says since %s.\n"),
		       tell_person(cli, client, order->acceptor, who, sizeof who), path,
		       print_time(order->completed_ms, time));
		if (order->due_ms)
			printf(_("It closes by itself at %s, unless it is confirmed or reopened before.\n"),
			       print_time(order->due_ms, time));
		break;
	default: break;
	}
}

static void say_others(const struct pd_order *order)
{
	char text[PD_ID_TEXT_BYTES];
	struct pd_id into;
	if (order->merged_into.bytes == sizeof into) {
		memcpy(&into, order->merged_into.data, sizeof into);
		printf(_("It goes on as order %s.\n"), pd_id_print(&into, text));
	}
	if (order->urges)
		printf(P_("It was urged once.\n", "It was urged %u times.\n", order->urges), order->urges);
	if (order->followers)
		printf(P_("%u person follows it.\n", "%u people follow it.\n", order->followers), order->followers);
	if (order->endorsements)
		printf(P_("%u follower agrees, and gives it %.1f of 5.\n",
			  "%u followers agree, and give it %.1f of 5 on average.\n", order->endorsements),
		       order->endorsements, (double)order->endorsed_stars / order->endorsements);
}

/* Where it goes when the time passes that runs now. */
static void say_otherwise(struct cli *cli, struct pd_client *client, const struct pd_order *order, uint64_t by_ms,
			  uint64_t now_ms)
{
	if (!by_ms || now_ms > by_ms || order->stuck || order->state == PD_STATE_suspended)
		return;
	puts(names_get(cli, client, NAME_AREA, order->holder)->code == PD_level_district
		     ? _("Otherwise it stays with the district, as one that is stuck.")
		     : _("Otherwise it goes to those above, and waits there."));
}

static void say_how_it_stands(struct cli *cli, struct pd_client *client, const struct pd_order *order)
{
	uint64_t now_ms = print_wall_ms();
	say_where(cli, client, order);
	say_by(order->accept_by_ms, now_ms, _("It will be taken on by %s, in %s.\n"),
	       _("It is overdue: it was to be taken on by %s, %s ago.\n"));
	say_otherwise(cli, client, order, order->accept_by_ms, now_ms);
	if (!order->accept_by_ms || now_ms <= order->accept_by_ms)
		say_by(order->complete_by_ms, now_ms, _("It will be done by %s, in %s.\n"),
		       _("It is overdue: it was to be done by %s, %s ago.\n"));
	say_otherwise(cli, client, order, order->accept_by_ms ? 0 : order->complete_by_ms, now_ms);
	say_others(order);
}

/* "roll-call 019a…: 请核对人数": what it is answered under. */
static void print_errand(struct cli *cli, struct pd_client *client, const struct pd_id *notice)
{
	char id[PD_ID_TEXT_BYTES];
	struct notice_found *found = malloc(sizeof *found);
	if (!found)
		abort();
	if (notice_read(cli, client, notice, found) == CLI_OK) {
		print_column(stdout, _("part of"), LABEL_COLUMNS);
		printf("%s %s%s", intl_word("notice_kind", found->row.kind), pd_id_print(notice, id), _(": "));
		print_text(stdout, found->row.text);
		putchar('\n');
	}
	free(found);
}

static void print_order(struct cli *cli, struct pd_client *client, const struct pd_order *order)
{
	char id[PD_ID_TEXT_BYTES], text[PATH_BYTES];
	print_pair(_("order"), pd_id_print(&order->order, id));
	print_column(stdout, _("state"), LABEL_COLUMNS);
	printf(_("%s, version %u, attempt %u\n"), intl_word("state", order->state), order->version, order->attempt);
	print_pair(_("holder"), names_path(cli, client, order->holder, text, sizeof text));
	if (order->acceptor)
		print_pair(_("acceptor"), tell_person(cli, client, order->acceptor, text, sizeof text));
	print_due(order);
	print_climb(order);
	print_pair(_("category"), names_get(cli, client, NAME_CATEGORY, order->category)->text);
	print_pair(_("urgency"), intl_word("urgency", order->urgency));
	if (order->requester)
		print_pair(_("requester"), tell_person(cli, client, order->requester, text, sizeof text));
	if (order->household) {
		print_column(stdout, _("household"), LABEL_COLUMNS);
		printf("%u\n", order->household);
	}
	if (!pd_id_is_zero(&order->notice))
		print_errand(cli, client, &order->notice);
	print_pair(_("from"), names_path(cli, client, order->area, text, sizeof text));
	print_moment(_("submitted"), order->submitted_ms);
	print_moment(_("ended"), order->ended_ms);
	if (order->rating) {
		print_column(stdout, _("rating"), LABEL_COLUMNS);
		printf(_("%u of 5\n"), order->rating);
	}
	if (order->picture.bytes) {
		print_column(stdout, _("picture"), LABEL_COLUMNS);
		print_text(stdout, order->picture);
		putchar('\n');
	}
	fputs("\n", stdout);
	say_how_it_stands(cli, client, order);
	fputs("\n", stdout);
}

struct showing {
	struct cli *cli;
	struct pd_client *client;
	struct pd_decoder *decoder;
	struct json json;
};

/* Tell the messages of bytes one after the other. */
static void tell_all(struct showing *showing, const struct pd_buffer *bytes)
{
	struct pd_message message;
	struct pd_fault fault;
	uint64_t due_ms = 0;
	for (size_t off = 0; off < bytes->count;) {
		enum pd_err err = pd_decode(showing->decoder, bytes->data, bytes->count, &off, &message, &fault);
		if (!err && showing->cli->json)
			tell_json(&showing->json, NULL, showing->cli, showing->client, &message);
		else if (!err)
			tell_event(showing->cli, showing->client, &message, TELL_STORY, due_ms);
		if (!err && pd_is_order_event(message.type))
			due_ms = message.order_event.due_ms;
		pd_decoder_reset(showing->decoder);
		if (err && fault.lost)
			return;
	}
}

static int tell_story(struct showing *showing, const struct story *story)
{
	struct pd_message order;
	struct pd_fault fault;
	size_t off = 0;
	if (story->order.count == 0 ||
	    pd_decode(showing->decoder, story->order.data, story->order.count, &off, &order, &fault))
		return cli_fail(showing->cli, CLI_SYSTEM, _("the broker answered without the order"));
	if (!showing->cli->json) {
		print_order(showing->cli, showing->client, &order.order);
		tell_all(showing, &story->events);
		return CLI_OK;
	}
	json_init(&showing->json, stdout);
	json_object(&showing->json, NULL);
	tell_json(&showing->json, "order", showing->cli, showing->client, &order);
	json_array(&showing->json, "events");
	tell_all(showing, &story->events);
	json_end(&showing->json);
	json_end(&showing->json);
	return CLI_OK;
}

int cmd_show(struct cli *cli, int argc, char **argv)
{
	const char *word;
	struct pd_message query = {.type = PD_MSG_get_order, .get_order = {.story = true}};
	struct showing showing = {.cli = cli};
	struct story story = {0};
	if (cli_args(cli, argc, argv, NULL, &word, 1, 1) < 0)
		return (int)cli->exit;
	if (!cli_uuid(word, &query.get_order.order))
		return CLI_USAGE;
	enum pd_err err = cli_open(cli, &showing.client);
	if (err)
		return (int)cli_exit_of(err);
	showing.decoder = pd_decoder_new_client();
	int code = cli_query(cli, showing.client, &query, on_answer, &story, NULL);
	if (code == CLI_OK)
		code = tell_story(&showing, &story);
	pd_decoder_free(showing.decoder);
	pd_buffer_fini(&story.order);
	pd_buffer_fini(&story.events);
	pd_client_close(showing.client);
	return code;
}
