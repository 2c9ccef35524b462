/* cmd_duties.c - paidan duties: recurring orders, and when they come next.
 *
 * When a duty comes next depends on the calendar: calendars and duties are read from the broker into a registry of our
 * own, and the core says when.
 */
#include <inttypes.h>

#include "calendar.h"
#include "duty.h"
#include "intl.h"
#include "setup.h"
#include "tell.h"

struct roster {
	struct setup setup; /* first: setup.take gets it */
	struct registry *registry;
};

static void take_calendar(struct setup *setup, const struct pd_message *event)
{
	registry_apply(((struct roster *)setup)->registry, event);
}

static void weekdays_cell(struct setup *setup, const struct pd_duty_set *set)
{
	char digits[8];
	int count = 0;
	for (int day = 0; day < 7; day++)
		if (set->weekdays & 1u << day)
			digits[count++] = (char)('1' + day);
	digits[count] = 0;
	table_cell(setup->table, "%s", count ? digits : "-");
}

static uint64_t next_ms(const struct roster *roster, const struct duty *duty)
{
	uint64_t next = duty->retired ? UINT64_MAX : duty_next(roster->registry, duty, duty_since(duty));
	return next == UINT64_MAX ? 0 : next;
}

static void take_duty(struct setup *setup, const struct pd_message *event)
{
	struct roster *roster = (struct roster *)setup;
	const struct pd_duty_set *set = &event->duty_set;
	char time[PRINT_TIME_BYTES];
	registry_apply(roster->registry, event);
	const struct duty *duty = (const struct duty *)registry_find(roster->registry, REGISTRY_DUTIES, set->duty);
	if (setup->cli->json) {
		json_object(&setup->json, NULL);
		tell_json(&setup->json, "duty", setup->cli, setup->client, event);
		json_number(&setup->json, "next_ms", next_ms(roster, duty));
		json_end(&setup->json);
		return;
	}
	table_cell(setup->table, "%" PRIu32, set->duty);
	table_cell(setup->table, set->retired ? _("%.*s (retired)") : "%.*s", (int)set->name.bytes, set->name.data);
	setup_name(setup, NAME_CATEGORY, set->category);
	setup_name(setup, NAME_AREA, set->area);
	table_cell(setup->table, "%s", set->each ? _("each micro-grid") : _("the area"));
	weekdays_cell(setup, set);
	if (set->month_day)
		table_cell(setup->table, "%u", set->month_day);
	else
		table_cell(setup->table, "-");
	table_cell(setup->table, "%02u:%02u", set->minute / 60, set->minute % 60);
	table_cell(setup->table, "%s", print_time(set->last_ms, time));
	table_cell(setup->table, "%s", print_time(next_ms(roster, duty), time));
}

static const char *const titles[] = {
	N_(">DUTY"), N_("NAME"), N_("CATEGORY"),  N_("AREA"),      N_("FOR"), N_("WEEKDAYS"),
	N_(">DAY"),  N_("AT"),   N_("LAST TIME"), N_("NEXT TIME"), NULL};

static int show(struct roster *roster)
{
	struct setup *setup = &roster->setup;
	setup->take = take_calendar;
	int code = setup_each(setup, PD_MSG_calendar_set);
	if (code != CLI_OK)
		return code;
	json_init(&setup->json, stdout);
	if (setup->cli->json)
		json_array(&setup->json, NULL);
	else
		setup->table = table_new(titles);
	setup->take = take_duty;
	code = setup_each(setup, PD_MSG_duty_set);
	if (code == CLI_OK && setup->cli->json)
		json_end(&setup->json);
	else if (code == CLI_OK)
		table_print(setup->table, stdout);
	table_free(setup->table);
	return code;
}

int cmd_duties(struct cli *cli, int argc, char **argv)
{
	const char *word;
	struct roster roster = {.setup = {.cli = cli}};
	if (cli_args(cli, argc, argv, NULL, &word, 0, 0) < 0)
		return (int)cli->exit;
	enum pd_err err = cli_open(cli, &roster.setup.client);
	if (err)
		return (int)cli_exit_of(err);
	roster.registry = registry_new(1);
	int code = show(&roster);
	registry_free(roster.registry);
	pd_client_close(roster.setup.client);
	return code;
}
