/* exec.c - paidan-worker exec: a program for every dispatch of an area.
 *
 *   push -> OFFERED -> TAKING -> accept -> READY -> RUNNING -> REPORTING (note, then complete or transfer) -> gone
 *                                            ^                     |
 *                                            +----- RESTING <------+ tempfail
 *
 * Work is taken only for a free place: the credit is the number of free places, and is said before the accept that
 * fills one, so that the broker gives the rest to others. Invariant: TAKING, READY and RUNNING tasks together take up
 * at most --jobs places (more only at the start, when an earlier run left more).
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

#include "agenda.h"
#include "commands.h"
#include "dispatch.h"
#include "intl.h"
#include "job.h"
#include "post.h"
#include "roster.h"
#include "shift.h"
#include "worker.h"

enum {
	SETTLE_MS = 2000,
	BUSY_MS = 200,
	REFUSED_MS = 5000,
	REFUSED_MAX = 10,
	KILL_MS = 5000,
	JOBS_MAX = 64,
	RESTING_A_JOB = 8,
	NOTE_CHARS_MAX = 4000,
	REASON_CHARS_MAX = 500,
};

enum stage { OFFERED, TAKING, READY, RUNNING, RESTING, REPORTING, LEFT };
enum { STAGES = LEFT + 1 };

/* entry stands first: the agenda's entry is cast to its task. */
struct task {
	struct agenda_entry entry; /* RUNNING: timeout; RESTING: the next run; TAKING, REPORTING: try again */
	TAILQ_ENTRY(task) next;
	struct worker_order *order;
	struct job *job; /* while RUNNING */
	enum stage stage;
	enum dispatch_verdict verdict;
	unsigned tries, refusals;
	bool timed_out;
	bool cut_short;         /* killed because we stop */
	bool terminated;        /* got SIGTERM */
	struct pd_buffer note;  /* to be said before the rest; empty: none */
	struct pd_buffer said;  /* the last note, not to be said twice */
	struct pd_buffer words; /* the result, or the reason */
};
TAILQ_HEAD(tasks, task);

struct exec {
	struct cli *cli;
	const char *area; /* as it was named */
	char **program;   /* with its words, ended by null */
	struct shift shift;
	struct worker *worker;
	struct roster *roster;
	struct agenda agenda;
	struct post post;
	struct tasks tasks;
	unsigned counts[STAGES];
	unsigned jobs, tries_max;
	uint16_t credit; /* as said */
	double timeout_s, grace_s;
	enum cli_exit over; /* not 0: the broker does not let us go on, and this is the exit code */
};

/* ---- tasks ---- */

static void set_stage(struct exec *exec, struct task *task, enum stage stage)
{
	exec->counts[task->stage]--;
	exec->counts[stage]++;
	task->stage = stage;
}

static struct task *task_new(struct exec *exec, struct worker_order *order, enum stage stage)
{
	struct task *task = calloc(1, sizeof *task);
	if (!task)
		abort();
	task->order = order;
	task->stage = stage;
	order->data = task;
	exec->counts[stage]++;
	TAILQ_INSERT_TAIL(&exec->tasks, task, next);
	return task;
}

static void task_free(struct exec *exec, struct task *task)
{
	agenda_drop(&exec->agenda, &task->entry);
	job_free(task->job);
	exec->counts[task->stage]--;
	TAILQ_REMOVE(&exec->tasks, task, next);
	pd_buffer_fini(&task->note);
	pd_buffer_fini(&task->said);
	pd_buffer_fini(&task->words);
	free(task);
}

static void remind(struct exec *exec, struct task *task, double wait_ms)
{
	agenda_put(&exec->agenda, &task->entry, agenda_now_ms() + (uint64_t)wait_ms);
}

/* Say of a task's order what format says of it: its id is the first argument, the second is more. */
static void say(const struct exec *exec, const struct task *task, const char *format, const char *more)
{
	char id[PD_ID_TEXT_BYTES];
	cli_say(exec->cli, format, pd_id_print(&task->order->id, id), more);
}

/* ---- reporting what came of a run ---- */

