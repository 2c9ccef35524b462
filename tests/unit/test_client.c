/* test_client.c - libpaidan against a broker that does as it is told: connection, answers, sending again. */
#include "fake_broker.h"

struct link_log {
	unsigned up, down, restarted, refused;
};

static void on_link(struct pd_client *client, enum pd_link link, const struct pd_message *message, void *arg)
{
	struct link_log *log = arg;
	(void)client;
	log->up += link == PD_LINK_UP;
	log->restarted += link == PD_LINK_RESTARTED;
	log->down += link == PD_LINK_DOWN;
	log->refused += link == PD_LINK_DOWN && message && message->type == PD_MSG_refused;
	if (link != PD_LINK_DOWN)
		assert_int_equal(message->type, PD_MSG_welcome);
}

static struct pd_client *open_client(const struct broker *b, struct link_log *log)
{
	struct pd_client_options options = {
		.connect = b->connect,
		.subscribe = b->subscribe,
		.name = "test 1",
		.resend_ms = 60000,
		.arg = log,
		.on_link = on_link,
	};
	struct pd_client *client;
	const char *why;
	assert_int_equal(pd_client_open(&client, &options, &why), PD_OK);
	return client;
}

static struct pd_message note(const char *text)
{
	struct pd_message m = {.type = PD_MSG_note};
	m.note = (struct pd_note){.version = 1, .text = pd_text(text)};
	return m;
}

struct answers {
	unsigned last, rows, refused;
	uint64_t request;
};

static void on_answer(struct pd_client *client, const struct pd_message *answer, bool last, void *arg)
{
	struct answers *answers = arg;
	(void)client;
	answers->last += last;
	answers->rows += !last;
	answers->refused += answer->type == PD_MSG_refused;
	answers->request = answer->request;
}

/* ---- one at a time ---- */

static void test_call(void **state)
{
	(void)state;
	struct broker b;
	struct link_log log = {0};
	broker_init(&b);
	broker_run(&b);
	struct pd_client *client = open_client(&b, &log);
	struct pd_message m = note("配件明天到"), answer;
	assert_int_equal(pd_client_call(client, &m, &answer, WAIT_MS_MAX), PD_OK);
	assert_int_equal(answer.type, PD_MSG_ok);
	assert_int_equal(answer.ok.version, 2);
	assert_int_equal(answer.request, m.request);
	assert_int_equal(log.up, 1);
	broker_halt(&b);
	/* Nobody is there now: the call ends by itself, and is forgotten. */
	assert_int_equal(pd_client_call(client, &m, &answer, 30), PD_ETIMEDOUT);
	assert_non_null(strstr(pd_client_why(client), b.connect));
	assert_int_equal(pd_client_pending(client), 0);
	pd_client_close(client);
	broker_fini(&b);
}

static void test_query(void **state)
{
	(void)state;
	struct broker b;
	struct link_log log = {0};
	struct answers answers = {0};
	broker_init(&b);
	broker_run(&b);
	struct pd_client *client = open_client(&b, &log);
	struct pd_message m = {.type = PD_MSG_list_areas}, last;
	m.list_areas = (struct pd_list_areas){.area = 300, .limit = 100};
	assert_int_equal(pd_client_query(client, &m, on_answer, &answers, &last, WAIT_MS_MAX), PD_OK);
	assert_int_equal(answers.rows, 3);
	assert_int_equal(answers.last, 1);
	assert_int_equal(last.type, PD_MSG_end);
	/* The cursor lives until the next call, and may stand in it. */
	assert_memory_equal(last.end.cursor.data, "next page", last.end.cursor.bytes);
	m = (struct pd_message){.type = PD_MSG_list_orders, .list_orders = {.limit = 10, .cursor = last.end.cursor}};
	assert_int_equal(pd_client_query(client, &m, on_answer, &answers, &last, WAIT_MS_MAX), PD_OK);
	broker_halt(&b);
	pd_client_close(client);
	broker_fini(&b);
}

