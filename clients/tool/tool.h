/* tool.h - what paidan and paidan-worker share: a program with commands, their arguments, the connection, failures.
 *
 * A command is a function that gets its own words (argv[0] is its name), and returns the exit code: CLI_OK, CLI_REFUSED
 * when the broker said no, CLI_USAGE when the command line is wrong, CLI_SYSTEM when the system or the connection
 * failed. Whoever returns another code than CLI_OK has said why on stderr. Answers go to stdout, and with --json stdout
 * holds nothing but JSON. What is said on stderr begins with the name that the program was called by.
 * Threads: one.
 */
#ifndef PAIDAN_TOOL_H
#define PAIDAN_TOOL_H

#include <stdio.h>

#include "paidan.h"

enum cli_exit { CLI_OK = 0, CLI_REFUSED = 1, CLI_USAGE = 100, CLI_SYSTEM = 111 };

struct cli_command;
struct cli_program;
struct names;

enum { CLI_REFUSAL_BYTES = 1024 };

/* Options that stand for every command, unless the program is without them: see struct cli. */
enum { CLI_AS = 1, CLI_JSON = 2, CLI_TIMEOUT = 4 };

struct cli {
	const char *connect, *subscribe;   /* --connect, --subscribe; null: not given */
	uint32_t person;                   /* --as: who acts; 0: the operator */
	bool json;                         /* --json */
	int timeout_ms;                    /* --timeout: the bound on waiting for one answer */
	unsigned without;                  /* options for every command that this program has not: CLI_AS | ... */
	const struct cli_program *program; /* see cli_run */
	const struct cli_command *command; /* the one that runs; null before it is known */
	struct names *names;               /* see names.h */
	enum cli_exit exit;                /* what to return when cli_args said so */

	/* connect.c's */
	struct pd_client_options callbacks;
	bool welcomed, turned_away;
};

struct cli_command {
	const char *name;
	const char *usage;   /* what follows the name: "ID [--as PERSON]" */
	const char *summary; /* one line for the overview, in N_(); null: it is not for people, and not listed */
	/* The details; may be null. Texts of whole lines, each a paragraph or a row of a table in N_(), or "\n" between
	 * two paragraphs; null after the last. */
	const char *const *help;
	int (*run)(struct cli *cli, int argc, char **argv);
};

/* ---- a program ---- */

struct cli_program {
	const char *summary;                /* one line, in N_(); so are the notes */
	const struct cli_command *commands; /* ends with a row without a name */
	const char *notes;                  /* what --help says at its end, whole lines */
	const char *examples;               /* command lines, the same in every language; may be null */
};

/* Run the command that argv names, with cli->program's commands. Returns the exit code, also when stdout could not be
 * written (a full disk, a closed pipe). */
int cli_run(struct cli *cli, int argc, char **argv);

/* ---- arguments ---- */

/* An option of a command. It may be written --name VALUE or --name=VALUE. */
struct cli_option {
	const char *name;  /* without the dashes */
	const char *value; /* what its value is called in the help, e.g. "AREA"; null: a flag without a value */
	const char *doc;   /* one line for the help, in N_() */
	const char **text; /* where the value goes: a pointer into argv, untouched when the option is not given */
	bool *flag;        /* where a flag goes: set to true when it is given */
};

/* Take options (the command's own and the global ones, anywhere on the line; "--" ends them) and leave the other words
 * in words, borrowed from argv. options ends with a row without a name; null: only the global ones. Returns the number
 * of words. Negative: nothing more to do, return cli->exit (--help was printed, or something is wrong and was said:
 * unknown option, missing value, fewer words than words_min or more than words_max). */
int cli_args(struct cli *cli, int argc, char **argv, const struct cli_option *options, const char **words,
	     int words_min, int words_max);

/* The same for global options before the command: the place of the first other word, argc when there is none. */
int cli_args_before(struct cli *cli, int argc, char **argv);
/* What --help says about the global options, and about everything. */
void cli_print_globals(const struct cli *cli);
void cli_overview(const struct cli *cli);