static void leave(struct exec *exec, struct task *task, const char *why)
{
	set_stage(exec, task, LEFT);
	agenda_drop(&exec->agenda, &task->entry);
	say(exec, task,
	    task->order->stage == WORKER_IN_HAND ? _("order %s is left accepted: %s")
						 : _("order %s is left to others: %s"),
	    why);
}

static void rest(struct exec *exec, struct task *task)
{
	set_stage(exec, task, RESTING);
	remind(exec, task, (double)dispatch_backoff_ms(task->tries));
}

/* The next command of the report; PD_OK also when there is none. */
static enum pd_err report_next(struct exec *exec, struct task *task)
{
	if (task->note.count)
		return worker_note(exec->worker, task->order, text_slice(&task->note));
	if (task->verdict == DISPATCH_DONE)
		return worker_complete(exec->worker, task->order, text_slice(&task->words));
	if (task->verdict == DISPATCH_AGAIN)
		rest(exec, task);
	else if (exec->post.area->parent == 0)
		leave(exec, task, _("nobody is above the district"));
	else
		return worker_transfer(exec->worker, task->order, exec->post.area->parent, text_slice(&task->words));
	return PD_OK;
}

static void report(struct exec *exec, struct task *task)
{
	enum pd_err err = report_next(exec, task);
	if (err == PD_EBUSY)
		remind(exec, task, BUSY_MS);
	else if (err)
		leave(exec, task, pd_client_why(worker_client(exec->worker)));
}

static bool same(const struct pd_buffer *a, const struct pd_buffer *b)
{
	return a->count == b->count && memcmp(a->data, b->data, a->count) == 0;
}

/* Whether the verdict is told in a note: a handing up tells it in its reason, unless there is nobody to hand it to. */
static bool wants_note(const struct exec *exec, const struct task *task)
{
	return task->verdict == DISPATCH_AGAIN || task->verdict == DISPATCH_BROKEN ||
	       (task->verdict == DISPATCH_HAND_UP && exec->post.area->parent == 0);
}

static void begin_report(struct exec *exec, struct task *task, int status)
{
	const char *program = exec->program[0];
	struct pd_slice errors = job_errors(task->job);
	task->verdict = dispatch_verdict(status, task->timed_out);
	task->note.count = task->words.count = 0;
	task->refusals = 0;
	if (task->verdict == DISPATCH_DONE) {
		dispatch_result(&task->words, job_output(task->job));
	} else {
		if (wants_note(exec, task))
			dispatch_reason(&task->note, program, status, task->timed_out, errors, NOTE_CHARS_MAX);
		dispatch_reason(&task->words, program, status, task->timed_out, errors, REASON_CHARS_MAX);
	}
	if (task->note.count && same(&task->note, &task->said))
		task->note.count = 0;
	if (task->verdict == DISPATCH_AGAIN && task->tries >= exec->tries_max)
		task->verdict = DISPATCH_HAND_UP;
	set_stage(exec, task, REPORTING);
	report(exec, task);
}

static void noted(struct exec *exec, struct task *task)
{
	struct pd_buffer said = task->said;
	task->said = task->note;
	task->note = said;
	task->note.count = 0;
	report(exec, task);
}

/* ---- running ---- */

/* The program could not even be started: as if it had asked for a later try. */
static void start_failed(struct exec *exec, struct task *task, int error)
{
	task->verdict = task->tries >= exec->tries_max ? DISPATCH_HAND_UP : DISPATCH_AGAIN;
	task->note.count = task->words.count = 0;
	text_print(&task->words, _("%s cannot be started: %s"), exec->program[0], intl_error(error));
	if (!same(&task->words, &task->said))
		pd_buffer_add(&task->note, task->words.data, task->words.count);
	say(exec, task, _("order %s cannot be worked on: %s"), intl_error(error));
	set_stage(exec, task, REPORTING);
	report(exec, task);
}

static enum pd_err start_job(struct exec *exec, struct task *task, const char *address)
{
	const struct roster_category *category = roster_category(exec->roster, task->order->submitted.category);
	const struct dispatch_names names = {exec->post.area->name, category ? category->name : NULL, address};
	char **environment = dispatch_environment(environ, task->order);
	struct pd_buffer json = {0};
	dispatch_json(&json, task->order, &names);
	enum pd_err err = job_start(&task->job, exec->program, environment, text_slice(&json));
	int error = errno;
	dispatch_environment_free(environment);
	pd_buffer_fini(&json);
	errno = error;
	return err;
}

