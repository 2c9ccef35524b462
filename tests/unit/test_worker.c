/* test_worker.c - the worker runtime against a broker played by a thread, and the parts of the stock workers. */
#include <errno.h>
#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include <zmq.h>

#include <cmocka.h>

#include "agenda.h"
#include "chance.h"
#include "check.h"
#include "dispatch.h"
#include "entries.h"
#include "job.h"
#include "phrases.h"
#include "text.h"
#include "worker.h"

enum { BOUND_MS = 10000 };

/* ---- a broker in a thread: it plays a script, and keeps what went wrong for the test to assert ---- */

struct broker {
	void *context, *router;
	char endpoint[256];
	pthread_t thread;
	void (*script)(struct broker *broker);
	struct pd_decoder *decoder;
	zmq_msg_t peer, frame; /* of the last frame; messages point into it */
	size_t off;
	bool open;     /* frame is there */
	char why[400]; /* empty: all went as the script says */
};

__attribute__((format(printf, 2, 3))) static void broker_fail(struct broker *broker, const char *format, ...)
{
	va_list args;
	if (broker->why[0])
		return;
	va_start(args, format);
	vsnprintf(broker->why, sizeof broker->why, format, args);
	va_end(args);
}

static void broker_send(struct broker *broker, uint64_t request, struct pd_message message)
{
	struct pd_buffer out = {0};
	zmq_msg_t peer;
	message.request = request;
	pd_encode(&message, &out);
	zmq_msg_init(&peer);
	zmq_msg_copy(&peer, &broker->peer);
	zmq_msg_send(&peer, broker->router, ZMQ_SNDMORE);
	zmq_send(broker->router, out.data, out.count, 0);
	pd_buffer_fini(&out);
}

static bool broker_receive(struct broker *broker)
{
	zmq_pollitem_t item = {broker->router, 0, ZMQ_POLLIN, 0};
	if (zmq_poll(&item, 1, BOUND_MS) != 1)
		return false;
	if (broker->open)
		zmq_msg_close(&broker->frame);
	zmq_msg_recv(&broker->peer, broker->router, 0);
	zmq_msg_init(&broker->frame);
	zmq_msg_recv(&broker->frame, broker->router, 0);
	broker->open = true;
	broker->off = 0;
	return true;
}

/* The next message that is no ping; type none: there was none in time. */
static struct pd_message broker_next(struct broker *broker)
{
	struct pd_message message = {.type = PD_MSG_none};
	struct pd_fault fault;
	for (;;) {
		if (!broker->open || broker->off == zmq_msg_size(&broker->frame))
			if (!broker_receive(broker))
				return (struct pd_message){.type = PD_MSG_none};
		if (pd_decode(broker->decoder, zmq_msg_data(&broker->frame), zmq_msg_size(&broker->frame), &broker->off,
			      &message, &fault)) {
			broker_fail(broker, "a message that cannot be read: %s", fault.detail);
			return (struct pd_message){.type = PD_MSG_none};
		}
		if (message.type != PD_MSG_ping)
			return message;
		broker_send(broker, message.request, (struct pd_message){.type = PD_MSG_pong});
	}
}

static struct pd_message broker_expect(struct broker *broker, enum pd_type type)
{
	struct pd_message message = {.type = PD_MSG_none};
	if (broker->why[0])
		return message;
	message = broker_next(broker);
	if (message.type != type)
		broker_fail(broker, "expected %s, got %s", pd_message_info(type)->name,
			    message.type ? pd_message_info(message.type)->name : "nothing");
	return message;
}

/* A command with the version that it must name. */
static struct pd_message broker_expect_version(struct broker *broker, enum pd_type type, uint32_t version)
{
	struct pd_message message = broker_expect(broker, type);
	if (message.type == type && message.accept.version != version)
		broker_fail(broker, "%s must name version %u, it names %u", pd_message_info(type)->name, version,
			    message.accept.version);
	return message;
}

static void broker_ok(struct broker *broker, const struct pd_message *to, uint32_t version)
{
	broker_send(broker, to->request, (struct pd_message){.type = PD_MSG_ok, .ok = {.seq = 1, .version = version}});
}

static void broker_refuse(struct broker *broker, const struct pd_message *to, enum pd_refusal code, uint32_t version,
			  uint32_t person)
{
	struct pd_message message = {.type = PD_MSG_refused};
	message.refused = (struct pd_refused){
		.code = (uint16_t)code,
		.name = pd_text(pd_refusal_info(code)->name),
		.sentence = pd_text(pd_strerror(code)),
		.version = version,
		.person = person,
	};
	broker_send(broker, to->request, message);
}

static void broker_welcome(struct broker *broker, uint64_t instance)
{
	struct pd_message hello = broker_expect(broker, PD_MSG_hello), welcome = {.type = PD_MSG_welcome};
	welcome.welcome = (struct pd_welcome){
		.protocol = PD_PROTOCOL, .broker = pd_text("test"), .instance = instance, .heartbeat_ms = 60000};
	if (hello.type)
		broker_send(broker, hello.request, welcome);
}

static void broker_expect_work(struct broker *broker, uint32_t area, uint16_t credit)
{
	struct pd_message work = broker_expect(broker, PD_MSG_work);
	if (work.type && (work.work.area != area || work.work.credit != credit))
		broker_fail(broker, "expected work for area %u with credit %u, got area %u, credit %u", area, credit,
			    work.work.area, work.work.credit);
	if (work.type)
		broker_ok(broker, &work, 0);
}

/* Areas 1001 and 101 are worked for in every test. */
static void broker_greet(struct broker *broker)
{
	broker_welcome(broker, 1);
	broker_expect_work(broker, 1001, 8);
	broker_expect_work(broker, 101, 8);
}

static struct pd_id id_of(uint8_t n)
{
	return (struct pd_id){{0x01, 0x9a, 0x9d, 0x3c, 0x5c, 0x00, 0x70, 0, 0x80, 0, 0, 0, 0, 0, 0, n}};
}

static void broker_push(struct broker *broker, uint8_t n, uint32_t version, uint32_t holder)
{
	struct pd_message submitted = {.type = PD_MSG_submitted, .request = 7}, push = {.type = PD_MSG_push};
	struct pd_buffer bytes = {0};
	submitted.submitted = (struct pd_submitted){.time_ms = 1763900000000,
						    .actor = 700001,
						    .order = id_of(n),
						    .version = 1,
						    .holder = 1001,
						    .requester = 700001,
						    .household = 500001,
						    .area = 1001,
						    .category = 3,
						    .urgency = PD_urgency_high,
						    .text = pd_text("楼道灯不亮")};
	pd_encode(&submitted, &bytes);
	push.push = (struct pd_push){
		id_of(n), version, holder, 1, 1763900000000, 1763901800000, {bytes.data, (uint32_t)bytes.count}};
	broker_send(broker, 0, push);
	pd_buffer_fini(&bytes);
}

static void broker_withdraw(struct broker *broker, uint8_t n, uint32_t holder, uint32_t person)
{
	broker_send(broker, 0, (struct pd_message){.type = PD_MSG_withdraw, .withdraw = {id_of(n), holder, person}});
}

