/* exchange.h - offers and needs (双报到): an organisation offers something, a community needs it; what fits is matched,
 * claimed and done. One after the other.
 *
 * Threads: one.
 */
#ifndef PAIDAN_EXCHANGE_H
#define PAIDAN_EXCHANGE_H

#include "chance.h"
#include "paidan.h"
#include "roster.h"

struct exchange;

/* All times are divided by speed. What is given is borrowed until exchange_free, which is to be called when the client
 * is closed; roster has its areas and people. */
struct exchange *exchange_new(struct pd_client *client, struct roster *roster, struct chance *chance, double speed);
void exchange_free(struct exchange *exchange);

/* Do what is due. Returns how long to wait for the next step, at most most_ms. Where there are no organisations nothing
 * ever is. */
int exchange_run(struct exchange *exchange, uint64_t now_ms, int most_ms);
/* How many needs were met. */
uint64_t exchange_count(const struct exchange *exchange);

#endif
