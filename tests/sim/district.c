#include "district.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "setup.h"
#include "sim.h"
#include "trace.h"

enum { HOUSES_OF_EACH = 3, HOUSEHOLD_FIRST = 500000, RESIDENT_FIRST = 7000, MERCHANT_FIRST = 8000 };

/* ---- texts ---- */

static struct {
	char text[64 * 1024];
	size_t used;
} texts;

__attribute__((format(printf, 1, 2))) static struct pd_slice text(const char *format, ...)
{
	char *at = texts.text + texts.used;
	size_t room = sizeof texts.text - texts.used;
	va_list args;
	va_start(args, format);
	int bytes = vsnprintf(at, room, format, args);
	va_end(args);
	if (bytes < 0 || (size_t)bytes >= room)
		trace_fail("the texts of a made district need more room");
	texts.used += (size_t)bytes;
	return (struct pd_slice){at, (uint32_t)bytes};
}

static void forget_made(void)
{
	texts.used = 0;
	setup_forget();
}

/* ---- how it begins ---- */

static uint32_t left_out;

uint32_t district_left_out(void)
{
	return left_out;
}

static const struct {
	uint32_t id, parent;
	uint8_t level, kind;
} areas[] = {
	{1, 0, PD_level_district, PD_area_kind_plain},
	{11, 1, PD_level_street, PD_area_kind_plain},
	{12, 1, PD_level_street, PD_area_kind_plain},
	{111, 11, PD_level_community, PD_area_kind_urban},
	{112, 11, PD_level_community, PD_area_kind_urban},
	{121, 12, PD_level_community, PD_area_kind_village},
	{1111, 111, PD_level_grid, PD_area_kind_plain},
	{1112, 111, PD_level_grid, PD_area_kind_plain},
	{1121, 112, PD_level_grid, PD_area_kind_plain},
	{1122, 112, PD_level_grid, PD_area_kind_dedicated},
	{1211, 121, PD_level_grid, PD_area_kind_plain},
	{11111, 1111, PD_level_microgrid, PD_area_kind_plain},
	{11112, 1111, PD_level_microgrid, PD_area_kind_plain},
	{11121, 1112, PD_level_microgrid, PD_area_kind_plain},
	{11122, 1112, PD_level_microgrid, PD_area_kind_plain},
	{11211, 1121, PD_level_microgrid, PD_area_kind_plain},
	{11212, 1121, PD_level_microgrid, PD_area_kind_plain},
	{12111, 1211, PD_level_microgrid, PD_area_kind_plain},
	{12112, 1211, PD_level_microgrid, PD_area_kind_plain},
	{11213, 1121, PD_level_microgrid, PD_area_kind_volunteers},
};
enum { AREAS = sizeof areas / sizeof areas[0] };

/* A micro-grid that people live in: organisations have no households. */
static bool is_lived_in(int i)
{
	return areas[i].level == PD_level_microgrid && areas[i].kind < PD_area_kind_agency;
}

static const struct pd_put_category categories[] = {
	{.category = 1,
	 .level = PD_level_microgrid,
	 .urgency = PD_urgency_normal,
	 .accept_within_s = 1800,
	 .complete_within_s = 86400},
	{.category = 2,
	 .level = PD_level_microgrid,
	 .urgency = PD_urgency_emergency,
	 .accept_within_s = 300,
	 .complete_within_s = 3600,
	 .ladder = 1,
	 .idle_within_s = 900},
	{.category = 3,
	 .level = PD_level_grid,
	 .urgency = PD_urgency_high,
	 .accept_within_s = 3600,
	 .complete_within_s = 172800,
	 .accept_clock = PD_clock_working,
	 .complete_clock = PD_clock_workdays,
	 .idle_within_s = 14400},
	{.category = 4,
	 .level = PD_level_community,
	 .urgency = PD_urgency_low,
	 .accept_within_s = 86400,
	 .complete_within_s = 604800,
	 .accept_clock = PD_clock_workdays,
	 .complete_clock = PD_clock_days,
	 .ladder = 2,
	 .idle_within_s = 86400},
	{.category = 5,
	 .level = PD_level_street,
	 .urgency = PD_urgency_normal,
	 .accept_within_s = 86400,
	 .complete_within_s = 604800},
	{.category = 6,
	 .level = PD_level_district,
	 .urgency = PD_urgency_high,
	 .accept_within_s = 60,
	 .complete_within_s = 60},
};
enum { CATEGORIES = sizeof categories / sizeof categories[0] };