static void on_level(struct pd_client *client, const struct pd_message *answer, bool last, void *arg)
{
	(void)client;
	if (!last)
		*(unsigned *)arg += answer->area.level;
}

/* A newer broker may have words that we do not know: their messages come like all others. */
static void test_unknown_words(void **state)
{
	(void)state;
	struct broker b;
	struct link_log log = {0};
	unsigned levels = 0;
	broker_init(&b);
	b.level = 99;
	broker_run(&b);
	struct pd_client *client = open_client(&b, &log);
	struct pd_message m = {.type = PD_MSG_list_areas, .list_areas = {.area = 300, .limit = 100}}, last;
	assert_int_equal(pd_client_query(client, &m, on_level, &levels, &last, WAIT_MS_MAX), PD_OK);
	assert_int_equal(levels, 3 * 99);
	broker_halt(&b);
	pd_client_close(client);
	broker_fini(&b);
}

static void test_bad_fields(void **state)
{
	(void)state;
	struct broker b;
	struct link_log log = {0};
	broker_init(&b);
	struct pd_client *client = open_client(&b, &log);
	struct pd_message m = note("");
	assert_int_equal(pd_client_send(client, &m, NULL, NULL), PD_EINVAL);
	assert_string_equal(pd_client_why(client), "note: text: is 0 characters, must be 1 to 4000");
	m = note("x");
	m.note.version = 0;
	assert_int_equal(pd_client_send(client, &m, NULL, NULL), PD_EINVAL);
	assert_non_null(strstr(pd_client_why(client), "version"));
	m = (struct pd_message){.type = PD_MSG_ok};
	assert_int_equal(pd_client_send(client, &m, NULL, NULL), PD_EINVAL);
	assert_string_equal(pd_client_why(client), "ok is not a command or a query");
	m = (struct pd_message){.type = (enum pd_type)99};
	assert_int_equal(pd_client_send(client, &m, NULL, NULL), PD_EINVAL);
	m = note("x");
	assert_int_equal(pd_client_stage(client, &m, 1), PD_EINVAL);
	assert_int_equal(pd_client_work(client, 0, 1, NULL, NULL), PD_EINVAL);
	assert_int_equal(pd_client_pending(client), 0);
	pd_client_close(client);
	broker_fini(&b);
}

static void test_bad_endpoints(void **state)
{
	(void)state;
	static const char *const bad[] = {"tcp://",      "tcp://host",    "tcp://:1",
					  "tcp://host:", "tcp://host:0",  "tcp://host:70000",
					  "ipc://",      "http://host:1", "x"};
	struct pd_client *client;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct pd_client_options options = {.connect = bad[i], .subscribe = "ipc:///tmp/x", .name = "test"};
		const char *why = NULL;
		assert_int_equal(pd_client_open(&client, &options, &why), PD_EINVAL);
		assert_non_null(strstr(why, bad[i]));
		assert_null(client);
	}
	struct pd_client_options options = {.connect = "ipc:///tmp/x", .subscribe = "ipc:///tmp/x", .name = ""};
	assert_int_equal(pd_client_open(&client, &options, NULL), PD_EINVAL);
	pd_client_close(NULL);
}

static void test_ids(void **state)
{
	(void)state;
	struct broker b;
	struct link_log log = {0};
	broker_init(&b);
	struct pd_client *client = open_client(&b, &log);
	struct pd_id ids[1000];
	for (int i = 0; i < 1000; i++) {
		ids[i] = pd_client_new_id(client);
		assert_true(pd_id_valid(&ids[i]));
		for (int j = 0; j < i; j++)
			assert_int_not_equal(pd_id_compare(&ids[i], &ids[j]), 0);
	}
	uint64_t now_ms = (uint64_t)time(NULL) * 1000, made_ms = pd_id_time_ms(&ids[999]);
	assert_true(made_ms + 60000 > now_ms && made_ms < now_ms + 60000);
	pd_client_close(client);
	broker_fini(&b);
}

/* ---- many ---- */

