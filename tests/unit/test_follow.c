/* test_follow.c - the event stream of libpaidan: every event once, in order, whatever is lost on the way. */
#include <unistd.h>

#include "fake_broker.h"

enum { AREA = 300 }; /* the third id of the topic; its count is the broker's `publications` */

struct log {
	struct broker *broker;
	unsigned up, events, stats;
	uint64_t last, mark;
	uint64_t expected; /* the seq that must come next, 0: any that rises */
	bool switch_over;  /* follow from the beginning again, from inside on_event */
	unsigned refused;
	enum pd_refusal why;
};

static void on_link(struct pd_client *client, enum pd_link link, const struct pd_message *message, void *arg)
{
	struct log *log = arg;
	(void)client;
	(void)message;
	log->up += link != PD_LINK_DOWN;
}

static void on_event(struct pd_client *client, const struct pd_message *event, void *arg)
{
	struct log *log = arg;
	assert_int_equal(event->type, PD_MSG_noted);
	assert_memory_equal(event->noted.text.data, "灯又不亮了", event->noted.text.bytes);
	if (log->expected && event->request != log->expected)
		fail_msg("event %" PRIu64 " came, %" PRIu64 " was expected", event->request, log->expected);
	if (log->expected)
		log->expected++;
	log->events++;
	log->last = event->request;
	if (log->switch_over && log->events == 5) {
		log->switch_over = false;
		log->expected = 1;
		assert_int_equal(pd_client_follow(client, AREA, 0), PD_OK);
	}
}

static void on_stats(struct pd_client *client, const struct pd_message *stats, void *arg)
{
	struct log *log = arg;
	(void)client;
	assert_int_equal(stats->stats.area, AREA);
	log->stats++;
	log->mark = stats->stats.time_ms;
}

static void on_refused(struct pd_client *client, const struct pd_message *refused, void *arg)
{
	struct log *log = arg;
	(void)client;
	assert_int_equal(refused->type, PD_MSG_refused);
	log->refused++;
	log->why = (enum pd_refusal)refused->refused.code;
}

static struct pd_client *open_client(struct broker *b, struct log *log, uint32_t heartbeat_ms)
{
	struct pd_client_options options = {
		.connect = b->connect,
		.subscribe = b->subscribe[0] ? b->subscribe : NULL,
		.name = "test 1",
		.arg = log,
		.on_link = on_link,
		.on_event = on_event,
		.on_stats = on_stats,
		.on_follow_refused = on_refused,
	};
	struct pd_client *client;
	b->heartbeat_ms = heartbeat_ms;
	log->broker = b;
	assert_int_equal(pd_client_open(&client, &options, NULL), PD_OK);
	return client;
}

/* Publish figures until some come through: a subscription takes its time to arrive, and what is published before is
 * lost. */
static void await_subscription(struct broker *b, struct pd_client *client, struct log *log)
{
	uint64_t next_ms = 0, until_ms = test_now_ms() + WAIT_MS_MAX;
	unsigned before = log->stats;
	while (log->stats == before) {
		if (test_now_ms() >= next_ms) {
			broker_publish_stats(b, 0);
			next_ms = test_now_ms() + 20;
		}
		broker_serve(b);
		assert_int_equal(pd_client_step(client, 2), PD_OK);
		if (test_now_ms() > until_ms)
			fail_msg("no publication came through");
	}
}

/* Have all that was published taken, and all that was asked answered. */
static void fence(struct broker *b, struct pd_client *client, struct log *log)
{
	static uint64_t mark;
	struct pd_message m = {.type = PD_MSG_get_digest};
	broker_publish_stats(b, ++mark);
	UNTIL(b, client, log->mark == mark);
	assert_int_equal(pd_client_send(client, &m, NULL, NULL), PD_OK);
	UNTIL(b, client, pd_client_pending(client) == 0);
}

