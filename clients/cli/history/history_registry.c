#include "history_registry.h"

#include <assert.h>
#include <inttypes.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "intl.h"

enum { RETRIES_MAX = 3, NAME_BYTES = 64 * 4 + 1, PAGE = 500 };

/* An area or category that rows name. */
struct wanted {
	const struct wanted *above; /* of an area: that which it lies in; null: the district */
	bool category, made;
	uint8_t level;
	uint32_t id;
	char name[];
};

/* What the broker has. */
struct known {
	uint32_t id, above;
	bool category;
	char name[NAME_BYTES];
};

struct history_registry {
	const struct history_map *map;
	void *tree;             /* of struct wanted, see compare_wanted */
	struct wanted **wanted; /* as they came: what lies above goes before */
	size_t wanted_count, wanted_capacity;
	struct known *known;
	size_t known_count, known_capacity;
	uint32_t last_area, last_category; /* the greatest ids that are taken */
	uint32_t areas_made, categories_made;
};

static void *grown(void *data, size_t *capacity, size_t bytes)
{
	*capacity = *capacity ? *capacity * 2 : 64;
	data = realloc(data, *capacity * bytes);
	if (!data)
		abort();
	return data;
}

/* By where they lie, then by name. */
static int compare_wanted(const void *a, const void *b)
{
	const struct wanted *x = a, *y = b;
	if (x->category != y->category)
		return x->category ? 1 : -1;
	if (x->above != y->above)
		return (uintptr_t)x->above < (uintptr_t)y->above ? -1 : 1;
	return strcmp(x->name, y->name);
}

static int compare_known(const void *a, const void *b)
{
	const struct known *x = a, *y = b;
	if (x->category != y->category)
		return x->category ? 1 : -1;
	if (x->above != y->above)
		return x->above < y->above ? -1 : 1;
	int by_name = strcmp(x->name, y->name);
	return by_name ? by_name : (x->id > y->id) - (x->id < y->id);
}

struct history_registry *history_registry_new(const struct history_map *map)
{
	struct history_registry *registry = calloc(1, sizeof *registry);
	if (!registry)
		abort();
	registry->map = map;
	return registry;
}

static void keep_entry(void *entry)
{
	(void)entry; /* it is freed by the list */
}

void history_registry_free(struct history_registry *registry)
{
	if (!registry)
		return;
	tdestroy(registry->tree, keep_entry);
	for (size_t i = 0; i < registry->wanted_count; i++)
		free(registry->wanted[i]);
	free(registry->wanted);
	free(registry->known);
	free(registry);
}

/* ---- what rows want ---- */

static struct wanted *new_wanted(const struct wanted *above, bool category, uint8_t level, const char *name)
{
	size_t bytes = strlen(name) + 1;
	struct wanted *wanted = malloc(sizeof *wanted + bytes);
	if (!wanted)
		abort();
	*wanted = (struct wanted){.above = above, .category = category, .level = level};
	memcpy(wanted->name, name, bytes);
	return wanted;
}

/* Null when there is none. The key is a whole entry: names have different lengths. */
static const struct wanted *find(const struct history_registry *registry, const struct wanted *above, bool category,
				 const char *name)
{
	union {
		struct wanted wanted;
		char bytes[sizeof(struct wanted) + NAME_BYTES];
	} key = {.wanted = {.above = above, .category = category}};
	assert(strlen(name) < NAME_BYTES);
	memcpy(key.wanted.name, name, strlen(name) + 1);
	struct wanted *const *found = tfind(&key, &registry->tree, compare_wanted);
	return found ? *found : NULL;
}

static const struct wanted *want(struct history_registry *registry, const struct wanted *above, bool category,
				 uint8_t level, const char *name)
{
	const struct wanted *found = find(registry, above, category, name);
	if (found)
		return found;
	struct wanted *wanted = new_wanted(above, category, level, name);
	if (!tsearch(wanted, &registry->tree, compare_wanted))
		abort();
	if (registry->wanted_count == registry->wanted_capacity)
		registry->wanted = grown(registry->wanted, &registry->wanted_capacity, sizeof(struct wanted *));
	registry->wanted[registry->wanted_count++] = wanted;
	return wanted;
}

