/* test_places.c - polygons: which one a point lies in, and which ones are refused. */
#include "core_bed.h"
#include "district.h"
#include "places.h"
#include "rings.h"
#include "rules.h"

enum { NEAR_M = 300, E7 = 10000000 };

/* ---- shapes ---- */

/* "x y, x y, ..." in thousandths of a degree east of 117.8 and north of 36.4; ";" begins a hole, "|" a further polygon.
 */
static struct pd_slice rings_of(struct pd_buffer *rings, const char *text)
{
	rings->count = 0;
	pd_rings_begin(rings, false);
	for (char *end; *text;) {
		double x = strtod(text, &end), y = strtod(end, &end);
		pd_rings_add(rings,
			     (struct pd_point){1178000000 + (int32_t)(x * 10000), 364000000 + (int32_t)(y * 10000)});
		text = end + strspn(end, " ,");
		if (*text == ';' || *text == '|')
			pd_rings_begin(rings, *text++ == ';');
	}
	return (struct pd_slice){rings->data, (uint32_t)rings->count};
}

static struct pd_message shape(struct pd_buffer *rings, uint32_t area, const char *text)
{
	struct pd_message put = {.type = PD_MSG_put_shape, .request = 1};
	put.put_shape = (struct pd_put_shape){.area = area, .rings = rings_of(rings, text)};
	return put;
}

/* 11 is a square with a hole, 12 lies east of it, 21 is two squares, 8 is the community around 91, which has none. */
static struct places *settle(struct bed *bed)
{
	struct pd_buffer rings = {0};
	bed_put(bed, shape(&rings, 11, "0 0, 10 0, 10 10, 0 10; 4 4, 6 4, 6 6, 4 6"));
	bed_put(bed, shape(&rings, 12, "10 0, 20 0, 20 10, 10 10, 10 0"));
	bed_put(bed, shape(&rings, 21, "30 0, 40 0, 40 10, 30 10| 50 0, 60 0, 60 10, 50 10"));
	bed_put(bed, shape(&rings, 4, "0 0, 25 0, 25 10, 0 10"));
	bed_put(bed, shape(&rings, 8, "100 0, 120 0, 120 20, 100 20"));
	pd_buffer_fini(&rings);
	struct places *places = places_new();
	places_update(places, core_registry(bed->core));
	return places;
}

static struct core_place at(const struct places *places, double x, double y)
{
	struct core_place place;
	places_find(places, 1178000000 + (int32_t)(x * 10000), 364000000 + (int32_t)(y * 10000), NEAR_M, &place);
	return place;
}

static void points_are_found(void **state)
{
	struct places *places = settle(*state);
	static const struct {
		const char *what;
		double x, y;
		enum place_how how;
		uint32_t area, metres;
	} cases[] = {
		{"inside", 2, 2, PLACE_INSIDE, 11, 0},
		{"inside another", 15, 5, PLACE_INSIDE, 12, 0},
		{"on the border of two: the smaller id", 10, 5, PLACE_BORDER, 11, 0},
		{"at the corner of two", 10, 10, PLACE_BORDER, 11, 0},
		{"on the border of one", 20, 5, PLACE_BORDER, 12, 0},
		{"at a corner", 0, 0, PLACE_BORDER, 11, 0},
		{"in a hole: the grid around it", 5, 5, PLACE_INSIDE, 4, 0},
		{"on the border of the hole", 4, 5, PLACE_BORDER, 11, 0},
		{"in no micro-grid, and in a grid", 22, 5, PLACE_INSIDE, 4, 0},
		{"in the second polygon", 55, 5, PLACE_INSIDE, 21, 0},
		{"in a community alone", 110, 10, PLACE_INSIDE, 8, 0},
		{"a little outside", 41, 5, PLACE_NEAREST, 21, 90},
		{"outside, beyond a corner", 61, 11, PLACE_NEAREST, 21, 143},
		{"as near to two: the smaller id, of the lower level", 10, 11, PLACE_NEAREST, 11, 112},
		{"too far", 70, 5, PLACE_NOWHERE, 0, 0},
		{"on the other side of the earth", -2400, -700, PLACE_NOWHERE, 0, 0},
	};
	for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct core_place is = at(places, cases[i].x, cases[i].y);
		expect(is.how == cases[i].how && is.area == cases[i].area && is.metres == cases[i].metres,
		       "%s: got how %d, area %u, %u m; expected %d, %u, %u", cases[i].what, is.how, is.area, is.metres,
		       cases[i].how, cases[i].area, cases[i].metres);
	}
	places_free(places);
}

