#include <assert.h>
#include <stdio.h>

#include "district_making.h"

static void add_person_named(struct making *making, uint32_t id, enum pd_post post, uint32_t area, uint32_t household,
			     const char *name)
{
	char phone[32];
	/* No local number begins with 0. */
	snprintf(phone, sizeof phone, "0533-0%06u", ++making->phones);
	struct pd_slice kept_name = district_keep(making, name), kept_phone = district_keep(making, phone);
	struct pd_put_person *person = rows_add(making->rows, ROWS_PEOPLE, 0);
	*person = (struct pd_put_person){.person = id,
					 .post = post,
					 .area = area,
					 .household = household,
					 .name = kept_name,
					 .phone = kept_phone};
}

static void add_person(struct making *making, uint32_t id, enum pd_post post, uint32_t area, uint32_t household)
{
	char name[DISTRICT_NAME_BYTES];
	district_names_person(&making->prng, name);
	add_person_named(making, id, post, area, household, name);
}

static uint32_t any_household(struct prng *prng, const struct microgrid *microgrid)
{
	return microgrid->first + prng_below(prng, microgrid->households);
}

static void make_offices(struct making *making)
{
	struct prng *prng = &making->prng;
	uint32_t staff = ID_STAFF;
	for (uint32_t i = 0; i < 2; i++)
		add_person(making, ID_ADMINISTRATORS + i, PD_post_administrator, ID_DISTRICT, 0);
	for (uint32_t i = 0; i < 3; i++)
		add_person(making, ID_SUPERVISORS + i, PD_post_supervisor, ID_DISTRICT, 0);
	for (uint32_t i = 0; i < DISTRICT_STREETS; i++)
		add_person(making, ID_STREET_SUPERVISORS + i, PD_post_supervisor, district_streets[i].id, 0);
	for (uint32_t i = 0; i < DISTRICT_STREETS; i++)
		for (uint32_t n = prng_between(prng, 2, 4); n > 0; n--)
			add_person(making, staff++, PD_post_staff, district_streets[i].id, 0);
	for (uint32_t i = 0; i < DISTRICT_COMMUNITIES; i++)
		for (uint32_t n = prng_between(prng, 2, 4); n > 0; n--)
			add_person(making, staff++, PD_post_staff, making->communities[i].id, 0);
	assert(staff <= ID_COURIERS);
}

static void make_leaders(struct making *making)
{
	const struct microgrid *microgrid = making->microgrids;
	for (uint32_t i = 0; i < DISTRICT_PLAIN_GRIDS; i++) {
		uint32_t id = making->grids[i].id;
		add_person(making, id + ID_LEADERS_ABOVE_AREA, PD_post_grid_leader, id,
			   any_household(&making->prng, microgrid));
		microgrid += making->grids[i].microgrids;
	}
	for (uint32_t id = ID_DEDICATED; id < ID_DEDICATED + DISTRICT_DEDICATED_GRIDS; id++)
		add_person(making, id + ID_LEADERS_ABOVE_AREA, PD_post_grid_leader, id, 0);
	for (uint32_t i = 0; i < DISTRICT_MICROGRIDS; i++) {
		microgrid = &making->microgrids[i];
		add_person(making, microgrid->id + ID_LEADERS_ABOVE_AREA, PD_post_leader, microgrid->id,
			   any_household(&making->prng, microgrid));
	}
}

static void make_couriers(struct making *making)
{
	for (uint32_t i = 0; i < DISTRICT_COURIERS; i++) {
		uint32_t at = prng_below(&making->prng, DISTRICT_COMMUNITIES + DISTRICT_STREETS);
		uint32_t area = at < DISTRICT_COMMUNITIES ? making->communities[at].id
							  : district_streets[at - DISTRICT_COMMUNITIES].id;
		add_person(making, ID_COURIERS + i, PD_post_courier, area, 0);
	}
}

static void make_merchants(struct making *making)
{
	uint32_t id = ID_MERCHANTS;
	for (uint32_t area = ID_DEDICATED; area < ID_DEDICATED + DISTRICT_DEDICATED_GRIDS; area++)
		for (uint32_t n = prng_between(&making->prng, 20, 60); n > 0; n--) {
			char person[DISTRICT_NAME_BYTES], shop[DISTRICT_NAME_BYTES], name[3 * DISTRICT_NAME_BYTES];
			district_names_person(&making->prng, person);
			district_names_shop(&making->prng, shop);
			snprintf(name, sizeof name, "%s（%s）", person, shop);
			add_person_named(making, id++, PD_post_merchant, area, 0, name);
		}
}

static void make_residents(struct making *making)
{
	for (size_t i = 0; i < making->rows->tables[ROWS_HOUSEHOLDS].count; i++) {
		const struct pd_put_household *household = rows_household(making->rows, i);
		bool centre = household->centre == household->household;
		add_person(making, household->household, centre ? PD_post_centre : PD_post_resident, household->area,
			   household->household);
	}
}

static void make_organisers(struct making *making)
{
	uint32_t id;
	for (uint32_t i = 0; (id = district_organisation(i)) != 0; i++)
		add_person(making, id + ID_LEADERS_ABOVE_AREA, PD_post_staff, id, 0);
}

void district_make_people(struct making *making)
{
	make_offices(making);
	make_leaders(making);
	make_couriers(making);
	make_merchants(making);
	make_residents(making);
	make_organisers(making);
}
