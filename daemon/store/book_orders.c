/* book_orders.c - orders, kept: their rows, and the tables in which they are found by something else than their ids. */
#include <stdlib.h>
#include <time.h>

#include "book_state.h"
#include "compact.h"
#include "fetch.h"
#include "keys.h"
#include "sort.h"

/* A table in which an order stands by a place of its own and by its seq, and what a batch brings to it. */
struct index {
	MDB_cursor *cursor;
	uint64_t (*place)(const struct order_row *row); /* 0: it does not stand there */
	size_t key_bytes;
	struct sort_key *entries; /* places and seqs, and the rows of which they are */
	size_t count;
};

enum { AT_HOLDER, AT_REQUESTER, AT_DUE, INDEXES };

/* Where a batch's orders are written, each table with one cursor: neighbours share their pages. */
struct order_tables {
	MDB_cursor *orders;
	struct index indexes[INDEXES];
};

static uint64_t place_at_holder(const struct order_row *row)
{
	return (uint64_t)row->holder << 16 | (uint64_t)row->state << 8 | row->urgency;
}

/* Nobody asks for the orders of nobody. */
static uint64_t place_at_requester(const struct order_row *row)
{
	return row->requester;
}

static uint64_t place_at_due(const struct order_row *row)
{
	return row->state == PD_STATE_completed ? row->due_ms : 0;
}

static int open_index(struct book *book, MDB_txn *txn, int table, size_t rows, struct index *index)
{
	index->entries = malloc((rows + 1) * sizeof *index->entries);
	if (!index->entries)
		abort();
	return mdb_cursor_open(txn, book->tables[table], &index->cursor);
}

static int open_tables(struct book *book, MDB_txn *txn, size_t rows, struct order_tables *tables)
{
	static const int of_book[INDEXES] = {BY_HOLDER, BY_REQUESTER, BY_DUE};
	*tables = (struct order_tables){.indexes = {{.place = place_at_holder, .key_bytes = KEY_BY_HOLDER_BYTES},
						    {.place = place_at_requester, .key_bytes = KEY_BY_REQUESTER_BYTES},
						    {.place = place_at_due, .key_bytes = KEY_BY_DUE_BYTES}}};
	int rc = mdb_cursor_open(txn, book->tables[ORDERS], &tables->orders);
	for (int i = 0; i < INDEXES && rc == 0; i++)
		rc = open_index(book, txn, of_book[i], rows, &tables->indexes[i]);
	return rc;
}

static void close_tables(struct order_tables *tables)
{
	if (tables->orders)
		mdb_cursor_close(tables->orders);
	for (int i = 0; i < INDEXES; i++) {
		if (tables->indexes[i].cursor)
			mdb_cursor_close(tables->indexes[i].cursor);
		free(tables->indexes[i].entries);
	}
}

static int put_at(MDB_cursor *cursor, const void *key, size_t key_bytes, const void *value, size_t value_bytes,
		  unsigned flags)
{
	MDB_val k = {key_bytes, (void *)key}, v = {value_bytes, (void *)value};
	return mdb_cursor_put(cursor, &k, &v, flags);
}

/* ---- pace ---- */

/* Ten thousands of rows are a tenth of a second of work, in which a processor would be missing to those who answer.
 * After each portion there is a rest, some times as long as it took. */
enum { PORTION_ROWS = 256, REST_TIMES = 4, REST_NS_MAX = 2000000 };

struct pace {
	const struct book_batch *batch;
	size_t rows;
	uint64_t begun_ns; /* the portion */
};

static uint64_t now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* The rows are not in the caches any more: so many before its turn each is asked for. */
enum { AHEAD = 8 };

/* Before each row. */
static void keep_pace(struct pace *pace)
{
	if (pace->rows++ % PORTION_ROWS || !pace->batch->unhurried)
		return;
	uint64_t rest_ns = pace->begun_ns ? (now_ns() - pace->begun_ns) * REST_TIMES : 0;
	const struct timespec rest = {.tv_nsec = rest_ns < REST_NS_MAX ? (long)rest_ns : REST_NS_MAX};
	nanosleep(&rest, NULL);
	pace->begun_ns = now_ns();
}

/* ---- entries ---- */

/* An entry's key: its place, of as many bytes as are left of the key, and its seq. */
static const uint8_t *key_of(const struct index *index, uint64_t place, uint64_t seq, uint8_t bytes[static 16])
{
	key_u64(key_u64(bytes, place), seq);
	return bytes + 16 - index->key_bytes;
}

/* The entry of an order's new row takes the place of that of its old one. The new one is put later. */
static int move_entry(struct index *index, const struct order_row *old, const struct order_row *row, uint32_t row_index)
{
	uint64_t from = index->place(old), to = index->place(row);
	uint8_t bytes[16];
	if (from == to)
		return 0;
	if (to)
		index->entries[index->count++] = (struct sort_key){to, row->seq, row_index};
	if (!from)
		return 0;
	MDB_val key = {index->key_bytes, (void *)key_of(index, from, old->seq, bytes)}, value;
	int rc = mdb_cursor_get(index->cursor, &key, &value, MDB_SET);
	return rc ? rc : mdb_cursor_del(index->cursor, 0);
}

