/* disk.h - what a disk has been given to write. */
#ifndef PAIDAN_BENCH_DISK_H
#define PAIDAN_BENCH_DISK_H

/* Bytes that the block device under this folder has written since the machine started, by whomever; NAN if the system
 * does not say. What processes are charged with (write_bytes) counts whole folios of the page cache, which may be a
 * hundred times what they changed. */
double disk_written_bytes(const char *dir);

#endif
