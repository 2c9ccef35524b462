#include "reads.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

#include "reads_run.h"

/* A story is walked back along prev; no order has more events than the core allows, and some. */
enum { STORY_MAX = 4096, EVENTS_SCAN_MAX = 50000, COUNT_MAX = 100000, COUNT_PASSES = 10, ANSWER_BYTES_MAX = 4 << 20 };

struct reads {
	uv_loop_t *loop;
	struct book *book;
	struct journal *journal;
	void (*done)(struct read *read, void *arg);
	void *arg;
	pthread_mutex_t lock;
	struct eyes *free_eyes;
	size_t active;
};

struct reads *reads_new(uv_loop_t *loop, struct book *book, struct journal *journal,
			void (*done)(struct read *read, void *arg), void *arg)
{
	struct reads *reads = calloc(1, sizeof *reads);
	if (!reads)
		abort();
	*reads = (struct reads){.loop = loop, .book = book, .journal = journal, .done = done, .arg = arg};
	pthread_mutex_init(&reads->lock, NULL);
	return reads;
}

static void free_eyes(struct eyes *eyes)
{
	book_reader_free(eyes->book);
	journal_reader_free(eyes->journal);
	pd_decoder_free(eyes->decoder);
	free(eyes);
}

void reads_free(struct reads *reads)
{
	if (!reads)
		return;
	while (reads->free_eyes) {
		struct eyes *eyes = reads->free_eyes;
		reads->free_eyes = eyes->next;
		free_eyes(eyes);
	}
	pthread_mutex_destroy(&reads->lock);
	free(reads);
}

static struct eyes *eyes_get(struct reads *reads)
{
	pthread_mutex_lock(&reads->lock);
	struct eyes *eyes = reads->free_eyes;
	if (eyes)
		reads->free_eyes = eyes->next;
	pthread_mutex_unlock(&reads->lock);
	if (eyes)
		return eyes;
	eyes = calloc(1, sizeof *eyes);
	if (!eyes)
		abort();
	eyes->decoder = pd_decoder_new();
	if (!eyes->decoder || book_reader_new(&eyes->book, reads->book) ||
	    journal_reader_new(&eyes->journal, reads->journal)) {
		free_eyes(eyes);
		return NULL;
	}
	return eyes;
}

static void eyes_put(struct reads *reads, struct eyes *eyes)
{
	pthread_mutex_lock(&reads->lock);
	eyes->next = reads->free_eyes;
	reads->free_eyes = eyes;
	pthread_mutex_unlock(&reads->lock);
}

void reads_answer(struct read *read, struct pd_message *message)
{
	message->request = read->request;
	if (message->type == PD_MSG_refused)
		read->refused = message->refused.code;
	pd_encode(message, &read->out);
}

void reads_refuse(struct read *read, enum pd_refusal refusal, struct pd_detail detail)
{
	char text[PD_DETAIL_BYTES];
	struct pd_message message = pd_refuse(refusal, &detail, read->language, text);
	read->out.count = 0;
	reads_answer(read, &message);
}

void reads_answer_end(struct read *read, bool more, const uint8_t *cursor, size_t cursor_bytes, uint64_t seq)
{
	struct pd_message message = {.type = PD_MSG_end};
	message.end = (struct pd_end){.count = read->count,
				      .seq = seq,
				      .more = more,
				      .cursor = {(const char *)cursor, (uint32_t)cursor_bytes},
				      .publications = read->publications};
	reads_answer(read, &message);
}

/* ---- one order ---- */

enum pd_err reads_decode_at(struct eyes *eyes, uint64_t at, struct journal_event *stored, struct pd_message *event)
{
	struct pd_fault fault;
	size_t off = 0;
	enum pd_err err = journal_read(eyes->journal, at, stored);
	if (err)
		return err;
	pd_decoder_reset(eyes->decoder);
	return pd_decode(eyes->decoder, stored->message, stored->bytes, &off, event, &fault) ? PD_ECORRUPT : PD_OK;
}

/* What an order's story says of its last completion or cancellation. */
struct outcome {
	struct pd_buffer result; /* a copy: the words die with the next event that is read */
	uint64_t target_ms;
};

static struct pd_slice result_of(const struct pd_message *event)
{
	switch (event->type) {
	case PD_MSG_completed: return event->completed.result;
	case PD_MSG_cancelled: return event->cancelled.reason;
	case PD_MSG_recorded: return event->recorded.result;
	default: return (struct pd_slice){0};
	}
}

