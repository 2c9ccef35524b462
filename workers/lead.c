/* lead.c - paidan-worker lead: a leader at a terminal, or a script in their place.
 *
 * Input is taken line by line; the next line waits until the command before it is answered, so that what is typed is
 * done in order. Orders get numbers as they are shown, from 1 on, and keep them to the end of the session: an entry of
 * an order that is gone stays for a while, so that its story and what the resident says of it can be told under the
 * same number.
 */
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agenda.h"
#include "args.h"
#include "commands.h"
#include "roster.h"
#include "shift.h"
#include "show.h"
#include "text.h"
#include "worker.h"

enum { QUERY_MS = 5000, SETTLE_MS = 2000, GONE_MAX = 200, LINE_BYTES_MAX = 64 * 1024 };
enum {
	POSTS = 1u << PD_post_centre | 1u << PD_post_leader | 1u << PD_post_grid_leader | 1u << PD_post_staff |
		1u << PD_post_supervisor | 1u << PD_post_administrator
};

static const char usage[] = "AREA [--as PERSON] [--credit N] [--wait S]";
static const char help[] =
	"Shows the orders of AREA (id or name) as they come, and takes commands, one a line:\n"
	"  a 1            accept order 1 (接单)\n"
	"  d 1 REASON     decline it: it goes to the level above\n"
	"  c 1 RESULT     complete it (办结), once accepted\n"
	"  u 1 REASON     hand an accepted order up to the level above\n"
	"  n 1 TEXT       add a note\n"
	"  s 1            show its story\n"
	"  l              list all orders        h  help        q  quit\n"
	"Who acts is the area's leader (of a micro-grid), grid leader (of a grid) or staff (above), or the\n"
	"person given by --as, who must hold a post there. Orders that the person accepted before are\n"
	"listed at the start. On leaving (q, end of input, Ctrl-C) what was accepted stays accepted.\n"
	"\n"
	"If stdin is not a terminal, it is taken for a script: a command about an order that has not come yet\n"
	"waits for it, at most --wait seconds, and the exit code is 1 if any command failed.\n";

struct entry {
	unsigned number; /* 0: not shown yet */
	struct pd_id id;
	struct worker_order *order; /* null: it is not ours any more */
	char gone[80];              /* why */
};

struct lead {
	struct args *args;
	struct shift shift;
	struct worker *worker;
	struct roster *roster;
	const struct roster_area *area;
	const struct roster_person *person;
	struct pd_buffer entries; /* struct entry *, in the order of coming */
	unsigned next_number;
	unsigned gone_count;
	struct pd_buffer input;
	struct pd_decoder *decoder;
	double wait_s;
	uint64_t wait_until_ms; /* of a script's command that waits for its order; 0: none does */
	unsigned answer_for;    /* the entry whose command is under way; 0: none */
	uint16_t credit;
	bool terminal, prompted;
	bool ended; /* no more input */
	bool quit, failed;
};

/* ---- saying ---- */

/* Begin to say something: what is said stands on lines of its own. */
static void begin(struct lead *lead)
{
	if (lead->prompted)
		fputs("\r\033[K", stdout);
	lead->prompted = false;
}

static void prompt(struct lead *lead)
{
	if (lead->terminal && !lead->prompted && !lead->answer_for)
		fputs("> ", stdout);
	lead->prompted = lead->terminal && !lead->answer_for;
	fflush(stdout);
}

/* A command that cannot be done: what would be right. */
__attribute__((format(printf, 2, 3))) static void wrong(struct lead *lead, const char *format, ...)
{
	va_list args;
	begin(lead);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	lead->failed = true;
}

static void say_refused(struct lead *lead, unsigned number, const char *what, const struct pd_refused *refused)
{
	const struct pd_refusal_info *info = pd_refusal_info(refused->code);
	begin(lead);
	printf("[%u] %s was refused: %.*s", number, what, (int)refused->sentence.bytes, refused->sentence.data);
	if (refused->detail.bytes)
		printf(" (%.*s)", (int)refused->detail.bytes, refused->detail.data);
	printf(" %s\n", info ? info->advice : "");
	lead->failed = true;
}

