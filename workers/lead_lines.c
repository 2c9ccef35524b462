/* lead_lines.c - what a leader types, or a script in their place. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agenda.h"
#include "intl.h"
#include "lead.h"
#include "moment.h"
#include "show.h"
#include "text.h"

enum { LINE_BYTES_MAX = 64 * 1024 };

static void list(struct lead *lead)
{
	bool any = false;
	for (struct entry *entry = TAILQ_FIRST(&lead->entries.list); entry; entry = TAILQ_NEXT(entry, next)) {
		if (!entry->order || entry->number == 0)
			continue;
		const struct pd_submitted *submitted = &entry->order->submitted;
		any = true;
		/* An address that is not known by now is not waited for here. */
		show_order(lead->roster, entry->number, entry->order,
			   roster_address(lead->roster, NULL, submitted->area, submitted->household, 0));
	}
	if (!any)
		puts(_("there are no orders for you at the moment"));
}

/* ---- commands ---- */

enum { NEEDS_NUMBER = 1, NEEDS_TEXT = 2, NEEDS_ORDER = 4, MAY_HAVE_TEXT = 8 };

struct verb {
	const char *letter, *word, *usage;
	unsigned needs;
	/* Does it; returns whether it failed with an error that is to be told. */
	enum pd_err (*run)(struct lead *lead, struct entry *entry, struct pd_slice text);
};

static enum pd_err run_accept(struct lead *lead, struct entry *entry, struct pd_slice text)
{
	(void)text;
	if (entry->order->stage == WORKER_OFFERED)
		return worker_accept(lead->worker, entry->order);
	lead_wrong(lead, _("[%u] is accepted already; complete it: c %u RESULT"), entry->number, entry->number);
	return PD_OK;
}

static enum pd_err run_decline(struct lead *lead, struct entry *entry, struct pd_slice reason)
{
	if (entry->order->stage == WORKER_OFFERED)
		return worker_decline(lead->worker, entry->order, reason);
	lead_wrong(lead, _("[%u] is accepted already; hand it up: u %u REASON"), entry->number, entry->number);
	return PD_OK;
}

/* Whether it is in hand and not put off; if not, says what to do first. */
static bool is_under_way(struct lead *lead, const struct entry *entry)
{
	if (entry->order->stage != WORKER_IN_HAND)
		lead_wrong(lead, _("[%u] is not accepted yet: a %u"), entry->number, entry->number);
	else if (entry->order->put_off)
		lead_wrong(lead, _("[%u] is put off; go on with it first: g %u"), entry->number, entry->number);
	else
		return true;
	return false;
}

static enum pd_err run_complete(struct lead *lead, struct entry *entry, struct pd_slice result)
{
	if (is_under_way(lead, entry))
		return worker_complete(lead->worker, entry->order, result);
	return PD_OK;
}

static enum pd_err run_release(struct lead *lead, struct entry *entry, struct pd_slice reason)
{
	if (entry->order->stage == WORKER_IN_HAND)
		return worker_release(lead->worker, entry->order, reason);
	lead_wrong(lead, _("[%u] is not accepted; decline it: d %u REASON"), entry->number, entry->number);
	return PD_OK;
}

/* "+3d REASON" */
static enum pd_err run_suspend(struct lead *lead, struct entry *entry, struct pd_slice text)
{
	struct pd_slice reason = text, word = lead_word(&reason);
	char until[40] = "";
	uint64_t until_ms;
	if (!is_under_way(lead, entry))
		return PD_OK;
	if (word.bytes < sizeof until)
		memcpy(until, word.data, word.bytes);
	while (reason.bytes && *reason.data == ' ')
		reason = (struct pd_slice){reason.data + 1, reason.bytes - 1};
	if (moment_parse(until, &until_ms))
		lead_wrong(lead, _("'%.*s' is no time: write +3d, +2h, 2026-12-01 or 2026-12-01T08:30"),
			   (int)word.bytes, word.data);
	else if (reason.bytes == 0)
		lead_wrong(lead, _("the words are missing; %s"), _("p NUMBER UNTIL REASON: put an accepted order off"));
	else
		return worker_suspend(lead->worker, entry->order, until_ms, reason);
	return PD_OK;
}

static enum pd_err run_resume(struct lead *lead, struct entry *entry, struct pd_slice text)
{
	if (entry->order->stage == WORKER_IN_HAND && entry->order->put_off)
		return worker_resume(lead->worker, entry->order, text);
	lead_wrong(lead, _("[%u] is not put off"), entry->number);
	return PD_OK;
}