/* Walk back to the step that ended it; what was due then is said by the event before. */
static enum pd_err find_outcome(struct eyes *eyes, const struct order_row *row, struct outcome *outcome)
{
	bool ended = false;
	bool as_recorded = row->last_type == PD_MSG_recorded; /* its source has said by when */
	if (row->state <= PD_STATE_accepted && !as_recorded) {
		outcome->target_ms = row->due_ms;
		return PD_OK;
	}
	for (uint64_t at = row->last_at; at;) {
		struct journal_event stored;
		struct pd_message event;
		enum pd_err err = reads_decode_at(eyes, at, &stored, &event);
		if (err)
			return err;
		if (ended) {
			outcome->target_ms = event.submitted.due_ms;
			return PD_OK;
		}
		struct pd_slice result = result_of(&event);
		ended = event.type == PD_MSG_completed || event.type == PD_MSG_cancelled || event.type == PD_MSG_lapsed;
		if (ended || event.type == PD_MSG_recorded)
			pd_buffer_add(&outcome->result, result.data, result.bytes);
		if (event.type == PD_MSG_recorded)
			outcome->target_ms = event.recorded.target_ms;
		at = stored.prev_at;
	}
	return PD_OK;
}

/* What goes on in place of a merged order: nothing happens to that one after its merging. */
static enum pd_err find_merged_into(struct eyes *eyes, const struct order_row *row, struct pd_id *into)
{
	struct journal_event stored;
	struct pd_message last;
	enum pd_err err = reads_decode_at(eyes, row->last_at, &stored, &last);
	if (err || last.type != PD_MSG_merged)
		return PD_ECORRUPT;
	*into = last.merged.into;
	return PD_OK;
}

/* What a row alone says of when it goes on. */
static struct core_promise promise_of(const struct order_row *row)
{
	return (struct core_promise){row->state == PD_STATE_waiting ? row->due_ms : 0,
				     row->state == PD_STATE_accepted ? row->due_ms : 0};
}

/* The order as a message, with its words from the journal. known: what memory knew of it; null: nothing. */
static enum pd_err answer_order(struct read *read, struct eyes *eyes, const struct order_row *row,
				const struct read_order_row *known)
{
	static const struct followers none;
	struct journal_event stored;
	struct pd_message first, message = {.type = PD_MSG_order};
	struct outcome outcome = {0};
	struct pd_id into;
	struct core_promise promise = known ? known->promise : promise_of(row);
	const struct followers *followers = known ? &known->followers : &none;
	enum pd_err err = read->query.by_id ? find_outcome(eyes, row, &outcome) : PD_OK;
	if (err == PD_OK && row->state == PD_STATE_merged)
		err = find_merged_into(eyes, row, &into);
	if (err == PD_OK)
		err = reads_decode_at(eyes, row->first_at, &stored, &first);
	if (err || !pd_is_first_event(first.type)) {
		pd_buffer_fini(&outcome.result);
		return PD_ECORRUPT;
	}
	const struct pd_submitted *submitted = &first.submitted; /* as recorded begins, too */
	message.order = (struct pd_order){.order = row->id,
					  .version = row->version,
					  .state = row->state,
					  .holder = row->holder,
					  .area = row->area,
					  .requester = row->requester,
					  .household = row->household,
					  .category = row->category,
					  .urgency = row->urgency,
					  .attempt = row->attempt,
					  .acceptor = row->acceptor,
					  .rating = row->rating,
					  .submitted_ms = row->submitted_ms,
					  .waiting_ms = row->waiting_ms,
					  .accepted_ms = row->accepted_ms,
					  .completed_ms = row->completed_ms,
					  .ended_ms = row->ended_ms,
					  .due_ms = row->due_ms,
					  .seq = row->seq,
					  .last_seq = row->last_seq,
					  .text = submitted->text,
					  .place = submitted->place,
					  .lon_e7 = submitted->lon_e7,
					  .lat_e7 = submitted->lat_e7,
					  .late = row->marks & ORDER_LATE,
					  .step = row->step,
					  .stuck = row->marks & ORDER_STUCK,
					  .left_s = row->left_s,
					  .duplicate = row->marks & ORDER_DUPLICATE,
					  .result = {outcome.result.data, (uint32_t)outcome.result.count},
					  .target_ms = row->marks & ORDER_DUE ? outcome.target_ms : 0,
					  .accept_by_ms = promise.accept_by_ms,
					  .complete_by_ms = promise.complete_by_ms,
					  .overdue = row->marks & ORDER_STUCK ||
						     (row->state <= PD_STATE_accepted && row->due_ms < read->now_ms),
					  .urges = row->urges,
					  .followers = followers->count,
					  .endorsements = followers->endorsements,
					  .endorsed_stars = followers->stars};
	if (row->state == PD_STATE_merged)
		message.order.merged_into = (struct pd_slice){(const char *)&into, sizeof into};
	if (first.type == PD_MSG_submitted)
		message.order.picture = submitted->picture;
	if (first.type == PD_MSG_submitted)
		message.order.notice = submitted->notice;
	if (first.type == PD_MSG_recorded) {
		message.order.source = first.recorded.source;
		message.order.key = first.recorded.key;
	}
	reads_answer(read, &message);
	read->count++;
	pd_buffer_fini(&outcome.result);
	return PD_OK;
}