/* Answer a query with an order as it stands. */
static void broker_order(struct broker *broker, const struct pd_message *to, uint8_t n, uint32_t version,
			 enum pd_state state, uint32_t holder, uint32_t acceptor)
{
	struct pd_message order = {.type = PD_MSG_order};
	order.order = (struct pd_order){.order = id_of(n),
					.version = version,
					.state = (uint8_t)state,
					.holder = holder,
					.area = holder,
					.category = 3,
					.urgency = PD_urgency_high,
					.attempt = 1,
					.acceptor = acceptor,
					.due_ms = state == PD_STATE_accepted ? 1763905400000 : 0,
					.seq = 1,
					.last_seq = 2,
					.text = pd_text("楼道灯不亮")};
	broker_send(broker, to->request, order);
}

static void broker_end(struct broker *broker, const struct pd_message *to, uint32_t count)
{
	broker_send(broker, to->request, (struct pd_message){.type = PD_MSG_end, .end = {.count = count, .seq = 2}});
}

static void *broker_main(void *arg)
{
	struct broker *broker = arg;
	broker->script(broker);
	return NULL;
}

static void broker_start(struct broker *broker, void (*script)(struct broker *broker))
{
	size_t bytes = sizeof broker->endpoint;
	int none = 0;
	*broker = (struct broker){.script = script};
	broker->context = zmq_ctx_new();
	broker->router = zmq_socket(broker->context, ZMQ_ROUTER);
	broker->decoder = pd_decoder_new();
	zmq_msg_init(&broker->peer);
	zmq_setsockopt(broker->router, ZMQ_LINGER, &none, sizeof none);
	assert_int_equal(zmq_bind(broker->router, "tcp://127.0.0.1:*"), 0);
	zmq_getsockopt(broker->router, ZMQ_LAST_ENDPOINT, broker->endpoint, &bytes);
	assert_int_equal(pthread_create(&broker->thread, NULL, broker_main, broker), 0);
}

/* After the script's end; what it found wrong fails the test. */
static void broker_fini(struct broker *broker)
{
	if (broker->open)
		zmq_msg_close(&broker->frame);
	zmq_msg_close(&broker->peer);
	zmq_close(broker->router);
	zmq_ctx_term(broker->context);
	pd_decoder_free(broker->decoder);
	assert_string_equal(broker->why, "");
}

/* ---- a worker that does as the test says and writes down what it is told ---- */

struct seen {
	char log[2000];
	void (*react)(struct worker *worker, struct worker_order *order, const char *what);
};

__attribute__((format(printf, 2, 3))) static void note_down(struct seen *seen, const char *format, ...)
{
	size_t used = strlen(seen->log);
	va_list args;
	va_start(args, format);
	vsnprintf(seen->log + used, sizeof seen->log - used, format, args);
	va_end(args);
}

static void react(struct seen *seen, struct worker *worker, struct worker_order *order, const char *what)
{
	if (seen->react)
		seen->react(worker, order, what);
}

static void on_offered(struct worker *worker, struct worker_order *order, void *arg)
{
	note_down(arg, "offered %u v%u at %u to %u; ", order->id.bytes[15], order->version, order->holder,
		  order->actor);
	react(arg, worker, order, "offered");
}

static void on_done(struct worker *worker, struct worker_order *order, enum pd_type command, void *arg)
{
	note_down(arg, "%s done %u v%u; ", pd_message_info(command)->name, order->id.bytes[15], order->version);
	react(arg, worker, order, pd_message_info(command)->name);
}

static void on_refused(struct worker *worker, struct worker_order *order, enum pd_type command,
		       const struct pd_refused *refused, void *arg)
{
	note_down(arg, "%s refused %u: %.*s; ", pd_message_info(command)->name, order->id.bytes[15],
		  (int)refused->name.bytes, refused->name.data);
	react(arg, worker, order, "refused");
}

static void on_lost(struct worker *worker, struct worker_order *order, enum worker_loss loss, uint32_t person,
		    void *arg)
{
	static const char *const losses[] = {[WORKER_WITHDRAWN] = "withdrawn",
					     [WORKER_TAKEN] = "taken",
					     [WORKER_CLIMBED] = "climbed",
					     [WORKER_PUT_OFF] = "put off",
					     [WORKER_LINK_LOST] = "link lost"};
	(void)worker;
	note_down(arg, "lost %u, %s by %u; ", order->id.bytes[15], losses[loss], person);
}

static void on_area_refused(struct worker *worker, uint32_t area, const struct pd_refused *refused, void *arg)
{
	(void)worker;
	note_down(arg, "area %u refused: %.*s; ", area, (int)refused->name.bytes, refused->name.data);
}

static const struct worker_handler handler = {
	.offered = on_offered,
	.done = on_done,
	.refused = on_refused,
	.lost = on_lost,
	.area_refused = on_area_refused,
};

static void on_accepted_elsewhere(struct worker *worker, struct worker_order *order, void *arg)
{
	note_down(arg, "accepted elsewhere %u v%u due %llu; ", order->id.bytes[15], order->version,
		  (unsigned long long)order->due_ms);
	react(arg, worker, order, "accepted elsewhere");
}

static void on_follow_refused(struct worker *worker, const struct pd_refused *refused, void *arg)
{
	(void)worker;
	note_down(arg, "events refused: %.*s; ", (int)refused->name.bytes, refused->name.data);
}

static void on_warned(struct worker *worker, struct worker_order *order, const struct pd_warned *warned, void *arg)
{
	(void)worker;
	note_down(arg, "warned %u, %s; ", order->id.bytes[15], pd_word("warning", warned->why));
}

static void on_put_off(struct worker *worker, struct worker_order *order, void *arg)
{
	(void)worker;
	note_down(arg, "put off elsewhere %u; ", order->id.bytes[15]);
}

/* Of one who waits for what was put off, and is warned. */
static const struct worker_handler handler_with_patience = {
	.offered = on_offered,
	.done = on_done,
	.refused = on_refused,
	.put_off = on_put_off,
	.warned = on_warned,
	.lost = on_lost,
};

/* Of one who is the only worker of its actor, and follows events. */
static const struct worker_handler handler_of_one = {
	.offered = on_offered,
	.done = on_done,
	.refused = on_refused,
	.accepted_elsewhere = on_accepted_elsewhere,
	.lost = on_lost,
	.follow_refused = on_follow_refused,
};

struct play {
	struct broker broker;
	struct worker *worker;
	struct seen seen;
};

static void play_start_with(struct play *play, const struct worker_handler *with, void (*script)(struct broker *broker),
			    void (*reaction)(struct worker *worker, struct worker_order *order, const char *what))
{
	const char *why = "";
	memset(&play->seen, 0, sizeof play->seen);
	play->seen.react = reaction;
	broker_start(&play->broker, script);
	enum pd_err err =
		worker_open(&play->worker, play->broker.endpoint, "tcp://127.0.0.1:9", "test", with, &play->seen, &why);
	assert_string_equal(err ? why : "", "");
	assert_int_equal(worker_join(play->worker, 1001, 2001, 8), PD_OK);
	assert_int_equal(worker_join(play->worker, 101, 1101, 8), PD_OK);
}

static void play_start(struct play *play, void (*script)(struct broker *broker),
		       void (*reaction)(struct worker *worker, struct worker_order *order, const char *what))
{
	play_start_with(play, &handler, script, reaction);
}

