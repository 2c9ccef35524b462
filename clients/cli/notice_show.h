/* notice_show.h - notices, their progress, who is missing and what was answered: as tables for people, as JSON.
 *
 * Threads: one.
 */
#ifndef PAIDAN_NOTICE_SHOW_H
#define PAIDAN_NOTICE_SHOW_H

#include "cli.h"

/* Show the answers to list_notices, get_progress, list_missing or list_answers, as a table or as JSON. */
PD_MUST_USE int notice_show_list(struct cli *cli, struct pd_client *client, struct pd_message *query);
/* A notice, and how far it is in area (0: all) and in each area directly below. */
PD_MUST_USE int notice_show_one(struct cli *cli, struct pd_client *client, const struct pd_id *notice, uint32_t area);

/* A copy of what list_notices says of one; its texts are cut off where they end. CLI_OK, or stderr says why. */
struct notice_found {
	struct pd_notice row;
	char text[4 * 4000 + 1], labels[4 * 200 + 1];
};
PD_MUST_USE int notice_read(struct cli *cli, struct pd_client *client, const struct pd_id *notice,
			    struct notice_found *found);

/* What a push or an event says of a new notice, in one line; with --json as an object. */
void notice_tell(struct cli *cli, struct pd_client *client, const struct pd_message *notified, uint32_t reminder);

#endif
