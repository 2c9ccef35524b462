/* test_journal_beside.c - reading a journal while it is written, by other threads and from other processes. */
#include "journal_bed.h"

#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/wait.h>

enum { SEGMENT = 16384, WAIT_MS = 60000 };

static unsigned text_of(uint64_t seq)
{
	return 1 + (unsigned)(seq * 131 % 900);
}

/* A round of the size that belongs to its first seq. */
static void append_round(struct bed *bed)
{
	bed_begin(bed);
	unsigned count = 1 + (unsigned)(bed->round.first_seq * 7 % 23);
	for (unsigned i = 0; i < count; i++)
		bed_add(bed, text_of(bed->round.first_seq + i));
	bed_write(bed);
}

/* ---- threads ---- */

struct threads {
	struct bed *bed;
	_Atomic bool done, broken;
	uint64_t last;
};

/* Make it end, and say why; assertions of the test's own thread must not be used in others. */
static void *broken(struct threads *threads, const char *what, uint64_t seq, const char *why)
{
	fprintf(stderr, "%s at seq %" PRIu64 ": %s\n", what, seq, why ? why : "");
	threads->broken = true;
	return NULL;
}

static void *prepare(void *arg)
{
	struct threads *threads = arg;
	while (!threads->done && !threads->broken) {
		bool made;
		if (journal_prepare(threads->bed->journal, &made))
			return broken(threads, "preparing", 0, NULL);
		if (!made)
			sched_yield();
	}
	return NULL;
}

static void *read_in_order(void *arg)
{
	struct threads *threads = arg;
	struct bed *bed = threads->bed;
	struct journal_reader *reader;
	struct journal_event event;
	uint64_t seq = 0;
	const char *why = NULL;
	if (journal_reader_new(&reader, bed->journal))
		return broken(threads, "making a reader", 0, NULL);
	for (uint64_t wanted = 1; !threads->broken; wanted++) {
		enum pd_err err;
		bool done;
		do {
			done = threads->done; /* before looking: what was written until then must be found */
			err = journal_next(reader, &event, &seq, &why);
			if (err == PD_ENOENT)
				sched_yield();
		} while (err == PD_ENOENT && !done && !threads->broken);
		if (err == PD_ENOENT) {
			if (wanted != threads->last + 1)
				broken(threads, "the end came early", wanted, why);
			break;
		}
		if (err || seq != wanted || event.at != bed->at[seq])
			broken(threads, "reading in order", wanted, why);
		else if (seq > 7 && (journal_read(reader, event.prev_at, &event) || event.at != bed->at[seq - 7]))
			broken(threads, "reading the previous event", wanted, why);
	}
	journal_reader_free(reader);
	return NULL;
}

static void *seek_about(void *arg)
{
	struct threads *threads = arg;
	struct bed *bed = threads->bed;
	struct journal_reader *reader;
	struct journal_event event;
	uint64_t seq = 0;
	unsigned step = 0;
	const char *why = NULL;
	if (journal_reader_new(&reader, bed->journal))
		return broken(threads, "making a reader", 0, NULL);
	while (!threads->done && !threads->broken) {
		uint64_t last = journal_last_seq(bed->journal);
		if (last == 0)
			continue;
		uint64_t after = step++ % 3 ? last - 1 : step * 7919 % last;
		if (journal_seek(reader, after) || journal_next(reader, &event, &seq, &why) || seq != after + 1 ||
		    event.at != bed->at[seq])
			broken(threads, "seeking", after + 1, why);
	}
	journal_reader_free(reader);
	return NULL;
}