static void nothing_is_anywhere_without_polygons(void **state)
{
	struct bed *bed = *state;
	struct places *places = places_new();
	struct core_place place;
	places_find(places, 0, 0, NEAR_M, &place);
	assert_int_equal(place.how, PLACE_NOWHERE);
	places_update(places, core_registry(bed->core));
	places_find(places, 1178000000, 364000000, NEAR_M, &place);
	assert_int_equal(place.how, PLACE_NOWHERE);
	places_free(places);
	places_free(NULL);
}

static void polygons_follow_the_registry(void **state)
{
	struct bed *bed = *state;
	struct places *places = settle(bed);
	struct pd_buffer rings = {0};
	struct pd_message put = shape(&rings, 12, "10 0, 20 0, 20 10, 10 10");
	put.put_shape.retired = true;
	bed_put(bed, put);
	assert_int_equal(at(places, 15, 5).area, 12); /* until it is told */
	places_update(places, core_registry(bed->core));
	assert_int_equal(at(places, 15, 5).area, 4);
	assert_int_equal(places_count(places), 4);
	pd_buffer_fini(&rings);
	places_free(places);
}

/* ---- refusals ---- */

static void unusable_polygons_are_refused(void **state)
{
	struct bed *bed = *state;
	struct places *places = settle(bed);
	struct pd_buffer rings = {0};
	static const struct {
		const char *text, *says;
	} cases[] = {
		{"0 0, 1 0", "ring 1 has fewer than three"},
		{"0 0, 1 0, 0 0, 1 0", "ring 1 has fewer than three"},
		{"0 0, 10 0, 10 10; 4 4, 5 5", "ring 2 has fewer than three"},
		{"0 0, 1 1, 2 2", "crosses itself"},
		{"0 0, 10 10, 10 0, 0 10", "crosses itself at 117.805, 36.405"},
		{"0 0, 10 0, 10 10, 0 10; 20 20, 30 20, 30 30", "a hole or a ring does not lie"},
		{"0 0, 10 0, 10 10, 0 10| 5 5, 15 5, 15 15, 5 15", "crosses itself"},
	};
	for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct pd_detail detail = PD_NO_DETAIL;
		enum pd_refusal refusal =
			places_check(places, core_registry(bed->core), 91, rings_of(&rings, cases[i].text), &detail);
		expect(refusal == PD_REFUSED_bad_shape && strstr(bed_says(&detail), cases[i].says),
		       "%s: refused as %s (%s), expected \"%s\"", cases[i].text, bed_refusal(refusal),
		       bed_says(&detail), cases[i].says);
	}
	pd_buffer_fini(&rings);
	places_free(places);
}

