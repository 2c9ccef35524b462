#include "check.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "answers.h"
#include "codec.h"
#include "disk.h"
#include "figures.h"
#include "id.h"
#include "lists.h"
#include "model.h"
#include "place.h"
#include "pushes.h"
#include "replay.h"
#include "sim.h"
#include "tally.h"
#include "trace.h"
#include "watch.h"

enum { TOUCHED_MAX = 64, ALL_EVERY = 24 };

static struct {
	struct pd_id touched[TOUCHED_MAX];
	unsigned touched_count; /* more than TOUCHED_MAX: all of them */
	unsigned callbacks;
	unsigned lagged; /* so many times in turn the keeper was left idle since it kept kept_seq */
	uint64_t kept_seq;
	uint64_t seq, registry_version;
	size_t orders; /* in memory, after the last callback */
	bool in_frame;
	uint64_t frame_dump, frame_seq;
	unsigned long frame_messages;
} check;

void check_init(void)
{
	memset(&check, 0, sizeof check);
}

void check_fini(void)
{
	check_init();
}

/* ---- the state as a number ---- */

static void hash_piece(const void *data, size_t bytes, void *arg)
{
	uint64_t *hash = arg;
	*hash = sim_hash(*hash, data, bytes);
}

uint64_t check_dump(const struct core *core)
{
	uint64_t hash = 0;
	core_dump(core, hash_piece, &hash);
	return hash;
}

/* ---- orders and queues ---- */

static _Noreturn void wrong(const struct life *life, const char *what)
{
	char id[PD_ID_TEXT_BYTES];
	const struct version *now = life_now(life);
	trace_fail("order %s, at version %" PRIu32 ", %s at area %" PRIu32 ": %s", pd_id_print(&life->id, id),
		   life->count, pd_word("state", now->state), now->holder, what);
}

static unsigned marks_of(const struct life *life)
{
	const struct version *now = life_now(life);
	return (life->due ? ORDER_DUE : 0u) | (now->late ? ORDER_LATE : 0u) | (life->duplicate ? ORDER_DUPLICATE : 0u) |
	       (life->recorded ? ORDER_RECORDED : 0u) | (now->stuck ? ORDER_STUCK : 0u) |
	       (now->reminded ? ORDER_REMINDED : 0u) | (now->by_plan ? ORDER_REDATED : 0u) |
	       (life->placed ? ORDER_PLACED : 0u);
}

static void check_row(const struct life *life, const struct order_row *row)
{
	const struct version *now = life_now(life), *first = &life->versions[0];
	bool same = row->seq == first->seq && row->last_seq == now->seq && row->submitted_ms == life->submitted_ms &&
		    row->waiting_ms == now->waiting_ms && row->accepted_ms == now->accepted_ms &&
		    row->completed_ms == now->completed_ms && row->ended_ms == now->ended_ms &&
		    row->due_ms == now->due_ms && row->timed_seq == now->timed_seq &&
		    row->requester == life->requester && row->household == life->household &&
		    row->holder == now->holder && row->area == now->area && row->acceptor == now->acceptor &&
		    row->category == life->category && row->version == life->count && row->last_actor == now->actor &&
		    row->attempt == now->attempt && row->last_type == now->type && row->state == now->state &&
		    row->urgency == life->urgency && row->rating == now->rating && row->urges == now->urges &&
		    row->marks == marks_of(life) && row->step == now->step && row->left_s == now->left_s &&
		    row->touched_s == now->touched_s && row->lon_e7 == life->lon_e7 && row->lat_e7 == life->lat_e7;
	bool handed_out = memcmp(&life->notice, &(struct pd_id){{0}}, sizeof life->notice) != 0;
	if (!same || handed_out != (row->handed_out != 0))
		wrong(life, "the row in memory says otherwise");
}

static void check_followers(const struct core *core, const struct life *life, const struct order *order)
{
	struct model_followers wanted = model_followers(life);
	struct followers found;
	core_followers(core, &order->row, &found);
	if (found.count != wanted.count || found.endorsements != wanted.endorsements || found.stars != wanted.stars)
		wrong(life, "others follow it in memory, or have rated it otherwise");
	if (order->away != (life_queued(life) && life_now(life)->area != life_now(life)->holder))
		wrong(life, order->away ? "it is called away" : "it is not called away");
}

