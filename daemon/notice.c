/* notice.c - notices in the front: who is told, and what is asked about them. */
#include "notice.h"

#include <stdlib.h>
#include <string.h>

#include "front.h"
#include "replay.h"

enum { LIMIT_STANDARD = 100, SCAN_MAX = 100000, CANDIDATES_MAX = 2000, DEPTH_MAX = 8 };

static unsigned limit_of(unsigned limit)
{
	return limit ? limit : LIMIT_STANDARD;
}

/* ---- in memory ---- */

static struct notice *find_notice(struct front *front, const struct pd_id *id, enum pd_err *err)
{
	struct notice *notice = core_notice(front->core, id);
	*err = PD_OK;
	if (notice)
		return notice;
	*err = replay_fetch_notice(front->core, front->book_reader, id);
	if (*err == PD_ENOENT)
		*err = PD_OK;
	return core_notice(front->core, id);
}

enum pd_err front_fetch_notice(struct front *front, const struct pd_message *command, uint32_t actor)
{
	enum pd_err err;
	const struct notice *notice = find_notice(front, &command->answer.notice, &err);
	if (!notice || notice_open(notice) || command->type != PD_MSG_answer)
		return err;
	uint32_t member = core_answer_member(front->core, &notice->row, &command->answer, actor);
	if (core_member(front->core, &notice->row.id, member))
		return PD_OK;
	err = replay_fetch_member(front->core, front->book_reader, &notice->row.id, member);
	return err == PD_ENOENT ? PD_OK : err;
}

/* An open one's rows are all in memory; of one that has ended as long as nothing was forgotten. */
static bool rows_in_memory(const struct notice *notice)
{
	return notice_open(notice) || notice->counts.count > 0;
}

/* ---- telling ---- */

/* The push, the same for all who get it. */
static void encode_push(const struct notice *notice, uint32_t reminder, struct pd_buffer *out)
{
	struct pd_message push = {.type = PD_MSG_notice_push};
	push.notice_push = (struct pd_notice_push){{notice->event, notice->row.event_bytes}, reminder};
	pd_encode(&push, out);
}

/* Whether a member has not given what is wanted; of a notice that wants nothing, whether it has not come to them. */
static bool waits_for(const struct front *front, const struct notice *notice, uint32_t member)
{
	const struct member *known = core_member(front->core, &notice->row.id, member);
	if (!known)
		return true;
	return notice->row.want == PD_want_nothing ? known->row.reached == 0
						   : !notice_satisfied(notice->row.want, &known->row);
}

/* To everybody who listens and is a member; only: within this area, and only who has not given what is wanted. */
static void tell_all(struct front *front, const struct notice *notice, uint32_t reminder, const struct area *only)
{
	const struct registry *registry = core_registry(front->core);
	struct pd_buffer push = {0};
	struct session *session;
	encode_push(notice, reminder, &push);
	LIST_FOREACH(session, &front->listeners.all, of_all)
	{
		uint32_t member = notice_member_of(registry, &notice->row, session->person);
		const struct person *person = registry_person(registry, session->person);
		const struct area *area;
		if (!member)
			continue;
		if (only && (!waits_for(front, notice, member) || !notice_has_person(registry, 0, only, person, &area)))
			continue;
		session_send_bytes(&front->sessions, session, front->filling, push.data, push.count);
	}
	pd_buffer_fini(&push);
}

void front_tell_notice(struct front *front, const struct pd_message *event)
{
	const struct notice *notice = core_notice(front->core, &event->notified.notice);
	if (event->type == PD_MSG_notified)
		tell_all(front, notice, 0, NULL);
	else if (event->type == PD_MSG_missing_reminded)
		tell_all(front, notice, event->missing_reminded.nth,
			 registry_area(core_registry(front->core), event->missing_reminded.area));
}

