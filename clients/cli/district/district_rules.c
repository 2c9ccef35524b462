/* Organisations and the rules by which orders come to them. */
#include <stdio.h>

#include "district_making.h"

enum { PROPERTIES = 12, TEAMS = 8, EVERY_DAY = 127, WORKDAYS = 31, NOON = 12 * 60, EVENING = 18 * 60 };
/* Categories, by their places in district.c. */
enum { LONELY = 6, CORRIDORS = 10, FIRE = 16, WATER = 18, PROPERTY = 19 };

static void add_organisation(struct making *making, uint32_t id, uint32_t parent, enum pd_level level,
			     enum pd_area_kind kind, const char *name)
{
	struct pd_slice kept = district_keep(making, name);
	struct pd_put_area *area = rows_add(making->rows, ROWS_AREAS, 0);
	*area = (struct pd_put_area){.area = id, .parent = parent, .level = level, .kind = kind, .name = kept};
}

void district_make_organisations(struct making *making)
{
	char name[3 * DISTRICT_NAME_BYTES];
	add_organisation(making, ID_WATER_WORKS, ID_DISTRICT, PD_level_street, PD_area_kind_agency, "博山区自来水公司");
	add_organisation(making, ID_SOCIAL_WORK, ID_DISTRICT, PD_level_street, PD_area_kind_social,
			 "博山区社会工作服务中心");
	for (uint32_t i = 0; i < PROPERTIES; i++) {
		const struct community *community = &making->communities[i];
		snprintf(name, sizeof name, "%s物业公司", community->name);
		add_organisation(making, ID_PROPERTIES + i, community->id, PD_level_grid, PD_area_kind_property, name);
	}
	for (uint32_t i = 0; i < TEAMS; i++) {
		const struct community *community = &making->communities[i];
		snprintf(name, sizeof name, "%s志愿服务队", community->name);
		add_organisation(making, ID_TEAMS + i, community->id, PD_level_grid, PD_area_kind_volunteers, name);
	}
}

uint32_t district_organisation(uint32_t i)
{
	const uint32_t first[] = {ID_WATER_WORKS, ID_SOCIAL_WORK};
	if (i < 2)
		return first[i];
	if (i < 2 + PROPERTIES)
		return ID_PROPERTIES + i - 2;
	return i < 2 + PROPERTIES + TEAMS ? ID_TEAMS + i - 2 - PROPERTIES : 0;
}

/* Matches everything, but for what is filled in after it. */
static struct pd_put_rule *add_rule(struct making *making, const char *name, uint32_t holder)
{
	struct pd_slice kept = district_keep(making, name), none = district_keep(making, "");
	uint32_t id = 10 * ((uint32_t)making->rows->tables[ROWS_RULES].count + 1);
	struct pd_put_rule *rule = rows_add(making->rows, ROWS_RULES, 0);
	*rule = (struct pd_put_rule){
		.rule = id, .name = kept, .weekdays = EVERY_DAY, .to_min = 24 * 60, .keyword = none, .holder = holder};
	return rule;
}