/* It is in its holder's queue, if it is to be in one. */
static void check_place(const struct core *core, const struct life *life, struct order *order)
{
	struct holder *holder = core_holder(core, order->row.holder);
	if (!holder || holder != order->holder)
		wrong(life, "its holder is not the one of its area");
	bool waits = RB_FIND(order_queue, &holder->waiting, order) == order;
	bool works = RB_FIND(order_queue, &holder->working, order) == order;
	if (waits != (order->row.state == PD_STATE_waiting))
		wrong(life, waits ? "it stands in the waiting queue" : "it is not in the waiting queue of its holder");
	if (works != (order->row.state == PD_STATE_accepted || order->row.state == PD_STATE_suspended))
		wrong(life, works ? "it stands in the working queue" : "it is not in the working queue of its holder");
}

static void check_order(const struct core *core, const struct life *life)
{
	struct order *order = core_order(core, &life->id);
	if (order) {
		check_row(life, &order->row);
		check_place(core, life, order);
		check_followers(core, life, order);
		return;
	}
	if (life_queued(life))
		wrong(life, "it waits or is worked on, and is not in memory");
	if (life_now(life)->seq > (sim.front ? sim.front->kept_seq : core_last_seq(core)))
		wrong(life, "it was forgotten before the book had it");
}

/* What the areas' queues hold together; each queue is in order, and as long as it says. */
struct lengths {
	uint64_t waiting, working, open;
};

static void check_queues(struct holder *holder, struct lengths *lengths)
{
	uint32_t waiting = 0, working = 0, by_age = 0;
	struct order *before = NULL, *order;
	RB_FOREACH(order, order_queue, &holder->waiting)
	{
		if (before && order_compare_urgency(before, order) >= 0)
			trace_fail("the waiting queue of area %" PRIu32 " is out of order", holder->area);
		before = order;
		waiting++;
	}
	RB_FOREACH(order, order_queue, &holder->working)
	{
		working++;
	}
	before = NULL;
	TAILQ_FOREACH(order, &holder->by_age, by_age)
	{
		if (order->row.state != PD_STATE_waiting || order->holder != holder ||
		    (before && before->row.waiting_ms > order->row.waiting_ms))
			trace_fail("the list by age of area %" PRIu32 " is wrong", holder->area);
		before = order;
		by_age++;
	}
	if (waiting != holder->waiting_count || by_age != waiting || working != holder->working_count)
		trace_fail("area %" PRIu32 " counts %" PRIu32 " waiting and %" PRIu32
			   " accepted; its queues hold %" PRIu32 ", by age %" PRIu32 ", and %" PRIu32,
			   holder->area, holder->waiting_count, holder->working_count, waiting, by_age, working);
	lengths->waiting += waiting;
	lengths->working += working;
}

static void check_all_orders(const struct core *core)
{
	size_t count, area_count, there = 0;
	struct life *const *lives = model_lives(&count);
	struct lengths wanted = {0}, found = {0};
	uint64_t due_ms = UINT64_MAX;
	for (size_t i = 0; i < count; i++) {
		const struct version *now = life_now(lives[i]);
		check_order(core, lives[i]);
		there += core_order(core, &lives[i]->id) != NULL;
		wanted.waiting += now->state == PD_STATE_waiting;
		wanted.working += now->state == PD_STATE_accepted || now->state == PD_STATE_suspended;
		wanted.open += life_open(lives[i]);
		if (life_open(lives[i]) && core_order(core, &lives[i]->id) && now->due_ms && now->due_ms < due_ms)
			due_ms = now->due_ms;
	}
	void *const *areas = registry_sorted(core_registry(core), REGISTRY_AREAS, &area_count);
	for (size_t i = 0; i < area_count; i++) {
		struct holder *holder = core_holder(core, ((const struct area *)areas[i])->id);
		found.open += holder_open_orders(holder);
		if (holder)
			check_queues(holder, &found);
	}
	if (memcmp(&wanted, &found, sizeof wanted) != 0)
		trace_fail("the queues hold %" PRIu64 " waiting and %" PRIu64 " accepted, %" PRIu64
			   " are open; it should be %" PRIu64 ", %" PRIu64 " and %" PRIu64,
			   found.waiting, found.working, found.open, wanted.waiting, wanted.working, wanted.open);
	lists_check(core);
	if (core_order_count(core) != there)
		trace_fail("%zu orders are in memory, %zu of them have happened", core_order_count(core), there);
	if (core_next_due(core) > due_ms) /* it may be earlier: somebody is to be warned or reminded */
		trace_fail("the next order is looked at at %" PRIu64 ", one is due at %" PRIu64, core_next_due(core),
			   due_ms);
}

