#include "rounds.h"

#include <stdlib.h>
#include <sys/queue.h>

#include "phrases.h"
#include "text.h"

#define STEP_MEDIAN_MS 200.0
#define STEP_SIGMA 0.5
#define HOME 0.82 /* what becomes of a household: somebody is at home; away, refuses; else it is not to be found */
#define AWAY 0.13
#define REFUSES 0.03
#define FINDS 0.1
#define ORDERS 0.3 /* of what was found */

enum { AT_HOME_MAX = 5, PAGE = 500, BUSY_MS = 100 };

/* entry stands first: the agenda's entry is cast to its round. */
struct round {
	struct agenda_entry entry;
	TAILQ_ENTRY(round) next;
	struct rounds *rounds;
	struct worker_order *order; /* null: it was dropped, and waits for an answer alone */
	uint8_t kind;               /* enum pd_notice_kind; 0: not known yet */
	struct pd_buffer missing;   /* uint32_t: households or people whom the broker named */
	size_t at;                  /* how many of them are answered for */
	unsigned answered;          /* in all */
	bool asked;                 /* something was asked, and is not answered yet */
};

struct rounds {
	struct pd_client *client;
	struct roster *roster;
	struct chance *chance;
	double speed;
	rounds_done_fn *done;
	void *arg;
	struct agenda agenda;
	TAILQ_HEAD(, round) list;
	struct pd_buffer text;
	uint64_t answers, findings;
};

struct rounds *rounds_new(struct pd_client *client, struct roster *roster, struct chance *chance, double speed,
			  rounds_done_fn *done, void *arg)
{
	struct rounds *rounds = calloc(1, sizeof *rounds);
	if (!rounds)
		abort();
	*rounds = (struct rounds){
		.client = client, .roster = roster, .chance = chance, .speed = speed, .done = done, .arg = arg};
	TAILQ_INIT(&rounds->list);
	return rounds;
}

static void free_round(struct round *round)
{
	TAILQ_REMOVE(&round->rounds->list, round, next);
	agenda_drop(&round->rounds->agenda, &round->entry);
	pd_buffer_fini(&round->missing);
	free(round);
}

void rounds_free(struct rounds *rounds)
{
	if (!rounds)
		return;
	for (struct round *round = TAILQ_FIRST(&rounds->list), *next; round; round = next) {
		next = TAILQ_NEXT(round, next);
		free_round(round);
	}
	agenda_fini(&rounds->agenda);
	pd_buffer_fini(&rounds->text);
	free(rounds);
}

void rounds_drop(struct round *round)
{
	if (!round)
		return;
	agenda_drop(&round->rounds->agenda, &round->entry);
	round->order = NULL;
	if (!round->asked)
		free_round(round);
}

bool rounds_is_one(const struct worker_order *order)
{
	return !pd_id_is_zero(&order->submitted.notice);
}

void rounds_counts(const struct rounds *rounds, uint64_t *answers, uint64_t *findings)
{
	*answers = rounds->answers;
	*findings = rounds->findings;
}

static void schedule(struct round *round, double wait_ms)
{
	agenda_put(&round->rounds->agenda, &round->entry, agenda_now_ms() + (uint64_t)(wait_ms / round->rounds->speed));
}

static void schedule_step(struct round *round)
{
	schedule(round, chance_lognormal(round->rounds->chance, STEP_MEDIAN_MS, STEP_SIGMA));
}

/* ---- who is missing ---- */

static void ask(struct round *round);

/* Whether the round goes on after an answer. */
static bool goes_on(struct round *round)
{
	round->asked = false;
	if (round->order)
		return true;
	free_round(round);
	return false;
}

static void on_notice(struct pd_client *client, const struct pd_message *answer, bool last, void *arg)
{
	struct round *round = arg;
	(void)client;
	if (answer->type == PD_MSG_notice)
		round->kind = answer->notice.kind;
	if (!last || !goes_on(round))
		return;
	if (round->kind)
		ask(round);
	else
		round->rounds->done(round->order, 0, round->rounds->arg);
}

static void on_missing(struct pd_client *client, const struct pd_message *answer, bool last, void *arg)
{
	struct round *round = arg;
	(void)client;
	if (answer->type == PD_MSG_household)
		pd_buffer_add(&round->missing, &answer->household.household, sizeof answer->household.household);
	if (answer->type == PD_MSG_person)
		pd_buffer_add(&round->missing, &answer->person.person, sizeof answer->person.person);
	if (!last || !goes_on(round))
		return;
	/* An answer that was refused would be refused again: once round is enough. */
	if (round->missing.count && !round->answered)
		schedule_step(round);
	else
		round->rounds->done(round->order, round->answered, round->rounds->arg);
}

