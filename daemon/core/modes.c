/* modes.c - where plans are on, and the times of orders there; modes_decide.c has the commands. */
#include "modes.h"

#include <string.h>

#include "deadline.h"
#include "id.h"
#include "registry_kinds.h"
#include "state.h"

/* ---- where ---- */

const struct plan *mode_over(const struct registry *registry, const struct area *area)
{
	if (registry->modes_on == 0) /* in peace, which is nearly always, nobody has to look */
		return NULL;
	while (area && !area->plan_on)
		area = area->parent;
	return area ? (const struct plan *)registry_find(registry, REGISTRY_PLANS, area->plan_on) : NULL;
}

/* All that were ever on, by the plan's id. */
static struct mode *const *all_modes(const struct registry *registry, size_t *count)
{
	return (struct mode *const *)registry_sorted(registry, REGISTRY_MODES, count);
}

uint32_t modes_below(const struct registry *registry, const struct area *area)
{
	size_t count;
	uint32_t below = 0;
	struct mode *const *modes = all_modes(registry, &count);
	for (size_t i = 0; i < count; i++)
		below += modes[i]->on && (!area || (modes[i]->area != area->id &&
						    area_within(registry_area(registry, modes[i]->area), area)));
	return below;
}

bool mode_takes(const struct registry *registry, const struct area *area, const struct category *category)
{
	const struct plan *plan = mode_over(registry, area);
	for (unsigned i = 0; plan && i < plan->category_count; i++)
		if (plan->categories[i] == category->id)
			return true;
	return false;
}

bool mode_is_over(const struct registry *registry, uint32_t plan, uint64_t seq)
{
	const struct mode *mode = (const struct mode *)registry_find(registry, REGISTRY_MODES, plan);
	return !mode || !mode->on || mode->seq > seq;
}

/* ---- when orders are due ---- */

/* When the time began that runs for an order. */
static uint64_t start_of(const struct order_row *row)
{
	return row->state == PD_STATE_waiting ? row->waiting_ms : row->accepted_ms;
}

static bool runs(const struct order_row *row)
{
	return row->due_ms && (row->state == PD_STATE_waiting || row->state == PD_STATE_accepted);
}

/* By when it is to be accepted or completed by a plan, or without one, counted from from_ms. */
static uint64_t due_by(const struct core *core, const struct plan *plan, const struct order_row *row, uint64_t from_ms)
{
	const struct registry *registry = core->registry;
	const struct category *category = registry_category(registry, row->category);
	if (row->state != PD_STATE_waiting)
		return deadline_complete_by(registry, plan, category, row->urgency, from_ms);
	return deadline_accept_by(registry, plan, category, row->urgency, registry_area(registry, row->holder)->level,
				  from_ms);
}

/* When an order that runs is due, if the plan was switched on at begun_ms. */
static uint64_t due_in(const struct core *core, const struct plan *plan, const struct order_row *row, uint64_t begun_ms)
{
	uint64_t due_ms;
	switch (plan->running) {
	case PD_running_shorten:
		due_ms = due_by(core, plan, row, start_of(row));
		due_ms = due_ms < begun_ms ? begun_ms : due_ms;
		return due_ms < row->due_ms ? due_ms : row->due_ms;
	case PD_running_restart: return due_by(core, plan, row, begun_ms);
	default: return row->due_ms;
	}
}

/* When it is due once the plan has ended: when it would be if there had been none, and not earlier than it is. */
static uint64_t due_after(const struct core *core, const struct order_row *row)
{
	uint64_t due_ms = row->marks & ORDER_REDATED ? due_by(core, NULL, row, start_of(row)) : 0;
	return due_ms > row->due_ms ? due_ms : row->due_ms;
}

/* What has got a time since the plan was switched on or off has the time that is its. And where one is on by now, an
 * end gives nothing back: the later end does. */
static uint64_t due_now(const struct core *core, const struct mode *mode, const struct order_row *row)
{
	const struct registry *registry = core->registry;
	const struct plan *plan = (const struct plan *)registry_find(registry, REGISTRY_PLANS, mode->id);
	if (!runs(row) || row->timed_seq > mode->seq)
		return row->due_ms;
	if (mode->on)
		return due_in(core, plan, row, mode->begun_ms);
	return mode_over(registry, registry_area(registry, row->holder)) ? row->due_ms : due_after(core, row);
}

/* ---- looking at the orders ---- */

/* The first one of the queue behind the last that was looked at. */
static struct order *next_in(struct order_queue *queue, const struct mode_look *look)
{
	struct order key = {.row = {.seq = look->seq + 1, .urgency = look->urgency}};
	return look->seq ? RB_NFIND(order_queue, queue, &key) : queue->first;
}

/* The next order of the holder, from the one last looked at on, that is due at another time now: *due_ms. */
static const struct order *look_through(const struct core *core, const struct mode *mode, struct holder *holder,
					struct mode_look *look, uint64_t *due_ms)
{
	for (;;) {
		struct order *order = next_in(look->working ? &holder->working : &holder->waiting, look);
		if (!order && look->working)
			return NULL;
		if (order) {
			*due_ms = due_now(core, mode, &order->row);
			if (*due_ms != order->row.due_ms)
				return order; /* it is looked at again, and is due then when it should be */
		}
		look->working |= !order;
		look->urgency = order ? order->row.urgency : 0;
		look->seq = order ? order->row.seq : 0;
	}
}

