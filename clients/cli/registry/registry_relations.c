#include "registry_relations.h"

#include <stdlib.h>
#include <string.h>

#include "intl.h"

struct checking {
	const struct rows *rows;
	struct problems *problems;
	struct rows_index ids[ROWS_KINDS];
};

static uint32_t line_of(const struct checking *checking, enum rows_kind kind, size_t row)
{
	return checking->rows->tables[kind].marks[row].line;
}

static bool is_faulty(const struct checking *checking, enum rows_kind kind, size_t row)
{
	return checking->rows->tables[kind].marks[row].faulty;
}

static void check_ids(const struct checking *checking, enum rows_kind kind)
{
	static const char *const twice[ROWS_KINDS] = {
		N_("id %u was given already, in line %u: give each area an id of its own"),
		N_("id %u was given already, in line %u: give each household an id of its own"),
		N_("id %u was given already, in line %u: give each person an id of its own"),
		N_("id %u was given already, in line %u: give each category an id of its own"),
		N_("id %u was given already, in line %u: give each rule an id of its own, which is its rank"),
		N_("area %u has a feature already, number %u: give all its polygons in one"),
		N_("id %u was given already, in line %u: give each duty an id of its own"),
		N_("id %u was given already, in line %u: give each ladder an id of its own"),
		N_("year %u was given already, in line %u"),
		N_("id %u was given already, in line %u: give each plan an id of its own"),
	};
	const struct rows_index *index = &checking->ids[kind];
	size_t first = 0;
	for (size_t i = 1; i < index->count; i++) {
		const struct rows_entry *entry = &index->entries[i];
		if (entry->id != index->entries[first].id)
			first = i;
		else
			problems_add(checking->problems, kind, line_of(checking, kind, entry->row), _(twice[kind]),
				     entry->id, line_of(checking, kind, index->entries[first].row));
	}
}

/* ---- areas ---- */

/* The level and both names, e.g. "microgrid (微网格)". */
static const char *level_words(unsigned level, char words[static 48])
{
	size_t count;
	const struct pd_word *all = pd_words(&count);
	snprintf(words, 48, "?");
	for (size_t i = 0; i < count; i++)
		if (all[i].code == level && strcmp(all[i].set, "level") == 0)
			snprintf(words, 48, "%s (%s)", all[i].name, all[i].zh);
	return words;
}

enum visit { VISIT_NONE, VISIT_ON_WAY, VISIT_DONE, VISIT_IN_LOOP };

static size_t parent_row(const struct checking *checking, size_t row)
{
	const struct pd_put_area *area = rows_area(checking->rows, row);
	if (area->parent == 0 || is_faulty(checking, ROWS_AREAS, row))
		return SIZE_MAX;
	return rows_index_find(&checking->ids[ROWS_AREAS], area->parent);
}

/* The loop that goes through row: say so at its first line, and mark it. */
static void report_loop(const struct checking *checking, size_t row, uint8_t *visits)
{
	char text[200];
	size_t used = 0, first = row, count = 0;
	for (size_t at = row; visits[at] != VISIT_IN_LOOP; at = parent_row(checking, at)) {
		visits[at] = VISIT_IN_LOOP;
		count++;
		if (line_of(checking, ROWS_AREAS, at) < line_of(checking, ROWS_AREAS, first))
			first = at;
	}
	size_t at = first;
	for (size_t i = 0; i < count && i < 8; i++, at = parent_row(checking, at))
		used += (size_t)snprintf(text + used, sizeof text - used, "%u > ", rows_area(checking->rows, at)->area);
	problems_add(checking->problems, ROWS_AREAS, line_of(checking, ROWS_AREAS, first),
		     _("the parents go round in a loop: %s%s%u: one of these areas must name a parent outside it"),
		     text, count > 8 ? "… > " : "", rows_area(checking->rows, first)->area);
}

/* From every area up to the root; what was walked already is not walked again. */
static void find_loops(const struct checking *checking, uint8_t *visits)
{
	size_t count = checking->rows->tables[ROWS_AREAS].count;
	for (size_t row = 0; row < count; row++) {
		size_t at = row;
		for (; at != SIZE_MAX && visits[at] == VISIT_NONE; at = parent_row(checking, at))
			visits[at] = VISIT_ON_WAY;
		if (at != SIZE_MAX && visits[at] == VISIT_ON_WAY)
			report_loop(checking, at, visits);
		for (at = row; at != SIZE_MAX && visits[at] == VISIT_ON_WAY; at = parent_row(checking, at))
			visits[at] = VISIT_DONE;
	}
}

