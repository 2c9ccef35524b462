/* export_table.h - orders and events as rows of cells: what is exported, whatever the format.
 *
 * Files for programs have the columns' keys, English words and times in UTC; sheets have Chinese titles and words and
 * local times. Threads: one.
 */
#ifndef PAIDAN_EXPORT_TABLE_H
#define PAIDAN_EXPORT_TABLE_H

#include "cli.h"

enum { EXPORT_CELLS_MAX = 40 };

enum export_kind {
	EXPORT_EMPTY,
	EXPORT_TEXT,
	EXPORT_NUMBER,
	EXPORT_DEGREES, /* number is degrees * 10^7, signed */
	EXPORT_TIME,    /* number is ms since 1970 UTC */
	EXPORT_WORD,    /* number is a word of the set (enums.def, or "state") */
	EXPORT_EVENT,   /* number is an event's type */
	EXPORT_YES,     /* number is 0 or 1 */
	EXPORT_NAMED,   /* number is an id, text the name behind it: sheets have the name, files the id */
};

struct export_cell {
	enum export_kind kind;
	int64_t number;
	const char *set;
	struct pd_slice text; /* borrowed from the row and from names */
};

struct export_column {
	const char *key, *title;
	int width; /* of a sheet, in characters */
};

struct export_table {
	const char *title; /* of the sheet */
	const struct export_column *columns;
	unsigned count;
};

extern const struct export_table export_orders, export_events;

/* An order's cells; names are looked up. */
void export_order_cells(struct cli *cli, struct pd_client *client, const struct pd_order *order,
			struct export_cell *cells);
void export_event_cells(struct cli *cli, struct pd_client *client, const struct pd_message *event,
			struct export_cell *cells);

/* The Chinese word for a number of a set, or for an event's type. */
const char *export_word(const char *set, unsigned code);
const char *export_event_word(enum pd_type type);

#endif
