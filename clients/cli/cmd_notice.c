/* cmd_notice.c - paidan notice, rollcall and visits: one mechanism, whose second word says what is done. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "cli.h"
#include "intl.h"
#include "names.h"
#include "notice_show.h"
#include "print.h"
#include "tell.h"

enum { WORDS_MAX = 4, NUMBERS_MAX = 4 };
static const uint64_t until_standard_ms = UINT64_C(3) * 86400000;

/* What stands on the command line: the second word, the words behind it, the options. */
struct job {
	struct cli *cli;
	struct pd_client *client;
	unsigned kind; /* of the notices that the command is about: enum pd_notice_kind */
	const char *words[WORDS_MAX + 1];
	int count;
	const char *want, *sort, *until, *category, *labels, *id, *area, *member, *numbers, *text, *answer, *found,
		*order, *round;
	bool correct, ended, all;
};

/* ---- what is said without a broker ---- */

/* "3d", "12h", "30m" from now, or "2026-12-01 18:00" in local time. */
static bool parse_until(const char *text, uint64_t *until_ms)
{
	static const struct {
		char letter;
		uint64_t ms;
	} units[] = {{'d', 86400000}, {'h', 3600000}, {'m', 60000}};
	char *end, rest[2];
	unsigned long long number = strtoull(text, &end, 10);
	struct tm tm = {.tm_isdst = -1};
	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (end > text && end[0] == units[i].letter && end[1] == 0 && number < 100000) {
			*until_ms = print_wall_ms() + number * units[i].ms;
			return true;
		}
	int got = sscanf(text, "%4d-%2d-%2d %2d:%2d%1s", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour, &tm.tm_min,
			 rest);
	tm.tm_year -= 1900;
	tm.tm_mon--;
	struct tm same = tm;
	time_t seconds = got == 3 || got == 5 ? mktime(&same) : -1;
	if (got == 3)
		seconds += 86400; /* to the end of that day */
	if (seconds > 0 && same.tm_mday == tm.tm_mday && same.tm_mon == tm.tm_mon) {
		*until_ms = (uint64_t)seconds * 1000;
		return true;
	}
	cli_say(NULL, _("--until: \"%s\" is neither 3d, 12h or 30m nor a time such as 2026-12-01 18:00"), text);
	return false;
}

/* "3,1": at most four numbers. */
static bool parse_numbers(const char *text, uint64_t numbers[static NUMBERS_MAX], uint32_t *count)
{
	char copy[100];
	char *at = copy, *one;
	*count = 0;
	snprintf(copy, sizeof copy, "%s", text ? text : "");
	while ((one = strsep(&at, ",")) && one[0]) {
		if (*count == NUMBERS_MAX) {
			cli_say(NULL, _("--numbers: at most %d of them"), NUMBERS_MAX);
			return false;
		}
		if (!cli_number("--numbers", one, 0, 1000000000, &numbers[(*count)++]))
			return false;
	}
	return true;
}

/* "households" and "people", as they are said, for the words of enum member_sort. */
static bool parse_sort(const char *text, uint8_t *sort)
{
	if (strcmp(text, "households") == 0)
		*sort = PD_member_sort_household;
	else if (strcmp(text, "people") == 0)
		*sort = PD_member_sort_person;
	else
		*sort = (uint8_t)pd_word_code("member_sort", text);
	if (!*sort)
		cli_say(NULL, _("--for: \"%s\" is neither households nor people"), text);
	return *sort != 0;
}

/* "人数,老人": no more of them than an answer has numbers. */
static bool check_labels(const char *labels)
{
	int count = labels ? notice_labels(labels) : 0;
	if (count < 0)
		cli_say(NULL, _("--labels: \"%s\" has an empty one"), labels);
	else if (count > NUMBERS_MAX)
		cli_say(NULL, _("--labels: at most %d of them, as an answer has at most %d numbers"), NUMBERS_MAX,
			NUMBERS_MAX);
	return count >= 0 && count <= NUMBERS_MAX;
}

static int find_area(struct job *job, uint32_t *area)
{
	return job->area ? names_find_area(job->cli, job->client, job->area, area) : CLI_OK;
}

/* ---- send, start ---- */

static int show_sent(struct job *job, const struct pd_id *id)
{
	return notice_show_one(job->cli, job->client, id, 0);
}

