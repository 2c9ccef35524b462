/* worker.h - the runtime of a worker: orders are offered, taken on, and brought to an end.
 *
 * One worker is one connection, which works for one area or for thousands, with an actor for each: the person in whose
 * name orders of that area are moved. It keeps every order that was offered or is in hand, with the version to name in
 * the next command. Libpaidan below it reconnects and sends again; here a version that has become stale (somebody added
 * a note) is looked up and the command repeated, and an order that was lost to somebody else is told as lost.
 *
 * Invariants: (1) an order has at most one command under way; (2) an order is forgotten only when the handler was told
 * (done or lost); (3) what is offered is forgotten when the link comes back: the broker offers it again if it still
 * waits. Threads: as libpaidan: one. Handlers run inside worker_step and may command, join and stop, but not step or
 * close.
 */
#ifndef PAIDAN_WORKER_H
#define PAIDAN_WORKER_H

#include "paidan.h"

struct worker;

enum worker_stage {
	WORKER_OFFERED, /* pushed, and promised to nobody */
	WORKER_IN_HAND, /* accepted by the actor and not yet completed */
};

enum worker_loss {
	WORKER_WITHDRAWN, /* it left the queue before we answered */
	WORKER_TAKEN,     /* our command came too late: someone else moved it */
	WORKER_CLIMBED,   /* a time has passed, and it went to the level above */
	WORKER_LAPSED,    /* the roll-call or round of visits that handed it out has ended */
	WORKER_PUT_OFF,   /* the actor put it off, and the handler has no put_off: it does not wait for it */
	WORKER_LINK_LOST, /* it was offered on a connection that is gone */
};

/* Owned by the worker. The texts of submitted live as long as the order. */
struct worker_order {
	struct pd_id id;
	uint32_t version;
	uint32_t holder, actor;
	uint16_t attempt;
	enum worker_stage stage;
	bool put_off;                  /* in hand, and put off until due_ms */
	uint64_t due_ms;               /* by when it is to be accepted, or once in hand completed; 0: unknown */
	struct pd_submitted submitted; /* the request. Of an adopted order the coordinate is missing */
	void *data;                    /* the handler's own */
};

/* Each may be null. Orders and messages are borrowed for the call. */
struct worker_handler {
	/* A new dispatch. Answer it now or later: worker_accept, worker_decline, or leave it to others. */
	void (*offered)(struct worker *worker, struct worker_order *order, void *arg);
	/* The command was carried out. After complete, decline, transfer, release and merge the order is forgotten
	 * when this returns. */
	void (*done)(struct worker *worker, struct worker_order *order, enum pd_type command, void *arg);
	/* The command was refused, and the order is as it was. */
	void (*refused)(struct worker *worker, struct worker_order *order, enum pd_type command,
			const struct pd_refused *refused, void *arg);
	/* The actor accepted an order elsewhere: it is in hand now. If it had not been offered here, its data is null,
	 * and only events tell of it. When null an offered one is lost, as if someone else had accepted it: several
	 * workers may act as one person, and one of them then has it. */
	void (*accepted_elsewhere)(struct worker *worker, struct worker_order *order, void *arg);
	/* The actor put an order in hand off, elsewhere; it stays here. When null, it is lost. */
	void (*put_off)(struct worker *worker, struct worker_order *order, void *arg);
	/* An order of the actor that was put off goes on: it is in hand. If it was not here, its data is null. Only
	 * events tell of it. */
	void (*gone_on)(struct worker *worker, struct worker_order *order, void *arg);
	/* The broker tells of an order that is offered or in hand and must not be forgotten. */
	void (*warned)(struct worker *worker, struct worker_order *order, const struct pd_warned *warned, void *arg);
	/* The order is not ours any more, by person (0: unknown). It is forgotten when this returns. */
	void (*lost)(struct worker *worker, struct worker_order *order, enum worker_loss loss, uint32_t person,
		     void *arg);
	/* The broker does not let us work for this area. */
	void (*area_refused)(struct worker *worker, uint32_t area, const struct pd_refused *refused, void *arg);
	/* An event of the area followed by pd_client_follow; versions of orders in the table are up to date already. */
	void (*event)(struct worker *worker, const struct pd_message *event, void *arg);
	/* The broker does not tell events, and will not: see pd_client_follow. */
	void (*follow_refused)(struct worker *worker, const struct pd_refused *refused, void *arg);
	void (*link)(struct worker *worker, enum pd_link link, const struct pd_message *message, void *arg);
};

