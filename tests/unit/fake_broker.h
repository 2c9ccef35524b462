/* fake_broker.h - the other side of a client under test: a ROUTER and an XPUB that answer as they are told to.
 *
 * A test drives both sides in one thread, `until` something is true, or has the broker served by a thread of its own
 * while it waits in a call. Everything that came is counted and kept for the test to look at.
 */
#ifndef PAIDAN_FAKE_BROKER_H
#define PAIDAN_FAKE_BROKER_H

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <zmq.h>

#include <cmocka.h>

#include "paidan.h"

enum { BROKER_EVENTS_MAX = 4096, BROKER_SEEN_MAX = 8192, WAIT_MS_MAX = 20000 };

struct seen {
	enum pd_type type;
	uint64_t request;
	struct pd_work work; /* of a work */
};

struct broker {
	void *context, *router, *xpub;
	char connect[64], subscribe[64];
	struct pd_decoder *decoder;

	/* how to behave */
	uint64_t instance;
	uint32_t heartbeat_ms;
	bool silent;               /* read, and say nothing */
	bool forgetful;            /* knows nobody until the next hello */
	unsigned leave_unanswered; /* so many commands and queries */
	bool break_off;            /* the next query gets rows, but no end */
	bool refuse_hello;
	enum pd_refusal refuse_events, refuse_areas; /* with what read_events, list_areas are refused */
	unsigned busy;                               /* too busy for so many works */
	uint8_t level;                               /* of its areas; 0: 3 */
	unsigned page; /* events in an answer to read_events; 0: as many as were asked for */

	/* what it knows */
	struct pd_buffer journal;
	size_t at[BROKER_EVENTS_MAX + 2]; /* seq to place in journal */
	uint64_t seq, publications;

	/* what came */
	struct seen seen[BROKER_SEEN_MAX];
	unsigned seen_count, frames, frame_bytes_max, connections;
	char peer[64]; /* the identity that spoke last */
	size_t peer_bytes;
	struct pd_put_area last_area;

	pthread_t thread;
	atomic_bool stop;
};

static inline uint64_t test_now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* An address that was just closed may be busy for a moment. */
static inline void bind_to(void *socket, const char *endpoint)
{
	uint64_t until_ms = test_now_ms() + WAIT_MS_MAX;
	while (zmq_bind(socket, endpoint))
		if (errno != EADDRINUSE || test_now_ms() > until_ms)
			fail_msg("bind %s: %s", endpoint, zmq_strerror(errno));
}

static inline void broker_bind(struct broker *b, const char *connect, const char *subscribe)
{
	int zero = 0;
	size_t bytes = sizeof b->connect;
	b->router = zmq_socket(b->context, ZMQ_ROUTER);
	b->xpub = zmq_socket(b->context, ZMQ_XPUB);
	zmq_setsockopt(b->router, ZMQ_LINGER, &zero, sizeof zero);
	zmq_setsockopt(b->router, ZMQ_SNDHWM, &zero, sizeof zero);
	zmq_setsockopt(b->router, ZMQ_RCVHWM, &zero, sizeof zero);
	zmq_setsockopt(b->xpub, ZMQ_LINGER, &zero, sizeof zero);
	bind_to(b->router, connect);
	bind_to(b->xpub, subscribe);
	zmq_getsockopt(b->router, ZMQ_LAST_ENDPOINT, b->connect, &bytes);
	bytes = sizeof b->subscribe;
	zmq_getsockopt(b->xpub, ZMQ_LAST_ENDPOINT, b->subscribe, &bytes);
}

static inline void broker_init(struct broker *b)
{
	*b = (struct broker){.instance = 7, .heartbeat_ms = 5000};
	b->context = zmq_ctx_new();
	b->decoder = pd_decoder_new();
	broker_bind(b, "tcp://127.0.0.1:*", "tcp://127.0.0.1:*");
}

static inline void broker_unbind(struct broker *b)
{
	zmq_close(b->router);
	zmq_close(b->xpub);
	b->router = b->xpub = NULL;
}

