/* journal_reader.c - reading a journal while it grows: in order from any seq, or one event by its place. */
#include "journal_state.h"

#include <errno.h>
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "check.h"
#include "intl.h"
#include "segment.h"

/* One event is a few hundred bytes: reading more around it costs more than a second read when it is larger. But what is
 * asked for right behind what was read last is probably read on from there: a queue that is worked off. */
enum { EVENT_AHEAD_BYTES = 4096, EVENT_RUN_BYTES = 16384 };
/* Of a run the disk is asked for so much at a time, which is what the system takes of one call, and so far ahead: one
 * or two milliseconds of work. */
enum { EXPECT_BYTES = 128 << 10, EXPECT_AHEAD_BYTES = 256 << 10, PAGE_BYTES = 4 << 10 };

/* Invariant: the events still to come of the record in hand are `left`, from its byte `passed` on; then comes the
 * record at next_at, whose first seq is next_seq. */
struct journal_reader {
	struct journal *journal;
	struct window stream;                   /* for reading in order */
	struct window spot;                     /* for reading by place */
	uint64_t expected_from, expected_until; /* places that the disk was asked for last */

	struct journal_view view;   /* of the segment that next_at was in when last looked up */
	uint64_t next_at, next_seq; /* of the record to be entered next */
	uint64_t after_seq;         /* events up to it are passed over */

	const uint8_t *record; /* the one in hand, verified, in stream; null: none */
	uint64_t record_at; /* while none was entered, its place and first seq are those of the journal's beginning */
	uint64_t record_seq;
	uint32_t record_bytes, passed, left;
	uint8_t hash[JOURNAL_HASH_BYTES];
	bool chained; /* whether the record at next_at comes right behind it: its prev must be hash */

	char why[JOURNAL_WHY_BYTES];
};

enum pd_err journal_reader_new(struct journal_reader **reader, struct journal *journal)
{
	struct journal_reader *made = calloc(1, sizeof *made);
	if (!made)
		return PD_ESYS;
	made->journal = journal;
	window_init(&made->stream);
	window_init(&made->spot);
	made->next_seq = made->record_seq = 1;
	made->chained = true; /* the first record of all is made behind a hash of zeros */
	*reader = made;
	return PD_OK;
}

void journal_reader_free(struct journal_reader *reader)
{
	if (!reader)
		return;
	window_fini(&reader->stream);
	window_fini(&reader->spot);
	free(reader);
}

const uint8_t *journal_reader_hash(const struct journal_reader *reader)
{
	return reader->hash;
}

/* ---- finding, opening, failing ---- */

static enum pd_err damage(struct journal_reader *reader, const struct journal_view *view, uint64_t at, const char *what)
{
	char name[SEGMENT_NAME_BYTES];
	segment_name(view->index, name);
	snprintf(reader->why, sizeof reader->why, _("%s, offset %" PRIu64 " (place %" PRIu64 "): %s"), name,
		 at - view->base_at, at, _(what));
	return PD_ECORRUPT;
}

/* What a failure to read means: the files of what is before the end must be there. */
static enum pd_err unreadable(struct journal_reader *reader, const struct journal_view *view, uint64_t at,
			      enum pd_err err)
{
	if (err == PD_ENOENT)
		return damage(reader, view, at, N_("the file is missing"));
	if (err == PD_ECORRUPT)
		return damage(reader, view, at, N_("the file is shorter than it was"));
	snprintf(reader->why, sizeof reader->why, _("place %" PRIu64 ": cannot read it: %s"), at, intl_error(errno));
	return err;
}

/* The segment of at; with read_only, at may be where another process has written just now. */
static enum pd_err find(struct journal_reader *reader, uint64_t at, struct journal_view *view)
{
	enum pd_err err = journal_view_at(reader->journal, at, view);
	if (err != PD_ENOENT || !reader->journal->read_only)
		return err;
	err = journal_look_on(reader->journal, reader->why);
	return err ? err : journal_view_at(reader->journal, at, view);
}

static enum pd_err find_seq(struct journal_reader *reader, uint64_t seq, struct journal_view *view, uint64_t *end,
			    uint64_t *next)
{
	enum pd_err err = journal_view_seq(reader->journal, seq, view, end, next);
	if (err != PD_ENOENT || !reader->journal->read_only)
		return err;
	err = journal_look_on(reader->journal, reader->why);
	return err ? err : journal_view_seq(reader->journal, seq, view, end, next);
}

/* ---- in order ---- */

static void take_in_hand(struct journal_reader *reader, const uint8_t *record, const struct record_head *head)
{
	reader->record = record;
	reader->record_at = head->at;
	reader->record_seq = head->first_seq;
	reader->record_bytes = head->bytes;
	reader->passed = JOURNAL_RECORD_HEAD_BYTES;
	reader->left = head->count;
	record_hash(record, head, reader->hash);
	reader->chained = true;
	reader->next_at = head->at + record_padded(head->bytes);
	reader->next_seq = head->first_seq + head->count;
}