static void check_parent(const struct checking *checking, size_t row, bool in_loop)
{
	const struct pd_put_area *area = rows_area(checking->rows, row);
	uint32_t line = line_of(checking, ROWS_AREAS, row);
	char own[48], above[48];
	level_words(area->level, own);
	size_t parent = rows_index_find(&checking->ids[ROWS_AREAS], area->parent);
	if (area->parent == 0 && area->level != PD_level_district)
		problems_add(checking->problems, ROWS_AREAS, line,
			     _("area %u is a %s without a parent: name the area above it; only the district has none"),
			     area->area, own);
	else if (area->parent == 0 || in_loop)
		return;
	else if (area->level == PD_level_district)
		problems_add(
			checking->problems, ROWS_AREAS, line,
			_("area %u is a district and has parent %u: nothing stands above a district, its parent is 0"),
			area->area, area->parent);
	else if (parent == SIZE_MAX && !checking->rows->tables[ROWS_AREAS].incomplete)
		problems_add(checking->problems, ROWS_AREAS, line,
			     _("parent %u is not in areas.csv: add an area with this id, or name another parent"),
			     area->parent);
	else if (parent != SIZE_MAX && !is_faulty(checking, ROWS_AREAS, parent) &&
		 rows_area(checking->rows, parent)->level >= area->level)
		problems_add(checking->problems, ROWS_AREAS, line,
			     _("area %u is a %s, and its parent %u is a %s: a parent's level must be further up "
			       "(district, street, "
			       "community, grid, microgrid)"),
			     area->area, own, area->parent,
			     level_words(rows_area(checking->rows, parent)->level, above));
}

static void check_roots(const struct checking *checking)
{
	const struct rows_table *table = &checking->rows->tables[ROWS_AREAS];
	size_t first = SIZE_MAX;
	bool unsure = table->incomplete;
	for (size_t row = 0; row < table->count; row++) {
		const struct pd_put_area *area = rows_area(checking->rows, row);
		unsure = unsure || table->marks[row].faulty;
		if (table->marks[row].faulty || area->parent || area->level != PD_level_district)
			continue;
		if (first == SIZE_MAX)
			first = row;
		else if (area->area != rows_area(checking->rows, first)->area)
			problems_add(checking->problems, ROWS_AREAS, table->marks[row].line,
				     _("area %u is a second district, the first is %u in line %u: a registry has one"),
				     area->area, rows_area(checking->rows, first)->area, table->marks[first].line);
	}
	if (first == SIZE_MAX && !unsure)
		problems_add(checking->problems, ROWS_AREAS, 0,
			     _("there is no district: one area must have the level district (区) and parent 0"));
}

static void check_areas(const struct checking *checking)
{
	size_t count = checking->rows->tables[ROWS_AREAS].count;
	uint8_t *visits = calloc(count + 1, 1);
	if (!visits)
		abort();
	find_loops(checking, visits);
	for (size_t row = 0; row < count; row++)
		if (!is_faulty(checking, ROWS_AREAS, row))
			check_parent(checking, row, visits[row] == VISIT_IN_LOOP);
	check_roots(checking);
	free(visits);
}

/* ---- households and people ---- */

/* The row of an area that something else names; SIZE_MAX when there is nothing to judge by, which was said if it is a
 * problem. */
static size_t named_area(const struct checking *checking, enum rows_kind kind, size_t row, uint32_t id)
{
	size_t area = rows_index_find(&checking->ids[ROWS_AREAS], id);
	if (area == SIZE_MAX && !checking->rows->tables[ROWS_AREAS].incomplete)
		problems_add(checking->problems, kind, line_of(checking, kind, row),
			     _("area %u is not in areas.csv: add an area with this id, or name another"), id);
	return area != SIZE_MAX && is_faulty(checking, ROWS_AREAS, area) ? SIZE_MAX : area;
}

