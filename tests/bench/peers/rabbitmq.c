/* rabbitmq.c - quorum queues with publisher confirms, or classic ones, in a node of its own without a cluster. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "peer.h"

#if __has_include(<amqp.h>)

#include <amqp.h>
#include <amqp_tcp_socket.h>

enum { CHANNEL = 1, FRAME_BYTES = 131072, PERSISTENT = 2, TRANSIENT = 1 };

struct peer_link {
	struct load *load;
	amqp_connection_state_t amqp;
	char (*queues)[16];
	unsigned long confirmed; /* all below are answered */
	unsigned long held;      /* delivered and not acknowledged */
	uint64_t last_tag;
};

/* Its own epmd, since that of the machine is nobody's to use. The script would put itself between this program and the
 * server, unless it is told that it is detached. */
static bool start(struct server *server, const char *program, enum peer_setting setting)
{
	enum { VALUES = 9, ROOM = PATH_MAX + 64 };
	static char values[VALUES][ROOM];
	const char *environment[VALUES + 6] = {NULL};
	char epmd_port[16];
	int epmd = server_free_port(), n = 0;
	(void)setting;
	snprintf(epmd_port, sizeof epmd_port, "%d", epmd);
	snprintf(values[n++], ROOM, "HOME=%s", server->dir);
	snprintf(values[n++], ROOM, "RABBITMQ_MNESIA_BASE=%s", server->dir);
	snprintf(values[n++], ROOM, "RABBITMQ_LOG_BASE=%s", server->dir);
	snprintf(values[n++], ROOM, "RABBITMQ_ENABLED_PLUGINS_FILE=%s/plugins", server->dir);
	snprintf(values[n++], ROOM, "RABBITMQ_CONFIG_FILE=%s/none", server->dir);
	snprintf(values[n++], ROOM, "RABBITMQ_ADVANCED_CONFIG_FILE=%s/none", server->dir);
	snprintf(values[n++], ROOM, "RABBITMQ_NODE_PORT=%d", server->port);
	snprintf(values[n++], ROOM, "RABBITMQ_DIST_PORT=%d", server_free_port());
	snprintf(values[n++], ROOM, "ERL_EPMD_PORT=%d", epmd);
	for (int i = 0; i < n; i++)
		environment[i] = values[i];
	environment[n++] = "RABBITMQ_NODENAME=paidan@localhost";
	environment[n++] = "RABBITMQ_NODE_IP_ADDRESS=127.0.0.1";
	environment[n++] = "RABBITMQ_CONF_ENV_FILE=/dev/null";
	environment[n++] =
		"RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=-start_epmd false -kernel inet_dist_use_interface {127,0,0,1}";
	environment[n++] = "detached=1";
	const char *names[] = {"/usr/bin/epmd", "-port", epmd_port, "-address", "127.0.0.1", NULL};
	const char *argv[] = {program, NULL};
	/* The first that is spawned is the one that is watched. */
	return server_write(server, "plugins", "[].\n") && server_spawn(server, argv, environment) &&
	       server_spawn(server, names, NULL);
}

/* ---- the connection ---- */

static void expect_ok(amqp_rpc_reply_t reply, const char *what)
{
	if (reply.reply_type == AMQP_RESPONSE_NORMAL)
		return;
	if (reply.reply_type == AMQP_RESPONSE_LIBRARY_EXCEPTION)
		peer_die("rabbitmq: %s: %s", what, amqp_error_string2(reply.library_error));
	if (reply.reply.id == AMQP_CHANNEL_CLOSE_METHOD) {
		const amqp_channel_close_t *close = reply.reply.decoded;
		peer_die("rabbitmq: %s: %.*s", what, (int)close->reply_text.len, (const char *)close->reply_text.bytes);
	}
	peer_die("rabbitmq: %s was refused", what);
}

static void expect_status(int status, const char *what)
{
	if (status != AMQP_STATUS_OK)
		peer_die("rabbitmq: %s: %s", what, amqp_error_string2(status));
}

static bool connect_once(struct peer_link *link, int port)
{
	link->amqp = amqp_new_connection();
	amqp_socket_t *socket = amqp_tcp_socket_new(link->amqp);
	if (socket && amqp_socket_open(socket, "127.0.0.1", port) == AMQP_STATUS_OK &&
	    amqp_login(link->amqp, "/", 0, FRAME_BYTES, 0, AMQP_SASL_METHOD_PLAIN, "guest", "guest").reply_type ==
		    AMQP_RESPONSE_NORMAL)
		return true;
	amqp_destroy_connection(link->amqp);
	return false;
}

static struct peer_link *open_link(struct load *load, const struct server *server)
{
	struct peer_link *link = calloc(1, sizeof *link);
	uint64_t since_us = 0;
	if (!link || !(link->queues = calloc(load->queues, sizeof *link->queues)))
		abort();
	link->load = load;
	for (unsigned queue = 0; queue < load->queues; queue++)
		snprintf(link->queues[queue], sizeof link->queues[queue], "q%u", queue);
	while (!connect_once(link, server->port))
		if (!peer_again(&since_us))
			peer_die("rabbitmq does not let one in after %d s", PEER_START_S);
	amqp_channel_open(link->amqp, CHANNEL);
	expect_ok(amqp_get_rpc_reply(link->amqp), "channel.open");
	amqp_confirm_select(link->amqp, CHANNEL);
	expect_ok(amqp_get_rpc_reply(link->amqp), "confirm.select");
	return link;
}

