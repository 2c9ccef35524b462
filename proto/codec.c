#include "codec.h"

#include <assert.h>
#include <endian.h>
#include <msgpack/zone.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "field.h"

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

/* What is still to be read of a message. It goes no further than end: a value that would is bad. */
struct input {
	const uint8_t *at, *end;
	uint64_t values; /* read so far, and announced */
};

static inline uint64_t read_big_endian(const uint8_t *from, unsigned bytes)
{
	uint64_t eight;
	uint32_t four;
	uint16_t two;
	switch (bytes) {
	case 1: return *from;
	case 2: memcpy(&two, from, sizeof two); return be16toh(two);
	case 4: memcpy(&four, from, sizeof four); return be32toh(four);
	default: memcpy(&eight, from, sizeof eight); return be64toh(eight);
	}
}

/* The number or length of so many bytes behind the value's first one. */
static inline bool read_tail(struct input *in, unsigned bytes, uint64_t *value)
{
	if ((size_t)(in->end - in->at) <= bytes)
		return false;
	*value = read_big_endian(in->at + 1, bytes);
	in->at += 1 + bytes;
	return true;
}

static bool read_negative(struct input *in, int64_t *value)
{
	uint8_t first = in->at < in->end ? *in->at : 0;
	uint64_t bits;
	if (first >= 0xe0) {
		*value = (int64_t)first - 256;
		in->at++;
		return true;
	}
	unsigned bytes = 1u << (first & 3), shift = 64 - 8 * bytes;
	if (first < 0xd0 || first > 0xd3 || !read_tail(in, bytes, &bits))
		return false;
	*value = (int64_t)(bits << shift) >> shift; /* its highest bit is its sign */
	return true;
}

/* An integer, in whatever length; *negative: it is one, in two's complement. */
static inline bool read_integer(struct input *in, uint64_t *value, bool *negative)
{
	uint8_t first = in->at < in->end ? *in->at : 0xc0;
	*negative = false;
	if (first <= 0x7f) {
		*value = first;
		in->at++;
		return true;
	}
	if (first >= 0xcc && first <= 0xcf)
		return read_tail(in, 1u << (first - 0xcc), value);
	int64_t number;
	if (!read_negative(in, &number))
		return false;
	*value = (uint64_t)number;
	*negative = number < 0;
	return true;
}

static inline bool read_unsigned(struct input *in, uint64_t *value)
{
	bool negative;
	return read_integer(in, value, &negative) && !negative;
}

/* The bytes behind a length of so many bytes, or of the one that is given. */
static inline bool read_bytes(struct input *in, unsigned length_bytes, uint64_t length, struct pd_slice *slice)
{
	if (length_bytes == 0)
		in->at++;
	else if (!read_tail(in, length_bytes, &length))
		return false;
	if (length > (uint64_t)(in->end - in->at))
		return false;
	*slice = (struct pd_slice){(const char *)in->at, (uint32_t)length};
	in->at += length;
	return true;
}

static inline bool read_bin(struct input *in, struct pd_slice *bin)
{
	uint8_t first = in->at < in->end ? *in->at : 0;
	return first >= 0xc4 && first <= 0xc6 && read_bytes(in, 1u << (first - 0xc4), 0, bin);
}

static inline bool read_text(struct input *in, struct pd_slice *text)
{
	uint8_t first = in->at < in->end ? *in->at : 0;
	bool read = first >= 0xa0 && first <= 0xbf   ? read_bytes(in, 0, first & 0x1f, text)
		    : first >= 0xd9 && first <= 0xdb ? read_bytes(in, 1u << (first - 0xd9), 0, text)
						     : false;
	return read && pd_utf8_valid(text->data, text->bytes);
}

/* The head of an array: how many values follow. */
static inline bool read_array(struct input *in, uint64_t *count)
{
	uint8_t first = in->at < in->end ? *in->at : 0;
	if (first >= 0x90 && first <= 0x9f) {
		*count = first & 0x0f;
		in->at++;
		return true;
	}
	return (first == 0xdc || first == 0xdd) && read_tail(in, first == 0xdc ? 2 : 4, count);
}

