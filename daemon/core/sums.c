/* sums.c - figures of areas with all below them. */
#include <string.h>

#include "state.h"

struct holder *core_take_changed(struct core *core)
{
	struct holder *first = core->changed;
	for (struct holder *holder = first; holder; holder = holder->next_changed)
		holder->changed = false;
	core->changed = NULL;
	return first;
}

static void add_holder(struct core_sums *sums, const struct holder *holder)
{
	figures_add(&sums->figures, &holder->figures);
	sums->waiting += holder->waiting_count;
	sums->working += holder->working_count;
	const struct order *oldest = TAILQ_FIRST(&holder->by_age);
	if (oldest && (sums->oldest_ms == 0 || oldest->row.waiting_ms < sums->oldest_ms))
		sums->oldest_ms = oldest->row.waiting_ms;
}

void core_sum(const struct core *core, const struct area *top, struct core_sums *sums)
{
	*sums = (struct core_sums){0};
	size_t at = 0;
	for (const struct holder *holder; (holder = table_next(&core->holders, &at));)
		if (!top || area_within(holder->entity, top))
			add_holder(sums, holder);
}

uint64_t core_count_waiting(const struct core *core, const struct area *top)
{
	uint64_t waiting = 0;
	size_t at = 0;
	for (const struct holder *holder; (holder = table_next(&core->holders, &at));)
		if (holder->waiting_count && area_within(holder->entity, top))
			waiting += holder->waiting_count;
	return waiting;
}

static void add_sums(struct core_sums *sums, const struct core_sums *more)
{
	figures_add(&sums->figures, &more->figures);
	sums->waiting += more->waiting;
	sums->working += more->working;
	if (more->oldest_ms && (sums->oldest_ms == 0 || more->oldest_ms < sums->oldest_ms))
		sums->oldest_ms = more->oldest_ms;
}

static size_t index_of(void *const *areas, size_t count, uint32_t id)
{
	size_t low = 0;
	while (count > 1) {
		size_t half = count / 2;
		if (((const struct area *)areas[low + half])->id <= id)
			low += half;
		count -= half;
	}
	return low;
}

/* Level by level from the micro-grids up, each area adds itself to the one above. */
void core_sum_all(const struct core *core, struct core_sums *sums)
{
	size_t count;
	void *const *areas = registry_sorted(core->registry, REGISTRY_AREAS, &count);
	memset(sums, 0, count * sizeof *sums);
	for (size_t i = 0; i < count; i++) {
		const struct area *area = areas[i];
		if (area->holder)
			add_holder(&sums[i], area->holder);
	}
	for (unsigned level = PD_level_microgrid; level > PD_level_district; level--)
		for (size_t i = 0; i < count; i++) {
			const struct area *area = areas[i];
			if (area->level == level && area->parent)
				add_sums(&sums[index_of(areas, count, area->parent->id)], &sums[i]);
		}
}

/* Positions in the stats message's registry field. */
enum { DISTRICTS, STREETS, COMMUNITIES, URBAN, GRIDS, DEDICATED, MICROGRIDS, HOUSEHOLDS, CENTRES, POSTS };
enum { ORGANISATIONS = POSTS + PD_post_administrator };
_Static_assert(ORGANISATIONS + 1 == CORE_REGISTRY_FIGURES, "one figure for each post, and the organisations");

static void count_area(const struct area *area, uint64_t *values)
{
	static const uint8_t of_level[] = {[PD_level_district] = DISTRICTS,
					   [PD_level_street] = STREETS,
					   [PD_level_community] = COMMUNITIES,
					   [PD_level_grid] = GRIDS,
					   [PD_level_microgrid] = MICROGRIDS};
	if (area->retired || !area->event)
		return;
	if (area_is_organisation(area)) {
		values[ORGANISATIONS]++;
		return;
	}
	values[of_level[area->level]]++;
	values[URBAN] += area->kind == PD_area_kind_urban;
	values[DEDICATED] += area->kind == PD_area_kind_dedicated;
}

void core_count_registry(const struct core *core, const struct area *top, uint64_t values[static CORE_REGISTRY_FIGURES])
{
	const struct registry *registry = core->registry;
	size_t count;
	memset(values, 0, CORE_REGISTRY_FIGURES * sizeof *values);
	void *const *areas = registry_sorted(registry, REGISTRY_AREAS, &count);
	for (size_t i = 0; i < count; i++)
		if (!top || area_within(areas[i], top))
			count_area(areas[i], values);
	void *const *households = registry_sorted(registry, REGISTRY_HOUSEHOLDS, &count);
	for (size_t i = 0; i < count; i++) {
		const struct household *household = households[i];
		if (household->retired || (top && !area_within(registry_area(registry, household->area), top)))
			continue;
		values[HOUSEHOLDS]++;
		values[CENTRES] += household->centre == household->id;
	}
	void *const *people = registry_sorted(registry, REGISTRY_PEOPLE, &count);
	for (size_t i = 0; i < count; i++) {
		const struct person *person = people[i];
		if (!person->retired && (!top || area_within(registry_area(registry, person->area), top)))
			values[POSTS + person->post - 1]++;
	}
}
