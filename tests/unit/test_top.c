/* test_top.c - paidan top without a terminal: texts cut to cells, bars, what the model makes of messages. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "print.h"
#include "top_model.h"
#include "top_text.h"

enum { TOP_ID = 1, EAST = 11, WEST = 12, GRID = 111, MICRO = 1001, OTHER_MICRO = 1002 };
#define T0_MS UINT64_C(1763900000000)

/* ---- texts ---- */

static void fits(const char *text, unsigned columns, enum top_align align, bool ascii, const char *wanted)
{
	char out[64 * TOP_TEXT_BYTES_A_COLUMN + 1];
	assert_string_equal(top_fit(out, text, columns, align, ascii), wanted);
	assert_int_equal(print_width(out, strlen(out)), columns);
}

static void test_fit(void **state)
{
	(void)state;
	fits("abc", 5, TOP_LEFT, false, "abc  ");
	fits("abc", 5, TOP_RIGHT, false, "  abc");
	fits("abcde", 5, TOP_LEFT, false, "abcde");
	fits("abcdef", 5, TOP_LEFT, false, "abcd…");
	fits("abcdef", 5, TOP_LEFT, true, "abcd~");
	fits("", 3, TOP_LEFT, false, "   ");
	fits("x", 0, TOP_LEFT, false, "");
	fits("xy", 1, TOP_LEFT, false, "…");
}

static void test_fit_wide(void **state)
{
	(void)state;
	fits("城东街道", 8, TOP_LEFT, false, "城东街道");
	fits("城东街道", 9, TOP_LEFT, false, "城东街道 ");
	fits("城东街道", 7, TOP_LEFT, false, "城东街…");
	/* Five columns beside the ellipsis would halve the third character. */
	fits("城东街道", 6, TOP_LEFT, false, "城东… ");
	fits("城东街道", 6, TOP_RIGHT, false, " 城东…");
	fits("城", 1, TOP_LEFT, false, "…");
	fits("a城b", 3, TOP_LEFT, false, "a… ");
}

static void test_fit_keeps_the_end(void **state)
{
	(void)state;
	fits("第一微网格", 12, TOP_END, false, "第一微网格  ");
	fits("税务街社区第一网格第一微网格", 11, TOP_END, false, "…第一微网格");
	fits("税务街社区第一网格第一微网格", 12, TOP_END, false, "…第一微网格 ");
	fits("税务街社区第一网格第一微网格", 12, TOP_END, true, "~第一微网格 ");
	fits("xe\u0301yz", 3, TOP_END, false, "…yz");
	fits("xyz", 1, TOP_END, false, "…");
}

static void test_fit_is_safe(void **state)
{
	(void)state;
	char long_text[400] = "e";
	for (size_t i = 1; i + 2 < sizeof long_text; i += 2)
		memcpy(long_text + i, "\u0301", 3);
	fits("a\033[2Jb\n", 8, TOP_LEFT, false, "a [2Jb  ");
	fits("\xff\xfe", 3, TOP_LEFT, false, "   ");
	char out[4 * TOP_TEXT_BYTES_A_COLUMN + 1];
	top_fit(out, long_text, 4, TOP_LEFT, false);
	assert_true(strlen(out) < sizeof out);
	assert_int_equal(print_width(out, strlen(out)), 4);
}

static void test_spark(void **state)
{
	(void)state;
	const float values[] = {0, 0.01F, 1, 4, 7.9F, 8, 9};
	char out[3 * 7 + 1];
	assert_string_equal(top_spark(out, values, 7, 8, false), " ▁▁▄███");
	assert_string_equal(top_spark(out, values, 7, 8, true), " ..=@@@");
	assert_string_equal(top_spark(out, values, 1, 0, false), " ");
	assert_string_equal(top_spark(out, values, 0, 8, false), "");
}

/* ---- a model of a small district ---- */

struct bed {
	struct top_model *model;
	struct top_view view;
	uint64_t now_ms; /* of our clock; the broker's is T0_MS further */
};

static void area(struct bed *bed, uint32_t id, uint32_t parent, const char *name)
{
	struct pd_message m = {.type = PD_MSG_area};
	m.area = (struct pd_area){.area = id, .parent = parent, .name = pd_text(name)};
	top_model_learn(bed->model, &m);
}

static void advance(struct bed *bed, uint64_t ms)
{
	bed->now_ms += ms;
	top_model_tick(bed->model, bed->now_ms);
}

