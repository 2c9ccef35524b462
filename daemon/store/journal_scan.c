/* journal_scan.c - where the records end, and whether what stands behind them is damage or a broken-off write.
 *
 * At most one record is written and not synced, so a broken-off write can have left its bytes in one place only: behind
 * the last good record, or at the beginning of the next segment. Anything else that is no record and not zero is
 * damage, and so is whatever a good record follows.
 *
 * With read_only, a writer in another process may be writing meanwhile. What it has written it never changes, and it
 * writes a record only when the one before is complete; so damage is what still looks like it at a second look.
 */
#include "journal_state.h"

#include <errno.h>
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

#include "intl.h"
#include "segment.h"

static const uint64_t nowhere = UINT64_MAX;

/* Segment index in the journal's window. PD_ENOENT: there is no such file; other errors say why. */
static enum pd_err look_at(struct journal *journal, size_t index)
{
	char name[SEGMENT_NAME_BYTES];
	segment_name(index, name);
	enum pd_err err = window_open(&journal->window, journal->dir_fd, index);
	if (err == PD_ECORRUPT)
		return journal_fault(journal, err, _("%s: the file's size must be a multiple of %d bytes, and is not"),
				     name, SEGMENT_ALIGN);
	if (err && err != PD_ENOENT)
		return journal_fault(journal, err, _("%s: cannot open it: %s"), name, intl_error(errno));
	return err;
}

static enum pd_err unreadable(struct journal *journal, enum pd_err err)
{
	char name[SEGMENT_NAME_BYTES];
	segment_name(journal->window.index, name);
	if (err == PD_ECORRUPT)
		return journal_fault(journal, err, _("%s: the file became shorter while it was read"), name);
	return journal_fault(journal, err, _("%s: cannot read it: %s"), name, intl_error(errno));
}

static enum pd_err damage(struct journal *journal, size_t index, uint64_t offset, const char *what)
{
	char name[SEGMENT_NAME_BYTES];
	segment_name(index, name);
	return journal_fault(journal, PD_ECORRUPT, _("%s, offset %" PRIu64 " (place %" PRIu64 "): %s"), name, offset,
			     journal_end(journal), _(what));
}

/* Offset of the end in the last segment that has records. */
static uint64_t end_offset(const struct journal *journal)
{
	return journal->used ? journal_end(journal) - journal->segments[journal->used - 1].base_at : 0;
}

/* ---- records ---- */

/* What stands where the next record would begin. */
enum found { NO_FILE, BLANK, NO_RECORD, RECORD };

/* Take the record at offset of segment index as the next one, if one stands there. One of a right checksum that does
 * not follow the one before is damage: no broken-off write leaves it. */
static enum pd_err take_record(struct journal *journal, size_t index, uint64_t offset, enum found *found)
{
	struct window *window = &journal->window;
	*found = NO_FILE;
	enum pd_err err = look_at(journal, index);
	if (err)
		return err == PD_ENOENT ? PD_OK : err;
	const uint8_t *record;
	const char *what;
	struct record_head head;
	err = window_record(window, offset, window->file_bytes, &record, &head, &what);
	*found = err ? NO_RECORD : RECORD;
	if (err == PD_ENOENT) {
		if (window->file_bytes - offset < JOURNAL_RECORD_HEAD_BYTES || record_blank(record))
			*found = BLANK;
		return PD_OK;
	}
	if (err)
		return unreadable(journal, err);
	what = record_check_follows(record, &head, journal_end(journal), journal_last_seq(journal) + 1,
				    journal->hash_known ? journal->hash : NULL);
	if (!what && !journal->padding_clean)
		what = N_("between the record before and this one must be zeros");
	if (what)
		return damage(journal, index, offset, what);
	journal->last_bytes = record_padded(head.bytes);
	journal->padding = (unsigned)(journal->last_bytes - head.bytes);
	journal->padding_clean = record_padding_clean(record, &head);
	record_hash(record, &head, journal->hash);
	journal->hash_known = true;
	err = journal_grew(journal, index, window->file_bytes, &head);
	return err ? journal_fault(journal, err, _("memory is out")) : PD_OK;
}

/* Go on to the end of the good records. *quiet: nothing at all stands where the next one would be. */
static enum pd_err take_records(struct journal *journal, bool *quiet)
{
	enum found found;
	enum pd_err err;
	window_close(&journal->window); /* what it holds may be older than the files */
	do {
		found = BLANK;
		err = journal->used ? take_record(journal, journal->used - 1, end_offset(journal), &found) : PD_OK;
		if (!err && found == BLANK)
			err = take_record(journal, journal->used, 0, &found);
	} while (!err && found == RECORD);
	*quiet = found == NO_FILE || found == BLANK;
	return err;
}

/* ---- what stands behind the end ---- */

/* Offset of the first eight bytes that are not all zero; bytes when there are none. */
static size_t skip_zeros(const uint8_t *data, size_t bytes)
{
	uint64_t words[8];
	size_t i = 0;
	for (; bytes - i >= sizeof words; i += sizeof words) {
		memcpy(words, data + i, sizeof words);
		if (words[0] | words[1] | words[2] | words[3] | words[4] | words[5] | words[6] | words[7])
			break;
	}
	for (; i < bytes; i += sizeof words[0]) {
		memcpy(words, data + i, sizeof words[0]);
		if (words[0])
			break;
	}
	return i;
}

