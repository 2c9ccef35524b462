/* book.h - the book: what paidan knows, in LMDB. Everything in it can be made again from the journal.
 *
 *   orders        id, 16 bytes                                  struct order_row, compact (compact.h)
 *   by_holder     holder u32, state u8, urgency u8, seq u64     id           (big-endian, so that keys sort by value)
 *   by_requester  person u32, seq u64                           id
 *   by_due        due u64, in ms, seq u64, of completed orders  id
 *   registry      kind u8, id u32, big-endian                   the event that last set it, as a message
 *   notices       id, 16 bytes                                  struct notice_row, then notified, as a message
 *   members       owner, 16 bytes, member u32                   struct member_row
 *   by_member     member u32, owner, 16 bytes                   nothing
 *   figures       area u32, big-endian                          struct figures, compact
 *   listings      id                                            struct listing_row
 *   open_listings id                                            nothing: those that belong in memory
 *   claims        listing id, claim id                          struct claim_row
 *                 other id, claim id, listing id                the same, of a match
 *   tallies       area u32, big-endian                          struct listing_counts
 *   meta          "state"                                       struct book_meta
 *
 * Invariants: (1) the book is what the journal's events up to meta.seq make, exactly; (2) row = f(events), index =
 * f(row). Threads: keep on one thread at a time; readers any number, one thread each; open once a process.
 */
#ifndef PAIDAN_BOOK_H
#define PAIDAN_BOOK_H

#include "buffer.h"
#include "core.h"
#include "proto.h"

/* 2: figures know due, late and duplicate; rows have marks. 3: one table for the registry; rows have deadlines' parts,
 * coordinates and urges; notices and members. 5: roll-calls and rounds of visits have numbers, by which their orders
 * name them; rows of orders and figures are compact. 6: by_due; figures know unconfirmed. */
enum { BOOK_FORMAT = 6 };

struct book_meta {
	uint32_t format, zero;
	uint64_t seq;     /* the last event that is kept */
	uint64_t at;      /* its place in the journal */
	uint64_t time_ms; /* the latest time of any event so far */
};

struct book;

struct book_options {
	const char *dir;
	bool read_only; /* look only, beside a running paidand */
	bool no_sync;   /* for a book that is made to be compared and thrown away */
	bool renew;     /* one of an older format is emptied, to be made again from the journal */
};

/* Open the book, or make an empty one. PD_EVERSION: of another format; PD_ESYS: *why (300 bytes) says what. */
PD_MUST_USE enum pd_err book_open(struct book **book, const struct book_options *options, char why[static 300]);
void book_close(struct book *book);
/* The format of the book that was emptied at its opening; 0: it was not. */
unsigned book_renewed_from(const struct book *book);

/* ---- keeping ---- */

/* What changed in the synced rounds since the last keep. Entries may repeat: the last one counts. */
/* Invariant: an order has one row in it, its last. */
struct book_batch {
	uint64_t first_seq;        /* of the events that led to it; 0: it is empty */
	struct pd_buffer orders;   /* struct order_row, one after the other */
	struct pd_buffer registry; /* events of the registry, as messages, back to back */
	struct pd_buffer figures;  /* struct book_figures */
	struct pd_buffer members;  /* struct member_row */
	struct pd_buffer listings; /* struct listing_row */
	struct pd_buffer claims;   /* struct claim_row */
	struct pd_buffer tallies;  /* struct book_tally */
	struct pd_buffer notices;  /* struct notice_row, each with the message notified behind it */
	struct book_meta meta;     /* the state to which all this leads */
	/* Keeping it may take its time, so that others get on: it rests between portions. Any thread may take that back
	 * meanwhile. */
	_Atomic bool unhurried;
};

struct book_figures {
	uint32_t area, zero;
	struct figures figures;
};

struct book_tally {
	uint32_t area, zero;
	struct listing_counts counts;
};

void book_batch_clear(struct book_batch *batch);
void book_batch_fini(struct book_batch *batch);

/* Bring the book to batch->meta in one transaction, on disk when it returns. A full map grows. PD_ESYS: *why says what;
 * the process must end then, for a later commit could seem to succeed. */
PD_MUST_USE enum pd_err book_keep(struct book *book, struct book_batch *batch, char why[static 300]);

/* ---- reading ---- */

/* A snapshot: sees one state of the book from begin to end. Short-lived: as long as it lasts, the file grows. */
struct book_reader;
PD_MUST_USE enum pd_err book_reader_new(struct book_reader **reader, struct book *book);
void book_reader_free(struct book_reader *reader);
PD_MUST_USE enum pd_err book_begin(struct book_reader *reader);
void book_end(struct book_reader *reader);

