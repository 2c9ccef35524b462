#include "start.h"

#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "intl.h"
#include "log.h"
#include "replay.h"

static enum pd_err fail(enum pd_err err, char why[static 400], const char *what, const char *detail)
{
	snprintf(why, 400, _("%.90s: %.300s"), what, detail);
	return err;
}

/* Like mkdir -p. */
static enum pd_err make_folder(const char *dir, char why[static 400])
{
	char path[4096];
	snprintf(path, sizeof path, "%s", dir);
	for (char *slash = strchr(path + 1, '/');; slash = strchr(slash + 1, '/')) {
		if (slash)
			*slash = 0;
		if (mkdir(path, 0750) != 0 && errno != EEXIST)
			return fail(PD_ESYS, why, path, intl_error(errno));
		if (!slash)
			return PD_OK;
		*slash = '/';
	}
}

static enum pd_err open_journal(const struct config *config, struct store *store, char why[static 400])
{
	char dir[4200];
	struct journal_opened opened = {0};
	snprintf(dir, sizeof dir, "%s/journal", config->data);
	struct journal_options options = {.dir = dir, .segment_bytes = (uint64_t)config->segment_mib << 20};
	enum pd_err err = journal_open(&store->journal, &options, &opened);
	if (err)
		return fail(err, why, _("the journal cannot be opened"),
			    opened.why[0] ? opened.why : intl_error(errno));
	if (opened.torn_bytes)
		log_line(LOG_WARN, "torn_record_cut_off", "bytes=%" PRIu64 " last_seq=%" PRIu64, opened.torn_bytes,
			 opened.last_seq);
	return PD_OK;
}

static enum pd_err open_book(const struct config *config, struct store *store, char why[static 400])
{
	char dir[4200], detail[300];
	snprintf(dir, sizeof dir, "%s/book", config->data);
	struct book_options options = {.dir = dir, .renew = true};
	enum pd_err err = book_open(&store->book, &options, detail);
	if (err == PD_OK && book_renewed_from(store->book))
		log_line(LOG_WARN, "book_made_again", "old_format=%u new_format=%u from=journal",
			 book_renewed_from(store->book), (unsigned)BOOK_FORMAT);
	return err ? fail(err, why, _("the book cannot be opened"), detail) : PD_OK;
}

/* The book's last event must stand in the journal where the book says: else they are not of one paidand. */
static enum pd_err check_fit(struct journal_reader *journal, const struct store *store, const struct book_meta *meta)
{
	struct journal_event event;
	uint64_t seq;
	if (meta->seq == 0)
		return PD_OK;
	if (meta->seq > journal_last_seq(store->journal) || journal_seek(journal, meta->seq - 1))
		return PD_ECORRUPT;
	enum pd_err err = journal_next(journal, &event, &seq, NULL);
	return err ? err : seq == meta->seq && event.at == meta->at ? PD_OK : PD_ECORRUPT;
}

static void log_progress(uint64_t events, void *arg)
{
	(void)arg;
	log_line(LOG_INFO, "replaying", "events=%" PRIu64, events);
}

static enum pd_err load(struct store *store, struct book_reader *book, struct journal_reader *journal,
			char why[static 400])
{
	struct book_meta meta = {0};
	enum pd_err err = book_begin(book);
	if (err == PD_OK) {
		err = book_load(book, store->core, &meta);
		book_end(book);
	}
	if (err && err != PD_ENOENT)
		return fail(err, why, _("the book cannot be read"), _(pd_err_text(err)));
	if (check_fit(journal, store, &meta))
		return fail(PD_ECORRUPT, why, _("the book does not belong to this journal"),
			    _("if the journal is the right one, delete the folder book: it is made again from the "
			      "journal"));
	struct replay replay = {.core = store->core,
				.journal = journal,
				.book = store->book,
				.to_seq = UINT64_MAX,
				.at = meta.at,
				.progress = log_progress};
	err = replay_run(&replay);
	if (err)
		return fail(err, why, _("the journal cannot be replayed"),
			    replay.why[0] ? replay.why : _(pd_err_text(err)));
	core_begin(store->core);
	store->last_at = replay.at;
	log_line(LOG_INFO, "loaded", "kept_seq=%" PRIu64 " replayed=%" PRIu64, meta.seq, replay.events);
	return PD_OK;
}

static enum pd_err load_all(struct store *store, char why[static 400])
{
	struct book_reader *book = NULL;
	struct journal_reader *journal = NULL;
	enum pd_err err = book_reader_new(&book, store->book);
	err = err ? err : journal_reader_new(&journal, store->journal);
	if (err)
		fail(err, why, _("the journal and the book cannot be read"), intl_error(errno));
	if (err == PD_OK)
		err = load(store, book, journal, why);
	if (err == PD_OK && book_begin(book) == PD_OK) {
		if (book_last_id(book, &store->last_id))
			memset(&store->last_id, 0, sizeof store->last_id);
		book_end(book);
	}
	book_reader_free(book);
	journal_reader_free(journal);
	return err;
}

enum pd_err start_store(const struct config *config, struct store *store, char why[static 400])
{
	uint64_t seed;
	randombytes_buf(&seed, sizeof seed);
	struct core_periods periods = config_periods(config);
	store->core = core_new(seed, &periods);
	enum pd_err err = make_folder(config->data, why);
	err = err ? err : open_journal(config, store, why);
	err = err ? err : open_book(config, store, why);
	return err ? err : load_all(store, why);
}

void start_close(struct store *store)
{
	store->last_seq = store->core ? core_last_seq(store->core) : 0;
	book_close(store->book);
	journal_close(store->journal);
	core_free(store->core);
}
