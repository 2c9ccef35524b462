#include "registry.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "codec.h"
#include "table.h"

struct registry {
	struct table tables[REGISTRY_KINDS];
	uint64_t version;
	/* By id, made again when something was added since. */
	void **sorted[REGISTRY_KINDS];
	size_t sorted_count[REGISTRY_KINDS];
};

_Static_assert(offsetof(struct area, id) == 0 && offsetof(struct household, id) == 0 &&
		       offsetof(struct person, id) == 0 && offsetof(struct category, id) == 0,
	       "entities are compared and found by their first field");

struct registry *registry_new(uint64_t hash_seed)
{
	struct registry *registry = calloc(1, sizeof *registry);
	if (!registry)
		abort();
	for (int kind = 0; kind < REGISTRY_KINDS; kind++)
		table_init(&registry->tables[kind], 0, sizeof(uint32_t), hash_seed);
	return registry;
}

static char **event_of(enum registry_kind kind, void *entity, uint32_t **bytes)
{
	switch (kind) {
	case REGISTRY_AREAS: *bytes = &((struct area *)entity)->event_bytes; return &((struct area *)entity)->event;
	case REGISTRY_HOUSEHOLDS:
		*bytes = &((struct household *)entity)->event_bytes;
		return &((struct household *)entity)->event;
	case REGISTRY_PEOPLE:
		*bytes = &((struct person *)entity)->event_bytes;
		return &((struct person *)entity)->event;
	default: *bytes = &((struct category *)entity)->event_bytes; return &((struct category *)entity)->event;
	}
}

void registry_free(struct registry *registry)
{
	if (!registry)
		return;
	for (enum registry_kind kind = 0; kind < REGISTRY_KINDS; kind++) {
		size_t at = 0;
		uint32_t *bytes;
		for (void *entity; (entity = table_next(&registry->tables[kind], &at));) {
			free(*event_of(kind, entity, &bytes));
			free(entity);
		}
		table_fini(&registry->tables[kind]);
		free(registry->sorted[kind]);
	}
	free(registry);
}

