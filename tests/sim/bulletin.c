#include "bulletin.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "district.h"
#include "id.h"
#include "model.h"
#include "modes.h"
#include "sim.h"
#include "tally.h"
#include "trace.h"

enum { STEPS = 4, OPEN_MAX = 6, RECEIPTS = PD_answer_kind_confirmed };
static const uint64_t day_ms = 86400000;

/* An event that has happened. */
struct happened {
	enum pd_type type;
	uint64_t seq, until_ms, time_ms, said, corrects;
	struct pd_id notice;
	uint32_t actor, area, member, nth, category, plan;
	uint8_t kind, want, sort, answer;
};

static struct {
	struct happened *events;
	size_t count, capacity;
} bulletin;

void bulletin_init(void)
{
	bulletin_fini();
}

void bulletin_fini(void)
{
	free(bulletin.events);
	memset(&bulletin, 0, sizeof bulletin);
}

void bulletin_cut(uint64_t seq)
{
	while (bulletin.count && bulletin.events[bulletin.count - 1].seq > seq)
		bulletin.count--;
}

/* ---- what a notice and a member are at ---- */

struct at {
	const struct happened *sent, *reminded, *ended; /* null: not */
	uint32_t handed_out;
};

static struct at at_of(const struct pd_id *id)
{
	struct at at = {0};
	for (size_t i = 0; i < bulletin.count; i++) {
		const struct happened *h = &bulletin.events[i];
		if (memcmp(&h->notice, id, sizeof *id) != 0)
			continue;
		at.sent = h->type == PD_MSG_notified ? h : at.sent;
		at.reminded = h->type == PD_MSG_missing_reminded ? h : at.reminded;
		at.ended = h->type == PD_MSG_notice_ended ? h : at.ended;
		at.handed_out += h->type == PD_MSG_submitted;
	}
	return at;
}

bool bulletin_is_over(const struct pd_id *id)
{
	return at_of(id).ended != NULL;
}

/* Whether the plan that sent it, if one did, is on no longer. */
static bool is_outlived(const struct at *at)
{
	return at->sent->plan && modes_is_over(at->sent->plan, at->sent->seq);
}

struct stand {
	bool there;
	uint8_t reached, answer;
	uint64_t seqs[STEPS], said;
	uint32_t area;
};

static struct stand stand_of(const struct pd_id *id, uint32_t member)
{
	struct stand stand = {0};
	for (size_t i = 0; i < bulletin.count; i++) {
		const struct happened *h = &bulletin.events[i];
		if (h->type != PD_MSG_answered || h->member != member || memcmp(&h->notice, id, sizeof *id) != 0)
			continue;
		stand.there = true;
		stand.area = h->area;
		if (h->answer > RECEIPTS) {
			stand.answer = h->answer;
			stand.said = h->said;
			stand.seqs[RECEIPTS] = h->seq;
		}
		for (; h->answer <= RECEIPTS && stand.reached < h->answer; stand.reached++)
			stand.seqs[stand.reached] = h->seq;
	}
	return stand;
}

static bool satisfied(unsigned want, const struct stand *stand)
{
	return want == PD_want_nothing || (want == PD_want_answer ? stand->answer != 0 : stand->reached >= want);
}

/* ---- who ---- */

static bool lives_within(const struct registry *registry, uint32_t id, const struct area *top, uint32_t *area)
{
	const struct household *household = registry_household(registry, id);
	if (!household || household->retired || !area_within(registry_area(registry, household->area), top))
		return false;
	*area = household->area;
	return true;
}

static bool is_member(const struct registry *registry, const struct happened *sent, uint32_t member, uint32_t *area)
{
	const struct area *top = registry_area(registry, sent->area);
	const struct person *person = registry_person(registry, member);
	if (sent->sort == PD_member_sort_household)
		return lives_within(registry, member, top, area);
	if (!person || person->retired)
		return false;
	if (!area_within(registry_area(registry, person->area), top))
		return lives_within(registry, person->household, top, area);
	*area = person->area;
	return true;
}

static uint64_t said_of(unsigned answer, const struct pd_u64s *numbers, struct pd_slice text)
{
	uint64_t hash = sim_hash(answer, text.data, text.bytes);
	return sim_hash(hash, numbers->values, numbers->count * sizeof *numbers->values);
}

/* ---- events ---- */