static void play_until(struct play *play, const char *log)
{
	uint64_t end_ms = agenda_now_ms() + BOUND_MS;
	while (strcmp(play->seen.log, log) != 0 && agenda_now_ms() < end_ms)
		assert_int_equal(worker_step(play->worker, 100), PD_OK);
	assert_string_equal(play->seen.log, log);
}

/* Step until the script is over, then end it all. */
static void play_end(struct play *play)
{
	uint64_t end_ms = agenda_now_ms() + 2 * BOUND_MS;
	int joined;
	while ((joined = pthread_tryjoin_np(play->broker.thread, NULL)) == EBUSY && agenda_now_ms() < end_ms)
		assert_int_equal(worker_step(play->worker, 20), PD_OK);
	assert_int_equal(joined, 0);
	worker_close(play->worker);
	broker_fini(&play->broker);
}

/* ---- the runtime ---- */

static void always_work(struct worker *worker, struct worker_order *order, const char *what)
{
	if (strcmp(what, "offered") == 0)
		assert_int_equal(worker_accept(worker, order), PD_OK);
	else if (strcmp(what, "accept") == 0)
		assert_int_equal(worker_complete(worker, order, pd_text("已更换灯泡")), PD_OK);
}

static void script_whole_life(struct broker *broker)
{
	broker_greet(broker);
	broker_push(broker, 1, 1, 1001);
	struct pd_message accept = broker_expect_version(broker, PD_MSG_accept, 1);
	if (accept.type && accept.accept.actor != 2001)
		broker_fail(broker, "accept must name actor 2001, it names %u", accept.accept.actor);
	broker_ok(broker, &accept, 2);
	struct pd_message complete = broker_expect_version(broker, PD_MSG_complete, 2);
	broker_ok(broker, &complete, 3);
}

static void test_whole_life(void **state)
{
	struct play play;
	(void)state;
	play_start(&play, script_whole_life, always_work);
	play_until(&play, "offered 1 v1 at 1001 to 2001; accept done 1 v2; complete done 1 v3; ");
	assert_int_equal(worker_count(play.worker, WORKER_OFFERED) + worker_count(play.worker, WORKER_IN_HAND), 0);
	play_end(&play);
}

static void script_taken(struct broker *broker)
{
	broker_greet(broker);
	broker_push(broker, 1, 1, 1001);
	struct pd_message accept = broker_expect(broker, PD_MSG_accept);
	broker_refuse(broker, &accept, PD_REFUSED_taken, 2, 2002);
}

static void test_lost_accept_is_told(void **state)
{
	struct play play;
	const struct pd_id id = id_of(1);
	(void)state;
	play_start(&play, script_taken, always_work);
	play_until(&play, "offered 1 v1 at 1001 to 2001; lost 1, taken by 2002; ");
	assert_null(worker_find(play.worker, &id));
	play_end(&play);
}

static void script_withdrawn(struct broker *broker)
{
	broker_greet(broker);
	broker_push(broker, 1, 1, 1001);
	broker_push(broker, 2, 1, 1001);
	broker_withdraw(broker, 1, 1001, 2002);
	broker_withdraw(broker, 9, 1001, 2002); /* never heard of */
}

static void test_withdrawn(void **state)
{
	struct play play;
	(void)state;
	play_start(&play, script_withdrawn, NULL);
	play_until(&play, "offered 1 v1 at 1001 to 2001; offered 2 v1 at 1001 to 2001; lost 1, withdrawn by 2002; ");
	assert_int_equal(worker_count(play.worker, WORKER_OFFERED), 1);
	play_end(&play);
}

static void script_accepted_elsewhere(struct broker *broker)
{
	broker_greet(broker);
	broker_push(broker, 1, 1, 1001);
	broker_withdraw(broker, 1, 1001, 2001);
	struct pd_message get = broker_expect(broker, PD_MSG_get_order);
	broker_order(broker, &get, 1, 3, PD_STATE_accepted, 1001, 2001);
	broker_end(broker, &get, 1);
	struct pd_message complete = broker_expect_version(broker, PD_MSG_complete, 3);
	broker_ok(broker, &complete, 4);
	broker_push(broker, 2, 1, 1001);
	broker_withdraw(broker, 2, 1001, 2001);
	get = broker_expect(broker, PD_MSG_get_order);
	broker_order(broker, &get, 2, 3, PD_STATE_completed, 1001, 2001);
	broker_end(broker, &get, 1);
}

static void complete_elsewhere(struct worker *worker, struct worker_order *order, const char *what)
{
	if (strcmp(what, "accepted elsewhere") == 0)
		assert_int_equal(worker_complete(worker, order, pd_text("已更换灯泡")), PD_OK);
}

static void test_accepted_elsewhere_is_in_hand(void **state)
{
	struct play play;
	(void)state;
	play_start_with(&play, &handler_of_one, script_accepted_elsewhere, complete_elsewhere);
	play_until(&play,
		   "offered 1 v1 at 1001 to 2001; accepted elsewhere 1 v3 due 1763905400000; complete done 1 v4; "
		   "offered 2 v1 at 1001 to 2001; lost 2, withdrawn by 2001; ");
	assert_int_equal(worker_count(play.worker, WORKER_OFFERED) + worker_count(play.worker, WORKER_IN_HAND), 0);
	play_end(&play);
}

static void script_one_of_many(struct broker *broker)
{
	broker_greet(broker);
	broker_push(broker, 1, 1, 1001);
	broker_withdraw(broker, 1, 1001, 2001);
}

static void test_accepted_by_one_of_many_is_lost(void **state)
{
	struct play play;
	(void)state;
	play_start(&play, script_one_of_many, NULL);
	play_until(&play, "offered 1 v1 at 1001 to 2001; lost 1, withdrawn by 2001; ");
	play_end(&play);
}

static void script_refuses_events(struct broker *broker)
{
	broker_greet(broker);
	struct pd_message find = broker_expect(broker, PD_MSG_list_areas); /* where the area stands */
	broker_refuse(broker, &find, PD_REFUSED_not_allowed, 0, 0);
}

static void test_refused_events_are_told(void **state)
{
	struct play play;
	(void)state;
	play_start_with(&play, &handler_of_one, script_refuses_events, NULL);
	assert_int_equal(pd_client_follow(worker_client(play.worker), 1001, 0), PD_OK);
	play_until(&play, "events refused: not_allowed; ");
	play_end(&play);
}

static void script_stale_accept(struct broker *broker)
{
	broker_greet(broker);
	broker_push(broker, 1, 1, 1001);
	struct pd_message accept = broker_expect_version(broker, PD_MSG_accept, 1);
	broker_refuse(broker, &accept, PD_REFUSED_stale, 2, 0);
	struct pd_message get = broker_expect(broker, PD_MSG_get_order);
	broker_order(broker, &get, 1, 2, PD_STATE_waiting, 1001, 0);
	broker_end(broker, &get, 1);
	accept = broker_expect_version(broker, PD_MSG_accept, 2);
	broker_ok(broker, &accept, 3);
	struct pd_message complete = broker_expect_version(broker, PD_MSG_complete, 3);
	broker_refuse(broker, &complete, PD_REFUSED_stale, 4, 0);
	get = broker_expect(broker, PD_MSG_get_order);
	broker_order(broker, &get, 1, 4, PD_STATE_accepted, 1001, 2001);
	broker_end(broker, &get, 1);
	complete = broker_expect_version(broker, PD_MSG_complete, 4);
	broker_ok(broker, &complete, 5);
}

