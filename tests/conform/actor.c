#include "actor.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "values.h"

enum { ACTORS_MAX = 32 };

static struct actor *actors;
static struct sent *all_sent;

static int64_t now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- outcomes ---- */

__attribute__((format(printf, 2, 3))) static struct outcome said(enum outcome_kind kind, const char *format, ...)
{
	struct outcome outcome = {.kind = kind};
	va_list args;
	va_start(args, format);
	vsnprintf(outcome.why, sizeof outcome.why, format, args);
	va_end(args);
	return outcome;
}

static struct outcome gave(json_t *result)
{
	return (struct outcome){.kind = OUTCOME_GAVE, .result = result};
}

/* The outcome of what libpaidan's waiting calls return. */
static struct outcome of_error(const struct actor *actor, enum pd_err err)
{
	return said(err == PD_ETIMEDOUT ? OUTCOME_LATE : OUTCOME_INVALID, "%s", pd_client_why(actor->client));
}

static struct outcome of_answer(const struct pd_message *answer)
{
	struct outcome outcome = gave(values_of_message(answer));
	if (answer->type == PD_MSG_refused)
		outcome.kind = OUTCOME_REFUSED;
	return outcome;
}

void outcome_end(struct outcome *outcome)
{
	json_decref(outcome->result);
	outcome->result = NULL;
}

/* ---- what comes ---- */

static void on_event(struct pd_client *client, const struct pd_message *event, void *arg)
{
	(void)client;
	struct actor *actor = arg;
	json_array_append_new(actor->events, values_of_message(event));
}

static void on_push(struct pd_client *client, const struct pd_message *push, void *arg)
{
	(void)client;
	struct actor *actor = arg;
	json_array_append_new(actor->pushes, values_of_message(push));
}

static void on_link(struct pd_client *client, enum pd_link link, const struct pd_message *message, void *arg)
{
	(void)client;
	static const char *const words[] = {
		[PD_LINK_DOWN] = "down", [PD_LINK_UP] = "up", [PD_LINK_RESTARTED] = "restarted"};
	struct actor *actor = arg;
	json_array_append_new(actor->links, json_string(words[link]));
	actor->welcomed = link != PD_LINK_DOWN;
	json_decref(actor->refusal);
	actor->refusal = link == PD_LINK_DOWN && message ? values_of_message(message) : NULL;
}

void actor_step(int timeout_ms, int extra_fd)
{
	struct pollfd fds[ACTORS_MAX + 1] = {{.fd = extra_fd, .events = POLLIN}};
	nfds_t count = 1;
	for (struct actor *actor = actors; actor; actor = actor->next)
		if (count <= ACTORS_MAX)
			fds[count++] = (struct pollfd){.fd = pd_client_fd(actor->client), .events = POLLIN};
	poll(fds, count, timeout_ms);
	for (struct actor *actor = actors; actor; actor = actor->next)
		if (pd_client_step(actor->client, 0))
			values_die(pd_client_why(actor->client));
}

/* ---- opening and closing ---- */

struct actor *actor_find(const char *name)
{
	struct actor *actor = actors;
	while (actor && strcmp(actor->name, name) != 0)
		actor = actor->next;
	return actor;
}

static struct actor *actor_new(const char *name)
{
	struct actor *actor = calloc(1, sizeof *actor);
	if (!actor || !(actor->name = strdup(name)))
		values_die("no memory");
	actor->events = json_array();
	actor->pushes = json_array();
	actor->links = json_array();
	return actor;
}

void actor_close(struct actor *actor)
{
	struct actor **at = &actors;
	while (*at && *at != actor)
		at = &(*at)->next;
	if (*at)
		*at = actor->next;
	pd_client_close(actor->client);
	json_decref(actor->events);
	json_decref(actor->pushes);
	json_decref(actor->links);
	json_decref(actor->refusal);
	free(actor->name);
	free(actor);
}

struct outcome actor_open(struct actor **opened, const char *name, const struct pd_client_options *options,
			  int timeout_ms)
{
	struct actor *actor = actor_new(name);
	struct pd_client_options own = *options;
	struct outcome outcome = gave(NULL);
	const char *why = "";
	own.arg = actor;
	own.on_event = on_event;
	own.on_push = on_push;
	own.on_link = on_link;
	*opened = NULL;
	if (pd_client_open(&actor->client, &own, &why)) {
		outcome = said(OUTCOME_INVALID, "%s", why);
		actor_close(actor);
		return outcome;
	}
	actor->next = actors;
	actors = actor;
	for (int64_t until = now_ms() + timeout_ms; !actor->welcomed && !actor->refusal && now_ms() < until;)
		actor_step((int)(until - now_ms()), -1);
	if (actor->welcomed) {
		json_array_clear(actor->links);
		*opened = actor;
		return outcome;
	}
	if (actor->refusal)
		outcome = (struct outcome){.kind = OUTCOME_REFUSED, .result = json_incref(actor->refusal)};
	else
		outcome = said(OUTCOME_LATE, "no broker answers within %d ms", timeout_ms);
	actor_close(actor);
	return outcome;
}

