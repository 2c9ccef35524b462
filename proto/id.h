/* id.h - order ids: UUIDv7 (RFC 9562, section 5.7) as 16 bytes and as text. */
#ifndef PAIDAN_ID_H
#define PAIDAN_ID_H

#include "proto.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { PD_ID_TEXT_BYTES = 37 }; /* with the terminating zero */

/* A new id of the time unix_ms; random is 10 bytes of randomness, of which 74 bits are used. */
struct pd_id pd_id_make(uint64_t unix_ms, const uint8_t random[10]);
/* Whether id has the version and variant of a UUIDv7. */
bool pd_id_valid(const struct pd_id *id);
static inline bool pd_id_is_zero(const struct pd_id *id)
{
	static const struct pd_id zero = {{0}};
	return __builtin_memcmp(id, &zero, sizeof zero) == 0;
}
uint64_t pd_id_time_ms(const struct pd_id *id);
int pd_id_compare(const struct pd_id *a, const struct pd_id *b);

/* 8-4-4-4-12 in lower case; returns text. */
char *pd_id_print(const struct pd_id *id, char text[PD_ID_TEXT_BYTES]);
/* With or without hyphens, either case. PD_EINVAL: it is not a UUID; *id is untouched. */
PD_MUST_USE enum pd_err pd_id_parse(const char *text, struct pd_id *id);

#ifdef __cplusplus
}
#endif

#endif
