#include "rings.h"

static struct pd_point point_at(const char *data)
{
	uint32_t words[2];
	const unsigned char *bytes = (const unsigned char *)data;
	for (int i = 0; i < 2; i++, bytes += 4)
		words[i] = bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
	return (struct pd_point){(int32_t)words[0], (int32_t)words[1]};
}

struct pd_point pd_ring_point(const struct pd_ring *ring, uint32_t i)
{
	return point_at(ring->data + (size_t)i * PD_POINT_BYTES);
}

static bool same_point(struct pd_point a, struct pd_point b)
{
	return a.lon_e7 == b.lon_e7 && a.lat_e7 == b.lat_e7;
}

bool pd_rings_next(struct pd_slice rings, size_t *at, struct pd_ring *ring)
{
	*ring = (struct pd_ring){0};
	if (rings.bytes - *at < PD_POINT_BYTES)
		return false;
	struct pd_point first = point_at(rings.data + *at);
	if (first.lon_e7 == PD_RING_SEPARATOR) {
		ring->hole = first.lat_e7 == PD_RING_HOLE;
		*at += PD_POINT_BYTES;
	}
	ring->data = rings.data + *at;
	for (; rings.bytes - *at >= PD_POINT_BYTES; *at += PD_POINT_BYTES, ring->points++)
		if (point_at(rings.data + *at).lon_e7 == PD_RING_SEPARATOR)
			break;
	if (ring->points > 1 && same_point(pd_ring_point(ring, 0), pd_ring_point(ring, ring->points - 1)))
		ring->points--;
	return true;
}

bool pd_rings_sound(struct pd_slice rings)
{
	bool empty = true;
	for (size_t at = 0; at + PD_POINT_BYTES <= rings.bytes; at += PD_POINT_BYTES) {
		struct pd_point point = point_at(rings.data + at);
		bool separator = point.lon_e7 == PD_RING_SEPARATOR;
		if (separator && (empty || (point.lat_e7 != PD_RING_HOLE && point.lat_e7 != PD_RING_POLYGON)))
			return false;
		empty = separator;
	}
	return !empty && rings.bytes % PD_POINT_BYTES == 0;
}

void pd_rings_add(struct pd_buffer *rings, struct pd_point point)
{
	uint32_t words[2] = {(uint32_t)point.lon_e7, (uint32_t)point.lat_e7};
	unsigned char *bytes = (unsigned char *)pd_buffer_room(rings, PD_POINT_BYTES);
	for (int i = 0; i < PD_POINT_BYTES; i++)
		bytes[i] = (unsigned char)(words[i / 4] >> i % 4 * 8);
}

void pd_rings_begin(struct pd_buffer *rings, bool hole)
{
	if (rings->count)
		pd_rings_add(rings, (struct pd_point){PD_RING_SEPARATOR, hole ? PD_RING_HOLE : PD_RING_POLYGON});
}
