/* What `paidan import` reads: good files of every form, and for each kind of bad input the sentence that helps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
/* after those */
#include <cmocka.h>

#include "registry_csv.h"

/* A text and its length, for some hold NUL bytes. */
struct text {
	const char *data;
	size_t bytes;
};
#define T(literal)                                                                                                     \
	{                                                                                                              \
		literal, sizeof(literal) - 1                                                                           \
	}

/* A registry that is sound. */
static const struct text good[ROWS_KINDS] = {
	[ROWS_AREAS] = T("id,parent,level,kind,name\n"
			 "1,0,district,plain,博山区\n"
			 "2,1,street,plain,城东街道\n"
			 "3,2,community,urban,税务街社区\n"
			 "4,3,grid,plain,第一网格\n"
			 "5,4,microgrid,plain,第一微网格\n"
			 "6,4,microgrid,plain,第二微网格\n"),
	[ROWS_HOUSEHOLDS] = T("id,area,centre,address,lon,lat\n"
			      "10,5,11,税务街1号,117.8580000,36.4970000\n"
			      "11,5,11,税务街2号,117.8580100,36.4970001\n"
			      "12,6,12,税务街3号,117.8581,36.4971\n"),
	[ROWS_PEOPLE] = T("id,post,area,household,name,phone\n"
			  "20,leader,5,10,王秀英,0533-0000001\n"
			  "21,resident,6,12,李建国,\n"
			  "22,administrator,1,,张伟,0533-0000002\n"),
	[ROWS_CATEGORIES] = T("id,name,level,urgency,accept_within_s,complete_within_s\n"
			      "3,公共照明,microgrid,normal,1800,86400\n"),
	[ROWS_RULES] = T("id,name,category,area,post,weekdays,from,to,keyword,holder,level\n"
			 "1,夜间供水,3,,,67,18:30,06:00,停水|漏水,4,\n"
			 "2,商户,0,2,merchant,,,,,,community\n"),
	[ROWS_DUTIES] = T("id,name,category,area,each,weekdays,month_day,minute,text,from,until,workdays\n"
			  "1,消防通道,3,1,yes,1,,08:30,检查消防通道,,,\n"
			  "2,月度检查,3,4,,,31,14:00,检查配电箱,20260101,20261231,是\n"),
	[ROWS_PLANS] =
		T("id,name,area,accept_percent,complete_percent,running,lasts_s,ladder,notice,roll_call,roll_category,"
		  "categories,call_out\n"
		  "1,防汛应急,1,50,25,shorten,86400,,暴雨将至,清点人员,3,3 16,leader 网格长\n"
		  "2,防火应急,4,100,100,照旧,3600,,,,,,\n"),
	[ROWS_SHAPES] =
		T("{\"type\":\"FeatureCollection\",\"features\":[{\"type\":\"Feature\",\"id\":\"5\","
		  "\"properties\":{},\n\"geometry\":{\"type\":\"Polygon\",\"coordinates\":[[[117.8,36.4],[117.9,36.4],"
		  "[117.9,36.5],[117.8,36.4]]]}}]}\n"),
	[ROWS_LADDERS] = T("id,name,steps\n"
			   "1,民生类,microgrid 30m > community 1h > district 4h\n"),
	[ROWS_CALENDARS] = T("date,kind,name\n"
			     "2025-12-31,holiday,\n"
			     "2026-01-01,holiday,元旦\n"
			     "2026-01-02,holiday,元旦\n"
			     "2026-01-04,workday,\"元旦,调休\"\n"
			     "2026,hours,08:30-12:00 13:30-17:30\n"),
};

static void assert_numbers(struct pd_u64s list, unsigned count, ...)
{
	va_list args;
	assert_int_equal(list.count, count);
	va_start(args, count);
	for (unsigned i = 0; i < count; i++)
		assert_int_equal(list.values[i], va_arg(args, int));
	va_end(args);
}

static char dir[] = "/tmp/test_registry_csv_XXXXXX";

static void path_of(enum rows_kind kind, char path[static 100])
{
	snprintf(path, 100, "%s/%s", dir, rows_file(kind));
}

