/* test_book.c - the book: what is kept can be loaded, found and listed, is compared to the byte, and survives being
 * closed. */
#include "book_bed.h"

#include "keys.h"
#include "compact.h"

/* ---- lives to keep ---- */

/* Order n of a resident of 11 (odd) or 12 (even), brought so far: 0 waiting, 1 accepted, 2 completed, 3 closed, 4
 * cancelled. */
static void live(struct bed *bed, unsigned n, unsigned far)
{
	uint32_t resident = n % 2 ? 101 : 103, leader = n % 2 ? 201 : 203;
	struct pd_message command = bed_submit(n, 5);
	command.submit.urgency = (uint8_t)(n % 4 + 1);
	bed_quickly(bed, &command, resident);
	static const enum pd_type moves[] = {PD_MSG_accept, PD_MSG_complete, PD_MSG_confirm};
	for (unsigned i = 0; far < 4 && i < far; i++) {
		command = bed_move(moves[i], n, i + 1);
		bed_quickly(bed, &command, i < 2 ? leader : resident);
	}
	if (far == 4) {
		command = bed_move(PD_MSG_cancel, n, 1);
		bed_quickly(bed, &command, resident);
	}
	bed->now_ms += 1000;
}

static const struct order_row *row_of(const struct core *core, unsigned n)
{
	const struct pd_id id = bed_id(n);
	return &core_order(core, &id)->row;
}

/* ---- an empty book ---- */

static void an_empty_book_has_nothing(void **state)
{
	struct shelf *shelf = *state;
	struct book_meta meta;
	struct order_row row;
	struct pd_id id = bed_id(1);
	struct book_room room;
	shelf_begin(shelf);
	expect_err(book_meta_get(shelf->reader, &meta), PD_ENOENT, "its meta");
	expect_err(book_order_get(shelf->reader, &id, &row), PD_ENOENT, "an order");
	expect_err(book_last_id(shelf->reader, &id), PD_ENOENT, "the last id");
	book_end(shelf->reader);
	core_free(shelf_load(shelf, PD_ENOENT));
	book_room(shelf->book, &room);
	expect(room.used_bytes > 0 && room.used_bytes < 1 << 20 && room.map_bytes >= (uint64_t)1 << 30,
	       "an empty book uses %" PRIu64 " of %" PRIu64 " bytes", room.used_bytes, room.map_bytes);
	book_reader_free(NULL);
	book_close(NULL);
}

/* ---- keeping and loading ---- */

static void what_is_kept_can_be_loaded(void **state)
{
	struct shelf *shelf = *state;
	struct bed *bed = shelf->bed;
	for (unsigned n = 1; n <= 40; n++) {
		live(bed, n, n % 5);
		if (n % 7 == 0)
			shelf_keep(shelf);
	}
	bed_must(bed, PD_MSG_decline, 5, 1, 201);
	shelf_keep(shelf);
	struct core *loaded = shelf_load(shelf, PD_OK);
	bed_check(loaded);
	expect_same_dump(bed_dump(bed->core), bed_dump(loaded), "the state and what was loaded");
	expect_u64(core_last_seq(loaded), core_last_seq(bed->core), "core_last_seq");
	expect_u64(core_last_ms(loaded), core_last_ms(bed->core), "core_last_ms");
	expect_u64(bed_next_due(loaded), bed_next_due(bed->core), "core_next_due");
	assert_int_equal(core_order_count(loaded), 16); /* those in queues alone */
	core_free(loaded);
}

/* So many that threads read them side by side. */
static void many_orders_in_queues_are_loaded_in_their_order(void **state)
{
	struct shelf *shelf = *state;
	struct bed *bed = shelf->bed;
	unsigned queued = 0;
	for (unsigned n = 1; n <= 9000; n++) {
		live(bed, n, n % 5);
		bed->now_ms -= 999;
		queued += n % 5 < 2;
		if (n % 3000 == 0)
			shelf_keep(shelf);
	}
	struct core *loaded = shelf_load(shelf, PD_OK);
	bed_check(loaded);
	expect_same_dump(bed_dump(bed->core), bed_dump(loaded), "the state and what was loaded");
	assert_int_equal(core_order_count(loaded), queued);
	core_free(loaded);
}