static void test_threads_beside_the_writer(void **state)
{
	struct bed *bed = *state;
	struct threads threads = {.bed = bed};
	void *(*const runs[])(void *) = {prepare, read_in_order, read_in_order, seek_about};
	enum { RUNS = sizeof runs / sizeof runs[0] };
	pthread_t thread[RUNS];
	bed_open(bed, SEGMENT);
	for (unsigned i = 0; i < RUNS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, runs[i], &threads), 0);
	for (unsigned i = 0; i < 600; i++) {
		if (i % 100 == 50) { /* one for which no prepared segment is large enough */
			bed_begin(bed);
			for (unsigned k = 0; k < 40; k++)
				bed_add(bed, 1000);
			bed_write(bed);
		}
		append_round(bed);
	}
	threads.last = journal_last_seq(bed->journal);
	threads.done = true;
	for (unsigned i = 0; i < RUNS; i++)
		pthread_join(thread[i], NULL);
	assert_false(threads.broken);
	expect_all(bed, threads.last);
	bed_close(bed);
	bed_open(bed, SEGMENT);
	expect_all(bed, threads.last);
}

/* ---- processes ---- */

/* Writes rounds in a process of its own, a byte into the pipe after each, and closes it at the end. */
static pid_t start_writer(struct bed *bed, unsigned rounds, int *progress)
{
	int ends[2];
	assert_int_equal(pipe(ends), 0);
	pid_t child = bed_fork();
	if (child) {
		close(ends[1]);
		*progress = ends[0];
		return child;
	}
	bed_open(bed, SEGMENT);
	for (unsigned i = 0; i < rounds; i++) {
		bool made;
		append_round(bed);
		if (i % 3 == 0)
			expect_err(journal_prepare(bed->journal, &made), PD_OK, "preparing");
		if (write(ends[1], "r", 1) != 1)
			_exit(1);
	}
	bed_close(bed);
	_exit(0);
}

/* Whether the writer has written a round since; false at its end. */
static bool wait_for_round(int progress)
{
	struct pollfd poll_for = {.fd = progress, .events = POLLIN};
	char bytes[64];
	int rc = poll(&poll_for, 1, WAIT_MS);
	if (rc != 1)
		fail_msg("expected the writer to write a round within %d ms", WAIT_MS);
	return read(progress, bytes, sizeof bytes) > 0;
}

