/* reads_notices.c - what the book and the journal say of notices and their members. */
#include <stdlib.h>
#include <string.h>

#include "notice.h"
#include "reads_run.h"

enum { NOTICES_SCAN_MAX = 20000, ANSWERS_SCAN_MAX = 20000, MEMBER_EVENTS_MAX = 100000 };

static bool id_given(const struct pd_id *id)
{
	static const struct pd_id none;
	return memcmp(id, &none, sizeof none) != 0;
}

static uint32_t read_u32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void write_u32(uint8_t *at, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> (24 - 8 * i));
}

/* What one read goes through. */
struct walk {
	struct read *read;
	struct eyes *eyes;
	enum pd_err err;
	unsigned scanned;
	bool full;
	uint8_t cursor[sizeof(struct pd_id)];
	size_t cursor_bytes;
};

static enum pd_err end(struct walk *walk)
{
	struct book_meta meta = {0};
	enum pd_err err = book_meta_get(walk->eyes->book, &meta);
	if (err == PD_OK || err == PD_ENOENT)
		reads_answer_end(walk->read, walk->full, walk->cursor, walk->full ? walk->cursor_bytes : 0, meta.seq);
	return err == PD_ENOENT ? PD_OK : err;
}

/* ---- notices that have ended ---- */

static bool on_notice(const struct notice_row *row, const char *event, void *arg)
{
	struct walk *walk = arg;
	struct read *read = walk->read;
	struct pd_message notified, reply;
	struct pd_fault fault;
	size_t off = 0;
	if (read->count == read->query.limit || ++walk->scanned > NOTICES_SCAN_MAX) {
		walk->full = true;
		return false;
	}
	memcpy(walk->cursor, &row->id, sizeof row->id);
	walk->cursor_bytes = sizeof row->id;
	bool wanted = (row->marks & NOTICE_ENDED) && (!read->notice.kind || row->kind == read->notice.kind) &&
		      (!read->areas || reads_area_listed(read, row->area));
	if (!wanted)
		return true;
	pd_decoder_reset(walk->eyes->decoder);
	if (pd_decode(walk->eyes->decoder, event, row->event_bytes, &off, &notified, &fault)) {
		walk->err = PD_ECORRUPT;
		return false;
	}
	notice_describe(row, notified.notified.text, notified.notified.labels, &reply);
	reads_answer(read, &reply);
	read->count++;
	return true;
}

enum pd_err reads_notices(struct read *read, struct eyes *eyes)
{
	struct walk walk = {.read = read, .eyes = eyes};
	const struct pd_id *before = id_given(&read->notice.id) ? &read->notice.id : NULL;
	enum pd_err err = book_notices(eyes->book, before, on_notice, &walk);
	err = err ? err : walk.err;
	return err ? err : end(&walk);
}

/* ---- progress ---- */

static int compare_places(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}

static bool on_counted(const struct member_row *row, void *arg)
{
	struct read_notice *notice = arg;
	const uint32_t *place =
		bsearch(&row->area, notice->places, notice->place_count, 2 * sizeof row->area, compare_places);
	if (place && place[1] != UINT32_MAX)
		notice_count_row(&notice->sums[place[1]], notice->row.want, row, 1);
	return true;
}

enum pd_err reads_progress(struct read *read, struct eyes *eyes)
{
	struct walk walk = {.read = read, .eyes = eyes};
	struct read_notice *notice = &read->notice;
	enum pd_err err = book_members_of(eyes->book, &notice->row.id, 0, on_counted, notice);
	core_notice_total(notice->sums, notice->sum_count);
	for (size_t i = 0; i < notice->sum_count && !err; i++) {
		struct notice_numbers numbers;
		struct pd_message reply;
		notice_describe_progress(&notice->row, &notice->sums[i], &numbers, &reply);
		reads_answer(read, &reply);
		read->count++;
	}
	return err ? err : end(&walk);
}

/* ---- the missing ---- */

enum pd_err reads_missing(struct read *read, struct eyes *eyes)
{
	struct walk walk = {.read = read, .eyes = eyes, .cursor_bytes = 5};
	struct read_notice *notice = &read->notice;
	const struct read_candidate *candidates = (const struct read_candidate *)notice->candidates.data;
	size_t count = notice->candidates.count / sizeof *candidates, i = 0;
	for (; i < count && read->count < read->query.limit; i++) {
		struct member_row row;
		enum pd_err err = book_member_get(eyes->book, &notice->row.id, candidates[i].member, &row);
		if (err && err != PD_ENOENT)
			return err;
		if (err == PD_OK && notice_satisfied(notice->row.want, &row))
			continue;
		pd_buffer_add(&read->out, notice->messages.data + candidates[i].off, candidates[i].bytes);
		read->count++;
	}
	walk.full = notice->more || i < count;
	memcpy(walk.cursor, i < count ? candidates[i - 1].cursor : read->query.cursor, walk.cursor_bytes);
	return end(&walk);
}

/* ---- answers ---- */

