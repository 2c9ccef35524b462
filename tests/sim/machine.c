/* machine.c - what the broker asks the machine for: the time, randomness, free space, and folders of its own sizes
 * (link.flags). */
#include "machine.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/statvfs.h>
#include <time.h>

#include "log.h"
#include "sim.h"
#include "tally.h"
#include "trace.h"

int __wrap_clock_gettime(clockid_t id, struct timespec *now);
int __wrap_statvfs(const char *path, struct statvfs *disk);
enum pd_err __real_journal_open(struct journal **journal, const struct journal_options *options,
				struct journal_opened *opened);
enum pd_err __wrap_journal_open(struct journal **journal, const struct journal_options *options,
				struct journal_opened *opened);
enum pd_err __real_book_open(struct book **book, const struct book_options *options, char why[static 300]);
enum pd_err __wrap_book_open(struct book **book, const struct book_options *options, char why[static 300]);
void __wrap_log_line(enum log_level level, const char *what, const char *fields, ...);

int __wrap_clock_gettime(clockid_t id, struct timespec *now)
{
	uint64_t ms = id == CLOCK_REALTIME ? sim_wall_ms() : sim.mono_ms;
	*now = (struct timespec){(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};
	return 0;
}

int __wrap_statvfs(const char *path, struct statvfs *disk)
{
	(void)path;
	*disk = (struct statvfs){.f_frsize = 4096, .f_bavail = sim.disk_low ? 1 : UINT64_C(1) << 40};
	return 0;
}

/* Small segments, so that many are filled. */
enum pd_err __wrap_journal_open(struct journal **journal, const struct journal_options *options,
				struct journal_opened *opened)
{
	struct journal_options small = *options;
	small.segment_bytes = sim.profile.segment_bytes;
	small.cached = true; /* the disk that is made up here is not one of pages */
	enum pd_err err = __real_journal_open(journal, &small, opened);
	if (err == PD_OK && opened->torn_bytes) {
		trace_line("%" PRIu64 " torn bytes are cut off", opened->torn_bytes);
		tally_add(TALLY_TORN);
	}
	return err;
}

/* What a loss of power leaves of the book is book_shelf.c's matter. */
enum pd_err __wrap_book_open(struct book **book, const struct book_options *options, char why[static 300])
{
	struct book_options quick = *options;
	quick.no_sync = true;
	return __real_book_open(book, &quick, why);
}

void __wrap_log_line(enum log_level level, const char *what, const char *fields, ...)
{
	char text[150];
	va_list args;
	va_start(args, fields);
	vsnprintf(text, sizeof text, fields, args);
	va_end(args);
	if (level <= LOG_WARN)
		trace_line("log: %s %s", what, text);
}

static const char *random_name(void)
{
	return "seeded";
}

static uint32_t random_u32(void)
{
	return (uint32_t)dice_u64(&sim.dice);
}

static void random_fill(void *const buffer, const size_t bytes)
{
	dice_fill(&sim.dice, buffer, bytes);
}

static struct randombytes_implementation seeded = {
	.implementation_name = random_name, .random = random_u32, .buf = random_fill};

void machine_init(void)
{
	randombytes_set_implementation(&seeded);
}
