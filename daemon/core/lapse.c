#include "lapse.h"

#include <assert.h>
#include <stdlib.h>

#include "state.h"

/* The orders of one notice. */
struct lapse_list {
	uint32_t number;
	struct pd_id notice;
	bool named, open; /* the notice was seen, and is open */
	struct pd_id *orders;
	size_t count, capacity, done; /* of the first ones nothing can lapse any more */
	TAILQ_ENTRY(lapse_list) of_lapsing;
};

void lapse_init(struct lapses *lapses, uint64_t hash_seed)
{
	*lapses = (struct lapses){0};
	table_init(&lapses->by_number, offsetof(struct lapse_list, number), sizeof(uint32_t), hash_seed);
	TAILQ_INIT(&lapses->lapsing);
}

static void free_list(struct lapse_list *list)
{
	free(list->orders);
	free(list);
}

void lapse_fini(struct lapses *lapses)
{
	size_t at = 0;
	for (struct lapse_list *list; (list = table_next(&lapses->by_number, &at));)
		free_list(list);
	table_fini(&lapses->by_number);
}

uint32_t lapse_next_number(const struct core *core)
{
	return core->lapses.last_number % LAPSE_NUMBER_MAX + 1;
}

static struct lapse_list *find_list(const struct core *core, uint32_t number)
{
	return table_find(&core->lapses.by_number, &number);
}

static struct lapse_list *list_of(struct core *core, uint32_t number)
{
	struct lapse_list *list = find_list(core, number);
	if (list)
		return list;
	list = calloc(1, sizeof *list);
	if (!list)
		abort();
	list->number = number;
	table_add(&core->lapses.by_number, list);
	return list;
}

/* ---- what happens ---- */

void lapse_notice(struct core *core, uint32_t number, const struct pd_id *notice, uint64_t seq, bool open)
{
	struct lapses *lapses = &core->lapses;
	struct lapse_list *list = open ? list_of(core, number) : find_list(core, number);
	if (seq > lapses->last_number_seq) {
		lapses->last_number = number;
		lapses->last_number_seq = seq;
	}
	if (!list) /* ended, and nothing of it is left */
		return;
	list->notice = *notice;
	list->named = true;
	list->open = open;
}

void lapse_notice_ended(struct core *core, uint32_t number)
{
	struct lapse_list *list = find_list(core, number);
	list->open = false;
	TAILQ_INSERT_TAIL(&core->lapses.lapsing, list, of_lapsing);
}

void lapse_order(struct core *core, const struct order_row *row)
{
	struct lapse_list *list = list_of(core, row->handed_out);
	if (list->count == list->capacity) {
		list->capacity = list->capacity ? 2 * list->capacity : 16;
		list->orders = realloc(list->orders, list->capacity * sizeof *list->orders);
		if (!list->orders)
			abort();
	}
	list->orders[list->count++] = row->id;
}

bool lapse_is_over(const struct core *core, const struct order_row *row)
{
	const struct lapse_list *list = row->handed_out ? find_list(core, row->handed_out) : NULL;
	return row->handed_out && (!list || !list->open);
}

void lapse_reopened(struct core *core, struct order *order)
{
	if (lapse_is_over(core, &order->row))
		order->row.handed_out = 0;
	else if (order->row.handed_out)
		lapse_order(core, &order->row);
}

static int compare_numbers(const void *a, const void *b)
{
	uint32_t x = (*(const struct lapse_list *const *)a)->number, y = (*(const struct lapse_list *const *)b)->number;
	return (x > y) - (x < y);
}

static bool has_ended(const void *entry)
{
	return !((const struct lapse_list *)entry)->open;
}

void lapse_loaded(struct core *core)
{
	size_t count;
	void **lists = table_sorted(&core->lapses.by_number, has_ended, compare_numbers, &count);
	for (size_t i = 0; i < count; i++) {
		struct lapse_list *list = lists[i];
		assert(list->named); /* the book has every notice of which it has orders */
		TAILQ_INSERT_TAIL(&core->lapses.lapsing, list, of_lapsing);
	}
	free(lists);
}

/* ---- what lapses ---- */

/* The next one; null: none is left. Lists of which nothing is left go. */
static const struct order *next_order(const struct core *constant, const struct lapse_list **of)
{
	struct core *core = (struct core *)constant; /* how far it has looked is a cache */
	struct lapse_list *list;
	while ((list = TAILQ_FIRST(&core->lapses.lapsing))) {
		for (; list->done < list->count; list->done++) {
			const struct order *order = core_order(core, &list->orders[list->done]);
			*of = list;
			if (order && order_is_queued(&order->row))
				return order;
		}
		TAILQ_REMOVE(&core->lapses.lapsing, list, of_lapsing);
		table_remove(&core->lapses.by_number, &list->number);
		free_list(list);
	}
	return NULL;
}

bool lapse_decide_due(const struct core *core, uint64_t now_ms, struct pd_message *event)
{
	const struct lapse_list *list;
	const struct order *order = next_order(core, &list);
	if (!order)
		return false;
	event->type = PD_MSG_lapsed;
	event->lapsed = (struct pd_lapsed){.time_ms = now_ms,
					   .order = order->row.id,
					   .version = order->row.version + 1,
					   .holder = order->row.holder,
					   .from = order->row.holder,
					   .notice = list->notice};
	return true;
}

uint64_t lapse_next_due(const struct core *core)
{
	const struct lapse_list *list;
	return next_order(core, &list) ? 0 : UINT64_MAX;
}
