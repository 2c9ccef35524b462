/* check.h - whether what must always hold does hold of state, journal and book. Threads: one. */
#ifndef PAIDAN_SIM_CHECK_H
#define PAIDAN_SIM_CHECK_H

#include "core.h"

void check_init(void);
void check_fini(void);

/* The state as one number. */
uint64_t check_dump(const struct core *core);

/* An event of the order was applied: it is looked at after the callback. */
void check_touch(const struct pd_id *order);
/* The front has come back from a callback. */
void check_after_callback(void);
/* ... which was that of the timer by which the keeper is kept at work. */
void check_keeper_pace(void);
/* A frame is given to the front, and was dealt with: if nothing of it could be read, nothing has changed. */
void check_before_frame(void);
void check_after_frame(void);

/* The front has begun to run. */
void check_begin_life(void);
/* The store is open after a start, and the front does not run yet: what was on disk before is there. durable_seq: what
 * was on disk for certain. The model goes back to what is there. */
void check_recovered(uint64_t durable_seq);
/* State and book are what a replay makes. Returns false when rounds are under way, and this cannot be seen. */
bool check_replay(void);
/* Nothing is under way: everybody was answered. */
void check_quiet(void);

#endif
