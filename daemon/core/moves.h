/* moves.h - what the files that decide on moves share: moves.c those of the work, residents.c those of residents and
 * neighbours. Part of the core.
 */
#ifndef PAIDAN_MOVES_H
#define PAIDAN_MOVES_H

#include "state.h"

/* What does not bring an order further ends with the first, what is said once by each with the second. */
enum { MOVES_EVENTS_MAX = 1000, MOVES_EVENTS_LAST = 2000 };

/* A move that the order's version and state allow, on its way to an event or a refusal. */
struct move {
	const struct core *core;
	const struct order *order;
	const struct order_row *row;
	const struct pd_message *command;
	uint32_t actor;
	const struct person *person; /* the actor; null: nobody that there is */
	uint64_t now_ms;
	struct core_decision *decision;
	struct pd_order_event *event; /* the event's common part, filled with what stays as it is */
};

/* Each: whether it is so; if not, the move is refused. */
bool moves_need_requester(const struct move *move);
/* A person with a post of work at the holder or above it. */
bool moves_need_holder_or_above(const struct move *move);
/* The order has fewer events than this. */
bool moves_need_room(const struct move *move, uint32_t events_max);

/* The moves of residents.c, and what they do to an order and its followers. */
void residents_urge(const struct move *move);
void residents_follow(const struct move *move);
void residents_unfollow(const struct move *move);
void residents_merge(const struct move *move);
void residents_endorse(const struct move *move);
void residents_apply(struct core *core, struct order *order, const struct pd_message *event, uint64_t at);

#endif
