#include "top_terminal.h"

#include <curses.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>

#include "intl.h"

static struct termios terminal_before;
static char leaving[64]; /* what the terminal is told at the end */

static const char *capability(const char *name)
{
	const char *text = tigetstr(name);
	return text && (intptr_t)text != -1 ? text : ""; /* -1: it is none of those that are texts */
}

const char *top_terminal_check(void)
{
	static char why[300];
	const char *term = getenv("TERM");
	int err = 0;
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) || tcgetattr(STDIN_FILENO, &terminal_before))
		return _("there is no terminal to show it on; 'paidan stats --every 1' prints a line a second instead");
	if (setupterm(NULL, STDOUT_FILENO, &err) == OK) {
		bool moves = *capability("cup");
		del_curterm(cur_term);
		if (moves)
			return NULL;
	}
	snprintf(why, sizeof why,
		 _("the terminal type TERM='%.40s' is not known here, or cannot move its cursor; set TERM to what your "
		   "terminal is, e.g. TERM=xterm, or use 'paidan stats --every 1'"),
		 term ? term : "");
	return why;
}

bool top_terminal_switches(void)
{
	return *capability("rmcup");
}

static void on_crash(int signal)
{
	ssize_t ignored = write(STDOUT_FILENO, leaving, strlen(leaving));
	(void)ignored;
	tcsetattr(STDIN_FILENO, TCSANOW, &terminal_before);
	raise(signal); /* for SA_RESETHAND this time it ends the process */
}

static void handle_crashes(void (*handler)(int signal))
{
	static const int signals[] = {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL};
	struct sigaction action = {.sa_flags = SA_RESETHAND | SA_NODEFER, .sa_handler = handler};
	for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
		sigaction(signals[i], &action, NULL);
}

void top_terminal_guard(void)
{
	snprintf(leaving, sizeof leaving, "%s%s%s", capability("sgr0"), capability("cnorm"), capability("rmcup"));
	handle_crashes(on_crash);
}

void top_terminal_unguard(void)
{
	handle_crashes(SIG_DFL);
}
