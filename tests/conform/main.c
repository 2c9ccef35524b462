/* main.c - paidan-conform: hold a scenario of the conformance script through libpaidan. README.md has the form. */
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "actor.h"
#include "values.h"

static struct {
	const char *connect, *subscribe;
	json_t *variables;
	size_t number;      /* of the step; 0: before the first */
	const json_t *step; /* may be null */
	int bound_ms;
} run;

__attribute__((format(printf, 1, 2))) static _Noreturn void fail(const char *format, ...)
{
	const char *why = json_string_value(json_object_get(run.step, "why"));
	va_list args;
	va_start(args, format);
	printf("failed %zu: ", run.number);
	vprintf(format, args);
	va_end(args);
	if (why)
		printf(" (%s)", why);
	putchar('\n');
	exit(1);
}

_Noreturn void values_die(const char *why)
{
	fail("%s", why);
}

static const char *text(const json_t *step, const char *key)
{
	const char *found = json_string_value(json_object_get(step, key));
	if (!found)
		fail("the step has no text \"%s\"", key);
	return found;
}

static int number(const json_t *step, const char *key, int otherwise)
{
	const json_t *found = json_object_get(step, key);
	return found ? (int)json_integer_value(found) : otherwise;
}

static struct actor *who(const json_t *step)
{
	struct actor *actor = actor_find(text(step, "client"));
	if (!actor)
		fail("there is no client %s", text(step, "client"));
	return actor;
}

/* ---- what is expected of a call ---- */

static void like(const json_t *got, const json_t *pattern)
{
	char why[1000];
	if (!values_like(run.variables, got, pattern, why, sizeof why))
		fail("%s", why);
}

static _Noreturn void unexpected(const struct outcome *outcome)
{
	char *result = json_dumps(outcome->result, JSON_ENCODE_ANY);
	switch (outcome->kind) {
	case OUTCOME_PENDING:
	case OUTCOME_GAVE: fail("expected a failure, and it succeeded with %.400s", result ? result : "nothing");
	case OUTCOME_REFUSED: fail("it was refused: %.600s", result);
	case OUTCOME_INVALID:
	case OUTCOME_LATE: break;
	}
	fail("the client says: %s", outcome->why);
}

/* Look at an outcome, and end it. */
static void expect(const json_t *step, struct outcome outcome)
{
	const json_t *gives = json_object_get(step, "gives");
	const char *refused = json_string_value(json_object_get(step, "refused"));
	const char *invalid = json_string_value(json_object_get(step, "invalid"));
	bool expected = false;
	if (refused)
		expected = outcome.kind == OUTCOME_REFUSED &&
			   strcmp(refused, json_string_value(json_object_get(outcome.result, "name"))) == 0;
	else if (invalid)
		expected = outcome.kind == OUTCOME_INVALID && strstr(outcome.why, invalid);
	else if (json_object_get(step, "timeout"))
		expected = outcome.kind == OUTCOME_LATE;
	else
		expected = outcome.kind == OUTCOME_GAVE;
	if (!expected)
		unexpected(&outcome);
	if (gives)
		like(outcome.result, gives);
	outcome_end(&outcome);
}

/* ---- steps ---- */

static void step_open(const json_t *step)
{
	struct actor *actor;
	json_t *person = values_make(run.variables, json_object_get(step, "person"));
	struct pd_client_options options = {
		.connect = run.connect,
		.subscribe = run.subscribe,
		.name = "paidan-conform " PAIDAN_VERSION,
		.person = (uint32_t)json_integer_value(person),
		.resend_ms = (uint32_t)number(step, "resend_ms", 0),
	};
	json_decref(person);
	expect(step, actor_open(&actor, text(step, "open"), &options, number(step, "timeout_ms", run.bound_ms)));
}

static void step_close(const json_t *step)
{
	struct actor *actor = actor_find(text(step, "close"));
	if (!actor)
		fail("there is no client %s", text(step, "close"));
	actor_close(actor);
}

static json_t *with_of(const json_t *step)
{
	const json_t *with = json_object_get(step, "with");
	return with ? values_make(run.variables, with) : json_object();
}

