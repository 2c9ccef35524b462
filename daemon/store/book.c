#include "book.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "book_state.h"
#include "codec.h"
#include "intl.h"
#include "keys.h"
#include "compact.h"

enum { TABLES_MAX = 16, SCAN_MAX = 20000 };
static const uint64_t map_bytes_first = UINT64_C(16) << 30;

static const char *const names[TABLES] = {"orders",        "by_holder", "by_requester", "by_due",  "registry",
					  "notices",       "members",   "by_member",    "figures", "listings",
					  "open_listings", "claims",    "tallies",      "meta"};

static const char state_key[] = "state";

static enum pd_err failed(int rc, const char *what, char *why)
{
	snprintf(why, 300, _("%s: %s"), what, _(mdb_strerror(rc)));
	return PD_ESYS;
}

/* ---- opening ---- */

/* Remove every table, those of older formats too. */
static int remove_tables(MDB_txn *txn)
{
	char found[TABLES_MAX][32] = {{0}};
	int count = 0;
	MDB_dbi all, table;
	MDB_cursor *cursor;
	MDB_val key, value;
	int rc = mdb_dbi_open(txn, NULL, 0, &all);
	rc = rc ? rc : mdb_cursor_open(txn, all, &cursor);
	if (rc)
		return rc;
	while (count < TABLES_MAX && mdb_cursor_get(cursor, &key, &value, MDB_NEXT) == 0)
		if (key.mv_size < sizeof found[0])
			memcpy(found[count++], key.mv_data, key.mv_size);
	mdb_cursor_close(cursor);
	for (int i = 0; i < count && rc == 0; i++) {
		rc = mdb_dbi_open(txn, found[i], 0, &table);
		rc = rc ? rc : mdb_drop(txn, table, 1);
	}
	return rc;
}

/* The format of the book that is there; 0: none yet. PD_EVERSION: it has a format that cannot be told. */
static enum pd_err read_format(MDB_txn *txn, unsigned *format)
{
	MDB_dbi table;
	MDB_val key = {sizeof state_key - 1, (void *)state_key}, value;
	struct book_meta meta = {0};
	*format = 0;
	if (mdb_dbi_open(txn, names[META], 0, &table) || mdb_get(txn, table, &key, &value))
		return PD_OK;
	memcpy(&meta, value.mv_data, value.mv_size < sizeof meta ? value.mv_size : sizeof meta);
	*format = meta.format;
	return value.mv_size == sizeof meta ? PD_OK : PD_EVERSION;
}

/* Refuse a book of another format; empty it when it is older and to be made again. */
static enum pd_err check_format(struct book *book, MDB_txn *txn, const struct book_options *options, char *why)
{
	unsigned format;
	enum pd_err err = read_format(txn, &format);
	bool older = err == PD_OK && format < BOOK_FORMAT;
	if (err == PD_OK && (format == 0 || format == BOOK_FORMAT))
		return PD_OK;
	if (older && options->renew && !options->read_only) {
		book->renewed_from = format;
		int rc = remove_tables(txn);
		return rc ? failed(rc, "tables", why) : PD_OK;
	}
	snprintf(why, 300,
		 older ? _("the book is of format %u, this paidand reads format %u; paidand makes it "
			   "again when it starts")
		       : _("the book is of format %u, this paidand reads format %u"),
		 format, (unsigned)BOOK_FORMAT);
	return PD_EVERSION;
}

static enum pd_err open_tables(struct book *book, const struct book_options *options, char *why)
{
	MDB_txn *txn;
	bool read_only = options->read_only;
	int rc = mdb_txn_begin(book->env, NULL, read_only ? MDB_RDONLY : 0, &txn);
	if (rc)
		return failed(rc, "begin", why);
	enum pd_err err = check_format(book, txn, options, why);
	if (err) {
		mdb_txn_abort(txn);
		return err;
	}
	for (int i = 0; i < TABLES && rc == 0; i++)
		rc = mdb_dbi_open(txn, names[i], read_only ? 0 : MDB_CREATE, &book->tables[i]);
	if (rc) {
		mdb_txn_abort(txn);
		return failed(rc, "tables", why);
	}
	rc = mdb_txn_commit(txn);
	return rc ? failed(rc, "commit", why) : PD_OK;
}

