/* cli.h - the commands of paidan. Each gets its own words (argv[0] is its name) and returns the exit code, see tool.h.
 */
#ifndef PAIDAN_CLI_H
#define PAIDAN_CLI_H

#include "tool.h"

/* ---- the commands ---- */

int cmd_order(struct cli *cli, int argc, char **argv);
int cmd_move(struct cli *cli, int argc, char **argv); /* accept, decline, ..., merge: argv[0] says which */
int cmd_show(struct cli *cli, int argc, char **argv);
int cmd_similar(struct cli *cli, int argc, char **argv);
int cmd_reports(struct cli *cli, int argc, char **argv);
int cmd_orders(struct cli *cli, int argc, char **argv);
int cmd_notice(struct cli *cli, int argc, char **argv);
int cmd_rollcall(struct cli *cli, int argc, char **argv);
int cmd_visits(struct cli *cli, int argc, char **argv);
int cmd_areas(struct cli *cli, int argc, char **argv);
int cmd_people(struct cli *cli, int argc, char **argv);
int cmd_households(struct cli *cli, int argc, char **argv);
int cmd_categories(struct cli *cli, int argc, char **argv);
int cmd_plans(struct cli *cli, int argc, char **argv);
int cmd_mode(struct cli *cli, int argc, char **argv);
int cmd_duties(struct cli *cli, int argc, char **argv);
int cmd_listing(struct cli *cli, int argc, char **argv); /* offer, need, claim, fulfil, withdraw: argv[0] says which */
int cmd_listings(struct cli *cli, int argc, char **argv);
int cmd_matches(struct cli *cli, int argc, char **argv);
int cmd_ladders(struct cli *cli, int argc, char **argv);
int cmd_calendar(struct cli *cli, int argc, char **argv);
int cmd_stats(struct cli *cli, int argc, char **argv);
int cmd_watch(struct cli *cli, int argc, char **argv);
int cmd_top(struct cli *cli, int argc, char **argv);
int cmd_district(struct cli *cli, int argc, char **argv);
int cmd_import(struct cli *cli, int argc, char **argv);
int cmd_import_rules(struct cli *cli, int argc, char **argv);
int cmd_import_shapes(struct cli *cli, int argc, char **argv);
int cmd_rules(struct cli *cli, int argc, char **argv);
int cmd_shapes(struct cli *cli, int argc, char **argv);
int cmd_route(struct cli *cli, int argc, char **argv);
int cmd_history(struct cli *cli, int argc, char **argv);
int cmd_export(struct cli *cli, int argc, char **argv);
int cmd_verify(struct cli *cli, int argc, char **argv);
int cmd_complete(struct cli *cli, int argc, char **argv); /* for shells, see completion/ */

#endif
