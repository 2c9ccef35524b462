/* book_bed.h - a core's bed with a book beside it, which is brought up to date as the keeper does it. */
#ifndef PAIDAN_BOOK_BED_H
#define PAIDAN_BOOK_BED_H

#include "core_bed.h"

#include <ftw.h>
#include <lmdb.h>
#include <unistd.h>

#include "book.h"
#include "replay.h"

struct shelf {
	struct bed *bed;
	char dir[64], path[128];
	struct book *book;
	struct book_reader *reader;
	struct core *mirror; /* what the events make that are in the book or in the batch */
	struct book_batch batch;
	size_t gathered; /* bytes of the bed's events that are */
	uint64_t at;
	char why[300];
};

BED_USED static void expect_err(enum pd_err err, enum pd_err wanted, const char *what)
{
	expect(err == wanted, "%s: got %d (%s), expected %d (%s)", what, err, pd_err_text(err), wanted,
	       pd_err_text(wanted));
}

/* ---- folders ---- */

BED_USED static int shelf_unlink(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
	(void)status, (void)type, (void)ftw;
	return remove(path);
}

BED_USED static void shelf_remove(const char *dir)
{
	nftw(dir, shelf_unlink, 8, FTW_DEPTH | FTW_PHYS);
}

/* Lives until the next call. */
BED_USED static const char *shelf_path(struct shelf *shelf, const char *name)
{
	snprintf(shelf->path, sizeof shelf->path, "%s/%s", shelf->dir, name);
	return shelf->path;
}

/* ---- opening ---- */

BED_USED static enum pd_err shelf_try(struct shelf *shelf, bool read_only)
{
	struct book_options options = {.dir = shelf_path(shelf, "book"), .read_only = read_only, .no_sync = !read_only};
	shelf->why[0] = 0;
	return book_open(&shelf->book, &options, shelf->why);
}

BED_USED static void shelf_open(struct shelf *shelf, bool read_only)
{
	expect_err(shelf_try(shelf, read_only), PD_OK, shelf->why);
	expect_err(book_reader_new(&shelf->reader, shelf->book), PD_OK, "a reader");
}

BED_USED static void shelf_close(struct shelf *shelf)
{
	book_reader_free(shelf->reader);
	book_close(shelf->book);
	shelf->reader = NULL;
	shelf->book = NULL;
}

/* ---- keeping ---- */

/* Bring what has happened since into the batch. */
BED_USED static void shelf_gather(struct shelf *shelf)
{
	const struct pd_buffer *events = &shelf->bed->events;
	struct pd_decoder *decoder = pd_decoder_new();
	assert_non_null(decoder);
	while (shelf->gathered < events->count) {
		struct pd_message event;
		struct pd_fault fault;
		size_t begin = shelf->gathered;
		shelf->at = 72 + begin;
		assert_int_equal(pd_decode(decoder, events->data, events->count, &shelf->gathered, &event, &fault),
				 PD_OK);
		struct order *order = core_apply(shelf->mirror, &event, shelf->at);
		replay_batch_event(&shelf->batch, shelf->mirror, &event, order);
		pd_decoder_reset(decoder);
	}
	pd_decoder_free(decoder);
}

BED_USED static void shelf_keep(struct shelf *shelf)
{
	shelf_gather(shelf);
	replay_batch_state(&shelf->batch, shelf->mirror, shelf->at);
	expect_err(book_keep(shelf->book, &shelf->batch, shelf->why), PD_OK, shelf->why);
	book_batch_clear(&shelf->batch);
}

/* ---- reading ---- */

BED_USED static void shelf_begin(struct shelf *shelf)
{
	expect_err(book_begin(shelf->reader), PD_OK, "a snapshot");
}

BED_USED static struct core *shelf_load(struct shelf *shelf, enum pd_err wanted)
{
	struct core *core = core_new(77, &bed_periods);
	struct book_meta meta;
	shelf_begin(shelf);
	expect_err(book_load(shelf->reader, core, &meta), wanted, "loading the book");
	book_end(shelf->reader);
	return core;
}

BED_USED static struct shelf *shelf_new(void)
{
	struct shelf *shelf = calloc(1, sizeof *shelf);
	assert_non_null(shelf);
	strcpy(shelf->dir, "/tmp/paidan-book-XXXXXX");
	assert_non_null(mkdtemp(shelf->dir));
	shelf->bed = bed_new();
	shelf->mirror = core_new(5, &bed_periods);
	shelf_open(shelf, false);
	return shelf;
}

BED_USED static int shelf_setup(void **state)
{
	*state = shelf_new();
	return 0;
}

BED_USED static int shelf_teardown(void **state)
{
	struct shelf *shelf = *state;
	shelf_close(shelf);
	shelf_remove(shelf->dir);
	book_batch_fini(&shelf->batch);
	core_free(shelf->mirror);
	bed_free(shelf->bed);
	free(shelf);
	return 0;
}

#endif