static enum pd_err run_up(struct lead *lead, struct entry *entry, struct pd_slice reason)
{
	if (entry->order->stage != WORKER_IN_HAND)
		lead_wrong(lead, _("[%u] is not accepted; decline it: d %u REASON"), entry->number, entry->number);
	else if (lead->post.area->parent == 0)
		lead_wrong(lead, _("there is no level above %s"), lead->post.area->name);
	else
		return worker_transfer(lead->worker, entry->order, lead->post.area->parent, reason);
	return PD_OK;
}

static enum pd_err run_note(struct lead *lead, struct entry *entry, struct pd_slice text)
{
	return worker_note(lead->worker, entry->order, text);
}

/* Whose names are asked for when all of it is there: a callback cannot ask. */
struct story {
	struct pd_buffer events; /* whole messages */
};

static void on_past(struct pd_client *client, const struct pd_message *answer, bool last, void *arg)
{
	struct story *story = arg;
	(void)client;
	(void)last;
	if (answer->type == PD_MSG_order)
		printf(_("      %s, version %" PRIu32 "\n"), intl_word("state", answer->order.state),
		       answer->order.version);
	if (answer->type == PD_MSG_past)
		pd_buffer_add(&story->events, answer->past.event.data, answer->past.event.bytes);
}

static enum pd_err each_event(struct lead *lead, const struct story *story,
			      enum pd_err (*fn)(struct lead *lead, const struct pd_message *event))
{
	struct pd_message event;
	struct pd_fault fault;
	enum pd_err err = PD_OK;
	size_t off = 0;
	do {
		pd_decoder_reset(lead->decoder);
		if (off == story->events.count ||
		    pd_decode(lead->decoder, story->events.data, story->events.count, &off, &event, &fault))
			break;
		err = pd_is_order_event(event.type) ? fn(lead, &event) : PD_OK;
	} while (!err);
	return err;
}

static enum pd_err meet_actor(struct lead *lead, const struct pd_message *event)
{
	return roster_meet(lead->roster, worker_client(lead->worker), event->order_event.actor, POST_QUERY_MS);
}

static enum pd_err show_one(struct lead *lead, const struct pd_message *event)
{
	show_past(lead->roster, event);
	return PD_OK;
}

static enum pd_err run_story(struct lead *lead, struct entry *entry, struct pd_slice text)
{
	struct pd_message get = {.type = PD_MSG_get_order, .get_order = {.order = entry->id, .story = true}}, end;
	char id[PD_ID_TEXT_BYTES];
	unsigned number = entry->number;
	struct story story = {0};
	(void)text;
	printf("[%u] %s\n", number, pd_id_print(&entry->id, id));
	enum pd_err err = pd_client_query(worker_client(lead->worker), &get, on_past, &story, &end, POST_QUERY_MS);
	if (!err && end.type == PD_MSG_refused)
		lead_refused(lead, number, _("show"), &end.refused);
	else if (!err)
		err = each_event(lead, &story, meet_actor);
	if (!err)
		err = each_event(lead, &story, show_one);
	pd_buffer_fini(&story.events);
	return err;
}

static enum pd_err run_list(struct lead *lead, struct entry *entry, struct pd_slice text)
{
	(void)entry;
	(void)text;
	list(lead);
	return PD_OK;
}

static enum pd_err run_help(struct lead *lead, struct entry *entry, struct pd_slice text);

static enum pd_err run_quit(struct lead *lead, struct entry *entry, struct pd_slice text)
{
	(void)entry;
	(void)text;
	lead->quit = true;
	return PD_OK;
}

