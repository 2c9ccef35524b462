#include "roster.h"

#include <inttypes.h>
#include <limits.h>
#include <search.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "intl.h"
#include "tool.h"

enum { PAGE = 500, LIKE_MAX = 5 };

struct address {
	uint32_t household;
	char *text;
};

struct roster {
	struct pd_buffer areas, people, categories; /* arrays of the structs of roster.h */
	struct pd_buffer asked;                     /* uint32_t: areas whose addresses were asked for */
	void *addresses;                            /* tsearch of struct address */
	void *met;      /* tsearch of struct roster_person: people must stay where they are */
	unsigned posts; /* wanted by the load that is under way */
	char why[400];
};

/* ---- memory ---- */

#define AREAS(r) ((struct roster_area *)(r)->areas.data)
#define PEOPLE(r) ((struct roster_person *)(r)->people.data)
#define CATEGORIES(r) ((struct roster_category *)(r)->categories.data)

static size_t area_count(const struct roster *roster)
{
	return roster->areas.count / sizeof(struct roster_area);
}

static size_t person_count(const struct roster *roster)
{
	return roster->people.count / sizeof(struct roster_person);
}

static size_t category_count(const struct roster *roster)
{
	return roster->categories.count / sizeof(struct roster_category);
}

static char *copy(struct pd_slice text)
{
	char *copied = malloc((size_t)text.bytes + 1);
	if (!copied)
		abort();
	memcpy(copied, text.data, text.bytes);
	copied[text.bytes] = 0;
	return copied;
}

struct roster *roster_new(void)
{
	struct roster *roster = calloc(1, sizeof *roster);
	if (!roster)
		abort();
	return roster;
}

static void drop_areas(struct roster *roster)
{
	for (size_t i = 0; i < area_count(roster); i++)
		free(AREAS(roster)[i].name);
	roster->areas.count = 0;
}

static void drop_categories(struct roster *roster)
{
	for (size_t i = 0; i < category_count(roster); i++)
		free(CATEGORIES(roster)[i].name);
	roster->categories.count = 0;
}

static void free_address(void *entry)
{
	struct address *address = entry;
	free(address->text);
	free(address);
}

static void free_person(void *entry)
{
	struct roster_person *person = entry;
	free(person->name);
	free(person);
}

void roster_free(struct roster *roster)
{
	if (!roster)
		return;
	drop_areas(roster);
	drop_categories(roster);
	for (size_t i = 0; i < person_count(roster); i++)
		free(PEOPLE(roster)[i].name);
	pd_buffer_fini(&roster->areas);
	pd_buffer_fini(&roster->categories);
	pd_buffer_fini(&roster->people);
	pd_buffer_fini(&roster->asked);
	tdestroy(roster->addresses, free_address);
	tdestroy(roster->met, free_person);
	free(roster);
}

const char *roster_why(const struct roster *roster)
{
	return roster->why;
}

__attribute__((format(printf, 3, 4))) static enum pd_err fail(struct roster *roster, enum pd_err err,
							      const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(roster->why, sizeof roster->why, format, args);
	va_end(args);
	return err;
}

/* ---- reading ---- */

/* All pages of a list: where the next one begins stands in *after, a field of list. */
static enum pd_err read_pages(struct roster *roster, struct pd_client *client, struct pd_message *list, uint32_t *after,
			      pd_answer_fn *each, int timeout_ms)
{
	char why[CLI_REFUSAL_BYTES];
	struct pd_message end;
	do {
		enum pd_err err = pd_client_query(client, list, each, roster, &end, timeout_ms);
		if (err)
			return fail(roster, err, "%s", pd_client_why(client));
		if (end.type == PD_MSG_refused)
			return fail(roster, PD_EINVAL, _("the broker refuses to list: %s"),
				    cli_refusal(&end.refused, why));
		if (end.type != PD_MSG_end)
			return fail(roster, PD_EINVAL, _("the broker's answer to a list is not known to this version"));
		if (after)
			*after = end.end.after;
	} while (end.end.more);
	return PD_OK;
}