static int do_send(struct job *job)
{
	struct pd_message message = {.type = PD_MSG_notify}, answer;
	struct pd_notify *notify = &message.notify;
	bool handed_out = job->kind != PD_notice_kind_notice;
	*notify = (struct pd_notify){.kind = (uint8_t)job->kind,
				     .want = handed_out ? PD_want_answer : PD_want_nothing,
				     .sort = PD_member_sort_household,
				     .text = pd_text(job->words[2]),
				     .until_ms = print_wall_ms() + until_standard_ms,
				     .labels = pd_text(job->labels ? job->labels : ""),
				     .actor = job->cli->person};
	if (handed_out && !job->category)
		return cli_fail(job->cli, CLI_USAGE,
				_("of what category are its orders? --category C, see paidan categories"));
	if ((job->want && !cli_word("--want", "want", job->want, &notify->want)) ||
	    (job->sort && !parse_sort(job->sort, &notify->sort)) || !check_labels(job->labels) ||
	    (job->until && !parse_until(job->until, &notify->until_ms)) ||
	    (job->id && !cli_uuid(job->id, &notify->notice)))
		return CLI_USAGE;
	if (!job->id)
		notify->notice = pd_client_new_id(job->client);
	struct pd_id id = notify->notice;
	int code = names_find_area(job->cli, job->client, job->words[1], &notify->area);
	if (code == CLI_OK && job->category)
		code = names_find_category(job->cli, job->client, job->category, &notify->category);
	if (code == CLI_OK)
		code = cli_call(job->cli, job->client, &message, &answer);
	return code == CLI_OK ? show_sent(job, &id) : code;
}

/* ---- reading ---- */

static int do_list(struct job *job)
{
	struct pd_message query = {.type = PD_MSG_list_notices};
	query.list_notices.kind = job->all ? 0 : (uint8_t)job->kind;
	query.list_notices.ended = job->ended;
	query.list_notices.person = job->cli->person;
	if (job->count > 1)
		job->area = job->words[1];
	int code = find_area(job, &query.list_notices.area);
	return code == CLI_OK ? notice_show_list(job->cli, job->client, &query) : code;
}

static int do_show(struct job *job)
{
	struct pd_id id;
	uint32_t area = 0;
	if (!cli_uuid(job->words[1], &id))
		return CLI_USAGE;
	int code = find_area(job, &area);
	return code == CLI_OK ? notice_show_one(job->cli, job->client, &id, area) : code;
}

static int do_missing(struct job *job)
{
	struct pd_message query = {.type = PD_MSG_list_missing};
	if (!cli_uuid(job->words[1], &query.list_missing.notice))
		return CLI_USAGE;
	int code = find_area(job, &query.list_missing.area);
	return code == CLI_OK ? notice_show_list(job->cli, job->client, &query) : code;
}

static int do_answers(struct job *job)
{
	struct pd_message query = {.type = PD_MSG_list_answers, .list_answers = {.after_seq = UINT64_MAX}};
	if (!cli_uuid(job->words[1], &query.list_answers.notice) ||
	    !cli_id32("--member", job->member, &query.list_answers.member))
		return CLI_USAGE;
	int code = find_area(job, &query.list_answers.area);
	return code == CLI_OK ? notice_show_answers(job->cli, job->client, &query, 0) : code;
}

static int do_log(struct job *job)
{
	struct pd_message query = {.type = PD_MSG_list_answers, .list_answers = {.after_seq = UINT64_MAX}};
	query.list_answers.sort = PD_member_sort_household;
	if (!cli_id32("HOUSEHOLD", job->words[1], &query.list_answers.member))
		return CLI_USAGE;
	return notice_show_answers(job->cli, job->client, &query, job->kind);
}

/* ---- answering ---- */

/* What a roll-call and visits have in common, as cli_word_among takes it. */
static const uint32_t found_there =
	1 << PD_answer_kind_refused | 1 << PD_answer_kind_away | 1 << PD_answer_kind_not_found;

struct one_answer {
	uint64_t seq;
};

static void on_answer_row(struct pd_client *client, const struct pd_message *answer, bool last, void *arg)
{
	(void)client;
	(void)last;
	if (answer->type == PD_MSG_answer_row)
		((struct one_answer *)arg)->seq = answer->answer_row.seq;
}

