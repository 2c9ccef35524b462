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

#include "journal.h"

uint64_t bench_now_us(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static bool spawn(struct broker *broker, const char *beside, const char *given)
{
	char paidand[PATH_MAX + 16], self[PATH_MAX], publish[PATH_MAX + 16];
	snprintf(self, sizeof self, "%s", beside);
	snprintf(paidand, sizeof paidand, "%s/paidand", dirname(self));
	snprintf(publish, sizeof publish, "ipc://%s/events", broker->dir);
	const char *program = given ? given : paidand;
	const char *argv[] = {program,     "--data", broker->data,  "--listen", broker->endpoint,
			      "--publish", publish,  "--log-level", "error",    NULL};
	int rc = posix_spawn(&broker->pid, program, NULL, NULL, (char *const *)argv, environ);
	if (rc)
		fprintf(stderr, "paidan-bench: %s: %s\n", program, strerror(rc));
	return rc == 0;
}

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
	return spawn(broker, program, paidand);
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