/* Figures of now. */
struct said {
	uint64_t submitted, accepted, waiting, oldest_ms, accept_p90_ms, escalated;
	uint32_t plan, plans_below;
	bool asked; /* not published */
};

static void stats(struct bed *bed, uint32_t id, struct said said)
{
	uint64_t accept[] = {said.accept_p90_ms / 2, said.accept_p90_ms, said.accept_p90_ms * 2},
		 complete[] = {1, 2, 3};
	struct pd_stats s = {
		.area = id,
		.time_ms = T0_MS + bed->now_ms,
		.submitted = said.submitted,
		.accepted = said.accepted,
		.waiting = said.waiting,
		.oldest_ms = said.oldest_ms,
		.accept_ms = {accept, 3},
		.complete_ms = {complete, 3},
		.escalated = said.escalated,
		.plan = said.plan,
		.plans_below = said.plans_below,
	};
	top_model_stats(bed->model, &s, !said.asked);
}

static struct pd_id order_id(unsigned number)
{
	struct pd_id id = {{0}};
	id.bytes[15] = (uint8_t)number;
	id.bytes[14] = (uint8_t)(number >> 8);
	id.bytes[13] = (uint8_t)(number >> 16);
	return id;
}

static void submitted(struct bed *bed, uint64_t seq, uint32_t holder, uint32_t category, const char *text)
{
	struct pd_message m = {.type = PD_MSG_submitted, .request = seq};
	m.submitted = (struct pd_submitted){.time_ms = T0_MS + seq,
					    .order = order_id((unsigned)seq),
					    .version = 1,
					    .holder = holder,
					    .category = category,
					    .text = pd_text(text)};
	top_model_event(bed->model, &m);
}

static struct top_view *look(struct bed *bed)
{
	top_model_view(bed->model, &bed->view);
	return &bed->view;
}

static int set_up(void **state)
{
	static struct bed bed;
	bed = (struct bed){.model = top_model_new(0), .now_ms = 1000000};
	area(&bed, TOP_ID, 0, "博山区");
	area(&bed, EAST, TOP_ID, "城东街道");
	area(&bed, WEST, TOP_ID, "城西街道");
	area(&bed, GRID, EAST, "第一网格");
	area(&bed, MICRO, GRID, "第一微网格");
	area(&bed, OTHER_MICRO, WEST, "第二微网格");
	top_model_settle(bed.model);
	advance(&bed, 0);
	*state = &bed;
	return 0;
}

static int tear_down(void **state)
{
	struct bed *bed = *state;
	top_model_free(bed->model);
	top_view_fini(&bed->view);
	return 0;
}

/* ---- opening and closing ---- */

static void test_open(void **state)
{
	struct bed *bed = *state;
	assert_int_equal(top_model_top(bed->model), TOP_ID);
	assert_int_equal(look(bed)->row_count, 2);
	assert_int_equal(bed->view.path_count, 1);
	top_model_up(bed->model);
	assert_string_equal(look(bed)->opened.name, "博山区");
	top_model_open(bed->model, EAST);
	top_model_open(bed->model, GRID);
	look(bed);
	assert_int_equal(bed->view.path_count, 3);
	assert_string_equal(bed->view.path[0], "博山区");
	assert_string_equal(bed->view.path[2], "第一网格");
	assert_int_equal(bed->view.row_count, 1);
	assert_false(bed->view.rows[0].opens);
	top_model_open(bed->model, MICRO);
	assert_int_equal(look(bed)->row_count, 0);
	top_model_choose(bed->model, &bed->view, 1);
	top_model_up(bed->model);
	top_model_up(bed->model);
	top_model_up(bed->model);
	look(bed);
	assert_int_equal(bed->view.opened.area, TOP_ID);
	assert_int_equal(bed->view.rows[bed->view.chosen].area, EAST);
	top_model_open(bed->model, 99);
	assert_int_equal(look(bed)->opened.area, TOP_ID);
}

static void test_bounds(void **state)
{
	struct bed *bed = *state;
	struct top_model *model = top_model_new(EAST);
	struct top_model *whole = bed->model;
	bed->model = model;
	area(bed, TOP_ID, 0, "博山区");
	area(bed, EAST, TOP_ID, "城东街道");
	area(bed, WEST, TOP_ID, "城西街道");
	top_model_settle(model);
	top_model_up(model);
	top_model_open(model, WEST);
	assert_int_equal(look(bed)->opened.area, EAST);
	assert_int_equal(bed->view.path_count, 1);
	bed->model = whole;
	top_model_free(model);
}

