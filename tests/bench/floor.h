/* floor.h - what the transport and the disk take by themselves, so that nobody who uses them can be quicker.
 *
 * The transport: a message to another process and back, over ZeroMQ's ipc, from a DEALER to a ROUTER. The disk: 4 KiB
 * that are on it when the call returns, one behind the other in a file that was filled with zeros before.
 *
 * And what whoever comes at a random moment waits for a disk that writes round after round, where a round takes all who
 * came while the one before was written: the times to an answer of a broker that has nothing else to do.
 */
#ifndef PAIDAN_BENCH_FLOOR_H
#define PAIDAN_BENCH_FLOOR_H

#include <stdbool.h>
#include <stdint.h>

struct floor;

enum floor_what {
	FLOOR_ECHO,
	FLOOR_SYNC,   /* pwrite and fdatasync */
	FLOOR_DIRECT, /* past the page cache: O_DIRECT with O_DSYNC */
	FLOORS
};

/* In a folder, which gets a file and a socket. Null: stderr says why. */
struct floor *floor_new(const char *dir);
/* Accepts null. */
void floor_free(struct floor *floor);
struct floor_waits {
	double p50_us, p99_us; /* 0: it failed */
};

/* Do it count times, one after the other; the median in µs. 0: the file system cannot (FLOOR_DIRECT), or it failed. */
double floor_measure(struct floor *floor, enum floor_what what, unsigned long count);
/* With so many rounds. */
struct floor_waits floor_wait(struct floor *floor, unsigned long rounds);

#endif
