/* book_listings.c - listings, their claims and their figures in the book. */
#include <stdlib.h>

#include "book_state.h"
#include "id.h"
#include "keys.h"

enum {
	SCAN_MAX = 20000,
	ID_BYTES = sizeof(struct pd_id),
	CLAIM_KEY_BYTES = 2 * ID_BYTES,
	MATCH_KEY_BYTES = 3 * ID_BYTES
};

/* ---- keeping ---- */

static int keep_listing(struct book *book, MDB_txn *txn, const struct listing_row *row)
{
	int rc = put(txn, book->tables[LISTINGS], &row->id, ID_BYTES, row, sizeof *row);
	if (rc)
		return rc;
	if (listing_state(row) <= PD_listing_state_claimed)
		return put(txn, book->tables[OPEN_LISTINGS], &row->id, ID_BYTES, "", 0);
	MDB_val id = {ID_BYTES, (void *)&row->id};
	rc = mdb_del(txn, book->tables[OPEN_LISTINGS], &id, NULL);
	return rc == MDB_NOTFOUND ? 0 : rc;
}

static int keep_claim(struct book *book, MDB_txn *txn, const struct claim_row *row)
{
	struct pd_id key[3] = {row->listing, row->id, row->listing};
	int rc = put(txn, book->tables[CLAIMS], key, CLAIM_KEY_BYTES, row, sizeof *row);
	key[0] = row->other;
	if (rc == 0 && !pd_id_is_zero(&row->other))
		rc = put(txn, book->tables[CLAIMS], key, MATCH_KEY_BYTES, row, sizeof *row);
	return rc;
}

static int keep_tally(struct book *book, MDB_txn *txn, const struct book_tally *tally)
{
	uint8_t key[4];
	key_u32(key, tally->area);
	return put(txn, book->tables[TALLIES], key, sizeof key, &tally->counts, sizeof tally->counts);
}

int book_keep_listings(struct book *book, MDB_txn *txn, const struct book_batch *batch)
{
	const struct listing_row *listings = (const struct listing_row *)batch->listings.data;
	const struct claim_row *claims = (const struct claim_row *)batch->claims.data;
	const struct book_tally *tallies = (const struct book_tally *)batch->tallies.data;
	int rc = 0;
	for (size_t i = 0; i < batch->listings.count / sizeof *listings && rc == 0; i++)
		rc = keep_listing(book, txn, &listings[i]);
	for (size_t i = 0; i < batch->claims.count / sizeof *claims && rc == 0; i++)
		rc = keep_claim(book, txn, &claims[i]);
	for (size_t i = 0; i < batch->tallies.count / sizeof *tallies && rc == 0; i++)
		rc = keep_tally(book, txn, &tallies[i]);
	return rc;
}

/* ---- reading ---- */

enum pd_err book_listing_get(struct book_reader *reader, const struct pd_id *id, struct listing_row *row)
{
	return get(reader, LISTINGS, id, ID_BYTES, row, sizeof *row);
}

enum pd_err book_claims(struct book_reader *reader, const struct pd_id *listing,
			void (*found)(const struct claim_row *row, void *arg), void *arg)
{
	struct walk walk = walk_open(reader, CLAIMS);
	for (walk_from(&walk, listing, ID_BYTES); walk.rc == 0; walk_to(&walk, MDB_NEXT)) {
		struct claim_row row;
		if (memcmp(walk.key.mv_data, listing, ID_BYTES) != 0)
			break;
		if (walk.value.mv_size != sizeof row) {
			mdb_cursor_close(walk.cursor);
			return PD_ECORRUPT;
		}
		memcpy(&row, walk.value.mv_data, sizeof row);
		found(&row, arg);
	}
	return walk_close(&walk);
}

/* ---- loading ---- */

struct loading {
	struct core *core;
	struct pd_id listing;
};

