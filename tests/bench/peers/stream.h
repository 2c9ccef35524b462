/* stream.h - a blocking connection with buffers, for protocols that are spoken without a library. Failures end the
 * process. */
#ifndef PAIDAN_STREAM_H
#define PAIDAN_STREAM_H

#include <stdbool.h>
#include <stddef.h>

struct server;

struct stream {
	int fd;
	char *out, *in;
	size_t out_bytes, out_room, in_from, in_to, in_room;
};

/* Connects to the server's socket, or to its port, as soon as it listens. */
void stream_open(struct stream *stream, const struct server *server, bool by_port);
void stream_close(struct stream *stream);

/* Append to what is sent by the next flush, which waits until all of it is sent, and takes in what comes meanwhile. */
void stream_add(struct stream *stream, const void *bytes, size_t count);
void stream_print(struct stream *stream, const char *format, ...) __attribute__((format(printf, 2, 3)));
void stream_flush(struct stream *stream);

/* The next count bytes, or the next line without its CRLF and with a 0 at its end, waited for if need be; valid until
 * the next call for this stream. */
const char *stream_take(struct stream *stream, size_t count);
const char *stream_line(struct stream *stream);
/* Whether something is there that was not taken. */
bool stream_more(const struct stream *stream);

#endif
