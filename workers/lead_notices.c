/* lead_notices.c - notices to the leader, and the answers to a roll-call or a round of visits.
 *
 * Notices are pushed to a connection of the person's own, which does nothing else; that they came libpaidan says.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "intl.h"
#include "lead.h"
#include "print.h"
#include "show.h"

enum { MISSING_MAX = 100, NUMBERS_MAX = 4 };

struct heard {
	struct pd_id id;
	uint8_t want;
};

static size_t heard_count(const struct lead *lead)
{
	return lead->heard.count / sizeof(struct heard);
}

static const struct heard *heard_by_id(const struct lead *lead, const struct pd_id *id, unsigned *number)
{
	const struct heard *heard = (const struct heard *)lead->heard.data;
	for (*number = 1; *number <= heard_count(lead); ++*number)
		if (pd_id_compare(&heard[*number - 1].id, id) == 0)
			return &heard[*number - 1];
	return NULL;
}

/* ---- notices ---- */

static void show_notice(struct lead *lead, unsigned number, const struct pd_notified *notified, bool reminder)
{
	char until[SHOW_TIME_BYTES];
	lead_begin(lead);
	printf(reminder ? _("notice %u, once more: ") : _("notice %u: "), number);
	show_text(notified->text, "      ");
	printf("\n      ");
	printf(_("valid until %s"), show_time(notified->until_ms, until));
	if (notified->want == PD_want_confirmation)
		printf(_("; please confirm it: y %u"), number);
	else if (notified->want == PD_want_read)
		printf(_("; please say that you have read it: k %u"), number);
	putchar('\n');
}

static void take_notice(struct lead *lead, const struct pd_notified *notified, bool reminder)
{
	unsigned number;
	bool known = heard_by_id(lead, &notified->notice, &number);
	if (notified->kind != PD_notice_kind_notice || (known && !reminder))
		return; /* a roll-call comes as an order; and a new connection is told again */
	struct heard heard = {notified->notice, notified->want};
	if (!known)
		pd_buffer_add(&lead->heard, &heard, sizeof heard);
	show_notice(lead, number, notified, reminder);
}

static void on_push(struct pd_client *client, const struct pd_message *push, void *arg)
{
	struct lead *lead = arg;
	struct pd_message event;
	struct pd_fault fault;
	size_t off = 0;
	struct pd_slice bytes = push->notice_push.notified;
	(void)client;
	if (push->type != PD_MSG_notice_push)
		return;
	pd_decoder_reset(lead->decoder);
	if (!pd_decode(lead->decoder, bytes.data, bytes.bytes, &off, &event, &fault) && event.type == PD_MSG_notified)
		take_notice(lead, &event.notified, push->notice_push.reminder > 0);
}

enum pd_err lead_listen(struct lead *lead, const char **why)
{
	const struct pd_client_options options = {
		.connect = lead->cli->connect,
		.subscribe = lead->cli->subscribe,
		.name = "paidan-worker lead " PAIDAN_VERSION,
		.person = lead->post.person->id,
		.language = (uint8_t)intl_language(),
		.listen = true,
		.arg = lead,
		.on_push = on_push,
	};
	return pd_client_open(&lead->ear, &options, why);
}

static struct pd_message receipt(const struct lead *lead, const struct pd_id *notice, enum pd_answer_kind answer)
{
	struct pd_message message = {.type = PD_MSG_answer};
	message.answer =
		(struct pd_answer){.notice = *notice, .answer = (uint8_t)answer, .actor = lead->post.person->id};
	return message;
}

/* Send an answer and wait for what comes of it. number: the order it is about, or 0. PD_ENOENT: it was refused, which
 * was said. */
static enum pd_err send_answer(struct lead *lead, unsigned number, struct pd_message *message)
{
	struct pd_message answer;
	enum pd_err err = pd_client_call(worker_client(lead->worker), message, &answer, POST_QUERY_MS);
	if (err)
		return err;
	if (answer.type == PD_MSG_refused && number)
		lead_refused(lead, number, _("the answer"), &answer.refused);
	else if (answer.type == PD_MSG_refused) {
		char why[CLI_REFUSAL_BYTES];
		lead_wrong(lead, "%s", cli_refusal(&answer.refused, why));
	}
	return answer.type == PD_MSG_ok ? PD_OK : PD_ENOENT;
}

static enum pd_err say_receipt(struct lead *lead, struct pd_slice text, enum pd_answer_kind answer, const char *done)
{
	const struct heard *heard = (const struct heard *)lead->heard.data;
	unsigned number = lead_number(text);
	if (number == 0 || number > heard_count(lead)) {
		lead_wrong(lead, _("there is no notice '%.*s' here"), (int)text.bytes, text.data);
		return PD_OK;
	}
	struct pd_message message = receipt(lead, &heard[number - 1].id, answer);
	enum pd_err err = send_answer(lead, 0, &message);
	if (!err)
		printf(done, number);
	return err == PD_ENOENT ? PD_OK : err;
}

