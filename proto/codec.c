#include "codec.h"

#include <assert.h>
#include <msgpack.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

struct pd_decoder {
	msgpack_zone zone;
	bool any_word; /* words above the maxima of their fields are taken */
};

struct pd_decoder *pd_decoder_new(void)
{
	struct pd_decoder *decoder = malloc(sizeof *decoder);
	if (decoder && !msgpack_zone_init(&decoder->zone, 16 * 1024)) {
		free(decoder);
		return NULL;
	}
	if (decoder)
		decoder->any_word = false;
	return decoder;
}

struct pd_decoder *pd_decoder_new_client(void)
{
	struct pd_decoder *decoder = pd_decoder_new();
	if (decoder)
		decoder->any_word = true;
	return decoder;
}

void pd_decoder_free(struct pd_decoder *decoder)
{
	if (!decoder)
		return;
	msgpack_zone_destroy(&decoder->zone);
	free(decoder);
}

void pd_decoder_reset(struct pd_decoder *decoder)
{
	msgpack_zone_clear(&decoder->zone);
}

static enum pd_err fail(struct pd_fault *fault, enum pd_refusal refusal, struct pd_detail what)
{
	fault->refusal = refusal;
	fault->what = what;
	pd_detail_text(&what, PD_language_english, fault->detail);
	return PD_EINVAL;
}

/* ---- limits ---- */

static enum pd_err out_of_limits(struct pd_fault *fault, const struct pd_field *field, struct pd_detail_arg is)
{
	static const enum pd_detail_name names[] = {[PD_TEXT] = PD_DETAIL_field_characters,
						    [PD_BIN] = PD_DETAIL_field_bytes,
						    [PD_U64S] = PD_DETAIL_field_elements};
	struct pd_detail what =
		PD_DETAIL(field_number, PD_NAME(field->name), is, PD_SIGNED(field->min), PD_NUMBER(field->max));
	if (field->kind >= PD_TEXT)
		what.name = names[field->kind];
	return fail(fault, PD_REFUSED_bad_field, what);
}

static enum pd_err unsigned_out(struct pd_fault *fault, const struct pd_field *field, uint64_t value)
{
	return out_of_limits(fault, field, (struct pd_detail_arg)PD_NUMBER(value));
}

static enum pd_err signed_out(struct pd_fault *fault, const struct pd_field *field, int64_t value)
{
	return out_of_limits(fault, field, (struct pd_detail_arg)PD_SIGNED(value));
}

static bool count_fits(const struct pd_field *field, uint64_t count)
{
	return count <= field->max && (field->min <= 0 || count >= (uint64_t)field->min);
}

/* Whether it is a number for a word, be it known or not. */
static bool word_fits(const struct pd_field *field, uint64_t value)
{
	uint64_t max = field->kind == PD_U8 ? UINT8_MAX : UINT16_MAX;
	return strncmp(field->unit, "enum ", 5) == 0 && value <= max && (int64_t)value >= field->min;
}

static bool signed_fits(const struct pd_field *field, int64_t value)
{
	return value >= field->min && value <= (int64_t)field->max;
}

static bool text_fits(const struct pd_field *field, struct pd_slice text)
{
	/* A character is at least a byte: most texts need no counting. */
	if (text.bytes <= field->max && field->min <= 1 && (int64_t)text.bytes >= field->min)
		return true;
	return count_fits(field, pd_utf8_chars(text.data, text.bytes));
}

static enum pd_err check_count(struct pd_fault *fault, const struct pd_field *field, uint64_t count)
{
	return count_fits(field, count) ? PD_OK : unsigned_out(fault, field, count);
}

static enum pd_err check_signed(struct pd_fault *fault, const struct pd_field *field, int64_t value)
{
	return signed_fits(field, value) ? PD_OK : signed_out(fault, field, value);
}

static enum pd_err check_text(struct pd_fault *fault, const struct pd_field *field, struct pd_slice text)
{
	return text_fits(field, text) ? PD_OK : unsigned_out(fault, field, pd_utf8_chars(text.data, text.bytes));
}

