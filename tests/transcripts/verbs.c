#include "verbs.h"

#include <string.h>

#include "ground.h"
#include "id.h"
#include "verbs_notice.h"

enum { VERBS_NUMBERS_MAX = 64 };

uint32_t verbs_need(struct script *script, const struct cast *cast, enum cast_kind kind)
{
	const char *name = script_need(script, cast_kind_name(kind));
	uint32_t id;
	if (kind == CAST_PERSON && strcmp(name, "operator") == 0)
		return 0;
	if (!cast_find(cast, kind, name, &id))
		script_fail(script, "there is no %s \"%s\" in this script; #123 names an id as such",
			    cast_kind_name(kind), name);
	return id;
}

static unsigned need_word(struct script *script, const char *set)
{
	const char *word = script_need(script, set);
	unsigned code = pd_word_code(set, word);
	if (!code)
		script_fail(script, "\"%s\" is no %s: the words stand in proto/enums.def", word, set);
	return code;
}

static void need(struct script *script, const char *word)
{
	if (!script_take_if(script, word))
		script_fail(script, "the word \"%s\" is missing after \"%s\"", word, script->words[script->taken - 1]);
}

/* ---- entries of the registry ---- */

/* The name and id that an entry begins with. */
static uint32_t new_name(struct script *script, struct cast *cast, enum cast_kind kind)
{
	const char *name = script_need(script, "a name");
	uint32_t id = script_need_number(script, "the id");
	if (!cast_add(cast, kind, name, id))
		script_fail(script, "the name %s stands for another %s, or has %d bytes or more", name,
			    cast_kind_name(kind), CAST_NAME_BYTES);
	return id;
}

static void area_entry(struct script *script, struct cast *cast, struct pd_put_area *put)
{
	put->area = new_name(script, cast, CAST_AREA);
	put->level = (uint8_t)need_word(script, "level");
	if (script_take_if(script, "of"))
		put->parent = verbs_need(script, cast, CAST_AREA);
	const char *name = script_text(script);
	put->kind = PD_area_kind_plain;
	if (!name) {
		put->kind = (uint8_t)need_word(script, "area_kind");
		name = script_need_text(script, "the area's name");
	}
	put->name = pd_text(name);
	put->retired = script_take_if(script, "retired");
}

static void household_entry(struct script *script, struct cast *cast, struct pd_put_household *put)
{
	put->household = put->centre = new_name(script, cast, CAST_HOUSEHOLD);
	need(script, "in");
	put->area = verbs_need(script, cast, CAST_AREA);
	if (script_take_if(script, "centre"))
		put->centre = verbs_need(script, cast, CAST_HOUSEHOLD);
	put->address = pd_text(script_need_text(script, "the address"));
	put->lon_e7 = 1178580000;
	put->lat_e7 = 364970000;
	put->retired = script_take_if(script, "retired");
}

static void person_entry(struct script *script, struct cast *cast, struct pd_put_person *put)
{
	put->person = new_name(script, cast, CAST_PERSON);
	put->post = (uint8_t)need_word(script, "post");
	need(script, "in");
	put->area = verbs_need(script, cast, CAST_AREA);
	if (script_take_if(script, "at"))
		put->household = verbs_need(script, cast, CAST_HOUSEHOLD);
	put->name = pd_text(script_need_text(script, "the person's name"));
	put->retired = script_take_if(script, "retired");
}

static void category_entry(struct script *script, struct cast *cast, struct pd_put_category *put)
{
	put->category = new_name(script, cast, CAST_CATEGORY);
	need(script, "for");
	put->level = (uint8_t)need_word(script, "level");
	put->urgency = (uint8_t)need_word(script, "urgency");
	need(script, "accept");
	put->accept_within_s = script_need_duration_s(script, "the time to accept");
	need(script, "complete");
	put->complete_within_s = script_need_duration_s(script, "the time to complete");
	if (script_take_if(script, "by"))
		put->complete_clock = (uint8_t)need_word(script, "clock");
	if (script_take_if(script, "ladder"))
		put->ladder = verbs_need(script, cast, CAST_LADDER);
	if (script_take_if(script, "idle"))
		put->idle_within_s = script_need_duration_s(script, "the time of silence");
	put->name = pd_text(script_need_text(script, "the category's name"));
	put->retired = script_take_if(script, "retired");
}

/* Numbers of an entry, kept until the next one. */
static struct pd_u64s numbers_kept(const uint64_t *values, unsigned count)
{
	static uint64_t kept[2][VERBS_NUMBERS_MAX];
	static unsigned turn;
	turn = !turn;
	memcpy(kept[turn], values, count * sizeof *values);
	return (struct pd_u64s){kept[turn], count};
}

