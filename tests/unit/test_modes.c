/* test_modes.c - plans for emergencies: who may switch them where, and what that does to new and to running times. */
#include "core_bed.h"
#include "modes.h"

enum { PLAN = 1, OTHER = 2, FLOOD = 60 };

static struct pd_message put_plan(uint32_t id, uint32_t area, unsigned running)
{
	static const uint64_t categories[] = {FLOOD};
	struct pd_message message = {.type = PD_MSG_put_plan, .request = 1};
	message.put_plan = (struct pd_put_plan){.plan = id,
						.name = pd_text("防汛应急"),
						.area = area,
						.accept_percent = 50,
						.complete_percent = 25,
						.running = (uint8_t)running,
						.lasts_s = 86400,
						.categories = {categories, 1}};
	return message;
}

static struct pd_message on(uint32_t plan, uint32_t area)
{
	struct pd_message message = {.type = PD_MSG_switch_on, .request = 1};
	message.switch_on = (struct pd_switch_on){.plan = plan, .area = area};
	return message;
}

static struct pd_message off(uint32_t plan)
{
	struct pd_message message = {.type = PD_MSG_switch_off, .request = 1};
	message.switch_off = (struct pd_switch_off){.plan = plan, .reason = pd_text("汛情解除")};
	return message;
}

static int setup(void **state)
{
	struct bed *bed = bed_new();
	struct pd_message flood = bed_category(FLOOD, PD_level_microgrid, PD_urgency_normal);
	flood.put_category.emergency_only = true;
	bed_put(bed, flood);
	bed_must_do(bed, put_plan(PLAN, 2, PD_running_shorten), 0);
	bed_must_do(bed, put_plan(OTHER, 1, PD_running_restart), 0);
	*state = bed;
	return 0;
}

static const struct order_row *row(struct bed *bed, unsigned n)
{
	const struct pd_id id = bed_id(n);
	return &core_order(bed->core, &id)->row;
}

/* Let the clock do what is due now, as redated events alone; returns how many there were. */
static unsigned redated(struct bed *bed)
{
	struct pd_message event;
	unsigned count = 0;
	while (modes_next_due(bed->core) <= bed->now_ms && bed_due(bed->core, bed->now_ms, &event)) {
		if (event.type != PD_MSG_redated)
			break;
		bed_apply(bed, &event);
		count++;
	}
	return count;
}

static const uint64_t minute = 60000;

/* Accept within 30 minutes, complete within a day; by the plans, 15 minutes and 6 hours. */

static void new_times_are_the_plans_while_it_is_on(void **state)
{
	struct bed *bed = *state;
	bed_must_do(bed, on(PLAN, 3), 401);
	bed_must_submit(bed, 1, PD_level_microgrid, 101);
	expect_u64(row(bed, 1)->due_ms, bed->now_ms + 15 * minute, "to be accepted by");
	bed_must(bed, PD_MSG_accept, 1, 1, 201);
	expect_u64(row(bed, 1)->due_ms, bed->now_ms + 360 * minute, "to be completed by");
	struct pd_message elsewhere = bed_submit(2, PD_level_microgrid);
	elsewhere.submit.area = 91;
	bed_do(bed, &elsewhere, 404);
	expect_u64(row(bed, 2)->due_ms, bed->now_ms + 30 * minute, "elsewhere, to be accepted by");
	bed_must_do(bed, off(PLAN), 401);
	bed_must_submit(bed, 3, PD_level_microgrid, 101);
	expect_u64(row(bed, 3)->due_ms, bed->now_ms + 30 * minute, "afterwards, to be accepted by");
}

