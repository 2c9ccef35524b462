#include "floor.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

#include "broker.h"
#include "spread.h"

/* A round is what comes meanwhile of some 100,000 lives a second. */
enum { MESSAGE_BYTES = 300, BLOCK_BYTES = 4096, ROUND_BYTES = 16384, FILE_BYTES = 16 << 20 };

struct floor {
	char endpoint[PATH_MAX], path[PATH_MAX];
	pid_t echo;
	void *context, *dealer;
	int fds[FLOORS];
	off_t at; /* of the next block */
	char *block;
};

/* ---- the transport ---- */

static _Noreturn void echo(const char *endpoint)
{
	void *context = zmq_ctx_new(), *router = zmq_socket(context, ZMQ_ROUTER);
	zmq_msg_t frame;
	zmq_msg_init(&frame);
	if (!router || zmq_bind(router, endpoint) != 0)
		_exit(111);
	while (zmq_msg_recv(&frame, router, 0) >= 0)
		zmq_msg_send(&frame, router, zmq_msg_more(&frame) ? ZMQ_SNDMORE : 0);
	_exit(111);
}

static bool echo_once(struct floor *floor)
{
	char message[MESSAGE_BYTES] = {0};
	return zmq_send(floor->dealer, message, sizeof message, 0) == sizeof message &&
	       zmq_recv(floor->dealer, message, sizeof message, 0) == sizeof message;
}

static bool start_echo(struct floor *floor)
{
	int again_ms = 1, timeout = 10000;
	floor->echo = fork();
	if (floor->echo == 0)
		echo(floor->endpoint);
	floor->context = zmq_ctx_new();
	floor->dealer = zmq_socket(floor->context, ZMQ_DEALER);
	zmq_setsockopt(floor->dealer, ZMQ_RECONNECT_IVL, &again_ms, sizeof again_ms);
	zmq_setsockopt(floor->dealer, ZMQ_RCVTIMEO, &timeout, sizeof timeout);
	return floor->echo > 0 && floor->dealer && zmq_connect(floor->dealer, floor->endpoint) == 0 && echo_once(floor);
}

/* ---- the disk ---- */

static bool make_file(struct floor *floor)
{
	int fd = open(floor->path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	bool good = fd >= 0;
	for (off_t at = 0; good && at < FILE_BYTES; at += BLOCK_BYTES)
		good = pwrite(fd, floor->block, BLOCK_BYTES, at) == BLOCK_BYTES;
	good = good && fsync(fd) == 0;
	floor->fds[FLOOR_SYNC] = fd;
	floor->fds[FLOOR_DIRECT] = open(floor->path, O_WRONLY | O_DIRECT | O_DSYNC | O_CLOEXEC);
	memset(floor->block, 'x', ROUND_BYTES);
	return good;
}

static bool write_once(struct floor *floor, enum floor_what what, size_t bytes)
{
	bool good = pwrite(floor->fds[what], floor->block, bytes, floor->at) == (ssize_t)bytes;
	floor->at = (floor->at + (off_t)bytes) % FILE_BYTES;
	return good && (what == FLOOR_DIRECT || fdatasync(floor->fds[what]) == 0);
}

/* ---- both ---- */

struct floor *floor_new(const char *dir)
{
	struct floor *floor = calloc(1, sizeof *floor);
	if (!floor)
		abort();
	floor->fds[FLOOR_SYNC] = floor->fds[FLOOR_DIRECT] = -1;
	floor->block = aligned_alloc(BLOCK_BYTES, ROUND_BYTES);
	if (!floor->block)
		abort();
	memset(floor->block, 0, ROUND_BYTES);
	snprintf(floor->endpoint, sizeof floor->endpoint, "ipc://%s/echo", dir);
	snprintf(floor->path, sizeof floor->path, "%s/blocks", dir);
	if (make_file(floor) && start_echo(floor))
		return floor;
	fprintf(stderr, "paidan-bench: measuring transport and disk in %s: %s\n", dir, strerror(errno));
	floor_free(floor);
	return NULL;
}

void floor_free(struct floor *floor)
{
	if (!floor)
		return;
	if (floor->dealer)
		zmq_close(floor->dealer);
	if (floor->context)
		zmq_ctx_term(floor->context);
	if (floor->echo > 0) {
		kill(floor->echo, SIGKILL);
		bench_exit_code(floor->echo);
	}
	for (int i = FLOOR_SYNC; i < FLOORS; i++)
		if (floor->fds[i] >= 0)
			close(floor->fds[i]);
	free(floor->block);
	free(floor);
}

double floor_measure(struct floor *floor, enum floor_what what, unsigned long count)
{
	double *us = malloc(count * sizeof *us);
	bool good = us && (what == FLOOR_ECHO || floor->fds[what] >= 0);
	for (unsigned long i = 0; good && i < count; i++) {
		uint64_t begun_ns = bench_now_ns();
		good = what == FLOOR_ECHO ? echo_once(floor) : write_once(floor, what, BLOCK_BYTES);
		us[i] = (double)(bench_now_ns() - begun_ns) / 1e3;
	}
	double median = good ? spread_median(us, count) : 0;
	free(us);
	return median;
}

/* Somebody every few µs, who waits for the end of this round and of the next one. */
static struct floor_waits waits_of(const uint64_t *ends_ns, unsigned long rounds)
{
	enum { APART_NS = 10000 };
	size_t count = 0, most = (ends_ns[rounds - 1] - ends_ns[0]) / APART_NS + 1;
	uint32_t *waits = calloc(most, sizeof *waits);
	if (!waits)
		abort();
	uint64_t come_ns = ends_ns[0];
	for (unsigned long i = 1; i + 1 < rounds; i++)
		for (; come_ns < ends_ns[i]; come_ns += APART_NS)
			waits[count++] = (uint32_t)((ends_ns[i + 1] - come_ns) / 1000);
	spread_sort(waits, count);
	struct floor_waits found = {spread_at(waits, count, 0.5), spread_at(waits, count, 0.99)};
	free(waits);
	return found;
}

struct floor_waits floor_wait(struct floor *floor, unsigned long rounds)
{
	enum floor_what what = floor->fds[FLOOR_DIRECT] >= 0 ? FLOOR_DIRECT : FLOOR_SYNC;
	uint64_t *ends_ns = calloc(rounds, sizeof *ends_ns);
	bool good = ends_ns && rounds > 2;
	floor->at = 0;
	for (unsigned long i = 0; good && i < rounds; i++) {
		good = write_once(floor, what, ROUND_BYTES);
		ends_ns[i] = bench_now_ns();
	}
	struct floor_waits found = {0};
	if (good)
		found = waits_of(ends_ns, rounds);
	free(ends_ns);
	return found;
}
