/* main.c - paidan-peers: what other brokers carry of the same load.
 *
 * For each peer a fresh server in a temporary folder, on a socket or port of its own, and N tasks of 200 bytes that are
 * put, delivered and deleted, from one process that submits and one that works.
 */
#include <getopt.h>
#include <glob.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "peer.h"

static const struct peer *const peers[] = {&peer_beanstalkd, &peer_redis, &peer_rabbitmq, &peer_postgresql, &peer_nats,
					   &peer_gearmand,   NULL};
static const char *const setting_names[PEER_SETTINGS] = {[PEER_DURABLE] = "durable", [PEER_DEFAULT] = "default"};

static const char help[] =
	"paidan-peers - what other brokers carry of the same load\n"
	"\n"
	"usage: paidan-peers [options]\n"
	"\n"
	"  --peer NAME        beanstalkd, redis, rabbitmq, postgresql, nats or gearmand (default: all, one after the "
	"other)\n"
	"  --setting NAME     durable, as quick as the peer gets with each answer on disk, or default (default: "
	"durable)\n"
	"  --outstanding N    tasks submitted and not yet answered at a time, 1 to 4096 (default 1024)\n"
	"  --tasks N          tasks to carry, 1 to 100000000 (default 20000)\n"
	"  --queues N         queues they go through, 1 to 1151 (default: as many of 1151 as suit the peer)\n"
	"  --dir DIR          where the temporary folder is made (default: TMPDIR or /tmp): it chooses the disk\n"
	"  --json             print one JSON object a peer\n"
	"\n"
	"What a peer has not got, be it the setting or the package, is said instead of figures.\n"
	"exit: 0 done, 100 wrong usage, 111 the system or a peer failed\n";

struct options {
	const char *peer, *dir;
	int setting;
	unsigned long outstanding, tasks, queues; /* queues: 0 as suits the peer */
	bool json;
};

static bool number(const char *text, unsigned long max, const char *name, unsigned long *value)
{
	char *end;
	*value = strtoul(text, &end, 10);
	if (end != text && *end == 0 && *value >= 1 && *value <= max)
		return true;
	fprintf(stderr, "paidan-peers: --%s %s: must be a number from 1 to %lu\n", name, text, max);
	return false;
}

static bool setting(const char *text, int *value)
{
	for (int i = 0; i < PEER_SETTINGS; i++)
		if (strcmp(text, setting_names[i]) == 0) {
			*value = i;
			return true;
		}
	fprintf(stderr, "paidan-peers: --setting %s: must be durable or default\n", text);
	return false;
}

static bool peer_name(const char *text)
{
	for (size_t i = 0; peers[i]; i++)
		if (strcmp(text, peers[i]->name) == 0)
			return true;
	fprintf(stderr, "paidan-peers: --peer %s: must be beanstalkd, redis, rabbitmq, postgresql, nats or gearmand\n",
		text);
	return false;
}

/* ---- the report ---- */

/* Our own texts: of what JSON escapes they have at most quotation marks. */
static void print_quoted(const char *text)
{
	putchar('"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			putchar('\\');
		putchar(*text);
	}
	putchar('"');
}

static void print_pair(const char *name, const char *text)
{
	printf(", \"%s\": ", name);
	print_quoted(text ? text : "");
}

static void tell_unavailable(const struct options *options, const struct peer *peer, const char *why)
{
	const char *name = setting_names[options->setting];
	if (options->json) {
		printf("{\"peer\": \"%s\", \"setting\": \"%s\"", peer->name, name);
		print_pair("package", peer->package);
		print_pair("unavailable", why);
		puts("}");
	} else {
		printf("%s %s: not measured: %s\n", peer->name, name, why);
	}
}

static void print_head(const struct options *options, const struct peer *peer)
{
	printf("{\"peer\": \"%s\", \"setting\": \"%s\"", peer->name, setting_names[options->setting]);
	print_pair("package", peer->package);
	print_pair("settings", peer->settings[options->setting]);
	printf(", \"on_disk\": %s", options->setting == PEER_DURABLE || peer->default_on_disk ? "true" : "false");
	print_pair("remark", peer->remark);
}

