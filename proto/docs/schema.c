/* schema.c - schema.json. */
#include <inttypes.h>
#include <string.h>

#include "check.h"
#include "codec.h"
#include "docs.h"
#include "example.h"
#include "id.h"

/* The largest number that every JSON parser keeps; larger ones are written as strings. */
static const uint64_t JSON_NUMBER_MAX = (uint64_t)1 << 53;

static void json_slice(const char *text, size_t bytes)
{
	putchar('"');
	for (size_t i = 0; i < bytes; i++) {
		unsigned char c = (unsigned char)text[i];
		if (c < 0x20)
			printf("\\u%04x", c);
		else
			printf(c == '"' || c == '\\' ? "\\%c" : "%c", c);
	}
	putchar('"');
}

static void json_string(const char *text)
{
	json_slice(text, strlen(text));
}

/* , "name": "text" */
static void json_member(const char *name, const char *text)
{
	printf(", \"%s\": ", name);
	json_string(text);
}

static void json_number(uint64_t value)
{
	printf(value > JSON_NUMBER_MAX ? "\"%" PRIu64 "\"" : "%" PRIu64, value);
}

static void json_value(const struct pd_field *field, const void *at)
{
	char id[PD_ID_TEXT_BYTES];
	const struct pd_slice *slice = at;
	switch (field->kind) {
	case PD_U8:
	case PD_U16:
	case PD_U32:
	case PD_U64: json_number(docs_unsigned_at(field, at)); break;
	case PD_I32: printf("%" PRId32, *(const int32_t *)at); break;
	case PD_BOOL: fputs(*(const bool *)at ? "true" : "false", stdout); break;
	case PD_ID: json_string(pd_id_print(at, id)); break;
	case PD_TEXT: json_slice(slice->data, slice->bytes); break;
	case PD_BIN:
		putchar('"');
		docs_hex(stdout, slice->data, slice->bytes, "");
		putchar('"');
		break;
	case PD_U64S: {
		const struct pd_u64s *list = at;
		putchar('[');
		for (uint32_t i = 0; i < list->count; i++) {
			fputs(i ? ", " : "", stdout);
			json_number(list->values[i]);
		}
		putchar(']');
		break;
	}
	}
}

static void json_bounds(const struct pd_field *field)
{
	const struct docs_kind *kind = &docs_kinds[field->kind];
	if (field->kind == PD_ID || field->kind == PD_BOOL)
		return;
	if (field->min != kind->min || docs_counts(field->kind))
		printf(", \"min\": %" PRId64, field->min);
	if (field->max != kind->max) {
		fputs(", \"max\": ", stdout);
		json_number(field->max);
	}
}

static void json_field(const struct pd_field *field, const void *at)
{
	fputs("{\"name\": ", stdout);
	json_string(field->name);
	json_member("kind", docs_kinds[field->kind].name);
	printf(", \"required\": %s", field->required ? "true" : "false");
	json_bounds(field);
	if (docs_enum_of(field))
		json_member("enum", docs_enum_of(field));
	else if (*field->unit)
		json_member("unit", field->unit);
	json_member("doc", field->doc);
	fputs(", \"example\": ", stdout);
	json_value(field, at);
	putchar('}');
}

/* , "name": [a list of the words of text, and then one more, which may be null] */
static void json_list(const char *name, const char *text, const char *more)
{
	const char *between = "";
	printf(", \"%s\": [", name);
	for (size_t bytes; (bytes = strcspn(text, " ")) > 0; text += bytes + (text[bytes] == ' ')) {
		fputs(between, stdout);
		json_slice(text, bytes);
		between = ", ";
	}
	if (more)
		printf("%s\"%s\"", between, more);
	putchar(']');
}

static void json_message(const struct pd_message_info *info)
{
	struct pd_example example;
	struct pd_buffer bytes = {0};
	pd_example_init(&example, info->type);
	pd_encode(&example.message, &bytes);
	fputs("    {\"name\": ", stdout);
	json_string(info->name);
	printf(", \"type\": %u", (unsigned)info->type);
	json_member("role", docs_roles[info->role]);
	json_member("doc", info->doc);
	if (*info->last) {
		json_list("answers", info->rows, NULL);
		json_list("last", info->last, "refused");
	}
	printf(",\n     \"example\": {\"request\": %" PRIu64 ", \"hex\": \"", example.message.request);
	docs_hex(stdout, bytes.data, bytes.count, "");
	fputs("\"},\n     \"fields\": [", stdout);
	for (unsigned i = 0; i < info->field_count; i++) {
		fputs(i ? ",\n       " : "\n       ", stdout);
		json_field(&info->fields[i], (const char *)&example.message.ok + info->fields[i].offset);
	}
	fputs("]}", stdout);
	pd_buffer_fini(&bytes);
	pd_example_fini(&example);
}