enum pd_err history_registry_want(struct history_registry *registry, struct history_row *row)
{
	if (registry->wanted_count && strcmp(registry->wanted[0]->name, row->areas[0]) != 0) {
		snprintf(row->why, sizeof row->why,
			 _("its district is %.80s, and that of the rows before is %.80s: there can be one"),
			 row->areas[0], registry->wanted[0]->name);
		return PD_EINVAL;
	}
	const struct wanted *area = want(registry, NULL, false, PD_level_district, row->areas[0]);
	for (unsigned level = PD_level_street; level <= PD_level_microgrid; level++)
		if (row->areas[level - 1] && *row->areas[level - 1])
			area = want(registry, area, false, (uint8_t)level, row->areas[level - 1]);
	want(registry, NULL, true, registry->map->category_level, row->category);
	return PD_OK;
}

void history_registry_ids(const struct history_registry *registry, struct history_row *row)
{
	const struct wanted *area = registry->wanted[0], *category = find(registry, NULL, true, row->category);
	for (unsigned level = PD_level_street; level <= PD_level_microgrid; level++)
		if (row->areas[level - 1] && *row->areas[level - 1])
			area = find(registry, area, false, row->areas[level - 1]);
	row->record.area = area->id;
	row->record.category = category->id;
}

/* ---- what the broker has ---- */

static void add_known(struct history_registry *registry, uint32_t id, uint32_t above, bool category,
		      struct pd_slice name)
{
	if (registry->known_count == registry->known_capacity)
		registry->known = grown(registry->known, &registry->known_capacity, sizeof *registry->known);
	struct known *known = &registry->known[registry->known_count++];
	*known = (struct known){.id = id, .above = above, .category = category};
	memcpy(known->name, name.data, name.bytes < NAME_BYTES ? name.bytes : NAME_BYTES - 1);
}

static void learn(struct pd_client *client, const struct pd_message *answer, bool last, void *arg)
{
	struct history_registry *registry = arg;
	(void)client;
	if (last)
		return;
	if (answer->type == PD_MSG_area) {
		const struct pd_area *area = &answer->area;
		if (area->area > registry->last_area)
			registry->last_area = area->area;
		if (!area->retired)
			add_known(registry, area->area, area->parent, false, area->name);
	} else if (answer->type == PD_MSG_category) {
		const struct pd_category *category = &answer->category;
		if (category->category > registry->last_category)
			registry->last_category = category->category;
		if (!category->retired)
			add_known(registry, category->category, 0, true, category->name);
	}
}

static int list_known(struct history_registry *registry, struct cli *cli, struct pd_client *client)
{
	struct pd_message query = {.type = PD_MSG_list_areas, .list_areas = {.limit = PAGE}}, end;
	registry->known_count = 0;
	registry->last_area = registry->last_category = 0;
	do {
		int code = cli_query(cli, client, &query, learn, registry, &end);
		if (code != CLI_OK)
			return code;
		query.list_areas.after = end.end.after;
	} while (end.end.more);
	query = (struct pd_message){.type = PD_MSG_list_categories};
	int code = cli_query(cli, client, &query, learn, registry, &end);
	if (registry->known_count)
		qsort(registry->known, registry->known_count, sizeof *registry->known, compare_known);
	return code;
}

