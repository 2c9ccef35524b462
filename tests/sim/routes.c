#include "routes.h"

#include "ground.h"

#include <string.h>
#include <time.h>

enum { BEGINNING_MIN = 3, DAY_MINUTES = 1440 };

static bool in_use(const struct area *area)
{
	return area && area->event && !area->retired;
}

static void note_missing(struct reasons *reasons, const struct entity *entity, enum pd_refusal unknown)
{
	reasons_add(reasons, entity ? PD_REFUSED_retired : unknown);
}

/* ---- by address: the simulated ones are of ASCII, so a byte is a character ---- */

static bool digit_at(struct pd_slice text, uint32_t at)
{
	return at < text.bytes && text.data[at] >= '0' && text.data[at] <= '9';
}

static uint32_t shared(struct pd_slice a, struct pd_slice b)
{
	uint32_t bytes = 0;
	while (bytes < a.bytes && bytes < b.bytes && a.data[bytes] == b.data[bytes])
		bytes++;
	return bytes;
}

/* The lowest area of all households in use whose addresses begin so, and not in the middle of a number. */
static const struct area *area_of_all(const struct registry *registry, struct pd_slice beginning)
{
	const struct area *common = NULL;
	size_t count;
	void *const *households = registry_sorted(registry, REGISTRY_HOUSEHOLDS, &count);
	for (size_t i = 0; i < count; i++) {
		const struct household *household = households[i];
		struct pd_slice address = household->address;
		bool cut = digit_at(beginning, beginning.bytes - 1) && digit_at(address, beginning.bytes);
		if (household->retired || shared(address, beginning) < beginning.bytes || cut)
			continue;
		const struct area *area = registry_area(registry, household->area), *up = common ? common : area;
		for (; up; up = up->parent) {
			const struct area *at = area;
			while (at && at != up)
				at = at->parent;
			if (at)
				break;
		}
		common = up;
	}
	return common;
}

static const struct area *by_address(const struct registry *registry, struct pd_slice place)
{
	struct pd_slice beginning = {place.data, 0};
	size_t count;
	void *const *households = registry_sorted(registry, REGISTRY_HOUSEHOLDS, &count);
	for (size_t i = 0; i < count; i++) {
		const struct household *household = households[i];
		uint32_t bytes = household->retired ? 0 : shared(household->address, place);
		beginning.bytes = bytes > beginning.bytes ? bytes : beginning.bytes;
	}
	while (beginning.bytes >= BEGINNING_MIN) {
		bool number = digit_at(beginning, beginning.bytes - 1),
		     cut = number && digit_at(place, beginning.bytes);
		const struct area *area = cut ? NULL : area_of_all(registry, beginning);
		if (area || !number)
			return area && area->parent ? area : NULL; /* the whole district says nothing */
		while (digit_at(beginning, beginning.bytes - 1))
			beginning.bytes--;
	}
	return NULL;
}

/* ---- where it comes from ---- */

static const struct area *by_requester(const struct registry *registry, uint32_t requester, uint32_t *household_id)
{
	const struct person *person = registry_person(registry, requester);
	const struct household *household = person ? registry_household(registry, person->household) : NULL;
	const struct area *area = person ? registry_area(registry, person->area) : NULL;
	if (household && !household->retired) {
		*household_id = household->id;
		return registry_area(registry, household->area);
	}
	return in_use(area) ? area : NULL;
}

static const struct area *root_of(const struct registry *registry)
{
	size_t count;
	void *const *areas = registry_sorted(registry, REGISTRY_AREAS, &count);
	for (size_t i = 0; i < count; i++)
		if (in_use(areas[i]) && !((const struct area *)areas[i])->parent)
			return areas[i];
	return NULL;
}

