#include "world.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "front.h"
#include "id.h"
#include "start.h"

/* A record is written when so much has come together: nobody waits for an answer here. */
enum { ROUND_EVENTS = 5000 };

struct world {
	struct world_options options;
	struct config config;
	struct store store;
	struct journal_round round;
	struct dice dice;
	struct core_decision decision;
	uint64_t now_ms, events;
};

static _Noreturn void die(const char *what, const char *why)
{
	fprintf(stderr, "paidan-year: %s: %s\n", what, why);
	exit(111);
}

struct world *world_open(const struct world_options *options)
{
	struct world *world = calloc(1, sizeof *world);
	char why[400];
	if (!world)
		abort();
	world->options = *options;
	dice_init(&world->dice, options->seed);
	world->config = (struct config){
		.segment_mib = 64, .confirm_days = 7, .reopen_days = 15, .reopen_max = 3, .urge_every_minutes = 60};
	snprintf(world->config.data, sizeof world->config.data, "%s", options->data);
	if (start_store(&world->config, &world->store, why))
		die(options->data, why);
	world->now_ms = core_last_ms(world->store.core);
	journal_round_begin(&world->round, journal_end(world->store.journal), core_last_seq(world->store.core) + 1, 0);
	return world;
}

static void write_round(struct world *world)
{
	bool made;
	if (world->round.count == 0)
		return;
	if (journal_write(world->store.journal, &world->round) || journal_sync(world->store.journal) ||
	    journal_prepare(world->store.journal, &made))
		die("the journal", "it cannot be written");
	journal_round_begin(&world->round, journal_end(world->store.journal), core_last_seq(world->store.core) + 1,
			    world->now_ms);
}

void world_close(struct world *world)
{
	write_round(world);
	journal_round_fini(&world->round);
	start_close(&world->store);
	free(world);
}

struct core *world_core(struct world *world)
{
	return world->store.core;
}

struct dice *world_dice(struct world *world)
{
	return &world->dice;
}

uint64_t world_now_ms(const struct world *world)
{
	return world->now_ms;
}

uint64_t world_events(const struct world *world)
{
	return world->events;
}

static void emit(struct world *world, const struct pd_message *event)
{
	const struct order *before =
		pd_is_order_event(event->type) ? core_order(world->store.core, &event->order_event.order) : NULL;
	if (world->round.count == 0)
		world->round.time_ms = world->now_ms;
	uint64_t at = journal_round_add(&world->round, event, before ? before->row.last_at : 0);
	const struct order *order = core_apply(world->store.core, event, at);
	world->events++;
	world->options.happened(event, order, world->options.arg);
	if (world->round.count >= ROUND_EVENTS)
		write_round(world);
}

void world_pass(struct world *world, uint64_t ms)
{
	struct core_due_thing thing;
	for (uint64_t due_ms; (due_ms = core_next_due(world->store.core)) <= ms;) {
		world->now_ms = due_ms > world->now_ms ? due_ms : world->now_ms;
		if (core_decide_due(world->store.core, world->now_ms, &thing) == CORE_DUE_EVENT)
			emit(world, &thing.event);
	}
	world->now_ms = ms > world->now_ms ? ms : world->now_ms;
}

const struct core_decision *world_do(struct world *world, const struct pd_message *command, uint32_t actor)
{
	core_decide(world->store.core, command, actor, world->now_ms, &world->decision);
	if (world->decision.outcome == CORE_EVENT) {
		struct pd_message event = world->decision.event;
		emit(world, &event);
	}
	return &world->decision;
}

struct pd_id world_id(struct world *world)
{
	uint8_t random[10];
	dice_fill(&world->dice, random, sizeof random);
	return pd_id_make(world->now_ms, random);
}