static const struct order *next_order(const struct core *core, struct mode *mode, uint64_t *due_ms)
{
	const struct area *top = registry_area(core->registry, mode->area);
	struct mode_look *look = &mode->look;
	size_t count;
	void *const *areas = registry_sorted(core->registry, REGISTRY_AREAS, &count);
	for (size_t i = 0; i < count && !look->done; i++) {
		const struct area *area = areas[i];
		if (area->id < look->area || !area->holder || !area_within(area, top))
			continue;
		if (area->id != look->area)
			*look = (struct mode_look){.area = area->id};
		const struct order *order = look_through(core, mode, area->holder, look, due_ms);
		if (order)
			return order;
	}
	look->done = true;
	return NULL;
}

static void redate(const struct order_row *row, const struct mode *mode, uint64_t due_ms, uint64_t now_ms,
		   struct pd_message *event)
{
	event->type = PD_MSG_redated;
	event->redated = (struct pd_redated){.time_ms = now_ms,
					     .order = row->id,
					     .version = row->version + 1,
					     .holder = row->holder,
					     .from = row->holder,
					     .due_ms = due_ms,
					     .plan = mode->id,
					     .ended = !mode->on};
}

static void expire(const struct mode *mode, uint64_t now_ms, struct pd_message *event)
{
	event->type = PD_MSG_mode_ended;
	event->mode_ended = (struct pd_mode_ended){.time_ms = now_ms,
						   .plan = mode->id,
						   .area = mode->area,
						   .begun_ms = mode->begun_ms,
						   .nth = mode->nth,
						   .expired = true,
						   .reason = pd_text("")};
}

/* ---- what is sent at the start ---- */

/* What is still to be sent, to those who are called out first; 0: nothing. */
static unsigned to_tell(const struct core *core, const struct mode *mode)
{
	const struct plan *plan = (const struct plan *)registry_find(core->registry, REGISTRY_PLANS, mode->id);
	if (!mode->on)
		return 0;
	if (plan->call_out && !(mode->told & MODE_CALL_OUT))
		return MODE_CALL_OUT;
	if (plan->notice.bytes && !(mode->told & MODE_NOTICE))
		return MODE_NOTICE;
	const struct category *category = registry_category(core->registry, plan->roll_category);
	bool roll_call = plan->roll_call.bytes && category && !category->retired;
	return roll_call && !(mode->told & MODE_ROLL_CALL) ? MODE_ROLL_CALL : 0;
}

/* Of the plan and the event that switched it on, and of a number, if there is a notice of this id. */
static struct pd_id notice_id(const struct core *core, const struct mode *mode, unsigned what)
{
	for (uint32_t number = 0;; number++) {
		uint32_t from[] = {mode->id, what, number};
		uint64_t hashes[2] = {core_mix(mode->seq, from, sizeof from)};
		uint8_t random[10];
		hashes[1] = core_mix(hashes[0], from, sizeof from);
		memcpy(random, hashes, sizeof random);
		struct pd_id id = pd_id_make(mode->begun_ms, random);
		if (!core_notice(core, &id))
			return id;
	}
}

static void tell(const struct core *core, const struct mode *mode, unsigned what, uint64_t now_ms,
		 struct pd_message *event)
{
	const struct plan *plan = (const struct plan *)registry_find(core->registry, REGISTRY_PLANS, mode->id);
	bool roll_call = what == MODE_ROLL_CALL, call_out = what == MODE_CALL_OUT;
	enum pd_want want = roll_call ? PD_want_answer : call_out ? PD_want_confirmation : PD_want_read;
	event->type = PD_MSG_notified;
	event->notified = (struct pd_notified){.time_ms = now_ms,
					       .actor = mode->actor,
					       .notice = notice_id(core, mode, what),
					       .area = mode->area,
					       .kind = roll_call ? PD_notice_kind_roll_call : PD_notice_kind_notice,
					       .want = (uint8_t)want,
					       .sort = call_out ? PD_member_sort_person : PD_member_sort_household,
					       .text = roll_call            ? plan->roll_call
						       : plan->notice.bytes ? plan->notice
									    : plan->name,
					       .until_ms = mode->until_ms,
					       .category = roll_call ? plan->roll_category : 0,
					       .labels = pd_text(""),
					       .plan = mode->id,
					       .posts = call_out ? plan->call_out : 0};
}

void modes_told(struct core *core, const struct pd_notified *notified)
{
	struct mode *mode = (struct mode *)registry_find(core->registry, REGISTRY_MODES, notified->plan);
	if (!mode || !mode->on)
		return;
	if (notified->kind != PD_notice_kind_notice)
		mode->told |= MODE_ROLL_CALL;
	else
		mode->told |= notified->posts ? MODE_CALL_OUT : MODE_NOTICE;
	struct mode_look look = mode->look;
	registry_keep_merged(core->registry, REGISTRY_MODES, &mode->entity);
	mode->look = look;
}

