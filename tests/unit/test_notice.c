/* test_notice.c - notices, roll-calls and visits: who may, what counts, what is refused, and what the clock brings; in
 * memory and in the book. */
#include "book_bed.h"

enum { DAY = BED_DAY };

static struct pd_id notice_id(unsigned n)
{
	return bed_id(5000 + n);
}

static struct pd_message notify(unsigned n, uint32_t area, unsigned kind, unsigned want, unsigned sort)
{
	struct pd_message message = {.type = PD_MSG_notify, .request = 1};
	message.notify = (struct pd_notify){.notice = notice_id(n),
					    .area = area,
					    .kind = (uint8_t)kind,
					    .want = (uint8_t)want,
					    .sort = (uint8_t)sort,
					    .text = pd_text("明日停水"),
					    .until_ms = bed_begin_ms + 2 * (uint64_t)DAY,
					    .category = kind == PD_notice_kind_notice ? 0 : 5};
	return message;
}

static struct pd_message answer(unsigned n, uint32_t member, unsigned kind)
{
	struct pd_message message = {.type = PD_MSG_answer, .request = 1};
	message.answer = (struct pd_answer){.notice = notice_id(n), .member = member, .answer = (uint8_t)kind};
	return message;
}

static void repeated(struct bed *bed, struct pd_message command, uint32_t actor, uint64_t seq)
{
	bed_do(bed, &command, actor);
	expect_outcome(bed, CORE_REPEATED, pd_message_info(command.type)->name);
	expect_u64(bed->decision.seq, seq, "the first seq");
}

static struct notice_count count_in(struct bed *bed, unsigned n, uint32_t area)
{
	struct pd_id id = notice_id(n);
	const struct notice *notice = core_notice(bed->core, &id);
	const struct area *top = registry_area(core_registry(bed->core), area);
	size_t count;
	struct notice_count *sums = core_notice_sums(bed->core, &notice->row, top, true, &count);
	core_notice_count(bed->core, notice, top, sums, count);
	core_notice_total(sums, count);
	struct notice_count sum = sums[0];
	free(sums);
	return sum;
}

/* What is due by now; returns how many events. */
static unsigned fire(struct bed *bed)
{
	struct pd_message event;
	unsigned count = 0;
	for (; bed_due(bed->core, bed->now_ms, &event); count++) {
		struct pd_fault fault;
		expect(pd_validate(&event, &fault) == PD_OK, "what the clock brings is outside its limits: %s",
		       fault.detail);
		bed_apply(bed, &event);
	}
	return count;
}

/* ---- sending ---- */

static void a_notice_is_one_event_and_no_rows(void **state)
{
	struct bed *bed = *state;
	uint64_t before = core_last_seq(bed->core);
	bed_must_do(bed, notify(1, 3, PD_notice_kind_notice, PD_want_confirmation, PD_member_sort_household), 401);
	expect_u64(core_last_seq(bed->core), before + 1, "one event");
	assert_null(core_take_changed_members(bed->core));
	struct notice_count count = count_in(bed, 1, 3);
	assert_int_equal(count.members, 5);
	assert_int_equal(count.reached[0], 0);
}

static void a_notice_sent_again_is_the_same(void **state)
{
	struct bed *bed = *state;
	struct pd_message command = notify(1, 3, PD_notice_kind_notice, PD_want_read, PD_member_sort_household);
	bed_must_do(bed, command, 401);
	uint64_t seq = core_last_seq(bed->core);
	bed->now_ms += BED_HOUR;
	repeated(bed, command, 401, seq);
	command.notify.text = pd_text("后日停水");
	bed_must_refuse(bed, command, 401, PD_REFUSED_notice_exists, "other contents");
	command = notify(1, 3, PD_notice_kind_notice, PD_want_read, PD_member_sort_household);
	bed_must_refuse(bed, command, 402, PD_REFUSED_notice_exists, "other contents");
}

static void who_may_send(void **state)
{
	struct bed *bed = *state;
	static const uint32_t may[] = {0, 401, 402, 403, 501, 901}, may_not[] = {101, 110, 601, 201, 301, 404};
	unsigned n = 0;
	for (size_t i = 0; i < sizeof may / sizeof *may; i++)
		bed_must_do(bed, notify(n++, 3, PD_notice_kind_notice, PD_want_read, PD_member_sort_person), may[i]);
	for (size_t i = 0; i < sizeof may_not / sizeof *may_not; i++)
		bed_must_refuse(bed, notify(n++, 3, PD_notice_kind_notice, PD_want_read, PD_member_sort_person),
				may_not[i], PD_REFUSED_not_allowed, "area 3 or above");
	bed_must_do(bed, notify(n++, 11, PD_notice_kind_notice, PD_want_read, PD_member_sort_person), 201);
	bed_must_refuse(bed, notify(n++, 3, PD_notice_kind_notice, PD_want_read, PD_member_sort_person), 912,
			PD_REFUSED_retired, "912");
	bed_must_refuse(bed, notify(n, 3, PD_notice_kind_notice, PD_want_read, PD_member_sort_person), 4711,
			PD_REFUSED_unknown_person, "4711");
}

