#include "callers.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "broker.h"
#include "ipc.h"
#include "zmtp.h"

enum { EVENTS_MAX = 512, PATIENCE_MS = 60000, READ_BYTES = 256 * 1024, DRAIN_BYTES = 1024 * 1024 };
enum { READ_ALIGN = 64 }; /* see daemon/peers.c */

void callers_init(struct callers *callers)
{
	callers->epoll = epoll_create1(EPOLL_CLOEXEC);
	callers->decoder = pd_decoder_new();
	callers->nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (callers->epoll < 0 || !callers->decoder || callers->nowhere < 0 || pipe2(callers->drain, O_CLOEXEC) != 0)
		abort();
	fcntl(callers->drain[1], F_SETPIPE_SZ, DRAIN_BYTES); /* a smaller one is good, too */
}

void callers_fini(struct callers *callers)
{
	if (callers->epoll > 0) {
		close(callers->epoll);
		close(callers->nowhere);
		close(callers->drain[0]);
		close(callers->drain[1]);
	}
	pd_decoder_free(callers->decoder);
}

unsigned long callers_allow(unsigned long descriptors)
{
	struct rlimit files, more;
	if (getrlimit(RLIMIT_NOFILE, &files) != 0)
		return 0;
	files.rlim_cur = files.rlim_max;
	more = files;
	if (descriptors > files.rlim_max)
		more.rlim_cur = more.rlim_max = descriptors;
	if (setrlimit(RLIMIT_NOFILE, &more) == 0)
		return more.rlim_cur;
	return setrlimit(RLIMIT_NOFILE, &files) == 0 ? files.rlim_cur : 0;
}

void callers_tell_limit(unsigned long descriptors)
{
	struct rlimit files = {0};
	getrlimit(RLIMIT_NOFILE, &files);
	fprintf(stderr,
		"paidan-bench: %lu open files are needed in each of two processes, and the limit is %lu. As root: "
		"sysctl fs.nr_open=1048576; prlimit --nofile=%lu --pid $$; then again\n",
		descriptors, (unsigned long)files.rlim_max, descriptors);
}

/* ---- a connection ---- */

static bool write_all(const struct caller *caller, const void *bytes, size_t count)
{
	return send(caller->fd, bytes, count, MSG_NOSIGNAL) == (ssize_t)count;
}

/* Nothing may follow before the broker's READY. */
static bool greet(const struct callers *callers, const struct caller *caller)
{
	char opening[ZMTP_OPENING_BYTES_MAX];
	return write_all(caller, opening, zmtp_opening(opening, callers->subscribe ? "SUB" : "DEALER"));
}

bool caller_connect(struct callers *callers, struct caller *caller)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = caller};
	caller->fd = ipc_connect(callers->endpoint);
	caller->skip = ZMTP_GREETING_BYTES;
	caller->greeted = caller->more = false;
	bool good = caller->fd > 0 && greet(callers, caller) &&
		    epoll_ctl(callers->epoll, EPOLL_CTL_ADD, caller->fd, &event) == 0;
	if (good) {
		callers->connected++;
		return true;
	}
	fprintf(stderr, "paidan-bench: connecting: %s\n", strerror(errno));
	if (caller->fd > 0)
		close(caller->fd);
	caller->fd = 0;
	return false;
}

void caller_cut(struct callers *callers, struct caller *caller)
{
	if (caller->fd <= 0)
		return;
	close(caller->fd);
	caller->fd = 0;
	pd_buffer_fini(&caller->in);
	callers->connected--;
}

bool caller_send(struct caller *caller, const struct pd_message *message)
{
	struct pd_buffer out = {0};
	zmtp_begin(&out);
	pd_encode(message, &out);
	struct pd_slice frame = zmtp_seal(&out);
	bool good = write_all(caller, frame.data, frame.bytes);
	pd_buffer_fini(&out);
	caller->beat_ms = bench_now_us() / 1000;
	return good;
}

bool caller_hello(const struct callers *callers, struct caller *caller)
{
	struct pd_message hello = {.type = PD_MSG_hello, .request = 1};
	hello.hello = (struct pd_hello){caller->person, pd_text("bench"), PD_PROTOCOL, 0, callers->listen};
	return caller_send(caller, &hello);
}

/* In ZMTP 3.0 a subscription is a message that begins with 1. */
static bool subscribe(const struct callers *callers, const struct caller *caller)
{
	char words[64];
	size_t bytes = strlen(callers->subscribe);
	words[0] = 0;
	words[1] = (char)(bytes + 1);
	words[2] = 1;
	memcpy(words + 3, callers->subscribe, bytes < sizeof words - 3 ? bytes : sizeof words - 3);
	return write_all(caller, words, bytes + 3);
}

static void on_command(struct callers *callers, struct caller *caller, const char *command, size_t bytes)
{
	const struct zmtp_frame frame = {command, bytes, ZMTP_COMMAND};
	char pong[ZMTP_PONG_BYTES_MAX];
	if (!caller->greeted) {
		caller->greeted = true;
		if (callers->subscribe ? !subscribe(callers, caller) : !caller_hello(callers, caller))
			callers->lost++;
		if (caller->discards)
			epoll_ctl(callers->epoll, EPOLL_CTL_DEL, caller->fd, NULL);
	} else if ((bytes = zmtp_pong(&frame, pong)) > 0) {
		write_all(caller, pong, bytes);
		callers->zmtp_pings++;
	}
}

