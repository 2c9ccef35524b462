/* worker.c - the table of orders, and one command at a time on each.
 *
 *              push                ok to accept             ok to complete, transfer, merge
 *   (nothing) ------> OFFERED ---------------------> IN_HAND ------------------------> done, forgotten
 *                       |  ok to decline, merge: done   |  ok to release: done
 *                       |                               |  ok to suspend, resume: put off, and not
 *                       |                               |  taken by somebody else: lost
 *                       |  withdraw, taken: lost        |
 *                       +--> forgotten                  +--> forgotten
 *
 * An offered order that its actor accepted elsewhere is looked up, and then in hand or lost.
 * A command that is refused as stale: get_order says whether the order is still ours to move; then the command is
 * repeated with the new version, else the order is lost.
 */
#include "worker.h"
#include "intl.h"

#include <assert.h>
#include <search.h>
#include <stdlib.h>

enum { STALE_TRIES_MAX = 8 };

/* What is under way on an order. The text is kept for a repetition. */
struct command {
	enum pd_type type; /* PD_MSG_none: nothing is; PD_MSG_get_order: it is looked at, no command */
	uint32_t holder;   /* of transfer */
	uint64_t until_ms; /* of suspend */
	struct pd_id into; /* of merge */
	unsigned tries;
	struct pd_buffer text;
	bool still_ours;       /* what get_order said */
	uint32_t mover;        /* who has it now, by get_order */
	enum worker_loss loss; /* if it is not, how it went */
};

/* order stands first: a worker_order is cast to what holds it. */
struct held {
	struct worker_order order;
	struct worker *worker;
	struct held *newer, *older;
	struct command command;
	struct pd_buffer later; /* a push that came while a command was under way, as a message; empty: none */
	uint32_t later_version;
	uint64_t complete_by_ms; /* what the event of our accept said; 0: it has not come */
	char *texts;
};

struct area {
	uint32_t id, actor;
	struct worker *worker;
};

struct worker {
	struct pd_client *client;
	const struct worker_handler *handler;
	void *arg;
	struct pd_decoder *decoder;
	void *orders; /* tsearch of struct held by order id */
	void *areas;  /* tsearch of struct area by id */
	struct held *newest, *oldest;
	size_t counts[2]; /* by stage */
	bool stopping;
};

/* ---- tables ---- */

static int compare_orders(const void *a, const void *b)
{
	return pd_id_compare(&((const struct worker_order *)a)->id, &((const struct worker_order *)b)->id);
}

static int compare_areas(const void *a, const void *b)
{
	uint32_t x = ((const struct area *)a)->id, y = ((const struct area *)b)->id;
	return (x > y) - (x < y);
}

static void *allocate(size_t bytes)
{
	void *memory = calloc(1, bytes);
	if (!memory)
		abort();
	return memory;
}

static struct held *find_order(const struct worker *worker, const struct pd_id *id)
{
	struct worker_order key = {.id = *id};
	void *node = tfind(&key, &worker->orders, compare_orders);
	return node ? *(struct held **)node : NULL;
}

static struct area *find_area(const struct worker *worker, uint32_t id)
{
	struct area key = {.id = id};
	void *node = tfind(&key, &worker->areas, compare_areas);
	return node ? *(struct area **)node : NULL;
}

static void insert(void **root, const void *entry, int (*compare)(const void *, const void *))
{
	if (!tsearch(entry, root, compare))
		abort();
}

static struct held *hold(struct worker *worker, const struct pd_id *id, enum worker_stage stage)
{
	struct held *held = allocate(sizeof *held);
	held->order.id = *id;
	held->order.stage = stage;
	held->worker = worker;
	held->older = worker->newest;
	*(worker->newest ? &worker->newest->newer : &worker->oldest) = held;
	worker->newest = held;
	worker->counts[stage]++;
	insert(&worker->orders, held, compare_orders);
	return held;
}

static void release(struct held *held)
{
	free(held->texts);
	pd_buffer_fini(&held->command.text);
	pd_buffer_fini(&held->later);
	free(held);
}

