/* test_history.c - other systems' files: rows of CSV, maps, and what a row becomes. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli.h"
#include "history_row.h"
#include "id.h"

#define expect(condition, ...)                                                                                         \
	do {                                                                                                           \
		if (!(condition))                                                                                      \
			fail_msg(__VA_ARGS__);                                                                         \
	} while (0)

/* ---- rows of CSV ---- */

/* "line:field|field;" for each row, "line!;" for one at fault. */
static void scan_all(const char *text, size_t bytes, char delimiter, char *out, size_t out_bytes)
{
	struct csv_scan scan;
	size_t used = 0;
	csv_scan_init(&scan, text, bytes, delimiter);
	out[0] = 0;
	while (csv_scan_next(&scan)) {
		used += (size_t)snprintf(out + used, out_bytes - used, "%u", scan.line);
		for (size_t i = 0; i < scan.count; i++)
			used += (size_t)snprintf(out + used, out_bytes - used, "%s%.*s", i ? "|" : ":",
						 (int)scan.fields[i].bytes, scan.fields[i].data);
		used += (size_t)snprintf(out + used, out_bytes - used, "%s;", scan.fault ? "!" : "");
	}
	csv_scan_fini(&scan);
}

static void rows_are_read(void **state)
{
	(void)state;
	static const struct {
		const char *text, *wanted;
	} cases[] = {
		{"a,b\n1,2\n", "1:a|b;2:1|2;"},
		{"\xef\xbb\xbf"
		 "a,b\r\n1,2",
		 "1:a|b;2:1|2;"},
		{"a\n\n  \n\r\nb\n", "1:a;5:b;"},
		{"a,,\n", "1:a||;"},
		{",\n", "1:|;"},
		{"\"a,b\",\"c\"\"d\"\n", "1:a,b|c\"d;"},
		{"\"a\nb\",c\nd,e\n", "1:a\nb|c;3:d|e;"},
		{"\"\",\"\"\n", "1:|;"},
		{"5\" pipe,x\n", "1:5\" pipe|x;"},
		{"a\rb,c\n", "1:a\rb|c;"},
		{"a,\"b\" c\nd,e\n", "1!;2:d|e;"},        /* behind a closing mark */
		{"a,\"b\nc,d\ne,f\n", "1!;2:c|d;3:e|f;"}, /* a mark that is not closed costs its line alone */
		{"x,y\n\"a,\"b\"\"\nc,d\n", "1:x|y;2!;3:c|d;"},
		{"", ""},
		{"\n\n", ""},
		{"a", "1:a;"},
	};
	char got[400];
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		scan_all(cases[i].text, strlen(cases[i].text), ',', got, sizeof got);
		expect(strcmp(got, cases[i].wanted) == 0, "%s: got %s, expected %s", cases[i].text, got,
		       cases[i].wanted);
	}
	scan_all("a\tb\n\t\n", 6, '\t', got, sizeof got);
	assert_string_equal(got, "1:a|b;2:|;");
}

static void a_row_without_end_is_one_fault(void **state)
{
	(void)state;
	size_t bytes = CSV_SCAN_ROW_BYTES_MAX + 1000;
	char *text = malloc(bytes), got[100];
	assert_non_null(text);
	memset(text, 'x', bytes);
	text[0] = '"';
	text[10] = '\n';
	text[bytes - 5] = '\n';
	text[bytes - 4] = 'a';
	text[bytes - 3] = ',';
	text[bytes - 2] = 'b';
	text[bytes - 1] = '\n';
	struct csv_scan scan;
	csv_scan_init(&scan, text, bytes, ',');
	assert_true(csv_scan_next(&scan));
	assert_non_null(scan.fault);
	assert_true(csv_scan_next(&scan)); /* 262 KB without a break: too long, too */
	assert_non_null(scan.fault);
	assert_true(csv_scan_next(&scan));
	assert_null(scan.fault);
	assert_int_equal(scan.count, 2);
	assert_int_equal(scan.line, 3);
	assert_false(csv_scan_next(&scan));
	csv_scan_fini(&scan);
	free(text);
	scan_all("a,\"", 3, ',', got, sizeof got);
	assert_string_equal(got, "1!;");
}

