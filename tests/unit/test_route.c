/* test_route.c - where orders come from, which rule chooses their holder, and how open ones follow a changed registry.
 */
#include "core_bed.h"

enum { WATER = 95, PROPERTY = 96, MARKET = 6 };

/* A map without polygons: the longitude says what is there. */
static void find_place(void *arg, int32_t lon_e7, int32_t lat_e7, struct core_place *place)
{
	unsigned *asked = arg;
	(void)lat_e7;
	++*asked;
	*place = (struct core_place){PLACE_NOWHERE, 0, 0};
	if (lon_e7 == 12 || lon_e7 == 21)
		*place = (struct core_place){PLACE_INSIDE, (uint32_t)lon_e7, 0};
	else if (lon_e7 == 13)
		*place = (struct core_place){PLACE_BORDER, 12, 0};
	else if (lon_e7 == 14)
		*place = (struct core_place){PLACE_NEAREST, 12, 37};
}

static struct pd_message organisation(uint32_t id, uint32_t parent, unsigned level, unsigned kind)
{
	return bed_area(id, parent, level, kind, "自来水公司");
}

static struct pd_message at_address(uint32_t id, uint32_t area, const char *address)
{
	struct pd_message put = bed_household(id, area, id);
	put.put_household.address = pd_text(address);
	return put;
}

static int setup(void **state)
{
	struct bed *bed = bed_new();
	bed_put(bed, organisation(WATER, 1, PD_level_street, PD_area_kind_agency));
	bed_put(bed, organisation(PROPERTY, 3, PD_level_grid, PD_area_kind_property));
	bed_put(bed, at_address(61, 12, "北山街120号院1号楼"));
	bed_put(bed, at_address(62, 12, "北山街12号院1号楼"));
	bed_put(bed, at_address(71, 21, "北山街12号院2号楼"));
	bed_put(bed, at_address(81, 91, "河南东村3号"));
	*state = bed;
	return 0;
}

/* Everything matches it: category, area and the rest 0. */
static struct pd_message rule(uint32_t id, uint32_t holder)
{
	struct pd_message put = {.type = PD_MSG_put_rule, .request = 1};
	put.put_rule = (struct pd_put_rule){
		.rule = id, .name = pd_text("规则"), .weekdays = 127, .to_min = 1440, .holder = holder};
	return put;
}

static const struct pd_submitted *submit(struct bed *bed, const struct pd_submit *asked, uint32_t actor)
{
	static unsigned number = 100;
	struct pd_message command = bed_submit(++number, asked->category ? asked->category : PD_level_microgrid);
	struct pd_submit *s = &command.submit;
	*s = (struct pd_submit){.order = s->order,
				.category = s->category,
				.text = asked->text.bytes ? asked->text : s->text,
				.household = asked->household,
				.requester = asked->requester,
				.area = asked->area,
				.place = asked->place,
				.lon_e7 = asked->lon_e7,
				.lat_e7 = asked->lat_e7};
	bed_do(bed, &command, actor);
	expect_outcome(bed, CORE_EVENT, "submit");
	return &bed->decision.event.submitted;
}

static void expect_route(const struct pd_submitted *is, unsigned step, uint32_t area, uint32_t holder, const char *what)
{
	expect(is->route == step && is->area == area && is->holder == holder,
	       "%s: by %s from area %u to %u, expected by %s from %u to %u", what, pd_word("route_step", is->route),
	       is->area, is->holder, pd_word("route_step", step), area, holder);
}

/* ---- steps ---- */

