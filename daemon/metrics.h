/* metrics.h - what paidand counts of itself while it works, to be served to Prometheus (metrics_http.h).
 *
 * Counting must cost next to nothing and needs no lock: each thread has a room of its own, on cache lines of its own,
 * and is the only one to write there, with plain loads and stores. Who serves reads them as they are. What follows from
 * the state (queues, ages) is taken by the front once a second, only when metrics are served (measure.c), and handed
 * over whole: struct metrics_seen.
 *
 * Invariants: (1) one writer a room; (2) nothing in paidand decides by what is counted here but /healthz and /readyz.
 * Threads: the writer of a room as its row in metrics.def says; metrics_get, metrics_seen_get, metrics_alive,
 * metrics_ready and metrics_render any.
 */
#ifndef PAIDAN_METRICS_H
#define PAIDAN_METRICS_H

#include <stdatomic.h>

#include "buffer.h"
#include "proto.h"

/* Further streets are counted among "other": a metric has a bounded number of label values. */
enum { METRICS_STREETS_MAX = 64, METRICS_BOUNDS_MAX = 24 };

/* The numbers in a field, by its labels. TYPES and EVENTS are indexed by message type, REFUSALS by code, LEVELS by
 * level; STREETS as metrics_seen.streets, of which the first is "other". */
enum {
	METRICS_NONE = 1,
	METRICS_TYPES = 256,
	METRICS_EVENTS = 256,
	METRICS_REFUSALS = 128,
	METRICS_LEVELS = PD_level_end,
	METRICS_STREETS = 1 + METRICS_STREETS_MAX,
	METRICS_SEGMENTS = 2, /* used, ready */
	METRICS_BUILD = 1,
};
/* Why a session ended. */
enum metrics_why { METRICS_LEFT, METRICS_GONE, METRICS_SILENT, METRICS_DOES_NOT_READ, METRICS_WHYS };

/* Upper bounds of a histogram's buckets, rising; above the last is one more. */
struct metrics_bounds {
	unsigned count;
	uint64_t at_most[METRICS_BOUNDS_MAX];
};
extern const struct metrics_bounds metrics_TIMES, metrics_EVENTS, metrics_BYTES, metrics_WAITS;

struct metrics_histogram {
	const struct metrics_bounds *bounds;
	_Atomic uint64_t sum, counts[METRICS_BOUNDS_MAX + 1];
};

/* The same, by one thread alone. */
struct metrics_tally {
	uint64_t sum, counts[METRICS_BOUNDS_MAX + 1];
};

#define METRICS_LIVE_NUMBER(field, labels) _Atomic uint64_t field[METRICS_##labels];
#define METRICS_LIVE_HISTOGRAM(field) struct metrics_histogram field;
#define METRICS_HIDE(...)

enum { METRICS_APART = 128 }; /* two cache lines, for processors fetch them in pairs */

struct metrics {
	_Alignas(METRICS_APART) struct {
#define NUMBER(room, field, kind, labels, unit, name, help) METRICS_FRONT_##room(METRICS_LIVE_NUMBER(field, labels))
#define HISTOGRAM(room, field, bounds, name, help) METRICS_FRONT_##room(METRICS_LIVE_HISTOGRAM(field))
#define METRICS_FRONT_front(field) field
#define METRICS_FRONT_scribe METRICS_HIDE
#define METRICS_FRONT_keeper METRICS_HIDE
#define METRICS_FRONT_publisher METRICS_HIDE
#define METRICS_FRONT_seen METRICS_HIDE
#define METRICS_FRONT_here METRICS_HIDE
#include "metrics.def"
		_Atomic uint64_t turned_ns; /* when the loop turned last; 0: it does not turn yet */
		_Atomic uint64_t stopping, disk_low;
	} front;
	_Alignas(METRICS_APART) struct {
#define NUMBER(room, field, kind, labels, unit, name, help) METRICS_SCRIBE_##room(METRICS_LIVE_NUMBER(field, labels))
#define HISTOGRAM(room, field, bounds, name, help) METRICS_SCRIBE_##room(METRICS_LIVE_HISTOGRAM(field))
#define METRICS_SCRIBE_front METRICS_HIDE
#define METRICS_SCRIBE_scribe(field) field
#define METRICS_SCRIBE_keeper METRICS_HIDE
#define METRICS_SCRIBE_publisher METRICS_HIDE
#define METRICS_SCRIBE_seen METRICS_HIDE
#define METRICS_SCRIBE_here METRICS_HIDE
#include "metrics.def"
		_Atomic uint64_t writing_since_ns; /* of the round in hand; 0: there is none */
	} scribe;
	_Alignas(METRICS_APART) struct {
#define NUMBER(room, field, kind, labels, unit, name, help) METRICS_KEEPER_##room(METRICS_LIVE_NUMBER(field, labels))
#define HISTOGRAM(room, field, bounds, name, help) METRICS_KEEPER_##room(METRICS_LIVE_HISTOGRAM(field))
#define METRICS_KEEPER_front METRICS_HIDE
#define METRICS_KEEPER_scribe METRICS_HIDE
#define METRICS_KEEPER_keeper(field) field
#define METRICS_KEEPER_publisher METRICS_HIDE
#define METRICS_KEEPER_seen METRICS_HIDE
#define METRICS_KEEPER_here METRICS_HIDE
#include "metrics.def"
	} keeper;
	_Alignas(METRICS_APART) struct {
#define NUMBER(room, field, kind, labels, unit, name, help) METRICS_PUBLISHER_##room(METRICS_LIVE_NUMBER(field, labels))
#define HISTOGRAM(room, field, bounds, name, help) METRICS_PUBLISHER_##room(METRICS_LIVE_HISTOGRAM(field))
#define METRICS_PUBLISHER_front METRICS_HIDE
#define METRICS_PUBLISHER_scribe METRICS_HIDE
#define METRICS_PUBLISHER_keeper METRICS_HIDE
#define METRICS_PUBLISHER_publisher(field) field
#define METRICS_PUBLISHER_seen METRICS_HIDE
#define METRICS_PUBLISHER_here METRICS_HIDE
#include "metrics.def"
	} publisher;
};

