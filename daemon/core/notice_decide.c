/* notice_decide.c - deciding on notices and their answers, and on what the clock brings them. */
#include <stdlib.h>
#include <string.h>

#include "codec.h"
#include "deadline.h"
#include "id.h"
#include "state.h"

enum { UNTIL_DAYS_MAX = 400 };
static const uint64_t day_ms = 86400000, number_max = 1000000000;

/* ---- notify ---- */

static bool same_slice(struct pd_slice a, struct pd_slice b)
{
	return a.bytes == b.bytes && (a.bytes == 0 || memcmp(a.data, b.data, a.bytes) == 0);
}

/* The event of known says what this one says, whatever its time. */
static bool same_notice(const struct notice *known, const struct pd_message *event)
{
	struct pd_message now = *event;
	struct pd_buffer bytes = {0};
	now.request = known->row.seq;
	now.notified.time_ms = known->row.time_ms;
	pd_encode(&now, &bytes);
	bool same = same_slice((struct pd_slice){bytes.data, (uint32_t)bytes.count},
			       (struct pd_slice){known->event, known->row.event_bytes});
	pd_buffer_fini(&bytes);
	return same;
}

/* What of kind, want, sort and category does not fit; PD_NO_DETAIL: nothing. */
static struct pd_detail misfit(const struct pd_notify *notify)
{
	bool handed_out = notify->kind != PD_notice_kind_notice;
	if (handed_out && notify->want != PD_want_answer)
		return PD_DETAIL(notice_needs_answer);
	if (handed_out && !notify->category)
		return PD_DETAIL(notice_needs_category);
	if (!handed_out && notify->category)
		return PD_DETAIL(notice_no_category);
	if (notify->kind == PD_notice_kind_visits && notify->sort != PD_member_sort_household)
		return PD_DETAIL(visits_households);
	return PD_NO_DETAIL;
}

static bool need_post(const struct core *core, uint32_t actor, uint32_t area, struct core_decision *decision)
{
	if (core_works_for(core, actor, area))
		return true;
	core_refuse(decision, PD_REFUSED_not_allowed, PD_DETAIL(only_area_or_above, PD_NUMBER(area)));
	return false;
}

static void decide_notify(const struct core *core, const struct pd_notify *notify, uint32_t actor, uint64_t now_ms,
			  struct core_decision *decision)
{
	const struct area *area = registry_area(core->registry, notify->area);
	const struct category *category = registry_category(core->registry, notify->category);
	const struct notice *known = core_notice(core, &notify->notice);
	if (!pd_id_valid(&notify->notice))
		return core_refuse(decision, PD_REFUSED_bad_field, PD_DETAIL(notice_id));
	decision->event.type = PD_MSG_notified;
	decision->event.notified = (struct pd_notified){.time_ms = now_ms,
							.actor = actor,
							.notice = notify->notice,
							.area = notify->area,
							.kind = notify->kind,
							.want = notify->want,
							.sort = notify->sort,
							.text = notify->text,
							.until_ms = notify->until_ms,
							.category = notify->category,
							.labels = notify->labels};
	if (known) {
		if (!same_notice(known, &decision->event))
			return core_refuse(decision, PD_REFUSED_notice_exists, PD_DETAIL(notice_other_contents));
		decision->outcome = CORE_REPEATED;
		decision->seq = known->row.seq;
		return;
	}
	struct pd_detail wrong = misfit(notify);
	if (!area || area->retired)
		return core_refuse(decision, area ? PD_REFUSED_retired : PD_REFUSED_unknown_area,
				   PD_DETAIL(area, PD_NUMBER(notify->area)));
	if (!need_post(core, actor, notify->area, decision))
		return;
	if (wrong.name != PD_DETAIL_none)
		return core_refuse(decision, PD_REFUSED_bad_notice, wrong);
	if (notify->until_ms <= now_ms)
		return core_refuse(decision, PD_REFUSED_bad_end, PD_DETAIL(notice_until_past));
	if (notify->until_ms > now_ms + UNTIL_DAYS_MAX * day_ms)
		return core_refuse(decision, PD_REFUSED_bad_end,
				   PD_DETAIL(notice_until_far, PD_NUMBER(UNTIL_DAYS_MAX)));
	if (notify->category && (!category || category->retired))
		return core_refuse(decision, category ? PD_REFUSED_retired : PD_REFUSED_unknown_category,
				   PD_DETAIL(category, PD_NUMBER(notify->category)));
}

