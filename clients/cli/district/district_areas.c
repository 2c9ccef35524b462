#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "district_making.h"

/* Towns are denser: so many of the grids and micro-grids stand under urban communities. */
enum { URBAN_GRIDS = 185, URBAN_MICROGRIDS = 592 };
/* 城西街道, whose markets the dedicated grids are. */
enum { MARKET_STREET = 370304002 };

/* n counts from low to high, settled to total. */
static void draw_counts(struct prng *prng, uint32_t *counts, uint32_t n, uint32_t total, uint32_t low, uint32_t high)
{
	for (uint32_t i = 0; i < n; i++)
		counts[i] = prng_between(prng, low, high);
	district_settle(prng, counts, n, total, low, high);
}

static void add_area(struct making *making, uint32_t id, uint32_t parent, enum pd_level level, enum pd_area_kind kind,
		     const char *name)
{
	struct pd_slice kept = district_keep(making, name);
	struct pd_put_area *area = rows_add(making->rows, ROWS_AREAS, 0);
	*area = (struct pd_put_area){.area = id, .parent = parent, .level = level, .kind = kind, .name = kept};
}

static uint32_t road_named(struct prng *prng, const char *name)
{
	for (uint32_t i = 0; i < DISTRICT_ROADS; i++)
		if (strcmp(district_roads[i], name) == 0)
			return i;
	return prng_below(prng, DISTRICT_ROADS);
}

static void make_community(struct making *making, struct community *community, int street, bool urban, const char *name)
{
	struct prng *prng = &making->prng;
	*community = (struct community){
		.id = ID_COMMUNITIES + (uint32_t)(community - making->communities), .street = street, .urban = urban};
	snprintf(community->name, sizeof community->name, "%.40s%s", name, urban ? "社区" : "");
	community->place =
		district_map_near(prng, district_streets[street].place, district_streets[street].spread_m, street);
	community->roads[0] = road_named(prng, name);
	for (int i = 1; i < ROADS_OF_COMMUNITY; i++)
		community->roads[i] = prng_below(prng, DISTRICT_ROADS);
	add_area(making, community->id, district_streets[street].id, PD_level_community,
		 urban ? PD_area_kind_urban : PD_area_kind_village, community->name);
}

/* Numbers from 0 to n - 1 in a random order; to be freed. */
static uint32_t *shuffled(struct prng *prng, uint32_t n)
{
	uint32_t *order = malloc(sizeof *order * n);
	if (!order)
		abort();
	for (uint32_t i = 0; i < n; i++) {
		uint32_t at = prng_below(prng, i + 1);
		order[i] = order[at];
		order[at] = i;
	}
	return order;
}

static void make_communities(struct making *making)
{
	uint32_t *villages = shuffled(&making->prng, (uint32_t)district_names_villages());
	uint32_t urban = 0, village = 0;
	for (int street = 0; street < DISTRICT_STREETS; street++) {
		for (int i = 0; i < district_streets[street].urban; i++, urban++)
			make_community(making, &making->communities[urban + village], street, true,
				       district_urban[urban]);
		for (int i = 0; i < district_streets[street].villages; i++, village++) {
			char name[DISTRICT_NAME_BYTES];
			district_names_village(villages[village], name);
			make_community(making, &making->communities[urban + village], street, false, name);
		}
	}
	assert(urban == DISTRICT_URBAN_COMMUNITIES && village == DISTRICT_VILLAGES);
	free(villages);
}

/* Give each community its number of grids. */
static void share_grids(struct making *making)
{
	uint32_t urban[DISTRICT_URBAN_COMMUNITIES], villages[DISTRICT_VILLAGES], u = 0, v = 0;
	draw_counts(&making->prng, urban, DISTRICT_URBAN_COMMUNITIES, URBAN_GRIDS, 3, 6);
	draw_counts(&making->prng, villages, DISTRICT_VILLAGES, DISTRICT_PLAIN_GRIDS - URBAN_GRIDS, 1, 2);
	for (uint32_t i = 0; i < DISTRICT_COMMUNITIES; i++)
		making->communities[i].grids = making->communities[i].urban ? urban[u++] : villages[v++];
}

