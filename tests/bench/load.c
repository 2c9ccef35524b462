#include "load.h"

#include <math.h>
#include <poll.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

#include "disk.h"
#include "id.h"
#include "spread.h"

enum { DISTRICT = 1, STREET = 2, COMMUNITY = 3, GRID = 4 };
/* The most that the protocol knows: what is measured is the broker, not how far the worker lets it go ahead. */
enum { CREDIT = 4096 };

/* What both processes know. */
struct run {
	const struct load *load;
	const char *endpoint;
};

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
	category.put_category = (struct pd_put_category){.category = LOAD_CATEGORY,
							 .name = pd_text("bench"),
							 .level = PD_level_microgrid,
							 .urgency = PD_urgency_normal,
							 .accept_within_s = 1800,
							 .complete_within_s = 86400};
	wire_add(wire, &category);
	for (uint32_t area = LOAD_FIRST_AREA; area < LOAD_FIRST_AREA + LOAD_QUEUES; area++) {
		struct pd_message person = {.type = PD_MSG_put_person};
		person.put_person = (struct pd_put_person){
			.person = area, .post = PD_post_leader, .area = area, .name = pd_text("leader")};
		wire_put_area(wire, area, GRID, PD_level_microgrid);
		wire_add(wire, &person);
	}
	wire_flush(wire);
	while (answered < 5 + 2 * LOAD_QUEUES)
		wire_receive(wire, count_ok, &answered);
	return wire->refused == 0;
}

bool load_make_registry(const char *endpoint)
{
	struct wire wire;
	wire_open(&wire, endpoint);
	bool made = make_registry(&wire);
	wire_close(&wire);
	return made;
}

/* ---- the process that works ---- */

/* A life is told by its number in the order of the pushes: other orders may be pushed, too. */
struct worker {
	const struct load *load;
	struct wire wire;
	struct pd_id *ids;
	uint32_t *leaders;
	unsigned long begun, completed;
	unsigned asked; /* queues whose work has been granted */
};

/* An order's number stands in the last bytes of its id. */
static unsigned long number_of(const struct pd_id *id)
{
	uint32_t n;
	memcpy(&n, id->bytes + 12, sizeof n);
	return n;
}

static void on_push(struct worker *worker, const struct pd_push *push)
{
	if (worker->begun == worker->load->orders)
		return; /* one of the others, which goes on waiting */
	unsigned long n = worker->begun++;
	if (!worker->load->others_wait) {
		struct load_times *times = &worker->load->times[number_of(&push->order)];
		times->push_us = (uint32_t)(worker->wire.read_us - times->submitted_us);
	}
	worker->ids[n] = push->order;
	worker->leaders[n] = push->holder;
	struct pd_message accept = {.type = PD_MSG_accept, .request = 2 * n};
	accept.accept = (struct pd_accept){push->order, push->version, push->holder};
	wire_add(&worker->wire, &accept);
}

/* The request id of an accept is 2n, of a complete 2n + 1. */
static void on_work(const struct pd_message *message, void *arg)
{
	struct worker *worker = arg;
	if (message->type == PD_MSG_push) {
		on_push(worker, &message->push);
	} else if (message->type == PD_MSG_ok && message->request & 1) {
		worker->completed++;
	} else if (message->type == PD_MSG_ok && message->ok.seq == 0) {
		worker->asked++;
	} else if (message->type == PD_MSG_ok) {
		unsigned long n = message->request / 2;
		struct pd_message complete = {.type = PD_MSG_complete, .request = message->request + 1};
		complete.complete =
			(struct pd_complete){worker->ids[n], message->ok.version, pd_text("done"), worker->leaders[n]};
		wire_add(&worker->wire, &complete);
	}
}

static void count_any(const struct pd_message *message, void *arg)
{
	(void)message;
	++*(unsigned *)arg;
}

/* What is pushed here and not accepted waits again. */
static void leave(struct wire *wire)
{
	struct pd_message bye = {.type = PD_MSG_bye};
	unsigned answered = 0;
	wire_add(wire, &bye);
	wire_flush(wire);
	while (answered == 0)
		wire_receive(wire, count_any, &answered);
	wire_close(wire);
}

