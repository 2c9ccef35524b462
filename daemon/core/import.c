/* import.c - a whole registry at once: tried on a copy row by row, and journaled only if all of it fits. */
#include <stdlib.h>

#include "buffer.h"
#include "codec.h"
#include "state.h"

struct core_import {
	struct registry *trial;
	uint64_t version; /* of the registry that the trial was made from */
	uint32_t rows;
	uint64_t effects[REGISTRY_KINDS][REGISTRY_EFFECTS];
	struct pd_buffer events;
	uint64_t seq;
	enum pd_refusal refusal; /* of the first row at fault */
	uint64_t bad_row;
	struct pd_detail detail;
	struct table rows_of[2]; /* households and people: which row named them, for the check of the whole */
};

struct named {
	uint32_t id;
	uint64_t row;
};

struct core_import *core_import_new(const struct core *core)
{
	struct core_import *import = calloc(1, sizeof *import);
	if (!import)
		abort();
	import->trial = registry_clone(core->registry);
	import->version = registry_version(core->registry);
	for (int i = 0; i < 2; i++)
		table_init(&import->rows_of[i], 0, sizeof(uint32_t), core->orders.seed);
	return import;
}

static void free_rows(struct table *table)
{
	size_t at = 0;
	for (void *entry; (entry = table_next(table, &at));)
		free(entry);
	table_fini(table);
}

void core_import_free(struct core_import *import)
{
	if (!import)
		return;
	registry_free(import->trial);
	pd_buffer_fini(&import->events);
	free_rows(&import->rows_of[0]);
	free_rows(&import->rows_of[1]);
	free(import);
}

static void remember_row(struct table *table, uint32_t id, uint64_t row)
{
	struct named *named = table_find(table, &id);
	if (!named) {
		named = calloc(1, sizeof *named);
		if (!named)
			abort();
		named->id = id;
		table_add(table, named);
	}
	named->row = row;
}

static enum registry_kind kind_of(const struct pd_message *put)
{
	return (enum registry_kind)(put->type - PD_MSG_put_area);
}
_Static_assert(PD_MSG_put_category - PD_MSG_put_area == REGISTRY_CATEGORIES,
	       "the put_ messages are in the order of the kinds");

static void mark_seen(struct registry *trial, const struct pd_message *put)
{
	switch (kind_of(put)) {
	case REGISTRY_AREAS: registry_area(trial, put->put_area.area)->seen = true; break;
	case REGISTRY_HOUSEHOLDS: registry_household(trial, put->put_household.household)->seen = true; break;
	case REGISTRY_PEOPLE: registry_person(trial, put->put_person.person)->seen = true; break;
	default: registry_category(trial, put->put_category.category)->seen = true; break;
	}
}

static void take(struct core_import *import, const struct pd_message *put, uint32_t actor, uint64_t now_ms)
{
	struct registry_decision decision;
	registry_decide(import->trial, put, true, &decision);
	if (decision.refusal) {
		import->refusal = decision.refusal;
		import->bad_row = put->request;
		import->detail = decision.detail;
		return;
	}
	import->effects[kind_of(put)][decision.effect]++;
	if (decision.effect != REGISTRY_UNCHANGED) {
		decision.event.request = ++import->seq;
		decision.event.area_set.time_ms = now_ms;
		decision.event.area_set.actor = actor;
		pd_encode(&decision.event, &import->events);
		registry_apply(import->trial, &decision.event);
	}
	mark_seen(import->trial, put);
}

void core_import_put(struct core_import *import, const struct pd_message *put, uint32_t actor, uint64_t now_ms)
{
	import->rows++;
	if (import->refusal)
		return;
	if (put->type == PD_MSG_put_household)
		remember_row(&import->rows_of[0], put->put_household.household, put->request);
	else if (put->type == PD_MSG_put_person)
		remember_row(&import->rows_of[1], put->put_person.person, put->request);
	take(import, put, actor, now_ms);
}

