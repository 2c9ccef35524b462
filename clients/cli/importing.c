/* importing.c - rows as one import: sent, tried again when the connection broke, its answer shown. */
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "importing.h"
#include "intl.h"
#include "place_hint.h"
#include "print.h"

enum { RETRIES_MAX = 3, ROWS_A_STEP = 8192 };

struct importing {
	struct cli *cli;
	struct pd_client *client;
	const struct rows *rows;
	const char *path;
	bool folder, dry_run, progress; /* path is a folder of all files; someone watches stderr */
	size_t sent, total;
};

/* ---- rows as request ids: the broker names the one at fault ---- */

static uint64_t row_number(const struct rows *rows, enum rows_kind kind, size_t i)
{
	return (uint64_t)(kind + 1) << 32 | rows->tables[kind].marks[i].line;
}

static void print_row(const struct importing *importing, uint64_t row)
{
	uint64_t kind = row >> 32;
	if (kind < 1 || kind > ROWS_KINDS)
		return;
	size_t bytes = strlen(importing->path);
	while (importing->folder && bytes > 1 && importing->path[bytes - 1] == '/')
		bytes--;
	const char *slash = importing->folder ? "/" : "";
	const char *file = importing->folder ? rows_file((enum rows_kind)(kind - 1)) : "";
	fprintf(stderr,
		kind - 1 == ROWS_SHAPES ? _("%.*s%s%s: feature %" PRIu32 ": the broker refuses it\n")
					: _("%.*s%s%s:%" PRIu32 ": the broker refuses this row\n"),
		(int)bytes, importing->path, slash, file, (uint32_t)row);
}

/* ---- sending ---- */

static enum pd_err send_row(struct importing *importing, enum rows_kind kind, size_t i)
{
	struct pd_message put;
	rows_message(importing->rows, kind, i, &put);
	enum pd_err err = pd_client_stage(importing->client, &put, row_number(importing->rows, kind, i));
	if (err || ++importing->sent % ROWS_A_STEP != 0)
		return err;
	if (importing->progress)
		fputc('\r', stderr);
	if (importing->progress)
		fprintf(stderr, _("%zu of %zu rows sent"), importing->sent, importing->total);
	return pd_client_step(importing->client, 0);
}

static enum pd_err send_all(struct importing *importing, enum rows_kind kind)
{
	enum pd_err err = PD_OK;
	for (size_t i = 0; i < importing->rows->tables[kind].count && !err; i++)
		err = send_row(importing, kind, i);
	return err;
}

/* What is named by a row goes before it: parents, areas, ladders, centre households. */
static enum pd_err send_rows(struct importing *importing)
{
	const struct rows *rows = importing->rows;
	enum pd_err err = PD_OK;
	for (unsigned level = PD_level_district; level < PD_level_end; level++)
		for (size_t i = 0; i < rows->tables[ROWS_AREAS].count && !err; i++)
			if (rows_area(rows, i)->level == level)
				err = send_row(importing, ROWS_AREAS, i);
	static const enum rows_kind before[] = {ROWS_CALENDARS, ROWS_LADDERS, ROWS_CATEGORIES},
				    behind[] = {ROWS_PEOPLE, ROWS_RULES, ROWS_SHAPES, ROWS_DUTIES, ROWS_PLANS};
	for (size_t i = 0; i < sizeof before / sizeof before[0] && !err; i++)
		err = send_all(importing, before[i]);
	for (int centres = 1; centres >= 0; centres--)
		for (size_t i = 0; i < rows->tables[ROWS_HOUSEHOLDS].count && !err; i++)
			if ((rows_household(rows, i)->centre == rows_household(rows, i)->household) == centres)
				err = send_row(importing, ROWS_HOUSEHOLDS, i);
	for (size_t i = 0; i < sizeof behind / sizeof behind[0] && !err; i++)
		err = send_all(importing, behind[i]);
	return err;
}

static void clear_progress(const struct importing *importing)
{
	if (importing->progress)
		fputs("\r\033[K", stderr);
}

/* From import_begin to the answer to import_commit, which is imported or refused. */
static int try_import(struct importing *importing, struct pd_message *answer)
{
	struct pd_message message = {.type = PD_MSG_import_begin};
	struct pd_id id = pd_client_new_id(importing->client);
	message.import_begin.import = id;
	int code = cli_call(importing->cli, importing->client, &message, answer);
	if (code != CLI_OK)
		return code;
	importing->sent = 0;
	enum pd_err err = send_rows(importing);
	if (!err) {
		message = (struct pd_message){.type = PD_MSG_import_commit};
		message.import_commit = (struct pd_import_commit){.import = id,
								  .rows = (uint32_t)importing->sent,
								  .dry_run = importing->dry_run,
								  .complete = importing->folder,
								  .actor = importing->cli->person};
		err = pd_client_call(importing->client, &message, answer, importing->cli->timeout_ms);
	}
	clear_progress(importing);
	if (err == PD_ETIMEDOUT)
		return cli_fail(importing->cli, cli_exit_of(err), "%s; %s", pd_client_why(importing->client),
				importing->dry_run ? _("nothing was changed")
						   : _("the import may still be taken: run it again, with a longer "
						       "--timeout, to be sure"));
	if (err)
		return cli_fail(importing->cli, cli_exit_of(err), "%s", pd_client_why(importing->client));
	return CLI_OK;
}

