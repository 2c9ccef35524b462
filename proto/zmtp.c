#include "zmtp.h"

#include <string.h>

enum { VERSION = 3, VERSION_AT = 10, MECHANISM_AT = 12, MECHANISM_BYTES = 20, SHORT_MAX = 255 };

/* A message of length 1 that is longer, as ZMTP 1 begins; the 1 is an identity flag of older peers. */
static const char signature[VERSION_AT] = {(char)0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f};
static const char mechanism[MECHANISM_BYTES] = "NULL";

/* ---- the opening ---- */

static size_t put_property(char *out, const char *name, const char *value)
{
	size_t name_bytes = strlen(name), value_bytes = strlen(value);
	out[0] = (char)name_bytes;
	memcpy(out + 1, name, name_bytes + 1);
	memset(out + 1 + name_bytes, 0, 3);
	out[1 + name_bytes + 3] = (char)value_bytes;
	memcpy(out + 1 + name_bytes + 4, value, value_bytes + 1);
	return 1 + name_bytes + 4 + value_bytes;
}

size_t zmtp_opening(char out[static ZMTP_OPENING_BYTES_MAX], const char *socket_type)
{
	static const char name[] = "\5READY";
	memset(out, 0, ZMTP_GREETING_BYTES);
	memcpy(out, signature, sizeof signature);
	out[VERSION_AT] = VERSION;
	memcpy(out + MECHANISM_AT, mechanism, sizeof mechanism);
	char *command = out + ZMTP_GREETING_BYTES;
	memcpy(command + 2, name, sizeof name - 1);
	size_t bytes = sizeof name - 1 + put_property(command + 2 + sizeof name - 1, "Socket-Type", socket_type);
	command[0] = ZMTP_COMMAND;
	command[1] = (char)bytes;
	return ZMTP_GREETING_BYTES + 2 + bytes;
}

enum pd_err zmtp_take_greeting(const char *bytes, size_t count)
{
	bool good = count < 1 || bytes[0] == signature[0];
	good = good && (count < VERSION_AT || bytes[VERSION_AT - 1] & 1);
	good = good && (count <= VERSION_AT || (uint8_t)bytes[VERSION_AT] >= VERSION);
	if (!good)
		return PD_EINVAL;
	if (count < ZMTP_GREETING_BYTES)
		return PD_ENOENT;
	return memcmp(bytes + MECHANISM_AT, mechanism, sizeof mechanism) == 0 ? PD_OK : PD_EINVAL;
}

/* ---- frames ---- */

enum pd_err zmtp_take(const char *bytes, size_t count, size_t bytes_max, struct zmtp_frame *frame, size_t *used)
{
	if (count < 2)
		return PD_ENOENT;
	uint8_t flags = (uint8_t)bytes[0];
	size_t head = flags & ZMTP_LONG ? ZMTP_HEAD_BYTES_MAX : 2;
	uint64_t length = 0;
	if (flags & ~(ZMTP_MORE | ZMTP_LONG | ZMTP_COMMAND) || (flags & ZMTP_MORE && flags & ZMTP_COMMAND))
		return PD_EINVAL;
	if (count < head)
		return PD_ENOENT;
	for (size_t i = 1; i < head; i++)
		length = length << 8 | (uint8_t)bytes[i];
	if (length > bytes_max)
		return PD_EINVAL;
	if (count - head < length)
		return PD_ENOENT;
	*frame = (struct zmtp_frame){bytes + head, length, flags};
	*used = head + length;
	return PD_OK;
}

size_t zmtp_head(char out[static ZMTP_HEAD_BYTES_MAX], size_t bytes)
{
	if (bytes <= SHORT_MAX) {
		out[0] = 0;
		out[1] = (char)bytes;
		return 2;
	}
	out[0] = ZMTP_LONG;
	for (int i = 0; i < 8; i++)
		out[1 + i] = (char)((uint64_t)bytes >> (56 - 8 * i));
	return ZMTP_HEAD_BYTES_MAX;
}