static void test_several_districts(void **state)
{
	struct bed *bed = *state;
	struct top_model *whole = bed->model;
	bed->model = top_model_new(0);
	assert_int_equal(look(bed)->row_count, 0);
	area(bed, 1, 0, "甲区");
	area(bed, 2, 0, "乙区");
	top_model_settle(bed->model);
	assert_int_equal(top_model_top(bed->model), 0);
	assert_int_equal(look(bed)->row_count, 2);
	top_model_open(bed->model, 2);
	assert_int_equal(look(bed)->path_count, 2);
	top_model_up(bed->model);
	assert_int_equal(look(bed)->opened.area, 0);
	top_model_free(bed->model);
	bed->model = whole;
}

static void test_registry_changes(void **state)
{
	struct bed *bed = *state;
	struct pd_message m = {.type = PD_MSG_area_set, .request = 1};
	m.area_set = (struct pd_area_set){.area = 13, .parent = TOP_ID, .name = pd_text("新街道")};
	top_model_event(bed->model, &m);
	assert_int_equal(look(bed)->row_count, 3);
	m.area_set.retired = true;
	top_model_event(bed->model, &m);
	assert_int_equal(look(bed)->row_count, 2);
	/* It still holds something. */
	stats(bed, 13, (struct said){.submitted = 1, .waiting = 1});
	assert_int_equal(look(bed)->row_count, 3);
	m.area_set = (struct pd_area_set){.area = GRID, .parent = WEST, .name = pd_text("搬走的网格")};
	top_model_event(bed->model, &m);
	top_model_open(bed->model, WEST);
	assert_int_equal(look(bed)->row_count, 2);
	assert_string_equal(bed->view.rows[0].name, "搬走的网格");
}

/* ---- sorting and choosing ---- */

static void test_sort(void **state)
{
	struct bed *bed = *state;
	stats(bed, EAST, (struct said){.waiting = 1, .oldest_ms = T0_MS + bed->now_ms - 9000});
	stats(bed, WEST, (struct said){.waiting = 5, .oldest_ms = T0_MS + bed->now_ms - 1000});
	assert_int_equal(look(bed)->sort, TOP_BY_WAITING);
	assert_int_equal(bed->view.rows[0].area, WEST);
	top_model_reverse(bed->model);
	assert_int_equal(look(bed)->rows[0].area, EAST);
	top_model_sort(bed->model, TOP_BY_OLDEST);
	assert_false(look(bed)->reversed);
	assert_int_equal(bed->view.rows[0].area, EAST);
	assert_int_equal(bed->view.rows[0].oldest_ms, 9000);
	advance(bed, 500);
	assert_int_equal(look(bed)->rows[0].oldest_ms, 9500);
	/* Alike: by id, reversed or not. */
	top_model_sort(bed->model, TOP_BY_WORKING);
	assert_int_equal(look(bed)->rows[0].area, EAST);
	top_model_reverse(bed->model);
	assert_int_equal(look(bed)->rows[0].area, EAST);
}

static void test_plans(void **state)
{
	struct bed *bed = *state;
	stats(bed, TOP_ID, (struct said){.plans_below = 1, .escalated = 7, .asked = true});
	assert_int_equal(look(bed)->opened.plan, 0);
	assert_int_equal(look(bed)->opened.plans_below, 1);
	assert_int_equal(look(bed)->opened.escalated, 7);
	advance(bed, 1000);
	stats(bed, TOP_ID, (struct said){.plan = 2, .escalated = 9});
	assert_int_equal(look(bed)->opened.plan, 2);
	assert_int_equal(look(bed)->opened.plans_below, 0);
	assert_int_equal(look(bed)->opened.escalated, 9);
}

static void test_choose(void **state)
{
	struct bed *bed = *state;
	look(bed);
	top_model_choose(bed->model, &bed->view, -3);
	assert_int_equal(bed->view.chosen, 0);
	top_model_choose(bed->model, &bed->view, 7);
	assert_int_equal(bed->view.chosen, 1);
	assert_int_equal(bed->view.rows[1].area, WEST);
	/* It stays chosen where it goes. */
	stats(bed, WEST, (struct said){.waiting = 5});
	assert_int_equal(look(bed)->chosen, 0);
	assert_int_equal(bed->view.rows[0].area, WEST);
}

