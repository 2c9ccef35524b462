#include "loop.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "broker.h"
#include "check.h"
#include "net.h"
#include "sim.h"
#include "ticks.h"
#include "trace.h"

enum { TIMERS_MAX = 4, SIGNALS_MAX = 4, SECOND_MS = 1000 };

struct timer {
	uv_timer_t *handle;
	uv_timer_cb fire;
	uint64_t due_ms, repeat_ms;
};

struct watch {
	uv_signal_t *handle;
	uv_signal_cb fire;
	int number;
	bool raised;
};

/* Work for one of libuv's threads. */
struct job {
	uv_work_t *work;
	struct job *next;
	bool done;
};

static struct {
	uv_prepare_t *prepare;
	uv_check_t *check;
	uv_async_t *async;
	uv_prepare_cb on_prepare;
	uv_check_cb on_check;
	uv_async_cb on_async;
	bool idle, woken, stopped, over;
	struct timer timers[TIMERS_MAX];
	struct watch watches[SIGNALS_MAX];
	unsigned timer_count, watch_count;
	struct job *jobs;
} loop;

/* ---- handles ---- */

int uv_loop_init(uv_loop_t *handle)
{
	(void)handle;
	memset(&loop, 0, sizeof loop);
	return 0;
}

int uv_loop_close(uv_loop_t *handle)
{
	(void)handle;
	return 0;
}

uint64_t uv_now(const uv_loop_t *of)
{
	(void)of;
	return sim.mono_ms;
}

int uv_poll_init(uv_loop_t *of, uv_poll_t *handle, int fd)
{
	(void)of;
	(void)handle;
	(void)fd;
	return 0;
}

int uv_poll_start(uv_poll_t *handle, int events, uv_poll_cb cb)
{
	(void)handle;
	(void)events;
	(void)cb;
	return 0;
}

int uv_poll_stop(uv_poll_t *handle)
{
	(void)handle;
	return 0;
}

int uv_prepare_init(uv_loop_t *of, uv_prepare_t *handle)
{
	(void)of;
	(void)handle;
	return 0;
}

int uv_prepare_start(uv_prepare_t *handle, uv_prepare_cb cb)
{
	loop.prepare = handle;
	loop.on_prepare = cb;
	return 0;
}

int uv_check_init(uv_loop_t *of, uv_check_t *handle)
{
	(void)of;
	(void)handle;
	return 0;
}

int uv_check_start(uv_check_t *handle, uv_check_cb cb)
{
	loop.check = handle;
	loop.on_check = cb;
	return 0;
}

int uv_idle_init(uv_loop_t *of, uv_idle_t *handle)
{
	(void)of;
	(void)handle;
	return 0;
}

int uv_idle_start(uv_idle_t *handle, uv_idle_cb cb)
{
	(void)handle;
	(void)cb;
	loop.idle = true;
	return 0;
}

int uv_idle_stop(uv_idle_t *handle)
{
	(void)handle;
	loop.idle = false;
	return 0;
}

int uv_async_init(uv_loop_t *of, uv_async_t *handle, uv_async_cb cb)
{
	(void)of;
	loop.async = handle;
	loop.on_async = cb;
	return 0;
}

int uv_async_send(uv_async_t *handle)
{
	(void)handle;
	loop.woken = true;
	return 0;
}

int uv_timer_init(uv_loop_t *of, uv_timer_t *handle)
{
	(void)of;
	if (loop.timer_count == TIMERS_MAX)
		trace_fail("more than %d timers", TIMERS_MAX);
	loop.timers[loop.timer_count++] = (struct timer){.handle = handle, .due_ms = UINT64_MAX};
	return 0;
}

int uv_timer_start(uv_timer_t *handle, uv_timer_cb cb, uint64_t timeout, uint64_t repeat)
{
	for (unsigned i = 0; i < loop.timer_count; i++)
		if (loop.timers[i].handle == handle)
			loop.timers[i] = (struct timer){handle, cb, sim.mono_ms + timeout, repeat};
	return 0;
}

int uv_signal_init(uv_loop_t *of, uv_signal_t *handle)
{
	(void)of;
	(void)handle;
	return 0;
}

int uv_signal_start(uv_signal_t *handle, uv_signal_cb cb, int number)
{
	if (loop.watch_count == SIGNALS_MAX)
		trace_fail("more than %d signals", SIGNALS_MAX);
	loop.watches[loop.watch_count++] = (struct watch){handle, cb, number, false};
	return 0;
}

void uv_walk(uv_loop_t *of, uv_walk_cb cb, void *arg)
{
	(void)of;
	(void)cb;
	(void)arg;
}

int uv_is_closing(const uv_handle_t *handle)
{
	(void)handle;
	return 1;
}

void uv_close(uv_handle_t *handle, uv_close_cb cb)
{
	(void)handle;
	(void)cb;
}

void uv_stop(uv_loop_t *of)
{
	(void)of;
	loop.stopped = true;
}

