/* main.c - paidan-worker: one program, a command for each kind of worker. */
#include "commands.h"
#include "intl.h"
#include "print.h"

/* NOLINTBEGIN(bugprone-suspicious-missing-comma): a text may be several lines */
static const char *const lead_help[] = {
	N_("Shows the orders of AREA (id or name) as they come, and takes commands, one a line:\n"),
	N_("  a 1            accept order 1 (接单)\n"),
	N_("  d 1 REASON     decline it: it goes to the level above\n"),
	N_("  c 1 RESULT     complete it (办结), once accepted\n"),
	N_("  u 1 REASON     hand an accepted order up to the level above\n"),
	N_("  r 1 REASON     give an accepted order back: it waits again (退单)\n"),
	N_("  p 1 +3d REASON put an accepted order off (挂起): +3d, +2h, 2026-12-01 or 2026-12-01T08:30\n"),
	N_("  g 1            go on with it before\n"),
	N_("  n 1 TEXT       add a note\n"),
	N_("  s 1            show its story\n"),
	N_("  m 1            who is missing in a roll-call (点名任务), or still to be visited (敲门行动)\n"),
	N_("  t 1 500001 done 3 WORDS   answer for household 500001: done, refused, away or not_found, with numbers; "
	   "or\n"
	   "                 visited, and what was found\n"),
	N_("  k 1            say that you have read notice 1        y 1  confirm it\n"),
	N_("  l              list all orders        h  help        q  quit\n"),
	N_("Who acts is the area's leader (of a micro-grid), grid leader (of a grid) or staff (above; where there\n"
	   "is no staff, a supervisor), or the person given by --as, who must hold a post there. Orders that the\n"
	   "person accepted before are listed at the start. On leaving (q, end of input, Ctrl-C) what was\n"
	   "accepted stays accepted.\n"),
	"\n",
	N_("If stdin is not a terminal, it is taken for a script: a command about an order that has not come yet\n"
	   "waits for it, at most --wait seconds, and the exit code is 1 if any command failed.\n"),
	NULL,
};
/* NOLINTEND(bugprone-suspicious-missing-comma) */

static const char *const exec_help[] = {
	N_("Accepts the orders of AREA (id or name) in the name of its leader or --as PERSON, and runs PROGRAM for\n"
	   "each, N at a time. PROGRAM gets the order as one JSON object on stdin, and in its environment "
	   "PAIDAN_ORDER,\n"
	   "_VERSION, _ATTEMPT, _AREA, _PERSON, _CATEGORY, _URGENCY, _HOUSEHOLD and _REQUESTER. Its end decides:\n"),
	N_("  exit 0          the order is completed; its stdout (4,000 characters at most) is the result, or "
	   "\"done\"\n"),
	N_("  exit 75         (EX_TEMPFAIL) its stderr becomes a note, and it is run again after 1 s, 2 s, 4 s, ...\n"
	   "                  at most 300 s; after --tries runs the order is handed up as below\n"),
	N_("  exit 1 to 63    the order is handed up: transferred to the area above, with its stderr as the reason\n"),
	N_("  otherwise       (other codes, a signal, more than --timeout): a note, and handed up too\n"),
	N_("An order of the district, which has nobody above it, is noted and left accepted instead.\n"),
	"\n",
	N_("An order is accepted first and PROGRAM run then, and orders that the person accepted before are run at "
	   "the\n"
	   "start: after a crash PROGRAM may be run a second time for the same order (at least once). So let several\n"
	   "execs for one area act as different persons. What PROGRAM leaves running in its process group is killed\n"
	   "when it ends.\n"),
	N_("On SIGINT or SIGTERM no more work is taken; what runs has --grace seconds to end, then gets SIGTERM, and\n"
	   "SIGKILL 5 s later; a second signal ends the waiting. Orders that were cut short stay accepted.\n"),
	NULL,
};

