#include "shift.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "agenda.h"
#include "intl.h"

enum { SILENT_MS = 2000, MORE_MAX = 256 };

static void signal_set(sigset_t *set, bool children)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGHUP);
	if (children)
		sigaddset(set, SIGCHLD);
}

enum pd_err shift_begin(struct shift *shift, const struct cli *cli, bool children)
{
	sigset_t set;
	*shift = (struct shift){.cli = cli, .down_ms = agenda_now_ms()};
	signal_set(&set, children);
	signal(SIGPIPE, SIG_IGN);
	shift->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (shift->signals < 0)
		return PD_ESYS;
	if (sigprocmask(SIG_BLOCK, &set, NULL) == 0)
		return PD_OK;
	close(shift->signals);
	return PD_ESYS;
}

void shift_end(struct shift *shift)
{
	close(shift->signals);
}

static void say_down(struct shift *shift)
{
	if (shift->said_down)
		return;
	shift->said_down = true;
	cli_say(shift->cli, _("no paidand answers at %s; trying on"), cli_endpoint(shift->cli));
}

static void say_refused(struct shift *shift, const struct pd_refused *refused)
{
	char why[CLI_REFUSAL_BYTES];
	if (shift->said_refused != refused->code)
		cli_say(shift->cli, _("paidand at %s refuses us: %s; trying on"), cli_endpoint(shift->cli),
			cli_refusal(refused, why));
	shift->said_refused = refused->code;
	shift->said_down = true;
}

void shift_link(struct shift *shift, enum pd_link link, const struct pd_message *message)
{
	bool was_up = shift->up;
	shift->up = link != PD_LINK_DOWN;
	if (was_up)
		shift->down_ms = agenda_now_ms();
	if (shift->up) {
		if (shift->said_down)
			cli_say(shift->cli, _("paidand answers at %s"), cli_endpoint(shift->cli));
		shift->said_down = false;
		shift->said_refused = 0;
	} else if (message) {
		say_refused(shift, &message->refused);
	} else if (was_up) {
		say_down(shift);
	}
}

static void read_signals(struct shift *shift)
{
	struct signalfd_siginfo info;
	while (read(shift->signals, &info, sizeof info) == sizeof info) {
		if (info.ssi_signo == SIGCHLD)
			shift->children = true;
		else
			shift->stops++;
	}
}

enum pd_err shift_poll(struct shift *shift, struct pd_client *client, int timeout_ms, struct pollfd *more, nfds_t count)
{
	struct pollfd fds[2 + MORE_MAX] = {
		{.fd = pd_client_fd(client), .events = POLLIN},
		{.fd = shift->signals, .events = POLLIN},
	};
	assert(count <= MORE_MAX);
	for (nfds_t i = 0; i < count; i++)
		fds[2 + i] = more[i];
	pd_client_flush(client);
	if (poll(fds, 2 + count, timeout_ms) < 0 && errno != EINTR)
		return PD_ESYS;
	for (nfds_t i = 0; i < count; i++)
		more[i].revents = fds[2 + i].revents;
	read_signals(shift);
	return PD_OK;
}

enum pd_err shift_wait(struct shift *shift, struct pd_client *client, int timeout_ms, struct pollfd *more, nfds_t count)
{
	enum pd_err err = shift_poll(shift, client, timeout_ms, more, count);
	return err ? err : pd_client_step(client, 0);
}

int shift_patience_ms(const struct shift *shift)
{
	uint64_t now_ms = agenda_now_ms(), end_ms = shift->down_ms + (uint64_t)shift->patience_ms;
	if (shift->up || shift->patience_ms == 0)
		return -1;
	return end_ms > now_ms ? (int)(end_ms - now_ms) : 0;
}

enum pd_err shift_until_up(struct shift *shift, struct pd_client *client)
{
	uint64_t said_ms = agenda_now_ms() + SILENT_MS;
	while (!shift->up && !shift->stops) {
		int patience_ms = shift_patience_ms(shift), most_ms = shift->said_down ? -1 : SILENT_MS;
		if (patience_ms >= 0 && (most_ms < 0 || patience_ms < most_ms))
			most_ms = patience_ms;
		enum pd_err err = shift_wait(shift, client, most_ms, NULL, 0);
		if (err)
			return err;
		if (shift_patience_ms(shift) == 0)
			return PD_ETIMEDOUT;
		if (!shift->up && agenda_now_ms() >= said_ms)
			say_down(shift);
	}
	return PD_OK;
}

enum pd_err shift_settle(struct shift *shift, struct pd_client *client, int timeout_ms)
{
	uint64_t end_ms = agenda_now_ms() + (uint64_t)timeout_ms;
	unsigned stops = shift->stops;
	while (pd_client_pending(client) > 0 && shift->up && shift->stops == stops) {
		uint64_t now_ms = agenda_now_ms();
		if (now_ms >= end_ms)
			break;
		enum pd_err err = shift_wait(shift, client, (int)(end_ms - now_ms), NULL, 0);
		if (err)
			return err;
	}
	return PD_OK;
}
