/* test_detail.c - what refusals say in particular: both languages say the same, rendering keeps to its room. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "check.h"
#include "detail.h"
#include "id.h"

/* The arguments that a form mentions, a bit each; fails on braces that are no argument's. */
static unsigned mentioned(const char *form)
{
	unsigned found = 0;
	for (const char *at = form; (at = strchr(at, '{')); at++) {
		if (at[1] < '1' || at[1] > '0' + PD_DETAIL_ARGS || at[2] != '}')
			fail_msg("not an argument: %s", form);
		found |= 1u << (at[1] - '1');
	}
	return found;
}

static bool has_chinese(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text >= 0xe3)
			return true;
	return false;
}

static void test_both_languages_say_the_same(void **state)
{
	(void)state;
	for (unsigned name = 1; name < PD_DETAIL_end; name++) {
		const char *english = pd_detail_form(name, PD_language_english);
		const char *chinese = pd_detail_form(name, PD_language_chinese);
		unsigned all = (1u << pd_detail_arguments(name)) - 1;
		if (mentioned(english) != all || mentioned(chinese) != all)
			fail_msg("not all of its arguments, or others: %s / %s", english, chinese);
		assert_true(pd_utf8_valid(chinese, strlen(chinese)));
		if (has_chinese(english) || (strlen(english) > strlen("{1}") && !has_chinese(chinese)))
			fail_msg("in the wrong language: %s / %s", english, chinese);
	}
}

static void expect_text(struct pd_detail detail, const char *english, const char *chinese)
{
	char text[PD_DETAIL_BYTES];
	assert_string_equal(pd_detail_text(&detail, PD_language_english, text), english);
	assert_string_equal(pd_detail_text(&detail, 0, text), english);
	assert_string_equal(pd_detail_text(&detail, PD_language_chinese, text), chinese);
}

static void test_arguments(void **state)
{
	struct pd_id id;
	(void)state;
	expect_text(PD_NO_DETAIL, "", "");
	expect_text(PD_DETAIL(no_district), "no area of level 1 is in use", "没有在用的区级区域");
	expect_text(PD_DETAIL(accepted_by, PD_NUMBER(UINT32_MAX)), "person 4294967295 accepted it",
		    "人员 4294967295 已接单");
	expect_text(
		PD_DETAIL(field_number, PD_NAME("lon_e7"), PD_SIGNED(INT64_MIN), PD_SIGNED(-5), PD_NUMBER(UINT64_MAX)),
		"lon_e7: is -9223372036854775808, must be -5 to 18446744073709551615",
		"lon_e7：现为 -9223372036854775808，应为 -5 至 18446744073709551615");
	expect_text(PD_DETAIL(shape_crosses, PD_NUMBER(1), PD_DEGREES(-1178750000), PD_DEGREES(364950001)),
		    "area 1: it crosses itself at -117.875, 36.4950001", "区域 1：在 -117.875, 36.4950001 处自相交");
	expect_text(PD_DETAIL(shape_latitude, PD_NUMBER(1), PD_NUMBER(2), PD_DEGREES(1170000000)),
		    "area 1: point 2 has latitude 117; are longitude and latitude in the wrong order?",
		    "区域 1：第 2 个点的纬度为 117；经度和纬度是否颠倒了？");
	expect_text(PD_DETAIL(state_needed, PD_STATES(1u << PD_STATE_closed),
			      PD_STATES(1u << PD_STATE_waiting | 1u << PD_STATE_accepted | 1u << PD_STATE_completed),
			      PD_EVENT_ARG(PD_MSG_noted)),
		    "it is closed; it must be waiting, accepted or completed to be noted",
		    "现为已关闭；须为待接单、办理中或已办结才能备注");
	expect_text(PD_DETAIL(only_holder, PD_NUMBER(7), PD_COMMAND_ARG(PD_MSG_accept)),
		    "only a person with a post in area 7 may accept", "只有在区域 7 任职的人才能接单");
	assert_int_equal(pd_id_parse("019ab0a2-0700-7000-8000-00000000002a", &id), PD_OK);
	expect_text(PD_DETAIL(id, PD_ID_ARG(id)), "019ab0a2-0700-7000-8000-00000000002a",
		    "019ab0a2-0700-7000-8000-00000000002a");
}

/* What does not fit is left out in whole pieces: never half a character. */
static void test_too_long(void **state)
{
	char name[300], text[PD_DETAIL_BYTES];
	(void)state;
	for (size_t bytes = 0; bytes < sizeof name; bytes++) {
		memset(name, 'x', bytes);
		name[bytes] = 0;
		struct pd_detail detail = PD_DETAIL(field_missing, PD_NAME(name), PD_NAME("submit"), PD_NUMBER(3));
		pd_detail_text(&detail, PD_language_chinese, text);
		assert_true(strlen(text) < PD_DETAIL_BYTES && pd_utf8_valid(text, strlen(text)));
	}
}

static void test_words(void **state)
{
	(void)state;
	assert_string_equal(pd_word_in(PD_language_chinese, "post", PD_post_leader), "微网格长");
	assert_string_equal(pd_word_in(PD_language_english, "post", PD_post_leader), "leader");
	assert_string_equal(pd_word_in(0, "state", PD_STATE_waiting), "waiting");
	assert_string_equal(pd_word_in(PD_language_chinese, "state", 99), "99");
	assert_string_equal(pd_move_in(PD_language_chinese, PD_MSG_completed), "办结");
	assert_string_equal(pd_move_in(PD_language_english, PD_MSG_completed), "completed");
	assert_string_equal(pd_move_in(PD_language_english, PD_MSG_area_set), "?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_both_languages_say_the_same),
		cmocka_unit_test(test_arguments),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