static void what_is_put_is_read_again(void **state)
{
	(void)state;
	static const char *const fields[] = {"", "a", "a,b", "a\"b", "\"", "a\r\nb", " a", "a ", "楼道灯,不亮", "a;b"};
	struct pd_buffer line = {0};
	struct csv_scan scan;
	enum { FIELDS = sizeof fields / sizeof fields[0] };
	for (size_t i = 0; i < FIELDS; i++) {
		pd_buffer_add(&line, ",", i > 0);
		csv_scan_put(&line, pd_text(fields[i]));
	}
	csv_scan_init(&scan, line.data, line.count, ',');
	assert_true(csv_scan_next(&scan));
	assert_int_equal(scan.count, FIELDS);
	for (size_t i = 0; i < FIELDS; i++) {
		assert_int_equal(scan.fields[i].bytes, strlen(fields[i]));
		assert_memory_equal(scan.fields[i].data, fields[i], strlen(fields[i]));
	}
	csv_scan_fini(&scan);
	pd_buffer_fini(&line);
}

/* ---- a map and a file ---- */

struct desk {
	char path[64];
	struct history_map map;
	struct csv_scan header, scan;
	struct history_row row;
};

static const char plain_map[] = "[source]\nname = city\n"
				"[order]\nkey = {key}\ntext = {what}: {more}\ncategory = {what}\ncreated = {created}\n"
				"due = {due}\nended = {ended}\nstatus = {status}\nplace = {place}\nlongitude = {x}\n"
				"latitude = {y}\nurgency = {urgent}\n"
				"[status]\nopen = waiting\nOpen (Dup) = waiting, duplicate\nDone = closed\n"
				"[times]\nzone = America/New_York\nformat = %Y-%m-%d %H:%M\n"
				"[place]\nplaceholder = 0 0 | -77 39\nbounds = -78 38 -76 40\n"
				"[areas]\nroot = Town\nstreet = Ward {ward}\nmicrogrid = {block}\n";
static const char header[] = "key,what,more,created,due,ended,status,place,x,y,urgent,ward,block\n";