/* ---- entries ---- */

static struct entry **entries(const struct lead *lead, size_t *count)
{
	*count = lead->entries.count / sizeof(struct entry *);
	return (struct entry **)lead->entries.data;
}

static struct entry *entry_by_number(const struct lead *lead, unsigned number)
{
	size_t count;
	struct entry **all = entries(lead, &count);
	for (size_t i = 0; i < count; i++)
		if (number && all[i]->number == number)
			return all[i];
	return NULL;
}

static struct entry *entry_by_id(const struct lead *lead, const struct pd_id *id)
{
	size_t count;
	struct entry **all = entries(lead, &count);
	for (size_t i = 0; i < count; i++)
		if (pd_id_compare(&all[i]->id, id) == 0)
			return all[i];
	return NULL;
}

static struct entry *entry_new(struct lead *lead, struct worker_order *order)
{
	struct entry *entry = calloc(1, sizeof *entry);
	if (!entry)
		abort();
	entry->id = order->id;
	entry->order = order;
	order->data = entry;
	pd_buffer_add(&lead->entries, &entry, sizeof entry);
	return entry;
}

static void entry_remove(struct lead *lead, struct entry *entry)
{
	size_t count, i = 0;
	struct entry **all = entries(lead, &count);
	while (all[i] != entry)
		i++;
	memmove(&all[i], &all[i + 1], (count - i - 1) * sizeof entry);
	lead->entries.count -= sizeof entry;
	lead->gone_count -= !entry->order;
	free(entry);
}

static void drop_oldest_gone(struct lead *lead)
{
	size_t count;
	struct entry **all = entries(lead, &count);
	for (size_t i = 0; i < count; i++)
		if (!all[i]->order) {
			entry_remove(lead, all[i]);
			return;
		}
}

/* The order is not ours any more. One that was never shown leaves no trace. */
static void entry_gone(struct lead *lead, struct entry *entry, const char *why)
{
	if (lead->answer_for == entry->number)
		lead->answer_for = 0;
	if (entry->number == 0) {
		entry_remove(lead, entry);
		return;
	}
	entry->order = NULL;
	snprintf(entry->gone, sizeof entry->gone, "%s", why);
	if (++lead->gone_count > GONE_MAX)
		drop_oldest_gone(lead);
}

/* ---- what the worker tells ---- */

static void on_offered(struct worker *worker, struct worker_order *order, void *arg)
{
	(void)worker;
	entry_new(arg, order);
}

static void on_done(struct worker *worker, struct worker_order *order, enum pd_type command, void *arg)
{
	struct lead *lead = arg;
	struct entry *entry = order->data;
	(void)worker;
	lead->answer_for = 0;
	begin(lead);
	switch (command) {
	case PD_MSG_accept:
		printf("[%u] accepted; when it is done: c %u RESULT\n", entry->number, entry->number);
		break;
	case PD_MSG_note: printf("[%u] noted\n", entry->number); break;
	case PD_MSG_decline:
		printf("[%u] declined; it goes to the level above\n", entry->number);
		entry_gone(lead, entry, "you declined it");
		break;
	case PD_MSG_transfer:
		printf("[%u] handed up to the level above\n", entry->number);
		entry_gone(lead, entry, "you handed it up");
		break;
	default:
		printf("[%u] completed; the resident is asked to confirm\n", entry->number);
		entry_gone(lead, entry, "you completed it");
	}
}

static void on_refused(struct worker *worker, struct worker_order *order, enum pd_type command,
		       const struct pd_refused *refused, void *arg)
{
	struct lead *lead = arg;
	struct entry *entry = order->data;
	(void)worker;
	lead->answer_for = 0;
	say_refused(lead, entry->number, pd_message_info(command)->name, refused);
}

