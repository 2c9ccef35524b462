#include "replay.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "codec.h"
#include "id.h"
#include "intl.h"

/* A keep's worth of rows: large enough to sort well, small enough for memory. */
enum { KEEP_EVENTS = 200000 };

static void batch_row(struct book_batch *batch, struct order *order)
{
	if (order->batch == batch->first_seq) {
		((struct order_row *)batch->orders.data)[order->batch_row] = order->row;
		return;
	}
	order->batch = batch->first_seq;
	order->batch_row = (uint32_t)(batch->orders.count / sizeof order->row);
	pd_buffer_add(&batch->orders, &order->row, sizeof order->row);
}

/* What stands in the registry beside an event of another kind. */
static void batch_entity(struct book_batch *batch, const struct core *core, enum registry_kind kind, uint32_t id)
{
	const struct entity *entity = registry_find(core_registry(core), kind, id);
	if (entity)
		pd_buffer_add(&batch->registry, entity->event, entity->event_bytes);
}

void replay_batch_event(struct book_batch *batch, const struct core *core, const struct pd_message *event,
			struct order *order)
{
	enum registry_kind kind;
	if (!batch->first_seq)
		batch->first_seq = event->request;
	if (order) {
		batch_row(batch, order);
		if (event->type == PD_MSG_submitted && event->submitted.duty)
			batch_entity(batch, core, REGISTRY_DUTIES, event->submitted.duty);
	} else if (event->type == PD_MSG_notified && event->notified.plan) {
		batch_entity(batch, core, REGISTRY_MODES, event->notified.plan);
	} else if ((kind = registry_kind_of(event->type)) < REGISTRY_KINDS) {
		batch_entity(batch, core, kind, event->area_set.area); /* all have their id there */
	}
}

static void batch_listings(struct book_batch *batch, struct core *core)
{
	for (const struct listing_entry *l = core_take_changed_listings(core); l; l = l->next_changed)
		pd_buffer_add(&batch->listings, &l->row, sizeof l->row);
	for (const struct claim *c = core_take_changed_claims(core); c; c = c->next_changed)
		pd_buffer_add(&batch->claims, &c->row, sizeof c->row);
	for (const struct listing_tally *t = core_take_changed_tallies(core); t; t = t->next_changed) {
		struct book_tally tally = {.area = t->area, .counts = t->counts};
		pd_buffer_add(&batch->tallies, &tally, sizeof tally);
	}
}

void replay_batch_state(struct book_batch *batch, struct core *core, uint64_t at)
{
	for (const struct holder *holder = core_take_changed(core); holder; holder = holder->next_changed) {
		struct book_figures *one = (struct book_figures *)pd_buffer_room(&batch->figures, sizeof *one);
		*one = (struct book_figures){.area = holder->area, .figures = holder->figures};
	}
	for (const struct member *member = core_take_changed_members(core); member; member = member->next_changed)
		pd_buffer_add(&batch->members, &member->row, sizeof member->row);
	batch_listings(batch, core);
	for (const struct notice *notice = core_take_changed_notices(core); notice; notice = notice->next_changed) {
		pd_buffer_add(&batch->notices, &notice->row, sizeof notice->row);
		pd_buffer_add(&batch->notices, notice->event, notice->row.event_bytes);
	}
	batch->meta = (struct book_meta){.seq = core_last_seq(core), .at = at, .time_ms = core_last_ms(core)};
}

/* Inside a snapshot. */
static enum pd_err restore_order(struct core *core, struct book_reader *reader, const struct pd_id *id)
{
	struct order_row row;
	enum pd_err err = book_order_get(reader, id, &row);
	if (err)
		return err;
	core_restore(core, &row);
	return book_load_members(reader, id, core);
}

enum pd_err replay_fetch(struct core *core, struct book_reader *reader, const struct pd_id *id)
{
	enum pd_err err = book_begin(reader);
	if (err)
		return err;
	err = restore_order(core, reader, id);
	book_end(reader);
	return err;
}

struct due_search {
	struct core *core;
	struct book_reader *reader;
	uint64_t now_ms;
	size_t left;
	enum pd_err err;
};

/* One that has moved on since is in memory. */
static bool fetch_due(const struct pd_id *id, void *arg)
{
	struct due_search *search = arg;
	const struct order *order = core_order(search->core, id);
	if (order && (order->row.state != PD_STATE_completed || order->row.due_ms > search->now_ms))
		return true;
	if (!order)
		search->err = restore_order(search->core, search->reader, id);
	return search->err == PD_OK && --search->left > 0;
}

enum pd_err replay_fetch_due(struct core *core, struct book_reader *reader, uint64_t now_ms, size_t limit)
{
	struct due_search search = {core, reader, now_ms, limit, PD_OK};
	enum pd_err err = book_begin(reader);
	if (err)
		return err;
	err = book_due(reader, now_ms, fetch_due, &search);
	book_end(reader);
	return search.err ? search.err : err;
}

