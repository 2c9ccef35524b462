/* test_publisher.c - events to subscribers: ZeroMQ's own, and raw ones that do what they should not. */
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

#include <cmocka.h>

#include "endpoint.h"
#include "interests.h"
#include "metrics.h"
#include "publisher.h"
#include "room.h"
#include "tape.h"
#include "zmtp.h"

enum { WAIT_MS = 10000, LARGE = PD_FRAME_BYTES_MAX };

static char dir[] = "/tmp/paidan-publisher-XXXXXX", ipc[64], tcp[64];
static struct publisher *publisher;
static void *context, *sockets[8];
static int socket_count;

/* Time goes on as the tests want it, too. */
static _Atomic time_t seconds_later;

int clock_gettime(clockid_t id, struct timespec *time)
{
	int rc = (int)syscall(SYS_clock_gettime, id, time);
	time->tv_sec += seconds_later;
	return rc;
}

/* And the system allows as many descriptors as they want. A sanitizer asks before it is ready to look on. */
static rlim_t descriptors_max;

__attribute__((no_sanitize("thread"))) int getrlimit(__rlimit_resource_t resource, struct rlimit *limit)
{
	int rc = (int)syscall(SYS_prlimit64, 0, resource, NULL, limit);
	if (descriptors_max && resource == RLIMIT_NOFILE)
		limit->rlim_max = descriptors_max;
	return rc;
}

__attribute__((no_sanitize("thread"))) int setrlimit(__rlimit_resource_t resource, const struct rlimit *limit)
{
	return descriptors_max ? 0 : (int)syscall(SYS_prlimit64, 0, resource, limit, NULL);
}

/* One that nobody has. */
static int free_port(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t bytes = sizeof address;
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, bytes), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &bytes), 0);
	close(fd);
	return ntohs(address.sin_port);
}

static int open_publisher(void **unused)
{
	(void)unused;
	seconds_later = 0;
	snprintf(ipc, sizeof ipc, "ipc://%s/socket", dir);
	snprintf(tcp, sizeof tcp, "tcp://127.0.0.1:%d", free_port());
	context = zmq_ctx_new();
	return publisher_new(&publisher) || publisher_listen(publisher, ipc) || publisher_listen(publisher, tcp) ||
	       publisher_start(publisher);
}

static int close_publisher(void **unused)
{
	(void)unused;
	publisher_free(publisher);
	publisher = NULL;
	while (socket_count)
		zmq_close(sockets[--socket_count]);
	zmq_ctx_term(context);
	return access(ipc + strlen("ipc://"), F_OK) == 0; /* the socket has gone, too */
}

static void publish(const char *topic, const void *data, size_t bytes)
{
	publisher_add(publisher, topic, strlen(topic), data, bytes);
	publisher_flush(publisher);
}

static uint64_t overflows(void)
{
	return metrics_get(metrics.publisher.overflows);
}

/* ---- ZeroMQ's subscribers ---- */

static void *open_socket(int type, const char *endpoint)
{
	void *sub = sockets[socket_count++] = zmq_socket(context, type);
	int none = 0, wait = WAIT_MS;
	zmq_setsockopt(sub, ZMQ_LINGER, &none, sizeof none);
	zmq_setsockopt(sub, ZMQ_RCVHWM, &none, sizeof none);
	zmq_setsockopt(sub, ZMQ_RCVTIMEO, &wait, sizeof wait);
	assert_int_equal(zmq_connect(sub, endpoint), 0);
	return sub;
}

/* The next message: its topic; payload gets the first bytes of the other frame. */
static char *next(void *sub, char *payload, size_t bytes_max, int *bytes)
{
	static char topic[200];
	int n = zmq_recv(sub, topic, sizeof topic - 1, 0);
	if (n < 0)
		return NULL;
	topic[n] = 0;
	*bytes = zmq_recv(sub, payload, bytes_max, 0);
	assert_true(*bytes >= 0);
	return topic;
}

