#include "endpoint.h"

#include <errno.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { HOST_BYTES = 256, PORT_MAX = 65535 };

static const char ipc[] = "ipc://", tcp[] = "tcp://";

static enum pd_err fail(int error)
{
	errno = error;
	return PD_ESYS;
}

static enum pd_err closed(int fd)
{
	int saved = errno;
	close(fd);
	return fail(saved);
}

/* ---- ipc ---- */

/* The path in an ipc endpoint; null: it is none. */
static const char *path_of(const char *endpoint)
{
	return strncmp(endpoint, ipc, sizeof ipc - 1) == 0 ? endpoint + sizeof ipc - 1 : NULL;
}

/* "@" stands for the zero byte of names that are in no file system. */
static bool ipc_address(const char *path, struct sockaddr_un *address, socklen_t *bytes)
{
	size_t length = strlen(path);
	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (length == 0 || length >= sizeof address->sun_path)
		return false;
	memcpy(address->sun_path, path, length);
	if (path[0] == '@')
		address->sun_path[0] = 0;
	*bytes = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + (path[0] != '@'));
	return true;
}

/* Whether somebody listens there: unlink and bind would take their place without a word. */
static bool in_use(const char *endpoint)
{
	struct sockaddr_un address;
	socklen_t bytes;
	const char *path = path_of(endpoint);
	if (!path || !ipc_address(path, &address, &bytes))
		return false;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	bool used = fd >= 0 && (connect(fd, (struct sockaddr *)&address, bytes) == 0 || errno == EAGAIN);
	if (fd >= 0)
		close(fd);
	return used;
}

static enum pd_err listen_ipc(const char *path, int *listener)
{
	struct sockaddr_un address;
	socklen_t bytes;
	if (!ipc_address(path, &address, &bytes))
		return fail(strlen(path) ? ENAMETOOLONG : EINVAL);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return PD_ESYS;
	struct stat there;
	if (path[0] != '@' && lstat(path, &there) == 0) {
		if (!S_ISSOCK(there.st_mode)) {
			close(fd);
			return fail(EEXIST);
		}
		unlink(path); /* what a crash has left behind */
	}
	if (bind(fd, (struct sockaddr *)&address, bytes) != 0 || listen(fd, ENDPOINT_BACKLOG) != 0)
		return closed(fd);
	*listener = fd;
	return PD_OK;
}

/* ---- tcp ---- */

static bool set(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof value) == 0;
}

/* Connections inherit these. */
static bool set_options(int fd)
{
	return set(fd, SOL_SOCKET, SO_REUSEADDR, 1) && set(fd, IPPROTO_TCP, TCP_NODELAY, 1) &&
	       set(fd, SOL_SOCKET, SO_KEEPALIVE, 1) && set(fd, IPPROTO_TCP, TCP_KEEPIDLE, ENDPOINT_KEEPALIVE_IDLE_S) &&
	       set(fd, IPPROTO_TCP, TCP_KEEPINTVL, ENDPOINT_KEEPALIVE_INTERVAL_S) &&
	       set(fd, IPPROTO_TCP, TCP_KEEPCNT, ENDPOINT_KEEPALIVE_PROBES) &&
	       set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, ENDPOINT_UNANSWERED_MS);
}

static enum pd_err listen_on(const struct sockaddr *address, socklen_t bytes, int *listener)
{
	int fd = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return PD_ESYS;
	if (!set_options(fd) || bind(fd, address, bytes) != 0 || listen(fd, ENDPOINT_BACKLOG) != 0)
		return closed(fd);
	*listener = fd;
	return PD_OK;
}

/* The IPv4 address of an interface. */
static bool find_interface(const char *name, struct sockaddr_in *address)
{
	struct ifaddrs *all;
	bool found = false;
	if (getifaddrs(&all) != 0)
		return false;
	for (const struct ifaddrs *one = all; one && !found; one = one->ifa_next) {
		found = one->ifa_addr && one->ifa_addr->sa_family == AF_INET && strcmp(one->ifa_name, name) == 0;
		if (found)
			memcpy(address, one->ifa_addr, sizeof *address);
	}
	freeifaddrs(all);
	return found;
}

/* "HOST:PORT" in two; an IPv6 address loses its brackets. */
static bool split(const char *text, char host[static HOST_BYTES], const char **port, bool *bracketed)
{
	const char *colon = strrchr(text, ':');
	char *end;
	size_t bytes = colon ? (size_t)(colon - text) : 0;
	if (bytes == 0 || bytes >= HOST_BYTES || colon[1] < '0' || colon[1] > '9' ||
	    strtoul(colon + 1, &end, 10) > PORT_MAX || *end)
		return false;
	*bracketed = text[0] == '[' && text[bytes - 1] == ']';
	snprintf(host, HOST_BYTES, "%.*s", (int)(bytes - 2 * *bracketed), text + *bracketed);
	*port = colon + 1;
	return true;
}

/* A name means its IPv4 address, as for ZeroMQ. */
static int look_up(const char *host, const char *port, bool bracketed, struct addrinfo **found)
{
	const struct addrinfo hints = {.ai_family = bracketed ? AF_INET6 : AF_INET,
				       .ai_socktype = SOCK_STREAM,
				       .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
	return getaddrinfo(strcmp(host, "*") == 0 ? NULL : host, port, &hints, found);
}

static enum pd_err listen_tcp(const char *text, int *listener)
{
	char host[HOST_BYTES];
	const char *port;
	struct sockaddr_in address = {.sin_family = AF_INET};
	bool bracketed;
	struct addrinfo *found;
	if (!split(text, host, &port, &bracketed))
		return fail(EINVAL);
	if (find_interface(host, &address)) {
		address.sin_port = htons((uint16_t)strtoul(port, NULL, 10));
		return listen_on((struct sockaddr *)&address, sizeof address, listener);
	}
	int code = look_up(host, port, bracketed, &found);
	if (code)
		return code == EAI_SYSTEM ? PD_ESYS : fail(code == EAI_SERVICE ? EINVAL : ENODEV);
	enum pd_err err = listen_on(found->ai_addr, found->ai_addrlen, listener);
	int saved = errno;
	freeaddrinfo(found);
	errno = saved;
	return err;
}

/* ---- both ---- */

/* Which file the path of an ipc endpoint names; none if there is no such path. */
static struct endpoint_file file_of(const char *endpoint)
{
	const char *path = path_of(endpoint);
	struct stat there;
	if (!path || path[0] == '@' || lstat(path, &there) != 0)
		return (struct endpoint_file){0};
	return (struct endpoint_file){there.st_dev, there.st_ino};
}

enum pd_err endpoint_listen(struct endpoint *endpoint, const char *text)
{
	const char *path = path_of(text);
	*endpoint = (struct endpoint){.text = text, .fd = -1};
	if (in_use(text))
		return fail(EADDRINUSE);
	if (!path && strncmp(text, tcp, sizeof tcp - 1) != 0)
		return fail(EPROTONOSUPPORT);
	enum pd_err err = path ? listen_ipc(path, &endpoint->fd) : listen_tcp(text + sizeof tcp - 1, &endpoint->fd);
	if (err == PD_OK)
		endpoint->file = file_of(text);
	return err;
}

/* Somebody may have taken its place; while it listens nobody does. */
void endpoint_close(struct endpoint *endpoint)
{
	struct endpoint_file now = file_of(endpoint->text);
	if (now.inode && now.device == endpoint->file.device && now.inode == endpoint->file.inode)
		unlink(path_of(endpoint->text));
	close(endpoint->fd);
}
