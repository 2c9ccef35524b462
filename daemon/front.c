#include "front.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <systemd/sd-daemon.h>
#include <time.h>

#include "calendar.h"
#include "check.h"
#include "log.h"
#include "metrics.h"
#include "replay.h"

/* One turn takes in so much; a round in flight lets the next one grow to this, then reading waits. */
enum { TURN_FRAMES_MAX = 4096, ROUND_BYTES_MAX = 1 << 20, OUT_BYTES_MAX = 4 << 20, DUE_MAX = 1000 };
/* In each turn so many orders leave memory that are done, and as many as were fetched in it, and this part of all that
 * are there. */
enum { FORGET_TURN = 64, FORGET_PART = 128 };
enum { SWEEP_PARTS_MAX = 5 };
/* From this size on a round need not wait until all is received that is there. */
enum { HURRY_BYTES = 128 << 10 };
/* Reads of one session that run at a time: who asks for much does not keep others waiting. */
enum { SESSION_READS_RUNNING = 2 };
/* Rows that may wait for the keeper before reading waits for it: memory is bounded. */
static const size_t batch_bytes_max = (size_t)512 << 20;
/* A batch of many rows waits for more, at most so many times keep_ms: the same pages of the book take them, and more
 * orders come to rest within it. One of few has nothing to gain by it, and a full one nothing more: what is not kept
 * yet is to be replayed after a crash. */
enum { BATCH_ROWS_FEW = 2000, BATCH_ROWS_FULL = 40000, BATCH_LONGER = 5 };