static void run_task(struct exec *exec, struct task *task, const char *address)
{
	task->tries++;
	task->timed_out = task->terminated = false;
	if (start_job(exec, task, address)) {
		start_failed(exec, task, errno);
		return;
	}
	set_stage(exec, task, RUNNING);
	remind(exec, task, exec->timeout_s * 1000);
}

static void run_ended(struct exec *exec, struct task *task, int status)
{
	agenda_drop(&exec->agenda, &task->entry);
	if (task->cut_short && dispatch_verdict(status, false) != DISPATCH_DONE)
		set_stage(exec, task, LEFT);
	else
		begin_report(exec, task, status);
	job_free(task->job);
	task->job = NULL;
}

static void reap(struct exec *exec)
{
	struct task *task, *next;
	int status;
	exec->shift.children = false;
	for (task = TAILQ_FIRST(&exec->tasks); task; task = next) {
		next = TAILQ_NEXT(task, next);
		if (task->job && job_reap(task->job, &status))
			run_ended(exec, task, status);
	}
}

/* SIGTERM first, SIGKILL a while later. */
static void end_job(struct exec *exec, struct task *task)
{
	job_signal(task->job, task->terminated ? SIGKILL : SIGTERM);
	task->terminated = true;
	remind(exec, task, KILL_MS);
}

/* ---- places ---- */

static unsigned places_taken(const struct exec *exec)
{
	return exec->counts[TAKING] + exec->counts[READY] + exec->counts[RUNNING];
}

static unsigned free_places(const struct exec *exec)
{
	unsigned taken = places_taken(exec), resting = exec->counts[RESTING], resting_max = RESTING_A_JOB * exec->jobs;
	if (taken >= exec->jobs || resting >= resting_max)
		return 0;
	return exec->jobs - taken;
}

static enum pd_err say_credit(struct exec *exec)
{
	uint16_t credit = (uint16_t)free_places(exec);
	if (credit == exec->credit || exec->shift.stops || exec->over)
		return PD_OK;
	exec->credit = credit;
	return worker_join(exec->worker, exec->post.area->id, exec->post.person->id, credit);
}

static void accept_taking(struct exec *exec)
{
	for (struct task *task = TAILQ_FIRST(&exec->tasks); task; task = TAILQ_NEXT(task, next)) {
		bool waits = task->entry.place > 0; /* for another try */
		if (task->stage == TAKING && !waits && !worker_order_busy(task->order) &&
		    worker_accept(exec->worker, task->order) != PD_OK)
			remind(exec, task, BUSY_MS);
	}
}

static struct task *first_of(const struct exec *exec, enum stage stage)
{
	struct task *task = TAILQ_FIRST(&exec->tasks);
	while (task && task->stage != stage)
		task = TAILQ_NEXT(task, next);
	return task;
}

/* Asking for the address may wait, and the task go meanwhile: it is looked for again. */
static void run_first_ready(struct exec *exec)
{
	const struct pd_submitted submitted = first_of(exec, READY)->order->submitted;
	const struct pd_id id = first_of(exec, READY)->order->id;
	/* While no broker answers the program does without an address that was not asked for yet. */
	struct pd_client *client = exec->shift.up ? worker_client(exec->worker) : NULL;
	const char *address = roster_address(exec->roster, client, submitted.area, submitted.household, POST_QUERY_MS);
	struct worker_order *order = worker_find(exec->worker, &id);
	struct task *task = order ? order->data : NULL;
	if (task && task->stage == READY)
		run_task(exec, task, address);
}

/* Use the places there are: run what is accepted, take what is offered, and let the broker know how many are left. */
static enum pd_err fill_places(struct exec *exec)
{
	struct task *task;
	if (exec->shift.stops || exec->over)
		return PD_OK;
	while (exec->counts[RUNNING] < exec->jobs && exec->counts[READY])
		run_first_ready(exec);
	while (free_places(exec) && (task = first_of(exec, OFFERED)))
		set_stage(exec, task, TAKING);
	enum pd_err err = say_credit(exec);
	accept_taking(exec);
	return err;
}

