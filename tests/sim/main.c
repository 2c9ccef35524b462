/* main.c - paidan-sim: the broker in a seeded world that loses, repeats, reorders and crashes. sim.h tells how. */
#include <getopt.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "place.h"
#include "sim.h"
#include "tally.h"
#include "trace.h"

enum { EXIT_USAGE = 100, STEPS = 8000, SEEDS_FOR_ALL = 100 };

static const char help[] =
	"paidan-sim - the broker in a seeded world that loses, repeats, reorders and crashes\n"
	"\n"
	"usage: paidan-sim [options]\n"
	"\n"
	"  --seed N          run this seed (default 1)\n"
	"  --seeds FROM-TO   run these seeds; if they are 100 or more of full length, all that can be reached must be\n"
	"  --steps N         end each run after so many steps (default 8000)\n"
	"  --verbose         print what happens\n"
	"\n"
	"The same seed and the same steps make the same run. Journal and book are kept in a folder in TMPDIR, else "
	"/dev/shm, else /tmp.\n"
	"exit: 0 nothing was violated, 1 something was, 100 wrong usage, 111 the system failed\n";

struct options {
	uint64_t from, to;
	unsigned steps;
	bool verbose;
};

static bool number(const char *text, const char *name, uint64_t max, char stop, uint64_t *value, const char **rest)
{
	char *end;
	*value = strtoull(text, &end, 10);
	if (rest)
		*rest = end + 1;
	if (end != text && *end == stop && *value <= max)
		return true;
	fprintf(stderr, "paidan-sim: --%s %s: must be %s, each at most %" PRIu64 "\n", name, text,
		stop ? "two numbers as in 1-200" : "a number", max);
	return false;
}

static bool read_seeds(const char *text, struct options *options)
{
	const char *rest;
	if (!number(text, "seeds", UINT64_MAX - 1, '-', &options->from, &rest) ||
	    !number(rest, "seeds", UINT64_MAX - 1, 0, &options->to, NULL))
		return false;
	if (options->from <= options->to)
		return true;
	fprintf(stderr, "paidan-sim: --seeds %s: the first must not be greater than the last\n", text);
	return false;
}

static bool read_options(int argc, char **argv, struct options *options)
{
	static const struct option known[] = {{"seed", 1, NULL, 's'},  {"seeds", 1, NULL, 'S'},
					      {"steps", 1, NULL, 'n'}, {"verbose", 0, NULL, 'v'},
					      {"help", 0, NULL, 'h'},  {NULL, 0, NULL, 0}};
	uint64_t steps = STEPS;
	*options = (struct options){.from = 1, .to = 1};
	bool good = true;
	for (int c; good && (c = getopt_long(argc, argv, "", known, NULL)) >= 0;) {
		switch (c) {
		case 's':
			good = number(optarg, "seed", UINT64_MAX - 1, 0, &options->from, NULL);
			options->to = options->from;
			break;
		case 'S': good = read_seeds(optarg, options); break;
		case 'n': good = number(optarg, "steps", 100000000, 0, &steps, NULL); break;
		case 'v': options->verbose = true; break;
		case 'h': fputs(help, stdout); exit(0);
		default: good = false;
		}
	}
	options->steps = (unsigned)steps;
	if (good && optind == argc)
		return true;
	fputs("usage: paidan-sim [options]; paidan-sim --help tells them\n", stderr);
	return false;
}

int main(int argc, char **argv)
{
	struct options options;
	if (!read_options(argc, argv, &options))
		return EXIT_USAGE;
	if (sodium_init() < 0)
		trace_system("libsodium cannot start");
	trace_install(argv[0], options.verbose);
	place_make();
	for (uint64_t seed = options.from; seed <= options.to; seed++) {
		sim_run(seed, options.steps);
		if (options.verbose)
			printf("seed %" PRIu64 ": fingerprint %016" PRIx64 "\n", seed, trace_fingerprint());
	}
	place_remove();
	bool all = options.to - options.from + 1 >= SEEDS_FOR_ALL && options.steps >= STEPS;
	return tally_print(all) ? 0 : 1;
}
