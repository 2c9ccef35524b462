/* cmd_verify.c - paidan verify: is what the folder holds what its journal makes?
 *
 * Whether a paidand runs on it the lock of its journal tells; where it listens it does not.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "book.h"
#include "cli.h"
#include "intl.h"
#include "json.h"
#include "verify.h"

enum { PATH_BYTES = 4200 };

enum live { LIVE_UNASKED, LIVE_SAME, LIVE_DIFFERENT };

struct result {
	struct verify_report report;
	enum live live;
	bool runs, no_book; /* runs: a paidand on the folder */
	uint64_t state_seq;
};

static void show_progress(uint64_t events, void *arg)
{
	(void)arg;
	fputc('\r', stderr);
	fprintf(stderr, _("replayed %" PRIu64 " events"), events);
}

/* ---- the scratch folder, which is removed whatever ends us ---- */

struct scratch {
	char dir[PATH_BYTES];
	sigset_t signals;
	pthread_t watcher;
	bool watched;
};

static int remove_one(const char *path, const struct stat *stat, int type, struct FTW *ftw)
{
	(void)stat;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void remove_scratch(const struct scratch *scratch)
{
	nftw(scratch->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* A replay may be long, and looks at nothing else: a thread of its own waits for signals. The main thread may make a
 * file just while they are removed, hence twice. */
static void *watch_signals(void *arg)
{
	struct scratch *scratch = arg;
	int number;
	if (sigwait(&scratch->signals, &number))
		return NULL;
	remove_scratch(scratch);
	remove_scratch(scratch);
	signal(number, SIG_DFL);
	pthread_sigmask(SIG_UNBLOCK, &scratch->signals, NULL);
	raise(number);
	return NULL;
}

/* Those that whoever started us had us ignore stay ignored. */
static void block_signals(sigset_t *set)
{
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
	struct sigaction action;
	sigemptyset(set);
	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
		if (sigaction(numbers[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
			sigaddset(set, numbers[i]);
	pthread_sigmask(SIG_BLOCK, set, NULL);
}

static int make_scratch(const struct cli *cli, struct scratch *scratch, const char *where)
{
	int bytes = snprintf(scratch->dir, sizeof scratch->dir, "%s/paidan-verify-XXXXXX", where);
	if (bytes >= (int)sizeof scratch->dir)
		return cli_fail(cli, CLI_USAGE, _("--scratch: the name is too long"));
	block_signals(&scratch->signals);
	if (!mkdtemp(scratch->dir))
		return cli_fail(cli, CLI_SYSTEM, _("the scratch folder %s cannot be made: %s"), scratch->dir,
				intl_error(errno));
	scratch->watched = pthread_create(&scratch->watcher, NULL, watch_signals, scratch) == 0;
	return CLI_OK;
}

static void end_scratch(struct scratch *scratch)
{
	if (scratch->watched) {
		pthread_cancel(scratch->watcher);
		pthread_join(scratch->watcher, NULL);
	}
	remove_scratch(scratch);
}

/* ---- a journal without a book ---- */

static bool is_journal_alone(const char *dir)
{
	char path[PATH_BYTES];
	struct stat there;
	snprintf(path, sizeof path, "%s/journal", dir);
	if (stat(path, &there))
		return false;
	snprintf(path, sizeof path, "%s/book", dir);
	return stat(path, &there) && errno == ENOENT;
}

/* A folder in the scratch one with the journal and an empty book, which holds what a journal makes before its first
 * event. */
static int put_beside_empty_book(const struct cli *cli, const char *dir, char beside[static PATH_BYTES])
{
	char from[PATH_BYTES], link[PATH_BYTES + 16], why[300] = "";
	struct book *book = NULL;
	snprintf(from, sizeof from, "%s/journal", dir);
	char *journal = realpath(from, NULL);
	snprintf(link, sizeof link, "%s/journal", beside);
	bool linked = journal && mkdir(beside, 0700) == 0 && symlink(journal, link) == 0;
	free(journal);
	if (!linked)
		return cli_fail(cli, CLI_SYSTEM, _("the scratch folder %s cannot be made: %s"), beside,
				intl_error(errno));
	snprintf(link, sizeof link, "%s/book", beside);
	struct book_options options = {.dir = link, .no_sync = true};
	if (book_open(&book, &options, why))
		return cli_fail(cli, CLI_SYSTEM, _("the scratch folder %s cannot be made: %s"), beside, why);
	book_close(book);
	return CLI_OK;
}

/* ---- the paidand that runs on the folder ---- */

/* It holds a lock as long as it runs. A shared one is taken here for a moment, and not kept. */
static bool is_run_on(const char *dir)
{
	char path[PATH_BYTES];
	snprintf(path, sizeof path, "%s/journal/lock", dir);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	bool locked = flock(fd, LOCK_SH | LOCK_NB) && errno == EWOULDBLOCK;
	close(fd);
	return locked;
}

/* A paidand that has ended leaves its socket behind. */
static bool is_listening(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t bytes = strlen(path) + 1;
	int fd = bytes <= sizeof address.sun_path ? socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) : -1;
	if (fd < 0)
		return false;
	memcpy(address.sun_path, path, bytes);
	bool listening = connect(fd, (struct sockaddr *)&address, sizeof address) == 0;
	close(fd);
	return listening;
}

/* Where to ask: --connect, else PAIDAN_CONNECT, else the socket in the folder. */
static bool find_live(struct cli *cli, const char *dir, struct pd_client **client)
{
	const char *named = cli->connect, *environment = getenv("PAIDAN_CONNECT");
	char endpoint[PATH_BYTES];
	if (!named && !(environment && *environment)) {
		snprintf(endpoint, sizeof endpoint, "ipc://%s/paidan.sock", dir);
		if (!is_listening(endpoint + strlen("ipc://")))
			return false;
		cli->connect = endpoint;
	}
	bool there = cli_open(cli, client) == PD_OK;
	cli->connect = named;
	return there;
}

static enum pd_err compare_live(struct cli *cli, struct verify *verify, const char *dir, struct result *result)
{
	struct pd_client *client = NULL;
	struct pd_message query = {.type = PD_MSG_get_digest}, digest;
	uint8_t hash[32];
	result->runs = is_run_on(dir);
	bool asked = (result->runs || cli->connect) && find_live(cli, dir, &client) &&
		     cli_call(cli, client, &query, &digest) == CLI_OK;
	result->state_seq = asked ? digest.digest.seq : UINT64_MAX;
	enum pd_err err = verify_state(verify, &result->state_seq, hash, &result->report);
	if (asked && err == PD_OK) {
		bool same = memcmp(hash, digest.digest.hash.data, sizeof hash) == 0;
		result->live = same ? LIVE_SAME : LIVE_DIFFERENT;
		if (!same) {
			snprintf(
				result->report.why, sizeof result->report.why,
				_("the running paidand's state differs from a replay of the journal to event %" PRIu64),
				result->state_seq);
			err = PD_ECORRUPT;
		}
	}
	pd_client_close(client);
	return err;
}

/* ---- the command ---- */

static void number_or_null(struct json *json, const char *key, bool there, uint64_t number)
{
	if (there)
		json_number(json, key, number);
	else
		json_null(json, key);
}

static void print_json(const struct result *result, bool good)
{
	const struct verify_report *report = &result->report;
	struct json json;
	json_init(&json, stdout);
	json_object(&json, NULL);
	json_bool(&json, "sound", good);
	json_number(&json, "events", report->events);
	number_or_null(&json, "book_seq", !result->no_book, report->book_seq);
	number_or_null(&json, "book_entries", !result->no_book, report->book_entries);
	json_number(&json, "state_seq", result->state_seq);
	json_bool(&json, "paidand_runs", result->runs);
	if (result->live == LIVE_UNASKED)
		json_null(&json, "running_paidand_agrees");
	else
		json_bool(&json, "running_paidand_agrees", result->live == LIVE_SAME);
	json_end(&json);
}

static void print_state(const struct result *result)
{
	if (result->live == LIVE_SAME)
		printf(_("state    the running paidand's is that of a replay to event %" PRIu64 ", byte for byte\n"),
		       result->state_seq);
	else if (result->runs)
		printf(_("state    a paidand runs on this folder, but could not be asked: its state was not compared; "
			 "a replay to event %" PRIu64 " went through\n"),
		       result->state_seq);
	else
		printf(_("state    no paidand runs on this folder; a replay to event %" PRIu64 " went through\n"),
		       result->state_seq);
}

static void print_result(const struct cli *cli, const struct result *result, bool good)
{
	const struct verify_report *report = &result->report;
	if (cli->json) {
		print_json(result, good);
		return;
	}
	if (!good)
		return;
	printf(_("journal  %" PRIu64 " events, every CRC and the whole hash chain sound\n"), report->events);
	if (result->no_book)
		puts(_("book     there is none here: paidand makes it from the journal when it starts"));
	else
		printf(_("book     %" PRIu64 " entries equal to a replay of the journal to event %" PRIu64 "\n"),
		       report->book_entries, report->book_seq);
	print_state(result);
}

static int fail_of(const struct cli *cli, enum cli_exit code, const struct result *result, enum pd_err err)
{
	return cli_fail(cli, code, "%s", result->report.why[0] ? result->report.why : _(pd_err_text(err)));
}

static int verify_all(struct cli *cli, const char *dir, const char *scratch)
{
	char beside[PATH_BYTES];
	struct result result = {.no_book = is_journal_alone(dir)};
	struct verify *verify = NULL;
	bool terminal = isatty(STDERR_FILENO);
	snprintf(beside, sizeof beside, "%.4100s/data", scratch);
	int code = result.no_book ? put_beside_empty_book(cli, dir, beside) : CLI_OK;
	if (code != CLI_OK)
		return code;
	enum pd_err err = verify_open(&verify, result.no_book ? beside : dir, scratch, &result.report);
	if (err)
		return fail_of(cli, CLI_SYSTEM, &result, err);
	err = verify_book(verify, &result.report, terminal ? show_progress : NULL, NULL);
	err = err ? err : compare_live(cli, verify, dir, &result);
	if (terminal && result.report.events >= 200000)
		fputc('\n', stderr);
	print_result(cli, &result, err == PD_OK);
	verify_close(verify);
	if (err)
		return fail_of(cli, CLI_REFUSED, &result, err);
	if (result.runs && result.live == LIVE_UNASKED)
		return cli_fail(cli, CLI_SYSTEM,
				_("a paidand runs on %s and could not be asked: say where it listens with --connect"),
				dir);
	/* Told to ask, and not able to: stderr has been told why. */
	return cli->connect && result.live == LIVE_UNASKED ? CLI_SYSTEM : CLI_OK;
}

int cmd_verify(struct cli *cli, int argc, char **argv)
{
	const char *where = getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp", *words[1];
	const struct cli_option options[] = {{"scratch", "FOLDER",
					      N_("where the book that is compared is made (default: TMPDIR or /tmp)"),
					      &where, NULL},
					     {0}};
	if (cli_args(cli, argc, argv, options, words, 1, 1) < 0)
		return (int)cli->exit;
	struct scratch scratch = {0};
	int code = make_scratch(cli, &scratch, where);
	if (code != CLI_OK)
		return code;
	code = verify_all(cli, words[0], scratch.dir);
	end_scratch(&scratch);
	return code;
}
