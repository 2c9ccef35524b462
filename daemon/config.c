#include "config.h"

#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <ini.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "intl.h"
#include "log.h"
#include "settings.h"

enum { OPTIONS_MAX = 32 };

static void print_texts(const char *const *texts)
{
	for (; *texts; texts++)
		fputs(_(*texts), stdout);
}

/* Everything but the settings themselves, which stand in settings.c. */
static void print_help(void)
{
	static const struct {
		const char *name, *doc;
	} options[] = {
		{"--config FILE", N_("settings in INI form; the command line goes before it")},
		{"--print-config", N_("print the settings in force as such a file, and leave")},
		{"--check", N_("say whether the settings are sound, and leave")},
		{"--help", N_("this text, and leave")},
		{"--version", N_("the version, and leave")},
	};
	static const char *const file[] = {
		"\n",
		N_("Whoever reaches an endpoint may speak for anybody: keep to ipc and loopback. Metrics can only be "
		   "read.\n"),
		"\n",
		N_("FILE has one section, [paidand]. In it stand data, listen, publish (endpoints separated by "
		   "blanks),\n"
		   "metrics and log_level as above, and these, with their defaults:\n"),
		"\n",
		NULL,
	};
	static const char *const end[] = {
		"\n",
		N_("SIGHUP reads FILE again: what is marked with * and log_level are changed.\n"),
		N_("SIGTERM and SIGINT: finish, answer and leave.\n"),
		"\n",
		N_("exit: 0 asked to leave, 100 wrong usage or settings, 111 the system failed\n"),
		NULL,
	};
	fputs(_("paidand - the dispatch broker of a district: takes orders, dispatches them, keeps what was "
		"acknowledged\n"),
	      stdout);
	printf("\n%s\n", _("usage: paidand --data DIR [OPTIONS]\n"));
	settings_print_options(stdout);
	for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
		printf("  %-22s %s\n", options[i].name, _(options[i].doc));
	print_texts(file);
	settings_print_others(stdout);
	print_texts(end);
}

/* ---- the file ---- */

struct parse {
	struct config *config; /* gets what the file says */
	const bool *given;     /* by the place in settings: on the command line, which goes before */
	int line;              /* the last one that was read */
	bool wrong;
};

static int on_setting(void *arg, const char *section, const char *name, const char *value)
{
	struct parse *parse = arg;
	const char *file = parse->config->file;
	const struct setting *setting = settings_find(name);
	if (strcmp(section, "paidand") != 0) {
		fprintf(stderr, _("paidand: %s: section [%s] is not known; settings stand in [paidand]\n"), file,
			section);
		parse->wrong = true;
	} else if (!setting) {
		fprintf(stderr, _("paidand: %s: there is no setting \"%s\"; see paidand --help\n"), file, name);
		parse->wrong = true;
	} else if (!parse->given[setting - settings] && !settings_set(parse->config, setting, value, file)) {
		parse->wrong = true;
	}
	return 1;
}

struct source {
	FILE *file;
	struct parse *parse;
};

/* A line for libinih, which would take the rest of one that is too long for the next line. */
static char *next_line(char *line, int bytes, void *stream)
{
	struct source *source = stream;
	char *got = fgets(line, bytes, source->file);
	if (!got)
		return NULL;
	source->parse->line++;
	if (strlen(line) < (size_t)bytes - 1 || line[bytes - 2] == '\n')
		return got;
	fprintf(stderr, _("paidand: %s:%d: a line may have at most %d bytes\n"), source->parse->config->file,
		source->parse->line, bytes - 2);
	source->parse->wrong = true;
	return NULL;
}

static bool read_file(struct parse *parse)
{
	struct source source = {fopen(parse->config->file, "r"), parse};
	int line = source.file ? ini_parse_stream(next_line, &source, on_setting, parse) : 0;
	bool read = source.file && !ferror(source.file); /* a folder can be opened, too */
	if (!read)
		fprintf(stderr, _("paidand: %s: cannot be read: %s\n"), parse->config->file, intl_error(errno));
	else if (line)
		fprintf(stderr, _("paidand: %s:%d: is neither a [section] nor name=value\n"), parse->config->file,
			line);
	if (source.file)
		fclose(source.file);
	return read && line == 0 && !parse->wrong;
}

/* ---- the command line ---- */

/* Endpoints where none is named: in the data folder, if its name is short enough for a socket, and on loopback. */
static bool set_default_endpoints(struct config *config, const char *name, const char *socket, const char *tcp)
{
	const struct setting *setting = settings_find(name);
	char ipc[256];
	snprintf(ipc, sizeof ipc, "ipc://%.200s/%s", config->data, socket);
	return (strlen(config->data) > 90 || settings_add_endpoint(config, setting, ipc, "--data")) &&
	       settings_add_endpoint(config, setting, tcp, name);
}

static bool finish(struct config *config)
{
	if (config->data[0] == 0) {
		fputs(_("paidand: which folder? say --data DIR (paidand --help tells more)\n"), stderr);
		return false;
	}
	struct stat status;
	if (stat(config->data, &status) == 0 && !S_ISDIR(status.st_mode)) {
		fprintf(stderr, _("paidand: --data: \"%s\" is there already, and is no folder\n"), config->data);
		return false;
	}
	return (config->listen_count > 0 ||
		set_default_endpoints(config, "listen", "paidan.sock", "tcp://127.0.0.1:7750")) &&
	       (config->publish_count > 0 ||
		set_default_endpoints(config, "publish", "events.sock", "tcp://127.0.0.1:7751"));
}