static void demand(bool holds, const struct pd_message *event, const char *what)
{
	char id[PD_ID_TEXT_BYTES];
	if (!holds)
		trace_fail("event %" PRIu64 ", %s of notice %s: %s", event->request, pd_message_info(event->type)->name,
			   pd_id_print(&event->notified.notice, id), what);
}

static void judge_notified(const struct registry *registry, const struct pd_message *event)
{
	const struct pd_notified *n = &event->notified;
	const struct area *area = registry_area(registry, n->area);
	demand(!at_of(&n->notice).sent, event, "there is one of this id");
	/* What a plan sends, it sends for who has switched it on. */
	demand(n->plan || (area && !area->retired && model_works_for(registry, n->actor, n->area)), event,
	       "its sender may not");
	demand(n->until_ms > n->time_ms && n->until_ms <= n->time_ms + 400 * day_ms, event, "its end is not to be had");
	demand((n->kind == PD_notice_kind_notice) == (n->category == 0), event, "its kind and category do not fit");
	demand(n->kind == PD_notice_kind_notice || n->want == PD_want_answer, event, "it wants no answer");
}

static void judge_answered(const struct registry *registry, const struct pd_message *event, const struct at *at)
{
	const struct pd_answered *a = &event->answered;
	struct stand stand = stand_of(&a->notice, a->member);
	uint32_t area = 0;
	bool is = is_member(registry, at->sent, a->member, &area);
	demand(stand.there || is, event, "it was not sent to this member");
	demand(a->area == (stand.there ? stand.area : area), event, "it counts in another area");
	if (a->answer <= RECEIPTS)
		demand(a->answer > stand.reached, event, "a receipt goes back");
	else
		demand(at->sent->want == PD_want_answer && a->corrects == stand.seqs[RECEIPTS], event,
		       "it takes the place of another answer");
}

/* Each member once, by the first of their events. */
static bool is_first_of_member(size_t i)
{
	const struct happened *h = &bulletin.events[i];
	for (size_t k = 0; k < i; k++)
		if (bulletin.events[k].type == PD_MSG_answered && bulletin.events[k].member == h->member &&
		    memcmp(&bulletin.events[k].notice, &h->notice, sizeof h->notice) == 0)
			return false;
	return h->type == PD_MSG_answered;
}

static void judge_ended(const struct pd_message *event, const struct at *at)
{
	const struct pd_notice_ended *e = &event->notice_ended;
	uint32_t reached[RECEIPTS] = {0}, answered = 0;
	for (size_t i = 0; i < bulletin.count; i++) {
		if (memcmp(&bulletin.events[i].notice, &e->notice, sizeof e->notice) != 0 || !is_first_of_member(i))
			continue;
		struct stand stand = stand_of(&e->notice, bulletin.events[i].member);
		for (unsigned step = 0; step < stand.reached; step++)
			reached[step]++;
		answered += satisfied(at->sent->want, &stand);
	}
	demand(e->delivered == reached[0] && e->read == reached[1] && e->confirmed == reached[2] &&
		       e->answered == answered,
	       event, "its figures are not those of its members");
	demand(!e->plan || (e->plan == at->sent->plan && is_outlived(at) && !e->actor), event,
	       "it ends with a plan that did not send it, or is on");
	if (e->plan)
		tally_add(TALLY_PLAN_TOOK_ALONG);
}

static void judge_handed_out(const struct registry *registry, const struct pd_message *event, const struct at *at)
{
	const struct pd_submitted *s = &event->submitted;
	const struct area *area = registry_area(registry, s->area);
	if (!at->sent || at->ended)
		trace_fail("event %" PRIu64 ": an order is handed out by a notice that is not open", event->request);
	if (area->level != PD_level_microgrid || area->retired ||
	    !area_within(area, registry_area(registry, at->sent->area)) || s->holder != s->area || s->actor ||
	    s->requester != at->sent->actor || s->category != at->sent->category)
		trace_fail("event %" PRIu64 ": an order is handed out as it should not be", event->request);
	for (size_t i = 0; i < bulletin.count; i++)
		if (bulletin.events[i].type == PD_MSG_submitted && bulletin.events[i].area == s->area &&
		    memcmp(&bulletin.events[i].notice, &s->notice, sizeof s->notice) == 0)
			trace_fail("event %" PRIu64 ": micro-grid %" PRIu32 " gets a second order of one notice",
				   event->request, s->area);
}

