/* args.c - the command line: options before, among and after the words of a command. */
#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

enum { NAMES_MAX = 64 };

int cli_fail(const struct cli *cli, enum cli_exit code, const char *format, ...)
{
	va_list args;
	fflush(stdout);
	fputs("paidan", stderr);
	if (cli->command)
		fprintf(stderr, " %s", cli->command->name);
	fputs(": ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return (int)code;
}

/* ---- numbers ---- */

bool cli_number(const char *what, const char *text, uint64_t min, uint64_t max, uint64_t *number)
{
	uint64_t value = 0;
	bool fits = *text != 0;
	for (const char *p = text; *p && fits; p++) {
		unsigned digit = (unsigned)(*p - '0');
		fits = digit <= 9 && !__builtin_mul_overflow(value, 10, &value) &&
		       !__builtin_add_overflow(value, digit, &value);
	}
	if (!fits || value < min || value > max) {
		fprintf(stderr, "paidan: %s: \"%s\" is not a number from %" PRIu64 " to %" PRIu64 "\n", what, text, min,
			max);
		return false;
	}
	*number = value;
	return true;
}

bool cli_seconds(const char *what, const char *text, int min_ms, int max_ms, int *ms)
{
	char *end;
	double seconds = strtod(text, &end);
	if (end == text || *end || !(seconds * 1000 >= min_ms && seconds * 1000 <= max_ms)) {
		fprintf(stderr, "paidan: %s: \"%s\" is not a number of seconds from %g to %g\n", what, text,
			min_ms / 1000.0, max_ms / 1000.0);
		return false;
	}
	*ms = (int)(seconds * 1000 + 0.5);
	return true;
}

/* ---- ids and words ---- */

bool cli_id32(const char *what, const char *text, uint32_t *id)
{
	uint64_t number = 0;
	if (text && !cli_number(what, text, 1, UINT32_MAX, &number))
		return false;
	*id = (uint32_t)number;
	return true;
}

bool cli_uuid(const char *text, struct pd_id *id)
{
	if (pd_id_parse(text, id) == PD_OK)
		return true;
	fprintf(stderr,
		"paidan: \"%s\" is not an order's id, which has 32 hexadecimal digits, with hyphens or without\n",
		text);
	return false;
}

bool cli_word(const char *what, const char *set, const char *text, uint8_t *code)
{
	size_t count;
	const struct pd_word *words = pd_words(&count);
	if (!text || (*code = (uint8_t)pd_word_code(set, text)))
		return true;
	for (size_t i = 0; i < count; i++) {
		char number[16];
		snprintf(number, sizeof number, "%u", words[i].code);
		if (strcmp(words[i].set, set) == 0 && strcmp(number, text) == 0) {
			*code = (uint8_t)words[i].code;
			return true;
		}
	}
	fprintf(stderr, "paidan: %s: \"%s\" is none of", what, text);
	for (size_t i = 0; i < count; i++)
		if (strcmp(words[i].set, set) == 0)
			fprintf(stderr, " %s", words[i].name);
	fputc('\n', stderr);
	return false;
}

/* ---- what was probably meant ---- */

static unsigned least(unsigned a, unsigned b, unsigned c)
{
	unsigned ab = a < b ? a : b;
	return ab < c ? ab : c;
}

/* Levenshtein's distance: letters to put in, take out or change. */
static unsigned distance(const char *a, const char *b)
{
	unsigned row[NAMES_MAX + 1];
	size_t width = strlen(b);
	if (width > NAMES_MAX)
		return UINT32_MAX;
	for (unsigned i = 0; i <= width; i++)
		row[i] = i;
	for (unsigned y = 1; *a; a++, y++) {
		unsigned diagonal = row[0];
		row[0] = y;
		for (size_t x = 1; x <= width; x++) {
			unsigned changed = diagonal + (*a != b[x - 1]);
			diagonal = row[x];
			row[x] = least(changed, row[x] + 1, row[x - 1] + 1);
		}
	}
	return row[width];
}

const char *cli_nearest(const char *word, const char *const *names)
{
	const char *nearest = NULL;
	unsigned fewest = UINT32_MAX;
	for (; *names; names++) {
		bool begins = *word && strncmp(*names, word, strlen(word)) == 0;
		unsigned changes = begins ? 1 : distance(word, *names);
		if (changes < fewest && (begins || changes * 2 <= strlen(*names))) {
			fewest = changes;
			nearest = *names;
		}
	}
	return nearest;
}

/* ---- help ---- */

static const char *const global_help[][3] = {
	{"connect", "ENDPOINT", "where paidand takes commands ($PAIDAN_CONNECT, or " PD_CONNECT_DEFAULT ")"},
	{"subscribe", "ENDPOINT", "where it publishes events ($PAIDAN_SUBSCRIBE, or the port after that of --connect)"},
	{"as", "PERSON", "act as this person, by id; otherwise as the operator"},
	{"json", NULL, "answer in JSON"},
	{"timeout", "S", "seconds to wait for an answer (10)"},
	{"help", NULL, "this help"},
	{"version", NULL, "the version"},
};
enum { GLOBALS = sizeof global_help / sizeof global_help[0] };

static void print_option(const char *name, const char *value, const char *doc)
{
	char left[64];
	snprintf(left, sizeof left, "--%s%s%s", name, value ? " " : "", value ? value : "");
	printf("  %-22s %s\n", left, doc);
}

void cli_print_globals(void)
{
	for (int i = 0; i < GLOBALS; i++)
		print_option(global_help[i][0], global_help[i][1], global_help[i][2]);
}

static void print_help(const struct cli *cli, const struct cli_option *options)
{
	const struct cli_command *command = cli->command;
	printf("usage: paidan %s %s\n\n%s\n", command->name, command->usage, command->summary);
	if (command->help)
		printf("\n%s", command->help);
	if (options && options->name)
		printf("\noptions:\n");
	for (const struct cli_option *option = options; option && option->name; option++)
		print_option(option->name, option->value, option->doc);
	printf("\nfor every command:\n");
	cli_print_globals();
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
		names[count++] = global_help[i][0];
	names[count] = NULL;
	const char *nearest = cli_nearest(name, names);
	const char *of = cli->command ? cli->command->name : "", *blank = cli->command ? " " : "";
	if (nearest)
		return stop(cli,
			    cli_fail(cli, CLI_USAGE, "there is no option --%s; did you mean --%s?", name, nearest));
	return stop(cli,
		    cli_fail(cli, CLI_USAGE, "there is no option --%s; paidan%s%s --help lists them", name, blank, of));
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
		printf("paidan %s\n", PAIDAN_VERSION);
	else if (cli->command)
		print_help(cli, options);
	else
		cli_overview();
	return stop(cli, CLI_OK);
}

/* An option as it stands on the line. */
struct given {
	char name[NAMES_MAX];
	const char *value; /* behind "=", or null */
};

static bool split(const char *word, struct given *given)
{
	const char *name = strcmp(word, "-h") == 0 ? "help" : word + 2, *equals = strchr(name, '=');
	size_t length = equals ? (size_t)(equals - name) : strlen(name);
	given->value = equals ? equals + 1 : NULL;
	if (length >= sizeof given->name || (word[1] != '-' && strcmp(word, "-h") != 0))
		return false;
	memcpy(given->name, name, length);
	given->name[length] = 0;
	return true;
}

/* The value of an option that takes one: behind "=", or the next word. Negative: see cli->exit. */
static int find_value(struct cli *cli, struct given *given, const char *called, int argc, char **argv, int *i)
{
	if (!called && given->value)
		return stop(cli, cli_fail(cli, CLI_USAGE, "--%s takes no value", given->name));
	if (!called || given->value)
		return 0;
	if (*i + 1 >= argc)
		return stop(cli,
			    cli_fail(cli, CLI_USAGE, "--%s needs a value: --%s %s", given->name, given->name, called));
	given->value = argv[++*i];
	return 0;
}

/* Take the option at argv[*i], and leave *i at its last word. Negative: see cli->exit. */
static int take_option(struct cli *cli, int argc, char **argv, int *i, const struct cli_option *options)
{
	struct given given;
	if (!split(argv[*i], &given))
		return stop(cli,
			    cli_fail(cli, CLI_USAGE,
				     "there is no option %s; a word that begins with a dash goes behind --", argv[*i]));
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
		if (strcmp(global_help[g][0], given.name) != 0)
			continue;
		if (find_value(cli, &given, global_help[g][1], argc, argv, i) < 0)
			return -1;
		return given.value ? set_value(cli, given.name, given.value) : set_flag(cli, given.name, options);
	}
	return unknown(cli, given.name, options);
}

static bool is_option(const char *word)
{
	return word[0] == '-' && word[1];
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
			return stop(cli, cli_fail(cli, CLI_USAGE, "\"%s\" is one word too many; usage: paidan %s %s",
						  argv[i], argv[0], cli->command->usage));
		} else {
			words[count++] = argv[i];
		}
	}
	if (count < words_min)
		return stop(cli, cli_fail(cli, CLI_USAGE, "%s; usage: paidan %s %s",
					  count ? "something is missing" : "what?", argv[0], cli->command->usage));
	return count;
}
