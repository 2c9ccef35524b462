#include "names.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "intl.h"
#include "print.h"

enum { PAGE = 500, CANDIDATES_MAX = 10 };

struct names {
	void *tree;                     /* struct name, by kind and id */
	unsigned unanswered;            /* questions that are under way */
	bool all_areas, all_categories; /* have been loaded */
};

static int compare(const void *a, const void *b)
{
	const struct name *x = a, *y = b;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	return (x->id > y->id) - (x->id < y->id);
}

struct names *names_new(void)
{
	struct names *names = calloc(1, sizeof *names);
	if (!names)
		abort();
	return names;
}

void names_free(struct names *names)
{
	if (!names)
		return;
	tdestroy(names->tree, free);
	free(names);
}

static struct name *name_of(struct names *names, enum name_kind kind, uint32_t id)
{
	struct name key = {.id = id, .kind = kind};
	struct name **found = tfind(&key, &names->tree, compare);
	if (found)
		return *found;
	struct name *name = calloc(1, sizeof *name);
	if (!name)
		abort();
	*name = key;
	snprintf(name->text, sizeof name->text, "#%u", id);
	if (!tsearch(name, &names->tree, compare))
		abort();
	return name;
}

/* ---- learning ---- */

static void learn(struct names *names, enum name_kind kind, uint32_t id, uint32_t above, uint8_t code,
		  struct pd_slice text)
{
	struct name *name = name_of(names, kind, id);
	size_t bytes = text.bytes < sizeof name->text ? text.bytes : sizeof name->text - 1;
	memcpy(name->text, text.data, bytes);
	name->text[bytes] = 0;
	name->above = above;
	name->code = code;
	name->asked = name->known = true;
}

void names_learn(struct names *names, const struct pd_message *m)
{
	switch (m->type) {
	case PD_MSG_area: learn(names, NAME_AREA, m->area.area, m->area.parent, m->area.level, m->area.name); break;
	case PD_MSG_area_set:
		learn(names, NAME_AREA, m->area_set.area, m->area_set.parent, m->area_set.level, m->area_set.name);
		break;
	case PD_MSG_person:
		learn(names, NAME_PERSON, m->person.person, m->person.area, m->person.post, m->person.name);
		break;
	case PD_MSG_person_set:
		learn(names, NAME_PERSON, m->person_set.person, m->person_set.area, m->person_set.post,
		      m->person_set.name);
		break;
	case PD_MSG_category:
		learn(names, NAME_CATEGORY, m->category.category, 0, m->category.level, m->category.name);
		break;
	case PD_MSG_category_set:
		learn(names, NAME_CATEGORY, m->category_set.category, 0, m->category_set.level, m->category_set.name);
		break;
	case PD_MSG_plan_set: learn(names, NAME_PLAN, m->plan_set.plan, m->plan_set.area, 0, m->plan_set.name); break;
	default: break;
	}
}

static void on_answer(struct pd_client *client, const struct pd_message *answer, bool last, void *arg)
{
	struct names *names = arg;
	(void)client;
	names_learn(names, answer);
	names->unanswered -= last;
}

/* ---- asking ---- */

static void ask(struct names *names, struct pd_client *client, struct pd_message *message)
{
	/* Too many at a time: those that were left out stand as numbers. */
	if (pd_client_send(client, message, on_answer, names) == PD_OK)
		names->unanswered++;
}

static void ask_all_categories(struct names *names, struct pd_client *client)
{
	struct pd_message message = {.type = PD_MSG_list_categories};
	if (names->all_categories)
		return;
	names->all_categories = true;
	ask(names, client, &message);
}

