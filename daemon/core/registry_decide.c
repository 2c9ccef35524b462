/* registry_decide.c - what a put_ command does to the registry as it is. */
#include <assert.h>
#include <string.h>

#include "calendar.h"
#include "deadline.h"
#include "duty.h"
#include "modes.h"
#include "codec.h"
#include "registry_kinds.h"
#include "rings.h"
#include "rules.h"

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
	for (struct area *other; (other = registry_next(registry, REGISTRY_AREAS, &at));)
		if (other->parent == area && other->level <= level)
			return true;
	return false;
}

/* Somebody in use whose post is in the area, or who lives in the household; 0: nobody. */
static uint32_t person_of(const struct registry *registry, uint32_t area, uint32_t household)
{
	size_t at = 0;
	for (struct person *person; (person = registry_next(registry, REGISTRY_PEOPLE, &at));)
		if (!person->retired &&
		    ((area && person->area == area) || (household && person->household == household)))
			return person->id;
	return 0;
}

static bool another_root(const struct registry *registry, uint32_t id)
{
	size_t at = 0;
	for (struct area *other; (other = registry_next(registry, REGISTRY_AREAS, &at));)
		if (other->id != id && !other->parent && !other->retired && other->event)
			return true;
	return false;
}

static void check_area_use(const struct registry *registry, const struct area *area, const struct pd_put_area *put,
			   bool bulk, struct registry_decision *decision)
{
	uint32_t person = put->retired && !bulk ? person_of(registry, area->id, 0) : 0;
	uint64_t open_orders = holder_open_orders(area->holder);
	if (put->retired && area->children)
		refuse(decision, PD_REFUSED_in_use,
		       PD_DETAIL(area_has_areas, PD_NUMBER(area->id), PD_NUMBER(area->children)));
	else if (put->retired && open_orders)
		refuse(decision, PD_REFUSED_in_use,
		       PD_DETAIL(area_has_orders, PD_NUMBER(area->id), PD_NUMBER(open_orders)));
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
	if (parent && area_is_organisation(parent))
		return refuse(decision, PD_REFUSED_bad_parent,
			      PD_DETAIL(area_under_organisation, PD_NUMBER(put->area), PD_NUMBER(parent->id)));
	if (!parent && another_root(registry, put->area))
		return refuse(decision, PD_REFUSED_bad_parent, PD_DETAIL(area_second_district, PD_NUMBER(put->area)));
	if (area)
		check_area_use(registry, area, put, bulk, decision);
	if (area && area->children + area->households && area_is_organisation(&(struct area){.kind = put->kind}))
		refuse(decision, PD_REFUSED_in_use,
		       PD_DETAIL(area_becomes_organisation, PD_NUMBER(area->id),
				 PD_NUMBER((uint64_t)area->children + area->households)));
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
	for (struct household *other; (other = registry_next(registry, REGISTRY_HOUSEHOLDS, &at));)
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
	if (area_is_organisation(area) && !put->retired)
		return refuse(decision, PD_REFUSED_bad_level,
			      PD_DETAIL(household_organisation, PD_NUMBER(put->household), PD_NUMBER(put->area)));
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
			      household->lat_e7 != put->lat_e7 || household->priority != put->priority ||
			      !same_text(household->address, put->address)));
	decision->event.type = PD_MSG_household_set;
	decision->event.household_set = (struct pd_household_set){.household = put->household,
								  .area = put->area,
								  .centre = put->centre,
								  .address = put->address,
								  .lon_e7 = put->lon_e7,
								  .lat_e7 = put->lat_e7,
								  .retired = put->retired,
								  .priority = put->priority};
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

/* Whether what the event says is what the entity's event says, whoever set it and when. */
static bool says_the_same(const struct registry *registry, const struct entity *entity, const struct pd_message *event)
{
	struct pd_buffer bytes = {0};
	struct pd_message same = *event;
	registry_head_of(registry, entity, &same);
	pd_encode(&same, &bytes);
	bool equal = bytes.count == entity->event_bytes && memcmp(bytes.data, entity->event, bytes.count) == 0;
	pd_buffer_fini(&bytes);
	return equal;
}

