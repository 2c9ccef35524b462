/* measure.c - what the front tells the metrics: a few numbers a turn, and once a second how all stands. */
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "front.h"
#include "metrics.h"

/* Submits that one turn took in. */
struct taken {
	uint64_t turned_ns, submits;
};

/* ---- a turn ---- */

/* The turn's time is that of all it took in: no clock is asked for each message. */
void front_measure_turn(struct front *front)
{
	uint64_t turned_ns = metrics_get(&metrics.front.turned_ns);
	uint64_t submits = metrics_get(&metrics.front.events[PD_MSG_submitted]);
	struct taken taken = {turned_ns, submits - front->measured_submits};
	front->measured_submits = submits;
	if (taken.submits)
		pd_buffer_add(&front_round(front)->taken, &taken, sizeof taken);
	const struct book_batch *batch = &front->batches[front->gathering];
	if (!front->gathered_ns[front->gathering] && batch->first_seq)
		front->gathered_ns[front->gathering] = turned_ns;
}

void front_measure_answered(struct round *round)
{
	uint64_t now_ns = round->taken.count ? metrics_clock_ns() : 0;
	for (size_t at = 0; at < round->taken.count; at += sizeof(struct taken)) {
		struct taken taken;
		memcpy(&taken, round->taken.data + at, sizeof taken);
		metrics_observe(&metrics.front.submit, now_ns - taken.turned_ns, taken.submits);
	}
	round->taken.count = 0;
}

/* ---- once a second ---- */

static void see_streets(const struct front *front, struct metrics_seen *seen)
{
	size_t count;
	void *const *areas = registry_sorted(core_registry(front->core), REGISTRY_AREAS, &count);
	seen->street_count = 1;
	for (size_t i = 0; i < count && seen->street_count < METRICS_STREETS; i++) {
		const struct area *area = areas[i];
		struct metrics_street *street = &seen->streets[seen->street_count];
		if (area->level != PD_level_street || area->retired)
			continue;
		street->id = area->id;
		size_t bytes = area->name.bytes < sizeof street->name ? area->name.bytes : sizeof street->name - 1;
		if (bytes)
			memcpy(street->name, area->name.data, bytes);
		seen->street_count++;
	}
}

static unsigned street_of(const struct metrics_seen *seen, const struct area *area)
{
	while (area && area->level != PD_level_street)
		area = area->parent;
	for (unsigned i = 1; area && i < seen->street_count; i++)
		if (seen->streets[i].id == area->id)
			return i;
	return 0;
}

static void see_queue(const struct front *front, const struct holder *holder, struct metrics_seen *seen)
{
	unsigned level = holder->entity->level, street = street_of(seen, holder->entity);
	const struct order *oldest = TAILQ_FIRST(&holder->by_age);
	uint64_t age_ms = oldest && oldest->row.waiting_ms < front->now_ms ? front->now_ms - oldest->row.waiting_ms : 0;
	seen->waiting[level] += holder->waiting_count;
	seen->working[level] += holder->working_count;
	seen->street_waiting[street] += holder->waiting_count;
	seen->street_working[street] += holder->working_count;
	if (age_ms > seen->oldest[level])
		seen->oldest[level] = age_ms;
	if (age_ms > seen->street_oldest[street])
		seen->street_oldest[street] = age_ms;
}

static void fold(const uint32_t *figures, struct metrics_tally *tally)
{
	for (unsigned i = 0; i < FIGURES_BUCKETS; i++) {
		uint64_t middle_ms = figures_bucket_ms(i);
		tally->counts[metrics_bucket(&metrics_WAITS, middle_ms)] += figures[i];
		tally->sum += middle_ms * figures[i];
	}
}

static void see_orders(const struct front *front, struct metrics_seen *seen)
{
	struct core_sums all;
	size_t count;
	void *const *areas = registry_sorted(core_registry(front->core), REGISTRY_AREAS, &count);
	for (size_t i = 0; i < count; i++) {
		const struct area *area = areas[i];
		if (area->holder)
			see_queue(front, area->holder, seen);
	}
	core_sum(front->core, NULL, &all);
	fold(all.figures.accept_counts, &seen->accept);
	fold(all.figures.complete_counts, &seen->complete);
	seen->in_memory[0] = core_order_count(front->core);
}

static void see_connections(const struct front *front, struct metrics_seen *seen)
{
	struct push_credit credit;
	push_credit(front->push, &credit);
	seen->sessions[0] = front->sessions.by_peer.count;
	seen->workers[0] = credit.workers;
	seen->credit[0] = credit.given;
	seen->used[0] = credit.used;
	seen->reads[0] = reads_active(front->reads);
}

static void see_journal(const struct front *front, struct metrics_seen *seen)
{
	struct journal_room room;
	journal_room(front->store->journal, &room);
	seen->journal_events[0] = front->synced_seq;
	seen->journal_bytes[0] = room.bytes;
	seen->segments[0] = room.segments_used;
	seen->segments[1] = room.segments_ready;
}

static void see_keeper(const struct front *front, struct metrics_seen *seen)
{
	uint64_t now_ns = metrics_clock_ns();
	seen->lag_events[0] = front->synced_seq > front->kept_seq ? front->synced_seq - front->kept_seq : 0;
	for (int i = 0; i < 2; i++) {
		uint64_t since_ns = front->gathered_ns[i];
		seen->lag_rows[0] += front->batches[i].orders.count / sizeof(struct order_row);
		if (since_ns && now_ns - since_ns > seen->lag[0])
			seen->lag[0] = now_ns - since_ns;
	}
}

static void see_disk(const struct front *front, struct metrics_seen *seen)
{
	struct statvfs disk;
	if (statvfs(front->config->data, &disk) == 0)
		seen->disk_free[0] = (uint64_t)disk.f_bavail * disk.f_frsize;
	seen->disk_reserve[0] = (uint64_t)front->config->reserve_mib << 20;
	seen->disk_low[0] = front->disk_low;
	metrics_set(&metrics.front.disk_low, front->disk_low);
}

void front_measure(struct front *front)
{
	if (!front->config->metrics[0])
		return;
	struct metrics_seen *seen = calloc(1, sizeof *seen);
	if (!seen)
		abort();
	see_streets(front, seen);
	see_orders(front, seen);
	see_connections(front, seen);
	see_journal(front, seen);
	see_keeper(front, seen);
	see_disk(front, seen);
	metrics_seen_put(seen);
	free(seen);
}
