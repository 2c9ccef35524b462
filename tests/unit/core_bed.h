/* core_bed.h - what the tests of the core share: a small district, commands to it, and what must hold after each of
 * them.
 *
 *   1 district
 *     2 street ── 3 community ─┬─ 4 grid ─┬─ 11 micro-grid: households 50 (centre), 51, 52
 *                              │          └─ 12 micro-grid: household 60
 *                              ├─ 5 grid ─── 21 micro-grid: household 70
 *                              └─ 6 dedicated grid
 *     7 street ── 8 community ─── 9 grid ─── 91 micro-grid: household 80
 */
#ifndef PAIDAN_CORE_BED_H
#define PAIDAN_CORE_BED_H

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "codec.h"
#include "core.h"
#include "id.h"

#define BED_USED __attribute__((unused))

/* BED_OTHER: the order that others are merged into. */
enum { BED_PEOPLE = 20, BED_OTHER = 90000, BED_SECOND = 1000, BED_HOUR = 3600 * 1000, BED_DAY = 24 * BED_HOUR };
static const uint64_t bed_begin_ms = 1763900000000;
static const struct core_periods bed_periods = {.confirm_within_ms = 7 * (uint64_t)BED_DAY,
						.reopen_within_ms = 15 * (uint64_t)BED_DAY,
						.reopen_max = 3,
						.urge_every_ms = BED_HOUR};

/* A core, and the events that made it. Time passes only when a test says so. */
struct bed {
	struct core *core;
	uint64_t now_ms;
	struct pd_buffer events;       /* all that were applied, back to back */
	struct core_decision decision; /* the last one */
};

#define expect(condition, ...)                                                                                         \
	do {                                                                                                           \
		if (!(condition))                                                                                      \
			fail_msg(__VA_ARGS__);                                                                         \
	} while (0)

BED_USED static void expect_u64(uint64_t value, uint64_t wanted, const char *what)
{
	expect(value == wanted, "%s: got %" PRIu64 ", expected %" PRIu64, what, value, wanted);
}

/* ---- the state as bytes ---- */

BED_USED static void bed_sink(const void *data, size_t bytes, void *arg)
{
	pd_buffer_add(arg, data, bytes);
}

BED_USED static struct pd_buffer bed_dump(const struct core *core)
{
	struct pd_buffer dump = {0};
	core_dump(core, bed_sink, &dump);
	return dump;
}

BED_USED static bool bed_same_bytes(const struct pd_buffer *a, const struct pd_buffer *b)
{
	return a->count == b->count && memcmp(a->data, b->data, a->count) == 0;
}

/* Frees both. */
BED_USED static void expect_same_dump(struct pd_buffer a, struct pd_buffer b, const char *what)
{
	bool same = bed_same_bytes(&a, &b);
	pd_buffer_fini(&a);
	pd_buffer_fini(&b);
	expect(same, "%s: the states differ", what);
}

/* ---- what holds after every event ---- */

BED_USED static unsigned bed_check_queue(const struct holder *holder, struct order_queue *queue, unsigned state)
{
	const struct order *before = NULL;
	struct order *order;
	unsigned count = 0;
	RB_FOREACH(order, order_queue, queue)
	{
		bool belongs = order->row.state == state ||
			       (state == PD_STATE_accepted && order->row.state == PD_STATE_suspended);
		expect(belongs, "order of seq %" PRIu64 " is %s, in the queue of the %s ones", order->row.seq,
		       pd_word("state", order->row.state), pd_word("state", state));
		expect(order->row.holder == holder->area && order->holder == holder,
		       "order of seq %" PRIu64 " of holder %u stands in the queue of %u", order->row.seq,
		       order->row.holder, holder->area);
		expect(order->away == (order->row.holder != order->row.area), "order of seq %" PRIu64 " is %s",
		       order->row.seq, order->away ? "away at home" : "elsewhere and not away");
		expect(!before || before->row.urgency < order->row.urgency ||
			       (before->row.urgency == order->row.urgency && before->row.seq < order->row.seq),
		       "seq %" PRIu64 " stands before seq %" PRIu64, before->row.seq, order->row.seq);
		before = order;
		count++;
	}
	return count;
}

