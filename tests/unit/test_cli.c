/* test_cli.c - what the commands of paidan lean on: arguments, JSON, columns, histograms. */
#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tool.h"
#include "histogram.h"
#include "json.h"
#include "moment.h"
#include "notice_show.h"
#include "print.h"

/* ---- arguments ---- */

struct taken {
	struct cli cli;
	const char *area, *words[3];
	bool force;
	int count;
};

static const char *const help_texts[] = {"Nothing else.\n", "\n", "Nothing at all.\n", NULL};
static const struct cli_command command = {"try", "WORD [WORD]", "tries", help_texts, NULL};

/* Take the words of a line that are given, after "try". */
static struct taken take(int argc, ...)
{
	struct taken t = {.cli = {.command = &command}};
	static char name[] = "try";
	char *argv[12] = {name};
	va_list args;
	va_start(args, argc);
	for (int i = 1; i <= argc; i++)
		argv[i] = va_arg(args, char *);
	va_end(args);
	const struct cli_option options[] = {
		{"area", "A", "an area", &t.area, NULL},
		{"force", NULL, "a flag", NULL, &t.force},
		{0},
	};
	t.count = cli_args(&t.cli, argc + 1, argv, options, t.words, 1, 2);
	return t;
}

static void test_args(void **state)
{
	(void)state;
	struct taken t = take(6, "--area", "1001", "灯", "--as=2001", "--force", "--json");
	assert_int_equal(t.count, 1);
	assert_string_equal(t.words[0], "灯");
	assert_string_equal(t.area, "1001");
	assert_true(t.force);
	assert_true(t.cli.json);
	assert_int_equal(t.cli.person, 2001);
	t = take(3, "--timeout=0.5", "--", "--area");
	assert_int_equal(t.count, 1);
	assert_string_equal(t.words[0], "--area");
	assert_int_equal(t.cli.timeout_ms, 500);
	t = take(2, "-", "--area=");
	assert_string_equal(t.words[0], "-");
	assert_string_equal(t.area, "");
}

static void test_wrong_args(void **state)
{
	(void)state;
	static const char *const wrong[][3] = {
		{"x", "--aria", "1"}, {"x", "--area"}, {"x", "--force=1"}, {"x", "--as", "0"},
		{"x", "--as", "王"},  {"x", "-f"},     {"--force"},        {"x", "--timeout", "-1"},
	};
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		int argc = 0;
		while (argc < 3 && wrong[i][argc])
			argc++;
		struct taken t = take(argc, wrong[i][0], wrong[i][1], wrong[i][2]);
		assert_int_equal(t.count, -1);
		assert_int_equal(t.cli.exit, CLI_USAGE);
	}
	assert_int_equal(take(3, "1", "2", "3").cli.exit, CLI_USAGE);
	struct taken help = take(1, "--help");
	assert_int_equal(help.count, -1);
	assert_int_equal(help.cli.exit, CLI_OK);
}

static void test_labels(void **state)
{
	(void)state;
	assert_int_equal(notice_labels(""), 0);
	assert_int_equal(notice_labels("人数"), 1);
	assert_int_equal(notice_labels("人数, 老人，孩子、a b"), 4);
	assert_int_equal(notice_labels("人数,,老人"), -1);
	assert_int_equal(notice_labels("人数, "), -1);
}