static void judge(const struct registry *registry, const struct pd_message *event, const struct pd_id *notice)
{
	struct at at = at_of(notice);
	if (event->type == PD_MSG_submitted)
		return judge_handed_out(registry, event, &at);
	if (event->type == PD_MSG_notified)
		return judge_notified(registry, event);
	demand(at.sent && !at.ended, event, "it is not open");
	if (event->type == PD_MSG_answered)
		judge_answered(registry, event, &at);
	else if (event->type == PD_MSG_missing_reminded)
		demand(event->missing_reminded.nth == (at.reminded ? at.reminded->nth : 0) + 1, event, "not the next");
	else
		judge_ended(event, &at);
}

static struct happened happened_of(const struct pd_message *event)
{
	const struct pd_notified *n = &event->notified;
	const struct pd_answered *a = &event->answered;
	struct happened h = {.type = event->type, .seq = event->request, .time_ms = n->time_ms, .actor = n->actor};
	h.notice = event->type == PD_MSG_submitted ? event->submitted.notice : n->notice;
	switch (event->type) {
	case PD_MSG_submitted: h.area = event->submitted.area; break;
	case PD_MSG_notified:
		h.area = n->area;
		h.kind = n->kind;
		h.want = n->want;
		h.sort = n->sort;
		h.until_ms = n->until_ms;
		h.category = n->category;
		h.plan = n->plan;
		h.said = sim_hash(sim_hash(0, n->text.data, n->text.bytes), n->labels.data, n->labels.bytes);
		break;
	case PD_MSG_answered:
		h.area = a->area;
		h.member = a->member;
		h.answer = a->answer;
		h.corrects = a->corrects;
		h.said = said_of(a->answer, &a->numbers, a->text);
		break;
	case PD_MSG_notice_ended: h.plan = event->notice_ended.plan; break;
	case PD_MSG_missing_reminded: h.nth = event->missing_reminded.nth; break;
	default: break;
	}
	return h;
}

bool bulletin_is_handed_out(const struct pd_submitted *submitted)
{
	static const struct pd_id none;
	return memcmp(&submitted->notice, &none, sizeof none) != 0;
}

void bulletin_event(const struct registry *registry, const struct pd_message *event)
{
	struct happened h = happened_of(event);
	judge(registry, event, &h.notice);
	if (bulletin.count == bulletin.capacity) {
		bulletin.capacity = bulletin.capacity ? 2 * bulletin.capacity : 256;
		bulletin.events = realloc(bulletin.events, bulletin.capacity * sizeof *bulletin.events);
		if (!bulletin.events)
			trace_system("memory");
	}
	bulletin.events[bulletin.count++] = h;
}

/* ---- the clock ---- */

void bulletin_due(const struct pd_message *event, uint64_t now_ms)
{
	const struct pd_id *id =
		event->type == PD_MSG_submitted ? &event->submitted.notice : &event->notice_ended.notice;
	struct at at = at_of(id);
	if (!at.sent || at.ended)
		trace_fail("the clock brings %s of a notice that is not open", pd_message_info(event->type)->name);
	bool over = at.sent->until_ms <= now_ms, outlived = is_outlived(&at);
	if ((over || outlived) != (event->type == PD_MSG_notice_ended))
		trace_fail("a notice until %" PRIu64 " gets %s at %" PRIu64, at.sent->until_ms,
			   pd_message_info(event->type)->name, now_ms);
	if (event->type == PD_MSG_notice_ended && event->notice_ended.plan != (over ? 0 : at.sent->plan))
		trace_fail("a notice of plan %" PRIu32 " ends for plan %" PRIu32, at.sent->plan,
			   event->notice_ended.plan);
}

void bulletin_check_none_due(const struct registry *registry, uint64_t now_ms)
{
	for (size_t i = 0; i < bulletin.count; i++) {
		const struct happened *h = &bulletin.events[i];
		struct at at = at_of(&h->notice);
		if (h->type != PD_MSG_notified || at.ended)
			continue;
		if (h->until_ms <= now_ms)
			trace_fail("a notice until %" PRIu64 " is open at %" PRIu64, h->until_ms, now_ms);
		if (is_outlived(&at))
			trace_fail("a notice of plan %" PRIu32 " is open, the plan is on no longer", h->plan);
		size_t count;
		void *const *areas = registry_sorted(registry, REGISTRY_AREAS, &count);
		uint32_t last = 0, after = 0;
		for (size_t k = 0; k < bulletin.count; k++)
			if (bulletin.events[k].type == PD_MSG_submitted &&
			    memcmp(&bulletin.events[k].notice, &h->notice, sizeof h->notice) == 0)
				last = bulletin.events[k].area;
		for (size_t k = 0; k < count; k++) {
			const struct area *area = areas[k];
			after += area->id > last && area->level == PD_level_microgrid && !area->retired &&
				 area_within(area, registry_area(registry, h->area));
		}
		/* One that was found without any is done; micro-grids that come later get none. */
		if (h->kind != PD_notice_kind_notice && after && at.handed_out == 0 && last)
			trace_fail("%" PRIu32 " micro-grids have no order of a notice", after);
	}
}