static void check_centre(const struct checking *checking, size_t row)
{
	const struct pd_put_household *household = rows_household(checking->rows, row);
	uint32_t line = line_of(checking, ROWS_HOUSEHOLDS, row);
	if (household->centre == household->household)
		return;
	size_t at = rows_index_find(&checking->ids[ROWS_HOUSEHOLDS], household->centre);
	if (at == SIZE_MAX && !checking->rows->tables[ROWS_HOUSEHOLDS].incomplete)
		problems_add(checking->problems, ROWS_HOUSEHOLDS, line,
			     _("centre %u is not in households.csv: name a centre household of micro-grid %u"),
			     household->centre, household->area);
	if (at == SIZE_MAX || is_faulty(checking, ROWS_HOUSEHOLDS, at))
		return;
	const struct pd_put_household *centre = rows_household(checking->rows, at);
	if (centre->area != household->area)
		problems_add(checking->problems, ROWS_HOUSEHOLDS, line,
			     _("centre %u is in micro-grid %u, and household %u in %u: name a centre household of the "
			       "same micro-grid"),
			     centre->household, centre->area, household->household, household->area);
	else if (centre->centre != centre->household)
		problems_add(checking->problems, ROWS_HOUSEHOLDS, line,
			     _("centre %u names household %u as its own centre: a centre household names itself"),
			     centre->household, centre->centre);
}

static void check_household(const struct checking *checking, size_t row)
{
	const struct pd_put_household *household = rows_household(checking->rows, row);
	size_t at = named_area(checking, ROWS_HOUSEHOLDS, row, household->area);
	char words[48];
	if (at != SIZE_MAX && rows_area(checking->rows, at)->level != PD_level_microgrid)
		problems_add(checking->problems, ROWS_HOUSEHOLDS, line_of(checking, ROWS_HOUSEHOLDS, row),
			     _("area %u is a %s: a household belongs to a microgrid (微网格)"), household->area,
			     level_words(rows_area(checking->rows, at)->level, words));
	check_centre(checking, row);
}

static void check_person(const struct checking *checking, size_t row)
{
	const struct pd_put_person *person = rows_person(checking->rows, row);
	(void)named_area(checking, ROWS_PEOPLE, row, person->area);
	if (person->household && !checking->rows->tables[ROWS_HOUSEHOLDS].incomplete &&
	    rows_index_find(&checking->ids[ROWS_HOUSEHOLDS], person->household) == SIZE_MAX)
		problems_add(checking->problems, ROWS_PEOPLE, line_of(checking, ROWS_PEOPLE, row),
			     _("household %u is not in households.csv: add a household with this id, name another, or "
			       "leave it empty "
			       "if the person does not live in the district"),
			     person->household);
}

/* Without ladders.csv the ladders are those that are set up already. */
static void check_category(const struct checking *checking, size_t row)
{
	const struct pd_put_category *category = rows_category(checking->rows, row);
	const struct rows_table *ladders = &checking->rows->tables[ROWS_LADDERS];
	if (category->ladder && !ladders->incomplete && !ladders->absent &&
	    rows_index_find(&checking->ids[ROWS_LADDERS], category->ladder) == SIZE_MAX)
		problems_add(checking->problems, ROWS_CATEGORIES, line_of(checking, ROWS_CATEGORIES, row),
			     _("ladder %u is not in ladders.csv: add a ladder with this id, name another, or leave it "
			       "empty"),
			     category->ladder);
}

void registry_relations_check(const struct rows *rows, struct problems *problems)
{
	struct checking checking = {.rows = rows, .problems = problems};
	for (enum rows_kind kind = 0; kind < ROWS_KINDS; kind++) {
		rows_index_init(&checking.ids[kind], rows, kind);
		check_ids(&checking, kind);
	}
	check_areas(&checking);
	for (size_t row = 0; row < rows->tables[ROWS_HOUSEHOLDS].count; row++)
		if (!is_faulty(&checking, ROWS_HOUSEHOLDS, row))
			check_household(&checking, row);
	for (size_t row = 0; row < rows->tables[ROWS_PEOPLE].count; row++)
		if (!is_faulty(&checking, ROWS_PEOPLE, row))
			check_person(&checking, row);
	for (size_t row = 0; row < rows->tables[ROWS_CATEGORIES].count; row++)
		if (!is_faulty(&checking, ROWS_CATEGORIES, row))
			check_category(&checking, row);
	for (int kind = 0; kind < ROWS_KINDS; kind++)
		rows_index_fini(&checking.ids[kind]);
}

void registry_relations_check_ids(const struct rows *rows, enum rows_kind kind, struct problems *problems)
{
	struct checking checking = {.rows = rows, .problems = problems};
	rows_index_init(&checking.ids[kind], rows, kind);
	check_ids(&checking, kind);
	rows_index_fini(&checking.ids[kind]);
}
