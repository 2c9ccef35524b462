/* cmd_history.c - paidan history: past orders of another system, from its file through a map into the broker.
 *
 * The file is read twice: first all rows are looked at, and the areas and categories that they name are found or made;
 * then they are sent, thousands on the way at a time. What the broker has already is answered as repeated, so the same
 * command goes on after whatever broke it off.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "history_file.h"
#include "history_registry.h"
#include "history_report.h"
#include "intl.h"
#include "json.h"
#include "print.h"

enum { WINDOW = 16384, STEP_ROWS = 256, BAR_COLUMNS = 30, BAR_PERIOD_MS = 100 };

/* A row that was sent and is not answered yet. */
struct flight {
	struct history *history;
	size_t row_at;
	uint32_t line;
	bool ended;
	uint64_t submitted_ms;
	struct flight *next; /* of those that are free */
};

struct history {
	struct cli *cli;
	struct pd_client *client;
	struct history_map map;
	struct history_file file;
	struct csv_scan header, scan, again; /* again: to read a row once more, for the report */
	struct history_row row;
	struct history_registry *registry;
	struct history_report report;
	bool progress, dry_run;

	struct flight *flights, *free_flights;
	uint64_t rows, moved, imported, repeated;
	uint64_t last_seq;     /* of all events so far: an answer that names no later one is a repeat's */
	uint64_t answered_ms;  /* when the last answer came */
	uint32_t stopped_line; /* where reading was broken off; 0: it was not */
	int code;              /* why: CLI_OK, CLI_REFUSED, CLI_SYSTEM */
	uint64_t begun_ms, shown_ms;
};

static volatile sig_atomic_t interrupted;

static void on_interrupt(int number)
{
	(void)number;
	interrupted = 1;
}

