/* test_journal.c - a journal's life without accidents: rounds, writing, segments, reading, seeking, opening again. */
#include "journal_bed.h"

#include <sched.h>
#include <sodium.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <time.h>

#include "crc32c.h"

/* ---- rounds ---- */

static void test_round_gives_places(void **state)
{
	struct bed *bed = *state;
	struct journal_round *round = &bed->round;
	journal_round_begin(round, 800, 41, 5);
	assert_int_equal(round->count, 0);
	assert_int_equal(journal_round_end(round), 800 + JOURNAL_RECORD_HEAD_BYTES);
	uint64_t at = 800 + JOURNAL_RECORD_HEAD_BYTES;
	for (uint64_t seq = 41; seq < 50; seq++) {
		struct pd_message event = bed_event(bed, seq, (unsigned)seq);
		expect_u64(journal_round_add(round, &event, seq - 40), at, "place of seq %" PRIu64, seq);
		at += bed_event_bytes(bed, seq, (unsigned)seq);
	}
	assert_int_equal(round->count, 9);
	assert_int_equal(journal_round_end(round), (at + 7) / 8 * 8);
	assert_int_equal(journal_round_end(round) % 8, 0);
}

static void test_round_find(void **state)
{
	struct bed *bed = *state;
	struct journal_round *round = &bed->round;
	struct journal_event found;
	uint64_t at[20];
	journal_round_begin(round, 8000, 1, 5);
	assert_false(journal_round_find(round, 8000 + JOURNAL_RECORD_HEAD_BYTES, &found));
	for (unsigned i = 0; i < 20; i++) {
		struct pd_message event = bed_event(bed, i + 1, 10 * i + 1);
		at[i] = journal_round_add(round, &event, i ? at[i - 1] : 0);
	}
	for (unsigned i = 0; i < 20; i++) {
		assert_true(journal_round_find(round, at[i], &found));
		expect_u64(found.at, at[i], "place of event %u", i);
		expect_u64(found.prev_at, i ? at[i - 1] : 0, "previous place of event %u", i);
		expect_u64(found.bytes + JOURNAL_EVENT_HEAD_BYTES, bed_event_bytes(bed, i + 1, 10 * i + 1),
			   "bytes of event %u", i);
	}
	assert_false(journal_round_find(round, 0, &found));
	assert_false(journal_round_find(round, 7999, &found));
	assert_false(journal_round_find(round, 8000, &found));
	assert_false(journal_round_find(round, 8000 + JOURNAL_RECORD_HEAD_BYTES - 1, &found));
	assert_false(journal_round_find(round, journal_round_end(round), &found));
	assert_false(journal_round_find(round, UINT64_MAX, &found));
	journal_round_begin(round, journal_round_end(round), 21, 6);
	assert_false(journal_round_find(round, at[0], &found));
}

/* ---- writing ---- */

static void test_new_journal_is_empty(void **state)
{
	struct bed *bed = *state;
	char *below = strdup(bed_path(bed, "journal"));
	struct journal_options options = {.dir = below};
	struct journal_event event;
	expect_err(journal_open(&bed->journal, &options, &bed->opened), PD_OK, "opening (%s)", bed->opened.why);
	assert_true(bed_exists(below));
	assert_int_equal(bed->opened.last_seq, 0);
	assert_int_equal(bed->opened.torn_bytes, 0);
	assert_int_equal(journal_end(bed->journal), 0);
	assert_int_equal(journal_last_seq(bed->journal), 0);
	struct journal_reader *reader = bed_reader(bed);
	expect_next(bed, reader, 0);
	expect_err(journal_seek(reader, 0), PD_ENOENT, "seeking in an empty journal");
	expect_next(bed, reader, 0);
	expect_err(journal_read(reader, 0, &event), PD_ENOENT, "reading place 0");
	expect_err(journal_read(reader, 72, &event), PD_ENOENT, "reading place 72");
	bed_append(bed, 2, 10);
	expect_next(bed, reader, 1);
	expect_next(bed, reader, 2);
	expect_next(bed, reader, 0);
	journal_reader_free(reader);
	free(below);
}

static uint64_t number(const uint8_t *p, int bytes)
{
	uint64_t value = 0;
	for (int i = bytes - 1; i >= 0; i--)
		value = value << 8 | p[i];
	return value;
}

