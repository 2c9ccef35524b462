/* metrics_http.h - the metrics and the broker's health by HTTP, for Prometheus and for whoever starts and watches
 * processes.
 *
 *   /metrics   all metrics as text                    /healthz   200 alive, or 503
 *   /          a line for each of these               /readyz    200 ready, or 503
 *
 * Answers in a thread of its own (libmicrohttpd's), which only reads what metrics.h has: it asks nothing of the front,
 * so a scrape waits for nothing and delays nothing. There is no password: keep it to loopback or to a network of
 * operators. Threads: main's starts and stops it.
 */
#ifndef PAIDAN_METRICS_HTTP_H
#define PAIDAN_METRICS_HTTP_H

#include "proto.h"

/* Whether address is one: 127.0.0.1:9750, [::1]:9750 or localhost:9750; port 0 is any that is free. */
bool metrics_address_good(const char *address);

struct metrics_http;

/* Begin to answer at a good address. PD_ESYS: errno says why not, EADDRINUSE, EADDRNOTAVAIL, ... */
PD_MUST_USE enum pd_err metrics_http_start(struct metrics_http **http, const char *address);
/* Accepts null. */
void metrics_http_stop(struct metrics_http *http);

#endif
