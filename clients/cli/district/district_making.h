/* district_making.h - what the parts of the generator share: the district as it grows. Included by district*.c alone.
 */
#ifndef PAIDAN_DISTRICT_MAKING_H
#define PAIDAN_DISTRICT_MAKING_H

#include <string.h>

#include "district.h"
#include "district_map.h"
#include "district_names.h"

/* See the plan of ids in district.c. */
enum {
	ID_DISTRICT = 370304,
	ID_COMMUNITIES = 101,
	ID_GRIDS = 401,
	ID_DEDICATED = 901,
	ID_WATER_WORKS = 951,
	ID_SOCIAL_WORK = 952,
	ID_PROPERTIES = 961,
	ID_TEAMS = 981,
	ID_MICROGRIDS = 1001,
	ID_HOUSEHOLDS = 500001,
	ID_ADMINISTRATORS = 1,
	ID_SUPERVISORS = 11,
	ID_STREET_SUPERVISORS = 21,
	ID_LEADERS_ABOVE_AREA = 1000,
	ID_STAFF = 4001,
	ID_COURIERS = 6001,
	ID_MERCHANTS = 7001,
	ID_CATEGORIES = 1,
	ID_FLOOD = 25, /* a category for emergencies alone */
	ID_DRILL_LADDER = 3,

	DISTRICT_COMMUNITIES = DISTRICT_URBAN_COMMUNITIES + DISTRICT_VILLAGES,
	DISTRICT_PLAIN_GRIDS = DISTRICT_GRIDS - DISTRICT_DEDICATED_GRIDS,
	ROADS_OF_COMMUNITY = 3,
	NEIGHBOURS_MAX = 32,
};

struct community {
	uint32_t id;
	int street; /* of district_streets */
	bool urban;
	struct place place;
	char name[DISTRICT_NAME_BYTES];
	uint32_t roads[ROADS_OF_COMMUNITY]; /* of district_roads */
	uint32_t doors;                     /* house numbers given out in a village */
	uint32_t grids;
};

struct grid {
	uint32_t id;
	struct community *community;
	struct place place;
	uint32_t number, microgrids;
};

struct microgrid {
	uint32_t id;
	struct community *community;
	struct place place;
	uint32_t households, centres;
	uint32_t first; /* its first household's id */
	struct place neighbours[NEIGHBOURS_MAX];
	uint32_t neighbour_count;
};

struct making {
	struct prng prng, ground; /* ground: what keeps grounds apart, so that everything else stays as it was drawn */
	struct rows *rows;
	struct community communities[DISTRICT_COMMUNITIES];
	struct grid grids[DISTRICT_PLAIN_GRIDS];
	struct microgrid microgrids[DISTRICT_MICROGRIDS];
	uint32_t yards[DISTRICT_ROADS], alleys[DISTRICT_ROADS]; /* numbers given out along each road */
	uint32_t phones;
};

/* Change counts at random, by one at a time, until their sum is total; each stays within min and max. */
void district_settle(struct prng *prng, uint32_t *counts, uint32_t n, uint32_t total, uint32_t min, uint32_t max);

/* The steps, in this order; each adds its rows. */
void district_make_areas(struct making *making);
void district_make_households(struct making *making);
void district_make_people(struct making *making);
void district_make_categories(struct making *making);
void district_make_organisations(struct making *making);
void district_make_rules(struct making *making);
void district_make_duties(struct making *making);
void district_make_plans(struct making *making);
void district_make_shapes(struct making *making);

/* The i-th organisation; 0: there are no more. */
uint32_t district_organisation(uint32_t i);

/* Move the micro-grid's place away from those made before, if it is too near to one. (district_ground.c) */
void district_ground_part(struct making *making, struct microgrid *microgrid);
/* To be called when all have their places. */
void district_ground_neighbours(struct making *making);
/* place, or if that is not on the micro-grid's ground another one that is. */
struct place district_ground_keep(struct making *making, const struct microgrid *microgrid, struct place place);
void district_make_ladders(struct making *making);
void district_make_calendars(struct making *making);

static inline struct pd_slice district_keep(struct making *making, const char *text)
{
	return rows_text(making->rows, text, strlen(text));
}

#endif
