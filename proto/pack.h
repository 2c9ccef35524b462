/* pack.h - msgpack-c's packing, straight into memory: its template, as it is meant to be used, with a pointer in place
 * of a callback for each piece. Whoever packs has made room: PACK_HEAD_BYTES_MAX for a number or the head of a text,
 * bytes or list.
 */
#ifndef PAIDAN_PACK_H
#define PAIDAN_PACK_H

#include <limits.h>
#include <msgpack/timestamp.h>
#include <string.h>

enum { PACK_HEAD_BYTES_MAX = 9 };

#define msgpack_pack_inline_func(name) static inline __attribute__((unused)) int pack##name
#define msgpack_pack_inline_func_cint(name) static inline __attribute__((unused)) int pack##name
#define msgpack_pack_inline_func_fixint(name) static inline __attribute__((unused)) int pack_fix##name
#define msgpack_pack_user char **
#define msgpack_pack_append_buffer(user, buf, len)                                                                     \
	do {                                                                                                           \
		memcpy(*(user), buf, len);                                                                             \
		*(user) += (len);                                                                                      \
		return 0;                                                                                              \
	} while (0)
#include <msgpack/pack_template.h>

#endif