/* As after a crash: other connections, other instance, counts from the beginning; the journal is what it was. */
static inline void broker_restart(struct broker *b)
{
	char connect[64], subscribe[64];
	memcpy(connect, b->connect, sizeof connect);
	memcpy(subscribe, b->subscribe, sizeof subscribe);
	broker_unbind(b);
	b->instance++;
	b->publications = 0;
	b->forgetful = true;
	broker_bind(b, connect, subscribe);
}

static inline void broker_fini(struct broker *b)
{
	broker_unbind(b);
	zmq_ctx_term(b->context);
	pd_decoder_free(b->decoder);
	pd_buffer_fini(&b->journal);
}

static inline unsigned broker_count(const struct broker *b, enum pd_type type)
{
	unsigned count = 0;
	for (unsigned i = 0; i < b->seen_count; i++)
		count += b->seen[i].type == type;
	return count;
}

/* The request id of the n-th message of a type, from 0. */
static inline uint64_t broker_request(const struct broker *b, enum pd_type type, unsigned n)
{
	for (unsigned i = 0; i < b->seen_count; i++)
		if (b->seen[i].type == type && n-- == 0)
			return b->seen[i].request;
	fail_msg("no such message of type %u came", (unsigned)type);
	return 0;
}

/* How often work was said for an area with this credit. */
static inline unsigned broker_works(const struct broker *b, uint32_t area, uint16_t credit)
{
	unsigned count = 0;
	for (unsigned i = 0; i < b->seen_count; i++)
		count += b->seen[i].type == PD_MSG_work && b->seen[i].work.area == area &&
			 b->seen[i].work.credit == credit;
	return count;
}

/* ---- events ---- */

/* Write a note event into the journal; returns its seq. */
static inline uint64_t broker_event(struct broker *b)
{
	struct pd_message event = {.type = PD_MSG_noted, .request = ++b->seq};
	assert(b->seq <= BROKER_EVENTS_MAX);
	event.noted = (struct pd_noted){.time_ms = 1, .version = 1, .holder = 1001, .text = pd_text("灯又不亮了")};
	b->at[b->seq] = b->journal.count;
	pd_encode(&event, &b->journal);
	b->at[b->seq + 1] = b->journal.count;
	return b->seq;
}

static inline void broker_publish_bytes(struct broker *b, uint64_t seq, const char *data, size_t bytes)
{
	struct pd_buffer frame = {0};
	uint64_t counts[] = {b->publications, b->publications * 2, b->publications, 9};
	struct pd_message published = {
		.type = PD_MSG_published, .request = seq, .published = {{counts, 4}, b->instance}};
	pd_encode(&published, &frame);
	pd_buffer_add(&frame, data, bytes);
	zmq_send(b->xpub, "/1/20/300/4000/", 15, ZMQ_SNDMORE);
	zmq_send(b->xpub, frame.data, frame.count, 0);
	zmq_send(b->xpub, "*", 1, ZMQ_SNDMORE);
	zmq_send(b->xpub, frame.data, frame.count, 0);
	pd_buffer_fini(&frame);
}

/* Count a publication of an event, and publish it unless it is to be lost. */
static inline void broker_publish(struct broker *b, uint64_t seq, bool lose)
{
	b->publications++;
	if (!lose)
		broker_publish_bytes(b, seq, b->journal.data + b->at[seq], b->at[seq + 1] - b->at[seq]);
}

static inline void broker_publish_stats(struct broker *b, uint64_t time_ms)
{
	static const uint64_t three[3];
	struct pd_buffer bytes = {0};
	struct pd_message stats = {.type = PD_MSG_stats, .request = b->seq};
	stats.stats = (struct pd_stats){
		.area = 300, .time_ms = time_ms, .seq = b->seq, .accept_ms = {three, 3}, .complete_ms = {three, 3}};
	pd_encode(&stats, &bytes);
	b->publications++;
	broker_publish_bytes(b, b->seq, bytes.data, bytes.count);
	pd_buffer_fini(&bytes);
}

/* ---- answers ---- */