static void meta_says_how_far_it_is(void **state)
{
	struct shelf *shelf = *state;
	struct book_meta meta;
	live(shelf->bed, 1, 1);
	shelf->bed->now_ms -= 500000; /* the last event is not the latest */
	live(shelf->bed, 2, 0);
	shelf_keep(shelf);
	shelf_begin(shelf);
	expect_err(book_meta_get(shelf->reader, &meta), PD_OK, "meta");
	book_end(shelf->reader);
	expect_u64(meta.format, BOOK_FORMAT, "format");
	expect_u64(meta.seq, core_last_seq(shelf->bed->core), "seq");
	expect_u64(meta.at, shelf->at, "at");
	expect_u64(meta.time_ms, core_last_ms(shelf->bed->core), "time_ms");
}

static void ended_orders_stay_in_the_book(void **state)
{
	struct shelf *shelf = *state;
	struct order_row row;
	for (unsigned n = 1; n <= 5; n++)
		live(shelf->bed, n, n - 1);
	shelf_keep(shelf);
	struct pd_id last = bed_id(0), wanted = bed_id(5);
	shelf_begin(shelf);
	for (unsigned n = 1; n <= 5; n++) {
		const struct pd_id id = bed_id(n);
		expect_err(book_order_get(shelf->reader, &id, &row), PD_OK, "an order");
		assert_memory_equal(&row, row_of(shelf->bed->core, n), sizeof row);
	}
	const struct pd_id unknown = bed_id(6);
	expect_err(book_order_get(shelf->reader, &unknown, &row), PD_ENOENT, "an order that is not there");
	expect_err(book_last_id(shelf->reader, &last), PD_OK, "the last id");
	assert_memory_equal(&last, &wanted, sizeof last);
	book_end(shelf->reader);
}

struct due {
	unsigned count, limit;
	struct pd_id ids[8];
};

static bool note_due(const struct pd_id *id, void *arg)
{
	struct due *due = arg;
	assert_true(due->count < due->limit);
	due->ids[due->count++] = *id;
	return due->count < due->limit;
}

static void expect_due(struct shelf *shelf, uint64_t now_ms, unsigned limit, const char *orders)
{
	struct due due = {.limit = limit};
	shelf_begin(shelf);
	expect_err(book_due(shelf->reader, now_ms, note_due, &due), PD_OK, "book_due");
	book_end(shelf->reader);
	expect_u64(due.count, strlen(orders), "orders that are due");
	for (unsigned i = 0; i < due.count; i++) {
		const struct pd_id wanted = bed_id((unsigned)(orders[i] - '0'));
		assert_memory_equal(&due.ids[i], &wanted, sizeof wanted);
	}
}

/* By when they are due, as long as they are completed and no more. */
static void completed_orders_are_found_when_they_are_due(void **state)
{
	struct shelf *shelf = *state;
	struct bed *bed = shelf->bed;
	expect_due(shelf, UINT64_MAX, 8, "");
	live(bed, 1, 2);
	shelf_keep(shelf);
	live(bed, 2, 1);
	live(bed, 3, 2);
	bed->now_ms -= 1500; /* its clock was slow: due before 3 */
	live(bed, 4, 2);
	live(bed, 5, 3);
	shelf_keep(shelf);
	uint64_t first_ms = row_of(bed->core, 1)->due_ms, fourth_ms = row_of(bed->core, 4)->due_ms;
	expect_due(shelf, first_ms - 1, 8, "");
	expect_due(shelf, first_ms, 8, "1");
	expect_due(shelf, fourth_ms, 8, "14");
	expect_due(shelf, UINT64_MAX, 8, "143");
	expect_due(shelf, UINT64_MAX, 2, "14");
	bed_must(bed, PD_MSG_confirm, 1, 3, 101);
	bed_must(bed, PD_MSG_reopen, 3, 3, 101);
	bed_must(bed, PD_MSG_note, 4, 3, 103);
	shelf_keep(shelf);
	expect_due(shelf, UINT64_MAX, 8, "4");
}