static const struct verb verbs[] = {
	{"a", "accept", N_("a NUMBER: accept the order"), NEEDS_NUMBER | NEEDS_ORDER, run_accept},
	{"d", "decline", N_("d NUMBER REASON: decline it, it goes to the level above"),
	 NEEDS_NUMBER | NEEDS_TEXT | NEEDS_ORDER, run_decline},
	{"c", "complete", N_("c NUMBER RESULT: complete an accepted order"), NEEDS_NUMBER | NEEDS_TEXT | NEEDS_ORDER,
	 run_complete},
	{"u", "up", N_("u NUMBER REASON: hand an accepted order up to the level above"),
	 NEEDS_NUMBER | NEEDS_TEXT | NEEDS_ORDER, run_up},
	{"r", "release", N_("r NUMBER REASON: give an accepted order back, it waits again"),
	 NEEDS_NUMBER | NEEDS_TEXT | NEEDS_ORDER, run_release},
	{"p", "suspend", N_("p NUMBER UNTIL REASON: put an accepted order off"),
	 NEEDS_NUMBER | NEEDS_TEXT | NEEDS_ORDER, run_suspend},
	{"g", "resume", N_("g NUMBER [TEXT]: go on with an order that was put off"),
	 NEEDS_NUMBER | MAY_HAVE_TEXT | NEEDS_ORDER, run_resume},
	{"n", "note", N_("n NUMBER TEXT: add a note"), NEEDS_NUMBER | NEEDS_TEXT | NEEDS_ORDER, run_note},
	{"s", "show", N_("s NUMBER: show its story"), NEEDS_NUMBER, run_story},
	{"m", "missing", N_("m NUMBER: who is missing in a roll-call, or still to be visited"),
	 NEEDS_NUMBER | NEEDS_ORDER, lead_run_missing},
	{"t", "tick",
	 N_("t NUMBER HOUSEHOLD ANSWER [NUMBERS] [WORDS]: answer for one, done, refused, away, not_found or visited"),
	 NEEDS_NUMBER | NEEDS_TEXT | NEEDS_ORDER, lead_run_tick},
	{"k", "know", N_("k NOTICE: say that you have read a notice"), NEEDS_TEXT, lead_run_read},
	{"y", "confirm", N_("y NOTICE: confirm a notice"), NEEDS_TEXT, lead_run_confirm},
	{"l", "list", N_("l: list all orders"), 0, run_list},
	{"h", "help", N_("h: this help"), 0, run_help},
	{"q", "quit", N_("q: quit; what you accepted stays accepted"), 0, run_quit},
};
enum { VERBS = sizeof verbs / sizeof verbs[0] };

static enum pd_err run_help(struct lead *lead, struct entry *entry, struct pd_slice text)
{
	(void)lead;
	(void)entry;
	(void)text;
	for (size_t i = 0; i < VERBS; i++)
		printf("  %s\n", _(verbs[i].usage));
	return PD_OK;
}

/* ---- lines ---- */

struct pd_slice lead_word(struct pd_slice *rest)
{
	const char *at = rest->data, *end = rest->data + rest->bytes;
	while (at < end && (*at == ' ' || *at == '\t'))
		at++;
	const char *word = at;
	while (at < end && *at != ' ' && *at != '\t')
		at++;
	*rest = (struct pd_slice){at, (uint32_t)(end - at)};
	return (struct pd_slice){word, (uint32_t)(at - word)};
}

static bool is_word(struct pd_slice slice, const char *word)
{
	return slice.bytes == strlen(word) && memcmp(slice.data, word, slice.bytes) == 0;
}

static const struct verb *find_verb(struct pd_slice word)
{
	for (size_t i = 0; i < VERBS; i++)
		if (is_word(word, verbs[i].letter) || is_word(word, verbs[i].word))
			return &verbs[i];
	return NULL;
}

unsigned lead_number(struct pd_slice word)
{
	char text[12];
	uint64_t number;
	if (word.bytes == 0 || word.bytes >= sizeof text)
		return 0;
	memcpy(text, word.data, word.bytes);
	text[word.bytes] = 0;
	return cli_is_number(text, &number) && number <= UINT32_MAX ? (unsigned)number : 0;
}

/* Whether a script's command has to wait for order number to come. */
static bool must_wait(struct lead *lead, unsigned number)
{
	uint64_t now_ms = agenda_now_ms();
	if (lead->terminal || number < lead->entries.next_number)
		return false;
	if (lead->wait_until_ms == 0)
		lead->wait_until_ms = now_ms + (uint64_t)(lead->wait_s * 1000);
	return now_ms < lead->wait_until_ms;
}

static void say_no_such(struct lead *lead, unsigned number)
{
	if (number < lead->entries.next_number)
		lead_wrong(lead, _("[%u] was long ago; 'l' lists the orders there are"), number);
	else if (lead->terminal)
		lead_wrong(lead, _("there is no order %u; 'l' lists the orders there are"), number);
	else
		lead_wrong(lead, _("no order %u came within %g s"), number, lead->wait_s);
}

