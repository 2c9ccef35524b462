/* ipc.h - connections to ipc://PATH. */
#ifndef PAIDAN_BENCH_IPC_H
#define PAIDAN_BENCH_IPC_H

#include <stddef.h>
#include <sys/types.h>

/* A connected socket that blocks; -1: errno. */
int ipc_connect(const char *endpoint);

/* What has come, as read(2) has it; EAGAIN: nothing in that time (-1: for ever). Who sleeps in a read is woken whenever
 * the other side has taken what was sent, too; here, as in clients, only when something has come. */
ssize_t ipc_read(int fd, char *into, size_t room, int timeout_ms);

#endif
