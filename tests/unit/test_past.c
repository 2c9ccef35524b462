/* test_past.c - past orders: what they become, who may record them, and what a second record of the same is told. */
#include "core_bed.h"

static const uint64_t day = BED_DAY;

/* A closed order of 40 days ago, in micro-grid 11. */
static struct pd_message past(const struct bed *bed, unsigned n)
{
	struct pd_message message = {.type = PD_MSG_record, .request = 1};
	message.record = (struct pd_record){.order = bed_id(n),
					    .category = 5,
					    .text = pd_text("路灯不亮"),
					    .submitted_ms = bed->now_ms - 40 * day,
					    .ended_ms = bed->now_ms - 38 * day,
					    .target_ms = bed->now_ms - 39 * day,
					    .state = PD_STATE_closed,
					    .source = pd_text("city-311"),
					    .key = pd_text("18-00269879"),
					    .area = 11,
					    .place = pd_text("税务街12号"),
					    .lon_e7 = 1178580001,
					    .lat_e7 = 364970002,
					    .result = pd_text("已修复")};
	return message;
}

static struct pd_message past_open(const struct bed *bed, unsigned n)
{
	struct pd_message message = past(bed, n);
	message.record.state = PD_STATE_waiting;
	message.record.ended_ms = message.record.target_ms = 0;
	return message;
}

static struct order *must_record(struct bed *bed, const struct pd_message *record)
{
	struct order *order = bed_do(bed, record, 0);
	expect_outcome(bed, CORE_EVENT, "record");
	return order;
}

static const struct figures *figures_of(const struct bed *bed, uint32_t area)
{
	return &core_holder(bed->core, area)->figures;
}

/* ---- what it becomes ---- */

static void an_ended_one_keeps_its_own_times(void **state)
{
	struct bed *bed = *state;
	struct pd_message record = past(bed, 1);
	const struct order *order = must_record(bed, &record);
	const struct order_row *row = &order->row;
	expect_u64(bed->decision.event.recorded.time_ms, bed->now_ms, "the event's time");
	expect_u64(row->submitted_ms, bed->now_ms - 40 * day, "submitted");
	expect_u64(row->completed_ms, bed->now_ms - 38 * day, "completed");
	expect_u64(row->ended_ms, bed->now_ms - 38 * day, "ended");
	expect_u64(row->due_ms, 0, "due");
	expect_u64(row->state, PD_STATE_closed, "state");
	expect_u64(row->version, 1, "version");
	expect_u64(row->holder, 11, "holder");
	expect_u64(row->urgency, PD_urgency_normal, "urgency");
	expect_u64(row->marks, ORDER_DUE | ORDER_LATE | ORDER_RECORDED, "marks");
	expect_u64(holder_open_orders(core_holder(bed->core, 11)), 0, "open orders of the area");
	expect_u64(core_forget(bed->core, core_last_seq(bed->core), 10, NULL, NULL, NULL), 1, "forgotten");
}

static void a_waiting_one_waits_from_now_on(void **state)
{
	struct bed *bed = *state;
	struct pd_message first = past_open(bed, 1), second = past_open(bed, 2);
	second.record.target_ms = bed->now_ms - 10 * day;
	second.record.urgency = PD_urgency_emergency;
	const struct order *order = must_record(bed, &first);
	expect_u64(order->row.submitted_ms, bed->now_ms - 40 * day, "submitted");
	expect_u64(order->row.waiting_ms, bed->now_ms, "waiting since");
	expect_u64(order->row.due_ms, bed->now_ms + 1800 * BED_SECOND, "due by its category");
	expect_u64(order->row.marks, ORDER_RECORDED, "marks without a target");
	order = must_record(bed, &second);
	expect_u64(order->row.due_ms, bed->now_ms + 450 * BED_SECOND, "due from now on, however late it is there");
	expect_u64(order->row.marks, ORDER_RECORDED | ORDER_DUE, "marks with a target");
	expect(RB_MIN(order_queue, &order->holder->waiting) == order, "the urgent one does not stand first");
	/* It is worked on like any other; its long past does not count as a time to accept. */
	bed->now_ms += 8;
	bed_must(bed, PD_MSG_accept, 2, 1, 201);
	bed->now_ms += 2 * day;
	bed_must(bed, PD_MSG_complete, 2, 2, 201);
	expect_u64(figures_of(bed, 11)->accept_counts[figures_bucket(8)], 1, "accepted within 8 ms");
	expect_u64(figures_of(bed, 11)->late, 1, "late: after the day that the acceptance gave");
}

