#include "settings.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "intl.h"
#include "log.h"
#include "metrics_http.h"

#define PLACE(field) offsetof(struct config, field)

const struct setting settings[] = {
	{"data", SETTING_FOLDER, "DIR", PLACE(data), 0, 0, 0, 0, false, NULL,
	 N_("folder of the journal and the book; made if missing")},
	{"listen", SETTING_ENDPOINTS, "ENDPOINT", PLACE(listen), PLACE(listen_count), 0, 0, 0, false,
	 N_("ipc://DIR/paidan.sock and tcp://127.0.0.1:7750"), N_("where clients connect, may be given several times")},
	{"publish", SETTING_ENDPOINTS, "ENDPOINT", PLACE(publish), PLACE(publish_count), 0, 0, 0, false,
	 N_("ipc://DIR/events.sock and tcp://127.0.0.1:7751"),
	 N_("where events are published, may be given several times")},
	{"metrics", SETTING_ADDRESS, "ADDRESS", PLACE(metrics), 0, 0, 0, 0, false, N_("not at all"),
	 N_("serve figures for Prometheus there, /healthz and /readyz, e.g. at 127.0.0.1:9750; port 0: a free one")},
	{"log_level", SETTING_LEVEL, "LEVEL", PLACE(log_level), 0, 0, 0, LOG_INFO, true, "info",
	 N_("what is logged: error, warn, info or debug")},
	{"heartbeat_ms", SETTING_NUMBER, NULL, PLACE(heartbeat_ms), 0, 100, 3600000, 5000, true, NULL,
	 N_("a connection that is silent for three times this is gone")},
	{"keep_ms", SETTING_NUMBER, NULL, PLACE(keep_ms), 0, 1, 60000, 200, true, NULL,
	 N_("pace at which the book follows the journal")},
	{"confirm_days", SETTING_NUMBER, NULL, PLACE(confirm_days), 0, 1, 3650, 7, true, NULL,
	 N_("a completed order that nobody confirms closes by itself after this")},
	{"reopen_days", SETTING_NUMBER, NULL, PLACE(reopen_days), 0, 0, 3650, 7, true, NULL,
	 N_("so long an order can be reopened")},
	{"nearest_m", SETTING_NUMBER, NULL, PLACE(nearest_m), 0, 0, 100000, 300, true, NULL,
	 N_("an order whose coordinate lies in no polygon goes to the nearest one within so many metres")},
	{"reopen_max", SETTING_NUMBER, NULL, PLACE(reopen_max), 0, 0, 1000, 3, true, NULL,
	 N_("so often an order can be reopened")},
	{"urge_every_minutes", SETTING_NUMBER, NULL, PLACE(urge_every_minutes), 0, 1, 525600, 60, true, NULL,
	 N_("an order can be urged once in this time")},
	{"similar_m", SETTING_NUMBER, NULL, PLACE(similar_m), 0, 1, 100000, 200, true, NULL,
	 N_("open orders this near may say the same")},
	{"similar_hours", SETTING_NUMBER, NULL, PLACE(similar_hours), 0, 1, 87600, 72, true, NULL,
	 N_("and those that were submitted this recently")},
	{"segment_mib", SETTING_NUMBER, NULL, PLACE(segment_mib), 0, 1, 1024, 64, false, NULL,
	 N_("size of the journal's files that are made from now on")},
	{"reserve_mib", SETTING_NUMBER, NULL, PLACE(reserve_mib), 0, 0, 1048576, 256, true, NULL,
	 N_("with less room than this on the disk, no new orders are taken")},
	{0},
};

_Static_assert(sizeof settings / sizeof settings[0] <= SETTINGS_MAX, "raise SETTINGS_MAX");

static const char *const levels[] = {
	[LOG_ERROR] = "error", [LOG_WARN] = "warn", [LOG_INFO] = "info", [LOG_DEBUG] = "debug"};

const struct setting *settings_find(const char *name)
{
	for (const struct setting *setting = settings; setting->name; setting++)
		if (strcmp(setting->name, name) == 0)
			return setting;
	return NULL;
}

uint32_t *settings_number(struct config *config, const struct setting *setting)
{
	return (uint32_t *)((char *)config + setting->offset);
}

/* ---- taking values ---- */

static bool set_folder(struct config *config, const struct setting *setting, const char *value, const char *where)
{
	if (strlen(value) >= sizeof config->data) {
		fprintf(stderr, _("paidand: %s: a folder's name has at most %zu bytes\n"), where,
			sizeof config->data - 1);
		return false;
	}
	snprintf((char *)config + setting->offset, sizeof config->data, "%s", value);
	return true;
}