uint64_t registry_version(const struct registry *registry)
{
	return registry->version;
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

/* ---- applying ---- */

static void *entity_get(struct registry *registry, enum registry_kind kind, uint32_t id, size_t bytes)
{
	void *entity = table_find(&registry->tables[kind], &id);
	if (entity)
		return entity;
	entity = calloc(1, bytes);
	if (!entity)
		abort();
	memcpy(entity, &id, sizeof id);
	table_add(&registry->tables[kind], entity);
	return entity;
}

/* A copy of event as a message. The old one is to be freed after its texts were found in the new: event may point into
 * it. */
static char *keep_event(const struct pd_message *event, uint32_t *bytes)
{
	struct pd_buffer buffer = {0};
	pd_encode(event, &buffer);
	*bytes = (uint32_t)buffer.count;
	return buffer.data;
}

/* Where text stands in the kept message: texts of an event are copied into it byte for byte. */
static struct pd_slice find_text(const char *event, uint32_t event_bytes, struct pd_slice text)
{
	if (text.bytes == 0)
		return (struct pd_slice){event, 0};
	const char *at = memmem(event, event_bytes, text.data, text.bytes);
	assert(at);
	return (struct pd_slice){at, text.bytes};
}

static void count_area(struct area *area, int sign)
{
	if (area->parent && !area->retired && area->event)
		area->parent->children += (uint32_t)sign;
}

static void apply_area(struct registry *registry, const struct pd_message *event)
{
	const struct pd_area_set *set = &event->area_set;
	struct area *area = entity_get(registry, REGISTRY_AREAS, set->area, sizeof *area);
	count_area(area, -1);
	char *old = area->event;
	area->event = keep_event(event, &area->event_bytes);
	area->name = find_text(area->event, area->event_bytes, set->name);
	free(old);
	area->parent = set->parent ? entity_get(registry, REGISTRY_AREAS, set->parent, sizeof *area) : NULL;
	area->level = set->level;
	area->kind = set->kind;
	area->retired = set->retired;
	count_area(area, 1);
}

static void count_household(struct registry *registry, const struct household *household, int sign)
{
	if (household->area && !household->retired)
		((struct area *)entity_get(registry, REGISTRY_AREAS, household->area, sizeof(struct area)))
			->households += (uint32_t)sign;
}

static void apply_household(struct registry *registry, const struct pd_message *event)
{
	const struct pd_household_set *set = &event->household_set;
	struct household *household = entity_get(registry, REGISTRY_HOUSEHOLDS, set->household, sizeof *household);
	count_household(registry, household, -1);
	char *old = household->event;
	household->event = keep_event(event, &household->event_bytes);
	household->address = find_text(household->event, household->event_bytes, set->address);
	free(old);
	household->area = set->area;
	household->centre = set->centre;
	household->lon_e7 = set->lon_e7;
	household->lat_e7 = set->lat_e7;
	household->retired = set->retired;
	count_household(registry, household, 1);
}

static void apply_person(struct registry *registry, const struct pd_message *event)
{
	const struct pd_person_set *set = &event->person_set;
	struct person *person = entity_get(registry, REGISTRY_PEOPLE, set->person, sizeof *person);
	char *old = person->event;
	person->event = keep_event(event, &person->event_bytes);
	person->name = find_text(person->event, person->event_bytes, set->name);
	person->phone = find_text(person->event, person->event_bytes, set->phone);
	free(old);
	person->post = set->post;
	person->area = set->area;
	person->household = set->household;
	person->retired = set->retired;
}

static void apply_category(struct registry *registry, const struct pd_message *event)
{
	const struct pd_category_set *set = &event->category_set;
	struct category *category = entity_get(registry, REGISTRY_CATEGORIES, set->category, sizeof *category);
	char *old = category->event;
	category->event = keep_event(event, &category->event_bytes);
	category->name = find_text(category->event, category->event_bytes, set->name);
	free(old);
	category->level = set->level;
	category->urgency = set->urgency;
	category->accept_within_s = set->accept_within_s;
	category->complete_within_s = set->complete_within_s;
	category->retired = set->retired;
}

void registry_apply(struct registry *registry, const struct pd_message *event)
{
	registry->version++;
	switch (event->type) {
	case PD_MSG_area_set: apply_area(registry, event); break;
	case PD_MSG_household_set: apply_household(registry, event); break;
	case PD_MSG_person_set: apply_person(registry, event); break;
	case PD_MSG_category_set: apply_category(registry, event); break;
	default: assert(!"not an event of the registry");
	}
}

static struct pd_slice move_slice(struct pd_slice slice, const char *from, const char *to)
{
	return (struct pd_slice){to + (slice.data - from), slice.bytes};
}

static void *clone_bytes(const void *data, size_t bytes)
{
	void *copy = malloc(bytes ? bytes : 1);
	if (!copy)
		abort();
	if (bytes)
		memcpy(copy, data, bytes);
	return copy;
}

static void clone_entity(struct registry *to, enum registry_kind kind, const void *entity)
{
	static const size_t bytes[] = {sizeof(struct area), sizeof(struct household), sizeof(struct person),
				       sizeof(struct category)};
	void *copy = clone_bytes(entity, bytes[kind]);
	uint32_t *event_bytes;
	char **event = event_of(kind, copy, &event_bytes), *old = *event;
	*event = clone_bytes(old, *event_bytes);
	if (kind == REGISTRY_AREAS) {
		struct area *area = copy;
		area->name = move_slice(area->name, old, *event);
		area->holder = NULL;
		area->seen = false;
	} else if (kind == REGISTRY_HOUSEHOLDS) {
		struct household *household = copy;
		household->address = move_slice(household->address, old, *event);
		household->seen = false;
	} else if (kind == REGISTRY_PEOPLE) {
		struct person *person = copy;
		person->name = move_slice(person->name, old, *event);
		person->phone = move_slice(person->phone, old, *event);
		person->seen = false;
	} else {
		struct category *category = copy;
		category->name = move_slice(category->name, old, *event);
		category->seen = false;
	}
	table_add(&to->tables[kind], copy);
}

struct registry *registry_clone(const struct registry *registry)
{
	struct registry *clone = registry_new(registry->tables[0].seed);
	clone->version = registry->version;
	for (enum registry_kind kind = 0; kind < REGISTRY_KINDS; kind++) {
		size_t at = 0;
		for (void *entity; (entity = table_next(&registry->tables[kind], &at));)
			clone_entity(clone, kind, entity);
	}
	size_t at = 0;
	for (struct area *area; (area = table_next(&clone->tables[REGISTRY_AREAS], &at));)
		if (area->parent)
			area->parent = registry_area(clone, area->parent->id);
	return clone;
}

/* ---- deciding ---- */

static void refuse(struct registry_decision *decision, enum pd_refusal refusal, struct pd_detail detail)
{
	decision->refusal = refusal;
	decision->detail = detail;
}

static bool same_text(struct pd_slice a, struct pd_slice b)
{
	return a.bytes == b.bytes &&
	       (a.bytes == 0 || memcmp(a.data, b.data, a.bytes) == 0); /* an empty text may be null */
}

static enum registry_effect effect_of(bool was_there, bool was_retired, bool retired, bool moved, bool changed)
{
	if (!was_there)
		return REGISTRY_ADDED;
	if (retired != was_retired)
		return retired ? REGISTRY_RETIRED : REGISTRY_ADDED;
	if (moved)
		return REGISTRY_MOVED;
	return changed ? REGISTRY_CHANGED : REGISTRY_UNCHANGED;
}

/* Whether an area stands directly below this one on a level that is not below the given one. Retired ones count: they
 * must not come to stand above what is above them, or the way up from there would have no end. */
static bool has_child_above(const struct registry *registry, const struct area *area, unsigned level)
{
	size_t at = 0;
	for (struct area *other; (other = table_next(&registry->tables[REGISTRY_AREAS], &at));)
		if (other->parent == area && other->level <= level)
			return true;
	return false;
}

/* Somebody in use whose post is in the area, or who lives in the household; 0: nobody. */
static uint32_t person_of(const struct registry *registry, uint32_t area, uint32_t household)
{
	size_t at = 0;
	for (struct person *person; (person = table_next(&registry->tables[REGISTRY_PEOPLE], &at));)
		if (!person->retired &&
		    ((area && person->area == area) || (household && person->household == household)))
			return person->id;
	return 0;
}

static bool another_root(const struct registry *registry, uint32_t id)
{
	size_t at = 0;
	for (struct area *other; (other = table_next(&registry->tables[REGISTRY_AREAS], &at));)
		if (other->id != id && !other->parent && !other->retired && other->event)
			return true;
	return false;
}

static void check_area_use(const struct registry *registry, const struct area *area, const struct pd_put_area *put,
			   bool bulk, struct registry_decision *decision)
{
	uint32_t person = put->retired && !bulk ? person_of(registry, area->id, 0) : 0;
	if (put->retired && area->children)
		refuse(decision, PD_REFUSED_in_use,
		       PD_DETAIL(area_has_areas, PD_NUMBER(area->id), PD_NUMBER(area->children)));
	else if (put->retired && area->open_orders)
		refuse(decision, PD_REFUSED_in_use,
		       PD_DETAIL(area_has_orders, PD_NUMBER(area->id), PD_NUMBER(area->open_orders)));
	else if ((put->retired || (put->level != PD_level_microgrid && !bulk)) && area->households)
		refuse(decision, PD_REFUSED_in_use,
		       PD_DETAIL(area_has_households, PD_NUMBER(area->id), PD_NUMBER(area->households)));
	else if (person)
		refuse(decision, PD_REFUSED_in_use, PD_DETAIL(area_has_person, PD_NUMBER(area->id), PD_NUMBER(person)));
	else if (put->level != area->level && has_child_above(registry, area, put->level))
		refuse(decision, PD_REFUSED_in_use,
		       PD_DETAIL(area_has_level, PD_NUMBER(area->id), PD_NUMBER(put->level)));
}

static void decide_area(const struct registry *registry, const struct pd_put_area *put, bool bulk,
			struct registry_decision *decision)
{
	const struct area *area = registry_area(registry, put->area);
	const struct area *parent = put->parent ? registry_area(registry, put->parent) : NULL;
	if (put->parent == 0 && put->level != PD_level_district)
		return refuse(decision, PD_REFUSED_bad_parent, PD_DETAIL(area_no_parent, PD_NUMBER(put->area)));
	if (put->parent && (!parent || !parent->event || (parent->retired && !put->retired)))
		return refuse(decision, PD_REFUSED_bad_parent,
			      PD_DETAIL(area_parent_unused, PD_NUMBER(put->area), PD_NUMBER(put->parent)));
	if (put->parent == put->area)
		return refuse(decision, PD_REFUSED_bad_parent, PD_DETAIL(area_above_itself, PD_NUMBER(put->area)));
	if (parent && parent->level >= put->level)
		return refuse(decision, PD_REFUSED_bad_parent,
			      PD_DETAIL(area_levels, PD_NUMBER(put->area), PD_NUMBER(put->level), PD_NUMBER(parent->id),
					PD_NUMBER(parent->level)));
	if (!parent && another_root(registry, put->area))
		return refuse(decision, PD_REFUSED_bad_parent, PD_DETAIL(area_second_district, PD_NUMBER(put->area)));
	if (area)
		check_area_use(registry, area, put, bulk, decision);
	if (decision->refusal)
		return;
	decision->effect = effect_of(
		area && area->event, area && area->retired, put->retired, area && area->parent != parent,
		area && (area->level != put->level || area->kind != put->kind || !same_text(area->name, put->name)));
	decision->event.type = PD_MSG_area_set;
	decision->event.area_set = (struct pd_area_set){.area = put->area,
							.parent = put->parent,
							.level = put->level,
							.kind = put->kind,
							.name = put->name,
							.retired = put->retired};
}

static bool centre_sound(const struct registry *registry, const struct household *centre, uint32_t area)
{
	(void)registry;
	return centre && !centre->retired && centre->area == area && centre->centre == centre->id;
}

static bool is_a_centre(const struct registry *registry, uint32_t id)
{
	size_t at = 0;
	for (struct household *other; (other = table_next(&registry->tables[REGISTRY_HOUSEHOLDS], &at));)
		if (other->centre == id && other->id != id && !other->retired)
			return true;
	return false;
}

static void decide_household(const struct registry *registry, const struct pd_put_household *put, bool bulk,
			     struct registry_decision *decision)
{
	const struct household *household = registry_household(registry, put->household);
	const struct area *area = registry_area(registry, put->area);
	if (!area || (area->retired && !put->retired))
		return refuse(decision, PD_REFUSED_unknown_area,
			      PD_DETAIL(household_area, PD_NUMBER(put->household), PD_NUMBER(put->area)));
	if (area->level != PD_level_microgrid && !put->retired)
		return refuse(decision, PD_REFUSED_bad_level,
			      PD_DETAIL(household_level, PD_NUMBER(put->household), PD_NUMBER(put->area)));
	if (!put->retired && !bulk && put->centre != put->household &&
	    !centre_sound(registry, registry_household(registry, put->centre), put->area))
		return refuse(decision, PD_REFUSED_bad_centre,
			      PD_DETAIL(household_centre, PD_NUMBER(put->household), PD_NUMBER(put->centre)));
	bool leaves = household && (put->retired || household->area != put->area || put->centre != put->household);
	if (leaves && !bulk && household->centre == household->id && is_a_centre(registry, put->household))
		return refuse(decision, PD_REFUSED_in_use, PD_DETAIL(household_is_centre, PD_NUMBER(put->household)));
	uint32_t person = put->retired && !bulk ? person_of(registry, 0, put->household) : 0;
	if (person)
		return refuse(decision, PD_REFUSED_in_use,
			      PD_DETAIL(household_has_person, PD_NUMBER(put->household), PD_NUMBER(person)));
	decision->effect = effect_of(
		household, household && household->retired, put->retired, household && household->area != put->area,
		household && (household->centre != put->centre || household->lon_e7 != put->lon_e7 ||
			      household->lat_e7 != put->lat_e7 || !same_text(household->address, put->address)));
	decision->event.type = PD_MSG_household_set;
	decision->event.household_set = (struct pd_household_set){.household = put->household,
								  .area = put->area,
								  .centre = put->centre,
								  .address = put->address,
								  .lon_e7 = put->lon_e7,
								  .lat_e7 = put->lat_e7,
								  .retired = put->retired};
}

static void decide_person(const struct registry *registry, const struct pd_put_person *put,
			  struct registry_decision *decision)
{
	const struct person *person = registry_person(registry, put->person);
	const struct area *area = registry_area(registry, put->area);
	const struct household *household = registry_household(registry, put->household);
	if (!area || (area->retired && !put->retired))
		return refuse(decision, PD_REFUSED_unknown_area,
			      PD_DETAIL(person_area, PD_NUMBER(put->person), PD_NUMBER(put->area)));
	if (put->household && !put->retired && (!household || household->retired))
		return refuse(decision, PD_REFUSED_unknown_household,
			      PD_DETAIL(person_household, PD_NUMBER(put->person), PD_NUMBER(put->household)));
	decision->effect = effect_of(person, person && person->retired, put->retired,
				     person && (person->area != put->area || person->household != put->household),
				     person && (person->post != put->post || !same_text(person->name, put->name) ||
						!same_text(person->phone, put->phone)));
	decision->event.type = PD_MSG_person_set;
	decision->event.person_set = (struct pd_person_set){.person = put->person,
							    .post = put->post,
							    .area = put->area,
							    .household = put->household,
							    .name = put->name,
							    .phone = put->phone,
							    .retired = put->retired};
}

static void decide_category(const struct registry *registry, const struct pd_put_category *put,
			    struct registry_decision *decision)
{
	const struct category *category = registry_category(registry, put->category);
	decision->effect = effect_of(category, category && category->retired, put->retired, false,
				     category && (category->level != put->level || category->urgency != put->urgency ||
						  category->accept_within_s != put->accept_within_s ||
						  category->complete_within_s != put->complete_within_s ||
						  !same_text(category->name, put->name)));
	decision->event.type = PD_MSG_category_set;
	decision->event.category_set = (struct pd_category_set){.category = put->category,
								.name = put->name,
								.level = put->level,
								.urgency = put->urgency,
								.accept_within_s = put->accept_within_s,
								.complete_within_s = put->complete_within_s,
								.retired = put->retired};
}

void registry_decide(const struct registry *registry, const struct pd_message *put, bool bulk,
		     struct registry_decision *decision)
{
	decision->refusal = PD_REFUSED_none;
	decision->detail.name = PD_DETAIL_none;
	switch (put->type) {
	case PD_MSG_put_area: return decide_area(registry, &put->put_area, bulk, decision);
	case PD_MSG_put_household: return decide_household(registry, &put->put_household, bulk, decision);
	case PD_MSG_put_person: return decide_person(registry, &put->put_person, decision);
	case PD_MSG_put_category: return decide_category(registry, &put->put_category, decision);
	default: assert(!"not a command of the registry");
	}
}

static enum pd_refusal check_household(const struct registry *registry, const struct household *household)
{
	const struct area *area = registry_area(registry, household->area);
	if (!area || area->retired || area->level != PD_level_microgrid)
		return PD_REFUSED_unknown_area;
	if (!centre_sound(registry, registry_household(registry, household->centre), household->area))
		return PD_REFUSED_bad_centre;
	return PD_REFUSED_none;
}

static enum pd_refusal check_person(const struct registry *registry, const struct person *person)
{
	const struct area *area = registry_area(registry, person->area);
	const struct household *household = registry_household(registry, person->household);
	if (!area || area->retired)
		return PD_REFUSED_unknown_area;
	if (person->household && (!household || household->retired))
		return PD_REFUSED_unknown_household;
	return PD_REFUSED_none;
}

enum pd_refusal registry_check(const struct registry *registry, enum registry_kind *kind, uint32_t *id)
{
	size_t count;
	*kind = REGISTRY_HOUSEHOLDS;
	void *const *households = registry_sorted(registry, REGISTRY_HOUSEHOLDS, &count);
	for (size_t i = 0; i < count; i++) {
		const struct household *household = households[i];
		enum pd_refusal refusal = household->retired ? PD_REFUSED_none : check_household(registry, household);
		*id = household->id;
		if (refusal)
			return refusal;
	}
	*kind = REGISTRY_PEOPLE;
	void *const *people = registry_sorted(registry, REGISTRY_PEOPLE, &count);
	for (size_t i = 0; i < count; i++) {
		const struct person *person = people[i];
		enum pd_refusal refusal = person->retired ? PD_REFUSED_none : check_person(registry, person);
		*id = person->id;
		if (refusal)
			return refusal;
	}
	return PD_REFUSED_none;
}
