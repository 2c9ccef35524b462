/* main.c - paidan, the command line: its commands. */
#include "cli.h"
#include "history_map.h"
#include "intl.h"
#include "names.h"
#include "print.h"

static const char *const move_help[] = {
	N_("The order's version is read first, unless --order-version names it. An order that has moved on since\n"
	   "that version is not changed.\n"),
	NULL,
};

static const char *const suspend_help[] = {
	N_("UNTIL is a time of the clocks here: 2026-12-01, \"2026-12-01 08:30\", 2026-12-01T08:30:00+08:00; or so "
	   "long\n"
	   "from now: +3d, +2h. What is left of the time to complete the order is kept, and runs on from then.\n"),
	"\n",
	N_("The order's version is read first, unless --order-version names it. An order that has moved on since\n"
	   "that version is not changed.\n"),
	NULL,
};

static const char *const order_help[] = {
	N_("Whatever is named tells where it comes from, and nothing has to be; paidan route --explain says how, and\n"
	   "who holds it then. Without --as and --for it is the operator's. Prints the new order's id, who holds it,\n"
	   "and by when it is to be accepted.\n"),
	NULL,
};

static const char *const confirm_help[] = {
	N_("A follower agrees in the same way (附议确认); the order is closed by its requester alone. Who rates it "
	   "with 1 or\n"
	   "2 is asked whether it is to be reopened.\n"),
	"\n",
	N_("The order's version is read first, unless --order-version names it. An order that has moved on since\n"
	   "that version is not changed.\n"),
	NULL,
};

static const char *const haste_help[] = {
	N_("By the requester and followers, once in a set time. What residents and followers do is tried once more\n"
	   "when the order has moved on meanwhile.\n"),
	NULL,
};

static const char *const follow_help[] = {
	N_("By neighbours, who live in the same community, and by people with a post of work. paidan watch --mine "
	   "tells\n"
	   "each later move, and paidan confirm agrees when it is done.\n"),
	NULL,
};

static const char *const merge_help[] = {
	N_("The order ends; who asked for it and who follows it follow the other one from now on, and may confirm "
	   "that.\n"),
	NULL,
};

static const char *const similar_help[] = {
	N_("Those of the same category, not far away and not long ago, that are waiting or accepted; the nearest "
	   "first.\n"),
	NULL,
};

static const char *const orders_help[] = {
	N_("Of an area and those below it: by holder, state, urgency, age. Of a requester, or of all: newest first. "
	   "With\n"
	   "--away, open ones that come from the area and are held elsewhere: oldest first.\n"),
	NULL,
};

static const char *const calendar_help[] = {
	N_("Shows a year, this one unless another is named: its holidays, the Saturdays and Sundays that are worked, "
	   "and\n"
	   "the working hours. set takes years from files with a row a day; the official ones are\n"
	   "installed in share/paidan/calendars:\n"),
	"\n",
	"  date,kind,name\n",
	"  2026-01-01,holiday,元旦\n",
	"  2026-01-04,workday,元旦调休\n",
	"  2026,hours,08:30-12:00 13:30-17:30\n",
	"\n",
	N_("A file is the whole of its years: what stands there before is replaced, and how many days were named "
	   "before\n"
	   "and are now is said. Days that would be named no longer need --yes; --dry-run changes nothing.\n"),
	N_("--check exits with 1 when this year's calendar is missing, or, from November on, the next one's.\n"
	   "--due T SPAN: SPAN is 3workdays, 10days, 8workhours, 90m or 36h.\n"),
	NULL,
};

static const char *const stats_help[] = {
	N_("With --every, a line each time: t (seconds since the start), submitted, accepted, completed and closed\n"
	   "(since the start), waiting and oldest_s (now), accept_p50_s (the median time to accept, of the accepts\n"
	   "since the start).\n"),
	NULL,
};

static const char *const listing_help[] = {
	N_("The lists of a community and of the organisations in it (双报到): what is offered (资源) and what is "
	   "needed\n"
	   "(需求). Kinds are volunteers, skill, goods, place, money, service and activity.\n"),
	NULL,
};