static void test_many_in_a_frame(void **state)
{
	(void)state;
	enum { MANY = 5000 };
	struct broker b;
	struct link_log log = {0};
	struct answers answers = {0};
	broker_init(&b);
	struct pd_client *client = open_client(&b, &log);
	UNTIL(&b, client, log.up == 1);
	unsigned frames = b.frames;
	for (int i = 0; i < MANY; i++) {
		struct pd_message m =
			note("a remark of middling length, so that all of them do not fit into one frame");
		assert_int_equal(pd_client_send(client, &m, on_answer, &answers), PD_OK);
	}
	assert_int_equal(pd_client_pending(client), MANY);
	UNTIL(&b, client, answers.last == MANY);
	assert_int_equal(broker_count(&b, PD_MSG_note), MANY);
	assert_in_range(b.frames - frames, 2, 20);
	assert_true(b.frame_bytes_max <= 60 * 1024);
	assert_int_equal(pd_client_pending(client), 0);
	pd_client_close(client);
	broker_fini(&b);
}

static void test_too_many(void **state)
{
	(void)state;
	struct broker b;
	struct link_log log = {0};
	broker_init(&b);
	broker_unbind(&b);
	struct pd_client *client = open_client(&b, &log);
	struct pd_message m = note("x");
	for (int i = 0; i < 65536; i++)
		assert_int_equal(pd_client_send(client, &m, NULL, NULL), PD_OK);
	assert_int_equal(pd_client_send(client, &m, NULL, NULL), PD_EBUSY);
	assert_non_null(strstr(pd_client_why(client), "65536"));
	pd_client_close(client);
	broker_fini(&b);
}

/* One command stays unanswered while the ids go round the whole table many times: no other may take its place. */
static void test_one_stays_while_many_pass(void **state)
{
	(void)state;
	struct broker b;
	struct link_log log = {0};
	struct answers stays = {0}, passes = {0};
	broker_init(&b);
	struct pd_client *client = open_client(&b, &log);
	UNTIL(&b, client, log.up == 1);
	struct pd_message m = note("stays");
	b.leave_unanswered = 1;
	assert_int_equal(pd_client_send(client, &m, on_answer, &stays), PD_OK);
	for (unsigned round = 1; round <= 20; round++) {
		for (int i = 0; i < 100; i++) {
			struct pd_message passing = note("passes");
			assert_int_equal(pd_client_send(client, &passing, on_answer, &passes), PD_OK);
			assert_int_not_equal(passing.request, m.request);
		}
		UNTIL(&b, client, passes.last == round * 100);
	}
	assert_int_equal(stays.last, 0);
	assert_int_equal(pd_client_pending(client), 1);
	b.forgetful = true; /* one more no_hello has everything sent again */
	struct pd_message last = note("last");
	assert_int_equal(pd_client_send(client, &last, on_answer, &passes), PD_OK);
	UNTIL(&b, client, stays.last == 1);
	assert_int_equal(stays.request, m.request);
	pd_client_close(client);
	broker_fini(&b);
}

/* ---- sending again ---- */

static void test_resend_on_a_living_connection(void **state)
{
	(void)state;
	struct broker b;
	struct link_log log = {0};
	struct answers answers = {0};
	broker_init(&b);
	struct pd_client_options options = {.connect = b.connect,
					    .subscribe = b.subscribe,
					    .name = "test",
					    .resend_ms = 20,
					    .arg = &log,
					    .on_link = on_link};
	struct pd_client *client;
	assert_int_equal(pd_client_open(&client, &options, NULL), PD_OK);
	UNTIL(&b, client, log.up == 1);
	b.leave_unanswered = 2;
	struct pd_message m = note("lost twice");
	assert_int_equal(pd_client_send(client, &m, on_answer, &answers), PD_OK);
	UNTIL(&b, client, answers.last == 1);
	assert_in_range(broker_count(&b, PD_MSG_note), 3, 8);
	assert_int_equal(broker_request(&b, PD_MSG_note, 0), broker_request(&b, PD_MSG_note, 1));
	assert_int_equal(broker_request(&b, PD_MSG_note, 0), broker_request(&b, PD_MSG_note, 2));
	assert_int_equal(log.down, 0);
	/* Answers to repetitions are not given on. */
	UNTIL(&b, client, pd_client_pending(client) == 0);
	m = note("another");
	assert_int_equal(pd_client_send(client, &m, on_answer, &answers), PD_OK);
	UNTIL(&b, client, answers.request == m.request);
	assert_int_equal(answers.last, 2);
	pd_client_close(client);
	broker_fini(&b);
}