static void a_notice_that_does_not_fit_is_refused(void **state)
{
	struct bed *bed = *state;
	struct pd_message command = notify(1, 3, PD_notice_kind_notice, PD_want_read, PD_member_sort_household);
	command.notify.notice.bytes[6] = 0x40;
	bed_must_refuse(bed, command, 401, PD_REFUSED_bad_field, "notice");
	bed_must_refuse(bed, notify(1, 77, PD_notice_kind_notice, PD_want_read, PD_member_sort_household), 0,
			PD_REFUSED_unknown_area, "77");
	bed_must_refuse(bed, notify(1, 3, PD_notice_kind_roll_call, PD_want_read, PD_member_sort_household), 401,
			PD_REFUSED_bad_notice, "want an answer");
	bed_must_refuse(bed, notify(1, 3, PD_notice_kind_visits, PD_want_answer, PD_member_sort_person), 401,
			PD_REFUSED_bad_notice, "households");
	command = notify(1, 3, PD_notice_kind_roll_call, PD_want_answer, PD_member_sort_household);
	command.notify.category = 0;
	bed_must_refuse(bed, command, 401, PD_REFUSED_bad_notice, "category");
	command.notify.category = 9;
	bed_must_refuse(bed, command, 401, PD_REFUSED_retired, "category 9");
	command.notify.category = 99;
	bed_must_refuse(bed, command, 401, PD_REFUSED_unknown_category, "category 99");
	command = notify(1, 3, PD_notice_kind_notice, PD_want_read, PD_member_sort_household);
	command.notify.category = 5;
	bed_must_refuse(bed, command, 401, PD_REFUSED_bad_notice, "no category");
	command.notify.category = 0;
	command.notify.until_ms = bed->now_ms;
	bed_must_refuse(bed, command, 401, PD_REFUSED_bad_end, "past");
	command.notify.until_ms = bed->now_ms + 401 * (uint64_t)DAY;
	bed_must_refuse(bed, command, 401, PD_REFUSED_bad_end, "400 days");
}

/* ---- receipts ---- */

static void delivered_read_and_confirmed_are_counted_apart(void **state)
{
	struct bed *bed = *state;
	bed_must_do(bed, notify(1, 2, PD_notice_kind_notice, PD_want_confirmation, PD_member_sort_household), 402);
	bed_must_do(bed, answer(1, 0, PD_answer_kind_delivered), 101);
	bed_must_do(bed, answer(1, 0, PD_answer_kind_read), 101);
	bed_must_do(bed, answer(1, 51, PD_answer_kind_confirmed), 102);
	bed_must_do(bed, answer(1, 60, PD_answer_kind_delivered), 103);
	struct notice_count all = count_in(bed, 1, 2), grid = count_in(bed, 1, 11);
	assert_int_equal(all.members, 5);
	assert_int_equal(all.reached[0], 3);
	assert_int_equal(all.reached[1], 2);
	assert_int_equal(all.reached[2], 1);
	assert_int_equal(all.satisfied, 1);
	assert_int_equal(grid.members, 3);
	assert_int_equal(grid.reached[0], 2);
	assert_int_equal(count_in(bed, 1, 12).reached[0], 1);
	assert_int_equal(count_in(bed, 1, 5).reached[0], 0);
}

static void a_receipt_does_not_go_back(void **state)
{
	struct bed *bed = *state;
	bed_must_do(bed, notify(1, 2, PD_notice_kind_notice, PD_want_confirmation, PD_member_sort_household), 402);
	bed_must_do(bed, answer(1, 0, PD_answer_kind_delivered), 101);
	uint64_t delivered = core_last_seq(bed->core);
	bed_must_do(bed, answer(1, 0, PD_answer_kind_confirmed), 101);
	uint64_t confirmed = core_last_seq(bed->core);
	repeated(bed, answer(1, 0, PD_answer_kind_delivered), 101, delivered);
	repeated(bed, answer(1, 0, PD_answer_kind_read), 101, confirmed);
	repeated(bed, answer(1, 50, PD_answer_kind_confirmed), 120, confirmed);
	assert_int_equal(count_in(bed, 1, 2).reached[2], 1);
}

static void who_may_answer(void **state)
{
	struct bed *bed = *state;
	bed_must_do(bed, notify(1, 1, PD_notice_kind_notice, PD_want_confirmation, PD_member_sort_household), 403);
	bed_must_do(bed, notify(2, 1, PD_notice_kind_notice, PD_want_confirmation, PD_member_sort_person), 403);
	bed_must_do(bed, answer(1, 50, PD_answer_kind_delivered), 101); /* of the household */
	bed_must_do(bed, answer(1, 51, PD_answer_kind_delivered), 101); /* of its centre household */
	bed_must_do(bed, answer(1, 52, PD_answer_kind_delivered), 202); /* its leader */
	bed_must_do(bed, answer(1, 60, PD_answer_kind_delivered), 402); /* above */
	bed_must_refuse(bed, answer(1, 60, PD_answer_kind_read), 101, PD_REFUSED_not_allowed, "101");
	bed_must_refuse(bed, answer(1, 50, PD_answer_kind_read), 102, PD_REFUSED_not_allowed, "102");
	bed_must_refuse(bed, answer(1, 80, PD_answer_kind_read), 201, PD_REFUSED_not_allowed, "201");
	bed_must_do(bed, answer(2, 0, PD_answer_kind_read), 110);
	bed_must_do(bed, answer(2, 102, PD_answer_kind_read), 101); /* looked after by the centre household */
	bed_must_refuse(bed, answer(2, 101, PD_answer_kind_read), 102, PD_REFUSED_not_allowed, "102");
	bed_must_refuse(bed, answer(1, 0, PD_answer_kind_read), 110, PD_REFUSED_not_member, "no household");
}

