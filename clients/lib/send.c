/* send.c - commands out, answers back: what a program sends is kept in calls until its last answer is there. */
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "client.h"
#include "intl.h"

enum { RESEND_SCAN_MS_MIN = 10 };

/* ---- out ---- */

/* The message from start on was just appended: what stood before it goes, if both do not fit into one frame. */
static void gather(struct pd_client *client, size_t start)
{
	if (client->out.count > CLIENT_FRAME_BYTES)
		link_transmit(client, start);
}

void client_write(struct pd_client *client, const struct pd_message *message)
{
	size_t start = client->out.count;
	pd_encode(message, &client->out);
	gather(client, start);
}

static void sent(struct pd_client *client, struct call *call, uint64_t now_ms)
{
	unsigned doublings = call->tries < CLIENT_RESEND_DOUBLINGS ? call->tries : CLIENT_RESEND_DOUBLINGS;
	call->resend_ms = now_ms + ((uint64_t)client->options.resend_ms << doublings);
	if (call->resend_ms < client->resend_ms)
		client->resend_ms = call->resend_ms;
	if (call->type == PD_MSG_import_begin)
		client->staging = client->link.generation;
	else if (call->type == PD_MSG_import_commit)
		client->staging = 0;
}

struct call *client_post(struct pd_client *client, enum call_kind kind, struct pd_message *message, pd_answer_fn *fn,
			 void *arg)
{
	struct pd_buffer *out = &client->out;
	size_t start = out->count;
	message->request = calls_next_request(&client->calls);
	pd_encode(message, out);
	struct call *call = calls_add(&client->calls, kind, message->type, out->data + start, out->count - start);
	call->fn = fn;
	call->arg = arg;
	if (client->link.state == LINK_LIVE) {
		sent(client, call, client_now_ms());
		gather(client, start);
	} else {
		out->count = start; /* the welcome will have it sent */
	}
	if (!client->stepping)
		client_wake(client);
	return call;
}

static void resend(struct pd_client *client, struct call *call, uint64_t now_ms)
{
	size_t start = client->out.count;
	pd_buffer_add(&client->out, call->bytes, call->byte_count);
	gather(client, start);
	sent(client, call, now_ms);
}

void client_resend_all(struct pd_client *client)
{
	uint64_t now_ms = client_now_ms();
	struct call *call = calls_first(&client->calls);
	for (; call; call = calls_after(&client->calls, call)) {
		if (call->kind == CALL_WORK)
			continue; /* just said */
		/* Rows of an answer that broke off: all will come again. */
		calls_spare_rows(&client->calls, call->rows);
		call->rows = NULL;
		call->tries = 0;
		resend(client, call, now_ms);
	}
}

void client_resend_due(struct pd_client *client)
{
	uint64_t now_ms = client_now_ms();
	if (client->link.state != LINK_LIVE || now_ms < client->resend_ms)
		return;
	client->resend_ms = CLIENT_NEVER;
	struct call *call = calls_first(&client->calls);
	for (; call; call = calls_after(&client->calls, call)) {
		if (call->resend_ms <= now_ms) {
			call->tries++;
			resend(client, call, now_ms);
		} else if (call->resend_ms < client->resend_ms) {
			client->resend_ms = call->resend_ms;
		}
	}
	if (client->resend_ms < now_ms + RESEND_SCAN_MS_MIN)
		client->resend_ms = now_ms + RESEND_SCAN_MS_MIN;
}

/* ---- answers ---- */

/* Whether an answer to a message of this type is not the last one. */
static bool is_row(enum pd_type asked, const struct pd_message_info *answer)
{
	const char *rows = pd_message_info(asked)->rows;
	for (size_t bytes; (bytes = strcspn(rows, " ")) > 0; rows += bytes + (rows[bytes] == ' '))
		if (strncmp(rows, answer->name, bytes) == 0 && !answer->name[bytes])
			return true;
	return false;
}

