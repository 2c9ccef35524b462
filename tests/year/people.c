#include "people.h"

#include <stdlib.h>

#include "calendar.h"

enum { MINUTE_MS = 60000, HOUR_MS = 3600000 };
/* Of a thousand: days on which an area has nobody; areas that have nobody for the whole year; and what people do. */
enum { AWAY = 60, VACANT = 15, DECLINES = 25, TRANSFERS = 10, RELEASES = 10, SUSPENDS = 25, NEVER_ENDS = 30 };
enum { CANCELS = 15, CONFIRMS = 600, SAYS = 300, URGES = 100 };

struct people {
	struct world *world;
	struct agenda *agenda;
	uint64_t until_ms, mean_gap_ms;
	const struct person **workers; /* by area */
	size_t worker_count;
	void *const *residents, *const *categories;
	size_t resident_count, category_count;
};

static struct dice *dice(const struct people *people)
{
	return world_dice(people->world);
}

static const struct registry *registry(const struct people *people)
{
	return core_registry(world_core(people->world));
}

static void plan(struct people *people, enum people_act what, uint64_t in_ms, const struct order *order,
		 uint32_t person)
{
	struct act act = {.at_ms = world_now_ms(people->world) + in_ms, .what = what, .person = person};
	if (order) {
		act.id = order->row.id;
		act.number = order->row.version;
	}
	agenda_add(people->agenda, act);
}

/* ---- who works where ---- */

static int compare_areas(const void *a, const void *b)
{
	const struct person *x = *(const struct person *const *)a, *y = *(const struct person *const *)b;
	if (x->area != y->area)
		return x->area < y->area ? -1 : 1;
	return x->id < y->id ? -1 : x->id > y->id;
}

static void find_workers(struct people *people)
{
	size_t count;
	void *const *all = registry_sorted(registry(people), REGISTRY_PEOPLE, &count);
	people->workers = malloc((count + 1) * sizeof(struct person *));
	if (!people->workers)
		abort();
	for (size_t i = 0; i < count; i++) {
		const struct person *person = all[i];
		bool works = !person->retired && person->post >= PD_post_centre && person->post != PD_post_courier;
		if (works)
			people->workers[people->worker_count++] = person;
	}
	qsort(people->workers, people->worker_count, sizeof(struct person *), compare_areas);
}

size_t people_of(const struct people *people, uint32_t area, uint32_t *persons, size_t max)
{
	size_t low = 0, high = people->worker_count, count = 0;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (people->workers[middle]->area < area)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < people->worker_count && people->workers[low]->area == area && count < max; low++)
		persons[count++] = people->workers[low]->id;
	return count;
}

/* The same for an area and a day, whenever it is asked. */
static uint32_t luck(uint32_t a, uint32_t b)
{
	uint64_t x = ((uint64_t)a << 32 | b) * UINT64_C(0x9E3779B97F4A7C15);
	x ^= x >> 29;
	x *= UINT64_C(0xBF58476D1CE4E5B9);
	return (uint32_t)((x >> 32) % 1000);
}

bool people_are_there(const struct people *people, uint32_t area)
{
	return luck(area, 0) >= VACANT && luck(area, calendar_day_of(world_now_ms(people->world))) >= AWAY;
}

/* ---- submitting ---- */

static const char *const requests[] = {"楼道灯不亮", "垃圾桶满了，没有清运", "下水道堵塞，污水外溢", "单元门禁坏了",
				       "消防通道被车辆占用"};
enum { REQUESTS = sizeof requests / sizeof requests[0] };

/* Most orders come by day. */
static uint64_t next_gap(const struct people *people)
{
	unsigned hour = (unsigned)((world_now_ms(people->world) + CALENDAR_OFFSET_MS) / HOUR_MS % 24);
	uint64_t mean_ms = hour < 6 ? people->mean_gap_ms * 6 : people->mean_gap_ms * 3 / 4;
	return 1 + (mean_ms * (1 + dice_below(dice(people), 2000))) / 1000;
}

