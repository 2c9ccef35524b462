/* wire.h - the leanest client there can be: a DEALER over an ipc socket of its own, frames out, messages in. It does
 * not reconnect and resends nothing. As the other brokers' drivers do, it reads and writes its socket itself. */
#ifndef PAIDAN_WIRE_H
#define PAIDAN_WIRE_H

#include "codec.h"

struct wire {
	int fd;
	char *in; /* what has come and was not taken */
	size_t in_at, in_end;
	uint64_t read_us;     /* by bench_now_us: when the last of it was read */
	struct pd_buffer out; /* ZMTP_HEAD_BYTES_MAX for the head, and the frame */
	struct pd_decoder *decoder;
	unsigned long refused;
};

/* Connects and says hello as the operator; ends the process if nobody answers within a minute. */
void wire_open(struct wire *wire, const char *endpoint);
void wire_close(struct wire *wire);
/* Append a message to the next frame; sends when it grows large. */
void wire_add(struct wire *wire, const struct pd_message *message);
void wire_flush(struct wire *wire);
/* Wait for a frame and give each of its messages to fn. */
void wire_receive(struct wire *wire, void (*fn)(const struct pd_message *message, void *arg), void *arg);
/* Wait for a frame until a time by bench_now_us; whether there is one. */
bool wire_wait(struct wire *wire, uint64_t until_us);

/* Add the put_area of a plain area. */
void wire_put_area(struct wire *wire, uint32_t id, uint32_t parent, unsigned level);

#endif