static void on_lost(struct worker *worker, struct worker_order *order, enum worker_loss loss, uint32_t person,
		    void *arg)
{
	struct lead *lead = arg;
	struct entry *entry = order->data;
	(void)worker;
	if (entry->number == 0) {
		entry_gone(lead, entry, "");
		return;
	}
	begin(lead);
	lead->failed |= lead->answer_for == entry->number;
	printf("[%u] ", entry->number);
	if (loss == WORKER_LINK_LOST) {
		printf("is no longer offered, for the connection was lost; it comes again if it still waits\n");
	} else if (person) {
		printf("%s ",
		       loss == WORKER_TAKEN ? "is not yours any more: it was moved by" : "withdrawn: it was moved by");
		show_person(lead->roster, person);
		printf("\n");
	} else {
		printf("is no longer to be had\n");
	}
	entry_gone(lead, entry,
		   loss == WORKER_LINK_LOST ? "the connection was lost meanwhile" : "somebody else moved it");
}

static void on_area_refused(struct worker *worker, uint32_t area, const struct pd_refused *refused, void *arg)
{
	struct lead *lead = arg;
	(void)worker;
	begin(lead);
	printf("the broker does not let you work for area %" PRIu32 ": %.*s %.*s\n", area, (int)refused->sentence.bytes,
	       refused->sentence.data, (int)refused->detail.bytes, refused->detail.data);
	lead->failed = lead->quit = true;
}

/* What others do with orders that have a number here. */
static void on_event(struct worker *worker, const struct pd_message *event, void *arg)
{
	struct lead *lead = arg;
	(void)worker;
	if (!pd_is_order_event(event->type))
		return;
	const struct pd_order_event *common = (const struct pd_order_event *)&event->ok;
	struct entry *entry = entry_by_id(lead, &common->order);
	if (!entry || entry->number == 0 || common->actor == lead->person->id || event->type == PD_MSG_submitted)
		return;
	begin(lead);
	printf("[%u] ", entry->number);
	show_event(lead->roster, event);
}

static void on_link(struct worker *worker, enum pd_link link, const struct pd_message *message, void *arg)
{
	struct lead *lead = arg;
	(void)worker;
	begin(lead);
	shift_link(&lead->shift, link, message);
}

static const struct worker_handler handler = {
	.offered = on_offered,
	.done = on_done,
	.refused = on_refused,
	.lost = on_lost,
	.area_refused = on_area_refused,
	.event = on_event,
	.link = on_link,
};

/* ---- showing orders ---- */

static struct entry *first_unshown(const struct lead *lead)
{
	size_t count;
	struct entry **all = entries(lead, &count);
	for (size_t i = 0; i < count; i++)
		if (all[i]->number == 0)
			return all[i];
	return NULL;
}

/* Looking up an address may wait, and the order be lost meanwhile: it is looked for again afterwards. */
static void show_new(struct lead *lead)
{
	struct entry *entry;
	while ((entry = first_unshown(lead))) {
		struct pd_id id = entry->id;
		struct pd_submitted submitted = entry->order->submitted;
		const char *address = roster_address(lead->roster, worker_client(lead->worker), submitted.area,
						     submitted.household, QUERY_MS);
		entry = entry_by_id(lead, &id);
		if (!entry || entry->number)
			continue;
		begin(lead);
		entry->number = lead->next_number++;
		show_order(lead->roster, entry->number, entry->order, address);
	}
}

static void list(struct lead *lead)
{
	size_t count;
	bool any = false;
	struct entry **all = entries(lead, &count);
	for (size_t i = 0; i < count; i++) {
		if (!all[i]->order || all[i]->number == 0)
			continue;
		const struct pd_submitted *submitted = &all[i]->order->submitted;
		any = true;
		/* An address that was not asked for is not waited for here. */
		show_order(lead->roster, all[i]->number, all[i]->order,
			   roster_address(lead->roster, NULL, submitted->area, submitted->household, 0));
	}
	if (!any)
		printf("there are no orders for you at the moment\n");
}

/* ---- commands ---- */

enum { NEEDS_NUMBER = 1, NEEDS_TEXT = 2, NEEDS_ORDER = 4 };

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
	wrong(lead, "[%u] is accepted already; complete it: c %u RESULT", entry->number, entry->number);
	return PD_OK;
}

static enum pd_err run_decline(struct lead *lead, struct entry *entry, struct pd_slice reason)
{
	if (entry->order->stage == WORKER_OFFERED)
		return worker_decline(lead->worker, entry->order, reason);
	wrong(lead, "[%u] is accepted already; hand it up: u %u REASON", entry->number, entry->number);
	return PD_OK;
}

