/* broker.h - a fresh daemon in a temporary folder, for as long as a measurement lasts. */
#ifndef PAIDAN_BENCH_BROKER_H
#define PAIDAN_BENCH_BROKER_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct broker {
	char dir[PATH_MAX], data[PATH_MAX + 8], endpoint[PATH_MAX + 16], paidand[PATH_MAX + 16],
		settings[PATH_MAX + 16];
	pid_t pid; /* 0: it has ended */
};

uint64_t bench_now_ns(void);
uint64_t bench_now_us(void);
/* SIGINT and SIGTERM interrupt what the program waits for, so that it fails, and cleans up. */
void bench_catch_signals(void);
bool bench_interrupted(void);

/* program: argv[0], beside which the daemon is looked for; paidand: the daemon, or null; dir: where the folder is made,
 * or null. It listens when this returns. Folder and daemon go at exit at the latest: *broker must live so long, or be
 * removed. False: stderr says why. */
bool broker_start(struct broker *broker, const char *program, const char *paidand, const char *dir);
/* One that has ended, with what it has stored. settings: lines of a settings file; null: none. */
bool broker_start_again(struct broker *broker, const char *settings);
/* Ends it as a crash would. */
void broker_kill(struct broker *broker);
/* Ends it; its exit code. */
int broker_stop(struct broker *broker);
/* The folder goes, and the daemon if it still runs. */
void broker_remove(struct broker *broker);
/* The exit code of a child. */
int bench_exit_code(pid_t pid);
/* Where the journal ends, in bytes, once the daemon has ended. */
double broker_journal_bytes(const struct broker *broker);
/* What the book takes of the disk; and both. */
double broker_book_bytes(const struct broker *broker);
double broker_stored_bytes(const struct broker *broker);

/* Of the running daemon: its user and system time so far, in µs, and the bytes that it had written to disk; its memory
 * apart from the page cache. */
void broker_costs(const struct broker *broker, double *cpu_us, double *written_bytes);
double broker_memory_mib(const struct broker *broker);

#endif
