#include "places.h"

#include <assert.h>
#include <geos_c.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "rings.h"

/* Coordinates go to GEOS in degrees * 10^7, which are whole numbers and hence exact. */
static const double metres_per_e7 = 6371008.8 * M_PI / 180 / 1e7; /* of latitude, on the mean sphere */
enum { LAT_E7_MAX = 900000000, SLIVER_PARTS = 100 };

struct ground {
	uint32_t area;
	uint8_t level;
	GEOSGeometry *geometry;
	const GEOSPreparedGeometry *prepared;
};

struct places {
	GEOSContextHandle_t geos;
	GEOSSTRtree *tree; /* of grounds; null when there are none */
	struct ground *grounds;
	size_t count;
	uint64_t shapes, areas; /* versions of the registry that it was built of */
	bool built;
};

/* What GEOS has to say goes into the refusals' details, not anywhere else. */
static void say_nothing(const char *message, void *arg)
{
	(void)message;
	(void)arg;
}

struct places *places_new(void)
{
	struct places *places = calloc(1, sizeof *places);
	if (!places || !(places->geos = GEOS_init_r()))
		abort();
	GEOSContext_setNoticeMessageHandler_r(places->geos, say_nothing, NULL);
	GEOSContext_setErrorMessageHandler_r(places->geos, say_nothing, NULL);
	return places;
}

static void empty(struct places *places)
{
	if (places->tree)
		GEOSSTRtree_destroy_r(places->geos, places->tree);
	for (size_t i = 0; i < places->count; i++) {
		GEOSPreparedGeom_destroy_r(places->geos, places->grounds[i].prepared);
		GEOSGeom_destroy_r(places->geos, places->grounds[i].geometry);
	}
	free(places->grounds);
	places->grounds = NULL;
	places->tree = NULL;
	places->count = 0;
}

void places_free(struct places *places)
{
	if (!places)
		return;
	empty(places);
	GEOS_finish_r(places->geos);
	free(places);
}

size_t places_count(const struct places *places)
{
	return places->count;
}

static GEOSGeometry *need(GEOSGeometry *geometry)
{
	if (!geometry)
		abort(); /* GEOS ran out of memory: its arguments were looked at before */
	return geometry;
}

/* ---- from rings to geometries ---- */

static GEOSGeometry *linear_ring(GEOSContextHandle_t geos, const struct pd_ring *ring)
{
	GEOSCoordSequence *sequence = GEOSCoordSeq_create_r(geos, ring->points + 1, 2);
	if (!sequence)
		abort();
	for (uint32_t i = 0; i <= ring->points; i++) {
		struct pd_point point = pd_ring_point(ring, i % ring->points);
		GEOSCoordSeq_setXY_r(geos, sequence, i, point.lon_e7, point.lat_e7);
	}
	return need(GEOSGeom_createLinearRing_r(geos, sequence));
}

/* Polygons one by one: the outer ring waits for its holes. */
struct polygons {
	GEOSGeometry *outer, **holes, **done;
	unsigned hole_count, done_count;
};

static GEOSGeometry **append(GEOSGeometry **list, unsigned count, GEOSGeometry *geometry)
{
	list = realloc(list, (count + 1) * sizeof(GEOSGeometry *));
	if (!list)
		abort();
	list[count] = geometry;
	return list;
}

static void finish_polygon(GEOSContextHandle_t geos, struct polygons *polygons)
{
	if (!polygons->outer)
		return;
	GEOSGeometry *polygon =
		need(GEOSGeom_createPolygon_r(geos, polygons->outer, polygons->holes, polygons->hole_count));
	polygons->done = append(polygons->done, polygons->done_count++, polygon);
	free(polygons->holes);
	polygons->outer = NULL;
	polygons->holes = NULL;
	polygons->hole_count = 0;
}

/* Every ring has three different points at least. */
static GEOSGeometry *geometry_of(GEOSContextHandle_t geos, struct pd_slice rings)
{
	struct polygons polygons = {0};
	struct pd_ring ring;
	for (size_t at = 0; pd_rings_next(rings, &at, &ring);) {
		if (ring.hole && polygons.outer) {
			polygons.holes = append(polygons.holes, polygons.hole_count++, linear_ring(geos, &ring));
			continue;
		}
		finish_polygon(geos, &polygons);
		polygons.outer = linear_ring(geos, &ring);
	}
	finish_polygon(geos, &polygons);
	GEOSGeometry *all =
		need(GEOSGeom_createCollection_r(geos, GEOS_MULTIPOLYGON, polygons.done, polygons.done_count));
	free(polygons.done);
	return all;
}

