/* fetch.h - ask memory for what will be needed soon, and go on meanwhile. A wrong guess costs nothing but time. */
#ifndef PAIDAN_FETCH_H
#define PAIDAN_FETCH_H

#include <stddef.h>

/* Nothing is read: from may be null, or gone. */
static inline void fetch(const void *from, size_t bytes)
{
	enum { LINE_BYTES = 64 };
	for (const char *line = from; from && line < (const char *)from + bytes; line += LINE_BYTES)
		__builtin_prefetch(line);
}

#endif