/* One a process, like the log's level: whoever counts needs no pointer handed down. */
extern struct metrics metrics;

static inline uint64_t metrics_get(const _Atomic uint64_t *number)
{
	return atomic_load_explicit(number, memory_order_relaxed);
}

static inline void metrics_set(_Atomic uint64_t *number, uint64_t value)
{
	atomic_store_explicit(number, value, memory_order_relaxed);
}

/* By the room's one writer: no locked instruction. */
static inline void metrics_add(_Atomic uint64_t *number, uint64_t more)
{
	metrics_set(number, metrics_get(number) + more);
}

/* E.g. "silent". */
const char *metrics_why_word(enum metrics_why why);
/* The bucket that a value belongs to. */
unsigned metrics_bucket(const struct metrics_bounds *bounds, uint64_t value);
/* The value was seen so many times. */
void metrics_observe(struct metrics_histogram *histogram, uint64_t value, uint64_t times);
/* Nanoseconds of a clock that only goes forward. */
uint64_t metrics_clock_ns(void);

/* ---- what the front sees once a second ---- */

struct metrics_street {
	uint32_t id;
	char name[4 * 64 + 1];
};

struct metrics_seen {
#define NUMBER(room, field, kind, labels, unit, name, help) METRICS_SEEN_##room(uint64_t field[METRICS_##labels];)
#define HISTOGRAM(room, field, bounds, name, help) METRICS_SEEN_##room(struct metrics_tally field;)
#define METRICS_SEEN_front METRICS_HIDE
#define METRICS_SEEN_scribe METRICS_HIDE
#define METRICS_SEEN_keeper METRICS_HIDE
#define METRICS_SEEN_publisher METRICS_HIDE
#define METRICS_SEEN_seen(field) field
#define METRICS_SEEN_here METRICS_HIDE
#include "metrics.def"
	unsigned street_count; /* with "other" */
	struct metrics_street streets[METRICS_STREETS];
};

/* Hand it over. Never waits: while somebody is reading the one before, this one is left out. */
void metrics_seen_put(const struct metrics_seen *seen);
/* The last one; all zeros before the first. */
void metrics_seen_get(struct metrics_seen *seen);

/* ---- health ---- */

enum { METRICS_TURN_WITHIN_S = 10, METRICS_WRITE_WITHIN_S = 5 };

/* Alive: the front's loop has turned within METRICS_TURN_WITHIN_S, or the broker is starting. why gets a line for
 * people. */
bool metrics_alive(uint64_t now_ns, char why[static 160]);
/* Ready: it is listening, it has room for new orders, and no round has waited for the disk longer than
 * METRICS_WRITE_WITHIN_S. */
bool metrics_ready(uint64_t now_ns, char why[static 160]);

/* ---- as text ---- */

/* What is taken at the time of serving. */
struct metrics_here {
#define NUMBER(room, field, kind, labels, unit, name, help) METRICS_HERE_##room(uint64_t field[METRICS_##labels];)
#define HISTOGRAM(room, field, bounds, name, help) METRICS_HERE_##room(struct metrics_tally field;)
#define METRICS_HERE_front METRICS_HIDE
#define METRICS_HERE_scribe METRICS_HIDE
#define METRICS_HERE_keeper METRICS_HIDE
#define METRICS_HERE_publisher METRICS_HIDE
#define METRICS_HERE_seen METRICS_HIDE
#define METRICS_HERE_here(field) field
#include "metrics.def"
};

/* Append all metrics in Prometheus' text format, version 0.0.4. (metrics_text.c) */
void metrics_render(const struct metrics_seen *seen, const struct metrics_here *here, struct pd_buffer *out);

#endif
