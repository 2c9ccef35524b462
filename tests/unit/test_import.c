/* test_import.c - a whole registry at once: all of it or nothing, what it says it does, and what may come between. */
#include "core_bed.h"

/* What an import came to. */
struct result {
	enum pd_refusal refusal;
	uint64_t row;
	struct pd_detail detail;
};

/* Rows have the request ids 101, 102, ... */
static void put_row(struct core_import *import, struct pd_message row)
{
	row.request = 101 + core_import_rows(import);
	core_import_put(import, &row, 901, bed_begin_ms + 5);
}

static struct result finish(struct core_import *import, const struct bed *bed, bool complete)
{
	struct result result = {.row = 77};
	struct pd_buffer before = bed_dump(bed->core);
	result.refusal =
		core_import_finish(import, bed->core, complete, 901, bed_begin_ms + 5, &result.row, &result.detail);
	expect_same_dump(before, bed_dump(bed->core), "before and after an import is finished");
	return result;
}

static void expect_fine(struct result result)
{
	expect(result.refusal == PD_REFUSED_none, "the import was refused as %s, row %" PRIu64 ": %s",
	       bed_refusal(result.refusal), result.row, bed_says(&result.detail));
}

static void expect_bad(struct result result, enum pd_refusal refusal, uint64_t row, const char *detail)
{
	expect(result.refusal == refusal, "refused as %s (%s), expected %s", bed_refusal(result.refusal),
	       bed_says(&result.detail), bed_refusal(refusal));
	expect(result.row == row, "%s: row %" PRIu64 " is named, expected %" PRIu64, detail, result.row, row);
	expect(strstr(bed_says(&result.detail), detail), "the detail is \"%s\", expected \"%s\" in it",
	       bed_says(&result.detail), detail);
}

/* Its events take their seqs when they happen. Returns how many there were. */
static unsigned take_in(struct bed *bed, const struct core_import *import)
{
	size_t bytes;
	const char *events = core_import_events(import, &bytes);
	struct pd_decoder *decoder = pd_decoder_new();
	unsigned count = 0;
	assert_non_null(decoder);
	for (size_t off = 0; off < bytes;) {
		struct pd_message event;
		struct pd_fault fault;
		expect(pd_decode(decoder, events, bytes, &off, &event, &fault) == PD_OK, "an event cannot be read: %s",
		       fault.detail);
		expect_u64(event.request, ++count, "an event's seq");
		expect_u64(event.area_set.time_ms, bed_begin_ms + 5, "an event's time");
		expect_u64(event.area_set.actor, 901, "an event's actor");
		event.request = core_last_seq(bed->core) + 1;
		bed_apply(bed, &event);
		pd_decoder_reset(decoder);
	}
	pd_decoder_free(decoder);
	return count;
}

static void expect_effects(const struct core_import *import, enum registry_kind kind, uint64_t added, uint64_t changed,
			   uint64_t moved, uint64_t retired, uint64_t unchanged)
{
	static const char *const kinds[] = {"areas", "households", "people", "categories"};
	static const char *const effects[] = {"added", "changed", "moved", "retired", "unchanged"};
	const uint64_t wanted[] = {added, changed, moved, retired, unchanged};
	for (int effect = 0; effect < REGISTRY_EFFECTS; effect++)
		expect(core_import_effects(import)[kind][effect] == wanted[effect],
		       "%s %s: %" PRIu64 ", expected %" PRIu64, kinds[kind], effects[effect],
		       core_import_effects(import)[kind][effect], wanted[effect]);
}

static struct pd_message plain(uint32_t id, uint32_t parent, unsigned level)
{
	return bed_area(id, parent, level, PD_area_kind_plain, "区域");
}

/* ---- a first import ---- */

