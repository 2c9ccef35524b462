#include "tell.h"

#include <inttypes.h>
#include <string.h>

#include "intl.h"
#include "names.h"
#include "print.h"

enum { WHO_BYTES = 400, PATH_BYTES = 1100, VERB_COLUMNS = 11 };

/* ---- to programs ---- */

static uint64_t load(const void *at, enum pd_kind kind)
{
	switch (kind) {
	case PD_U8: return *(const uint8_t *)at;
	case PD_U16: return *(const uint16_t *)at;
	case PD_U32: return *(const uint32_t *)at;
	default: return *(const uint64_t *)at;
	}
}

static void json_name(struct json *json, struct cli *cli, struct pd_client *client, const struct pd_field *field,
		      uint64_t id)
{
	static const struct {
		const char *unit;
		enum name_kind kind;
	} named[] = {{"area", NAME_AREA}, {"person", NAME_PERSON}, {"category", NAME_CATEGORY}};
	char key[64];
	for (size_t i = 0; i < sizeof named / sizeof named[0]; i++) {
		if (strcmp(field->unit, named[i].unit) != 0)
			continue;
		const struct name *name = names_get(cli, client, named[i].kind, (uint32_t)id);
		snprintf(key, sizeof key, "%s_name", field->name);
		if (name->known)
			json_string(json, key, name->text);
		else
			json_null(json, key);
	}
}

static void json_unsigned(struct json *json, struct cli *cli, struct pd_client *client, const struct pd_field *field,
			  uint64_t value)
{
	if (strncmp(field->unit, "enum ", 5) != 0) {
		json_number(json, field->name, value);
		json_name(json, cli, client, field, value);
	} else if (value == 0) {
		json_null(json, field->name);
	} else {
		json_string(json, field->name, pd_word(field->unit + 5, (unsigned)value));
	}
}

/* {"waiting": 2, ...}: one number a word of the set, in the order of their codes. */
static void json_by_word(struct json *json, const char *key, const char *set, const struct pd_u64s *list)
{
	json_object(json, key);
	for (uint32_t i = 0; i < list->count; i++)
		json_number(json, pd_word(set, i + 1), list->values[i]);
	json_end(json);
}

static void json_list(struct json *json, const struct pd_field *field, const struct pd_u64s *list)
{
	json_array(json, field->name);
	for (uint32_t i = 0; i < list->count; i++)
		json_number(json, NULL, list->values[i]);
	json_end(json);
}

/* Numbers that mean more than one thing by turns, named. */
static void json_steps(struct json *json, const struct pd_u64s *steps)
{
	json_array(json, "steps_named");
	for (uint32_t i = 0; i + 1 < steps->count; i += 2) {
		json_object(json, NULL);
		json_string(json, "level", pd_word("level", (unsigned)steps->values[i]));
		json_number(json, "accept_within_s", steps->values[i + 1]);
		json_end(json);
	}
	json_end(json);
}

static void json_field(struct json *json, struct cli *cli, struct pd_client *client, const struct pd_field *field,
		       const void *at)
{
	switch (field->kind) {
	case PD_U8:
	case PD_U16:
	case PD_U32:
	case PD_U64: json_unsigned(json, cli, client, field, load(at, field->kind)); break;
	case PD_I32: json_signed(json, field->name, *(const int32_t *)at); break;
	case PD_BOOL: json_bool(json, field->name, *(const bool *)at); break;
	case PD_ID: json_id(json, field->name, at); break;
	case PD_TEXT: json_text(json, field->name, *(const struct pd_slice *)at); break;
	case PD_BIN: json_hex(json, field->name, *(const struct pd_slice *)at); break;
	case PD_U64S:
		json_list(json, field, at);
		if (strcmp(field->unit, "level, s") == 0)
			json_steps(json, at);
		break;
	}
}

void tell_json(struct json *json, const char *key, struct cli *cli, struct pd_client *client,
	       const struct pd_message *message)
{
	const struct pd_message_info *info = pd_message_info(message->type);
	json_object(json, key);
	if (info->role == PD_EVENT) {
		json_number(json, "seq", message->request);
		json_string(json, "type", info->name);
	}
	for (unsigned i = 0; i < info->field_count; i++)
		json_field(json, cli, client, &info->fields[i], (const char *)&message->ok + info->fields[i].offset);
	if (message->type == PD_MSG_counts)
		json_by_word(json, "by_state", "state", &message->counts.states);
	json_end(json);
}

