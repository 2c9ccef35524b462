/* program.c - a program with commands: which one is meant, and what they are. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "intl.h"
#include "tool.h"

enum { COMMANDS_MAX = 64 };

void cli_overview(const struct cli *cli)
{
	const struct cli_program *program = cli->program;
	const char *name = program_invocation_short_name;
	printf("%s - %s\n\n", name, _(program->summary));
	printf(_("usage: %s [OPTIONS] COMMAND ...\n"), name);
	putchar('\n');
	for (const struct cli_command *command = program->commands; command->name; command++)
		if (command->summary)
			printf("  %-12s %s\n", command->name, _(command->summary));
	putchar('\n');
	printf(_("options, before or after the command; %s COMMAND --help tells those of its own:\n"), name);
	cli_print_globals(cli);
	printf("\n%s", _(program->notes));
	if (program->examples)
		printf("\n%s\n%s", _("examples:"), program->examples);
}

static const struct cli_command *command_named(const struct cli_program *program, const char *name)
{
	for (const struct cli_command *command = program->commands; command->name; command++)
		if (strcmp(command->name, name) == 0)
			return command;
	return NULL;
}

static int unknown(const struct cli *cli, const char *name)
{
	const char *names[COMMANDS_MAX + 1] = {0};
	int count = 0;
	for (const struct cli_command *command = cli->program->commands; command->name; command++) {
		assert(count < COMMANDS_MAX);
		if (command->summary)
			names[count++] = command->name;
	}
	const char *nearest = cli_nearest(name, names);
	if (nearest)
		return cli_fail(cli, CLI_USAGE, _("there is no command %s; did you mean %s?"), name, nearest);
	return cli_fail(cli, CLI_USAGE, _("there is no command %s; %s --help lists them"), name,
			program_invocation_short_name);
}

static int run(struct cli *cli, int argc, char **argv)
{
	int first = cli_args_before(cli, argc, argv);
	if (first < 0)
		return (int)cli->exit;
	if (first == argc) {
		cli_fail(cli, CLI_USAGE, _("which command? %s --help lists them"), program_invocation_short_name);
		return CLI_USAGE;
	}
	if (strcmp(argv[first], "help") == 0) {
		static char help[] = "--help";
		cli->command = first + 1 < argc ? command_named(cli->program, argv[first + 1]) : NULL;
		if (!cli->command && first + 1 < argc)
			return unknown(cli, argv[first + 1]);
		if (!cli->command) {
			cli_overview(cli);
			return CLI_OK;
		}
		char *words[] = {argv[first + 1], help, NULL};
		return cli->command->run(cli, 2, words);
	}
	cli->command = command_named(cli->program, argv[first]);
	return cli->command ? cli->command->run(cli, argc - first, argv + first) : unknown(cli, argv[first]);
}

int cli_run(struct cli *cli, int argc, char **argv)
{
	/* The clocks are the district's, by which its calendar and its rules go, wherever the program runs. */
	setenv("TZ", "Asia/Shanghai", 0);
	tzset();
	int code = run(cli, argc, argv);
	if (fflush(stdout) || ferror(stdout)) {
		cli_say(NULL, _("cannot write the answer: %s"), intl_error(errno));
		return CLI_SYSTEM;
	}
	return code;
}