/* Rows as they are made. */
struct rows {
	struct pd_message *rows;
	size_t count;
};

static struct pd_message *add_row(struct rows *rows, enum pd_type type)
{
	if (rows->count == DISTRICT_ROWS_MAX)
		trace_fail("the made district has more than %d rows", DISTRICT_ROWS_MAX);
	struct pd_message *row = &rows->rows[rows->count++];
	*row = (struct pd_message){.type = type};
	return row;
}

static void add_person(struct rows *rows, uint32_t id, unsigned post, uint32_t area, uint32_t household)
{
	add_row(rows, PD_MSG_put_person)->put_person = (struct pd_put_person){.person = id,
									      .post = (uint8_t)post,
									      .area = area,
									      .household = household,
									      .name = text("person %u", id),
									      .phone = text("0533-%07u", id)};
}

static void add_areas(struct rows *rows)
{
	for (int i = 0; i < AREAS; i++)
		add_row(rows, PD_MSG_put_area)->put_area = (struct pd_put_area){.area = areas[i].id,
										.parent = areas[i].parent,
										.level = areas[i].level,
										.kind = areas[i].kind,
										.name = text("area %u", areas[i].id)};
}

static void add_households(struct rows *rows)
{
	uint32_t id = HOUSEHOLD_FIRST;
	for (int i = 0; i < AREAS; i++) {
		uint32_t centre = id + 1;
		for (int k = 0; k < HOUSES_OF_EACH && is_lived_in(i); k++)
			add_row(rows, PD_MSG_put_household)->put_household =
				(struct pd_put_household){.household = ++id,
							  .area = areas[i].id,
							  .centre = centre,
							  .address = text("house %u", id),
							  .lon_e7 = 1178580000 + (int32_t)id,
							  .lat_e7 = 364970000 - (int32_t)id};
	}
}

/* For each area those who work there, and for each micro-grid who lives there. */
static void add_people(struct rows *rows)
{
	uint32_t resident = RESIDENT_FIRST, household = HOUSEHOLD_FIRST;
	for (int i = 0; i < AREAS; i++) {
		uint32_t area = areas[i].id;
		switch (areas[i].level) {
		case PD_level_microgrid:
			if (!is_lived_in(i)) {
				add_person(rows, 20000 + area, PD_post_staff, area, 0);
				break;
			}
			add_person(rows, 20000 + area, PD_post_leader, area, household + 1);
			add_person(rows, 40000 + area, PD_post_centre, area, household + 1);
			add_person(rows, ++resident, PD_post_resident, area, household + 2);
			household += HOUSES_OF_EACH;
			break;
		case PD_level_grid: add_person(rows, 20000 + area, PD_post_grid_leader, area, 0); break;
		default: add_person(rows, 20000 + area, PD_post_staff, area, 0); break;
		}
	}
	add_person(rows, 9001, PD_post_administrator, 1, 0);
	add_person(rows, 9002, PD_post_administrator, 111, HOUSEHOLD_FIRST + 1);
	add_person(rows, 9003, PD_post_supervisor, 1, 0);
	add_person(rows, 9004, PD_post_courier, 11, 0);
	for (uint32_t i = 1; i <= 2; i++)
		add_person(rows, MERCHANT_FIRST + i, PD_post_merchant, 1122, 0);
}

static void add_categories(struct rows *rows)
{
	for (int i = 0; i < CATEGORIES; i++) {
		struct pd_message *row = add_row(rows, PD_MSG_put_category);
		row->put_category = categories[i];
		row->put_category.name = text("category %u", categories[i].category);
	}
}

static void add_setup(struct rows *rows)
{
	struct pd_message setup[SETUP_ROWS_MAX];
	size_t count = setup_begin(setup);
	for (size_t i = 0; i < count; i++)
		*add_row(rows, setup[i].type) = setup[i];
}

size_t district_begin(struct pd_message rows[static DISTRICT_ROWS_MAX])
{
	struct rows made = {rows, 0};
	forget_made();
	left_out = 0;
	add_areas(&made);
	add_households(&made);
	add_people(&made);
	add_setup(&made);
	add_categories(&made);
	return made.count;
}

/* ---- as it is ---- */