/* ---- to people ---- */

char *tell_person(struct cli *cli, struct pd_client *client, uint32_t person, char *text, size_t text_bytes)
{
	if (person == 0) {
		snprintf(text, text_bytes, "%s", _("the operator"));
		return text;
	}
	const struct name *name = names_get(cli, client, NAME_PERSON, person);
	if (name->known)
		snprintf(text, text_bytes, _("%s (%s)"), name->text, intl_word("post", name->code));
	else
		snprintf(text, text_bytes, _("person %u"), person);
	return text;
}

static const char *area_name(struct cli *cli, struct pd_client *client, uint32_t area)
{
	return names_get(cli, client, NAME_AREA, area)->text;
}

static void print_quoted(struct pd_slice text)
{
	if (text.bytes == 0)
		return;
	fputs(_(": "), stdout);
	print_text(stdout, text);
}

/* ", of city-311 18-00269879, submitted 2018-04-12 11:11:26, closed 2018-04-12 12:45:47" */
static void print_past(const struct pd_recorded *recorded)
{
	char submitted[PRINT_TIME_BYTES], ended[PRINT_TIME_BYTES], source[PATH_BYTES], key[PATH_BYTES];
	const char *state = intl_word("state", recorded->state);
	printf(_(", of %s %s, submitted %s"), print_clean(recorded->source, source, sizeof source),
	       print_clean(recorded->key, key, sizeof key), print_time(recorded->submitted_ms, submitted));
	if (recorded->ended_ms)
		printf(_(", %s %s"), state, print_time(recorded->ended_ms, ended));
	else
		printf(_(", %s"), state);
	if (recorded->duplicate)
		fputs(_(", a duplicate"), stdout);
}

/* A name that anybody gave, in a text of ours. */
static const char *clean(const char *text, char out[static PATH_BYTES])
{
	return print_clean(pd_text(text), out, PATH_BYTES);
}

/* Of events that nobody did, those that the broker makes. */
static bool comes_by_itself(const struct pd_message *event)
{
	switch (event->type) {
	case PD_MSG_closed:
	case PD_MSG_escalated:
	case PD_MSG_lapsed:
	case PD_MSG_redated:
	case PD_MSG_reminded:
	case PD_MSG_rerouted: return true;
	case PD_MSG_submitted: return event->submitted.duty != 0;
	case PD_MSG_resumed: return event->resumed.reason.bytes == 0;
	default: return false;
	}
}

static const char *why_escalated(unsigned why)
{
	switch (why) {
	case PD_escalation_not_accepted: return _(", for nobody accepted it in time");
	case PD_escalation_not_completed: return _(", for it was not completed in time");
	case PD_escalation_idle: return _(", for nothing was said of it for long");
	default: return "";
	}
}

/* What told where a new order comes from, unless it said so itself or its requester lives there, and who shall hold it.
 */
static void print_route(const struct pd_submitted *submitted)
{
	if (submitted->route > PD_route_step_area && submitted->route != PD_route_step_requester)
		printf(_(", found by %s"), intl_word("route_step", submitted->route));
	if (submitted->rule)
		printf(_(", by rule %u"), submitted->rule);
}

/* ", for plan 1 is on: due 09:50, before 10:30" */
static void print_redated(const struct pd_redated *redated, uint64_t was_due_ms)
{
	char time[PRINT_TIME_BYTES], was[PRINT_TIME_BYTES];
	printf(redated->ended ? _(", for plan %u is on no longer") : _(", for plan %u is on"), redated->plan);
	if (redated->due_ms)
		printf(_(": due %s"), print_time(redated->due_ms, time));
	if (was_due_ms)
		printf(_(", before %s"), print_time(was_due_ms, was));
}