static const char *const mode_help[] = {
	N_("Without a word: which plans are on, and where. on PLAN switches one on in its own area, or with --area in "
	   "one\n"
	   "below it; off PLAN ends it before its time. PLAN is an id or a name. Times of open orders follow, as the "
	   "plan\n"
	   "says. Plans come with plans.csv in the folder of paidan import.\n"),
	N_("The notice, the roll-call and the call-out that a plan sends when it is switched on end with it. What is "
	   "to\n"
	   "last longer is sent with paidan notice or paidan rollcall.\n"),
	N_("A plan can be on in one area at a time, and in an area, with those above and below it, one plan at a "
	   "time.\n"
	   "Whoever needs the same in two areas switches it on in one above both, or keeps two plans.\n"),
	NULL,
};

static const char *const duties_help[] = {
	N_("Weekdays are digits, 1 Monday to 7 Sunday. What was missed while paidand stood still is made for the "
	   "latest\n"
	   "time alone. duties.csv in the folder of paidan import sets them.\n"),
	NULL,
};

static const char *const claim_help[] = {
	N_("Any area may claim what is offered or needed, in whole or in part; who has a post of work there or above\n"
	   "it does it. With --with, an offer and a need are matched, and both are claimed. Prints the claim's id,\n"
	   "which paidan fulfil names.\n"),
	NULL,
};

static const char *const fulfil_help[] = {
	N_("QUANTITY is how much was done; 0 says that nothing came of it. What was claimed and not done is left "
	   "again.\n"),
	NULL,
};

static const char *const matches_help[] = {
	N_("What fits is of the other side and the same kind, open, and of a time that overlaps: of the same "
	   "community\n"
	   "first, then of the same street, then of the district.\n"),
	NULL,
};

static const char *const watch_help[] = {
	N_("With --mine, the moves of the orders that --as PERSON has asked for or follows, as long as it is "
	   "connected.\n"),
	N_("One line an event, with --json one object a line; ends with Ctrl-C. No event is left out: what a lost\n"
	   "connection or a restart of paidand hides is read afterwards.\n"),
	NULL,
};

static const char *const top_help[] = {
	N_("Orders a second by stage, what waits in each area and for how long (Enter opens an area, Backspace goes\n"
	   "back, s sorts), times to accept and complete, the slowest areas, the newest events; ? tells all keys.\n"),
	NULL,
};

static const char *const export_help[] = {
	N_("Orders come oldest first, each once, with their words, results and places. Files for programs have\n"
	   "English words and times in UTC; sheets are in Chinese, with local times and a second sheet of totals.\n"
	   "What is written as CSV, paidan history reads with the map paidan-export.ini.\n"),
	NULL,
};

static const char *const import_help[] = {
	N_("What the files do not name is retired. Those of rules.csv, shapes.geojson, ladders.csv, calendars.csv,\n"
	   "duties.csv and plans.csv that are there are taken in, too; what one that is missing would say is left as\n"
	   "it is. A folder that paidan district makes has all of them; man paidan tells their columns.\n"),
	"\n",
	N_("  ladders.csv    id,name,steps   steps: microgrid 30m > community 1h > district 4h\n"),
	N_("  calendars.csv  date,kind,name  as paidan calendar set reads it\n"),
	N_("  categories.csv may have accept_clock and complete_clock (always, working, days or workdays), ladder (its "
	   "id)\n"
	   "                 and idle_within_s (seconds of silence after which an acceptor is reminded)\n"),
	N_("                 and emergency_only (yes: taken only where a plan that names it is on)\n"),
	N_("  plans.csv      see paidan mode --help; categories: ids with blanks between them, like 3 16 25;\n"
	   "                 call_out: posts, like leader grid_leader\n"),
	NULL,
};

