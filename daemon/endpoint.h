/* endpoint.h - sockets that listen where ZeroMQ's endpoints say: tcp://HOST:PORT, ipc://PATH, ipc://@NAME.
 *
 * HOST is an address, [an IPv6 address], a name, an interface or *; PORT is a number. Threads: any.
 */
#ifndef PAIDAN_ENDPOINT_H
#define PAIDAN_ENDPOINT_H

#include "proto.h"

/* Whether somebody listens on an ipc endpoint: ZeroMQ, like unlink and bind, would take their place without a word. */
bool endpoint_in_use(const char *endpoint);
/* PD_ESYS: errno is EADDRINUSE, ENODEV (no such host), EPROTONOSUPPORT, EINVAL (malformed) or what the system says. */
PD_MUST_USE enum pd_err endpoint_listen(const char *endpoint, int *fd);
/* Close it; the socket of an ipc endpoint leaves the file system. */
void endpoint_close(const char *endpoint, int fd);

#endif