static void submit(struct people *people)
{
	const struct person *resident = people->residents[dice_below(dice(people), (uint32_t)people->resident_count)];
	const struct category *category =
		people->categories[dice_below(dice(people), (uint32_t)people->category_count)];
	if (world_now_ms(people->world) >= people->until_ms)
		return;
	plan(people, PEOPLE_SUBMIT, next_gap(people), NULL, 0);
	if (resident->retired || resident->post != PD_post_resident || category->retired)
		return;
	struct pd_message command = {.type = PD_MSG_submit, .request = 1};
	command.submit = (struct pd_submit){.order = world_id(people->world),
					    .category = category->id,
					    .text = pd_text(requests[dice_below(dice(people), REQUESTS)])};
	world_do(people->world, &command, resident->id);
}

/* ---- leaders ---- */

static struct pd_message move(enum pd_type type, const struct order *order)
{
	struct pd_message command = {.type = type, .request = 1};
	command.order_command = (struct pd_order_command){order->row.id, order->row.version};
	return command;
}

static void decline(struct people *people, const struct order *order, uint32_t person)
{
	struct pd_message command = move(PD_MSG_decline, order);
	command.decline.reason = pd_text("需要专业单位处理");
	world_do(people->world, &command, person);
}

/* To a neighbour: another area below the same one. */
static void transfer(struct people *people, const struct order *order, uint32_t person)
{
	const struct area *holder = registry_area(registry(people), order->row.holder);
	size_t count;
	void *const *areas = registry_sorted(registry(people), REGISTRY_AREAS, &count);
	const struct area *other = areas[dice_below(dice(people), (uint32_t)count)];
	struct pd_message command = move(PD_MSG_transfer, order);
	if (other == holder || other->retired || !other->parent || other->level != holder->level)
		return;
	command.transfer.holder = other->id;
	command.transfer.reason = pd_text("地址属于那里");
	world_do(people->world, &command, person);
}

static void look(struct people *people, const struct order *order)
{
	uint32_t persons[16];
	size_t count = people_of(people, order->row.holder, persons, 16);
	if (order->row.state != PD_STATE_waiting)
		return;
	if (count == 0 || !people_are_there(people, order->row.holder)) {
		if (order->row.due_ms == 0) /* nothing moves it any more but somebody who comes by another day */
			plan(people, PEOPLE_LOOK, CALENDAR_DAY_MS, order, 0);
		return;
	}
	uint32_t person = persons[dice_below(dice(people), (uint32_t)count)];
	if (dice_permille(dice(people), DECLINES))
		return decline(people, order, person);
	if (dice_permille(dice(people), TRANSFERS))
		return transfer(people, order, person);
	struct pd_message command = move(PD_MSG_accept, order);
	world_do(people->world, &command, person);
}

static void finish(struct people *people, const struct order *order, uint32_t person)
{
	struct pd_message command = move(PD_MSG_complete, order);
	if (order->row.state != PD_STATE_accepted || order->row.acceptor != person)
		return;
	if (dice_permille(dice(people), RELEASES)) {
		command = move(PD_MSG_release, order);
		command.release.reason = pd_text("临时有事");
	} else if (dice_permille(dice(people), SUSPENDS)) {
		command = move(PD_MSG_suspend, order);
		command.suspend.reason = pd_text("等配件");
		command.suspend.until_ms =
			world_now_ms(people->world) + dice_between(dice(people), 1, 10) * CALENDAR_DAY_MS;
	} else {
		command.complete.result = pd_text("已处理");
	}
	world_do(people->world, &command, person);
}

static void say(struct people *people, const struct order *order, uint32_t person)
{
	struct pd_message command = move(PD_MSG_note, order);
	if (order->row.state != PD_STATE_accepted || order->row.acceptor != person)
		return;
	command.note.text = pd_text("配件明天到");
	world_do(people->world, &command, person);
}

/* ---- requesters ---- */

