/* book_state.h - what the book's files share: its tables, a snapshot, a cursor. Nobody else includes this. */
#ifndef PAIDAN_BOOK_STATE_H
#define PAIDAN_BOOK_STATE_H

#include <assert.h>
#include <lmdb.h>
#include <pthread.h>
#include <string.h>

#include "book.h"
#include "codec.h"

enum {
	ORDERS,
	BY_HOLDER,
	BY_REQUESTER,
	BY_DUE,
	REGISTRY,
	NOTICES,
	MEMBERS,
	BY_MEMBER,
	FIGURES,
	LISTINGS,
	OPEN_LISTINGS,
	CLAIMS,
	TALLIES,
	META,
	TABLES
};

struct book {
	MDB_env *env;
	MDB_dbi tables[TABLES];
	struct pd_decoder *decoder;
	unsigned renewed_from;
	/* Readers hold it shared for as long as a snapshot lasts: the map can grow only while there is none. A thread
	 * must not hold it twice: new snapshots wait while the keeper does. */
	pthread_rwlock_t growing;
};

struct book_reader {
	struct book *book;
	MDB_txn *txn;
	struct pd_decoder *decoder;
	bool active;
};

static inline int put(MDB_txn *txn, MDB_dbi table, const void *key, size_t key_bytes, const void *value,
		      size_t value_bytes)
{
	MDB_val k = {key_bytes, (void *)key}, v = {value_bytes, (void *)value};
	return mdb_put(txn, table, &k, &v, 0);
}

/* A value of fixed size. */
static inline enum pd_err get(struct book_reader *reader, int table, const void *key, size_t key_bytes, void *value,
			      size_t bytes)
{
	MDB_val k = {key_bytes, (void *)key}, v;
	int rc = mdb_get(reader->txn, reader->book->tables[table], &k, &v);
	if (rc == MDB_NOTFOUND)
		return PD_ENOENT;
	if (rc)
		return PD_ESYS;
	if (v.mv_size != bytes)
		return PD_ECORRUPT;
	memcpy(value, v.mv_data, bytes);
	return PD_OK;
}

/* A cursor and where it stands. */
struct walk {
	MDB_cursor *cursor;
	MDB_val key, value;
	int rc;
	uint8_t from[64]; /* what key points to while it is looked for */
};

static inline struct walk walk_open(struct book_reader *reader, int table)
{
	struct walk walk = {0};
	walk.rc = mdb_cursor_open(reader->txn, reader->book->tables[table], &walk.cursor);
	return walk;
}

static inline void walk_to(struct walk *walk, MDB_cursor_op op)
{
	if (walk->cursor)
		walk->rc = mdb_cursor_get(walk->cursor, &walk->key, &walk->value, op);
}

static inline void walk_from(struct walk *walk, const void *key, size_t bytes)
{
	assert(bytes <= sizeof walk->from);
	memcpy(walk->from, key, bytes);
	walk->key = (MDB_val){bytes, walk->from};
	walk_to(walk, MDB_SET_RANGE);
}

/* Whether it came to an end, and did not stop at an error. */
static inline enum pd_err walk_err(const struct walk *walk)
{
	return walk->rc == 0 || walk->rc == MDB_NOTFOUND ? PD_OK : PD_ESYS;
}

static inline enum pd_err walk_close(struct walk *walk)
{
	if (walk->cursor)
		mdb_cursor_close(walk->cursor);
	return walk_err(walk);
}

/* ---- book_open_orders.c ---- */

/* The rows of all orders in these holders' queues, by holder, state, urgency and age; to be freed, after an error, too.
 * Takes threads of its own, as long as it lasts. */
PD_MUST_USE enum pd_err book_open_orders(struct book_reader *reader, const uint32_t *areas, size_t area_count,
					 struct order_row **rows, size_t *count);

/* ---- book_orders.c ---- */

int book_keep_orders(struct book *book, MDB_txn *txn, const struct book_batch *batch);

/* ---- book_listings.c ---- */

int book_keep_listings(struct book *book, MDB_txn *txn, const struct book_batch *batch);
/* Into an empty core: the open listings with their claims, and the figures. */
enum pd_err book_load_listings(struct book_reader *reader, struct core *core);

#endif
