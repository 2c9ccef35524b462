/* lead.c - paidan-worker lead: a leader at a terminal, or a script in their place.
 *
 * Input is taken line by line; the next line waits until the command before it is answered, so that what is typed is
 * done in order.
 */
#include "lead.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agenda.h"
#include "commands.h"
#include "intl.h"
#include "show.h"

enum { SETTLE_MS = 2000 };

/* ---- saying ---- */

void lead_begin(struct lead *lead)
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

void lead_wrong(struct lead *lead, const char *format, ...)
{
	va_list args;
	lead_begin(lead);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	lead->failed = true;
}

void lead_refused(struct lead *lead, unsigned number, const char *what, const struct pd_refused *refused)
{
	char why[CLI_REFUSAL_BYTES];
	lead_begin(lead);
	printf(_("[%u] %s was refused: %s %s\n"), number, what, cli_refusal(refused, why), cli_advice(refused));
	lead->failed = true;
}

/* ---- what the worker tells ---- */

/* The order is not ours any more; no answer about it is to come. */
static void entry_gone(struct lead *lead, struct entry *entry, const char *why)
{
	if (lead->answer_for == entry->number)
		lead->answer_for = 0;
	entries_gone(&lead->entries, entry, why);
}

static void on_offered(struct worker *worker, struct worker_order *order, void *arg)
{
	struct lead *lead = arg;
	(void)worker;
	entries_add(&lead->entries, order);
}

static void on_done(struct worker *worker, struct worker_order *order, enum pd_type command, void *arg)
{
	struct lead *lead = arg;
	struct entry *entry = order->data;
	char when[SHOW_TIME_BYTES];
	(void)worker;
	lead->answer_for = 0;
	lead_begin(lead);
	switch (command) {
	case PD_MSG_accept:
		printf(_("[%u] accepted; when it is done: c %u RESULT\n"), entry->number, entry->number);
		break;
	case PD_MSG_note: printf(_("[%u] noted\n"), entry->number); break;
	case PD_MSG_suspend:
		printf(_("[%u] put off until %s; to go on before: g %u\n"), entry->number,
		       show_time(order->due_ms, when), entry->number);
		break;
	case PD_MSG_resume:
		printf(_("[%u] goes on; when it is done: c %u RESULT\n"), entry->number, entry->number);
		break;
	case PD_MSG_release:
		printf(_("[%u] given back; it waits again\n"), entry->number);
		entry_gone(lead, entry, _("you gave it back"));
		break;
	case PD_MSG_decline:
		printf(_("[%u] declined; it goes to the level above\n"), entry->number);
		entry_gone(lead, entry, _("you declined it"));
		break;
	case PD_MSG_transfer:
		printf(_("[%u] handed up to the level above\n"), entry->number);
		entry_gone(lead, entry, _("you handed it up"));
		break;
	default:
		printf(_("[%u] completed; the resident is asked to confirm\n"), entry->number);
		entry_gone(lead, entry, _("you completed it"));
	}
}

static void on_refused(struct worker *worker, struct worker_order *order, enum pd_type command,
		       const struct pd_refused *refused, void *arg)
{
	struct lead *lead = arg;
	struct entry *entry = order->data;
	(void)worker;
	lead->answer_for = 0;
	lead_refused(lead, entry->number, intl_command(command), refused);
}

static void on_accepted_elsewhere(struct worker *worker, struct worker_order *order, void *arg)
{
	struct lead *lead = arg;
	const struct entry *entry = order->data ? order->data : entries_add(&lead->entries, order);
	(void)worker;
	if (entry->number == 0)
		return; /* it is shown as accepted when it is shown */
	if (lead->answer_for == entry->number)
		lead->answer_for = 0;
	lead_begin(lead);
	printf(_("[%u] accepted by you elsewhere; when it is done: c %u RESULT\n"), entry->number, entry->number);
}

static void on_put_off(struct worker *worker, struct worker_order *order, void *arg)
{
	struct lead *lead = arg;
	const struct entry *entry = order->data;
	char when[SHOW_TIME_BYTES];
	(void)worker;
	if (entry->number == 0)
		return;
	lead_begin(lead);
	printf(_("[%u] put off by you elsewhere, until %s\n"), entry->number, show_time(order->due_ms, when));
}