/* ---- what the worker tells ---- */

static void on_offered(struct worker *worker, struct worker_order *order, void *arg)
{
	(void)worker;
	task_new(arg, order, OFFERED);
}

static void on_adopted(struct worker *worker, struct worker_order *order, void *arg)
{
	(void)worker;
	task_new(arg, order, READY);
}

static void on_done(struct worker *worker, struct worker_order *order, enum pd_type command, void *arg)
{
	struct exec *exec = arg;
	struct task *task = order->data;
	(void)worker;
	if (command == PD_MSG_accept)
		set_stage(exec, task, READY);
	else if (command == PD_MSG_note)
		noted(exec, task);
	else
		task_free(exec, task);
}

static void say_refused(const struct exec *exec, const struct task *task, enum pd_type command,
			const struct pd_refused *refused)
{
	char why[CLI_REFUSAL_BYTES], id[PD_ID_TEXT_BYTES];
	cli_say(exec->cli, _("order %s: %s was refused: %s"), pd_id_print(&task->order->id, id), intl_command(command),
		cli_refusal(refused, why));
}

static void on_refused(struct worker *worker, struct worker_order *order, enum pd_type command,
		       const struct pd_refused *refused, void *arg)
{
	struct exec *exec = arg;
	struct task *task = order->data;
	(void)worker;
	if (task->refusals++ == 0)
		say_refused(exec, task, command, refused);
	if (command == PD_MSG_note && refused->code != PD_REFUSED_busy)
		noted(exec, task); /* the rest matters more */
	else if (task->refusals >= REFUSED_MAX)
		leave(exec, task, _("it was refused too often"));
	else
		remind(exec, task, REFUSED_MS);
}

static void on_lost(struct worker *worker, struct worker_order *order, enum worker_loss loss, uint32_t person,
		    void *arg)
{
	struct exec *exec = arg;
	struct task *task = order->data;
	(void)worker;
	(void)person;
	if (loss == WORKER_TAKEN && task->stage >= READY)
		say(exec, task,
		    task->job ? _("order %s was taken away by somebody else: its program is killed")
			      : _("order %s was taken away by somebody else"),
		    "");
	else if (loss == WORKER_CLIMBED && task->stage >= READY)
		say(exec, task,
		    task->job ? _("the time of order %s has passed, it went to the level above: its program is killed")
			      : _("the time of order %s has passed, it went to the level above"),
		    "");
	else if (loss == WORKER_LAPSED && task->stage >= READY)
		say(exec, task,
		    task->job ? _("the roll-call or round of visits of order %s has ended: its program is killed")
			      : _("the roll-call or round of visits of order %s has ended"),
		    "");
	else if (loss == WORKER_PUT_OFF)
		say(exec, task,
		    task->job ? _("order %s was put off: its program is killed; it is run again when it goes on")
			      : _("order %s was put off; it is run when it goes on"),
		    "");
	task_free(exec, task);
}

static void on_gone_on(struct worker *worker, struct worker_order *order, void *arg)
{
	(void)worker;
	task_new(arg, order, READY);
}

static void on_area_refused(struct worker *worker, uint32_t area, const struct pd_refused *refused, void *arg)
{
	struct exec *exec = arg;
	char why[CLI_REFUSAL_BYTES];
	(void)worker;
	cli_say(exec->cli, _("the broker does not let person %" PRIu32 " work for area %" PRIu32 ": %s"),
		exec->post.person->id, area, cli_refusal(refused, why));
	exec->over = CLI_USAGE;
}

static void on_link(struct worker *worker, enum pd_link link, const struct pd_message *message, void *arg)
{
	struct exec *exec = arg;
	(void)worker;
	shift_link(&exec->shift, link, message);
}

static void on_follow_refused(struct worker *worker, const struct pd_refused *refused, void *arg)
{
	struct exec *exec = arg;
	char why[CLI_REFUSAL_BYTES];
	(void)worker;
	cli_say(exec->cli, _("the broker refuses to tell what happens: %s"), cli_refusal(refused, why));
	exec->over = CLI_REFUSED;
}