static void test_stale_but_still_ours_is_repeated(void **state)
{
	struct play play;
	(void)state;
	play_start(&play, script_stale_accept, always_work);
	play_until(&play, "offered 1 v1 at 1001 to 2001; accept done 1 v3; complete done 1 v5; ");
	play_end(&play);
}

static void script_stale_complete(struct broker *broker)
{
	broker_greet(broker);
	broker_push(broker, 1, 1, 1001);
	struct pd_message accept = broker_expect(broker, PD_MSG_accept);
	broker_ok(broker, &accept, 2);
	struct pd_message complete = broker_expect(broker, PD_MSG_complete);
	broker_refuse(broker, &complete, PD_REFUSED_stale, 4, 0);
	struct pd_message get = broker_expect(broker, PD_MSG_get_order);
	broker_order(broker, &get, 1, 4, PD_STATE_accepted, 1002, 2002);
	broker_end(broker, &get, 1);
}

static void test_stale_and_not_ours_is_lost(void **state)
{
	struct play play;
	(void)state;
	play_start(&play, script_stale_complete, always_work);
	play_until(&play, "offered 1 v1 at 1001 to 2001; accept done 1 v2; lost 1, taken by 2002; ");
	play_end(&play);
}

static void script_merge(struct broker *broker)
{
	broker_greet(broker);
	broker_push(broker, 1, 1, 1001);
	broker_push(broker, 2, 3, 1001);
	struct pd_message merge = broker_expect_version(broker, PD_MSG_merge, 3);
	struct pd_id into = id_of(1);
	assert_int_equal(pd_id_compare(&merge.merge.into, &into), 0);
	assert_int_equal(merge.merge.actor, 2001);
	broker_ok(broker, &merge, 4);
}

static void merge_second(struct worker *worker, struct worker_order *order, const char *what)
{
	struct pd_id first = id_of(1);
	if (strcmp(what, "offered") == 0 && pd_id_compare(&order->id, &first) != 0)
		assert_int_equal(worker_merge(worker, order, &first, pd_text("同一盏灯")), PD_OK);
}

static void test_merged_is_forgotten(void **state)
{
	struct play play;
	(void)state;
	play_start(&play, script_merge, merge_second);
	play_until(&play, "offered 1 v1 at 1001 to 2001; offered 2 v3 at 1001 to 2001; merge done 2 v4; ");
	assert_int_equal(worker_count(play.worker, WORKER_OFFERED), 1);
	play_end(&play);
}

/* When it is looked at it has climbed, or was put off by another worker of the same person. */
static void script_lost_in_time(struct broker *broker)
{
	broker_greet(broker);
	for (uint8_t n = 1; n <= 2; n++) {
		broker_push(broker, n, 1, 1001);
		struct pd_message accept = broker_expect(broker, PD_MSG_accept);
		broker_ok(broker, &accept, 2);
		struct pd_message complete = broker_expect(broker, PD_MSG_complete);
		broker_refuse(broker, &complete, PD_REFUSED_stale, 3, 0);
		struct pd_message get = broker_expect(broker, PD_MSG_get_order), order = {.type = PD_MSG_order};
		order.order = (struct pd_order){.order = id_of(n),
						.seq = 1,
						.last_seq = 3,
						.version = 3,
						.state = n == 1 ? PD_STATE_waiting : PD_STATE_suspended,
						.holder = n == 1 ? 101 : 1001,
						.area = 1001,
						.category = 3,
						.urgency = PD_urgency_high,
						.attempt = 1,
						.acceptor = n == 1 ? 0 : 2001,
						.step = n == 1 ? 1 : 0,
						.text = pd_text("楼道灯不亮")};
		broker_send(broker, get.request, order);
		broker_end(broker, &get, 1);
	}
}

static void test_lost_in_time(void **state)
{
	struct play play;
	(void)state;
	play_start(&play, script_lost_in_time, always_work);
	play_until(&play, "offered 1 v1 at 1001 to 2001; accept done 1 v2; lost 1, climbed by 0; "
			  "offered 2 v1 at 1001 to 2001; accept done 2 v2; lost 2, put off by 2001; ");
	play_end(&play);
}

static void script_put_off(struct broker *broker)
{
	broker_greet(broker);
	broker_push(broker, 1, 1, 1001);
	struct pd_message accept = broker_expect_version(broker, PD_MSG_accept, 1);
	broker_ok(broker, &accept, 2);
	struct pd_message suspend = broker_expect_version(broker, PD_MSG_suspend, 2);
	if (suspend.suspend.until_ms != 1764500000000 || suspend.suspend.actor != 2001)
		broker_fail(broker, "suspend names %llu and %u", (unsigned long long)suspend.suspend.until_ms,
			    suspend.suspend.actor);
	broker_ok(broker, &suspend, 3);
	struct pd_message resume = broker_expect_version(broker, PD_MSG_resume, 3);
	broker_ok(broker, &resume, 4);
	struct pd_message release = broker_expect_version(broker, PD_MSG_release, 4);
	broker_push(broker, 1, 5, 1001); /* it waits again, and this comes before the answer */
	broker_ok(broker, &release, 5);
}

static void put_off_and_give_back(struct worker *worker, struct worker_order *order, const char *what)
{
	if (strcmp(what, "offered") == 0 && order->version == 1) {
		assert_int_equal(worker_accept(worker, order), PD_OK);
	} else if (strcmp(what, "accept") == 0) {
		assert_int_equal(worker_suspend(worker, order, 1764500000000, pd_text("等配件")), PD_OK);
	} else if (strcmp(what, "suspend") == 0) {
		assert_true(order->put_off);
		assert_int_equal(order->due_ms, 1764500000000);
		assert_int_equal(worker_resume(worker, order, pd_text("")), PD_OK);
	} else if (strcmp(what, "resume") == 0) {
		assert_false(order->put_off);
		assert_int_equal(worker_release(worker, order, pd_text("外出")), PD_OK);
	}
}

static void test_put_off_and_given_back(void **state)
{
	struct play play;
	(void)state;
	play_start_with(&play, &handler_with_patience, script_put_off, put_off_and_give_back);
	play_until(&play, "offered 1 v1 at 1001 to 2001; accept done 1 v2; suspend done 1 v3; resume done 1 v4; "
			  "release done 1 v5; offered 1 v5 at 1001 to 2001; ");
	assert_int_equal(worker_count(play.worker, WORKER_OFFERED), 1);
	assert_int_equal(worker_count(play.worker, WORKER_IN_HAND), 0);
	play_end(&play);
}

static void broker_warn(struct broker *broker, uint8_t n, uint32_t holder, uint32_t acceptor, enum pd_warning why)
{
	struct pd_message warned = {.type = PD_MSG_warned};
	warned.warned = (struct pd_warned){id_of(n), 2, holder, acceptor, (uint8_t)why, 1763901800000};
	broker_send(broker, 0, warned);
}

