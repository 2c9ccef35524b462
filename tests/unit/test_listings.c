/* test_listings.c - what is offered and needed: who may, what is left, matches, ends, repeats, figures, forgetting. */
#include "core_bed.h"
#include "listings.h"

static struct pd_message put_listing(unsigned n, unsigned side, uint32_t area, uint32_t quantity)
{
	struct pd_message message = {.type = PD_MSG_put_listing, .request = 1};
	message.put_listing = (struct pd_put_listing){.listing = bed_id(n),
						      .side = (uint8_t)side,
						      .kind = PD_listing_kind_volunteers,
						      .area = area,
						      .text = pd_text("周末可上门理发"),
						      .quantity = quantity};
	return message;
}

static struct pd_message claim(unsigned n, unsigned c, uint32_t quantity, uint32_t by)
{
	struct pd_message message = {.type = PD_MSG_claim, .request = 1};
	message.claim = (struct pd_claim){.listing = bed_id(n), .claim = bed_id(c), .quantity = quantity, .by = by};
	return message;
}

static struct pd_message fulfil(unsigned n, unsigned c, uint32_t quantity)
{
	struct pd_message message = {.type = PD_MSG_fulfil, .request = 1};
	message.fulfil = (struct pd_fulfil){
		.listing = bed_id(n), .claim = bed_id(c), .quantity = quantity, .result = pd_text("已理发")};
	return message;
}

static struct pd_message take_back(unsigned n)
{
	struct pd_message message = {.type = PD_MSG_withdraw_listing, .request = 1};
	message.withdraw_listing = (struct pd_withdraw_listing){.listing = bed_id(n), .reason = pd_text("外出")};
	return message;
}

static void must_repeat(struct bed *bed, struct pd_message command, uint32_t actor, uint64_t seq)
{
	bed_do(bed, &command, actor);
	expect_outcome(bed, CORE_REPEATED, pd_message_info(command.type)->name);
	expect_u64(bed->decision.seq, seq, "the first one's seq");
}

static const struct listing_row *row(struct bed *bed, unsigned n)
{
	const struct pd_id id = bed_id(n);
	const struct listing_entry *listing = core_listing(bed->core, &id);
	return listing ? &listing->row : NULL;
}

static void expect_row(struct bed *bed, unsigned n, unsigned state, uint32_t left, uint32_t claimed, uint32_t fulfilled)
{
	const struct listing_row *is = row(bed, n);
	assert_non_null(is);
	expect(listing_state(is) == state, "listing %u is %s, expected %s", n,
	       pd_word("listing_state", listing_state(is)), pd_word("listing_state", state));
	expect_u64(listing_left(is), left, "left");
	expect_u64(is->claimed, claimed, "claimed");
	expect_u64(is->fulfilled, fulfilled, "fulfilled");
}

/* ---- a life ---- */

static void an_offer_is_claimed_in_parts_and_fulfilled(void **state)
{
	struct bed *bed = *state;
	bed_must_do(bed, put_listing(1, PD_listing_side_offer, 3, 6), 401);
	uint64_t listed = core_last_seq(bed->core);
	expect_row(bed, 1, PD_listing_state_open, 6, 0, 0);
	bed_must_do(bed, claim(1, 11, 2, 4), 301);
	expect_row(bed, 1, PD_listing_state_open, 4, 2, 0);
	bed_must_do(bed, claim(1, 12, 4, 5), 302);
	uint64_t claimed = core_last_seq(bed->core);
	expect_row(bed, 1, PD_listing_state_claimed, 0, 6, 0);
	bed_must_refuse(bed, claim(1, 13, 1, 5), 302, PD_REFUSED_listing_over, "all of it is claimed");
	bed_must_do(bed, fulfil(1, 11, 2), 301);
	expect_row(bed, 1, PD_listing_state_claimed, 0, 4, 2);
	/* By the area whose listing it is; what was not done is left again. */
	bed_must_do(bed, fulfil(1, 12, 3), 401);
	uint64_t done = core_last_seq(bed->core);
	expect_row(bed, 1, PD_listing_state_open, 1, 0, 5);
	bed_must_do(bed, claim(1, 14, 1, 4), 301);
	bed_must_do(bed, fulfil(1, 14, 1), 301);
	expect_row(bed, 1, PD_listing_state_fulfilled, 0, 0, 6);
	bed_must_refuse(bed, claim(1, 15, 1, 5), 302, PD_REFUSED_listing_over, "all of it was done");
	/* Repeats get the first answers, in the end as at first. */
	must_repeat(bed, put_listing(1, PD_listing_side_offer, 3, 6), 401, listed);
	must_repeat(bed, claim(1, 12, 4, 5), 302, claimed);
	must_repeat(bed, fulfil(1, 12, 3), 401, done);
	bed_must_refuse(bed, fulfil(1, 12, 4), 401, PD_REFUSED_listing_over, "with 3 done");
	bed_must_refuse(bed, take_back(1), 401, PD_REFUSED_listing_over, "all of it was done");
}