/* Whether text is a whole decimal number; says nothing. */
bool cli_is_number(const char *text, uint64_t *number);
/* An unsigned number from min to max, whole text. False: it is not, and stderr says what was wrong about what. */
bool cli_number(const char *what, const char *text, uint64_t min, uint64_t max, uint64_t *number);
/* A number from min to max, also as 0.5. */
bool cli_real(const char *what, const char *text, double min, double max, double *number);
/* Seconds, also as 0.5, to milliseconds; with at least min_ms and at most max_ms. */
bool cli_seconds(const char *what, const char *text, int min_ms, int max_ms, int *ms);

/* An id of a person, household, ... from 1 on; 0 when text is null. */
bool cli_id32(const char *what, const char *text, uint32_t *id);
/* "LON,LAT" in degrees, to degrees * 10^7; null text leaves both as they are. */
bool cli_place(const char *what, const char *text, int32_t *lon_e7, int32_t *lat_e7);
/* An order's id. */
bool cli_uuid(const char *text, struct pd_id *id);
/* The number of a word of set (enums.def, or "state"), which may be given in English, in Chinese or as the number; 0
 * when text is null. */
bool cli_word(const char *what, const char *set, const char *text, uint8_t *code);
/* The same, of some words of the set alone: bit n of among is the word with the number n. */
#define CLI_WORDS_ALL UINT32_MAX
bool cli_word_among(const char *what, const char *set, uint32_t among, const char *text, uint8_t *code);

/* "paidan CMD: " and the sentence on stderr, with a newline; returns code. */
__attribute__((format(printf, 3, 4))) int cli_fail(const struct cli *cli, enum cli_exit code, const char *format, ...);
/* The same of what is no failure. */
__attribute__((format(printf, 2, 3))) void cli_say(const struct cli *cli, const char *format, ...);

/* The name of names (a list that ends with null) that is most like word, null when none is near. */
const char *cli_nearest(const char *word, const char *const *names);

/* ---- the broker ---- */

/* The endpoint for commands: --connect, else PAIDAN_CONNECT, else the default. */
const char *cli_endpoint(const struct cli *cli);

/* Connect as the operator and wait for the welcome, at most cli->timeout_ms. On failure *client is null and stderr says
 * what is wrong; return cli_exit_of(err) then. Close it with pd_client_close. */
PD_MUST_USE enum pd_err cli_open(struct cli *cli, struct pd_client **client);
/* The same with the callbacks (on_push, on_event, on_stats, on_link, on_follow_refused) and the arg of options, which
 * is copied, for its person and with its listen. */
PD_MUST_USE enum pd_err cli_open_with(struct cli *cli, const struct pd_client_options *options,
				      struct pd_client **client);
enum cli_exit cli_exit_of(enum pd_err err);

/* Print a refusal (sentence, detail, advice) to stderr. Returns CLI_REFUSED. */
int cli_refused(const struct pd_message *refused);
/* A refusal in one line, in the language of the locale, fit for a terminal: "sentence (detail)". Returns text. */
char *cli_refusal(const struct pd_refused *refused, char text[static CLI_REFUSAL_BYTES]);
/* What the sender should do; empty when that is not known. */
const char *cli_advice(const struct pd_refused *refused);

/* pd_client_call with cli->timeout_ms. CLI_OK: *answer is there and is no refusal. Otherwise stderr says why. */
PD_MUST_USE int cli_call(struct cli *cli, struct pd_client *client, struct pd_message *message,
			 struct pd_message *answer);
/* pd_client_query in the same way; fn gets each answer but a refusal; last may be null. */
PD_MUST_USE int cli_query(struct cli *cli, struct pd_client *client, struct pd_message *message, pd_answer_fn *fn,
			  void *arg, struct pd_message *last);

#endif