/* The seq of the answer that is to be corrected; 0: there is none. */
static int find_answer(struct job *job, const struct pd_answer *answer, uint64_t *seq)
{
	struct one_answer found = {0};
	struct pd_message query = {.type = PD_MSG_list_answers};
	query.list_answers =
		(struct pd_list_answers){.notice = answer->notice, .member = answer->member, .after_seq = UINT64_MAX};
	int code = cli_query(job->cli, job->client, &query, on_answer_row, &found, NULL);
	*seq = found.seq;
	return code;
}

/* Send an answer, and say how it was taken. */
static int send_answer(struct job *job, struct pd_answer *given, uint64_t *seq)
{
	struct pd_message message = {.type = PD_MSG_answer, .answer = *given}, answer;
	struct json json;
	int code = job->correct ? find_answer(job, given, &message.answer.corrects) : CLI_OK;
	if (code == CLI_OK)
		code = cli_call(job->cli, job->client, &message, &answer);
	if (code != CLI_OK)
		return code;
	if (seq)
		*seq = answer.ok.seq;
	if (job->cli->json && !seq) {
		json_init(&json, stdout);
		json_object(&json, NULL);
		json_number(&json, "seq", answer.ok.seq);
		json_end(&json);
	} else if (!seq) {
		printf(_("%s, event %" PRIu64 "\n"), intl_word("answer_kind", given->answer), answer.ok.seq);
	}
	return CLI_OK;
}

static int do_receipt(struct job *job)
{
	struct pd_answer given = {.actor = job->cli->person};
	given.answer = strcmp(job->words[0], "read") == 0 ? PD_answer_kind_read : PD_answer_kind_confirmed;
	if (!cli_uuid(job->words[1], &given.notice) || !cli_id32("--member", job->member, &given.member))
		return CLI_USAGE;
	if (!given.actor && !given.member)
		return cli_fail(job->cli, CLI_USAGE, _("whose is it? --as PERSON or --member M"));
	return send_answer(job, &given, NULL);
}

static int do_answer(struct job *job)
{
	struct pd_answer given = {.actor = job->cli->person, .text = pd_text(job->text ? job->text : "")};
	uint64_t numbers[NUMBERS_MAX];
	if (!cli_uuid(job->words[1], &given.notice) || !cli_id32("MEMBER", job->words[2], &given.member) ||
	    !cli_word_among("ANSWER", "answer_kind", found_there | 1 << PD_answer_kind_done, job->words[3],
			    &given.answer) ||
	    !parse_numbers(job->numbers, numbers, &given.numbers.count))
		return CLI_USAGE;
	given.numbers.values = numbers;
	return send_answer(job, &given, NULL);
}

/* ---- visits ---- */

static void on_household(struct pd_client *client, const struct pd_message *answer, bool last, void *arg)
{
	(void)client;
	(void)last;
	if (answer->type == PD_MSG_household)
		*(struct pd_household *)arg = answer->household;
}

/* The areas above a household, its micro-grid first. */
static int areas_of(struct job *job, uint32_t id, uint32_t areas[static 8], int *count)
{
	struct pd_household household = {0};
	struct pd_message query = {.type = PD_MSG_list_households, .list_households = {.after = id - 1, .limit = 1}};
	int code = cli_query(job->cli, job->client, &query, on_household, &household, NULL);
	*count = 0;
	if (code == CLI_OK && household.household != id)
		return cli_fail(job->cli, CLI_REFUSED, _("there is no household %" PRIu32), id);
	for (uint32_t area = household.area; code == CLI_OK && area && *count < 8;) {
		areas[(*count)++] = area;
		area = names_get(job->cli, job->client, NAME_AREA, area)->above;
	}
	return code;
}

struct rounds {
	const uint32_t *areas;
	int count;
	struct pd_id newest;
	bool found;
};

static void on_round(struct pd_client *client, const struct pd_message *answer, bool last, void *arg)
{
	struct rounds *rounds = arg;
	(void)client;
	(void)last;
	for (int i = 0; answer->type == PD_MSG_notice && i < rounds->count && !rounds->found; i++)
		if (answer->notice.area == rounds->areas[i]) {
			rounds->found = true;
			rounds->newest = answer->notice.notice;
		}
}

