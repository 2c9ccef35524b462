/* postgresql.c - a table of tasks: INSERT; SELECT ... FOR UPDATE SKIP LOCKED and DELETE in one transaction.
 *
 * The durable setting is what suits it best, up to GATHERED tasks a commit, by clients that gather them; the default is
 * one commit for each task and step. Both sync each commit before it is answered, as the server does by itself.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <signal.h>
#include <time.h>

#include "peer.h"

#if __has_include(<postgresql/libpq-fe.h>)

#include <arpa/inet.h>
#include <endian.h>
#include <postgresql/libpq-fe.h>

enum { GATHERED = 128, POLL_NS = 500000, INT4_OID = 23, BYTEA_OID = 17, BINARY = 1 };

struct peer_link {
	struct load *load;
	PGconn *db;
	unsigned long batch_max;
	/* The submitter: tasks not yet sent, and of the batches that were sent how many tasks they hold: a ring. */
	unsigned long gathered[GATHERED], gathered_count;
	unsigned long batches[LOAD_OUTSTANDING_MAX], batches_sent, batches_answered, tasks_answered;
	/* The worker: what is to be deleted, as the text of an array; the highest id delivered; whether a transaction
	 * is open. */
	char ids[GATHERED * 21 + 3], last[24];
	unsigned long held;
	bool begun;
};

static bool start(struct server *server, const char *program, enum peer_setting setting)
{
	char initdb[PATH_MAX], data[PATH_MAX + 16];
	(void)setting;
	snprintf(initdb, sizeof initdb, "%.*s/initdb", (int)(strrchr(program, '/') - program), program);
	snprintf(data, sizeof data, "%s/data", server->dir);
	const char *make[] = {initdb,  "-D",         data, "-U",   "paidan",    "-A",
			      "trust", "--locale=C", "-E", "UTF8", "--no-sync", NULL};
	const char *run[] = {program, "-D", data, "-c", "listen_addresses=", "-k", server->dir, NULL};
	/* Killed, it would leave a segment of shared memory behind. */
	server->stop_signal = SIGQUIT;
	return server_become(server, "postgres") && server_run(server, make) && server_spawn(server, run, NULL);
}

/* ---- results ---- */

/* The result of one statement of the pipeline, which the caller clears. */
static PGresult *result_of(struct peer_link *link)
{
	PGresult *result = PQgetResult(link->db);
	ExecStatusType status = PQresultStatus(result);
	if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
		peer_die("postgresql: %s", PQerrorMessage(link->db));
	PQgetResult(link->db); /* the null that ends it */
	return result;
}

static void expect_done(struct peer_link *link)
{
	PQclear(result_of(link));
}

static void expect_sync(struct peer_link *link)
{
	PGresult *result = PQgetResult(link->db);
	if (PQresultStatus(result) != PGRES_PIPELINE_SYNC)
		peer_die("postgresql: %s", PQerrorMessage(link->db));
	PQclear(result);
}

static void sent(const struct peer_link *link, int rc)
{
	if (rc != 1)
		peer_die("postgresql: %s", PQerrorMessage(link->db));
}

static void execute(struct peer_link *link, const char *sql)
{
	PGresult *result = PQexec(link->db, sql);
	if (PQresultStatus(result) != PGRES_COMMAND_OK)
		peer_die("postgresql: %s: %s", sql, PQerrorMessage(link->db));
	PQclear(result);
}

/* ---- the connection ---- */

static struct peer_link *open_link(struct load *load, const struct server *server)
{
	struct peer_link *link = calloc(1, sizeof *link);
	char where[PATH_MAX + 64];
	uint64_t since_us = 0;
	if (!link)
		abort();
	link->load = load;
	link->batch_max = load->durable ? GATHERED : 1;
	link->last[0] = '0';
	snprintf(where, sizeof where, "host=%s user=paidan dbname=postgres", server->dir);
	while (!(link->db = PQconnectdb(where)) || PQstatus(link->db) != CONNECTION_OK) {
		if (!peer_again(&since_us))
			peer_die("postgresql: %s", PQerrorMessage(link->db));
		PQfinish(link->db);
	}
	return link;
}

