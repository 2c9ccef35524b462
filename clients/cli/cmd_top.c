/* cmd_top.c - paidan top: a district at work, live on a full screen.
 *
 * One loop over three descriptors: signals, the client's, the keyboard. What comes goes into the model, keys change it,
 * and from it the screen is drawn anew, a few times a second at most.
 */
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "cli.h"
#include "intl.h"
#include "names.h"
#include "print.h"
#include "top_model.h"
#include "top_opening.h"
#include "top_screen.h"
#include "top_terminal.h"

enum {
	DRAW_MS = 400,    /* no two pictures within less, but after a key */
	GATHER_MS = 50,   /* what comes in this time is dealt with together */
	SECOND_MS = 1000, /* the clock goes on, ages grow */
	AWAY_MS = 5000,   /* after so long (stopped, asleep) figures may have been lost */
	PAGE_AREAS = 500,
	ASKED_MAX =
		32, /* areas whose figures are asked for at a time; the broker refuses those who ask for much at once */
	PAST_EVENTS = 500 /* of the past, that the newest events do not begin with nothing */
};

struct top {
	struct cli *cli;
	struct pd_client *client;
	struct top_model *model;
	struct top_view view;
	struct top_screen *screen;
	struct top_notice notice;
	struct top_opening opening;
	char trouble[400];
	int signals;
	unsigned unanswered;     /* of the questions of ask_all */
	struct pd_buffer to_ask; /* ids of areas whose figures are still to be asked for, the last one first */
	bool again;              /* ask all once more when they are answered */
	bool settled;            /* all areas have been learnt once */
	bool stale;              /* there is something new to draw */
	bool down;               /* there is no connection */
	bool refused;            /* the broker does not let us follow; trouble says why */
	bool leave;
	uint64_t drawn_ms, gathered_ms, total_ms; /* when it was last done; total: the figures of everything */
};

/* ---- asking for everything: at the start, after a lost connection, after having been away ---- */

static void ask(struct top *top, struct pd_message *message, pd_answer_fn *fn)
{
	if (pd_client_send(top->client, message, fn, top) == PD_OK)
		top->unanswered++;
}

/* The broker has too much to do: ask again. */
static bool is_put_off(const struct pd_message *answer)
{
	return answer->type == PD_MSG_refused && answer->refused.code == PD_REFUSED_busy;
}

static void ask_figures(struct top *top);

static void on_figures(struct pd_client *client, const struct pd_message *answer, bool last, void *arg)
{
	struct top *top = arg;
	(void)client;
	top->unanswered -= last;
	top->stale = true;
	if (answer->type == PD_MSG_stats)
		top_model_stats(top->model, &answer->stats, false);
	top->again |= is_put_off(answer);
	ask_figures(top);
}

static void ask_figures_of(struct top *top, uint32_t area)
{
	struct pd_message message = {.type = PD_MSG_get_stats, .get_stats = {.area = area, .orders_only = true}};
	ask(top, &message, on_figures);
}

static void ask_figures(struct top *top)
{
	uint32_t area;
	while (top->to_ask.count && top->unanswered < ASKED_MAX) {
		top->to_ask.count -= sizeof area;
		memcpy(&area, top->to_ask.data + top->to_ask.count, sizeof area);
		ask_figures_of(top, area);
	}
}

static void note_area(uint32_t area, void *arg)
{
	struct top *top = arg;
	pd_buffer_add(&top->to_ask, (const char *)&area, sizeof area);
}

static void on_category(struct pd_client *client, const struct pd_message *answer, bool last, void *arg)
{
	struct top *top = arg;
	(void)client;
	top->unanswered -= last;
	top->again |= is_put_off(answer);
	top_model_learn(top->model, answer);
}

static void ask_areas(struct top *top, uint32_t after);

static void on_area(struct pd_client *client, const struct pd_message *answer, bool last, void *arg)
{
	struct top *top = arg;
	(void)client;
	top->unanswered -= last;
	top->stale = true;
	top_model_learn(top->model, answer);
	top->again |= is_put_off(answer);
	if (!last || answer->type != PD_MSG_end)
		return;
	if (answer->end.more) {
		ask_areas(top, answer->end.after);
		return;
	}
	if (!top->settled)
		top_model_settle(top->model);
	top->settled = true;
	top->to_ask.count = 0;
	top_model_each(top->model, note_area, top);
	note_area(top_model_top(top->model), top); /* the top is what is looked at: its figures come first */
	ask_figures(top);
}

