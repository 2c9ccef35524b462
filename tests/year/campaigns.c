#include "campaigns.h"

#include <stdlib.h>
#include <string.h>

#include "calendar.h"
#include "id.h"

enum { VISIT_DAYS = 24, ROLL_CALL_DAYS = 2, NOTICE_DAYS = 7, MONTH_DAYS = 30, DRILL_DAY = 200 };
/* Of a thousand. */
enum { FORGOTTEN = 40, AWAY = 80, REFUSES = 10, NOT_FOUND = 5, FINDINGS = 4, RECEIVERS = 20 };

struct campaigns {
	struct world *world;
	struct agenda *agenda;
	const struct people *people;
	const struct household **households; /* in use, by area */
	size_t count;
	uint32_t category; /* of what is handed out */
};

static struct dice *dice(const struct campaigns *campaigns)
{
	return world_dice(campaigns->world);
}

static const struct registry *registry(const struct campaigns *campaigns)
{
	return core_registry(world_core(campaigns->world));
}

static void plan(struct campaigns *campaigns, enum campaigns_act what, uint64_t at_ms, const struct pd_id *notice,
		 uint32_t household, uint32_t number)
{
	struct act act = {.at_ms = at_ms, .what = what, .person = household, .number = number};
	if (notice)
		act.id = *notice;
	agenda_add(campaigns->agenda, act);
}

/* ---- households ---- */

static int compare_areas(const void *a, const void *b)
{
	const struct household *x = *(const struct household *const *)a, *y = *(const struct household *const *)b;
	if (x->area != y->area)
		return x->area < y->area ? -1 : 1;
	return x->id < y->id ? -1 : x->id > y->id;
}

static void find_households(struct campaigns *campaigns)
{
	size_t count;
	void *const *all = registry_sorted(registry(campaigns), REGISTRY_HOUSEHOLDS, &count);
	campaigns->households = malloc((count + 1) * sizeof(struct household *));
	if (!campaigns->households)
		abort();
	for (size_t i = 0; i < count; i++)
		if (!((const struct household *)all[i])->retired)
			campaigns->households[campaigns->count++] = all[i];
	qsort(campaigns->households, campaigns->count, sizeof(struct household *), compare_areas);
}

