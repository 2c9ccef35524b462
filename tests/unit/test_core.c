/* test_core.c - the moves: who may make which from which state, what comes of them, and what a second attempt is told.
 */
#include "core_bed.h"

/* ---- bringing an order into a state ---- */

enum stage { WAITING, ACCEPTED, COMPLETED, CONFIRMED, CLOSED, CANCELLED, SUSPENDED, STAGES };
static const char *const stage_names[] = {"waiting",          "accepted",  "completed", "closed by its requester",
					  "closed by itself", "cancelled", "suspended"};

/* What is completed before it closes before it. */
static void let_close(struct bed *bed, unsigned n)
{
	const struct pd_id id = bed_id(n);
	while (core_order(bed->core, &id)->row.state == PD_STATE_completed) {
		struct pd_message event;
		bed->now_ms = bed_next_due(bed->core);
		if (bed_due(bed->core, bed->now_ms, &event))
			bed_apply(bed, &event);
	}
}

/* Order n of 101 at micro-grid 11, accepted by 201. Returns its version. */
static uint32_t bring(struct bed *bed, unsigned n, enum stage stage)
{
	bed_must_submit(bed, n, 5, 101);
	if (stage == CANCELLED)
		return bed_must(bed, PD_MSG_cancel, n, 1, 101)->row.version;
	if (stage >= ACCEPTED)
		bed_must(bed, PD_MSG_accept, n, 1, 201);
	if (stage == SUSPENDED)
		bed_must(bed, PD_MSG_suspend, n, 2, 201);
	else if (stage >= COMPLETED)
		bed_must(bed, PD_MSG_complete, n, 2, 201);
	if (stage == CONFIRMED)
		bed_must(bed, PD_MSG_confirm, n, 3, 101);
	if (stage == CLOSED)
		let_close(bed, n);
	const struct pd_id id = bed_id(n);
	return core_order(bed->core, &id)->row.version;
}

/* ---- who may make which move from which state ---- */

/* A accept, D decline, T transfer, L release, S suspend, G resume, M complete, C confirm, R reopen, X cancel, N note:
 * of an order of 101 that 11 holds and 201 accepted. */
static const struct {
	const char *may;
	uint32_t actor;
	enum pd_refusal always; /* whatever it is */
} rights[] = {
	{"CRXN", 101, 0},
	{"", 102, 0},
	{"", 103, 0},
	{"", 104, 0},
	{"", 110, 0},
	{"ADTN", 120, 0},
	{"ADTLSGMN", 201, 0},
	{"ADTN", 202, 0},
	{"", 203, 0},
	{"", 204, 0},
	{"TLGN", 301, 0},
	{"", 302, 0},
	{"TLGN", 401, 0},
	{"TLGN", 402, 0},
	{"TLGN", 403, 0},
	{"", 404, 0},
	{"TLGN", 501, 0},
	{"", 601, 0},
	{"TLGN", 901, 0},
	{"TLGN", 0, 0},
	{"", 912, PD_REFUSED_retired},
	{"", 999, PD_REFUSED_unknown_person},
};
enum { RIGHTS = sizeof rights / sizeof rights[0] };

static const struct {
	enum pd_type type, event;
	char letter;
	const char *from;   /* of the states' letters: w a d (done) c x s (suspended) */
	const char *states; /* the same in words */
	const char *detail; /* when it is not allowed */
} moves[] = {
	{PD_MSG_accept, PD_MSG_accepted, 'A', "w", "waiting", "only a person with a post in area 11 may accept"},
	{PD_MSG_decline, PD_MSG_declined, 'D', "w", "waiting", "only a person with a post in area 11 may decline"},
	{PD_MSG_transfer, PD_MSG_transferred, 'T', "was", "waiting, accepted or suspended",
	 "only people with a post in area 11 or above it may transfer"},
	{PD_MSG_release, PD_MSG_released, 'L', "as", "accepted or suspended",
	 "only the acceptor, person 201, and people with a post above area 11 may release"},
	{PD_MSG_suspend, PD_MSG_suspended, 'S', "a", "accepted", "only the acceptor, person 201, may suspend"},
	{PD_MSG_resume, PD_MSG_resumed, 'G', "s", "suspended",
	 "only the acceptor, person 201, and people with a post above area 11 may resume"},
	{PD_MSG_complete, PD_MSG_completed, 'M', "a", "accepted", "only the acceptor, person 201, may complete"},
	{PD_MSG_confirm, PD_MSG_confirmed, 'C', "d", "completed", "only the requester, person 101, may confirm"},
	{PD_MSG_reopen, PD_MSG_reopened, 'R', "dc", "completed or closed",
	 "only the requester, person 101, may reopen"},
	{PD_MSG_cancel, PD_MSG_cancelled, 'X', "w", "waiting", "only the requester, person 101, may cancel"},
	{PD_MSG_note, PD_MSG_noted, 'N', "wads", "waiting, accepted, completed or suspended",
	 "only the requester and people of its area or its holder, or above"},
};
enum { MOVES = sizeof moves / sizeof moves[0] };

static const char stage_letters[] = "wadccxs", letters[] = "wadcx?s"; /* letters: by the states' codes */

