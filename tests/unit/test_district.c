/* What `paidan district` promises: the figures of the real district, places inside it, the same bytes for the same
 * seed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* after those */
#include <cmocka.h>
#include <sodium.h>

#include "district.h"
#include "district_map.h"
#include "registry_csv.h"
#include "codec.h"

enum { SEED = 42, AREA_ID_END = 4000, FIRST_MICROGRID = 1001, FIRST_HOUSEHOLD = 500001 };

/* BLAKE2b-256 of the files of seed 42, one after the other. Another one on another machine is a bug; after a
 * change of the word lists or the generator the new one belongs here. */
static const char golden[] = "f7a8da49976bc624c1f75c388b811604d0aacf2942777a7d42d9db37bd78371e";

static int make(void **state)
{
	*state = district_make("boshan", SEED);
	return *state ? 0 : -1;
}

static int drop(void **state)
{
	rows_free(*state);
	return 0;
}

static size_t count_areas(const struct rows *rows, enum pd_level level, enum pd_area_kind kind)
{
	size_t count = 0;
	for (size_t i = 0; i < rows->tables[ROWS_AREAS].count; i++)
		count += rows_area(rows, i)->level == level && rows_area(rows, i)->kind == kind;
	return count;
}

static size_t count_people(const struct rows *rows, enum pd_post post)
{
	size_t count = 0;
	for (size_t i = 0; i < rows->tables[ROWS_PEOPLE].count; i++)
		count += rows_person(rows, i)->post == post;
	return count;
}

static void has_the_areas_of_the_real_district(void **state)
{
	const struct rows *rows = *state;
	assert_int_equal(count_areas(rows, PD_level_district, PD_area_kind_plain), 1);
	assert_int_equal(count_areas(rows, PD_level_street, PD_area_kind_plain), 10);
	assert_int_equal(count_areas(rows, PD_level_community, PD_area_kind_urban), 41);
	assert_int_equal(count_areas(rows, PD_level_community, PD_area_kind_village), 160);
	assert_int_equal(count_areas(rows, PD_level_grid, PD_area_kind_plain), 411);
	assert_int_equal(count_areas(rows, PD_level_grid, PD_area_kind_dedicated), 11);
	assert_int_equal(count_areas(rows, PD_level_microgrid, PD_area_kind_plain), 1151);
	assert_int_equal(count_areas(rows, PD_level_street, PD_area_kind_agency), 1);
	assert_int_equal(count_areas(rows, PD_level_street, PD_area_kind_social), 1);
	assert_int_equal(count_areas(rows, PD_level_grid, PD_area_kind_property), 12);
	assert_int_equal(count_areas(rows, PD_level_grid, PD_area_kind_volunteers), 8);
	assert_int_equal(rows->tables[ROWS_AREAS].count, 1 + 10 + 41 + 160 + 411 + 11 + 1151 + 22);
	assert_int_equal(rows->tables[ROWS_SHAPES].count, 1151);
	assert_int_equal(rows->tables[ROWS_RULES].count, 1 + 12 + 8 + 11 + 1);
	assert_int_equal(rows_area(rows, 0)->area, 370304);
	assert_string_equal(rows_area(rows, 0)->name.data, "博山区");
	for (size_t i = 0; i < 10; i++) {
		assert_int_equal(rows_area(rows, i + 1)->area, district_streets[i].id);
		assert_string_equal(rows_area(rows, i + 1)->name.data, district_streets[i].name);
	}
}

/* Each level stands directly below the one above it, but for dedicated grids, which stand below 城西街道. */
static void has_no_level_left_out(void **state)
{
	const struct rows *rows = *state;
	struct rows_index areas;
	rows_index_init(&areas, rows, ROWS_AREAS);
	for (size_t i = 1; i < rows->tables[ROWS_AREAS].count; i++) {
		const struct pd_put_area *area = rows_area(rows, i);
		size_t parent = rows_index_find(&areas, area->parent);
		assert_true(parent != SIZE_MAX);
		if (area->kind == PD_area_kind_dedicated)
			assert_int_equal(area->parent, 370304002);
		else if (area->kind <= PD_area_kind_dedicated)
			assert_int_equal(rows_area(rows, parent)->level, area->level - 1);
		assert_int_not_equal(rows_area(rows, parent)->kind, PD_area_kind_dedicated);
	}
	rows_index_fini(&areas);
}

