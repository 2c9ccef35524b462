#include "setup.h"

#include <string.h>
#include <time.h>

#include "district.h"
#include "ground.h"
#include "sim.h"
#include "trace.h"

enum {
	NUMBERS_MAX = 4096,
	YEAR_FIRST = 2025,
	YEAR_LAST = 2027,
	LADDERS = 4,
	RULES = 6,
	DUTIES = 3,
	PLANS = 3,
	DAYS_MAX = 9,
	DAY_S = 86400
};

static struct {
	uint64_t numbers[NUMBERS_MAX];
	size_t used;
} pool;

void setup_forget(void)
{
	pool.used = 0;
}

static bool one_in(uint32_t n)
{
	return dice_below(&sim.dice, n) == 0;
}

static uint64_t *take_numbers(size_t count)
{
	if (pool.used + count > NUMBERS_MAX)
		trace_fail("what is set up needs more than %d numbers", NUMBERS_MAX);
	uint64_t *numbers = pool.numbers + pool.used;
	pool.used += count;
	return numbers;
}

static struct pd_u64s copy(struct pd_u64s from)
{
	uint64_t *numbers = take_numbers(from.count);
	if (from.count)
		memcpy(numbers, from.values, from.count * sizeof *numbers);
	return (struct pd_u64s){numbers, from.count};
}

void setup_row_of(const struct registry *registry, enum registry_kind kind, const void *entity, struct pd_message *put)
{
	registry_put_of(registry, kind, entity, put);
	struct pd_put_calendar *calendar = &put->put_calendar;
	switch (kind) {
	case REGISTRY_PLANS: put->put_plan.categories = copy(put->put_plan.categories); break;
	case REGISTRY_LADDERS: put->put_ladder.steps = copy(put->put_ladder.steps); break;
	case REGISTRY_CALENDARS:
		calendar->holidays = copy(calendar->holidays);
		calendar->workdays = copy(calendar->workdays);
		calendar->hours = copy(calendar->hours);
		break;
	default: break; /* texts stand in the entity */
	}
}

/* ---- calendars ---- */

static struct tm date_of(uint32_t year, uint32_t of_year)
{
	struct tm date = {.tm_year = (int)year - 1900, .tm_mday = 1 + (int)of_year};
	timegm(&date);
	return date;
}

static uint64_t yyyymmdd(const struct tm *date)
{
	return (uint64_t)(date->tm_year + 1900) * 10000 + (uint64_t)(date->tm_mon + 1) * 100 + (uint64_t)date->tm_mday;
}

/* Some days in a row without work; a weekend before and one after, which are worked instead. */
static void draw_days(struct pd_put_calendar *put)
{
	uint64_t *holidays = take_numbers(DAYS_MAX), *workdays = take_numbers(4);
	uint32_t first = dice_between(&sim.dice, 20, 330), count = dice_below(&sim.dice, DAYS_MAX), weekends = 0;
	for (uint32_t i = 0; i < count; i++) {
		struct tm date = date_of(put->calendar, first + i);
		holidays[i] = yyyymmdd(&date);
	}
	for (uint32_t day = first - 7; day < first + count + 7 && weekends < 4; day++) {
		struct tm date = date_of(put->calendar, day);
		bool free = day >= first && day < first + count;
		if (!free && (date.tm_wday == 0 || date.tm_wday == 6) && one_in(2))
			workdays[weekends++] = yyyymmdd(&date);
	}
	put->holidays = (struct pd_u64s){holidays, count};
	put->workdays = (struct pd_u64s){workdays, weekends};
}

static void draw_hours(struct pd_put_calendar *put)
{
	static const uint64_t whole[] = {0, 1440}, late[] = {540, 720, 840, 1110},
			      many[] = {1, 2, 3, 700, 701, 702, 703, 1439};
	static const struct pd_u64s choices[] = {{NULL, 0}, {whole, 2}, {late, 4}, {many, 8}};
	put->hours = choices[dice_below(&sim.dice, 4)];
}

