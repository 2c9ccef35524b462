/* replay.h - from the journal's events to a state and its book: at the start, when the book is rebuilt, and to verify.
 *
 * Invariant: what live rounds add to a batch and what a replay adds are the same (replay_batch_event,
 * replay_batch_state).
 */
#ifndef PAIDAN_REPLAY_H
#define PAIDAN_REPLAY_H

#include "book.h"
#include "fetch.h"
#include "journal.h"

/* What follows will happen to order: bring its row near. */
static inline void replay_batch_ahead(const struct book_batch *batch, const struct order *order)
{
	if (batch->first_seq && order->batch == batch->first_seq)
		fetch(batch->orders.data + order->batch_row * sizeof order->row, sizeof order->row);
}

/* Add to batch what event, which core has taken in, has changed. order: what it happened to. */
void replay_batch_event(struct book_batch *batch, const struct core *core, const struct pd_message *event,
			struct order *order);
/* Close batch: add the figures, notices and members that changed, and the state it leads to. at: the place of the last
 * event. */
void replay_batch_state(struct book_batch *batch, struct core *core, uint64_t at);

struct replay {
	struct core *core;                            /* the state before; gets the state after */
	struct journal_reader *journal;               /* is moved */
	struct book *book;                            /* is brought along; holds what core has forgotten */
	uint64_t to_seq;                              /* stop after this event; UINT64_MAX: at the journal's end */
	uint64_t events;                              /* gets the number of events replayed */
	uint64_t at;                                  /* the place of the last event; is moved on */
	void (*progress)(uint64_t events, void *arg); /* now and then; may be null */
	void *arg;
	char why[300]; /* what went wrong */
};

/* Replay the events after the core's last. PD_ECORRUPT: the journal is damaged, or does not fit the state. */
PD_MUST_USE enum pd_err replay_run(struct replay *replay);

/* Find a notice that has ended, and put it into memory; and a member of it, which belongs to it there until it is
 * forgotten. PD_ENOENT: there is none. */
PD_MUST_USE enum pd_err replay_fetch_notice(struct core *core, struct book_reader *reader, const struct pd_id *id);
PD_MUST_USE enum pd_err replay_fetch_member(struct core *core, struct book_reader *reader, const struct pd_id *owner,
					    uint32_t member);

/* Find an order that is not in memory, and put it there. PD_ENOENT: there is no such order. */
PD_MUST_USE enum pd_err replay_fetch(struct core *core, struct book_reader *reader, const struct pd_id *id);
/* Bring completed orders that are due at now_ms into memory, the earliest first, until so many of those that are there
 * are due: all that comes of fewer events than that at now_ms is as if every order were in memory. */
PD_MUST_USE enum pd_err replay_fetch_due(struct core *core, struct book_reader *reader, uint64_t now_ms, size_t limit);
/* The same for the listings that a command or an event names; those that there are not, are not. */
PD_MUST_USE enum pd_err replay_fetch_listings(struct core *core, struct book_reader *reader,
					      const struct pd_message *message);

#endif