static void expect(void *sub, const char *topic, const char *text)
{
	char payload[100];
	int bytes = 0;
	const char *got = next(sub, payload, sizeof payload, &bytes);
	assert_non_null(got);
	assert_string_equal(got, topic);
	assert_int_equal(bytes, strlen(text));
	assert_memory_equal(payload, text, strlen(text));
}

/* Read until it comes. */
static void skip_to(void *sub, const char *topic, const char *text)
{
	char payload[100];
	const char *got;
	int bytes = 0;
	do
		assert_non_null(got = next(sub, payload, sizeof payload, &bytes));
	while (strcmp(got, topic) != 0 || bytes != (int)strlen(text) || memcmp(payload, text, strlen(text)) != 0);
}

/* Publish on a topic until it comes; nothing that was published before is left then. */
static void wait_for_topic(void *sub, const char *topic)
{
	static unsigned times;
	char mark[20], payload[100];
	int soon = 20, late = WAIT_MS, bytes = 0;
	bool came = false;
	zmq_setsockopt(sub, ZMQ_RCVTIMEO, &soon, sizeof soon);
	for (int i = 0; i < WAIT_MS / soon && !came; i++) {
		publish(topic, "?", 1);
		const char *got = next(sub, payload, sizeof payload, &bytes);
		came = got && strcmp(got, topic) == 0;
	}
	assert_true(came);
	zmq_setsockopt(sub, ZMQ_RCVTIMEO, &late, sizeof late);
	snprintf(mark, sizeof mark, "mark %u", times++);
	publish(topic, mark, strlen(mark));
	skip_to(sub, topic, mark);
}

static void *subscribe(const char *endpoint, const char *topic)
{
	void *sub = open_socket(ZMQ_SUB, endpoint);
	zmq_setsockopt(sub, ZMQ_SUBSCRIBE, topic, strlen(topic));
	wait_for_topic(sub, topic);
	return sub;
}

static void each_gets_what_it_subscribed_to(void **unused)
{
	(void)unused;
	void *subs[] = {subscribe(ipc, "/1/"), subscribe(tcp, "/1/2/"), subscribe(ipc, ""), subscribe(tcp, "*")};
	publish("/1/", "a", 1);
	publish("/1/2/3/", "b", 1);
	publish("/10/", "c", 1);
	publish("*", "d", 1);
	publish("/1", "", 0);
	publish("/1/2/", "e", 1);
	publish("*", "f", 1);
	skip_to(subs[0], "/1/", "a"); /* of what came while the others subscribed */
	expect(subs[0], "/1/2/3/", "b");
	expect(subs[0], "/1/2/", "e");
	expect(subs[1], "/1/2/3/", "b");
	expect(subs[1], "/1/2/", "e");
	static const char *const all[][2] = {{"/1/", "a"}, {"/1/2/3/", "b"}, {"/10/", "c"}, {"*", "d"},
					     {"/1", ""},   {"/1/2/", "e"},   {"*", "f"}};
	skip_to(subs[2], "/1/", "a");
	for (size_t i = 1; i < sizeof all / sizeof *all; i++)
		expect(subs[2], all[i][0], all[i][1]);
	expect(subs[3], "*", "d");
	expect(subs[3], "*", "f");
}

static void a_cancelled_subscription_is_over_and_the_others_stay(void **unused)
{
	(void)unused;
	void *sub = subscribe(ipc, "/1/"), *other = subscribe(ipc, "/1/");
	zmq_setsockopt(sub, ZMQ_SUBSCRIBE, "/1/2/", 5);
	zmq_setsockopt(sub, ZMQ_SUBSCRIBE, "/3/", 3);
	wait_for_topic(sub, "/3/");
	publish("/1/2/", "once, though two of its beginnings are wanted", 45);
	publish("/3/", "x", 1);
	expect(sub, "/1/2/", "once, though two of its beginnings are wanted");
	expect(sub, "/3/", "x");
	zmq_setsockopt(sub, ZMQ_UNSUBSCRIBE, "/1/", 3);
	zmq_setsockopt(sub, ZMQ_SUBSCRIBE, "/4/", 3);
	wait_for_topic(sub, "/4/");
	publish("/1/9/", "no", 2);
	publish("/1/2/", "y", 1);
	publish("/4/", "z", 1);
	expect(sub, "/1/2/", "y");
	expect(sub, "/4/", "z");
	skip_to(other, "/1/9/", "no");
}