static void has_names_that_occur_once(void **state)
{
	const struct rows *rows = *state;
	size_t count = rows->tables[ROWS_AREAS].count;
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < i; j++)
			if (strcmp(rows_area(rows, i)->name.data, rows_area(rows, j)->name.data) == 0)
				fail_msg("areas %u and %u are both called %s", rows_area(rows, j)->area,
					 rows_area(rows, i)->area, rows_area(rows, i)->name.data);
}

static void has_30_to_80_households_a_microgrid(void **state)
{
	const struct rows *rows = *state;
	static unsigned households[AREA_ID_END], centres[AREA_ID_END];
	memset(households, 0, sizeof households);
	memset(centres, 0, sizeof centres);
	size_t count = rows->tables[ROWS_HOUSEHOLDS].count, centre_count = 0;
	assert_int_equal(count, 85605);
	for (size_t i = 0; i < count; i++) {
		const struct pd_put_household *household = rows_household(rows, i);
		assert_in_range(household->area, FIRST_MICROGRID, FIRST_MICROGRID + 1150);
		households[household->area]++;
		centres[household->area] += household->centre == household->household;
		centre_count += household->centre == household->household;
	}
	assert_int_equal(centre_count, 4527);
	for (unsigned area = FIRST_MICROGRID; area < FIRST_MICROGRID + 1151; area++) {
		assert_in_range(households[area], 30, 80);
		assert_in_range(centres[area], 3, 5);
	}
}

static void has_centres_that_share_evenly(void **state)
{
	const struct rows *rows = *state;
	size_t count = rows->tables[ROWS_HOUSEHOLDS].count;
	unsigned *cared = calloc(count, sizeof *cared);
	unsigned least[AREA_ID_END], most[AREA_ID_END];
	for (size_t i = 0; i < count; i++) {
		const struct pd_put_household *household = rows_household(rows, i);
		assert_int_equal(household->household, FIRST_HOUSEHOLD + i);
		const struct pd_put_household *centre = rows_household(rows, household->centre - FIRST_HOUSEHOLD);
		assert_int_equal(centre->area, household->area);
		assert_int_equal(centre->centre, centre->household);
		cared[household->centre - FIRST_HOUSEHOLD]++;
	}
	memset(least, 0xff, sizeof least);
	memset(most, 0, sizeof most);
	for (size_t i = 0; i < count; i++) {
		uint32_t area = rows_household(rows, i)->area;
		if (cared[i] && cared[i] < least[area])
			least[area] = cared[i];
		if (cared[i] > most[area])
			most[area] = cared[i];
	}
	for (unsigned area = FIRST_MICROGRID; area < FIRST_MICROGRID + 1151; area++)
		assert_in_range(most[area] - least[area], 0, 1);
	free(cared);
}

static void lies_inside_the_outline(void **state)
{
	const struct rows *rows = *state;
	for (size_t i = 0; i < rows->tables[ROWS_HOUSEHOLDS].count; i++) {
		const struct pd_put_household *household = rows_household(rows, i);
		if (!district_map_inside((struct place){household->lon_e7, household->lat_e7}))
			fail_msg("household %u at %d, %d lies outside the district", household->household,
				 household->lon_e7, household->lat_e7);
	}
}

static void knows_what_is_outside(void **state)
{
	(void)state;
	static const struct place outside[] = {
		{0, 0},
		{1164070000, 399040000} /* Beijing */,
		{1180550000, 368130000} /* Zibo's centre */,
		{1176770000, 362140000} /* Laiwu's */,
		{1181480000, 361850000} /* Yiyuan */,
		{1182500000, 363600000},
		{364976000, 1178582000} /* swapped */,
	};
	for (size_t i = 0; i < sizeof outside / sizeof outside[0]; i++)
		assert_false(district_map_inside(outside[i]));
	for (size_t i = 0; i < DISTRICT_STREETS; i++)
		assert_true(district_map_inside(district_streets[i].place));
}

