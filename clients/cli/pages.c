#include "pages.h"

#include <string.h>

#include "names.h"

/* What is set up can be large, each of it. */
enum { PAGE = 500, SETUP_PAGE = 50 };

struct page {
	struct pd_buffer rows;
	struct pd_decoder *decoder;
	bool bare; /* an answer holds an event, which is the row */
};

static void on_row(struct pd_client *client, const struct pd_message *answer, bool last, void *arg)
{
	struct page *page = arg;
	(void)client;
	if (page->bare && answer->type == PD_MSG_past)
		pd_buffer_add(&page->rows, answer->past.event.data, answer->past.event.bytes);
	else if (!last)
		pd_encode(answer, &page->rows);
}

/* limit and the way on stand at different places in each of the queries. */
static void set_limit(struct pd_message *query, uint16_t limit)
{
	switch (query->type) {
	case PD_MSG_list_orders: query->list_orders.limit = limit; break;
	case PD_MSG_list_away: query->list_away.limit = limit; break;
	case PD_MSG_list_areas: query->list_areas.limit = limit; break;
	case PD_MSG_list_people: query->list_people.limit = limit; break;
	case PD_MSG_list_households: query->list_households.limit = limit; break;
	case PD_MSG_read_events: query->read_events.limit = limit; break;
	case PD_MSG_list_setup: query->list_setup.limit = limit < SETUP_PAGE ? limit : SETUP_PAGE; break;
	case PD_MSG_list_listings: query->list_listings.limit = limit; break;
	case PD_MSG_list_notices: query->list_notices.limit = limit; break;
	case PD_MSG_list_missing: query->list_missing.limit = limit; break;
	case PD_MSG_list_answers: query->list_answers.limit = limit; break;
	default: break; /* list_categories, list_similar and get_progress answer with all of them */
	}
}

/* Which event the answer waits for; null: it comes from memory, or the caller says so. */
static uint64_t *awaited(struct pd_message *query)
{
	switch (query->type) {
	case PD_MSG_list_orders: return &query->list_orders.after_seq;
	case PD_MSG_list_listings: return &query->list_listings.after_seq;
	case PD_MSG_list_notices: return &query->list_notices.after_seq;
	default: return NULL;
	}
}

static void go_on(struct pd_message *query, const struct pd_end *end)
{
	switch (query->type) {
	case PD_MSG_list_orders: query->list_orders.cursor = end->cursor; break;
	case PD_MSG_list_away: query->list_away.cursor = end->cursor; break;
	case PD_MSG_list_notices: query->list_notices.cursor = end->cursor; break;
	case PD_MSG_list_missing: query->list_missing.cursor = end->cursor; break;
	case PD_MSG_list_answers: query->list_answers.cursor = end->cursor; break;
	case PD_MSG_list_areas: query->list_areas.after = end->after; break;
	case PD_MSG_list_people: query->list_people.after = end->after; break;
	case PD_MSG_list_households: query->list_households.after = end->after; break;
	case PD_MSG_read_events: query->read_events.after_seq = end->seq; break;
	case PD_MSG_list_setup: query->list_setup.after = end->after; break;
	case PD_MSG_list_listings: query->list_listings.cursor = end->cursor; break;
	default: break;
	}
}

static bool next_row(struct page *page, size_t *off, struct pd_message *row)
{
	struct pd_fault fault;
	pd_decoder_reset(page->decoder);
	return *off < page->rows.count &&
	       !pd_decode(page->decoder, page->rows.data, page->rows.count, off, row, &fault);
}

static void show_page(struct cli *cli, struct pd_client *client, struct page *page, pages_row_fn *row, void *arg)
{
	struct pd_message message;
	for (size_t off = 0; next_row(page, &off, &message);) {
		names_learn(cli->names, &message);
		names_want_all(cli, client, &message);
	}
	names_settle(cli, client);
	for (size_t off = 0; next_row(page, &off, &message);)
		row(cli, client, &message, arg);
}