/* Look through the window's segment from offset on: *dirty_to is the end of the last bytes that are not zero (from when
 * all are), *good where a good record stands that belongs behind the end (nowhere when none does; else the look ends
 * there). */
static enum pd_err skim(struct journal *journal, uint64_t from, uint64_t *dirty_to, uint64_t *good)
{
	struct window *window = &journal->window;
	*dirty_to = from;
	*good = nowhere;
	for (uint64_t offset = from; offset < window->file_bytes;) {
		const uint8_t *data;
		enum pd_err err =
			window_get(window, offset, RECORD_ALIGN, WINDOW_AHEAD_BYTES, window->file_bytes, &data);
		if (err)
			return unreadable(journal, err);
		size_t held = window_held(window, offset) & ~(size_t)(RECORD_ALIGN - 1);
		size_t zeros = skip_zeros(data, held);
		offset += zeros;
		if (zeros == held)
			continue;
		struct record_head head;
		const char *what;
		err = window_record(window, offset, window->file_bytes, &data, &head, &what);
		if (!err && head.at >= journal_end(journal)) {
			*good = offset;
			return PD_OK;
		}
		if (err && err != PD_ENOENT)
			return unreadable(journal, err);
		offset += RECORD_ALIGN;
		*dirty_to = offset;
	}
	return PD_OK;
}

/* A spot in the files. */
struct spot {
	size_t index; /* of the segment */
	uint64_t offset;
};

/* Say what is wrong at the bad spot, when what is at another one shows that it is not the end. */
static enum pd_err not_the_end(struct journal *journal, struct spot bad, struct spot seen, const char *what_is_seen)
{
	char here[SEGMENT_NAME_BYTES], there[SEGMENT_NAME_BYTES];
	const uint8_t *record;
	struct record_head head;
	const char *what = N_("no record can be read");
	enum pd_err err = look_at(journal, bad.index);
	if (err)
		return err;
	err = window_record(&journal->window, bad.offset, journal->window.file_bytes, &record, &head, &what);
	if (err && err != PD_ENOENT)
		return unreadable(journal, err);
	segment_name(bad.index, here);
	segment_name(seen.index, there);
	return journal_fault(
		journal, PD_ECORRUPT,
		_("%s, offset %" PRIu64 " (place %" PRIu64 "): %s, but %s follows in %s at offset %" PRIu64), here,
		bad.offset, journal_end(journal), err ? _(what) : _("the record is not the next"), _(what_is_seen),
		there, seen.offset);
}

/* The padding of the last record is behind its end too. */
static void add_padding(const struct journal *journal, struct journal_torn *torn)
{
	uint64_t end = end_offset(journal);
	if (journal->padding_clean)
		return;
	torn->index = journal->used - 1;
	torn->from = end - journal->padding;
	if (torn->to < end)
		torn->to = end;
}

/* Look through all that stands behind the end. A broken-off write is in the rest of the last segment or in the one
 * behind it: when both are clean, the others are not read, of which the heads were seen to be. */
static enum pd_err look_behind(struct journal *journal, struct journal_torn *torn)
{
	size_t first = journal->used ? journal->used - 1 : 0;
	*torn = (struct journal_torn){0};
	for (size_t index = first; index <= first + 1 || torn->to; index++) {
		enum pd_err err = look_at(journal, index);
		if (err)
			return err == PD_ENOENT ? PD_OK : err;
		uint64_t from = index == first ? end_offset(journal) : 0, to, good;
		err = skim(journal, from, &to, &good);
		if (err)
			return err;
		struct spot bad = {torn->to ? torn->index : index, torn->to ? torn->from : from};
		if (good != nowhere)
			return not_the_end(journal, bad, (struct spot){index, good}, N_("a good record"));
		if (to > from && torn->to)
			return not_the_end(journal, bad, (struct spot){index, from},
					   N_("more than one broken-off write can leave"));
		if (to > from)
			*torn = (struct journal_torn){index, from, to};
		if (index == first)
			add_padding(journal, torn);
	}
	return PD_OK;
}

/* thorough: read what stands behind the end even if nothing stands where the next record would be. */
static enum pd_err find_end(struct journal *journal, bool thorough, struct journal_torn *torn)
{
	for (bool again = false;; again = true) {
		uint64_t end = journal_end(journal);
		bool quiet;
		enum pd_err err = take_records(journal, &quiet);
		if (!err && (thorough || !quiet))
			err = look_behind(journal, torn);
		if (err != PD_ECORRUPT || (again && journal_end(journal) == end))
			return err;
	}
}

enum pd_err journal_look_on(struct journal *journal, char why[static JOURNAL_WHY_BYTES])
{
	struct journal_torn torn;
	assert(journal->read_only);
	pthread_mutex_lock(&journal->growing);
	enum pd_err err = find_end(journal, false, &torn);
	if (err)
		memcpy(why, journal->why, JOURNAL_WHY_BYTES);
	pthread_mutex_unlock(&journal->growing);
	return err;
}