static void write_text(enum rows_kind kind, const struct text *text)
{
	char path[100];
	path_of(kind, path);
	FILE *file = fopen(path, "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(text->data, 1, text->bytes, file), text->bytes);
	assert_int_equal(fclose(file), 0);
}

/* The folder with the good files, but for those that text replaces (data null: the good one). */
static struct rows *read_with(const struct text texts[static ROWS_KINDS], struct problems *problems)
{
	for (enum rows_kind kind = 0; kind < ROWS_KINDS; kind++)
		write_text(kind, texts[kind].data ? &texts[kind] : &good[kind]);
	*problems = (struct problems){0};
	return registry_csv_read(dir, problems);
}

static struct rows *read_one(enum rows_kind kind, const struct text *text, struct problems *problems)
{
	struct text texts[ROWS_KINDS] = {0};
	texts[kind] = *text;
	return read_with(texts, problems);
}

/* "areas.csv:3: text" of problem i, or "nothing". */
static const char *problem_at(const struct problems *problems, size_t i, char text[static 500])
{
	snprintf(text, 500, "nothing");
	if (i < problems->count && problems->list[i].line)
		snprintf(text, 500, "%s:%u: %s", rows_file(problems->list[i].kind), problems->list[i].line,
			 problems->list[i].text);
	else if (i < problems->count)
		snprintf(text, 500, "%s: %s", rows_file(problems->list[i].kind), problems->list[i].text);
	return text;
}

/* ---- good input ---- */

static void assert_good(struct rows *rows, struct problems *problems)
{
	char text[500];
	for (size_t i = 0; i < problems->count; i++)
		print_message("%s\n", problem_at(problems, i, text));
	assert_int_equal(problems->count, 0);
	assert_int_equal(rows->tables[ROWS_AREAS].count, 6);
	assert_int_equal(rows->tables[ROWS_HOUSEHOLDS].count, 3);
	assert_int_equal(rows->tables[ROWS_PEOPLE].count, 3);
	assert_int_equal(rows->tables[ROWS_CATEGORIES].count, 1);
	const struct pd_put_area *area = rows_area(rows, 2);
	assert_int_equal(area->area, 3);
	assert_int_equal(area->parent, 2);
	assert_int_equal(area->level, PD_level_community);
	assert_int_equal(area->kind, PD_area_kind_urban);
	assert_string_equal(area->name.data, "税务街社区");
	const struct pd_put_household *household = rows_household(rows, 1);
	assert_int_equal(household->household, 11);
	assert_int_equal(household->area, 5);
	assert_int_equal(household->centre, 11);
	assert_int_equal(household->lon_e7, 1178580100);
	assert_int_equal(household->lat_e7, 364970001);
	assert_int_equal(rows_household(rows, 2)->lon_e7, 1178581000);
	const struct pd_put_person *person = rows_person(rows, 0);
	assert_int_equal(person->post, PD_post_leader);
	assert_int_equal(person->household, 10);
	assert_string_equal(person->phone.data, "0533-0000001");
	assert_int_equal(rows_person(rows, 2)->household, 0);
	assert_int_equal(rows_person(rows, 1)->phone.bytes, 0);
	const struct pd_put_category *category = rows_category(rows, 0);
	assert_int_equal(category->urgency, PD_urgency_normal);
	assert_int_equal(category->accept_within_s, 1800);
	assert_int_equal(category->complete_within_s, 86400);
	assert_int_equal(rows->tables[ROWS_LADDERS].count, 1);
	assert_string_equal(rows_ladder(rows, 0)->name.data, "民生类");
	assert_numbers(rows_ladder(rows, 0)->steps, 6, 5, 1800, 3, 3600, 1, 14400);
	assert_int_equal(rows->tables[ROWS_CALENDARS].count, 2);
	const struct pd_put_calendar *calendar = rows_calendar(rows, 1);
	assert_int_equal(rows_calendar(rows, 0)->calendar, 2025);
	assert_numbers(rows_calendar(rows, 0)->holidays, 1, 20251231);
	assert_int_equal(calendar->calendar, 2026);
	assert_numbers(calendar->holidays, 2, 20260101, 20260102);
	assert_numbers(calendar->workdays, 1, 20260104);
	assert_numbers(calendar->hours, 4, 510, 720, 810, 1050);
	assert_string_equal(calendar->names.data, "元旦\n元旦\n元旦,调休");
	const struct pd_put_plan *plan = (const struct pd_put_plan *)rows_body(rows, ROWS_PLANS, 0);
	assert_numbers(plan->categories, 2, 3, 16);
	assert_int_equal(plan[1].categories.count, 0);
	assert_int_equal(plan->call_out, 1 << PD_post_leader | 1 << PD_post_grid_leader);
	assert_int_equal(plan[1].call_out, 0);
	rows_free(rows);
	problems_fini(problems);
}

static void reads_good_files(void **state)
{
	(void)state;
	struct text none[ROWS_KINDS] = {0};
	struct problems problems;
	struct rows *rows = read_with(none, &problems);
	assert_good(rows, &problems);
}

/* The good file of a kind with every LF as CRLF and a byte order mark before it. */
static struct text in_windows_form(enum rows_kind kind)
{
	char *data = malloc(2 * good[kind].bytes + 3);
	size_t bytes = 3;
	memcpy(data, "\xef\xbb\xbf", 3); /* NOLINT(bugprone-not-null-terminated-result): a row of bytes */
	for (size_t i = 0; i < good[kind].bytes; i++) {
		if (good[kind].data[i] == '\n')
			data[bytes++] = '\r';
		data[bytes++] = good[kind].data[i];
	}
	return (struct text){data, bytes};
}

static void reads_crlf_and_byte_order_marks(void **state)
{
	(void)state;
	struct text texts[ROWS_KINDS];
	struct problems problems;
	for (enum rows_kind kind = 0; kind < ROWS_KINDS; kind++)
		texts[kind] = in_windows_form(kind);
	struct rows *rows = read_with(texts, &problems);
	assert_good(rows, &problems);
	for (enum rows_kind kind = 0; kind < ROWS_KINDS; kind++)
		free((char *)texts[kind].data);
}

static void reads_columns_in_any_order_and_chinese_words(void **state)
{
	(void)state;
	const struct text texts[ROWS_KINDS] = {
		[ROWS_AREAS] = T("name,kind,id,level,parent\n"
				 "博山区,普通,1,区,\n"
				 "城东街道,plain,2,镇街,1\n"
				 "税务街社区,城市社区,3,社区,2\n"
				 "第一网格,普通,4,网格,3\n\n"
				 " 第一微网格 , 普通, 5 ,微网格,4\n"
				 "\"第二微网格\",\"普通\",\"6\",\"微网格\",\"4\"\n"),
		[ROWS_HOUSEHOLDS] = T("lat,lon,address,centre,area,id\n"
				      "36.497,117.858,税务街1号,11,5,10\n"
				      "36.49700011,117.858009999999,税务街2号,11,5,11\n"
				      "36.4971,117.8581,税务街3号,12,6,12"),
		[ROWS_PEOPLE] = T("phone,id,name,household,area,post\n"
				  "0533-0000001,20,王秀英,10,5,微网格长\n"
				  ",21,李建国,12,6,居民\n"
				  "0533-0000002,22,张伟,0,1,管理员\n"),
		[ROWS_CATEGORIES] = T("complete_within_s,accept_within_s,urgency,level,name,id\n"
				      "86400,1800,一般,微网格,公共照明,3\n"),
		[ROWS_LADDERS] = T("steps,id,name\n微网格 1800 → 社区 60m>区   14400s,1,民生类\n"),
		[ROWS_CALENDARS] = T("name,date,kind\n"
				     "\"08:30-12:00,13:30-17:30\",2026,工时\n"
				     "\"元旦,调休\",2026-01-04,上班\n"
				     "元旦,2026-01-02,放假\n"
				     ",2025-12-31,放假\n"
				     "元旦,2026-01-01,放假\n"),
	};
	struct problems problems;
	struct rows *rows = read_with(texts, &problems);
	assert_good(rows, &problems);
}

static void a_column_may_be_left_out_and_its_cells_empty(void **state)
{
	(void)state;
	static const struct text with = T("priority,id,area,centre,address,lon,lat\n"
					  ",10,5,11,税务街1号,117.858,36.497\n"
					  "独居,11,5,11,税务街2号,117.858,36.497\n"
					  "in_need,12,6,12,税务街3号,117.858,36.497\n");
	struct text texts[ROWS_KINDS];
	struct problems problems;
	memcpy(texts, good, sizeof texts);
	texts[ROWS_HOUSEHOLDS] = with;
	struct rows *rows = read_with(texts, &problems);
	assert_int_equal(problems.count, 0);
	assert_int_equal(rows_household(rows, 0)->priority, 0);
	assert_int_equal(rows_household(rows, 1)->priority, PD_household_priority_alone);
	assert_int_equal(rows_household(rows, 2)->priority, PD_household_priority_in_need);
	rows_free(rows);
	problems_fini(&problems);
}

static void reads_quoted_fields_and_keeps_count_of_lines(void **state)
{
	(void)state;
	static const struct text households = T("id,area,centre,address,lon,lat\n"
						"10,5,11,\"税务街1号,\n后院 \"\"小红楼\"\"\",117.858,36.497\r\n"
						"\n"
						"11,5,11,\"税务街\r\n2号\",117.858,36.497\n"
						"12,6,13,税务街3号,117.858,36.497\n");
	struct problems problems;
	char text[500];
	struct rows *rows = read_one(ROWS_HOUSEHOLDS, &households, &problems);
	assert_int_equal(rows->tables[ROWS_HOUSEHOLDS].count, 3);
	assert_string_equal(rows_household(rows, 0)->address.data, "税务街1号,\n后院 \"小红楼\"");
	assert_string_equal(rows_household(rows, 1)->address.data, "税务街\r\n2号");
	assert_int_equal(problems.count, 1);
	assert_string_equal(
		problem_at(&problems, 0, text),
		"households.csv:7: centre 13 is not in households.csv: name a centre household of micro-grid 6");
	rows_free(rows);
	problems_fini(&problems);
}

static void prints_what_it_reads(void **state)
{
	(void)state;
	static const struct text people = T("id,post,area,household,name,phone\n"
					    "20,leader,5,10,\"王,秀英\",\"0533\n1\"\n"
					    "21,resident,6,12,\" 李 \"\"建国\"\"\",\n");
	struct problems problems;
	struct rows *rows = read_one(ROWS_PEOPLE, &people, &problems);
	struct pd_buffer out = {0};
	assert_int_equal(problems.count, 0);
	assert_int_equal(registry_csv_print(rows, ROWS_PEOPLE, &out), 2);
	assert_int_equal(out.count, people.bytes);
	assert_memory_equal(out.data, people.data, people.bytes);
	for (enum rows_kind kind = ROWS_LADDERS; kind <= ROWS_CALENDARS; kind++) {
		out.count = 0;
		assert_int_equal(registry_csv_print(rows, kind, &out), kind == ROWS_LADDERS ? 1 : 5);
		assert_int_equal(out.count, good[kind].bytes);
		assert_memory_equal(out.data, good[kind].data, out.count);
	}
	pd_buffer_fini(&out);
	rows_free(rows);
	problems_fini(&problems);
}

/* Columns that need not be there, cells that need not be filled, and files that need not be there. */
static void reads_deadlines(void **state)
{
	(void)state;
	static const struct text categories =
		T("id,ladder,name,level,urgency,accept_within_s,complete_within_s,complete_clock,idle_within_s,"
		  "emergency_only\n"
		  "3,1,a,microgrid,normal,1800,259200,工作日,14400,\n"
		  "4,,b,microgrid,normal,1800,3600,,,yes\n");
	struct problems problems;
	struct rows *rows = read_one(ROWS_CATEGORIES, &categories, &problems);
	struct pd_buffer out = {0};
	assert_int_equal(problems.count, 0);
	const struct pd_put_category *category = rows_category(rows, 0);
	assert_int_equal(category->accept_clock, 0);
	assert_int_equal(category->complete_clock, PD_clock_workdays);
	assert_int_equal(category->ladder, 1);
	assert_int_equal(category->idle_within_s, 14400);
	assert_int_equal(rows_category(rows, 1)->complete_clock, 0);
	assert_int_equal(rows_category(rows, 1)->ladder, 0);
	registry_csv_print(rows, ROWS_CATEGORIES, &out);
	pd_buffer_add(&out, "", 1);
	assert_string_equal(out.data, "id,name,level,urgency,accept_within_s,complete_within_s,"
				      "area,accept_clock,complete_clock,ladder,idle_within_s,emergency_only\n"
				      "3,a,microgrid,normal,1800,259200,,,workdays,1,14400,\n"
				      "4,b,microgrid,normal,1800,3600,,,,,,yes\n");
	pd_buffer_fini(&out);
	rows_free(rows);
	/* A ladder that is not here may be set up already. */
	char path[100];
	for (enum rows_kind kind = ROWS_LADDERS; kind <= ROWS_CALENDARS; kind++) {
		path_of(kind, path);
		assert_int_equal(remove(path), 0);
	}
	rows = registry_csv_read(dir, &problems);
	assert_int_equal(problems.count, 0);
	assert_true(rows->tables[ROWS_LADDERS].absent && rows->tables[ROWS_CALENDARS].absent);
	rows_free(rows);
}

static void prints_degrees_with_seven_digits(void **state)
{
	(void)state;
	struct rows *rows = rows_new();
	struct pd_put_household *household = rows_add(rows, ROWS_HOUSEHOLDS, 0);
	struct pd_buffer out = {0};
	*household = (struct pd_put_household){.household = 1,
					       .area = 2,
					       .centre = 1,
					       .address = rows_text(rows, "a", 1),
					       .lon_e7 = -5,
					       .lat_e7 = -900000000};
	registry_csv_print(rows, ROWS_HOUSEHOLDS, &out);
	pd_buffer_add(&out, "", 1);
	assert_string_equal(out.data, "id,area,centre,address,lon,lat,priority\n1,2,1,a,-0.0000005,-90.0000000,\n");
	pd_buffer_fini(&out);
	rows_free(rows);
}

/* ---- bad input ---- */

#define AREAS                                                                                                          \
	"id,parent,level,kind,name\n1,0,district,plain,博山区\n2,1,street,plain,城东街道\n3,2,community,urban," \
	"税务街社区\n"                                                                                            \
	"4,3,grid,plain,第一网格\n5,4,microgrid,plain,第一微网格\n6,4,microgrid,plain,第二微网格\n"
#define HOUSEHOLDS                                                                                                     \
	"id,area,centre,address,lon,lat\n10,5,10,税务街1号,117.858,36.497\n12,6,12,税务街3号,117.858,36.497\n"
#define PEOPLE "id,post,area,household,name,phone\n"
#define LADDERS "id,name,steps\n"
#define DAYS "date,kind,name\n"
#define CATEGORIES "id,name,level,urgency,accept_within_s,complete_within_s\n"
#define NAME_64                                                                                                                                                              \
	"一二三四五六七八一二三四五六七八一二三四五六七八一二三四五六七八一二三四五六七八一二三四五六七八一二三四五六" \
	"七八一二三四五六七八"

/* expected: how the one problem begins; several, if more than one line is at fault. */
struct bad {
	const char *name;
	enum rows_kind kind;
	struct text text;
	const char *expected[4];
};

static const struct bad bads[] = {
	/* the bytes */
	{"GB18030",
	 ROWS_CATEGORIES,
	 T(CATEGORIES "3,\xb9\xab\xb9\xb2\xd5\xd5\xc3\xf7,microgrid,normal,1800,86400\n"),
	 {"categories.csv:2: not valid UTF-8, looks like GB18030?: save the file as UTF-8 (in a spreadsheet: CSV "
	  "UTF-8)"}},
	{"broken UTF-8",
	 ROWS_CATEGORIES,
	 T(CATEGORIES "3,a,microgrid,normal,1800,86400\n4,\xff,microgrid,normal,1800,86400\n"),
	 {"categories.csv:3: not valid UTF-8: save the file as UTF-8"}},
	{"UTF-8 with a BOM that is cut",
	 ROWS_CATEGORIES,
	 T("\xef\xbb" CATEGORIES),
	 {"categories.csv:1: not valid UTF-8"}},
	{"UTF-16", ROWS_CATEGORIES, T("\xff\xfei\0d\0,\0"), {"categories.csv:1: the file is UTF-16: save it as UTF-8"}},
	{"NUL byte",
	 ROWS_CATEGORIES,
	 T(CATEGORIES "3,a\0b,microgrid,normal,1800,86400\n"),
	 {"categories.csv:2: a NUL byte: a text file has none"}},
	/* the form */
	{"empty file",
	 ROWS_CATEGORIES,
	 T(""),
	 {"categories.csv: the file is empty: its first row must be id, name, level, urgency, accept_"}},
	{"blank lines only",
	 ROWS_AREAS,
	 T("\n\r\n \n"),
	 {"areas.csv: the file is empty: its first row must be id, parent, level, kind, name"}},
	{"stray quotation mark",
	 ROWS_CATEGORIES,
	 T(CATEGORIES "3,公共\"照明\",microgrid,normal,1800,86400\n"),
	 {"categories.csv:2: a quotation mark stands in the middle of a field: put the whole field in quotation marks, "
	  "and write each one "
	  "inside it twice; the rest of the file was not read"}},
	{"text behind a quoted field",
	 ROWS_CATEGORIES,
	 T(CATEGORIES "3,\"公共\"照明,microgrid,normal,1800,86400\n"),
	 {"categories.csv:2: a quotation mark stands in the middle of a field"}},
	{"quote that does not end",
	 ROWS_CATEGORIES,
	 T(CATEGORIES "3,a,microgrid,normal,1800,86400\n4,\"b,microgrid,normal,1800,86400\n\n"),
	 {"categories.csv:3: a quoted field of this row does not end: close it with a quotation mark"}},
	{"lone carriage return",
	 ROWS_CATEGORIES,
	 T("id,name,level,urgency,accept_within_s,complete_within_s\r3,a,microgrid,normal,1,2\r"),
	 {"categories.csv:1: a carriage return without a line feed: end lines with LF or CRLF"}},
	{"wrong number of fields",
	 ROWS_CATEGORIES,
	 T(CATEGORIES "3,公共照明,microgrid,normal,1800\n4,a,b,microgrid,normal,1800,86400\n"),
	 {"categories.csv:2: 5 fields, the header has 6: write id, name, level, urgency, accept_within_s, "
	  "complete_within_s, and quote a field "
	  "that holds a comma",
	  "categories.csv:3: 7 fields, the header has 6"}},
	/* the header */
	{"missing column",
	 ROWS_HOUSEHOLDS,
	 T("id,area,centre,lat,lon\n10,5,10,36,117\n"),
	 {"households.csv:1: column address is missing: add it; the header has id, area, centre, lat, lon"}},
	{"unknown column",
	 ROWS_AREAS,
	 T("id,parent,level,kind,name,colour\n1,0,district,plain,a,red\n"),
	 {"areas.csv:1: column colour is unknown: the columns are id, parent, level, kind, name"}},
	{"column twice",
	 ROWS_AREAS,
	 T("id,parent,level,kind,name,name\n"),
	 {"areas.csv:1: column name is there twice"}},
	{"missing and unknown column",
	 ROWS_AREAS,
	 T("id,parents,level,kind,name\n"),
	 {"areas.csv:1: column parents is unknown",
	  "areas.csv:1: column parent is missing: add it; the header has id, parents, level"}},
	{"no header",
	 ROWS_PEOPLE,
	 T("20,leader,5,10,王秀英,\n"),
	 {"people.csv:1: the first row is no header (20, leader, 5, 10, 王秀英, ): put id, post, area, household, "
	  "name, phone there"}},
	/* cells */
	{"not a number",
	 ROWS_AREAS,
	 T(AREAS "x7,4,microgrid,plain,a\n"),
	 {"areas.csv:8: id: \"x7\" is not a number: write one from 1 to 4294967295"}},
	{"negative number",
	 ROWS_AREAS,
	 T(AREAS "7,-4,microgrid,plain,a\n"),
	 {"areas.csv:8: parent: \"-4\" is not a number: write one from 0 to"}},
	{"zero",
	 ROWS_AREAS,
	 T(AREAS "0,4,microgrid,plain,a\n"),
	 {"areas.csv:8: id: 0 is out of range: it must be 1 to 4294967295"}},
	{"empty number", ROWS_AREAS, T(AREAS ",4,microgrid,plain,a\n"), {"areas.csv:8: id: \"\" is not a number"}},
	{"large number",
	 ROWS_AREAS,
	 T(AREAS "4294967296,4,microgrid,plain,a\n"),
	 {"areas.csv:8: id: 4294967296 is out of range: it must be 1 to 4294967295"}},
	{"huge number",
	 ROWS_AREAS,
	 T(AREAS "99999999999999999999,4,microgrid,plain,a\n"),
	 {"areas.csv:8: id: \"99999999999999999999\" is not"}},
	{"level",
	 ROWS_AREAS,
	 T(AREAS "7,4,micro-grid,plain,a\n"),
	 {"areas.csv:8: level: \"micro-grid\" is unknown: write one of district (区), street (镇街), community (社区), "
	  "grid (网格), microgrid (微网格)"}},
	{"kind",
	 ROWS_AREAS,
	 T(AREAS "7,4,microgrid,rural,a\n"),
	 {"areas.csv:8: kind: \"rural\" is unknown: write one of plain (普通), urban (城市社区), village (村), "
	  "dedicated (专属网格)"}},
	{"post",
	 ROWS_PEOPLE,
	 T(PEOPLE "20,boss,5,10,王秀英,\n"),
	 {"people.csv:2: post: \"boss\" is unknown: write one of resident (居民), merchant (商户), centre (中心户), "
	  "leader (微网格长), grid_leader"}},
	{"urgency",
	 ROWS_CATEGORIES,
	 T(CATEGORIES "3,a,microgrid,3,1800,86400\n"),
	 {"categories.csv:2: urgency: \"3\" is unknown: write one of emergency (紧急), high (加急), normal (一般), low "
	  "(缓办)"}},
	{"two bad cells",
	 ROWS_CATEGORIES,
	 T(CATEGORIES "3,a,x,normal,0,86400\n"),
	 {"categories.csv:2: level: \"x\" is unknown",
	  "categories.csv:2: accept_within_s: 0 is out of range: it must be 1 to 31536000"}},
	{"control characters are not passed on",
	 ROWS_AREAS,
	 T(AREAS "7,4,\x1b[31m,plain,a\n"),
	 {"areas.csv:8: level: \"?[31m\" is unknown"}},
	{"empty name",
	 ROWS_AREAS,
	 T(AREAS "7,4,microgrid,plain,\n"),
	 {"areas.csv:8: name: is 0 characters, must be 1 to 64"}},
	{"long name",
	 ROWS_AREAS,
	 T(AREAS "7,4,microgrid,plain," NAME_64 "九\n"),
	 {"areas.csv:8: name: is 65 characters, must be 1 to 64"}},
	{"long phone",
	 ROWS_PEOPLE,
	 T(PEOPLE "20,leader,5,10,a,012345678901234567890123456789012\n"),
	 {"people.csv:2: phone: is 33 characters, must be 0 to 32"}},
	{"empty address",
	 ROWS_HOUSEHOLDS,
	 T(HOUSEHOLDS "13,5,10,,117.858,36.497\n"),
	 {"households.csv:4: address: is 0 characters, must be 1 to 200"}},
	/* places */
	{"not degrees",
	 ROWS_HOUSEHOLDS,
	 T(HOUSEHOLDS "13,5,10,a,117°51,36.497\n"),
	 {"households.csv:4: lon: \"117°51\" is not decimal degrees: write them like 117.8580000"}},
	{"no degrees",
	 ROWS_HOUSEHOLDS,
	 T(HOUSEHOLDS "13,5,10,a,117.858,\n"),
	 {"households.csv:4: lat: \"\" is not decimal degrees"}},
	{"longitude out of range",
	 ROWS_HOUSEHOLDS,
	 T(HOUSEHOLDS "13,5,10,a,180.0000001,36.497\n"),
	 {"households.csv:4: lon: 180.0000001 is out of range: it must be -180 to 180"}},
	{"latitude out of range",
	 ROWS_HOUSEHOLDS,
	 T(HOUSEHOLDS "13,5,10,a,117.858,-90.5\n"),
	 {"households.csv:4: lat: -90.5000000 is out of range: it must be -90 to 90"}},
	{"0,0",
	 ROWS_HOUSEHOLDS,
	 T(HOUSEHOLDS "13,5,10,a,0,0.0\n"),
	 {"households.csv:4: lon and lat are 0,0, which is in the sea off Africa"}},
	{"swapped",
	 ROWS_HOUSEHOLDS,
	 T(HOUSEHOLDS "13,5,10,a,36.497,117.858\n"),
	 {"households.csv:4: lon 36.4970000 and lat 117.8580000 look swapped: lon is the longitude (east), lat the "
	  "latitude (north)"}},
	/* how rows fit together */
	{"duplicate id",
	 ROWS_AREAS,
	 T(AREAS "5,4,microgrid,plain,a\n"),
	 {"areas.csv:8: id 5 was given already, in line 6: give each area an id of its own"}},
	{"duplicate ids, not sorted",
	 ROWS_CATEGORIES,
	 T(CATEGORIES "9,a,grid,low,1,2\n3,b,grid,low,1,2\n9,c,grid,low,1,2\n9,d,grid,low,1,2\n"),
	 {"categories.csv:4: id 9 was given already, in line 2: give each category",
	  "categories.csv:5: id 9 was given already, in line 2"}},
	{"unknown parent",
	 ROWS_AREAS,
	 T(AREAS "7,44,microgrid,plain,a\n"),
	 {"areas.csv:8: parent 44 is not in areas.csv: add an area with this id, or name another parent"}},
	{"no parent",
	 ROWS_AREAS,
	 T(AREAS "7,0,microgrid,plain,a\n"),
	 {"areas.csv:8: area 7 is a microgrid (微网格) without a parent: name the area above it; only the district has "
	  "none"}},
	{"parent of the same level",
	 ROWS_AREAS,
	 T(AREAS "7,5,microgrid,plain,a\n"),
	 {"areas.csv:8: area 7 is a microgrid (微网格), and its parent 5 is a microgrid (微网格): a parent's level "
	  "must be further up"}},
	{"parent of a level below",
	 ROWS_AREAS,
	 T(AREAS "7,4,street,plain,a\n"),
	 {"areas.csv:8: area 7 is a street (镇街), and its parent 4 is a grid (网格): a parent's level must be further "
	  "up"}},
	{"district below something",
	 ROWS_AREAS,
	 T(AREAS "7,1,district,plain,a\n"),
	 {"areas.csv:8: area 7 is a district and has parent 1: nothing stands above a district, its parent is 0"}},
	{"two districts",
	 ROWS_AREAS,
	 T(AREAS "7,0,district,plain,a\n"),
	 {"areas.csv:8: area 7 is a second district, the first is 1 in line 2: a registry has one"}},
	{"loop of parents",
	 ROWS_AREAS,
	 T(AREAS "9,7,grid,plain,a\n8,9,community,plain,b\n7,8,street,plain,c\n30,9,microgrid,plain,d\n"),
	 {"areas.csv:8: the parents go round in a loop: 9 > 7 > 8 > 9: one of these areas must name a parent outside "
	  "it"}},
	{"its own parent",
	 ROWS_AREAS,
	 T(AREAS "7,7,grid,plain,a\n"),
	 {"areas.csv:8: the parents go round in a loop: 7 > 7: one of"}},
	{"household's area unknown",
	 ROWS_HOUSEHOLDS,
	 T(HOUSEHOLDS "13,55,13,a,117.858,36.497\n"),
	 {"households.csv:4: area 55 is not in areas.csv: add an area with this id, or name another"}},
	{"household in a grid",
	 ROWS_HOUSEHOLDS,
	 T(HOUSEHOLDS "13,4,13,a,117.858,36.497\n"),
	 {"households.csv:4: area 4 is a grid (网格): a household belongs to a microgrid (微网格)"}},
	{"centre unknown",
	 ROWS_HOUSEHOLDS,
	 T(HOUSEHOLDS "13,5,99,a,117.858,36.497\n"),
	 {"households.csv:4: centre 99 is not in households.csv: name a centre household of micro-grid 5"}},
	{"centre elsewhere",
	 ROWS_HOUSEHOLDS,
	 T(HOUSEHOLDS "13,5,12,a,117.858,36.497\n"),
	 {"households.csv:4: centre 12 is in micro-grid 6, and household 13 in 5: name a centre household of the same "
	  "micro-grid"}},
	{"centre that is none",
	 ROWS_HOUSEHOLDS,
	 T(HOUSEHOLDS "13,5,10,a,117.858,36.497\n14,5,13,a,117.858,36.497\n"),
	 {"households.csv:5: centre 13 names household 10 as its own centre: a centre household names itself"}},
	{"person's area unknown",
	 ROWS_PEOPLE,
	 T(PEOPLE "20,leader,55,10,a,\n"),
	 {"people.csv:2: area 55 is not in areas.csv"}},
	/* deadlines */
	{"unknown clock",
	 ROWS_CATEGORIES,
	 T("id,name,level,urgency,accept_within_s,complete_within_s,accept_clock\n3,a,grid,low,60,60,slow\n"),
	 {"categories.csv:2: accept_clock: \"slow\" is unknown: write one of always (随时), working (工作时间), days "
	  "(自然日), workdays (工作日)"}},
	{"ladder unknown",
	 ROWS_CATEGORIES,
	 T("id,name,level,urgency,accept_within_s,complete_within_s,ladder\n3,a,grid,low,60,60,2\n"),
	 {"categories.csv:2: ladder 2 is not in ladders.csv: add a ladder with this id, name another, or leave it "
	  "empty"}},
	{"unknown column beside those that need not be there",
	 ROWS_CATEGORIES,
	 T("id,name,level,urgency,accept_within_s,complete_within_s,clock\n"),
	 {"categories.csv:1: column clock is unknown: the columns are id, name, level, urgency, accept_within_s, "
	  "complete_within_s, [area], [accept_clock], [complete_clock], [ladder], [idle_within_s]"}},
	{"steps that are none",
	 ROWS_LADDERS,
	 T(LADDERS "1,a,\n2,b,microgrid\n3,c,village 1h > district 2h\n4,d,grid 1w > district 2h\n"),
	 {"ladders.csv:2: steps: \"\" is not a level and a time", "ladders.csv:3: steps: \"microgrid\" is not",
	  "ladders.csv:4: steps: \"village 1h\" is not", "ladders.csv:5: steps: \"grid 1w\" is not"}},
	{"steps that do not lead up",
	 ROWS_LADDERS,
	 T(LADDERS "1,a,grid 1h > microgrid 1h > district 1h\n2,b,grid 1h\n3,c,grid 1s > district 1h\n"
		   "3,d,district 1h\n"),
	 {"ladders.csv:2: level 5 comes after level 4: an order would never arrive",
	  "ladders.csv:3: it ends at level 4, must end at level 1, the district",
	  "ladders.csv:4: level 4: 1 s, must be 60 to 31536000",
	  "ladders.csv:5: id 3 was given already, in line 4: give each ladder an id of its own"}},
	{"too many steps",
	 ROWS_LADDERS,
	 T(LADDERS "1,a,microgrid 1h > grid 1h > community 1h > street 1h > district 1h > district 2h\n"),
	 {"ladders.csv:2: steps: \"district 2h\" is not a level and a time, or one too many"}},
	{"no header of days",
	 ROWS_CALENDARS,
	 T("day,name\n"),
	 {"calendars.csv:1: the first row must be date,kind,name"}},
	{"no days", ROWS_CALENDARS, T(""), {"calendars.csv: the file is empty: its first row must be date,kind,name"}},
	{"rows that are no days",
	 ROWS_CALENDARS,
	 T(DAYS "2026-02-30,holiday,a\n2026-01-01,feast,a\n2026-01-01\n1.1.2026,holiday,a\n"),
	 {"calendars.csv:2: date: \"2026-02-30\" is no day from 1970 to 2200: write it like 2026-01-01",
	  "calendars.csv:3: kind: \"feast\" is unknown: write holiday (放假), workday (上班) or hours (工时)",
	  "calendars.csv:4: a row has three fields: date,kind,name", "calendars.csv:5: date: \"1.1.2026\" is no day"}},
	{"days that do not fit",
	 ROWS_CALENDARS,
	 T(DAYS "2026-01-02,workday,a\n"),
	 {"calendars.csv:2: 2026-01-02 is a working day anyway: only Saturdays and Sundays are named as worked"}},
	{"a day twice",
	 ROWS_CALENDARS,
	 T(DAYS "2026-01-03,holiday,a\n2026-01-03,workday,a\n2026,hours,08:00-12:00\n2026,hours,08:00-12:00\n"),
	 {"calendars.csv:3: the same stands in line 2", "calendars.csv:5: the same stands in line 4"}},
	{"hours that are none",
	 ROWS_CALENDARS,
	 T(DAYS "2026,hours,8-12\n26,hours,08:00-12:00\n2026,hours,08:60-12:00\n"),
	 {"calendars.csv:2: \"8-12\" is not working hours: write them like 08:30-12:00 13:30-17:30",
	  "calendars.csv:3: date: \"26\" is no year from 1970 to 2200: hours are of a year, like 2026",
	  "calendars.csv:4: \"08:60-12:00\" is not working hours"}},
	{"hours that do not rise",
	 ROWS_CALENDARS,
	 T(DAYS "2026-01-01,holiday,a\n2026,hours,13:00-17:00 08:00-12:00\n"),
	 {"calendars.csv:2: working hours are from and to by turns, each later than the one before"}},
	{"person's household unknown",
	 ROWS_PEOPLE,
	 T(PEOPLE "20,leader,5,99,a,\n"),
	 {"people.csv:2: household 99 is not in households.csv: add a household with this id, name another, or leave "
	  "it empty if the person does not"}},
};

static void names_what_is_wrong(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof bads / sizeof bads[0]; i++) {
		struct problems problems;
		struct rows *rows = read_one(bads[i].kind, &bads[i].text, &problems);
		size_t at = 0;
		char text[500];
		for (; at < 4 && bads[i].expected[at]; at++)
			if (strncmp(problem_at(&problems, at, text), bads[i].expected[at],
				    strlen(bads[i].expected[at])) != 0)
				fail_msg("%s: expected \"%s\", got \"%s\"", bads[i].name, bads[i].expected[at], text);
		if (problems.count != at)
			fail_msg("%s: expected %zu problems, got %zu, the next is \"%s\"", bads[i].name, at,
				 problems.count, problem_at(&problems, at, text));
		rows_free(rows);
		problems_fini(&problems);
	}
}

