/* cmd_calendar.c - paidan calendar: which days are worked, by the calendars that are set; setting them; computing with
 * them. The core computes: a registry of the calendars alone is all that it needs. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "calendar.h"
#include "calendar_csv.h"
#include "cli.h"
#include "intl.h"
#include "json.h"
#include "moment.h"
#include "pages.h"
#include "print.h"
#include "registry_text.h"

enum { WORDS_MAX = 64, DATE_BYTES = 16, NOVEMBER = 11 };

struct words {
	const char *list[WORDS_MAX];
	int count;
	const char *due, *hours;
	bool check, dry_run, yes;
};

/* ---- what is set ---- */

static void take_calendar(struct cli *cli, struct pd_client *client, const struct pd_message *event, void *arg)
{
	(void)cli;
	(void)client;
	if (event->type == PD_MSG_calendar_set)
		registry_apply(arg, event);
}

static int read_calendars(struct cli *cli, struct pd_client *client, struct registry *registry)
{
	return pages_setup(cli, client, PD_MSG_calendar_set, take_calendar, NULL, registry);
}

static const struct calendar *find_calendar(const struct registry *registry, uint32_t year)
{
	const struct entity *entity = registry_find(registry, REGISTRY_CALENDARS, year);
	return entity && !entity->retired ? (const struct calendar *)entity : NULL;
}

static uint32_t year_of(uint64_t ms)
{
	return calendar_date_of(calendar_day_of(ms)).year;
}

/* ---- a year ---- */

/* A year as it is shown. put: what its calendar says, all empty when it has none. */
struct year {
	struct cli *cli;
	const struct registry *registry;
	const struct pd_put_calendar *put;
	struct pd_u64s hours;
	uint32_t year;
	bool there;
};

static const char *weekday(uint32_t day)
{
	static const char *const days[] = {N_("Mon"), N_("Tue"), N_("Wed"), N_("Thu"), N_("Fri"), N_("Sat"), N_("Sun")};
	return _(days[calendar_weekday(day)]);
}

static char *print_date(uint64_t yyyymmdd, char text[static DATE_BYTES])
{
	snprintf(text, DATE_BYTES, "%04u-%02u-%02u", (unsigned)(yyyymmdd / 10000 % 10000),
		 (unsigned)(yyyymmdd / 100 % 100), (unsigned)(yyyymmdd % 100));
	return text;
}

static unsigned worked_days(const struct year *year)
{
	uint32_t day = calendar_day_at((struct calendar_date){year->year, 1, 1});
	uint32_t end = calendar_day_at((struct calendar_date){year->year + 1, 1, 1});
	unsigned worked = 0;
	for (; day < end; day++)
		worked += calendar_is_worked(year->registry, day);
	return worked;
}

static void day_cell(struct table *table, uint64_t yyyymmdd)
{
	char date[DATE_BYTES];
	uint32_t day = 0;
	calendar_parse(yyyymmdd, &day);
	table_cell(table, "%s %s", print_date(yyyymmdd, date), weekday(day));
}

/* Days that follow each other and are called the same are one row. */
static void print_holidays(const struct year *year)
{
	static const char *const titles[] = {N_("HOLIDAY"), N_("FROM"), N_("TO"), N_(">DAYS"), NULL};
	const struct pd_u64s *days = &year->put->holidays;
	struct table *table = table_new(titles);
	for (uint32_t i = 0, last; i < days->count; i = last + 1) {
		struct pd_slice name = calendar_csv_name(year->put->names, i);
		uint32_t day = 0, next;
		calendar_parse(days->values[i], &day);
		for (last = i; last + 1 < days->count; last++) {
			struct pd_slice other = calendar_csv_name(year->put->names, last + 1);
			if (!calendar_parse(days->values[last + 1], &next) || next != day + (last + 1 - i) ||
			    name.bytes != other.bytes || memcmp(name.data, other.data, name.bytes) != 0)
				break;
		}
		table_text(table, name);
		day_cell(table, days->values[i]);
		day_cell(table, days->values[last]);
		table_cell(table, "%" PRIu32, last - i + 1);
	}
	table_print(table, stdout);
	table_free(table);
}

