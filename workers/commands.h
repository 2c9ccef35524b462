/* commands.h - the subcommands of paidan-worker. Each gets its own words (argv[0] is its name) and returns the exit
 * code. */
#ifndef PAIDAN_COMMANDS_H
#define PAIDAN_COMMANDS_H

int lead_main(int argc, char **argv);
int exec_main(int argc, char **argv);
int district_main(int argc, char **argv);
int residents_main(int argc, char **argv);

#endif