static void wants_a_district(void **state)
{
	(void)state;
	static const struct text areas = T("id,parent,level,kind,name\n"),
				 households = T("id,area,centre,address,lon,lat\n"), people = T(PEOPLE);
	struct problems problems;
	char text[500];
	struct rows *rows = read_with((struct text[ROWS_KINDS]){areas, households, people}, &problems);
	assert_int_equal(problems.count, 1);
	assert_string_equal(problem_at(&problems, 0, text),
			    "areas.csv: there is no district: one area must have the level district (区) and parent 0");
	rows_free(rows);
	problems_fini(&problems);
}

static void says_which_file_cannot_be_read(void **state)
{
	(void)state;
	struct problems problems = {0};
	char path[100], text[500];
	for (enum rows_kind kind = 0; kind < ROWS_KINDS; kind++)
		write_text(kind, &good[kind]);
	path_of(ROWS_PEOPLE, path);
	assert_int_equal(remove(path), 0);
	path_of(ROWS_CATEGORIES, path);
	assert_int_equal(remove(path), 0);
	assert_int_equal(symlink("/", path), 0); /* a folder */
	struct rows *rows = registry_csv_read(dir, &problems);
	assert_int_equal(remove(path), 0);
	assert_int_equal(problems.count, 2);
	assert_string_equal(problem_at(&problems, 0, text),
			    "people.csv: cannot be read: No such file or directory: the folder must hold areas.csv, "
			    "households.csv, people.csv "
			    "and categories.csv, readable for you");
	assert_non_null(strstr(problem_at(&problems, 1, text), "categories.csv: cannot be read: Is a directory"));
	rows_free(rows);
	problems_fini(&problems);
}