static void take_later(struct worker *worker, struct pd_buffer *later);
static bool look_whether_ours(struct held *held, uint32_t person);

static void forget(struct held *held)
{
	struct worker *worker = held->worker;
	struct pd_buffer later = held->later;
	held->later = (struct pd_buffer){0};
	tdelete(held, &worker->orders, compare_orders);
	*(held->newer ? &held->newer->older : &worker->newest) = held->older;
	*(held->older ? &held->older->newer : &worker->oldest) = held->newer;
	worker->counts[held->order.stage]--;
	release(held);
	take_later(worker, &later);
}

static void lose(struct held *held, enum worker_loss loss, uint32_t person)
{
	struct worker *worker = held->worker;
	if (worker->handler->lost)
		worker->handler->lost(worker, &held->order, loss, person, worker->arg);
	forget(held);
}

/* ---- pushes ---- */

static bool decode_submitted(struct worker *worker, struct pd_slice bytes, struct pd_message *message)
{
	struct pd_fault fault;
	size_t off = 0;
	pd_decoder_reset(worker->decoder);
	return pd_decode(worker->decoder, bytes.data, bytes.bytes, &off, message, &fault) == PD_OK &&
	       message->type == PD_MSG_submitted;
}

static void keep_texts(struct held *held, struct pd_slice text, struct pd_slice place)
{
	struct pd_submitted *submitted = &held->order.submitted;
	held->texts = allocate((size_t)text.bytes + place.bytes + 1);
	memcpy(held->texts, text.data, text.bytes);
	if (place.bytes)
		memcpy(held->texts + text.bytes, place.data, place.bytes);
	submitted->text = (struct pd_slice){held->texts, text.bytes};
	submitted->place = (struct pd_slice){held->texts + text.bytes, place.bytes};
}

static void offer(struct worker *worker, const struct pd_push *push, uint32_t actor)
{
	struct pd_message submitted;
	if (!decode_submitted(worker, push->submitted, &submitted))
		return;
	struct held *held = hold(worker, &push->order, WORKER_OFFERED);
	held->order.version = push->version;
	held->order.holder = push->holder;
	held->order.actor = actor;
	held->order.attempt = push->attempt;
	held->order.due_ms = push->due_ms;
	held->order.submitted = submitted.submitted;
	keep_texts(held, submitted.submitted.text, submitted.submitted.place);
	if (worker->handler->offered)
		worker->handler->offered(worker, &held->order, worker->arg);
}

/* An order that is here already: it has got a note, or it waits anew in this queue or in another one of ours. */
static void push_again(struct worker *worker, struct held *held, const struct pd_push *push, uint32_t actor)
{
	if (push->version <= held->order.version)
		return;
	if (held->order.stage == WORKER_OFFERED && held->order.holder == push->holder) {
		held->order.version = push->version;
		held->order.due_ms = push->due_ms;
		return;
	}
	lose(held, held->order.stage == WORKER_OFFERED ? WORKER_WITHDRAWN : WORKER_TAKEN, 0);
	offer(worker, push, actor);
}

static void take_push(struct worker *worker, const struct pd_message *message)
{
	const struct pd_push *push = &message->push;
	const struct area *area = find_area(worker, push->holder);
	if (worker->stopping || !area)
		return;
	struct held *held = find_order(worker, &push->order);
	if (!held) {
		offer(worker, push, area->actor);
	} else if (held->command.type) {
		/* Our own decline may put it into another queue of ours, and this come before its answer. */
		held->later.count = 0;
		held->later_version = push->version;
		pd_encode(message, &held->later);
	} else {
		push_again(worker, held, push, area->actor);
	}
}

static void take_later(struct worker *worker, struct pd_buffer *later)
{
	struct pd_message message;
	struct pd_fault fault;
	size_t off = 0;
	if (later->count && pd_decode(worker->decoder, later->data, later->count, &off, &message, &fault) == PD_OK)
		take_push(worker, &message);
	pd_buffer_fini(later);
}