BED_USED static void bed_check_holder(struct holder *holder)
{
	const struct order *order;
	uint64_t before_ms = 0;
	unsigned aged = 0;
	expect_u64(bed_check_queue(holder, &holder->waiting, PD_STATE_waiting), holder->waiting_count, "waiting_count");
	expect_u64(bed_check_queue(holder, &holder->working, PD_STATE_accepted), holder->working_count,
		   "working_count");
	TAILQ_FOREACH(order, &holder->by_age, by_age)
	{
		expect(order->row.state == PD_STATE_waiting, "by_age holds an order that is %s",
		       pd_word("state", order->row.state));
		expect(order->row.waiting_ms >= before_ms, "by_age: a longer wait stands behind a shorter one");
		before_ms = order->row.waiting_ms;
		aged++;
	}
	expect_u64(aged, holder->waiting_count, "orders in by_age");
	expect(holder->entity->holder == holder, "area %u does not know its holder", holder->area);
}

BED_USED static void bed_check(const struct core *core)
{
	size_t count;
	void *const *areas = registry_sorted(core_registry(core), REGISTRY_AREAS, &count);
	for (size_t i = 0; i < count; i++) {
		struct holder *holder = core_holder(core, ((const struct area *)areas[i])->id);
		if (holder)
			bed_check_holder(holder);
	}
}

/* ---- commands and events ---- */

BED_USED static struct pd_id bed_id(unsigned n)
{
	uint8_t random[10] = {0};
	random[9] = (uint8_t)n;
	random[8] = (uint8_t)(n >> 8);
	random[7] = (uint8_t)(n >> 16);
	return pd_id_make(bed_begin_ms, random);
}

/* An event's place: where it stands among the events, which is never 0. */
BED_USED static struct order *bed_apply(struct bed *bed, const struct pd_message *event)
{
	uint64_t at = 72 + bed->events.count;
	pd_encode(event, &bed->events);
	struct order *order = core_apply(bed->core, event, at);
	bed_check(bed->core);
	return order;
}

/* What is due, warnings left aside. */
BED_USED static bool bed_due(struct core *core, uint64_t now_ms, struct pd_message *event)
{
	struct core_due_thing thing;
	enum core_due due;
	while ((due = core_decide_due(core, now_ms, &thing)) == CORE_DUE_WARNING)
		continue;
	*event = thing.event;
	return due == CORE_DUE_EVENT;
}

/* When the next event is due; warnings until then are taken. */
BED_USED static uint64_t bed_next_due(struct core *core)
{
	struct core_due_thing thing;
	uint64_t at_ms;
	while ((at_ms = core_next_due(core)) != UINT64_MAX && core_decide_due(core, at_ms, &thing) != CORE_DUE_EVENT)
		continue;
	return at_ms;
}

/* A core made anew from the events of another. */
BED_USED static struct core *bed_replay(const struct pd_buffer *events, uint64_t hash_seed)
{
	const struct core_periods other = {0}; /* a replay needs none */
	struct core *core = core_new(hash_seed, &other);
	struct pd_decoder *decoder = pd_decoder_new();
	assert_non_null(decoder);
	for (size_t off = 0; off < events->count;) {
		struct pd_message event;
		struct pd_fault fault;
		uint64_t at = 72 + off;
		expect(pd_decode(decoder, events->data, events->count, &off, &event, &fault) == PD_OK,
		       "an event cannot be read: %s", fault.detail);
		core_apply(core, &event, at);
		pd_decoder_reset(decoder);
	}
	pd_decoder_free(decoder);
	return core;
}

/* A detail in English, until three others were rendered. */
BED_USED static const char *bed_says(const struct pd_detail *detail)
{
	static char texts[4][PD_DETAIL_BYTES];
	static unsigned used;
	return pd_detail_text(detail, PD_language_english, texts[used++ % 4]);
}

/* Decide must change nothing. */
BED_USED static void bed_decide(struct bed *bed, const struct pd_message *command, uint32_t actor)
{
	struct pd_buffer before = bed_dump(bed->core);
	memset(&bed->decision, 0xee, sizeof bed->decision); /* nothing may lean on what was there */
	core_decide(bed->core, command, actor, bed->now_ms, &bed->decision);
	expect_same_dump(before, bed_dump(bed->core), "before and after decide");
	if (bed->decision.outcome == CORE_REFUSED)
		bed_says(&bed->decision.detail);
}

/* Decide and, if it comes to an event, apply. Returns the order, null when there was no event or it is the registry's.
 */
