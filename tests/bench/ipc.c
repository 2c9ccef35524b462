#include "ipc.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int ipc_connect(const char *endpoint)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	snprintf(address.sun_path, sizeof address.sun_path, "%s", endpoint + strlen("ipc://"));
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

ssize_t ipc_read(int fd, char *into, size_t room, int timeout_ms)
{
	struct pollfd poll_in = {.fd = fd, .events = POLLIN};
	ssize_t n = recv(fd, into, room, MSG_DONTWAIT);
	if (n < 0 && errno == EAGAIN && poll(&poll_in, 1, timeout_ms) > 0)
		n = recv(fd, into, room, 0);
	return n;
}