static void print_worked(const struct year *year)
{
	static const char *const titles[] = {N_("WORKED"), N_("NAME"), NULL};
	const struct pd_u64s *days = &year->put->workdays;
	struct table *table = table_new(titles);
	if (days->count)
		putchar('\n');
	for (uint32_t i = 0; i < days->count; i++) {
		day_cell(table, days->values[i]);
		table_text(table, calendar_csv_name(year->put->names, year->put->holidays.count + i));
	}
	if (days->count)
		table_print(table, stdout);
	table_free(table);
}

static void print_year(const struct year *year)
{
	struct pd_buffer hours = {0};
	if (!year->there)
		printf(_("%" PRIu32 " has no calendar: all but Saturdays and Sundays is worked, in the usual hours\n"),
		       year->year);
	calendar_csv_print_hours(year->hours, ", ", &hours);
	printf(_("%" PRIu32 ": %u days are worked, %.*s\n"), year->year, worked_days(year), (int)hours.count,
	       hours.data);
	pd_buffer_fini(&hours);
	if (!year->there)
		return;
	putchar('\n');
	print_holidays(year);
	print_worked(year);
}

static void json_days(struct json *json, const char *key, const struct year *year, const struct pd_u64s *days,
		      uint32_t first_name)
{
	char date[DATE_BYTES];
	json_array(json, key);
	for (uint32_t i = 0; i < days->count; i++) {
		json_object(json, NULL);
		json_string(json, "date", print_date(days->values[i], date));
		json_text(json, "name", calendar_csv_name(year->put->names, first_name + i));
		json_end(json);
	}
	json_end(json);
}

static void tell_year(const struct year *year)
{
	struct pd_buffer hours = {0};
	struct json json;
	calendar_csv_print_hours(year->hours, " ", &hours);
	json_init(&json, stdout);
	json_object(&json, NULL);
	json_number(&json, "year", year->year);
	json_bool(&json, "there", year->there);
	json_text(&json, "hours", (struct pd_slice){hours.data, (uint32_t)hours.count});
	json_number(&json, "days_worked", worked_days(year));
	json_days(&json, "holidays", year, &year->put->holidays, 0);
	json_days(&json, "workdays", year, &year->put->workdays, year->put->holidays.count);
	json_end(&json);
	pd_buffer_fini(&hours);
}

static int show_year(struct cli *cli, struct registry *registry, uint32_t number)
{
	struct pd_message put = {.type = PD_MSG_put_calendar, .put_calendar.calendar = number};
	struct year year = {.cli = cli, .registry = registry, .put = &put.put_calendar, .year = number};
	uint64_t minutes[CALENDAR_HOURS_MAX];
	year.there = find_calendar(registry, number);
	if (!year.there) {
		struct pd_message usual = {.type = PD_MSG_calendar_set, .calendar_set.calendar = number};
		registry_apply(registry, &usual);
	}
	const struct calendar *calendar = find_calendar(registry, number);
	if (year.there)
		registry_put_of(registry, REGISTRY_CALENDARS, &calendar->entity, &put);
	for (unsigned i = 0; i < calendar->hours_count; i++)
		minutes[i] = calendar->hours[i];
	year.hours = (struct pd_u64s){minutes, calendar->hours_count};
	if (cli->json)
		tell_year(&year);
	else
		print_year(&year);
	return CLI_OK;
}

/* ---- --check ---- */

/* The official calendar of a year is published in the November before. */
static int check_years(struct cli *cli, const struct registry *registry)
{
	struct calendar_date now = calendar_date_of(calendar_day_of(print_wall_ms()));
	struct json json;
	int code = CLI_OK;
	bool any = false;
	json_init(&json, stdout);
	if (cli->json)
		json_array(&json, NULL);
	for (uint32_t year = now.year - 1; year <= now.year + 1; year++) {
		if (find_calendar(registry, year))
			continue;
		any = true;
		if (year == now.year || (year > now.year && now.month >= NOVEMBER))
			code = CLI_REFUSED;
		if (cli->json)
			json_number(&json, NULL, year);
		else
			printf(_("%" PRIu32 " has no calendar\n"), year);
	}
	if (cli->json)
		json_end(&json);
	else if (!any)
		printf(_("%" PRIu32 " to %" PRIu32 " have their calendars\n"), now.year - 1, now.year + 1);
	return code;
}

/* ---- --due ---- */