/* The format as journal.h and record.h state it, read without their code. */
static void test_bytes_on_disk(void **state)
{
	struct bed *bed = *state;
	bed_open(bed, 16384);
	for (unsigned i = 1; i <= 5; i++)
		bed_append(bed, i, 20 * i);
	uint64_t end = journal_end(bed->journal);
	bed_close(bed);
	size_t bytes;
	uint8_t *file = bed_load(bed_segment(bed, 1), &bytes), prev[32] = {0};
	assert_int_equal(bytes, 16384);
	uint64_t offset = 0, seq = 1;
	for (unsigned i = 1; i <= 5; i++) {
		const uint8_t *record = file + offset;
		uint64_t record_bytes = number(record + 8, 4);
		assert_memory_equal(record, "PDR1", 4);
		assert_int_equal(number(record + 4, 4), crc32c_portable(record + 8, record_bytes - 8));
		assert_int_equal(number(record + 12, 4), i);
		assert_int_equal(number(record + 16, 8), offset);
		assert_int_equal(number(record + 24, 8), seq);
		assert_int_equal(number(record + 32, 8), 1763900000000);
		assert_memory_equal(record + 40, prev, 32);
		crypto_generichash(prev, sizeof prev, record, record_bytes, NULL, 0);
		uint64_t event = 72;
		for (; event < record_bytes; seq++) {
			assert_int_equal(offset + event, bed->at[seq]);
			assert_int_equal(number(record + event + 4, 4), 0);
			assert_int_equal(number(record + event + 8, 8), seq > 7 ? bed->at[seq - 7] : 0);
			event += 16 + number(record + event, 4);
		}
		assert_int_equal(event, record_bytes);
		offset += (record_bytes + 7) / 8 * 8;
	}
	assert_int_equal(offset, end);
	for (; offset < bytes; offset++)
		assert_int_equal(file[offset], 0);
	free(file);
}

static void test_reads_back_what_was_written(void **state)
{
	struct bed *bed = *state;
	bed_open(bed, 65536);
	uint64_t seq = 0;
	for (unsigned i = 0; i < 60; i++) {
		bed_append(bed, 1 + i % 9, 1 + 37 * i % 700);
		seq += 1 + i % 9;
		assert_int_equal(journal_last_seq(bed->journal), seq);
		assert_int_equal(journal_end(bed->journal), journal_round_end(&bed->round));
	}
	expect_all(bed, seq);
}

static void test_sync_twice_is_fine(void **state)
{
	struct bed *bed = *state;
	bed_open(bed, 4096);
	expect_err(journal_sync(bed->journal), PD_OK, "syncing an empty journal");
	bed_append(bed, 1, 1);
	expect_err(journal_sync(bed->journal), PD_OK, "syncing again");
}

/* ---- segments ---- */

static void test_rolls_over(void **state)
{
	struct bed *bed = *state;
	bed_open(bed, 4096);
	for (unsigned i = 0; i < 40; i++)
		bed_append(bed, 3, 500); /* some 1,800 bytes: two a segment */
	assert_int_equal(bed_file_bytes(bed_segment(bed, 20)), 4096);
	assert_false(bed_exists(bed_segment(bed, 21)));
	expect_all(bed, 120);
	/* The places have no hole: each record begins where the one before ended. */
	for (unsigned number_of = 2; number_of <= 20; number_of++) {
		size_t bytes;
		uint8_t *file = bed_load(bed_segment(bed, number_of), &bytes);
		uint64_t first_seq = number(file + 24, 8);
		expect_u64(number(file + 16, 8) + JOURNAL_RECORD_HEAD_BYTES, bed->at[first_seq],
			   "first place of segment %u", number_of);
		expect_u64(bed->at[first_seq],
			   (bed->at[first_seq - 1] + bed_event_bytes(bed, first_seq - 1, 500) + 7) / 8 * 8 + 72,
			   "distance from the record before");
		free(file);
	}
}

