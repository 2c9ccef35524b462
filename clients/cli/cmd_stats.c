/* cmd_stats.c - paidan stats: the figures of an area, once or every so often. */
#include <inttypes.h>

#include "cli.h"
#include "histogram.h"
#include "intl.h"
#include "names.h"
#include "print.h"
#include "tell.h"

/* The registry's figures come in this order; then people by post, then organisations. */
static const char *const registry_keys[] = {"districts",         "streets",    "communities",
					    "urban_communities", "grids",      "dedicated_grids",
					    "micro_grids",       "households", "centre_households"};
enum {
	AREA_KEYS = 7,
	REGISTRY_KEYS = sizeof registry_keys / sizeof registry_keys[0],
	PATH_BYTES = 1100,
	LABEL_COLUMNS = 19
};

static uint64_t registry_at(const struct pd_stats *stats, unsigned i)
{
	return i < stats->registry.count ? stats->registry.values[i] : 0;
}

/* ---- to programs ---- */

static void json_percentiles(struct json *json, const char *key, const struct pd_u64s *three)
{
	static const char *const names[] = {"p50", "p90", "p99"};
	json_object(json, key);
	for (uint32_t i = 0; i < 3 && i < three->count; i++)
		json_number(json, names[i], three->values[i]);
	json_end(json);
}

static void json_orders(struct json *json, const struct pd_stats *stats)
{
	json_object(json, "orders");
	json_number(json, "submitted", stats->submitted);
	json_number(json, "accepted", stats->accepted);
	json_number(json, "completed", stats->completed);
	json_number(json, "closed", stats->closed);
	json_number(json, "cancelled", stats->cancelled);
	json_number(json, "reopened", stats->reopened);
	json_number(json, "declined", stats->declined);
	json_number(json, "due", stats->due);
	json_number(json, "late", stats->late);
	json_number(json, "duplicate", stats->duplicate);
	json_number(json, "urged", stats->urged);
	json_number(json, "merged", stats->merged);
	json_number(json, "escalated", stats->escalated);
	json_number(json, "reminded", stats->reminded);
	json_number(json, "plan", stats->plan);
	json_number(json, "plans_below", stats->plans_below);
	json_number(json, "waiting", stats->waiting);
	json_number(json, "working", stats->working);
	if (stats->oldest_ms)
		json_number(json, "oldest_ms", stats->oldest_ms);
	else
		json_null(json, "oldest_ms");
	json_end(json);
}

static void json_registry(struct json *json, const struct pd_stats *stats)
{
	json_object(json, "areas");
	for (unsigned i = 0; i < AREA_KEYS; i++)
		json_number(json, registry_keys[i], registry_at(stats, i));
	json_end(json);
	for (unsigned i = AREA_KEYS; i < REGISTRY_KEYS; i++)
		json_number(json, registry_keys[i], registry_at(stats, i));
	json_object(json, "people");
	for (unsigned post = 1; post < PD_post_end; post++)
		json_number(json, pd_word("post", post), registry_at(stats, REGISTRY_KEYS + post - 1));
	json_end(json);
	json_number(json, "organisations", registry_at(stats, REGISTRY_KEYS + PD_post_end - 1));
}

static void tell_stats(struct cli *cli, struct pd_client *client, const struct pd_stats *stats)
{
	struct json json;
	json_init(&json, stdout);
	json_object(&json, NULL);
	json_number(&json, "time", stats->time_ms);
	json_number(&json, "seq", stats->seq);
	json_number(&json, "area", stats->area);
	if (stats->area)
		json_string(&json, "area_name", names_get(cli, client, NAME_AREA, stats->area)->text);
	json_orders(&json, stats);
	json_percentiles(&json, "accept_ms", &stats->accept_ms);
	json_percentiles(&json, "complete_ms", &stats->complete_ms);
	json_number(&json, "pushed", stats->pushed);
	json_number(&json, "workers", stats->workers);
	json_registry(&json, stats);
	json_end(&json);
}

/* ---- to people ---- */

static void print_label(const char *label)
{
	fputs("  ", stdout);
	print_column(stdout, label, LABEL_COLUMNS);
}

static void print_amount(const char *label, uint64_t value)
{
	print_label(label);
	printf("%10" PRIu64 "\n", value);
}

static void print_figure(const char *label, uint64_t value)
{
	if (value)
		print_amount(label, value);
}

static void print_percentiles(const char *label, const struct pd_u64s *three)
{
	char p50[PRINT_TIME_BYTES], p90[PRINT_TIME_BYTES], p99[PRINT_TIME_BYTES];
	if (three->count != 3 || !three->values[2])
		return;
	print_label(label);
	printf(_("half within %s, 90%% within %s, 99%% within %s\n"), print_duration(three->values[0], p50),
	       print_duration(three->values[1], p90), print_duration(three->values[2], p99));
}

