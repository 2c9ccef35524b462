/* peer.h - what a driver tells of another broker, so that all are measured in the same way.
 *
 * A task is put, delivered and deleted, which is all that the peers know of an order's life. Each task has a number,
 * from 0 on, which stands at the head of its payload. open, prepare, subscribe, submit, settle and work are called in
 * the processes of the load, one link each, and end theirs by peer_die when something fails; start is called in the
 * process that measures.
 */
#ifndef PAIDAN_PEER_H
#define PAIDAN_PEER_H

#include <stdbool.h>
#include <stddef.h>

#include "load.h"
#include "server.h"

enum peer_setting { PEER_DURABLE, PEER_DEFAULT, PEER_SETTINGS };

struct peer {
	const char *name;
	const char *program; /* a pattern for glob: the server's */
	const char *package; /* Debian's, which has the program */
	const char *missing; /* the package without which this driver was built, or null: then only the name is set */
	const char *settings[PEER_SETTINGS]; /* in words */
	bool default_on_disk;                /* with the default, too, what is answered is on disk */
	const char *remark;                  /* what else is to be known of its figures */
	unsigned queues;                     /* as many as suit it best */
	/* Why it has not got this setting, or null; may be null. The answer lives as long as the program. */
	const char *(*lacks)(const char *program, enum peer_setting setting);
	/* Spawn the server. False: stderr says why. */
	bool (*start)(struct server *server, const char *program, enum peer_setting setting);
	/* Connect, as soon as the server lets one, for at most PEER_START_S. */
	struct peer_link *(*open)(struct load *load, const struct server *server);
	void (*close)(struct peer_link *link);
	/* Make the queues; once, before anything else. */
	void (*prepare)(struct peer_link *link);
	/* Gather a task, to be sent at the latest by settle. */
	void (*submit)(struct peer_link *link, unsigned long n);
	/* Send what was gathered, wait until something is answered, load_answered for each. */
	void (*settle)(struct peer_link *link);
	/* Become the worker of all queues. */
	void (*subscribe)(struct peer_link *link);
	/* Wait until something is delivered or deleted: load_delivered for each task, load_deleted; what is delivered
	 * is deleted by this call or the next. */
	void (*work)(struct peer_link *link);
};

enum { PEER_START_S = 60 };

extern const struct peer peer_beanstalkd, peer_redis, peer_rabbitmq, peer_postgresql, peer_nats, peer_gearmand;

/* Print a line to stderr and end the process of the load. */
_Noreturn void peer_die(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Wait a moment before the next attempt to connect; false once PEER_START_S have passed since *since_us, which begins
 * as 0. */
bool peer_again(uint64_t *since_us);

#endif