void loop_signal(int number)
{
	for (unsigned i = 0; i < loop.watch_count; i++)
		if (loop.watches[i].number == number)
			loop.watches[i].raised = true;
}

/* ---- work ---- */

int uv_queue_work(uv_loop_t *of, uv_work_t *work, uv_work_cb work_cb, uv_after_work_cb after_cb)
{
	struct job *job = malloc(sizeof *job), **end = &loop.jobs;
	(void)of;
	if (!job)
		trace_system("memory");
	work->work_cb = work_cb;
	work->after_work_cb = after_cb;
	while (*end)
		end = &(*end)->next;
	*job = (struct job){work, NULL, false};
	*end = job;
	return 0;
}

bool loop_work_step(void)
{
	/* There are several threads: any job may be the next. */
	unsigned count = 0;
	for (const struct job *job = loop.jobs; job; job = job->next)
		count += !job->done;
	if (count == 0)
		return false;
	unsigned chosen = dice_below(&sim.dice, count);
	struct job *job = loop.jobs;
	while (job->done || chosen-- > 0)
		job = job->next;
	job->work->work_cb(job->work);
	job->done = true;
	return true;
}

static void tell_of_work(void)
{
	for (struct job **link = &loop.jobs; *link && !sim.end;) {
		struct job *job = *link;
		if (!job->done) {
			link = &job->next;
			continue;
		}
		*link = job->next;
		job->work->after_work_cb(job->work, 0);
		free(job);
	}
}

/* What the threads had in hand when the broker ended. */
static void drop_work(void)
{
	while (loop.jobs) {
		struct job *job = loop.jobs;
		loop.jobs = job->next;
		read_free(job->work->data);
		free(job);
	}
}

/* ---- turning ---- */

static bool due(void)
{
	for (unsigned i = 0; i < loop.timer_count; i++)
		if (loop.timers[i].due_ms <= sim.mono_ms)
			return true;
	for (unsigned i = 0; i < loop.watch_count; i++)
		if (loop.watches[i].raised)
			return true;
	for (const struct job *job = loop.jobs; job; job = job->next)
		if (job->done)
			return true;
	return loop.idle || loop.woken || net_waiting();
}

static void fire_timers(void)
{
	for (unsigned i = 0; i < loop.timer_count && !sim.end; i++) {
		struct timer *timer = &loop.timers[i];
		if (timer->due_ms > sim.mono_ms)
			continue;
		bool ticks = timer->repeat_ms == SECOND_MS;
		timer->due_ms = timer->repeat_ms ? sim.mono_ms + timer->repeat_ms : UINT64_MAX;
		if (ticks)
			ticks_begin();
		timer->fire(timer->handle);
		check_after_callback();
		if (ticks)
			ticks_end();
		else if (timer->repeat_ms)
			check_keeper_pace(); /* it was the keeper's timer */
	}
}

static void fire_signals(void)
{
	for (unsigned i = 0; i < loop.watch_count && !sim.end; i++) {
		if (!loop.watches[i].raised)
			continue;
		loop.watches[i].raised = false;
		loop.watches[i].fire(loop.watches[i].handle, loop.watches[i].number);
	}
}

bool loop_turn(void)
{
	if (!due())
		return false;
	fire_timers();
	if (!sim.end)
		loop.on_prepare(loop.prepare);
	fire_signals();
	broker_settings_read();
	if (loop.woken && !sim.end) {
		loop.woken = false;
		loop.on_async(loop.async);
	}
	tell_of_work();
	check_after_callback();
	if (!sim.end)
		loop.on_check(loop.check);
	check_after_callback();
	return true;
}

static void free_reads(struct read *read)
{
	while (read) {
		struct read *next = read->next;
		read_free(read);
		read = next;
	}
}

static void nobody_failed(struct session *session, enum pd_err err, void *arg)
{
	(void)session;
	(void)err;
	(void)arg;
}

/* The process is dead: what the front would have gone on with is given back, for it is not freed by those who expect it
 * to be done. */
static void bury(struct front *front)
{
	drop_work();
	free_reads(front->held_reads);
	front->held_reads = NULL;
	size_t at = 0;
	for (struct session *session; (session = table_next(&front->sessions.by_peer, &at));) {
		free_reads(session->reads_waiting);
		session->reads_waiting = NULL;
	}
	for (int i = 0; i < 2; i++) {
		free_reads(front->rounds[i].reads);
		front->rounds[i].reads = NULL;
		sessions_flush(&front->sessions, i, front->bus, nobody_failed, front);
	}
}

int uv_run(uv_loop_t *of, uv_run_mode mode)
{
	(void)of;
	(void)mode;
	if (loop.over)
		return 0; /* the second time, to have handles closed */
	sim.front = loop.prepare->data;
	check_begin_life();
	ticks_begin_life();
	while (!sim.end && !loop.stopped) {
		sim_step();
		if (loop.stopped && !sim.end)
			sim.end = END_STOPPED;
	}
	broker_ends();
	if (sim.end != END_STOPPED)
		bury(sim.front);
	loop.over = true;
	return 0;
}