static void on_area(struct pd_client *client, const struct pd_message *answer, bool last, void *arg)
{
	struct roster *roster = arg;
	(void)client;
	(void)last;
	if (answer->type != PD_MSG_area || answer->area.retired)
		return;
	const struct pd_area *row = &answer->area;
	struct roster_area area = {row->area, row->parent, row->level, row->kind, copy(row->name)};
	pd_buffer_add(&roster->areas, &area, sizeof area);
}

static void on_person(struct pd_client *client, const struct pd_message *answer, bool last, void *arg)
{
	struct roster *roster = arg;
	const struct pd_person *row = &answer->person;
	(void)client;
	(void)last;
	if (answer->type != PD_MSG_person || row->retired || row->post >= PD_post_end ||
	    !(roster->posts & 1u << row->post))
		return;
	struct roster_person person = {row->person, row->area, row->household, row->post, copy(row->name)};
	pd_buffer_add(&roster->people, &person, sizeof person);
}

static void on_category(struct pd_client *client, const struct pd_message *answer, bool last, void *arg)
{
	struct roster *roster = arg;
	(void)client;
	(void)last;
	if (answer->type != PD_MSG_category || answer->category.retired)
		return;
	const struct pd_category *row = &answer->category;
	struct roster_category category = {row->category, row->level, row->urgency, row->emergency_only,
					   copy(row->name)};
	pd_buffer_add(&roster->categories, &category, sizeof category);
}

enum pd_err roster_load_areas(struct roster *roster, struct pd_client *client, int timeout_ms)
{
	struct pd_message list = {.type = PD_MSG_list_areas, .list_areas = {.limit = PAGE}};
	drop_areas(roster);
	return read_pages(roster, client, &list, &list.list_areas.after, on_area, timeout_ms);
}

enum pd_err roster_load_categories(struct roster *roster, struct pd_client *client, int timeout_ms)
{
	struct pd_message list = {.type = PD_MSG_list_categories};
	drop_categories(roster);
	return read_pages(roster, client, &list, NULL, on_category, timeout_ms);
}

static int compare_people(const void *a, const void *b)
{
	uint32_t x = ((const struct roster_person *)a)->id, y = ((const struct roster_person *)b)->id;
	return (x > y) - (x < y);
}

/* A load that broke off leaves people behind who come again. */
static void sort_people(struct roster *roster)
{
	struct roster_person *people = PEOPLE(roster);
	size_t count = person_count(roster), kept = 0;
	if (count == 0)
		return;
	qsort(people, count, sizeof *people, compare_people);
	for (size_t i = 1; i < count; i++) {
		if (people[i].id == people[kept].id)
			free(people[i].name);
		else
			people[++kept] = people[i];
	}
	roster->people.count = (kept + 1) * sizeof *people;
}

enum pd_err roster_load_people(struct roster *roster, struct pd_client *client, uint32_t area, unsigned posts,
			       int timeout_ms)
{
	enum pd_err err = PD_OK;
	roster->posts = posts;
	for (unsigned post = 1; post < PD_post_end && !err; post++) {
		struct pd_message list = {.type = PD_MSG_list_people};
		list.list_people = (struct pd_list_people){.area = area, .post = (uint8_t)post, .limit = PAGE};
		if (posts & 1u << post)
			err = read_pages(roster, client, &list, &list.list_people.after, on_person, timeout_ms);
	}
	sort_people(roster);
	return err;
}

static void on_met(struct pd_client *client, const struct pd_message *answer, bool last, void *arg)
{
	struct roster *roster = arg;
	const struct pd_person *row = &answer->person;
	(void)client;
	(void)last;
	if (answer->type != PD_MSG_person || roster_person(roster, row->person))
		return;
	struct roster_person *person = malloc(sizeof *person);
	if (!person)
		abort();
	*person = (struct roster_person){row->person, row->area, row->household, row->post, copy(row->name)};
	if (!tsearch(person, &roster->met, compare_people))
		abort();
}

enum pd_err roster_meet(struct roster *roster, struct pd_client *client, uint32_t person, int timeout_ms)
{
	struct pd_message list = {.type = PD_MSG_list_people, .list_people = {.limit = 1, .person = person}}, end;
	if (person == 0 || roster_person(roster, person))
		return PD_OK;
	return pd_client_query(client, &list, on_met, roster, &end, timeout_ms);
}

