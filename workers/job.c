#include "job.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct job {
	pid_t pid;
	bool ended;
	int in, out, err; /* our ends, non-blocking; -1: closed */
	struct pd_buffer input, output, errors;
	size_t input_at;
};

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* ---- what has to be there ---- */

/* Whether a file can be executed; false: errno. */
static bool is_program(const char *path)
{
	struct stat file;
	if (stat(path, &file))
		return false;
	errno = EACCES;
	return S_ISREG(file.st_mode) && access(path, X_OK) == 0;
}

/* As posix_spawnp will look for it: a mistyped program must not cost an order. */
bool job_program_exists(const char *program)
{
	const char *path = getenv("PATH");
	char candidate[4096];
	if (strchr(program, '/'))
		return is_program(program);
	if (!path)
		path = "/bin:/usr/bin";
	for (;;) {
		size_t length = strcspn(path, ":");
		int bytes = snprintf(candidate, sizeof candidate, "%.*s/%s", length ? (int)length : 1,
				     length ? path : ".", program);
		if (bytes < (int)sizeof candidate && is_program(candidate))
			return true;
		if (!path[length])
			break;
		path += length + 1;
	}
	errno = ENOENT;
	return false;
}

/* Pipes for children must not get the numbers of the standard descriptors. */
bool job_prepare(void)
{
	int fd;
	do
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
	return fd >= 0;
}

/* ---- starting ---- */

/* Three pipes: [0] is read from, [1] written to. */
struct pipes {
	int in[2], out[2], err[2];
};

static void close_pipes(struct pipes *pipes)
{
	for (int end = 0; end < 2; end++) {
		close_fd(&pipes->in[end]);
		close_fd(&pipes->out[end]);
		close_fd(&pipes->err[end]);
	}
}

static enum pd_err open_pipes(struct pipes *pipes)
{
	*pipes = (struct pipes){{-1, -1}, {-1, -1}, {-1, -1}};
	if (pipe2(pipes->in, O_CLOEXEC) || pipe2(pipes->out, O_CLOEXEC) || pipe2(pipes->err, O_CLOEXEC))
		return PD_ESYS;
	/* Ours alone: the child's ends are other open files. */
	if (fcntl(pipes->in[1], F_SETFL, O_NONBLOCK) || fcntl(pipes->out[0], F_SETFL, O_NONBLOCK) ||
	    fcntl(pipes->err[0], F_SETFL, O_NONBLOCK))
		return PD_ESYS;
	return PD_OK;
}

/* posix_spawn's functions return an errno. */
static int set_actions(posix_spawn_file_actions_t *actions, const struct pipes *pipes)
{
	assert(pipes->in[0] > 2 && pipes->out[1] > 2 && pipes->err[1] > 2);
	int error = posix_spawn_file_actions_adddup2(actions, pipes->in[0], STDIN_FILENO);
	if (!error)
		error = posix_spawn_file_actions_adddup2(actions, pipes->out[1], STDOUT_FILENO);
	if (!error)
		error = posix_spawn_file_actions_adddup2(actions, pipes->err[1], STDERR_FILENO);
	if (!error)
		error = posix_spawn_file_actions_addclosefrom_np(actions, STDERR_FILENO + 1);
	return error;
}

/* The child gets signals as a fresh process does, whatever we block and ignore. */
static int set_attributes(posix_spawnattr_t *attributes)
{
	sigset_t none, all;
	sigemptyset(&none);
	sigfillset(&all);
	int error = posix_spawnattr_setflags(attributes,
					     POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	if (!error)
		error = posix_spawnattr_setsigmask(attributes, &none);
	return error ? error : posix_spawnattr_setsigdefault(attributes, &all);
}

static int spawn(pid_t *pid, char *const argv[], char *const environment[], const struct pipes *pipes)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int error = posix_spawn_file_actions_init(&actions);
	if (error)
		return error;
	error = posix_spawnattr_init(&attributes);
	if (!error) {
		error = set_actions(&actions, pipes);
		if (!error)
			error = set_attributes(&attributes);
		if (!error)
			error = posix_spawnp(pid, argv[0], &actions, &attributes, argv, environment);
		posix_spawnattr_destroy(&attributes);
	}
	posix_spawn_file_actions_destroy(&actions);
	return error;
}

enum pd_err job_start(struct job **started, char *const argv[], char *const environment[], struct pd_slice input)
{
	struct pipes pipes;
	pid_t pid;
	int error = open_pipes(&pipes) ? errno : spawn(&pid, argv, environment, &pipes);
	if (error) {
		close_pipes(&pipes);
		errno = error;
		return PD_ESYS;
	}
	struct job *job = calloc(1, sizeof *job);
	if (!job)
		abort();
	*job = (struct job){.pid = pid, .in = pipes.in[1], .out = pipes.out[0], .err = pipes.err[0]};
	pipes.in[1] = pipes.out[0] = pipes.err[0] = -1;
	close_pipes(&pipes);
	pd_buffer_add(&job->input, input.data, input.bytes);
	*started = job;
	return PD_OK;
}