/* The word with a member's answer, the last one; a copy in text. */
static enum pd_err find_text(struct walk *walk, const struct member_row *row, struct pd_buffer *text)
{
	uint64_t at = row->at;
	for (unsigned i = 0; at && i < MEMBER_EVENTS_MAX; i++) {
		struct journal_event stored;
		struct pd_message event;
		enum pd_err err = reads_decode_at(walk->eyes, at, &stored, &event);
		if (err)
			return err;
		if (event.type != PD_MSG_answered)
			return PD_ECORRUPT;
		if (!row->answer || event.answered.answer > NOTICE_RECEIPTS) {
			pd_buffer_add(text, event.answered.text.data, event.answered.text.bytes);
			return PD_OK;
		}
		at = stored.prev_at;
	}
	return PD_OK;
}

static enum pd_err answer_row(struct walk *walk, const struct notice_row *notice, const struct member_row *row)
{
	uint64_t numbers[MEMBER_NUMBERS];
	uint32_t count = 0;
	struct pd_buffer text = {0};
	enum pd_err err = find_text(walk, row, &text);
	for (uint32_t i = 0; i < MEMBER_NUMBERS; i++) {
		numbers[i] = row->numbers[i];
		count = numbers[i] ? i + 1 : count;
	}
	struct pd_message reply = {.type = PD_MSG_answer_row};
	reply.answer_row = (struct pd_answer_row){.notice = row->key.owner,
						  .member = row->key.member,
						  .area = row->area,
						  .reached = row->reached,
						  .answer = row->answer,
						  .numbers = {numbers, count},
						  .text = {text.data, (uint32_t)text.count},
						  .time_ms = row->time_ms,
						  .actor = row->actor,
						  .seq = row->seqs[NOTICE_RECEIPTS],
						  .kind = notice->kind};
	if (err == PD_OK) {
		reads_answer(walk->read, &reply);
		walk->read->count++;
	}
	pd_buffer_fini(&text);
	return err;
}

static bool row_wanted(const struct read *read, const struct notice_row *notice, const struct member_row *row)
{
	uint32_t own = notice->sort == PD_member_sort_person ? read->person : read->notice.household;
	if (read->own_only && row->key.member != own)
		return false;
	if (!id_given(&read->notice.id) && notice->sort != read->notice.sort)
		return false;
	return !read->areas || reads_area_listed(read, row->area);
}

static bool on_row(const struct member_row *row, void *arg)
{
	struct walk *walk = arg;
	struct read *read = walk->read;
	const char *event;
	struct notice_row other, *notice = &read->notice.row;
	if (read->count == read->query.limit || ++walk->scanned > ANSWERS_SCAN_MAX) {
		walk->full = true;
		return false;
	}
	if (id_given(&read->notice.id)) {
		write_u32(walk->cursor, row->key.member);
		walk->cursor_bytes = sizeof row->key.member;
	} else {
		memcpy(walk->cursor, &row->key.owner, sizeof row->key.owner);
		walk->cursor_bytes = sizeof row->key.owner;
		notice = &other;
		walk->err = book_notice_get(walk->eyes->book, &row->key.owner, notice, &event);
		if (walk->err == PD_ENOENT) { /* somebody who follows an order */
			walk->err = PD_OK;
			return true;
		}
	}
	if (walk->err == PD_OK && row_wanted(read, notice, row))
		walk->err = answer_row(walk, notice, row);
	return walk->err == PD_OK;
}

/* One member of one notice. */
static enum pd_err read_one(struct walk *walk)
{
	struct member_row row;
	struct read_notice *notice = &walk->read->notice;
	enum pd_err err = book_member_get(walk->eyes->book, &notice->id, notice->member, &row);
	if (err == PD_OK)
		on_row(&row, walk);
	return err == PD_ENOENT ? PD_OK : err;
}

enum pd_err reads_answers(struct read *read, struct eyes *eyes)
{
	struct walk walk = {.read = read, .eyes = eyes};
	struct read_notice *notice = &read->notice;
	const struct book_query *query = &read->query;
	const char *event;
	bool one = id_given(&notice->id);
	struct pd_id after;
	enum pd_err err = PD_OK;
	if (query->cursor_bytes && query->cursor_bytes != (one ? sizeof(uint32_t) : sizeof after)) {
		reads_refuse(read, PD_REFUSED_bad_field, PD_DETAIL(other_cursor));
		return PD_OK;
	}
	if (one) {
		err = book_notice_get(eyes->book, &notice->id, &notice->row, &event);
		if (err == PD_ENOENT) /* it is newer than the book */
			return end(&walk);
		if (err == PD_OK && notice->member)
			err = read_one(&walk);
		else if (err == PD_OK)
			err = book_members_of(eyes->book, &notice->id,
					      query->cursor_bytes ? read_u32(query->cursor) : 0, on_row, &walk);
	} else {
		if (query->cursor_bytes)
			memcpy(&after, query->cursor, sizeof after);
		err = book_members_with(eyes->book, notice->member, query->cursor_bytes ? &after : NULL, on_row, &walk);
	}
	err = err ? err : walk.err;
	return err ? err : end(&walk);
}
