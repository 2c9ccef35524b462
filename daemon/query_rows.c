/* query_rows.c - queries whose orders are found in memory, and whose words come from disk: similar orders, and those
 * that are held elsewhere than they come from.
 */
#include <stdlib.h>
#include <string.h>

#include "front.h"
#include "similar.h"

enum { SIMILAR_STANDARD = 10, AWAY_STANDARD = 100 };

static const uint64_t hour_ms = 3600000;

/* ---- orders of memory ---- */

void front_know_order(struct front *front, const struct order *order, struct read_order_row *known)
{
	*known = (struct read_order_row){.row = order->row, .promise = core_promise(front->core, order)};
	core_followers(front->core, &order->row, &known->followers);
}

static void answer_rows(struct front *front, struct read *read, const struct order *const *orders, size_t count)
{
	read->orders = malloc((count + 1) * sizeof *read->orders);
	if (!read->orders)
		abort();
	for (size_t i = 0; i < count; i++)
		front_know_order(front, orders[i], &read->orders[i]);
	read->order_count = count;
	front_read(front, read);
}

/* ---- similar ---- */

/* Where an order that says this would come from: *place gets it. */
static bool find_place(struct front *front, struct session *session, const struct pd_message *query,
		       struct similar_place *place)
{
	const struct pd_list_similar *list = &query->list_similar;
	struct pd_explain_route explain = {.category = list->category,
					   .household = list->household,
					   .area = list->area,
					   .requester = list->requester,
					   .lon_e7 = list->lon_e7,
					   .lat_e7 = list->lat_e7};
	struct route_found found;
	core_find_origin(front->core, &explain, session->person, front->now_ms, &found);
	if (found.refusal) {
		front_refuse(front, session, query->request, found.refusal, found.detail);
		return false;
	}
	const struct household *household = registry_household(core_registry(front->core), found.household);
	*place = (struct similar_place){found.area, list->lon_e7, list->lat_e7};
	if (household && !place->lon_e7 && !place->lat_e7) {
		place->lon_e7 = household->lon_e7;
		place->lat_e7 = household->lat_e7;
	}
	return true;
}

void front_list_similar(struct front *front, struct session *session, const struct pd_message *query)
{
	const struct pd_list_similar *list = &query->list_similar;
	uint64_t hours = list->within_hours ? list->within_hours : front->config->similar_hours;
	struct similar_query wanted = {.category = list->category,
				       .radius_m = list->radius_m ? list->radius_m : front->config->similar_m,
				       .person = session->person,
				       .limit = list->limit ? list->limit : SIMILAR_STANDARD};
	const struct order *found[SIMILAR_MAX];
	if (!find_place(front, session, query, &wanted.place))
		return;
	struct read *read = front_new_read(front, session, READ_ROWS, query->request);
	if (!read)
		return;
	wanted.since_ms = front->now_ms > hours * hour_ms ? front->now_ms - hours * hour_ms : 0;
	size_t count = similar_find(front->core, &wanted, found, &session->looked);
	answer_rows(front, read, found, count);
}

/* ---- away ---- */

static int compare_seq(const void *a, const void *b)
{
	const struct order_row *x = &(*(const struct order *const *)a)->row,
			       *y = &(*(const struct order *const *)b)->row;
	return (x->seq > y->seq) - (x->seq < y->seq);
}

/* The orders that are away from top and all below it, the oldest first; to be freed. */
static const struct order **find_away(struct front *front, const struct area *top, uint64_t after_seq, size_t *count)
{
	struct pd_buffer found = {0};
	const struct registry *registry = core_registry(front->core);
	size_t areas_count;
	void *const *areas = registry_sorted(registry, REGISTRY_AREAS, &areas_count);
	*count = 0;
	for (size_t i = 0; i < areas_count; i++) {
		const struct area *area = areas[i];
		const struct away_list *away = area_within(area, top) ? core_away(front->core, area->id) : NULL;
		const struct order *order;
		if (away)
			LIST_FOREACH(order, away, by_origin)
		if (order->row.seq > after_seq && !area_within(order->holder->entity, top)) {
			pd_buffer_add(&found, &order, sizeof(struct order *));
			++*count;
		}
	}
	if (*count)
		qsort(found.data, *count, sizeof(const struct order *), compare_seq);
	return (const struct order **)found.data;
}

void front_list_away(struct front *front, struct session *session, const struct pd_message *query)
{
	const struct pd_list_away *list = &query->list_away;
	const struct area *area = registry_area(core_registry(front->core), list->area);
	size_t limit = list->limit ? list->limit : AWAY_STANDARD, count;
	if (!core_may_read(front->core, session->person)) {
		front_refuse(front, session, query->request, PD_REFUSED_not_allowed, PD_DETAIL(only_working_whole));
		return;
	}
	if (!area) {
		front_refuse(front, session, query->request, PD_REFUSED_unknown_area,
			     PD_DETAIL(area, PD_NUMBER(list->area)));
		return;
	}
	struct read *read = front_new_read(front, session, READ_ROWS, query->request);
	if (!read)
		return;
	uint64_t after_seq = 0;
	if (list->cursor.bytes == sizeof after_seq)
		memcpy(&after_seq, list->cursor.data, sizeof after_seq);
	const struct order **found = find_away(front, area, after_seq, &count);
	session->looked += count + core_holder_count(front->core);
	if (count > limit) {
		memcpy(read->query.cursor, &found[limit - 1]->row.seq, sizeof after_seq);
		read->query.cursor_bytes = sizeof after_seq;
		count = limit;
	}
	answer_rows(front, read, found, count);
	free(found);
}