static void print_orders(const struct pd_stats *stats)
{
	char age[PRINT_TIME_BYTES];
	puts(_("orders"));
	print_amount(_("submitted"), stats->submitted);
	print_label(_("waiting now"));
	printf("%10" PRIu64, stats->waiting);
	if (stats->oldest_ms)
		printf(_("   the oldest for %s"), print_duration(stats->time_ms - stats->oldest_ms, age));
	putchar('\n');
	print_amount(_("being worked on"), stats->working);
	print_figure(_("accepted"), stats->accepted);
	print_figure(_("completed"), stats->completed);
	print_figure(_("closed"), stats->closed);
	print_figure(_("cancelled"), stats->cancelled);
	print_figure(_("reopened"), stats->reopened);
	print_figure(_("declined or moved"), stats->declined);
	print_figure(_("with a due date"), stats->due);
	print_figure(_("not done in time"), stats->late);
	print_figure(_("duplicates"), stats->duplicate);
	print_figure(_("urged"), stats->urged);
	print_figure(_("merged"), stats->merged);
	print_figure(_("escalated"), stats->escalated);
	print_figure(_("reminded"), stats->reminded);
	if (stats->plan)
		print_figure(_("plan that is on"), stats->plan);
	if (stats->plans_below)
		print_figure(_("plans on below"), stats->plans_below);
	print_percentiles(_("time to accept"), &stats->accept_ms);
	print_percentiles(_("time to complete"), &stats->complete_ms);
	print_figure(_("pushed"), stats->pushed);
	print_figure(_("workers now"), stats->workers);
}

static void print_registry(const struct pd_stats *stats)
{
	static const char *const labels[] = {N_("districts"),   N_("streets"),    N_("communities"),
					     N_("  urban"),     N_("grids"),      N_("  dedicated"),
					     N_("micro-grids"), N_("households"), N_("  centres")};
	puts(_("registry"));
	for (unsigned i = 0; i < REGISTRY_KEYS; i++)
		print_figure(_(labels[i]), registry_at(stats, i));
	print_figure(_("organisations"), registry_at(stats, REGISTRY_KEYS + PD_post_end - 1));
	puts(_("people"));
	for (unsigned post = 1; post < PD_post_end; post++)
		print_figure(intl_word("post", post), registry_at(stats, REGISTRY_KEYS + post - 1));
}

static void print_stats(struct cli *cli, struct pd_client *client, const struct pd_stats *stats)
{
	char path[PATH_BYTES], time[PRINT_TIME_BYTES];
	print_text(stdout,
		   pd_text(stats->area ? names_path(cli, client, stats->area, path, sizeof path) : _("everything")));
	printf(_(", %s, up to event %" PRIu64 "\n"), print_time(stats->time_ms, time), stats->seq);
	print_orders(stats);
	print_registry(stats);
}

/* What answered a query lives until the next call, and names are looked up by calls: keep it. */
static int ask_stats(struct cli *cli, struct pd_client *client, uint32_t area, bool counts, struct pd_decoder *decoder,
		     struct pd_buffer *bytes, struct pd_stats *stats)
{
	struct pd_message query = {.type = PD_MSG_get_stats, .get_stats = {area, counts}}, answer;
	struct pd_fault fault;
	size_t off = 0;
	int code = cli_call(cli, client, &query, &answer);
	if (code != CLI_OK)
		return code;
	bytes->count = 0;
	pd_encode(&answer, bytes);
	pd_decoder_reset(decoder);
	if (answer.type != PD_MSG_stats || pd_decode(decoder, bytes->data, bytes->count, &off, &answer, &fault))
		return cli_fail(cli, CLI_SYSTEM, _("the broker answered without figures"));
	*stats = answer.stats;
	return CLI_OK;
}

static int show_once(struct cli *cli, struct pd_client *client, uint32_t area)
{
	struct pd_decoder *decoder = pd_decoder_new_client();
	struct pd_buffer bytes = {0};
	struct pd_stats stats = {0};
	int code = ask_stats(cli, client, area, false, decoder, &bytes, &stats);
	if (code == CLI_OK && cli->json)
		tell_stats(cli, client, &stats);
	else if (code == CLI_OK)
		print_stats(cli, client, &stats);
	pd_buffer_fini(&bytes);
	pd_decoder_free(decoder);
	return code;
}

/* ---- every so often ---- */

struct every {
	struct cli *cli;
	struct pd_client *client;
	uint32_t area;
	int period_ms;
	uint64_t lines; /* 0: without end */
	struct pd_decoder *first_decoder, *decoder;
	struct pd_buffer first_bytes, bytes;
	struct pd_stats first; /* as it was at the start */
};

