/* rounds.h - roll-calls and rounds of visits as a micro-grid's leader does them: one household after the other is
 * answered for, until nobody is missing.
 *
 * Threads: one.
 */
#ifndef PAIDAN_ROUNDS_H
#define PAIDAN_ROUNDS_H

#include "agenda.h"
#include "chance.h"
#include "roster.h"
#include "tally.h"
#include "worker.h"

struct rounds;
struct round;

/* All households of the order are answered for; or it cannot go on, and is as far as it is. */
typedef void rounds_done_fn(struct worker_order *order, unsigned answered, void *arg);

/* All times are divided by speed. What is given is borrowed until rounds_free, which is to be called when the client
 * is closed. */
struct rounds *rounds_new(struct pd_client *client, struct roster *roster, struct chance *chance, double speed,
			  rounds_done_fn *done, void *arg);
void rounds_free(struct rounds *rounds);

/* Whether an order was handed out by a roll-call or a round of visits. */
bool rounds_is_one(const struct worker_order *order);
/* Begin with an order that is in hand. It is borrowed until rounds_drop. */
struct round *rounds_begin(struct rounds *rounds, struct worker_order *order);
/* Accepts null. */
void rounds_drop(struct round *round);

/* Answer for whom it is time. Returns how long to wait for the next, at most most_ms. */
int rounds_run(struct rounds *rounds, uint64_t now_ms, int most_ms);

/* Answers taken, and findings that became orders. */
void rounds_counts(const struct rounds *rounds, uint64_t *answers, uint64_t *findings);

#endif