static void test_record_that_fills_a_segment(void **state)
{
	struct bed *bed = *state;
	bed_open(bed, 4096);
	bed_append_bytes(bed, 4096);
	assert_false(bed_exists(bed_segment(bed, 2)));
	bed_append_bytes(bed, 4096);
	bed_append_bytes(bed, 4088); /* leaves 8 bytes, in which no record can begin */
	bed_append_bytes(bed, 2048);
	bed_append_bytes(bed, 2048);
	assert_int_equal(journal_end(bed->journal), 4096 * 3 - 8 + 4096);
	assert_true(bed_exists(bed_segment(bed, 4)));
	assert_false(bed_exists(bed_segment(bed, 5)));
	uint64_t last = journal_last_seq(bed->journal);
	expect_all(bed, last);
	bed_close(bed);
	bed_open(bed, 4096);
	expect_all(bed, last);
	bed_append(bed, 1, 1);
	assert_true(bed_exists(bed_segment(bed, 5)));
	expect_all(bed, last + 1);
}

static void test_record_larger_than_a_segment(void **state)
{
	struct bed *bed = *state;
	bool made;
	bed_open(bed, 4096);
	bed_append_bytes(bed, 10000);
	assert_int_equal(bed_file_bytes(bed_segment(bed, 1)), 12288);
	bed_append_bytes(bed, 2000); /* into its rest */
	assert_false(bed_exists(bed_segment(bed, 2)));
	expect_err(journal_prepare(bed->journal, &made), PD_OK, "preparing");
	expect_err(journal_prepare(bed->journal, &made), PD_OK, "preparing");
	bed_append_bytes(bed, 1024 * 1024); /* takes the place of one that is ready */
	assert_int_equal(bed_file_bytes(bed_segment(bed, 2)), 1024 * 1024);
	assert_int_equal(bed_file_bytes(bed_segment(bed, 3)), 4096);
	bed_append_bytes(bed, 4096);
	assert_false(bed_exists(bed_segment(bed, 4)));
	uint64_t last = journal_last_seq(bed->journal);
	expect_all(bed, last);
	bed_close(bed);
	bed_open(bed, 8192);
	expect_all(bed, last);
}

static void test_prepare_keeps_two_ready(void **state)
{
	struct bed *bed = *state;
	static const bool wanted[] = {true, true, false, false};
	bool made;
	bed_open(bed, 4096);
	for (unsigned i = 0; i < 4; i++) {
		expect_err(journal_prepare(bed->journal, &made), PD_OK, "preparing");
		assert_int_equal(made, wanted[i]);
	}
	assert_true(bed_exists(bed_segment(bed, 2)));
	assert_false(bed_exists(bed_segment(bed, 3)));
	bed_append_bytes(bed, 4096); /* uses one */
	assert_false(bed_exists(bed_segment(bed, 3)));
	expect_err(journal_prepare(bed->journal, &made), PD_OK, "preparing");
	assert_true(made);
	assert_int_equal(bed_file_bytes(bed_segment(bed, 3)), 4096);
	expect_err(journal_prepare(bed->journal, &made), PD_OK, "preparing");
	assert_false(made);
	assert_false(bed_exists(bed_path(bed, "prepare.tmp")));
	/* They are found again, and used. */
	bed_close(bed);
	bed_open(bed, 4096);
	expect_err(journal_prepare(bed->journal, &made), PD_OK, "preparing");
	assert_false(made);
	bed_append_bytes(bed, 4096);
	bed_append_bytes(bed, 4096);
	assert_false(bed_exists(bed_segment(bed, 4)));
	bed_append(bed, 1, 1);
	assert_true(bed_exists(bed_segment(bed, 4)));
	expect_all(bed, journal_last_seq(bed->journal));
}

static void expect_room(struct bed *bed, size_t used, size_t ready)
{
	struct journal_room room;
	journal_room(bed->journal, &room);
	expect_u64(room.bytes, journal_end(bed->journal), "bytes");
	expect_u64(room.segments_used, used, "segments used");
	expect_u64(room.segments_ready, ready, "segments ready");
}

static void test_room(void **state)
{
	struct bed *bed = *state;
	bool made;
	bed_open(bed, 4096);
	expect_room(bed, 0, 0);
	expect_err(journal_prepare(bed->journal, &made), PD_OK, "preparing");
	expect_room(bed, 0, 1);
	bed_append_bytes(bed, 4096);
	expect_room(bed, 1, 0);
	bed_append(bed, 1, 1); /* begins another, made by itself */
	expect_room(bed, 2, 0);
	bed_close(bed);
	bed_open(bed, 4096);
	expect_room(bed, 2, 0);
}