BED_USED static struct order *bed_do(struct bed *bed, const struct pd_message *command, uint32_t actor)
{
	struct pd_fault fault;
	expect(pd_validate(command, &fault) == PD_OK, "the test's %s is outside its limits: %s",
	       pd_message_info(command->type)->name, fault.detail);
	bed_decide(bed, command, actor);
	if (bed->decision.outcome != CORE_EVENT)
		return NULL;
	const struct pd_message *event = &bed->decision.event;
	expect(pd_validate(event, &fault) == PD_OK, "%s: the event is outside its limits: %s",
	       pd_message_info(event->type)->name, fault.detail);
	expect_u64(event->request, core_last_seq(bed->core) + 1, "the event's seq");
	return bed_apply(bed, event);
}

/* The same without looking at the whole state each time; must come to an event. */
BED_USED static struct order *bed_quickly(struct bed *bed, const struct pd_message *command, uint32_t actor)
{
	uint64_t at = 72 + bed->events.count;
	core_decide(bed->core, command, actor, bed->now_ms, &bed->decision);
	expect(bed->decision.outcome == CORE_EVENT, "%s by %u: got %s", pd_message_info(command->type)->name, actor,
	       bed_says(&bed->decision.detail));
	pd_encode(&bed->decision.event, &bed->events);
	return core_apply(bed->core, &bed->decision.event, at);
}

BED_USED static struct pd_message bed_submit(unsigned n, uint32_t category)
{
	struct pd_message message = {.type = PD_MSG_submit, .request = 1};
	message.submit = (struct pd_submit){.order = bed_id(n), .category = category, .text = pd_text("灯坏了")};
	return message;
}

/* A move of order n with some contents. */
BED_USED static struct pd_message bed_move(enum pd_type type, unsigned n, uint32_t version)
{
	struct pd_message message = {.type = type, .request = 1};
	message.accept = (struct pd_accept){.order = bed_id(n), .version = version};
	switch (type) {
	case PD_MSG_decline: message.decline.reason = pd_text("需要供电公司处理"); break;
	case PD_MSG_transfer:
		message.transfer.holder = 12;
		message.transfer.reason = pd_text("地址属于邻近微网格");
		break;
	case PD_MSG_release: message.release.reason = pd_text("今天临时外出"); break;
	case PD_MSG_suspend:
		message.suspend.until_ms = bed_begin_ms + 30 * (uint64_t)BED_DAY;
		message.suspend.reason = pd_text("等配件到货");
		break;
	case PD_MSG_resume: message.resume.reason = pd_text("配件已到"); break;
	case PD_MSG_complete: message.complete.result = pd_text("已更换灯泡"); break;
	case PD_MSG_confirm:
		message.confirm.rating = 5;
		message.confirm.text = pd_text("很快，谢谢");
		break;
	case PD_MSG_reopen: message.reopen.reason = pd_text("灯又不亮了"); break;
	case PD_MSG_cancel: message.cancel.reason = pd_text("自己修好了"); break;
	case PD_MSG_note: message.note.text = pd_text("配件明天到"); break;
	case PD_MSG_urge: message.urge.text = pd_text("老人晚上出门不方便"); break;
	case PD_MSG_merge:
		message.merge.into = bed_id(BED_OTHER);
		message.merge.reason = pd_text("同一盏灯");
		break;
	case PD_MSG_endorse:
		message.endorse.rating = 4;
		message.endorse.text = pd_text("我家门口也亮了");
		break;
	default: break;
	}
	return message;
}

BED_USED static const char *bed_outcome(enum core_outcome outcome)
{
	static const char *const names[] = {"an event", "repeated", "refused", "look back"};
	return outcome <= CORE_LOOK_BACK ? names[outcome] : "nonsense";
}

BED_USED static const char *bed_refusal(enum pd_refusal refusal)
{
	const struct pd_refusal_info *info = pd_refusal_info(refusal);
	return info ? info->name : "none";
}

BED_USED static void expect_outcome(const struct bed *bed, enum core_outcome wanted, const char *what)
{
	const struct core_decision *is = &bed->decision;
	expect(is->outcome == wanted, "%s: got %s (%s: %s), expected %s", what, bed_outcome(is->outcome),
	       bed_refusal(is->refusal), bed_says(&is->detail), bed_outcome(wanted));
}

