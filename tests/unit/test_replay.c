/* test_replay.c - from the journal's events to a state and its book, which are those of the live rounds; and what is no
 * journal of theirs is refused. */
#include "book_bed.h"

#include "journal.h"

/* A core that lives as in the daemon: each round goes to the journal, and to a book now and then. */
struct daemon {
	struct shelf live;  /* its mirror is the living core; the bed's makes the commands */
	struct shelf again; /* what a replay makes */
	struct journal *journal;
	struct journal_reader *reader;
	struct journal_round round;
	size_t journaled; /* bytes of the bed's events that are in the journal */
};

static void shelf_begin_at(struct shelf *shelf)
{
	strcpy(shelf->dir, "/tmp/paidan-replay-XXXXXX");
	assert_non_null(mkdtemp(shelf->dir));
	shelf->mirror = core_new(5, &bed_periods);
	shelf_open(shelf, false);
}

static int setup(void **state)
{
	struct daemon *daemon = calloc(1, sizeof *daemon);
	assert_non_null(daemon);
	shelf_begin_at(&daemon->live);
	shelf_begin_at(&daemon->again);
	daemon->live.bed = bed_new();
	struct journal_opened opened;
	struct journal_options options = {.dir = shelf_path(&daemon->live, "journal"), .segment_bytes = 1 << 20};
	expect_err(journal_open(&daemon->journal, &options, &opened), PD_OK, opened.why);
	expect_err(journal_reader_new(&daemon->reader, daemon->journal), PD_OK, "a journal's reader");
	*state = daemon;
	return 0;
}

static void end_shelf(struct shelf *shelf)
{
	shelf_close(shelf);
	shelf_remove(shelf->dir);
	book_batch_fini(&shelf->batch);
	core_free(shelf->mirror);
}

static int teardown(void **state)
{
	struct daemon *daemon = *state;
	journal_reader_free(daemon->reader);
	journal_close(daemon->journal);
	journal_round_fini(&daemon->round);
	end_shelf(&daemon->live);
	end_shelf(&daemon->again);
	bed_free(daemon->live.bed);
	free(daemon);
	return 0;
}

/* ---- rounds ---- */

static void round_begin(struct daemon *daemon)
{
	journal_round_begin(&daemon->round, journal_end(daemon->journal), journal_last_seq(daemon->journal) + 1,
			    bed_begin_ms);
}

static void round_write(struct daemon *daemon)
{
	if (daemon->round.count == 0)
		return;
	expect_err(journal_write(daemon->journal, &daemon->round), PD_OK, "writing a round");
	expect_err(journal_sync(daemon->journal), PD_OK, "syncing it");
}

/* What front.c does with an event. */
static void emit(struct daemon *daemon, const struct pd_message *event)
{
	struct core *core = daemon->live.mirror;
	const struct order *before = NULL;
	if (pd_is_order_event(event->type))
		before = core_order(core, &event->accepted.order);
	uint64_t at = journal_round_add(&daemon->round, event, before ? before->row.last_at : 0);
	struct journal_event stored;
	assert_true(journal_round_find(&daemon->round, at, &stored));
	struct order *order = core_apply(core, event, at);
	replay_batch_event(&daemon->live.batch, core, event, order);
	daemon->live.at = at;
}

/* All that has happened in the bed since goes into one round. */
static void journal_bed_events(struct daemon *daemon)
{
	const struct pd_buffer *events = &daemon->live.bed->events;
	struct pd_decoder *decoder = pd_decoder_new();
	assert_non_null(decoder);
	round_begin(daemon);
	while (daemon->journaled < events->count) {
		struct pd_message event;
		struct pd_fault fault;
		assert_int_equal(pd_decode(decoder, events->data, events->count, &daemon->journaled, &event, &fault),
				 PD_OK);
		emit(daemon, &event);
		pd_decoder_reset(decoder);
	}
	round_write(daemon);
	pd_decoder_free(decoder);
}

static void keep_live(struct daemon *daemon)
{
	struct shelf *live = &daemon->live;
	replay_batch_state(&live->batch, live->mirror, live->at);
	expect_err(book_keep(live->book, &live->batch, live->why), PD_OK, live->why);
	book_batch_clear(&live->batch);
}

/* ---- replays ---- */

static enum pd_err run(struct daemon *daemon, uint64_t to_seq, struct replay *replay)
{
	*replay = (struct replay){
		.core = daemon->again.mirror, .journal = daemon->reader, .book = daemon->again.book, .to_seq = to_seq};
	return replay_run(replay);
}

