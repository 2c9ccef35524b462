/* test_submit.c - new orders: where they go, who may submit them, and what a second submit of the same id is told. */
#include "core_bed.h"

/* What it comes to, or why not. */
static const struct pd_submitted *submitted(struct bed *bed, const struct pd_message *command, uint32_t actor,
					    const char *what)
{
	bed_do(bed, command, actor);
	expect_outcome(bed, CORE_EVENT, what);
	assert_int_equal(bed->decision.event.type, PD_MSG_submitted);
	assert_int_equal(bed->decision.version, 1);
	return &bed->decision.event.submitted;
}

/* ---- where an order goes ---- */

static void the_household_the_area_or_the_requester_say_where(void **state)
{
	struct bed *bed = *state;
	static const struct {
		const char *what;
		uint32_t actor, requester, household, area, category;
		uint32_t wanted_household, wanted_area, wanted_holder;
	} cases[] = {
		{"a resident at home", 101, 0, 0, 0, 5, 50, 11, 11},
		{"a resident at another household", 101, 0, 60, 0, 5, 60, 12, 12},
		{"a resident in another area", 101, 0, 0, 21, 5, 0, 21, 21},
		{"a household and an area: the household counts", 101, 0, 60, 21, 5, 60, 12, 12},
		{"a resident without a household: the area of the post", 104, 0, 0, 0, 5, 0, 12, 12},
		{"a courier where the post is", 601, 0, 0, 0, 5, 0, 11, 11},
		{"a category of the grid", 101, 0, 0, 0, 4, 50, 11, 4},
		{"a category of the community", 101, 0, 0, 0, 3, 50, 11, 3},
		{"a category of the street", 101, 0, 0, 0, 2, 50, 11, 2},
		{"a category of the district", 101, 0, 0, 0, 1, 50, 11, 1},
		{"a merchant: the dedicated grid, though the category is of the micro-grid", 110, 0, 0, 0, 5, 0, 6, 6},
		{"a merchant: a category of the street", 110, 0, 0, 0, 2, 0, 6, 2},
		{"in a community: no micro-grid is below what is named", 101, 0, 0, 3, 5, 0, 3, 3},
		{"staff for a resident: the resident's household", 401, 102, 0, 0, 5, 51, 11, 11},
		{"staff for a resident, of an area", 401, 102, 0, 21, 5, 0, 21, 21},
		{"a leader for a resident without a household", 203, 104, 0, 0, 5, 0, 12, 12},
		{"a leader for the leader's own home", 201, 0, 0, 0, 5, 50, 11, 11},
		{"the operator for a resident", 0, 103, 0, 0, 5, 60, 12, 12},
		{"the operator for a household", 0, 0, 70, 0, 5, 70, 21, 21},
		{"the operator for an area", 0, 0, 0, 91, 5, 0, 91, 91},
		{"an administrator for a resident", 901, 101, 0, 0, 5, 50, 11, 11},
	};
	for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct pd_message command = bed_submit(i, cases[i].category);
		command.submit.requester = cases[i].requester;
		command.submit.household = cases[i].household;
		command.submit.area = cases[i].area;
		const struct pd_submitted *is = submitted(bed, &command, cases[i].actor, cases[i].what);
		expect(is->household == cases[i].wanted_household, "%s: household %u, expected %u", cases[i].what,
		       is->household, cases[i].wanted_household);
		expect(is->area == cases[i].wanted_area, "%s: area %u, expected %u", cases[i].what, is->area,
		       cases[i].wanted_area);
		expect(is->holder == cases[i].wanted_holder, "%s: holder %u, expected %u", cases[i].what, is->holder,
		       cases[i].wanted_holder);
		expect(is->actor == cases[i].actor, "%s: actor %u", cases[i].what, is->actor);
		expect(is->requester == (cases[i].requester ? cases[i].requester : cases[i].actor), "%s: requester %u",
		       cases[i].what, is->requester);
		assert_int_equal(is->from, 0);
	}
}

/* A level that is missing on the way up is passed over. */
static void a_missing_level_is_passed_over(void **state)
{
	struct bed *bed = *state;
	bed_put(bed, bed_area(31, 3, PD_level_microgrid, PD_area_kind_plain, "直属微网格"));
	struct pd_message command = bed_submit(1, 4);
	command.submit.area = 31;
	expect_u64(submitted(bed, &command, 101, "a category of the grid, where there is none")->holder, 3, "holder");
}