static void test_numbers(void **state)
{
	(void)state;
	uint64_t n = 0;
	int ms = 0;
	uint8_t code = 9;
	assert_true(cli_number("n", "18446744073709551615", 0, UINT64_MAX, &n));
	assert_true(n == UINT64_MAX);
	assert_false(cli_number("n", "18446744073709551616", 0, UINT64_MAX, &n));
	assert_false(cli_number("n", "", 0, 9, &n));
	assert_false(cli_number("n", "-1", 0, 9, &n));
	assert_false(cli_number("n", "1x", 0, 9, &n));
	assert_false(cli_number("n", "10", 0, 9, &n));
	assert_true(cli_seconds("s", "1.5", 10, 2000, &ms));
	assert_int_equal(ms, 1500);
	assert_false(cli_seconds("s", "nan", 10, 2000, &ms));
	assert_false(cli_seconds("s", "3", 10, 2000, &ms));
	assert_true(cli_word("w", "post", "微网格长", &code) && code == PD_post_leader);
	assert_true(cli_word("w", "post", "leader", &code) && code == PD_post_leader);
	assert_true(cli_word("w", "post", "4", &code) && code == PD_post_leader);
	assert_false(cli_word("w", "post", "boss", &code));
	assert_true(cli_word("w", "post", NULL, &code));
	assert_int_equal(code, 0);
	static const uint32_t some = 1 << PD_post_leader | 1 << PD_post_staff;
	assert_true(cli_word_among("w", "post", some, "staff", &code) && code == PD_post_staff);
	assert_true(cli_word_among("w", "post", some, "4", &code) && code == PD_post_leader);
	assert_false(cli_word_among("w", "post", some, "courier", &code));
	assert_false(cli_word_among("w", "post", some, "", &code));
	assert_true(cli_is_number("18446744073709551615", &n));
	assert_false(cli_is_number("18446744073709551616", &n));
	assert_false(cli_is_number("-1", &n));
	assert_false(cli_is_number("", &n));
	double real = 0;
	assert_true(cli_real("r", "0.25", 0.25, 10, &real) && real == 0.25);
	assert_false(cli_real("r", "10.5", 0.25, 10, &real));
	assert_false(cli_real("r", "inf", 0.25, INFINITY, &real));
	assert_false(cli_real("r", "1 s", 0.25, 10, &real));
}

/* A program may do without options that others have for every command; then a command may have its own of that name. */
static void test_without(void **state)
{
	(void)state;
	static char name[] = "try", option[] = "--as", value[] = "王秀英", json[] = "--json";
	char *argv[] = {name, option, value, NULL}, *more[] = {name, json, NULL};
	const char *as = NULL;
	const struct cli_option options[] = {{"as", "PERSON", "who", &as, NULL}, {0}};
	struct cli cli = {.command = &command, .without = CLI_AS | CLI_JSON};
	assert_int_equal(cli_args(&cli, 3, argv, options, NULL, 0, 0), 0);
	assert_string_equal(as, value);
	assert_int_equal(cli_args(&cli, 2, more, options, NULL, 0, 0), -1);
	assert_int_equal(cli.exit, CLI_USAGE);
	assert_false(cli.json);
}

static void test_nearest(void **state)
{
	(void)state;
	static const char *const names[] = {"order", "orders", "categories", "confirm", NULL};
	assert_string_equal(cli_nearest("ordr", names), "order");
	assert_string_equal(cli_nearest("cat", names), "categories");
	assert_string_equal(cli_nearest("comfirn", names), "confirm");
	assert_null(cli_nearest("watch", names));
}

/* ---- JSON ---- */

static void test_json(void **state)
{
	(void)state;
	char *text = NULL;
	size_t bytes = 0;
	struct json json;
	FILE *out = open_memstream(&text, &bytes);
	json_init(&json, out);
	json_object(&json, NULL);
	json_string(&json, "text", "a\"b\\c\n\x01\x7f灯");
	json_array(&json, "list");
	json_number(&json, NULL, UINT64_MAX);
	json_signed(&json, NULL, -1);
	json_null(&json, NULL);
	json_end(&json);
	json_object(&json, "empty");
	json_end(&json);
	json_bool(&json, "yes", true);
	json_real(&json, "real", 0.25, 3);
	json_hex(&json, "hex", (struct pd_slice){"\x00\xff", 2});
	json_end(&json);
	json_array(&json, NULL);
	json_number(&json, NULL, 1);
	json_number(&json, NULL, 2);
	json_end(&json);
	fclose(out);
	assert_string_equal(
		text,
		"{\"text\":\"a\\\"b\\\\c\\n\\u0001\\u007f灯\",\"list\":[18446744073709551615,-1,null],\"empty\":{},"
		"\"yes\":true,\"real\":0.250,\"hex\":\"00ff\"}\n"
		"[\n1,\n2\n]\n");
	free(text);
}