/* What an event has to say beside who, where and words. */
static void print_details(const struct pd_message *event)
{
	const struct pd_order_event *e = &event->order_event;
	char time[PRINT_TIME_BYTES], id[PD_ID_TEXT_BYTES];
	switch (event->type) {
	case PD_MSG_reopened: printf(_(", attempt %u"), event->reopened.attempt); break;
	case PD_MSG_confirmed: printf(_(", %u of 5"), event->confirmed.rating); break;
	case PD_MSG_endorsed: printf(_(", %u of 5"), event->endorsed.rating); break;
	case PD_MSG_urged:
		if (event->urged.urges > 1)
			printf(_(", %u times by now"), event->urged.urges);
		break;
	case PD_MSG_merged: printf(_(", goes on as order %s"), pd_id_print(&event->merged.into, id)); break;
	case PD_MSG_lapsed:
		printf(_(", for notice %s, which handed it out, has ended"), pd_id_print(&event->lapsed.notice, id));
		break;
	case PD_MSG_submitted: print_route(&event->submitted); break;
	case PD_MSG_suspended: printf(_(", until %s"), print_time(e->due_ms, time)); break;
	case PD_MSG_resumed: printf(_(", due %s"), print_time(e->due_ms, time)); break;
	case PD_MSG_escalated:
		fputs(why_escalated(event->escalated.why), stdout);
		if (e->due_ms == 0)
			fputs(_(", and it goes no further"), stdout);
		break;
	default: break;
	}
}

static void print_actors(struct cli *cli, struct pd_client *client, const struct pd_message *event)
{
	const struct pd_order_event *e = &event->order_event;
	uint32_t requester = pd_is_first_event(event->type) ? event->submitted.requester : 0;
	char text[WHO_BYTES], who[PATH_BYTES], whom[PATH_BYTES];
	if (e->actor == 0 && comes_by_itself(event)) {
		fputs(_("by itself"), stdout);
		return;
	}
	clean(tell_person(cli, client, e->actor, text, sizeof text), who);
	if (requester == 0 || requester == e->actor)
		printf(_("by %s"), who);
	else
		printf(_("by %s for %s"), who, clean(tell_person(cli, client, requester, text, sizeof text), whom));
}

static void print_order_event(struct cli *cli, struct pd_client *client, const struct pd_message *event, int how,
			      uint64_t was_due_ms)
{
	const struct pd_order_event *e = &event->order_event;
	char id[PD_ID_TEXT_BYTES], path[PATH_BYTES], text[PATH_BYTES];
	print_actors(cli, client, event);
	if (how == TELL_WATCH)
		printf(_(", order %s"), pd_id_print(&e->order, id));
	if (e->from != e->holder)
		printf(e->from ? _(", now held by %s") : _(", held by %s"),
		       clean(names_path(cli, client, e->holder, path, sizeof path), text));
	print_details(event);
	if (event->type == PD_MSG_redated)
		print_redated(&event->redated, was_due_ms);
	print_quoted(pd_said(event));
	if (event->type == PD_MSG_recorded)
		print_past(&event->recorded);
	if (pd_is_first_event(event->type) && event->submitted.place.bytes) {
		fputs(" [", stdout);
		print_text(stdout, event->submitted.place);
		fputs("]", stdout);
	}
	if (event->type == PD_MSG_submitted && event->submitted.picture.bytes) {
		fputs(_(" [picture: "), stdout);
		print_text(stdout, event->submitted.picture);
		fputs("]", stdout);
	}
}

/* Its state is "claimed" until the last claim ends, but what was left of it can be gone before. */
const char *tell_listing_state(const struct pd_listing *listing)
{
	bool gone = (uint64_t)listing->left + listing->claimed + listing->fulfilled < listing->quantity;
	if (listing->state != PD_listing_state_claimed || !gone)
		return intl_word("listing_state", listing->state);
	return listing->until_ms && listing->until_ms <= print_wall_ms() ? _("expired, in part claimed")
									 : _("withdrawn, in part claimed");
}