static enum pd_err fetch_listing(struct core *core, struct book_reader *reader, const struct pd_id *id)
{
	if (core_listing(core, id))
		return PD_OK;
	enum pd_err err = book_begin(reader);
	if (err)
		return err;
	err = book_fetch_listing(reader, core, id);
	book_end(reader);
	return err == PD_ENOENT ? PD_OK : err;
}

enum pd_err replay_fetch_listings(struct core *core, struct book_reader *reader, const struct pd_message *message)
{
	bool event = pd_is_listing_event(message->type);
	const struct pd_id *named = event ? &message->listing_event.listing : &message->listing_command.listing;
	struct pd_id other;
	enum pd_err err = fetch_listing(core, reader, named);
	if (err == PD_OK && listings_other(core, message, &other))
		err = fetch_listing(core, reader, &other);
	return err;
}

enum pd_err replay_fetch_notice(struct core *core, struct book_reader *reader, const struct pd_id *id)
{
	struct notice_row row;
	const char *event;
	enum pd_err err = book_begin(reader);
	if (err)
		return err;
	err = book_notice_get(reader, id, &row, &event);
	if (err == PD_OK)
		core_restore_notice(core, &row, event);
	book_end(reader);
	return err;
}

enum pd_err replay_fetch_member(struct core *core, struct book_reader *reader, const struct pd_id *owner,
				uint32_t member)
{
	struct member_row row;
	enum pd_err err = book_begin(reader);
	if (err)
		return err;
	err = book_member_get(reader, owner, member, &row);
	book_end(reader);
	if (err == PD_OK)
		core_restore_member(core, &row);
	return err;
}

/* One run's tools. */
struct run {
	struct replay *replay;
	struct book_reader *reader;
	struct pd_decoder *decoder;
	struct book_batch batch;
	uint64_t batch_events;
};

/* All that is done is in the book. */
static void forget(struct core *core)
{
	core_forget(core, core_last_seq(core), SIZE_MAX, NULL, NULL, NULL);
	core_forget_listings(core, core_last_seq(core));
	core_forget_notices(core, core_last_seq(core), SIZE_MAX);
}

static enum pd_err keep(struct run *run)
{
	struct replay *replay = run->replay;
	replay_batch_state(&run->batch, replay->core, replay->at);
	enum pd_err err = book_keep(replay->book, &run->batch, replay->why);
	book_batch_clear(&run->batch);
	run->batch_events = 0;
	if (err == PD_OK)
		forget(replay->core);
	return err;
}

/* Whether the order is as the event found it; it is brought into memory. */
static enum pd_err order_fits(struct run *run, const struct pd_message *event, uint64_t seq)
{
	struct replay *replay = run->replay;
	const struct pd_order_event *common = &event->order_event;
	const struct order *order = core_order(replay->core, &common->order);
	enum pd_err err = PD_OK;
	if (!order && !pd_is_first_event(event->type)) {
		err = replay_fetch(replay->core, run->reader, &common->order);
		order = core_order(replay->core, &common->order);
	}
	uint32_t version = order ? order->row.version : 0;
	if (err || version + 1 != common->version) {
		char id[PD_ID_TEXT_BYTES];
		snprintf(replay->why, sizeof replay->why,
			 _("event %" PRIu64 " makes version %" PRIu32 " of order %s, which is at version %" PRIu32),
			 seq, common->version, pd_id_print(&common->order, id), version);
		return PD_ECORRUPT;
	}
	if (event->type == PD_MSG_merged && !core_order(replay->core, &event->merged.into)) {
		char id[PD_ID_TEXT_BYTES];
		snprintf(replay->why, sizeof replay->why, _("event %" PRIu64 " names order %s, which is not open"), seq,
			 pd_id_print(&event->merged.into, id));
		return PD_ECORRUPT;
	}
	if (!registry_area(core_registry(replay->core), common->holder)) {
		snprintf(replay->why, sizeof replay->why,
			 _("event %" PRIu64 " names area %" PRIu32 ", which there is not"), seq, common->holder);
		return PD_ECORRUPT;
	}
	return PD_OK;
}

/* Whether the listings are as the event found them; they are brought into memory. */
static enum pd_err listing_fits(struct run *run, const struct pd_message *event, uint64_t seq)
{
	struct replay *replay = run->replay;
	enum pd_err err = replay_fetch_listings(replay->core, run->reader, event);
	struct pd_id other;
	if (err)
		return err;
	if (core_listing_takes(replay->core, event) &&
	    (!listings_other(replay->core, event, &other) || core_listing(replay->core, &other)))
		return PD_OK;
	snprintf(replay->why, sizeof replay->why, _("event %" PRIu64 " does not fit the listing that it names"), seq);
	return PD_ECORRUPT;
}

