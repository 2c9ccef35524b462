/* values.c - names of kinds and roles, and values as text. */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "docs.h"
#include "id.h"

const struct docs_kind docs_kinds[DOCS_KINDS] = {
	[PD_U8] = {"u8", "unsigned integer", 0, UINT8_MAX},
	[PD_U16] = {"u16", "unsigned integer", 0, UINT16_MAX},
	[PD_U32] = {"u32", "unsigned integer", 0, UINT32_MAX},
	[PD_U64] = {"u64", "unsigned integer", 0, UINT64_MAX},
	[PD_I32] = {"i32", "integer", INT32_MIN, INT32_MAX},
	[PD_BOOL] = {"bool", "true or false", 0, 0},
	[PD_ID] = {"id", "bin of 16 bytes: a UUID (RFC 9562), most significant byte first", 0, 0},
	[PD_TEXT] = {"text", "str: UTF-8; its limits count characters (code points)", 0, 0},
	[PD_BIN] = {"bin", "bin; its limits count bytes", 0, 0},
	[PD_U64S] = {"u64s", "array of unsigned integers; its limits count elements", 0, 0},
};
const char *const docs_roles[DOCS_ROLES] = {
	[PD_SESSION] = "session", [PD_COMMAND] = "command", [PD_QUERY] = "query",
	[PD_REPLY] = "reply",     [PD_PUSH] = "push",       [PD_EVENT] = "event",
};
const struct docs_set docs_sets[DOCS_SETS] = {
#define ENUM(name, doc) {#name, doc},
#define WORD(set, name, code, zh, doc)
#define ENUM_END(name)
#include "enums.def"
	{"state", "how far an order has come"},
};
bool docs_counts(enum pd_kind kind)
{
	return kind == PD_TEXT || kind == PD_BIN || kind == PD_U64S;
}

const char *docs_enum_of(const struct pd_field *field)
{
	return strncmp(field->unit, "enum ", 5) == 0 ? field->unit + 5 : NULL;
}

uint64_t docs_unsigned_at(const struct pd_field *field, const void *at)
{
	switch (field->kind) {
	case PD_U8: return *(const uint8_t *)at;
	case PD_U16: return *(const uint16_t *)at;
	case PD_U32: return *(const uint32_t *)at;
	default: return *(const uint64_t *)at;
	}
}

void docs_hex(FILE *out, const char *data, size_t bytes, const char *between)
{
	for (size_t i = 0; i < bytes; i++)
		fprintf(out, "%s%02x", i ? between : "", (unsigned char)data[i]);
}

void docs_wrapped(const char *text, int indent)
{
	enum { WIDTH = 100 };
	int column = 0;
	while (*text) {
		int word = (int)strcspn(text, " ");
		if (column == 0 || column + 1 + word > WIDTH) {
			printf("%s%*s", column ? "\n" : "", indent, "");
			column = indent;
		} else {
			putchar(' ');
			column++;
		}
		printf("%.*s", word, text);
		column += word;
		text += word + (text[word] == ' ');
	}
	putchar('\n');
}

unsigned docs_elements(const struct pd_buffer *message, size_t *head_bytes)
{
	const uint8_t *p = (const uint8_t *)message->data;
	bool fixed = (p[0] & 0xf0) == 0x90; /* else array 16: pd_encode makes no other */
	*head_bytes = fixed ? 1 : 3;
	return fixed ? p[0] & 0x0f : (unsigned)p[1] << 8 | p[2];
}

/* ---- values in words ---- */

static void write_time(FILE *out, uint64_t ms)
{
	time_t s = (time_t)(ms / 1000);
	struct tm tm;
	char text[32];
	strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", gmtime_r(&s, &tm));
	fprintf(out, " (%s UTC)", text);
}

static void write_number(FILE *out, const struct pd_field *field, uint64_t value)
{
	const char *set = docs_enum_of(field);
	fprintf(out, "%" PRIu64, value);
	if (set && strcmp(set, "error") == 0)
		fprintf(out, " (%s)", pd_refusal_info((unsigned)value)->name);
	else if (set && value)
		fprintf(out, " (%s)", pd_word(set, (unsigned)value));
	else if (strncmp(field->unit, "ms since", 8) == 0 && value)
		write_time(out, value);
}

static void write_list(FILE *out, const struct pd_u64s *list)
{
	fputc('[', out);
	for (uint32_t i = 0; i < list->count; i++)
		fprintf(out, "%s%" PRIu64, i ? ", " : "", list->values[i]);
	fputc(']', out);
}

static void write_bin(FILE *out, const struct pd_field *field, const struct pd_slice *bin)
{
	if (strcmp(field->unit, "a message") == 0)
		fprintf(out, "the example of `%s`, %" PRIu32 " bytes", field->example, bin->bytes);
	else if (bin->bytes)
		docs_hex(out, bin->data, bin->bytes, "");
	else
		fputs("none", out);
}

void docs_value(FILE *out, const struct pd_field *field, const void *at)
{
	char id[PD_ID_TEXT_BYTES];
	switch (field->kind) {
	case PD_U8:
	case PD_U16:
	case PD_U32:
	case PD_U64: write_number(out, field, docs_unsigned_at(field, at)); break;
	case PD_I32: fprintf(out, "%" PRId32, *(const int32_t *)at); break;
	case PD_BOOL: fputs(*(const bool *)at ? "true" : "false", out); break;
	case PD_ID: fputs(pd_id_print(at, id), out); break;
	case PD_TEXT: {
		const struct pd_slice *text = at;
		fprintf(out, "\"%.*s\"", (int)text->bytes, text->data ? text->data : "");
		break;
	}
	case PD_BIN: write_bin(out, field, at); break;
	case PD_U64S: write_list(out, at); break;
	}
}
