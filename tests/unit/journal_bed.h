/* journal_bed.h - what the tests of the journal share: a folder of their own, journals in it, events of any size. */
#ifndef PAIDAN_JOURNAL_BED_H
#define PAIDAN_JOURNAL_BED_H

#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "codec.h"
#include "journal.h"

#define BED_USED __attribute__((unused))

enum { BED_EVENTS_MAX = 20000, BED_TEXT_MAX = 4000 };

/* A folder, and what was put into its journal. */
struct bed {
	char dir[64], path[128];
	struct journal_opened opened;
	struct journal *journal;
	struct journal_round round;
	uint64_t at[BED_EVENTS_MAX]; /* by seq */
	unsigned text_bytes[BED_EVENTS_MAX];
	char text[BED_TEXT_MAX];
};

/* Err must be wanted; says what was being done. */
__attribute__((format(printf, 3, 4))) BED_USED static void expect_err(enum pd_err err, enum pd_err wanted,
								      const char *format, ...)
{
	if (err == wanted)
		return;
	char doing[512];
	va_list args;
	va_start(args, format);
	vsnprintf(doing, sizeof doing, format, args);
	va_end(args);
	fail_msg("%s: got %d (%s), expected %d (%s)", doing, err, pd_err_text(err), wanted, pd_err_text(wanted));
}

__attribute__((format(printf, 3, 4))) BED_USED static void expect_u64(uint64_t value, uint64_t wanted,
								      const char *format, ...)
{
	if (value == wanted)
		return;
	char doing[512];
	va_list args;
	va_start(args, format);
	vsnprintf(doing, sizeof doing, format, args);
	va_end(args);
	fail_msg("%s: got %" PRIu64 ", expected %" PRIu64, doing, value, wanted);
}

BED_USED static void expect_text(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("expected \"%s\" in \"%s\"", part, text);
}

/* In the child, a failed expectation ends the process: it must not go on with the other tests. */
BED_USED static pid_t bed_fork(void)
{
	fflush(NULL);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0)
		setenv("CMOCKA_TEST_ABORT", "1", 1);
	return child;
}

/* ---- the folder ---- */

BED_USED static int bed_unlink(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
	(void)status, (void)type, (void)ftw;
	return remove(path);
}

BED_USED static void bed_empty(struct bed *bed)
{
	nftw(bed->dir, bed_unlink, 8, FTW_DEPTH | FTW_PHYS);
}

BED_USED static int bed_setup(void **state)
{
	struct bed *bed = calloc(1, sizeof *bed);
	assert_non_null(bed);
	strcpy(bed->dir, "/tmp/paidan-journal-XXXXXX");
	assert_non_null(mkdtemp(bed->dir));
	memset(bed->text, 'x', sizeof bed->text);
	*state = bed;
	return 0;
}

BED_USED static int bed_teardown(void **state)
{
	struct bed *bed = *state;
	journal_close(bed->journal);
	journal_round_fini(&bed->round);
	bed_empty(bed);
	free(bed);
	return 0;
}

/* The path of a file in the folder; lives until the next call. */
BED_USED static const char *bed_path(struct bed *bed, const char *name)
{
	snprintf(bed->path, sizeof bed->path, "%s/%s", bed->dir, name);
	return bed->path;
}

BED_USED static const char *bed_segment(struct bed *bed, unsigned number)
{
	char name[32];
	snprintf(name, sizeof name, "%08u.seg", number);
	return bed_path(bed, name);
}

/* A file's bytes; to be freed. */
BED_USED static uint8_t *bed_load(const char *path, size_t *bytes)
{
	FILE *file = fopen(path, "rb");
	if (!file)
		fail_msg("expected a file %s", path);
	struct stat status;
	assert_int_equal(fstat(fileno(file), &status), 0);
	*bytes = (size_t)status.st_size;
	uint8_t *data = malloc(*bytes + 1);
	assert_non_null(data);
	assert_int_equal(fread(data, 1, *bytes, file), *bytes);
	fclose(file);
	return data;
}

BED_USED static void bed_store(const char *path, const void *data, size_t bytes)
{
	FILE *file = fopen(path, "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, bytes, file), bytes);
	assert_int_equal(fclose(file), 0);
}

/* Overwrite bytes in the middle of a file. */
BED_USED static void bed_poke(const char *path, uint64_t offset, const void *data, size_t bytes)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, data, bytes, (off_t)offset), bytes);
	close(fd);
}

BED_USED static bool bed_exists(const char *path)
{
	return access(path, F_OK) == 0;
}

BED_USED static uint64_t bed_file_bytes(const char *path)
{
	struct stat status;
	return stat(path, &status) ? 0 : (uint64_t)status.st_size;
}

/* ---- the journal ---- */

BED_USED static enum pd_err bed_try(struct bed *bed, uint64_t segment_bytes, bool read_only)
{
	struct journal_options options = {.dir = bed->dir, .segment_bytes = segment_bytes, .read_only = read_only};
	bed->journal = NULL;
	return journal_open(&bed->journal, &options, &bed->opened);
}

BED_USED static void bed_open(struct bed *bed, uint64_t segment_bytes)
{
	enum pd_err err = bed_try(bed, segment_bytes, false);
	expect_err(err, PD_OK, "opening the journal (%s)", bed->opened.why);
}

