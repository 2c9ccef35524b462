#include "registry_shapes.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "gcj02.h"
#include "intl.h"
#include "registry_text.h"
#include "rings.h"

enum { RING_POINTS_MIN = 4 }; /* the first one is repeated: RFC 7946, section 3.1.6 */

/* The file being read, and where in it. */
struct shaping {
	struct rows *rows;
	struct problems *problems;
	const char *key;
	bool shifted; /* its coordinates are GCJ-02 */
	uint32_t feature;
	struct pd_buffer rings;
};

bool shapes_crs_parse(const char *text, enum shapes_crs *crs)
{
	if (strcasecmp(text, "gcj02") == 0 || strcasecmp(text, "gcj-02") == 0)
		*crs = SHAPES_CRS_GCJ02;
	else if (strcasecmp(text, "wgs84") == 0 || strcasecmp(text, "wgs-84") == 0)
		*crs = SHAPES_CRS_WGS84;
	else
		return false;
	return true;
}

/* ---- coordinates ---- */

static bool problem(struct shaping *shaping, const char *text)
{
	problems_add(shaping->problems, ROWS_SHAPES, shaping->feature, "%s", text);
	return false;
}

/* Degrees that an i32 can hold; whether they are on the earth is for the broker to say, with the place. */
static bool read_point(struct shaping *shaping, const cJSON *position, struct pd_point *point)
{
	const cJSON *lon = cJSON_IsArray(position) ? position->child : NULL, *lat = lon ? lon->next : NULL;
	if (!lon || !lat || !cJSON_IsNumber(lon) || !cJSON_IsNumber(lat))
		return problem(shaping, _("a position is not [longitude, latitude]"));
	if (fabs(lon->valuedouble) > 180 || fabs(lat->valuedouble) > 180)
		return problem(shaping, _("a coordinate is beyond 180 degrees: are they metres of a projection? They "
					  "must be degrees"));
	*point = (struct pd_point){(int32_t)lround(lon->valuedouble * 1e7), (int32_t)lround(lat->valuedouble * 1e7)};
	if (shaping->shifted)
		*point = gcj02_to_wgs84(*point);
	return true;
}

/* Whether the ring runs counter-clockwise: twice the ground that it encloses is positive. */
static bool runs_left(const struct pd_ring *ring)
{
	double sum = 0;
	struct pd_point origin = pd_ring_point(ring, 0), before = pd_ring_point(ring, ring->points - 1);
	for (uint32_t i = 0; i < ring->points; i++) {
		struct pd_point point = pd_ring_point(ring, i);
		sum += ((double)before.lon_e7 - origin.lon_e7) * ((double)point.lat_e7 - origin.lat_e7) -
		       ((double)point.lon_e7 - origin.lon_e7) * ((double)before.lat_e7 - origin.lat_e7);
		before = point;
	}
	return sum > 0;
}

/* The last ring, whose points begin at byte start: outer ones run counter-clockwise and holes clockwise, from the first
 * point on. */
static void set_right(struct pd_buffer *rings, size_t start, bool hole)
{
	struct pd_ring ring = {rings->data + start, (uint32_t)((rings->count - start) / PD_POINT_BYTES), hole};
	if (ring.points == 0 || runs_left(&ring) != hole)
		return;
	for (uint32_t i = 1, j = ring.points - 1; i < j; i++, j--) {
		char point[PD_POINT_BYTES], *one = rings->data + start + (size_t)i * PD_POINT_BYTES;
		char *other = rings->data + start + (size_t)j * PD_POINT_BYTES;
		memcpy(point, one, sizeof point);
		memcpy(one, other, sizeof point);
		memcpy(other, point, sizeof point);
	}
}

static bool read_ring(struct shaping *shaping, const cJSON *ring, bool hole)
{
	const cJSON *position;
	struct pd_point point = {0, 0}, first = {0, 0};
	size_t count = 0;
	pd_rings_begin(&shaping->rings, hole);
	size_t start = shaping->rings.count;
	cJSON_ArrayForEach(position, ring)
	{
		if (!read_point(shaping, position, &point))
			return false;
		if (count++ == 0)
			first = point;
		if (position->next)
			pd_rings_add(&shaping->rings, point);
	}
	if (!cJSON_IsArray(ring) || count < RING_POINTS_MIN)
		return problem(shaping, _("a ring has fewer than four positions, of which the last repeats the first"));
	set_right(&shaping->rings, start, hole);
	return (point.lon_e7 == first.lon_e7 && point.lat_e7 == first.lat_e7) ||
	       problem(shaping, _("a ring is not closed: its last position must repeat its first"));
}

