#include "link.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <zmq.h>

#include "client.h"

enum {
	BACKOFF_MS_MIN = 100,
	BACKOFF_MS_MAX = 5000,
	GREETING_MS = 5000, /* for connecting and the welcome together */
	BYE_LINGER_MS = 1000,
	BUSY_MS_MIN = 100, /* before work is said again to a broker that was too busy, then doubling */
	BUSY_MS_MAX = 5000,
	/* More than any frame of the broker: what is larger is not from one. */
	FRAME_BYTES_MAX = 16 * PD_FRAME_BYTES_MAX,
};

static void tell(struct pd_client *client, enum pd_link link, const struct pd_message *message)
{
	if (client->options.on_link)
		client->options.on_link(client, link, message, client->options.arg);
}

/* ---- connecting ---- */

static void drop_sockets(struct link *link, struct pd_client *client)
{
	if (link->monitor) {
		client_unwatch(client, link->monitor);
		zmq_close(link->monitor);
	}
	if (link->dealer) {
		client_unwatch(client, link->dealer);
		zmq_close(link->dealer);
	}
	link->monitor = link->dealer = NULL;
	client->ready &= ~(unsigned)(CLIENT_DEALER | CLIENT_MONITOR);
}

/* A place where the socket tells that its connection is gone: its own queues would not. */
static enum pd_err watch_connection(struct pd_client *client)
{
	struct link *link = &client->link;
	const int events = ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_CLOSED | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL |
			   ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH;
	char address[40];
	snprintf(address, sizeof address, "inproc://link-%u", link->generation);
	link->monitor = client_socket(client, ZMQ_PAIR);
	if (!link->monitor || zmq_socket_monitor(link->dealer, address, events) || zmq_connect(link->monitor, address))
		return PD_ESYS;
	return client_watch(client, link->monitor, CLIENT_MONITOR);
}

static enum pd_err open_sockets(struct pd_client *client)
{
	struct link *link = &client->link;
	int never = -1, connect_ms_max = GREETING_MS;
	int64_t frame_bytes_max = FRAME_BYTES_MAX;
	link->dealer = client_socket(client, ZMQ_DEALER);
	if (!link->dealer)
		return PD_ESYS;
	zmq_setsockopt(link->dealer, ZMQ_RECONNECT_IVL, &never, sizeof never);
	zmq_setsockopt(link->dealer, ZMQ_CONNECT_TIMEOUT, &connect_ms_max, sizeof connect_ms_max);
	zmq_setsockopt(link->dealer, ZMQ_MAXMSGSIZE, &frame_bytes_max, sizeof frame_bytes_max);
	enum pd_err err = watch_connection(client);
	if (!err && zmq_connect(link->dealer, client->options.connect))
		err = PD_ESYS;
	return err ? err : client_watch(client, link->dealer, CLIENT_DEALER);
}

static void say_hello(struct pd_client *client)
{
	struct link *link = &client->link;
	struct pd_message hello = {.type = PD_MSG_hello};
	hello.hello = (struct pd_hello){
		.person = client->options.person,
		.client = pd_text(client->options.name),
		.protocol = PD_PROTOCOL,
		.language = client->options.language,
		.listen = client->options.listen,
	};
	link->hello_request = hello.request = calls_spend_request(&client->calls);
	link->state = LINK_GREETING;
	link->due_ms = client_now_ms() + GREETING_MS;
	client->out.count = 0; /* what was gathered for the connection as it was; it is kept in calls */
	client_write(client, &hello);
	link_transmit(client, client->out.count);
}

static enum pd_err connect_now(struct pd_client *client)
{
	client->link.generation++;
	enum pd_err err = open_sockets(client);
	if (err) {
		int saved = errno;
		drop_sockets(&client->link, client);
		errno = saved;
		return err;
	}
	say_hello(client);
	return PD_OK;
}

/* Drop the connection and wait before the next one. */
static void rest(struct pd_client *client)
{
	struct link *link = &client->link;
	bool was_live = link->state == LINK_LIVE;
	uint32_t bound = link->failures < 6 ? BACKOFF_MS_MIN << link->failures : BACKOFF_MS_MAX, drawn;
	if (bound > BACKOFF_MS_MAX)
		bound = BACKOFF_MS_MAX;
	client_random(client, &drawn, sizeof drawn);
	drop_sockets(link, client);
	link->lost = false;
	link->state = LINK_RESTING;
	link->failures++;
	link->due_ms = client_now_ms() + drawn % (bound + 1);
	client->out.count = 0;
	client->staging = 0;
	if (was_live)
		tell(client, PD_LINK_DOWN, NULL);
}