static void running_times_are_shortened_and_restored(void **state)
{
	struct bed *bed = *state;
	uint64_t begin = bed->now_ms;
	bed_must_submit(bed, 1, PD_level_microgrid, 101); /* is to be accepted at 15 minutes */
	bed_must_submit(bed, 2, PD_level_microgrid, 101);
	bed_must(bed, PD_MSG_accept, 2, 1, 201);
	bed->now_ms += 10 * minute;
	bed_must_submit(bed, 3, PD_level_community, 101); /* held by the community */
	bed->now_ms += 10 * minute;
	bed_must_do(bed, on(PLAN, 3), 401);
	uint64_t begun = bed->now_ms;
	expect_u64(redated(bed), 3, "redated");
	expect_u64(row(bed, 1)->due_ms, begun, "one that is late by the plan is due at once");
	expect_u64(row(bed, 2)->due_ms, begin + 360 * minute, "to be completed, counted from its acceptance");
	expect_u64(row(bed, 3)->due_ms, begin + 25 * minute, "of the community's");
	expect_u64(redated(bed), 0, "redated a second time");
	bed_must_do(bed, off(PLAN), 401);
	expect_u64(redated(bed), 3, "restored");
	expect_u64(row(bed, 1)->due_ms, begin + 30 * minute, "as if there had been none");
	expect_u64(row(bed, 2)->due_ms, begin + 1440 * minute, "the same");
	expect_u64(redated(bed), 0, "restored a second time");
}

static void running_times_begin_anew(void **state)
{
	struct bed *bed = *state;
	bed_must_submit(bed, 1, PD_level_microgrid, 101);
	bed->now_ms += 20 * minute;
	bed_must_do(bed, on(OTHER, 0), 403);
	expect_u64(redated(bed), 1, "redated");
	expect_u64(row(bed, 1)->due_ms, bed->now_ms + 15 * minute, "from when it was switched on");
	bed_must(bed, PD_MSG_note, 1, 2, 101);
	expect_u64(redated(bed), 0, "redated after a remark");
}

static void kept_times_are_kept(void **state)
{
	struct bed *bed = *state;
	bed_must_do(bed, put_plan(PLAN, 2, PD_running_keep), 0);
	bed_must_submit(bed, 1, PD_level_microgrid, 101);
	uint64_t due = row(bed, 1)->due_ms;
	bed_must_do(bed, on(PLAN, 3), 401);
	expect_u64(redated(bed), 0, "redated");
	bed_must_submit(bed, 2, PD_level_microgrid, 101);
	bed_must_do(bed, off(PLAN), 401);
	expect_u64(redated(bed), 1, "of the two, the one that got its time from the plan");
	expect_u64(row(bed, 1)->due_ms, due, "the other one's");
}

static void a_stop_in_between_does_no_harm(void **state)
{
	struct bed *bed = *state;
	struct pd_message event;
	for (unsigned n = 1; n <= 5; n++)
		bed_must_submit(bed, n, PD_level_microgrid, 101);
	bed_must_do(bed, on(PLAN, 3), 401);
	for (int i = 0; i < 2; i++) {
		assert_true(bed_due(bed->core, bed->now_ms, &event));
		bed_apply(bed, &event);
	}
	struct core *again = bed_replay(&bed->events, 5);
	expect_same_dump(bed_dump(bed->core), bed_dump(again), "after a replay");
	core_free(bed->core);
	bed->core = again;
	expect_u64(redated(bed), 3, "redated after the stop");
}

/* Whoever looks again, after a stop, must not take a time for an old one because something was said of it since. */
static void a_second_look_finds_no_more_to_do(void **state)
{
	struct bed *bed = *state;
	bed_must_submit(bed, 1, PD_level_microgrid, 101);
	bed_must(bed, PD_MSG_accept, 1, 1, 201);
	bed->now_ms += minute;
	bed_must_do(bed, on(OTHER, 0), 403);
	expect_u64(redated(bed), 1, "orders that begin anew");
	bed->now_ms += minute;
	struct pd_message suspend = {.type = PD_MSG_suspend, .request = 1};
	suspend.suspend = (struct pd_suspend){.order = bed_id(1), .version = 3, .until_ms = bed->now_ms + BED_DAY};
	suspend.suspend.reason = pd_text("等待配件");
	bed_must_do(bed, suspend, 201);
	bed->now_ms += BED_HOUR;
	bed_must(bed, PD_MSG_resume, 1, 4, 201);
	bed_must(bed, PD_MSG_note, 1, 5, 201);
	struct core *again = bed_replay(&bed->events, 5);
	struct pd_message event;
	expect(!modes_decide_due(again, bed->now_ms, &event), "a second look finds something");
	core_free(again);
}

