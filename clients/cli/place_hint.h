/* place_hint.h - places that somebody may have mistyped: they are taken, and what is odd about them is said on stderr.
 *
 * Threads: one.
 */
#ifndef PAIDAN_PLACE_HINT_H
#define PAIDAN_PLACE_HINT_H

#include "cli.h"
#include "rows.h"

/* Say if the place of an order lies in no polygon and near none, and whether it would the other way round. Nothing is
 * said where there are no polygons. */
void place_hint_order(struct cli *cli, struct pd_client *client, const struct pd_submit *submit);

/* Say which shapes among rows lie far from all households of their areas. Returns the exit code. */
PD_MUST_USE int place_hint_shapes(struct cli *cli, struct pd_client *client, const struct rows *rows);

#endif