/* When a command is under way its answer says what became of the order. */
static void take_withdraw(struct worker *worker, const struct pd_withdraw *withdraw)
{
	struct held *held = find_order(worker, &withdraw->order);
	if (held && held->order.stage == WORKER_OFFERED && !held->command.type &&
	    held->order.holder == withdraw->holder && !look_whether_ours(held, withdraw->person))
		lose(held, WORKER_WITHDRAWN, withdraw->person);
}

static void take_warned(struct worker *worker, const struct pd_warned *warned)
{
	struct held *held = find_order(worker, &warned->order);
	bool ours = held && held->order.holder == warned->holder &&
		    (warned->acceptor == 0 || warned->acceptor == held->order.actor);
	if (ours && worker->handler->warned)
		worker->handler->warned(worker, &held->order, warned, worker->arg);
}

static void on_push(struct pd_client *client, const struct pd_message *message, void *arg)
{
	(void)client;
	if (message->type == PD_MSG_push)
		take_push(arg, message);
	else if (message->type == PD_MSG_withdraw)
		take_withdraw(arg, &message->withdraw);
	else if (message->type == PD_MSG_warned)
		take_warned(arg, &message->warned);
}

/* ---- events ---- */

/* The event of our own accept may come before its answer, and after it. */
static void accepted_until(struct held *held, uint64_t due_ms)
{
	held->complete_by_ms = due_ms;
	if (held->order.stage == WORKER_IN_HAND)
		held->order.due_ms = due_ms;
}

static void on_unoffered(struct pd_client *client, const struct pd_message *answer, bool last, void *arg)
{
	struct worker *worker = arg;
	struct worker_order *order;
	(void)client;
	(void)last;
	if (answer->type == PD_MSG_order && worker_adopt(worker, &answer->order, &order))
		worker->handler->accepted_elsewhere(worker, order, worker->arg);
}

static void on_unheld(struct pd_client *client, const struct pd_message *answer, bool last, void *arg)
{
	struct worker *worker = arg;
	struct worker_order *order;
	(void)client;
	(void)last;
	if (answer->type == PD_MSG_order && worker_adopt(worker, &answer->order, &order))
		worker->handler->gone_on(worker, order, worker->arg);
}

/* An order that was not offered here, for want of credit, is accepted by one of our actors; or one that was put off,
 * and may be theirs, goes on. Of what cannot be asked now the next run hears. */
static void look_at_unheld(struct worker *worker, const struct pd_message *message)
{
	const struct pd_order_event *event = &message->order_event;
	const struct area *area = find_area(worker, event->holder);
	struct pd_message get = {.type = PD_MSG_get_order, .get_order = {.order = event->order}};
	if (worker->stopping || !area)
		return;
	if (message->type == PD_MSG_accepted && worker->handler->accepted_elsewhere && area->actor == event->actor)
		(void)!pd_client_send(worker->client, &get, on_unoffered, worker);
	else if (message->type == PD_MSG_resumed && worker->handler->gone_on)
		(void)!pd_client_send(worker->client, &get, on_unheld, worker);
}

/* An order in hand was put off, or goes on; it stays the acceptor's. */
static void put_off(struct held *held, bool off, const struct pd_order_event *event)
{
	struct worker *worker = held->worker;
	const struct worker_handler *handler = worker->handler;
	if (off && !handler->put_off) {
		lose(held, WORKER_PUT_OFF, event->actor);
		return;
	}
	held->order.put_off = off;
	held->order.version = event->version;
	held->order.due_ms = event->due_ms;
	if (off)
		handler->put_off(worker, &held->order, worker->arg);
	else if (handler->gone_on)
		handler->gone_on(worker, &held->order, worker->arg);
}

static enum worker_loss loss_by(enum pd_type event)
{
	switch (event) {
	case PD_MSG_escalated: return WORKER_CLIMBED;
	case PD_MSG_lapsed: return WORKER_LAPSED;
	default: return WORKER_TAKEN;
	}
}