static void on_gone_on(struct worker *worker, struct worker_order *order, void *arg)
{
	struct lead *lead = arg;
	const struct entry *entry = order->data ? order->data : entries_add(&lead->entries, order);
	(void)worker;
	if (entry->number == 0)
		return; /* it is shown as accepted when it is shown */
	lead_begin(lead);
	printf(_("[%u] goes on; when it is done: c %u RESULT\n"), entry->number, entry->number);
}

static void on_warned(struct worker *worker, struct worker_order *order, const struct pd_warned *warned, void *arg)
{
	struct lead *lead = arg;
	const struct entry *entry = order->data;
	char due[SHOW_TIME_BYTES];
	(void)worker;
	if (entry->number == 0)
		return;
	lead_begin(lead);
	show_time(warned->due_ms, due);
	switch (warned->why) {
	case PD_warning_half: printf(_("[%u] half of the time has passed, due %s\n"), entry->number, due); break;
	case PD_warning_soon: printf(_("[%u] a quarter of an hour is left, due %s\n"), entry->number, due); break;
	case PD_warning_idle:
		printf(_("[%u] nothing was said of it for long: note how it stands (n %u TEXT), or it goes to the "
			 "level "
			 "above\n"),
		       entry->number, entry->number);
		break;
	case PD_warning_urged: printf(_("[%u] it is urged, due %s\n"), entry->number, due); break;
	default: break; /* of a later broker */
	}
}

static void on_lost(struct worker *worker, struct worker_order *order, enum worker_loss loss, uint32_t person,
		    void *arg)
{
	struct lead *lead = arg;
	struct entry *entry = order->data;
	char who[SHOW_NAME_BYTES];
	(void)worker;
	if (entry->number == 0) {
		entry_gone(lead, entry, "");
		return;
	}
	lead_begin(lead);
	lead->failed |= lead->answer_for == entry->number;
	if (loss == WORKER_LINK_LOST)
		printf(_("[%u] is no longer offered, for the connection was lost; it comes again if it still waits\n"),
		       entry->number);
	else if (loss == WORKER_CLIMBED)
		printf(_("[%u] is not yours any more: its time has passed, and it went to the level above\n"),
		       entry->number);
	else if (loss == WORKER_LAPSED)
		printf(_("[%u] is not yours any more: its roll-call or round of visits has ended\n"), entry->number);
	else if (person == lead->post.person->id)
		printf(_("[%u] is not in hand here any more: you moved it elsewhere\n"), entry->number);
	else if (person && loss == WORKER_TAKEN)
		printf(_("[%u] is not yours any more: it was moved by %s\n"), entry->number,
		       show_person(lead->roster, person, who));
	else if (person)
		printf(_("[%u] withdrawn: it was moved by %s\n"), entry->number,
		       show_person(lead->roster, person, who));
	else
		printf(_("[%u] is no longer to be had\n"), entry->number);
	entry_gone(lead, entry,
		   loss == WORKER_LINK_LOST ? _("the connection was lost meanwhile")
		   : loss == WORKER_LAPSED  ? _("its roll-call or round of visits has ended")
					    : _("it was moved elsewhere"));
}

static void on_area_refused(struct worker *worker, uint32_t area, const struct pd_refused *refused, void *arg)
{
	struct lead *lead = arg;
	char why[CLI_REFUSAL_BYTES];
	(void)worker;
	lead_begin(lead);
	printf(_("the broker does not let you work for area %" PRIu32 ": %s\n"), area, cli_refusal(refused, why));
	lead->failed = lead->quit = true;
}

static void on_follow_refused(struct worker *worker, const struct pd_refused *refused, void *arg)
{
	struct lead *lead = arg;
	char why[CLI_REFUSAL_BYTES];
	(void)worker;
	lead_begin(lead);
	fflush(stdout);
	cli_say(lead->cli, _("the broker refuses to tell what happens: %s"), cli_refusal(refused, why));
	lead->blind = lead->quit = true;
}

