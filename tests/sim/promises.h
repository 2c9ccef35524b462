/* promises.h - by when an order is to be accepted and completed and where it climbs to, as the messages' descriptions
 * have it; not as the core has it. Threads: one. */
#ifndef PAIDAN_SIM_PROMISES_H
#define PAIDAN_SIM_PROMISES_H

#include "registry.h"

/* From now_ms on, of a category's order with this urgency, at this holder, as the plan that is on there has it. */
uint64_t promise_accept(const struct registry *registry, uint32_t category, unsigned urgency, uint32_t holder,
			uint64_t now_ms);
uint64_t promise_complete(const struct registry *registry, uint32_t category, unsigned urgency, uint32_t holder,
			  uint64_t now_ms);
/* The same by a plan, whether it is on or not; 0: by none. */
uint64_t promise_accept_by(const struct registry *registry, uint32_t plan, uint32_t category, unsigned urgency,
			   uint32_t holder, uint64_t now_ms);
uint64_t promise_complete_by(const struct registry *registry, uint32_t plan, uint32_t category, unsigned urgency,
			     uint64_t now_ms);
/* A suspended order goes on at now_ms with so much left of its time. */
uint64_t promise_resumed(const struct registry *registry, uint32_t category, uint32_t left_s, uint64_t now_ms);
/* What is left at now_ms of the time to complete it. */
uint32_t promise_left(const struct registry *registry, uint32_t category, uint64_t now_ms, uint64_t due_ms);
/* When an acceptor is reminded who last said something at touched_ms or, if that was a reminder, loses the order;
 * UINT64_MAX: never. */
uint64_t promise_idle(const struct registry *registry, uint32_t category, uint64_t touched_ms);
/* Where an order climbs to from holder; holder itself at the top. */
uint32_t promise_above(const struct registry *registry, uint32_t category, uint32_t holder);

/* Whether the steps lead up to the district, each with a time of a minute to a year. */
bool promise_ladder_sound(struct pd_u64s steps);

#endif