void names_want(struct cli *cli, struct pd_client *client, enum name_kind kind, uint32_t id)
{
	struct name *name = name_of(cli->names, kind, id);
	struct pd_message message = {0};
	if (id == 0 || name->asked)
		return;
	name->asked = true;
	switch (kind) {
	case NAME_AREA:
		/* The first one after the id before it, in the order of ids, is the area itself, or not there. */
		message.type = PD_MSG_list_areas;
		message.list_areas = (struct pd_list_areas){.area = id, .limit = 1, .after = id - 1};
		ask(cli->names, client, &message);
		break;
	case NAME_PERSON:
		message.type = PD_MSG_list_people;
		message.list_people = (struct pd_list_people){.limit = 1, .person = id};
		ask(cli->names, client, &message);
		break;
	case NAME_CATEGORY: ask_all_categories(cli->names, client); break;
	case NAME_PLAN: break;
	}
}

void names_want_all(struct cli *cli, struct pd_client *client, const struct pd_message *message)
{
	const struct pd_message_info *info = pd_message_info(message->type);
	for (unsigned i = 0; i < info->field_count; i++) {
		const struct pd_field *field = &info->fields[i];
		if (field->kind != PD_U32)
			continue;
		uint32_t id = *(const uint32_t *)((const char *)&message->ok + field->offset);
		if (strcmp(field->unit, "area") == 0)
			names_want(cli, client, NAME_AREA, id);
		else if (strcmp(field->unit, "person") == 0)
			names_want(cli, client, NAME_PERSON, id);
		else if (strcmp(field->unit, "category") == 0)
			names_want(cli, client, NAME_CATEGORY, id);
	}
}

void names_settle(struct cli *cli, struct pd_client *client)
{
	uint64_t until_ms = print_now_ms() + (uint64_t)cli->timeout_ms;
	while (cli->names->unanswered) {
		uint64_t now_ms = print_now_ms();
		if (now_ms >= until_ms || pd_client_step(client, (int)(until_ms - now_ms)))
			return;
	}
}

const struct name *names_get(struct cli *cli, struct pd_client *client, enum name_kind kind, uint32_t id)
{
	const struct name *name = name_of(cli->names, kind, id);
	if (!name->asked && id) {
		names_want(cli, client, kind, id);
		names_settle(cli, client);
	}
	return name;
}

char *names_path(struct cli *cli, struct pd_client *client, uint32_t area, char *text, size_t text_bytes)
{
	const struct name *up[8];
	size_t depth = 0, used = 0;
	for (uint32_t id = area; id && depth < 8;) {
		const struct name *name = names_get(cli, client, NAME_AREA, id);
		if (depth && (name->code == PD_level_district || !name->known))
			break;
		if (depth == 0 || strncmp(up[depth - 1]->text, name->text, strlen(name->text)) != 0)
			up[depth++] = name;
		id = name->above;
	}
	text[0] = 0;
	while (depth && used < text_bytes) {
		depth--;
		used += (size_t)snprintf(text + used, text_bytes - used, "%s%s", up[depth]->text, depth ? " / " : "");
	}
	return text;
}

/* ---- from a name to an id ---- */

static bool is_number(const char *text)
{
	return *text && strspn(text, "0123456789") == strlen(text);
}

static int load_areas(struct cli *cli, struct pd_client *client)
{
	struct pd_message message = {.type = PD_MSG_list_areas, .list_areas = {.limit = PAGE}}, last;
	struct names *names = cli->names;
	while (!names->all_areas) {
		names->unanswered++; /* on_answer counts it down again */
		int code = cli_query(cli, client, &message, on_answer, names, &last);
		if (code != CLI_OK) {
			names->unanswered--;
			return code;
		}
		names->all_areas = !last.end.more;
		message.list_areas.after = last.end.after;
	}
	return CLI_OK;
}

struct search {
	enum name_kind kind;
	const char *text;
	bool within;                              /* names that contain text, too */
	const struct name *found[CANDIDATES_MAX]; /* the first of them */
	unsigned count;
};

static void look_at(const void *node, VISIT visit, void *arg)
{
	const struct name *name = *(const struct name *const *)node;
	struct search *search = arg;
	if ((visit != postorder && visit != leaf) || name->kind != search->kind || !name->known)
		return;
	if (search->within ? !strstr(name->text, search->text) : strcmp(name->text, search->text) != 0)
		return;
	if (search->count < CANDIDATES_MAX)
		search->found[search->count] = name;
	search->count++;
}