/* Until the client is subscribed, and has filled what it missed before. */
static void settle(struct broker *b, struct pd_client *client, struct log *log)
{
	unsigned reads;
	UNTIL(b, client, broker_count(b, PD_MSG_read_events) > 0);
	await_subscription(b, client, log);
	do {
		reads = broker_count(b, PD_MSG_read_events);
		fence(b, client, log);
	} while (broker_count(b, PD_MSG_read_events) > reads);
}

static void test_from_the_beginning(void **state)
{
	(void)state;
	struct broker b;
	struct log log = {.expected = 1};
	broker_init(&b);
	for (int i = 0; i < 1200; i++)
		broker_event(&b); /* more than two pages */
	struct pd_client *client = open_client(&b, &log, 60000);
	assert_int_equal(pd_client_follow(client, AREA, 0), PD_OK);
	UNTIL(&b, client, log.last == 1200);
	assert_in_range(broker_count(&b, PD_MSG_read_events), 3, 4);
	settle(&b, client, &log);
	for (int i = 0; i < 100; i++)
		broker_publish(&b, broker_event(&b), false);
	UNTIL(&b, client, log.last == 1300);
	assert_int_equal(log.events, 1300);
	pd_client_close(client);
	broker_fini(&b);
}

/* Who names only where commands go finds the events beside it. */
static void test_events_beside_commands(void **state)
{
	(void)state;
	struct broker b;
	struct log log = {.expected = 1};
	char dir[] = "/tmp/paidan-follow-XXXXXX", connect[64], subscribe[64];
	assert_non_null(mkdtemp(dir));
	snprintf(connect, sizeof connect, "ipc://%s/commands.sock", dir);
	snprintf(subscribe, sizeof subscribe, "ipc://%s/events.sock", dir);
	assert_int_equal(unsetenv("PAIDAN_SUBSCRIBE"), 0);
	broker_init(&b);
	broker_unbind(&b);
	broker_bind(&b, connect, subscribe);
	b.subscribe[0] = 0; /* the client is not told */
	struct pd_client *client = open_client(&b, &log, 60000);
	assert_int_equal(pd_client_follow(client, AREA, 0), PD_OK);
	settle(&b, client, &log);
	broker_publish(&b, broker_event(&b), false);
	UNTIL(&b, client, log.last == 1);
	pd_client_close(client);
	broker_fini(&b);
	remove(connect + strlen("ipc://"));
	remove(subscribe + strlen("ipc://"));
	assert_int_equal(rmdir(dir), 0);
}

static void test_from_now_on(void **state)
{
	(void)state;
	struct broker b;
	struct log log = {0};
	broker_init(&b);
	for (int i = 0; i < 10; i++)
		broker_event(&b);
	struct pd_client *client = open_client(&b, &log, 60000);
	assert_int_equal(pd_client_follow(client, AREA, UINT64_MAX), PD_OK);
	settle(&b, client, &log);
	assert_int_equal(log.events, 0);
	log.expected = 11;
	broker_publish(&b, broker_event(&b), false);
	UNTIL(&b, client, log.last == 11);
	/* The same on a connection that has long been up: what its welcome said is not now. */
	log.expected = 12;
	for (int i = 0; i < 3; i++)
		broker_publish(&b, broker_event(&b), false);
	UNTIL(&b, client, log.last == 14);
	broker_event(&b);
	log.expected = 16;
	assert_int_equal(pd_client_follow(client, AREA, UINT64_MAX), PD_OK);
	UNTIL(&b, client, broker_count(&b, PD_MSG_get_stats) == 1);
	broker_event(&b);
	UNTIL(&b, client, log.last == 16);
	pd_client_close(client);
	broker_fini(&b);
}

/* What is sent right after pd_client_follow is done after "now" has been asked for. */
static void test_now_is_asked_first(void **state)
{
	(void)state;
	struct broker b;
	struct log log = {0};
	struct pd_message note = {.type = PD_MSG_note, .note = {.version = 1, .text = pd_text("x")}};
	broker_init(&b);
	struct pd_client *client = open_client(&b, &log, 60000);
	UNTIL(&b, client, log.up == 1);
	unsigned before = b.seen_count;
	assert_int_equal(pd_client_follow(client, AREA, UINT64_MAX), PD_OK);
	assert_int_equal(pd_client_send(client, &note, NULL, NULL), PD_OK);
	UNTIL(&b, client, broker_count(&b, PD_MSG_note) == 1);
	assert_int_equal(b.seen[before].type, PD_MSG_get_stats);
	assert_int_equal(b.seen[before + 1].type, PD_MSG_note);
	pd_client_close(client);
	broker_fini(&b);
}

