/* ticks.h - what the clock brings: whether it comes in its order and in time, and leaves nothing behind.
 *
 * Once a second the broker does what is due. It may do a bounded number of things, the earliest first; when it has done
 * fewer, every open order has its next time before it, or has passed its last one and stays with the district.
 * Threads: one.
 */
#ifndef PAIDAN_SIM_TICKS_H
#define PAIDAN_SIM_TICKS_H

#include "proto.h"

void ticks_init(void);
void ticks_fini(void);
/* The broker has started: it may give each warning once more. */
void ticks_begin_life(void);

/* It is about to look at the clock, and has done so. */
void ticks_begin(void);
void ticks_end(void);
/* Whether event is what it has just found to be due. */
bool ticks_made(const struct pd_message *event);
/* A warning leaves for a peer. */
void ticks_warned(uint32_t peer, const struct pd_warned *warned);

#endif