static enum pd_err read_map(struct desk *desk, const char *text)
{
	FILE *file = fopen(desk->path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	return history_map_read(&desk->map, desk->path);
}

static int desk_setup(void **state)
{
	struct desk *desk = calloc(1, sizeof *desk);
	assert_non_null(desk);
	snprintf(desk->path, sizeof desk->path, "/tmp/paidan-map-%d.ini", (int)getpid());
	*state = desk;
	return 0;
}

static int desk_teardown(void **state)
{
	struct desk *desk = *state;
	unlink(desk->path);
	csv_scan_fini(&desk->header);
	csv_scan_fini(&desk->scan);
	history_row_fini(&desk->row);
	free(desk);
	return 0;
}

/* What the row, whose text is without the header, becomes. */
static enum pd_err read_row(struct desk *desk, const char *text)
{
	csv_scan_fini(&desk->header);
	csv_scan_fini(&desk->scan);
	csv_scan_init(&desk->header, header, strlen(header), ',');
	assert_true(csv_scan_next(&desk->header));
	assert_int_equal(history_map_bind(&desk->map, "rows.csv", &desk->header), PD_OK);
	csv_scan_init(&desk->scan, text, strlen(text), ',');
	assert_true(csv_scan_next(&desk->scan));
	return history_row_read(&desk->row, &desk->map, &desk->scan, desk->header.count);
}

static void read_well(struct desk *desk, const char *text)
{
	expect(read_row(desk, text) == PD_OK, "%s: %s", text, desk->row.why);
}

static void expect_text(struct pd_slice text, const char *wanted)
{
	expect(text.bytes == strlen(wanted) && memcmp(text.data, wanted, text.bytes) == 0,
	       "got \"%.*s\", expected \"%s\"", (int)text.bytes, text.data, wanted);
}

/* ---- what a row becomes ---- */

static void a_whole_row(void **state)
{
	struct desk *desk = *state;
	const struct history_row *row = &desk->row;
	const struct pd_record *record = &row->record;
	assert_int_equal(read_map(desk, plain_map), PD_OK);
	read_well(desk, " k1 ,灯,不亮,2018-04-12 11:11,2018-04-13 11:11,2018-04-14 09:00,DONE,\"12, Main "
			"St\",-76.6,39.3,high,7,Block A");
	expect_text(record->key, "k1");
	expect_text(record->source, "city");
	expect_text(record->text, "灯: 不亮");
	expect_text(record->place, "12, Main St");
	assert_int_equal(record->submitted_ms, UINT64_C(1523545860000));
	assert_int_equal(record->target_ms, UINT64_C(1523545860000) + 86400000);
	assert_int_equal(record->ended_ms, UINT64_C(1523710800000));
	assert_int_equal(record->state, PD_STATE_closed);
	assert_int_equal(record->lon_e7, -766000000);
	assert_int_equal(record->lat_e7, 393000000);
	assert_int_equal(record->urgency, PD_urgency_high);
	assert_string_equal(row->category, "灯");
	assert_string_equal(row->areas[0], "Town");
	assert_string_equal(row->areas[1], "Ward 7");
	assert_string_equal(row->areas[2], "");
	assert_string_equal(row->areas[4], "Block A");
	assert_int_equal(pd_id_time_ms(&record->order), record->submitted_ms);
}

static void what_is_missing_is_empty(void **state)
{
	struct desk *desk = *state;
	const struct history_row *row = &desk->row;
	assert_int_equal(read_map(desk, plain_map), PD_OK);
	read_well(desk, "k1,lamp,,2018-04-12 11:11,,,open (dup),,,,,,");
	expect_text(row->record.text, "lamp:");
	assert_int_equal(row->record.state, PD_STATE_waiting);
	assert_true(row->record.duplicate);
	assert_true(row->record.target_ms == 0 && row->record.ended_ms == 0 && row->record.urgency == 0);
	assert_string_equal(row->areas[1], ""); /* a template whose columns are all empty is empty */
	assert_string_equal(row->areas[4], "");
	read_well(desk, "k1,lamp,,2018-04-12 11:11,,,open,,-77,39,,,");
	assert_true(row->record.lon_e7 == 0 && row->record.lat_e7 == 0);
	assert_false(row->record.duplicate);
}

static void rows_at_fault_say_why(void **state)
{
	struct desk *desk = *state;
	static const struct {
		const char *row, *why;
	} cases[] = {
		{",lamp,,2018-04-12 11:11,,,open,,,,,,", "key: it is empty"},
		{"k,,x,2018-04-12 11:11,,,open,,,,,,", "category: it is empty"},
		{"k,lamp,,,,,open,,,,,,", "created: it is empty"},
		{"k,lamp,,04/12/2018,,,open,,,,,,",
		 "created: \"04/12/2018\" is not written as %Y-%m-%d %H:%M, as in 2018-04-12 23:26"},
		{"k,lamp,,2018-02-30 11:11,,,open,,,,,,", "no such month"},
		{"k,lamp,,1969-04-12 11:11,,,open,,,,,,", "before 1970"},
		{"k,lamp,,2018-03-11 02:30,,,open,,,,,,", "created: there was no 2018-03-11 02:30 in America/New_York"},
		{"k,lamp,,2018-03-01 02:30,2018-03-11 02:30,,open,,,,,,", "due_gap = forward"},
		{"k,lamp,,2018-04-12 11:11,,2018-04-13 11:11,open,,,,,,", "says that it is waiting, and it has an end"},
		{"k,lamp,,2018-04-12 11:11,,,done,,,,,,", "ended: it is empty"},
		{"k,lamp,,2018-04-12 11:11,,2018-04-11 11:11,done,,,,,,", "before it was created"},
		{"k,lamp,,2018-04-12 11:11,,,lost,,,,,,", "status: \"lost\" does not stand in [status]"},
		{"k,lamp,,2018-04-12 11:11,,,open,,39.3,-76.6,,,", "swapped"},
		{"k,lamp,,2018-04-12 11:11,,,open,,-70,39.3,,,", "outside of the map's bounds"},
		{"k,lamp,,2018-04-12 11:11,,,open,,-76.5,,,,", "latitude: \"\" is no number"},
		{"k,lamp,,2018-04-12 11:11,,,open,,east,39.3,,,", "longitude: \"east\" is no number"},
		{"k,lamp,,2018-04-12 11:11,,,open,,-77,40,,,", "whole degrees"},
		{"k,lamp,,2018-04-12 11:11,,,open,,nan,nan,,,", "no number"},
		{"k,lamp,,2018-04-12 11:11,,,open,,,,soon,,", "urgency: \"soon\""},
		{"k,lamp,,2018-04-12 11:11,,,open", "it has 7 columns, and the first row 13"},
		{"k,lamp,,2018-04-12 11:11,,,open,,,,,,,x", "it has 14 columns"},
		{"k,\"lamp", "quotation mark"},
	};
	assert_int_equal(read_map(desk, plain_map), PD_OK);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		expect(read_row(desk, cases[i].row) == PD_EINVAL, "%s is taken", cases[i].row);
		expect(strstr(desk->row.why, cases[i].why), "%s: got \"%s\", expected \"%s\" in it", cases[i].row,
		       desk->row.why, cases[i].why);
	}
}

