/* main.c - paidan-bench: what the broker carries.
 *
 * lives: a fresh daemon in a temporary folder, and N whole lives of orders (submit, push, accept, complete; three
 * commits on disk each) through 1,151 queues, from one process that submits and one that works, over ipc.
 * places: coordinates that find their micro-grid among 1,151 polygons, without a daemon.
 * growth: the same lives through stores of all sizes and through one queue, in turns; memory, disk and restarts.
 * latency: the time to an answer, alone beside what transport and disk take, and at half the peak rate.
 * notice, connections, supervisors, reading: crowds.h.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker.h"
#include "crowds.h"
#include "growth.h"
#include "latency.h"
#include "lives.h"
#include "load.h"
#include "lookups.h"
#include "options.h"

static const char help[] =
	"paidan-bench - what the broker carries\n"
	"\n"
	"usage: paidan-bench lives|growth|latency [options]\n"
	"       paidan-bench places [--lookups N] [--json]\n"
	"\n"
	"  --orders N         whole lives to carry (default 300000); of growth and latency: in each turn\n"
	"  --outstanding N    orders submitted and not yet answered at a time, 1 to 4096 (default 1024)\n"
	"  --text-bytes N     size of an order's text, 1 to 4000 (default 200)\n"
	"  --sizes N,N,...    of growth: past orders in the stores, at most eight (default 1000,1000000,10000000)\n"
	"  --waiting N        of growth: orders that wait in one queue, 1 to 1000000 (default 100000)\n"
	"  --rounds N         of growth and latency: turns of each, whose median counts, 1 to 99 (default 5)\n"
	"  --paidand PATH     the daemon (default: beside this program)\n"
	"  --dir DIR          where the temporary folder is made (default: TMPDIR or /tmp): it chooses the disk\n"
	"  --json             print one JSON object; of growth: one for each store\n"
	"  --lookups N        coordinates to look up (default 1000000)\n"
	"\n"
	"exit: 0 done, 1 something was refused or lost, 100 wrong usage, 111 the system failed\n";

static bool sizes(const char *text, struct growth *growth)
{
	char copy[256], *rest = NULL;
	snprintf(copy, sizeof copy, "%s", text);
	growth->size_count = 0;
	for (char *one = strtok_r(copy, ",", &rest); one; one = strtok_r(NULL, ",", &rest)) {
		if (growth->size_count == GROWTH_SIZES_MAX) {
			fprintf(stderr, "paidan-bench: --sizes %s: at most %d numbers\n", text, GROWTH_SIZES_MAX);
			return false;
		}
		if (!bench_number(one, 1, 100000000, "sizes", &growth->sizes[growth->size_count++]))
			return false;
	}
	return true;
}

struct wanted {
	struct growth growth;
	struct latency latency;
	struct lives lives;
	unsigned long lookups, rounds;
};

static bool take_option(struct wanted *wanted, int c)
{
	struct lives *lives = &wanted->lives;
	switch (c) {
	case 'n': return bench_number(optarg, 1, 100000000, "orders", &lives->orders);
	case 'o': return bench_number(optarg, 1, 4096, "outstanding", &lives->outstanding);
	case 't': return bench_number(optarg, 1, LOAD_TEXT_BYTES_MAX, "text-bytes", &lives->text_bytes);
	case 's': return sizes(optarg, &wanted->growth);
	case 'w': return bench_number(optarg, 1, 1000000, "waiting", &wanted->growth.waiting);
	case 'R': return bench_number(optarg, 1, 99, "rounds", &wanted->rounds);
	case 'l': return bench_number(optarg, 1, 100000000, "lookups", &wanted->lookups);
	case 'p': lives->paidand = optarg; return true;
	case 'd': lives->dir = optarg; return true;
	case 'j': lives->json = true; return true;
	default: return false;
	}
}

/* What all have in common was taken for lives. */
static void share(struct wanted *wanted)
{
	const struct lives *lives = &wanted->lives;
	struct growth *growth = &wanted->growth;
	growth->orders = lives->orders, growth->outstanding = lives->outstanding;
	growth->text_bytes = lives->text_bytes, growth->rounds = wanted->rounds;
	growth->program = lives->program, growth->paidand = lives->paidand, growth->dir = lives->dir;
	growth->json = lives->json;
	wanted->latency = (struct latency){lives->orders,  wanted->rounds, lives->text_bytes, lives->program,
					   lives->paidand, lives->dir,     lives->json};
}

static int run(struct wanted *wanted, const char *what)
{
	share(wanted);
	if (strcmp(what, "lives") == 0)
		return lives_run(&wanted->lives);
	if (strcmp(what, "growth") == 0)
		return growth_run(&wanted->growth);
	if (strcmp(what, "latency") == 0)
		return latency_run(&wanted->latency);
	if (strcmp(what, "places") == 0)
		return lookups_run(wanted->lookups, wanted->lives.json);
	fputs("usage: paidan-bench lives|growth|latency|places|notice|connections|supervisors|reading [options]; "
	      "paidan-bench --help tells more\n",
	      stderr);
	return 100;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"orders", 1, NULL, 'n'},  {"outstanding", 1, NULL, 'o'}, {"text-bytes", 1, NULL, 't'},
		{"paidand", 1, NULL, 'p'}, {"dir", 1, NULL, 'd'},         {"json", 0, NULL, 'j'},
		{"lookups", 1, NULL, 'l'}, {"sizes", 1, NULL, 's'},       {"waiting", 1, NULL, 'w'},
		{"rounds", 1, NULL, 'R'},  {"help", 0, NULL, 'h'},        {NULL, 0, NULL, 0}};
	struct wanted wanted = {
		.growth = {.sizes = {1000, 1000000, 10000000}, .size_count = 3, .waiting = 100000},
		.lives = {.orders = 300000, .outstanding = 1024, .text_bytes = 200, .program = argv[0]},
		.lookups = 1000000,
		.rounds = 5,
	};
	int c;
	bool good = true;
	bench_catch_signals();
	if (argc > 1 && crowds_has(argv[1]))
		return crowds_main(argc, argv);
	while (good && (c = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		if (c == 'h') {
			fputs(help, stdout);
			printf("\n%s", crowds_help);
			return 0;
		}
		good = take_option(&wanted, c);
	}
	return run(&wanted, good && optind + 1 == argc ? argv[optind] : "");
}