static void test_hello_again(void **state)
{
	(void)state;
	struct broker b;
	struct link_log log = {0};
	struct answers answers = {0}, works = {0};
	broker_init(&b);
	struct pd_client *client = open_client(&b, &log);
	assert_int_equal(pd_client_work(client, 1001, 8, on_answer, &works), PD_OK);
	assert_int_equal(pd_client_work(client, 1002, 8, NULL, NULL), PD_OK);
	UNTIL(&b, client, works.last == 1);
	assert_int_equal(pd_client_work(client, 1002, 0, NULL, NULL), PD_OK);
	UNTIL(&b, client, broker_count(&b, PD_MSG_work) == 3);
	b.forgetful = true;
	for (int i = 0; i < 10; i++) {
		struct pd_message m = note("before the broker knew us");
		assert_int_equal(pd_client_send(client, &m, on_answer, &answers), PD_OK);
	}
	UNTIL(&b, client, answers.last == 10);
	assert_int_equal(answers.refused, 0);
	assert_int_equal(broker_count(&b, PD_MSG_hello), 2);
	assert_int_equal(broker_count(&b, PD_MSG_work), 4); /* of the one area that is left */
	assert_int_equal(broker_count(&b, PD_MSG_note), 20);
	assert_int_equal(b.connections, 1);
	UNTIL(&b, client, works.last == 2);
	assert_int_equal(log.up, 2);
	assert_int_equal(log.down, 1);
	/* In the order of sending. */
	for (unsigned i = 0; i < 10; i++)
		assert_int_equal(broker_request(&b, PD_MSG_note, i), broker_request(&b, PD_MSG_note, 10 + i));
	pd_client_close(client);
	broker_fini(&b);
}

static void test_reconnect_after_silence(void **state)
{
	(void)state;
	struct broker b;
	struct link_log log = {0};
	struct answers answers = {0};
	broker_init(&b);
	b.heartbeat_ms = 100;
	struct pd_client *client = open_client(&b, &log);
	UNTIL(&b, client, log.up == 1);
	UNTIL(&b, client, broker_count(&b, PD_MSG_ping) >= 2);
	assert_int_equal(log.down, 0);
	b.silent = true;
	struct pd_message m = note("into the silence");
	assert_int_equal(pd_client_send(client, &m, on_answer, &answers), PD_OK);
	UNTIL(&b, client, log.down == 1);
	b.silent = false;
	UNTIL(&b, client, answers.last == 1);
	assert_int_equal(log.up, 2);
	assert_int_equal(log.restarted, 0);
	assert_in_range(b.connections, 2, 50);
	pd_client_close(client);
	broker_fini(&b);
}

static void test_restart(void **state)
{
	(void)state;
	struct broker b;
	struct link_log log = {0};
	struct answers answers = {0};
	broker_init(&b);
	struct pd_client *client = open_client(&b, &log);
	assert_int_equal(pd_client_work(client, 1001, 4, NULL, NULL), PD_OK);
	UNTIL(&b, client, broker_count(&b, PD_MSG_work) == 1);
	b.leave_unanswered = 1;
	struct pd_message m = note("unanswered");
	assert_int_equal(pd_client_send(client, &m, on_answer, &answers), PD_OK);
	UNTIL(&b, client, broker_count(&b, PD_MSG_note) == 1);
	broker_restart(&b);
	UNTIL(&b, client, answers.last == 1);
	assert_int_equal(log.down, 1);
	assert_int_equal(log.up, 1);
	assert_int_equal(log.restarted, 1);
	assert_int_equal(broker_count(&b, PD_MSG_work), 2);
	assert_int_equal(broker_request(&b, PD_MSG_note, 0), broker_request(&b, PD_MSG_note, 1));
	pd_client_close(client);
	broker_fini(&b);
}

