/* calls.h - what was sent and is not yet answered: found by request id, walked in the order of sending.
 *
 * Request ids rise; an id stands at the place id & (capacity - 1) of a table, and ids whose place is taken are left
 * out. So finding one is a look at one place, however long another stays unanswered.
 *
 * Invariants: (1) at most half of the places are taken; (2) the list from first to last is in the order of request ids;
 * (3) a call owns its bytes (from the pool) and its rows. A struct call moves when calls_add makes the table grow.
 * Threads: one.
 */
#ifndef PAIDAN_CALLS_H
#define PAIDAN_CALLS_H

#include "paidan.h"
#include "pool.h"

enum { CALLS_MAX = 65536 }; /* of the program's own */

enum call_kind {
	CALL_PROGRAM, /* sent by the program */
	CALL_WORK,    /* a work: said anew on each connection, so a new connection forgets it */
	CALL_OWN,     /* sent by the client for itself */
};

/* The answers before the last one, until that is there: after a lost connection they come a second time. */
struct call_rows {
	struct pd_buffer bytes; /* whole messages, back to back */
	struct call_rows *next; /* of those that are spare */
};

struct call {
	uint64_t request; /* 0: the place is free */
	pd_answer_fn *fn;
	void *arg;
	char *bytes; /* the message as it was sent */
	struct call_rows *rows;
	uint64_t resend_ms; /* when it is sent again */
	uint32_t byte_count;
	uint32_t before, after; /* neighbours in the list, as places; CALLS_NONE at its ends */
	uint8_t kind, tries;
	uint8_t type; /* enum pd_type, all of which fit */
};

enum { CALLS_NONE = UINT32_MAX };

struct calls {
	struct call *table;
	uint32_t capacity, count;
	uint32_t program_count; /* of them CALL_PROGRAM */
	uint32_t first, last;
	uint64_t next_request;
	struct pool pool;
	struct call_rows *spare;
};

void calls_init(struct calls *calls);
void calls_fini(struct calls *calls);

/* The id that the next calls_add will use, for the message to be encoded with; never 0. The table has room for it
 * afterwards. */
uint64_t calls_next_request(struct calls *calls);
/* An id that stands for nothing kept here (hello, ping). */
uint64_t calls_spend_request(struct calls *calls);
/* Keep a call under calls_next_request, with a copy of its bytes. The caller fills in fn, arg and resend_ms. */
struct call *calls_add(struct calls *calls, enum call_kind kind, enum pd_type type, const char *bytes,
		       size_t byte_count);
/* Null when there is none (any more). */
struct call *calls_find(const struct calls *calls, uint64_t request);
/* Forget a call; its rows go with it unless they were taken. */
void calls_drop(struct calls *calls, struct call *call);
/* Walk: for (call = calls_first(c); call; call = calls_after(c, call)). */
struct call *calls_first(const struct calls *calls);
struct call *calls_after(const struct calls *calls, const struct call *call);

/* Keep an answer that is not the last one. */
void calls_keep_row(struct calls *calls, struct call *call, const char *bytes, size_t byte_count);
/* Give rows back when they were taken from a call; accepts null. */
void calls_spare_rows(struct calls *calls, struct call_rows *rows);

#endif