/* `holidays 20260101 20260102 workdays 20260104` */
static void calendar_entry(struct script *script, struct pd_put_calendar *put)
{
	uint64_t days[VERBS_NUMBERS_MAX];
	unsigned count = 0;
	put->calendar = script_need_number(script, "the year");
	need(script, "holidays");
	while (script->taken < script->count && !script_take_if(script, "workdays") && count < VERBS_NUMBERS_MAX)
		days[count++] = script_need_number(script, "a day");
	put->holidays = numbers_kept(days, count);
	for (count = 0; script->taken < script->count && count < VERBS_NUMBERS_MAX;)
		days[count++] = script_need_number(script, "a day");
	put->workdays = numbers_kept(days, count);
}

/* `NAME ID microgrid 30m grid 1h district 1d "text"` */
static void ladder_entry(struct script *script, struct cast *cast, struct pd_put_ladder *put)
{
	uint64_t steps[VERBS_NUMBERS_MAX];
	unsigned count = 0;
	const char *name;
	put->ladder = new_name(script, cast, CAST_LADDER);
	while (!(name = script_text(script)) && count + 1 < VERBS_NUMBERS_MAX) {
		steps[count++] = need_word(script, "level");
		steps[count++] = script_need_duration_s(script, "the time to accept");
	}
	put->name = pd_text(name ? name : "");
	put->steps = numbers_kept(steps, count);
	put->retired = script_take_if(script, "retired");
}

/* `ID [category C] [area A] [post P] [days 12345] [hours 1080 360] [keyword "a|b"] to AREA | level LEVEL "name"` */
static void rule_entry(struct script *script, struct cast *cast, struct pd_put_rule *put)
{
	const char *days, *name;
	put->rule = script_need_number(script, "the id");
	put->weekdays = 127;
	put->to_min = 24 * 60;
	put->keyword = pd_text("");
	while (!(name = script_text(script))) {
		if (script_take_if(script, "category"))
			put->category = verbs_need(script, cast, CAST_CATEGORY);
		else if (script_take_if(script, "area"))
			put->area = verbs_need(script, cast, CAST_AREA);
		else if (script_take_if(script, "post"))
			put->post = (uint8_t)need_word(script, "post");
		else if (script_take_if(script, "to"))
			put->holder = verbs_need(script, cast, CAST_AREA);
		else if (script_take_if(script, "level"))
			put->level = (uint8_t)need_word(script, "level");
		else if (script_take_if(script, "keyword"))
			put->keyword = pd_text(script_need_text(script, "the words"));
		else if (script_take_if(script, "hours")) {
			put->from_min = (uint16_t)script_need_number(script, "the first minute");
			put->to_min = (uint16_t)script_need_number(script, "the minute after the last");
		} else {
			need(script, "days");
			put->weekdays = 0;
			for (days = script_need(script, "digits from 1 to 7"); *days; days++)
				put->weekdays |= (uint8_t)(1u << (*days - '1') % 7);
		}
	}
	put->name = pd_text(name);
	put->retired = script_take_if(script, "retired");
}

/* `AREA WEST SOUTH EAST NORTH`, see ground.h */
static void shape_entry(struct script *script, struct cast *cast, struct pd_put_shape *put)
{
	int sides[4];
	put->area = verbs_need(script, cast, CAST_AREA);
	for (int i = 0; i < 4; i++)
		sides[i] = (int)script_need_number(script, "a side");
	put->rings = ground_rings(sides[0], sides[1], sides[2], sides[3]);
	put->retired = script_take_if(script, "retired");
}

/* `ID in AREA accept 50 complete 25 keep|shorten|restart lasts TIME "name" [notice "text"] [roll_call CATEGORY "text"]
 * [retired]` */
static void plan_entry(struct script *script, struct cast *cast, struct pd_put_plan *put)
{
	put->plan = script_need_number(script, "the id");
	need(script, "in");
	put->area = verbs_need(script, cast, CAST_AREA);
	need(script, "accept");
	put->accept_percent = (uint16_t)script_need_number(script, "percent of the time to accept");
	need(script, "complete");
	put->complete_percent = (uint16_t)script_need_number(script, "percent of the time to complete");
	put->running = (uint8_t)need_word(script, "running");
	need(script, "lasts");
	put->lasts_s = script_need_duration_s(script, "how long it lasts");
	put->name = pd_text(script_need_text(script, "the plan's name"));
	if (script_take_if(script, "notice"))
		put->notice = pd_text(script_need_text(script, "what it says"));
	if (script_take_if(script, "roll_call")) {
		put->roll_category = verbs_need(script, cast, CAST_CATEGORY);
		put->roll_call = pd_text(script_need_text(script, "what it asks for"));
	}
	put->retired = script_take_if(script, "retired");
}

