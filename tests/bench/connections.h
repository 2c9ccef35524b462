/* connections.h - the benchmark of many connections: workers and idle residents, held at once, and all back at once.
 *
 *   hold    how long it takes to connect them all, what memory and idle time they cost the daemon, and whether they
 * stay lives   whole lives a second with the residents connected against without them, in turns, medians: once with a
 *           connection for each of the workers, once with one connection that works for all
 *   storm   some residents have just submitted an order when all connections are cut; all connect again at once, say
 *           hello, and send what was not answered again, until every order has been completed and counted
 */
#ifndef PAIDAN_BENCH_CONNECTIONS_H
#define PAIDAN_BENCH_CONNECTIONS_H

#include <stdbool.h>

struct connections {
	unsigned long residents; /* 0: as many as there may be, up to 100,000 */
	unsigned long workers, orders, turns, hold_s;
	const char *program; /* argv[0]: the daemon is looked for beside it */
	const char *paidand, *dir;
	bool json;
};

/* Returns the exit code. */
int connections_run(const struct connections *connections);

#endif