void check_keeper_pace(void)
{
	enum { TIMES_MAX = 3 };
	const struct front *front = sim.front;
	bool idle =
		!front->in_flight && front->rounds[front->filling].journal.count == 0 && !front->cut && !front->keeping;
	bool behind = front->kept_seq < core_last_seq(front->core);
	check.lagged = idle && behind && front->kept_seq == check.kept_seq ? check.lagged + 1 : 0;
	check.kept_seq = front->kept_seq;
	if (check.lagged > TIMES_MAX)
		trace_fail("the book has event %" PRIu64 ", event %" PRIu64
			   " has long been on disk, and the keeper is idle",
			   front->kept_seq, core_last_seq(front->core));
}

void check_touch(const struct pd_id *order)
{
	if (check.touched_count < TOUCHED_MAX)
		check.touched[check.touched_count] = *order;
	check.touched_count++;
}

static void check_touched(const struct core *core)
{
	bool all = check.touched_count > TOUCHED_MAX || ++check.callbacks % ALL_EVERY == 0;
	for (unsigned i = 0; !all && i < check.touched_count; i++)
		check_order(core, model_find(&check.touched[i]));
	if (all)
		check_all_orders(core);
	check.touched_count = 0;
}

/* ---- the registry's invariants, as registry.h has them ---- */

struct tally_of_area {
	uint32_t children, households;
};

static void check_area(const struct registry *registry, const struct area *area)
{
	if (area->parent && area->parent->level >= area->level)
		trace_fail("area %" PRIu32 " of level %u is below area %" PRIu32 " of level %u", area->id, area->level,
			   area->parent->id, area->parent->level);
	if (area->parent && registry_area(registry, area->parent->id) != area->parent)
		trace_fail("area %" PRIu32 " is below an area that is not in the registry", area->id);
	if (!area->retired && area->parent && area->parent->retired)
		trace_fail("area %" PRIu32 " is in use below area %" PRIu32 ", which is not", area->id,
			   area->parent->id);
	if (area->retired && holder_open_orders(area->holder))
		trace_fail("area %" PRIu32 " is retired with %" PRIu64 " open orders", area->id,
			   holder_open_orders(area->holder));
	size_t count;
	uint32_t children = 0, households = 0;
	void *const *areas = registry_sorted(registry, REGISTRY_AREAS, &count);
	for (size_t i = 0; i < count; i++)
		children +=
			((const struct area *)areas[i])->parent == area && !((const struct area *)areas[i])->retired;
	void *const *all = registry_sorted(registry, REGISTRY_HOUSEHOLDS, &count);
	for (size_t i = 0; i < count; i++)
		households += ((const struct household *)all[i])->area == area->id &&
			      !((const struct household *)all[i])->retired;
	if (children != area->children || households != area->households)
		trace_fail("area %" PRIu32 " counts %" PRIu32 " areas and %" PRIu32
			   " households below it, there are %" PRIu32 " and %" PRIu32,
			   area->id, area->children, area->households, children, households);
}

static void check_household(const struct registry *registry, const struct household *household)
{
	const struct area *area = registry_area(registry, household->area);
	const struct household *centre = registry_household(registry, household->centre);
	if (household->retired)
		return;
	if (!area || area->retired || area->level != PD_level_microgrid)
		trace_fail("household %" PRIu32 " is in use and not in a micro-grid in use", household->id);
	if (!centre || centre->retired || centre->area != household->area || centre->centre != centre->id)
		trace_fail("household %" PRIu32 " is in use and its centre household %" PRIu32 " is none",
			   household->id, household->centre);
}

static void check_person(const struct registry *registry, const struct person *person)
{
	const struct area *area = registry_area(registry, person->area);
	const struct household *household = registry_household(registry, person->household);
	if (person->retired)
		return;
	if (!area || area->retired)
		trace_fail("person %" PRIu32 " is in use with a post in area %" PRIu32 ", which is not", person->id,
			   person->area);
	if (person->household && (!household || household->retired))
		trace_fail("person %" PRIu32 " is in use and lives in household %" PRIu32 ", which is not", person->id,
			   person->household);
}