static void all_that_was_said_stands_in_the_event(void **state)
{
	struct bed *bed = *state;
	struct pd_message command = bed_submit(1, 5);
	command.submit.urgency = PD_urgency_emergency;
	command.submit.place = pd_text("三号楼二单元");
	command.submit.lon_e7 = 1178580001;
	command.submit.lat_e7 = -364970002;
	const struct pd_submitted *is = submitted(bed, &command, 101, "a submit with everything");
	expect_u64(is->time_ms, bed->now_ms, "time_ms");
	expect_u64(is->due_ms, bed->now_ms + 450 * BED_SECOND, "due_ms, a quarter by its urgency");
	expect_u64(is->urgency, PD_urgency_emergency, "urgency");
	expect_u64(is->category, 5, "category");
	expect_u64(is->version, 1, "version");
	assert_memory_equal(&is->order, &command.submit.order, sizeof is->order);
	assert_memory_equal(&is->text, &command.submit.text, sizeof is->text);
	assert_memory_equal(&is->place, &command.submit.place, sizeof is->place);
	assert_int_equal(is->lon_e7, 1178580001);
	assert_int_equal(is->lat_e7, -364970002);
	command = bed_submit(2, 5);
	expect_u64(submitted(bed, &command, 101, "a submit without an urgency")->urgency, PD_urgency_normal,
		   "the category's urgency");
}

/* ---- refusals ---- */

static void ids_that_are_no_uuidv7_are_refused(void **state)
{
	struct bed *bed = *state;
	static const struct {
		unsigned byte;
		uint8_t value;
	} wrong[] = {{6, 0x40}, {6, 0x00}, {6, 0x80}, {8, 0x00}, {8, 0x40}, {8, 0xc0}};
	for (unsigned i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		struct pd_message command = bed_submit(1, 5);
		command.submit.order.bytes[wrong[i].byte] = wrong[i].value;
		bed_do(bed, &command, 101);
		expect_refused(bed, PD_REFUSED_bad_id, "version or variant", "a submit");
	}
	struct pd_message command = bed_submit(1, 5);
	memset(&command.submit.order, 0, sizeof command.submit.order);
	bed_do(bed, &command, 101);
	expect_refused(bed, PD_REFUSED_bad_id, "RFC 9562", "a submit with an id of zeros");
}

static void what_is_unknown_or_retired_is_refused(void **state)
{
	struct bed *bed = *state;
	struct pd_message put = bed_household(52, 11, 50);
	put.put_household.retired = true;
	bed_put(bed, put);
	put = bed_area(13, 4, PD_level_microgrid, PD_area_kind_plain, "撤销的微网格");
	put.put_area.retired = true;
	bed_put(bed, put);
	static const struct {
		const char *what;
		uint32_t actor, requester, household, area, category;
		enum pd_refusal refusal;
		const char *detail;
	} cases[] = {
		{"an unknown actor", 999, 0, 0, 0, 5, PD_REFUSED_unknown_person, "person 999"},
		{"a retired actor", 912, 0, 0, 0, 5, PD_REFUSED_retired, "person 912"},
		{"for an unknown person", 401, 999, 0, 0, 5, PD_REFUSED_unknown_person, "person 999"},
		{"for a retired person", 401, 912, 0, 0, 5, PD_REFUSED_retired, "person 912"},
		{"an unknown category", 101, 0, 0, 0, 77, PD_REFUSED_unknown_category, "category 77"},
		{"a retired category", 101, 0, 0, 0, 9, PD_REFUSED_retired, "category 9"},
		{"an unknown household", 101, 0, 77, 0, 5, PD_REFUSED_unknown_household, "household 77"},
		{"a retired household", 101, 0, 52, 0, 5, PD_REFUSED_retired, "household 52"},
		{"an unknown household with a good area", 101, 0, 77, 11, 5, PD_REFUSED_unknown_household,
		 "household 77"},
		{"an unknown area", 101, 0, 0, 77, 5, PD_REFUSED_unknown_area, "area 77"},
		{"a retired area", 101, 0, 0, 13, 5, PD_REFUSED_retired, "area 13"},
		{"a resident for a neighbour", 101, 102, 0, 0, 5, PD_REFUSED_not_allowed,
		 "person 101 neither is the requester nor works for area 11"},
		{"a courier for a resident", 601, 101, 0, 0, 5, PD_REFUSED_not_allowed, "person 601"},
		{"a leader for a resident of another micro-grid", 201, 103, 0, 0, 5, PD_REFUSED_not_allowed, "area 12"},
		{"a leader for the leader's own resident, of another area", 201, 101, 0, 12, 5, PD_REFUSED_not_allowed,
		 "area 12"},
		{"staff of another street", 404, 101, 0, 0, 5, PD_REFUSED_not_allowed, "area 11"},
	};
	for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct pd_message command = bed_submit(1, cases[i].category);
		command.submit.requester = cases[i].requester;
		command.submit.household = cases[i].household;
		command.submit.area = cases[i].area;
		bed_do(bed, &command, cases[i].actor);
		expect_refused(bed, cases[i].refusal, cases[i].detail, cases[i].what);
	}
	assert_int_equal(core_order_count(bed->core), 0);
}

