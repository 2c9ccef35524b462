/* test_peers.c - connections of those who send commands: ZeroMQ's own, and raw ones that do what they should not. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

#include <cmocka.h>

#include "endpoint.h"
#include "peers.h"
#include "zmtp.h"

enum { WAIT_MS = 10000, SMALL = 300, LARGE = 60000 };

static char dir[] = "/tmp/paidan-peers-XXXXXX", endpoint[64];
static struct peers *peers;

/* Time goes on as the tests want it, too. */
static time_t seconds_later;

int clock_gettime(clockid_t id, struct timespec *time)
{
	int rc = (int)syscall(SYS_clock_gettime, id, time);
	time->tv_sec += seconds_later;
	return rc;
}

static int open_peers(void **unused)
{
	(void)unused;
	snprintf(endpoint, sizeof endpoint, "ipc://%s/socket", dir);
	seconds_later = 0;
	return peers_new(&peers, &peers_router) || peers_listen(peers, endpoint);
}

static int close_peers(void **unused)
{
	(void)unused;
	peers_free(peers);
	peers = NULL;
	return access(endpoint + strlen("ipc://"), F_OK) == 0; /* the socket has gone, too */
}

/* ---- a raw peer ---- */

static int connect_raw(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	snprintf(address.sun_path, sizeof address.sun_path, "%s", endpoint + strlen("ipc://"));
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
	return fd;
}

static void say(int fd, const void *bytes, size_t count)
{
	assert_int_equal(send(fd, bytes, count, MSG_NOSIGNAL), count);
}

/* The next frame, or the news that somebody is gone. */
static struct bus_frame next(void)
{
	struct bus_frame frame = {0};
	struct pollfd readable = {.fd = peers_fd(peers), .events = POLLIN};
	while (peers_receive(peers, &frame))
		assert_int_equal(poll(&readable, 1, WAIT_MS), 1);
	return frame;
}

static void nothing_comes(void)
{
	struct bus_frame frame;
	for (int i = 0; i < 10; i++)
		assert_int_equal(peers_receive(peers, &frame), PD_ENOENT);
	assert_false(peers_at_hand(peers));
}

static int greeted(void)
{
	char opening[ZMTP_OPENING_BYTES_MAX], theirs[200];
	int fd = connect_raw();
	size_t bytes = zmtp_opening(opening, "DEALER");
	say(fd, opening, bytes);
	nothing_comes();
	assert_int_equal(read(fd, theirs, sizeof theirs), zmtp_opening(opening, "ROUTER"));
	return fd;
}

static bool is_closed(int fd)
{
	char bytes[1000];
	ssize_t n;
	do
		n = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
	while (n > 0);
	return n == 0 || errno == ECONNRESET;
}

/* ---- what they do ---- */

static void zeromq_speaks_with_them(void **unused)
{
	(void)unused;
	void *context = zmq_ctx_new(), *dealer = zmq_socket(context, ZMQ_DEALER);
	char text[LARGE], answer[LARGE];
	int wait = WAIT_MS;
	memset(text, 'x', sizeof text);
	zmq_setsockopt(dealer, ZMQ_RCVTIMEO, &wait, sizeof wait);
	assert_int_equal(zmq_connect(dealer, endpoint), 0);
	zmq_send(dealer, "first", 5, ZMQ_SNDMORE);
	zmq_send(dealer, "second", 6, 0);
	zmq_send(dealer, text, sizeof text, 0);
	struct bus_frame first = next();
	assert_memory_equal(first.data, "first", 5);
	assert_false(first.chosen_identity);
	struct bus_frame second = next();
	assert_int_equal(second.peer, first.peer);
	assert_memory_equal(second.data, "second", 6);
	struct bus_frame third = next();
	assert_int_equal(third.bytes, sizeof text);
	assert_memory_equal(third.data, text, sizeof text);
	assert_int_equal(peers_send(peers, first.peer, text, sizeof text), PD_OK);
	assert_int_equal(peers_send(peers, first.peer, "", 0), PD_OK);
	assert_int_equal(zmq_recv(dealer, answer, sizeof answer, 0), sizeof text);
	assert_int_equal(zmq_recv(dealer, answer, sizeof answer, 0), 0);
	zmq_close(dealer);
	struct bus_frame last = next();
	assert_true(last.gone);
	assert_int_equal(last.peer, first.peer);
	assert_int_equal(peers_send(peers, first.peer, "x", 1), PD_ENOENT);
	zmq_ctx_term(context);
}

