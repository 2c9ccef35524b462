/* interests.h - who subscribes to what: the beginnings of topics that each subscriber wants.
 *
 * As with ZeroMQ's XPUB, to subscribe twice to the same is to subscribe once. A beginning is known by a keyed hash of
 * 128 bits, and not kept itself. Threads: one at a time.
 */
#ifndef PAIDAN_INTERESTS_H
#define PAIDAN_INTERESTS_H

#include <sodium.h>
#include <sys/queue.h>

#include "proto.h"
#include "table.h"

enum { INTERESTS_TOPIC_BYTES_MAX = 1024, INTERESTS_EACH_MAX = 1024 };

LIST_HEAD(interest_list, interest);

struct interests {
	struct table wanted;                             /* struct wanted, in interests.c */
	unsigned long_so[INTERESTS_TOPIC_BYTES_MAX + 1]; /* how many of each length are wanted */
	unsigned begin_so[256];                          /* ... with each first byte */
	unsigned char key[crypto_shorthash_siphashx24_KEYBYTES];
};

/* Part of each subscriber. */
struct interested {
	struct interest_list all;
	unsigned count;
};

void interests_init(struct interests *interests);
/* Nobody subscribes to anything any more. */
void interests_fini(struct interests *interests);

/* Nothing is done twice. PD_EFULL: the subscriber has INTERESTS_EACH_MAX already, or the topic is too long. */
PD_MUST_USE enum pd_err interests_add(struct interests *interests, struct interested *who, struct pd_slice topic);
void interests_cancel(struct interests *interests, struct interested *who, struct pd_slice topic);
void interests_cancel_all(struct interests *interests, struct interested *who);

/* Whether anyone wants topics that begin with a byte, or all. */
bool interests_any(const struct interests *interests, char first);
/* Call fn for each subscriber who wants the topic; more than once, if several beginnings of it are wanted. */
void interests_match(const struct interests *interests, const char *topic, size_t bytes,
		     void (*fn)(struct interested *who, void *arg), void *arg);

#endif