/* The entries of a registry are the events that last set them. */
static void the_registry_is_kept_as_it_last_was(void **state)
{
	struct shelf *shelf = *state;
	shelf_keep(shelf);
	bed_put(shelf->bed, bed_person(201, PD_post_leader, 12, 0));
	bed_put(shelf->bed, bed_person(201, PD_post_leader, 21, 0));
	bed_put(shelf->bed, bed_area(13, 4, PD_level_microgrid, PD_area_kind_plain, "新微网格"));
	shelf_keep(shelf);
	struct core *loaded = shelf_load(shelf, PD_OK);
	assert_int_equal(registry_person(core_registry(loaded), 201)->area, 21);
	assert_int_equal(registry_area(core_registry(loaded), 4)->children, 3);
	expect_same_dump(bed_dump(shelf->bed->core), bed_dump(loaded), "the state and what was loaded");
	core_free(loaded);
}

/* ---- the same in other portions ---- */

static void keep_in_portions(struct shelf *shelf, unsigned portion)
{
	struct bed *bed = shelf->bed;
	for (unsigned n = 1; n <= 30; n++) {
		live(bed, n, n % 5);
		if (n > 6 && n % 5 == 3) { /* what closed five before is reopened, and goes on elsewhere */
			struct pd_message command = bed_move(PD_MSG_reopen, n - 5, 4);
			bed_quickly(bed, &command, (n - 5) % 2 ? 101 : 103);
		}
		if (n % portion == 0)
			shelf_keep(shelf);
	}
	shelf_keep(shelf);
}

static void portions_make_no_difference(void **state)
{
	struct shelf *shelf = *state, *other = shelf_new();
	uint64_t entries = 0;
	char why[300] = "";
	keep_in_portions(shelf, 1);
	keep_in_portions(other, 30);
	shelf_begin(shelf);
	shelf_begin(other);
	expect_err(book_compare(shelf->reader, other->reader, &entries, why), PD_OK, why);
	book_end(shelf->reader);
	book_end(other->reader);
	/* 30 orders with three entries each, 45 of the registry, figures, meta. */
	expect(entries >= 90 + 45 + 3 + 1, "only %" PRIu64 " entries were compared", entries);
	void *done = other;
	shelf_teardown(&done);
}

/* ---- comparing ---- */

/* Change the book behind its back. */
static void poke(struct shelf *shelf, const char *table, const void *key, size_t key_bytes, const void *value,
		 size_t value_bytes)
{
	shelf_close(shelf);
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi dbi;
	MDB_val k = {key_bytes, (void *)key}, v = {value_bytes, (void *)value};
	assert_int_equal(mdb_env_create(&env), 0);
	assert_int_equal(mdb_env_set_maxdbs(env, 16), 0);
	assert_int_equal(mdb_env_open(env, shelf_path(shelf, "book"), MDB_NOSYNC, 0640), 0);
	assert_int_equal(mdb_txn_begin(env, NULL, 0, &txn), 0);
	assert_int_equal(mdb_dbi_open(txn, table, 0, &dbi), 0);
	assert_int_equal(value ? mdb_put(txn, dbi, &k, &v, 0) : mdb_del(txn, dbi, &k, NULL), 0);
	assert_int_equal(mdb_txn_commit(txn), 0);
	mdb_env_close(env);
}

/* The last bytes are left out. */
static void poke_row(struct shelf *shelf, const struct order_row *row, size_t left_out)
{
	uint8_t compact[COMPACT_ROW_BYTES_MAX];
	size_t bytes = compact_row(row, compact);
	poke(shelf, "orders", &row->id, sizeof row->id, compact, bytes - left_out);
}

static void expect_differs(struct shelf *a, struct shelf *b, const char *table, const char *how)
{
	uint64_t entries;
	char why[300] = "";
	shelf_begin(a);
	shelf_begin(b);
	expect_err(book_compare(a->reader, b->reader, &entries, why), PD_ECORRUPT, table);
	expect(strstr(why, table) && strstr(why, how),
	       "the difference is told as \"%s\", expected \"%s\" and \"%s\" in it", why, table, how);
	expect_err(book_compare(b->reader, a->reader, &entries, why), PD_ECORRUPT, table);
	book_end(a->reader);
	book_end(b->reader);
}

