/* The plan of ids. Ids of different kinds may be equal; where it helps the memory they are.
 *
 *   areas        370304             the district 博山区 (official code)
 *                370304001 ...      streets and towns (official codes)
 *                101 - 301          communities: of each street first the urban ones, then the villages
 *                401 - 811          grids;  901 - 911: dedicated grids;  951 - 988: organisations
 *                1001 - 2151        micro-grids
 *   households   500001 - 585605    by micro-grid
 *   people       1 - 2              administrators
 *                11 - 13            supervisors of the district;  21 - 30: of the streets
 *                1401 - 1811        grid leaders: the grid's id + 1000;  1901 - 1911: of dedicated grids;
 *                                   1951 - 1988: staff of organisations
 *                2001 - 3151        leaders: the micro-grid's id + 1000
 *                4001 ...           staff;  6001 - 6200: couriers;  7001 ...: merchants
 *                500001 - 585605    residents and centre households' people: the household's id
 *   categories   1 - 25;  ladders: 1 - 3;  rules: 10, 20, ...;  plans: 1, 2
 */
#include "district.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "calendar_csv.h"
#include "district_making.h"

/* Change counts at random, by one at a time, until their sum is total; each stays within min and max. */
void district_settle(struct prng *prng, uint32_t *counts, uint32_t n, uint32_t total, uint32_t min, uint32_t max)
{
	uint32_t sum = 0;
	for (uint32_t i = 0; i < n; i++)
		sum += counts[i];
	assert(min * n <= total && total <= max * n);
	while (sum != total) {
		uint32_t *count = &counts[prng_below(prng, n)];
		if (sum < total && *count < max) {
			++*count;
			sum++;
		} else if (sum > total && *count > min) {
			--*count;
			sum--;
		}
	}
}

enum { MINUTE = 60, HOUR = 60 * MINUTE, DAY = 24 * HOUR };
enum { CITIZENS = 1, SAFETY = 2, DRILL = ID_DRILL_LADDER }; /* the ladders */

static const struct {
	const char *name;
	enum pd_level level;
	enum pd_urgency urgency;
	uint32_t accept_within_s, complete_within_s;
	enum pd_clock accept_clock, complete_clock; /* 0: always */
	uint32_t ladder, idle_within_s;
} categories[DISTRICT_CATEGORIES] = {
	{"环境卫生", PD_level_microgrid, PD_urgency_normal, 30 * MINUTE, DAY, 0, 0, CITIZENS, 4 * HOUR},
	{"垃圾清运", PD_level_microgrid, PD_urgency_normal, 30 * MINUTE, 12 * HOUR, 0, 0, CITIZENS, 4 * HOUR},
	{"公共照明", PD_level_microgrid, PD_urgency_normal, 30 * MINUTE, DAY, 0, 0, CITIZENS, 4 * HOUR},
	{"下水道堵塞", PD_level_microgrid, PD_urgency_high, 15 * MINUTE, 8 * HOUR, 0, 0, 0, 2 * HOUR},
	{"邻里纠纷", PD_level_microgrid, PD_urgency_normal, 30 * MINUTE, 2 * DAY, 0, PD_clock_days, CITIZENS, DAY},
	{"独居老人关爱", PD_level_microgrid, PD_urgency_high, 15 * MINUTE, 8 * HOUR, 0, 0, 0, 2 * HOUR},
	{"残疾人帮扶", PD_level_microgrid, PD_urgency_normal, HOUR, 2 * DAY, 0, PD_clock_workdays, 0, DAY},
	{"儿童看护", PD_level_microgrid, PD_urgency_high, 15 * MINUTE, 8 * HOUR, 0, 0, 0, 2 * HOUR},
	{"停车秩序", PD_level_microgrid, PD_urgency_normal, HOUR, DAY, 0, 0, 0, 4 * HOUR},
	{"楼道杂物", PD_level_microgrid, PD_urgency_low, 2 * HOUR, 2 * DAY, PD_clock_working, PD_clock_days, 0, DAY},
	{"噪声扰民", PD_level_microgrid, PD_urgency_high, 15 * MINUTE, 4 * HOUR, 0, 0, 0, HOUR},
	{"犬只管理", PD_level_microgrid, PD_urgency_normal, HOUR, DAY, 0, 0, 0, 4 * HOUR},
	{"电动车充电", PD_level_microgrid, PD_urgency_high, 15 * MINUTE, 8 * HOUR, 0, 0, 0, 2 * HOUR},
	{"代办跑腿", PD_level_microgrid, PD_urgency_low, 2 * HOUR, DAY, PD_clock_working, 0, 0, 4 * HOUR},
	{"政策咨询", PD_level_microgrid, PD_urgency_low, 2 * HOUR, DAY, PD_clock_working, PD_clock_workdays, 0, DAY},
	{"消防隐患", PD_level_grid, PD_urgency_emergency, 2 * MINUTE, 4 * HOUR, 0, 0, SAFETY, HOUR},
	{"燃气安全", PD_level_grid, PD_urgency_emergency, MINUTE, 2 * HOUR, 0, 0, SAFETY, 30 * MINUTE},
	{"供水供暖", PD_level_grid, PD_urgency_high, 15 * MINUTE, 12 * HOUR, 0, 0, 0, 2 * HOUR},
	{"物业服务", PD_level_grid, PD_urgency_normal, HOUR, 3 * DAY, 0, PD_clock_workdays, 0, 2 * DAY},
	{"证件办理", PD_level_community, PD_urgency_normal, HOUR, 3 * DAY, PD_clock_working, PD_clock_workdays, 0,
	 2 * DAY},
	{"社会救助", PD_level_community, PD_urgency_normal, HOUR, 5 * DAY, PD_clock_working, PD_clock_workdays, 0,
	 2 * DAY},
	{"道路破损", PD_level_community, PD_urgency_normal, 2 * HOUR, 7 * DAY, 0, PD_clock_workdays, 0, 3 * DAY},
	{"违章搭建", PD_level_street, PD_urgency_normal, 4 * HOUR, 10 * DAY, PD_clock_working, PD_clock_workdays, 0,
	 5 * DAY},
	{"市场秩序", PD_level_street, PD_urgency_normal, 2 * HOUR, 3 * DAY, PD_clock_working, PD_clock_workdays, 0,
	 2 * DAY},
	{"防汛险情", PD_level_microgrid, PD_urgency_emergency, 2 * MINUTE, 2 * HOUR, 0, 0, 0, 30 * MINUTE},
};

