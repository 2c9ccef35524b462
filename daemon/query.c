/* query.c - answering queries: the registry and the figures from memory, orders and events by a read. */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "front.h"
#include "modes.h"

enum { LIMIT_STANDARD = 100, SESSION_READS_MAX = 4096, SCAN_MAX = 100000 };

struct area_sums {
	struct core_sums sums;
	uint64_t pushed;
	uint32_t area, workers;
	uint32_t plan, plans_below;
};

/* Entities of the registry. */
static size_t registry_size(struct front *front)
{
	size_t all = 0, count;
	for (enum registry_kind kind = 0; kind < REGISTRY_KINDS; kind++, all += count)
		registry_sorted(core_registry(front->core), kind, &count);
	return all;
}

unsigned front_limit(unsigned limit)
{
	return limit ? limit : LIMIT_STANDARD;
}

void front_answer_end(struct front *front, struct session *session, uint64_t request, uint32_t count, bool more,
		      uint32_t after)
{
	struct pd_message reply = {.type = PD_MSG_end};
	reply.end = (struct pd_end){.count = count, .seq = core_last_seq(front->core), .more = more, .after = after};
	front_reply(front, session, request, &reply);
}

bool front_find_area(struct front *front, struct session *session, uint64_t request, uint32_t id,
		     const struct area **area)
{
	*area = registry_area(core_registry(front->core), id);
	if (id == 0 || *area)
		return true;
	front_refuse(front, session, request, PD_REFUSED_unknown_area, PD_NO_DETAIL);
	return false;
}

/* ---- the registry's lists ---- */

/* What one list is about. */
struct listing {
	struct front *front;
	struct session *session;
	uint64_t request;
	enum registry_kind kind;
	const struct area *top;
	uint32_t after;
	unsigned limit, post;
	uint32_t only;
	/* Encode an entity into reply; false: it is not wanted. */
	bool (*describe)(const struct listing *listing, const void *entity, struct pd_message *reply);
};

