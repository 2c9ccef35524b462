#include "notices.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "codec.h"
#include "state.h"

void notices_init(struct notices *notices, uint64_t hash_seed)
{
	*notices = (struct notices){.hash_seed = hash_seed};
	table_init(&notices->by_id, offsetof(struct notice, row.id), sizeof(struct pd_id), hash_seed);
	TAILQ_INIT(&notices->open);
	TAILQ_INIT(&notices->pending);
	TAILQ_INIT(&notices->ended);
}

static void free_notice(struct notice *notice)
{
	size_t at = 0;
	for (struct notice_count *count; (count = table_next(&notice->counts, &at));)
		free(count);
	table_fini(&notice->counts);
	free(notice->event);
	free(notice);
}

void notices_fini(struct notices *notices)
{
	size_t at = 0;
	for (struct notice *notice; (notice = table_next(&notices->by_id, &at));)
		free_notice(notice);
	table_fini(&notices->by_id);
}

/* ---- who ---- */

bool notice_has_household(const struct registry *registry, const struct area *top, const struct household *household,
			  const struct area **area)
{
	if (!household || household->retired)
		return false;
	*area = registry_area(registry, household->area);
	return area_within(*area, top);
}

bool notice_has_person(const struct registry *registry, unsigned posts, const struct area *top,
		       const struct person *person, const struct area **area)
{
	if (!person || person->retired || (posts && !(posts & 1u << person->post)))
		return false;
	*area = registry_area(registry, person->area);
	return area_within(*area, top) ||
	       notice_has_household(registry, top, registry_household(registry, person->household), area);
}

uint32_t notice_member_of(const struct registry *registry, const struct notice_row *row, uint32_t id)
{
	const struct area *top = registry_area(registry, row->area), *area;
	const struct person *person = registry_person(registry, id);
	if (!person)
		return 0;
	if (row->sort == PD_member_sort_person)
		return notice_has_person(registry, row->posts, top, person, &area) ? id : 0;
	bool is = notice_has_household(registry, top, registry_household(registry, person->household), &area);
	return is ? person->household : 0;
}

/* ---- counts ---- */

bool notice_satisfied(unsigned want, const struct member_row *row)
{
	switch (want) {
	case PD_want_read: return row->reached >= PD_answer_kind_read;
	case PD_want_confirmation: return row->reached >= PD_answer_kind_confirmed;
	case PD_want_answer: return row->answer != 0;
	default: return true;
	}
}

void notice_count_row(struct notice_count *count, unsigned want, const struct member_row *row, int sign)
{
	for (unsigned step = 0; step < row->reached; step++)
		count->reached[step] += (uint32_t)sign;
	if (row->answer) {
		count->answers[row->answer - NOTICE_RECEIPTS - 1] += (uint32_t)sign;
		count->answered += (uint32_t)sign;
	}
	count->satisfied += notice_satisfied(want, row) ? (uint32_t)sign : 0;
	for (unsigned i = 0; i < MEMBER_NUMBERS; i++)
		count->sums[i] += (uint64_t)(sign * (int64_t)row->numbers[i]);
}

void notice_count_add(struct notice_count *sum, const struct notice_count *count)
{
	for (unsigned i = 0; i < NOTICE_RECEIPTS; i++)
		sum->reached[i] += count->reached[i];
	for (unsigned i = 0; i < NOTICE_ANSWERS; i++)
		sum->answers[i] += count->answers[i];
	for (unsigned i = 0; i < MEMBER_NUMBERS; i++)
		sum->sums[i] += count->sums[i];
	sum->answered += count->answered;
	sum->satisfied += count->satisfied;
}

static struct notice_count *count_of(struct notice *notice, uint32_t area)
{
	struct notice_count *count = table_find(&notice->counts, &area);
	if (count)
		return count;
	count = calloc(1, sizeof *count);
	if (!count)
		abort();
	count->area = area;
	table_add(&notice->counts, count);
	return count;
}

/* ---- contents ---- */

uint32_t notice_content(unsigned answer, const struct pd_u64s *numbers, struct pd_slice text)
{
	uint64_t hash = core_mix(0, &answer, sizeof answer);
	hash = core_mix(hash, numbers->values, numbers->count * sizeof *numbers->values);
	return (uint32_t)core_mix(hash, text.data, text.bytes);
}