static void a_district_from_nothing(void **state)
{
	(void)state;
	struct bed bed = {.core = core_new(3, &bed_periods), .now_ms = bed_begin_ms};
	struct core_import *import = core_import_new(bed.core);
	put_row(import, plain(1, 0, PD_level_district));
	put_row(import, plain(2, 1, PD_level_street));
	put_row(import, plain(11, 2, PD_level_microgrid));
	put_row(import, bed_household(51, 11, 50)); /* its centre comes later */
	put_row(import, bed_household(50, 11, 50));
	put_row(import, bed_person(901, PD_post_administrator, 1, 0));
	put_row(import, bed_category(3, PD_level_microgrid, PD_urgency_normal));
	assert_int_equal(core_import_rows(import), 7);
	expect_fine(finish(import, &bed, true));
	expect_effects(import, REGISTRY_AREAS, 3, 0, 0, 0, 0);
	expect_effects(import, REGISTRY_HOUSEHOLDS, 2, 0, 0, 0, 0);
	expect_effects(import, REGISTRY_PEOPLE, 1, 0, 0, 0, 0);
	expect_effects(import, REGISTRY_CATEGORIES, 1, 0, 0, 0, 0);
	assert_int_equal(core_last_seq(bed.core), 0);
	assert_int_equal(take_in(&bed, import), 7);
	assert_int_equal(registry_area(core_registry(bed.core), 11)->households, 2);
	core_import_free(import);
	core_import_free(NULL);
	struct core *again = bed_replay(&bed.events, 9);
	expect_same_dump(bed_dump(bed.core), bed_dump(again), "a replay of an import");
	core_free(again);
	core_free(bed.core);
	pd_buffer_fini(&bed.events);
}

static void an_import_of_nothing_changes_nothing(void **state)
{
	struct bed *bed = *state;
	struct core_import *import = core_import_new(bed->core);
	expect_fine(finish(import, bed, false));
	size_t bytes;
	core_import_events(import, &bytes);
	assert_int_equal(bytes, 0);
	assert_int_equal(core_import_rows(import), 0);
	core_import_free(import);
}

/* ---- effects ---- */

static void effects_are_counted_by_kind(void **state)
{
	struct bed *bed = *state;
	struct core_import *import = core_import_new(bed->core);
	struct pd_message retired = bed_household(52, 11, 50);
	retired.put_household.retired = true;
	put_row(import, plain(13, 4, PD_level_microgrid));                                      /* added */
	put_row(import, bed_area(12, 4, PD_level_microgrid, PD_area_kind_plain, "新名"));       /* changed */
	put_row(import, bed_area(21, 4, PD_level_microgrid, PD_area_kind_plain, "第三微网格")); /* moved */
	put_row(import, bed_area(11, 4, PD_level_microgrid, PD_area_kind_plain, "第一微网格")); /* unchanged */
	put_row(import, bed_household(51, 12, 60));                                             /* moved */
	put_row(import, retired);
	put_row(import, bed_household(50, 11, 50));                    /* unchanged */
	put_row(import, bed_person(201, PD_post_grid_leader, 11, 50)); /* changed */
	put_row(import, bed_person(777, PD_post_leader, 13, 0));       /* added, in an area of this import */
	put_row(import, bed_person(202, PD_post_leader, 12, 0));       /* moved */
	put_row(import, bed_category(5, PD_level_microgrid, PD_urgency_high));
	expect_fine(finish(import, bed, false));
	expect_effects(import, REGISTRY_AREAS, 1, 1, 1, 0, 1);
	expect_effects(import, REGISTRY_HOUSEHOLDS, 0, 0, 1, 1, 1);
	expect_effects(import, REGISTRY_PEOPLE, 1, 1, 1, 0, 0);
	expect_effects(import, REGISTRY_CATEGORIES, 0, 1, 0, 0, 0);
	assert_int_equal(take_in(bed, import), 9); /* what is unchanged makes no event */
	core_import_free(import);
	assert_int_equal(registry_household(core_registry(bed->core), 51)->area, 12);
	assert_int_equal(registry_person(core_registry(bed->core), 777)->area, 13);
}

/* The same rows again are no news. */
static void a_repeated_import_changes_nothing(void **state)
{
	struct bed *bed = *state;
	for (int i = 0; i < 2; i++) {
		struct core_import *import = core_import_new(bed->core);
		put_row(import, plain(13, 4, PD_level_microgrid));
		put_row(import, bed_household(90, 13, 90));
		expect_fine(finish(import, bed, false));
		assert_int_equal(take_in(bed, import), i ? 0 : 2);
		core_import_free(import);
	}
}

static void the_last_of_two_rows_counts(void **state)
{
	struct bed *bed = *state;
	struct core_import *import = core_import_new(bed->core);
	put_row(import, bed_person(201, PD_post_leader, 12, 50));
	put_row(import, bed_person(201, PD_post_leader, 21, 50));
	expect_fine(finish(import, bed, false));
	take_in(bed, import);
	core_import_free(import);
	assert_int_equal(registry_person(core_registry(bed->core), 201)->area, 21);
}

