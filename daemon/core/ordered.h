/* ordered.h - a red-black tree that knows its ends: what comes last is put there without a search, and the first is at
 * hand, however many there are.
 *
 *   ORDERED_HEAD(name, type);                            struct name; all zeros: it is empty
 *   ORDERED_PROTOTYPE(name, type, field, compare)        in a header, or
 *   ORDERED_GENERATE(name, type, field, compare)         in one source, or
 *   ORDERED_GENERATE_STATIC(name, type, field, compare)  for one source alone
 *
 *   name_add(head, element)    no equal one may be in it
 *   name_take(head, element)   it must be in it
 *   head->first, head->last    null: it is empty
 *
 * Nothing is kept in the nodes for those below (no RB_AUGMENT). To look into it: RB_FOREACH, RB_NEXT, RB_NFIND and the
 * like, of which RB_INSERT and RB_REMOVE are not for use.
 */
#ifndef PAIDAN_ORDERED_H
#define PAIDAN_ORDERED_H

#include <assert.h>
#include <bsd/sys/tree.h>
#include <stdbool.h>

#define ORDERED_HEAD(name, type)                                                                                       \
	struct name {                                                                                                  \
		struct type *rbh_root, *first, *last;                                                                  \
	}

#define ORDERED_PROTOTYPE(name, type, field, compare)                                                                  \
	RB_PROTOTYPE(name, type, field, compare)                                                                       \
	void name##_add(struct name *head, struct type *element);                                                      \
	void name##_take(struct name *head, struct type *element);

#define ORDERED_GENERATE(name, type, field, compare)                                                                   \
	RB_GENERATE(name, type, field, compare)                                                                        \
	ORDERED_FUNCTIONS(name, type, field, compare, )

#define ORDERED_GENERATE_STATIC(name, type, field, compare)                                                            \
	RB_GENERATE_INTERNAL(name, type, field, compare, static __attribute__((unused)))                               \
	ORDERED_FUNCTIONS(name, type, field, compare, static)

#define ORDERED_FUNCTIONS(name, type, field, compare, attribute)                                                       \
	attribute void name##_add(struct name *head, struct type *element)                                             \
	{                                                                                                              \
		bool last = !head->last || compare(element, head->last) > 0;                                           \
		if (head->last && last) {                                                                              \
			RB_SET(element, head->last, field);                                                            \
			RB_RIGHT(head->last, field) = element;                                                         \
			name##_RB_INSERT_COLOR(head, element);                                                         \
		} else {                                                                                               \
			struct type *same = RB_INSERT(name, head, element);                                            \
			assert(!same);                                                                                 \
			(void)same;                                                                                    \
		}                                                                                                      \
		if (last)                                                                                              \
			head->last = element;                                                                          \
		if (!head->first || compare(element, head->first) < 0)                                                 \
			head->first = element;                                                                         \
	}                                                                                                              \
	attribute void name##_take(struct name *head, struct type *element)                                            \
	{                                                                                                              \
		if (head->first == element)                                                                            \
			head->first = RB_NEXT(name, head, element);                                                    \
		if (head->last == element)                                                                             \
			head->last = RB_PREV(name, head, element);                                                     \
		RB_REMOVE(name, head, element);                                                                        \
	}

#endif