enum pd_err link_open(struct pd_client *client)
{
	return connect_now(client);
}

void link_close(struct pd_client *client)
{
	struct link *link = &client->link;
	if (link->state == LINK_LIVE && !link->lost) {
		int linger = BYE_LINGER_MS;
		struct pd_message bye = {.type = PD_MSG_bye, .request = calls_spend_request(&client->calls)};
		zmq_setsockopt(link->dealer, ZMQ_LINGER, &linger, sizeof linger);
		client_write(client, &bye);
		link_transmit(client, client->out.count);
	}
	drop_sockets(link, client);
	free(link->works);
}

/* ---- sending ---- */

/* Sending takes note of what has come meanwhile, and the descriptor would not tell any more. */
static void note_what_came(struct pd_client *client)
{
	int events = 0;
	size_t bytes = sizeof events;
	if (zmq_getsockopt(client->link.dealer, ZMQ_EVENTS, &events, &bytes) || events & ZMQ_POLLIN)
		client->ready |= CLIENT_DEALER;
	if (!client->stepping && (client->ready || client->link.lost))
		client_wake(client);
}

void link_transmit(struct pd_client *client, size_t bytes)
{
	struct link *link = &client->link;
	struct pd_buffer *out = &client->out;
	assert(bytes <= out->count);
	if (bytes == 0)
		return;
	/* The queue is unlimited: it refuses only when its connection is gone, and then calls has what is lost. */
	if (zmq_send(link->dealer, out->data, bytes, ZMQ_DONTWAIT) < 0)
		link->lost = true;
	memmove(out->data, out->data + bytes, out->count - bytes);
	out->count -= bytes;
	link->sent_ms = client_now_ms();
	note_what_came(client);
}

/* ---- work ---- */

static void say_work(struct pd_client *client, const struct link_work *work)
{
	struct pd_message message = {.type = PD_MSG_work};
	message.work = (struct pd_work){.area = work->area, .credit = work->credit};
	client_post(client, CALL_WORK, &message, work->fn, work->arg);
}

static struct link_work *find_work(struct link *link, uint32_t area)
{
	for (uint32_t i = 0; i < link->work_count; i++)
		if (link->works[i].area == area)
			return &link->works[i];
	return NULL;
}

static struct link_work *add_work(struct link *link)
{
	if (link->work_count == link->work_capacity) {
		link->work_capacity = link->work_capacity ? link->work_capacity * 2 : 16;
		link->works = realloc(link->works, link->work_capacity * sizeof *link->works);
		if (!link->works)
			abort();
	}
	return &link->works[link->work_count++];
}

enum pd_err link_set_work(struct pd_client *client, uint32_t area, uint16_t credit, pd_answer_fn *fn, void *arg)
{
	struct link *link = &client->link;
	struct link_work *kept = find_work(link, area), work = {area, credit, fn, arg, false};
	if (credit) {
		if (!kept)
			kept = add_work(link);
		*kept = work;
	} else if (kept) {
		*kept = link->works[--link->work_count];
	}
	if (link->state == LINK_LIVE)
		say_work(client, &work);
	return PD_OK;
}

/* What is kept was said, or need not be said. */
static void said(struct link *link, struct link_work *work)
{
	work->again = false;
	if (!work->credit)
		*work = link->works[--link->work_count];
}

static void say_busy_again(struct pd_client *client)
{
	struct link *link = &client->link;
	link->again_ms = 0;
	link->busy++;
	for (uint32_t i = link->work_count; i-- > 0;) {
		if (!link->works[i].again)
			continue;
		say_work(client, &link->works[i]);
		said(link, &link->works[i]);
	}
}

