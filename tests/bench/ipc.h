/* ipc.h - connections to ipc://PATH. */
#ifndef PAIDAN_BENCH_IPC_H
#define PAIDAN_BENCH_IPC_H

/* A connected socket that blocks; -1: errno. */
int ipc_connect(const char *endpoint);

#endif
