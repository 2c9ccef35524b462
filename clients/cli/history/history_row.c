#include "history_row.h"

#include <math.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "check.h"
#include "intl.h"
#include "zone.h"

void history_row_fini(struct history_row *row)
{
	pd_buffer_fini(&row->texts);
}

struct pd_id history_id(uint64_t submitted_ms, struct pd_slice source, struct pd_slice key)
{
	uint8_t hash[16];
	crypto_generichash_state state;
	crypto_generichash_init(&state, NULL, 0, sizeof hash);
	crypto_generichash_update(&state, (const uint8_t *)source.data, source.bytes);
	crypto_generichash_update(&state, (const uint8_t *)"", 1);
	crypto_generichash_update(&state, (const uint8_t *)key.data, key.bytes);
	crypto_generichash_final(&state, hash, sizeof hash);
	return pd_id_make(submitted_ms, hash);
}

__attribute__((format(printf, 2, 3))) static bool fail(struct history_row *row, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(row->why, sizeof row->why, format, args);
	va_end(args);
	return false;
}

/* All templates are filled first: texts grows, and moves what stands in it. */
struct filled {
	const struct history_map *map;
	const char *text[MAP_TEMPLATES];
};

static void fill(struct history_row *row, const struct csv_scan *scan, struct filled *filled)
{
	size_t begins[MAP_TEMPLATES];
	row->texts.count = 0;
	for (int i = 0; i < MAP_TEMPLATES; i++)
		begins[i] = history_map_fill(filled->map, (enum map_template)i, scan, &row->texts);
	for (int i = 0; i < MAP_TEMPLATES; i++)
		filled->text[i] = row->texts.data + begins[i];
}

/* ---- texts ---- */

/* Cut text, which lies in row->texts, to most characters, the last of which is an ellipsis. */
static void cut(char *text, size_t most)
{
	static const char ellipsis[] = "\xe2\x80\xa6";
	size_t chars = 0, at = 0;
	for (; text[at] && chars < most - 1; chars++)
		do
			at++;
		while ((text[at] & 0xc0) == 0x80);
	/* What is cut off has two characters at least, but perhaps only two bytes. */
	size_t room = strlen(text + at);
	if (room >= sizeof ellipsis - 1)
		memcpy(text + at, ellipsis, sizeof ellipsis);
	else
		text[at] = 0;
}

static bool take_text(struct history_row *row, const struct filled *filled, enum map_template which, size_t most,
		      struct pd_slice *text)
{
	const char *value = filled->text[which];
	size_t chars = pd_utf8_chars(value, strlen(value));
	if (chars > most && filled->map->cut & 1u << which)
		cut((char *)value, most);
	else if (chars > most)
		return fail(row, _("%s: it has %zu characters, and may have at most %zu: \"%.60s...\""),
			    history_map_key(which), chars, most, value);
	*text = pd_text(value);
	return true;
}

static bool take_needed(struct history_row *row, const struct filled *filled, enum map_template which, size_t most,
			struct pd_slice *text)
{
	if (!*filled->text[which])
		return fail(row, _("%s: it is empty"), history_map_key(which));
	return take_text(row, filled, which, most, text);
}

static bool take_names(struct history_row *row, const struct filled *filled)
{
	struct pd_slice name;
	if (!take_needed(row, filled, MAP_CATEGORY, 64, &name) || !take_needed(row, filled, MAP_ROOT, 64, &name))
		return false;
	row->category = filled->text[MAP_CATEGORY];
	for (int level = 0; level < HISTORY_LEVELS; level++) {
		enum map_template which = (enum map_template)(MAP_ROOT + level);
		if (!take_text(row, filled, which, 64, &name))
			return false;
		row->areas[level] = filled->text[which];
	}
	return true;
}

/* ---- times ---- */

static const struct map_formats *formats_of(const struct history_map *map, enum map_template which)
{
	const struct map_formats *own = which == MAP_CREATED ? &map->created_formats
					: which == MAP_DUE   ? &map->due_formats
							     : &map->ended_formats;
	return own->count ? own : &map->formats;
}

/* By the first format that fits; of what is wrong, that it is no date tells more than that another form was expected.
 */
static bool read_date(const struct map_formats *formats, const char *text, struct zone_date *date,
		      char why[static ZONE_WHY_BYTES])
{
	char other[ZONE_WHY_BYTES];
	for (unsigned i = 0; i < formats->count; i++) {
		enum pd_err err = zone_read(formats->list[i], text, date, i ? other : why);
		if (err == PD_OK)
			return true;
		if (err == PD_ENOENT) {
			if (i)
				memcpy(why, other, sizeof other);
			return false;
		}
	}
	return false;
}

