/* buffer.h - bytes that grow. Running out of memory is a bug of the limits: it ends the process.
 *
 * Invariant: count <= capacity; data is null only while capacity is 0. Threads: one at a time.
 */
#ifndef PAIDAN_BUFFER_H
#define PAIDAN_BUFFER_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

struct pd_buffer {
	char *data;
	size_t count, capacity; /* bytes */
};

/* As memcpy, for many bytes. Some processors' own loop (rep movs), to which libraries and compilers leave long copies,
 * takes ten times as long when the bytes go to a place that is a few bytes farther into its page than theirs; so it is
 * done in steps of no more than glibc copies without it, wherever that is. */
enum { PD_COPY_STEP_BYTES = 2048 };
void pd_copy(void *to, const void *from, size_t bytes);

/* Make room for at least bytes more. */
void pd_buffer_grow(struct pd_buffer *buffer, size_t bytes);
void pd_buffer_fini(struct pd_buffer *buffer);

/* Have room for bytes more, behind what is there. */
static inline void pd_buffer_reserve(struct pd_buffer *buffer, size_t bytes)
{
	if (bytes > buffer->capacity - buffer->count)
		pd_buffer_grow(buffer, bytes);
}

/* Room for bytes more, to be filled by the caller; valid until the next call on the buffer. */
static inline char *pd_buffer_room(struct pd_buffer *buffer, size_t bytes)
{
	pd_buffer_reserve(buffer, bytes);
	char *at = buffer->data + buffer->count;
	buffer->count += bytes;
	return at;
}

static inline void pd_buffer_add(struct pd_buffer *buffer, const void *data, size_t bytes)
{
	if (bytes > PD_COPY_STEP_BYTES)
		pd_copy(pd_buffer_room(buffer, bytes), data, bytes);
	else if (bytes)
		memcpy(pd_buffer_room(buffer, bytes), data, bytes);
}

#ifdef __cplusplus
}
#endif

#endif
