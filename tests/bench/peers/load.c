#include "load.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../disk.h"
#include "peer.h"

/* For the whole load: longer than that, and something was lost. */
enum { LIMIT_S = 600 };
enum { SUBMITTER, WORKER };

uint64_t load_now_us(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* ---- for drivers ---- */

void peer_die(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	fputs("paidan-peers: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	_exit(111);
}

bool peer_again(uint64_t *since_us)
{
	static const struct timespec moment = {.tv_nsec = 20000000};
	if (*since_us == 0)
		*since_us = load_now_us();
	nanosleep(&moment, NULL);
	return load_now_us() - *since_us < (uint64_t)PEER_START_S * 1000000;
}

const char *load_payload(unsigned long n)
{
	static char payload[LOAD_PAYLOAD + 1];
	if (payload[0] == 0)
		memset(payload, '.', LOAD_PAYLOAD);
	char number[17];
	snprintf(number, sizeof number, "%016lx", n);
	memcpy(payload, number, 16);
	return payload;
}

unsigned long load_number(const struct load *load, const char *payload, unsigned long bytes)
{
	char number[17] = {0};
	if (bytes != LOAD_PAYLOAD)
		peer_die("a payload of %lu bytes came back, it was of %d", bytes, LOAD_PAYLOAD);
	memcpy(number, payload, 16);
	unsigned long n = strtoul(number, NULL, 16);
	if (n >= load->tasks)
		peer_die("a payload came back that was not sent: %s", number);
	return n;
}

unsigned load_queue(const struct load *load, unsigned long n)
{
	return (unsigned)(n * 2654435761u % load->queues);
}

void load_answered(struct load *load, unsigned long n)
{
	struct load_times *times = &load->times[n];
	if (n >= load->tasks || times->answered || !times->submitted_us)
		peer_die("task %lu was answered, but not asked, or answered before", n);
	times->answered = true;
	times->ok_us = (uint32_t)(load_now_us() - times->submitted_us);
	load->answered++;
}

void load_delivered(struct load *load, unsigned long n)
{
	struct load_times *times = &load->times[n];
	if (times->delivered)
		peer_die("task %lu was delivered twice", n);
	times->delivered = true;
	times->push_us = (uint32_t)(load_now_us() - times->submitted_us);
	load->delivered++;
}

void load_deleted(struct load *load, unsigned long count)
{
	load->deleted += count;
	if (load->deleted > load->delivered)
		peer_die("more tasks were deleted than delivered");
}

/* ---- the two processes ---- */

struct child {
	pid_t pid;
	int told, ask; /* it tells when it is ready, and when it is done; it is asked to begin, and by closing to end */
};

struct measurement {
	const struct load_case *what;
	struct server server;
	struct load *load;
	size_t load_bytes;
	struct child children[2];
};

static void tell(int fd)
{
	if (write(fd, "x", 1) != 1)
		_exit(111);
}

/* False once the other side has closed. */
static bool told(int fd)
{
	char byte;
	ssize_t got;
	do
		got = read(fd, &byte, 1);
	while (got < 0 && errno == EINTR);
	return got == 1;
}

static void submit_all(const struct peer *peer, struct peer_link *link, struct load *load)
{
	unsigned long sent = 0;
	while (load->answered < load->tasks) {
		while (sent < load->tasks && sent - load->answered < load->outstanding) {
			load->times[sent].submitted_us = load_now_us();
			peer->submit(link, sent++);
		}
		peer->settle(link);
	}
}

static void work_all(const struct peer *peer, struct peer_link *link, const struct load *load)
{
	while (load->deleted < load->tasks)
		peer->work(link);
}

static void on_alarm(int number)
{
	static const char said[] = "paidan-peers: a task was not answered, delivered or deleted within 10 minutes\n";
	(void)number;
	ssize_t written = write(STDERR_FILENO, said, sizeof said - 1);
	(void)written;
	_exit(111);
}

/* Connections stay until the costs have been read: processes that serve one would take theirs with them. */
static _Noreturn void run_child(struct measurement *m, int role, int tell_fd, int asked_fd)
{
	const struct peer *peer = m->what->peer;
	signal(SIGINT, SIG_IGN); /* paidan-peers sees it, and ends this process. */
	signal(SIGTERM, SIG_DFL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGALRM, on_alarm);
	alarm(LIMIT_S);
	struct peer_link *link = peer->open(m->load, &m->server);
	if (role == WORKER) {
		peer->prepare(link);
		peer->subscribe(link);
	}
	tell(tell_fd);
	if (!told(asked_fd))
		_exit(111);
	if (role == WORKER)
		work_all(peer, link, m->load);
	else
		submit_all(peer, link, m->load);
	m->load->ended_us[role] = load_now_us();
	tell(tell_fd);
	told(asked_fd);
	peer->close(link);
	_exit(0);
}

static bool child_start(struct measurement *m, int role)
{
	int telling[2], asking[2];
	if (pipe(telling) != 0 || pipe(asking) != 0)
		return false;
	fflush(NULL);
	pid_t pid = fork();
	if (pid == 0) {
		close(telling[0]);
		close(asking[1]);
		run_child(m, role, telling[1], asking[0]);
	}
	close(telling[1]);
	close(asking[0]);
	m->children[role] = (struct child){pid, telling[0], asking[1]};
	return pid > 0;
}

static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
	interrupted = number;
}

/* Wait until the child tells, while it and the server live and nobody interrupts. */
static bool child_wait(const struct measurement *m, int role)
{
	struct pollfd ready = {.fd = m->children[role].told, .events = POLLIN};
	while (!interrupted) {
		if (poll(&ready, 1, 100) > 0) {
			char byte;
			return read(ready.fd, &byte, 1) == 1;
		}
		if (!server_runs(&m->server)) {
			fprintf(stderr, "paidan-peers: %s: the server has ended\n", m->what->peer->name);
			server_tell_log(&m->server);
			return false;
		}
	}
	return false;
}

/* ---- the measurement ---- */

static int compare_u32(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}

static void percentiles(const struct load *load, bool push, uint32_t *p50, uint32_t *p99)
{
	uint32_t *values = malloc(load->tasks * sizeof *values);
	if (!values)
		abort();
	for (unsigned long i = 0; i < load->tasks; i++)
		values[i] = push ? load->times[i].push_us : load->times[i].ok_us;
	qsort(values, load->tasks, sizeof *values, compare_u32);
	*p50 = values[load->tasks / 2];
	*p99 = values[load->tasks * 99 / 100];
	free(values);
}

static bool measure(struct measurement *m, struct load_result *result)
{
	struct load *load = m->load;
	double n = (double)load->tasks;
	if (!child_start(m, WORKER) || !child_wait(m, WORKER) || !child_start(m, SUBMITTER) ||
	    !child_wait(m, SUBMITTER))
		return false;
	const pid_t pids[2] = {m->children[0].pid, m->children[1].pid};
	struct server_costs before = server_costs(pids);
	double disk_before = disk_written_bytes(m->server.dir);
	uint64_t begun_us = load_now_us();
	tell(m->children[WORKER].ask);
	tell(m->children[SUBMITTER].ask);
	if (!child_wait(m, SUBMITTER) || !child_wait(m, WORKER))
		return false;
	struct server_costs after = server_costs(pids);
	result->disk_bytes_per_task = (disk_written_bytes(m->server.dir) - disk_before) / n;
	uint64_t ended_us = load->ended_us[load->ended_us[WORKER] > load->ended_us[SUBMITTER]];
	result->tasks_per_s = n * 1e6 / (double)(ended_us - begun_us);
	result->server_cpu_us_per_task = (after.cpu_us - before.cpu_us) / n;
	result->written_bytes_per_task = (after.written_bytes - before.written_bytes) / n;
	percentiles(load, false, &result->ok_p50_us, &result->ok_p99_us);
	percentiles(load, true, &result->push_p50_us, &result->push_p99_us);
	return true;
}

static void end_children(struct measurement *m, bool measured)
{
	for (int role = SUBMITTER; role <= WORKER; role++) {
		struct child *child = &m->children[role];
		if (child->pid <= 0)
			continue;
		close(child->ask);
		if (!measured)
			kill(child->pid, SIGKILL);
		while (waitpid(child->pid, NULL, 0) < 0 && errno == EINTR)
			;
		close(child->told);
	}
}

static struct load *load_new(const struct load_case *what, size_t *bytes)
{
	*bytes = sizeof(struct load) + what->tasks * sizeof(struct load_times);
	struct load *load = mmap(NULL, *bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (load == MAP_FAILED)
		return NULL;
	load->tasks = what->tasks;
	load->outstanding = what->outstanding;
	load->queues = what->queues;
	load->durable = what->setting == PEER_DURABLE;
	return load;
}

int load_carry(const struct load_case *what, struct load_result *result)
{
	struct measurement m = {.what = what};
	struct sigaction action = {.sa_handler = on_signal};
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
	m.load = load_new(what, &m.load_bytes);
	bool measured = m.load && server_init(&m.server, what->dir) &&
			what->peer->start(&m.server, what->program, (enum peer_setting)what->setting) &&
			measure(&m, result);
	end_children(&m, measured);
	server_remove(&m.server);
	if (m.load)
		munmap(m.load, m.load_bytes);
	if (!measured && !interrupted)
		fprintf(stderr, "paidan-peers: %s could not be measured\n", what->peer->name);
	return measured ? 0 : interrupted ? 128 + interrupted : 111;
}