static void take_event(struct worker *worker, const struct pd_message *message)
{
	const struct pd_order_event *event = &message->order_event;
	struct held *held = find_order(worker, &event->order);
	if (!held)
		look_at_unheld(worker, message);
	if (held && ((message->type == PD_MSG_accepted && event->actor == held->order.actor) ||
		     message->type == PD_MSG_resumed))
		accepted_until(held, event->due_ms);
	if (!held || held->command.type || event->version <= held->order.version)
		return;
	const struct pd_move *move = pd_move_of(message->type);
	if (move && move->to == 0) /* it stays in its state: a note, a reminder, one who follows */
		held->order.version = event->version;
	else if (held->order.stage != WORKER_IN_HAND)
		return;
	else if (message->type == PD_MSG_suspended || message->type == PD_MSG_resumed)
		put_off(held, message->type == PD_MSG_suspended, event);
	else
		lose(held, loss_by(message->type), event->actor);
}

static void on_event(struct pd_client *client, const struct pd_message *message, void *arg)
{
	struct worker *worker = arg;
	(void)client;
	if (pd_is_order_event(message->type))
		take_event(worker, message);
	if (worker->handler->event)
		worker->handler->event(worker, message, worker->arg);
}

/* ---- the link ---- */

static void drop_offers(struct worker *worker)
{
	for (struct held *held = worker->oldest, *newer; held; held = newer) {
		newer = held->newer;
		if (held->order.stage == WORKER_OFFERED && !held->command.type)
			lose(held, WORKER_LINK_LOST, 0);
	}
}

static void on_follow_refused(struct pd_client *client, const struct pd_message *message, void *arg)
{
	struct worker *worker = arg;
	(void)client;
	if (worker->handler->follow_refused)
		worker->handler->follow_refused(worker, &message->refused, worker->arg);
}

static void on_link(struct pd_client *client, enum pd_link link, const struct pd_message *message, void *arg)
{
	struct worker *worker = arg;
	(void)client;
	if (link != PD_LINK_DOWN)
		drop_offers(worker);
	if (worker->handler->link)
		worker->handler->link(worker, link, message, worker->arg);
}

/* ---- commands and their answers ---- */

static void on_answer(struct pd_client *client, const struct pd_message *answer, bool last, void *arg);

static struct pd_message command_message(const struct held *held)
{
	const struct command *command = &held->command;
	const struct worker_order *order = &held->order;
	struct pd_slice text = {command->text.data, (uint32_t)command->text.count};
	struct pd_message message = {.type = command->type};
	switch (command->type) {
	case PD_MSG_accept: message.accept = (struct pd_accept){order->id, order->version, order->actor}; break;
	case PD_MSG_decline:
		message.decline = (struct pd_decline){order->id, order->version, text, order->actor};
		break;
	case PD_MSG_transfer:
		message.transfer = (struct pd_transfer){order->id, order->version, command->holder, text, order->actor};
		break;
	case PD_MSG_merge:
		message.merge = (struct pd_merge){order->id, order->version, command->into, text, order->actor};
		break;
	case PD_MSG_complete:
		message.complete = (struct pd_complete){order->id, order->version, text, order->actor};
		break;
	case PD_MSG_release:
		message.release = (struct pd_release){order->id, order->version, text, order->actor};
		break;
	case PD_MSG_suspend:
		message.suspend = (struct pd_suspend){order->id, order->version, command->until_ms, text, order->actor};
		break;
	case PD_MSG_resume: message.resume = (struct pd_resume){order->id, order->version, text, order->actor}; break;
	case PD_MSG_note: message.note = (struct pd_note){order->id, order->version, text, order->actor}; break;
	default: assert(!"a command that workers do not give");
	}
	return message;
}

static enum pd_err send_command(struct held *held)
{
	struct pd_message message = command_message(held);
	return pd_client_send(held->worker->client, &message, on_answer, held);
}

static enum pd_err command(struct worker_order *order, enum pd_type type, uint32_t holder, struct pd_slice text)
{
	struct held *held = (struct held *)order;
	if (held->command.type)
		return PD_EBUSY;
	held->command.type = type;
	held->command.holder = holder;
	held->command.tries = 0;
	held->command.loss = WORKER_TAKEN;
	held->command.text.count = 0;
	pd_buffer_add(&held->command.text, text.data, text.bytes);
	enum pd_err err = send_command(held);
	if (err)
		held->command.type = PD_MSG_none;
	return err;
}

