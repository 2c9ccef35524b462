/* residents.c - paidan-worker residents: the residents of a district, who submit orders and answer to what becomes of
 * them.
 *
 * Orders arrive as a Poisson process that does not wait for answers (an open loop). An order is watched from its
 * submission until it is over for its requester; its entry in the agenda says when the requester does the next thing:
 *
 *   WAITING --(few)--> cancel          COMPLETED --> confirm, or (few) reopen, which makes it WAITING again
 *
 * Invariants: at most WATCHED_MAX orders are watched, the oldest is dropped for a new one (and closes by itself); an
 * order under a command is not dropped before the answer. Versions come from events, so a command names what the
 * requester could have seen.
 */
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agenda.h"
#include "chance.h"
#include "commands.h"
#include "intl.h"
#include "phrases.h"
#include "post.h"
#include "roster.h"
#include "shift.h"
#include "tally.h"
#include "text.h"

#define CONFIRM_MEDIAN_MS 3000.0
#define CONFIRM_SIGMA 0.8
#define CANCEL_MEDIAN_MS 700.0
#define CANCEL_SIGMA 0.6
#define CANCELS 0.01
#define REOPENS 0.02
#define SILENT 0.05
#define FREQUENT 0.5

enum {
	SETTLE_MS = 2000,
	BUSY_MS = 200,
	WATCHED_MAX = 200 * 1000,
	FREQUENT_PART = 5,
	LOOK_AT_MAX = 64,
	CATCH_UP_MS = 1000
};
enum { POSTS = 1u << PD_post_resident | 1u << PD_post_merchant | 1u << PD_post_centre | 1u << PD_post_courier };

/* What the requester knows of the order's state. */
enum stage { SUBMITTED, WAITING, ACCEPTED, COMPLETED };

/* entry stands first: the agenda's entry is cast to its order. */
struct watched {
	struct agenda_entry entry;
	struct pd_id id;
	struct watched *newer, *older;
	struct crowd *crowd;
	uint32_t requester, version;
	uint8_t stage;
	uint8_t command; /* enum pd_type under way; 0: none */
	bool over;       /* to be forgotten when the command is answered */
};

struct counts {
	uint64_t submitted, taken, confirmed, reopened, cancelled, dropped, held_back;
	struct tally refused;
};

struct crowd {
	struct cli *cli;
	struct shift shift;
	bool blind; /* the broker does not tell what happens */
	struct pd_client *client;
	struct roster *roster;
	struct agenda agenda;
	struct chance chance;
	struct counts counts;
	struct pd_buffer text;
	struct pd_buffer frequent; /* uint32_t: places in the roster of those who order often */
	double *weights, weights_total;
	void *orders; /* tsearch of struct watched by id */
	struct watched *newest, *oldest;
	size_t watched_count;
	double rate, next_ms;   /* next_ms: when the next order arrives */
	uint64_t orders_max;    /* 0: no end */
	bool said[TALLY_CODES]; /* which refusals of orders were told */
};

/* ---- watching ---- */

static int compare_watched(const void *a, const void *b)
{
	return pd_id_compare(&((const struct watched *)a)->id, &((const struct watched *)b)->id);
}

static struct watched *find_watched(struct crowd *crowd, const struct pd_id *id)
{
	struct watched key = {.id = *id};
	void *node = tfind(&key, &crowd->orders, compare_watched);
	return node ? *(struct watched **)node : NULL;
}

static void forget(struct watched *order)
{
	struct crowd *crowd = order->crowd;
	agenda_drop(&crowd->agenda, &order->entry);
	if (order->command) {
		order->over = true;
		return;
	}
	tdelete(order, &crowd->orders, compare_watched);
	*(order->newer ? &order->newer->older : &crowd->newest) = order->older;
	*(order->older ? &order->older->newer : &crowd->oldest) = order->newer;
	crowd->watched_count--;
	free(order);
}

/* Make room for one more; false: the oldest all wait for answers. */
static bool make_room(struct crowd *crowd)
{
	struct watched *order = crowd->oldest;
	if (crowd->watched_count < WATCHED_MAX)
		return true;
	for (int looked_at = 0; order && order->command; order = order->newer)
		if (++looked_at == LOOK_AT_MAX)
			return false;
	if (!order)
		return false;
	crowd->counts.dropped++;
	forget(order);
	return true;
}

