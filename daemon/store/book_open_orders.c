/* book_open_orders.c - the orders in all holders' queues, brought from the book by several threads.
 *
 * They are few among many, and scattered: behind a cold page cache nearly every holder's entries, and many of the rows,
 * cost a read of the disk each. One thread would wait for one after the other; many wait side by side. First the ids
 * are gathered, a few holders at a time, then the rows, some ids at a time; what comes of it is in the order in which
 * one thread would have found it.
 */
#include "book_state.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "keys.h"

enum { THREADS = 12, AREAS_A_PIECE = 4, ROWS_A_PIECE = 64, ENTRIES_FOR_THREADS = 5000 };

struct search {
	struct book_reader *reader; /* the caller's */
	const uint32_t *areas;
	size_t area_count;
	struct pd_buffer *found; /* ids, of each piece of the areas */
	struct pd_id *ids;       /* all of them */
	struct order_row *rows;
	size_t count;

	enum pd_err (*piece)(struct search *search, struct book_reader *reader, size_t piece);
	size_t pieces;
	_Atomic size_t next;
	_Atomic int err; /* enum pd_err: the first one that happened */
};

/* ---- pieces, side by side ---- */

static void do_pieces(struct search *search, struct book_reader *reader)
{
	for (size_t i; search->err == PD_OK && (i = search->next++) < search->pieces;) {
		enum pd_err err = search->piece(search, reader, i);
		if (err)
			search->err = err;
	}
}

/* On the caller's snapshot. The caller holds `growing` for all. */
static void *help(void *arg)
{
	struct search *search = arg;
	struct book_reader reader = {.book = search->reader->book};
	if (mdb_txn_begin(reader.book->env, NULL, MDB_RDONLY, &reader.txn))
		return NULL; /* the others do it */
	if (mdb_txn_id(reader.txn) == mdb_txn_id(search->reader->txn))
		do_pieces(search, &reader);
	mdb_txn_abort(reader.txn);
	return NULL;
}

static enum pd_err do_all(struct search *search, size_t pieces,
			  enum pd_err (*piece)(struct search *search, struct book_reader *reader, size_t piece))
{
	pthread_t threads[THREADS];
	int count = 0;
	MDB_stat stat;
	bool many = mdb_stat(search->reader->txn, search->reader->book->tables[BY_HOLDER], &stat) == 0 &&
		    stat.ms_entries >= ENTRIES_FOR_THREADS;
	search->piece = piece;
	search->pieces = pieces;
	search->next = 0;
	while (many && count < THREADS && pthread_create(&threads[count], NULL, help, search) == 0)
		count++;
	do_pieces(search, search->reader);
	while (count > 0)
		pthread_join(threads[--count], NULL);
	return (enum pd_err)search->err;
}

/* ---- ids ---- */

/* Those of one holder whose states are first to last: they stand together in by_holder. */
static void find_states(struct walk *walk, uint32_t area, unsigned first, unsigned last, struct pd_buffer *found)
{
	uint8_t from[5];
	key_u32(from, area);
	from[4] = (uint8_t)first;
	for (walk_from(walk, from, sizeof from); walk->rc == 0; walk_to(walk, MDB_NEXT)) {
		const uint8_t *key = walk->key.mv_data;
		if (key_read_u32(key) != area || key[4] > last)
			break;
		assert(walk->value.mv_size == sizeof(struct pd_id));
		pd_buffer_add(found, walk->value.mv_data, sizeof(struct pd_id));
	}
}

static enum pd_err find_ids(struct search *search, struct book_reader *reader, size_t piece)
{
	struct walk walk = walk_open(reader, BY_HOLDER);
	enum pd_err err = walk_err(&walk);
	for (size_t i = piece * AREAS_A_PIECE;
	     i < (piece + 1) * AREAS_A_PIECE && i < search->area_count && err == PD_OK; i++) {
		find_states(&walk, search->areas[i], PD_STATE_waiting, PD_STATE_accepted, &search->found[piece]);
		err = walk_err(&walk);
		if (err == PD_OK)
			find_states(&walk, search->areas[i], PD_STATE_suspended, PD_STATE_suspended,
				    &search->found[piece]);
	}
	enum pd_err closed = walk_close(&walk);
	return err ? err : closed;
}

static enum pd_err find_all_ids(struct search *search)
{
	size_t pieces = (search->area_count + AREAS_A_PIECE - 1) / AREAS_A_PIECE;
	struct pd_buffer ids = {0};
	search->found = calloc(pieces + 1, sizeof *search->found);
	if (!search->found)
		abort();
	enum pd_err err = do_all(search, pieces, find_ids);
	for (size_t i = 0; i < pieces; i++) {
		pd_buffer_add(&ids, search->found[i].data, search->found[i].count);
		pd_buffer_fini(&search->found[i]);
	}
	free(search->found);
	search->ids = (struct pd_id *)ids.data;
	search->count = ids.count / sizeof(struct pd_id);
	return err;
}

/* ---- rows ---- */

static enum pd_err find_rows(struct search *search, struct book_reader *reader, size_t piece)
{
	size_t end = (piece + 1) * ROWS_A_PIECE < search->count ? (piece + 1) * ROWS_A_PIECE : search->count;
	for (size_t i = piece * ROWS_A_PIECE; i < end; i++) {
		enum pd_err err = book_order_get(reader, &search->ids[i], &search->rows[i]);
		if (err)
			return err == PD_ENOENT ? PD_ECORRUPT : err;
	}
	return PD_OK;
}

enum pd_err book_open_orders(struct book_reader *reader, const uint32_t *areas, size_t area_count,
			     struct order_row **rows, size_t *count)
{
	struct search search = {.reader = reader, .areas = areas, .area_count = area_count};
	enum pd_err err = find_all_ids(&search);
	search.rows = malloc((search.count + 1) * sizeof *search.rows);
	if (!search.rows)
		abort();
	if (err == PD_OK)
		err = do_all(&search, (search.count + ROWS_A_PIECE - 1) / ROWS_A_PIECE, find_rows);
	free(search.ids);
	*rows = search.rows;
	*count = search.count;
	return err;
}