/* The first Ctrl-C ends it in good order, the second at once. */
static void catch_interrupts(void)
{
	struct sigaction action = {.sa_handler = on_interrupt, .sa_flags = SA_RESETHAND};
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

/* ---- progress ---- */

static void show_progress(struct history *history, bool importing)
{
	char bar[BAR_COLUMNS + 1] = "";
	uint64_t now_ms = print_now_ms();
	if (!history->progress || now_ms < history->shown_ms + BAR_PERIOD_MS)
		return;
	history->shown_ms = now_ms;
	unsigned percent = (unsigned)(history->scan.at * 100 / history->file.bytes);
	unsigned filled = percent * BAR_COLUMNS / 100;
	uint64_t elapsed_ms = now_ms - history->begun_ms;
	for (unsigned i = 0; i < BAR_COLUMNS; i++)
		bar[i] = i < filled ? '#' : '.';
	fputs("\r\033[K", stderr);
	fprintf(stderr,
		importing ? _("importing [%s] %u%%, %" PRIu64 " rows, %" PRIu64 " a second")
			  : _("looking [%s] %u%%, %" PRIu64 " rows, %" PRIu64 " a second"),
		bar, percent, history->rows, elapsed_ms ? history->rows * 1000 / elapsed_ms : 0);
}

static void clear_progress(const struct history *history)
{
	if (history->progress)
		fputs("\r\033[K", stderr);
}

/* ---- the first reading ---- */

/* From the first row behind the header on. */
static void rewind_rows(struct history *history)
{
	csv_scan_fini(&history->scan);
	csv_scan_init(&history->scan, history->file.text, history->file.bytes, history->map.delimiter);
	csv_scan_next(&history->scan);
	history->rows = 0;
	history->begun_ms = print_now_ms();
}

static void stop(struct history *history, int code)
{
	if (history->stopped_line)
		return;
	history->stopped_line = history->scan.line;
	history->code = code;
}

static void look_at_rows(struct history *history)
{
	struct history_row *row = &history->row;
	rewind_rows(history);
	while (!interrupted && csv_scan_next(&history->scan)) {
		history->rows++;
		if (history_row_read(row, &history->map, &history->scan, history->header.count) ||
		    history_registry_want(history->registry, row))
			history_report_add(&history->report, &history->scan, row->why);
		else
			history->moved += row->moved;
		show_progress(history, false);
	}
	clear_progress(history);
	if (interrupted)
		stop(history, CLI_REFUSED);
}

/* ---- the second reading ---- */

static void reject(struct history *history, const struct flight *flight, const struct pd_refused *refused)
{
	char bare[CLI_REFUSAL_BYTES], why[CLI_REFUSAL_BYTES + 64];
	snprintf(why, sizeof why, "%s", cli_refusal(refused, bare));
	if (refused->code == PD_REFUSED_bad_times) {
		/* Rows whose times do not fit each other were not sent: one lies in the future. */
		bool created = !flight->ended || flight->submitted_ms > print_wall_ms();
		snprintf(why, sizeof why, _("%s: %s"), history_map_key(created ? MAP_CREATED : MAP_ENDED), bare);
	}
	csv_scan_again(&history->again, flight->row_at, flight->line);
	history_report_add(&history->report, &history->again, why);
}

/* Refusals that are not the row's fault: nothing further would be taken. */
static bool ends_all(unsigned code)
{
	return code >= PD_REFUSED_disk_full || code == PD_REFUSED_not_allowed || code == PD_REFUSED_not_entitled ||
	       code == PD_REFUSED_unknown_type;
}

static void on_answer(struct pd_client *client, const struct pd_message *answer, bool last, void *arg)
{
	struct flight *flight = arg;
	struct history *history = flight->history;
	(void)client;
	(void)last;
	history->answered_ms = print_now_ms();
	if (answer->type == PD_MSG_ok) {
		bool repeated = answer->ok.seq <= history->last_seq;
		history->repeated += repeated;
		history->imported += !repeated;
		if (!repeated)
			history->last_seq = answer->ok.seq;
	} else if (answer->type == PD_MSG_refused && ends_all(answer->refused.code)) {
		if (!history->stopped_line) {
			clear_progress(history);
			cli_refused(answer);
		}
		stop(history, CLI_REFUSED);
	} else if (answer->type == PD_MSG_refused) {
		reject(history, flight, &answer->refused);
	}
	flight->next = history->free_flights;
	history->free_flights = flight;
}

/* Take in answers until at most so many are missing. */
static void await(struct history *history, size_t most)
{
	while (pd_client_pending(history->client) > most) {
		uint64_t now_ms = print_now_ms(), until_ms = history->answered_ms + (uint64_t)history->cli->timeout_ms;
		bool late = now_ms >= until_ms;
		if (late || pd_client_step(history->client, (int)(until_ms - now_ms))) {
			clear_progress(history);
			cli_fail(history->cli, CLI_SYSTEM, "%s",
				 late ? _("paidand does not answer any more") : pd_client_why(history->client));
			stop(history, CLI_SYSTEM);
			return;
		}
		if (interrupted)
			stop(history, CLI_REFUSED);
	}
}

static void send_row(struct history *history)
{
	struct flight *flight = history->free_flights;
	struct pd_message message = {.type = PD_MSG_record};
	struct pd_fault fault;
	history_registry_ids(history->registry, &history->row);
	message.record = history->row.record;
	message.record.actor = history->cli->person;
	if (pd_validate(&message, &fault)) {
		char why[PD_DETAIL_BYTES];
		history_report_add(&history->report, &history->scan, pd_detail_text(&fault.what, intl_language(), why));
		return;
	}
	flight->row_at = history->scan.row_at;
	flight->line = history->scan.line;
	flight->submitted_ms = message.record.submitted_ms;
	flight->ended = message.record.ended_ms != 0;
	if (pd_client_send(history->client, &message, on_answer, flight)) {
		cli_fail(history->cli, CLI_SYSTEM, "%s", pd_client_why(history->client));
		stop(history, CLI_SYSTEM);
		return;
	}
	history->free_flights = flight->next;
}

static void send_rows(struct history *history)
{
	struct history_row *row = &history->row;
	rewind_rows(history);
	history->answered_ms = print_now_ms();
	while (!history->stopped_line && csv_scan_next(&history->scan)) {
		history->rows++;
		/* A row at fault stands in the report already. */
		bool good = !history_row_read(row, &history->map, &history->scan, history->header.count) &&
			    !history_registry_want(history->registry, row);
		if (good)
			send_row(history);
		if (history->rows % STEP_ROWS == 0 && !history->stopped_line) {
			if (pd_client_step(history->client, 0))
				stop(history, CLI_SYSTEM);
			await(history, WINDOW - STEP_ROWS);
			show_progress(history, true);
		}
		if (interrupted)
			stop(history, CLI_REFUSED);
	}
	if (history->code != CLI_SYSTEM)
		await(history, 0);
	clear_progress(history);
}

static void make_flights(struct history *history)
{
	history->flights = calloc(WINDOW + STEP_ROWS, sizeof *history->flights);
	if (!history->flights)
		abort();
	for (int i = 0; i < WINDOW + STEP_ROWS; i++) {
		history->flights[i] = (struct flight){.history = history, .next = history->free_flights};
		history->free_flights = &history->flights[i];
	}
}

/* The broker's last event before ours. */
static int find_last_seq(struct history *history)
{
	struct pd_message query = {.type = PD_MSG_get_stats}, answer;
	int code = cli_call(history->cli, history->client, &query, &answer);
	if (code == CLI_OK)
		history->last_seq = answer.stats.seq;
	return code;
}

static int send_all(struct history *history)
{
	int code = history_registry_settle(history->registry, history->cli, history->client, history->dry_run);
	if (code != CLI_OK || history->dry_run)
		return code;
	code = find_last_seq(history);
	if (code != CLI_OK)
		return code;
	make_flights(history);
	send_rows(history);
	return CLI_OK;
}

/* ---- the end ---- */

static double seconds_of(const struct history *history)
{
	return (double)(print_now_ms() - history->begun_ms) / 1000;
}

static uint64_t rate_of(const struct history *history, double seconds)
{
	return seconds > 0 ? (uint64_t)((double)(history->imported + history->repeated) / seconds) : 0;
}

static void tell_json(const struct history *history, double seconds)
{
	const struct history_report *report = &history->report;
	struct json json;
	json_init(&json, stdout);
	json_object(&json, NULL);
	json_bool(&json, "dry_run", history->dry_run);
	json_number(&json, "rows", history->rows);
	json_number(&json, "imported", history->imported);
	json_number(&json, "repeated", history->repeated);
	json_number(&json, "rejected", report->rows);
	json_number(&json, "times_moved", history->moved);
	json_number(&json, "areas_made", history_registry_areas_made(history->registry));
	json_number(&json, "categories_made", history_registry_categories_made(history->registry));
	json_real(&json, "seconds", seconds, 3);
	json_number(&json, "orders_a_second", rate_of(history, seconds));
	if (report->rows)
		json_string(&json, "report", report->path);
	else
		json_null(&json, "report");
	if (history->stopped_line)
		json_number(&json, "stopped_line", history->stopped_line);
	else
		json_null(&json, "stopped_line");
	json_end(&json);
}

static void print_result(const struct history *history, double seconds)
{
	const struct history_report *report = &history->report;
	uint32_t areas = history_registry_areas_made(history->registry);
	uint32_t categories = history_registry_categories_made(history->registry);
	if (history->dry_run)
		printf(_("dry run, nothing was sent: %" PRIu64 " rows, %" PRIu64 " of them rejected; %" PRIu32
			 " areas and %" PRIu32 " categories would be made\n"),
		       history->rows, report->rows, areas, categories);
	else if (history->imported == 0)
		printf(_("imported 0, repeated %" PRIu64 ", rejected %" PRIu64 " of %" PRIu64 " rows in %.1f s\n"),
		       history->repeated, report->rows, history->rows, seconds);
	else
		printf(_("imported %" PRIu64 ", repeated %" PRIu64 ", rejected %" PRIu64 " of %" PRIu64
			 " rows in %.1f s: %" PRIu64 " orders a second\n"),
		       history->imported, history->repeated, report->rows, history->rows, seconds,
		       rate_of(history, seconds));
	if (!history->dry_run && (areas || categories))
		printf(_("made %" PRIu32 " areas and %" PRIu32 " categories\n"), areas, categories);
	if (history->moved)
		printf(_("%" PRIu64 " rows had a time that clocks in %s were set over: it was moved forward\n"),
		       history->moved, history->map.zone);
	if (report->rows)
		printf(_("the rejected rows and why: %s\n"), report->path);
}

static int conclude(struct history *history)
{
	double seconds = seconds_of(history);
	bool whole = history_report_close(&history->report);
	if (history->cli->json)
		tell_json(history, seconds);
	else
		print_result(history, seconds);
	fflush(stdout);
	if (!whole)
		return cli_fail(history->cli, CLI_SYSTEM, _("the rejected rows could not be written to %s: %s"),
				history->report.path, intl_error(history->report.error));
	if (history->stopped_line)
		return cli_fail(history->cli, (enum cli_exit)history->code,
				_("it stopped at line %" PRIu32
				  ". Say the same again to go on: what paidand has already is "
				  "not taken twice"),
				history->stopped_line);
	return history->report.rows ? CLI_REFUSED : CLI_OK;
}

static int run(struct history *history)
{
	catch_interrupts();
	look_at_rows(history);
	if (history->stopped_line)
		return conclude(history);
	enum pd_err err = cli_open(history->cli, &history->client);
	if (err) {
		history_report_close(&history->report);
		return (int)cli_exit_of(err);
	}
	int code = send_all(history);
	pd_client_close(history->client);
	if (code != CLI_OK) {
		history_report_close(&history->report);
		return code;
	}
	return conclude(history);
}

static int read_header(struct history *history, const char *path)
{
	struct csv_scan *header = &history->header;
	csv_scan_init(header, history->file.text, history->file.bytes, history->map.delimiter);
	if (!csv_scan_next(header))
		return cli_fail(history->cli, CLI_REFUSED, _("%s is empty: its first row names the columns"), path);
	if (header->fault || header->count > CSV_SCAN_FIELDS_MAX)
		return cli_fail(history->cli, CLI_REFUSED, _("%s: its first row cannot be read: %s"), path,
				header->fault ? header->fault : _("it has more than 256 columns"));
	return history_map_bind(&history->map, path, header) ? CLI_REFUSED : CLI_OK;
}

int cmd_history(struct cli *cli, int argc, char **argv)
{
	const char *path, *map = NULL, *report = NULL;
	struct history *history = calloc(1, sizeof *history);
	if (!history)
		abort();
	const struct cli_option options[] = {
		{"map", "MAP", N_("how the file is to be read; see above"), &map, NULL},
		{"dry-run", NULL, N_("only look at the rows, and say what would be made"), NULL, &history->dry_run},
		{"report", "FILE", N_("where rejected rows go; otherwise to NAME.rejected.csv in this folder"), &report,
		 NULL},
		{0},
	};
	history->cli = cli;
	int code;
	if (cli_args(cli, argc, argv, options, &path, 1, 1) < 0) {
		code = (int)cli->exit;
	} else if (!map) {
		code = cli_fail(cli, CLI_USAGE,
				_("say --map MAP: how is %s to be read? --help tells what stands in a map"), path);
	} else if (history_map_read(&history->map, map)) {
		code = CLI_USAGE;
	} else {
		code = history_file_open(&history->file, cli, path, history->map.encoding);
		code = code != CLI_OK ? code : read_header(history, path);
		if (code == CLI_OK) {
			history->progress = !cli->json && isatty(STDERR_FILENO);
			history->registry = history_registry_new(&history->map);
			history_report_init(&history->report, report, path, &history->header);
			csv_scan_init(&history->again, history->file.text, history->file.bytes, history->map.delimiter);
			code = run(history);
		}
	}
	history_registry_free(history->registry);
	history_row_fini(&history->row);
	csv_scan_fini(&history->header);
	csv_scan_fini(&history->scan);
	csv_scan_fini(&history->again);
	history_file_close(&history->file);
	free(history->flights);
	free(history);
	return code;
}
