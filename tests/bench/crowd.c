/* crowd.c - so many residents are connected and listen; one notice goes to the district. */
#include "crowd.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "broker.h"
#include "callers.h"
#include "town.h"

enum { HOUSEHOLDS_EACH = 75 };

struct run {
	const struct crowd *crowd;
	struct broker broker;
	struct wire wire;
	struct callers callers;
	struct caller *residents;
	unsigned long welcomed, told, answered;
	uint64_t sent_us, *told_us;
};

static void count_ok(const struct pd_message *message, void *arg)
{
	*(unsigned long *)arg += message->type == PD_MSG_ok || message->type == PD_MSG_refused;
}

static void on_message(struct callers *callers, struct caller *resident, const struct pd_message *message)
{
	struct run *run = callers->arg;
	(void)resident;
	if (message->type == PD_MSG_welcome)
		run->welcomed++;
	else if (message->type == PD_MSG_notice_push && run->told < run->crowd->residents)
		run->told_us[run->told++] = bench_now_us() - run->sent_us;
	else if (message->type == PD_MSG_ok)
		run->answered++;
}

/* ---- one notice ---- */

static struct pd_id send_notice(struct run *run)
{
	struct timespec wall;
	struct pd_message notify = {.type = PD_MSG_notify, .request = 1};
	unsigned long answered = 0;
	clock_gettime(CLOCK_REALTIME, &wall);
	notify.notify = (struct pd_notify){.notice = town_new_id(),
					   .area = TOWN_DISTRICT,
					   .kind = PD_notice_kind_notice,
					   .want = PD_want_confirmation,
					   .sort = PD_member_sort_household,
					   .text = pd_text("明日8时至12时停水，请提前储水。"),
					   .until_ms = (uint64_t)wall.tv_sec * 1000 + 86400000};
	run->sent_us = bench_now_us();
	wire_add(&run->wire, &notify);
	wire_flush(&run->wire);
	wire_receive(&run->wire, count_ok, &answered);
	return notify.notify.notice;
}

/* Everybody says that it was delivered. */
static bool answer_all(struct run *run, const struct pd_id *notice)
{
	for (unsigned long i = 0; i < run->crowd->residents; i++) {
		struct pd_message answer = {.type = PD_MSG_answer, .request = 2};
		answer.answer = (struct pd_answer){.notice = *notice, .answer = PD_answer_kind_delivered};
		if (!caller_send(&run->residents[i], &answer))
			return false;
	}
	return callers_until(&run->callers, &run->answered, run->crowd->residents);
}

/* ---- all of it ---- */

static bool connect_all(struct run *run)
{
	enum { AT_ONCE = 1000 };
	for (unsigned long i = 0; i < run->crowd->residents; i++) {
		run->residents[i].person = TOWN_FIRST_PERSON + (uint32_t)i;
		if (!caller_connect(&run->callers, &run->residents[i]) ||
		    (i % AT_ONCE == AT_ONCE - 1 && !callers_until(&run->callers, &run->welcomed, i + 1)))
			return false;
	}
	return callers_until(&run->callers, &run->welcomed, run->crowd->residents);
}

static int compare_u64(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

/* The journal is measured with the daemon at rest: before the notice, after it, and after all receipts. */
static int measure(struct run *run)
{
	const struct crowd *crowd = run->crowd;
	unsigned long n = crowd->residents;
	struct town town = {(uint32_t)((crowd->households - 1) / HOUSEHOLDS_EACH + 1), (uint32_t)crowd->households,
			    (uint32_t)n};
	wire_open(&run->wire, run->broker.endpoint);
	if (!town_make(&run->wire, &town) || !connect_all(run))
		return 111;
	double before = broker_journal_bytes(&run->broker);
	struct pd_id notice = send_notice(run);
	if (!callers_until(&run->callers, &run->told, n))
		return 111;
	uint64_t last_us = run->told_us[n - 1];
	double after = broker_journal_bytes(&run->broker);
	uint64_t begun_us = bench_now_us();
	if (!answer_all(run, &notice))
		return 111;
	double receipts_s = (double)(bench_now_us() - begun_us) / 1e6, answered = broker_journal_bytes(&run->broker);
	wire_close(&run->wire);
	int code = broker_stop(&run->broker);
	qsort(run->told_us, n, sizeof *run->told_us, compare_u64);
	uint64_t p50_us = run->told_us[n / 2];
	printf(crowd->json ? "{\"households\": %lu, \"residents\": %lu, \"all_told_ms\": %.1f, \"told_p50_ms\": %.1f, "
			     "\"journal_bytes_notice\": %.0f, \"receipts_s\": %.2f, "
			     "\"journal_bytes_per_receipt\": %.0f}\n"
			   : "households=%lu residents=%lu all_told_ms=%.1f told_p50_ms=%.1f journal_bytes_notice=%.0f "
			     "receipts_s=%.2f journal_bytes_per_receipt=%.0f\n",
	       crowd->households, n, (double)last_us / 1e3, (double)p50_us / 1e3, after - before, receipts_s,
	       (answered - after) / (double)n);
	return code;
}

int crowd_run(const struct crowd *crowd)
{
	struct run run = {.crowd = crowd};
	int code = 111;
	if (crowd->residents > crowd->households) {
		fprintf(stderr, "paidan-bench: %lu residents in %lu households: each has a household of its own\n",
			crowd->residents, crowd->households);
		return 100;
	}
	if (sodium_init() < 0)
		return 111;
	if (callers_allow(crowd->residents + 64) < crowd->residents + 64) {
		callers_tell_limit(crowd->residents + 64);
		return 111;
	}
	run.residents = calloc(crowd->residents, sizeof *run.residents);
	run.told_us = calloc(crowd->residents, sizeof *run.told_us);
	if (!run.residents || !run.told_us)
		abort();
	run.callers = (struct callers){
		.endpoint = run.broker.endpoint, .listen = true, .on_message = on_message, .arg = &run};
	callers_init(&run.callers);
	if (broker_start(&run.broker, crowd->program, crowd->paidand, crowd->dir))
		code = measure(&run);
	broker_remove(&run.broker);
	for (unsigned long i = 0; i < crowd->residents; i++)
		caller_cut(&run.callers, &run.residents[i]);
	callers_fini(&run.callers);
	free(run.residents);
	free(run.told_us);
	return code;
}