/* What the tables above say of a move. */
static void expect_as_tabled(struct bed *bed, enum stage stage, unsigned m, unsigned r)
{
	char what[200];
	bool allowed_from = strchr(moves[m].from, stage_letters[stage]) != NULL;
	snprintf(what, sizeof what, "%s by %u of an order that is %s", pd_message_info(moves[m].type)->name,
		 rights[r].actor, stage_names[stage]);
	if (rights[r].always) {
		expect_refused(bed, rights[r].always, "person 9", what);
	} else if (!allowed_from && stage == ACCEPTED && moves[m].letter == 'A' && rights[r].actor != 201) {
		expect_refused(bed, PD_REFUSED_taken, "person 201 accepted it", what);
		expect_u64(bed->decision.person, 201, "the person who was first");
	} else if (!allowed_from) {
		char detail[200];
		snprintf(detail, sizeof detail, "it is %s; it must be %s to be %s",
			 pd_word("state", (unsigned)(strchr(letters, stage_letters[stage]) - letters) + 1),
			 moves[m].states, pd_message_info(moves[m].event)->name);
		expect_refused(bed, PD_REFUSED_wrong_state, detail, what);
	} else if (!strchr(rights[r].may, moves[m].letter)) {
		expect_refused(bed, PD_REFUSED_not_allowed, moves[m].detail, what);
	} else {
		expect_outcome(bed, CORE_EVENT, what);
		expect(bed->decision.event.type == moves[m].event, "%s: the event is %s", what,
		       pd_message_info(bed->decision.event.type)->name);
	}
}

static void expect_version_told(const struct bed *bed, uint32_t version, unsigned r)
{
	if (rights[r].always)
		return; /* who is nobody here is told nothing */
	expect_u64(bed->decision.version, bed->decision.outcome == CORE_EVENT ? version + 1 : version,
		   "the version in the answer");
}

static void every_move_from_every_state_by_everyone(void **state)
{
	struct bed *bed = *state;
	for (unsigned stage = 0; stage < STAGES; stage++) {
		uint32_t version = bring(bed, stage, stage);
		for (unsigned m = 0; m < MOVES; m++) {
			for (unsigned r = 0; r < RIGHTS; r++) {
				struct pd_message command = bed_move(moves[m].type, stage, version);
				bed_decide(bed, &command, rights[r].actor);
				expect_as_tabled(bed, stage, m, r);
				expect_version_told(bed, version, r);
			}
		}
	}
}

/* The rows of states.def say the same: a change there must be one here. */
static void the_table_of_moves_is_that_of_states_def(void **state)
{
	(void)state;
	for (unsigned m = 0; m < MOVES; m++) {
		const struct pd_move *move = pd_move_of(moves[m].type);
		assert_non_null(move);
		assert_int_equal(move->event_type, moves[m].event);
		for (unsigned i = 0; i < 5; i++)
			expect(!(move->from & 2u << i) == !strchr(moves[m].from, letters[i]),
			       "%s from %s: states.def and this test differ", move->command, pd_word("state", i + 1));
	}
}

/* ---- what comes of a move ---- */

/* The fields that every order event has. */
static void expect_event(const struct bed *bed, uint32_t actor, uint32_t version, uint32_t holder, uint64_t due_ms)
{
	const struct pd_message *event = &bed->decision.event;
	const char *name = pd_message_info(event->type)->name;
	struct pd_order_event e;
	memcpy(&e, &event->submitted, sizeof e);
	expect(e.time_ms == bed->now_ms, "%s: time_ms is %" PRIu64 ", expected %" PRIu64, name, e.time_ms, bed->now_ms);
	expect(e.actor == actor, "%s: actor is %u, expected %u", name, e.actor, actor);
	expect(e.version == version, "%s: version is %u, expected %u", name, e.version, version);
	expect(e.holder == holder, "%s: holder is %u, expected %u", name, e.holder, holder);
	expect(e.due_ms == due_ms, "%s: due_ms is %" PRIu64 ", expected %" PRIu64, name, e.due_ms, due_ms);
}

static void expect_text(struct pd_slice text, const char *wanted)
{
	expect(text.bytes == strlen(wanted) && memcmp(text.data, wanted, text.bytes) == 0,
	       "the text is \"%.*s\", expected \"%s\"", (int)text.bytes, text.data, wanted);
}

