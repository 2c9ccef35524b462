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

/* As memcpy, which takes five times as long for many bytes at once, on some processors, when they go to a place that is
 * a few bytes farther into its page than they are in theirs. */
static inline void pd_copy(char *to, const char *from, size_t bytes)
{
	enum { STEP_BYTES = 4096 }; /* of more glibc leaves it to the processor (rep movs), where there is AVX2 */
	for (; bytes > STEP_BYTES; bytes -= STEP_BYTES, to += STEP_BYTES, from += STEP_BYTES)
		memcpy(to, from, STEP_BYTES);
	memcpy(to, from, bytes);
}

static inline void pd_buffer_add(struct pd_buffer *buffer, const void *data, size_t bytes)
{
	if (bytes)
		pd_copy(pd_buffer_room(buffer, bytes), (const char *)data, bytes);
}

#ifdef __cplusplus
}
#endif

#endif