static void script_warns(struct broker *broker)
{
	broker_greet(broker);
	broker_push(broker, 1, 1, 1001);
	broker_warn(broker, 1, 1001, 0, PD_warning_half);
	broker_warn(broker, 9, 1001, 0, PD_warning_half);    /* never heard of */
	broker_warn(broker, 1, 1001, 2002, PD_warning_half); /* somebody else's */
	broker_warn(broker, 1, 101, 0, PD_warning_half);     /* another desk's */
	broker_push(broker, 2, 1, 1001);
}

static void test_warned(void **state)
{
	struct play play;
	(void)state;
	play_start_with(&play, &handler_with_patience, script_warns, NULL);
	play_until(&play, "offered 1 v1 at 1001 to 2001; warned 1, half; offered 2 v1 at 1001 to 2001; ");
	play_end(&play);
	/* Who does not want to be warned is not. */
	play_start(&play, script_warns, NULL);
	play_until(&play, "offered 1 v1 at 1001 to 2001; offered 2 v1 at 1001 to 2001; ");
	play_end(&play);
}

static void script_adoption_of_put_off(struct broker *broker)
{
	broker_greet(broker);
	struct pd_message list = broker_expect(broker, PD_MSG_list_orders);
	broker_order(broker, &list, 1, 2, PD_STATE_accepted, 1001, 2001);
	broker_end(broker, &list, 1);
	list = broker_expect(broker, PD_MSG_list_orders);
	if (list.list_orders.state != PD_STATE_suspended)
		broker_fail(broker, "expected a list of those that are put off");
	broker_order(broker, &list, 2, 2, PD_STATE_suspended, 1001, 2001);
	broker_end(broker, &list, 1);
}

static void test_adopts_what_was_put_off(void **state)
{
	struct play play;
	const struct pd_id id = id_of(2);
	size_t count;
	(void)state;
	play_start_with(&play, &handler_with_patience, script_adoption_of_put_off, NULL);
	assert_int_equal(worker_adopt_all(play.worker, 101, BOUND_MS, NULL, &count), PD_OK);
	assert_int_equal(count, 2);
	assert_true(worker_find(play.worker, &id)->put_off);
	play_end(&play);
}

static void script_pushed_again(struct broker *broker)
{
	broker_greet(broker);
	broker_push(broker, 1, 1, 1001);
	broker_push(broker, 1, 2, 1001); /* it got a note */
	broker_push(broker, 2, 1, 1001);
	struct pd_message accept = broker_expect_version(broker, PD_MSG_accept, 2);
	broker_ok(broker, &accept, 3);
}

static void accept_first_on_second(struct worker *worker, struct worker_order *order, const char *what)
{
	const struct pd_id id = id_of(1);
	struct worker_order *first = worker_find(worker, &id);
	if (strcmp(what, "offered") == 0 && order->id.bytes[15] == 2 && first->stage == WORKER_OFFERED)
		assert_int_equal(worker_accept(worker, first), PD_OK);
}

static void test_pushed_again_with_new_version(void **state)
{
	struct play play;
	(void)state;
	play_start(&play, script_pushed_again, accept_first_on_second);
	play_until(&play, "offered 1 v1 at 1001 to 2001; offered 2 v1 at 1001 to 2001; accept done 1 v3; ");
	play_end(&play);
}

/* The order goes to another area of ours, and its push comes before the answer to the decline. */
static void script_declined_to_ourselves(struct broker *broker)
{
	broker_greet(broker);
	broker_push(broker, 1, 1, 1001);
	struct pd_message decline = broker_expect_version(broker, PD_MSG_decline, 1);
	broker_push(broker, 1, 2, 101);
	broker_ok(broker, &decline, 2);
	struct pd_message accept = broker_expect_version(broker, PD_MSG_accept, 2);
	if (accept.type && accept.accept.actor != 1101)
		broker_fail(broker, "accept must name actor 1101, it names %u", accept.accept.actor);
	broker_ok(broker, &accept, 3);
}

static void decline_below(struct worker *worker, struct worker_order *order, const char *what)
{
	if (strcmp(what, "offered") != 0)
		return;
	if (order->holder == 1001)
		assert_int_equal(worker_decline(worker, order, pd_text("需要上级")), PD_OK);
	else
		assert_int_equal(worker_accept(worker, order), PD_OK);
}

static void test_declined_to_ourselves(void **state)
{
	struct play play;
	(void)state;
	play_start(&play, script_declined_to_ourselves, decline_below);
	play_until(&play,
		   "offered 1 v1 at 1001 to 2001; decline done 1 v2; offered 1 v2 at 101 to 1101; accept done 1 v3; ");
	play_end(&play);
}

static void script_restart(struct broker *broker)
{
	broker_greet(broker);
	broker_push(broker, 1, 1, 1001);
	broker_push(broker, 2, 1, 1001);
	struct pd_message accept = broker_expect(broker, PD_MSG_accept);
	broker_refuse(broker, &accept, PD_REFUSED_no_hello, 0, 0); /* as a broker that was restarted */
	broker_welcome(broker, 2);
	broker_expect_work(broker, 1001, 8);
	broker_expect_work(broker, 101, 8);
	accept = broker_expect_version(broker, PD_MSG_accept, 1);
	broker_ok(broker, &accept, 2);
	broker_push(broker, 2, 1, 1001);
}

static void test_offers_end_with_the_link(void **state)
{
	struct play play;
	(void)state;
	play_start(&play, script_restart, accept_first_on_second);
	play_until(
		&play,
		"offered 1 v1 at 1001 to 2001; offered 2 v1 at 1001 to 2001; lost 2, link lost by 0; accept done 1 v2; "
		"offered 2 v1 at 1001 to 2001; ");
	play_end(&play);
}

static void script_adoption(struct broker *broker)
{
	broker_greet(broker);
	struct pd_message list = broker_expect(broker, PD_MSG_list_orders);
	broker_refuse(broker, &list, PD_REFUSED_busy, 0, 0);
	list = broker_expect(broker, PD_MSG_list_orders);
	if (list.type && (list.list_orders.area != 101 || list.list_orders.state != PD_STATE_accepted))
		broker_fail(broker, "expected a list of area 101, accepted; got area %u, state %u",
			    list.list_orders.area, list.list_orders.state);
	broker_order(broker, &list, 1, 2, PD_STATE_accepted, 1001, 2001);
	broker_order(broker, &list, 2, 2, PD_STATE_accepted, 1001, 2002); /* another person's */
	broker_order(broker, &list, 3, 2, PD_STATE_accepted, 1002, 2001); /* an area that is not ours */
	broker_end(broker, &list, 3);
	struct pd_message complete = broker_expect_version(broker, PD_MSG_complete, 2);
	broker_ok(broker, &complete, 3);
}

static void test_adopts_what_is_ours(void **state)
{
	struct play play;
	const struct pd_id id = id_of(1);
	size_t count;
	(void)state;
	play_start(&play, script_adoption, NULL);
	assert_int_equal(worker_adopt_all(play.worker, 101, BOUND_MS, NULL, &count), PD_EBUSY);
	assert_int_equal(worker_adopt_all(play.worker, 101, BOUND_MS, NULL, &count), PD_OK);
	assert_int_equal(count, 1);
	struct worker_order *order = worker_find(play.worker, &id);
	assert_non_null(order);
	assert_int_equal(order->stage, WORKER_IN_HAND);
	assert_memory_equal(order->submitted.text.data, "楼道灯不亮", order->submitted.text.bytes);
	assert_int_equal(worker_complete(play.worker, order, pd_text("好了")), PD_OK);
	play_until(&play, "complete done 1 v3; ");
	play_end(&play);
}

