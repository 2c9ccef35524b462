/* paidan.h - the client library: talk to paidand from a program, alone or inside any event loop.
 *
 * One client is one connection for commands (DEALER) and, once something is followed, one for events (SUB). It
 * reconnects with jitter, says hello and its areas of work again, and sends again what was not answered, under the same
 * ids: every command is idempotent, so nothing is done twice. A gap in the event stream is noticed and filled from the
 * broker's journal.
 *
 * Threads: a client belongs to one thread. Callbacks run inside pd_client_step, pd_client_call and pd_client_query, on
 * that thread; they may send, stage, flush, work and follow, but not step, call, query or close (which is asserted).
 * Messages given to callbacks, and their slices, live until the callback returns.
 */
#ifndef PAIDAN_H
#define PAIDAN_H

#include "codec.h"
#include "id.h"
#include "proto.h"

#ifdef __cplusplus
extern "C" {
#endif

#define PD_CONNECT_DEFAULT "tcp://127.0.0.1:7750"

struct pd_client;

/* What became of the connection. The message that on_link gets with it is, for DOWN, what hello was refused with, or
 * null when the connection was lost; for UP and RESTARTED the broker's welcome. */
enum pd_link {
	PD_LINK_DOWN,      /* lost, silent or refused; the client goes on trying. What was pushed may go to others. */
	PD_LINK_UP,        /* the broker welcomed us */
	PD_LINK_RESTARTED, /* as UP, and it is another run of the broker than before */
};

typedef void pd_message_fn(struct pd_client *client, const struct pd_message *message, void *arg);
typedef void pd_link_fn(struct pd_client *client, enum pd_link link, const struct pd_message *message, void *arg);

struct pd_client_options {
	const char *connect;   /* endpoint of commands; null: $PAIDAN_CONNECT, else PD_CONNECT_DEFAULT */
	const char *subscribe; /* endpoint of events; null: $PAIDAN_SUBSCRIBE, else beside connect: the next port,
				  or events.sock in the same folder */
	const char *name;      /* program and version, for the broker's log; not null */
	uint32_t person;       /* for whom it speaks; 0: the operator */
	uint8_t language;      /* of the details of refusals, and of pd_client_why's: enum pd_language; 0: English */
	bool listen;           /* be told what concerns the person: on_push gets it, too */
	uint32_t resend_ms;    /* when to send again what is unanswered, then doubling up to 16 times it; 0: 5,000 */

	void *arg; /* given to the callbacks, each of which may be null */
	/* push, withdraw, warned; with listen, moved and notice_push; leave alone what a later broker may push */
	pd_message_fn *on_push;
	pd_message_fn *on_event; /* of what is followed: in the order of their seqs, each once */
	pd_message_fn *on_stats; /* figures of the area that is followed and of those below */
	pd_link_fn *on_link;
	pd_message_fn *on_follow_refused; /* why nothing is followed any more: see pd_client_follow */
};

/* Begins to connect; does not wait for it. PD_EINVAL: an endpoint is malformed (*why says which, may be null; it lives
 * until the thread's next call). PD_ESYS: errno. On failure *client is null. */
PD_MUST_USE enum pd_err pd_client_open(struct pd_client **client, const struct pd_client_options *options,
				       const char **why);
/* Says bye if connected; commands that were not answered are forgotten. Accepts null. */
void pd_client_close(struct pd_client *client);

/* For another loop: call pd_client_step(client, 0) whenever this descriptor is readable. It also fires for the client's
 * own timers, and when something was sent and not flushed. Edge cases of ZeroMQ's descriptors are dealt with inside. It
 * belongs to the client. */
int pd_client_fd(const struct pd_client *client);
/* Wait up to timeout_ms (0: not at all, -1: for ever) for something to happen and deal with all that has. PD_OK also
 * when nothing did, and after a signal. */
PD_MUST_USE enum pd_err pd_client_step(struct pd_client *client, int timeout_ms);

/* Gets each answer to what was sent. The last one (ok, refused, stats, imported, digest, end) is given with last set;
 * those before it (the rows of a query) are given together with it, so that each comes once even when a connection was
 * lost in their midst. */
typedef void pd_answer_fn(struct pd_client *client, const struct pd_message *answer, bool last, void *arg);

/* Send a command or query, and again until it is answered; the request id is set by the client. fn may be null. What is
 * sent in one step goes out at its end or at pd_client_flush, in one frame, or in several of 60 KiB at most. PD_EINVAL:
 * the message breaks a limit (pd_client_why says which); PD_EBUSY: 65,536 are unanswered. */
PD_MUST_USE enum pd_err pd_client_send(struct pd_client *client, struct pd_message *message, pd_answer_fn *fn,
				       void *arg);
void pd_client_flush(struct pd_client *client);
/* Number of commands and queries that are not yet answered. */
size_t pd_client_pending(const struct pd_client *client);

/* Send and wait for the last answer: it is copied to *answer, and its slices live until the next call on the client.
 * PD_ETIMEDOUT: no answer within timeout_ms (-1: for ever); the command may still be done. A refusal is PD_OK with
 * answer->type PD_MSG_refused. */
PD_MUST_USE enum pd_err pd_client_call(struct pd_client *client, struct pd_message *message, struct pd_message *answer,
				       int timeout_ms);
/* The same for queries of many answers: fn sees all of them, the last one too. */
PD_MUST_USE enum pd_err pd_client_query(struct pd_client *client, struct pd_message *message, pd_answer_fn *fn,
					void *arg, struct pd_message *last, int timeout_ms);

/* Send a put_ message between import_begin and import_commit: it is not answered and not sent again; row is its request
 * id. After a lost connection the rest of them is left out, which shows as no_import or import_rows at the commit. */
PD_MUST_USE enum pd_err pd_client_stage(struct pd_client *client, struct pd_message *put, uint64_t row);

/* Work for an area from now on, across reconnections, with at most credit pushed orders outstanding; 0 stops. fn (may
 * be null) gets the answer, each time it is said; but not that the broker was too busy (PD_REFUSED_busy): then it is
 * said again after a while, as long as the credit stays the same. */
PD_MUST_USE enum pd_err pd_client_work(struct pd_client *client, uint32_t area, uint16_t credit, pd_answer_fn *fn,
				       void *arg);

/* Follow the events of an area and all below it (0: everything), from after_seq on (UINT64_MAX: from now on), without
 * loss, across reconnections and restarts: gaps are filled by read_events. At most one area is followed; a second call
 * replaces the first. An area that is not there yet (PD_REFUSED_unknown_area) is waited for, and so is a broker that
 * cannot answer at the moment (PD_REFUSED_busy, PD_REFUSED_read_failed): the client asks again every second. Any other
 * refusal, as of a person who may not read events, ends the following, and on_follow_refused is told; it may follow
 * anew. PD_ESYS: errno. */
PD_MUST_USE enum pd_err pd_client_follow(struct pd_client *client, uint32_t area, uint64_t after_seq);

/* A new order id of this moment. */
struct pd_id pd_client_new_id(struct pd_client *client);
/* What was wrong with the last call that failed, for people; lives until the next call. */
const char *pd_client_why(const struct pd_client *client);

#ifdef __cplusplus
}
#endif

#endif