static size_t first_of(const struct campaigns *campaigns, uint32_t area)
{
	size_t low = 0, high = campaigns->count;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (campaigns->households[middle]->area < area)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* ---- what begins ---- */

static uint32_t district_of(const struct campaigns *campaigns)
{
	size_t count;
	void *const *areas = registry_sorted(registry(campaigns), REGISTRY_AREAS, &count);
	for (size_t i = 0; i < count; i++)
		if (!((const struct area *)areas[i])->parent)
			return ((const struct area *)areas[i])->id;
	return 0;
}

static void begin(struct campaigns *campaigns, enum pd_notice_kind kind, enum pd_want want, const char *text,
		  uint64_t days)
{
	bool asks = want == PD_want_answer;
	struct pd_message command = {.type = PD_MSG_notify, .request = 1};
	command.notify = (struct pd_notify){.notice = world_id(campaigns->world),
					    .area = district_of(campaigns),
					    .kind = (uint8_t)kind,
					    .want = (uint8_t)want,
					    .sort = PD_member_sort_household,
					    .text = pd_text(text),
					    .category = asks ? campaigns->category : 0,
					    .until_ms = world_now_ms(campaigns->world) + days * CALENDAR_DAY_MS};
	world_do(campaigns->world, &command, 0);
	if (asks)
		return;
	/* Some are connected, and read what they get. */
	for (size_t i = 0; i < campaigns->count; i++)
		if (dice_permille(dice(campaigns), RECEIVERS))
			plan(campaigns, CAMPAIGNS_RECEIVE,
			     world_now_ms(campaigns->world) + dice_below(dice(campaigns), (uint32_t)CALENDAR_DAY_MS),
			     &command.notify.notice, campaigns->households[i]->id, PD_answer_kind_delivered);
}

static void drill(struct campaigns *campaigns)
{
	size_t count;
	void *const *plans = registry_sorted(registry(campaigns), REGISTRY_PLANS, &count);
	struct pd_message command = {.type = PD_MSG_switch_on, .request = 1};
	if (count == 0)
		return;
	command.switch_on.plan = ((const struct entity *)plans[0])->id;
	world_do(campaigns->world, &command, 0);
}

/* ---- rounds ---- */

void campaigns_hear(struct campaigns *campaigns, const struct pd_message *event)
{
	if (event->type != PD_MSG_submitted || pd_id_is_zero(&event->submitted.notice))
		return;
	uint32_t area = event->submitted.area;
	const struct notice *notice = core_notice(world_core(campaigns->world), &event->submitted.notice);
	uint64_t left_ms = notice->row.until_ms - world_now_ms(campaigns->world);
	size_t first = first_of(campaigns, area);
	for (size_t i = first; i < campaigns->count && campaigns->households[i]->area == area; i++)
		if (!dice_permille(dice(campaigns), FORGOTTEN))
			plan(campaigns, CAMPAIGNS_ASK,
			     world_now_ms(campaigns->world) + left_ms / 1000 * dice_between(dice(campaigns), 100, 950),
			     &event->submitted.notice, campaigns->households[i]->id, 0);
}

static struct pd_message answer_of(const struct act *act, enum pd_answer_kind answer)
{
	struct pd_message command = {.type = PD_MSG_answer, .request = 1};
	command.answer = (struct pd_answer){.notice = act->id, .member = act->person, .answer = (uint8_t)answer};
	return command;
}

/* What was found becomes an order. */
static void report(struct campaigns *campaigns, const struct act *act, uint32_t person)
{
	struct pd_message command = {.type = PD_MSG_submit, .request = 1};
	command.submit = (struct pd_submit){.order = world_id(campaigns->world),
					    .category = campaigns->category,
					    .household = act->person,
					    .text = pd_text("走访发现：老人行动不便，需要帮助")};
	world_do(campaigns->world, &command, person);
}

static void ask(struct campaigns *campaigns, const struct act *act)
{
	uint32_t persons[8];
	const struct household *household = registry_household(registry(campaigns), act->person);
	const struct notice *notice = core_notice(world_core(campaigns->world), &act->id);
	size_t count = people_of(campaigns->people, household->area, persons, 8);
	if (!notice || count == 0 || !people_are_there(campaigns->people, household->area))
		return;
	bool visits = notice->row.kind == PD_notice_kind_visits;
	struct pd_message command = answer_of(act, visits ? PD_answer_kind_visited : PD_answer_kind_done);
	if (dice_permille(dice(campaigns), AWAY))
		command.answer.answer = PD_answer_kind_away;
	else if (dice_permille(dice(campaigns), REFUSES))
		command.answer.answer = PD_answer_kind_refused;
	else if (dice_permille(dice(campaigns), NOT_FOUND))
		command.answer.answer = PD_answer_kind_not_found;
	bool found =
		visits && command.answer.answer == PD_answer_kind_visited && dice_permille(dice(campaigns), FINDINGS);
	if (found)
		command.answer.text = pd_text("行动不便");
	world_do(campaigns->world, &command, persons[0]);
	if (found)
		report(campaigns, act, persons[0]);
}

static void receive(struct campaigns *campaigns, const struct act *act)
{
	struct pd_message command = answer_of(act, (enum pd_answer_kind)act->number);
	world_do(campaigns->world, &command, 0);
	if (act->number < PD_answer_kind_confirmed && dice_permille(dice(campaigns), 700))
		plan(campaigns, CAMPAIGNS_RECEIVE,
		     world_now_ms(campaigns->world) + dice_below(dice(campaigns), 3600000), &act->id, act->person,
		     act->number + 1);
}

void campaigns_act(struct campaigns *campaigns, const struct act *act)
{
	switch (act->what) {
	case CAMPAIGNS_VISITS:
		begin(campaigns, PD_notice_kind_visits, PD_want_answer, "本月敲门行动", VISIT_DAYS);
		break;
	case CAMPAIGNS_ROLL_CALL:
		begin(campaigns, PD_notice_kind_roll_call, PD_want_answer, "全员核酸检测，请逐户通知", ROLL_CALL_DAYS);
		break;
	case CAMPAIGNS_NOTICE:
		begin(campaigns, PD_notice_kind_notice, PD_want_confirmation, "明日8时至12时停水", NOTICE_DAYS);
		break;
	case CAMPAIGNS_DRILL: drill(campaigns); break;
	case CAMPAIGNS_ASK: ask(campaigns, act); break;
	case CAMPAIGNS_RECEIVE: receive(campaigns, act); break;
	default: break;
	}
}

/* The first category whose orders the micro-grids hold. */
static uint32_t category_of(const struct campaigns *campaigns)
{
	size_t count;
	void *const *categories = registry_sorted(registry(campaigns), REGISTRY_CATEGORIES, &count);
	for (size_t i = 0; i < count; i++) {
		const struct category *category = categories[i];
		if (!category->retired && category->level == PD_level_microgrid)
			return category->id;
	}
	return 0;
}

struct campaigns *campaigns_new(struct world *world, struct agenda *agenda, const struct people *people,
				uint64_t from_ms, uint64_t until_ms)
{
	struct campaigns *campaigns = calloc(1, sizeof *campaigns);
	if (!campaigns)
		abort();
	*campaigns = (struct campaigns){.world = world, .agenda = agenda, .people = people};
	find_households(campaigns);
	campaigns->category = category_of(campaigns);
	uint64_t day_ms = CALENDAR_DAY_MS, month = 0;
	for (uint64_t at_ms = from_ms + day_ms; at_ms + VISIT_DAYS * day_ms < until_ms; at_ms += MONTH_DAYS * day_ms) {
		plan(campaigns, CAMPAIGNS_VISITS, at_ms, NULL, 0, 0);
		plan(campaigns, CAMPAIGNS_NOTICE, at_ms + 5 * day_ms, NULL, 0, 0);
		if (month++ % 3 == 0)
			plan(campaigns, CAMPAIGNS_ROLL_CALL, at_ms + 10 * day_ms, NULL, 0, 0);
	}
	if (from_ms + DRILL_DAY * day_ms < until_ms)
		plan(campaigns, CAMPAIGNS_DRILL, from_ms + DRILL_DAY * day_ms, NULL, 0, 0);
	return campaigns;
}

void campaigns_free(struct campaigns *campaigns)
{
	free(campaigns->households);
	free(campaigns);
}
