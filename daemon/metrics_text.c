/* metrics_text.c - the rows of metrics.def as Prometheus' text format, version 0.0.4:
 * https://prometheus.io/docs/instrumenting/exposition_formats/ */
#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "metrics.h"

enum kind { COUNTER, GAUGE, HISTOGRAM };
enum unit { ONE, MS, NS };
enum labels { NONE, TYPES, EVENTS, REFUSALS, LEVELS, STREETS, WHYS, SEGMENTS, BUILD };
enum room { ROOM_LIVE, ROOM_SEEN, ROOM_HERE };

/* What the fields of a row need to be found and written. */
struct row {
	const char *name, *help;
	size_t offset; /* of the numbers, or of a histogram's sum, which its counts follow, in its room */
	enum kind kind;
	enum labels labels;
	enum unit unit;
	enum room room;
	const struct metrics_bounds *bounds;
};

#define UNIT_TIMES NS
#define UNIT_EVENTS ONE
#define UNIT_BYTES ONE
#define UNIT_WAITS MS

#define LIVE_NUMBER(place) ROOM_LIVE, offsetof(struct metrics, place)
#define LIVE_HISTOGRAM(place) ROOM_LIVE, offsetof(struct metrics, place.sum)
#define NUMBER_front(field) LIVE_NUMBER(front.field)
#define NUMBER_scribe(field) LIVE_NUMBER(scribe.field)
#define NUMBER_keeper(field) LIVE_NUMBER(keeper.field)
#define NUMBER_publisher(field) LIVE_NUMBER(publisher.field)
#define NUMBER_seen(field) ROOM_SEEN, offsetof(struct metrics_seen, field)
#define NUMBER_here(field) ROOM_HERE, offsetof(struct metrics_here, field)
#define HISTOGRAM_front(field) LIVE_HISTOGRAM(front.field)
#define HISTOGRAM_scribe(field) LIVE_HISTOGRAM(scribe.field)
#define HISTOGRAM_keeper(field) LIVE_HISTOGRAM(keeper.field)
#define HISTOGRAM_publisher(field) LIVE_HISTOGRAM(publisher.field)
#define HISTOGRAM_seen NUMBER_seen