static void a_claim_that_comes_to_nothing_gives_all_back(void **state)
{
	struct bed *bed = *state;
	bed_must_do(bed, put_listing(1, PD_listing_side_need, 3, 2), 401);
	bed_must_do(bed, claim(1, 11, 2, 4), 301);
	bed_must_do(bed, fulfil(1, 11, 0), 301);
	expect_row(bed, 1, PD_listing_state_open, 2, 0, 0);
	struct listing_counts counts;
	uint64_t open[3];
	core_count_listings(bed->core, NULL, &counts, open);
	expect_u64(counts.failed, 1, "failed");
	expect_u64(counts.fulfilled, 0, "fulfilled");
	expect_u64(open[PD_listing_side_need], 1, "needs that are open");
}

static void withdrawn_with_claims_it_ends_with_them(void **state)
{
	struct bed *bed = *state;
	bed_must_do(bed, put_listing(1, PD_listing_side_offer, 3, 5), 401);
	bed_must_do(bed, claim(1, 11, 2, 4), 301);
	bed_must_refuse(bed, take_back(1), 301, PD_REFUSED_not_allowed, "area 3 or above");
	bed_must_do(bed, take_back(1), 402);
	uint64_t seq = core_last_seq(bed->core);
	expect_row(bed, 1, PD_listing_state_claimed, 0, 2, 0);
	bed_must_refuse(bed, claim(1, 12, 1, 4), 301, PD_REFUSED_listing_over, "taken back");
	must_repeat(bed, take_back(1), 402, seq);
	bed_must_refuse(bed, take_back(1), 401, PD_REFUSED_listing_over, "taken back");
	bed_must_do(bed, fulfil(1, 11, 1), 301); /* what comes back is not left again */
	expect_row(bed, 1, PD_listing_state_withdrawn, 0, 0, 1);
}

static void what_is_left_expires(void **state)
{
	struct bed *bed = *state;
	struct pd_message event, put = put_listing(1, PD_listing_side_offer, 3, 5);
	put.put_listing.until_ms = bed->now_ms + BED_HOUR;
	bed_must_do(bed, put, 401);
	put.put_listing.listing = bed_id(2);
	bed_must_do(bed, put, 401);
	bed_must_do(bed, claim(2, 21, 5, 4), 301); /* nothing is left that could expire */
	expect_u64(core_next_due(bed->core), bed->now_ms + BED_HOUR, "when the next thing is due");
	expect(!bed_due(bed->core, bed->now_ms, &event), "something is due already");
	bed->now_ms += BED_HOUR;
	bed_must_refuse(bed, claim(1, 11, 1, 4), 301, PD_REFUSED_listing_over, "its time has passed");
	expect(bed_due(bed->core, bed->now_ms, &event), "nothing expires");
	bed_apply(bed, &event);
	expect_row(bed, 1, PD_listing_state_expired, 0, 0, 0);
	expect(!bed_due(bed->core, bed->now_ms, &event), "the claimed one expires");
	/* What comes back after the time expires at once. */
	bed_must_do(bed, fulfil(2, 21, 1), 301);
	expect(bed_due(bed->core, bed->now_ms, &event), "what came back does not expire");
	bed_apply(bed, &event);
	expect_row(bed, 2, PD_listing_state_expired, 0, 0, 1);
}