static inline void answer_refused(enum pd_refusal code, uint64_t request, struct pd_buffer *out)
{
	const struct pd_refusal_info *info = pd_refusal_info(code);
	struct pd_message m = {.type = PD_MSG_refused, .request = request};
	m.refused = (struct pd_refused){.code = code, .name = pd_text(info->name), .sentence = pd_text(info->sentence)};
	pd_encode(&m, out);
}

static inline void answer_end(struct broker *b, uint64_t request, uint32_t count, uint64_t seq, bool more,
			      struct pd_buffer *out)
{
	struct pd_message m = {.type = PD_MSG_end, .request = request};
	if (b->break_off) {
		b->break_off = false;
		return;
	}
	m.end = (struct pd_end){.count = count, .seq = seq, .more = more, .publications = b->publications};
	m.end.cursor = pd_text("next page");
	pd_encode(&m, out);
}

static inline void answer_events(struct broker *b, const struct pd_message *query, struct pd_buffer *out)
{
	const struct pd_read_events *read = &query->read_events;
	unsigned limit = b->page ? b->page : read->limit, count = 0;
	uint64_t seq = read->after_seq;
	for (; count < limit && seq < b->seq; count++) {
		struct pd_message m = {.type = PD_MSG_past, .request = query->request};
		seq++;
		m.past.event = (struct pd_slice){b->journal.data + b->at[seq], (uint32_t)(b->at[seq + 1] - b->at[seq])};
		pd_encode(&m, out);
	}
	answer_end(b, query->request, count, seq, seq < b->seq, out);
}

static inline void answer_areas(struct broker *b, const struct pd_message *query, struct pd_buffer *out)
{
	struct pd_message m = {.type = PD_MSG_area, .request = query->request};
	m.area = (struct pd_area){.area = query->list_areas.area, .level = 3, .kind = 1, .name = pd_text("税务街")};
	m.area.path = pd_text("/1/20/300/");
	if (b->level)
		m.area.level = b->level;
	for (unsigned i = 0; i < query->list_areas.limit && i < 3; i++, m.area.area++)
		pd_encode(&m, out);
	answer_end(b, query->request, 3, b->seq, false, out);
}

static inline void answer_command(struct broker *b, const struct pd_message *m, struct pd_buffer *out)
{
	struct pd_message answer = {.request = m->request};
	switch (m->type) {
	case PD_MSG_ping:
		answer.type = PD_MSG_pong;
		answer.pong.instance = b->instance;
		break;
	case PD_MSG_list_areas: answer_areas(b, m, out); return;
	case PD_MSG_read_events: answer_events(b, m, out); return;
	case PD_MSG_get_stats: {
		static const uint64_t three[3];
		answer.type = PD_MSG_stats;
		answer.stats = (struct pd_stats){.seq = b->seq, .accept_ms = {three, 3}, .complete_ms = {three, 3}};
		break;
	}
	case PD_MSG_put_area: b->last_area = m->put_area; return; /* laid aside */
	default:
		answer.type = PD_MSG_ok;
		answer.ok = (struct pd_ok){.seq = b->seq, .version = 2};
		break;
	}
	pd_encode(&answer, out);
}

static inline void answer_hello(struct broker *b, const struct pd_message *m, struct pd_buffer *out)
{
	struct pd_message answer = {.type = PD_MSG_welcome, .request = m->request};
	if (b->refuse_hello) {
		answer_refused(PD_REFUSED_unknown_person, m->request, out);
		return;
	}
	b->forgetful = false;
	answer.welcome = (struct pd_welcome){1, pd_text("fake 1"), b->instance, b->seq, b->heartbeat_ms};
	pd_encode(&answer, out);
}