void front_tell_waiting_notices(struct front *front, struct session *session)
{
	const struct registry *registry = core_registry(front->core);
	const struct notice *notice;
	TAILQ_FOREACH(notice, core_open_notices(front->core), by_until)
	{
		uint32_t member = notice_member_of(registry, &notice->row, session->person);
		struct pd_buffer push = {0};
		if (!member || !waits_for(front, notice, member))
			continue;
		encode_push(notice, 0, &push);
		session_send_bytes(&front->sessions, session, front->filling, push.data, push.count);
		pd_buffer_fini(&push);
	}
}

/* ---- replies ---- */

void notice_describe(const struct notice_row *row, struct pd_slice text, struct pd_slice labels,
		     struct pd_message *reply)
{
	reply->type = PD_MSG_notice;
	reply->notice = (struct pd_notice){.notice = row->id,
					   .area = row->area,
					   .kind = row->kind,
					   .want = row->want,
					   .sort = row->sort,
					   .text = text,
					   .time_ms = row->time_ms,
					   .until_ms = row->until_ms,
					   .actor = row->actor,
					   .category = row->category,
					   .labels = labels,
					   .ended_ms = row->ended_ms,
					   .reminders = row->reminders,
					   .seq = row->seq,
					   .orders = row->orders,
					   .members = row->members,
					   .answered = row->answered,
					   .posts = row->posts};
}

void notice_describe_progress(const struct notice_row *row, const struct notice_count *sum,
			      struct notice_numbers *numbers, struct pd_message *reply)
{
	uint32_t missing = sum->members > sum->satisfied ? sum->members - sum->satisfied : 0;
	for (unsigned i = 0; i < NOTICE_ANSWERS; i++)
		numbers->answers[i] = sum->answers[i];
	memcpy(numbers->sums, sum->sums, sizeof numbers->sums);
	reply->type = PD_MSG_progress;
	reply->progress = (struct pd_progress){.notice = row->id,
					       .area = sum->area,
					       .members = sum->members,
					       .delivered = sum->reached[PD_answer_kind_delivered - 1],
					       .read = sum->reached[PD_answer_kind_read - 1],
					       .confirmed = sum->reached[PD_answer_kind_confirmed - 1],
					       .answered = sum->answered,
					       .missing = row->want == PD_want_nothing ? 0 : missing,
					       .answers = {numbers->answers, NOTICE_ANSWERS},
					       .sums = {numbers->sums, MEMBER_NUMBERS}};
}

static void answer_end(struct front *front, struct session *session, uint64_t request, uint32_t count,
		       const void *cursor, size_t cursor_bytes)
{
	struct pd_message reply = {.type = PD_MSG_end};
	reply.end = (struct pd_end){.count = count,
				    .seq = core_last_seq(front->core),
				    .more = cursor_bytes > 0,
				    .cursor = {cursor, (uint32_t)cursor_bytes}};
	front_reply(front, session, request, &reply);
}

/* ---- list_notices ---- */

/* Who has no post of work is told of their own notices alone: *person gets whose are meant, 0 for everybody's. */
static bool may_list(struct front *front, struct session *session, const struct pd_message *query, uint32_t *person)
{
	bool others = *person && *person != session->person;
	if (core_may_read(front->core, session->person))
		return true;
	*person = session->person;
	if (others)
		front_refuse(front, session, query->request, PD_REFUSED_not_allowed, PD_DETAIL(only_working_notices));
	return !others;
}

static int compare_newest(const void *a, const void *b)
{
	return memcmp(&(*(const struct notice *const *)b)->row.id, &(*(const struct notice *const *)a)->row.id,
		      sizeof(struct pd_id));
}

