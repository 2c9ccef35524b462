#include "place_hint.h"

#include <stdlib.h>

#include "intl.h"
#include "names.h"
#include "pages.h"
#include "problems.h"
#include "rings.h"

enum { LAT_E7_MAX = 900000000, FAR_E7 = 1000000 /* some 10 km */ };

/* ---- orders ---- */

struct finding {
	uint32_t area; /* 0: it lies nowhere */
};

static void on_step(struct pd_client *client, const struct pd_message *answer, bool last, void *arg)
{
	struct finding *finding = arg;
	(void)client;
	if (last || answer->type != PD_MSG_route)
		return;
	bool by_place = answer->route.step == PD_route_step_coordinate || answer->route.step == PD_route_step_nearest;
	if (by_place && answer->route.why != PD_route_why_nowhere)
		finding->area = answer->route.area ? answer->route.area : finding->area;
}

/* The area in whose polygon a place lies, or near it. False: the broker does not say. */
static bool find_place(struct cli *cli, struct pd_client *client, uint32_t category, int32_t lon_e7, int32_t lat_e7,
		       uint32_t *area)
{
	struct pd_message last, query = {.type = PD_MSG_explain_route};
	struct finding finding = {0};
	query.explain_route = (struct pd_explain_route){.category = category, .lon_e7 = lon_e7, .lat_e7 = lat_e7};
	if (pd_client_query(client, &query, on_step, &finding, &last, cli->timeout_ms) || last.type != PD_MSG_end)
		return false;
	*area = finding.area;
	return true;
}

static void on_shape(struct cli *cli, struct pd_client *client, const struct pd_message *event, void *arg)
{
	(void)cli;
	(void)client;
	*(bool *)arg |= !event->shape_set.retired;
}

static bool has_shapes(struct cli *cli, struct pd_client *client)
{
	bool any = false;
	return pages_setup(cli, client, PD_MSG_shape_set, on_shape, NULL, &any) == CLI_OK && any;
}

void place_hint_order(struct cli *cli, struct pd_client *client, const struct pd_submit *submit)
{
	int32_t lon_e7 = submit->lon_e7, lat_e7 = submit->lat_e7;
	uint32_t area = 0;
	if ((lon_e7 == 0 && lat_e7 == 0) || !find_place(cli, client, submit->category, lon_e7, lat_e7, &area) || area)
		return;
	bool may_be_swapped = lon_e7 >= -LAT_E7_MAX && lon_e7 <= LAT_E7_MAX;
	if (may_be_swapped && find_place(cli, client, submit->category, lat_e7, lon_e7, &area) && area)
		cli_say(cli, _("--at lies in no area, but the other way round in %s: longitude comes first"),
			names_get(cli, client, NAME_AREA, area)->text);
	else if (has_shapes(cli, client))
		cli_say(cli, _("--at lies in no area's polygon, and near none: is it longitude,latitude in degrees?"));
}

/* ---- shapes ---- */

struct box {
	int32_t west, south, east, north;
};

static const struct box empty_box = {INT32_MAX, INT32_MAX, INT32_MIN, INT32_MIN};

struct shape {
	uint32_t area, feature;
	struct box ground, homes;
};

struct shapes {
	struct shape *list;
	size_t count;
};

static void widen(struct box *box, int32_t lon_e7, int32_t lat_e7)
{
	box->west = lon_e7 < box->west ? lon_e7 : box->west;
	box->east = lon_e7 > box->east ? lon_e7 : box->east;
	box->south = lat_e7 < box->south ? lat_e7 : box->south;
	box->north = lat_e7 > box->north ? lat_e7 : box->north;
}

static int compare(const void *a, const void *b)
{
	const struct shape *x = a, *y = b;
	return (x->area > y->area) - (x->area < y->area);
}

static struct shapes gather(const struct rows *rows)
{
	struct shapes shapes = {.count = rows->tables[ROWS_SHAPES].count};
	shapes.list = calloc(shapes.count + 1, sizeof *shapes.list);
	if (!shapes.list)
		abort();
	for (size_t i = 0; i < shapes.count; i++) {
		const struct pd_put_shape *put = rows_shape(rows, i);
		struct shape *shape = &shapes.list[i];
		struct pd_ring ring;
		*shape = (struct shape){put->area, rows->tables[ROWS_SHAPES].marks[i].line, empty_box, empty_box};
		for (size_t at = 0; pd_rings_next(put->rings, &at, &ring);)
			for (uint32_t j = 0; j < ring.points; j++)
				widen(&shape->ground, pd_ring_point(&ring, j).lon_e7, pd_ring_point(&ring, j).lat_e7);
	}
	qsort(shapes.list, shapes.count, sizeof *shapes.list, compare);
	return shapes;
}

static void on_area(struct cli *cli, struct pd_client *client, const struct pd_message *row, void *arg)
{
	(void)client;
	(void)arg;
	names_learn(cli->names, row);
}

static void on_household(struct cli *cli, struct pd_client *client, const struct pd_message *row, void *arg)
{
	const struct pd_household *household = &row->household;
	struct shapes *shapes = arg;
	if (household->retired || (household->lon_e7 == 0 && household->lat_e7 == 0))
		return;
	for (uint32_t area = household->area; area; area = names_get(cli, client, NAME_AREA, area)->above) {
		struct shape key = {.area = area};
		struct shape *shape = bsearch(&key, shapes->list, shapes->count, sizeof key, compare);
		if (shape)
			widen(&shape->homes, household->lon_e7, household->lat_e7);
	}
}

/* Of an area without households nobody can tell. */
static bool is_far(const struct shape *shape)
{
	const struct box *ground = &shape->ground, *homes = &shape->homes;
	if (homes->west > homes->east || ground->west > ground->east)
		return false;
	return (int64_t)ground->west > (int64_t)homes->east + FAR_E7 ||
	       (int64_t)ground->east < (int64_t)homes->west - FAR_E7 ||
	       (int64_t)ground->south > (int64_t)homes->north + FAR_E7 ||
	       (int64_t)ground->north < (int64_t)homes->south - FAR_E7;
}

static void say_far(struct cli *cli, struct pd_client *client, const struct shape *shape)
{
	const struct box *ground = &shape->ground, *homes = &shape->homes;
	cli_say(cli, _("feature %u: the polygon of %s lies around %.3f,%.3f, far from its households around %.3f,%.3f"),
		shape->feature, names_get(cli, client, NAME_AREA, shape->area)->text,
		((double)ground->west + ground->east) / 2e7, ((double)ground->south + ground->north) / 2e7,
		((double)homes->west + homes->east) / 2e7, ((double)homes->south + homes->north) / 2e7);
}

int place_hint_shapes(struct cli *cli, struct pd_client *client, const struct rows *rows)
{
	struct pd_message areas = {.type = PD_MSG_list_areas}, households = {.type = PD_MSG_list_households};
	struct shapes shapes = gather(rows);
	bool more;
	size_t far = 0;
	int code = pages_show(cli, client, &areas, 0, on_area, NULL, NULL, &more);
	if (code == CLI_OK)
		code = pages_show(cli, client, &households, 0, on_household, NULL, &shapes, &more);
	for (size_t i = 0; i < shapes.count && code == CLI_OK; i++)
		if (is_far(&shapes.list[i]) && ++far <= PROBLEMS_SHOWN_MAX)
			say_far(cli, client, &shapes.list[i]);
	if (far > PROBLEMS_SHOWN_MAX)
		fprintf(stderr, _("… and %zu more\n"), far - PROBLEMS_SHOWN_MAX);
	free(shapes.list);
	return code;
}