static bool ends_it(enum pd_type command)
{
	return command == PD_MSG_complete || command == PD_MSG_decline || command == PD_MSG_transfer ||
	       command == PD_MSG_release || command == PD_MSG_merge;
}

/* A push of an older state of the order says nothing new. */
static bool waits_anew(struct held *held, uint32_t version_min)
{
	if (held->later_version < version_min)
		held->later.count = 0;
	return held->later.count > 0;
}

static void take_in_hand(struct held *held, uint64_t due_ms)
{
	held->worker->counts[WORKER_OFFERED]--;
	held->worker->counts[WORKER_IN_HAND]++;
	held->order.stage = WORKER_IN_HAND;
	held->order.due_ms = due_ms;
}

static void command_done(struct held *held, const struct pd_ok *ok)
{
	struct worker *worker = held->worker;
	enum pd_type type = held->command.type;
	held->command.type = PD_MSG_none;
	if (ok->version > held->order.version)
		held->order.version = ok->version;
	if (type == PD_MSG_accept)
		take_in_hand(held, held->complete_by_ms);
	if (type == PD_MSG_suspend || type == PD_MSG_resume) {
		held->order.put_off = type == PD_MSG_suspend;
		held->order.due_ms = type == PD_MSG_suspend ? held->command.until_ms : held->complete_by_ms;
	}
	bool ended = ends_it(type), anew = waits_anew(held, held->order.version + !ended);
	if (anew && !ended) {
		lose(held, WORKER_TAKEN, 0);
		return;
	}
	if (worker->handler->done)
		worker->handler->done(worker, &held->order, type, worker->arg);
	if (ended)
		forget(held);
}

static void command_refused(struct held *held, const struct pd_refused *refused)
{
	struct worker *worker = held->worker;
	enum pd_type type = held->command.type;
	held->command.type = PD_MSG_none;
	if (waits_anew(held, held->order.version + 1))
		lose(held, WORKER_WITHDRAWN, 0);
	else if (worker->handler->refused)
		worker->handler->refused(worker, &held->order, type, refused, worker->arg);
}

static void command_lost(struct held *held, uint32_t person)
{
	held->command.type = PD_MSG_none;
	if (look_whether_ours(held, person))
		return;
	waits_anew(held, held->order.version + 1);
	lose(held, held->command.loss, person);
}

/* ---- accepted elsewhere: look, and take it in hand ---- */

static void on_whether_ours(struct pd_client *client, const struct pd_message *answer, bool last, void *arg)
{
	struct held *held = arg;
	const struct pd_order *now = &answer->order;
	struct worker *worker = held->worker;
	(void)client;
	if (answer->type == PD_MSG_order && now->state == PD_STATE_accepted && now->acceptor == held->order.actor &&
	    now->holder == held->order.holder) {
		held->command.still_ours = true;
		held->order.version = now->version;
		held->complete_by_ms = now->due_ms;
	}
	if (!last)
		return;
	held->command.type = PD_MSG_none;
	if (waits_anew(held, held->order.version + 1) || !held->command.still_ours) {
		lose(held, WORKER_WITHDRAWN, held->order.actor);
		return;
	}
	take_in_hand(held, held->complete_by_ms);
	worker->handler->accepted_elsewhere(worker, &held->order, worker->arg);
}

/* Person moved an order that is offered to us. If that is the actor it may be in hand, which the broker is asked. */
static bool look_whether_ours(struct held *held, uint32_t person)
{
	struct pd_message get = {.type = PD_MSG_get_order, .get_order = {.order = held->order.id}};
	if (!held->worker->handler->accepted_elsewhere || held->order.stage != WORKER_OFFERED ||
	    person != held->order.actor || pd_client_send(held->worker->client, &get, on_whether_ours, held) != PD_OK)
		return false;
	held->command.type = PD_MSG_get_order;
	held->command.still_ours = false;
	return true;
}

/* ---- stale: look, and repeat ---- */

