/* journal.h - the append-only sequence of events: rounds of them, in segment files of fixed size.
 *
 * A place (`at`) is a byte offset in the stream of records, counted from the journal's beginning; it does not know of
 * segments: a record that does not fit into the rest of a segment begins the next one, and the places go on without a
 * hole. Place 0 holds no event (the first record's header stands there), so 0 can mean "none".
 *
 * On disk, all numbers little-endian:
 *   segment   journal/00000001.seg, ...: fixed size, made ahead of need and filled with zeros; records back to back,
 *             each begins at a multiple of 8 bytes of the segment
 *   record    one round: JOURNAL_RECORD_HEAD_BYTES of head (magic, CRC32C of all that follows it, bytes, count,
 *             place, first seq, time, BLAKE2b-256 of the record before; the offsets are in record.h), then its
 *             events. One that is larger than a segment gets a segment of its size
 *   event     u32 bytes of the message, u32 zero, u64 place of the same order's previous event, then the event as a
 *             message (proto/messages.def), byte for byte as it is published; its seq stands in it
 *
 * Invariants: (1) seqs begin at 1 and rise by one from event to event, across records and segments; (2) every record
 * holds the hash of the whole record before it, the first one zeros; (3) at most one record is written and not synced,
 * so that a crash can break off one record only.
 *
 * Threads: append side (write, sync) one thread; journal_prepare one, which may be another; rounds are built by one
 * thread at a time; readers any number, one thread each; journal_end, journal_last_seq and journal_room any.
 */
#ifndef PAIDAN_JOURNAL_H
#define PAIDAN_JOURNAL_H

#include "buffer.h"
#include "proto.h"

enum { JOURNAL_RECORD_HEAD_BYTES = 72, JOURNAL_EVENT_HEAD_BYTES = 16, JOURNAL_HASH_BYTES = 32 };

struct journal;

struct journal_options {
	const char *dir;        /* the folder of the segments; made if missing unless read_only */
	uint64_t segment_bytes; /* of new segments, a multiple of 4096; 0: 64 MiB. Existing ones keep their size */
	bool read_only;         /* look only: no lock, no repair, no segments made */
	bool cached;            /* write through the page cache, even where it could be done without */
};

/* What opening found. */
struct journal_opened {
	uint64_t torn_bytes; /* cut off at the end: a record whose write a crash had broken off */
	uint64_t last_seq;   /* 0: empty */
	char why[300];       /* for people, when opening failed: which file and place, what is wrong; else empty */
};

/* Open the journal and find its end; verifies the records of the last segment in use, and of the others that they begin
 * in order (their records are verified as they are read). A bad record that a good one follows is damage: PD_ECORRUPT;
 * so is what one broken-off write cannot leave: garbage in two segments, or a whole record that does not follow the one
 * before. A bad record that nothing good follows is torn, and is overwritten with zeros and synced (not with
 * read_only). The last good record is made safe anew: its sync may never have come. With read_only the writer may be at
 * work in another process; the end is then as far as was looked, and readers look on. PD_EBUSY: another process has it
 * open for writing. PD_ENOENT: read_only, and there is no such folder. PD_EINVAL: the options. PD_ESYS, PD_EFULL: see
 * why. */
PD_MUST_USE enum pd_err journal_open(struct journal **journal, const struct journal_options *options,
				     struct journal_opened *opened);
/* Accepts null. What was not synced stays unsynced. */
void journal_close(struct journal *journal);

/* The place behind the last record that was written; where the next one begins. */
uint64_t journal_end(const struct journal *journal);
/* The seq of the last event that was written. */
uint64_t journal_last_seq(const struct journal *journal);

struct journal_room {
	uint64_t bytes; /* of records */
	size_t segments_used, segments_ready;
};
void journal_room(struct journal *journal, struct journal_room *room);

/* ---- a round: events that go to disk together ---- */

/* Invariant: bytes holds room for a record's head, then the events so far; behind them is room for the padding. Begins
 * as all zero. */