/* not_before_ms decides between two moments: of a time that was there twice, the one that can have been. */
static bool take_time(struct history_row *row, const struct filled *filled, enum map_template which,
		      uint64_t not_before_ms, uint64_t *ms)
{
	const struct history_map *map = filled->map;
	const struct map_formats *formats = formats_of(map, which);
	const char *text = filled->text[which];
	char why[ZONE_WHY_BYTES];
	struct zone_date date;
	uint64_t first_ms = 0, second_ms = 0;
	*ms = 0;
	if (!*text)
		return true;
	if (!read_date(formats, text, &date, why))
		return fail(row, _("%s: %s"), history_map_key(which), why);
	switch (zone_moment(&date, &first_ms, &second_ms)) {
	case ZONE_OUT: return fail(row, _("%s: %s is before 1970"), history_map_key(which), text);
	case ZONE_GAP:
		if (which == MAP_DUE ? !map->due_gap_forward : !map->gap_forward)
			return fail(row,
				    _("%s: there was no %s in %s: clocks were set forward over it (%s = forward in "
				      "[times] takes the moment when they were)"),
				    history_map_key(which), text, map->zone, which == MAP_DUE ? "due_gap" : "gap");
		row->moved = true;
		break;
	case ZONE_FOLD:
		if (map->fold_second || first_ms < not_before_ms)
			first_ms = second_ms;
		break;
	case ZONE_ONE: break;
	}
	*ms = first_ms;
	return true;
}

static bool take_times(struct history_row *row, const struct filled *filled)
{
	struct pd_record *record = &row->record;
	if (!*filled->text[MAP_CREATED])
		return fail(row, _("%s: it is empty"), history_map_key(MAP_CREATED));
	return take_time(row, filled, MAP_CREATED, 0, &record->submitted_ms) &&
	       take_time(row, filled, MAP_DUE, record->submitted_ms, &record->target_ms) &&
	       take_time(row, filled, MAP_ENDED, record->submitted_ms, &record->ended_ms);
}

/* ---- state ---- */

static const struct map_status *find_status(const struct history_map *map, const char *word)
{
	const struct map_status *other = NULL;
	for (unsigned i = 0; i < map->status_count; i++) {
		if (strcasecmp(map->statuses[i].word, word) == 0)
			return &map->statuses[i];
		if (strcmp(map->statuses[i].word, "*") == 0)
			other = &map->statuses[i];
	}
	return other;
}

static bool take_duplicate(struct history_row *row, const char *text)
{
	static const char *const yes[] = {"yes", "true", "1", "\xe6\x98\xaf"}, *const no[] = {"", "no", "false", "0",
											      "\xe5\x90\xa6"};
	for (size_t i = 0; i < sizeof no / sizeof no[0]; i++)
		if (strcasecmp(text, no[i]) == 0)
			return true;
	for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++)
		if (strcasecmp(text, yes[i]) == 0) {
			row->record.duplicate = true;
			return true;
		}
	return fail(row, _("duplicate: \"%.60s\" is neither yes nor no"), text);
}

static bool take_state(struct history_row *row, const struct filled *filled)
{
	struct pd_record *record = &row->record;
	const char *word = filled->text[MAP_STATUS];
	bool ended = record->ended_ms != 0;
	record->state = ended ? PD_STATE_closed : PD_STATE_waiting;
	if (history_map_has(filled->map, MAP_STATUS)) {
		const struct map_status *status = find_status(filled->map, word);
		if (!status)
			return fail(row, _("status: \"%.60s\" does not stand in [status] of the map"), word);
		record->state = (uint8_t)status->state;
		record->duplicate = status->duplicate;
	}
	if (record->state == PD_STATE_waiting && ended)
		return fail(row, _("status: \"%.60s\" says that it is waiting, and it has an end, %s"), word,
			    filled->text[MAP_ENDED]);
	if (record->state != PD_STATE_waiting && !ended)
		return fail(row, _("ended: it is empty, and the status \"%.60s\" says that it has ended"), word);
	if (ended && record->ended_ms < record->submitted_ms)
		return fail(row, _("ended: %s is before it was created, %s"), filled->text[MAP_ENDED],
			    filled->text[MAP_CREATED]);
	return take_duplicate(row, filled->text[MAP_DUPLICATE]);
}

/* ---- place ---- */

static bool read_degrees(const char *text, double *value)
{
	char *end;
	*value = strtod(text, &end);
	return end != text && *end == 0 && isfinite(*value);
}

static bool within(const struct history_map *map, double longitude, double latitude)
{
	double west = map->bounded ? map->west : -180, east = map->bounded ? map->east : 180;
	double south = map->bounded ? map->south : -90, north = map->bounded ? map->north : 90;
	return longitude >= west && longitude <= east && latitude >= south && latitude <= north;
}

