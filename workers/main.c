/* main.c - paidan-worker: one program, a subcommand for each kind of worker. */
#include <stdio.h>
#include <string.h>

#include "args.h"
#include "commands.h"

struct subcommand {
	const char *name, *summary;
	int (*run)(int argc, char **argv);
};

static const struct subcommand subcommands[] = {
	{"lead", "an area's leader at a terminal: orders come in, commands are typed", lead_main},
	{"exec", "runs a program for every order of an area", exec_main},
	{"district", "simulates all who work in a district", district_main},
	{"residents", "simulates a district's residents, who submit orders", residents_main},
};
enum { SUBCOMMANDS = sizeof subcommands / sizeof subcommands[0] };

static void print_usage(FILE *out)
{
	fprintf(out, "usage: paidan-worker SUBCOMMAND ...\n\n");
	for (size_t i = 0; i < SUBCOMMANDS; i++)
		fprintf(out, "  %-10s %s\n", subcommands[i].name, subcommands[i].summary);
	fprintf(out, "\n'paidan-worker SUBCOMMAND --help' tells more; --version gives the version.\n"
		     "Exit codes: 0, 100 for wrong usage or configuration, 111 when the system failed; lead: 1 when a "
		     "script's command failed.\n");
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "";
	for (size_t i = 0; i < SUBCOMMANDS; i++)
		if (strcmp(subcommands[i].name, name) == 0)
			return subcommands[i].run(argc - 1, argv + 1);
	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
		print_usage(stdout);
		return 0;
	}
	if (strcmp(name, "--version") == 0) {
		printf("paidan-worker %s\n", PAIDAN_VERSION);
		return 0;
	}
	if (*name)
		fprintf(stderr, "paidan-worker: there is no subcommand '%s'\n", name);
	print_usage(stderr);
	return EXIT_USAGE;
}
