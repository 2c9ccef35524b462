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

void core_mark_waiting(const struct core *core)
{
	size_t count, at = 0;
	void *const *areas = registry_sorted(core->registry, REGISTRY_AREAS, &count);
	for (size_t i = 0; i < count; i++)
		((struct area *)areas[i])->waiting_below = 0;
	for (const struct holder *holder; (holder = table_next(&core->holders, &at));)
		for (struct area *area = holder->waiting_count ? holder->entity : NULL; area; area = area->parent)
			area->waiting_below += holder->waiting_count;
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

static void count_members(const struct area *area, uint64_t *values)
{
	values[HOUSEHOLDS] += area->households;
	values[CENTRES] += area->centres;
	for (unsigned post = 1; post <= PD_post_administrator; post++)
		values[POSTS + post - 1] += area->posts[post];
}

void core_count_registry(const struct core *core, const struct area *top, uint64_t values[static CORE_REGISTRY_FIGURES])
{
	size_t count;
	memset(values, 0, CORE_REGISTRY_FIGURES * sizeof *values);
	void *const *areas = registry_sorted(core->registry, REGISTRY_AREAS, &count);
	for (size_t i = 0; i < count; i++) {
		if (top && !area_within(areas[i], top))
			continue;
		count_area(areas[i], values);
		count_members(areas[i], values);
	}
}