/* What does not hold together, each in its way. */
static void spoil_calendar(struct pd_put_calendar *put)
{
	static const uint64_t odd[] = {540, 720, 840}, falling[] = {720, 540}, beyond[] = {540, 1441};
	static const uint64_t no_day[] = {20260230}, other_year[] = {20240501}, thirteenth[] = {20261301};
	static const struct pd_u64s hours[] = {{odd, 3}, {falling, 2}, {beyond, 2}};
	static const struct pd_u64s days[] = {{no_day, 1}, {other_year, 1}, {thirteenth, 1}};
	struct tm date = date_of(put->calendar, 100);
	uint64_t *twice = take_numbers(2);
	while (date.tm_wday == 0 || date.tm_wday == 6)
		date = date_of(put->calendar, (uint32_t)date.tm_yday + 1);
	twice[0] = twice[1] = yyyymmdd(&date);
	switch (dice_below(&sim.dice, 5)) {
	case 0: put->hours = hours[dice_below(&sim.dice, 3)]; break;
	case 1: put->holidays = days[dice_below(&sim.dice, 3)]; break;
	case 2: put->holidays = (struct pd_u64s){twice, 2}; break;
	case 3: put->workdays = (struct pd_u64s){twice, 1}; break; /* no weekend */
	default:
		if (put->workdays.count)
			put->holidays = put->workdays; /* both */
		break;
	}
}

static void change_calendar(const struct registry *registry, struct pd_message *message)
{
	uint32_t year = dice_between(&sim.dice, YEAR_FIRST, YEAR_LAST);
	const struct entity *entity = registry_find(registry, REGISTRY_CALENDARS, year);
	struct pd_put_calendar *put = &message->put_calendar;
	if (entity && one_in(2)) {
		setup_row_of(registry, REGISTRY_CALENDARS, entity, message);
	} else {
		*message = (struct pd_message){.type = PD_MSG_put_calendar};
		put->calendar = year;
		put->names = pd_text(one_in(2) ? "a holiday" : "");
		draw_days(put);
	}
	switch (dice_below(&sim.dice, 4)) {
	case 0: put->retired = !put->retired; break;
	case 1: draw_hours(put); break;
	case 2: spoil_calendar(put); break;
	default: break;
	}
}

/* ---- ladders ---- */

static void draw_ladder(struct pd_put_ladder *put)
{
	uint64_t *steps = take_numbers(10);
	uint32_t count = 0;
	for (uint64_t level = PD_level_microgrid; level >= PD_level_district; level--) {
		if (level > PD_level_district && one_in(2))
			continue;
		steps[count++] = level;
		steps[count++] = dice_between(&sim.dice, 60, one_in(2) ? 3600 : 3 * DAY_S);
	}
	put->steps = (struct pd_u64s){steps, count};
}

static void spoil_ladder(struct pd_put_ladder *put)
{
	static const uint64_t loop[] = {3, 600, 3, 600, 1, 600}, down[] = {2, 600, 4, 600, 1, 600},
			      topless[] = {5, 600, 2, 600}, level[] = {6, 600, 1, 600}, quick[] = {1, 59},
			      slow[] = {1, 31536001}, odd[] = {5, 600, 1};
	static const struct pd_u64s bad[] = {{loop, 6},  {down, 6}, {topless, 4}, {level, 4},
					     {quick, 2}, {slow, 2}, {odd, 3}};
	put->steps = bad[dice_below(&sim.dice, sizeof bad / sizeof bad[0])];
}

static void change_ladder(const struct registry *registry, struct pd_message *message)
{
	uint32_t id = dice_between(&sim.dice, 1, LADDERS);
	const struct entity *entity = registry_find(registry, REGISTRY_LADDERS, id);
	struct pd_put_ladder *put = &message->put_ladder;
	if (entity && one_in(2)) {
		setup_row_of(registry, REGISTRY_LADDERS, entity, message);
		put->retired ^= one_in(2);
		return;
	}
	*message = (struct pd_message){.type = PD_MSG_put_ladder};
	*put = (struct pd_put_ladder){.ladder = id, .name = pd_text("a ladder")};
	if (one_in(4))
		spoil_ladder(put);
	else
		draw_ladder(put);
}

