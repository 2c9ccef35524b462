/* residents.c - paidan-worker residents: the residents of a district, who submit orders and answer to what becomes of
 * them.
 *
 * Orders arrive as a Poisson process that does not wait for answers (an open loop). An order is watched from its
 * submission until it is over for its requester; its entry in the agenda says when the requester does the next thing:
 *
 *   WAITING --(few)--> cancel          COMPLETED --(who follows it)--> endorse
 *      |                                   |  --> confirm, or (few) reopen, which makes it WAITING again
 *      +--(after a while)--> urge          +--(few of those who gave a bad rating)--> reopen
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

#include "commands.h"
#include "crowd.h"
#include "intl.h"
#include "phrases.h"
#include "post.h"
#include "text.h"

#define CONFIRM_MEDIAN_MS 3000.0
#define CONFIRM_SIGMA 0.8
#define REOPENS 0.02
#define REGRETS 0.5 /* of those who rated it badly */
#define SILENT 0.05
#define READERS_RATE 40.0

enum {
	SETTLE_MS = 2000,
	BUSY_MS = 200,
	WATCHED_MAX = 200 * 1000,
	LOOK_AT_MAX = 64,
	BAD_RATING = 2,
	WAIT_MS_MAX = 60 * 1000,
};
/* Who has a post of work answers when it is called out. */
enum { CALLED_OUT = 1u << PD_post_leader | 1u << PD_post_grid_leader | 1u << PD_post_staff | 1u << PD_post_supervisor };
enum { POSTS = 1u << PD_post_resident | 1u << PD_post_merchant | 1u << PD_post_centre | 1u << PD_post_courier };

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

void crowd_forget(struct watched *order)
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
	crowd_forget(order);
	return true;
}

struct watched *crowd_watch(struct crowd *crowd, const struct pd_id *id, uint32_t requester)
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

void crowd_schedule(struct watched *order, double wait_ms)
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

static enum pd_err follow(struct watched *order);

static void submit_answered(struct watched *order, bool taken)
{
	struct crowd *crowd = order->crowd;
	crowd->counts.taken += taken;
	if (!taken || order->over) {
		crowd_forget(order);
		return;
	}
	if (order->stage == SUBMITTED)
		order->stage = WAITING;
	if (order->follower && follow(order))
		order->follower = 0; /* too much is unanswered */
}

/* A move that came too late (the order went on meanwhile) is given up; the events say how it goes on. */
static void move_answered(struct watched *order, enum pd_type command, bool done)
{
	struct counts *counts = &order->crowd->counts;
	bool given_up = false;
	switch (command) {
	case PD_MSG_confirm:
		counts->confirmed += done;
		given_up = !done || !order->regrets;
		break;
	case PD_MSG_reopen:
		counts->reopened += done;
		given_up = !done;
		break;
	case PD_MSG_cancel:
		counts->cancelled += done;
		given_up = done;
		break;
	case PD_MSG_urge: counts->urged += done; break;
	case PD_MSG_follow:
		counts->followed += done;
		order->follows = done;
		break;
	default: /* endorse: now it is the requester's turn */
		counts->endorsed += done;
		order->follows = false;
		crowd_schedule(order, BUSY_MS);
	}
	if (given_up || order->over)
		crowd_forget(order);
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
	if (answer->type == PD_MSG_refused && answer->refused.code == PD_REFUSED_mode_off)
		order->crowd->emergency = 0; /* over, or its plan takes no such orders */
	else if (answer->type == PD_MSG_refused && command == PD_MSG_submit)
		say_refused(order->crowd, &answer->refused);
	if (command == PD_MSG_submit)
		submit_answered(order, done);
	else
		move_answered(order, command, done);
}

/* ---- what the requester does ---- */

enum pd_err crowd_send(struct watched *order, struct pd_message *message)
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
	order->regrets = rating <= BAD_RATING && chance_happens(chance, REGRETS);
	struct pd_message message = {.type = PD_MSG_confirm};
	message.confirm = (struct pd_confirm){.order = order->id,
					      .version = order->version,
					      .rating = (uint8_t)rating,
					      .text = phrases_thanks(chance, rating),
					      .actor = order->requester};
	return crowd_send(order, &message);
}

static enum pd_err reopen(struct watched *order)
{
	struct pd_message message = {.type = PD_MSG_reopen};
	message.reopen =
		(struct pd_reopen){order->id, order->version, phrases_reopen(&order->crowd->chance), order->requester};
	return crowd_send(order, &message);
}

static enum pd_err cancel(struct watched *order)
{
	struct pd_message message = {.type = PD_MSG_cancel};
	message.cancel =
		(struct pd_cancel){order->id, order->version, phrases_cancel(&order->crowd->chance), order->requester};
	return crowd_send(order, &message);
}

static enum pd_err urge(struct watched *order)
{
	struct pd_message message = {.type = PD_MSG_urge};
	message.urge =
		(struct pd_urge){order->id, order->version, phrases_urge(&order->crowd->chance), order->requester};
	order->urged = true;
	return crowd_send(order, &message);
}