static enum pd_err run_complete(struct lead *lead, struct entry *entry, struct pd_slice result)
{
	if (entry->order->stage == WORKER_IN_HAND)
		return worker_complete(lead->worker, entry->order, result);
	wrong(lead, "[%u] is not accepted yet: a %u", entry->number, entry->number);
	return PD_OK;
}

static enum pd_err run_up(struct lead *lead, struct entry *entry, struct pd_slice reason)
{
	if (entry->order->stage != WORKER_IN_HAND)
		wrong(lead, "[%u] is not accepted; decline it: d %u REASON", entry->number, entry->number);
	else if (lead->area->parent == 0)
		wrong(lead, "there is no level above %s", lead->area->name);
	else
		return worker_transfer(lead->worker, entry->order, lead->area->parent, reason);
	return PD_OK;
}

static enum pd_err run_note(struct lead *lead, struct entry *entry, struct pd_slice text)
{
	return worker_note(lead->worker, entry->order, text);
}

static void on_past(struct pd_client *client, const struct pd_message *answer, bool last, void *arg)
{
	struct lead *lead = arg;
	struct pd_message event;
	struct pd_fault fault;
	size_t off = 0;
	(void)client;
	(void)last;
	if (answer->type == PD_MSG_order)
		printf("      %s, version %" PRIu32 "\n", pd_word("state", answer->order.state), answer->order.version);
	if (answer->type != PD_MSG_past)
		return;
	pd_decoder_reset(lead->decoder);
	if (pd_decode(lead->decoder, answer->past.event.data, answer->past.event.bytes, &off, &event, &fault) ==
		    PD_OK &&
	    pd_is_order_event(event.type))
		show_past(lead->roster, &event);
}

static enum pd_err run_story(struct lead *lead, struct entry *entry, struct pd_slice text)
{
	struct pd_message get = {.type = PD_MSG_get_order, .get_order = {.order = entry->id, .story = true}}, end;
	char id[PD_ID_TEXT_BYTES];
	unsigned number = entry->number;
	(void)text;
	printf("[%u] %s\n", number, pd_id_print(&entry->id, id));
	enum pd_err err = pd_client_query(worker_client(lead->worker), &get, on_past, lead, &end, QUERY_MS);
	if (err)
		return err;
	if (end.type == PD_MSG_refused)
		say_refused(lead, number, "show", &end.refused);
	return PD_OK;
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
	{"a", "accept", "a NUMBER: accept the order", NEEDS_NUMBER | NEEDS_ORDER, run_accept},
	{"d", "decline", "d NUMBER REASON: decline it, it goes to the level above",
	 NEEDS_NUMBER | NEEDS_TEXT | NEEDS_ORDER, run_decline},
	{"c", "complete", "c NUMBER RESULT: complete an accepted order", NEEDS_NUMBER | NEEDS_TEXT | NEEDS_ORDER,
	 run_complete},
	{"u", "up", "u NUMBER REASON: hand an accepted order up to the level above",
	 NEEDS_NUMBER | NEEDS_TEXT | NEEDS_ORDER, run_up},
	{"n", "note", "n NUMBER TEXT: add a note", NEEDS_NUMBER | NEEDS_TEXT | NEEDS_ORDER, run_note},
	{"s", "show", "s NUMBER: show its story", NEEDS_NUMBER, run_story},
	{"l", "list", "l: list all orders", 0, run_list},
	{"h", "help", "h: this help", 0, run_help},
	{"q", "quit", "q: quit; what you accepted stays accepted", 0, run_quit},
};
enum { VERBS = sizeof verbs / sizeof verbs[0] };

static enum pd_err run_help(struct lead *lead, struct entry *entry, struct pd_slice text)
{
	(void)lead;
	(void)entry;
	(void)text;
	for (size_t i = 0; i < VERBS; i++)
		printf("  %s\n", verbs[i].usage);
	return PD_OK;
}

/* ---- lines ---- */

/* The next word of *rest, cut off; empty at the end. */
static struct pd_slice next_word(struct pd_slice *rest)
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

