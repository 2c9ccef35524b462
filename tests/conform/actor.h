/* actor.h - the named clients of a scenario: each with what has come to it and was not taken yet.
 *
 * Threads: one. All clients are stepped while anything is waited for, so that none falls silent.
 */
#ifndef CONFORM_ACTOR_H
#define CONFORM_ACTOR_H

#include <jansson.h>

#include "paidan.h"

/* How a call ended. */
enum outcome_kind { OUTCOME_PENDING, OUTCOME_GAVE, OUTCOME_REFUSED, OUTCOME_INVALID, OUTCOME_LATE };

struct outcome {
	enum outcome_kind kind;
	json_t *result; /* GAVE: of the call; REFUSED: the refusal; owned, may be null */
	char why[300];  /* INVALID, LATE: what the library says */
};

struct actor {
	struct actor *next;
	char *name;
	struct pd_client *client;
	json_t *events, *pushes, *links; /* arrays: what came, in order */
	json_t *refusal;                 /* of its latest hello; null: none */
	bool welcomed;
};

/* A call on its way, until actor_answer has looked at it. */
struct sent {
	struct sent *next;
	char *label;
	json_t *order; /* the id that it made or was given; null: it has none */
	struct outcome outcome;
};

/* Open a client, and wait for its welcome: *actor is null unless that came. */
struct outcome actor_open(struct actor **actor, const char *name, const struct pd_client_options *options,
			  int timeout_ms);
void actor_close(struct actor *actor);
struct actor *actor_find(const char *name);
/* Close all, and forget what was sent. */
void actor_end(void);

/* Step all clients, for at most timeout_ms while nothing comes; extra_fd (-1: none) wakes, too. */
void actor_step(int timeout_ms, int extra_fd);

/* The calls of README.md: `with` is an object, made already. */
struct outcome actor_call(struct actor *actor, const char *call, const json_t *with, int timeout_ms);
/* The same without waiting. INVALID at once, or PENDING. */
struct outcome actor_send(struct actor *actor, const char *label, const char *call, const json_t *with);
/* The outcome of what was sent under a label; LATE after timeout_ms. */
struct outcome actor_answer(const char *label, int timeout_ms);

void outcome_end(struct outcome *outcome);

#endif