static void expect_same(struct daemon *daemon, const char *what)
{
	uint64_t entries;
	char why[300] = "";
	expect_same_dump(bed_dump(daemon->live.mirror), bed_dump(daemon->again.mirror), what);
	expect_u64(core_last_ms(daemon->again.mirror), core_last_ms(daemon->live.mirror), "core_last_ms");
	shelf_begin(&daemon->live);
	shelf_begin(&daemon->again);
	expect_err(book_compare(daemon->live.reader, daemon->again.reader, &entries, why), PD_OK, why);
	book_end(daemon->live.reader);
	book_end(daemon->again.reader);
}

/* Lives of all sorts: cancelled, closed and reopened, declined, transferred. */
static void let_live(struct bed *bed, unsigned first, unsigned last)
{
	for (unsigned n = first; n <= last; n++) {
		bed_must_submit(bed, n, 5, 101);
		if (n % 5 == 0) {
			bed_must(bed, PD_MSG_cancel, n, 1, 101);
			continue;
		}
		if (n % 5 == 1)
			continue;
		if (n % 5 == 2) {
			bed_must(bed, PD_MSG_decline, n, 1, 201);
			bed_must(bed, PD_MSG_transfer, n, 2, 301);
			continue;
		}
		bed_must(bed, PD_MSG_accept, n, 1, 201);
		bed_must(bed, PD_MSG_complete, n, 2, 201);
		if (n % 5 == 3)
			bed_must(bed, PD_MSG_confirm, n, 3, 101);
		bed->now_ms += 1000;
	}
}

static void a_replay_makes_what_the_live_rounds_made(void **state)
{
	struct daemon *daemon = *state;
	struct replay replay;
	for (unsigned i = 0; i < 4; i++) {
		let_live(daemon->live.bed, 10 * i + 1, 10 * i + 10);
		journal_bed_events(daemon);
		if (i % 2)
			keep_live(daemon);
	}
	expect_err(run(daemon, UINT64_MAX, &replay), PD_OK, replay.why);
	expect_u64(replay.events, core_last_seq(daemon->live.mirror), "events");
	expect_u64(replay.at, daemon->live.at, "the last place");
	/* What has ended and is in the book is not in memory. */
	const struct pd_id closed = bed_id(3), open = bed_id(1);
	assert_null(core_order(daemon->again.mirror, &closed));
	assert_non_null(core_order(daemon->again.mirror, &open));
	expect_same(daemon, "a replay of all");
	expect_err(run(daemon, UINT64_MAX, &replay), PD_OK, replay.why);
	expect_u64(replay.events, 0, "events of a second replay");
}

static void an_empty_journal_makes_nothing(void **state)
{
	struct daemon *daemon = *state;
	struct replay replay;
	struct book_meta meta;
	expect_err(run(daemon, UINT64_MAX, &replay), PD_OK, replay.why);
	expect_u64(replay.events, 0, "events");
	shelf_begin(&daemon->again);
	expect_err(book_meta_get(daemon->again.reader, &meta), PD_ENOENT, "the book's meta");
	book_end(daemon->again.reader);
}

static void a_replay_stops_where_it_is_told_and_goes_on(void **state)
{
	struct daemon *daemon = *state;
	struct replay replay;
	struct book_meta meta;
	let_live(daemon->live.bed, 1, 10);
	journal_bed_events(daemon);
	let_live(daemon->live.bed, 11, 20);
	uint64_t last_seq = core_last_seq(daemon->live.bed->core), stop = last_seq - 17;
	journal_bed_events(daemon);
	keep_live(daemon);
	expect_err(run(daemon, stop, &replay), PD_OK, replay.why);
	expect_u64(core_last_seq(daemon->again.mirror), stop, "the last seq");
	shelf_begin(&daemon->again);
	expect_err(book_meta_get(daemon->again.reader, &meta), PD_OK, "the book's meta");
	book_end(daemon->again.reader);
	expect_u64(meta.seq, stop, "the book's seq");
	expect_err(run(daemon, stop - 5, &replay), PD_OK, replay.why);
	expect_u64(replay.events, 0, "events, told to stop where it already was");
	expect_err(run(daemon, UINT64_MAX, &replay), PD_OK, replay.why);
	expect_u64(replay.events, 17, "the rest");
	expect_same(daemon, "a replay in two parts");
}

/* As at a start: the state comes from the book, the rest from the journal; what had ended before is fetched. */
static void a_start_brings_back_what_was_forgotten(void **state)
{
	struct daemon *daemon = *state;
	struct bed *bed = daemon->live.bed;
	struct replay replay;
	let_live(bed, 1, 10);
	journal_bed_events(daemon);
	expect_err(run(daemon, UINT64_MAX, &replay), PD_OK, replay.why);
	bed_must(bed, PD_MSG_reopen, 3, 4, 101); /* closed, and forgotten there */
	bed_must(bed, PD_MSG_accept, 3, 5, 301);
	bed_must(bed, PD_MSG_reopen, 4, 3, 101);
	journal_bed_events(daemon);
	keep_live(daemon);
	core_free(daemon->again.mirror);
	daemon->again.mirror = shelf_load(&daemon->again, PD_OK);
	const struct pd_id closed = bed_id(3);
	assert_null(core_order(daemon->again.mirror, &closed));
	expect_err(run(daemon, UINT64_MAX, &replay), PD_OK, replay.why);
	expect_u64(replay.events, 3, "events");
	expect_same(daemon, "a start");
}

