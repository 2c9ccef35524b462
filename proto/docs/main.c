/* main.c - paidan-docs: what the tables say, for people, for programs, and as examples for the fuzzer.
 *
 *   paidan-docs protocol [TEMPLATE]   PROTOCOL.md
 *   paidan-docs schema                schema.json
 *   paidan-docs corpus FOLDER         the example of each message in a file of its own
 */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "codec.h"
#include "docs.h"
#include "example.h"

static const char TEMPLATE[] = "proto/PROTOCOL.md.in";

void docs_die(int code, const char *format, ...)
{
	va_list args;
	fputs("paidan-docs: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(code);
}

static void write_corpus(const char *folder)
{
	size_t count;
	const struct pd_message_info *messages = pd_messages(&count);
	for (size_t i = 0; i < count; i++) {
		struct pd_example example;
		struct pd_buffer bytes = {0};
		char path[4096];
		pd_example_init(&example, messages[i].type);
		pd_encode(&example.message, &bytes);
		snprintf(path, sizeof path, "%s/%s", folder, messages[i].name);
		FILE *out = fopen(path, "w");
		if (!out || fwrite(bytes.data, 1, bytes.count, out) != bytes.count || fclose(out))
			docs_die(DOCS_EXIT_SYSTEM, "cannot write %s: %s", path, strerror(errno));
		pd_buffer_fini(&bytes);
		pd_example_fini(&example);
	}
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	if (strcmp(what, "protocol") == 0 && argc <= 3)
		docs_protocol(argc > 2 ? argv[2] : TEMPLATE);
	else if (strcmp(what, "schema") == 0 && argc == 2)
		docs_schema();
	else if (strcmp(what, "corpus") == 0 && argc == 3)
		write_corpus(argv[2]);
	else
		docs_die(DOCS_EXIT_USAGE, "usage: paidan-docs protocol [TEMPLATE] | schema | corpus FOLDER");
	if (fflush(stdout) || ferror(stdout))
		docs_die(DOCS_EXIT_SYSTEM, "cannot write: %s", strerror(errno));
	return 0;
}