static void print_candidates(struct cli *cli, struct pd_client *client, const struct search *search)
{
	char path[1100];
	for (unsigned i = 0; i < search->count && i < CANDIDATES_MAX; i++) {
		const struct name *name = search->found[i];
		bool area = name->kind == NAME_AREA;
		fprintf(stderr, "  %10u  ", name->id);
		print_text(stderr, pd_text(area ? names_path(cli, client, name->id, path, sizeof path) : name->text));
		fputc('\n', stderr);
	}
	if (search->count > CANDIDATES_MAX)
		fprintf(stderr, _("  and %u others\n"), search->count - CANDIDATES_MAX);
}

/* What is said of each kind that can be looked up by name. */
static const struct sayings {
	const char *what, *which, *several, *none_like, *none, *no_id;
} sayings[] = {
	[NAME_AREA] = {N_("area"), N_("which area? An id or a name; paidan areas lists them"),
		       N_("%u areas are called %s; name one by its id:"),
		       N_("no area is called %s; these are like it:"),
		       N_("no area is called %s; paidan areas lists them"),
		       N_("there is no area %s; paidan areas lists them")},
	[NAME_CATEGORY] = {N_("category"), N_("which category? An id or a name; paidan categories lists them"),
			   N_("%u categories are called %s; name one by its id:"),
			   N_("no category is called %s; these are like it:"),
			   N_("no category is called %s; paidan categories lists them"),
			   N_("there is no category %s; paidan categories lists them")},
	[NAME_PLAN] = {N_("plan"), N_("which plan? An id or a name; paidan plans lists them"),
		       N_("%u plans are called %s; name one by its id:"),
		       N_("no plan is called %s; these are like it:"),
		       N_("no plan is called %s; paidan plans lists them"),
		       N_("there is no plan %s; paidan plans lists them")},
};

static int not_one(struct cli *cli, struct pd_client *client, struct search *search)
{
	const struct sayings *say = &sayings[search->kind];
	if (search->count > 1) {
		cli_fail(cli, CLI_REFUSED, _(say->several), search->count, search->text);
	} else {
		search->within = true;
		twalk_r(cli->names->tree, look_at, search);
		cli_fail(cli, CLI_REFUSED, search->count ? _(say->none_like) : _(say->none), search->text);
	}
	print_candidates(cli, client, search);
	return CLI_REFUSED;
}

static int find(struct cli *cli, struct pd_client *client, enum name_kind kind, const char *text, uint32_t *id)
{
	uint64_t number;
	if (is_number(text)) {
		if (!cli_number(_(sayings[kind].what), text, 1, UINT32_MAX, &number))
			return CLI_USAGE;
		*id = (uint32_t)number;
		if (names_get(cli, client, kind, *id)->known)
			return CLI_OK;
		return cli_fail(cli, CLI_REFUSED, _(sayings[kind].no_id), text);
	}
	if (!*text)
		return cli_fail(cli, CLI_USAGE, "%s", _(sayings[kind].which));
	struct search search = {.kind = kind, .text = text};
	twalk_r(cli->names->tree, look_at, &search);
	if (search.count != 1)
		return not_one(cli, client, &search);
	*id = search.found[0]->id;
	return CLI_OK;
}

int names_find_area(struct cli *cli, struct pd_client *client, const char *text, uint32_t *area)
{
	int code = is_number(text) ? CLI_OK : load_areas(cli, client);
	return code == CLI_OK ? find(cli, client, NAME_AREA, text, area) : code;
}

int names_find_category(struct cli *cli, struct pd_client *client, const char *text, uint32_t *category)
{
	ask_all_categories(cli->names, client);
	names_settle(cli, client);
	return find(cli, client, NAME_CATEGORY, text, category);
}

int names_find_plan(struct cli *cli, struct pd_client *client, const char *text, uint32_t *plan)
{
	return find(cli, client, NAME_PLAN, text, plan);
}
