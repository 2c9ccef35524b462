#include "config.h"

#include <errno.h>
#include <getopt.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "intl.h"
#include "log.h"
#include "metrics_http.h"

static const char help[] =
	"paidand - the dispatch broker of a district: takes orders, dispatches them, keeps what was acknowledged\n"
	"\n"
	"usage: paidand --data DIR [options]\n"
	"\n"
	"  --data DIR           folder of the journal and the book; made if missing\n"
	"  --listen ENDPOINT    where clients connect, may be given several times\n"
	"                       (default: ipc://DIR/paidan.sock and tcp://127.0.0.1:7750)\n"
	"  --publish ENDPOINT   where events are published, may be given several times\n"
	"                       (default: ipc://DIR/events.sock and tcp://127.0.0.1:7751)\n"
	"  --metrics ADDRESS    serve figures for Prometheus there, /healthz and /readyz, e.g. at 127.0.0.1:9750\n"
	"                       (default: not at all); port 0: one that is free, told in the log\n"
	"  --config FILE        settings in INI form; the command line goes before it\n"
	"  --log-level LEVEL    error, warn, info (default) or debug\n"
	"  --check              say whether the settings are sound, and leave\n"
	"  --help, --version\n"
	"\n"
	"Whoever reaches an endpoint may speak for anybody: keep to ipc and loopback. Metrics can only be read.\n"
	"\n"
	"Settings in FILE, section [paidand], with their defaults:\n"
	"  data=                  as above              listen=, publish=    as above, separated by blanks\n"
	"  log_level=info                               heartbeat_ms=5000    silent for three times this: gone\n"
	"  keep_ms=200            pace of the book      confirm_days=7       then a completed order closes by itself\n"
	"  reopen_days=7          to reopen an order    segment_mib=64       size of the journal's files\n"
	"  reserve_mib=256        with less room on the disk, no new orders are taken\n"
	"  metrics=               as above\n"
	"SIGHUP reads FILE again: log_level, heartbeat_ms, keep_ms, confirm_days, reopen_days, reserve_mib.\n"
	"SIGTERM and SIGINT: finish, answer and leave.\n"
	"\n"
	"exit: 0 asked to leave, 100 wrong usage or settings, 111 the system failed\n";

struct number {
	const char *name;
	size_t offset;
	uint32_t min, max, standard;
	bool reloadable;
};

static const struct number numbers[] = {
	{"heartbeat_ms", offsetof(struct config, heartbeat_ms), 100, 3600000, 5000, true},
	{"keep_ms", offsetof(struct config, keep_ms), 1, 60000, 200, true},
	{"confirm_days", offsetof(struct config, confirm_days), 1, 3650, 7, true},
	{"reopen_days", offsetof(struct config, reopen_days), 0, 3650, 7, true},
	{"segment_mib", offsetof(struct config, segment_mib), 1, 1024, 64, false},
	{"reserve_mib", offsetof(struct config, reserve_mib), 0, 1048576, 256, true},
};
enum { NUMBERS = sizeof numbers / sizeof numbers[0] };

static uint32_t *number_of(struct config *config, const struct number *number)
{
	return (uint32_t *)((char *)config + number->offset);
}

static bool add_endpoint(char list[CONFIG_ENDPOINTS_MAX][256], int *count, const char *endpoint, const char *where)
{
	if (strlen(endpoint) > 255 || *count == CONFIG_ENDPOINTS_MAX) {
		fprintf(stderr, "paidand: %s: at most %d endpoints of at most 255 bytes\n", where,
			CONFIG_ENDPOINTS_MAX);
		return false;
	}
	if (strncmp(endpoint, "ipc://", 6) != 0 && strncmp(endpoint, "tcp://", 6) != 0) {
		fprintf(stderr,
			"paidand: %s: \"%s\" is not an endpoint; one looks like tcp://127.0.0.1:7750 or "
			"ipc:///run/x.sock\n",
			where, endpoint);
		return false;
	}
	snprintf(list[(*count)++], 256, "%s", endpoint);
	return true;
}

