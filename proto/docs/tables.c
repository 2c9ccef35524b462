/* tables.c - the tables of PROTOCOL.md. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "codec.h"
#include "docs.h"
#include "example.h"

/* A cell of a table. */
static void write_cell(const char *text)
{
	for (; *text; text++) {
		if (*text == '|')
			putchar('\\');
		putchar(*text);
	}
}

static void write_limits(const struct pd_field *field)
{
	static const char *const counted[] = {[PD_TEXT] = " characters", [PD_BIN] = " bytes", [PD_U64S] = " elements"};
	const char *of = docs_counts(field->kind) ? counted[field->kind] : "";
	if (field->kind == PD_ID || field->kind == PD_BOOL)
		return;
	if (field->min == docs_kinds[field->kind].min && field->max == docs_kinds[field->kind].max)
		return;
	if (field->max == docs_kinds[field->kind].max)
		printf("from %" PRId64, field->min);
	else if (field->min >= 0 && (uint64_t)field->min == field->max)
		printf("%" PRIu64 "%s", field->max, of);
	else if (field->min == 0 && *of)
		printf("up to %" PRIu64 "%s", field->max, of);
	else
		printf("%" PRId64 " to %" PRIu64 "%s", field->min, field->max, of);
}

static void write_unit(const struct pd_field *field)
{
	const char *set = docs_enum_of(field);
	if (!set)
		printf(" | %s | ", field->unit);
	else if (strcmp(set, "error") == 0)
		fputs(" | [refusal](#refusals) | ", stdout);
	else
		printf(" | [%s](#%s) | ", set, set);
}

static void write_names(const char *names)
{
	const char *between = "";
	for (size_t bytes; (bytes = strcspn(names, " ")) > 0; names += bytes + (names[bytes] == ' ')) {
		printf("%s`%.*s`", between, (int)bytes, names);
		between = " or ";
	}
}

static void write_answers(const struct pd_message_info *info)
{
	if (!*info->last)
		return;
	fputs("Answers: ", stdout);
	if (*info->rows) {
		write_names(info->rows);
		fputs(" for each that is found; the last is ", stdout);
	}
	write_names(info->last);
	puts(", or `refused`.\n");
}

static void write_fields(const struct pd_message_info *info)
{
	if (info->field_count == 0) {
		puts("It has no fields.\n");
		return;
	}
	puts("| # | field | kind | | limits | unit | meaning |\n| --- | --- | --- | --- | --- | --- | --- |");
	for (unsigned i = 0; i < info->field_count; i++) {
		const struct pd_field *field = &info->fields[i];
		const char *need = field->required ? "required" : "optional";
		printf("| %u | `%s` | %s | %s | ", i + 2, field->name, docs_kinds[field->kind].name, need);
		write_limits(field);
		write_unit(field);
		write_cell(field->doc);
		puts(" |");
	}
	putchar('\n');
}

/* Bytes on the left, twelve to a line, and beside the first line what they are. */
static void write_annotated(const char *data, size_t bytes, const char *words)
{
	enum { LINE = 12 };
	for (size_t i = 0; i < bytes; i += LINE) {
		size_t count = bytes - i < LINE ? bytes - i : LINE;
		docs_hex(stdout, data + i, count, " ");
		if (i == 0)
			printf("%*s  %s", (int)(3 * (LINE - count)), "", words);
		putchar('\n');
	}
}

/* What the element at this position of the message is. The caller frees it. */
static char *element_words(const struct pd_example *example, unsigned position)
{
	const struct pd_message_info *info = pd_message_info(example->message.type);
	char *words;
	size_t bytes;
	FILE *out = open_memstream(&words, &bytes);
	if (!out)
		docs_die(DOCS_EXIT_SYSTEM, "out of memory");
	if (position == 0) {
		fprintf(out, "type: %s", info->name);
	} else if (position == 1) {
		fprintf(out, "%s", info->role == PD_EVENT ? "seq" : "request id");
		fprintf(out, ": %" PRIu64, example->message.request);
	} else {
		const struct pd_field *field = &info->fields[position - 2];
		fprintf(out, "%s: ", field->name);
		docs_value(out, field, (const char *)&example->message.ok + field->offset);
	}
	if (fclose(out))
		docs_die(DOCS_EXIT_SYSTEM, "out of memory");
	return words;
}

static void write_left_out(const struct pd_message_info *info, unsigned given)
{
	if (given == info->field_count)
		return;
	printf("Left out, as they are zero or empty: ");
	for (unsigned i = given; i < info->field_count; i++)
		printf("%s`%s`", i > given ? ", " : "", info->fields[i].name);
	puts(".\n");
}