bool settings_add_endpoint(struct config *config, const struct setting *setting, const char *endpoint,
			   const char *where)
{
	char(*list)[256] = (void *)((char *)config + setting->offset);
	int *count = (void *)((char *)config + setting->count_offset);
	if (strlen(endpoint) > 255 || *count == CONFIG_ENDPOINTS_MAX) {
		fprintf(stderr, _("paidand: %s: at most %d endpoints of at most 255 bytes\n"), where,
			CONFIG_ENDPOINTS_MAX);
		return false;
	}
	if (strncmp(endpoint, "ipc://", 6) != 0 && strncmp(endpoint, "tcp://", 6) != 0) {
		fprintf(stderr,
			_("paidand: %s: \"%s\" is not an endpoint; one looks like tcp://127.0.0.1:7750 or "
			  "ipc:///run/x.sock\n"),
			where, endpoint);
		return false;
	}
	snprintf(list[(*count)++], sizeof list[0], "%s", endpoint);
	return true;
}

static bool set_endpoints(struct config *config, const struct setting *setting, const char *value, const char *where)
{
	char *copy = strdup(value), *rest = NULL;
	bool good = copy != NULL;
	for (char *one = strtok_r(copy, " \t,", &rest); one && good; one = strtok_r(NULL, " \t,", &rest))
		good = settings_add_endpoint(config, setting, one, where);
	free(copy);
	return good;
}

static bool set_address(struct config *config, const char *value, const char *where)
{
	if (strlen(value) < sizeof config->metrics && (!value[0] || metrics_address_good(value))) {
		snprintf(config->metrics, sizeof config->metrics, "%s", value);
		return true;
	}
	fprintf(stderr,
		_("paidand: %s: \"%s\" is not an address to serve metrics at; one looks like 127.0.0.1:9750 or "
		  "[::1]:9750\n"),
		where, value);
	return false;
}

static bool set_level(struct config *config, const char *value, const char *where)
{
	int level = log_level_parse(value);
	if (level < 0)
		fprintf(stderr, _("paidand: %s: log level \"%s\": must be error, warn, info or debug\n"), where, value);
	else
		config->log_level = level;
	return level >= 0;
}

static bool set_number(struct config *config, const struct setting *setting, const char *value, const char *where)
{
	bool digits = value[0] && value[strspn(value, "0123456789")] == 0;
	unsigned long long parsed = digits ? strtoull(value, NULL, 10) : 0;
	if (!digits || parsed < setting->min || parsed > setting->max) {
		fprintf(stderr, _("paidand: %s: %s=%s: must be a number from %" PRIu32 " to %" PRIu32 "\n"), where,
			setting->name, value, setting->min, setting->max);
		return false;
	}
	*settings_number(config, setting) = (uint32_t)parsed;
	return true;
}

bool settings_set(struct config *config, const struct setting *setting, const char *value, const char *where)
{
	switch (setting->kind) {
	case SETTING_FOLDER: return set_folder(config, setting, value, where);
	case SETTING_ENDPOINTS: return set_endpoints(config, setting, value, where);
	case SETTING_ADDRESS: return set_address(config, value, where);
	case SETTING_LEVEL: return set_level(config, value, where);
	case SETTING_NUMBER: return set_number(config, setting, value, where);
	}
	return false;
}

void settings_set_standards(struct config *config)
{
	for (const struct setting *setting = settings; setting->name; setting++) {
		if (setting->kind == SETTING_NUMBER)
			*settings_number(config, setting) = setting->standard;
		else if (setting->kind == SETTING_LEVEL)
			config->log_level = (int)setting->standard;
	}
}

bool settings_same(const struct config *config, const struct config *fresh, const struct setting *setting)
{
	const char *now = (const char *)config + setting->offset, *then = (const char *)fresh + setting->offset;
	int count;
	switch (setting->kind) {
	case SETTING_FOLDER:
	case SETTING_ADDRESS: return strcmp(now, then) == 0;
	case SETTING_ENDPOINTS:
		count = *(const int *)((const char *)fresh + setting->count_offset);
		if (count == 0)
			return true;
		if (count != *(const int *)((const char *)config + setting->count_offset))
			return false;
		for (int i = 0; i < count; i++)
			if (strcmp(now + 256L * i, then + 256L * i) != 0)
				return false;
		return true;
	case SETTING_LEVEL:
	case SETTING_NUMBER: return memcmp(now, then, sizeof(uint32_t)) == 0;
	}
	return true;
}