static void ask_areas(struct top *top, uint32_t after)
{
	struct pd_message message = {.type = PD_MSG_list_areas, .list_areas = {.limit = PAGE_AREAS, .after = after}};
	ask(top, &message, on_area);
}

/* What is under way is sent again by the client itself; but its answers may be of an earlier time. */
static void ask_all(struct top *top)
{
	struct pd_message categories = {.type = PD_MSG_list_categories};
	top->again = top->unanswered > 0;
	if (top->again)
		return;
	ask(top, &categories, on_category);
	ask_areas(top, 0);
}

/* ---- what comes by itself ---- */

static void on_event(struct pd_client *client, const struct pd_message *event, void *arg)
{
	struct top *top = arg;
	(void)client;
	top_model_event(top->model, event);
	top->stale = true;
}

static void on_stats(struct pd_client *client, const struct pd_message *stats, void *arg)
{
	struct top *top = arg;
	(void)client;
	top_model_stats(top->model, &stats->stats, true);
	top->stale = true;
}

static void say_trouble(struct top *top, const struct pd_message *refused)
{
	char time[PRINT_TIME_BYTES], why[CLI_REFUSAL_BYTES];
	print_time(print_wall_ms(), time);
	if (refused && refused->type == PD_MSG_refused)
		snprintf(top->trouble, sizeof top->trouble, _("the broker refuses the connection: %.300s"),
			 cli_refusal(&refused->refused, why));
	else if (!top->down)
		snprintf(top->trouble, sizeof top->trouble,
			 _("no connection since %s; trying again. This is of that time."), time);
	top->notice.trouble = top->trouble;
}

static void on_link(struct pd_client *client, enum pd_link link, const struct pd_message *message, void *arg)
{
	struct top *top = arg;
	(void)client;
	top->stale = true;
	if (link == PD_LINK_DOWN) {
		say_trouble(top, message);
		top->down = true;
		return;
	}
	top->down = false;
	top->notice.trouble = NULL;
	if (top->model)
		ask_all(top);
}

static void on_follow_refused(struct pd_client *client, const struct pd_message *message, void *arg)
{
	struct top *top = arg;
	char why[CLI_REFUSAL_BYTES];
	(void)client;
	snprintf(top->trouble, sizeof top->trouble, _("the broker refuses to tell what happens: %s"),
		 cli_refusal(&message->refused, why));
	top->refused = true;
}

/* ---- keys and signals ---- */

/* Whether what is drawn follows what comes. */
static bool is_live(const struct top *top)
{
	return !top->notice.paused && !top->down;
}

static void change_sort(struct top *top, int step)
{
	top_model_sort(top->model, (enum top_sort)(((int)top->view.sort + step + TOP_SORTS) % TOP_SORTS));
}

static void choose(struct top *top, long rows)
{
	top_model_choose(top->model, &top->view, rows);
}

static void open_chosen(struct top *top)
{
	if (top->view.row_count)
		top_model_open(top->model, top->view.rows[top->view.chosen].area);
}

/* True: the view is to be made anew, even while it is held. */
static bool take_key(struct top *top, enum top_key key)
{
	long page = (long)top_screen_page(top->screen), all = (long)top->view.row_count;
	if (top->notice.help && key != TOP_KEY_QUIT) {
		top->notice.help = false;
		return false;
	}
	switch (key) {
	case TOP_KEY_QUIT: top->leave = true; return false;
	case TOP_KEY_HELP: top->notice.help = true; return false;
	case TOP_KEY_PAUSE: top->notice.paused = !top->notice.paused; return false;
	case TOP_KEY_UP: choose(top, -1); return false;
	case TOP_KEY_DOWN: choose(top, 1); return false;
	case TOP_KEY_PAGE_UP: choose(top, -page); return false;
	case TOP_KEY_PAGE_DOWN: choose(top, page); return false;
	case TOP_KEY_FIRST: choose(top, -all); return false;
	case TOP_KEY_LAST: choose(top, all); return false;
	case TOP_KEY_SORT: change_sort(top, 1); return true;
	case TOP_KEY_SORT_BACK: change_sort(top, -1); return true;
	case TOP_KEY_REVERSE: top_model_reverse(top->model); return true;
	case TOP_KEY_OPEN: open_chosen(top); return true;
	case TOP_KEY_BACK: top_model_up(top->model); return true;
	default: return false;
	}
}