/* Of what large messages hold, so that each byte tells where it stands. */
static char letter(size_t message, size_t at)
{
	return (char)(message * 31 + at % 251);
}

static void fill(char *data, size_t bytes, size_t message)
{
	for (size_t i = 0; i < bytes; i++)
		data[i] = letter(message, i);
}

static void check_filled(const char *data, size_t bytes, size_t message)
{
	for (size_t i = 0; i < bytes; i++)
		if (data[i] != letter(message, i))
			fail_msg("byte %zu of message %zu", i, message);
}

/* More than the tape holds, of all lengths, to several. */
static void large_ones_come_whole_and_in_their_order(void **unused)
{
	(void)unused;
	enum { SUBS = 4, MESSAGES = 6000, AHEAD = 64 };
	static char data[LARGE], got[LARGE + 1];
	void *subs[SUBS];
	for (int i = 0; i < SUBS; i++)
		subs[i] = subscribe(i % 2 ? tcp : ipc, "*");
	publish("*", "begin", 5);
	for (int i = 0; i < SUBS; i++)
		skip_to(subs[i], "*", "begin");
	size_t all = 0;
	for (size_t i = 0; i < MESSAGES + AHEAD; i++) {
		size_t bytes = i % 3 ? LARGE - i % 300 : i * 7919 % LARGE;
		if (i < MESSAGES) {
			fill(data, bytes, i);
			publish("*", data, bytes);
			all += bytes;
		}
		size_t last = i - AHEAD, expected = last % 3 ? LARGE - last % 300 : last * 7919 % LARGE;
		for (int k = 0; k < SUBS && i >= AHEAD; k++) {
			int n;
			assert_non_null(next(subs[k], got, sizeof got, &n));
			assert_int_equal(n, expected);
			check_filled(got, expected, last);
		}
	}
	assert_true(all > TAPE_BYTES);
}

static void an_xsub_subscribes_too(void **unused)
{
	(void)unused;
	void *sub = open_socket(ZMQ_XSUB, tcp);
	assert_int_equal(zmq_send(sub, "\1/5/", 4, 0), 4);
	assert_int_equal(zmq_send(sub, "nothing that we know", 20, 0), 20);
	wait_for_topic(sub, "/5/");
}

static void heartbeats_are_answered(void **unused)
{
	(void)unused;
	void *sub = open_socket(ZMQ_SUB, ipc), *monitor;
	int beat = 20, wait = 1000;
	zmq_disconnect(sub, ipc);
	zmq_setsockopt(sub, ZMQ_HEARTBEAT_IVL, &beat, sizeof beat);
	assert_int_equal(zmq_socket_monitor(sub, "inproc://monitor", ZMQ_EVENT_DISCONNECTED), 0);
	monitor = sockets[socket_count++] = zmq_socket(context, ZMQ_PAIR);
	zmq_connect(monitor, "inproc://monitor");
	zmq_connect(sub, ipc);
	zmq_setsockopt(sub, ZMQ_SUBSCRIBE, "/1/", 3);
	wait_for_topic(sub, "/1/");
	zmq_setsockopt(monitor, ZMQ_RCVTIMEO, &wait, sizeof wait);
	char event[6];
	assert_int_equal(zmq_recv(monitor, event, sizeof event, 0), -1); /* who got no answer would have left */
}

/* ---- raw ones ---- */