/* ---- what a command must lead to ---- */

static void look_at_notify(struct command_look *look)
{
	const struct pd_notify *n = &look->command->notify;
	const struct registry *registry = look->registry;
	const struct area *area = registry_area(registry, n->area);
	const struct category *category = registry_category(registry, n->category);
	struct at at = at_of(&n->notice);
	const struct happened *h = at.sent;
	uint64_t said = sim_hash(sim_hash(0, n->text.data, n->text.bytes), n->labels.data, n->labels.bytes);
	look_refusable(look, !pd_id_valid(&n->notice), PD_REFUSED_bad_field);
	if (h && h->actor == look->actor && h->area == n->area && h->kind == n->kind && h->want == n->want &&
	    h->sort == n->sort && h->until_ms == n->until_ms && h->category == n->category && h->said == said) {
		look->repeats = h->seq;
		return;
	}
	bool handed_out = n->kind != PD_notice_kind_notice;
	look_refusable(look, h, PD_REFUSED_notice_exists);
	look_refusable(look, !area, PD_REFUSED_unknown_area);
	look_refusable(look, area && area->retired, PD_REFUSED_retired);
	look_refusable(look, !model_works_for(registry, look->actor, n->area), PD_REFUSED_not_allowed);
	look_refusable(look,
		       handed_out != (n->category != 0) || (handed_out && n->want != PD_want_answer) ||
			       (n->kind == PD_notice_kind_visits && n->sort != PD_member_sort_household),
		       PD_REFUSED_bad_notice);
	look_refusable(look, n->until_ms <= look->now_ms || n->until_ms > look->now_ms + 400 * day_ms,
		       PD_REFUSED_bad_end);
	look_refusable(look, n->category && !category, PD_REFUSED_unknown_category);
	look_refusable(look, category && category->retired, PD_REFUSED_retired);
	look_refusable(look, look->disk_low, PD_REFUSED_disk_full);
	look_become(look, PD_MSG_notified);
}

static bool is_near(const struct command_look *look, const struct happened *sent, uint32_t member)
{
	const struct registry *registry = look->registry;
	const struct person *actor = registry_person(registry, look->actor), *person = NULL;
	if (sent->sort == PD_member_sort_person) {
		person = registry_person(registry, member);
		if (member == look->actor && actor)
			return true;
		member = person ? person->household : 0;
	}
	const struct household *household = registry_household(registry, member);
	return actor && actor->household && household &&
	       (household->id == actor->household || household->centre == actor->household);
}

static uint64_t answered_before(const struct command_look *look, uint32_t member, uint64_t said)
{
	uint64_t seq = 0;
	for (size_t i = 0; i < bulletin.count; i++) {
		const struct happened *h = &bulletin.events[i];
		if (h->type == PD_MSG_answered && h->member == member && h->actor == look->actor && h->said == said &&
		    memcmp(&h->notice, &look->command->answer.notice, sizeof h->notice) == 0)
			seq = h->seq;
	}
	return seq;
}