static void who_is_no_member_is_refused(void **state)
{
	struct bed *bed = *state;
	bed_must_do(bed, notify(1, 4, PD_notice_kind_notice, PD_want_read, PD_member_sort_household), 301);
	bed_must_refuse(bed, answer(1, 80, PD_answer_kind_read), 0, PD_REFUSED_not_member, "area 4");
	bed_must_refuse(bed, answer(1, 4711, PD_answer_kind_read), 0, PD_REFUSED_not_member, "4711");
	bed_must_refuse(bed, answer(7, 50, PD_answer_kind_read), 0, PD_REFUSED_unknown_notice, "");
	bed_must_refuse(bed, answer(1, 50, PD_answer_kind_done), 101, PD_REFUSED_not_wanted, "read");
	struct pd_message command = answer(1, 50, PD_answer_kind_read);
	command.answer.corrects = 3;
	bed_must_refuse(bed, command, 101, PD_REFUSED_bad_field, "neither");
}

static void who_moved_away_counts_where_they_answered(void **state)
{
	struct bed *bed = *state;
	bed_must_do(bed, notify(1, 4, PD_notice_kind_notice, PD_want_confirmation, PD_member_sort_household), 301);
	bed_must_do(bed, answer(1, 52, PD_answer_kind_read), 201);
	bed_put(bed, bed_household(52, 12, 60));
	bed_must_do(bed, answer(1, 52, PD_answer_kind_confirmed), 203);
	assert_int_equal(count_in(bed, 1, 11).reached[2], 1);
	assert_int_equal(count_in(bed, 1, 11).members, 2);
	assert_int_equal(count_in(bed, 1, 12).members, 2);
	assert_int_equal(count_in(bed, 1, 12).reached[2], 0);
}

/* ---- roll-calls ---- */

static struct pd_message with_numbers(struct pd_message message, const uint64_t *numbers, uint32_t count)
{
	message.answer.numbers = (struct pd_u64s){numbers, count};
	return message;
}

static void a_roll_call_is_handed_out_once(void **state)
{
	struct bed *bed = *state;
	bed_must_do(bed, notify(1, 2, PD_notice_kind_roll_call, PD_want_answer, PD_member_sort_household), 402);
	assert_int_equal(core_next_due(bed->core), bed->now_ms);
	assert_int_equal(fire(bed), 3); /* 11, 12, 21 */
	static const uint32_t grids[] = {11, 12, 21};
	for (int i = 0; i < 3; i++) {
		const struct holder *holder = core_holder(bed->core, grids[i]);
		assert_int_equal(holder->waiting_count, 1);
		const struct order *order = TAILQ_FIRST(&holder->by_age);
		assert_int_equal(order->row.requester, 402);
		assert_int_equal(order->row.due_ms, bed->now_ms + 1800 * BED_SECOND);
	}
	assert_null(core_holder(bed->core, 91));
	bed->now_ms += BED_SECOND;
	assert_int_equal(fire(bed), 0);
	struct pd_id id = notice_id(1);
	assert_int_equal(core_notice(bed->core, &id)->row.orders, 3);
}

/* Between any two of its orders the state can be made again from the events, and what follows is the same. */
static void handing_out_goes_on_where_it_was(void **state)
{
	struct bed *bed = *state;
	bed_must_do(bed, notify(1, 2, PD_notice_kind_roll_call, PD_want_answer, PD_member_sort_household), 402);
	for (int i = 0; i < 3; i++) {
		struct core *again = bed_replay(&bed->events, 1234);
		struct pd_message here, there;
		assert_true(bed_due(bed->core, bed->now_ms, &here));
		assert_true(bed_due(again, bed->now_ms, &there));
		assert_memory_equal(&here.submitted.order, &there.submitted.order, 16);
		assert_int_equal(here.submitted.holder, there.submitted.holder);
		bed_apply(bed, &here);
		core_free(again);
	}
	assert_int_equal(fire(bed), 0);
}

static void an_id_that_somebody_took_is_left_to_them(void **state)
{
	struct bed *bed = *state;
	struct pd_message event, submit = bed_submit(1, 5);
	bed_must_do(bed, notify(1, 2, PD_notice_kind_roll_call, PD_want_answer, PD_member_sort_household), 402);
	assert_true(bed_due(bed->core, bed->now_ms, &event));
	submit.submit.order = event.submitted.order;
	bed_must_do(bed, submit, 101);
	assert_int_equal(fire(bed), 3);
	assert_int_equal(core_holder(bed->core, 11)->waiting_count, 2);
}