static void close_link(struct peer_link *link)
{
	PQfinish(link->db);
	free(link);
}

static void prepare(struct peer_link *link)
{
	execute(link, "CREATE TABLE task (id bigserial PRIMARY KEY, queue int NOT NULL, payload bytea NOT NULL)");
}

static void prepare_statement(struct peer_link *link, const char *name, const char *sql)
{
	PGresult *result = PQprepare(link->db, name, sql, 0, NULL);
	if (PQresultStatus(result) != PGRES_COMMAND_OK)
		peer_die("postgresql: %s: %s", sql, PQerrorMessage(link->db));
	PQclear(result);
}

static void enter_pipeline(struct peer_link *link)
{
	if (PQenterPipelineMode(link->db) != 1)
		peer_die("postgresql: %s", PQerrorMessage(link->db));
}

/* ---- the submitter ---- */

static void put_number(char **to, uint32_t number)
{
	uint32_t network = htonl(number);
	memcpy(*to, &network, sizeof network);
	*to += sizeof network;
}

/* A one-dimensional array in PostgreSQL's binary form: a head, and for each element its length and its bytes. */
static void put_head(char **to, uint32_t type, unsigned long count)
{
	const uint32_t head[] = {1, 0, type, (uint32_t)count, 1};
	for (size_t i = 0; i < sizeof head / sizeof *head; i++)
		put_number(to, head[i]);
}

static void send_many(struct peer_link *link)
{
	static char queues[20 + GATHERED * 8], payloads[20 + GATHERED * (4 + LOAD_PAYLOAD)];
	char *q = queues, *p = payloads;
	put_head(&q, INT4_OID, link->gathered_count);
	put_head(&p, BYTEA_OID, link->gathered_count);
	for (unsigned long i = 0; i < link->gathered_count; i++) {
		put_number(&q, 4);
		put_number(&q, load_queue(link->load, link->gathered[i]));
		put_number(&p, LOAD_PAYLOAD);
		memcpy(p, load_payload(link->gathered[i]), LOAD_PAYLOAD);
		p += LOAD_PAYLOAD;
	}
	const char *values[] = {queues, payloads};
	const int lengths[] = {(int)(q - queues), (int)(p - payloads)}, formats[] = {BINARY, BINARY};
	sent(link, PQsendQueryPrepared(link->db, "put_many", 2, values, lengths, formats, BINARY));
}

static void send_one(struct peer_link *link)
{
	uint32_t queue = htonl(load_queue(link->load, link->gathered[0]));
	const char *values[] = {(const char *)&queue, load_payload(link->gathered[0])};
	const int lengths[] = {sizeof queue, LOAD_PAYLOAD}, formats[] = {BINARY, BINARY};
	sent(link, PQsendQueryPrepared(link->db, "put_one", 2, values, lengths, formats, BINARY));
}

/* One statement between two syncs of the pipeline is one transaction. */
static void send_gathered(struct peer_link *link)
{
	if (link->gathered_count == 1)
		send_one(link);
	else
		send_many(link);
	sent(link, PQpipelineSync(link->db));
	link->batches[link->batches_sent++ % LOAD_OUTSTANDING_MAX] = link->gathered_count;
	link->gathered_count = 0;
}

static void submit(struct peer_link *link, unsigned long n)
{
	if (PQpipelineStatus(link->db) == PQ_PIPELINE_OFF) {
		prepare_statement(link, "put_one", "INSERT INTO task (queue, payload) VALUES ($1::int, $2::bytea)");
		prepare_statement(link, "put_many",
				  "INSERT INTO task (queue, payload) SELECT * FROM unnest($1::int[], $2::bytea[])");
		enter_pipeline(link);
	}
	link->gathered[link->gathered_count++] = n;
	if (link->gathered_count == link->batch_max)
		send_gathered(link);
}

