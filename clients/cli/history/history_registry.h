/* history_registry.h - the areas and categories that past orders name: found in the broker's registry by their names,
 * and made where they are missing, so that a second import makes none.
 *
 * First all rows say what they want, then it is settled with the broker, then rows get their ids. Threads: one.
 */
#ifndef PAIDAN_HISTORY_REGISTRY_H
#define PAIDAN_HISTORY_REGISTRY_H

#include "cli.h"
#include "history_row.h"

struct history_registry;

struct history_registry *history_registry_new(const struct history_map *map);
void history_registry_free(struct history_registry *registry);

/* PD_EINVAL: the row names another district than those before; row->why says so. */
PD_MUST_USE enum pd_err history_registry_want(struct history_registry *registry, struct history_row *row);
/* Find or make what is wanted; with dry_run only find out what would be made. CLI_OK, or stderr says why not. */
PD_MUST_USE int history_registry_settle(struct history_registry *registry, struct cli *cli, struct pd_client *client,
					bool dry_run);
/* Put the ids into row->record. All that the row names was wanted and is settled. */
void history_registry_ids(const struct history_registry *registry, struct history_row *row);

/* What settling has made, or would make. */
uint32_t history_registry_areas_made(const struct history_registry *registry);
uint32_t history_registry_categories_made(const struct history_registry *registry);

#endif
