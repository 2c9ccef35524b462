/* journal.c - a journal's life: opening it, appending, having segments ready. */
#include "journal_state.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "intl.h"
#include "segment.h"

enum { SEGMENTS_READY = 2, LOOKS = 8 };
static const uint64_t segment_bytes_default = 64 << 20;
/* The writer and journal_prepare may each be making a segment at the same time. */
static const char temporary_write[] = "write.tmp", temporary_prepare[] = "prepare.tmp";

enum pd_err journal_fault(struct journal *journal, enum pd_err err, const char *format, ...)
{
	int error = errno;
	va_list args;
	va_start(args, format);
	vsnprintf(journal->why, sizeof journal->why, format, args);
	va_end(args);
	errno = error;
	return err;
}

/* ---- the list of segments, and the end ---- */

uint64_t journal_end(const struct journal *journal)
{
	return atomic_load_explicit(&journal->end, memory_order_acquire);
}

uint64_t journal_last_seq(const struct journal *journal)
{
	return atomic_load_explicit(&journal->last_seq, memory_order_acquire);
}

void journal_room(struct journal *journal, struct journal_room *room)
{
	pthread_mutex_lock(&journal->lock);
	*room = (struct journal_room){journal_end(journal), journal->used, journal->ready};
	pthread_mutex_unlock(&journal->lock);
}

enum pd_err journal_reserve(struct journal *journal, size_t count)
{
	if (count <= journal->capacity)
		return PD_OK;
	size_t capacity = count + count / 2 + 16;
	struct segment *segments = realloc(journal->segments, capacity * sizeof *segments);
	if (!segments)
		return PD_ESYS;
	journal->segments = segments;
	journal->capacity = capacity;
	return PD_OK;
}

enum pd_err journal_grew(struct journal *journal, size_t index, uint64_t file_bytes, const struct record_head *head)
{
	pthread_mutex_lock(&journal->lock);
	assert(index == journal->used || index + 1 == journal->used);
	enum pd_err err = journal_reserve(journal, index + 1);
	if (!err) {
		if (index == journal->used) {
			journal->segments[index] = (struct segment){
				.base_at = head->at, .first_seq = head->first_seq, .bytes = file_bytes};
			journal->used++;
			journal->ready -= journal->ready > 0;
		}
		atomic_store_explicit(&journal->end, head->at + record_padded(head->bytes), memory_order_release);
		atomic_store_explicit(&journal->last_seq, head->first_seq + head->count - 1, memory_order_release);
	}
	pthread_mutex_unlock(&journal->lock);
	return err;
}

/* Under lock: segment index as it is now. */
static void view_of(const struct journal *journal, size_t index, struct journal_view *view)
{
	const struct segment *segment = &journal->segments[index];
	*view = (struct journal_view){
		.index = index,
		.base_at = segment->base_at,
		.first_seq = segment->first_seq,
		.limit_at = index + 1 < journal->used ? segment[1].base_at : journal_end(journal),
	};
}

static uint64_t begin_at(const struct segment *segment)
{
	return segment->base_at;
}

static uint64_t begin_seq(const struct segment *segment)
{
	return segment->first_seq;
}

/* The last segment that begins at or before place, counted as begin does. */
static size_t segment_with(const struct journal *journal, uint64_t place, uint64_t (*begin)(const struct segment *))
{
	size_t low = 0, high = journal->used; /* it is in [low, high) */
	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;
		if (begin(&journal->segments[middle]) <= place)
			low = middle;
		else
			high = middle;
	}
	return low;
}

enum pd_err journal_view_at(struct journal *journal, uint64_t at, struct journal_view *view)
{
	enum pd_err err = PD_ENOENT;
	pthread_mutex_lock(&journal->lock);
	if (at < journal_end(journal)) {
		view_of(journal, segment_with(journal, at, begin_at), view);
		err = PD_OK;
	}
	pthread_mutex_unlock(&journal->lock);
	return err;
}