/* ---- showing them ---- */

void settings_print_options(FILE *out)
{
	for (const struct setting *setting = settings; setting->name; setting++) {
		if (!setting->option)
			continue;
		char left[64];
		int bytes = snprintf(left, sizeof left, "--%s %s", setting->name, setting->option);
		for (int i = 0; i < bytes; i++)
			left[i] = left[i] == '_' ? '-' : left[i];
		fprintf(out, "  %-22s %s\n", left, _(setting->doc));
		if (setting->standard_text)
			fprintf(out, _("  %-22s (default: %s)\n"), "", _(setting->standard_text));
	}
}

void settings_print_others(FILE *out)
{
	for (const struct setting *setting = settings; setting->name; setting++) {
		char left[64];
		snprintf(left, sizeof left, "%s=%" PRIu32, setting->name, setting->standard);
		if (!setting->option)
			fprintf(out, "  %-22s %s%s\n", left, _(setting->doc), setting->reloadable ? " *" : "");
	}
}

/* ---- as a file ---- */

/* Whether a value of a line stays what it is when the file is read. */
static bool can_stand(const struct setting *setting, const char *value)
{
	size_t bytes = strlen(value);
	bool good = bytes > 0 && strlen(setting->name) + 1 + bytes + 1 <= SETTINGS_LINE_BYTES_MAX;
	good = good && !isspace((unsigned char)value[0]) && !isspace((unsigned char)value[bytes - 1]);
	for (size_t i = 0; i < bytes && good; i++)
		good = value[i] != '\n' && value[i] != '\r' &&
		       !(value[i] == ';' && i > 0 && isspace((unsigned char)value[i - 1])) &&
		       !(setting->kind == SETTING_ENDPOINTS && strchr(" \t,", value[i]));
	if (!good)
		fprintf(stderr,
			_("paidand: %s: \"%s\" cannot be written in a file: it is empty or longer than %zu bytes, or "
			  "has blanks, \";\" or \",\" where a file gives them a meaning\n"),
			setting->name, value, SETTINGS_LINE_BYTES_MAX - 2 - strlen(setting->name));
	return good;
}

static bool print_values(const struct config *config, const struct setting *setting, FILE *out)
{
	const char *place = (const char *)config + setting->offset;
	bool good = true;
	switch (setting->kind) {
	case SETTING_FOLDER:
	case SETTING_ADDRESS:
		good = (setting->kind == SETTING_ADDRESS && !place[0]) || can_stand(setting, place);
		fprintf(out, "%s=%s\n", setting->name, place);
		break;
	case SETTING_ENDPOINTS:
		for (int i = 0; i < *(const int *)((const char *)config + setting->count_offset) && good; i++) {
			good = can_stand(setting, place + 256L * i);
			fprintf(out, "%s=%s\n", setting->name, place + 256L * i);
		}
		break;
	case SETTING_LEVEL: fprintf(out, "%s=%s\n", setting->name, levels[config->log_level]); break;
	case SETTING_NUMBER: fprintf(out, "%s=%" PRIu32 "\n", setting->name, *(const uint32_t *)place); break;
	}
	return good;
}

static void print_comment(const struct setting *setting, FILE *out)
{
	const char *doc = _(setting->doc);
	fprintf(out, _("# %c%s.\n"), toupper((unsigned char)doc[0]), doc + 1);
	if (setting->kind == SETTING_NUMBER)
		fprintf(out, _("# A number from %" PRIu32 " to %" PRIu32 "; default: %" PRIu32 ".\n"), setting->min,
			setting->max, setting->standard);
	else if (setting->standard_text)
		fprintf(out, _("# Default: %s.\n"), _(setting->standard_text));
	if (setting->reloadable)
		fputs(_("# Read again at SIGHUP.\n"), out);
}

bool settings_print_file(const struct config *config, FILE *out)
{
	char *text = NULL;
	size_t bytes;
	FILE *file = open_memstream(&text, &bytes);
	bool good = file != NULL;
	if (good)
		fputs(_("# The settings of paidand. What its command line says goes before this file.\n"), file);
	if (good)
		fputs("[paidand]\n", file);
	for (const struct setting *setting = settings; setting->name && good; setting++) {
		fputc('\n', file);
		print_comment(setting, file);
		good = print_values(config, setting, file);
	}
	if (file)
		fclose(file);
	if (good)
		fwrite(text, 1, bytes, out);
	free(text);
	return good;
}
