/* appender.h - the segment that is written to: whole pages, past the page cache where the filesystem can do that.
 *
 * A record begins where the one before it ended, within a page. So the last page that was written is kept, and written
 * again with what follows: the bytes of it that were there stay what they are. Written past the page cache, a record is
 * copied once and not twice, and the kernel has no pages to look through when it is synced: the write itself does that.
 * Threads: one at a time.
 */
#ifndef PAIDAN_APPENDER_H
#define PAIDAN_APPENDER_H

#include "proto.h"

struct appender {
	int fd;      /* -1: no segment yet */
	bool cached; /* through the page cache all the same */
	char *pages;
	uint64_t page_at; /* the place in the file of the page at pages; it holds what is there up to end */
	uint64_t end;
};

void appender_init(struct appender *appender, bool cached);
void appender_fini(struct appender *appender);
/* Go on with another segment (see segment.h). */
PD_MUST_USE enum pd_err appender_open(struct appender *appender, int dir_fd, size_t index);
/* Write bytes at offset, where what was written before ends, and zeros behind them to the end of the page. *copy gets
 * where they stand until the next call; null: they were too many. */
PD_MUST_USE enum pd_err appender_write(struct appender *appender, const void *data, size_t bytes, uint64_t offset,
				       const uint8_t **copy);
/* After it, what was written survives loss of power. */
PD_MUST_USE enum pd_err appender_sync(struct appender *appender);

#endif