/* Null when there is none. */
static const struct known *find_known(const struct history_registry *registry, const struct wanted *wanted)
{
	struct known key = {.above = wanted->above ? wanted->above->id : 0, .category = wanted->category};
	size_t low = 0, high = registry->known_count;
	snprintf(key.name, sizeof key.name, "%s", wanted->name);
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (compare_known(&registry->known[middle], &key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	const struct known *found = low < registry->known_count ? &registry->known[low] : NULL;
	bool same = found && found->category == key.category && found->above == key.above &&
		    strcmp(found->name, key.name) == 0;
	return same ? found : NULL;
}

static const struct known *district(const struct history_registry *registry)
{
	for (size_t i = 0; i < registry->known_count; i++)
		if (!registry->known[i].category && registry->known[i].above == 0)
			return &registry->known[i];
	return NULL;
}

/* Give every wanted one its id: that of the broker's, or the next that is free. */
static int resolve(struct history_registry *registry, const struct cli *cli)
{
	const struct known *root = district(registry);
	if (root && strcmp(root->name, registry->wanted[0]->name) != 0)
		return cli_fail(cli, CLI_REFUSED,
				_("this paidand's district is \"%s\", and the map's root is \"%s\": make the root the "
				  "same, or use "
				  "a paidand of its own"),
				root->name, registry->wanted[0]->name);
	registry->areas_made = registry->categories_made = 0;
	for (size_t i = 0; i < registry->wanted_count; i++) {
		struct wanted *wanted = registry->wanted[i];
		const struct known *known = find_known(registry, wanted);
		wanted->made = !known;
		if (known) {
			wanted->id = known->id;
			continue;
		}
		uint32_t *last = wanted->category ? &registry->last_category : &registry->last_area;
		if (*last == UINT32_MAX)
			return cli_fail(cli, CLI_REFUSED, _("there is no free id for \"%s\""), wanted->name);
		wanted->id = ++*last;
		(*(wanted->category ? &registry->categories_made : &registry->areas_made))++;
	}
	return CLI_OK;
}

/* ---- making ---- */

static struct pd_message put_of(const struct history_registry *registry, const struct wanted *wanted)
{
	const struct history_map *map = registry->map;
	struct pd_message put = {.type = wanted->category ? PD_MSG_put_category : PD_MSG_put_area};
	if (wanted->category)
		put.put_category = (struct pd_put_category){.category = wanted->id,
							    .name = pd_text(wanted->name),
							    .level = map->category_level,
							    .urgency = map->category_urgency,
							    .accept_within_s = map->accept_within_s,
							    .complete_within_s = map->complete_within_s};
	else
		put.put_area = (struct pd_put_area){.area = wanted->id,
						    .parent = wanted->above ? wanted->above->id : 0,
						    .level = wanted->level,
						    .kind = PD_area_kind_plain,
						    .name = pd_text(wanted->name)};
	return put;
}

/* Nobody else can make areas between the list and the commit: the broker refuses it then. */
static int make(struct history_registry *registry, struct cli *cli, struct pd_client *client, struct pd_message *answer)
{
	struct pd_message message = {.type = PD_MSG_import_begin};
	struct pd_id id = pd_client_new_id(client);
	uint32_t rows = 0;
	message.import_begin.import = id;
	int code = cli_call(cli, client, &message, answer);
	code = code != CLI_OK ? code : list_known(registry, cli, client);
	code = code != CLI_OK ? code : resolve(registry, cli);
	if (code != CLI_OK)
		return code;
	for (size_t i = 0; i < registry->wanted_count; i++) {
		struct pd_message put = put_of(registry, registry->wanted[i]);
		if (!registry->wanted[i]->made)
			continue;
		if (pd_client_stage(client, &put, i + 1))
			return cli_fail(cli, CLI_SYSTEM, "%s", pd_client_why(client));
		rows++;
	}
	message = (struct pd_message){.type = PD_MSG_import_commit};
	message.import_commit = (struct pd_import_commit){.import = id, .rows = rows, .actor = cli->person};
	if (pd_client_call(client, &message, answer, cli->timeout_ms))
		return cli_fail(cli, CLI_SYSTEM, "%s", pd_client_why(client));
	return CLI_OK;
}

/* Whether it is to be tried again: the connection was lost, or the registry has changed meanwhile. */
static bool again(const struct pd_message *answer)
{
	unsigned code = answer->refused.code;
	return code == PD_REFUSED_no_import || code == PD_REFUSED_import_rows || code == PD_REFUSED_import_busy;
}

int history_registry_settle(struct history_registry *registry, struct cli *cli, struct pd_client *client, bool dry_run)
{
	struct pd_message answer;
	if (registry->wanted_count == 0)
		return CLI_OK;
	int code = list_known(registry, cli, client);
	code = code != CLI_OK ? code : resolve(registry, cli);
	if (code != CLI_OK || dry_run || !(registry->areas_made || registry->categories_made))
		return code;
	for (int retry = 0;; retry++) {
		code = make(registry, cli, client, &answer);
		if (code != CLI_OK || answer.type != PD_MSG_refused)
			return code;
		if (!again(&answer) || retry == RETRIES_MAX)
			break;
	}
	uint64_t row = answer.refused.row;
	if (row >= 1 && row <= registry->wanted_count)
		fprintf(stderr, _("the broker does not take \"%s\":\n"), registry->wanted[row - 1]->name);
	return cli_refused(&answer);
}

uint32_t history_registry_areas_made(const struct history_registry *registry)
{
	return registry->areas_made;
}

uint32_t history_registry_categories_made(const struct history_registry *registry)
{
	return registry->categories_made;
}