/* ---- matches ---- */

static void the_nearest_match_comes_first(void **state)
{
	struct bed *bed = *state;
	const struct listing_entry *found[9];
	bed_must_do(bed, put_listing(1, PD_listing_side_need, 4, 1), 403);
	bed_must_do(bed, put_listing(2, PD_listing_side_offer, 8, 1), 403);  /* another street's */
	bed_must_do(bed, put_listing(3, PD_listing_side_offer, 2, 1), 403);  /* the street's */
	bed_must_do(bed, put_listing(4, PD_listing_side_offer, 21, 1), 403); /* of the community */
	bed_must_do(bed, put_listing(5, PD_listing_side_need, 4, 1), 403);
	struct pd_message later = put_listing(6, PD_listing_side_offer, 4, 1), earlier = later;
	later.put_listing.from_ms = bed->now_ms + 2 * BED_HOUR;
	bed_must_do(bed, later, 403);
	const struct pd_id id = bed_id(1), over = bed_id(7);
	size_t count = core_matches(bed->core, core_listing(bed->core, &id), found, 9);
	expect_u64(count, 4, "matches");
	static const unsigned wanted[] = {4, 6, 3, 2};
	for (size_t i = 0; i < 4; i++) {
		const struct pd_id nth = bed_id(wanted[i]);
		expect(memcmp(&found[i]->row.id, &nth, sizeof nth) == 0, "match %zu is another than listing %u", i,
		       wanted[i]);
	}
	expect_u64(core_matches(bed->core, core_listing(bed->core, &id), found, 2), 2, "matches up to a limit");
	/* One that ends before the other begins is none. */
	earlier.put_listing.listing = over;
	earlier.put_listing.side = PD_listing_side_need;
	earlier.put_listing.until_ms = bed->now_ms + BED_HOUR;
	bed_must_do(bed, earlier, 403);
	expect_u64(core_matches(bed->core, core_listing(bed->core, &over), found, 9), 3, "matches of an earlier need");
	/* One that has ended is answered for alike, whether it is still in memory or not. */
	struct pd_message withdraw = {.type = PD_MSG_withdraw_listing};
	withdraw.withdraw_listing.listing = over;
	bed_must_do(bed, withdraw, 403);
	expect_u64(core_matches(bed->core, core_listing(bed->core, &over), found, 9), 0, "matches of an ended need");
}

static void both_sides_of_a_match_are_claimed(void **state)
{
	struct bed *bed = *state;
	bed_must_do(bed, put_listing(1, PD_listing_side_offer, 3, 6), 401);
	bed_must_do(bed, put_listing(2, PD_listing_side_need, 8, 4), 404);
	struct pd_message match = claim(1, 11, 5, 8);
	match.claim.other = bed_id(2);
	bed_must_refuse(bed, match, 404, PD_REFUSED_not_left, "4 of it are left, 5 were asked for");
	match.claim.quantity = 3;
	match.claim.by = 7;
	bed_must_refuse(bed, match, 404, PD_REFUSED_bad_match, "is of area 8, and area 7 is to claim");
	match.claim.by = 8;
	bed_must_do(bed, match, 404);
	expect_row(bed, 1, PD_listing_state_open, 3, 3, 0);
	expect_row(bed, 2, PD_listing_state_open, 1, 3, 0);
	bed_must_do(bed, fulfil(1, 11, 2), 404);
	expect_row(bed, 1, PD_listing_state_open, 4, 0, 2);
	expect_row(bed, 2, PD_listing_state_open, 2, 0, 2);
}