static bool read_polygon(struct shaping *shaping, const cJSON *polygon)
{
	const cJSON *ring;
	if (!cJSON_IsArray(polygon) || !polygon->child)
		return problem(shaping, _("a polygon without a ring"));
	cJSON_ArrayForEach(ring, polygon)
	{
		if (!read_ring(shaping, ring, ring != polygon->child))
			return false;
	}
	return true;
}

static const cJSON *member(const cJSON *object, const char *name)
{
	return cJSON_GetObjectItemCaseSensitive(object, name);
}

static bool is_type(const cJSON *object, const char *type)
{
	const char *text = cJSON_GetStringValue(member(object, "type"));
	return text && strcmp(text, type) == 0;
}

static bool read_geometry(struct shaping *shaping, const cJSON *geometry)
{
	const cJSON *coordinates = member(geometry, "coordinates"), *polygon;
	if (is_type(geometry, "Polygon"))
		return read_polygon(shaping, coordinates);
	if (!is_type(geometry, "MultiPolygon"))
		return problem(shaping, _("its geometry is neither a Polygon nor a MultiPolygon"));
	if (!cJSON_IsArray(coordinates) || !coordinates->child)
		return problem(shaping, _("a MultiPolygon without a polygon"));
	cJSON_ArrayForEach(polygon, coordinates)
	{
		if (!read_polygon(shaping, polygon))
			return false;
	}
	return true;
}

/* ---- features ---- */

static bool read_id(const cJSON *value, uint32_t *id)
{
	const char *text = cJSON_GetStringValue(value);
	char *end = NULL;
	double number = text ? strtod(text, &end) : value && cJSON_IsNumber(value) ? value->valuedouble : 0;
	bool whole = number >= 1 && number <= UINT32_MAX && number == floor(number);
	*id = whole ? (uint32_t)number : 0;
	return whole && (!text || *end == 0);
}

static bool read_area(struct shaping *shaping, const cJSON *feature, uint32_t *area)
{
	const char *key = shaping->key ? shaping->key : "area";
	const cJSON *value = member(member(feature, "properties"), key);
	if (!value && !shaping->key)
		value = member(feature, "id");
	if (read_id(value, area))
		return true;
	problems_add(shaping->problems, ROWS_SHAPES, shaping->feature,
		     _("its property %s is not the id of an area: name the property that is with --key"), key);
	return false;
}

static void read_feature(struct shaping *shaping, const cJSON *feature)
{
	uint32_t area;
	shaping->rings.count = 0;
	if (!read_area(shaping, feature, &area) || !read_geometry(shaping, member(feature, "geometry")))
		return;
	const struct pd_field *field = &pd_message_info(PD_MSG_put_shape)->fields[1];
	if (shaping->rings.count > field->max) {
		problems_add(shaping->problems, ROWS_SHAPES, shaping->feature,
			     _("area %" PRIu32 ": %zu points are too many: at most %" PRIu64), area,
			     shaping->rings.count / PD_POINT_BYTES, field->max / PD_POINT_BYTES);
		return;
	}
	struct pd_slice rings = rows_text(shaping->rows, shaping->rings.data, shaping->rings.count);
	struct pd_put_shape *shape = rows_add(shaping->rows, ROWS_SHAPES, shaping->feature);
	*shape = (struct pd_put_shape){.area = area, .rings = rings};
}

/* ---- the collection ---- */

/* What the old member "crs" says: a name itself, or an object with one. */
static bool read_crs(struct shaping *shaping, const cJSON *collection, enum shapes_crs wanted)
{
	const cJSON *crs = member(collection, "crs");
	const char *name = cJSON_GetStringValue(cJSON_IsObject(crs) ? member(member(crs, "properties"), "name") : crs);
	enum shapes_crs said = SHAPES_CRS_OF_FILE;
	if (name && (strstr(name, "CRS84") || strstr(name, "4326") || strstr(name, "4979")))
		said = SHAPES_CRS_WGS84;
	else if (name && !shapes_crs_parse(name, &said)) {
		problems_add(shaping->problems, ROWS_SHAPES, 0,
			     _("its coordinates are said to be of %.60s: they must be wgs84 or gcj02"), name);
		return false;
	}
	if (said && wanted && said != wanted)
		return problem(shaping, _("the file says itself that its coordinates are of the other system"));
	shaping->shifted = said == SHAPES_CRS_GCJ02 || wanted == SHAPES_CRS_GCJ02;
	return true;
}