static void run_verb(struct lead *lead, const struct verb *verb, struct entry *entry, struct pd_slice rest)
{
	struct pd_buffer text = {0};
	unsigned number = entry ? entry->number : 0;
	text_tidy(&text, rest.data, rest.bytes, SIZE_MAX);
	if (verb->needs & NEEDS_TEXT && text.count == 0) {
		lead_wrong(lead, _("the words are missing; %s"), _(verb->usage));
	} else if (!(verb->needs & (NEEDS_TEXT | MAY_HAVE_TEXT)) && text.count) {
		lead_wrong(lead, _("nothing more is expected; %s"), _(verb->usage));
	} else {
		lead_begin(lead);
		enum pd_err err = verb->run(lead, entry, text_slice(&text));
		if (err == PD_EBUSY)
			lead_wrong(lead, _("[%u] the command before it is not answered yet; try again"), number);
		else if (err)
			lead_wrong(lead, "%s", pd_client_why(worker_client(lead->worker)));
		else if (verb->needs & NEEDS_ORDER && (entry = entries_by_number(&lead->entries, number)) &&
			 entry->order && worker_order_busy(entry->order))
			lead->answer_for = number;
	}
	pd_buffer_fini(&text);
}

/* False: the line has to wait for its order. */
static bool take_line(struct lead *lead, struct pd_slice line)
{
	struct pd_slice rest = line, word = lead_word(&rest);
	struct entry *entry = NULL;
	struct pd_slice number_word = {0};
	unsigned number = 0;
	if (word.bytes == 0 || word.data[0] == '#')
		return true;
	const struct verb *verb = find_verb(word);
	if (!verb) {
		lead_wrong(lead, _("'%.*s' is not a command; 'h' lists the commands"),
			   (int)(word.bytes < 40 ? word.bytes : 40), word.data);
		return true;
	}
	if (verb->needs & NEEDS_NUMBER) {
		number_word = lead_word(&rest);
		number = lead_number(number_word);
		entry = entries_by_number(&lead->entries, number);
		if (number && !entry && must_wait(lead, number))
			return false;
	}
	lead->wait_until_ms = 0;
	if (verb->needs & NEEDS_NUMBER && number_word.bytes == 0)
		lead_wrong(lead, _("which order? %s"), _(verb->usage));
	else if (verb->needs & NEEDS_NUMBER && number == 0)
		lead_wrong(lead, _("'%.*s' is not the number of an order; %s"),
			   (int)(number_word.bytes < 40 ? number_word.bytes : 40), number_word.data, _(verb->usage));
	else if (verb->needs & NEEDS_NUMBER && !entry)
		say_no_such(lead, number);
	else if (verb->needs & NEEDS_ORDER && entry && !entry->order)
		lead_wrong(lead, _("[%u] is not to be had any more: %s"), number, entry->gone);
	else
		run_verb(lead, verb, entry, rest);
	return true;
}

/* The length of the first line of the input, with its end; 0: there is no whole one. */
static size_t first_line(const struct lead *lead, struct pd_slice *line)
{
	const char *data = lead->input.data;
	const char *end = lead->input.count ? memchr(data, '\n', lead->input.count) : NULL;
	size_t bytes = end ? (size_t)(end - data) : lead->input.count;
	if (!end && !lead->ended && lead->input.count < LINE_BYTES_MAX)
		return 0;
	*line = (struct pd_slice){data, (uint32_t)bytes};
	if (bytes && data[bytes - 1] == '\r')
		line->bytes--;
	return end ? bytes + 1 : bytes;
}

void lead_take_lines(struct lead *lead)
{
	struct pd_slice line;
	size_t bytes;
	while (!lead->quit && !lead->answer_for && (bytes = first_line(lead, &line))) {
		lead->prompted = false; /* the terminal showed what was typed, and its end */
		if (!take_line(lead, line))
			return;
		memmove(lead->input.data, lead->input.data + bytes, lead->input.count - bytes);
		lead->input.count -= bytes;
	}
}

void lead_read(struct lead *lead)
{
	enum { PIECE = 4096 };
	char *at = pd_buffer_room(&lead->input, PIECE);
	ssize_t got = read(STDIN_FILENO, at, PIECE);
	lead->input.count -= got > 0 ? PIECE - (size_t)got : PIECE;
	if (got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN))
		lead->ended = true;
}