/* The newest open round to which the household belongs. */
static int find_round(struct job *job, uint32_t household, struct pd_id *round)
{
	uint32_t areas[8];
	struct rounds rounds = {.areas = areas};
	struct pd_message query = {.type = PD_MSG_list_notices,
				   .list_notices = {.kind = PD_notice_kind_visits, .limit = 500}};
	if (job->round)
		return cli_uuid(job->round, round) ? CLI_OK : CLI_USAGE;
	int code = areas_of(job, household, areas, &rounds.count);
	if (code == CLI_OK)
		code = cli_query(job->cli, job->client, &query, on_round, &rounds, NULL);
	if (code == CLI_OK && !rounds.found)
		return cli_fail(job->cli, CLI_REFUSED,
				_("no round of visits is open there; paidan visits start begins one"));
	*round = rounds.newest;
	return code;
}

/* What was found becomes an order of the household. */
static int order_finding(struct job *job, uint32_t household, struct pd_id *order)
{
	struct pd_message message = {.type = PD_MSG_submit}, answer;
	message.submit = (struct pd_submit){.order = pd_client_new_id(job->client),
					    .text = pd_text(job->found),
					    .household = household,
					    .actor = job->cli->person};
	*order = message.submit.order;
	int code = names_find_category(job->cli, job->client, job->order, &message.submit.category);
	return code == CLI_OK ? cli_call(job->cli, job->client, &message, &answer) : code;
}

static void report_visit(struct job *job, const struct pd_answer *given, uint64_t seq, const struct pd_id *order)
{
	char id[PD_ID_TEXT_BYTES];
	struct json json;
	if (job->cli->json) {
		json_init(&json, stdout);
		json_object(&json, NULL);
		json_number(&json, "seq", seq);
		json_id(&json, "notice", &given->notice);
		if (job->order)
			json_id(&json, "order", order);
		json_end(&json);
		return;
	}
	printf(_("%s, event %" PRIu64 "\n"), intl_word("answer_kind", given->answer), seq);
	if (job->order)
		printf(_("order %s\n"), pd_id_print(order, id));
}

static int do_visit(struct job *job)
{
	struct pd_answer given = {.actor = job->cli->person, .answer = PD_answer_kind_visited};
	struct pd_id order;
	uint64_t seq;
	if (job->order && !job->found)
		return cli_fail(job->cli, CLI_USAGE, _("what is the order about? --found TEXT"));
	given.text = pd_text(job->found ? job->found : "");
	if (!cli_id32("HOUSEHOLD", job->words[1], &given.member) ||
	    (job->answer && !cli_word_among("--answer", "answer_kind", found_there | 1 << PD_answer_kind_visited,
					    job->answer, &given.answer)))
		return CLI_USAGE;
	int code = find_round(job, given.member, &given.notice);
	if (code == CLI_OK)
		code = send_answer(job, &given, &seq);
	if (code == CLI_OK && job->order)
		code = order_finding(job, given.member, &order);
	if (code == CLI_OK)
		report_visit(job, &given, seq, &order);
	return code;
}

/* ---- remind, end ---- */

static int do_remind(struct job *job)
{
	struct pd_message message = {.type = PD_MSG_remind_missing}, answer;
	struct notice_found *found = malloc(sizeof *found);
	if (!found)
		abort();
	message.remind_missing.actor = job->cli->person;
	int code = cli_uuid(job->words[1], &message.remind_missing.notice) ? CLI_OK : CLI_USAGE;
	if (code == CLI_OK)
		code = find_area(job, &message.remind_missing.area);
	if (code == CLI_OK)
		code = notice_read(job->cli, job->client, &message.remind_missing.notice, found);
	if (code == CLI_OK)
		message.remind_missing.nth = found->row.reminders + 1;
	free(found);
	struct pd_id id = message.remind_missing.notice;
	if (code == CLI_OK)
		code = cli_call(job->cli, job->client, &message, &answer);
	return code == CLI_OK ? show_sent(job, &id) : code;
}

static int do_end(struct job *job)
{
	struct pd_message message = {.type = PD_MSG_end_notice}, answer;
	message.end_notice.actor = job->cli->person;
	message.end_notice.reason = pd_text(job->count > 2 ? job->words[2] : "");
	if (!cli_uuid(job->words[1], &message.end_notice.notice))
		return CLI_USAGE;
	struct pd_id id = message.end_notice.notice;
	int code = cli_call(job->cli, job->client, &message, &answer);
	return code == CLI_OK ? show_sent(job, &id) : code;
}

/* ---- watch ---- */

