/* tally.h - what a campaign has reached, and what it should have. Threads: one. */
#ifndef PAIDAN_SIM_TALLY_H
#define PAIDAN_SIM_TALLY_H

#include <stdbool.h>
#include <stdint.h>

#include "proto.h"

/* Happenings that are no move and no refusal. Each is to be reached by a campaign. */
#define TALLY_LIST                                                                                                     \
	TALLY(LOST, "frames lost")                                                                                     \
	TALLY(DOUBLED, "frames doubled")                                                                               \
	TALLY(REPEATED, "repeats recognised by the row")                                                               \
	TALLY(LOOKED_BACK, "repeats recognised in the journal")                                                        \
	TALLY(FETCHED, "ended orders fetched back")                                                                    \
	TALLY(FORGOTTEN, "ended orders forgotten")                                                                     \
	TALLY(IMPORTED, "imports taken in")                                                                            \
	TALLY(TRIED, "imports tried only")                                                                             \
	TALLY(IMPORT_REFUSED, "imports refused")                                                                       \
	TALLY(IMPORT_CUT, "ends in the middle of an import")                                                           \
	TALLY(KILLED, "kills")                                                                                         \
	TALLY(POWER, "losses of power")                                                                                \
	TALLY(STOPPED, "orderly stops")                                                                                \
	TALLY(DISK_ENDED, "ends by a failing disk")                                                                    \
	TALLY(START_BROKEN, "starts broken off")                                                                       \
	TALLY(BEFORE_WRITE, "ends before a write")                                                                     \
	TALLY(BEFORE_SYNC, "ends between write and sync")                                                              \
	TALLY(BEFORE_ANSWERS, "ends between sync and answers")                                                         \
	TALLY(BEFORE_FORGET, "ends between keep and forget")                                                           \
	TALLY(TORN, "torn records cut off")                                                                            \
	TALLY(EVENTS_LOST, "starts with events gone that were not promised")                                           \
	TALLY(UNPROMISED_KEPT, "starts with events there that were not promised")                                      \
	TALLY(OLD_BOOK, "starts with an older book")                                                                   \
	TALLY(NO_BOOK, "starts without a book")                                                                        \
	TALLY(SEGMENTS, "segments filled")                                                                             \
	TALLY(KEPT, "batches kept")                                                                                    \
	TALLY(REPLAYED, "full replays compared")                                                                       \
	TALLY(DUMPS, "commands whose effect on the dump was looked at")                                                \
	TALLY(TOLD, "moves told to those concerned")                                                                   \
	TALLY(PUSHES, "pushes")                                                                                        \
	TALLY(NOT_ACCEPTED, "orders that climbed for nobody accepted them")                                            \
	TALLY(NOT_COMPLETED, "orders that climbed for they were not completed")                                        \
	TALLY(IDLE, "orders that climbed for their acceptor was silent")                                               \
	TALLY(STUCK, "orders that passed their last time")                                                             \
	TALLY(RESUMED, "orders that went on on their day")                                                             \
	TALLY(LEFT_ALONE, "stops for days")                                                                            \
	TALLY(CAUGHT_UP, "ticks with ten events and more")                                                             \
	TALLY(DUTY_GOES_ON, "orders of a duty that were not the first of their day")                                   \
	TALLY(PLAN_NOTICED, "notices sent by plans")                                                                   \
	TALLY(PLAN_CALLED, "roll-calls handed out by plans")                                                           \
	TALLY(PLAN_TOOK_ALONG, "notices that ended with their plan")                                                   \
	TALLY(LAPSE_CUT, "ends while orders were to lapse")                                                            \
	TALLY(HALF, "half times past")                                                                                 \
	TALLY(SOON, "last quarters of an hour begun")                                                                  \
	TALLY(WARNED, "warnings")                                                                                      \
	TALLY(PUBLISHED, "events published")                                                                           \
	TALLY(RELOADED, "reloads of the settings")

enum tally {
#define TALLY(name, words) TALLY_##name,
	TALLY_LIST
#undef TALLY
		TALLY_END
};

void tally_add(enum tally what);
void tally_add_many(enum tally what, uint64_t count);
/* An event was applied. */
void tally_event(enum pd_type type);
/* A refusal left the broker. */
void tally_refusal(enum pd_refusal refusal);
/* A command or query was answered otherwise. */
void tally_answer(enum pd_type type);
void tally_run(uint64_t steps);

/* Print the counts. If all is expected of it, return whether all was reached that can be, and say what was not. */
bool tally_print(bool all);

#endif