static uint64_t load_unsigned(const void *at, enum pd_kind kind)
{
	switch (kind) {
	case PD_U8: return *(const uint8_t *)at;
	case PD_U16: return *(const uint16_t *)at;
	case PD_U32: return *(const uint32_t *)at;
	case PD_BOOL: return *(const bool *)at;
	default: return *(const uint64_t *)at;
	}
}

/* All but whether text is UTF-8. */
static enum pd_err check_field(struct pd_fault *fault, const struct pd_field *field, const void *at)
{
	switch (field->kind) {
	case PD_ID: return PD_OK;
	case PD_I32: return check_signed(fault, field, *(const int32_t *)at);
	case PD_TEXT: return check_text(fault, field, *(const struct pd_slice *)at);
	case PD_BIN: return check_count(fault, field, ((const struct pd_slice *)at)->bytes);
	case PD_U64S: return check_count(fault, field, ((const struct pd_u64s *)at)->count);
	default: return check_count(fault, field, load_unsigned(at, field->kind));
	}
}

enum pd_err pd_validate(const struct pd_message *message, struct pd_fault *fault)
{
	const struct pd_message_info *info = pd_message_info(message->type);
	assert(info);
	const char *body = (const char *)&message->ok;
	fault->request = message->request;
	fault->lost = false;
	for (const struct pd_field *field = info->fields; field < info->fields + info->field_count; field++) {
		const void *at = body + field->offset;
		const struct pd_slice *text = at;
		if (field->kind == PD_TEXT && !pd_utf8_valid(text->data, text->bytes))
			return fail(fault, PD_REFUSED_bad_field, PD_DETAIL(field_utf8, PD_NAME(field->name)));
		enum pd_err err = check_field(fault, field, at);
		if (err)
			return err;
	}
	return PD_OK;
}

/* ---- decoding ---- */

static void store_unsigned(void *at, enum pd_kind kind, uint64_t value)
{
	switch (kind) {
	case PD_U8: *(uint8_t *)at = (uint8_t)value; break;
	case PD_U16: *(uint16_t *)at = (uint16_t)value; break;
	case PD_U32: *(uint32_t *)at = (uint32_t)value; break;
	default: *(uint64_t *)at = value; break;
	}
}

static enum pd_err decode_u64s(struct pd_decoder *decoder, const struct pd_field *field, const msgpack_object *o,
			       struct pd_u64s *out, struct pd_fault *fault)
{
	if (o->type != MSGPACK_OBJECT_ARRAY)
		return fail(fault, PD_REFUSED_bad_field, PD_DETAIL(need_array, PD_NAME(field->name)));
	uint32_t count = o->via.array.size;
	uint64_t *values = msgpack_zone_malloc(&decoder->zone, sizeof *values * (count + 1));
	if (!values)
		abort();
	for (uint32_t i = 0; i < count; i++) {
		if (o->via.array.ptr[i].type != MSGPACK_OBJECT_POSITIVE_INTEGER)
			return fail(fault, PD_REFUSED_bad_field, PD_DETAIL(need_array, PD_NAME(field->name)));
		values[i] = o->via.array.ptr[i].via.u64;
	}
	*out = (struct pd_u64s){values, count};
	return check_count(fault, field, count);
}

