/* test_residents.c - haste, followers, merged orders and those who agree: who may, what comes of it, what a second
 * attempt is told; and where orders are that are held elsewhere.
 */
#include "core_bed.h"

enum { FAR_RESIDENT = 105 };

static struct pd_id id_of(unsigned n)
{
	return bed_id(n);
}

static struct order *order_of(struct bed *bed, unsigned n)
{
	struct pd_id id = id_of(n);
	return core_order(bed->core, &id);
}

/* The move on the order's present version. */
static void attempt(struct bed *bed, enum pd_type type, unsigned n, uint32_t actor)
{
	struct pd_message command = bed_move(type, n, order_of(bed, n)->row.version);
	bed_do(bed, &command, actor);
}

static struct order *must(struct bed *bed, enum pd_type type, unsigned n, uint32_t actor)
{
	return bed_must(bed, type, n, order_of(bed, n)->row.version, actor);
}

static void refused(struct bed *bed, enum pd_type type, unsigned n, uint32_t actor, enum pd_refusal refusal,
		    const char *detail)
{
	char what[100];
	snprintf(what, sizeof what, "%s of order %u by %u", pd_message_info(type)->name, n, actor);
	attempt(bed, type, n, actor);
	expect_refused(bed, refusal, detail, what);
}

static void expect_followers(struct bed *bed, unsigned n, uint32_t count, uint32_t endorsements, uint32_t stars)
{
	struct followers sum;
	core_followers(bed->core, &order_of(bed, n)->row, &sum);
	expect_u64(sum.count, count, "followers");
	expect_u64(sum.endorsements, endorsements, "endorsements");
	expect_u64(sum.stars, stars, "stars");
}

static bool follows(struct bed *bed, unsigned n, uint32_t person)
{
	struct pd_id id = id_of(n);
	const struct member *member = core_member(bed->core, &id, person);
	return member && follower_follows(&member->row);
}

/* ---- following ---- */

static const struct {
	uint32_t actor;
	enum pd_refusal refusal;
} may_follow[] = {
	{101, PD_REFUSED_already},                                /* their own */
	{102, PD_REFUSED_none},           {103, PD_REFUSED_none}, /* of another micro-grid of the community */
	{104, PD_REFUSED_none},                                   /* not housed, but there */
	{110, PD_REFUSED_none},                                   /* of the dedicated grid */
	{201, PD_REFUSED_none},           {204, PD_REFUSED_none},
	{404, PD_REFUSED_none}, /* works elsewhere */
	{501, PD_REFUSED_none},           {601, PD_REFUSED_none},
	{901, PD_REFUSED_none},           {FAR_RESIDENT, PD_REFUSED_not_allowed},
	{0, PD_REFUSED_not_allowed},      {912, PD_REFUSED_retired},
	{999, PD_REFUSED_unknown_person},
};

static void neighbours_and_people_of_work_follow(void **state)
{
	struct bed *bed = *state;
	uint32_t followers = 0;
	bed_put(bed, bed_person(FAR_RESIDENT, PD_post_resident, 91, 80));
	bed_must_submit(bed, 1, 5, 101);
	for (size_t i = 0; i < sizeof may_follow / sizeof may_follow[0]; i++) {
		uint32_t actor = may_follow[i].actor;
		if (may_follow[i].refusal) {
			refused(bed, PD_MSG_follow, 1, actor, may_follow[i].refusal, "");
			expect(!follows(bed, 1, actor), "%u follows it", actor);
			continue;
		}
		must(bed, PD_MSG_follow, 1, actor);
		expect(follows(bed, 1, actor), "%u does not follow it", actor);
		followers++;
	}
	expect_followers(bed, 1, followers, 0, 0);
	assert_int_equal(order_of(bed, 1)->row.state, PD_STATE_waiting);
	assert_int_equal(order_of(bed, 1)->row.version, 1 + followers);
}

static void who_may_follow_may_see(void **state)
{
	struct bed *bed = *state;
	bed_put(bed, bed_person(FAR_RESIDENT, PD_post_resident, 91, 80));
	const struct order_row *row = &bed_must_submit(bed, 1, 5, 101)->row;
	static const uint32_t may[] = {101, 102, 103, 110, 204, 404, 601, 0}, may_not[] = {FAR_RESIDENT, 912, 999};
	for (size_t i = 0; i < sizeof may / sizeof may[0]; i++)
		expect(core_may_see(bed->core, may[i], row), "%u may not see it", may[i]);
	for (size_t i = 0; i < sizeof may_not / sizeof may_not[0]; i++)
		expect(!core_may_see(bed->core, may_not[i], row), "%u may see it", may_not[i]);
	must(bed, PD_MSG_follow, 1, 102);
	bed_put(bed, bed_person(102, PD_post_resident, 91, 80));
	assert_true(core_may_see(bed->core, 102, row)); /* who has moved away goes on following */
}