static void close_link(struct peer_link *link)
{
	amqp_destroy_connection(link->amqp);
	free(link->queues);
	free(link);
}

static void prepare(struct peer_link *link)
{
	amqp_table_entry_t kind = {
		.key = amqp_cstring_bytes("x-queue-type"),
		.value = {.kind = AMQP_FIELD_KIND_UTF8,
			  .value.bytes = amqp_cstring_bytes(link->load->durable ? "quorum" : "classic")}};
	const amqp_table_t arguments = {.num_entries = 1, .entries = &kind};
	for (unsigned queue = 0; queue < link->load->queues; queue++) {
		amqp_queue_declare(link->amqp, CHANNEL, amqp_cstring_bytes(link->queues[queue]), 0, 1, 0, 0, arguments);
		expect_ok(amqp_get_rpc_reply(link->amqp), "queue.declare");
	}
}

/* Something is there that can be had without waiting. */
static bool more_there(struct peer_link *link)
{
	return amqp_frames_enqueued(link->amqp) || amqp_data_in_buffer(link->amqp);
}

/* ---- the submitter ---- */

static void submit(struct peer_link *link, unsigned long n)
{
	const amqp_basic_properties_t properties = {._flags = AMQP_BASIC_DELIVERY_MODE_FLAG,
						    .delivery_mode = link->load->durable ? PERSISTENT : TRANSIENT};
	const amqp_bytes_t body = {.len = LOAD_PAYLOAD, .bytes = (void *)load_payload(n)};
	expect_status(amqp_basic_publish(link->amqp, CHANNEL, amqp_empty_bytes,
					 amqp_cstring_bytes(link->queues[load_queue(link->load, n)]), 0, 0, &properties,
					 body),
		      "basic.publish");
}

/* A confirm is for one tag, or for all up to it that had none. */
static void confirm(struct peer_link *link, const amqp_basic_ack_t *ack)
{
	unsigned long n = ack->delivery_tag - 1;
	for (unsigned long i = link->confirmed; ack->multiple && i < n; i++)
		if (!link->load->times[i].answered)
			load_answered(link->load, i);
	load_answered(link->load, n);
	while (link->confirmed < link->load->tasks && link->load->times[link->confirmed].answered)
		link->confirmed++;
}

static void settle(struct peer_link *link)
{
	do {
		amqp_frame_t frame;
		amqp_maybe_release_buffers(link->amqp);
		expect_status(amqp_simple_wait_frame(link->amqp, &frame), "a confirm");
		if (frame.frame_type != AMQP_FRAME_METHOD || frame.payload.method.id != AMQP_BASIC_ACK_METHOD)
			peer_die("rabbitmq: no confirm, but a frame of type %d", frame.frame_type);
		confirm(link, frame.payload.method.decoded);
	} while (more_there(link));
}

/* ---- the worker ---- */

static void subscribe(struct peer_link *link)
{
	unsigned long window = 2 * link->load->outstanding;
	amqp_basic_qos(link->amqp, CHANNEL, 0, (uint16_t)(window < 2000 ? window : 2000), 0);
	expect_ok(amqp_get_rpc_reply(link->amqp), "basic.qos");
	for (unsigned queue = 0; queue < link->load->queues; queue++) {
		amqp_basic_consume(link->amqp, CHANNEL, amqp_cstring_bytes(link->queues[queue]), amqp_empty_bytes, 0, 0,
				   0, amqp_empty_table);
		expect_ok(amqp_get_rpc_reply(link->amqp), "basic.consume");
	}
}

static void take_one(struct peer_link *link)
{
	amqp_envelope_t envelope;
	expect_ok(amqp_consume_message(link->amqp, &envelope, NULL, 0), "basic.deliver");
	load_delivered(link->load, load_number(link->load, envelope.message.body.bytes, envelope.message.body.len));
	link->last_tag = envelope.delivery_tag;
	link->held++;
	amqp_destroy_envelope(&envelope);
}

/* One acknowledgement for all that came at once. They are not answered; after the last, the channel is asked something
 * that is. */
static void work(struct peer_link *link)
{
	amqp_maybe_release_buffers(link->amqp);
	do
		take_one(link);
	while (more_there(link));
	expect_status(amqp_basic_ack(link->amqp, CHANNEL, link->last_tag, 1), "basic.ack");
	if (link->load->delivered == link->load->tasks) {
		amqp_basic_qos(link->amqp, CHANNEL, 0, 1, 0);
		expect_ok(amqp_get_rpc_reply(link->amqp), "basic.qos");
	}
	load_deleted(link->load, link->held);
	link->held = 0;
}

const struct peer peer_rabbitmq = {
	.name = "rabbitmq",
	.program = "/usr/lib/rabbitmq/bin/rabbitmq-server",
	.package = "rabbitmq-server",
	.settings = {[PEER_DURABLE] = "quorum queues, persistent messages, publisher confirms",
		     [PEER_DEFAULT] = "classic durable queues, transient messages, publisher confirms"},
	.remark = "one node; acknowledgements of deliveries are not answered; TCP on loopback",
	.queues = 16,
	.start = start,
	.open = open_link,
	.close = close_link,
	.prepare = prepare,
	.submit = submit,
	.settle = settle,
	.subscribe = subscribe,
	.work = work,
};

#else
const struct peer peer_rabbitmq = {.name = "rabbitmq", .missing = "librabbitmq-dev"};
#endif
