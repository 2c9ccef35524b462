#include "verbs_notice.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "id.h"

enum { NUMBERS_MAX = 4 };

static unsigned need_word(struct script *script, const char *set)
{
	const char *word = script_need(script, set);
	unsigned code = pd_word_code(set, word);
	if (!code)
		script_fail(script, "\"%s\" is no %s: the words stand in proto/enums.def", word, set);
	return code;
}

/* A notice that was named before; null: its id is known, and it is not in memory. */
static const struct notice *need_notice(struct script *script, const struct cast *cast, const struct core *core,
					struct pd_id *id)
{
	const char *name = script_need(script, "a notice's name");
	if (!cast_find_order(cast, name, id))
		script_fail(script, "there is no notice \"%s\" in this script", name);
	return core_notice(core, id);
}

/* ---- commands ---- */

static void notify_words(struct script *script, struct cast *cast, const struct stage *stage, struct pd_notify *notify)
{
	const char *name = script_need(script, "a notice's name");
	if (!cast_find_order(cast, name, &notify->notice)) {
		uint8_t random[10] = {0xa0};
		for (size_t i = 0; name[i]; i++)
			random[i % sizeof random] = (uint8_t)(random[i % sizeof random] * 31 + (uint8_t)name[i]);
		notify->notice = pd_id_make(stage_now_ms(stage), random);
		cast_add_order(cast, name, &notify->notice);
	}
	notify->kind = (uint8_t)need_word(script, "notice_kind");
	if (!script_take_if(script, "to"))
		script_fail(script, "to whom? `to AREA`");
	notify->area = verbs_need(script, cast, CAST_AREA);
	notify->text = pd_text(script_need_text(script, "what it says"));
	notify->want = notify->kind == PD_notice_kind_notice ? PD_want_nothing : PD_want_answer;
	notify->sort = PD_member_sort_household;
	for (;;) {
		if (script_take_if(script, "wants"))
			notify->want = (uint8_t)need_word(script, "want");
		else if (script_take_if(script, "people"))
			notify->sort = PD_member_sort_person;
		else if (script_take_if(script, "by"))
			notify->category = verbs_need(script, cast, CAST_CATEGORY);
		else if (script_take_if(script, "labels"))
			notify->labels = pd_text(script_need_text(script, "the labels"));
		else if (script_take_if(script, "until"))
			notify->until_ms = script_need_time_ms(script, stage_now_ms(stage));
		else
			return;
	}
}

/* Numbers live until the next line. */
static void answer_words(struct script *script, struct cast *cast, const struct core *core, struct pd_answer *answer)
{
	static uint64_t numbers[NUMBERS_MAX];
	const struct notice *notice = need_notice(script, cast, core, &answer->notice);
	bool person = notice && notice->row.sort == PD_member_sort_person;
	if (!script_take_if(script, "self"))
		answer->member = verbs_need(script, cast, person ? CAST_PERSON : CAST_HOUSEHOLD);
	answer->answer = (uint8_t)need_word(script, "answer_kind");
	answer->numbers.values = numbers;
	if (script_take_if(script, "numbers"))
		while (script->taken < script->count && !script->quoted[script->taken] &&
		       answer->numbers.count < NUMBERS_MAX && script->words[script->taken][0] <= '9')
			numbers[answer->numbers.count++] = script_need_number(script, "a number");
	const char *text = script_text(script);
	if (text)
		answer->text = pd_text(text);
	if (!script_take_if(script, "corrects"))
		return;
	const struct member *member = core_member(core, &answer->notice, answer->member);
	answer->corrects = member ? member->row.seqs[NOTICE_RECEIPTS] : 0;
}

static void remind_words(struct script *script, struct cast *cast, const struct core *core,
			 struct pd_remind_missing *remind)
{
	const struct notice *notice = need_notice(script, cast, core, &remind->notice);
	remind->nth = notice ? notice->row.reminders + 1 : 1;
	if (script_take_if(script, "nth"))
		remind->nth = script_need_number(script, "which reminder");
	if (script_take_if(script, "in"))
		remind->area = verbs_need(script, cast, CAST_AREA);
}

bool verbs_notice(struct script *script, struct cast *cast, struct stage *stage, struct pd_message *command)
{
	const struct core *core = stage_core(stage);
	*command = (struct pd_message){.request = 1};
	if (script_take_if(script, "notifies")) {
		command->type = PD_MSG_notify;
		notify_words(script, cast, stage, &command->notify);
	} else if (script_take_if(script, "answers")) {
		command->type = PD_MSG_answer;
		answer_words(script, cast, core, &command->answer);
	} else if (script_take_if(script, "reminds")) {
		command->type = PD_MSG_remind_missing;
		remind_words(script, cast, core, &command->remind_missing);
	} else if (script_take_if(script, "ends")) {
		command->type = PD_MSG_end_notice;
		need_notice(script, cast, core, &command->end_notice.notice);
		const char *text = script_text(script);
		command->end_notice.reason = text ? pd_text(text) : (struct pd_slice){0};
	} else {
		return false;
	}
	script_need_end(script);
	return true;
}

/* ---- what is told ---- */