/* What others do with orders that have a number here. */
static void on_event(struct worker *worker, const struct pd_message *event, void *arg)
{
	struct lead *lead = arg;
	(void)worker;
	if (!pd_is_order_event(event->type))
		return;
	const struct pd_order_event *common = &event->order_event;
	struct entry *entry = entries_by_id(&lead->entries, &common->order);
	if (!entry || entry->number == 0 || common->actor == lead->post.person->id || event->type == PD_MSG_submitted)
		return;
	lead_begin(lead);
	printf("[%u] ", entry->number);
	show_event(lead->roster, event);
}

static void on_link(struct worker *worker, enum pd_link link, const struct pd_message *message, void *arg)
{
	struct lead *lead = arg;
	(void)worker;
	lead_begin(lead);
	shift_link(&lead->shift, link, message);
}

static const struct worker_handler handler = {
	.offered = on_offered,
	.done = on_done,
	.refused = on_refused,
	.accepted_elsewhere = on_accepted_elsewhere,
	.put_off = on_put_off,
	.gone_on = on_gone_on,
	.warned = on_warned,
	.lost = on_lost,
	.area_refused = on_area_refused,
	.event = on_event,
	.follow_refused = on_follow_refused,
	.link = on_link,
};

/* ---- showing orders ---- */

/* Looking up an address may wait, and the order be lost meanwhile: it is looked for again afterwards. */
static void show_new(struct lead *lead)
{
	struct entry *entry;
	while ((entry = entries_first_unshown(&lead->entries))) {
		const struct pd_id id = entry->id;
		const struct pd_submitted submitted = entry->order->submitted;
		const char *address = roster_address(lead->roster, worker_client(lead->worker), submitted.area,
						     submitted.household, POST_QUERY_MS);
		entry = entries_by_id(&lead->entries, &id);
		if (!entry || entry->number)
			continue;
		lead_begin(lead);
		entries_number(&lead->entries, entry);
		show_order(lead->roster, entry->number, entry->order, address);
	}
}

/* ---- beginning and end ---- */

static void on_adopted(struct worker *worker, struct worker_order *order, void *arg)
{
	struct lead *lead = arg;
	(void)worker;
	entries_add(&lead->entries, order);
}

static enum pd_err join(struct lead *lead)
{
	uint32_t area = lead->post.area->id, person = lead->post.person->id;
	enum pd_err err = pd_client_follow(worker_client(lead->worker), area, UINT64_MAX);
	/* No work yet: the orders in hand come first. */
	if (!err)
		err = worker_join(lead->worker, area, person, 0);
	if (!err)
		err = post_adopt(&lead->shift, lead->worker, area, on_adopted, NULL);
	return err ? err : worker_join(lead->worker, area, person, lead->credit);
}

static int start(struct lead *lead, const char *as)
{
	int code = post_take(&lead->post, lead->roster, &lead->shift, lead->worker, lead->area, as);
	if (code || lead->shift.stops)
		return code;
	enum pd_err err = join(lead);
	if (err == PD_ETIMEDOUT)
		return post_fail(lead->cli, lead->roster, err);
	if (err)
		return cli_fail(lead->cli, CLI_SYSTEM, "%s", pd_client_why(worker_client(lead->worker)));
	const char *why;
	err = lead_listen(lead, &why);
	if (err)
		return cli_fail(lead->cli, CLI_SYSTEM, "%s", why);
	const struct roster_area *area = lead->post.area;
	const struct roster_person *person = lead->post.person;
	printf(_("%s (area %" PRIu32 "), you act as %s (person %" PRIu32 ", %s); 'h' lists the commands\n"), area->name,
	       area->id, person->name, person->id, intl_word("post", person->post));
	if (worker_count(lead->worker, WORKER_IN_HAND))
		puts(_("accepted before and not completed yet:"));
	show_new(lead);
	return 0;
}

static int wait_ms(const struct lead *lead)
{
	uint64_t now_ms = agenda_now_ms();
	int most_ms = shift_patience_ms(&lead->shift);
	if (lead->wait_until_ms == 0)
		return most_ms;
	uint64_t left_ms = lead->wait_until_ms > now_ms ? lead->wait_until_ms - now_ms : 0;
	return most_ms >= 0 && (uint64_t)most_ms < left_ms ? most_ms : (int)left_ms;
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
		struct pollfd more[] = {{.fd = pd_client_fd(lead->ear), .events = POLLIN},
					{.fd = STDIN_FILENO, .events = POLLIN}};
		prompt(lead);
		enum pd_err err =
			shift_wait(&lead->shift, worker_client(lead->worker), wait_ms(lead), more, listen ? 2 : 1);
		if (!err)
			err = pd_client_step(lead->ear, 0);
		if (err)
			return err;
		if (shift_patience_ms(&lead->shift) == 0)
			return PD_ETIMEDOUT;
		show_new(lead);
		if (listen && more[1].revents)
			lead_read(lead);
		lead_take_lines(lead);
	}
	return PD_OK;
}

