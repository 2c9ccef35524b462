/* gearmand.c - background jobs. Its binary protocol is spoken straight over the socket, whole batches of packets at a
 * time. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "peer.h"
#include "stream.h"

/* Packets of the protocol. */
enum {
	CAN_DO = 1,
	PRE_SLEEP = 4,
	NOOP = 6,
	JOB_CREATED = 8,
	GRAB_JOB = 9,
	NO_JOB = 10,
	JOB_ASSIGN = 11,
	WORK_COMPLETE = 13,
	ECHO_REQ = 16,
	ECHO_RES = 17,
	SUBMIT_JOB_BG = 18,
	ERROR = 19,
	HEAD_BYTES = 12,
	HANDLE_MAX = 64
};

struct peer_link {
	struct load *load;
	struct stream stream;
	unsigned long submitted;     /* answers come in this order */
	char (*handles)[HANDLE_MAX]; /* of what was delivered and is not yet completed */
	unsigned long held;
	unsigned long grabs; /* how many to ask for; 0: sleep until there is something */
};

/* The mode of a database stays with it, and a write-ahead log takes one sync a transaction instead of four. */
static bool make_database(struct server *server, const char *database)
{
	const char *argv[] = {"/usr/bin/python3", "-c",
			      "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('PRAGMA journal_mode = WAL')",
			      database, NULL};
	return server_run(server, argv);
}

static bool start(struct server *server, const char *program, enum peer_setting setting)
{
	char port[16], database[PATH_MAX + 16], with_database[PATH_MAX + 64], pid_file[PATH_MAX + 16];
	bool durable = setting == PEER_DURABLE;
	snprintf(port, sizeof port, "%d", server->port);
	snprintf(database, sizeof database, "%s/queue.db", server->dir);
	snprintf(with_database, sizeof with_database, "--libsqlite3-db=%s", database);
	snprintf(pid_file, sizeof pid_file, "--pid-file=%s/pid", server->dir);
	const char *argv[] = {program, "-L", "127.0.0.1", "-p", port, "-l", "stderr", pid_file, NULL, NULL, NULL};
	if (durable) {
		argv[8] = "--queue-type=libsqlite3";
		argv[9] = with_database;
	}
	return server_become(server, "gearman") && (!durable || make_database(server, database)) &&
	       server_spawn(server, argv, NULL);
}

/* ---- packets ---- */

static void put_head(struct peer_link *link, uint32_t type, size_t bytes)
{
	uint32_t words[2] = {htonl(type), htonl((uint32_t)bytes)};
	stream_add(&link->stream, "\0REQ", 4);
	stream_add(&link->stream, words, sizeof words);
}

/* Parts are parted by a 0, which the first brings with it. */
static void put_packet(struct peer_link *link, uint32_t type, const char *first, const char *second)
{
	size_t first_bytes = strlen(first) + (second != NULL), second_bytes = second ? strlen(second) : 0;
	put_head(link, type, first_bytes + second_bytes);
	stream_add(&link->stream, first, first_bytes);
	if (second)
		stream_add(&link->stream, second, second_bytes);
}

/* The type of the next packet; its body stays until the one after it is asked for. */
static uint32_t next_packet(struct peer_link *link, const char **body, size_t *bytes)
{
	uint32_t words[3];
	memcpy(words, stream_take(&link->stream, HEAD_BYTES), sizeof words);
	*bytes = ntohl(words[2]);
	*body = stream_take(&link->stream, *bytes);
	if (ntohl(words[1]) == ERROR)
		peer_die("gearmand: %.*s", (int)*bytes, *body);
	return ntohl(words[1]);
}

static void expect(struct peer_link *link, uint32_t wanted)
{
	const char *body;
	size_t bytes;
	uint32_t type;
	do /* it may wake a worker that does not sleep any more */
		type = next_packet(link, &body, &bytes);
	while (type == NOOP && wanted != NOOP);
	if (type != wanted)
		peer_die("gearmand: packet %u instead of %u", type, wanted);
}

/* ---- the connection ---- */

