/* moment.h - times on the command line. */
#ifndef PAIDAN_MOMENT_H
#define PAIDAN_MOMENT_H

#include "tool.h"

/* The time that an option gives, of the clocks here or with an offset, in ms; *ms is untouched when text is null.
 * False: it is no time, and stderr says what one is like. */
bool moment_read(const struct cli *cli, const char *option, const char *text, uint64_t *ms);

#endif
