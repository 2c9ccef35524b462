#include "args.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "paidan.h"

int args_fail(const struct args *args, int code, const char *format, ...)
{
	va_list list;
	fflush(stdout);
	fprintf(stderr, "%s: ", args->program);
	va_start(list, format);
	vfprintf(stderr, format, list);
	va_end(list);
	fputc('\n', stderr);
	return code;
}

__attribute__((format(printf, 2, 3))) static bool wrong(struct args *args, const char *format, ...)
{
	char sentence[400];
	va_list list;
	va_start(list, format);
	vsnprintf(sentence, sizeof sentence, format, list);
	va_end(list);
	args->exit = args_fail(args, EXIT_USAGE, "%s; '%s --help' tells more", sentence, args->program);
	return false;
}

static void print_option(const char *name, const char *value, const char *doc)
{
	char left[64];
	snprintf(left, sizeof left, "--%s%s%s", name, value ? " " : "", value ? value : "");
	printf("  %-22s %s\n", left, doc);
}

static bool print_help(struct args *args)
{
	printf("usage: %s %s\n\n%s\n", args->program, args->usage, args->help);
	for (const struct args_option *option = args->options; option->name; option++)
		print_option(option->name, option->value, option->doc);
	print_option("connect", "ENDPOINT",
		     "where paidand takes commands ($PAIDAN_CONNECT, else " PD_CONNECT_DEFAULT ")");
	print_option("subscribe", "ENDPOINT", "where it publishes events ($PAIDAN_SUBSCRIBE, else beside --connect)");
	print_option("help", NULL, "this text");
	print_option("version", NULL, "the version");
	args->exit = 0;
	return false;
}

static bool print_version(struct args *args)
{
	printf("paidan-worker %s\n", PAIDAN_VERSION);
	args->exit = 0;
	return false;
}

static const struct args_option *find(const struct args_option *options, const char *name, size_t length)
{
	for (; options->name; options++)
		if (strlen(options->name) == length && memcmp(options->name, name, length) == 0)
			return options;
	return NULL;
}

/* The option at argv[*i]; *i is moved onto its value when that is a word of its own. */
static bool take_option(struct args *args, int argc, char **argv, int *i)
{
	const struct args_option common[] = {
		{"connect", "ENDPOINT", "", &args->connect, NULL},
		{"subscribe", "ENDPOINT", "", &args->subscribe, NULL},
		{0},
	};
	const char *name = argv[*i] + 2;
	size_t length = strcspn(name, "=");
	const char *value = name[length] ? name + length + 1 : NULL;
	const struct args_option *option = find(args->options, name, length);
	if (!option)
		option = find(common, name, length);
	if (!option)
		return wrong(args, "there is no option --%.*s", (int)length, name);
	if (!option->value) {
		*option->flag = true;
		return !value || wrong(args, "--%s takes no value", option->name);
	}
	if (!value && *i + 1 < argc)
		value = argv[++*i];
	if (!value)
		return wrong(args, "--%s needs a value: --%s %s", option->name, option->name, option->value);
	*option->text = value;
	return true;
}

static bool take_word(struct args *args, const char *word, int words_max)
{
	if (word[0] == '-' && word[1])
		return wrong(args, "there is no option %s; options begin with two dashes", word);
	if (args->word_count == words_max)
		return wrong(args, "'%s' is one word too many; it is %s %s", word, args->program, args->usage);
	args->words[args->word_count++] = word;
	return true;
}

static bool check_complete(struct args *args, int words_min, bool rest)
{
	if (args->word_count < words_min)
		return wrong(args, "something is missing; it is %s %s", args->program, args->usage);
	if (rest && (!args->rest || !args->rest[0]))
		return wrong(args, "the program is missing; it is %s %s", args->program, args->usage);
	if (!rest && args->rest && args->rest[0])
		return wrong(args, "nothing is taken after --; it is %s %s", args->program, args->usage);
	return true;
}

bool args_parse(struct args *args, int argc, char **argv, int words_min, int words_max, bool rest)
{
	assert(words_max <= (int)(sizeof args->words / sizeof args->words[0]));
	for (int i = 1; i < argc; i++) {
		const char *word = argv[i];
		if (strcmp(word, "--") == 0) {
			args->rest = argv + i + 1;
			break;
		}
		if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
			return print_help(args);
		if (strcmp(word, "--version") == 0)
			return print_version(args);
		if (strncmp(word, "--", 2) == 0 ? !take_option(args, argc, argv, &i)
						: !take_word(args, word, words_max))
			return false;
	}
	return check_complete(args, words_min, rest);
}

bool args_is_number(const char *text, uint64_t *number)
{
	size_t digits = strspn(text, "0123456789");
	if (digits == 0 || text[digits])
		return false;
	errno = 0;
	*number = strtoull(text, NULL, 10);
	return errno == 0;
}

bool args_number(const struct args *args, const char *what, const char *text, uint64_t min, uint64_t max,
		 uint64_t *number)
{
	uint64_t value;
	if (!args_is_number(text, &value) || value < min || value > max) {
		args_fail(args, EXIT_USAGE, "%s: '%s' must be a whole number from %" PRIu64 " to %" PRIu64, what, text,
			  min, max);
		return false;
	}
	*number = value;
	return true;
}

bool args_real(const struct args *args, const char *what, const char *text, double min, double max, double *number)
{
	char *end;
	double value = strtod(text, &end);
	if (end == text || *end || !isfinite(value) || value < min || value > max) {
		args_fail(args, EXIT_USAGE, "%s: '%s' must be a number from %g to %.15g", what, text, min, max);
		return false;
	}
	*number = value;
	return true;
}
