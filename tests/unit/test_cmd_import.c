/* What `paidan import` says to a broker: what is named goes first, nothing is left out, and what went lost goes again.
 */
#include <assert.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>
/* after those */
#include <cmocka.h>

#include "cli.h"
#include "rows.h"

enum { COMMITS_MAX = 8, PUTS_MAX = 32 };

/* Child before parent, household before its centre: an import has to put them right. */
static const char *const files[ROWS_KINDS] = {
	[ROWS_AREAS] = ("id,parent,level,kind,name\n5,4,microgrid,plain,e\n4,3,grid,plain,d\n1,0,district,plain,a\n"
			"3,2,community,urban,c\n2,1,street,plain,b\n"),
	[ROWS_HOUSEHOLDS] = "id,area,centre,address,lon,lat\n10,5,11,x,117.8,36.4\n11,5,11,y,117.8,36.4\n",
	[ROWS_PEOPLE] = "id,post,area,household,name,phone\n20,resident,5,10,p,\n",
	[ROWS_CATEGORIES] = "id,name,level,urgency,accept_within_s,complete_within_s\n3,q,microgrid,normal,1,2\n",
	[ROWS_LADDERS] = "id,name,steps\n1,l,district 1h\n",
	[ROWS_CALENDARS] = "date,kind,name\n2026-01-01,holiday,h\n2025-01-01,holiday,h\n",
};

/* ---- a broker that answers commits as it is told to ---- */

struct broker {
	void *context, *router;
	char connect[64];
	pthread_t thread;
	struct pd_decoder *decoder;
	struct pd_buffer out;

	enum pd_refusal refusals[COMMITS_MAX]; /* the answer to each commit; none: imported */
	uint64_t refused_row;
	bool old; /* it knows nothing of setup */

	struct pd_import_commit commits[COMMITS_MAX];
	unsigned commit_count, put_count; /* put_count: since the last import_begin */
	struct {
		enum pd_type type;
		uint32_t id;
		uint64_t row;
	} puts[PUTS_MAX];
};

static void answer_commit(struct broker *broker, const struct pd_message *message)
{
	static const uint64_t changed[5] = {1, 2, 3, 4, 5}, none[5];
	struct pd_message answer = {.type = PD_MSG_imported, .request = message->request};
	assert(broker->commit_count < COMMITS_MAX); /* not of cmocka: this is another thread */
	enum pd_refusal refusal = broker->refusals[broker->commit_count];
	broker->commits[broker->commit_count++] = message->import_commit;
	answer.imported = (struct pd_imported){.seq = 9,
					       .areas = {changed, 5},
					       .households = {none, 5},
					       .people = {none, 5},
					       .categories = {none, 5},
					       .rules = {none, 5},
					       .shapes = {none, 5}};
	if (!broker->old)
		answer.imported.setup = (struct pd_u64s){changed, 5};
	if (refusal) {
		answer.type = PD_MSG_refused;
		answer.refused = (struct pd_refused){.code = refusal,
						     .name = pd_text(pd_refusal_info(refusal)->name),
						     .sentence = pd_text(pd_strerror(refusal)),
						     .row = broker->refused_row};
	}
	pd_encode(&answer, &broker->out);
}

static void answer_message(struct broker *broker, const struct pd_message *message)
{
	struct pd_message answer = {.type = PD_MSG_ok, .request = message->request};
	switch (message->type) {
	case PD_MSG_put_area:
	case PD_MSG_put_household:
	case PD_MSG_put_person:
	case PD_MSG_put_category:
	case PD_MSG_put_ladder:
	case PD_MSG_put_calendar:
		assert(broker->put_count < PUTS_MAX);
		broker->puts[broker->put_count].type = message->type;
		broker->puts[broker->put_count].id = message->put_area.area; /* the id is each one's first field */
		broker->puts[broker->put_count++].row = message->request;
		return;
	case PD_MSG_import_commit: answer_commit(broker, message); return;
	case PD_MSG_import_begin: broker->put_count = 0; break;
	case PD_MSG_hello:
		answer.type = PD_MSG_welcome;
		answer.welcome = (struct pd_welcome){PD_PROTOCOL, pd_text("fake 1"), 7, 0, 5000};
		break;
	default: break;
	}
	pd_encode(&answer, &broker->out);
}

/* Serves one client until it says bye. */
static void *serve(void *arg)
{
	struct broker *broker = arg;
	char peer[64], frame[PD_FRAME_BYTES_MAX];
	for (bool bye = false; !bye;) {
		int peer_bytes = zmq_recv(broker->router, peer, sizeof peer, 0);
		int bytes = zmq_recv(broker->router, frame, sizeof frame, 0);
		if (peer_bytes < 0 || bytes < 0)
			return NULL; /* the time ran out: the test sees what is missing */
		broker->out.count = 0;
		for (size_t off = 0; off < (size_t)bytes;) {
			struct pd_message message;
			struct pd_fault fault;
			if (pd_decode(broker->decoder, frame, (size_t)bytes, &off, &message, &fault))
				return NULL;
			answer_message(broker, &message);
			bye = bye || message.type == PD_MSG_bye;
			pd_decoder_reset(broker->decoder);
		}
		zmq_send(broker->router, peer, (size_t)peer_bytes, ZMQ_SNDMORE);
		zmq_send(broker->router, broker->out.data, broker->out.count, 0);
	}
	return NULL;
}