void district_make_categories(struct making *making)
{
	for (uint32_t i = 0; i < DISTRICT_CATEGORIES; i++) {
		struct pd_slice name = district_keep(making, categories[i].name);
		struct pd_put_category *category = rows_add(making->rows, ROWS_CATEGORIES, 0);
		*category = (struct pd_put_category){.category = ID_CATEGORIES + i,
						     .name = name,
						     .level = categories[i].level,
						     .urgency = categories[i].urgency,
						     .accept_within_s = categories[i].accept_within_s,
						     .complete_within_s = categories[i].complete_within_s,
						     .accept_clock = categories[i].accept_clock,
						     .complete_clock = categories[i].complete_clock,
						     .ladder = categories[i].ladder,
						     .idle_within_s = categories[i].idle_within_s,
						     .emergency_only = ID_CATEGORIES + i == ID_FLOOD};
	}
}

/* What nobody accepts goes past the grids to the community; what is dangerous, quickly through all levels; in a drill
 * more quickly still, as its plan shortens these times. */
void district_make_ladders(struct making *making)
{
	static const uint64_t citizens[] = {PD_level_microgrid, 30 * MINUTE, PD_level_community, HOUR,
					    PD_level_street,    2 * HOUR,    PD_level_district,  4 * HOUR};
	static const uint64_t safety[] = {PD_level_grid,   MINUTE,     PD_level_community, 2 * MINUTE,
					  PD_level_street, 5 * MINUTE, PD_level_district,  10 * MINUTE};
	static const uint64_t drill[] = {PD_level_microgrid, MINUTE,     PD_level_grid,   MINUTE,
					 PD_level_community, MINUTE,     PD_level_street, MINUTE,
					 PD_level_district,  10 * MINUTE};
	static const struct {
		uint32_t id;
		const char *name;
		struct pd_u64s steps;
	} ladders[DISTRICT_LADDERS] = {{CITIZENS, "民生类", {citizens, sizeof citizens / sizeof citizens[0]}},
				       {SAFETY, "安全类", {safety, sizeof safety / sizeof safety[0]}},
				       {DRILL, "应急演练", {drill, sizeof drill / sizeof drill[0]}}};
	for (uint32_t i = 0; i < DISTRICT_LADDERS; i++) {
		struct pd_slice name = district_keep(making, ladders[i].name);
		struct pd_put_ladder *ladder = rows_add(making->rows, ROWS_LADDERS, 0);
		*ladder = (struct pd_put_ladder){.ladder = ladders[i].id, .name = name, .steps = ladders[i].steps};
	}
}

/* All calendars there are, see the Makefile: clients/calendars, one after the other. */
extern const char _binary_calendars_csv_start[], _binary_calendars_csv_end[];

void district_make_calendars(struct making *making)
{
	struct problems problems = {0};
	size_t bytes = (size_t)(_binary_calendars_csv_end - _binary_calendars_csv_start);
	bool read = calendar_csv_read(making->rows, _binary_calendars_csv_start, bytes, &problems);
	assert(read && problems.count == 0);
	problems_fini(&problems);
}

const char *const *district_presets(void)
{
	static const char *const presets[] = {"boshan", NULL};
	return presets;
}

struct rows *district_make(const char *preset, uint64_t seed)
{
	if (strcmp(preset, "boshan") != 0)
		return NULL;
	struct making *making = calloc(1, sizeof *making);
	if (!making)
		abort();
	making->prng.state = seed;
	making->ground.state = ~seed;
	making->rows = rows_new();
	district_make_areas(making);
	district_make_households(making);
	district_make_people(making);
	district_make_categories(making);
	district_make_rules(making);
	district_make_duties(making);
	district_make_plans(making);
	district_make_shapes(making);
	district_make_ladders(making);
	district_make_calendars(making);
	struct rows *rows = making->rows;
	free(making);
	return rows;
}