bool district_there(const struct registry *registry)
{
	bool there = true;
	for (enum registry_kind kind = 0; kind <= REGISTRY_CATEGORIES; kind++) {
		size_t count;
		registry_sorted(registry, kind, &count);
		there &= count > 0;
	}
	return there;
}

static void row_of(const struct registry *registry, enum registry_kind kind, const void *entity, struct pd_message *put)
{
	if (kind > REGISTRY_CATEGORIES)
		return setup_row_of(registry, kind, entity, put);
	*put = (struct pd_message){.type = PD_MSG_put_area + kind};
	switch (kind) {
	case REGISTRY_AREAS: {
		const struct area *a = entity;
		put->put_area = (struct pd_put_area){.area = a->id,
						     .parent = a->parent ? a->parent->id : 0,
						     .level = a->level,
						     .kind = a->kind,
						     .name = a->name,
						     .retired = a->retired};
		break;
	}
	case REGISTRY_HOUSEHOLDS: {
		const struct household *h = entity;
		put->put_household = (struct pd_put_household){.household = h->id,
							       .area = h->area,
							       .centre = h->centre,
							       .address = h->address,
							       .lon_e7 = h->lon_e7,
							       .lat_e7 = h->lat_e7,
							       .retired = h->retired};
		break;
	}
	case REGISTRY_PEOPLE: {
		const struct person *p = entity;
		put->put_person = (struct pd_put_person){.person = p->id,
							 .post = p->post,
							 .area = p->area,
							 .household = p->household,
							 .name = p->name,
							 .phone = p->phone,
							 .retired = p->retired};
		break;
	}
	default: {
		const struct category *c = entity;
		put->put_category = (struct pd_put_category){.category = c->id,
							     .name = c->name,
							     .level = c->level,
							     .urgency = c->urgency,
							     .accept_within_s = c->accept_within_s,
							     .complete_within_s = c->complete_within_s,
							     .retired = c->retired,
							     .accept_clock = c->accept_clock,
							     .complete_clock = c->complete_clock,
							     .ladder = c->ladder,
							     .idle_within_s = c->idle_within_s,
							     .area = c->area,
							     .emergency_only = c->emergency_only};
		break;
	}
	}
}

static uint32_t some_id(const struct registry *registry, enum registry_kind kind)
{
	size_t count;
	void *const *entities = registry_sorted(registry, kind, &count);
	if (count == 0 || dice_permille(&sim.dice, 10))
		return 1 + dice_below(&sim.dice, 1000000);
	return *(const uint32_t *)entities[dice_below(&sim.dice, (uint32_t)count)];
}

uint32_t district_area(const struct registry *registry)
{
	return some_id(registry, REGISTRY_AREAS);
}

uint32_t district_household(const struct registry *registry)
{
	return some_id(registry, REGISTRY_HOUSEHOLDS);
}

uint32_t district_person(const struct registry *registry)
{
	return some_id(registry, REGISTRY_PEOPLE);
}

uint32_t district_category(const struct registry *registry)
{
	return some_id(registry, REGISTRY_CATEGORIES);
}

struct pd_slice district_place(const struct registry *registry)
{
	static char place[64];
	const struct household *household = registry_household(registry, district_household(registry));
	int bytes = snprintf(place, sizeof place, "%.*s%s", household ? (int)household->address.bytes : 0,
			     household ? household->address.data : "", dice_below(&sim.dice, 2) ? "" : ", 3");
	if (bytes > 3 && dice_below(&sim.dice, 3) == 0)
		bytes -= (int)dice_below(&sim.dice, 3);
	return (struct pd_slice){place, (uint32_t)bytes};
}

static uint32_t pick_person(const struct registry *registry, uint32_t area, unsigned post)
{
	size_t count;
	void *const *people = registry_sorted(registry, REGISTRY_PEOPLE, &count);
	uint32_t found = 0, seen = 0;
	for (size_t i = 0; i < count; i++) {
		const struct person *person = people[i];
		bool works = person->post >= PD_post_centre && person->post != PD_post_courier;
		if (!person->retired && (area ? works && person->area == area : person->post == post) &&
		    dice_below(&sim.dice, ++seen) == 0)
			found = person->id;
	}
	return found;
}

uint32_t district_person_of(const struct registry *registry, uint32_t area)
{
	return pick_person(registry, area, 0);
}