/* What one plan made shorter and another one kept is given back when the other one ends. */
static void the_later_end_gives_back(void **state)
{
	struct bed *bed = *state;
	bed_must_do(bed, put_plan(OTHER, 1, PD_running_keep), 0);
	bed_must_do(bed, on(PLAN, 3), 401);
	bed_must_submit(bed, 1, PD_level_microgrid, 101);
	bed->now_ms += minute;
	bed_must_do(bed, off(PLAN), 401);
	bed_must_do(bed, on(OTHER, 0), 403);
	expect_u64(redated(bed), 0, "orders that are due at another time while a plan is on");
	bed_must_do(bed, off(OTHER), 403);
	expect_u64(redated(bed), 1, "orders that are given back their time");
	expect_u64(redated(bed), 0, "orders that are given it twice");
}

static void it_ends_by_itself(void **state)
{
	struct bed *bed = *state;
	struct pd_message event, command = on(PLAN, 3);
	command.switch_on.until_ms = bed->now_ms + BED_HOUR;
	bed_must_do(bed, command, 401);
	expect_u64(redated(bed), 0, "redated, of no orders");
	expect(!bed_due(bed->core, bed->now_ms, &event), "it ends at once");
	expect_u64(core_next_due(bed->core), bed->now_ms + BED_HOUR, "when it ends");
	bed->now_ms += BED_HOUR;
	assert_true(bed_due(bed->core, bed->now_ms, &event));
	expect(event.type == PD_MSG_mode_ended && event.mode_ended.expired, "it is %s",
	       pd_message_info(event.type)->name);
	bed_apply(bed, &event);
	expect(!bed_due(bed->core, bed->now_ms, &event), "it ends twice");
	bed_must_refuse(bed, off(PLAN), 401, PD_REFUSED_mode_off, "plan 1");
}

static void its_categories_are_for_it_alone(void **state)
{
	struct bed *bed = *state;
	struct pd_message submit = bed_submit(1, FLOOD);
	bed_must_refuse(bed, submit, 101, PD_REFUSED_mode_off, "category 60 is taken in area 11 only while");
	bed_must_do(bed, on(PLAN, 4), 401);
	bed_must_do(bed, submit, 101);
	submit = bed_submit(2, FLOOD);
	submit.submit.area = 21;
	bed_must_refuse(bed, submit, 401, PD_REFUSED_mode_off, "in area 21");
	bed_must_do(bed, off(PLAN), 401);
	bed_must_refuse(bed, bed_submit(3, FLOOD), 101, PD_REFUSED_mode_off, "category 60");
}

static void a_plan_leads_up_its_own_ladder(void **state)
{
	struct bed *bed = *state;
	static const uint64_t steps[] = {5, 600, 1, 3600};
	struct pd_message ladder = {.type = PD_MSG_put_ladder, .request = 1}, plan = put_plan(PLAN, 2, 1);
	ladder.put_ladder = (struct pd_put_ladder){.ladder = 8, .name = pd_text("应急"), .steps = {steps, 4}};
	bed_must_do(bed, ladder, 0);
	plan.put_plan.ladder = 8;
	bed_must_do(bed, plan, 0);
	bed_must_do(bed, on(PLAN, 3), 401);
	bed_must_submit(bed, 1, PD_level_microgrid, 101);
	expect_u64(row(bed, 1)->due_ms, bed->now_ms + 5 * minute, "half of the ladder's time");
	bed_must(bed, PD_MSG_decline, 1, 1, 201);
	expect_u64(row(bed, 1)->holder, 1, "the holder: straight to the district");
	ladder.put_ladder.retired = true;
	bed_must_refuse(bed, ladder, 0, PD_REFUSED_in_use, "ladder 8: plan 1 climbs by it");
}

