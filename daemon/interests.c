#include "interests.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { HASH_BYTES = crypto_shorthash_siphashx24_BYTES };

/* A beginning of topics. */
struct wanted {
	unsigned char hash[HASH_BYTES]; /* its key in the table */
	struct interest_list by;        /* not empty */
	uint16_t bytes;
	unsigned char first; /* byte; of those that have one */
};

/* That somebody wants one. */
struct interest {
	struct interested *who;
	struct wanted *what;
	LIST_ENTRY(interest) of_who, of_what;
};

void interests_init(struct interests *interests)
{
	uint64_t seed;
	*interests = (struct interests){0};
	randombytes_buf(interests->key, sizeof interests->key);
	randombytes_buf(&seed, sizeof seed);
	table_init(&interests->wanted, offsetof(struct wanted, hash), HASH_BYTES, seed);
}

void interests_fini(struct interests *interests)
{
	assert(interests->wanted.count == 0);
	table_fini(&interests->wanted);
}

static struct wanted *find(const struct interests *interests, const char *topic, size_t bytes,
			   unsigned char hash[static HASH_BYTES])
{
	crypto_shorthash_siphashx24(hash, (const unsigned char *)topic, bytes, interests->key);
	return table_find(&interests->wanted, hash);
}

static struct interest *of(const struct interested *who, const struct wanted *what)
{
	struct interest *interest;
	LIST_FOREACH(interest, &who->all, of_who)
	if (interest->what == what)
		break;
	return interest;
}

static struct wanted *add_wanted(struct interests *interests, struct pd_slice topic,
				 const unsigned char hash[static HASH_BYTES])
{
	struct wanted *wanted = calloc(1, sizeof *wanted);
	if (!wanted)
		abort();
	memcpy(wanted->hash, hash, HASH_BYTES);
	wanted->bytes = (uint16_t)topic.bytes;
	interests->long_so[topic.bytes]++;
	if (topic.bytes)
		interests->begin_so[wanted->first = (unsigned char)topic.data[0]]++;
	table_add(&interests->wanted, wanted);
	return wanted;
}

enum pd_err interests_add(struct interests *interests, struct interested *who, struct pd_slice topic)
{
	unsigned char hash[HASH_BYTES];
	if (topic.bytes > INTERESTS_TOPIC_BYTES_MAX)
		return PD_EFULL;
	struct wanted *what = find(interests, topic.data, topic.bytes, hash);
	if (what && of(who, what))
		return PD_OK;
	if (who->count == INTERESTS_EACH_MAX)
		return PD_EFULL;
	struct interest *interest = calloc(1, sizeof *interest);
	if (!interest)
		abort();
	interest->who = who;
	interest->what = what ? what : add_wanted(interests, topic, hash);
	LIST_INSERT_HEAD(&who->all, interest, of_who);
	LIST_INSERT_HEAD(&interest->what->by, interest, of_what);
	who->count++;
	return PD_OK;
}

static void cancel(struct interests *interests, struct interest *interest)
{
	struct wanted *what = interest->what;
	LIST_REMOVE(interest, of_who);
	LIST_REMOVE(interest, of_what);
	interest->who->count--;
	free(interest);
	if (!LIST_EMPTY(&what->by))
		return;
	interests->long_so[what->bytes]--;
	interests->begin_so[what->first] -= what->bytes > 0;
	table_remove(&interests->wanted, what->hash);
	free(what);
}

void interests_cancel(struct interests *interests, struct interested *who, struct pd_slice topic)
{
	unsigned char hash[HASH_BYTES];
	struct wanted *what =
		topic.bytes <= INTERESTS_TOPIC_BYTES_MAX ? find(interests, topic.data, topic.bytes, hash) : NULL;
	struct interest *interest = what ? of(who, what) : NULL;
	if (interest)
		cancel(interests, interest);
}

void interests_cancel_all(struct interests *interests, struct interested *who)
{
	struct interest *next;
	for (struct interest *interest = LIST_FIRST(&who->all); interest; interest = next) {
		next = LIST_NEXT(interest, of_who);
		cancel(interests, interest);
	}
}

bool interests_any(const struct interests *interests, char first)
{
	return interests->long_so[0] || interests->begin_so[(unsigned char)first];
}

void interests_match(const struct interests *interests, const char *topic, size_t bytes,
		     void (*fn)(struct interested *who, void *arg), void *arg)
{
	unsigned char hash[HASH_BYTES];
	for (size_t i = 0; i <= bytes && i <= INTERESTS_TOPIC_BYTES_MAX; i++) {
		const struct wanted *what = interests->long_so[i] ? find(interests, topic, i, hash) : NULL;
		struct interest *interest;
		if (what)
			LIST_FOREACH(interest, &what->by, of_what)
		fn(interest->who, arg);
	}
}
