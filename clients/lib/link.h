/* link.h - the connection for commands: connect, hello, heartbeats, and anew after it was lost.
 *
 *              link_open             hello sent            welcome
 *   RESTING ─────────────► GREETING ───────────► GREETING ─────────► LIVE
 *      ▲   when it is time                           │   ▲  no_hello   │
 *      └────── lost: refused, silent, disconnected ──┴───┴─────────────┘
 *
 * Each connection is a new socket that does not reconnect by itself: what ZeroMQ would keep and send on a second
 * connection stood there before the hello. How long to rest grows exponentially to 5 s, with full jitter, so that the
 * clients of a restarted broker do not come all at once.
 *
 * Invariants: (1) commands are put on the wire in LIVE alone; (2) generation changes with each hello, so "the same
 * generation" means that nothing sent in between was lost unnoticed; (3) on_link is told of each end of LIVE, and of
 * each refused hello; (4) of work with credit 0, works has only what the broker was too busy to hear, until it is said
 * again. Threads: one.
 */
#ifndef PAIDAN_LINK_H
#define PAIDAN_LINK_H

#include "paidan.h"

struct link_work {
	uint32_t area;
	uint16_t credit;
	pd_answer_fn *fn;
	void *arg;
	bool again; /* the broker was too busy: it is to be said again at again_ms */
};

enum link_state { LINK_RESTING, LINK_GREETING, LINK_LIVE };

struct link {
	enum link_state state;
	void *dealer;  /* null in RESTING */
	void *monitor; /* tells of disconnection; null in RESTING */
	bool lost;     /* to be dropped as soon as no callback runs */
	bool known;    /* instance and seq are those of a welcome */
	unsigned failures;
	uint32_t heartbeat_ms;
	uint32_t generation;
	uint64_t instance, seq;
	uint64_t hello_request;
	uint64_t due_ms;      /* RESTING: when to connect; GREETING: until when to wait for the welcome */
	uint64_t sent_ms;     /* when something was last sent */
	uint64_t received_ms; /* when something last came */
	uint64_t asked_ms;    /* the first ping after received_ms; 0: none */
	struct link_work *works;
	uint32_t work_count, work_capacity;
	uint64_t again_ms; /* when to say again all work that is to be; 0: none is */
	unsigned busy;     /* how often since the broker last took work on */
};

/* Connect for the first time. PD_ESYS: errno. */
PD_MUST_USE enum pd_err link_open(struct pd_client *client);
/* Say bye, if there is anyone to hear it, and close. */
void link_close(struct pd_client *client);

/* The broker's answer to what was said of work for an area. True: it was too busy, and the program need not know: it is
 * said again after a while, unless something else is wanted by now. */
PD_MUST_USE bool link_work_put_off(struct pd_client *client, const struct link_work *said,
				   const struct pd_message *answer);

/* Deal with what has come; with the news of the connection's end. */
void link_receive(struct pd_client *client);
void link_observe(struct pd_client *client);
/* Do what is due. */
void link_tick(struct pd_client *client);
/* When link_tick is to be called next. */
uint64_t link_deadline(const struct pd_client *client);

/* Send the first bytes of client->out as a frame, and take them out of it. */
void link_transmit(struct pd_client *client, size_t bytes);

PD_MUST_USE enum pd_err link_set_work(struct pd_client *client, uint32_t area, uint16_t credit, pd_answer_fn *fn,
				      void *arg);

#endif
