/* reads.h - queries whose answers come from disk: done in libuv's threads, on a snapshot of the book and the synced
 * journal.
 *
 * A read is made when its query comes, started when everything that was decided before it is on disk, and ends in the
 * front's thread with the answers as messages back to back. Threads: the front's makes, starts and gets them.
 */
#ifndef PAIDAN_READS_H
#define PAIDAN_READS_H

#include <uv.h>

#include "book.h"
#include "journal.h"

enum read_kind {
	READ_ORDER,
	READ_ORDERS,
	READ_ROWS,
	READ_COUNTS,
	READ_EVENTS,
	READ_LOOK_BACK,
	READ_LISTINGS,
	READ_MATCHES,
	READ_NOTICES,
	READ_PROGRESS,
	READ_MISSING,
	READ_ANSWERS
};

/* A member who may be missing, and the message that says who it is, in messages from off on. */
struct read_candidate {
	uint32_t member;
	uint8_t cursor[5]; /* where to go on behind it */
	size_t off, bytes;
};

/* What a read about notices is to know; the queries of a notice name one that has ended, but for READ_ANSWERS. */
struct read_notice {
	struct pd_id id; /* all zero: none */
	struct notice_row row;
	struct notice_count *sums; /* READ_PROGRESS: to be completed, and where members' areas count */
	size_t sum_count;
	uint32_t *places;
	size_t place_count;
	struct pd_buffer candidates, messages; /* READ_MISSING: struct read_candidate, in the order of the answer */
	bool more;                             /* there are candidates behind these */
	uint32_t member, household;            /* READ_ANSWERS: whose, 0: all; read->person's household */
	uint8_t kind, sort;                    /* only of this kind; what member is */
};

/* An order as memory had it when the query came. */
struct read_order_row {
	struct order_row row;
	struct core_promise promise;
	struct followers followers;
};

struct read {
	uv_work_t work;
	struct reads *reads;
	enum read_kind kind;
	uint32_t peer; /* who asked */
	uint64_t request;
	uint64_t after_seq; /* the book must have kept so much before it starts */
	uint64_t seq;       /* the synced seq up to which the answer holds */
	struct pd_id order; /* or the listing */
	bool row_known, story;
	struct order_row row;          /* of an order in memory, as it was when the query came */
	struct read_order_row known;   /* READ_ORDER: the same and more, if row_known */
	struct read_order_row *orders; /* READ_ROWS */
	size_t order_count;
	bool may_see;    /* READ_ORDER: the reader may see it, whatever own_only says */
	uint64_t now_ms; /* when the query came */
	struct book_query query;
	uint32_t *areas; /* sorted ids: of the query, or the filter of events; null: all */
	size_t area_count;
	struct book_listing_query listings; /* READ_LISTINGS */
	struct listing_row *rows;           /* READ_MATCHES: the listing, if row_known, and what fits it */
	size_t row_count;
	bool own_only; /* the reader may see what person has asked for, nothing else */
	uint32_t person;
	uint8_t language;      /* of a refusal's detail */
	uint64_t publications; /* for the end of READ_EVENTS */
	struct {
		uint32_t version, actor, content;
		enum pd_type type;
	} wanted;                  /* READ_LOOK_BACK: the event that makes the command a repeat; of answers row.last_at
				      is the member's last */
	struct pd_message refusal; /* READ_LOOK_BACK: the answer if there is no such event; texts in refusal_text */
	char refusal_text[PD_DETAIL_BYTES];
	struct read_notice notice;
	struct pd_buffer out;
	unsigned refused; /* the code, if the answer is a refusal */
	uint32_t count;
	struct read *next;
};

struct reads;

struct reads *reads_new(uv_loop_t *loop, struct book *book, struct journal *journal,
			void (*done)(struct read *read, void *arg), void *arg);
/* No read may be under way. */
void reads_free(struct reads *reads);

struct read *read_new(enum read_kind kind, uint32_t peer, uint64_t request);
/* done gets it back in the loop's thread, and frees it with read_free. */
void reads_start(struct reads *reads, struct read *read);
void read_free(struct read *read);
size_t reads_active(const struct reads *reads);

#endif
