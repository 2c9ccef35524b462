#include "push.h"

#include <assert.h>
#include <stdlib.h>

#include "codec.h"
#include "fetch.h"
#include "metrics.h"
#include "ordered.h"
#include "slab.h"

struct dispatch {
	struct order *order;
	struct desk *desk;
	struct worker *worker; /* null: ready */
	uint32_t version;      /* that was pushed */
	RB_ENTRY(dispatch) by_urgency;
	TAILQ_ENTRY(dispatch) with_worker;
};
ORDERED_HEAD(dispatch_queue, dispatch);
TAILQ_HEAD(dispatch_list, dispatch);

/* One area that one session works for. */
struct worker {
	struct session *session;
	struct desk *desk;
	uint16_t credit, used;
	struct dispatch_list outstanding;
	TAILQ_ENTRY(worker) of_desk;
	LIST_ENTRY(worker) of_session;
};
TAILQ_HEAD(worker_ring, worker);

struct desk {
	uint32_t area, worker_count;
	uint64_t pushed;
	struct dispatch_queue ready;
	struct worker_ring workers; /* whose turn it is stands first */
};

struct push {
	struct push_options options;
	struct table desks;
	struct slab dispatches;
	struct pd_decoder *decoder; /* for recorded orders */
	struct pd_buffer told;
};

static int compare(const struct dispatch *a, const struct dispatch *b)
{
	return order_compare_urgency(a->order, b->order);
}

ORDERED_GENERATE_STATIC(dispatch_queue, dispatch, by_urgency, compare)

struct push *push_new(const struct push_options *options)
{
	struct push *push = calloc(1, sizeof *push);
	if (!push)
		abort();
	push->options = *options;
	push->decoder = pd_decoder_new();
	if (!push->decoder)
		abort();
	slab_init(&push->dispatches, sizeof(struct dispatch));
	table_init(&push->desks, offsetof(struct desk, area), sizeof(uint32_t), options->hash_seed);
	return push;
}

static void free_desk(struct desk *desk)
{
	struct worker *worker;
	while ((worker = TAILQ_FIRST(&desk->workers))) {
		TAILQ_REMOVE(&desk->workers, worker, of_desk);
		free(worker);
	}
	free(desk);
}

void push_free(struct push *push)
{
	if (!push)
		return;
	size_t at = 0;
	for (struct desk *desk; (desk = table_next(&push->desks, &at));)
		free_desk(desk);
	table_fini(&push->desks);
	slab_fini(&push->dispatches);
	pd_decoder_free(push->decoder);
	pd_buffer_fini(&push->told);
	free(push);
}

static struct desk *desk_of(struct push *push, uint32_t area)
{
	struct desk *desk = table_find(&push->desks, &area);
	if (desk)
		return desk;
	desk = calloc(1, sizeof *desk);
	if (!desk)
		abort();
	desk->area = area;
	TAILQ_INIT(&desk->workers);
	table_add(&push->desks, desk);
	return desk;
}

/* The desk of the order's holder, which remembers it. */
static struct desk *desk_of_order(struct push *push, const struct order *order)
{
	if (!order->holder->desk)
		order->holder->desk = desk_of(push, order->row.holder);
	return order->holder->desk;
}

void push_ahead(const struct core_likely *likely)
{
	if (likely->holder)
		fetch(likely->holder->desk, sizeof(struct desk));
	if (likely->order)
		fetch(likely->order->dispatch, sizeof(struct dispatch));
}

/* ---- sending ---- */

/* Workers know orders that were submitted: a recorded one is told to them in the same words. */
static void tell_recorded(struct push *push, struct journal_event *first)
{
	struct pd_message recorded;
	struct pd_fault fault;
	size_t off = 0;
	pd_decoder_reset(push->decoder);
	enum pd_err err = pd_decode(push->decoder, first->message, first->bytes, &off, &recorded, &fault);
	assert(err == PD_OK && recorded.type == PD_MSG_recorded); /* we encoded it ourselves */
	const struct pd_recorded *r = &recorded.recorded;
	struct pd_message submitted = {.type = PD_MSG_submitted, .request = recorded.request};
	submitted.submitted = (struct pd_submitted){.time_ms = r->submitted_ms,
						    .actor = r->actor,
						    .order = r->order,
						    .version = r->version,
						    .holder = r->holder,
						    .from = r->from,
						    .due_ms = r->due_ms,
						    .requester = r->requester,
						    .household = r->household,
						    .area = r->area,
						    .category = r->category,
						    .urgency = r->urgency,
						    .text = r->text,
						    .place = r->place,
						    .lon_e7 = r->lon_e7,
						    .lat_e7 = r->lat_e7};
	push->told.count = 0;
	pd_encode(&submitted, &push->told);
	first->message = push->told.data;
	first->bytes = (uint32_t)push->told.count;
}

