#include "server.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <netinet/in.h>
#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- the folder ---- */

int server_free_port(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof address;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool bound = fd >= 0 && bind(fd, (struct sockaddr *)&address, length) == 0 &&
		     getsockname(fd, (struct sockaddr *)&address, &length) == 0;
	if (fd >= 0)
		close(fd);
	return bound ? ntohs(address.sin_port) : 0;
}

bool server_init(struct server *server, const char *parent)
{
	const char *tmp = parent ? parent : getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp";
	char absolute[PATH_MAX];
	*server = (struct server){.stop_signal = SIGKILL};
	if (!realpath(tmp, absolute)) {
		fprintf(stderr, "paidan-peers: %s: %s\n", tmp, strerror(errno));
		return false;
	}
	snprintf(server->dir, sizeof server->dir, "%.*s/paidan-peers-XXXXXX", PATH_MAX - 32, absolute);
	/* A server that is not root must be let through, too. */
	if (!mkdtemp(server->dir) || chmod(server->dir, 0711) != 0) {
		fprintf(stderr, "paidan-peers: %s: %s\n", server->dir, strerror(errno));
		server->dir[0] = 0;
		return false;
	}
	snprintf(server->log, sizeof server->log, "%s/log", server->dir);
	snprintf(server->socket, sizeof server->socket, "%s/socket", server->dir);
	server->port = server_free_port();
	/* What a server leaves behind falls to this process. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	return server->port != 0;
}

const char *server_write(const struct server *server, const char *name, const char *format, ...)
{
	static char path[PATH_MAX + 64];
	snprintf(path, sizeof path, "%s/%s", server->dir, name);
	FILE *f = fopen(path, "w");
	bool written = f != NULL;
	if (f) {
		va_list args;
		va_start(args, format);
		written = vfprintf(f, format, args) >= 0;
		va_end(args);
		written = fclose(f) == 0 && written;
	}
	if (!written)
		fprintf(stderr, "paidan-peers: %s: %s\n", path, strerror(errno));
	return written ? path : NULL;
}

/* ---- its processes ---- */

bool server_become(struct server *server, const char *user)
{
	if (getuid() != 0)
		return true;
	server->user = getpwnam(user);
	if (!server->user)
		server->user = getpwnam("nobody");
	if (server->user && chown(server->dir, server->user->pw_uid, server->user->pw_gid) == 0)
		return true;
	fprintf(stderr, "paidan-peers: %s refuses to run as root, and cannot be run as another\n", user);
	return false;
}

static void become(const struct passwd *user)
{
	if (user &&
	    (initgroups(user->pw_name, user->pw_gid) != 0 || setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0)) {
		fprintf(stderr, "cannot become %s: %s\n", user->pw_name, strerror(errno));
		_exit(111);
	}
}

static _Noreturn void run_as(const struct server *server, const char *const *argv, const char *const *environment)
{
	int log = open(server->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644),
	    null = open("/dev/null", O_RDONLY);
	dup2(null, 0);
	dup2(log, 1);
	dup2(log, 2);
	setsid(); /* Ctrl-C is for paidan-peers, which then ends the server. */
	become(server->user);
	/* After the change of user, which undoes it. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	for (size_t i = 0; environment && environment[i]; i++)
		putenv((char *)environment[i]);
	if (chdir(server->dir) == 0) /* for what it drops where it stands */
		execv(argv[0], (char *const *)argv);
	fprintf(stderr, "%s: %s\n", argv[0], strerror(errno));
	_exit(111);
}

bool server_spawn(struct server *server, const char *const *argv, const char *const *environment)
{
	pid_t pid = fork();
	if (pid == 0)
		run_as(server, argv, environment);
	if (pid < 0)
		fprintf(stderr, "paidan-peers: %s: %s\n", argv[0], strerror(errno));
	if (server->pid == 0)
		server->pid = pid;
	return pid > 0;
}

bool server_try(struct server *server, const char *const *argv)
{
	int status;
	pid_t pid = fork();
	if (pid == 0)
		run_as(server, argv, NULL);
	return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool server_run(struct server *server, const char *const *argv)
{
	if (server_try(server, argv))
		return true;
	fprintf(stderr, "paidan-peers: %s failed\n", argv[0]);
	server_tell_log(server);
	return false;
}

bool server_runs(const struct server *server)
{
	siginfo_t info = {0};
	return waitid(P_PID, (id_t)server->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == 0;
}

void server_tell_log(const struct server *server)
{
	enum { TOLD = 2000 };
	char text[TOLD + 1];
	FILE *f = fopen(server->log, "r");
	if (!f)
		return;
	fseek(f, 0, SEEK_END);
	long size = ftell(f);
	fseek(f, size > TOLD ? size - TOLD : 0, SEEK_SET);
	size_t got = fread(text, 1, TOLD, f);
	text[got] = 0;
	fclose(f);
	fprintf(stderr, "paidan-peers: the end of its log:\n%s\n", text);
}

/* ---- all processes below this one ---- */

struct process {
	pid_t pid, parent;
	double ticks; /* its own, and of its children that it has waited for */
};

enum { PROCESSES_MAX = 32768 };

static bool read_process(pid_t pid, struct process *process)
{
	char path[64], line[2048];
	unsigned long user = 0, sys = 0;
	long waited_user = 0, waited_sys = 0;
	int parent = 0;
	snprintf(path, sizeof path, "/proc/%d/stat", pid);
	FILE *f = fopen(path, "r");
	if (!f)
		return false;
	const char *rest = fgets(line, sizeof line, f) ? strrchr(line, ')') : NULL;
	fclose(f);
	if (!rest || sscanf(rest + 2, "%*c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %ld %ld", &parent, &user,
			    &sys, &waited_user, &waited_sys) != 5)
		return false;
	*process = (struct process){pid, parent, (double)(user + sys) + (double)(waited_user + waited_sys)};
	return true;
}

static size_t read_all(struct process *all)
{
	size_t count = 0;
	DIR *proc = opendir("/proc");
	const struct dirent *entry;
	while (proc && (entry = readdir(proc)) && count < PROCESSES_MAX) {
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
		count += pid > 0 && read_process(pid, &all[count]);
	}
	if (proc)
		closedir(proc);
	return count;
}

/* Moves those below this process to the front; how many they are. The folder of /proc is in no order of descent. */
static size_t descendants(struct process *all, size_t count)
{
	size_t found = 0;
	for (size_t i = 0; i < count; i++) {
		pid_t parent = all[i].parent;
		bool below = parent == getpid();
		for (size_t j = 0; j < found && !below; j++)
			below = all[j].pid == parent;
		if (below) {
			struct process process = all[i];
			all[i] = all[found];
			all[found++] = process;
			i = found - 1; /* those before may be its children */
		}
	}
	return found;
}

static double written_by(pid_t pid)
{
	char path[64], line[256];
	unsigned long long written = 0;
	snprintf(path, sizeof path, "/proc/%d/io", pid);
	FILE *f = fopen(path, "r");
	while (f && fgets(line, sizeof line, f))
		sscanf(line, "write_bytes: %llu", &written);
	if (f)
		fclose(f);
	return (double)written;
}

struct server_costs server_costs(const pid_t except[2])
{
	static struct process all[PROCESSES_MAX];
	struct server_costs costs = {0};
	size_t count = descendants(all, read_all(all));
	for (size_t i = 0; i < count; i++) {
		if (all[i].pid == except[0] || all[i].pid == except[1])
			continue;
		costs.cpu_us += all[i].ticks * 1e6 / (double)sysconf(_SC_CLK_TCK);
		costs.written_bytes += written_by(all[i].pid);
	}
	return costs;
}

static int remove_one(const char *path, const struct stat *stat, int type, struct FTW *ftw)
{
	(void)stat;
	(void)type;
	(void)ftw;
	return remove(path);
}

void server_remove(struct server *server)
{
	static struct process all[PROCESSES_MAX];
	if (server->pid > 0) {
		kill(server->pid, server->stop_signal);
		while (waitpid(server->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	/* Killing one makes its children ours, so again until none is left. */
	for (size_t count; (count = descendants(all, read_all(all))) > 0;) {
		for (size_t i = 0; i < count; i++)
			kill(all[i].pid, SIGKILL);
		while (waitpid(-1, NULL, 0) < 0 && errno == EINTR)
			;
	}
	if (server->dir[0])
		nftw(server->dir, remove_one, 32, FTW_DEPTH | FTW_PHYS);
}
