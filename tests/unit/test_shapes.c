/* test_shapes.c - GeoJSON files of polygons, and coordinates of Chinese web maps. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "gcj02.h"
#include "registry_shapes.h"

static double metres(struct pd_point a, struct pd_point b)
{
	double y = (a.lat_e7 - b.lat_e7) * 0.0111195,
	       x = (a.lon_e7 - b.lon_e7) * 0.0111195 * cos(a.lat_e7 / 1e7 * M_PI / 180);
	return sqrt(x * x + y * y);
}

/* Source: the tests of the eviltransform library. */
static void known_pairs_of_gcj02(void **state)
{
	static const struct {
		struct pd_point wgs84, gcj02;
	} pairs[] = {
		{{1215272106, 311774276}, {1215315419, 311753040}},
		{{1139123160, 225438470}, {1139171765, 225407961}},
		{{1163778170, 399119540}, {1163840472, 399133455}},
	};
	(void)state;
	for (unsigned i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
		assert_true(metres(gcj02_from_wgs84(pairs[i].wgs84), pairs[i].gcj02) < 0.5);
		assert_true(metres(gcj02_to_wgs84(pairs[i].gcj02), pairs[i].wgs84) < 0.5);
	}
}

static void the_way_back_is_exact(void **state)
{
	(void)state;
	for (int32_t lon = 74; lon <= 134; lon += 5)
		for (int32_t lat = 4; lat <= 53; lat += 3) {
			struct pd_point point = {lon * 10000000 + 1234567, lat * 10000000 + 7654321};
			assert_true(metres(gcj02_to_wgs84(gcj02_from_wgs84(point)), point) < 0.05);
		}
	struct pd_point paris = {23522000, 488566000};
	assert_true(metres(gcj02_from_wgs84(paris), paris) == 0 && metres(gcj02_to_wgs84(paris), paris) == 0);
}

/* ---- files ---- */

static struct rows *read_text(const char *text, const struct registry_shapes *how, struct problems *problems)
{
	char path[] = "/tmp/test_shapes_XXXXXX";
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	struct rows *rows = rows_new();
	*problems = (struct problems){0};
	registry_shapes_read(rows, path, how, problems);
	remove(path);
	return rows;
}

#define COLLECTION(features) "{\"type\":\"FeatureCollection\",\"features\":[" features "]}"
#define FEATURE(area, geometry) "{\"type\":\"Feature\",\"properties\":{\"area\":" area "},\"geometry\":{" geometry "}}"
#define POLYGON(rings) "\"type\":\"Polygon\",\"coordinates\":[" rings "]"
#define SQUARE "[[117,36],[118,36],[118,37],[117,37],[117,36]]"
#define HOLE "[[117.4,36.4],[117.4,36.6],[117.6,36.6],[117.4,36.4]]"

static void reads_polygons_and_prints_them(void **state)
{
	(void)state;
	const struct registry_shapes how = {0};
	struct problems problems;
	struct rows *rows = read_text(COLLECTION(FEATURE("5", POLYGON(SQUARE "," HOLE)) "," FEATURE(
					      "\"6\"", "\"type\":\"MultiPolygon\",\"coordinates\":[[" SQUARE
						       "],[[[1,2],[3,2],[3,4],[1,2]]]]")),
				      &how, &problems);
	struct pd_buffer once = {0}, twice = {0};
	assert_int_equal(problems.count, 0);
	assert_int_equal(rows->tables[ROWS_SHAPES].count, 2);
	assert_int_equal(rows_shape(rows, 0)->area, 5);
	assert_int_equal(rows_shape(rows, 0)->rings.bytes, 8 * PD_POINT_BYTES); /* 4, a separator, 3 */
	assert_int_equal(rows_shape(rows, 1)->area, 6);
	assert_true(pd_rings_sound(rows_shape(rows, 1)->rings));
	registry_shapes_print(rows, NULL, NULL, &once);
	pd_buffer_add(&once, "", 1);
	struct rows *again = read_text(once.data, &how, &problems);
	registry_shapes_print(again, NULL, NULL, &twice);
	pd_buffer_add(&twice, "", 1);
	assert_string_equal(once.data, twice.data);
	pd_buffer_fini(&once);
	pd_buffer_fini(&twice);
	rows_free(rows);
	rows_free(again);
}

