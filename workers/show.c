#include "show.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

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

static const char *word_zh(const char *set, unsigned code)
{
	size_t count;
	const struct pd_word *words = pd_words(&count);
	for (size_t i = 0; i < count; i++)
		if (words[i].code == code && strcmp(words[i].set, set) == 0)
			return words[i].zh;
	return "?";
}

static void show_category(const struct roster *roster, uint32_t id)
{
	const struct roster_category *category = roster_category(roster, id);
	if (category)
		show_text(pd_text(category->name), "");
	else
		printf("category %" PRIu32, id);
}

static void show_area(const struct roster *roster, uint32_t id)
{
	const struct roster_area *area = roster_area(roster, id);
	printf("area %" PRIu32 " ", id);
	if (area)
		show_text(pd_text(area->name), "");
}

void show_order(const struct roster *roster, unsigned number, const struct worker_order *order, const char *address)
{
	static const char *const indent = "      ";
	const struct pd_submitted *submitted = &order->submitted;
	char due[SHOW_TIME_BYTES];
	printf("[%u] %s %s ", number, pd_word("urgency", submitted->urgency), word_zh("urgency", submitted->urgency));
	show_category(roster, submitted->category);
	if (address)
		printf("  ");
	if (address)
		show_text(pd_text(address), indent);
	if (submitted->household)
		printf("  (household %" PRIu32 ")", submitted->household);
	if (order->attempt > 1)
		printf("  (attempt %u)", order->attempt);
	printf("\n%s", indent);
	show_text(submitted->text, indent);
	if (submitted->place.bytes) {
		printf("\n%splace: ", indent);
		show_text(submitted->place, indent);
	}
	const char *what = order->stage == WORKER_OFFERED ? "to be accepted" : "accepted; to be completed";
	if (order->due_ms)
		printf("\n%s%s by %s\n", indent, what, show_time(order->due_ms, due));
	else
		printf("\n%s%s\n", indent, what);
}

void show_person(const struct roster *roster, uint32_t id)
{
	const struct roster_person *person = roster_person(roster, id);
	if (id == 0)
		printf("the operator");
	else
		printf("person %" PRIu32 "%s", id, person ? " " : "");
	if (person)
		show_text(pd_text(person->name), "");
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

void show_event(const struct roster *roster, const struct pd_message *event)
{
	const struct pd_order_event *common = &event->order_event;
	const struct pd_move *move = pd_move_of(event->type);
	printf("%s", event->type == PD_MSG_closed ? "closed, for nobody confirmed it in time"
		     : move                       ? move->event
						  : "?");
	if (event->type != PD_MSG_closed) {
		printf(" by ");
		show_person(roster, common->actor);
	}
	if (event->type == PD_MSG_confirmed) {
		printf(" ");
		show_stars(event->confirmed.rating);
	}
	show_words(event->type == PD_MSG_confirmed ? " " : ": ", pd_said(event));
	if (common->holder != common->from && common->from) {
		printf("; it is now with ");
		show_area(roster, common->holder);
	}
	printf("\n");
}

void show_past(const struct roster *roster, const struct pd_message *event)
{
	const struct pd_order_event *common = &event->order_event;
	char when[SHOW_TIME_BYTES];
	printf("      %s  ", show_time(common->time_ms, when));
	show_event(roster, event);
}