enum option_code { OPTION_CONFIG = 1000, OPTION_PRINT_CONFIG, OPTION_CHECK, OPTION_HELP, OPTION_VERSION };

/* The options of paidand alone, then the settings that are options, whose code is their place in the table. */
static void make_options(struct option options[static OPTIONS_MAX], char names[static OPTIONS_MAX][32])
{
	static const struct option own[] = {
		{"config", 1, NULL, OPTION_CONFIG},   {"print-config", 0, NULL, OPTION_PRINT_CONFIG},
		{"check", 0, NULL, OPTION_CHECK},     {"help", 0, NULL, OPTION_HELP},
		{"version", 0, NULL, OPTION_VERSION},
	};
	int count = 0;
	for (; count < (int)(sizeof own / sizeof own[0]); count++)
		options[count] = own[count];
	for (const struct setting *setting = settings; setting->name; setting++) {
		if (!setting->option)
			continue;
		assert(count < OPTIONS_MAX - 1);
		snprintf(names[count], sizeof names[count], "%s", setting->name);
		for (char *p = names[count]; *p; p++)
			*p = *p == '_' ? '-' : *p;
		options[count] = (struct option){names[count], 1, NULL, (int)(setting - settings)};
		count++;
	}
	options[count] = (struct option){0};
}

/* CONFIG_RUN: go on with the file. */
static enum config_outcome read_options(struct config *config, int argc, char **argv, bool given[static SETTINGS_MAX])
{
	struct option options[OPTIONS_MAX];
	char names[OPTIONS_MAX][32], where[40];
	int code, place;
	make_options(options, names);
	while ((code = getopt_long(argc, argv, ":", options, &place)) >= 0) {
		switch (code) {
		case OPTION_CONFIG: snprintf(config->file, sizeof config->file, "%s", optarg); continue;
		case OPTION_PRINT_CONFIG: config->print = true; continue;
		case OPTION_CHECK: config->check = true; continue;
		case OPTION_HELP: print_help(); return CONFIG_DONE;
		case OPTION_VERSION: puts("paidand " PAIDAN_VERSION); return CONFIG_DONE;
		case ':':
			fprintf(stderr, _("paidand: %s needs a value; paidand --help tells more\n"), argv[optind - 1]);
			return CONFIG_WRONG;
		case '?':
			fprintf(stderr, _("paidand: there is no option %s; paidand --help tells them\n"),
				argv[optind - 1]);
			return CONFIG_WRONG;
		default: break;
		}
		snprintf(where, sizeof where, "--%s", options[place].name);
		const struct setting *setting = &settings[code];
		given[code] = true;
		if (setting->kind == SETTING_ENDPOINTS ? !settings_add_endpoint(config, setting, optarg, where)
						       : !settings_set(config, setting, optarg, where))
			return CONFIG_WRONG;
	}
	if (optind < argc) {
		fprintf(stderr, _("paidand: \"%s\" is not an option; paidand --help tells them\n"), argv[optind]);
		return CONFIG_WRONG;
	}
	return CONFIG_RUN;
}

enum config_outcome config_read(struct config *config, int argc, char **argv)
{
	bool given[SETTINGS_MAX] = {false};
	*config = (struct config){0};
	settings_set_standards(config);
	enum config_outcome outcome = read_options(config, argc, argv, given);
	if (outcome != CONFIG_RUN)
		return outcome;
	for (int i = 0; i < SETTINGS_MAX; i++)
		config->given |= (uint64_t)given[i] << i;
	struct parse parse = {config, given, 0, false};
	if (config->file[0] && !read_file(&parse))
		return CONFIG_WRONG;
	if (!finish(config))
		return CONFIG_WRONG;
	if (!config->print)
		return CONFIG_RUN;
	return settings_print_file(config, stdout) ? CONFIG_DONE : CONFIG_WRONG;
}

enum pd_err config_reload(struct config *config)
{
	struct config fresh = *config;
	bool given[SETTINGS_MAX];
	struct parse parse = {&fresh, given, 0, false};
	for (int i = 0; i < SETTINGS_MAX; i++)
		given[i] = config->given >> i & 1;
	fresh.listen_count = fresh.publish_count = 0;
	if (!config->file[0] || !read_file(&parse))
		return PD_EINVAL;
	for (const struct setting *setting = settings; setting->name; setting++) {
		if (setting->reloadable && setting->kind == SETTING_NUMBER)
			*settings_number(config, setting) = *settings_number(&fresh, setting);
		else if (!setting->reloadable && !settings_same(config, &fresh, setting))
			log_line(LOG_WARN, "needs_a_restart", "setting=%s", setting->name);
	}
	config->log_level = fresh.log_level;
	return PD_OK;
}

struct core_periods config_periods(const struct config *config)
{
	static const uint64_t day_ms = 86400000, minute_ms = 60000;
	return (struct core_periods){.confirm_within_ms = config->confirm_days * day_ms,
				     .reopen_within_ms = config->reopen_days * day_ms,
				     .reopen_max = config->reopen_max,
				     .urge_every_ms = config->urge_every_minutes * minute_ms};
}
