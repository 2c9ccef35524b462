/* rings.h - the polygons of a shape as bytes: put_shape's field rings.
 *
 * Pairs of signed 32-bit numbers, little-endian: longitude and latitude in degrees * 10^7, WGS84. The points of a ring
 * stand one after the other; the last one joins the first, which need not be repeated. Between two rings stands a
 * separator: a pair whose longitude is PD_RING_SEPARATOR, and whose latitude says what follows: PD_RING_HOLE, a hole of
 * the same polygon, or PD_RING_POLYGON, the outer ring of a further one. The first ring is an outer one.
 *
 * Threads: pure functions.
 */
#ifndef PAIDAN_RINGS_H
#define PAIDAN_RINGS_H

#include "buffer.h"
#include "proto.h"

#ifdef __cplusplus
extern "C" {
#endif

#define PD_RING_SEPARATOR INT32_MIN
enum { PD_RING_POLYGON = 0, PD_RING_HOLE = 1, PD_POINT_BYTES = 8 };

struct pd_point {
	int32_t lon_e7, lat_e7;
};

/* A ring among rings; its points are read by pd_ring_point. Without the repeated first point, if there is one. */
struct pd_ring {
	const char *data;
	uint32_t points;
	bool hole;
};

/* The next ring, from byte *at on, which begins at 0. False at the end. What is left of a pair at the end is not read.
 */
bool pd_rings_next(struct pd_slice rings, size_t *at, struct pd_ring *ring);
struct pd_point pd_ring_point(const struct pd_ring *ring, uint32_t i);
/* Whether rings is made of whole pairs, its separators say one of the two things, and no ring is without a point. */
bool pd_rings_sound(struct pd_slice rings);

/* Append a ring's beginning, of the first ring nothing, and a point. */
void pd_rings_begin(struct pd_buffer *rings, bool hole);
void pd_rings_add(struct pd_buffer *rings, struct pd_point point);

#ifdef __cplusplus
}
#endif

#endif