/* ---- answer ---- */

struct answering {
	const struct core *core;
	const struct notice *notice;
	const struct pd_answer *answer;
	const struct member_row *row; /* null: nothing was answered yet */
	uint32_t actor, member;
	uint32_t home; /* where the member belongs now */
	struct core_decision *decision;
};

static bool is_receipt(const struct answering *a)
{
	return a->answer->answer <= NOTICE_RECEIPTS;
}

/* Whether it was said before; the decision says so then. */
static bool repeats(const struct answering *a)
{
	const struct pd_answer *answer = a->answer;
	const struct member_row *row = a->row;
	if (!row)
		return false;
	if (is_receipt(a) ? row->reached < answer->answer
			  : row->answer == 0 ||
				    row->content != notice_content(answer->answer, &answer->numbers, answer->text))
		return false;
	a->decision->outcome = CORE_REPEATED;
	a->decision->seq = row->seqs[is_receipt(a) ? answer->answer - 1 : NOTICE_RECEIPTS];
	return true;
}

/* Find the member in the registry, and where it counts. */
static bool find_member(struct answering *a)
{
	const struct registry *registry = a->core->registry;
	const struct notice_row *notice = &a->notice->row;
	const struct area *top = registry_area(registry, notice->area), *area;
	bool is = notice->sort == PD_member_sort_person
			  ? notice_has_person(registry, notice->posts, top, registry_person(registry, a->member), &area)
			  : notice_has_household(registry, top, registry_household(registry, a->member), &area);
	if (is) {
		a->home = area->id;
		return true;
	}
	if (a->row) { /* has left since: it goes on counting where it did */
		a->home = a->row->area;
		return true;
	}
	core_refuse(a->decision, PD_REFUSED_not_member,
		    PD_DETAIL(notice_member, PD_NUMBER(a->member), PD_NUMBER(notice->area)));
	return false;
}

/* Whether the actor is the member, or of its household, or of the centre household that looks after it. */
static bool is_near(const struct answering *a)
{
	const struct registry *registry = a->core->registry;
	const struct person *actor = registry_person(registry, a->actor);
	bool person_wanted = a->notice->row.sort == PD_member_sort_person;
	const struct person *person = person_wanted ? registry_person(registry, a->member) : NULL;
	uint32_t id = person_wanted ? (person ? person->household : 0) : a->member;
	if (person && person == actor)
		return true;
	const struct household *household = registry_household(registry, id);
	return actor && household && actor->household &&
	       (actor->household == household->id || actor->household == household->centre);
}

static bool may_answer(const struct answering *a)
{
	bool by_workers = !is_receipt(a) && a->notice->row.kind != PD_notice_kind_notice;
	if (core_works_for(a->core, a->actor, a->home) || (!by_workers && is_near(a)))
		return true;
	core_refuse(a->decision, PD_REFUSED_not_allowed,
		    by_workers ? PD_DETAIL(answer_for, PD_NUMBER(a->actor), PD_NUMBER(a->member), PD_NUMBER(a->home))
			       : PD_DETAIL(receipt_for, PD_NUMBER(a->actor), PD_NUMBER(a->member), PD_NUMBER(a->home)));
	return false;
}

static bool is_wanted(const struct answering *a)
{
	const struct notice_row *notice = &a->notice->row;
	unsigned answer = a->answer->answer;
	struct pd_detail wrong = PD_NO_DETAIL;
	if (is_receipt(a))
		return true;
	if (notice->want != PD_want_answer)
		wrong = PD_DETAIL(notice_wants, PD_NAME(pd_word("want", notice->want)));
	else if (answer == PD_answer_kind_visited && notice->kind != PD_notice_kind_visits)
		wrong = PD_DETAIL(notice_asks_no_visit);
	else if (answer == PD_answer_kind_done && notice->kind == PD_notice_kind_visits)
		wrong = PD_DETAIL(visits_not_done);
	if (wrong.name != PD_DETAIL_none)
		core_refuse(a->decision, PD_REFUSED_not_wanted, wrong);
	return wrong.name == PD_DETAIL_none;
}