static void test_gap(void **state)
{
	(void)state;
	struct broker b;
	struct log log = {.expected = 1};
	broker_init(&b);
	struct pd_client *client = open_client(&b, &log, 60000);
	assert_int_equal(pd_client_follow(client, AREA, 0), PD_OK);
	settle(&b, client, &log);
	unsigned reads = broker_count(&b, PD_MSG_read_events);
	broker_publish(&b, broker_event(&b), false);
	UNTIL(&b, client, log.last == 1);
	assert_int_equal(broker_count(&b, PD_MSG_read_events), reads);
	broker_publish(&b, broker_event(&b), true);
	broker_publish(&b, broker_event(&b), true);
	broker_publish(&b, broker_event(&b), false);
	UNTIL(&b, client, log.last == 4);
	assert_int_equal(broker_count(&b, PD_MSG_read_events), reads + 1);
	/* Afterwards it goes on live. */
	broker_publish(&b, broker_event(&b), false);
	UNTIL(&b, client, log.last == 5);
	assert_int_equal(broker_count(&b, PD_MSG_read_events), reads + 1);
	/* The last one is lost, and nothing comes after it but figures. */
	broker_publish(&b, broker_event(&b), true);
	broker_publish_stats(&b, 0);
	UNTIL(&b, client, log.last == 6);
	assert_int_equal(broker_count(&b, PD_MSG_read_events), reads + 2);
	assert_int_equal(log.events, 6);
	pd_client_close(client);
	broker_fini(&b);
}

/* A broker under load loses two in three, pages are small, and much is published while a gap is being filled. */
static void test_many_gaps(void **state)
{
	(void)state;
	struct broker b;
	struct log log = {.expected = 1};
	broker_init(&b);
	b.page = 7;
	struct pd_client *client = open_client(&b, &log, 60000);
	assert_int_equal(pd_client_follow(client, AREA, 0), PD_OK);
	settle(&b, client, &log);
	for (int i = 0; i < 3000; i++) {
		broker_publish(&b, broker_event(&b), i % 11 > 3);
		if (i % 50 == 0) {
			broker_serve(&b);
			assert_int_equal(pd_client_step(client, 0), PD_OK);
		}
	}
	broker_publish_stats(&b, 0);
	UNTIL(&b, client, log.last == 3000);
	assert_int_equal(log.events, 3000);
	pd_client_close(client);
	broker_fini(&b);
}

static void test_twice_on_two_topics(void **state)
{
	(void)state;
	struct broker b;
	struct log log = {.expected = 1};
	broker_init(&b);
	struct pd_client *client = open_client(&b, &log, 60000);
	assert_int_equal(pd_client_follow(client, AREA, 0), PD_OK);
	settle(&b, client, &log);
	unsigned reads = broker_count(&b, PD_MSG_read_events);
	for (int i = 0; i < 5; i++) {
		uint64_t seq = broker_event(&b);
		broker_publish(&b, seq, false);
		broker_publish(&b, seq, false);
	}
	UNTIL(&b, client, log.last == 5);
	fence(&b, client, &log);
	assert_int_equal(log.events, 5);
	assert_int_equal(broker_count(&b, PD_MSG_read_events), reads);
	pd_client_close(client);
	broker_fini(&b);
}

