/* pages.h - lists of the broker, page by page: ask, look the names up, show, ask for the next.
 *
 * Threads: one.
 */
#ifndef PAIDAN_PAGES_H
#define PAIDAN_PAGES_H

#include "cli.h"

/* Gets each row, after the names it mentions have been asked for. */
typedef void pages_row_fn(struct cli *cli, struct pd_client *client, const struct pd_message *row, void *arg);
/* Gets the end of each page. */
typedef void pages_end_fn(void *arg);

/* The same; false ends it. */
typedef bool pages_well_fn(void *arg);

/* Show the answers to query (one of the list_ messages, with its filters set), at most limit of them (0: all). On
 * CLI_OK *more says whether there are further ones. */
PD_MUST_USE int pages_show(struct cli *cli, struct pd_client *client, struct pd_message *query, uint64_t limit,
			   pages_row_fn *row, pages_end_fn *page_end, void *arg, bool *more);

/* The events of this type that list_setup answers with, each as a row. */
PD_MUST_USE int pages_setup(struct cli *cli, struct pd_client *client, enum pd_type type, pages_row_fn *row,
			    pages_end_fn *page_end, void *arg);

/* All answers to query, which may also be read_events. On CLI_OK *more says whether page_well has ended it. */
PD_MUST_USE int pages_walk(struct cli *cli, struct pd_client *client, struct pd_message *query, pages_row_fn *row,
			   pages_well_fn *page_well, void *arg, bool *more);

/* When the first event after a seq happened; UINT64_MAX: there is none. */
PD_MUST_USE int pages_event_time(struct cli *cli, struct pd_client *client, uint64_t after_seq, uint64_t *time_ms);
/* The last event of 0 to last_seq before a time: what happened from then on stands behind it. */
PD_MUST_USE int pages_event_before(struct cli *cli, struct pd_client *client, uint64_t time_ms, uint64_t last_seq,
				   uint64_t *seq);

#endif