static void differences_are_named(void **state)
{
	struct shelf *shelf = *state, *other = shelf_new();
	keep_in_portions(shelf, 7);
	keep_in_portions(other, 7);
	struct order_row row = *row_of(other->bed->core, 4);
	const struct order_row good = row;
	row.last_content ^= 1U << 31; /* to the last byte */
	poke_row(other, &row, 0);
	shelf_open(other, false);
	expect_differs(shelf, other, "table orders", "has different values");
	poke_row(other, &good, 0);
	uint8_t key[KEY_BY_REQUESTER_BYTES];
	key_u64(key_u32(key, good.requester), good.seq);
	poke(other, "by_requester", key, sizeof key, NULL, 0);
	shelf_open(other, false);
	expect_differs(shelf, other, "table by_requester", "stands in one of them only");
	poke(other, "by_requester", key, sizeof key, &good.id, sizeof good.id);
	poke(other, "figures", "\xff\xff\xff\xff", 4, "x", 1); /* behind all others */
	shelf_open(other, false);
	expect_differs(shelf, other, "table figures, key ffffffff", "stands in one of them only");
	void *done = other;
	shelf_teardown(&done);
}

/* ---- lists ---- */

enum { FOUND_MAX = 300 };

struct found {
	struct order_row rows[FOUND_MAX];
	unsigned count;
};

static void take_row(const struct order_row *row, void *arg)
{
	struct found *found = arg;
	assert_true(found->count < FOUND_MAX);
	found->rows[found->count++] = *row;
}

/* All pages of a query, one after the other, each in a snapshot of its own. */
static void list_all(struct shelf *shelf, struct book_query query, struct found *found)
{
	unsigned pages = 0;
	found->count = 0;
	do {
		unsigned before = found->count;
		shelf_begin(shelf);
		expect_err(book_list(shelf->reader, &query, take_row, found), PD_OK, "a page");
		book_end(shelf->reader);
		expect(found->count - before <= query.limit, "a page has %u rows, the limit is %u",
		       found->count - before, query.limit);
		expect(++pages < 1000, "the pages do not end");
	} while (query.cursor_bytes);
}

static bool comes_after(const struct order_row *row, const struct order_row *before, const uint32_t *areas)
{
	unsigned place = 0, place_before = 0;
	while (areas[place] != row->holder)
		place++;
	while (areas[place_before] != before->holder)
		place_before++;
	if (place != place_before)
		return place > place_before;
	if (row->state != before->state)
		return row->state > before->state;
	return row->urgency != before->urgency ? row->urgency > before->urgency : row->seq > before->seq;
}

static unsigned count_rows(const struct core *core, unsigned orders, const uint32_t *areas, size_t area_count,
			   uint32_t requester, unsigned wanted_state)
{
	unsigned count = 0;
	for (unsigned n = 1; n <= orders; n++) {
		const struct order_row *row = row_of(core, n);
		bool here = !areas;
		for (size_t i = 0; i < area_count; i++)
			here |= areas[i] == row->holder;
		count += here && (!requester || row->requester == requester) &&
			 (!wanted_state || row->state == wanted_state);
	}
	return count;
}

static void lists_by_area(void **state)
{
	struct shelf *shelf = *state;
	static const uint32_t areas[] = {12, 4, 1, 11}; /* in this order, whatever their ids */
	static const unsigned limits[] = {1, 2, 7, 100};
	struct found *found = malloc(sizeof *found);
	assert_non_null(found);
	keep_in_portions(shelf, 4);
	for (unsigned i = 0; i < 4; i++) {
		for (unsigned wanted_state = 0; wanted_state < PD_STATE_count; wanted_state++) {
			struct book_query query = {
				.areas = areas, .area_count = 4, .state = wanted_state, .limit = limits[i]};
			list_all(shelf, query, found);
			unsigned wanted = count_rows(shelf->bed->core, 30, areas, 4, 0, wanted_state);
			expect(found->count == wanted, "limit %u, state %u: %u orders were found, expected %u",
			       limits[i], wanted_state, found->count, wanted);
			for (unsigned j = 0; j < found->count; j++) {
				const struct order_row *row = &found->rows[j];
				expect(!wanted_state || row->state == wanted_state, "state %u was asked for, %u came",
				       wanted_state, row->state);
				expect(j == 0 || comes_after(row, row - 1, areas),
				       "limit %u, state %u: order %u comes too late", limits[i], wanted_state, j);
			}
		}
	}
	free(found);
}