/* Inside a snapshot. PD_ENOENT: nothing was kept yet. */
PD_MUST_USE enum pd_err book_meta_get(struct book_reader *reader, struct book_meta *meta);
/* PD_ENOENT: the book does not have it. */
PD_MUST_USE enum pd_err book_order_get(struct book_reader *reader, const struct pd_id *id, struct order_row *row);
/* The greatest order id; PD_ENOENT: there is none. */
PD_MUST_USE enum pd_err book_last_id(struct book_reader *reader, struct pd_id *id);

/* Give everything that belongs in memory to an empty core: registry, figures, the orders in queues, and its end. */
PD_MUST_USE enum pd_err book_load(struct book_reader *reader, struct core *core, struct book_meta *meta);

/* Give the ids of completed orders that are due at now_ms or before to found, the earliest first, until it returns
 * false. */
PD_MUST_USE enum pd_err book_due(struct book_reader *reader, uint64_t now_ms,
				 bool (*found)(const struct pd_id *id, void *arg), void *arg);

/* *event points to the message notified, of row->event_bytes, and lives as long as the snapshot. PD_ENOENT: the book
 * does not have it. */
PD_MUST_USE enum pd_err book_notice_get(struct book_reader *reader, const struct pd_id *id, struct notice_row *row,
					const char **event);
/* Give notices to found, those with the greatest ids first, those before the one given (null: all), until it returns
 * false. */
PD_MUST_USE enum pd_err book_notices(struct book_reader *reader, const struct pd_id *before,
				     bool (*found)(const struct notice_row *row, const char *event, void *arg),
				     void *arg);

/* PD_ENOENT: the book does not have it. */
PD_MUST_USE enum pd_err book_member_get(struct book_reader *reader, const struct pd_id *owner, uint32_t member,
					struct member_row *row);
/* Give the members of an owner to found in the order of their ids, those after the one given, until it returns false.
 */
PD_MUST_USE enum pd_err book_members_of(struct book_reader *reader, const struct pd_id *owner, uint32_t after,
					bool (*found)(const struct member_row *row, void *arg), void *arg);
/* Give what stands of one member beside all owners to found, in the order of the owners' ids, those after the one given
 * (null: from the first on), until it returns false. */
PD_MUST_USE enum pd_err book_members_with(struct book_reader *reader, uint32_t member, const struct pd_id *after,
					  bool (*found)(const struct member_row *row, void *arg), void *arg);
/* All members of an owner, into memory. */
PD_MUST_USE enum pd_err book_load_members(struct book_reader *reader, const struct pd_id *owner, struct core *core);

struct book_query {
	const uint32_t *areas; /* of these holders, in this order; null: of requester, or all */
	size_t area_count;
	uint32_t requester;          /* with areas null; 0: all */
	bool by_id;                  /* oldest id first, through all orders; areas are sorted then, and a filter */
	unsigned state;              /* 0: any */
	uint64_t since_ms, until_ms; /* submitted in [since_ms, until_ms); 0: any */
	uint32_t category;           /* 0: any */
	unsigned limit;
	uint8_t cursor[64]; /* where to begin; cursor_bytes 0: at the beginning */
	size_t cursor_bytes;
};

/* Orders of a query, each given to found. At the end query->cursor is where to go on, empty when there are no more.
 * Looks at a bounded number of rows: a page may be short and yet not the last. */
PD_MUST_USE enum pd_err book_list(struct book_reader *reader, struct book_query *query,
				  void (*found)(const struct order_row *row, void *arg), void *arg);

/* ---- listings ---- */

/* PD_ENOENT: the book does not have it. */
PD_MUST_USE enum pd_err book_listing_get(struct book_reader *reader, const struct pd_id *id, struct listing_row *row);
/* Give all claims of a listing, those of its matches too, to found. */
PD_MUST_USE enum pd_err book_claims(struct book_reader *reader, const struct pd_id *listing,
				    void (*found)(const struct claim_row *row, void *arg), void *arg);

/* Put a listing that is not in memory there, with its claims. PD_ENOENT: the book does not have it. */
PD_MUST_USE enum pd_err book_fetch_listing(struct book_reader *reader, struct core *core, const struct pd_id *id);

struct book_listing_query {
	const uint32_t *areas; /* sorted; null: any */
	size_t area_count;
	unsigned side, kind, state; /* 0: any */
	unsigned limit;
	uint8_t cursor[64]; /* as in struct book_query */
	size_t cursor_bytes;
};
/* Newest first. */
PD_MUST_USE enum pd_err book_list_listings(struct book_reader *reader, struct book_listing_query *query,
					   void (*found)(const struct listing_row *row, void *arg), void *arg);

/* Compare two books table by table, byte by byte. PD_ECORRUPT: *why names the first difference. entries gets the number
 * compared. */
PD_MUST_USE enum pd_err book_compare(struct book_reader *a, struct book_reader *b, uint64_t *entries,
				     char why[static 300]);

struct book_room {
	uint64_t used_bytes, map_bytes;
};
void book_room(struct book *book, struct book_room *room);

#endif
