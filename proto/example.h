/* example.h - messages made from text: from the examples of messages.def, or field by field.
 *
 * How a value is written: numbers in decimal; true or false; an ID with hyphens; TEXT as it is; BIN as hexadecimal
 * digits, or, where its unit is "a message", as the name of the message whose example it holds; U64S as [1, 2, 3]. For
 * the documents, the tests and the tools; the broker does not use it.
 */
#ifndef PAIDAN_EXAMPLE_H
#define PAIDAN_EXAMPLE_H

#include "buffer.h"
#include "proto.h"

enum { PD_EXAMPLE_LISTS = 8 };

/* A message together with what its BIN and U64S fields point to; its texts are borrowed. Not to be copied. */
struct pd_example {
	struct pd_message message;
	struct pd_buffer lists[PD_EXAMPLE_LISTS];
	unsigned list_count;
};

/* The message of this type with every field as its example says. Its request id is 7, or 0 of a push; the events of
 * orders have the seqs 4711 for an order's first and so on, other events 4711. Asserts that the type exists and the
 * examples can be read. */
void pd_example_init(struct pd_example *example, enum pd_type type);
void pd_example_fini(struct pd_example *example);

/* Set the field of this name; text is borrowed as long as example lives. PD_ENOENT: the message has no such field.
 * PD_EINVAL: text is not written as the field's kind asks, or the value is outside its limits; the message is as it
 * was. */
PD_MUST_USE enum pd_err pd_example_set(struct pd_example *example, const char *name, const char *text);

#endif
