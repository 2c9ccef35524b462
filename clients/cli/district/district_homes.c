#include <stdio.h>

#include "district_making.h"

enum { ADDRESS_BYTES = 200 };

/* How the homes of a micro-grid are built and numbered. */
struct homes {
	enum { HOMES_FLATS, HOMES_ALLEY, HOMES_VILLAGE } sort;
	const char *road;       /* or village */
	uint32_t number;        /* of the yard or alley */
	uint32_t floors, flats; /* flats: on each floor of a unit */
	uint32_t units;         /* of each building */
	struct place unit;      /* where the unit stands that is being filled */
};

static struct homes choose_homes(struct making *making, struct community *community)
{
	struct prng *prng = &making->prng;
	uint32_t road = community->roads[prng_below(prng, ROADS_OF_COMMUNITY)];
	struct homes homes = {.sort = HOMES_VILLAGE, .road = community->name};
	if (!community->urban)
		return homes;
	homes.road = district_roads[road];
	if (prng_below(prng, 4) == 0) {
		homes.sort = HOMES_ALLEY;
		homes.number = ++making->alleys[road];
		return homes;
	}
	bool tower = prng_below(prng, 4) == 0;
	homes.sort = HOMES_FLATS;
	homes.number = making->yards[road] += prng_between(prng, 1, 3);
	homes.floors = tower ? prng_between(prng, 11, 18) : prng_between(prng, 5, 6);
	homes.flats = tower ? prng_between(prng, 2, 4) : 2;
	homes.units = tower ? 1 : prng_between(prng, 2, 4);
	return homes;
}

/* The i-th home, counted from 0: its address and place. */
static struct place next_home(struct making *making, struct homes *homes, const struct microgrid *microgrid, uint32_t i,
			      char address[static ADDRESS_BYTES])
{
	if (homes->sort == HOMES_FLATS) {
		uint32_t in_unit = homes->floors * homes->flats, unit = i / in_unit;
		if (i % in_unit == 0)
			homes->unit = district_ground_keep(making, microgrid,
							   district_map_near(&making->prng, microgrid->place, 80, -1));
		snprintf(address, ADDRESS_BYTES, "%s%u号院%u号楼%u单元%u%02u室", homes->road, homes->number,
			 unit / homes->units + 1, unit % homes->units + 1, i % in_unit / homes->flats + 1,
			 i % homes->flats + 1);
		return district_map_near(&making->prng, homes->unit, 8, -1);
	}
	if (homes->sort == HOMES_ALLEY) {
		char numeral[DISTRICT_NAME_BYTES];
		district_names_numeral(homes->number, numeral);
		snprintf(address, ADDRESS_BYTES, "%s%s巷%u号", homes->road, numeral, i + 1);
	} else {
		snprintf(address, ADDRESS_BYTES, "%s%u号", homes->road, ++microgrid->community->doors);
	}
	return district_map_near(&making->prng, microgrid->place, 90, -1);
}

/* Every twelfth household or so comes first when visits are made. It hangs on its number alone. */
static uint8_t priority_of(uint32_t household)
{
	uint32_t drawn = (household * UINT32_C(2654435761) >> 16) % 200;
	return drawn < 7    ? PD_household_priority_alone
	       : drawn < 12 ? PD_household_priority_elderly
	       : drawn < 14 ? PD_household_priority_disabled
	       : drawn < 17 ? PD_household_priority_in_need
			    : 0;
}

static void make_households_of(struct making *making, struct microgrid *microgrid)
{
	struct homes homes = choose_homes(making, microgrid->community);
	microgrid->first = ID_HOUSEHOLDS + (uint32_t)making->rows->tables[ROWS_HOUSEHOLDS].count;
	for (uint32_t centre = 0; centre < microgrid->centres; centre++) {
		/* Neighbours share a centre household, which may be any of them. */
		uint32_t begin = centre * microgrid->households / microgrid->centres;
		uint32_t end = (centre + 1) * microgrid->households / microgrid->centres;
		uint32_t chosen = microgrid->first + prng_between(&making->prng, begin, end - 1);
		for (uint32_t i = begin; i < end; i++) {
			char address[ADDRESS_BYTES];
			struct place place = district_ground_keep(making, microgrid,
								  next_home(making, &homes, microgrid, i, address));
			struct pd_slice kept = district_keep(making, address);
			struct pd_put_household *household = rows_add(making->rows, ROWS_HOUSEHOLDS, 0);
			*household = (struct pd_put_household){.household = microgrid->first + i,
							       .area = microgrid->id,
							       .centre = chosen,
							       .address = kept,
							       .lon_e7 = place.lon_e7,
							       .lat_e7 = place.lat_e7,
							       .priority = priority_of(microgrid->first + i)};
		}
	}
}

void district_make_households(struct making *making)
{
	struct prng *prng = &making->prng;
	uint32_t households[DISTRICT_MICROGRIDS], centres[DISTRICT_MICROGRIDS];
	district_ground_neighbours(making);
	/* Most micro-grids are nearly full, as they must be for so many households; a few are small. */
	for (uint32_t i = 0; i < DISTRICT_MICROGRIDS; i++)
		households[i] = 80 - prng_below(prng, prng_below(prng, prng_below(prng, 51) + 1) + 1);
	district_settle(prng, households, DISTRICT_MICROGRIDS, DISTRICT_HOUSEHOLDS, 30, 80);
	for (uint32_t i = 0; i < DISTRICT_MICROGRIDS; i++)
		centres[i] = households[i] < 60 ? 3 : 4;
	district_settle(prng, centres, DISTRICT_MICROGRIDS, DISTRICT_CENTRES, 3, 5);
	for (uint32_t i = 0; i < DISTRICT_MICROGRIDS; i++) {
		making->microgrids[i].households = households[i];
		making->microgrids[i].centres = centres[i];
		make_households_of(making, &making->microgrids[i]);
	}
}