static void answers_are_counted_and_corrected(void **state)
{
	struct bed *bed = *state;
	static const uint64_t three[] = {3, 1}, four[] = {4, 0};
	bed_must_do(bed, notify(1, 2, PD_notice_kind_roll_call, PD_want_answer, PD_member_sort_household), 402);
	fire(bed);
	bed_must_refuse(bed, answer(1, 50, PD_answer_kind_done), 101, PD_REFUSED_not_allowed, "101");
	bed_must_refuse(bed, answer(1, 50, PD_answer_kind_visited), 201, PD_REFUSED_not_wanted, "visits");
	bed_must_do(bed, with_numbers(answer(1, 50, PD_answer_kind_done), three, 2), 201);
	uint64_t first = core_last_seq(bed->core);
	bed_must_do(bed, answer(1, 51, PD_answer_kind_away), 120);
	struct notice_count count = count_in(bed, 1, 2);
	assert_int_equal(count.answered, 2);
	assert_int_equal(count.answers[0], 1);
	assert_int_equal(count.answers[2], 1);
	assert_int_equal(count.sums[0], 3);
	assert_int_equal(count.sums[1], 1);

	repeated(bed, with_numbers(answer(1, 50, PD_answer_kind_done), three, 2), 202, first);
	struct pd_message other = with_numbers(answer(1, 50, PD_answer_kind_done), four, 2);
	bed_do(bed, &other, 202);
	expect_outcome(bed, CORE_LOOK_BACK, "another answer");
	assert_int_equal(bed->decision.refusal, PD_REFUSED_answered_otherwise);
	assert_int_equal(bed->decision.look_at, core_member(bed->core, &other.answer.notice, 50)->row.at);
	other.answer.corrects = first;
	bed_must_refuse(bed, other, 202, PD_REFUSED_bad_field, "say why");
	other.answer.text = pd_text("数错了");
	bed_must_do(bed, other, 202);
	uint64_t second = core_last_seq(bed->core);
	count = count_in(bed, 1, 2);
	assert_int_equal(count.answered, 2);
	assert_int_equal(count.sums[0], 4);
	assert_int_equal(count.sums[1], 0);
	repeated(bed, other, 202, second);
	/* Who knew the first answer alone does not undo the second. */
	other.answer.text = pd_text("又数错了");
	bed_do(bed, &other, 202);
	expect_outcome(bed, CORE_LOOK_BACK, "a correction of what is corrected");

	other = answer(1, 52, PD_answer_kind_done);
	other.answer.corrects = 3;
	bed_must_refuse(bed, other, 201, PD_REFUSED_bad_field, "no answer yet");
	static const uint64_t large[] = {1000000001};
	bed_must_refuse(bed, with_numbers(answer(1, 52, PD_answer_kind_done), large, 1), 201, PD_REFUSED_bad_field,
			"1000000001");
}

static void visits_are_answered_as_visits(void **state)
{
	struct bed *bed = *state;
	bed_must_do(bed, notify(1, 4, PD_notice_kind_visits, PD_want_answer, PD_member_sort_household), 301);
	assert_int_equal(fire(bed), 2);
	bed_must_refuse(bed, answer(1, 50, PD_answer_kind_done), 201, PD_REFUSED_not_wanted, "visited");
	bed_must_do(bed, answer(1, 50, PD_answer_kind_visited), 201);
	assert_int_equal(count_in(bed, 1, 11).answers[4], 1);
}

static void a_person_may_answer_a_question(void **state)
{
	struct bed *bed = *state;
	bed_must_do(bed, notify(1, 3, PD_notice_kind_notice, PD_want_answer, PD_member_sort_person), 401);
	assert_int_equal(fire(bed), 0);
	bed_must_do(bed, answer(1, 0, PD_answer_kind_refused), 101);
	assert_int_equal(count_in(bed, 1, 3).answers[1], 1);
}

/* ---- the end ---- */

static void a_notice_ends_by_itself(void **state)
{
	struct bed *bed = *state;
	struct pd_id id = notice_id(1);
	bed_must_do(bed, notify(1, 3, PD_notice_kind_notice, PD_want_read, PD_member_sort_household), 401);
	bed_must_do(bed, answer(1, 0, PD_answer_kind_read), 101);
	uint64_t read = core_last_seq(bed->core);
	bed->now_ms = bed_begin_ms + 2 * (uint64_t)DAY - 1;
	assert_int_equal(fire(bed), 0);
	bed->now_ms++;
	assert_int_equal(fire(bed), 1);
	const struct notice_row *row = &core_notice(bed->core, &id)->row;
	assert_int_equal(row->members, 5);
	assert_int_equal(row->delivered, 1);
	assert_int_equal(row->answered, 1);
	bed_must_refuse(bed, answer(1, 51, PD_answer_kind_read), 102, PD_REFUSED_notice_over, "");
	repeated(bed, answer(1, 50, PD_answer_kind_read), 101, read);
	struct pd_message end = {.type = PD_MSG_end_notice, .end_notice = {.notice = id}};
	bed_must_refuse(bed, end, 401, PD_REFUSED_notice_over, "");
	struct pd_message remind = {.type = PD_MSG_remind_missing, .remind_missing = {.notice = id, .nth = 1}};
	bed_must_refuse(bed, remind, 401, PD_REFUSED_notice_over, "");
}

static void a_notice_is_ended_by_hand(void **state)
{
	struct bed *bed = *state;
	struct pd_id id = notice_id(1);
	struct pd_message end = {.type = PD_MSG_end_notice,
				 .end_notice = {.notice = id, .reason = pd_text("已恢复供水")}};
	bed_must_do(bed, notify(1, 2, PD_notice_kind_roll_call, PD_want_answer, PD_member_sort_household), 402);
	bed_must_refuse(bed, end, 201, PD_REFUSED_not_allowed, "area 2");
	bed_must_do(bed, end, 402);
	uint64_t seq = core_last_seq(bed->core);
	repeated(bed, end, 402, seq);
	bed_must_refuse(bed, end, 403, PD_REFUSED_notice_over, "");
	assert_int_equal(fire(bed), 0); /* nothing is handed out any more */
	bed->now_ms += 5 * (uint64_t)DAY;
	assert_int_equal(fire(bed), 0);
}

static void a_clock_that_jumps_ends_it_and_hands_out_nothing(void **state)
{
	struct bed *bed = *state;
	bed_must_do(bed, notify(1, 2, PD_notice_kind_roll_call, PD_want_answer, PD_member_sort_household), 402);
	bed->now_ms += 30 * (uint64_t)DAY;
	assert_int_equal(fire(bed), 1);
	assert_null(core_holder(bed->core, 11));
}