/* ---- looking up ---- */

const struct roster_area *roster_areas(const struct roster *roster, size_t *count)
{
	*count = area_count(roster);
	return AREAS(roster);
}

const struct roster_person *roster_people(const struct roster *roster, size_t *count)
{
	*count = person_count(roster);
	return PEOPLE(roster);
}

const struct roster_category *roster_categories(const struct roster *roster, size_t *count)
{
	*count = category_count(roster);
	return CATEGORIES(roster);
}

/* Each kind of row begins with its id. */
static int compare_id(const void *key, const void *row)
{
	uint32_t x = *(const uint32_t *)key, y = *(const uint32_t *)row;
	return (x > y) - (x < y);
}

static const void *find(const void *rows, size_t count, size_t bytes, uint32_t id)
{
	return count ? bsearch(&id, rows, count, bytes, compare_id) : NULL;
}

const struct roster_area *roster_area(const struct roster *roster, uint32_t id)
{
	return find(AREAS(roster), area_count(roster), sizeof(struct roster_area), id);
}

const struct roster_person *roster_person(const struct roster *roster, uint32_t id)
{
	const struct roster_person key = {.id = id};
	void *node = tfind(&key, &roster->met, compare_people);
	return node ? *(struct roster_person **)node
		    : find(PEOPLE(roster), person_count(roster), sizeof(struct roster_person), id);
}

const struct roster_category *roster_category(const struct roster *roster, uint32_t id)
{
	return find(CATEGORIES(roster), category_count(roster), sizeof(struct roster_category), id);
}

/* Areas whose name contains text, up to max of them. */
static size_t areas_like(const struct roster *roster, const char *text, const struct roster_area **like, size_t max)
{
	size_t found = 0;
	for (size_t i = 0; i < area_count(roster) && found < max; i++)
		if (strstr(AREAS(roster)[i].name, text))
			like[found++] = &AREAS(roster)[i];
	return found;
}

static const struct roster_area *area_named(const struct roster *roster, const char *name, bool *several)
{
	const struct roster_area *named = NULL;
	*several = false;
	for (size_t i = 0; i < area_count(roster); i++) {
		if (strcmp(AREAS(roster)[i].name, name) != 0)
			continue;
		*several = named != NULL;
		named = &AREAS(roster)[i];
		if (*several)
			break;
	}
	return named;
}

static enum pd_err fail_several(struct roster *roster, const char *text, const struct roster_area *const *like,
				size_t found)
{
	char names[300] = "";
	size_t used = 0;
	for (size_t i = 0; i < found && i < LIKE_MAX && used < sizeof names; i++)
		used += (size_t)snprintf(names + used, sizeof names - used, "%s%" PRIu32 " %s", i ? ", " : "",
					 like[i]->id, like[i]->name);
	return fail(roster, PD_EINVAL, _("several areas are called like '%.60s': %s%s; name one by its number"), text,
		    names, found > LIKE_MAX ? ", ..." : "");
}

enum pd_err roster_find_area(struct roster *roster, const char *text, const struct roster_area **area)
{
	const struct roster_area *like[LIKE_MAX + 1];
	uint64_t number;
	bool several;
	if (cli_is_number(text, &number)) {
		*area = number <= UINT32_MAX ? roster_area(roster, (uint32_t)number) : NULL;
		return *area ? PD_OK : fail(roster, PD_ENOENT, _("there is no area %.60s; see 'paidan areas'"), text);
	}
	*area = area_named(roster, text, &several);
	if (*area && !several)
		return PD_OK;
	size_t found = areas_like(roster, text, like, LIKE_MAX + 1);
	if (found == 0)
		return fail(roster, PD_ENOENT, _("there is no area with '%.60s' in its name; see 'paidan areas'"),
			    text);
	if (found > 1)
		return fail_several(roster, text, like, found);
	*area = like[0];
	return PD_OK;
}

