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
 *   categories   1 - 24
 *   rules        10, 20, ...
 */
#include "district.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

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

static const struct {
	const char *name;
	enum pd_level level;
	enum pd_urgency urgency;
	uint32_t accept_within_s, complete_within_s;
} categories[DISTRICT_CATEGORIES] = {
	{"环境卫生", PD_level_microgrid, PD_urgency_normal, 30 * MINUTE, DAY},
	{"垃圾清运", PD_level_microgrid, PD_urgency_normal, 30 * MINUTE, 12 * HOUR},
	{"公共照明", PD_level_microgrid, PD_urgency_normal, 30 * MINUTE, DAY},
	{"下水道堵塞", PD_level_microgrid, PD_urgency_high, 15 * MINUTE, 8 * HOUR},
	{"邻里纠纷", PD_level_microgrid, PD_urgency_normal, 30 * MINUTE, 2 * DAY},
	{"独居老人关爱", PD_level_microgrid, PD_urgency_high, 15 * MINUTE, 8 * HOUR},
	{"残疾人帮扶", PD_level_microgrid, PD_urgency_normal, HOUR, 2 * DAY},
	{"儿童看护", PD_level_microgrid, PD_urgency_high, 15 * MINUTE, 8 * HOUR},
	{"停车秩序", PD_level_microgrid, PD_urgency_normal, HOUR, DAY},
	{"楼道杂物", PD_level_microgrid, PD_urgency_low, 2 * HOUR, 2 * DAY},
	{"噪声扰民", PD_level_microgrid, PD_urgency_high, 15 * MINUTE, 4 * HOUR},
	{"犬只管理", PD_level_microgrid, PD_urgency_normal, HOUR, DAY},
	{"电动车充电", PD_level_microgrid, PD_urgency_high, 15 * MINUTE, 8 * HOUR},
	{"代办跑腿", PD_level_microgrid, PD_urgency_low, 2 * HOUR, DAY},
	{"政策咨询", PD_level_microgrid, PD_urgency_low, 2 * HOUR, DAY},
	{"消防隐患", PD_level_grid, PD_urgency_emergency, 5 * MINUTE, 4 * HOUR},
	{"燃气安全", PD_level_grid, PD_urgency_emergency, 5 * MINUTE, 2 * HOUR},
	{"供水供暖", PD_level_grid, PD_urgency_high, 15 * MINUTE, 12 * HOUR},
	{"物业服务", PD_level_grid, PD_urgency_normal, HOUR, 3 * DAY},
	{"证件办理", PD_level_community, PD_urgency_normal, HOUR, 3 * DAY},
	{"社会救助", PD_level_community, PD_urgency_normal, HOUR, 5 * DAY},
	{"道路破损", PD_level_community, PD_urgency_normal, 2 * HOUR, 7 * DAY},
	{"违章搭建", PD_level_street, PD_urgency_normal, 4 * HOUR, 10 * DAY},
	{"市场秩序", PD_level_street, PD_urgency_normal, 2 * HOUR, 3 * DAY},
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
						     .complete_within_s = categories[i].complete_within_s};
	}
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
	district_make_shapes(making);
	struct rows *rows = making->rows;
	free(making);
	return rows;
}
