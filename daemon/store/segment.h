/* segment.h - the files of the journal: 00000001.seg and on, of fixed size, that are there whole or not at all.
 *
 * A segment is named here by its index, from 0; its file has the number one higher. Threads: pure but for the files.
 */
#ifndef PAIDAN_SEGMENT_H
#define PAIDAN_SEGMENT_H

#include "proto.h"

enum { SEGMENT_NAME_BYTES = 24, SEGMENT_ALIGN = 4096 };
static const uint64_t segment_bytes_max = (uint64_t)1 << 40;

void segment_name(size_t index, char name[static SEGMENT_NAME_BYTES]);
/* The number of the last segment's file, 0 when there is none. Whether all before it are there is not looked at. */
PD_MUST_USE enum pd_err segment_count(int dir_fd, size_t *count);
/* flags as of open(2). PD_ENOENT: there is no such file. PD_ECORRUPT: its size, in *bytes, is none that a segment can
 * have. */
PD_MUST_USE enum pd_err segment_open(int dir_fd, size_t index, int flags, int *fd, uint64_t *bytes);

/* Make a file of bytes zeros that are on disk; on failure it is removed. */
PD_MUST_USE enum pd_err segment_make(int dir_fd, const char *temporary, uint64_t bytes);
/* Give a file that segment_make has made its name, in the place of an older one if there is one. */
PD_MUST_USE enum pd_err segment_publish(int dir_fd, const char *temporary, size_t index);

/* Have what is written to fd go past the page cache, in whole pages from memory aligned to SEGMENT_ALIGN, where the
 * filesystem can do that. */
void segment_direct(int fd);
PD_MUST_USE enum pd_err segment_write(int fd, const void *data, size_t bytes, uint64_t offset);
/* Write zeros from one offset to another. */
PD_MUST_USE enum pd_err segment_zero(int fd, uint64_t from, uint64_t to);
/* What errno says: PD_EFULL or PD_ESYS. */
enum pd_err segment_error(void);

#endif