static void script_stop(struct broker *broker)
{
	broker_greet(broker);
	broker_push(broker, 1, 1, 1001);
	struct pd_message accept = broker_expect(broker, PD_MSG_accept);
	broker_ok(broker, &accept, 2);
	/* In the order of the areas' ids. */
	broker_expect_work(broker, 101, 0);
	broker_push(broker, 2, 1, 1001); /* crossed with the end of work */
	broker_expect_work(broker, 1001, 0);
	struct pd_message complete = broker_expect_version(broker, PD_MSG_complete, 2);
	broker_ok(broker, &complete, 3);
}

static void accept_and_stop(struct worker *worker, struct worker_order *order, const char *what)
{
	if (strcmp(what, "offered") == 0) {
		assert_int_equal(worker_accept(worker, order), PD_OK);
	} else if (strcmp(what, "accept") == 0) {
		worker_stop(worker);
		assert_int_equal(worker_complete(worker, order, pd_text("好了")), PD_OK);
	}
}

static void test_stop_takes_nothing_new_and_finishes(void **state)
{
	struct play play;
	(void)state;
	play_start(&play, script_stop, accept_and_stop);
	play_until(&play, "offered 1 v1 at 1001 to 2001; accept done 1 v2; complete done 1 v3; ");
	play_end(&play);
}

static void script_refused(struct broker *broker)
{
	broker_welcome(broker, 1);
	struct pd_message work = broker_expect(broker, PD_MSG_work);
	broker_refuse(broker, &work, PD_REFUSED_not_allowed, 0, 0);
	broker_expect_work(broker, 101, 8);
	broker_push(broker, 1, 1, 101);
	struct pd_message accept = broker_expect(broker, PD_MSG_accept);
	broker_refuse(broker, &accept, PD_REFUSED_busy, 0, 0);
	accept = broker_expect_version(broker, PD_MSG_accept, 1);
	broker_ok(broker, &accept, 2);
}

static void accept_until_taken(struct worker *worker, struct worker_order *order, const char *what)
{
	if (strcmp(what, "accept") == 0)
		return;
	assert_int_equal(worker_accept(worker, order), PD_OK);
	assert_true(worker_order_busy(order));
	assert_int_equal(worker_note(worker, order, pd_text("等一下")), PD_EBUSY);
}

static void test_refusals_are_told(void **state)
{
	struct play play;
	(void)state;
	play_start(&play, script_refused, accept_until_taken);
	play_until(&play, "area 1001 refused: not_allowed; offered 1 v1 at 101 to 1101; accept refused 1: busy; accept "
			  "done 1 v2; ");
	play_end(&play);
}

static void test_limits_are_checked(void **state)
{
	struct play play;
	const struct pd_id id = id_of(2);
	static char long_text[3000];
	(void)state;
	memset(long_text, 'x', sizeof long_text - 1);
	play_start(&play, script_withdrawn, NULL);
	play_until(&play, "offered 1 v1 at 1001 to 2001; offered 2 v1 at 1001 to 2001; lost 1, withdrawn by 2002; ");
	struct worker_order *order = worker_find(play.worker, &id);
	assert_non_null(order);
	assert_int_equal(worker_decline(play.worker, order, pd_text(long_text)), PD_EINVAL);
	assert_non_null(strstr(pd_client_why(worker_client(play.worker)), "reason"));
	assert_false(worker_order_busy(order));
	play_end(&play);
}

/* ---- chance ---- */

static void test_chance_is_seeded(void **state)
{
	struct chance a, b, c;
	bool differs = false;
	(void)state;
	chance_init(&a, 42);
	chance_init(&b, 42);
	chance_init(&c, 43);
	for (int i = 0; i < 100; i++) {
		double drawn = chance_unit(&a);
		assert_true(drawn >= 0 && drawn < 1);
		assert_true(drawn == chance_unit(&b));
		differs |= drawn != chance_unit(&c);
	}
	assert_true(differs);
}

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static void test_chance_distributions(void **state)
{
	enum { DRAWS = 20000 };
	static double draws[DRAWS];
	static const double weights[] = {1, 0, 3};
	struct chance chance;
	double sum = 0;
	unsigned picked[3] = {0};
	(void)state;
	chance_init(&chance, 1);
	for (int i = 0; i < DRAWS; i++)
		sum += chance_exponential(&chance, 20);
	assert_true(fabs(sum / DRAWS - 20) < 1);
	for (int i = 0; i < DRAWS; i++)
		draws[i] = chance_lognormal(&chance, 1500, 0.6);
	qsort(draws, DRAWS, sizeof draws[0], compare_doubles);
	assert_true(fabs(draws[DRAWS / 2] - 1500) < 50);
	assert_true(fabs(draws[DRAWS / 10 * 9] - 1500 * exp(1.2816 * 0.6)) < 150); /* p90 */
	for (int i = 0; i < DRAWS; i++)
		picked[chance_weighted(&chance, weights, 3, 4)]++;
	assert_int_equal(picked[1], 0);
	assert_true(picked[0] > DRAWS / 4 - 500 && picked[0] < DRAWS / 4 + 500);
}

/* ---- agenda ---- */

/* An entry as programs use it: inside of something that knows when it is due. */
struct reminder {
	struct agenda_entry entry;
	uint64_t due_ms;
};

static void remind(struct agenda *agenda, struct reminder *reminder, uint64_t due_ms)
{
	reminder->due_ms = due_ms;
	agenda_put(agenda, &reminder->entry, due_ms);
}

static void test_agenda_gives_in_order(void **state)
{
	enum { REMINDERS = 500 };
	static struct reminder reminders[REMINDERS];
	struct agenda agenda = {0};
	struct agenda_entry *entry;
	struct chance chance;
	uint64_t last = 0, given = 0;
	(void)state;
	chance_init(&chance, 5);
	assert_int_equal(agenda_wait_ms(&agenda, 0, 77), 77);
	for (int i = 0; i < REMINDERS; i++)
		remind(&agenda, &reminders[i], chance_below(&chance, 1000));
	for (int i = 0; i < REMINDERS; i += 3)
		remind(&agenda, &reminders[i], chance_below(&chance, 1000)); /* moved */
	for (int i = 0; i < REMINDERS; i += 5)
		agenda_drop(&agenda, &reminders[i].entry);
	agenda_drop(&agenda, &reminders[0].entry); /* is not in */
	assert_int_equal(agenda_wait_ms(&agenda, 2000, 77), 0);
	for (; (entry = agenda_due(&agenda, 999)); given++) {
		const struct reminder *reminder = (struct reminder *)entry;
		assert_true(reminder->due_ms >= last);
		assert_int_equal(entry->place, 0);
		last = reminder->due_ms;
	}
	assert_int_equal(given, REMINDERS - REMINDERS / 5);
	remind(&agenda, &reminders[0], 1000);
	assert_null(agenda_due(&agenda, 999));
	assert_int_equal(agenda_wait_ms(&agenda, 990, 77), 10);
	agenda_fini(&agenda);
}