static void test_restart(void **state)
{
	(void)state;
	struct broker b;
	struct log log = {.expected = 1};
	broker_init(&b);
	struct pd_client *client = open_client(&b, &log, 60000);
	assert_int_equal(pd_client_follow(client, AREA, 0), PD_OK);
	settle(&b, client, &log);
	for (int i = 0; i < 5; i++)
		broker_publish(&b, broker_event(&b), false);
	UNTIL(&b, client, log.last == 5);
	for (int i = 0; i < 5; i++)
		broker_event(&b); /* on disk, and not published before the crash */
	broker_restart(&b);
	UNTIL(&b, client, log.up == 2);
	UNTIL(&b, client, log.last == 10);
	settle(&b, client, &log);
	broker_publish(&b, broker_event(&b), false);
	UNTIL(&b, client, log.last == 11);
	assert_int_equal(log.events, 11);
	pd_client_close(client);
	broker_fini(&b);
}

/* The new run publishes before it has welcomed us, and this publication counts like the next one of the old run, though
 * one before it was lost. */
static void test_restart_that_counts_on(void **state)
{
	(void)state;
	struct broker b;
	struct log log = {.expected = 1};
	broker_init(&b);
	struct pd_client *client = open_client(&b, &log, 60000);
	assert_int_equal(pd_client_follow(client, AREA, 0), PD_OK);
	settle(&b, client, &log);
	uint64_t lost = broker_event(&b), count = b.publications + 1;
	broker_restart(&b);
	void *router = b.router;
	b.router = NULL; /* it hears no hello yet */
	for (uint8_t subscribed = 0; subscribed != 1;) {
		assert_int_equal(pd_client_step(client, 5), PD_OK);
		zmq_recv(b.xpub, &subscribed, 1, ZMQ_DONTWAIT);
	}
	b.publications = count - 1;
	broker_publish(&b, broker_event(&b), false);
	b.instance--; /* something that is taken from behind it, so that it has been looked at */
	await_subscription(&b, client, &log);
	b.instance++;
	assert_int_equal(log.events, 0);
	b.router = router;
	UNTIL(&b, client, log.last == lost + 1);
	assert_int_equal(log.events, 2);
	pd_client_close(client);
	broker_fini(&b);
}

/* Who may not read is told so, and left alone; nothing is followed until the program says so. */
static void test_refused(void **state)
{
	(void)state;
	struct broker b;
	struct log log = {.expected = 1};
	broker_init(&b);
	b.refuse_events = PD_REFUSED_not_allowed;
	struct pd_client *client = open_client(&b, &log, 60000);
	assert_int_equal(pd_client_follow(client, AREA, 0), PD_OK);
	UNTIL(&b, client, log.refused == 1);
	assert_int_equal(log.why, PD_REFUSED_not_allowed);
	unsigned asked = broker_count(&b, PD_MSG_read_events);
	broker_publish(&b, broker_event(&b), false);
	broker_restart(&b);
	UNTIL(&b, client, log.up == 2);
	for (uint64_t until_ms = test_now_ms() + 1200; test_now_ms() < until_ms;) {
		broker_serve(&b);
		assert_int_equal(pd_client_step(client, 20), PD_OK);
	}
	assert_int_equal(broker_count(&b, PD_MSG_read_events), asked);
	assert_int_equal(log.refused, 1);
	b.refuse_areas = PD_REFUSED_not_allowed;
	assert_int_equal(pd_client_follow(client, AREA, 0), PD_OK);
	UNTIL(&b, client, log.refused == 2);
	b.refuse_areas = b.refuse_events = PD_REFUSED_none;
	assert_int_equal(pd_client_follow(client, AREA, 0), PD_OK);
	UNTIL(&b, client, log.last == 1);
	settle(&b, client, &log);
	broker_publish(&b, broker_event(&b), false);
	UNTIL(&b, client, log.last == 2);
	pd_client_close(client);
	broker_fini(&b);
}

static void test_refusals_that_pass(void **state)
{
	(void)state;
	struct broker b;
	struct log log = {.expected = 1};
	broker_init(&b);
	broker_event(&b);
	b.refuse_areas = PD_REFUSED_unknown_area;
	b.refuse_events = PD_REFUSED_read_failed;
	struct pd_client *client = open_client(&b, &log, 60000);
	assert_int_equal(pd_client_follow(client, AREA, 0), PD_OK);
	UNTIL(&b, client, broker_count(&b, PD_MSG_list_areas) == 2);
	b.refuse_areas = PD_REFUSED_none;
	UNTIL(&b, client, broker_count(&b, PD_MSG_read_events) == 2);
	b.refuse_events = PD_REFUSED_none;
	UNTIL(&b, client, log.last == 1);
	assert_int_equal(log.refused, 0);
	pd_client_close(client);
	broker_fini(&b);
}

