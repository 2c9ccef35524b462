/* args.c - the command line: options before, among and after the words of a command. */
#include <errno.h>
#include <string.h>

#include "intl.h"
#include "tool.h"

enum { NAMES_MAX = 64 };

/* ---- help ---- */

static const struct global {
	const char *name, *value, *doc;
	unsigned option; /* as in cli->without; 0: every program has it */
} globals[] = {
	{"connect", "ENDPOINT", N_("where paidand takes commands ($PAIDAN_CONNECT, or tcp://127.0.0.1:7750)"), 0},
	{"subscribe", "ENDPOINT",
	 N_("where it publishes events ($PAIDAN_SUBSCRIBE, or the port after that of --connect)"), 0},
	{"as", "PERSON", N_("act as this person, by id; otherwise as the operator"), CLI_AS},
	{"json", NULL, N_("answer in JSON"), CLI_JSON},
	{"timeout", "S", N_("seconds to wait for an answer (10)"), CLI_TIMEOUT},
	{"help", NULL, N_("this help"), 0},
	{"version", NULL, N_("the version"), 0},
};
enum { GLOBALS = sizeof globals / sizeof globals[0] };

/* Option i for every command; null when this program does not have it. */
static const struct global *global(const struct cli *cli, int i)
{
	return globals[i].option & cli->without ? NULL : &globals[i];
}

static void print_option(const char *name, const char *value, const char *doc)
{
	char left[64];
	snprintf(left, sizeof left, "--%s%s%s", name, value ? " " : "", value ? value : "");
	printf("  %-22s %s\n", left, _(doc));
}

void cli_print_globals(const struct cli *cli)
{
	for (int i = 0; i < GLOBALS; i++)
		if (global(cli, i))
			print_option(globals[i].name, globals[i].value, globals[i].doc);
}

static void print_help(const struct cli *cli, const struct cli_option *options)
{
	const struct cli_command *command = cli->command;
	printf(_("usage: %s %s %s\n"), program_invocation_short_name, command->name, command->usage);
	printf("\n%s\n", _(command->summary));
	for (const char *const *text = command->help; text && *text; text++)
		printf("%s%s", text == command->help ? "\n" : "", _(*text));
	if (options && options->name)
		printf("\n%s\n", _("options:"));
	for (const struct cli_option *option = options; option && option->name; option++)
		print_option(option->name, option->value, option->doc);
	printf("\n%s\n", _("for every command:"));
	cli_print_globals(cli);
}

/* ---- options ---- */

static int stop(struct cli *cli, int code)
{
	cli->exit = (enum cli_exit)code;
	return -1;
}

static int unknown(struct cli *cli, const char *name, const struct cli_option *options)
{
	const char *names[NAMES_MAX + GLOBALS + 1];
	int count = 0;
	for (const struct cli_option *option = options; option && option->name && count < NAMES_MAX; option++)
		names[count++] = option->name;
	for (int i = 0; i < GLOBALS; i++)
		if (global(cli, i))
			names[count++] = globals[i].name;
	names[count] = NULL;
	const char *nearest = cli_nearest(name, names);
	const char *of = cli->command ? cli->command->name : "", *blank = cli->command ? " " : "";
	if (nearest)
		return stop(cli,
			    cli_fail(cli, CLI_USAGE, _("there is no option --%s; did you mean --%s?"), name, nearest));
	return stop(cli, cli_fail(cli, CLI_USAGE, _("there is no option --%s; %s%s%s --help lists them"), name,
				  program_invocation_short_name, blank, of));
}

/* A global option with a value. */
static int set_value(struct cli *cli, const char *name, const char *value)
{
	uint64_t person;
	if (strcmp(name, "connect") == 0) {
		cli->connect = value;
	} else if (strcmp(name, "subscribe") == 0) {
		cli->subscribe = value;
	} else if (strcmp(name, "as") == 0) {
		if (!cli_number("--as", value, 1, UINT32_MAX, &person))
			return stop(cli, CLI_USAGE);
		cli->person = (uint32_t)person;
	} else if (!cli_seconds("--timeout", value, 10, 3600 * 1000, &cli->timeout_ms)) {
		return stop(cli, CLI_USAGE);
	}
	return 0;
}

/* One without. */
static int set_flag(struct cli *cli, const char *name, const struct cli_option *options)
{
	if (strcmp(name, "json") == 0) {
		cli->json = true;
		return 0;
	}
	if (strcmp(name, "version") == 0)
		printf("%s %s\n", program_invocation_short_name, PAIDAN_VERSION);
	else if (cli->command)
		print_help(cli, options);
	else
		cli_overview(cli);
	return stop(cli, CLI_OK);
}