/* The places of an order's events, oldest first, in places; their number in *count. */
static enum pd_err walk_story(struct eyes *eyes, uint64_t last_at, uint64_t *places, size_t *count)
{
	size_t n = 0;
	for (uint64_t at = last_at; at; n++) {
		struct journal_event stored;
		if (n == STORY_MAX)
			return PD_ECORRUPT;
		enum pd_err err = journal_read(eyes->journal, at, &stored);
		if (err)
			return err;
		places[n] = at;
		at = stored.prev_at;
	}
	for (size_t i = 0; i < n / 2; i++) {
		uint64_t place = places[i];
		places[i] = places[n - 1 - i];
		places[n - 1 - i] = place;
	}
	*count = n;
	return PD_OK;
}

static void answer_past(struct read *read, const struct journal_event *stored)
{
	struct pd_message past = {.type = PD_MSG_past};
	past.past.event = (struct pd_slice){stored->message, stored->bytes};
	reads_answer(read, &past);
	read->count++;
}

static enum pd_err answer_story(struct read *read, struct eyes *eyes, const struct order_row *row)
{
	uint64_t *places = malloc(STORY_MAX * sizeof *places);
	size_t count = 0;
	if (!places)
		abort();
	enum pd_err err = walk_story(eyes, row->last_at, places, &count);
	for (size_t i = 0; i < count && err == PD_OK; i++) {
		struct journal_event stored;
		err = journal_read(eyes->journal, places[i], &stored);
		if (err == PD_OK)
			answer_past(read, &stored);
	}
	free(places);
	return err;
}

static bool add_follower(const struct member_row *row, void *arg)
{
	struct read *read = arg;
	followers_add(&read->known.followers, row, &read->row);
	read->may_see |= row->key.member == read->person && follower_follows(row);
	return true;
}

/* An order that has left memory: what it was then is known of the book. */
static enum pd_err find_order(struct read *read, struct eyes *eyes)
{
	enum pd_err err = book_order_get(eyes->book, &read->order, &read->row);
	if (err)
		return err;
	read->known.promise = promise_of(&read->row);
	read->may_see = !read->own_only || read->row.requester == read->person;
	return book_members_of(eyes->book, &read->order, 0, add_follower, read);
}

static enum pd_err read_order(struct read *read, struct eyes *eyes)
{
	enum pd_err err = read->row_known ? PD_OK : find_order(read, eyes);
	if (err == PD_ENOENT || (err == PD_OK && !read->may_see)) {
		reads_refuse(read, PD_REFUSED_unknown_order, PD_NO_DETAIL);
		return PD_OK;
	}
	if (err == PD_OK)
		err = answer_order(read, eyes, &read->row, &read->known);
	if (err == PD_OK && read->story)
		err = answer_story(read, eyes, &read->row);
	if (err == PD_OK)
		reads_answer_end(read, false, NULL, 0, read->row.last_seq);
	return err;
}

/* ---- many orders ---- */

struct found {
	struct read *read;
	struct eyes *eyes;
	enum pd_err err;
};

static void on_found(const struct order_row *row, void *arg)
{
	struct found *found = arg;
	if (found->err == PD_OK)
		found->err = answer_order(found->read, found->eyes, row, NULL);
}