static int connect_raw(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	snprintf(address.sun_path, sizeof address.sun_path, "%s", ipc + strlen("ipc://"));
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	const struct timeval wait = {.tv_sec = WAIT_MS / 1000};
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
	return fd;
}

static void say(int fd, const void *bytes, size_t count)
{
	assert_int_equal(send(fd, bytes, count, MSG_NOSIGNAL), count);
}

static void hear(int fd, void *bytes, size_t count)
{
	assert_int_equal(recv(fd, bytes, count, MSG_WAITALL), count);
}

static int greeted(void)
{
	char opening[ZMTP_OPENING_BYTES_MAX], theirs[ZMTP_OPENING_BYTES_MAX];
	int fd = connect_raw();
	say(fd, opening, zmtp_opening(opening, "SUB"));
	hear(fd, theirs, zmtp_opening(opening, "XPUB"));
	assert_memory_equal(theirs, opening, zmtp_opening(opening, "XPUB"));
	return fd;
}

/* Its end, and nothing before it. */
static void is_closed(int fd)
{
	char byte;
	ssize_t n = recv(fd, &byte, 1, 0);
	assert_true(n == 0 || (n < 0 && errno == ECONNRESET));
	close(fd);
}

/* When a PONG has come, all that was said before has been taken in. */
static void wait_for_pong(int fd)
{
	char pong[9];
	say(fd, "\4\11\4PING\0\0ab", 11);
	hear(fd, pong, sizeof pong);
	assert_memory_equal(pong, "\4\7\4PONGab", sizeof pong);
}

/* The next frame's flags, and how long it is. */
static unsigned char hear_head(int fd, size_t *bytes)
{
	unsigned char head[9];
	hear(fd, head, 2);
	*bytes = head[1];
	if (head[0] & ZMTP_LONG) {
		hear(fd, head + 2, 7);
		*bytes = 0;
		for (int i = 1; i < 9; i++)
			*bytes = *bytes << 8 | head[i];
	}
	return head[0];
}

/* Who is behind takes messages in part, and asks meanwhile whether we are there. */
static void a_pong_does_not_come_into_the_middle_of_a_message(void **unused)
{
	(void)unused;
	enum { MESSAGES = 400, MESSAGE_BYTES = 60000, PING_AFTER = 100000 };
	static char message[MESSAGE_BYTES], got[MESSAGE_BYTES];
	size_t messages = 0, pongs = 0, since = 0, bytes;
	int fd = greeted();
	say(fd, "\0\4\1/1/", 6);
	wait_for_pong(fd);
	memset(message, 'd', sizeof message);
	for (int i = 0; i < MESSAGES; i++)
		publish("/1/", message, sizeof message);
	while (messages < MESSAGES || pongs == 0) { /* of several PINGs the last is answered */
		unsigned char flags = hear_head(fd, &bytes);
		assert_true(bytes <= sizeof got);
		hear(fd, got, bytes);
		const char *wanted = flags & ZMTP_COMMAND ? "\4PONG" : flags & ZMTP_MORE ? "/1/" : message;
		assert_memory_equal(got, wanted, bytes);
		pongs += flags & ZMTP_COMMAND ? 1 : 0;
		messages += flags & (ZMTP_COMMAND | ZMTP_MORE) ? 0 : 1;
		if ((since += bytes) < PING_AFTER)
			continue;
		since = 0;
		say(fd, "\4\7\4PING\0\0", 9);
	}
	close(fd);
}

static void commands_of_newer_ones_are_understood(void **unused)
{
	(void)unused;
	char got[14];
	int fd = greeted();
	say(fd, "\4\15\11SUBSCRIBE/1/\4\15\11SUBSCRIBE/2/\4\12\6CANCEL/1/\4\3\2HM\0\1\7", 15 + 15 + 12 + 5 + 3);
	wait_for_pong(fd);
	publish("/1/", "x", 1);
	publish("/2/", "y", 1);
	hear(fd, got, 8);
	assert_memory_equal(got, "\1\3/2/\0\1y", 8);
	close(fd);
}

