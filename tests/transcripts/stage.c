#include "stage.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "account.h"
#include "codec.h"
#include "ground.h"
#include "script.h"

struct stage {
	struct core *core;
	struct core_periods periods;
	struct cast *cast;
	uint64_t now_ms;
	struct pd_buffer events;    /* all that were applied, back to back */
	struct pd_buffer forgotten; /* struct order_row, the latest last */
	struct pd_buffer members;   /* struct member_row of them, the latest last */
	struct pd_decoder *decoder;
	struct pd_buffer last; /* the last command as bytes: its texts were the script's line */
	uint32_t last_actor;
	bool quiet;
	unsigned refusals;
};

static const uint64_t day_ms = 86400000;

struct core_periods stage_periods(void)
{
	return (struct core_periods){.confirm_within_ms = 7 * day_ms,
				     .reopen_within_ms = 15 * day_ms,
				     .reopen_max = 3,
				     .urge_every_ms = day_ms / 24};
}

struct stage *stage_new(struct cast *cast)
{
	struct stage *stage = calloc(1, sizeof *stage);
	if (!stage)
		abort();
	stage->periods = stage_periods();
	stage->core = core_new(1, &stage->periods);
	core_set_map(stage->core, &(struct core_map){ground_find, stage->core});
	stage->cast = cast;
	stage->now_ms = SCRIPT_DAY_1_MS;
	stage->decoder = pd_decoder_new();
	if (!stage->decoder)
		abort();
	return stage;
}

void stage_free(struct stage *stage)
{
	if (!stage)
		return;
	core_free(stage->core);
	pd_buffer_fini(&stage->events);
	pd_buffer_fini(&stage->forgotten);
	pd_buffer_fini(&stage->members);
	pd_buffer_fini(&stage->last);
	pd_decoder_free(stage->decoder);
	free(stage);
}

struct core *stage_core(struct stage *stage)
{
	return stage->core;
}

uint64_t stage_now_ms(const struct stage *stage)
{
	return stage->now_ms;
}

void stage_set_periods(struct stage *stage, const struct core_periods *periods)
{
	stage->periods = *periods;
	core_set_periods(stage->core, periods);
}

void stage_set_quiet(struct stage *stage, bool quiet)
{
	stage->quiet = quiet;
}

unsigned stage_refusals(const struct stage *stage)
{
	return stage->refusals;
}

/* ---- events ---- */

/* An event's place stands for where it would be in the journal; 0 would mean none. */
static uint64_t place(size_t offset)
{
	return offset + 1;
}

static void apply(struct stage *stage, const struct pd_message *event, bool dated)
{
	uint64_t at = place(stage->events.count);
	pd_encode(event, &stage->events);
	const struct order *order = core_apply(stage->core, event, at);
	if (!stage->quiet)
		account_event(stage->cast, stage->core, event, order, dated);
}

/* The next event from *off on; false at the end. */
static bool next_event(struct stage *stage, size_t *off, struct pd_message *event)
{
	struct pd_fault fault;
	if (*off == stage->events.count)
		return false;
	pd_decoder_reset(stage->decoder);
	if (pd_decode(stage->decoder, stage->events.data, stage->events.count, off, event, &fault)) {
		fprintf(stderr, "paidan-transcript: an event cannot be read again: %s\n", fault.detail);
		exit(111);
	}
	return true;
}

/* ---- orders that were forgotten ---- */

static void store(struct order *order, void *arg)
{
	struct stage *stage = arg;
	const struct member_list *list = core_members(stage->core, &order->row.id);
	const struct member *member;
	pd_buffer_add(&stage->forgotten, &order->row, sizeof order->row);
	if (list)
		LIST_FOREACH(member, list, of_owner)
	pd_buffer_add(&stage->members, &member->row, sizeof member->row);
}

void stage_forget(struct stage *stage)
{
	core_take_changed_members(stage->core);
	account_forgotten(core_forget(stage->core, UINT64_MAX, SIZE_MAX, NULL, store, stage));
}

const struct order_row *stage_row(struct stage *stage, const struct pd_id *id)
{
	const struct order *order = core_order(stage->core, id);
	if (order)
		return &order->row;
	const struct order_row *rows = (const struct order_row *)stage->forgotten.data;
	for (size_t i = stage->forgotten.count / sizeof *rows; i-- > 0;)
		if (memcmp(&rows[i].id, id, sizeof *id) == 0)
			return &rows[i];
	return NULL;
}

/* What the broker's front does before it asks the core: an order that has left memory is brought back. */
static void fetch(struct stage *stage, const struct pd_id *id)
{
	const struct order_row *row = core_order(stage->core, id) ? NULL : stage_row(stage, id);
	const struct member_row *rows = (const struct member_row *)stage->members.data;
	if (!row)
		return;
	core_restore(stage->core, row);
	for (size_t i = stage->members.count / sizeof *rows; i-- > 0;) /* the last one first: older ones are left */
		if (memcmp(&rows[i].key.owner, id, sizeof *id) == 0)
			core_restore_member(stage->core, &rows[i]);
}

/* Completed orders, too, when they are due. */
static void fetch_due(struct stage *stage, uint64_t ms)
{
	const struct order_row *rows = (const struct order_row *)stage->forgotten.data;
	for (size_t i = 0; i < stage->forgotten.count / sizeof *rows; i++) {
		const struct order_row *row = stage_row(stage, &rows[i].id);
		if (row->state == PD_STATE_completed && row->due_ms <= ms)
			fetch(stage, &row->id);
	}
}