static void read_collection(struct shaping *shaping, const cJSON *root, enum shapes_crs crs)
{
	const cJSON *features = member(root, "features"), *feature;
	if (!is_type(root, "FeatureCollection") || !cJSON_IsArray(features)) {
		problem(shaping, _("it is not a FeatureCollection (GeoJSON, RFC 7946)"));
		return;
	}
	if (!read_crs(shaping, root, crs))
		return;
	cJSON_ArrayForEach(feature, features)
	{
		shaping->feature++;
		read_feature(shaping, feature);
	}
}

static unsigned line_of(const char *text, const char *at)
{
	unsigned line = 1;
	for (; text < at; text++)
		line += *text == '\n';
	return line;
}

void registry_shapes_read(struct rows *rows, const char *path, const struct registry_shapes *how,
			  struct problems *problems)
{
	struct shaping shaping = {.rows = rows, .problems = problems, .key = how->key};
	struct pd_buffer text = {0};
	const char *end = NULL;
	size_t start;
	bool read = registry_text_read(path, ROWS_SHAPES, problems, &text, &start);
	cJSON *root = read ? cJSON_ParseWithLengthOpts(text.data + start, text.count - start, &end, false) : NULL;
	if (root)
		read_collection(&shaping, root, how->crs);
	else if (read)
		problems_add(problems, ROWS_SHAPES, 0, _("line %u: this is not JSON"), line_of(text.data, end));
	rows->tables[ROWS_SHAPES].incomplete = problems->count > 0;
	cJSON_Delete(root);
	pd_buffer_fini(&text);
	pd_buffer_fini(&shaping.rings);
}

/* ---- printing ---- */

static void print(struct pd_buffer *out, const char *text)
{
	pd_buffer_add(out, text, strlen(text));
}

static void print_degrees(struct pd_buffer *out, int32_t degrees_e7)
{
	char text[24];
	uint32_t size = degrees_e7 < 0 ? -(uint32_t)degrees_e7 : (uint32_t)degrees_e7;
	snprintf(text, sizeof text, "%s%" PRIu32 ".%07" PRIu32, degrees_e7 < 0 ? "-" : "", size / 10000000,
		 size % 10000000);
	print(out, text);
}

static void print_ring(struct pd_buffer *out, const struct pd_ring *ring)
{
	bool backwards = runs_left(ring) == ring->hole;
	print(out, "[");
	for (uint32_t i = 0; i <= ring->points; i++) {
		uint32_t at = i % ring->points;
		struct pd_point point = pd_ring_point(ring, backwards ? (ring->points - at) % ring->points : at);
		print(out, i ? ",[" : "[");
		print_degrees(out, point.lon_e7);
		print(out, ",");
		print_degrees(out, point.lat_e7);
		print(out, "]");
	}
	print(out, "]");
}

static void print_name(struct pd_buffer *out, const char *text)
{
	cJSON *string = cJSON_CreateString(text);
	char *quoted = string ? cJSON_PrintUnformatted(string) : NULL;
	if (!quoted)
		abort();
	print(out, ",\"name\":");
	print(out, quoted);
	cJSON_free(quoted);
	cJSON_Delete(string);
}

static void print_feature(struct pd_buffer *out, const struct pd_put_shape *shape, const char *name)
{
	char head[120];
	struct pd_ring ring;
	bool first = true;
	snprintf(head, sizeof head, "{\"type\":\"Feature\",\"id\":%" PRIu32 ",\"properties\":{\"area\":%" PRIu32,
		 shape->area, shape->area);
	print(out, head);
	if (name && *name)
		print_name(out, name);
	print(out, "},\"geometry\":{\"type\":\"MultiPolygon\",\"coordinates\":[");
	for (size_t at = 0; pd_rings_next(shape->rings, &at, &ring); first = false) {
		print(out, first ? "[" : ring.hole ? "," : "],[");
		print_ring(out, &ring);
	}
	print(out, first ? "]}}" : "]]}}");
}

void registry_shapes_print(const struct rows *rows, shapes_name *name, void *arg, struct pd_buffer *out)
{
	print(out, "{\"type\":\"FeatureCollection\",\"features\":[");
	for (size_t i = 0; i < rows->tables[ROWS_SHAPES].count; i++) {
		const struct pd_put_shape *shape = rows_shape(rows, i);
		print(out, i ? ",\n" : "\n");
		print_feature(out, shape, name ? name(shape->area, arg) : NULL);
	}
	print(out, "\n]}\n");
}
