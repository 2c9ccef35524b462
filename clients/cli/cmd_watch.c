/* cmd_watch.c - paidan watch: what happens in an area, or to a person's orders, as it happens. */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "cli.h"
#include "intl.h"
#include "names.h"
#include "print.h"
#include "tell.h"

enum { SHOW_BYTES_MAX = 1024 * 1024 };

struct watch {
	struct cli *cli;
	struct pd_client *client;
	struct pd_decoder *decoder;
	struct pd_buffer events; /* whole messages: a callback cannot look names up */
	int signals;
	bool lost;    /* stderr has been told so */
	bool refused; /* there is nothing more to come, and stderr has been told why */
};

static void on_event(struct pd_client *client, const struct pd_message *event, void *arg)
{
	struct watch *watch = arg;
	(void)client;
	pd_encode(event, &watch->events);
}

static void on_push(struct pd_client *client, const struct pd_message *push, void *arg)
{
	struct watch *watch = arg;
	(void)client;
	if (push->type == PD_MSG_moved)
		pd_buffer_add(&watch->events, push->moved.event.data, push->moved.event.bytes);
}

static void on_link(struct pd_client *client, enum pd_link link, const struct pd_message *message, void *arg)
{
	struct watch *watch = arg;
	(void)client;
	(void)message;
	if (link == PD_LINK_DOWN && !watch->lost)
		cli_say(watch->cli, _("the connection is lost; trying again"));
	else if (link == PD_LINK_RESTARTED && watch->lost)
		cli_say(watch->cli, _("connected again; paidand was restarted"));
	else if (link != PD_LINK_DOWN && watch->lost)
		cli_say(watch->cli, _("connected again"));
	watch->lost = link == PD_LINK_DOWN;
}

static void on_follow_refused(struct pd_client *client, const struct pd_message *message, void *arg)
{
	struct watch *watch = arg;
	char why[CLI_REFUSAL_BYTES];
	(void)client;
	cli_say(watch->cli, _("the broker refuses to tell what happens: %s"), cli_refusal(&message->refused, why));
	watch->refused = true;
}

static void show(struct watch *watch, const struct pd_message *event)
{
	struct json json;
	if (!watch->cli->json) {
		tell_event(watch->cli, watch->client, event, TELL_WATCH, 0);
		return;
	}
	json_init(&json, stdout);
	tell_json(&json, NULL, watch->cli, watch->client, event);
}

/* Call fn for each event of bytes. */
static void for_each(struct watch *watch, const struct pd_buffer *bytes,
		     void (*fn)(struct watch *watch, const struct pd_message *event))
{
	struct pd_message event;
	struct pd_fault fault;
	for (size_t off = 0; off < bytes->count;) {
		enum pd_err err = pd_decode(watch->decoder, bytes->data, bytes->count, &off, &event, &fault);
		if (!err)
			fn(watch, &event);
		pd_decoder_reset(watch->decoder);
		if (err && fault.lost)
			return;
	}
}

static void want_names(struct watch *watch, const struct pd_message *event)
{
	names_learn(watch->cli->names, event);
	names_want_all(watch->cli, watch->client, event);
}

/* While names are looked up, further events come: they are for the next round. */
static void show_events(struct watch *watch)
{
	struct pd_buffer events = watch->events;
	if (events.count == 0)
		return;
	watch->events = (struct pd_buffer){0};
	for_each(watch, &events, want_names);
	names_settle(watch->cli, watch->client);
	for_each(watch, &events, show);
	fflush(stdout);
	pd_buffer_fini(&events);
}

/* SIGINT and SIGTERM come as something to read, so that none is missed between looking and waiting. */
static int open_signals(void)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	if (sigprocmask(SIG_BLOCK, &set, NULL))
		return -1;
	return signalfd(-1, &set, SFD_CLOEXEC);
}

static int loop(struct watch *watch)
{
	struct pollfd fds[] = {{watch->signals, POLLIN, 0}, {pd_client_fd(watch->client), POLLIN, 0}};
	for (;;) {
		/* What is shown late is still in the journal: a slow terminal holds up the reading, not the broker. */
		while (watch->events.count < SHOW_BYTES_MAX && poll(&fds[1], 1, 0) > 0)
			if (pd_client_step(watch->client, 0))
				return cli_fail(watch->cli, CLI_SYSTEM, "%s", pd_client_why(watch->client));
		show_events(watch);
		if (ferror(stdout))
			return CLI_SYSTEM; /* main says so */
		if (watch->refused)
			return CLI_REFUSED;
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return cli_fail(watch->cli, CLI_SYSTEM, _("poll: %s"), intl_error(errno));
		if (fds[0].revents)
			return CLI_OK;
	}
}

/* Nothing would ever be told of a past that has not been. */
static int check_since(struct watch *watch, uint64_t since)
{
	struct pd_message query = {.type = PD_MSG_get_stats, .get_stats = {.orders_only = true}}, answer;
	int code = cli_call(watch->cli, watch->client, &query, &answer);
	if (code == CLI_OK && since > answer.stats.seq)
		return cli_fail(watch->cli, CLI_USAGE, _("--since %" PRIu64 ": the last event is %" PRIu64), since,
				answer.stats.seq);
	return code;
}

static int follow(struct watch *watch, const char *area_text, uint64_t since)
{
	uint32_t area = 0;
	int code = area_text ? names_find_area(watch->cli, watch->client, area_text, &area) : CLI_OK;
	if (code == CLI_OK && since != UINT64_MAX)
		code = check_since(watch, since);
	if (code != CLI_OK)
		return code;
	if (pd_client_follow(watch->client, area, since))
		return cli_fail(watch->cli, CLI_SYSTEM, "%s", pd_client_why(watch->client));
	return loop(watch);
}

int cmd_watch(struct cli *cli, int argc, char **argv)
{
	const char *area = NULL, *since_text = NULL;
	bool mine = false;
	uint64_t since = UINT64_MAX;
	const struct cli_option options[] = {
		{"since", "SEQ", N_("begin after this event of the past (0: with the first); otherwise now"),
		 &since_text, NULL},
		{"mine", NULL, N_("of the orders that --as PERSON has asked for or follows, instead of an area's"),
		 NULL, &mine},
		{0},
	};
	struct watch watch = {.cli = cli};
	struct pd_client_options callbacks = {.arg = &watch,
					      .on_push = on_push,
					      .on_event = on_event,
					      .on_link = on_link,
					      .on_follow_refused = on_follow_refused};
	if (cli_args(cli, argc, argv, options, &area, 0, 1) < 0)
		return (int)cli->exit;
	if (since_text && !cli_number("--since", since_text, 0, UINT64_MAX - 1, &since))
		return CLI_USAGE;
	if (mine && (area || since_text))
		return cli_fail(cli, CLI_USAGE, _("--mine: name neither AREA nor --since"));
	if (mine && !cli->person)
		return cli_fail(cli, CLI_USAGE, _("--mine: whose? --as PERSON"));
	callbacks.listen = mine;
	callbacks.person = mine ? cli->person : 0;
	watch.signals = open_signals();
	if (watch.signals < 0)
		return cli_fail(cli, CLI_SYSTEM, _("signals: %s"), intl_error(errno));
	enum pd_err err = cli_open_with(cli, &callbacks, &watch.client);
	int code = (int)cli_exit_of(err);
	if (!err) {
		watch.decoder = pd_decoder_new_client();
		code = mine ? loop(&watch) : follow(&watch, area, since);
		pd_client_close(watch.client);
		pd_decoder_free(watch.decoder);
		pd_buffer_fini(&watch.events);
	}
	close(watch.signals);
	return code;
}
