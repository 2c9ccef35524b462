/* setup.h - lists of what is set up in the registry, each entity as the event that last set it. */
#ifndef PAIDAN_SETUP_H
#define PAIDAN_SETUP_H

#include "cli.h"
#include "json.h"
#include "names.h"
#include "print.h"

struct setup {
	struct cli *cli;
	struct pd_client *client;
	struct json json;
	struct table *table; /* null with --json */
	void (*take)(struct setup *setup, const struct pd_message *event);
	void (*cells)(struct setup *setup, const struct pd_message *event); /* setup_show's */
};

/* Connect, and print all of a kind as a table or as JSON; cells adds an event's row. Returns the exit code. */
int setup_show(struct cli *cli, enum pd_type type, const char *const *titles,
	       void (*cells)(struct setup *setup, const struct pd_message *event));
/* A cell with the name behind an id; "-" for 0. */
void setup_name(struct setup *setup, enum name_kind kind, uint32_t id);
/* Give each event of the kind to setup->take, on its open connection. */
int setup_each(struct setup *setup, enum pd_type type);

#endif
