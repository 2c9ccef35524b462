/* notice_show.h - notices, their progress, who is missing and what was answered: as tables for people, as JSON.
 *
 * Threads: one.
 */
#ifndef PAIDAN_NOTICE_SHOW_H
#define PAIDAN_NOTICE_SHOW_H

#include "cli.h"

/* Show the answers to list_notices or list_missing, as a table or as JSON. */
PD_MUST_USE int notice_show_list(struct cli *cli, struct pd_client *client, struct pd_message *query);
/* The same for list_answers. Those to one notice have its labels before their numbers; of those to all, only notices of
 * this kind (0: all) are shown. */
PD_MUST_USE int notice_show_answers(struct cli *cli, struct pd_client *client, struct pd_message *query, unsigned kind);
/* A notice, and how far it is in area (0: all) and in each area directly below. */
PD_MUST_USE int notice_show_one(struct cli *cli, struct pd_client *client, const struct pd_id *notice, uint32_t area);

/* A copy of what list_notices says of one; its texts are cut off where they end. CLI_OK, or stderr says why. */
struct notice_found {
	struct pd_notice row;
	char text[4 * 4000 + 1], labels[4 * 200 + 1];
};
PD_MUST_USE int notice_read(struct cli *cli, struct pd_client *client, const struct pd_id *notice,
			    struct notice_found *found);

/* How many labels there are in "人数,老人"; -1: one of them is empty. */
int notice_labels(const char *labels);

/* What a push or an event says of a new notice, in one line; with --json as an object. */
void notice_tell(struct cli *cli, struct pd_client *client, const struct pd_message *notified, uint32_t reminder);

#endif
