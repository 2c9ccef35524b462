/* args.h - the command line of a worker: options, words, and what is said when they are wrong.
 *
 * Threads: one.
 */
#ifndef PAIDAN_ARGS_H
#define PAIDAN_ARGS_H

#include <stdbool.h>
#include <stdint.h>

enum { EXIT_USAGE = 100, EXIT_SYSTEM = 111 };

/* An option may be written --name VALUE or --name=VALUE. */
struct args_option {
	const char *name;  /* without the dashes; null ends a list */
	const char *value; /* what its value is called in the help; null: a flag */
	const char *doc;   /* one line for the help */
	const char **text; /* gets the value, a pointer into argv; untouched when the option is not given */
	bool *flag;        /* of a flag: set to true */
};

struct args {
	const char *program;               /* "paidan-worker lead": begins every sentence on stderr */
	const char *usage, *help;          /* what follows the program; the details, whole lines */
	const struct args_option *options; /* besides --connect, --subscribe, --help and --version */
	const char *connect, *subscribe;   /* endpoints; null: libpaidan's defaults */
	const char *words[2];              /* borrowed from argv */
	int word_count;
	char **rest; /* what stood behind "--", ended by null; null without "--" */
	int exit;    /* to be returned when args_parse said false */
};

/* Take argv apart (argv[0] is the subcommand). False: nothing more to do, return args->exit; --help was printed, or
 * stderr says what is wrong: an unknown option, a missing value, fewer words than words_min or more than words_max (at
 * most 2), a "--" that is not wanted or is missing (rest: whether one is wanted). */
bool args_parse(struct args *args, int argc, char **argv, int words_min, int words_max, bool rest);

/* The whole text as a number from min to max. False: stderr says what is wrong with it. */
bool args_number(const struct args *args, const char *what, const char *text, uint64_t min, uint64_t max,
		 uint64_t *number);
bool args_real(const struct args *args, const char *what, const char *text, double min, double max, double *number);
/* A whole decimal number; says nothing. */
bool args_is_number(const char *text, uint64_t *number);

/* "PROGRAM: " and the sentence on stderr; returns code. */
__attribute__((format(printf, 3, 4))) int args_fail(const struct args *args, int code, const char *format, ...);

#endif