/* ---- building ---- */

static void add_ground(struct places *places, const struct registry *registry, const struct shape *shape)
{
	const struct area *area = registry_area(registry, shape->id);
	if (shape->retired || area->retired)
		return;
	struct ground *ground = &places->grounds[places->count++];
	ground->area = area->id;
	ground->level = area->level;
	ground->geometry = geometry_of(places->geos, shape->rings);
	ground->prepared = GEOSPrepare_r(places->geos, ground->geometry);
	if (!ground->prepared)
		abort();
}

static void plant_tree(struct places *places)
{
	enum { NODE_CAPACITY = 10 };
	if (places->count == 0)
		return;
	places->tree = GEOSSTRtree_create_r(places->geos, NODE_CAPACITY);
	if (!places->tree)
		abort();
	for (size_t i = 0; i < places->count; i++)
		GEOSSTRtree_insert_r(places->geos, places->tree, places->grounds[i].geometry, &places->grounds[i]);
}

void places_update(struct places *places, const struct registry *registry)
{
	uint64_t shapes = registry_kind_version(registry, REGISTRY_SHAPES);
	uint64_t areas = registry_kind_version(registry, REGISTRY_AREAS);
	size_t count;
	if (places->built && places->shapes == shapes && places->areas == areas)
		return;
	empty(places);
	places->built = true;
	places->shapes = shapes;
	places->areas = areas;
	void *const *sorted = registry_sorted(registry, REGISTRY_SHAPES, &count);
	if (count == 0)
		return;
	places->grounds = calloc(count, sizeof *places->grounds);
	if (!places->grounds)
		abort();
	for (size_t i = 0; i < count; i++)
		add_ground(places, registry, sorted[i]);
	plant_tree(places);
}

/* ---- looking up ---- */

struct look {
	const struct places *places;
	const GEOSGeometry *point;
	const struct ground *found;
	unsigned others; /* of the same level, in which it lies as well */
};

static void look_in(void *item, void *arg)
{
	const struct ground *ground = item;
	struct look *look = arg;
	if ((look->found && ground->level < look->found->level) ||
	    GEOSPreparedIntersects_r(look->places->geos, ground->prepared, look->point) != 1)
		return;
	bool same = look->found && ground->level == look->found->level;
	look->others = same ? look->others + 1 : 0;
	if (!same || ground->area < look->found->area)
		look->found = ground;
}

static bool on_border(const struct look *look)
{
	return look->others || GEOSPreparedContains_r(look->places->geos, look->found->prepared, look->point) != 1;
}

/* Of a point's surroundings: metres per unit of the longitude there. */
struct ruler {
	double lon_e7, lat_e7, lon_m, lat_m;
};

static struct ruler ruler_at(int32_t lon_e7, int32_t lat_e7)
{
	return (struct ruler){lon_e7, lat_e7, metres_per_e7 * cos(lat_e7 / 1e7 * M_PI / 180), metres_per_e7};
}

/* The square of the distance from the ruler's point to the line between two others, in metres. */
static double distance2_m(const struct ruler *ruler, struct pd_point from, struct pd_point to)
{
	double ax = (from.lon_e7 - ruler->lon_e7) * ruler->lon_m, ay = (from.lat_e7 - ruler->lat_e7) * ruler->lat_m;
	double dx = (to.lon_e7 - ruler->lon_e7) * ruler->lon_m - ax;
	double dy = (to.lat_e7 - ruler->lat_e7) * ruler->lat_m - ay;
	double length2 = dx * dx + dy * dy, along = length2 > 0 ? -(ax * dx + ay * dy) / length2 : 0;
	along = along < 0 ? 0 : along > 1 ? 1 : along;
	double x = ax + along * dx, y = ay + along * dy;
	return x * x + y * y;
}

static struct pd_point point_of(GEOSContextHandle_t geos, const GEOSCoordSequence *sequence, unsigned i)
{
	double x, y;
	GEOSCoordSeq_getXY_r(geos, sequence, i, &x, &y);
	return (struct pd_point){(int32_t)x, (int32_t)y};
}