static void what_does_not_fit_is_no_match(void **state)
{
	struct bed *bed = *state;
	bed_must_do(bed, put_listing(1, PD_listing_side_offer, 3, 6), 401);
	bed_must_do(bed, put_listing(2, PD_listing_side_offer, 3, 6), 401);
	struct pd_message other = put_listing(3, PD_listing_side_need, 3, 6), match = claim(1, 11, 1, 3);
	other.put_listing.kind = PD_listing_kind_money;
	bed_must_do(bed, other, 401);
	other = put_listing(4, PD_listing_side_need, 3, 6);
	bed_must_do(bed, other, 401);
	bed_must_do(bed, take_back(4), 401);
	static const struct {
		unsigned other;
		enum pd_refusal refusal;
		const char *detail;
	} cases[] = {{1, PD_REFUSED_bad_match, "the same listing"},
		     {2, PD_REFUSED_bad_match, "both are offered"},
		     {3, PD_REFUSED_bad_match, "of different kinds"},
		     {4, PD_REFUSED_listing_over, "taken back"},
		     {9, PD_REFUSED_unknown_listing, ""}};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		match.claim.other = bed_id(cases[i].other);
		bed_must_refuse(bed, match, 401, cases[i].refusal, cases[i].detail);
	}
}

/* ---- refusals ---- */

static void bad_input_is_refused(void **state)
{
	struct bed *bed = *state;
	struct pd_message bad = put_listing(1, PD_listing_side_offer, 3, 6);
	bad.put_listing.listing.bytes[6] = 0x40;
	bed_must_refuse(bed, bad, 401, PD_REFUSED_bad_id, "RFC 9562");
	bed_must_refuse(bed, put_listing(1, PD_listing_side_offer, 99, 6), 401, PD_REFUSED_unknown_area, "area 99");
	bed_must_refuse(bed, put_listing(1, PD_listing_side_offer, 3, 6), 101, PD_REFUSED_not_allowed,
			"area 3 or above");
	bed_must_refuse(bed, put_listing(1, PD_listing_side_offer, 3, 6), 404, PD_REFUSED_not_allowed,
			"area 3 or above");
	bed_must_refuse(bed, put_listing(1, PD_listing_side_offer, 3, 6), 912, PD_REFUSED_retired, "person 912");
	bad = put_listing(1, PD_listing_side_offer, 3, 6);
	bad.put_listing.until_ms = bed->now_ms - 1;
	bad.put_listing.from_ms = bed->now_ms - 2;
	bed_must_refuse(bed, bad, 401, PD_REFUSED_bad_period, "its end is past");
	bad.put_listing.from_ms = bed->now_ms + 2;
	bad.put_listing.until_ms = bed->now_ms + 1;
	bed_must_refuse(bed, bad, 401, PD_REFUSED_bad_period, "before it begins");
	bed_must_refuse(bed, claim(1, 11, 1, 4), 301, PD_REFUSED_unknown_listing, "");
	bed_must_refuse(bed, take_back(1), 401, PD_REFUSED_unknown_listing, "");
	bed_must_do(bed, put_listing(1, PD_listing_side_offer, 3, 6), 401);
	bed_must_refuse(bed, put_listing(1, PD_listing_side_offer, 3, 7), 401, PD_REFUSED_listing_exists,
			"other contents");
	bed_must_refuse(bed, claim(1, 11, 7, 4), 301, PD_REFUSED_not_left, "6 of it are left, 7");
	bed_must_refuse(bed, claim(1, 11, 1, 5), 301, PD_REFUSED_not_allowed, "area 5 or above");
	bed_must_refuse(bed, fulfil(1, 11, 1), 301, PD_REFUSED_unknown_claim, "");
	bed_must_do(bed, claim(1, 11, 2, 4), 301);
	bed_must_refuse(bed, claim(1, 11, 1, 4), 301, PD_REFUSED_listing_exists, "made already");
	bed_must_refuse(bed, fulfil(1, 11, 3), 301, PD_REFUSED_not_left, "2 of it were claimed, 3");
	bed_must_refuse(bed, fulfil(1, 11, 1), 302, PD_REFUSED_not_allowed, "area 4 or 3");
}

