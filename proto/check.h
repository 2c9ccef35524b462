/* check.h - whether bytes are one msgpack value that is safe to unpack. Allocates nothing.
 *
 * Safe: depth at most 8, every count at most the bytes left, at most 1,024 values in all, no extension types,
 * strings valid UTF-8 (RFC 3629), the value ends within the bytes.
 */
#ifndef PAIDAN_CHECK_H
#define PAIDAN_CHECK_H

#include "detail.h"

enum { PD_DEPTH_MAX = 8, PD_VALUES_MAX = 1024 };

/* The length of the value at data in *value_bytes; PD_EINVAL with *why, of which the argument is the place. */
PD_MUST_USE enum pd_err pd_check(const char *data, size_t bytes, size_t *value_bytes, enum pd_detail_name *why);

/* Whether text is valid UTF-8 without a zero byte. */
bool pd_utf8_valid(const char *text, size_t bytes);
/* Characters (code points) of valid UTF-8. */
size_t pd_utf8_chars(const char *text, size_t bytes);

#endif