static bool set_metrics(struct config *config, const char *address, const char *where)
{
	if (strlen(address) < sizeof config->metrics && metrics_address_good(address)) {
		snprintf(config->metrics, sizeof config->metrics, "%s", address);
		return true;
	}
	fprintf(stderr,
		_("paidand: %s: \"%s\" is not an address to serve metrics at; one looks like 127.0.0.1:9750 or "
		  "[::1]:9750\n"),
		where, address);
	return false;
}

/* ---- the file ---- */

struct parse {
	struct config *config;                        /* gets what the file says */
	bool listen_given, publish_given, data_given; /* by the command line, which goes before */
	bool wrong;
	bool metrics_given; /* by the command line, too */
};

static bool set_endpoints(struct parse *parse, bool listen, const char *value)
{
	char copy[4096];
	snprintf(copy, sizeof copy, "%s", value);
	if (listen ? parse->listen_given : parse->publish_given)
		return true;
	char *rest = NULL;
	for (char *one = strtok_r(copy, " \t,", &rest); one; one = strtok_r(NULL, " \t,", &rest)) {
		struct config *c = parse->config;
		if (!add_endpoint(listen ? c->listen : c->publish, listen ? &c->listen_count : &c->publish_count, one,
				  c->file))
			return false;
	}
	return true;
}

static bool set_number(struct parse *parse, const struct number *number, const char *value)
{
	bool digits = value[0] && value[strspn(value, "0123456789")] == 0;
	unsigned long long parsed = digits ? strtoull(value, NULL, 10) : 0;
	if (!digits || parsed < number->min || parsed > number->max) {
		fprintf(stderr, "paidand: %s: %s=%s: must be a number from %u to %u\n", parse->config->file,
			number->name, value, number->min, number->max);
		return false;
	}
	*number_of(parse->config, number) = (uint32_t)parsed;
	return true;
}

static bool set_level(struct config *config, const char *value, const char *where)
{
	config->log_level = log_level_parse(value);
	if (config->log_level < 0)
		fprintf(stderr, "paidand: %s: log level \"%s\": must be error, warn, info or debug\n", where, value);
	return config->log_level >= 0;
}

static bool set_setting(struct parse *parse, const char *name, const char *value)
{
	if (strcmp(name, "listen") == 0 || strcmp(name, "publish") == 0)
		return set_endpoints(parse, name[0] == 'l', value);
	if (strcmp(name, "log_level") == 0)
		return set_level(parse->config, value, parse->config->file);
	if (strcmp(name, "data") == 0) {
		if (!parse->data_given)
			snprintf(parse->config->data, sizeof parse->config->data, "%s", value);
		return true;
	}
	if (strcmp(name, "metrics") == 0)
		return parse->metrics_given || !value[0] || set_metrics(parse->config, value, parse->config->file);
	for (int i = 0; i < NUMBERS; i++)
		if (strcmp(name, numbers[i].name) == 0)
			return set_number(parse, &numbers[i], value);
	fprintf(stderr, "paidand: %s: there is no setting \"%s\"; see paidand --help\n", parse->config->file, name);
	return false;
}

static int on_setting(void *arg, const char *section, const char *name, const char *value)
{
	struct parse *parse = arg;
	if (strcmp(section, "paidand") != 0) {
		fprintf(stderr, "paidand: %s: section [%s] is not known; settings stand in [paidand]\n",
			parse->config->file, section);
		parse->wrong = true;
	} else if (!set_setting(parse, name, value)) {
		parse->wrong = true;
	}
	return 1;
}

static bool read_file(struct parse *parse)
{
	FILE *file = fopen(parse->config->file, "r");
	int line = file ? ini_parse_file(file, on_setting, parse) : 0;
	bool read = file && !ferror(file); /* a folder can be opened, too */
	if (!read)
		fprintf(stderr, "paidand: %s: cannot be read: %s\n", parse->config->file, strerror(errno));
	else if (line)
		fprintf(stderr, "paidand: %s:%d: is neither a [section] nor name=value\n", parse->config->file, line);
	if (file)
		fclose(file);
	return read && line == 0 && !parse->wrong;
}

