/* life.c - what order events do to orders, queues and figures. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "calendar.h"
#include "deadline.h"
#include "modes.h"
#include "moves.h"

int order_compare_urgency(const struct order *a, const struct order *b)
{
	if (a->row.urgency != b->row.urgency)
		return a->row.urgency < b->row.urgency ? -1 : 1;
	return a->row.seq < b->row.seq ? -1 : a->row.seq > b->row.seq;
}

ORDERED_GENERATE(order_queue, order, by_urgency, order_compare_urgency)

struct holder *life_holder(struct core *core, uint32_t area)
{
	struct holder *holder = table_find(&core->holders, &area);
	if (!holder) {
		holder = calloc(1, sizeof *holder);
		if (!holder)
			abort();
		holder->area = area;
		holder->entity = registry_area(core->registry, area);
		assert(holder->entity);
		holder->entity->holder = holder;
		TAILQ_INIT(&holder->by_age);
		table_add(&core->holders, holder);
		core->sweep.fresh = false;
	}
	return holder;
}

static void mark_changed(struct core *core, struct holder *holder)
{
	if (holder->changed)
		return;
	holder->changed = true;
	holder->next_changed = core->changed;
	core->changed = holder;
}

/* Orders come to a holder in the order of time, so the place is at the end, unless a clock was set back. Those of the
 * book come in another order, before the first seq, and are sorted when all are there. */
static void insert_by_age(struct core *core, struct order *order)
{
	struct order_list *list = &order->holder->by_age;
	struct order *other = TAILQ_LAST(list, order_list);
	bool loading = core->last_seq == 0;
	while (!loading && other && other->row.waiting_ms > order->row.waiting_ms)
		other = TAILQ_PREV(other, order_list, by_age);
	if (other)
		TAILQ_INSERT_AFTER(list, other, order, by_age);
	else
		TAILQ_INSERT_HEAD(list, order, by_age);
}

static int compare_age(const void *a, const void *b)
{
	const struct order_row *x = &(*(struct order *const *)a)->row, *y = &(*(struct order *const *)b)->row;
	if (x->waiting_ms != y->waiting_ms)
		return x->waiting_ms < y->waiting_ms ? -1 : 1;
	return x->last_seq < y->last_seq ? -1 : x->last_seq > y->last_seq;
}

void life_sort_by_age(struct holder *holder)
{
	if (holder->waiting_count < 2)
		return;
	struct order **orders = malloc(holder->waiting_count * sizeof(struct order *)), *order;
	size_t count = 0;
	if (!orders)
		abort();
	TAILQ_FOREACH(order, &holder->by_age, by_age)
	orders[count++] = order;
	assert(count == holder->waiting_count);
	qsort(orders, count, sizeof(struct order *), compare_age);
	TAILQ_INIT(&holder->by_age);
	for (size_t i = 0; i < count; i++)
		TAILQ_INSERT_TAIL(&holder->by_age, orders[i], by_age);
	free(orders);
}

/* ---- alarms ---- */

/* When the silence about an accepted order is to be acted on; UINT64_MAX: never. */
static uint64_t idle_of(const struct core *core, const struct order *order)
{
	const struct category *category = order->category;
	const struct order_row *row = &order->row;
	uint32_t within_s = row->state == PD_STATE_accepted ? category->idle_within_s : 0;
	if (within_s == 0)
		return UINT64_MAX;
	bool at_work = category->complete_clock == PD_clock_working || category->complete_clock == PD_clock_workdays;
	return calendar_add(core->registry, row->submitted_ms + row->touched_s * UINT64_C(1000), within_s,
			    at_work ? PD_clock_working : PD_clock_always);
}

