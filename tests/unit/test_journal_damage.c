/* test_journal_damage.c - what a crash or a bad disk leaves of a journal: broken-off records are cut, damage is
 * reported. */
#include "journal_bed.h"

enum { FILES_MAX = 16, SEGMENT = 8192, SECTOR = 512 };

/* The segments as they were at a moment. */
struct image {
	unsigned count;
	size_t bytes[FILES_MAX];
	uint8_t *data[FILES_MAX];
};

static struct image take_image(struct bed *bed)
{
	struct image image = {0};
	while (bed_exists(bed_segment(bed, image.count + 1))) {
		assert_true(image.count < FILES_MAX);
		image.data[image.count] = bed_load(bed_segment(bed, image.count + 1), &image.bytes[image.count]);
		image.count++;
	}
	return image;
}

static void put_image(struct bed *bed, const struct image *image)
{
	for (unsigned i = 0; i < image->count; i++)
		bed_store(bed_segment(bed, i + 1), image->data[i], image->bytes[i]);
	for (unsigned i = image->count; i < FILES_MAX; i++)
		remove(bed_segment(bed, i + 1));
}

static void free_image(struct image *image)
{
	for (unsigned i = 0; i < image->count; i++)
		free(image->data[i]);
}

static void expect_image(struct bed *bed, const struct image *image, const char *when)
{
	struct image now = take_image(bed);
	expect_u64(now.count, image->count, "segments %s", when);
	for (unsigned i = 0; i < now.count; i++)
		if (now.bytes[i] != image->bytes[i] || memcmp(now.data[i], image->data[i], now.bytes[i]) != 0)
			fail_msg("%s: segment %u is not as it was", when, i + 1);
	free_image(&now);
}

/* Where a record stands. */
struct place {
	unsigned number; /* of the file */
	uint64_t offset, bytes, padded, last_seq_before;
};

/* Append a record and say where it went; files have SEGMENT bytes. */
static struct place append_placed(struct bed *bed, unsigned count, unsigned text_bytes)
{
	struct place place = {.last_seq_before = journal_last_seq(bed->journal)};
	bed_append(bed, count, text_bytes);
	uint64_t at = bed->round.base_at;
	struct image image = take_image(bed);
	for (unsigned i = 0; i < image.count; i++) {
		uint64_t base, magic = 0;
		memcpy(&magic, image.data[i], 4);
		memcpy(&base, image.data[i] + 16, 8);
		if (magic && base <= at) {
			place.number = i + 1;
			place.offset = at - base;
		}
	}
	free_image(&image);
	place.bytes = bed->round.bytes.count;
	place.padded = journal_round_end(&bed->round) - at;
	return place;
}

/* The journal opens with last as its end, all behind that is zero, and it goes on. */
static void expect_cut(struct bed *bed, const struct place *place, const char *what)
{
	uint64_t last = place->last_seq_before;
	enum pd_err err = bed_try(bed, SEGMENT, false);
	expect_err(err, PD_OK, "opening with %s (%s)", what, bed->opened.why);
	expect_u64(bed->opened.last_seq, last, "last seq with %s", what);
	struct image image = take_image(bed);
	for (unsigned i = place->number - 1; i < image.count; i++)
		for (uint64_t k = i + 1 == place->number ? place->offset : 0; k < image.bytes[i]; k++)
			if (image.data[i][k])
				fail_msg("%s: segment %u offset %" PRIu64 " must be zero", what, i + 1, k);
	free_image(&image);
	bed_append(bed, 2, 30);
	expect_all(bed, last + 2);
	bed_close(bed);
}

static void zero(struct bed *bed, unsigned number, uint64_t from, uint64_t to)
{
	uint8_t *zeros = calloc(1, to - from + 1);
	bed_poke(bed_segment(bed, number), from, zeros, to - from);
	free(zeros);
}

static void flip(struct bed *bed, unsigned number, uint64_t offset, unsigned bit)
{
	size_t bytes;
	const char *path = bed_segment(bed, number);
	uint8_t *file = bed_load(path, &bytes);
	file[offset] ^= (uint8_t)(1u << bit);
	bed_poke(path, offset, file + offset, 1);
	free(file);
}