static void zeromq_s_heartbeats_are_answered(void **unused)
{
	(void)unused;
	void *context = zmq_ctx_new(), *dealer = zmq_socket(context, ZMQ_DEALER);
	int beat = 20, wait = 1000;
	struct bus_frame frame;
	zmq_setsockopt(dealer, ZMQ_HEARTBEAT_IVL, &beat, sizeof beat);
	zmq_setsockopt(dealer, ZMQ_RCVTIMEO, &wait, sizeof wait);
	zmq_connect(dealer, endpoint);
	zmq_send(dealer, "x", 1, 0);
	assert_false(next().gone);
	for (int i = 0; i < 20; i++) { /* of 20 ms each, in which somebody who got no answer would leave */
		struct pollfd readable = {.fd = peers_fd(peers), .events = POLLIN};
		poll(&readable, 1, 20);
		assert_int_equal(peers_receive(peers, &frame), PD_ENOENT);
	}
	zmq_close(dealer);
	zmq_ctx_term(context);
	assert_true(next().gone);
}

static void an_identity_of_its_own_is_told(void **unused)
{
	(void)unused;
	void *context = zmq_ctx_new(), *dealer = zmq_socket(context, ZMQ_DEALER);
	zmq_setsockopt(dealer, ZMQ_ROUTING_ID, "me", 2);
	zmq_connect(dealer, endpoint);
	zmq_send(dealer, "x", 1, 0);
	assert_true(next().chosen_identity);
	zmq_close(dealer);
	zmq_ctx_term(context);
}

static void bytes_may_come_one_by_one(void **unused)
{
	(void)unused;
	char words[ZMTP_OPENING_BYTES_MAX + ZMTP_HEAD_BYTES_MAX + SMALL];
	int fd = connect_raw();
	size_t bytes = zmtp_opening(words, "DEALER");
	bytes += zmtp_head(words + bytes, SMALL);
	memset(words + bytes, 'y', SMALL);
	bytes += SMALL;
	for (size_t i = 0; i + 1 < bytes; i++) {
		say(fd, words + i, 1);
		nothing_comes();
	}
	say(fd, words + bytes - 1, 1);
	assert_int_equal(next().bytes, SMALL);
	close(fd);
	assert_true(next().gone);
}

static void who_speaks_something_else_is_dropped(void **unused)
{
	(void)unused;
	static const struct {
		const char *words;
		size_t bytes;
		bool greets;
	} wrong[] = {
		{"GET / HTTP/1.0\r\n\r\n", 18, false},
		{"\x40\0", 2, true},                             /* no flags of frames */
		{"\2\0\0\0\0\0\x10\0\0", 9, true},               /* a frame of a MiB */
		{"\2\xff\xff\xff\xff\xff\xff\xff\xff", 9, true}, /* and of more than there is */
	};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		int fd = wrong[i].greets ? greeted() : connect_raw();
		say(fd, wrong[i].words, wrong[i].bytes);
		assert_true(next().gone);
		assert_true(is_closed(fd));
		close(fd);
	}
}

static void who_is_no_dealer_is_dropped(void **unused)
{
	(void)unused;
	char opening[ZMTP_OPENING_BYTES_MAX];
	int fd = connect_raw();
	say(fd, opening, zmtp_opening(opening, "SUB"));
	assert_true(next().gone);
	assert_true(is_closed(fd));
	close(fd);
	fd = connect_raw();
	zmtp_opening(opening, "DEALER");
	say(fd, opening, ZMTP_GREETING_BYTES);
	say(fd, "\0\1x", 3); /* where READY should stand */
	assert_true(next().gone);
	close(fd);
}

static void who_does_not_greet_is_dropped_in_time(void **unused)
{
	(void)unused;
	int silent = connect_raw(), open = greeted();
	nothing_comes();
	peers_tick(peers);
	assert_false(is_closed(silent));
	seconds_later = ENDPOINT_GREETING_MS / 1000 + 2;
	peers_tick(peers);
	assert_true(is_closed(silent));
	assert_false(is_closed(open));
	close(silent);
	close(open);
}

/* So many frames of LARGE bytes as are taken for a peer that does not read. */
static size_t fill(uint32_t peer, size_t frames_max, enum pd_err *err)
{
	static char frame[LARGE];
	size_t sent = 0;
	while (sent < frames_max &&
	       (*err = peers_send(peers, peer, memset(frame, 'a' + (int)(sent % 26), LARGE), LARGE)) == PD_OK)
		sent++;
	return sent;
}