static enum pd_err read_orders(struct read *read, struct eyes *eyes)
{
	struct book_meta meta = {0};
	enum pd_err err = book_meta_get(eyes->book, &meta);
	if (err && err != PD_ENOENT)
		return err;
	struct found found = {read, eyes, PD_OK};
	read->query.areas = read->areas;
	read->query.area_count = read->area_count;
	err = book_list(eyes->book, &read->query, on_found, &found);
	err = err ? err : found.err;
	if (err == PD_OK)
		reads_answer_end(read, read->query.cursor_bytes > 0, read->query.cursor, read->query.cursor_bytes,
				 meta.seq);
	return err;
}

static enum pd_err read_rows(struct read *read, struct eyes *eyes)
{
	enum pd_err err = PD_OK;
	for (size_t i = 0; i < read->order_count && err == PD_OK; i++) {
		const struct read_order_row *known = &read->orders[i];
		assert(known);
		err = answer_order(read, eyes, &known->row, known);
	}
	if (err == PD_OK)
		reads_answer_end(read, read->query.cursor_bytes > 0, read->query.cursor, read->query.cursor_bytes,
				 read->seq);
	return err;
}

/* ---- how many ---- */

struct counting {
	uint64_t states[PD_STATE_count - 1], orders, rated, stars;
};

static void count_row(const struct order_row *row, void *arg)
{
	struct counting *counting = arg;
	counting->states[row->state - 1]++;
	counting->orders++;
	counting->rated += row->rating > 0;
	counting->stars += row->rating;
}

/* The newest ones first, in pieces of what the book looks at in one go. */
static enum pd_err read_counts(struct read *read, struct eyes *eyes)
{
	struct counting counting = {0};
	struct book_meta meta = {0};
	enum pd_err err = book_meta_get(eyes->book, &meta);
	if (err && err != PD_ENOENT)
		return err;
	err = PD_OK;
	bool more = true;
	for (int pass = 0; pass < COUNT_PASSES && err == PD_OK && more && counting.orders < COUNT_MAX; pass++) {
		read->query.limit = (unsigned)(COUNT_MAX - counting.orders);
		err = book_list(eyes->book, &read->query, count_row, &counting);
		more = read->query.cursor_bytes > 0;
	}
	if (err)
		return err;
	struct pd_message reply = {.type = PD_MSG_counts};
	reply.counts = (struct pd_counts){.requester = read->query.requester,
					  .seq = meta.seq,
					  .orders = counting.orders,
					  .states = {counting.states, PD_STATE_count - 1},
					  .rated = counting.rated,
					  .stars = counting.stars,
					  .more = more};
	reads_answer(read, &reply);
	return PD_OK;
}

/* ---- events ---- */

static int compare_u32(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}

bool reads_area_listed(const struct read *read, uint32_t area)
{
	return area && bsearch(&area, read->areas, read->area_count, sizeof area, compare_u32);
}

/* Whether an event would have been published on a topic of the areas. */
static bool event_wanted(const struct read *read, const struct pd_message *event)
{
	if (!read->areas)
		return true;
	if (pd_is_order_event(event->type)) {
		const struct pd_order_event *e = &event->order_event;
		return reads_area_listed(read, e->holder) || reads_area_listed(read, e->from);
	}
	uint32_t areas[2];
	core_event_areas(event, areas);
	return reads_area_listed(read, areas[0]) || reads_area_listed(read, areas[1]);
}

static enum pd_err next_event(struct read *read, struct eyes *eyes, uint64_t *seq)
{
	struct journal_event stored;
	struct pd_message event;
	struct pd_fault fault;
	size_t off = 0;
	const char *why;
	enum pd_err err = journal_next(eyes->journal, &stored, seq, &why);
	if (err)
		return err;
	if (*seq > read->seq)
		return PD_ENOENT; /* written, but not known to be on disk when the read began */
	if (read->areas) {
		pd_decoder_reset(eyes->decoder);
		if (pd_decode(eyes->decoder, stored.message, stored.bytes, &off, &event, &fault))
			return PD_ECORRUPT;
	}
	if (!read->areas || event_wanted(read, &event))
		answer_past(read, &stored);
	return PD_OK;
}

static enum pd_err read_events(struct read *read, struct eyes *eyes)
{
	uint64_t seq = read->after_seq;
	enum pd_err err = journal_seek(eyes->journal, seq);
	unsigned scanned = 0;
	bool full = false;
	while (err == PD_OK && !full) {
		uint64_t next = 0;
		err = next_event(read, eyes, &next);
		if (err == PD_OK)
			seq = next;
		full = read->count >= read->query.limit || ++scanned >= EVENTS_SCAN_MAX ||
		       read->out.count > ANSWER_BYTES_MAX;
	}
	if (err && err != PD_ENOENT)
		return err;
	bool more = err == PD_OK && seq < read->seq;
	reads_answer_end(read, more, NULL, 0, more ? seq : read->seq);
	return PD_OK;
}