static void expect_damage(struct bed *bed, const char *file, const char *what)
{
	for (int read_only = 0; read_only < 2; read_only++) {
		enum pd_err err = bed_try(bed, SEGMENT, read_only);
		expect_err(err, PD_ECORRUPT, "opening with %s, read_only %d", what, read_only);
		expect_text(bed->opened.why, file);
	}
}

/* ---- broken-off writes ---- */

static void tear_at_every_length(struct bed *bed, const struct place *place, unsigned step)
{
	struct image image = take_image(bed);
	for (uint64_t length = 0; length < place->bytes; length += step) {
		char what[64];
		snprintf(what, sizeof what, "%" PRIu64 " of %" PRIu64 " bytes written", length, place->bytes);
		put_image(bed, &image);
		zero(bed, place->number, place->offset + length, place->offset + place->bytes);
		expect_cut(bed, place, what);
		if (length ? bed->opened.torn_bytes == 0 : bed->opened.torn_bytes != 0)
			fail_msg("%s: torn_bytes is %" PRIu64, what, bed->opened.torn_bytes);
	}
	free_image(&image);
}

static void test_torn_at_every_length(void **state)
{
	struct bed *bed = *state;
	bed_open(bed, SEGMENT);
	bed_append(bed, 3, 100);
	bed_append(bed, 1, 50);
	struct place place = append_placed(bed, 2, 60);
	bed_close(bed);
	tear_at_every_length(bed, &place, 1);
}

static void test_torn_first_record_of_all(void **state)
{
	struct bed *bed = *state;
	bed_open(bed, SEGMENT);
	struct place place = append_placed(bed, 2, 60);
	bed_close(bed);
	tear_at_every_length(bed, &place, 1);
}

static void test_torn_first_record_of_a_segment(void **state)
{
	struct bed *bed = *state;
	bool made;
	bed_open(bed, SEGMENT);
	bed_append_bytes(bed, SEGMENT - 200);
	expect_err(journal_prepare(bed->journal, &made), PD_OK, "preparing");
	expect_err(journal_prepare(bed->journal, &made), PD_OK, "preparing");
	struct place place = append_placed(bed, 2, 60);
	assert_int_equal(place.number, 2);
	bed_close(bed);
	tear_at_every_length(bed, &place, 1);
}

static void test_torn_large_record(void **state)
{
	struct bed *bed = *state;
	bed_open(bed, SEGMENT);
	bed_append(bed, 1, 10);
	struct place place = append_placed(bed, 10, 3000);
	assert_int_equal(place.number, 2);
	bed_close(bed);
	tear_at_every_length(bed, &place, 509);
}

/* Pages reach the disk in any order: those that did not are zeros, or whatever the disk makes of them. */
static void test_torn_with_holes(void **state)
{
	struct bed *bed = *state;
	enum { PAGE = 4096 };
	struct journal_options options = {.dir = bed->dir, .segment_bytes = 8 * PAGE};
	expect_err(journal_open(&bed->journal, &options, &bed->opened), PD_OK, "opening");
	bed_append(bed, 3, 100);
	struct place place = append_placed(bed, 6, 2500);
	bed_close(bed);
	struct image image = take_image(bed);
	unsigned pages = (unsigned)((place.offset + place.bytes + PAGE - 1) / PAGE);
	assert_int_equal(pages, 4);
	for (unsigned missing = 1; missing < 1u << pages; missing++) {
		for (int fill = 0; fill <= 0xaa; fill += 0xaa) {
			char what[64];
			snprintf(what, sizeof what, "pages of mask %x missing, filled with %02x", missing,
				 (unsigned)fill);
			struct image torn = image;
			torn.data[0] = malloc(image.bytes[0]);
			memcpy(torn.data[0], image.data[0], image.bytes[0]);
			for (uint64_t i = place.offset; i < pages * PAGE; i++)
				if (missing >> i / PAGE & 1)
					torn.data[0][i] = (uint8_t)fill;
			put_image(bed, &torn);
			free(torn.data[0]);
			expect_cut(bed, &place, what);
		}
	}
	free_image(&image);
}