static void sent_end(struct sent *sent)
{
	outcome_end(&sent->outcome);
	json_decref(sent->order);
	free(sent->label);
	free(sent);
}

void actor_end(void)
{
	while (actors)
		actor_close(actors);
	while (all_sent) {
		struct sent *sent = all_sent;
		all_sent = sent->next;
		sent_end(sent);
	}
}

/* ---- calls ---- */

static const struct pd_message_info *info_named(const char *name)
{
	size_t count;
	const struct pd_message_info *info = pd_messages(&count);
	for (size_t i = 0; i < count; i++)
		if (strcmp(info[i].name, name) == 0)
			return &info[i];
	return NULL;
}

/* A message by its name with these fields. False: *outcome says why it cannot be. A submit without an id gets one. */
static bool compose(struct actor *actor, struct pd_message *message, const char *name, const json_t *with,
		    struct outcome *outcome)
{
	const struct pd_message_info *info = info_named(name);
	if (!info) {
		*outcome = said(OUTCOME_INVALID, "there is no message %s", name);
		return false;
	}
	*message = (struct pd_message){.type = info->type};
	if (info->type == PD_MSG_submit)
		message->submit.order = pd_client_new_id(actor->client);
	*outcome = (struct outcome){.kind = OUTCOME_INVALID};
	return values_to_message(message, with, outcome->why, sizeof outcome->why);
}

/* The order that a command is about, as its answer gives it on; null: it is about none. */
static json_t *order_of(const struct pd_message *message)
{
	return message->type == PD_MSG_submit || pd_is_move(message->type) ? values_of_id(&message->submit.order)
									   : NULL;
}

static struct outcome with_order(struct outcome outcome, json_t *order)
{
	if (outcome.kind == OUTCOME_GAVE && order)
		json_object_set(outcome.result, "order", order);
	json_decref(order);
	return outcome;
}

static struct outcome command(struct actor *actor, const char *name, const json_t *with, int timeout_ms)
{
	struct pd_message message, answer;
	struct outcome outcome;
	if (!compose(actor, &message, name, with, &outcome))
		return outcome;
	enum pd_err err = pd_client_call(actor->client, &message, &answer, timeout_ms);
	return err ? of_error(actor, err) : with_order(of_answer(&answer), order_of(&message));
}

static void keep_row(struct pd_client *client, const struct pd_message *answer, bool last, void *arg)
{
	(void)client;
	if (!last)
		json_array_append_new(arg, values_of_message(answer));
}

/* One page of a query: its rows are appended, and *end is its last answer. */
static struct outcome page(struct actor *actor, struct pd_message *message, json_t *rows, struct pd_message *end,
			   int timeout_ms)
{
	enum pd_err err = pd_client_query(actor->client, message, keep_row, rows, end, timeout_ms);
	if (err)
		return of_error(actor, err);
	return end->type == PD_MSG_refused ? of_answer(end) : gave(NULL);
}

/* Lead a query on to the page after *end; false: there is none. A cursor is kept in the 64 bytes given. */
static bool turn_page(struct pd_message *message, const struct pd_message *end, char cursor[static 64])
{
	uint32_t after = end->end.after;
	if (!end->end.more)
		return false;
	switch (message->type) {
	case PD_MSG_list_orders:
		memcpy(cursor, end->end.cursor.data, end->end.cursor.bytes);
		message->list_orders.cursor = (struct pd_slice){cursor, end->end.cursor.bytes};
		return true;
	case PD_MSG_list_areas: message->list_areas.after = after; return true;
	case PD_MSG_list_people: message->list_people.after = after; return true;
	case PD_MSG_list_households: message->list_households.after = after; return true;
	default: return false;
	}
}

static struct outcome list(struct actor *actor, const char *call, const json_t *with, int timeout_ms)
{
	char name[40], cursor[64];
	struct pd_message message, end;
	struct outcome outcome;
	snprintf(name, sizeof name, "list_%s", call);
	if (!compose(actor, &message, name, with, &outcome))
		return outcome;
	json_t *rows = json_array();
	do
		outcome = page(actor, &message, rows, &end, timeout_ms);
	while (outcome.kind == OUTCOME_GAVE && turn_page(&message, &end, cursor));
	if (outcome.kind == OUTCOME_GAVE)
		outcome.result = rows;
	else
		json_decref(rows);
	return outcome;
}

/* The rows of get_order as one object: the order, and the events of its story, each from inside its past. */
static json_t *shown(json_t *rows, bool story)
{
	json_t *order = json_incref(json_array_get(rows, 0)), *events = json_array();
	for (size_t i = 1; i < json_array_size(rows); i++)
		json_array_append(events, json_object_get(json_array_get(rows, i), "event"));
	if (story)
		json_object_set(order, "story", events);
	json_decref(events);
	return order;
}