static void a_preview_counts_and_changes_nothing(void **state)
{
	struct bed *bed = *state;
	struct mode_effect effect;
	bed_must_submit(bed, 1, PD_level_microgrid, 101);
	bed->now_ms += 20 * minute;
	bed_must_submit(bed, 2, PD_level_microgrid, 103);
	bed_must_submit(bed, 3, PD_level_district, 101);
	struct pd_buffer before = bed_dump(bed->core);
	const struct registry *registry = core_registry(bed->core);
	const struct plan *plan = (const struct plan *)registry_find(registry, REGISTRY_PLANS, PLAN);
	modes_preview(bed->core, plan, registry_area(registry, 3), bed->now_ms, &effect);
	expect_same_dump(before, bed_dump(bed->core), "before and after a preview");
	expect_u64(effect.open, 2, "open");
	expect_u64(effect.changed, 2, "changed");
	expect_u64(effect.earlier, 2, "earlier");
	expect_u64(effect.overdue, 1, "overdue");
	bed_must_do(bed, on(PLAN, 3), 401);
	expect_u64(redated(bed), 2, "and so it is");
}

/* Leaders are its members, and nobody else is. */
static void called_out_are_leaders(struct bed *bed, const struct pd_id *id)
{
	const struct notice_row *row = &core_notice(bed->core, id)->row;
	const struct registry *registry = core_registry(bed->core);
	size_t leaders = 0, members = 0, people, count;
	const struct person *const *all =
		(const struct person *const *)registry_sorted(registry, REGISTRY_PEOPLE, &people);
	for (size_t i = 0; i < people; i++) {
		const struct person *person = all[i];
		bool member = notice_member_of(registry, row, person->id);
		expect(!member || person->post == PD_post_leader, "person %u is a member", person->id);
		members += member;
		leaders += person->post == PD_post_leader &&
			   area_within(registry_area(registry, person->area), registry_area(registry, row->area));
	}
	expect_u64(members, leaders, "who is called out");
	struct notice_count *sums = core_notice_sums(bed->core, row, registry_area(registry, row->area), false, &count);
	expect_u64(sums[0].members, members, "as counted");
	free(sums);
}

static void it_sends_its_notice_and_its_roll_call_once(void **state)
{
	struct bed *bed = *state;
	struct pd_message event, plan = put_plan(PLAN, 2, PD_running_keep);
	plan.put_plan.notice = pd_text("暴雨将至，请勿外出");
	plan.put_plan.roll_call = pd_text("清点在家人员");
	plan.put_plan.roll_category = PD_level_microgrid;
	plan.put_plan.call_out = 1u << PD_post_leader;
	bed_must_do(bed, plan, 0);
	bed_must_do(bed, on(PLAN, 3), 401);
	static const unsigned kinds[] = {PD_notice_kind_notice, PD_notice_kind_notice, PD_notice_kind_roll_call};
	for (int i = 0; i < 3; i++) {
		assert_true(bed_due(bed->core, bed->now_ms, &event));
		expect(event.type == PD_MSG_notified && event.notified.kind == kinds[i], "%d: it is %s", i,
		       pd_message_info(event.type)->name);
		expect_u64(event.notified.area, 3, "to whom");
		expect_u64(event.notified.posts, i == 0 ? 1u << PD_post_leader : 0, "to which posts");
		expect_u64(event.notified.sort, i == 0 ? PD_member_sort_person : PD_member_sort_household, "members");
		if (i == 0)
			expect_u64(event.notified.want, PD_want_confirmation, "what is wanted of who is called out");
		expect_u64(event.notified.actor, 401, "who sent it");
		expect_u64(event.notified.until_ms, bed->now_ms + BED_DAY, "until when");
		bed_apply(bed, &event);
		if (i == 0)
			called_out_are_leaders(bed, &event.notified.notice);
	}
	/* A replay knows that they were sent; the roll-call goes to the micro-grids. */
	struct core *again = bed_replay(&bed->events, 5);
	expect_same_dump(bed_dump(bed->core), bed_dump(again), "after a replay");
	core_free(bed->core);
	bed->core = again;
	unsigned orders = 0;
	for (; bed_due(bed->core, bed->now_ms, &event); orders++) {
		expect(event.type == PD_MSG_submitted, "it is %s", pd_message_info(event.type)->name);
		bed_apply(bed, &event);
	}
	expect_u64(orders, 3, "orders of the roll-call");
	bed_must_do(bed, off(PLAN), 401);
	bed_must_do(bed, on(PLAN, 3), 401);
	while (bed_due(bed->core, bed->now_ms, &event) && event.type != PD_MSG_notified)
		bed_apply(bed, &event); /* what it sent the first time ends */
	expect(event.type == PD_MSG_notified, "switched on again, it sends nothing");
	plan.put_plan.plan = 5;
	plan.put_plan.roll_category = 0;
	bed_must_refuse(bed, plan, 0, PD_REFUSED_unknown_category, "needs a category");
}

