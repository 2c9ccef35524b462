#include "similar_orders.h"

#include <string.h>
#include <unistd.h>

#include "intl.h"
#include "one_order.h"
#include "print.h"

enum { LINE_BYTES = 64 };

static void on_row(struct pd_client *client, const struct pd_message *answer, bool last, void *arg)
{
	struct similar *similar = arg;
	(void)client;
	if (last)
		return;
	pd_encode(answer, &similar->rows);
	similar->count++;
}

int similar_ask(struct cli *cli, struct pd_client *client, const struct pd_submit *submit, struct similar *similar)
{
	struct pd_message query = {.type = PD_MSG_list_similar};
	query.list_similar = (struct pd_list_similar){.category = submit->category,
						      .household = submit->household,
						      .lon_e7 = submit->lon_e7,
						      .lat_e7 = submit->lat_e7,
						      .area = submit->area,
						      .requester = submit->requester ? submit->requester : cli->person};
	struct pd_message last;
	*similar = (struct similar){0};
	/* What is refused here will be when it is submitted, and is said then. */
	enum pd_err err = pd_client_query(client, &query, on_row, similar, &last, cli->timeout_ms);
	return err ? cli_fail(cli, cli_exit_of(err), "%s", pd_client_why(client)) : CLI_OK;
}

void similar_fini(struct similar *similar)
{
	pd_buffer_fini(&similar->rows);
}

bool similar_may_ask(const struct cli *cli)
{
	return !cli->json && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

/* The order of a number from 1 on; all of them are printed if it is 0. */
static bool find_row(const struct similar *similar, unsigned wanted, struct pd_order *order)
{
	struct pd_decoder *decoder = pd_decoder_new_client();
	struct pd_message row;
	struct pd_fault fault;
	bool found = false;
	unsigned number = 0;
	for (size_t off = 0; !found && off < similar->rows.count;) {
		if (pd_decode(decoder, similar->rows.data, similar->rows.count, &off, &row, &fault))
			break;
		found = ++number == wanted;
		*order = row.order;
		if (!wanted) {
			char time[PRINT_TIME_BYTES];
			printf("%3u  %s  %s  ", number, print_time(row.order.submitted_ms, time),
			       intl_word("state", row.order.state));
			print_text(stdout, row.order.text);
			putchar('\n');
		}
		pd_decoder_reset(decoder);
	}
	pd_decoder_free(decoder);
	return found;
}

static int follow(struct cli *cli, struct pd_client *client, const struct pd_order *order, uint32_t person)
{
	struct pd_message message = {.type = PD_MSG_follow};
	struct pd_id id = order->order;
	char text[PD_ID_TEXT_BYTES];
	message.follow = (struct pd_follow){id, order->version, person};
	if (person && person != order->requester)
		return one_order_change(cli, client, &message, &id);
	printf(_("it is order %s; nothing was submitted\n"), pd_id_print(&id, text));
	return CLI_OK;
}

int similar_offer(struct cli *cli, struct pd_client *client, const struct similar *similar, uint32_t person, bool *done)
{
	char line[LINE_BYTES];
	struct pd_order order = {0};
	uint64_t number;
	puts(_("Is it one of these?"));
	find_row(similar, 0, &order);
	for (;;) {
		const char *answer =
			one_order_ask(cli, _("Its number, to follow it; Enter, to submit yours: "), line, sizeof line);
		if (!answer || !*answer)
			return CLI_OK;
		if (cli_is_number(answer, &number) && number >= 1 && number <= similar->count)
			break;
		printf(_("a number from 1 to %u\n"), similar->count);
	}
	*done = find_row(similar, (unsigned)number, &order);
	return follow(cli, client, &order, person);
}

void similar_hint(const struct similar *similar, const struct pd_id *order)
{
	char id[PD_ID_TEXT_BYTES];
	fprintf(stderr,
		P_("(%u open order nearby may say the same: paidan similar %s)\n",
		   "(%u open orders nearby may say the same: paidan similar %s)\n", similar->count - 1),
		similar->count - 1, pd_id_print(order, id));
}