/* 0: it is not a number of an order. */
static unsigned parse_number(struct pd_slice word)
{
	char text[12];
	uint64_t number;
	if (word.bytes == 0 || word.bytes >= sizeof text)
		return 0;
	memcpy(text, word.data, word.bytes);
	text[word.bytes] = 0;
	return args_is_number(text, &number) && number <= UINT32_MAX ? (unsigned)number : 0;
}

/* Whether a script's command has to wait for order number to come. */
static bool must_wait(struct lead *lead, unsigned number)
{
	uint64_t now_ms = agenda_now_ms();
	if (lead->terminal || number < lead->next_number)
		return false;
	if (lead->wait_until_ms == 0)
		lead->wait_until_ms = now_ms + (uint64_t)(lead->wait_s * 1000);
	return now_ms < lead->wait_until_ms;
}

static void say_no_such(struct lead *lead, unsigned number)
{
	if (number < lead->next_number)
		wrong(lead, "[%u] was long ago; 'l' lists the orders there are", number);
	else if (lead->terminal)
		wrong(lead, "there is no order %u; 'l' lists the orders there are", number);
	else
		wrong(lead, "no order %u came within %g s", number, lead->wait_s);
}

static void run_verb(struct lead *lead, const struct verb *verb, struct entry *entry, struct pd_slice rest)
{
	struct pd_buffer text = {0};
	unsigned number = entry ? entry->number : 0;
	text_tidy(&text, rest.data, rest.bytes, SIZE_MAX);
	if (verb->needs & NEEDS_TEXT && text.count == 0) {
		wrong(lead, "the words are missing; %s", verb->usage);
	} else if (!(verb->needs & NEEDS_TEXT) && text.count) {
		wrong(lead, "nothing more is expected; %s", verb->usage);
	} else {
		begin(lead);
		enum pd_err err = verb->run(lead, entry, text_slice(&text));
		if (err == PD_EBUSY)
			wrong(lead, "[%u] the command before it is not answered yet; try again", number);
		else if (err)
			wrong(lead, "%s", pd_client_why(worker_client(lead->worker)));
		else if (verb->needs & NEEDS_ORDER && (entry = entry_by_number(lead, number)) && entry->order &&
			 worker_order_busy(entry->order))
			lead->answer_for = number;
	}
	pd_buffer_fini(&text);
}

/* False: the line has to wait for its order. */
static bool take_line(struct lead *lead, struct pd_slice line)
{
	struct pd_slice rest = line, word = next_word(&rest);
	struct entry *entry = NULL;
	struct pd_slice number_word = {0};
	unsigned number = 0;
	if (word.bytes == 0 || word.data[0] == '#')
		return true;
	const struct verb *verb = find_verb(word);
	if (!verb) {
		wrong(lead, "'%.*s' is not a command; 'h' lists the commands", (int)(word.bytes < 40 ? word.bytes : 40),
		      word.data);
		return true;
	}
	if (verb->needs & NEEDS_NUMBER) {
		number_word = next_word(&rest);
		number = parse_number(number_word);
		entry = entry_by_number(lead, number);
		if (number && !entry && must_wait(lead, number))
			return false;
	}
	lead->wait_until_ms = 0;
	if (verb->needs & NEEDS_NUMBER && number == 0)
		wrong(lead, "'%.*s' is not the number of an order; %s",
		      (int)(number_word.bytes < 40 ? number_word.bytes : 40), number_word.data ? number_word.data : "",
		      verb->usage);
	else if (verb->needs & NEEDS_NUMBER && !entry)
		say_no_such(lead, number);
	else if (verb->needs & NEEDS_ORDER && !entry->order)
		wrong(lead, "[%u] is not to be had any more: %s", number, entry->gone);
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

static void take_lines(struct lead *lead)
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

static void read_input(struct lead *lead)
{
	enum { PIECE = 4096 };
	char *at = pd_buffer_room(&lead->input, PIECE);
	ssize_t got = read(STDIN_FILENO, at, PIECE);
	lead->input.count -= got > 0 ? PIECE - (size_t)got : PIECE;
	if (got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN))
		lead->ended = true;
}