/* The open ones that list wants, newest first; the caller frees them. */
static const struct notice **open_notices(struct front *front, const struct pd_list_notices *list, uint32_t person,
					  const struct area *area, size_t *count)
{
	const struct registry *registry = core_registry(front->core);
	const struct notice *notice, **found = NULL;
	size_t all = 0;
	TAILQ_FOREACH(notice, core_open_notices(front->core), by_until)
	all++;
	found = malloc((all + 1) * sizeof(struct notice *));
	if (!found)
		abort();
	*count = 0;
	TAILQ_FOREACH(notice, core_open_notices(front->core), by_until)
	{
		const struct notice_row *row = &notice->row;
		bool after = !list->cursor.bytes || memcmp(&row->id, list->cursor.data, sizeof row->id) < 0;
		if (after && (!list->kind || list->kind == row->kind) &&
		    (!area || area_within(registry_area(registry, row->area), area)) &&
		    (!person || notice_member_of(registry, row, person)))
			found[(*count)++] = notice;
	}
	qsort(found, *count, sizeof(struct notice *), compare_newest);
	return found;
}

static void list_open(struct front *front, struct session *session, const struct pd_message *query, uint32_t person,
		      const struct area *area)
{
	const struct pd_list_notices *list = &query->list_notices;
	unsigned limit = limit_of(list->limit);
	size_t count;
	const struct notice **found = open_notices(front, list, person, area, &count);
	bool more = count > limit;
	if (more)
		count = limit;
	for (size_t i = 0; i < count; i++) {
		struct pd_message reply;
		notice_describe(&found[i]->row, found[i]->text, found[i]->labels, &reply);
		front_reply(front, session, query->request, &reply);
	}
	answer_end(front, session, query->request, (uint32_t)count, more ? &found[count - 1]->row.id : NULL,
		   more ? sizeof(struct pd_id) : 0);
	free(found);
}

static int compare_ids(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}

/* The areas above a person's post and household, themselves too, sorted: a notice to any of them may be theirs. */
static uint32_t *areas_above(struct front *front, uint32_t id, const struct area *top, size_t *count)
{
	const struct registry *registry = core_registry(front->core);
	const struct person *person = registry_person(registry, id);
	const struct household *household = person ? registry_household(registry, person->household) : NULL;
	const struct area *starts[] = {person ? registry_area(registry, person->area) : NULL,
				       household ? registry_area(registry, household->area) : NULL};
	uint32_t *ids = malloc(2 * DEPTH_MAX * sizeof *ids);
	if (!ids)
		abort();
	*count = 0;
	for (int i = 0; i < 2; i++)
		for (const struct area *area = starts[i]; area && *count < 2 * DEPTH_MAX; area = area->parent)
			if (!top || area_within(area, top))
				ids[(*count)++] = area->id;
	qsort(ids, *count, sizeof *ids, compare_ids);
	return ids;
}

static void list_ended(struct front *front, struct session *session, const struct pd_message *query, uint32_t person,
		       const struct area *area)
{
	const struct pd_list_notices *list = &query->list_notices;
	struct read *read = front_new_read(front, session, READ_NOTICES, query->request);
	uint64_t last = core_last_seq(front->core);
	if (!read)
		return;
	read->after_seq = list->after_seq < last ? list->after_seq : last;
	read->query.limit = limit_of(list->limit);
	read->notice.kind = list->kind;
	if (list->cursor.bytes == sizeof read->notice.id)
		memcpy(&read->notice.id, list->cursor.data, sizeof read->notice.id);
	if (person)
		read->areas = areas_above(front, person, area, &read->area_count);
	else if (area)
		read->areas = front_subtree(front, area, &read->area_count);
	front_read(front, read);
}

static bool id_given(const struct pd_id *id)
{
	static const struct pd_id none;
	return memcmp(id, &none, sizeof none) != 0;
}

/* The notice that a query names; null: it has been refused. */
static const struct notice *named(struct front *front, struct session *session, uint64_t request,
				  const struct pd_id *id)
{
	enum pd_err err;
	const struct notice *notice = find_notice(front, id, &err);
	if (!notice)
		front_refuse(front, session, request, err ? PD_REFUSED_read_failed : PD_REFUSED_unknown_notice,
			     PD_NO_DETAIL);
	return notice;
}

