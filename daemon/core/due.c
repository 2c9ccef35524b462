/* due.c - what the clock brings: orders that climb, go on or close by themselves, reminders and warnings; and what
 * comes of notices (notice_decide.c). */
#include "calendar.h"
#include "deadline.h"
#include "state.h"

/* Begins the event of the order's move at now, with what stays as it is. */
static struct pd_order_event *begin_event(const struct order_row *row, enum pd_type type, uint64_t now_ms,
					  struct pd_message *event)
{
	*event = (struct pd_message){.type = type};
	event->order_event = (struct pd_order_event){.time_ms = now_ms,
						     .order = row->id,
						     .version = row->version + 1,
						     .holder = row->holder,
						     .from = row->holder,
						     .due_ms = row->due_ms};
	return &event->order_event;
}

/* One level up; from the top it goes no further, and no time is set any more. */
static void escalate(const struct core *core, const struct order *order, enum pd_escalation why, uint64_t now_ms,
		     struct pd_message *event)
{
	const struct order_row *row = &order->row;
	const struct category *category = order->category;
	const struct area *holder = order->holder->entity;
	const struct area *above = deadline_above(core->registry, category, holder);
	struct pd_order_event *common = begin_event(row, PD_MSG_escalated, now_ms, event);
	common->holder = above->id;
	common->due_ms = above == holder ? 0 : deadline_accept(core->registry, category, row->urgency, above, now_ms);
	event->escalated.why = (uint8_t)why;
}

uint64_t due_resumed(const struct core *core, const struct order *order, uint64_t now_ms)
{
	/* At least something: a time that was over when it was put off is over again at once. */
	return calendar_add(core->registry, now_ms, order->row.left_s ? order->row.left_s : 1,
			    order->category->complete_clock);
}

/* What is due of an order whose due_ms has come. */
static void fall_due(const struct core *core, const struct order *order, uint64_t now_ms, struct pd_message *event)
{
	const struct order_row *row = &order->row;
	switch (row->state) {
	case PD_STATE_waiting: escalate(core, order, PD_escalation_not_accepted, now_ms, event); break;
	case PD_STATE_accepted: escalate(core, order, PD_escalation_not_completed, now_ms, event); break;
	case PD_STATE_suspended:
		begin_event(row, PD_MSG_resumed, now_ms, event)->due_ms = due_resumed(core, order, now_ms);
		break;
	default: begin_event(row, PD_MSG_closed, now_ms, event)->due_ms = 0; break;
	}
}

/* An acceptor who says nothing is reminded first. */
static void fall_idle(const struct core *core, const struct order *order, uint64_t now_ms, struct pd_message *event)
{
	const struct order_row *row = &order->row;
	if (row->marks & ORDER_REMINDED)
		escalate(core, order, PD_escalation_idle, now_ms, event);
	else
		begin_event(row, PD_MSG_reminded, now_ms, event);
}

/* What is due beside the orders. */
static enum core_due decide_other(struct core *core, uint64_t now_ms, struct core_due_thing *thing)
{
	bool due = listings_decide_due(core, now_ms, &thing->event) || duties_decide_due(core, now_ms, &thing->event) ||
		   reroute_due(core, now_ms, thing);
	return due ? CORE_DUE_EVENT : CORE_DUE_NOTHING;
}

enum core_due core_decide_due(struct core *core, uint64_t now_ms, struct core_due_thing *thing)
{
	struct order *order;
	uint64_t notice_ms = notice_next_due(core);
	enum life_alarm alarm = LIFE_ALARM_PUT_OFF;
	thing->event = (struct pd_message){.request = core->last_seq + 1};
	thing->order = NULL;
	/* First what ends orders or changes their times, then what falls due by these. */
	if (notice_decide_outlived(core, now_ms, &thing->event) || lapse_decide_due(core, now_ms, &thing->event) ||
	    modes_decide_due(core, now_ms, &thing->event))
		return CORE_DUE_EVENT;
	while (alarm == LIFE_ALARM_PUT_OFF) {
		order = timers_first(&core->timers);
		if (notice_ms <= now_ms && (!order || notice_ms < order->alarm_ms)) {
			thing->order = NULL;
			return notice_decide_due(core, now_ms, &thing->event) ? CORE_DUE_EVENT : CORE_DUE_NOTHING;
		}
		if (!order || order->alarm_ms > now_ms)
			return decide_other(core, now_ms, thing);
		alarm = life_alarm(core, order, now_ms, &thing->why);
	}
	thing->order = order;
	if (alarm == LIFE_ALARM_WARNING)
		return CORE_DUE_WARNING;
	if (alarm == LIFE_ALARM_DUE)
		fall_due(core, order, now_ms, &thing->event);
	else
		fall_idle(core, order, now_ms, &thing->event);
	thing->event.request = core->last_seq + 1;
	return CORE_DUE_EVENT;
}

uint64_t core_next_due(const struct core *constant)
{
	struct core *core = (struct core *)constant; /* that timers are gone may show now */
	const struct order *order = timers_first(&core->timers);
	const uint64_t others[] = {listings_next_due(core),    duties_next_due(core), notice_next_due(core),
				   notice_next_outlived(core), lapse_next_due(core),  modes_next_due(core)};
	uint64_t next = order ? order->alarm_ms : UINT64_MAX;
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		next = others[i] < next ? others[i] : next;
	return next;
}
