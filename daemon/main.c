/* main.c - paidand: settings, store, sockets, front; and out again. */
#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "config.h"
#include "front.h"
#include "intl.h"
#include "log.h"
#include "metrics_http.h"
#include "start.h"

enum { EXIT_USAGE = 100, EXIT_SYSTEM = 111 };

/* What is wrong with an endpoint, and what would be right. */
static const char *why_not(int error)
{
	switch (error) {
	case EINVAL:
	case EPROTONOSUPPORT: return _("an endpoint is tcp://HOST:PORT, with a port up to 65535, or ipc://PATH");
	case ENODEV: return _("there is no such host");
	case EEXIST: return _("a file that is no socket stands there");
	default: return intl_error(error);
	}
}

static bool bind_all(struct bus *bus, const struct config *config)
{
	for (int i = 0; i < config->listen_count + config->publish_count; i++) {
		bool listen = i < config->listen_count;
		const char *endpoint = listen ? config->listen[i] : config->publish[i - config->listen_count];
		if ((listen ? bus_listen(bus, endpoint) : bus_publish_on(bus, endpoint)) == PD_OK) {
			log_line(LOG_INFO, listen ? "listening" : "publishing", "endpoint=%s", endpoint);
			continue;
		}
		fprintf(stderr,
			listen ? _("paidand: cannot listen on %s: %s\n") : _("paidand: cannot publish on %s: %s\n"),
			endpoint, why_not(errno));
		if (errno == EADDRINUSE)
			fputs(_("Is another paidand running? Choose others with --listen and --publish.\n"), stderr);
		return false;
	}
	return true;
}

/* Before anything else: a port that is taken is told while nothing is begun, and a long replay can be watched. */
static bool serve_metrics(struct metrics_http **http, const struct config *config)
{
	if (!config->metrics[0] || metrics_http_start(http, config->metrics) == PD_OK)
		return true;
	fprintf(stderr,
		errno == EADDRINUSE ? _("paidand: cannot serve metrics at %s: %s; choose another port with --metrics\n")
				    : _("paidand: cannot serve metrics at %s: %s\n"),
		config->metrics, intl_error(errno));
	return false;
}

static int serve(struct config *config)
{
	struct store store = {0};
	struct bus *bus = NULL;
	char why[400];
	enum pd_err err = start_store(config, &store, why);
	if (err) {
		fprintf(stderr, "paidand: %s\n", why);
		start_close(&store);
		return EXIT_SYSTEM;
	}
	err = bus_open(&bus);
	bool bound = err == PD_OK && bind_all(bus, config);
	err = bound ? bus_start(bus) : err;
	if (err)
		fprintf(stderr, _("paidand: its connections cannot be served: %s\n"), intl_error(errno));
	bound = bound && err == PD_OK;
	if (bound)
		intl_end(); /* what comes now goes into the log */
	if (bound && front_run(config, &store, bus)) {
		fprintf(stderr, _("paidand: threads cannot be started: %s\n"), intl_error(errno));
		bound = false;
	}
	bus_close(bus);
	start_close(&store);
	if (bound)
		log_line(LOG_INFO, "stopped", "seq=%" PRIu64, store.last_seq);
	return bound ? 0 : EXIT_SYSTEM;
}

static int run(struct config *config)
{
	struct metrics_http *http = NULL;
	int code = serve_metrics(&http, config) ? serve(config) : EXIT_SYSTEM;
	metrics_http_stop(http);
	return code;
}

int main(int argc, char **argv)
{
	static struct config config;
	intl_init();
	if (sodium_init() < 0) {
		fputs(_("paidand: libsodium cannot start: no randomness\n"), stderr);
		return EXIT_SYSTEM;
	}
	enum config_outcome outcome = config_read(&config, argc, argv);
	int code = outcome == CONFIG_WRONG ? EXIT_USAGE : 0;
	log_set_level((enum log_level)(outcome == CONFIG_RUN ? config.log_level : LOG_INFO));
	if (outcome == CONFIG_RUN && config.check)
		printf(_("paidand: the settings are sound: data in %s, %d endpoints to listen on, %d to publish on\n"),
		       config.data, config.listen_count, config.publish_count);
	else if (outcome == CONFIG_RUN)
		code = run(&config);
	return code;
}