/* page_end or page_well may be null. bare: see struct page. */
static int walk(struct cli *cli, struct pd_client *client, struct pd_message *query, uint64_t limit, pages_row_fn *row,
		pages_end_fn *page_end, pages_well_fn *page_well, bool bare, void *arg, bool *more)
{
	struct page page = {{0}, pd_decoder_new_client(), bare};
	struct pd_message last;
	char cursor[64];
	int code;
	uint64_t left = limit ? limit : UINT64_MAX, *after_seq = awaited(query);
	/* Whoever has just been told ok, by whichever command, finds it in the list. */
	if (after_seq && *after_seq == 0)
		*after_seq = UINT64_MAX;
	do {
		page.rows.count = 0;
		set_limit(query, (uint16_t)(left < PAGE ? left : PAGE));
		code = cli_query(cli, client, query, on_row, &page, &last);
		if (code != CLI_OK)
			break;
		struct pd_end end = last.end;
		if (after_seq)
			*after_seq = 0; /* the next pages hold it, too */
		/* What is asked for the names ends the life of last. */
		if (end.cursor.bytes)
			memcpy(cursor, end.cursor.data, end.cursor.bytes);
		end.cursor.data = cursor;
		go_on(query, &end);
		*more = end.more;
		show_page(cli, client, &page, row, arg);
		if (page_end)
			page_end(arg);
		if (page_well && !page_well(arg))
			break;
		left -= end.count < left ? end.count : left;
	} while (*more && left);
	pd_buffer_fini(&page.rows);
	pd_decoder_free(page.decoder);
	return code;
}

int pages_show(struct cli *cli, struct pd_client *client, struct pd_message *query, uint64_t limit, pages_row_fn *row,
	       pages_end_fn *page_end, void *arg, bool *more)
{
	return walk(cli, client, query, limit, row, page_end, NULL, false, arg, more);
}

int pages_setup(struct cli *cli, struct pd_client *client, enum pd_type type, pages_row_fn *row, pages_end_fn *page_end,
		void *arg)
{
	struct pd_message query = {.type = PD_MSG_list_setup, .list_setup.type = (uint8_t)type};
	bool more;
	return walk(cli, client, &query, 0, row, page_end, NULL, true, arg, &more);
}

int pages_walk(struct cli *cli, struct pd_client *client, struct pd_message *query, pages_row_fn *row,
	       pages_well_fn *page_well, void *arg, bool *more)
{
	return walk(cli, client, query, 0, row, NULL, page_well, false, arg, more);
}

static void on_time(struct pd_client *client, const struct pd_message *answer, bool last, void *arg)
{
	struct pd_decoder *decoder = pd_decoder_new_client();
	struct pd_message event;
	struct pd_fault fault;
	size_t off = 0;
	(void)client;
	if (!last && answer->type == PD_MSG_past && decoder &&
	    !pd_decode(decoder, answer->past.event.data, answer->past.event.bytes, &off, &event, &fault))
		*(uint64_t *)arg = event.area_set.time_ms; /* all events begin alike */
	pd_decoder_free(decoder);
}

int pages_event_time(struct cli *cli, struct pd_client *client, uint64_t after_seq, uint64_t *time_ms)
{
	struct pd_message query = {.type = PD_MSG_read_events, .read_events = {.after_seq = after_seq, .limit = 1}};
	*time_ms = UINT64_MAX;
	return cli_query(cli, client, &query, on_time, time_ms, NULL);
}

/* Events are in the order of their times. */
int pages_event_before(struct cli *cli, struct pd_client *client, uint64_t time_ms, uint64_t last_seq, uint64_t *seq)
{
	uint64_t low = 0, high = last_seq;
	while (low < high) {
		uint64_t middle = low + (high - low) / 2;
		uint64_t middle_ms;
		int code = pages_event_time(cli, client, middle, &middle_ms);
		if (code != CLI_OK)
			return code;
		if (middle_ms < time_ms)
			low = middle + 1;
		else
			high = middle;
	}
	*seq = low;
	return CLI_OK;
}