/* With read_only the journal ends before the broken-off record, which stays as it is. */
static void test_torn_is_left_alone_when_reading_only(void **state)
{
	struct bed *bed = *state;
	bed_open(bed, SEGMENT);
	bed_append(bed, 3, 100);
	struct place place = append_placed(bed, 2, 60);
	bed_close(bed);
	zero(bed, place.number, place.offset + 150, place.offset + place.bytes);
	struct image image = take_image(bed);
	expect_err(bed_try(bed, 0, true), PD_OK, "opening to read (%s)", bed->opened.why);
	expect_u64(bed->opened.last_seq, 3, "last seq");
	expect_u64(bed->opened.torn_bytes, 152, "torn bytes, to the end of a word");
	expect_all(bed, 3);
	expect_image(bed, &image, "after reading only");
	free_image(&image);
}

/* The last record is good, but in the zeros behind it is garbage. */
static void test_garbage_behind_the_last_record(void **state)
{
	struct bed *bed = *state;
	bed_open(bed, SEGMENT);
	bed_append(bed, 3, 100);
	struct place place = append_placed(bed, 1, 61);
	while (place.padded == place.bytes)
		place = append_placed(bed, 1, 61 + (unsigned)place.last_seq_before);
	bed_close(bed);
	struct image image = take_image(bed);
	uint64_t end = place.offset + place.padded,
		 from[] = {place.offset + place.bytes, end, end + 8, end + 1001, SEGMENT - 1};
	for (unsigned i = 0; i < sizeof from / sizeof from[0]; i++) {
		struct place behind = place;
		behind.offset = place.offset + place.bytes;
		behind.last_seq_before = place.last_seq_before + 1;
		put_image(bed, &image);
		bed_poke(bed_segment(bed, place.number), from[i], "PDR1PDR1", from[i] == SEGMENT - 1 ? 1 : 8);
		expect_cut(bed, &behind, "garbage behind the last record");
		assert_true(bed->opened.torn_bytes > 0);
	}
	free_image(&image);
}

/* ---- damage ---- */

static void test_flip_in_a_middle_record(void **state)
{
	struct bed *bed = *state;
	bed_open(bed, SEGMENT);
	bed_append(bed, 3, 100);
	struct place place = append_placed(bed, 1, 61);
	while (place.padded == place.bytes)
		place = append_placed(bed, 1, 61 + (unsigned)place.last_seq_before);
	bed_append(bed, 2, 60);
	uint64_t last = journal_last_seq(bed->journal);
	bed_close(bed);
	struct image image = take_image(bed);
	for (uint64_t i = 0; i < place.padded; i++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			char what[64];
			snprintf(what, sizeof what, "bit %u of byte %" PRIu64 " flipped", bit, i);
			flip(bed, place.number, place.offset + i, bit);
			expect_damage(bed, "00000001.seg, offset ", what);
			flip(bed, place.number, place.offset + i, bit);
		}
	}
	expect_image(bed, &image, "after refusing to open");
	free_image(&image);
	bed_open(bed, SEGMENT);
	expect_all(bed, last);
}

static void test_flip_in_the_last_record_is_cut(void **state)
{
	struct bed *bed = *state;
	bed_open(bed, SEGMENT);
	bed_append(bed, 3, 100);
	struct place place = append_placed(bed, 2, 60);
	bed_close(bed);
	struct image image = take_image(bed);
	for (uint64_t i = 0; i < place.bytes; i++) {
		put_image(bed, &image);
		flip(bed, place.number, place.offset + i, (unsigned)i % 8);
		expect_cut(bed, &place, "a bit flipped in the last record");
	}
	free_image(&image);
}