const struct area *notice_next_grid(const struct registry *registry, const struct area *top, uint32_t cursor)
{
	size_t count, low = 0;
	void *const *areas = registry_sorted(registry, REGISTRY_AREAS, &count);
	for (size_t high = count; low < high;) {
		size_t middle = low + (high - low) / 2;
		if (((const struct area *)areas[middle])->id <= cursor)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < count; low++) {
		const struct area *area = areas[low];
		if (area->level == PD_level_microgrid && !area->retired && area_within(area, top))
			return area;
	}
	return NULL;
}

/* ---- applying ---- */

static void mark_changed(struct core *core, struct notice *notice)
{
	if (notice->changed)
		return;
	notice->changed = true;
	notice->next_changed = core->notices.changed;
	core->notices.changed = notice;
}

/* Into the list of the open ones, or of those that have ended. */
static void enter(struct core *core, struct notice *notice)
{
	struct notices *notices = &core->notices;
	if (!notice_open(notice)) {
		TAILQ_INSERT_TAIL(&notices->ended, notice, by_until);
		return;
	}
	struct notice *before = TAILQ_LAST(&notices->open, notice_list);
	while (before && (before->row.until_ms > notice->row.until_ms ||
			  (before->row.until_ms == notice->row.until_ms && before->row.seq > notice->row.seq)))
		before = TAILQ_PREV(before, notice_list, by_until);
	if (before)
		TAILQ_INSERT_AFTER(&notices->open, before, notice, by_until);
	else
		TAILQ_INSERT_HEAD(&notices->open, notice, by_until);
	if (notice->row.marks & NOTICE_HANDED_OUT)
		return;
	struct notice *other = TAILQ_LAST(&notices->pending, notice_list);
	while (other && other->row.seq > notice->row.seq)
		other = TAILQ_PREV(other, notice_list, of_pending);
	if (other)
		TAILQ_INSERT_AFTER(&notices->pending, other, notice, of_pending);
	else
		TAILQ_INSERT_HEAD(&notices->pending, notice, of_pending);
}

static void leave_pending(struct core *core, struct notice *notice)
{
	if (!(notice->row.marks & NOTICE_HANDED_OUT))
		TAILQ_REMOVE(&core->notices.pending, notice, of_pending);
}

/* What the row leaves to the event. */
static void read_event(struct notice *notice)
{
	struct pd_decoder *decoder = pd_decoder_new();
	struct pd_message event;
	struct pd_fault fault;
	size_t off = 0;
	if (!decoder)
		abort();
	enum pd_err err = pd_decode(decoder, notice->event, notice->row.event_bytes, &off, &event, &fault);
	assert(err == PD_OK && event.type == PD_MSG_notified); /* we encoded it ourselves */
	notice->text = event.notified.text;
	notice->labels = event.notified.labels;
	notice->plan = event.notified.plan;
	pd_decoder_free(decoder);
}

static struct notice *new_notice(struct core *core, const struct notice_row *row, char *event)
{
	struct notice *notice = calloc(1, sizeof *notice);
	if (!notice)
		abort();
	notice->row = *row;
	notice->event = event;
	read_event(notice);
	table_init(&notice->counts, offsetof(struct notice_count, area), sizeof(uint32_t), core->notices.hash_seed);
	table_add(&core->notices.by_id, notice);
	enter(core, notice);
	if (row->number)
		lapse_notice(core, row->number, &row->id, row->seq, notice_open(notice));
	return notice;
}

static void apply_notified(struct core *core, const struct pd_message *event, uint64_t at)
{
	const struct pd_notified *n = &event->notified;
	struct pd_buffer message = {0};
	pd_encode(event, &message);
	struct notice_row row = {.id = n->notice,
				 .seq = event->request,
				 .last_seq = event->request,
				 .first_at = at,
				 .last_at = at,
				 .time_ms = n->time_ms,
				 .until_ms = n->until_ms,
				 .area = n->area,
				 .actor = n->actor,
				 .category = n->category,
				 .number = n->kind == PD_notice_kind_notice ? 0 : lapse_next_number(core),
				 .kind = n->kind,
				 .want = n->want,
				 .sort = n->sort,
				 .event_bytes = (uint16_t)message.count,
				 .posts = n->posts};
	assert(message.count <= UINT16_MAX); /* by the limits of its texts */
	const struct area *top = registry_area(core->registry, n->area);
	if (n->kind == PD_notice_kind_notice || !notice_next_grid(core->registry, top, 0))
		row.marks |= NOTICE_HANDED_OUT;
	mark_changed(core, new_notice(core, &row, message.data));
}

/* Who has confirmed has read, and it was delivered to them: a step that was left out is taken together with a later
 * one. */