/* What was computed without a calendar may come out otherwise once there is one. */
static void warn_of_years(const struct cli *cli, const struct registry *registry, uint32_t first, uint32_t last)
{
	for (uint32_t year = first; year <= last; year++)
		if (!find_calendar(registry, year))
			cli_say(cli,
				_("%u has no calendar: all but its Saturdays and Sundays is taken as worked, in the "
				  "usual hours"),
				year);
}

/* "3workdays", "10days", "8workhours", or as moment.h has it. */
static bool read_span(const char *text, uint32_t *s, enum pd_clock *clock)
{
	static const struct {
		const char *unit;
		enum pd_clock clock;
		uint32_t s;
	} units[] = {{"workdays", PD_clock_workdays, CALENDAR_DAY_S}, {"workday", PD_clock_workdays, CALENDAR_DAY_S},
		     {"days", PD_clock_days, CALENDAR_DAY_S},         {"day", PD_clock_days, CALENDAR_DAY_S},
		     {"workhours", PD_clock_working, 3600},           {"workhour", PD_clock_working, 3600}};
	size_t digits = strspn(text, "0123456789");
	*clock = PD_clock_always;
	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
		if (digits == 0 || strcmp(text + digits, units[i].unit) != 0)
			continue;
		*clock = units[i].clock;
		return moment_span(text, digits, s) && *s <= 3660 && (*s *= units[i].s, true);
	}
	return moment_span(text, strlen(text), s);
}

static int show_due(struct cli *cli, const struct registry *registry, const struct words *words)
{
	uint64_t from_ms;
	uint32_t s;
	enum pd_clock clock;
	char time[PRINT_TIME_BYTES];
	struct json json;
	if (words->count != 1 || !read_span(words->list[0], &s, &clock))
		return cli_fail(cli, CLI_USAGE,
				_("how long? --due \"2026-02-13 16:00\" 3workdays; or 10days, 8workhours, 90m, 36h"));
	if (!moment_read(cli, "--due", words->due, &from_ms))
		return CLI_USAGE;
	uint64_t due_ms = calendar_add(registry, from_ms, s, clock);
	if (clock == PD_clock_workdays || clock == PD_clock_working)
		warn_of_years(cli, registry, year_of(from_ms), year_of(due_ms));
	if (!cli->json) {
		puts(print_time(due_ms, time));
		return CLI_OK;
	}
	json_init(&json, stdout);
	json_object(&json, NULL);
	json_number(&json, "due_ms", due_ms);
	json_end(&json);
	return CLI_OK;
}

/* ---- set ---- */

/* Problems are said with the file's own name, for there may be several. */
static bool read_file(const char *path, struct rows *rows)
{
	struct problems problems = {0};
	struct pd_buffer text = {0};
	size_t start, before = rows->tables[ROWS_CALENDARS].count;
	if (registry_text_read(path, ROWS_CALENDARS, &problems, &text, &start))
		(void)calendar_csv_read(rows, text.data + start, text.count - start, &problems);
	if (problems.count == 0 && rows->tables[ROWS_CALENDARS].count == before)
		problems_add(&problems, ROWS_CALENDARS, 0, _("the file names no day: a row is date,kind,name"));
	for (size_t i = before; i < rows->tables[ROWS_CALENDARS].count; i++)
		for (size_t j = 0; j < before; j++)
			if (rows_id(rows, ROWS_CALENDARS, i) == rows_id(rows, ROWS_CALENDARS, j))
				problems_add(&problems, ROWS_CALENDARS, rows->tables[ROWS_CALENDARS].marks[i].line,
					     _("year %u stands in a file before this one, too"),
					     rows_id(rows, ROWS_CALENDARS, i));
	problems_sort(&problems);
	for (size_t i = 0; i < problems.count && i < PROBLEMS_SHOWN_MAX; i++) {
		fflush(stdout);
		fprintf(stderr, problems.list[i].line ? "%s:%u: %s\n" : "%s:%.0u %s\n", path, problems.list[i].line,
			problems.list[i].text);
	}
	bool good = problems.count == 0;
	pd_buffer_fini(&text);
	problems_fini(&problems);
	return good;
}