static void draw(struct top *top, bool anew)
{
	if (anew)
		top_model_view(top->model, &top->view);
	top_screen_draw(top->screen, &top->view, &top->notice);
	top->drawn_ms = print_now_ms();
	top->stale = false;
}

static void take_keys(struct top *top)
{
	enum top_key key;
	bool any = false;
	while (!top->leave && (key = top_screen_key(top->screen)) != TOP_KEY_NONE) {
		any = true;
		if (take_key(top, key))
			top_model_view(top->model, &top->view);
	}
	if (any && !top->leave)
		draw(top, is_live(top));
}

static void take_signals(struct top *top)
{
	struct signalfd_siginfo info;
	while (read(top->signals, &info, sizeof info) == sizeof info) {
		if (info.ssi_signo != SIGWINCH) {
			top->leave = true;
			continue;
		}
		top_screen_resize(top->screen);
		draw(top, is_live(top));
	}
}

/* They come as something to read, so that none is missed between looking and waiting. Who was started in the background
 * of a script may have been told to ignore some. */
static int open_signals(void)
{
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGWINCH};
	sigset_t set;
	sigemptyset(&set);
	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
		sigaddset(&set, numbers[i]);
	if (sigprocmask(SIG_BLOCK, &set, NULL))
		return -1;
	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
		signal(numbers[i], SIG_DFL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* ---- the loop ---- */

/* Several districts: nothing is published of all of them together. */
static void ask_total(struct top *top, uint64_t now_ms)
{
	if (top_model_top(top->model) != 0 || !top->settled || top->down || now_ms < top->total_ms + SECOND_MS)
		return;
	top->total_ms = now_ms;
	ask_figures_of(top, 0);
}

static int gather(struct top *top, uint64_t now_ms)
{
	bool was_away = top->gathered_ms && now_ms > top->gathered_ms + AWAY_MS;
	top_model_tick(top->model, now_ms);
	top->gathered_ms = now_ms;
	if (pd_client_step(top->client, 0)) {
		snprintf(top->trouble, sizeof top->trouble, "%s", pd_client_why(top->client));
		return CLI_SYSTEM;
	}
	if (top->refused)
		return CLI_REFUSED;
	if (was_away || (top->again && top->unanswered == 0))
		ask_all(top);
	ask_total(top, now_ms);
	return CLI_OK;
}

static int wait_ms(const struct top *top, uint64_t now_ms)
{
	uint64_t draw_ms = top->drawn_ms + (top->stale ? DRAW_MS : SECOND_MS);
	return draw_ms > now_ms ? (int)(draw_ms - now_ms) : 0;
}

static int loop(struct top *top)
{
	struct pollfd fds[] = {
		{top->signals, POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}, {pd_client_fd(top->client), POLLIN, 0}};
	while (!top->leave) {
		uint64_t now_ms = print_now_ms(), next_ms = top->gathered_ms + GATHER_MS;
		bool gathering = now_ms < next_ms;
		int wait = wait_ms(top, now_ms);
		if (gathering && wait > (int)(next_ms - now_ms))
			wait = (int)(next_ms - now_ms);
		if (poll(fds, gathering ? 2 : 3, wait) < 0 && errno != EINTR) {
			snprintf(top->trouble, sizeof top->trouble, _("poll: %s"), intl_error(errno));
			return CLI_SYSTEM;
		}
		now_ms = print_now_ms();
		top_model_tick(top->model, now_ms);
		if (fds[0].revents)
			take_signals(top);
		if (fds[1].revents & (POLLHUP | POLLERR | POLLNVAL))
			return CLI_OK; /* the terminal is gone */
		if (fds[1].revents)
			take_keys(top);
		if (!gathering && fds[2].revents) {
			int code = gather(top, now_ms);
			if (code != CLI_OK)
				return code;
		}
		if (!top->leave && wait_ms(top, now_ms) == 0)
			draw(top, is_live(top));
	}
	return CLI_OK;
}

/* ---- beginning ---- */

/* print_init has us speak UTF-8 whatever the locale says; what the terminal can draw, the locale says. Of one that was
 * not generated here we know no better than that its texts are shown in UTF-8. */
static bool is_utf8_locale(void)
{
	locale_t own = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
	bool utf8 = strcmp(own ? nl_langinfo_l(CODESET, own) : nl_langinfo(CODESET), "UTF-8") == 0;
	if (own)
		freelocale(own);
	return utf8;
}

static enum pd_err follow(struct top *top, uint32_t area)
{
	struct pd_message query = {.type = PD_MSG_get_stats, .get_stats = {.area = area, .orders_only = true}}, answer;
	uint64_t since = UINT64_MAX;
	enum pd_err err = pd_client_call(top->client, &query, &answer, top->cli->timeout_ms);
	if (!err && answer.type == PD_MSG_stats)
		since = answer.stats.seq > PAST_EVENTS ? answer.stats.seq - PAST_EVENTS : 0;
	return err ? err : pd_client_follow(top->client, area, since);
}

static int show(struct top *top, uint32_t area, bool plain)
{
	const char *no_color = getenv("NO_COLOR"), *why;
	if (follow(top, area))
		return cli_fail(top->cli, CLI_SYSTEM, "%s", pd_client_why(top->client));
	top_opening_end(&top->opening);
	top->screen = top_screen_open(!plain && !(no_color && *no_color), !is_utf8_locale(), &why);
	if (!top->screen)
		return cli_fail(top->cli, CLI_USAGE, "%s", why);
	top->cli->turned_away = true; /* from now on it is said on the screen */
	ask_all(top);
	int code = loop(top);
	top_screen_close(top->screen);
	return code == CLI_OK ? code : cli_fail(top->cli, (enum cli_exit)code, "%s", top->trouble);
}

static int run(struct top *top, const char *area_text, bool plain)
{
	struct pd_client_options callbacks = {.arg = top,
					      .on_event = on_event,
					      .on_stats = on_stats,
					      .on_link = on_link,
					      .on_follow_refused = on_follow_refused};
	uint32_t area = 0;
	enum pd_err err = cli_open_with(top->cli, &callbacks, &top->client);
	if (err)
		return (int)cli_exit_of(err);
	int code = area_text ? names_find_area(top->cli, top->client, area_text, &area) : CLI_OK;
	if (code == CLI_OK) {
		top->model = top_model_new(area);
		code = show(top, area, plain);
	}
	pd_client_close(top->client);
	top_model_free(top->model);
	top_view_fini(&top->view);
	pd_buffer_fini(&top->to_ask);
	return code;
}

int cmd_top(struct cli *cli, int argc, char **argv)
{
	const char *area = NULL, *why;
	bool plain = false;
	struct top top = {.cli = cli};
	const struct cli_option options[] = {
		{"no-colour", NULL, N_("without colours, as when $NO_COLOR is set"), NULL, &plain},
		{"note", "TEXT", N_("a line to be shown above that of the keys"), &top.notice.note, NULL},
		{0},
	};
	if (cli_args(cli, argc, argv, options, &area, 0, 1) < 0)
		return (int)cli->exit;
	if (cli->json)
		return cli_fail(cli, CLI_USAGE, "%s",
				_("it is for people; 'paidan stats --every 1 --json' has the figures for programs"));
	why = top_terminal_check(); /* before anything is asked */
	if (why)
		return cli_fail(cli, CLI_USAGE, "%s", why);
	top.signals = open_signals();
	if (top.signals < 0)
		return cli_fail(cli, CLI_SYSTEM, _("signals: %s"), intl_error(errno));
	top_opening_begin(&top.opening, cli_endpoint(cli), top.signals);
	int code = run(&top, area, plain);
	top_opening_end(&top.opening);
	close(top.signals);
	return code;
}
