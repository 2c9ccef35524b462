/* test_due.c - what the clock brings: what is due comes when it is, and no more than that. */
#include "core_bed.h"

enum { IDLE_S = 3600 };

/* Category 5 with a time of silence. */
static void put_idle(struct bed *bed, uint32_t idle_within_s)
{
	struct pd_message put = bed_category(5, PD_level_microgrid, PD_urgency_normal);
	put.put_category.idle_within_s = idle_within_s;
	bed_put(bed, put);
}

static struct order *accept_one(struct bed *bed)
{
	put_idle(bed, IDLE_S);
	bed_must_submit(bed, 1, 5, 101);
	return bed_must(bed, PD_MSG_accept, 1, 1, 201);
}

static enum core_due due_at(struct bed *bed, uint64_t now_ms, struct core_due_thing *thing)
{
	bed->now_ms = now_ms;
	return core_decide_due(bed->core, now_ms, thing);
}

static void a_time_of_silence_that_was_taken_back_is_no_warning(void **state)
{
	struct bed *bed = *state;
	struct core_due_thing thing;
	accept_one(bed);
	put_idle(bed, 0);
	expect(due_at(bed, bed->now_ms + IDLE_S * BED_SECOND, &thing) == CORE_DUE_NOTHING,
	       "something is due of an order that may be silent");
	expect(due_at(bed, bed->now_ms + 11 * (uint64_t)BED_HOUR, &thing) == CORE_DUE_WARNING,
	       "half of the time has passed, and nobody is warned");
	assert_int_equal(thing.why, PD_warning_half);
}

static void a_reminder_that_comes_late_leaves_as_much_time_again(void **state)
{
	struct bed *bed = *state;
	struct core_due_thing thing;
	accept_one(bed);
	uint64_t late_ms = bed->now_ms + 10 * (uint64_t)BED_HOUR;
	expect(due_at(bed, late_ms, &thing) == CORE_DUE_EVENT, "nobody is reminded");
	assert_int_equal(thing.event.type, PD_MSG_reminded);
	bed_apply(bed, &thing.event);
	expect(due_at(bed, late_ms + IDLE_S * BED_SECOND - BED_SECOND, &thing) == CORE_DUE_NOTHING,
	       "something is due at once after the reminder");
	expect(due_at(bed, late_ms + IDLE_S * BED_SECOND, &thing) == CORE_DUE_EVENT, "the silence goes on");
	assert_int_equal(thing.event.type, PD_MSG_escalated);
	assert_int_equal(thing.event.escalated.why, PD_escalation_idle);
}

static void a_remark_of_nobody_is_no_sign_of_life(void **state)
{
	struct bed *bed = *state;
	bed_must_submit(bed, 1, 5, 101);
	bed->now_ms += BED_HOUR;
	struct order *order = bed_must(bed, PD_MSG_note, 1, 1, 0);
	expect_u64(order->row.touched_s, 0, "touched_s of an order that nobody has accepted");
}

static void a_start_gives_no_warning_of_the_past(void **state)
{
	struct bed *bed = *state;
	struct core_due_thing thing;
	const struct core_periods none = {.confirm_within_ms = 1};
	struct order_row row = accept_one(bed)->row;
	uint64_t last_ms = row.accepted_ms + 13 * (uint64_t)BED_HOUR;
	struct core *core = core_new(7, &none);
	for (size_t off = 0; off < bed->events.count;) { /* the registry alone */
		struct pd_decoder *decoder = pd_decoder_new();
		struct pd_message event;
		struct pd_fault fault;
		assert_int_equal(pd_decode(decoder, bed->events.data, bed->events.count, &off, &event, &fault), PD_OK);
		if (!pd_is_order_event(event.type))
			core_apply(core, &event, 1);
		pd_decoder_free(decoder);
	}
	row.touched_s = 13 * IDLE_S; /* he has just said something */
	core_restore(core, &row);
	core_restore_end(core, row.last_seq, last_ms);
	core_begin(core);
	expect(core_decide_due(core, last_ms + 1, &thing) == CORE_DUE_NOTHING, "it is told again that half is over");
	core_free(core);
}

static void an_order_that_is_reopened_follows_its_household(void **state)
{
	struct bed *bed = *state;
	struct pd_message event;
	bed_must_submit(bed, 1, 5, 103);
	bed_must(bed, PD_MSG_accept, 1, 1, 203);
	bed_must(bed, PD_MSG_complete, 1, 2, 203);
	bed_put(bed, bed_household(60, 21, 60));
	expect(!bed_due(bed->core, bed->now_ms, &event), "what is done moves");
	bed_must(bed, PD_MSG_reopen, 1, 3, 103);
	expect(bed_due(bed->core, bed->now_ms, &event), "what waits again stays behind");
	assert_int_equal(event.type, PD_MSG_rerouted);
	expect_u64(event.rerouted.area, 21, "rerouted: area");
	bed_apply(bed, &event);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, bed_setup, bed_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_time_of_silence_that_was_taken_back_is_no_warning),
		TEST(a_reminder_that_comes_late_leaves_as_much_time_again),
		TEST(a_remark_of_nobody_is_no_sign_of_life),
		TEST(a_start_gives_no_warning_of_the_past),
		TEST(an_order_that_is_reopened_follows_its_household),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