static void what_is_too_long_is_rejected_or_cut(void **state)
{
	struct desk *desk = *state;
	char row[300], name[200], map[2000];
	for (size_t i = 0; i < 65; i++)
		snprintf(name + 3 * i, sizeof name - 3 * i, "灯");
	snprintf(row, sizeof row, "k,%s,,2018-04-12 11:11,,,open,,,,,,", name);
	assert_int_equal(read_map(desk, plain_map), PD_OK);
	assert_int_equal(read_row(desk, row), PD_EINVAL);
	expect(strstr(desk->row.why, "it has 65 characters, and may have at most 64"), "got %s", desk->row.why);
	snprintf(map, sizeof map, "%s[order]\ncut = category, area\n", plain_map);
	assert_int_equal(read_map(desk, map), PD_OK);
	read_well(desk, row);
	assert_int_equal(strlen(desk->row.category), 64 * 3);
	assert_memory_equal(desk->row.category, name, 63 * 3);
	assert_string_equal(desk->row.category + 63 * 3, "…");
	/* Where no ellipsis fits, there is none. */
	snprintf(row, sizeof row, "k,%.*s,,2018-04-12 11:11,,,open,,,,,,", 65,
		 "0123456789012345678901234567890123456789012345678901234567890123456789");
	read_well(desk, row);
	assert_string_equal(desk->row.category, "012345678901234567890123456789012345678901234567890123456789012");
	expect_text(desk->row.record.key, "k");
}