/* "by 王秀英 (leader), listing ..., claim ... by 税务街社区, 4 left: 已理发" */
static void print_listing_event(struct cli *cli, struct pd_client *client, const struct pd_message *event)
{
	const struct pd_listing_event *e = &event->listing_event;
	char id[PD_ID_TEXT_BYTES], text[WHO_BYTES], who[PATH_BYTES];
	if (event->type == PD_MSG_withdrawn && event->withdrawn.expired)
		fputs(_("by itself"), stdout);
	else
		printf(_("by %s"), clean(tell_person(cli, client, e->actor, text, sizeof text), who));
	printf(_(", listing %s"), pd_id_print(&e->listing, id));
	switch (event->type) {
	case PD_MSG_listed:
		printf(_(", %s, %s, %u of it"), intl_word("listing_side", event->listed.side),
		       intl_word("listing_kind", event->listed.kind), event->listed.quantity);
		break;
	case PD_MSG_claimed:
		printf(_(", %u of it for %s, %u left"), event->claimed.quantity,
		       clean(area_name(cli, client, event->claimed.by), who), event->claimed.left);
		break;
	case PD_MSG_fulfilled:
		printf(_(", %u of it done for %s, %u left"), event->fulfilled.quantity,
		       clean(area_name(cli, client, event->fulfilled.by), who), event->fulfilled.left);
		break;
	default: printf(_(", %u of it were left"), event->withdrawn.quantity); break;
	}
	print_quoted(pd_said(event));
}

static void print_mode_begun(const struct pd_mode_begun *begun)
{
	char time[PRINT_TIME_BYTES];
	printf(_("plan %u, until %s"), begun->plan, print_time(begun->until_ms, time));
}

static void print_registry_event(const struct pd_message *event)
{
	switch (event->type) {
	case PD_MSG_area_set:
		printf("%s %u", intl_word("level", event->area_set.level), event->area_set.area);
		print_quoted(event->area_set.name);
		break;
	case PD_MSG_household_set:
		printf(_("household %u"), event->household_set.household);
		print_quoted(event->household_set.address);
		break;
	case PD_MSG_person_set:
		printf("%s %u", intl_word("post", event->person_set.post), event->person_set.person);
		print_quoted(event->person_set.name);
		break;
	case PD_MSG_category_set:
		printf(_("category %u"), event->category_set.category);
		print_quoted(event->category_set.name);
		break;
	case PD_MSG_calendar_set:
		printf(_("calendar %u, holidays: %u, weekend days worked: %u"), event->calendar_set.calendar,
		       event->calendar_set.holidays.count, event->calendar_set.workdays.count);
		break;
	case PD_MSG_ladder_set:
		printf(_("ladder %u"), event->ladder_set.ladder);
		print_quoted(event->ladder_set.name);
		break;
	case PD_MSG_duty_set:
		printf(_("duty %u"), event->duty_set.duty);
		print_quoted(event->duty_set.name);
		break;
	case PD_MSG_plan_set:
		printf(_("plan %u"), event->plan_set.plan);
		print_quoted(event->plan_set.name);
		break;
	case PD_MSG_mode_begun: print_mode_begun(&event->mode_begun); break;
	case PD_MSG_mode_ended:
		printf(event->mode_ended.expired ? _("plan %u, its time has passed") : _("plan %u"),
		       event->mode_ended.plan);
		print_quoted(event->mode_ended.reason);
		break;
	default: break;
	}
}

/* "roll-call 019a…: 请核对人数", "notice 019a…, 500001 confirmed", "... by 王秀英 (leader)" */
static void print_notice_event(struct cli *cli, struct pd_client *client, const struct pd_message *event)
{
	char id[PD_ID_TEXT_BYTES], text[WHO_BYTES], who[PATH_BYTES];
	const struct pd_answered *a = &event->answered;
	pd_id_print(&a->notice, id);
	switch (event->type) {
	case PD_MSG_notified: printf("%s %s", intl_word("notice_kind", event->notified.kind), id); break;
	case PD_MSG_answered:
		printf(_("notice %s, %" PRIu32 " %s"), id, a->member, intl_word("answer_kind", a->answer));
		for (uint32_t i = 0; i < a->numbers.count; i++)
			printf("%s%" PRIu64, i ? ", " : " ", a->numbers.values[i]);
		break;
	case PD_MSG_missing_reminded:
		printf(_("notice %s, reminder %u to %u missing"), id, event->missing_reminded.nth,
		       event->missing_reminded.missing);
		break;
	default:
		printf(_("notice %s, %u of %u gave what was wanted"), id, event->notice_ended.answered,
		       event->notice_ended.members);
		break;
	}
	if (event->type == PD_MSG_notice_ended && event->notice_ended.plan)
		printf(_(", for plan %u is on no longer"), event->notice_ended.plan);
	else if (a->actor || event->type != PD_MSG_notice_ended)
		printf(_(", by %s"), clean(tell_person(cli, client, a->actor, text, sizeof text), who));
	print_quoted(pd_said(event));
}