/* The next warning after those that have been, and when; LIFE_WARNED_ALL: none. */
static enum life_warned next_warning(const struct order *order, uint64_t *at_ms)
{
	const struct order_row *row = &order->row;
	uint64_t start_ms = row->state == PD_STATE_waiting ? row->waiting_ms : row->accepted_ms;
	if (row->due_ms == 0 || (row->state != PD_STATE_waiting && row->state != PD_STATE_accepted))
		return LIFE_WARNED_ALL;
	if (order->warned == LIFE_WARNED_NONE) {
		*at_ms = deadline_half(start_ms, row->due_ms);
		return LIFE_WARNED_HALF;
	}
	*at_ms = deadline_soon(start_ms, row->due_ms);
	return order->warned == LIFE_WARNED_HALF && *at_ms ? LIFE_WARNED_SOON : LIFE_WARNED_ALL;
}

/* When something is due of it; UINT64_MAX: never. */
static uint64_t due_of(const struct core *core, const struct order *order)
{
	uint64_t idle_ms = idle_of(core, order), due_ms = order->row.due_ms;
	return due_ms && due_ms < idle_ms ? due_ms : idle_ms;
}

/* When the order is to be looked at next, for a warning or for something due; UINT64_MAX: never. */
static uint64_t next_alarm(const struct core *core, const struct order *order)
{
	uint64_t due_ms = due_of(core, order), warn_ms;
	return next_warning(order, &warn_ms) != LIFE_WARNED_ALL && warn_ms < due_ms ? warn_ms : due_ms;
}

static void set_alarm(struct core *core, struct order *order)
{
	uint64_t alarm_ms = next_alarm(core, order);
	if (alarm_ms != UINT64_MAX)
		timers_set(&core->timers, order, alarm_ms);
	else
		timers_remove(&core->timers, order);
}

void life_begin_alarm(struct core *core, struct order *order)
{
	uint64_t at_ms;
	order->warned = LIFE_WARNED_NONE;
	for (enum life_warned next; (next = next_warning(order, &at_ms)) != LIFE_WARNED_ALL && at_ms <= core->last_ms;)
		order->warned = next;
	set_alarm(core, order);
}

enum life_alarm life_alarm(struct core *core, struct order *order, uint64_t now_ms, enum pd_warning *why)
{
	uint64_t due_ms = due_of(core, order), alarm_ms = next_alarm(core, order), warn_ms;
	if (alarm_ms > order->alarm_ms) {
		timers_put_off(&core->timers, order, alarm_ms);
		return LIFE_ALARM_PUT_OFF;
	}
	if (alarm_ms == due_ms)
		return due_ms == order->row.due_ms ? LIFE_ALARM_DUE : LIFE_ALARM_IDLE;
	enum life_warned next = next_warning(order, &warn_ms);
	bool late = due_ms <= now_ms;
	order->warned = late ? LIFE_WARNED_ALL : next;
	timers_put_off(&core->timers, order, next_alarm(core, order));
	*why = next == LIFE_WARNED_HALF ? PD_warning_half : PD_warning_soon;
	return late ? LIFE_ALARM_PUT_OFF : LIFE_ALARM_WARNING;
}

/* ---- lists ---- */

static struct origin *origin_of(struct core *core, uint32_t area)
{
	struct origin *origin = table_find(&core->origins, &area);
	if (origin)
		return origin;
	origin = calloc(1, sizeof *origin);
	if (!origin)
		abort();
	origin->area = area;
	LIST_INIT(&origin->away);
	table_add(&core->origins, origin);
	return origin;
}

static void go_away(struct core *core, struct order *order)
{
	LIST_INSERT_HEAD(&origin_of(core, order->row.area)->away, order, by_origin);
	order->away = true;
}

static void come_back(struct order *order)
{
	LIST_REMOVE(order, by_origin);
	order->away = false;
}

/* Among those that are held elsewhere than where they come from, or not. */
static void settle_away(struct core *core, struct order *order)
{
	if (order->away)
		come_back(order);
	if (order->row.holder != order->row.area && order_is_queued(&order->row))
		go_away(core, order);
}