void stage_pass(struct stage *stage, uint64_t ms)
{
	struct core_due_thing thing;
	fetch_due(stage, ms);
	while (core_next_due(stage->core) <= ms) {
		uint64_t due_ms = core_next_due(stage->core);
		stage->now_ms = due_ms > stage->now_ms ? due_ms : stage->now_ms;
		switch (core_decide_due(stage->core, stage->now_ms, &thing)) {
		case CORE_DUE_EVENT: apply(stage, &thing.event, true); break;
		case CORE_DUE_WARNING: account_warning(stage->cast, stage->now_ms, &thing.order->row, thing.why); break;
		case CORE_DUE_NOTHING: break; /* something was put off */
		}
	}
	stage->now_ms = ms;
}

uint32_t stage_version(struct stage *stage, const struct pd_id *id)
{
	const struct order_row *row = stage_row(stage, id);
	return row ? row->version : 1;
}

/* ---- commands ---- */

/* The same of an answer: whether the member has answered so before. */
static bool look_back_at_answers(struct stage *stage, const struct pd_answer *answer, struct core_decision *decision)
{
	struct pd_message event;
	for (size_t off = 0; next_event(stage, &off, &event);) {
		const struct pd_answered *a = &event.answered;
		if (event.type != PD_MSG_answered || memcmp(&a->notice, &answer->notice, sizeof a->notice) != 0 ||
		    a->member != answer->member || a->actor != decision->actor ||
		    notice_content(a->answer, &a->numbers, a->text) != decision->content)
			continue;
		decision->seq = event.request;
		return true;
	}
	return false;
}

/* As the broker does it: whether the order's story holds what the command would have made. */
static bool look_back(struct stage *stage, const struct pd_id *id, struct core_decision *decision)
{
	struct pd_message event;
	for (size_t off = 0; next_event(stage, &off, &event);) {
		const struct pd_accepted *e = &event.accepted; /* all order events begin like this one */
		if (!pd_is_order_event(event.type) || memcmp(&e->order, id, sizeof *id) != 0 ||
		    e->version != decision->event_version)
			continue;
		if (event.type != decision->event_type || e->actor != decision->actor ||
		    core_content(&event) != decision->content)
			return false;
		decision->seq = event.request;
		decision->version = e->version;
		return true;
	}
	return false;
}

/* Open orders follow the registry at once. */
static void follow(struct stage *stage)
{
	struct core_due_thing thing;
	while (core_next_due(stage->core) > stage->now_ms &&
	       core_decide_due(stage->core, stage->now_ms, &thing) == CORE_DUE_EVENT)
		apply(stage, &thing.event, false);
}

static void decide(struct stage *stage, const struct pd_message *command, uint32_t actor)
{
	struct core_decision decision;
	core_decide(stage->core, command, actor, stage->now_ms, &decision);
	switch (decision.outcome) {
	case CORE_EVENT:
		apply(stage, &decision.event, false);
		follow(stage);
		return;
	case CORE_REPEATED: account_repeated(&decision, false); return;
	case CORE_LOOK_BACK:
		if (command->type == PD_MSG_answer ? look_back_at_answers(stage, &command->answer, &decision)
						   : look_back(stage, &command->accept.order, &decision)) {
			account_repeated(&decision, true);
			return;
		}
		break;
	case CORE_REFUSED: break;
	}
	stage->refusals++;
	account_refused(stage->cast, &decision);
}

static void send(struct stage *stage, const struct pd_message *command, uint32_t actor)
{
	if (command->type < PD_MSG_put_area)
		fetch(stage, &command->accept.order);
	if (command->type == PD_MSG_merge)
		fetch(stage, &command->merge.into);
	decide(stage, command, actor);
}

void stage_send(struct stage *stage, const struct pd_message *command, uint32_t actor)
{
	struct pd_fault fault;
	stage->last.count = 0;
	if (pd_validate(command, &fault)) { /* it would not come through the codec */
		struct core_decision decision = {.refusal = fault.refusal, .detail = fault.what};
		stage->refusals++;
		account_refused(stage->cast, &decision);
		return;
	}
	pd_encode(command, &stage->last);
	stage->last_actor = actor;
	send(stage, command, actor);
}

bool stage_again(struct stage *stage)
{
	struct pd_message command;
	struct pd_fault fault;
	size_t off = 0;
	if (stage->last.count == 0 ||
	    pd_decode(stage->decoder, stage->last.data, stage->last.count, &off, &command, &fault))
		return false;
	send(stage, &command, stage->last_actor);
	return true;
}

/* ---- replay ---- */

static void collect(const void *data, size_t bytes, void *arg)
{
	pd_buffer_add(arg, data, bytes);
}

bool stage_replay(struct stage *stage)
{
	struct core *again = core_new(2, &stage->periods);
	struct pd_message event;
	for (size_t off = 0, at = 0; next_event(stage, &off, &event); at = off)
		core_apply(again, &event, place(at));
	struct pd_buffer a = {0}, b = {0};
	core_dump(stage->core, collect, &a);
	core_dump(again, collect, &b);
	bool same = a.count == b.count && memcmp(a.data, b.data, a.count) == 0;
	account_replay(core_last_seq(stage->core), same);
	pd_buffer_fini(&a);
	pd_buffer_fini(&b);
	core_free(again);
	return same;
}