static void test_broker_comes_late(void **state)
{
	(void)state;
	struct broker b;
	struct link_log log = {0};
	struct answers answers = {0};
	char connect[64], subscribe[64];
	broker_init(&b);
	memcpy(connect, b.connect, sizeof connect);
	memcpy(subscribe, b.subscribe, sizeof subscribe);
	broker_unbind(&b);
	struct pd_client *client = open_client(&b, &log);
	struct pd_message m = note("nobody is there yet");
	assert_int_equal(pd_client_send(client, &m, on_answer, &answers), PD_OK);
	for (int i = 0; i < 10; i++)
		assert_int_equal(pd_client_step(client, 20), PD_OK);
	assert_int_equal(log.up + log.down, 0);
	broker_bind(&b, connect, subscribe);
	UNTIL(&b, client, answers.last == 1);
	assert_int_equal(log.up, 1);
	pd_client_close(client);
	broker_fini(&b);
}

static void test_refused_hello(void **state)
{
	(void)state;
	struct broker b;
	struct link_log log = {0};
	broker_init(&b);
	b.refuse_hello = true;
	struct pd_client *client = open_client(&b, &log);
	UNTIL(&b, client, log.refused == 2);
	assert_int_equal(log.up, 0);
	b.refuse_hello = false;
	UNTIL(&b, client, log.up == 1);
	pd_client_close(client);
	broker_fini(&b);
}

/* ---- a broker that is too busy for work ---- */

static void test_work_is_said_again_to_a_busy_broker(void **state)
{
	(void)state;
	struct broker b;
	struct link_log log = {0};
	struct answers works = {0};
	broker_init(&b);
	struct pd_client *client = open_client(&b, &log);
	UNTIL(&b, client, log.up == 1);
	b.busy = 9; /* all of them twice, and one a third time */
	for (uint32_t area = 1001; area <= 1004; area++)
		assert_int_equal(pd_client_work(client, area, 8, on_answer, &works), PD_OK);
	UNTIL(&b, client, works.last == 4);
	assert_int_equal(works.refused, 0);
	assert_int_equal(broker_count(&b, PD_MSG_work), 4 + 9);
	for (uint32_t area = 1001; area <= 1004; area++)
		assert_in_range(broker_works(&b, area, 8), 2, 4);
	pd_client_close(client);
	broker_fini(&b);
}

/* What is said again is what is wanted by then, and on a new connection there is nothing to be given up. */
static void test_work_that_is_not_wanted_any_more(void **state)
{
	(void)state;
	struct broker b;
	struct link_log log = {0};
	struct answers works = {0}, ends = {0};
	broker_init(&b);
	struct pd_client *client = open_client(&b, &log);
	UNTIL(&b, client, log.up == 1);
	b.busy = 3;
	for (uint32_t area = 1001; area <= 1003; area++)
		assert_int_equal(pd_client_work(client, area, 8, on_answer, &works), PD_OK);
	UNTIL(&b, client, b.busy == 0); /* its answers are on their way */
	assert_int_equal(pd_client_work(client, 1001, 4, on_answer, &works), PD_OK);
	b.busy = 2; /* the new credit of one, and the end of another */
	assert_int_equal(pd_client_work(client, 1002, 0, on_answer, &ends), PD_OK);
	UNTIL(&b, client, works.last == 2 && ends.last == 1);
	assert_int_equal(works.refused + ends.refused, 0);
	assert_int_equal(broker_works(&b, 1001, 8), 1);
	assert_int_equal(broker_works(&b, 1001, 4), 2);
	assert_int_equal(broker_works(&b, 1002, 8), 1);
	assert_int_equal(broker_works(&b, 1002, 0), 2);
	assert_int_equal(broker_works(&b, 1003, 8), 2);
	b.busy = 1;
	assert_int_equal(pd_client_work(client, 1001, 0, NULL, NULL), PD_OK);
	UNTIL(&b, client, b.busy == 0);
	unsigned before = broker_count(&b, PD_MSG_work);
	broker_restart(&b);
	UNTIL(&b, client, works.last == 3);
	assert_int_equal(broker_count(&b, PD_MSG_work), before + 1); /* of 1003 alone */
	assert_int_equal(broker_works(&b, 1001, 0), 1);
	pd_client_close(client);
	broker_fini(&b);
}

