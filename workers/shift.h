/* shift.h - a worker's shift: it begins when the broker answers, and ends with a signal.
 *
 * SIGINT, SIGTERM and SIGHUP (and SIGCHLD, if asked for) are blocked in the whole process and read from a descriptor,
 * so nothing happens between two instructions. A second SIGINT or SIGTERM ends a shift that is being wound up. Threads:
 * the one that began it; to be begun before any other thread (ZeroMQ's) is made, for those inherit the mask.
 */
#ifndef PAIDAN_SHIFT_H
#define PAIDAN_SHIFT_H

#include <poll.h>
#include <stdbool.h>

#include "tool.h"

struct shift {
	const struct cli *cli;
	int signals;           /* a signalfd */
	unsigned stops;        /* how often it was told to end */
	bool children;         /* a child changed its state since this was last cleared */
	bool up;               /* the broker answers */
	uint64_t down_ms;      /* since when it does not, by agenda_now_ms */
	int patience_ms;       /* how long that is borne, set by the worker; 0: for ever */
	bool said_down;        /* it was said that it does not */
	unsigned said_refused; /* and why, if it refused our hello: the code */
};

/* PD_ESYS: errno. */
PD_MUST_USE enum pd_err shift_begin(struct shift *shift, const struct cli *cli, bool children);
/* Signals stay blocked: one that comes late must not cut off the program's last words. */
void shift_end(struct shift *shift);

/* To be called from on_link, with what it got: says on stderr, once each, that nobody answers, or that the broker does
 * not want us and why, and that it answers again. */
void shift_link(struct shift *shift, enum pd_link link, const struct pd_message *message);

/* Wait up to timeout_ms for the client, a signal or one of more (may be null), and deal with what the client has and
 * with signals. */
PD_MUST_USE enum pd_err shift_wait(struct shift *shift, struct pd_client *client, int timeout_ms, struct pollfd *more,
				   nfds_t count);

/* The first half of it: wait, and read signals, but leave the client's part to a step of the caller's. */
PD_MUST_USE enum pd_err shift_poll(struct shift *shift, struct pd_client *client, int timeout_ms, struct pollfd *more,
				   nfds_t count);

/* How long the broker may go on not answering: 0 when it is time to give up; -1: it answers, or may be silent for ever.
 */
int shift_patience_ms(const struct shift *shift);

/* Wait until the broker answers or the shift is told to end (then shift->stops is not 0); says once that nobody
 * answers. PD_ETIMEDOUT: patience is at its end. */
PD_MUST_USE enum pd_err shift_until_up(struct shift *shift, struct pd_client *client);

/* Wait until nothing sent is unanswered, at most timeout_ms, or until told again to end. */
PD_MUST_USE enum pd_err shift_settle(struct shift *shift, struct pd_client *client, int timeout_ms);

#endif
