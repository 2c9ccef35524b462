#include "top_model.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "print.h"

enum {
	SPREAD_MS = 1500,   /* figures that come each second may be so late */
	RATE_SECONDS = 5,   /* over which a rate is taken */
	MEMORY_SLOTS = 4096 /* orders whose category and words are remembered */
};

/* How many in each second: that of second s stands at s % TOP_SECONDS. */
struct history {
	uint64_t newest_s;
	float seconds[TOP_STAGES][TOP_SECONDS];
};

struct area {
	uint32_t id, parent;
	bool retired, counted, opens;
	struct area *above; /* null: none, or not known (yet) */
	char name[TOP_NAME_BYTES];
	uint64_t time_ms; /* of the figures */
	uint64_t stages[TOP_STAGES];
	uint64_t waiting, working, oldest_at_ms, workers, escalated;
	uint32_t plan, plans_below;
	uint64_t accept_ms[TOP_PERCENTILES], complete_ms[TOP_PERCENTILES];
	struct history *history; /* null until something happens */
};

struct category {
	uint32_t id;
	char name[TOP_NAME_BYTES];
};

/* What an order is about, for the events after its first. */
struct memory {
	struct pd_id order;
	uint32_t category;
	char text[TOP_TEXT_BYTES];
};

struct top_model {
	struct area **areas; /* by id; each stays where it is */
	size_t area_count, area_capacity;
	bool relink;                  /* above and opens are to be found anew */
	struct area all;              /* everything: id 0 */
	struct category **categories; /* by id */
	size_t category_count, category_capacity;
	struct top_event *events; /* a ring; event_count ever came */
	uint64_t event_count;
	struct memory *memory;        /* by a mixture of the order's id; another order may take the place */
	uint32_t top, opened, chosen; /* chosen 0: the first row, whichever it is */
	enum top_sort sort;
	bool reversed;
	uint64_t now_ms;   /* by the clock that never goes back */
	uint64_t stats_ms; /* the broker's time of the newest figures, and ours */
	uint64_t came_ms;
};

static void *grown(void *array, size_t count, size_t *capacity, size_t bytes)
{
	if (count < *capacity)
		return array;
	*capacity = *capacity ? *capacity * 2 : 256;
	array = realloc(array, *capacity * bytes);
	if (!array)
		abort();
	return array;
}

static void *zeroed(size_t count, size_t bytes)
{
	void *made = calloc(count, bytes);
	if (!made)
		abort();
	return made;
}

struct top_model *top_model_new(uint32_t top)
{
	struct top_model *model = zeroed(1, sizeof *model);
	model->top = model->opened = top;
	model->sort = TOP_BY_WAITING;
	model->events = zeroed(TOP_EVENTS, sizeof *model->events);
	model->memory = zeroed(MEMORY_SLOTS, sizeof *model->memory);
	model->all.opens = true;
	return model;
}

void top_model_free(struct top_model *model)
{
	if (!model)
		return;
	for (size_t i = 0; i < model->area_count; i++) {
		free(model->areas[i]->history);
		free(model->areas[i]);
	}
	for (size_t i = 0; i < model->category_count; i++)
		free(model->categories[i]);
	free(model->all.history);
	free(model->areas);
	free(model->categories);
	free(model->events);
	free(model->memory);
	free(model);
}

/* Copy text, whole characters of it, in one line. */
static void copy_text(char *to, size_t to_bytes, struct pd_slice text)
{
	size_t used = 0;
	for (size_t at = 0, length; at < text.bytes; at += length) {
		int columns;
		length = print_char(text.data + at, text.bytes - at, &columns);
		if (used + length >= to_bytes)
			break;
		if (columns < 0)
			memset(to + used, ' ', length);
		else
			memcpy(to + used, text.data + at, length);
		used += length;
	}
	to[used] = 0;
}

/* ---- areas and categories ---- */