/* ---- rates ---- */

static float newest(const struct bed *bed, unsigned back)
{
	return bed->view.seconds[TOP_SUBMITTED][TOP_SECONDS - 1 - back];
}

static void test_rates(void **state)
{
	struct bed *bed = *state;
	uint64_t submitted = 1000;
	/* What there was before we came is no rate. */
	stats(bed, TOP_ID, (struct said){.submitted = submitted, .asked = true});
	for (int i = 0; i < 20; i++) {
		advance(bed, 1000);
		submitted += 50;
		stats(bed, TOP_ID, (struct said){.submitted = submitted});
	}
	look(bed);
	assert_float_equal(newest(bed, 0), 50, 0.01);
	assert_float_equal(bed->view.rates[TOP_SUBMITTED], 50, 0.01);
	assert_float_equal(bed->view.opened.rate_per_minute, 1000, 0.5);
	assert_float_equal(newest(bed, 30), 0, 0.01);
	assert_float_equal(bed->view.rates[TOP_ACCEPTED], 0, 0.01);
	/* Silence: nothing happens, and it moves on. */
	advance(bed, 10000);
	look(bed);
	assert_float_equal(newest(bed, 0), 0, 0.01);
	assert_float_equal(bed->view.rates[TOP_SUBMITTED], 0, 0.01);
	/* The first after a silence was in the last second. */
	stats(bed, TOP_ID, (struct said){.submitted = submitted + 8});
	advance(bed, 5000);
	look(bed);
	float sum = 0;
	for (unsigned i = 0; i < 8; i++)
		sum += newest(bed, i);
	assert_float_equal(sum, 8, 0.01);
}

/* Publications come a little later than each second: no second may be left empty for that. */
static void test_rates_late(void **state)
{
	struct bed *bed = *state;
	uint64_t submitted = 0;
	stats(bed, TOP_ID, (struct said){.submitted = 0, .asked = true});
	for (int i = 0; i < 100; i++) {
		advance(bed, 1013);
		submitted += 100;
		stats(bed, TOP_ID, (struct said){.submitted = submitted});
	}
	look(bed);
	for (unsigned i = 0; i < 60; i++)
		assert_float_equal(newest(bed, i), 100 / 1.013, 1);
}

/* After having been away the orders of that time are spread over it; a repeat, or an older answer, changes nothing. */
static void test_rates_away(void **state)
{
	struct bed *bed = *state;
	stats(bed, TOP_ID, (struct said){.submitted = 10, .asked = true});
	advance(bed, 20000);
	stats(bed, TOP_ID, (struct said){.submitted = 210, .asked = true});
	stats(bed, TOP_ID, (struct said){.submitted = 999});
	assert_float_equal((look(bed), newest(bed, 5)), 10, 0.01);
	assert_int_equal(bed->view.opened.accepted, 0);
	/* Another journal: it counts from there. */
	advance(bed, 1000);
	stats(bed, TOP_ID, (struct said){.submitted = 3});
	advance(bed, (uint64_t)90 * 86400 * 1000);
	stats(bed, TOP_ID, (struct said){.submitted = 4, .asked = true});
	look(bed);
	assert_true(bed->view.rates[TOP_SUBMITTED] < 0.001F);
}

static void test_slow(void **state)
{
	struct bed *bed = *state;
	stats(bed, MICRO, (struct said){.accepted = TOP_SLOW_ORDERS, .accept_p90_ms = 5000});
	stats(bed, OTHER_MICRO, (struct said){.accepted = TOP_SLOW_ORDERS + 1, .accept_p90_ms = 9000});
	stats(bed, GRID, (struct said){.accepted = 100, .accept_p90_ms = 10000});
	look(bed);
	assert_int_equal(bed->view.slow_count, 2);
	assert_int_equal(bed->view.slow[0].area, OTHER_MICRO);
	assert_int_equal(bed->view.slow[0].accept_ms[TOP_P90], 9000);
	top_model_open(bed->model, EAST);
	assert_int_equal(look(bed)->slow_count, 1);
	advance(bed, 1000);
	stats(bed, MICRO, (struct said){.accepted = TOP_SLOW_ORDERS - 1, .accept_p90_ms = 5000});
	assert_int_equal(look(bed)->slow_count, 0);
	top_model_open(bed->model, TOP_ID);
	for (uint32_t i = 0; i < 2 * TOP_VIEW_SLOW; i++) {
		area(bed, 2000 + i, EAST, "很多");
		stats(bed, 2000 + i, (struct said){.accepted = 10, .accept_p90_ms = 100 + (i * 37) % 101});
	}
	look(bed);
	assert_int_equal(bed->view.slow_count, TOP_VIEW_SLOW);
	for (size_t i = 1; i < bed->view.slow_count; i++)
		assert_true(bed->view.slow[i - 1].accept_ms[TOP_P90] >= bed->view.slow[i].accept_ms[TOP_P90]);
}

