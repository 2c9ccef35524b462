/* server.h - the server of a peer in a temporary folder of its own, with all processes that it starts.
 *
 * Nothing outlives the program: what was spawned is killed with it, and what these processes leave behind falls to it
 * and is killed by server_remove. One server at a time; the process that measures is single-threaded.
 */
#ifndef PAIDAN_SERVER_H
#define PAIDAN_SERVER_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

struct passwd;

struct server {
	char dir[PATH_MAX], log[PATH_MAX + 8];
	char socket[PATH_MAX + 8]; /* in dir: for those who listen on one */
	int port;                  /* for those who do not */
	pid_t pid;                 /* the first that was spawned */
	const struct passwd *user; /* whose processes they are, or null: ours */
	int stop_signal; /* what ends the server at once and without remains: SIGKILL, unless start says otherwise */
};

struct server_costs {
	double cpu_us, written_bytes;
};

/* Makes the folder in parent, or if null in TMPDIR or /tmp, and finds a free port. False: stderr says why. */
bool server_init(struct server *server, const char *parent);
/* All its processes end, the folder goes. */
void server_remove(struct server *server);

/* A port of loopback that is free at the moment, or 0. */
int server_free_port(void);
/* Write a file into the folder; its path, until the next call. Null: stderr says why. */
const char *server_write(const struct server *server, const char *name, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* For servers that refuse root: if this is root, the folder belongs to user from now on, or to nobody if there is none
 * of that name, and what is spawned and run is theirs. False: stderr says why. */
bool server_become(struct server *server, const char *user);
/* Run a program of the server; its output goes to the log. environment: further NAME=value, or null. Both lists end
 * with null. spawn leaves it running, run waits until it has ended well. False: stderr says why. */
bool server_spawn(struct server *server, const char *const *argv, const char *const *environment);
bool server_run(struct server *server, const char *const *argv);
/* Like server_run, but silent: whether the program ends well. */
bool server_try(struct server *server, const char *const *argv);
bool server_runs(const struct server *server);
/* The last lines of the log go to stderr. */
void server_tell_log(const struct server *server);

/* What all processes below this one, except the two, have used so far. */
struct server_costs server_costs(const pid_t except[2]);

#endif
