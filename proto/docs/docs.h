/* docs.h - paidan-docs: PROTOCOL.md and schema.json, written from the tables. What its files share.
 *
 * Everything is written to stdout, unless a file is given, and ends the program when it cannot be.
 */
#ifndef PAIDAN_DOCS_H
#define PAIDAN_DOCS_H

#include <stdio.h>

#include "buffer.h"
#include "proto.h"

enum { DOCS_EXIT_USAGE = 100, DOCS_EXIT_SYSTEM = 111 };

/* Say why on stderr and end the program with code. */
__attribute__((format(printf, 2, 3), noreturn)) void docs_die(int code, const char *format, ...);

/* ---- the documents ---- */

/* The template at path, with what its lines that begin with @ stand for (see template.c). */
void docs_protocol(const char *path);
void docs_schema(void);

/* ---- their tables, in Markdown ---- */

void docs_kind_table(void);
/* The messages by role, with links. */
void docs_index(void);
void docs_move_table(void);
void docs_refusal_table(void);
void docs_word_tables(void);
/* All messages of a role (an index of docs_roles), with their fields and examples. */
void docs_messages(unsigned role);

/* ---- names and values ---- */

#define ENUM(name, doc) DOCS_ENUM_##name,
#define WORD(set, name, code, zh, doc)
#define ENUM_END(name)
enum {
#include "enums.def"
	DOCS_ENUMS
};

enum { DOCS_KINDS = 10, DOCS_ROLES = 6, DOCS_SETS = DOCS_ENUMS + 1 };

struct docs_kind {
	const char *name, *wire;
	int64_t min;  /* the bounds of a field that has none of its own */
	uint64_t max; /* 0: this kind has no bounds */
};
extern const struct docs_kind docs_kinds[DOCS_KINDS]; /* by enum pd_kind */
extern const char *const docs_roles[DOCS_ROLES];      /* by enum pd_role */

struct docs_set {
	const char *name, *doc;
};
extern const struct docs_set docs_sets[DOCS_SETS]; /* of words */

/* Whether the limits of this kind count something (characters, bytes, elements). */
bool docs_counts(enum pd_kind kind);
/* The set behind the unit "enum X"; null when the unit is another. */
const char *docs_enum_of(const struct pd_field *field);
/* The value of a U8, U16, U32 or U64. */
uint64_t docs_unsigned_at(const struct pd_field *field, const void *at);
void docs_hex(FILE *out, const char *data, size_t bytes, const char *between);
/* The number of elements of an encoded message, and the bytes of the head that says so. */
unsigned docs_elements(const struct pd_buffer *message, size_t *head_bytes);
/* Text with line breaks before column 100, each line behind indent spaces. */
void docs_wrapped(const char *text, int indent);
/* A value for people: with the word for a number, the date of a time. */
void docs_value(FILE *out, const struct pd_field *field, const void *at);

#endif
