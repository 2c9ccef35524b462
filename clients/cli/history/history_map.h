/* history_map.h - how another system's file is to be read: its map, an .ini file.
 *
 * history_map_help says what may stand in one. Texts are templates: {Column} stands for that column's text, all else
 * for itself; one whose columns are all empty is empty. Threads: one.
 */
#ifndef PAIDAN_HISTORY_MAP_H
#define PAIDAN_HISTORY_MAP_H

#include "csv_scan.h"
#include "paidan.h"

enum { MAP_TEXT_BYTES = 200, MAP_FORMATS_MAX = 4, MAP_PARTS_MAX = 24, MAP_STATUSES_MAX = 100, MAP_PAIRS_MAX = 16 };

/* The templates of a map, in the order of the table in history_map.c. */
enum map_template {
	MAP_KEY,
	MAP_TEXT,
	MAP_CATEGORY,
	MAP_CREATED,
	MAP_DUE,
	MAP_ENDED,
	MAP_STATUS,
	MAP_DUPLICATE,
	MAP_PLACE,
	MAP_LONGITUDE,
	MAP_LATITUDE,
	MAP_RESULT,
	MAP_URGENCY,
	MAP_REQUESTER,
	MAP_HOUSEHOLD,
	MAP_ID,
	MAP_ROOT,
	MAP_STREET,
	MAP_COMMUNITY,
	MAP_GRID,
	MAP_MICROGRID,
	MAP_TEMPLATES
};

struct map_part {
	int column;       /* -1: text */
	const char *text; /* of map_template's source; a column's name, too */
	size_t bytes;
};

struct map_source {
	char text[MAP_TEXT_BYTES];
	struct map_part parts[MAP_PARTS_MAX];
	unsigned count;
	uint32_t line; /* of the map; 0: not given */
};

struct map_formats {
	char text[MAP_TEXT_BYTES];
	const char *list[MAP_FORMATS_MAX]; /* tried one after the other */
	unsigned count;
};

struct map_status {
	char word[MAP_TEXT_BYTES]; /* in lower case; "*": any other */
	enum pd_state state;
	bool duplicate;
};

struct history_map {
	char path[512];
	char source[MAP_TEXT_BYTES], encoding[64];
	char delimiter;
	struct map_source templates[MAP_TEMPLATES];
	char zone[MAP_TEXT_BYTES];
	struct map_formats formats, created_formats, due_formats, ended_formats;
	bool gap_forward, due_gap_forward, due_gap_given, fold_second;
	struct map_status statuses[MAP_STATUSES_MAX];
	unsigned status_count;
	unsigned cut; /* bit 1 << map_template for each that is cut to its limit rather than rejected */
	struct {
		double longitude, latitude;
	} placeholders[MAP_PAIRS_MAX];
	unsigned placeholder_count;
	bool bounded;
	double west, south, east, north;
	uint8_t category_level, category_urgency;
	uint32_t accept_within_s, complete_within_s;
};

/* Read the map at path. PD_EINVAL, PD_ESYS: what is wrong was said on stderr. */
PD_MUST_USE enum pd_err history_map_read(struct history_map *map, const char *path);
/* Find the map's columns in the file's first row. PD_EINVAL: one is not there, or twice; said on stderr, with those
 * that the file has. */
PD_MUST_USE enum pd_err history_map_bind(struct history_map *map, const char *file, const struct csv_scan *header);

static inline bool history_map_has(const struct history_map *map, enum map_template which)
{
	return map->templates[which].line != 0;
}
/* The name of a template's key in the map. */
const char *history_map_key(enum map_template which);

/* A row's text for a template, without blanks at its ends, appended to out with a zero behind it; returns where it
 * begins. */
size_t history_map_fill(const struct history_map *map, enum map_template which, const struct csv_scan *row,
			struct pd_buffer *out);

/* What may stand in a map: for --help. */
extern const char *const history_map_help[]; /* as in struct cli_command */

#endif