/* The put_ message that retires an entity; false when there is nothing to retire. */
static bool retirement(enum registry_kind kind, const void *entity, struct pd_message *put)
{
	*put = (struct pd_message){.type = PD_MSG_put_area + kind};
	if (kind == REGISTRY_AREAS) {
		const struct area *a = entity;
		put->put_area = (struct pd_put_area){.area = a->id,
						     .parent = a->parent ? a->parent->id : 0,
						     .level = a->level,
						     .kind = a->kind,
						     .name = a->name,
						     .retired = true};
		return !a->retired && !a->seen && a->event;
	}
	if (kind == REGISTRY_HOUSEHOLDS) {
		const struct household *h = entity;
		put->put_household = (struct pd_put_household){.household = h->id,
							       .area = h->area,
							       .centre = h->centre,
							       .address = h->address,
							       .lon_e7 = h->lon_e7,
							       .lat_e7 = h->lat_e7,
							       .retired = true};
		return !h->retired && !h->seen;
	}
	if (kind == REGISTRY_PEOPLE) {
		const struct person *p = entity;
		put->put_person = (struct pd_put_person){.person = p->id,
							 .post = p->post,
							 .area = p->area,
							 .household = p->household,
							 .name = p->name,
							 .phone = p->phone,
							 .retired = true};
		return !p->retired && !p->seen;
	}
	const struct category *c = entity;
	put->put_category = (struct pd_put_category){.category = c->id,
						     .name = c->name,
						     .level = c->level,
						     .urgency = c->urgency,
						     .accept_within_s = c->accept_within_s,
						     .complete_within_s = c->complete_within_s,
						     .retired = true};
	return !c->retired && !c->seen;
}

static void retire_unseen(struct core_import *import, enum registry_kind kind, unsigned level, uint32_t actor,
			  uint64_t now_ms)
{
	size_t count;
	void *const *entities = registry_sorted(import->trial, kind, &count);
	for (size_t i = 0; i < count && !import->refusal; i++) {
		struct pd_message put;
		if (kind == REGISTRY_AREAS && ((const struct area *)entities[i])->level != level)
			continue;
		if (retirement(kind, entities[i], &put))
			take(import, &put, actor, now_ms);
	}
}

/* From the leaves to the root, so that nothing is retired that others still depend on. */
static void retire_rest(struct core_import *import, uint32_t actor, uint64_t now_ms)
{
	retire_unseen(import, REGISTRY_PEOPLE, 0, actor, now_ms);
	retire_unseen(import, REGISTRY_HOUSEHOLDS, 0, actor, now_ms);
	retire_unseen(import, REGISTRY_CATEGORIES, 0, actor, now_ms);
	for (unsigned level = PD_level_microgrid; level >= PD_level_district; level--)
		retire_unseen(import, REGISTRY_AREAS, level, actor, now_ms);
}

static void check_whole(struct core_import *import)
{
	enum registry_kind kind;
	uint32_t id;
	import->refusal = registry_check(import->trial, &kind, &id);
	if (!import->refusal)
		return;
	const struct named *named = table_find(&import->rows_of[kind == REGISTRY_PEOPLE], &id);
	import->bad_row = named ? named->row : 0;
	import->detail = kind == REGISTRY_PEOPLE ? PD_DETAIL(import_person, PD_NUMBER(id))
						 : PD_DETAIL(import_household, PD_NUMBER(id));
}

/* Orders may have come to an area since the trial was made. */
static void check_retired_areas(struct core_import *import, const struct core *core)
{
	size_t count;
	void *const *areas = registry_sorted(core->registry, REGISTRY_AREAS, &count);
	for (size_t i = 0; i < count; i++) {
		const struct area *area = areas[i];
		if (area->open_orders == 0 || !registry_area(import->trial, area->id)->retired)
			continue;
		import->refusal = PD_REFUSED_in_use;
		import->detail = PD_DETAIL(area_has_orders, PD_NUMBER(area->id), PD_NUMBER(area->open_orders));
		return;
	}
}

enum pd_refusal core_import_finish(struct core_import *import, const struct core *core, bool complete, uint32_t actor,
				   uint64_t now_ms, uint64_t *row, struct pd_detail *detail)
{
	if (!import->refusal && import->version != registry_version(core->registry)) {
		import->refusal = PD_REFUSED_import_busy;
		import->detail = PD_DETAIL(import_overtaken);
	}
	if (!import->refusal && complete)
		retire_rest(import, actor, now_ms);
	if (!import->refusal)
		check_whole(import);
	if (!import->refusal)
		check_retired_areas(import, core);
	*row = import->bad_row;
	*detail = import->detail;
	return import->refusal;
}

uint32_t core_import_rows(const struct core_import *import)
{
	return import->rows;
}

const uint64_t (*core_import_effects(const struct core_import *import))[REGISTRY_EFFECTS]
{
	return import->effects;
}

const char *core_import_events(const struct core_import *import, size_t *bytes)
{
	*bytes = import->events.count;
	return import->events.data;
}