static void test_segments_keep_their_size(void **state)
{
	struct bed *bed = *state;
	bool made;
	bed_open(bed, 8192);
	expect_err(journal_prepare(bed->journal, &made), PD_OK, "preparing");
	bed_close(bed);
	bed_open(bed, 4096);
	bed_append_bytes(bed, 6000);
	bed_append_bytes(bed, 2192);
	bed_append_bytes(bed, 800);
	assert_int_equal(bed_file_bytes(bed_segment(bed, 1)), 8192);
	assert_int_equal(bed_file_bytes(bed_segment(bed, 2)), 4096);
	expect_all(bed, journal_last_seq(bed->journal));
}

/* ---- opening ---- */

static void test_goes_on_after_opening_again(void **state)
{
	struct bed *bed = *state;
	uint64_t last = 0;
	for (unsigned i = 0; i < 30; i++) {
		uint64_t end = bed->round.count ? journal_round_end(&bed->round) : 0;
		bed_open(bed, 4096);
		assert_int_equal(bed->opened.last_seq, last);
		assert_int_equal(bed->opened.torn_bytes, 0);
		assert_int_equal(journal_end(bed->journal), end);
		bed_append(bed, 1 + i % 5, 100 + i);
		last += 1 + i % 5;
		bed_close(bed);
	}
	bed_open(bed, 4096);
	expect_all(bed, last); /* the chain is whole */
}

static void test_lock(void **state)
{
	struct bed *bed = *state;
	struct journal_options options = {.dir = bed->dir, .segment_bytes = 4096};
	struct journal_opened opened;
	struct journal *other;
	bed_open(bed, 4096);
	bed_append(bed, 1, 1);
	expect_err(journal_open(&other, &options, &opened), PD_EBUSY, "opening for writing a second time");
	expect_text(opened.why, "another paidand uses /tmp/paidan-journal-");
	pid_t child = bed_fork();
	if (child == 0)
		_exit(journal_open(&other, &options, &opened) == PD_EBUSY ? 0 : 1);
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	options.read_only = true;
	expect_err(journal_open(&other, &options, &opened), PD_OK, "opening to read beside the writer (%s)",
		   opened.why);
	assert_int_equal(opened.last_seq, 1);
	journal_close(other);
	bed_close(bed);
	bed_open(bed, 4096);
}

static void test_removes_stale_temporaries(void **state)
{
	struct bed *bed = *state;
	bed_open(bed, 4096);
	bed_append(bed, 1, 1);
	bed_close(bed);
	bed_store(bed_path(bed, "write.tmp"), "x", 1);
	bed_store(bed_path(bed, "prepare.tmp"), "x", 1);
	bed_store(bed_path(bed, "readme.txt"), "x", 1);
	expect_err(bed_try(bed, 0, true), PD_OK, "opening to read (%s)", bed->opened.why);
	assert_true(bed_exists(bed_path(bed, "write.tmp")));
	bed_close(bed);
	bed_open(bed, 4096);
	assert_false(bed_exists(bed_path(bed, "write.tmp")));
	assert_false(bed_exists(bed_path(bed, "prepare.tmp")));
	assert_true(bed_exists(bed_path(bed, "readme.txt")));
}

static void test_wrong_options(void **state)
{
	struct bed *bed = *state;
	expect_err(bed_try(bed, 5000, false), PD_EINVAL, "segments of 5000 bytes");
	expect_text(bed->opened.why, "5000 bytes, must be a multiple of 4096");
	struct journal_options options = {.dir = "/nowhere/at/all"};
	expect_err(journal_open(&bed->journal, &options, &bed->opened), PD_ESYS, "a folder that cannot be made");
	expect_text(bed->opened.why, "/nowhere/at/all");
	options.read_only = true;
	expect_err(journal_open(&bed->journal, &options, &bed->opened), PD_ENOENT,
		   "reading a folder that is not there");
	expect_text(bed->opened.why, "/nowhere/at/all");
	assert_null(bed->journal);
}