uint32_t district_person_with(const struct registry *registry, unsigned post)
{
	return pick_person(registry, 0, post);
}

/* ---- changing it ---- */

static bool one_in(uint32_t n)
{
	return dice_below(&sim.dice, n) == 0;
}

static void change_area(const struct registry *registry, struct pd_put_area *put)
{
	switch (dice_below(&sim.dice, 6)) {
	case 0: put->parent = district_area(registry); break;
	case 1: put->level = (uint8_t)dice_between(&sim.dice, 1, 5); break;
	case 2: put->kind = (uint8_t)dice_between(&sim.dice, 1, 8); break;
	case 3: put->name = text("area %u, %u", put->area, dice_below(&sim.dice, 100)); break;
	case 4: put->retired = !put->retired; break;
	default: put->parent = one_in(20) ? 0 : put->parent; break;
	}
}

/* To anywhere, or alone to where another one is. */
static void move_household(const struct registry *registry, struct pd_put_household *put)
{
	const struct household *other = registry_household(registry, district_household(registry));
	put->area = district_area(registry);
	if (!other || one_in(3))
		return;
	put->area = other->area;
	put->centre = put->household;
}

static void change_household(const struct registry *registry, struct pd_put_household *put)
{
	switch (dice_below(&sim.dice, 5)) {
	case 0: move_household(registry, put); break;
	case 1: put->centre = one_in(2) ? put->household : district_household(registry); break;
	case 2: put->address = text("house %u, %u", put->household, dice_below(&sim.dice, 100)); break;
	case 3: put->retired = !put->retired; break;
	default: put->lon_e7 += 1; break;
	}
}

static void change_person(const struct registry *registry, struct pd_put_person *put)
{
	switch (dice_below(&sim.dice, 6)) {
	case 0: put->area = district_area(registry); break;
	case 1: put->household = one_in(3) ? 0 : district_household(registry); break;
	case 2: put->post = (uint8_t)dice_between(&sim.dice, 1, 9); break;
	case 3: put->name = text("person %u, %u", put->person, dice_below(&sim.dice, 100)); break;
	case 4: put->phone = one_in(2) ? text("%s", "") : text("%u", dice_below(&sim.dice, 1000)); break;
	default: put->retired = !put->retired; break;
	}
}

/* Mostly with times that the clocks can count. */
static void change_clocks(struct pd_put_category *put)
{
	enum { DAY_S = SIM_DAY_MS / 1000 };
	put->accept_clock = (uint8_t)dice_below(&sim.dice, 5);
	put->complete_clock = (uint8_t)dice_below(&sim.dice, 5);
	if (put->accept_clock >= PD_clock_days && !one_in(5))
		put->accept_within_s = DAY_S * dice_between(&sim.dice, 1, 5);
	if (put->complete_clock >= PD_clock_days && !one_in(5))
		put->complete_within_s = DAY_S * dice_between(&sim.dice, 1, 9);
}

static void change_category(const struct registry *registry, struct pd_put_category *put)
{
	switch (dice_below(&sim.dice, 10)) {
	case 9: put->emergency_only = one_in(3); break;
	case 8: put->area = one_in(3) ? 0 : district_area(registry); break;
	case 5: change_clocks(put); break;
	case 6: put->ladder = setup_ladder(registry); break;
	case 7: put->idle_within_s = one_in(3) ? 0 : dice_between(&sim.dice, 1, 100000); break;
	case 0: put->level = (uint8_t)dice_between(&sim.dice, 1, 5); break;
	case 1: put->urgency = (uint8_t)dice_between(&sim.dice, 1, 4); break;
	case 2: put->accept_within_s = dice_between(&sim.dice, 1, 100000); break;
	case 3: put->complete_within_s = dice_between(&sim.dice, 1, 100000); break;
	default: put->retired = !put->retired; break;
	}
}

static void change_row(const struct registry *registry, struct pd_message *put)
{
	switch (put->type) {
	case PD_MSG_put_area: change_area(registry, &put->put_area); break;
	case PD_MSG_put_household: change_household(registry, &put->put_household); break;
	case PD_MSG_put_person: change_person(registry, &put->put_person); break;
	case PD_MSG_put_category: change_category(registry, &put->put_category); break;
	default: setup_change(registry, put); break;
	}
}