bool modes_decide_due(const struct core *core, uint64_t now_ms, struct pd_message *event)
{
	size_t count;
	struct mode *const *modes = all_modes(core->registry, &count);
	for (size_t i = 0; i < count; i++) {
		struct mode *mode = modes[i];
		uint64_t due_ms;
		if (mode->on && mode->until_ms <= now_ms) {
			expire(mode, now_ms, event);
			return true;
		}
		unsigned what = to_tell(core, mode);
		if (what) {
			tell(core, mode, what, now_ms, event);
			return true;
		}
		const struct order *order = mode->look.done ? NULL : next_order(core, mode, &due_ms);
		if (order) {
			redate(&order->row, mode, due_ms, now_ms, event);
			return true;
		}
	}
	return false;
}

uint64_t modes_next_due(const struct core *core)
{
	size_t count;
	uint64_t next_ms = UINT64_MAX;
	struct mode *const *modes = all_modes(core->registry, &count);
	for (size_t i = 0; i < count; i++) {
		struct mode *mode = modes[i];
		uint64_t due_ms, ms = mode->on ? mode->until_ms : UINT64_MAX;
		if (to_tell(core, mode) || (!mode->look.done && next_order(core, mode, &due_ms)))
			ms = 0;
		next_ms = ms < next_ms ? ms : next_ms;
	}
	return next_ms;
}

/* ---- a preview ---- */

static void count_effect(const struct core *core, const struct plan *plan, struct order_queue *queue, uint64_t now_ms,
			 struct mode_effect *effect)
{
	struct order *order;
	RB_FOREACH(order, order_queue, queue)
	{
		if (!runs(&order->row))
			continue;
		uint64_t due_ms = due_in(core, plan, &order->row, now_ms);
		effect->open++;
		effect->changed += due_ms != order->row.due_ms;
		effect->earlier += due_ms < order->row.due_ms;
		effect->overdue += due_ms < order->row.due_ms && due_ms <= now_ms;
	}
}

void modes_preview(const struct core *core, const struct plan *plan, const struct area *top, uint64_t now_ms,
		   struct mode_effect *effect)
{
	size_t at = 0;
	*effect = (struct mode_effect){0};
	for (struct holder *holder; (holder = table_next(&core->holders, &at));) {
		if (!area_within(holder->entity, top))
			continue;
		count_effect(core, plan, &holder->waiting, now_ms, effect);
		count_effect(core, plan, &holder->working, now_ms, effect);
	}
}

/* ---- kinds of the registry ---- */

void plan_apply(struct registry *registry, void *entity, const struct pd_message *event)
{
	const struct pd_plan_set *set = &event->plan_set;
	struct plan *plan = entity;
	(void)registry;
	plan->name = registry_kept_text(&plan->entity, set->name);
	plan->area = set->area;
	plan->ladder = set->ladder;
	plan->lasts_s = set->lasts_s;
	plan->accept_percent = set->accept_percent;
	plan->complete_percent = set->complete_percent;
	plan->running = set->running;
	plan->category_count = (uint8_t)set->categories.count;
	for (unsigned i = 0; i < plan->category_count; i++)
		plan->categories[i] = (uint32_t)set->categories.values[i];
	plan->notice = registry_kept_text(&plan->entity, set->notice);
	plan->roll_call = registry_kept_text(&plan->entity, set->roll_call);
	plan->roll_category = set->roll_category;
	plan->call_out = set->call_out;
	plan->retired = set->retired;
}

/* Of the same event alone: another one begins with nothing sent. */
void mode_merge(const void *entity, struct pd_message *event)
{
	const struct mode *mode = entity;
	if (event->type == PD_MSG_mode_begun && event->request == mode->seq)
		event->mode_begun.told = mode->told;
}

void mode_apply(struct registry *registry, void *entity, const struct pd_message *event)
{
	struct mode *mode = entity;
	struct area *area = registry_area(registry, mode->on ? mode->area : 0);
	if (area) {
		area->plan_on = 0;
		registry->modes_on--;
	}
	mode->seq = event->request;
	mode->on = event->type == PD_MSG_mode_begun;
	mode->look = (struct mode_look){0};
	mode->actor = event->mode_begun.actor; /* both begin alike */
	if (mode->on) {
		const struct pd_mode_begun *begun = &event->mode_begun;
		mode->area = begun->area;
		mode->nth = begun->nth;
		mode->begun_ms = begun->time_ms;
		mode->until_ms = begun->until_ms;
		mode->end_ms = 0;
		mode->told = begun->told;
		registry_area(registry, mode->area)->plan_on = mode->id;
		registry->modes_on++;
	} else {
		const struct pd_mode_ended *ended = &event->mode_ended;
		mode->area = ended->area;
		mode->nth = ended->nth;
		mode->begun_ms = ended->begun_ms;
		mode->end_ms = ended->time_ms;
	}
}