static struct outcome show(struct actor *actor, const json_t *with, int timeout_ms)
{
	struct pd_message message, end;
	struct outcome outcome;
	if (!compose(actor, &message, "get_order", with, &outcome))
		return outcome;
	json_t *rows = json_array();
	outcome = page(actor, &message, rows, &end, timeout_ms);
	if (outcome.kind == OUTCOME_GAVE)
		outcome.result = shown(rows, message.get_order.story);
	json_decref(rows);
	return outcome;
}

static struct outcome events(struct actor *actor, const json_t *with)
{
	const json_t *after_seq = json_object_get(with, "after_seq");
	uint64_t after = after_seq ? (uint64_t)json_integer_value(after_seq) : UINT64_MAX;
	uint32_t area = (uint32_t)json_integer_value(json_object_get(with, "area"));
	json_array_clear(actor->events);
	enum pd_err err = pd_client_follow(actor->client, area, after);
	return err ? of_error(actor, err) : gave(NULL);
}

/* Once this is answered it is told again to nobody: later answers come after later connections. */
static void on_work(struct pd_client *client, const struct pd_message *answer, bool last, void *arg)
{
	(void)client;
	(void)last;
	struct actor *actor = arg;
	if (answer->type == PD_MSG_refused) {
		json_decref(actor->refusal);
		actor->refusal = values_of_message(answer);
	}
	actor->welcomed = true;
}

static struct outcome work(struct actor *actor, const json_t *with, int timeout_ms)
{
	struct pd_message message;
	struct outcome outcome;
	if (!compose(actor, &message, "work", with, &outcome))
		return outcome;
	json_decref(actor->refusal);
	actor->refusal = NULL;
	actor->welcomed = false; /* until it is answered */
	enum pd_err err = pd_client_work(actor->client, message.work.area, message.work.credit, on_work, actor);
	if (err)
		return of_error(actor, err);
	for (int64_t until = now_ms() + timeout_ms; !actor->welcomed && now_ms() < until;)
		actor_step((int)(until - now_ms()), -1);
	if (!actor->welcomed)
		return said(OUTCOME_LATE, "work was not answered within %d ms", timeout_ms);
	if (actor->refusal)
		return (struct outcome){.kind = OUTCOME_REFUSED, .result = json_incref(actor->refusal)};
	return gave(NULL);
}

static bool is_list(const char *call)
{
	static const char *const lists[] = {"orders", "areas", "people", "households", "categories"};
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		if (strcmp(lists[i], call) == 0)
			return true;
	return false;
}

struct outcome actor_call(struct actor *actor, const char *call, const json_t *with, int timeout_ms)
{
	if (strcmp(call, "new_id") == 0) {
		struct pd_id id = pd_client_new_id(actor->client);
		return gave(values_of_id(&id));
	}
	if (strcmp(call, "show") == 0)
		return show(actor, with, timeout_ms);
	if (strcmp(call, "stats") == 0)
		return command(actor, "get_stats", with, timeout_ms);
	if (strcmp(call, "events") == 0)
		return events(actor, with);
	if (strcmp(call, "work") == 0)
		return work(actor, with, timeout_ms);
	return is_list(call) ? list(actor, call, with, timeout_ms) : command(actor, call, with, timeout_ms);
}

/* ---- without waiting ---- */

static void on_sent(struct pd_client *client, const struct pd_message *answer, bool last, void *arg)
{
	(void)client;
	struct sent *sent = arg;
	if (last)
		sent->outcome = with_order(of_answer(answer), json_incref(sent->order));
}

struct outcome actor_send(struct actor *actor, const char *label, const char *call, const json_t *with)
{
	struct pd_message message;
	struct outcome outcome;
	if (!compose(actor, &message, strcmp(call, "stats") == 0 ? "get_stats" : call, with, &outcome))
		return outcome;
	struct sent *sent = calloc(1, sizeof *sent);
	if (!sent || !(sent->label = strdup(label)))
		values_die("no memory");
	sent->order = order_of(&message);
	enum pd_err err = pd_client_send(actor->client, &message, on_sent, sent);
	if (err) {
		sent_end(sent);
		return of_error(actor, err);
	}
	pd_client_flush(actor->client);
	sent->next = all_sent;
	all_sent = sent;
	return (struct outcome){.kind = OUTCOME_PENDING};
}

struct outcome actor_answer(const char *label, int timeout_ms)
{
	struct sent *sent = all_sent;
	while (sent && strcmp(sent->label, label) != 0)
		sent = sent->next;
	if (!sent)
		return said(OUTCOME_INVALID, "nothing was sent as %s", label);
	for (int64_t until = now_ms() + timeout_ms; sent->outcome.kind == OUTCOME_PENDING && now_ms() < until;)
		actor_step((int)(until - now_ms()), -1);
	if (sent->outcome.kind == OUTCOME_PENDING)
		return said(OUTCOME_LATE, "%s was not answered within %d ms", label, timeout_ms);
	struct outcome outcome = sent->outcome;
	json_incref(outcome.result);
	return outcome;
}