/* ---- beginning and end ---- */

static enum pd_err read_registry(struct lead *lead)
{
	struct pd_client *client = worker_client(lead->worker);
	enum pd_err err = roster_load_areas(lead->roster, client, QUERY_MS);
	if (!err)
		err = roster_load_categories(lead->roster, client, QUERY_MS);
	if (!err)
		err = roster_find_area(lead->roster, lead->args->words[0], &lead->area);
	if (!err)
		err = roster_load_people(lead->roster, client, lead->area->id, POSTS, QUERY_MS);
	return err;
}

static int choose_person(struct lead *lead, const char *as)
{
	if (as) {
		if (roster_find_person(lead->roster, as, lead->area->id, &lead->person))
			return args_fail(lead->args, EXIT_USAGE, "%s", roster_why(lead->roster));
		return 0;
	}
	lead->person = roster_leader(lead->roster, lead->area);
	if (lead->person)
		return 0;
	return args_fail(lead->args, EXIT_USAGE,
			 "nobody holds a post in area %" PRIu32 " %s that accepts its orders; see 'paidan people'",
			 lead->area->id, lead->area->name);
}

static void on_adopted(struct worker *worker, struct worker_order *order, void *arg)
{
	(void)worker;
	entry_new(arg, order);
}

/* Read until the broker answers; fn is repeated when an answer does not come. */
static enum pd_err persist(struct lead *lead, enum pd_err (*fn)(struct lead *lead))
{
	enum pd_err err;
	do {
		err = shift_until_up(&lead->shift, worker_client(lead->worker));
		if (!err && !lead->shift.stops)
			err = fn(lead);
	} while (err == PD_ETIMEDOUT && !lead->shift.stops);
	return lead->shift.stops ? PD_OK : err;
}

static enum pd_err adopt(struct lead *lead)
{
	return worker_adopt_all(lead->worker, lead->area->id, QUERY_MS, on_adopted, NULL);
}

static enum pd_err join(struct lead *lead)
{
	struct pd_client *client = worker_client(lead->worker);
	enum pd_err err = pd_client_follow(client, lead->area->id, UINT64_MAX);
	/* No work yet: the orders in hand come first. */
	if (!err)
		err = worker_join(lead->worker, lead->area->id, lead->person->id, 0);
	if (!err)
		err = persist(lead, adopt);
	if (!err)
		err = worker_join(lead->worker, lead->area->id, lead->person->id, lead->credit);
	return err;
}

static int start(struct lead *lead, const char *as)
{
	enum pd_err err = persist(lead, read_registry);
	if (err == PD_ESYS)
		return args_fail(lead->args, EXIT_SYSTEM, "%s", strerror(errno));
	if (err)
		return args_fail(lead->args, EXIT_USAGE, "%s", roster_why(lead->roster));
	if (lead->shift.stops)
		return 0;
	int code = choose_person(lead, as);
	if (code)
		return code;
	if (join(lead))
		return args_fail(lead->args, EXIT_SYSTEM, "%s", pd_client_why(worker_client(lead->worker)));
	printf("%s (area %" PRIu32 "), you act as %s (person %" PRIu32 ", %s); 'h' lists the commands\n",
	       lead->area->name, lead->area->id, lead->person->name, lead->person->id,
	       pd_word("post", lead->person->post));
	if (worker_count(lead->worker, WORKER_IN_HAND))
		printf("accepted before and not completed yet:\n");
	show_new(lead);
	return 0;
}

static int wait_ms(const struct lead *lead)
{
	uint64_t now_ms = agenda_now_ms();
	if (lead->wait_until_ms == 0)
		return -1;
	return lead->wait_until_ms > now_ms ? (int)(lead->wait_until_ms - now_ms) : 0;
}

/* Whether all input is dealt with. */
static bool finished(const struct lead *lead)
{
	return lead->ended && lead->input.count == 0 && !lead->answer_for;
}