static void give_rows(struct pd_client *client, const struct call_rows *rows, pd_answer_fn *fn, void *arg)
{
	struct pd_message row;
	struct pd_fault fault;
	for (size_t off = 0; off < rows->bytes.count;) {
		/* They were decoded once, when they came. */
		if (!pd_decode(client->row_decoder, rows->bytes.data, rows->bytes.count, &off, &row, &fault))
			fn(client, &row, false, arg);
		pd_decoder_reset(client->row_decoder);
	}
}

/* Whether the program need not hear of the answer to a work. */
static bool is_put_off(struct pd_client *client, const struct call *call, const struct pd_message *answer)
{
	struct pd_message sent;
	struct pd_fault fault;
	size_t off = 0;
	if (call->kind != CALL_WORK)
		return false;
	enum pd_err err = pd_decode(client->row_decoder, call->bytes, call->byte_count, &off, &sent, &fault);
	assert(!err);
	pd_decoder_reset(client->row_decoder);
	struct link_work said = {sent.work.area, sent.work.credit, call->fn, call->arg, false};
	return link_work_put_off(client, &said, answer);
}

void client_answered(struct pd_client *client, const struct pd_message *answer, const char *bytes, size_t byte_count)
{
	struct call *call = calls_find(&client->calls, answer->request);
	if (!call)
		return; /* answered before: this answers a repetition */
	if (is_row((enum pd_type)call->type, pd_message_info(answer->type))) {
		calls_keep_row(&client->calls, call, bytes, byte_count);
		return;
	}
	/* It is forgotten first: a callback may send, and the table may move. */
	pd_answer_fn *fn = is_put_off(client, call, answer) ? NULL : call->fn;
	void *arg = call->arg;
	struct call_rows *rows = call->rows;
	call->rows = NULL;
	calls_drop(&client->calls, call);
	if (fn && rows)
		give_rows(client, rows, fn, arg);
	if (fn)
		fn(client, answer, true, arg);
	calls_spare_rows(&client->calls, rows);
}

/* ---- for programs ---- */

static enum pd_err check(struct pd_client *client, const struct pd_message *message, bool fits, const char *wanted)
{
	struct pd_fault fault;
	char detail[PD_DETAIL_BYTES];
	const struct pd_message_info *info = pd_message_info(message->type);
	if (!info)
		return client_fail(client, PD_EINVAL, _("there is no message of type %u"), (unsigned)message->type);
	if (!fits)
		return client_fail(client, PD_EINVAL, wanted, info->name);
	if (pd_validate(message, &fault))
		return client_fail(client, PD_EINVAL, "%s: %s", info->name,
				   pd_detail_text(&fault.what, client->options.language, detail));
	return PD_OK;
}

static enum pd_err check_sendable(struct pd_client *client, const struct pd_message *message)
{
	const struct pd_message_info *info = pd_message_info(message->type);
	bool fits = info && (info->role == PD_COMMAND || info->role == PD_QUERY);
	enum pd_err err = check(client, message, fits, _("%s is not a command or a query"));
	if (!err && client->calls.program_count >= CALLS_MAX)
		return client_fail(client, PD_EBUSY, _("%d commands are unanswered; wait for some answers"), CALLS_MAX);
	return err;
}

enum pd_err pd_client_send(struct pd_client *client, struct pd_message *message, pd_answer_fn *fn, void *arg)
{
	enum pd_err err = check_sendable(client, message);
	if (!err)
		client_post(client, CALL_PROGRAM, message, fn, arg);
	return err;
}

void pd_client_flush(struct pd_client *client)
{
	link_transmit(client, client->out.count);
}

size_t pd_client_pending(const struct pd_client *client)
{
	return client->calls.program_count;
}

enum pd_err pd_client_stage(struct pd_client *client, struct pd_message *put, uint64_t row)
{
	const struct pd_message_info *info = pd_message_info(put->type);
	bool fits = info && strncmp(info->name, "put_", 4) == 0;
	enum pd_err err = check(client, put, fits, _("%s is not a put_ message"));
	if (err)
		return err;
	put->request = row;
	/* On another connection than its import_begin it would be done at once, instead of being laid aside. */
	if (client->link.state == LINK_LIVE && client->staging == client->link.generation)
		client_write(client, put);
	if (!client->stepping)
		client_wake(client);
	return PD_OK;
}

