#include "history_map.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <ini.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "cli.h"
#include "intl.h"
#include "zone.h"

const char *const history_map_help[] = {
	N_("The map says how the file is to be read. What is marked * must be there; {Column} stands for a column of\n"
	   "the file, and text around it for itself; a semicolon after a blank begins a remark.\n"),
	"\n",
	N_("[source]      name*        the other system's name; with the key it makes the order's id: never change "
	   "it\n"),
	N_("              encoding     utf-8, or another that iconv knows, e.g. gb18030\n"),
	N_("              delimiter    one character, or tab; a comma unless it is given\n"),
	N_("[order]       key*         what the order is called there: no two have the same\n"),
	N_("              text* category* created*\n"),
	N_("              due          by when it was to be done; empty: nothing was said\n"),
	N_("              ended        when it was done, closed or cancelled\n"),
	N_("              status       a word that [status] explains; without it: closed if there is an end, else "
	   "waiting\n"),
	N_("              duplicate    yes, true, 1, 是; or no, false, 0, 否, nothing\n"),
	N_("              place longitude latitude result urgency requester household\n"),
	N_("              id           the order's own id, of an export of paidan\n"),
	N_("              cut          of text, place, result, category, area: those that are cut when too long, not "
	   "rejected\n"),
	N_("[status]      WORD =       waiting, completed, closed or cancelled; and \", duplicate\"; * is any other "
	   "word\n"),
	N_("[times]       zone*        e.g. Asia/Shanghai\n"),
	/* xgettext:no-c-format */
	N_("              format*      as strftime has it, e.g. %Y-%m-%d %H:%M:%S; %f is a fraction; several with | "
	   "between\n"),
	N_("              created_format due_format ended_format    those of one column\n"),
	N_("              gap          reject or forward: a time that clocks were set over; due_gap: the same for "
	   "due\n"),
	N_("              fold         first or second: a time that was there twice, when clocks were set back\n"),
	N_("[place]       placeholder  LONGITUDE LATITUDE | ... that stand for none\n"),
	N_("              bounds       WEST SOUTH EAST NORTH, between which all places lie\n"),
	N_("[areas]       root*        the district's name; rows that name no area go to it\n"),
	N_("              street community grid microgrid    names of the areas below it; made if they are not "
	   "there\n"),
	N_("[categories]  level urgency accept_within complete_within    of those that are made: microgrid, normal, "
	   "1d, 7d\n"),
	NULL,
};

/* ---- the table of keys ---- */

static const struct {
	const char *section, *key;
	bool required;
} templates[MAP_TEMPLATES] = {
	[MAP_KEY] = {"order", "key", true},
	[MAP_TEXT] = {"order", "text", true},
	[MAP_CATEGORY] = {"order", "category", true},
	[MAP_CREATED] = {"order", "created", true},
	[MAP_DUE] = {"order", "due", false},
	[MAP_ENDED] = {"order", "ended", false},
	[MAP_STATUS] = {"order", "status", false},
	[MAP_DUPLICATE] = {"order", "duplicate", false},
	[MAP_PLACE] = {"order", "place", false},
	[MAP_LONGITUDE] = {"order", "longitude", false},
	[MAP_LATITUDE] = {"order", "latitude", false},
	[MAP_RESULT] = {"order", "result", false},
	[MAP_URGENCY] = {"order", "urgency", false},
	[MAP_REQUESTER] = {"order", "requester", false},
	[MAP_HOUSEHOLD] = {"order", "household", false},
	[MAP_ID] = {"order", "id", false},
	[MAP_ROOT] = {"areas", "root", true},
	[MAP_STREET] = {"areas", "street", false},
	[MAP_COMMUNITY] = {"areas", "community", false},
	[MAP_GRID] = {"areas", "grid", false},
	[MAP_MICROGRID] = {"areas", "microgrid", false},
};

const char *history_map_key(enum map_template which)
{
	return templates[which].key;
}