static void look_at_answer(struct command_look *look, const struct at *at)
{
	const struct pd_answer *a = &look->command->answer;
	const struct happened *sent = at->sent;
	const struct person *actor = registry_person(look->registry, look->actor);
	uint32_t own = sent->sort == PD_member_sort_person ? look->actor : actor ? actor->household : 0;
	uint32_t member = a->member ? a->member : own, area = 0;
	struct stand stand = stand_of(&a->notice, member);
	uint64_t said = said_of(a->answer, &a->numbers, a->text), before = answered_before(look, member, said);
	bool receipt = a->answer <= RECEIPTS, gone = reasons_any(look->reasons);
	if (member && (receipt ? stand.reached >= a->answer : stand.answer && stand.said == said)) {
		look->repeats = stand.seqs[receipt ? a->answer - 1 : RECEIPTS];
		return;
	}
	bool other = !receipt && stand.answer;
	if (member && at->ended && other && before) {
		look->repeats = before;
		return;
	}
	bool is = member && is_member(look->registry, sent, member, &area);
	area = is ? area : stand.area;
	bool by_workers = !receipt && sent->kind != PD_notice_kind_notice;
	look_refusable(look, at->ended != NULL, PD_REFUSED_notice_over);
	look_refusable(look, !is && !stand.there, PD_REFUSED_not_member);
	look_refusable(look,
		       !model_works_for(look->registry, look->actor, area) &&
			       (by_workers || !is_near(look, sent, member)),
		       PD_REFUSED_not_allowed);
	look_refusable(look,
		       !receipt && (sent->want != PD_want_answer ||
				    (a->answer == PD_answer_kind_visited) != (sent->kind == PD_notice_kind_visits &&
									      a->answer == PD_answer_kind_visited) ||
				    (a->answer == PD_answer_kind_done && sent->kind == PD_notice_kind_visits)),
		       PD_REFUSED_not_wanted);
	look_refusable(look, receipt && (a->numbers.count || a->corrects), PD_REFUSED_bad_field);
	look_refusable(look, !receipt && !stand.answer && a->corrects, PD_REFUSED_bad_field);
	look_refusable(look, other && a->corrects == stand.seqs[RECEIPTS] && !a->text.bytes, PD_REFUSED_bad_field);
	bool mismatch = other && a->corrects != stand.seqs[RECEIPTS];
	if (mismatch && before && (!reasons_any(look->reasons) || gone)) {
		look->repeats = before;
		look->perhaps = gone;
		return;
	}
	look_refusable(look, mismatch, PD_REFUSED_answered_otherwise);
	look_become(look, PD_MSG_answered);
}

static void look_at_remind(struct command_look *look, const struct at *at)
{
	const struct pd_remind_missing *r = &look->command->remind_missing;
	uint32_t nth = at->reminded ? at->reminded->nth : 0, id = r->area ? r->area : at->sent->area;
	const struct area *area = registry_area(look->registry, id);
	if (nth && r->nth == nth) {
		look->repeats = at->reminded->seq;
		return;
	}
	look_refusable(look, at->ended != NULL, PD_REFUSED_notice_over);
	look_refusable(look, !area, PD_REFUSED_unknown_area);
	look_refusable(look, area && !area_within(area, registry_area(look->registry, at->sent->area)),
		       PD_REFUSED_bad_field);
	look_refusable(look, !model_works_for(look->registry, look->actor, id), PD_REFUSED_not_allowed);
	look_refusable(look, r->nth != nth + 1, PD_REFUSED_not_next);
	look_become(look, PD_MSG_missing_reminded);
}

static void look_at_end(struct command_look *look, const struct at *at)
{
	bool by_hand = at->ended && at->ended->time_ms < at->sent->until_ms && !at->ended->plan;
	if (by_hand && at->ended->actor == look->actor) {
		look->repeats = at->ended->seq;
		return;
	}
	look_refusable(look, at->ended || look->now_ms >= at->sent->until_ms, PD_REFUSED_notice_over);
	look_refusable(look, !model_works_for(look->registry, look->actor, at->sent->area), PD_REFUSED_not_allowed);
	look_become(look, PD_MSG_notice_ended);
}

void bulletin_look(struct command_look *look)
{
	struct at at = at_of(&look->command->answer.notice);
	if (look->command->type == PD_MSG_notify)
		return look_at_notify(look);
	if (!at.sent)
		return look_refusable(look, true, PD_REFUSED_unknown_notice);
	if (look->command->type == PD_MSG_answer)
		look_at_answer(look, &at);
	else if (look->command->type == PD_MSG_remind_missing)
		look_at_remind(look, &at);
	else
		look_at_end(look, &at);
}

/* ---- commands ---- */

static bool one_in(uint32_t n)
{
	return dice_below(&sim.dice, n) == 0;
}

static const struct happened *some_notice(bool open)
{
	for (int i = 0; i < 30 && bulletin.count; i++) {
		const struct happened *h = &bulletin.events[dice_below(&sim.dice, (uint32_t)bulletin.count)];
		struct at at = at_of(&h->notice);
		if (at.sent && (!at.ended || !open))
			return at.sent;
	}
	return NULL;
}

uint32_t bulletin_area(const struct pd_id *id)
{
	struct at at = at_of(id);
	return at.sent ? at.sent->area : 0;
}

