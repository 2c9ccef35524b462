/* encode.c - messages to bytes: a function for each message, made from messages.def.
 *
 * What a field is stands in the code as a constant, so that of all that a field could be only what it is is left.
 */
#include <assert.h>

#include "codec.h"
#include "field.h"
#include "pack.h"

static void encode_slice(char **at, struct pd_slice slice)
{
	if (slice.bytes)
		memcpy(*at, slice.data, slice.bytes);
	*at += slice.bytes;
}

/* What a field takes at most. */
static inline size_t bytes_max(const struct pd_field *field, const void *at)
{
	switch (field->kind) {
	case PD_TEXT:
	case PD_BIN: return PACK_HEAD_BYTES_MAX + ((const struct pd_slice *)at)->bytes;
	case PD_U64S: return PACK_HEAD_BYTES_MAX * (1 + (size_t)((const struct pd_u64s *)at)->count);
	default: return PACK_HEAD_BYTES_MAX + sizeof(struct pd_id);
	}
}

static inline __attribute__((always_inline)) void encode_field(char **out, const struct pd_field *field, const void *at,
							       bool any_word)
{
	switch (field->kind) {
	case PD_U8:
	case PD_U16:
	case PD_U32:
	case PD_U64: {
		uint64_t value = load_unsigned(at, field->kind);
		assert(count_fits(field, value) || (any_word && word_fits(field, value)));
		pack_uint64(out, value);
		break;
	}
	case PD_I32:
		assert(signed_fits(field, *(const int32_t *)at));
		pack_int32(out, *(const int32_t *)at);
		break;
	case PD_BOOL: *(const bool *)at ? pack_true(out) : pack_false(out); break;
	case PD_ID:
		pack_bin(out, sizeof(struct pd_id));
		encode_slice(out, (struct pd_slice){at, sizeof(struct pd_id)});
		break;
	case PD_TEXT: {
		const struct pd_slice *text = at;
		assert(text_fits(field, *text));
		pack_str(out, text->bytes);
		encode_slice(out, *text);
		break;
	}
	case PD_BIN: {
		const struct pd_slice *bin = at;
		assert(count_fits(field, bin->bytes));
		pack_bin(out, bin->bytes);
		encode_slice(out, *bin);
		break;
	}
	case PD_U64S: {
		const struct pd_u64s *list = at;
		assert(count_fits(field, list->count));
		pack_array(out, list->count);
		for (uint32_t i = 0; i < list->count; i++)
			pack_uint64(out, list->values[i]);
		break;
	}
	}
}

/* Whether an optional field says nothing that leaving it out would not say. */
static inline bool is_empty(const struct pd_field *field, const void *at)
{
	switch (field->kind) {
	case PD_ID: {
		static const struct pd_id none;
		return memcmp(at, &none, sizeof none) == 0;
	}
	case PD_I32: return *(const int32_t *)at == 0;
	case PD_TEXT:
	case PD_BIN: return ((const struct pd_slice *)at)->bytes == 0;
	case PD_U64S: return ((const struct pd_u64s *)at)->count == 0;
	default: return load_unsigned(at, field->kind) == 0;
	}
}

#define PD_NEED_REQUIRED true
#define PD_NEED_OPTIONAL false
#define FIELD_HERE(kind, need, min, max, unit)                                                                         \
	(&(const struct pd_field){"", unit, "", "", PD_##kind, PD_NEED_##need, 0, min, max})

/* How many of a message's fields there are to say: the optional ones at its end that are empty are left out. */
#define MESSAGE(name, code, role, doc)                                                                                 \
	static unsigned fields_of_##name(const struct pd_##name *m)                                                    \
	{                                                                                                              \
		unsigned i = 0, count = 0;                                                                             \
		(void)m;
#define FIELD(message, name, kind, need, min, max, unit, example, doc)                                                 \
	i++;                                                                                                           \
	if (PD_NEED_##need || !is_empty(FIELD_HERE(kind, need, min, max, unit), &m->name))                             \
		count = i;
#define END(name)                                                                                                      \
	(void)i;                                                                                                       \
	return count;                                                                                                  \
	}
#include "messages.def"

/* What it takes at most. */
#define MESSAGE(name, code, role, doc)                                                                                 \
	static size_t room_for_##name(const struct pd_##name *m)                                                       \
	{                                                                                                              \
		size_t bytes = 3 * (size_t)PACK_HEAD_BYTES_MAX;                                                        \
		(void)m;
#define FIELD(message, name, kind, need, min, max, unit, example, doc)                                                 \
	bytes += bytes_max(FIELD_HERE(kind, need, min, max, unit), &m->name);
#define END(name)                                                                                                      \
	return bytes;                                                                                                  \
	}
#include "messages.def"

#define MESSAGE(name, code, role, doc)                                                                                 \
	static char *put_##name(const struct pd_##name *m, uint64_t request, char *at)                                 \
	{                                                                                                              \
		const bool any_word = PD_##role >= PD_REPLY;                                                           \
		unsigned i = 0, count = fields_of_##name(m);                                                           \
		pack_array(&at, count + 2);                                                                            \
		pack_uint8(&at, code);                                                                                 \
		pack_uint64(&at, request);
#define FIELD(message, name, kind, need, min, max, unit, example, doc)                                                 \
	if (i++ < count)                                                                                               \
		encode_field(&at, FIELD_HERE(kind, need, min, max, unit), &m->name, any_word);
#define END(name)                                                                                                      \
	(void)i;                                                                                                       \
	(void)any_word;                                                                                                \
	return at;                                                                                                     \
	}
#include "messages.def"

void pd_encode(const struct pd_message *message, struct pd_buffer *out)
{
	char *end = NULL;
	switch (message->type) {
#define MESSAGE(name, code, role, doc)                                                                                 \
	case PD_MSG_##name:                                                                                            \
		pd_buffer_reserve(out, room_for_##name(&message->name));                                               \
		end = put_##name(&message->name, message->request, out->data + out->count);                            \
		break;
#define FIELD(message, name, kind, need, min, max, unit, example, doc)
#define END(name)
#include "messages.def"
	case PD_MSG_none: break;
	}
	assert(end);
	out->count = (size_t)(end - out->data);
}