static const struct row rows[] = {
#define NUMBER(room, field, kind, labels, unit, name, help)                                                            \
	ROW(NUMBER_##room(field), name, help, kind, labels, unit, NULL)
#define HISTOGRAM(room, field, limits, name, help)                                                                     \
	ROW(HISTOGRAM_##room(field), name, help, HISTOGRAM, NONE, UNIT_##limits, &metrics_##limits)
#define ROW(...) ROW_OF(__VA_ARGS__)
#define ROW_OF(where, at, what, text, sort, set, measure, limits)                                                      \
	{.room = where,                                                                                                \
	 .offset = at,                                                                                                 \
	 .name = what,                                                                                                 \
	 .help = text,                                                                                                 \
	 .kind = sort,                                                                                                 \
	 .labels = set,                                                                                                \
	 .unit = measure,                                                                                              \
	 .bounds = limits},
#include "metrics.def"
};
enum { ROWS = sizeof rows / sizeof rows[0] };

_Static_assert(offsetof(struct metrics_histogram, counts) == offsetof(struct metrics_histogram, sum) + sizeof(uint64_t),
	       "a row's offset leads to the counts, too");
_Static_assert(offsetof(struct metrics_tally, counts) == sizeof(uint64_t), "like a histogram from its sum on");
#define REFUSAL(code, name, sentence, advice)                                                                          \
	_Static_assert((code) < METRICS_REFUSALS, "there is no counter for " #name);
#include "errors.def"

struct text {
	const struct metrics_seen *seen;
	const struct metrics_here *here;
	struct pd_buffer *out;
};

__attribute__((format(printf, 2, 3))) static void add(const struct text *text, const char *format, ...)
{
	char line[1024];
	va_list args;
	va_start(args, format);
	int bytes = vsnprintf(line, sizeof line, format, args);
	va_end(args);
	assert(bytes >= 0 && bytes < (int)sizeof line);
	pd_buffer_add(text->out, line, (size_t)bytes);
}

/* The i-th number from the row's place on. */
static uint64_t number(const struct text *text, const struct row *row, size_t i)
{
	switch (row->room) {
	case ROOM_SEEN: return ((const uint64_t *)((const char *)text->seen + row->offset))[i];
	case ROOM_HERE: return ((const uint64_t *)((const char *)text->here + row->offset))[i];
	case ROOM_LIVE: break;
	}
	return metrics_get((const _Atomic uint64_t *)((const char *)&metrics + row->offset) + i);
}

/* In seconds where it is a time. */
static void add_value(const struct text *text, enum unit unit, uint64_t value)
{
	switch (unit) {
	case ONE: add(text, "%" PRIu64, value); break;
	case MS: add(text, "%" PRIu64 ".%03" PRIu64, value / 1000, value % 1000); break;
	case NS: add(text, "%" PRIu64 ".%09" PRIu64, value / 1000000000, value % 1000000000); break;
	}
}

/* A bound, as short as can be: it is a label, and read by people. */
static void add_bound(const struct text *text, enum unit unit, uint64_t bound)
{
	static const double per_one[] = {[ONE] = 1, [MS] = 1e3, [NS] = 1e9};
	add(text, "%.10g", (double)bound / per_one[unit]);
}

static void add_sample(const struct text *text, const struct row *row, const char *label, const char *word, size_t i)
{
	if (label)
		add(text, "%s{%s=\"%s\"} ", row->name, label, word);
	else
		add(text, "%s ", row->name);
	add_value(text, row->unit, number(text, row, i));
	add(text, "\n");
}

static void add_histogram(const struct text *text, const struct row *row)
{
	uint64_t count = 0;
	for (unsigned i = 0; i <= row->bounds->count; i++) {
		count += number(text, row, 1 + i);
		add(text, "%s_bucket{le=\"", row->name);
		if (i < row->bounds->count)
			add_bound(text, row->unit, row->bounds->at_most[i]);
		else
			add(text, "+Inf");
		add(text, "\"} %" PRIu64 "\n", count);
	}
	add(text, "%s_sum ", row->name);
	add_value(text, row->unit, number(text, row, 0));
	add(text, "\n%s_count %" PRIu64 "\n", row->name, count);
}

/* ---- sets of labels ---- */

static void add_messages(const struct text *text, const struct row *row, const char *label)
{
	size_t count;
	const struct pd_message_info *messages = pd_messages(&count);
	for (size_t i = 0; i < count; i++) {
		bool wanted = row->labels == TYPES
				      ? messages[i].role <= PD_QUERY
				      : messages[i].role == PD_EVENT && messages[i].type != PD_MSG_published;
		if (wanted)
			add_sample(text, row, label, messages[i].name, messages[i].type);
	}
}

static void add_refusals(const struct text *text, const struct row *row)
{
	size_t count;
	const struct pd_refusal_info *refusals = pd_refusals(&count);
	for (size_t i = 0; i < count; i++)
		add_sample(text, row, "name", refusals[i].name, refusals[i].code);
}

static void add_levels(const struct text *text, const struct row *row)
{
	for (unsigned level = 1; level < METRICS_LEVELS; level++)
		add_sample(text, row, "level", pd_word("level", level), level);
}

static void add_whys(const struct text *text, const struct row *row)
{
	for (unsigned why = 0; why < METRICS_WHYS; why++)
		add_sample(text, row, "why", metrics_why_word(why), why);
}

/* A label's value, as the format wants it. */
static const char *escape(const char *value, char escaped[static sizeof(struct metrics_street) * 2])
{
	char *to = escaped;
	for (; *value; value++) {
		if (*value == '\\' || *value == '"' || *value == '\n')
			*to++ = '\\';
		*to++ = *value == '\n' ? 'n' : *value;
	}
	*to = 0;
	return escaped;
}

static void add_streets(const struct text *text, const struct row *row)
{
	char name[sizeof(struct metrics_street) * 2];
	for (unsigned i = 0; i < text->seen->street_count; i++) {
		const struct metrics_street *street = &text->seen->streets[i];
		if (i == 0)
			add(text, "%s{street=\"other\",name=\"\"} ", row->name);
		else
			add(text, "%s{street=\"%" PRIu32 "\",name=\"%s\"} ", row->name, street->id,
			    escape(street->name, name));
		add_value(text, row->unit, number(text, row, i));
		add(text, "\n");
	}
}

static void add_row(const struct text *text, const struct row *row)
{
	static const char *const kinds[] = {[COUNTER] = "counter", [GAUGE] = "gauge", [HISTOGRAM] = "histogram"};
	add(text, "# HELP %s %s\n# TYPE %s %s\n", row->name, row->help, row->name, kinds[row->kind]);
	if (row->kind == HISTOGRAM) {
		add_histogram(text, row);
		return;
	}
	switch (row->labels) {
	case NONE: add_sample(text, row, NULL, NULL, 0); break;
	case TYPES: add_messages(text, row, "type"); break;
	case EVENTS: add_messages(text, row, "event"); break;
	case REFUSALS: add_refusals(text, row); break;
	case LEVELS: add_levels(text, row); break;
	case STREETS: add_streets(text, row); break;
	case WHYS: add_whys(text, row); break;
	case SEGMENTS:
		add_sample(text, row, "state", "used", 0);
		add_sample(text, row, "state", "ready", 1);
		break;
	case BUILD: add_sample(text, row, "version", PAIDAN_VERSION, 0); break;
	}
}

void metrics_render(const struct metrics_seen *seen, const struct metrics_here *here, struct pd_buffer *out)
{
	struct text text = {seen, here, out};
	for (size_t i = 0; i < ROWS; i++)
		add_row(&text, &rows[i]);
}