/* Damage that comes while the journal is open is found when it is read. */
static void test_flip_is_found_by_reading(void **state)
{
	struct bed *bed = *state;
	bed_open(bed, SEGMENT);
	bed_append_bytes(bed, 4000);
	struct place place = append_placed(bed, 2, 60);
	for (unsigned i = 0; i < 10; i++)
		bed_append_bytes(bed, 3000);
	uint64_t good = place.last_seq_before, last = journal_last_seq(bed->journal);
	for (uint64_t i = 0; i < place.padded; i++) {
		struct journal_event event;
		uint64_t seq;
		const char *why;
		flip(bed, place.number, place.offset + i, (unsigned)i % 8);
		struct journal_reader *reader = bed_reader(bed);
		for (uint64_t want = 1; want <= good; want++)
			expect_next(bed, reader, want);
		for (unsigned again = 0; again < 2; again++) {
			expect_err(journal_next(reader, &event, &seq, &why), PD_ECORRUPT,
				   "reading a record with byte %" PRIu64 " flipped", i);
			expect_text(why, "00000001.seg, offset ");
		}
		expect_err(journal_seek(reader, last - 1), PD_OK, "seeking to another segment");
		expect_next(bed, reader, last);
		journal_reader_free(reader);
		flip(bed, place.number, place.offset + i, (unsigned)i % 8);
	}
	/* In a segment before the last one, opening does not see it; reading does, and opening says so of a first head.
	 */
	bed_close(bed);
	flip(bed, place.number, place.offset + 100, 3);
	bed_open(bed, SEGMENT);
	struct journal_reader *reader = bed_reader(bed);
	struct journal_event event;
	uint64_t seq;
	enum pd_err err;
	while ((err = journal_next(reader, &event, &seq, NULL)) == PD_OK)
		;
	expect_err(err, PD_ECORRUPT, "reading behind seq %" PRIu64, seq);
	expect_u64(seq, good, "the last good seq");
	journal_reader_free(reader);
	bed_close(bed);
	flip(bed, place.number, place.offset + 100, 3);
	flip(bed, 1, 1, 0);
	expect_damage(bed, "00000001.seg", "a first head that is broken");
}

static void test_seek_meets_damage(void **state)
{
	struct bed *bed = *state;
	bed_open(bed, SEGMENT);
	bed_append(bed, 3, 100);
	struct place place = append_placed(bed, 2, 60);
	bed_append(bed, 3, 100);
	flip(bed, place.number, place.offset + 8, 6);
	struct journal_reader *reader = bed_reader(bed);
	expect_err(journal_seek(reader, 6), PD_ECORRUPT, "seeking over a damaged head");
	expect_err(journal_seek(reader, 2), PD_OK, "seeking before it");
	expect_next(bed, reader, 3);
	struct journal_event event;
	bed_poke(bed_segment(bed, place.number), bed->at[7] % SEGMENT, "\377\377\377\377", 4);
	expect_err(journal_read(reader, bed->at[7], &event), PD_ECORRUPT, "reading an event of 4 GiB");
	journal_reader_free(reader); /* what it has read before it need not read again */
	reader = bed_reader(bed);
	bed_poke(bed_segment(bed, place.number), bed->at[8] % SEGMENT + 16, "\xc1", 1);
	expect_err(journal_read(reader, bed->at[8], &event), PD_ECORRUPT, "reading what is not msgpack");
	journal_reader_free(reader);
}

/* A record is verified when it is entered; another page of it is read from what was verified. After a seek that fails,
 * the record in hand is entered anew, and goes on where it stood. */