/* A match's claim stands under both listings; in memory it is with the one that it names. */
static void load_claim(const struct claim_row *row, void *arg)
{
	struct loading *loading = arg;
	if (memcmp(&row->listing, &loading->listing, ID_BYTES) == 0)
		core_restore_claim(loading->core, row);
}

enum pd_err book_fetch_listing(struct book_reader *reader, struct core *core, const struct pd_id *id)
{
	struct listing_row row;
	struct loading loading = {core, *id};
	enum pd_err err = book_listing_get(reader, id, &row);
	if (err)
		return err;
	core_restore_listing(core, &row);
	return book_claims(reader, id, load_claim, &loading);
}

static enum pd_err load_open(struct book_reader *reader, struct core *core)
{
	struct walk walk = walk_open(reader, OPEN_LISTINGS);
	enum pd_err err = PD_OK;
	for (walk_to(&walk, MDB_FIRST); walk.rc == 0 && err == PD_OK; walk_to(&walk, MDB_NEXT)) {
		struct pd_id id;
		memcpy(&id, walk.key.mv_data, sizeof id);
		err = book_fetch_listing(reader, core, &id);
	}
	enum pd_err closed = walk_close(&walk);
	return err == PD_ENOENT ? PD_ECORRUPT : err ? err : closed;
}

static enum pd_err load_tallies(struct book_reader *reader, struct core *core)
{
	struct walk walk = walk_open(reader, TALLIES);
	for (walk_to(&walk, MDB_FIRST); walk.rc == 0; walk_to(&walk, MDB_NEXT)) {
		struct listing_counts counts;
		if (walk.value.mv_size != sizeof counts || walk.key.mv_size != 4) {
			mdb_cursor_close(walk.cursor);
			return PD_ECORRUPT;
		}
		memcpy(&counts, walk.value.mv_data, sizeof counts);
		core_restore_tally(core, key_read_u32(walk.key.mv_data), &counts);
	}
	return walk_close(&walk);
}

enum pd_err book_load_listings(struct book_reader *reader, struct core *core)
{
	enum pd_err err = load_open(reader, core);
	return err ? err : load_tallies(reader, core);
}

/* ---- lists ---- */

static int compare_u32(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}

static bool row_wanted(const struct book_listing_query *query, const struct listing_row *row)
{
	return (!query->side || row->side == query->side) && (!query->kind || row->kind == query->kind) &&
	       (!query->state || listing_state(row) == query->state) &&
	       (!query->areas || bsearch(&row->area, query->areas, query->area_count, sizeof row->area, compare_u32));
}

/* Backwards from where the cursor says; it is the next key. */
static void begin_walk(struct walk *walk, const struct book_listing_query *query)
{
	if (query->cursor_bytes)
		walk_from(walk, query->cursor, query->cursor_bytes);
	if (!query->cursor_bytes || walk->rc == MDB_NOTFOUND)
		walk_to(walk, MDB_LAST);
	else if (walk->rc == 0 && memcmp(walk->key.mv_data, query->cursor, query->cursor_bytes) != 0)
		walk_to(walk, MDB_PREV);
}

enum pd_err book_list_listings(struct book_reader *reader, struct book_listing_query *query,
			       void (*found)(const struct listing_row *row, void *arg), void *arg)
{
	struct walk walk = walk_open(reader, LISTINGS);
	unsigned count = 0, scanned = 0;
	begin_walk(&walk, query);
	query->cursor_bytes = 0;
	for (; walk.rc == 0; walk_to(&walk, MDB_PREV)) {
		struct listing_row row;
		if (walk.value.mv_size != sizeof row) {
			mdb_cursor_close(walk.cursor);
			return PD_ECORRUPT;
		}
		if (count == query->limit || scanned++ == SCAN_MAX) {
			memcpy(query->cursor, walk.key.mv_data, walk.key.mv_size);
			query->cursor_bytes = walk.key.mv_size;
			break;
		}
		memcpy(&row, walk.value.mv_data, sizeof row);
		if (!row_wanted(query, &row))
			continue;
		count++;
		found(&row, arg);
	}
	return walk_close(&walk);
}