static void who_speaks_something_else_is_dropped(void **unused)
{
	(void)unused;
	static const struct {
		const char *words;
		size_t bytes;
		bool greets;
	} wrong[] = {
		{"\x40\0", 2, true},                             /* no flags of frames */
		{"\2\0\0\0\0\0\0\4\1", 9, true},                 /* a topic that is too long */
		{"\2\xff\xff\xff\xff\xff\xff\xff\xff", 9, true}, /* and more than there is */
	};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		int fd = greeted();
		say(fd, wrong[i].words, wrong[i].bytes);
		is_closed(fd);
	}
	char theirs[ZMTP_OPENING_BYTES_MAX], opening[ZMTP_OPENING_BYTES_MAX];
	int web = connect_raw(), dealer = connect_raw();
	say(web, "GET / HTTP/1.0\r\n\r\n", 18);
	hear(web, theirs, zmtp_opening(opening, "XPUB"));
	is_closed(web);
	hear(dealer, theirs, zmtp_opening(opening, "XPUB"));
	say(dealer, opening, zmtp_opening(opening, "DEALER"));
	is_closed(dealer);
}

static void who_does_not_greet_is_dropped_in_time(void **unused)
{
	(void)unused;
	char theirs[ZMTP_OPENING_BYTES_MAX], opening[ZMTP_OPENING_BYTES_MAX];
	int silent = connect_raw(), open = greeted();
	hear(silent, theirs, zmtp_opening(opening, "XPUB"));
	seconds_later = ENDPOINT_GREETING_MS / 1000 + 2;
	is_closed(silent);
	wait_for_pong(open);
	close(open);
}

static void who_subscribes_to_too_much_is_dropped(void **unused)
{
	(void)unused;
	enum { WORD = 8 };
	char word[20] = {0, 6, 1};
	int fd = greeted(), other = greeted();
	for (int i = 0; i < INTERESTS_EACH_MAX; i++) {
		snprintf(word + 3, sizeof word - 3, "%05d", i);
		say(fd, word, WORD);
		say(fd, word, WORD); /* what it has already is nothing more */
	}
	wait_for_pong(fd);
	publish("00007", "x", 1);
	char got[10];
	hear(fd, got, sizeof got);
	assert_memory_equal(got, "\1\00500007\0\1x", 10);
	say(fd, "\0\2\1x", 4);
	is_closed(fd);
	wait_for_pong(other);
	close(other);
}

static void what_is_wanted_is_told(void **unused)
{
	(void)unused;
	struct pollfd told = {.fd = publisher_fd(publisher), .events = POLLIN};
	struct bus_wanted wanted = publisher_wanted(publisher);
	assert_false(wanted.topics || wanted.gathered);
	int fd = greeted();
	say(fd, "\0\2\1*", 4);
	assert_int_equal(poll(&told, 1, WAIT_MS), 1);
	wanted = publisher_wanted(publisher);
	assert_true(wanted.gathered && !wanted.topics);
	assert_int_equal(poll(&told, 1, 0), 0);
	say(fd, "\0\4\1/1/", 6);
	assert_int_equal(poll(&told, 1, WAIT_MS), 1);
	wanted = publisher_wanted(publisher);
	assert_true(wanted.gathered && wanted.topics);
	/* A moment longer, in which somebody may come again. */
	say(fd, "\0\2\0*", 4);
	wait_for_pong(fd);
	wanted = publisher_wanted(publisher);
	assert_true(wanted.gathered && wanted.topics);
	seconds_later = 20;
	assert_int_equal(poll(&told, 1, WAIT_MS), 1);
	wanted = publisher_wanted(publisher);
	assert_true(!wanted.gathered && wanted.topics);
	close(fd);
}

/* ---- those who do not read ---- */

