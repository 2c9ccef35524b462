#include "lookups.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "district.h"
#include "places.h"
#include "prng.h"
#include "rings.h"

enum { NEAR_M = 300, WEST_E7 = 1177200000, EAST_E7 = 1182100000, SOUTH_E7 = 362700000, NORTH_E7 = 366000000 };

static double now_s(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Areas and shapes alone. */
static struct registry *take_in(const struct rows *rows)
{
	static const enum rows_kind kinds[] = {ROWS_AREAS, ROWS_SHAPES};
	struct registry *registry = registry_new(1);
	for (int k = 0; k < 2; k++)
		for (size_t i = 0; i < rows->tables[kinds[k]].count; i++) {
			struct pd_message put;
			struct registry_decision decision;
			rows_message(rows, kinds[k], i, &put);
			registry_decide(registry, &put, true, &decision);
			if (decision.refusal)
				abort(); /* a made district is sound: a test says so */
			registry_apply(registry, &decision.event);
		}
	return registry;
}

static struct pd_point *draw(const struct rows *rows, unsigned long count)
{
	struct prng prng = {1};
	struct pd_point *points = malloc(count * sizeof *points);
	size_t households = rows->tables[ROWS_HOUSEHOLDS].count;
	if (!points)
		abort();
	for (unsigned long i = 0; i < count; i++) {
		const struct pd_put_household *household =
			rows_household(rows, prng_below(&prng, (uint32_t)households));
		points[i] = (struct pd_point){household->lon_e7, household->lat_e7};
		if (i % 2)
			points[i] = (struct pd_point){WEST_E7 + (int32_t)prng_below(&prng, EAST_E7 - WEST_E7),
						      SOUTH_E7 + (int32_t)prng_below(&prng, NORTH_E7 - SOUTH_E7)};
	}
	return points;
}

int lookups_run(unsigned long count, bool json)
{
	struct rows *rows = district_make("boshan", 1);
	struct registry *registry = take_in(rows);
	struct pd_point *points = draw(rows, count);
	struct places *places = places_new();
	unsigned long found[PLACE_NEAREST + 1] = {0};
	double start = now_s();
	places_update(places, registry);
	double built = now_s();
	for (unsigned long i = 0; i < count; i++) {
		struct core_place place;
		places_find(places, points[i].lon_e7, points[i].lat_e7, NEAR_M, &place);
		found[place.how]++;
	}
	double seconds = now_s() - built;
	printf(json ? "{\"polygons\":%zu,\"built_ms\":%.1f,\"lookups\":%lu,\"inside\":%lu,\"border\":%lu,\"nearest\":%"
		      "lu,"
		      "\"nowhere\":%lu,\"seconds\":%.3f,\"per_second\":%.0f}\n"
		    : "%zu polygons built in %.1f ms; %lu look-ups: %lu inside, %lu on a border, %lu near one, %lu "
		      "nowhere; %.3f s, %.0f a second\n",
	       places_count(places), (built - start) * 1e3, count, found[PLACE_INSIDE], found[PLACE_BORDER],
	       found[PLACE_NEAREST], found[PLACE_NOWHERE], seconds, (double)count / seconds);
	places_free(places);
	free(points);
	registry_free(registry);
	rows_free(rows);
	return 0;
}
