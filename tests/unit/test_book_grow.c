/* test_book_grow.c - a full map grows, also while there are readers. The map is 16 GiB at first: here it is made small,
 * for which the book's own source is compiled into the test. */
#include "book_bed.h"

#include <stdatomic.h>

#include "store/book.c"

static const size_t small_map_bytes = 512 << 10;

static void shrink(struct book *book)
{
	expect(mdb_env_set_mapsize(book->env, small_map_bytes) == 0, "the map could not be made small");
}

static uint64_t map_bytes(struct book *book)
{
	struct book_room room;
	book_room(book, &room);
	assert_true(room.used_bytes <= room.map_bytes);
	return room.map_bytes;
}

/* Rows of orders first to last that are closed, in one batch. */
static void fill_batch(struct book_batch *batch, unsigned first, unsigned last)
{
	for (unsigned n = first; n <= last; n++) {
		struct order_row row = {.id = bed_id(n),
					.seq = n,
					.last_seq = n,
					.first_at = n,
					.last_at = n,
					.requester = 101,
					.holder = 11,
					.area = 11,
					.category = 5,
					.version = 1,
					.attempt = 1,
					.state = PD_STATE_closed,
					.urgency = 3};
		pd_buffer_add(&batch->orders, &row, sizeof row);
	}
	batch->meta = (struct book_meta){.seq = last, .at = last};
}

static void keep(struct shelf *shelf, unsigned first, unsigned last)
{
	fill_batch(&shelf->batch, first, last);
	expect_err(book_keep(shelf->book, &shelf->batch, shelf->why), PD_OK, shelf->why);
	book_batch_clear(&shelf->batch);
}

static void expect_orders(struct shelf *shelf, unsigned last)
{
	shelf_begin(shelf);
	for (unsigned n = 1; n <= last; n++) {
		struct order_row row;
		const struct pd_id id = bed_id(n);
		expect(book_order_get(shelf->reader, &id, &row) == PD_OK && row.seq == n, "order %u is not there", n);
	}
	book_end(shelf->reader);
}

/* More than once in one keep: what does not fit is begun anew, until it fits. */
static void a_full_map_grows_until_all_fits(void **state)
{
	struct shelf *shelf = *state;
	shelf_keep(shelf);
	shrink(shelf->book);
	uint64_t before = map_bytes(shelf->book);
	keep(shelf, 1, 20000);
	expect(map_bytes(shelf->book) >= 4 * before, "the map is %" PRIu64 " bytes, it was %" PRIu64,
	       map_bytes(shelf->book), before);
	expect_orders(shelf, 20000);
}

/* A batch that failed for want of room has left nothing behind, or the indexes would hold entries twice. */
static void growing_leaves_the_same_book(void **state)
{
	struct shelf *shelf = *state, *other = shelf_new();
	uint64_t entries;
	char why[300] = "";
	shrink(shelf->book);
	for (unsigned n = 0; n < 10; n++) {
		keep(shelf, n * 1000 + 1, n * 1000 + 1000);
		keep(other, n * 1000 + 1, n * 1000 + 1000);
	}
	expect(map_bytes(shelf->book) > small_map_bytes, "the map did not grow: the test tests nothing");
	shelf_begin(shelf);
	shelf_begin(other);
	expect_err(book_compare(shelf->reader, other->reader, &entries, why), PD_OK, why);
	book_end(shelf->reader);
	book_end(other->reader);
	void *done = other;
	shelf_teardown(&done);
}

enum { READERS = 24 };

struct reading {
	struct book *book;
	_Atomic unsigned kept; /* the last order that is surely there */
	_Atomic bool stop;
	const char *_Atomic fault; /* cmocka's failures must not leave their thread */
};

static void *read_on(void *arg)
{
	struct reading *reading = arg;
	struct book_reader *reader;
	if (book_reader_new(&reader, reading->book))
		return NULL;
	while (!reading->stop && !reading->fault) {
		struct order_row row;
		unsigned n = reading->kept;
		const struct pd_id id = bed_id(n);
		if (book_begin(reader))
			reading->fault = "a snapshot could not be begun";
		else if (n && (book_order_get(reader, &id, &row) || row.seq != n))
			reading->fault = "an order that was kept could not be read";
		book_end(reader);
	}
	book_reader_free(reader);
	return NULL;
}

/* Their snapshots overlap, so that there is hardly a moment without one: the keeper must get its turn all the same. */
static void it_grows_while_others_read(void **state)
{
	struct shelf *shelf = *state;
	struct reading reading = {.book = shelf->book};
	pthread_t threads[READERS];
	shrink(shelf->book);
	for (int i = 0; i < READERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, read_on, &reading), 0);
	for (unsigned n = 0; n < 20; n++) {
		keep(shelf, n * 500 + 1, n * 500 + 500);
		reading.kept = n * 500 + 500;
	}
	reading.stop = true;
	for (int i = 0; i < READERS; i++)
		pthread_join(threads[i], NULL);
	expect(!reading.fault, "%s", reading.fault);
	expect(map_bytes(shelf->book) > small_map_bytes, "the map did not grow: the test tests nothing");
	expect_orders(shelf, 10000);
}

/* Opened again, it is as large as it must be. */
static void a_grown_book_can_be_opened_again(void **state)
{
	struct shelf *shelf = *state;
	shrink(shelf->book);
	keep(shelf, 1, 10000);
	shelf_close(shelf);
	shelf_open(shelf, false);
	keep(shelf, 10001, 11000);
	expect_orders(shelf, 11000);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, shelf_setup, shelf_teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_full_map_grows_until_all_fits),
		TEST(growing_leaves_the_same_book),
		TEST(it_grows_while_others_read),
		TEST(a_grown_book_can_be_opened_again),
	};
#undef TEST
	return cmocka_run_group_tests(tests, NULL, NULL);
}