/* ---- opening: which files there are ---- */

/* A file as its first bytes show it. */
struct file {
	uint64_t bytes;
	struct record_head head;
	const char *what; /* what is wrong with the head; null: nothing */
	bool blank;
};

static enum pd_err read_file_head(struct journal *journal, size_t index, struct file *file)
{
	const uint8_t *data;
	char name[SEGMENT_NAME_BYTES];
	segment_name(index, name);
	enum pd_err err = look_at(journal, index);
	if (err == PD_ENOENT)
		return journal_fault(journal, PD_ECORRUPT, _("%s is missing, though there are later segments"), name);
	if (err)
		return err;
	file->bytes = journal->window.file_bytes;
	err = window_get(&journal->window, 0, JOURNAL_RECORD_HEAD_BYTES, 0, file->bytes, &data);
	if (err)
		return unreadable(journal, err);
	file->blank = record_blank(data);
	file->what = record_load(data, file->bytes, &file->head);
	return PD_OK;
}

/* What is wrong with the first record of files[index], as the one before tells. */
static const char *out_of_order(const struct file *files, size_t index)
{
	const struct record_head *head = &files[index].head;
	if (files[index].what)
		return files[index].what;
	if (index == 0)
		return head->at == 0 && head->first_seq == 1 ? NULL
							     : N_("the journal must begin with place 0 and seq 1");
	const struct record_head *before = &files[index - 1].head;
	if (head->at <= before->at || head->at - before->at > files[index - 1].bytes)
		return N_("the first record's place does not go with the segment before");
	if (head->first_seq <= before->first_seq)
		return N_("the first record's seq does not go with the segment before");
	return NULL;
}

/* Whether the first record of segment index is whole. */
static enum pd_err begins_well(struct journal *journal, size_t index, bool *well)
{
	const uint8_t *record;
	struct record_head head;
	const char *what;
	enum pd_err err = look_at(journal, index);
	if (err == PD_ENOENT)
		return journal_fault(journal, PD_ECORRUPT, _("a segment vanished while the journal was opened"));
	if (err)
		return err;
	err = window_record(&journal->window, 0, journal->window.file_bytes, &record, &head, &what);
	*well = !err;
	return !err || err == PD_ENOENT ? PD_OK : unreadable(journal, err);
}

/* The segment to start from: the last one that begins with a record, or, when that record may be broken off, the one
 * before. */
static enum pd_err find_start(struct journal *journal, const struct file *files, size_t count, size_t *start)
{
	*start = 0;
	size_t last = count;
	while (last > 0 && files[last - 1].blank)
		last--;
	if (last <= 1)
		return PD_OK;
	bool well = false;
	enum pd_err err = begins_well(journal, last - 1, &well);
	*start = well ? last - 1 : last - 2;
	return err;
}

/* Fill the list with the segments before start, and set the end to where start begins. */
static enum pd_err list_segments(struct journal *journal, const struct file *files, size_t count, size_t start)
{
	enum pd_err err = journal_reserve(journal, count + 1);
	if (err)
		return journal_fault(journal, err, _("memory is out"));
	for (size_t i = 0; i <= start && start > 0; i++) {
		const char *what = out_of_order(files, i);
		char name[SEGMENT_NAME_BYTES];
		segment_name(i, name);
		if (what)
			return journal_fault(journal, PD_ECORRUPT, _("%s, offset 0: %s"), name, _(what));
		journal->segments[i] = (struct segment){
			.base_at = files[i].head.at, .first_seq = files[i].head.first_seq, .bytes = files[i].bytes};
	}
	journal->used = start;
	journal->hash_known = start == 0;
	atomic_store(&journal->end, start ? files[start].head.at : 0);
	atomic_store(&journal->last_seq, start ? files[start].head.first_seq - 1 : 0);
	return PD_OK;
}

static enum pd_err scan_files(struct journal *journal, struct file *files, size_t count, struct journal_torn *torn)
{
	enum pd_err err = PD_OK;
	size_t start;
	for (size_t i = 0; !err && i < count; i++)
		err = read_file_head(journal, i, &files[i]);
	if (!err)
		err = find_start(journal, files, count, &start);
	if (!err)
		err = list_segments(journal, files, count, start);
	if (!err)
		err = find_end(journal, true, torn);
	if (err || journal->read_only)
		return err;
	for (size_t i = journal->used; i < count; i++)
		journal->segments[i].bytes = files[i].bytes;
	journal->ready = count - journal->used;
	return PD_OK;
}

enum pd_err journal_scan(struct journal *journal, struct journal_torn *torn)
{
	size_t count;
	*torn = (struct journal_torn){0};
	if (segment_count(journal->dir_fd, &count))
		return journal_fault(journal, PD_ESYS, _("cannot read the journal's folder: %s"), intl_error(errno));
	struct file *files = calloc(count + 1, sizeof *files);
	if (!files)
		return journal_fault(journal, PD_ESYS, _("memory is out"));
	enum pd_err err = scan_files(journal, files, count, torn);
	free(files);
	return err;
}
