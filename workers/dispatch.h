/* dispatch.h - an order as a program gets it (JSON and environment), and what the program's end means for the order.
 *
 * Threads: pure functions.
 */
#ifndef PAIDAN_DISPATCH_H
#define PAIDAN_DISPATCH_H

#include "text.h"
#include "worker.h"

/* Names for the numbers in an order; null where unknown. */
struct dispatch_names {
	const char *area, *category, *address;
};

/* Append the order as one JSON object (RFC 8259) and a newline. */
void dispatch_json(struct pd_buffer *out, const struct worker_order *order, const struct dispatch_names *names);

/* environ with the order's variables (PAIDAN_ORDER and so on), ended by null; free it with dispatch_environment_free.
 */
char **dispatch_environment(char *const environment[], const struct worker_order *order);
void dispatch_environment_free(char **environment);

enum dispatch_verdict {
	DISPATCH_DONE,    /* exit 0: complete */
	DISPATCH_AGAIN,   /* exit 75 (EX_TEMPFAIL of sysexits.h): note, and try again later */
	DISPATCH_HAND_UP, /* exit 1 to 63: the program says that it is not for here */
	DISPATCH_BROKEN,  /* any other code, a signal, too much time: note, and hand up */
};

/* status as of waitpid. */
enum dispatch_verdict dispatch_verdict(int status, bool timed_out);

/* Append the result for complete: the tidied output, or "done". */
void dispatch_result(struct pd_buffer *out, struct pd_slice output);
/* Append why it did not work, for a reason or a note of at most chars_max characters: the end of errors, or what became
 * of the program. */
void dispatch_reason(struct pd_buffer *out, const char *program, int status, bool timed_out, struct pd_slice errors,
		     size_t chars_max);

/* The wait after so many tries: 1 s, 2 s, 4 s, ... at most 300 s. */
uint64_t dispatch_backoff_ms(unsigned tries);

#endif
