#include "route.h"

#include "calendar.h"
#include "rules.h"

/* One finding under way. */
struct routing {
	const struct route_asked *asked;
	struct route_found *found;
	struct core_place place;
	bool looked; /* place is filled */
	route_tell *tell;
	void *arg;
	struct pd_route row; /* of the step that is tried */
};

static bool in_use(const struct area *area)
{
	return area && area->event && !area->retired;
}

static void refuse(struct routing *routing, enum pd_refusal refusal, struct pd_detail detail)
{
	routing->found->refusal = refusal;
	routing->found->detail = detail;
}

static enum pd_route_why decide(struct routing *routing, const struct area *area)
{
	routing->found->area = area;
	return PD_route_why_decided;
}

/* ---- where it comes from ---- */

static enum pd_route_why try_household(struct routing *routing)
{
	uint32_t id = routing->asked->household;
	const struct household *household = registry_household(routing->asked->registry, id);
	if (id == 0)
		return PD_route_why_not_said;
	if (!household || household->retired) {
		refuse(routing, household ? PD_REFUSED_retired : PD_REFUSED_unknown_household,
		       PD_DETAIL(household, PD_NUMBER(id)));
		return PD_route_why_retired;
	}
	routing->found->household = id;
	return decide(routing, registry_area(routing->asked->registry, household->area));
}

static enum pd_route_why try_area(struct routing *routing)
{
	uint32_t id = routing->asked->area;
	const struct area *area = registry_area(routing->asked->registry, id);
	if (id == 0)
		return PD_route_why_not_said;
	if (in_use(area))
		return decide(routing, area);
	refuse(routing, area ? PD_REFUSED_retired : PD_REFUSED_unknown_area, PD_DETAIL(area, PD_NUMBER(id)));
	return PD_route_why_retired;
}

static bool look_at_map(struct routing *routing)
{
	const struct route_asked *asked = routing->asked;
	if ((asked->lon_e7 == 0 && asked->lat_e7 == 0))
		return false;
	if (!routing->looked && asked->map->find)
		asked->map->find(asked->map->arg, asked->lon_e7, asked->lat_e7, &routing->place);
	routing->looked = true;
	routing->row.area = routing->place.area;
	routing->row.metres = routing->place.metres;
	return true;
}

static enum pd_route_why try_coordinate(struct routing *routing)
{
	if (!look_at_map(routing))
		return PD_route_why_not_said;
	if (routing->place.how != PLACE_INSIDE && routing->place.how != PLACE_BORDER)
		return PD_route_why_nowhere;
	decide(routing, registry_area(routing->asked->registry, routing->place.area));
	return routing->place.how == PLACE_BORDER ? PD_route_why_border : PD_route_why_decided;
}

static enum pd_route_why try_nearest(struct routing *routing)
{
	if (!look_at_map(routing))
		return PD_route_why_not_said;
	if (routing->place.how != PLACE_NEAREST)
		return PD_route_why_nowhere;
	return decide(routing, registry_area(routing->asked->registry, routing->place.area));
}

static enum pd_route_why try_address(struct routing *routing)
{
	uint32_t bytes;
	if (routing->asked->place.bytes == 0)
		return PD_route_why_not_said;
	const struct area *area = registry_match_address(routing->asked->registry, routing->asked->place, &bytes);
	if (!area)
		return PD_route_why_unmatched;
	routing->row.name = (struct pd_slice){routing->asked->place.data, bytes};
	return decide(routing, area);
}

static enum pd_route_why try_category(struct routing *routing)
{
	uint32_t id = routing->asked->category->area;
	const struct area *area = registry_area(routing->asked->registry, id);
	if (id == 0)
		return PD_route_why_not_said;
	routing->row.area = id;
	return in_use(area) ? decide(routing, area) : PD_route_why_retired;
}

static enum pd_route_why try_requester(struct routing *routing)
{
	const struct person *requester = routing->asked->requester;
	if (!requester)
		return PD_route_why_not_said;
	const struct household *household = registry_household(routing->asked->registry, requester->household);
	const struct area *area = registry_area(routing->asked->registry, requester->area);
	if (household && !household->retired) {
		routing->found->household = household->id;
		return decide(routing, registry_area(routing->asked->registry, household->area));
	}
	routing->row.area = requester->area;
	return in_use(area) ? decide(routing, area) : PD_route_why_retired;
}