static void tell_end(struct lead *lead)
{
	size_t in_hand = worker_count(lead->worker, WORKER_IN_HAND);
	lead_begin(lead);
	if (in_hand == 0) {
		puts(_("you leave with no order in hand"));
		return;
	}
	printf(P_("you leave with %zu accepted order, which stays accepted:",
		  "you leave with %zu accepted orders, which stay accepted:", in_hand),
	       in_hand);
	for (const struct entry *entry = TAILQ_FIRST(&lead->entries.list); entry; entry = TAILQ_NEXT(entry, next))
		if (entry->order && entry->order->stage == WORKER_IN_HAND)
			printf(" [%u]", entry->number);
	printf(_("; go on with: paidan-worker lead %" PRIu32 "\n"), lead->post.area->id);
}

static int finish(struct lead *lead)
{
	bool script = !lead->terminal;
	worker_stop(lead->worker);
	if (shift_settle(&lead->shift, worker_client(lead->worker), SETTLE_MS))
		return CLI_SYSTEM;
	if (lead->post.person)
		tell_end(lead);
	if (fflush(stdout) || ferror(stdout))
		return CLI_SYSTEM;
	return lead->blind || (script && lead->failed) ? CLI_REFUSED : CLI_OK;
}

static void lead_fini(struct lead *lead)
{
	worker_close(lead->worker);
	pd_client_close(lead->ear);
	entries_fini(&lead->entries);
	pd_buffer_fini(&lead->input);
	pd_buffer_fini(&lead->heard);
	roster_free(lead->roster);
	pd_decoder_free(lead->decoder);
	shift_end(&lead->shift);
}

static int run(struct lead *lead, const char *as)
{
	int code = post_open(&lead->shift, lead->cli, false, &lead->worker, &handler, lead);
	if (code)
		return code;
	lead->roster = roster_new();
	lead->decoder = pd_decoder_new_client();
	entries_init(&lead->entries);
	lead->terminal = isatty(STDIN_FILENO);
	/* Nobody is there to end a script that waits for a broker; one that runs answers within a second. */
	if (!lead->terminal)
		lead->shift.patience_ms = lead->wait_s < 1 ? 1000 : (int)(lead->wait_s * 1000);
	code = start(lead, as);
	enum pd_err err = code == 0 ? converse(lead) : PD_OK;
	if (err == PD_ETIMEDOUT)
		code = post_fail(lead->cli, lead->roster, err);
	else if (err)
		code = cli_fail(lead->cli, CLI_SYSTEM, "%s", pd_client_why(worker_client(lead->worker)));
	if (code == 0)
		code = finish(lead);
	lead_fini(lead);
	return code;
}

int lead_main(struct cli *cli, int argc, char **argv)
{
	const char *as = NULL, *credit_text = "8", *wait_text = "30";
	const struct cli_option options[] = {
		{"as", "PERSON", N_("act as this person (id or name) instead of the area's leader"), &as, NULL},
		{"credit", "N", N_("orders shown at a time and not yet accepted, 1 to 4096; default 8"), &credit_text,
		 NULL},
		{"wait", "S",
		 N_("in a script: wait so long for an order to come, or for the broker, 0 to 86400; default 30"),
		 &wait_text, NULL},
		{0},
	};
	struct lead lead = {.cli = cli};
	uint64_t credit;
	if (cli_args(cli, argc, argv, options, &lead.area, 1, 1) < 0)
		return (int)cli->exit;
	if (!cli_number("--credit", credit_text, 1, 4096, &credit) ||
	    !cli_real("--wait", wait_text, 0, 86400, &lead.wait_s))
		return CLI_USAGE;
	lead.credit = (uint16_t)credit;
	return run(&lead, as);
}
