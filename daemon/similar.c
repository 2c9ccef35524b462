#include "similar.h"

#include <math.h>

enum { LOOKED_MAX = 100000 };

/* The mean radius of the earth (IUGG). */
static const double earth_m = 6371008.8;

double similar_distance_m(int32_t lon_a_e7, int32_t lat_a_e7, int32_t lon_b_e7, int32_t lat_b_e7)
{
	const double radian = M_PI / 180 / 1e7;
	double lat_a = lat_a_e7 * radian, lat_b = lat_b_e7 * radian;
	double half_lat = sin((lat_b - lat_a) / 2), half_lon = sin(((double)lon_b_e7 - lon_a_e7) * radian / 2);
	double h = half_lat * half_lat + cos(lat_a) * cos(lat_b) * half_lon * half_lon;
	return 2 * earth_m * asin(sqrt(h < 1 ? h : 1));
}

/* What has been found so far, the nearest first. */
struct finding {
	const struct core *core;
	const struct similar_query *query;
	const struct order **found;
	double distances[SIMILAR_MAX];
	size_t count;
	uint64_t looked;
};

/* Its own coordinate, else its household's. */
static struct similar_place place_of(const struct core *core, const struct order_row *row)
{
	const struct household *household = registry_household(core_registry(core), row->household);
	struct similar_place place = {registry_area(core_registry(core), row->area), row->lon_e7, row->lat_e7};
	if (!place.lon_e7 && !place.lat_e7 && household) {
		place.lon_e7 = household->lon_e7;
		place.lat_e7 = household->lat_e7;
	}
	return place;
}

static bool has_coordinate(const struct similar_place *place)
{
	return place->lon_e7 || place->lat_e7;
}

/* Without a coordinate on one side, what comes from the same area is near. */
static bool is_near(const struct finding *finding, const struct order_row *row, double *distance_m)
{
	const struct similar_place *here = &finding->query->place, there = place_of(finding->core, row);
	*distance_m = finding->query->radius_m;
	if (!has_coordinate(here) || !has_coordinate(&there))
		return here->area == there.area;
	*distance_m = similar_distance_m(here->lon_e7, here->lat_e7, there.lon_e7, there.lat_e7);
	return *distance_m <= finding->query->radius_m;
}

static void look_at(struct finding *finding, const struct order *order)
{
	const struct similar_query *query = finding->query;
	const struct order_row *row = &order->row;
	double distance_m;
	finding->looked++;
	if (row->category != query->category || row->submitted_ms < query->since_ms || !order_is_queued(row) ||
	    !is_near(finding, row, &distance_m) || !core_may_see(finding->core, query->person, row))
		return;
	size_t at = finding->count;
	while (at > 0 && finding->distances[at - 1] > distance_m)
		at--;
	if (at == query->limit)
		return;
	size_t last = finding->count < query->limit ? finding->count++ : finding->count - 1;
	for (; last > at; last--) {
		finding->found[last] = finding->found[last - 1];
		finding->distances[last] = finding->distances[last - 1];
	}
	finding->found[at] = order;
	finding->distances[at] = distance_m;
}

/* Orders that come from the area: those that it holds itself, and those that are held elsewhere. */
static void look_at_area(struct finding *finding, const struct area *area)
{
	struct holder *holder = area->holder;
	struct order *order;
	const struct away_list *away = core_away(finding->core, area->id);
	struct order_queue *queues[] = {holder ? &holder->waiting : NULL, holder ? &holder->working : NULL};
	for (int i = 0; i < 2 && holder; i++)
		RB_FOREACH(order, order_queue, queues[i])
	if (order->row.area == area->id && finding->looked < LOOKED_MAX)
		look_at(finding, order);
	if (away)
		LIST_FOREACH(order, away, by_origin)
	if (finding->looked < LOOKED_MAX)
		look_at(finding, order);
}

size_t similar_find(const struct core *core, const struct similar_query *query, const struct order **found,
		    uint64_t *looked)
{
	struct finding finding = {.core = core, .query = query, .found = found};
	const struct area *community = area_at_level(query->place.area, PD_level_community);
	size_t count;
	void *const *areas = registry_sorted(core_registry(core), REGISTRY_AREAS, &count);
	for (size_t i = 0; i < count && query->limit; i++)
		if (area_within(areas[i], community))
			look_at_area(&finding, areas[i]);
	*looked += finding.looked + count;
	return finding.count;
}
