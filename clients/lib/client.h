/* client.h - what the parts of a client share. Not for programs: those include paidan.h.
 *
 * link.c owns the connection for commands, calls.c what was sent and not answered, follow.c the stream of events;
 * client.c holds them together: the loop, the timers, sending. Time is in ms of CLOCK_MONOTONIC_COARSE, which costs
 * nothing to read and may be 4 ms late.
 */
#ifndef PAIDAN_CLIENT_H
#define PAIDAN_CLIENT_H

#include <time.h>

#include "calls.h"
#include "follow.h"
#include "link.h"
#include "paidan.h"

enum {
	CLIENT_FRAME_BYTES = 60 * 1024, /* messages are gathered up to this */
	CLIENT_FRAMES_A_TURN = 256,     /* read from one socket before the other gets its turn */
	CLIENT_RANDOM_BYTES = 4096,
	CLIENT_RESEND_MS = 5000,
	CLIENT_RESEND_DOUBLINGS = 4, /* a broker that is slow is not to be asked ever more often */
};

#define CLIENT_NEVER UINT64_MAX

/* What pd_client_fd waits for. A ZeroMQ descriptor is readable until the socket has been received from; but a send
 * takes note of what has come, too, and then it is not: hence `ready` beside it. */
enum client_source { CLIENT_OTHER = 0, CLIENT_DEALER = 1, CLIENT_MONITOR = 2, CLIENT_SUB = 4 };

struct pd_client {
	struct pd_client_options options; /* with copies of the texts */
	void *context;
	struct link link;
	struct calls calls;
	struct follow follow;
	struct pd_buffer out; /* the frame that is gathered */

	/* One for each depth at which messages are held at a time. */
	struct pd_decoder *frame_decoder; /* what is received */
	struct pd_decoder *row_decoder;   /* rows that were kept, publications that were held */
	struct pd_decoder *event_decoder; /* the event inside a past */
	struct pd_decoder *kept_decoder;  /* the answer that pd_client_call returned */
	struct pd_buffer kept;

	int epoll_fd, timer_fd, wake_fd;
	bool stepping;      /* inside pd_client_step */
	unsigned ready;     /* enum client_source: sockets that may have something to be received */
	bool awake;         /* wake_fd is readable */
	uint64_t armed_ms;  /* when timer_fd fires */
	uint64_t resend_ms; /* when the first of the calls is to be sent again, or earlier */
	uint32_t staging;   /* the link's generation in which import_begin was sent; 0: none */

	unsigned random_left;
	uint8_t random[CLIENT_RANDOM_BYTES];
	char why[300];
};

static inline uint64_t client_now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* Write why a call failed; returns err. */
__attribute__((format(printf, 3, 4))) enum pd_err client_fail(struct pd_client *client, enum pd_err err,
							      const char *format, ...);

/* Keep message as a call, and put it on the wire if the link is live. Its limits have been checked. */
struct call *client_post(struct pd_client *client, enum call_kind kind, struct pd_message *message, pd_answer_fn *fn,
			 void *arg);
/* Append a message that is not kept to what goes out. */
void client_write(struct pd_client *client, const struct pd_message *message);
/* After a welcome: all that is unanswered goes out (again), in the order in which it was sent at first. */
void client_resend_all(struct pd_client *client);
/* Send again what was not answered in its time. */
void client_resend_due(struct pd_client *client);
/* An answer to something in calls, or to nothing any more; bytes is the message as it came. */
void client_answered(struct pd_client *client, const struct pd_message *answer, const char *bytes, size_t byte_count);

/* Have the descriptor of pd_client_fd fire. */
void client_wake(struct pd_client *client);
/* Have it fire with socket's events, or no longer. */
PD_MUST_USE enum pd_err client_watch(struct pd_client *client, void *socket, enum client_source source);
void client_unwatch(struct pd_client *client, void *socket);
/* A socket of the client's, of unlimited queues, that lingers not at all. Null: errno. */
void *client_socket(struct pd_client *client, int type);

/* bytes of randomness, at most CLIENT_RANDOM_BYTES. */
void client_random(struct pd_client *client, void *out, unsigned bytes);

#endif