enum { HEAD = 2 + 1 + ZMTP_HEAD_BYTES_MAX };

/* Read whole messages of LARGE bytes on "*"; which one it was, by its first byte and its length. */
static size_t hear_large(int fd)
{
	static char message[HEAD + LARGE];
	hear(fd, message, sizeof message);
	assert_memory_equal(message, "\1\1*\2\0\0\0\0\0\1\0\0", HEAD);
	uint32_t number;
	memcpy(&number, message + HEAD, sizeof number);
	for (size_t i = sizeof number; i < LARGE; i++)
		if (message[HEAD + i] != letter(number, i))
			fail_msg("byte %zu of message %u", i, number);
	return number;
}

static void publish_large(uint32_t number)
{
	static char data[LARGE];
	fill(data, sizeof data, number);
	memcpy(data, &number, sizeof number);
	publish("*", data, sizeof data);
}

static void who_does_not_read_loses_whole_messages_and_nobody_else_any(void **unused)
{
	(void)unused;
	enum { MESSAGES = 3 * (TAPE_BYTES / LARGE), MORE = 40 };
	uint64_t before = overflows();
	int deaf = greeted(), other = greeted();
	say(deaf, "\0\2\1*", 4);
	say(other, "\0\2\1*", 4);
	wait_for_pong(deaf);
	wait_for_pong(other);
	for (uint32_t i = 0; i < MESSAGES; i++) {
		publish_large(i);
		assert_int_equal(hear_large(other), i);
	}
	assert_int_equal(overflows(), before + 1); /* once, however much it is */
	/* What the system has kept for it, and the message that had been begun. */
	size_t heard = 0;
	struct pollfd readable = {.fd = deaf, .events = POLLIN};
	while (poll(&readable, 1, 200) == 1)
		assert_int_equal(hear_large(deaf), heard++);
	assert_in_range(heard, 1, 100);
	for (uint32_t i = MESSAGES; i < MESSAGES + MORE; i++) {
		publish_large(i);
		assert_int_equal(hear_large(deaf), i);
		assert_int_equal(hear_large(other), i);
	}
	assert_int_equal(overflows(), before + 1);
	close(deaf);
	close(other);
}

/* Of small ones that lie apart there may be so many. */
static void who_does_not_read_small_ones_loses_some_too(void **unused)
{
	(void)unused;
	enum { MESSAGES = 100000 };
	static char text[200];
	uint64_t before = overflows();
	char got[2 + 3 + 2 + sizeof text];
	int deaf = greeted(), other = greeted();
	say(deaf, "\0\4\1/1/", 6);
	say(other, "\0\4\1/2/", 6);
	wait_for_pong(deaf);
	wait_for_pong(other);
	for (unsigned i = 0; i < MESSAGES; i++) {
		memcpy(text, &i, sizeof i);
		publish("/1/", text, sizeof text);
		publish("/2/", text, sizeof text);
		hear(other, got, sizeof got);
		assert_memory_equal(got + 7, &i, sizeof i);
	}
	assert_int_equal(overflows(), before + 1);
	unsigned heard = 0;
	struct pollfd readable = {.fd = deaf, .events = POLLIN};
	while (poll(&readable, 1, 200) == 1) {
		hear(deaf, got, sizeof got);
		assert_memory_equal(got + 7, &heard, sizeof heard);
		heard++;
	}
	publish("/1/", "on", 2);
	hear(deaf, got, 9);
	assert_memory_equal(got, "\1\3/1/\0\2on", 9);
	close(deaf);
	close(other);
}

static void who_goes_while_it_is_written_to_harms_nobody(void **unused)
{
	(void)unused;
	int deaf = greeted(), other = greeted();
	say(deaf, "\0\2\1*", 4);
	say(other, "\0\2\1*", 4);
	wait_for_pong(deaf);
	wait_for_pong(other);
	for (uint32_t i = 0; i < 50; i++) {
		publish_large(i);
		assert_int_equal(hear_large(other), i);
		if (i == 20)
			close(deaf);
	}
	close(other);
}