/* Refused so, with this in the detail. */
BED_USED static void expect_refused(const struct bed *bed, enum pd_refusal refusal, const char *detail,
				    const char *what)
{
	const struct core_decision *is = &bed->decision;
	expect(is->outcome == CORE_REFUSED && is->refusal == refusal, "%s: got %s (%s: %s), expected refused (%s)",
	       what, bed_outcome(is->outcome), bed_refusal(is->refusal), bed_says(&is->detail), bed_refusal(refusal));
	expect(strstr(bed_says(&is->detail), detail), "%s: the detail is \"%s\", expected \"%s\" in it", what,
	       bed_says(&is->detail), detail);
}

/* Do a move that must succeed; returns the order. */
BED_USED static struct order *bed_must(struct bed *bed, enum pd_type type, unsigned n, uint32_t version, uint32_t actor)
{
	struct pd_message command = bed_move(type, n, version);
	struct order *order = bed_do(bed, &command, actor);
	expect_outcome(bed, CORE_EVENT, pd_message_info(type)->name);
	return order;
}

BED_USED static struct order *bed_must_submit(struct bed *bed, unsigned n, uint32_t category, uint32_t actor)
{
	struct pd_message command = bed_submit(n, category);
	struct order *order = bed_do(bed, &command, actor);
	expect_outcome(bed, CORE_EVENT, "submit");
	return order;
}

/* Whatever the command, its outcome. */
BED_USED static void bed_must_do(struct bed *bed, struct pd_message command, uint32_t actor)
{
	bed_do(bed, &command, actor);
	expect_outcome(bed, CORE_EVENT, pd_message_info(command.type)->name);
}

BED_USED static void bed_must_refuse(struct bed *bed, struct pd_message command, uint32_t actor,
				     enum pd_refusal refusal, const char *detail)
{
	bed_do(bed, &command, actor);
	expect_refused(bed, refusal, detail, pd_message_info(command.type)->name);
}

/* ---- the district ---- */

BED_USED static struct pd_message bed_area(uint32_t id, uint32_t parent, unsigned level, unsigned kind,
					   const char *name)
{
	struct pd_message message = {.type = PD_MSG_put_area, .request = 1};
	message.put_area = (struct pd_put_area){
		.area = id, .parent = parent, .level = (uint8_t)level, .kind = (uint8_t)kind, .name = pd_text(name)};
	return message;
}

BED_USED static struct pd_message bed_household(uint32_t id, uint32_t area, uint32_t centre)
{
	struct pd_message message = {.type = PD_MSG_put_household, .request = 1};
	message.put_household = (struct pd_put_household){.household = id,
							  .area = area,
							  .centre = centre,
							  .address = pd_text("税务街12号院"),
							  .lon_e7 = 1178580000,
							  .lat_e7 = 364970000};
	return message;
}

BED_USED static struct pd_message bed_person(uint32_t id, unsigned post, uint32_t area, uint32_t household)
{
	struct pd_message message = {.type = PD_MSG_put_person, .request = 1};
	message.put_person = (struct pd_put_person){.person = id,
						    .post = (uint8_t)post,
						    .area = area,
						    .household = household,
						    .name = pd_text("王秀英"),
						    .phone = pd_text("0533-0000001")};
	return message;
}

BED_USED static struct pd_message bed_category(uint32_t id, unsigned level, unsigned urgency)
{
	struct pd_message message = {.type = PD_MSG_put_category, .request = 1};
	message.put_category = (struct pd_put_category){.category = id,
							.name = pd_text("公共照明"),
							.level = (uint8_t)level,
							.urgency = (uint8_t)urgency,
							.accept_within_s = 1800,
							.complete_within_s = 86400};
	return message;
}

/* As the operator; must succeed. */
BED_USED static void bed_put(struct bed *bed, struct pd_message put)
{
	bed_do(bed, &put, 0);
	expect_outcome(bed, CORE_EVENT, pd_message_info(put.type)->name);
}

/* Everybody that there is: post, area, household. 912 is retired. */
static const struct bed_somebody {
	uint32_t id;
	unsigned post;
	uint32_t area, household;
} bed_people[BED_PEOPLE] = {
	{101, PD_post_resident, 11, 50},     {102, PD_post_resident, 11, 51},  {103, PD_post_resident, 12, 60},
	{104, PD_post_resident, 12, 0},      {110, PD_post_merchant, 6, 0},    {120, PD_post_centre, 11, 50},
	{201, PD_post_leader, 11, 50},       {202, PD_post_leader, 11, 0},     {203, PD_post_leader, 12, 0},
	{204, PD_post_leader, 21, 70},       {301, PD_post_grid_leader, 4, 0}, {302, PD_post_grid_leader, 5, 0},
	{401, PD_post_staff, 3, 0},          {402, PD_post_staff, 2, 0},       {403, PD_post_staff, 1, 0},
	{404, PD_post_staff, 7, 80},         {501, PD_post_supervisor, 1, 0},  {601, PD_post_courier, 11, 0},
	{901, PD_post_administrator, 91, 0}, {912, PD_post_staff, 1, 0},
};

