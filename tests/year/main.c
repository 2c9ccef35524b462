/* main.c - paidan-year: a year of a whole district in virtual time, in a data folder that paidand has made.
 *
 * The journal is the real one: paidand replays it when it starts on the folder, and `paidan stats` must then say what
 * this program says (tests/year/run.sh).
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "calendar.h"
#include "campaigns.h"

static const char help[] =
	"paidan-year - a year of a district in virtual time\n"
	"\n"
	"usage: paidan-year DATA [options]\n"
	"\n"
	"DATA is the data folder of a paidand that is not running, with a district in it. It is added to.\n"
	"\n"
	"  --orders N   orders in the year, about (default 100000)\n"
	"  --days N     days that pass (default 365)\n"
	"  --seed N     whose year it is (default 1)\n"
	"\n"
	"On standard output: one JSON object with the figures of the district and what happened.\n"
	"exit: 0 done and all was well, 1 an order stood still, 100 wrong usage, 111 the system failed\n";

struct year {
	struct world *world;
	struct agenda agenda;
	struct people *people;
	struct campaigns *campaigns;
	uint64_t counts[256]; /* of events by type */
};

static void happened(const struct pd_message *event, const struct order *order, void *arg)
{
	struct year *year = arg;
	year->counts[event->type]++;
	people_hear(year->people, event, order);
	campaigns_hear(year->campaigns, event);
}

static void do_act(struct year *year, const struct act *act)
{
	if (act->what < PEOPLE_ACTS)
		people_act(year->people, act);
	else
		campaigns_act(year->campaigns, act);
}

/* An open order that has passed its last time without being at the district's desk, marked; null: there is none. */
static const struct order *stands_still(const struct year *year, uint64_t *at_top)
{
	struct core *core = world_core(year->world);
	size_t count;
	void *const *areas = registry_sorted(core_registry(core), REGISTRY_AREAS, &count);
	for (size_t i = 0; i < count; i++) {
		const struct area *area = areas[i];
		struct order *order;
		if (!area->holder)
			continue;
		struct order_queue *queues[] = {&area->holder->waiting, &area->holder->working};
		for (int q = 0; q < 2; q++)
			RB_FOREACH(order, order_queue, queues[q])
			{
				bool top = (order->row.marks & ORDER_STUCK) && !area->parent;
				*at_top += top;
				if (!top && (order->row.due_ms == 0 || order->row.due_ms < world_now_ms(year->world)))
					return order;
			}
	}
	return NULL;
}

static void pass_year(struct year *year, uint64_t until_ms)
{
	while (world_now_ms(year->world) < until_ms) {
		uint64_t next_ms = agenda_next_ms(&year->agenda);
		world_pass(year->world, next_ms < until_ms ? next_ms : until_ms);
		while (agenda_next_ms(&year->agenda) <= world_now_ms(year->world)) {
			struct act act = agenda_take(&year->agenda);
			do_act(year, &act);
		}
	}
}

static void report(struct year *year, uint64_t at_top)
{
	struct core_sums sums;
	size_t count;
	const struct pd_message_info *messages = pd_messages(&count);
	core_sum(world_core(year->world), NULL, &sums);
	const struct figures *f = &sums.figures;
	printf("{\"figures\": {\"submitted\": %" PRIu64 ", \"accepted\": %" PRIu64 ", \"completed\": %" PRIu64
	       ", \"closed\": %" PRIu64 ", \"cancelled\": %" PRIu64 ", \"reopened\": %" PRIu64
	       ", \"declined\": %" PRIu64 ", \"due\": %" PRIu64 ", \"late\": %" PRIu64 ", \"waiting\": %" PRIu64
	       ", \"working\": %" PRIu64 "},\n",
	       f->submitted, f->accepted, f->completed, f->closed, f->cancelled, f->reopened, f->declined, f->due,
	       f->late, sums.waiting, sums.working);
	printf(" \"seq\": %" PRIu64 ", \"past_their_last_time\": %" PRIu64 ",\n \"events\": {",
	       core_last_seq(world_core(year->world)), at_top);
	const char *comma = "";
	for (size_t i = 0; i < count; i++)
		if (messages[i].role == PD_EVENT && year->counts[messages[i].type]) {
			printf("%s\"%s\": %" PRIu64, comma, messages[i].name, year->counts[messages[i].type]);
			comma = ", ";
		}
	printf("}}\n");
}

static uint64_t number(const char *text, const char *name, uint64_t max)
{
	char *end;
	uint64_t value = strtoull(text, &end, 10);
	if (end != text && *end == 0 && value >= 1 && value <= max)
		return value;
	fprintf(stderr, "paidan-year: --%s %s: must be a number from 1 to %" PRIu64 "\n", name, text, max);
	exit(100);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"orders", 1, NULL, 'o'}, {"days", 1, NULL, 'd'}, {"seed", 1, NULL, 's'}, {"help", 0, NULL, 'h'}, {0}};
	uint64_t orders = 100000, days = 365, seed = 1, at_top = 0;
	for (int c; (c = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
		switch (c) {
		case 'o': orders = number(optarg, "orders", 10000000); break;
		case 'd': days = number(optarg, "days", 3660); break;
		case 's': seed = number(optarg, "seed", UINT64_MAX); break;
		case 'h': fputs(help, stdout); return 0;
		default: fputs("paidan-year: see paidan-year --help\n", stderr); return 100;
		}
	}
	if (argc - optind != 1) {
		fputs("paidan-year: one data folder is needed; see paidan-year --help\n", stderr);
		return 100;
	}
	struct year year = {0};
	struct world_options world = {argv[optind], seed, happened, &year};
	year.world = world_open(&world);
	uint64_t from_ms = world_now_ms(year.world), until_ms = from_ms + days * CALENDAR_DAY_MS;
	year.people = people_new(year.world, &year.agenda, from_ms, until_ms, (uint32_t)orders);
	year.campaigns = campaigns_new(year.world, &year.agenda, year.people, from_ms, until_ms);
	pass_year(&year, until_ms);
	const struct order *still = stands_still(&year, &at_top);
	report(&year, at_top);
	if (still)
		fprintf(stderr, "paidan-year: order of seq %" PRIu64 " at area %" PRIu32 " stands still\n",
			still->row.seq, still->row.holder);
	campaigns_free(year.campaigns);
	people_free(year.people);
	agenda_fini(&year.agenda);
	world_close(year.world);
	return still ? 1 : 0;
}
