/* text.h - text that programs wrote, made fit for an order.
 *
 * Threads: pure functions on the caller's buffers.
 */
#ifndef PAIDAN_TEXT_H
#define PAIDAN_TEXT_H

#include "buffer.h"
#include "proto.h"

/* Append bytes as a text of an order: valid UTF-8 (what is not becomes U+FFFD), without control characters but tab and
 * newline, without space at both ends, and of at most chars_max characters, the last of which is then an ellipsis. */
void text_tidy(struct pd_buffer *out, const char *bytes, size_t count, size_t chars_max);

/* The same of the end of bytes: the last chars_max characters, after an ellipsis if there were more. */
void text_tidy_end(struct pd_buffer *out, const char *bytes, size_t count, size_t chars_max);

/* Append formatted text, without a terminating zero. */
__attribute__((format(printf, 2, 3))) void text_print(struct pd_buffer *out, const char *format, ...);

/* Formatted text of the heap. */
__attribute__((format(printf, 1, 2))) char *text_new(const char *format, ...);

static inline struct pd_slice text_slice(const struct pd_buffer *buffer)
{
	return (struct pd_slice){buffer->data, (uint32_t)buffer->count};
}

#endif
