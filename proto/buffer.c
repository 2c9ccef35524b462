#include "buffer.h"

#include <stdlib.h>

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
