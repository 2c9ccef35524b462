#include "broker.h"

#include <errno.h>
#include <ftw.h>
#include <libgen.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "ipc.h"
#include "journal.h"

uint64_t bench_now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

uint64_t bench_now_us(void)
{
	return bench_now_ns() / 1000;
}

/* Until it listens, or has ended. */
static bool await(struct broker *broker)
{
	enum { PATIENCE_S = 600 };
	const struct timespec moment = {.tv_nsec = 500000};
	uint64_t until_us = bench_now_us() + PATIENCE_S * 1000000ULL;
	int fd;
	while ((fd = ipc_connect(broker->endpoint)) < 0 && bench_now_us() < until_us && !bench_interrupted()) {
		if (waitpid(broker->pid, NULL, WNOHANG) == broker->pid) {
			broker->pid = 0;
			fprintf(stderr, "paidan-bench: %s has ended at its start\n", broker->paidand);
			return false;
		}
		nanosleep(&moment, NULL);
	}
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static bool spawn(struct broker *broker)
{
	char publish[PATH_MAX + 16];
	snprintf(publish, sizeof publish, "ipc://%s/events", broker->dir);
	const char *argv[] = {broker->paidand,  "--data",    broker->data, "--listen",
			      broker->endpoint, "--publish", publish,      "--log-level",
			      "error",          NULL,        NULL,         NULL};
	if (broker->settings[0]) {
		argv[9] = "--config";
		argv[10] = broker->settings;
	}
	int rc = posix_spawn(&broker->pid, broker->paidand, NULL, NULL, (char *const *)argv, environ);
	if (rc) {
		broker->pid = 0;
		fprintf(stderr, "paidan-bench: %s: %s\n", broker->paidand, strerror(rc));
	}
	return rc == 0 && await(broker);
}

/* The daemon given, or the one beside the program. */
static void name_daemon(struct broker *broker, const char *program, const char *paidand)
{
	char self[PATH_MAX];
	snprintf(self, sizeof self, "%s", program);
	if (paidand)
		snprintf(broker->paidand, sizeof broker->paidand, "%s", paidand);
	else
		snprintf(broker->paidand, sizeof broker->paidand, "%s/paidand", dirname(self));
}

/* ---- leaving nothing behind ---- */

enum { STARTED_MAX = 32 };
static struct broker *started[STARTED_MAX]; /* whose folders are to be removed */
static pid_t starter;

static void remove_started(void)
{
	if (getpid() != starter)
		return; /* a child that failed */
	for (int i = 0; i < STARTED_MAX; i++)
		if (started[i])
			broker_remove(started[i]);
}

static void remember(struct broker *broker)
{
	int i = 0;
	while (i < STARTED_MAX && started[i])
		i++;
	if (i == STARTED_MAX)
		abort();
	started[i] = broker;
	if (starter == 0)
		atexit(remove_started);
	starter = getpid();
}

static void forget(const struct broker *broker)
{
	for (int i = 0; i < STARTED_MAX; i++)
		if (started[i] == broker)
			started[i] = NULL;
}

/* Whoever waits is woken, fails, and goes home by the way of all failures. */
static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
	interrupted = number;
}

bool bench_interrupted(void)
{
	return interrupted;
}

void bench_catch_signals(void)
{
	struct sigaction action = {.sa_handler = on_signal};
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

/* ---- a daemon ---- */

bool broker_start(struct broker *broker, const char *program, const char *paidand, const char *dir)
{
	const char *tmp = dir ? dir : getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp";
	*broker = (struct broker){0};
	snprintf(broker->dir, sizeof broker->dir, "%s/paidan-bench-XXXXXX", tmp);
	if (!mkdtemp(broker->dir)) {
		fprintf(stderr, "paidan-bench: %s: %s\n", broker->dir, strerror(errno));
		broker->dir[0] = 0;
		return false;
	}
	snprintf(broker->data, sizeof broker->data, "%s/data", broker->dir);
	snprintf(broker->endpoint, sizeof broker->endpoint, "ipc://%s/commands", broker->dir);
	remember(broker);
	name_daemon(broker, program, paidand);
	return spawn(broker);
}

bool broker_start_again(struct broker *broker, const char *settings)
{
	broker->settings[0] = 0;
	if (settings) {
		snprintf(broker->settings, sizeof broker->settings, "%s/settings", broker->dir);
		FILE *f = fopen(broker->settings, "w");
		if (!f || fprintf(f, "[paidand]\n%s\n", settings) < 0 || fclose(f) != 0)
			return false;
	}
	return spawn(broker);
}

void broker_kill(struct broker *broker)
{
	kill(broker->pid, SIGKILL);
	bench_exit_code(broker->pid);
	broker->pid = 0;
}

int bench_exit_code(pid_t pid)
{
	int status;
	if (waitpid(pid, &status, 0) != pid)
		return 111;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 111;
}

int broker_stop(struct broker *broker)
{
	kill(broker->pid, SIGTERM);
	int code = bench_exit_code(broker->pid);
	broker->pid = 0;
	return code;
}

static int remove_one(const char *path, const struct stat *stat, int type, struct FTW *ftw)
{
	(void)stat;
	(void)type;
	(void)ftw;
	return remove(path);
}

void broker_remove(struct broker *broker)
{
	if (broker->pid > 0)
		broker_stop(broker);
	if (broker->dir[0])
		nftw(broker->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	forget(broker);
}

double broker_journal_bytes(const struct broker *broker)
{
	char path[PATH_MAX + 32];
	struct journal *journal;
	struct journal_opened opened;
	snprintf(path, sizeof path, "%s/journal", broker->data);
	struct journal_options options = {.dir = path, .read_only = true};
	if (journal_open(&journal, &options, &opened))
		return 0;
	double bytes = (double)journal_end(journal);
	journal_close(journal);
	return bytes;
}

void broker_costs(const struct broker *broker, double *cpu_us, double *written_bytes)
{
	char path[64], line[2048];
	unsigned long user = 0, sys = 0;
	unsigned long long written = 0;
	snprintf(path, sizeof path, "/proc/%d/stat", broker->pid);
	FILE *f = fopen(path, "r");
	if (f && fgets(line, sizeof line, f))
		sscanf(strrchr(line, ')') + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &sys);
	if (f)
		fclose(f);
	snprintf(path, sizeof path, "/proc/%d/io", broker->pid);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof line, f))
		sscanf(line, "write_bytes: %llu", &written);
	if (f)
		fclose(f);
	*cpu_us = (double)(user + sys) * 1e6 / (double)sysconf(_SC_CLK_TCK);
	*written_bytes = (double)written;
}

double broker_book_bytes(const struct broker *broker)
{
	char path[PATH_MAX + 32];
	struct stat book = {0};
	snprintf(path, sizeof path, "%s/book/data.mdb", broker->data);
	stat(path, &book);
	return (double)book.st_blocks * 512;
}

double broker_stored_bytes(const struct broker *broker)
{
	return broker_journal_bytes(broker) + broker_book_bytes(broker);
}

double broker_memory_mib(const struct broker *broker)
{
	char path[64], line[256];
	unsigned long kib = 0;
	snprintf(path, sizeof path, "/proc/%d/status", broker->pid);
	FILE *f = fopen(path, "r");
	while (f && fgets(line, sizeof line, f))
		sscanf(line, "RssAnon: %lu", &kib);
	if (f)
		fclose(f);
	return (double)kib / 1024;
}
