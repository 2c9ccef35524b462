/* test_journal_faults.c - the journal when the system fails it: every call that it makes to the disk fails once, in its
 * turn.
 *
 * The functions below stand in the place of the C library's for the whole program.
 */
#include "journal_bed.h"

#include <errno.h>
#include <sys/syscall.h>

enum { SEGMENT = 4096, CHOP_BYTES = 700 };

/* The call that fails is the one at which left comes down to 0. */
static struct {
	unsigned left;  /* 0: none fails */
	bool room_only; /* count only those that take room on the disk */
	int error;
	bool failed;
	unsigned chops; /* above 0: reads and writes are interrupted, and do less than was asked for */
} fault;

static bool fails(bool takes_room)
{
	if (fault.left == 0 || (fault.room_only && !takes_room) || --fault.left > 0)
		return false;
	fault.failed = true;
	errno = fault.error;
	return true;
}

static bool interrupted(size_t *bytes)
{
	if (fault.chops == 0)
		return false;
	if (*bytes > CHOP_BYTES)
		*bytes = CHOP_BYTES;
	if (fault.chops++ % 3)
		return false;
	errno = EINTR;
	return true;
}

ssize_t pwrite(int fd, const void *data, size_t bytes, off_t offset)
{
	return fails(true) || interrupted(&bytes) ? -1 : syscall(SYS_pwrite64, fd, data, bytes, offset);
}

ssize_t pread(int fd, void *data, size_t bytes, off_t offset)
{
	return fails(false) || interrupted(&bytes) ? -1 : syscall(SYS_pread64, fd, data, bytes, offset);
}

int fdatasync(int fd)
{
	return fails(true) ? -1 : (int)syscall(SYS_fdatasync, fd);
}

int fsync(int fd)
{
	return fails(true) ? -1 : (int)syscall(SYS_fsync, fd);
}

int renameat(int from_fd, const char *from, int to_fd, const char *to)
{
	return fails(true) ? -1 : (int)syscall(SYS_renameat, from_fd, from, to_fd, to);
}

int openat(int dir_fd, const char *path, int flags, ...)
{
	va_list args;
	va_start(args, flags);
	mode_t mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
	va_end(args);
	return fails(flags & O_CREAT) ? -1 : (int)syscall(SYS_openat, dir_fd, path, flags, mode);
}

/* Append some rounds, that fill several segments. *synced is the last seq that was promised. A failure to prepare is
 * passed over. */
static enum pd_err write_rounds(struct bed *bed, unsigned rounds, uint64_t *synced)
{
	for (unsigned i = 0; i < rounds; i++) {
		bool made;
		bed_begin(bed);
		for (unsigned k = 0; k < 2; k++)
			bed_add(bed, 400 + i);
		enum pd_err err = journal_write(bed->journal, &bed->round);
		if (!err)
			err = journal_sync(bed->journal);
		if (err)
			return err;
		*synced = journal_last_seq(bed->journal);
		if (i % 4 == 1 && journal_prepare(bed->journal, &made))
			assert_false(made);
	}
	return PD_OK;
}

/* Returns whether the call was reached. */
static bool fail_at(struct bed *bed, unsigned call, int error, enum pd_err wanted)
{
	uint64_t synced = 0;
	bed_open(bed, SEGMENT);
	expect_err(write_rounds(bed, 3, &synced), PD_OK, "writing before call %u fails", call);
	bed_close(bed);
	bed_poke(bed_segment(bed, 1), SEGMENT - 100, "broken off", 10); /* so that there is something to repair */

	fault.left = call;
	fault.error = error;
	fault.failed = false;
	enum pd_err err = bed_try(bed, SEGMENT, false);
	if (err) {
		expect_err(err, wanted, "opening while call %u fails", call);
		assert_true(bed->opened.why[0]);
	} else {
		err = write_rounds(bed, 12, &synced);
		if (err)
			expect_err(err, wanted, "writing while call %u fails", call);
	}
	bool failed = fault.failed;
	fault.left = 0;
	if (!failed && err)
		fail_msg("call %u: an error without a failure", call);
	bed_close(bed);

	/* Whatever was promised is there. */
	bed_open(bed, SEGMENT);
	uint64_t last = journal_last_seq(bed->journal);
	if (last != synced && last != synced + 2)
		fail_msg("call %u failed: last seq is %" PRIu64 ", expected %" PRIu64 " or one round more", call, last,
			 synced);
	expect_all(bed, last);
	expect_err(write_rounds(bed, 2, &synced), PD_OK, "writing after call %u failed", call);
	expect_all(bed, last + 4);
	bed_close(bed);
	return failed;
}

static void test_every_call_fails_once(void **state)
{
	struct bed *bed = *state;
	unsigned calls = 1;
	for (; fail_at(bed, calls, EIO, PD_ESYS); calls++)
		for (unsigned number = 10; number > 0; number--)
			remove(bed_segment(bed, number));
	assert_true(calls > 50);
}