/* ---- the end, and the limits of the system ---- */

static void *read_to_the_end(void *arg)
{
	int fd = *(int *)arg;
	static size_t bytes;
	static char buffer[1 << 16];
	bytes = 0;
	for (ssize_t n; (n = recv(fd, buffer, sizeof buffer, 0)) > 0;)
		bytes += (size_t)n;
	return &bytes;
}

/* All have the same second, and one who does not read keeps nobody waiting. */
static void what_was_published_leaves_at_the_end(void **unused)
{
	(void)unused;
	enum { MESSAGES = 200 };
	int deaf = greeted(), reading = greeted();
	pthread_t reader;
	say(deaf, "\0\2\1*", 4);
	say(reading, "\0\2\1*", 4);
	wait_for_pong(deaf);
	wait_for_pong(reading);
	for (uint32_t i = 0; i < MESSAGES; i++)
		publish_large(i);
	pthread_create(&reader, NULL, read_to_the_end, &reading);
	publisher_free(publisher);
	void *bytes;
	pthread_join(reader, &bytes);
	assert_int_equal(*(size_t *)bytes, MESSAGES * (HEAD + LARGE));
	close(deaf);
	close(reading);
	assert_int_equal(publisher_new(&publisher), PD_OK);
}

/* Those who are connected stay so, and when there is room again, others come. */
static void at_the_end_of_the_descriptors_no_more_are_taken(void **unused)
{
	(void)unused;
	enum { LIMIT = 200 };
	struct room room;
	int held[LIMIT], count = 0, open = greeted();
	say(open, "\0\4\1/1/", 6);
	wait_for_pong(open);
	descriptors_max = LIMIT;
	room_init(&room);
	while (count < LIMIT && (count == 0 || held[count - 1] < LIMIT))
		held[count++] = dup(open);
	int too_many = connect_raw();
	is_closed(too_many);
	publish("/1/", "x", 1);
	char got[8];
	hear(open, got, sizeof got);
	while (count)
		close(held[--count]);
	int again = greeted();
	wait_for_pong(again);
	close(again);
	close(open);
	descriptors_max = 0;
	room_init(&room);
}

int main(void)
{
	if (!mkdtemp(dir))
		return 1;
#define WITH_PUBLISHER(test) cmocka_unit_test_setup_teardown(test, open_publisher, close_publisher)
	const struct CMUnitTest tests[] = {
		WITH_PUBLISHER(each_gets_what_it_subscribed_to),
		WITH_PUBLISHER(a_cancelled_subscription_is_over_and_the_others_stay),
		WITH_PUBLISHER(large_ones_come_whole_and_in_their_order),
		WITH_PUBLISHER(an_xsub_subscribes_too),
		WITH_PUBLISHER(heartbeats_are_answered),
		WITH_PUBLISHER(a_pong_does_not_come_into_the_middle_of_a_message),
		WITH_PUBLISHER(commands_of_newer_ones_are_understood),
		WITH_PUBLISHER(who_speaks_something_else_is_dropped),
		WITH_PUBLISHER(who_does_not_greet_is_dropped_in_time),
		WITH_PUBLISHER(who_subscribes_to_too_much_is_dropped),
		WITH_PUBLISHER(what_is_wanted_is_told),
		WITH_PUBLISHER(who_does_not_read_loses_whole_messages_and_nobody_else_any),
		WITH_PUBLISHER(who_does_not_read_small_ones_loses_some_too),
		WITH_PUBLISHER(who_goes_while_it_is_written_to_harms_nobody),
		WITH_PUBLISHER(what_was_published_leaves_at_the_end),
		WITH_PUBLISHER(at_the_end_of_the_descriptors_no_more_are_taken),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	rmdir(dir);
	return failed;
}
