#include "trace.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "place.h"

enum { LINES = 48, LINE_BYTES = 200 };

static struct {
	const char *program;
	bool verbose;
	uint64_t seed, fingerprint;
	unsigned step;
	unsigned long count;
	char lines[LINES][LINE_BYTES];
} trace;

/* A signal here is an assertion of the broker, or worse. The program is one thread and ends, so that it may print then.
 * NOLINTBEGIN(bugprone-signal-handler,cert-sig30-c) */

/* What came before stands first: what is read is the end. */
static void tell_last(void)
{
	unsigned long from = trace.count > LINES ? trace.count - LINES : 0;
	fflush(stdout);
	for (unsigned long i = from; i < trace.count && !trace.verbose; i++)
		fprintf(stderr, "  %s\n", trace.lines[i % LINES]);
	fprintf(stderr, "paidan-sim: seed %" PRIu64 ", step %u: ", trace.seed, trace.step);
}

static _Noreturn void leave(void)
{
	fprintf(stderr, "paidan-sim: to see it again: %s --seed %" PRIu64 " --steps %u --verbose\n", trace.program,
		trace.seed, trace.step + 1);
	place_remove();
	_exit(1); /* no reports of leaks on top */
}

static void on_signal(int number)
{
	signal(number, SIG_DFL);
	tell_last();
	fprintf(stderr, "ended by signal %d, %s\n", number,
		number == SIGALRM ? "nothing went on for minutes" : strsignal(number));
	leave();
}

static void on_interrupt(int number)
{
	place_remove();
	_exit(128 + number);
}
/* NOLINTEND(bugprone-signal-handler,cert-sig30-c) */

void trace_install(const char *program, bool verbose)
{
	static const int numbers[] = {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGALRM};
	trace.program = program;
	trace.verbose = verbose;
	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
		signal(numbers[i], on_signal);
	signal(SIGINT, on_interrupt);
	signal(SIGTERM, on_interrupt);
}

void trace_begin(uint64_t seed)
{
	enum { RUN_SECONDS_MAX = 300 }; /* a run takes less than one; this is for loops without end */
	trace.seed = seed;
	trace.step = 0;
	trace.count = 0;
	trace.fingerprint = seed;
	alarm(RUN_SECONDS_MAX);
}

void trace_step(unsigned step)
{
	trace.step = step;
}

uint64_t trace_fingerprint(void)
{
	return trace.fingerprint;
}

void trace_line(const char *format, ...)
{
	char *line = trace.lines[trace.count++ % LINES];
	int used = snprintf(line, LINE_BYTES, "%6u  ", trace.step);
	va_list args;
	va_start(args, format);
	vsnprintf(line + used, LINE_BYTES - (size_t)used, format, args);
	va_end(args);
	for (const char *p = line; *p; p++)
		trace.fingerprint = (trace.fingerprint ^ (unsigned char)*p) * UINT64_C(0x100000001B3);
	if (trace.verbose)
		printf("%s\n", line);
}

void trace_fail(const char *format, ...)
{
	tell_last();
	va_list args;
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	leave();
}

void trace_system(const char *what)
{
	fprintf(stderr, "paidan-sim: %s: %s\n", what, strerror(errno));
	place_remove();
	_exit(111);
}
