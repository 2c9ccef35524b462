/* import.c - a whole registry at once: tried on a copy row by row, and journaled only if all of it fits. */
#include <stdlib.h>

#include "buffer.h"
#include "codec.h"
#include "registry_kinds.h"
#include "rules.h"
#include "state.h"

struct core_import {
	struct registry *trial;
	uint64_t version; /* of the registry that the trial was made from */
	uint32_t rows;
	unsigned named; /* a bit for each kind that a row was of */
	uint64_t effects[REGISTRY_KINDS][REGISTRY_EFFECTS];
	struct pd_buffer events;
	uint64_t seq;
	enum pd_refusal refusal; /* of the first row at fault */
	uint64_t bad_row;
	struct pd_detail detail;
	struct table rows_of[REGISTRY_KINDS]; /* which row named an entity, for the check of the whole */
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
	for (int i = 0; i < REGISTRY_KINDS; i++)
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
	for (int i = 0; i < REGISTRY_KINDS; i++)
		free_rows(&import->rows_of[i]);
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
	import->effects[registry_kind_of(put->type)][decision.effect]++;
	if (decision.effect != REGISTRY_UNCHANGED) {
		decision.event.request = ++import->seq;
		decision.event.area_set.time_ms = now_ms;
		decision.event.area_set.actor = actor;
		pd_encode(&decision.event, &import->events);
		registry_apply(import->trial, &decision.event);
	}
	enum registry_kind kind = registry_kind_of(put->type);
	registry_find(import->trial, kind, put->put_area.area)->seen = true;
	import->named |= 1u << kind;
}

const struct registry *core_import_registry(const struct core_import *import)
{
	return import->trial;
}

void core_import_refuse(struct core_import *import, enum registry_kind kind, uint32_t id, enum pd_refusal refusal,
			struct pd_detail detail)
{
	const struct named *named = table_find(&import->rows_of[kind], &id);
	if (import->refusal)
		return;
	import->refusal = refusal;
	import->bad_row = named ? named->row : 0;
	import->detail = detail;
}

void core_import_put(struct core_import *import, const struct pd_message *put, uint32_t actor, uint64_t now_ms)
{
	import->rows++;
	if (import->refusal)
		return;
	remember_row(&import->rows_of[registry_kind_of(put->type)], put->put_area.area, put->request);
	take(import, put, actor, now_ms);
}

static void retire(struct core_import *import, enum registry_kind kind, const struct entity *entity, uint32_t actor,
		   uint64_t now_ms)
{
	struct pd_message put;
	registry_put_of(import->trial, kind, entity, &put);
	*registry_put_retired(&put) = true;
	take(import, &put, actor, now_ms);
}

/* level: of areas, those of this level alone. */
static void retire_unseen(struct core_import *import, enum registry_kind kind, unsigned level, uint32_t actor,
			  uint64_t now_ms)
{
	size_t count;
	void *const *entities = registry_sorted(import->trial, kind, &count);
	for (size_t i = 0; i < count && !import->refusal; i++) {
		const struct entity *entity = entities[i];
		if (!entity->event || entity->retired || entity->seen ||
		    (kind == REGISTRY_AREAS && ((struct area *)entities[i])->level != level))
			continue;
		retire(import, kind, entity, actor, now_ms);
	}
}

/* From the leaves to the root, so that nothing is retired that others still depend on. */
static void retire_rest(struct core_import *import, uint32_t actor, uint64_t now_ms)
{
	retire_unseen(import, REGISTRY_PEOPLE, 0, actor, now_ms);
	retire_unseen(import, REGISTRY_HOUSEHOLDS, 0, actor, now_ms);
	retire_unseen(import, REGISTRY_CATEGORIES, 0, actor, now_ms);
	/* An import that says nothing of a kind of setup leaves it alone. */
	for (enum registry_kind kind = REGISTRY_CATEGORIES + 1; kind < REGISTRY_KINDS; kind++)
		if (import->named & 1u << kind)
			retire_unseen(import, kind, 0, actor, now_ms);
	for (unsigned level = PD_level_microgrid; level >= PD_level_district; level--)
		retire_unseen(import, REGISTRY_AREAS, level, actor, now_ms);
}

static void check_rules(struct core_import *import)
{
	uint32_t id;
	struct pd_detail detail;
	enum pd_refusal refusal = rules_check(import->trial, &id, &detail);
	if (refusal)
		core_import_refuse(import, REGISTRY_RULES, id, refusal, detail);
}

static void check_whole(struct core_import *import)
{
	enum registry_kind kind;
	uint32_t id;
	import->refusal = registry_check(import->trial, &kind, &id);
	if (!import->refusal)
		return check_rules(import);
	const struct named *named = table_find(&import->rows_of[kind], &id);
	import->bad_row = named ? named->row : 0;
	import->detail = kind == REGISTRY_PEOPLE ? PD_DETAIL(import_person, PD_NUMBER(id))
						 : PD_DETAIL(import_household, PD_NUMBER(id));
}

/* The trial knows of no orders; and some may have come to an area since it was made. */
static void check_retired_areas(struct core_import *import, const struct core *core)
{
	size_t count;
	void *const *areas = registry_sorted(core->registry, REGISTRY_AREAS, &count);
	for (size_t i = 0; i < count; i++) {
		const struct area *area = areas[i];
		uint64_t open_orders = holder_open_orders(area->holder);
		if (open_orders == 0 || !registry_area(import->trial, area->id)->retired)
			continue;
		core_import_refuse(import, REGISTRY_AREAS, area->id, PD_REFUSED_in_use,
				   PD_DETAIL(area_has_orders, PD_NUMBER(area->id), PD_NUMBER(open_orders)));
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