static void broker_start(struct broker *broker)
{
	int wait_ms = 20000, zero = 0;
	size_t bytes = sizeof broker->connect;
	broker->context = zmq_ctx_new();
	broker->router = zmq_socket(broker->context, ZMQ_ROUTER);
	broker->decoder = pd_decoder_new();
	zmq_setsockopt(broker->router, ZMQ_RCVTIMEO, &wait_ms, sizeof wait_ms);
	zmq_setsockopt(broker->router, ZMQ_LINGER, &zero, sizeof zero);
	assert_int_equal(zmq_bind(broker->router, "tcp://127.0.0.1:*"), 0);
	assert_int_equal(zmq_getsockopt(broker->router, ZMQ_LAST_ENDPOINT, broker->connect, &bytes), 0);
	assert_int_equal(pthread_create(&broker->thread, NULL, serve, broker), 0);
}

static void broker_stop(struct broker *broker)
{
	pthread_join(broker->thread, NULL);
	zmq_close(broker->router);
	zmq_ctx_term(broker->context);
	pd_decoder_free(broker->decoder);
	pd_buffer_fini(&broker->out);
}

/* ---- running the command ---- */

struct run {
	int code;
	char *out, *err; /* what it printed */
};

static char dir[] = "/tmp/test_cmd_import_XXXXXX";

static struct run run_import(struct cli *cli, const char *option)
{
	char name[] = "import";
	char *argv[] = {name, dir, (char *)option, NULL};
	struct run run;
	size_t out_bytes, err_bytes;
	FILE *real_out = stdout, *real_err = stderr;
	stdout = open_memstream(&run.out, &out_bytes);
	stderr = open_memstream(&run.err, &err_bytes);
	run.code = cmd_import(cli, option ? 3 : 2, argv);
	fclose(stdout);
	fclose(stderr);
	stdout = real_out;
	stderr = real_err;
	return run;
}

static struct run import_with(struct broker *broker, const char *option)
{
	broker_start(broker);
	struct cli cli = {.timeout_ms = 20000, .connect = broker->connect};
	struct run run = run_import(&cli, option);
	broker_stop(broker);
	return run;
}

static void run_fini(struct run *run)
{
	free(run->out);
	free(run->err);
}

static void assert_holds(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("expected \"%s\" in \"%s\"", part, text);
}

/* ---- the tests ---- */

static void sends_what_is_named_first(void **state)
{
	(void)state;
	static const struct {
		enum pd_type type;
		uint32_t id;
		uint64_t kind, line; /* the row: which file, counted from 1, and where */
	} expected[] = {
		{PD_MSG_put_area, 1, 1, 4},        {PD_MSG_put_area, 2, 1, 6},       {PD_MSG_put_area, 3, 1, 5},
		{PD_MSG_put_area, 4, 1, 3},        {PD_MSG_put_area, 5, 1, 2},       {PD_MSG_put_calendar, 2025, 9, 3},
		{PD_MSG_put_calendar, 2026, 9, 2}, {PD_MSG_put_ladder, 1, 8, 2},     {PD_MSG_put_category, 3, 4, 2},
		{PD_MSG_put_household, 11, 2, 3},  {PD_MSG_put_household, 10, 2, 2}, {PD_MSG_put_person, 20, 3, 2},
	};
	enum { COUNT = sizeof expected / sizeof expected[0] };
	struct broker broker = {0};
	struct run run = import_with(&broker, NULL);
	assert_int_equal(run.code, CLI_OK);
	assert_string_equal(run.err, "");
	assert_int_equal(broker.put_count, COUNT);
	for (unsigned i = 0; i < COUNT; i++) {
		assert_int_equal(broker.puts[i].type, expected[i].type);
		assert_int_equal(broker.puts[i].id, expected[i].id);
		assert_int_equal(broker.puts[i].row, expected[i].kind << 32 | expected[i].line);
	}
	assert_int_equal(broker.commit_count, 1);
	assert_int_equal(broker.commits[0].rows, COUNT);
	assert_true(broker.commits[0].complete);
	assert_false(broker.commits[0].dry_run);
	assert_holds(run.out, "areas               1          2          3          4          5\n");
	run_fini(&run);
}

static void asks_for_a_dry_run(void **state)
{
	(void)state;
	struct broker broker = {0};
	struct run run = import_with(&broker, "--dry-run");
	assert_int_equal(run.code, CLI_OK);
	assert_true(broker.commits[0].dry_run);
	assert_holds(run.out, "Dry run: nothing was changed.");
	run_fini(&run);
}

