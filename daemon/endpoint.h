/* endpoint.h - sockets that listen where ZeroMQ's endpoints say: tcp://HOST:PORT, ipc://PATH, ipc://@NAME.
 *
 * HOST is an address, [an IPv6 address], a name, an interface or *; PORT is a number. Threads: any.
 */
#ifndef PAIDAN_ENDPOINT_H
#define PAIDAN_ENDPOINT_H

#include <sys/types.h>

#include "proto.h"

/* Of all connections. Who is gone without a word is found by TCP. */
enum {
	ENDPOINT_BACKLOG = 4096,
	ENDPOINT_KEEPALIVE_IDLE_S = 15,
	ENDPOINT_KEEPALIVE_INTERVAL_S = 5,
	ENDPOINT_KEEPALIVE_PROBES = 3,
	ENDPOINT_UNANSWERED_MS = 30000, /* what was sent is not waited for longer */
	ENDPOINT_GREETING_MS = 5000,    /* time to greet, by ZMTP */
	ENDPOINT_LINGER_MS = 1000,      /* what has been sent has so long to leave at the end */
};

struct endpoint {
	const char *text; /* borrowed */
	int fd;
	struct endpoint_file {
		dev_t device;
		ino_t inode; /* 0: there is none */
	} file;
};

/* PD_ESYS: errno is EADDRINUSE, ENODEV (no such host), EPROTONOSUPPORT, EINVAL (malformed), EEXIST (what stands at the
 * path is no socket) or what the system says. */
PD_MUST_USE enum pd_err endpoint_listen(struct endpoint *endpoint, const char *text);
/* Close it; the socket of an ipc endpoint leaves the file system, unless another one stands there. */
void endpoint_close(struct endpoint *endpoint);

#endif
