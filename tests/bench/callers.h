/* callers.h - many connections in one process, each as cheap as can be.
 *
 * Each speaks ZMTP 3.0 (https://rfc.zeromq.org/spec/23/) over an ipc socket of its own, without security, as a DEALER
 * or a SUB: ten thousand sockets of libzmq would measure the machine's threads and not the broker. A caller answers the
 * broker's ZMTP pings, as libzmq does; but for one that discards. Invariant: a caller that is connected is in the epoll
 * set with its own address, so it must not move; but for one that discards, once it is greeted. Threads: one.
 */
#ifndef PAIDAN_BENCH_CALLERS_H
#define PAIDAN_BENCH_CALLERS_H

#include "codec.h"

struct caller {
	int fd;               /* 0: not connected */
	uint32_t person;      /* of a DEALER: who says hello */
	struct pd_buffer in;  /* a frame that has not come as a whole */
	uint16_t skip;        /* bytes of the broker's greeting that are still to come */
	bool greeted;         /* the broker's READY has come */
	bool more;            /* the frame before was not its message's last */
	uint64_t beat_ms;     /* when the last ping of paidan's own was sent */
	bool discards;        /* of a SUB: what is published is only counted, by callers_discard */
	unsigned long taken;  /* payloads; of one that discards, as often as any came */
	uint64_t bytes_taken; /* in all, as they came over the wire */
};

struct callers {
	const char *endpoint;
	const char *subscribe; /* null: a DEALER; else what a SUB subscribes to */
	bool listen;           /* hello says so */
	/* Of a DEALER each message. */
	void (*on_message)(struct callers *callers, struct caller *caller, const struct pd_message *message);
	/* Of a SUB each publication's payload; null for who discards: something has come. */
	void (*on_payload)(struct callers *callers, struct caller *caller, const char *payload, size_t bytes);
	void *arg;
	/* the rest is callers.c's */
	int epoll;
	int drain[2], nowhere; /* a pipe, and /dev/null */
	size_t drained;        /* bytes in the pipe */
	struct pd_decoder *decoder;
	unsigned long connected, lost, zmtp_pings;
};

/* The fields above are set. Ends the process if there is no memory or no epoll. */
void callers_init(struct callers *callers);
void callers_fini(struct callers *callers);
/* Let this process, and the daemon that it starts, have so many descriptors, or as many as it may; returns how many it
 * has. */
unsigned long callers_allow(unsigned long descriptors);
/* Say on stderr that so many are needed and not allowed, and what is to be done. */
void callers_tell_limit(unsigned long descriptors);

/* Connect and greet; what follows (hello, or the subscription) is sent when the broker's READY comes. False: stderr
 * says why. */
bool caller_connect(struct callers *callers, struct caller *caller);
/* Cut the connection, without a word; nothing if there is none. */
void caller_cut(struct callers *callers, struct caller *caller);
/* Say hello again: the broker has forgotten a caller that was silent too long. */
bool caller_hello(const struct callers *callers, struct caller *caller);
/* Send a message as a frame of its own. False: the broker is gone, or does not read. */
bool caller_send(struct caller *caller, const struct pd_message *message);
/* Take in what has come, waiting up to wait_ms for the first of it. */
void callers_turn(struct callers *callers, int wait_ms);
/* Of count callers, throw away what has come for those that discard. Nothing wakes us for them, and nothing is copied:
 * a reader on a machine of its own would cost the broker's nothing. To be called often. */
void callers_discard(struct callers *callers, struct caller *all, unsigned long count);
/* Take in what comes until *count has come to wanted. False, and said on stderr: nothing came for a minute. */
bool callers_until(struct callers *callers, const unsigned long *count, unsigned long wanted);
/* Of count callers those whose time it is send a ping, so that none is silent for longer than beat_ms; at is where it
 * goes on. To be called often. */
void callers_beat(struct caller *callers, unsigned long count, unsigned long *at, uint64_t beat_ms);

#endif
