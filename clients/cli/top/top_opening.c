#include "top_opening.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "intl.h"

enum { SAY_MS = 300 /* who is connected within is told nothing */ };

static bool wants_to_leave(const struct top_opening *opening)
{
	struct signalfd_siginfo info;
	while (read(opening->signals, &info, sizeof info) == sizeof info)
		if (info.ssi_signo != SIGWINCH)
			return true;
	return false;
}

/* False: the terminal is gone. */
static bool read_keys(bool *leave)
{
	char keys[64];
	ssize_t count = read(STDIN_FILENO, keys, sizeof keys);
	for (ssize_t i = 0; i < count; i++)
		*leave = *leave || keys[i] == 'q' || keys[i] == 'Q';
	return count > 0 || (count < 0 && errno == EINTR);
}

static void *look(void *arg)
{
	struct top_opening *opening = arg;
	struct pollfd fds[] = {{opening->stop, POLLIN, 0}, {opening->signals, POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};
	bool leave = false, said = false;
	while (!leave) {
		int ready = poll(fds, 3, said ? -1 : SAY_MS);
		if (ready == 0) {
			fprintf(stderr, _("connecting to %s; q or Ctrl-C leaves\n"), opening->connect);
			said = true;
		}
		if (ready <= 0)
			continue;
		if (fds[0].revents)
			return NULL;
		if (fds[1].revents)
			leave = wants_to_leave(opening);
		if (fds[2].revents)
			leave = !read_keys(&leave) || leave;
	}
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &opening->before);
	_exit(0); /* the main thread waits for a broker; there is nothing to be kept */
}

void top_opening_begin(struct top_opening *opening, const char *connect, int signals)
{
	*opening = (struct top_opening){.connect = connect, .signals = signals, .stop = eventfd(0, EFD_CLOEXEC)};
	if (opening->stop < 0 || tcgetattr(STDIN_FILENO, &opening->before))
		return;
	struct termios quiet = opening->before;
	quiet.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	tcsetattr(STDIN_FILENO, TCSANOW, &quiet);
	opening->begun = pthread_create(&opening->thread, NULL, look, opening) == 0;
	if (!opening->begun)
		tcsetattr(STDIN_FILENO, TCSANOW, &opening->before);
}

void top_opening_end(struct top_opening *opening)
{
	if (opening->begun) {
		eventfd_write(opening->stop, 1);
		pthread_join(opening->thread, NULL);
		tcsetattr(STDIN_FILENO, TCSANOW, &opening->before);
	}
	opening->begun = false;
	if (opening->stop >= 0)
		close(opening->stop);
	opening->stop = -1;
}
