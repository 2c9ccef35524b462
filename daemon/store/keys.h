/* keys.h - the book's keys: numbers big-endian, so that LMDB's order of bytes is the order of values. */
#ifndef PAIDAN_KEYS_H
#define PAIDAN_KEYS_H

#include <string.h>

#include "members.h"
#include "order.h"

enum { KEY_BY_HOLDER_BYTES = 14, KEY_BY_REQUESTER_BYTES = 12, KEY_BY_DUE_BYTES = 16, KEY_MEMBER_BYTES = 20 };

static inline uint8_t *key_u32(uint8_t *key, uint32_t value)
{
	for (int shift = 24; shift >= 0; shift -= 8)
		*key++ = (uint8_t)(value >> shift);
	return key;
}

static inline uint8_t *key_u64(uint8_t *key, uint64_t value)
{
	return key_u32(key_u32(key, (uint32_t)(value >> 32)), (uint32_t)value);
}

static inline uint32_t key_read_u32(const uint8_t *key)
{
	return (uint32_t)key[0] << 24 | (uint32_t)key[1] << 16 | (uint32_t)key[2] << 8 | key[3];
}

static inline uint64_t key_read_u64(const uint8_t *key)
{
	return (uint64_t)key_read_u32(key) << 32 | key_read_u32(key + 4);
}

static inline void key_member(uint8_t key[static KEY_MEMBER_BYTES], const struct pd_id *owner, uint32_t member)
{
	memcpy(key, owner, sizeof *owner);
	key_u32(key + sizeof *owner, member);
}

static inline void key_by_member(uint8_t key[static KEY_MEMBER_BYTES], uint32_t member, const struct pd_id *owner)
{
	memcpy(key_u32(key, member), owner, sizeof *owner);
}

#endif