static void look_at(struct held *held, const struct pd_order *now)
{
	const struct worker_order *order = &held->order;
	bool waits_here = now->state == PD_STATE_waiting && now->holder == order->holder;
	bool put_off = now->state == PD_STATE_suspended && now->acceptor == order->actor;
	bool in_our_hand = (now->state == PD_STATE_accepted && now->acceptor == order->actor) ||
			   (put_off && held->worker->handler->put_off);
	bool climbed = now->state == PD_STATE_waiting && now->holder != order->holder && now->step;
	held->command.still_ours = order->stage == WORKER_OFFERED ? waits_here : in_our_hand;
	held->command.mover = now->acceptor;
	/* Nobody takes back what somebody has accepted. */
	bool lapsed = now->state == PD_STATE_cancelled && now->acceptor == order->actor;
	held->command.loss = put_off   ? WORKER_PUT_OFF
			     : climbed ? WORKER_CLIMBED
			     : lapsed  ? WORKER_LAPSED
				       : WORKER_TAKEN;
	if (held->command.still_ours) {
		held->order.version = now->version;
		held->order.put_off = put_off;
	}
}

/* Told in the broker's stead: so much is unanswered that a repetition cannot be sent. */
static const struct pd_refused too_much_under_way = {
	.code = PD_REFUSED_busy,
	.name = {"busy", 4},
	.sentence = {N_("Too many commands are unanswered."), 33},
};

/* And: its answer is neither ok nor a refusal, so it is of another version than this. */
static const struct pd_refused not_understood = {
	.code = PD_REFUSED_protocol,
	.name = {"protocol", 8},
	.sentence = {N_("The broker's answer is not known to this version."), 49},
};

static void on_look(struct pd_client *client, const struct pd_message *answer, bool last, void *arg)
{
	struct held *held = arg;
	(void)client;
	if (answer->type == PD_MSG_order)
		look_at(held, &answer->order);
	if (!last)
		return;
	if (!held->command.still_ours)
		command_lost(held, held->command.mover);
	else if (send_command(held) != PD_OK)
		command_refused(held, &too_much_under_way);
}

static void look_again(struct held *held, const struct pd_refused *refused)
{
	struct pd_message get = {.type = PD_MSG_get_order, .get_order = {.order = held->order.id}};
	held->command.still_ours = false;
	held->command.mover = 0;
	if (++held->command.tries > STALE_TRIES_MAX ||
	    pd_client_send(held->worker->client, &get, on_look, held) != PD_OK)
		command_refused(held, refused);
}

static void on_answer(struct pd_client *client, const struct pd_message *answer, bool last, void *arg)
{
	struct held *held = arg;
	(void)client;
	if (!last)
		return;
	if (answer->type == PD_MSG_ok) {
		command_done(held, &answer->ok);
		return;
	}
	if (answer->type != PD_MSG_refused) {
		command_refused(held, &not_understood);
		return;
	}
	switch (answer->refused.code) {
	case PD_REFUSED_stale:
	case PD_REFUSED_wrong_state: look_again(held, &answer->refused); break;
	case PD_REFUSED_taken:
	case PD_REFUSED_unknown_order: command_lost(held, answer->refused.person); break;
	default: command_refused(held, &answer->refused);
	}
}

/* ---- what workers call ---- */

enum pd_err worker_accept(struct worker *worker, struct worker_order *order)
{
	(void)worker;
	assert(order->stage == WORKER_OFFERED);
	return command(order, PD_MSG_accept, 0, (struct pd_slice){0});
}

enum pd_err worker_decline(struct worker *worker, struct worker_order *order, struct pd_slice reason)
{
	(void)worker;
	assert(order->stage == WORKER_OFFERED);
	return command(order, PD_MSG_decline, 0, reason);
}

enum pd_err worker_transfer(struct worker *worker, struct worker_order *order, uint32_t holder, struct pd_slice reason)
{
	(void)worker;
	return command(order, PD_MSG_transfer, holder, reason);
}

enum pd_err worker_merge(struct worker *worker, struct worker_order *order, const struct pd_id *into,
			 struct pd_slice reason)
{
	(void)worker;
	((struct held *)order)->command.into = *into;
	return command(order, PD_MSG_merge, 0, reason);
}