static void test_folder_that_is_a_file(void **state)
{
	struct bed *bed = *state;
	char *path = strdup(bed_path(bed, "file"));
	bed_store(path, "x", 1);
	struct journal_options options = {.dir = path};
	expect_err(journal_open(&bed->journal, &options, &bed->opened), PD_ESYS, "a file for a folder");
	expect_text(bed->opened.why, "file");
	bed->journal = NULL;
	free(path);
}

/* ---- reading ---- */

static void test_prev_walk(void **state)
{
	struct bed *bed = *state;
	bed_open(bed, 4096);
	for (unsigned i = 0; i < 50; i++)
		bed_append(bed, 1 + i % 4, 200);
	uint64_t last = journal_last_seq(bed->journal), seq = last;
	struct journal_reader *reader = bed_reader(bed);
	struct journal_event event;
	for (uint64_t at = bed->at[last]; at; at = event.prev_at, seq -= 7) {
		expect_err(journal_read(reader, at, &event), PD_OK, "walking back to seq %" PRIu64, seq);
		expect_event(bed, &event, seq);
	}
	assert_int_equal(seq, last % 7 - 7);
	journal_reader_free(reader);
}

static void test_seek_to_each(void **state)
{
	struct bed *bed = *state;
	bed_open(bed, 8192);
	for (unsigned i = 0; i < 80; i++)
		bed_append(bed, 1 + i % 13, 1 + 11 * i);
	uint64_t last = journal_last_seq(bed->journal);
	struct journal_reader *reader = bed_reader(bed);
	for (uint64_t after = 0; after < last; after++) {
		struct journal_reader *fresh = bed_reader(bed);
		expect_err(journal_seek(fresh, after), PD_OK, "seeking behind %" PRIu64, after);
		expect_next(bed, fresh, after + 1);
		expect_next(bed, fresh, after + 2 <= last ? after + 2 : 0);
		journal_reader_free(fresh);
		/* And from wherever the last seek had led, forwards and backwards. */
		uint64_t jump = after * 7919 % last;
		expect_err(journal_seek(reader, jump), PD_OK, "seeking behind %" PRIu64, jump);
		expect_next(bed, reader, jump + 1);
		expect_err(journal_seek(reader, after), PD_OK, "seeking behind %" PRIu64, after);
		expect_next(bed, reader, after + 1);
	}
	journal_reader_free(reader);
}

static void test_seek_over_many_small_and_some_large(void **state)
{
	struct bed *bed = *state;
	bed_open(bed, 2 << 20);
	for (unsigned i = 0; i < 1500; i++)
		bed_append(bed, i % 100 == 50 ? 100 : 1, i % 100 == 50 ? 2000 : 1);
	uint64_t last = journal_last_seq(bed->journal);
	struct journal_reader *reader = bed_reader(bed);
	for (uint64_t i = 0; i < 200; i++) {
		uint64_t after = (i * 104729 + 5) % last;
		expect_err(journal_seek(reader, after), PD_OK, "seeking behind %" PRIu64, after);
		expect_next(bed, reader, after + 1);
	}
	journal_reader_free(reader);
}

static void test_seek_beyond_the_end(void **state)
{
	struct bed *bed = *state;
	bed_open(bed, 4096);
	bed_append(bed, 5, 10);
	struct journal_reader *end = bed_reader(bed), *beyond = bed_reader(bed), *never = bed_reader(bed);
	expect_err(journal_seek(end, 5), PD_ENOENT, "seeking behind the last");
	expect_err(journal_seek(beyond, 8), PD_ENOENT, "seeking beyond the last");
	expect_err(journal_seek(never, UINT64_MAX), PD_ENOENT, "seeking behind all");
	expect_next(bed, end, 0);
	expect_next(bed, beyond, 0);
	for (unsigned i = 0; i < 10; i++)
		bed_append(bed, 1, 1000);
	for (uint64_t seq = 6; seq <= 15; seq++)
		expect_next(bed, end, seq);
	for (uint64_t seq = 9; seq <= 15; seq++)
		expect_next(bed, beyond, seq);
	expect_next(bed, end, 0);
	expect_next(bed, never, 0);
	journal_reader_free(end);
	journal_reader_free(beyond);
	journal_reader_free(never);
}