static enum pd_err follow(struct watched *order)
{
	struct pd_message message = {.type = PD_MSG_follow};
	message.follow = (struct pd_follow){order->id, order->version, order->follower};
	return crowd_send(order, &message);
}

static enum pd_err endorse(struct watched *order)
{
	struct chance *chance = &order->crowd->chance;
	unsigned rating = draw_rating(chance);
	struct pd_message message = {.type = PD_MSG_endorse};
	message.endorse = (struct pd_endorse){.order = order->id,
					      .version = order->version,
					      .rating = (uint8_t)rating,
					      .text = phrases_thanks(chance, rating),
					      .actor = order->follower};
	return crowd_send(order, &message);
}

static enum pd_err end(struct watched *order)
{
	if (order->follows)
		return endorse(order);
	return chance_happens(&order->crowd->chance, REOPENS) ? reopen(order) : confirm(order);
}

static void act(struct watched *order)
{
	enum pd_err err = PD_OK;
	if (order->stage == COMPLETED)
		err = end(order);
	else if (order->stage == CLOSED)
		err = reopen(order);
	else if (order->stage == WAITING && order->cancels)
		err = cancel(order);
	else if (order->stage == WAITING && !order->urged)
		err = urge(order);
	if (err)
		crowd_schedule(order, BUSY_MS); /* too much is unanswered */
}