void life_enter(struct core *core, struct order *order)
{
	struct holder *holder = order->holder;
	mark_changed(core, holder);
	settle_away(core, order);
	switch (order->row.state) {
	case PD_STATE_waiting:
		order_queue_add(&holder->waiting, order);
		insert_by_age(core, order);
		holder->waiting_count++;
		break;
	case PD_STATE_accepted:
	case PD_STATE_suspended:
		order_queue_add(&holder->working, order);
		holder->working_count++;
		break;
	default: TAILQ_INSERT_TAIL(&core->done, order, by_age); break;
	}
	if (order_is_open(&order->row))
		life_begin_alarm(core, order);
	else
		timers_remove(&core->timers, order);
}

void life_leave(struct core *core, struct order *order)
{
	struct holder *holder = order->holder;
	mark_changed(core, holder);
	if (order->away)
		come_back(order);
	switch (order->row.state) {
	case PD_STATE_waiting:
		order_queue_take(&holder->waiting, order);
		TAILQ_REMOVE(&holder->by_age, order, by_age);
		holder->waiting_count--;
		break;
	case PD_STATE_accepted:
	case PD_STATE_suspended:
		order_queue_take(&holder->working, order);
		holder->working_count--;
		break;
	default: TAILQ_REMOVE(&core->done, order, by_age); break;
	}
}

uint64_t core_mix(uint64_t hash, const void *data, size_t bytes)
{
	const char *p = data;
	for (; bytes >= 8; bytes -= 8, p += 8) {
		uint64_t word;
		memcpy(&word, p, 8);
		hash = (hash ^ word) * 0x9E3779B97F4A7C15u;
		hash ^= hash >> 29;
	}
	uint64_t rest = bytes;
	if (bytes) /* an empty text may be null */
		memcpy(&rest, p, bytes);
	hash = (hash ^ rest ^ (uint64_t)bytes << 56) * 0x9E3779B97F4A7C15u;
	return hash ^ hash >> 32;
}

uint32_t submit_content(const struct pd_message *message)
{
	const struct pd_submitted *s = &message->submitted;
	uint32_t numbers[] = {s->actor,    s->requester,        s->household,
			      s->category, (uint32_t)s->lon_e7, (uint32_t)s->lat_e7};
	uint64_t hash = core_mix(0, numbers, sizeof numbers);
	hash = core_mix(hash, s->text.data, s->text.bytes);
	if (s->picture.bytes)
		hash = core_mix(hash, s->picture.data, s->picture.bytes);
	return (uint32_t)core_mix(hash, s->place.data, s->place.bytes);
}

uint32_t record_content(const struct pd_message *message)
{
	const struct pd_recorded *r = &message->recorded;
	uint64_t times[] = {r->submitted_ms, r->ended_ms, r->target_ms};
	uint32_t numbers[] = {r->requester,        r->household, r->category, (uint32_t)r->lon_e7,
			      (uint32_t)r->lat_e7, r->state,     r->duplicate};
	uint64_t hash = core_mix(core_mix(0, times, sizeof times), numbers, sizeof numbers);
	hash = core_mix(hash, r->text.data, r->text.bytes);
	hash = core_mix(hash, r->place.data, r->place.bytes);
	hash = core_mix(hash, r->source.data, r->source.bytes);
	hash = core_mix(hash, r->key.data, r->key.bytes);
	return (uint32_t)core_mix(hash, r->result.data, r->result.bytes);
}

static uint32_t id_hash(const struct pd_id *id)
{
	return (uint32_t)core_mix(0, id, sizeof *id);
}

uint32_t core_content(const struct pd_message *move)
{
	uint32_t number = 0;
	struct pd_slice said = pd_said(move);
	/* Of a beginning all fields count: submit_content, record_content. */
	if (move->type == PD_MSG_submit || move->type == PD_MSG_record || pd_is_first_event(move->type) ||
	    pd_message_info(move->type)->said_offset < 0)
		return 0;
	switch (move->type) {
	case PD_MSG_transfer: number = move->transfer.holder; break;
	case PD_MSG_transferred: number = move->transferred.holder; break;
	case PD_MSG_confirm: number = move->confirm.rating; break;
	case PD_MSG_confirmed: number = move->confirmed.rating; break;
	case PD_MSG_suspend: number = (uint32_t)(move->suspend.until_ms / 1000); break;
	case PD_MSG_suspended: number = (uint32_t)(move->suspended.due_ms / 1000); break;
	case PD_MSG_endorse: number = move->endorse.rating; break;
	case PD_MSG_endorsed: number = move->endorsed.rating; break;
	case PD_MSG_merge: number = id_hash(&move->merge.into); break;
	case PD_MSG_merged: number = id_hash(&move->merged.into); break;
	default: break;
	}
	return (uint32_t)core_mix(core_mix(0, &number, sizeof number), said.data, said.bytes);
}

