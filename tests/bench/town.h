/* town.h - the registry that the benchmarks of many people work with: one district, street, community and grid, its
 * micro-grids with their leaders, households and residents.
 */
#ifndef PAIDAN_BENCH_TOWN_H
#define PAIDAN_BENCH_TOWN_H

#include "wire.h"

/* The leader of a micro-grid is the person of the same id. */
enum {
	TOWN_DISTRICT = 1,
	TOWN_STREET,
	TOWN_COMMUNITY,
	TOWN_GRID,
	TOWN_FIRST_AREA = 1000,
	TOWN_CATEGORY = 1,
	TOWN_FIRST_PERSON = 500001, /* residents, and households */
};

struct town {
	uint32_t microgrids, households; /* at least one of each */
	uint32_t residents;              /* resident i lives in household i % households */
};

/* Put all of it, as one import; false: it was refused. */
bool town_make(struct wire *wire, const struct town *town);
/* The orders that were submitted and completed so far, by paidan's own figures. False: no answer. */
bool town_count(const char *endpoint, unsigned long *submitted, unsigned long *completed);
/* A new order's or notice's id. */
struct pd_id town_new_id(void);

#endif