/* ---- the same id again ---- */

/* The first submit: all fields set but requester. */
static struct pd_message full(unsigned n)
{
	struct pd_message command = bed_submit(n, 5);
	command.submit.household = 50;
	command.submit.urgency = PD_urgency_high;
	command.submit.place = pd_text("三号楼");
	command.submit.lon_e7 = 1178580000;
	command.submit.lat_e7 = 364970000;
	return command;
}

static void expect_repeated(struct bed *bed, const struct pd_message *command, uint32_t actor, uint64_t seq,
			    const char *what)
{
	uint64_t last_seq = core_last_seq(bed->core);
	bed_do(bed, command, actor);
	expect_outcome(bed, CORE_REPEATED, what);
	expect_u64(bed->decision.seq, seq, what);
	expect_u64(bed->decision.version, 1, what);
	expect_u64(core_last_seq(bed->core), last_seq, "the last seq");
}

static void a_repeat_is_answered_as_at_first(void **state)
{
	struct bed *bed = *state;
	struct pd_message command = full(1);
	submitted(bed, &command, 101, "the first");
	uint64_t seq = core_last_seq(bed->core);
	expect_repeated(bed, &command, 101, seq, "at once");
	bed->now_ms += BED_DAY;
	expect_repeated(bed, &command, 101, seq, "a day later");
	bed_must(bed, PD_MSG_accept, 1, 1, 201);
	bed_must(bed, PD_MSG_complete, 1, 2, 201);
	expect_repeated(bed, &command, 101, seq, "when it is completed");
	bed_must(bed, PD_MSG_reopen, 1, 3, 101);
	expect_repeated(bed, &command, 101, seq, "when it was reopened");
}

/* What was left open at first and filled in by the broker is no difference. */
static void a_repeat_that_leaves_things_open_is_the_same(void **state)
{
	struct bed *bed = *state;
	struct pd_message command = bed_submit(1, 5);
	submitted(bed, &command, 101, "a submit from home");
	uint64_t seq = core_last_seq(bed->core);
	expect_repeated(bed, &command, 101, seq, "the same");
	bed_put(bed, bed_category(5, PD_level_grid, PD_urgency_low));
	bed_put(bed, bed_person(101, PD_post_resident, 12, 60));
	expect_repeated(bed, &command, 101, seq,
			"when the category is of another urgency and level, and the requester has moved");
	command = bed_submit(2, 5);
	command.submit.area = 21;
	submitted(bed, &command, 101, "a submit of an area");
	expect_repeated(bed, &command, 101, core_last_seq(bed->core), "the same");
	command = bed_submit(3, 5);
	command.submit.area = 21;
	command.submit.household = 60;
	submitted(bed, &command, 101, "a submit of a household and an area, which does not count");
	expect_repeated(bed, &command, 101, core_last_seq(bed->core), "the same");
}

