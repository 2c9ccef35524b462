#include "rules.h"

#include <string.h>

enum { DAYS = 7 };

/* The next word of keyword, which is cut off there; false: there is none. */
static bool next_word(struct pd_slice *keyword, struct pd_slice *word)
{
	if (!keyword->data)
		return false;
	const char *end = keyword->bytes ? memchr(keyword->data, '|', keyword->bytes) : NULL;
	*word = (struct pd_slice){keyword->data, end ? (uint32_t)(end - keyword->data) : keyword->bytes};
	uint32_t rest = keyword->bytes - word->bytes;
	*keyword = end ? (struct pd_slice){end + 1, rest - 1} : (struct pd_slice){NULL, 0};
	return true;
}

static bool has_empty_word(struct pd_slice keyword)
{
	struct pd_slice word;
	if (keyword.bytes == 0)
		return false;
	while (next_word(&keyword, &word))
		if (word.bytes == 0)
			return true;
	return false;
}

static bool holds(struct pd_slice text, struct pd_slice word)
{
	return text.bytes >= word.bytes && memmem(text.data, text.bytes, word.data, word.bytes);
}

static bool holds_one(struct pd_slice text, struct pd_slice keyword)
{
	struct pd_slice word;
	if (keyword.bytes == 0)
		return true;
	while (next_word(&keyword, &word))
		if (holds(text, word))
			return true;
	return false;
}

/* A span that ends before it begins goes on into the next day, and counts as of the day on which it began. */
static bool in_time(const struct rule *rule, unsigned weekday, unsigned minute)
{
	bool today = rule->weekdays & 1u << weekday;
	bool yesterday = rule->weekdays & 1u << (weekday + DAYS - 1) % DAYS;
	if (rule->from_min < rule->to_min)
		return today && minute >= rule->from_min && minute < rule->to_min;
	return (today && minute >= rule->from_min) || (yesterday && minute < rule->to_min);
}

enum pd_route_why rule_try(const struct registry *registry, const struct rule *rule, const struct rule_asked *asked)
{
	if (rule->retired)
		return PD_route_why_retired;
	if (rule->category && rule->category != asked->category)
		return PD_route_why_other_category;
	if (rule->post && rule->post != asked->post)
		return PD_route_why_other_post;
	if (rule->area && !area_within(asked->area, registry_area(registry, rule->area)))
		return PD_route_why_outside_area;
	if (!in_time(rule, asked->weekday, asked->minute))
		return PD_route_why_outside_hours;
	if (!holds_one(asked->text, rule->keyword))
		return PD_route_why_keyword_missing;
	const struct area *holder = rule->holder ? registry_area(registry, rule->holder) : NULL;
	return holder && holder->retired ? PD_route_why_holder_retired : PD_route_why_decided;
}

/* Both are constant between the times at which one of them begins or ends. */
static bool covers_time(const struct rule *first, const struct rule *second)
{
	const unsigned times[] = {0, first->from_min, first->to_min, second->from_min, second->to_min};
	for (unsigned day = 0; day < DAYS; day++)
		for (size_t i = 0; i < sizeof times / sizeof times[0]; i++)
			if (times[i] < 24 * 60 && in_time(second, day, times[i]) && !in_time(first, day, times[i]))
				return false;
	return true;
}

/* Whatever holds a word holds the words in it. */
static bool covers_words(struct pd_slice first, struct pd_slice second)
{
	struct pd_slice word;
	if (first.bytes == 0 || second.bytes == 0)
		return first.bytes == 0;
	while (next_word(&second, &word))
		if (!holds_one(word, first))
			return false;
	return true;
}

bool rule_covers(const struct registry *registry, const struct rule *first, const struct rule *second)
{
	const struct area *top = first->area ? registry_area(registry, first->area) : NULL;
	const struct area *below = second->area ? registry_area(registry, second->area) : registry_root(registry);
	const struct area *holder = first->holder ? registry_area(registry, first->holder) : NULL;
	if (first->retired || (holder && holder->retired))
		return false;
	return (!first->category || first->category == second->category) &&
	       (!first->post || first->post == second->post) && (!top || area_within(below, top)) &&
	       covers_time(first, second) && covers_words(first->keyword, second->keyword);
}