static const char *const import_shapes_help[] = {
	N_("A GeoJSON FeatureCollection of Polygons and MultiPolygons, with holes, one feature an area. All of it is\n"
	   "taken in, or nothing: not when a polygon is empty, crosses itself, has longitude and latitude in the\n"
	   "wrong order, or covers ground of another area of the same level. Other areas keep theirs. A polygon far\n"
	   "from all households of its area is taken, and said.\n"),
	NULL,
};

static const char *const import_rules_help[] = {
	N_("Columns: id,name,category,area,post,weekdays,from,to,keyword,holder,level. The id is the rank: of the\n"
	   "rules that match, the smallest decides. An empty cell matches everything; weekdays are digits from 1\n"
	   "(Monday) to 7, from and to are like 08:30, keyword is words with | between them. holder is who shall\n"
	   "hold the order: an area, a dedicated grid, an organisation; or else level is, above where it comes\n"
	   "from. A rule that could never match is refused. Other rules stay as they are.\n"),
	NULL,
};

static const char *const route_help[] = {
	N_("The first of these that can tell decides where the order comes from: household, area, coordinate,\n"
	   "nearest polygon, address, category, requester, the district's desk. Then the first rule that matches\n"
	   "says who holds it, or else the category's level does. Nothing is submitted.\n"),
	NULL,
};

static const char *const notice_help[] = {
	N_("  send AREA TEXT   send a notice to an area and all below it\n"),
	N_("  list [AREA]      the open ones, newest first; with --as those that this person was sent\n"),
	N_("  show ID          what it says, and how far it is: delivered, read, confirmed, missing, area by area\n"),
	N_("  read ID          say that it was read\n"),
	N_("  confirm ID       say that it is confirmed, which means read, too\n"),
	N_("  missing ID       who has not given what it wants\n"),
	N_("  answers ID       who has received, read, confirmed or answered it\n"),
	N_("  remind ID        tell it again to those who are missing\n"),
	N_("  end ID [REASON]  end it before its time\n"),
	N_("  watch            with --as: what this person is sent, as it comes; it counts as delivered then\n"),
	NULL,
};

static const char *const rollcall_help[] = {
	N_("Every micro-grid of the area gets an order, whose people answer for each household or person.\n"),
	N_("The order may be completed while some are missing: they stay listed until the roll-call ends.\n"),
	N_("When it ends, its orders that are still open lapse: nobody has to work on them any more.\n"),
	"\n",
	N_("  start AREA TEXT          begin a roll-call\n"),
	N_("  list [AREA]              the open ones, newest first\n"),
	N_("  show ID                  how far it is, area by area\n"),
	N_("  missing ID               who has no answer yet\n"),
	N_("  answer ID MEMBER ANSWER  answer for one: done, refused, away or not_found\n"),
	N_("  answers ID               what was answered\n"),
	N_("  remind ID                tell it again to those who are missing\n"),
	N_("  end ID [REASON]          end it before its time\n"),
	NULL,
};

static const char *const visits_help[] = {
	N_("When it ends, its orders that are still open lapse: nobody has to work on them any more.\n"),
	"\n",
	N_("  start AREA TEXT  begin a round of visits to every household; each micro-grid gets an order\n"),
	N_("  list [AREA]      the open rounds, newest first\n"),
	N_("  show ID          how far a round is, area by area\n"),
	N_("  due ID           who is still to be visited: households that come first stand first\n"),
	N_("  visit HOUSEHOLD  say that it was visited, and what was found\n"),
	N_("  log HOUSEHOLD    what was found there, in all rounds of visits\n"),
	N_("  end ID [REASON]  end a round before its time\n"),
	NULL,
};

