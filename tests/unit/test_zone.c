/* test_zone.c - dates as they are written, and the moments that they mean: gaps, folds, offsets. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "zone.h"

#define expect(condition, ...)                                                                                         \
	do {                                                                                                           \
		if (!(condition))                                                                                      \
			fail_msg(__VA_ARGS__);                                                                         \
	} while (0)

static struct zone_date read_well(const char *format, const char *text)
{
	struct zone_date date;
	char why[ZONE_WHY_BYTES] = "";
	expect(zone_read(format, text, &date, why) == PD_OK, "%s by %s: %s", text, format, why);
	return date;
}

static void dates_are_read_by_their_format(void **state)
{
	(void)state;
	static const struct {
		const char *format, *text;
		int year, month, day, hour, minute, second, ms;
	} cases[] = {
		{"%m/%d/%Y %I:%M:%S %p", "04/12/2018 11:11:26 AM", 2018, 4, 12, 11, 11, 26, 0},
		{"%m/%d/%Y %I:%M:%S %p", "4/2/2018  12:00:00 AM", 2018, 4, 2, 0, 0, 0, 0},
		{"%m/%d/%Y %I:%M %p", "04/12/2018 12:05 pm", 2018, 4, 12, 12, 5, 0, 0},
		{"%Y-%m-%dT%H:%M:%S.%f", "2020-02-29T23:59:59.25", 2020, 2, 29, 23, 59, 59, 250},
		{"%Y年%m月%d日", "2025年3月1日", 2025, 3, 1, 0, 0, 0, 0},
		{"%d %b %y", "7 jul 69", 2069, 7, 7, 0, 0, 0, 0},
		{"%e %b %y", " 7 Dec 70", 1970, 12, 7, 0, 0, 0, 0},
		{"%Y%m%d%H%M%S", "20250301080509", 2025, 3, 1, 8, 5, 9, 0},
		{"%p %I:%M %Y-%m-%d", "下午 3:05 2025-03-01", 2025, 3, 1, 15, 5, 0, 0},
		{"100%% %Y", "100% 2025", 2025, 1, 1, 0, 0, 0, 0},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct zone_date date = read_well(cases[i].format, cases[i].text);
		expect(date.year == cases[i].year && date.month == cases[i].month && date.day == cases[i].day &&
			       date.hour == cases[i].hour && date.minute == cases[i].minute &&
			       date.second == cases[i].second && date.ms == cases[i].ms,
		       "%s: got %d-%d-%d %d:%d:%d.%d", cases[i].text, date.year, date.month, date.day, date.hour,
		       date.minute, date.second, date.ms);
	}
}

static void what_is_no_date_is_told_apart(void **state)
{
	(void)state;
	static const struct {
		const char *format, *text;
		enum pd_err err;
	} cases[] = {
		{"%Y-%m-%d", "2025-3", PD_EINVAL},
		{"%Y-%m-%d", "2025-03-01 ", PD_EINVAL},
		{"%Y-%m-%d", "x2025-03-01", PD_EINVAL},
		{"%Y-%m-%d", "", PD_EINVAL},
		{"%Y-%m-%d", "2025-02-29", PD_ENOENT},
		{"%Y-%m-%d", "2025-13-01", PD_ENOENT},
		{"%Y-%m-%d", "2025-00-01", PD_ENOENT},
		{"%Y-%m-%d", "1900-02-29", PD_ENOENT},
		{"%Y-%m-%d", "2025-04-31", PD_ENOENT},
		{"%H:%M", "24:00", PD_ENOENT},
		{"%H:%M", "10:60", PD_ENOENT},
		{"%I:%M %p", "13:00 PM", PD_ENOENT},
		{"%I:%M %p", "0:00 AM", PD_ENOENT},
		{"%I:%M %p", "1:00 XM", PD_EINVAL},
		{"%d %b %Y", "1 Foo 2025", PD_EINVAL},
		{"%H:%M%z", "10:00+25:00", PD_EINVAL},
		{"%s", "x", PD_EINVAL},
		{"%m/%d/%Y", "2018-04-12", PD_EINVAL},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct zone_date date;
		char why[ZONE_WHY_BYTES] = "";
		enum pd_err err = zone_read(cases[i].format, cases[i].text, &date, why);
		expect(err == cases[i].err, "\"%s\" by %s: got %d (%s), expected %d", cases[i].text, cases[i].format,
		       err, why, cases[i].err);
		expect(why[0], "\"%s\": nothing is said", cases[i].text);
	}
	struct zone_date date;
	char why[ZONE_WHY_BYTES];
	assert_int_equal(zone_read("%m/%d/%Y %I:%M %p", "2018-04-12", &date, why), PD_EINVAL);
	expect(strstr(why, "as in 04/12/2018 11:26 PM"), "the example is missing: %s", why);
}

static void formats_are_looked_at(void **state)
{
	(void)state;
	char why[ZONE_WHY_BYTES];
	assert_true(zone_format_valid("%Y-%m-%dT%H:%M:%S.%f%z %% %y%e%I%p%b%s", why));
	assert_false(zone_format_valid("%Q", why));
	assert_false(zone_format_valid("%Y-%", why));
}

/* The moment of a wall clock, and what sort of moment it is. */
static enum zone_kind moment(const char *zone, const char *text, uint64_t *ms, uint64_t *second_ms)
{
	struct zone_date date = read_well("%Y-%m-%d %H:%M:%S", text);
	assert_int_equal(zone_use(zone), PD_OK);
	return zone_moment(&date, ms, second_ms);
}