/* No cursor is left where the last row was the last of all, and none is lost where an area ends with a page. */
static void pages_end_with_areas_and_with_the_list(void **state)
{
	struct shelf *shelf = *state;
	static const uint32_t areas[] = {11, 12, 21};
	struct found *found = malloc(sizeof *found);
	assert_non_null(found);
	for (unsigned n = 1; n <= 4; n++)
		live(shelf->bed, n, 0); /* two in each of 11 and 12, none in 21 */
	shelf_keep(shelf);
	struct book_query query = {.areas = areas, .area_count = 3, .limit = 2};
	found->count = 0;
	shelf_begin(shelf);
	expect_err(book_list(shelf->reader, &query, take_row, found), PD_OK, "the first page");
	assert_int_equal(found->count, 2);
	assert_true(query.cursor_bytes > 0);
	expect_err(book_list(shelf->reader, &query, take_row, found), PD_OK, "the second page");
	assert_int_equal(found->count, 4);
	expect(query.cursor_bytes == 0, "there is a cursor after the last order");
	query = (struct book_query){.areas = areas + 2, .area_count = 1, .limit = 2};
	expect_err(book_list(shelf->reader, &query, take_row, found), PD_OK, "an area without orders");
	assert_true(found->count == 4 && query.cursor_bytes == 0);
	query = (struct book_query){.areas = areas, .area_count = 0, .limit = 2};
	expect_err(book_list(shelf->reader, &query, take_row, found), PD_OK, "no areas");
	assert_true(found->count == 4 && query.cursor_bytes == 0);
	book_end(shelf->reader);
	free(found);
}

static void lists_by_requester_and_of_all_are_newest_first(void **state)
{
	struct shelf *shelf = *state;
	static const uint32_t requesters[] = {0, 101, 103, 102, 100, 104, UINT32_MAX};
	static const unsigned limits[] = {1, 4, 100};
	struct found *found = malloc(sizeof *found);
	assert_non_null(found);
	keep_in_portions(shelf, 4);
	for (unsigned i = 0; i < 3; i++) {
		for (unsigned r = 0; r < 7; r++) {
			for (unsigned wanted_state = 0; wanted_state < PD_STATE_count; wanted_state++) {
				struct book_query query = {
					.requester = requesters[r], .state = wanted_state, .limit = limits[i]};
				list_all(shelf, query, found);
				unsigned wanted =
					count_rows(shelf->bed->core, 30, NULL, 0, requesters[r], wanted_state);
				expect(found->count == wanted,
				       "requester %u, state %u, limit %u: %u orders, expected %u", requesters[r],
				       wanted_state, limits[i], found->count, wanted);
				for (unsigned j = 0; j < found->count; j++)
					expect((!requesters[r] || found->rows[j].requester == requesters[r]) &&
						       (j == 0 || found->rows[j].seq < found->rows[j - 1].seq),
					       "requester %u: order %u is another's or not older", requesters[r], j);
			}
		}
	}
	free(found);
}