/* ---- listings ---- */

static enum pd_err answer_listing(struct read *read, struct eyes *eyes, const struct listing_row *row)
{
	struct journal_event stored;
	struct pd_message first, message = {.type = PD_MSG_listing};
	enum pd_err err = reads_decode_at(eyes, row->first_at, &stored, &first);
	if (err || first.type != PD_MSG_listed)
		return PD_ECORRUPT;
	message.listing = (struct pd_listing){.listing = row->id,
					      .area = row->area,
					      .side = row->side,
					      .kind = row->kind,
					      .state = (uint8_t)listing_state(row),
					      .quantity = row->quantity,
					      .left = listing_left(row),
					      .claimed = row->claimed,
					      .fulfilled = row->fulfilled,
					      .from_ms = row->from_ms,
					      .until_ms = row->until_ms,
					      .listed_ms = row->listed_ms,
					      .actor = row->actor,
					      .seq = row->seq,
					      .text = first.listed.text};
	reads_answer(read, &message);
	read->count++;
	return PD_OK;
}

static void on_found_listing(const struct listing_row *row, void *arg)
{
	struct found *found = arg;
	if (found->err == PD_OK)
		found->err = answer_listing(found->read, found->eyes, row);
}

static enum pd_err read_listings(struct read *read, struct eyes *eyes)
{
	struct book_meta meta = {0};
	struct book_listing_query *query = &read->listings;
	enum pd_err err = book_meta_get(eyes->book, &meta);
	if (err && err != PD_ENOENT)
		return err;
	struct found found = {read, eyes, PD_OK};
	query->areas = read->areas;
	query->area_count = read->area_count;
	err = book_list_listings(eyes->book, query, on_found_listing, &found);
	err = err ? err : found.err;
	if (err == PD_OK)
		reads_answer_end(read, query->cursor_bytes > 0, query->cursor, query->cursor_bytes, meta.seq);
	return err;
}

static void on_found_claim(const struct claim_row *row, void *arg)
{
	struct found *found = arg;
	struct journal_event stored;
	struct pd_message end, message = {.type = PD_MSG_claim_row};
	message.claim_row = (struct pd_claim_row){.claim = row->id,
						  .listing = row->listing,
						  .other = row->other,
						  .by = row->by,
						  .quantity = row->quantity,
						  .fulfilled = row->fulfilled,
						  .ended = row->ended_seq != 0,
						  .actor = row->actor,
						  .claimed_ms = row->claimed_ms,
						  .result = pd_text("")};
	if (found->err)
		return;
	if (row->ended_seq) {
		found->err = reads_decode_at(found->eyes, row->ended_at, &stored, &end);
		if (found->err == PD_OK && end.type != PD_MSG_fulfilled)
			found->err = PD_ECORRUPT;
		if (found->err)
			return;
		message.claim_row.result = end.fulfilled.result;
	}
	reads_answer(found->read, &message);
	found->read->count++;
}

/* The listing, its claims, then what fits it. */
static enum pd_err read_matches(struct read *read, struct eyes *eyes)
{
	struct listing_row row;
	struct found found = {read, eyes, PD_OK};
	enum pd_err err = PD_OK;
	if (read->row_known)
		row = read->rows[0];
	else
		err = book_listing_get(eyes->book, &read->order, &row);
	if (err == PD_ENOENT) {
		reads_refuse(read, PD_REFUSED_unknown_listing, PD_DETAIL(id, PD_ID_ARG(read->order)));
		return PD_OK;
	}
	err = err ? err : answer_listing(read, eyes, &row);
	err = err ? err : book_claims(eyes->book, &read->order, on_found_claim, &found);
	err = err ? err : found.err;
	for (size_t i = 1; i < read->row_count && err == PD_OK; i++)
		err = answer_listing(read, eyes, &read->rows[i]);
	if (err == PD_OK)
		reads_answer_end(read, false, NULL, 0, read->seq);
	return err;
}

/* ---- was it done before? ---- */