static void check_registry(const struct registry *registry)
{
	size_t count;
	void *const *areas = registry_sorted(registry, REGISTRY_AREAS, &count);
	for (size_t i = 0; i < count; i++)
		check_area(registry, areas[i]);
	void *const *households = registry_sorted(registry, REGISTRY_HOUSEHOLDS, &count);
	for (size_t i = 0; i < count; i++)
		check_household(registry, households[i]);
	void *const *people = registry_sorted(registry, REGISTRY_PEOPLE, &count);
	for (size_t i = 0; i < count; i++)
		check_person(registry, people[i]);
	check.registry_version = registry_version(registry);
}

/* ---- after callbacks and frames ---- */

void check_after_callback(void)
{
	const struct core *core = sim.store.core;
	check_after_frame();
	answers_look_at_sessions();
	pushes_look_at_sessions();
	if (model_last_seq() != core_last_seq(core))
		trace_fail("the state is at event %" PRIu64 ", %" PRIu64 " have happened", core_last_seq(core),
			   model_last_seq());
	if (core_order_count(core) < check.orders)
		tally_add_many(TALLY_FORGOTTEN, check.orders - core_order_count(core));
	if (registry_version(core_registry(core)) != check.registry_version)
		check_registry(core_registry(core));
	check_touched(core);
	check.orders = core_order_count(core);
	check.seq = model_last_seq();
}

void check_before_frame(void)
{
	check.in_frame = dice_permille(&sim.dice, 50);
	check.frame_messages = watch_messages();
	if (check.in_frame)
		check.frame_dump = check_dump(sim.store.core);
	check.frame_seq = model_last_seq();
}

void check_after_frame(void)
{
	if (check.in_frame && check.frame_messages == watch_messages() &&
	    check_dump(sim.store.core) != check.frame_dump)
		trace_fail("a frame of which nothing could be read has changed the state");
	check.in_frame = false;
}

void check_begin_life(void)
{
	check.in_frame = false;
	check.lagged = 0;
	check.touched_count = 0;
	check.registry_version = registry_version(core_registry(sim.store.core));
	check.orders = core_order_count(sim.store.core);
	check_all_orders(sim.store.core);
	check_registry(core_registry(sim.store.core));
}

/* ---- journal and book ---- */

/* A state and a book made from the journal alone. */
struct remade {
	struct core *core;
	struct book *book;
	struct book_reader *book_reader;
	struct journal_reader *journal;
	struct replay replay;
};

static void remake(struct remade *remade)
{
	static const struct core_periods none; /* the events carry what came of them */
	char why[300];
	unlink(place_path("scratch/data.mdb"));
	unlink(place_path("scratch/lock.mdb"));
	struct book_options options = {.dir = place_path("scratch"), .no_sync = true};
	*remade = (struct remade){.core = core_new(dice_u64(&sim.dice), &none)};
	if (book_open(&remade->book, &options, why) || book_reader_new(&remade->book_reader, remade->book) ||
	    journal_reader_new(&remade->journal, sim.store.journal))
		trace_system("a second book");
	remade->replay = (struct replay){.core = remade->core, .journal = remade->journal, .book = remade->book};
}

static void remade_fini(struct remade *remade)
{
	book_reader_free(remade->book_reader);
	book_close(remade->book);
	journal_reader_free(remade->journal);
	core_free(remade->core);
}

static void replay_to(struct remade *remade, uint64_t seq)
{
	remade->replay.to_seq = seq;
	enum pd_err err = replay_run(&remade->replay);
	if (err)
		trace_fail("the journal cannot be replayed up to event %" PRIu64 ": %s, %s", seq, pd_err_text(err),
			   remade->replay.why);
	if (core_last_seq(remade->core) != seq)
		trace_fail("a replay up to event %" PRIu64 " ends with event %" PRIu64, seq,
			   core_last_seq(remade->core));
}

/* The book as it is now, with one that is made up to the same event. */
static void compare_book(struct remade *remade, struct book_reader *live)
{
	struct book_meta meta = {0};
	uint64_t entries = 0;
	char why[300];
	if (book_begin(live) || book_begin(remade->book_reader))
		trace_system("a snapshot of the book");
	if (book_compare(live, remade->book_reader, &entries, why))
		trace_fail("the book is not what the journal makes up to event %" PRIu64 ": %s",
			   book_meta_get(live, &meta) ? 0 : meta.seq, why);
	book_end(live);
	book_end(remade->book_reader);
}

static uint64_t book_seq(struct book_reader *reader)
{
	struct book_meta meta = {0};
	if (book_begin(reader))
		trace_system("a snapshot of the book");
	enum pd_err err = book_meta_get(reader, &meta);
	book_end(reader);
	return err ? 0 : meta.seq;
}