/* The connection is lost between the rows of an answer and its end: the program sees each row once. */
static void test_rows_come_once(void **state)
{
	(void)state;
	struct broker b;
	struct link_log log = {0};
	struct answers answers = {0};
	broker_init(&b);
	struct pd_client *client = open_client(&b, &log);
	UNTIL(&b, client, log.up == 1);
	b.break_off = true;
	struct pd_message m = {.type = PD_MSG_list_areas, .list_areas = {.area = 300, .limit = 3}};
	assert_int_equal(pd_client_send(client, &m, on_answer, &answers), PD_OK);
	UNTIL(&b, client, broker_count(&b, PD_MSG_list_areas) == 1);
	struct pd_message ok = note("its answer comes after the rows");
	struct answers noted = {0};
	assert_int_equal(pd_client_send(client, &ok, on_answer, &noted), PD_OK);
	UNTIL(&b, client, noted.last == 1);
	assert_int_equal(answers.rows, 0);
	broker_restart(&b);
	UNTIL(&b, client, answers.last == 1);
	assert_int_equal(answers.rows, 3);
	pd_client_close(client);
	broker_fini(&b);
}

/* ---- imports ---- */

static struct pd_message area_of(uint32_t id)
{
	struct pd_message m = {.type = PD_MSG_put_area};
	m.put_area = (struct pd_put_area){.area = id, .level = 5, .kind = 1, .name = pd_text("第二微网格")};
	return m;
}

static void test_stage(void **state)
{
	(void)state;
	struct broker b;
	struct link_log log = {0};
	struct answers begun = {0};
	broker_init(&b);
	struct pd_client *client = open_client(&b, &log);
	UNTIL(&b, client, log.up == 1);
	struct pd_message begin = {.type = PD_MSG_import_begin};
	assert_int_equal(pd_client_send(client, &begin, on_answer, &begun), PD_OK);
	for (uint32_t i = 1; i <= 3000; i++) {
		struct pd_message put = area_of(i);
		assert_int_equal(pd_client_stage(client, &put, i), PD_OK);
	}
	UNTIL(&b, client, broker_count(&b, PD_MSG_put_area) == 3000 && begun.last == 1);
	assert_int_equal(b.last_area.area, 3000);
	assert_int_equal(broker_request(&b, PD_MSG_put_area, 2999), 3000);
	/* After another hello the rest must not be taken for single puts. */
	b.forgetful = true;
	struct pd_message put = area_of(1), m = note("says hello again");
	struct answers noted = {0};
	assert_int_equal(pd_client_send(client, &m, on_answer, &noted), PD_OK);
	UNTIL(&b, client, noted.last == 1);
	unsigned before = broker_count(&b, PD_MSG_put_area);
	assert_int_equal(pd_client_stage(client, &put, 3001), PD_OK);
	m = note("goes out after it");
	assert_int_equal(pd_client_send(client, &m, on_answer, &noted), PD_OK);
	UNTIL(&b, client, noted.last == 2);
	assert_int_equal(broker_count(&b, PD_MSG_put_area), before);
	pd_client_close(client);
	broker_fini(&b);
}

/* ---- in another loop ---- */

struct pushes {
	unsigned count;
	struct link_log log;
};