/* Null: too much is unanswered. */
static struct watched *watch(struct crowd *crowd, const struct pd_id *id, uint32_t requester)
{
	if (!make_room(crowd))
		return NULL;
	struct watched *order = calloc(1, sizeof *order);
	if (!order)
		abort();
	*order = (struct watched){
		.id = *id,
		.crowd = crowd,
		.requester = requester,
		.version = 1,
		.stage = SUBMITTED,
		.older = crowd->newest,
	};
	*(crowd->newest ? &crowd->newest->newer : &crowd->oldest) = order;
	crowd->newest = order;
	crowd->watched_count++;
	if (!tsearch(order, &crowd->orders, compare_watched))
		abort();
	return order;
}

static void schedule(struct watched *order, double wait_ms)
{
	agenda_put(&order->crowd->agenda, &order->entry, agenda_now_ms() + (uint64_t)wait_ms);
}

/* ---- answers ---- */

/* The first refusal of a kind is told at once: what is counted is only told at the end. */
static void say_refused(struct crowd *crowd, const struct pd_refused *refused)
{
	char why[CLI_REFUSAL_BYTES];
	if (refused->code >= TALLY_CODES || crowd->said[refused->code])
		return;
	crowd->said[refused->code] = true;
	cli_say(crowd->cli, _("orders are refused: %s"), cli_refusal(refused, why));
}

static void submit_answered(struct watched *order, bool taken)
{
	struct crowd *crowd = order->crowd;
	crowd->counts.taken += taken;
	if (!taken || order->over)
		forget(order);
	else if (order->stage == SUBMITTED)
		order->stage = WAITING;
}

/* A move that came too late (the order went on meanwhile) is given up; the events say how it goes on. */
static void move_answered(struct watched *order, enum pd_type command, bool done)
{
	struct counts *counts = &order->crowd->counts;
	counts->confirmed += done && command == PD_MSG_confirm;
	counts->reopened += done && command == PD_MSG_reopen;
	counts->cancelled += done && command == PD_MSG_cancel;
	bool may_come_again = command == PD_MSG_cancel ? !done : command == PD_MSG_reopen && done;
	if (order->over || !may_come_again)
		forget(order);
}

static void on_answer(struct pd_client *client, const struct pd_message *answer, bool last, void *arg)
{
	struct watched *order = arg;
	enum pd_type command = order->command;
	bool done = answer->type == PD_MSG_ok;
	(void)client;
	(void)last;
	order->command = PD_MSG_none;
	if (answer->type == PD_MSG_refused)
		tally_add(&order->crowd->counts.refused, &answer->refused);
	if (answer->type == PD_MSG_refused && command == PD_MSG_submit)
		say_refused(order->crowd, &answer->refused);
	if (command == PD_MSG_submit)
		submit_answered(order, done);
	else
		move_answered(order, command, done);
}

/* ---- what the requester does ---- */

static enum pd_err send_command(struct watched *order, struct pd_message *message)
{
	enum pd_err err = pd_client_send(order->crowd->client, message, on_answer, order);
	if (!err)
		order->command = (uint8_t)message->type;
	return err;
}

static unsigned draw_rating(struct chance *chance)
{
	static const double weights[] = {0.02, 0.03, 0.08, 0.25, 0.62};
	return (unsigned)chance_weighted(chance, weights, 5, 1) + 1;
}

static enum pd_err confirm(struct watched *order)
{
	struct chance *chance = &order->crowd->chance;
	unsigned rating = draw_rating(chance);
	struct pd_message message = {.type = PD_MSG_confirm};
	message.confirm = (struct pd_confirm){.order = order->id,
					      .version = order->version,
					      .rating = (uint8_t)rating,
					      .text = phrases_thanks(chance, rating),
					      .actor = order->requester};
	return send_command(order, &message);
}

static enum pd_err reopen(struct watched *order)
{
	struct pd_message message = {.type = PD_MSG_reopen};
	message.reopen =
		(struct pd_reopen){order->id, order->version, phrases_reopen(&order->crowd->chance), order->requester};
	return send_command(order, &message);
}