static unsigned steps;

static void count_steps(uint64_t events, void *arg)
{
	(void)arg;
	assert_int_equal(events, ++steps * 200000);
}

/* More than is kept at a time: the book is brought along in portions, and orders that ended in one return in the next.
 */
static void a_long_replay_is_kept_in_portions(void **state)
{
	struct daemon *daemon = *state;
	let_live(daemon->live.bed, 1, 5);
	journal_bed_events(daemon);
	round_begin(daemon);
	for (unsigned i = 0; core_last_seq(daemon->live.mirror) < 200010; i++) {
		struct pd_message event = {.type = PD_MSG_category_set,
					   .request = core_last_seq(daemon->live.mirror) + 1};
		event.category_set = (struct pd_category_set){.time_ms = bed_begin_ms,
							      .category = 5,
							      .name = pd_text(i % 2 ? "甲" : "乙"),
							      .level = 5,
							      .urgency = 3,
							      .accept_within_s = 1800,
							      .complete_within_s = 86400};
		emit(daemon, &event);
	}
	struct pd_message reopened = {.type = PD_MSG_reopened, .request = core_last_seq(daemon->live.mirror) + 1};
	reopened.reopened = (struct pd_reopened){.time_ms = bed_begin_ms + 9,
						 .actor = 101,
						 .order = bed_id(3),
						 .version = 5,
						 .holder = 4,
						 .from = 11,
						 .due_ms = bed_begin_ms + 10,
						 .attempt = 2,
						 .reason = pd_text("灯又不亮了")};
	emit(daemon, &reopened);
	round_write(daemon);
	keep_live(daemon);
	struct replay replay = {.core = daemon->again.mirror,
				.journal = daemon->reader,
				.book = daemon->again.book,
				.to_seq = UINT64_MAX,
				.progress = count_steps};
	steps = 0;
	expect_err(replay_run(&replay), PD_OK, replay.why);
	assert_int_equal(steps, 1);
	expect_u64(replay.events, 200011, "events");
	expect_same(daemon, "a long replay");
}

/* ---- what does not fit ---- */

/* The bed's district, then this event, which nobody applied. */
static void journal_odd(struct daemon *daemon, struct pd_message event)
{
	journal_bed_events(daemon);
	round_begin(daemon);
	event.request = daemon->round.first_seq;
	journal_round_add(&daemon->round, &event, 0);
	round_write(daemon);
}

static void expect_refused_event(struct daemon *daemon, struct pd_message event, const char *wanted)
{
	struct replay replay;
	journal_odd(daemon, event);
	uint64_t before = core_last_seq(daemon->live.mirror);
	expect_err(run(daemon, UINT64_MAX, &replay), PD_ECORRUPT, wanted);
	expect(strstr(replay.why, wanted), "the reason is \"%s\", expected \"%s\" in it", replay.why, wanted);
	expect_u64(core_last_seq(daemon->again.mirror), before, "what came before it was taken: the last seq");
}

static struct pd_message odd_accepted(unsigned n, uint32_t version, uint32_t holder)
{
	struct pd_message event = {.type = PD_MSG_accepted};
	event.accepted = (struct pd_accepted){.time_ms = bed_begin_ms,
					      .actor = 201,
					      .order = bed_id(n),
					      .version = version,
					      .holder = holder,
					      .from = 11,
					      .due_ms = 1};
	return event;
}

static void a_version_that_is_left_out_is_refused(void **state)
{
	struct daemon *daemon = *state;
	bed_must_submit(daemon->live.bed, 1, 5, 101);
	expect_refused_event(daemon, odd_accepted(1, 3, 11), "makes version 3 of order 019");
}

static void a_version_that_comes_twice_is_refused(void **state)
{
	struct daemon *daemon = *state;
	bed_must_submit(daemon->live.bed, 1, 5, 101);
	expect_refused_event(daemon, odd_accepted(1, 1, 11), "which is at version 1");
}

static void an_order_that_was_never_submitted_is_refused(void **state)
{
	expect_refused_event(*state, odd_accepted(1, 2, 11), "which is at version 0");
}

static void an_order_that_is_submitted_twice_is_refused(void **state)
{
	struct daemon *daemon = *state;
	bed_must_submit(daemon->live.bed, 1, 5, 101);
	struct pd_message event = daemon->live.bed->decision.event;
	expect_refused_event(daemon, event, "makes version 1");
}