static void the_first_step_that_knows_decides(void **state)
{
	struct bed *bed = *state;
	unsigned looked = 0;
	core_set_map(bed->core, &(struct core_map){find_place, &looked});
	struct pd_submit asked = {.household = 70, .area = 11, .lon_e7 = 12, .place = pd_text("河南东村3号")};
	expect_route(submit(bed, &asked, 101), PD_route_step_household, 21, 21, "all is said");
	asked.household = 0;
	expect_route(submit(bed, &asked, 101), PD_route_step_area, 11, 11, "no household");
	assert_int_equal(looked, 0); /* no coordinate is looked up that is not needed */
	asked.area = 0;
	expect_route(submit(bed, &asked, 101), PD_route_step_coordinate, 12, 12, "no area");
	asked.lon_e7 = 13;
	expect_route(submit(bed, &asked, 101), PD_route_step_coordinate, 12, 12, "on a border");
	asked.lon_e7 = 14;
	expect_route(submit(bed, &asked, 101), PD_route_step_nearest, 12, 12, "near");
	assert_int_equal(looked, 3);
	asked.lon_e7 = 15;
	expect_route(submit(bed, &asked, 101), PD_route_step_address, 91, 91, "nowhere");
	asked.place = pd_text("村口");
	const struct pd_submitted *is = submit(bed, &asked, 101);
	expect_route(is, PD_route_step_requester, 11, 11, "a place that nobody knows");
	assert_int_equal(is->household, 50);
	expect_route(submit(bed, &asked, 104), PD_route_step_requester, 12, 12, "a requester with a post alone");
	expect_route(submit(bed, &asked, 0), PD_route_step_desk, 1, 1, "the operator");
}

static void a_category_may_have_an_area(void **state)
{
	struct bed *bed = *state;
	struct pd_message put = bed_category(7, PD_level_community, PD_urgency_normal);
	put.put_category.area = 91;
	bed_put(bed, put);
	struct pd_submit asked = {.category = 7};
	expect_route(submit(bed, &asked, 101), PD_route_step_category, 91, 8, "by the category");
	asked.area = 11;
	expect_route(submit(bed, &asked, 101), PD_route_step_area, 11, 3, "an area says more");
	put.put_category.area = 77;
	bed_do(bed, &put, 0);
	expect_refused(bed, PD_REFUSED_unknown_area, "category 7: there is no area 77 in use", "an unknown area");
}

static void an_empty_registry_has_no_desk(void **state)
{
	(void)state;
	struct bed bed = {.core = core_new(1, &bed_periods), .now_ms = bed_begin_ms};
	bed_put(&bed, bed_category(5, PD_level_microgrid, PD_urgency_normal));
	struct pd_message command = bed_submit(1, 5);
	bed_do(&bed, &command, 0);
	expect_refused(&bed, PD_REFUSED_no_place, "level 1", "without a district");
	core_free(bed.core);
	pd_buffer_fini(&bed.events);
}

static void addresses_are_found_by_their_beginnings(void **state)
{
	struct bed *bed = *state;
	const struct registry *registry = core_registry(bed->core);
	static const struct {
		const char *place;
		uint32_t area;
		const char *found;
	} cases[] = {
		{"北山街12号院1号楼", 12, "北山街12号院1号楼"},
		{"北山街12号院2号楼三单元", 21, "北山街12号院2号楼"},
		{"北山街12号院门口", 3, "北山街12号院"}, /* of two grids: their community */
		{"北山街120号", 12, "北山街120号"},
		{"北山街12", 3, "北山街12"}, /* not 120 */
		{"北山街1200号", 3, "北山街"},
		{"北山街1", 3, "北山街"},
		{"北山街", 3, "北山街"},
		{"河南东村", 91, "河南东村"},
		{"河南", 0, ""}, /* two characters say nothing */
		{"南山街12号院", 0, ""},
		{"", 0, ""},
	};
	for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		uint32_t bytes;
		const struct area *area = registry_match_address(registry, pd_text(cases[i].place), &bytes);
		expect((area ? area->id : 0) == cases[i].area && bytes == strlen(cases[i].found),
		       "%s: area %u by %u bytes, expected %u by \"%s\"", cases[i].place, area ? area->id : 0, bytes,
		       cases[i].area, cases[i].found);
	}
}

