#include "core.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "fetch.h"
#include "state.h"

struct core *core_new(uint64_t hash_seed, const struct core_periods *periods)
{
	struct core *core = calloc(1, sizeof *core);
	if (!core)
		abort();
	core->registry = registry_new(hash_seed);
	core->periods = *periods;
	slab_init(&core->order_slab, sizeof(struct order));
	table_init(&core->orders, offsetof(struct order, row.id), sizeof(struct pd_id), hash_seed);
	table_init(&core->holders, offsetof(struct holder, area), sizeof(uint32_t), hash_seed);
	table_init(&core->origins, offsetof(struct origin, area), sizeof(uint32_t), hash_seed);
	TAILQ_INIT(&core->done);
	members_init(&core->members, hash_seed);
	TAILQ_INIT(&core->sweep.holders);
	listings_init(&core->listings, hash_seed);
	core->duties.version = UINT64_MAX;
	notices_init(&core->notices, hash_seed);
	lapse_init(&core->lapses, hash_seed);
	return core;
}

static void free_entries(struct table *table)
{
	size_t at = 0;
	for (void *entry; (entry = table_next(table, &at));)
		free(entry);
	table_fini(table);
}

void core_free(struct core *core)
{
	if (!core)
		return;
	table_fini(&core->orders);
	slab_fini(&core->order_slab);
	free_entries(&core->holders);
	free_entries(&core->origins);
	timers_fini(&core->timers);
	members_fini(&core->members);
	listings_fini(&core->listings);
	notices_fini(&core->notices);
	lapse_fini(&core->lapses);
	registry_free(core->registry);
	free(core);
}

void core_set_periods(struct core *core, const struct core_periods *periods)
{
	core->periods = *periods;
}

void core_set_memory(struct core *core, const struct slab_source *source)
{
	core->order_slab.source = core->orders.source = source;
}

void core_set_map(struct core *core, const struct core_map *map)
{
	core->map = *map;
}

const struct registry *core_registry(const struct core *core)
{
	return core->registry;
}

uint64_t core_last_seq(const struct core *core)
{
	return core->last_seq;
}

uint64_t core_last_ms(const struct core *core)
{
	return core->last_ms;
}

/* A command's order is looked for by each who has to do with it. */
struct order *core_order(const struct core *constant, const struct pd_id *id)
{
	struct core *core = (struct core *)constant; /* what was found is a cache */
	if (!core->found || memcmp(&core->found->row.id, id, sizeof *id) != 0)
		core->found = table_find(&core->orders, id);
	return core->found;
}

struct holder *core_holder(const struct core *core, uint32_t area)
{
	return table_find(&core->holders, &area);
}

const struct away_list *core_away(const struct core *core, uint32_t area)
{
	const struct origin *origin = table_find(&core->origins, &area);
	return origin ? &origin->away : NULL;
}

size_t core_order_count(const struct core *core)
{
	return core->orders.count;
}

size_t core_holder_count(const struct core *core)
{
	return core->holders.count;
}

void core_refuse(struct core_decision *decision, enum pd_refusal refusal, struct pd_detail detail)
{
	decision->outcome = CORE_REFUSED;
	decision->refusal = refusal;
	decision->detail = detail;
}

static struct order *apply_order(struct core *core, const struct pd_message *event, uint64_t at)
{
	static const struct pd_id none;
	struct order *order = life_apply(core, event, at);
	if (event->type == PD_MSG_submitted && event->submitted.duty)
		duties_apply(core, &event->submitted);
	if (event->type == PD_MSG_submitted && memcmp(&event->submitted.notice, &none, sizeof none) != 0)
		notice_handed_out(core, &event->submitted, order);
	return order;
}

static void apply_registry(struct core *core, const struct pd_message *event)
{
	reroute_registry_changes(core, event);
	registry_apply(core->registry, event);
	reroute_registry_changed(core);
	if (event->type == PD_MSG_mode_ended)
		core->notices.plan_ended = true;
}

static void apply_notice(struct core *core, const struct pd_message *event, uint64_t at)
{
	notice_apply(core, event, at);
	if (event->type == PD_MSG_notified && event->notified.plan)
		modes_told(core, &event->notified);
}

struct order *core_apply(struct core *core, const struct pd_message *event, uint64_t at)
{
	uint64_t time_ms = event->order_event.time_ms;
	core->last_seq = event->request;
	if (time_ms > core->last_ms)
		core->last_ms = time_ms;
	if (pd_is_order_event(event->type))
		return apply_order(core, event, at);
	if (pd_is_listing_event(event->type))
		listings_apply(core, event, at);
	else if (pd_is_notice_event(event->type))
		apply_notice(core, event, at);
	else
		apply_registry(core, event);
	return NULL;
}