static void a_completed_one_is_confirmed_or_closes_by_itself(void **state)
{
	struct bed *bed = *state;
	struct pd_message record = past(bed, 1), event;
	record.record.state = PD_STATE_completed;
	record.record.requester = 101;
	const struct order *order = must_record(bed, &record);
	expect_u64(order->row.completed_ms, bed->now_ms - 38 * day, "completed");
	expect_u64(order->row.ended_ms, 0, "ended");
	expect_u64(order->row.due_ms, bed->now_ms + bed_periods.confirm_within_ms, "closes by itself");
	record.record.order = bed_id(2);
	must_record(bed, &record);
	bed_must(bed, PD_MSG_confirm, 1, 1, 101);
	assert_true(bed_due(bed->core, bed_next_due(bed->core), &event));
	bed_apply(bed, &event);
	expect_u64(figures_of(bed, 11)->completed, 2, "completed");
	expect_u64(figures_of(bed, 11)->closed, 2, "closed");
}

static void figures_know_each_once(void **state)
{
	struct bed *bed = *state;
	static const struct {
		enum pd_state state;
		bool duplicate;
		int ended_days, target_days; /* ago; 0: not given */
		unsigned completed, closed, cancelled, due, late;
	} cases[] = {
		{PD_STATE_closed, false, 38, 39, 0, 1, 0, 1, 1},
		{PD_STATE_closed, true, 38, 37, 0, 1, 0, 1, 0},
		{PD_STATE_closed, false, 38, 38, 0, 1, 0, 1, 0}, /* just in time */
		{PD_STATE_closed, false, 38, 0, 0, 1, 0, 0, 0},
		{PD_STATE_cancelled, true, 38, 39, 0, 0, 1, 1, 0}, /* nobody did anything late */
		{PD_STATE_completed, false, 38, 39, 1, 0, 0, 1, 1},
		{PD_STATE_waiting, true, 0, 39, 0, 0, 0, 1, 0},
	};
	struct figures wanted = {0};
	for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct pd_message record = past(bed, i);
		record.record.state = (uint8_t)cases[i].state;
		record.record.duplicate = cases[i].duplicate;
		record.record.ended_ms = cases[i].ended_days ? bed->now_ms - (unsigned)cases[i].ended_days * day : 0;
		record.record.target_ms = cases[i].target_days ? bed->now_ms - (unsigned)cases[i].target_days * day : 0;
		must_record(bed, &record);
		wanted.submitted++;
		wanted.completed += cases[i].completed;
		wanted.unconfirmed += cases[i].completed;
		wanted.closed += cases[i].closed;
		wanted.cancelled += cases[i].cancelled;
		wanted.due += cases[i].due;
		wanted.late += cases[i].late;
		wanted.duplicate += cases[i].duplicate;
		expect(memcmp(figures_of(bed, 11), &wanted, sizeof wanted) == 0, "case %u: the figures are others", i);
	}
}

