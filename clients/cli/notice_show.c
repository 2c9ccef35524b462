#include "notice_show.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "intl.h"
#include "names.h"
#include "pages.h"
#include "print.h"
#include "tell.h"

enum { LABEL_COLUMNS = 10, PATH_BYTES = 1100, WHO_BYTES = 400, ANSWERS_BYTES = 1400, REASON_BYTES = 4 * 500 + 1 };

struct listing {
	struct cli *cli;
	struct pd_client *client;
	struct json json;
	struct table *table;
	const char *labels; /* of the numbers of its answers, with commas between them; null: they are not known */
	bool shown;         /* a row of the table */
	unsigned kind;      /* of answers, only those to notices of this kind; 0: of all */
};

/* ---- labels ---- */

static size_t comma_bytes(const char *text)
{
	static const char *const commas[] = {",", "，", "、"};
	for (size_t i = 0; i < sizeof commas / sizeof commas[0]; i++)
		if (strncmp(text, commas[i], strlen(commas[i])) == 0)
			return strlen(commas[i]);
	return 0;
}

/* The next label, without blanks around it; *labels moves behind its comma, and becomes null behind the last one. */
static struct pd_slice next_label(const char **labels)
{
	const char *at = *labels + strspn(*labels, " "), *end = at;
	size_t comma = 0;
	while (*end && !(comma = comma_bytes(end)))
		end++;
	*labels = comma ? end + comma : NULL;
	while (end > at && end[-1] == ' ')
		end--;
	return (struct pd_slice){at, (uint32_t)(end - at)};
}

int notice_labels(const char *labels)
{
	int count = 0;
	if (!*labels)
		return 0;
	while (labels) {
		if (next_label(&labels).bytes == 0)
			return -1;
		count++;
	}
	return count;
}

/* "人数 48, 老人 5": each number behind its label, if it has one. Returns how many bytes were wanted. */
static size_t write_numbers(const struct listing *listing, const struct pd_u64s *numbers, uint32_t count, char *text,
			    size_t bytes)
{
	const char *labels = listing->labels;
	size_t used = 0;
	for (uint32_t i = 0; i < count && used < bytes; i++) {
		struct pd_slice label = labels ? next_label(&labels) : pd_text("");
		used += (size_t)snprintf(text + used, bytes - used, "%s%.*s%s%" PRIu64, i ? ", " : "", (int)label.bytes,
					 label.data, label.bytes ? " " : "", numbers->values[i]);
	}
	return used;
}

/* ---- rows ---- */

static const char *const notice_titles[] = {N_("NOTICE"), N_("KIND"), N_("WANTS"), N_("SENT"),
					    N_("UNTIL"),  N_("AREA"), N_("TEXT"),  NULL};
static const char *const progress_titles[] = {N_("AREA"),     N_(">MEMBERS"),   N_(">DELIVERED"),
					      N_(">READ"),    N_(">CONFIRMED"), N_(">ANSWERED"),
					      N_(">MISSING"), N_("ANSWERS"),    NULL};
static const char *const household_titles[] = {N_(">ID"), N_("PRIORITY"), N_("AREA"), N_("ADDRESS"), NULL};
static const char *const person_titles[] = {N_(">ID"), N_("NAME"), N_("AREA"), N_("PHONE"), NULL};
static const char *const answer_titles[] = {N_("WHEN"), N_(">MEMBER"), N_("REACHED"), N_("ANSWER"), N_("NUMBERS"),
					    N_("BY"),   N_("NOTICE"),  N_("TEXT"),    NULL};

static const char *area_name(struct listing *listing, uint32_t area)
{
	return area ? names_get(listing->cli, listing->client, NAME_AREA, area)->text : "-";
}

static const char *word_or_dash(const char *set, unsigned code)
{
	return code ? intl_word(set, code) : "-";
}

