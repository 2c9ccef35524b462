#include "wire.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "broker.h"
#include "ipc.h"
#include "zmtp.h"

enum { PATIENCE_S = 60, FRAME_BYTES = 48 * 1024, IN_BYTES = 256 * 1024, IN_ALIGN = 64 }; /* see daemon/peers.c */

static const uint64_t wait_max_us = (uint64_t)PATIENCE_S * 1000000;

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "paidan-bench: %s\n", bench_interrupted() ? "interrupted" : what);
	exit(111);
}

/* ---- the socket ---- */

static void send_all(struct wire *wire, const char *bytes, size_t count)
{
	while (count) {
		ssize_t n = send(wire->fd, bytes, count, MSG_NOSIGNAL);
		if (n < 0)
			die(strerror(errno));
		bytes += n;
		count -= (size_t)n;
	}
}

/* Have more in wire->in. */
static void read_more(struct wire *wire)
{
	size_t rest = wire->in_end - wire->in_at;
	memmove(wire->in, wire->in + wire->in_at, rest);
	wire->in_at = 0;
	ssize_t n = ipc_read(wire->fd, wire->in + rest, IN_BYTES - rest, PATIENCE_S * 1000);
	if (n <= 0)
		die(n == 0 ? "the broker has gone" : errno == EAGAIN ? "no answer for a minute" : strerror(errno));
	wire->in_end = rest + (size_t)n;
	wire->read_us = bench_now_us();
}

/* The next frame, if it has come as a whole. */
static bool take_frame(struct wire *wire, struct zmtp_frame *frame)
{
	size_t used;
	enum pd_err err =
		zmtp_take(wire->in + wire->in_at, wire->in_end - wire->in_at, PD_FRAME_BYTES_MAX, frame, &used);
	if (err == PD_OK)
		wire->in_at += used;
	else if (err != PD_ENOENT)
		die("the broker sends what is no frame");
	return err == PD_OK;
}

static void greet(struct wire *wire)
{
	char opening[ZMTP_OPENING_BYTES_MAX];
	struct zmtp_frame frame;
	struct zmtp_ready ready;
	enum pd_err err;
	send_all(wire, opening, zmtp_opening(opening, "DEALER"));
	while ((err = zmtp_take_greeting(wire->in, wire->in_end)) == PD_ENOENT)
		read_more(wire);
	wire->in_at = ZMTP_GREETING_BYTES;
	while (err == PD_OK && !take_frame(wire, &frame))
		read_more(wire);
	if (err || !zmtp_read_ready(&frame, &ready))
		die("the broker does not speak ZMTP");
}

static void on_welcome(const struct pd_message *message, void *arg)
{
	*(bool *)arg = message->type == PD_MSG_welcome;
}

void wire_open(struct wire *wire, const char *endpoint)
{
	*wire = (struct wire){
		.fd = ipc_connect(endpoint), .in = aligned_alloc(IN_ALIGN, IN_BYTES), .decoder = pd_decoder_new()};
	if (wire->fd < 0)
		die("cannot connect");
	if (!wire->in || !wire->decoder)
		die("no memory");
	greet(wire);
	struct pd_message hello = {.type = PD_MSG_hello, .hello = {0, pd_text("paidan-bench"), PD_PROTOCOL, 0, false}};
	bool welcome = false;
	wire_add(wire, &hello);
	wire_flush(wire);
	wire_receive(wire, on_welcome, &welcome);
	if (!welcome)
		die("the broker did not welcome us");
}

void wire_close(struct wire *wire)
{
	close(wire->fd);
	free(wire->in);
	pd_buffer_fini(&wire->out);
	pd_decoder_free(wire->decoder);
}

/* ---- messages ---- */

void wire_flush(struct wire *wire)
{
	if (wire->out.count == 0)
		return;
	struct pd_slice frame = zmtp_seal(&wire->out);
	send_all(wire, frame.data, frame.bytes);
	wire->out.count = 0;
}

void wire_add(struct wire *wire, const struct pd_message *message)
{
	if (wire->out.count > FRAME_BYTES)
		wire_flush(wire);
	if (wire->out.count == 0)
		zmtp_begin(&wire->out);
	pd_encode(message, &wire->out);
}

static void on_frame(struct wire *wire, const struct zmtp_frame *frame,
		     void (*fn)(const struct pd_message *message, void *arg), void *arg)
{
	for (size_t off = 0; off < frame->bytes;) {
		struct pd_message message;
		struct pd_fault fault;
		if (pd_decode(wire->decoder, frame->data, frame->bytes, &off, &message, &fault))
			die(fault.detail);
		if (message.type == PD_MSG_refused && wire->refused++ == 0)
			fprintf(stderr, "paidan-bench: refused: %.*s %.*s\n", (int)message.refused.sentence.bytes,
				message.refused.sentence.data, (int)message.refused.detail.bytes,
				message.refused.detail.data);
		fn(&message, arg);
	}
	pd_decoder_reset(wire->decoder);
}

void wire_receive(struct wire *wire, void (*fn)(const struct pd_message *message, void *arg), void *arg)
{
	struct zmtp_frame frame;
	while (!take_frame(wire, &frame))
		read_more(wire);
	do
		on_frame(wire, &frame, fn, arg);
	while (take_frame(wire, &frame));
}

bool wire_wait(struct wire *wire, uint64_t until_us)
{
	uint64_t now_us = bench_now_us();
	uint64_t left_us = until_us <= now_us ? 0 : until_us - now_us < wait_max_us ? until_us - now_us : wait_max_us;
	struct pollfd poll = {.fd = wire->fd, .events = POLLIN};
	struct timespec left = {(time_t)(left_us / 1000000), (long)(left_us % 1000000) * 1000};
	int n = ppoll(&poll, 1, &left, NULL);
	if (n < 0)
		die(strerror(errno));
	if (n == 0 && left_us == wait_max_us)
		die("no answer for a minute");
	return n > 0;
}

void wire_put_area(struct wire *wire, uint32_t id, uint32_t parent, unsigned level)
{
	struct pd_message put = {.type = PD_MSG_put_area, .request = id};
	put.put_area = (struct pd_put_area){.area = id,
					    .parent = parent,
					    .level = (uint8_t)level,
					    .kind = PD_area_kind_plain,
					    .name = pd_text("bench")};
	wire_add(wire, &put);
}
