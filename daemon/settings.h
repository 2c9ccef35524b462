/* settings.h - the one table of paidand's settings: --help, --print-config, the man page paidand.conf(5) and the
 * reading of files and options are made from it.
 *
 * Threads: one.
 */
#ifndef PAIDAN_SETTINGS_H
#define PAIDAN_SETTINGS_H

#include <stdio.h>

#include "config.h"

/* A line of a file may have so many bytes, with its newline: libinih cuts longer ones. */
enum { SETTINGS_LINE_BYTES_MAX = 199, SETTINGS_MAX = 64 };

/* An address of HTTP may be empty: nothing is served. */
enum setting_kind { SETTING_FOLDER, SETTING_ENDPOINTS, SETTING_ADDRESS, SETTING_LEVEL, SETTING_NUMBER };

struct setting {
	const char *name; /* in a file; as an option with - for _ */
	enum setting_kind kind;
	const char *option;          /* what its value is called: it is an option, too; null: for files alone */
	size_t offset, count_offset; /* in struct config; the latter of endpoints */
	uint32_t min, max, standard; /* of a number; the standard of a level, too */
	bool reloadable;             /* SIGHUP reads it again */
	const char *standard_text;   /* of what is no number */
	const char *doc;             /* a line without a full stop; marked for translation */
};

/* Ends with a row without a name. */
extern const struct setting settings[];
/* Null when there is no such setting. */
const struct setting *settings_find(const char *name);

uint32_t *settings_number(struct config *config, const struct setting *setting);

/* Take value, which comes from where (a file or an option); endpoints are separated by blanks or commas, and are added.
 * False: standard error says what is wrong with it; config may have got the first of several endpoints. */
bool settings_set(struct config *config, const struct setting *setting, const char *value, const char *where);
/* Add one endpoint, whatever characters it has. */
bool settings_add_endpoint(struct config *config, const struct setting *setting, const char *endpoint,
			   const char *where);
void settings_set_standards(struct config *config);
/* Whether fresh, as a file says, leaves the setting as it is in config; endpoints that it does not name stay. */
bool settings_same(const struct config *config, const struct config *fresh, const struct setting *setting);

/* The lines of --help about the options that are settings, and about those that stand in files alone. */
void settings_print_options(FILE *out);
void settings_print_others(FILE *out);
/* The whole of config as a file that gives the same config again, with comments. False: nothing was printed, because a
 * value cannot be written in a file; standard error says which. */
bool settings_print_file(const struct config *config, FILE *out);

#endif