/* What a recorded order brings with it. It waits here, if it does, only from now on. */
static void record_row(struct order_row *row, const struct pd_message *event)
{
	const struct pd_recorded *r = &event->recorded;
	bool over = r->state == PD_STATE_closed || r->state == PD_STATE_cancelled;
	row->submitted_ms = r->submitted_ms;
	row->completed_ms = r->state == PD_STATE_cancelled ? 0 : r->ended_ms;
	row->ended_ms = over ? r->ended_ms : 0;
	row->content = record_content(event);
	row->state = r->state;
	row->marks = ORDER_RECORDED | (r->target_ms ? ORDER_DUE : 0) | (r->duplicate ? ORDER_DUPLICATE : 0) |
		     (r->target_ms && row->completed_ms > r->target_ms ? ORDER_LATE : 0);
}

static struct order *new_order(struct core *core, const struct pd_message *event, uint64_t at)
{
	const struct pd_submitted *s = &event->submitted; /* as recorded begins, too */
	struct order *order = slab_take(&core->order_slab);
	order->timer = TIMER_NONE;
	order->holder = life_holder(core, s->holder);
	order->category = registry_category(core->registry, s->category);
	order->row = (struct order_row){.id = s->order,
					.seq = event->request,
					.first_at = at,
					.submitted_ms = s->time_ms,
					.waiting_ms = s->time_ms,
					.requester = s->requester,
					.household = s->household,
					.holder = s->holder,
					.area = s->area,
					.category = s->category,
					.lon_e7 = s->lon_e7,
					.lat_e7 = s->lat_e7,
					.attempt = 1,
					.state = PD_STATE_waiting,
					.urgency = s->urgency,
					.marks = ORDER_DUE};
	if (event->type == PD_MSG_recorded)
		record_row(&order->row, event);
	else
		order->row.content = submit_content(event);
	if (event->type == PD_MSG_submitted &&
	    (s->route == PD_route_step_coordinate || s->route == PD_route_step_nearest))
		order->row.marks |= ORDER_PLACED;
	table_add(&core->orders, order);
	core->found = order;
	return order;
}

static void count_time(uint32_t *counts, uint64_t from_ms, uint64_t to_ms)
{
	counts[figures_bucket(to_ms > from_ms ? to_ms - from_ms : 0)]++;
}

static bool completes_late(const struct order_row *row, uint64_t time_ms)
{
	return row->due_ms && time_ms > row->due_ms;
}

static void count_recorded(struct figures *figures, const struct order_row *row)
{
	figures->submitted++;
	figures->completed += row->state == PD_STATE_completed;
	figures->closed += row->state == PD_STATE_closed;
	figures->cancelled += row->state == PD_STATE_cancelled;
	figures->due += (row->marks & ORDER_DUE) != 0;
	figures->late += (row->marks & ORDER_LATE) != 0;
	figures->duplicate += (row->marks & ORDER_DUPLICATE) != 0;
}