/* A seek may land anywhere in a record, and from there on the chain is followed. */
static void test_reader_hash(void **state)
{
	struct bed *bed = *state;
	bed_open(bed, 4096);
	for (unsigned i = 0; i < 12; i++)
		bed_append(bed, 2, 300);
	struct journal_reader *reader = bed_reader(bed);
	uint64_t record_at = 0;
	for (uint64_t seq = 1; seq <= 24; seq += 2) {
		struct journal_event event;
		expect_next(bed, reader, seq);
		expect_next(bed, reader, seq + 1);
		/* All records have the same size here, five of them a segment. */
		uint64_t record_bytes = journal_end(bed->journal) / 12;
		size_t bytes;
		uint8_t hash[32], *file = bed_load(bed_segment(bed, (unsigned)(seq / 2 / 5 + 1)), &bytes);
		const uint8_t *record = file + record_bytes * (seq / 2 % 5);
		assert_int_equal(number(record + 16, 8), record_at);
		crypto_generichash(hash, sizeof hash, record, number(record + 8, 4), NULL, 0);
		assert_memory_equal(hash, journal_reader_hash(reader), sizeof hash);
		expect_err(journal_read(reader, bed->at[1], &event), PD_OK, "reading by place in between");
		assert_memory_equal(hash, journal_reader_hash(reader), sizeof hash);
		record_at += record_bytes;
		free(file);
	}
	journal_reader_free(reader);
}

/* A wrong place gives an error or, by chance, a message; never anything outside the file. */
static void test_read_at_every_place(void **state)
{
	struct bed *bed = *state;
	bed_open(bed, 4096);
	for (unsigned i = 0; i < 8; i++)
		bed_append(bed, 3, 250);
	struct journal_reader *reader = bed_reader(bed);
	uint64_t seq = 1, last = journal_last_seq(bed->journal), end = journal_end(bed->journal);
	for (uint64_t at = 0; at < end + 200; at++) {
		struct journal_event event;
		journal_expect(reader, at);
		enum pd_err err = journal_read(reader, at, &event);
		if (seq <= last && at == bed->at[seq]) {
			expect_err(err, PD_OK, "place %" PRIu64, at);
			expect_event(bed, &event, seq++);
		} else if (at < JOURNAL_RECORD_HEAD_BYTES || at + JOURNAL_EVENT_HEAD_BYTES >= end) {
			expect_err(err, PD_ENOENT, "place %" PRIu64, at);
		} else if (err != PD_ENOENT) {
			expect_err(err, PD_ECORRUPT, "place %" PRIu64, at);
		}
	}
	journal_expect(reader, UINT64_MAX);
	expect_err(journal_read(reader, UINT64_MAX, &(struct journal_event){0}), PD_ENOENT, "the last place of all");
	journal_reader_free(reader);
}

/* Whether the system has this byte of a file in memory; it is not read for that. */
static bool in_memory(const char *path, uint64_t offset)
{
	const uint64_t page_bytes = (uint64_t)sysconf(_SC_PAGESIZE);
	unsigned char there;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	void *page = mmap(NULL, page_bytes, PROT_READ, MAP_SHARED, fd, (off_t)(offset / page_bytes * page_bytes));
	assert_true(fd >= 0 && page != MAP_FAILED);
	assert_int_equal(mincore(page, page_bytes, &there), 0);
	munmap(page, page_bytes);
	close(fd);
	return there & 1;
}

static void comes_to_memory(const char *path, uint64_t offset)
{
	const struct timespec moment = {.tv_nsec = 1000000};
	for (int i = 0; i < 10000 && !in_memory(path, offset); i++)
		nanosleep(&moment, NULL);
	assert_true(in_memory(path, offset));
}

/* Of one place little, and when it is gone on behind it, more: a queue that is worked off. */
static void test_the_disk_is_asked_ahead(void **state)
{
	struct bed *bed = *state;
	struct journal_event event;
	bed_open(bed, 4 << 20);
	for (unsigned i = 0; i < 100; i++)
		bed_append(bed, 8, 1000);
	struct journal_reader *reader = bed_reader(bed);
	const char *path = bed_segment(bed, 1);
	expect_err(journal_read(reader, bed->at[1], &event), PD_OK, "the first event");
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0 && posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) == 0);
	close(fd);
	journal_expect(reader, bed->at[300]);
	comes_to_memory(path, bed->at[300]);
	journal_expect(reader, bed->at[301]);
	comes_to_memory(path, bed->at[380]);
	expect_err(journal_read(reader, bed->at[380], &event), PD_OK, "an event that was read ahead");
	expect_event(bed, &event, 380);
	journal_reader_free(reader);
}