static void addresses_follow_what_is_set(void **state)
{
	struct bed *bed = *state;
	const struct registry *registry = core_registry(bed->core);
	uint32_t bytes;
	assert_int_equal(registry_match_address(registry, pd_text("河南东村3号"), &bytes)->id, 91);
	bed_put(bed, at_address(81, 21, "河南东村3号"));
	assert_int_equal(registry_match_address(registry, pd_text("河南东村3号"), &bytes)->id, 21);
	bed_put(bed, at_address(81, 21, "和平村3号"));
	assert_null(registry_match_address(registry, pd_text("河南东村3号"), &bytes));
	struct pd_message gone = at_address(81, 21, "和平村3号");
	assert_int_equal(registry_match_address(registry, pd_text("和平村3号"), &bytes)->id, 21);
	gone.put_household.retired = true;
	bed_put(bed, gone);
	assert_null(registry_match_address(registry, pd_text("和平村3号"), &bytes));
}

/* ---- rules ---- */

static void the_first_rule_that_matches_decides(void **state)
{
	struct bed *bed = *state;
	struct pd_message water = rule(10, WATER), market = rule(20, MARKET), level = rule(30, 0);
	water.put_rule.keyword = pd_text("停水|漏水");
	market.put_rule.post = PD_post_merchant;
	level.put_rule.level = PD_level_community;
	level.put_rule.area = 4;
	level.put_rule.category = 5;
	bed_put(bed, level);
	bed_put(bed, market);
	bed_put(bed, water);
	struct pd_submit asked = {.text = pd_text("家里停水了"), .household = 50};
	const struct pd_submitted *is = submit(bed, &asked, 110);
	expect_route(is, PD_route_step_household, 11, WATER, "a word");
	assert_int_equal(is->rule, 10);
	asked.text = pd_text("门坏了");
	is = submit(bed, &asked, 110);
	expect_route(is, PD_route_step_household, 11, MARKET, "a merchant");
	assert_int_equal(is->rule, 20);
	is = submit(bed, &asked, 101);
	expect_route(is, PD_route_step_household, 11, 3, "to a level");
	assert_int_equal(is->rule, 30);
	asked.household = 70;
	is = submit(bed, &asked, 101);
	expect_route(is, PD_route_step_household, 21, 21, "of another area");
	assert_int_equal(is->rule, 0);
	asked.household = 50;
	asked.category = PD_level_grid;
	expect_route(submit(bed, &asked, 101), PD_route_step_household, 11, 4, "of another category");
}

static void a_rule_holds_at_its_times(void **state)
{
	struct bed *bed = *state;
	struct pd_message night = rule(1, PROPERTY);
	night.put_rule.weekdays = 1 << 4; /* Friday */
	night.put_rule.from_min = 18 * 60;
	night.put_rule.to_min = 6 * 60;
	bed_put(bed, night);
	/* 2025-11-28 is a Friday; 16:00 UTC on the 27th is its midnight. */
	const uint64_t friday_ms = UINT64_C(1764259200000), minute_ms = 60000;
	static const struct {
		int minutes;
		bool matches;
	} cases[] = {{0, false},          {5 * 60, false}, {17 * 60 + 59, false}, {18 * 60, true},
		     {24 * 60 - 1, true}, {24 * 60, true}, {24 * 60 + 359, true}, {24 * 60 + 360, false},
		     {42 * 60, false}};
	for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		bed->now_ms = friday_ms + (uint64_t)cases[i].minutes * minute_ms;
		const struct pd_submitted *is = submit(bed, &(struct pd_submit){0}, 101);
		expect(is->holder == (cases[i].matches ? PROPERTY : 11), "minute %d of Friday: held by %u",
		       cases[i].minutes, is->holder);
	}
}

