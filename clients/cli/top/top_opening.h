/* top_opening.h - the time before the screen is there, while the broker is waited for: one can leave, and is told.
 *
 * A thread of its own looks at the keyboard and the signals, since the main one waits for answers. Keys are neither
 * shown nor left for the shell. Not to be used while a screen is open.
 */
#ifndef PAIDAN_TOP_OPENING_H
#define PAIDAN_TOP_OPENING_H

#include <pthread.h>
#include <termios.h>

#include "proto.h"

struct top_opening {
	const char *connect; /* whom is waited for, for people; borrowed */
	int signals;         /* a signalfd; SIGWINCH is left out of account, with the others one leaves */
	struct termios before;
	int stop;
	pthread_t thread;
	bool begun;
};

/* From now on q and signals end the process, with 0 and the terminal as it was. Stdin is a terminal. */
void top_opening_begin(struct top_opening *opening, const char *connect, int signals);
/* The terminal is as it was. May be said twice. */
void top_opening_end(struct top_opening *opening);

#endif