static bool set_hours(struct rows *rows, const char *text)
{
	uint64_t *minutes = rows_numbers(rows, CALENDAR_CSV_HOURS_MAX);
	uint32_t count;
	if (!calendar_csv_hours(text, strlen(text), minutes, &count)) {
		cli_say(NULL, _("--hours: \"%s\" is not working hours: write them like 08:30-12:00,13:30-17:30"), text);
		return false;
	}
	for (size_t i = 0; i < rows->tables[ROWS_CALENDARS].count; i++)
		rows_calendar(rows, i)->hours = (struct pd_u64s){minutes, count};
	return true;
}

/* What becomes of a year's named days. lost: those of before that are named no longer. */
struct change {
	uint32_t year, before, now, lost;
};

static bool names_day(const struct pd_put_calendar *calendar, uint64_t yyyymmdd)
{
	const struct pd_u64s lists[] = {calendar->holidays, calendar->workdays};
	for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
		for (uint32_t j = 0; j < lists[i].count; j++)
			if (lists[i].values[j] == yyyymmdd)
				return true;
	return false;
}

static struct change compare_year(const struct registry *registry, const struct pd_put_calendar *now)
{
	const struct calendar *calendar = find_calendar(registry, now->calendar);
	struct pd_message was = {.type = PD_MSG_put_calendar};
	struct change change = {.year = now->calendar, .now = now->holidays.count + now->workdays.count};
	if (calendar)
		registry_put_of(registry, REGISTRY_CALENDARS, &calendar->entity, &was);
	const struct pd_u64s lists[] = {was.put_calendar.holidays, was.put_calendar.workdays};
	for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
		change.before += lists[i].count;
		for (uint32_t j = 0; j < lists[i].count; j++)
			change.lost += !names_day(now, lists[i].values[j]);
	}
	return change;
}

static void tell_change(const struct cli *cli, const struct change *change, struct json *json, const char *what,
			uint64_t seq)
{
	if (!cli->json) {
		printf("%s%s", what, _(": "));
		printf(P_("%u named day before", "%u named days before", change->before), change->before);
		printf(_(", %u now\n"), change->now);
		return;
	}
	json_object(json, NULL);
	json_number(json, "year", change->year);
	json_number(json, "days_before", change->before);
	json_number(json, "days", change->now);
	json_number(json, "days_lost", change->lost);
	json_number(json, "seq", seq);
	json_end(json);
}

static int put_calendar(struct cli *cli, struct pd_client *client, const struct rows *rows, size_t i,
			const struct change *change, struct json *json)
{
	struct pd_message put, answer;
	char what[PD_DETAIL_BYTES];
	rows_message(rows, ROWS_CALENDARS, i, &put);
	put.put_calendar.actor = cli->person;
	int code = cli_call(cli, client, &put, &answer);
	if (code != CLI_OK)
		return code;
	snprintf(what, sizeof what,
		 answer.ok.seq ? _("the calendar of %" PRIu32 " is set")
			       : _("the calendar of %" PRIu32 " is as it was"),
		 change->year);
	tell_change(cli, change, json, what, answer.ok.seq);
	return CLI_OK;
}

/* Sets the years, or only says what would become of them. */
static int put_calendars(struct cli *cli, struct pd_client *client, const struct rows *rows,
			 const struct change *changes, bool dry_run)
{
	struct json json;
	char what[PD_DETAIL_BYTES];
	int code = CLI_OK;
	json_init(&json, stdout);
	if (cli->json)
		json_array(&json, NULL);
	for (size_t i = 0; i < rows->tables[ROWS_CALENDARS].count && code == CLI_OK; i++) {
		if (!dry_run) {
			code = put_calendar(cli, client, rows, i, &changes[i], &json);
			continue;
		}
		snprintf(what, sizeof what, _("the calendar of %" PRIu32 " would be set"), changes[i].year);
		tell_change(cli, &changes[i], &json, what, 0);
	}
	if (cli->json && code == CLI_OK)
		json_end(&json);
	return code;
}

/* Nothing is set when days would be lost that nobody said may be. */
static int check_losses(const struct cli *cli, const struct change *changes, size_t count)
{
	int code = CLI_OK;
	for (size_t i = 0; i < count; i++) {
		if (changes[i].lost == 0)
			continue;
		cli_say(cli,
			P_("%u: a file is the whole year, and this one leaves out %u day that is named now",
			   "%u: a file is the whole year, and this one leaves out %u days that are named now",
			   changes[i].lost),
			changes[i].year, changes[i].lost);
		code = CLI_REFUSED;
	}
	return code == CLI_OK ? code : cli_fail(cli, code, _("nothing was set; --yes sets it all the same"));
}

