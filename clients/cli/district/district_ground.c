/* The ground of micro-grids: each has what is nearer to its place than to that of any other, up to a distance, and some
 * have a hole where nobody lives. All in whole numbers. */
#include <stdlib.h>

#include "district_making.h"
#include "rings.h"

/* Lengths in metres. Places stand so far apart that even the smallest ground has room for homes. */
enum { APART_M = 70, HOME_M = 98, REACH_M = 700, TRIES = 60, CORNERS_MAX = 64, HOLE_M = 25, HOLE_EVERY = 40 };

/* On the map's scale, where a metre is as long eastward as northward. */
struct vector {
	int64_t x, y;
};

static struct vector vector_to(struct place from, struct place to)
{
	return (struct vector){((int64_t)to.lon_e7 - from.lon_e7) * DISTRICT_LAT_E7_PER_M,
			       ((int64_t)to.lat_e7 - from.lat_e7) * DISTRICT_LON_E7_PER_M};
}

/* Positive: place lies beyond the middle between site and other, measured from the site. */
static int64_t beyond_middle(struct place site, struct place other, struct place place)
{
	struct vector to = vector_to(site, other), at = vector_to(site, place);
	return 2 * (to.x * at.x + to.y * at.y) - (to.x * to.x + to.y * to.y);
}

static bool near(struct place a, struct place b, int64_t metres)
{
	return district_map_distance2_m(a, b) < metres * metres;
}

/* ---- places ---- */

static bool stands_free(const struct making *making, const struct microgrid *microgrid)
{
	for (const struct microgrid *other = making->microgrids; other < microgrid; other++)
		if (near(other->place, microgrid->place, APART_M))
			return false;
	return true;
}

void district_ground_part(struct making *making, struct microgrid *microgrid)
{
	struct place centre = microgrid->place;
	for (uint32_t i = 1; i < TRIES && !stands_free(making, microgrid); i++)
		microgrid->place = district_map_near(&making->ground, centre, 40 * i, -1);
}

/* Those that homes could come near to. */
void district_ground_neighbours(struct making *making)
{
	for (struct microgrid *m = making->microgrids; m < making->microgrids + DISTRICT_MICROGRIDS; m++)
		for (uint32_t i = 0; i < DISTRICT_MICROGRIDS; i++) {
			struct place other = making->microgrids[i].place;
			if (&making->microgrids[i] != m && m->neighbour_count < NEIGHBOURS_MAX &&
			    near(m->place, other, 2 * HOME_M))
				m->neighbours[m->neighbour_count++] = other;
		}
}

static bool is_own(const struct microgrid *microgrid, struct place place)
{
	for (uint32_t i = 0; i < microgrid->neighbour_count; i++)
		if (beyond_middle(microgrid->place, microgrid->neighbours[i], place) >= 0)
			return false;
	return true;
}

struct place district_ground_keep(struct making *making, const struct microgrid *microgrid, struct place place)
{
	for (uint32_t i = 0; i < TRIES && !is_own(microgrid, place); i++)
		place = district_map_near(&making->ground, microgrid->place, HOME_M - HOME_M * i / TRIES, -1);
	return place;
}

/* ---- polygons ---- */

struct cell {
	struct place corners[CORNERS_MAX];
	uint32_t count;
};

/* What an edge from one side to the other, by their measures, has in the middle. */
static struct place crossing(struct place from, struct place to, int64_t from_by, int64_t to_by)
{
	/* The measures are of some 2^50; what is cut off here are fractions of a millimetre. */
	int64_t part = from_by >> 24, whole = (from_by >> 24) - (to_by >> 24);
	return whole == 0 ? from
			  : (struct place){from.lon_e7 + (int32_t)(((int64_t)to.lon_e7 - from.lon_e7) * part / whole),
					   from.lat_e7 + (int32_t)(((int64_t)to.lat_e7 - from.lat_e7) * part / whole)};
}

static void add_corner(struct cell *cell, struct place corner)
{
	const struct place *last = cell->count ? &cell->corners[cell->count - 1] : NULL;
	if (cell->count < CORNERS_MAX && !(last && last->lon_e7 == corner.lon_e7 && last->lat_e7 == corner.lat_e7))
		cell->corners[cell->count++] = corner;
}

