#include "ground.h"

#include <math.h>

#include "rings.h"
#include "sim.h"

enum { CELL_E7 = 125000, CELLS = GROUND_E7 / CELL_E7, CORNERS = 4 };

static const double metre_e7 = 6371008.8 * M_PI / 180 / 1e7;

/* ---- drawing ---- */

static struct pd_slice square(int32_t west, int32_t south, int32_t size, const int order[static CORNERS])
{
	static struct pd_buffer rings;
	const struct pd_point corners[CORNERS] = {
		{west, south}, {west + size, south}, {west + size, south + size}, {west, south + size}};
	rings.count = 0;
	for (int i = 0; i < CORNERS; i++)
		pd_rings_add(&rings, corners[order[i]]);
	return (struct pd_slice){rings.data, (uint32_t)rings.count};
}

void ground_draw(struct pd_put_shape *put)
{
	static const int around[] = {0, 1, 2, 3}, crossing[] = {0, 2, 1, 3}, flat[] = {0, 1, 0, 1};
	int32_t west = (int32_t)dice_below(&sim.dice, CELLS) * CELL_E7,
		south = (int32_t)dice_below(&sim.dice, CELLS) * CELL_E7;
	int32_t size = dice_below(&sim.dice, 3) == 0 ? CELL_E7 / 2 : CELL_E7;
	uint32_t kind = dice_below(&sim.dice, 20);
	if (kind == 0)
		west += CELL_E7 / 3; /* it may lie on another */
	put->rings = square(west, south, size, kind == 1 ? crossing : kind == 2 ? flat : around);
	if (kind == 3)
		put->rings.bytes -= 3;
	else if (kind == 4)
		put->rings.bytes = 0;
	else if (kind == 5)
		put->rings = square(west, 950000000, size, around);
}

/* ---- finding ---- */

static double outside_m(int32_t value, int32_t low, int32_t high, double unit_m)
{
	int32_t e7 = value < low ? low - value : value > high ? value - high : 0;
	return e7 * unit_m;
}

/* In whole metres, rounded up; 0: it is in it, *on: on its border. */
static double far_from(struct pd_slice rings, int32_t lon_e7, int32_t lat_e7, bool *on)
{
	struct pd_point low, high;
	struct pd_ring ring;
	size_t at = 0;
	pd_rings_next(rings, &at, &ring);
	low = pd_ring_point(&ring, 0);
	high = pd_ring_point(&ring, 2);
	double x = outside_m(lon_e7, low.lon_e7, high.lon_e7, metre_e7 * cos(lat_e7 / 1e7 * M_PI / 180));
	double y = outside_m(lat_e7, low.lat_e7, high.lat_e7, metre_e7);
	*on = lon_e7 == low.lon_e7 || lon_e7 == high.lon_e7 || lat_e7 == low.lat_e7 || lat_e7 == high.lat_e7;
	return ceil(sqrt(x * x + y * y));
}

void ground_find(const struct registry *registry, int32_t lon_e7, int32_t lat_e7, struct core_place *place)
{
	size_t count;
	unsigned level = 0, sharing = 0;
	double nearest_m = GROUND_NEAR_M + 1;
	void *const *shapes = registry_sorted(registry, REGISTRY_SHAPES, &count);
	*place = (struct core_place){PLACE_NOWHERE, 0, 0};
	for (size_t i = 0; i < count; i++) { /* by id: of those that are alike the first stays */
		const struct shape *shape = shapes[i];
		const struct area *area = registry_area(registry, shape->id);
		bool on;
		if (shape->retired || area->retired)
			continue;
		double metres = far_from(shape->rings, lon_e7, lat_e7, &on);
		sharing += metres == 0 && nearest_m == 0 && area->level == level;
		if (metres > nearest_m || (metres == nearest_m && area->level <= level))
			continue;
		nearest_m = metres;
		level = area->level;
		sharing = on;
		*place = (struct core_place){metres > 0 ? PLACE_NEAREST : PLACE_INSIDE, area->id, (uint32_t)metres};
	}
	if (place->how == PLACE_INSIDE && sharing)
		place->how = PLACE_BORDER;
	if (nearest_m > GROUND_NEAR_M)
		*place = (struct core_place){PLACE_NOWHERE, 0, 0};
}