uint32_t setup_ladder(const struct registry *registry)
{
	uint32_t id = dice_below(&sim.dice, LADDERS + 1);
	const struct entity *ladder = registry_find(registry, REGISTRY_LADDERS, id);
	return (ladder && !ladder->retired) || one_in(10) ? id : 0;
}

/* ---- rules ---- */

static void draw_rule(const struct registry *registry, struct pd_put_rule *put)
{
	static const char *const keywords[] = {"", "", "klm", "zab|q", "xyzabcdefghi", "one||two"};
	static const uint8_t weekdays[] = {127, 127, 31, 96, 1};
	put->name = pd_text("a rule");
	put->category = one_in(3) ? district_category(registry) : 0;
	put->area = one_in(3) ? district_area(registry) : 0;
	put->post = (uint8_t)(one_in(3) ? dice_between(&sim.dice, 1, 9) : 0);
	put->weekdays = weekdays[dice_below(&sim.dice, 5)];
	put->from_min = (uint16_t)(one_in(2) ? 0 : dice_below(&sim.dice, 1440));
	put->to_min = (uint16_t)(one_in(2) ? 1440 : dice_between(&sim.dice, 1, 1440));
	put->keyword = pd_text(keywords[dice_below(&sim.dice, 6)]);
	if (one_in(2))
		put->holder = district_area(registry);
	if (put->holder == 0 || one_in(8))
		put->level = (uint8_t)dice_between(&sim.dice, 1, 5);
}

static void change_rule(const struct registry *registry, struct pd_message *message)
{
	uint32_t id = dice_between(&sim.dice, 1, RULES);
	const struct entity *entity = registry_find(registry, REGISTRY_RULES, id);
	if (entity && one_in(2)) {
		setup_row_of(registry, REGISTRY_RULES, entity, message);
		message->put_rule.retired ^= !one_in(4);
		return;
	}
	*message = (struct pd_message){.type = PD_MSG_put_rule};
	message->put_rule.rule = id;
	draw_rule(registry, &message->put_rule);
}

/* ---- shapes ---- */

static void change_shape(const struct registry *registry, struct pd_message *message)
{
	uint32_t id = district_area(registry);
	const struct entity *entity = registry_find(registry, REGISTRY_SHAPES, id);
	if (entity && one_in(4)) {
		setup_row_of(registry, REGISTRY_SHAPES, entity, message);
		message->put_shape.retired ^= !one_in(4);
		return;
	}
	*message = (struct pd_message){.type = PD_MSG_put_shape};
	message->put_shape.area = id;
	ground_draw(&message->put_shape);
}

/* ---- duties ---- */

static void draw_duty(const struct registry *registry, struct pd_put_duty *put)
{
	put->name = pd_text("a duty");
	put->text = pd_text(one_in(2) ? "look whether it is clean" : "look whether it is safe");
	put->category = district_category(registry);
	put->area = district_area(registry);
	put->each = one_in(2);
	put->minute = (uint16_t)dice_below(&sim.dice, 1440);
	put->weekdays = (uint8_t)(one_in(2) ? 127 : dice_between(&sim.dice, 1, 127));
	if (one_in(5)) {
		put->month_day = (uint8_t)dice_between(&sim.dice, one_in(2) ? 1 : 29, 31);
		put->weekdays = one_in(10) ? 1 : 0;
	}
	put->workdays = one_in(4);
	if (one_in(4))
		put->from_day = 20260100 + dice_between(&sim.dice, 1, 31);
	if (one_in(4))
		put->until_day = 20260200 + dice_between(&sim.dice, 1, one_in(4) ? 30 : 28);
	if (one_in(12))
		put->until_day = 20251231;
}