/* What the event counts as, at the holder who held the order when it happened. */
static void count_event(struct figures *figures, const struct order_row *row, const struct pd_message *event)
{
	const struct pd_order_event *e = &event->order_event;
	switch (event->type) {
	case PD_MSG_submitted:
		figures->submitted++;
		figures->due++;
		break;
	case PD_MSG_recorded: count_recorded(figures, row); break;
	case PD_MSG_accepted:
		figures->accepted++;
		count_time(figures->accept_counts, row->waiting_ms, e->time_ms);
		break;
	case PD_MSG_completed:
		figures->completed++;
		figures->late += completes_late(row, e->time_ms) && !(row->marks & ORDER_LATE);
		count_time(figures->complete_counts, row->accepted_ms, e->time_ms);
		break;
	case PD_MSG_confirmed:
	case PD_MSG_closed: figures->closed++; break;
	case PD_MSG_cancelled:
	case PD_MSG_lapsed: figures->cancelled++; break;
	case PD_MSG_escalated:
		figures->escalated++;
		figures->late += event->escalated.why == PD_escalation_not_completed && !(row->marks & ORDER_LATE);
		break;
	case PD_MSG_reopened: figures->reopened++; break;
	case PD_MSG_declined:
	case PD_MSG_transferred: figures->declined++; break;
	case PD_MSG_urged: figures->urged++; break;
	case PD_MSG_reminded: figures->reminded++; break;
	case PD_MSG_merged: figures->merged++; break;
	default: break;
	}
}

/* Its acceptor has taken it on, or said something of it; or was reminded, and is given as much time again. */
static void touch(struct order_row *row, uint64_t time_ms)
{
	row->touched_s = time_ms > row->submitted_ms ? (uint32_t)((time_ms - row->submitted_ms) / 1000) : 0;
	row->marks &= (uint8_t)~ORDER_REMINDED;
}

static void wait_again(struct order_row *row, uint64_t time_ms)
{
	row->acceptor = row->left_s = 0;
	row->accepted_ms = row->completed_ms = row->ended_ms = 0;
	row->waiting_ms = time_ms;
	row->marks &= (uint8_t)~ORDER_REMINDED;
}

/* A row's own part of an event: the state is the move's, the times and people are the event's. */
static void change_row(struct order_row *row, const struct pd_message *event)
{
	const struct pd_order_event *e = &event->order_event;
	switch (event->type) {
	case PD_MSG_accepted:
		row->acceptor = e->actor;
		row->accepted_ms = e->time_ms;
		row->marks &= (uint8_t)~ORDER_STUCK; /* somebody has taken it on after all */
		touch(row, e->time_ms);
		break;
	case PD_MSG_escalated:
		row->step += row->step < UINT8_MAX && e->holder != e->from;
		if (e->due_ms == 0)
			row->marks |= ORDER_STUCK;
		if (event->escalated.why == PD_escalation_not_completed)
			row->marks |= ORDER_LATE;
		wait_again(row, e->time_ms);
		break;
	case PD_MSG_declined:
	case PD_MSG_transferred:
	case PD_MSG_released:
		row->marks &= (uint8_t)~ORDER_STUCK;
		wait_again(row, e->time_ms);
		break;
	case PD_MSG_reopened:
		wait_again(row, e->time_ms);
		row->attempt = event->reopened.attempt;
		row->rating = 0;
		row->step = 0;
		row->marks &= (uint8_t)~ORDER_STUCK;
		break;
	case PD_MSG_suspended: row->left_s = event->suspended.left_s; break;
	case PD_MSG_resumed:
		row->left_s = 0;
		touch(row, e->time_ms);
		break;
	case PD_MSG_noted:
		if (row->acceptor && e->actor == row->acceptor)
			touch(row, e->time_ms);
		break;
	case PD_MSG_reminded:
		touch(row, e->time_ms);
		row->marks |= ORDER_REMINDED;
		break;
	case PD_MSG_completed:
		row->completed_ms = e->time_ms;
		touch(row, e->time_ms);
		if (completes_late(row, e->time_ms))
			row->marks |= ORDER_LATE;
		break;
	case PD_MSG_confirmed:
		row->rating = event->confirmed.rating;
		row->ended_ms = e->time_ms;
		break;
	case PD_MSG_closed:
	case PD_MSG_cancelled:
	case PD_MSG_lapsed:
	case PD_MSG_merged: row->ended_ms = e->time_ms; break;
	case PD_MSG_rerouted:
		row->area = event->rerouted.area;
		if (row->holder != e->holder && event->rerouted.state == PD_STATE_waiting)
			wait_again(row, e->time_ms);
		break;
	default: break;
	}
}