static int work(const struct run *run, int ready_fd)
{
	const struct load *load = run->load;
	struct worker worker = {.load = load,
				.ids = calloc(load->orders, sizeof(struct pd_id)),
				.leaders = calloc(load->orders, sizeof(uint32_t))};
	if (!worker.ids || !worker.leaders)
		return 111;
	wire_open(&worker.wire, run->endpoint);
	for (uint32_t area = LOAD_FIRST_AREA; area < LOAD_FIRST_AREA + load->queues; area++) {
		struct pd_message ask = {.type = PD_MSG_work, .work = {area, CREDIT}};
		wire_add(&worker.wire, &ask);
	}
	wire_flush(&worker.wire);
	while (worker.asked < load->queues && worker.wire.refused == 0)
		wire_receive(&worker.wire, on_work, &worker);
	if (write(ready_fd, "x", 1) != 1)
		return 111;
	while (worker.completed < load->orders && worker.wire.refused == 0) {
		wire_flush(&worker.wire);
		wire_receive(&worker.wire, on_work, &worker);
	}
	int code = worker.wire.refused ? 1 : 0;
	leave(&worker.wire);
	free(worker.ids);
	free(worker.leaders);
	return code;
}

/* ---- the process that submits ---- */

struct submitter {
	const struct load *load;
	struct wire wire;
	unsigned long sent, answered;
	uint64_t wall_ms; /* the time of day, of all that are submitted in one go */
	double due_us;    /* with a rate: when the next one is to be submitted */
	char text[LOAD_TEXT_BYTES_MAX + 1];
	uint64_t random;
};

static void on_answer(const struct pd_message *message, void *arg)
{
	struct submitter *submitter = arg;
	struct load_times *times = &submitter->load->times[message->request];
	times->ok_us = (uint32_t)(submitter->wire.read_us - times->submitted_us);
	submitter->answered++;
}

uint32_t load_area(const struct load *load, unsigned long n)
{
	return LOAD_FIRST_AREA + (uint32_t)(n * 2654435761u % load->queues);
}

/* Returns the time by bench_now_us. */
static uint64_t look_at_clocks(struct submitter *submitter)
{
	struct timespec wall;
	clock_gettime(CLOCK_REALTIME, &wall);
	submitter->wall_ms = (uint64_t)wall.tv_sec * 1000 + (uint64_t)wall.tv_nsec / 1000000;
	return bench_now_us();
}

static void submit(struct submitter *submitter, uint64_t submitted_us)
{
	unsigned long n = submitter->sent++;
	uint8_t random[10];
	submitter->random = submitter->random * 6364136223846793005u + 1442695040888963407u;
	memcpy(random, &submitter->random, 8);
	struct pd_id id = pd_id_make(submitter->wall_ms, random);
	uint32_t number = (uint32_t)n;
	memcpy(id.bytes + 12, &number, sizeof number);
	struct pd_message message = {.type = PD_MSG_submit, .request = n};
	message.submit = (struct pd_submit){.order = id,
					    .category = LOAD_CATEGORY,
					    .text = pd_text(submitter->text),
					    .area = load_area(submitter->load, n)};
	submitter->load->times[n].submitted_us = submitted_us;
	wire_add(&submitter->wire, &message);
}

/* Chinese as residents write it, cut to the wanted number of bytes at the end of a character. */
void load_text(char text[static LOAD_TEXT_BYTES_MAX + 1], unsigned long bytes)
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

/* So many at a time: the next one when one is answered. */
static void submit_closed(struct submitter *submitter)
{
	const struct load *load = submitter->load;
	while (submitter->answered < load->orders && submitter->wire.refused == 0) {
		uint64_t now_us = look_at_clocks(submitter);
		while (submitter->sent < load->orders && submitter->sent - submitter->answered < load->outstanding)
			submit(submitter, now_us);
		wire_flush(&submitter->wire);
		wire_receive(&submitter->wire, on_answer, submitter);
	}
}

/* The time between two residents who know nothing of each other. */
static double draw_gap_us(struct submitter *submitter)
{
	submitter->random = submitter->random * 6364136223846793005u + 1442695040888963407u;
	double share = (double)(submitter->random >> 11) / 9007199254740992.0;
	return -log(1 - share) * 1e6 / submitter->load->rate;
}