/* Each row of an order that is not in memory is the one the model knows. */
static void check_kept_rows(struct book_reader *reader)
{
	size_t count;
	struct life *const *lives = model_lives(&count);
	if (book_begin(reader))
		trace_system("a snapshot of the book");
	for (size_t i = 0; i < count; i++) {
		struct order_row row;
		if (core_order(sim.store.core, &lives[i]->id))
			continue;
		if (book_order_get(reader, &lives[i]->id, &row))
			wrong(lives[i], "it is neither in memory nor in the book");
		check_row(lives[i], &row);
	}
	book_end(reader);
}

static void compare_state(struct remade *remade)
{
	if (check_dump(remade->core) != check_dump(sim.store.core))
		trace_fail("the state at event %" PRIu64 " is not what a replay of the journal makes",
			   core_last_seq(remade->core));
}

bool check_replay(void)
{
	struct remade remade;
	struct book_reader *live;
	uint64_t last_seq = core_last_seq(sim.store.core);
	if (sim.front && (sim.front->in_flight || last_seq != journal_last_seq(sim.store.journal)))
		return false;
	if (book_reader_new(&live, sim.store.book))
		trace_system("a reader of the book");
	remake(&remade);
	if (book_seq(live)) {
		replay_to(&remade, book_seq(live));
		compare_book(&remade, live);
	}
	check_kept_rows(live);
	replay_to(&remade, last_seq);
	compare_state(&remade);
	remade_fini(&remade);
	book_reader_free(live);
	check_all_orders(sim.store.core);
	figures_check(sim.store.core);
	tally_add(TALLY_REPLAYED);
	return true;
}

/* ---- after a start ---- */

static void compare_journal(uint64_t last_seq)
{
	struct journal_reader *reader;
	struct journal_event event;
	uint64_t seq = 0;
	const char *why = "";
	if (journal_reader_new(&reader, sim.store.journal))
		trace_system("a reader of the journal");
	for (uint64_t wanted = 1; wanted <= last_seq; wanted++) {
		if (journal_next(reader, &event, &seq, &why))
			trace_fail("event %" PRIu64 " cannot be read from the journal: %s", wanted, why);
		if (seq != wanted || sim_hash(0, event.message, event.bytes) != model_event_hash(seq))
			trace_fail("event %" PRIu64 " in the journal is not the one that happened", wanted);
	}
	if (journal_next(reader, &event, &seq, &why) != PD_ENOENT)
		trace_fail("the journal goes on behind its last event");
	journal_reader_free(reader);
}

void check_recovered(uint64_t durable_seq)
{
	uint64_t last_seq = journal_last_seq(sim.store.journal);
	if (last_seq < answers_promised_seq())
		trace_fail("event %" PRIu64 " was acknowledged, and the journal ends with event %" PRIu64,
			   answers_promised_seq(), last_seq);
	if (last_seq < durable_seq)
		trace_fail("event %" PRIu64 " was on disk, and the journal ends with event %" PRIu64, durable_seq,
			   last_seq);
	if (last_seq > model_last_seq())
		trace_fail("the journal ends with event %" PRIu64 ", %" PRIu64 " have happened", last_seq,
			   model_last_seq());
	if (core_last_seq(sim.store.core) != last_seq)
		trace_fail("the state is at event %" PRIu64 ", the journal at %" PRIu64, core_last_seq(sim.store.core),
			   last_seq);
	if (disk_unsafe(place_path("data/journal")))
		trace_fail("the broker acts on %zu sectors of the journal that are not safe",
			   disk_unsafe(place_path("data/journal")));
	if (last_seq < model_last_seq())
		tally_add(TALLY_EVENTS_LOST);
	if (last_seq > answers_promised_seq())
		tally_add(TALLY_UNPROMISED_KEPT);
	compare_journal(last_seq);
	model_cut(last_seq);
	if (!check_replay())
		trace_fail("a state that has just been loaded is not that of its journal");
}

void check_quiet(void)
{
	const struct front *front = sim.front;
	int i = front->filling;
	if (front->in_flight || front->rounds[i].journal.count || front->rounds[i].reads || front->held_reads ||
	    sessions_pending(&front->sessions, i) || reads_active(front->reads))
		return;
	answers_check_none_owed();
	pushes_check_none_left();
}