/* Between two pages orders come, go and move: none that stands still is lost or comes twice. */
static void pages_bear_changes_between_them(void **state)
{
	struct shelf *shelf = *state;
	static const uint32_t areas[] = {11};
	struct found *found = calloc(1, sizeof *found);
	assert_non_null(found);
	for (unsigned n = 1; n <= 19; n += 2)
		live(shelf->bed, n, 0);
	shelf_keep(shelf);
	struct book_query query = {.areas = areas, .area_count = 1, .state = PD_STATE_waiting, .limit = 4};
	shelf_begin(shelf);
	expect_err(book_list(shelf->reader, &query, take_row, found), PD_OK, "the first page");
	book_end(shelf->reader);
	const struct order_row *next = &found->rows[4];
	/* The order under the cursor is accepted. */
	for (unsigned n = 1; n <= 19; n += 2) {
		uint8_t key[KEY_BY_HOLDER_BYTES];
		const struct order_row *row = row_of(shelf->bed->core, n);
		uint8_t *behind_holder = key_u32(key, row->holder);
		behind_holder[0] = row->state;
		behind_holder[1] = row->urgency;
		key_u64(behind_holder + 2, row->seq);
		if (memcmp(key, query.cursor, sizeof key) == 0) {
			bed_must(shelf->bed, PD_MSG_accept, n, 1, 201);
			break;
		}
	}
	live(shelf->bed, 21, 0);
	shelf_keep(shelf);
	while (query.cursor_bytes) {
		shelf_begin(shelf);
		expect_err(book_list(shelf->reader, &query, take_row, found), PD_OK, "a page");
		book_end(shelf->reader);
	}
	expect(found->count == 10, "%u orders were found, expected 10: 10 - 1 that was accepted + 1 that came",
	       found->count);
	assert_true(next->urgency >= found->rows[3].urgency);
	for (unsigned i = 0; i < found->count; i++)
		for (unsigned j = 0; j < i; j++)
			assert_memory_not_equal(&found->rows[i].id, &found->rows[j].id, sizeof(struct pd_id));
	free(found);
}

/* A cursor comes from a client: whatever it holds, the page is within its query. */
static void made_up_cursors_do_no_harm(void **state)
{
	struct shelf *shelf = *state;
	static const uint32_t areas[] = {11, 4};
	struct found *found = malloc(sizeof *found);
	uint64_t random = 4711;
	assert_non_null(found);
	keep_in_portions(shelf, 10);
	shelf_begin(shelf);
	for (unsigned i = 0; i < 3000; i++) {
		struct book_query query = {.limit = 50, .state = i % 6};
		if (i % 3 == 0)
			query.areas = areas, query.area_count = 2;
		else
			query.requester = i % 3 == 1 ? 101 : 0;
		random = random * 6364136223846793005u + 1442695040888963407u;
		query.cursor_bytes = 1 + (random >> 33) % 64;
		for (size_t j = 0; j < query.cursor_bytes; j++)
			query.cursor[j] = (uint8_t)(i % 5 == 0 ? 0xff : i % 5 == 1 ? 0 : random >> (j % 8 * 8));
		if (i % 4 == 0)
			key_u32(query.cursor, i % 8 ? 101 : 11);
		if (i % 4 == 1)
			memcpy(query.cursor, bed_id(i % 40).bytes, 16);
		found->count = 0;
		expect_err(book_list(shelf->reader, &query, take_row, found), PD_OK, "a page from a made-up cursor");
		for (unsigned j = 0; j < found->count; j++) {
			const struct order_row *row = &found->rows[j];
			expect((!query.areas || row->holder == 11 || row->holder == 4) &&
				       (!query.requester || row->requester == 101) &&
				       (!query.state || row->state == query.state),
			       "cursor %u: an order came that the query does not ask for", i);
		}
	}
	book_end(shelf->reader);
	free(found);
}

/* Rows as they would be after years: a filter that nothing matches looks at a bounded number of them at a time. */
static void a_page_looks_at_a_bounded_number_of_rows(void **state)
{
	struct shelf *shelf = *state;
	enum { ROWS = 50000 };
	struct found *found = calloc(1, sizeof *found);
	assert_non_null(found);
	for (unsigned n = 1; n <= ROWS; n++) {
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
		pd_buffer_add(&shelf->batch.orders, &row, sizeof row);
	}
	shelf->batch.meta = (struct book_meta){.seq = ROWS, .at = ROWS};
	expect_err(book_keep(shelf->book, &shelf->batch, shelf->why), PD_OK, shelf->why);
	for (uint32_t requester = 0; requester <= 101; requester += 101) {
		struct book_query query = {.requester = requester, .state = PD_STATE_waiting, .limit = 100};
		unsigned pages = 0;
		shelf_begin(shelf);
		do {
			expect_err(book_list(shelf->reader, &query, take_row, found), PD_OK, "a page");
			pages++;
		} while (query.cursor_bytes && pages < 100);
		book_end(shelf->reader);
		expect(found->count == 0 && pages == 3, "%u orders on %u pages, expected none on 3", found->count,
		       pages);
	}
	book_batch_clear(&shelf->batch);
	free(found);
}