enum pd_err pd_client_work(struct pd_client *client, uint32_t area, uint16_t credit, pd_answer_fn *fn, void *arg)
{
	struct pd_message work = {.type = PD_MSG_work};
	work.work = (struct pd_work){.area = area, .credit = credit};
	enum pd_err err = check(client, &work, true, "");
	return err ? err : link_set_work(client, area, credit, fn, arg);
}

enum pd_err pd_client_follow(struct pd_client *client, uint32_t area, uint64_t after_seq)
{
	return follow_start(client, area, after_seq);
}

/* ---- waiting for an answer ---- */

struct waiting {
	struct pd_message *last; /* may be null */
	pd_answer_fn *fn;        /* may be null */
	void *arg;
	bool done;
};

/* Copy an answer, with what its slices point to, into the client. */
static void keep(struct pd_client *client, const struct pd_message *answer, struct pd_message *kept)
{
	struct pd_fault fault;
	size_t off = 0;
	client->kept.count = 0;
	pd_decoder_reset(client->kept_decoder);
	pd_encode(answer, &client->kept);
	enum pd_err err = pd_decode(client->kept_decoder, client->kept.data, client->kept.count, &off, kept, &fault);
	assert(!err);
}

static void on_answer(struct pd_client *client, const struct pd_message *answer, bool last, void *arg)
{
	struct waiting *waiting = arg;
	if (waiting->fn)
		waiting->fn(client, answer, last, waiting->arg);
	if (last && waiting->last)
		keep(client, answer, waiting->last);
	waiting->done = last;
}

static enum pd_err no_answer(struct pd_client *client, uint64_t request, enum pd_err err, int timeout_ms)
{
	struct call *call = calls_find(&client->calls, request);
	if (call)
		calls_drop(&client->calls, call); /* nobody waits for it any more */
	if (err)
		return err;
	return client_fail(client, PD_ETIMEDOUT,
			   client->link.state == LINK_LIVE ? _("the broker did not answer at %s within %.1f s")
							   : _("no broker answers at %s within %.1f s"),
			   client->options.connect, timeout_ms / 1000.0);
}

enum pd_err pd_client_query(struct pd_client *client, struct pd_message *message, pd_answer_fn *fn, void *arg,
			    struct pd_message *last, int timeout_ms)
{
	struct waiting waiting = {last, fn, arg, false};
	uint64_t until_ms = timeout_ms < 0 ? CLIENT_NEVER : client_now_ms() + (uint64_t)timeout_ms;
	assert(!client->stepping);
	enum pd_err err = pd_client_send(client, message, on_answer, &waiting);
	if (err)
		return err;
	uint64_t request = message->request;
	pd_client_flush(client);
	while (!waiting.done) {
		uint64_t now_ms = client_now_ms();
		if (now_ms >= until_ms)
			return no_answer(client, request, PD_OK, timeout_ms);
		uint64_t left_ms = until_ms - now_ms;
		err = pd_client_step(client, left_ms < INT32_MAX ? (int)left_ms : -1);
		if (err)
			return no_answer(client, request, err, timeout_ms);
	}
	return PD_OK;
}

enum pd_err pd_client_call(struct pd_client *client, struct pd_message *message, struct pd_message *answer,
			   int timeout_ms)
{
	return pd_client_query(client, message, NULL, NULL, answer, timeout_ms);
}

/* ---- randomness ---- */

void client_random(struct pd_client *client, void *out, unsigned bytes)
{
	assert(bytes <= CLIENT_RANDOM_BYTES);
	if (client->random_left < bytes) {
		randombytes_buf(client->random, CLIENT_RANDOM_BYTES);
		client->random_left = CLIENT_RANDOM_BYTES;
	}
	client->random_left -= bytes;
	memcpy(out, client->random + client->random_left, bytes);
}

struct pd_id pd_client_new_id(struct pd_client *client)
{
	struct timespec t;
	uint8_t random[10];
	clock_gettime(CLOCK_REALTIME_COARSE, &t);
	client_random(client, random, sizeof random);
	return pd_id_make((uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000, random);
}
