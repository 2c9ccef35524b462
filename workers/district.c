/* district.c - paidan-worker district: everybody who works in a district, in one process.
 *
 * An order that is offered gets a task, whose entry in the agenda says when its next step is due:
 *   DECIDE (accept, decline, merge, or nothing) -> NOTE (few) -> COMPLETE -> gone
 * Between accepting and COMPLETE of a roll-call's order its households are answered for, see rounds.h.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agenda.h"
#include "chance.h"
#include "commands.h"
#include "exchange.h"
#include "intl.h"
#include "phrases.h"
#include "post.h"
#include "roster.h"
#include "rounds.h"
#include "shift.h"
#include "tally.h"
#include "text.h"
#include "worker.h"

#define ACCEPT_MEDIAN_MS 1500.0
#define ACCEPT_SIGMA 0.6
#define COMPLETE_MEDIAN_MS 4000.0
#define COMPLETE_SIGMA 0.5
#define DECLINES 0.03
#define NOTES 0.01

enum { SETTLE_MS = 2000, AGAIN_MS = 5000, BUSY_MS = 100, WAIT_MS_MAX = 60 * 1000, SEEN = 4096 };

enum step { DECIDE, NOTE, COMPLETE };

/* entry stands first: the agenda's entry is cast to its task. */
struct task {
	struct agenda_entry entry;
	struct worker_order *order;
	enum step step;
	struct round *round; /* of a roll-call's order in hand; else null */
	unsigned answered;   /* members whom it has answered for */
};

/* An order that was offered, by what it says and for whom: another one that hashes alike may say the same. */
struct seen {
	uint64_t hash;
	struct pd_id id;
};

struct counts {
	uint64_t accepted, declined, noted, completed, lost, unanswered, merged;
	uint64_t areas_refused;
	struct tally refused;
};

struct district {
	struct cli *cli;
	struct shift shift;
	struct worker *worker;
	struct roster *roster;
	struct agenda agenda;
	struct chance chance;
	struct counts counts;
	struct rounds *rounds;
	struct exchange *exchange;
	struct seen seen[SEEN];
	struct pd_buffer text;
	const char *except;        /* as it was given */
	struct pd_buffer excepted; /* uint32_t: the areas that it names */
	double speed, unanswered;
	uint16_t credit;
	bool verbose;
};

/* ---- tasks ---- */

/* Say of an order what format says with its id, who acts, and the area's name. */
static void say(const struct district *district, const struct worker_order *order, const char *format)
{
	char id[PD_ID_TEXT_BYTES];
	if (!district->verbose)
		return;
	const struct roster_area *area = roster_area(district->roster, order->holder);
	printf(format, pd_id_print(&order->id, id), order->actor, area ? area->name : "?");
}

static void schedule(struct district *district, struct task *task, enum step step, double wait_ms)
{
	task->step = step;
	agenda_put(&district->agenda, &task->entry, agenda_now_ms() + (uint64_t)(wait_ms / district->speed));
}

static struct task *task_new(struct worker_order *order)
{
	struct task *task = calloc(1, sizeof *task);
	if (!task)
		abort();
	task->order = order;
	order->data = task;
	return task;
}

static void task_free(struct worker_order *order, void *arg)
{
	struct district *district = arg;
	struct task *task = order->data;
	agenda_drop(&district->agenda, &task->entry);
	rounds_drop(task->round);
	free(task);
	order->data = NULL;
}

static void begin_completing(struct district *district, struct worker_order *order, double notes)
{
	struct task *task = order->data;
	if (rounds_is_one(order)) {
		task->round = rounds_begin(district->rounds, order);
		return;
	}
	double wait_ms = chance_lognormal(&district->chance, COMPLETE_MEDIAN_MS, COMPLETE_SIGMA);
	bool note = chance_happens(&district->chance, notes);
	schedule(district, task, note ? NOTE : COMPLETE, note ? wait_ms / 2 : wait_ms);
}

static void on_round_done(struct worker_order *order, unsigned answered, void *arg)
{
	struct district *district = arg;
	struct task *task = order->data;
	rounds_drop(task->round);
	task->round = NULL;
	task->answered = answered;
	schedule(district, task, COMPLETE, 0);
}

/* ---- what the worker tells ---- */

static void on_offered(struct worker *worker, struct worker_order *order, void *arg)
{
	struct district *district = arg;
	(void)worker;
	say(district, order, _("%s is offered, to be decided by %" PRIu32 " of %s\n"));
	schedule(district, task_new(order), DECIDE,
		 chance_lognormal(&district->chance, ACCEPT_MEDIAN_MS, ACCEPT_SIGMA));
}

static void on_adopted(struct worker *worker, struct worker_order *order, void *arg)
{
	(void)worker;
	task_new(order);
	begin_completing(arg, order, 0);
}