/* ---- snapshots ---- */

static void a_snapshot_stays_as_it_was(void **state)
{
	struct shelf *shelf = *state;
	struct book_reader *second;
	struct order_row row;
	const struct pd_id id = bed_id(1);
	live(shelf->bed, 1, 0);
	shelf_keep(shelf);
	expect_err(book_reader_new(&second, shelf->book), PD_OK, "a second reader");
	shelf_begin(shelf);
	bed_must(shelf->bed, PD_MSG_accept, 1, 1, 201);
	shelf_keep(shelf);
	expect_err(book_begin(second), PD_OK, "its snapshot");
	expect_err(book_order_get(shelf->reader, &id, &row), PD_OK, "the order in the old snapshot");
	assert_int_equal(row.version, 1);
	expect_err(book_order_get(second, &id, &row), PD_OK, "the order in the new snapshot");
	assert_int_equal(row.version, 2);
	book_end(shelf->reader);
	book_end(shelf->reader); /* twice does no harm */
	shelf_begin(shelf);
	expect_err(book_order_get(shelf->reader, &id, &row), PD_OK, "the order in a snapshot begun anew");
	assert_int_equal(row.version, 2);
	book_end(shelf->reader);
	book_reader_free(second); /* while its snapshot lasts */
}

/* ---- closing and opening ---- */

static void a_book_is_the_same_after_closing(void **state)
{
	struct shelf *shelf = *state;
	keep_in_portions(shelf, 9);
	for (int read_only = 0; read_only <= 1; read_only++) {
		shelf_close(shelf);
		shelf_open(shelf, read_only);
		struct core *loaded = shelf_load(shelf, PD_OK);
		expect_same_dump(bed_dump(shelf->bed->core), bed_dump(loaded), "the state and what was loaded");
		core_free(loaded);
	}
}

static void a_book_that_is_not_there_is_not_made_to_look_at(void **state)
{
	struct shelf *shelf = *state;
	shelf_close(shelf);
	shelf_remove(shelf_path(shelf, "book"));
	expect_err(shelf_try(shelf, true), PD_ESYS, "reading a book that is not there");
	expect(strlen(shelf->why) > 5, "no reason is given");
	expect(access(shelf_path(shelf, "book"), F_OK) != 0, "the folder was made");
}

static void a_book_in_an_impossible_place_says_why(void **state)
{
	struct shelf *shelf = *state;
	struct book *book = NULL;
	char why[300] = "";
	struct book_options options = {.dir = shelf_path(shelf, "no/such/folder")};
	expect_err(book_open(&book, &options, why), PD_ESYS, "a folder below none");
	expect(strstr(why, "no/such/folder"), "the reason is \"%s\", expected the folder in it", why);
}

static void another_format_is_refused(void **state)
{
	struct shelf *shelf = *state;
	struct book_meta meta = {.format = BOOK_FORMAT + 1, .seq = 1};
	char wanted[100];
	shelf_keep(shelf);
	poke(shelf, "meta", "state", 5, &meta, sizeof meta);
	snprintf(wanted, sizeof wanted, "the book is of format %d, this paidand reads format %d", BOOK_FORMAT + 1,
		 BOOK_FORMAT);
	for (int read_only = 0; read_only <= 1; read_only++) {
		expect_err(shelf_try(shelf, read_only), PD_EVERSION, "a book of the next format");
		expect(strstr(shelf->why, wanted), "the reason is \"%s\", expected \"%s\"", shelf->why, wanted);
	}
	poke(shelf, "meta", "state", 5, &meta, 4); /* whose meta is shorter or longer */
	expect_err(shelf_try(shelf, false), PD_EVERSION, "a book with a short meta");
	meta.format = BOOK_FORMAT;
	poke(shelf, "meta", "state", 5, &meta, sizeof meta - 1);
	expect_err(shelf_try(shelf, false), PD_EVERSION, "a book whose meta is a byte short");
	poke(shelf, "meta", "state", 5, "x", 1);
	expect_err(shelf_try(shelf, false), PD_EVERSION, "a book with a meta of a byte");
}