void account_handed_out(struct cast *cast, const struct pd_submitted *submitted)
{
	char name[CAST_NAME_BYTES * 2];
	snprintf(name, sizeof name, "%s@%s", cast_order_name(cast, &submitted->notice),
		 cast_name(cast, CAST_AREA, submitted->area));
	cast_add_order(cast, name, &submitted->order);
}

void account_sent_by_plan(struct cast *cast, const struct pd_notified *notified)
{
	char name[CAST_NAME_BYTES * 2];
	snprintf(name, sizeof name, "%s@plan%u", pd_word("notice_kind", notified->kind), notified->plan);
	cast_add_order(cast, name, &notified->notice);
}

void account_notice_event(struct cast *cast, const struct pd_message *event, unsigned sort)
{
	const struct pd_notified *n = &event->notified;
	const struct pd_answered *a = &event->answered;
	printf("%s: ", cast_order_name(cast, &n->notice));
	switch (event->type) {
	case PD_MSG_notified:
		printf("a %s to %s, wants %s of each %s", pd_word("notice_kind", n->kind),
		       cast_name(cast, CAST_AREA, n->area), pd_word("want", n->want), pd_word("member_sort", n->sort));
		break;
	case PD_MSG_answered:
		printf("%s %s",
		       cast_name(cast, sort == PD_member_sort_person ? CAST_PERSON : CAST_HOUSEHOLD, a->member),
		       pd_word("answer_kind", a->answer));
		for (uint32_t i = 0; i < a->numbers.count; i++)
			printf("%s%" PRIu64, i ? ", " : " ", a->numbers.values[i]);
		if (a->corrects)
			printf(", instead of #%" PRIu64, a->corrects);
		break;
	case PD_MSG_missing_reminded:
		printf("reminder %u to %u missing in %s", event->missing_reminded.nth, event->missing_reminded.missing,
		       cast_name(cast, CAST_AREA, event->missing_reminded.area));
		break;
	default:
		printf("over: of %u, %u got it, %u read it, %u confirmed it, %u gave what was wanted",
		       event->notice_ended.members, event->notice_ended.delivered, event->notice_ended.read,
		       event->notice_ended.confirmed, event->notice_ended.answered);
		if (event->notice_ended.plan)
			printf(", with plan %u", event->notice_ended.plan);
		break;
	}
}

static void print_count(struct cast *cast, const struct notice_count *count)
{
	printf("    %s: %u members, %u got it, %u read it, %u confirmed it, %u missing",
	       cast_name(cast, CAST_AREA, count->area), count->members, count->reached[0], count->reached[1],
	       count->reached[2], count->members > count->satisfied ? count->members - count->satisfied : 0);
	for (unsigned i = 0; i < NOTICE_ANSWERS; i++)
		if (count->answers[i])
			printf(", %u %s", count->answers[i], pd_word("answer_kind", NOTICE_RECEIPTS + 1 + i));
	for (unsigned i = 0; i < MEMBER_NUMBERS && count->sums[i]; i++)
		printf("%s%" PRIu64, i ? ", " : "; sums ", count->sums[i]);
	putchar('\n');
}

static void show_progress(struct cast *cast, const struct core *core, const struct notice *notice,
			  const struct area *area)
{
	size_t count;
	struct notice_count *sums = core_notice_sums(core, &notice->row, area, true, &count);
	core_notice_count(core, notice, area, sums, count);
	core_notice_total(sums, count);
	for (size_t i = 0; i < count; i++)
		print_count(cast, &sums[i]);
	free(sums);
}

static void show_missing(struct cast *cast, const struct core *core, const struct notice *notice,
			 const struct area *area)
{
	const struct registry *registry = core_registry(core);
	bool person = notice->row.sort == PD_member_sort_person;
	const struct area *top = registry_area(registry, notice->row.area), *at;
	size_t count;
	void *const *entities = registry_sorted(registry, person ? REGISTRY_PEOPLE : REGISTRY_HOUSEHOLDS, &count);
	const char *before = "    missing: ";
	for (size_t i = 0; i < count; i++) {
		const struct entity *entity = entities[i];
		const struct member *member = core_member(core, &notice->row.id, entity->id);
		bool is = person ? notice_has_person(registry, notice->row.posts, top, entities[i], &at)
				 : notice_has_household(registry, top, entities[i], &at);
		if (!is || !area_within(at, area) || (member && notice_satisfied(notice->row.want, &member->row)))
			continue;
		printf("%s%s", before, cast_name(cast, person ? CAST_PERSON : CAST_HOUSEHOLD, entity->id));
		before = ", ";
	}
	puts(before[0] == ' ' ? "    nobody is missing" : "");
}

bool show_notice(struct script *script, struct cast *cast, const struct core *core)
{
	bool progress = script_take_if(script, "progress");
	struct pd_id id;
	if (!progress && !script_take_if(script, "missing"))
		return false;
	const struct notice *notice = need_notice(script, cast, core, &id);
	if (!notice)
		script_fail(script, "it is not in memory");
	uint32_t top = notice->row.area;
	if (script->taken < script->count)
		top = verbs_need(script, cast, CAST_AREA);
	const struct area *area = registry_area(core_registry(core), top);
	if (!area)
		script_fail(script, "there is no such area in the registry");
	if (progress)
		show_progress(cast, core, notice, area);
	else
		show_missing(cast, core, notice, area);
	return true;
}
