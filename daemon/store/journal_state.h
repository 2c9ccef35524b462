/* journal_state.h - the inside of a journal, for journal.c, journal_scan.c and journal_reader.c.
 *
 * Invariants: (1) segments[0..used) hold records, from the file's first byte on, and a used file is never made anew or
 * given away; segments[used..used+ready) are zeros; (2) the records of segment i end where those of i+1 begin; (3) all
 * before `end` is written, and never changes again, so readers need no lock for it.
 *
 * Threads: `growing` is held by whoever changes which files there are (the writer and journal_prepare, when they add a
 * segment), or, with read_only, by the reader that looks how far another process has written. `lock` guards the fields
 * below it, for a few instructions at a time; it may be taken while holding `growing`, not the other way round. What
 * stands under neither belongs to the appending thread.
 */
#ifndef PAIDAN_JOURNAL_STATE_H
#define PAIDAN_JOURNAL_STATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "appender.h"
#include "record.h"
#include "window.h"

enum { JOURNAL_MARK_BYTES = 256 * 1024 }; /* from mark to mark, at least */
enum { JOURNAL_WHY_BYTES = sizeof((struct journal_opened *)0)->why };

/* Where a record begins. */
struct journal_mark {
	uint64_t at, seq;
};

struct segment {
	uint64_t base_at, first_seq; /* of its first record, once it has one */
	uint64_t bytes;              /* of the file */
	/* Records on the way through it, a good step apart, as far as anyone has gone that way; under lock. */
	struct journal_mark *marks;
	size_t mark_count;
};

struct journal {
	bool read_only;
	uint64_t segment_bytes; /* of new ones */
	int dir_fd, lock_fd;

	struct appender appender;         /* of the segment that is written to */
	const uint8_t *unhashed;          /* the last record, if its hash is still to be worked out; else null */
	struct record_head unhashed_head; /* its head */
	uint8_t hash[JOURNAL_HASH_BYTES]; /* of the last record; zeros when there is none */
	bool hash_known;                  /* false only while opening, before the first record is read */
	bool unsynced, broken;

	pthread_mutex_t growing;
	/* Of the scan: while opening, and with read_only under growing. */
	struct window window;
	uint64_t last_bytes; /* of the last record that the scan read, with its padding */
	unsigned padding;    /* bytes of it that are padding */
	bool padding_clean;  /* whether they are zero */
	char why[JOURNAL_WHY_BYTES];

	pthread_mutex_t lock;
	struct segment *segments;
	size_t used, ready, capacity;
	/* Written under lock, so that both can be read together there; each by itself can be read without. */
	_Atomic uint64_t end, last_seq;
};

/* Where a segment's records stand, as of the moment when it was asked for. */
struct journal_view {
	size_t index;
	uint64_t base_at, first_seq;
	uint64_t limit_at; /* where its records end */
};

/* Say why in journal->why, for people; returns err. */
__attribute__((format(printf, 3, 4))) enum pd_err journal_fault(struct journal *journal, enum pd_err err,
								const char *format, ...);

/* Room for count segments in the list; under lock, or before there are other threads. PD_ESYS: memory is out. */
PD_MUST_USE enum pd_err journal_reserve(struct journal *journal, size_t count);
/* A record is written (or, reading only, found) at the end: in segments[index], the last one used or the one behind it,
 * a file of file_bytes. */
PD_MUST_USE enum pd_err journal_grew(struct journal *journal, size_t index, uint64_t file_bytes,
				     const struct record_head *head);

/* The segment that at stands in. PD_ENOENT: at is not before the end. */
PD_MUST_USE enum pd_err journal_view_at(struct journal *journal, uint64_t at, struct journal_view *view);
/* The segment that holds seq. PD_ENOENT: it is not written yet; *end is where the record of seq *next will begin. */
PD_MUST_USE enum pd_err journal_view_seq(struct journal *journal, uint64_t seq, struct journal_view *view,
					 uint64_t *end, uint64_t *next);

/* The mark of view's segment that is nearest before seq: its first record, if there is none. */
struct journal_mark journal_mark_before(struct journal *journal, const struct journal_view *view, uint64_t seq);
/* A record of view's segment that was come across: it becomes a mark if it is far enough from the last one. */
void journal_mark(struct journal *journal, const struct journal_view *view, uint64_t at, uint64_t seq);

/* ---- journal_scan.c ---- */

/* Non-zero bytes behind the end, that are no record. */
struct journal_torn {
	size_t index; /* of the segment */
	uint64_t from, to;
};

/* Find the segments and the end of the records. torn->to is 0 when all behind it is clean. */
PD_MUST_USE enum pd_err journal_scan(struct journal *journal, struct journal_torn *torn);
/* With read_only: see what was written since. On failure why gets why. */
PD_MUST_USE enum pd_err journal_look_on(struct journal *journal, char why[static JOURNAL_WHY_BYTES]);

#endif