enum pd_err lead_run_read(struct lead *lead, struct entry *entry, struct pd_slice text)
{
	(void)entry;
	return say_receipt(lead, text, PD_answer_kind_read, _("notice %u: you have read it\n"));
}

enum pd_err lead_run_confirm(struct lead *lead, struct entry *entry, struct pd_slice text)
{
	(void)entry;
	return say_receipt(lead, text, PD_answer_kind_confirmed, _("notice %u: confirmed\n"));
}

/* ---- roll-calls and visits ---- */

static bool is_roll(struct lead *lead, const struct entry *entry)
{
	if (!pd_id_is_zero(&entry->order->submitted.notice))
		return true;
	lead_wrong(lead, _("[%u] is no roll-call and no round of visits"), entry->number);
	return false;
}

static void on_missing(struct pd_client *client, const struct pd_message *answer, bool last, void *arg)
{
	unsigned *count = arg;
	(void)client;
	(void)last;
	if (answer->type != PD_MSG_household && answer->type != PD_MSG_person)
		return;
	++*count;
	if (answer->type == PD_MSG_household) {
		const struct pd_household *household = &answer->household;
		printf("      %" PRIu32 "  ", household->household);
		show_text(household->address, " ");
		if (household->priority)
			printf("  %s", intl_word("household_priority", household->priority));
	} else {
		printf("      %" PRIu32 "  ", answer->person.person);
		show_text(answer->person.name, " ");
	}
	putchar('\n');
}

enum pd_err lead_run_missing(struct lead *lead, struct entry *entry, struct pd_slice text)
{
	struct pd_message list = {.type = PD_MSG_list_missing}, end;
	unsigned count = 0, number = entry->number;
	(void)text;
	if (!is_roll(lead, entry))
		return PD_OK;
	list.list_missing = (struct pd_list_missing){
		.notice = entry->order->submitted.notice, .area = entry->order->submitted.area, .limit = MISSING_MAX};
	enum pd_err err = pd_client_query(worker_client(lead->worker), &list, on_missing, &count, &end, POST_QUERY_MS);
	if (err)
		return err;
	if (end.type == PD_MSG_refused)
		lead_refused(lead, number, _("the list"), &end.refused);
	else if (count == 0)
		printf(_("[%u] nobody is missing; complete it: c %u RESULT\n"), number, number);
	else if (end.end.more)
		printf(_("[%u] and more; answer for one: t %u HOUSEHOLD ANSWER\n"), number, number);
	else
		printf(P_("[%u] %u is missing; answer for it: t %u HOUSEHOLD ANSWER\n",
			  "[%u] %u are missing; answer for one: t %u HOUSEHOLD ANSWER\n", count),
		       number, count, number);
	return PD_OK;
}

/* "3,1": at most NUMBERS_MAX. False: it is something else. */
static bool read_numbers(struct pd_slice word, uint64_t numbers[static NUMBERS_MAX], uint32_t *count)
{
	const char *at = word.data, *end = word.data + word.bytes;
	for (*count = 0; at < end && *count < NUMBERS_MAX; at++) {
		struct pd_slice digits = {at, 0};
		while (at < end && *at != ',')
			at++;
		digits.bytes = (uint32_t)(at - digits.data);
		numbers[*count] = lead_number(digits);
		if (!numbers[*count] && !(digits.bytes == 1 && digits.data[0] == '0'))
			return false;
		++*count;
	}
	return *count > 0 && at >= end;
}

/* "500001 done 3 全家在家": a member, an answer, and if there are any numbers and a word. */
enum pd_err lead_run_tick(struct lead *lead, struct entry *entry, struct pd_slice text)
{
	struct pd_slice rest = text, member = lead_word(&rest), word = lead_word(&rest);
	char answer[32] = "";
	uint64_t numbers[NUMBERS_MAX];
	uint32_t count = 0;
	unsigned number = entry->number;
	if (word.bytes < sizeof answer)
		memcpy(answer, word.data, word.bytes);
	uint32_t id = lead_number(member);
	unsigned kind = pd_word_code("answer_kind", answer);
	struct pd_slice said = rest, first = lead_word(&rest);
	if (read_numbers(first, numbers, &count))
		said = rest;
	while (said.bytes && *said.data == ' ')
		said = (struct pd_slice){said.data + 1, said.bytes - 1};
	if (!is_roll(lead, entry))
		return PD_OK;
	if (!id || kind < PD_answer_kind_done) {
		lead_wrong(lead,
			   _("write it like t %u 500001 done 3, or refused, away, not_found, or visited and what was "
			     "found"),
			   number);
		return PD_OK;
	}
	struct pd_message message = {.type = PD_MSG_answer};
	message.answer = (struct pd_answer){.notice = entry->order->submitted.notice,
					    .member = id,
					    .answer = (uint8_t)kind,
					    .numbers = {numbers, count},
					    .text = said,
					    .actor = lead->post.person->id};
	enum pd_err err = send_answer(lead, number, &message);
	if (!err)
		printf(_("[%u] %" PRIu32 ": %s\n"), number, id, intl_word("answer_kind", kind));
	return err == PD_ENOENT ? PD_OK : err;
}