static void exchanged_axes_are_seen(void **state)
{
	struct bed *bed = *state;
	struct places *places = places_new();
	struct pd_buffer rings = {0};
	struct pd_detail detail = PD_NO_DETAIL;
	const struct pd_point china[] = {{364000000, 1178000000}, {364100000, 1178000000}, {364100000, 1178100000}};
	for (int i = 0; i < 3; i++)
		pd_rings_add(&rings, china[i]);
	struct pd_slice slice = {rings.data, (uint32_t)rings.count};
	assert_int_equal(places_check(places, core_registry(bed->core), 91, slice, &detail), PD_REFUSED_bad_shape);
	expect(strstr(bed_says(&detail), "point 1 has latitude 117.8"), "%s", bed_says(&detail));
	/* Where both could be a latitude, the households tell. */
	for (uint32_t id = 50; id <= 80; id++) {
		const struct household *household = registry_household(core_registry(bed->core), id);
		if (!household)
			continue;
		struct pd_message put = bed_household(id, household->area, household->centre);
		put.put_household.lon_e7 = 80 * E7;
		put.put_household.lat_e7 = 40 * E7;
		bed_put(bed, put);
	}
	const struct pd_point west[] = {{80, 40}, {81, 40}, {81, 41}};
	for (int swapped = 0; swapped < 2; swapped++) {
		rings.count = 0;
		for (int i = 0; i < 3; i++)
			pd_rings_add(&rings, swapped ? (struct pd_point){west[i].lat_e7 * E7, west[i].lon_e7 * E7}
						     : (struct pd_point){west[i].lon_e7 * E7, west[i].lat_e7 * E7});
		slice = (struct pd_slice){rings.data, (uint32_t)rings.count};
		assert_int_equal(places_check(places, core_registry(bed->core), 91, slice, &detail),
				 swapped ? PD_REFUSED_bad_shape : PD_REFUSED_none);
	}
	expect(strstr(bed_says(&detail), "exchanged"), "%s", bed_says(&detail));
	pd_buffer_fini(&rings);
	places_free(places);
}

static void overlaps_of_one_level_are_refused(void **state)
{
	struct bed *bed = *state;
	struct places *places = settle(bed);
	const struct registry *registry = core_registry(bed->core);
	struct pd_buffer rings = {0};
	struct pd_detail detail = PD_NO_DETAIL;
	static const struct {
		uint32_t area;
		const char *text;
		uint32_t other;
	} cases[] = {
		{91, "15 0, 25 0, 25 10, 15 10", 12},
		{91, "20 0, 30 0, 30 10, 20 10", 0}, /* touches two */
		{91, "4 4, 6 4, 6 6, 4 6", 0},       /* fills the hole */
		{91, "4 4, 7 4, 7 6, 4 6", 11},
		{12, "15 0, 25 0, 25 10, 15 10", 0},       /* its own old one */
		{91, "19.95 0, 30 0, 30 10, 19.95 10", 0}, /* a sliver */
		{91, "19.5 0, 30 0, 30 10, 19.5 10", 12},
		{5, "15 0, 25 0, 25 10, 15 10", 4},
		{3, "0 0, 99 0, 99 20, 0 20", 0}, /* levels lie on each other */
	};
	for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char wanted[60];
		snprintf(wanted, sizeof wanted, "area %u and area %u share", cases[i].area, cases[i].other);
		enum pd_refusal refusal = places_check_overlap(places, registry_area(registry, cases[i].area),
							       rings_of(&rings, cases[i].text), &detail);
		expect(refusal == (cases[i].other ? PD_REFUSED_shape_overlaps : PD_REFUSED_none), "%s: %s",
		       cases[i].text, bed_refusal(refusal));
		if (refusal)
			expect(strstr(bed_says(&detail), wanted), "%s: %s", cases[i].text, bed_says(&detail));
	}
	uint32_t areas[2];
	assert_int_equal(places_check_all(places, areas, &detail), PD_REFUSED_none);
	bed_put(bed, shape(&rings, 91, "15 0, 25 0, 25 10, 15 10")); /* the core alone does not see it */
	places_update(places, registry);
	assert_int_equal(places_check_all(places, areas, &detail), PD_REFUSED_shape_overlaps);
	assert_int_equal(areas[0], 12);
	assert_int_equal(areas[1], 91);
	pd_buffer_fini(&rings);
	places_free(places);
}