static uint64_t clock_ms(clockid_t id)
{
	struct timespec now;
	clock_gettime(id, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void tell_clock(enum clock_news news, int64_t by_ms)
{
	static const char *const what[] = {[CLOCK_JUMPED] = "clock_jumped",
					   [CLOCK_RETURNED] = "clock_returned",
					   [CLOCK_BELIEVED] = "clock_believed"};
	log_line(news == CLOCK_JUMPED ? LOG_WARN : LOG_INFO, what[news], "by_ms=%" PRId64 " trusted_after_ms=%d", by_ms,
		 CLOCK_TRUST_MS);
}

/* Time does not go back: events are in the order of their times. */
static void update_now(struct front *front)
{
	enum clock_news news;
	int64_t by_ms;
	uint64_t last = core_last_ms(front->core);
	uint64_t now = clock_read(&front->clock, clock_ms(CLOCK_REALTIME), clock_ms(CLOCK_BOOTTIME), &news, &by_ms);
	if (news != CLOCK_AS_EVER)
		tell_clock(news, by_ms);
	front->now_ms = now > last ? now : last;
	metrics_set(&metrics.front.turned_ns, metrics_clock_ns());
}

/* ---- replies ---- */

void front_reply(struct front *front, struct session *session, uint64_t request, struct pd_message *reply)
{
	reply->request = request;
	if (reply->type == PD_MSG_refused)
		metrics_add(&metrics.front.refusals[reply->refused.code], 1);
	session_send(&front->sessions, session, front->filling, reply);
}

void front_refuse(struct front *front, struct session *session, uint64_t request, enum pd_refusal refusal,
		  struct pd_detail detail)
{
	char text[PD_DETAIL_BYTES];
	struct pd_message reply = pd_refuse(refusal, &detail, session->language, text);
	front_reply(front, session, request, &reply);
}

static void drop_waiting_reads(struct session *session)
{
	while (session->reads_waiting) {
		struct read *read = session->reads_waiting;
		session->reads_waiting = read->next;
		read_free(read);
	}
}

void front_drop_session(struct front *front, struct session *session, enum metrics_why why)
{
	bool worked = !LIST_EMPTY(&session->workers);
	metrics_add(&metrics.front.ended[why], 1);
	log_line(worked ? LOG_INFO : LOG_DEBUG, "session_ended", "peer=%08" PRIx32 " person=%" PRIu32 " why=%s",
		 session->peer, session->person, metrics_why_word(why));
	push_leave(front->push, session);
	listen_end(&front->listeners, session);
	drop_waiting_reads(session);
	if (front->import_session == session) {
		core_import_free(front->import);
		front->import = NULL;
		front->import_session = NULL;
	}
	sessions_close(&front->sessions, session);
}

static void on_send_failed(struct session *session, enum pd_err err, void *arg)
{
	front_drop_session(arg, session, err == PD_ENOENT ? METRICS_GONE : METRICS_DOES_NOT_READ);
}

/* ---- events ---- */

static void tell_moved(struct front *front, const struct order *order, const struct pd_message *event,
		       const struct journal_event *stored, const struct session *by)
{
	struct moved moved = {&front->listeners, &front->sessions, front->push, front->filling};
	moved_tell(&moved, front->core, order, event, stored->message, stored->bytes, by);
}

/* The place of the event before this one in the story to which it belongs: an order's, a notice's or a member's. */
static uint64_t place_before(const struct front *front, const struct pd_message *event)
{
	if (pd_is_first_event(event->type))
		return 0;
	if (pd_is_order_event(event->type)) {
		const struct order *order = core_order(front->core, &event->order_event.order);
		return order ? order->row.last_at : 0;
	}
	if (event->type == PD_MSG_answered) {
		const struct member *member = core_member(front->core, &event->answered.notice, event->answered.member);
		return member ? member->row.at : 0;
	}
	if (!pd_is_notice_event(event->type))
		return 0;
	const struct notice *notice = core_notice(front->core, &event->notified.notice);
	return notice ? notice->row.last_at : 0;
}

struct order *front_emit(struct front *front, const struct pd_message *event, const struct session *by)
{
	struct round *round = front_round(front);
	if (round->journal.count == 0)
		round->journal.time_ms = front->now_ms;
	uint64_t at = journal_round_add(&round->journal, event, place_before(front, event));
	struct journal_event stored;
	bool found = journal_round_find(&round->journal, at, &stored);
	assert(found);
	if (!pd_is_order_event(event->type))
		publish_settle(front->publish);
	struct order *order = core_apply(front->core, event, at);
	front->last_at = at;
	metrics_add(&metrics.front.events[event->type], 1);
	replay_batch_event(&front->batches[front->gathering], front->core, event, order);
	publish_event(front->publish, core_registry(front->core), event, order, stored.message, stored.bytes,
		      &round->publications);
	if (order)
		push_update(front->push, order, by);
	if (order && front->listeners.count)
		tell_moved(front, order, event, &stored, by);
	if (pd_is_notice_event(event->type))
		front_tell_notice(front, event);
	return order;
}

enum pd_err front_fetch(struct front *front, const struct pd_id *id)
{
	/* Ids rise with time: one that is greater than all that were forgotten cannot be in the book alone. */
	if (memcmp(id, &front->store->last_id, sizeof *id) > 0 || core_order(front->core, id))
		return PD_OK;
	front->fetched++;
	enum pd_err err = replay_fetch(front->core, front->book_reader, id);
	return err == PD_ENOENT ? PD_OK : err;
}

/* The event at a place, in memory or on disk; for push.h. */
static enum pd_err event_at(uint64_t at, struct journal_event *event, void *arg)
{
	struct front *front = arg;
	if (journal_round_find(&front->rounds[front->filling].journal, at, event) ||
	    (front->in_flight && journal_round_find(&front->rounds[!front->filling].journal, at, event)))
		return PD_OK;
	enum pd_err err = journal_read(front->journal_reader, at, event);
	if (err)
		log_line(LOG_ERROR, "journal_read_failed", "at=%" PRIu64 " error=\"%s\"", at, pd_err_text(err));
	return err;
}

static void expect_event(uint64_t at, void *arg)
{
	struct front *front = arg;
	journal_expect(front->journal_reader, at);
}

/* ---- the keeper ---- */

static struct book_batch *gathering(struct front *front)
{
	return &front->batches[front->gathering];
}

static bool batch_empty(const struct book_batch *batch)
{
	return batch->first_seq == 0;
}

/* End the batch here, if the keeper is free and it is time: what follows goes to the other one. Who waits to read what
 * is in it is not kept waiting for others' orders. */
static void cut_batch(struct front *front)
{
	struct book_batch *batch = gathering(front);
	size_t rows = batch->orders.count / sizeof(struct order_row);
	bool calm = rows > BATCH_ROWS_FEW && !front->held_reads && !front->stopping;
	uint64_t longer = calm && rows < BATCH_ROWS_FULL ? BATCH_LONGER : 1;
	if (front->keeping && rows >= BATCH_ROWS_FULL)
		front->batches[!front->gathering].unhurried = false;
	if (front->cut || front->keeping || batch_empty(batch) ||
	    (!front->stopping && uv_now(&front->loop) < front->cut_ms + longer * front->config->keep_ms))
		return;
	batch->unhurried = calm;
	replay_batch_state(batch, front->core, front->last_at);
	front->gathering = !front->gathering;
	front->cut = true;
	front->cut_ms = uv_now(&front->loop);
}

/* All events of the cut batch are on disk. */
static void give_batch(struct front *front)
{
	if (!front->cut)
		return;
	front->cut = false;
	front->keeping = true;
	keeper_give(front->keeper, &front->batches[!front->gathering]);
}

/* Its turn may have to be waited for; nobody waits for the answer any more when the session is gone. */
static void start_read(struct front *front, struct read *read)
{
	struct session *session = sessions_find(&front->sessions, read->peer);
	read->next = NULL;
	if (!session) {
		read_free(read);
	} else if (session->reads_running >= SESSION_READS_RUNNING) {
		*session->reads_tail = read;
		session->reads_tail = &read->next;
	} else {
		session->reads_running++;
		reads_start(front->reads, read);
	}
}

static void start_next_read(struct front *front, struct session *session)
{
	struct read *read = session->reads_waiting;
	if (!read || session->reads_running >= SESSION_READS_RUNNING)
		return;
	session->reads_waiting = read->next;
	if (!session->reads_waiting)
		session->reads_tail = &session->reads_waiting;
	start_read(front, read);
}

static void start_kept_reads(struct front *front)
{
	struct read **link = &front->held_reads;
	while (*link) {
		struct read *read = *link;
		if (read->kind != READ_EVENTS && read->after_seq > front->kept_seq) {
			link = &read->next;
			continue;
		}
		*link = read->next;
		start_read(front, read);
	}
	if (front->held_reads)
		front->batches[!front->gathering].unhurried = false;
}

static void on_kept(struct front *front)
{
	struct book_batch *batch = &front->batches[!front->gathering];
	front->keeping = false;
	front->gathered_ns[!front->gathering] = 0;
	front->kept_seq = batch->meta.seq;
	book_batch_clear(batch);
	start_kept_reads(front);
	/* Else seal cuts it: a batch cut here would take rows of the filling round along, and go when the one in flight
	 * is synced. */
	if (!front->in_flight && front_round(front)->journal.count == 0) {
		cut_batch(front);
		give_batch(front);
	}
}

/* What is done and in the book leaves memory, a few at a time. */
static void forget_orders(struct front *front)
{
	size_t limit = FORGET_TURN + core_order_count(front->core) / FORGET_PART + front->fetched;
	front->fetched = 0;
	core_forget(front->core, front->kept_seq, limit, &front->store->last_id, NULL, NULL);
}

static void forget(struct front *front)
{
	forget_orders(front);
	core_forget_listings(front->core, front->kept_seq);
	core_forget_notices(front->core, front->kept_seq, 1);
}

/* ---- rounds ---- */

void front_read(struct front *front, struct read *read)
{
	struct round *round = front_round(front);
	read->next = round->reads;
	round->reads = read;
}

static void start_reads(struct front *front, struct round *round)
{
	while (round->reads) {
		struct read *read = round->reads;
		round->reads = read->next;
		read->seq = front->synced_seq;
		read->next = front->held_reads;
		front->held_reads = read;
	}
	if (front->held_reads)
		start_kept_reads(front);
}

static bool has_output(const struct front *front, int i)
{
	return sessions_pending(&front->sessions, i) || front->rounds[i].publications.count || front->rounds[i].reads;
}

static void send_gathered(struct front *front)
{
	front->gathered_ms = uv_now(&front->loop);
	publish_gathered(front->publish, front->bus);
}

static void on_gather_timer(uv_timer_t *timer)
{
	struct front *front = timer->data;
	front->gather_timed = false;
	send_gathered(front);
}

/* A lone event is seen at once; of many a few frames a second are enough for people. */
static void send_gathered_soon(struct front *front)
{
	enum { GATHER_MS = 20 };
	uint64_t now_ms = uv_now(&front->loop), next_ms = front->gathered_ms + GATHER_MS;
	if (now_ms >= next_ms || front->stopping) {
		send_gathered(front);
	} else if (!front->gather_timed) {
		front->gather_timed = true;
		uv_timer_start(&front->gather_timer, on_gather_timer, next_ms - now_ms, 0);
	}
}

/* All that the round holds may leave. */
static void release(struct front *front, int i)
{
	struct round *round = &front->rounds[i];
	sessions_flush(&front->sessions, i, front->bus, on_send_failed, front);
	if (publish_flush(front->publish, &round->publications, front->bus))
		send_gathered_soon(front);
	start_reads(front, round);
}

static void on_synced(struct front *front)
{
	int i = !front->filling;
	struct journal_round *journal = &front->rounds[i].journal;
	front->in_flight = false;
	front->synced_seq = journal->first_seq + journal->count - 1;
	give_batch(front);
	release(front, i);
	front_measure_answered(&front->rounds[i]);
}

/* at_hand: there is something to do while the disk is at work. */
static void seal(struct front *front, bool at_hand)
{
	struct round *round = front_round(front);
	cut_batch(front);
	front->in_flight = true;
	front->filling = !front->filling;
	journal_round_begin(&front_round(front)->journal, journal_round_end(&round->journal),
			    core_last_seq(front->core) + 1, front->now_ms);
	/* With nothing else to do meanwhile it is written here, if that is quicker. */
	if (at_hand || bus_at_hand(front->bus) || !scribe_try(front->scribe, &round->journal))
		return scribe_give(front->scribe, &round->journal);
	on_synced(front);
	scribe_settle(front->scribe); /* while those who were answered are at work */
}

static void answer_synced(struct front *front)
{
	if (front->in_flight && scribe_take(front->scribe))
		on_synced(front);
}

/* Bring the rounds on as far as they go. */
static void settle(struct front *front)
{
	answer_synced(front);
	if (front->keeping && keeper_take(front->keeper))
		on_kept(front);
	/* Again and again: who is found to be gone while it is told leaves its work to others. */
	while (!front->in_flight && (front_round(front)->journal.count || has_output(front, front->filling))) {
		if (front_round(front)->journal.count)
			seal(front, false);
		else
			release(front, front->filling);
	}
}

/* ---- receiving ---- */

/* All but the first step of looking ahead: see ahead.c. */
static void look_ahead(struct front *front, const struct session *session, int count)
{
	struct core_likely likely[FRONT_AHEAD_MAX];
	const struct book_batch *batch = &front->batches[front->gathering];
	for (int i = 0; i < count; i++)
		core_ahead_entries(front->core, &front->ahead[i], front_actor_of(session, &front->ahead[i]));
	for (int i = 0; i < count; i++)
		likely[i] = core_ahead_holder(front->core, &front->ahead[i]);
	for (int i = 0; i < count; i++) {
		push_ahead(&likely[i]);
		if (likely[i].holder)
			publish_ahead(likely[i].holder->entity);
		if (likely[i].order)
			replay_batch_ahead(batch, likely[i].order);
	}
}

/* Decode what follows in a frame into front->ahead, at most FRONT_AHEAD_MAX messages; returns how many. What they need
 * comes from memory meanwhile. */
static int decode_ahead(struct front *front, const struct session *session, const char *data, size_t bytes, size_t *off,
			enum pd_err *err, struct pd_fault *fault)
{
	int count = 0;
	*err = PD_OK;
	while (count < FRONT_AHEAD_MAX && *off < bytes) {
		struct pd_message *message = &front->ahead[count];
		*err = pd_decode(front->decoder, data, bytes, off, message, fault);
		if (*err)
			break;
		core_ahead_slots(front->core, message, front_actor_of(session, message));
		count++;
	}
	if (count > 1)
		look_ahead(front, session, count);
	return count;
}

/* In the middle of a frame, too, what is on disk is answered, and a round that is large enough goes on its way as soon
 * as the scribe is free: what follows is dealt with while the disk and the clients are at work. */
static void hurry(struct front *front)
{
	answer_synced(front);
	if (front_round(front)->journal.bytes.count >= HURRY_BYTES && !front->in_flight)
		seal(front, true);
}

static void on_frame(struct front *front, struct session *session, const char *data, size_t bytes)
{
	uint32_t peer = session->peer;
	bool good = bytes > 0;
	if (!good)
		front_refuse(front, session, 0, PD_REFUSED_malformed, PD_DETAIL(empty_frame));
	for (size_t off = 0; off < bytes && session && !session->closed;) {
		struct pd_fault fault;
		enum pd_err err;
		int count = decode_ahead(front, session, data, bytes, &off, &err, &fault);
		for (int i = 0; i < count && !session->closed; i++)
			front_on_message(front, session, &front->ahead[i]);
		if (!err || session->closed) {
			hurry(front);
			session = sessions_find(&front->sessions, peer); /* it may not have taken what was sent */
			continue;
		}
		front_refuse(front, session, fault.request, fault.refusal, fault.what);
		good = false;
		if (fault.lost)
			break;
	}
	if (!good)
		metrics_add(metrics.front.malformed, 1);
}

static void refuse_identity(struct front *front, uint32_t peer)
{
	char text[PD_DETAIL_BYTES];
	struct pd_message reply = pd_refuse(PD_REFUSED_bad_identity, &PD_NO_DETAIL, PD_language_english, text);
	struct pd_buffer bytes = {0};
	pd_encode(&reply, &bytes);
	metrics_add(metrics.front.malformed, 1);
	metrics_add(&metrics.front.refusals[PD_REFUSED_bad_identity], 1);
	enum pd_err err = bus_send(front->bus, peer, bytes.data, bytes.count);
	struct session *session = err ? sessions_find(&front->sessions, peer) : NULL;
	if (session)
		on_send_failed(session, err, front);
	pd_buffer_fini(&bytes);
}

static bool may_receive(const struct front *front)
{
	return !front->stopping && front->rounds[front->filling].journal.bytes.count < ROUND_BYTES_MAX &&
	       front->sessions.pending_bytes[front->filling] < OUT_BYTES_MAX &&
	       front->batches[front->gathering].orders.count < batch_bytes_max;
}

static void receive(struct front *front)
{
	for (int i = 0; i < TURN_FRAMES_MAX && may_receive(front); i++) {
		struct bus_frame frame;
		if (bus_receive(front->bus, &frame))
			return;
		if (frame.chosen_identity) {
			refuse_identity(front, frame.peer);
			continue;
		}
		struct session *session = sessions_find(&front->sessions, frame.peer);
		if (frame.gone) {
			if (session)
				front_drop_session(front, session, METRICS_GONE);
			continue;
		}
		if (!session) {
			session =
				sessions_new(&front->sessions, frame.peer, front->config->heartbeat_ms, front->now_ms);
			metrics_add(metrics.front.begun, 1);
		}
		session->seen_ms = front->now_ms;
		on_frame(front, session, frame.data, frame.bytes);
		pd_decoder_reset(front->decoder);
	}
}

/* ---- the clock ---- */

/* Whether no order has the id of one that is to begin; else the core, which knows of it now, takes another id. */
static bool may_begin(struct front *front, const struct pd_message *event)
{
	if (!pd_is_first_event(event->type))
		return true;
	const struct pd_id *id = &event->order_event.order;
	return front_fetch(front, id) == PD_OK && !core_order(front->core, id);
}

static void fire_due(struct front *front)
{
	struct core_due_thing thing;
	enum core_due due;
	enum pd_err err = replay_fetch_due(front->core, front->book_reader, front->now_ms, DUE_MAX);
	if (err)
		log_line(LOG_ERROR, "book_read_failed", "error=\"%s\"", pd_err_text(err));
	for (int i = 0; i < DUE_MAX && (due = core_decide_due(front->core, front->now_ms, &thing)); i++) {
		if (due == CORE_DUE_EVENT && !may_begin(front, &thing.event))
			continue;
		if (due == CORE_DUE_WARNING)
			push_warn(front->push, thing.order, thing.why);
		else if (front_emit(front, &thing.event, NULL) && thing.event.type == PD_MSG_reminded)
			push_warn(front->push, thing.order, PD_warning_idle);
	}
}

static void on_over(struct session *session, void *arg)
{
	front_drop_session(arg, session, session->left ? METRICS_LEFT : METRICS_SILENT);
}

/* All are looked at in a heartbeat, or in a few seconds. */
static void sweep_sessions(struct front *front)
{
	unsigned parts = front->config->heartbeat_ms / 1000;
	parts = parts < 1 ? 1 : parts > SWEEP_PARTS_MAX ? SWEEP_PARTS_MAX : parts;
	sessions_sweep(&front->sessions, front->now_ms, parts, on_over, front);
}

static void check_disk(struct front *front)
{
	struct statvfs disk;
	if (statvfs(front->config->data, &disk) != 0)
		return;
	uint64_t free_bytes = (uint64_t)disk.f_bavail * disk.f_frsize;
	bool low = free_bytes < (uint64_t)front->config->reserve_mib << 20;
	if (low != front->disk_low)
		log_line(low ? LOG_ERROR : LOG_INFO, low ? "disk_nearly_full" : "disk_has_room",
			 "free_bytes=%" PRIu64 " reserve_mib=%" PRIu32, free_bytes, front->config->reserve_mib);
	front->disk_low = low;
}

/* Said once a year, and at the start; of an empty registry there is nothing to say. */
static void check_calendar(struct front *front)
{
	const struct registry *registry = core_registry(front->core);
	uint32_t year = calendar_date_of(calendar_day_of(front->now_ms)).year;
	size_t areas;
	if (year == front->calendar_year)
		return;
	registry_sorted(registry, REGISTRY_AREAS, &areas);
	if (areas == 0)
		return;
	front->calendar_year = year;
	const struct entity *calendar = registry_find(registry, REGISTRY_CALENDARS, year);
	if (!calendar || calendar->retired)
		log_line(LOG_WARN, "no_calendar", "year=%" PRIu32, year);
}

static void look_for_subscribers(struct front *front)
{
	struct bus_wanted wanted = bus_wanted(front->bus);
	front->listening = wanted.topics || wanted.gathered;
	publish_set(front->publish, &wanted);
}

static void on_second(uv_timer_t *timer)
{
	struct front *front = timer->data;
	update_now(front);
	bus_tick(front->bus);
	look_for_subscribers(front);
	check_disk(front);
	check_calendar(front);
	room_watch(&front->room, front->sessions.by_peer.count);
	sweep_sessions(front);
	fire_due(front);
	if (front->listening)
		front_publish_stats(front);
	front_measure(front);
	settle(front);
}

static void on_keep_timer(uv_timer_t *timer)
{
	struct front *front = timer->data;
	update_now(front);
	if (!front->in_flight && front_round(front)->journal.count == 0) {
		cut_batch(front);
		give_batch(front);
	}
	forget(front);
}

/* ---- the loop ---- */

static bool all_done(const struct front *front)
{
	return !front->in_flight && !front->keeping && !front->cut &&
	       front->rounds[front->filling].journal.count == 0 && !has_output(front, front->filling) &&
	       reads_active(front->reads) == 0 && batch_empty(&front->batches[front->gathering]);
}

static void turn(struct front *front)
{
	update_now(front);
	receive(front);
	front_measure_turn(front);
	settle(front);
	forget_orders(front);
	if (!front->stopping)
		return;
	if (!front->in_flight && front_round(front)->journal.count == 0) {
		cut_batch(front);
		give_batch(front);
	}
	if (!all_done(front))
		return;
	publish_gathered(front->publish, front->bus);
	uv_stop(&front->loop);
}

static void on_check(uv_check_t *check)
{
	turn(check->data);
}

static void on_idle(uv_idle_t *idle)
{
	(void)idle;
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
	(void)poll;
	(void)status;
	(void)events;
}

/* What must not be received yet must not wake us either; for what is at hand nothing wakes us. */
static void on_prepare(uv_prepare_t *prepare)
{
	struct front *front = prepare->data;
	bool may = may_receive(front);
	if (may && bus_at_hand(front->bus))
		uv_idle_start(&front->idle, on_idle);
	else
		uv_idle_stop(&front->idle);
	if (may && !front->polling)
		uv_poll_start(&front->bus_poll, UV_READABLE, on_poll);
	else if (!may && front->polling)
		uv_poll_stop(&front->bus_poll);
	front->polling = may;
}

static void on_publisher_poll(uv_poll_t *poll, int status, int events)
{
	struct front *front = poll->data;
	(void)status;
	(void)events;
	look_for_subscribers(front);
}

static void on_wake(uv_async_t *async)
{
	(void)async; /* the check that follows settles */
}

/* From the scribe's and the keeper's threads. */
static void wake(void *arg)
{
	struct front *front = arg;
	uv_async_send(&front->wake);
}

static void on_signal(uv_signal_t *handle, int number)
{
	struct front *front = handle->data;
	if (number == SIGHUP) {
		enum pd_err err = config_reload(front->config);
		log_line(err ? LOG_WARN : LOG_INFO, err ? "not_reloaded" : "reloaded", "file=%s", front->config->file);
		log_set_level((enum log_level)front->config->log_level);
		struct core_periods periods = config_periods(front->config);
		core_set_periods(front->core, &periods);
		uv_timer_start(&front->keep_timer, on_keep_timer, front->config->keep_ms, front->config->keep_ms);
		return;
	}
	if (!front->stopping) {
		log_line(LOG_INFO, "stopping", "signal=%d", number);
		sd_notify(0, "STOPPING=1");
	}
	front->stopping = true;
	front->batches[!front->gathering].unhurried = false;
	metrics_set(&metrics.front.stopping, 1);
}

static void on_read_done(struct read *read, void *arg)
{
	struct front *front = arg;
	struct session *session = sessions_find(&front->sessions, read->peer);
	/* Message by message: a frame has its limit. */
	for (size_t off = 0, bytes = 0; session && off < read->out.count; off += bytes) {
		enum pd_detail_name why;
		enum pd_err err = pd_check(read->out.data + off, read->out.count - off, &bytes, &why);
		assert(err == PD_OK); /* we encoded it ourselves */
		session_send_bytes(&front->sessions, session, front->filling, read->out.data + off, bytes);
	}
	if (session) {
		if (read->refused)
			metrics_add(&metrics.front.refusals[read->refused], 1);
		/* A session that was forgotten and is there again may get the end of a read that it did not count. */
		session->reads_open -= session->reads_open > 0;
		session->reads_running -= session->reads_running > 0;
		start_next_read(front, session);
	}
	read_free(read);
}

static void start_loop(struct front *front)
{
	uv_loop_init(&front->loop);
	uv_poll_init(&front->loop, &front->bus_poll, bus_fd(front->bus));
	uv_poll_init(&front->loop, &front->publisher_poll, bus_publish_fd(front->bus));
	uv_prepare_init(&front->loop, &front->prepare);
	uv_check_init(&front->loop, &front->check);
	uv_idle_init(&front->loop, &front->idle);
	uv_async_init(&front->loop, &front->wake, on_wake);
	uv_timer_init(&front->loop, &front->second);
	uv_timer_init(&front->loop, &front->keep_timer);
	uv_timer_init(&front->loop, &front->gather_timer);
	front->publisher_poll.data = front->prepare.data = front->check.data = front->second.data =
		front->keep_timer.data = front->gather_timer.data = front;
	uv_poll_start(&front->publisher_poll, UV_READABLE, on_publisher_poll);
	uv_prepare_start(&front->prepare, on_prepare);
	uv_check_start(&front->check, on_check);
	uv_timer_start(&front->second, on_second, 1000, 1000);
	uv_timer_start(&front->keep_timer, on_keep_timer, front->config->keep_ms, front->config->keep_ms);
	static const int numbers[] = {SIGTERM, SIGINT, SIGHUP};
	for (int i = 0; i < 3; i++) {
		uv_signal_init(&front->loop, &front->signals[i]);
		front->signals[i].data = front;
		uv_signal_start(&front->signals[i], on_signal, numbers[i]);
	}
}

static void on_walk(uv_handle_t *handle, void *arg)
{
	(void)arg;
	if (!uv_is_closing(handle))
		uv_close(handle, NULL);
}

static void end_loop(struct front *front)
{
	uv_walk(&front->loop, on_walk, NULL);
	uv_run(&front->loop, UV_RUN_DEFAULT);
	uv_loop_close(&front->loop);
}

/* ---- life ---- */

/* The polygons are brought up to date when somebody asks for a place, not with each that is set. */
static void find_place(void *arg, int32_t lon_e7, int32_t lat_e7, struct core_place *place)
{
	struct front *front = arg;
	places_update(front->places, core_registry(front->core));
	places_find(front->places, lon_e7, lat_e7, front->config->nearest_m, place);
}

static void init_modules(struct front *front, uint64_t seed)
{
	front->places = places_new();
	core_set_map(front->core, &(struct core_map){find_place, front});
	sessions_init(&front->sessions, seed);
	listen_init(&front->listeners, seed);
	struct push_options options = {&front->sessions, &front->filling, seed, event_at, expect_event, front};
	front->push = push_new(&options);
	front->reads = reads_new(&front->loop, front->store->book, front->store->journal, on_read_done, front);
	front->decoder = pd_decoder_new();
	if (!front->decoder)
		abort();
	randombytes_buf(&front->instance, sizeof front->instance);
	front->publish = publish_new(front->instance);
	front->synced_seq = front->kept_seq = core_last_seq(front->core);
	journal_round_begin(&front_round(front)->journal, journal_end(front->store->journal), front->synced_seq + 1, 0);
}

/* Orders that waited when the broker stopped are at their desks again. */
static void dispatch_waiting(struct front *front)
{
	size_t count;
	void *const *areas = registry_sorted(core_registry(front->core), REGISTRY_AREAS, &count);
	for (size_t i = 0; i < count; i++) {
		struct holder *holder = ((const struct area *)areas[i])->holder;
		struct order *order;
		if (holder)
			TAILQ_FOREACH(order, &holder->by_age, by_age)
		push_update(front->push, order, NULL);
	}
}

static void free_modules(struct front *front)
{
	reads_free(front->reads);
	push_free(front->push);
	publish_free(front->publish);
	core_set_map(front->core, &(struct core_map){0});
	places_free(front->places);
	core_import_free(front->import);
	sessions_fini(&front->sessions);
	listen_fini(&front->listeners);
	book_reader_free(front->book_reader);
	journal_reader_free(front->journal_reader);
	pd_decoder_free(front->decoder);
	free(front->published_sums);
	for (int i = 0; i < 2; i++) {
		journal_round_fini(&front->rounds[i].journal);
		pd_buffer_fini(&front->rounds[i].publications);
		pd_buffer_fini(&front->rounds[i].taken);
		book_batch_fini(&front->batches[i]);
	}
	free(front);
}

enum pd_err front_run(struct config *config, struct store *store, struct bus *bus)
{
	struct front *front = calloc(1, sizeof *front);
	if (!front)
		abort();
	*front = (struct front){
		.config = config, .store = store, .core = store->core, .bus = bus, .last_at = store->last_at};
	room_init(&front->room);
	update_now(front);
	uint64_t seed;
	randombytes_buf(&seed, sizeof seed);
	init_modules(front, seed);
	enum pd_err err = book_reader_new(&front->book_reader, store->book);
	err = err ? err : journal_reader_new(&front->journal_reader, store->journal);
	err = err ? err : scribe_start(&front->scribe, store->journal, wake, front);
	err = err ? err : keeper_start(&front->keeper, store->book, wake, front);
	err = err ? err : warmer_start(&front->warmer);
	if (err == PD_OK) {
		core_set_memory(front->core, warmer_source(front->warmer));
		start_loop(front);
		check_disk(front);
		dispatch_waiting(front);
		front_measure(front);
		sd_notify(0, "READY=1");
		log_line(LOG_INFO, "ready", "seq=%" PRIu64 " open_orders=%zu", front->synced_seq,
			 core_order_count(front->core));
		uv_run(&front->loop, UV_RUN_DEFAULT);
		end_loop(front);
	}
	scribe_stop(front->scribe);
	keeper_stop(front->keeper);
	core_set_memory(front->core, NULL);
	warmer_stop(front->warmer);
	free_modules(front);
	return err;
}