static void change_duty(const struct registry *registry, struct pd_message *message)
{
	uint32_t id = dice_between(&sim.dice, 1, DUTIES);
	const struct entity *entity = registry_find(registry, REGISTRY_DUTIES, id);
	if (entity && one_in(3)) {
		setup_row_of(registry, REGISTRY_DUTIES, entity, message);
		message->put_duty.retired ^= !one_in(4);
		return;
	}
	*message = (struct pd_message){.type = PD_MSG_put_duty};
	message->put_duty.duty = id;
	draw_duty(registry, &message->put_duty);
}

/* ---- plans ---- */

uint32_t setup_plan(void)
{
	return dice_between(&sim.dice, 1, PLANS + one_in(30));
}

static void draw_plan(const struct registry *registry, struct pd_put_plan *put)
{
	uint64_t *categories = take_numbers(2);
	categories[0] = district_category(registry);
	categories[1] = district_category(registry);
	put->name = pd_text("a plan");
	put->area = one_in(2) ? 1 : district_area(registry);
	put->accept_percent = (uint16_t)dice_between(&sim.dice, 1, one_in(4) ? 300 : 90);
	put->complete_percent = (uint16_t)dice_between(&sim.dice, 1, one_in(4) ? 300 : 90);
	put->running = (uint8_t)dice_between(&sim.dice, 1, 3);
	put->lasts_s = dice_between(&sim.dice, 60, 5 * DAY_S);
	put->ladder = setup_ladder(registry);
	put->categories = (struct pd_u64s){categories, dice_below(&sim.dice, 3)};
	put->notice = pd_text(one_in(2) ? "the water is rising" : "");
	put->roll_call = pd_text(one_in(3) ? "is everybody well" : "");
	if (put->roll_call.bytes != 0 && !one_in(10))
		put->roll_category = district_category(registry);
}

static void change_plan(const struct registry *registry, struct pd_message *message)
{
	uint32_t id = dice_between(&sim.dice, 1, PLANS);
	const struct entity *entity = registry_find(registry, REGISTRY_PLANS, id);
	if (entity && one_in(3)) {
		setup_row_of(registry, REGISTRY_PLANS, entity, message);
		message->put_plan.retired ^= !one_in(4);
		return;
	}
	*message = (struct pd_message){.type = PD_MSG_put_plan};
	message->put_plan.plan = id;
	draw_plan(registry, &message->put_plan);
}

void setup_change(const struct registry *registry, struct pd_message *put)
{
	switch (dice_below(&sim.dice, 6)) {
	case 5: change_plan(registry, put); break;
	case 4: change_duty(registry, put); break;
	case 3: change_shape(registry, put); break;
	case 0: change_calendar(registry, put); break;
	case 1: change_ladder(registry, put); break;
	default: change_rule(registry, put); break;
	}
}

/* ---- at the beginning ---- */

size_t setup_begin(struct pd_message rows[static SETUP_ROWS_MAX])
{
	static const uint64_t quick[] = {5, 300, 3, 600, 1, 1800}, slow[] = {4, 7200, 2, 86400, 1, 172800};
	static const uint64_t new_year[] = {20260101, 20260102, 20260103}, instead[] = {20260104};
	rows[0] = (struct pd_message){.type = PD_MSG_put_ladder};
	rows[0].put_ladder = (struct pd_put_ladder){.ladder = 1, .name = pd_text("quick"), .steps = {quick, 6}};
	rows[1] = (struct pd_message){.type = PD_MSG_put_ladder};
	rows[1].put_ladder = (struct pd_put_ladder){.ladder = 2, .name = pd_text("slow"), .steps = {slow, 6}};
	rows[2] = (struct pd_message){.type = PD_MSG_put_calendar};
	rows[2].put_calendar = (struct pd_put_calendar){
		.calendar = 2026, .holidays = {new_year, 3}, .workdays = {instead, 1}, .names = pd_text("New Year")};
	return 3;
}