static void tell(const struct options *options, const struct load_case *what, const struct load_result *result)
{
	const struct peer *peer = what->peer;
	if (options->json)
		print_head(options, peer);
	else
		printf("%s %s: ", peer->name, setting_names[options->setting]);
	printf(options->json ? ", \"queues\": %u, \"outstanding\": %lu, \"orders\": %lu, \"lives_per_s\": %.0f, "
			       "\"ok_p50_us\": %u, "
			       "\"ok_p99_us\": %u, \"push_p50_us\": %u, \"push_p99_us\": %u, "
			       "\"server_cpu_us_per_life\": %.2f, "
			       "\"written_bytes_per_life\": %.0f"
			     : "queues=%u outstanding=%lu orders=%lu lives_per_s=%.0f ok_p50_us=%u ok_p99_us=%u "
			       "push_p50_us=%u "
			       "push_p99_us=%u server_cpu_us_per_life=%.2f written_bytes_per_life=%.0f",
	       what->queues, what->outstanding, what->tasks, result->tasks_per_s, result->ok_p50_us, result->ok_p99_us,
	       result->push_p50_us, result->push_p99_us, result->server_cpu_us_per_task,
	       result->written_bytes_per_task);
	if (!isnan(result->disk_bytes_per_task))
		printf(options->json ? ", \"disk_bytes_per_life\": %.0f" : " disk_bytes_per_life=%.0f",
		       result->disk_bytes_per_task);
	puts(options->json ? "}" : "");
	fflush(stdout);
}

/* The program of this pattern, the last if there are several; empty: none. */
static void find_program(const char *pattern, char *path, size_t room)
{
	glob_t found;
	path[0] = 0;
	if (glob(pattern, 0, NULL, &found) == 0)
		snprintf(path, room, "%s", found.gl_pathv[found.gl_pathc - 1]);
	globfree(&found);
}

static int measure(const struct options *options, const struct peer *peer)
{
	char program[PATH_MAX], why[256] = "";
	struct load_result result;
	if (peer->missing) {
		snprintf(why, sizeof why, "built without Debian's %s", peer->missing);
		tell_unavailable(options, peer, why);
		return 0;
	}
	find_program(peer->program, program, sizeof program);
	const char *lacks =
		program[0] && peer->lacks ? peer->lacks(program, (enum peer_setting)options->setting) : NULL;
	if (!program[0])
		snprintf(why, sizeof why, "Debian's %s is not installed", peer->package);
	if (why[0] || lacks) {
		tell_unavailable(options, peer, lacks ? lacks : why);
		return 0;
	}
	struct load_case what = {.peer = peer,
				 .program = program,
				 .setting = options->setting,
				 .tasks = options->tasks,
				 .outstanding = options->outstanding,
				 .queues = options->queues ? (unsigned)options->queues : peer->queues,
				 .dir = options->dir};
	int code = load_carry(&what, &result);
	if (code == 0)
		tell(options, &what, &result);
	return code;
}

int main(int argc, char **argv)
{
	static const struct option known[] = {
		{"peer", 1, NULL, 'p'},  {"setting", 1, NULL, 's'}, {"outstanding", 1, NULL, 'o'},
		{"tasks", 1, NULL, 'n'}, {"queues", 1, NULL, 'q'},  {"dir", 1, NULL, 'd'},
		{"json", 0, NULL, 'j'},  {"help", 0, NULL, 'h'},    {NULL, 0, NULL, 0}};
	struct options options = {.setting = PEER_DURABLE, .outstanding = 1024, .tasks = 20000};
	bool good = true;
	int c, code = 0;
	while (good && (c = getopt_long(argc, argv, "", known, NULL)) >= 0) {
		switch (c) {
		case 'p': good = peer_name(options.peer = optarg); break;
		case 's': good = setting(optarg, &options.setting); break;
		case 'o': good = number(optarg, LOAD_OUTSTANDING_MAX, "outstanding", &options.outstanding); break;
		case 'n': good = number(optarg, 100000000, "tasks", &options.tasks); break;
		case 'q': good = number(optarg, LOAD_QUEUES, "queues", &options.queues); break;
		case 'd': options.dir = optarg; break;
		case 'j': options.json = true; break;
		case 'h': fputs(help, stdout); return 0;
		default: good = false; break;
		}
	}
	if (!good || optind != argc) {
		fputs("usage: paidan-peers [options]; paidan-peers --help tells more\n", stderr);
		return 100;
	}
	for (size_t i = 0; peers[i] && code == 0; i++)
		if (!options.peer || strcmp(options.peer, peers[i]->name) == 0)
			code = measure(&options, peers[i]);
	return code;
}