enum pd_err journal_view_seq(struct journal *journal, uint64_t seq, struct journal_view *view, uint64_t *end,
			     uint64_t *next)
{
	enum pd_err err = PD_ENOENT;
	pthread_mutex_lock(&journal->lock);
	*end = journal_end(journal);
	*next = journal_last_seq(journal) + 1;
	if (seq < *next) {
		view_of(journal, segment_with(journal, seq, begin_seq), view);
		err = PD_OK;
	}
	pthread_mutex_unlock(&journal->lock);
	return err;
}

/* ---- marks ---- */

enum { MARKS_STEP = 64 };

struct journal_mark journal_mark_before(struct journal *journal, const struct journal_view *view, uint64_t seq)
{
	struct journal_mark mark = {view->base_at, view->first_seq};
	pthread_mutex_lock(&journal->lock);
	const struct segment *segment = &journal->segments[view->index];
	size_t low = 0, high = segment->mark_count; /* those before low are not after seq */
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (segment->marks[middle].seq <= seq)
			low = middle + 1;
		else
			high = middle;
	}
	if (low > 0)
		mark = segment->marks[low - 1];
	pthread_mutex_unlock(&journal->lock);
	return mark;
}

void journal_mark(struct journal *journal, const struct journal_view *view, uint64_t at, uint64_t seq)
{
	pthread_mutex_lock(&journal->lock);
	struct segment *segment = &journal->segments[view->index];
	size_t count = segment->mark_count;
	uint64_t last_at = count ? segment->marks[count - 1].at : segment->base_at;
	if (at >= last_at + JOURNAL_MARK_BYTES) {
		struct journal_mark *marks = segment->marks;
		if (count % MARKS_STEP == 0)
			marks = realloc(marks, (count + MARKS_STEP) * sizeof *marks);
		/* Without memory the way is as long as before. */
		if (marks) {
			marks[count] = (struct journal_mark){at, seq};
			segment->marks = marks;
			segment->mark_count++;
		}
	}
	pthread_mutex_unlock(&journal->lock);
}

/* ---- opening ---- */

