/* test_duty.c - recurring orders: when they occur, for whom, once each, and what a stop makes of them. */
#include "core_bed.h"
#include "calendar.h"
#include "duty.h"
#include "id.h"

/* 2026-01-05 is a Monday; times are of China's clock. */
static uint64_t at(uint32_t yyyymmdd, unsigned hour, unsigned minute)
{
	uint32_t day;
	assert_true(calendar_parse(yyyymmdd, &day));
	return calendar_day_ms(day) + (hour * 60 + minute) * UINT64_C(60000);
}

static struct pd_message put_duty(uint32_t area, bool each)
{
	struct pd_message message = {.type = PD_MSG_put_duty, .request = 1};
	message.put_duty = (struct pd_put_duty){.duty = 7,
						.name = pd_text("消防通道"),
						.category = PD_level_microgrid,
						.area = area,
						.each = each,
						.text = pd_text("检查消防通道是否畅通"),
						.weekdays = 1,
						.minute = 510};
	return message;
}

static int setup(void **state)
{
	struct bed *bed = bed_new();
	bed->now_ms = at(20260105, 7, 0);
	*state = bed;
	return 0;
}

static void must_put(struct bed *bed, struct pd_message put)
{
	bed_do(bed, &put, 0);
	expect_outcome(bed, CORE_EVENT, "put_duty");
}

static const struct duty *duty(const struct core *core)
{
	return (const struct duty *)registry_find(core_registry(core), REGISTRY_DUTIES, 7);
}

static uint64_t next_due(const struct core *core)
{
	const struct duty *is = duty(core);
	const struct registry *registry = core_registry(core);
	if (is->retired)
		return UINT64_MAX;
	return is->last_area ? is->last_ms : duty_next(registry, is, duty_since(is));
}

/* The next order of the duty, which must be due by now; its area. */
static uint32_t made(struct bed *bed, uint64_t occurrence_ms)
{
	struct pd_message event;
	expect(bed_due(bed->core, bed->now_ms, &event) && event.type == PD_MSG_submitted, "no order is made");
	struct pd_fault fault;
	expect(pd_validate(&event, &fault) == PD_OK, "the event is outside its limits: %s", fault.detail);
	expect_u64(event.submitted.duty, 7, "the duty");
	expect_u64(event.submitted.occurrence_ms, occurrence_ms, "the occurrence");
	expect_u64(pd_id_time_ms(&event.submitted.order), occurrence_ms, "the id's time");
	expect_u64(event.submitted.requester, 0, "the requester");
	uint32_t area = event.submitted.area;
	bed_apply(bed, &event);
	return area;
}

/* Orders that climb are not looked at here. */
static bool any_made(struct bed *bed)
{
	struct pd_message event;
	return next_due(bed->core) <= bed->now_ms && bed_due(bed->core, bed->now_ms, &event) &&
	       event.type == PD_MSG_submitted;
}

static void on_mondays_an_order_is_made_once(void **state)
{
	struct bed *bed = *state;
	must_put(bed, put_duty(3, false));
	expect_u64(next_due(bed->core), at(20260105, 8, 30), "the first time");
	bed->now_ms = at(20260105, 8, 29);
	expect(!any_made(bed), "an order is made before its time");
	bed->now_ms = at(20260105, 8, 30);
	expect_u64(made(bed, bed->now_ms), 3, "the area");
	expect(!any_made(bed), "it is made twice");
	expect_u64(next_due(bed->core), at(20260112, 8, 30), "the next time");
}

static void each_microgrid_gets_its_own(void **state)
{
	struct bed *bed = *state;
	must_put(bed, put_duty(3, true));
	bed->now_ms = at(20260105, 9, 0);
	static const uint32_t areas[] = {11, 12, 21};
	for (size_t i = 0; i < 3; i++) {
		expect_u64(made(bed, at(20260105, 8, 30)), areas[i], "the micro-grid");
		expect_u64(duty(bed->core)->last_area, i < 2 ? areas[i] : 0, "how far it has come");
	}
	expect(!any_made(bed), "there is one more");
	/* One that is new in between gets its first next time. */
	bed_put(bed, bed_area(13, 4, PD_level_microgrid, PD_area_kind_plain, "第五微网格"));
	bed_put(bed, bed_area(99, 4, PD_level_microgrid, PD_area_kind_plain, "第六微网格"));
	expect(!any_made(bed), "a new micro-grid gets one for a time before it");
	expect_u64(next_due(bed->core), at(20260112, 8, 30), "the next time");
}

static void of_what_was_missed_the_latest_is_made(void **state)
{
	struct bed *bed = *state;
	must_put(bed, put_duty(3, false));
	bed->now_ms = at(20260128, 12, 0);
	expect_u64(made(bed, at(20260126, 8, 30)), 3, "the area");
	expect(!any_made(bed), "older ones are made, too");
	expect_u64(next_due(bed->core), at(20260202, 8, 30), "the next time");
}

static void days_of_the_month_and_worked_days(void **state)
{
	struct bed *bed = *state;
	struct pd_message put = put_duty(3, false);
	put.put_duty.weekdays = 0;
	put.put_duty.month_day = 31;
	must_put(bed, put);
	const struct registry *registry = core_registry(bed->core);
	expect_u64(duty_next(registry, duty(bed->core), bed->now_ms), at(20260131, 8, 30), "in January");
	expect_u64(duty_next(registry, duty(bed->core), at(20260131, 8, 30)), at(20260228, 8, 30), "in February");
	expect_u64(duty_next(registry, duty(bed->core), at(20280201, 0, 0)), at(20280229, 8, 30), "in a leap year");
	put.put_duty.workdays = true; /* the 31st of January and the 28th of February 2026 are Saturdays */
	must_put(bed, put);
	expect_u64(duty_next(registry, duty(bed->core), bed->now_ms), at(20260331, 8, 30), "on a worked day");
	put.put_duty.from_day = 20260601;
	put.put_duty.until_day = 20260629;
	must_put(bed, put);
	expect_u64(duty_next(registry, duty(bed->core), bed->now_ms), UINT64_MAX, "in a time without such a day");
}