/* ---- figures and memory ---- */

static void figures_count_each_area_with_all_below(void **state)
{
	struct bed *bed = *state;
	struct listing_counts counts;
	uint64_t open[3];
	bed_must_do(bed, put_listing(1, PD_listing_side_offer, 4, 1), 403);
	bed_must_do(bed, put_listing(2, PD_listing_side_need, 3, 1), 403);
	bed_must_do(bed, put_listing(3, PD_listing_side_need, 8, 1), 403);
	bed_must_do(bed, claim(1, 11, 1, 3), 403);
	bed_must_do(bed, fulfil(1, 11, 1), 403);
	bed_must_do(bed, take_back(2), 403);
	core_count_listings(bed->core, registry_area(core_registry(bed->core), 3), &counts, open);
	expect_u64(counts.offered, 1, "offered");
	expect_u64(counts.needed, 1, "needed");
	expect_u64(counts.claimed, 1, "claimed");
	expect_u64(counts.fulfilled, 1, "fulfilled");
	expect_u64(counts.withdrawn, 1, "withdrawn");
	expect_u64(open[PD_listing_side_offer] + open[PD_listing_side_need], 0, "open in the community");
	core_count_listings(bed->core, NULL, &counts, open);
	expect_u64(counts.needed, 2, "needed in all");
	expect_u64(open[PD_listing_side_need], 1, "needs that are open in all");
}

static void what_has_ended_and_is_kept_leaves_memory(void **state)
{
	struct bed *bed = *state;
	bed_must_do(bed, put_listing(1, PD_listing_side_offer, 4, 1), 403);
	bed_must_do(bed, put_listing(2, PD_listing_side_need, 3, 1), 403);
	bed_must_do(bed, take_back(1), 403);
	core_forget_listings(bed->core, core_last_seq(bed->core));
	assert_non_null(row(bed, 1)); /* the book has not got it yet */
	core_take_changed_listings(bed->core);
	core_forget_listings(bed->core, core_last_seq(bed->core) - 1);
	assert_non_null(row(bed, 1)); /* its last event is not kept yet */
	struct listing_row kept = *row(bed, 1);
	struct pd_buffer before = bed_dump(bed->core);
	core_forget_listings(bed->core, core_last_seq(bed->core));
	assert_null(row(bed, 1));
	assert_non_null(row(bed, 2));
	expect_same_dump(before, bed_dump(bed->core), "before and after forgetting");
	core_restore_listing(bed->core, &kept);
	bed_must_refuse(bed, claim(1, 11, 1, 3), 403, PD_REFUSED_listing_over, "taken back");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_offer_is_claimed_in_parts_and_fulfilled, bed_setup, bed_teardown),
		cmocka_unit_test_setup_teardown(a_claim_that_comes_to_nothing_gives_all_back, bed_setup, bed_teardown),
		cmocka_unit_test_setup_teardown(withdrawn_with_claims_it_ends_with_them, bed_setup, bed_teardown),
		cmocka_unit_test_setup_teardown(what_is_left_expires, bed_setup, bed_teardown),
		cmocka_unit_test_setup_teardown(the_nearest_match_comes_first, bed_setup, bed_teardown),
		cmocka_unit_test_setup_teardown(both_sides_of_a_match_are_claimed, bed_setup, bed_teardown),
		cmocka_unit_test_setup_teardown(what_does_not_fit_is_no_match, bed_setup, bed_teardown),
		cmocka_unit_test_setup_teardown(bad_input_is_refused, bed_setup, bed_teardown),
		cmocka_unit_test_setup_teardown(figures_count_each_area_with_all_below, bed_setup, bed_teardown),
		cmocka_unit_test_setup_teardown(what_has_ended_and_is_kept_leaves_memory, bed_setup, bed_teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
