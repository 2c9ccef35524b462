/* residents.c - the moves of those for whom an order is done: haste, neighbours who follow it and agree, orders that
 * say the same; and who may see an order.
 */
#include "moves.h"

#include "deadline.h"

enum { MINUTE_MS = 60000 };

static const struct member_row *follower(const struct core *core, const struct pd_id *order, uint32_t person)
{
	const struct member *member = core_member(core, order, person);
	return member && follower_follows(&member->row) ? &member->row : NULL;
}

void core_followers(const struct core *core, const struct order_row *row, struct followers *sum)
{
	const struct member_list *list = members_of(&core->members, &row->id);
	const struct member *member;
	*sum = (struct followers){0};
	if (list)
		LIST_FOREACH(member, list, of_owner)
	followers_add(sum, &member->row, row);
}

/* ---- who may see it ---- */

/* Where a person lives or, if that is not here, has a post. */
static uint32_t home_of(const struct core *core, const struct person *person)
{
	const struct household *household = registry_household(core->registry, person->household);
	return household ? household->area : person->area;
}

/* The community that the order comes from; a level further up, if it comes from there. */
static const struct area *community_of(const struct core *core, const struct order_row *row)
{
	return area_at_level(registry_area(core->registry, row->area), PD_level_community);
}

static bool is_neighbour(const struct core *core, uint32_t id, const struct order_row *row)
{
	const struct person *person = registry_person(core->registry, id);
	if (!person || person->retired)
		return false;
	return area_within(registry_area(core->registry, home_of(core, person)), community_of(core, row));
}

static bool may_follow(const struct core *core, uint32_t person, const struct order_row *row)
{
	return person && (is_neighbour(core, person, row) || core_may_read(core, person));
}

bool core_may_see(const struct core *core, uint32_t person, const struct order_row *row)
{
	return person == row->requester || core_may_read(core, person) || follower(core, &row->id, person) ||
	       is_neighbour(core, person, row);
}

/* ---- what is promised ---- */

struct core_promise core_promise(const struct core *core, const struct order *order)
{
	const struct order_row *row = &order->row;
	if (row->due_ms == 0) /* its last time has passed */
		return (struct core_promise){0};
	switch (row->state) {
	case PD_STATE_waiting:
		return (struct core_promise){row->due_ms,
					     deadline_complete(core->registry, order->category, row->urgency,
							       order->holder->entity, row->due_ms)};
	case PD_STATE_accepted: return (struct core_promise){0, row->due_ms};
	case PD_STATE_suspended: return (struct core_promise){0, due_resumed(core, order, row->due_ms)};
	default: return (struct core_promise){0};
	}
}

/* ---- urge ---- */

static bool need_urge_due(const struct move *move)
{
	const struct order_row *row = move->row;
	uint64_t again_ms = row->submitted_ms + row->urged_s * UINT64_C(1000) + move->core->periods.urge_every_ms;
	if (row->urges == 0 || move->now_ms >= again_ms)
		return true;
	core_refuse(move->decision, PD_REFUSED_too_soon,
		    PD_DETAIL(urge_again, PD_NUMBER((again_ms - move->now_ms + MINUTE_MS - 1) / MINUTE_MS)));
	return false;
}

void residents_urge(const struct move *move)
{
	const struct order_row *row = move->row;
	struct pd_urged *urged = &move->decision->event.urged;
	if (move->actor != row->requester && !follower(move->core, &row->id, move->actor))
		return core_refuse(move->decision, PD_REFUSED_not_allowed,
				   PD_DETAIL(only_followers, PD_NUMBER(row->requester), PD_COMMAND_ARG(PD_MSG_urge)));
	if (!need_urge_due(move) || !moves_need_room(move, MOVES_EVENTS_MAX))
		return;
	urged->urges = row->urges < UINT8_MAX ? row->urges + 1u : row->urges;
	urged->text = move->command->urge.text;
}

/* ---- follow and unfollow ---- */

static bool need_place(const struct move *move, const struct order_row *row, uint32_t more)
{
	struct followers sum;
	core_followers(move->core, row, &sum);
	if (sum.count + more <= FOLLOWERS_MAX)
		return true;
	core_refuse(move->decision, PD_REFUSED_too_many, PD_DETAIL(followers_max, PD_NUMBER(sum.count)));
	return false;
}

void residents_follow(const struct move *move)
{
	const struct order_row *row = move->row;
	if (!may_follow(move->core, move->actor, row))
		return core_refuse(move->decision, PD_REFUSED_not_allowed,
				   PD_DETAIL(only_neighbours, PD_NUMBER(community_of(move->core, row)->id)));
	if (move->actor == row->requester)
		return core_refuse(move->decision, PD_REFUSED_already, PD_DETAIL(own_order));
	if (follower(move->core, &row->id, move->actor))
		return core_refuse(move->decision, PD_REFUSED_already, PD_DETAIL(follows_already));
	if (moves_need_room(move, MOVES_EVENTS_MAX))
		need_place(move, row, 1);
}

