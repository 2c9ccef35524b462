#include "town.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>
#include <time.h>

#include "id.h"

struct pd_id town_new_id(void)
{
	uint8_t random[10];
	struct timespec wall;
	randombytes_buf(random, sizeof random);
	clock_gettime(CLOCK_REALTIME, &wall);
	return pd_id_make((uint64_t)wall.tv_sec * 1000 + (uint64_t)wall.tv_nsec / 1000000, random);
}

static uint32_t area_of(const struct town *town, uint32_t household)
{
	return TOWN_FIRST_AREA + household % town->microgrids;
}

static void put_person(struct wire *wire, uint32_t id, unsigned post, uint32_t area, uint32_t household)
{
	struct pd_message person = {.type = PD_MSG_put_person};
	person.put_person = (struct pd_put_person){
		.person = id, .post = (uint8_t)post, .area = area, .household = household, .name = pd_text("王秀英")};
	wire_add(wire, &person);
}

static void put_microgrid(struct wire *wire, uint32_t id)
{
	wire_put_area(wire, id, TOWN_GRID, PD_level_microgrid);
	put_person(wire, id, PD_post_leader, id, 0);
}

static void put_household(struct wire *wire, uint32_t id, uint32_t area)
{
	struct pd_message household = {.type = PD_MSG_put_household};
	household.put_household = (struct pd_put_household){
		.household = id, .area = area, .centre = id, .address = pd_text("税务街12号院3号楼2单元501")};
	wire_add(wire, &household);
}

static void put_top(struct wire *wire)
{
	struct pd_message category = {.type = PD_MSG_put_category};
	wire_put_area(wire, TOWN_DISTRICT, 0, PD_level_district);
	wire_put_area(wire, TOWN_STREET, TOWN_DISTRICT, PD_level_street);
	wire_put_area(wire, TOWN_COMMUNITY, TOWN_STREET, PD_level_community);
	wire_put_area(wire, TOWN_GRID, TOWN_COMMUNITY, PD_level_grid);
	category.put_category = (struct pd_put_category){.category = TOWN_CATEGORY,
							 .name = pd_text("bench"),
							 .level = PD_level_microgrid,
							 .urgency = PD_urgency_normal,
							 .accept_within_s = 1800,
							 .complete_within_s = 86400};
	wire_add(wire, &category);
}

static void count_imported(const struct pd_message *message, void *arg)
{
	*(unsigned long *)arg += message->type == PD_MSG_imported || message->type == PD_MSG_refused;
}

bool town_make(struct wire *wire, const struct town *town)
{
	enum { ROWS_TOP = 5 };
	unsigned long answered = 0;
	struct pd_id import = town_new_id();
	assert(town->microgrids && town->households);
	struct pd_message begin = {.type = PD_MSG_import_begin, .import_begin = {import}},
			  commit = {.type = PD_MSG_import_commit};
	wire_add(wire, &begin);
	put_top(wire);
	for (uint32_t i = 0; i < town->microgrids; i++)
		put_microgrid(wire, TOWN_FIRST_AREA + i);
	for (uint32_t i = 0; i < town->households; i++)
		put_household(wire, TOWN_FIRST_PERSON + i, area_of(town, i));
	for (uint32_t i = 0; i < town->residents; i++)
		put_person(wire, TOWN_FIRST_PERSON + i, PD_post_resident, area_of(town, i % town->households),
			   TOWN_FIRST_PERSON + i % town->households);
	commit.import_commit = (struct pd_import_commit){
		.import = import, .rows = ROWS_TOP + 2 * town->microgrids + town->households + town->residents};
	wire_add(wire, &commit);
	wire_flush(wire);
	while (answered == 0)
		wire_receive(wire, count_imported, &answered);
	return wire->refused == 0;
}

static void take_stats(const struct pd_message *message, void *arg)
{
	if (message->type == PD_MSG_stats)
		memcpy(arg, &message->stats, sizeof message->stats);
}

bool town_count(const char *endpoint, unsigned long *submitted, unsigned long *completed)
{
	struct wire wire;
	struct pd_stats stats = {0};
	struct pd_message query = {.type = PD_MSG_get_stats, .get_stats = {.orders_only = true}};
	wire_open(&wire, endpoint);
	wire_add(&wire, &query);
	wire_flush(&wire);
	wire_receive(&wire, take_stats, &stats);
	wire_close(&wire);
	*submitted = stats.submitted;
	*completed = stats.completed;
	return stats.time_ms != 0;
}