static void take_due_acts(struct crowd *crowd)
{
	uint64_t now_ms = agenda_now_ms();
	struct agenda_entry *entry;
	while ((entry = agenda_due(&crowd->agenda, now_ms))) {
		struct watched *order = (struct watched *)entry;
		if (order->command)
			crowd_schedule(order, BUSY_MS);
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
		crowd_forget(order);
	else
		crowd_schedule(order, chance_lognormal(chance, CONFIRM_MEDIAN_MS, CONFIRM_SIGMA));
}

static void was_confirmed(struct watched *order)
{
	order->stage = CLOSED;
	if (order->regrets)
		crowd_schedule(order, chance_lognormal(&order->crowd->chance, CONFIRM_MEDIAN_MS, CONFIRM_SIGMA));
	else
		crowd_forget(order);
}

static void begin_notice(struct crowd *crowd, const struct pd_notified *notified)
{
	readers_begin(notified->posts & CALLED_OUT ? crowd->called_out : crowd->readers, notified);
}

static void on_other_event(struct crowd *crowd, const struct pd_message *event)
{
	switch (event->type) {
	case PD_MSG_notified: begin_notice(crowd, &event->notified); return;
	case PD_MSG_notice_ended:
		readers_end(crowd->readers, &event->notice_ended.notice);
		readers_end(crowd->called_out, &event->notice_ended.notice);
		return;
	case PD_MSG_mode_begun: crowd->emergency = event->mode_begun.area; return;
	case PD_MSG_mode_ended: crowd->emergency = 0; return;
	default: return;
	}
}

static void on_event(struct pd_client *client, const struct pd_message *event, void *arg)
{
	struct crowd *crowd = arg;
	(void)client;
	if (crowd->telling)
		telling_event(crowd->telling, event, agenda_now_ms());
	if (!pd_is_order_event(event->type)) {
		on_other_event(crowd, event);
		return;
	}
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
	case PD_MSG_reopened:
		order->stage = WAITING;
		order->regrets = false;
		break;
	case PD_MSG_accepted: order->stage = ACCEPTED; break;
	case PD_MSG_rerouted: order->stage = event->rerouted.state == PD_STATE_waiting ? WAITING : ACCEPTED; break;
	case PD_MSG_completed: was_completed(order); break;
	case PD_MSG_confirmed: was_confirmed(order); break;
	case PD_MSG_closed:
	case PD_MSG_cancelled:
	case PD_MSG_lapsed:
	case PD_MSG_merged: crowd_forget(order); break;
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

/* ---- beginning and end ---- */

static int wait_ms(const struct crowd *crowd, int most_ms)
{
	uint64_t now_ms = agenda_now_ms();
	if (crowd->shift.up && !arrivals_over(crowd)) {
		double until_ms = ceil(crowd->next_ms - (double)now_ms);
		most_ms = until_ms < 0 ? 0 : until_ms < most_ms ? (int)until_ms : most_ms;
	}
	return agenda_wait_ms(&crowd->agenda, now_ms, most_ms);
}

static void on_notice(struct pd_client *client, const struct pd_message *answer, bool last, void *arg)
{
	struct crowd *crowd = arg;
	const struct pd_notice *notice = &answer->notice;
	(void)client;
	(void)last;
	if (answer->type == PD_MSG_notice)
		begin_notice(crowd, &(struct pd_notified){.notice = notice->notice,
							  .area = notice->area,
							  .kind = notice->kind,
							  .want = notice->want,
							  .sort = notice->sort,
							  .posts = notice->posts});
}

/* What was sent before, and is still valid. */
static enum pd_err find_notices(void *arg)
{
	struct crowd *crowd = arg;
	struct pd_message list = {.type = PD_MSG_list_notices}, end;
	list.list_notices.kind = PD_notice_kind_notice;
	return pd_client_query(crowd->client, &list, on_notice, crowd, &end, POST_QUERY_MS);
}

static enum pd_err read_registry(void *arg)
{
	struct crowd *crowd = arg;
	enum pd_err err = roster_load_areas(crowd->roster, crowd->client, POST_QUERY_MS);
	if (!err)
		err = roster_load_categories(crowd->roster, crowd->client, POST_QUERY_MS);
	if (!err)
		err = roster_load_people(crowd->roster, crowd->client, 0, POSTS, POST_QUERY_MS);
	if (!err)
		err = roster_load_areas(crowd->workers, crowd->client, POST_QUERY_MS);
	if (!err)
		err = roster_load_people(crowd->workers, crowd->client, 0, CALLED_OUT, POST_QUERY_MS);
	return err ? err : arrivals_find_spots(crowd);
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
	arrivals_prepare(crowd);
	crowd->readers = readers_new(crowd->client, crowd->roster, &crowd->chance, READERS_RATE);
	crowd->called_out = readers_new(crowd->client, crowd->workers, &crowd->chance, READERS_RATE);
	crowd->telling = crowd->tell_s > 0 ? telling_new(crowd->roster, (uint64_t)(crowd->tell_s * 1000)) : NULL;
	err = post_ask(&crowd->shift, crowd->client, find_notices, crowd);
	if (err)
		return post_fail(crowd->cli, crowd->roster, err);
	printf(_("%zu residents submit %g orders a second in %zu categories\n"), people, crowd->rate, categories);
	fflush(stdout);
	return 0;
}

static bool finished(const struct crowd *crowd)
{
	return arrivals_over(crowd) && crowd->watched_count == 0;
}

static enum pd_err live(struct crowd *crowd)
{
	int most_ms = 0;
	while (!crowd->shift.stops && !crowd->blind && !finished(crowd)) {
		enum pd_err err = shift_wait(&crowd->shift, crowd->client, wait_ms(crowd, most_ms), NULL, 0);
		if (err)
			return err;
		take_due_acts(crowd);
		arrivals_take(crowd);
		most_ms = crowd->shift.up ? readers_run(crowd->readers, agenda_now_ms(), WAIT_MS_MAX) : WAIT_MS_MAX;
		if (crowd->shift.up)
			most_ms = readers_run(crowd->called_out, agenda_now_ms(), most_ms);
	}
	return shift_settle(&crowd->shift, crowd->client, SETTLE_MS);
}

static void tell_end(const struct crowd *crowd)
{
	const struct counts *counts = &crowd->counts;
	printf(_("submitted %" PRIu64 ", of them taken %" PRIu64 "; confirmed %" PRIu64 ", reopened %" PRIu64
		 ", cancelled %" PRIu64 "; "),
	       counts->submitted, counts->taken, counts->confirmed, counts->reopened, counts->cancelled);
	printf(_("urged %" PRIu64 ", followed %" PRIu64 ", agreed %" PRIu64 ", notices answered %" PRIu64 "; "),
	       counts->urged, counts->followed, counts->endorsed,
	       readers_count(crowd->readers) + readers_count(crowd->called_out));
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
	telling_free(crowd->telling);
	readers_free(crowd->readers);
	readers_free(crowd->called_out);
	roster_free(crowd->workers);
	roster_free(crowd->roster);
	agenda_fini(&crowd->agenda);
	pd_buffer_fini(&crowd->text);
	pd_buffer_fini(&crowd->frequent);
	pd_buffer_fini(&crowd->couriers);
	pd_buffer_fini(&crowd->spots);
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
	crowd->workers = roster_new();
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
	const char *rate_text = "50", *seed_text = "1", *orders_text = "0", *tell_text = "0";
	const struct cli_option options[] = {
		{"rate", "R", N_("orders a second, 0.001 to 100000; default 50"), &rate_text, NULL},
		{"seed", "N", N_("for the draws; default 1"), &seed_text, NULL},
		{"orders", "N", N_("how many, then end; default 0: without end"), &orders_text, NULL},
		{"tell", "S",
		 N_("tell what happens: of each sort the first, then one in S seconds, 0 to 86400; default 0: nothing"),
		 &tell_text, NULL},
		{0},
	};
	struct crowd crowd = {.cli = cli};
	uint64_t seed;
	if (cli_args(cli, argc, argv, options, NULL, 0, 0) < 0)
		return (int)cli->exit;
	if (!cli_real("--rate", rate_text, 0.001, 100000, &crowd.rate) ||
	    !cli_number("--seed", seed_text, 0, UINT64_MAX, &seed) ||
	    !cli_number("--orders", orders_text, 0, UINT64_MAX, &crowd.orders_max) ||
	    !cli_real("--tell", tell_text, 0, 86400, &crowd.tell_s))
		return CLI_USAGE;
	chance_init(&crowd.chance, seed);
	return run(&crowd);
}