static void notice_cells(struct listing *listing, const struct pd_message *row)
{
	const struct pd_notice *notice = &row->notice;
	char id[PD_ID_TEXT_BYTES], time[PRINT_TIME_BYTES];
	table_cell(listing->table, "%s", pd_id_print(&notice->notice, id));
	table_cell(listing->table, "%s", intl_word("notice_kind", notice->kind));
	table_cell(listing->table, "%s", intl_word("want", notice->want));
	table_cell(listing->table, "%s", print_time(notice->time_ms, time));
	table_cell(listing->table, "%s", print_time(notice->ended_ms ? notice->ended_ms : notice->until_ms, time));
	table_cell(listing->table, "%s", area_name(listing, notice->area));
	table_text(listing->table, notice->text);
}

/* "done 12, away 3; 人数 48, 老人 5": the answers that there are, then the sums of their numbers. */
static void write_answers(const struct listing *listing, const struct pd_progress *progress, char *text, size_t bytes)
{
	size_t used = 0;
	text[0] = 0;
	for (uint32_t i = 0; i < progress->answers.count && used < bytes; i++)
		if (progress->answers.values[i])
			used += (size_t)snprintf(text + used, bytes - used, "%s%s %" PRIu64, used ? ", " : "",
						 intl_word("answer_kind", PD_answer_kind_done + i),
						 progress->answers.values[i]);
	uint32_t count = progress->sums.count,
		 labelled = listing->labels ? (uint32_t)notice_labels(listing->labels) : 0;
	while (count && !progress->sums.values[count - 1])
		count--;
	if (count && count < labelled && labelled <= progress->sums.count)
		count = labelled;
	if (count && used < bytes)
		used += (size_t)snprintf(text + used, bytes - used, "; ");
	if (used < bytes)
		write_numbers(listing, &progress->sums, count, text + used, bytes - used);
}

static void progress_cells(struct listing *listing, const struct pd_message *row)
{
	const struct pd_progress *progress = &row->progress;
	char text[ANSWERS_BYTES];
	write_answers(listing, progress, text, sizeof text);
	table_cell(listing->table, "%s", area_name(listing, progress->area));
	table_cell(listing->table, "%" PRIu32, progress->members);
	table_cell(listing->table, "%" PRIu32, progress->delivered);
	table_cell(listing->table, "%" PRIu32, progress->read);
	table_cell(listing->table, "%" PRIu32, progress->confirmed);
	table_cell(listing->table, "%" PRIu32, progress->answered);
	table_cell(listing->table, "%" PRIu32, progress->missing);
	table_cell(listing->table, "%s", text[0] ? text : "-");
}

static void household_cells(struct listing *listing, const struct pd_message *row)
{
	const struct pd_household *household = &row->household;
	table_cell(listing->table, "%" PRIu32, household->household);
	table_cell(listing->table, "%s", word_or_dash("household_priority", household->priority));
	table_cell(listing->table, "%s", area_name(listing, household->area));
	table_text(listing->table, household->address);
}

static void person_cells(struct listing *listing, const struct pd_message *row)
{
	const struct pd_person *person = &row->person;
	table_cell(listing->table, "%" PRIu32, person->person);
	table_text(listing->table, person->name);
	table_cell(listing->table, "%s", area_name(listing, person->area));
	table_text(listing->table, person->phone);
}

static void answer_cells(struct listing *listing, const struct pd_message *row)
{
	const struct pd_answer_row *answer = &row->answer_row;
	char id[PD_ID_TEXT_BYTES], time[PRINT_TIME_BYTES], who[WHO_BYTES], numbers[ANSWERS_BYTES] = "-";
	write_numbers(listing, &answer->numbers, answer->numbers.count, numbers, sizeof numbers);
	table_cell(listing->table, "%s", print_time(answer->time_ms, time));
	table_cell(listing->table, "%" PRIu32, answer->member);
	table_cell(listing->table, "%s", word_or_dash("answer_kind", answer->reached));
	table_cell(listing->table, "%s", word_or_dash("answer_kind", answer->answer));
	table_cell(listing->table, "%s", numbers);
	table_text(listing->table, pd_text(tell_person(listing->cli, listing->client, answer->actor, who, sizeof who)));
	table_cell(listing->table, "%s", pd_id_print(&answer->notice, id));
	table_text(listing->table, answer->text);
}