static void setting_it_anew_makes_nothing_twice(void **state)
{
	struct bed *bed = *state;
	struct pd_message put = put_duty(3, true), again = put;
	must_put(bed, put);
	bed->now_ms = at(20260105, 8, 30);
	made(bed, bed->now_ms);
	bed_do(bed, &again, 0);
	expect_outcome(bed, CORE_REPEATED, "the same duty again");
	put.put_duty.text = pd_text("检查消防通道和楼道");
	must_put(bed, put);
	expect_u64(duty(bed->core)->last_area, 11, "how far it has come");
	expect_u64(made(bed, at(20260105, 8, 30)), 12, "it goes on where it was");
	put.put_duty.retired = true;
	must_put(bed, put);
	expect(!any_made(bed), "a retired duty makes an order");
	expect_u64(next_due(bed->core), UINT64_MAX, "a retired duty has no next time");
}

static void it_rests_while_its_category_is_out_of_use(void **state)
{
	struct bed *bed = *state;
	must_put(bed, put_duty(3, false));
	struct pd_message category = bed_category(PD_level_microgrid, PD_level_microgrid, PD_urgency_normal);
	category.put_category.retired = true;
	bed_put(bed, category);
	bed->now_ms = at(20260105, 8, 30);
	expect(!any_made(bed), "an order of a retired category is made");
	category.put_category.retired = false;
	bed_put(bed, category);
	expect_u64(made(bed, bed->now_ms), 3, "the area");
}

static void an_id_that_is_taken_is_left_alone(void **state)
{
	struct bed *bed = *state;
	struct pd_message event, submit = bed_submit(1, PD_level_microgrid);
	must_put(bed, put_duty(3, false));
	bed->now_ms = at(20260105, 8, 30);
	expect(bed_due(bed->core, bed->now_ms, &event), "nothing is due");
	submit.submit.order = event.submitted.order;
	bed_do(bed, &submit, 101);
	expect_outcome(bed, CORE_EVENT, "submit");
	made(bed, bed->now_ms);
}

static void bad_input_is_refused(void **state)
{
	struct bed *bed = *state;
	struct pd_message put = put_duty(3, false);
	bed_do(bed, &put, 401);
	expect_refused(bed, PD_REFUSED_not_allowed, "administrators", "by staff");
	put.put_duty.month_day = 3;
	bed_do(bed, &put, 0);
	expect_refused(bed, PD_REFUSED_bad_period, "one of both", "both");
	put.put_duty.month_day = put.put_duty.weekdays = 0;
	bed_do(bed, &put, 0);
	expect_refused(bed, PD_REFUSED_bad_period, "one of both", "neither");
	put = put_duty(3, false);
	put.put_duty.until_day = 20260230;
	bed_do(bed, &put, 0);
	expect_refused(bed, PD_REFUSED_bad_period, "20260230 is not a day", "no day");
	put.put_duty.from_day = 20260301;
	put.put_duty.until_day = 20260228;
	bed_do(bed, &put, 0);
	expect_refused(bed, PD_REFUSED_bad_period, "ends on 20260228, before it begins on 20260301",
		       "the wrong way round");
	put = put_duty(99, false);
	bed_do(bed, &put, 0);
	expect_refused(bed, PD_REFUSED_unknown_area, "no area 99", "no area");
	put = put_duty(3, false);
	put.put_duty.category = 9;
	bed_do(bed, &put, 0);
	expect_refused(bed, PD_REFUSED_retired, "no category 9 in use", "a retired category");
}

/* As a restart does it: what was kept of it in the book goes on where it was. */
static void a_restart_in_between_goes_on(void **state)
{
	struct bed *bed = *state;
	must_put(bed, put_duty(3, true));
	bed->now_ms = at(20260105, 8, 30);
	made(bed, bed->now_ms);
	struct core *again = bed_replay(&bed->events, 9);
	expect_same_dump(bed_dump(bed->core), bed_dump(again), "after a replay");
	struct pd_message a, b;
	assert_true(bed_due(bed->core, bed->now_ms, &a));
	assert_true(bed_due(again, bed->now_ms, &b));
	expect(memcmp(&a.submitted.order, &b.submitted.order, sizeof a.submitted.order) == 0, "the ids differ");
	expect_u64(b.submitted.area, 12, "the micro-grid");
	core_free(again);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(on_mondays_an_order_is_made_once, setup, bed_teardown),
		cmocka_unit_test_setup_teardown(each_microgrid_gets_its_own, setup, bed_teardown),
		cmocka_unit_test_setup_teardown(of_what_was_missed_the_latest_is_made, setup, bed_teardown),
		cmocka_unit_test_setup_teardown(days_of_the_month_and_worked_days, setup, bed_teardown),
		cmocka_unit_test_setup_teardown(setting_it_anew_makes_nothing_twice, setup, bed_teardown),
		cmocka_unit_test_setup_teardown(it_rests_while_its_category_is_out_of_use, setup, bed_teardown),
		cmocka_unit_test_setup_teardown(an_id_that_is_taken_is_left_alone, setup, bed_teardown),
		cmocka_unit_test_setup_teardown(bad_input_is_refused, setup, bed_teardown),
		cmocka_unit_test_setup_teardown(a_restart_in_between_goes_on, setup, bed_teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