/* What it sends first of all, and what its roll-call hands out. */
static void switch_on_with_all(struct bed *bed)
{
	struct pd_message event, plan = put_plan(PLAN, 2, PD_running_keep);
	plan.put_plan.notice = pd_text("暴雨将至，请勿外出");
	plan.put_plan.roll_call = pd_text("清点在家人员");
	plan.put_plan.roll_category = PD_level_microgrid;
	plan.put_plan.call_out = 1u << PD_post_leader;
	bed_must_do(bed, plan, 0);
	bed_must_do(bed, on(PLAN, 3), 401);
	unsigned count = 0;
	for (; bed_due(bed->core, bed->now_ms, &event); count++)
		bed_apply(bed, &event);
	expect_u64(count, 6, "three notices and three orders");
}

/* Let the clock end it all; returns how many events of each sort there were, and the id of a notice among them. */
static void let_end(struct bed *bed, uint32_t plan, unsigned *notices, unsigned *orders, struct pd_id *id)
{
	struct pd_message event;
	*notices = *orders = 0;
	while (bed_due(bed->core, bed->now_ms, &event)) {
		if (event.type == PD_MSG_notice_ended) {
			expect_u64(event.notice_ended.plan, plan, "the plan with which it ended");
			expect_u64(event.notice_ended.actor, 0, "who ended it");
			*id = event.notice_ended.notice;
			++*notices;
		} else {
			expect(event.type == PD_MSG_lapsed, "it is %s", pd_message_info(event.type)->name);
			++*orders;
		}
		bed_apply(bed, &event);
	}
}

static void what_it_sent_ends_with_it(void **state)
{
	struct bed *bed = *state;
	unsigned notices, orders;
	struct pd_id id;
	struct pd_message other = {.type = PD_MSG_notify, .request = 1};
	other.notify = (struct pd_notify){.notice = bed_id(700),
					  .area = 3,
					  .kind = PD_notice_kind_notice,
					  .want = PD_want_read,
					  .sort = PD_member_sort_household,
					  .text = pd_text("明日停水"),
					  .until_ms = bed->now_ms + BED_HOUR};
	bed_must_do(bed, other, 401);
	switch_on_with_all(bed);
	bed_must_do(bed, off(PLAN), 401);
	bed_must_do(bed, on(PLAN, 3), 401); /* the second time is another one */
	expect_u64(core_next_due(bed->core), 0, "they are due");
	struct core *again = bed_replay(&bed->events, 5); /* and after a stop, too */
	core_free(bed->core);
	bed->core = again;
	bed_must_do(bed, off(PLAN), 401);
	let_end(bed, PLAN, &notices, &orders, &id);
	expect_u64(notices, 3, "notices that ended with it");
	expect_u64(orders, 3, "orders that lapsed");
	struct pd_message end = {.type = PD_MSG_end_notice, .request = 1, .end_notice = {.notice = id}};
	bed_must_refuse(bed, end, 0, PD_REFUSED_notice_over, ""); /* no repeat of what nobody did */
	const struct pd_id kept = bed_id(700);
	expect(notice_open(core_notice(bed->core, &kept)), "what somebody sent has ended, too");
}