/* ---- entries ---- */

static void test_entries_keep_their_numbers(void **state)
{
	enum { ORDERS = ENTRIES_GONE_MAX + 5 };
	static struct worker_order orders[ORDERS];
	struct entries entries;
	(void)state;
	entries_init(&entries);
	for (int i = 0; i < ORDERS; i++) {
		orders[i].id.bytes[0] = (uint8_t)(i >> 8);
		orders[i].id.bytes[1] = (uint8_t)i;
		struct entry *entry = entries_add(&entries, &orders[i]);
		assert_ptr_equal(entries_first_unshown(&entries), entry);
		assert_ptr_equal(orders[i].data, entry);
		entries_number(&entries, entry);
	}
	assert_null(entries_first_unshown(&entries));
	assert_int_equal(entries_by_id(&entries, &orders[7].id)->number, 8);
	struct worker_order never_shown = {.version = 1};
	entries_gone(&entries, entries_add(&entries, &never_shown), "");
	for (unsigned number = ORDERS; number > 0; number--)
		entries_gone(&entries, entries_by_number(&entries, number), "it was completed");
	/* Whoever came first of those that are gone makes room. */
	assert_null(entries_by_number(&entries, 5));
	assert_int_equal(entries_by_number(&entries, 6)->number, 6);
	assert_null(entries_by_number(&entries, 6)->order);
	assert_string_equal(entries_by_number(&entries, 6)->gone, "it was completed");
	assert_null(entries_by_number(&entries, 0));
	/* One that comes back is another entry, and the one that is meant. */
	struct entry *again = entries_add(&entries, &orders[ORDERS - 1]);
	assert_ptr_equal(entries_by_id(&entries, &orders[ORDERS - 1].id), again);
	assert_ptr_equal(entries_first_unshown(&entries), again);
	entries_fini(&entries);
}

/* ---- text ---- */

static void assert_text(struct pd_buffer *buffer, const char *expected)
{
	pd_buffer_add(buffer, "", 1);
	assert_string_equal(buffer->data, expected);
	buffer->count = 0;
}