static double median_s(const struct every *every, const struct pd_stats *stats)
{
	double ms = histogram_median_ms(&every->first.accept_counts, &stats->accept_counts);
	return ms < 0 ? 0 : ms / 1000;
}

static double oldest_s(const struct pd_stats *stats)
{
	return stats->oldest_ms && stats->time_ms > stats->oldest_ms
		       ? (double)(stats->time_ms - stats->oldest_ms) / 1000
		       : 0;
}

static void print_line(const struct every *every, const struct pd_stats *stats, uint64_t elapsed_ms)
{
	const struct pd_stats *first = &every->first;
	printf("t=%" PRIu64 " submitted=%" PRIu64 " accepted=%" PRIu64 " completed=%" PRIu64 " closed=%" PRIu64
	       " waiting=%" PRIu64 " oldest_s=%.1f accept_p50_s=%.3f\n",
	       (elapsed_ms + 500) / 1000, stats->submitted - first->submitted, stats->accepted - first->accepted,
	       stats->completed - first->completed, stats->closed - first->closed, stats->waiting, oldest_s(stats),
	       median_s(every, stats));
}

static void tell_line(const struct every *every, const struct pd_stats *stats, uint64_t elapsed_ms)
{
	const struct pd_stats *first = &every->first;
	struct json json;
	json_init(&json, stdout);
	json_object(&json, NULL);
	json_real(&json, "t", (double)elapsed_ms / 1000, 3);
	json_number(&json, "time", stats->time_ms);
	json_number(&json, "seq", stats->seq);
	json_number(&json, "submitted", stats->submitted - first->submitted);
	json_number(&json, "accepted", stats->accepted - first->accepted);
	json_number(&json, "completed", stats->completed - first->completed);
	json_number(&json, "closed", stats->closed - first->closed);
	json_number(&json, "waiting", stats->waiting);
	json_real(&json, "oldest_s", oldest_s(stats), 3);
	json_real(&json, "accept_p50_s", median_s(every, stats), 6);
	json_end(&json);
}

/* Keep the connection alive until it is time. */
static int wait_until(struct every *every, uint64_t until_ms)
{
	for (uint64_t now_ms; (now_ms = print_now_ms()) < until_ms;)
		if (pd_client_step(every->client, (int)(until_ms - now_ms)))
			return cli_fail(every->cli, CLI_SYSTEM, "%s", pd_client_why(every->client));
	return CLI_OK;
}

static int run_every(struct every *every)
{
	struct pd_stats stats = {0};
	int code = ask_stats(every->cli, every->client, every->area, true, every->first_decoder, &every->first_bytes,
			     &every->first);
	uint64_t start_ms = print_now_ms();
	for (uint64_t line = 1; code == CLI_OK && (!every->lines || line <= every->lines); line++) {
		code = wait_until(every, start_ms + line * (uint64_t)every->period_ms);
		if (code == CLI_OK)
			code = ask_stats(every->cli, every->client, every->area, true, every->decoder, &every->bytes,
					 &stats);
		if (code == CLI_OK)
			(every->cli->json ? tell_line : print_line)(every, &stats, print_now_ms() - start_ms);
		fflush(stdout);
	}
	return code;
}

static int show_every(struct every *every)
{
	every->first_decoder = pd_decoder_new_client();
	every->decoder = pd_decoder_new_client();
	int code = run_every(every);
	pd_decoder_free(every->first_decoder);
	pd_decoder_free(every->decoder);
	pd_buffer_fini(&every->first_bytes);
	pd_buffer_fini(&every->bytes);
	return code;
}

int cmd_stats(struct cli *cli, int argc, char **argv)
{
	const char *area = NULL, *period = NULL, *count = NULL;
	const struct cli_option options[] = {
		{"every", "S", N_("a line every S seconds, with what happened since the start"), &period, NULL},
		{"count", "N", N_("with --every: so many lines; otherwise without end"), &count, NULL},
		{0},
	};
	struct every every = {.cli = cli};
	if (cli_args(cli, argc, argv, options, &area, 0, 1) < 0)
		return (int)cli->exit;
	if (count && !period)
		return cli_fail(cli, CLI_USAGE, _("--count says how many lines of --every; say --every, too"));
	if ((period && !cli_seconds("--every", period, 10, 86400 * 1000, &every.period_ms)) ||
	    (count && !cli_number("--count", count, 1, UINT64_MAX, &every.lines)))
		return CLI_USAGE;
	enum pd_err err = cli_open(cli, &every.client);
	if (err)
		return (int)cli_exit_of(err);
	int code = area ? names_find_area(cli, every.client, area, &every.area) : CLI_OK;
	if (code == CLI_OK)
		code = period ? show_every(&every) : show_once(cli, every.client, every.area);
	pd_client_close(every.client);
	return code;
}
