/* broker.h - a fresh daemon in a temporary folder, for as long as a measurement lasts. */
#ifndef PAIDAN_BENCH_BROKER_H
#define PAIDAN_BENCH_BROKER_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct broker {
	char dir[PATH_MAX], data[PATH_MAX + 8], endpoint[PATH_MAX + 16];
	pid_t pid; /* 0: it has ended */
};

uint64_t bench_now_us(void);
/* program: argv[0], beside which the daemon is looked for; paidand: the daemon, or null; dir: where the folder is made,
 * or null. False: stderr says why. */
bool broker_start(struct broker *broker, const char *program, const char *paidand, const char *dir);
/* Ends it; its exit code. */
int broker_stop(struct broker *broker);
/* The folder goes, and the daemon if it still runs. */
void broker_remove(struct broker *broker);
/* The exit code of a child. */
int bench_exit_code(pid_t pid);
/* Where the journal ends, in bytes, once the daemon has ended. */
double broker_journal_bytes(const struct broker *broker);

#endif