void zmtp_begin(struct pd_buffer *out)
{
	pd_buffer_room(out, ZMTP_HEAD_BYTES_MAX);
}

struct pd_slice zmtp_seal(struct pd_buffer *out)
{
	char head[ZMTP_HEAD_BYTES_MAX];
	size_t message = out->count - sizeof head, bytes = zmtp_head(head, message);
	char *at = out->data + sizeof head - bytes;
	memcpy(at, head, bytes);
	return (struct pd_slice){at, (uint32_t)(bytes + message)};
}

/* ---- commands ---- */

/* What follows a command's name; false: it has another one. */
static bool command_body(const struct zmtp_frame *frame, const char *name, struct pd_slice *body)
{
	size_t bytes = strlen(name);
	if (!(frame->flags & ZMTP_COMMAND) || frame->bytes < 1 + bytes || (uint8_t)frame->data[0] != bytes ||
	    memcmp(frame->data + 1, name, bytes) != 0)
		return false;
	*body = (struct pd_slice){frame->data + 1 + bytes, (uint32_t)(frame->bytes - 1 - bytes)};
	return true;
}

/* Names of properties know no upper and lower case. */
static bool is_named(const char *name, size_t bytes, const char *wanted)
{
	if (bytes != strlen(wanted))
		return false;
	for (size_t i = 0; i < bytes; i++)
		if ((name[i] | 0x20) != (wanted[i] | 0x20))
			return false;
	return true;
}

bool zmtp_read_ready(const struct zmtp_frame *frame, struct zmtp_ready *ready)
{
	struct pd_slice body;
	*ready = (struct zmtp_ready){0};
	if (!command_body(frame, "READY", &body))
		return false;
	for (size_t at = 0; at < body.bytes;) {
		const char *name = body.data + at + 1;
		size_t name_bytes = (uint8_t)body.data[at], left = body.bytes - at - 1;
		if (left < name_bytes + 4)
			return false;
		const uint8_t *length = (const uint8_t *)name + name_bytes;
		uint32_t bytes = (uint32_t)length[0] << 24 | length[1] << 16 | length[2] << 8 | length[3];
		if (left - name_bytes - 4 < bytes)
			return false;
		struct pd_slice value = {name + name_bytes + 4, bytes};
		if (is_named(name, name_bytes, "Socket-Type"))
			ready->socket_type = value;
		else if (is_named(name, name_bytes, "Identity"))
			ready->identity = value;
		at += 1 + name_bytes + 4 + bytes;
	}
	return true;
}

bool zmtp_read_subscription(const struct zmtp_frame *frame, struct zmtp_subscription *subscription)
{
	if (frame->flags & ZMTP_COMMAND) {
		subscription->cancels = command_body(frame, "CANCEL", &subscription->topic);
		return subscription->cancels || command_body(frame, "SUBSCRIBE", &subscription->topic);
	}
	if (frame->bytes == 0 || (uint8_t)frame->data[0] > 1)
		return false;
	subscription->cancels = frame->data[0] == 0;
	subscription->topic = (struct pd_slice){frame->data + 1, (uint32_t)(frame->bytes - 1)};
	return true;
}

/* It has the context of the PING, which stands behind two bytes of time to live. */
size_t zmtp_pong(const struct zmtp_frame *frame, char out[static ZMTP_PONG_BYTES_MAX])
{
	enum { TTL_BYTES = 2, CONTEXT_MAX = 16 };
	static const char name[] = "\4PONG";
	struct pd_slice body;
	if (!command_body(frame, "PING", &body) || body.bytes < TTL_BYTES || body.bytes > TTL_BYTES + CONTEXT_MAX)
		return 0;
	size_t context = body.bytes - TTL_BYTES;
	out[0] = ZMTP_COMMAND;
	out[1] = (char)(sizeof name - 1 + context);
	memcpy(out + 2, name, sizeof name - 1);
	memcpy(out + 2 + sizeof name - 1, body.data + TTL_BYTES, context);
	return 2 + sizeof name - 1 + context;
}