/* `ID CATEGORY in AREA [each] days 135 | month 31 at MINUTE [worked] "text"`, by China's clock */
static void duty_entry(struct script *script, struct cast *cast, struct pd_put_duty *put)
{
	put->duty = script_need_number(script, "the id");
	put->category = verbs_need(script, cast, CAST_CATEGORY);
	need(script, "in");
	put->area = verbs_need(script, cast, CAST_AREA);
	put->each = script_take_if(script, "each");
	if (script_take_if(script, "month")) {
		put->month_day = (uint8_t)script_need_number(script, "the day of the month");
	} else {
		need(script, "days");
		for (const char *days = script_need(script, "digits from 1 to 7"); *days; days++)
			put->weekdays |= (uint8_t)(1u << (*days - '1') % 7);
	}
	need(script, "at");
	put->minute = (uint16_t)script_need_number(script, "the minute of the day");
	put->workdays = script_take_if(script, "worked");
	put->text = pd_text(script_need_text(script, "what is to be done"));
	put->name = put->text;
	put->retired = script_take_if(script, "retired");
}

bool verbs_entry(struct script *script, struct cast *cast, const char *kind, struct pd_message *command)
{
	*command = (struct pd_message){.request = 1};
	if (strcmp(kind, "area") == 0) {
		command->type = PD_MSG_put_area;
		area_entry(script, cast, &command->put_area);
	} else if (strcmp(kind, "household") == 0) {
		command->type = PD_MSG_put_household;
		household_entry(script, cast, &command->put_household);
	} else if (strcmp(kind, "person") == 0) {
		command->type = PD_MSG_put_person;
		person_entry(script, cast, &command->put_person);
	} else if (strcmp(kind, "category") == 0) {
		command->type = PD_MSG_put_category;
		category_entry(script, cast, &command->put_category);
	} else if (strcmp(kind, "calendar") == 0) {
		command->type = PD_MSG_put_calendar;
		calendar_entry(script, &command->put_calendar);
	} else if (strcmp(kind, "plan") == 0) {
		command->type = PD_MSG_put_plan;
		plan_entry(script, cast, &command->put_plan);
	} else if (strcmp(kind, "duty") == 0) {
		command->type = PD_MSG_put_duty;
		duty_entry(script, cast, &command->put_duty);
	} else if (strcmp(kind, "ladder") == 0) {
		command->type = PD_MSG_put_ladder;
		ladder_entry(script, cast, &command->put_ladder);
	} else if (strcmp(kind, "rule") == 0) {
		command->type = PD_MSG_put_rule;
		rule_entry(script, cast, &command->put_rule);
	} else if (strcmp(kind, "shape") == 0) {
		command->type = PD_MSG_put_shape;
		shape_entry(script, cast, &command->put_shape);
	} else {
		return false;
	}
	script_need_end(script);
	return true;
}

/* ---- moves ---- */

/* A new order's id is of the time when it is first named; what makes it unique is its name. */
static struct pd_id need_order(struct script *script, struct cast *cast, const struct stage *stage)
{
	const char *name = script_need(script, "an order's name");
	struct pd_id id;
	if (!cast_find_order(cast, name, &id)) {
		uint8_t random[10] = {0};
		for (size_t i = 0; name[i]; i++)
			random[i % sizeof random] = (uint8_t)(random[i % sizeof random] * 31 + (uint8_t)name[i]);
		id = pd_id_make(stage_now_ms(stage), random);
		cast_add_order(cast, name, &id);
	}
	return id;
}

void verbs_submit(struct script *script, struct cast *cast, struct pd_submit *submit)
{
	submit->category = verbs_need(script, cast, CAST_CATEGORY);
	submit->text = pd_text(script_need_text(script, "the request"));
	for (;;) {
		if (script_take_if(script, "for"))
			submit->requester = verbs_need(script, cast, CAST_PERSON);
		else if (script_take_if(script, "household"))
			submit->household = verbs_need(script, cast, CAST_HOUSEHOLD);
		else if (script_take_if(script, "area"))
			submit->area = verbs_need(script, cast, CAST_AREA);
		else if (script_take_if(script, "urgency"))
			submit->urgency = (uint8_t)need_word(script, "urgency");
		else if (script_take_if(script, "place"))
			submit->place = pd_text(script_need_text(script, "the place"));
		else if (script_take_if(script, "at")) {
			submit->lon_e7 = ground_lon_e7((int)script_need_number(script, "how far east"));
			submit->lat_e7 = ground_lat_e7((int)script_need_number(script, "how far north"));
		} else {
			return;
		}
	}
}