static inline void broker_take(struct broker *b, const struct pd_message *m, struct pd_buffer *out)
{
	assert(b->seen_count < BROKER_SEEN_MAX);
	b->seen[b->seen_count++] = (struct seen){m->type, m->request, {0}};
	if (m->type == PD_MSG_work)
		b->seen[b->seen_count - 1].work = m->work;
	if (b->silent)
		return;
	if (m->type == PD_MSG_hello)
		answer_hello(b, m, out);
	else if (b->forgetful)
		answer_refused(PD_REFUSED_no_hello, m->request, out);
	else if (b->busy && m->type == PD_MSG_work) {
		b->busy--;
		answer_refused(PD_REFUSED_busy, m->request, out);
	} else if (b->refuse_events && m->type == PD_MSG_read_events)
		answer_refused(b->refuse_events, m->request, out);
	else if (b->refuse_areas && m->type == PD_MSG_list_areas)
		answer_refused(b->refuse_areas, m->request, out);
	else if (b->leave_unanswered && m->type >= 10)
		b->leave_unanswered--;
	else
		answer_command(b, m, out);
}

static inline void broker_take_frame(struct broker *b, const char *frame, size_t bytes)
{
	struct pd_buffer out = {0};
	struct pd_message m;
	struct pd_fault fault;
	b->frames++;
	if (bytes > b->frame_bytes_max)
		b->frame_bytes_max = (unsigned)bytes;
	for (size_t off = 0; off < bytes;) {
		enum pd_err err = pd_decode(b->decoder, frame, bytes, &off, &m, &fault);
		if (err)
			fail_msg("the client sent something that is not well-formed: %s", fault.detail);
		broker_take(b, &m, &out);
		pd_decoder_reset(b->decoder);
	}
	if (out.count) {
		zmq_send(b->router, b->peer, b->peer_bytes, ZMQ_SNDMORE);
		zmq_send(b->router, out.data, out.count, 0);
	}
	pd_buffer_fini(&out);
}

/* Deal with what has come. */
static inline void broker_serve(struct broker *b)
{
	char peer[64];
	int peer_bytes;
	/* XPUB takes subscriptions in when it is read. */
	while (b->xpub && zmq_recv(b->xpub, peer, sizeof peer, ZMQ_DONTWAIT) >= 0)
		;
	while (b->router && (peer_bytes = zmq_recv(b->router, peer, sizeof peer, ZMQ_DONTWAIT)) >= 0) {
		zmq_msg_t frame;
		if ((size_t)peer_bytes != b->peer_bytes || memcmp(peer, b->peer, b->peer_bytes) != 0)
			b->connections++;
		memcpy(b->peer, peer, (size_t)peer_bytes);
		b->peer_bytes = (size_t)peer_bytes;
		zmq_msg_init(&frame);
		zmq_msg_recv(&frame, b->router, 0);
		broker_take_frame(b, zmq_msg_data(&frame), zmq_msg_size(&frame));
		zmq_msg_close(&frame);
	}
}

static inline void broker_push(struct broker *b, const struct pd_message *m)
{
	struct pd_buffer out = {0};
	pd_encode(m, &out);
	zmq_send(b->router, b->peer, b->peer_bytes, ZMQ_SNDMORE);
	zmq_send(b->router, out.data, out.count, 0);
	pd_buffer_fini(&out);
}

/* ---- both sides ---- */

/* Serve both sides until condition is true; WAIT_MS_MAX bounds it, and a failure says what was waited for. */
#define UNTIL(broker, client, condition)                                                                               \
	do {                                                                                                           \
		uint64_t until_ms_ = test_now_ms() + WAIT_MS_MAX;                                                      \
		while (broker_serve(broker), !(condition)) {                                                           \
			assert_int_equal(pd_client_step(client, 5), PD_OK);                                            \
			if (test_now_ms() > until_ms_)                                                                 \
				fail_msg("waited in vain for: %s", #condition);                                        \
		}                                                                                                      \
	} while (0)

static inline void *broker_loop(void *arg)
{
	struct broker *b = arg;
	while (!b->stop) {
		zmq_pollitem_t item = {b->router, 0, ZMQ_POLLIN, 0};
		zmq_poll(&item, 1, 20);
		broker_serve(b);
	}
	return NULL;
}

static inline void broker_run(struct broker *b)
{
	b->stop = false;
	assert_int_equal(pthread_create(&b->thread, NULL, broker_loop, b), 0);
}

static inline void broker_halt(struct broker *b)
{
	b->stop = true;
	pthread_join(b->thread, NULL);
}

#endif
