#include "stream.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "../ipc.h"
#include "peer.h"

static int connect_once(const struct server *server, bool by_port)
{
	struct sockaddr_un local = {.sun_family = AF_UNIX};
	struct sockaddr_in loopback = {.sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
				       .sin_port = htons((uint16_t)server->port)};
	int fd = socket(by_port ? AF_INET : AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
	if ((size_t)snprintf(local.sun_path, sizeof local.sun_path, "%s", server->socket) >= sizeof local.sun_path)
		peer_die("%s: too long for a socket; choose a shorter --dir", server->socket);
	int rc = by_port ? connect(fd, (struct sockaddr *)&loopback, sizeof loopback)
			 : connect(fd, (struct sockaddr *)&local, sizeof local);
	if (rc != 0) {
		close(fd);
		return -1;
	}
	if (by_port)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	return fd;
}

void stream_open(struct stream *stream, const struct server *server, bool by_port)
{
	uint64_t since_us = 0;
	*stream = (struct stream){.fd = -1};
	while ((stream->fd = connect_once(server, by_port)) < 0)
		if (!peer_again(&since_us))
			peer_die("the server does not listen after %d s: %s", PEER_START_S, strerror(errno));
}

void stream_close(struct stream *stream)
{
	close(stream->fd);
	free(stream->out);
	free(stream->in);
}

static void make_room(char **buffer, size_t *room, size_t wanted)
{
	if (wanted <= *room)
		return;
	*room = wanted * 2 > 65536 ? wanted * 2 : 65536;
	*buffer = realloc(*buffer, *room);
	if (!*buffer)
		abort();
}

void stream_add(struct stream *stream, const void *bytes, size_t count)
{
	make_room(&stream->out, &stream->out_room, stream->out_bytes + count);
	memcpy(stream->out + stream->out_bytes, bytes, count);
	stream->out_bytes += count;
}

void stream_print(struct stream *stream, const char *format, ...)
{
	enum { LINE = 512 };
	make_room(&stream->out, &stream->out_room, stream->out_bytes + LINE);
	va_list args;
	va_start(args, format);
	int printed = vsnprintf(stream->out + stream->out_bytes, LINE, format, args);
	va_end(args);
	if (printed < 0 || printed >= LINE)
		abort();
	stream->out_bytes += (size_t)printed;
}

static void read_more(struct stream *stream)
{
	if (stream->in_from > 0) {
		memmove(stream->in, stream->in + stream->in_from, stream->in_to - stream->in_from);
		stream->in_to -= stream->in_from;
		stream->in_from = 0;
	}
	make_room(&stream->in, &stream->in_room, stream->in_to + 4096);
	ssize_t n = ipc_read(stream->fd, stream->in + stream->in_to, stream->in_room - stream->in_to, -1);
	if (n == 0 || (n < 0 && errno != EINTR))
		peer_die("the connection broke: %s", n == 0 ? "closed by the server" : strerror(errno));
	stream->in_to += n > 0 ? (size_t)n : 0;
}

/* A server that cannot get rid of its answers does not read on, so they are taken in meanwhile. */
void stream_flush(struct stream *stream)
{
	size_t sent = 0;
	while (sent < stream->out_bytes) {
		ssize_t n = send(stream->fd, stream->out + sent, stream->out_bytes - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno != EINTR && errno != EAGAIN)
			peer_die("the connection broke: %s", strerror(errno));
		sent += n > 0 ? (size_t)n : 0;
		struct pollfd either = {.fd = stream->fd, .events = POLLIN | POLLOUT};
		if (n < 0 && poll(&either, 1, -1) > 0 && either.revents & POLLIN)
			read_more(stream);
	}
	stream->out_bytes = 0;
}

const char *stream_take(struct stream *stream, size_t count)
{
	while (stream->in_to - stream->in_from < count)
		read_more(stream);
	const char *taken = stream->in + stream->in_from;
	stream->in_from += count;
	return taken;
}

const char *stream_line(struct stream *stream)
{
	size_t seen = 0;
	for (;;) {
		char *line = stream->in + stream->in_from, *end = NULL;
		size_t there = stream->in_to - stream->in_from;
		if (there > seen)
			end = memchr(line + seen, '\n', there - seen);
		if (end) {
			stream->in_from += (size_t)(end - line) + 1;
			end[end > line && end[-1] == '\r' ? -1 : 0] = 0;
			return line;
		}
		seen = there;
		read_more(stream);
	}
}

bool stream_more(const struct stream *stream)
{
	return stream->in_to > stream->in_from;
}
