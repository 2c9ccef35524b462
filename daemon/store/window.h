/* window.h - a stretch of a segment's file held in memory, that moves as it is read.
 *
 * What is held is never read again by itself: bytes that may still change must not be asked for (limit), or be dropped.
 * Threads: one at a time.
 */
#ifndef PAIDAN_WINDOW_H
#define PAIDAN_WINDOW_H

#include "record.h"

enum { WINDOW_AHEAD_BYTES = 256 * 1024 }; /* read at once when reading on: large enough that system calls cost little */

struct window {
	int fd;       /* -1: no segment is open */
	size_t index; /* of the segment */
	uint64_t file_bytes;
	uint64_t offset; /* where in the file what is held begins */
	size_t count, capacity;
	uint8_t *data;
};

void window_init(struct window *window);
void window_fini(struct window *window);

/* Look at this segment; it stays open until another one is. Errors are those of segment_open. */
PD_MUST_USE enum pd_err window_open(struct window *window, int dir_fd, size_t index);
/* Close the segment and forget what is held. */
void window_close(struct window *window);

/* The bytes at offset, all in one piece; they live until the next call. When they have to be read, up to ahead bytes
 * are at once, but nothing from limit on. PD_ECORRUPT: the file ends before. PD_ESYS: errno. */
PD_MUST_USE enum pd_err window_get(struct window *window, uint64_t offset, size_t bytes, size_t ahead, uint64_t limit,
				   const uint8_t **data);
/* Ask the disk for bytes that will be wanted soon, without waiting for them. */
void window_expect(const struct window *window, uint64_t offset, size_t bytes);
/* How many bytes are held from offset on. */
size_t window_held(const struct window *window, uint64_t offset);

/* The record at offset, whole, of a right checksum, that ends before limit. PD_ENOENT: there is none, *what says why.
 */
PD_MUST_USE enum pd_err window_record(struct window *window, uint64_t offset, uint64_t limit, const uint8_t **record,
				      struct record_head *head, const char **what);

#endif
