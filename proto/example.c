#include "example.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "codec.h"
#include "id.h"

enum { EXAMPLE_REQUEST = 7, EXAMPLE_SEQ = 4711 };

static struct pd_buffer *list_new(struct pd_example *example)
{
	assert(example->list_count < PD_EXAMPLE_LISTS);
	return &example->lists[example->list_count++];
}

/* A decimal number at *text, which is moved behind it. */
static bool parse_unsigned(const char **text, uint64_t *value)
{
	if (**text < '0' || **text > '9')
		return false;
	char *end;
	errno = 0;
	*value = strtoull(*text, &end, 10);
	*text = end;
	return errno == 0;
}

static enum pd_err set_unsigned(void *at, enum pd_kind kind, const char *text)
{
	static const uint64_t most[] = {
		[PD_U8] = UINT8_MAX, [PD_U16] = UINT16_MAX, [PD_U32] = UINT32_MAX, [PD_U64] = UINT64_MAX};
	uint64_t value;
	if (!parse_unsigned(&text, &value) || *text || value > most[kind])
		return PD_EINVAL;
	switch (kind) {
	case PD_U8: *(uint8_t *)at = (uint8_t)value; break;
	case PD_U16: *(uint16_t *)at = (uint16_t)value; break;
	case PD_U32: *(uint32_t *)at = (uint32_t)value; break;
	default: *(uint64_t *)at = value; break;
	}
	return PD_OK;
}

static enum pd_err set_signed(int32_t *at, const char *text)
{
	bool negative = *text == '-';
	uint64_t value;
	text += negative;
	if (!parse_unsigned(&text, &value) || *text || value > INT32_MAX)
		return PD_EINVAL;
	*at = negative ? -(int32_t)value : (int32_t)value;
	return PD_OK;
}

static enum pd_err set_bool(bool *at, const char *text)
{
	*at = strcmp(text, "true") == 0;
	return *at || strcmp(text, "false") == 0 ? PD_OK : PD_EINVAL;
}

static enum pd_err set_list(struct pd_example *example, struct pd_u64s *at, const char *text)
{
	struct pd_buffer *list = list_new(example);
	if (*text++ != '[')
		return PD_EINVAL;
	while (*text != ']') {
		uint64_t value;
		if (!parse_unsigned(&text, &value))
			return PD_EINVAL;
		pd_buffer_add(list, &value, sizeof value);
		if (*text == ',')
			text += 1 + (text[1] == ' ');
		else if (*text != ']')
			return PD_EINVAL;
	}
	*at = (struct pd_u64s){(const uint64_t *)(const void *)list->data, (uint32_t)(list->count / sizeof(uint64_t))};
	return text[1] ? PD_EINVAL : PD_OK;
}

/* The example of the message with this name, encoded. */
static enum pd_err add_message(struct pd_buffer *bytes, const char *name)
{
	size_t count;
	const struct pd_message_info *info = pd_messages(&count);
	for (const struct pd_message_info *end = info + count; info < end; info++) {
		if (strcmp(info->name, name) != 0)
			continue;
		struct pd_example inner;
		pd_example_init(&inner, info->type);
		pd_encode(&inner.message, bytes);
		pd_example_fini(&inner);
		return PD_OK;
	}
	return PD_EINVAL;
}

static enum pd_err add_hex(struct pd_buffer *bytes, const char *text)
{
	static const char digits[] = "0123456789abcdef";
	for (; *text; text += 2) {
		const char *high = strchr(digits, text[0]), *low = text[1] ? strchr(digits, text[1]) : NULL;
		if (!high || !low)
			return PD_EINVAL;
		*pd_buffer_room(bytes, 1) = (char)((high - digits) << 4 | (low - digits));
	}
	return PD_OK;
}

static enum pd_err set_bin(struct pd_example *example, const struct pd_field *field, struct pd_slice *at,
			   const char *text)
{
	struct pd_buffer *bytes = list_new(example);
	enum pd_err err = strcmp(field->unit, "a message") == 0 ? add_message(bytes, text) : add_hex(bytes, text);
	*at = (struct pd_slice){bytes->data, (uint32_t)bytes->count};
	return err;
}

static enum pd_err set_field(struct pd_example *example, const struct pd_field *field, const char *text)
{
	void *at = (char *)&example->message.ok + field->offset;
	switch (field->kind) {
	case PD_U8:
	case PD_U16:
	case PD_U32:
	case PD_U64: return set_unsigned(at, field->kind, text);
	case PD_I32: return set_signed(at, text);
	case PD_BOOL: return set_bool(at, text);
	case PD_ID: return pd_id_parse(text, at);
	case PD_TEXT: *(struct pd_slice *)at = pd_text(text); return PD_OK;
	case PD_BIN: return set_bin(example, field, at, text);
	case PD_U64S: return set_list(example, at, text);
	}
	return PD_EINVAL;
}

static uint64_t example_request(const struct pd_message_info *info, const struct pd_message *message)
{
	if (pd_is_order_event(info->type))
		return EXAMPLE_SEQ - 1 + message->order_event.version;
	return info->role == PD_PUSH ? 0 : info->role == PD_EVENT ? EXAMPLE_SEQ : EXAMPLE_REQUEST;
}

void pd_example_init(struct pd_example *example, enum pd_type type)
{
	const struct pd_message_info *info = pd_message_info(type);
	assert(info);
	*example = (struct pd_example){.message.type = type};
	for (const struct pd_field *field = info->fields; field < info->fields + info->field_count; field++) {
		enum pd_err err = set_field(example, field, field->example);
		assert(err == PD_OK);
	}
	example->message.request = example_request(info, &example->message);
}

void pd_example_fini(struct pd_example *example)
{
	for (unsigned i = 0; i < example->list_count; i++)
		pd_buffer_fini(&example->lists[i]);
}

enum pd_err pd_example_set(struct pd_example *example, const char *name, const char *text)
{
	const struct pd_message_info *info = pd_message_info(example->message.type);
	for (const struct pd_field *field = info->fields; field < info->fields + info->field_count; field++) {
		struct pd_fault fault;
		if (strcmp(field->name, name) != 0)
			continue;
		struct pd_message before = example->message;
		enum pd_err err = set_field(example, field, text);
		err = err ? err : pd_validate(&example->message, &fault);
		if (err)
			example->message = before;
		return err;
	}
	return PD_ENOENT;
}