/* Whether the broker lost some of it on the way, as it does when the connection breaks or the broker is restarted. */
static bool was_lost(const struct pd_message *answer)
{
	return answer->type == PD_MSG_refused &&
	       (answer->refused.code == PD_REFUSED_no_import || answer->refused.code == PD_REFUSED_import_rows);
}

/* ---- the answer ---- */

/* What is counted: a kind each, but for calendars, ladders and what else is set up, which are counted together. */
enum { SETUP = ROWS_SHAPES + 1, COUNTED };
static const char *const counted[COUNTED] = {N_("areas"), N_("households"), N_("people"), N_("categories"),
					     N_("rules"), N_("shapes"),     N_("setup")};

static void print_json(const struct pd_imported *imported, bool dry_run, const char *const *effects,
		       const struct pd_u64s *const *counts)
{
	printf("{\"dry_run\":%s,\"seq\":%" PRIu64, dry_run ? "true" : "false", imported->seq);
	for (int kind = 0; kind < COUNTED; kind++) {
		if (counts[kind]->count == 0)
			continue; /* the broker is older than this kind */
		printf(",\"%s\":{", counted[kind]);
		for (uint32_t i = 0; i < counts[kind]->count; i++)
			printf("%s\"%s\":%" PRIu64, i ? "," : "", effects[i], counts[kind]->values[i]);
		putchar('}');
	}
	puts("}");
}

/* A folder has all of what it must have, and what else it has; a file has one kind. */
static bool wanted(const struct importing *importing, int kind)
{
	if (kind == SETUP)
		return importing->rows->tables[ROWS_LADDERS].count || importing->rows->tables[ROWS_CALENDARS].count ||
		       importing->rows->tables[ROWS_DUTIES].count || importing->rows->tables[ROWS_PLANS].count;
	return importing->rows->tables[kind].count || (importing->folder && !rows_optional(kind));
}

static void print_table(const struct importing *importing, const char *const *effects,
			const struct pd_u64s *const *counts)
{
	if (importing->dry_run)
		puts(_("Dry run: nothing was changed. It would be:"));
	printf("%-10s", "");
	for (int i = 0; i < 5; i++)
		printf("%*s%s", 11 - (int)print_width(_(effects[i]), strlen(_(effects[i]))), "", _(effects[i]));
	putchar('\n');
	for (int kind = 0; kind < COUNTED; kind++) {
		if (counts[kind]->count == 0 || !wanted(importing, kind))
			continue;
		print_column(stdout, _(counted[kind]), 10);
		for (uint32_t i = 0; i < counts[kind]->count; i++)
			printf("%11" PRIu64, counts[kind]->values[i]);
		putchar('\n');
	}
}

static int print_answer(const struct importing *importing, const struct pd_message *answer)
{
	static const char *const effects[] = {N_("added"), N_("changed"), N_("moved"), N_("retired"), N_("unchanged")};
	const struct pd_imported *imported = &answer->imported;
	const struct pd_u64s *counts[COUNTED] = {
		[ROWS_AREAS] = &imported->areas,   [ROWS_HOUSEHOLDS] = &imported->households,
		[ROWS_PEOPLE] = &imported->people, [ROWS_CATEGORIES] = &imported->categories,
		[ROWS_RULES] = &imported->rules,   [ROWS_SHAPES] = &imported->shapes,
		[SETUP] = &imported->setup};
	if (answer->type == PD_MSG_refused) {
		print_row(importing, answer->refused.row);
		return cli_refused(answer);
	}
	if (answer->type != PD_MSG_imported)
		return cli_fail(importing->cli, CLI_SYSTEM, _("the broker answered %s instead of imported"),
				pd_message_info(answer->type)->name);
	if (importing->cli->json)
		print_json(imported, importing->dry_run, effects, counts);
	else
		print_table(importing, effects, counts);
	return CLI_OK;
}

static int send_import(struct importing *importing)
{
	struct pd_message answer;
	for (int retry = 0;; retry++) {
		int code = try_import(importing, &answer);
		if (code != CLI_OK)
			return code;
		if (!was_lost(&answer) || retry == RETRIES_MAX)
			return print_answer(importing, &answer);
		fprintf(stderr, _("The connection was lost during the import; it is sent again (%d of %d).\n"),
			retry + 1, RETRIES_MAX);
	}
}

static int send(struct cli *cli, const struct rows *rows, const char *path, bool folder, bool dry_run)
{
	struct importing importing = {.cli = cli,
				      .rows = rows,
				      .path = path,
				      .folder = folder,
				      .dry_run = dry_run,
				      .progress = isatty(STDERR_FILENO)};
	for (int kind = 0; kind < ROWS_KINDS; kind++)
		importing.total += rows->tables[kind].count;
	enum pd_err err = cli_open(cli, &importing.client);
	if (err)
		return (int)cli_exit_of(err);
	int code = send_import(&importing);
	if (code == CLI_OK && !folder && rows->tables[ROWS_SHAPES].count)
		code = place_hint_shapes(cli, importing.client, rows);
	pd_client_close(importing.client);
	return code;
}

int importing_finish(struct cli *cli, struct rows *rows, struct problems *problems, const char *path, bool folder,
		     bool dry_run)
{
	int code = CLI_REFUSED;
	problems_print(problems, path, folder, stderr);
	if (problems->count)
		fprintf(stderr,
			P_("%zu problem: nothing was sent\n", "%zu problems: nothing was sent\n", problems->count),
			problems->count);
	else
		code = send(cli, rows, path, folder, dry_run);
	problems_fini(problems);
	rows_free(rows);
	return code;
}
