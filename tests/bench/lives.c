#include "lives.h"

#include <limits.h>
#include <math.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "broker.h"
#include "disk.h"
#include "id.h"
#include "wire.h"

/* Boshan's micro-grids, with ids from FIRST_AREA on; the leader of area a is person a. */
enum { QUEUES = 1151, DISTRICT = 1, STREET = 2, COMMUNITY = 3, GRID = 4, FIRST_AREA = 1000, CATEGORY = 1 };

struct times {
	uint64_t submitted_us;
	uint32_t ok_us, push_us;
};

struct run {
	const struct lives *lives;
	struct broker broker;
	struct times *times; /* one for each order, shared by the processes */
};

/* ---- the daemon ---- */

/* User and system time of the daemon so far, in µs; and the bytes it had written to disk. */
static void daemon_costs(pid_t pid, double *cpu_us, double *written_bytes)
{
	char path[64], line[2048];
	unsigned long user = 0, sys = 0;
	unsigned long long written = 0;
	snprintf(path, sizeof path, "/proc/%d/stat", pid);
	FILE *f = fopen(path, "r");
	if (f && fgets(line, sizeof line, f))
		sscanf(strrchr(line, ')') + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &sys);
	if (f)
		fclose(f);
	snprintf(path, sizeof path, "/proc/%d/io", pid);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof line, f))
		sscanf(line, "write_bytes: %llu", &written);
	if (f)
		fclose(f);
	*cpu_us = (double)(user + sys) * 1e6 / (double)sysconf(_SC_CLK_TCK);
	*written_bytes = (double)written;
}

/* ---- the registry ---- */

static void count_ok(const struct pd_message *message, void *arg)
{
	*(unsigned *)arg += message->type == PD_MSG_ok || message->type == PD_MSG_refused;
}

static bool make_registry(struct wire *wire)
{
	unsigned answered = 0;
	wire_put_area(wire, DISTRICT, 0, PD_level_district);
	wire_put_area(wire, STREET, DISTRICT, PD_level_street);
	wire_put_area(wire, COMMUNITY, STREET, PD_level_community);
	wire_put_area(wire, GRID, COMMUNITY, PD_level_grid);
	struct pd_message category = {.type = PD_MSG_put_category};
	category.put_category = (struct pd_put_category){.category = CATEGORY,
							 .name = pd_text("bench"),
							 .level = PD_level_microgrid,
							 .urgency = PD_urgency_normal,
							 .accept_within_s = 1800,
							 .complete_within_s = 86400};
	wire_add(wire, &category);
	for (uint32_t area = FIRST_AREA; area < FIRST_AREA + QUEUES; area++) {
		struct pd_message person = {.type = PD_MSG_put_person};
		person.put_person = (struct pd_put_person){
			.person = area, .post = PD_post_leader, .area = area, .name = pd_text("leader")};
		wire_put_area(wire, area, GRID, PD_level_microgrid);
		wire_add(wire, &person);
	}
	wire_flush(wire);
	while (answered < 5 + 2 * QUEUES)
		wire_receive(wire, count_ok, &answered);
	return wire->refused == 0;
}

/* ---- the process that works ---- */

struct worker {
	struct run *run;
	struct wire wire;
	struct pd_id *ids; /* by order number */
	uint32_t *leaders;
	unsigned long completed;
};

/* An order's number stands in the last bytes of its id. */
static unsigned long number_of(const struct pd_id *id)
{
	uint32_t n;
	memcpy(&n, id->bytes + 12, sizeof n);
	return n;
}

/* The request id of an accept is 2n, of a complete 2n + 1. */
static void on_work(const struct pd_message *message, void *arg)
{
	struct worker *worker = arg;
	if (message->type == PD_MSG_push) {
		unsigned long n = number_of(&message->push.order);
		worker->run->times[n].push_us = (uint32_t)(bench_now_us() - worker->run->times[n].submitted_us);
		worker->ids[n] = message->push.order;
		worker->leaders[n] = message->push.holder;
		struct pd_message accept = {.type = PD_MSG_accept, .request = 2 * n};
		accept.accept = (struct pd_accept){message->push.order, message->push.version, message->push.holder};
		wire_add(&worker->wire, &accept);
	} else if (message->type == PD_MSG_ok && message->request & 1) {
		worker->completed++;
	} else if (message->type == PD_MSG_ok && message->ok.seq) {
		unsigned long n = message->request / 2;
		struct pd_message complete = {.type = PD_MSG_complete, .request = message->request + 1};
		complete.complete =
			(struct pd_complete){worker->ids[n], message->ok.version, pd_text("done"), worker->leaders[n]};
		wire_add(&worker->wire, &complete);
	}
}