static void take_steps(struct member_row *row, unsigned reached, uint64_t seq)
{
	for (unsigned step = row->reached; step < reached; step++)
		row->seqs[step] = seq;
	if (reached > row->reached)
		row->reached = (uint8_t)reached;
}

static void take_answer(struct member_row *row, const struct pd_answered *a, uint64_t seq)
{
	row->answer = a->answer;
	row->content = notice_content(a->answer, &a->numbers, a->text);
	row->seqs[NOTICE_RECEIPTS] = seq;
	for (unsigned i = 0; i < MEMBER_NUMBERS; i++)
		row->numbers[i] = i < a->numbers.count ? (uint32_t)a->numbers.values[i] : 0;
}

static void apply_answered(struct core *core, struct notice *notice, const struct pd_message *event, uint64_t at)
{
	const struct pd_answered *a = &event->answered;
	struct member_row *row = members_change(&core->members, &notice->row.id, a->member);
	struct notice_count *count = count_of(notice, a->area);
	if (row->events)
		notice_count_row(count, notice->row.want, row, -1);
	row->area = a->area;
	row->at = at;
	row->last_seq = event->request;
	row->time_ms = a->time_ms;
	row->actor = a->actor;
	row->events++;
	if (a->answer <= NOTICE_RECEIPTS)
		take_steps(row, a->answer, event->request);
	else
		take_answer(row, a, event->request);
	notice_count_row(count, notice->row.want, row, 1);
}

static void apply_ended(struct core *core, struct notice *notice, const struct pd_notice_ended *e)
{
	TAILQ_REMOVE(&core->notices.open, notice, by_until);
	leave_pending(core, notice);
	struct notice_row *row = &notice->row;
	row->ended_ms = e->time_ms;
	row->ended_by = e->actor;
	row->members = e->members;
	row->delivered = e->delivered;
	row->read = e->read;
	row->confirmed = e->confirmed;
	row->answered = e->answered;
	row->marks |= NOTICE_ENDED | NOTICE_HANDED_OUT | (e->plan ? NOTICE_PLAN_ENDED : 0);
	enter(core, notice);
	if (row->number)
		lapse_notice_ended(core, row->number);
}

void notice_apply(struct core *core, const struct pd_message *event, uint64_t at)
{
	if (event->type == PD_MSG_notified) {
		apply_notified(core, event, at);
		return;
	}
	struct notice *notice = core_notice(core, &event->answered.notice);
	assert(notice && notice_open(notice));
	if (event->type == PD_MSG_answered) { /* the notice itself stays as it is */
		apply_answered(core, notice, event, at);
		return;
	}
	mark_changed(core, notice);
	notice->row.last_seq = event->request;
	notice->row.last_at = at;
	if (event->type == PD_MSG_missing_reminded) {
		notice->row.reminders = event->missing_reminded.nth;
		notice->row.reminded_seq = event->request;
	} else {
		apply_ended(core, notice, &event->notice_ended);
	}
}

void notice_handed_out(struct core *core, const struct pd_submitted *submitted, struct order *order)
{
	struct notice *notice = core_notice(core, &submitted->notice);
	if (!notice || !notice_open(notice))
		return;
	const struct area *top = registry_area(core->registry, notice->row.area);
	order->row.handed_out = notice->row.number & LAPSE_NUMBER_MAX;
	lapse_order(core, &order->row);
	mark_changed(core, notice);
	notice->row.cursor = submitted->area;
	notice->row.orders++;
	if (notice_next_grid(core->registry, top, submitted->area))
		return;
	leave_pending(core, notice);
	notice->row.marks |= NOTICE_HANDED_OUT;
}

/* ---- for the rest of the daemon ---- */

struct notice *core_notice(const struct core *core, const struct pd_id *id)
{
	return table_find(&core->notices.by_id, id);
}

const struct notice_list *core_open_notices(const struct core *core)
{
	return &core->notices.open;
}

struct notice *core_take_changed_notices(struct core *core)
{
	struct notice *changed = core->notices.changed;
	core->notices.changed = NULL;
	for (struct notice *notice = changed; notice; notice = notice->next_changed)
		notice->changed = false;
	return changed;
}

struct notice *core_restore_notice(struct core *core, const struct notice_row *row, const char *event)
{
	char *copy = malloc(row->event_bytes);
	if (!copy)
		abort();
	memcpy(copy, event, row->event_bytes);
	return new_notice(core, row, copy);
}

void core_restore_ended_notice(struct core *core, const struct notice_row *row)
{
	if (row->number)
		lapse_notice(core, row->number, &row->id, row->seq, false);
}