static bool fields_sound(const struct answering *a)
{
	const struct pd_answer *answer = a->answer;
	for (uint32_t i = 0; i < answer->numbers.count; i++)
		if (answer->numbers.values[i] > number_max) {
			core_refuse(a->decision, PD_REFUSED_bad_field,
				    PD_DETAIL(number_large, PD_NUMBER(answer->numbers.values[i])));
			return false;
		}
	if (!is_receipt(a) || (!answer->numbers.count && !answer->corrects))
		return true;
	core_refuse(a->decision, PD_REFUSED_bad_field, PD_DETAIL(receipt_has_nothing));
	return false;
}

/* Refused, unless the journal knows that the member's answer was this one once. */
static void look_back(const struct answering *a, enum pd_refusal refusal, struct pd_detail detail)
{
	struct core_decision *decision = a->decision;
	core_refuse(decision, refusal, detail);
	decision->outcome = CORE_LOOK_BACK;
	decision->event_type = PD_MSG_answered;
	decision->actor = a->actor;
	decision->content = notice_content(a->answer->answer, &a->answer->numbers, a->answer->text);
	decision->look_at = a->row->at;
}

/* Whether another answer than the one there is may take its place. */
static bool may_correct(const struct answering *a)
{
	const struct member_row *row = a->row;
	if (is_receipt(a))
		return true;
	if (!row || !row->answer) {
		if (a->answer->corrects)
			core_refuse(a->decision, PD_REFUSED_bad_field, PD_DETAIL(no_answer_yet));
		return !a->answer->corrects;
	}
	uint64_t seq = row->seqs[NOTICE_RECEIPTS];
	if (a->answer->corrects != seq) {
		look_back(a, PD_REFUSED_answered_otherwise,
			  PD_DETAIL(other_answer, PD_NAME(pd_word("answer_kind", row->answer)), PD_NUMBER(seq)));
		return false;
	}
	if (a->answer->text.bytes == 0)
		core_refuse(a->decision, PD_REFUSED_bad_field, PD_DETAIL(correction_needs_text));
	return a->answer->text.bytes > 0;
}

static bool is_over(const struct answering *a)
{
	if (notice_open(a->notice))
		return false;
	if (a->row && a->row->answer && !is_receipt(a))
		look_back(a, PD_REFUSED_notice_over, PD_NO_DETAIL);
	else
		core_refuse(a->decision, PD_REFUSED_notice_over, PD_NO_DETAIL);
	return true;
}

uint32_t core_answer_member(const struct core *core, const struct notice_row *notice, const struct pd_answer *answer,
			    uint32_t actor)
{
	if (answer->member)
		return answer->member;
	const struct person *person = registry_person(core->registry, actor);
	return notice->sort == PD_member_sort_person ? actor : person ? person->household : 0;
}

static void decide_answer(const struct core *core, const struct notice *notice, const struct pd_answer *answer,
			  uint32_t actor, uint64_t now_ms, struct core_decision *decision)
{
	struct answering a = {.core = core, .notice = notice, .answer = answer, .actor = actor, .decision = decision};
	a.member = core_answer_member(core, &notice->row, answer, actor);
	const struct member *member = members_find(&core->members, &notice->row.id, a.member);
	a.row = member ? &member->row : NULL;
	if (a.member == 0)
		return core_refuse(decision, PD_REFUSED_not_member, PD_DETAIL(no_own_household, PD_NUMBER(actor)));
	if (repeats(&a) || is_over(&a) || !find_member(&a) || !may_answer(&a) || !is_wanted(&a) || !fields_sound(&a) ||
	    !may_correct(&a))
		return;
	decision->event.type = PD_MSG_answered;
	decision->event.answered = (struct pd_answered){.time_ms = now_ms,
							.actor = actor,
							.notice = notice->row.id,
							.member = a.member,
							.area = a.row ? a.row->area : a.home,
							.answer = answer->answer,
							.numbers = answer->numbers,
							.text = answer->text,
							.corrects = answer->corrects};
}

/* ---- remind_missing, end_notice ---- */

/* The sums for top and all below it. */
static struct notice_count sums_of(const struct core *core, const struct notice *notice, const struct area *top)
{
	size_t count;
	struct notice_count *sums = core_notice_sums(core, &notice->row, top, false, &count);
	core_notice_count(core, notice, top, sums, count);
	struct notice_count sum = sums[0];
	free(sums);
	return sum;
}

