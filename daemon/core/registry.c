/* registry.c - the entities: found, set by their events, copied; registry_decide.c says which may be set. */
#include "registry_kinds.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "calendar.h"
#include "codec.h"
#include "deadline.h"
#include "duty.h"
#include "modes.h"

/* What is to be known of a kind beside its struct. */
struct kind {
	enum pd_type put, set;
	enum pd_type unset; /* another event that sets it; none for most */
	size_t bytes;
	uint16_t slices[3]; /* where the entity has texts that point into its event; 0: no more */
	/* What it keeps of its own, whatever an event says, is put into the event; null: nothing. */
	void (*merge)(const void *entity, struct pd_message *event);
	void (*apply)(struct registry *registry, void *entity, const struct pd_message *event);
};
static const struct kind kinds[REGISTRY_KINDS];

/* All _set events have the id behind their head, all put_ commands at their beginning. */
#define ID_FIRST(name)                                                                                                 \
	_Static_assert(offsetof(struct pd_##name##_set, name) == offsetof(struct pd_area_set, area) &&                 \
			       offsetof(struct pd_put_##name, name) == 0,                                              \
		       #name " has its id first")
ID_FIRST(area);
ID_FIRST(household);
ID_FIRST(person);
ID_FIRST(category);
ID_FIRST(calendar);
ID_FIRST(ladder);
ID_FIRST(rule);
_Static_assert(offsetof(struct pd_shape_set, area) == offsetof(struct pd_area_set, area) &&
		       offsetof(struct pd_put_shape, area) == 0,
	       "a shape has its area first");
ID_FIRST(duty);
ID_FIRST(plan);
_Static_assert(offsetof(struct pd_mode_begun, plan) == offsetof(struct pd_area_set, area) &&
		       offsetof(struct pd_mode_ended, plan) == offsetof(struct pd_area_set, area),
	       "a mode has its plan first");

struct registry *registry_new(uint64_t hash_seed)
{
	struct registry *registry = calloc(1, sizeof *registry);
	if (!registry)
		abort();
	registry->decoder = pd_decoder_new();
	if (!registry->decoder)
		abort();
	for (int kind = 0; kind < REGISTRY_KINDS; kind++)
		table_init(&registry->tables[kind], 0, sizeof(uint32_t), hash_seed);
	return registry;
}

void registry_free(struct registry *registry)
{
	if (!registry)
		return;
	for (enum registry_kind kind = 0; kind < REGISTRY_KINDS; kind++) {
		size_t at = 0;
		for (struct entity *entity; (entity = table_next(&registry->tables[kind], &at));) {
			free(entity->event);
			free(entity);
		}
		table_fini(&registry->tables[kind]);
		free(registry->sorted[kind]);
	}
	pd_decoder_free(registry->decoder);
	free(registry);
}

uint64_t registry_version(const struct registry *registry)
{
	return registry->version;
}

uint64_t registry_kind_version(const struct registry *registry, enum registry_kind kind)
{
	return registry->versions[kind];
}

struct entity *registry_find(const struct registry *registry, enum registry_kind kind, uint32_t id)
{
	return table_find(&registry->tables[kind], &id);
}

struct area *registry_area(const struct registry *registry, uint32_t id)
{
	return table_find(&registry->tables[REGISTRY_AREAS], &id);
}

struct household *registry_household(const struct registry *registry, uint32_t id)
{
	return table_find(&registry->tables[REGISTRY_HOUSEHOLDS], &id);
}

struct person *registry_person(const struct registry *registry, uint32_t id)
{
	return table_find(&registry->tables[REGISTRY_PEOPLE], &id);
}

struct category *registry_category(const struct registry *registry, uint32_t id)
{
	return table_find(&registry->tables[REGISTRY_CATEGORIES], &id);
}

bool registry_in_use(const struct registry *registry, uint32_t area)
{
	const struct area *entity = registry_area(registry, area);
	return entity && entity->event && !entity->retired;
}

const struct area *registry_root(const struct registry *registry)
{
	return registry->root && !registry->root->retired ? registry->root : NULL;
}

void *registry_next(const struct registry *registry, enum registry_kind kind, size_t *at)
{
	return table_next(&registry->tables[kind], at);
}

static int compare_ids(const void *a, const void *b)
{
	uint32_t x = **(uint32_t *const *)a, y = **(uint32_t *const *)b;
	return (x > y) - (x < y);
}

void *const *registry_sorted(const struct registry *constant, enum registry_kind kind, size_t *count)
{
	struct registry *registry = (struct registry *)constant; /* the sorted list is a cache */
	struct table *table = &registry->tables[kind];
	*count = table->count;
	if (registry->sorted_count[kind] == table->count)
		return registry->sorted[kind];
	free(registry->sorted[kind]);
	void **sorted = malloc(sizeof *sorted * table->count);
	if (!sorted)
		abort();
	size_t at = 0, n = 0;
	for (void *entity; (entity = table_next(table, &at));)
		sorted[n++] = entity;
	qsort(sorted, n, sizeof *sorted, compare_ids);
	registry->sorted[kind] = sorted;
	registry->sorted_count[kind] = n;
	return sorted;
}

const struct area *area_common(const struct area *a, const struct area *b)
{
	while (a && b && a != b) {
		if (a->level >= b->level)
			a = a->parent;
		else
			b = b->parent;
	}
	return a == b ? a : NULL;
}

const struct area *area_at_level(const struct area *area, unsigned level)
{
	while (area->parent && area->level > level)
		area = area->parent;
	return area;
}

size_t area_path(const struct area *area, char path[static AREA_PATH_BYTES])
{
	uint32_t ids[8];
	int depth = 0;
	for (; area && depth < 8; area = area->parent)
		ids[depth++] = area->id;
	size_t length = 0;
	path[length++] = '/';
	while (depth-- > 0) {
		char digits[10];
		int n = 0;
		for (uint32_t id = ids[depth]; n == 0 || id; id /= 10)
			digits[n++] = (char)('0' + id % 10);
		while (n-- > 0)
			path[length++] = digits[n];
		path[length++] = '/';
	}
	path[length] = 0;
	return length;
}

/* ---- kinds ---- */

enum registry_kind registry_kind_of(enum pd_type type)
{
	enum registry_kind kind = 0;
	while (kind < REGISTRY_KINDS && kinds[kind].put != type && kinds[kind].set != type && kinds[kind].unset != type)
		kind++;
	return kind;
}

/* Copy the fields of from to those of the same names in to. */
static void copy_fields(const struct pd_message *from, struct pd_message *to)
{
	static const size_t bytes[] = {[PD_U8] = 1,
				       [PD_U16] = 2,
				       [PD_U32] = 4,
				       [PD_U64] = 8,
				       [PD_I32] = 4,
				       [PD_BOOL] = sizeof(bool),
				       [PD_ID] = sizeof(struct pd_id),
				       [PD_TEXT] = sizeof(struct pd_slice),
				       [PD_BIN] = sizeof(struct pd_slice),
				       [PD_U64S] = sizeof(struct pd_u64s)};
	const struct pd_message_info *source = pd_message_info(from->type), *target = pd_message_info(to->type);
	memset(&to->ok, 0, target->body_bytes);
	for (unsigned t = 0; t < target->field_count; t++)
		for (unsigned s = 0; s < source->field_count; s++) {
			const struct pd_field *field = &target->fields[t];
			if (strcmp(field->name, source->fields[s].name) != 0)
				continue;
			assert(field->kind == source->fields[s].kind);
			memcpy((char *)&to->ok + field->offset, (const char *)&from->ok + source->fields[s].offset,
			       bytes[field->kind]);
		}
}

void registry_event_of(const struct pd_message *put, struct pd_message *event)
{
	event->type = kinds[registry_kind_of(put->type)].set;
	copy_fields(put, event);
}

void registry_event_kept(const struct registry *registry, const struct entity *entity, struct pd_message *event)
{
	struct pd_fault fault;
	size_t off = 0;
	pd_decoder_reset(registry->decoder);
	enum pd_err err = pd_decode(registry->decoder, entity->event, entity->event_bytes, &off, event, &fault);
	assert(err == PD_OK); /* we encoded it ourselves */
}

void registry_head_of(const struct registry *registry, const struct entity *entity, struct pd_message *event)
{
	struct pd_message kept;
	registry_event_kept(registry, entity, &kept);
	event->request = kept.request;
	event->area_set.time_ms = kept.area_set.time_ms;
	event->area_set.actor = kept.area_set.actor;
}

void registry_put_of(const struct registry *registry, enum registry_kind kind, const struct entity *entity,
		     struct pd_message *put)
{
	struct pd_message event;
	registry_event_kept(registry, entity, &event);
	*put = (struct pd_message){.type = kinds[kind].put};
	copy_fields(&event, put);
}

bool *registry_put_retired(struct pd_message *put)
{
	const struct pd_message_info *info = pd_message_info(put->type);
	const struct pd_field *field = info->fields;
	while (strcmp(field->name, "retired") != 0)
		field++;
	return (bool *)((char *)&put->ok + field->offset);
}

/* ---- applying ---- */

static void *entity_get(struct registry *registry, enum registry_kind kind, uint32_t id)
{
	struct entity *entity = table_find(&registry->tables[kind], &id);
	if (entity)
		return entity;
	entity = calloc(1, kinds[kind].bytes);
	if (!entity)
		abort();
	entity->id = id;
	table_add(&registry->tables[kind], entity);
	return entity;
}

struct pd_slice registry_kept_text(const struct entity *entity, struct pd_slice text)
{
	if (text.bytes == 0)
		return (struct pd_slice){entity->event, 0};
	const char *at = memmem(entity->event, entity->event_bytes, text.data, text.bytes);
	assert(at);
	return (struct pd_slice){at, text.bytes};
}

static void count_area(struct area *area, int sign)
{
	if (area->parent && !area->retired)
		area->parent->children += (uint32_t)sign;
}

static void apply_area(struct registry *registry, void *entity, const struct pd_message *event)
{
	const struct pd_area_set *set = &event->area_set;
	struct area *area = entity;
	count_area(area, -1);
	area->name = registry_kept_text(&area->entity, set->name);
	area->parent = set->parent ? entity_get(registry, REGISTRY_AREAS, set->parent) : NULL;
	area->level = set->level;
	area->kind = set->kind;
	area->retired = set->retired;
	count_area(area, 1);
	if (!area->parent && !area->retired)
		registry->root = area;
}

static void count_household(struct registry *registry, const struct household *household, int sign)
{
	if (!household->area || household->retired)
		return;
	struct area *area = entity_get(registry, REGISTRY_AREAS, household->area);
	area->households += (uint32_t)sign;
	if (household->centre == household->id)
		area->centres += (uint32_t)sign;
}

static void apply_household(struct registry *registry, void *entity, const struct pd_message *event)
{
	const struct pd_household_set *set = &event->household_set;
	struct household *household = entity;
	addresses_remove(registry, household);
	count_household(registry, household, -1);
	household->address = registry_kept_text(&household->entity, set->address);
	household->area = set->area;
	household->centre = set->centre;
	household->lon_e7 = set->lon_e7;
	household->lat_e7 = set->lat_e7;
	household->priority = set->priority;
	household->retired = set->retired;
	count_household(registry, household, 1);
	addresses_add(registry, household);
}

static void count_person(struct registry *registry, const struct person *person, int sign)
{
	if (person->area && !person->retired)
		((struct area *)entity_get(registry, REGISTRY_AREAS, person->area))->posts[person->post] +=
			(uint32_t)sign;
}

static void apply_person(struct registry *registry, void *entity, const struct pd_message *event)
{
	const struct pd_person_set *set = &event->person_set;
	struct person *person = entity;
	count_person(registry, person, -1);
	person->name = registry_kept_text(&person->entity, set->name);
	person->phone = registry_kept_text(&person->entity, set->phone);
	person->post = set->post;
	person->area = set->area;
	person->household = set->household;
	person->retired = set->retired;
	count_person(registry, person, 1);
}

static void apply_category(struct registry *registry, void *entity, const struct pd_message *event)
{
	const struct pd_category_set *set = &event->category_set;
	struct category *category = entity;
	(void)registry;
	category->name = registry_kept_text(&category->entity, set->name);
	category->level = set->level;
	category->urgency = set->urgency;
	category->accept_within_s = set->accept_within_s;
	category->complete_within_s = set->complete_within_s;
	category->accept_clock = set->accept_clock;
	category->complete_clock = set->complete_clock;
	category->ladder = set->ladder;
	category->idle_within_s = set->idle_within_s;
	category->area = set->area;
	category->emergency_only = set->emergency_only;
	category->retired = set->retired;
}

static void apply_rule(struct registry *registry, void *entity, const struct pd_message *event)
{
	const struct pd_rule_set *set = &event->rule_set;
	struct rule *rule = entity;
	(void)registry;
	rule->name = registry_kept_text(&rule->entity, set->name);
	rule->keyword = registry_kept_text(&rule->entity, set->keyword);
	rule->category = set->category;
	rule->area = set->area;
	rule->holder = set->holder;
	rule->from_min = set->from_min;
	rule->to_min = set->to_min;
	rule->post = set->post;
	rule->weekdays = set->weekdays;
	rule->level = set->level;
	rule->retired = set->retired;
}

static void apply_shape(struct registry *registry, void *entity, const struct pd_message *event)
{
	struct shape *shape = entity;
	(void)registry;
	shape->rings = registry_kept_text(&shape->entity, event->shape_set.rings);
	shape->retired = event->shape_set.retired;
}

#define KIND(name) .put = PD_MSG_put_##name, .set = PD_MSG_##name##_set, .bytes = sizeof(struct name)
static const struct kind kinds[REGISTRY_KINDS] = {
	[REGISTRY_AREAS] = {KIND(area), .slices = {offsetof(struct area, name)}, .apply = apply_area},
	[REGISTRY_HOUSEHOLDS] = {KIND(household), .slices = {offsetof(struct household, address)},
				 .apply = apply_household},
	[REGISTRY_PEOPLE] = {KIND(person), .slices = {offsetof(struct person, name), offsetof(struct person, phone)},
			     .apply = apply_person},
	[REGISTRY_CATEGORIES] = {KIND(category), .slices = {offsetof(struct category, name)}, .apply = apply_category},
	[REGISTRY_CALENDARS] = {KIND(calendar), .apply = calendar_apply},
	[REGISTRY_LADDERS] = {KIND(ladder), .apply = ladder_apply},
	[REGISTRY_RULES] = {KIND(rule), .slices = {offsetof(struct rule, name), offsetof(struct rule, keyword)},
			    .apply = apply_rule},
	[REGISTRY_SHAPES] = {KIND(shape), .slices = {offsetof(struct shape, rings)}, .apply = apply_shape},
	[REGISTRY_DUTIES] = {KIND(duty), .slices = {offsetof(struct duty, name), offsetof(struct duty, text)},
			     .merge = duty_merge, .apply = duty_apply},
	[REGISTRY_PLANS] = {KIND(plan),
			    .slices = {offsetof(struct plan, name), offsetof(struct plan, notice),
				       offsetof(struct plan, roll_call)},
			    .apply = plan_apply},
	[REGISTRY_MODES] = {.set = PD_MSG_mode_begun,
			    .unset = PD_MSG_mode_ended,
			    .bytes = sizeof(struct mode),
			    .merge = mode_merge,
			    .apply = mode_apply},
};

/* Have the entity keep an event, and be what it says. */
static void keep(struct registry *registry, enum registry_kind kind, struct entity *entity,
		 const struct pd_message *event)
{
	struct pd_buffer kept = {0};
	char *old = entity->event;
	pd_encode(event, &kept);
	entity->event = kept.data;
	entity->event_bytes = (uint32_t)kept.count;
	kinds[kind].apply(registry, entity, event);
	free(old); /* the event may point into it */
}

void registry_apply(struct registry *registry, const struct pd_message *event)
{
	enum registry_kind kind = registry_kind_of(event->type);
	assert(kind < REGISTRY_KINDS);
	struct entity *entity = entity_get(registry, kind, event->area_set.area);
	struct pd_message merged;
	if (kinds[kind].merge && entity->event) {
		merged = *event;
		kinds[kind].merge(entity, &merged);
		event = &merged;
	}
	registry->version++;
	registry->versions[kind]++;
	keep(registry, kind, entity, event);
}

void registry_merge(const struct registry *registry, const struct entity *entity, struct pd_message *event)
{
	enum registry_kind kind = registry_kind_of(event->type);
	(void)registry;
	if (kinds[kind].merge && entity)
		kinds[kind].merge(entity, event);
}

void registry_keep_merged(struct registry *registry, enum registry_kind kind, struct entity *entity)
{
	struct pd_message event;
	registry_event_kept(registry, entity, &event);
	kinds[kind].merge(entity, &event);
	keep(registry, kind, entity, &event);
}

/* ---- a copy ---- */

static void *clone_bytes(const void *data, size_t bytes)
{
	void *copy = malloc(bytes ? bytes : 1);
	if (!copy)
		abort();
	if (bytes)
		memcpy(copy, data, bytes);
	return copy;
}

static void clone_entity(struct registry *to, enum registry_kind kind, const struct entity *entity)
{
	struct entity *copy = clone_bytes(entity, kinds[kind].bytes);
	copy->event = clone_bytes(entity->event, entity->event_bytes);
	copy->seen = false;
	for (int i = 0; i < 3 && kinds[kind].slices[i]; i++) {
		struct pd_slice *slice = (struct pd_slice *)((char *)copy + kinds[kind].slices[i]);
		slice->data = copy->event + (slice->data - entity->event);
	}
	if (kind == REGISTRY_AREAS)
		((struct area *)copy)->holder = NULL;
	table_add(&to->tables[kind], copy);
}

struct registry *registry_clone(const struct registry *registry)
{
	struct registry *clone = registry_new(registry->tables[0].seed);
	clone->version = registry->version;
	memcpy(clone->versions, registry->versions, sizeof clone->versions);
	clone->modes_on = registry->modes_on;
	for (enum registry_kind kind = 0; kind < REGISTRY_KINDS; kind++) {
		size_t at = 0;
		for (struct entity *entity; (entity = table_next(&registry->tables[kind], &at));)
			clone_entity(clone, kind, entity);
	}
	size_t at = 0;
	for (struct area *area; (area = table_next(&clone->tables[REGISTRY_AREAS], &at));)
		if (area->parent)
			area->parent = registry_area(clone, area->parent->id);
	if (registry->root)
		clone->root = registry_area(clone, registry->root->id);
	return clone;
}
