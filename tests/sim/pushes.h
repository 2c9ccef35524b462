/* pushes.h - whether what is pushed is as it was on disk, and no more than the worker has credit for. Threads: one. */
#ifndef PAIDAN_SIM_PUSHES_H
#define PAIDAN_SIM_PUSHES_H

#include "proto.h"

/* A peer was told that it has this credit for an area. */
void pushes_credit(uint32_t peer, uint32_t area, uint16_t credit);
/* A peer was welcomed as speaking for person: what leaves from here on is for them. */
void pushes_greeted(uint32_t peer, uint32_t person);
/* Whether the peer was told that it works for the area. */
bool pushes_works_for(uint32_t peer, uint32_t area);
/* A push leaves for a peer. */
void pushes_leave(uint32_t peer, const struct pd_push *push);
/* Somebody is told of a move: it must be one that concerns them. */
void pushes_told(uint32_t peer, struct pd_slice event);
/* The peer works for nobody any more. */
void pushes_forget(uint32_t peer);
void pushes_forget_all(void);
/* To be called often enough: which sessions are no more. */
void pushes_look_at_sessions(void);
/* Nothing is under way: whoever has credit left has all that waits. */
void pushes_check_none_left(void);

#endif