/* Read as many of them as there are, whole and in their order, until the end or until nothing more comes; the bytes. */
static size_t read_frames(int fd, bool turn)
{
	static char buffer[1 << 20];
	char head[ZMTP_HEAD_BYTES_MAX];
	struct bus_frame unused;
	size_t head_bytes = zmtp_head(head, LARGE), each = head_bytes + LARGE, got = 0;
	ssize_t n;
	while ((n = recv(fd, buffer, sizeof buffer, turn ? MSG_DONTWAIT : 0)) > 0) {
		for (ssize_t i = 0; i < n; i++, got++) {
			size_t at = got % each;
			assert_int_equal(buffer[i], at < head_bytes ? head[at] : 'a' + (int)(got / each % 26));
		}
		if (turn)
			assert_int_equal(peers_receive(peers, &unused), PD_ENOENT);
	}
	return got;
}

static void what_is_not_taken_at_once_is_kept_in_its_order(void **unused)
{
	(void)unused;
	enum { FRAMES = 100 };
	enum pd_err err;
	int fd = greeted();
	say(fd, "\0\1x", 3);
	uint32_t peer = next().peer;
	assert_int_equal(fill(peer, FRAMES, &err), FRAMES);
	assert_int_equal(read_frames(fd, true), FRAMES * (ZMTP_HEAD_BYTES_MAX + LARGE));
	assert_int_equal(peers_send(peers, peer, "x", 1), PD_OK);
	char last[4];
	assert_int_equal(recv(fd, last, sizeof last, 0), 3);
	close(fd);
}

/* It is told the end, and what it says is still heard. */
static void who_does_not_read_is_told_no_more(void **unused)
{
	(void)unused;
	enum pd_err err;
	int fd = greeted();
	say(fd, "\0\1x", 3);
	uint32_t peer = next().peer;
	size_t sent = fill(peer, 10000, &err);
	assert_int_equal(err, PD_EFULL);
	assert_in_range(sent, 10, 9999);
	assert_int_equal(peers_send(peers, peer, "x", 1), PD_OK); /* and nothing comes of it */
	say(fd, "\0\1y", 3);
	struct bus_frame frame = next();
	assert_int_equal(frame.peer, peer);
	assert_memory_equal(frame.data, "y", 1);
	assert_in_range(read_frames(fd, false), 1, sent * (ZMTP_HEAD_BYTES_MAX + LARGE) - 1);
	assert_true(is_closed(fd));
	close(fd);
	assert_true(next().gone);
}

/* At once. */
static void say_often(int fd, const char *bytes, size_t count, size_t times)
{
	char *all = malloc(count * times);
	for (size_t i = 0; i < times; i++)
		memcpy(all + count * i, bytes, count);
	say(fd, all, count * times);
	free(all);
}

/* Who sends much and leaves without reading has it all read. */
static void what_a_peer_said_before_it_went_is_read(void **unused)
{
	(void)unused;
	enum { FRAMES = 30000 };
	int fd = greeted();
	say_often(fd, "\0\1x", 3, FRAMES);
	close(fd);
	for (int i = 0; i < FRAMES; i++) {
		struct bus_frame frame = next();
		assert_false(frame.gone);
		assert_memory_equal(frame.data, "x", 1);
		assert_int_equal(peers_send(peers, frame.peer, "z", 1), PD_OK);
	}
	assert_true(next().gone);
}

static void one_pong_answers_many_pings(void **unused)
{
	(void)unused;
	enum { PINGS = 10000 };
	static const char ping[] = "\4\7\4PING\0\0";
	char answer[4096];
	int fd = greeted();
	say_often(fd, ping, sizeof ping - 1, PINGS);
	nothing_comes();
	ssize_t bytes = recv(fd, answer, sizeof answer, MSG_DONTWAIT);
	assert_in_range(bytes, 1, 20 * 7);
	assert_memory_equal(answer, "\4\5\4PONG", 7);
	close(fd);
}

static void *read_all(void *arg)
{
	static size_t got;
	got = read_frames(*(int *)arg, false);
	return &got;
}

/* At the end all have the same second. */
static void who_does_not_read_keeps_nobody_waiting_at_the_end(void **unused)
{
	(void)unused;
	enum { FRAMES = 50, STUCK = 5 };
	enum pd_err err;
	int fds[STUCK + 1];
	pthread_t reader;
	for (int i = 0; i <= STUCK; i++) {
		fds[i] = greeted();
		say(fds[i], "\0\1x", 3);
		assert_int_equal(fill(next().peer, FRAMES, &err), FRAMES);
	}
	pthread_create(&reader, NULL, read_all, &fds[STUCK / 2]);
	peers_free(peers);
	void *got;
	pthread_join(reader, &got);
	assert_int_equal(*(size_t *)got, FRAMES * (ZMTP_HEAD_BYTES_MAX + LARGE));
	for (int i = 0; i <= STUCK; i++)
		close(fds[i]);
	assert_int_equal(peers_new(&peers, &peers_router), PD_OK);
}

