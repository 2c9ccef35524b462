/* cmd_export.c - paidan export: orders or events as a file for programs or a sheet for people. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "export_out.h"
#include "intl.h"
#include "moment.h"
#include "names.h"
#include "pages.h"
#include "print.h"
#include "tell.h"

/* What is counted for the totals of an area or a category. */
enum { TOTAL_ORDERS, TOTAL_CLOSED, TOTAL_WAITING, TOTAL_LATE, TOTAL_DUPLICATE, TOTAL_COLUMNS };

struct total {
	uint32_t id;
	int64_t numbers[TOTAL_COLUMNS];
};

struct totals {
	struct total *list; /* by id */
	size_t count, capacity;
};

struct export
{
	struct cli *cli;
	struct pd_client *client;
	struct export_out *out;
	enum export_format format;
	bool events;
	struct json json;
	struct pd_decoder *decoder;
	uint64_t since_ms, until_ms;
	uint64_t rows;
	bool over; /* what follows is after until_ms */
	struct total all;
	int64_t states[PD_STATE_count];
	struct totals areas, categories;
};

/* ---- totals ---- */

static struct total *total_of(struct totals *totals, uint32_t id)
{
	size_t low = 0, high = totals->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (totals->list[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < totals->count && totals->list[low].id == id)
		return &totals->list[low];
	if (totals->count == totals->capacity) {
		totals->capacity = totals->capacity ? totals->capacity * 2 : 64;
		totals->list = realloc(totals->list, totals->capacity * sizeof *totals->list);
		if (!totals->list)
			abort();
	}
	memmove(totals->list + low + 1, totals->list + low, (totals->count - low) * sizeof *totals->list);
	totals->count++;
	totals->list[low] = (struct total){.id = id};
	return &totals->list[low];
}

static void add_to(struct total *total, const struct pd_order *order)
{
	total->numbers[TOTAL_ORDERS]++;
	total->numbers[TOTAL_CLOSED] += order->state == PD_STATE_closed;
	total->numbers[TOTAL_WAITING] += order->state == PD_STATE_waiting;
	total->numbers[TOTAL_LATE] += order->late;
	total->numbers[TOTAL_DUPLICATE] += order->duplicate;
}

static void count_order(struct export *export, const struct pd_order *order)
{
	if (order->state < PD_STATE_count)
		export->states[order->state]++;
	add_to(&export->all, order);
	add_to(total_of(&export->areas, order->area), order);
	add_to(total_of(&export->categories, order->category), order);
}

static void put_table(struct export *export, const char *title, enum name_kind kind, const struct totals *totals)
{
	const char *titles[] = {title, "点单", "已关闭", "待接单", "超期", "重复"};
	export_out_total_titles(export->out, titles, TOTAL_COLUMNS + 1);
	for (size_t i = 0; i < totals->count; i++)
		export_out_total(export->out, names_get(export->cli, export->client, kind, totals->list[i].id)->text,
				 totals->list[i].numbers, TOTAL_COLUMNS);
}

static void put_totals(struct export *export)
{
	static const char *const titles[] = {"合计", "点单"};
	if (export->format != EXPORT_XLSX)
		return;
	export_out_totals(export->out);
	export_out_total_titles(export->out, titles, 2);
	size_t count;
	const struct pd_word *words = pd_words(&count);
	int64_t rows = (int64_t) export->rows;
	export_out_total(export->out, export->events ? "全部流水" : "全部点单", &rows, 1);
	if (export->events)
		return;
	for (size_t i = 0; i < count; i++)
		if (strcmp(words[i].set, "state") == 0)
			export_out_total(export->out, words[i].zh, &export->states[words[i].code], 1);
	export_out_total(export->out, "超期", &export->all.numbers[TOTAL_LATE], 1);
	export_out_total(export->out, "重复", &export->all.numbers[TOTAL_DUPLICATE], 1);
	put_table(export, "按类别", NAME_CATEGORY, &export->categories);
	put_table(export, "按区域", NAME_AREA, &export->areas);
}

/* ---- rows ---- */

static void put_message(struct export *export, const struct pd_message *message)
{
	struct export_cell cells[EXPORT_CELLS_MAX];
	export->rows++;
	if (export->format == EXPORT_JSONL) {
		tell_json(&export->json, NULL, export->cli, export->client, message);
		return;
	}
	if (export->events)
		export_event_cells(export->cli, export->client, message, cells);
	else
		export_order_cells(export->cli, export->client, &message->order, cells);
	export_out_row(export->out, cells);
}

static void on_row(struct cli *cli, struct pd_client *client, const struct pd_message *row, void *arg)
{
	struct export *export = arg;
	struct pd_message event;
	struct pd_fault fault;
	size_t off = 0;
	(void)cli;
	(void)client;
	if (row->type == PD_MSG_order) {
		count_order(export, &row->order);
		put_message(export, row);
		return;
	}
	pd_decoder_reset(export->decoder);
	if (row->type != PD_MSG_past ||
	    pd_decode(export->decoder, row->past.event.data, row->past.event.bytes, &off, &event, &fault))
		return;
	uint64_t time_ms = event.area_set.time_ms; /* all events begin alike */
	export->over = export->over || (export->until_ms && time_ms >= export->until_ms);
	if (time_ms >= export->since_ms && !export->over)
		put_message(export, &event);
}

/* A full disk is noticed with its page, not at the end. */
static bool on_page(void *arg)
{
	struct export *export = arg;
	return !export->over && export_out_well(export->out);
}

static int find_last_seq(struct export *export, uint64_t *seq)
{
	struct pd_message query = {.type = PD_MSG_get_stats}, answer;
	int code = cli_call(export->cli, export->client, &query, &answer);
	if (code == CLI_OK)
		*seq = answer.stats.seq;
	return code;
}

static int put_all(struct export *export, struct pd_message *query)
{
	uint64_t last_seq = 0;
	bool more;
	int code = find_last_seq(export, &last_seq);
	if (code == CLI_OK && !export->events)
		query->list_orders.after_seq = last_seq; /* all that was answered before now */
	else if (code == CLI_OK && export->since_ms)
		code = pages_event_before(export->cli, export->client, export->since_ms, last_seq,
					  &query->read_events.after_seq);
	if (code == CLI_OK)
		code = pages_walk(export->cli, export->client, query, on_row, on_page, export, &more);
	if (code == CLI_OK && export_out_well(export->out))
		put_totals(export);
	return code;
}

/* ---- the command ---- */

struct words {
	const char *what[1], *format, *area, *since, *until, *state, *category, *output;
	bool bom;
};

static int read_words(struct export *export, const struct words *words, struct pd_message *query)
{
	static const char *const formats[] = {[EXPORT_CSV] = "csv", [EXPORT_JSONL] = "jsonl", [EXPORT_XLSX] = "xlsx"};
	struct cli *cli = export->cli;
	export->events = strcmp(words->what[0], "events") == 0;
	if (!export->events && strcmp(words->what[0], "orders") != 0)
		return cli_fail(cli, CLI_USAGE, _("\"%s\" is neither orders nor events"), words->what[0]);
	unsigned format = 0;
	while (words->format && format < 3 && strcmp(words->format, formats[format]) != 0)
		format++;
	if (format == 3)
		return cli_fail(cli, CLI_USAGE, _("--format: \"%s\" is none of csv, jsonl and xlsx"), words->format);
	export->format = (enum export_format)format;
	if (format == EXPORT_XLSX && !words->output)
		return cli_fail(cli, CLI_USAGE, _("a sheet goes to a file: name it with -o FILE.xlsx"));
	if (words->bom && format != EXPORT_CSV)
		return cli_fail(cli, CLI_USAGE, _("--bom is for --format csv"));
	if (export->events && (words->state || words->category))
		return cli_fail(cli, CLI_USAGE, _("--state and --category are for orders"));
	if (!moment_read(cli, "--since", words->since, &export->since_ms) ||
	    !moment_read(cli, "--until", words->until, &export->until_ms))
		return CLI_USAGE;
	if (export->until_ms && export->until_ms <= export->since_ms)
		return cli_fail(cli, CLI_USAGE, _("--until is not after --since"));
	*query = (struct pd_message){.type = export->events ? PD_MSG_read_events : PD_MSG_list_orders};
	if (export->events)
		return CLI_OK;
	query->list_orders =
		(struct pd_list_orders){.whole = true, .since_ms = export->since_ms, .until_ms = export->until_ms};
	return cli_word("--state", "state", words->state, &query->list_orders.state) ? CLI_OK : CLI_USAGE;
}

static int find_names(struct export *export, const struct words *words, struct pd_message *query)
{
	uint32_t *area = export->events ? &query->read_events.area : &query->list_orders.area;
	int code = words->area ? names_find_area(export->cli, export->client, words->area, area) : CLI_OK;
	if (code == CLI_OK && words->category)
		code = names_find_category(export->cli, export->client, words->category, &query->list_orders.category);
	return code;
}

static int run(struct export *export, const struct words *words, struct pd_message *query)
{
	struct cli *cli = export->cli;
	int code = find_names(export, words, query);
	if (code == CLI_OK)
		code = export_out_open(&export->out, cli, export->format, words->output, words->bom,
				       export->events ? &export_events : &export_orders);
	if (code != CLI_OK)
		return code;
	if (export->format == EXPORT_JSONL)
		json_init(&export->json, export_out_file(export->out));
	code = put_all(export, query);
	int closed = export_out_close(export->out, code == CLI_OK);
	code = code == CLI_OK ? closed : code;
	if (code == CLI_OK && words->output)
		fprintf(stderr, export->events ? _("%" PRIu64 " events in %s\n") : _("%" PRIu64 " orders in %s\n"),
			export->rows, words->output);
	return code;
}

int cmd_export(struct cli *cli, int argc, char **argv)
{
	struct words words = {0};
	const struct cli_option options[] = {
		{"format", "F", N_("csv (the one that paidan history reads), jsonl or xlsx; csv unless it is said"),
		 &words.format, NULL},
		{"output", "FILE",
		 N_("where it goes, also as -o FILE; otherwise to standard output. A new file is for its owner and "
		    "group "
		    "alone, an older one keeps its mode"),
		 &words.output, NULL},
		{"area", "A", N_("held in this area (id or name) or below it; of events: that happened there"),
		 &words.area, NULL},
		{"since", "T",
		 N_("submitted, or of events happened, at this time or later: 2025-11-23, 2025-11-23 15:57"),
		 &words.since, NULL},
		{"until", "T", N_("... before this time"), &words.until, NULL},
		{"state", "S", N_("only waiting, accepted, suspended, completed, closed or cancelled orders"),
		 &words.state, NULL},
		{"category", "C", N_("only orders of this category (id or name)"), &words.category, NULL},
		{"bom", NULL, N_("begin a CSV file so that Excel takes it for UTF-8"), NULL, &words.bom},
		{0},
	};
	struct export export = {.cli = cli};
	struct pd_message query;
	if (cli_args(cli, argc, argv, options, words.what, 1, 1) < 0)
		return (int)cli->exit;
	int code = read_words(&export, &words, &query);
	if (code != CLI_OK)
		return code;
	enum pd_err err = cli_open(cli, &export.client);
	if (err)
		return (int)cli_exit_of(err);
	export.decoder = pd_decoder_new_client();
	code = run(&export, &words, &query);
	pd_decoder_free(export.decoder);
	pd_client_close(export.client);
	free(export.areas.list);
	free(export.categories.list);
	return code;
}
