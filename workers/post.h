/* post.h - the post that a worker takes: which area, in whose name, and the orders that are in hand there already.
 *
 * They wait for the broker as long as the shift's patience lasts, and end early when the shift is told to end. Threads:
 * one.
 */
#ifndef PAIDAN_POST_H
#define PAIDAN_POST_H

#include "roster.h"
#include "shift.h"
#include "worker.h"

struct post {
	const struct roster_area *area;     /* both live as long as the roster */
	const struct roster_person *person; /* null: the shift ended before */
};

/* Begin the shift (children: see shift_begin) and open the worker, whose name is that of cli's command; handler and arg
 * are borrowed until worker_close. Returns 0, or the exit code; stderr says why. */
int post_open(struct shift *shift, struct cli *cli, bool children, struct worker **worker,
	      const struct worker_handler *handler, void *arg);

/* Read areas, categories and the people of the area called area (id or name) into roster, and choose: the person called
 * as, or with null the area's leader. Returns 0, or the exit code when it cannot be; stderr says why. */
int post_take(struct post *post, struct roster *roster, struct shift *shift, struct worker *worker, const char *area,
	      const char *as);

/* worker_adopt_all, again until it is answered. area 0: everywhere. */
PD_MUST_USE enum pd_err post_adopt(struct shift *shift, struct worker *worker, uint32_t area,
				   void (*each)(struct worker *worker, struct worker_order *order, void *arg),
				   size_t *count);

/* Wait until the broker answers, and ask it what fn asks, again as long as nothing is answered in time, or the
 * broker has too much to do. PD_OK also when
 * the shift ends before; PD_ETIMEDOUT: the shift's patience with a silent broker is at its end. */
typedef enum pd_err post_ask_fn(void *arg);
PD_MUST_USE enum pd_err post_ask(struct shift *shift, struct pd_client *client, post_ask_fn *fn, void *arg);
/* Say why the registry could not be read; returns the exit code. */
int post_fail(const struct cli *cli, const struct roster *roster, enum pd_err err);

/* The posts of those who may accept orders somewhere, for roster_load_people. */
unsigned post_working(void);

enum { POST_QUERY_MS = 5000 }; /* how long an answer is waited for before the query is repeated */

#endif