/* ---- the command line ---- */

static bool finish(struct config *config)
{
	if (config->data[0] == 0) {
		fputs("paidand: which folder? say --data DIR (paidand --help tells more)\n", stderr);
		return false;
	}
	if (config->listen_count == 0) {
		char ipc[256];
		snprintf(ipc, sizeof ipc, "ipc://%.200s/paidan.sock", config->data);
		if (strlen(config->data) <= 90)
			add_endpoint(config->listen, &config->listen_count, ipc, "--data");
		add_endpoint(config->listen, &config->listen_count, "tcp://127.0.0.1:7750", "--listen");
	}
	if (config->publish_count == 0) {
		char ipc[256];
		snprintf(ipc, sizeof ipc, "ipc://%.200s/events.sock", config->data);
		if (strlen(config->data) <= 90)
			add_endpoint(config->publish, &config->publish_count, ipc, "--data");
		add_endpoint(config->publish, &config->publish_count, "tcp://127.0.0.1:7751", "--publish");
	}
	return true;
}

enum config_outcome config_read(struct config *config, int argc, char **argv)
{
	static const struct option options[] = {{"data", 1, NULL, 'd'},      {"listen", 1, NULL, 'l'},
						{"publish", 1, NULL, 'p'},   {"config", 1, NULL, 'c'},
						{"log-level", 1, NULL, 'L'}, {"metrics", 1, NULL, 'm'},
						{"check", 0, NULL, 'C'},     {"help", 0, NULL, 'h'},
						{"version", 0, NULL, 'v'},   {NULL, 0, NULL, 0}};
	*config = (struct config){.log_level = LOG_INFO};
	for (int i = 0; i < NUMBERS; i++)
		*number_of(config, &numbers[i]) = numbers[i].standard;
	const char *level = NULL;
	int c;
	while ((c = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		switch (c) {
		case 'd': snprintf(config->data, sizeof config->data, "%s", optarg); break;
		case 'c': snprintf(config->file, sizeof config->file, "%s", optarg); break;
		case 'L': level = optarg; break;
		case 'C': config->check = true; break;
		case 'm':
			if (!set_metrics(config, optarg, "--metrics"))
				return CONFIG_WRONG;
			break;
		case 'l':
			if (!add_endpoint(config->listen, &config->listen_count, optarg, "--listen"))
				return CONFIG_WRONG;
			break;
		case 'p':
			if (!add_endpoint(config->publish, &config->publish_count, optarg, "--publish"))
				return CONFIG_WRONG;
			break;
		case 'h': fputs(help, stdout); return CONFIG_DONE;
		case 'v': puts("paidand " PAIDAN_VERSION); return CONFIG_DONE;
		default: fputs("paidand --help tells the options\n", stderr); return CONFIG_WRONG;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "paidand: \"%s\" is not an option; paidand --help tells them\n", argv[optind]);
		return CONFIG_WRONG;
	}
	struct parse parse = {config, config->listen_count > 0, config->publish_count > 0, config->data[0] != 0,
			      false,  config->metrics[0] != 0};
	if (config->file[0] && !read_file(&parse))
		return CONFIG_WRONG;
	if (level && !set_level(config, level, "--log-level"))
		return CONFIG_WRONG;
	return finish(config) ? CONFIG_RUN : CONFIG_WRONG;
}

enum pd_err config_reload(struct config *config)
{
	struct config fresh = *config;
	struct parse parse = {&fresh, true, true, true, false, true};
	if (!config->file[0] || !read_file(&parse))
		return PD_EINVAL;
	for (int i = 0; i < NUMBERS; i++)
		if (numbers[i].reloadable)
			*number_of(config, &numbers[i]) = *number_of(&fresh, &numbers[i]);
	config->log_level = fresh.log_level;
	return PD_OK;
}