static enum pd_err cancel(struct watched *order)
{
	struct pd_message message = {.type = PD_MSG_cancel};
	message.cancel =
		(struct pd_cancel){order->id, order->version, phrases_cancel(&order->crowd->chance), order->requester};
	return send_command(order, &message);
}

static void act(struct watched *order)
{
	enum pd_err err = PD_OK;
	if (order->stage == COMPLETED)
		err = chance_happens(&order->crowd->chance, REOPENS) ? reopen(order) : confirm(order);
	else if (order->stage == WAITING)
		err = cancel(order);
	if (err)
		schedule(order, BUSY_MS); /* too much is unanswered */
}

static void take_due_acts(struct crowd *crowd)
{
	uint64_t now_ms = agenda_now_ms();
	struct agenda_entry *entry;
	while ((entry = agenda_due(&crowd->agenda, now_ms))) {
		struct watched *order = (struct watched *)entry;
		if (order->command)
			schedule(order, BUSY_MS);
		else
			act(order);
	}
}

/* ---- events ---- */

static void was_completed(struct watched *order)
{
	struct chance *chance = &order->crowd->chance;
	order->stage = COMPLETED;
	if (chance_happens(chance, SILENT))
		forget(order);
	else
		schedule(order, chance_lognormal(chance, CONFIRM_MEDIAN_MS, CONFIRM_SIGMA));
}

static void on_event(struct pd_client *client, const struct pd_message *event, void *arg)
{
	struct crowd *crowd = arg;
	(void)client;
	if (!pd_is_order_event(event->type))
		return;
	const struct pd_order_event *happened = &event->order_event;
	struct watched *order = find_watched(crowd, &happened->order);
	if (!order || order->over || happened->version < order->version)
		return;
	order->version = happened->version;
	switch (event->type) {
	case PD_MSG_submitted:
	case PD_MSG_declined:
	case PD_MSG_transferred:
	case PD_MSG_released:
	case PD_MSG_escalated:
	case PD_MSG_reopened: order->stage = WAITING; break;
	case PD_MSG_accepted: order->stage = ACCEPTED; break;
	case PD_MSG_rerouted: order->stage = event->rerouted.state == PD_STATE_waiting ? WAITING : ACCEPTED; break;
	case PD_MSG_completed: was_completed(order); break;
	case PD_MSG_confirmed:
	case PD_MSG_closed:
	case PD_MSG_cancelled:
	case PD_MSG_merged: forget(order); break;
	default: break;
	}
}

static void on_follow_refused(struct pd_client *client, const struct pd_message *message, void *arg)
{
	struct crowd *crowd = arg;
	char why[CLI_REFUSAL_BYTES];
	(void)client;
	cli_say(crowd->cli, _("the broker refuses to tell what happens: %s"), cli_refusal(&message->refused, why));
	crowd->blind = true;
}

static void on_link(struct pd_client *client, enum pd_link link, const struct pd_message *message, void *arg)
{
	struct crowd *crowd = arg;
	(void)client;
	shift_link(&crowd->shift, link, message);
	crowd->next_ms = 0; /* the arrivals begin anew */
}

/* ---- arrivals ---- */

static const struct roster_person *draw_requester(struct crowd *crowd)
{
	size_t count;
	const struct roster_person *people = roster_people(crowd->roster, &count);
	const uint32_t *frequent = (const uint32_t *)crowd->frequent.data;
	size_t frequent_count = crowd->frequent.count / sizeof *frequent;
	if (frequent_count && chance_happens(&crowd->chance, FREQUENT))
		return &people[frequent[chance_below(&crowd->chance, (uint32_t)frequent_count)]];
	return &people[chance_below(&crowd->chance, (uint32_t)count)];
}

static const struct roster_category *draw_category(struct crowd *crowd)
{
	size_t count;
	const struct roster_category *categories = roster_categories(crowd->roster, &count);
	return &categories[chance_weighted(&crowd->chance, crowd->weights, count, crowd->weights_total)];
}