static enum pd_err converse(struct lead *lead)
{
	while (!lead->shift.stops && !lead->quit && !finished(lead) && !ferror(stdout)) {
		/* Input that cannot be dealt with yet stays where it is. */
		bool listen = !lead->ended && !lead->answer_for && !lead->wait_until_ms;
		struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
		prompt(lead);
		enum pd_err err = shift_wait(&lead->shift, worker_client(lead->worker), wait_ms(lead), &input, listen);
		if (err)
			return err;
		show_new(lead);
		if (listen && input.revents)
			read_input(lead);
		take_lines(lead);
	}
	return PD_OK;
}

static void tell_end(struct lead *lead)
{
	size_t count, in_hand = worker_count(lead->worker, WORKER_IN_HAND);
	struct entry **all = entries(lead, &count);
	begin(lead);
	if (in_hand == 0) {
		printf("you leave with no order in hand\n");
		return;
	}
	printf("you leave with %zu accepted order%s, which stay%s accepted:", in_hand, in_hand > 1 ? "s" : "",
	       in_hand > 1 ? "" : "s");
	for (size_t i = 0; i < count; i++)
		if (all[i]->order && all[i]->order->stage == WORKER_IN_HAND)
			printf(" [%u]", all[i]->number);
	printf("; go on with: paidan-worker lead %" PRIu32 "\n", lead->area->id);
}

static int finish(struct lead *lead)
{
	bool script = !lead->terminal;
	worker_stop(lead->worker);
	if (shift_settle(&lead->shift, worker_client(lead->worker), SETTLE_MS))
		return EXIT_SYSTEM;
	if (lead->person)
		tell_end(lead);
	if (fflush(stdout) || ferror(stdout))
		return EXIT_SYSTEM;
	return script && lead->failed ? 1 : 0;
}

static void lead_fini(struct lead *lead)
{
	size_t count;
	struct entry **all = entries(lead, &count);
	worker_close(lead->worker);
	for (size_t i = 0; i < count; i++)
		free(all[i]);
	pd_buffer_fini(&lead->entries);
	pd_buffer_fini(&lead->input);
	roster_free(lead->roster);
	pd_decoder_free(lead->decoder);
	shift_end(&lead->shift);
}

static int run(struct lead *lead, const char *as)
{
	const char *why;
	if (shift_begin(&lead->shift, lead->args, false))
		return args_fail(lead->args, EXIT_SYSTEM, "signals: %s", strerror(errno));
	enum pd_err err = worker_open(&lead->worker, lead->args->connect, lead->args->subscribe,
				      "paidan-worker lead " PAIDAN_VERSION, &handler, lead, &why);
	if (err)
		return args_fail(lead->args, err == PD_EINVAL ? EXIT_USAGE : EXIT_SYSTEM, "%s", why);
	lead->roster = roster_new();
	lead->decoder = pd_decoder_new();
	lead->next_number = 1;
	lead->terminal = isatty(STDIN_FILENO);
	int code = start(lead, as);
	if (code == 0 && converse(lead))
		code = args_fail(lead->args, EXIT_SYSTEM, "%s", pd_client_why(worker_client(lead->worker)));
	if (code == 0)
		code = finish(lead);
	lead_fini(lead);
	return code;
}

int lead_main(int argc, char **argv)
{
	const char *as = NULL, *credit_text = "8", *wait_text = "30";
	const struct args_option options[] = {
		{"as", "PERSON", "act as this person (id or name) instead of the area's leader", &as, NULL},
		{"credit", "N", "orders shown at a time and not yet accepted, 1 to 4096; default 8", &credit_text,
		 NULL},
		{"wait", "S", "in a script: wait so long for an order to come, 0 to 86400; default 30", &wait_text,
		 NULL},
		{0},
	};
	struct args args = {.program = "paidan-worker lead", .usage = usage, .help = help, .options = options};
	struct lead lead = {.args = &args};
	uint64_t credit;
	if (!args_parse(&args, argc, argv, 1, 1, false))
		return args.exit;
	if (!args_number(&args, "--credit", credit_text, 1, 4096, &credit) ||
	    !args_real(&args, "--wait", wait_text, 0, 86400, &lead.wait_s))
		return EXIT_USAGE;
	lead.credit = (uint16_t)credit;
	return run(&lead, as);
}
