/* history_file.h - a file of another system as UTF-8 in memory, whatever encoding it is in. Threads: one. */
#ifndef PAIDAN_HISTORY_FILE_H
#define PAIDAN_HISTORY_FILE_H

#include "cli.h"

struct history_file {
	const char *text; /* mapped: pages come and go as they are read */
	size_t bytes;
};

/* CLI_OK, or stderr says why not: it cannot be read, or is not in this encoding, with the line. */
PD_MUST_USE int history_file_open(struct history_file *file, const struct cli *cli, const char *path,
				  const char *encoding);
void history_file_close(struct history_file *file);

#endif