static const struct worker_handler handler = {
	.offered = on_offered,
	.done = on_done,
	.refused = on_refused,
	.gone_on = on_gone_on,
	.lost = on_lost,
	.area_refused = on_area_refused,
	.follow_refused = on_follow_refused,
	.link = on_link,
};

/* ---- the loop ---- */

static void take_due(struct exec *exec)
{
	struct agenda_entry *entry;
	uint64_t now_ms = agenda_now_ms();
	while ((entry = agenda_due(&exec->agenda, now_ms))) {
		struct task *task = (struct task *)entry;
		switch (task->stage) {
		case RUNNING:
			task->timed_out |= !task->cut_short;
			end_job(exec, task);
			break;
		case RESTING: set_stage(exec, task, READY); break;
		case REPORTING: report(exec, task); break;
		default: break; /* TAKING: fill_places accepts again */
		}
	}
}

/* Wait for the broker, signals, timers and the programs' pipes, and deal with what has come. */
static enum pd_err wait_and_deal(struct exec *exec, int most_ms)
{
	struct pollfd fds[JOBS_MAX * JOB_FDS];
	nfds_t counts[JOBS_MAX], count = 0, running = 0;
	struct task *polled[JOBS_MAX];
	for (struct task *task = TAILQ_FIRST(&exec->tasks); task; task = TAILQ_NEXT(task, next)) {
		if (!task->job)
			continue;
		polled[running] = task;
		counts[running] = job_poll(task->job, fds + count);
		count += counts[running++];
	}
	/* The pipes are dealt with before anything can end a task. */
	enum pd_err err = shift_poll(&exec->shift, worker_client(exec->worker),
				     agenda_wait_ms(&exec->agenda, agenda_now_ms(), most_ms), fds, count);
	for (nfds_t i = 0, at = 0; i < running; at += counts[i++])
		job_io(polled[i]->job, fds + at, counts[i]);
	if (!err)
		err = worker_step(exec->worker, 0);
	if (exec->shift.children)
		reap(exec);
	take_due(exec);
	return err;
}

static enum pd_err work(struct exec *exec)
{
	enum pd_err err = fill_places(exec);
	while (!err && !exec->shift.stops && !exec->over) {
		err = wait_and_deal(exec, 60 * 1000);
		if (!err)
			err = fill_places(exec);
	}
	return err;
}

static void end_all_jobs(struct exec *exec)
{
	for (struct task *task = TAILQ_FIRST(&exec->tasks); task; task = TAILQ_NEXT(task, next)) {
		if (!task->job)
			continue;
		task->cut_short = true;
		end_job(exec, task);
	}
}

/* What runs gets its time, and is then ended; each further signal shortens it. */
static enum pd_err wind_up(struct exec *exec)
{
	uint64_t end_ms = agenda_now_ms() + (uint64_t)(exec->grace_s * 1000);
	unsigned stops = exec->shift.stops;
	bool ended = false;
	enum pd_err err = PD_OK;
	worker_stop(exec->worker);
	while (!err && exec->counts[RUNNING]) {
		uint64_t now_ms = agenda_now_ms();
		if ((now_ms >= end_ms && !ended) || exec->shift.stops > stops) {
			end_all_jobs(exec);
			ended = true;
			stops = exec->shift.stops;
		}
		err = wait_and_deal(exec, ended ? KILL_MS : (int)(end_ms - now_ms));
	}
	if (!err)
		err = shift_settle(&exec->shift, worker_client(exec->worker), SETTLE_MS);
	return err;
}

/* ---- beginning and end ---- */

static int start(struct exec *exec, const char *as)
{
	int code = post_take(&exec->post, exec->roster, &exec->shift, exec->worker, exec->area, as);
	if (code || exec->shift.stops)
		return code;
	const struct roster_area *area = exec->post.area;
	const struct roster_person *person = exec->post.person;
	/* Events tell of orders that are taken away while the program runs. */
	if (pd_client_follow(worker_client(exec->worker), area->id, UINT64_MAX) ||
	    worker_join(exec->worker, area->id, person->id, 0) ||
	    post_adopt(&exec->shift, exec->worker, area->id, on_adopted, NULL))
		return cli_fail(exec->cli, CLI_SYSTEM, "%s", pd_client_why(worker_client(exec->worker)));
	printf(_("area %" PRIu32 " %s, as person %" PRIu32 " %s: %s for every order, %u at a time"), area->id,
	       area->name, person->id, person->name, exec->program[0], exec->jobs);
	if (exec->counts[READY])
		printf(_("; first again for %u accepted before"), exec->counts[READY]);
	printf("\n");
	fflush(stdout);
	return 0;
}

