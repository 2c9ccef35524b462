/* history_row.h - one row of another system's file as a past order, or why it is none.
 *
 * What it points to lives until the next row. Threads: one.
 */
#ifndef PAIDAN_HISTORY_ROW_H
#define PAIDAN_HISTORY_ROW_H

#include "history_map.h"

enum { HISTORY_WHY_BYTES = 500, HISTORY_LEVELS = 5 };

struct history_row {
	struct pd_record record; /* without category and area, whose names are these: */
	const char *category;
	const char *areas[HISTORY_LEVELS]; /* by level - 1, the district's first; null or empty: none of that level */
	bool moved;                        /* a time was moved forward, for there was no such time */
	char why[HISTORY_WHY_BYTES];       /* why it is none */
	struct pd_buffer texts;
};

/* PD_EINVAL: row->why says what is wrong, and what would be right. */
PD_MUST_USE enum pd_err history_row_read(struct history_row *row, const struct history_map *map,
					 const struct csv_scan *scan, size_t columns);
void history_row_fini(struct history_row *row);

/* The id of a past order: a UUIDv7 of its time whose other bits are a hash (BLAKE2b) of source and key, so that it is
 * the same whenever it is made. */
struct pd_id history_id(uint64_t submitted_ms, struct pd_slice source, struct pd_slice key);

#endif