static enum pd_err enter_record(struct journal_reader *reader)
{
	struct journal_view *view = &reader->view;
	uint64_t at = reader->next_at;
	enum pd_err err = find(reader, at, view);
	if (err)
		return err;
	reader->record = NULL; /* the window moves on */
	err = window_open(&reader->stream, reader->journal->dir_fd, view->index);
	if (err)
		return unreadable(reader, view, at, err);
	const uint8_t *record;
	struct record_head head;
	const char *what;
	err = window_record(&reader->stream, at - view->base_at, view->limit_at - view->base_at, &record, &head, &what);
	if (err == PD_ENOENT)
		return damage(reader, view, at, what);
	if (err)
		return unreadable(reader, view, at, err);
	what = record_check_follows(record, &head, at, reader->next_seq, reader->chained ? reader->hash : NULL);
	if (what)
		return damage(reader, view, at, what);
	/* Behind the very last record the scan has looked already. */
	if (!record_padding_clean(record, &head) && at + record_padded(head.bytes) < journal_end(reader->journal))
		return damage(reader, view, at + head.bytes, N_("between two records must be zeros"));
	take_in_hand(reader, record, &head);
	return PD_OK;
}

/* The next event of the record in hand, whose events were checked when it was entered. */
static void take_event(struct journal_reader *reader, struct journal_event *event, uint64_t *seq)
{
	const char *what = event_load(reader->record + reader->passed, reader->record_bytes - reader->passed,
				      reader->record_at + reader->passed, event);
	assert(!what);
	*seq = reader->next_seq - reader->left;
	reader->passed += JOURNAL_EVENT_HEAD_BYTES + event->bytes;
	reader->left--;
}

enum pd_err journal_next(struct journal_reader *reader, struct journal_event *event, uint64_t *seq, const char **why)
{
	if (why)
		*why = reader->why;
	do {
		if (reader->left == 0) {
			reader->why[0] = '\0';
			enum pd_err err = enter_record(reader);
			if (err)
				return err;
		}
		take_event(reader, event, seq);
	} while (*seq <= reader->after_seq);
	return PD_OK;
}

/* ---- seeking ---- */

/* Go from record head to record head of view's segment, from the record at *at, whose first seq is *seq, to the one
 * that holds target. */
static enum pd_err hop(struct journal_reader *reader, const struct journal_view *view, uint64_t target, uint64_t *at,
		       uint64_t *seq)
{
	enum { HOP_BYTES = 64 * 1024 };
	size_t ahead = WINDOW_AHEAD_BYTES;
	uint64_t since = 0;
	for (;;) {
		struct record_head head;
		const uint8_t *data;
		uint64_t room = *at < view->limit_at ? view->limit_at - *at : 0;
		if (room < JOURNAL_RECORD_HEAD_BYTES)
			return damage(reader, view, *at,
				      _("the segment's records end before the seq that must be in it"));
		enum pd_err err = window_get(&reader->stream, *at - view->base_at, JOURNAL_RECORD_HEAD_BYTES, ahead,
					     view->limit_at - view->base_at, &data);
		if (err)
			return unreadable(reader, view, *at, err);
		const char *what = record_load(data, room, &head);
		if (!what && (head.at != *at || head.first_seq != *seq))
			what = N_("the record does not go on from the one before it");
		if (what)
			return damage(reader, view, *at, what);
		if (target - *seq < head.count)
			return PD_OK;
		*at += record_padded(head.bytes);
		*seq += head.count;
		since += record_padded(head.bytes);
		if (since >= HOP_BYTES) {
			journal_mark(reader->journal, view, *at, *seq);
			since = 0;
		}
		/* Heads far apart are not worth reading what is between them. */
		ahead = head.bytes < WINDOW_AHEAD_BYTES / 4 ? WINDOW_AHEAD_BYTES : EVENT_AHEAD_BYTES;
	}
}

/* Have the record at this place entered next. */
static void stand_before(struct journal_reader *reader, uint64_t at, uint64_t seq)
{
	reader->record = NULL;
	reader->next_at = at;
	reader->next_seq = seq;
	reader->left = 0;
	reader->chained = at == 0;
	if (at == 0)
		memset(reader->hash, 0, sizeof reader->hash);
}

/* The window is needed for another record. The events of this one that are still to come will be, when it has been
 * entered again. */
static void let_go(struct journal_reader *reader)
{
	if (reader->left) {
		uint64_t given = reader->next_seq - reader->left - 1;
		if (given > reader->after_seq)
			reader->after_seq = given;
		stand_before(reader, reader->record_at, reader->record_seq);
	}
	reader->record = NULL;
}