/* Many readers with overlapping snapshots would else keep the keeper out for ever. */
static void init_growing(pthread_rwlock_t *growing)
{
	pthread_rwlockattr_t keeper_first;
	pthread_rwlockattr_init(&keeper_first);
	pthread_rwlockattr_setkind_np(&keeper_first, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	pthread_rwlock_init(growing, &keeper_first);
	pthread_rwlockattr_destroy(&keeper_first);
}

enum pd_err book_open(struct book **out, const struct book_options *options, char why[static 300])
{
	struct book *book = calloc(1, sizeof *book);
	if (!book)
		abort();
	init_growing(&book->growing);
	book->decoder = pd_decoder_new();
	if (!book->decoder)
		abort();
	if (!options->read_only)
		mkdir(options->dir, 0750);
	int rc = mdb_env_create(&book->env);
	if (rc == 0)
		rc = mdb_env_set_maxdbs(book->env, TABLES_MAX);
	if (rc == 0)
		rc = mdb_env_set_mapsize(book->env, map_bytes_first);
	if (rc == 0)
		rc = mdb_env_set_maxreaders(book->env, 126);
	unsigned flags =
		MDB_NOTLS | MDB_NORDAHEAD | (options->read_only ? MDB_RDONLY : 0) | (options->no_sync ? MDB_NOSYNC : 0);
	if (rc == 0)
		rc = mdb_env_open(book->env, options->dir, flags, 0640);
	if (rc) {
		enum pd_err err = failed(rc, options->dir, why);
		book_close(book);
		return err;
	}
	int dead;
	mdb_reader_check(book->env, &dead);
	enum pd_err err = open_tables(book, options, why);
	if (err) {
		book_close(book);
		return err;
	}
	*out = book;
	return PD_OK;
}

void book_close(struct book *book)
{
	if (!book)
		return;
	mdb_env_close(book->env);
	pd_decoder_free(book->decoder);
	pthread_rwlock_destroy(&book->growing);
	free(book);
}

unsigned book_renewed_from(const struct book *book)
{
	return book->renewed_from;
}

/* ---- keeping ---- */

void book_batch_clear(struct book_batch *batch)
{
	batch->first_seq = 0;
	batch->orders.count = batch->registry.count = batch->figures.count = batch->members.count = 0;
	batch->listings.count = batch->claims.count = batch->tallies.count = 0;
	batch->notices.count = 0;
	batch->unhurried = false;
}

void book_batch_fini(struct book_batch *batch)
{
	pd_buffer_fini(&batch->orders);
	pd_buffer_fini(&batch->registry);
	pd_buffer_fini(&batch->figures);
	pd_buffer_fini(&batch->members);
	pd_buffer_fini(&batch->listings);
	pd_buffer_fini(&batch->claims);
	pd_buffer_fini(&batch->tallies);
	pd_buffer_fini(&batch->notices);
}

static int keep_registry(struct book *book, MDB_txn *txn, const struct pd_buffer *events)
{
	struct pd_message event;
	struct pd_fault fault;
	int rc = 0;
	for (size_t off = 0, start = 0; off < events->count && rc == 0; start = off) {
		enum pd_err err = pd_decode(book->decoder, events->data, events->count, &off, &event, &fault);
		assert(err == PD_OK);
		uint8_t key[5] = {(uint8_t)registry_kind_of(event.type)};
		key_u32(key + 1, event.area_set.area); /* all have their id there */
		rc = put(txn, book->tables[REGISTRY], key, sizeof key, events->data + start, off - start);
		pd_decoder_reset(book->decoder);
	}
	return rc;
}

static int keep_figures(struct book *book, MDB_txn *txn, const struct pd_buffer *figures)
{
	int rc = 0;
	for (size_t off = 0; off < figures->count && rc == 0; off += sizeof(struct book_figures)) {
		struct book_figures one;
		uint8_t key[4], compact[COMPACT_FIGURES_BYTES_MAX];
		memcpy(&one, figures->data + off, sizeof one);
		key_u32(key, one.area);
		rc = put(txn, book->tables[FIGURES], key, sizeof key, compact, compact_figures(&one.figures, compact));
	}
	return rc;
}

static int keep_notices(struct book *book, MDB_txn *txn, const struct pd_buffer *notices)
{
	int rc = 0;
	for (size_t off = 0; off < notices->count && rc == 0;) {
		struct notice_row row;
		memcpy(&row, notices->data + off, sizeof row);
		rc = put(txn, book->tables[NOTICES], &row.id, sizeof row.id, notices->data + off,
			 sizeof row + row.event_bytes);
		off += sizeof row + row.event_bytes;
	}
	return rc;
}

static int compare_members(const void *a, const void *b)
{
	const struct member_key *x = a, *y = b;
	int owners = memcmp(&x->owner, &y->owner, sizeof x->owner);
	return owners ? owners : (x->member > y->member) - (x->member < y->member);
}

/* In the order of their keys: those of one owner are neighbours. */
static int keep_members(struct book *book, MDB_txn *txn, struct pd_buffer *members)
{
	struct member_row *rows = (struct member_row *)members->data;
	size_t count = members->count / sizeof *rows;
	int rc = 0;
	if (count)
		qsort(rows, count, sizeof *rows, compare_members);
	for (size_t i = 0; i < count && rc == 0; i++) {
		uint8_t key[KEY_MEMBER_BYTES];
		key_member(key, &rows[i].key.owner, rows[i].key.member);
		rc = put(txn, book->tables[MEMBERS], key, sizeof key, &rows[i], sizeof rows[i]);
		key_by_member(key, rows[i].key.member, &rows[i].key.owner);
		if (rc == 0)
			rc = put(txn, book->tables[BY_MEMBER], key, sizeof key, "", 0);
	}
	return rc;
}

static int keep_once(struct book *book, struct book_batch *batch)
{
	MDB_txn *txn;
	int rc = mdb_txn_begin(book->env, NULL, 0, &txn);
	if (rc)
		return rc;
	rc = book_keep_orders(book, txn, batch);
	if (rc == 0)
		rc = keep_registry(book, txn, &batch->registry);
	if (rc == 0)
		rc = keep_figures(book, txn, &batch->figures);
	if (rc == 0)
		rc = keep_notices(book, txn, &batch->notices);
	if (rc == 0)
		rc = keep_members(book, txn, &batch->members);
	if (rc == 0)
		rc = book_keep_listings(book, txn, batch);
	if (rc == 0)
		rc = put(txn, book->tables[META], state_key, sizeof state_key - 1, &batch->meta, sizeof batch->meta);
	if (rc) {
		mdb_txn_abort(txn);
		return rc;
	}
	return mdb_txn_commit(txn);
}

static int grow(struct book *book)
{
	MDB_envinfo info;
	pthread_rwlock_wrlock(&book->growing);
	int rc = mdb_env_info(book->env, &info);
	if (rc == 0)
		rc = mdb_env_set_mapsize(book->env, info.me_mapsize * 2);
	pthread_rwlock_unlock(&book->growing);
	return rc;
}

enum pd_err book_keep(struct book *book, struct book_batch *batch, char why[static 300])
{
	batch->meta.format = BOOK_FORMAT;
	int rc;
	while ((rc = keep_once(book, batch)) == MDB_MAP_FULL) {
		rc = grow(book);
		if (rc)
			break;
	}
	return rc ? failed(rc, _("the book could not be written"), why) : PD_OK;
}

/* ---- reading ---- */

enum pd_err book_reader_new(struct book_reader **out, struct book *book)
{
	struct book_reader *reader = calloc(1, sizeof *reader);
	if (!reader)
		abort();
	reader->book = book;
	reader->decoder = pd_decoder_new();
	if (!reader->decoder)
		abort();
	*out = reader;
	return PD_OK;
}

void book_reader_free(struct book_reader *reader)
{
	if (!reader)
		return;
	book_end(reader);
	if (reader->txn)
		mdb_txn_abort(reader->txn);
	pd_decoder_free(reader->decoder);
	free(reader);
}

enum pd_err book_begin(struct book_reader *reader)
{
	assert(!reader->active);
	pthread_rwlock_rdlock(&reader->book->growing);
	int rc = reader->txn ? mdb_txn_renew(reader->txn)
			     : mdb_txn_begin(reader->book->env, NULL, MDB_RDONLY, &reader->txn);
	if (rc == MDB_MAP_RESIZED) {
		/* Another process has made the map larger: take its size over. */
		mdb_env_set_mapsize(reader->book->env, 0);
		rc = reader->txn ? mdb_txn_renew(reader->txn)
				 : mdb_txn_begin(reader->book->env, NULL, MDB_RDONLY, &reader->txn);
	}
	if (rc) {
		pthread_rwlock_unlock(&reader->book->growing);
		return PD_ESYS;
	}
	reader->active = true;
	return PD_OK;
}

void book_end(struct book_reader *reader)
{
	if (!reader->active)
		return;
	mdb_txn_reset(reader->txn);
	reader->active = false;
	pthread_rwlock_unlock(&reader->book->growing);
}

enum pd_err book_meta_get(struct book_reader *reader, struct book_meta *meta)
{
	return get(reader, META, state_key, sizeof state_key - 1, meta, sizeof *meta);
}

enum pd_err book_order_get(struct book_reader *reader, const struct pd_id *id, struct order_row *row)
{
	MDB_val key = {sizeof *id, (void *)id}, value;
	int rc = mdb_get(reader->txn, reader->book->tables[ORDERS], &key, &value);
	if (rc)
		return rc == MDB_NOTFOUND ? PD_ENOENT : PD_ESYS;
	return compact_read_row(value.mv_data, value.mv_size, id, row);
}

enum pd_err book_last_id(struct book_reader *reader, struct pd_id *id)
{
	struct walk walk = walk_open(reader, ORDERS);
	walk_to(&walk, MDB_LAST);
	if (walk.rc == 0)
		memcpy(id, walk.key.mv_data, sizeof *id);
	bool found = walk.rc == 0;
	enum pd_err err = walk_close(&walk);
	return err ? err : found ? PD_OK : PD_ENOENT;
}

enum pd_err book_due(struct book_reader *reader, uint64_t now_ms, bool (*found)(const struct pd_id *id, void *arg),
		     void *arg)
{
	struct walk walk = walk_open(reader, BY_DUE);
	for (walk_to(&walk, MDB_FIRST); walk.rc == 0; walk_to(&walk, MDB_NEXT)) {
		struct pd_id id;
		if (key_read_u64(walk.key.mv_data) > now_ms)
			break;
		assert(walk.value.mv_size == sizeof id);
		memcpy(&id, walk.value.mv_data, sizeof id);
		if (!found(&id, arg))
			break;
	}
	return walk_close(&walk);
}

/* ---- notices ---- */

static enum pd_err read_notice(const MDB_val *value, struct notice_row *row, const char **event)
{
	if (value->mv_size < sizeof *row)
		return PD_ECORRUPT;
	memcpy(row, value->mv_data, sizeof *row);
	*event = (const char *)value->mv_data + sizeof *row;
	return value->mv_size == sizeof *row + row->event_bytes ? PD_OK : PD_ECORRUPT;
}

enum pd_err book_notice_get(struct book_reader *reader, const struct pd_id *id, struct notice_row *row,
			    const char **event)
{
	MDB_val key = {sizeof *id, (void *)id}, value;
	int rc = mdb_get(reader->txn, reader->book->tables[NOTICES], &key, &value);
	if (rc)
		return rc == MDB_NOTFOUND ? PD_ENOENT : PD_ESYS;
	return read_notice(&value, row, event);
}

enum pd_err book_notices(struct book_reader *reader, const struct pd_id *before,
			 bool (*found)(const struct notice_row *row, const char *event, void *arg), void *arg)
{
	struct walk walk = walk_open(reader, NOTICES);
	enum pd_err err = PD_OK;
	if (before)
		walk_from(&walk, before, sizeof *before);
	walk_to(&walk, before && walk.rc == 0 ? MDB_PREV : MDB_LAST);
	for (; walk.rc == 0; walk_to(&walk, MDB_PREV)) {
		struct notice_row row;
		const char *event;
		err = read_notice(&walk.value, &row, &event);
		if (err || !found(&row, event, arg))
			break;
	}
	enum pd_err closed = walk_close(&walk);
	return err ? err : closed;
}

/* ---- members ---- */

enum pd_err book_member_get(struct book_reader *reader, const struct pd_id *owner, uint32_t member,
			    struct member_row *row)
{
	uint8_t key[KEY_MEMBER_BYTES];
	key_member(key, owner, member);
	return get(reader, MEMBERS, key, sizeof key, row, sizeof *row);
}

enum pd_err book_members_of(struct book_reader *reader, const struct pd_id *owner, uint32_t after,
			    bool (*found)(const struct member_row *row, void *arg), void *arg)
{
	uint8_t from[KEY_MEMBER_BYTES];
	struct walk walk = walk_open(reader, MEMBERS);
	enum pd_err err = PD_OK;
	key_member(from, owner, after + 1);
	if (after != UINT32_MAX)
		walk_from(&walk, from, sizeof from);
	else
		walk.rc = walk.rc ? walk.rc : MDB_NOTFOUND;
	for (; walk.rc == 0; walk_to(&walk, MDB_NEXT)) {
		struct member_row row;
		if (memcmp(walk.key.mv_data, owner, sizeof *owner) != 0)
			break;
		if (walk.value.mv_size != sizeof row)
			err = PD_ECORRUPT;
		else
			memcpy(&row, walk.value.mv_data, sizeof row);
		if (err || !found(&row, arg))
			break;
	}
	enum pd_err closed = walk_close(&walk);
	return err ? err : closed;
}

enum pd_err book_members_with(struct book_reader *reader, uint32_t member, const struct pd_id *after,
			      bool (*found)(const struct member_row *row, void *arg), void *arg)
{
	static const struct pd_id first;
	uint8_t from[KEY_MEMBER_BYTES];
	struct walk walk = walk_open(reader, BY_MEMBER);
	enum pd_err err = PD_OK;
	key_by_member(from, member, after ? after : &first);
	for (walk_from(&walk, from, sizeof from); walk.rc == 0; walk_to(&walk, MDB_NEXT)) {
		const uint8_t *key = walk.key.mv_data;
		struct pd_id owner;
		struct member_row row;
		if (key_read_u32(key) != member)
			break;
		memcpy(&owner, key + 4, sizeof owner);
		if (after && memcmp(&owner, after, sizeof owner) == 0)
			continue;
		err = book_member_get(reader, &owner, member, &row);
		if (err == PD_ENOENT)
			err = PD_ECORRUPT;
		if (err || !found(&row, arg))
			break;
	}
	enum pd_err closed = walk_close(&walk);
	return err ? err : closed;
}

static bool load_member(const struct member_row *row, void *arg)
{
	core_restore_member(arg, row);
	return true;
}

enum pd_err book_load_members(struct book_reader *reader, const struct pd_id *owner, struct core *core)
{
	return book_members_of(reader, owner, 0, load_member, core);
}

/* ---- loading ---- */

static enum pd_err load_registry(struct book_reader *reader, struct core *core)
{
	struct walk walk = walk_open(reader, REGISTRY);
	for (walk_to(&walk, MDB_FIRST); walk.rc == 0; walk_to(&walk, MDB_NEXT)) {
		struct pd_message event;
		struct pd_fault fault;
		size_t off = 0;
		if (pd_decode(reader->decoder, walk.value.mv_data, walk.value.mv_size, &off, &event, &fault)) {
			mdb_cursor_close(walk.cursor);
			return PD_ECORRUPT;
		}
		core_apply(core, &event, 0);
		pd_decoder_reset(reader->decoder);
	}
	return walk_close(&walk);
}

struct notices_load {
	struct book_reader *reader;
	struct core *core;
	enum pd_err err;
};

static bool load_notice(const struct notice_row *row, const char *event, void *arg)
{
	struct notices_load *load = arg;
	if (row->marks & NOTICE_ENDED) {
		core_restore_ended_notice(load->core, row);
		return true;
	}
	struct notice *notice = core_restore_notice(load->core, row, event);
	load->err = book_load_members(load->reader, &row->id, load->core);
	core_restore_notice_counts(load->core, notice);
	return load->err == PD_OK;
}

/* The open ones, with their members. */
static enum pd_err load_notices(struct book_reader *reader, struct core *core)
{
	struct notices_load load = {reader, core, PD_OK};
	enum pd_err err = book_notices(reader, NULL, load_notice, &load);
	return err ? err : load.err;
}

static enum pd_err load_figures(struct book_reader *reader, struct core *core)
{
	struct walk walk = walk_open(reader, FIGURES);
	for (walk_to(&walk, MDB_FIRST); walk.rc == 0; walk_to(&walk, MDB_NEXT)) {
		struct figures figures;
		if (walk.key.mv_size != 4 || compact_read_figures(walk.value.mv_data, walk.value.mv_size, &figures)) {
			mdb_cursor_close(walk.cursor);
			return PD_ECORRUPT;
		}
		core_restore_figures(core, key_read_u32(walk.key.mv_data), &figures);
	}
	return walk_close(&walk);
}

static bool is_empty(struct book_reader *reader, int table)
{
	MDB_stat stat;
	return mdb_stat(reader->txn, reader->book->tables[table], &stat) == 0 && stat.ms_entries == 0;
}

static uint32_t *area_ids(const struct core *core, size_t *count)
{
	void *const *areas = registry_sorted(core_registry(core), REGISTRY_AREAS, count);
	uint32_t *ids = malloc((*count + 1) * sizeof *ids);
	if (!ids)
		abort();
	for (size_t i = 0; i < *count; i++)
		ids[i] = ((const struct area *)areas[i])->id;
	return ids;
}

static enum pd_err load_open(struct book_reader *reader, struct core *core)
{
	struct order_row *rows;
	size_t area_count, count;
	bool members = !is_empty(reader, MEMBERS);
	uint32_t *areas = area_ids(core, &area_count);
	enum pd_err err = book_open_orders(reader, areas, area_count, &rows, &count);
	free(areas);
	for (size_t i = 0; i < count && err == PD_OK; i++) {
		core_restore(core, &rows[i]);
		err = members ? book_load_members(reader, &rows[i].id, core) : PD_OK;
	}
	free(rows);
	return err;
}

enum pd_err book_load(struct book_reader *reader, struct core *core, struct book_meta *meta)
{
	enum pd_err err = book_meta_get(reader, meta);
	if (err == PD_OK)
		err = load_registry(reader, core);
	if (err == PD_OK)
		err = load_figures(reader, core);
	if (err == PD_OK)
		err = load_open(reader, core);
	if (err == PD_OK)
		err = book_load_listings(reader, core);
	if (err == PD_OK)
		err = load_notices(reader, core);
	if (err == PD_OK)
		core_restore_end(core, meta->seq, meta->time_ms);
	return err;
}

/* ---- lists ---- */

struct list {
	struct book_reader *reader;
	struct book_query *query;
	void (*found)(const struct order_row *row, void *arg);
	void *arg;
	unsigned count, scanned;
};

static bool list_full(const struct list *list)
{
	return list->count == list->query->limit || list->scanned == SCAN_MAX;
}

static void set_cursor(struct book_query *query, const void *key, size_t bytes)
{
	memcpy(query->cursor, key, bytes);
	query->cursor_bytes = bytes;
}

static bool row_wanted(const struct book_query *query, const struct order_row *row)
{
	return (query->state == 0 || row->state == query->state) &&
	       (query->category == 0 || row->category == query->category) && row->submitted_ms >= query->since_ms &&
	       (query->until_ms == 0 || row->submitted_ms < query->until_ms);
}

static enum pd_err list_row(struct list *list, const struct pd_id *id)
{
	struct order_row row;
	enum pd_err err = book_order_get(list->reader, id, &row);
	list->scanned++;
	if (err)
		return err == PD_ENOENT ? PD_ECORRUPT : err;
	if (row_wanted(list->query, &row)) {
		list->count++;
		list->found(&row, list->arg);
	}
	return PD_OK;
}

static enum pd_err list_holder(struct list *list, struct walk *walk, uint32_t area, const uint8_t *from,
			       size_t from_bytes)
{
	for (walk_from(walk, from, from_bytes); walk->rc == 0; walk_to(walk, MDB_NEXT)) {
		const uint8_t *key = walk->key.mv_data;
		if (key_read_u32(key) != area || (list->query->state && key[4] != list->query->state))
			break;
		if (list_full(list)) {
			set_cursor(list->query, key, walk->key.mv_size);
			return PD_OK;
		}
		enum pd_err err = list_row(list, walk->value.mv_data);
		if (err)
			return err;
	}
	return walk_err(walk);
}

static enum pd_err list_holders(struct list *list)
{
	struct book_query *query = list->query;
	uint8_t from[64];
	size_t from_bytes = query->cursor_bytes, first = 0;
	memcpy(from, query->cursor, from_bytes);
	query->cursor_bytes = 0;
	if (from_bytes >= 4)
		while (first < query->area_count && query->areas[first] != key_read_u32(from))
			first++;
	struct walk walk = walk_open(list->reader, BY_HOLDER);
	enum pd_err err = PD_OK;
	for (size_t i = first; i < query->area_count && err == PD_OK && query->cursor_bytes == 0; i++) {
		if (from_bytes == 0) {
			key_u32(from, query->areas[i]);
			from[4] = (uint8_t)query->state;
			from_bytes = 5;
		}
		err = list_holder(list, &walk, query->areas[i], from, from_bytes);
		from_bytes = 0;
	}
	enum pd_err closed = walk_close(&walk);
	return err ? err : closed;
}

/* Backwards from a key: to the last entry that is not after it. */
static void walk_back_from(struct walk *walk, const void *key, size_t bytes)
{
	walk_from(walk, key, bytes);
	if (walk->rc == MDB_NOTFOUND)
		walk_to(walk, MDB_LAST);
	else if (walk->rc == 0 && (walk->key.mv_size != bytes || memcmp(walk->key.mv_data, key, bytes) != 0))
		walk_to(walk, MDB_PREV);
}

/* Newest first: by_requester from the end of the person's part, or the orders themselves from the last id on. */
static enum pd_err list_newest(struct list *list)
{
	struct book_query *query = list->query;
	uint8_t from[64];
	size_t from_bytes = query->cursor_bytes;
	memcpy(from, query->cursor, from_bytes);
	query->cursor_bytes = 0;
	if (from_bytes == 0) {
		memset(from, 0xff, sizeof from);
		from_bytes = query->requester ? KEY_BY_REQUESTER_BYTES : sizeof(struct pd_id);
		if (query->requester)
			key_u32(from, query->requester);
	}
	struct walk walk = walk_open(list->reader, query->requester ? BY_REQUESTER : ORDERS);
	enum pd_err err = PD_OK;
	for (walk_back_from(&walk, from, from_bytes); walk.rc == 0 && err == PD_OK; walk_to(&walk, MDB_PREV)) {
		if (query->requester && key_read_u32(walk.key.mv_data) != query->requester)
			break;
		if (list_full(list)) {
			set_cursor(query, walk.key.mv_data, walk.key.mv_size);
			break;
		}
		err = list_row(list, query->requester ? walk.value.mv_data : walk.key.mv_data);
	}
	enum pd_err closed = walk_close(&walk);
	return err ? err : closed;
}

static bool area_listed(const struct book_query *query, uint32_t area)
{
	size_t low = 0, high = query->area_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (query->areas[middle] < area)
			low = middle + 1;
		else
			high = middle;
	}
	return low < query->area_count && query->areas[low] == area;
}