enum pd_err roster_find_person(struct roster *roster, const char *text, uint32_t area,
			       const struct roster_person **person)
{
	uint64_t number;
	*person = NULL;
	if (cli_is_number(text, &number)) {
		*person = number <= UINT32_MAX ? roster_person(roster, (uint32_t)number) : NULL;
		if (*person && (*person)->area == area)
			return PD_OK;
		return fail(
			roster, PD_ENOENT,
			_("person %.60s holds no post in area %" PRIu32 " that accepts orders; see 'paidan people'"),
			text, area);
	}
	for (size_t i = 0; i < person_count(roster); i++) {
		const struct roster_person *candidate = &PEOPLE(roster)[i];
		if (candidate->area != area || strcmp(candidate->name, text) != 0)
			continue;
		if (*person)
			return fail(roster, PD_EINVAL,
				    _("persons %" PRIu32 " and %" PRIu32 " are both called %.60s; name one by number"),
				    (*person)->id, candidate->id, text);
		*person = candidate;
	}
	return *person ? PD_OK
		       : fail(roster, PD_ENOENT,
			      _("nobody called '%.60s' holds a post in area %" PRIu32 " that accepts orders"), text,
			      area);
}

bool roster_within(const struct roster *roster, uint32_t id, uint32_t top)
{
	const struct roster_area *area = roster_area(roster, id);
	while (area && area->id != top)
		area = roster_area(roster, area->parent);
	return area != NULL;
}

/* ---- who leads ---- */

const uint8_t *roster_posts(unsigned level)
{
	static const uint8_t of_microgrid[] = {PD_post_leader, PD_post_grid_leader, PD_post_staff, PD_post_centre, 0};
	static const uint8_t of_grid[] = {PD_post_grid_leader, PD_post_staff, PD_post_supervisor, 0};
	static const uint8_t above[] = {PD_post_staff, PD_post_supervisor, PD_post_grid_leader, PD_post_administrator,
					0};
	return level == PD_level_microgrid ? of_microgrid : level == PD_level_grid ? of_grid : above;
}

const struct roster_person *roster_leader(const struct roster *roster, const struct roster_area *area)
{
	const struct roster_person *best = NULL;
	unsigned best_rank = UINT_MAX;
	const uint8_t *posts = roster_posts(area->level);
	for (size_t i = 0; i < person_count(roster); i++) {
		const struct roster_person *person = &PEOPLE(roster)[i];
		if (person->area != area->id)
			continue;
		for (unsigned rank = 0; rank < best_rank && posts[rank]; rank++)
			if (posts[rank] == person->post) {
				best = person;
				best_rank = rank;
			}
	}
	return best;
}

/* ---- addresses ---- */

static int compare_addresses(const void *a, const void *b)
{
	uint32_t x = ((const struct address *)a)->household, y = ((const struct address *)b)->household;
	return (x > y) - (x < y);
}

static void on_household(struct pd_client *client, const struct pd_message *answer, bool last, void *arg)
{
	struct roster *roster = arg;
	(void)client;
	(void)last;
	if (answer->type != PD_MSG_household)
		return;
	struct address key = {answer->household.household, NULL};
	if (tfind(&key, &roster->addresses, compare_addresses))
		return;
	struct address *address = malloc(sizeof *address);
	if (!address)
		abort();
	*address = (struct address){key.household, copy(answer->household.address)};
	if (!tsearch(address, &roster->addresses, compare_addresses))
		abort();
}

static bool was_asked(const struct roster *roster, uint32_t area)
{
	const uint32_t *asked = (const uint32_t *)roster->asked.data;
	for (size_t i = 0; i < roster->asked.count / sizeof *asked; i++)
		if (asked[i] == area)
			return true;
	return false;
}

const char *roster_address(struct roster *roster, struct pd_client *client, uint32_t area, uint32_t household,
			   int timeout_ms)
{
	struct address key = {household, NULL};
	void *node = tfind(&key, &roster->addresses, compare_addresses);
	if (!node && client && household && !was_asked(roster, area)) {
		struct pd_message list = {.type = PD_MSG_list_households};
		list.list_households = (struct pd_list_households){.area = area, .limit = PAGE};
		if (read_pages(roster, client, &list, &list.list_households.after, on_household, timeout_ms) == PD_OK)
			pd_buffer_add(&roster->asked, &area, sizeof area);
		node = tfind(&key, &roster->addresses, compare_addresses);
	}
	return node ? (*(struct address **)node)->text : NULL;
}