static void converts_what_is_declared(void **state)
{
	(void)state;
	struct problems problems;
	const char *text = COLLECTION(FEATURE("5", POLYGON(SQUARE)));
	const char *says =
		"{\"type\":\"FeatureCollection\",\"crs\":\"gcj02\",\"features\":[" FEATURE("5", POLYGON(SQUARE)) "]}";
	struct rows *plain = read_text(text, &(struct registry_shapes){0}, &problems);
	struct rows *told = read_text(text, &(struct registry_shapes){.crs = SHAPES_CRS_GCJ02}, &problems);
	struct rows *saying = read_text(says, &(struct registry_shapes){0}, &problems);
	struct pd_ring a, b, c;
	size_t at_a = 0, at_b = 0, at_c = 0;
	assert_true(pd_rings_next(rows_shape(plain, 0)->rings, &at_a, &a));
	assert_true(pd_rings_next(rows_shape(told, 0)->rings, &at_b, &b));
	assert_true(pd_rings_next(rows_shape(saying, 0)->rings, &at_c, &c));
	double moved = metres(pd_ring_point(&a, 0), pd_ring_point(&b, 0));
	assert_true(moved > 100 && moved < 1000);
	assert_true(metres(pd_ring_point(&b, 0), pd_ring_point(&c, 0)) == 0);
	rows_free(plain);
	rows_free(told);
	rows_free(saying);
	rows_free(read_text(says, &(struct registry_shapes){.crs = SHAPES_CRS_WGS84}, &problems));
	assert_int_equal(problems.count, 1);
	problems_fini(&problems);
}

static void says_what_is_wrong(void **state)
{
	(void)state;
	static const struct {
		const char *text, *says;
		uint32_t feature;
	} cases[] = {
		{"{\n\"type\": nonsense", "line 2: this is not JSON", 0},
		{"[]", "not a FeatureCollection", 0},
		{"{\"type\":\"FeatureCollection\",\"crs\":\"EPSG:3857\",\"features\":[]}", "EPSG:3857", 0},
		{COLLECTION("1"), "its property area is not the id", 1},
		{COLLECTION(FEATURE("0", POLYGON(SQUARE))), "its property area is not the id", 1},
		{COLLECTION(FEATURE("1.5", POLYGON(SQUARE))), "its property area is not the id", 1},
		{COLLECTION(FEATURE("5", POLYGON(SQUARE)) "," FEATURE("6", "\"type\":\"Point\"")), "neither a Polygon",
		 2},
		{COLLECTION(FEATURE("5", "\"type\":\"Polygon\",\"coordinates\":[]")), "without a ring", 1},
		{COLLECTION(FEATURE("5", POLYGON("[[1,2],[3,4],[1,2]]"))), "fewer than four", 1},
		{COLLECTION(FEATURE("5", POLYGON("[[1,2],[3,4],[5,1],[2,2]]"))), "not closed", 1},
		{COLLECTION(FEATURE("5", POLYGON("[[1,2],[3,4],[5],[1,2]]"))), "not [longitude, latitude]", 1},
		{COLLECTION(FEATURE("5", POLYGON("[[13000000,4000000],[3,4],[5,1],[1,2]]"))), "metres of a projection",
		 1},
	};
	for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct problems problems;
		rows_free(read_text(cases[i].text, &(struct registry_shapes){0}, &problems));
		if (problems.count != 1 || !strstr(problems.list[0].text, cases[i].says) ||
		    problems.list[0].line != cases[i].feature)
			fail_msg("%s: %zu problems, the first: %s", cases[i].text, problems.count,
				 problems.count ? problems.list[0].text : "none");
		problems_fini(&problems);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_pairs_of_gcj02),
		cmocka_unit_test(the_way_back_is_exact),
		cmocka_unit_test(reads_polygons_and_prints_them),
		cmocka_unit_test(converts_what_is_declared),
		cmocka_unit_test(says_what_is_wrong),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
