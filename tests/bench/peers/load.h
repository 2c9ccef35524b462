/* load.h - tasks through a peer: a process that submits, one that works, and what is measured meanwhile.
 *
 * A struct load is shared by the processes: the submitter writes submitted_us, ok_us and sent, the worker push_us and
 * deleted.
 */
#ifndef PAIDAN_LOAD_H
#define PAIDAN_LOAD_H

#include <stdbool.h>
#include <stdint.h>

struct peer;

enum { LOAD_PAYLOAD = 200, LOAD_QUEUES = 1151, LOAD_OUTSTANDING_MAX = 4096 };

struct load_times {
	uint64_t submitted_us;
	uint32_t ok_us, push_us; /* since submitted_us */
	bool answered, delivered;
};

struct load {
	unsigned long tasks, outstanding;
	unsigned queues;
	bool durable;
	unsigned long answered, delivered, deleted;
	uint64_t ended_us[2];      /* by process: when it had seen the last */
	struct load_times times[]; /* one for each task */
};

struct load_case {
	const struct peer *peer;
	const char *program; /* the server */
	int setting;         /* an enum peer_setting */
	unsigned long tasks, outstanding;
	unsigned queues;
	const char *dir; /* where the temporary folder is made, or null */
};

struct load_result {
	double tasks_per_s, server_cpu_us_per_task;
	double written_bytes_per_task,
		disk_bytes_per_task; /* what the processes are charged with; what the device wrote, or NAN */
	uint32_t ok_p50_us, ok_p99_us, push_p50_us, push_p99_us;
};

uint64_t load_now_us(void);

/* Starts the server, carries the tasks, stops the server. Returns the exit code; result is set if it is 0. */
int load_carry(const struct load_case *load_case, struct load_result *result);

/* For drivers. The payload of task n, of LOAD_PAYLOAD printable bytes, until the next call; the task's number by its
 * payload; the queue that it goes into. */
const char *load_payload(unsigned long n);
unsigned long load_number(const struct load *load, const char *payload, unsigned long bytes);
unsigned load_queue(const struct load *load, unsigned long n);

/* Each task is answered once and delivered once: a second time ends the process. */
void load_answered(struct load *load, unsigned long n);
void load_delivered(struct load *load, unsigned long n);
void load_deleted(struct load *load, unsigned long count);

#endif