static enum pd_route_why try_desk(struct routing *routing)
{
	const struct area *root = registry_root(routing->asked->registry);
	if (root)
		return decide(routing, root);
	refuse(routing, PD_REFUSED_no_place, PD_DETAIL(no_district));
	return PD_route_why_nowhere;
}

static const struct {
	enum pd_route_step step;
	enum pd_route_why (*try)(struct routing *routing);
} steps[] = {
	{PD_route_step_household, try_household},   {PD_route_step_area, try_area},
	{PD_route_step_coordinate, try_coordinate}, {PD_route_step_nearest, try_nearest},
	{PD_route_step_address, try_address},       {PD_route_step_category, try_category},
	{PD_route_step_requester, try_requester},   {PD_route_step_desk, try_desk},
};
enum { STEPS = sizeof steps / sizeof steps[0] };

static void try_steps(struct routing *routing)
{
	struct route_found *found = routing->found;
	for (int i = 0; i < STEPS && !found->refusal && (routing->tell || !found->area); i++) {
		bool needed = !found->area;
		routing->row = (struct pd_route){.step = steps[i].step, .name = {"", 0}};
		enum pd_route_why why = needed ? steps[i].try(routing) : PD_route_why_not_needed;
		if (needed && found->area) {
			found->step = steps[i].step;
			routing->row.area = found->area->id;
		}
		routing->row.why = (uint8_t)why;
		if (routing->tell && !found->refusal)
			routing->tell(&routing->row, routing->arg);
	}
}

/* ---- who holds it ---- */

static struct rule_asked ask_rules(const struct route_asked *asked, const struct area *area)
{
	uint32_t day = calendar_day_of(asked->now_ms);
	return (struct rule_asked){.area = area,
				   .category = asked->category->id,
				   .post = asked->requester ? asked->requester->post : 0,
				   .text = asked->text,
				   .minute = (uint16_t)((asked->now_ms - calendar_day_ms(day)) / 60000),
				   .weekday = (uint8_t)calendar_weekday(day)};
}

static const struct area *holder_of(const struct registry *registry, const struct rule *rule, const struct area *area)
{
	return rule->holder ? registry_area(registry, rule->holder) : area_at_level(area, rule->level);
}

static void try_rules(struct routing *routing)
{
	const struct registry *registry = routing->asked->registry;
	struct route_found *found = routing->found;
	size_t count;
	void *const *rules = registry_sorted(registry, REGISTRY_RULES, &count);
	if (count == 0)
		return;
	struct rule_asked asked = ask_rules(routing->asked, found->area);
	for (size_t i = 0; i < count && (routing->tell || !found->rule); i++) {
		const struct rule *rule = rules[i];
		if (rule->retired)
			continue;
		enum pd_route_why why = found->rule ? PD_route_why_not_needed : rule_try(registry, rule, &asked);
		const struct area *holder = holder_of(registry, rule, found->area);
		if (why == PD_route_why_decided) {
			found->rule = rule->id;
			found->holder = holder;
		}
		routing->row = (struct pd_route){.step = PD_route_step_rule,
						 .why = (uint8_t)why,
						 .area = holder->id,
						 .rule = rule->id,
						 .name = rule->name};
		if (routing->tell)
			routing->tell(&routing->row, routing->arg);
	}
}

static void tell_holder(const struct routing *routing)
{
	const struct route_found *found = routing->found;
	struct pd_route row = {.step = PD_route_step_holder,
			       .why = found->rule ? PD_route_why_decided : PD_route_why_by_level,
			       .area = found->holder->id,
			       .rule = found->rule,
			       .name = {"", 0}};
	if (routing->tell)
		routing->tell(&row, routing->arg);
}

static void start(struct routing *routing)
{
	*routing->found = (struct route_found){0};
	try_steps(routing);
	if (!routing->found->refusal)
		routing->found->holder = area_at_level(routing->found->area, routing->asked->category->level);
}

void route_origin(const struct route_asked *asked, struct route_found *found, route_tell *tell, void *arg)
{
	struct routing routing = {.asked = asked, .found = found, .tell = tell, .arg = arg};
	start(&routing);
}

void route_find(const struct route_asked *asked, struct route_found *found, route_tell *tell, void *arg)
{
	struct routing routing = {.asked = asked, .found = found, .tell = tell, .arg = arg};
	start(&routing);
	if (found->refusal)
		return;
	try_rules(&routing);
	tell_holder(&routing);
}
