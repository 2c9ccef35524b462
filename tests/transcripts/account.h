/* account.h - what a transcript says of events, refusals and the state: one indented line each, on stdout. */
#ifndef PAIDAN_ACCOUNT_H
#define PAIDAN_ACCOUNT_H

#include "cast.h"
#include "core.h"

/* order is as the event has left it; null for the registry's. dated: say when, for it did not happen at the script's
 * time. */
void account_event(struct cast *cast, const struct core *core, const struct pd_message *event,
		   const struct order *order, bool dated);
/* The holder is told of an order; nothing is recorded. */
void account_warning(struct cast *cast, uint64_t now_ms, const struct order_row *row, enum pd_warning why);
void account_refused(struct cast *cast, const struct core_decision *decision);
/* looked_back: the order's story had to be read for it. */
void account_repeated(const struct core_decision *decision, bool looked_back);
void account_forgotten(size_t count);
void account_replay(uint64_t events, bool same);
/* How many areas, households, people and categories are in use. */
void account_registry(const struct registry *registry);

void account_order(struct cast *cast, const struct order_row *row);
/* Holder may be null: nothing was ever held there. */
/* Of an order that is in memory. */
void account_followers(struct cast *cast, const struct core *core, const struct order_row *row);
void account_queue(struct cast *cast, uint32_t area, struct holder *holder);
void account_figures(struct cast *cast, const struct core *core, const struct area *area);

/* A step of an explained route; arg is the cast. */
void account_step(const struct pd_route *row, void *arg);

#endif