static void a_holder_that_is_no_area_is_refused(void **state)
{
	struct daemon *daemon = *state;
	bed_must_submit(daemon->live.bed, 1, 5, 101);
	expect_refused_event(daemon, odd_accepted(1, 2, 99), "names area 99, which there is not");
}

static void a_message_that_is_no_event_is_refused(void **state)
{
	struct pd_message event = {.type = PD_MSG_ok};
	event.ok.seq = 1;
	expect_refused_event(*state, event, "is not an event but the message ok");
}

static void what_stands_before_publications_is_refused(void **state)
{
	struct pd_message event = {.type = PD_MSG_published};
	expect_refused_event(*state, event, "is not an event but the message published");
}

/* The book is left as it was kept last. */
static void a_refusal_leaves_the_book_as_it_was(void **state)
{
	struct daemon *daemon = *state;
	struct replay replay;
	struct book_meta meta;
	let_live(daemon->live.bed, 1, 5);
	journal_bed_events(daemon);
	expect_err(run(daemon, UINT64_MAX, &replay), PD_OK, replay.why);
	uint64_t kept_seq = core_last_seq(daemon->again.mirror);
	let_live(daemon->live.bed, 6, 8);
	journal_odd(daemon, odd_accepted(1, 7, 11));
	expect_err(run(daemon, UINT64_MAX, &replay), PD_ECORRUPT, "an odd event");
	shelf_begin(&daemon->again);
	expect_err(book_meta_get(daemon->again.reader, &meta), PD_OK, "the book's meta");
	book_end(daemon->again.reader);
	expect_u64(meta.seq, kept_seq, "the book's seq");
}

/* ---- fetching ---- */

static void an_order_is_fetched_or_said_not_to_be_there(void **state)
{
	struct daemon *daemon = *state;
	struct replay replay;
	const struct pd_id closed = bed_id(3), unknown = bed_id(77);
	let_live(daemon->live.bed, 1, 5);
	journal_bed_events(daemon);
	expect_err(run(daemon, UINT64_MAX, &replay), PD_OK, replay.why);
	struct core *core = daemon->again.mirror;
	size_t count = core_order_count(core);
	expect_err(replay_fetch(core, daemon->again.reader, &unknown), PD_ENOENT, "an unknown order");
	assert_int_equal(core_order_count(core), count);
	expect_err(replay_fetch(core, daemon->again.reader, &closed), PD_OK, "a closed order");
	assert_memory_equal(&core_order(core, &closed)->row, &core_order(daemon->live.mirror, &closed)->row,
			    sizeof(struct order_row));
}

/* Of those that have left memory as many come back as may be dealt with, beside those that are there. */
static void what_is_due_is_fetched(void **state)
{
	struct daemon *daemon = *state;
	struct replay replay;
	const struct pd_id first = bed_id(4), second = bed_id(9), third = bed_id(14);
	let_live(daemon->live.bed, 1, 15);
	journal_bed_events(daemon);
	expect_err(run(daemon, UINT64_MAX, &replay), PD_OK, replay.why);
	struct core *core = daemon->again.mirror;
	struct book_reader *reader = daemon->again.reader;
	uint64_t third_ms = core_order(daemon->live.mirror, &third)->row.due_ms;
	assert_null(core_order(core, &first));
	expect_err(replay_fetch(core, reader, &first), PD_OK, "the first one");
	expect_err(replay_fetch_due(core, reader, third_ms, 1), PD_OK, "one");
	assert_null(core_order(core, &second));
	expect_err(replay_fetch_due(core, reader, third_ms - 1, 10), PD_OK, "a moment earlier");
	assert_non_null(core_order(core, &second));
	assert_null(core_order(core, &third));
	expect_err(replay_fetch_due(core, reader, third_ms, 10), PD_OK, "just in time");
	assert_non_null(core_order(core, &third));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_replay_makes_what_the_live_rounds_made),
		TEST(an_empty_journal_makes_nothing),
		TEST(a_replay_stops_where_it_is_told_and_goes_on),
		TEST(a_start_brings_back_what_was_forgotten),
		TEST(a_long_replay_is_kept_in_portions),
		TEST(a_version_that_is_left_out_is_refused),
		TEST(a_version_that_comes_twice_is_refused),
		TEST(an_order_that_was_never_submitted_is_refused),
		TEST(an_order_that_is_submitted_twice_is_refused),
		TEST(a_holder_that_is_no_area_is_refused),
		TEST(a_message_that_is_no_event_is_refused),
		TEST(what_stands_before_publications_is_refused),
		TEST(a_refusal_leaves_the_book_as_it_was),
		TEST(an_order_is_fetched_or_said_not_to_be_there),
		TEST(what_is_due_is_fetched),
	};
#undef TEST
	return cmocka_run_group_tests(tests, NULL, NULL);
}