static void on_push(struct pd_client *client, const struct pd_message *push, void *arg)
{
	struct pushes *pushes = arg;
	struct pd_message m = note("from a callback");
	assert_int_equal(push->type, PD_MSG_withdraw);
	pushes->count++;
	assert_int_equal(pd_client_send(client, &m, NULL, NULL), PD_OK);
}

/* Nothing but the descriptor says when to step: a lost edge would show as a wait in vain. */
static void test_descriptor(void **state)
{
	(void)state;
	enum { PUSHES = 300 };
	struct broker b;
	struct pushes pushes = {0};
	struct answers answers = {0};
	broker_init(&b);
	broker_run(&b);
	struct pd_client_options options = {
		.connect = b.connect, .subscribe = b.subscribe, .name = "test", .arg = &pushes, .on_push = on_push};
	struct pd_client *client;
	assert_int_equal(pd_client_open(&client, &options, NULL), PD_OK);
	struct pollfd fd = {pd_client_fd(client), POLLIN, 0};
	for (unsigned i = 0; i < PUSHES; i++) {
		struct pd_message m = note("outside of a step");
		assert_int_equal(pd_client_send(client, &m, on_answer, &answers), PD_OK);
		if (i % 3 == 0)
			pd_client_flush(client);
		while (answers.last <= i) {
			assert_int_equal(poll(&fd, 1, WAIT_MS_MAX), 1);
			assert_int_equal(pd_client_step(client, 0), PD_OK);
		}
	}
	broker_halt(&b);
	struct pd_message withdraw = {.type = PD_MSG_withdraw, .withdraw = {.holder = 1001}};
	for (unsigned i = 0; i < PUSHES; i++)
		broker_push(&b, &withdraw);
	while (pushes.count < PUSHES) {
		assert_int_equal(poll(&fd, 1, WAIT_MS_MAX), 1);
		assert_int_equal(pd_client_step(client, 0), PD_OK);
	}
	UNTIL(&b, client, broker_count(&b, PD_MSG_note) == 2 * PUSHES);
	UNTIL(&b, client, pd_client_pending(client) == 0);
	/* At rest it is quiet: the next thing to happen is a ping, far away. */
	while (poll(&fd, 1, 0))
		assert_int_equal(pd_client_step(client, 0), PD_OK);
	pd_client_close(client);
	broker_fini(&b);
}

static void test_bye(void **state)
{
	(void)state;
	struct broker b;
	struct link_log log = {0};
	broker_init(&b);
	struct pd_client *client = open_client(&b, &log);
	UNTIL(&b, client, log.up == 1);
	pd_client_close(client);
	uint64_t until_ms = test_now_ms() + WAIT_MS_MAX;
	while (broker_count(&b, PD_MSG_bye) == 0) {
		zmq_pollitem_t item = {b.router, 0, ZMQ_POLLIN, 0};
		zmq_poll(&item, 1, 100);
		broker_serve(&b);
		if (test_now_ms() > until_ms)
			fail_msg("no bye came");
	}
	broker_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_call),
		cmocka_unit_test(test_query),
		cmocka_unit_test(test_unknown_words),
		cmocka_unit_test(test_bad_fields),
		cmocka_unit_test(test_bad_endpoints),
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_many_in_a_frame),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_one_stays_while_many_pass),
		cmocka_unit_test(test_resend_on_a_living_connection),
		cmocka_unit_test(test_hello_again),
		cmocka_unit_test(test_reconnect_after_silence),
		cmocka_unit_test(test_restart),
		cmocka_unit_test(test_broker_comes_late),
		cmocka_unit_test(test_refused_hello),
		cmocka_unit_test(test_work_is_said_again_to_a_busy_broker),
		cmocka_unit_test(test_work_that_is_not_wanted_any_more),
		cmocka_unit_test(test_rows_come_once),
		cmocka_unit_test(test_stage),
		cmocka_unit_test(test_descriptor),
		cmocka_unit_test(test_bye),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