/* Whether the event leaves the order where it stands, in every list. */
static bool leaves_in_place(const struct order *order, const struct pd_message *event)
{
	if (event->type == PD_MSG_redated)
		return false; /* its alarms are others */
	if (event->type == PD_MSG_rerouted)
		return order->row.holder == event->rerouted.holder;
	return pd_move_of(event->type)->to == PD_STATE_none;
}

/* Whether the event says by when the next step is to be made, be it the time that it was. */
static bool gives_time(const struct order *order, const struct pd_message *event)
{
	if (event->type == PD_MSG_rerouted && event->rerouted.state != PD_STATE_waiting)
		return false; /* who has accepted it has come along */
	return !leaves_in_place(order, event);
}

/* A time that was given by what the categories say while a plan is on is the plan's. */
static bool timed_by_plan(const struct core *core, const struct order *order, const struct pd_message *event)
{
	if (event->type == PD_MSG_redated)
		return !event->redated.ended;
	bool begins = order->row.state == PD_STATE_waiting || order->row.state == PD_STATE_accepted;
	return begins && event->type != PD_MSG_resumed && mode_over(core->registry, order->holder->entity);
}

static void give_time(const struct core *core, struct order *order, const struct pd_message *event)
{
	order->row.timed_seq = event->request;
	order->row.marks &= (uint8_t)~ORDER_REDATED;
	if (timed_by_plan(core, order, event))
		order->row.marks |= ORDER_REDATED;
}

/* What happens to the order leaves it where it stands; but among those that are done it is the last one now. */
static void stay(struct core *core, struct order *order)
{
	mark_changed(core, order->holder);
	if (order_is_queued(&order->row))
		return;
	TAILQ_REMOVE(&core->done, order, by_age);
	TAILQ_INSERT_TAIL(&core->done, order, by_age);
}

struct order *life_apply(struct core *core, const struct pd_message *event, uint64_t at)
{
	const struct pd_order_event *e = &event->order_event;
	enum pd_state to = pd_move_of(event->type)->to;
	bool first = pd_is_first_event(event->type);
	struct order *order = first ? NULL : core_order(core, &e->order);
	assert(first || (order && e->version == order->row.version + 1));
	bool timed = first || gives_time(order, event), stays = !first && leaves_in_place(order, event);
	if (first)
		order = new_order(core, event, at);
	else if (!stays)
		life_leave(core, order);
	struct order_row *row = &order->row;
	assert(!stays || (row->holder == e->holder && row->due_ms == e->due_ms));
	if (stays)
		stay(core, order);
	order->holder->figures.unconfirmed -= !first && row->state == PD_STATE_completed;
	count_event(&order->holder->figures, row, event);
	change_row(row, event);
	if (event->type >= PD_MSG_urged && event->type <= PD_MSG_endorsed)
		residents_apply(core, order, event, at);
	if (to != PD_STATE_none)
		row->state = (uint8_t)to;
	else if (event->type == PD_MSG_rerouted)
		row->state = event->rerouted.state;
	if (row->holder != e->holder) {
		order->holder = life_holder(core, e->holder);
		reroute_came(core, order->holder);
	}
	if (event->type == PD_MSG_reopened) {
		reroute_mark(core, order->holder);
		lapse_reopened(core, order);
	}
	row->holder = e->holder;
	row->due_ms = e->due_ms;
	order->holder->figures.unconfirmed += row->state == PD_STATE_completed;
	if (timed)
		give_time(core, order, event);
	row->version = e->version;
	row->last_seq = event->request;
	row->last_at = at;
	row->last_actor = e->actor;
	row->last_type = (uint8_t)event->type;
	row->last_content = core_content(event);
	if (!stays)
		life_enter(core, order);
	else if (event->type == PD_MSG_rerouted)
		settle_away(core, order);
	return order;
}