static const struct member_row *need_follower(const struct move *move)
{
	const struct member_row *row = follower(move->core, &move->row->id, move->actor);
	if (!row)
		core_refuse(move->decision, PD_REFUSED_not_following, PD_DETAIL(person, PD_NUMBER(move->actor)));
	return row;
}

void residents_unfollow(const struct move *move)
{
	if (need_follower(move))
		moves_need_room(move, MOVES_EVENTS_LAST);
}

/* ---- merge ---- */

void residents_merge(const struct move *move)
{
	const struct pd_merge *merge = &move->command->merge;
	const struct order *into = core_order(move->core, &merge->into);
	struct pd_merged *merged = &move->decision->event.merged;
	struct followers sum;
	if (!moves_need_holder_or_above(move))
		return;
	if (!into)
		return core_refuse(move->decision, PD_REFUSED_unknown_order, PD_DETAIL(id, PD_ID_ARG(merge->into)));
	if (&into->row == move->row)
		return core_refuse(move->decision, PD_REFUSED_bad_merge, PD_DETAIL(merge_itself));
	if (!order_is_queued(&into->row))
		return core_refuse(move->decision, PD_REFUSED_bad_merge,
				   PD_DETAIL(merge_state, PD_ID_ARG(merge->into), PD_STATES(1u << into->row.state)));
	core_followers(move->core, move->row, &sum);
	if (!need_place(move, &into->row, sum.count + 1))
		return;
	move->event->due_ms = 0;
	merged->into = merge->into;
	merged->reason = merge->reason;
}

/* ---- endorse ---- */

void residents_endorse(const struct move *move)
{
	const struct member_row *row = need_follower(move);
	struct pd_endorsed *endorsed = &move->decision->event.endorsed;
	if (!row)
		return;
	unsigned rating = follower_rating(row, move->row);
	if (rating)
		return core_refuse(move->decision, PD_REFUSED_already, PD_DETAIL(endorsed_already, PD_NUMBER(rating)));
	if (!moves_need_room(move, MOVES_EVENTS_LAST))
		return;
	endorsed->rating = move->command->endorse.rating;
	endorsed->text = move->command->endorse.text;
}

/* ---- applying ---- */

/* The row of person beside order, which this event changes. */
static struct member_row *change(struct core *core, const struct pd_id *order, uint32_t person,
				 const struct pd_message *event, uint64_t at)
{
	struct member_row *row = members_change(&core->members, order, person);
	const struct person *entity = registry_person(core->registry, person);
	if (row->area == 0 && entity)
		row->area = home_of(core, entity);
	row->at = at;
	row->last_seq = event->request;
	row->time_ms = event->order_event.time_ms;
	row->actor = event->order_event.actor;
	row->events++;
	return row;
}

static void join(struct core *core, const struct order *into, uint32_t person, const struct pd_message *event,
		 uint64_t at)
{
	if (person && person != into->row.requester && !follower(core, &into->row.id, person))
		change(core, &into->row.id, person, event, at)->flags |= FOLLOWER_FOLLOWS;
}

/* The merged order keeps its followers, who are told of its end, and the other one gets them, too. */
static void join_all(struct core *core, const struct order *order, const struct pd_message *event, uint64_t at)
{
	const struct order *into = core_order(core, &event->merged.into);
	const struct member_list *list = members_of(&core->members, &order->row.id);
	const struct member *member;
	join(core, into, order->row.requester, event, at);
	if (list)
		LIST_FOREACH(member, list, of_owner)
	if (follower_follows(&member->row))
		join(core, into, member->row.key.member, event, at);
}

void residents_apply(struct core *core, struct order *order, const struct pd_message *event, uint64_t at)
{
	const struct pd_order_event *e = &event->order_event;
	struct member_row *row;
	switch (event->type) {
	case PD_MSG_urged:
		order->row.urges = (uint8_t)event->urged.urges;
		order->row.urged_s = (uint32_t)((e->time_ms - order->row.submitted_ms) / 1000);
		break;
	case PD_MSG_followed: change(core, &e->order, e->actor, event, at)->flags |= FOLLOWER_FOLLOWS; break;
	case PD_MSG_unfollowed:
		row = change(core, &e->order, e->actor, event, at);
		row->flags &= (uint8_t)~FOLLOWER_FOLLOWS;
		break;
	case PD_MSG_merged: join_all(core, order, event, at); break;
	case PD_MSG_endorsed:
		row = change(core, &e->order, e->actor, event, at);
		row->numbers[FOLLOWER_RATING] = event->endorsed.rating;
		row->numbers[FOLLOWER_ATTEMPT] = order->row.attempt;
		break;
	default: break;
	}
}
