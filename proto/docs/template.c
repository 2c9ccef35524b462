/* template.c - PROTOCOL.md from its template. In it @{name} stands for a constant, and these lines for more:
 *
 *   @kinds @index @moves @refusals @words     the tables
 *   @messages ROLE                            all messages of a role, e.g. command
 *   @say NAME REQUEST [field=value ...]       the example of NAME with these values, in words and in bytes
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "codec.h"
#include "docs.h"
#include "example.h"

static void write_said(const struct pd_example *example)
{
	const struct pd_message_info *info = pd_message_info(example->message.type);
	struct pd_buffer bytes = {0};
	char *words;
	size_t size;
	FILE *out = open_memstream(&words, &size);
	if (!out)
		docs_die(DOCS_EXIT_SYSTEM, "out of memory");
	pd_encode(&example->message, &bytes);
	size_t head_bytes;
	unsigned given = docs_elements(&bytes, &head_bytes) - 2;
	fprintf(out, "%s, %s %" PRIu64, info->name, info->role == PD_EVENT ? "seq" : "request",
		example->message.request);
	for (unsigned i = 0; i < given; i++) {
		fprintf(out, "%s%s ", i ? ", " : ": ", info->fields[i].name);
		docs_value(out, &info->fields[i], (const char *)&example->message.ok + info->fields[i].offset);
	}
	if (fclose(out))
		docs_die(DOCS_EXIT_SYSTEM, "out of memory");
	docs_wrapped(words, 2);
	free(words);
	for (size_t i = 0; i < bytes.count; i += 32) {
		fputs("    ", stdout);
		docs_hex(stdout, bytes.data + i, bytes.count - i < 32 ? bytes.count - i : 32, " ");
		putchar('\n');
	}
	pd_buffer_fini(&bytes);
}

/* "NAME REQUEST [field=value ...]": the example of message NAME, but for what is said here. */
static bool say(char *words)
{
	struct pd_example example;
	char *name = strtok(words, " "), *request = strtok(NULL, " "), *end;
	size_t count;
	const struct pd_message_info *info = pd_messages(&count);
	while (name && count > 0 && strcmp(info->name, name) != 0)
		info++, count--;
	if (!name || !request || count == 0)
		return false;
	pd_example_init(&example, info->type);
	example.message.request = strtoull(request, &end, 10);
	bool good = *end == 0;
	for (char *field = strtok(NULL, " "); field; field = strtok(NULL, " ")) {
		char *value = strchr(field, '=');
		if (value)
			*value++ = 0;
		good = good && value && pd_example_set(&example, field, value) == PD_OK;
	}
	if (good)
		write_said(&example);
	pd_example_fini(&example);
	return good;
}

/* ---- the lines ---- */

/* Write a line of text, with @{name} replaced by the constant's value. */
static bool write_text(const char *line)
{
	static const struct {
		const char *name;
		unsigned value;
	} constants[] = {{"protocol}", PD_PROTOCOL},
			 {"frame_kib_max}", PD_FRAME_BYTES_MAX / 1024},
			 {"frame_bytes_max}", PD_FRAME_BYTES_MAX},
			 {"depth_max}", PD_DEPTH_MAX},
			 {"values_max}", PD_VALUES_MAX}};
	enum { CONSTANTS = sizeof constants / sizeof constants[0] };
	const char *at;
	while ((at = strstr(line, "@{"))) {
		unsigned i = 0;
		while (i < CONSTANTS && strncmp(at + 2, constants[i].name, strlen(constants[i].name)) != 0)
			i++;
		if (i == CONSTANTS)
			return false;
		printf("%.*s%u", (int)(at - line), line, constants[i].value);
		line = at + 2 + strlen(constants[i].name);
	}
	puts(line);
	return true;
}

static bool expand_line(char *line)
{
	static const struct {
		const char *line;
		void (*write)(void);
	} tables[] = {{"@kinds", docs_kind_table},
		      {"@index", docs_index},
		      {"@moves", docs_move_table},
		      {"@refusals", docs_refusal_table},
		      {"@words", docs_word_tables}};
	if (line[0] != '@' || line[1] == '{')
		return write_text(line);
	for (unsigned i = 0; i < sizeof tables / sizeof tables[0]; i++)
		if (strcmp(line, tables[i].line) == 0)
			return tables[i].write(), true;
	for (unsigned role = 0; strncmp(line, "@messages ", 10) == 0 && role < DOCS_ROLES; role++)
		if (strcmp(line + 10, docs_roles[role]) == 0)
			return docs_messages(role), true;
	return strncmp(line, "@say ", 5) == 0 && say(line + 5);
}

void docs_protocol(const char *path)
{
	FILE *in = fopen(path, "r");
	if (!in)
		docs_die(DOCS_EXIT_USAGE, "cannot open %s (%s): run this in the project's folder, or name the template",
			 path, strerror(errno));
	char *line = NULL;
	size_t room = 0;
	ssize_t bytes;
	for (unsigned number = 1; (bytes = getline(&line, &room, in)) > 0; number++) {
		if (line[bytes - 1] == '\n')
			line[bytes - 1] = 0;
		if (!expand_line(line))
			docs_die(DOCS_EXIT_USAGE, "%s:%u: this line cannot be expanded", path, number);
	}
	if (ferror(in))
		docs_die(DOCS_EXIT_SYSTEM, "reading %s: %s", path, strerror(errno));
	free(line);
	fclose(in);
}