BED_USED static void bed_settle(struct bed *bed)
{
	bed_put(bed, bed_area(1, 0, PD_level_district, PD_area_kind_plain, "博山区"));
	bed_put(bed, bed_area(2, 1, PD_level_street, PD_area_kind_plain, "城东街道"));
	bed_put(bed, bed_area(3, 2, PD_level_community, PD_area_kind_urban, "税务街社区"));
	bed_put(bed, bed_area(4, 3, PD_level_grid, PD_area_kind_plain, "第一网格"));
	bed_put(bed, bed_area(5, 3, PD_level_grid, PD_area_kind_plain, "第二网格"));
	bed_put(bed, bed_area(6, 3, PD_level_grid, PD_area_kind_dedicated, "商城专属网格"));
	bed_put(bed, bed_area(11, 4, PD_level_microgrid, PD_area_kind_plain, "第一微网格"));
	bed_put(bed, bed_area(12, 4, PD_level_microgrid, PD_area_kind_plain, "第二微网格"));
	bed_put(bed, bed_area(21, 5, PD_level_microgrid, PD_area_kind_plain, "第三微网格"));
	bed_put(bed, bed_area(7, 1, PD_level_street, PD_area_kind_plain, "山头街道"));
	bed_put(bed, bed_area(8, 7, PD_level_community, PD_area_kind_village, "河南东村"));
	bed_put(bed, bed_area(9, 8, PD_level_grid, PD_area_kind_plain, "第三网格"));
	bed_put(bed, bed_area(91, 9, PD_level_microgrid, PD_area_kind_plain, "第四微网格"));
	bed_put(bed, bed_household(50, 11, 50));
	bed_put(bed, bed_household(51, 11, 50));
	bed_put(bed, bed_household(52, 11, 50));
	bed_put(bed, bed_household(60, 12, 60));
	bed_put(bed, bed_household(70, 21, 70));
	bed_put(bed, bed_household(80, 91, 80));
	for (const struct bed_somebody *p = bed_people; p < bed_people + BED_PEOPLE; p++)
		bed_put(bed, bed_person(p->id, p->post, p->area, p->household));
	struct pd_message retired = bed_person(912, PD_post_staff, 1, 0);
	retired.put_person.retired = true;
	bed_put(bed, retired);
	/* 1 to 5: of that level, and 9 that is retired. */
	for (unsigned level = PD_level_district; level <= PD_level_microgrid; level++)
		bed_put(bed, bed_category(level, level, PD_urgency_normal));
	bed_put(bed, bed_category(9, PD_level_microgrid, PD_urgency_normal));
	retired = bed_category(9, PD_level_microgrid, PD_urgency_normal);
	retired.put_category.retired = true;
	bed_put(bed, retired);
}

BED_USED static struct bed *bed_new(void)
{
	struct bed *bed = calloc(1, sizeof *bed);
	assert_non_null(bed);
	bed->core = core_new(42, &bed_periods);
	bed->now_ms = bed_begin_ms;
	bed_settle(bed);
	return bed;
}

/* Whatever a test has done: a replay of its events makes the same state. */
BED_USED static void bed_free(struct bed *bed)
{
	struct core *again = bed_replay(&bed->events, 7);
	struct pd_buffer a = bed_dump(bed->core), b = bed_dump(again);
	bed_check(again);
	bool same = bed_same_bytes(&a, &b) && core_last_ms(bed->core) == core_last_ms(again);
	pd_buffer_fini(&a);
	pd_buffer_fini(&b);
	core_free(again);
	core_free(bed->core);
	pd_buffer_fini(&bed->events);
	free(bed);
	expect(same, "a replay of the events makes another state");
}

BED_USED static int bed_setup(void **state)
{
	*state = bed_new();
	return 0;
}

BED_USED static int bed_teardown(void **state)
{
	bed_free(*state);
	return 0;
}

#endif