/* Through all rows, from the one that the cursor names on. */
static enum pd_err list_by_id(struct list *list)
{
	struct book_query *query = list->query;
	struct walk walk = walk_open(list->reader, ORDERS);
	if (query->cursor_bytes)
		walk_from(&walk, query->cursor, query->cursor_bytes);
	else
		walk_to(&walk, MDB_FIRST);
	query->cursor_bytes = 0;
	for (; walk.rc == 0; walk_to(&walk, MDB_NEXT)) {
		struct order_row row;
		if (list_full(list)) {
			set_cursor(query, walk.key.mv_data, walk.key.mv_size);
			break;
		}
		if (compact_read_row(walk.value.mv_data, walk.value.mv_size, walk.key.mv_data, &row)) {
			mdb_cursor_close(walk.cursor);
			return PD_ECORRUPT;
		}
		list->scanned++;
		if (!row_wanted(query, &row) || (query->areas && !area_listed(query, row.holder)))
			continue;
		list->count++;
		list->found(&row, list->arg);
	}
	return walk_close(&walk);
}

enum pd_err book_list(struct book_reader *reader, struct book_query *query,
		      void (*found)(const struct order_row *row, void *arg), void *arg)
{
	struct list list = {reader, query, found, arg, 0, 0};
	if (query->by_id)
		return list_by_id(&list);
	return query->areas ? list_holders(&list) : list_newest(&list);
}