/* An order that is late, reopened and late again is one late order. */
static void a_live_one_is_late_once(void **state)
{
	struct bed *bed = *state;
	struct order *order = bed_must_submit(bed, 1, 5, 101);
	expect_u64(figures_of(bed, 11)->due, 1, "due");
	bed_must(bed, PD_MSG_accept, 1, 1, 201);
	bed->now_ms = order->row.due_ms;
	bed_must(bed, PD_MSG_complete, 1, 2, 201);
	expect_u64(figures_of(bed, 11)->late, 0, "late, when it came in the last moment");
	bed_must(bed, PD_MSG_reopen, 1, 3, 101);
	bed_must(bed, PD_MSG_accept, 1, 4, 301);
	bed->now_ms = order->row.due_ms + 1;
	bed_must(bed, PD_MSG_complete, 1, 5, 301);
	expect_u64(figures_of(bed, 4)->late, 1, "late");
	bed_must(bed, PD_MSG_reopen, 1, 6, 101);
	bed_must(bed, PD_MSG_accept, 1, 7, 401);
	bed->now_ms = order->row.due_ms + 1;
	bed_must(bed, PD_MSG_complete, 1, 8, 401);
	expect_u64(figures_of(bed, 3)->late, 0, "late again");
}

/* ---- repeats ---- */

static void a_repeat_changes_nothing_whoever_sends_it(void **state)
{
	struct bed *bed = *state;
	struct pd_message record = past(bed, 1);
	must_record(bed, &record);
	uint64_t seq = core_last_seq(bed->core);
	bed->now_ms += 3 * day;
	const uint32_t actors[] = {0, 901, 912,
				   101}; /* 912 is retired: whoever it was may have become something else */
	for (unsigned i = 0; i < 4; i++) {
		bed_do(bed, &record, actors[i]);
		expect_outcome(bed, CORE_REPEATED, "the same again");
		expect_u64(bed->decision.seq, seq, "seq");
		expect_u64(bed->decision.version, 1, "version");
	}
}

static void a_repeat_is_known_after_the_order_went_on(void **state)
{
	struct bed *bed = *state;
	struct pd_message record = past_open(bed, 1);
	must_record(bed, &record);
	uint64_t seq = core_last_seq(bed->core);
	bed_must(bed, PD_MSG_accept, 1, 1, 201);
	bed_must(bed, PD_MSG_complete, 1, 2, 201);
	bed_do(bed, &record, 0);
	expect_outcome(bed, CORE_REPEATED, "the same again");
	expect_u64(bed->decision.seq, seq, "seq");
}

