/* redis.c - streams with a consumer group: XADD, XREADGROUP, XACK and XDEL. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "peer.h"

#if __has_include(<hiredis/hiredis.h>)

#include <hiredis/hiredis.h>

struct peer_link {
	struct load *load;
	redisContext *redis;
	unsigned long submitted; /* answers come in this order */
	unsigned long held;      /* delivered; XACK and XDEL of them are gathered, or sent */
	unsigned long gathered;  /* replies that these will bring */
	const char **argv;
	size_t *lengths;
	char (*keys)[16];
};

static bool start(struct server *server, const char *program, enum peer_setting setting)
{
	const char *durable[] = {program,
				 "--port",
				 "0",
				 "--unixsocket",
				 server->socket,
				 "--dir",
				 server->dir,
				 "--appendonly",
				 "yes",
				 "--appendfsync",
				 "always",
				 "--save",
				 "",
				 NULL};
	const char *plain[] = {program, "--port", "0", "--unixsocket", server->socket, "--dir", server->dir, NULL};
	return server_spawn(server, setting == PEER_DURABLE ? durable : plain, NULL);
}

static struct peer_link *open_link(struct load *load, const struct server *server)
{
	struct peer_link *link = calloc(1, sizeof *link);
	size_t most = 8 + 2 * (size_t)LOAD_QUEUES + LOAD_OUTSTANDING_MAX;
	uint64_t since_us = 0;
	if (!link || !(link->argv = calloc(most, sizeof *link->argv)) ||
	    !(link->lengths = calloc(most, sizeof *link->lengths)) ||
	    !(link->keys = calloc(load->queues, sizeof *link->keys)))
		abort();
	link->load = load;
	for (unsigned queue = 0; queue < load->queues; queue++)
		snprintf(link->keys[queue], sizeof link->keys[queue], "q%u", queue);
	while (!(link->redis = redisConnectUnix(server->socket)) || link->redis->err) {
		if (!peer_again(&since_us))
			peer_die("redis: %s", link->redis ? link->redis->errstr : "no memory");
		redisFree(link->redis);
	}
	return link;
}

static void close_link(struct peer_link *link)
{
	redisFree(link->redis);
	free(link->argv);
	free(link->lengths);
	free(link->keys);
	free(link);
}

static void gather(struct peer_link *link, int argc)
{
	redisAppendCommandArgv(link->redis, argc, link->argv, link->lengths);
}

static void put_arg(struct peer_link *link, int *argc, const char *text, size_t length)
{
	link->argv[*argc] = text;
	link->lengths[(*argc)++] = length;
}

static void put_word(struct peer_link *link, int *argc, const char *word)
{
	put_arg(link, argc, word, strlen(word));
}

static redisReply *reply_of(struct peer_link *link)
{
	void *reply = NULL;
	if (redisGetReply(link->redis, &reply) != REDIS_OK)
		peer_die("redis: %s", link->redis->errstr);
	if (((redisReply *)reply)->type == REDIS_REPLY_ERROR)
		peer_die("redis: %s", ((redisReply *)reply)->str);
	return reply;
}

static void prepare(struct peer_link *link)
{
	for (unsigned queue = 0; queue < link->load->queues; queue++)
		redisAppendCommand(link->redis, "XGROUP CREATE %s w 0 MKSTREAM", link->keys[queue]);
	for (unsigned queue = 0; queue < link->load->queues; queue++)
		freeReplyObject(reply_of(link));
}

static void submit(struct peer_link *link, unsigned long n)
{
	int argc = 0;
	put_word(link, &argc, "XADD");
	put_word(link, &argc, link->keys[load_queue(link->load, n)]);
	put_word(link, &argc, "*");
	put_word(link, &argc, "p");
	put_arg(link, &argc, load_payload(n), LOAD_PAYLOAD);
	gather(link, argc);
}

static void settle(struct peer_link *link)
{
	void *next = reply_of(link);
	while (next) {
		freeReplyObject(next);
		load_answered(link->load, link->submitted++);
		if (redisReaderGetReply(link->redis->reader, &next) != REDIS_OK)
			peer_die("redis: %s", link->redis->reader->errstr);
	}
}

static void subscribe(struct peer_link *link)
{
	(void)link;
}

static void ask_for_more(struct peer_link *link)
{
	char count[24];
	int argc = 0;
	snprintf(count, sizeof count, "%lu", link->load->outstanding);
	static const char *const head[] = {"XREADGROUP", "GROUP", "w", "c", "COUNT"};
	for (size_t i = 0; i < sizeof head / sizeof *head; i++)
		put_word(link, &argc, head[i]);
	put_word(link, &argc, count);
	put_word(link, &argc, "BLOCK");
	put_word(link, &argc, "0");
	put_word(link, &argc, "STREAMS");
	for (unsigned queue = 0; queue < link->load->queues; queue++)
		put_word(link, &argc, link->keys[queue]);
	for (unsigned queue = 0; queue < link->load->queues; queue++)
		put_word(link, &argc, ">");
	gather(link, argc);
}

/* All entries of a stream that came are acknowledged by one XACK, and deleted by one XDEL. */
static void take_stream(struct peer_link *link, const redisReply *stream)
{
	const redisReply *key = stream->element[0], *entries = stream->element[1];
	int ack = 0;
	put_word(link, &ack, "XACK");
	put_arg(link, &ack, key->str, (size_t)key->len);
	put_word(link, &ack, "w");
	for (size_t i = 0; i < entries->elements; i++) {
		const redisReply *id = entries->element[i]->element[0];
		const redisReply *payload = entries->element[i]->element[1]->element[1];
		load_delivered(link->load, load_number(link->load, payload->str, (unsigned long)payload->len));
		put_arg(link, &ack, id->str, (size_t)id->len);
	}
	gather(link, ack);
	/* XDEL key id ... is the same without the group. */
	memmove(link->argv + 2, link->argv + 3, entries->elements * sizeof *link->argv);
	memmove(link->lengths + 2, link->lengths + 3, entries->elements * sizeof *link->lengths);
	link->argv[0] = "XDEL";
	gather(link, ack - 1);
	link->gathered += 2;
	link->held += entries->elements;
}

static void work(struct peer_link *link)
{
	bool more = link->load->delivered < link->load->tasks;
	if (more)
		ask_for_more(link);
	for (unsigned long i = 0; i < link->gathered; i++)
		freeReplyObject(reply_of(link));
	load_deleted(link->load, link->held);
	link->gathered = link->held = 0;
	if (!more)
		return;
	redisReply *streams = reply_of(link);
	for (size_t i = 0; i < streams->elements; i++)
		take_stream(link, streams->element[i]);
	freeReplyObject(streams);
}

const struct peer peer_redis = {
	.name = "redis",
	.program = "/usr/bin/redis-server",
	.package = "redis-server",
	.settings = {[PEER_DURABLE] = "appendonly yes, appendfsync always, save \"\": one sync for all that came in a "
				      "turn of its loop",
		     [PEER_DEFAULT] = "no append-only file; snapshots by its own rule"},
	.remark = "a Unix socket",
	.queues = 4,
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
const struct peer peer_redis = {.name = "redis", .missing = "libhiredis-dev"};
#endif
