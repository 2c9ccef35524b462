/* registry_shapes.h - the polygons of areas as GeoJSON (RFC 7946): a FeatureCollection of Polygons and MultiPolygons.
 *
 * A feature's area stands in its property "area", or in its id. Coordinates are WGS84, or GCJ-02, as Chinese web maps
 * have them, when that is said: by a member "crs" of the collection, or by whoever has it read. They are stored as
 * WGS84. Threads: one.
 */
#ifndef PAIDAN_REGISTRY_SHAPES_H
#define PAIDAN_REGISTRY_SHAPES_H

#include "buffer.h"
#include "problems.h"
#include "rows.h"

enum shapes_crs { SHAPES_CRS_OF_FILE, SHAPES_CRS_WGS84, SHAPES_CRS_GCJ02 };

struct registry_shapes {
	enum shapes_crs crs; /* SHAPES_CRS_OF_FILE: as it says itself; WGS84 when it does not */
	const char *key;     /* the property that names the area; null: "area", or else the feature's id */
};

/* "wgs84" or "gcj02". */
bool shapes_crs_parse(const char *text, enum shapes_crs *crs);

/* Read the file at path into rows as shapes; what is wrong is added to problems, by feature. */
void registry_shapes_read(struct rows *rows, const char *path, const struct registry_shapes *how,
			  struct problems *problems);

/* Append the shapes to out as GeoJSON, a feature a line, the outer rings counter-clockwise and the holes clockwise;
 * name may be null, and tells the name of an area, empty if it has none. */
typedef const char *shapes_name(uint32_t area, void *arg);
void registry_shapes_print(const struct rows *rows, shapes_name *name, void *arg, struct pd_buffer *out);

#endif