static void on_done(struct worker *worker, struct worker_order *order, enum pd_type command, void *arg)
{
	struct district *district = arg;
	(void)worker;
	switch (command) {
	case PD_MSG_accept:
		district->counts.accepted++;
		say(district, order, _("%s accepted by %" PRIu32 " of %s\n"));
		begin_completing(district, order, NOTES);
		return;
	case PD_MSG_note:
		district->counts.noted++;
		say(district, order, _("%s noted by %" PRIu32 " of %s\n"));
		begin_completing(district, order, 0);
		return;
	case PD_MSG_decline:
		district->counts.declined++;
		say(district, order, _("%s declined by %" PRIu32 " of %s\n"));
		break;
	case PD_MSG_merge:
		district->counts.merged++;
		say(district, order, _("%s merged by %" PRIu32 " of %s\n"));
		break;
	default: district->counts.completed++; say(district, order, _("%s completed by %" PRIu32 " of %s\n"));
	}
	task_free(order, district);
}

static void on_refused(struct worker *worker, struct worker_order *order, enum pd_type command,
		       const struct pd_refused *refused, void *arg)
{
	struct district *district = arg;
	struct task *task = order->data;
	char why[CLI_REFUSAL_BYTES];
	(void)worker;
	tally_add(&district->counts.refused, refused);
	if (district->verbose)
		printf(_("%s refused: %s\n"), intl_command(command), cli_refusal(refused, why));
	schedule(district, task, task->step, AGAIN_MS);
}

static void on_lost(struct worker *worker, struct worker_order *order, enum worker_loss loss, uint32_t person,
		    void *arg)
{
	struct district *district = arg;
	(void)worker;
	(void)person;
	district->counts.lost += loss == WORKER_TAKEN;
	say(district, order,
	    loss == WORKER_TAKEN ? _("%s was moved by somebody else, instead of by %" PRIu32 " of %s\n")
				 : _("%s is no longer offered, to be decided by %" PRIu32 " of %s\n"));
	task_free(order, district);
}

static void on_area_refused(struct worker *worker, uint32_t area, const struct pd_refused *refused, void *arg)
{
	struct district *district = arg;
	char why[CLI_REFUSAL_BYTES];
	(void)worker;
	if (district->counts.areas_refused++ == 0)
		cli_say(district->cli, _("the broker refuses work for area %" PRIu32 ": %s"), area,
			cli_refusal(refused, why));
}

static void on_link(struct worker *worker, enum pd_link link, const struct pd_message *message, void *arg)
{
	struct district *district = arg;
	(void)worker;
	shift_link(&district->shift, link, message);
}

static const struct worker_handler handler = {
	.offered = on_offered,
	.done = on_done,
	.refused = on_refused,
	.lost = on_lost,
	.area_refused = on_area_refused,
	.link = on_link,
};

/* ---- steps ---- */

/* FNV-1a. */
static uint64_t add_to_hash(uint64_t hash, const void *data, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		hash = (hash ^ ((const unsigned char *)data)[i]) * UINT64_C(1099511628211);
	return hash;
}

/* The order that the same area holds, that is not done yet and says the same. Null: there is none. */
static const struct worker_order *says_the_same(struct district *district, const struct worker_order *order)
{
	const struct pd_submitted *submitted = &order->submitted;
	uint64_t hash = add_to_hash(UINT64_C(14695981039346656037), &order->holder, sizeof order->holder);
	hash = add_to_hash(hash, &submitted->category, sizeof submitted->category);
	hash = add_to_hash(hash, submitted->text.data, submitted->text.bytes);
	struct seen *seen = &district->seen[hash % SEEN];
	const struct worker_order *other = seen->hash == hash ? worker_find(district->worker, &seen->id) : NULL;
	if (other && other != order && other->holder == order->holder)
		return other;
	*seen = (struct seen){hash, order->id};
	return NULL;
}

static enum pd_err decide(struct district *district, struct worker_order *order)
{
	const struct roster_area *area = roster_area(district->roster, order->holder);
	bool has_above = area && area->parent;
	const struct worker_order *same = rounds_is_one(order) ? NULL : says_the_same(district, order);
	if (same)
		return worker_merge(district->worker, order, &same->id, phrases_merge(&district->chance));
	if (has_above && district->unanswered > 0 && chance_happens(&district->chance, district->unanswered)) {
		district->counts.unanswered++; /* it has no entry in the agenda any more, and waits until it climbs */
		return PD_OK;
	}
	if (has_above && !rounds_is_one(order) && chance_happens(&district->chance, DECLINES))
		return worker_decline(district->worker, order, phrases_decline(&district->chance));
	return worker_accept(district->worker, order);
}

