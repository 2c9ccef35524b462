/* district_map.h - where a made-up district lies: its outline, its streets and towns, and places in it.
 *
 * All in whole numbers, so that every machine finds the same places. Threads: any; nothing here is kept.
 */
#ifndef PAIDAN_DISTRICT_MAP_H
#define PAIDAN_DISTRICT_MAP_H

#include <stdbool.h>

#include "prng.h"

struct place {
	int32_t lon_e7, lat_e7; /* degrees * 10^7, WGS84 */
};

struct district_street {
	uint32_t id; /* the official code */
	const char *name;
	struct place place; /* roughly where its centre is */
	uint16_t spread_m;  /* how far from there its communities lie */
	uint8_t urban, villages;
};

/* At 36.45 degrees north one metre is so much. */
enum { DISTRICT_LON_E7_PER_M = 112, DISTRICT_LAT_E7_PER_M = 90 };

enum { DISTRICT_STREETS = 10 };
extern const struct district_street district_streets[DISTRICT_STREETS];

/* Whether a place is inside the outline. */
bool district_map_inside(struct place place);
/* A place at most radius_m metres from centre, inside the outline; street, if not negative, is the one whose centre is
 * nearest to it. centre itself when chance finds none. */
struct place district_map_near(struct prng *prng, struct place centre, uint32_t radius_m, int street);
/* The square of the distance in metres, good for some tens of kilometres around the district. */
int64_t district_map_distance2_m(struct place a, struct place b);

#endif
