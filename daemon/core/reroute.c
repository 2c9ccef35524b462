/* reroute.c - open orders follow when the registry changes: their household was moved, or the polygons were.
 *
 * A change marks all holders at once, and the orders are looked through a number at a time: so a change costs nothing
 * but the marks, and a plain order nothing at all. What is marked is not kept; at the start everything is. An order
 * that comes to a holder from another one meanwhile marks that holder again, for it may have been looked through
 * before.
 */
#include "deadline.h"
#include "state.h"

/* So many orders are looked at in one go. */
enum { LOOK_MAX = 50000 };

void reroute_mark(struct core *core, struct holder *holder)
{
	struct sweep *sweep = &core->sweep;
	if (!holder->unswept)
		TAILQ_INSERT_TAIL(&sweep->holders, holder, by_sweep);
	else if (TAILQ_FIRST(&sweep->holders) == holder)
		sweep->from = (struct order_row){0};
	holder->unswept = true;
}

void reroute_mark_all(struct core *core)
{
	size_t count;
	void *const *areas = registry_sorted(core->registry, REGISTRY_AREAS, &count);
	if (core->sweep.fresh)
		return;
	for (size_t i = 0; i < count; i++)
		if (((const struct area *)areas[i])->holder)
			reroute_mark(core, ((const struct area *)areas[i])->holder);
	core->sweep.fresh = true;
}

void reroute_came(struct core *core, struct holder *holder)
{
	if (!TAILQ_EMPTY(&core->sweep.holders))
		reroute_mark(core, holder);
}

void reroute_registry_changes(struct core *core, const struct pd_message *event)
{
	const struct pd_household_set *set = &event->household_set;
	const struct household *household =
		event->type == PD_MSG_household_set ? registry_household(core->registry, set->household) : NULL;
	core->sweep.wanted = event->type == PD_MSG_shape_set ||
			     (household && (household->area != set->area || (household->retired && !set->retired)));
}

void reroute_registry_changed(struct core *core)
{
	if (core->sweep.wanted)
		reroute_mark_all(core);
	core->sweep.wanted = false;
}

/* Where the order comes from by the registry as it is; null: nothing says otherwise than its row. */
static const struct area *area_now(const struct core *core, const struct order_row *row)
{
	const struct household *household = registry_household(core->registry, row->household);
	struct core_place place = {.how = PLACE_NOWHERE};
	if (row->household)
		return household && !household->retired ? registry_area(core->registry, household->area) : NULL;
	if ((row->marks & ORDER_PLACED) && core->map.find)
		core->map.find(core->map.arg, row->lon_e7, row->lat_e7, &place);
	return place.how == PLACE_NOWHERE ? NULL : registry_area(core->registry, place.area);
}

/* The old area's holder of its category, or what is above the old area and not above the new one, gives it away; who
 * else holds it was chosen otherwise, and keeps it. */
static const struct area *holder_after(const struct area *holder, const struct area *from, const struct area *to,
				       unsigned level)
{
	if (holder == area_at_level(from, level))
		return area_at_level(to, level);
	bool of_old = area_within(from, holder) && !area_within(to, holder);
	return of_old ? area_at_level(to, holder->level) : holder;
}

static void fill_event(const struct core *core, const struct order_row *row, const struct area *to, uint64_t now_ms,
		       struct pd_message *event)
{
	const struct registry *registry = core->registry;
	const struct category *category = registry_category(registry, row->category);
	const struct person *acceptor = registry_person(registry, row->acceptor);
	const struct area *holder = holder_after(registry_area(registry, row->holder),
						 registry_area(registry, row->area), to, category->level);
	bool moved = holder->id != row->holder;
	bool anew = moved && !(acceptor && !acceptor->retired && acceptor->area == holder->id);
	event->type = PD_MSG_rerouted;
	event->request = core->last_seq + 1;
	event->rerouted = (struct pd_rerouted){.time_ms = now_ms,
					       .order = row->id,
					       .version = row->version + 1,
					       .holder = holder->id,
					       .from = row->holder,
					       .due_ms = row->due_ms,
					       .area = to->id,
					       .state = anew ? PD_STATE_waiting : row->state};
	if (anew)
		event->rerouted.due_ms = deadline_accept(registry, category, row->urgency, holder, now_ms);
}

/* The first of queue, from sweep->from on, that is elsewhere now; *left says how many may still be looked at. */
static struct order *first_stray(const struct core *core, struct sweep *sweep, struct order_queue *queue,
				 const struct area **to, unsigned *left)
{
	struct order from = {.row = sweep->from}, *order;
	for (order = RB_NFIND(order_queue, queue, &from); order && *left;
	     order = RB_NEXT(order_queue, queue, order), --*left) {
		sweep->from.urgency = order->row.urgency;
		sweep->from.seq = order->row.seq;
		*to = area_now(core, &order->row);
		if (*to && (*to)->id != order->row.area)
			return order;
	}
	return NULL;
}

bool reroute_due(struct core *core, uint64_t now_ms, struct core_due_thing *thing)
{
	struct sweep *sweep = &core->sweep;
	unsigned left = LOOK_MAX;
	for (struct holder *holder; left && (holder = TAILQ_FIRST(&sweep->holders));) {
		const struct area *to = NULL;
		bool working = sweep->from.state == PD_STATE_accepted;
		struct order *stray =
			first_stray(core, sweep, working ? &holder->working : &holder->waiting, &to, &left);
		sweep->fresh = false;
		if (stray) {
			thing->order = stray;
			fill_event(core, &stray->row, to, now_ms, &thing->event);
			return true;
		}
		if (left == 0)
			return false;
		sweep->from = (struct order_row){.state = working ? 0 : PD_STATE_accepted};
		if (!working)
			continue;
		holder->unswept = false;
		TAILQ_REMOVE(&sweep->holders, holder, by_sweep);
	}
	return false;
}