static enum pd_err complete(struct district *district, struct worker_order *order)
{
	const struct roster_category *category = roster_category(district->roster, order->submitted.category);
	const struct task *task = order->data;
	district->text.count = 0;
	if (rounds_is_one(order))
		text_print(&district->text, "已逐户完成，共%u户", task->answered);
	else
		phrases_result(&district->text, &district->chance, category ? category->name : "");
	return worker_complete(district->worker, order, text_slice(&district->text));
}

static enum pd_err take_step(struct district *district, struct task *task)
{
	switch (task->step) {
	case DECIDE: return decide(district, task->order);
	case NOTE: return worker_note(district->worker, task->order, phrases_note(&district->chance));
	case COMPLETE: return complete(district, task->order);
	}
	return PD_EINVAL;
}

static void take_due_steps(struct district *district)
{
	uint64_t now_ms = agenda_now_ms();
	struct agenda_entry *entry;
	while ((entry = agenda_due(&district->agenda, now_ms))) {
		struct task *task = (struct task *)entry;
		/* What cannot be sent now is tried again soon: too much is unanswered. */
		if (take_step(district, task) != PD_OK)
			schedule(district, task, task->step, BUSY_MS * district->speed);
	}
}

/* ---- beginning and end ---- */

static enum pd_err read_registry(void *arg)
{
	struct district *district = arg;
	struct pd_client *client = worker_client(district->worker);
	enum pd_err err = roster_load_areas(district->roster, client, POST_QUERY_MS);
	if (!err)
		err = roster_load_categories(district->roster, client, POST_QUERY_MS);
	return err ? err : roster_load_people(district->roster, client, 0, post_working(), POST_QUERY_MS);
}

static enum pd_err find_excepted(struct district *district)
{
	char *names = district->except ? strdup(district->except) : NULL, *rest;
	enum pd_err err = PD_OK;
	if (district->except && !names)
		abort();
	for (char *name = names ? strtok_r(names, ",", &rest) : NULL; name && !err; name = strtok_r(NULL, ",", &rest)) {
		const struct roster_area *area = NULL;
		err = roster_find_area(district->roster, name, &area);
		if (!err)
			pd_buffer_add(&district->excepted, &area->id, sizeof area->id);
	}
	free(names);
	return err;
}

static bool is_excepted(const struct district *district, uint32_t area)
{
	const uint32_t *excepted = (const uint32_t *)district->excepted.data;
	for (size_t i = 0; i < district->excepted.count / sizeof *excepted; i++)
		if (excepted[i] == area)
			return true;
	return false;
}

/* Join every area that somebody leads; counts them by level. */
static enum pd_err join_areas(struct district *district, unsigned joined[static PD_level_end], unsigned *leaderless)
{
	size_t count;
	if (find_excepted(district))
		return PD_ENOENT;
	const struct roster_area *areas = roster_areas(district->roster, &count);
	for (size_t i = 0; i < count; i++) {
		const struct roster_person *leader = roster_leader(district->roster, &areas[i]);
		if (is_excepted(district, areas[i].id))
			continue;
		*leaderless += !leader;
		if (!leader)
			continue;
		if (areas[i].level < PD_level_end)
			joined[areas[i].level]++;
		enum pd_err err = worker_join(district->worker, areas[i].id, leader->id, district->credit);
		if (err)
			return err;
	}
	return PD_OK;
}

static void tell_start(const struct district *district, const unsigned *joined, unsigned leaderless, size_t adopted)
{
	printf(_("working for %u micro-grids, %u grids, %u communities, %u streets and %u district, speed %g"),
	       joined[PD_level_microgrid], joined[PD_level_grid], joined[PD_level_community], joined[PD_level_street],
	       joined[PD_level_district], district->speed);
	if (leaderless)
		printf(_("; nobody holds a post that accepts orders in %u areas"), leaderless);
	if (adopted)
		printf(_("; going on with %zu orders accepted before"), adopted);
	printf("\n");
	fflush(stdout);
}

/* Until the broker answers with what is needed, or the shift ends. */
static int start(struct district *district)
{
	unsigned joined[PD_level_end] = {0}, leaderless = 0;
	size_t count, adopted = 0;
	enum pd_err err = post_ask(&district->shift, worker_client(district->worker), read_registry, district);
	if (district->shift.stops)
		return 0;
	if (err)
		return post_fail(district->cli, district->roster, err);
	roster_areas(district->roster, &count);
	if (count == 0)
		return cli_fail(district->cli, CLI_USAGE,
				_("the registry holds no areas; make a district with 'paidan district', then 'paidan "
				  "import' it"));
	err = join_areas(district, joined, &leaderless);
	if (!err)
		err = post_adopt(&district->shift, district->worker, 0, on_adopted, &adopted);
	if (err)
		return post_fail(district->cli, district->roster, err);
	district->exchange =
		exchange_new(worker_client(district->worker), district->roster, &district->chance, district->speed);
	tell_start(district, joined, leaderless, adopted);
	return 0;
}

