/* registry_relations.h - whether the rows of a registry fit together: ids, parents, micro-grids, centre households,
 * posts. */
#ifndef PAIDAN_REGISTRY_RELATIONS_H
#define PAIDAN_REGISTRY_RELATIONS_H

#include "problems.h"
#include "rows.h"

/* Add what does not fit to problems. Rows that are marked as faulty count as being there, but are not judged; nothing
 * is missed in a table that is incomplete. */
void registry_relations_check(const struct rows *rows, struct problems *problems);

/* Whether no two rows of one kind have the same id. */
void registry_relations_check_ids(const struct rows *rows, enum rows_kind kind, struct problems *problems);

#endif