static void many_come_and_go(void **unused)
{
	(void)unused;
	enum { MANY = 700 };
	static int fds[MANY];
	for (int i = 0; i < MANY; i++)
		fds[i] = greeted();
	for (int i = 0; i < MANY; i++)
		say(fds[i], "\0\1x", 3);
	for (int i = 0; i < MANY; i++)
		assert_false(next().gone);
	for (int i = 0; i < MANY; i++)
		close(fds[i]);
	for (int i = 0; i < MANY; i++)
		assert_true(next().gone);
	nothing_comes();
}

/* ---- where they listen ---- */

static void nobody_s_place_is_taken(void **unused)
{
	(void)unused;
	char stale[80];
	assert_int_equal(peers_listen(peers, endpoint), PD_ESYS);
	assert_int_equal(errno, EADDRINUSE);
	/* But what a crash has left behind goes. */
	snprintf(stale, sizeof stale, "ipc://%s/stale", dir);
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	snprintf(address.sun_path, sizeof address.sun_path, "%s", stale + strlen("ipc://"));
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
	close(fd);
	assert_int_equal(peers_listen(peers, stale), PD_OK);
}

static void what_is_not_ours_stays(void **unused)
{
	(void)unused;
	char path[80], other[90];
	snprintf(path, sizeof path, "%s/file", dir);
	snprintf(other, sizeof other, "ipc://%s", path);
	close(open(path, O_CREAT | O_WRONLY, 0600));
	assert_int_equal(peers_listen(peers, other), PD_ESYS);
	assert_int_equal(errno, EEXIST);
	assert_int_equal(unlink(path), 0);
	/* Somebody takes the place of a socket that was removed. */
	assert_int_equal(peers_listen(peers, other), PD_OK);
	assert_int_equal(unlink(path), 0);
	close(open(path, O_CREAT | O_WRONLY, 0600));
	peers_free(peers);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(peers_new(&peers, &peers_router), PD_OK);
}

static void endpoints_are_those_of_zeromq(void **unused)
{
	(void)unused;
	static const char *const good[] = {"tcp://127.0.0.1:0", "tcp://*:0", "tcp://lo:0", "tcp://localhost:0",
					   "ipc://@paidan-test-peers"};
	static const struct {
		const char *endpoint;
		int error;
	} bad[] = {
		{"tcp://127.0.0.1", EINVAL},
		{"tcp://127.0.0.1:65536", EINVAL},
		{"tcp://lo:7x", EINVAL},
		{"tcp://127.0.0.1:x", EINVAL},
		{"tcp://:7", EINVAL},
		{"tcp://no.such.host.:7", ENODEV},
		{"udp://127.0.0.1:7", EPROTONOSUPPORT},
		{"ipc://", EINVAL},
		{"ipc:///no/such/folder/x", ENOENT},
	};
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		assert_int_equal(peers_listen(peers, good[i]), PD_OK);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_int_equal(peers_listen(peers, bad[i].endpoint), PD_ESYS);
		assert_int_equal(errno, bad[i].error);
	}
}

int main(void)
{
	if (!mkdtemp(dir))
		return 1;
#define WITH_PEERS(test) cmocka_unit_test_setup_teardown(test, open_peers, close_peers)
	const struct CMUnitTest tests[] = {
		WITH_PEERS(zeromq_speaks_with_them),
		WITH_PEERS(zeromq_s_heartbeats_are_answered),
		WITH_PEERS(an_identity_of_its_own_is_told),
		WITH_PEERS(bytes_may_come_one_by_one),
		WITH_PEERS(who_speaks_something_else_is_dropped),
		WITH_PEERS(who_is_no_dealer_is_dropped),
		WITH_PEERS(who_does_not_greet_is_dropped_in_time),
		WITH_PEERS(what_is_not_taken_at_once_is_kept_in_its_order),
		WITH_PEERS(who_does_not_read_is_told_no_more),
		WITH_PEERS(what_a_peer_said_before_it_went_is_read),
		WITH_PEERS(one_pong_answers_many_pings),
		WITH_PEERS(who_does_not_read_keeps_nobody_waiting_at_the_end),
		WITH_PEERS(many_come_and_go),
		WITH_PEERS(nobody_s_place_is_taken),
		WITH_PEERS(what_is_not_ours_stays),
		WITH_PEERS(endpoints_are_those_of_zeromq),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	rmdir(dir);
	return failed;
}
