/* beanstalkd.c - its protocol is spoken straight over the socket, whole batches of commands at a time. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "peer.h"
#include "stream.h"

struct peer_link {
	struct load *load;
	struct stream stream;
	unsigned long submitted; /* answers come in this order */
	char (*reserved)[24];    /* ids of what was delivered and is not yet deleted */
	unsigned long held;
	unsigned long reserves; /* how many to ask for; 0: wait for the next, since nothing was there */
};

static bool start(struct server *server, const char *program, enum peer_setting setting)
{
	char listen[sizeof server->socket + 8];
	snprintf(listen, sizeof listen, "unix:%s", server->socket);
	const char *durable[] = {program, "-l", listen, "-b", server->dir, "-f", "0", NULL};
	const char *plain[] = {program, "-l", listen, NULL};
	return server_spawn(server, setting == PEER_DURABLE ? durable : plain, NULL);
}

static struct peer_link *open_link(struct load *load, const struct server *server)
{
	struct peer_link *link = calloc(1, sizeof *link);
	if (!link || !(link->reserved = calloc(LOAD_OUTSTANDING_MAX, sizeof *link->reserved)))
		abort();
	link->load = load;
	stream_open(&link->stream, server, false);
	return link;
}

static void close_link(struct peer_link *link)
{
	stream_close(&link->stream);
	free(link->reserved);
	free(link);
}

/* Tubes are made by the first who names them. */
static void prepare(struct peer_link *link)
{
	(void)link;
}

static const char *expect(struct peer_link *link, const char *head)
{
	const char *line = stream_line(&link->stream);
	size_t length = strlen(head);
	if (strncmp(line, head, length) != 0)
		peer_die("beanstalkd: %s instead of %s", line, head);
	return line + length;
}

static void submit(struct peer_link *link, unsigned long n)
{
	stream_print(&link->stream, "use q%u\r\nput 0 0 3600 %d\r\n", load_queue(link->load, n), LOAD_PAYLOAD);
	stream_add(&link->stream, load_payload(n), LOAD_PAYLOAD);
	stream_add(&link->stream, "\r\n", 2);
}

static void settle(struct peer_link *link)
{
	stream_flush(&link->stream);
	do {
		expect(link, "USING ");
		expect(link, "INSERTED ");
		load_answered(link->load, link->submitted++);
	} while (stream_more(&link->stream));
}

static void subscribe(struct peer_link *link)
{
	for (unsigned queue = 0; queue < link->load->queues; queue++) {
		stream_print(&link->stream, "watch q%u\r\n", queue);
		if (queue % 64 == 0)
			stream_flush(&link->stream);
	}
	stream_print(&link->stream, "ignore default\r\n");
	stream_flush(&link->stream);
	for (unsigned queue = 0; queue <= link->load->queues; queue++)
		expect(link, "WATCHING ");
}

/* One answer to a reserve; false: nothing was there. */
static bool take_one(struct peer_link *link)
{
	unsigned long bytes;
	const char *line = stream_line(&link->stream);
	if (strcmp(line, "TIMED_OUT") == 0)
		return false;
	if (sscanf(line, "RESERVED %20s %lu", link->reserved[link->held], &bytes) != 2)
		peer_die("beanstalkd: %s instead of RESERVED", line);
	link->held++;
	load_delivered(link->load, load_number(link->load, stream_take(&link->stream, bytes + 2), bytes));
	return true;
}

/* What was delivered by the last call is deleted in the same flight that asks for more. */
static void work(struct peer_link *link)
{
	unsigned long deletes = link->held, taken = 0, asked = link->reserves ? link->reserves : 1;
	bool wait = link->reserves == 0;
	for (unsigned long i = 0; i < deletes; i++)
		stream_print(&link->stream, "delete %s\r\n", link->reserved[i]);
	if (link->load->delivered == link->load->tasks)
		asked = 0;
	for (unsigned long i = 0; i < asked; i++)
		stream_print(&link->stream, wait ? "reserve\r\n" : "reserve-with-timeout 0\r\n");
	stream_flush(&link->stream);
	for (unsigned long i = 0; i < deletes; i++) {
		expect(link, "DELETED");
		load_deleted(link->load, 1);
	}
	link->held = 0;
	for (unsigned long i = 0; i < asked; i++)
		taken += take_one(link);
	link->reserves = taken < asked                         ? taken
			 : asked * 2 < link->load->outstanding ? asked * 2
							       : link->load->outstanding;
}

const struct peer peer_beanstalkd = {
	.name = "beanstalkd",
	.program = "/usr/bin/beanstalkd",
	.package = "beanstalkd",
	.settings = {[PEER_DURABLE] = "-b DIR -f 0: a log, with a sync for each put and each delete",
		     [PEER_DEFAULT] = "no log: in memory alone"},
	.remark = "a Unix socket",
	.queues = 64,
	.start = start,
	.open = open_link,
	.close = close_link,
	.prepare = prepare,
	.submit = submit,
	.settle = settle,
	.subscribe = subscribe,
	.work = work,
};
