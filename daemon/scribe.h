/* scribe.h - the journal's thread: writes and syncs one round at a time.
 *
 * Threads: the front gives and takes; the thread itself does nothing but write, sync, and prepare segments in a thread
 * of their own. A round that is alone may be written in the front's thread: to wake another one and be woken by it
 * takes as long as a quick disk does.
 */
#ifndef PAIDAN_SCRIBE_H
#define PAIDAN_SCRIBE_H

#include "journal.h"

struct scribe;

/* done is called in the scribe's thread when a round is on disk; it may only wake somebody. An error ends the process
 * with exit 111. */
PD_MUST_USE enum pd_err scribe_start(struct scribe **scribe, struct journal *journal, void (*done)(void *arg),
				     void *arg);
/* Finishes the round in hand. */
void scribe_stop(struct scribe *scribe);

/* Write and sync a round here and now, unless it is large, the disk is slow, or the thread is not at rest: then false,
 * and nothing is done. */
bool scribe_try(struct scribe *scribe, struct journal_round *round);
/* After scribe_try: do what the next round would have to wait for. */
void scribe_settle(struct scribe *scribe);
/* Give a round to be written; the one before must have been taken back. */
void scribe_give(struct scribe *scribe, struct journal_round *round);
/* Whether the round that was given is on disk; true once for each. */
bool scribe_take(struct scribe *scribe);

#endif