static int change_calendars(struct cli *cli, struct pd_client *client, const struct rows *rows,
			    const struct words *words)
{
	size_t count = rows->tables[ROWS_CALENDARS].count;
	struct registry *registry = registry_new(0);
	struct change *changes = calloc(count + 1, sizeof *changes);
	if (!changes)
		abort();
	int code = read_calendars(cli, client, registry);
	for (size_t i = 0; i < count; i++)
		changes[i] = compare_year(registry, rows_calendar(rows, i));
	if (code == CLI_OK && !words->yes && !words->dry_run)
		code = check_losses(cli, changes, count);
	if (code == CLI_OK)
		code = put_calendars(cli, client, rows, changes, words->dry_run);
	free(changes);
	registry_free(registry);
	return code;
}

static int open_and_change(struct cli *cli, const struct rows *rows, const struct words *words)
{
	struct pd_client *client;
	enum pd_err err = cli_open(cli, &client);
	if (err)
		return (int)cli_exit_of(err);
	int code = change_calendars(cli, client, rows, words);
	pd_client_close(client);
	return code;
}

static int set_calendars(struct cli *cli, const struct words *words)
{
	struct rows *rows = rows_new();
	int code = CLI_OK;
	if (words->count < 2)
		code = cli_fail(cli, CLI_USAGE, _("which files? paidan calendar set FILE.csv..."));
	for (int i = 1; i < words->count; i++)
		if (!read_file(words->list[i], rows))
			code = CLI_REFUSED;
	if (code == CLI_OK && words->hours && !set_hours(rows, words->hours))
		code = CLI_USAGE;
	if (code == CLI_OK)
		code = open_and_change(cli, rows, words);
	rows_free(rows);
	return code;
}

/* ---- the command ---- */

static int answer(struct cli *cli, struct registry *registry, const struct words *words)
{
	uint64_t year = year_of(print_wall_ms());
	if (words->check)
		return check_years(cli, registry);
	if (words->due)
		return show_due(cli, registry, words);
	if (words->count && !cli_number("YEAR", words->list[0], 1970, 2200, &year))
		return CLI_USAGE;
	return show_year(cli, registry, (uint32_t)year);
}

static int ask(struct cli *cli, const struct words *words)
{
	struct pd_client *client;
	enum pd_err err = cli_open(cli, &client);
	if (err)
		return (int)cli_exit_of(err);
	struct registry *registry = registry_new(0);
	int code = read_calendars(cli, client, registry);
	if (code == CLI_OK)
		code = answer(cli, registry, words);
	registry_free(registry);
	pd_client_close(client);
	return code;
}

int cmd_calendar(struct cli *cli, int argc, char **argv)
{
	struct words words = {0};
	const struct cli_option options[] = {
		{"hours", "H", N_("of set: the working hours, otherwise those of the files, or the usual ones"),
		 &words.hours, NULL},
		{"dry-run", NULL, N_("of set: only say what would become of each year"), NULL, &words.dry_run},
		{"yes", NULL, N_("of set: also when days that are named now are left out"), NULL, &words.yes},
		{"check", NULL, N_("say which of the last, this and the next year has no calendar"), NULL,
		 &words.check},
		{"due", "T", N_("when so long has passed from T on: --due \"2026-02-13 16:00\" 3workdays"), &words.due,
		 NULL},
		{0},
	};
	words.count = cli_args(cli, argc, argv, options, words.list, 0, WORDS_MAX);
	if (words.count < 0)
		return (int)cli->exit;
	bool set = words.count && strcmp(words.list[0], "set") == 0;
	if (words.hours && !set)
		return cli_fail(cli, CLI_USAGE, _("--hours is for set"));
	if ((words.dry_run || words.yes) && !set)
		return cli_fail(cli, CLI_USAGE, _("--dry-run and --yes are for set"));
	if ((words.check && (words.due || words.count)) || (set && words.due))
		return cli_fail(cli, CLI_USAGE, _("one thing at a time: a year, set, --check or --due"));
	if (!set && words.count > 1)
		return cli_fail(cli, CLI_USAGE, _("\"%s\" is one word too many"), words.list[1]);
	return set ? set_calendars(cli, &words) : ask(cli, &words);
}
