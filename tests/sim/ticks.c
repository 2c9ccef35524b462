#include "ticks.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "answers.h"
#include "bulletin.h"
#include "duties.h"
#include "id.h"
#include "lists.h"
#include "modes.h"
#include "model.h"
#include "pushes.h"
#include "sim.h"
#include "tally.h"
#include "trace.h"

enum { AT_ONCE = 1000, MANY = 10, PEERS_MAX = 16 };
static const uint64_t quarter_ms = 15 * UINT64_C(60000);

/* A warning that was given in this life of the broker, and to whom it has left. */
struct given {
	struct pd_id order;
	uint64_t of_seq; /* the event that began what it warns of */
	uint32_t version;
	uint8_t why;
	uint32_t peers[PEERS_MAX];
	unsigned peer_count;
};

static struct {
	uint64_t begin_ms; /* of the last event that was there when this life began */
	unsigned things, events;
	uint64_t due_ms; /* of the last thing */
	bool all;        /* nothing was left */
	struct pd_message event;
	const struct order *warned; /* whose warning was found due, and is not given yet */
	struct given *given;
	size_t given_count, given_capacity;
} ticks;

enum core_due __real_core_decide_due(struct core *core, uint64_t now_ms, struct core_due_thing *thing);
enum core_due __wrap_core_decide_due(struct core *core, uint64_t now_ms, struct core_due_thing *thing);
void __real_push_warn(struct push *push, const struct order *order, enum pd_warning why);
void __wrap_push_warn(struct push *push, const struct order *order, enum pd_warning why);

void ticks_init(void)
{
	ticks_fini();
}

void ticks_fini(void)
{
	free(ticks.given);
	memset(&ticks, 0, sizeof ticks);
}

/* Whether its notice has ended, and somebody is still to work on it. */
static bool is_to_lapse(const struct life *life)
{
	return life_queued(life) && bulletin_is_over(&life->notice);
}

void ticks_begin_life(void)
{
	ticks.given_count = 0;
	ticks.begin_ms = core_last_ms(sim.store.core);
	size_t count;
	struct life *const *lives = model_lives(&count);
	for (size_t i = 0; i < count; i++)
		if (is_to_lapse(lives[i])) {
			tally_add(TALLY_LAPSE_CUT);
			break;
		}
}

static _Noreturn void wrong(const struct life *life, const char *what)
{
	char id[PD_ID_TEXT_BYTES];
	const struct version *now = life_now(life);
	trace_fail("order %s, at version %" PRIu32 ", %s at area %" PRIu32 ", due at %" PRIu64 ", at %" PRIu64 ": %s",
		   pd_id_print(&life->id, id), life->count, pd_word("state", now->state), now->holder, now->due_ms,
		   sim.front->now_ms, what);
}

static const struct life *life_of(const struct pd_id *id)
{
	const struct life *life = model_find(id);
	if (!life)
		trace_fail("something is due of an order that is not there");
	return life;
}

/* ---- things that are due ---- */

static void in_order(const struct life *life, uint64_t due_ms)
{
	char id[PD_ID_TEXT_BYTES];
	trace_line("of order %s something was due at %" PRIu64, pd_id_print(&life->id, id), due_ms);
	if (due_ms > sim.front->now_ms)
		wrong(life, "what is done of it was not due yet");
	if (due_ms < ticks.due_ms)
		wrong(life, "what is done of it was due before what was done before");
	ticks.due_ms = due_ms;
}

/* An alarm for silence is set by the clocks as they were then. */
static bool clocks_stand(const struct life *life)
{
	return life_now(life)->state_seq > model_clocks_seq();
}

static void tally_escalation(const struct pd_escalated *escalated)
{
	static const enum tally of[] = {[PD_escalation_not_accepted] = TALLY_NOT_ACCEPTED,
					[PD_escalation_not_completed] = TALLY_NOT_COMPLETED,
					[PD_escalation_idle] = TALLY_IDLE};
	tally_add(of[escalated->why]);
	if (escalated->due_ms == 0)
		tally_add(TALLY_STUCK);
}