static void the_missing_are_reminded_one_by_one(void **state)
{
	struct bed *bed = *state;
	struct pd_id id = notice_id(1);
	struct pd_message remind = {.type = PD_MSG_remind_missing, .remind_missing = {.notice = id, .nth = 1}};
	bed_must_do(bed, notify(1, 3, PD_notice_kind_notice, PD_want_confirmation, PD_member_sort_household), 401);
	bed_must_do(bed, answer(1, 0, PD_answer_kind_confirmed), 101);
	bed_must_do(bed, remind, 401);
	assert_int_equal(bed->decision.event.missing_reminded.missing, 4);
	uint64_t seq = core_last_seq(bed->core);
	repeated(bed, remind, 401, seq);
	remind.remind_missing.nth = 3;
	bed_must_refuse(bed, remind, 401, PD_REFUSED_not_next, "number 3");
	remind.remind_missing.nth = 2;
	remind.remind_missing.area = 11;
	bed_must_do(bed, remind, 201);
	assert_int_equal(bed->decision.event.missing_reminded.missing, 2);
	remind.remind_missing.nth = 1;
	bed_must_refuse(bed, remind, 401, PD_REFUSED_not_next, "there were 2");
	remind.remind_missing.nth = 3;
	remind.remind_missing.area = 8;
	bed_must_refuse(bed, remind, 0, PD_REFUSED_bad_field, "area 8");
	remind.remind_missing.area = 77;
	bed_must_refuse(bed, remind, 0, PD_REFUSED_unknown_area, "77");
	remind.remind_missing.area = 11;
	bed_must_refuse(bed, remind, 101, PD_REFUSED_not_allowed, "area 11");
}

/* ---- orders that end with it ---- */

static struct pd_message end_of(unsigned n)
{
	return (struct pd_message){.type = PD_MSG_end_notice, .request = 1, .end_notice = {.notice = notice_id(n)}};
}

/* The order that micro-grid grid got from the notice handed out last. */
static struct order *order_in(struct bed *bed, uint32_t grid)
{
	return TAILQ_LAST(&core_holder(bed->core, grid)->by_age, order_list);
}

/* A move of an order that no bed_id names, which must succeed. */
static void must_move(struct bed *bed, enum pd_type type, const struct order *order, uint32_t actor)
{
	struct pd_message command = bed_move(type, 1, order->row.version);
	command.order_command.order = order->row.id;
	bed_must_do(bed, command, actor);
}

static void what_is_open_of_its_orders_lapses(void **state)
{
	struct bed *bed = *state;
	struct pd_id id = notice_id(1);
	bed_must_submit(bed, 1, 5, 101);
	bed_must_do(bed, notify(1, 2, PD_notice_kind_roll_call, PD_want_answer, PD_member_sort_household), 402);
	assert_int_equal(fire(bed), 3);
	struct order *first = order_in(bed, 11), *second = order_in(bed, 12), *third = order_in(bed, 21);
	must_move(bed, PD_MSG_accept, second, 203);
	must_move(bed, PD_MSG_accept, third, 204);
	must_move(bed, PD_MSG_suspend, third, 204);
	bed_must_do(bed, end_of(1), 402);
	struct pd_message event;
	assert_true(bed_due(bed->core, bed->now_ms, &event));
	assert_int_equal(event.type, PD_MSG_lapsed);
	assert_memory_equal(&event.lapsed.notice, &id, sizeof id);
	assert_int_equal(event.lapsed.due_ms, 0);
	assert_int_equal(core_next_due(bed->core), 0);
	assert_int_equal(fire(bed), 3);
	for (const struct order *order = first; order; order = order == first    ? second
							       : order == second ? third
										 : NULL) {
		assert_int_equal(order->row.state, PD_STATE_cancelled);
		assert_int_equal(order->row.ended_ms, bed->now_ms);
	}
	assert_int_equal(second->row.acceptor, 203); /* who is to be told */
	assert_int_equal(core_holder(bed->core, 11)->figures.cancelled, 1);
	assert_int_equal(core_holder(bed->core, 12)->figures.cancelled, 1);
	assert_int_equal(core_holder(bed->core, 11)->waiting_count, 1); /* the resident's */
	assert_int_equal(core_holder(bed->core, 21)->working_count, 0);
	bed_check(bed->core);
	bed->now_ms += 40 * (uint64_t)DAY;
	while (bed_due(bed->core, bed->now_ms, &event)) { /* nothing climbs but the resident's */
		struct pd_id resident = bed_id(1);
		assert_memory_equal(&event.order_event.order, &resident, sizeof resident);
		bed_apply(bed, &event);
	}
}

static void what_is_completed_stays_so(void **state)
{
	struct bed *bed = *state;
	bed_must_do(bed, notify(1, 2, PD_notice_kind_roll_call, PD_want_answer, PD_member_sort_household), 402);
	fire(bed);
	struct order *done = order_in(bed, 11), *again = order_in(bed, 12);
	must_move(bed, PD_MSG_accept, done, 201);
	must_move(bed, PD_MSG_complete, done, 201);
	must_move(bed, PD_MSG_accept, again, 203);
	must_move(bed, PD_MSG_complete, again, 203);
	must_move(bed, PD_MSG_confirm, again, 402);
	must_move(bed, PD_MSG_reopen, again, 402); /* while it is open */
	assert_int_equal(again->row.holder, 4);
	bed_must_do(bed, end_of(1), 402);
	assert_int_equal(fire(bed), 2);
	assert_int_equal(done->row.state, PD_STATE_completed);
	assert_int_equal(again->row.state, PD_STATE_cancelled);
	struct pd_message reopen = bed_move(PD_MSG_reopen, 1, done->row.version);
	reopen.reopen.order = done->row.id;
	bed_must_refuse(bed, reopen, 402, PD_REFUSED_notice_over, "has ended");
}