/* Times are so long before now. */
static uint64_t need_past_ms(struct script *script, const struct stage *stage, const char *what)
{
	return stage_now_ms(stage) - script_need_duration_s(script, what) * UINT64_C(1000);
}

static void record_words(struct script *script, struct cast *cast, const struct stage *stage, struct pd_record *record)
{
	record->category = verbs_need(script, cast, CAST_CATEGORY);
	record->text = pd_text(script_need_text(script, "the request"));
	record->state = (uint8_t)need_word(script, "state");
	record->source = pd_text("hotline");
	record->key = pd_text("1");
	need(script, "of");
	record->submitted_ms = need_past_ms(script, stage, "how long ago it was submitted");
	for (;;) {
		if (script_take_if(script, "ended"))
			record->ended_ms = need_past_ms(script, stage, "how long ago it ended");
		else if (script_take_if(script, "target"))
			record->target_ms = need_past_ms(script, stage, "how long ago it was to be done");
		else if (script_take_if(script, "area"))
			record->area = verbs_need(script, cast, CAST_AREA);
		else if (script_take_if(script, "for"))
			record->requester = verbs_need(script, cast, CAST_PERSON);
		else if (script_take_if(script, "result"))
			record->result = pd_text(script_need_text(script, "the result"));
		else if (script_take_if(script, "duplicate"))
			record->duplicate = true;
		else
			return;
	}
}

static struct pd_slice optional_text(struct script *script)
{
	const char *text = script_text(script);
	return text ? pd_text(text) : (struct pd_slice){0};
}

static void move_words(struct script *script, struct cast *cast, const struct stage *stage, struct pd_message *command)
{
	switch (command->type) {
	case PD_MSG_decline: command->decline.reason = pd_text(script_need_text(script, "the reason")); break;
	case PD_MSG_transfer:
		need(script, "to");
		command->transfer.holder = verbs_need(script, cast, CAST_AREA);
		command->transfer.reason = pd_text(script_need_text(script, "the reason"));
		break;
	case PD_MSG_release: command->release.reason = pd_text(script_need_text(script, "the reason")); break;
	case PD_MSG_suspend:
		need(script, "until");
		command->suspend.until_ms = script_need_time_ms(script, stage_now_ms(stage));
		command->suspend.reason = pd_text(script_need_text(script, "the reason"));
		break;
	case PD_MSG_resume: command->resume.reason = optional_text(script); break;
	case PD_MSG_complete: command->complete.result = pd_text(script_need_text(script, "the result")); break;
	case PD_MSG_confirm:
		command->confirm.rating = (uint8_t)script_need_number(script, "the number of stars");
		command->confirm.text = optional_text(script);
		break;
	case PD_MSG_reopen: command->reopen.reason = pd_text(script_need_text(script, "the reason")); break;
	case PD_MSG_cancel: command->cancel.reason = optional_text(script); break;
	case PD_MSG_urge: command->urge.text = optional_text(script); break;
	case PD_MSG_merge:
		need(script, "into");
		command->merge.into = need_order(script, cast, stage);
		command->merge.reason = optional_text(script);
		break;
	case PD_MSG_endorse:
		command->endorse.rating = (uint8_t)script_need_number(script, "the number of stars");
		command->endorse.text = optional_text(script);
		break;
	case PD_MSG_note: command->note.text = pd_text(script_need_text(script, "the note")); break;
	default: break;
	}
}

/* `on PLAN [in AREA]`, `off PLAN "reason"` */
static void switch_words(struct script *script, struct cast *cast, struct pd_message *command)
{
	bool on = script_take_if(script, "on");
	if (!on)
		need(script, "off");
	command->type = on ? PD_MSG_switch_on : PD_MSG_switch_off;
	command->switch_on.plan = script_need_number(script, "the plan");
	if (on && script_take_if(script, "in"))
		command->switch_on.area = verbs_need(script, cast, CAST_AREA);
	if (!on)
		command->switch_off.reason = optional_text(script);
}