static void rules_that_can_never_match_are_refused(void **state)
{
	struct bed *bed = *state;
	struct pd_message retired = bed_area(97, 3, PD_level_grid, PD_area_kind_volunteers, "志愿者");
	bed_put(bed, retired);
	retired.put_area.retired = true;
	bed_put(bed, retired);
#define REFUSED(refusal, text, ...)                                                                                    \
	do {                                                                                                           \
		struct pd_message put = rule(50, WATER);                                                               \
		struct pd_put_rule *r = &put.put_rule;                                                                 \
		__VA_ARGS__;                                                                                           \
		bed_do(bed, &put, 0);                                                                                  \
		expect_refused(bed, PD_REFUSED_##refusal, text, #__VA_ARGS__);                                         \
	} while (0)
	REFUSED(bad_target, "rule 50", r->holder = 0);
	REFUSED(bad_target, "rule 50", r->level = 3);
	REFUSED(unknown_area, "no area 77 in use to hold", r->holder = 77);
	REFUSED(unknown_area, "no area 97 in use to hold", r->holder = 97);
	REFUSED(unknown_area, "no area 97 in use", r->area = 97);
	REFUSED(unknown_category, "no category 9", r->category = 9);
	REFUSED(never_matches, "area 95 is an organisation", r->area = WATER);
	REFUSED(never_matches, "it ends when it begins", r->from_min = r->to_min = 600);
	REFUSED(never_matches, "one of its words is empty", r->keyword = pd_text("停水||漏水"));
	REFUSED(never_matches, "one of its words is empty", r->keyword = pd_text("|"));
	struct pd_message first = rule(10, WATER);
	first.put_rule.area = 2;
	first.put_rule.keyword = pd_text("水");
	first.put_rule.from_min = 8 * 60;
	first.put_rule.to_min = 18 * 60;
	bed_put(bed, first);
#define SHADOWED(...) REFUSED(never_matches, "rule 50: rule 10 stands before it", __VA_ARGS__)
#define DAY r->from_min = 9 * 60, r->to_min = 17 * 60
	SHADOWED(r->area = 2, r->keyword = pd_text("停水|漏水"), DAY);
	SHADOWED(r->area = 11, r->category = 5, r->post = PD_post_merchant, r->weekdays = 1, r->keyword = pd_text("水"),
		 DAY);
	static const struct {
		uint32_t area;
		const char *keyword;
		uint16_t from, to;
	} free[] = {{1, "水", 540, 1020}, {0, "水", 540, 1020}, {7, "水", 540, 1020}, {2, "停水|电", 540, 1020},
		    {2, "", 540, 1020},   {2, "水", 540, 1081}, {2, "水", 1200, 420}};
	for (unsigned i = 0; i < sizeof free / sizeof free[0]; i++) {
		struct pd_message put = rule(50, PROPERTY);
		put.put_rule.area = free[i].area;
		put.put_rule.keyword = pd_text(free[i].keyword);
		put.put_rule.from_min = free[i].from;
		put.put_rule.to_min = free[i].to;
		bed_put(bed, put);
	}
	/* Nor may one be put before others that could then never match. */
	struct pd_message all = rule(5, PROPERTY);
	bed_do(bed, &all, 0);
	expect_refused(bed, PD_REFUSED_never_matches, "rule 10: rule 5 stands before it", "one before all others");
}

static void a_rule_whose_holder_is_retired_is_passed_over(void **state)
{
	struct bed *bed = *state;
	bed_put(bed, rule(10, WATER));
	struct pd_message gone = organisation(WATER, 1, PD_level_street, PD_area_kind_agency);
	gone.put_area.retired = true;
	bed_put(bed, gone);
	bed_put(bed, rule(20, PROPERTY)); /* it can match now */
	assert_int_equal(submit(bed, &(struct pd_submit){0}, 101)->rule, 20);
	struct pd_message off = rule(20, PROPERTY);
	off.put_rule.retired = true;
	bed_put(bed, off);
	assert_int_equal(submit(bed, &(struct pd_submit){0}, 101)->rule, 0);
	bed_do(bed, &off, 0);
	expect_outcome(bed, CORE_REPEATED, "the same again");
}

static void organisations_have_neither_areas_nor_households(void **state)
{
	struct bed *bed = *state;
	struct pd_message put = bed_area(98, PROPERTY, PD_level_microgrid, PD_area_kind_plain, "x");
	bed_do(bed, &put, 0);
	expect_refused(bed, PD_REFUSED_bad_parent, "area 96 is an organisation", "an area below");
	bed_put(bed, bed_area(99, 4, PD_level_microgrid, PD_area_kind_volunteers, "志愿服务队"));
	put = bed_household(99, 99, 99);
	bed_do(bed, &put, 0);
	expect_refused(bed, PD_REFUSED_bad_level, "area 99 is an organisation", "a household in it");
	put = bed_area(11, 4, PD_level_microgrid, PD_area_kind_property, "第一微网格");
	bed_do(bed, &put, 0);
	expect_refused(bed, PD_REFUSED_in_use, "3 areas or households", "a micro-grid becomes one");
	uint64_t values[CORE_REGISTRY_FIGURES];
	core_count_registry(bed->core, NULL, values);
	expect_u64(values[CORE_REGISTRY_FIGURES - 1], 3, "organisations");
	expect_u64(values[4], 4, "grids");
	expect_u64(values[6], 4, "micro-grids");
}

/* ---- explaining ---- */

struct told {
	char text[2000];
};

static void say(struct told *told, const char *format, ...)
{
	size_t used = strlen(told->text);
	va_list args;
	va_start(args, format);
	vsnprintf(told->text + used, sizeof told->text - used, format, args);
	va_end(args);
}

static void tell(const struct pd_route *row, void *arg)
{
	struct told *told = arg;
	say(told, "%s %s", pd_word("route_step", row->step), pd_word("route_why", row->why));
	if (row->rule)
		say(told, " rule %u", row->rule);
	if (row->area)
		say(told, " %u", row->area);
	say(told, "\n");
}

static void every_step_is_explained(void **state)
{
	struct bed *bed = *state;
	unsigned looked = 0;
	struct told told = {{0}};
	struct pd_detail detail;
	core_set_map(bed->core, &(struct core_map){find_place, &looked});
	struct pd_message category = rule(10, WATER), area = rule(20, WATER), post = rule(30, WATER),
			  hours = rule(40, WATER);
	struct pd_message word = rule(50, WATER), matches = rule(60, PROPERTY), behind = rule(70, 0);
	category.put_rule.category = 4;
	area.put_rule.area = 7;
	post.put_rule.post = PD_post_merchant;
	hours.put_rule.to_min = 1;
	word.put_rule.keyword = pd_text("水");
	matches.put_rule.category = 5;
	behind.put_rule.level = 1;
	struct pd_message *all[] = {&category, &area, &post, &hours, &word, &matches, &behind};
	for (int i = 0; i < 7; i++)
		bed_put(bed, *all[i]);
	struct pd_explain_route asked = {.category = 5, .requester = 101, .lon_e7 = 13, .text = pd_text("灯")};
	assert_int_equal(core_explain_route(bed->core, &asked, 0, bed->now_ms, tell, &told, &detail), PD_REFUSED_none);
	static const char wanted[] = "household not_said\n"
				     "area not_said\n"
				     "coordinate border 12\n"
				     "nearest not_needed\n"
				     "address not_needed\n"
				     "category not_needed\n"
				     "requester not_needed\n"
				     "desk not_needed\n"
				     "rule other_category rule 10 95\n"
				     "rule outside_area rule 20 95\n"
				     "rule other_post rule 30 95\n"
				     "rule outside_hours rule 40 95\n"
				     "rule keyword_missing rule 50 95\n"
				     "rule decided rule 60 96\n"
				     "rule not_needed rule 70 1\n"
				     "holder decided rule 60 96\n";
	expect(strcmp(told.text, wanted) == 0, "explained as\n%sexpected\n%s", told.text, wanted);
	asked.household = 77;
	assert_int_equal(core_explain_route(bed->core, &asked, 0, bed->now_ms, tell, &told, &detail),
			 PD_REFUSED_unknown_household);
}

/* ---- following ---- */

/* Apply all that is due; returns how many orders were rerouted. */
static unsigned follow(struct bed *bed)
{
	struct core_due_thing thing;
	unsigned count = 0;
	for (; core_decide_due(bed->core, bed->now_ms, &thing) == CORE_DUE_EVENT; count++) {
		assert_int_equal(thing.event.type, PD_MSG_rerouted);
		bed_apply(bed, &thing.event);
	}
	return count;
}

static const struct order_row *row_of(const struct bed *bed, unsigned n)
{
	struct pd_id id = bed_id(n);
	return &core_order(bed->core, &id)->row;
}

static void orders_follow_their_household(void **state)
{
	struct bed *bed = *state;
	bed_must_submit(bed, 1, 5, 103); /* waits at 12, for household 60 */
	bed_must_submit(bed, 2, 5, 103); /* accepted, the acceptor stays behind */
	bed_must(bed, PD_MSG_accept, 2, 1, 203);
	bed_must_submit(bed, 3, 5, 103); /* climbed to grid 4 */
	bed_must(bed, PD_MSG_decline, 3, 1, 203);
	bed_must_submit(bed, 4, 5, 103); /* climbed to community 3, which is above both */
	bed_must(bed, PD_MSG_decline, 4, 1, 203);
	bed_must(bed, PD_MSG_decline, 4, 2, 301);
	bed_must_submit(bed, 5, 5, 103); /* with the property company */
	struct pd_message give = bed_move(PD_MSG_transfer, 5, 1);
	give.transfer.holder = PROPERTY;
	bed_do(bed, &give, 203);
	bed_must_submit(bed, 6, 5, 103); /* done */
	bed_must(bed, PD_MSG_accept, 6, 1, 203);
	bed_must(bed, PD_MSG_complete, 6, 2, 203);
	bed_must_submit(bed, 7, 5, 101); /* of another household */
	assert_int_equal(follow(bed), 0);
	bed->now_ms += 5000;
	bed_put(bed, bed_household(60, 21, 60));
	assert_int_equal(follow(bed), 5);
	static const struct {
		unsigned n;
		uint32_t area, holder, state, version;
	} wanted[] = {{1, 21, 21, PD_STATE_waiting, 2},       {2, 21, 21, PD_STATE_waiting, 3},
		      {3, 21, 5, PD_STATE_waiting, 3},        {4, 21, 3, PD_STATE_waiting, 4},
		      {5, 21, PROPERTY, PD_STATE_waiting, 3}, {6, 12, 12, PD_STATE_completed, 3},
		      {7, 11, 11, PD_STATE_waiting, 1}};
	for (unsigned i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
		const struct order_row *row = row_of(bed, wanted[i].n);
		expect(row->area == wanted[i].area && row->holder == wanted[i].holder &&
			       row->state == wanted[i].state && row->version == wanted[i].version,
		       "order %u: area %u, holder %u, %s, version %u", wanted[i].n, row->area, row->holder,
		       pd_word("state", row->state), row->version);
	}
	assert_int_equal(row_of(bed, 2)->acceptor, 0);
	expect_u64(row_of(bed, 2)->waiting_ms, bed->now_ms, "it waits anew since");
	expect_u64(row_of(bed, 2)->due_ms, bed->now_ms + 1800 * 1000, "by when");
	expect_u64(row_of(bed, 4)->waiting_ms, bed->now_ms - 5000, "the community's waits since");
	assert_int_equal(follow(bed), 0);
}

/* While it was out of use, nobody knew where its orders should be. */
static void orders_follow_a_household_that_comes_back(void **state)
{
	struct bed *bed = *state;
	struct pd_message away = bed_household(65, 21, 65), submit = bed_submit(1, 5);
	bed_put(bed, bed_household(65, 12, 65));
	submit.submit.household = 65;
	bed_do(bed, &submit, 0);
	away.put_household.retired = true;
	bed_put(bed, away);
	assert_int_equal(follow(bed), 0);
	bed_put(bed, bed_household(65, 21, 65));
	assert_int_equal(follow(bed), 1);
	assert_int_equal(row_of(bed, 1)->holder, 21);
}

static void a_reopened_order_catches_up(void **state)
{
	struct bed *bed = *state;
	bed_must_submit(bed, 1, 5, 103);
	bed_must(bed, PD_MSG_accept, 1, 1, 203);
	bed_must(bed, PD_MSG_complete, 1, 2, 203);
	bed_put(bed, bed_household(60, 21, 60));
	assert_int_equal(follow(bed), 0);
	bed_must(bed, PD_MSG_reopen, 1, 3, 103);
	assert_int_equal(row_of(bed, 1)->holder, 4);
	assert_int_equal(follow(bed), 1);
	assert_int_equal(row_of(bed, 1)->area, 21);
	assert_int_equal(row_of(bed, 1)->holder, 5);
}

static void an_acceptor_who_goes_along_keeps_the_order(void **state)
{
	struct bed *bed = *state;
	bed_must_submit(bed, 1, 5, 103);
	bed_must(bed, PD_MSG_accept, 1, 1, 203);
	uint64_t due_ms = row_of(bed, 1)->due_ms;
	bed->now_ms += 5000;
	/* Micro-grid 12 is split: household 60 and the leader 203 are of 13 now. */
	bed_put(bed, bed_area(13, 4, PD_level_microgrid, PD_area_kind_plain, "新微网格"));
	bed_put(bed, bed_household(60, 13, 60));
	bed_put(bed, bed_person(203, PD_post_leader, 13, 0));
	assert_int_equal(follow(bed), 1);
	const struct order_row *row = row_of(bed, 1);
	assert_int_equal(row->holder, 13);
	assert_int_equal(row->state, PD_STATE_accepted);
	assert_int_equal(row->acceptor, 203);
	expect_u64(row->due_ms, due_ms, "the time to complete it");
	bed_must(bed, PD_MSG_complete, 1, 3, 203);
}

static void orders_follow_the_polygons(void **state)
{
	struct bed *bed = *state;
	unsigned looked = 0;
	struct pd_message shape = {.type = PD_MSG_put_shape, .request = 1};
	static const char ring[24] = {1, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0};
	shape.put_shape = (struct pd_put_shape){.area = 12, .rings = {ring, sizeof ring}};
	struct pd_message command = bed_submit(1, 5);
	command.submit.lon_e7 = 12;
	core_set_map(bed->core, &(struct core_map){find_place, &looked});
	bed_do(bed, &command, 101);
	bed_must_submit(bed, 2, 5, 101);
	assert_int_equal(row_of(bed, 1)->holder, 12);
	looked = 0;
	bed_put(bed, shape);
	assert_int_equal(follow(bed), 0);
	assert_int_equal(looked, 1); /* the other has a household */
}

static void nothing_is_missed_while_orders_move(void **state)
{
	struct bed *bed = *state;
	bed_must_submit(bed, 1, 5, 103);
	bed_must_submit(bed, 2, 5, 103);
	bed_put(bed, bed_household(60, 21, 60));
	struct core_due_thing thing, again;
	assert_int_equal(core_decide_due(bed->core, bed->now_ms, &thing), CORE_DUE_EVENT);
	/* It was not applied: it comes again. */
	assert_int_equal(core_decide_due(bed->core, bed->now_ms, &again), CORE_DUE_EVENT);
	assert_ptr_equal(thing.order, again.order);
	bed_apply(bed, &again.event);
	/* Order 2 goes to a holder that was never marked, order 1 is moved back. */
	struct pd_message give = bed_move(PD_MSG_transfer, 2, 1);
	give.transfer.holder = PROPERTY;
	bed_do(bed, &give, 203);
	expect_outcome(bed, CORE_EVENT, "transfer");
	bed_put(bed, bed_household(60, 12, 60));
	bed_put(bed, bed_household(60, 91, 60));
	follow(bed);
	assert_int_equal(row_of(bed, 1)->area, 91);
	assert_int_equal(row_of(bed, 2)->area, 91);
	assert_int_equal(row_of(bed, 2)->holder, PROPERTY);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, bed_teardown)
	const struct CMUnitTest tests[] = {
		TEST(the_first_step_that_knows_decides),
		TEST(a_category_may_have_an_area),
		cmocka_unit_test(an_empty_registry_has_no_desk),
		TEST(addresses_are_found_by_their_beginnings),
		TEST(addresses_follow_what_is_set),
		TEST(the_first_rule_that_matches_decides),
		TEST(a_rule_holds_at_its_times),
		TEST(rules_that_can_never_match_are_refused),
		TEST(a_rule_whose_holder_is_retired_is_passed_over),
		TEST(organisations_have_neither_areas_nor_households),
		TEST(every_step_is_explained),
		TEST(orders_follow_their_household),
		TEST(orders_follow_a_household_that_comes_back),
		TEST(a_reopened_order_catches_up),
		TEST(an_acceptor_who_goes_along_keeps_the_order),
		TEST(orders_follow_the_polygons),
		TEST(nothing_is_missed_while_orders_move),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
