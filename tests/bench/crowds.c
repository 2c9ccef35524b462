#include "crowds.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connections.h"
#include "crowd.h"
#include "options.h"
#include "reading.h"
#include "spread.h"
#include "supervisors.h"

const char crowds_help[] =
	"usage: paidan-bench notice [--residents N] [--households N] [options]\n"
	"       paidan-bench connections [--residents N] [--workers N] [--hold SECONDS] [options]\n"
	"       paidan-bench supervisors [--supervisors N] [--topic TOPIC] [options]\n"
	"       paidan-bench reading [--asking N] [options]\n"
	"\n"
	"  --residents N      who are connected, and listen, 1 to 1000000 (default: 10000 for notice; 100000 for\n"
	"                     connections, or as many as the limit of open files allows)\n"
	"  --households N     of a notice: who are told in all, 1 to 200000 (default 85605)\n"
	"  --workers N        connections that work, each for a queue of its own, 1 to 1151 (default 1151)\n"
	"  --hold SECONDS     how long all are held without anything else, 0 to 86400 (default 35)\n"
	"  --supervisors N    who subscribe to everything, 1 to 10000 (default 100)\n"
	"  --topic TOPIC      to what they subscribe (default *, all of it gathered; / is all of it, each event "
	"alone)\n"
	"  --asking N         queries under way at a time, 1 to 1000 (default 4)\n"
	"  --orders N         whole lives to carry in each turn (default 200000)\n"
	"  --turns N          how often each is measured, 1 to 15 (default 15 for supervisors, 5 for others)\n"
	"  --paidand, --dir, --json as above\n";

struct options {
	unsigned long residents, households, workers, hold_s, supervisors, asking, orders, turns;
	const char *program, *topic, *paidand, *dir;
	bool json;
};

/* ---- which is meant ---- */

static unsigned long turns(const struct options *o, unsigned long unless_said)
{
	return o->turns ? o->turns : unless_said;
}

static int run_notice(const struct options *o)
{
	struct crowd crowd = {
		o->residents ? o->residents : 10000, o->households, o->program, o->paidand, o->dir, o->json};
	return crowd_run(&crowd);
}

static int run_connections(const struct options *o)
{
	struct connections connections = {.residents = o->residents,
					  .workers = o->workers,
					  .orders = o->orders,
					  .turns = turns(o, 5),
					  .hold_s = o->hold_s,
					  .program = o->program,
					  .paidand = o->paidand,
					  .dir = o->dir,
					  .json = o->json};
	return connections_run(&connections);
}

static int run_supervisors(const struct options *o)
{
	struct supervisors supervisors = {.supervisors = o->supervisors,
					  .orders = o->orders,
					  .turns = turns(o, 15),
					  .topic = o->topic,
					  .program = o->program,
					  .paidand = o->paidand,
					  .dir = o->dir,
					  .json = o->json};
	return supervisors_run(&supervisors);
}

static int run_reading(const struct options *o)
{
	struct reading reading = {o->orders, turns(o, 5), o->asking, o->program, o->paidand, o->dir, o->json};
	return reading_run(&reading);
}

static const struct {
	const char *name;
	int (*run)(const struct options *options);
} known[] = {{"notice", run_notice},
	     {"connections", run_connections},
	     {"supervisors", run_supervisors},
	     {"reading", run_reading},
	     {NULL, NULL}};

bool crowds_has(const char *name)
{
	for (int i = 0; known[i].name; i++)
		if (strcmp(known[i].name, name) == 0)
			return true;
	return false;
}

/* ---- options ---- */

static bool take_option(struct options *o, int option, const char *text)
{
	switch (option) {
	case 'r': return bench_number(text, 1, 1000000, "residents", &o->residents);
	case 'h': return bench_number(text, 1, 200000, "households", &o->households);
	case 'w': return bench_number(text, 1, 1151, "workers", &o->workers);
	case 's': return bench_number(text, 0, 86400, "hold", &o->hold_s);
	case 'S': return bench_number(text, 1, 10000, "supervisors", &o->supervisors);
	case 'a': return bench_number(text, 1, 1000, "asking", &o->asking);
	case 'n': return bench_number(text, 1, 100000000, "orders", &o->orders);
	case 't': return bench_number(text, 1, SPREAD_TURNS_MAX, "turns", &o->turns);
	case 'T': o->topic = text; return true;
	case 'p': o->paidand = text; return true;
	case 'd': o->dir = text; return true;
	case 'j': o->json = true; return true;
	default: return false;
	}
}

int crowds_main(int argc, char **argv)
{
	static const struct option options[] = {{"residents", 1, NULL, 'r'}, {"households", 1, NULL, 'h'},
						{"workers", 1, NULL, 'w'},   {"hold", 1, NULL, 's'},
						{"orders", 1, NULL, 'n'},    {"turns", 1, NULL, 't'},
						{"paidand", 1, NULL, 'p'},   {"dir", 1, NULL, 'd'},
						{"topic", 1, NULL, 'T'},     {"supervisors", 1, NULL, 'S'},
						{"asking", 1, NULL, 'a'},    {"json", 0, NULL, 'j'},
						{NULL, 0, NULL, 0}};
	struct options o = {.households = 85605,
			    .workers = 1151,
			    .hold_s = 35, /* longer than the broker bears with who is silent */
			    .supervisors = 100,
			    .asking = 4,
			    .orders = 200000,
			    .topic = "*",
			    .program = argv[0]};
	int c, i = 0;
	bool good = true;
	optind = 2;
	while (good && (c = getopt_long(argc, argv, "", options, NULL)) >= 0)
		good = take_option(&o, c, optarg);
	if (!good || optind != argc) {
		fprintf(stderr, "usage: paidan-bench %s [options]; paidan-bench --help tells more\n", argv[1]);
		return 100;
	}
	while (strcmp(known[i].name, argv[1]) != 0)
		i++;
	return known[i].run(&o);
}