static int work(struct run *run, int ready_fd)
{
	unsigned long orders = run->lives->orders;
	struct worker worker = {
		.run = run, .ids = calloc(orders, sizeof(struct pd_id)), .leaders = calloc(orders, sizeof(uint32_t))};
	unsigned answered = 0;
	if (!worker.ids || !worker.leaders)
		return 111;
	wire_open(&worker.wire, run->broker.endpoint);
	for (uint32_t area = FIRST_AREA; area < FIRST_AREA + QUEUES; area++) {
		struct pd_message ask = {.type = PD_MSG_work, .work = {area, (uint16_t)run->lives->outstanding}};
		wire_add(&worker.wire, &ask);
	}
	wire_flush(&worker.wire);
	while (answered < QUEUES)
		wire_receive(&worker.wire, count_ok, &answered);
	if (write(ready_fd, "x", 1) != 1)
		return 111;
	while (worker.completed < orders && worker.wire.refused == 0) {
		wire_receive(&worker.wire, on_work, &worker);
		wire_flush(&worker.wire);
	}
	int code = worker.wire.refused ? 1 : 0;
	wire_close(&worker.wire);
	free(worker.ids);
	free(worker.leaders);
	return code;
}

/* ---- the process that submits ---- */

struct submitter {
	struct run *run;
	struct wire wire;
	unsigned long sent, answered;
	char text[4001];
	uint64_t random;
};

static void on_answer(const struct pd_message *message, void *arg)
{
	struct submitter *submitter = arg;
	struct times *times = &submitter->run->times[message->request];
	times->ok_us = (uint32_t)(bench_now_us() - times->submitted_us);
	submitter->answered++;
}

static void submit(struct submitter *submitter)
{
	unsigned long n = submitter->sent++;
	uint8_t random[10];
	struct timespec wall;
	clock_gettime(CLOCK_REALTIME, &wall);
	submitter->random = submitter->random * 6364136223846793005u + 1442695040888963407u;
	memcpy(random, &submitter->random, 8);
	struct pd_id id = pd_id_make((uint64_t)wall.tv_sec * 1000 + (uint64_t)wall.tv_nsec / 1000000, random);
	uint32_t number = (uint32_t)n;
	memcpy(id.bytes + 12, &number, sizeof number);
	struct pd_message message = {.type = PD_MSG_submit, .request = n};
	message.submit = (struct pd_submit){.order = id,
					    .category = CATEGORY,
					    .text = pd_text(submitter->text),
					    .area = FIRST_AREA + (uint32_t)(n * 2654435761u % QUEUES)};
	submitter->run->times[n].submitted_us = bench_now_us();
	wire_add(&submitter->wire, &message);
}

/* Chinese as residents write it, cut to the wanted number of bytes at the end of a character. */
static void make_text(char *text, unsigned long bytes)
{
	static const char sample[] = "三号楼二单元楼道灯不亮，晚上回家看不见路，老人上下楼不安全，请派人来修。";
	unsigned long n = 0;
	while (n < bytes) {
		const char *from = sample + n % (sizeof sample - 1);
		if (n + 3 > bytes)
			text[n++] = '.';
		else
			memcpy(text + n, from, 3), n += 3;
	}
	text[bytes] = 0;
}

static int submit_all(struct run *run)
{
	struct submitter submitter = {.run = run};
	randombytes_buf(&submitter.random, sizeof submitter.random);
	make_text(submitter.text, run->lives->text_bytes);
	wire_open(&submitter.wire, run->broker.endpoint);
	while (submitter.answered < run->lives->orders && submitter.wire.refused == 0) {
		while (submitter.sent < run->lives->orders &&
		       submitter.sent - submitter.answered < run->lives->outstanding)
			submit(&submitter);
		wire_flush(&submitter.wire);
		wire_receive(&submitter.wire, on_answer, &submitter);
	}
	int code = submitter.wire.refused ? 1 : 0;
	wire_close(&submitter.wire);
	return code;
}