static enum pd_err make_folder(struct journal *journal, const char *dir)
{
	if (mkdir(dir, 0750)) {
		if (errno == EEXIST)
			return PD_OK;
		return journal_fault(journal, segment_error(), _("cannot make the folder %s: %s"), dir,
				     intl_error(errno));
	}
	/* Its name must be on disk before anything in it is promised. */
	char *path = strdup(dir);
	int parent = path ? open(dirname(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	enum pd_err err = PD_OK;
	if (parent < 0 || fsync(parent))
		err = journal_fault(journal, PD_ESYS, _("cannot sync the folder above %s: %s"), dir, intl_error(errno));
	if (parent >= 0)
		close(parent);
	free(path);
	return err;
}

static enum pd_err open_folder(struct journal *journal, const char *dir)
{
	if (!journal->read_only) {
		enum pd_err err = make_folder(journal, dir);
		if (err)
			return err;
	}
	journal->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (journal->dir_fd < 0)
		return journal_fault(journal, errno == ENOENT ? PD_ENOENT : PD_ESYS,
				     _("cannot open the journal's folder %s: %s"), dir, intl_error(errno));
	return PD_OK;
}

static enum pd_err lock_folder(struct journal *journal, const char *dir)
{
	journal->lock_fd = openat(journal->dir_fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0640);
	if (journal->lock_fd < 0)
		return journal_fault(journal, segment_error(), _("cannot open %s/lock: %s"), dir, intl_error(errno));
	if (flock(journal->lock_fd, LOCK_EX | LOCK_NB) == 0)
		return PD_OK;
	if (errno == EWOULDBLOCK)
		return journal_fault(journal, PD_EBUSY, _("another paidand uses %s"), dir);
	return journal_fault(journal, PD_ESYS, _("cannot lock %s/lock: %s"), dir, intl_error(errno));
}

static enum pd_err remove_temporaries(struct journal *journal)
{
	const char *const names[] = {temporary_write, temporary_prepare};
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (unlinkat(journal->dir_fd, names[i], 0) && errno != ENOENT)
			return journal_fault(journal, PD_ESYS, _("cannot remove %s: %s"), names[i], intl_error(errno));
	return PD_OK;
}

static enum pd_err cut_torn(struct journal *journal, const struct journal_torn *torn)
{
	char name[SEGMENT_NAME_BYTES];
	segment_name(torn->index, name);
	int fd;
	uint64_t bytes;
	enum pd_err err = segment_open(journal->dir_fd, torn->index, O_WRONLY, &fd, &bytes);
	if (err)
		return journal_fault(journal, err, _("%s: cannot open it for writing: %s"), name, intl_error(errno));
	err = segment_zero(fd, torn->from, torn->to);
	if (!err && fdatasync(fd))
		err = segment_error();
	if (err)
		err = journal_fault(journal, err, _("%s: cannot overwrite the broken-off record: %s"), name,
				    intl_error(errno));
	close(fd);
	return err;
}

/* The last record may have been written and not synced before a crash of the process alone, or its sync may have
 * failed: then the kernel can hold it in memory as if it were on disk, and a mere sync would do nothing. Whoever opens
 * the journal acts on it, so it is written anew, byte for byte, to be safe first. */
static enum pd_err rewrite_last_record(struct journal *journal)
{
	size_t index = journal->used - 1;
	uint64_t end = journal_end(journal) - journal->segments[index].base_at, from = end - journal->last_bytes;
	const uint8_t *record, *copy;
	window_close(&journal->window); /* what it holds may be from before the cut */
	enum pd_err err = window_open(&journal->window, journal->dir_fd, index);
	if (!err)
		err = window_get(&journal->window, from, journal->last_bytes, 0, end, &record);
	if (!err)
		err = appender_write(&journal->appender, record, journal->last_bytes, from, &copy);
	return err ? err : appender_sync(&journal->appender);
}

static enum pd_err open_last_segment(struct journal *journal)
{
	if (fsync(journal->dir_fd))
		return journal_fault(journal, PD_ESYS, _("cannot sync the journal's folder: %s"), intl_error(errno));
	if (journal->used == 0)
		return PD_OK;
	char name[SEGMENT_NAME_BYTES];
	segment_name(journal->used - 1, name);
	enum pd_err err = appender_open(&journal->appender, journal->dir_fd, journal->used - 1);
	if (err)
		return journal_fault(journal, err, _("%s: cannot open it for writing: %s"), name, intl_error(errno));
	err = rewrite_last_record(journal);
	return err ? journal_fault(journal, err, _("%s: cannot make its last record safe: %s"), name, intl_error(errno))
		   : PD_OK;
}

static enum pd_err open_for_writing(struct journal *journal, const struct journal_torn *torn)
{
	enum pd_err err = torn->to ? cut_torn(journal, torn) : PD_OK;
	if (!err)
		err = open_last_segment(journal);
	window_fini(&journal->window);
	return err;
}

static enum pd_err check_options(struct journal *journal, const struct journal_options *options)
{
	journal->read_only = options->read_only;
	journal->segment_bytes = options->segment_bytes ? options->segment_bytes : segment_bytes_default;
	if (journal->segment_bytes % SEGMENT_ALIGN || journal->segment_bytes > segment_bytes_max)
		return journal_fault(
			journal, PD_EINVAL,
			_("the size of a segment is %" PRIu64 " bytes, must be a multiple of %d and at most %" PRIu64),
			journal->segment_bytes, SEGMENT_ALIGN, segment_bytes_max);
	if (sodium_init() < 0) /* it also picks the fastest hash for this processor */
		return journal_fault(journal, PD_ESYS, _("libsodium cannot start"));
	return PD_OK;
}

static enum pd_err open_all(struct journal *journal, const struct journal_options *options,
			    struct journal_opened *opened)
{
	struct journal_torn torn = {0};
	enum pd_err err = check_options(journal, options);
	if (!err)
		err = open_folder(journal, options->dir);
	if (!err && !journal->read_only)
		err = lock_folder(journal, options->dir);
	if (!err && !journal->read_only)
		err = remove_temporaries(journal);
	if (!err)
		err = journal_scan(journal, &torn);
	if (!err && !journal->read_only)
		err = open_for_writing(journal, &torn);
	opened->torn_bytes = torn.to - torn.from;
	opened->last_seq = journal_last_seq(journal);
	return err;
}

static enum pd_err open_once(struct journal **journal, const struct journal_options *options,
			     struct journal_opened *opened)
{
	*opened = (struct journal_opened){0};
	struct journal *made = calloc(1, sizeof *made);
	if (!made) {
		snprintf(opened->why, sizeof opened->why, _("memory is out"));
		return PD_ESYS;
	}
	made->dir_fd = made->lock_fd = -1;
	appender_init(&made->appender, options->cached);
	made->padding_clean = true;
	window_init(&made->window);
	pthread_mutex_init(&made->growing, NULL);
	pthread_mutex_init(&made->lock, NULL);
	enum pd_err err = open_all(made, options, opened);
	if (err) {
		memcpy(opened->why, made->why, sizeof opened->why);
		journal_close(made);
		return err;
	}
	*journal = made;
	return PD_OK;
}

/* Who only looks on may see a record missing that is written a moment later, and the ones behind it: damage is what is
 * there each time one looks. */
enum pd_err journal_open(struct journal **journal, const struct journal_options *options, struct journal_opened *opened)
{
	enum pd_err err = PD_ECORRUPT;
	for (int looks = options->read_only ? LOOKS : 1; err == PD_ECORRUPT && looks > 0; looks--)
		err = open_once(journal, options, opened);
	return err;
}

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

void journal_close(struct journal *journal)
{
	if (!journal)
		return;
	int error = errno;
	window_fini(&journal->window);
	appender_fini(&journal->appender);
	close_fd(journal->lock_fd);
	close_fd(journal->dir_fd);
	pthread_mutex_destroy(&journal->lock);
	pthread_mutex_destroy(&journal->growing);
	for (size_t i = 0; i < journal->used; i++)
		free(journal->segments[i].marks);
	free(journal->segments);
	free(journal);
	errno = error;
}

/* ---- segments ahead ---- */

/* Make a segment of bytes: behind those that are ready, or, when next is set, as the one that is written to next, even
 * if another is ready. A ready one holds nothing and is open nowhere, so that putting the file into its place loses
 * nothing. */
static enum pd_err add_segment(struct journal *journal, const char *temporary, uint64_t bytes, bool next)
{
	enum pd_err err = segment_make(journal->dir_fd, temporary, bytes);
	if (err)
		return err;
	pthread_mutex_lock(&journal->growing);
	pthread_mutex_lock(&journal->lock);
	/* The sum stays as it is while growing is held: using a ready one does not change it. */
	size_t index = next ? journal->used : journal->used + journal->ready;
	err = journal_reserve(journal, index + 1);
	pthread_mutex_unlock(&journal->lock);
	if (!err)
		err = segment_publish(journal->dir_fd, temporary, index);
	if (!err) {
		pthread_mutex_lock(&journal->lock);
		journal->segments[index].bytes = bytes;
		if (index == journal->used + journal->ready)
			journal->ready++;
		pthread_mutex_unlock(&journal->lock);
	}
	pthread_mutex_unlock(&journal->growing);
	if (err) {
		int error = errno;
		unlinkat(journal->dir_fd, temporary, 0);
		errno = error;
	}
	return err;
}

bool journal_short(struct journal *journal)
{
	pthread_mutex_lock(&journal->lock);
	bool short_of = journal->ready < SEGMENTS_READY;
	pthread_mutex_unlock(&journal->lock);
	return short_of;
}

enum pd_err journal_prepare(struct journal *journal, bool *made)
{
	assert(!journal->read_only);
	*made = false;
	if (!journal_short(journal))
		return PD_OK;
	enum pd_err err = add_segment(journal, temporary_prepare, journal->segment_bytes, false);
	*made = !err;
	return err;
}

/* ---- appending ---- */

/* Where a record is to go. */
struct spot {
	size_t index; /* of the segment: the one in hand, or the one behind it */
	uint64_t offset, file_bytes;
};

static enum pd_err find_spot(struct journal *journal, uint64_t bytes, struct spot *spot)
{
	pthread_mutex_lock(&journal->lock);
	size_t used = journal->used;
	struct segment last = used ? journal->segments[used - 1] : (struct segment){0};
	uint64_t next_bytes = journal->ready ? journal->segments[used].bytes : 0;
	pthread_mutex_unlock(&journal->lock);
	uint64_t filled = used ? journal_end(journal) - last.base_at : 0;
	if (last.bytes - filled >= bytes) {
		*spot = (struct spot){used - 1, filled, last.bytes};
		return PD_OK;
	}
	*spot = (struct spot){used, 0, next_bytes};
	if (next_bytes >= bytes)
		return PD_OK;
	uint64_t needed = (bytes + SEGMENT_ALIGN - 1) / SEGMENT_ALIGN * SEGMENT_ALIGN;
	spot->file_bytes = needed > journal->segment_bytes ? needed : journal->segment_bytes;
	return add_segment(journal, temporary_write, spot->file_bytes, true);
}

/* Have the appender be at segment index: the one in hand, or the one behind it. */
static enum pd_err turn_to(struct journal *journal, size_t index)
{
	if (journal->appender.fd >= 0 && index + 1 == journal->used)
		return PD_OK;
	return appender_open(&journal->appender, journal->dir_fd, index);
}

void journal_settle(struct journal *journal)
{
	if (journal->unhashed)
		record_hash(journal->unhashed, &journal->unhashed_head, journal->hash);
	journal->unhashed = NULL;
}

static enum pd_err append(struct journal *journal, const struct journal_round *round)
{
	if (round->bytes.count > RECORD_BYTES_MAX)
		return PD_EINVAL;
	struct record_head head = {
		.bytes = (uint32_t)round->bytes.count,
		.count = round->count,
		.at = round->base_at,
		.first_seq = round->first_seq,
		.time_ms = round->time_ms,
	};
	journal_settle(journal);
	memcpy(head.prev, journal->hash, sizeof head.prev);
	uint8_t *record = (uint8_t *)round->bytes.data;
	uint64_t bytes = record_padded(head.bytes);
	assert(bytes <= round->bytes.capacity); /* journal_round_add sees to it */
	record_seal(record, &head);
	struct spot spot;
	enum pd_err err = find_spot(journal, bytes, &spot);
	if (!err)
		err = turn_to(journal, spot.index);
	if (!err)
		err = appender_write(&journal->appender, record, bytes, spot.offset, &journal->unhashed);
	if (err)
		return err;
	journal->unhashed_head = head;
	journal->hash_known = true;
	if (!journal->unhashed)
		record_hash(record, &head, journal->hash);
	return journal_grew(journal, spot.index, spot.file_bytes, &head);
}

enum pd_err journal_write(struct journal *journal, struct journal_round *round)
{
	assert(!journal->read_only && !journal->broken && !journal->unsynced);
	assert(round->count > 0);
	assert(round->base_at == journal_end(journal) && round->first_seq == journal_last_seq(journal) + 1);
	enum pd_err err = append(journal, round);
	journal->broken = err != PD_OK;
	journal->unsynced = !err;
	return err;
}

enum pd_err journal_sync(struct journal *journal)
{
	assert(!journal->read_only && !journal->broken);
	if (!journal->unsynced)
		return PD_OK;
	enum pd_err err = appender_sync(&journal->appender);
	journal->broken = err != PD_OK;
	journal->unsynced = err != PD_OK;
	return err;
}
