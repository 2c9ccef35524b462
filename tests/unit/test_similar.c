/* test_similar.c - which orders may say the same: distances, places that are not known, what is looked at. */
#include "core_bed.h"
#include "similar.h"

enum { FOUND_MAX = 10 };

static const int32_t here_lon_e7 = 1178580000, here_lat_e7 = 364970000; /* of all households */

static void expect_about(double distance_m, double wanted_m)
{
	expect(distance_m > wanted_m * 0.999 && distance_m < wanted_m * 1.001, "%.1f m, expected %.1f m", distance_m,
	       wanted_m);
}

/* A degree on the mean sphere is 111,195 m. */
static void distances_are_those_of_a_sphere(void **state)
{
	(void)state;
	expect_about(similar_distance_m(0, 0, 0, 10000000), 111195);
	expect_about(similar_distance_m(0, 0, 10000000, 0), 111195);
	expect_about(similar_distance_m(1178580000, 600000000, 1188580000, 600000000), 55597);
	expect_about(similar_distance_m(1799999000, 0, -1799999000, 0), 22.24); /* across the date line */
	expect_about(similar_distance_m(0, 900000000, 0, -900000000), 20015115);
	assert_true(similar_distance_m(1178580000, 364970000, 1178580000, 364970000) == 0);
}

static void submit_at(struct bed *bed, unsigned n, uint32_t category, uint32_t area, int32_t lon_e7, int32_t lat_e7)
{
	struct pd_message command = bed_submit(n, category);
	command.submit.area = area;
	command.submit.lon_e7 = lon_e7;
	command.submit.lat_e7 = lat_e7;
	bed_do(bed, &command, 0);
	expect_outcome(bed, CORE_EVENT, "submit");
}

static struct similar_query query_of(struct bed *bed, uint32_t area, bool with_coordinate)
{
	return (struct similar_query){.category = 5,
				      .place = {registry_area(core_registry(bed->core), area),
						with_coordinate ? here_lon_e7 : 0, with_coordinate ? here_lat_e7 : 0},
				      .radius_m = 200,
				      .limit = FOUND_MAX};
}

/* The numbers of the orders found, as the digits of a number. */
static unsigned find(struct bed *bed, const struct similar_query *query)
{
	const struct order *found[FOUND_MAX];
	uint64_t looked = 0;
	unsigned digits = 0;
	size_t count = similar_find(bed->core, query, found, &looked);
	for (size_t i = 0; i < count; i++)
		digits = digits * 10 + found[i]->row.id.bytes[15];
	return digits;
}

static void the_nearest_come_first_and_the_far_not_at_all(void **state)
{
	struct bed *bed = *state;
	submit_at(bed, 1, 5, 11, here_lon_e7 + 15000, here_lat_e7); /* 134 m */
	submit_at(bed, 2, 5, 11, here_lon_e7 + 5000, here_lat_e7);  /* 45 m */
	submit_at(bed, 3, 5, 11, here_lon_e7 + 30000, here_lat_e7); /* 268 m */
	submit_at(bed, 4, 4, 11, here_lon_e7, here_lat_e7);         /* of another category */
	submit_at(bed, 5, 5, 12, here_lon_e7 + 10000, here_lat_e7); /* of the neighbouring micro-grid */
	submit_at(bed, 6, 5, 91, here_lon_e7, here_lat_e7);         /* of another community */
	bed_must_submit(bed, 7, 5, 101);                            /* at its household */
	struct similar_query query = query_of(bed, 11, true);
	assert_int_equal(find(bed, &query), 7251);
	query.radius_m = 300;
	assert_int_equal(find(bed, &query), 72513);
	query.limit = 2;
	assert_int_equal(find(bed, &query), 72);
	query.limit = 0;
	assert_int_equal(find(bed, &query), 0);
}

static void without_a_coordinate_the_area_counts(void **state)
{
	struct bed *bed = *state;
	submit_at(bed, 1, 5, 11, 0, 0);
	submit_at(bed, 2, 5, 12, 0, 0);
	submit_at(bed, 3, 5, 12, here_lon_e7, here_lat_e7);
	struct similar_query query = query_of(bed, 11, true);
	assert_int_equal(find(bed, &query), 31);
	query = query_of(bed, 12, false);
	assert_int_equal(find(bed, &query), 23);
}

static void what_is_over_old_or_not_to_be_seen_is_left_out(void **state)
{
	struct bed *bed = *state;
	bed_put(bed, bed_person(105, PD_post_resident, 91, 80));
	submit_at(bed, 1, 5, 11, 0, 0);
	bed->now_ms += 2 * (uint64_t)BED_HOUR;
	bed_must_submit(bed, 2, 5, 101);
	bed_must(bed, PD_MSG_decline, 2, 1, 201);
	bed_must_submit(bed, 3, 5, 101);
	bed_must(bed, PD_MSG_cancel, 3, 1, 101);
	bed_must_submit(bed, 4, 5, 101);
	bed_must(bed, PD_MSG_accept, 4, 1, 201);
	bed_must_submit(bed, 5, 5, 101);
	bed_must(bed, PD_MSG_accept, 5, 1, 201);
	bed_must(bed, PD_MSG_complete, 5, 2, 201);
	struct similar_query query = query_of(bed, 11, true);
	assert_int_equal(find(bed, &query), 421); /* 2 is held elsewhere */
	query.since_ms = bed->now_ms - BED_HOUR;
	assert_int_equal(find(bed, &query), 42);
	query.person = 102;
	assert_int_equal(find(bed, &query), 42);
	query.person = 105;
	assert_int_equal(find(bed, &query), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, bed_setup, bed_teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(distances_are_those_of_a_sphere),
		TEST(the_nearest_come_first_and_the_far_not_at_all),
		TEST(without_a_coordinate_the_area_counts),
		TEST(what_is_over_old_or_not_to_be_seen_is_left_out),
	};
#undef TEST
	return cmocka_run_group_tests(tests, NULL, NULL);
}