static void test_record_in_hand(void **state)
{
	struct bed *bed = *state;
	bed_open(bed, SEGMENT);
	bed_append(bed, 9, 40);
	uint64_t in_it = bed->at[9] % SEGMENT;
	bed_append_bytes(bed, SEGMENT - 64);
	struct place place = append_placed(bed, 2, 60);
	uint64_t damaged = journal_last_seq(bed->journal);
	bed_append(bed, 3, 100);
	struct image image = take_image(bed);
	struct journal_reader *reader = bed_reader(bed);
	expect_next(bed, reader, 1);
	flip(bed, 1, in_it, 3);
	expect_err(journal_seek(reader, 5), PD_OK, "seeking forwards in the record in hand");
	expect_next(bed, reader, 6);
	expect_err(journal_seek(reader, 2), PD_OK, "seeking backwards in the record in hand");
	expect_next(bed, reader, 3);
	expect_next(bed, reader, 4);
	put_image(bed, &image);
	flip(bed, place.number, place.offset + 8, 6);
	expect_err(journal_seek(reader, damaged), PD_ECORRUPT, "seeking over a damaged head");
	expect_next(bed, reader, 5);
	expect_err(journal_seek(reader, damaged), PD_ECORRUPT, "seeking over a damaged head again");
	expect_err(journal_seek(reader, 0), PD_OK, "seeking to the beginning");
	expect_next(bed, reader, 1);
	journal_reader_free(reader);
	free_image(&image);
}

static void test_zeros_in_the_middle(void **state)
{
	struct bed *bed = *state;
	bed_open(bed, SEGMENT);
	bed_append(bed, 3, 100);
	struct place place = append_placed(bed, 2, 60), last = append_placed(bed, 1, 10);
	bed_close(bed);
	struct image image = take_image(bed);
	zero(bed, 1, place.offset, place.offset + place.padded);
	expect_damage(bed, "zeros where a record must begin", "a middle record of zeros");
	expect_text(bed->opened.why, "a good record follows in 00000001.seg at offset");
	put_image(bed, &image);
	zero(bed, 1, 0, last.offset);
	expect_damage(bed, "00000001.seg, offset 0 (place 0)", "all but the last record zeros");
	free_image(&image);
}

static void test_damaged_segments(void **state)
{
	struct bed *bed = *state;
	bool made;
	bed_open(bed, SEGMENT);
	for (unsigned i = 0; i < 7; i++)
		bed_append_bytes(bed, 4096); /* two a segment */
	expect_err(journal_prepare(bed->journal, &made), PD_OK, "preparing");
	expect_err(journal_prepare(bed->journal, &made), PD_OK, "preparing");
	bed_close(bed);
	struct image image = take_image(bed);
	assert_int_equal(image.count, 6);

	remove(bed_segment(bed, 2));
	expect_damage(bed, "00000002.seg is missing", "a segment missing");
	put_image(bed, &image);
	assert_int_equal(truncate(bed_segment(bed, 3), 5000), 0);
	expect_damage(bed, "00000003.seg: the file's size must be a multiple of 4096", "a segment cut short");
	put_image(bed, &image);
	assert_int_equal(truncate(bed_segment(bed, 5), 0), 0);
	expect_damage(bed, "00000005.seg", "a prepared segment cut short");
	put_image(bed, &image);
	zero(bed, 2, 0, SEGMENT);
	expect_damage(bed, "00000002.seg, offset 0", "a segment of zeros");
	put_image(bed, &image);
	zero(bed, 3, 4096, SEGMENT); /* the segment before the last ends early: seen only when it is read */
	bed_open(bed, SEGMENT);
	struct journal_reader *reader = bed_reader(bed);
	struct journal_event event;
	uint64_t seq;
	const char *why;
	enum pd_err err;
	while ((err = journal_next(reader, &event, &seq, &why)) == PD_OK)
		;
	expect_err(err, PD_ECORRUPT, "reading a segment that ends early");
	expect_text(why, "00000003.seg, offset 4096");
	journal_reader_free(reader);
	bed_close(bed);
	put_image(bed, &image);
	bed_store(bed_segment(bed, 2), image.data[2], SEGMENT);
	bed_store(bed_segment(bed, 3), image.data[1], SEGMENT);
	expect_damage(bed, "00000002.seg, offset 0: the first record's place", "segments changed about");
	put_image(bed, &image);
	bed_store(bed_segment(bed, 1), image.data[1], SEGMENT);
	expect_damage(bed, "00000001.seg, offset 0: the journal must begin with place 0", "the first segment lost");
	free_image(&image);
}