/* ---- the report ---- */

static int compare_u32(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}

static uint32_t *sorted(const struct run *run, bool push)
{
	uint32_t *values = malloc(run->lives->orders * sizeof *values);
	if (!values)
		abort();
	for (unsigned long i = 0; i < run->lives->orders; i++)
		values[i] = push ? run->times[i].push_us : run->times[i].ok_us;
	qsort(values, run->lives->orders, sizeof *values, compare_u32);
	return values;
}

/* What the store holds: the journal up to its end, and the pages of the book in use. */
static double stored_bytes(const struct run *run)
{
	char path[PATH_MAX + 32];
	struct stat book = {0};
	snprintf(path, sizeof path, "%s/book/data.mdb", run->broker.data);
	stat(path, &book);
	return broker_journal_bytes(&run->broker) + (double)book.st_blocks * 512;
}

static void report(const struct run *run, double seconds, double cpu_us, double written_bytes, double disk_bytes,
		   double stored)
{
	const struct lives *lives = run->lives;
	double n = (double)lives->orders;
	uint32_t *ok = sorted(run, false), *push = sorted(run, true);
	size_t p50 = lives->orders / 2, p99 = lives->orders * 99 / 100;
	const char *format =
		lives->json ? "{\"outstanding\": %lu, \"orders\": %lu, \"lives_per_s\": %.0f, \"ok_p50_us\": %u, "
			      "\"ok_p99_us\": %u, "
			      "\"push_p50_us\": %u, \"push_p99_us\": %u, \"server_cpu_us_per_life\": %.2f, "
			      "\"written_bytes_per_life\": %.0f, \"stored_bytes_per_life\": %.0f"
			    : "outstanding=%lu orders=%lu lives_per_s=%.0f ok_p50_us=%u ok_p99_us=%u push_p50_us=%u "
			      "push_p99_us=%u "
			      "server_cpu_us_per_life=%.2f written_bytes_per_life=%.0f stored_bytes_per_life=%.0f";
	printf(format, lives->outstanding, lives->orders, n / seconds, ok[p50], ok[p99], push[p50], push[p99],
	       cpu_us / n, written_bytes / n, stored / n);
	if (!isnan(disk_bytes))
		printf(lives->json ? ", \"disk_bytes_per_life\": %.0f" : " disk_bytes_per_life=%.0f", disk_bytes / n);
	puts(lives->json ? "}" : "");
	free(ok);
	free(push);
}

static int carry(struct run *run)
{
	struct wire wire;
	int ready[2];
	char byte;
	wire_open(&wire, run->broker.endpoint);
	bool made = make_registry(&wire);
	wire_close(&wire);
	if (!made || pipe(ready) != 0)
		return 111;
	fflush(NULL);
	pid_t worker = fork();
	if (worker == 0)
		_exit(work(run, ready[1]));
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		return 111;
	double cpu_before, written_before, cpu, written;
	daemon_costs(run->broker.pid, &cpu_before, &written_before);
	double disk_before = disk_written_bytes(run->broker.dir);
	uint64_t start = bench_now_us();
	pid_t submitter = fork();
	if (submitter == 0)
		_exit(submit_all(run));
	int code = bench_exit_code(submitter), worker_code = bench_exit_code(worker);
	double seconds = (double)(bench_now_us() - start) / 1e6;
	daemon_costs(run->broker.pid, &cpu, &written);
	double disk = disk_written_bytes(run->broker.dir);
	int daemon_code = broker_stop(&run->broker);
	code = code ? code : worker_code ? worker_code : daemon_code;
	if (code == 0)
		report(run, seconds, cpu - cpu_before, written - written_before, disk - disk_before, stored_bytes(run));
	return code;
}

int lives_run(const struct lives *lives)
{
	struct run run = {.lives = lives};
	if (sodium_init() < 0)
		return 111;
	run.times = mmap(NULL, lives->orders * sizeof *run.times, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			 -1, 0);
	bool started = run.times != MAP_FAILED && broker_start(&run.broker, lives->program, lives->paidand, lives->dir);
	int code = started ? carry(&run) : 111;
	broker_remove(&run.broker);
	return code;
}