/* ---- for people ---- */

static void test_table(void **state)
{
	(void)state;
	static const char *const titles[] = {">N", "NAME", "LAST", NULL};
	char *text = NULL;
	size_t bytes = 0;
	print_init();
	FILE *out = open_memstream(&text, &bytes);
	struct table *table = table_new(titles);
	table_cell(table, "1");
	table_cell(table, "公共照明");
	table_cell(table, "x");
	table_cell(table, "100");
	table_text(table, pd_text("a\x1b[2Jb"));
	table_cell(table, "y\nz");
	table_print(table, out);
	table_cell(table, "2");
	table_cell(table, "ok");
	table_cell(table, "z");
	table_print(table, out);
	table_free(table);
	fclose(out);
	/* A Chinese character takes two columns; nothing reaches the terminal that would control it. */
	assert_string_equal(text, "  N  NAME      LAST\n"
				  "  1  公共照明  x\n"
				  "100  a [2Jb    y z\n"
				  "  2  ok        z\n");
	free(text);
}

/* One row, whose other column takes so many columns with the blanks behind it, on a terminal of 40. */
static char *cut_row(unsigned before, const char *last)
{
	static const char *const titles[] = {"A", "B", NULL};
	char *text = NULL;
	size_t bytes = 0;
	FILE *out = open_memstream(&text, &bytes);
	struct table *table = table_new(titles);
	table_cut(table, 40);
	table_cell(table, "%*s", (int)before - 2, "x");
	table_cell(table, "%s", last);
	table_print(table, out);
	table_free(table);
	fclose(out);
	char *row = strdup(strchr(text, '\n') + 1 + before);
	free(text);
	return row;
}

static void test_cut(void **state)
{
	static const struct {
		unsigned before;
		const char *last, *shown;
	} rows[] = {
		{20, "12345678901234567890", "12345678901234567890\n"},
		{20, "123456789012345678901", "1234567890123456789…\n"},
		{20, "楼道灯不亮楼道灯不亮", "楼道灯不亮楼道灯不亮\n"},
		{20, "楼道灯不亮楼道灯不亮了", "楼道灯不亮楼道灯不…\n"},
		{60, "123456789012345678901", "1234567890123456789…\n"}, /* the second line is filled */
		{38, "123456789012345678901234567890",
		 "123456789012345678901234567890\n"}, /* two columns are too few */
	};
	(void)state;
	print_init();
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char *row = cut_row(rows[i].before, rows[i].last);
		assert_string_equal(row, rows[i].shown);
		free(row);
	}
}

static void test_durations(void **state)
{
	(void)state;
	char text[PRINT_TIME_BYTES];
	assert_string_equal(print_duration(0, text), "0 ms");
	assert_string_equal(print_duration(1500, text), "1.5 s");
	assert_string_equal(print_duration(1800 * 1000, text), "30 min");
	assert_string_equal(print_duration(86400ull * 1000, text), "24 h");
	assert_string_equal(print_duration(9000 * 1000, text), "2.5 h");
	assert_string_equal(print_duration(2 * 86400ull * 1000, text), "2 d");
	assert_string_equal(print_duration(36500 * 86400ull * 1000, text), "36500 d");
	assert_string_equal(print_time(0, text), "-");
	setenv("TZ", "Asia/Shanghai", 1);
	assert_string_equal(print_time(1763900000000, text), "2025-11-23 20:13:20");
}

