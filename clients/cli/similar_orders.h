/* similar_orders.h - open orders nearby that may say what a new one says.
 *
 * Threads: one.
 */
#ifndef PAIDAN_SIMILAR_ORDERS_H
#define PAIDAN_SIMILAR_ORDERS_H

#include "cli.h"

struct similar {
	struct pd_buffer rows; /* order messages, back to back, the nearest first */
	unsigned count;
};

/* Those to what would be submitted. CLI_OK, or else stderr says why; to be given to similar_fini in any case. */
PD_MUST_USE int similar_ask(struct cli *cli, struct pd_client *client, const struct pd_submit *submit,
			    struct similar *similar);
void similar_fini(struct similar *similar);

/* Whether somebody is there to be asked. */
bool similar_may_ask(const struct cli *cli);
/* Show them, and ask whether it is one of them: person follows that one then, and *done is set. */
PD_MUST_USE int similar_offer(struct cli *cli, struct pd_client *client, const struct similar *similar, uint32_t person,
			      bool *done);
/* Say on stderr that there are some beside order itself. */
void similar_hint(const struct similar *similar, const struct pd_id *order);

#endif