/* Each at its moment, or up to NAP_US after it: its time counts from that moment on. To wake for each of a hundred
 * thousand a second would take a processor, which the broker is then measured without. */
static void submit_open(struct submitter *submitter)
{
	enum { NAP_US = 100 };
	const struct load *load = submitter->load;
	prctl(PR_SET_TIMERSLACK, 1);
	submitter->due_us = (double)bench_now_us();
	while (submitter->answered < load->orders && submitter->wire.refused == 0) {
		for (double now_us = (double)look_at_clocks(submitter);
		     submitter->sent < load->orders && submitter->due_us <= now_us;) {
			submit(submitter, (uint64_t)submitter->due_us);
			submitter->due_us += draw_gap_us(submitter);
		}
		wire_flush(&submitter->wire);
		uint64_t until_us = bench_now_us() + NAP_US;
		if (submitter->due_us > (double)until_us)
			until_us = (uint64_t)submitter->due_us;
		if (submitter->sent == load->orders)
			until_us = UINT64_MAX;
		while (submitter->answered < submitter->sent && wire_wait(&submitter->wire, until_us))
			wire_receive(&submitter->wire, on_answer, submitter);
		if (submitter->answered == submitter->sent && submitter->sent < load->orders)
			wire_wait(&submitter->wire, until_us);
	}
}

static int submit_all(const struct run *run)
{
	struct submitter submitter = {.load = run->load};
	randombytes_buf(&submitter.random, sizeof submitter.random);
	load_text(submitter.text, run->load->text_bytes);
	wire_open(&submitter.wire, run->endpoint);
	if (run->load->rate > 0)
		submit_open(&submitter);
	else
		submit_closed(&submitter);
	int code = submitter.wire.refused ? 1 : 0;
	wire_close(&submitter.wire);
	return code;
}

/* ---- both ---- */

struct load_times *load_times_new(unsigned long orders)
{
	void *times = mmap(NULL, orders * sizeof(struct load_times), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			   -1, 0);
	return times == MAP_FAILED ? NULL : times;
}

void load_times_free(struct load_times *times, unsigned long orders)
{
	if (times)
		munmap(times, orders * sizeof *times);
}

/* The worker has asked for work when it returns; -1: it could not. */
static pid_t start_worker(const struct run *run)
{
	int ready[2];
	char byte;
	if (pipe(ready) != 0)
		return -1;
	pid_t worker = fork();
	if (worker == 0)
		_exit(work(run, ready[1]));
	close(ready[1]);
	bool good = worker > 0 && read(ready[0], &byte, 1) == 1;
	close(ready[0]);
	return good ? worker : -1;
}

int load_carry(const struct load *load, const struct broker *broker, struct load_cost *cost)
{
	struct run run = {load, broker->endpoint};
	double cpu_before, written_before;
	fflush(NULL);
	pid_t worker = load->unworked ? 0 : start_worker(&run);
	if (worker < 0)
		return 111;
	broker_costs(broker, &cpu_before, &written_before);
	double disk_before = disk_written_bytes(broker->dir);
	uint64_t start = bench_now_us();
	pid_t submitter = fork();
	if (submitter == 0)
		_exit(submit_all(&run));
	int code = bench_exit_code(submitter), worker_code = worker ? bench_exit_code(worker) : 0;
	cost->seconds = (double)(bench_now_us() - start) / 1e6;
	broker_costs(broker, &cost->cpu_us, &cost->written_bytes);
	cost->cpu_us -= cpu_before;
	cost->written_bytes -= written_before;
	cost->disk_bytes = disk_written_bytes(broker->dir) - disk_before;
	code = code ? code : worker_code;
	return code || !bench_interrupted() ? code : 111;
}

uint32_t *load_sorted(const struct load *load, bool push)
{
	uint32_t *values = malloc(load->orders * sizeof *values);
	if (!values)
		abort();
	for (unsigned long i = 0; i < load->orders; i++)
		values[i] = push ? load->times[i].push_us : load->times[i].ok_us;
	spread_sort(values, load->orders);
	return values;
}
