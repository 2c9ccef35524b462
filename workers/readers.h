/* readers.h - residents who receive notices: some never look, some read, some confirm.
 *
 * A notice is open to its readers from begin to end, and each of them answers it once at most. Threads: one.
 */
#ifndef PAIDAN_READERS_H
#define PAIDAN_READERS_H

#include "chance.h"
#include "paidan.h"
#include "roster.h"

struct readers;

/* rate: answers a second, to all notices together. What is given is borrowed until readers_free. */
struct readers *readers_new(struct pd_client *client, struct roster *roster, struct chance *chance, double rate);
void readers_free(struct readers *readers);

/* A notice was sent; roll-calls and visits are no matter of its readers. */
void readers_begin(struct readers *readers, const struct pd_notified *notified);
void readers_end(struct readers *readers, const struct pd_id *notice);

/* Send the answers that are due. Returns how long to wait for the next ones, at most most_ms. */
int readers_run(struct readers *readers, uint64_t now_ms, int most_ms);
/* How many answers were taken so far. */
uint64_t readers_count(const struct readers *readers);

#endif
