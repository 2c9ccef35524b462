#include "metrics.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <uv.h>

#define US UINT64_C(1000)
#define MS UINT64_C(1000000)
#define S UINT64_C(1000000000)

/* From a disk that answers at once to one that hangs. */
const struct metrics_bounds metrics_TIMES = {17,
					     {50 * US, 100 * US, 200 * US, 500 * US, 1 * MS, 2 * MS, 5 * MS, 10 * MS,
					      20 * MS, 50 * MS, 100 * MS, 200 * MS, 500 * MS, 1 * S, 2 * S, 5 * S,
					      10 * S}};
const struct metrics_bounds metrics_EVENTS = {14, {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192}};
const struct metrics_bounds metrics_BYTES = {
	9, {1 << 8, 1 << 10, 1 << 12, 1 << 14, 1 << 16, 1 << 18, 1 << 20, 1 << 22, 1 << 24}};

/* Powers of two of a millisecond, where the figures' own buckets end too: so the counts are exact. To 12 days. */
#define W(k) UINT64_C(1) << (k)
const struct metrics_bounds metrics_WAITS = {24, {W(4),  W(6),  W(8),  W(10), W(11), W(12), W(13), W(14),
						  W(15), W(16), W(17), W(18), W(19), W(20), W(21), W(22),
						  W(23), W(24), W(25), W(26), W(27), W(28), W(29), W(30)}};

struct metrics metrics = {
#define NUMBER(room, field, kind, labels, unit, name, help)
#define HISTOGRAM(room, field, limits, name, help) METRICS_INIT_##room(room, field, limits)
#define METRICS_INIT_front(room, field, limits) .room.field.bounds = &metrics_##limits,
#define METRICS_INIT_scribe METRICS_INIT_front
#define METRICS_INIT_keeper METRICS_INIT_front
#define METRICS_INIT_publisher METRICS_INIT_front
#define METRICS_INIT_seen METRICS_HIDE
#define METRICS_INIT_here METRICS_HIDE
#include "metrics.def"
};

static struct metrics_seen last_seen;
static pthread_mutex_t seen_lock = PTHREAD_MUTEX_INITIALIZER;

unsigned metrics_bucket(const struct metrics_bounds *bounds, uint64_t value)
{
	unsigned i = 0;
	while (i < bounds->count && value > bounds->at_most[i])
		i++;
	return i;
}

void metrics_observe(struct metrics_histogram *histogram, uint64_t value, uint64_t times)
{
	metrics_add(&histogram->counts[metrics_bucket(histogram->bounds, value)], times);
	metrics_add(&histogram->sum, value * times);
}

uint64_t metrics_clock_ns(void)
{
	return uv_hrtime();
}

void metrics_seen_put(const struct metrics_seen *seen)
{
	if (pthread_mutex_trylock(&seen_lock) != 0)
		return;
	last_seen = *seen;
	pthread_mutex_unlock(&seen_lock);
}

void metrics_seen_get(struct metrics_seen *seen)
{
	pthread_mutex_lock(&seen_lock);
	*seen = last_seen;
	pthread_mutex_unlock(&seen_lock);
}

const char *metrics_why_word(enum metrics_why why)
{
	static const char *const words[] = {[METRICS_LEFT] = "left",
					    [METRICS_GONE] = "gone",
					    [METRICS_SILENT] = "silent",
					    [METRICS_DOES_NOT_READ] = "does_not_read"};
	return words[why];
}

/* ---- health ---- */

/* The clock was read before the number that is compared with it: it may be behind. */
static uint64_t since_s(uint64_t then_ns, uint64_t now_ns)
{
	return then_ns && now_ns > then_ns ? (now_ns - then_ns) / S : 0;
}

bool metrics_alive(uint64_t now_ns, char why[static 160])
{
	uint64_t turned_ns = metrics_get(&metrics.front.turned_ns), silent_s = since_s(turned_ns, now_ns);
	if (silent_s >= METRICS_TURN_WITHIN_S) {
		snprintf(why, 160, "not alive: the loop has not turned for %" PRIu64 " s", silent_s);
		return false;
	}
	snprintf(why, 160, "%s", turned_ns ? "alive" : "alive: starting");
	return true;
}

bool metrics_ready(uint64_t now_ns, char why[static 160])
{
	uint64_t writing_s = since_s(metrics_get(&metrics.scribe.writing_since_ns), now_ns);
	if (!metrics_alive(now_ns, why))
		return false;
	const char *not_ready = NULL;
	if (!metrics_get(&metrics.front.turned_ns))
		not_ready = "not ready: starting";
	else if (metrics_get(&metrics.front.stopping))
		not_ready = "not ready: stopping";
	else if (metrics_get(&metrics.front.disk_low))
		not_ready = "not ready: the disk is nearly full, no new orders are taken";
	if (writing_s >= METRICS_WRITE_WITHIN_S)
		snprintf(why, 160, "not ready: the journal has waited for the disk for %" PRIu64 " s", writing_s);
	else
		snprintf(why, 160, "%s", not_ready ? not_ready : "ready");
	return !not_ready && writing_s < METRICS_WRITE_WITHIN_S;
}