static void other_contents_are_refused(void **state)
{
	struct bed *bed = *state;
	struct pd_message record = past(bed, 1);
	must_record(bed, &record);
#define OTHER(field, value)                                                                                            \
	do {                                                                                                           \
		struct pd_message other = record;                                                                      \
		other.record.field = value;                                                                            \
		bed_do(bed, &other, 0);                                                                                \
		expect_refused(bed, PD_REFUSED_order_exists, "other contents", "another " #field);                     \
	} while (0)
	OTHER(category, 4);
	OTHER(text, pd_text("路灯不亮了"));
	OTHER(submitted_ms, record.record.submitted_ms + 1);
	OTHER(ended_ms, record.record.ended_ms + 1);
	OTHER(target_ms, 0);
	OTHER(state, PD_STATE_cancelled);
	OTHER(duplicate, true);
	OTHER(source, pd_text("city-312"));
	OTHER(key, pd_text("18-00269878"));
	OTHER(household, 50);
	OTHER(requester, 101);
	OTHER(urgency, PD_urgency_high);
	OTHER(area, 12);
	OTHER(place, pd_text(""));
	OTHER(lon_e7, 0);
	OTHER(lat_e7, 0);
	OTHER(result, pd_text(""));
#undef OTHER
	struct pd_message submit = bed_submit(1, 5);
	bed_do(bed, &submit, 101);
	expect_refused(bed, PD_REFUSED_order_exists, "", "a submit of its id");
	bed_must_submit(bed, 2, 5, 101);
	record.record.order = bed_id(2);
	bed_do(bed, &record, 0);
	expect_refused(bed, PD_REFUSED_order_exists, "", "a record of a submitted id");
}

/* ---- refusals ---- */

static void only_the_operator_and_administrators_record(void **state)
{
	struct bed *bed = *state;
	for (unsigned i = 0; i < BED_PEOPLE; i++) {
		struct pd_message record = past(bed, i);
		bed_do(bed, &record, bed_people[i].id);
		if (bed_people[i].post == PD_post_administrator)
			expect_outcome(bed, CORE_EVENT, "an administrator");
		else
			expect(bed->decision.outcome == CORE_REFUSED, "person %u recorded a past order",
			       bed_people[i].id);
	}
}

static void what_does_not_fit_is_refused(void **state)
{
	struct bed *bed = *state;
	bed_put(bed, bed_category(77, PD_level_microgrid, PD_urgency_normal));
	struct pd_message retired = bed_category(77, PD_level_microgrid, PD_urgency_normal);
	retired.put_category.retired = true;
	bed_put(bed, retired);
	unsigned n = 0;
#define REFUSED(refusal, text, ...)                                                                                    \
	do {                                                                                                           \
		struct pd_message wrong = past(bed, ++n);                                                              \
		struct pd_record *r = &wrong.record;                                                                   \
		__VA_ARGS__;                                                                                           \
		bed_do(bed, &wrong, 0);                                                                                \
		expect_refused(bed, PD_REFUSED_##refusal, text, #__VA_ARGS__);                                         \
	} while (0)
	REFUSED(bad_id, "RFC 9562", r->order.bytes[6] = 0x40);
	REFUSED(bad_field, "accepted it", r->state = PD_STATE_accepted);
	REFUSED(bad_times, "future", r->submitted_ms = r->ended_ms = bed->now_ms + 1);
	REFUSED(bad_times, "future", r->ended_ms = bed->now_ms + 1);
	REFUSED(bad_times, "has no end", r->ended_ms = 0);
	REFUSED(bad_times, "has an end", r->state = PD_STATE_waiting);
	REFUSED(bad_times, "before it was submitted", r->ended_ms = r->submitted_ms - 1);
	REFUSED(unknown_person, "person 99", r->requester = 99);
	REFUSED(retired, "person 912", r->requester = 912);
	REFUSED(unknown_category, "category 99", r->category = 99);
	REFUSED(retired, "category 77", r->category = 77);
	REFUSED(unknown_area, "area 99", r->area = 99);
	REFUSED(unknown_household, "household 99", r->household = 99);
#undef REFUSED
}

static void the_holder_follows_from_place_and_category(void **state)
{
	struct bed *bed = *state;
	static const struct {
		uint32_t area, household, requester, category, wanted_area, wanted_holder;
	} cases[] = {{11, 0, 0, 5, 11, 11},
		     {11, 0, 0, 3, 11, 3},
		     {1, 0, 0, 5, 1, 1},
		     {0, 60, 0, 5, 12, 12},
		     {0, 0, 102, 5, 11, 11}};
	for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct pd_message record = past(bed, i);
		record.record.area = cases[i].area;
		record.record.household = cases[i].household;
		record.record.requester = cases[i].requester;
		record.record.category = cases[i].category;
		const struct order *order = must_record(bed, &record);
		expect_u64(order->row.area, cases[i].wanted_area, "area");
		expect_u64(order->row.holder, cases[i].wanted_holder, "holder");
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, bed_setup, bed_teardown)
	const struct CMUnitTest tests[] = {
		TEST(an_ended_one_keeps_its_own_times),
		TEST(a_waiting_one_waits_from_now_on),
		TEST(a_completed_one_is_confirmed_or_closes_by_itself),
		TEST(figures_know_each_once),
		TEST(a_live_one_is_late_once),
		TEST(a_repeat_changes_nothing_whoever_sends_it),
		TEST(a_repeat_is_known_after_the_order_went_on),
		TEST(other_contents_are_refused),
		TEST(only_the_operator_and_administrators_record),
		TEST(what_does_not_fit_is_refused),
		TEST(the_holder_follows_from_place_and_category),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
