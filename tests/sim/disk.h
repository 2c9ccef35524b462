/* disk.h - the disk under the journal: what was written is safe when it was synced, and not before.
 *
 * The store's calls to pwrite, fdatasync, fsync, renameat and unlinkat come here (link.flags). Each sector of 512 bytes
 * that was written and not synced is remembered with what stood there before, each rename until its folder is synced. A
 * loss of power leaves of these sectors any subset, and undoes renames from some on. After a sync that failed the
 * kernel takes its sectors for clean: only writing them again makes a later sync save them. The death of the process
 * alone loses nothing, and makes nothing safe. LMDB's own calls do not come here: that its commits are atomic is taken
 * for granted. Threads: one.
 */
#ifndef PAIDAN_SIM_DISK_H
#define PAIDAN_SIM_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dice.h"

/* A new disk. All chance comes from dice. */
void disk_init(struct dice *dice);
void disk_fini(void);

/* After so many calls from now the power fails: that call and all further ones do nothing, and fail. */
void disk_cut_power_after(unsigned calls);
/* One call fails, after so many from now, with errno error. */
void disk_fail_after(unsigned calls, int error);
/* Neither is to come any more. */
void disk_be_well(void);

bool disk_has_power(void);
/* Whether a call has failed since the last disk_be_well or disk_lose_power. */
bool disk_failed(void);
/* Sectors of files in the folder that were written, are not safe, and hold anything but zeros. */
size_t disk_unsafe(const char *dir);

/* The power is gone and comes back: what is in the folder is what was safe, and any part of the rest. */
void disk_lose_power(const char *dir);

#endif