static uint32_t missing_of(const struct notice *notice, const struct notice_count *sum)
{
	if (notice->row.want == PD_want_nothing)
		return 0;
	return sum->members > sum->satisfied ? sum->members - sum->satisfied : 0;
}

static void decide_remind(const struct core *core, const struct notice *notice, const struct pd_remind_missing *remind,
			  uint32_t actor, uint64_t now_ms, struct core_decision *decision)
{
	const struct notice_row *row = &notice->row;
	uint32_t id = remind->area ? remind->area : row->area;
	const struct area *area = registry_area(core->registry, id);
	if (remind->nth == row->reminders && row->reminders) {
		decision->outcome = CORE_REPEATED;
		decision->seq = row->reminded_seq;
		return;
	}
	if (!notice_open(notice))
		return core_refuse(decision, PD_REFUSED_notice_over, PD_NO_DETAIL);
	if (!area)
		return core_refuse(decision, PD_REFUSED_unknown_area, PD_DETAIL(area, PD_NUMBER(id)));
	if (!area_within(area, registry_area(core->registry, row->area)))
		return core_refuse(decision, PD_REFUSED_bad_field,
				   PD_DETAIL(area_outside_notice, PD_NUMBER(id), PD_NUMBER(row->area)));
	if (!need_post(core, actor, id, decision))
		return;
	if (remind->nth != row->reminders + 1)
		return core_refuse(decision, PD_REFUSED_not_next,
				   PD_DETAIL(reminders, PD_NUMBER(row->reminders), PD_NUMBER(remind->nth)));
	struct notice_count sum = sums_of(core, notice, area);
	decision->event.type = PD_MSG_missing_reminded;
	decision->event.missing_reminded = (struct pd_missing_reminded){.time_ms = now_ms,
									.actor = actor,
									.notice = row->id,
									.nth = remind->nth,
									.area = id,
									.missing = missing_of(notice, &sum)};
}

static void ended_event(const struct core *core, const struct notice *notice, uint32_t actor, uint64_t now_ms,
			struct pd_slice reason, struct pd_message *event)
{
	const struct notice_row *row = &notice->row;
	struct notice_count sum = sums_of(core, notice, registry_area(core->registry, row->area));
	event->type = PD_MSG_notice_ended;
	event->notice_ended = (struct pd_notice_ended){.time_ms = now_ms,
						       .actor = actor,
						       .notice = row->id,
						       .area = row->area,
						       .members = sum.members,
						       .delivered = sum.reached[PD_answer_kind_delivered - 1],
						       .read = sum.reached[PD_answer_kind_read - 1],
						       .confirmed = sum.reached[PD_answer_kind_confirmed - 1],
						       .answered = sum.satisfied,
						       .reason = reason};
}

static void decide_end(const struct core *core, const struct notice *notice, const struct pd_end_notice *end,
		       uint32_t actor, uint64_t now_ms, struct core_decision *decision)
{
	const struct notice_row *row = &notice->row;
	bool by_hand = row->ended_ms < row->until_ms && !(row->marks & NOTICE_PLAN_ENDED);
	if (!notice_open(notice) && by_hand && row->ended_by == actor) {
		decision->outcome = CORE_REPEATED;
		decision->seq = row->last_seq;
		return;
	}
	if (!notice_open(notice) || row->until_ms <= now_ms) /* then it ends by itself */
		return core_refuse(decision, PD_REFUSED_notice_over, PD_NO_DETAIL);
	if (need_post(core, actor, row->area, decision))
		ended_event(core, notice, actor, now_ms, end->reason, &decision->event);
}

void notice_decide(const struct core *core, const struct pd_message *command, uint32_t actor, uint64_t now_ms,
		   struct core_decision *decision)
{
	const struct notice *notice = core_notice(core, &command->answer.notice);
	if (command->type == PD_MSG_notify)
		return decide_notify(core, &command->notify, actor, now_ms, decision);
	if (!notice)
		return core_refuse(decision, PD_REFUSED_unknown_notice,
				   PD_DETAIL(id, PD_ID_ARG(command->answer.notice)));
	if (command->type == PD_MSG_answer)
		decide_answer(core, notice, &command->answer, actor, now_ms, decision);
	else if (command->type == PD_MSG_remind_missing)
		decide_remind(core, notice, &command->remind_missing, actor, now_ms, decision);
	else
		decide_end(core, notice, &command->end_notice, actor, now_ms, decision);
}