/* All of a row. */
static void expect_row(const struct order *order, const struct order_row *wanted)
{
	const struct order_row *row = &order->row;
#define SAME(field)                                                                                                    \
	do {                                                                                                           \
		uint64_t is = row->field, should = wanted->field;                                                      \
		expect(is == should, #field " is %" PRIu64 ", expected %" PRIu64, is, should);                         \
	} while (0)
	SAME(seq);
	SAME(last_seq);
	SAME(first_at);
	SAME(last_at);
	SAME(submitted_ms);
	SAME(waiting_ms);
	SAME(accepted_ms);
	SAME(completed_ms);
	SAME(ended_ms);
	SAME(due_ms);
	SAME(requester);
	SAME(household);
	SAME(holder);
	SAME(area);
	SAME(acceptor);
	SAME(category);
	SAME(version);
	SAME(last_actor);
	SAME(attempt);
	SAME(last_type);
	SAME(state);
	SAME(urgency);
	SAME(rating);
	SAME(marks);
	SAME(last_content);
#undef SAME
	assert_memory_equal(&row->id, &wanted->id, sizeof row->id);
	assert_int_equal(row->handed_out, 0); /* nothing but a roll-call hands orders out */
}

/* The wanted row takes in what every event sets. */
static void move_on(struct order_row *row, const struct bed *bed, uint64_t at, enum pd_type type, enum pd_state state,
		    uint32_t actor, uint64_t due_ms)
{
	row->last_seq = core_last_seq(bed->core);
	row->last_at = at;
	row->last_type = (uint8_t)type;
	row->last_content = core_content(&bed->decision.event);
	row->state = (uint8_t)state;
	row->last_actor = actor;
	row->due_ms = due_ms;
	row->version++;
}

static void a_row_through_a_whole_life(void **state)
{
	struct bed *bed = *state;
	uint64_t at = 72 + bed->events.count, now = bed->now_ms;
	struct order *order = bed_must_submit(bed, 1, 5, 101);
	struct order_row row = {.id = bed_id(1),
				.seq = core_last_seq(bed->core),
				.first_at = at,
				.submitted_ms = now,
				.waiting_ms = now,
				.requester = 101,
				.household = 50,
				.holder = 11,
				.area = 11,
				.category = 5,
				.attempt = 1,
				.urgency = PD_urgency_normal,
				.marks = ORDER_DUE};
	move_on(&row, bed, at, PD_MSG_submitted, PD_STATE_waiting, 101, now + 1800 * BED_SECOND);
	expect_row(order, &row);

	bed->now_ms = now += 60000;
	at = 72 + bed->events.count;
	bed_must(bed, PD_MSG_accept, 1, 1, 201);
	expect_event(bed, 201, 2, 11, now + BED_DAY);
	row.acceptor = 201;
	row.accepted_ms = now;
	move_on(&row, bed, at, PD_MSG_accepted, PD_STATE_accepted, 201, now + BED_DAY);
	expect_row(order, &row);

	bed->now_ms = now += 60000;
	at = 72 + bed->events.count;
	bed_must(bed, PD_MSG_note, 1, 2, 401);
	expect_event(bed, 401, 3, 11, row.due_ms);
	expect_text(bed->decision.event.noted.text, "配件明天到");
	move_on(&row, bed, at, PD_MSG_noted, PD_STATE_accepted, 401, row.due_ms);
	expect_row(order, &row);

	bed->now_ms = now += 60000;
	at = 72 + bed->events.count;
	bed_must(bed, PD_MSG_complete, 1, 3, 201);
	expect_event(bed, 201, 4, 11, now + bed_periods.confirm_within_ms);
	expect_text(bed->decision.event.completed.result, "已更换灯泡");
	row.completed_ms = now;
	move_on(&row, bed, at, PD_MSG_completed, PD_STATE_completed, 201, now + bed_periods.confirm_within_ms);
	expect_row(order, &row);

	bed->now_ms = now += 60000;
	at = 72 + bed->events.count;
	bed_must(bed, PD_MSG_confirm, 1, 4, 101);
	expect_event(bed, 101, 5, 11, 0);
	expect_text(bed->decision.event.confirmed.text, "很快，谢谢");
	row.ended_ms = now;
	row.rating = 5;
	move_on(&row, bed, at, PD_MSG_confirmed, PD_STATE_closed, 101, 0);
	expect_row(order, &row);

	bed->now_ms = now += 60000;
	at = 72 + bed->events.count;
	bed_must(bed, PD_MSG_reopen, 1, 5, 101);
	expect_event(bed, 101, 6, 4, now + 1800 * BED_SECOND);
	expect_text(bed->decision.event.reopened.reason, "灯又不亮了");
	row.ended_ms = row.completed_ms = row.accepted_ms = 0;
	row.acceptor = row.rating = 0;
	row.waiting_ms = now;
	row.attempt = 2;
	row.holder = 4;
	move_on(&row, bed, at, PD_MSG_reopened, PD_STATE_waiting, 101, now + 1800 * BED_SECOND);
	expect_row(order, &row);
}

static void what_decline_transfer_and_cancel_say(void **state)
{
	struct bed *bed = *state;
	uint64_t accept_due = bed->now_ms + 1800 * BED_SECOND;
	bring(bed, 1, WAITING);
	struct order *order = bed_must(bed, PD_MSG_decline, 1, 1, 202);
	expect_event(bed, 202, 2, 4, accept_due);
	expect_u64(bed->decision.event.declined.from, 11, "declined: from");
	expect_text(bed->decision.event.declined.reason, "需要供电公司处理");
	assert_int_equal(order->row.attempt, 1);
	bed_must(bed, PD_MSG_transfer, 1, 2, 301);
	expect_event(bed, 301, 3, 12, accept_due);
	expect_u64(bed->decision.event.transferred.from, 4, "transferred: from");
	expect_text(bed->decision.event.transferred.reason, "地址属于邻近微网格");
	assert_int_equal(order->row.area, 11); /* where it comes from does not change */
	bed_must(bed, PD_MSG_cancel, 1, 3, 101);
	expect_event(bed, 101, 4, 12, 0);
	expect_text(bed->decision.event.cancelled.reason, "自己修好了");
	expect_u64(order->row.ended_ms, bed->now_ms, "ended_ms");
}

/* ---- races and repeats ---- */

static void of_two_accepts_one_wins(void **state)
{
	struct bed *bed = *state;
	bring(bed, 1, WAITING);
	struct order *order = bed_must(bed, PD_MSG_accept, 1, 1, 202);
	struct pd_message command = bed_move(PD_MSG_accept, 1, 1);
	bed_do(bed, &command, 201);
	expect(bed->decision.refusal == PD_REFUSED_taken, "the loser is refused as %s, expected taken",
	       bed_refusal(bed->decision.refusal));
	expect_u64(bed->decision.person, 202, "the loser is told of person");
	expect_u64(bed->decision.version, 2, "the loser is told of version");
	assert_int_equal(order->row.acceptor, 202);
	assert_int_equal(order->row.version, 2);
}

/* Who has accepted it already has not been forestalled by "someone else". */
static void the_acceptor_himself_is_not_told_that_it_is_taken(void **state)
{
	struct bed *bed = *state;
	bring(bed, 1, ACCEPTED);
	struct pd_message command = bed_move(PD_MSG_accept, 1, 2);
	bed_do(bed, &command, 201);
	expect_refused(bed, PD_REFUSED_wrong_state, "it is accepted", "the acceptor's accept of the accepted order");
	expect_u64(bed->decision.person, 0, "person");
}

static const enum stage stage_before[MOVES] = {WAITING,  WAITING,   ACCEPTED,  ACCEPTED, ACCEPTED, SUSPENDED,
					       ACCEPTED, COMPLETED, CONFIRMED, WAITING,  COMPLETED};
static const uint32_t actor_of[MOVES] = {201, 201, 301, 201, 201, 201, 201, 101, 101, 101, 120};

static void a_repeated_move_is_answered_as_at_first(void **state)
{
	struct bed *bed = *state;
	for (unsigned m = 0; m < MOVES; m++) {
		uint32_t version = bring(bed, m, stage_before[m]);
		const char *name = pd_message_info(moves[m].type)->name;
		bed_must(bed, moves[m].type, m, version, actor_of[m]);
		uint64_t seq = core_last_seq(bed->core);
		struct pd_message again = bed_move(moves[m].type, m, version);
		bed->now_ms += BED_HOUR;
		for (int i = 0; i < 2; i++) {
			bed_do(bed, &again, actor_of[m]);
			expect_outcome(bed, CORE_REPEATED, name);
			expect_u64(bed->decision.seq, seq, name);
			expect_u64(bed->decision.version, version + 1, name);
		}
		expect_u64(core_last_seq(bed->core), seq, "a repeat makes no event: the last seq");
	}
}

static void anothers_move_on_an_old_version_is_stale(void **state)
{
	struct bed *bed = *state;
	for (unsigned m = 1; m < MOVES; m++) {
		uint32_t version = bring(bed, m, stage_before[m]);
		bed_must(bed, moves[m].type, m, version, actor_of[m]);
		struct pd_message command = bed_move(moves[m].type, m, version);
		bed_do(bed, &command, 403);
		const struct core_decision *is = &bed->decision;
		expect(is->outcome != CORE_EVENT && is->outcome != CORE_REPEATED, "%s by another: got %s",
		       pd_message_info(moves[m].type)->name, bed_outcome(is->outcome));
		expect(is->refusal == PD_REFUSED_stale, "%s by another: refused as %s, expected stale",
		       pd_message_info(moves[m].type)->name, bed_refusal(is->refusal));
	}
}

/* Of the same kind, on the same version, by the same actor, but with other words: an ok would be a lie. */
static void another_move_of_the_same_kind_is_no_repeat(void **state)
{
	struct bed *bed = *state;
	for (unsigned m = 1; m < MOVES; m++) {
		uint32_t version = bring(bed, m, stage_before[m]);
		const char *name = pd_message_info(moves[m].type)->name;
		bed_must(bed, moves[m].type, m, version, actor_of[m]);
		uint32_t done = core_content(&bed->decision.event);
		struct pd_message other = bed_move(moves[m].type, m, version);
		switch (other.type) {
		case PD_MSG_decline: other.decline.reason = pd_text("另一个原因"); break;
		case PD_MSG_transfer: other.transfer.holder = 21; break;
		case PD_MSG_release: other.release.reason = pd_text("另一个原因"); break;
		case PD_MSG_suspend: other.suspend.until_ms += BED_DAY; break;
		case PD_MSG_resume: other.resume.reason = pd_text(""); break;
		case PD_MSG_complete: other.complete.result = pd_text("另一个结果"); break;
		case PD_MSG_confirm: other.confirm.rating = 1; break;
		case PD_MSG_reopen: other.reopen.reason = pd_text("另一个原因"); break;
		case PD_MSG_cancel: other.cancel.reason = pd_text(""); break;
		default: other.note.text = pd_text("另一条备注"); break;
		}
		bed_do(bed, &other, actor_of[m]);
		expect_outcome(bed, CORE_LOOK_BACK, name);
		expect(bed->decision.refusal == PD_REFUSED_stale, "%s: refused as %s, expected stale", name,
		       bed_refusal(bed->decision.refusal));
		expect(bed->decision.content != done, "%s: the story would say that it was done", name);
	}
}

/* So that the story can be asked: a command and the event that it makes say the same. */
static void a_command_and_its_event_have_the_same_content(void **state)
{
	struct bed *bed = *state;
	for (unsigned m = 0; m < MOVES; m++) {
		uint32_t version = bring(bed, m, stage_before[m]);
		struct pd_message command = bed_move(moves[m].type, m, version);
		struct order *order = bed_do(bed, &command, actor_of[m]);
		expect_u64(core_content(&bed->decision.event), core_content(&command),
			   pd_message_info(moves[m].type)->name);
		expect_u64(order->row.last_content, core_content(&command), "the row's last_content");
	}
}

/* The order has moved on since: only its story can tell whether the command was done then. */
static void a_late_repeat_asks_to_look_back(void **state)
{
	struct bed *bed = *state;
	for (unsigned m = 0; m < MOVES; m++) {
		uint32_t version = bring(bed, m, stage_before[m]);
		const char *name = pd_message_info(moves[m].type)->name;
		struct order *order = bed_must(bed, moves[m].type, m, version, actor_of[m]);
		if (moves[m].letter == 'C')
			bed_must(bed, PD_MSG_reopen, m, version + 1, 101);
		else if (moves[m].letter == 'X')
			continue; /* nothing comes after it */
		else
			bed_must(bed, PD_MSG_note, m, version + 1, 403);
		struct pd_message again = bed_move(moves[m].type, m, version);
		bed_do(bed, &again, actor_of[m]);
		const struct core_decision *is = &bed->decision;
		expect_outcome(bed, CORE_LOOK_BACK, name);
		expect_u64(is->event_version, version + 1, "event_version");
		expect(is->event_type == moves[m].event, "%s: event_type is %d, expected %d", name, is->event_type,
		       moves[m].event);
		expect_u64(is->actor, actor_of[m], "actor");
		expect_u64(is->content, core_content(&again), "content");
		expect_u64(is->version, order->row.version, "version");
		expect(is->refusal == PD_REFUSED_stale && strstr(bed_says(&is->detail), "you named version"),
		       "%s: what it is to be told if it was not done then: %s, %s", name, bed_refusal(is->refusal),
		       bed_says(&is->detail));
	}
}

static void a_version_that_never_was_is_stale(void **state)
{
	struct bed *bed = *state;
	bring(bed, 1, WAITING);
	struct pd_message command = bed_move(PD_MSG_accept, 1, 2);
	bed_do(bed, &command, 201);
	expect_refused(bed, PD_REFUSED_stale, "it is at version 1 and waiting, you named version 2",
		       "a version from the future");
	command = bed_move(PD_MSG_accept, 1, UINT32_MAX);
	bed_do(bed, &command, 201);
	expect_refused(bed, PD_REFUSED_stale, "you named version 4294967295", "the greatest version");
}

static void an_unknown_order_is_named(void **state)
{
	struct bed *bed = *state;
	char text[PD_ID_TEXT_BYTES];
	const struct pd_id id = bed_id(77);
	for (unsigned m = 0; m < MOVES; m++) {
		struct pd_message command = bed_move(moves[m].type, 77, 1);
		bed_do(bed, &command, 201);
		expect_refused(bed, PD_REFUSED_unknown_order, pd_id_print(&id, text),
			       pd_message_info(moves[m].type)->name);
	}
}

/* ---- declining ---- */

static void declines_climb_to_the_top_and_no_further(void **state)
{
	struct bed *bed = *state;
	static const struct {
		uint32_t by, to;
	} climb[] = {{201, 4}, {301, 3}, {401, 2}, {402, 1}};
	bring(bed, 1, WAITING);
	for (unsigned i = 0; i < 4; i++) {
		struct order *order = bed_must(bed, PD_MSG_decline, 1, i + 1, climb[i].by);
		assert_int_equal(order->row.holder, climb[i].to);
		assert_int_equal(order->holder->waiting_count, 1);
	}
	struct pd_message command = bed_move(PD_MSG_decline, 1, 5);
	bed_do(bed, &command, 403);
	expect_refused(bed, PD_REFUSED_not_allowed, "there is no level above area 1; transfer it instead",
		       "declining at the top");
}

/* A detail is cut to its room; a name in it must not be cut in the middle of a character. */
static void details_are_valid_text_whatever_things_are_called(void **state)
{
	struct bed *bed = *state;
	char name[64 * 3 + 1];
	for (size_t i = 0; i < 64; i++)
		memcpy(name + 3 * i, "博", 4); /* 64 characters of three bytes, the longest name */
	bed_put(bed, bed_area(1, 0, PD_level_district, PD_area_kind_plain, name));
	bed_must_submit(bed, 1, 1, 101);
	struct pd_message command = bed_move(PD_MSG_decline, 1, 1), reply = {.type = PD_MSG_refused};
	struct pd_fault fault;
	bed_do(bed, &command, 403);
	reply.refused = (struct pd_refused){.code = 23,
					    .name = pd_text("x"),
					    .sentence = pd_text("x"),
					    .detail = pd_text(bed_says(&bed->decision.detail))};
	expect(pd_validate(&reply, &fault) == PD_OK, "the detail cannot be sent: %s", fault.detail);
}

/* ---- transferring ---- */

static void transfers_that_are_refused(void **state)
{
	struct bed *bed = *state;
	struct pd_message retired = bed_area(13, 4, PD_level_microgrid, PD_area_kind_plain, "撤销的微网格");
	retired.put_area.retired = true;
	bed_put(bed, retired);
	bring(bed, 1, WAITING);
	struct pd_message command = bed_move(PD_MSG_transfer, 1, 1);
	command.transfer.holder = 99;
	bed_do(bed, &command, 201);
	expect_refused(bed, PD_REFUSED_unknown_area, "area 99", "to an unknown area");
	command.transfer.holder = 13;
	bed_do(bed, &command, 201);
	expect_refused(bed, PD_REFUSED_retired, "area 13", "to a retired area");
	command.transfer.holder = 11;
	bed_do(bed, &command, 201);
	expect_refused(bed, PD_REFUSED_same_holder, "area 11", "to where it is");
	command.transfer.holder = 99;
	bed_do(bed, &command, 204);
	expect_refused(bed, PD_REFUSED_not_allowed, "area 11", "a stranger is not told which areas there are");
}

static void a_transfer_takes_the_order_from_its_acceptor(void **state)
{
	struct bed *bed = *state;
	uint32_t version = bring(bed, 1, ACCEPTED);
	bed->now_ms += 5000;
	struct order *order = bed_must(bed, PD_MSG_transfer, 1, version, 202);
	assert_int_equal(order->row.state, PD_STATE_waiting);
	assert_int_equal(order->row.acceptor, 0);
	expect_u64(order->row.accepted_ms, 0, "accepted_ms");
	expect_u64(order->row.waiting_ms, bed->now_ms, "waiting_ms");
	assert_int_equal(core_holder(bed->core, 11)->working_count, 0);
	assert_int_equal(core_holder(bed->core, 12)->waiting_count, 1);
	struct pd_message command = bed_move(PD_MSG_complete, 1, version + 1);
	bed_do(bed, &command, 201);
	expect_refused(bed, PD_REFUSED_wrong_state, "waiting", "complete by who had accepted it");
	bed_must(bed, PD_MSG_accept, 1, version + 1, 203);
}

/* Notes: who works where it comes from goes on taking part when it is held elsewhere. */
static void the_place_it_comes_from_may_note_wherever_it_is_held(void **state)
{
	struct bed *bed = *state;
	bring(bed, 1, WAITING);
	struct pd_message command = bed_move(PD_MSG_transfer, 1, 1);
	command.transfer.holder = 91;
	bed_do(bed, &command, 201);
	expect_outcome(bed, CORE_EVENT, "transfer to 91");
	bed_must(bed, PD_MSG_note, 1, 2, 201);
	bed_must(bed, PD_MSG_note, 1, 3, 404);
	command = bed_move(PD_MSG_note, 1, 4);
	bed_do(bed, &command, 203);
	expect_refused(bed, PD_REFUSED_not_allowed, "may add a note", "a leader of neither");
}

/* ---- reopening ---- */

static void reopening_is_possible_to_the_last_millisecond(void **state)
{
	struct bed *bed = *state;
	uint32_t version = bring(bed, 1, COMPLETED);
	uint64_t completed_ms = bed->now_ms;
	struct pd_message command = bed_move(PD_MSG_reopen, 1, version);
	bed->now_ms = completed_ms + bed_periods.reopen_within_ms;
	bed_decide(bed, &command, 101);
	expect_outcome(bed, CORE_EVENT, "at the end of the period");
	bed->now_ms++;
	bed_decide(bed, &command, 101);
	expect_refused(bed, PD_REFUSED_too_late, "for 360 hours after completion", "a millisecond later");
}

/* The period counts from completion, not from the closing. */
static void what_closed_by_itself_can_be_reopened_for_the_rest_of_the_period(void **state)
{
	struct bed *bed = *state;
	uint32_t version = bring(bed, 1, CLOSED);
	struct pd_message command = bed_move(PD_MSG_reopen, 1, version);
	bed->now_ms += bed_periods.reopen_within_ms - bed_periods.confirm_within_ms;
	bed_decide(bed, &command, 101);
	expect_outcome(bed, CORE_EVENT, "at the end of the period");
	bed->now_ms++;
	bed_decide(bed, &command, 101);
	expect_refused(bed, PD_REFUSED_too_late, "", "a millisecond later");
}

static void every_reopening_climbs_and_counts(void **state)
{
	struct bed *bed = *state;
	static const uint32_t holders[] = {11, 4, 3, 2, 1, 1, 1}, workers[] = {201, 301, 401, 402, 403, 403, 501};
	struct core_periods often = bed_periods;
	often.reopen_max = 1000;
	core_set_periods(bed->core, &often);
	bring(bed, 1, WAITING);
	uint32_t version = 1;
	for (unsigned i = 0; i < 7; i++) {
		const struct pd_id id = bed_id(1);
		const struct order *order = core_order(bed->core, &id);
		assert_int_equal(order->row.holder, holders[i]);
		assert_int_equal(order->row.attempt, i + 1);
		bed_must(bed, PD_MSG_accept, 1, version++, workers[i]);
		bed_must(bed, PD_MSG_complete, 1, version++, workers[i]);
		if (i % 2)
			bed_must(bed, PD_MSG_confirm, 1, version++, 101);
		bed_must(bed, PD_MSG_reopen, 1, version++, 101);
	}
	const struct pd_id id = bed_id(1);
	expect_u64(core_order(bed->core, &id)->row.due_ms, bed->now_ms + 1800 * BED_SECOND,
		   "a reopened order is to be accepted, it does not close by itself: due");
}

/* A closed order does not keep its holder from being retired: it climbs past it. */
static void reopening_climbs_past_retired_areas(void **state)
{
	struct bed *bed = *state;
	bed_put(bed, bed_area(10, 3, PD_level_grid, PD_area_kind_plain, "第四网格"));
	bed_put(bed, bed_area(13, 10, PD_level_microgrid, PD_area_kind_plain, "第五微网格"));
	bed_put(bed, bed_person(206, PD_post_leader, 13, 0));
	struct pd_message command = bed_submit(1, 5);
	command.submit.area = 13;
	bed_do(bed, &command, 101);
	bed_must(bed, PD_MSG_accept, 1, 1, 206);
	bed_must(bed, PD_MSG_complete, 1, 2, 206);
	bed_must(bed, PD_MSG_confirm, 1, 3, 101);
	bed_put(bed, bed_person(206, PD_post_leader, 12, 0));
	command = bed_area(13, 10, PD_level_microgrid, PD_area_kind_plain, "第五微网格");
	command.put_area.retired = true;
	bed_put(bed, command);
	command = bed_area(10, 3, PD_level_grid, PD_area_kind_plain, "第四网格");
	command.put_area.retired = true;
	bed_put(bed, command);
	struct order *order = bed_must(bed, PD_MSG_reopen, 1, 4, 101);
	expect(order->row.holder == 3, "it waits at area %u, expected 3, the first in use above 13 and 10",
	       order->row.holder);
}

/* A row as the book may hold it: nobody waits for 65,534 reopenings. */
static void attempts_end_where_their_number_does(void **state)
{
	struct bed *bed = *state;
	bring(bed, 1, COMPLETED);
	const struct pd_id id = bed_id(1), id2 = bed_id(2);
	struct order_row row = core_order(bed->core, &id)->row;
	row.id = id2;
	row.attempt = UINT16_MAX;
	core_restore(bed->core, &row);
	struct pd_message command = bed_move(PD_MSG_reopen, 2, row.version);
	bed_do(bed, &command, 101);
	expect_refused(bed, PD_REFUSED_too_many, "65534", "the attempt after the last");
	core_free(bed->core); /* no event made that row: it must be gone before the teardown compares */
	bed->core = bed_replay(&bed->events, 42);
}

/* ---- closing by itself ---- */

static void orders_close_when_they_are_due_and_in_that_order(void **state)
{
	struct bed *bed = *state;
	struct pd_message event;
	expect_u64(bed_next_due(bed->core), UINT64_MAX, "with nothing completed, the next due time");
	/* 1 and 2 at the same time, 2 first; 3 earlier, though submitted last. */
	bring(bed, 1, ACCEPTED);
	bring(bed, 2, ACCEPTED);
	bring(bed, 3, ACCEPTED);
	bed_must(bed, PD_MSG_complete, 3, 2, 201);
	uint64_t first_ms = bed->now_ms + bed_periods.confirm_within_ms;
	bed->now_ms += 10;
	bed_must(bed, PD_MSG_complete, 2, 2, 201);
	bed_must(bed, PD_MSG_complete, 1, 2, 201);
	bed_must(bed, PD_MSG_note, 3, 3, 101);
	expect_u64(bed_next_due(bed->core), first_ms, "the next due time, which a note does not move");
	expect(!bed_due(bed->core, first_ms - 1, &event), "an order closes a millisecond too early");
	bed->now_ms = first_ms + BED_DAY; /* the clock may come late */
	static const unsigned wanted[] = {3, 1, 2};
	static const uint32_t versions[] = {5, 4, 4};
	for (unsigned i = 0; i < 3; i++) {
		const struct pd_id id = bed_id(wanted[i]);
		struct pd_buffer before = bed_dump(bed->core);
		expect(bed_due(bed->core, bed->now_ms, &event), "order %u is due and does not close", wanted[i]);
		expect_same_dump(before, bed_dump(bed->core), "before and after core_decide_due");
		expect(memcmp(&event.closed.order, &id, sizeof id) == 0, "another order than %u closes", wanted[i]);
		assert_int_equal(event.type, PD_MSG_closed);
		expect_u64(event.request, core_last_seq(bed->core) + 1, "closed: seq");
		expect_u64(event.closed.time_ms, bed->now_ms, "closed: time_ms");
		expect_u64(event.closed.actor, 0, "closed: actor");
		expect_u64(event.closed.version, versions[i], "closed: version");
		expect_u64(event.closed.holder, 11, "closed: holder");
		expect_u64(event.closed.due_ms, 0, "closed: due_ms");
		struct order *order = bed_apply(bed, &event);
		assert_int_equal(order->row.state, PD_STATE_closed);
		assert_int_equal(order->row.rating, 0);
		expect_u64(order->row.ended_ms, bed->now_ms, "ended_ms");
	}
	expect(!bed_due(bed->core, UINT64_MAX, &event), "something is still due");
	expect_u64(bed_next_due(bed->core), UINT64_MAX, "the next due time at the end");
}

static void confirming_and_reopening_stop_the_clock(void **state)
{
	struct bed *bed = *state;
	struct pd_message event;
	bring(bed, 1, CONFIRMED);
	bring(bed, 2, COMPLETED);
	bed_must(bed, PD_MSG_reopen, 2, 3, 101);
	assert_true(bed_due(bed->core, UINT64_MAX, &event));
	expect(event.type == PD_MSG_escalated, "%s is due", pd_message_info(event.type)->name);
}

static void new_periods_hold_for_what_comes_after(void **state)
{
	struct bed *bed = *state;
	const struct core_periods shorter = {.confirm_within_ms = 1000, .reopen_within_ms = 2000, .reopen_max = 3};
	bring(bed, 1, COMPLETED);
	uint64_t due_ms = bed_next_due(bed->core);
	core_set_periods(bed->core, &shorter);
	expect_u64(bed_next_due(bed->core), due_ms, "what was completed before closes as it was said then: due");
	bring(bed, 2, COMPLETED);
	expect_u64(bed_next_due(bed->core), bed->now_ms + 1000, "due");
	bed->now_ms += 2001;
	struct pd_message command = bed_move(PD_MSG_reopen, 1, 3);
	bed_do(bed, &command, 101);
	expect_refused(bed, PD_REFUSED_too_late, "", "the period to reopen is the present one");
}

/* ---- notes ---- */

static void notes_end_at_a_thousand_events_and_moves_do_not(void **state)
{
	struct bed *bed = *state;
	bring(bed, 1, ACCEPTED);
	struct pd_message command = bed_move(PD_MSG_note, 1, 2);
	for (; command.note.version < 1000; command.note.version++)
		bed_quickly(bed, &command, 101);
	bed_do(bed, &command, 101);
	expect_refused(bed, PD_REFUSED_too_many, "1000", "a note after the last");
	bed_must(bed, PD_MSG_complete, 1, 1000, 201);
	bed_must(bed, PD_MSG_confirm, 1, 1001, 101);
	bed_must(bed, PD_MSG_reopen, 1, 1002, 101);
}

/* ---- people and categories change meanwhile ---- */

static void retire_person(struct bed *bed, uint32_t id)
{
	for (const struct bed_somebody *p = bed_people; p < bed_people + BED_PEOPLE; p++) {
		struct pd_message put = bed_person(p->id, p->post, p->area, p->household);
		put.put_person.retired = true;
		if (p->id == id)
			bed_put(bed, put);
	}
}

static void a_retired_acceptors_order_can_be_transferred(void **state)
{
	struct bed *bed = *state;
	bring(bed, 1, ACCEPTED);
	retire_person(bed, 201);
	struct pd_message command = bed_move(PD_MSG_complete, 1, 2);
	bed_do(bed, &command, 201);
	expect_refused(bed, PD_REFUSED_retired, "person 201", "complete by a retired acceptor");
	bed_must(bed, PD_MSG_transfer, 1, 2, 202);
}

static void a_person_who_moves_keeps_what_he_accepted(void **state)
{
	struct bed *bed = *state;
	bring(bed, 1, ACCEPTED);
	bed_put(bed, bed_person(201, PD_post_leader, 21, 0));
	bed_must(bed, PD_MSG_complete, 1, 2, 201);
	bring(bed, 2, WAITING);
	struct pd_message command = bed_move(PD_MSG_accept, 2, 1);
	bed_do(bed, &command, 201);
	expect_refused(bed, PD_REFUSED_not_allowed, "area 11", "accept at the old post");
}

/* The broker answers for what has a category that is no longer there. */
static void a_category_gives_its_times_even_when_retired(void **state)
{
	struct bed *bed = *state;
	bring(bed, 1, WAITING);
	struct pd_message put = bed_category(5, PD_level_microgrid, PD_urgency_normal);
	put.put_category.accept_within_s = 60;
	put.put_category.complete_within_s = 7200;
	put.put_category.retired = true;
	bed_put(bed, put);
	struct order *order = bed_must(bed, PD_MSG_accept, 1, 1, 201);
	expect_u64(order->row.due_ms, bed->now_ms + 7200 * BED_SECOND, "due after accept");
	assert_int_equal(order->row.urgency, PD_urgency_normal);
	bed_must(bed, PD_MSG_transfer, 1, 2, 201);
	expect_u64(order->row.due_ms, bed->now_ms + 60 * BED_SECOND, "due after transfer");
}

/* ---- questions ---- */

static void who_works_for_what(void **state)
{
	struct bed *bed = *state;
	static const struct {
		uint32_t person, area;
		bool works;
	} cases[] = {
		{0, 11, true},    {0, 1, true},     {901, 11, true},  {901, 1, true},   {201, 11, true},
		{201, 12, false}, {201, 4, false},  {301, 4, true},   {301, 11, true},  {301, 12, true},
		{301, 21, false}, {301, 3, false},  {401, 21, true},  {401, 6, true},   {403, 91, true},
		{404, 91, true},  {404, 11, false}, {501, 11, true},  {120, 11, true},  {120, 4, false},
		{101, 11, false}, {110, 6, false},  {601, 11, false}, {912, 11, false}, {999, 11, false},
		{201, 99, false},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		expect(core_works_for(bed->core, cases[i].person, cases[i].area) == cases[i].works,
		       "person %u %s for area %u, expected otherwise", cases[i].person,
		       cases[i].works ? "does not work" : "works", cases[i].area);
}

static void who_may_read_and_who_may_speak_for_whom(void **state)
{
	struct bed *bed = *state;
	static const uint32_t readers[] = {0, 120, 201, 301, 401, 501, 901}, others[] = {101, 110, 601, 912, 999};
	for (size_t i = 0; i < sizeof readers / sizeof readers[0]; i++)
		expect(core_may_read(bed->core, readers[i]), "person %u may not read, expected otherwise", readers[i]);
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		expect(!core_may_read(bed->core, others[i]), "person %u may read, expected otherwise", others[i]);
	assert_int_equal(core_entitled(bed->core, 0, 101), PD_REFUSED_none);
	assert_int_equal(core_entitled(bed->core, 901, 101), PD_REFUSED_none);
	assert_int_equal(core_entitled(bed->core, 101, 101), PD_REFUSED_none);
	assert_int_equal(core_entitled(bed->core, 401, 101), PD_REFUSED_not_entitled);
	assert_int_equal(core_entitled(bed->core, 101, 0), PD_REFUSED_not_entitled);
	assert_int_equal(core_entitled(bed->core, 999, 101), PD_REFUSED_not_entitled);
	retire_person(bed, 901);
	assert_int_equal(core_entitled(bed->core, 901, 101), PD_REFUSED_not_entitled);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, bed_setup, bed_teardown)
	const struct CMUnitTest tests[] = {
		TEST(every_move_from_every_state_by_everyone),
		TEST(the_table_of_moves_is_that_of_states_def),
		TEST(a_row_through_a_whole_life),
		TEST(what_decline_transfer_and_cancel_say),
		TEST(of_two_accepts_one_wins),
		TEST(the_acceptor_himself_is_not_told_that_it_is_taken),
		TEST(a_repeated_move_is_answered_as_at_first),
		TEST(anothers_move_on_an_old_version_is_stale),
		TEST(another_move_of_the_same_kind_is_no_repeat),
		TEST(a_command_and_its_event_have_the_same_content),
		TEST(a_late_repeat_asks_to_look_back),
		TEST(a_version_that_never_was_is_stale),
		TEST(an_unknown_order_is_named),
		TEST(declines_climb_to_the_top_and_no_further),
		TEST(details_are_valid_text_whatever_things_are_called),
		TEST(transfers_that_are_refused),
		TEST(a_transfer_takes_the_order_from_its_acceptor),
		TEST(the_place_it_comes_from_may_note_wherever_it_is_held),
		TEST(reopening_is_possible_to_the_last_millisecond),
		TEST(what_closed_by_itself_can_be_reopened_for_the_rest_of_the_period),
		TEST(every_reopening_climbs_and_counts),
		TEST(reopening_climbs_past_retired_areas),
		TEST(attempts_end_where_their_number_does),
		TEST(orders_close_when_they_are_due_and_in_that_order),
		TEST(confirming_and_reopening_stop_the_clock),
		TEST(new_periods_hold_for_what_comes_after),
		TEST(notes_end_at_a_thousand_events_and_moves_do_not),
		TEST(a_retired_acceptors_order_can_be_transferred),
		TEST(a_person_who_moves_keeps_what_he_accepted),
		TEST(a_category_gives_its_times_even_when_retired),
		TEST(who_works_for_what),
		TEST(who_may_read_and_who_may_speak_for_whom),
	};
#undef TEST
	return cmocka_run_group_tests(tests, NULL, NULL);
}