static void json_kinds(void)
{
	puts("  \"kinds\": {");
	for (unsigned i = 0; i < DOCS_KINDS; i++) {
		printf("    \"%s\": {\"wire\": ", docs_kinds[i].name);
		json_string(docs_kinds[i].wire);
		if (docs_kinds[i].max) {
			printf(", \"min\": %" PRId64 ", \"max\": ", docs_kinds[i].min);
			json_number(docs_kinds[i].max);
		}
		puts(i + 1 < DOCS_KINDS ? "}," : "}");
	}
	puts("  },");
}

static void json_refusals(void)
{
	size_t count;
	const struct pd_refusal_info *refusals = pd_refusals(&count);
	puts("  \"errors\": [");
	for (size_t i = 0; i < count; i++) {
		printf("    {\"code\": %u", (unsigned)refusals[i].code);
		json_member("name", refusals[i].name);
		json_member("sentence", refusals[i].sentence);
		json_member("advice", refusals[i].advice);
		puts(i + 1 < count ? "}," : "}");
	}
	puts("  ],");
}

static void json_moves(void)
{
	size_t count;
	const struct pd_move *moves = pd_moves(&count);
	puts("  \"moves\": [");
	for (size_t i = 0; i < count; i++) {
		const char *between = "";
		fputs("    {\"command\": ", stdout);
		if (moves[i].command_type)
			json_string(moves[i].command);
		else
			fputs("null", stdout);
		json_member("event", moves[i].event);
		json_member("zh", moves[i].zh);
		fputs(", \"from\": [", stdout);
		for (unsigned state = 1; state < PD_STATE_count; state++) {
			if (!(moves[i].from & 1u << state))
				continue;
			fputs(between, stdout);
			json_string(pd_word("state", state));
			between = ", ";
		}
		putchar(']');
		if (moves[i].to)
			json_member("to", pd_word("state", moves[i].to));
		else
			fputs(", \"to\": null", stdout);
		json_member("who", moves[i].who);
		json_member("doc", moves[i].doc);
		puts(i + 1 < count ? "}," : "}");
	}
	puts("  ],");
}

static void json_set(const char *set)
{
	size_t count;
	const struct pd_word *words = pd_words(&count);
	const char *between = "";
	for (size_t i = 0; i < count; i++) {
		if (strcmp(words[i].set, set) != 0)
			continue;
		printf("%s\n      {\"code\": %u", between, words[i].code);
		json_member("name", words[i].name);
		json_member("zh", words[i].zh);
		json_member("doc", words[i].doc);
		putchar('}');
		between = ",";
	}
}

static void json_sets(void)
{
	puts("  \"enums\": {");
	for (unsigned i = 0; i < DOCS_SETS; i++) {
		printf("    \"%s\": {\"doc\": ", docs_sets[i].name);
		json_string(docs_sets[i].doc);
		fputs(", \"words\": [", stdout);
		json_set(docs_sets[i].name);
		puts(i + 1 < DOCS_SETS ? "]}," : "]}");
	}
	puts("  }");
}

void docs_schema(void)
{
	size_t count;
	const struct pd_message_info *messages = pd_messages(&count);
	printf("{\n  \"protocol\": %d,\n", PD_PROTOCOL);
	puts("  \"note\": \"min and max are left out where they are the kind's own; numbers above 2^53 are strings\",");
	printf("  \"limits\": {\"frame_bytes_max\": %d, \"depth_max\": %d, \"values_max\": %d},\n", PD_FRAME_BYTES_MAX,
	       PD_DEPTH_MAX, PD_VALUES_MAX);
	json_kinds();
	puts("  \"messages\": [");
	for (size_t i = 0; i < count; i++) {
		json_message(&messages[i]);
		puts(i + 1 < count ? "," : "");
	}
	puts("  ],");
	json_refusals();
	json_moves();
	json_sets();
	puts("}");
}