/* The answer does not depend on what has become of the people and things named. */
static void a_repeat_is_the_same_when_what_it_names_is_retired(void **state)
{
	struct bed *bed = *state;
	struct pd_message command = bed_submit(1, 5);
	command.submit.requester = 102;
	submitted(bed, &command, 401, "staff for a resident");
	uint64_t seq = core_last_seq(bed->core);
	struct pd_message put = bed_category(5, PD_level_microgrid, PD_urgency_normal);
	put.put_category.retired = true;
	bed_put(bed, put);
	put = bed_person(102, PD_post_resident, 11, 51);
	put.put_person.retired = true;
	bed_put(bed, put);
	put = bed_household(51, 11, 50);
	put.put_household.retired = true;
	bed_put(bed, put);
	expect_repeated(bed, &command, 401, seq, "with category, requester and household retired");
}

static void other_contents_under_the_same_id_are_refused(void **state)
{
	struct bed *bed = *state;
	struct pd_message first = full(1);
	submitted(bed, &first, 101, "the first");
	struct pd_message others[9];
	for (int i = 0; i < 9; i++)
		others[i] = first;
	others[0].submit.category = 4;
	others[1].submit.text = pd_text("灯又坏了");
	others[2].submit.household = 51;
	others[3].submit.urgency = PD_urgency_emergency;
	others[4].submit.place = pd_text("四号楼");
	others[5].submit.lon_e7++;
	others[6].submit.lat_e7++;
	others[7].submit.place = pd_text("");
	others[8].submit.household = 0; /* ... and the area instead */
	others[8].submit.area = 11;     /* though it is that household's */
	static const char *const what[] = {"another category", "another text",  "another household",
					   "another urgency",  "another place", "another longitude",
					   "another latitude", "no place",      "an area instead of the household"};
	for (int i = 0; i < 9; i++) {
		bed_do(bed, &others[i], 101);
		expect_refused(bed, PD_REFUSED_order_exists, "other contents", what[i]);
	}
	bed_do(bed, &first, 102);
	expect_refused(bed, PD_REFUSED_order_exists, "other contents", "another actor");
	struct pd_message other = first;
	other.submit.requester = 102;
	bed_do(bed, &other, 401);
	expect_refused(bed, PD_REFUSED_order_exists, "other contents", "another requester");
}

static void another_area_under_the_same_id_is_refused(void **state)
{
	struct bed *bed = *state;
	struct pd_message command = bed_submit(1, 5);
	command.submit.area = 12;
	submitted(bed, &command, 101, "the first, of an area");
	command.submit.area = 21;
	bed_do(bed, &command, 101);
	expect_refused(bed, PD_REFUSED_order_exists, "other contents", "another area");
	command.submit.household = 60; /* of area 12, but a household */
	bed_do(bed, &command, 101);
	expect_refused(bed, PD_REFUSED_order_exists, "other contents", "a household of that area");
}

/* Text and place are told apart, though together they read the same. */
static void the_border_between_text_and_place_counts(void **state)
{
	struct bed *bed = *state;
	struct pd_message command = bed_submit(1, 5);
	command.submit.text = pd_text("abcdefgh12");
	command.submit.place = pd_text("345678");
	submitted(bed, &command, 101, "the first");
	command.submit.text = pd_text("abcdefgh");
	command.submit.place = pd_text("12345678");
	bed_do(bed, &command, 101);
	expect_refused(bed, PD_REFUSED_order_exists, "other contents", "the same letters, parted elsewhere");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, bed_setup, bed_teardown)
	const struct CMUnitTest tests[] = {
		TEST(the_household_the_area_or_the_requester_say_where),
		TEST(a_missing_level_is_passed_over),
		TEST(all_that_was_said_stands_in_the_event),
		TEST(ids_that_are_no_uuidv7_are_refused),
		TEST(what_is_unknown_or_retired_is_refused),
		TEST(a_repeat_is_answered_as_at_first),
		TEST(a_repeat_that_leaves_things_open_is_the_same),
		TEST(a_repeat_is_the_same_when_what_it_names_is_retired),
		TEST(other_contents_under_the_same_id_are_refused),
		TEST(another_area_under_the_same_id_is_refused),
		TEST(the_border_between_text_and_place_counts),
	};
#undef TEST
	return cmocka_run_group_tests(tests, NULL, NULL);
}