static void on_data(struct callers *callers, struct caller *caller, const char *data, size_t bytes)
{
	for (size_t off = 0; off < bytes;) {
		struct pd_message message;
		struct pd_fault fault;
		pd_decoder_reset(callers->decoder);
		if (pd_decode(callers->decoder, data, bytes, &off, &message, &fault))
			return;
		callers->on_message(callers, caller, &message);
	}
}

static void take_payload(struct callers *callers, struct caller *caller, const char *payload, size_t bytes)
{
	caller->taken++;
	callers->on_payload(callers, caller, payload, bytes);
}

/* Take whole frames off the beginning of the bytes; how many bytes they were. */
static size_t take_frames(struct callers *callers, struct caller *caller, const char *data, size_t have)
{
	size_t taken = 0;
	while (have - taken >= 2) {
		const uint8_t *at = (const uint8_t *)data + taken;
		size_t head = at[0] & ZMTP_LONG ? 9 : 2, bytes = 0;
		if (have - taken < head)
			break;
		for (size_t i = 1; i < head; i++)
			bytes = bytes << 8 | at[i];
		if (have - taken < head + bytes)
			break;
		const char *body = (const char *)at + head;
		bool more = at[0] & ZMTP_MORE, payload = caller->more && !more;
		taken += head + bytes;
		if (at[0] & ZMTP_COMMAND) {
			on_command(callers, caller, body, bytes);
			continue;
		}
		caller->more = more;
		if (!callers->subscribe)
			on_data(callers, caller, body, bytes);
		else if (payload)
			take_payload(callers, caller, body, bytes);
		if (caller->fd <= 0)
			return have; /* it was cut */
	}
	return taken;
}

/* Most of what comes is whole frames: only the rest of it is kept. */
static void take_bytes(struct callers *callers, struct caller *caller, const char *bytes, size_t count)
{
	if (caller->in.count) {
		pd_buffer_add(&caller->in, bytes, count);
		size_t taken = take_frames(callers, caller, caller->in.data, caller->in.count);
		if (caller->fd <= 0)
			return;
		memmove(caller->in.data, caller->in.data + taken, caller->in.count - taken);
		caller->in.count -= taken;
		return;
	}
	size_t taken = take_frames(callers, caller, bytes, count);
	if (taken < count)
		pd_buffer_add(&caller->in, bytes + taken, count - taken);
}

static void lose(struct callers *callers, struct caller *caller)
{
	caller_cut(callers, caller);
	callers->lost++;
}

static void receive_one(struct callers *callers, struct caller *caller)
{
	static _Alignas(READ_ALIGN) char bytes[READ_BYTES];
	ssize_t got = read(caller->fd, bytes, sizeof bytes);
	if (got <= 0)
		return lose(callers, caller);
	caller->bytes_taken += (size_t)got;
	size_t skip = (size_t)got < caller->skip ? (size_t)got : caller->skip;
	caller->skip -= (uint16_t)skip;
	take_bytes(callers, caller, bytes + skip, (size_t)got - skip);
}

void callers_turn(struct callers *callers, int wait_ms)
{
	struct epoll_event events[EVENTS_MAX];
	int n = epoll_wait(callers->epoll, events, EVENTS_MAX, wait_ms);
	for (int i = 0; i < n; i++) {
		struct caller *caller = events[i].data.ptr;
		if (caller->fd > 0)
			receive_one(callers, caller);
	}
}

static void empty_drain(struct callers *callers)
{
	for (ssize_t gone; callers->drained; callers->drained -= (size_t)gone)
		if ((gone = splice(callers->drain[0], NULL, callers->nowhere, NULL, callers->drained, 0)) <= 0)
			abort();
}

static void discard(struct callers *callers, struct caller *caller)
{
	ssize_t got = splice(caller->fd, NULL, callers->drain[1], NULL, DRAIN_BYTES, SPLICE_F_NONBLOCK);
	if (got < 0 && errno == EAGAIN)
		return;
	if (got <= 0)
		return lose(callers, caller);
	caller->bytes_taken += (size_t)got;
	callers->drained += (size_t)got;
	take_payload(callers, caller, NULL, 0);
}

/* The pages go as they are from the sockets to nowhere, those of several at a time. */
void callers_discard(struct callers *callers, struct caller *all, unsigned long count)
{
	for (unsigned long i = 0; i < count; i++) {
		if (all[i].discards && all[i].greeted && all[i].fd > 0)
			discard(callers, &all[i]);
		if (callers->drained > DRAIN_BYTES / 2)
			empty_drain(callers);
	}
	empty_drain(callers);
}

bool callers_until(struct callers *callers, const unsigned long *count, unsigned long wanted)
{
	unsigned long before = *count;
	uint64_t since_us = bench_now_us();
	while (*count < wanted) {
		callers_turn(callers, 1000);
		if (*count != before)
			since_us = bench_now_us();
		before = *count;
		if (bench_now_us() - since_us > PATIENCE_MS * 1000ULL) {
			fprintf(stderr, "paidan-bench: %lu of %lu have come, %lu connections were lost\n", *count,
				wanted, callers->lost);
			return false;
		}
	}
	return true;
}

void callers_beat(struct caller *callers, unsigned long count, unsigned long *at, uint64_t beat_ms)
{
	struct pd_message ping = {.type = PD_MSG_ping, .request = 3};
	uint64_t now_ms = bench_now_us() / 1000;
	/* A tenth of the beat is left for going round. */
	unsigned long most = count / 100 + 1;
	for (unsigned long i = 0; i < most && i < count; i++) {
		struct caller *caller = &callers[*at];
		if (caller->greeted && caller->fd > 0) {
			if (now_ms - caller->beat_ms < beat_ms)
				return;
			caller_send(caller, &ping);
		}
		*at = (*at + 1) % count;
	}
}
