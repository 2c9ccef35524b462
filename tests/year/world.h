/* world.h - a data folder in virtual time: commands are decided and applied by the real core, and their events go to
 * the real journal. There is no paidand, no network and no waiting: a year passes in a minute.
 *
 * A failure of the disk, or a command that was refused where it should not be, ends the program. Threads: one.
 */
#ifndef PAIDAN_YEAR_WORLD_H
#define PAIDAN_YEAR_WORLD_H

#include "core.h"
#include "sim/dice.h"

struct world;

struct world_options {
	const char *data;
	uint64_t seed;
	/* Every event after it was applied; order is null for what is no order's. */
	void (*happened)(const struct pd_message *event, const struct order *order, void *arg);
	void *arg;
};

/* Open the data folder, with all that it holds. */
struct world *world_open(const struct world_options *options);
/* All is on disk afterwards. */
void world_close(struct world *world);

struct core *world_core(struct world *world);
struct dice *world_dice(struct world *world);
uint64_t world_now_ms(const struct world *world);
uint64_t world_events(const struct world *world);

/* Time passes to ms, and what is due meanwhile happens at its time. */
void world_pass(struct world *world, uint64_t ms);
/* Have a command decided and done; returns the decision, which lives until the next call. */
const struct core_decision *world_do(struct world *world, const struct pd_message *command, uint32_t actor);
/* A new id of now. */
struct pd_id world_id(struct world *world);

#endif