static enum pd_err work(struct district *district)
{
	struct pd_client *client = worker_client(district->worker);
	while (!district->shift.stops) {
		uint64_t now_ms = agenda_now_ms();
		int wait_ms = agenda_wait_ms(&district->agenda, now_ms, WAIT_MS_MAX);
		if (district->shift.up) {
			wait_ms = rounds_run(district->rounds, now_ms, wait_ms);
			wait_ms = exchange_run(district->exchange, now_ms, wait_ms);
		}
		enum pd_err err = shift_wait(&district->shift, client, wait_ms, NULL, 0);
		if (err)
			return err;
		take_due_steps(district);
		if (district->verbose)
			fflush(stdout);
	}
	worker_stop(district->worker);
	return shift_settle(&district->shift, client, SETTLE_MS);
}

static void tell_end(const struct district *district)
{
	const struct counts *counts = &district->counts;
	if (counts->unanswered)
		printf(_("unanswered %" PRIu64 ", "), counts->unanswered);
	printf(_("accepted %" PRIu64 ", completed %" PRIu64 ", declined %" PRIu64 ", noted %" PRIu64
		 ", moved by others %" PRIu64 ", still in hand %zu; "),
	       counts->accepted, counts->completed, counts->declined, counts->noted, counts->lost,
	       worker_count(district->worker, WORKER_IN_HAND));
	uint64_t answers, findings;
	rounds_counts(district->rounds, &answers, &findings);
	printf(_("merged %" PRIu64 ", answered for households %" PRIu64 ", found and ordered %" PRIu64
		 ", needs met %" PRIu64 "; "),
	       counts->merged, answers, findings, exchange_count(district->exchange));
	tally_print(&counts->refused, stdout);
	if (counts->areas_refused)
		printf(_("; refused work for areas: %" PRIu64), counts->areas_refused);
	printf("\n");
}

static int run(struct district *district)
{
	int code = post_open(&district->shift, district->cli, false, &district->worker, &handler, district);
	if (code)
		return code;
	district->roster = roster_new();
	district->rounds = rounds_new(worker_client(district->worker), district->roster, &district->chance,
				      district->speed, on_round_done, district);
	code = start(district);
	if (code == 0 && work(district))
		code = cli_fail(district->cli, CLI_SYSTEM, "%s", pd_client_why(worker_client(district->worker)));
	if (code == 0 && district->exchange)
		tell_end(district);
	worker_each(district->worker, task_free, district);
	worker_close(district->worker);
	rounds_free(district->rounds);
	exchange_free(district->exchange);
	roster_free(district->roster);
	agenda_fini(&district->agenda);
	pd_buffer_fini(&district->text);
	pd_buffer_fini(&district->excepted);
	shift_end(&district->shift);
	return code;
}

int district_main(struct cli *cli, int argc, char **argv)
{
	const char *seed_text = "1", *speed_text = "1", *credit_text = "16", *unanswered_text = "0";
	struct district district = {0};
	const struct cli_option options[] = {
		{"seed", "N", N_("for the draws; default 1"), &seed_text, NULL},
		{"speed", "X", N_("all times are divided by it, 0.01 to 10000; default 1"), &speed_text, NULL},
		{"credit", "N", N_("orders offered to each area's leader at a time, 1 to 4096; default 16"),
		 &credit_text, NULL},
		{"unanswered", "P",
		 N_("share of the orders that nobody answers, so that they climb, 0 to 1; default 0"), &unanswered_text,
		 NULL},
		{"except", "AREAS",
		 N_("leave these (ids or names, as 1001,1002) to others, e.g. to 'paidan-worker lead'"),
		 &district.except, NULL},
		{"verbose", NULL, N_("a line for every move"), NULL, &district.verbose},
		{0},
	};
	uint64_t seed, credit;
	district.cli = cli;
	if (cli_args(cli, argc, argv, options, NULL, 0, 0) < 0)
		return (int)cli->exit;
	if (!cli_number("--seed", seed_text, 0, UINT64_MAX, &seed) ||
	    !cli_real("--speed", speed_text, 0.01, 10000, &district.speed) ||
	    !cli_number("--credit", credit_text, 1, 4096, &credit) ||
	    !cli_real("--unanswered", unanswered_text, 0, 1, &district.unanswered))
		return CLI_USAGE;
	district.credit = (uint16_t)credit;
	chance_init(&district.chance, seed);
	return run(&district);
}
