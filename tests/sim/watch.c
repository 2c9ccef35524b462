#include "watch.h"

#include <inttypes.h>
#include <string.h>

#include "check.h"
#include "codec.h"
#include "id.h"
#include "model.h"
#include "oracle.h"
#include "sim.h"
#include "tally.h"
#include "ticks.h"
#include "trace.h"

enum { DUMPED_PERMILLE = 150 };

/* What the message under way has done. */
static struct {
	bool handling;
	unsigned events;
	struct pd_submitted submitted;
	enum pd_type type;
	uint32_t actor;
	struct pd_id order;
	uint64_t last_seq;
	unsigned long messages;
	struct pd_buffer bytes;
} watch;

struct order *__real_core_apply(struct core *core, const struct pd_message *event, uint64_t at);
struct order *__wrap_core_apply(struct core *core, const struct pd_message *event, uint64_t at);
void __real_front_on_message(struct front *front, struct session *session, const struct pd_message *message);
void __wrap_front_on_message(struct front *front, struct session *session, const struct pd_message *message);

void watch_init(void)
{
	watch_fini();
}

void watch_fini(void)
{
	pd_buffer_fini(&watch.bytes);
	memset(&watch, 0, sizeof watch);
}

unsigned long watch_messages(void)
{
	return watch.messages;
}

/* ---- events ---- */

static void show_event(const struct core *core, const struct pd_message *event)
{
	char id[PD_ID_TEXT_BYTES] = "";
	uint32_t version = 0;
	if (pd_is_order_event(event->type)) {
		const struct pd_order_event *common = &event->order_event;
		if (event->type == PD_MSG_submitted)
			watch.submitted = event->submitted;
		watch.order = common->order;
		version = common->version;
		pd_id_print(&common->order, id);
		check_touch(&common->order);
	}
	if (pd_is_notice_event(event->type))
		watch.order = event->notified.notice;
	if (pd_is_listing_event(event->type))
		watch.order = event->listing_event.listing;
	trace_line("event %" PRIu64 ": %s %s version %" PRIu32 " by %" PRIu32, event->request,
		   pd_message_info(event->type)->name, id, version, event->area_set.actor);
	watch.bytes.count = 0;
	pd_encode(event, &watch.bytes);
	model_event(core_registry(core), event, watch.bytes.data, watch.bytes.count);
	if (sim.front->listening)
		model_will_publish(event->request);
	tally_event(event->type);
}

struct order *__wrap_core_apply(struct core *core, const struct pd_message *event, uint64_t at)
{
	if (core == sim.store.core && sim.front) {
		if (!watch.handling && !ticks_made(event))
			trace_fail("event %" PRIu64 ", %s, comes from nobody's command", event->request,
				   pd_message_info(event->type)->name);
		watch.events++;
		watch.type = event->type;
		watch.actor = event->area_set.actor;
		watch.last_seq = event->request;
		show_event(core, event);
	}
	return __real_core_apply(core, event, at);
}

/* ---- messages ---- */

static void trace_message(const struct session *session, const struct pd_message *message)
{
	char id[PD_ID_TEXT_BYTES];
	const char *name = pd_message_info(message->type)->name;
	bool begins = message->type == PD_MSG_submit || message->type == PD_MSG_record;
	if (begins || pd_is_move(message->type))
		trace_line("from peer %" PRIu32 " (person %" PRIu32 "): %s %" PRIu64 " of %s version %" PRIu32,
			   session->peer, session->person, name, message->request,
			   pd_id_print(&message->accept.order, id), begins ? 0 : message->accept.version);
	else
		trace_line("from peer %" PRIu32 " (person %" PRIu32 "): %s %" PRIu64, session->peer, session->person,
			   name, message->request);
}

static void compare(const struct pd_message *message, const struct prophecy *prophecy)
{
	const char *name = pd_message_info(message->type)->name;
	const struct expectation *e = &prophecy->expectation;
	bool switched = watch.type == PD_MSG_mode_begun || watch.type == PD_MSG_mode_ended;
	bool set = !switched && registry_kind_of(watch.type) < REGISTRY_KINDS;
	if (watch.events > 0 && prophecy->event == PD_MSG_none)
		trace_fail("%s has become event %" PRIu64 ", %s; it was %s", name, watch.last_seq,
			   pd_message_info(watch.type)->name, e->repeat ? "a repeat" : "to change nothing");
	if (watch.events == 0 && prophecy->event != PD_MSG_none && !prophecy->free_choice)
		trace_fail("%s was to become the event %s of version %" PRIu32 ", and became none", name,
			   pd_message_info(prophecy->event)->name, e->version);
	if (watch.events == 0)
		return;
	bool right = message->type == PD_MSG_import_commit ? set : watch.events == 1 && watch.type == prophecy->event;
	if (right && switched)
		right = watch.actor == e->actor;
	else if (right && !set)
		right = watch.actor == e->actor && memcmp(&watch.order, &e->order, sizeof e->order) == 0;
	const struct pd_submitted *s = &watch.submitted;
	if (right && watch.type == PD_MSG_submitted &&
	    (s->area != prophecy->area || s->route != prophecy->route || s->household != prophecy->household))
		trace_fail("an order is said to come from area %" PRIu32 ", household %" PRIu32
			   ", by %s; it should be area %" PRIu32 ", household %" PRIu32 ", by %s",
			   s->area, s->household, pd_word("route_step", s->route), prophecy->area, prophecy->household,
			   pd_word("route_step", prophecy->route));
	if (!right)
		trace_fail("%s was to become the event %s, and became %u, the last of them %s", name,
			   pd_message_info(prophecy->event)->name, watch.events, pd_message_info(watch.type)->name);
}

static void tally_message(const struct core *core, size_t orders_before, const struct pd_message *message)
{
	if (core_order_count(core) > orders_before && !pd_is_first_event(watch.type))
		tally_add(TALLY_FETCHED);
	if (message->type != PD_MSG_import_commit)
		return;
	if (watch.events)
		tally_add(TALLY_IMPORTED);
	else if (message->import_commit.dry_run)
		tally_add(TALLY_TRIED);
}

void __wrap_front_on_message(struct front *front, struct session *session, const struct pd_message *message)
{
	struct prophecy prophecy;
	size_t orders = core_order_count(front->core);
	bool dumped = dice_permille(&sim.dice, DUMPED_PERMILLE);
	uint64_t before = dumped ? check_dump(front->core) : 0;
	trace_message(session, message);
	oracle_look(front, session, message, &prophecy);
	watch.handling = true;
	watch.events = 0;
	watch.type = PD_MSG_none;
	__real_front_on_message(front, session, message);
	watch.handling = false;
	watch.messages++;
	compare(message, &prophecy);
	if (watch.events > 0) {
		prophecy.expectation.seq = watch.last_seq;
		prophecy.expectation.reasons = (struct reasons){0};
	} else if (dumped) {
		tally_add(TALLY_DUMPS);
		if (check_dump(front->core) != before)
			trace_fail("%s made no event, and the state is another", pd_message_info(message->type)->name);
	}
	tally_message(front->core, orders, message);
	if (prophecy.expectation.wanted != WANT_NOTHING)
		answers_expect(&prophecy.expectation);
}