/* Leave what is nearer to site than to other. */
static void cut(struct cell *cell, struct place site, struct place other)
{
	struct cell left = {.count = 0};
	for (uint32_t i = 0; i < cell->count; i++) {
		struct place from = cell->corners[i], to = cell->corners[(i + 1) % cell->count];
		int64_t from_by = beyond_middle(site, other, from), to_by = beyond_middle(site, other, to);
		if (from_by <= 0)
			add_corner(&left, from);
		if ((from_by < 0 && to_by > 0) || (from_by > 0 && to_by < 0))
			add_corner(&left, crossing(from, to, from_by, to_by));
	}
	*cell = left;
}

static struct place moved(struct place place, int32_t east_m, int32_t north_m)
{
	return (struct place){place.lon_e7 + east_m * DISTRICT_LON_E7_PER_M,
			      place.lat_e7 + north_m * DISTRICT_LAT_E7_PER_M};
}

static struct cell cell_of(const struct making *making, const struct microgrid *microgrid)
{
	/* An octagon, where nobody is near. */
	static const int32_t around[8][2] = {{10, 4},   {4, 10},   {-4, 10}, {-10, 4},
					     {-10, -4}, {-4, -10}, {4, -10}, {10, -4}};
	struct cell cell = {.count = 0};
	for (int i = 0; i < 8; i++)
		add_corner(&cell, moved(microgrid->place, around[i][0] * REACH_M / 11, around[i][1] * REACH_M / 11));
	for (const struct microgrid *other = making->microgrids; other < making->microgrids + DISTRICT_MICROGRIDS;
	     other++)
		if (other != microgrid && near(microgrid->place, other->place, 2 * REACH_M))
			cut(&cell, microgrid->place, other->place);
	return cell;
}

static void add_point(struct pd_buffer *rings, struct place place)
{
	pd_rings_add(rings, (struct pd_point){place.lon_e7, place.lat_e7});
}

/* Left of every edge of the cell, which runs counter-clockwise. */
static bool is_inside(const struct cell *cell, struct place place)
{
	for (uint32_t i = 0; i < cell->count; i++) {
		struct vector edge = vector_to(cell->corners[i], cell->corners[(i + 1) % cell->count]);
		struct vector at = vector_to(cell->corners[i], place);
		if (edge.x * at.y - edge.y * at.x <= 0)
			return false;
	}
	return true;
}

/* A square towards a corner, behind all homes, if there is room. */
static void add_hole(struct pd_buffer *rings, const struct cell *cell, struct place site)
{
	static const int32_t around[4][2] = {{-1, -1}, {-1, 1}, {1, 1}, {1, -1}};
	for (uint32_t i = 0; i < cell->count; i++) {
		struct place corner = cell->corners[i];
		struct place middle = {site.lon_e7 + (corner.lon_e7 - site.lon_e7) / 10 * 7,
				       site.lat_e7 + (corner.lat_e7 - site.lat_e7) / 10 * 7};
		bool fits = !near(site, middle, HOME_M + 2 * HOLE_M);
		for (int j = 0; j < 4; j++)
			fits = fits &&
			       is_inside(cell, moved(middle, around[j][0] * 2 * HOLE_M, around[j][1] * 2 * HOLE_M));
		if (!fits)
			continue;
		pd_rings_begin(rings, true);
		for (int j = 0; j < 4; j++)
			add_point(rings, moved(middle, around[j][0] * HOLE_M, around[j][1] * HOLE_M));
		return;
	}
}

void district_make_shapes(struct making *making)
{
	struct pd_buffer rings = {0};
	for (uint32_t i = 0; i < DISTRICT_MICROGRIDS; i++) {
		const struct microgrid *microgrid = &making->microgrids[i];
		struct cell cell = cell_of(making, microgrid);
		rings.count = 0;
		for (uint32_t corner = 0; corner < cell.count; corner++)
			add_point(&rings, cell.corners[corner]);
		if (i % HOLE_EVERY == 0)
			add_hole(&rings, &cell, microgrid->place);
		struct pd_slice kept = rows_text(making->rows, rings.data, rings.count);
		struct pd_put_shape *shape = rows_add(making->rows, ROWS_SHAPES, 0);
		*shape = (struct pd_put_shape){.area = microgrid->id, .rings = kept};
	}
	pd_buffer_fini(&rings);
}