/* An event of a type that this version does not know. */
static void publish_unknown(struct broker *b, uint64_t seq)
{
	char event[16] = {(char)0x93, (char)0xcc, (char)240, (char)0xcd, (char)(seq >> 8), (char)seq, 1};
	b->publications++;
	broker_publish_bytes(b, seq, event, 7);
}

static void test_unknown_events_are_counted(void **state)
{
	(void)state;
	for (uint32_t area = 0; area <= AREA; area += AREA) {
		struct broker b;
		struct log log = {0};
		broker_init(&b);
		struct pd_client *client = open_client(&b, &log, 60000);
		assert_int_equal(pd_client_follow(client, area, 0), PD_OK);
		settle(&b, client, &log);
		unsigned reads = broker_count(&b, PD_MSG_read_events);
		broker_publish(&b, broker_event(&b), false);
		publish_unknown(&b, broker_event(&b));
		broker_publish(&b, broker_event(&b), false);
		UNTIL(&b, client, log.last == 3);
		assert_int_equal(broker_count(&b, PD_MSG_read_events), reads);
		/* So are those that are held while the journal is read. */
		b.silent = true;
		broker_publish(&b, broker_event(&b), true);
		broker_publish(&b, broker_event(&b), false);
		UNTIL(&b, client, broker_count(&b, PD_MSG_read_events) == reads + 1);
		publish_unknown(&b, broker_event(&b));
		broker_publish(&b, broker_event(&b), false);
		broker_publish_stats(&b, 77);
		UNTIL(&b, client, log.mark == 77);
		b.publications -= 3; /* the journal was read before these */
		b.seq -= 2;
		b.silent = false;
		struct pd_buffer out = {0};
		struct pd_message read = {.type = PD_MSG_read_events};
		read.request = broker_request(&b, PD_MSG_read_events, reads);
		read.read_events = (struct pd_read_events){.after_seq = 3, .limit = 500};
		answer_events(&b, &read, &out);
		zmq_send(b.router, b.peer, b.peer_bytes, ZMQ_SNDMORE);
		zmq_send(b.router, out.data, out.count, 0);
		pd_buffer_fini(&out);
		b.publications += 3;
		b.seq += 2;
		UNTIL(&b, client, log.last == 7);
		fence(&b, client, &log);
		assert_int_equal(broker_count(&b, PD_MSG_read_events), reads + 1);
		assert_int_equal(log.events, 3 - 1 + 2 + 1);
		pd_client_close(client);
		broker_fini(&b);
	}
}

/* The counts begin again although the connection for commands noticed nothing. */
static void test_smaller_count(void **state)
{
	(void)state;
	struct broker b;
	struct log log = {.expected = 1};
	broker_init(&b);
	b.publications = 1000;
	struct pd_client *client = open_client(&b, &log, 60000);
	assert_int_equal(pd_client_follow(client, AREA, 0), PD_OK);
	settle(&b, client, &log);
	broker_publish(&b, broker_event(&b), false);
	UNTIL(&b, client, log.last == 1);
	broker_event(&b);
	broker_event(&b);
	b.publications = 0;
	broker_publish(&b, broker_event(&b), false);
	UNTIL(&b, client, log.last == 4);
	assert_int_equal(log.events, 4);
	pd_client_close(client);
	broker_fini(&b);
}

/* Everything: no path is asked for, and a category's event, which belongs to no area and has no counts, is taken as it
 * comes. */
