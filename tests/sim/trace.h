/* trace.h - the last happenings of a run, and what is said when something is violated.
 *
 * Threads: one.
 */
#ifndef PAIDAN_SIM_TRACE_H
#define PAIDAN_SIM_TRACE_H

#include <stdbool.h>
#include <stdint.h>

/* Once: program is named in the command that repeats a failure; a signal that ends the program is told like a
 * violation. */
void trace_install(const char *program, bool verbose);
/* Before each run: forget the last one. */
void trace_begin(uint64_t seed);
void trace_step(unsigned step);
/* Everything that happened in this run, as one number: two runs of a seed must agree. */
uint64_t trace_fingerprint(void);

/* One happening. */
__attribute__((format(printf, 1, 2))) void trace_line(const char *format, ...);
/* Something that must hold does not: tell what, the last happenings and how to see it again; exit 1. */
__attribute__((format(printf, 1, 2))) _Noreturn void trace_fail(const char *format, ...);
/* The system failed the simulation itself: exit 111. */
_Noreturn void trace_system(const char *what);

#endif