/* `LISTING QUANTITY KIND in AREA "text" [for TIME]` */
static void put_listing_words(struct script *script, struct cast *cast, struct stage *stage, unsigned side,
			      struct pd_message *command)
{
	struct pd_put_listing *put = &command->put_listing;
	command->type = PD_MSG_put_listing;
	put->listing = need_order(script, cast, stage);
	put->side = (uint8_t)side;
	put->quantity = script_need_number(script, "how much");
	put->kind = (uint8_t)need_word(script, "listing_kind");
	need(script, "in");
	put->area = verbs_need(script, cast, CAST_AREA);
	put->text = pd_text(script_need_text(script, "what it is"));
	if (script_take_if(script, "for"))
		put->until_ms = stage_now_ms(stage) + script_need_duration_s(script, "how long") * UINT64_C(1000);
}

/* `CLAIM QUANTITY of LISTING for AREA [with LISTING]`, `CLAIM QUANTITY of LISTING "result"`, `LISTING "reason"` */
static void claim_words(struct script *script, struct cast *cast, struct stage *stage, struct pd_message *command)
{
	struct pd_id id = need_order(script, cast, stage);
	if (command->type == PD_MSG_withdraw_listing) {
		command->withdraw_listing =
			(struct pd_withdraw_listing){.listing = id, .reason = optional_text(script)};
		return;
	}
	uint32_t quantity = script_need_number(script, "how much");
	need(script, "of");
	struct pd_id listing = need_order(script, cast, stage);
	if (command->type == PD_MSG_fulfil) {
		command->fulfil = (struct pd_fulfil){.listing = listing, .claim = id, .quantity = quantity};
		command->fulfil.result = pd_text(script_need_text(script, "what came of it"));
		return;
	}
	command->claim = (struct pd_claim){.listing = listing, .claim = id, .quantity = quantity};
	need(script, "for");
	command->claim.by = verbs_need(script, cast, CAST_AREA);
	if (script_take_if(script, "with"))
		command->claim.other = need_order(script, cast, stage);
}

/* What is done with plans and lists; false: something else. */
static bool other_words(struct script *script, struct cast *cast, struct stage *stage, struct pd_message *command)
{
	*command = (struct pd_message){.request = 1};
	if (script_take_if(script, "switches"))
		switch_words(script, cast, command);
	else if (script_take_if(script, "offers"))
		put_listing_words(script, cast, stage, PD_listing_side_offer, command);
	else if (script_take_if(script, "needs"))
		put_listing_words(script, cast, stage, PD_listing_side_need, command);
	else if (script_take_if(script, "claims"))
		command->type = PD_MSG_claim;
	else if (script_take_if(script, "fulfils"))
		command->type = PD_MSG_fulfil;
	else if (script_take_if(script, "withdraws"))
		command->type = PD_MSG_withdraw_listing;
	if (command->type >= PD_MSG_claim && command->type <= PD_MSG_withdraw_listing)
		claim_words(script, cast, stage, command);
	if (command->type)
		script_need_end(script);
	return command->type != PD_MSG_none;
}

/* "accepts" is the move accept. */
static enum pd_type need_move(struct script *script)
{
	const char *verb = script_need(script, "a verb");
	size_t length = strlen(verb), count;
	const struct pd_move *moves = pd_moves(&count);
	for (size_t i = 0; length && verb[length - 1] == 's' && i < count; i++)
		if (moves[i].command_type && strlen(moves[i].command) == length - 1 &&
		    strncmp(moves[i].command, verb, length - 1) == 0)
			return moves[i].command_type;
	script_fail(script,
		    "\"%s\" is no verb: submits, records, accepts, declines, transfers, completes, confirms, reopens, "
		    "cancels, notes, releases, suspends, resumes, notifies, answers, reminds, ends or puts",
		    verb);
}

void verbs_command(struct script *script, struct cast *cast, struct stage *stage, struct pd_message *command,
		   uint32_t *actor)
{
	*actor = verbs_need(script, cast, CAST_PERSON);
	if (script_take_if(script, "puts")) {
		const char *kind = script_need(script, "what is put");
		if (!verbs_entry(script, cast, kind, command))
			script_fail(script,
				    "what is put is an area, household, person, category, calendar, ladder, plan, "
				    "duty, rule or "
				    "shape, not \"%s\"",
				    kind);
		return;
	}
	if (verbs_notice(script, cast, stage, command) || other_words(script, cast, stage, command))
		return;
	*command = (struct pd_message){.type = need_move(script), .request = 1};
	command->accept.order = need_order(script, cast, stage);
	if (command->type == PD_MSG_submit) {
		verbs_submit(script, cast, &command->submit);
	} else if (command->type == PD_MSG_record) {
		record_words(script, cast, stage, &command->record);
	} else {
		command->accept.version = stage_version(stage, &command->accept.order);
		move_words(script, cast, stage, command);
		if (script_take_if(script, "version"))
			command->accept.version = script_need_number(script, "the version");
	}
	script_need_end(script);
}
