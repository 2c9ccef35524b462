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

/* ---- finding ----
 *
 * Drawn are squares; but a frame that was spoiled on its way may hold any polygon, and be taken in.
 */

/* Of a point and a line: which side of it the point is on, 0: on the line or in its prolongation. The products have 64
 * bits at most, and are exact. */
static int side_of(struct pd_point p, struct pd_point from, struct pd_point to)
{
	long double left = ((long double)to.lon_e7 - from.lon_e7) * ((long double)p.lat_e7 - from.lat_e7),
		    right = ((long double)to.lat_e7 - from.lat_e7) * ((long double)p.lon_e7 - from.lon_e7);
	return (left > right) - (left < right);
}

static bool between(int32_t value, int32_t a, int32_t b)
{
	return value >= (a < b ? a : b) && value <= (a < b ? b : a);
}

static bool lies_on(struct pd_point p, struct pd_point from, struct pd_point to)
{
	return side_of(p, from, to) == 0 && between(p.lon_e7, from.lon_e7, to.lon_e7) &&
	       between(p.lat_e7, from.lat_e7, to.lat_e7);
}

/* Whether the line is met on the way from the point due east; of its ends the northern one does not count. */
static bool is_east(struct pd_point p, struct pd_point from, struct pd_point to)
{
	bool rises = from.lat_e7 < to.lat_e7;
	if ((from.lat_e7 <= p.lat_e7) == (to.lat_e7 <= p.lat_e7))
		return false;
	return side_of(p, from, to) == (rises ? 1 : -1);
}

static double metres_to(struct pd_point p, struct pd_point from, struct pd_point to)
{
	double lon_m = metre_e7 * cos(p.lat_e7 / 1e7 * M_PI / 180);
	double x = ((double)from.lon_e7 - p.lon_e7) * lon_m, y = ((double)from.lat_e7 - p.lat_e7) * metre_e7;
	double u = ((double)to.lon_e7 - from.lon_e7) * lon_m, v = ((double)to.lat_e7 - from.lat_e7) * metre_e7;
	double part = u == 0 && v == 0 ? 0 : fmin(1, fmax(0, -(x * u + y * v) / (u * u + v * v)));
	return hypot(x + part * u, y + part * v);
}

/* In whole metres, rounded up; 0: it is in it, *on: on its border. Holes are rings like others: who is in a hole is in
 * two of them. */
static double far_from(struct pd_slice rings, struct pd_point p, bool *on)
{
	struct pd_ring ring;
	double metres = INFINITY;
	bool in = false;
	*on = false;
	for (size_t at = 0; pd_rings_next(rings, &at, &ring);)
		for (uint32_t i = 0; i < ring.points; i++) {
			struct pd_point from = pd_ring_point(&ring, i),
					to = pd_ring_point(&ring, (i + 1) % ring.points);
			*on |= lies_on(p, from, to);
			in ^= is_east(p, from, to);
			metres = fmin(metres, metres_to(p, from, to));
		}
	return in || *on ? 0 : ceil(metres);
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
		double metres = far_from(shape->rings, (struct pd_point){lon_e7, lat_e7}, &on);
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
