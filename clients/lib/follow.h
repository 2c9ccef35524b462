/* follow.h - the events of an area without loss: a SUB socket for what is live, read_events for what is not.
 *
 *   OFF ──► WAITING ──► LOCATING ──► FILLING ──► LIVE
 *           for the     its path     pages of    publications, as long as their
 *           link        by list_     read_events counts rise by one
 *              ▲        areas           ▲          │
 *              │          │ not there   └──────────┤ a gap, a restart, a new welcome
 *              └──────────┴── ABSENT ◄─────────────┘ long silence: locate again
 *
 *   From now on: before LOCATING comes STARTING, which asks by get_stats after which seq that is.
 *   A refusal of a query: ABSENT when it may pass, as that there is no such area; else OFF, and on_follow_refused.
 *
 * Each publication carries how many the followed area has had. One more than the last (or of everything, the next seq):
 * nothing is missing. Otherwise the events after the last seq are read from the journal, and the answer says with which
 * count it goes on. What is published meanwhile is held back, up to a bound; what does not fit shows as a gap
 * afterwards. What another run of the broker publishes than the one that welcomed us is not taken: it counts anew, and
 * its second publication may look like the next one of the run before.
 *
 * Invariants: (1) on_event gets rising seqs, and seen is the last; (2) one query is under way at most, under `request`.
 * Threads: one.
 */
#ifndef PAIDAN_FOLLOW_H
#define PAIDAN_FOLLOW_H

#include "paidan.h"

enum follow_state {
	FOLLOW_OFF,
	FOLLOW_WAITING,
	FOLLOW_LOCATING,
	FOLLOW_STARTING,
	FOLLOW_FILLING,
	FOLLOW_LIVE,
	FOLLOW_ABSENT
};

enum { FOLLOW_TOPIC_BYTES_MAX = 128 * 4 + 1 };

struct follow {
	enum follow_state state;
	uint32_t area;
	uint32_t generation; /* of pd_client_follow: a callback may have called it */
	bool from_now;       /* seen is to be what is the last event now */
	bool again;          /* what is under way began before the last welcome: fill once more after it */
	uint64_t seen;       /* seq of the last event given on */
	uint64_t count;      /* the area's publications, up to seen */
	uint64_t request;    /* of the query under way; 0: none */
	uint64_t quiet_ms;   /* when something was last published or filled */
	uint64_t retry_ms;   /* when to locate again; 0: see quiet_ms */
	void *sub;
	char topic[FOLLOW_TOPIC_BYTES_MAX];      /* subscribed to; empty: not subscribed */
	char topic_next[FOLLOW_TOPIC_BYTES_MAX]; /* as the answer under way says */
	unsigned depth;                          /* the place of the area's count among a publication's counts */
	struct pd_buffer held;                   /* publications of the time of filling: struct held, bytes, padding */
};

PD_MUST_USE enum pd_err follow_start(struct pd_client *client, uint32_t area, uint64_t after_seq);
void follow_close(struct pd_client *client);

/* The link is up (again). */
void follow_link_up(struct pd_client *client, bool restarted);
void follow_receive(struct pd_client *client);
void follow_tick(struct pd_client *client);
uint64_t follow_deadline(const struct pd_client *client);

#endif