static void gaps_and_folds_go_as_the_map_says(void **state)
{
	struct desk *desk = *state;
	const struct pd_record *record = &desk->row.record;
	char map[2000];
	static const char gap_row[] = "k,lamp,,2018-03-11 02:30,,,open,,,,,,";
	static const char due_row[] = "k,lamp,,2018-03-01 02:30,2018-03-11 02:30,,open,,,,,,";
	static const char fold_row[] = "k,lamp,,2018-11-04 01:30,,,open,,,,,,";
	snprintf(map, sizeof map, "%s[times]\ndue_gap = forward\n", plain_map);
	assert_int_equal(read_map(desk, map), PD_OK);
	read_well(desk, due_row);
	assert_true(desk->row.moved);
	assert_int_equal(record->target_ms, UINT64_C(1520751600000));
	assert_int_equal(read_row(desk, gap_row), PD_EINVAL);
	snprintf(map, sizeof map, "%s[times]\ngap = forward\nfold = second\n", plain_map);
	assert_int_equal(read_map(desk, map), PD_OK);
	read_well(desk, gap_row);
	assert_int_equal(record->submitted_ms, UINT64_C(1520751600000));
	read_well(desk, due_row);
	assert_int_equal(record->target_ms, UINT64_C(1520751600000));
	read_well(desk, fold_row);
	assert_false(desk->row.moved);
	assert_int_equal(record->submitted_ms, UINT64_C(1541313000000));
	assert_int_equal(read_map(desk, plain_map), PD_OK);
	read_well(desk, fold_row);
	assert_int_equal(record->submitted_ms, UINT64_C(1541309400000));
	/* It ended at 1:10, the first of which was before it began. */
	read_well(desk, "k,lamp,,2018-11-04 01:30,,2018-11-04 01:10,done,,,,,,");
	assert_int_equal(record->ended_ms, UINT64_C(1541311800000));
}

static void without_a_status_the_end_decides(void **state)
{
	struct desk *desk = *state;
	char map[2000], *status;
	snprintf(map, sizeof map, "%s", plain_map);
	status = strstr(map, "status = {status}\n");
	memset(status, ' ', strlen("status = {status}"));
	status = strstr(map, "[status]");
	memmove(status, strstr(map, "[times]"), strlen(strstr(map, "[times]")) + 1);
	assert_int_equal(read_map(desk, map), PD_OK);
	read_well(desk, "k,lamp,,2018-04-12 11:11,,,whatever,,,,,,");
	assert_int_equal(desk->row.record.state, PD_STATE_waiting);
	read_well(desk, "k,lamp,,2018-04-12 11:11,,2018-04-13 11:11,whatever,,,,,,");
	assert_int_equal(desk->row.record.state, PD_STATE_closed);
}

/* ---- ids ---- */

static void ids_are_the_same_whenever_they_are_made(void **state)
{
	(void)state;
	struct pd_id a = history_id(1523531486000, pd_text("city"), pd_text("18-1"));
	struct pd_id same = history_id(1523531486000, pd_text("city"), pd_text("18-1"));
	char text[PD_ID_TEXT_BYTES];
	assert_true(pd_id_valid(&a));
	assert_int_equal(pd_id_time_ms(&a), UINT64_C(1523531486000));
	assert_int_equal(pd_id_compare(&a, &same), 0);
	/* It must stay what it is: what was imported is recognised by it. */
	assert_string_equal(pd_id_print(&a, text), "0162b98d-9330-75d1-9158-cf1d06d43200");
	const struct pd_id others[] = {history_id(1523531486001, pd_text("city"), pd_text("18-1")),
				       history_id(1523531486000, pd_text("town"), pd_text("18-1")),
				       history_id(1523531486000, pd_text("city"), pd_text("18-2")),
				       history_id(1523531486000, pd_text("city1"), pd_text("8-1")),
				       history_id(1523531486000, pd_text("cit"), pd_text("y18-1"))};
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		expect(pd_id_compare(&a, &others[i]) != 0, "case %zu has the same id", i);
}

/* ---- maps ---- */