static void expect_good_end(pid_t child)
{
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

/* Read all there is; the events are those of append_round. Returns the last seq. */
static uint64_t read_on(struct bed *bed, struct journal_reader *reader, uint64_t last)
{
	struct journal_event event;
	uint64_t seq;
	const char *why;
	enum pd_err err;
	while ((err = journal_next(reader, &event, &seq, &why)) == PD_OK) {
		expect_u64(seq, last + 1, "the next seq");
		bed->at[seq] = event.at;
		bed->text_bytes[seq] = text_of(seq);
		expect_event(bed, &event, seq);
		last = seq;
	}
	expect_err(err, PD_ENOENT, "reading behind seq %" PRIu64 " (%s)", last, why);
	assert_true(journal_last_seq(bed->journal) >= last);
	return last;
}

static void test_reads_beside_a_writing_process(void **state)
{
	struct bed *bed = *state;
	int progress;
	expect_err(bed_try(bed, 0, true), PD_OK, "opening an empty folder to read (%s)", bed->opened.why);
	struct journal_reader *reader = bed_reader(bed), *late = bed_reader(bed);
	uint64_t last = 0;
	expect_next(bed, reader, 0);
	expect_err(journal_seek(late, 500), PD_ENOENT, "seeking what is not written yet");
	pid_t child = start_writer(bed, 300, &progress);
	while (wait_for_round(progress))
		last = read_on(bed, reader, last);
	expect_good_end(child);
	close(progress);
	last = read_on(bed, reader, last);
	assert_true(last > 600);
	for (uint64_t seq = 501; seq <= last; seq++)
		expect_next(bed, late, seq);
	expect_err(journal_seek(late, 0), PD_OK, "seeking the beginning");
	expect_next(bed, late, 1);
	journal_reader_free(reader);
	journal_reader_free(late);
	bed_close(bed);
	bed_open(bed, SEGMENT);
	expect_all(bed, last);
}

/* Without waiting for anything, so that records are met while they are written. */
static void test_reads_while_a_process_writes(void **state)
{
	struct bed *bed = *state;
	int progress;
	uint64_t last = 0;
	pid_t child = start_writer(bed, 800, &progress);
	assert_true(wait_for_round(progress));
	struct pollfd poll_for = {.fd = progress, .events = POLLIN};
	expect_err(bed_try(bed, 0, true), PD_OK, "opening beside the writer (%s)", bed->opened.why);
	struct journal_reader *reader = bed_reader(bed);
	bool writing = true;
	while (writing) {
		last = read_on(bed, reader, last);
		/* Opening, too, must take a record that is being written for one. */
		struct journal_options options = {.dir = bed->dir, .read_only = true};
		struct journal_opened opened;
		struct journal *other;
		expect_err(journal_open(&other, &options, &opened), PD_OK, "opening again (%s)", opened.why);
		assert_true(opened.last_seq >= last);
		journal_close(other);
		while (writing && poll(&poll_for, 1, 0) == 1)
			writing = wait_for_round(progress);
	}
	expect_good_end(child);
	close(progress);
	last = read_on(bed, reader, last);
	journal_reader_free(reader);
	bed_close(bed);
	bed_open(bed, SEGMENT);
	expect_u64(journal_last_seq(bed->journal), last, "the last seq");
}

/* The reader stops before a broken-off record, and goes on with what a writer puts into its place. */
static void test_reads_on_after_a_repair(void **state)
{
	struct bed *bed = *state;
	bed_open(bed, SEGMENT);
	append_round(bed);
	uint64_t last = journal_last_seq(bed->journal), end = journal_end(bed->journal);
	append_round(bed);
	bed_close(bed);
	bed_poke(bed_segment(bed, 1), end + 100, "\0\0\0\0\0\0\0\0", 8);
	expect_err(bed_try(bed, 0, true), PD_OK, "opening to read (%s)", bed->opened.why);
	struct journal *looking = bed->journal;
	struct journal_reader *reader = bed_reader(bed);
	assert_int_equal(read_on(bed, reader, 0), last);
	bed_open(bed, SEGMENT);
	struct journal *writing = bed->journal;
	bed->journal = looking;
	assert_int_equal(read_on(bed, reader, last), last);
	bed->journal = writing;
	append_round(bed);
	uint64_t written = journal_last_seq(bed->journal);
	bed->journal = looking;
	assert_int_equal(read_on(bed, reader, last), written);
	journal_reader_free(reader);
	journal_close(looking);
	bed->journal = writing;
}

/* What is found damaged while looking on is reported, not taken for the end. */
static void test_damage_while_looking_on(void **state)
{
	struct bed *bed = *state;
	bed_open(bed, SEGMENT);
	append_round(bed);
	struct journal *writing = bed->journal;
	expect_err(bed_try(bed, 0, true), PD_OK, "opening to read (%s)", bed->opened.why);
	struct journal *looking = bed->journal;
	struct journal_reader *reader = bed_reader(bed);
	uint64_t last = read_on(bed, reader, 0), end = journal_end(looking), seq;
	bed->journal = writing;
	append_round(bed);
	append_round(bed);
	bed_poke(bed_segment(bed, 1), end + 100, "\0\0\0\0\0\0\0\0", 8);
	bed->journal = looking;
	struct journal_event event;
	const char *why;
	for (unsigned again = 0; again < 2; again++) {
		expect_err(journal_next(reader, &event, &seq, &why), PD_ECORRUPT, "reading behind seq %" PRIu64, last);
		expect_text(why, "checksum is wrong, but a good record follows");
	}
	expect_err(journal_seek(reader, last), PD_ECORRUPT, "seeking behind seq %" PRIu64, last);
	journal_reader_free(reader);
	journal_close(looking);
	bed->journal = writing;
}

#define BED_TEST(name) cmocka_unit_test_setup_teardown(name, bed_setup, bed_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		BED_TEST(test_threads_beside_the_writer),    BED_TEST(test_reads_beside_a_writing_process),
		BED_TEST(test_reads_while_a_process_writes), BED_TEST(test_reads_on_after_a_repair),
		BED_TEST(test_damage_while_looking_on),
	};
	return cmocka_run_group_tests_name("journal beside others", tests, NULL, NULL);
}
