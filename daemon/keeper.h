/* keeper.h - the book's thread: takes one batch after the other into LMDB, at its own pace. Threads: the front gives
 * and takes. */
#ifndef PAIDAN_KEEPER_H
#define PAIDAN_KEEPER_H

#include "book.h"

struct keeper;

/* done is called in the keeper's thread when a batch is kept; it may only wake somebody. An error ends the process with
 * exit 111. */
PD_MUST_USE enum pd_err keeper_start(struct keeper **keeper, struct book *book, void (*done)(void *arg), void *arg);
/* Finishes the batch in hand. */
void keeper_stop(struct keeper *keeper);

/* Give a batch of synced rounds; the one before must have been taken back. */
void keeper_give(struct keeper *keeper, struct book_batch *batch);
/* Whether the batch that was given is kept; true once for each. */
bool keeper_take(struct keeper *keeper);

#endif