/* Journals of brokers that knew nothing of this can have an order that was reopened after its roll-call. */
static void one_that_was_reopened_later_is_its_requesters(void **state)
{
	struct bed *bed = *state;
	bed_must_do(bed, notify(1, 2, PD_notice_kind_roll_call, PD_want_answer, PD_member_sort_household), 402);
	fire(bed);
	struct order *order = order_in(bed, 11);
	must_move(bed, PD_MSG_accept, order, 201);
	must_move(bed, PD_MSG_complete, order, 201);
	bed_must_do(bed, end_of(1), 402);
	fire(bed);
	struct pd_message event = {.type = PD_MSG_reopened, .request = core_last_seq(bed->core) + 1};
	event.reopened = (struct pd_reopened){.time_ms = bed->now_ms,
					      .actor = 402,
					      .order = order->row.id,
					      .version = order->row.version + 1,
					      .holder = 4,
					      .from = 11,
					      .due_ms = bed->now_ms + BED_HOUR,
					      .attempt = 2,
					      .reason = pd_text("再核对一遍")};
	bed_apply(bed, &event);
	assert_int_equal(fire(bed), 0);
	assert_int_equal(order->row.state, PD_STATE_waiting);
	assert_int_equal(order->row.handed_out, 0);
}

/* Between any two of them the state can be made again from the events, and what follows is the same. */
static void lapsing_goes_on_where_it_was(void **state)
{
	struct bed *bed = *state;
	bed_must_do(bed, notify(1, 2, PD_notice_kind_visits, PD_want_answer, PD_member_sort_household), 402);
	assert_int_equal(fire(bed), 3);
	bed_must_do(bed, end_of(1), 402);
	for (int i = 0; i < 3; i++) {
		struct core *again = bed_replay(&bed->events, 1234);
		struct pd_message here, there;
		assert_true(bed_due(bed->core, bed->now_ms, &here));
		assert_true(bed_due(again, bed->now_ms, &there));
		assert_int_equal(here.type, PD_MSG_lapsed);
		assert_memory_equal(&here.lapsed, &there.lapsed, sizeof here.lapsed);
		bed_apply(bed, &here);
		core_free(again);
	}
	assert_int_equal(fire(bed), 0);
}

/* ---- at scale ---- */

/* So many households in each of so many micro-grids of a new community, 1000. */
static void settle_many(struct bed *bed, uint32_t grids, uint32_t each)
{
	struct pd_message put = bed_area(1000, 7, PD_level_community, PD_area_kind_urban, "大社区");
	bed_quickly(bed, &put, 0);
	for (uint32_t g = 0; g < grids; g++) {
		put = bed_area(2000 + g, 1000, PD_level_microgrid, PD_area_kind_plain, "微网格");
		bed_quickly(bed, &put, 0);
		for (uint32_t h = 0; h < each; h++) {
			put = bed_household(100000 + g * each + h, 2000 + g, 100000 + g * each);
			bed_quickly(bed, &put, 0);
		}
	}
}

/* A roll-call of so many households: all orders, all answers, all counts. */
static void roll_call_of(struct bed *bed, uint32_t grids, uint32_t each)
{
	struct pd_message command = notify(1, 1000, PD_notice_kind_roll_call, PD_want_answer, PD_member_sort_household);
	struct pd_message event;
	unsigned handed_out = 0;
	settle_many(bed, grids, each);
	size_t events_bytes = bed->events.count;
	bed_quickly(bed, &command, 0);
	expect(bed->events.count - events_bytes < 200, "a notice takes %zu bytes", bed->events.count - events_bytes);
	for (; bed_due(bed->core, bed->now_ms, &event); handed_out++) {
		uint64_t at = 72 + bed->events.count;
		pd_encode(&event, &bed->events);
		core_apply(bed->core, &event, at);
	}
	assert_int_equal(handed_out, grids);
	for (uint32_t i = 0; i < grids * each; i++) {
		static const uint64_t two[] = {2};
		if (i % 90 == 7) /* missing */
			continue;
		command =
			with_numbers(answer(1, 100000 + i, i % 3 ? PD_answer_kind_done : PD_answer_kind_away), two, 1);
		bed_quickly(bed, &command, 0);
	}
	uint32_t all = grids * each, missing = (all + 82) / 90;
	struct notice_count count = count_in(bed, 1, 1000), one = count_in(bed, 1, 2000);
	assert_int_equal(count.members, all);
	assert_int_equal(count.answered, all - missing);
	assert_int_equal(count.answers[0] + count.answers[2], all - missing);
	assert_int_equal(count.sums[0], 2 * (all - missing));
	assert_int_equal(one.members, each);
	bed->now_ms += 3 * (uint64_t)DAY;
	while (bed_due(bed->core, bed->now_ms, &event) &&
	       event.type != PD_MSG_notice_ended) { /* its orders climb meanwhile */
		assert_int_equal(event.type, PD_MSG_escalated);
		uint64_t at = 72 + bed->events.count;
		pd_encode(&event, &bed->events);
		core_apply(bed->core, &event, at);
	}
	assert_int_equal(event.type, PD_MSG_notice_ended);
	assert_int_equal(event.notice_ended.answered, all - missing);
	unsigned lapsed = 0;
	do {
		uint64_t at = 72 + bed->events.count;
		pd_encode(&event, &bed->events);
		core_apply(bed->core, &event, at);
		lapsed += event.type == PD_MSG_lapsed;
	} while (bed_due(bed->core, bed->now_ms, &event));
	assert_int_equal(lapsed, grids);
	assert_int_equal(core_next_due(bed->core), UINT64_MAX);
}