static void store_unsigned(void *at, enum pd_kind kind, uint64_t value)
{
	switch (kind) {
	case PD_U8: *(uint8_t *)at = (uint8_t)value; break;
	case PD_U16: *(uint16_t *)at = (uint16_t)value; break;
	case PD_U32: *(uint32_t *)at = (uint32_t)value; break;
	default: *(uint64_t *)at = value; break;
	}
}

static enum pd_err wrong_kind(struct pd_fault *fault, const struct pd_field *field, enum pd_detail_name need)
{
	return fail(fault, PD_REFUSED_bad_field, (struct pd_detail){need, {PD_NAME(field->name)}});
}

static enum pd_err decode_unsigned(struct pd_decoder *decoder, const struct pd_field *field, struct input *in, void *at,
				   struct pd_fault *fault)
{
	uint64_t value;
	bool negative;
	if (!read_integer(in, &value, &negative))
		return wrong_kind(fault, field, PD_DETAIL_need_unsigned);
	if (negative)
		return signed_out(fault, field, (int64_t)value);
	store_unsigned(at, field->kind, value);
	if (count_fits(field, value) || (decoder->any_word && word_fits(field, value)))
		return PD_OK;
	return unsigned_out(fault, field, value);
}

static enum pd_err decode_signed(const struct pd_field *field, struct input *in, int32_t *at, struct pd_fault *fault)
{
	uint64_t value;
	bool negative;
	if (!read_integer(in, &value, &negative))
		return wrong_kind(fault, field, PD_DETAIL_need_integer);
	if (!negative && value > INT32_MAX)
		return unsigned_out(fault, field, value);
	*at = (int32_t)(int64_t)value;
	return check_signed(fault, field, (int64_t)value);
}

static enum pd_err decode_bool(const struct pd_field *field, struct input *in, bool *at, struct pd_fault *fault)
{
	uint8_t first = in->at < in->end ? *in->at : 0;
	if (first != 0xc2 && first != 0xc3)
		return wrong_kind(fault, field, PD_DETAIL_need_bool);
	*at = first == 0xc3;
	in->at++;
	return PD_OK;
}

static enum pd_err decode_u64s(struct pd_decoder *decoder, const struct pd_field *field, struct input *in,
			       struct pd_u64s *out, struct pd_fault *fault)
{
	uint64_t count;
	if (!read_array(in, &count) || count > (uint64_t)(in->end - in->at) || count > PD_VALUES_MAX)
		return wrong_kind(fault, field, PD_DETAIL_need_array);
	uint64_t *values = msgpack_zone_malloc(&decoder->zone, sizeof *values * (count + 1));
	if (!values)
		abort();
	for (uint64_t i = 0; i < count; i++)
		if (!read_unsigned(in, &values[i]))
			return wrong_kind(fault, field, PD_DETAIL_need_array);
	in->values += count;
	*out = (struct pd_u64s){values, (uint32_t)count};
	return check_count(fault, field, count);
}

static enum pd_err decode_field(struct pd_decoder *decoder, const struct pd_field *field, struct input *in, void *at,
				struct pd_fault *fault)
{
	struct pd_slice *slice = at;
	switch (field->kind) {
	case PD_U8:
	case PD_U16:
	case PD_U32:
	case PD_U64: return decode_unsigned(decoder, field, in, at, fault);
	case PD_I32: return decode_signed(field, in, at, fault);
	case PD_BOOL: return decode_bool(field, in, at, fault);
	case PD_ID: {
		struct pd_slice id;
		if (!read_bin(in, &id) || id.bytes != sizeof(struct pd_id))
			return wrong_kind(fault, field, PD_DETAIL_need_id);
		memcpy(at, id.data, sizeof(struct pd_id));
		return PD_OK;
	}
	case PD_TEXT:
		return read_text(in, slice) ? check_text(fault, field, *slice)
					    : wrong_kind(fault, field, PD_DETAIL_need_text);
	case PD_BIN:
		return read_bin(in, slice) ? check_count(fault, field, slice->bytes)
					   : wrong_kind(fault, field, PD_DETAIL_need_bytes);
	case PD_U64S: return decode_u64s(decoder, field, in, at, fault);
	}
	return PD_EINVAL;
}

