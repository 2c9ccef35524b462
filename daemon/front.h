/* front.h - the front thread: drains the bus, runs the core, and sends what is on disk.
 *
 *   receive → decode → decide → apply → the filling round: journal events, replies and pushes, publications, reads
 *   seal    → the round goes to the scribe, the next one fills
 *   synced  → its replies, pushes and publications leave, its reads start, its rows may go to the keeper
 *
 * There are two rounds: one fills, one may be in flight. Invariants: (1) nothing that depends on an event leaves before
 * the event is on disk; (2) a batch is given to the keeper only when every event in it is on disk; (3) the state in
 * memory is that of the filling round. Threads: one, but for front_wake.
 */
#ifndef PAIDAN_FRONT_H
#define PAIDAN_FRONT_H

#include <uv.h>

#include "book.h"
#include "codec.h"
#include "bus.h"
#include "clock.h"
#include "config.h"
#include "core.h"
#include "keeper.h"
#include "listen.h"
#include "metrics.h"
#include "moved.h"
#include "places.h"
#include "publish.h"
#include "push.h"
#include "reads.h"
#include "room.h"
#include "scribe.h"
#include "session.h"
#include "warmer.h"

enum { FRONT_AHEAD_MAX = 16 };

struct round {
	struct journal_round journal;
	struct pd_buffer publications;
	struct read *reads;     /* to be started when the round is on disk */
	struct pd_buffer taken; /* measure.c's: what is answered then */
};

/* What is open when the front starts; it belongs to main. */
struct store {
	struct journal *journal;
	struct book *book;
	struct core *core;
	uint64_t last_at;     /* place of the last event */
	uint64_t last_seq;    /* of the last event, when all is closed */
	struct pd_id last_id; /* the greatest order id in the book */
};

struct front {
	struct config *config;
	struct store *store;
	struct core *core;
	struct bus *bus;
	struct room room;
	struct sessions sessions;
	struct push *push;
	struct listeners listeners;
	struct publish *publish;
	struct reads *reads;
	struct places *places;
	struct scribe *scribe;
	struct keeper *keeper;
	struct warmer *warmer;
	struct pd_decoder *decoder;
	struct pd_message ahead[FRONT_AHEAD_MAX]; /* decoded, and not yet dealt with */
	struct book_reader *book_reader;
	struct journal_reader *journal_reader;
	struct clock clock;
	uint64_t instance, now_ms, start_ms;

	struct round rounds[2];
	int filling;
	bool in_flight;
	uint64_t synced_seq, kept_seq, last_at;
	size_t fetched; /* orders that the book was asked for in this turn */

	struct book_batch batches[2];
	int gathering;           /* the batch that rows are added to; the other one is cut, with the keeper, or empty */
	bool cut, keeping;       /* the other batch waits for its round to be synced; or is with the keeper */
	uint64_t cut_ms;         /* by the loop's clock: that of people may be set back */
	struct read *held_reads; /* wait for the keeper */

	struct core_import *import;
	struct session *import_session;
	struct pd_id import_id;

	struct area_sums *published_sums;
	size_t published_count;

	uv_loop_t loop;
	uv_poll_t bus_poll, publisher_poll;
	bool polling; /* bus_poll is at work */
	uv_prepare_t prepare;
	uv_check_t check;
	uv_idle_t idle;
	uv_async_t wake;
	uv_timer_t second, keep_timer, gather_timer;
	uint64_t gathered_ms; /* when what is gathered was sent, by the loop's clock */
	bool gather_timed;
	uv_signal_t signals[3];
	bool stopping, disk_low, listening;
	uint32_t calendar_year; /* for which it was looked whether there is a calendar */

	uint64_t measured_submits;
	uint64_t gathered_ns[2]; /* when each batch got its first row; 0: it has none */
};

/* Run until SIGTERM or SIGINT; returns when all that was taken in has been answered. bus is bound already. PD_ESYS:
 * errno. */
PD_MUST_USE enum pd_err front_run(struct config *config, struct store *store, struct bus *bus);

/* ---- for the front's own files ---- */

/* A message from a session, decoded; the slices live until it returns. (command.c) */
void front_on_message(struct front *front, struct session *session, const struct pd_message *message);
/* Who acts by a command. (command.c) */
uint32_t front_actor_of(const struct session *session, const struct pd_message *command);
/* A query. (query.c) */
void front_on_query(struct front *front, struct session *session, const struct pd_message *query);
/* A query about notices. (notice.c) */
void front_on_notice_query(struct front *front, struct session *session, const struct pd_message *query);
/* Once a second: publish the figures of areas where they changed. (query.c) */
void front_publish_stats(struct front *front);

/* Journal, apply, publish and dispatch an event; by: whose command it is (may be null). (front.c) */
struct order *front_emit(struct front *front, const struct pd_message *event, const struct session *by);
/* Bring an order into memory, if there is one. */
PD_MUST_USE enum pd_err front_fetch(struct front *front, const struct pd_id *id);
/* Bring what a notice command names into memory, if it is there. (notice.c) */
PD_MUST_USE enum pd_err front_fetch_notice(struct front *front, const struct pd_message *command, uint32_t actor);
/* What an event of a notice brings to those who listen. (notice.c) */
void front_tell_notice(struct front *front, const struct pd_message *event);
/* A session listens from now on: the notices that are valid and wait for its person. (notice.c) */
void front_tell_waiting_notices(struct front *front, struct session *session);
void front_reply(struct front *front, struct session *session, uint64_t request, struct pd_message *reply);
void front_refuse(struct front *front, struct session *session, uint64_t request, enum pd_refusal refusal,
		  struct pd_detail detail);
/* What memory knows of an order, for a read; and the queries that look for orders there. (query_rows.c) */
void front_know_order(struct front *front, const struct order *order, struct read_order_row *known);
void front_list_similar(struct front *front, struct session *session, const struct pd_message *query);
void front_list_away(struct front *front, struct session *session, const struct pd_message *query);
/* A read for a session; null when it has too many open: then it has been refused. (query.c) */
struct read *front_new_read(struct front *front, struct session *session, enum read_kind kind, uint64_t request);
/* What queries share (query.c): the area that one names, null for 0 (false: it was refused); how many answers it may
 * have; the ids of an area and all below it, sorted, to be freed; its end. */
bool front_find_area(struct front *front, struct session *session, uint64_t request, uint32_t id,
		     const struct area **area);
unsigned front_limit(unsigned limit);
uint32_t *front_subtree(struct front *front, const struct area *top, size_t *found);
void front_answer_end(struct front *front, struct session *session, uint64_t request, uint32_t count, bool more,
		      uint32_t after);
/* Queries about what is offered and needed. (query_listings.c) */
void front_list_listings(struct front *front, struct session *session, const struct pd_message *query);
void front_list_matches(struct front *front, struct session *session, const struct pd_message *query);
/* Have a read started when the filling round is on disk. */
void front_read(struct front *front, struct read *read);
void front_drop_session(struct front *front, struct session *session, enum metrics_why why);

/* Tell the metrics: what this turn took in, after it; that what waited for the round has left; and once a second, if
 * they are served, how all stands. (measure.c) */
void front_measure_turn(struct front *front);
void front_measure_answered(struct round *round);
void front_measure(struct front *front);

static inline struct round *front_round(struct front *front)
{
	return &front->rounds[front->filling];
}

#endif