static void following_begins_and_ends_once(void **state)
{
	struct bed *bed = *state;
	bed_must_submit(bed, 1, 5, 101);
	refused(bed, PD_MSG_unfollow, 1, 102, PD_REFUSED_not_following, "person 102");
	must(bed, PD_MSG_follow, 1, 102);
	uint64_t seq = core_last_seq(bed->core);
	struct pd_message again = bed_move(PD_MSG_follow, 1, 1);
	bed_do(bed, &again, 102);
	expect_outcome(bed, CORE_REPEATED, "the same follow");
	expect_u64(bed->decision.seq, seq, "its seq");
	refused(bed, PD_MSG_follow, 1, 102, PD_REFUSED_already, "the actor follows it already");
	must(bed, PD_MSG_unfollow, 1, 102);
	expect_followers(bed, 1, 0, 0, 0);
	refused(bed, PD_MSG_unfollow, 1, 102, PD_REFUSED_not_following, "person 102");
	must(bed, PD_MSG_follow, 1, 102);
	expect_followers(bed, 1, 1, 0, 0);
}

static void an_order_of_a_street_is_followed_from_all_of_it(void **state)
{
	struct bed *bed = *state;
	bed_put(bed, bed_person(FAR_RESIDENT, PD_post_resident, 91, 80));
	struct pd_message command = bed_submit(1, 2);
	command.submit.area = 7;
	bed_do(bed, &command, 0);
	expect_outcome(bed, CORE_EVENT, "submit");
	must(bed, PD_MSG_follow, 1, FAR_RESIDENT);
	refused(bed, PD_MSG_follow, 1, 102, PD_REFUSED_not_allowed, "only residents of community 7");
}

/* ---- urging ---- */

static void haste_is_counted_and_has_its_time(void **state)
{
	struct bed *bed = *state;
	bed_must_submit(bed, 1, 5, 101);
	refused(bed, PD_MSG_urge, 1, 102, PD_REFUSED_not_allowed,
		"only the requester, person 101, and those who follow it may urge");
	bed->now_ms += 5 * BED_SECOND;
	const struct order_row *row = &must(bed, PD_MSG_urge, 1, 101)->row;
	assert_int_equal(row->urges, 1);
	assert_int_equal(row->urged_s, 5);
	assert_int_equal(row->state, PD_STATE_waiting);
	must(bed, PD_MSG_follow, 1, 102);
	bed->now_ms += 59 * 60 * BED_SECOND + 1;
	refused(bed, PD_MSG_urge, 1, 102, PD_REFUSED_too_soon, "it can be urged again in 1 minutes");
	bed->now_ms += 60 * BED_SECOND - 1;
	must(bed, PD_MSG_accept, 1, 201);
	must(bed, PD_MSG_urge, 1, 102);
	expect_u64(bed->decision.event.urged.urges, 2, "urges in the event");
	assert_int_equal(row->urges, 2);
	assert_int_equal(row->state, PD_STATE_accepted);
	expect_u64(core_holder(bed->core, 11)->figures.urged, 2, "the figure");
	must(bed, PD_MSG_complete, 1, 201);
	refused(bed, PD_MSG_urge, 1, 101, PD_REFUSED_wrong_state, "it is completed");
}

static void an_urged_order_is_changed_for_the_book(void **state)
{
	struct bed *bed = *state;
	bed_must_submit(bed, 1, 5, 101);
	core_take_changed(bed->core);
	must(bed, PD_MSG_urge, 1, 101);
	const struct holder *changed = core_take_changed(bed->core);
	assert_non_null(changed);
	assert_int_equal(changed->area, 11);
}

/* ---- merging ---- */