/* ---- all or nothing ---- */

static void the_first_bad_row_is_named(void **state)
{
	struct bed *bed = *state;
	struct core_import *import = core_import_new(bed->core);
	put_row(import, plain(13, 4, PD_level_microgrid));
	put_row(import, plain(14, 77, PD_level_microgrid)); /* 102: the fault */
	put_row(import, bed_household(90, 66, 90));         /* is not looked at any more */
	put_row(import, bed_household(91, 13, 91));
	assert_int_equal(core_import_rows(import), 4);
	expect_bad(finish(import, bed, true), PD_REFUSED_bad_parent, 102, "area 14: there is no area 77 in use");
	assert_null(registry_area(core_registry(bed->core), 13));
	core_import_free(import);
}

static void each_kind_of_bad_row(void **state)
{
	struct bed *bed = *state;
	struct pd_message retired_area = bed_area(4, 3, PD_level_grid, PD_area_kind_plain, "第一网格");
	retired_area.put_area.retired = true;
	const struct {
		struct pd_message row;
		enum pd_refusal refusal;
		const char *detail;
	} cases[] = {
		{plain(77, 0, PD_level_district), PD_REFUSED_bad_parent, "second district"},
		{plain(4, 4, PD_level_microgrid), PD_REFUSED_bad_parent, "above itself"},
		{retired_area, PD_REFUSED_in_use, "area 4 has 2 areas below it"},
		{bed_household(90, 4, 90), PD_REFUSED_bad_level, "area 4 is not a micro-grid"},
		{bed_household(90, 99, 90), PD_REFUSED_unknown_area, "area 99"},
		{bed_person(90, PD_post_leader, 99, 0), PD_REFUSED_unknown_area, "area 99"},
		{bed_person(90, PD_post_leader, 11, 99), PD_REFUSED_unknown_household, "household 99"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct core_import *import = core_import_new(bed->core);
		put_row(import, bed_category(50, PD_level_grid, PD_urgency_low));
		put_row(import, cases[i].row);
		expect_bad(finish(import, bed, false), cases[i].refusal, 102, cases[i].detail);
		core_import_free(import);
	}
}

/* What no single row could show is found at the end, and the row that named it is told. */
static void the_whole_is_checked_at_the_end(void **state)
{
	struct bed *bed = *state;
	struct pd_message retired = bed_household(60, 12, 60);
	retired.put_household.retired = true;

	struct core_import *import = core_import_new(bed->core);
	put_row(import, bed_household(90, 11, 91)); /* 91 never comes */
	put_row(import, plain(13, 4, PD_level_microgrid));
	expect_bad(finish(import, bed, false), PD_REFUSED_bad_centre, 101, "household 90");
	core_import_free(import);

	import = core_import_new(bed->core);
	put_row(import, retired);
	expect_bad(finish(import, bed, false), PD_REFUSED_unknown_household, 0, "person 103"); /* whom no row named */
	core_import_free(import);

	import = core_import_new(bed->core);
	put_row(import, bed_person(103, PD_post_resident, 12, 60));
	put_row(import, retired);
	expect_bad(finish(import, bed, false), PD_REFUSED_unknown_household, 101, "person 103");
	core_import_free(import);

	import = core_import_new(bed->core);
	put_row(import, bed_household(50, 12, 60)); /* leaves 51 and 52 */
	expect_bad(finish(import, bed, false), PD_REFUSED_bad_centre, 0, "household 51");
	core_import_free(import);
}

/* Neighbours swap places: each row alone would be refused. */
static void rows_may_mend_each_other(void **state)
{
	struct bed *bed = *state;
	struct core_import *import = core_import_new(bed->core);
	put_row(import, bed_household(50, 11, 51)); /* the centre becomes 51 */
	put_row(import, bed_household(52, 11, 51));
	put_row(import, bed_household(51, 11, 51));
	expect_fine(finish(import, bed, false));
	assert_int_equal(take_in(bed, import), 3);
	core_import_free(import);
	assert_int_equal(registry_household(core_registry(bed->core), 50)->centre, 51);
}

/* ---- complete imports ---- */

/* Only the first street, with its first grid and micro-grid, one household, one category and the administrator. */
static void put_a_small_district(struct core_import *import)
{
	put_row(import, bed_area(1, 0, PD_level_district, PD_area_kind_plain, "博山区"));
	put_row(import, bed_area(2, 1, PD_level_street, PD_area_kind_plain, "城东街道"));
	put_row(import, bed_area(3, 2, PD_level_community, PD_area_kind_urban, "税务街社区"));
	put_row(import, bed_area(4, 3, PD_level_grid, PD_area_kind_plain, "第一网格"));
	put_row(import, bed_area(11, 4, PD_level_microgrid, PD_area_kind_plain, "第一微网格"));
	put_row(import, bed_household(50, 11, 50));
	put_row(import, bed_person(201, PD_post_leader, 11, 50));
	put_row(import, bed_category(5, PD_level_microgrid, PD_urgency_normal));
}

static void a_complete_import_retires_what_it_does_not_name(void **state)
{
	struct bed *bed = *state;
	struct core_import *import = core_import_new(bed->core);
	put_a_small_district(import);
	expect_fine(finish(import, bed, true));
	expect_effects(import, REGISTRY_AREAS, 0, 0, 0, 8, 5);
	expect_effects(import, REGISTRY_HOUSEHOLDS, 0, 0, 0, 5, 1);
	expect_effects(import, REGISTRY_PEOPLE, 0, 0, 0, BED_PEOPLE - 2, 1); /* one was retired before */
	expect_effects(import, REGISTRY_CATEGORIES, 0, 0, 0, 4, 1);
	/* Applied one by one, in their order, each leaves the registry sound: from the leaves to the root. */
	take_in(bed, import);
	core_import_free(import);
	const struct registry *registry = core_registry(bed->core);
	assert_true(registry_area(registry, 7)->retired);
	assert_true(registry_household(registry, 51)->retired);
	assert_true(registry_person(registry, 901)->retired);
	assert_true(registry_category(registry, 1)->retired);
	assert_false(registry_area(registry, 11)->retired);
	assert_int_equal(registry_area(registry, 1)->children, 1);
	assert_int_equal(registry_area(registry, 11)->households, 1);
	enum registry_kind kind;
	uint32_t id;
	assert_int_equal(registry_check(registry, &kind, &id), PD_REFUSED_none);
}

/* At no point of the way is anything in use below something retired. */
static void retirements_go_from_the_leaves_to_the_root(void **state)
{
	struct bed *bed = *state;
	struct core_import *import = core_import_new(bed->core);
	size_t bytes;
	put_a_small_district(import);
	expect_fine(finish(import, bed, true));
	const char *events = core_import_events(import, &bytes);
	struct pd_decoder *decoder = pd_decoder_new();
	int rank_before = 0;
	assert_non_null(decoder);
	for (size_t off = 0; off < bytes;) {
		struct pd_message event;
		struct pd_fault fault;
		assert_int_equal(pd_decode(decoder, events, bytes, &off, &event, &fault), PD_OK);
		int rank = event.type == PD_MSG_person_set      ? 1
			   : event.type == PD_MSG_household_set ? 2
			   : event.type == PD_MSG_category_set  ? 3
								: 9 - event.area_set.level;
		expect(rank >= rank_before, "%s %u comes after what stands on it", pd_message_info(event.type)->name,
		       event.area_set.area);
		rank_before = rank;
		pd_decoder_reset(decoder);
	}
	assert_int_equal(rank_before, 9 - PD_level_street);
	pd_decoder_free(decoder);
	core_import_free(import);
}

static void what_others_need_is_not_retired(void **state)
{
	struct bed *bed = *state;
	struct core_import *import = core_import_new(bed->core);
	put_a_small_district(import);
	put_row(import, bed_household(60, 12, 60)); /* whose area 12 is not named */
	expect_bad(finish(import, bed, true), PD_REFUSED_in_use, 0, "area 12 has 1 households");
	core_import_free(import);
	import = core_import_new(bed->core);
	put_a_small_district(import);
	put_row(import, bed_person(110, PD_post_merchant, 6, 0));
	expect_bad(finish(import, bed, true), PD_REFUSED_unknown_area, 109, "person 110");
	core_import_free(import);
}

/* ---- what comes between ---- */

static void a_registry_that_changed_meanwhile_makes_it_busy(void **state)
{
	struct bed *bed = *state;
	struct core_import *import = core_import_new(bed->core);
	put_row(import, plain(13, 4, PD_level_microgrid));
	bed_put(bed, bed_category(50, PD_level_grid, PD_urgency_low));
	expect_bad(finish(import, bed, false), PD_REFUSED_import_busy, 0, "changed while the import was being sent");
	core_import_free(import);
}

static void orders_that_come_meanwhile_do_not_hinder_it(void **state)
{
	struct bed *bed = *state;
	struct core_import *import = core_import_new(bed->core);
	put_row(import, bed_area(12, 4, PD_level_microgrid, PD_area_kind_plain, "新名"));
	bed_must_submit(bed, 1, 5, 103);
	bed_must(bed, PD_MSG_accept, 1, 1, 203);
	expect_fine(finish(import, bed, false));
	take_in(bed, import);
	core_import_free(import);
	assert_int_equal(holder_open_orders(core_holder(bed->core, 12)), 1);
}

/* The row is named that retires it. */
static void a_row_that_retires_an_area_with_orders_is_at_fault(void **state)
{
	struct bed *bed = *state;
	struct core_import *import = core_import_new(bed->core);
	struct pd_message retired = bed_area(12, 4, PD_level_microgrid, PD_area_kind_plain, "微网格");
	bed_must_submit(bed, 1, 5, 103);
	retired.put_area.retired = true;
	put_row(import, plain(13, 4, PD_level_microgrid));
	put_row(import, bed_household(60, 13, 60));
	put_row(import, bed_person(103, PD_post_resident, 13, 60));
	put_row(import, bed_person(104, PD_post_resident, 13, 0));
	put_row(import, bed_person(203, PD_post_leader, 13, 0));
	put_row(import, retired);
	expect_bad(finish(import, bed, false), PD_REFUSED_in_use, 106, "area 12 holds 1 open orders");
	core_import_free(import);
}

static void an_area_that_holds_open_orders_stays(void **state)
{
	struct bed *bed = *state;
	bed_must_submit(bed, 1, 5, 103);
	struct core_import *import = core_import_new(bed->core);
	put_a_small_district(import);
	expect_bad(finish(import, bed, true), PD_REFUSED_in_use, 0, "area 12 holds 1 open orders");
	core_import_free(import);
}

/* An order may come to an area after the import has begun that retires it. */
static void an_area_that_was_given_orders_meanwhile_stays(void **state)
{
	struct bed *bed = *state;
	struct core_import *import = core_import_new(bed->core);
	put_a_small_district(import);
	bed_must_submit(bed, 1, 4, 103); /* held by the grid 4, which stays */
	bed_must_submit(bed, 2, 5, 103);
	expect_bad(finish(import, bed, true), PD_REFUSED_in_use, 0, "area 12 holds 1 open orders");
	core_import_free(import);
}

static void a_closed_order_does_not_hold_its_area(void **state)
{
	struct bed *bed = *state;
	bed_must_submit(bed, 1, 5, 103);
	bed_must(bed, PD_MSG_cancel, 1, 1, 103);
	struct core_import *import = core_import_new(bed->core);
	put_a_small_district(import);
	expect_fine(finish(import, bed, true));
	take_in(bed, import);
	core_import_free(import);
	assert_true(registry_area(core_registry(bed->core), 12)->retired);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, bed_setup, bed_teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_district_from_nothing),
		TEST(an_import_of_nothing_changes_nothing),
		TEST(effects_are_counted_by_kind),
		TEST(a_repeated_import_changes_nothing),
		TEST(the_last_of_two_rows_counts),
		TEST(the_first_bad_row_is_named),
		TEST(each_kind_of_bad_row),
		TEST(the_whole_is_checked_at_the_end),
		TEST(rows_may_mend_each_other),
		TEST(a_complete_import_retires_what_it_does_not_name),
		TEST(retirements_go_from_the_leaves_to_the_root),
		TEST(what_others_need_is_not_retired),
		TEST(a_registry_that_changed_meanwhile_makes_it_busy),
		TEST(orders_that_come_meanwhile_do_not_hinder_it),
		TEST(a_row_that_retires_an_area_with_orders_is_at_fault),
		TEST(an_area_that_holds_open_orders_stays),
		TEST(an_area_that_was_given_orders_meanwhile_stays),
		TEST(a_closed_order_does_not_hold_its_area),
	};
#undef TEST
	return cmocka_run_group_tests(tests, NULL, NULL);
}