struct reading {
	struct history_map *map;
	FILE *file;
	uint32_t line;
	bool wrong, cut_off; /* cut_off: the line is longer than inih reads */
	bool zone_given, format_given;
};

__attribute__((format(printf, 2, 3))) static bool fail(struct reading *reading, const char *format, ...)
{
	va_list args;
	fprintf(stderr, "%s:%" PRIu32 ": ", reading->map->path, reading->line);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	reading->wrong = true;
	return false;
}

/* ---- values ---- */

static bool set_text(struct reading *reading, char *text, size_t bytes, const char *value)
{
	if (!*value)
		return fail(reading, _("it is empty"));
	if (strlen(value) >= bytes)
		return fail(reading, _("it has more than %zu bytes"), bytes - 1);
	memcpy(text, value, strlen(value) + 1);
	return true;
}

static char *trimmed(char *text)
{
	size_t length = strlen(text);
	while (length && isspace((unsigned char)text[length - 1]))
		text[--length] = 0;
	return text + strspn(text, " \t");
}

static bool add_part(struct reading *reading, struct map_source *source, int column, const char *text, size_t bytes)
{
	if (bytes == 0 && column < 0)
		return true;
	if (source->count == MAP_PARTS_MAX)
		return fail(reading, _("it has more than %d parts"), MAP_PARTS_MAX);
	source->parts[source->count++] = (struct map_part){column, text, bytes};
	return true;
}

static bool set_template(struct reading *reading, enum map_template which, const char *value)
{
	struct map_source *source = &reading->map->templates[which];
	if (source->line)
		return fail(reading, _("%s was said in line %" PRIu32 " already"), templates[which].key, source->line);
	source->line = reading->line;
	if (!set_text(reading, source->text, sizeof source->text, value))
		return false;
	for (const char *at = source->text; *at;) {
		size_t text_bytes = strcspn(at, "{");
		if (!add_part(reading, source, -1, at, text_bytes))
			return false;
		at += text_bytes;
		if (!*at)
			break;
		const char *closing = strchr(++at, '}');
		if (!closing)
			return fail(reading, _("a column's name is opened with { and not closed with }"));
		if (!add_part(reading, source, 0, at, (size_t)(closing - at)))
			return false;
		at = closing + 1;
	}
	return true;
}

static bool set_formats(struct reading *reading, struct map_formats *formats, const char *value)
{
	char why[ZONE_WHY_BYTES];
	if (!set_text(reading, formats->text, sizeof formats->text, value))
		return false;
	char *rest = NULL;
	for (char *one = strtok_r(formats->text, "|", &rest); one; one = strtok_r(NULL, "|", &rest)) {
		one = trimmed(one);
		if (formats->count == MAP_FORMATS_MAX)
			return fail(reading, _("at most %d formats"), MAP_FORMATS_MAX);
		if (!zone_format_valid(one, why))
			return fail(reading, "%s", why);
		formats->list[formats->count++] = one;
	}
	return true;
}

static bool set_choice(struct reading *reading, bool *second, const char *value, const char *no, const char *yes)
{
	*second = strcmp(value, yes) == 0;
	if (*second || strcmp(value, no) == 0)
		return true;
	return fail(reading, _("\"%s\" is neither %s nor %s"), value, no, yes);
}

static bool set_level(struct reading *reading, const char *value)
{
	uint8_t level = (uint8_t)pd_word_code("level", value);
	reading->map->category_level = level;
	return level ||
	       fail(reading, _("\"%s\" is no level; there are district, street, community, grid and microgrid"), value);
}

static bool set_urgency(struct reading *reading, const char *value)
{
	uint8_t urgency = (uint8_t)pd_word_code("urgency", value);
	reading->map->category_urgency = urgency;
	return urgency || fail(reading, _("\"%s\" is no urgency; there are emergency, high, normal and low"), value);
}

