#include "json.h"

#include <assert.h>
#include <inttypes.h>

void json_init(struct json *json, FILE *out)
{
	*json = (struct json){.out = out, .lines = true};
}

static void put_text(FILE *out, struct pd_slice text)
{
	fputc('"', out);
	for (uint32_t i = 0; i < text.bytes; i++) {
		unsigned char c = (unsigned char)text.data[i];
		if (c == '"' || c == '\\')
			fprintf(out, "\\%c", c);
		else if (c == '\n')
			fputs("\\n", out);
		else if (c < 0x20 || c == 0x7f)
			fprintf(out, "\\u%04x", c);
		else
			fputc(c, out);
	}
	fputc('"', out);
}

/* The comma before a value, and its key. */
static void before(struct json *json, const char *key)
{
	if (json->depth == 0) {
		assert(!key);
		return;
	}
	unsigned inner = json->depth - 1;
	bool in_lines = json->lines && json->depth == 1 && json->closing[0] == ']';
	assert((json->closing[inner] == '}') == (key != NULL));
	if (json->begun[inner])
		fputc(',', json->out);
	if (in_lines)
		fputc('\n', json->out);
	json->begun[inner] = true;
	if (key) {
		put_text(json->out, pd_text(key));
		fputc(':', json->out);
	}
}

static void after(struct json *json)
{
	if (json->depth == 0)
		fputc('\n', json->out);
}

static void open_value(struct json *json, const char *key, char opening, char closing)
{
	before(json, key);
	assert(json->depth < JSON_DEPTH_MAX);
	fputc(opening, json->out);
	json->closing[json->depth] = closing;
	json->begun[json->depth] = false;
	json->depth++;
}

void json_object(struct json *json, const char *key)
{
	open_value(json, key, '{', '}');
}

void json_array(struct json *json, const char *key)
{
	open_value(json, key, '[', ']');
}

void json_end(struct json *json)
{
	assert(json->depth > 0);
	json->depth--;
	if (json->lines && json->depth == 0 && json->closing[0] == ']' && json->begun[0])
		fputc('\n', json->out);
	fputc(json->closing[json->depth], json->out);
	after(json);
}

void json_text(struct json *json, const char *key, struct pd_slice text)
{
	before(json, key);
	put_text(json->out, text);
	after(json);
}

void json_string(struct json *json, const char *key, const char *text)
{
	json_text(json, key, pd_text(text));
}

void json_number(struct json *json, const char *key, uint64_t value)
{
	before(json, key);
	fprintf(json->out, "%" PRIu64, value);
	after(json);
}

void json_signed(struct json *json, const char *key, int64_t value)
{
	before(json, key);
	fprintf(json->out, "%" PRId64, value);
	after(json);
}

void json_real(struct json *json, const char *key, double value, int decimals)
{
	before(json, key);
	fprintf(json->out, "%.*f", decimals, value);
	after(json);
}

void json_bool(struct json *json, const char *key, bool value)
{
	before(json, key);
	fputs(value ? "true" : "false", json->out);
	after(json);
}

void json_null(struct json *json, const char *key)
{
	before(json, key);
	fputs("null", json->out);
	after(json);
}

void json_id(struct json *json, const char *key, const struct pd_id *id)
{
	char text[PD_ID_TEXT_BYTES];
	json_string(json, key, pd_id_is_zero(id) ? "" : pd_id_print(id, text));
}

void json_hex(struct json *json, const char *key, struct pd_slice bytes)
{
	before(json, key);
	fputc('"', json->out);
	for (uint32_t i = 0; i < bytes.bytes; i++)
		fprintf(json->out, "%02x", (unsigned char)bytes.data[i]);
	fputc('"', json->out);
	after(json);
}
