/* start.h - from what is on disk to a state in memory, and to a book that is up to date. Threads: one. */
#ifndef PAIDAN_START_H
#define PAIDAN_START_H

#include "config.h"
#include "front.h"

/* Open journal and book in config->data, load what belongs in memory, replay what the book has not kept. On error *why
 * says what is wrong, and what is open is for start_close to close. */
PD_MUST_USE enum pd_err start_store(const struct config *config, struct store *store, char why[static 400]);
void start_close(struct store *store);

#endif
