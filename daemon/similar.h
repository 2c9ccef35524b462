/* similar.h - open orders that may say the same as another: of its category, near in place and time.
 *
 * Threads: the front's.
 */
#ifndef PAIDAN_SIMILAR_H
#define PAIDAN_SIMILAR_H

#include "core.h"

enum { SIMILAR_MAX = 100 };

struct similar_place {
	const struct area *area; /* not null */
	int32_t lon_e7, lat_e7;  /* 0, 0: not known */
};

struct similar_query {
	uint32_t category;
	struct similar_place place;
	uint32_t radius_m;
	uint64_t since_ms; /* submitted then or later */
	uint32_t person;   /* who looks: orders that it may not see are left out */
	size_t limit;      /* at most SIMILAR_MAX */
};

/* Put the nearest into found, which has room for query->limit; returns how many. Looks at the orders of the place's
 * community alone, held there or elsewhere. *looked is raised by the number of areas and orders that were looked at. */
size_t similar_find(const struct core *core, const struct similar_query *query, const struct order **found,
		    uint64_t *looked);

/* Great-circle distance of two places in metres, on a sphere. */
double similar_distance_m(int32_t lon_a_e7, int32_t lat_a_e7, int32_t lon_b_e7, int32_t lat_b_e7);

#endif
