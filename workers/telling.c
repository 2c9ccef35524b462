#include "telling.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "intl.h"
#include "print.h"
#include "show.h"
#include "text.h"

enum { EXCERPT_CHARS = 24, EVENT_TYPES = 256 };

/* Sorts of orders as they are submitted; other sorts are the types of events. Of rules a sort for each kind of area
 * that gets the order. */
enum sort { BY_COORDINATE, BY_COURIER, BY_DUTY, BY_RULE, SORTS = BY_RULE + PD_area_kind_end };

struct telling {
	const struct roster *roster;
	uint64_t every_ms;
	uint64_t orders_ms[SORTS], events_ms[EVENT_TYPES]; /* when each was told last; 0: never */
};

struct telling *telling_new(const struct roster *roster, uint64_t every_ms)
{
	struct telling *telling = calloc(1, sizeof *telling);
	if (!telling)
		abort();
	telling->roster = roster;
	telling->every_ms = every_ms;
	return telling;
}

void telling_free(struct telling *telling)
{
	free(telling);
}

/* Whether its turn has come again; if so, it is told now. */
static bool turn(const struct telling *telling, uint64_t *told_ms, uint64_t now_ms)
{
	if (*told_ms && now_ms - *told_ms < telling->every_ms)
		return false;
	*told_ms = now_ms;
	return true;
}

/* ---- lines ---- */

static void begin(uint64_t time_ms, const char *what)
{
	char when[SHOW_TIME_BYTES];
	printf("%s  %s%s", show_time(time_ms, when), what, _(": "));
}

static void say_words(struct pd_slice words)
{
	struct pd_buffer tidy = {0};
	text_tidy(&tidy, words.data, words.bytes, EXCERPT_CHARS);
	if (tidy.count) /* no words, no data */
		fwrite(tidy.data, 1, tidy.count, stdout);
	pd_buffer_fini(&tidy);
}

static void say_area(const struct telling *telling, uint32_t id)
{
	const struct roster_area *area = roster_area(telling->roster, id);
	char name[SHOW_NAME_BYTES];
	if (area)
		fputs(print_clean(pd_text(area->name), name, sizeof name), stdout);
	else
		printf("%" PRIu32, id);
}

static void end(const struct pd_id *id)
{
	char text[PD_ID_TEXT_BYTES];
	if (id)
		printf("  %s", pd_id_print(id, text));
	putchar('\n');
	fflush(stdout);
}

/* ---- orders ---- */

/* What is remarkable about an order; null: nothing is. */
static const char *sort_of(const struct telling *telling, const struct pd_submitted *submitted, unsigned *sort)
{
	const struct roster_area *holder = roster_area(telling->roster, submitted->holder);
	if (submitted->duty) {
		*sort = BY_DUTY;
		return _("from the duty roster");
	}
	if (submitted->rule && holder && holder->kind < PD_area_kind_end) {
		*sort = BY_RULE + holder->kind;
		return _("sent on by a rule");
	}
	if (submitted->picture.bytes) {
		*sort = BY_COURIER;
		return _("reported with coordinate and picture");
	}
	*sort = BY_COORDINATE;
	return submitted->route == PD_route_step_coordinate || submitted->route == PD_route_step_nearest
		       ? _("found by its coordinate")
		       : NULL;
}

static void tell_submitted(struct telling *telling, const struct pd_submitted *submitted, uint64_t now_ms)
{
	unsigned sort;
	const char *what = sort_of(telling, submitted, &sort);
	if (!what || !turn(telling, &telling->orders_ms[sort], now_ms))
		return;
	begin(submitted->time_ms, what);
	say_words(submitted->text);
	fputs(" → ", stdout);
	say_area(telling, submitted->holder);
	end(&submitted->order);
}

