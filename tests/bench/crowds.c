#include "crowds.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connections.h"
#include "crowd.h"
#include "supervisors.h"

const char crowds_help[] =
	"usage: paidan-bench notice [--residents N] [--households N] [options]\n"
	"       paidan-bench connections [--residents N] [--workers N] [--hold SECONDS] [options]\n"
	"\n"
	"       paidan-bench supervisors [--supervisors N] [--topic TOPIC] [options]\n"
	"\n"
	"  --residents N      who are connected, and listening, 1 to 1000000 (default: 10000 for notice, 100000 for\n"
	"                     connections)\n"
	"  --households N     of a notice: who are told in all, 1 to 200000 (default 85605)\n"
	"  --workers N        connections that work, each for a queue of its own, 1 to 1151 (default 1151)\n"
	"  --hold SECONDS     how long all are held without anything else, 0 to 86400 (default 35: more than the\n"
	"                     30 s after which the broker drops who is silent)\n"
	"  --supervisors N    who subscribe to everything, 1 to 10000 (default 100)\n"
	"  --topic TOPIC      to what they subscribe (default *, all of it gathered; / is all of it, each event "
	"alone)\n"
	"  --orders N         whole lives to carry in each turn (default 200000)\n"
	"  --turns N          how often each is measured, 1 to 15 (default 3)\n";

struct options {
	struct crowd crowd;
	struct connections connections;
	struct supervisors supervisors;
};

static bool number(const char *text, unsigned long min, unsigned long max, const char *name, unsigned long *value)
{
	char *end;
	*value = strtoul(text, &end, 10);
	if (end != text && *end == 0 && *value >= min && *value <= max)
		return true;
	fprintf(stderr, "paidan-bench: --%s %s: must be a number from %lu to %lu\n", name, text, min, max);
	return false;
}

static bool take_option(struct options *o, int option, const char *text)
{
	switch (option) {
	case 'r':
		o->connections.residents = 0;
		if (!number(text, 1, 1000000, "residents", &o->connections.residents))
			return false;
		o->crowd.residents = o->connections.residents;
		return true;
	case 'h': return number(text, 1, 200000, "households", &o->crowd.households);
	case 'w': return number(text, 1, 1151, "workers", &o->connections.workers);
	case 's': return number(text, 0, 86400, "hold", &o->connections.hold_s);
	case 'S': return number(text, 1, 10000, "supervisors", &o->supervisors.supervisors);
	case 'T': o->supervisors.topic = text; return strlen(text) < 60;
	case 'n':
		o->supervisors.orders = 0;
		if (!number(text, 1, 100000000, "orders", &o->supervisors.orders))
			return false;
		o->connections.orders = o->supervisors.orders;
		return true;
	case 't':
		o->supervisors.turns = 0;
		if (!number(text, 1, 15, "turns", &o->supervisors.turns))
			return false;
		o->connections.turns = o->supervisors.turns;
		return true;
	case 'p': o->crowd.paidand = o->connections.paidand = o->supervisors.paidand = text; return true;
	case 'd': o->crowd.dir = o->connections.dir = o->supervisors.dir = text; return true;
	case 'j': o->crowd.json = o->connections.json = o->supervisors.json = true; return true;
	default: return false;
	}
}

bool crowds_has(const char *name)
{
	return strcmp(name, "notice") == 0 || strcmp(name, "connections") == 0 || strcmp(name, "supervisors") == 0;
}

int crowds_main(int argc, char **argv)
{
	static const struct option known[] = {
		{"residents", 1, NULL, 'r'}, {"households", 1, NULL, 'h'}, {"workers", 1, NULL, 'w'},
		{"hold", 1, NULL, 's'},      {"orders", 1, NULL, 'n'},     {"turns", 1, NULL, 't'},
		{"paidand", 1, NULL, 'p'},   {"dir", 1, NULL, 'd'},        {"supervisors", 1, NULL, 'S'},
		{"topic", 1, NULL, 'T'},     {"json", 0, NULL, 'j'},       {NULL, 0, NULL, 0}};
	struct options o = {
		.crowd = {.residents = 10000, .households = 85605, .program = argv[0]},
		.connections = {.residents = 100000,
				.workers = 1151,
				.orders = 200000,
				.turns = 3,
				.hold_s = 35,
				.program = argv[0]},
		.supervisors = {.supervisors = 100, .orders = 200000, .turns = 3, .topic = "*", .program = argv[0]}};
	const char *name = argv[1];
	int c;
	bool good = true;
	optind = 2;
	while (good && (c = getopt_long(argc, argv, "", known, NULL)) >= 0)
		good = take_option(&o, c, optarg);
	if (!good || optind != argc) {
		fprintf(stderr, "usage: paidan-bench %s [options]; paidan-bench --help tells more\n", name);
		return 100;
	}
	if (strcmp(name, "supervisors") == 0)
		return supervisors_run(&o.supervisors);
	return strcmp(name, "notice") == 0 ? crowd_run(&o.crowd) : connections_run(&o.connections);
}
