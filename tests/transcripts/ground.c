#include "ground.h"

#include "rings.h"

int32_t ground_lon_e7(int east)
{
	return 1178580000 + east * GROUND_STEP_E7;
}

int32_t ground_lat_e7(int north)
{
	return 364970000 + north * GROUND_STEP_E7;
}

struct pd_slice ground_rings(int west, int south, int east, int north)
{
	static struct pd_buffer rings;
	rings.count = 0;
	for (int i = 0; i < 4; i++)
		pd_rings_add(&rings, (struct pd_point){ground_lon_e7(i == 0 || i == 3 ? west : east),
						       ground_lat_e7(i < 2 ? south : north)});
	return (struct pd_slice){rings.data, (uint32_t)rings.count};
}

static int32_t outside(int32_t value, int32_t low, int32_t high)
{
	return value < low ? low - value : value > high ? value - high : 0;
}

/* How far the point is from the rectangle, along the axis along which it is farther; *on: it is on its border. */
static int32_t distance_e7(struct pd_slice rings, int32_t lon_e7, int32_t lat_e7, bool *on)
{
	struct pd_ring ring;
	size_t at = 0;
	pd_rings_next(rings, &at, &ring);
	struct pd_point low = pd_ring_point(&ring, 0), high = pd_ring_point(&ring, 2);
	int32_t x = outside(lon_e7, low.lon_e7, high.lon_e7), y = outside(lat_e7, low.lat_e7, high.lat_e7);
	*on = lon_e7 == low.lon_e7 || lon_e7 == high.lon_e7 || lat_e7 == low.lat_e7 || lat_e7 == high.lat_e7;
	return x > y ? x : y;
}

void ground_find(void *core, int32_t lon_e7, int32_t lat_e7, struct core_place *place)
{
	size_t count;
	int32_t nearest_e7 = GROUND_NEAR_M / GROUND_STEP_M * GROUND_STEP_E7 + 1;
	void *const *shapes = registry_sorted(core_registry(core), REGISTRY_SHAPES, &count);
	*place = (struct core_place){PLACE_NOWHERE, 0, 0};
	for (size_t i = 0; i < count; i++) {
		const struct shape *shape = shapes[i];
		bool on;
		int32_t far_e7 = shape->retired ? INT32_MAX : distance_e7(shape->rings, lon_e7, lat_e7, &on);
		if (far_e7 >= nearest_e7)
			continue;
		nearest_e7 = far_e7;
		place->area = shape->id;
		place->metres = (uint32_t)(far_e7 / (GROUND_STEP_E7 / GROUND_STEP_M));
		place->how = far_e7 ? PLACE_NEAREST : on ? PLACE_BORDER : PLACE_INSIDE;
	}
}