static void test_text_is_tidied(void **state)
{
	struct pd_buffer out = {0};
	(void)state;
	text_tidy(&out, " \n a\tb\r\n\x1b[31mc\xc2\x85\0 \n", 18, 100);
	assert_text(&out, "a\tb\n[31mc");
	text_tidy(&out, "x\xff\xe4\xb8y\xed\xa0\x80", 8, 100);
	assert_text(&out, "x\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBDy\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
	text_tidy(&out, "一二三四五", 15, 5);
	assert_text(&out, "一二三四五");
	text_tidy(&out, "一二三四五", 15, 4);
	assert_text(&out, "一二三…");
	text_tidy_end(&out, "一二三四五\n", 16, 4);
	assert_text(&out, "…三四五");
	text_tidy(&out, "", 0, 4);
	assert_text(&out, "");
	pd_buffer_fini(&out);
}

/* ---- dispatch ---- */

static struct worker_order sample_order(void)
{
	return (struct worker_order){
		.id = id_of(42),
		.version = 2,
		.holder = 1001,
		.actor = 2001,
		.attempt = 1,
		.submitted = {.time_ms = 1763900000000,
			      .requester = 700001,
			      .household = 500001,
			      .area = 1001,
			      .category = 3,
			      .urgency = PD_urgency_high,
			      .text = pd_text("灯\"不亮\"\n谢谢"),
			      .lon_e7 = 1178580000,
			      .lat_e7 = 364970000},
	};
}

static void test_order_as_json(void **state)
{
	struct pd_buffer out = {0};
	const struct worker_order order = sample_order();
	(void)state;
	dispatch_json(&out, &order, &(struct dispatch_names){"税务街", NULL, "12号院"});
	assert_text(
		&out,
		"{\"order\":\"019a9d3c-5c00-7000-8000-00000000002a\",\"version\":2,\"attempt\":1,\"area\":1001,"
		"\"area_name\":\"税务街\",\"person\":2001,\"category\":3,\"category_name\":null,\"urgency\":\"high\","
		"\"text\":\"灯\\\"不亮\\\"\\n谢谢\",\"place\":\"\",\"household\":500001,\"address\":\"12号院\","
		"\"lon\":117.8580000,\"lat\":36.4970000,\"requester\":700001,\"from_area\":1001,"
		"\"submitted_ms\":1763900000000}\n");
	pd_buffer_fini(&out);
}

static bool has(char **environment, const char *variable)
{
	for (; *environment; environment++)
		if (strcmp(*environment, variable) == 0)
			return true;
	return false;
}

static void test_environment(void **state)
{
	char path[] = "PATH=/bin", old[] = "PAIDAN_AREA=7", like[] = "PAIDAN_AREAS=7";
	char *const before[] = {path, old, like, NULL};
	const struct worker_order order = sample_order();
	(void)state;
	char **made = dispatch_environment(before, &order);
	assert_true(has(made, "PATH=/bin"));
	assert_true(has(made, "PAIDAN_AREAS=7"));
	assert_true(has(made, "PAIDAN_AREA=1001"));
	assert_false(has(made, "PAIDAN_AREA=7"));
	assert_true(has(made, "PAIDAN_ORDER=019a9d3c-5c00-7000-8000-00000000002a"));
	assert_true(has(made, "PAIDAN_URGENCY=high"));
	dispatch_environment_free(made);
}

static int exited(int code)
{
	return code << 8;
}

static void test_verdicts(void **state)
{
	(void)state;
	assert_int_equal(dispatch_verdict(exited(0), false), DISPATCH_DONE);
	assert_int_equal(dispatch_verdict(exited(1), false), DISPATCH_HAND_UP);
	assert_int_equal(dispatch_verdict(exited(63), false), DISPATCH_HAND_UP);
	assert_int_equal(dispatch_verdict(exited(64), false), DISPATCH_BROKEN);
	assert_int_equal(dispatch_verdict(exited(75), false), DISPATCH_AGAIN);
	assert_int_equal(dispatch_verdict(exited(76), false), DISPATCH_BROKEN);
	assert_int_equal(dispatch_verdict(exited(127), false), DISPATCH_BROKEN);
	assert_int_equal(dispatch_verdict(exited(255), false), DISPATCH_BROKEN);
	assert_int_equal(dispatch_verdict(SIGSEGV, false), DISPATCH_BROKEN);
	assert_int_equal(dispatch_verdict(exited(0), true), DISPATCH_BROKEN);
}

static void test_results_and_reasons(void **state)
{
	struct pd_buffer out = {0};
	static char long_text[10000];
	(void)state;
	dispatch_result(&out, pd_text(" \n"));
	assert_text(&out, "done");
	memset(long_text, 'x', sizeof long_text - 1);
	dispatch_result(&out, pd_text(long_text));
	assert_int_equal(pd_utf8_chars(out.data, out.count), 4000);
	out.count = 0;
	dispatch_reason(&out, "/usr/bin/fix", exited(3), false, pd_text("不归我们管\n"), 500);
	assert_text(&out, "不归我们管");
	dispatch_reason(&out, "/usr/bin/fix", exited(3), false, pd_text(""), 500);
	assert_text(&out, "fix ended with code 3");
	dispatch_reason(&out, "fix", exited(127), false, pd_text("no such tool"), 500);
	assert_text(&out, "fix ended with code 127: no such tool");
	dispatch_reason(&out, "fix", SIGKILL, true, pd_text(""), 500);
	assert_text(&out, "fix took too long");
	dispatch_reason(&out, "fix", SIGKILL, false, pd_text(long_text), 500);
	assert_int_equal(pd_utf8_chars(out.data, out.count), 500);
	pd_buffer_fini(&out);
}

static void test_backoff_is_bounded(void **state)
{
	(void)state;
	assert_int_equal(dispatch_backoff_ms(1), 1000);
	assert_int_equal(dispatch_backoff_ms(2), 2000);
	assert_int_equal(dispatch_backoff_ms(9), 256000);
	assert_int_equal(dispatch_backoff_ms(10), 300000);
	assert_int_equal(dispatch_backoff_ms(1000000), 300000);
}

/* ---- job ---- */

static int child_signals(void)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

/* Drive job to its end; returns the status. */
static int drive(struct job *job, int signals)
{
	uint64_t end_ms = agenda_now_ms() + BOUND_MS;
	int status = -1;
	while (!job_reap(job, &status)) {
		struct pollfd fds[1 + JOB_FDS] = {{.fd = signals, .events = POLLIN}};
		struct signalfd_siginfo info;
		nfds_t count = job_poll(job, fds + 1);
		assert_true(agenda_now_ms() < end_ms);
		assert_true(poll(fds, 1 + count, BOUND_MS) > 0);
		job_io(job, fds + 1, count);
		while (read(signals, &info, sizeof info) == sizeof info)
			;
	}
	return status;
}

static struct job *start_shell(const char *script, struct pd_slice input)
{
	struct job *job;
	char shell[] = "sh", flag[] = "-c", *copy = strdup(script);
	char *const argv[] = {shell, flag, copy, NULL};
	assert_int_equal(job_start(&job, argv, environ, input), PD_OK);
	free(copy);
	return job;
}

static void test_job_runs(void **state)
{
	static char input[200000];
	int signals = child_signals();
	(void)state;
	memset(input, 'i', sizeof input);
	struct job *job = start_shell("wc -c; echo no >&2; exit 3", (struct pd_slice){input, sizeof input});
	assert_int_equal(drive(job, signals), exited(3));
	assert_int_equal(strtol(job_output(job).data, NULL, 10), sizeof input);
	assert_int_equal(job_errors(job).bytes, 3);
	job_free(job);
	/* One that reads nothing, writes more than is kept, and leaves somebody behind who holds its outputs open. */
	job = start_shell("exec 0<&-; head -c 1000000 /dev/zero; echo last >&2; sleep 1000 &",
			  (struct pd_slice){input, sizeof input});
	assert_int_equal(drive(job, signals), exited(0));
	assert_int_equal(job_output(job).bytes, JOB_OUTPUT_BYTES_MAX);
	assert_memory_equal(job_errors(job).data, "last\n", 5);
	job_free(job);
	close(signals);
}

static void test_job_is_ended(void **state)
{
	int signals = child_signals();
	(void)state;
	struct job *job = start_shell("sleep 1000 & wait", (struct pd_slice){0});
	job_signal(job, SIGTERM);
	assert_int_equal(drive(job, signals), SIGTERM);
	job_free(job);
	job_free(start_shell("sleep 1000", (struct pd_slice){0})); /* does not wait for its end */
	struct job *none = NULL;
	char missing[] = "/nonexistent/program";
	char *const argv[] = {missing, NULL};
	assert_int_equal(job_start(&none, argv, environ, (struct pd_slice){0}), PD_ESYS);
	assert_int_equal(errno, ENOENT);
	close(signals);
}

/* ---- phrases and arguments ---- */

static void check_phrase(const struct pd_buffer *text)
{
	assert_true(text->count > 0 && text->count <= 400);
	assert_true(pd_utf8_valid(text->data, text->count));
	assert_null(memchr(text->data, '%', text->count));
}

static void test_phrases_fit(void **state)
{
	static const char *const categories[] = {"公共照明", "燃气安全",       "独居老人关爱",
						 "市场秩序", "没有这样的类别", ""};
	struct pd_buffer text = {0};
	struct chance chance;
	(void)state;
	chance_init(&chance, 9);
	for (int i = 0; i < 300; i++) {
		const char *category = categories[i % 6];
		text.count = 0;
		phrases_order(&text, &chance, category);
		check_phrase(&text);
		if (i % 6 == 0)
			assert_non_null(memmem(text.data, text.count, "灯", 3));
		if (i % 6 == 4)
			assert_non_null(memmem(text.data, text.count, categories[4], strlen(categories[4])));
		text.count = 0;
		phrases_result(&text, &chance, category);
		check_phrase(&text);
		assert_true(phrases_decline(&chance).bytes > 0 && phrases_note(&chance).bytes > 0);
		assert_true(phrases_reopen(&chance).bytes > 0 && phrases_cancel(&chance).bytes > 0);
		assert_true(phrases_merge(&chance).bytes > 0 && phrases_urge(&chance).data != NULL);
		assert_true(phrases_thanks(&chance, (unsigned)i % 5 + 1).data != NULL);
	}
	pd_buffer_fini(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole_life),
		cmocka_unit_test(test_lost_accept_is_told),
		cmocka_unit_test(test_withdrawn),
		cmocka_unit_test(test_accepted_elsewhere_is_in_hand),
		cmocka_unit_test(test_accepted_by_one_of_many_is_lost),
		cmocka_unit_test(test_refused_events_are_told),
		cmocka_unit_test(test_stale_but_still_ours_is_repeated),
		cmocka_unit_test(test_stale_and_not_ours_is_lost),
		cmocka_unit_test(test_merged_is_forgotten),
		cmocka_unit_test(test_lost_in_time),
		cmocka_unit_test(test_put_off_and_given_back),
		cmocka_unit_test(test_warned),
		cmocka_unit_test(test_adopts_what_was_put_off),
		cmocka_unit_test(test_pushed_again_with_new_version),
		cmocka_unit_test(test_declined_to_ourselves),
		cmocka_unit_test(test_offers_end_with_the_link),
		cmocka_unit_test(test_adopts_what_is_ours),
		cmocka_unit_test(test_stop_takes_nothing_new_and_finishes),
		cmocka_unit_test(test_refusals_are_told),
		cmocka_unit_test(test_limits_are_checked),
		cmocka_unit_test(test_chance_is_seeded),
		cmocka_unit_test(test_chance_distributions),
		cmocka_unit_test(test_agenda_gives_in_order),
		cmocka_unit_test(test_entries_keep_their_numbers),
		cmocka_unit_test(test_text_is_tidied),
		cmocka_unit_test(test_order_as_json),
		cmocka_unit_test(test_environment),
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_results_and_reasons),
		cmocka_unit_test(test_backoff_is_bounded),
		cmocka_unit_test(test_job_runs),
		cmocka_unit_test(test_job_is_ended),
		cmocka_unit_test(test_phrases_fit),
	};
	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