static void unsound_rings_are_refused_by_the_core(void **state)
{
	struct bed *bed = *state;
	struct pd_buffer rings = {0};
	struct pd_message put = shape(&rings, 91, "0 0, 10 0, 10 10");
	put.put_shape.rings.bytes--;
	bed_do(bed, &put, 0);
	expect_refused(bed, PD_REFUSED_bad_shape, "whole pairs", "half a pair");
	put.put_shape.rings.bytes = 0;
	bed_do(bed, &put, 0);
	expect_refused(bed, PD_REFUSED_bad_shape, "it has no points", "nothing");
	pd_rings_begin(&rings, true);
	put.put_shape.rings = (struct pd_slice){rings.data, (uint32_t)rings.count};
	bed_do(bed, &put, 0);
	expect_refused(bed, PD_REFUSED_bad_shape, "separators", "a separator at the end");
	put = shape(&rings, 77, "0 0, 10 0, 10 10");
	bed_do(bed, &put, 0);
	expect_refused(bed, PD_REFUSED_unknown_area, "no area 77", "an unknown area");
	bed_put(bed, bed_area(97, 3, PD_level_grid, PD_area_kind_volunteers, "志愿者"));
	put = shape(&rings, 97, "0 0, 10 0, 10 10");
	bed_do(bed, &put, 0);
	expect_refused(bed, PD_REFUSED_bad_level, "area 97 is an organisation", "an organisation");
	put = shape(&rings, 91, "0 0, 10 0, 10 10");
	bed_put(bed, put);
	bed_do(bed, &put, 0);
	expect_outcome(bed, CORE_REPEATED, "the same again");
	pd_buffer_fini(&rings);
}

/* How many of the polygons are sound. */
static unsigned rows_check(const struct registry *registry, const struct rows *rows, struct places *places,
			   struct pd_detail *detail)
{
	unsigned sound = 0;
	for (size_t i = 0; i < rows->tables[ROWS_SHAPES].count; i++, sound++) {
		const struct pd_put_shape *put = rows_shape(rows, i);
		enum pd_refusal refusal = places_check(places, registry, put->area, put->rings, detail);
		expect(!refusal, "%s", bed_says(detail));
	}
	return sound;
}

/* Taken in one by one, as an import does. */
static void take(struct registry *registry, const struct rows *rows, enum rows_kind kind)
{
	for (size_t i = 0; i < rows->tables[kind].count; i++) {
		struct pd_message put;
		struct registry_decision decision = {0};
		rows_message(rows, kind, i, &put);
		registry_decide(registry, &put, true, &decision);
		expect(!decision.refusal, "%s", bed_says(&decision.detail));
		registry_apply(registry, &decision.event);
	}
}

static void a_made_district_stands_on_its_ground(void **state)
{
	(void)state;
	struct rows *rows = district_make("boshan", 1);
	struct registry *registry = registry_new(1);
	struct places *places = places_new();
	struct pd_detail detail = PD_NO_DETAIL;
	uint32_t areas[2], rule;
	take(registry, rows, ROWS_LADDERS); /* categories name them */
	for (enum rows_kind kind = ROWS_AREAS; kind < ROWS_KINDS; kind++)
		if (kind != ROWS_PEOPLE && kind != ROWS_LADDERS)
			take(registry, rows, kind);
	assert_int_equal(rows_check(registry, rows, places, &detail), 1151);
	assert_int_equal(rules_check(registry, &rule, &detail), PD_REFUSED_none);
	places_update(places, registry);
	assert_int_equal(places_check_all(places, areas, &detail), PD_REFUSED_none);
	for (size_t i = 0; i < rows->tables[ROWS_HOUSEHOLDS].count; i++) {
		const struct pd_put_household *household = rows_household(rows, i);
		struct core_place place;
		places_find(places, household->lon_e7, household->lat_e7, 0, &place);
		expect(place.area == household->area, "household %u of %u stands on the ground of %u",
		       household->household, household->area, place.area);
	}
	places_free(places);
	registry_free(registry);
	rows_free(rows);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, bed_setup, bed_teardown)
	const struct CMUnitTest tests[] = {
		TEST(points_are_found),
		TEST(nothing_is_anywhere_without_polygons),
		TEST(polygons_follow_the_registry),
		TEST(unusable_polygons_are_refused),
		TEST(exchanged_axes_are_seen),
		TEST(overlaps_of_one_level_are_refused),
		TEST(unsound_rings_are_refused_by_the_core),
		cmocka_unit_test(a_made_district_stands_on_its_ground),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