void job_free(struct job *job)
{
	if (!job)
		return;
	if (!job->ended) {
		job_signal(job, SIGKILL);
		while (waitpid(job->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	close_fd(&job->in);
	close_fd(&job->out);
	close_fd(&job->err);
	pd_buffer_fini(&job->input);
	pd_buffer_fini(&job->output);
	pd_buffer_fini(&job->errors);
	free(job);
}

/* ---- input and outputs ---- */

static bool would_block(ssize_t result)
{
	return result < 0 && (errno == EAGAIN || errno == EINTR);
}

static void write_input(struct job *job)
{
	while (job->input_at < job->input.count) {
		ssize_t wrote = write(job->in, job->input.data + job->input_at, job->input.count - job->input_at);
		if (would_block(wrote))
			return;
		if (wrote < 0)
			break; /* it does not read all of its input: its right */
		job->input_at += (size_t)wrote;
	}
	close_fd(&job->in);
}

static void keep_beginning(struct pd_buffer *kept, const char *data, size_t bytes)
{
	size_t room = JOB_OUTPUT_BYTES_MAX - kept->count;
	pd_buffer_add(kept, data, bytes < room ? bytes : room);
}

static void keep_end(struct pd_buffer *kept, const char *data, size_t bytes)
{
	pd_buffer_add(kept, data, bytes);
	if (kept->count <= JOB_ERRORS_BYTES_MAX)
		return;
	size_t surplus = kept->count - JOB_ERRORS_BYTES_MAX;
	memmove(kept->data, kept->data + surplus, JOB_ERRORS_BYTES_MAX);
	kept->count = JOB_ERRORS_BYTES_MAX;
}

static void read_output(int *fd, struct pd_buffer *kept,
			void (*keep)(struct pd_buffer *kept, const char *data, size_t bytes))
{
	enum { PIECES_MAX = 64 }; /* who writes without end must not keep the others waiting */
	char piece[4096];
	for (int pieces = 0; *fd >= 0 && pieces < PIECES_MAX; pieces++) {
		ssize_t got = read(*fd, piece, sizeof piece);
		if (would_block(got))
			return;
		if (got > 0)
			keep(kept, piece, (size_t)got);
		else
			close_fd(fd);
	}
}

nfds_t job_poll(struct job *job, struct pollfd fds[static JOB_FDS])
{
	nfds_t count = 0;
	if (job->in >= 0)
		fds[count++] = (struct pollfd){.fd = job->in, .events = POLLOUT};
	if (job->out >= 0)
		fds[count++] = (struct pollfd){.fd = job->out, .events = POLLIN};
	if (job->err >= 0)
		fds[count++] = (struct pollfd){.fd = job->err, .events = POLLIN};
	return count;
}

void job_io(struct job *job, const struct pollfd *fds, nfds_t count)
{
	for (nfds_t i = 0; i < count; i++) {
		if (!fds[i].revents)
			continue;
		if (fds[i].fd == job->in)
			write_input(job);
		else if (fds[i].fd == job->out)
			read_output(&job->out, &job->output, keep_beginning);
		else if (fds[i].fd == job->err)
			read_output(&job->err, &job->errors, keep_end);
	}
}

/* ---- the end ---- */

bool job_reap(struct job *job, int *status)
{
	siginfo_t info = {0};
	if (job->ended || waitid(P_PID, (id_t)job->pid, &info, WEXITED | WNOHANG | WNOWAIT) || info.si_pid != job->pid)
		return false;
	/* As long as it is not reaped, its group is nobody else's. */
	job_signal(job, SIGKILL);
	if (waitpid(job->pid, status, 0) != job->pid)
		return false;
	job->ended = true;
	/* What is in the pipes now is all that counts: somebody whom the child left behind may hold them open for ever.
	 */
	read_output(&job->out, &job->output, keep_beginning);
	read_output(&job->err, &job->errors, keep_end);
	return true;
}

void job_signal(struct job *job, int signal)
{
	if (!job->ended)
		kill(-job->pid, signal);
}

struct pd_slice job_output(const struct job *job)
{
	return (struct pd_slice){job->output.data, (uint32_t)job->output.count};
}

struct pd_slice job_errors(const struct job *job)
{
	return (struct pd_slice){job->errors.data, (uint32_t)job->errors.count};
}