/* ---- checking ---- */

static struct rule rule_of(const struct pd_put_rule *put)
{
	return (struct rule){.id = put->rule,
			     .retired = put->retired,
			     .category = put->category,
			     .area = put->area,
			     .holder = put->holder,
			     .from_min = put->from_min,
			     .to_min = put->to_min,
			     .post = put->post,
			     .weekdays = put->weekdays,
			     .level = put->level,
			     .name = put->name,
			     .keyword = put->keyword};
}

static void refuse(struct registry_decision *decision, enum pd_refusal refusal, struct pd_detail detail)
{
	decision->refusal = refusal;
	decision->detail = detail;
}

/* Whether the rule says somebody to hold the orders, and what it names is there. */
static void check_names(const struct registry *registry, const struct rule *rule, struct registry_decision *decision)
{
	const struct category *category = registry_category(registry, rule->category);
	const struct area *area = registry_area(registry, rule->area);
	uint64_t id = rule->id;
	if ((rule->holder == 0) == (rule->level == 0))
		refuse(decision, PD_REFUSED_bad_target, PD_DETAIL(rule_target, PD_NUMBER(id)));
	else if (rule->holder && !registry_in_use(registry, rule->holder))
		refuse(decision, PD_REFUSED_unknown_area,
		       PD_DETAIL(rule_holder, PD_NUMBER(id), PD_NUMBER(rule->holder)));
	else if (rule->category && (!category || category->retired))
		refuse(decision, PD_REFUSED_unknown_category,
		       PD_DETAIL(rule_category, PD_NUMBER(id), PD_NUMBER(rule->category)));
	else if (rule->area && !registry_in_use(registry, rule->area))
		refuse(decision, PD_REFUSED_unknown_area, PD_DETAIL(rule_area, PD_NUMBER(id), PD_NUMBER(rule->area)));
	else if (area && area_is_organisation(area))
		refuse(decision, PD_REFUSED_never_matches,
		       PD_DETAIL(rule_area_organisation, PD_NUMBER(id), PD_NUMBER(area->id)));
	else if (rule->from_min == rule->to_min)
		refuse(decision, PD_REFUSED_never_matches, PD_DETAIL(rule_hours, PD_NUMBER(id)));
	else if (has_empty_word(rule->keyword))
		refuse(decision, PD_REFUSED_never_matches, PD_DETAIL(rule_keyword, PD_NUMBER(id)));
}

/* The pair is covered by its first: *covered gets the other. */
static bool pair_covers(const struct registry *registry, const struct rule *a, const struct rule *b, uint32_t *covered,
			uint32_t *before)
{
	const struct rule *first = a->id < b->id ? a : b, *second = a->id < b->id ? b : a;
	*covered = second->id;
	*before = first->id;
	return rule_covers(registry, first, second);
}

void rule_check(const struct registry *registry, const struct pd_put_rule *put, bool bulk,
		struct registry_decision *decision)
{
	const struct rule rule = rule_of(put);
	uint32_t covered, before;
	size_t count;
	if (rule.retired)
		return;
	check_names(registry, &rule, decision);
	if (decision->refusal || bulk)
		return;
	void *const *rules = registry_sorted(registry, REGISTRY_RULES, &count);
	for (size_t i = 0; i < count; i++) {
		const struct rule *other = rules[i];
		if (other->id == rule.id || other->retired || !pair_covers(registry, other, &rule, &covered, &before))
			continue;
		refuse(decision, PD_REFUSED_never_matches,
		       PD_DETAIL(rule_shadowed, PD_NUMBER(covered), PD_NUMBER(before)));
		return;
	}
}

enum pd_refusal rules_check(const struct registry *registry, uint32_t *id, struct pd_detail *detail)
{
	uint32_t before;
	size_t count;
	void *const *rules = registry_sorted(registry, REGISTRY_RULES, &count);
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < i && !((const struct rule *)rules[i])->retired; j++)
			if (pair_covers(registry, rules[j], rules[i], id, &before)) {
				*detail = PD_DETAIL(rule_shadowed, PD_NUMBER(*id), PD_NUMBER(before));
				return PD_REFUSED_never_matches;
			}
	return PD_REFUSED_none;
}