static void followers_of_the_merged_follow_the_other(void **state)
{
	struct bed *bed = *state;
	bed_must_submit(bed, BED_OTHER, 5, 103);
	bed_must_submit(bed, 1, 5, 101);
	must(bed, PD_MSG_follow, BED_OTHER, 104);
	must(bed, PD_MSG_follow, 1, 102);
	must(bed, PD_MSG_follow, 1, 103);
	must(bed, PD_MSG_follow, 1, 104);
	must(bed, PD_MSG_follow, 1, 110);
	must(bed, PD_MSG_unfollow, 1, 110);
	uint32_t version = order_of(bed, BED_OTHER)->row.version;
	bed->now_ms += 1000;
	const struct order_row *row = &must(bed, PD_MSG_merge, 1, 201)->row;
	assert_int_equal(row->state, PD_STATE_merged);
	expect_u64(row->ended_ms, bed->now_ms, "ended_ms");
	expect_u64(row->due_ms, 0, "due_ms");
	assert_int_equal(core_holder(bed->core, 11)->waiting_count, 0);
	expect_u64(core_holder(bed->core, 11)->figures.merged, 1, "the figure");
	assert_int_equal(order_of(bed, BED_OTHER)->row.version, version);
	expect(follows(bed, BED_OTHER, 101) && follows(bed, BED_OTHER, 102) && follows(bed, BED_OTHER, 104),
	       "a follower was lost");
	expect(!follows(bed, BED_OTHER, 103), "the requester follows what is theirs");
	expect(!follows(bed, BED_OTHER, 110), "who did not follow any more does");
	expect_followers(bed, BED_OTHER, 3, 0, 0);
	must(bed, PD_MSG_urge, BED_OTHER, 101);
	refused(bed, PD_MSG_note, 1, 101, PD_REFUSED_wrong_state, "it is merged");
}

static void what_cannot_be_merged(void **state)
{
	struct bed *bed = *state;
	bed_must_submit(bed, 1, 5, 101);
	refused(bed, PD_MSG_merge, 1, 102, PD_REFUSED_not_allowed,
		"only people with a post in area 11 or above it may merge");
	refused(bed, PD_MSG_merge, 1, 203, PD_REFUSED_not_allowed, "");
	refused(bed, PD_MSG_merge, 1, 201, PD_REFUSED_unknown_order, "");
	bed_must_submit(bed, BED_OTHER, 5, 103);
	refused(bed, PD_MSG_merge, BED_OTHER, 203, PD_REFUSED_bad_merge, "it is this order itself");
	must(bed, PD_MSG_accept, BED_OTHER, 203);
	must(bed, PD_MSG_merge, 1, 402);
	bed_must_submit(bed, 2, 5, 101);
	struct pd_message chain = bed_move(PD_MSG_merge, 2, 1);
	chain.merge.into = bed_id(1);
	bed_do(bed, &chain, 201);
	expect_refused(bed, PD_REFUSED_bad_merge, "is merged", "into a merged order");
	must(bed, PD_MSG_complete, BED_OTHER, 203);
	refused(bed, PD_MSG_merge, 2, 201, PD_REFUSED_bad_merge, "is completed");
	must(bed, PD_MSG_accept, 2, 201);
	must(bed, PD_MSG_complete, 2, 201);
	refused(bed, PD_MSG_merge, 2, 201, PD_REFUSED_wrong_state,
		"it must be waiting, accepted or suspended to be merged");
}

static void a_merge_names_what_goes_on(void **state)
{
	struct bed *bed = *state;
	bed_must_submit(bed, BED_OTHER, 5, 103);
	bed_must_submit(bed, 1, 5, 101);
	must(bed, PD_MSG_merge, 1, 201);
	struct pd_message merge = bed_move(PD_MSG_merge, 1, 1);
	uint32_t content = core_content(&merge);
	expect_u64(core_content(&bed->decision.event), content, "the event's content");
	bed_do(bed, &merge, 201);
	expect_outcome(bed, CORE_REPEATED, "the same merge");
	merge.merge.into = bed_id(3);
	expect(core_content(&merge) != content, "a merge into another order looks the same");
	bed_do(bed, &merge, 201);
	expect_outcome(bed, CORE_LOOK_BACK, "a merge into another order");
}

/* ---- agreeing ---- */

