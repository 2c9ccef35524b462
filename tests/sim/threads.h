/* threads.h - the scribe's and the keeper's threads, as rows of steps: they stand in the place of scribe.c and
 * keeper.c.
 *
 * Between any two steps the broker may end. What a step finds wrong with the disk ends the broker, as in the threads
 * themselves. Threads: one.
 */
#ifndef PAIDAN_SIM_THREADS_H
#define PAIDAN_SIM_THREADS_H

#include <stdbool.h>
#include <stdint.h>

/* A life of the broker begins: all that the journal has is on disk. */
void threads_begin(void);

/* One thing each; false: there is nothing to do. */
bool threads_write_step(void);
bool threads_keep_step(void);
bool threads_prepare_step(void);

/* All events up to it are on the disk, as the disk says. */
uint64_t threads_durable_seq(void);
/* Whether a round is written and not synced. */
bool threads_unsynced(void);
/* Count where the broker has ended. */
void threads_tally_end(void);

#endif