static bool is_retired(const struct pd_message *event)
{
	const struct pd_message_info *info = pd_message_info(event->type);
	for (unsigned i = 0; i < info->field_count; i++)
		if (info->fields[i].kind == PD_BOOL && strcmp(info->fields[i].name, "retired") == 0)
			return *(const bool *)((const char *)&event->ok + info->fields[i].offset);
	return false;
}

/* Where an event happened; 0: nowhere in particular. */
static uint32_t area_of(const struct pd_message *event)
{
	switch (event->type) {
	case PD_MSG_area_set: return event->area_set.area;
	case PD_MSG_household_set: return event->household_set.area;
	case PD_MSG_person_set: return event->person_set.area;
	case PD_MSG_listed:
	case PD_MSG_claimed:
	case PD_MSG_fulfilled:
	case PD_MSG_withdrawn: return event->listing_event.area;
	case PD_MSG_notified: return event->notified.area;
	case PD_MSG_answered: return event->answered.area;
	case PD_MSG_missing_reminded: return event->missing_reminded.area;
	case PD_MSG_notice_ended: return event->notice_ended.area;
	case PD_MSG_duty_set: return event->duty_set.area;
	case PD_MSG_plan_set: return event->plan_set.area;
	case PD_MSG_mode_begun: return event->mode_begun.area;
	case PD_MSG_mode_ended: return event->mode_ended.area;
	default: break;
	}
	if (!pd_is_order_event(event->type))
		return 0;
	return event->accepted.from ? event->accepted.from : event->accepted.holder;
}

/* What happened, in a word. */
static const char *event_word(const struct pd_message *event)
{
	switch (event->type) {
	case PD_MSG_area_set: return _("area_set");
	case PD_MSG_household_set: return _("household_set");
	case PD_MSG_person_set: return _("person_set");
	case PD_MSG_category_set: return _("category_set");
	case PD_MSG_calendar_set: return _("calendar_set");
	case PD_MSG_ladder_set: return _("ladder_set");
	case PD_MSG_duty_set: return _("duty_set");
	case PD_MSG_plan_set: return _("plan_set");
	case PD_MSG_mode_begun: return _("plan is on");
	case PD_MSG_mode_ended: return _("plan is off");
	case PD_MSG_listed: return _("listed");
	case PD_MSG_claimed: return _("claimed");
	case PD_MSG_fulfilled: return _("fulfilled");
	case PD_MSG_withdrawn: return event->withdrawn.expired ? _("expired") : _("withdrawn");
	case PD_MSG_notified: return _("notified");
	case PD_MSG_answered: return _("answered");
	case PD_MSG_missing_reminded: return _("reminded");
	case PD_MSG_notice_ended: return _("ended");
	default: return intl_move(event->type);
	}
}

void tell_event(struct cli *cli, struct pd_client *client, const struct pd_message *event, int how, uint64_t was_due_ms)
{
	char time[PRINT_TIME_BYTES];
	names_learn(cli->names, event);
	/* Every event begins with time and actor. */
	printf("%s  ", print_time(event->accepted.time_ms, time));
	print_column(stdout, is_retired(event) ? _("retired") : event_word(event), VERB_COLUMNS);
	fputs(" ", stdout);
	if (how == TELL_WATCH) {
		uint32_t area = area_of(event);
		print_text(stdout, pd_text(area ? area_name(cli, client, area) : "-"));
		fputs("  ", stdout);
	}
	if (pd_is_order_event(event->type))
		print_order_event(cli, client, event, how, was_due_ms);
	else if (pd_is_listing_event(event->type))
		print_listing_event(cli, client, event);
	else if (pd_is_notice_event(event->type))
		print_notice_event(cli, client, event);
	else
		print_registry_event(event);
	putchar('\n');
}