static void answers_in_json(void **state)
{
	(void)state;
	struct broker broker = {0};
	struct run run = import_with(&broker, "--json");
	assert_int_equal(run.code, CLI_OK);
	assert_string_equal(run.out,
			    "{\"dry_run\":false,\"seq\":9,"
			    "\"areas\":{\"added\":1,\"changed\":2,\"moved\":3,\"retired\":4,\"unchanged\":5},"
			    "\"households\":{\"added\":0,\"changed\":0,\"moved\":0,\"retired\":0,\"unchanged\":0},"
			    "\"people\":{\"added\":0,\"changed\":0,\"moved\":0,\"retired\":0,\"unchanged\":0},"
			    "\"categories\":{\"added\":0,\"changed\":0,\"moved\":0,\"retired\":0,\"unchanged\":0},"
			    "\"rules\":{\"added\":0,\"changed\":0,\"moved\":0,\"retired\":0,\"unchanged\":0},"
			    "\"shapes\":{\"added\":0,\"changed\":0,\"moved\":0,\"retired\":0,\"unchanged\":0},"
			    "\"setup\":{\"added\":1,\"changed\":2,\"moved\":3,\"retired\":4,\"unchanged\":5}}\n");
	run_fini(&run);
}

static void tells_what_an_older_broker_tells(void **state)
{
	(void)state;
	struct broker broker = {.old = true};
	struct run run = import_with(&broker, NULL);
	assert_int_equal(run.code, CLI_OK);
	assert_holds(run.out, "categories          0          0          0          0          0\n");
	assert_null(strstr(run.out, "setup"));
	run_fini(&run);
}

static void sends_again_what_was_lost(void **state)
{
	(void)state;
	struct broker broker = {.refusals = {PD_REFUSED_no_import, PD_REFUSED_import_rows}};
	struct run run = import_with(&broker, NULL);
	assert_int_equal(run.code, CLI_OK);
	assert_int_equal(broker.commit_count, 3);
	assert_int_equal(broker.put_count, 12);
	assert_int_not_equal(pd_id_compare(&broker.commits[0].import, &broker.commits[2].import), 0);
	run_fini(&run);
}

static void gives_up_after_three_repetitions(void **state)
{
	(void)state;
	struct broker broker = {0};
	for (int i = 0; i < COMMITS_MAX; i++)
		broker.refusals[i] = PD_REFUSED_no_import;
	struct run run = import_with(&broker, NULL);
	assert_int_equal(run.code, CLI_REFUSED);
	assert_int_equal(broker.commit_count, 4);
	run_fini(&run);
}

static void names_the_line_that_is_refused(void **state)
{
	(void)state;
	struct broker broker = {.refusals = {PD_REFUSED_in_use}, .refused_row = 2ull << 32 | 3};
	char line[100];
	struct run run = import_with(&broker, NULL);
	snprintf(line, sizeof line, "%s/households.csv:3: the broker refuses this row\n", dir);
	assert_int_equal(run.code, CLI_REFUSED);
	assert_int_equal(broker.commit_count, 1);
	assert_string_equal(run.out, "");
	assert_holds(run.err, line);
	assert_holds(run.err, pd_strerror(PD_REFUSED_in_use));
	run_fini(&run);
}

static void write_files(enum rows_kind but)
{
	for (enum rows_kind kind = 0; kind < ROWS_KINDS; kind++) {
		char path[100];
		if (!files[kind])
			continue;
		snprintf(path, sizeof path, "%s/%s", dir, rows_file(kind));
		FILE *file = fopen(path, "w");
		assert_non_null(file);
		fputs(kind == but ? "nonsense\n" : files[kind], file);
		assert_int_equal(fclose(file), 0);
	}
}

/* No broker runs: to reach for one would fail with another code. */
static void sends_nothing_when_a_file_is_wrong(void **state)
{
	(void)state;
	struct cli cli = {.timeout_ms = 100, .connect = "ipc:///tmp/test_cmd_import_nobody"};
	write_files(ROWS_PEOPLE);
	struct run run = run_import(&cli, NULL);
	write_files(ROWS_KINDS);
	assert_int_equal(run.code, CLI_REFUSED);
	assert_holds(run.err, "/people.csv:1: the first row is no header (nonsense): put id, post, area, household, "
			      "name, phone there\n");
	assert_holds(run.err, "\n1 problem: nothing was sent\n");
	run_fini(&run);
}

static int make_dir(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return -1;
	write_files(ROWS_KINDS);
	return 0;
}

static int remove_dir(void **state)
{
	(void)state;
	for (enum rows_kind kind = 0; kind < ROWS_KINDS; kind++) {
		char path[100];
		snprintf(path, sizeof path, "%s/%s", dir, rows_file(kind));
		(void)remove(path);
	}
	return remove(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sends_what_is_named_first),
		cmocka_unit_test(asks_for_a_dry_run),
		cmocka_unit_test(answers_in_json),
		cmocka_unit_test(tells_what_an_older_broker_tells),
		cmocka_unit_test(sends_again_what_was_lost),
		cmocka_unit_test(gives_up_after_three_repetitions),
		cmocka_unit_test(names_the_line_that_is_refused),
		cmocka_unit_test(sends_nothing_when_a_file_is_wrong),
	};
	return cmocka_run_group_tests_name("cmd_import", tests, make_dir, remove_dir);
}