/* An option as it stands on the line. */
struct given {
	char name[NAMES_MAX];
	const char *value; /* behind "=", or null */
};

/* Options that have a letter, too: -h, and -o as compilers have it. */
static const struct {
	char letter;
	const char *name;
} letters[] = {{'h', "help"}, {'o', "output"}};

/* The name of the option that a word with dashes means, which may be followed by "="; null: it is none. */
static const char *name_in(const char *word)
{
	if (word[1] == '-')
		return word + 2;
	for (size_t i = 0; i < sizeof letters / sizeof letters[0]; i++)
		if (word[1] == letters[i].letter && word[2] == 0)
			return letters[i].name;
	return NULL;
}

static bool split(const char *word, struct given *given)
{
	const char *name = name_in(word);
	if (!name)
		return false;
	const char *equals = strchr(name, '=');
	size_t length = equals ? (size_t)(equals - name) : strlen(name);
	given->value = equals ? equals + 1 : NULL;
	if (length >= sizeof given->name)
		return false;
	memcpy(given->name, name, length);
	given->name[length] = 0;
	return true;
}

/* The value of an option that takes one: behind "=", or the next word. Negative: see cli->exit. */
static int find_value(struct cli *cli, struct given *given, const char *called, int argc, char **argv, int *i)
{
	if (!called && given->value)
		return stop(cli, cli_fail(cli, CLI_USAGE, _("--%s takes no value"), given->name));
	if (!called || given->value)
		return 0;
	if (*i + 1 >= argc)
		return stop(cli, cli_fail(cli, CLI_USAGE, _("--%s needs a value: --%s %s"), given->name, given->name,
					  called));
	given->value = argv[++*i];
	return 0;
}

/* Take the option at argv[*i], and leave *i at its last word. Negative: see cli->exit. */
static int take_option(struct cli *cli, int argc, char **argv, int *i, const struct cli_option *options)
{
	struct given given;
	if (!split(argv[*i], &given))
		return stop(cli, cli_fail(cli, CLI_USAGE,
					  _("there is no option %s; a word that begins with a dash goes behind --"),
					  argv[*i]));
	for (const struct cli_option *option = options; option && option->name; option++) {
		if (strcmp(option->name, given.name) != 0)
			continue;
		if (find_value(cli, &given, option->value, argc, argv, i) < 0)
			return -1;
		if (option->value)
			*option->text = given.value;
		else
			*option->flag = true;
		return 0;
	}
	for (int g = 0; g < GLOBALS; g++) {
		if (!global(cli, g) || strcmp(globals[g].name, given.name) != 0)
			continue;
		if (find_value(cli, &given, globals[g].value, argc, argv, i) < 0)
			return -1;
		return given.value ? set_value(cli, given.name, given.value) : set_flag(cli, given.name, options);
	}
	return unknown(cli, given.name, options);
}

static bool is_option(const char *word)
{
	return word[0] == '-' && word[1] && !strchr("0123456789", word[1]); /* "-1d" is a wrong value, not an option */
}

int cli_args_before(struct cli *cli, int argc, char **argv)
{
	int i = 1;
	for (; i < argc && is_option(argv[i]); i++)
		if (take_option(cli, argc, argv, &i, NULL) < 0)
			return -1;
	return i;
}

int cli_args(struct cli *cli, int argc, char **argv, const struct cli_option *options, const char **words,
	     int words_min, int words_max)
{
	int count = 0;
	bool ended = false;
	for (int i = 1; i < argc; i++) {
		if (!ended && strcmp(argv[i], "--") == 0) {
			ended = true;
		} else if (!ended && is_option(argv[i])) {
			if (take_option(cli, argc, argv, &i, options) < 0)
				return -1;
		} else if (count == words_max) {
			return stop(cli,
				    cli_fail(cli, CLI_USAGE, _("\"%s\" is one word too many; usage: %s %s %s"), argv[i],
					     program_invocation_short_name, argv[0], cli->command->usage));
		} else {
			words[count++] = argv[i];
		}
	}
	if (count < words_min && count == 0)
		return stop(cli, cli_fail(cli, CLI_USAGE, _("what? usage: %s %s %s"), program_invocation_short_name,
					  argv[0], cli->command->usage));
	if (count < words_min)
		return stop(cli, cli_fail(cli, CLI_USAGE, _("something is missing; usage: %s %s %s"),
					  program_invocation_short_name, argv[0], cli->command->usage));
	return count;
}