enum pd_err worker_complete(struct worker *worker, struct worker_order *order, struct pd_slice result)
{
	(void)worker;
	assert(order->stage == WORKER_IN_HAND);
	return command(order, PD_MSG_complete, 0, result);
}

enum pd_err worker_release(struct worker *worker, struct worker_order *order, struct pd_slice reason)
{
	(void)worker;
	assert(order->stage == WORKER_IN_HAND);
	return command(order, PD_MSG_release, 0, reason);
}

enum pd_err worker_suspend(struct worker *worker, struct worker_order *order, uint64_t until_ms, struct pd_slice reason)
{
	(void)worker;
	assert(order->stage == WORKER_IN_HAND);
	((struct held *)order)->command.until_ms = until_ms;
	return command(order, PD_MSG_suspend, 0, reason);
}

enum pd_err worker_resume(struct worker *worker, struct worker_order *order, struct pd_slice reason)
{
	(void)worker;
	assert(order->stage == WORKER_IN_HAND);
	return command(order, PD_MSG_resume, 0, reason);
}

enum pd_err worker_note(struct worker *worker, struct worker_order *order, struct pd_slice text)
{
	(void)worker;
	return command(order, PD_MSG_note, 0, text);
}

bool worker_order_busy(const struct worker_order *order)
{
	return ((const struct held *)order)->command.type != PD_MSG_none;
}

struct worker_order *worker_find(const struct worker *worker, const struct pd_id *id)
{
	struct held *held = find_order(worker, id);
	return held ? &held->order : NULL;
}

size_t worker_count(const struct worker *worker, enum worker_stage stage)
{
	return worker->counts[stage];
}

void worker_each(struct worker *worker, void (*fn)(struct worker_order *order, void *arg), void *arg)
{
	for (struct held *held = worker->oldest; held; held = held->newer)
		fn(&held->order, arg);
}

/* ---- areas ---- */

static void on_work_answer(struct pd_client *client, const struct pd_message *answer, bool last, void *arg)
{
	const struct area *area = arg;
	struct worker *worker = area->worker;
	(void)client;
	(void)last;
	if (answer->type == PD_MSG_refused && worker->handler->area_refused)
		worker->handler->area_refused(worker, area->id, &answer->refused, worker->arg);
}

enum pd_err worker_join(struct worker *worker, uint32_t area_id, uint32_t actor, uint16_t credit)
{
	struct area *area = find_area(worker, area_id);
	if (!area) {
		area = allocate(sizeof *area);
		*area = (struct area){.id = area_id, .worker = worker};
		insert(&worker->areas, area, compare_areas);
	}
	area->actor = actor;
	return pd_client_work(worker->client, area_id, credit, on_work_answer, area);
}

static void stop_area(const void *node, VISIT visit, void *arg)
{
	const struct area *area = *(struct area *const *)node;
	struct worker *worker = arg;
	/* What cannot be sent now is settled by the bye. */
	if (visit == postorder || visit == leaf)
		if (pd_client_work(worker->client, area->id, 0, NULL, NULL) != PD_OK)
			return;
}

void worker_stop(struct worker *worker)
{
	if (worker->stopping)
		return;
	worker->stopping = true;
	twalk_r(worker->areas, stop_area, worker);
}

/* ---- orders of an earlier run ---- */

static void set_from_order(struct held *held, const struct pd_order *order)
{
	held->order.version = order->version;
	held->order.holder = order->holder;
	held->order.actor = order->acceptor;
	held->order.attempt = order->attempt;
	held->order.due_ms = order->due_ms;
	held->order.put_off = order->state == PD_STATE_suspended;
	held->order.submitted = (struct pd_submitted){
		.time_ms = order->submitted_ms,
		.actor = order->requester,
		.order = order->order,
		.version = 1,
		.holder = order->holder,
		.requester = order->requester,
		.household = order->household,
		.area = order->area,
		.category = order->category,
		.urgency = order->urgency,
		.notice = order->notice,
	};
	keep_texts(held, order->text, order->place);
}