static enum pd_err decode_field(struct pd_decoder *decoder, const struct pd_field *field, const msgpack_object *o,
				void *at, struct pd_fault *fault)
{
	switch (field->kind) {
	case PD_U8:
	case PD_U16:
	case PD_U32:
	case PD_U64:
		if (o->type == MSGPACK_OBJECT_NEGATIVE_INTEGER)
			return signed_out(fault, field, o->via.i64);
		if (o->type != MSGPACK_OBJECT_POSITIVE_INTEGER)
			return fail(fault, PD_REFUSED_bad_field, PD_DETAIL(need_unsigned, PD_NAME(field->name)));
		store_unsigned(at, field->kind, o->via.u64);
		if (decoder->any_word && word_fits(field, o->via.u64))
			return PD_OK;
		return check_count(fault, field, o->via.u64);
	case PD_I32:
		if (o->type != MSGPACK_OBJECT_POSITIVE_INTEGER && o->type != MSGPACK_OBJECT_NEGATIVE_INTEGER)
			return fail(fault, PD_REFUSED_bad_field, PD_DETAIL(need_integer, PD_NAME(field->name)));
		if (o->type == MSGPACK_OBJECT_POSITIVE_INTEGER && o->via.u64 > INT32_MAX)
			return unsigned_out(fault, field, o->via.u64);
		*(int32_t *)at = (int32_t)o->via.i64;
		return check_signed(fault, field, o->via.i64);
	case PD_BOOL:
		if (o->type != MSGPACK_OBJECT_BOOLEAN)
			return fail(fault, PD_REFUSED_bad_field, PD_DETAIL(need_bool, PD_NAME(field->name)));
		*(bool *)at = o->via.boolean;
		return PD_OK;
	case PD_ID:
		if (o->type != MSGPACK_OBJECT_BIN || o->via.bin.size != 16)
			return fail(fault, PD_REFUSED_bad_field, PD_DETAIL(need_id, PD_NAME(field->name)));
		memcpy(at, o->via.bin.ptr, 16);
		return PD_OK;
	case PD_TEXT: {
		if (o->type != MSGPACK_OBJECT_STR)
			return fail(fault, PD_REFUSED_bad_field, PD_DETAIL(need_text, PD_NAME(field->name)));
		struct pd_slice text = {o->via.str.ptr, o->via.str.size};
		*(struct pd_slice *)at = text;
		return check_text(fault, field, text);
	}
	case PD_BIN:
		if (o->type != MSGPACK_OBJECT_BIN)
			return fail(fault, PD_REFUSED_bad_field, PD_DETAIL(need_bytes, PD_NAME(field->name)));
		*(struct pd_slice *)at = (struct pd_slice){o->via.bin.ptr, o->via.bin.size};
		return check_count(fault, field, o->via.bin.size);
	case PD_U64S: return decode_u64s(decoder, field, o, at, fault);
	}
	return PD_EINVAL;
}

static enum pd_err decode_fields(struct pd_decoder *decoder, const struct pd_message_info *info,
				 const msgpack_object *o, unsigned given, struct pd_message *message,
				 struct pd_fault *fault)
{
	char *body = (char *)&message->ok;
	for (unsigned i = 0; i < info->field_count; i++) {
		const struct pd_field *field = &info->fields[i];
		if (i >= given) {
			if (!field->required)
				break; /* all from here on are optional, and are zero already */
			return fail(fault, PD_REFUSED_bad_field,
				    PD_DETAIL(field_missing, PD_NAME(field->name), PD_NAME(info->name),
					      PD_NUMBER(info->required_count)));
		}
		enum pd_err err = decode_field(decoder, field, &o[i], body + field->offset, fault);
		if (err)
			return err;
	}
	return PD_OK;
}

