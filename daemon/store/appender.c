#include "appender.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buffer.h"
#include "segment.h"

/* What is written at a time, and room for what its first page holds already. */
enum { PIECE_BYTES = (1 << 20) + (128 << 10), PAGES_BYTES = PIECE_BYTES + SEGMENT_ALIGN };

void appender_init(struct appender *appender, bool cached)
{
	*appender = (struct appender){.fd = -1, .cached = cached};
}

void appender_fini(struct appender *appender)
{
	if (appender->fd >= 0)
		close(appender->fd);
	free(appender->pages);
	appender_init(appender, appender->cached);
}

static uint64_t page_of(uint64_t offset)
{
	return offset / SEGMENT_ALIGN * SEGMENT_ALIGN;
}

/* Bring the page that holds offset to the front of pages: the last one written, or as the file has it. */
static enum pd_err begin_page(struct appender *appender, uint64_t offset)
{
	uint64_t page_at = page_of(offset);
	if (appender->end == offset && offset > 0) {
		memmove(appender->pages, appender->pages + (page_at - appender->page_at), SEGMENT_ALIGN);
	} else if (page_at < offset) {
		ssize_t got;
		while ((got = pread(appender->fd, appender->pages, SEGMENT_ALIGN, (off_t)page_at)) < 0 &&
		       errno == EINTR)
			;
		if (got >= 0 && got != SEGMENT_ALIGN)
			errno = EIO;
		if (got != SEGMENT_ALIGN)
			return segment_error();
	}
	appender->page_at = page_at;
	appender->end = offset;
	return PD_OK;
}

enum pd_err appender_open(struct appender *appender, int dir_fd, size_t index)
{
	uint64_t bytes;
	int fd;
	if (!appender->pages)
		appender->pages = aligned_alloc(SEGMENT_ALIGN, PAGES_BYTES);
	if (!appender->pages)
		return PD_ESYS;
	enum pd_err err = segment_open(dir_fd, index, O_RDWR | (appender->cached ? 0 : O_DSYNC), &fd, &bytes);
	if (err)
		return err;
	if (appender->fd >= 0)
		close(appender->fd);
	appender->fd = fd;
	appender->end = 0;
	if (!appender->cached)
		segment_direct(fd);
	return PD_OK;
}

/* Write bytes, for which there is room, behind what the page at the front holds. */
static enum pd_err write_pages(struct appender *appender, const char *data, size_t bytes)
{
	size_t used = (size_t)(appender->end - appender->page_at), count = used + bytes;
	size_t whole = (count + SEGMENT_ALIGN - 1) / SEGMENT_ALIGN * SEGMENT_ALIGN;
	pd_copy(appender->pages + used, data, bytes);
	memset(appender->pages + count, 0, whole - count);
	appender->end += bytes;
	return segment_write(appender->fd, appender->pages, whole, appender->page_at);
}

enum pd_err appender_write(struct appender *appender, const void *data, size_t bytes, uint64_t offset,
			   const uint8_t **copy)
{
	enum pd_err err = PD_OK;
	assert(appender->fd >= 0);
	for (size_t done = 0; done < bytes && !err; done += PIECE_BYTES) {
		size_t piece = bytes - done < PIECE_BYTES ? bytes - done : PIECE_BYTES;
		err = begin_page(appender, offset + done);
		if (!err)
			err = write_pages(appender, (const char *)data + done, piece);
	}
	const char *end = appender->pages + (appender->end - appender->page_at);
	*copy = err || bytes > PIECE_BYTES ? NULL : (const uint8_t *)end - bytes;
	return err;
}

enum pd_err appender_sync(struct appender *appender)
{
	return appender->cached && fdatasync(appender->fd) ? segment_error() : PD_OK;
}