static void step_call(const json_t *step)
{
	json_t *with = with_of(step);
	int timeout_ms = number(step, "timeout_ms", run.bound_ms);
	expect(step, actor_call(who(step), text(step, "call"), with, timeout_ms));
	json_decref(with);
}

static void step_send(const json_t *step)
{
	json_t *with = with_of(step);
	struct outcome outcome = actor_send(who(step), text(step, "as"), text(step, "send"), with);
	json_decref(with);
	if (outcome.kind != OUTCOME_PENDING)
		unexpected(&outcome);
}

static void step_answer(const json_t *step)
{
	who(step);
	expect(step, actor_answer(text(step, "answer"), run.bound_ms));
}

static int64_t now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* The first element of an array to which things come; it is waited for. New reference. */
static json_t *take(json_t *came, const char *what)
{
	for (int64_t until = now_ms() + run.bound_ms; json_array_size(came) == 0;) {
		if (now_ms() >= until)
			fail("waited %d ms for %s", run.bound_ms, what);
		actor_step((int)(until - now_ms()), -1);
	}
	json_t *first = json_incref(json_array_get(came, 0));
	json_array_remove(came, 0);
	return first;
}

static void step_event(const json_t *step)
{
	json_t *event = take(who(step)->events, "an event");
	like(event, json_object_get(step, "event"));
	json_decref(event);
}

static void step_push(const json_t *step)
{
	json_t *push = take(who(step)->pushes, "a push");
	like(push, json_object_get(step, "push"));
	json_decref(push);
}

static void step_link(const json_t *step)
{
	bool found = false;
	while (!found) {
		json_t *word = take(who(step)->links, "news of the connection");
		found = json_equal(word, json_object_get(step, "link"));
		json_decref(word);
	}
}

/* The clients go on meanwhile: a line of the driver is read when there is one. */
static void step_driver(const json_t *step)
{
	char line[100];
	printf("do %s\n", text(step, "driver"));
	fflush(stdout);
	setvbuf(stdin, NULL, _IONBF, 0);
	while (true) {
		struct pollfd in = {.fd = 0, .events = POLLIN};
		if (poll(&in, 1, 0) > 0)
			break;
		actor_step(1000, 0);
	}
	if (!fgets(line, sizeof line, stdin) || strcmp(line, "done\n") != 0)
		fail("the driver could not %s", text(step, "driver"));
}

static void step(const json_t *step)
{
	static const struct {
		const char *key;
		void (*fn)(const json_t *step);
	} steps[] = {
		{"open", step_open}, {"close", step_close},   {"call", step_call},
		{"send", step_send}, {"answer", step_answer}, {"event", step_event},
		{"push", step_push}, {"link", step_link},     {"driver", step_driver},
	};
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
		if (json_object_get(step, steps[i].key)) {
			steps[i].fn(step);
			actor_step(0, -1);
			return;
		}
	fail("it is no step");
}

static void hold(const json_t *scenario)
{
	const json_t *clients = json_object_get(scenario, "clients"), *steps = json_object_get(scenario, "steps");
	for (void *at = values_first(clients); at; at = values_after(clients, at)) {
		json_t *open =
			json_pack("{s:s, s:O}", "open", json_object_iter_key(at), "person", json_object_iter_value(at));
		step_open(open);
		json_decref(open);
	}
	for (size_t i = 0; i < json_array_size(steps); i++) {
		run.number = i + 1;
		run.step = json_array_get(steps, i);
		step(run.step);
	}
}

int main(int argc, char **argv)
{
	const char *bound_s = getenv("CONFORM_BOUND_S");
	json_error_t error;
	if (argc != 4) {
		fprintf(stderr, "usage: paidan-conform SCENARIO.json CONNECT SUBSCRIBE\n");
		return 100;
	}
	json_t *scenario = json_load_file(argv[1], JSON_ALLOW_NUL, &error);
	if (!scenario) {
		fprintf(stderr, "paidan-conform: %s:%d: %s\n", argv[1], error.line, error.text);
		return 100;
	}
	run.connect = argv[2];
	run.subscribe = argv[3];
	run.variables = json_object();
	run.bound_ms = (int)((bound_s ? strtod(bound_s, NULL) : 30) * 1000);
	hold(scenario);
	actor_end();
	json_decref(run.variables);
	json_decref(scenario);
	return 0;
}
