/* values.h - messages and patterns as a scenario writes them, in JSON.
 *
 * Nothing of messages stands here: names, kinds and words are those of proto's tables. A value that is wrong in a
 * scenario, or a text that the broker sends and that is no UTF-8, ends the program by values_die. Threads: one.
 */
#ifndef CONFORM_VALUES_H
#define CONFORM_VALUES_H

#include <jansson.h>

#include "proto.h"

/* Says what was wrong, and ends the program; main.c has it. */
_Noreturn void values_die(const char *why);

/* The members of an object, or of what is none, one after the other; null: no further one. */
static inline void *values_first(const json_t *object)
{
	return json_object_iter((json_t *)object);
}

static inline void *values_after(const json_t *object, void *at)
{
	return json_object_iter_next((json_t *)object, at);
}

/* A message's fields as an object, with "what" of events and pushes, and "seq" of events; of a refusal also "advice".
 * The message inside a push or a past stands in its place. New reference. */
json_t *values_of_message(const struct pd_message *message);

/* Set the fields of message, whose type is set, from an object, whose texts are borrowed. False: there is no such
 * field, or C's types cannot hold the value, so that libpaidan cannot be given it; why says so, in `bytes` bytes. */
bool values_to_message(struct pd_message *message, const json_t *with, char *why, size_t bytes);
/* The text of a new id. New reference. */
json_t *values_of_id(const struct pd_id *id);

/* What stands in a step, with its variables replaced and its texts made. New reference. */
json_t *values_make(const json_t *variables, const json_t *value);

/* Whether got is like pattern; variables that have no value yet get one. If not, *why says where, in `bytes` bytes. */
bool values_like(json_t *variables, const json_t *got, const json_t *pattern, char *why, size_t bytes);

#endif