static void submit(struct crowd *crowd)
{
	const struct roster_person *requester = draw_requester(crowd);
	const struct roster_category *category = draw_category(crowd);
	struct pd_message message = {.type = PD_MSG_submit};
	crowd->text.count = 0;
	phrases_order(&crowd->text, &crowd->chance, category->name);
	message.submit = (struct pd_submit){.order = pd_client_new_id(crowd->client),
					    .category = category->id,
					    .text = text_slice(&crowd->text),
					    .actor = requester->id};
	struct watched *order = watch(crowd, &message.submit.order, requester->id);
	if (!order || send_command(order, &message)) {
		crowd->counts.held_back++;
		if (order)
			forget(order);
		return;
	}
	crowd->counts.submitted++;
	if (chance_happens(&crowd->chance, CANCELS))
		schedule(order, chance_lognormal(&crowd->chance, CANCEL_MEDIAN_MS, CANCEL_SIGMA));
}

static bool all_submitted(const struct crowd *crowd)
{
	return crowd->orders_max && crowd->counts.submitted >= crowd->orders_max;
}

/* All whose time has come; more than a second behind (the process was stopped), the clock begins anew. */
static void take_arrivals(struct crowd *crowd)
{
	double now_ms = (double)agenda_now_ms();
	if (!crowd->shift.up || all_submitted(crowd))
		return;
	if (now_ms - crowd->next_ms > CATCH_UP_MS)
		crowd->next_ms = now_ms + chance_exponential(&crowd->chance, 1000 / crowd->rate);
	while (crowd->next_ms <= now_ms && !all_submitted(crowd)) {
		submit(crowd);
		crowd->next_ms += chance_exponential(&crowd->chance, 1000 / crowd->rate);
	}
}

static int wait_ms(const struct crowd *crowd)
{
	uint64_t now_ms = agenda_now_ms();
	int most_ms = 60 * 1000;
	if (crowd->shift.up && !all_submitted(crowd)) {
		double until_ms = ceil(crowd->next_ms - (double)now_ms);
		most_ms = until_ms < 0 ? 0 : until_ms < most_ms ? (int)until_ms : most_ms;
	}
	return agenda_wait_ms(&crowd->agenda, now_ms, most_ms);
}

/* ---- beginning and end ---- */

static void weigh_categories(struct crowd *crowd)
{
	static const double by_urgency[] = {
		[PD_urgency_emergency] = 1, [PD_urgency_high] = 4, [PD_urgency_normal] = 10, [PD_urgency_low] = 5};
	size_t count;
	const struct roster_category *categories = roster_categories(crowd->roster, &count);
	crowd->weights = calloc(count + 1, sizeof *crowd->weights);
	if (!crowd->weights)
		abort();
	for (size_t i = 0; i < count; i++) {
		unsigned urgency = categories[i].urgency < PD_urgency_end ? categories[i].urgency : PD_urgency_normal;
		crowd->weights[i] = ldexp(by_urgency[urgency], (int)categories[i].level - PD_level_microgrid);
		crowd->weights_total += crowd->weights[i];
	}
}

static void choose_frequent(struct crowd *crowd)
{
	size_t count;
	roster_people(crowd->roster, &count);
	for (uint32_t i = 0; i < count; i++)
		if (chance_below(&crowd->chance, FREQUENT_PART) == 0)
			pd_buffer_add(&crowd->frequent, &i, sizeof i);
}

static enum pd_err read_registry(void *arg)
{
	struct crowd *crowd = arg;
	enum pd_err err = roster_load_categories(crowd->roster, crowd->client, POST_QUERY_MS);
	return err ? err : roster_load_people(crowd->roster, crowd->client, 0, POSTS, POST_QUERY_MS);
}

static int start(struct crowd *crowd)
{
	size_t people, categories;
	enum pd_err err = post_ask(&crowd->shift, crowd->client, read_registry, crowd);
	if (crowd->shift.stops)
		return 0;
	if (!err)
		err = pd_client_follow(crowd->client, 0, UINT64_MAX);
	if (err)
		return post_fail(crowd->cli, crowd->roster, err);
	roster_people(crowd->roster, &people);
	roster_categories(crowd->roster, &categories);
	if (people == 0 || categories == 0)
		return cli_fail(crowd->cli, CLI_USAGE,
				people ? _("the registry holds no categories; make a district with 'paidan district', "
					   "then 'paidan import' it")
				       : _("the registry holds no residents; make a district with 'paidan district', "
					   "then 'paidan import' it"));
	weigh_categories(crowd);
	choose_frequent(crowd);
	printf(_("%zu residents submit %g orders a second in %zu categories\n"), people, crowd->rate, categories);
	fflush(stdout);
	return 0;
}

