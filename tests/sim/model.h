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
	uint64_t said;                          /* a hash of the event's words, and of the choice made with it */
	uint32_t holder, area, acceptor, actor; /* area: where it comes from */
	uint16_t attempt;
	uint8_t type, state, rating; /* type: of the event */
	uint8_t step;                /* levels climbed in this attempt because a time passed */
	bool late;                   /* it was completed late once, or not in time */
	bool stuck;                  /* it went no further once, for it was at the top */
	bool reminded;               /* its acceptor was, and has said nothing since */
	uint32_t left_s;             /* of the time to complete a suspended one */
	uint32_t touched_s;          /* when its acceptor said something last or was reminded: after it was submitted */
};

struct life {
	struct pd_id id;
	uint32_t requester, household, category, actor;
	uint8_t urgency;
	bool recorded, due, duplicate;
	int32_t lon_e7, lat_e7;
	uint64_t submitted_ms;
	uint64_t contents;        /* a hash of what was submitted or recorded */
	uint64_t pushed;          /* of a recorded one: a hash of what a push says of it */
	struct version *versions; /* versions[i] is version i + 1 */
	uint32_t count, capacity;
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
static inline bool life_open(const struct life *life)
{
	unsigned state = life_now(life)->state;
	return state <= PD_STATE_completed || state == PD_STATE_suspended;
}
/* All orders, as they came. */
struct life *const *model_lives(size_t *count);

/* The broker has applied event; bytes is it as a message. Fails when it was not legal. */
void model_event(const struct registry *registry, const struct pd_message *event, const void *data, size_t bytes);
/* The last event, and what each was: a hash of its bytes. */
uint64_t model_last_seq(void);
uint64_t model_event_hash(uint64_t seq);
/* Whether the broker meant to publish it. */
bool model_event_published(uint64_t seq);
void model_will_publish(uint64_t seq);
/* The events after seq have not happened. */
void model_cut(uint64_t seq);

/* For completed orders. */
void model_set_periods(uint64_t confirm_within_ms, uint64_t reopen_within_ms);
uint64_t model_confirm_within_ms(void);
uint64_t model_reopen_within_ms(void);
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
bool model_in_use(const struct registry *registry, uint32_t person);

#endif
