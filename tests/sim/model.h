/* model.h - what orders go through, as states.def and the messages' descriptions have it; not as the core has it.
 *
 * Every event that the broker applies is shown to the model, which says whether it was legal then, and remembers the
 * order's every version. When a crash takes events back, the model goes back with them. Threads: one.
 */
#ifndef PAIDAN_SIM_MODEL_H
#define PAIDAN_SIM_MODEL_H

#include "proto.h"
#include "registry.h"

/* An order after one of its events. */
struct version {
	uint64_t seq, time_ms, due_ms, waiting_ms, accepted_ms, completed_ms, ended_ms;
	uint64_t state_seq;                     /* the event that began the time that runs */
	uint64_t queued_seq;                    /* the event that brought it to where it waits */
	uint64_t timed_seq;                     /* the event that said when it is due */
	uint64_t said;                          /* a hash of the event's words, and of the choice made with it */
	struct pd_id into;                      /* of a merged one: what goes on */
	uint64_t urged_ms;                      /* when it was last urged */
	uint32_t holder, area, acceptor, actor; /* area: where it comes from */
	uint32_t urges;
	uint16_t attempt;
	uint8_t type, state, rating; /* type: of the event */
	uint8_t step;                /* levels climbed in this attempt because a time passed */
	bool late;                   /* it was completed late once, or not in time */
	bool stuck;                  /* it went no further once, for it was at the top */
	bool by_plan;                /* a plan for emergencies said when it is due */
	bool reminded;               /* its acceptor was, and has said nothing since */
	uint32_t left_s;             /* of the time to complete a suspended one */
	uint32_t touched_s;          /* when its acceptor said something last or was reminded: after it was submitted */
};

/* Somebody began to follow an order, ended it, or rated it. */
struct following {
	uint64_t seq; /* of the event that says so */
	uint32_t person;
	uint16_t attempt; /* that is rated */
	uint8_t rating;   /* 0: it begins or ends */
	bool begins;
};

struct life {
	struct pd_id id;
	uint32_t requester, household, category, actor;
	uint8_t urgency;
	bool recorded, due, duplicate, placed; /* placed: its coordinate told its area */
	struct pd_id notice;                   /* by which it was handed out; all zero: none */
	int32_t lon_e7, lat_e7;
	uint64_t submitted_ms;
	uint64_t contents;        /* a hash of what was submitted or recorded */
	uint64_t pushed;          /* of a recorded one: a hash of what a push says of it */
	struct version *versions; /* versions[i] is version i + 1 */
	uint32_t count, capacity;
	struct following *followings; /* as they came */
	uint32_t following_count, following_capacity;
	uint32_t granted_version, granted_actor; /* of the last acceptance that was answered with ok; 0: none */
	struct life *next;                       /* of its bucket */
};

void model_init(void);
void model_fini(void);

/* Null when there is none. */
struct life *model_find(const struct pd_id *id);
static inline const struct version *life_now(const struct life *life)
{
	return &life->versions[life->count - 1];
}
static inline bool life_queued(const struct life *life)
{
	unsigned state = life_now(life)->state;
	return state == PD_STATE_waiting || state == PD_STATE_accepted || state == PD_STATE_suspended;
}
static inline bool life_open(const struct life *life)
{
	return life_queued(life) || life_now(life)->state == PD_STATE_completed;
}
/* All orders, as they came. */
struct life *const *model_lives(size_t *count);

/* The broker has applied event; bytes is it as a message. Fails when it was not legal. */
void model_event(const struct registry *registry, const struct pd_message *event, const void *data, size_t bytes);
/* The last event, and what each was: a hash of its bytes. */
uint64_t model_last_seq(void);
uint64_t model_event_hash(uint64_t seq);
/* The same of an event without what the broker keeps in it as time goes by: of duty_set and mode_begun. */
uint64_t model_plain_hash(const struct pd_message *event);
uint64_t model_event_plain_hash(uint64_t seq);
/* Whether the broker meant to publish it. */
bool model_event_published(uint64_t seq);
void model_will_publish(uint64_t seq);
/* The events after seq have not happened. */
void model_cut(uint64_t seq);

/* What the settings say. */
struct model_periods {
	uint64_t confirm_within_ms, reopen_within_ms, urge_every_ms;
	uint32_t reopen_max;
};
void model_set_periods(const struct model_periods *periods);
uint64_t model_confirm_within_ms(void);
uint64_t model_reopen_within_ms(void);
uint32_t model_reopen_max(void);
/* When an order can be urged. */
uint64_t model_urge_from_ms(const struct life *life);

/* Whether person follows the order after event seq. */
bool model_follows_at(const struct life *life, uint32_t person, uint64_t seq);
bool model_follows(const struct life *life, uint32_t person);
/* What a follower has given the completion that there is; 0: nothing yet. */
unsigned model_rating(const struct life *life, uint32_t person);
struct model_followers {
	uint32_t count, endorsements, stars;
};
struct model_followers model_followers(const struct life *life);
/* Whether person lives, or else has a post, in the community that the order comes from. */
bool model_is_neighbour(const struct registry *registry, uint32_t person, const struct life *life);
/* When the silence about an order is to be acted on; UINT64_MAX: never. */
uint64_t model_idle_ms(const struct registry *registry, const struct life *life);
/* The last event that changed how time runs: a calendar or a category. */
uint64_t model_clocks_seq(void);

/* What a submit says, as a hash; household is that which it comes to. */
uint64_t model_contents(const struct pd_submit *submit, uint32_t actor, uint32_t requester, uint32_t household);

/* What a record says of contents. */
uint64_t model_past(const struct pd_record *record);
/* What a push says of the order: all that it began with but who brought it and where it waits. */
uint64_t model_pushed(const struct pd_submitted *submitted);

/* What a move's command says beyond the order and who; what the event that it becomes says is the same. */
uint64_t model_said(const struct pd_message *command);

/* Whether person works for area: a post of work there or above it; the operator and administrators everywhere. */
bool model_works_for(const struct registry *registry, uint32_t person, uint32_t area);
/* Whether person may read what is not theirs: has a post of work anywhere. */
bool model_reads(const struct registry *registry, uint32_t person);
bool model_in_use(const struct registry *registry, uint32_t person);

#endif