/* A push as it is told; what it says is decoded here, for it came inside the push. */
static void on_push(struct pd_client *client, const struct pd_message *push, void *arg)
{
	struct job *job = arg;
	struct pd_decoder *decoder = pd_decoder_new_client();
	struct pd_message notified;
	struct pd_fault fault;
	size_t off = 0;
	struct pd_slice bytes = push->notice_push.notified;
	if (push->type == PD_MSG_notice_push && decoder &&
	    !pd_decode(decoder, bytes.data, bytes.bytes, &off, &notified, &fault))
		notice_tell(job->cli, client, &notified, push->notice_push.reminder);
	pd_decoder_free(decoder);
	fflush(stdout);
}

/* Until Ctrl-C: signals come as something to read, so that none is missed between looking and waiting. */
static int watch_until_signal(struct job *job, int signals)
{
	struct pollfd fds[] = {{signals, POLLIN, 0}, {pd_client_fd(job->client), POLLIN, 0}};
	for (;;) {
		if (pd_client_step(job->client, 0))
			return cli_fail(job->cli, CLI_SYSTEM, "%s", pd_client_why(job->client));
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return cli_fail(job->cli, CLI_SYSTEM, _("poll: %s"), intl_error(errno));
		if (fds[0].revents || ferror(stdout))
			return fds[0].revents ? CLI_OK : CLI_SYSTEM;
	}
}

static int watch(struct job *job)
{
	struct cli *cli = job->cli;
	struct pd_client_options options = {.person = cli->person, .listen = true, .arg = job, .on_push = on_push};
	sigset_t set;
	if (!cli->person)
		return cli_fail(cli, CLI_USAGE, _("whose notices? --as PERSON"));
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	int signals = sigprocmask(SIG_BLOCK, &set, NULL) ? -1 : signalfd(-1, &set, SFD_CLOEXEC);
	if (signals < 0)
		return cli_fail(cli, CLI_SYSTEM, _("signals: %s"), intl_error(errno));
	enum pd_err err = cli_open_with(cli, &options, &job->client);
	int code = err ? (int)cli_exit_of(err) : watch_until_signal(job, signals);
	pd_client_close(job->client);
	close(signals);
	return code;
}

/* ---- the commands ---- */

struct verb {
	const char *name;
	int words_min, words_max;    /* with itself */
	int (*run)(struct job *job); /* null: watch, which has a connection of its own */
};

static const struct verb notice_verbs[] = {
	{"send", 3, 3, do_send},
	{"list", 1, 2, do_list},
	{"show", 2, 2, do_show},
	{"read", 2, 2, do_receipt},
	{"confirm", 2, 2, do_receipt},
	{"missing", 2, 2, do_missing},
	{"answers", 2, 2, do_answers},
	{"remind", 2, 2, do_remind},
	{"end", 2, 3, do_end},
	{"watch", 1, 1, NULL},
	{0},
};

static const struct verb rollcall_verbs[] = {
	{"start", 3, 3, do_send},      {"list", 1, 2, do_list},     {"show", 2, 2, do_show},
	{"missing", 2, 2, do_missing}, {"answer", 4, 4, do_answer}, {"answers", 2, 2, do_answers},
	{"remind", 2, 2, do_remind},   {"end", 2, 3, do_end},       {0},
};

static const struct verb visits_verbs[] = {
	{"start", 3, 3, do_send},  {"list", 1, 2, do_list}, {"show", 2, 2, do_show}, {"due", 2, 2, do_missing},
	{"visit", 2, 2, do_visit}, {"log", 2, 2, do_log},   {"end", 2, 3, do_end},   {0},
};

static const struct verb *verb_named(const struct verb *verbs, const char *name)
{
	for (; verbs->name; verbs++)
		if (strcmp(verbs->name, name) == 0)
			return verbs;
	return NULL;
}

static int run(struct job *job, int argc, char **argv, const struct cli_option *options, const struct verb *verbs)
{
	struct cli *cli = job->cli;
	job->count = cli_args(cli, argc, argv, options, job->words, 1, WORDS_MAX);
	if (job->count < 0)
		return (int)cli->exit;
	const struct verb *verb = verb_named(verbs, job->words[0]);
	if (!verb)
		return cli_fail(cli, CLI_USAGE, _("there is no \"%s\"; %s %s --help lists what there is"),
				job->words[0], program_invocation_short_name, argv[0]);
	if (job->count < verb->words_min || job->count > verb->words_max)
		return cli_fail(cli, CLI_USAGE,
				job->count < verb->words_min ? _("%s: something is missing; %s %s --help tells what")
							     : _("%s: a word too many; %s %s --help tells what"),
				verb->name, program_invocation_short_name, argv[0]);
	if (!verb->run)
		return watch(job);
	enum pd_err err = cli_open(cli, &job->client);
	if (err)
		return (int)cli_exit_of(err);
	int code = verb->run(job);
	pd_client_close(job->client);
	return code;
}

