/* place.h - the folder in which a run keeps journal and book, in memory if the machine has such a place. Threads: one.
 */
#ifndef PAIDAN_SIM_PLACE_H
#define PAIDAN_SIM_PLACE_H

/* Make the folder, once: in TMPDIR, else /dev/shm, else /tmp. */
void place_make(void);
/* Empty it. */
void place_clear(void);
void place_remove(void);
/* The path of a name in it; the last four paths stay. */
const char *place_path(const char *name);

/* Copy a file; the other is overwritten. */
void place_copy(const char *from, const char *to);

#endif
