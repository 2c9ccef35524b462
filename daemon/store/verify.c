#include "verify.h"

#include <errno.h>
#include <ftw.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "book.h"
#include "intl.h"
#include "journal.h"
#include "replay.h"

enum { PATH_BYTES = 4200 };

struct verify {
	char scratch_dir[PATH_BYTES];
	struct journal *journal;
	struct journal_reader *reader;
	struct book *book, *scratch;
	struct book_reader *book_reader, *scratch_reader;
	struct core *core;
	struct replay replay;
};

static enum pd_err fail(enum pd_err err, struct verify_report *report, const char *what, const char *detail)
{
	snprintf(report->why, sizeof report->why, _("%.90s: %.300s"), what, detail);
	return err;
}

static enum pd_err open_journal(struct verify *verify, const char *dir, struct verify_report *report)
{
	char path[PATH_BYTES];
	struct journal_opened opened = {0};
	snprintf(path, sizeof path, "%s/journal", dir);
	struct journal_options options = {.dir = path, .read_only = true};
	enum pd_err err = journal_open(&verify->journal, &options, &opened);
	if (err)
		return fail(err, report, _("journal"), opened.why[0] ? opened.why : intl_error(errno));
	return journal_reader_new(&verify->reader, verify->journal);
}

static enum pd_err open_books(struct verify *verify, const char *dir, const char *scratch, struct verify_report *report)
{
	char path[PATH_BYTES], why[300];
	snprintf(path, sizeof path, "%s/book", dir);
	struct book_options options = {.dir = path, .read_only = true};
	enum pd_err err = book_open(&verify->book, &options, why);
	if (err)
		return fail(err, report, _("book"), why);
	snprintf(verify->scratch_dir, sizeof verify->scratch_dir, "%s/paidan-verify-XXXXXX", scratch);
	if (!mkdtemp(verify->scratch_dir)) {
		fail(PD_ESYS, report, verify->scratch_dir, intl_error(errno));
		verify->scratch_dir[0] = 0;
		return PD_ESYS;
	}
	struct book_options scratch_options = {.dir = verify->scratch_dir, .no_sync = true};
	err = book_open(&verify->scratch, &scratch_options, why);
	if (err)
		return fail(err, report, _("scratch book"), why);
	err = book_reader_new(&verify->book_reader, verify->book);
	return err ? err : book_reader_new(&verify->scratch_reader, verify->scratch);
}

enum pd_err verify_open(struct verify **out, const char *dir, const char *scratch, struct verify_report *report)
{
	struct core_periods periods = {0}; /* the events carry what came of them */
	struct verify *verify = calloc(1, sizeof *verify);
	if (!verify)
		abort();
	*report = (struct verify_report){0};
	verify->core = core_new(0x5eed, &periods);
	enum pd_err err = open_journal(verify, dir, report);
	err = err ? err : open_books(verify, dir, scratch, report);
	if (err) {
		verify_close(verify);
		return err;
	}
	verify->replay = (struct replay){.core = verify->core, .journal = verify->reader, .book = verify->scratch};
	*out = verify;
	return PD_OK;
}

static int remove_one(const char *path, const struct stat *stat, int type, struct FTW *ftw)
{
	(void)stat;
	(void)type;
	(void)ftw;
	return remove(path);
}

void verify_close(struct verify *verify)
{
	if (!verify)
		return;
	book_reader_free(verify->book_reader);
	book_reader_free(verify->scratch_reader);
	book_close(verify->book);
	book_close(verify->scratch);
	journal_reader_free(verify->reader);
	journal_close(verify->journal);
	core_free(verify->core);
	if (verify->scratch_dir[0])
		nftw(verify->scratch_dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(verify);
}

static enum pd_err replay_to(struct verify *verify, uint64_t seq, struct verify_report *report)
{
	verify->replay.to_seq = seq;
	enum pd_err err = replay_run(&verify->replay);
	report->events += verify->replay.events;
	if (err)
		return fail(err, report, _("journal"),
			    verify->replay.why[0] ? verify->replay.why : _(pd_err_text(err)));
	if (seq != UINT64_MAX && core_last_seq(verify->core) < seq)
		return fail(PD_ECORRUPT, report, _("journal"),
			    _("it ends before the event that the book or the broker has"));
	return PD_OK;
}

static enum pd_err compare_books(struct verify *verify, struct verify_report *report)
{
	char why[300] = "";
	enum pd_err err = book_begin(verify->scratch_reader);
	if (err)
		return fail(err, report, _("scratch book"), _("cannot be read"));
	err = book_compare(verify->book_reader, verify->scratch_reader, &report->book_entries, why);
	book_end(verify->scratch_reader);
	return err ? fail(err, report, _("the book differs from a replay of the journal"), why) : PD_OK;
}

enum pd_err verify_book(struct verify *verify, struct verify_report *report,
			void (*progress)(uint64_t events, void *arg), void *arg)
{
	struct book_meta meta = {0};
	verify->replay.progress = progress;
	verify->replay.arg = arg;
	enum pd_err err = book_begin(verify->book_reader);
	if (err)
		return fail(err, report, _("book"), _("cannot be read"));
	err = book_meta_get(verify->book_reader, &meta);
	if (err == PD_OK || err == PD_ENOENT) {
		report->book_seq = meta.seq;
		err = meta.seq ? replay_to(verify, meta.seq, report) : PD_OK;
		err = err ? err : compare_books(verify, report);
	}
	book_end(verify->book_reader);
	return err;
}

static void hash_piece(const void *data, size_t bytes, void *arg)
{
	crypto_generichash_update(arg, data, bytes);
}

enum pd_err verify_state(struct verify *verify, uint64_t *seq, uint8_t hash[static 32], struct verify_report *report)
{
	enum pd_err err = replay_to(verify, *seq, report);
	if (err)
		return err;
	*seq = core_last_seq(verify->core);
	crypto_generichash_state state;
	crypto_generichash_init(&state, NULL, 0, 32);
	core_dump(verify->core, hash_piece, &state);
	crypto_generichash_final(&state, hash, 32);
	return PD_OK;
}