/* Of kinds whose parts nobody else depends on: the event says what the command said. */
static void decide_whole(const struct registry *registry, const struct pd_message *put,
			 struct registry_decision *decision)
{
	const struct entity *entity = registry_find(registry, registry_kind_of(put->type), put->put_area.area);
	registry_event_of(put, &decision->event);
	registry_merge(registry, entity, &decision->event);
	struct pd_message copy = *put;
	decision->effect = effect_of(entity, entity && entity->retired, *registry_put_retired(&copy), false,
				     entity && !says_the_same(registry, entity, &decision->event));
}

static void check_category(const struct registry *registry, const struct pd_put_category *put,
			   struct registry_decision *decision)
{
	const struct entity *ladder = registry_find(registry, REGISTRY_LADDERS, put->ladder);
	uint32_t odd = put->accept_clock >= PD_clock_days && put->accept_within_s % CALENDAR_DAY_S
			       ? put->accept_within_s
		       : put->complete_clock >= PD_clock_days && put->complete_within_s % CALENDAR_DAY_S
			       ? put->complete_within_s
			       : 0;
	if (put->ladder && !put->retired && (!ladder || ladder->retired))
		refuse(decision, PD_REFUSED_unknown_ladder,
		       PD_DETAIL(category_ladder, PD_NUMBER(put->category), PD_NUMBER(put->ladder)));
	else if (put->area && !put->retired && !registry_in_use(registry, put->area))
		refuse(decision, PD_REFUSED_unknown_area,
		       PD_DETAIL(category_area, PD_NUMBER(put->category), PD_NUMBER(put->area)));
	else if (odd)
		refuse(decision, PD_REFUSED_bad_clock,
		       PD_DETAIL(category_days, PD_NUMBER(put->category), PD_NUMBER(odd)));
}

/* Whether the polygons themselves are sound is seen before (daemon/places.h). */
static void check_shape(const struct registry *registry, const struct pd_put_shape *put,
			struct registry_decision *decision)
{
	uint64_t id = put->area;
	if (put->retired)
		return;
	if (!registry_in_use(registry, put->area))
		refuse(decision, PD_REFUSED_unknown_area, PD_DETAIL(shape_area, PD_NUMBER(id)));
	else if (area_is_organisation(registry_area(registry, put->area)))
		refuse(decision, PD_REFUSED_bad_level, PD_DETAIL(shape_organisation, PD_NUMBER(id)));
	else if (put->rings.bytes == 0)
		refuse(decision, PD_REFUSED_bad_shape, PD_DETAIL(shape_empty, PD_NUMBER(id)));
	else if (!pd_rings_sound(put->rings))
		refuse(decision, PD_REFUSED_bad_shape, PD_DETAIL(shape_bytes, PD_NUMBER(id)));
}

/* The parts of a kind that must hold together, and what a retirement must wait for. */
static void check_whole(const struct registry *registry, const struct pd_message *put, bool bulk,
			struct registry_decision *decision)
{
	switch (put->type) {
	case PD_MSG_put_category: return check_category(registry, &put->put_category, decision);
	case PD_MSG_put_calendar: return calendar_check(&put->put_calendar, decision);
	case PD_MSG_put_ladder: return ladder_check(registry, &put->put_ladder, decision);
	case PD_MSG_put_rule: return rule_check(registry, &put->put_rule, bulk, decision);
	case PD_MSG_put_shape: return check_shape(registry, &put->put_shape, decision);
	case PD_MSG_put_plan: return plan_check(registry, &put->put_plan, decision);
	case PD_MSG_put_duty: return duty_check(registry, &put->put_duty, decision);
	default: assert(!"not a command of the registry");
	}
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
	default: break;
	}
	check_whole(registry, put, bulk, decision);
	if (!decision->refusal)
		decide_whole(registry, put, decision);
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