static void tell_end(const struct exec *exec)
{
	size_t left = worker_count(exec->worker, WORKER_IN_HAND);
	if (left)
		cli_say(exec->cli, _("%zu orders stay accepted; they are run when exec is started for the area again"),
			left);
}

static void exec_fini(struct exec *exec)
{
	struct task *task;
	while ((task = TAILQ_FIRST(&exec->tasks)))
		task_free(exec, task);
	worker_close(exec->worker);
	roster_free(exec->roster);
	agenda_fini(&exec->agenda);
	shift_end(&exec->shift);
}

static int run(struct exec *exec, const char *as)
{
	int code = post_open(&exec->shift, exec->cli, true, &exec->worker, &handler, exec);
	if (code)
		return code;
	exec->roster = roster_new();
	code = start(exec, as);
	if (code == 0 && (work(exec) || wind_up(exec)))
		code = cli_fail(exec->cli, CLI_SYSTEM, "%s", pd_client_why(worker_client(exec->worker)));
	if (code == 0) {
		tell_end(exec);
		code = (int)exec->over;
	}
	exec_fini(exec);
	return code;
}

/* ---- the command line ---- */

/* What stands behind "--", ended by null, cut off from argv; null when there is no "--". */
static char **behind_dashes(int *argc, char **argv)
{
	for (int i = 1; i < *argc; i++)
		if (strcmp(argv[i], "--") == 0) {
			*argc = i;
			return argv + i + 1;
		}
	return NULL;
}

int exec_main(struct cli *cli, int argc, char **argv)
{
	const char *as = NULL, *jobs_text = "1", *timeout_text = "600", *tries_text = "12", *grace_text = "10";
	const struct cli_option options[] = {
		{"as", "PERSON", N_("act as this person (id or name) instead of the area's leader"), &as, NULL},
		{"jobs", "N", N_("programs that run at a time, 1 to 64; default 1"), &jobs_text, NULL},
		{"timeout", "S", N_("seconds that PROGRAM may take, 0.1 to 86400; default 600"), &timeout_text, NULL},
		{"tries", "N", N_("runs for an order as long as PROGRAM exits with 75, 1 to 1000; default 12"),
		 &tries_text, NULL},
		{"grace", "S", N_("seconds that PROGRAM gets to end when we are stopped, 0 to 86400; default 10"),
		 &grace_text, NULL},
		{0},
	};
	struct exec exec = {.cli = cli, .tasks = TAILQ_HEAD_INITIALIZER(exec.tasks)};
	uint64_t jobs, tries;
	exec.program = behind_dashes(&argc, argv);
	if (cli_args(cli, argc, argv, options, &exec.area, 1, 1) < 0)
		return (int)cli->exit;
	if (!exec.program || !exec.program[0])
		return cli_fail(cli, CLI_USAGE, _("the program is missing; usage: %s %s %s"),
				program_invocation_short_name, cli->command->name, cli->command->usage);
	if (!cli_number("--jobs", jobs_text, 1, JOBS_MAX, &jobs) ||
	    !cli_real("--timeout", timeout_text, 0.1, 86400, &exec.timeout_s) ||
	    !cli_number("--tries", tries_text, 1, 1000, &tries) ||
	    !cli_real("--grace", grace_text, 0, 86400, &exec.grace_s))
		return CLI_USAGE;
	if (!job_program_exists(exec.program[0]))
		return cli_fail(cli, CLI_USAGE, _("%s cannot be run: %s"), exec.program[0], intl_error(errno));
	if (!job_prepare())
		return cli_fail(cli, CLI_SYSTEM, _("/dev/null: %s"), intl_error(errno));
	exec.jobs = (unsigned)jobs;
	exec.tries_max = (unsigned)tries;
	return run(&exec, as);
}