static void what_it_sent_ends_when_its_time_is_over(void **state)
{
	struct bed *bed = *state;
	struct pd_message event;
	unsigned notices, orders;
	struct pd_id id;
	switch_on_with_all(bed);
	bed->now_ms += BED_DAY;
	do { /* orders climb before */
		assert_true(bed_due(bed->core, bed->now_ms, &event));
		bed_apply(bed, &event);
	} while (event.type != PD_MSG_mode_ended);
	let_end(bed, 0, &notices, &orders, &id);
	expect_u64(notices, 3, "notices that ended by themselves");
	expect_u64(orders, 3, "orders that lapsed");
}

static void who_may_and_where(void **state)
{
	struct bed *bed = *state;
	bed_must_refuse(bed, on(9, 0), 401, PD_REFUSED_unknown_plan, "plan 9");
	bed_must_refuse(bed, on(PLAN, 8), 403, PD_REFUSED_not_allowed, "in area 2 and below, which area 8 is not");
	bed_must_refuse(bed, on(PLAN, 3), 201, PD_REFUSED_not_allowed, "staff and supervisors of area 3");
	bed_must_refuse(bed, on(PLAN, 3), 404, PD_REFUSED_not_allowed, "staff and supervisors of area 3");
	bed_must_refuse(bed, on(PLAN, 2), 401, PD_REFUSED_not_allowed, "staff and supervisors of area 2");
	struct pd_message late = on(PLAN, 3);
	late.switch_on.until_ms = bed->now_ms - 1;
	bed_must_refuse(bed, late, 401, PD_REFUSED_bad_period, "past");
	late.switch_on.until_ms = bed->now_ms + 400 * (uint64_t)BED_DAY;
	bed_must_refuse(bed, late, 401, PD_REFUSED_bad_period, "a year");
	bed_must_refuse(bed, off(PLAN), 401, PD_REFUSED_mode_off, "plan 1");
	bed_must_do(bed, on(PLAN, 3), 401);
	uint64_t seq = core_last_seq(bed->core);
	struct pd_message again = on(PLAN, 3);
	bed_do(bed, &again, 401);
	expect_outcome(bed, CORE_REPEATED, "the same again");
	expect_u64(bed->decision.seq, seq, "the first one's seq");
	bed_must_refuse(bed, on(PLAN, 3), 402, PD_REFUSED_mode_on,
			"plan 1 is on already, in area 3; it can be on in one area at a time");
	bed_must_refuse(bed, on(OTHER, 0), 403, PD_REFUSED_mode_on, "plan 1 is on in area 3");  /* above it */
	bed_must_refuse(bed, on(OTHER, 11), 403, PD_REFUSED_mode_on, "plan 1 is on in area 3"); /* below it */
	bed_must_refuse(bed, put_plan(PLAN, 2, 1), 0, PD_REFUSED_mode_on, "plan 1 is on in area 3");
	bed_must_do(bed, on(OTHER, 8), 403); /* beside it */
	bed_must_refuse(bed, off(PLAN), 301, PD_REFUSED_not_allowed, "staff and supervisors of area 3");
	bed_must_do(bed, off(PLAN), 402);
	seq = core_last_seq(bed->core);
	struct pd_message ended = off(PLAN);
	bed_do(bed, &ended, 402);
	expect_outcome(bed, CORE_REPEATED, "switched off again");
	expect_u64(bed->decision.seq, seq, "the first one's seq");
}

/* A repeat gets the first answer, whatever has become of the area since. */
static void switching_on_again_is_the_same(void **state)
{
	struct bed *bed = *state;
	struct pd_message area = bed_area(39, 4, PD_level_microgrid, PD_area_kind_plain, "新微网格");
	struct pd_message again = on(PLAN, 39);
	bed_put(bed, area);
	bed_must_do(bed, again, 402);
	uint64_t seq = core_last_seq(bed->core);
	area.put_area.retired = true;
	bed_put(bed, area);
	bed_do(bed, &again, 402);
	expect_outcome(bed, CORE_REPEATED, "the same again");
	expect_u64(bed->decision.seq, seq, "the first one's seq");
}