static bool finished(const struct crowd *crowd)
{
	return all_submitted(crowd) && crowd->watched_count == 0;
}

static enum pd_err live(struct crowd *crowd)
{
	while (!crowd->shift.stops && !crowd->blind && !finished(crowd)) {
		enum pd_err err = shift_wait(&crowd->shift, crowd->client, wait_ms(crowd), NULL, 0);
		if (err)
			return err;
		take_due_acts(crowd);
		take_arrivals(crowd);
	}
	return shift_settle(&crowd->shift, crowd->client, SETTLE_MS);
}

static void tell_end(const struct crowd *crowd)
{
	const struct counts *counts = &crowd->counts;
	printf(_("submitted %" PRIu64 ", of them taken %" PRIu64 "; confirmed %" PRIu64 ", reopened %" PRIu64
		 ", cancelled %" PRIu64 "; "),
	       counts->submitted, counts->taken, counts->confirmed, counts->reopened, counts->cancelled);
	tally_print(&counts->refused, stdout);
	if (counts->dropped)
		printf(_("; no longer watched %" PRIu64), counts->dropped);
	if (counts->held_back)
		printf(_("; not submitted, because too many were unanswered %" PRIu64), counts->held_back);
	printf("\n");
}

static void crowd_fini(struct crowd *crowd)
{
	pd_client_close(crowd->client);
	for (struct watched *order = crowd->oldest, *newer; order; order = newer) {
		newer = order->newer;
		tdelete(order, &crowd->orders, compare_watched);
		free(order);
	}
	roster_free(crowd->roster);
	agenda_fini(&crowd->agenda);
	pd_buffer_fini(&crowd->text);
	pd_buffer_fini(&crowd->frequent);
	free(crowd->weights);
	shift_end(&crowd->shift);
}

static int run(struct crowd *crowd)
{
	const char *why;
	const struct pd_client_options options = {
		.connect = crowd->cli->connect,
		.subscribe = crowd->cli->subscribe,
		.name = "paidan-worker residents " PAIDAN_VERSION,
		.language = (uint8_t)intl_language(),
		.arg = crowd,
		.on_event = on_event,
		.on_link = on_link,
		.on_follow_refused = on_follow_refused,
	};
	if (shift_begin(&crowd->shift, crowd->cli, false))
		return cli_fail(crowd->cli, CLI_SYSTEM, _("signals: %s"), intl_error(errno));
	enum pd_err err = pd_client_open(&crowd->client, &options, &why);
	if (err)
		return cli_fail(crowd->cli, cli_exit_of(err), "%s", why);
	crowd->roster = roster_new();
	int code = start(crowd);
	if (code == 0 && live(crowd))
		code = cli_fail(crowd->cli, CLI_SYSTEM, "%s", pd_client_why(crowd->client));
	if (code == 0)
		tell_end(crowd);
	if (code == 0 && crowd->blind)
		code = CLI_REFUSED;
	crowd_fini(crowd);
	return code;
}

int residents_main(struct cli *cli, int argc, char **argv)
{
	const char *rate_text = "50", *seed_text = "1", *orders_text = "0";
	const struct cli_option options[] = {
		{"rate", "R", N_("orders a second, 0.001 to 100000; default 50"), &rate_text, NULL},
		{"seed", "N", N_("for the draws; default 1"), &seed_text, NULL},
		{"orders", "N", N_("how many, then end; default 0: without end"), &orders_text, NULL},
		{0},
	};
	struct crowd crowd = {.cli = cli};
	uint64_t seed;
	if (cli_args(cli, argc, argv, options, NULL, 0, 0) < 0)
		return (int)cli->exit;
	if (!cli_real("--rate", rate_text, 0.001, 100000, &crowd.rate) ||
	    !cli_number("--seed", seed_text, 0, UINT64_MAX, &seed) ||
	    !cli_number("--orders", orders_text, 0, UINT64_MAX, &crowd.orders_max))
		return CLI_USAGE;
	chance_init(&crowd.chance, seed);
	return run(&crowd);
}