static void on_move(const struct pd_message *event)
{
	const struct life *life = life_of(&event->order_event.order);
	bool silent = event->type == PD_MSG_reminded ||
		      (event->type == PD_MSG_escalated && event->escalated.why == PD_escalation_idle);
	if (!silent)
		in_order(life, life_now(life)->due_ms);
	else if (clocks_stand(life))
		in_order(life, model_idle_ms(core_registry(sim.store.core), life));
	if (event->type == PD_MSG_escalated)
		tally_escalation(&event->escalated);
	else if (event->type == PD_MSG_resumed)
		tally_add(TALLY_RESUMED);
}

static void on_event(const struct pd_message *event)
{
	uint64_t now_ms = sim.front->now_ms;
	ticks.event = *event;
	ticks.events++;
	switch (event->type) {
	case PD_MSG_submitted:
		if (!duties_is_made(&event->submitted)) /* duties.h looks at when it was due */
			bulletin_due(event, now_ms);
		break;
	case PD_MSG_notice_ended: bulletin_due(event, now_ms); break;
	case PD_MSG_mode_ended:
	case PD_MSG_notified: modes_due(event, now_ms); break;
	case PD_MSG_withdrawn: lists_due(event, now_ms); break;
	case PD_MSG_lapsed:
	case PD_MSG_redated:
	case PD_MSG_rerouted: break; /* they have no time of their own */
	default: on_move(event);
	}
}

/* ---- warnings ---- */

static uint64_t warning_ms(const struct life *life, enum pd_warning why)
{
	const struct version *now = life_now(life);
	uint64_t begin_ms = now->state == PD_STATE_waiting ? now->waiting_ms : now->accepted_ms;
	if ((now->state != PD_STATE_waiting && now->state != PD_STATE_accepted) || now->due_ms == 0)
		wrong(life, "a warning is given of nothing");
	return why == PD_warning_half ? begin_ms + (now->due_ms - begin_ms) / 2 : now->due_ms - quarter_ms;
}

enum core_due __wrap_core_decide_due(struct core *core, uint64_t now_ms, struct core_due_thing *thing)
{
	enum core_due due = __real_core_decide_due(core, now_ms, thing);
	ticks.all = due == CORE_DUE_NOTHING;
	ticks.things += due != CORE_DUE_NOTHING;
	ticks.warned = due == CORE_DUE_WARNING ? thing->order : NULL;
	if (due == CORE_DUE_EVENT)
		on_event(&thing->event);
	else if (due == CORE_DUE_WARNING)
		in_order(life_of(&thing->order->row.id), warning_ms(life_of(&thing->order->row.id), thing->why));
	return due;
}

bool ticks_made(const struct pd_message *event)
{
	return event->type == ticks.event.type && event->request == ticks.event.request &&
	       memcmp(&event->order_event, &ticks.event.order_event, sizeof event->order_event) == 0;
}

static struct given *find_given(const struct pd_id *order, uint32_t version, unsigned why)
{
	for (size_t i = 0; i < ticks.given_count; i++) {
		struct given *given = &ticks.given[i];
		if (given->version == version && given->why == why && memcmp(&given->order, order, sizeof *order) == 0)
			return given;
	}
	return NULL;
}

/* Each of a kind is given once for each time that runs; of silence, once for each reminder. */
static void remember(const struct life *life, enum pd_warning why)
{
	const struct version *now = life_now(life);
	uint64_t of_seq = why == PD_warning_idle ? now->seq : now->state_seq;
	for (size_t i = 0; i < ticks.given_count; i++)
		if (ticks.given[i].of_seq == of_seq && ticks.given[i].why == why)
			wrong(life, "it is warned of twice");
	if (ticks.given_count == ticks.given_capacity) {
		ticks.given_capacity = ticks.given_capacity ? 2 * ticks.given_capacity : 64;
		ticks.given = realloc(ticks.given, ticks.given_capacity * sizeof *ticks.given);
		if (!ticks.given)
			trace_system("memory");
	}
	ticks.given[ticks.given_count++] =
		(struct given){.order = life->id, .of_seq = of_seq, .version = life->count, .why = (uint8_t)why};
}