/* Each call that takes room on the disk fails once for want of it; only preparing may pass it over. */
static void test_disk_full_while_writing(void **state)
{
	struct bed *bed = *state;
	unsigned full = 0;
	bed_open(bed, SEGMENT);
	fault.room_only = true;
	fault.error = ENOSPC;
	fault.failed = true;
	for (unsigned call = 1; fault.failed; call++) {
		uint64_t synced = journal_last_seq(bed->journal);
		fault.failed = false;
		fault.left = call;
		enum pd_err err = write_rounds(bed, 12, &synced);
		fault.left = 0;
		if (err)
			expect_err(err, PD_EFULL, "writing while call %u finds the disk full", call);
		full += err == PD_EFULL;
		bed_close(bed);
		bed_open(bed, SEGMENT);
		expect_all(bed, journal_last_seq(bed->journal));
		assert_true(journal_last_seq(bed->journal) >= synced);
	}
	fault.room_only = false;
	assert_true(full > 12);
}

static void test_interrupted_and_short_calls(void **state)
{
	struct bed *bed = *state;
	uint64_t synced = 0;
	fault.chops = 1;
	bed_open(bed, SEGMENT);
	expect_err(write_rounds(bed, 20, &synced), PD_OK, "writing piece by piece");
	expect_all(bed, synced);
	bed_close(bed);
	bed_open(bed, SEGMENT);
	expect_all(bed, synced);
	fault.chops = 0;
}

/* Read everything, trying again after each failure; how many there were. */
static unsigned read_with_faults(struct bed *bed, struct journal_reader *reader, uint64_t last, unsigned call)
{
	unsigned failures = 0;
	fault.left = call;
	for (uint64_t seq = 1; seq <= last;) {
		struct journal_event event;
		uint64_t got = seq;
		const char *why = "";
		enum pd_err err = journal_seek(reader, seq - 1);
		if (!err)
			err = journal_next(reader, &event, &got, &why);
		if (!err)
			expect_event(bed, &event, seq);
		if (!err)
			err = journal_read(reader, bed->at[seq], &event);
		if (!err) {
			expect_u64(got, seq, "the next seq");
			expect_event(bed, &event, seq++);
			continue;
		}
		expect_err(err, PD_ESYS, "reading seq %" PRIu64 " while a call fails", seq);
		assert_int_equal(errno, EIO);
		failures++;
		fault.left = call;
	}
	fault.left = 0;
	return failures;
}

static void test_reading_goes_on_after_a_failure(void **state)
{
	struct bed *bed = *state;
	uint64_t synced = 0;
	fault.error = EIO;
	bed_open(bed, SEGMENT);
	expect_err(write_rounds(bed, 15, &synced), PD_OK, "writing");
	for (unsigned call = 2; call < 12; call++) {
		struct journal_reader *reader = bed_reader(bed);
		unsigned failures = read_with_faults(bed, reader, synced, call + 3);
		if (failures == 0)
			fail_msg("expected failures when each call %u fails", call + 3);
		journal_reader_free(reader);
	}
}

/* Files that others take away or cut short are damage, not a reason to crash. */
static void test_files_vanish(void **state)
{
	struct bed *bed = *state;
	struct journal_event event;
	uint64_t synced = 0, seq;
	const char *why;
	bed_open(bed, SEGMENT);
	expect_err(write_rounds(bed, 12, &synced), PD_OK, "writing");
	remove(bed_segment(bed, 2));
	assert_int_equal(truncate(bed_segment(bed, 3), 0), 0);
	struct journal_reader *reader = bed_reader(bed);
	enum pd_err err;
	while ((err = journal_next(reader, &event, &seq, &why)) == PD_OK)
		;
	expect_err(err, PD_ECORRUPT, "reading a file that is gone");
	expect_text(why, "00000002.seg, offset 0");
	expect_text(why, "the file is missing");
	expect_err(journal_read(reader, bed->at[seq + 1], &event), PD_ECORRUPT, "reading a place in it");
	expect_err(journal_seek(reader, seq), PD_ECORRUPT, "seeking into it");
	uint64_t cut = 0;
	for (uint64_t i = 1; i <= synced && !cut; i++)
		if (bed->at[i] > bed->at[seq + 1] + SEGMENT)
			cut = i;
	expect_err(journal_read(reader, bed->at[cut], &event), PD_ECORRUPT, "reading a file that was cut short");
	/* Cut while it is open. */
	journal_reader_free(reader);
	reader = bed_reader(bed);
	expect_err(journal_read(reader, bed->at[1], &event), PD_OK, "reading the first event");
	assert_int_equal(truncate(bed_segment(bed, 1), 80), 0);
	expect_err(journal_read(reader, bed->at[seq], &event), PD_OK, "reading what was read along with it");
	journal_reader_free(reader);
}

#define BED_TEST(name) cmocka_unit_test_setup_teardown(name, bed_setup, bed_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		BED_TEST(test_every_call_fails_once),
		BED_TEST(test_disk_full_while_writing),
		BED_TEST(test_interrupted_and_short_calls),
		BED_TEST(test_reading_goes_on_after_a_failure),
		BED_TEST(test_files_vanish),
	};
	return cmocka_run_group_tests_name("journal faults", tests, NULL, NULL);
}