/* 30m, 12h, 7d. */
static bool set_duration(struct reading *reading, uint32_t *seconds, const char *value)
{
	static const struct {
		char unit;
		unsigned long seconds;
	} units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
	char *end;
	unsigned long number = strtoul(value, &end, 10);
	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
		if (isdigit((unsigned char)*value) && *end == units[i].unit && end[1] == 0 && number >= 1 &&
		    number <= 31536000 / units[i].seconds) {
			*seconds = (uint32_t)(number * units[i].seconds);
			return true;
		}
	return fail(reading, _("\"%s\" is no time of a second to a year like 30m, 12h or 7d"), value);
}

static bool read_reals(const char *text, double *values, int count)
{
	for (int i = 0; i < count; i++) {
		char *end;
		values[i] = strtod(text, &end);
		if (end == text)
			return false;
		text = end;
	}
	return text[strspn(text, " \t")] == 0;
}

static bool set_placeholders(struct reading *reading, const char *value)
{
	struct history_map *map = reading->map;
	char copy[MAP_TEXT_BYTES], *rest = NULL;
	double pair[2];
	if (!set_text(reading, copy, sizeof copy, value))
		return false;
	for (char *one = strtok_r(copy, "|", &rest); one; one = strtok_r(NULL, "|", &rest)) {
		if (map->placeholder_count == MAP_PAIRS_MAX)
			return fail(reading, _("at most %d placeholders"), MAP_PAIRS_MAX);
		if (!read_reals(one, pair, 2))
			return fail(reading, _("\"%s\" is not a longitude and a latitude, as in -77 39"), one);
		map->placeholders[map->placeholder_count].longitude = pair[0];
		map->placeholders[map->placeholder_count++].latitude = pair[1];
	}
	return true;
}

static bool set_bounds(struct reading *reading, const char *value)
{
	struct history_map *map = reading->map;
	double box[4];
	if (!read_reals(value, box, 4) || box[0] < -180 || box[2] > 180 || box[1] < -90 || box[3] > 90 ||
	    box[0] >= box[2] || box[1] >= box[3])
		return fail(reading, _("\"%s\" is not WEST SOUTH EAST NORTH in degrees, as in -77.0 39.0 -76.0 40.0"),
			    value);
	map->bounded = true;
	map->west = box[0], map->south = box[1], map->east = box[2], map->north = box[3];
	return true;
}

static bool set_cut(struct reading *reading, const char *value)
{
	static const struct {
		const char *name;
		unsigned bits;
	} names[] = {{"text", 1u << MAP_TEXT},
		     {"place", 1u << MAP_PLACE},
		     {"result", 1u << MAP_RESULT},
		     {"category", 1u << MAP_CATEGORY},
		     {"area", 1u << MAP_STREET | 1u << MAP_COMMUNITY | 1u << MAP_GRID | 1u << MAP_MICROGRID}};
	char copy[MAP_TEXT_BYTES], *rest = NULL;
	if (!set_text(reading, copy, sizeof copy, value))
		return false;
	for (char *one = strtok_r(copy, " ,", &rest); one; one = strtok_r(NULL, " ,", &rest)) {
		unsigned bits = 0;
		for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
			bits |= strcmp(one, names[i].name) == 0 ? names[i].bits : 0;
		if (!bits)
			return fail(reading, _("\"%s\" cannot be cut; text, place, result, category and area can"),
				    one);
		reading->map->cut |= bits;
	}
	return true;
}

static bool set_delimiter(struct reading *reading, const char *value)
{
	bool tab = strcmp(value, "tab") == 0;
	if ((!tab && strlen(value) != 1) || *value == '"')
		return fail(reading, _("the delimiter is one character, or tab"));
	reading->map->delimiter = tab ? '\t' : *value;
	return true;
}

