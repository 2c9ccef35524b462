/* ahead.c - what a command will look at, brought into the cache before its turn comes.
 *
 * A district has more orders, queues and people than the cache has room for, and memory takes as long as a command
 * takes otherwise. So several commands are looked at together, step by step: what the first steps name is there when
 * the next ones follow it. All of it is a guess; a wrong one costs nothing but time.
 */
#include "fetch.h"
#include "registry_kinds.h"
#include "state.h"

static const struct table *table_of(const struct core *core, enum registry_kind kind)
{
	return &core->registry->tables[kind];
}

/* The holder of the area that a submit names: where its order will probably wait. */
static const struct holder *submit_holder(const struct core *core, const struct pd_submit *submit)
{
	const struct area *area = table_guess(table_of(core, REGISTRY_AREAS), &submit->area);
	return area ? area->holder : NULL;
}

void core_ahead_slots(const struct core *core, const struct pd_message *command, uint32_t actor)
{
	table_prefetch(&core->orders, &command->order_command.order);
	if (actor)
		table_prefetch(table_of(core, REGISTRY_PEOPLE), &actor);
	if (command->type == PD_MSG_submit && command->submit.area)
		table_prefetch(table_of(core, REGISTRY_AREAS), &command->submit.area);
}

void core_ahead_entries(const struct core *core, const struct pd_message *command, uint32_t actor)
{
	if (command->type == PD_MSG_submit)
		fetch(table_guess(table_of(core, REGISTRY_AREAS), &command->submit.area), sizeof(struct area));
	else
		fetch(table_guess(&core->orders, &command->order_command.order), sizeof(struct order));
	if (actor)
		fetch(table_guess(table_of(core, REGISTRY_PEOPLE), &actor), sizeof(struct person));
}

/* Of the figures, the counts of what happened, not the histograms. */
struct core_likely core_ahead_holder(const struct core *core, const struct pd_message *command)
{
	struct core_likely likely = {NULL, NULL};
	if (command->type == PD_MSG_submit)
		likely.holder = submit_holder(core, &command->submit);
	else
		likely.order = table_guess(&core->orders, &command->order_command.order);
	if (likely.order)
		likely.holder = likely.order->holder;
	fetch(likely.holder, offsetof(struct holder, figures.accept_counts));
	return likely;
}
