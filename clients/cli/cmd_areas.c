/* cmd_areas.c - paidan areas: the tree of areas, with how many orders wait in each. */
#include <inttypes.h>
#include <stdlib.h>

#include "intl.h"
#include "cli.h"
#include "names.h"
#include "pages.h"
#include "print.h"
#include "tell.h"

struct leaf {
	uint32_t id, parent, waiting;
	uint8_t level;
	bool retired;
	char name[64 * 4 + 1];
};

struct tree {
	struct leaf *leaves; /* in the order of (parent, id), once they are all there */
	size_t count, capacity;
	struct table *table;
	struct json json;
};

static void add_leaf(struct tree *tree, const struct pd_area *area)
{
	if (tree->count == tree->capacity) {
		tree->capacity = tree->capacity ? tree->capacity * 2 : 256;
		tree->leaves = realloc(tree->leaves, tree->capacity * sizeof *tree->leaves);
		if (!tree->leaves)
			abort();
	}
	struct leaf *leaf = &tree->leaves[tree->count++];
	*leaf = (struct leaf){.id = area->area,
			      .parent = area->parent,
			      .waiting = area->waiting,
			      .level = area->level,
			      .retired = area->retired};
	snprintf(leaf->name, sizeof leaf->name, "%.*s", (int)area->name.bytes, area->name.data);
}

static void on_row(struct cli *cli, struct pd_client *client, const struct pd_message *row, void *arg)
{
	struct tree *tree = arg;
	if (cli->json)
		tell_json(&tree->json, NULL, cli, client, row);
	else
		add_leaf(tree, &row->area);
}

static void on_page_end(void *arg)
{
	(void)arg; /* a tree can be printed only when it is whole */
}

static int by_parent(const void *a, const void *b)
{
	const struct leaf *x = a, *y = b;
	if (x->parent != y->parent)
		return x->parent < y->parent ? -1 : 1;
	return (x->id > y->id) - (x->id < y->id);
}

/* The place of the first leaf below parent. */
static size_t first_below(const struct tree *tree, uint32_t parent)
{
	size_t low = 0, high = tree->count;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (tree->leaves[middle].parent < parent)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void print_below(struct tree *tree, uint32_t parent, int depth);

static void print_leaf(struct tree *tree, const struct leaf *leaf, int depth)
{
	table_cell(tree->table, leaf->retired ? _("%*s%s (retired)") : "%*s%s", 2 * depth, "", leaf->name);
	table_cell(tree->table, "%" PRIu32, leaf->id);
	table_cell(tree->table, "%s", intl_word("level", leaf->level));
	table_cell(tree->table, "%" PRIu32, leaf->waiting);
	print_below(tree, leaf->id, depth + 1);
}

static void print_below(struct tree *tree, uint32_t parent, int depth)
{
	for (size_t i = first_below(tree, parent); i < tree->count && tree->leaves[i].parent == parent; i++)
		print_leaf(tree, &tree->leaves[i], depth);
}

/* top 0: all. */
static void print_tree(struct tree *tree, uint32_t top)
{
	static const char *const titles[] = {N_("AREA"), N_(">ID"), N_("LEVEL"), N_(">WAITING"), NULL};
	tree->table = table_new(titles);
	if (tree->count)
		qsort(tree->leaves, tree->count, sizeof *tree->leaves, by_parent);
	if (top == 0)
		print_below(tree, 0, 0);
	for (size_t i = 0; i < tree->count; i++)
		if (top && tree->leaves[i].id == top)
			print_leaf(tree, &tree->leaves[i], 0);
	table_print(tree->table, stdout);
	table_free(tree->table);
}

static int show(struct cli *cli, struct pd_client *client, struct pd_message *query)
{
	struct tree tree = {0};
	bool more;
	json_init(&tree.json, stdout);
	if (cli->json)
		json_array(&tree.json, NULL);
	int code = pages_show(cli, client, query, 0, on_row, on_page_end, &tree, &more);
	if (code == CLI_OK && cli->json)
		json_end(&tree.json);
	else if (code == CLI_OK)
		print_tree(&tree, query->list_areas.area);
	free(tree.leaves);
	return code;
}

int cmd_areas(struct cli *cli, int argc, char **argv)
{
	const char *area = NULL;
	struct pd_message query = {.type = PD_MSG_list_areas};
	struct pd_client *client;
	if (cli_args(cli, argc, argv, NULL, &area, 0, 1) < 0)
		return (int)cli->exit;
	enum pd_err err = cli_open(cli, &client);
	if (err)
		return (int)cli_exit_of(err);
	int code = area ? names_find_area(cli, client, area, &query.list_areas.area) : CLI_OK;
	if (code == CLI_OK)
		code = show(cli, client, &query);
	pd_client_close(client);
	return code;
}