static void on_list_notices(struct front *front, struct session *session, const struct pd_message *query)
{
	const struct pd_list_notices *list = &query->list_notices;
	uint32_t person = list->person;
	const struct area *area;
	if (!front_find_area(front, session, query->request, list->area, &area) ||
	    !may_list(front, session, query, &person))
		return;
	if (list->cursor.bytes && list->cursor.bytes != sizeof(struct pd_id)) {
		front_refuse(front, session, query->request, PD_REFUSED_bad_field, PD_DETAIL(other_cursor));
		return;
	}
	if (id_given(&list->notice)) {
		const struct notice *notice = named(front, session, query->request, &list->notice);
		struct pd_message reply;
		if (!notice)
			return;
		notice_describe(&notice->row, notice->text, notice->labels, &reply);
		front_reply(front, session, query->request, &reply);
		answer_end(front, session, query->request, 1, NULL, 0);
	} else if (list->ended) {
		list_ended(front, session, query, person, area);
	} else {
		list_open(front, session, query, person, area);
	}
}

/* ---- get_progress ---- */

/* The area that a query is about, within the notice's; null: it has been refused. */
static const struct area *area_of_notice(struct front *front, struct session *session, uint64_t request,
					 const struct notice *notice, uint32_t id)
{
	const struct registry *registry = core_registry(front->core);
	const struct area *area, *top = registry_area(registry, notice->row.area);
	if (!front_find_area(front, session, request, id, &area))
		return NULL;
	area = area ? area : top;
	if (area_within(area, top))
		return area;
	front_refuse(front, session, request, PD_REFUSED_bad_field,
		     PD_DETAIL(area_outside_notice, PD_NUMBER(id), PD_NUMBER(top->id)));
	return NULL;
}

static size_t people(struct front *front)
{
	size_t count;
	registry_sorted(core_registry(front->core), REGISTRY_PEOPLE, &count);
	return count;
}

static void on_get_progress(struct front *front, struct session *session, const struct pd_message *query)
{
	const struct notice *notice = named(front, session, query->request, &query->get_progress.notice);
	const struct area *area =
		notice ? area_of_notice(front, session, query->request, notice, query->get_progress.area) : NULL;
	size_t count;
	if (!area)
		return;
	struct notice_count *sums = core_notice_sums(front->core, &notice->row, area, true, &count);
	session->looked += notice->row.sort == PD_member_sort_person ? people(front) : count;
	if (!rows_in_memory(notice)) {
		struct read *read = front_new_read(front, session, READ_PROGRESS, query->request);
		if (!read) {
			free(sums);
			return;
		}
		read->notice.row = notice->row;
		read->notice.sums = sums;
		read->notice.sum_count = count;
		read->notice.places =
			core_notice_places(front->core, &notice->row, area, sums, count, &read->notice.place_count);
		front_read(front, read);
		return;
	}
	core_notice_count(front->core, notice, area, sums, count);
	core_notice_total(sums, count);
	for (size_t i = 0; i < count; i++) {
		struct notice_numbers numbers;
		struct pd_message reply;
		notice_describe_progress(&notice->row, &sums[i], &numbers, &reply);
		front_reply(front, session, query->request, &reply);
	}
	answer_end(front, session, query->request, (uint32_t)count, NULL, 0);
	free(sums);
}

/* ---- list_missing ---- */

/* Members of a notice in the order in which they are listed: of visits the priority households first. A cursor is the
 * pass, 0 or 1, and the last id, big-endian. */
struct roll {
	struct front *front;
	const struct notice *notice;
	const struct area *top;
	void *const *entities;
	size_t count, at, scanned;
	unsigned pass, passes;
	uint8_t cursor[5];
};