static void write_example(const struct pd_message_info *info)
{
	struct pd_example example;
	struct pd_buffer bytes = {0};
	pd_example_init(&example, info->type);
	pd_encode(&example.message, &bytes);
	char words[32];
	size_t at;
	unsigned elements = docs_elements(&bytes, &at);
	snprintf(words, sizeof words, "array of %u", elements);
	puts("```text");
	write_annotated(bytes.data, at, words);
	for (unsigned i = 0; i < elements; i++) {
		size_t element = 0;
		enum pd_detail_name why;
		if (pd_check(bytes.data + at, bytes.count - at, &element, &why))
			docs_die(DOCS_EXIT_SYSTEM, "the example of %s cannot be read back: %s", info->name,
				 pd_detail_form(why, PD_language_english));
		char *element_is = element_words(&example, i);
		write_annotated(bytes.data + at, element, element_is);
		free(element_is);
		at += element;
	}
	puts("```\n");
	write_left_out(info, elements - 2);
	pd_buffer_fini(&bytes);
	pd_example_fini(&example);
}

void docs_messages(unsigned role)
{
	size_t count;
	const struct pd_message_info *info = pd_messages(&count);
	for (const struct pd_message_info *end = info + count; info < end; info++) {
		if (info->role != role)
			continue;
		printf("#### %s: %u\n\n", info->name, (unsigned)info->type);
		docs_wrapped(info->doc, 0);
		putchar('\n');
		write_answers(info);
		write_fields(info);
		write_example(info);
	}
}

/* ---- the other tables ---- */

void docs_kind_table(void)
{
	puts("| kind | on the wire | bounds |\n| --- | --- | --- |");
	for (unsigned i = 0; i < DOCS_KINDS; i++) {
		printf("| %s | %s | ", docs_kinds[i].name, docs_kinds[i].wire);
		if (docs_kinds[i].max)
			printf("%" PRId64 " to %" PRIu64, docs_kinds[i].min, docs_kinds[i].max);
		puts(" |");
	}
}

void docs_index(void)
{
	size_t count;
	const struct pd_message_info *messages = pd_messages(&count);
	puts("| | type: message |\n| --- | --- |");
	for (unsigned role = 0; role < DOCS_ROLES; role++) {
		const char *between = "";
		printf("| %s | ", docs_roles[role]);
		for (size_t i = 0; i < count; i++) {
			if (messages[i].role != role)
				continue;
			unsigned type = messages[i].type;
			printf("%s%u [%s](#%s-%u)", between, type, messages[i].name, messages[i].name, type);
			between = ", ";
		}
		puts(" |");
	}
}

void docs_refusal_table(void)
{
	size_t count;
	const struct pd_refusal_info *refusals = pd_refusals(&count);
	puts("| code | name | sentence | what to do |\n| --- | --- | --- | --- |");
	for (size_t i = 0; i < count; i++) {
		printf("| %u | `%s` | ", (unsigned)refusals[i].code, refusals[i].name);
		write_cell(refusals[i].sentence);
		fputs(" | ", stdout);
		write_cell(refusals[i].advice);
		puts(" |");
	}
}

void docs_move_table(void)
{
	size_t count;
	const struct pd_move *moves = pd_moves(&count);
	puts("| move | from | to | by | event | meaning |\n| --- | --- | --- | --- | --- | --- |");
	for (size_t i = 0; i < count; i++) {
		const char *between = "";
		printf(moves[i].command_type ? "| `%s` | " : "| %s (no command) | ", moves[i].command);
		for (unsigned state = 1; state < PD_STATE_count; state++) {
			if (!(moves[i].from & 1u << state))
				continue;
			printf("%s%s", between, pd_word("state", state));
			between = ", ";
		}
		printf("%s | %s | ", *between ? "" : "–", moves[i].to ? pd_word("state", moves[i].to) : "the same");
		write_cell(moves[i].who);
		printf(" | `%s` | ", moves[i].event);
		write_cell(moves[i].doc);
		puts(" |");
	}
}

void docs_word_tables(void)
{
	size_t count;
	const struct pd_word *words = pd_words(&count);
	for (unsigned set = 0; set < DOCS_SETS; set++) {
		printf("%s### %s\n\n%c", set ? "\n" : "", docs_sets[set].name, docs_sets[set].doc[0] - ('a' - 'A'));
		printf("%s.\n\n", docs_sets[set].doc + 1);
		puts("| code | word | 中文 | meaning |\n| --- | --- | --- | --- |");
		for (size_t i = 0; i < count; i++) {
			if (strcmp(words[i].set, docs_sets[set].name) != 0)
				continue;
			printf("| %u | `%s` | %s | ", words[i].code, words[i].name, words[i].zh);
			write_cell(words[i].doc);
			puts(" |");
		}
	}
}
