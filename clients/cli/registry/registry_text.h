/* registry_text.h - the bytes of one file of a registry: read whole, and made sure to be text. */
#ifndef PAIDAN_REGISTRY_TEXT_H
#define PAIDAN_REGISTRY_TEXT_H

#include "buffer.h"
#include "problems.h"

/* Read the file at path, which is of kind, into text and check that it is UTF-8 without a NUL byte. *start gets where
 * the text begins: behind a byte order mark. False: it cannot be read or is not text, and problems got why. */
bool registry_text_read(const char *path, enum rows_kind kind, struct problems *problems, struct pd_buffer *text,
			size_t *start);

#endif