/* ---- what the clock brings ---- */

/* The first one whose orders are not all handed out, and the micro-grid that gets the next; null: there is none. */
static const struct notice *next_to_hand_out(const struct core *core, const struct area **grid)
{
	const struct notice *notice;
	TAILQ_FOREACH(notice, &core->notices.pending, of_pending)
	{
		const struct area *top = registry_area(core->registry, notice->row.area);
		*grid = notice_next_grid(core->registry, top, notice->row.cursor);
		if (*grid)
			return notice;
	}
	return NULL;
}

uint64_t notice_next_due(const struct core *core)
{
	const struct area *grid;
	const struct notice *pending = next_to_hand_out(core, &grid), *ends = TAILQ_FIRST(&core->notices.open);
	if (pending)
		return pending->row.time_ms;
	return ends ? ends->row.until_ms : UINT64_MAX;
}

/* The order's id follows from the notice and the micro-grid, so that whoever makes it again makes the same; another one
 * is taken only if somebody has chosen that id before. */
static struct pd_id order_id(const struct core *core, const struct notice_row *row, uint32_t area)
{
	for (uint32_t attempt = 0;; attempt++) {
		uint32_t numbers[] = {area, attempt};
		uint64_t hashes[2];
		uint8_t random[10];
		hashes[0] = core_mix(core_mix(row->seq, &row->id, sizeof row->id), numbers, sizeof numbers);
		hashes[1] = core_mix(hashes[0], &row->id, sizeof row->id);
		memcpy(random, hashes, sizeof random);
		struct pd_id id = pd_id_make(row->time_ms, random);
		if (!core_order(core, &id))
			return id;
	}
}

static void hand_out(const struct core *core, const struct notice *notice, const struct area *grid, uint64_t now_ms,
		     struct pd_message *event)
{
	const struct notice_row *row = &notice->row;
	const struct category *category = registry_category(core->registry, row->category);
	event->type = PD_MSG_submitted;
	event->submitted = (struct pd_submitted){
		.time_ms = now_ms,
		.order = order_id(core, row, grid->id),
		.version = 1,
		.holder = grid->id,
		.due_ms = deadline_accept(core->registry, category, category->urgency, grid, now_ms),
		.requester = row->actor,
		.area = grid->id,
		.category = row->category,
		.urgency = category->urgency,
		.text = notice->text,
		.notice = row->id};
}

/* What a plan has sent ends with it; null: nothing outlives its plan. */
static const struct notice *find_outlived(const struct core *core)
{
	struct notices *notices = (struct notices *)&core->notices; /* that it has looked is a cache */
	const struct notice *notice;
	if (!notices->plan_ended)
		return NULL;
	TAILQ_FOREACH(notice, &notices->open, by_until)
	if (notice->plan && mode_is_over(core->registry, notice->plan, notice->row.seq))
		return notice;
	notices->plan_ended = false;
	return NULL;
}

bool notice_decide_outlived(const struct core *core, uint64_t now_ms, struct pd_message *event)
{
	const struct notice *notice = find_outlived(core);
	if (!notice)
		return false;
	ended_event(core, notice, 0, now_ms, (struct pd_slice){0}, event);
	if (now_ms < notice->row.until_ms) /* else it would have ended anyway */
		event->notice_ended.plan = notice->plan;
	return true;
}

uint64_t notice_next_outlived(const struct core *core)
{
	return find_outlived(core) ? 0 : UINT64_MAX;
}

bool notice_decide_due(const struct core *core, uint64_t now_ms, struct pd_message *event)
{
	const struct area *grid;
	const struct notice *ends = TAILQ_FIRST(&core->notices.open), *pending;
	event->request = core->last_seq + 1;
	if (ends && ends->row.until_ms <= now_ms) { /* its orders would come too late */
		ended_event(core, ends, 0, now_ms, (struct pd_slice){0}, event);
		return true;
	}
	pending = next_to_hand_out(core, &grid);
	if (pending)
		hand_out(core, pending, grid, now_ms, event);
	return pending != NULL;
}