static void make_grids(struct making *making)
{
	struct grid *grid = making->grids;
	for (struct community *community = making->communities; community < making->communities + DISTRICT_COMMUNITIES;
	     community++)
		for (uint32_t number = 1; number <= community->grids; number++, grid++) {
			char numeral[DISTRICT_NAME_BYTES], name[3 * DISTRICT_NAME_BYTES];
			*grid = (struct grid){.id = ID_GRIDS + (uint32_t)(grid - making->grids),
					      .community = community,
					      .number = number};
			grid->place =
				district_map_near(&making->prng, community->place, community->urban ? 350 : 500, -1);
			district_names_numeral(number, numeral);
			snprintf(name, sizeof name, "%s第%s网格", community->name, numeral);
			add_area(making, grid->id, community->id, PD_level_grid, PD_area_kind_plain, name);
		}
	assert(grid == making->grids + DISTRICT_PLAIN_GRIDS);
}

static void make_dedicated_grids(struct making *making)
{
	_Static_assert((int)DISTRICT_MARKETS == (int)DISTRICT_DEDICATED_GRIDS, "each dedicated grid is a market");
	for (uint32_t i = 0; i < DISTRICT_DEDICATED_GRIDS; i++) {
		char name[2 * DISTRICT_NAME_BYTES];
		snprintf(name, sizeof name, "%s专属网格", district_markets[i]);
		add_area(making, ID_DEDICATED + i, MARKET_STREET, PD_level_grid, PD_area_kind_dedicated, name);
	}
}

/* Give each grid its number of micro-grids. */
static void share_microgrids(struct making *making)
{
	uint32_t urban[URBAN_GRIDS], rural[DISTRICT_PLAIN_GRIDS - URBAN_GRIDS], u = 0, r = 0;
	draw_counts(&making->prng, urban, URBAN_GRIDS, URBAN_MICROGRIDS, 2, 5);
	draw_counts(&making->prng, rural, DISTRICT_PLAIN_GRIDS - URBAN_GRIDS, DISTRICT_MICROGRIDS - URBAN_MICROGRIDS, 1,
		    4);
	for (uint32_t i = 0; i < DISTRICT_PLAIN_GRIDS; i++)
		making->grids[i].microgrids = making->grids[i].community->urban ? urban[u++] : rural[r++];
}

static void make_microgrids(struct making *making)
{
	struct microgrid *microgrid = making->microgrids;
	for (struct grid *grid = making->grids; grid < making->grids + DISTRICT_PLAIN_GRIDS; grid++)
		for (uint32_t number = 1; number <= grid->microgrids; number++, microgrid++) {
			char of_grid[DISTRICT_NAME_BYTES], own[DISTRICT_NAME_BYTES], name[4 * DISTRICT_NAME_BYTES];
			*microgrid =
				(struct microgrid){.id = ID_MICROGRIDS + (uint32_t)(microgrid - making->microgrids),
						   .community = grid->community};
			microgrid->place =
				district_map_near(&making->prng, grid->place, grid->community->urban ? 150 : 200, -1);
			district_ground_part(making, microgrid);
			district_names_numeral(grid->number, of_grid);
			district_names_numeral(number, own);
			snprintf(name, sizeof name, "%s第%s网格第%s微网格", grid->community->name, of_grid, own);
			add_area(making, microgrid->id, grid->id, PD_level_microgrid, PD_area_kind_plain, name);
		}
	assert(microgrid == making->microgrids + DISTRICT_MICROGRIDS);
}

void district_make_areas(struct making *making)
{
	add_area(making, ID_DISTRICT, 0, PD_level_district, PD_area_kind_plain, "博山区");
	for (int i = 0; i < DISTRICT_STREETS; i++)
		add_area(making, district_streets[i].id, ID_DISTRICT, PD_level_street, PD_area_kind_plain,
			 district_streets[i].name);
	make_communities(making);
	share_grids(making);
	make_grids(making);
	make_dedicated_grids(making);
	share_microgrids(making);
	make_microgrids(making);
	district_make_organisations(making);
}