static void keeps_neighbours_together(void **state)
{
	const struct rows *rows = *state;
	const struct pd_put_household *first = rows_household(rows, 0);
	for (size_t i = 0; i < rows->tables[ROWS_HOUSEHOLDS].count; i++) {
		const struct pd_put_household *household = rows_household(rows, i);
		if (household->area != first->area)
			first = household;
		int64_t distance2 = district_map_distance2_m((struct place){first->lon_e7, first->lat_e7},
							     (struct place){household->lon_e7, household->lat_e7});
		assert_in_range(distance2, 0, 200 * 200);
	}
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void has_addresses_that_occur_once(void **state)
{
	const struct rows *rows = *state;
	size_t count = rows->tables[ROWS_HOUSEHOLDS].count;
	const char **addresses = calloc(count, sizeof *addresses);
	for (size_t i = 0; i < count; i++)
		addresses[i] = rows_household(rows, i)->address.data;
	qsort(addresses, count, sizeof *addresses, compare_texts);
	for (size_t i = 1; i < count; i++)
		if (strcmp(addresses[i - 1], addresses[i]) == 0)
			fail_msg("the address %s occurs twice", addresses[i]);
	free(addresses);
}

static void has_a_person_for_each_household_and_post(void **state)
{
	const struct rows *rows = *state;
	assert_int_equal(count_people(rows, PD_post_resident), 85605 - 4527);
	assert_int_equal(count_people(rows, PD_post_centre), 4527);
	assert_int_equal(count_people(rows, PD_post_leader), 1151);
	assert_int_equal(count_people(rows, PD_post_grid_leader), 411 + 11);
	assert_int_equal(count_people(rows, PD_post_supervisor), 3 + 10);
	assert_int_equal(count_people(rows, PD_post_courier), 200);
	assert_int_equal(count_people(rows, PD_post_administrator), 2);
	assert_in_range(count_people(rows, PD_post_staff), 2 * 211, 4 * 211);
	assert_in_range(count_people(rows, PD_post_merchant), 20 * 11, 60 * 11);
	char *lived_in = calloc(85605, 1);
	for (size_t i = 0; i < rows->tables[ROWS_PEOPLE].count; i++) {
		const struct pd_put_person *person = rows_person(rows, i);
		if (person->post != PD_post_resident && person->post != PD_post_centre)
			continue;
		const struct pd_put_household *household = rows_household(rows, person->household - FIRST_HOUSEHOLD);
		assert_int_equal(lived_in[person->household - FIRST_HOUSEHOLD]++, 0);
		assert_int_equal(person->area, household->area);
		assert_int_equal(person->post == PD_post_centre, household->centre == household->household);
	}
	assert_null(memchr(lived_in, 0, 85605));
	free(lived_in);
}

static void houses_leaders_in_their_microgrids(void **state)
{
	const struct rows *rows = *state;
	for (size_t i = 0; i < rows->tables[ROWS_PEOPLE].count; i++) {
		const struct pd_put_person *person = rows_person(rows, i);
		if (person->post == PD_post_leader)
			assert_int_equal(rows_household(rows, person->household - FIRST_HOUSEHOLD)->area, person->area);
		if (person->post == PD_post_merchant)
			assert_in_range(person->area, 901, 911);
	}
}

static void keeps_to_the_limits_of_the_protocol(void **state)
{
	const struct rows *rows = *state;
	for (enum rows_kind kind = 0; kind < ROWS_KINDS; kind++)
		for (size_t i = 0; i < rows->tables[kind].count; i++) {
			struct pd_message message;
			struct pd_fault fault;
			rows_message(rows, kind, i, &message);
			if (pd_validate(&message, &fault))
				fail_msg("%s, row %zu: %s", rows_file(kind), i, fault.detail);
		}
}

static void has_categories_that_make_sense(void **state)
{
	const struct rows *rows = *state;
	size_t microgrid = 0;
	assert_int_equal(rows->tables[ROWS_CATEGORIES].count, DISTRICT_CATEGORIES);
	for (size_t i = 0; i < DISTRICT_CATEGORIES; i++) {
		const struct pd_put_category *category = rows_category(rows, i);
		microgrid += category->level == PD_level_microgrid;
		assert_true(category->accept_within_s < category->complete_within_s);
		if (category->urgency == PD_urgency_emergency)
			assert_in_range(category->accept_within_s, 1, 600);
	}
	assert_in_range(microgrid, 13, 23);
	assert_string_equal(rows_category(rows, 2)->name.data, "公共照明");
	for (size_t i = 0; i < DISTRICT_CATEGORIES; i++)
		assert_int_equal(rows_category(rows, i)->emergency_only, i + 1 == DISTRICT_CATEGORIES);
}

static void print_all(const struct rows *rows, struct pd_buffer *out)
{
	for (enum rows_kind kind = 0; kind < ROWS_KINDS; kind++)
		registry_csv_print(rows, kind, out);
}

static void is_the_same_for_the_same_seed(void **state)
{
	struct rows *again = district_make("boshan", SEED), *other = district_make("boshan", SEED + 1);
	struct pd_buffer first = {0}, second = {0}, third = {0};
	print_all(*state, &first);
	print_all(again, &second);
	print_all(other, &third);
	assert_int_equal(first.count, second.count);
	assert_memory_equal(first.data, second.data, first.count);
	assert_false(first.count == third.count && memcmp(first.data, third.data, first.count) == 0);
	pd_buffer_fini(&first);
	pd_buffer_fini(&second);
	pd_buffer_fini(&third);
	rows_free(again);
	rows_free(other);
}

static void is_the_same_on_every_machine(void **state)
{
	unsigned char hash[32];
	char text[2 * sizeof hash + 1];
	struct pd_buffer all = {0};
	print_all(*state, &all);
	crypto_generichash(hash, sizeof hash, (const unsigned char *)all.data, all.count, NULL, 0);
	sodium_bin2hex(text, sizeof text, hash, sizeof hash);
	assert_string_equal(text, golden);
	pd_buffer_fini(&all);
}

static void comes_back_as_it_was_written(void **state)
{
	const struct rows *rows = *state;
	char dir[] = "/tmp/test_district_XXXXXX", path[100];
	assert_non_null(mkdtemp(dir));
	struct pd_buffer before = {0}, after = {0};
	print_all(rows, &before);
	for (enum rows_kind kind = 0; kind < ROWS_KINDS; kind++) {
		struct pd_buffer text = {0};
		registry_csv_print(rows, kind, &text);
		snprintf(path, sizeof path, "%s/%s", dir, rows_file(kind));
		FILE *file = fopen(path, "w");
		assert_non_null(file);
		assert_int_equal(fwrite(text.data, 1, text.count, file), text.count);
		assert_int_equal(fclose(file), 0);
		pd_buffer_fini(&text);
	}
	struct problems problems = {0};
	struct rows *read = registry_csv_read(dir, &problems);
	for (enum rows_kind kind = 0; kind < ROWS_KINDS; kind++) {
		snprintf(path, sizeof path, "%s/%s", dir, rows_file(kind));
		remove(path);
	}
	remove(dir);
	problems_print(&problems, dir, true, stderr);
	assert_int_equal(problems.count, 0);
	print_all(read, &after);
	assert_int_equal(before.count, after.count);
	assert_memory_equal(before.data, after.data, before.count);
	pd_buffer_fini(&before);
	pd_buffer_fini(&after);
	problems_fini(&problems);
	rows_free(read);
}

static void knows_its_presets(void **state)
{
	(void)state;
	assert_string_equal(district_presets()[0], "boshan");
	assert_null(district_presets()[1]);
	assert_null(district_make("zibo", 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(has_the_areas_of_the_real_district),
		cmocka_unit_test(has_no_level_left_out),
		cmocka_unit_test(has_names_that_occur_once),
		cmocka_unit_test(has_30_to_80_households_a_microgrid),
		cmocka_unit_test(has_centres_that_share_evenly),
		cmocka_unit_test(lies_inside_the_outline),
		cmocka_unit_test(knows_what_is_outside),
		cmocka_unit_test(keeps_neighbours_together),
		cmocka_unit_test(has_addresses_that_occur_once),
		cmocka_unit_test(has_a_person_for_each_household_and_post),
		cmocka_unit_test(houses_leaders_in_their_microgrids),
		cmocka_unit_test(keeps_to_the_limits_of_the_protocol),
		cmocka_unit_test(has_categories_that_make_sense),
		cmocka_unit_test(is_the_same_for_the_same_seed),
		cmocka_unit_test(is_the_same_on_every_machine),
		cmocka_unit_test(comes_back_as_it_was_written),
		cmocka_unit_test(knows_its_presets),
	};
	return cmocka_run_group_tests_name("district", tests, make, drop);
}