/* A write that breaks off leaves its bytes in one place. */
static void test_garbage_in_two_segments(void **state)
{
	struct bed *bed = *state;
	bool made;
	bed_open(bed, SEGMENT);
	for (unsigned i = 0; i < 3; i++)
		bed_append_bytes(bed, 4096);
	expect_err(journal_prepare(bed->journal, &made), PD_OK, "preparing");
	expect_err(journal_prepare(bed->journal, &made), PD_OK, "preparing");
	bed_close(bed);
	bed_poke(bed_segment(bed, 2), 5000, "garbage", 7);
	bed_poke(bed_segment(bed, 3), 5000, "garbage", 7);
	expect_damage(bed, "00000002.seg, offset 4096", "garbage in two segments");
	expect_text(bed->opened.why, "00000003.seg");
	zero(bed, 2, 5000, 5007);
	bed_open(bed, SEGMENT);
	expect_u64(bed->opened.torn_bytes, 5008, "torn bytes");
	expect_all(bed, journal_last_seq(bed->journal));
	bed_close(bed);
	/* The last segment's records are gone altogether, and so is the only one of the segment before. */
	flip(bed, 1, 20, 1);
	flip(bed, 2, 100, 1);
	expect_damage(bed, "00000001.seg", "two segments that begin badly");
}

static void test_records_of_another_journal(void **state)
{
	struct bed *bed = *state, *other;
	void *other_state;
	bed_setup(&other_state);
	other = other_state;
	memset(other->text, 'y', sizeof other->text);
	struct place place = {0};
	for (int i = 0; i < 2; i++) {
		struct bed *b = i ? other : bed;
		bed_open(b, SEGMENT);
		bed_append(b, 1, 100);
		place = append_placed(b, 1, 60);
		bed_append(b, 1, 100);
		bed_close(b);
	}
	struct image image = take_image(bed), strange = take_image(other);
	bed_poke(bed_segment(bed, 1), place.offset, strange.data[0] + place.offset, place.padded);
	expect_damage(bed, "the hash chain is broken", "a record of another journal");
	put_image(bed, &image);
	bed_poke(bed_segment(bed, 1), place.offset, image.data[0],
		 place.offset < place.padded ? place.offset : place.padded);
	expect_damage(bed, "place", "a record of another place");
	/* The last one, too, is no broken-off write. */
	put_image(bed, &image);
	bed_poke(bed_segment(bed, 1), place.offset + place.padded, strange.data[0] + place.offset + place.padded, 500);
	expect_damage(bed, "the hash chain is broken", "a last record of another journal");
	free_image(&image);
	free_image(&strange);
	bed_teardown(&other_state);
}

/* A swap in a segment that is not the last is found by reading. */
static void test_chain_across_segments(void **state)
{
	struct bed *bed = *state, *other;
	void *other_state;
	bed_setup(&other_state);
	other = other_state;
	memset(other->text, 'y', sizeof other->text);
	for (int i = 0; i < 2; i++) {
		struct bed *b = i ? other : bed;
		bed_open(b, SEGMENT);
		for (unsigned k = 0; k < 6; k++)
			bed_append_bytes(b, 4096);
		bed_close(b);
	}
	size_t bytes;
	uint8_t *strange = bed_load(bed_segment(other, 2), &bytes);
	bed_store(bed_segment(bed, 2), strange, bytes);
	free(strange);
	bed_open(bed, SEGMENT);
	struct journal_reader *reader = bed_reader(bed);
	struct journal_event event;
	uint64_t seq;
	const char *why;
	enum pd_err err;
	while ((err = journal_next(reader, &event, &seq, &why)) == PD_OK)
		;
	expect_err(err, PD_ECORRUPT, "reading into a segment of another journal");
	expect_text(why, "00000002.seg, offset 0 (place 8192): the hash chain is broken");
	/* After a seek the chain holds from the second record on. */
	expect_err(journal_seek(reader, seq), PD_OK, "seeking to its first record");
	while ((err = journal_next(reader, &event, &seq, &why)) == PD_OK)
		;
	expect_err(err, PD_ECORRUPT, "reading out of it again");
	expect_text(why, "00000003.seg, offset 0 (place 16384): the hash chain is broken");
	journal_reader_free(reader);
	bed_teardown(&other_state);
}