static size_t first_after(void *const *entities, size_t count, uint32_t after)
{
	size_t low = 0, high = count;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (*(const uint32_t *)entities[middle] <= after)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void answer_list(const struct listing *listing)
{
	size_t count;
	void *const *entities = registry_sorted(core_registry(listing->front->core), listing->kind, &count);
	size_t i = first_after(entities, count, listing->after), scanned = 0;
	uint32_t found = 0, last = listing->after;
	for (; i < count && found < listing->limit && scanned < SCAN_MAX; i++, scanned++) {
		struct pd_message reply;
		last = *(const uint32_t *)entities[i];
		if (!listing->describe(listing, entities[i], &reply))
			continue;
		front_reply(listing->front, listing->session, listing->request, &reply);
		found++;
	}
	listing->session->looked += scanned;
	front_answer_end(listing->front, listing->session, listing->request, found, i < count && !listing->only, last);
}

static bool within(const struct listing *listing, uint32_t area)
{
	return !listing->top || area_within(registry_area(core_registry(listing->front->core), area), listing->top);
}

static bool describe_area(const struct listing *listing, const void *entity, struct pd_message *reply)
{
	static char path[AREA_PATH_BYTES];
	const struct area *area = entity;
	if (!area->event || (listing->top && !area_within(area, listing->top)))
		return false;
	size_t path_bytes = area_path(area, path);
	reply->type = PD_MSG_area;
	reply->area = (struct pd_area){
		area->id,   area->parent ? area->parent->id : 0, area->level,   area->kind,
		area->name, {path, (uint32_t)path_bytes},        area->retired, (uint32_t)area->waiting_below};
	return true;
}

static bool describe_person(const struct listing *listing, const void *entity, struct pd_message *reply)
{
	const struct person *person = entity;
	if ((listing->post && person->post != listing->post) || (listing->only && person->id != listing->only) ||
	    !within(listing, person->area))
		return false;
	reply->type = PD_MSG_person;
	reply->person = (struct pd_person){person->id,   person->post,  person->area,   person->household,
					   person->name, person->phone, person->retired};
	/* Residents find out who is responsible, not how to ring up their neighbours. */
	if (!core_may_read(listing->front->core, listing->session->person) && person->id != listing->session->person)
		reply->person.phone = pd_text("");
	return true;
}

static bool describe_household(const struct listing *listing, const void *entity, struct pd_message *reply)
{
	const struct household *household = entity;
	if (!within(listing, household->area))
		return false;
	reply->type = PD_MSG_household;
	reply->household =
		(struct pd_household){household->id,     household->area,   household->centre,  household->address,
				      household->lon_e7, household->lat_e7, household->retired, household->priority};
	return true;
}

static bool describe_category(const struct listing *listing, const void *entity, struct pd_message *reply)
{
	const struct category *category = entity;
	(void)listing;
	reply->type = PD_MSG_category;
	reply->category = (struct pd_category){category->id,
					       category->name,
					       category->level,
					       category->urgency,
					       category->accept_within_s,
					       category->complete_within_s,
					       category->retired,
					       category->accept_clock,
					       category->complete_clock,
					       category->ladder,
					       category->idle_within_s,
					       category->area,
					       category->emergency_only};
	return true;
}

static void on_list_areas(struct front *front, struct session *session, const struct pd_message *query)
{
	struct listing listing = {.front = front,
				  .session = session,
				  .request = query->request,
				  .kind = REGISTRY_AREAS,
				  .after = query->list_areas.after,
				  .limit = front_limit(query->list_areas.limit),
				  .describe = describe_area};
	if (!front_find_area(front, session, query->request, query->list_areas.area, &listing.top))
		return;
	core_mark_waiting(front->core);
	session->looked += core_holder_count(front->core);
	answer_list(&listing);
}

static void on_list_people(struct front *front, struct session *session, const struct pd_message *query)
{
	const struct pd_list_people *list = &query->list_people;
	struct listing listing = {.front = front,
				  .session = session,
				  .request = query->request,
				  .kind = REGISTRY_PEOPLE,
				  .after = list->after,
				  .limit = front_limit(list->limit),
				  .post = list->post,
				  .only = list->person,
				  .describe = describe_person};
	if (list->person) { /* straight to the one */
		listing.after = list->after < list->person ? list->person - 1 : list->after;
		listing.limit = 1;
	}
	if (front_find_area(front, session, query->request, list->area, &listing.top))
		answer_list(&listing);
}

static void on_list_households(struct front *front, struct session *session, const struct pd_message *query)
{
	if (!core_may_read(front->core, session->person)) {
		front_refuse(front, session, query->request, PD_REFUSED_not_allowed, PD_DETAIL(only_working_list));
		return;
	}
	struct listing listing = {.front = front,
				  .session = session,
				  .request = query->request,
				  .kind = REGISTRY_HOUSEHOLDS,
				  .after = query->list_households.after,
				  .limit = front_limit(query->list_households.limit),
				  .describe = describe_household};
	if (front_find_area(front, session, query->request, query->list_households.area, &listing.top))
		answer_list(&listing);
}

static void on_list_categories(struct front *front, struct session *session, const struct pd_message *query)
{
	struct listing listing = {.front = front,
				  .session = session,
				  .request = query->request,
				  .kind = REGISTRY_CATEGORIES,
				  .limit = UINT32_MAX,
				  .describe = describe_category};
	answer_list(&listing);
}

/* Setup is public: it says what everybody may count on. */
static bool describe_setup(const struct listing *listing, const void *entity, struct pd_message *reply)
{
	const struct entity *set = entity;
	(void)listing;
	reply->type = PD_MSG_past;
	reply->past.event = (struct pd_slice){set->event, set->event_bytes};
	return true;
}

static void on_list_setup(struct front *front, struct session *session, const struct pd_message *query)
{
	struct listing listing = {.front = front,
				  .session = session,
				  .request = query->request,
				  .kind = registry_kind_of(query->list_setup.type),
				  .after = query->list_setup.after,
				  .limit = front_limit(query->list_setup.limit),
				  .describe = describe_setup};
	if (listing.kind > REGISTRY_CATEGORIES && listing.kind < REGISTRY_KINDS)
		return answer_list(&listing);
	front_refuse(front, session, query->request, PD_REFUSED_bad_field,
		     PD_DETAIL(no_setup, PD_NUMBER(query->list_setup.type)));
}

/* ---- where an order would go ---- */

struct explaining {
	struct front *front;
	struct session *session;
	uint64_t request;
	uint32_t rows;
};

static void tell_step(const struct pd_route *row, void *arg)
{
	struct explaining *explaining = arg;
	struct pd_message reply = {.type = PD_MSG_route, .route = *row};
	front_reply(explaining->front, explaining->session, explaining->request, &reply);
	explaining->rows++;
}

static void on_explain_route(struct front *front, struct session *session, const struct pd_message *query)
{
	struct explaining explaining = {front, session, query->request, 0};
	const struct pd_explain_route *explain = &query->explain_route;
	struct pd_detail detail;
	bool own = explain->requester == 0 || explain->requester == session->person;
	if (!own && !core_may_read(front->core, session->person)) {
		front_refuse(front, session, query->request, PD_REFUSED_not_allowed, PD_DETAIL(only_working_routes));
		return;
	}
	enum pd_refusal refusal = core_explain_route(front->core, explain, session->person, front->now_ms, tell_step,
						     &explaining, &detail);
	if (refusal)
		front_refuse(front, session, query->request, refusal, detail);
	else
		front_answer_end(front, session, query->request, explaining.rows, false, 0);
}

/* ---- figures ---- */

/* The stats message but for what get_stats alone gives; percentiles are 3 + 3 values that it points to. */
static void fill_stats(struct front *front, const struct area *area, const struct area_sums *all,
		       uint64_t percentiles[static 6], struct pd_message *stats)
{
	const struct figures *figures = &all->sums.figures;
	static const unsigned percents[] = {50, 90, 99};
	for (int i = 0; i < 3; i++) {
		percentiles[i] = figures_percentile(figures->accept_counts, percents[i]);
		percentiles[3 + i] = figures_percentile(figures->complete_counts, percents[i]);
	}
	*stats = (struct pd_message){.type = PD_MSG_stats};
	stats->stats = (struct pd_stats){.area = area ? area->id : 0,
					 .time_ms = front->now_ms,
					 .seq = core_last_seq(front->core),
					 .submitted = figures->submitted,
					 .accepted = figures->accepted,
					 .completed = figures->completed,
					 .closed = figures->closed,
					 .cancelled = figures->cancelled,
					 .reopened = figures->reopened,
					 .declined = figures->declined,
					 .waiting = all->sums.waiting,
					 .working = all->sums.working,
					 .oldest_ms = all->sums.oldest_ms,
					 .accept_ms = {percentiles, 3},
					 .complete_ms = {percentiles + 3, 3},
					 .pushed = all->pushed,
					 .workers = all->workers,
					 .due = figures->due,
					 .late = figures->late,
					 .duplicate = figures->duplicate,
					 .urged = figures->urged,
					 .merged = figures->merged,
					 .escalated = figures->escalated,
					 .reminded = figures->reminded,
					 .plan = all->plan,
					 .plans_below = all->plans_below};
}

/* What is on at or above the area, and below it; of all, in the district. */
static void add_plans(const struct registry *registry, const struct area *area, struct area_sums *all)
{
	const struct plan *plan = area ? mode_over(registry, area) : NULL;
	all->plan = plan ? plan->id : 0;
	all->plans_below = modes_below(registry, area);
}

static void on_get_stats(struct front *front, struct session *session, const struct pd_message *query)
{
	const struct area *area;
	struct area_sums all = {0};
	struct push_counts pushes;
	uint64_t percentiles[6], registry[CORE_REGISTRY_FIGURES], accepts[FIGURES_BUCKETS], completes[FIGURES_BUCKETS];
	struct pd_message reply;
	if (!front_find_area(front, session, query->request, query->get_stats.area, &area))
		return;
	session->looked += core_holder_count(front->core);
	core_sum(front->core, area, &all.sums);
	push_count(front->push, core_registry(front->core), area, &pushes);
	all.pushed = pushes.pushed;
	all.workers = pushes.workers;
	add_plans(core_registry(front->core), area, &all);
	fill_stats(front, area, &all, percentiles, &reply);
	if (!query->get_stats.orders_only) {
		core_count_registry(front->core, area, registry);
		reply.stats.registry = (struct pd_u64s){registry, CORE_REGISTRY_FIGURES};
	}
	if (query->get_stats.counts) {
		for (int i = 0; i < FIGURES_BUCKETS; i++) {
			accepts[i] = all.sums.figures.accept_counts[i];
			completes[i] = all.sums.figures.complete_counts[i];
		}
		reply.stats.accept_counts = (struct pd_u64s){accepts, FIGURES_BUCKETS};
		reply.stats.complete_counts = (struct pd_u64s){completes, FIGURES_BUCKETS};
	}
	front_reply(front, session, query->request, &reply);
}

/* Sums of all areas, with the pushes, each with all below it. */
static struct area_sums *sum_areas(struct front *front, void *const *areas, size_t count)
{
	struct core_sums *sums = malloc((count + 1) * sizeof *sums);
	struct area_sums *all = calloc(count + 1, sizeof *all);
	if (!sums || !all)
		abort();
	core_sum_all(front->core, sums);
	for (size_t i = 0; i < count; i++) {
		const struct area *area = areas[i];
		struct push_counts pushes;
		all[i].sums = sums[i];
		all[i].area = area->id;
		add_plans(core_registry(front->core), area, &all[i]);
		push_count_one(front->push, area->id, &pushes);
		if (!pushes.pushed && !pushes.workers)
			continue;
		for (const struct area *up = area; up; up = up->parent) {
			size_t at = first_after(areas, count, up->id) - 1;
			all[at].pushed += pushes.pushed;
			all[at].workers += pushes.workers;
		}
	}
	free(sums);
	return all;
}

void front_publish_stats(struct front *front)
{
	size_t count;
	void *const *areas = registry_sorted(core_registry(front->core), REGISTRY_AREAS, &count);
	struct area_sums *all = sum_areas(front, areas, count);
	bool same_areas = count == front->published_count;
	for (size_t i = 0; i < count; i++) {
		uint64_t percentiles[6];
		struct pd_message stats;
		if (same_areas && memcmp(&all[i], &front->published_sums[i], sizeof all[i]) == 0)
			continue;
		fill_stats(front, areas[i], &all[i], percentiles, &stats);
		stats.request = stats.stats.seq;
		publish_message(front->publish, areas[i], &stats, &front_round(front)->publications);
	}
	free(front->published_sums);
	front->published_sums = all;
	front->published_count = count;
}

static void hash_piece(const void *data, size_t bytes, void *arg)
{
	crypto_generichash_update(arg, data, bytes);
}

static void on_get_digest(struct front *front, struct session *session, const struct pd_message *query)
{
	uint8_t digest[32];
	crypto_generichash_state state;
	session->looked += registry_size(front) + core_order_count(front->core);
	crypto_generichash_init(&state, NULL, 0, sizeof digest);
	core_dump(front->core, hash_piece, &state);
	crypto_generichash_final(&state, digest, sizeof digest);
	struct pd_message reply = {.type = PD_MSG_digest};
	reply.digest = (struct pd_digest){core_last_seq(front->core), {(const char *)digest, sizeof digest}};
	front_reply(front, session, query->request, &reply);
}

/* ---- plans for emergencies ---- */

static void answer_effect(struct front *front, struct session *session, uint64_t request, const struct plan *plan,
			  const struct area *area)
{
	struct mode_effect effect;
	struct pd_message reply = {.type = PD_MSG_effect};
	modes_preview(front->core, plan, area, front->now_ms, &effect);
	session->looked += core_holder_count(front->core) + effect.open;
	reply.effect = (struct pd_effect){area->id, effect.open, effect.changed, effect.earlier, effect.overdue};
	front_reply(front, session, request, &reply);
}

static void on_preview_mode(struct front *front, struct session *session, const struct pd_message *query)
{
	const struct registry *registry = core_registry(front->core);
	const struct plan *plan;
	const struct area *top;
	enum pd_refusal refusal;
	struct pd_detail detail;
	size_t count;
	uint32_t answers = 1;
	if (!core_may_read(front->core, session->person)) {
		front_refuse(front, session, query->request, PD_REFUSED_not_allowed, PD_DETAIL(only_working_whole));
		return;
	}
	if (!modes_find(registry, query->preview_mode.plan, query->preview_mode.area, &plan, &top, &refusal, &detail)) {
		front_refuse(front, session, query->request, refusal, detail);
		return;
	}
	answer_effect(front, session, query->request, plan, top);
	void *const *areas = registry_sorted(registry, REGISTRY_AREAS, &count);
	for (size_t i = 0; i < count; i++) {
		const struct area *area = areas[i];
		if (area->parent != top || area->retired)
			continue;
		answer_effect(front, session, query->request, plan, area);
		answers++;
	}
	front_answer_end(front, session, query->request, answers, false, 0);
}

/* ---- from disk ---- */

uint32_t *front_subtree(struct front *front, const struct area *top, size_t *found)
{
	size_t count;
	void *const *areas = registry_sorted(core_registry(front->core), REGISTRY_AREAS, &count);
	uint32_t *ids = malloc((count + 1) * sizeof *ids);
	if (!ids)
		abort();
	*found = 0;
	for (size_t i = 0; i < count; i++)
		if (area_within(areas[i], top))
			ids[(*found)++] = ((const struct area *)areas[i])->id;
	return ids;
}

struct read *front_new_read(struct front *front, struct session *session, enum read_kind kind, uint64_t request)
{
	if (session->reads_open >= SESSION_READS_MAX) {
		front_refuse(front, session, request, PD_REFUSED_busy,
			     PD_DETAIL(too_many_queries, PD_NUMBER(SESSION_READS_MAX)));
		return NULL;
	}
	session->reads_open++;
	struct read *read = read_new(kind, session->peer, request);
	read->own_only = !core_may_read(front->core, session->person);
	read->now_ms = front->now_ms;
	read->person = session->person;
	read->language = session->language;
	return read;
}

static void on_get_order(struct front *front, struct session *session, const struct pd_message *query)
{
	struct read *read = front_new_read(front, session, READ_ORDER, query->request);
	if (!read)
		return;
	/* Whether a neighbour may see it is known of memory alone. */
	if (read->own_only && front_fetch(front, &query->get_order.order)) {
		session->reads_open--;
		read_free(read);
		front_refuse(front, session, query->request, PD_REFUSED_read_failed, PD_NO_DETAIL);
		return;
	}
	const struct order *order = core_order(front->core, &query->get_order.order);
	read->order = query->get_order.order;
	read->story = query->get_order.story;
	read->row_known = order != NULL;
	if (order) {
		read->row = order->row;
		read->may_see = core_may_see(front->core, session->person, &order->row);
		front_know_order(front, order, &read->known);
	}
	front_read(front, read);
}

static void on_list_orders(struct front *front, struct session *session, const struct pd_message *query)
{
	const struct pd_list_orders *list = &query->list_orders;
	const struct area *area;
	if (!front_find_area(front, session, query->request, list->area, &area))
		return;
	if ((area || list->whole) && list->requester) {
		front_refuse(front, session, query->request, PD_REFUSED_bad_field,
			     area ? PD_DETAIL(area_or_requester) : PD_DETAIL(whole_or_requester));
		return;
	}
	if (list->whole && !core_may_read(front->core, session->person)) {
		front_refuse(front, session, query->request, PD_REFUSED_not_allowed, PD_DETAIL(only_working_whole));
		return;
	}
	struct read *read = front_new_read(front, session, READ_ORDERS, query->request);
	if (!read)
		return;
	uint64_t last = core_last_seq(front->core);
	read->after_seq = list->after_seq < last ? list->after_seq : last;
	read->query.by_id = list->whole;
	read->query.state = list->state;
	read->query.since_ms = list->since_ms;
	read->query.until_ms = list->until_ms;
	read->query.category = list->category;
	read->query.limit = front_limit(list->limit);
	read->query.requester = read->own_only ? read->person : list->requester;
	if (list->cursor.bytes)
		memcpy(read->query.cursor, list->cursor.data, list->cursor.bytes);
	read->query.cursor_bytes = list->cursor.bytes;
	if (area && !read->own_only)
		read->areas = front_subtree(front, area, &read->area_count);
	front_read(front, read);
}

static void on_count_orders(struct front *front, struct session *session, const struct pd_message *query)
{
	const struct pd_count_orders *count = &query->count_orders;
	uint32_t requester = count->requester ? count->requester : session->person;
	uint64_t last = core_last_seq(front->core);
	if (requester != session->person && !core_may_read(front->core, session->person)) {
		front_refuse(front, session, query->request, PD_REFUSED_not_allowed, PD_DETAIL(only_working_whole));
		return;
	}
	if (!registry_person(core_registry(front->core), requester)) {
		front_refuse(front, session, query->request, PD_REFUSED_unknown_person,
			     PD_DETAIL(person, PD_NUMBER(requester)));
		return;
	}
	struct read *read = front_new_read(front, session, READ_COUNTS, query->request);
	if (!read)
		return;
	read->after_seq = count->after_seq < last ? count->after_seq : last;
	read->query.requester = requester;
	read->query.since_ms = count->since_ms;
	read->query.until_ms = count->until_ms;
	front_read(front, read);
}

static const struct area *area_or_district(struct front *front, const struct area *area)
{
	static const struct area none;
	size_t count;
	void *const *areas = registry_sorted(core_registry(front->core), REGISTRY_AREAS, &count);
	for (size_t i = 0; i < count && !area; i++) {
		const struct area *one = areas[i];
		if (!one->parent && !one->retired)
			area = one;
	}
	return area ? area : &none;
}

static void on_read_events(struct front *front, struct session *session, const struct pd_message *query)
{
	const struct area *area;
	if (!core_may_read(front->core, session->person)) {
		front_refuse(front, session, query->request, PD_REFUSED_not_allowed, PD_DETAIL(only_working_events));
		return;
	}
	if (!front_find_area(front, session, query->request, query->read_events.area, &area))
		return;
	struct read *read = front_new_read(front, session, READ_EVENTS, query->request);
	if (!read)
		return;
	read->after_seq = query->read_events.after_seq;
	read->query.limit = front_limit(query->read_events.limit);
	if (area)
		read->areas = front_subtree(front, area, &read->area_count);
	read->publications = publish_count(front->publish, area_or_district(front, area));
	front_read(front, read);
}

void front_on_query(struct front *front, struct session *session, const struct pd_message *query)
{
	switch (query->type) {
	case PD_MSG_get_order: on_get_order(front, session, query); break;
	case PD_MSG_list_orders: on_list_orders(front, session, query); break;
	case PD_MSG_list_areas: on_list_areas(front, session, query); break;
	case PD_MSG_list_people: on_list_people(front, session, query); break;
	case PD_MSG_list_households: on_list_households(front, session, query); break;
	case PD_MSG_list_categories: on_list_categories(front, session, query); break;
	case PD_MSG_list_setup: on_list_setup(front, session, query); break;
	case PD_MSG_get_stats: on_get_stats(front, session, query); break;
	case PD_MSG_read_events: on_read_events(front, session, query); break;
	case PD_MSG_get_digest: on_get_digest(front, session, query); break;
	case PD_MSG_explain_route: on_explain_route(front, session, query); break;
	case PD_MSG_preview_mode: on_preview_mode(front, session, query); break;
	case PD_MSG_list_listings: front_list_listings(front, session, query); break;
	case PD_MSG_list_matches: front_list_matches(front, session, query); break;
	case PD_MSG_list_similar: front_list_similar(front, session, query); break;
	case PD_MSG_list_away: front_list_away(front, session, query); break;
	case PD_MSG_count_orders: on_count_orders(front, session, query); break;
	case PD_MSG_list_notices:
	case PD_MSG_get_progress:
	case PD_MSG_list_missing:
	case PD_MSG_list_answers: front_on_notice_query(front, session, query); break;
	default: break;
	}
}