static const char *what_moved(enum pd_type type)
{
	switch (type) {
	case PD_MSG_escalated: return _("nobody answered in time, it climbs");
	case PD_MSG_urged: return _("urged");
	case PD_MSG_followed: return _("a neighbour follows");
	case PD_MSG_endorsed: return _("a neighbour agrees that it is done");
	case PD_MSG_merged: return _("merged with one that says the same");
	case PD_MSG_reopened: return _("not done, says the resident: reopened");
	case PD_MSG_redated: return _("due at another time, for a plan");
	case PD_MSG_rerouted: return _("follows the registry");
	case PD_MSG_lapsed: return _("its roll-call or round of visits has ended, and so has the order");
	default: return NULL;
	}
}

static void tell_move(struct telling *telling, const struct pd_message *event, uint64_t now_ms)
{
	const struct pd_order_event *common = &event->order_event;
	const char *what = what_moved(event->type);
	char due[SHOW_TIME_BYTES];
	if (!what || !turn(telling, &telling->events_ms[event->type], now_ms))
		return;
	begin(common->time_ms, what);
	struct pd_slice words = pd_said(event);
	say_words(words);
	fputs(words.bytes ? " · " : "", stdout);
	if (common->from && common->from != common->holder) {
		say_area(telling, common->from);
		fputs(" → ", stdout);
	}
	say_area(telling, common->holder);
	if (event->type == PD_MSG_redated)
		printf(" · %s", show_time(common->due_ms, due));
	end(&common->order);
}

/* ---- everything else ---- */

static void tell_area(struct telling *telling, uint64_t time_ms, const char *what, uint32_t area, struct pd_slice words,
		      const struct pd_id *id)
{
	begin(time_ms, what);
	say_area(telling, area);
	fputs(words.bytes ? " · " : "", stdout);
	say_words(words);
	end(id);
}

static void tell_ended(struct telling *telling, const struct pd_notice_ended *ended)
{
	char text[160];
	snprintf(text, sizeof text, _("of %" PRIu32 " members %" PRIu32 " have given what was wanted"), ended->members,
		 ended->answered);
	tell_area(telling, ended->time_ms, _("ended"), ended->area, pd_text(text), &ended->notice);
}

void telling_event(struct telling *telling, const struct pd_message *event, uint64_t now_ms)
{
	const struct pd_notified *notified = &event->notified;
	const struct pd_slice none = {0};
	switch (event->type) {
	case PD_MSG_submitted: tell_submitted(telling, &event->submitted, now_ms); return;
	case PD_MSG_notified:
		tell_area(telling, notified->time_ms,
			  notified->posts ? _("called out") : intl_word("notice_kind", notified->kind), notified->area,
			  notified->text, &notified->notice);
		return;
	case PD_MSG_missing_reminded:
		tell_area(telling, event->missing_reminded.time_ms, _("the missing are reminded"),
			  event->missing_reminded.area, none, &event->missing_reminded.notice);
		return;
	case PD_MSG_notice_ended: tell_ended(telling, &event->notice_ended); return;
	case PD_MSG_mode_begun:
		tell_area(telling, event->mode_begun.time_ms, _("an emergency plan is on"), event->mode_begun.area,
			  none, NULL);
		return;
	case PD_MSG_mode_ended:
		tell_area(telling, event->mode_ended.time_ms, _("the emergency plan is off"), event->mode_ended.area,
			  event->mode_ended.reason, NULL);
		return;
	case PD_MSG_listed:
		tell_area(telling, event->listed.time_ms, intl_word("listing_side", event->listed.side),
			  event->listed.area, event->listed.text, NULL);
		return;
	case PD_MSG_claimed:
		tell_area(telling, event->claimed.time_ms, _("claimed"), event->claimed.by, none, NULL);
		return;
	case PD_MSG_fulfilled:
		tell_area(telling, event->fulfilled.time_ms, _("fulfilled"), event->fulfilled.by,
			  event->fulfilled.result, NULL);
		return;
	default:
		if (pd_is_order_event(event->type))
			tell_move(telling, event, now_ms);
	}
}