static const struct shape {
	enum pd_type type;
	const char *const *titles;
	void (*cells)(struct listing *listing, const struct pd_message *row);
} shapes[] = {
	{PD_MSG_notice, notice_titles, notice_cells},          {PD_MSG_progress, progress_titles, progress_cells},
	{PD_MSG_household, household_titles, household_cells}, {PD_MSG_person, person_titles, person_cells},
	{PD_MSG_answer_row, answer_titles, answer_cells},
};
enum { SHAPES = sizeof shapes / sizeof shapes[0] };

static const struct shape *shape_of(enum pd_type type)
{
	for (int i = 0; i < SHAPES; i++)
		if (shapes[i].type == type)
			return &shapes[i];
	return NULL;
}

static void show_row(struct cli *cli, struct pd_client *client, const struct pd_message *row, void *arg)
{
	struct listing *listing = arg;
	const struct shape *shape = shape_of(row->type);
	if (row->type == PD_MSG_answer_row && listing->kind && row->answer_row.kind != listing->kind)
		return;
	if (cli->json) {
		tell_json(&listing->json, NULL, cli, client, row);
	} else if (shape) {
		if (!listing->table)
			listing->table = table_new(shape->titles);
		listing->shown = true;
		shape->cells(listing, row);
	}
}

static void end_page(void *arg)
{
	struct listing *listing = arg;
	if (listing->table)
		table_print(listing->table, stdout);
}

/* Rows inside an array that is open, or as a table. */
static int show_rows(struct listing *listing, struct pd_message *query)
{
	bool more;
	int code = pages_show(listing->cli, listing->client, query, 0, show_row, end_page, listing, &more);
	table_free(listing->table);
	listing->table = NULL;
	return code;
}

/* Titles alone, where nothing came: an empty list is to be told from nothing said. */
static void show_none(struct listing *listing, enum pd_type query)
{
	const struct shape *shape = shape_of(query == PD_MSG_list_notices ? PD_MSG_notice : PD_MSG_answer_row);
	if (query == PD_MSG_list_missing) {
		puts(_("Nobody is missing."));
		return;
	}
	listing->table = table_new(shape->titles);
	table_print(listing->table, stdout);
	table_free(listing->table);
	listing->table = NULL;
}

static int show_list(struct listing *listing, struct pd_message *query)
{
	json_init(&listing->json, stdout);
	if (listing->cli->json)
		json_array(&listing->json, NULL);
	int code = show_rows(listing, query);
	if (listing->cli->json && code == CLI_OK)
		json_end(&listing->json);
	else if (code == CLI_OK && !listing->shown)
		show_none(listing, query->type);
	return code;
}

int notice_show_list(struct cli *cli, struct pd_client *client, struct pd_message *query)
{
	return show_list(&(struct listing){.cli = cli, .client = client}, query);
}

/* ---- one ---- */

static void on_notice(struct pd_client *client, const struct pd_message *answer, bool last, void *arg)
{
	struct notice_found *found = arg;
	(void)client;
	(void)last;
	if (answer->type != PD_MSG_notice)
		return;
	found->row = answer->notice;
	snprintf(found->text, sizeof found->text, "%.*s", (int)answer->notice.text.bytes, answer->notice.text.data);
	snprintf(found->labels, sizeof found->labels, "%.*s", (int)answer->notice.labels.bytes,
		 answer->notice.labels.data);
	found->row.text = pd_text(found->text);
	found->row.labels = pd_text(found->labels);
}