/* A notice begins once, and what happens to it happens while it is open. */
static enum pd_err notice_fits(struct run *run, const struct pd_message *event, uint64_t seq)
{
	struct replay *replay = run->replay;
	const struct pd_id *id = &event->answered.notice;
	const struct notice *notice = core_notice(replay->core, id);
	char text[PD_ID_TEXT_BYTES];
	bool begins = event->type == PD_MSG_notified;
	if (begins ? notice != NULL : !notice || !notice_open(notice)) {
		snprintf(replay->why, sizeof replay->why,
			 begins ? _("event %" PRIu64 " begins notice %s, which is there already")
				: _("event %" PRIu64 " happens to notice %s, which is not open"),
			 seq, pd_id_print(id, text));
		return PD_ECORRUPT;
	}
	if (begins && !registry_area(core_registry(replay->core), event->notified.area)) {
		snprintf(replay->why, sizeof replay->why,
			 _("event %" PRIu64 " names area %" PRIu32 ", which there is not"), seq, event->notified.area);
		return PD_ECORRUPT;
	}
	return PD_OK;
}

/* Whether the event can have happened to the state. */
static enum pd_err fits(struct run *run, const struct pd_message *event, uint64_t seq)
{
	struct replay *replay = run->replay;
	if (event->request != seq || seq != core_last_seq(replay->core) + 1) {
		snprintf(replay->why, sizeof replay->why, _("event %" PRIu64 " stands where event %" PRIu64 " should"),
			 event->request, core_last_seq(replay->core) + 1);
		return PD_ECORRUPT;
	}
	if (pd_is_listing_event(event->type))
		return listing_fits(run, event, seq);
	if (pd_is_notice_event(event->type))
		return notice_fits(run, event, seq);
	return pd_is_order_event(event->type) ? order_fits(run, event, seq) : PD_OK;
}

static bool is_journaled(enum pd_type type)
{
	return pd_message_info(type)->role == PD_EVENT && type != PD_MSG_published;
}

static enum pd_err replay_event(struct run *run, const struct journal_event *stored, uint64_t seq)
{
	struct replay *replay = run->replay;
	struct pd_message event;
	struct pd_fault fault;
	char detail[PD_DETAIL_BYTES];
	size_t off = 0;
	pd_decoder_reset(run->decoder);
	if (pd_decode(run->decoder, stored->message, stored->bytes, &off, &event, &fault)) {
		snprintf(replay->why, sizeof replay->why, _("event %" PRIu64 " cannot be read: %s"), seq,
			 pd_detail_text(&fault.what, intl_language(), detail));
		return PD_ECORRUPT;
	}
	if (!is_journaled(event.type)) {
		snprintf(replay->why, sizeof replay->why, _("event %" PRIu64 " is not an event but the message %s"),
			 seq, pd_message_info(event.type)->name);
		return PD_ECORRUPT;
	}
	enum pd_err err = fits(run, &event, seq);
	if (err)
		return err;
	replay->at = stored->at;
	struct order *order = core_apply(replay->core, &event, stored->at);
	replay_batch_event(&run->batch, replay->core, &event, order);
	replay->events++;
	if (++run->batch_events < KEEP_EVENTS)
		return PD_OK;
	if (replay->progress)
		replay->progress(replay->events, replay->arg);
	return keep(run);
}

static enum pd_err run_events(struct run *run)
{
	struct replay *replay = run->replay;
	enum pd_err err = journal_seek(replay->journal, core_last_seq(replay->core));
	while (err == PD_OK && core_last_seq(replay->core) < replay->to_seq) {
		struct journal_event stored;
		uint64_t seq;
		const char *why = NULL;
		err = journal_next(replay->journal, &stored, &seq, &why);
		if (err == PD_OK)
			err = replay_event(run, &stored, seq);
		else if (err != PD_ENOENT)
			snprintf(replay->why, sizeof replay->why, "%s", why ? why : _("the journal could not be read"));
	}
	if (err == PD_ENOENT)
		err = PD_OK; /* the journal's end */
	if (err == PD_OK && run->batch_events)
		err = keep(run);
	return err;
}

enum pd_err replay_run(struct replay *replay)
{
	struct run run = {.replay = replay, .decoder = pd_decoder_new()};
	if (!run.decoder)
		abort();
	replay->events = 0;
	enum pd_err err = book_reader_new(&run.reader, replay->book);
	if (err == PD_OK)
		err = run_events(&run);
	book_reader_free(run.reader);
	pd_decoder_free(run.decoder);
	book_batch_fini(&run.batch);
	return err;
}