static const char *const district_help[] = {
	N_("Works for every area of the district, in the name of its leader (of a micro-grid), grid leader (of a\n"
	   "grid), staff or supervisor (above), so that orders of categories that are held further up, and those\n"
	   "that are declined, move too. Orders that these people accepted in an earlier run are completed as well.\n"
	   "Prints a line at the start, and at the end what was done and refused.\n"),
	"\n",
	N_("Times are drawn anew for each order, and divided by --speed:\n"),
	N_("  until it is accepted    log-normal, median 1.5 s, sigma 0.6 (p90 3.2 s, p99 6.1 s)\n"),
	N_("  until it is completed   log-normal, median 4 s, sigma 0.5 (p90 7.6 s, p99 12.8 s), from accepting\n"),
	/* xgettext:no-c-format */
	N_("3 % of the orders are declined with a reason, except at the district, which has nobody above it;\n"
	   "1 % get a note first, at half their time. An order that says what another one in the same queue says is\n"
	   "merged with it. With --unanswered some are not answered at all, and climb when their time has passed.\n"),
	/* xgettext:no-c-format */
	N_("The order of a roll-call or a round of visits is done household by household (log-normal, median 0.2 s,\n"
	   "sigma 0.5): 82 % are at home, 13 % away, 3 % refuse, 2 % are not to be found. At one visit in ten\n"
	   "something is found, and three in ten of that become an order.\n"),
	N_("About every 20 s an organisation offers something that a community needs: it is matched, claimed and "
	   "done.\n"),
	N_("SIGINT or SIGTERM end it: what is offered goes back, what is accepted stays accepted.\n"),
	NULL,
};

static const char *const residents_help[] = {
	N_("Submits orders in Chinese as the residents, merchants, centre households and couriers of the district, R\n"
	   "a second on average, with exponential times in between, whether or not the broker keeps up; while no\n"
	   "broker answers nobody submits. Follows the events of the whole district, and answers to them.\n"),
	"\n",
	N_("  who        half of the orders come from a fixed fifth of the people, drawn by the seed; the others\n"
	   "             from anybody\n"),
	/* xgettext:no-c-format */
	N_("  where      at home; 5 % elsewhere, by coordinate, half of them reported by couriers with a picture\n"),
	N_("  what       categories by urgency: emergency 1, high 4, normal 10, low 5; a category held above\n"
	   "             micro-grids weighs half for each level further up; the text fits the category's name\n"),
	/* xgettext:no-c-format */
	N_("  cancelled  1 % of the orders, if they still wait then: log-normal, median 0.7 s, sigma 0.6\n"),
	/* xgettext:no-c-format */
	N_("  confirmed  after completion: log-normal, median 3 s, sigma 0.8; 5 stars 62 %, 4 stars 25 %,\n"
	   "             3 stars 8 %, 2 and 1 stars 5 %, mostly with a few words; 5 % never answer\n"),
	/* xgettext:no-c-format */
	N_("  reopened   2 % of the completed orders, in the same time, instead of being confirmed; and half of those\n"
	   "             that got 2 or 1 stars\n"),
	N_("  urged      whatever waits for long: log-normal, median 9 s, sigma 0.3\n"),
	/* xgettext:no-c-format */
	N_("  followed   2 % by a neighbour, who agrees when it is done; 1 % are said a second time by a neighbour\n"),
	/* xgettext:no-c-format */
	N_("  notices    60 % of the households look, 40 a second: 20 % of these only receive it, the others read it, "
	   "or\n"
	   "             confirm it if that is wanted (50 %)\n"),
	/* xgettext:no-c-format */
	N_("  plans      while one is on somewhere, 10 % of the orders are emergencies from there\n"),
	"\n",
	N_("At most 200,000 orders are watched at a time; beyond that the oldest are left to close by themselves.\n"
	   "Prints a line at the start, and at the end what was done and refused. With --orders it ends when all\n"
	   "of them are over. SIGINT or SIGTERM end it at once.\n"),
	NULL,
};

static const struct cli_command commands[] = {
	{"lead", "AREA [--as PERSON] [--credit N] [--wait S]",
	 N_("an area's leader at a terminal: orders come in, commands are typed"), lead_help, lead_main},
	{"exec", "AREA [--as PERSON] [--jobs N] [--timeout S] [--tries N] [--grace S] -- PROGRAM [ARG...]",
	 N_("runs a program for every order of an area"), exec_help, exec_main},
	{"district", "[--seed N] [--speed X] [--credit N] [--unanswered P] [--except AREA[,AREA...]] [--verbose]",
	 N_("simulates all who work in a district"), district_help, district_main},
	{"residents", "[--rate R] [--seed N] [--orders N] [--tell S]",
	 N_("simulates a district's residents, who submit orders"), residents_help, residents_main},
	{0},
};

static const struct cli_program program = {
	.summary = N_("those who work with the dispatch broker paidand"),
	.commands = commands,
	.notes = N_("exit: 0 done, 1 a command of a lead's script failed, or the broker refused to tell events, 100 "
		    "wrong usage\n"
		    "or configuration, 111 the system failed, or no paidand answered a lead's script\n"),
};

int main(int argc, char **argv)
{
	struct cli cli = {.without = CLI_AS | CLI_JSON | CLI_TIMEOUT, .program = &program};
	intl_init();
	print_init();
	return cli_run(&cli, argc, argv);
}
