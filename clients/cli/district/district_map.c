#include "district_map.h"

enum { LON_E7_PER_M = DISTRICT_LON_E7_PER_M, LAT_E7_PER_M = DISTRICT_LAT_E7_PER_M, TRIES_MAX = 2000 };

/* A coarse outline of Boshan district, drawn some hundred metres inside the real one, so that what is inside this is
 * inside that. Taken from public map data of the district (adcode 370304), which is in GCJ-02 as Chinese web maps are,
 * and converted to WGS84 here; it was made to hold for either reading of those figures. Counter-clockwise; the last
 * point joins the first. */
static const struct place outline[] = {
	{1179586000, 362747000}, {1179664000, 362756000}, {1179698000, 362846000}, {1179876000, 362846000},
	{1180022000, 362990000}, {1180267000, 363053000}, {1180826000, 363008000}, {1181150000, 362909000},
	{1181373000, 362954000}, {1181429000, 363035000}, {1181753000, 363026000}, {1181697000, 363332000},
	{1182054000, 363576000}, {1181976000, 363711000}, {1181831000, 363783000}, {1181876000, 363909000},
	{1181540000, 363864000}, {1181440000, 364107000}, {1181373000, 363981000}, {1181161000, 363864000},
	{1181027000, 363855000}, {1180826000, 364215000}, {1180893000, 364395000}, {1180401000, 364467000},
	{1180267000, 364386000}, {1180066000, 364386000}, {1179765000, 364494000}, {1179664000, 364657000},
	{1179262000, 364747000}, {1178950000, 365062000}, {1179352000, 365287000}, {1179240000, 365431000},
	{1179017000, 365503000}, {1179028000, 365585000}, {1178871000, 365765000}, {1178726000, 365756000},
	{1178425000, 365909000}, {1178324000, 365900000}, {1178279000, 365729000}, {1178145000, 365630000},
	{1177777000, 365612000}, {1177565000, 365702000}, {1177531000, 365621000}, {1177330000, 365612000},
	{1177286000, 365503000}, {1177431000, 365431000}, {1177475000, 365287000}, {1177710000, 365143000},
	{1177688000, 365062000}, {1177442000, 365035000}, {1177587000, 364990000}, {1177643000, 364900000},
	{1177576000, 364792000}, {1177710000, 364702000}, {1177643000, 364476000}, {1178023000, 364404000},
	{1178123000, 364503000}, {1178380000, 364449000}, {1178335000, 364233000}, {1178615000, 364134000},
	{1178615000, 363936000}, {1178871000, 363702000}, {1178972000, 363684000}, {1179017000, 363576000},
	{1179296000, 363594000}, {1179352000, 363549000}, {1179396000, 363359000}, {1179240000, 363224000},
	{1179363000, 362864000}, {1179329000, 362774000},
};
enum { CORNERS = sizeof outline / sizeof outline[0] };

const struct district_street district_streets[DISTRICT_STREETS] = {
	{370304001, "城东街道", {1178620000, 365000000}, 1800, 11, 4},
	{370304002, "城西街道", {1178460000, 364940000}, 1800, 10, 3},
	{370304004, "山头街道", {1178610000, 364680000}, 2500, 8, 6},
	{370304102, "域城镇", {1178100000, 365300000}, 6000, 5, 32},
	{370304103, "白塔镇", {1178800000, 365480000}, 3500, 3, 17},
	{370304106, "八陡镇", {1179000000, 364600000}, 4000, 3, 14},
	{370304108, "石马镇", {1179450000, 364200000}, 5000, 0, 18},
	{370304111, "源泉镇", {1180450000, 364100000}, 6000, 1, 21},
	{370304112, "池上镇", {1181150000, 363450000}, 8000, 0, 25},
	{370304113, "博山镇", {1179600000, 363450000}, 6000, 0, 20},
};

bool district_map_inside(struct place place)
{
	bool inside = false;
	for (int i = 0, before = CORNERS - 1; i < CORNERS; before = i++) {
		struct place a = outline[before], b = outline[i];
		if ((a.lat_e7 > place.lat_e7) == (b.lat_e7 > place.lat_e7))
			continue;
		/* On which side of the edge it lies, without a division. */
		int64_t cross = (int64_t)(b.lon_e7 - a.lon_e7) * (place.lat_e7 - a.lat_e7) -
				(int64_t)(place.lon_e7 - a.lon_e7) * (b.lat_e7 - a.lat_e7);
		inside ^= (cross > 0) == (b.lat_e7 > a.lat_e7);
	}
	return inside;
}

int64_t district_map_distance2_m(struct place a, struct place b)
{
	int64_t x = (a.lon_e7 - b.lon_e7) / LON_E7_PER_M, y = (a.lat_e7 - b.lat_e7) / LAT_E7_PER_M;
	return x * x + y * y;
}

static int nearest_street(struct place place)
{
	int nearest = 0;
	for (int i = 1; i < DISTRICT_STREETS; i++)
		if (district_map_distance2_m(place, district_streets[i].place) <
		    district_map_distance2_m(place, district_streets[nearest].place))
			nearest = i;
	return nearest;
}

struct place district_map_near(struct prng *prng, struct place centre, uint32_t radius_m, int street)
{
	int64_t radius = radius_m;
	for (int i = 0; i < TRIES_MAX; i++) {
		int64_t x = (int64_t)prng_below(prng, 2 * radius_m * LON_E7_PER_M + 1) - radius * LON_E7_PER_M;
		int64_t y = (int64_t)prng_below(prng, 2 * radius_m * LAT_E7_PER_M + 1) - radius * LAT_E7_PER_M;
		struct place place = {centre.lon_e7 + (int32_t)x, centre.lat_e7 + (int32_t)y};
		if (district_map_distance2_m(place, centre) <= radius * radius && district_map_inside(place) &&
		    (street < 0 || nearest_street(place) == street))
			return place;
	}
	return centre;
}
