#include "show.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "id.h"
#include "intl.h"
#include "print.h"
#include "text.h"

char *show_time(uint64_t time_ms, char text[static SHOW_TIME_BYTES])
{
	time_t seconds = (time_t)(time_ms / 1000), now = time(NULL);
	struct tm then, today;
	localtime_r(&seconds, &then);
	localtime_r(&now, &today);
	bool is_today = then.tm_year == today.tm_year && then.tm_yday == today.tm_yday;
	strftime(text, SHOW_TIME_BYTES, is_today ? "%H:%M:%S" : "%Y-%m-%d %H:%M:%S", &then);
	return text;
}

void show_text(struct pd_slice text, const char *indent)
{
	struct pd_buffer tidy = {0};
	text_tidy(&tidy, text.data, text.bytes, SIZE_MAX);
	for (size_t i = 0; i < tidy.count; i++) {
		putchar(tidy.data[i]);
		if (tidy.data[i] == '\n')
			fputs(indent, stdout);
	}
	pd_buffer_fini(&tidy);
}

static void show_category(const struct roster *roster, uint32_t id)
{
	const struct roster_category *category = roster_category(roster, id);
	if (category)
		show_text(pd_text(category->name), "");
	else
		printf(_("category %" PRIu32), id);
}

static const char *area_words(const struct roster *roster, uint32_t id, char text[static SHOW_NAME_BYTES])
{
	const struct roster_area *area = roster_area(roster, id);
	char name[SHOW_NAME_BYTES - 32];
	if (area)
		snprintf(text, SHOW_NAME_BYTES, _("area %" PRIu32 " %s"), id,
			 print_clean(pd_text(area->name), name, sizeof name));
	else
		snprintf(text, SHOW_NAME_BYTES, _("area %" PRIu32), id);
	return text;
}

/* An order by which a roll-call or visits were handed out: what is to be answered, and who is still missing. */
static void show_roll(unsigned number, const struct pd_submitted *submitted, const char *indent)
{
	if (pd_id_is_zero(&submitted->notice))
		return;
	printf("\n%s", indent);
	printf(_("to be answered one by one; who is missing: m %u"), number);
}

void show_order(const struct roster *roster, unsigned number, const struct worker_order *order, const char *address)
{
	static const char *const indent = "      ";
	const struct pd_submitted *submitted = &order->submitted;
	char due[SHOW_TIME_BYTES];
	printf("[%u] %s ", number, intl_word("urgency", submitted->urgency));
	show_category(roster, submitted->category);
	if (address)
		printf("  ");
	if (address)
		show_text(pd_text(address), indent);
	if (submitted->household)
		printf(_("  (household %" PRIu32 ")"), submitted->household);
	if (order->attempt > 1)
		printf(_("  (attempt %u)"), order->attempt);
	printf("\n%s", indent);
	show_text(submitted->text, indent);
	if (submitted->place.bytes) {
		printf("\n%s%s", indent, _("place: "));
		show_text(submitted->place, indent);
	}
	show_roll(number, submitted, indent);
	bool offered = order->stage == WORKER_OFFERED;
	printf("\n%s", indent);
	if (order->put_off)
		printf(_("accepted, and put off until %s\n"), show_time(order->due_ms, due));
	else if (order->due_ms)
		printf(offered ? _("to be accepted by %s\n") : _("accepted; to be completed by %s\n"),
		       show_time(order->due_ms, due));
	else
		puts(offered ? _("to be accepted") : _("accepted; to be completed"));
}

const char *show_person(const struct roster *roster, uint32_t id, char text[static SHOW_NAME_BYTES])
{
	const struct roster_person *person = roster_person(roster, id);
	char name[SHOW_NAME_BYTES - 32];
	if (id == 0)
		snprintf(text, SHOW_NAME_BYTES, "%s", _("the operator"));
	else if (person)
		snprintf(text, SHOW_NAME_BYTES, _("person %" PRIu32 " %s"), id,
			 print_clean(pd_text(person->name), name, sizeof name));
	else
		snprintf(text, SHOW_NAME_BYTES, _("person %" PRIu32), id);
	return text;
}

static void show_words(const char *before, struct pd_slice words)
{
	if (!words.bytes)
		return;
	fputs(before, stdout);
	show_text(words, " ");
}

static void show_stars(unsigned rating)
{
	for (unsigned i = 0; i < 5; i++)
		fputs(i < rating ? "★" : "☆", stdout);
}

static const char *why_climbed(unsigned why)
{
	switch (why) {
	case PD_escalation_not_accepted: return _("it climbed, for nobody accepted it in time");
	case PD_escalation_not_completed: return _("it climbed, for it was not completed in time");
	default: return _("it climbed, for nothing was said of it for long");
	}
}

void show_event(const struct roster *roster, const struct pd_message *event)
{
	const struct pd_order_event *common = &event->order_event;
	char who[SHOW_NAME_BYTES], area[SHOW_NAME_BYTES];
	if (event->type == PD_MSG_closed)
		fputs(_("closed, for nobody confirmed it in time"), stdout);
	else if (event->type == PD_MSG_escalated)
		fputs(why_climbed(event->escalated.why), stdout);
	else if (event->type == PD_MSG_lapsed)
		fputs(_("lapsed, for its roll-call or round of visits has ended"), stdout);
	else if (event->type == PD_MSG_reminded)
		fputs(_("its acceptor was reminded, for nothing was said of it for long"), stdout);
	else if (event->type == PD_MSG_resumed && common->actor == 0)
		fputs(_("it goes on"), stdout);
	else
		printf(_("%s by %s"), intl_move(event->type), show_person(roster, common->actor, who));
	if (event->type == PD_MSG_confirmed) {
		printf(" ");
		show_stars(event->confirmed.rating);
	}
	show_words(event->type == PD_MSG_confirmed ? " " : _(": "), pd_said(event));
	if (common->holder != common->from && common->from)
		printf(_("; it is now with %s"), area_words(roster, common->holder, area));
	printf("\n");
}

void show_past(const struct roster *roster, const struct pd_message *event)
{
	const struct pd_order_event *common = &event->order_event;
	char when[SHOW_TIME_BYTES];
	printf("      %s  ", show_time(common->time_ms, when));
	show_event(roster, event);
}
