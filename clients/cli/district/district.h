/* district.h - a made-up district of real size, for trying paidan out and for its tests: areas, households, people,
 * categories, ladders, and the calendars of the years that are known.
 *
 * The same preset and seed give the same rows on every machine. Threads: any; nothing here is kept.
 */
#ifndef PAIDAN_DISTRICT_H
#define PAIDAN_DISTRICT_H

#include "rows.h"

/* Of the preset boshan. */
enum {
	DISTRICT_URBAN_COMMUNITIES = 41,
	DISTRICT_VILLAGES = 160,
	DISTRICT_GRIDS = 422, /* of which DISTRICT_DEDICATED_GRIDS */
	DISTRICT_DEDICATED_GRIDS = 11,
	DISTRICT_MICROGRIDS = 1151,
	DISTRICT_HOUSEHOLDS = 85605,
	DISTRICT_CENTRES = 4527,
	DISTRICT_COURIERS = 200,
	DISTRICT_CATEGORIES = 25,
	DISTRICT_LADDERS = 3,
};

/* The names of all presets; ends with null. */
const char *const *district_presets(void);

/* Make up a district; free it with rows_free. Null: there is no such preset. */
struct rows *district_make(const char *preset, uint64_t seed);

#endif