void core_event_areas(const struct pd_message *event, uint32_t areas[static 2])
{
	areas[0] = areas[1] = 0;
	switch (event->type) {
	case PD_MSG_area_set: areas[0] = event->area_set.area; break;
	case PD_MSG_household_set: areas[0] = event->household_set.area; break;
	case PD_MSG_person_set: areas[0] = event->person_set.area; break;
	case PD_MSG_mode_begun: areas[0] = event->mode_begun.area; break;
	case PD_MSG_mode_ended: areas[0] = event->mode_ended.area; break;
	case PD_MSG_claimed: areas[1] = event->claimed.by; break;
	case PD_MSG_fulfilled: areas[1] = event->fulfilled.by; break;
	case PD_MSG_notified: areas[0] = event->notified.area; break;
	case PD_MSG_answered: areas[0] = event->answered.area; break;
	case PD_MSG_missing_reminded: areas[0] = event->missing_reminded.area; break;
	case PD_MSG_notice_ended: areas[0] = event->notice_ended.area; break;
	default: break;
	}
	if (pd_is_listing_event(event->type))
		areas[0] = event->listing_event.area;
}

/* Bring what it takes to forget an order near, while the one before it is forgotten. */
static void ahead_to_forget(const struct core *core, const struct order *order)
{
	if (!order)
		return;
	const struct order *next = TAILQ_NEXT(order, by_age);
	table_prefetch(&core->orders, &order->row.id);
	if (next) {
		fetch(&next->row.id, sizeof next->row.id);
		fetch(&next->by_age, sizeof next->by_age);
		fetch(&next->timer, sizeof next->timer);
	}
}

size_t core_forget(struct core *core, uint64_t kept_seq, size_t limit, struct pd_id *last,
		   void (*gone)(struct order *order, void *arg), void *arg)
{
	size_t count = 0;
	struct order *order;
	while (count < limit && (order = TAILQ_FIRST(&core->done)) && order->row.last_seq <= kept_seq) {
		if (last && memcmp(&order->row.id, last, sizeof *last) > 0)
			*last = order->row.id;
		ahead_to_forget(core, TAILQ_NEXT(order, by_age));
		if (gone)
			gone(order, arg);
		TAILQ_REMOVE(&core->done, order, by_age);
		timers_remove(&core->timers, order);
		members_forget(&core->members, &order->row.id);
		table_remove(&core->orders, &order->row.id);
		slab_give(&core->order_slab, order);
		count++;
	}
	if (count)
		core->found = NULL;
	return count;
}

struct order *core_restore(struct core *core, const struct order_row *row)
{
	struct order *order = slab_take(&core->order_slab);
	order->row = *row;
	order->timer = TIMER_NONE;
	order->holder = life_holder(core, row->holder);
	order->category = registry_category(core->registry, row->category);
	table_add(&core->orders, order);
	life_enter(core, order);
	if (row->handed_out && order_is_queued(row))
		lapse_order(core, row);
	if (!order_is_queued(row)) { /* it is in the book, and may go before those that are not */
		TAILQ_REMOVE(&core->done, order, by_age);
		TAILQ_INSERT_HEAD(&core->done, order, by_age);
	}
	return order;
}

void core_restore_figures(struct core *core, uint32_t area, const struct figures *figures)
{
	life_holder(core, area)->figures = *figures;
}

void core_restore_end(struct core *core, uint64_t last_seq, uint64_t last_ms)
{
	size_t at = 0;
	for (struct holder *holder; (holder = table_next(&core->holders, &at));)
		life_sort_by_age(holder);
	reroute_mark_all(core);
	lapse_loaded(core);
	core->notices.plan_ended = true;
	core->last_seq = last_seq;
	core->last_ms = last_ms;
}

void core_begin(struct core *core)
{
	size_t at = 0;
	for (struct order *order; (order = table_next(&core->orders, &at));)
		if (order_is_open(&order->row))
			life_begin_alarm(core, order);
}

const struct member *core_member(const struct core *core, const struct pd_id *owner, uint32_t member)
{
	return members_find(&core->members, owner, member);
}

const struct member_list *core_members(const struct core *core, const struct pd_id *owner)
{
	return members_of(&core->members, owner);
}

struct member *core_take_changed_members(struct core *core)
{
	return members_take_changed(&core->members);
}

void core_restore_member(struct core *core, const struct member_row *row)
{
	members_restore(&core->members, row);
}

/* ---- who may do what ---- */

static bool is_working_post(unsigned post)
{
	return post >= PD_post_centre && post != PD_post_courier;
}

enum pd_refusal core_entitled(const struct core *core, uint32_t person, uint32_t actor)
{
	if (person == actor || person == 0)
		return PD_REFUSED_none;
	const struct person *speaker = registry_person(core->registry, person);
	if (speaker && !speaker->retired && speaker->post == PD_post_administrator)
		return PD_REFUSED_none;
	return PD_REFUSED_not_entitled;
}

bool core_works_for(const struct core *core, uint32_t person, uint32_t area)
{
	if (person == 0)
		return true;
	const struct person *entity = registry_person(core->registry, person);
	if (!entity || entity->retired || !is_working_post(entity->post))
		return false;
	if (entity->area == area)
		return true;
	const struct area *held = registry_area(core->registry, area);
	const struct area *post_area = registry_area(core->registry, entity->area);
	return entity->post == PD_post_administrator || (held && post_area && area_within(held, post_area));
}

bool core_may_read(const struct core *core, uint32_t person)
{
	if (person == 0)
		return true;
	const struct person *entity = registry_person(core->registry, person);
	return entity && !entity->retired && is_working_post(entity->post);
}