static void put_off(struct pd_client *client, struct link_work *work)
{
	struct link *link = &client->link;
	uint32_t bound = link->busy < 6 ? BUSY_MS_MIN << link->busy : BUSY_MS_MAX, drawn;
	work->again = true;
	if (link->again_ms)
		return; /* with the others */
	if (bound > BUSY_MS_MAX)
		bound = BUSY_MS_MAX;
	client_random(client, &drawn, sizeof drawn);
	link->again_ms = client_now_ms() + bound / 2 + drawn % (bound / 2 + 1);
}

bool link_work_put_off(struct pd_client *client, const struct link_work *said, const struct pd_message *answer)
{
	struct link *link = &client->link;
	struct link_work *work = find_work(link, said->area);
	if (answer->type != PD_MSG_refused || answer->refused.code != PD_REFUSED_busy) {
		link->busy = 0;
		return false;
	}
	if (!work && !said->credit) {
		work = add_work(link);
		*work = *said;
	}
	if (work && work->credit == said->credit)
		put_off(client, work);
	return true;
}

static void say_all_work(struct pd_client *client)
{
	struct call *call = calls_first(&client->calls), *after;
	for (; call; call = after) {
		after = calls_after(&client->calls, call);
		if (call->kind == CALL_WORK)
			calls_drop(&client->calls, call);
	}
	struct link *link = &client->link;
	link->again_ms = 0;
	for (uint32_t i = 0; i < link->work_count;) {
		struct link_work *work = &link->works[i];
		if (work->credit)
			say_work(client, work);
		i += work->credit > 0;
		said(link, work); /* what was given up is not there on a new connection */
	}
}

/* ---- receiving ---- */

static void welcomed(struct pd_client *client, const struct pd_message *message)
{
	struct link *link = &client->link;
	const struct pd_welcome *welcome = &message->welcome;
	if (link->state != LINK_GREETING || message->request != link->hello_request)
		return;
	bool restarted = link->known && link->instance != welcome->instance;
	link->state = LINK_LIVE;
	link->known = true;
	link->failures = 0;
	link->asked_ms = 0;
	link->instance = welcome->instance;
	link->seq = welcome->seq;
	link->heartbeat_ms = welcome->heartbeat_ms;
	say_all_work(client);
	client_resend_all(client);
	follow_link_up(client, restarted);
	tell(client, restarted ? PD_LINK_RESTARTED : PD_LINK_UP, message);
}

/* The broker does not know this connection (any more). */
static void greet_again(struct pd_client *client)
{
	struct link *link = &client->link;
	if (link->state != LINK_LIVE)
		return; /* said already; this answers what stood before the hello */
	link->generation++;
	client->staging = 0;
	say_hello(client);
	tell(client, PD_LINK_DOWN, NULL);
}

static void refused(struct pd_client *client, const struct pd_message *message, const char *bytes, size_t byte_count)
{
	struct link *link = &client->link;
	if (message->refused.code == PD_REFUSED_no_hello) {
		greet_again(client);
	} else if (link->state == LINK_GREETING && message->request == link->hello_request) {
		tell(client, PD_LINK_DOWN, message);
		link->lost = true;
	} else {
		client_answered(client, message, bytes, byte_count);
	}
}

/* A notice has come: it is delivered, whatever becomes of it here. */
static void acknowledge(struct pd_client *client, const struct pd_message *push)
{
	struct pd_decoder *decoder = pd_decoder_new_client();
	struct pd_message notified, answer = {.type = PD_MSG_answer};
	struct pd_fault fault;
	size_t off = 0;
	struct pd_slice bytes = push->notice_push.notified;
	if (decoder && !pd_decode(decoder, bytes.data, bytes.bytes, &off, &notified, &fault) &&
	    notified.type == PD_MSG_notified) {
		answer.answer =
			(struct pd_answer){.notice = notified.notified.notice, .answer = PD_answer_kind_delivered};
		/* If it cannot be sent now, the notice comes again with the next connection. */
		if (pd_client_send(client, &answer, NULL, NULL) == PD_OK)
			pd_client_flush(client);
	}
	pd_decoder_free(decoder);
}