static double ring_distance2_m(GEOSContextHandle_t geos, const struct ruler *ruler, const GEOSGeometry *ring)
{
	const GEOSCoordSequence *sequence = GEOSGeom_getCoordSeq_r(geos, ring);
	unsigned count;
	double nearest = INFINITY;
	GEOSCoordSeq_getSize_r(geos, sequence, &count);
	for (unsigned i = 1; i < count; i++) {
		double distance = distance2_m(ruler, point_of(geos, sequence, i - 1), point_of(geos, sequence, i));
		nearest = distance < nearest ? distance : nearest;
	}
	return nearest;
}

static double ground_distance_m(GEOSContextHandle_t geos, const struct ruler *ruler, const struct ground *ground)
{
	double nearest = INFINITY;
	int polygons = GEOSGetNumGeometries_r(geos, ground->geometry);
	for (int i = 0; i < polygons; i++) {
		const GEOSGeometry *polygon = GEOSGetGeometryN_r(geos, ground->geometry, i);
		double distance = ring_distance2_m(geos, ruler, GEOSGetExteriorRing_r(geos, polygon));
		nearest = distance < nearest ? distance : nearest;
		int holes = GEOSGetNumInteriorRings_r(geos, polygon);
		for (int hole = 0; hole < holes; hole++) {
			distance = ring_distance2_m(geos, ruler, GEOSGetInteriorRingN_r(geos, polygon, hole));
			nearest = distance < nearest ? distance : nearest;
		}
	}
	return sqrt(nearest);
}

struct measuring {
	const struct places *places;
	struct ruler ruler;
	const struct ground *nearest;
	double metres;
};

/* Lower levels go before higher ones as when it lies in them, and distances are told in whole metres: so they compare.
 */
static void measure(void *item, void *arg)
{
	const struct ground *ground = item;
	struct measuring *measuring = arg;
	double metres = ceil(ground_distance_m(measuring->places->geos, &measuring->ruler, ground));
	const struct ground *nearest = measuring->nearest;
	bool nearer = metres < measuring->metres;
	if (nearest && metres == measuring->metres)
		nearer =
			ground->level != nearest->level ? ground->level > nearest->level : ground->area < nearest->area;
	if (!nearest || nearer) {
		measuring->nearest = ground;
		measuring->metres = metres;
	}
}

static GEOSGeometry *box_around(GEOSContextHandle_t geos, const struct ruler *ruler, double metres)
{
	double x = metres / ruler->lon_m, y = metres / ruler->lat_m;
	return need(GEOSGeom_createRectangle_r(geos, ruler->lon_e7 - x, ruler->lat_e7 - y, ruler->lon_e7 + x,
					       ruler->lat_e7 + y));
}

static void find_nearest(const struct places *places, int32_t lon_e7, int32_t lat_e7, uint32_t nearest_m,
			 struct core_place *place)
{
	struct measuring measuring = {.places = places, .ruler = ruler_at(lon_e7, lat_e7)};
	if (measuring.ruler.lon_m < metres_per_e7 / 1000)
		return; /* at a pole nothing is measured */
	GEOSGeometry *box = box_around(places->geos, &measuring.ruler, nearest_m + 1.0);
	GEOSSTRtree_query_r(places->geos, places->tree, box, measure, &measuring);
	GEOSGeom_destroy_r(places->geos, box);
	if (measuring.nearest && measuring.metres <= nearest_m)
		*place = (struct core_place){PLACE_NEAREST, measuring.nearest->area, (uint32_t)measuring.metres};
}

void places_find(const struct places *places, int32_t lon_e7, int32_t lat_e7, uint32_t nearest_m,
		 struct core_place *place)
{
	*place = (struct core_place){PLACE_NOWHERE, 0, 0};
	if (!places->tree)
		return;
	GEOSGeometry *point = need(GEOSGeom_createPointFromXY_r(places->geos, lon_e7, lat_e7));
	struct look look = {.places = places, .point = point};
	GEOSSTRtree_query_r(places->geos, places->tree, point, look_in, &look);
	if (look.found)
		*place = (struct core_place){on_border(&look) ? PLACE_BORDER : PLACE_INSIDE, look.found->area, 0};
	GEOSGeom_destroy_r(places->geos, point);
	if (!look.found)
		find_nearest(places, lon_e7, lat_e7, nearest_m, place);
}

/* ---- checking ---- */