static void test_large_record_is_read_and_its_memory_given_back(void **state)
{
	struct bed *bed = *state;
	bed_open(bed, 65536);
	bed_append(bed, 2, 10);
	bed_append(bed, 9000, 4000); /* 36 MB */
	bed_append(bed, 2, 10);
	expect_all(bed, 9004);
	bed_close(bed);
	bed_open(bed, 65536);
	expect_all(bed, 9004);
}

/* ---- a full disk ---- */

/* Have mounts of our own: as root, or as the root of a namespace. */
static bool leave_namespace(void)
{
	uid_t user = geteuid();
	if (unshare(CLONE_NEWNS)) {
		char map[64];
		if (unshare(CLONE_NEWUSER | CLONE_NEWNS))
			return false;
		snprintf(map, sizeof map, "0 %u 1", (unsigned)user);
		int fd = open("/proc/self/uid_map", O_WRONLY | O_CLOEXEC);
		if (fd < 0 || write(fd, map, strlen(map)) < 0)
			return false;
		close(fd);
	}
	return mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) == 0;
}

/* On a filesystem of 256 KiB; 77: such a thing cannot be had here. */
static int fill_small_disk(struct bed *bed)
{
	if (!leave_namespace() || mount("none", bed->dir, "tmpfs", 0, "size=256k,mode=700"))
		return 77;
	bed_open(bed, 65536);
	enum pd_err err = PD_OK;
	bool made;
	for (unsigned i = 0; i < 100 && !err; i++) {
		bed_begin(bed);
		for (unsigned k = 0; k < 10; k++)
			bed_add(bed, 1000);
		err = journal_write(bed->journal, &bed->round);
		if (!err)
			err = journal_sync(bed->journal);
	}
	if (err != PD_EFULL || bed_exists(bed_path(bed, "write.tmp")))
		return 1;
	uint64_t last = journal_last_seq(bed->journal);
	bed_close(bed);
	bed_open(bed, 65536);
	expect_all(bed, last);
	if (journal_prepare(bed->journal, &made) != PD_EFULL || made || bed_exists(bed_path(bed, "prepare.tmp")))
		return 2;
	/* A failure to prepare is no failure of the journal: its rest can be written. */
	bed_append(bed, 1, 1);
	expect_all(bed, last + 1);
	bed_close(bed);
	return 0;
}

static void test_full_disk(void **state)
{
	struct bed *bed = *state;
	pid_t child = bed_fork();
	if (child == 0)
		_exit(fill_small_disk(bed));
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(status, 0);
}

#define BED_TEST(name) cmocka_unit_test_setup_teardown(name, bed_setup, bed_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		BED_TEST(test_round_gives_places),
		BED_TEST(test_round_find),
		BED_TEST(test_new_journal_is_empty),
		BED_TEST(test_bytes_on_disk),
		BED_TEST(test_reads_back_what_was_written),
		BED_TEST(test_sync_twice_is_fine),
		BED_TEST(test_rolls_over),
		BED_TEST(test_record_that_fills_a_segment),
		BED_TEST(test_record_larger_than_a_segment),
		BED_TEST(test_prepare_keeps_two_ready),
		BED_TEST(test_room),
		BED_TEST(test_segments_keep_their_size),
		BED_TEST(test_goes_on_after_opening_again),
		BED_TEST(test_lock),
		BED_TEST(test_removes_stale_temporaries),
		BED_TEST(test_wrong_options),
		BED_TEST(test_folder_that_is_a_file),
		BED_TEST(test_prev_walk),
		BED_TEST(test_seek_to_each),
		BED_TEST(test_seek_over_many_small_and_some_large),
		BED_TEST(test_seek_beyond_the_end),
		BED_TEST(test_reader_hash),
		BED_TEST(test_read_at_every_place),
		BED_TEST(test_the_disk_is_asked_ahead),
		BED_TEST(test_large_record_is_read_and_its_memory_given_back),
		BED_TEST(test_full_disk),
	};
	return cmocka_run_group_tests_name("journal", tests, NULL, NULL);
}
