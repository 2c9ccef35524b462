#include "buffer.h"

#include <stdlib.h>

void pd_copy(void *to, const void *from, size_t bytes)
{
	char *next = to;
	const char *source = from;
	size_t step = PD_COPY_STEP_BYTES;
	__asm__("" : "+r"(step)); /* of a number that it knows, the compiler would make the processor's loop itself */
	for (; bytes > step; bytes -= step, next += step, source += step)
		memcpy(next, source, step);
	memcpy(next, source, bytes);
}

void pd_buffer_grow(struct pd_buffer *buffer, size_t bytes)
{
	size_t capacity = buffer->capacity ? buffer->capacity * 2 : 256;
	while (capacity - buffer->count < bytes)
		capacity *= 2;
	char *data = realloc(buffer->data, capacity);
	if (!data)
		abort();
	buffer->data = data;
	buffer->capacity = capacity;
}

void pd_buffer_fini(struct pd_buffer *buffer)
{
	free(buffer->data);
	*buffer = (struct pd_buffer){0};
}
