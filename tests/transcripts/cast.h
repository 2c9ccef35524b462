/* cast.h - the names that a script gives to areas, households, people, categories and orders. #123 names an id as such.
 */
#ifndef PAIDAN_CAST_H
#define PAIDAN_CAST_H

#include "proto.h"

enum cast_kind { CAST_AREA, CAST_HOUSEHOLD, CAST_PERSON, CAST_CATEGORY, CAST_LADDER, CAST_ORDER, CAST_KINDS };
enum { CAST_NAME_BYTES = 40 };

struct cast;

struct cast *cast_new(void);
void cast_free(struct cast *cast);

/* What a kind is called, e.g. "area". */
const char *cast_kind_name(enum cast_kind kind);

/* The name may stand for the same thing already. False: it stands for something else, or is too long. */
bool cast_add(struct cast *cast, enum cast_kind kind, const char *name, uint32_t id);
bool cast_find(const struct cast *cast, enum cast_kind kind, const char *name, uint32_t *id);
/* The name of an id, or #id in a place that the next calls use again; never null. */
const char *cast_name(struct cast *cast, enum cast_kind kind, uint32_t id);

/* Orders: the same by their own ids. */
void cast_add_order(struct cast *cast, const char *name, const struct pd_id *id);
bool cast_find_order(const struct cast *cast, const char *name, struct pd_id *id);
/* "?" when it has none. */
const char *cast_order_name(const struct cast *cast, const struct pd_id *id);

/* Print text to stdout, with the names behind ids that it mentions: "person 201" becomes "person 201 (wang)". */
void cast_print(struct cast *cast, const char *text);

#endif