static bool check_place(struct history_row *row, const struct history_map *map, double longitude, double latitude)
{
	if (!within(map, longitude, latitude)) {
		if (within(map, latitude, longitude))
			return fail(row,
				    _("longitude %g and latitude %g: they are swapped; exchange the two columns in the "
				      "map, or "
				      "mend the row"),
				    longitude, latitude);
		if (map->bounded)
			return fail(row,
				    _("longitude %g and latitude %g lie outside of the map's bounds, %g to %g and %g "
				      "to %g"),
				    longitude, latitude, map->west, map->east, map->south, map->north);
		return fail(row, _("longitude %g and latitude %g lie on no globe: at most 180 and 90 degrees"),
			    longitude, latitude);
	}
	if (longitude == trunc(longitude) && latitude == trunc(latitude))
		return fail(
			row,
			_("longitude %g and latitude %g are whole degrees: if they stand for no place, name them as a "
			  "placeholder in [place]"),
			longitude, latitude);
	return true;
}

static bool take_place(struct history_row *row, const struct filled *filled)
{
	const struct history_map *map = filled->map;
	const char *longitude_text = filled->text[MAP_LONGITUDE], *latitude_text = filled->text[MAP_LATITUDE];
	double longitude, latitude;
	if (!*longitude_text && !*latitude_text)
		return true;
	if (!read_degrees(longitude_text, &longitude))
		return fail(row, _("longitude: \"%.60s\" is no number of degrees"), longitude_text);
	if (!read_degrees(latitude_text, &latitude))
		return fail(row, _("latitude: \"%.60s\" is no number of degrees"), latitude_text);
	for (unsigned i = 0; i < map->placeholder_count; i++)
		if (map->placeholders[i].longitude == longitude && map->placeholders[i].latitude == latitude)
			return true;
	if (!check_place(row, map, longitude, latitude))
		return false;
	row->record.lon_e7 = (int32_t)lround(longitude * 1e7);
	row->record.lat_e7 = (int32_t)lround(latitude * 1e7);
	return true;
}

/* ---- the rest ---- */

static bool take_number(struct history_row *row, const struct filled *filled, enum map_template which, uint32_t *number)
{
	const char *text = filled->text[which];
	char *end;
	unsigned long long value = strtoull(text, &end, 10);
	if (*text && (*text < '0' || *text > '9' || *end || value > UINT32_MAX))
		return fail(row, _("%s: \"%.60s\" is no id"), history_map_key(which), text);
	*number = (uint32_t)value;
	return true;
}

static bool take_urgency(struct history_row *row, const char *text)
{
	row->record.urgency = (uint8_t)pd_word_code("urgency", text);
	if (*text && !row->record.urgency)
		return fail(row, _("urgency: \"%.60s\" is not emergency, high, normal or low"), text);
	return true;
}

static bool take_id(struct history_row *row, const struct filled *filled)
{
	struct pd_record *record = &row->record;
	const char *text = filled->text[MAP_ID];
	record->order = history_id(record->submitted_ms, record->source, record->key);
	if (*text && (pd_id_parse(text, &record->order) || !pd_id_valid(&record->order)))
		return fail(row, _("id: \"%.60s\" is no UUIDv7"), text);
	return true;
}

enum pd_err history_row_read(struct history_row *row, const struct history_map *map, const struct csv_scan *scan,
			     size_t columns)
{
	struct filled filled = {.map = map};
	struct pd_record *record = &row->record;
	*record = (struct pd_record){.source = pd_text(map->source)};
	row->moved = false;
	if (scan->fault) {
		fail(row, "%s", scan->fault);
		return PD_EINVAL;
	}
	if (scan->count != columns) {
		fail(row, _("it has %zu columns, and the first row %zu"), scan->count, columns);
		return PD_EINVAL;
	}
	fill(row, scan, &filled);
	bool taken = take_needed(row, &filled, MAP_KEY, 128, &record->key) &&
		     take_needed(row, &filled, MAP_TEXT, 4000, &record->text) &&
		     take_text(row, &filled, MAP_PLACE, 200, &record->place) &&
		     take_text(row, &filled, MAP_RESULT, 4000, &record->result) && take_names(row, &filled) &&
		     take_times(row, &filled) && take_state(row, &filled) && take_place(row, &filled) &&
		     take_urgency(row, filled.text[MAP_URGENCY]) &&
		     take_number(row, &filled, MAP_REQUESTER, &record->requester) &&
		     take_number(row, &filled, MAP_HOUSEHOLD, &record->household) && take_id(row, &filled);
	return taken ? PD_OK : PD_EINVAL;
}