/* ---- events ---- */

static void test_events(void **state)
{
	struct bed *bed = *state;
	struct pd_message category = {.type = PD_MSG_category}, accepted = {.type = PD_MSG_accepted, .request = 7};
	category.category = (struct pd_category){.category = 3, .name = pd_text("公共照明")};
	top_model_learn(bed->model, &category);
	submitted(bed, 5, MICRO, 3, "灯\n不亮");
	submitted(bed, 6, OTHER_MICRO, 3, "别处");
	accepted.accepted = (struct pd_accepted){
		.time_ms = T0_MS + 7, .order = order_id(5), .version = 2, .holder = MICRO, .from = MICRO};
	top_model_event(bed->model, &accepted);
	look(bed);
	assert_int_equal(bed->view.event_count, 3);
	/* What it is about is known from its first event. */
	assert_int_equal(bed->view.events[0].type, PD_MSG_accepted);
	assert_string_equal(bed->view.events[0].category, "公共照明");
	assert_string_equal(bed->view.events[0].text, "灯 不亮");
	assert_string_equal(bed->view.events[1].area, "第二微网格");
	top_model_open(bed->model, EAST);
	assert_int_equal(look(bed)->event_count, 2);
	/* Handed from the one to the other, it is seen in both. */
	struct pd_message transferred = {.type = PD_MSG_transferred, .request = 8};
	transferred.transferred = (struct pd_transferred){
		.order = order_id(6), .version = 2, .holder = MICRO, .from = OTHER_MICRO, .reason = pd_text("归你")};
	top_model_event(bed->model, &transferred);
	assert_int_equal(look(bed)->event_count, 3);
	top_model_open(bed->model, WEST);
	assert_int_equal(look(bed)->event_count, 2);
	assert_string_equal(bed->view.events[0].text, "归你");
}

static void test_many_events(void **state)
{
	struct bed *bed = *state;
	char text[16];
	for (unsigned i = 1; i <= 3 * TOP_EVENTS; i++) {
		snprintf(text, sizeof text, "%u", i);
		submitted(bed, i, i <= 2 * TOP_EVENTS ? OTHER_MICRO : MICRO, 0, text);
	}
	look(bed);
	assert_int_equal(bed->view.event_count, TOP_VIEW_EVENTS);
	snprintf(text, sizeof text, "%d", 3 * TOP_EVENTS);
	assert_string_equal(bed->view.events[0].text, text);
	snprintf(text, sizeof text, "%d", 3 * TOP_EVENTS - 1);
	assert_string_equal(bed->view.events[1].text, text);
	top_model_open(bed->model, WEST);
	assert_int_equal(look(bed)->event_count, 0);
}

/* A text is cut between characters. */
static void test_long_words(void **state)
{
	struct bed *bed = *state;
	char text[601] = "";
	for (size_t i = 0; i < 600; i += 3)
		memcpy(text + i, "灯", 4);
	submitted(bed, 1, MICRO, 0, text);
	look(bed);
	assert_int_equal(strlen(bed->view.events[0].text), (TOP_TEXT_BYTES - 1) / 3 * 3);
}

#define ON_BED(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fit),
		cmocka_unit_test(test_fit_wide),
		cmocka_unit_test(test_fit_keeps_the_end),
		cmocka_unit_test(test_fit_is_safe),
		cmocka_unit_test(test_spark),
		ON_BED(test_open),
		ON_BED(test_bounds),
		ON_BED(test_several_districts),
		ON_BED(test_registry_changes),
		ON_BED(test_sort),
		ON_BED(test_plans),
		ON_BED(test_choose),
		ON_BED(test_rates),
		ON_BED(test_rates_late),
		ON_BED(test_rates_away),
		ON_BED(test_slow),
		ON_BED(test_events),
		ON_BED(test_many_events),
		ON_BED(test_long_words),
	};
	print_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
