/* places.h - which area a coordinate lies in: the polygons of all areas, prepared for many look-ups.
 *
 * Built of a registry's shapes that are in use, and again when they have changed; a look-up is then a walk down a tree
 * of boxes (GEOS's STR-tree) and a test in the few polygons whose boxes hold the point (GEOS's prepared geometries).
 *
 * A point that lies in areas of several levels belongs to the lowest. On a border it belongs to all that meet there,
 * and of those to the one with the smallest id. In none, to the nearest, if it is not too far: distances are to
 * borders, in metres on the ground; of equally near ones the smallest id counts. Coordinates are WGS84. Threads: one at
 * a time.
 */
#ifndef PAIDAN_PLACES_H
#define PAIDAN_PLACES_H

#include "registry.h"
#include "route.h"

struct places;

struct places *places_new(void);
void places_free(struct places *places);
/* Make it what the registry's shapes are; cheap when they have not changed since. The registry need not outlive the
 * call. */
void places_update(struct places *places, const struct registry *registry);
size_t places_count(const struct places *places);

/* nearest_m: further than this, nothing is near. */
void places_find(const struct places *places, int32_t lon_e7, int32_t lat_e7, uint32_t nearest_m,
		 struct core_place *place);

/* Whether polygons could be those of an area: they are not empty, they do not cross themselves, their axes are in the
 * right order. The registry's households tell where the district is. PD_REFUSED_none, or bad_shape with a detail. Rings
 * that are not even sound are left to the core. */
enum pd_refusal places_check(struct places *places, const struct registry *registry, uint32_t area,
			     struct pd_slice rings, struct pd_detail *detail);
/* Whether they cover more than a sliver, one part in a hundred, of another area's of the same level; area's own do not
 * count. places must be up to date. shape_overlaps, with a detail. */
enum pd_refusal places_check_overlap(const struct places *places, const struct area *area, struct pd_slice rings,
				     struct pd_detail *detail);
/* The same of all against all; areas gets the two. */
enum pd_refusal places_check_all(const struct places *places, uint32_t areas[static 2], struct pd_detail *detail);

#endif
