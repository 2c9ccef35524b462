/* importing.h - a registry's rows as one import: taken in whole or not at all.
 *
 * Threads: one.
 */
#ifndef PAIDAN_IMPORTING_H
#define PAIDAN_IMPORTING_H

#include "cli.h"
#include "problems.h"

/* Say the problems that came up when rows was read from path, or send it if there are none; frees both. folder: path is
 * a folder of all files, and what is not among the rows is retired; else it is the file of one kind. Returns the exit
 * code. */
int importing_finish(struct cli *cli, struct rows *rows, struct problems *problems, const char *path, bool folder,
		     bool dry_run);

#endif