static struct peer_link *open_link(struct load *load, const struct server *server)
{
	struct peer_link *link = calloc(1, sizeof *link);
	if (!link || !(link->handles = calloc(LOAD_OUTSTANDING_MAX, sizeof *link->handles)))
		abort();
	link->load = load;
	stream_open(&link->stream, server, true);
	return link;
}

static void close_link(struct peer_link *link)
{
	stream_close(&link->stream);
	free(link->handles);
	free(link);
}

/* Functions, which are its queues, are made by the first who names them. */
static void prepare(struct peer_link *link)
{
	(void)link;
}

static void submit(struct peer_link *link, unsigned long n)
{
	char names[64];
	int name_bytes = snprintf(names, sizeof names, "q%u", load_queue(link->load, n)) + 1;
	int bytes = name_bytes + snprintf(names + name_bytes, sizeof names - (size_t)name_bytes, "%lu", n) + 1;
	put_head(link, SUBMIT_JOB_BG, (size_t)bytes + LOAD_PAYLOAD);
	stream_add(&link->stream, names, (size_t)bytes);
	stream_add(&link->stream, load_payload(n), LOAD_PAYLOAD);
}

static void settle(struct peer_link *link)
{
	stream_flush(&link->stream);
	do {
		expect(link, JOB_CREATED);
		load_answered(link->load, link->submitted++);
	} while (stream_more(&link->stream));
}

/* ---- the worker ---- */

static void subscribe(struct peer_link *link)
{
	char name[16];
	for (unsigned queue = 0; queue < link->load->queues; queue++) {
		snprintf(name, sizeof name, "q%u", queue);
		put_packet(link, CAN_DO, name, NULL);
	}
	put_packet(link, ECHO_REQ, "ready", NULL);
	stream_flush(&link->stream);
	expect(link, ECHO_RES);
}

/* One answer to a grab; false: nothing was there. */
static bool take_one(struct peer_link *link)
{
	const char *body;
	size_t bytes;
	uint32_t type;
	do
		type = next_packet(link, &body, &bytes);
	while (type == NOOP);
	if (type == NO_JOB)
		return false;
	if (type != JOB_ASSIGN)
		peer_die("gearmand: packet %u instead of JOB_ASSIGN", type);
	snprintf(link->handles[link->held++], HANDLE_MAX, "%s", body);
	const char *function = body + strlen(body) + 1, *payload = function + strlen(function) + 1;
	load_delivered(link->load, load_number(link->load, payload, bytes - (size_t)(payload - body)));
	return true;
}

static void sleep_until_woken(struct peer_link *link)
{
	put_packet(link, PRE_SLEEP, "", NULL);
	stream_flush(&link->stream);
	expect(link, NOOP);
	link->grabs = 1;
}

/* Completions are not answered; the echo behind them is, once they are done. */
static void work(struct peer_link *link)
{
	unsigned long completed = link->held, taken = 0;
	if (completed == 0 && link->grabs == 0)
		sleep_until_woken(link);
	unsigned long asked = link->load->delivered < link->load->tasks ? link->grabs : 0;
	for (unsigned long i = 0; i < completed; i++)
		put_packet(link, WORK_COMPLETE, link->handles[i], "");
	if (completed)
		put_packet(link, ECHO_REQ, "done", NULL);
	for (unsigned long i = 0; i < asked; i++)
		put_packet(link, GRAB_JOB, "", NULL);
	stream_flush(&link->stream);
	if (completed) {
		expect(link, ECHO_RES);
		load_deleted(link->load, completed);
	}
	link->held = 0;
	for (unsigned long i = 0; i < asked; i++)
		taken += take_one(link);
	link->grabs = taken < asked ? taken : asked * 2 < link->load->outstanding ? asked * 2 : link->load->outstanding;
}

const struct peer peer_gearmand = {
	.name = "gearmand",
	.program = "/usr/sbin/gearmand",
	.package = "gearman-job-server",
	.settings = {[PEER_DURABLE] = "--queue-type=libsqlite3, the database in WAL mode, synchronous FULL: a "
				      "transaction for each job and each completion",
		     [PEER_DEFAULT] = "in memory alone"},
	.remark = "completions are not answered, but an echo behind them is; TCP on loopback",
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