/* The place of the first area with this id or a greater one. */
static size_t area_place(const struct top_model *model, uint32_t id)
{
	size_t low = 0, high = model->area_count;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (model->areas[middle]->id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct area *area_find(struct top_model *model, uint32_t id)
{
	if (id == 0)
		return &model->all;
	size_t at = area_place(model, id);
	return at < model->area_count && model->areas[at]->id == id ? model->areas[at] : NULL;
}

static struct area *area_make(struct top_model *model, uint32_t id)
{
	struct area *area = area_find(model, id);
	if (area || id == 0)
		return area;
	size_t at = area_place(model, id);
	area = zeroed(1, sizeof *area);
	area->id = id;
	snprintf(area->name, sizeof area->name, "#%u", id);
	model->areas = grown(model->areas, model->area_count, &model->area_capacity, sizeof(void *));
	memmove(&model->areas[at + 1], &model->areas[at], (model->area_count - at) * sizeof(void *));
	model->areas[at] = area;
	model->area_count++;
	model->relink = true;
	return area;
}

static void learn_area(struct top_model *model, uint32_t id, uint32_t parent, struct pd_slice name, bool retired)
{
	struct area *area = area_make(model, id);
	model->relink |= area->parent != parent || area->retired != retired;
	area->parent = parent;
	area->retired = retired;
	copy_text(area->name, sizeof area->name, name);
}

static struct category *category_find(const struct top_model *model, uint32_t id)
{
	for (size_t i = 0; i < model->category_count; i++)
		if (model->categories[i]->id == id)
			return model->categories[i];
	return NULL;
}

static void learn_category(struct top_model *model, uint32_t id, struct pd_slice name)
{
	struct category *category = category_find(model, id);
	if (!category) {
		category = zeroed(1, sizeof *category);
		category->id = id;
		model->categories =
			grown(model->categories, model->category_count, &model->category_capacity, sizeof(void *));
		model->categories[model->category_count++] = category;
	}
	copy_text(category->name, sizeof category->name, name);
}

void top_model_learn(struct top_model *model, const struct pd_message *m)
{
	switch (m->type) {
	case PD_MSG_area: learn_area(model, m->area.area, m->area.parent, m->area.name, m->area.retired); break;
	case PD_MSG_area_set:
		learn_area(model, m->area_set.area, m->area_set.parent, m->area_set.name, m->area_set.retired);
		break;
	case PD_MSG_category: learn_category(model, m->category.category, m->category.name); break;
	case PD_MSG_category_set: learn_category(model, m->category_set.category, m->category_set.name); break;
	default: break;
	}
}

/* A retired area is shown as long as it holds something. */
static bool is_shown(const struct area *area)
{
	return !area->retired || area->waiting || area->working;
}

static void link_areas(struct top_model *model)
{
	if (!model->relink)
		return;
	model->relink = false;
	for (size_t i = 0; i < model->area_count; i++)
		model->areas[i]->opens = false;
	for (size_t i = 0; i < model->area_count; i++) {
		struct area *area = model->areas[i];
		area->above = area_find(model, area->parent);
		if (area->above && !area->retired)
			area->above->opens = true;
	}
}

static bool is_within(const struct area *area, uint32_t top)
{
	for (int depth = 0; area && depth < TOP_DEPTH; depth++, area = area->above)
		if (area->id == top)
			return true;
	return false;
}

void top_model_settle(struct top_model *model)
{
	const struct area *only = NULL;
	unsigned roots = 0;
	for (size_t i = 0; i < model->area_count; i++)
		if (model->areas[i]->parent == 0 && !model->areas[i]->retired) {
			only = model->areas[i];
			roots++;
		}
	if (model->top != 0 || roots != 1)
		return;
	if (model->opened == 0)
		model->opened = only->id;
	model->top = only->id;
}

uint32_t top_model_top(const struct top_model *model)
{
	return model->top;
}

void top_model_each(struct top_model *model, void (*fn)(uint32_t area, void *arg), void *arg)
{
	link_areas(model);
	for (size_t i = 0; i < model->area_count; i++)
		if (is_within(model->areas[i], model->top))
			fn(model->areas[i]->id, arg);
	if (model->top == 0)
		fn(0, arg);
}

/* ---- time and figures ---- */

void top_model_tick(struct top_model *model, uint64_t now_ms)
{
	model->now_ms = now_ms;
}

/* What the broker's clock shows now. */
static uint64_t broker_ms(const struct top_model *model)
{
	return model->stats_ms ? model->stats_ms + (model->now_ms - model->came_ms) : 0;
}

/* Make room up to second s; what nobody spoke of was nothing. */
static void history_reach(struct history *history, uint64_t s)
{
	uint64_t from = history->newest_s + 1;
	if (s <= history->newest_s)
		return;
	if (s - history->newest_s >= TOP_SECONDS)
		from = s - TOP_SECONDS + 1;
	for (uint64_t second = from; second <= s; second++)
		for (int stage = 0; stage < TOP_STAGES; stage++)
			history->seconds[stage][second % TOP_SECONDS] = 0;
	history->newest_s = s;
}

/* So many in the time from from_ms to to_ms: each second gets its share. */
static void history_add(struct history *history, enum top_stage stage, uint64_t count, uint64_t from_ms, uint64_t to_ms)
{
	uint64_t first_s = from_ms / 1000, last_s = (to_ms - 1) / 1000;
	history_reach(history, last_s);
	if (last_s - first_s >= TOP_SECONDS)
		first_s = last_s - TOP_SECONDS + 1;
	for (uint64_t s = first_s; s <= last_s; s++) {
		uint64_t begin = s * 1000 > from_ms ? s * 1000 : from_ms;
		uint64_t end = (s + 1) * 1000 < to_ms ? (s + 1) * 1000 : to_ms;
		if (s + TOP_SECONDS > history->newest_s)
			history->seconds[stage][s % TOP_SECONDS] +=
				(float)count * (float)(end - begin) / (float)(to_ms - from_ms);
	}
}

static float history_at(const struct history *history, enum top_stage stage, uint64_t s)
{
	bool has = history && s <= history->newest_s && s + TOP_SECONDS > history->newest_s;
	return has ? history->seconds[stage][s % TOP_SECONDS] : 0;
}

static void remember_rates(struct area *area, const uint64_t *stages, uint64_t time_ms, bool published)
{
	uint64_t from_ms = area->time_ms;
	/* Nothing is published of an area where nothing happens: it was in the last second. */
	if (published && time_ms - from_ms > SPREAD_MS)
		from_ms = time_ms - 1000;
	if (!area->history)
		area->history = zeroed(1, sizeof *area->history);
	for (int stage = 0; stage < TOP_STAGES; stage++)
		if (stages[stage] > area->stages[stage])
			history_add(area->history, (enum top_stage)stage, stages[stage] - area->stages[stage], from_ms,
				    time_ms);
}

static void copy_percentiles(uint64_t *to, const struct pd_u64s *from)
{
	for (uint32_t i = 0; i < TOP_PERCENTILES; i++)
		to[i] = i < from->count ? from->values[i] : 0;
}

void top_model_stats(struct top_model *model, const struct pd_stats *stats, bool published)
{
	const uint64_t stages[TOP_STAGES] = {stats->submitted, stats->accepted, stats->completed, stats->closed};
	struct area *area = area_make(model, stats->area);
	if (area->counted && stats->time_ms <= area->time_ms)
		return;
	if (area->counted && memcmp(stages, area->stages, sizeof stages) != 0)
		remember_rates(area, stages, stats->time_ms, published);
	memcpy(area->stages, stages, sizeof stages);
	area->counted = true;
	area->time_ms = stats->time_ms;
	area->waiting = stats->waiting;
	area->working = stats->working;
	area->oldest_at_ms = stats->oldest_ms;
	area->workers = stats->workers;
	area->escalated = stats->escalated;
	area->plan = stats->plan;
	area->plans_below = stats->plans_below;
	copy_percentiles(area->accept_ms, &stats->accept_ms);
	copy_percentiles(area->complete_ms, &stats->complete_ms);
	if (stats->time_ms > model->stats_ms) {
		model->stats_ms = stats->time_ms;
		model->came_ms = model->now_ms;
	}
}

/* ---- events ---- */

static struct memory *memory_of(struct top_model *model, const struct pd_id *order)
{
	uint32_t mixed = 0;
	for (size_t i = 0; i < sizeof order->bytes; i++)
		mixed = mixed * 31 + order->bytes[i];
	return &model->memory[mixed % MEMORY_SLOTS];
}

/* Its words are those that came with it; without any, those of the order. */
static void fill_event(struct top_model *model, struct top_event *row, const struct pd_message *event)
{
	const struct pd_order_event *e = (const struct pd_order_event *)&event->submitted;
	struct memory *memory = memory_of(model, &e->order);
	bool known = memcmp(&memory->order, &e->order, sizeof e->order) == 0;
	*row = (struct top_event){.seq = event->request, .time_ms = e->time_ms, .type = event->type};
	row->area = e->from ? e->from : e->holder;
	row->other = e->from && e->from != e->holder ? e->holder : 0;
	copy_text(row->text, sizeof row->text, pd_said(event));
	if (event->type == PD_MSG_submitted) {
		memory->order = e->order;
		memory->category = event->submitted.category;
		memcpy(memory->text, row->text, sizeof memory->text);
		known = true;
	}
	row->category = known ? memory->category : 0;
	if (known && row->text[0] == 0)
		memcpy(row->text, memory->text, sizeof row->text);
}

void top_model_event(struct top_model *model, const struct pd_message *event)
{
	top_model_learn(model, event);
	if (!pd_is_order_event(event->type))
		return;
	fill_event(model, &model->events[model->event_count % TOP_EVENTS], event);
	model->event_count++;
}

/* ---- what is wanted ---- */

void top_model_open(struct top_model *model, uint32_t area)
{
	const struct area *child = area_find(model, area);
	link_areas(model);
	if (!child || !is_within(child, model->top))
		return;
	model->opened = area;
	model->chosen = 0;
}

void top_model_up(struct top_model *model)
{
	const struct area *opened = area_find(model, model->opened);
	link_areas(model);
	if (model->opened == model->top || !opened || !opened->above)
		return;
	model->chosen = model->opened;
	model->opened = opened->above->id;
}

void top_model_sort(struct top_model *model, enum top_sort sort)
{
	assert(sort < TOP_SORTS);
	model->sort = sort;
	model->reversed = false;
}

void top_model_reverse(struct top_model *model)
{
	model->reversed = !model->reversed;
}

/* ---- what is seen ---- */

/* The last second of which everything is known: figures are as new as stats_ms, or nothing has happened since. */
static uint64_t last_whole_s(const struct top_model *model)
{
	uint64_t now = broker_ms(model), known = model->stats_ms;
	if (now > known + TOP_NOT_YET_MS)
		known = now - TOP_NOT_YET_MS;
	return known / 1000 ? known / 1000 - 1 : 0;
}

static float sum_of(const struct area *area, enum top_stage stage, uint64_t last_s, unsigned seconds)
{
	float sum = 0;
	for (unsigned i = 0; i < seconds && i <= last_s; i++)
		sum += history_at(area->history, stage, last_s - i);
	return sum;
}

static struct top_row row_of(const struct top_model *model, const struct area *area)
{
	uint64_t now_ms = broker_ms(model);
	struct top_row row = {
		.area = area->id,
		.name = area->name,
		.opens = area->opens,
		.counted = area->counted,
		.waiting = area->waiting,
		.working = area->working,
		.oldest_ms = area->oldest_at_ms && now_ms > area->oldest_at_ms ? now_ms - area->oldest_at_ms : 0,
		.workers = area->workers,
		.escalated = area->escalated,
		.plan = area->plan,
		.plans_below = area->plans_below,
		.rate_per_minute = sum_of(area, TOP_SUBMITTED, last_whole_s(model), 60),
		.accepted = area->stages[TOP_ACCEPTED],
	};
	memcpy(row.accept_ms, area->accept_ms, sizeof row.accept_ms);
	memcpy(row.complete_ms, area->complete_ms, sizeof row.complete_ms);
	return row;
}

struct order_of_rows {
	enum top_sort sort;
	bool reversed;
};

static double key_of(const struct top_row *row, enum top_sort sort)
{
	switch (sort) {
	case TOP_BY_WAITING: return (double)row->waiting;
	case TOP_BY_OLDEST: return (double)row->oldest_ms;
	case TOP_BY_WORKING: return (double)row->working;
	case TOP_BY_RATE: return row->rate_per_minute;
	case TOP_BY_ACCEPT: return (double)row->accept_ms[TOP_P90];
	case TOP_BY_COMPLETE: return (double)row->complete_ms[TOP_P90];
	default: return 0;
	}
}

/* Ties stand by the area's id, whichever way it is sorted: rows that are alike do not change places. */
static int compare_rows(const void *a, const void *b, void *arg)
{
	const struct top_row *x = a, *y = b;
	const struct order_of_rows *order = arg;
	double p = key_of(x, order->sort), q = key_of(y, order->sort);
	int way = order->sort == TOP_BY_NAME ? strcmp(x->name, y->name) : (p < q) - (p > q);
	if (way)
		return order->reversed ? -way : way;
	return (x->area > y->area) - (x->area < y->area);
}

static int compare_slow(const void *a, const void *b)
{
	const struct top_row *x = a, *y = b;
	if (x->accept_ms[TOP_P90] != y->accept_ms[TOP_P90])
		return x->accept_ms[TOP_P90] < y->accept_ms[TOP_P90] ? 1 : -1;
	return (x->area > y->area) - (x->area < y->area);
}

/* Keep the slowest: a row that belongs among them takes the place of the last. */
static void add_slow(struct top_view *view, const struct top_row *row)
{
	size_t at = view->slow_count;
	while (at > 0 && compare_slow(row, &view->slow[at - 1]) < 0)
		at--;
	if (at == TOP_VIEW_SLOW)
		return;
	size_t kept = view->slow_count < TOP_VIEW_SLOW ? view->slow_count++ : TOP_VIEW_SLOW - 1;
	memmove(&view->slow[at + 1], &view->slow[at], (kept - at) * sizeof *view->slow);
	view->slow[at] = *row;
}

static void view_areas(struct top_model *model, struct top_view *view)
{
	struct order_of_rows order = {model->sort, model->reversed};
	view->row_count = view->slow_count = 0;
	for (size_t i = 0; i < model->area_count; i++) {
		const struct area *area = model->areas[i];
		bool child = area->above && area->above->id == model->opened && is_shown(area);
		bool slow = !area->opens && area->stages[TOP_ACCEPTED] >= TOP_SLOW_ORDERS && !area->retired &&
			    is_within(area, model->opened);
		if (!child && !slow)
			continue;
		struct top_row row = row_of(model, area);
		if (slow)
			add_slow(view, &row);
		if (!child)
			continue;
		view->rows = grown(view->rows, view->row_count, &view->row_capacity, sizeof *view->rows);
		view->rows[view->row_count++] = row;
	}
	if (view->row_count)
		qsort_r(view->rows, view->row_count, sizeof *view->rows, compare_rows, &order);
}

static void view_rates(struct top_view *view, const struct area *opened, uint64_t last_s)
{
	for (int stage = 0; stage < TOP_STAGES; stage++) {
		view->rates[stage] = sum_of(opened, (enum top_stage)stage, last_s, RATE_SECONDS) / RATE_SECONDS;
		for (unsigned i = 0; i < TOP_SECONDS; i++)
			view->seconds[stage][TOP_SECONDS - 1 - i] =
				i <= last_s ? history_at(opened->history, (enum top_stage)stage, last_s - i) : 0;
	}
}

static void view_events(struct top_model *model, struct top_view *view)
{
	uint64_t kept = model->event_count < TOP_EVENTS ? model->event_count : TOP_EVENTS;
	view->event_count = 0;
	for (uint64_t i = 0; i < kept && view->event_count < TOP_VIEW_EVENTS; i++) {
		const struct top_event *event = &model->events[(model->event_count - 1 - i) % TOP_EVENTS];
		const struct area *area = area_find(model, event->area), *other = area_find(model, event->other);
		bool elsewhere = event->other && other && is_within(other, model->opened);
		const struct category *category = category_find(model, event->category);
		if (!(area && is_within(area, model->opened)) && !elsewhere && model->opened)
			continue;
		struct top_event_row *row = &view->events[view->event_count++];
		row->time_ms = event->time_ms;
		row->type = event->type;
		row->area = area ? area->name : "";
		row->category = category ? category->name : "";
		memcpy(row->text, event->text, sizeof row->text);
	}
}

static void view_path(struct top_model *model, struct top_view *view)
{
	const struct area *up = area_find(model, model->opened);
	const char *names[TOP_DEPTH];
	unsigned count = 0;
	for (; up && count < TOP_DEPTH; up = up->above) {
		names[count++] = up->name;
		if (up->id == model->top)
			break;
	}
	view->path_count = count;
	for (unsigned i = 0; i < count; i++)
		view->path[i] = names[count - 1 - i];
}

/* Where the chosen area stands now; the first row, when it is gone or nothing was chosen. */
static void view_chosen(struct top_model *model, struct top_view *view)
{
	view->chosen = 0;
	for (size_t i = 0; i < view->row_count && model->chosen; i++)
		if (view->rows[i].area == model->chosen)
			view->chosen = i;
}

void top_model_view(struct top_model *model, struct top_view *view)
{
	link_areas(model);
	const struct area *opened = area_make(model, model->opened);
	view->opened = row_of(model, opened);
	view->now_ms = broker_ms(model);
	view->sort = model->sort;
	view->reversed = model->reversed;
	view_path(model, view);
	view_rates(view, opened, last_whole_s(model));
	view_areas(model, view);
	view_events(model, view);
	view_chosen(model, view);
}

void top_view_fini(struct top_view *view)
{
	free(view->rows);
	*view = (struct top_view){0};
}

void top_model_choose(struct top_model *model, struct top_view *view, long rows)
{
	if (view->row_count == 0)
		return;
	long at = (long)view->chosen + rows, last = (long)view->row_count - 1;
	view->chosen = at < 0 ? 0 : at > last ? (size_t)last : (size_t)at;
	model->chosen = view->rows[view->chosen].area;
}
