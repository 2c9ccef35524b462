#include "window.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "intl.h"
#include "segment.h"

enum { PAGE_BYTES = 4096, KEEP_BYTES_MAX = 16 << 20 };

void window_init(struct window *window)
{
	*window = (struct window){.fd = -1};
}

void window_close(struct window *window)
{
	if (window->fd >= 0)
		close(window->fd);
	window->fd = -1;
	window->count = 0;
}

void window_fini(struct window *window)
{
	window_close(window);
	free(window->data);
	window_init(window);
}

enum pd_err window_open(struct window *window, int dir_fd, size_t index)
{
	if (window->fd >= 0 && window->index == index)
		return PD_OK;
	window_close(window);
	window->index = index;
	return segment_open(dir_fd, index, O_RDONLY, &window->fd, &window->file_bytes);
}

/* Room for bytes, of which the first held ones, at offset of the file, are there already. A huge record's memory is
 * given back with the next small one. */
static enum pd_err make_room(struct window *window, uint64_t offset, size_t held, size_t bytes)
{
	const uint8_t *from = held ? window->data + (offset - window->offset) : NULL;
	bool waste = window->capacity > KEEP_BYTES_MAX && bytes < window->capacity / 4;
	if (bytes > window->capacity || waste) {
		size_t capacity = (bytes + PAGE_BYTES - 1) & ~(size_t)(PAGE_BYTES - 1);
		uint8_t *data = malloc(capacity);
		if (!data)
			return PD_ESYS;
		if (held)
			memcpy(data, from, held);
		free(window->data);
		window->data = data;
		window->capacity = capacity;
	} else if (held) {
		memmove(window->data, from, held);
	}
	window->offset = offset;
	window->count = held;
	return PD_OK;
}

/* Read on until bytes are held: fewer only where the file ends. */
static enum pd_err fill(struct window *window, size_t bytes)
{
	while (window->count < bytes) {
		ssize_t got = pread(window->fd, window->data + window->count, bytes - window->count,
				    (off_t)(window->offset + window->count));
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return PD_ESYS;
		if (got == 0)
			break;
		window->count += (size_t)got;
	}
	return PD_OK;
}

void window_expect(const struct window *window, uint64_t offset, size_t bytes)
{
	int rc = posix_fadvise(window->fd, (off_t)offset, (off_t)bytes, POSIX_FADV_WILLNEED);
	(void)rc; /* then it is read when it is wanted */
}

size_t window_held(const struct window *window, uint64_t offset)
{
	if (offset < window->offset || offset - window->offset >= window->count)
		return 0;
	return window->count - (size_t)(offset - window->offset);
}

enum pd_err window_get(struct window *window, uint64_t offset, size_t bytes, size_t ahead, uint64_t limit,
		       const uint8_t **data)
{
	assert(window->fd >= 0 && offset <= limit && bytes <= limit - offset);
	size_t held = window_held(window, offset);
	if (held < bytes) {
		size_t want = bytes > ahead ? bytes : ahead;
		if (want > limit - offset)
			want = (size_t)(limit - offset);
		enum pd_err err = make_room(window, offset, held, want);
		if (!err)
			err = fill(window, want);
		if (err)
			return err;
		if (window->count < bytes)
			return PD_ECORRUPT;
	}
	*data = window->data + (offset - window->offset);
	return PD_OK;
}

enum pd_err window_record(struct window *window, uint64_t offset, uint64_t limit, const uint8_t **record,
			  struct record_head *head, const char **what)
{
	uint64_t room = limit - offset;
	if (room < JOURNAL_RECORD_HEAD_BYTES) {
		*what = N_("there is no room for a record");
		return PD_ENOENT;
	}
	enum pd_err err = window_get(window, offset, JOURNAL_RECORD_HEAD_BYTES, WINDOW_AHEAD_BYTES, limit, record);
	if (err)
		return err;
	*what = record_load(*record, room, head);
	if (*what)
		return PD_ENOENT;
	err = window_get(window, offset, record_padded(head->bytes), WINDOW_AHEAD_BYTES, limit, record);
	if (err)
		return err;
	*what = record_check(*record, head);
	return *what ? PD_ENOENT : PD_OK;
}