void __wrap_push_warn(struct push *push, const struct order *order, enum pd_warning why)
{
	static const enum tally of[] = {[PD_warning_half] = TALLY_HALF, [PD_warning_soon] = TALLY_SOON};
	const struct life *life = life_of(&order->row.id);
	if (why == PD_warning_half || why == PD_warning_soon) {
		if (ticks.warned != order)
			wrong(life, "a warning is given that is not due");
		if (life_now(life)->due_ms <= sim.front->now_ms)
			wrong(life, "a warning is given of what is over");
		if (warning_ms(life, why) <= ticks.begin_ms)
			wrong(life, "a warning is given again that was due before the broker ended");
		tally_add(of[why]);
	} else if (why != PD_warning_idle || life_now(life)->type != PD_MSG_reminded) {
		wrong(life, "its silence is told of, and nobody was reminded");
	}
	remember(life, why);
	__real_push_warn(push, order, why);
}

void ticks_warned(uint32_t peer, const struct pd_warned *warned)
{
	struct given *given = find_given(&warned->order, warned->version, warned->why);
	const struct life *life = model_find(&warned->order);
	if (!given || !life || warned->version > life->count)
		trace_fail("peer %" PRIu32 " is warned of an order, and it was not due", peer);
	const struct version *v = &life->versions[warned->version - 1];
	answers_demand_durable(v->seq, "a warning");
	if (warned->holder != v->holder || warned->acceptor != v->acceptor || warned->due_ms != v->due_ms)
		wrong(life, "it is warned of otherwise than it was");
	if (!pushes_works_for(peer, warned->holder))
		wrong(life, "somebody is warned of it who does not work for its holder");
	for (unsigned i = 0; i < given->peer_count; i++)
		if (given->peers[i] == peer)
			wrong(life, "a peer is warned of it twice");
	if (given->peer_count == PEERS_MAX)
		trace_fail("more than %d peers are warned of an order", PEERS_MAX);
	given->peers[given->peer_count++] = peer;
	tally_add(TALLY_WARNED);
}

/* ---- after a tick ---- */

void ticks_begin(void)
{
	ticks.things = ticks.events = 0;
	ticks.due_ms = 0;
	ticks.all = false;
}

static void check_moved(const struct life *life, uint64_t now_ms)
{
	const struct registry *registry = core_registry(sim.store.core);
	const struct version *now = life_now(life);
	if (now->due_ms == 0 &&
	    (!now->stuck || now->state != PD_STATE_waiting || registry_area(registry, now->holder)->parent))
		wrong(life, "it has no next time, and has not passed its last one at the top");
	const struct household *household = registry_household(registry, life->household);
	if (now->state != PD_STATE_completed && household && !household->retired && household->area != now->area)
		wrong(life, "its household has moved, and it has not followed");
	if (is_to_lapse(life))
		wrong(life, "its notice has ended, and it has not lapsed");
	if (now->due_ms && now->due_ms <= now_ms)
		wrong(life, "its time is over, and it was not moved");
	if (clocks_stand(life) && model_idle_ms(registry, life) <= now_ms)
		wrong(life, "nothing was said of it for long, and nobody was reminded");
}

void ticks_end(void)
{
	size_t count;
	struct life *const *lives = model_lives(&count);
	if (!ticks.all && ticks.things != AT_ONCE)
		trace_fail("%u things were done of what is due, and some are left", ticks.things);
	if (ticks.events >= MANY)
		tally_add(TALLY_CAUGHT_UP);
	for (size_t i = 0; i < count && ticks.all; i++)
		if (life_open(lives[i]))
			check_moved(lives[i], sim.front->now_ms);
	if (ticks.all) {
		bulletin_check_none_due(core_registry(sim.store.core), sim.front->now_ms);
		lists_check_none_due(sim.front->now_ms);
		duties_check_none_due(core_registry(sim.store.core), sim.front->now_ms);
		modes_check_none_due(core_registry(sim.store.core), sim.front->now_ms);
	}
	ticks.event.type = PD_MSG_none;
}