void core_restore_notice_counts(struct core *core, struct notice *notice)
{
	const struct member_list *list = members_of(&core->members, &notice->row.id);
	const struct member *member;
	if (list)
		LIST_FOREACH(member, list, of_owner)
	notice_count_row(count_of(notice, member->row.area), notice->row.want, &member->row, 1);
}

size_t core_forget_notices(struct core *core, uint64_t kept_seq, size_t limit)
{
	size_t count = 0;
	struct notice *notice;
	while (count < limit && (notice = TAILQ_FIRST(&core->notices.ended)) && notice->row.last_seq <= kept_seq) {
		assert(!notice->changed);
		TAILQ_REMOVE(&core->notices.ended, notice, by_until);
		members_forget(&core->members, &notice->row.id);
		table_remove(&core->notices.by_id, &notice->row.id);
		free_notice(notice);
		count++;
	}
	return count;
}

/* ---- sums ---- */

/* The sum to which an area belongs: 0 for top itself, i for the i-th of the areas directly below it; -1: none. */
static int sum_of(const struct area *area, const struct area *top, const struct notice_count *sums, size_t count)
{
	const struct area *below = NULL;
	for (; area && area != top; area = area->parent)
		below = area;
	if (!area)
		return -1;
	if (!below)
		return 0;
	size_t low = 1, high = count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (sums[middle].area < below->id)
			low = middle + 1;
		else
			high = middle;
	}
	return low < count && sums[low].area == below->id ? (int)low : 0;
}

static void count_members(const struct core *core, const struct notice_row *row, const struct area *top,
			  struct notice_count *sums, size_t count)
{
	const struct registry *registry = core->registry;
	const struct area *notice_top = registry_area(registry, row->area), *area;
	size_t entities;
	int i;
	if (row->sort == PD_member_sort_household) {
		void *const *areas = registry_sorted(registry, REGISTRY_AREAS, &entities);
		for (size_t a = 0; a < entities; a++) {
			area = areas[a];
			if (area->households && (i = sum_of(area, top, sums, count)) >= 0)
				sums[i].members += area->households;
		}
		return;
	}
	void *const *people = registry_sorted(registry, REGISTRY_PEOPLE, &entities);
	for (size_t p = 0; p < entities; p++)
		if (notice_has_person(registry, row->posts, notice_top, people[p], &area) &&
		    (i = sum_of(area, top, sums, count)) >= 0)
			sums[i].members++;
}

struct notice_count *core_notice_sums(const struct core *core, const struct notice_row *row, const struct area *top,
				      bool below, size_t *count)
{
	size_t all;
	void *const *areas = registry_sorted(core->registry, REGISTRY_AREAS, &all);
	struct notice_count *sums = calloc(all + 1, sizeof *sums);
	if (!sums)
		abort();
	sums[0].area = top->id;
	*count = 1;
	for (size_t i = 0; below && i < all; i++) {
		const struct area *area = areas[i];
		if (area->parent == top && !area->retired)
			sums[(*count)++].area = area->id;
	}
	count_members(core, row, top, sums, *count);
	return sums;
}

uint32_t *core_notice_places(const struct core *core, const struct notice_row *row, const struct area *top,
			     const struct notice_count *sums, size_t count, size_t *areas)
{
	bool whole = top->id == row->area;
	void *const *all = registry_sorted(core->registry, REGISTRY_AREAS, areas);
	uint32_t *places = malloc((*areas * 2 + 1) * sizeof *places);
	if (!places)
		abort();
	for (size_t i = 0; i < *areas; i++) {
		int sum = sum_of(all[i], top, sums, count);
		places[2 * i] = ((const struct area *)all[i])->id;
		places[2 * i + 1] = sum >= 0 ? (uint32_t)sum : whole ? 0 : UINT32_MAX;
	}
	return places;
}

void core_notice_total(struct notice_count *sums, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		notice_count_add(&sums[0], &sums[i]);
		sums[0].members += sums[i].members;
	}
}

void core_notice_count(const struct core *core, const struct notice *notice, const struct area *top,
		       struct notice_count *sums, size_t count)
{
	bool whole = top->id == notice->row.area;
	size_t at = 0;
	for (const struct notice_count *one; (one = table_next(&notice->counts, &at));) {
		int i = sum_of(registry_area(core->registry, one->area), top, sums, count);
		if (i < 0 && whole)
			i = 0;
		if (i >= 0)
			notice_count_add(&sums[i], one);
	}
}