/* A new id for the entity: it is added beside its like. */
static void renumber(struct pd_message *put)
{
	uint32_t offset = 100000 * dice_between(&sim.dice, 1, 2);
	switch (put->type) {
	case PD_MSG_put_area: put->put_area.area += offset; break;
	case PD_MSG_put_household: put->put_household.household += offset; break;
	case PD_MSG_put_person: put->put_person.person += offset; break;
	default: put->put_category.category += 1; break;
	}
}

/* The district must not grow without end. */
static bool may_grow(const struct registry *registry, enum registry_kind kind)
{
	static const size_t most[REGISTRY_KINDS] = {28, 36, 60, 9}; /* setup has few numbers of its own */
	size_t count;
	registry_sorted(registry, kind, &count);
	return count < most[kind];
}

void district_change(const struct registry *registry, struct pd_message *put)
{
	enum registry_kind kind = dice_below(&sim.dice, REGISTRY_KINDS);
	size_t count;
	forget_made();
	if (kind > REGISTRY_CATEGORIES)
		return setup_change(registry, put);
	void *const *entities = registry_sorted(registry, kind, &count);
	row_of(registry, kind, entities[dice_below(&sim.dice, (uint32_t)count)], put);
	bool *retired = registry_put_retired(put);
	if (*retired && one_in(2)) {
		*retired = false; /* the district must not waste away */
		return;
	}
	if (may_grow(registry, kind) && one_in(4))
		renumber(put);
	if (!one_in(8))
		change_row(registry, put);
	if (one_in(10))
		change_row(registry, put);
}

/* Nobody and nothing needs it: but orders may be held there. */
static bool bare(const struct registry *registry, uint32_t id)
{
	const struct area *area = registry_area(registry, id);
	size_t count;
	void *const *people = registry_sorted(registry, REGISTRY_PEOPLE, &count);
	bool worked_in = false;
	for (size_t i = 0; i < count; i++) {
		const struct person *person = people[i];
		worked_in |= !person->retired && person->area == id;
	}
	return area->children == 0 && area->households == 0 && !worked_in;
}

static void import_kind(const struct registry *registry, enum registry_kind kind, unsigned level, uint32_t slips,
			struct rows *rows)
{
	size_t count;
	void *const *entities = registry_sorted(registry, kind, &count);
	for (size_t i = 0; i < count; i++) {
		struct pd_message put;
		row_of(registry, kind, entities[i], &put);
		if ((kind == REGISTRY_AREAS && put.put_area.level != level) ||
		    (kind == REGISTRY_HOUSEHOLDS &&
		     (put.put_household.centre == put.put_household.household) != (level == 1)))
			continue;
		if (one_in(slips) || (*registry_put_retired(&put) && !one_in(3)))
			continue; /* left out */
		if (kind == REGISTRY_AREAS && bare(registry, put.put_area.area) && one_in(2)) {
			left_out = put.put_area.area;
			continue;
		}
		*registry_put_retired(&put) = false;
		if (one_in(slips))
			change_row(registry, &put);
		*add_row(rows, put.type) = put;
		if (one_in(slips) && may_grow(registry, kind)) {
			renumber(&put);
			*add_row(rows, put.type) = put;
		}
	}
}

size_t district_import(const struct registry *registry, struct pd_message rows[static DISTRICT_ROWS_MAX])
{
	struct rows made = {rows, 0};
	/* Many slips: it will be refused. Few: it may well be taken in. */
	uint32_t slips = one_in(3) ? 20 : one_in(2) ? 200 : 2000;
	forget_made();
	left_out = 0;
	bool setup = one_in(2); /* else nothing is said of it */
	for (unsigned level = PD_level_district; level <= PD_level_microgrid; level++)
		import_kind(registry, REGISTRY_AREAS, level, slips, &made);
	import_kind(registry, REGISTRY_HOUSEHOLDS, 1, slips, &made);
	import_kind(registry, REGISTRY_HOUSEHOLDS, 0, slips, &made);
	import_kind(registry, REGISTRY_PEOPLE, 0, slips, &made);
	for (enum registry_kind kind = REGISTRY_CATEGORIES + 1; kind < REGISTRY_KINDS && setup; kind++)
		if (kind != REGISTRY_MODES) /* that is nobody's to import */
			import_kind(registry, kind, 0, slips, &made);
	import_kind(registry, REGISTRY_CATEGORIES, 0, slips, &made);
	return made.count;
}