static void test_spans(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		uint32_t s;
		const char *again;
	} good[] = {{"30m", 1800, "30m"},
		    {"90", 90, "90s"},
		    {"60s", 60, "1m"},
		    {"2d", 172800, "2d"},
		    {"36h", 129600, "36h"},
		    {"0", 0, "0s"},
		    {"4294967295", UINT32_MAX, "4294967295s"}};
	static const char *const wrong[] = {
		"", "m", "-1m", "1.5h", "1 h", "1w", "4294967296", "49711d", "99999999999999999999"};
	char text[MOMENT_SPAN_BYTES];
	uint32_t s;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		assert_true(moment_span(good[i].text, strlen(good[i].text), &s));
		assert_int_equal(s, good[i].s);
		assert_string_equal(moment_print_span(s, text), good[i].again);
	}
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		assert_false(moment_span(wrong[i], strlen(wrong[i]), &s));
}

static void test_moments(void **state)
{
	(void)state;
	struct cli cli = {0};
	uint64_t ms = 0, now_ms = print_wall_ms();
	setenv("TZ", "Asia/Shanghai", 1);
	assert_true(moment_read(&cli, "UNTIL", "2025-11-23", &ms));
	assert_int_equal(ms, 1763827200000);
	assert_true(moment_read(&cli, "UNTIL", "2025-11-23 20:13:20", &ms));
	assert_int_equal(ms, 1763900000000);
	assert_true(moment_read(&cli, "UNTIL", "2025-11-23T12:13:20+00:00", &ms));
	assert_int_equal(ms, 1763900000000);
	assert_true(moment_read(&cli, "UNTIL", "+2h", &ms));
	assert_true(ms >= now_ms + 7200000 && ms <= print_wall_ms() + 7200000);
	assert_false(moment_read(&cli, "UNTIL", "tomorrow", &ms));
	assert_false(moment_read(&cli, "UNTIL", "+2w", &ms));
	assert_false(moment_read(&cli, "UNTIL", "2025-02-30", &ms));
}

/* The bucket of a value, from the definition. */
static unsigned bucket_of(uint64_t ms)
{
	if (ms < 4)
		return (unsigned)ms;
	unsigned e = 63 - (unsigned)__builtin_clzll(ms);
	unsigned bucket = 4 * (e - 1) + (unsigned)(ms >> (e - 2) & 3);
	return bucket < HISTOGRAM_BUCKETS ? bucket : HISTOGRAM_BUCKETS - 1;
}

static void test_histogram(void **state)
{
	(void)state;
	for (uint64_t ms = 0; ms < 1000000; ms += ms / 7 + 1) {
		double middle = histogram_middle_ms(bucket_of(ms));
		assert_int_equal(bucket_of((uint64_t)middle), bucket_of(ms));
		assert_true(middle >= (double)ms * 0.87 && middle <= (double)ms * 1.13 + 1);
	}
	uint64_t before[HISTOGRAM_BUCKETS] = {0}, after[HISTOGRAM_BUCKETS] = {0};
	struct pd_u64s b = {before, HISTOGRAM_BUCKETS}, a = {after, HISTOGRAM_BUCKETS}, none = {NULL, 0};
	assert_true(histogram_median_ms(&b, &a) < 0);
	assert_true(histogram_median_ms(&none, &none) < 0);
	/* What was counted before does not count. */
	before[bucket_of(100000)] = after[bucket_of(100000)] = 50;
	after[bucket_of(1)] = 2;
	after[bucket_of(1200)] = 3;
	assert_true(histogram_median_ms(&b, &a) == histogram_middle_ms(bucket_of(1200)));
	after[bucket_of(1)] = 3;
	assert_true(histogram_median_ms(&b, &a) == 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_args),      cmocka_unit_test(test_wrong_args), cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_labels),    cmocka_unit_test(test_without),    cmocka_unit_test(test_nearest),
		cmocka_unit_test(test_json),      cmocka_unit_test(test_cut),        cmocka_unit_test(test_table),
		cmocka_unit_test(test_durations), cmocka_unit_test(test_histogram),  cmocka_unit_test(test_spans),
		cmocka_unit_test(test_moments),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