static bool same_point(struct pd_point a, struct pd_point b)
{
	return a.lon_e7 == b.lon_e7 && a.lat_e7 == b.lat_e7;
}

static bool has_three_points(const struct pd_ring *ring)
{
	struct pd_point first = pd_ring_point(ring, 0), second = first;
	for (uint32_t i = 1; i < ring->points; i++) {
		struct pd_point point = pd_ring_point(ring, i);
		if (same_point(second, first))
			second = point;
		else if (!same_point(point, first) && !same_point(point, second))
			return true;
	}
	return false;
}

static struct pd_detail check_points(uint32_t area, struct pd_slice rings)
{
	struct pd_ring ring;
	uint64_t number = 1, points = 1;
	for (size_t at = 0; pd_rings_next(rings, &at, &ring); number++, points += ring.points) {
		for (uint32_t i = 0; i < ring.points; i++) {
			int64_t lat_e7 = pd_ring_point(&ring, i).lat_e7;
			if (lat_e7 < -LAT_E7_MAX || lat_e7 > LAT_E7_MAX)
				return PD_DETAIL(shape_latitude, PD_NUMBER(area), PD_NUMBER(points + i),
						 PD_DEGREES(lat_e7));
		}
		if (!has_three_points(&ring))
			return PD_DETAIL(shape_points, PD_NUMBER(area), PD_NUMBER(number));
	}
	return PD_NO_DETAIL;
}

/* The box of points, of which none is in it at first. */
struct box {
	int32_t west, south, east, north;
};
#define EMPTY_BOX                                                                                                      \
	{                                                                                                              \
		INT32_MAX, INT32_MAX, INT32_MIN, INT32_MIN                                                             \
	}

static void widen(struct box *box, int32_t lon_e7, int32_t lat_e7)
{
	box->west = lon_e7 < box->west ? lon_e7 : box->west;
	box->east = lon_e7 > box->east ? lon_e7 : box->east;
	box->south = lat_e7 < box->south ? lat_e7 : box->south;
	box->north = lat_e7 > box->north ? lat_e7 : box->north;
}

static bool meet(const struct box *a, const struct box *b)
{
	return a->west <= b->east && b->west <= a->east && a->south <= b->north && b->south <= a->north;
}

/* West of 90 degrees both orders are latitudes: then it tells whether the households are there, or at its mirror image.
 */
static bool is_mirrored(const struct registry *registry, struct pd_slice rings)
{
	struct box shape = EMPTY_BOX, homes = EMPTY_BOX;
	struct pd_ring ring;
	size_t count;
	for (size_t at = 0; pd_rings_next(rings, &at, &ring);)
		for (uint32_t i = 0; i < ring.points; i++)
			widen(&shape, pd_ring_point(&ring, i).lon_e7, pd_ring_point(&ring, i).lat_e7);
	if (shape.west < -LAT_E7_MAX || shape.east > LAT_E7_MAX)
		return false;
	void *const *households = registry_sorted(registry, REGISTRY_HOUSEHOLDS, &count);
	for (size_t i = 0; i < count; i++) {
		const struct household *household = households[i];
		if (!household->retired && (household->lon_e7 || household->lat_e7))
			widen(&homes, household->lon_e7, household->lat_e7);
	}
	struct box mirrored = {shape.south, shape.west, shape.north, shape.east};
	return meet(&mirrored, &homes) && !meet(&shape, &homes);
}

static struct pd_detail check_valid(GEOSContextHandle_t geos, uint32_t area, const GEOSGeometry *geometry)
{
	char *reason = NULL;
	GEOSGeometry *where = NULL;
	double x = 0, y = 0;
	if (GEOSisValidDetail_r(geos, geometry, 0, &reason, &where) == 1)
		return PD_NO_DETAIL;
	if (where) {
		GEOSGeomGetX_r(geos, where, &x);
		GEOSGeomGetY_r(geos, where, &y);
		GEOSGeom_destroy_r(geos, where);
	}
	bool crosses = reason && strstr(reason, "elf-intersection");
	GEOSFree_r(geos, reason);
	int64_t lon_e7 = llround(x), lat_e7 = llround(y);
	return crosses ? PD_DETAIL(shape_crosses, PD_NUMBER(area), PD_DEGREES(lon_e7), PD_DEGREES(lat_e7))
		       : PD_DETAIL(shape_holes, PD_NUMBER(area), PD_DEGREES(lon_e7), PD_DEGREES(lat_e7));
}

