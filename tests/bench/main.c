/* main.c - paidan-bench: what the broker carries.
 *
 * lives: a fresh daemon in a temporary folder, and N whole lives of orders (submit, push, accept, complete; three
 * commits on disk each) through 1,151 queues, from one process that submits and one that works, over ipc.
 * places: coordinates that find their micro-grid among 1,151 polygons, without a daemon.
 * notice: so many residents are connected to a fresh daemon, and a notice goes to all of them.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crowd.h"
#include "lives.h"
#include "lookups.h"

static const char help[] =
	"paidan-bench - what the broker carries\n"
	"\n"
	"usage: paidan-bench lives|notice [options]\n"
	"       paidan-bench places [--lookups N] [--json]\n"
	"\n"
	"  --orders N         whole lives to carry (default 100000)\n"
	"  --outstanding N    orders submitted and not yet answered at a time, 1 to 4096 (default 1024)\n"
	"  --text-bytes N     size of an order's text, 1 to 4000 (default 200)\n"
	"  --residents N      of a notice: connected, and listening, 1 to 30000 (default 10000)\n"
	"  --paidand PATH     the daemon (default: beside this program)\n"
	"  --dir DIR          where the temporary folder is made (default: TMPDIR or /tmp): it chooses the disk\n"
	"  --json             print one JSON object\n"
	"  --lookups N        coordinates to look up (default 1000000)\n"
	"\n"
	"exit: 0 done, 1 something was refused or lost, 100 wrong usage, 111 the system failed\n";

static bool number(const char *text, unsigned long min, unsigned long max, const char *name, unsigned long *value)
{
	char *end;
	*value = strtoul(text, &end, 10);
	if (end != text && *end == 0 && *value >= min && *value <= max)
		return true;
	fprintf(stderr, "paidan-bench: --%s %s: must be a number from %lu to %lu\n", name, text, min, max);
	return false;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {{"orders", 1, NULL, 'n'},     {"outstanding", 1, NULL, 'o'},
						{"text-bytes", 1, NULL, 't'}, {"paidand", 1, NULL, 'p'},
						{"dir", 1, NULL, 'd'},        {"json", 0, NULL, 'j'},
						{"lookups", 1, NULL, 'l'},    {"residents", 1, NULL, 'r'},
						{"help", 0, NULL, 'h'},       {NULL, 0, NULL, 0}};
	struct crowd crowd = {.residents = 10000, .program = argv[0]};
	struct lives lives = {.orders = 100000, .outstanding = 1024, .text_bytes = 200, .program = argv[0]};
	unsigned long lookups = 1000000;
	int c;
	bool good = true;
	while (good && (c = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		switch (c) {
		case 'n': good = number(optarg, 1, 100000000, "orders", &lives.orders); break;
		case 'o': good = number(optarg, 1, 4096, "outstanding", &lives.outstanding); break;
		case 't': good = number(optarg, 1, 4000, "text-bytes", &lives.text_bytes); break;
		case 'r': good = number(optarg, 1, 30000, "residents", &crowd.residents); break;
		case 'p': lives.paidand = crowd.paidand = optarg; break;
		case 'd': lives.dir = crowd.dir = optarg; break;
		case 'j': lives.json = crowd.json = true; break;
		case 'l': good = number(optarg, 1, 100000000, "lookups", &lookups); break;
		case 'h': fputs(help, stdout); return 0;
		default: good = false; break;
		}
	}
	const char *what = good && optind + 1 == argc ? argv[optind] : "";
	if (strcmp(what, "places") == 0)
		return lookups_run(lookups, lives.json);
	bool notice = strcmp(what, "notice") == 0;
	if (!notice && strcmp(what, "lives") != 0) {
		fputs("usage: paidan-bench lives|notice|places [options]; paidan-bench --help tells more\n", stderr);
		return 100;
	}
	return notice ? crowd_run(&crowd) : lives_run(&lives);
}