/* ---- comparing ---- */

static bool same_value(const MDB_val *a, const MDB_val *b)
{
	return a->mv_size == b->mv_size && memcmp(a->mv_data, b->mv_data, a->mv_size) == 0;
}

static enum pd_err differs(const char *table, const MDB_val *key, const char *how, char *why)
{
	int used = snprintf(why, 300, _("table %s, key "), table);
	for (size_t i = 0; i < key->mv_size && i < 20; i++)
		used += snprintf(why + used, 300 - (size_t)used, "%02x", ((const uint8_t *)key->mv_data)[i]);
	snprintf(why + used, 300 - (size_t)used, ": %s", how);
	return PD_ECORRUPT;
}

static enum pd_err compare_table(struct book_reader *a, struct book_reader *b, int table, uint64_t *entries, char *why)
{
	struct walk x = walk_open(a, table), y = walk_open(b, table);
	enum pd_err err = PD_OK;
	walk_to(&x, MDB_FIRST);
	walk_to(&y, MDB_FIRST);
	for (; x.rc == 0 && y.rc == 0 && err == PD_OK; (*entries)++) {
		if (!same_value(&x.key, &y.key))
			err = differs(names[table], &x.key, _("stands in one of them only"), why);
		else if (!same_value(&x.value, &y.value))
			err = differs(names[table], &x.key, _("has different values"), why);
		walk_to(&x, MDB_NEXT);
		walk_to(&y, MDB_NEXT);
	}
	if (err == PD_OK && x.rc != y.rc)
		err = differs(names[table], x.rc == 0 ? &x.key : &y.key, _("stands in one of them only"), why);
	enum pd_err closed_x = walk_close(&x), closed_y = walk_close(&y);
	return err ? err : closed_x ? closed_x : closed_y;
}

enum pd_err book_compare(struct book_reader *a, struct book_reader *b, uint64_t *entries, char why[static 300])
{
	enum pd_err err = PD_OK;
	*entries = 0;
	for (int table = 0; table < TABLES && err == PD_OK; table++)
		err = compare_table(a, b, table, entries, why);
	return err;
}

void book_room(struct book *book, struct book_room *room)
{
	MDB_envinfo info;
	MDB_stat stat;
	mdb_env_info(book->env, &info);
	mdb_env_stat(book->env, &stat);
	*room = (struct book_room){(uint64_t)(info.me_last_pgno + 1) * stat.ms_psize, info.me_mapsize};
}
