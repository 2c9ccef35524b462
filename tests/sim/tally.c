#include "tally.h"

#include <inttypes.h>
#include <stdio.h>

enum { TYPES = 256, REFUSALS = 1000 };

static struct {
	uint64_t runs, steps;
	uint64_t happenings[TALLY_END], events[TYPES], refusals[REFUSALS], answers[TYPES];
} tally;

static const char *const words[] = {
#define TALLY(name, text) text,
	TALLY_LIST
#undef TALLY
};

void tally_add(enum tally what)
{
	tally.happenings[what]++;
}

void tally_add_many(enum tally what, uint64_t count)
{
	tally.happenings[what] += count;
}

void tally_event(enum pd_type type)
{
	tally.events[type]++;
}

void tally_refusal(enum pd_refusal refusal)
{
	tally.refusals[refusal]++;
}

void tally_answer(enum pd_type type)
{
	tally.answers[type]++;
}

void tally_run(uint64_t steps)
{
	tally.runs++;
	tally.steps += steps;
}

/* What no run of ordinary size brings about: 10,000 reads at a time, a disk that cannot be read, an import of 2,000,000
 * rows, a district that is no more. */
static bool out_of_reach(enum pd_refusal refusal)
{
	return refusal == PD_REFUSED_busy || refusal == PD_REFUSED_read_failed || refusal == PD_REFUSED_no_place ||
	       refusal == PD_REFUSED_import_large;
}

static void print_one(uint64_t count, const char *name, bool *missing)
{
	printf(" %s %" PRIu64, name, count);
	*missing |= count == 0;
}

static bool print_events(void)
{
	bool missing = false;
	size_t count;
	const struct pd_message_info *messages = pd_messages(&count);
	printf("events:");
	for (size_t i = 0; i < count; i++)
		if (messages[i].role == PD_EVENT && messages[i].type != PD_MSG_published)
			print_one(tally.events[messages[i].type], messages[i].name, &missing);
	printf("\nanswers to:");
	for (size_t i = 0; i < count; i++)
		if (messages[i].role <= PD_QUERY)
			print_one(tally.answers[messages[i].type], messages[i].name, &missing);
	putchar('\n');
	return missing;
}

static bool print_refusals(void)
{
	bool missing = false;
	size_t count;
	const struct pd_refusal_info *refusals = pd_refusals(&count);
	printf("refusals:");
	for (size_t i = 0; i < count; i++)
		if (!out_of_reach(refusals[i].code))
			print_one(tally.refusals[refusals[i].code], refusals[i].name, &missing);
	putchar('\n');
	return missing;
}

static bool print_happenings(void)
{
	bool missing = false;
	for (int i = 0; i < TALLY_END; i++) {
		printf("%s%s %" PRIu64, i ? ", " : "", words[i], tally.happenings[i]);
		missing |= tally.happenings[i] == 0;
	}
	putchar('\n');
	return missing;
}

static void print_missing(void)
{
	size_t count;
	printf("never reached:");
	const struct pd_message_info *messages = pd_messages(&count);
	for (size_t i = 0; i < count; i++) {
		enum pd_type type = messages[i].type;
		if ((messages[i].role <= PD_QUERY && !tally.answers[type]) ||
		    (messages[i].role == PD_EVENT && type != PD_MSG_published && !tally.events[type]))
			printf(" %s", messages[i].name);
	}
	const struct pd_refusal_info *refusals = pd_refusals(&count);
	for (size_t i = 0; i < count; i++)
		if (!out_of_reach(refusals[i].code) && !tally.refusals[refusals[i].code])
			printf(" %s", refusals[i].name);
	for (int i = 0; i < TALLY_END; i++)
		if (!tally.happenings[i])
			printf(" \"%s\"", words[i]);
	putchar('\n');
}

bool tally_print(bool all)
{
	bool missing = print_events();
	missing |= print_refusals();
	missing |= print_happenings();
	if (missing)
		print_missing();
	printf("%" PRIu64 " runs, %" PRIu64 " steps: nothing violated%s\n", tally.runs, tally.steps,
	       missing && all ? ", but not all was reached" : "");
	return !missing || !all;
}