static void test_follow_all(void **state)
{
	(void)state;
	struct broker b;
	struct log log = {.expected = 1};
	broker_init(&b);
	struct pd_client *client = open_client(&b, &log, 60000);
	assert_int_equal(pd_client_follow(client, 0, 0), PD_OK);
	settle(&b, client, &log);
	assert_int_equal(broker_count(&b, PD_MSG_list_areas), 0);
	for (int i = 0; i < 20; i++)
		broker_publish(&b, broker_event(&b), false);
	UNTIL(&b, client, log.last == 20);
	uint64_t seq = broker_event(&b);
	struct pd_buffer frame = {0};
	struct pd_message published = {.type = PD_MSG_published, .request = seq};
	pd_encode(&published, &frame);
	pd_buffer_add(&frame, b.journal.data + b.at[seq], b.at[seq + 1] - b.at[seq]);
	zmq_send(b.xpub, "*", 1, ZMQ_SNDMORE);
	zmq_send(b.xpub, frame.data, frame.count, 0);
	pd_buffer_fini(&frame);
	UNTIL(&b, client, log.last == 21);
	assert_int_equal(log.events, 21);
	pd_client_close(client);
	broker_fini(&b);
}

/* Nothing comes at all any more: after three heartbeats the client looks by itself. */
static void test_long_silence(void **state)
{
	(void)state;
	struct broker b;
	struct log log = {.expected = 1};
	broker_init(&b);
	struct pd_client *client = open_client(&b, &log, 100);
	assert_int_equal(pd_client_follow(client, AREA, 0), PD_OK);
	UNTIL(&b, client, broker_count(&b, PD_MSG_read_events) == 1);
	broker_publish(&b, broker_event(&b), true);
	UNTIL(&b, client, log.last == 1);
	pd_client_close(client);
	broker_fini(&b);
}

/* A second pd_client_follow, from inside a callback in the midst of a page and of what was held. */
static void test_follow_anew_in_a_callback(void **state)
{
	(void)state;
	struct broker b;
	struct log log = {.expected = 1, .switch_over = true};
	broker_init(&b);
	for (int i = 0; i < 20; i++)
		broker_event(&b);
	struct pd_client *client = open_client(&b, &log, 60000);
	assert_int_equal(pd_client_follow(client, 0, 0), PD_OK);
	UNTIL(&b, client, log.last == 20);
	assert_int_equal(log.events, 25);
	pd_client_close(client);
	broker_fini(&b);
}

/* The query for a gap is itself lost with its connection. */
static void test_lost_while_filling(void **state)
{
	(void)state;
	struct broker b;
	struct log log = {.expected = 1};
	broker_init(&b);
	struct pd_client *client = open_client(&b, &log, 60000);
	assert_int_equal(pd_client_follow(client, AREA, 0), PD_OK);
	settle(&b, client, &log);
	unsigned reads = broker_count(&b, PD_MSG_read_events);
	b.break_off = true;
	for (int i = 0; i < 10; i++)
		broker_publish(&b, broker_event(&b), i < 8);
	UNTIL(&b, client, broker_count(&b, PD_MSG_read_events) == reads + 1);
	broker_restart(&b);
	UNTIL(&b, client, log.last == 10);
	settle(&b, client, &log);
	broker_publish(&b, broker_event(&b), false);
	UNTIL(&b, client, log.last == 11);
	assert_int_equal(log.events, 11);
	pd_client_close(client);
	broker_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_from_the_beginning),
		cmocka_unit_test(test_events_beside_commands),
		cmocka_unit_test(test_from_now_on),
		cmocka_unit_test(test_now_is_asked_first),
		cmocka_unit_test(test_gap),
		cmocka_unit_test(test_many_gaps),
		cmocka_unit_test(test_twice_on_two_topics),
		cmocka_unit_test(test_restart),
		cmocka_unit_test(test_restart_that_counts_on),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_refusals_that_pass),
		cmocka_unit_test(test_unknown_events_are_counted),
		cmocka_unit_test(test_smaller_count),
		cmocka_unit_test(test_follow_all),
		cmocka_unit_test(test_long_silence),
		cmocka_unit_test(test_follow_anew_in_a_callback),
		cmocka_unit_test(test_lost_while_filling),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