int cmd_notice(struct cli *cli, int argc, char **argv)
{
	struct job job = {.cli = cli, .kind = PD_notice_kind_notice};
	const struct cli_option options[] = {
		{"want", "W", N_("nothing, read, confirmation or answer (nothing)"), &job.want, NULL},
		{"for", "WHOM", N_("households or people (households)"), &job.sort, NULL},
		{"until", "WHEN", N_("how long it is valid: 3d, 12h, 30m or 2026-12-01 18:00 (3d)"), &job.until, NULL},
		{"id", "UUID", N_("the notice's id, a UUIDv7; to repeat one that may have arrived"), &job.id, NULL},
		{"area", "A", N_("only in this area (id or name) and below it"), &job.area, NULL},
		{"member", "M", N_("whose it is: a household or person, by id; otherwise one's own"), &job.member,
		 NULL},
		{"ended", NULL, N_("list those that have ended"), NULL, &job.ended},
		{"all", NULL, N_("list roll-calls and visits, too"), NULL, &job.all},
		{0},
	};
	return run(&job, argc, argv, options, notice_verbs);
}

int cmd_rollcall(struct cli *cli, int argc, char **argv)
{
	struct job job = {.cli = cli, .kind = PD_notice_kind_roll_call};
	const struct cli_option options[] = {
		{"category", "C", N_("of the orders by which it is handed out: id or name; needed to start"),
		 &job.category, NULL},
		{"for", "WHOM", N_("households or people (households)"), &job.sort, NULL},
		{"labels", "L", N_("what the numbers of an answer count, such as 人数,老人"), &job.labels, NULL},
		{"until", "WHEN", N_("when it ends: 3d, 12h, 30m or 2026-12-01 18:00 (3d)"), &job.until, NULL},
		{"id", "UUID", N_("its id, a UUIDv7; to repeat one that may have arrived"), &job.id, NULL},
		{"area", "A", N_("only in this area (id or name) and below it"), &job.area, NULL},
		{"member", "M", N_("only this household or person, by id"), &job.member, NULL},
		{"numbers", "N,N", N_("numbers of the answer, at most four"), &job.numbers, NULL},
		{"text", "T", N_("a word with the answer; why it is corrected"), &job.text, NULL},
		{"correct", NULL, N_("replace the answer that is there"), NULL, &job.correct},
		{"ended", NULL, N_("list those that have ended"), NULL, &job.ended},
		{0},
	};
	return run(&job, argc, argv, options, rollcall_verbs);
}

int cmd_visits(struct cli *cli, int argc, char **argv)
{
	struct job job = {.cli = cli, .kind = PD_notice_kind_visits};
	const struct cli_option options[] = {
		{"category", "C", N_("of the orders by which it is handed out: id or name; needed to start"),
		 &job.category, NULL},
		{"until", "WHEN", N_("when it ends: 3d, 12h, 30m or 2026-12-01 18:00 (3d)"), &job.until, NULL},
		{"id", "UUID", N_("its id, a UUIDv7; to repeat one that may have arrived"), &job.id, NULL},
		{"area", "A", N_("only in this area (id or name) and below it"), &job.area, NULL},
		{"round", "ID", N_("the round of the visit; otherwise the newest that is open there"), &job.round,
		 NULL},
		{"found", "T", N_("what was found"), &job.found, NULL},
		{"order", "C", N_("make an order of this category (id or name) of what was found"), &job.order, NULL},
		{"answer", "A", N_("visited, refused, away or not_found (visited)"), &job.answer, NULL},
		{"correct", NULL, N_("replace the answer that is there; --found says what was found instead, and why"),
		 NULL, &job.correct},
		{"ended", NULL, N_("list those that have ended"), NULL, &job.ended},
		{0},
	};
	return run(&job, argc, argv, options, visits_verbs);
}