const struct area *route_area(const struct registry *registry, const struct route_said *said, uint32_t *household_id,
			      enum pd_route_step *step, struct reasons *reasons)
{
	const struct household *household = registry_household(registry, said->household);
	const struct category *category = registry_category(registry, said->category);
	const struct area *area = registry_area(registry, said->area);
	*household_id = said->household;
	if (said->household) {
		*step = PD_route_step_household;
		if (!household || household->retired)
			note_missing(reasons, household ? &household->entity : NULL, PD_REFUSED_unknown_household);
		return household && !household->retired ? registry_area(registry, household->area) : NULL;
	}
	if (said->area) {
		*step = PD_route_step_area;
		if (!in_use(area))
			note_missing(reasons, area ? &area->entity : NULL, PD_REFUSED_unknown_area);
		return in_use(area) ? area : NULL;
	}
	struct core_place place = {PLACE_NOWHERE, 0, 0};
	if (said->lon_e7 || said->lat_e7)
		ground_find(registry, said->lon_e7, said->lat_e7, &place);
	*step = place.how == PLACE_NEAREST ? PD_route_step_nearest : PD_route_step_coordinate;
	if (place.how != PLACE_NOWHERE)
		return registry_area(registry, place.area);
	*step = PD_route_step_address;
	if ((area = by_address(registry, said->place)))
		return area;
	*step = PD_route_step_category;
	area = category && category->area ? registry_area(registry, category->area) : NULL;
	if (in_use(area))
		return area;
	*step = PD_route_step_requester;
	if ((area = by_requester(registry, said->requester, household_id)))
		return area;
	*step = PD_route_step_desk;
	area = root_of(registry);
	if (!area)
		reasons_add(reasons, PD_REFUSED_no_place);
	return area;
}

/* ---- rules ---- */

static bool below(const struct registry *registry, uint32_t area, uint32_t top)
{
	for (const struct area *at = registry_area(registry, area); at; at = at->parent)
		if (at->id == top)
			return true;
	return false;
}

/* Minute for minute, from the beginning of the span on: whether one of them is now. */
static bool in_hours(const struct rule *rule, uint64_t time_ms)
{
	time_t s = (time_t)(time_ms / 1000 + 8 * 3600);
	struct tm now;
	gmtime_r(&s, &now);
	unsigned of_week =
		(unsigned)(now.tm_wday + 6) % 7 * DAY_MINUTES + (unsigned)now.tm_hour * 60 + (unsigned)now.tm_min;
	unsigned span = (rule->to_min + DAY_MINUTES - rule->from_min) % DAY_MINUTES;
	span = span ? span : DAY_MINUTES;
	for (unsigned day = 0; day < 7; day++)
		for (unsigned i = 0; rule->weekdays >> day & 1 && i < span; i++)
			if ((day * DAY_MINUTES + rule->from_min + i) % (7 * DAY_MINUTES) == of_week)
				return true;
	return false;
}

static bool says_word(struct pd_slice text, struct pd_slice words)
{
	bool found = words.bytes == 0;
	for (uint32_t from = 0; from < words.bytes && !found;) {
		uint32_t to = from;
		while (to < words.bytes && words.data[to] != '|')
			to++;
		found = memmem(text.data, text.bytes, words.data + from, to - from) != NULL;
		from = to + 1;
	}
	return found;
}

const struct area *route_holder(const struct registry *registry, const struct pd_submitted *s, uint32_t *rule_id)
{
	const struct person *requester = registry_person(registry, s->requester);
	const struct area *holder = registry_area(registry, s->area);
	unsigned level = registry_category(registry, s->category)->level;
	size_t count;
	void *const *rules = registry_sorted(registry, REGISTRY_RULES, &count);
	*rule_id = 0;
	for (size_t i = 0; i < count && *rule_id == 0; i++) {
		const struct rule *rule = rules[i];
		const struct area *named = rule->holder ? registry_area(registry, rule->holder) : NULL;
		if (rule->retired || (named && named->retired) || (rule->category && rule->category != s->category) ||
		    (rule->post && (!requester || rule->post != requester->post)) ||
		    (rule->area && !below(registry, s->area, rule->area)) || !in_hours(rule, s->time_ms) ||
		    !says_word(s->text, rule->keyword))
			continue;
		*rule_id = rule->id;
		if (named)
			return named;
		level = rule->level;
	}
	while (holder->parent && holder->level > level)
		holder = holder->parent;
	return holder;
}
