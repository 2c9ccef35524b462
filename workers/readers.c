#include "readers.h"

#include <math.h>
#include <stdlib.h>
#include <sys/queue.h>

#define LOOK 0.6 /* of all members; the others never do */
#define DELIVERED 0.2
#define READ 0.3

enum { CATCH_UP_MS = 1000 };

/* members[0] to members[left - 1]: places in the roster of those who have not answered and will. */
struct open_notice {
	TAILQ_ENTRY(open_notice) next;
	struct pd_id id;
	uint8_t want;
	uint32_t *members, left;
};

struct readers {
	struct pd_client *client;
	struct roster *roster;
	struct chance *chance;
	double rate, next_ms;
	uint64_t count;
	TAILQ_HEAD(, open_notice) notices; /* the newest first: that is the one people look at */
};

struct readers *readers_new(struct pd_client *client, struct roster *roster, struct chance *chance, double rate)
{
	struct readers *readers = calloc(1, sizeof *readers);
	if (!readers)
		abort();
	*readers = (struct readers){.client = client, .roster = roster, .chance = chance, .rate = rate};
	TAILQ_INIT(&readers->notices);
	return readers;
}

static void drop(struct readers *readers, struct open_notice *notice)
{
	TAILQ_REMOVE(&readers->notices, notice, next);
	free(notice->members);
	free(notice);
}

void readers_free(struct readers *readers)
{
	if (!readers)
		return;
	for (struct open_notice *notice = TAILQ_FIRST(&readers->notices), *next; notice; notice = next) {
		next = TAILQ_NEXT(notice, next);
		drop(readers, notice);
	}
	free(readers);
}

uint64_t readers_count(const struct readers *readers)
{
	return readers->count;
}

/* A household is one member, however many of its people are in the roster: the made-up districts have one of each. */
static void find_members(struct readers *readers, const struct pd_notified *notified, struct open_notice *notice)
{
	size_t count;
	const struct roster_person *people = roster_people(readers->roster, &count);
	bool households = notified->sort == PD_member_sort_household;
	unsigned posts = notified->posts;
	notice->members = malloc((count + 1) * sizeof *notice->members);
	if (!notice->members)
		abort();
	for (uint32_t i = 0; i < count; i++)
		if ((!households || people[i].household) && (!posts || posts & 1u << people[i].post) &&
		    chance_happens(readers->chance, LOOK) &&
		    roster_within(readers->roster, people[i].area, notified->area))
			notice->members[notice->left++] = i;
}

static struct open_notice *find_notice(struct readers *readers, const struct pd_id *id)
{
	struct open_notice *notice;
	TAILQ_FOREACH(notice, &readers->notices, next)
	if (pd_id_compare(&notice->id, id) == 0)
		break;
	return notice;
}

void readers_begin(struct readers *readers, const struct pd_notified *notified)
{
	if (notified->kind != PD_notice_kind_notice || find_notice(readers, &notified->notice))
		return;
	struct open_notice *notice = calloc(1, sizeof *notice);
	if (!notice)
		abort();
	notice->id = notified->notice;
	notice->want = notified->want;
	find_members(readers, notified, notice);
	TAILQ_INSERT_HEAD(&readers->notices, notice, next);
	if (!notice->left)
		drop(readers, notice);
}

void readers_end(struct readers *readers, const struct pd_id *id)
{
	struct open_notice *notice = find_notice(readers, id);
	if (notice)
		drop(readers, notice);
}

static void on_answer(struct pd_client *client, const struct pd_message *answer, bool last, void *arg)
{
	struct readers *readers = arg;
	(void)client;
	(void)last;
	readers->count += answer->type == PD_MSG_ok;
}

static enum pd_answer_kind draw_answer(struct readers *readers, const struct open_notice *notice)
{
	double draw = chance_unit(readers->chance);
	if (draw < DELIVERED)
		return PD_answer_kind_delivered;
	if (draw < DELIVERED + READ || notice->want != PD_want_confirmation)
		return PD_answer_kind_read;
	return PD_answer_kind_confirmed;
}

/* What cannot be sent is not sent: people forget. */
static void answer_one(struct readers *readers)
{
	struct open_notice *notice = TAILQ_FIRST(&readers->notices);
	size_t count;
	uint32_t at = chance_below(readers->chance, notice->left);
	const struct roster_person *person = &roster_people(readers->roster, &count)[notice->members[at]];
	struct pd_message message = {.type = PD_MSG_answer};
	message.answer = (struct pd_answer){
		.notice = notice->id, .answer = (uint8_t)draw_answer(readers, notice), .actor = person->id};
	(void)!pd_client_send(readers->client, &message, on_answer, readers);
	notice->members[at] = notice->members[--notice->left];
	if (!notice->left)
		drop(readers, notice);
}

int readers_run(struct readers *readers, uint64_t now_ms, int most_ms)
{
	double now = (double)now_ms, mean_ms = 1000 / readers->rate;
	if (now - readers->next_ms > CATCH_UP_MS)
		readers->next_ms = now + chance_exponential(readers->chance, mean_ms);
	while (readers->next_ms <= now && TAILQ_FIRST(&readers->notices)) {
		answer_one(readers);
		readers->next_ms += chance_exponential(readers->chance, mean_ms);
	}
	if (!TAILQ_FIRST(&readers->notices))
		return most_ms;
	double wait_ms = ceil(readers->next_ms - now);
	return wait_ms < 0 ? 0 : wait_ms < most_ms ? (int)wait_ms : most_ms;
}