static void send_push(struct push *push, const struct dispatch *dispatch)
{
	const struct order_row *row = &dispatch->order->row;
	struct journal_event submitted;
	if (push->options.event_at(row->first_at, &submitted, push->options.arg))
		return; /* said in the log; the order waits and can be seen by list_orders */
	if (row->marks & ORDER_RECORDED)
		tell_recorded(push, &submitted);
	struct pd_message message; /* what it does not use is not filled, here either (command.c) */
	message.type = PD_MSG_push;
	message.request = 0;
	message.push = (struct pd_push){.order = row->id,
					.version = row->version,
					.holder = row->holder,
					.attempt = row->attempt,
					.waiting_ms = row->waiting_ms,
					.due_ms = row->due_ms,
					.submitted = {submitted.message, submitted.bytes}};
	session_send(push->options.sessions, dispatch->worker->session, *push->options.round, &message);
}

static void send_withdraw(struct push *push, const struct dispatch *dispatch)
{
	const struct order_row *row = &dispatch->order->row;
	struct pd_message message = {.type = PD_MSG_withdraw};
	message.withdraw = (struct pd_withdraw){row->id, dispatch->desk->area, row->last_actor};
	session_send(push->options.sessions, dispatch->worker->session, *push->options.round, &message);
}

void push_warn(struct push *push, const struct order *order, enum pd_warning why)
{
	const struct order_row *row = &order->row;
	const struct desk *desk = order->holder->desk;
	struct worker *worker;
	if (!desk)
		return;
	TAILQ_FOREACH(worker, &desk->workers, of_desk)
	{
		struct pd_message message = {.type = PD_MSG_warned};
		message.warned = (struct pd_warned){row->id,       row->version, row->holder,
						    row->acceptor, (uint8_t)why, row->due_ms};
		session_send(push->options.sessions, worker->session, *push->options.round, &message);
	}
}

/* ---- a dispatch's places ---- */

static void make_ready(struct dispatch *dispatch)
{
	dispatch->worker = NULL;
	dispatch_queue_add(&dispatch->desk->ready, dispatch);
}

static void take_from_worker(struct dispatch *dispatch)
{
	TAILQ_REMOVE(&dispatch->worker->outstanding, dispatch, with_worker);
	dispatch->worker->used--;
	dispatch->worker = NULL;
}

/* The worker whose turn it is and who has credit; it goes to the end of the line. */
static struct worker *next_worker(struct desk *desk)
{
	struct worker *worker;
	TAILQ_FOREACH(worker, &desk->workers, of_desk)
	{
		if (worker->used >= worker->credit)
			continue;
		TAILQ_REMOVE(&desk->workers, worker, of_desk);
		TAILQ_INSERT_TAIL(&desk->workers, worker, of_desk);
		return worker;
	}
	return NULL;
}

/* Where some wait: what the next push needs of memory and disk is on its way meanwhile. Each points to what is fetched
 * next, and is near itself since the push before. */
static void expect_next(const struct push *push, const struct desk *desk)
{
	struct dispatch *first = desk->ready.first, *second, *third;
	if (!first || !(second = RB_NEXT(dispatch_queue, &desk->ready, first)))
		return;
	push->options.expect_event(first->order->row.first_at, push->options.arg);
	fetch(second->order, sizeof *second->order);
	if ((third = RB_NEXT(dispatch_queue, &desk->ready, second)))
		fetch(third, sizeof *third);
}

static void push_ready(struct push *push, struct desk *desk)
{
	struct dispatch *dispatch;
	struct worker *worker;
	while ((dispatch = desk->ready.first) && (worker = next_worker(desk))) {
		dispatch_queue_take(&desk->ready, dispatch);
		TAILQ_INSERT_TAIL(&worker->outstanding, dispatch, with_worker);
		worker->used++;
		dispatch->worker = worker;
		dispatch->version = dispatch->order->row.version;
		desk->pushed++;
		metrics_add(metrics.front.pushes, 1);
		send_push(push, dispatch);
		expect_next(push, desk);
	}
}

/* Take the dispatch away from where it is. by is not told: it did it itself. */
static void leave_desk(struct push *push, struct dispatch *dispatch, const struct session *by)
{
	if (!dispatch->worker) {
		dispatch_queue_take(&dispatch->desk->ready, dispatch);
		return;
	}
	if (dispatch->worker->session != by)
		send_withdraw(push, dispatch);
	take_from_worker(dispatch);
}