/* In the order of their keys. */
static int put_entries(struct index *index, const struct order_row *rows, struct pace *pace)
{
	uint8_t bytes[16], last[16] = {0};
	MDB_val key, value;
	sort_keys(index->entries, index->count);
	int rc = mdb_cursor_get(index->cursor, &key, &value, MDB_LAST);
	bool at_end = rc == MDB_NOTFOUND;
	if (rc == 0)
		memcpy(last, key.mv_data, index->key_bytes); /* its page may go */
	rc = at_end ? 0 : rc;
	for (size_t i = 0; i < index->count && rc == 0; i++) {
		const struct sort_key *entry = &index->entries[i];
		const uint8_t *name = key_of(index, entry->high, entry->low, bytes);
		if (i + AHEAD < index->count)
			fetch(&rows[index->entries[i + AHEAD].index].id, sizeof rows->id);
		keep_pace(pace);
		at_end = at_end || memcmp(name, last, index->key_bytes) > 0;
		rc = put_at(index->cursor, name, index->key_bytes, &rows[entry->index].id, sizeof rows->id,
			    at_end ? MDB_APPEND : 0);
	}
	return rc;
}

/* ---- orders ---- */

static uint64_t id_part(const uint8_t *bytes)
{
	uint64_t part;
	memcpy(&part, bytes, sizeof part);
	return __builtin_bswap64(part);
}

/* An id as a number. */
static struct sort_key key_of_id(const void *id, uint32_t index)
{
	return (struct sort_key){id_part(id), id_part((const uint8_t *)id + 8), index};
}

static struct sort_key *sort_rows(const struct order_row *rows, size_t count)
{
	struct sort_key *keys = malloc((count + 1) * sizeof *keys);
	if (!keys)
		abort();
	for (size_t i = 0; i < count; i++)
		keys[i] = key_of_id(&rows[i].id, (uint32_t)i);
	sort_keys(keys, count);
	return keys;
}

/* The greatest id in the book before this batch; all zero when it is empty. */
static int last_id(MDB_cursor *orders, struct sort_key *last)
{
	MDB_val key, value;
	int rc = mdb_cursor_get(orders, &key, &value, MDB_LAST);
	*last = rc == 0 ? key_of_id(key.mv_data, 0) : (struct sort_key){0};
	return rc == MDB_NOTFOUND ? 0 : rc;
}

/* An order's last version. newest: its id is greater than all in the book, so that it goes to the end without a search.
 * Its new entries in the indexes are still to be made. */
static int keep_order(struct order_tables *tables, const struct order_row *row, uint32_t row_index, bool newest)
{
	MDB_val id = {sizeof row->id, (void *)&row->id}, value;
	uint8_t compact[COMPACT_ROW_BYTES_MAX];
	static const struct order_row none;
	struct order_row found;
	int rc = newest ? MDB_NOTFOUND : mdb_cursor_get(tables->orders, &id, &value, MDB_SET);
	if (rc == 0 && compact_read_row(value.mv_data, value.mv_size, &row->id, &found))
		return MDB_CORRUPTED;
	const struct order_row *old = rc == 0 ? &found : &none;
	if (rc == 0 || rc == MDB_NOTFOUND)
		rc = put_at(tables->orders, &row->id, sizeof row->id, compact, compact_row(row, compact),
			    newest ? MDB_APPEND : 0);
	for (int i = 0; i < INDEXES && rc == 0; i++)
		rc = move_entry(&tables->indexes[i], old, row, row_index);
	return rc;
}

int book_keep_orders(struct book *book, MDB_txn *txn, const struct book_batch *batch)
{
	size_t count = batch->orders.count / sizeof(struct order_row);
	const struct order_row *rows = (const struct order_row *)batch->orders.data;
	struct sort_key *keys = sort_rows(rows, count), last;
	struct order_tables tables;
	struct pace pace = {.batch = batch};
	int rc = open_tables(book, txn, count, &tables);
	if (rc == 0)
		rc = last_id(tables.orders, &last);
	for (size_t i = 0; i < count && rc == 0; i++) {
		if (i + AHEAD < count)
			fetch(&rows[keys[i + AHEAD].index], sizeof *rows);
		keep_pace(&pace);
		assert(i == 0 || sort_compare(&keys[i], &keys[i - 1]) > 0);
		rc = keep_order(&tables, &rows[keys[i].index], keys[i].index, sort_compare(&keys[i], &last) > 0);
	}
	for (int i = 0; i < INDEXES && rc == 0; i++)
		rc = put_entries(&tables.indexes[i], rows, &pace);
	close_tables(&tables);
	free(keys);
	return rc;
}