/* What was sent long ago and comes now switches nothing. */
static void an_old_copy_switches_nothing(void **state)
{
	struct bed *bed = *state;
	struct pd_message first = on(PLAN, 3), end = off(PLAN);
	first.switch_on.nth = end.switch_off.nth = 1;
	bed_must_do(bed, first, 402);
	bed_must_do(bed, end, 402);
	bed_must_refuse(bed, first, 402, PD_REFUSED_not_next, "on 1 times so far, you named time 1");
	struct pd_message second = on(PLAN, 3);
	second.switch_on.nth = 2;
	bed_must_do(bed, second, 402);
	bed_must_refuse(bed, end, 402, PD_REFUSED_not_next, "on 2 times so far, you named time 1");
	bed_must_refuse(bed, first, 402, PD_REFUSED_not_next, "");
	second.switch_on.nth = 4;
	bed_must_refuse(bed, second, 402, PD_REFUSED_not_next, "you named time 4");
}

static void plans_must_hold_together(void **state)
{
	struct bed *bed = *state;
	static const uint64_t unknown[] = {77};
	struct pd_message put = put_plan(3, 99, 1);
	bed_must_refuse(bed, put, 0, PD_REFUSED_unknown_area, "no area 99");
	put = put_plan(3, 3, 1);
	put.put_plan.ladder = 5;
	bed_must_refuse(bed, put, 0, PD_REFUSED_unknown_ladder, "no ladder 5");
	put = put_plan(3, 3, 1);
	put.put_plan.categories = (struct pd_u64s){unknown, 1};
	bed_must_refuse(bed, put, 0, PD_REFUSED_unknown_category, "no category 77");
	bed_must_refuse(bed, put_plan(3, 3, 1), 401, PD_REFUSED_not_allowed, "administrators");
	struct pd_message same = put_plan(PLAN, 2, PD_running_shorten);
	bed_do(bed, &same, 0);
	expect_outcome(bed, CORE_REPEATED, "the same plan again");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(new_times_are_the_plans_while_it_is_on, setup, bed_teardown),
		cmocka_unit_test_setup_teardown(running_times_are_shortened_and_restored, setup, bed_teardown),
		cmocka_unit_test_setup_teardown(running_times_begin_anew, setup, bed_teardown),
		cmocka_unit_test_setup_teardown(kept_times_are_kept, setup, bed_teardown),
		cmocka_unit_test_setup_teardown(a_stop_in_between_does_no_harm, setup, bed_teardown),
		cmocka_unit_test_setup_teardown(a_second_look_finds_no_more_to_do, setup, bed_teardown),
		cmocka_unit_test_setup_teardown(the_later_end_gives_back, setup, bed_teardown),
		cmocka_unit_test_setup_teardown(it_ends_by_itself, setup, bed_teardown),
		cmocka_unit_test_setup_teardown(its_categories_are_for_it_alone, setup, bed_teardown),
		cmocka_unit_test_setup_teardown(a_plan_leads_up_its_own_ladder, setup, bed_teardown),
		cmocka_unit_test_setup_teardown(a_preview_counts_and_changes_nothing, setup, bed_teardown),
		cmocka_unit_test_setup_teardown(it_sends_its_notice_and_its_roll_call_once, setup, bed_teardown),
		cmocka_unit_test_setup_teardown(what_it_sent_ends_with_it, setup, bed_teardown),
		cmocka_unit_test_setup_teardown(what_it_sent_ends_when_its_time_is_over, setup, bed_teardown),
		cmocka_unit_test_setup_teardown(who_may_and_where, setup, bed_teardown),
		cmocka_unit_test_setup_teardown(switching_on_again_is_the_same, setup, bed_teardown),
		cmocka_unit_test_setup_teardown(an_old_copy_switches_nothing, setup, bed_teardown),
		cmocka_unit_test_setup_teardown(plans_must_hold_together, setup, bed_teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