static void enter_desk(struct push *push, struct dispatch *dispatch)
{
	dispatch->desk = desk_of_order(push, dispatch->order);
	make_ready(dispatch);
	push_ready(push, dispatch->desk);
}

void push_update(struct push *push, struct order *order, const struct session *by)
{
	struct dispatch *dispatch = order->dispatch;
	bool waiting = order->row.state == PD_STATE_waiting;
	if (dispatch && waiting && dispatch->desk->area == order->row.holder) {
		if (dispatch->worker && dispatch->version != order->row.version) {
			dispatch->version = order->row.version;
			send_push(push, dispatch); /* again, with the version that accept must name now */
		}
		return;
	}
	if (dispatch) {
		struct desk *left = dispatch->desk;
		leave_desk(push, dispatch, by);
		push_ready(push, left);
	}
	if (waiting) {
		if (!dispatch) {
			dispatch = slab_take(&push->dispatches);
			dispatch->order = order;
			order->dispatch = dispatch;
		}
		enter_desk(push, dispatch);
	} else if (dispatch) {
		order->dispatch = NULL;
		slab_give(&push->dispatches, dispatch);
	}
}

/* ---- workers ---- */

/* All that the worker had is ready for others. */
static void give_back(struct worker *worker)
{
	struct dispatch *dispatch;
	while ((dispatch = TAILQ_FIRST(&worker->outstanding))) {
		take_from_worker(dispatch);
		make_ready(dispatch);
		metrics_add(metrics.front.given_back, 1);
	}
}

static void remove_worker(struct push *push, struct worker *worker)
{
	struct desk *desk = worker->desk;
	give_back(worker);
	TAILQ_REMOVE(&desk->workers, worker, of_desk);
	LIST_REMOVE(worker, of_session);
	desk->worker_count--;
	free(worker);
	push_ready(push, desk);
}

static struct worker *find_worker(const struct session *session, const struct desk *desk)
{
	struct worker *worker;
	/* A desk has few workers; a session may work for a thousand areas. */
	TAILQ_FOREACH(worker, &desk->workers, of_desk)
	if (worker->session == session)
		return worker;
	return NULL;
}

void push_work(struct push *push, struct session *session, uint32_t area, uint16_t credit)
{
	struct desk *desk = desk_of(push, area);
	struct worker *worker = find_worker(session, desk);
	if (credit == 0) {
		if (worker)
			remove_worker(push, worker);
		return;
	}
	if (!worker) {
		worker = calloc(1, sizeof *worker);
		if (!worker)
			abort();
		worker->session = session;
		worker->desk = desk;
		TAILQ_INIT(&worker->outstanding);
		TAILQ_INSERT_HEAD(&desk->workers, worker, of_desk);
		LIST_INSERT_HEAD(&session->workers, worker, of_session);
		desk->worker_count++;
	}
	worker->credit = credit;
	push_ready(push, desk);
}

void push_leave(struct push *push, struct session *session)
{
	struct worker *worker;
	while ((worker = LIST_FIRST(&session->workers)))
		remove_worker(push, worker); /* NOLINT(clang-analyzer-unix.Malloc): it takes it off the list first */
}

void push_each_session(const struct push *push, uint32_t area, void (*fn)(struct session *session, void *arg),
		       void *arg)
{
	const struct desk *desk = table_find(&push->desks, &area);
	struct worker *worker;
	if (desk)
		TAILQ_FOREACH(worker, &desk->workers, of_desk)
	fn(worker->session, arg);
}

/* ---- counts ---- */

void push_count_one(const struct push *push, uint32_t area, struct push_counts *counts)
{
	const struct desk *desk = table_find(&push->desks, &area);
	*counts = desk ? (struct push_counts){desk->pushed, desk->worker_count} : (struct push_counts){0};
}

void push_count(const struct push *push, const struct registry *registry, const struct area *top,
		struct push_counts *counts)
{
	*counts = (struct push_counts){0};
	size_t at = 0;
	for (const struct desk *desk; (desk = table_next(&push->desks, &at));)
		if (!top || area_within(registry_area(registry, desk->area), top)) {
			counts->pushed += desk->pushed;
			counts->workers += desk->worker_count;
		}
}

void push_credit(const struct push *push, struct push_credit *credit)
{
	*credit = (struct push_credit){0};
	size_t at = 0;
	for (const struct desk *desk; (desk = table_next(&push->desks, &at));) {
		const struct worker *worker;
		TAILQ_FOREACH(worker, &desk->workers, of_desk)
		{
			credit->workers++;
			credit->given += worker->credit;
			credit->used += worker->used;
		}
	}
}