struct journal_round {
	struct pd_buffer bytes;
	uint64_t base_at;   /* the place where its record will begin */
	uint64_t first_seq; /* of its first event */
	uint64_t time_ms;
	uint32_t count;
};

/* Empty the round, to begin at base_at with first_seq. Keeps its memory. */
void journal_round_begin(struct journal_round *round, uint64_t base_at, uint64_t first_seq, uint64_t time_ms);
/* Append an event, whose seq is event->request and must be the next; returns its place. */
uint64_t journal_round_add(struct journal_round *round, const struct pd_message *event, uint64_t prev_at);
void journal_round_fini(struct journal_round *round);
/* The place behind the round, where the next one begins. */
uint64_t journal_round_end(const struct journal_round *round);

/* Seal the round (head, hash, CRC) and write it; it must begin at the journal's end. Not safe yet: journal_sync, before
 * the next write. The round's events are not moved or changed: another thread may look at them meanwhile. PD_EFULL: the
 * disk is full; PD_EINVAL: the round is larger than 1 GiB; PD_ESYS: errno. After an error the journal must only be
 * closed. A round of no events is not allowed. */
PD_MUST_USE enum pd_err journal_write(struct journal *journal, struct journal_round *round);
/* After it, what was written survives loss of power. Errors as of journal_write. */
PD_MUST_USE enum pd_err journal_sync(struct journal *journal);
/* Do now what the next journal_write would have to do first: the hash of the record that is written. */
void journal_settle(struct journal *journal);

/* Whether journal_prepare has something to do. */
bool journal_short(struct journal *journal);
/* Have segments ready ahead of the end, so that a write never waits for one: makes at most one file, as long as fewer
 * than two are ready. *made: whether it made one. May run in a thread of its own beside the appending one. PD_EFULL,
 * PD_ESYS: it may be tried again, and what is ready can be written. */
PD_MUST_USE enum pd_err journal_prepare(struct journal *journal, bool *made);

/* ---- reading ---- */

struct journal_event {
	const char *message; /* one whole message */
	uint32_t bytes;
	uint64_t at, prev_at;
};

/* The event at a place inside an unwritten or written round still in memory; false when the place is not in it. */
bool journal_round_find(const struct journal_round *round, uint64_t at, struct journal_event *event);

struct journal_reader;
/* A reader holds a descriptor or two and a buffer; it stays valid while the journal grows, and must be freed before it
 * is closed. */
PD_MUST_USE enum pd_err journal_reader_new(struct journal_reader **reader, struct journal *journal);
void journal_reader_free(struct journal_reader *reader);

/* The event at a place that has been written. It lives until the reader's next call. PD_ENOENT: no event can stand
 * there; PD_ECORRUPT: what stands there is not an event. */
PD_MUST_USE enum pd_err journal_read(struct journal_reader *reader, uint64_t at, struct journal_event *event);
/* The event at a place will be read soon, and probably those behind it: so that journal_read does not wait for the
 * disk.
 */
void journal_expect(struct journal_reader *reader, uint64_t at);

/* Go to the first event with a seq greater than after_seq (0: the first of all). Cheap: by segment, then from record
 * head to record head. PD_ENOENT: there is none yet; journal_next will find it when it is written. After another error
 * the reader stands where it stood. */
PD_MUST_USE enum pd_err journal_seek(struct journal_reader *reader, uint64_t after_seq);
/* The next event, of a new reader the first of all; it lives until the reader's next call. Each record's CRC, place,
 * first seq, events' seqs and hash chain are verified as it is entered (the chain from the second record after a seek
 * on). PD_ENOENT: the end of what has been written so far. PD_ECORRUPT, PD_ESYS: *why (may be null) gets the file and
 * place, for people, until the reader's next call; the reader stays where it is. */
PD_MUST_USE enum pd_err journal_next(struct journal_reader *reader, struct journal_event *event, uint64_t *seq,
				     const char **why);
/* The hash of the record that the last event from journal_next stood in; zeros before the first. */
const uint8_t *journal_reader_hash(const struct journal_reader *reader);

#endif