enum pd_refusal places_check(struct places *places, const struct registry *registry, uint32_t area,
			     struct pd_slice rings, struct pd_detail *detail)
{
	if (!pd_rings_sound(rings))
		return PD_REFUSED_none;
	*detail = check_points(area, rings);
	if (detail->name == PD_DETAIL_none && is_mirrored(registry, rings))
		*detail = PD_DETAIL(shape_axes, PD_NUMBER(area));
	if (detail->name == PD_DETAIL_none) {
		GEOSGeometry *geometry = geometry_of(places->geos, rings);
		*detail = check_valid(places->geos, area, geometry);
		GEOSGeom_destroy_r(places->geos, geometry);
	}
	return detail->name == PD_DETAIL_none ? PD_REFUSED_none : PD_REFUSED_bad_shape;
}

struct overlapping {
	const struct places *places;
	const GEOSGeometry *geometry;
	uint32_t area;
	uint8_t level;
	const struct ground *other; /* the one with the smallest id that shares too much */
	double shared;
};

static double size_of(GEOSContextHandle_t geos, const GEOSGeometry *geometry)
{
	double size = 0;
	GEOSArea_r(geos, geometry, &size);
	return size;
}

static void overlap(void *item, void *arg)
{
	const struct ground *ground = item;
	struct overlapping *overlapping = arg;
	GEOSContextHandle_t geos = overlapping->places->geos;
	if (ground->area == overlapping->area || ground->level != overlapping->level ||
	    (overlapping->other && overlapping->other->area < ground->area) ||
	    GEOSPreparedIntersects_r(geos, ground->prepared, overlapping->geometry) != 1)
		return;
	GEOSGeometry *shared = GEOSIntersection_r(geos, ground->geometry, overlapping->geometry);
	if (!shared)
		return;
	double size = size_of(geos, shared), own = size_of(geos, overlapping->geometry);
	double others = size_of(geos, ground->geometry);
	GEOSGeom_destroy_r(geos, shared);
	if (size * SLIVER_PARTS <= (own < others ? own : others))
		return;
	overlapping->other = ground;
	overlapping->shared = size;
}

static enum pd_refusal find_overlap(struct overlapping *overlapping, struct pd_detail *detail)
{
	GEOSContextHandle_t geos = overlapping->places->geos;
	double lat_e7 = 0;
	GEOSSTRtree_query_r(geos, overlapping->places->tree, overlapping->geometry, overlap, overlapping);
	if (!overlapping->other)
		return PD_REFUSED_none;
	GEOSGeom_getYMin_r(geos, overlapping->geometry, &lat_e7);
	double unit_m2 = metres_per_e7 * metres_per_e7 * cos(lat_e7 / 1e7 * M_PI / 180);
	*detail = PD_DETAIL(shape_overlaps, PD_NUMBER(overlapping->area), PD_NUMBER(overlapping->other->area),
			    PD_NUMBER((uint64_t)llround(overlapping->shared * unit_m2)));
	return PD_REFUSED_shape_overlaps;
}

enum pd_refusal places_check_overlap(const struct places *places, const struct area *area, struct pd_slice rings,
				     struct pd_detail *detail)
{
	if (!places->tree || !pd_rings_sound(rings))
		return PD_REFUSED_none;
	GEOSGeometry *geometry = geometry_of(places->geos, rings);
	struct overlapping overlapping = {
		.places = places, .geometry = geometry, .area = area->id, .level = area->level};
	enum pd_refusal refusal = find_overlap(&overlapping, detail);
	GEOSGeom_destroy_r(places->geos, geometry);
	return refusal;
}

enum pd_refusal places_check_all(const struct places *places, uint32_t areas[static 2], struct pd_detail *detail)
{
	for (size_t i = 0; i < places->count; i++) {
		const struct ground *ground = &places->grounds[i];
		struct overlapping overlapping = {
			.places = places, .geometry = ground->geometry, .area = ground->area, .level = ground->level};
		enum pd_refusal refusal = find_overlap(&overlapping, detail);
		if (refusal == PD_REFUSED_none)
			continue;
		areas[0] = ground->area;
		areas[1] = overlapping.other->area;
		return refusal;
	}
	return PD_REFUSED_none;
}