/* What could not be read may yet be there: no row of another file is blamed for it. */
static void blames_nobody_for_rows_it_could_not_read(void **state)
{
	(void)state;
	static const struct text areas =
		T("id,parent,level,kind,name\n1,0,district,plain,a\nfive,1,microgrid,plain,b\n");
	struct problems problems;
	char text[500];
	struct rows *rows = read_one(ROWS_AREAS, &areas, &problems);
	assert_int_equal(problems.count, 1);
	assert_string_equal(problem_at(&problems, 0, text),
			    "areas.csv:3: id: \"five\" is not a number: write one from 1 to 4294967295");
	rows_free(rows);
	problems_fini(&problems);
}

/* All of what problems_print writes, to be freed. */
static char *printed(const struct problems *problems)
{
	char *text = NULL;
	size_t bytes;
	FILE *out = open_memstream(&text, &bytes);
	assert_non_null(out);
	problems_print(problems, "some/folder/", true, out);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void shows_twenty_problems_and_counts_the_rest(void **state)
{
	(void)state;
	struct problems problems = {0};
	for (uint32_t i = 0; i < 1000; i++)
		problems_add(&problems, i % 2 ? ROWS_AREAS : ROWS_PEOPLE, 1000 - i, "problem %u", i);
	problems_sort(&problems);
	char *text = printed(&problems);
	size_t lines = 0;
	for (const char *c = text; (c = strchr(c, '\n')); c++)
		lines++;
	assert_int_equal(lines, 21);
	assert_int_equal(
		strncmp(text, "some/folder/areas.csv:1: problem 999\nsome/folder/areas.csv:3: problem 997\n", 74), 0);
	assert_non_null(strstr(text, "\n… and 980 more\n"));
	free(text);
	problems_fini(&problems);
}

static int make_dir(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
	(void)state;
	for (enum rows_kind kind = 0; kind < ROWS_KINDS; kind++) {
		char path[100];
		path_of(kind, path);
		(void)remove(path);
	}
	return remove(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_good_files),
		cmocka_unit_test(reads_crlf_and_byte_order_marks),
		cmocka_unit_test(reads_columns_in_any_order_and_chinese_words),
		cmocka_unit_test(a_column_may_be_left_out_and_its_cells_empty),
		cmocka_unit_test(reads_quoted_fields_and_keeps_count_of_lines),
		cmocka_unit_test(prints_what_it_reads),
		cmocka_unit_test(reads_deadlines),
		cmocka_unit_test(prints_degrees_with_seven_digits),
		cmocka_unit_test(names_what_is_wrong),
		cmocka_unit_test(wants_a_district),
		cmocka_unit_test(says_which_file_cannot_be_read),
		cmocka_unit_test(blames_nobody_for_rows_it_could_not_read),
		cmocka_unit_test(shows_twenty_problems_and_counts_the_rest),
	};
	return cmocka_run_group_tests_name("registry_csv", tests, make_dir, remove_dir);
}
