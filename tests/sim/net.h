/* net.h - the network between the people's programs and the broker: it loses, repeats, delays and reorders frames.
 *
 * It stands in the place of bus.c. A peer is a connection's number; a client that connects again is another peer.
 * Threads: one.
 */
#ifndef PAIDAN_SIM_NET_H
#define PAIDAN_SIM_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void net_init(void);
void net_fini(void);

/* A new connection's number. */
uint32_t net_connect(void);
/* A frame sets out for the broker. sure: nothing happens to it on the way. */
void net_send(uint32_t peer, const void *data, size_t bytes, bool sure);
/* What has arrived by now: at the broker's socket, or given to the clients (actors_receive). */
void net_arrive(void);
/* Whether frames wait at the broker's socket. */
bool net_waiting(void);
/* The broker is gone: what waited at its socket is lost, and what it had not sent. */
void net_broker_gone(void);
/* A subscriber comes or goes. */
void net_toggle_subscriber(void);
/* The broker dies while it sends: after so many frames from now. */
void net_die_sending(unsigned frames);

#endif