enum pd_err pd_decode(struct pd_decoder *decoder, const char *frame, size_t frame_bytes, size_t *off,
		      struct pd_message *message, struct pd_fault *fault)
{
	size_t bytes = 0;
	enum pd_detail_name why = PD_DETAIL_none;
	fault->request = 0;
	fault->lost = true;
	if (pd_check(frame + *off, frame_bytes - *off, &bytes, &why))
		return fail(fault, PD_REFUSED_malformed, (struct pd_detail){why, {PD_NUMBER(*off)}});
	fault->lost = false;
	size_t end = *off + bytes;
	msgpack_object o;
	int rc = msgpack_unpack(frame, end, off, &decoder->zone, &o);
	*off = end;
	if (rc != MSGPACK_UNPACK_SUCCESS)
		return fail(fault, PD_REFUSED_malformed, PD_DETAIL(not_msgpack));
	if (o.type != MSGPACK_OBJECT_ARRAY || o.via.array.size < 2)
		return fail(fault, PD_REFUSED_malformed, PD_DETAIL(not_a_message));
	const msgpack_object *f = o.via.array.ptr;
	if (f[1].type == MSGPACK_OBJECT_POSITIVE_INTEGER)
		fault->request = f[1].via.u64;
	if (f[1].type != MSGPACK_OBJECT_POSITIVE_INTEGER || f[0].type != MSGPACK_OBJECT_POSITIVE_INTEGER)
		return fail(fault, PD_REFUSED_malformed, PD_DETAIL(bad_head));
	const struct pd_message_info *info =
		f[0].via.u64 <= UINT32_MAX ? pd_message_info((unsigned)f[0].via.u64) : NULL;
	if (!info)
		return fail(fault, PD_REFUSED_unknown_type, PD_DETAIL(message_type, PD_NUMBER(f[0].via.u64)));
	message->type = info->type;
	message->request = f[1].via.u64;
	memset(&message->ok, 0, info->body_bytes); /* what is optional and missing is zero or empty */
	return decode_fields(decoder, info, f + 2, o.via.array.size - 2, message, fault);
}

/* ---- encoding ---- */

static int append(void *buffer, const char *data, size_t bytes)
{
	pd_buffer_add(buffer, data, bytes);
	return 0;
}

static void encode_field(msgpack_packer *pk, const struct pd_field *field, const void *at, bool any_word)
{
	switch (field->kind) {
	case PD_U8:
	case PD_U16:
	case PD_U32:
	case PD_U64: {
		uint64_t value = load_unsigned(at, field->kind);
		assert(count_fits(field, value) || (any_word && word_fits(field, value)));
		msgpack_pack_uint64(pk, value);
		break;
	}
	case PD_I32:
		assert(signed_fits(field, *(const int32_t *)at));
		msgpack_pack_int32(pk, *(const int32_t *)at);
		break;
	case PD_BOOL: *(const bool *)at ? msgpack_pack_true(pk) : msgpack_pack_false(pk); break;
	case PD_ID:
		msgpack_pack_bin(pk, 16);
		msgpack_pack_bin_body(pk, at, 16);
		break;
	case PD_TEXT: {
		const struct pd_slice *text = at;
		assert(text_fits(field, *text));
		msgpack_pack_str(pk, text->bytes);
		msgpack_pack_str_body(pk, text->data, text->bytes);
		break;
	}
	case PD_BIN: {
		const struct pd_slice *bin = at;
		assert(count_fits(field, bin->bytes));
		msgpack_pack_bin(pk, bin->bytes);
		msgpack_pack_bin_body(pk, bin->data, bin->bytes);
		break;
	}
	case PD_U64S: {
		const struct pd_u64s *list = at;
		assert(count_fits(field, list->count));
		msgpack_pack_array(pk, list->count);
		for (uint32_t i = 0; i < list->count; i++)
			msgpack_pack_uint64(pk, list->values[i]);
		break;
	}
	}
}

/* Whether an optional field says nothing that leaving it out would not say. */
static bool is_empty(const struct pd_field *field, const void *at)
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

void pd_encode(const struct pd_message *message, struct pd_buffer *out)
{
	const struct pd_message_info *info = pd_message_info(message->type);
	assert(info);
	const char *body = (const char *)&message->ok;
	unsigned count = info->field_count;
	while (count > info->required_count &&
	       is_empty(&info->fields[count - 1], body + info->fields[count - 1].offset))
		count--;
	msgpack_packer pk;
	msgpack_packer_init(&pk, out, append);
	msgpack_pack_array(&pk, count + 2);
	msgpack_pack_uint8(&pk, (uint8_t)info->type);
	msgpack_pack_uint64(&pk, message->request);
	for (unsigned i = 0; i < count; i++)
		encode_field(&pk, &info->fields[i], body + info->fields[i].offset, info->role >= PD_REPLY);
}
