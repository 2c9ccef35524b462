/* top_terminal.h - whether there is a terminal for a full screen, and that it is given back even when the process ends
 * by a bug. Threads: one.
 */
#ifndef PAIDAN_TOP_TERMINAL_H
#define PAIDAN_TOP_TERMINAL_H

#include <stdbool.h>

/* Why stdin and stdout cannot show a full screen, for people; null: they can. Remembers how the terminal is now. */
const char *top_terminal_check(void);
/* Whether the terminal keeps what stood on it before, and shows it again at the end. */
bool top_terminal_switches(void);
/* From now on a crash gives the terminal back as it was at the check; to be said when it has been taken. */
void top_terminal_guard(void);
void top_terminal_unguard(void);

#endif
