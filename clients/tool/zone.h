/* zone.h - wall clocks: dates as they are written, read by a format, and the moments that they mean in a time zone.
 *
 * The zone is the process's own (TZ), so there is one at a time. Threads: one.
 */
#ifndef PAIDAN_ZONE_H
#define PAIDAN_ZONE_H

#include "proto.h"

/* What a wall shows. */
struct zone_date {
	int year, month, day, hour, minute, second, ms;
	bool has_offset; /* the text says how far it is from UTC */
	int offset_s;    /* east of UTC */
	bool has_epoch;  /* the text is seconds since 1970 */
	int64_t epoch_ms;
};

enum { ZONE_WHY_BYTES = 300 };

/* Read text by a format: %Y %y %m %d %e %H %I %M %S %p %b %z %s as strftime has them, %f for a fraction of the second;
 * blanks stand for any number of blanks. PD_EINVAL: it is none; *why says so, with an example of what would be right.
 */
PD_MUST_USE enum pd_err zone_read(const char *format, const char *text, struct zone_date *date,
				  char why[static ZONE_WHY_BYTES]);
/* Whether a format has nothing but what zone_read knows; *why names what it does not. */
bool zone_format_valid(const char *format, char why[static ZONE_WHY_BYTES]);

/* Make name ("America/New_York", "UTC") the process's zone. PD_ENOENT: there is no such zone. */
PD_MUST_USE enum pd_err zone_use(const char *name);

enum zone_kind {
	ZONE_ONE,  /* it means one moment */
	ZONE_GAP,  /* clocks were set forward over it: *ms is the moment at which they were */
	ZONE_FOLD, /* clocks were set back: it was twice, *ms and *second_ms */
	ZONE_OUT,  /* it is before 1970 */
};
enum zone_kind zone_moment(const struct zone_date *date, uint64_t *ms, uint64_t *second_ms);

#endif