static void each_follower_agrees_once_for_each_completion(void **state)
{
	struct bed *bed = *state;
	bed_must_submit(bed, 1, 5, 101);
	must(bed, PD_MSG_follow, 1, 102);
	must(bed, PD_MSG_follow, 1, 103);
	must(bed, PD_MSG_accept, 1, 201);
	refused(bed, PD_MSG_endorse, 1, 102, PD_REFUSED_wrong_state, "it must be completed or closed to be endorsed");
	must(bed, PD_MSG_complete, 1, 201);
	refused(bed, PD_MSG_endorse, 1, 104, PD_REFUSED_not_following, "person 104");
	refused(bed, PD_MSG_endorse, 1, 101, PD_REFUSED_not_following, "person 101");
	uint64_t due_ms = order_of(bed, 1)->row.due_ms;
	must(bed, PD_MSG_endorse, 1, 102);
	expect_followers(bed, 1, 2, 1, 4);
	expect_u64(order_of(bed, 1)->row.due_ms, due_ms, "due_ms");
	refused(bed, PD_MSG_endorse, 1, 102, PD_REFUSED_already, "the actor rated it with 4 already");
	must(bed, PD_MSG_confirm, 1, 101);
	assert_int_equal(must(bed, PD_MSG_endorse, 1, 103)->row.state, PD_STATE_closed);
	expect_followers(bed, 1, 2, 2, 8);
	must(bed, PD_MSG_reopen, 1, 101);
	expect_followers(bed, 1, 2, 0, 0);
	must(bed, PD_MSG_accept, 1, 301);
	must(bed, PD_MSG_complete, 1, 301);
	must(bed, PD_MSG_endorse, 1, 102);
	expect_followers(bed, 1, 2, 1, 4);
}

/* ---- limits ---- */

static void many_people(struct bed *bed, uint32_t first, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		struct pd_message put = bed_person(first + i, PD_post_resident, 11, 0);
		bed_quickly(bed, &put, 0);
	}
}

static void many_followers(struct bed *bed, unsigned n, uint32_t first, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		struct pd_message follow = bed_move(PD_MSG_follow, n, order_of(bed, n)->row.version);
		bed_quickly(bed, &follow, first + i);
	}
}

static void followers_and_events_have_a_limit(void **state)
{
	struct bed *bed = *state;
	many_people(bed, 10000, 1200);
	bed_must_submit(bed, BED_OTHER, 5, 103);
	bed_must_submit(bed, 1, 5, 101);
	many_followers(bed, 1, 10000, 500);
	many_followers(bed, BED_OTHER, 10500, 500);
	refused(bed, PD_MSG_merge, 1, 201, PD_REFUSED_too_many, "it has 500 followers");
	must(bed, PD_MSG_unfollow, BED_OTHER, 10500);
	must(bed, PD_MSG_merge, 1, 201);
	expect_followers(bed, BED_OTHER, 1000, 0, 0);
	refused(bed, PD_MSG_follow, BED_OTHER, 104, PD_REFUSED_too_many, "it has 1000 followers");
	bed_must_submit(bed, 2, 5, 101);
	many_followers(bed, 2, 10000, 999);
	refused(bed, PD_MSG_follow, 2, 11100, PD_REFUSED_too_many, "it has 1000 events");
	refused(bed, PD_MSG_urge, 2, 101, PD_REFUSED_too_many, "it has 1000 events");
	must(bed, PD_MSG_unfollow, 2, 10001);
}

static void reopening_has_a_limit(void **state)
{
	struct bed *bed = *state;
	static const uint32_t workers[] = {201, 301, 401, 402};
	bed_must_submit(bed, 1, 5, 101);
	for (int i = 0; i < 4; i++) {
		must(bed, PD_MSG_accept, 1, workers[i]);
		must(bed, PD_MSG_complete, 1, workers[i]);
		if (i < 3)
			must(bed, PD_MSG_reopen, 1, 101);
	}
	refused(bed, PD_MSG_reopen, 1, 101, PD_REFUSED_too_many, "it was reopened 3 times");
}

/* ---- where orders are ---- */

static size_t away_from(struct bed *bed, uint32_t area)
{
	const struct away_list *list = core_away(bed->core, area);
	const struct order *order;
	size_t count = 0;
	if (list)
		LIST_FOREACH(order, list, by_origin)
		{
			expect(order->row.area == area && order->row.holder != area,
			       "an order that is at home is away");
			count++;
		}
	return count;
}