/* Begins to connect, as the operator; handler and arg are borrowed until worker_close. Errors as pd_client_open. */
PD_MUST_USE enum pd_err worker_open(struct worker **worker, const char *connect, const char *subscribe,
				    const char *name, const struct worker_handler *handler, void *arg,
				    const char **why);
/* Says bye; orders that were offered go to others, those in hand stay accepted. Accepts null. */
void worker_close(struct worker *worker);

struct pd_client *worker_client(struct worker *worker);
/* As pd_client_step. */
PD_MUST_USE enum pd_err worker_step(struct worker *worker, int timeout_ms);

/* Work for area in the name of actor, at most credit orders offered at a time; again to change it. Errors as
 * pd_client_work. */
PD_MUST_USE enum pd_err worker_join(struct worker *worker, uint32_t area, uint32_t actor, uint16_t credit);
/* Take no new work from now on: no credit anywhere, and what is still pushed is left to others. What is in hand can be
 * finished. */
void worker_stop(struct worker *worker);

/* Take an order that its acceptor had accepted before (an earlier run) into hand; false: it is not an accepted order of
 * an area that we work for as that person, or one that was put off though the handler has no put_off, or it is here
 * already. *adopted may be null. */
bool worker_adopt(struct worker *worker, const struct pd_order *order, struct worker_order **adopted);
/* Ask for all accepted orders held in area or below and adopt those that are ours; waits at most timeout_ms an answer.
 * PD_EBUSY: the broker has too much to do (the areas were joined a moment ago, and many orders wait there); may be
 * repeated. each (may be null) gets every order that was adopted. *count (may be null): how many. */
PD_MUST_USE enum pd_err worker_adopt_all(struct worker *worker, uint32_t area, int timeout_ms,
					 void (*each)(struct worker *worker, struct worker_order *order, void *arg),
					 size_t *count);

/* The moves: accept and decline of what is offered, complete, release, suspend and resume of what is in hand, note,
 * transfer and merge of either. The texts are copied; the answer comes to the handler. PD_EBUSY: a command on this
 * order, or too many in all, are under way: try again later. PD_EINVAL: a text breaks its limits (pd_client_why). */
PD_MUST_USE enum pd_err worker_accept(struct worker *worker, struct worker_order *order);
PD_MUST_USE enum pd_err worker_decline(struct worker *worker, struct worker_order *order, struct pd_slice reason);
PD_MUST_USE enum pd_err worker_transfer(struct worker *worker, struct worker_order *order, uint32_t holder,
					struct pd_slice reason);
/* The order says what another one says, which goes on. */
PD_MUST_USE enum pd_err worker_merge(struct worker *worker, struct worker_order *order, const struct pd_id *into,
				     struct pd_slice reason);
PD_MUST_USE enum pd_err worker_complete(struct worker *worker, struct worker_order *order, struct pd_slice result);
PD_MUST_USE enum pd_err worker_release(struct worker *worker, struct worker_order *order, struct pd_slice reason);
PD_MUST_USE enum pd_err worker_suspend(struct worker *worker, struct worker_order *order, uint64_t until_ms,
				       struct pd_slice reason);
PD_MUST_USE enum pd_err worker_resume(struct worker *worker, struct worker_order *order, struct pd_slice reason);
PD_MUST_USE enum pd_err worker_note(struct worker *worker, struct worker_order *order, struct pd_slice text);

/* Whether a command on this order is not yet answered. */
bool worker_order_busy(const struct worker_order *order);
/* Null when it is neither offered nor in hand. */
struct worker_order *worker_find(const struct worker *worker, const struct pd_id *id);
size_t worker_count(const struct worker *worker, enum worker_stage stage);
/* Give every order, the oldest first, to fn, e.g. to free what their data points to before worker_close. */
void worker_each(struct worker *worker, void (*fn)(struct worker_order *order, void *arg), void *arg);

#endif
