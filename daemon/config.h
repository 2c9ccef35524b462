/* config.h - paidand's settings: from the command line, else from the configuration file, else the default. */
#ifndef PAIDAN_CONFIG_H
#define PAIDAN_CONFIG_H

#include "core.h"

enum { CONFIG_ENDPOINTS_MAX = 16 };

struct config {
	char data[4000];
	char file[4096];
	char listen[CONFIG_ENDPOINTS_MAX][256],
		publish[CONFIG_ENDPOINTS_MAX][256]; /* none: the defaults, see config_finish */
	int listen_count, publish_count;
	uint64_t given;    /* settings of the command line, a bit each by their place in the table */
	char metrics[300]; /* address to serve metrics at; empty: they are not served */
	int log_level;
	uint32_t heartbeat_ms;             /* reloaded: a connection silent for three times this is dead */
	uint32_t keep_ms;                  /* reloaded: the keeper's pace */
	uint32_t confirm_days;             /* reloaded: a completed order closes by itself after this */
	uint32_t reopen_days;              /* reloaded: an order can be reopened for this long */
	uint32_t reopen_max;               /* reloaded: and so often */
	uint32_t urge_every_minutes;       /* reloaded: an order can be urged once in this */
	uint32_t similar_m, similar_hours; /* reloaded: how near in place and time orders are similar */
	uint32_t nearest_m;   /* reloaded: a coordinate outside all polygons goes to the nearest one within this */
	uint32_t segment_mib; /* of new journal segments */
	uint32_t reserve_mib; /* reloaded: with less room on the disk no new orders are taken */
	bool check;           /* only say whether the configuration is sound */
	bool print;           /* only print it, as a file */
};

enum config_outcome { CONFIG_RUN, CONFIG_DONE, CONFIG_WRONG };

/* Read the command line and the file it names. CONFIG_DONE: --help, --version or --print-config was answered;
 * CONFIG_WRONG: said on standard error. */
enum config_outcome config_read(struct config *config, int argc, char **argv);
/* Read the file again: what can be changed while running is changed in config, or nothing is, and PD_EINVAL. */
PD_MUST_USE enum pd_err config_reload(struct config *config);
/* What the core needs of it. */
struct core_periods config_periods(const struct config *config);

#endif