static void orders_that_climb_are_away(void **state)
{
	struct bed *bed = *state;
	bed_must_submit(bed, 1, 5, 101);
	expect_u64(away_from(bed, 11), 0, "at its micro-grid: away");
	must(bed, PD_MSG_decline, 1, 201);
	expect_u64(away_from(bed, 11), 1, "at the grid: away");
	must(bed, PD_MSG_transfer, 1, 301);
	expect_u64(away_from(bed, 11), 1, "at the neighbour's: away");
	expect_u64(away_from(bed, 12), 0, "away from where it is");
	struct pd_message home = bed_move(PD_MSG_transfer, 1, 3);
	home.transfer.holder = 11;
	bed_do(bed, &home, 301);
	expect_u64(away_from(bed, 11), 0, "at home again: away");
	bed_must_submit(bed, 2, 4, 101);
	expect_u64(away_from(bed, 11), 1, "another level's: away");
	must(bed, PD_MSG_accept, 2, 301);
	must(bed, PD_MSG_complete, 2, 301);
	expect_u64(away_from(bed, 11), 0, "completed: away");
	must(bed, PD_MSG_reopen, 2, 101);
	expect_u64(away_from(bed, 11), 1, "reopened: away");
}

/* The household is given to the neighbouring micro-grid while its order is with the grid: it is away from there now. */
static void what_is_rerouted_is_away_from_its_new_area(void **state)
{
	struct bed *bed = *state;
	struct pd_message submit = bed_submit(1, 5), event;
	submit.submit.household = 52;
	bed_do(bed, &submit, 0);
	expect_outcome(bed, CORE_EVENT, "submit");
	must(bed, PD_MSG_decline, 1, 201);
	expect_u64(away_from(bed, 11), 1, "before: away from 11");
	bed_put(bed, bed_household(52, 12, 60));
	while (bed_due(bed->core, bed->now_ms, &event))
		bed_apply(bed, &event);
	assert_int_equal(order_of(bed, 1)->row.area, 12);
	expect_u64(away_from(bed, 11), 0, "after: away from 11");
	expect_u64(away_from(bed, 12), order_of(bed, 1)->row.holder != 12, "after: away from 12");
	must(bed, PD_MSG_follow, 1, 103);
	must(bed, PD_MSG_decline, 1, order_of(bed, 1)->row.holder == 4 ? 301 : 203);
	expect_u64(away_from(bed, 12), 1, "a level up: away from 12");
}

static void what_is_promised(void **state)
{
	struct bed *bed = *state;
	const struct order *order = bed_must_submit(bed, 1, 5, 101);
	struct core_promise promise = core_promise(bed->core, order);
	expect_u64(promise.accept_by_ms, bed->now_ms + 1800 * BED_SECOND, "waiting: accept_by");
	expect_u64(promise.complete_by_ms, bed->now_ms + 1800 * BED_SECOND + BED_DAY, "waiting: complete_by");
	must(bed, PD_MSG_accept, 1, 201);
	promise = core_promise(bed->core, order);
	expect_u64(promise.accept_by_ms, 0, "accepted: accept_by");
	expect_u64(promise.complete_by_ms, bed->now_ms + BED_DAY, "accepted: complete_by");
	must(bed, PD_MSG_complete, 1, 201);
	promise = core_promise(bed->core, order);
	expect_u64(promise.accept_by_ms + promise.complete_by_ms, 0, "completed: anything");
}

/* ---- memory ---- */

static void followers_leave_memory_with_their_order(void **state)
{
	struct bed *bed = *state;
	bed_must_submit(bed, 1, 5, 101);
	must(bed, PD_MSG_follow, 1, 102);
	must(bed, PD_MSG_cancel, 1, 101);
	core_take_changed_members(bed->core);
	struct pd_id id = id_of(1);
	assert_non_null(core_member(bed->core, &id, 102));
	assert_int_equal(core_forget(bed->core, core_last_seq(bed->core), 10, NULL, NULL, NULL), 1);
	assert_null(core_member(bed->core, &id, 102));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, bed_setup, bed_teardown)
	const struct CMUnitTest tests[] = {
		TEST(neighbours_and_people_of_work_follow),
		TEST(who_may_follow_may_see),
		TEST(following_begins_and_ends_once),
		TEST(an_order_of_a_street_is_followed_from_all_of_it),
		TEST(haste_is_counted_and_has_its_time),
		TEST(an_urged_order_is_changed_for_the_book),
		TEST(followers_of_the_merged_follow_the_other),
		TEST(what_cannot_be_merged),
		TEST(a_merge_names_what_goes_on),
		TEST(each_follower_agrees_once_for_each_completion),
		TEST(followers_and_events_have_a_limit),
		TEST(reopening_has_a_limit),
		TEST(orders_that_climb_are_away),
		TEST(what_is_rerouted_is_away_from_its_new_area),
		TEST(what_is_promised),
		TEST(followers_leave_memory_with_their_order),
	};
#undef TEST
	return cmocka_run_group_tests(tests, NULL, NULL);
}