static void expect_moment(const char *zone, const char *text, int64_t seconds)
{
	uint64_t ms, second_ms;
	enum zone_kind kind = moment(zone, text, &ms, &second_ms);
	expect(kind == ZONE_ONE && ms == (uint64_t)seconds * 1000,
	       "%s in %s: kind %d, got %" PRIu64 ", expected %" PRId64, text, zone, kind, ms, seconds * 1000);
}

static void walls_are_read_in_their_zone(void **state)
{
	(void)state;
	expect_moment("UTC", "2018-04-12 11:11:26", 1523531486);
	expect_moment("America/New_York", "2018-04-12 11:11:26", 1523531486 + 4 * 3600);
	expect_moment("America/New_York", "2018-01-12 11:11:26", 1515755486 + 5 * 3600);
	expect_moment("Asia/Shanghai", "2018-04-12 11:11:26", 1523531486 - 8 * 3600);
	expect_moment("Asia/Kathmandu", "2018-04-12 11:11:26", 1523531486 - (5 * 3600 + 45 * 60));
	/* An hour either side of a change. */
	expect_moment("America/New_York", "2018-03-11 01:59:59", 1520751599);
	expect_moment("America/New_York", "2018-03-11 03:00:00", 1520751600);
	expect_moment("America/New_York", "2018-11-04 00:59:59", 1541307599);
	expect_moment("America/New_York", "2018-11-04 02:00:00", 1541314800);
}

static void a_gap_is_the_moment_of_the_change(void **state)
{
	(void)state;
	static const char *const texts[] = {"2018-03-11 02:00:00", "2018-03-11 02:23:08", "2018-03-11 02:59:59"};
	uint64_t ms, second_ms;
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(moment("America/New_York", texts[i], &ms, &second_ms), ZONE_GAP);
		expect(ms == UINT64_C(1520751600000), "%s: got %" PRIu64, texts[i], ms);
	}
	/* A whole day was left out in Samoa. */
	assert_int_equal(moment("Pacific/Apia", "2011-12-30 12:00:00", &ms, &second_ms), ZONE_GAP);
}

static void a_fold_is_two_moments(void **state)
{
	(void)state;
	uint64_t ms, second_ms;
	assert_int_equal(moment("America/New_York", "2018-11-04 01:30:00", &ms, &second_ms), ZONE_FOLD);
	assert_int_equal(ms, UINT64_C(1541309400000));
	assert_int_equal(second_ms, UINT64_C(1541313000000));
	/* Clocks were set back without summer time having to do with it. */
	assert_int_equal(moment("Europe/Moscow", "2014-10-26 01:30:00", &ms, &second_ms), ZONE_FOLD);
	assert_int_equal(second_ms - ms, 3600000);
}

static void offsets_and_epochs_need_no_zone(void **state)
{
	(void)state;
	uint64_t ms, second_ms;
	assert_int_equal(zone_use("America/New_York"), PD_OK);
	static const struct {
		const char *format, *text;
		uint64_t ms;
	} cases[] = {
		{"%Y-%m-%dT%H:%M:%S%z", "2018-04-12T11:11:26Z", 1523531486000},
		{"%Y-%m-%dT%H:%M:%S%z", "2018-04-12T11:11:26+08:00", 1523502686000},
		{"%Y-%m-%dT%H:%M:%S%z", "2018-04-12T11:11:26-0430", 1523547686000},
		{"%Y-%m-%dT%H:%M:%S.%f%z", "2018-03-11T02:30:00.125Z", 1520735400125},
		{"%s", "1523531486", 1523531486000},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct zone_date date = read_well(cases[i].format, cases[i].text);
		assert_int_equal(zone_moment(&date, &ms, &second_ms), ZONE_ONE);
		expect(ms == cases[i].ms, "%s: got %" PRIu64 ", expected %" PRIu64, cases[i].text, ms, cases[i].ms);
	}
}

static void before_1970_is_said(void **state)
{
	(void)state;
	uint64_t ms, second_ms;
	assert_int_equal(moment("UTC", "1969-12-31 23:59:59", &ms, &second_ms), ZONE_OUT);
	expect_moment("UTC", "1970-01-01 00:00:00", 0);
}

static void zones_must_be_there(void **state)
{
	(void)state;
	static const char *const wrong[] = {"",        "Mars/Phobos", "../../etc/passwd", "/etc/localtime",
					    "America", "zone.tab"};
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		expect(zone_use(wrong[i]) == PD_ENOENT, "\"%s\" is taken for a zone", wrong[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dates_are_read_by_their_format),
		cmocka_unit_test(what_is_no_date_is_told_apart),
		cmocka_unit_test(formats_are_looked_at),
		cmocka_unit_test(walls_are_read_in_their_zone),
		cmocka_unit_test(a_gap_is_the_moment_of_the_change),
		cmocka_unit_test(a_fold_is_two_moments),
		cmocka_unit_test(offsets_and_epochs_need_no_zone),
		cmocka_unit_test(before_1970_is_said),
		cmocka_unit_test(zones_must_be_there),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