static void an_older_book_is_emptied_to_be_made_again(void **state)
{
	struct shelf *shelf = *state;
	struct book_meta meta = {.format = BOOK_FORMAT - 1, .seq = 1};
	char why[300];
	struct book *book;
	live(shelf->bed, 1, 0);
	shelf_keep(shelf);
	poke(shelf, "meta", "state", 5, &meta, sizeof meta);
	for (int read_only = 0; read_only <= 1; read_only++) {
		expect_err(shelf_try(shelf, read_only), PD_EVERSION, "an older book");
		expect(strstr(shelf->why, "makes it again"), "the reason is \"%s\"", shelf->why);
	}
	struct book_options options = {.dir = shelf_path(shelf, "book"), .renew = true};
	expect_err(book_open(&book, &options, why), PD_OK, "an older book, to be made again");
	expect(book_renewed_from(book) == BOOK_FORMAT - 1, "it says that it was of format %u", book_renewed_from(book));
	book_close(book);
	shelf_open(shelf, false);
	expect(book_renewed_from(shelf->book) == 0, "it is renewed once more");
	shelf_begin(shelf);
	struct pd_id id;
	expect_err(book_meta_get(shelf->reader, &meta), PD_ENOENT, "what the emptied book has kept");
	expect_err(book_last_id(shelf->reader, &id), PD_ENOENT, "an order in the emptied book");
	book_end(shelf->reader);
}

/* ---- damage ---- */

static void damage_is_found_when_loading(void **state)
{
	struct shelf *shelf = *state;
	live(shelf->bed, 1, 0);
	shelf_keep(shelf);
	struct order_row row = *row_of(shelf->bed->core, 1);
	poke(shelf, "orders", &row.id, sizeof row.id, NULL, 0); /* the index names an order that is not there */
	shelf_open(shelf, false);
	core_free(shelf_load(shelf, PD_ECORRUPT));
	static const uint32_t areas[] = {11};
	struct book_query query = {.areas = areas, .area_count = 1, .limit = 5};
	shelf_begin(shelf);
	expect_err(book_list(shelf->reader, &query, NULL, NULL), PD_ECORRUPT, "a list of it");
	book_end(shelf->reader);
	poke_row(shelf, &row, 1);
	shelf_open(shelf, false);
	core_free(shelf_load(shelf, PD_ECORRUPT));
	poke_row(shelf, &row, 0);
	poke(shelf, "figures", "\0\0\0\x0b", 4, "short", 5);
	shelf_open(shelf, false);
	core_free(shelf_load(shelf, PD_ECORRUPT));
	poke(shelf, "figures", "\0\0\0\x0b", 4, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 14);
	poke(shelf, "registry", "\2\0\0\0\x65", 5, "\xc1", 1);
	shelf_open(shelf, false);
	core_free(shelf_load(shelf, PD_ECORRUPT));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, shelf_setup, shelf_teardown)
	const struct CMUnitTest tests[] = {
		TEST(an_empty_book_has_nothing),
		TEST(what_is_kept_can_be_loaded),
		TEST(many_orders_in_queues_are_loaded_in_their_order),
		TEST(meta_says_how_far_it_is),
		TEST(ended_orders_stay_in_the_book),
		TEST(completed_orders_are_found_when_they_are_due),
		TEST(the_registry_is_kept_as_it_last_was),
		TEST(portions_make_no_difference),
		TEST(differences_are_named),
		TEST(lists_by_area),
		TEST(pages_end_with_areas_and_with_the_list),
		TEST(lists_by_requester_and_of_all_are_newest_first),
		TEST(pages_bear_changes_between_them),
		TEST(made_up_cursors_do_no_harm),
		TEST(a_page_looks_at_a_bounded_number_of_rows),
		TEST(a_snapshot_stays_as_it_was),
		TEST(a_book_is_the_same_after_closing),
		TEST(a_book_that_is_not_there_is_not_made_to_look_at),
		TEST(a_book_in_an_impossible_place_says_why),
		TEST(another_format_is_refused),
		TEST(an_older_book_is_emptied_to_be_made_again),
		TEST(damage_is_found_when_loading),
	};
#undef TEST
	return cmocka_run_group_tests(tests, NULL, NULL);
}
