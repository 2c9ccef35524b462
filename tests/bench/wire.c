#include "wire.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <zmq.h>

#include "broker.h"

enum { PATIENCE_MS = 60000 };

static const uint64_t wait_max_us = (uint64_t)PATIENCE_MS * 1000;

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "paidan-bench: %s\n", what);
	exit(111);
}

static void on_welcome(const struct pd_message *message, void *arg)
{
	*(bool *)arg = message->type == PD_MSG_welcome;
}

void wire_open(struct wire *wire, const char *endpoint)
{
	int unlimited = 0, timeout = PATIENCE_MS, again_ms = 1;
	*wire = (struct wire){.context = zmq_ctx_new(), .decoder = pd_decoder_new()};
	wire->socket = zmq_socket(wire->context, ZMQ_DEALER);
	if (!wire->socket || !wire->decoder)
		die("no socket");
	zmq_setsockopt(wire->socket, ZMQ_SNDHWM, &unlimited, sizeof unlimited);
	zmq_setsockopt(wire->socket, ZMQ_RCVHWM, &unlimited, sizeof unlimited);
	zmq_setsockopt(wire->socket, ZMQ_RCVTIMEO, &timeout, sizeof timeout);
	zmq_setsockopt(wire->socket, ZMQ_RECONNECT_IVL, &again_ms, sizeof again_ms);
	if (zmq_connect(wire->socket, endpoint) != 0)
		die("cannot connect");
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
	zmq_close(wire->socket);
	zmq_ctx_term(wire->context);
	pd_buffer_fini(&wire->out);
	pd_decoder_free(wire->decoder);
}

void wire_flush(struct wire *wire)
{
	if (wire->out.count)
		zmq_send(wire->socket, wire->out.data, wire->out.count, 0);
	wire->out.count = 0;
}

void wire_add(struct wire *wire, const struct pd_message *message)
{
	if (wire->out.count > 48 * 1024)
		wire_flush(wire);
	pd_encode(message, &wire->out);
}

void wire_receive(struct wire *wire, void (*fn)(const struct pd_message *message, void *arg), void *arg)
{
	zmq_msg_t frame;
	zmq_msg_init(&frame);
	if (bench_interrupted() || zmq_msg_recv(&frame, wire->socket, 0) < 0)
		die(bench_interrupted() ? "interrupted" : "no answer for a minute");
	for (size_t off = 0; off < zmq_msg_size(&frame);) {
		struct pd_message message;
		struct pd_fault fault;
		if (pd_decode(wire->decoder, zmq_msg_data(&frame), zmq_msg_size(&frame), &off, &message, &fault))
			die(fault.detail);
		if (message.type == PD_MSG_refused && wire->refused++ == 0)
			fprintf(stderr, "paidan-bench: refused: %.*s %.*s\n", (int)message.refused.sentence.bytes,
				message.refused.sentence.data, (int)message.refused.detail.bytes,
				message.refused.detail.data);
		fn(&message, arg);
	}
	pd_decoder_reset(wire->decoder);
	zmq_msg_close(&frame);
}

bool wire_wait(struct wire *wire, uint64_t until_us)
{
	for (;;) {
		int events, fd;
		size_t bytes = sizeof events;
		zmq_getsockopt(wire->socket, ZMQ_EVENTS, &events, &bytes);
		uint64_t now_us = bench_now_us();
		if (events & ZMQ_POLLIN || now_us >= until_us)
			return events & ZMQ_POLLIN;
		zmq_getsockopt(wire->socket, ZMQ_FD, &fd, &bytes);
		uint64_t left_us = until_us - now_us < wait_max_us ? until_us - now_us : wait_max_us;
		struct pollfd poll = {.fd = fd, .events = POLLIN};
		struct timespec left = {(time_t)(left_us / 1000000), (long)(left_us % 1000000) * 1000};
		int n = ppoll(&poll, 1, &left, NULL);
		if (bench_interrupted() || (n == 0 && left_us == wait_max_us))
			die(bench_interrupted() ? "interrupted" : "no answer for a minute");
	}
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
