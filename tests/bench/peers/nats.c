/* nats.c - JetStream: a work-queue stream in files, one consumer that it pushes to. Its protocol is spoken straight
 * over the socket: so publications and acknowledgements that are answered are sent ahead in whole batches. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "peer.h"
#include "stream.h"

enum { REPLY_MAX = 256, INBOX = 1, TASKS = 2 }; /* the last two: ids of subscriptions */

struct peer_link {
	struct load *load;
	struct stream stream;
};

static const char *write_settings(const struct server *server, bool durable)
{
	return server_write(server, "nats.conf", "listen: 127.0.0.1:%d\njetstream {\n  store_dir: \"%s\"\n%s}\n",
			    server->port, server->dir, durable ? "  sync_interval: always\n" : "");
}

/* Before 2.10 there is no such setting, and it refuses to start with it. */
static const char *lacks(const char *program, enum peer_setting setting)
{
	struct server probe;
	if (setting != PEER_DURABLE || !server_init(&probe, NULL))
		return NULL;
	const char *settings = write_settings(&probe, true);
	const char *argv[] = {program, "-t", "-c", settings, NULL};
	bool known = settings && server_try(&probe, argv);
	server_remove(&probe);
	return known ? NULL
		     : "this version syncs every two minutes and cannot be told otherwise (sync_interval came with "
		       "2.10): an ok is "
		       "no promise that the task is on disk";
}

static bool start(struct server *server, const char *program, enum peer_setting setting)
{
	const char *settings = write_settings(server, setting == PEER_DURABLE);
	const char *argv[] = {program, "-c", settings, NULL};
	return settings && server_spawn(server, argv, NULL);
}

/* ---- the protocol ---- */

static void publish(struct peer_link *link, const char *subject, const char *reply, const char *body, size_t bytes)
{
	stream_print(&link->stream, "PUB %s %s %zu\r\n", subject, reply, bytes);
	stream_add(&link->stream, body, bytes);
	stream_add(&link->stream, "\r\n", 2);
}

struct message {
	char subject[REPLY_MAX], reply[REPLY_MAX];
	int subscription;
	size_t bytes;
	const char *body; /* until the next is received */
};

static void receive(struct peer_link *link, struct message *message)
{
	for (;;) {
		const char *line = stream_line(&link->stream);
		int fields = sscanf(line, "MSG %255s %d %255s %zu", message->subject, &message->subscription,
				    message->reply, &message->bytes);
		if (fields == 3) { /* without a reply the size stands in its place */
			message->bytes = strtoul(message->reply, NULL, 10);
			message->reply[0] = 0;
		}
		if (fields >= 3) {
			message->body = stream_take(&link->stream, message->bytes + 2);
			return;
		}
		if (strcmp(line, "PING") == 0) {
			stream_print(&link->stream, "PONG\r\n");
			stream_flush(&link->stream);
		} else if (strncmp(line, "-ERR", 4) == 0) {
			peer_die("nats: %s", line);
		}
	}
}

static bool says(const struct message *message, const char *what)
{
	return memmem(message->body, message->bytes, what, strlen(what)) != NULL;
}

static struct peer_link *open_link(struct load *load, const struct server *server)
{
	struct peer_link *link = calloc(1, sizeof *link);
	if (!link)
		abort();
	link->load = load;
	stream_open(&link->stream, server, true);
	stream_print(&link->stream, "CONNECT {\"verbose\":false,\"pedantic\":false}\r\nSUB inbox.%d.* %d\r\nPING\r\n",
		     getpid(), INBOX);
	stream_flush(&link->stream);
	while (strcmp(stream_line(&link->stream), "PONG") != 0)
		;
	return link;
}

static void close_link(struct peer_link *link)
{
	stream_close(&link->stream);
	free(link);
}

static void request(struct peer_link *link, const char *subject, const char *body)
{
	char reply[REPLY_MAX];
	struct message message;
	snprintf(reply, sizeof reply, "inbox.%d.0", getpid());
	publish(link, subject, reply, body, strlen(body));
	stream_flush(&link->stream);
	receive(link, &message);
	if (says(&message, "\"error\""))
		peer_die("nats: %s: %.*s", subject, (int)message.bytes, message.body);
}

static void prepare(struct peer_link *link)
{
	request(link, "$JS.API.STREAM.CREATE.tasks",
		"{\"name\":\"tasks\",\"subjects\":[\"q.*\"],\"retention\":\"workqueue\",\"storage\":\"file\",\"max_"
		"consumers\":-1,"
		"\"max_msgs\":-1,\"max_bytes\":-1,\"num_replicas\":1,\"discard\":\"old\"}");
}

/* ---- the submitter ---- */

static void submit(struct peer_link *link, unsigned long n)
{
	char subject[32], reply[REPLY_MAX];
	snprintf(subject, sizeof subject, "q.%u", load_queue(link->load, n));
	snprintf(reply, sizeof reply, "inbox.%d.%lu", getpid(), n);
	publish(link, subject, reply, load_payload(n), LOAD_PAYLOAD);
}

static void settle(struct peer_link *link)
{
	struct message message;
	stream_flush(&link->stream);
	do {
		receive(link, &message);
		if (says(&message, "\"error\""))
			peer_die("nats: %.*s", (int)message.bytes, message.body);
		load_answered(link->load, strtoul(strrchr(message.subject, '.') + 1, NULL, 10));
	} while (stream_more(&link->stream));
}

/* ---- the worker ---- */

static void subscribe(struct peer_link *link)
{
	stream_print(&link->stream, "SUB deliver %d\r\n", TASKS);
	request(link, "$JS.API.CONSUMER.DURABLE.CREATE.tasks.w",
		"{\"stream_name\":\"tasks\",\"config\":{\"durable_name\":\"w\",\"deliver_subject\":\"deliver\","
		"\"deliver_policy\":\"all\","
		"\"ack_policy\":\"explicit\",\"ack_wait\":600000000000,\"max_ack_pending\":20000,\"replay_policy\":"
		"\"instant\"}}");
}

/* An acknowledgement deletes, and with a reply subject it is answered. */
static void work(struct peer_link *link)
{
	struct message message;
	char reply[REPLY_MAX];
	stream_flush(&link->stream);
	do {
		receive(link, &message);
		if (message.subscription == INBOX) {
			load_deleted(link->load, 1);
			continue;
		}
		load_delivered(link->load, load_number(link->load, message.body, message.bytes));
		snprintf(reply, sizeof reply, "inbox.%d.1", getpid());
		publish(link, message.reply, reply, "+ACK", 4);
	} while (stream_more(&link->stream));
}

const struct peer peer_nats = {
	.name = "nats",
	.program = "/usr/sbin/nats-server",
	.package = "nats-server",
	.settings = {[PEER_DURABLE] = "JetStream, a work-queue in files, sync_interval: always",
		     [PEER_DEFAULT] = "JetStream, a work-queue in files, synced every two minutes"},
	.remark = "acknowledgements ask for an answer; TCP on loopback",
	.queues = LOAD_QUEUES,
	.lacks = lacks,
	.start = start,
	.open = open_link,
	.close = close_link,
	.prepare = prepare,
	.submit = submit,
	.settle = settle,
	.subscribe = subscribe,
	.work = work,
};