static void answer(struct people *people, const struct order *order)
{
	static const unsigned stars[] = {20, 30, 100, 350, 500};
	struct pd_message command = move(PD_MSG_confirm, order);
	if (order->row.state == PD_STATE_waiting) {
		command = move(PD_MSG_cancel, order);
	} else if (order->row.state == PD_STATE_completed) {
		command.confirm.rating = (uint8_t)(1 + dice_weighted(dice(people), stars, 5));
		if (command.confirm.rating <= 2) {
			command = move(PD_MSG_reopen, order);
			command.reopen.reason = pd_text("没有修好");
		}
	} else {
		return;
	}
	world_do(people->world, &command, order->row.requester);
}

static void urge(struct people *people, const struct order *order)
{
	struct pd_message command = move(PD_MSG_urge, order);
	if (order->row.state == PD_STATE_waiting || order->row.state == PD_STATE_accepted)
		world_do(people->world, &command, order->row.requester);
}

/* ---- plans ---- */

static void plan_work(struct people *people, const struct order *order)
{
	uint64_t within_ms = order->row.due_ms - world_now_ms(people->world);
	uint32_t person = order->row.acceptor;
	if (dice_permille(dice(people), SAYS))
		plan(people, PEOPLE_SAY, within_ms / 4 + dice_below(dice(people), HOUR_MS), order, person);
	if (!dice_permille(dice(people), NEVER_ENDS))
		plan(people, PEOPLE_FINISH, within_ms / 1000 * dice_between(dice(people), 50, 1050), order, person);
}

void people_hear(struct people *people, const struct pd_message *event, const struct order *order)
{
	if (!order || !people)
		return;
	switch (order->row.state) {
	case PD_STATE_waiting:
		if (event->type == PD_MSG_noted)
			break;
		plan(people, PEOPLE_LOOK, dice_between(dice(people), 1, 45) * MINUTE_MS, order, 0);
		if (event->type == PD_MSG_escalated && dice_permille(dice(people), URGES))
			plan(people, PEOPLE_URGE, dice_below(dice(people), HOUR_MS), order, 0);
		if (pd_is_first_event(event->type) && dice_permille(dice(people), CANCELS))
			plan(people, PEOPLE_ANSWER, dice_below(dice(people), HOUR_MS), order, 0);
		break;
	case PD_STATE_accepted:
		if (event->type == PD_MSG_accepted || event->type == PD_MSG_resumed)
			plan_work(people, order);
		break;
	case PD_STATE_completed:
		if (event->type == PD_MSG_completed && dice_permille(dice(people), CONFIRMS))
			plan(people, PEOPLE_ANSWER, dice_below(dice(people), 72 * HOUR_MS), order, 0);
		break;
	default: break;
	}
}

void people_act(struct people *people, const struct act *act)
{
	const struct order *order = core_order(world_core(people->world), &act->id);
	if (act->what == PEOPLE_SUBMIT)
		return submit(people);
	if (!order)
		return;
	/* Somebody else may have moved it meanwhile; who looks sees it as it is now. */
	switch (act->what) {
	case PEOPLE_LOOK: look(people, order); break;
	case PEOPLE_FINISH: finish(people, order, act->person); break;
	case PEOPLE_SAY: say(people, order, act->person); break;
	case PEOPLE_ANSWER: answer(people, order); break;
	case PEOPLE_URGE: urge(people, order); break;
	default: break;
	}
}

struct people *people_new(struct world *world, struct agenda *agenda, uint64_t from_ms, uint64_t until_ms,
			  uint32_t orders)
{
	struct people *people = calloc(1, sizeof *people);
	if (!people)
		abort();
	*people = (struct people){
		.world = world, .agenda = agenda, .until_ms = until_ms, .mean_gap_ms = (until_ms - from_ms) / orders};
	find_workers(people);
	people->residents = registry_sorted(registry(people), REGISTRY_PEOPLE, &people->resident_count);
	people->categories = registry_sorted(registry(people), REGISTRY_CATEGORIES, &people->category_count);
	agenda_add(agenda, (struct act){.at_ms = from_ms, .what = PEOPLE_SUBMIT});
	return people;
}

void people_free(struct people *people)
{
	free(people->workers);
	free(people);
}