/* Walk back through what the member has answered: the same answer by the same actor is the same command. */
static enum pd_err read_look_back_at_answers(struct read *read, struct eyes *eyes)
{
	for (uint64_t at = read->row.last_at; at;) {
		struct journal_event stored;
		struct pd_message event;
		enum pd_err err = reads_decode_at(eyes, at, &stored, &event);
		if (err)
			return err;
		const struct pd_answered *a = &event.answered;
		if (a->actor == read->wanted.actor &&
		    notice_content(a->answer, &a->numbers, a->text) == read->wanted.content) {
			struct pd_message ok = {.type = PD_MSG_ok, .ok = {event.request, 0}};
			reads_answer(read, &ok);
			return PD_OK;
		}
		at = stored.prev_at;
	}
	reads_answer(read, &read->refusal);
	return PD_OK;
}

/* Walk back to the event that made the wanted version: the same move by the same actor with the same words is the same
 * command. */
static enum pd_err read_look_back(struct read *read, struct eyes *eyes)
{
	if (read->wanted.type == PD_MSG_answered)
		return read_look_back_at_answers(read, eyes);
	for (uint64_t at = read->row.last_at; at;) {
		struct journal_event stored;
		struct pd_message event;
		enum pd_err err = reads_decode_at(eyes, at, &stored, &event);
		if (err)
			return err;
		const struct pd_order_event *e = &event.order_event;
		if (e->version > read->wanted.version) {
			at = stored.prev_at;
			continue;
		}
		if (e->version == read->wanted.version && event.type == read->wanted.type &&
		    e->actor == read->wanted.actor && core_content(&event) == read->wanted.content) {
			struct pd_message ok = {.type = PD_MSG_ok, .ok = {event.request, e->version}};
			reads_answer(read, &ok);
			return PD_OK;
		}
		break;
	}
	reads_answer(read, &read->refusal);
	return PD_OK;
}

/* ---- running ---- */

static enum pd_err run(struct read *read, struct eyes *eyes)
{
	switch (read->kind) {
	case READ_ORDER: return read_order(read, eyes);
	case READ_ORDERS: return read_orders(read, eyes);
	case READ_ROWS: return read_rows(read, eyes);
	case READ_COUNTS: return read_counts(read, eyes);
	case READ_EVENTS: return read_events(read, eyes);
	case READ_LOOK_BACK: return read_look_back(read, eyes);
	case READ_LISTINGS: return read_listings(read, eyes);
	case READ_MATCHES: return read_matches(read, eyes);
	case READ_NOTICES: return reads_notices(read, eyes);
	case READ_PROGRESS: return reads_progress(read, eyes);
	case READ_MISSING: return reads_missing(read, eyes);
	case READ_ANSWERS: return reads_answers(read, eyes);
	}
	return PD_EINVAL;
}

static void on_work(uv_work_t *work)
{
	struct read *read = work->data;
	struct eyes *eyes = eyes_get(read->reads);
	enum pd_err err = eyes ? book_begin(eyes->book) : PD_ESYS;
	if (err == PD_OK) {
		err = run(read, eyes);
		book_end(eyes->book);
	}
	if (eyes)
		eyes_put(read->reads, eyes);
	if (err)
		reads_refuse(read, PD_REFUSED_read_failed,
			     err == PD_ECORRUPT ? PD_DETAIL(disk_damaged) : PD_DETAIL(disk_failed));
}

static void after_work(uv_work_t *work, int status)
{
	struct read *read = work->data;
	(void)status;
	read->reads->active--;
	read->reads->done(read, read->reads->arg);
}

struct read *read_new(enum read_kind kind, uint32_t peer, uint64_t request)
{
	struct read *read = calloc(1, sizeof *read);
	if (!read)
		abort();
	read->kind = kind;
	read->peer = peer;
	read->request = request;
	return read;
}

void reads_start(struct reads *reads, struct read *read)
{
	read->reads = reads;
	read->work.data = read;
	reads->active++;
	uv_queue_work(reads->loop, &read->work, on_work, after_work);
}

void read_free(struct read *read)
{
	if (!read)
		return;
	free(read->areas);
	free(read->rows);
	free(read->orders);
	free(read->notice.sums);
	free(read->notice.places);
	pd_buffer_fini(&read->notice.candidates);
	pd_buffer_fini(&read->notice.messages);
	pd_buffer_fini(&read->out);
	free(read);
}

size_t reads_active(const struct reads *reads)
{
	return reads->active;
}