/* Of what kind it is, and then who is missing. */
static void ask(struct round *round)
{
	struct pd_message message;
	if (round->kind) {
		message.type = PD_MSG_list_missing;
		message.list_missing = (struct pd_list_missing){
			.notice = round->order->submitted.notice, .area = round->order->submitted.area, .limit = PAGE};
	} else {
		message.type = PD_MSG_list_notices;
		message.list_notices = (struct pd_list_notices){.notice = round->order->submitted.notice};
	}
	round->missing.count = 0;
	round->at = 0;
	round->asked =
		pd_client_send(round->rounds->client, &message, round->kind ? on_missing : on_notice, round) == PD_OK;
	if (!round->asked)
		schedule(round, BUSY_MS);
}

struct round *rounds_begin(struct rounds *rounds, struct worker_order *order)
{
	struct round *round = calloc(1, sizeof *round);
	if (!round)
		abort();
	round->rounds = rounds;
	round->order = order;
	TAILQ_INSERT_TAIL(&rounds->list, round, next);
	schedule_step(round);
	return round;
}

/* ---- answering ---- */

static void on_answered(struct pd_client *client, const struct pd_message *answer, bool last, void *arg)
{
	struct rounds *rounds = arg;
	(void)client;
	(void)last;
	rounds->answers += answer->type == PD_MSG_ok;
}

static void on_found(struct pd_client *client, const struct pd_message *answer, bool last, void *arg)
{
	struct rounds *rounds = arg;
	(void)client;
	(void)last;
	rounds->findings += answer->type == PD_MSG_ok;
}

static const struct roster_category *draw_category(struct rounds *rounds)
{
	size_t count;
	const struct roster_category *categories = roster_categories(rounds->roster, &count);
	return count ? &categories[chance_below(rounds->chance, (uint32_t)count)] : NULL;
}

/* What was found at a household, which a few times becomes an order. Empty: nothing. */
static struct pd_slice find(struct round *round, uint32_t household)
{
	struct rounds *rounds = round->rounds;
	const struct roster_category *category = draw_category(rounds);
	rounds->text.count = 0;
	if (!category || category->emergency_only || !chance_happens(rounds->chance, FINDS))
		return pd_text("");
	phrases_order(&rounds->text, rounds->chance, category->name);
	if (chance_happens(rounds->chance, ORDERS)) {
		struct pd_message message = {.type = PD_MSG_submit};
		message.submit = (struct pd_submit){.order = pd_client_new_id(rounds->client),
						    .category = category->id,
						    .text = text_slice(&rounds->text),
						    .household = household,
						    .actor = round->order->actor};
		(void)!pd_client_send(rounds->client, &message, on_found, rounds);
	}
	return text_slice(&rounds->text);
}

static enum pd_answer_kind draw_answer(const struct round *round)
{
	double draw = chance_unit(round->rounds->chance);
	if (draw < HOME)
		return round->kind == PD_notice_kind_visits ? PD_answer_kind_visited : PD_answer_kind_done;
	if (draw < HOME + AWAY)
		return PD_answer_kind_away;
	return draw < HOME + AWAY + REFUSES ? PD_answer_kind_refused : PD_answer_kind_not_found;
}

static enum pd_err answer_for(struct round *round, uint32_t member)
{
	struct rounds *rounds = round->rounds;
	uint64_t at_home = 1 + chance_below(rounds->chance, AT_HOME_MAX);
	struct pd_message message = {.type = PD_MSG_answer};
	struct pd_answer *answer = &message.answer;
	*answer = (struct pd_answer){.notice = round->order->submitted.notice,
				     .member = member,
				     .answer = (uint8_t)draw_answer(round),
				     .actor = round->order->actor};
	if (answer->answer == PD_answer_kind_visited)
		answer->text = find(round, member);
	if (answer->answer == PD_answer_kind_done)
		answer->numbers = (struct pd_u64s){&at_home, 1};
	return pd_client_send(rounds->client, &message, on_answered, rounds);
}

static void take_step(struct round *round)
{
	const uint32_t *missing = (const uint32_t *)round->missing.data;
	if (round->at == round->missing.count / sizeof *missing) {
		ask(round); /* the first time, and then whether anybody is left */
		return;
	}
	if (answer_for(round, missing[round->at])) {
		schedule(round, BUSY_MS * round->rounds->speed); /* too much is unanswered */
		return;
	}
	round->at++;
	round->answered++;
	schedule_step(round);
}

int rounds_run(struct rounds *rounds, uint64_t now_ms, int most_ms)
{
	struct agenda_entry *entry;
	while ((entry = agenda_due(&rounds->agenda, now_ms)))
		take_step((struct round *)entry);
	return agenda_wait_ms(&rounds->agenda, now_ms, most_ms);
}
