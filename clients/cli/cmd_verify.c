/* cmd_verify.c - paidan verify: is what the folder holds what its journal makes? */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "cli.h"
#include "intl.h"
#include "verify.h"

enum live { LIVE_NONE, LIVE_SAME, LIVE_DIFFERENT };

struct result {
	struct verify_report report;
	enum live live;
	uint64_t state_seq;
};

static void show_progress(uint64_t events, void *arg)
{
	(void)arg;
	fputc('\r', stderr);
	fprintf(stderr, _("replayed %" PRIu64 " events"), events);
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

/* The paidand that runs on the folder listens on a socket in it, unless it was told otherwise: then --connect says
 * where. */
static bool find_live(struct cli *cli, const char *dir, struct pd_client **client, char *endpoint, size_t bytes)
{
	const char *named = cli->connect;
	snprintf(endpoint, bytes, "ipc://%s/paidan.sock", dir);
	if (!cli->connect) {
		if (!is_listening(endpoint + strlen("ipc://")))
			return false;
		cli->connect = endpoint;
		cli->timeout_ms = cli->timeout_ms < 2000 ? cli->timeout_ms : 2000;
	}
	bool there = cli_open(cli, client) == PD_OK;
	cli->connect = named;
	return there;
}

static enum pd_err compare_live(struct cli *cli, struct verify *verify, const char *dir, struct result *result)
{
	char endpoint[4200];
	struct pd_client *client = NULL;
	struct pd_message query = {.type = PD_MSG_get_digest}, digest;
	uint8_t hash[32];
	bool asked = find_live(cli, dir, &client, endpoint, sizeof endpoint) &&
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

static void print_result(const struct cli *cli, const struct result *result, bool good)
{
	static const char *const live_json[] = {"null", "true", "false"};
	const struct verify_report *report = &result->report;
	if (cli->json) {
		printf("{\"sound\": %s, \"events\": %" PRIu64 ", \"book_seq\": %" PRIu64 ", \"book_entries\": %" PRIu64
		       ", \"state_seq\": %" PRIu64 ", \"running_paidand_agrees\": %s}\n",
		       good ? "true" : "false", report->events, report->book_seq, report->book_entries,
		       result->state_seq, live_json[result->live]);
		return;
	}
	if (!good)
		return;
	printf(_("journal  %" PRIu64 " events, every CRC and the whole hash chain sound\n"), report->events);
	printf(_("book     %" PRIu64 " entries equal to a replay of the journal to event %" PRIu64 "\n"),
	       report->book_entries, report->book_seq);
	if (result->live == LIVE_SAME)
		printf(_("state    the running paidand's is that of a replay to event %" PRIu64 ", byte for byte\n"),
		       result->state_seq);
	else
		printf(_("state    no paidand runs on this folder; a replay to event %" PRIu64 " went through\n"),
		       result->state_seq);
}

int cmd_verify(struct cli *cli, int argc, char **argv)
{
	const char *scratch = getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp", *words[1];
	const struct cli_option options[] = {{"scratch", "FOLDER",
					      N_("where the book that is compared is made (default: TMPDIR or /tmp)"),
					      &scratch, NULL},
					     {0}};
	if (cli_args(cli, argc, argv, options, words, 1, 1) < 0)
		return (int)cli->exit;
	struct result result = {0};
	struct verify *verify = NULL;
	bool terminal = isatty(STDERR_FILENO);
	enum pd_err err = verify_open(&verify, words[0], scratch, &result.report);
	if (err)
		return cli_fail(cli, CLI_SYSTEM, "%s", result.report.why[0] ? result.report.why : _(pd_err_text(err)));
	err = verify_book(verify, &result.report, terminal ? show_progress : NULL, NULL);
	err = err ? err : compare_live(cli, verify, words[0], &result);
	if (terminal && result.report.events >= 200000)
		fputc('\n', stderr);
	print_result(cli, &result, err == PD_OK);
	verify_close(verify);
	return err ? cli_fail(cli, CLI_REFUSED, "%s", result.report.why[0] ? result.report.why : _(pd_err_text(err)))
		   : CLI_OK;
}