/* Whether target is in the record in hand; then the reader stands at its beginning. A huge record (an import) is read
 * in many pages, and verified once. */
static bool stand_in_hand(struct journal_reader *reader, uint64_t target)
{
	if (!reader->record || target < reader->record_seq || target >= reader->next_seq)
		return false;
	if (target < reader->next_seq - reader->left) {
		reader->passed = JOURNAL_RECORD_HEAD_BYTES;
		reader->left = (uint32_t)(reader->next_seq - reader->record_seq);
	}
	return true;
}

enum pd_err journal_seek(struct journal_reader *reader, uint64_t after_seq)
{
	uint64_t target = after_seq < UINT64_MAX ? after_seq + 1 : UINT64_MAX, at, seq;
	if (stand_in_hand(reader, target)) {
		reader->after_seq = after_seq;
		return PD_OK;
	}
	struct journal_view view;
	enum pd_err err = find_seq(reader, target, &view, &at, &seq);
	if (err && err != PD_ENOENT)
		return err;
	if (!err) {
		/* The record in hand may be nearer than the last mark; far behind that the way is gone for once, and
		 * marked.
		 */
		struct journal_mark mark = journal_mark_before(reader->journal, &view, target);
		bool near = reader->record_at >= mark.at && reader->record_at - mark.at < 2 * JOURNAL_MARK_BYTES &&
			    reader->record_seq <= target;
		let_go(reader);
		at = near ? reader->record_at : mark.at;
		seq = near ? reader->record_seq : mark.seq;
		enum pd_err failed = window_open(&reader->stream, reader->journal->dir_fd, view.index);
		failed = failed ? unreadable(reader, &view, at, failed) : hop(reader, &view, target, &at, &seq);
		if (failed)
			return failed;
	}
	reader->after_seq = after_seq;
	stand_before(reader, at, seq);
	return err;
}

/* ---- by place ---- */

/* Whether the event's message is one whole message of msgpack. */
static bool is_message(const struct journal_event *event)
{
	size_t bytes;
	enum pd_detail_name what;
	uint64_t seq;
	return !pd_check(event->message, event->bytes, &bytes, &what) && bytes == event->bytes &&
	       event_seq(event, &seq);
}

static bool runs_on(const struct window *window, uint64_t offset)
{
	uint64_t end = window->offset + window->count;
	return window->count && offset >= window->offset && offset < end + EVENT_AHEAD_BYTES;
}

enum pd_err journal_read(struct journal_reader *reader, uint64_t at, struct journal_event *event)
{
	struct journal_view view;
	enum pd_err err = find(reader, at, &view);
	if (err)
		return err;
	uint64_t offset = at - view.base_at, limit = view.limit_at - view.base_at;
	if (offset < JOURNAL_RECORD_HEAD_BYTES || limit - offset <= JOURNAL_EVENT_HEAD_BYTES)
		return PD_ENOENT;
	err = window_open(&reader->spot, reader->journal->dir_fd, view.index);
	if (err)
		return unreadable(reader, &view, at, err);
	const uint8_t *data;
	size_t ahead = runs_on(&reader->spot, offset) ? EVENT_RUN_BYTES : EVENT_AHEAD_BYTES;
	err = window_get(&reader->spot, offset, JOURNAL_EVENT_HEAD_BYTES, ahead, limit, &data);
	if (err)
		return unreadable(reader, &view, at, err);
	const char *what = event_load(data, limit - offset, at, event);
	if (what)
		return damage(reader, &view, at, what);
	err = window_get(&reader->spot, offset, JOURNAL_EVENT_HEAD_BYTES + event->bytes, ahead, limit, &data);
	if (err)
		return unreadable(reader, &view, at, err);
	event->message = (const char *)data + JOURNAL_EVENT_HEAD_BYTES;
	if (!is_message(event))
		return damage(reader, &view, at, N_("the message of an event is broken"));
	return PD_OK;
}

void journal_expect(struct journal_reader *reader, uint64_t at)
{
	bool within = at > reader->expected_from && at < reader->expected_until;
	struct journal_view view;
	if (at == reader->expected_from || (within && at + EXPECT_AHEAD_BYTES < reader->expected_until) ||
	    reader->spot.fd < 0 || journal_view_at(reader->journal, at, &view) || view.index != reader->spot.index)
		return;
	uint64_t from = within ? reader->expected_until : at;
	uint64_t until = from + (within ? EXPECT_BYTES : EVENT_RUN_BYTES);
	until = until < view.limit_at ? until - (until - view.base_at) % PAGE_BYTES : view.limit_at;
	if (from >= until)
		return;
	window_expect(&reader->spot, from - view.base_at, until - from);
	reader->expected_from = within ? reader->expected_from : at;
	reader->expected_until = until;
}