/* ---- crashes at random ---- */

static unsigned roll(unsigned *seed, unsigned sides)
{
	*seed = *seed * 1103515245u + 12345u;
	return (*seed >> 16) % sides;
}

/* Of the sectors that a write changed, some are on the disk and some are not. *whole: all are. */
static void mix(struct bed *bed, const struct image *before, struct image *after, unsigned *seed, bool *whole)
{
	unsigned kind = roll(seed, 4), sides = kind == 0 ? 1 : kind == 1 ? 2 : 10;
	*whole = true;
	for (unsigned i = 0; i < after->count; i++) {
		for (size_t k = 0; k < after->bytes[i]; k += SECTOR) {
			static const uint8_t zeros[SECTOR];
			const uint8_t *old =
				i < before->count && before->bytes[i] == after->bytes[i] ? before->data[i] + k : zeros;
			if (memcmp(old, after->data[i] + k, SECTOR) == 0 || roll(seed, sides) == 0)
				continue;
			memcpy(after->data[i] + k, old, SECTOR);
			*whole = false;
		}
	}
	put_image(bed, after);
}

static void crash_at_random(struct bed *bed, unsigned seed)
{
	uint64_t last = 0;
	char what[64];
	for (unsigned i = 0; i < 40; i++) {
		bool made, whole;
		snprintf(what, sizeof what, "seed %u, crash %u", seed, i);
		expect_err(bed_try(bed, SEGMENT, false), PD_OK, "%s (%s)", what, bed->opened.why);
		expect_u64(bed->opened.last_seq, last, "%s", what);
		if (i % 8 == 7)
			expect_all(bed, last);
		for (unsigned k = roll(&seed, 3); k > 0; k--)
			bed_append(bed, 1 + roll(&seed, 3), 1 + roll(&seed, 300));
		for (unsigned k = roll(&seed, 4); k > 2; k--)
			expect_err(journal_prepare(bed->journal, &made), PD_OK, "%s, preparing", what);
		last = journal_last_seq(bed->journal);
		struct image before = take_image(bed);
		bed_append(bed, 1 + roll(&seed, 4), 1 + roll(&seed, i % 8 == 3 ? 4000 : 700));
		uint64_t written = journal_last_seq(bed->journal);
		bed_close(bed);
		struct image after = take_image(bed);
		mix(bed, &before, &after, &seed, &whole);
		last = whole ? written : last;
		free_image(&before);
		free_image(&after);
	}
}

static void test_crashes_at_random(void **state)
{
	struct bed *bed = *state;
	for (unsigned seed = 1; seed <= 12; seed++) {
		crash_at_random(bed, seed);
		put_image(bed, &(struct image){0});
	}
}

#define BED_TEST(name) cmocka_unit_test_setup_teardown(name, bed_setup, bed_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		BED_TEST(test_torn_at_every_length),
		BED_TEST(test_torn_first_record_of_all),
		BED_TEST(test_torn_first_record_of_a_segment),
		BED_TEST(test_torn_large_record),
		BED_TEST(test_torn_with_holes),
		BED_TEST(test_torn_is_left_alone_when_reading_only),
		BED_TEST(test_garbage_behind_the_last_record),
		BED_TEST(test_flip_in_a_middle_record),
		BED_TEST(test_flip_in_the_last_record_is_cut),
		BED_TEST(test_flip_is_found_by_reading),
		BED_TEST(test_seek_meets_damage),
		BED_TEST(test_record_in_hand),
		BED_TEST(test_zeros_in_the_middle),
		BED_TEST(test_damaged_segments),
		BED_TEST(test_garbage_in_two_segments),
		BED_TEST(test_records_of_another_journal),
		BED_TEST(test_chain_across_segments),
		BED_TEST(test_crashes_at_random),
	};
	return cmocka_run_group_tests_name("journal damage", tests, NULL, NULL);
}
