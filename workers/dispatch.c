#include "dispatch.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <sysexits.h>

#include "intl.h"
#include "json.h"

enum { RESULT_CHARS_MAX = 4000, HAND_UP_CODE_MAX = 63, BACKOFF_S_MAX = 300 };

/* ---- JSON ---- */

static void json_name(struct json *json, const char *key, const char *name)
{
	if (name)
		json_string(json, key, name);
	else
		json_null(json, key);
}

static void json_degrees(struct json *json, const char *key, bool given, int32_t e7)
{
	if (given)
		json_real(json, key, e7 / 1e7, 7);
	else
		json_null(json, key);
}

static void put_order(struct json *json, const struct worker_order *order, const struct dispatch_names *names)
{
	const struct pd_submitted *submitted = &order->submitted;
	bool placed = submitted->lon_e7 || submitted->lat_e7;
	json_object(json, NULL);
	json_id(json, "order", &order->id);
	json_number(json, "version", order->version);
	json_number(json, "attempt", order->attempt);
	json_number(json, "area", order->holder);
	json_name(json, "area_name", names->area);
	json_number(json, "person", order->actor);
	json_number(json, "category", submitted->category);
	json_name(json, "category_name", names->category);
	json_string(json, "urgency", pd_word("urgency", submitted->urgency));
	json_text(json, "text", submitted->text);
	json_text(json, "place", submitted->place);
	json_number(json, "household", submitted->household);
	json_name(json, "address", names->address);
	json_degrees(json, "lon", placed, submitted->lon_e7);
	json_degrees(json, "lat", placed, submitted->lat_e7);
	json_number(json, "requester", submitted->requester);
	json_number(json, "from_area", submitted->area);
	json_number(json, "submitted_ms", submitted->time_ms);
	json_end(json);
}

void dispatch_json(struct pd_buffer *out, const struct worker_order *order, const struct dispatch_names *names)
{
	struct json json;
	char *text;
	size_t bytes;
	FILE *memory = open_memstream(&text, &bytes);
	if (!memory)
		abort();
	json_init(&json, memory);
	put_order(&json, order, names);
	if (fclose(memory))
		abort();
	pd_buffer_add(out, text, bytes);
	free(text);
}

/* ---- environment ---- */

enum { VARIABLES = 9 };

static void set_variables(char *variables[static VARIABLES], const struct worker_order *order)
{
	const struct pd_submitted *submitted = &order->submitted;
	char id[PD_ID_TEXT_BYTES];
	variables[0] = text_new("PAIDAN_ORDER=%s", pd_id_print(&order->id, id));
	variables[1] = text_new("PAIDAN_VERSION=%" PRIu32, order->version);
	variables[2] = text_new("PAIDAN_ATTEMPT=%u", order->attempt);
	variables[3] = text_new("PAIDAN_AREA=%" PRIu32, order->holder);
	variables[4] = text_new("PAIDAN_PERSON=%" PRIu32, order->actor);
	variables[5] = text_new("PAIDAN_CATEGORY=%" PRIu32, submitted->category);
	variables[6] = text_new("PAIDAN_URGENCY=%s", pd_word("urgency", submitted->urgency));
	variables[7] = text_new("PAIDAN_HOUSEHOLD=%" PRIu32, submitted->household);
	variables[8] = text_new("PAIDAN_REQUESTER=%" PRIu32, submitted->requester);
}

static bool is_replaced(const char *old, char *const variables[static VARIABLES])
{
	for (int i = 0; i < VARIABLES; i++) {
		size_t name_bytes = (size_t)(strchr(variables[i], '=') - variables[i]) + 1;
		if (strncmp(old, variables[i], name_bytes) == 0)
			return true;
	}
	return false;
}

char **dispatch_environment(char *const environment[], const struct worker_order *order)
{
	size_t count = 0, kept = VARIABLES;
	while (environment[count])
		count++;
	char **made = calloc(count + VARIABLES + 1, sizeof *made);
	if (!made)
		abort();
	set_variables(made, order);
	for (size_t i = 0; i < count; i++)
		if (!is_replaced(environment[i], made))
			made[kept++] = text_new("%s", environment[i]);
	return made;
}

void dispatch_environment_free(char **environment)
{
	for (size_t i = 0; environment[i]; i++)
		free(environment[i]);
	free(environment);
}

/* ---- the program's end ---- */

enum dispatch_verdict dispatch_verdict(int status, bool timed_out)
{
	if (timed_out || !WIFEXITED(status))
		return DISPATCH_BROKEN;
	int code = WEXITSTATUS(status);
	if (code == 0)
		return DISPATCH_DONE;
	if (code == EX_TEMPFAIL)
		return DISPATCH_AGAIN;
	return code <= HAND_UP_CODE_MAX ? DISPATCH_HAND_UP : DISPATCH_BROKEN;
}

void dispatch_result(struct pd_buffer *out, struct pd_slice output)
{
	size_t before = out->count;
	text_tidy(out, output.data, output.bytes, RESULT_CHARS_MAX);
	if (out->count == before)
		text_print(out, "%s", _("done"));
}

static void add_end(struct pd_buffer *out, const char *program, int status, bool timed_out)
{
	const char *slash = strrchr(program, '/');
	const char *name = slash && slash[1] ? slash + 1 : program;
	if (timed_out)
		text_print(out, _("%s took too long"), name);
	else if (WIFEXITED(status))
		text_print(out, _("%s ended with code %d"), name, WEXITSTATUS(status));
	else
		text_print(out, _("%s was ended by signal %d (%s)"), name, WTERMSIG(status),
			   strsignal(WTERMSIG(status)));
}

void dispatch_reason(struct pd_buffer *out, const char *program, int status, bool timed_out, struct pd_slice errors,
		     size_t chars_max)
{
	struct pd_buffer reason = {0};
	/* A program that says why has said all; otherwise the reader should know what became of it. */
	text_tidy_end(&reason, errors.data, errors.bytes, chars_max);
	if (reason.count == 0 || dispatch_verdict(status, timed_out) == DISPATCH_BROKEN) {
		struct pd_buffer end = {0};
		add_end(&end, program, status, timed_out);
		if (reason.count)
			text_print(&end, "%s", _(": "));
		pd_buffer_add(&end, reason.data, reason.count);
		reason.count = 0;
		text_tidy(&reason, end.data, end.count, chars_max);
		pd_buffer_fini(&end);
	}
	pd_buffer_add(out, reason.data, reason.count);
	pd_buffer_fini(&reason);
}

uint64_t dispatch_backoff_ms(unsigned tries)
{
	uint64_t seconds = tries < 10 ? UINT64_C(1) << (tries ? tries - 1 : 0) : BACKOFF_S_MAX;
	return 1000 * (seconds < BACKOFF_S_MAX ? seconds : BACKOFF_S_MAX);
}