int notice_read(struct cli *cli, struct pd_client *client, const struct pd_id *notice, struct notice_found *found)
{
	struct pd_message query = {.type = PD_MSG_list_notices, .list_notices = {.notice = *notice}};
	found->row.kind = 0;
	int code = cli_query(cli, client, &query, on_notice, found, NULL);
	if (code == CLI_OK && !found->row.kind)
		return cli_fail(cli, CLI_SYSTEM, _("the broker answered without the notice"));
	return code;
}

int notice_show_answers(struct cli *cli, struct pd_client *client, struct pd_message *query, unsigned kind)
{
	struct listing listing = {.cli = cli, .client = client, .kind = kind};
	struct notice_found *found = malloc(sizeof *found);
	if (!found)
		abort();
	bool one = !pd_id_is_zero(&query->list_answers.notice);
	int code = one ? notice_read(cli, client, &query->list_answers.notice, found) : CLI_OK;
	if (one)
		listing.labels = found->labels;
	if (code == CLI_OK)
		code = show_list(&listing, query);
	free(found);
	return code;
}

/* ---- why one ended ---- */

struct ending {
	const struct pd_notice *notice;
	struct pd_decoder *decoder;
	bool past; /* whatever comes now comes after it */
	char reason[REASON_BYTES];
};

static void on_ending(struct cli *cli, struct pd_client *client, const struct pd_message *row, void *arg)
{
	struct ending *ending = arg;
	struct pd_message event;
	struct pd_fault fault;
	size_t off = 0;
	(void)cli, (void)client;
	pd_decoder_reset(ending->decoder);
	if (row->type != PD_MSG_past ||
	    pd_decode(ending->decoder, row->past.event.data, row->past.event.bytes, &off, &event, &fault))
		return;
	if (event.area_set.time_ms > ending->notice->ended_ms) /* all events begin alike */
		ending->past = true;
	const struct pd_notice_ended *ended = &event.notice_ended;
	if (event.type != PD_MSG_notice_ended ||
	    memcmp(&ended->notice, &ending->notice->notice, sizeof ended->notice) != 0)
		return;
	if (ended->plan)
		snprintf(ending->reason, sizeof ending->reason, _("plan %u, which sent it, is on no longer"),
			 ended->plan);
	else
		snprintf(ending->reason, sizeof ending->reason, "%.*s", (int)ended->reason.bytes, ended->reason.data);
	ending->past = true;
}

static bool is_before_ending(void *arg)
{
	return !((const struct ending *)arg)->past;
}

/* Why it ended before its time: its last event says so. */
static int read_reason(struct cli *cli, struct pd_client *client, struct ending *ending)
{
	struct pd_message query = {.type = PD_MSG_get_stats}, answer;
	const struct pd_notice *notice = ending->notice;
	bool more;
	ending->reason[0] = 0;
	if (!notice->ended_ms || notice->ended_ms >= notice->until_ms)
		return CLI_OK;
	int code = cli_call(cli, client, &query, &answer);
	query = (struct pd_message){.type = PD_MSG_read_events, .read_events = {.area = notice->area}};
	if (code == CLI_OK)
		code = pages_event_before(cli, client, notice->ended_ms, answer.stats.seq,
					  &query.read_events.after_seq);
	ending->decoder = pd_decoder_new_client();
	if (!ending->decoder)
		abort();
	if (code == CLI_OK)
		code = pages_walk(cli, client, &query, on_ending, is_before_ending, ending, &more);
	pd_decoder_free(ending->decoder);
	return code;
}

/* ---- one, as it is shown ---- */

static void print_pair(const char *label, const char *text)
{
	print_column(stdout, label, LABEL_COLUMNS);
	print_text(stdout, pd_text(text));
	putchar('\n');
}

/* Which people are its members, when not all are. */
static void print_posts(unsigned posts)
{
	const char *between = "";
	if (!posts)
		return;
	print_column(stdout, _("posts"), LABEL_COLUMNS);
	for (unsigned post = 1; post < PD_post_end; post++) {
		if (!(posts & 1u << post))
			continue;
		printf("%s%s", between, intl_word("post", post));
		between = ", ";
	}
	putchar('\n');
}