static size_t first_after(void *const *entities, size_t count, uint32_t after)
{
	size_t low = 0;
	for (size_t high = count; low < high;) {
		size_t middle = low + (high - low) / 2;
		if (((const struct entity *)entities[middle])->id <= after)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct roll roll_of(struct front *front, const struct notice *notice, const struct area *top,
			   struct pd_slice cursor)
{
	struct roll roll = {.front = front, .notice = notice, .top = top};
	bool by_person = notice->row.sort == PD_member_sort_person;
	const uint8_t *bytes = (const uint8_t *)cursor.data;
	roll.entities = registry_sorted(core_registry(front->core), by_person ? REGISTRY_PEOPLE : REGISTRY_HOUSEHOLDS,
					&roll.count);
	roll.passes = notice->row.kind == PD_notice_kind_visits ? 2 : 1;
	if (cursor.bytes == sizeof roll.cursor) {
		uint32_t after =
			(uint32_t)bytes[1] << 24 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 8 | bytes[4];
		roll.pass = bytes[0];
		roll.at = first_after(roll.entities, roll.count, after);
	}
	return roll;
}

static bool in_roll(const struct roll *roll, const void *entity)
{
	const struct registry *registry = core_registry(roll->front->core);
	const struct area *notice_top = registry_area(registry, roll->notice->row.area), *area;
	if (roll->notice->row.sort == PD_member_sort_person)
		return notice_has_person(registry, roll->notice->row.posts, notice_top, entity, &area) &&
		       area_within(area, roll->top);
	const struct household *household = entity;
	bool first = household->priority != 0;
	return (roll->passes == 1 || first == (roll->pass == 0)) &&
	       notice_has_household(registry, roll->top, household, &area);
}

/* Null at the end, or when enough was looked at: then roll->pass < roll->passes. */
static const void *roll_next(struct roll *roll)
{
	for (; roll->pass < roll->passes; roll->pass++, roll->at = 0)
		while (roll->at < roll->count) {
			const struct entity *entity = roll->entities[roll->at++];
			roll->cursor[0] = (uint8_t)roll->pass;
			for (int i = 0; i < 4; i++)
				roll->cursor[1 + i] = (uint8_t)(entity->id >> (24 - 8 * i));
			if (in_roll(roll, entity))
				return entity;
			if (++roll->scanned >= SCAN_MAX)
				return NULL;
		}
	return NULL;
}

static void describe_member(const struct roll *roll, const void *entity, struct pd_message *reply)
{
	if (roll->notice->row.sort == PD_member_sort_person) {
		const struct person *p = entity;
		reply->type = PD_MSG_person;
		reply->person =
			(struct pd_person){p->id, p->post, p->area, p->household, p->name, p->phone, p->retired};
	} else {
		const struct household *h = entity;
		reply->type = PD_MSG_household;
		reply->household = (struct pd_household){h->id,     h->area,   h->centre,  h->address,
							 h->lon_e7, h->lat_e7, h->retired, h->priority};
	}
}

static void list_missing_now(struct roll *roll, struct session *session, uint64_t request, unsigned limit)
{
	struct front *front = roll->front;
	uint32_t found = 0;
	const struct entity *entity;
	while (found < limit && (entity = roll_next(roll))) {
		const struct member *member = core_member(front->core, &roll->notice->row.id, entity->id);
		struct pd_message reply;
		if (member && notice_satisfied(roll->notice->row.want, &member->row))
			continue;
		describe_member(roll, entity, &reply);
		front_reply(front, session, request, &reply);
		found++;
	}
	bool more = roll->pass < roll->passes;
	session->looked += roll->scanned + found;
	answer_end(front, session, request, found, roll->cursor, more ? sizeof roll->cursor : 0);
}

/* Who has answered stands in the book: say who may be missing, in their order, and let a read look. */
static void list_missing_then(struct roll *roll, struct session *session, uint64_t request, unsigned limit)
{
	struct front *front = roll->front;
	struct read *read = front_new_read(front, session, READ_MISSING, request);
	const struct entity *entity;
	if (!read)
		return;
	struct read_notice *notice = &read->notice;
	read->query.limit = limit;
	notice->row = roll->notice->row;
	for (int i = 0; i < CANDIDATES_MAX && (entity = roll_next(roll)); i++) {
		struct read_candidate candidate = {.member = entity->id, .off = notice->messages.count};
		struct pd_message reply;
		describe_member(roll, entity, &reply);
		reply.request = request;
		pd_encode(&reply, &notice->messages);
		candidate.bytes = notice->messages.count - candidate.off;
		memcpy(candidate.cursor, roll->cursor, sizeof roll->cursor);
		pd_buffer_add(&notice->candidates, &candidate, sizeof candidate);
	}
	notice->more = roll->pass < roll->passes;
	memcpy(read->query.cursor, roll->cursor, sizeof roll->cursor);
	session->looked += roll->scanned;
	front_read(front, read);
}

static void on_list_missing(struct front *front, struct session *session, const struct pd_message *query)
{
	const struct pd_list_missing *list = &query->list_missing;
	if (!core_may_read(front->core, session->person)) {
		front_refuse(front, session, query->request, PD_REFUSED_not_allowed, PD_DETAIL(only_working_notices));
		return;
	}
	const struct notice *notice = named(front, session, query->request, &list->notice);
	const struct area *area = notice ? area_of_notice(front, session, query->request, notice, list->area) : NULL;
	if (!area)
		return;
	if (list->cursor.bytes && list->cursor.bytes != 5) {
		front_refuse(front, session, query->request, PD_REFUSED_bad_field, PD_DETAIL(other_cursor));
		return;
	}
	struct roll roll = roll_of(front, notice, area, list->cursor);
	if (notice->row.want == PD_want_nothing)
		answer_end(front, session, query->request, 0, NULL, 0);
	else if (rows_in_memory(notice))
		list_missing_now(&roll, session, query->request, limit_of(list->limit));
	else
		list_missing_then(&roll, session, query->request, limit_of(list->limit));
}

/* ---- list_answers ---- */

static void on_list_answers(struct front *front, struct session *session, const struct pd_message *query)
{
	const struct pd_list_answers *list = &query->list_answers;
	const struct person *person = registry_person(core_registry(front->core), session->person);
	uint64_t last = core_last_seq(front->core);
	const struct area *area;
	bool one = id_given(&list->notice);
	if (!one && !list->member) {
		front_refuse(front, session, query->request, PD_REFUSED_bad_field, PD_DETAIL(notice_or_member));
		return;
	}
	if (!front_find_area(front, session, query->request, list->area, &area) ||
	    (one && !named(front, session, query->request, &list->notice)))
		return;
	struct read *read = front_new_read(front, session, READ_ANSWERS, query->request);
	if (!read)
		return;
	read->after_seq = list->after_seq < last ? list->after_seq : last;
	read->query.limit = limit_of(list->limit);
	if (list->cursor.bytes)
		memcpy(read->query.cursor, list->cursor.data, list->cursor.bytes);
	read->query.cursor_bytes = list->cursor.bytes;
	read->notice.id = list->notice;
	read->notice.member = list->member;
	read->notice.sort = list->sort ? list->sort : PD_member_sort_household;
	read->notice.household = person ? person->household : 0;
	if (area)
		read->areas = front_subtree(front, area, &read->area_count);
	front_read(front, read);
}

void front_on_notice_query(struct front *front, struct session *session, const struct pd_message *query)
{
	switch (query->type) {
	case PD_MSG_list_notices: on_list_notices(front, session, query); break;
	case PD_MSG_get_progress: on_get_progress(front, session, query); break;
	case PD_MSG_list_missing: on_list_missing(front, session, query); break;
	default: on_list_answers(front, session, query); break;
	}
}