bool bulletin_some(struct pd_id *id)
{
	const struct happened *h = some_notice(one_in(2));
	if (h)
		*id = h->notice;
	return h != NULL;
}

static void make_notify(const struct registry *registry, struct pd_notify *n, uint32_t *actor)
{
	uint8_t random[10];
	dice_fill(&sim.dice, random, sizeof random);
	*n = (struct pd_notify){.notice = pd_id_make(sim_wall_ms(), random),
				.area = district_area(registry),
				.kind = (uint8_t)dice_between(&sim.dice, 1, 3),
				.sort = (uint8_t)dice_between(&sim.dice, 1, 2),
				.text = pd_text("to all"),
				.until_ms = sim_wall_ms() + dice_below(&sim.dice, 3 * 86400000)};
	bool handed_out = n->kind != PD_notice_kind_notice;
	n->want = (uint8_t)(handed_out && !one_in(10) ? PD_want_answer : dice_between(&sim.dice, 1, 4));
	n->category = handed_out != one_in(20) ? district_category(registry) : 0;
	if (n->kind == PD_notice_kind_visits && !one_in(10))
		n->sort = PD_member_sort_household;
	const struct happened *other = one_in(12) ? some_notice(false) : NULL;
	if (other)
		n->notice = other->notice;
	if (one_in(40))
		n->notice.bytes[6] = 0;
	*actor = one_in(2) ? 0 : district_person_of(registry, n->area);
}

/* Mostly one of the notice's, and of those rather the few that have answered. */
static uint32_t some_member(const struct registry *registry, const struct happened *sent)
{
	uint32_t member = 0, area;
	for (int i = 0; i < 20 && one_in(3); i++) {
		const struct happened *h = &bulletin.events[dice_below(&sim.dice, (uint32_t)bulletin.count)];
		if (h->type == PD_MSG_answered && memcmp(&h->notice, &sent->notice, sizeof h->notice) == 0)
			return h->member;
	}
	for (int i = 0; i < 20; i++) {
		member = sent->sort == PD_member_sort_person ? district_person(registry) : district_household(registry);
		if (one_in(8) || is_member(registry, sent, member, &area))
			break;
	}
	return member;
}

static void make_answer(const struct registry *registry, const struct happened *sent, struct pd_answer *a,
			uint32_t *actor)
{
	static uint64_t numbers[2];
	*a = (struct pd_answer){.notice = sent->notice,
				.member = some_member(registry, sent),
				.answer = (uint8_t)dice_between(&sim.dice, 1, sent->want == PD_want_answer ? 8 : 3)};
	*actor = one_in(3) ? district_person(registry) : one_in(2) ? 0 : some_member(registry, sent);
	if (one_in(3))
		a->member = 0;
	struct stand stand = stand_of(&sent->notice, a->member);
	numbers[0] = dice_below(&sim.dice, 3);
	if (a->answer > RECEIPTS && one_in(2))
		a->numbers = (struct pd_u64s){numbers, 1};
	if (stand.answer && one_in(2)) {
		a->corrects = stand.seqs[RECEIPTS];
		a->text = one_in(6) ? (struct pd_slice){0} : pd_text("another");
	}
}

void bulletin_make(const struct registry *registry, struct pd_message *command, uint32_t *actor)
{
	size_t open = 0;
	for (size_t i = 0; i < bulletin.count; i++)
		open += bulletin.events[i].type == PD_MSG_notified && !at_of(&bulletin.events[i].notice).ended;
	const struct happened *sent = some_notice(!one_in(8));
	*command = (struct pd_message){.type = PD_MSG_answer};
	if (!sent || (open < OPEN_MAX && one_in(8))) {
		command->type = PD_MSG_notify;
		return make_notify(registry, &command->notify, actor);
	}
	*actor = one_in(2) ? 0 : district_person_of(registry, sent->area);
	struct at at = at_of(&sent->notice);
	if (one_in(12)) {
		command->type = PD_MSG_end_notice;
		command->end_notice.notice = sent->notice;
	} else if (one_in(8)) {
		command->type = PD_MSG_remind_missing;
		command->remind_missing = (struct pd_remind_missing){.notice = sent->notice,
								     .nth = (at.reminded ? at.reminded->nth : 0) +
									    !one_in(4) + one_in(10),
								     .area = one_in(2) ? 0 : district_area(registry)};
		command->remind_missing.nth += command->remind_missing.nth == 0;
	} else {
		make_answer(registry, sent, &command->answer, actor);
	}
}