static void dispatch(struct pd_client *client, const struct pd_message *message, const char *bytes, size_t byte_count)
{
	switch (message->type) {
	case PD_MSG_welcome: welcomed(client, message); break;
	case PD_MSG_pong:
		if (message->pong.instance != client->link.instance)
			greet_again(client);
		break;
	case PD_MSG_refused: refused(client, message, bytes, byte_count); break;
	case PD_MSG_notice_push: acknowledge(client, message); /* fall through */
	default:
		if (pd_message_info(message->type)->role == PD_REPLY)
			client_answered(client, message, bytes, byte_count);
		else if (pd_message_info(message->type)->role == PD_PUSH && client->options.on_push)
			client->options.on_push(client, message, client->options.arg);
		break;
	}
}

/* What cannot be read is left out: a newer broker may say more than we know; what we wait for is asked for again. */
static void read_frame(struct pd_client *client, const char *frame, size_t frame_bytes)
{
	struct pd_fault fault;
	struct pd_message message;
	for (size_t off = 0; off < frame_bytes && !client->link.lost;) {
		size_t start = off;
		enum pd_err err = pd_decode(client->frame_decoder, frame, frame_bytes, &off, &message, &fault);
		if (err && fault.lost)
			return;
		if (!err)
			dispatch(client, &message, frame + start, off - start);
		pd_decoder_reset(client->frame_decoder);
	}
}

void link_receive(struct pd_client *client)
{
	struct link *link = &client->link;
	for (int frames = 0; link->dealer && !link->lost; frames++) {
		zmq_msg_t message;
		if (frames == CLIENT_FRAMES_A_TURN)
			return; /* and CLIENT_DEALER stays ready */
		zmq_msg_init(&message);
		if (zmq_msg_recv(&message, link->dealer, ZMQ_DONTWAIT) < 0)
			break;
		link->received_ms = client_now_ms();
		link->asked_ms = 0;
		read_frame(client, zmq_msg_data(&message), zmq_msg_size(&message));
		zmq_msg_close(&message);
	}
	client->ready &= ~(unsigned)CLIENT_DEALER;
}

/* All that the monitor was asked to tell is the end of the connection. */
void link_observe(struct pd_client *client)
{
	struct link *link = &client->link;
	char frame[256];
	while (link->monitor && zmq_recv(link->monitor, frame, sizeof frame, ZMQ_DONTWAIT) >= 0)
		link->lost = true;
	client->ready &= ~(unsigned)CLIENT_MONITOR;
}

/* ---- time ---- */

static void ping(struct pd_client *client, uint64_t now_ms)
{
	struct pd_message message = {.type = PD_MSG_ping, .request = calls_spend_request(&client->calls)};
	client_write(client, &message);
	link_transmit(client, client->out.count);
	if (!client->link.asked_ms)
		client->link.asked_ms = now_ms;
}

/* Silence counts from a ping that was not answered: a program that slept finds the answers in its queue, not a dead
 * broker. */
static void tick_live(struct pd_client *client, uint64_t now_ms)
{
	struct link *link = &client->link;
	if (link->asked_ms && now_ms - link->asked_ms >= 2 * (uint64_t)link->heartbeat_ms)
		rest(client);
	else if (now_ms - link->sent_ms >= link->heartbeat_ms ||
		 (!link->asked_ms && now_ms - link->received_ms >= link->heartbeat_ms))
		ping(client, now_ms);
	if (link->state == LINK_LIVE && link->again_ms && now_ms >= link->again_ms)
		say_busy_again(client);
}

void link_tick(struct pd_client *client)
{
	struct link *link = &client->link;
	uint64_t now_ms = client_now_ms();
	if (link->lost)
		rest(client);
	else if (link->state == LINK_LIVE)
		tick_live(client, now_ms);
	else if (now_ms >= link->due_ms && link->state == LINK_GREETING)
		rest(client);
	else if (now_ms >= link->due_ms && connect_now(client))
		rest(client);
}

uint64_t link_deadline(const struct pd_client *client)
{
	const struct link *link = &client->link;
	if (link->lost)
		return 0;
	if (link->state != LINK_LIVE)
		return link->due_ms;
	uint64_t ping_ms = link->sent_ms + link->heartbeat_ms;
	uint64_t silent_ms = link->asked_ms ? link->asked_ms + 2 * (uint64_t)link->heartbeat_ms
					    : link->received_ms + link->heartbeat_ms;
	uint64_t first_ms = ping_ms < silent_ms ? ping_ms : silent_ms;
	return link->again_ms && link->again_ms < first_ms ? link->again_ms : first_ms;
}