static void a_roll_call_of_9000_over_a_community(void **state)
{
	roll_call_of(*state, 150, 60);
}

static void a_roll_call_over_a_district(void **state)
{
	roll_call_of(*state, 1151, 75);
}

/* ---- the book ---- */

static void expect_same_as_loaded(struct shelf *shelf, const char *what)
{
	shelf_keep(shelf);
	struct core *loaded = shelf_load(shelf, PD_OK);
	expect_same_dump(bed_dump(loaded), bed_dump(shelf->bed->core), what);
	struct pd_id id = notice_id(1);
	const struct notice *here = core_notice(shelf->bed->core, &id), *there = core_notice(loaded, &id);
	if (there) { /* its counts were made again from its members */
		assert_int_equal(here->counts.count, there->counts.count);
		assert_int_equal(here->text.bytes, there->text.bytes);
	}
	core_free(loaded);
}

static void the_book_holds_notices_and_answers(void **state)
{
	struct shelf *shelf = *state;
	struct bed *bed = shelf->bed;
	bed_must_do(bed, notify(1, 2, PD_notice_kind_roll_call, PD_want_answer, PD_member_sort_household), 402);
	expect_same_as_loaded(shelf, "a notice nobody has answered");
	struct pd_message event;
	assert_true(bed_due(bed->core, bed->now_ms, &event));
	bed_apply(bed, &event);
	expect_same_as_loaded(shelf, "in the midst of handing out");
	fire(bed);
	bed_must_do(bed, answer(1, 50, PD_answer_kind_done), 201);
	bed_must_do(bed, answer(1, 51, PD_answer_kind_delivered), 102);
	expect_same_as_loaded(shelf, "with answers");
	bed_must_do(bed, answer(1, 51, PD_answer_kind_away), 201);
	bed->now_ms += 3 * (uint64_t)DAY;
	fire(bed);
	expect_same_as_loaded(shelf, "when it has ended");
}

/* A stop in the midst of it. */
static void the_book_holds_what_is_to_lapse(void **state)
{
	struct shelf *shelf = *state;
	struct bed *bed = shelf->bed;
	struct pd_message event;
	for (unsigned n = 1; n <= 3; n++) { /* of three, the first and the last end */
		bed_must_do(bed, notify(n, 2, PD_notice_kind_roll_call, PD_want_answer, PD_member_sort_household), 402);
		assert_int_equal(fire(bed), 3);
	}
	bed_must_do(bed, end_of(1), 402);
	bed_must_do(bed, end_of(3), 402);
	for (unsigned left = 6; left > 0; left--) {
		shelf_keep(shelf);
		struct core *loaded = shelf_load(shelf, PD_OK);
		expect_u64(core_next_due(loaded), core_next_due(bed->core), "core_next_due");
		unsigned lapsed = 0;
		uint64_t at = 72 + bed->events.count;
		for (; bed_due(loaded, bed->now_ms, &event); lapsed++) {
			struct pd_id open = notice_id(2);
			assert_int_equal(event.type, PD_MSG_lapsed);
			assert_memory_not_equal(&event.lapsed.notice, &open, sizeof open);
			core_apply(loaded, &event, at++);
		}
		assert_int_equal(lapsed, left);
		core_free(loaded);
		assert_true(bed_due(bed->core, bed->now_ms, &event));
		bed_apply(bed, &event);
	}
	assert_int_equal(fire(bed), 0);
	expect_same_as_loaded(shelf, "when all has lapsed");
	/* What was loaded counts on. */
	struct core *loaded = shelf_load(shelf, PD_OK);
	struct pd_id id = notice_id(4);
	bed_must_do(bed, notify(4, 2, PD_notice_kind_visits, PD_want_answer, PD_member_sort_household), 402);
	core_apply(loaded, &bed->decision.event, 1);
	assert_int_equal(core_notice(loaded, &id)->row.number, core_notice(bed->core, &id)->row.number);
	core_free(loaded);
}