static void print_notice(struct cli *cli, struct pd_client *client, const struct pd_notice *notice, const char *reason)
{
	char id[PD_ID_TEXT_BYTES], text[PATH_BYTES], time[PRINT_TIME_BYTES];
	print_pair(_("notice"), pd_id_print(&notice->notice, id));
	print_pair(_("kind"), intl_word("notice_kind", notice->kind));
	print_pair(_("wants"), intl_word("want", notice->want));
	print_pair(_("members"), intl_word("member_sort", notice->sort));
	print_posts(notice->posts);
	print_pair(_("area"), names_path(cli, client, notice->area, text, sizeof text));
	print_pair(_("sent"), print_time(notice->time_ms, time));
	print_pair(_("by"), tell_person(cli, client, notice->actor, text, sizeof text));
	if (notice->ended_ms)
		print_pair(_("ended"), print_time(notice->ended_ms, time));
	else
		print_pair(_("until"), print_time(notice->until_ms, time));
	if (reason[0])
		print_pair(_("reason"), reason);
	if (notice->orders) {
		print_column(stdout, _("orders"), LABEL_COLUMNS);
		printf("%" PRIu32 "\n", notice->orders);
	}
	if (notice->reminders) {
		print_column(stdout, _("reminders"), LABEL_COLUMNS);
		printf("%" PRIu32 "\n", notice->reminders);
	}
	print_column(stdout, _("text"), LABEL_COLUMNS);
	print_text(stdout, notice->text);
	printf("\n\n");
}

int notice_show_one(struct cli *cli, struct pd_client *client, const struct pd_id *notice, uint32_t area)
{
	struct listing listing = {.cli = cli, .client = client};
	struct pd_message query = {.type = PD_MSG_get_progress, .get_progress = {*notice, area}};
	struct notice_found *found = malloc(sizeof *found);
	if (!found)
		abort();
	struct ending ending = {.notice = &found->row};
	int code = notice_read(cli, client, notice, found);
	if (code == CLI_OK)
		code = read_reason(cli, client, &ending);
	if (code == CLI_OK) {
		struct pd_message message = {.type = PD_MSG_notice, .notice = found->row};
		listing.labels = found->labels;
		json_init(&listing.json, stdout);
		if (cli->json) {
			json_object(&listing.json, NULL);
			tell_json(&listing.json, "notice", cli, client, &message);
			json_string(&listing.json, "reason", ending.reason);
			json_array(&listing.json, "progress");
		} else {
			print_notice(cli, client, &found->row, ending.reason);
		}
		code = show_rows(&listing, &query);
	}
	if (cli->json && code == CLI_OK) {
		json_end(&listing.json);
		json_end(&listing.json);
	}
	free(found);
	return code;
}

void notice_tell(struct cli *cli, struct pd_client *client, const struct pd_message *notified, uint32_t reminder)
{
	const struct pd_notified *n = &notified->notified;
	char id[PD_ID_TEXT_BYTES], time[PRINT_TIME_BYTES];
	struct json json;
	if (cli->json) {
		json_init(&json, stdout);
		json_object(&json, NULL);
		tell_json(&json, "notice", cli, client, notified);
		json_number(&json, "reminder", reminder);
		json_end(&json);
		return;
	}
	/* A reminder says nothing of when it was made: it comes at once. */
	printf("%s  ", print_time(reminder ? print_wall_ms() : n->time_ms, time));
	if (reminder)
		printf(_("reminder %u of "), reminder);
	printf(_("%s %s, wants %s, until %s: "), intl_word("notice_kind", n->kind), pd_id_print(&n->notice, id),
	       intl_word("want", n->want), print_time(n->until_ms, time));
	print_text(stdout, n->text);
	putchar('\n');
}