static void settle(struct peer_link *link)
{
	if (link->gathered_count)
		send_gathered(link);
	expect_done(link);
	expect_sync(link);
	unsigned long count = link->batches[link->batches_answered++ % LOAD_OUTSTANDING_MAX];
	for (unsigned long i = 0; i < count; i++)
		load_answered(link->load, link->tasks_answered++);
}

/* ---- the worker ---- */

static void subscribe(struct peer_link *link)
{
	/* Nothing is known of a new table, and it would rather sort all of it than walk along the key. */
	execute(link, "SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_sort = off");
	prepare_statement(
		link, "take",
		"SELECT id, payload FROM task WHERE id > $1::bigint ORDER BY id LIMIT $2::int FOR UPDATE SKIP LOCKED");
	prepare_statement(link, "drop", "DELETE FROM task WHERE id = ANY ($1::bigint[])");
	enter_pipeline(link);
}

static void send_delete(struct peer_link *link)
{
	const char *values[] = {link->ids};
	if (link->held)
		sent(link, PQsendQueryPrepared(link->db, "drop", 1, values, NULL, NULL, BINARY));
	sent(link, PQsendQueryParams(link->db, "COMMIT", 0, NULL, NULL, NULL, NULL, BINARY));
	sent(link, PQpipelineSync(link->db));
}

static void expect_deleted(struct peer_link *link)
{
	if (link->held)
		expect_done(link);
	expect_done(link);
	expect_sync(link);
	load_deleted(link->load, link->held);
	link->held = 0;
}

static void send_take(struct peer_link *link)
{
	char limit[24];
	snprintf(limit, sizeof limit, "%lu", link->batch_max);
	const char *values[] = {link->last, limit};
	sent(link, PQsendQueryParams(link->db, "BEGIN", 0, NULL, NULL, NULL, NULL, BINARY));
	sent(link, PQsendQueryPrepared(link->db, "take", 2, values, NULL, NULL, BINARY));
	sent(link, PQpipelineSync(link->db));
}

static void expect_taken(struct peer_link *link)
{
	char *end = link->ids;
	expect_done(link);
	PGresult *rows = result_of(link);
	for (int row = 0; row < PQntuples(rows); row++) {
		uint64_t id;
		memcpy(&id, PQgetvalue(rows, row, 0), sizeof id);
		snprintf(link->last, sizeof link->last, "%llu", (unsigned long long)be64toh(id));
		end += sprintf(end, "%c%s", row ? ',' : '{', link->last);
		load_delivered(link->load, load_number(link->load, PQgetvalue(rows, row, 1),
						       (unsigned long)PQgetlength(rows, row, 1)));
		link->held++;
	}
	if (link->held)
		snprintf(end, 2, "}");
	PQclear(rows);
	expect_sync(link);
}

static void work(struct peer_link *link)
{
	static const struct timespec pause = {.tv_nsec = POLL_NS};
	bool begun = link->begun, more = link->load->delivered < link->load->tasks, dry = begun && !link->held;
	if (begun)
		send_delete(link);
	/* Nothing was there: asking at once again would only take the processor from the others. */
	if (dry) {
		expect_deleted(link);
		nanosleep(&pause, NULL);
	}
	if (more)
		send_take(link);
	if (begun && !dry)
		expect_deleted(link);
	if (more)
		expect_taken(link);
	link->begun = more;
}

const struct peer peer_postgresql = {
	.name = "postgresql",
	.program = "/usr/lib/postgresql/*/bin/postgres",
	.package = "postgresql",
	.settings = {[PEER_DURABLE] =
			     "as it comes (fsync, synchronous_commit on); the clients gather up to 128 tasks a commit",
		     [PEER_DEFAULT] = "as it comes (fsync, synchronous_commit on); one commit a task and step"},
	.default_on_disk = true,
	.remark = "the queue is a column; the worker takes the oldest of any queue, in the transaction that deletes "
		  "them, starts "
		  "from the last id that it had, and asks again after 0.5 ms when there was nothing; a Unix socket",
	.queues = LOAD_QUEUES,
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
const struct peer peer_postgresql = {.name = "postgresql", .missing = "libpq-dev"};
#endif