/* A stop between the end of a plan and that of what it has sent. */
static void the_book_holds_what_outlives_its_plan(void **state)
{
	struct shelf *shelf = *state;
	struct bed *bed = shelf->bed;
	struct pd_message event, put = {.type = PD_MSG_put_plan, .request = 1};
	struct pd_message on = {.type = PD_MSG_switch_on, .request = 1, .switch_on = {.plan = 1}};
	struct pd_message off = {.type = PD_MSG_switch_off, .request = 1, .switch_off = {.plan = 1}};
	put.put_plan = (struct pd_put_plan){.plan = 1,
					    .name = pd_text("防汛应急"),
					    .area = 3,
					    .accept_percent = 50,
					    .complete_percent = 50,
					    .running = PD_running_keep,
					    .lasts_s = 86400,
					    .notice = pd_text("暴雨将至")};
	bed_must_do(bed, put, 0);
	bed_must_do(bed, on, 401);
	assert_int_equal(fire(bed), 1);
	shelf_keep(shelf);
	struct core *loaded = shelf_load(shelf, PD_OK);
	assert_false(bed_due(loaded, bed->now_ms, &event)); /* while it is on */
	core_free(loaded);
	for (int again = 0; again < 2; again++) { /* also when it has been switched on again meanwhile */
		bed_must_do(bed, again ? on : off, 401);
		shelf_keep(shelf);
		loaded = shelf_load(shelf, PD_OK);
		assert_true(bed_due(loaded, bed->now_ms, &event));
		assert_int_equal(event.type, PD_MSG_notice_ended);
		assert_int_equal(event.notice_ended.plan, 1);
		core_free(loaded);
	}
	assert_int_equal(fire(bed), 2);
}

static bool count_notices(const struct notice_row *row, const char *event, void *arg)
{
	assert_non_null(event);
	assert_true(row->event_bytes > 0);
	++*(unsigned *)arg;
	return true;
}

static void one_that_has_ended_is_forgotten_and_fetched(void **state)
{
	struct shelf *shelf = *state;
	struct bed *bed = shelf->bed;
	struct pd_id id = notice_id(1), other = notice_id(2);
	bed_must_do(bed, notify(1, 2, PD_notice_kind_notice, PD_want_read, PD_member_sort_household), 402);
	bed_must_do(bed, notify(2, 2, PD_notice_kind_notice, PD_want_read, PD_member_sort_household), 402);
	bed_must_do(bed, answer(1, 50, PD_answer_kind_read), 201);
	uint64_t read = core_last_seq(bed->core);
	struct pd_message end = {.type = PD_MSG_end_notice, .end_notice = {.notice = id}};
	bed_must_do(bed, end, 402);
	core_take_changed_members(bed->core);
	core_take_changed_notices(bed->core);
	shelf_keep(shelf);
	struct pd_buffer before = bed_dump(bed->core);
	assert_int_equal(core_forget_notices(bed->core, core_last_seq(bed->core) - 1, 9), 0);
	assert_int_equal(core_forget_notices(bed->core, core_last_seq(bed->core), 9), 1);
	assert_null(core_notice(bed->core, &id));
	assert_null(core_member(bed->core, &id, 50));
	assert_non_null(core_notice(bed->core, &other));
	expect_same_dump(before, bed_dump(bed->core), "forgetting");
	expect_err(replay_fetch_notice(bed->core, shelf->reader, &id), PD_OK, "fetching");
	expect_err(replay_fetch_member(bed->core, shelf->reader, &id, 50), PD_OK, "fetching a member");
	expect_err(replay_fetch_member(bed->core, shelf->reader, &id, 51), PD_ENOENT, "one that has no row");
	repeated(bed, answer(1, 50, PD_answer_kind_read), 201, read);
	bed_must_refuse(bed, answer(1, 51, PD_answer_kind_read), 201, PD_REFUSED_notice_over, "");
	assert_int_equal(core_forget_notices(bed->core, core_last_seq(bed->core), 9), 1);
	unsigned count = 0;
	shelf_begin(shelf);
	expect_err(book_notices(shelf->reader, NULL, count_notices, &count), PD_OK, "all");
	assert_int_equal(count, 2);
	count = 0;
	expect_err(book_notices(shelf->reader, &other, count_notices, &count), PD_OK, "before the second");
	assert_int_equal(count, 1);
	book_end(shelf->reader);
}

#define IN_BED(test) cmocka_unit_test_setup_teardown(test, bed_setup, bed_teardown)
#define ON_SHELF(test) cmocka_unit_test_setup_teardown(test, shelf_setup, shelf_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_BED(a_notice_is_one_event_and_no_rows),
		IN_BED(a_notice_sent_again_is_the_same),
		IN_BED(who_may_send),
		IN_BED(a_notice_that_does_not_fit_is_refused),
		IN_BED(delivered_read_and_confirmed_are_counted_apart),
		IN_BED(a_receipt_does_not_go_back),
		IN_BED(who_may_answer),
		IN_BED(who_is_no_member_is_refused),
		IN_BED(who_moved_away_counts_where_they_answered),
		IN_BED(a_roll_call_is_handed_out_once),
		IN_BED(handing_out_goes_on_where_it_was),
		IN_BED(an_id_that_somebody_took_is_left_to_them),
		IN_BED(answers_are_counted_and_corrected),
		IN_BED(visits_are_answered_as_visits),
		IN_BED(a_person_may_answer_a_question),
		IN_BED(a_notice_ends_by_itself),
		IN_BED(a_notice_is_ended_by_hand),
		IN_BED(a_clock_that_jumps_ends_it_and_hands_out_nothing),
		IN_BED(the_missing_are_reminded_one_by_one),
		IN_BED(what_is_open_of_its_orders_lapses),
		IN_BED(what_is_completed_stays_so),
		IN_BED(one_that_was_reopened_later_is_its_requesters),
		IN_BED(lapsing_goes_on_where_it_was),
		IN_BED(a_roll_call_of_9000_over_a_community),
		IN_BED(a_roll_call_over_a_district),
		ON_SHELF(the_book_holds_notices_and_answers),
		ON_SHELF(the_book_holds_what_is_to_lapse),
		ON_SHELF(the_book_holds_what_outlives_its_plan),
		ON_SHELF(one_that_has_ended_is_forgotten_and_fetched),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