void district_make_rules(struct making *making)
{
	char name[3 * DISTRICT_NAME_BYTES];
	struct pd_slice words = district_keep(making, "停水|漏水|水管|水压");
	struct pd_put_rule *rule = add_rule(making, "供水问题转自来水公司", ID_WATER_WORKS);
	rule->category = ID_CATEGORIES + WATER - 1;
	rule->keyword = words;
	for (uint32_t i = 0; i < PROPERTIES; i++) {
		snprintf(name, sizeof name, "%s物业服务", making->communities[i].name);
		rule = add_rule(making, name, ID_PROPERTIES + i);
		rule->category = ID_CATEGORIES + PROPERTY - 1;
		rule->area = making->communities[i].id;
	}
	for (uint32_t i = 0; i < TEAMS; i++) {
		snprintf(name, sizeof name, "%s工作日下午关爱", making->communities[i].name);
		rule = add_rule(making, name, ID_TEAMS + i);
		rule->category = ID_CATEGORIES + LONELY - 1;
		rule->area = making->communities[i].id;
		rule->weekdays = WORKDAYS;
		rule->from_min = NOON;
		rule->to_min = EVENING;
	}
	for (uint32_t i = 0; i < DISTRICT_DEDICATED_GRIDS; i++) {
		snprintf(name, sizeof name, "%s商户消防", district_markets[i]);
		rule = add_rule(making, name, ID_DEDICATED + i);
		rule->category = ID_CATEGORIES + FIRE - 1;
		rule->area = ID_DEDICATED + i;
		rule->post = PD_post_merchant;
	}
	rule = add_rule(making, "夜间消防报镇街", 0);
	rule->level = PD_level_street;
	rule->category = ID_CATEGORIES + FIRE - 1;
	rule->from_min = 22 * 60;
	rule->to_min = 6 * 60;
}

/* What every micro-grid does on Mondays. */
void district_make_duties(struct making *making)
{
	enum { MONDAY = 1, HALF_PAST_EIGHT = 8 * 60 + 30 };
	struct pd_slice name = district_keep(making, "消防通道巡查");
	struct pd_slice text = district_keep(making, "检查消防通道是否畅通，清理楼道杂物");
	uint32_t district = rows_area(making->rows, 0)->area;
	struct pd_put_duty *duty = rows_add(making->rows, ROWS_DUTIES, 0);
	*duty = (struct pd_put_duty){.duty = 1,
				     .name = name,
				     .category = ID_CATEGORIES + CORRIDORS - 1,
				     .area = district,
				     .each = true,
				     .text = text,
				     .weekdays = MONDAY,
				     .minute = HALF_PAST_EIGHT};
}

/* In all of them the leaders are called out. For heavy rain: half of the times, and the households are told and
 * counted. For a drill: what nobody accepts climbs after some seconds. */
void district_make_plans(struct making *making)
{
	enum { HOUR_S = 3600, DAY_S = 86400 };
	static const uint64_t taken[] = {ID_FLOOD};
	const struct pd_u64s categories = {taken, 1};
	const struct {
		const char *name, *notice, *roll_call;
		uint32_t accept_percent, complete_percent, running, lasts_s, ladder;
	} plans[] = {
		{"防汛应急", "暴雨将至，请勿外出，低洼处住户请做好转移准备", "清点在家人员，登记需转移人数", 50, 50,
		 PD_running_shorten, DAY_S, 0},
		{"应急演练", "防汛演练现在开始，听到警报请到集合点，不必惊慌", "演练点名：清点各户在家情况", 10, 50,
		 PD_running_restart, HOUR_S, ID_DRILL_LADDER},
	};
	for (uint32_t i = 0; i < sizeof plans / sizeof plans[0]; i++) {
		struct pd_slice name = district_keep(making, plans[i].name);
		struct pd_slice notice = district_keep(making, plans[i].notice);
		struct pd_slice roll_call = district_keep(making, plans[i].roll_call);
		struct pd_put_plan *plan = rows_add(making->rows, ROWS_PLANS, 0);
		*plan = (struct pd_put_plan){.plan = i + 1,
					     .name = name,
					     .area = rows_area(making->rows, 0)->area,
					     .accept_percent = (uint16_t)plans[i].accept_percent,
					     .complete_percent = (uint16_t)plans[i].complete_percent,
					     .running = (uint8_t)plans[i].running,
					     .lasts_s = plans[i].lasts_s,
					     .ladder = plans[i].ladder,
					     .categories = categories,
					     .notice = notice,
					     .roll_call = roll_call,
					     .roll_category = ID_CATEGORIES + LONELY - 1,
					     .call_out = 1u << PD_post_leader | 1u << PD_post_grid_leader};
	}
}