bool worker_adopt(struct worker *worker, const struct pd_order *order, struct worker_order **adopted)
{
	const struct area *area = find_area(worker, order->holder);
	bool in_hand =
		order->state == PD_STATE_accepted || (order->state == PD_STATE_suspended && worker->handler->put_off);
	if (!area || area->actor != order->acceptor || !in_hand)
		return false;
	if (find_order(worker, &order->order))
		return false;
	struct held *held = hold(worker, &order->order, WORKER_IN_HAND);
	set_from_order(held, order);
	if (adopted)
		*adopted = &held->order;
	return true;
}

struct adoption {
	struct worker *worker;
	void (*each)(struct worker *worker, struct worker_order *order, void *arg);
	size_t count;
};

static void on_listed(struct pd_client *client, const struct pd_message *answer, bool last, void *arg)
{
	struct adoption *adoption = arg;
	struct worker_order *order;
	(void)client;
	(void)last;
	if (answer->type != PD_MSG_order || !worker_adopt(adoption->worker, &answer->order, &order))
		return;
	adoption->count++;
	if (adoption->each)
		adoption->each(adoption->worker, order, adoption->worker->arg);
}

static enum pd_err adopt_state(struct adoption *adoption, uint32_t area, enum pd_state state, int timeout_ms)
{
	struct pd_message list = {.type = PD_MSG_list_orders};
	struct pd_message end;
	char cursor[64];
	list.list_orders = (struct pd_list_orders){.area = area, .state = (uint8_t)state, .limit = 500};
	do {
		enum pd_err err =
			pd_client_query(adoption->worker->client, &list, on_listed, adoption, &end, timeout_ms);
		if (err)
			return err;
		if (end.type == PD_MSG_refused && end.refused.code == PD_REFUSED_busy)
			return PD_EBUSY;
		if (end.type != PD_MSG_end)
			return PD_EINVAL;
		assert(end.end.cursor.bytes <= sizeof cursor);
		if (end.end.cursor.bytes)
			memcpy(cursor, end.end.cursor.data, end.end.cursor.bytes);
		list.list_orders.cursor = (struct pd_slice){cursor, end.end.cursor.bytes};
	} while (end.end.more);
	return PD_OK;
}

enum pd_err worker_adopt_all(struct worker *worker, uint32_t area, int timeout_ms,
			     void (*each)(struct worker *worker, struct worker_order *order, void *arg), size_t *count)
{
	struct adoption adoption = {worker, each, 0};
	enum pd_err err = adopt_state(&adoption, area, PD_STATE_accepted, timeout_ms);
	if (!err && worker->handler->put_off)
		err = adopt_state(&adoption, area, PD_STATE_suspended, timeout_ms);
	if (!err && count)
		*count = adoption.count;
	return err;
}

/* ---- lifecycle ---- */

enum pd_err worker_open(struct worker **opened, const char *connect, const char *subscribe, const char *name,
			const struct worker_handler *handler, void *arg, const char **why)
{
	struct worker *worker = allocate(sizeof *worker);
	struct pd_client_options options = {
		.connect = connect,
		.subscribe = subscribe,
		.name = name,
		.arg = worker,
		.on_push = on_push,
		.on_event = on_event,
		.on_link = on_link,
		.on_follow_refused = on_follow_refused,
	};
	worker->handler = handler;
	worker->arg = arg;
	worker->decoder = pd_decoder_new_client();
	if (!worker->decoder)
		abort();
	enum pd_err err = pd_client_open(&worker->client, &options, why);
	if (err)
		worker_close(worker);
	else
		*opened = worker;
	return err;
}

void worker_close(struct worker *worker)
{
	if (!worker)
		return;
	pd_client_close(worker->client);
	for (struct held *held = worker->oldest, *newer; held; held = newer) {
		newer = held->newer;
		tdelete(held, &worker->orders, compare_orders);
		release(held);
	}
	tdestroy(worker->areas, free);
	pd_decoder_free(worker->decoder);
	free(worker);
}

struct pd_client *worker_client(struct worker *worker)
{
	return worker->client;
}

enum pd_err worker_step(struct worker *worker, int timeout_ms)
{
	return pd_client_step(worker->client, timeout_ms);
}
