/* load.h - whole lives of orders against a daemon: one process submits, another one works at the queues.
 *
 * A life is submit, push, accept and complete. The registry is that of Boshan's size: LOAD_QUEUES micro-grids with ids
 * from LOAD_FIRST_AREA on, whose leaders have their ids.
 */
#ifndef PAIDAN_BENCH_LOAD_H
#define PAIDAN_BENCH_LOAD_H

#include "broker.h"
#include "wire.h"

enum { LOAD_QUEUES = 1151, LOAD_FIRST_AREA = 1000, LOAD_CATEGORY = 1, LOAD_TEXT_BYTES_MAX = 4000 };

struct load_times {
	uint64_t submitted_us; /* with a rate: when it was to be submitted */
	uint32_t ok_us, push_us;
};

struct load {
	unsigned long orders, outstanding, text_bytes;
	uint32_t queues;  /* they go to the first so many, 1 to LOAD_QUEUES */
	double rate;      /* submitted at random moments, so many a second, whatever is unanswered; 0: as soon as
			     fewer than outstanding are unanswered */
	bool unworked;    /* nobody works: they are submitted, and wait */
	bool others_wait; /* in the queues are other orders: as many lives end as begin, of whichever come first */
	struct load_times *times; /* one for each order, shared by the processes (load_times_new) */
};

struct load_cost {
	double seconds, cpu_us, written_bytes; /* the daemon's CPU time, and what it is charged with writing */
	double disk_bytes;                     /* what its disk wrote meanwhile, for whomever; NAN: not known */
};

/* Areas, leaders and a category. False: something was refused. */
bool load_make_registry(const char *endpoint);
/* Shared with children; null when memory is out. */
struct load_times *load_times_new(unsigned long orders);
void load_times_free(struct load_times *times, unsigned long orders);
/* Carry the load; returns the exit code of what failed, or 0. */
int load_carry(const struct load *load, const struct broker *broker, struct load_cost *cost);
/* The times from submitting to ok, or to the push, in rising order; to be freed. */
uint32_t *load_sorted(const struct load *load, bool push);

/* Chinese as residents write it, cut to the wanted number of bytes at the end of a character. */
void load_text(char text[static LOAD_TEXT_BYTES_MAX + 1], unsigned long bytes);
/* The queue of order n. */
uint32_t load_area(const struct load *load, unsigned long n);

#endif