/* What is said on stderr goes with the test's output; that it is refused is what counts here. */
static void maps_at_fault_are_refused(void **state)
{
	struct desk *desk = *state;
	static const char *const more[] = {
		"[order]\nkee = {key}\n",
		"[order]\nkey = {key}\n", /* twice */
		"[orders]\nkey = {key}\n",
		"[order]\nresult = {key\n",
		"[order]\nresult =\n",
		"[order]\ncut = key\n",
		"[source]\nencodign = utf-8\n",
		"[source]\ndelimiter = ab\n",
		"[source]\ndelimiter = \"\n",
		"[times]\nzone = Mars/Phobos\n",
		"[times]\ndue_format = %Q\n",
		"[times]\ngap = maybe\n",
		"[times]\nfold = third\n",
		"[status]\nheld = accepted\n",
		"[status]\nheld = nothing\n",
		"[place]\nplaceholder = 1\n",
		"[place]\nbounds = 1 2 3\n",
		"[place]\nbounds = 10 0 5 1\n",
		"[categories]\nlevel = planet\n",
		"[categories]\naccept_within = 3\n",
		"[categories]\naccept_within = 3y\n",
		"[categories]\naccept_within = 366d\n",
		"no key and no section\n",
	};
	char map[2000];
	for (size_t i = 0; i < sizeof more / sizeof more[0]; i++) {
		snprintf(map, sizeof map, "%s%s", plain_map, more[i]);
		expect(read_map(desk, map) == PD_EINVAL, "it is taken: %s", more[i]);
	}
	snprintf(map, sizeof map, "%s[order]\nresult = %0230d\n", plain_map, 1);
	expect(read_map(desk, map) == PD_EINVAL, "a line that is too long is taken");
	static const char *const needed[] = {"name = city\n",
					     "key = {key}\n",
					     "text = {what}: {more}\n",
					     "category = {what}\n",
					     "created = {created}\n",
					     "zone = America/New_York\n",
					     "format = %Y-%m-%d %H:%M\n",
					     "root = Town\n",
					     "latitude = {y}\n"};
	for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
		snprintf(map, sizeof map, "%s", plain_map);
		char *at = strstr(map, needed[i]);
		assert_non_null(at);
		memmove(at, at + strlen(needed[i]), strlen(at + strlen(needed[i])) + 1);
		expect(read_map(desk, map) == PD_EINVAL, "it is taken without %s", needed[i]);
	}
	assert_int_equal(history_map_read(&desk->map, "/nowhere/map.ini"), PD_ESYS);
	assert_int_equal(history_map_read(&desk->map, "/tmp"), PD_ESYS);
}

static void columns_must_be_there_once(void **state)
{
	struct desk *desk = *state;
	static const char *const wrong[] = {"key,what,created\n",
					    "key,what,more,created,due,ended,status,place,x,y,urgent,ward,block,key\n"};
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(read_map(desk, plain_map), PD_OK);
		csv_scan_init(&desk->header, wrong[i], strlen(wrong[i]), ',');
		assert_true(csv_scan_next(&desk->header));
		assert_int_equal(history_map_bind(&desk->map, "rows.csv", &desk->header), PD_EINVAL);
	}
}

static void the_projects_maps_are_well_formed(void **state)
{
	struct desk *desk = *state;
	static const char *const maps[] = {"clients/maps/baltimore-311.ini", "clients/maps/chicago-311.ini",
					   "clients/maps/paidan-export.ini"};
	if (access(maps[0], R_OK) != 0)
		skip(); /* not started in the project's folder */
	for (size_t i = 0; i < sizeof maps / sizeof maps[0]; i++)
		expect(history_map_read(&desk->map, maps[i]) == PD_OK, "%s", maps[i]);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, desk_setup, desk_teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_read),
		cmocka_unit_test(a_row_without_end_is_one_fault),
		cmocka_unit_test(what_is_put_is_read_again),
		TEST(a_whole_row),
		TEST(what_is_missing_is_empty),
		TEST(rows_at_fault_say_why),
		TEST(what_is_too_long_is_rejected_or_cut),
		TEST(gaps_and_folds_go_as_the_map_says),
		TEST(without_a_status_the_end_decides),
		cmocka_unit_test(ids_are_the_same_whenever_they_are_made),
		TEST(maps_at_fault_are_refused),
		TEST(columns_must_be_there_once),
		TEST(the_projects_maps_are_well_formed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