static enum pd_err decode_fields(struct pd_decoder *decoder, const struct pd_message_info *info, uint64_t given,
				 struct input *in, struct pd_message *message, struct pd_fault *fault)
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
		enum pd_err err = decode_field(decoder, field, in, body + field->offset, fault);
		if (err)
			return err;
	}
	return PD_OK;
}

/* Read a message, of which it is not known yet whether it is msgpack: an error here may turn out to be a worse one.
 * *more: there are values behind it that were not read, or too many. */
static enum pd_err decode_message(struct pd_decoder *decoder, struct input *in, struct pd_message *message,
				  struct pd_fault *fault, bool *more)
{
	*more = false;
	uint64_t count = 0, type = 0;
	if (!read_array(in, &count) || count < 2)
		return fail(fault, PD_REFUSED_malformed, PD_DETAIL(not_a_message));
	if (!read_unsigned(in, &type) || !read_unsigned(in, &message->request))
		return fail(fault, PD_REFUSED_malformed, PD_DETAIL(bad_head));
	fault->request = message->request;
	const struct pd_message_info *info = type <= UINT32_MAX ? pd_message_info((unsigned)type) : NULL;
	if (!info)
		return fail(fault, PD_REFUSED_unknown_type, PD_DETAIL(message_type, PD_NUMBER(type)));
	message->type = info->type;
	memset(&message->ok, 0, info->body_bytes); /* what is optional and missing is zero or empty */
	in->values = 1 + count;
	enum pd_err err = decode_fields(decoder, info, count - 2, in, message, fault);
	*more = count - 2 > info->field_count || in->values > PD_VALUES_MAX;
	return err;
}

/* The request id of a message whose type cannot be read. */
static uint64_t request_behind(const char *data, size_t bytes)
{
	struct input in = {.at = (const uint8_t *)data, .end = (const uint8_t *)data + bytes};
	uint64_t count = 0, request;
	size_t first_bytes;
	enum pd_detail_name why;
	if (!read_array(&in, &count) || count < 2 ||
	    pd_check((const char *)in.at, (size_t)(in.end - in.at), &first_bytes, &why))
		return 0;
	in.at += first_bytes;
	return read_unsigned(&in, &request) ? request : 0;
}

enum pd_err pd_decode(struct pd_decoder *decoder, const char *frame, size_t frame_bytes, size_t *off,
		      struct pd_message *message, struct pd_fault *fault)
{
	const char *data = frame + *off;
	struct input in = {.at = (const uint8_t *)data, .end = (const uint8_t *)frame + frame_bytes};
	bool more;
	fault->request = 0;
	fault->lost = false;
	enum pd_err err = decode_message(decoder, &in, message, fault, &more);
	if (err == PD_OK && !more) {
		*off = (size_t)((const char *)in.at - frame);
		return PD_OK;
	}
	/* What was read is msgpack, and within its limits, if it was read without an error; what was not is looked at
	 * now, and decides first. */
	size_t bytes = 0;
	enum pd_detail_name why = PD_DETAIL_none;
	if (pd_check(data, frame_bytes - *off, &bytes, &why)) {
		fault->request = 0;
		fault->lost = true;
		return fail(fault, PD_REFUSED_malformed, (struct pd_detail){why, {PD_NUMBER(*off)}});
	}
	if (err && fault->what.name == PD_DETAIL_bad_head)
		fault->request = request_behind(data, bytes);
	*off += bytes;
	return err;
}