static bool set_status(struct reading *reading, const char *name, const char *value)
{
	struct history_map *map = reading->map;
	struct map_status *status = &map->statuses[map->status_count];
	char copy[MAP_TEXT_BYTES], *rest = NULL;
	if (map->status_count == MAP_STATUSES_MAX)
		return fail(reading, _("at most %d words"), MAP_STATUSES_MAX);
	if (!set_text(reading, status->word, sizeof status->word, name) || !set_text(reading, copy, sizeof copy, value))
		return false;
	for (char *p = status->word; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	for (char *one = strtok_r(copy, ",", &rest); one; one = strtok_r(NULL, ",", &rest)) {
		one = trimmed(one);
		if (strcmp(one, "duplicate") == 0)
			status->duplicate = true;
		else
			status->state = (enum pd_state)pd_word_code("state", one);
	}
	if (status->state == PD_STATE_none || status->state == PD_STATE_accepted)
		return fail(reading,
			    _("\"%s\" is not waiting, completed, closed or cancelled, perhaps with \", duplicate\""),
			    value);
	map->status_count++;
	return true;
}

/* ---- sections ---- */

static const char *const source_keys[] = {"name", "encoding", "delimiter", NULL};
static const char *const times_keys[] = {"zone", "format",  "created_format", "due_format", "ended_format",
					 "gap",  "due_gap", "fold",           NULL};
static const char *const place_keys[] = {"placeholder", "bounds", NULL};
static const char *const category_keys[] = {"level", "urgency", "accept_within", "complete_within", NULL};

static void list_names(const char *const *names)
{
	for (; *names; names++)
		fprintf(stderr, " %s", *names);
	fputc('\n', stderr);
}

static bool unknown_key(struct reading *reading, const char *section, const char *name, const char *const *keys)
{
	const char *nearest = cli_nearest(name, keys);
	if (nearest)
		fail(reading, _("[%s] has no key %s; did you mean %s?"), section, name, nearest);
	else
		fail(reading, _("[%s] has no key %s"), section, name);
	fprintf(stderr, _("[%s] may have:"), section);
	list_names(keys);
	return false;
}

static bool unknown_section(struct reading *reading, const char *section, const char *const *sections)
{
	const char *nearest = cli_nearest(section, sections);
	if (nearest)
		fail(reading, _("there is no section [%s]; did you mean [%s]?"), section, nearest);
	else
		fail(reading, _("there is no section [%s]"), section);
	fputs(_("a map's sections:"), stderr);
	list_names(sections);
	return false;
}

static bool set_source(struct reading *reading, const char *name, const char *value)
{
	struct history_map *map = reading->map;
	if (strcmp(name, "name") == 0) {
		if (strlen(value) > 64)
			return fail(reading, _("the source's name has more than 64 bytes"));
		return set_text(reading, map->source, sizeof map->source, value);
	}
	if (strcmp(name, "encoding") == 0)
		return set_text(reading, map->encoding, sizeof map->encoding, value);
	if (strcmp(name, "delimiter") == 0)
		return set_delimiter(reading, value);
	return unknown_key(reading, "source", name, source_keys);
}

static bool set_times(struct reading *reading, const char *name, const char *value)
{
	struct history_map *map = reading->map;
	const struct {
		const char *name;
		struct map_formats *formats;
	} formats[] = {{"format", &map->formats},
		       {"created_format", &map->created_formats},
		       {"due_format", &map->due_formats},
		       {"ended_format", &map->ended_formats}};
	for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
		if (strcmp(name, formats[i].name) == 0)
			return set_formats(reading, formats[i].formats, value);
	if (strcmp(name, "zone") == 0) {
		if (zone_use(value))
			return fail(reading, _("there is no time zone \"%s\"; one is called like Asia/Shanghai or UTC"),
				    value);
		return set_text(reading, map->zone, sizeof map->zone, value);
	}
	if (strcmp(name, "gap") == 0)
		return set_choice(reading, &map->gap_forward, value, "reject", "forward");
	if (strcmp(name, "due_gap") == 0) {
		map->due_gap_given = true;
		return set_choice(reading, &map->due_gap_forward, value, "reject", "forward");
	}
	if (strcmp(name, "fold") == 0)
		return set_choice(reading, &map->fold_second, value, "first", "second");
	return unknown_key(reading, "times", name, times_keys);
}

static bool set_place(struct reading *reading, const char *name, const char *value)
{
	if (strcmp(name, "placeholder") == 0)
		return set_placeholders(reading, value);
	if (strcmp(name, "bounds") == 0)
		return set_bounds(reading, value);
	return unknown_key(reading, "place", name, place_keys);
}

static bool set_category(struct reading *reading, const char *name, const char *value)
{
	struct history_map *map = reading->map;
	if (strcmp(name, "level") == 0)
		return set_level(reading, value);
	if (strcmp(name, "urgency") == 0)
		return set_urgency(reading, value);
	if (strcmp(name, "accept_within") == 0)
		return set_duration(reading, &map->accept_within_s, value);
	if (strcmp(name, "complete_within") == 0)
		return set_duration(reading, &map->complete_within_s, value);
	return unknown_key(reading, "categories", name, category_keys);
}

/* [order] and [areas]. */
static bool set_templates(struct reading *reading, const char *section, const char *name, const char *value)
{
	const char *keys[MAP_TEMPLATES + 2];
	int count = 0;
	for (int i = 0; i < MAP_TEMPLATES; i++) {
		if (strcmp(templates[i].section, section) != 0)
			continue;
		if (strcmp(templates[i].key, name) == 0)
			return set_template(reading, (enum map_template)i, value);
		keys[count++] = templates[i].key;
	}
	if (strcmp(section, "order") == 0) {
		if (strcmp(name, "cut") == 0)
			return set_cut(reading, value);
		keys[count++] = "cut";
	}
	keys[count] = NULL;
	return unknown_key(reading, section, name, keys);
}

static int on_key(void *arg, const char *section, const char *name, const char *value)
{
	struct reading *reading = arg;
	static const char *const sections[] = {"source", "order", "status",     "times",
					       "place",  "areas", "categories", NULL};
	if (strcmp(section, "source") == 0)
		set_source(reading, name, value);
	else if (strcmp(section, "order") == 0 || strcmp(section, "areas") == 0)
		set_templates(reading, section, name, value);
	else if (strcmp(section, "status") == 0)
		set_status(reading, name, value);
	else if (strcmp(section, "times") == 0)
		set_times(reading, name, value);
	else if (strcmp(section, "place") == 0)
		set_place(reading, name, value);
	else if (strcmp(section, "categories") == 0)
		set_category(reading, name, value);
	else
		unknown_section(reading, section, sections);
	return 1;
}

/* inih does not tell the handler where it is, and goes on with the rest of a line that is too long as if it were one.
 */
static char *next_line(char *text, int bytes, void *arg)
{
	struct reading *reading = arg;
	if (!fgets(text, bytes, reading->file))
		return NULL;
	reading->line++;
	if (!strchr(text, '\n') && !feof(reading->file)) {
		fail(reading, _("the line has more than %d bytes"), bytes - 2);
		for (int c; (c = getc(reading->file)) != '\n' && c != EOF;)
			;
	}
	return text;
}

static bool complete(struct reading *reading)
{
	const struct history_map *map = reading->map;
	const char *missing = NULL, *section = "source";
	if (!map->source[0])
		missing = "name";
	for (int i = 0; i < MAP_TEMPLATES && !missing; i++)
		if (templates[i].required && !map->templates[i].line)
			missing = templates[i].key, section = templates[i].section;
	if (!missing && !map->zone[0])
		missing = "zone", section = "times";
	if (!missing && !map->formats.count)
		missing = "format", section = "times";
	if (missing)
		fprintf(stderr, _("%s: there is no %s in [%s]\n"), map->path, missing, section);
	else if (history_map_has(map, MAP_STATUS) && map->status_count == 0)
		fprintf(stderr, _("%s: there is a status, and nothing in [status] that says what its words mean\n"),
			map->path);
	else if (history_map_has(map, MAP_LONGITUDE) != history_map_has(map, MAP_LATITUDE))
		fprintf(stderr, _("%s: longitude and latitude go together\n"), map->path);
	else
		return true;
	return false;
}

static void set_defaults(struct history_map *map, const char *path)
{
	*map = (struct history_map){.delimiter = ',',
				    .category_level = PD_level_microgrid,
				    .category_urgency = PD_urgency_normal,
				    .accept_within_s = 86400,
				    .complete_within_s = 7 * 86400};
	snprintf(map->path, sizeof map->path, "%s", path);
	snprintf(map->encoding, sizeof map->encoding, "utf-8");
}

enum pd_err history_map_read(struct history_map *map, const char *path)
{
	struct reading reading = {.map = map, .file = fopen(path, "r")};
	set_defaults(map, path);
	int line = reading.file ? ini_parse_stream(next_line, &reading, on_key, &reading) : 0;
	bool read = reading.file && !ferror(reading.file);
	if (!read)
		fprintf(stderr, _("%s: cannot be read: %s\n"), path, intl_error(errno));
	if (reading.file)
		fclose(reading.file);
	if (read && line && !reading.wrong)
		fprintf(stderr, _("%s:%d: is neither a [section] nor key = value\n"), path, line);
	if (!read)
		return PD_ESYS;
	if (line || reading.wrong || !complete(&reading))
		return PD_EINVAL;
	if (!map->due_gap_given)
		map->due_gap_forward = map->gap_forward;
	return PD_OK;
}

/* ---- columns ---- */

static struct pd_slice trimmed_slice(struct pd_slice text)
{
	while (text.bytes && isspace((unsigned char)text.data[0]))
		text.data++, text.bytes--;
	while (text.bytes && isspace((unsigned char)text.data[text.bytes - 1]))
		text.bytes--;
	return text;
}

static enum pd_err bind_part(const struct history_map *map, const struct map_source *source, struct map_part *part,
			     const char *file, const struct csv_scan *header)
{
	int found = 0;
	for (size_t i = 0; i < header->count && i < CSV_SCAN_FIELDS_MAX; i++) {
		struct pd_slice name = trimmed_slice(header->fields[i]);
		if (name.bytes != part->bytes || memcmp(name.data, part->text, part->bytes) != 0)
			continue;
		part->column = (int)i;
		found++;
	}
	if (found == 1)
		return PD_OK;
	fprintf(stderr, "%s:%" PRIu32 ": ", map->path, source->line);
	fprintf(stderr, found ? _("the column %.*s is there twice in %s") : _("there is no column %.*s in %s; it has:"),
		(int)part->bytes, part->text, file);
	for (size_t i = 0; i < header->count && i < CSV_SCAN_FIELDS_MAX && !found; i++)
		fprintf(stderr, "%s %.*s", i ? "," : "", (int)header->fields[i].bytes, header->fields[i].data);
	fputc('\n', stderr);
	return PD_EINVAL;
}

enum pd_err history_map_bind(struct history_map *map, const char *file, const struct csv_scan *header)
{
	for (int i = 0; i < MAP_TEMPLATES; i++) {
		struct map_source *source = &map->templates[i];
		for (unsigned part = 0; part < source->count; part++)
			if (source->parts[part].column >= 0 &&
			    bind_part(map, source, &source->parts[part], file, header))
				return PD_EINVAL;
	}
	return PD_OK;
}

size_t history_map_fill(const struct history_map *map, enum map_template which, const struct csv_scan *row,
			struct pd_buffer *out)
{
	const struct map_source *source = &map->templates[which];
	size_t begin = out->count;
	bool any = source->count == 0, columns = false;
	for (unsigned i = 0; i < source->count; i++) {
		const struct map_part *part = &source->parts[i];
		struct pd_slice text = {part->text, (uint32_t)part->bytes};
		if (part->column >= 0) {
			text = trimmed_slice(row->fields[part->column]);
			columns = true;
			any = any || text.bytes;
		}
		pd_buffer_add(out, text.data, text.bytes);
	}
	if (columns && !any)
		out->count = begin;
	while (out->count > begin && isspace((unsigned char)out->data[out->count - 1]))
		out->count--;
	pd_buffer_add(out, "", 1);
	return begin;
}
