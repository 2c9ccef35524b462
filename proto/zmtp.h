/* zmtp.h - ZMTP 3.0 without security (https://rfc.zeromq.org/spec/23/): what the two ends of a ZeroMQ connection say.
 *
 * Each end says its opening, a greeting of ZMTP_GREETING_BYTES and READY; when the other end's READY has come, messages
 * follow as frames. Bytes in, bytes out: whoever has a socket reads and writes. Threads: any.
 */
#ifndef PAIDAN_ZMTP_H
#define PAIDAN_ZMTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buffer.h"
#include "proto.h"

enum {
	ZMTP_GREETING_BYTES = 64,
	ZMTP_OPENING_BYTES_MAX = 128,
	ZMTP_HEAD_BYTES_MAX = 9,
	ZMTP_PONG_BYTES_MAX = 32,
};

enum zmtp_flag { ZMTP_MORE = 1, ZMTP_LONG = 2, ZMTP_COMMAND = 4 };

struct zmtp_frame {
	const char *data;
	size_t bytes;
	uint8_t flags; /* enum zmtp_flag */
};

/* What an end of a type ("ROUTER", "DEALER", "SUB") says first; returns how many bytes. */
size_t zmtp_opening(char out[static ZMTP_OPENING_BYTES_MAX], const char *socket_type);
/* The other end's greeting. PD_ENOENT: more bytes are needed. PD_EINVAL: it does not speak ZMTP 3 without security. */
PD_MUST_USE enum pd_err zmtp_take_greeting(const char *bytes, size_t count);

/* The frame at the beginning of the bytes, and how many it takes. PD_ENOENT: it has not come whole. PD_EINVAL: it is no
 * frame, or its content is longer than bytes_max. */
PD_MUST_USE enum pd_err zmtp_take(const char *bytes, size_t count, size_t bytes_max, struct zmtp_frame *frame,
				  size_t *used);
/* What stands before a message of one frame; returns how many bytes. */
size_t zmtp_head(char out[static ZMTP_HEAD_BYTES_MAX], size_t bytes);

/* A message is made in a buffer, behind room for its head: begin an empty one; seal writes the head, and returns the
 * bytes that are to be sent, which are the buffer's. */
void zmtp_begin(struct pd_buffer *out);
struct pd_slice zmtp_seal(struct pd_buffer *out);

/* What a READY tells. False: the frame is none. */
struct zmtp_ready {
	struct pd_slice socket_type, identity;
};
PD_MUST_USE bool zmtp_read_ready(const struct zmtp_frame *frame, struct zmtp_ready *ready);
/* What a subscriber says: a message that begins with 1, or 0 to cancel, and then the topic (ZMTP 3.0), or a command
 * (3.1). False: the frame is neither. */
struct zmtp_subscription {
	bool cancels;
	struct pd_slice topic; /* what the topics begin with that are meant */
};
PD_MUST_USE bool zmtp_read_subscription(const struct zmtp_frame *frame, struct zmtp_subscription *subscription);
/* What answers a PING; returns how many bytes, 0: the frame is none. */
size_t zmtp_pong(const struct zmtp_frame *frame, char out[static ZMTP_PONG_BYTES_MAX]);

#endif
