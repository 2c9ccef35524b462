/* one_order.h - one order: reading it, changing it, and saying how it stands.
 *
 * Threads: one.
 */
#ifndef PAIDAN_ONE_ORDER_H
#define PAIDAN_ONE_ORDER_H

#include "cli.h"

/* Its numbers; its texts are left empty. CLI_OK, or else stderr says why. */
PD_MUST_USE int one_order_read(struct cli *cli, struct pd_client *client, const struct pd_id *id,
			       struct pd_order *order);
/* Say how the order stands after a command that was done under seq. */
int one_order_report(struct cli *cli, struct pd_client *client, const struct pd_id *id, uint64_t seq);
/* Send a command about an order, and say what came of it. */
int one_order_change(struct cli *cli, struct pd_client *client, struct pd_message *message, const struct pd_id *id);

/* What a person at a terminal answers, in line; null when there is none to be asked. */
char *one_order_ask(const struct cli *cli, const char *question, char *line, size_t line_bytes);

#endif
