#include "one_order.h"

#include <string.h>
#include <unistd.h>

#include "intl.h"
#include "names.h"
#include "print.h"
#include "tell.h"

enum { PATH_BYTES = 1100, WHO_BYTES = 400, LABEL_COLUMNS = 9 };

struct found {
	struct cli *cli;
	struct pd_client *client;
	struct pd_buffer bytes; /* the order, as a message */
};

static void on_order(struct pd_client *client, const struct pd_message *answer, bool last, void *arg)
{
	struct found *found = arg;
	(void)client;
	(void)last;
	if (answer->type == PD_MSG_order) {
		found->bytes.count = 0;
		pd_encode(answer, &found->bytes);
	}
}

/* Read an order; it lives in found and decoder. */
static int read_order(struct found *found, const struct pd_id *id, struct pd_decoder *decoder, struct pd_message *order)
{
	struct pd_message query = {.type = PD_MSG_get_order, .get_order = {.order = *id}};
	struct pd_fault fault;
	size_t off = 0;
	int code = cli_query(found->cli, found->client, &query, on_order, found, NULL);
	if (code != CLI_OK)
		return code;
	if (found->bytes.count == 0 || pd_decode(decoder, found->bytes.data, found->bytes.count, &off, order, &fault))
		return cli_fail(found->cli, CLI_SYSTEM, _("the broker answered without the order"));
	return CLI_OK;
}

/* What happens when an order is due. */
static const char *due_label(unsigned state)
{
	switch (state) {
	case PD_STATE_suspended: return _("goes on");
	case PD_STATE_completed: return _("closes");
	default: return _("due");
	}
}

static void print_order(struct cli *cli, struct pd_client *client, const struct pd_order *order)
{
	char id[PD_ID_TEXT_BYTES], path[PATH_BYTES], who[WHO_BYTES], time[PRINT_TIME_BYTES];
	print_column(stdout, _("order"), LABEL_COLUMNS);
	printf("%s\n", pd_id_print(&order->order, id));
	print_column(stdout, _("state"), LABEL_COLUMNS);
	printf(_("%s, version %u\n"), intl_word("state", order->state), order->version);
	print_column(stdout, _("holder"), LABEL_COLUMNS);
	print_text(stdout, pd_text(names_path(cli, client, order->holder, path, sizeof path)));
	printf(" (%u)\n", order->holder);
	if (order->acceptor) {
		print_column(stdout, _("acceptor"), LABEL_COLUMNS);
		print_text(stdout, pd_text(tell_person(cli, client, order->acceptor, who, sizeof who)));
		putchar('\n');
	}
	if (order->due_ms) {
		print_column(stdout, due_label(order->state), LABEL_COLUMNS);
		printf("%s\n", print_time(order->due_ms, time));
	}
}

int one_order_report(struct cli *cli, struct pd_client *client, const struct pd_id *id, uint64_t seq)
{
	struct found found = {cli, client, {0}};
	struct pd_decoder *decoder = pd_decoder_new_client();
	struct pd_message order = {0};
	struct json json;
	int code = read_order(&found, id, decoder, &order);
	if (code == CLI_OK && cli->json) {
		json_init(&json, stdout);
		json_object(&json, NULL);
		json_number(&json, "seq", seq);
		tell_json(&json, "order", cli, client, &order);
		json_end(&json);
	} else if (code == CLI_OK) {
		print_order(cli, client, &order.order);
	}
	pd_buffer_fini(&found.bytes);
	pd_decoder_free(decoder);
	return code;
}

int one_order_read(struct cli *cli, struct pd_client *client, const struct pd_id *id, struct pd_order *order)
{
	struct found found = {cli, client, {0}};
	struct pd_decoder *decoder = pd_decoder_new_client();
	struct pd_message message = {0};
	int code = read_order(&found, id, decoder, &message);
	if (code == CLI_OK)
		*order = message.order;
	/* What the texts point to goes now. */
	order->text = order->place = order->source = order->key = order->result = order->picture = order->merged_into =
		(struct pd_slice){0};
	pd_buffer_fini(&found.bytes);
	pd_decoder_free(decoder);
	return code;
}

int one_order_change(struct cli *cli, struct pd_client *client, struct pd_message *message, const struct pd_id *id)
{
	struct pd_message answer;
	int code = cli_call(cli, client, message, &answer);
	return code == CLI_OK ? one_order_report(cli, client, id, answer.ok.seq) : code;
}

char *one_order_ask(const struct cli *cli, const char *question, char *line, size_t line_bytes)
{
	if (cli->json || !isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return NULL;
	fputs(question, stdout);
	fflush(stdout);
	if (!fgets(line, (int)line_bytes, stdin))
		line[0] = 0;
	line[strcspn(line, "\r\n")] = 0;
	return line;
}
