/* job.h - a child process with an input and two outputs, driven by the caller's poll loop.
 *
 * The child is the leader of a process group of its own: a signal goes to all that it started, and a Ctrl-C at the
 * terminal to none of them. Of each output a bounded part is kept, the rest is read and dropped, so that the child
 * never waits for us. The caller is told of the child's end by SIGCHLD, and asks job_reap. Threads: one.
 */
#ifndef PAIDAN_JOB_H
#define PAIDAN_JOB_H

#include <poll.h>
#include <stdbool.h>

#include "buffer.h"
#include "proto.h"

enum { JOB_FDS = 3, JOB_OUTPUT_BYTES_MAX = 64 * 1024, JOB_ERRORS_BYTES_MAX = 16 * 1024 };

struct job;

/* Whether job_start will find a program of this name; if not, errno. */
bool job_program_exists(const char *program);
/* Open what is closed of descriptors 0 to 2, so that no pipe gets their numbers: needed once, before job_start. False:
 * errno. */
bool job_prepare(void);

/* Start argv[0], looked up in PATH, with input on its stdin; environment is as in environ. Descriptors 0 to 2 of the
 * caller must be open. PD_ESYS: errno; the program cannot be started. */
PD_MUST_USE enum pd_err job_start(struct job **job, char *const argv[], char *const environment[],
				  struct pd_slice input);
/* Closes its descriptors; a child that still runs is killed and waited for. Accepts null. */
void job_free(struct job *job);

/* What to poll for: fills in at most JOB_FDS, returns how many; they may be given to job_io only as long as no other
 * call on job came in between. */
nfds_t job_poll(struct job *job, struct pollfd fds[static JOB_FDS]);
/* Deal with what is ready. */
void job_io(struct job *job, const struct pollfd *fds, nfds_t count);

/* Whether the child has ended; *status is then as waitpid gives it, its outputs are read, and what it left running in
 * its process group is killed. */
bool job_reap(struct job *job, int *status);
/* Send signal to the child and all of its group. */
void job_signal(struct job *job, int signal);

/* The beginning of its stdout, and the end of its stderr. */
struct pd_slice job_output(const struct job *job);
struct pd_slice job_errors(const struct job *job);

#endif