static const struct cli_command commands[] = {
	{"order", "TEXT --category C [--household H | --area A] [OPTIONS]", N_("submit an order (点单)"), order_help,
	 cmd_order},
	{"accept", "ID --as PERSON", N_("take an order on (接单)"), move_help, cmd_move},
	{"decline", "ID REASON --as PERSON", N_("give an order back: it goes one level up"), move_help, cmd_move},
	{"transfer", "ID AREA REASON [--as PERSON]", N_("give an order to another area"), move_help, cmd_move},
	{"complete", "ID RESULT --as PERSON", N_("report an order as done (办结)"), move_help, cmd_move},
	{"release", "ID REASON [--as PERSON]", N_("give an accepted order back (退单): it waits again where it was"),
	 move_help, cmd_move},
	{"suspend", "ID UNTIL REASON --as PERSON", N_("put an accepted order off until a day (挂起): its clock stands"),
	 suspend_help, cmd_move},
	{"resume", "ID [TEXT] [--as PERSON]", N_("go on with an order that was put off, before its day"), move_help,
	 cmd_move},
	{"confirm", "ID RATING [TEXT] [--as PERSON]", N_("agree that an order is done (确认), and rate it from 1 to 5"),
	 confirm_help, cmd_move},
	{"reopen", "ID REASON [--as PERSON]", N_("say that an order is not done: it waits again, one level up"),
	 move_help, cmd_move},
	{"cancel", "ID [REASON] [--as PERSON]", N_("take a waiting order back"), move_help, cmd_move},
	{"note", "ID TEXT [--as PERSON]", N_("add a remark to an order"), move_help, cmd_move},
	{"urge", "ID [TEXT] [--as PERSON]", N_("ask for haste (催办)"), haste_help, cmd_move},
	{"follow", "ID --as PERSON", N_("hear of each later move of an order (关注)"), follow_help, cmd_move},
	{"unfollow", "ID --as PERSON", N_("hear of it no more"), follow_help, cmd_move},
	{"merge", "ID INTO [REASON] [--as PERSON]", N_("an order says what the order INTO says, which goes on (合并)"),
	 merge_help, cmd_move},
	{"similar", "ID", N_("open orders that may say the same as this one"), similar_help, cmd_similar},
	{"show", "ID", N_("an order: its state, who holds it, and its story"), NULL, cmd_show},
	{"orders", "[AREA] [OPTIONS]", N_("list orders"), orders_help, cmd_orders},
	{"reports", "PERSON [OPTIONS]", N_("how many orders a person has asked for, and what became of them"), NULL,
	 cmd_reports},
	{"notice", "send|list|show|read|confirm|missing|answers|remind|end|watch ...",
	 N_("notices (通知) to an area, and who has received, read and confirmed them"), notice_help, cmd_notice},
	{"rollcall", "start|list|show|missing|answer|answers|remind|end ...",
	 N_("roll-calls (点名任务): an answer for each household or person"), rollcall_help, cmd_rollcall},
	{"visits", "start|list|show|due|visit|log|end ...", N_("rounds of visits (敲门行动), and what was found"),
	 visits_help, cmd_visits},
	{"areas", "[AREA]", N_("the tree of areas, with the orders that wait in each and below it"), NULL, cmd_areas},
	{"people", "[OPTIONS]", N_("list people, with their posts"), NULL, cmd_people},
	{"households", "[AREA]", N_("list households"), NULL, cmd_households},
	{"categories", "", N_("list the categories of orders"), NULL, cmd_categories},
	{"plans", "", N_("list the plans for emergencies (预案)"), NULL, cmd_plans},
	{"mode", "[on PLAN | off PLAN [REASON]] [OPTIONS]",
	 N_("peace or emergency (平战): what is on, and switching it"), mode_help, cmd_mode},
	{"duties", "", N_("list recurring orders, with the time when they come next"), duties_help, cmd_duties},
	{"offer", "TEXT --kind K --area A [OPTIONS]", N_("put something on the list of what is offered (资源)"),
	 listing_help, cmd_listing},
	{"need", "TEXT --kind K --area A [OPTIONS]", N_("put something on the list of what is needed (需求)"),
	 listing_help, cmd_listing},
	{"listings", "[AREA] [OPTIONS]", N_("list what is offered and needed, or count it"), listing_help,
	 cmd_listings},
	{"matches", "LISTING [OPTIONS]", N_("an offer or a need, its claims, and what fits it"), matches_help,
	 cmd_matches},
	{"claim", "LISTING QUANTITY --by AREA [OPTIONS]", N_("claim an offer or a need, or a part of it (认领)"),
	 claim_help, cmd_listing},
	{"fulfil", "LISTING CLAIM QUANTITY RESULT [--as PERSON]", N_("end a claim, with what came of it"), fulfil_help,
	 cmd_listing},
	{"withdraw", "LISTING [REASON] [--as PERSON]", N_("take an offer or a need back"), NULL, cmd_listing},
	{"ladders", "", N_("list the ladders by which orders climb that nobody accepts"), NULL, cmd_ladders},
	{"calendar", "[YEAR|set FILE.csv...] [OPTIONS]", N_("which days are worked, and when; set a year's calendar"),
	 calendar_help, cmd_calendar},
	{"stats", "[AREA] [OPTIONS]", N_("figures of an area and all below it"), stats_help, cmd_stats},
	{"watch", "[AREA] [OPTIONS]", N_("what happens in an area, live"), watch_help, cmd_watch},
	{"top", "[AREA] [OPTIONS]", N_("a district at work, live on a full screen"), top_help, cmd_top},
	{"district", "DIR [OPTIONS]", N_("make the files of a district to try things with"), NULL, cmd_district},
	{"import", "DIR [OPTIONS]",
	 N_("bring the registry in line with areas.csv, households.csv, people.csv and categories.csv in DIR"),
	 import_help, cmd_import},
	{"import-shapes", "FILE.geojson [OPTIONS]", N_("give areas their polygons"), import_shapes_help,
	 cmd_import_shapes},
	{"import-rules", "FILE.csv [OPTIONS]", N_("add or change rules by which orders get another holder"),
	 import_rules_help, cmd_import_rules},
	{"shapes", "", N_("the polygons of all areas, as GeoJSON"), NULL, cmd_shapes},
	{"rules", "", N_("list the rules by which orders get another holder"), NULL, cmd_rules},
	{"route", "--category C [OPTIONS]", N_("where an order would go, and why"), route_help, cmd_route},
	{"history", "FILE.csv --map MAP.ini [OPTIONS]", N_("take in past orders of another system"), history_map_help,
	 cmd_history},
	{"export", "orders|events [OPTIONS]", N_("orders or events as a file for programs, or as a sheet"), export_help,
	 cmd_export},
	{"verify", "DIR [OPTIONS]", N_("whether what paidand's folder holds is what its journal makes"), NULL,
	 cmd_verify},
	{"__complete", "area|category|order", NULL, NULL, cmd_complete},
	{0},
};

static const struct cli_program program = {
	.summary = N_("the command line of the dispatch broker paidand"),
	.commands = commands,
	.notes = N_("AREA is an id or a name that only one area has; PERSON is an id.\n"
		    "exit: 0 done, 1 refused or not as it should be, 100 wrong usage, 111 the system failed or no "
		    "paidand answers\n"),
	.examples = "  paidan order 三号楼二单元楼道灯不亮 --category 公共照明 --household 500001\n"
		    "  paidan orders 税务街社区 --state waiting\n"
		    "  paidan people --area 1001 --post leader\n"
		    "  paidan accept 019a9d3c-5c00-7000-8000-00000000002a --as 2001\n"
		    "  paidan complete 019a9d3c-5c00-7000-8000-00000000002a 已更换灯泡 --as 2001\n"
		    "  paidan show 019a9d3c-5c00-7000-8000-00000000002a\n"
		    "  paidan stats --every 1 --count 60\n"
		    "  paidan watch --json --since 0\n",
};

int main(int argc, char **argv)
{
	struct cli cli = {.timeout_ms = 10000, .program = &program, .names = names_new()};
	intl_init();
	print_init();
	int code = cli_run(&cli, argc, argv);
	names_free(cli.names);
	return code;
}
