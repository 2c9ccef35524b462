/* sim.h - the simulated world: one run of the broker's real code on virtual time, with all that can happen to it.
 *
 * The broker is front, command, query, push, publish, session, core and store as they are. In the place of libuv stands
 * loop.c, of the sockets net.c, of the scribe's, the keeper's and the reads' threads threads.c and loop.c, of the disk
 * disk.c, of the clock and of randomness machine.c. A run is a row of steps: each lets one of these do one thing.
 * Between any two the broker may end.
 *
 *   net.c ──► front (real) ──► answers.c: is this the answer that the oracle expected?
 *                 │
 *                 └─ core_apply ──► model.c: was that move legal?     check.c: is the state what the model says?
 *
 * Threads: one. There is one world at a time, and the daemon's calls into it carry no handle: hence the one global.
 */
#ifndef PAIDAN_SIM_H
#define PAIDAN_SIM_H

#include "config.h"
#include "dice.h"
#include "front.h"

enum { SIM_DAY_MS = 86400000 };

/* How a world is: drawn once a run. */
struct profile {
	unsigned loss_permille, repeat_permille, delay_ms_max,
		slow_permille;      /* of the network; slow: much later than delay_ms_max */
	unsigned end_permille;      /* steps at which the broker ends */
	unsigned fault_permille;    /* steps at which a call to the disk is made to fail */
	unsigned registry_permille; /* commands that are about the registry */
	unsigned hurry;             /* 0 to 3: how far time jumps */
	uint64_t segment_bytes;
	bool notes; /* somebody adds notes without end */
};

/* How a life of the broker ends. */
enum end {
	END_NONE,
	END_KILLED,  /* the process: what was written is there */
	END_POWER,   /* the machine: what was not synced may be there */
	END_STOPPED, /* it was asked to, and has done all it had to do */
};

struct sim {
	uint64_t seed;
	unsigned step, steps;
	struct dice dice;
	struct profile profile;
	uint64_t mono_ms;     /* the clock of timers, which only goes on */
	int64_t wall_skew_ms; /* the clock of people is so far from it */
	struct config config;
	struct store store;
	struct front *front; /* null: the broker is not running */
	enum end end;        /* of this life; END_NONE: it goes on */
	bool stopping, disk_low;
	bool power_fails_unsynced; /* as soon as a round is written and not synced */
	bool closing;              /* nothing goes wrong any more: the run is brought to its end */
};

extern struct sim sim;

static inline uint64_t sim_wall_ms(void)
{
	return sim.mono_ms + (uint64_t)sim.wall_skew_ms;
}

/* A hash, for comparing. */
uint64_t sim_hash(uint64_t hash, const void *data, size_t bytes);

/* The run of a seed; what is violated ends the program. */
void sim_run(uint64_t seed, unsigned steps);

/* One thing happens: called by the loop that the front runs in. */
void sim_step(void);
/* Some time goes by. */
void sim_pass_time(void);

#endif