BED_USED static void bed_close(struct bed *bed)
{
	journal_close(bed->journal);
	bed->journal = NULL;
}

BED_USED static struct pd_message bed_event(struct bed *bed, uint64_t seq, unsigned text_bytes)
{
	struct pd_message event = {.type = PD_MSG_noted, .request = seq};
	event.noted.time_ms = 1763900000000 + seq;
	event.noted.actor = 2001;
	event.noted.version = 1;
	event.noted.holder = 1001;
	event.noted.text = (struct pd_slice){bed->text, text_bytes};
	return event;
}

/* How many bytes an event of this text takes in a record. */
BED_USED static uint64_t bed_event_bytes(struct bed *bed, uint64_t seq, unsigned text_bytes)
{
	struct pd_buffer bytes = {0};
	struct pd_message event = bed_event(bed, seq, text_bytes);
	pd_encode(&event, &bytes);
	uint64_t count = bytes.count + JOURNAL_EVENT_HEAD_BYTES;
	pd_buffer_fini(&bytes);
	return count;
}

BED_USED static void bed_begin(struct bed *bed)
{
	journal_round_begin(&bed->round, journal_end(bed->journal), journal_last_seq(bed->journal) + 1, 1763900000000);
}

/* Each event's previous one is that of seven before, as if there were seven orders. */
BED_USED static void bed_add(struct bed *bed, unsigned text_bytes)
{
	uint64_t seq = bed->round.first_seq + bed->round.count;
	assert_true(seq < BED_EVENTS_MAX);
	struct pd_message event = bed_event(bed, seq, text_bytes);
	bed->at[seq] = journal_round_add(&bed->round, &event, seq > 7 ? bed->at[seq - 7] : 0);
	bed->text_bytes[seq] = text_bytes;
}

BED_USED static void bed_write(struct bed *bed)
{
	expect_err(journal_write(bed->journal, &bed->round), PD_OK, "writing a round");
	expect_err(journal_sync(bed->journal), PD_OK, "syncing");
}

/* One round of count events of this text. */
BED_USED static void bed_append(struct bed *bed, unsigned count, unsigned text_bytes)
{
	bed_begin(bed);
	for (unsigned i = 0; i < count; i++)
		bed_add(bed, text_bytes);
	bed_write(bed);
}

/* One round whose record takes exactly bytes, a multiple of 8, with its padding. */
BED_USED static void bed_append_bytes(struct bed *bed, uint64_t bytes)
{
	bed_begin(bed);
	for (;;) {
		uint64_t seq = bed->round.first_seq + bed->round.count, left = bytes - bed->round.bytes.count;
		unsigned most = left > 6000 ? 3000 : 3500, text_bytes = 1;
		while (text_bytes < most && bed_event_bytes(bed, seq, text_bytes) < left)
			text_bytes++;
		if (left > 6000)
			text_bytes = 3000;
		else if (left > 3500)
			text_bytes = 1000;
		bed_add(bed, text_bytes);
		if (journal_round_end(&bed->round) - bed->round.base_at == bytes)
			break;
		assert_true(bed->round.bytes.count < bytes);
	}
	bed_write(bed);
}

BED_USED static void expect_event(struct bed *bed, const struct journal_event *event, uint64_t seq)
{
	struct pd_buffer bytes = {0};
	struct pd_message message = bed_event(bed, seq, bed->text_bytes[seq]);
	pd_encode(&message, &bytes);
	expect_u64(event->at, bed->at[seq], "place of seq %" PRIu64, seq);
	expect_u64(event->prev_at, seq > 7 ? bed->at[seq - 7] : 0, "previous place of seq %" PRIu64, seq);
	expect_u64(event->bytes, bytes.count, "bytes of seq %" PRIu64, seq);
	if (memcmp(event->message, bytes.data, bytes.count) != 0)
		fail_msg("seq %" PRIu64 ": the message read is not the one written", seq);
	pd_buffer_fini(&bytes);
}

/* The reader's next event must be seq, or, with seq 0, there must be none. */
BED_USED static void expect_next(struct bed *bed, struct journal_reader *reader, uint64_t wanted)
{
	struct journal_event event;
	uint64_t seq;
	const char *why = "";
	enum pd_err err = journal_next(reader, &event, &seq, &why);
	expect_err(err, wanted ? PD_OK : PD_ENOENT, "reading seq %" PRIu64 " (%s)", wanted, why);
	if (err)
		return;
	expect_u64(seq, wanted, "the next seq");
	expect_event(bed, &event, seq);
}

BED_USED static struct journal_reader *bed_reader(struct bed *bed)
{
	struct journal_reader *reader;
	expect_err(journal_reader_new(&reader, bed->journal), PD_OK, "making a reader");
	return reader;
}

/* Everything up to last, in order and each by its place, and nothing behind it. */
BED_USED static void expect_all(struct bed *bed, uint64_t last)
{
	struct journal_reader *reader = bed_reader(bed);
	expect_u64(journal_last_seq(bed->journal), last, "the last seq");
	for (uint64_t seq = 1; seq <= last; seq++) {
		struct journal_event event;
		expect_next(bed, reader, seq);
		expect_err(journal_read(reader, bed->at[seq], &event), PD_OK, "reading seq %" PRIu64 " by its place",
			   seq);
		expect_event(bed, &event, seq);
	}
	expect_next(bed, reader, 0);
	journal_reader_free(reader);
}

#endif
