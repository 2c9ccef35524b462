/* loop.h - libuv, as far as the front uses it, on virtual time: it stands in the place of the library.
 *
 * uv_run lets the world take steps until the broker ends or stops; one of these steps is a turn of the loop, in libuv's
 * order: timers, prepare, what came (signals, wake, work that is done), check. Threads: one.
 */
#ifndef PAIDAN_SIM_LOOP_H
#define PAIDAN_SIM_LOOP_H

#include <stdbool.h>

/* A turn of the loop, if anything has come for it; false: it sleeps on. */
bool loop_turn(void);
/* One of libuv's threads works on: a read is done, and will be told of in some turn. */
bool loop_work_step(void);
void loop_signal(int number);

#endif
