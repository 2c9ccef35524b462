/* watch.h - stands between front and command.c, and before core_apply (link.flags): whatever passes is shown to oracle
 * and model.
 *
 * Threads: one.
 */
#ifndef PAIDAN_SIM_WATCH_H
#define PAIDAN_SIM_WATCH_H

void watch_init(void);
void watch_fini(void);
/* How many messages have passed so far. */
unsigned long watch_messages(void);

#endif
